//! Images that are known: `rules/data/images.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::environment::EffectiveEnvironment;
use crate::compose::ImageReference;
use crate::source::Text;

const TABLE: &str = include_str!("../../rules/data/images.yaml");

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageKind {
    /// A database.
    Database,
    /// A message broker.
    Broker,
    /// A cache.
    Cache,
    /// A search engine.
    Search,
    /// An object store.
    ObjectStore,
    /// Coordination and secrets.
    Coordination,
    /// A web server or proxy.
    Web,
    /// A mail server.
    Mail,
    /// Something people look at.
    Tool,
    /// A system or a language's runtime: what is built on it may be anything.
    Runtime,
}

/// An image that is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownImage {
    /// The entry's name.
    pub name: String,
    /// What to call it.
    pub title: String,
    /// Repository paths, without registry.
    pub images: Vec<String>,
    /// What it is for.
    pub kind: ImageKind,
    /// Whether clients can't do without it when they start.
    pub stateful: bool,
    /// What it listens on.
    pub ports: Vec<KnownPort>,
    /// Whether its configuration may make it listen on others.
    #[serde(default)]
    pub open_ports: bool,
    /// Protocols it speaks on its first port besides the one that is said there.
    #[serde(default)]
    pub also_speaks: Vec<String>,
    /// What it tells clients to go on at.
    #[serde(default)]
    pub advertises: Option<KnownAdvertised>,
    /// How clients get in.
    #[serde(default)]
    pub credentials: Credentials,
    /// Paths it writes.
    #[serde(default)]
    pub data: Vec<String>,
    /// Paths it writes from this major version on.
    #[serde(default)]
    pub data_since: BTreeMap<u32, Vec<String>>,
    /// Folders whose scripts run when the data is first made.
    #[serde(default)]
    pub init: Vec<String>,
    /// How to ask whether it is ready.
    #[serde(default)]
    pub healthcheck: Option<KnownHealthcheck>,
    /// For slow starters.
    #[serde(default)]
    pub start_period: Option<String>,
    /// How many clients it takes at a time.
    #[serde(default)]
    pub connections: Option<KnownConnections>,
}

/// How many connections a database takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownConnections {
    /// The entry's images of which that is known.
    pub images: Vec<String>,
    /// `max_connections` when nothing is said.
    pub default: u64,
    /// How many of them are kept for administrators.
    #[serde(default)]
    pub reserved: u64,
    /// The administrator's name; `=NAME` is the value of that variable, or the user when it is not set.
    #[serde(default)]
    pub administrator: Option<String>,
    /// A variable that sets it.
    #[serde(default)]
    pub variable: Option<String>,
    /// What it says to a client that comes too late.
    pub refusal: String,
    /// The command that sets it, with `{}` for the number.
    #[serde(default)]
    pub command: Vec<String>,
}

/// A port of a known image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPort {
    /// The port.
    pub port: u16,
    /// What is spoken there.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Only for tags that contain one of these.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Only for these of the entry's images.
    #[serde(default)]
    pub images: Vec<String>,
    /// A variable that moves it.
    #[serde(default)]
    pub variable: Option<String>,
    /// Flags of the command that move it.
    #[serde(default)]
    pub flags: Vec<String>,
}

/// An address that an image hands to its clients when nothing is said.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAdvertised {
    /// Only for these of the entry's images.
    pub images: Vec<String>,
    /// The address.
    pub address: String,
    /// How the variables begin of which none may be set.
    pub unless: String,
}

/// The variables that make an image's credentials, and what holds when they are not set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// The user's variable.
    pub user: Option<String>,
    /// Another name of it.
    pub or_user: Option<String>,
    /// The user when neither is set.
    pub default_user: Option<String>,
    /// The password's variable.
    pub password: Option<String>,
    /// Another name of it.
    pub or_password: Option<String>,
    /// The password when neither is set.
    pub default_password: Option<String>,
    /// The administrator's name.
    pub root_user: Option<String>,
    /// The administrator's password's variable.
    pub root_password: Option<String>,
    /// The database's variable.
    pub database: Option<String>,
    /// Another name of it.
    pub or_database: Option<String>,
    /// The database when neither is set; `=NAME` is the value of that variable.
    pub default_database: Option<String>,
}

/// A healthcheck that works in the image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownHealthcheck {
    /// The words after `test:`.
    pub test: Vec<String>,
    /// Whether the image brings its own.
    #[serde(default)]
    pub image: bool,
}

/// The image of this reference, if it is known. Registries are ignored: mirrors keep the paths.
///
/// Only the entry that is asked for is parsed: the whole table would cost more than a small project.
#[must_use]
pub fn known(reference: &str) -> Option<&'static KnownImage> {
    static ASKED: Mutex<BTreeMap<String, Option<&'static KnownImage>>> = Mutex::new(BTreeMap::new());
    let path = ImageReference::parse(reference)?.path;
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = asked.get(path) {
        return *known;
    }
    let found = entry(path).map(|entry| &*Box::leak(Box::new(entry)));
    asked.insert(path.to_string(), found);
    found
}

/// The entry of the table whose `images` name this path.
fn entry(path: &str) -> Option<KnownImage> {
    let names = |entry: &&str| {
        let images = entry.lines().find_map(|line| line.trim_start().strip_prefix("images: ["));
        images.is_some_and(|list| list.trim_end_matches(']').split(',').any(|name| name.trim() == path))
    };
    let found = TABLE.split("\n- name: ").skip(1).find(names)?;
    let mut entries: Vec<KnownImage> = serde_yaml::from_str(&format!("- name: {found}")).ok()?;
    entries.pop()
}

impl KnownImage {
    /// Whether its own settings speak of itself: everything but tools and proxies, which dial others.
    #[must_use]
    pub const fn is_server(&self) -> bool {
        !matches!(self.kind, ImageKind::Tool | ImageKind::Web)
    }

    /// Whether it brings its own healthcheck.
    #[must_use]
    pub fn has_healthcheck(&self) -> bool {
        self.healthcheck.as_ref().is_some_and(|healthcheck| healthcheck.image)
    }

    /// The ports it listens on with this environment and command, with what is spoken there.
    #[must_use]
    pub fn listens(
        &self,
        reference: &str,
        environment: &EffectiveEnvironment,
        command: &[String],
    ) -> Vec<(u16, Option<String>)> {
        let reference = ImageReference::parse(reference);
        let tag = reference.as_ref().and_then(|reference| reference.tag).unwrap_or("");
        let path = reference.as_ref().map_or("", |reference| reference.path);
        let there = |port: &&KnownPort| {
            (port.tags.is_empty() || port.tags.iter().any(|word| tag.contains(word.as_str())))
                && (port.images.is_empty() || port.images.iter().any(|image| image == path))
        };
        let mut found = Vec::new();
        for port in self.ports.iter().filter(there) {
            let set = port
                .variable
                .as_ref()
                .and_then(|name| environment.value(name)?.complete()?.trim().parse().ok());
            let number =
                port.flags.iter().find_map(|flag| flag_value(command, flag)).or(set).unwrap_or(port.port);
            found.push((number, port.protocol.clone()));
        }
        if let Some((first, _)) = found.first().cloned() {
            found.extend(self.also_speaks.iter().map(|protocol| (first, Some(protocol.clone()))));
        }
        found
    }

    /// A healthcheck test with the service's own credentials, as a flow sequence for a compose file.
    ///
    /// Variables that the container has are written `$$NAME`, so that its shell expands them.
    #[must_use]
    pub fn healthcheck_test(&self, environment: &EffectiveEnvironment) -> Option<String> {
        let words = &self.healthcheck.as_ref()?.test;
        let shell = words.first().is_some_and(|word| word == "CMD-SHELL");
        let of = |names: [&Option<String>; 2], default: Option<String>| {
            let set = names.into_iter().flatten().find(|name| environment.value(name).is_some());
            match set {
                Some(name) if shell => Some(format!("$${name}")),
                Some(name) => environment.value(name).and_then(Text::complete),
                None => default,
            }
        };
        let credentials = &self.credentials;
        let user = of([&credentials.user, &credentials.or_user], credentials.default_user.clone());
        let default_database = credentials
            .default_database
            .clone()
            .and_then(|default| if default.starts_with('=') { user.clone() } else { Some(default) });
        let parts = [
            ("{user}", user),
            ("{password}", of([&credentials.password, &credentials.or_password], None)),
            ("{root_password}", of([&credentials.root_password, &None], None)),
            ("{database}", of([&credentials.database, &credentials.or_database], default_database)),
        ];
        let mut shown = Vec::new();
        for word in words {
            let mut word = word.clone();
            for (name, value) in &parts {
                if word.contains(name) {
                    word = word.replace(name, value.as_ref()?);
                }
            }
            shown.push(format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")));
        }
        Some(format!("[{}]", shown.join(", ")))
    }
}

/// The number that a flag is given in a command: `-p 1`, `-p1`, `--port 1`, `--port=1`, and `port=1`
/// after `-c`.
fn flag_value(command: &[String], flag: &str) -> Option<u16> {
    let number = |text: &str| text.trim_start_matches(['=', ':']).parse().ok();
    command.iter().enumerate().find_map(|(at, word)| {
        let rest = word.strip_prefix(flag)?;
        if rest.is_empty() { command.get(at + 1).and_then(|next| number(next)) } else { number(rest) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::protocol;

    #[test]
    fn the_table_is_sound() {
        let images: Vec<KnownImage> = serde_yaml::from_str(TABLE).unwrap();
        assert!(images.len() >= 40, "{}", images.len());
        let mut paths: Vec<&String> = images.iter().flat_map(|image| &image.images).collect();
        let all = paths.len();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), all, "an image stands in two entries");
        for image in &images {
            for path in &image.images {
                assert_eq!(known(path).map(|known| &known.name), Some(&image.name), "{path}");
            }
            for protocol in
                image.ports.iter().filter_map(|port| port.protocol.as_ref()).chain(&image.also_speaks)
            {
                assert!(protocol::default_port(protocol).is_some(), "{}: protocol {protocol}", image.name);
            }
        }
    }

    #[test]
    fn references_find_their_entry() {
        let name = |reference| known(reference).map(|image| image.name.as_str());
        assert_eq!(name("docker.io/library/postgres:16-alpine"), Some("postgres"));
        assert_eq!(name("registry.example.org/postgres"), Some("postgres"));
        assert_eq!(name("me/postgres-backup"), None);
        assert_eq!(name("mcr.microsoft.com/mssql/server:2022-latest"), Some("mssql"));
    }

    #[test]
    fn commands_move_ports() {
        let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
        let ports = |command: &str| {
            let image = known("redis:7").unwrap();
            image.listens("redis:7", &EffectiveEnvironment::default(), &words(command))
        };
        assert_eq!(ports("redis-server --port 6380")[0].0, 6380);
        assert_eq!(ports("redis-server")[0].0, 6379);
        let postgres = known("postgres").unwrap();
        let moved =
            postgres.listens("postgres", &EffectiveEnvironment::default(), &words("postgres -c port=5433"));
        assert_eq!(moved[0].0, 5433);
    }
}
