//! The servers that are known: `rules/data/servers.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

pub(super) const TABLE: &str = include_str!("../../../rules/data/servers.yaml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) servers: Vec<KnownServer>,
}

/// A server that commands start.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownServer {
    /// What to call it.
    pub name: String,
    /// The program, and the words that follow it.
    pub commands: Vec<String>,
    /// Options that give the host.
    pub host: Vec<String>,
    /// Options that give the port.
    pub port: Vec<String>,
    /// Options that give both, or one of them.
    pub address: Vec<String>,
    /// Whether the first word that is no option is an address.
    pub positional: bool,
    /// Options that mean every interface.
    pub all: Vec<String>,
    /// Options with which nothing is known.
    pub other: Vec<String>,
    /// Variables with which nothing is known.
    pub unknown: Vec<String>,
    /// A variable that is the port on every interface.
    pub opens: Option<String>,
    /// Variables that mean the same as the options.
    pub env: Variables,
    /// Where it listens when nothing is said.
    pub default: Address,
    /// When the default holds.
    pub only: Option<Only>,
    /// Files that may say it.
    pub settings: Settings,
    /// Words of other commands, in the build or before it, that move its port.
    pub moved_by: Vec<String>,
    /// Words of those, or of the name of the image, with which its host is not known.
    pub hosted_by: Vec<String>,
    /// The folder of the build that the program is taken from, where its name alone says nothing.
    pub made_in: Option<String>,
    /// Words of other commands, in the build or before it, by which another server runs beside it.
    pub beside: Vec<String>,
    /// Whether only proxies ask it: what is published beside it is for what people start by hand.
    pub inner: bool,
    /// The section with the same options, of the INI file that the command may name.
    pub ini: Option<String>,
    /// Scripts in Ruby that say it, below the working directory.
    pub scripts: Vec<String>,
    /// Options that name another such script.
    pub script: Vec<String>,
    /// What to write, so that it listens on every interface.
    pub write: String,
}

impl KnownServer {
    /// Whether files may say where it listens.
    #[must_use]
    pub fn has_settings(&self) -> bool {
        !self.settings.files.is_empty() || !self.scripts.is_empty()
    }
}

/// Variables for a host and a port.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Variables {
    /// Those of the host.
    pub host: Vec<String>,
    /// Those of the port.
    pub port: Vec<String>,
}

/// A host and a port.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Address {
    /// The host.
    pub host: Option<String>,
    /// The port.
    pub port: Option<String>,
}

/// Variables, of which none may have another value.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// The variables.
    pub variables: Vec<String>,
    /// The value.
    pub value: String,
}

/// Files, and what in them says it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Their places; one that ends with a slash is a folder of which all count.
    pub(super) files: Vec<String>,
    /// Words with which nothing is known.
    pub(super) words: Vec<String>,
    /// Where the files are JavaScript: the objects of their settings that have `host` and `port`, the first for both,
    /// the others for the host that the first does not say.
    pub(super) objects: Vec<String>,
    /// Where they are YAML: the section of each environment of Rails that has `host` and `port`.
    pub(super) section: Option<String>,
    /// Where they are TOML: the table, and its keys of the host and of the port.
    pub(super) toml: Option<[String; 3]>,
    /// Whether it is this server only where one of the files is there.
    pub(super) needed: bool,
}

/// All of them, in the order of the file.
pub(super) fn table() -> &'static [KnownServer] {
    static READ: OnceLock<Table> = OnceLock::new();
    &READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default()).servers
}
