//! Clients of SQL Server that encrypt by themselves and then want a certificate that somebody vouches for: that which the
//! server makes for itself is refused ("The certificate chain was issued by an authority that is not trusted").

use super::{Dial, ServiceFacts};
use crate::programs::{ENCRYPTS, has_extension};
use crate::source::{Certainty, Text};

/// Packages of .NET that encrypt from this major version on.
const PACKAGES: [(&str, u32); 4] = [
    ("Microsoft.EntityFrameworkCore.SqlServer", 7),
    ("Microsoft.Data.SqlClient", 4),
    ("Aspire.Microsoft.EntityFrameworkCore.SqlServer", 8),
    ("Aspire.Microsoft.Data.SqlClient", 8),
];

/// Whether the client refuses the certificate of the server, and nothing in its address says otherwise.
#[must_use]
pub fn refuses(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>) -> bool {
    let ours = server.image.is_some_and(|image| image.name == "mssql") && server.service.build.is_none();
    if !ours || dial.protocols != ["mssql"] || dial.sink().is_none() || has_certificate(server) {
        return false;
    }
    let endpoint = &dial.endpoint;
    let named = |name: &str, wanted: &str| {
        name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().eq_ignore_ascii_case(wanted)
    };
    let is = |text: &Text, values: &[&str]| {
        text.certainty() == Certainty::Unknown
            || values.iter().any(|value| text.assumed().trim().eq_ignore_ascii_case(value))
    };
    let accepts = endpoint.parameters.iter().any(|(name, value)| {
        named(name, "trustservercertificate") && is(value, &["true", "yes", "1"])
            || named(name, "encrypt") && is(value, &["false", "no", "optional"])
            || named(name, "servercertificate")
            || named(name, "hostnameincertificate")
            || named(name, "trusteddomain")
    });
    let known = endpoint.text.pieces().iter().all(|piece| piece.certainty != Certainty::Unknown);
    if accepts || !known || endpoint.user.is_none() {
        return false;
    }
    let beside =
        || ["TrustServerCertificate", "trustServerCertificate"].iter().any(|word| says_in_code(client, word));
    encrypts(client, dial) && !beside()
}

/// Whether the program's code says it, beside its addresses.
fn says_in_code(client: &ServiceFacts<'_>, word: &str) -> bool {
    let scope = &client.program.scope;
    let found = scope.containing(word);
    found.iter().filter_map(|index| scope.get(*index)).any(|(place, _)| !has_extension(place, &["json"]))
}

/// Whether the library that the client is made by encrypts when nothing is said.
fn encrypts(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    if dial.endpoint.text.assumed().replace(['+', ' '], "").contains("ODBCDriver18") {
        return true;
    }
    let Some(sink) = dial.sink() else { return false };
    if sink.arguments.iter().any(|(name, _)| name.value == ENCRYPTS) {
        return true;
    }
    let scope = &client.program.scope;
    let sources = client.program.loaded.iter().filter_map(|index| scope.get(*index));
    let mut projects = sources.filter(|(place, _)| has_extension(place, &["csproj"])).peekable();
    let old = !scope.containing("System.Data.SqlClient").is_empty();
    projects.peek().is_some() && !old && projects.any(|(_, source)| source.glance(is_modern))
}

/// Whether a project takes one of the packages in such a version.
fn is_modern(project: &str) -> bool {
    PACKAGES.iter().any(|(package, since)| {
        let Some((_, rest)) = project.split_once(&format!("\"{package}\"")) else { return false };
        let version = rest.split_once("Version").map_or("", |(_, rest)| rest);
        let near = rest.find("Version").is_some_and(|at| at < 40);
        let digits: String = version
            .trim_start_matches(['=', '"', '\'', '>', ' ', '[', '('])
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        match digits.parse::<u32>() {
            Ok(version) if near => version >= *since,
            // It is said for all projects together; what is for these frameworks is of their time.
            _ => ["net8.", "net9.", "net10."].iter().any(|framework| project.contains(framework)),
        }
    })
}

/// Whether something gives the server a certificate of its own.
fn has_certificate(server: &ServiceFacts<'_>) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["cert", "tls", "ssl", ".pem", "mssql.conf", "entrypoint"].iter().any(|word| text.contains(word))
    };
    server.service.volumes.iter().any(|mount| speaks(&mount.target))
        || server.service.configs.iter().any(|config| speaks(&config.target))
        || server.environment.iter().any(|(name, _)| speaks(name))
        || server.service.entrypoint.is_some()
}

#[cfg(test)]
mod tests {
    use super::is_modern;

    #[test]
    fn versions_that_encrypt() {
        let project = |framework: &str, package: &str| {
            format!("<TargetFramework>{framework}</TargetFramework><PackageReference Include={package} />")
        };
        for (framework, package, modern) in [
            ("net8.0", "\"Microsoft.EntityFrameworkCore.SqlServer\" Version=\"8.0.1\"", true),
            ("net6.0", "\"Microsoft.EntityFrameworkCore.SqlServer\" Version=\"6.0.1\"", false),
            ("net6.0", "\"Microsoft.EntityFrameworkCore.SqlServer\" Version=\"7.0.1\"", true),
            ("net9.0", "\"Microsoft.Data.SqlClient\"", true),
            ("net6.0", "\"Microsoft.Data.SqlClient\"", false),
            ("net6.0", "\"Microsoft.Data.SqlClient\" Version=\"5.1.0\"", true),
            ("net8.0", "\"Npgsql\" Version=\"8.0.1\"", false),
        ] {
            assert_eq!(is_modern(&project(framework, package)), modern, "{framework} {package}");
        }
    }
}
