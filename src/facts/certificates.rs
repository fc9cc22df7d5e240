//! Whether a program that is told to speak TLS has a certificate.

use super::ServiceFacts;
use crate::compose::Mount;
use crate::source::Text;

/// The variables that tell ASP.NET Core where to listen, and those of ports that are for HTTPS alone.
const URLS: &str = "ASPNETCORE_URLS";
const PORTS: [&str; 2] = ["ASPNETCORE_HTTPS_PORTS", "DOTNET_HTTPS_PORTS"];

/// Where a program of ASP.NET Core is told to listen on HTTPS, if it has no certificate: on other machines than the developer's,
/// Kestrel finds none by itself (ASP.NET Core documentation, "Configure endpoints for Kestrel", "Development certificate").
#[must_use]
pub fn lacked_by_kestrel<'f>(service: &'f ServiceFacts<'_>) -> Option<(&'static str, &'f Text)> {
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
    let said = |name: &'static str| Some((name, service.environment.value(name)?));
    // Addresses beat ports.
    let (name, value) = match said(URLS) {
        Some(said) => said,
        None => PORTS.into_iter().find_map(said)?,
    };
    let text = value.complete()?.to_ascii_lowercase();
    let told = match name {
        URLS => text.split(';').any(|url| url.trim().starts_with("https://")),
        _ => text.split(';').any(|port| port.trim().parse::<u16>().is_ok()),
    };
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
    let mut volumes = service.service.volumes.iter().filter(|mount| !is_of_no_windows(mount));
    let secrets = volumes.any(|mount| mount.target.to_ascii_lowercase().contains("usersecrets"));
    let useful = |target: &String| {
        (secrets || !target.trim_end_matches('/').ends_with("/.aspnet/https"))
            && !target.contains("usersecrets")
    };
    let mounts = service.service.volumes.iter().filter(|mount| !is_of_no_windows(mount));
    let mounts = mounts.map(|mount| mount.target.to_ascii_lowercase());
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
    (!given && program.scope.containing_any(&SIGNS).is_empty()).then_some((name, value))
}

/// Whether a mount is that of Visual Studio, `${APPDATA}/ASP.NET/Https`, where the variable is blank: it is one of Windows alone.
fn is_of_no_windows(mount: &Mount) -> bool {
    let path = mount.path.as_deref();
    path.is_some_and(|path| path.starts_with("/ASP.NET") || path.starts_with("/Microsoft/UserSecrets"))
}
