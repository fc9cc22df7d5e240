//! Who demands TLS, and who speaks it: `rules/data/tls.yaml`, typed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use super::images::Version;
use super::{Dial, ServiceFacts};
use crate::compose::ImageReference;
use crate::programs::evaluate::Value;
use crate::programs::{Module, Sink};
use crate::source::{Certainty, Span, Text};

const TABLE: &str = include_str!("../../rules/data/tls.yaml");

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    servers: Servers,
    hints: Vec<String>,
    clients: Clients,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Servers {
    plain: Vec<String>,
    secured: Vec<Secured>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secured {
    name: String,
    images: Vec<String>,
    since: u32,
    off: Vec<String>,
    open: Vec<String>,
    #[serde(default)]
    by_hand: Option<String>,
    #[serde(default)]
    tls: Option<String>,
    files: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clients {
    schemes: BTreeMap<String, String>,
    settings: Vec<Setting>,
    defaults: Vec<Preset>,
    images: Vec<OfImage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    protocol: String,
    names: Vec<String>,
    values: Vec<String>,
    instead: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preset {
    language: String,
    driver: String,
    protocol: String,
    title: String,
    unless: Vec<String>,
    variables: Vec<String>,
    write: String,
}

/// A program of a public image that comes with TLS by itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfImage {
    images: Vec<String>,
    variables: Vec<String>,
    before: Option<Version>,
    protocol: String,
    title: String,
    unless: Vec<String>,
    set: Vec<String>,
    write: String,
}

fn table() -> &'static Table {
    static TLS: OnceLock<Table> = OnceLock::new();
    TLS.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What a server speaks where it is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// No TLS.
    Plain,
    /// TLS only, with a certificate that it makes itself; and what turns that off.
    Tls(String),
    /// TLS is turned off by this variable.
    TurnedOff(Span),
    /// With this variable the server makes no certificate itself, and nothing gives it one.
    ByHand(Span),
    /// The version, which stands here, is from before the one that makes a certificate itself.
    Before(u32, Span),
}

/// Why a client comes with TLS, or without.
#[derive(Clone, Debug)]
pub enum Comes {
    /// The scheme of its address says so.
    Scheme(Text),
    /// A parameter of its address, or an argument of its call: the name, the value, what it would be without.
    Setting(String, Text, String),
    /// Its driver does so by itself: what it is called, and the parameter that says otherwise.
    Driver(String, String),
}

/// What is known of how the server is dialled; `None` where it may be either.
#[must_use]
pub fn speaks(server: &ServiceFacts<'_>) -> Option<Speaks> {
    let image = server.image?;
    if server.environment.unseen().is_some() || server.service.build.is_some() && changes_much(server) {
        return None;
    }
    if server.service.env_files.iter().any(|file| file.is_unseen()) {
        return None;
    }
    if table().servers.plain.contains(&image.name) {
        return (!speaks_of_certificates(server)).then_some(Speaks::Plain);
    }
    let row = table().servers.secured.iter().find(|row| row.name == image.name)?;
    let written = server.service.image.as_ref()?;
    let reference = written.complete()?;
    let reference = ImageReference::parse(&reference)?;
    let major: u32 = reference.tag?.split(['.', '-']).next()?.parse().ok()?;
    if !row.images.iter().any(|image| image == reference.path) {
        return None;
    }
    if major < row.since {
        let told = server
            .environment
            .iter()
            .any(|(name, _)| row.open.iter().any(|start| name.starts_with(start.as_str())));
        return (!told && !speaks_of_certificates(server)).then(|| Speaks::Before(row.since, written.span()));
    }
    let same = |name: &str, value: &str, setting: &str| {
        setting
            .split_once('=')
            .is_some_and(|(key, off)| key == name && value.trim().eq_ignore_ascii_case(off))
    };
    let mounted =
        mounts(server).any(|target| row.files.iter().any(|file| Path::new(target).starts_with(file)));
    let command = server.service.command.is_some() || server.service.entrypoint.is_some();
    let set = |setting: &Option<String>| {
        let (name, value) = setting.as_ref()?.split_once('=')?;
        let effective = server.environment.get(name)?;
        let text = effective.value().filter(|text| text.certainty() == Certainty::Known)?;
        text.assumed().eq_ignore_ascii_case(value).then_some(effective.variable.key)
    };
    // Of a family of settings only this one is known to leave no certificate.
    let family = row.tls.as_ref().and_then(|tls| tls.rsplit_once('.')).map_or("", |(family, _)| family);
    let given = server.environment.iter().any(|(name, _)| !family.is_empty() && name.starts_with(family));
    if let Some(place) = set(&row.by_hand).filter(|_| !given && !mounted && !command) {
        return Some(Speaks::ByHand(place));
    }
    for (name, effective) in server.environment.iter() {
        let value = effective.value()?;
        if row.off.iter().any(|setting| same(name, &value.assumed(), setting)) {
            return (value.certainty() == Certainty::Known)
                .then_some(Speaks::TurnedOff(effective.variable.key));
        }
    }
    for (name, _) in server.environment.iter() {
        if row.open.iter().any(|start| name.starts_with(start.as_str())) {
            return None;
        }
    }
    (!mounted && !command).then(|| Speaks::Tls(row.off.first().cloned().unwrap_or_default()))
}

/// Whether the server speaks HTTP on the port, and nothing gives it a certificate.
#[must_use]
pub fn is_plain_web(server: &ServiceFacts<'_>, port: u16) -> bool {
    let Some(image) = server.image else { return false };
    let unseen = server.environment.unseen().is_some()
        || server.service.env_files.iter().any(|file| file.is_unseen())
        || server.service.build.is_some() && changes_much(server);
    let spoken = server.listeners.iter().any(|listener| {
        listener.source == super::ListenerSource::Image
            && listener.protocol.as_deref() == Some("http")
            && listener.covers(port)
    });
    let says = |value: &str| value.to_ascii_lowercase().contains("https");
    let told = server.environment.iter().any(|(name, one)| {
        says(name) || one.value().is_some_and(|value| value.has_hole() || says(&value.assumed()))
    });
    let told = told || server.program.command.iter().any(|word| says(&word.assumed()));
    let secured = table().servers.secured.iter().any(|row| row.name == image.name);
    spoken && !unseen && !told && !secured && !image.open_ports && !speaks_of_certificates(server)
}

/// Whether a build puts more over a server's image than what speaks of no certificate and no configuration.
fn changes_much(server: &ServiceFacts<'_>) -> bool {
    const SIGNS: [&str; 7] = ["ssl", "tls", "cert", ".conf", "hba", ".key", ".pem"];
    let speaks = |text: &str| SIGNS.iter().any(|sign| text.to_ascii_lowercase().contains(sign));
    let image = &server.program.image;
    image.parsed.is_none()
        || image.problem.is_some()
        || image.runs.iter().any(|run| speaks(&run.assumed()))
        || server.program.files.layers().iter().any(|layer| {
            // A whole folder may hold anything.
            layer.directory && !layer.target.starts_with("/docker-entrypoint-initdb.d")
                || speaks(&layer.target.to_string_lossy())
                || speaks(&layer.host.file_name().unwrap_or_default().to_string_lossy())
        })
}

fn mounts<'s>(server: &'s ServiceFacts<'_>) -> impl Iterator<Item = &'s str> {
    let volumes = server.service.volumes.iter().map(|mount| mount.target.as_str());
    volumes.chain(server.service.configs.iter().map(|config| config.target.as_str()))
}

/// Whether a server hardly takes HTTPS at a port: nothing gives it a certificate, and the port is not one of those for that.
#[must_use]
pub fn is_plain(server: &ServiceFacts<'_>, port: u16) -> bool {
    let secured =
        server.image.is_some_and(|image| table().servers.secured.iter().any(|row| row.name == image.name));
    !secured && port % 1000 != 443 && !speaks_of_certificates(server)
}

/// Whether something of the service may give it a certificate: what speaks of one, and configuration that is mounted.
fn speaks_of_certificates(server: &ServiceFacts<'_>) -> bool {
    let hint = |text: &str| {
        let text = text.to_ascii_lowercase();
        table().hints.iter().any(|hint| text.contains(hint.as_str()))
    };
    // Of these, only an option of the command could name a file that says more.
    let by_options = server.image.is_some_and(|image| image.port_files.as_ref().is_some_and(Vec::is_empty));
    let configures = |target: &str| {
        if by_options {
            return hint(target);
        }
        let data =
            server.image.is_some_and(|image| image.data.iter().any(|data| target.starts_with(data.as_str())));
        let init =
            server.image.is_some_and(|image| image.init.iter().any(|init| target.starts_with(init.as_str())));
        !data && !init && (target.contains("conf") || target.starts_with("/etc/") || hint(target))
    };
    server.program.command.iter().any(|word| {
        let word = word.assumed();
        hint(&word) || word.contains(".conf") || word.ends_with(".sh") || word.contains("config")
    }) || server.environment.iter().any(|(name, _)| hint(name))
        || mounts(server).any(configures)
        || !server.service.secrets.is_empty()
}

/// What makes a dial come with TLS, if something does for sure.
#[must_use]
pub fn demanded(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Comes> {
    let clients = &table().clients;
    if let (Some(name), Some(scheme)) = (dial.endpoint.scheme_name(), &dial.endpoint.scheme)
        && clients.schemes.contains_key(&name)
    {
        return Some(Comes::Scheme(scheme.clone()));
    }
    let plain = |name: &str| name.to_ascii_lowercase().replace([' ', '_', '-'], "");
    let rows = || clients.settings.iter().filter(|row| dial.protocols.contains(&row.protocol.as_str()));
    for row in rows() {
        let named = |name: &str| row.names.contains(&plain(name));
        let demands = |text: &Text| {
            text.certainty() == Certainty::Known
                && row.values.contains(&text.assumed().trim().to_ascii_lowercase())
        };
        // A mode says more than a switch beside it.
        let all = || dial.endpoint.parameters.iter().filter(|(name, _)| named(name));
        if let Some((name, value)) =
            all().find(|(name, _)| plain(name).contains("mode")).or_else(|| all().next())
        {
            let switch = matches!(value.assumed().as_str(), "true" | "1");
            let instead = if switch { "false".to_string() } else { row.instead.clone() };
            return demands(value).then(|| Comes::Setting(name.clone(), value.clone(), instead));
        }
        if let super::By::Sink(module, sink) = dial.by {
            let mut given = sink.arguments.iter().filter(|(name, _)| named(&name.value)).peekable();
            if let Some((name, value)) =
                within(client, module, sink).into_iter().find(|(name, value)| named(name) && demands(value))
            {
                return Some(Comes::Setting(name, value, row.instead.clone()));
            }
            if given.peek().is_some() {
                return given.find_map(|(name, value)| {
                    let value = argument(client, module, (name.span, value)).filter(demands)?;
                    Some(Comes::Setting(name.value.clone(), value, row.instead.clone()))
                });
            }
        }
    }
    if let Some(row) = of_image(client, dial) {
        return Some(Comes::Driver(row.title.clone(), row.write.clone()));
    }
    let super::By::Sink(module, sink) = dial.by else { return None };
    let row = clients.defaults.iter().find(|row| {
        crate::programs::front_end(&module.path).is_some_and(|language| language.name() == row.language)
            && driver(sink) == Some(row.driver.as_str())
            && dial.protocols.contains(&row.protocol.as_str())
    })?;
    let said = dial.endpoint.parameters.iter().any(|(name, _)| row.unless.contains(&plain(name)));
    let set = row.variables.iter().any(|name| client.environment.get(name).is_some());
    // Part of the address that is not known may say it.
    let open = dial.endpoint.text.pieces().last().is_some_and(|piece| piece.certainty == Certainty::Unknown);
    (!said && !set && !open).then(|| Comes::Driver(row.title.clone(), row.write.clone()))
}

/// What is known of a public image whose variable is dialled by, where nothing says that it does without TLS.
fn of_image(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<&'static OfImage> {
    // Of an image of tools nothing else may be known.
    let own = client.service.image.as_ref().filter(|_| client.service.build.is_none())?.complete();
    let reference = client.reference.clone().or(own)?;
    let reference = ImageReference::parse(&reference)?;
    let plain = |name: &str| name.to_ascii_lowercase();
    let says = |row: &OfImage| {
        dial.endpoint.parameters.iter().any(|(name, _)| row.unless.contains(&plain(name)))
            || dial.endpoint.text.has_hole()
            || row.set.iter().any(|name| client.environment.get(name).is_some())
            || row.variables.iter().any(|name| {
                let value = client.environment.value(name).map(|value| value.assumed().to_string());
                value.is_some_and(|value| row.unless.iter().any(|word| value.contains(word.as_str())))
            })
    };
    let rows = table().clients.images.iter();
    let held = dial.held();
    let mut rows = rows.filter(|row| {
        row.images.iter().any(|image| image == reference.path)
            && Version::lies_within(reference.tag, None, row.before)
            && dial.protocols.contains(&row.protocol.as_str())
            && row.variables.iter().any(|name| held == Some(name.as_str()))
    });
    rows.find(|row| !says(row))
}

/// The settings that a call hands on to its driver: `connect_args={"sslmode": "require"}`, Django's `OPTIONS`.
fn within(client: &ServiceFacts<'_>, module: &Module, sink: &Sink) -> Vec<(String, Text)> {
    let handed = |name: &str| matches!(name, "connect_args" | "OPTIONS");
    let records = sink.arguments.iter().filter(|(name, _)| handed(&name.value));
    let fields = records.flat_map(|(_, value)| match client.evaluate(module, value) {
        Value::Record(fields) => fields,
        _ => Vec::new(),
    });
    fields
        .filter_map(|(name, value)| match value {
            Value::Text(text) => Some((name, text)),
            Value::Bool(value, origin) => Some((name, Text::known(value.to_string(), origin))),
            _ => None,
        })
        .collect()
}

/// What is given for an option. To give an object of settings is to demand it.
fn argument(
    client: &ServiceFacts<'_>,
    module: &Module,
    (name, value): (Span, &crate::programs::Expr),
) -> Option<Text> {
    match client.evaluate(module, value) {
        Value::Record(_) => Some(Text::known("true", crate::source::Origin::at(name))),
        Value::Bool(value, origin) => Some(Text::known(value.to_string(), origin)),
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The driver that a call names.
fn driver(sink: &Sink) -> Option<&str> {
    let named = sink.arguments.iter().find(|(name, _)| name.value == "driver");
    match named.map(|(_, value)| value) {
        Some(crate::programs::Expr::Text(text)) => Some(text.value.as_str()),
        _ => None,
    }
}

/// The scheme without TLS for one with it.
#[must_use]
pub fn without(scheme: &str) -> Option<&'static str> {
    table().clients.schemes.get(&scheme.to_ascii_lowercase()).map(String::as_str)
}

/// Whether a dial comes by plain HTTP, or by HTTPS; `None` for other protocols and where it is not said.
#[must_use]
pub fn web(dial: &Dial<'_>) -> Option<bool> {
    match dial.endpoint.scheme_name()?.as_str() {
        "http" => Some(false),
        "https" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{images, protocol};

    #[test]
    fn the_table_is_sound() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        let first = |name: &str| {
            let known = images::known(name).map(|image| image.name.as_str());
            known == Some(name) || images::named(name)
        };
        for name in &table.servers.plain {
            assert!(first(name), "{name}");
        }
        for row in &table.servers.secured {
            for image in &row.images {
                assert_eq!(images::known(image).map(|image| image.name.as_str()), Some(row.name.as_str()));
            }
        }
        for (with, without) in &table.clients.schemes {
            assert_eq!(protocol::of_scheme(with), protocol::of_scheme(without), "{with}");
        }
        for row in &table.clients.settings {
            assert!(protocol::default_port(&row.protocol).is_some(), "{}", row.protocol);
        }
    }
}
