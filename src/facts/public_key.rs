//! Connector/J without TLS, and MySQL's accounts of today: their passwords are sent under the server's public key, which the
//! driver fetches only where it is told that it may ("Public Key Retrieval is not allowed"; Connector/J's guide,
//! `allowPublicKeyRetrieval`).

use super::images::Version;
use super::{Dial, ServiceFacts};
use crate::compose::ImageReference;
use crate::programs::{DRIVERS, Expr};
use crate::source::Text;

/// The parameter by which the URL of a client turns TLS off, where the server then wants its public key to be used, and
/// nothing lets the driver fetch it.
#[must_use]
pub fn withheld<'d>(
    client: &ServiceFacts<'_>,
    dial: &'d Dial<'_>,
    server: &ServiceFacts<'_>,
) -> Option<(&'d str, &'d Text)> {
    // It may be said beside the URL, and MariaDB's driver, which takes the same URL, does without.
    let beside = || !client.program.scope.mentioning("allowPublicKeyRetrieval").is_empty();
    let drivers = dial.sink().and_then(|sink| sink.arguments.iter().find(|(name, _)| name.value == DRIVERS));
    let of_mariadb =
        drivers.is_some_and(|(_, known)| matches!(known, Expr::Text(text) if !text.value.contains("mysql")));
    if of_mariadb || beside() {
        return None;
    }
    let endpoint = &dial.endpoint;
    if endpoint.prefix() != "jdbc:" || endpoint.scheme_name()? != "mysql" || !has_new_accounts(server) {
        return None;
    }
    let is = |text: &Text, value: &str| text.complete().is_some_and(|text| text.eq_ignore_ascii_case(value));
    let named = |name: &str, known: &str| name.eq_ignore_ascii_case(known);
    let lets = endpoint.parameters.iter().any(|(name, value)| {
        named(name, "allowPublicKeyRetrieval") && !is(value, "false") || named(name, "serverRSAPublicKeyFile")
    });
    let off = endpoint.parameters.iter().find(|(name, value)| {
        named(name, "useSSL") && is(value, "false") || named(name, "sslMode") && is(value, "DISABLED")
    });
    let user = endpoint.user.as_ref().and_then(Text::complete);
    let (name, value) = off.filter(|_| !lets && !logs_in(server, user.as_deref()))?;
    Some((name, value))
}

/// Whether a program of Python logs in to an account of today without the package by which its driver seals the password:
/// `'cryptography' package is required for sha256_password or caching_sha2_password auth methods`.
#[must_use]
pub fn unsealed(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>) -> bool {
    let endpoint = &dial.endpoint;
    let user = endpoint.user.as_ref().and_then(Text::complete);
    let password = endpoint.password.as_ref().is_some_and(|text| text.is_blank() != Some(true));
    // With TLS the password needs no seal.
    let told = |name: &str| name.to_ascii_lowercase().contains("ssl");
    let by_tls = endpoint.parameters.iter().any(|(name, _)| told(name))
        || dial.sink().is_some_and(|sink| sink.arguments.iter().any(|(name, _)| told(&name.value)))
        || !client.program.scope.mentioning("ssl_ca").is_empty();
    client.program.keyless
        && dial.sink().is_some()
        && dial.protocols.contains(&"mysql")
        && password
        && !by_tls
        && has_new_accounts(server)
        && !logs_in(server, user.as_deref())
}

/// The protocol of a server that asks for passwords in the way of today, and the name of that way.
#[must_use]
pub fn asks(server: &ServiceFacts<'_>) -> Option<(&'static str, &'static str)> {
    if has_new_accounts(server) {
        return Some(("mysql", "`caching_sha2_password`"));
    }
    if has_new_messages(server) {
        return Some(("mongodb", "`OP_MSG`"));
    }
    has_scram(server).then_some(("postgresql", "SCRAM-SHA-256"))
}

/// Whether it is a MongoDB that takes no more what drivers sent before `OP_MSG`, as from 5.1 on.
fn has_new_messages(server: &ServiceFacts<'_>) -> bool {
    let reference = server.service.image.as_ref().and_then(|image| image.complete());
    let parsed = reference.as_deref().and_then(ImageReference::parse);
    parsed.is_some_and(|reference| {
        let tag = reference.tag.unwrap_or("latest");
        let told =
            tag.starts_with(|c: char| c.is_ascii_digit()) || matches!(tag, "latest" | "jammy" | "noble");
        let versioned = reference.tag.is_some() || reference.digest.is_none();
        let since = Version::try_from("6".to_string()).ok();
        reference.path == "mongo" && told && versioned && Version::lies_within(Some(tag), since, None)
    })
}

/// Whether the server makes accounts with SCRAM, as PostgreSQL does from 14 on where nothing says otherwise.
fn has_scram(server: &ServiceFacts<'_>) -> bool {
    let reference = server.service.image.as_ref().and_then(|image| image.complete());
    let parsed = reference.as_deref().and_then(ImageReference::parse);
    let image = parsed.is_some_and(|reference| {
        // Other images have the version elsewhere in their tags.
        let tag = reference.tag.unwrap_or("latest");
        let told = tag.starts_with(|c: char| c.is_ascii_digit()) || matches!(tag, "latest" | "alpine");
        let since = Version::try_from("14".to_string()).ok();
        let versioned = reference.tag.is_some() || reference.digest.is_none();
        let official = matches!(reference.path, "postgres" | "postgis/postgis");
        official && told && versioned && Version::lies_within(Some(tag), since, None)
    });
    let told = |text: &Text| {
        let text = text.assumed();
        ["md5", "hba_file", "password_encryption", "config_file"].iter().any(|word| text.contains(word))
    };
    let variables = ["POSTGRES_HOST_AUTH_METHOD", "POSTGRES_INITDB_ARGS"];
    let set = variables.iter().any(|name| server.environment.get(name).is_some());
    let files = ["/etc/postgresql", "/docker-entrypoint-initdb.d"];
    let mounts = server.service.volumes.iter().map(|mount| &mount.target);
    let mut targets = mounts.chain(server.service.configs.iter().map(|config| &config.target));
    let configured = targets.any(|target| {
        target.ends_with(".conf")
            || target.starts_with(files[0])
            || target.starts_with(files[1]) && scripted(server)
    });
    image && !server.program.command.iter().any(told) && !set && !configured
}

/// Whether the scripts that it runs first make accounts, or are not seen.
fn scripted(server: &ServiceFacts<'_>) -> bool {
    let scripts = server.program.first_scripts.as_ref();
    scripts.is_none_or(|scripts| scripts.unnamed || !scripts.accounts.is_empty())
}

/// Whether the server makes accounts with `caching_sha2_password`, as MySQL does from 8 on where nothing says otherwise.
fn has_new_accounts(server: &ServiceFacts<'_>) -> bool {
    let reference = server.service.image.as_ref().and_then(|image| image.complete());
    let parsed = reference.as_deref().and_then(ImageReference::parse);
    let image = parsed.is_some_and(|reference| {
        let versioned = reference.tag.is_some() || reference.digest.is_none();
        let since = Version::try_from("8".to_string()).ok();
        reference.path == "mysql" && versioned && Version::lies_within(reference.tag, since, None)
    });
    let told = server
        .program
        .command
        .iter()
        .any(|word| word.assumed().replace('_', "-").contains("native-password"));
    let files = ["/etc/mysql", "/etc/my.cnf"];
    let mounts = server.service.volumes.iter().map(|mount| &mount.target);
    let mut targets = mounts.chain(server.service.configs.iter().map(|config| &config.target));
    let configured = targets.any(|target| files.iter().any(|file| target.starts_with(file)));
    let begins =
        server.service.volumes.iter().any(|mount| mount.target.starts_with("/docker-entrypoint-initdb.d"));
    let otherwise = told || configured || begins && scripted(server);
    image && !otherwise
}

/// Whether the server's healthcheck logs in as the client: after that the server remembers the password, and asks for no key.
fn logs_in(server: &ServiceFacts<'_>, user: Option<&str>) -> bool {
    let words =
        server.probes().iter().flat_map(|probe| probe.words.iter().map(Text::assumed)).collect::<Vec<_>>();
    let with_password = words.iter().any(|word| word.starts_with("-p") || word.starts_with("--password"));
    let by_network = words.iter().any(|word| word.contains("127.0.0.1"));
    with_password && (user != Some("root") || by_network)
}
