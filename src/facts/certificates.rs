//! Whether a program that is told to speak TLS has a certificate.

use super::ServiceFacts;
use crate::source::Text;

/// The variable that tells ASP.NET Core where to listen.
pub const URLS: &str = "ASPNETCORE_URLS";

/// Where a program of ASP.NET Core is told to listen on HTTPS, if it has no certificate: on other machines than the developer's,
/// Kestrel finds none by itself (ASP.NET Core documentation, "Configure endpoints for Kestrel", "Development certificate").
#[must_use]
pub fn lacked_by_kestrel<'f>(service: &'f ServiceFacts<'_>) -> Option<&'f Text> {
    // `TrustServerCertificate` is of SQL Server.
    const SIGNS: [&str; 8] = [
        "UseHttps(",
        "ConfigureHttpsDefaults",
        ".ServerCertificate",
        " ServerCertificate",
        "X509Certificate2(",
        "\"Certificates\"",
        "\"Certificate\"",
        "LettuceEncrypt",
    ];
    let value = service.environment.value(URLS)?;
    let told =
        value.complete()?.to_ascii_lowercase().split(';').any(|url| url.trim().starts_with("https://"));
    let program = service.program;
    let base = program.image.base.as_ref().map_or("", |base| base.value.as_str());
    let seen = program.entry_known && service.is_written_in(&["cs"]) && base.contains("dotnet/");
    if !told || !seen || service.environment.unseen().is_some() {
        return None;
    }
    let by_variable = service.environment.iter().any(|(name, _)| name.contains("Certificate"));
    let holds =
        |path: &str| ["http", "cert", "pfx", "tls", "ssl", "secret"].iter().any(|word| path.contains(word));
    // The developer's own certificate is of use only with its password, which a variable or the developer's secrets say.
    let secrets =
        service.service.volumes.iter().any(|mount| mount.target.to_ascii_lowercase().contains("usersecrets"));
    let useful = |target: &String| secrets || !target.trim_end_matches('/').ends_with("/.aspnet/https");
    let mounts = service.service.volumes.iter().map(|mount| mount.target.to_ascii_lowercase());
    let mounts = mounts.filter(useful);
    let layers = program.files.layers().iter();
    let mut copied = layers.map(|layer| layer.target.to_string_lossy().to_ascii_lowercase()).filter(useful);
    let by_file = mounts.clone().any(|target| holds(&target) || target.starts_with("/root"))
        || copied.any(|target| holds(&target));
    let made = program.image.runs.iter().any(|run| {
        let run = run.assumed();
        ["dev-certs", "openssl", ".pfx", "certbot"].iter().any(|word| run.contains(word))
    });
    let by_command = program.command.iter().any(|word| holds(&word.assumed().to_ascii_lowercase()));
    let given = by_variable || by_file || made || by_command;
    (!given && program.scope.containing_any(&SIGNS).is_empty()).then_some(value)
}
