//! Images that are known: `rules/data/images.yaml`, typed.

mod alone;
mod credentials;
mod ports;
mod refused;
mod settings;
mod switched;
mod version;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub use credentials::Credentials;
use serde::Deserialize;

use super::environment::EffectiveEnvironment;
use super::listeners::{Listener, ListenerSource};
use crate::compose::ImageReference;
use crate::programs::Program;
pub use alone::Alone;
pub use ports::KnownPort;
pub use refused::{Ends, Form, Refused, UnknownOption};
pub use settings::RefusedSetting;
pub(super) use settings::value_at;
pub use switched::Switched;
pub use version::Version;

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
    /// The files that it brings and that say where it listens: what is put in their place says all of it.
    #[serde(default)]
    pub settings: Vec<String>,
    /// The only files and folders whose contents may move its ports, unless the command names others; empty where no file can,
    /// absent where that is not known.
    #[serde(default)]
    pub port_files: Option<Vec<String>>,
    /// Protocols it speaks on its first port besides the one that is said there.
    #[serde(default)]
    pub also_speaks: Vec<String>,
    /// Where it answers only inside its container, as long as it has no configuration.
    #[serde(default)]
    pub alone: Option<Alone>,
    /// What it tells clients to go on at.
    #[serde(default)]
    pub advertises: Option<KnownAdvertised>,
    /// How clients get in.
    #[serde(default)]
    pub credentials: Credentials,
    /// Paths it writes.
    #[serde(default)]
    pub data: Vec<String>,
    /// As whom versions run that are never root.
    #[serde(default)]
    pub owners: Vec<KnownOwner>,
    /// Where newer versions keep their data.
    #[serde(default)]
    pub moved: Option<Moved>,
    /// Folders whose pages a web server gives out when it is told no others.
    #[serde(default)]
    pub pages: Vec<String>,
    /// Folders whose scripts run when the data is first made.
    #[serde(default)]
    pub init: Vec<String>,
    /// How to ask whether it is ready: the first that fits and can be filled in.
    #[serde(default)]
    pub healthchecks: Vec<KnownHealthcheck>,
    /// Which of the programs that healthchecks call are in it: the first that fits.
    #[serde(default)]
    pub programs: Vec<KnownPrograms>,
    /// Without which variables it does not start, each with others that do as well.
    #[serde(default)]
    pub needs: Vec<KnownNeed>,
    /// With which values of variables it does not start.
    #[serde(default)]
    pub refuses: Vec<Refused>,
    /// What in its configuration it refuses.
    #[serde(default)]
    pub refused_settings: Vec<RefusedSetting>,
    /// What it does without a command, and then ends.
    #[serde(default)]
    pub ends: Vec<Ends>,
    /// With which options of its command it does not start.
    #[serde(default)]
    pub unknown_options: Vec<UnknownOption>,
    /// Pages that it has only where that is switched on.
    #[serde(default)]
    pub switched: Vec<Switched>,
    /// Whether it tries again by itself until what it needs is there.
    #[serde(default)]
    pub patient: bool,
    /// Whether it stops where what it needs is not there, though it is no server.
    #[serde(default)]
    pub impatient: bool,
    /// For slow starters.
    #[serde(default)]
    pub start_period: Option<String>,
    /// How many clients it takes at a time.
    #[serde(default)]
    pub connections: Option<KnownConnections>,
}

/// A path of data that newer versions keep elsewhere: with a volume at the old one they do not start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The first major version that does.
    pub since: u32,
    /// The path of the versions before.
    pub from: String,
    /// The folder of the versions since.
    pub to: String,
    /// The variable that says where the data lies, and is obeyed by all versions.
    #[serde(default)]
    pub variable: Option<String>,
    /// The entry's images of which that is known.
    pub images: Vec<String>,
    /// Those of them whose newest version is meant by a tag without a number.
    #[serde(default)]
    pub newest: Vec<String>,
}

/// A variable that an image wants to be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownNeed {
    /// The variable, and those that do as well; `NAME=value` does only with this value.
    pub any: Vec<String>,
    /// Only for these of the entry's images.
    #[serde(default)]
    pub images: Vec<String>,
    /// Only from this version on.
    #[serde(default)]
    pub since: Option<Version>,
    /// Only from this third part of the version on, where the tag has one: tags without were built anew since.
    #[serde(default)]
    pub patch: Option<u32>,
    /// Only before this version.
    #[serde(default)]
    pub before: Option<Version>,
    /// Only where one of these is set.
    #[serde(default)]
    pub with: Vec<String>,
    /// Directories of configuration: a file that is mounted below one may do without it.
    #[serde(default)]
    pub files: Vec<String>,
    /// What to do about it, where that is not just to set it.
    #[serde(default)]
    pub instead: Option<String>,
    /// The programs whose start asks for it.
    pub starts: Vec<String>,
    /// Whether it asks only where its command says one of `starts`, and not where nothing is said.
    #[serde(default)]
    pub told: bool,
    /// Not where a word of the command begins like one of these.
    #[serde(default)]
    pub flags: Vec<String>,
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

/// A healthcheck that works in the image.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownHealthcheck {
    /// The words after `test:`; none where the image brings its own.
    pub test: Vec<String>,
    /// Whether the image brings its own.
    pub image: bool,
    /// Only from this version on.
    pub since: Option<Version>,
    /// Only before this version.
    pub before: Option<Version>,
    /// Only for these of the entry's images.
    pub images: Vec<String>,
    /// Only where these variables have these values.
    pub when: BTreeMap<String, String>,
}

/// As whom an image runs from the start on, and where it must be able to write.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownOwner {
    /// Only for these of the entry's images.
    pub images: Vec<String>,
    /// Only from this version on.
    #[serde(default)]
    pub since: Option<Version>,
    /// The number of the user.
    pub user: u32,
    /// The folders without which it ends.
    pub at: Vec<String>,
    /// Variables with which it sees to that itself.
    #[serde(default)]
    pub unless: Vec<String>,
}

/// Which programs are in an image.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownPrograms {
    /// Only for tags that contain one of these.
    pub tags: Vec<String>,
    /// Only for these of the entry's images.
    pub images: Vec<String>,
    /// Only from this version on.
    pub since: Option<Version>,
    /// Only before this version.
    pub before: Option<Version>,
    /// Programs that are there.
    pub has: Vec<String>,
    /// Programs that are not there.
    pub lacks: Vec<String>,
    /// Programs that are there, but in no folder of `PATH`.
    pub off_path: Vec<String>,
    /// Places at which programs were in versions before.
    pub gone: Vec<String>,
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

/// Whether the table has an entry of this name.
#[cfg(test)]
pub(super) fn named(name: &str) -> bool {
    TABLE.lines().any(|line| line.strip_prefix("- name: ") == Some(name))
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
    pub fn has_healthcheck(&self, reference: &str) -> bool {
        self.healthchecks.iter().any(|known| known.image && known.fits(reference))
    }

    /// The path at which its own check has this program, with the options that it gives first and that take no value.
    #[must_use]
    pub fn place_of(&self, reference: &str, program: &str) -> Option<String> {
        let tests =
            self.healthchecks.iter().filter(|known| known.fits(reference)).flat_map(|known| &known.test);
        tests.into_iter().find_map(|text| {
            let mut words = text.split_whitespace().peekable();
            let path =
                words.find(|word| word.starts_with('/') && word.rsplit('/').next() == Some(program))?;
            let mut all = vec![path];
            while let Some(option) = words.next().filter(|word| word.starts_with('-')) {
                match words.peek() {
                    Some(next) if next.starts_with('-') => all.push(option),
                    _ => break,
                }
            }
            Some(all.join(" "))
        })
    }

    /// As whom it runs, if that is never root.
    #[must_use]
    pub fn owner(&self, reference: &str) -> Option<&KnownOwner> {
        let parsed = ImageReference::parse(reference)?;
        self.owners.iter().find(|known| {
            let named = known.images.iter().any(|image| image == parsed.path);
            named && Version::lies_within(parsed.tag, known.since, None)
        })
    }

    /// Which programs are in the image; `None` where that is not known, as behind a digest.
    #[must_use]
    pub fn programs(&self, reference: &str) -> Option<&KnownPrograms> {
        let parsed = ImageReference::parse(reference)?;
        if parsed.tag.is_none() && parsed.digest.is_some() {
            return None;
        }
        let tag = parsed.tag.unwrap_or("latest");
        self.programs.iter().find(|known| {
            Version::lies_within(parsed.tag, known.since, known.before)
                && (known.images.is_empty() || known.images.iter().any(|image| image == parsed.path))
                && (known.tags.is_empty() || known.tags.iter().any(|word| tag.contains(word.as_str())))
        })
    }

    /// Where this version keeps its data otherwise than those before it, with the version, where the tag names one.
    #[must_use]
    pub fn moved(&self, reference: &str) -> Option<(&Moved, Option<u32>)> {
        let moved = self.moved.as_ref()?;
        let parsed = ImageReference::parse(reference)?;
        let knows = |images: &[String]| images.iter().any(|image| image == parsed.path);
        // What a registry of one's own calls by that name may be anything newer or older.
        let numbered = parsed.tag.is_some_and(|tag| tag.contains(|c: char| c.is_ascii_digit()));
        match parsed.major() {
            Some(version) => {
                (version >= moved.since && knows(&moved.images)).then_some((moved, Some(version)))
            }
            None => {
                let docker = parsed.registry.is_none_or(|registry| registry == "docker.io");
                let newest = docker && !numbered && parsed.digest.is_none() && knows(&moved.newest);
                newest.then_some((moved, None))
            }
        }
    }

    /// The ports it listens on with this environment and command, with what is spoken there.
    #[must_use]
    pub fn listens(
        &self,
        reference: &str,
        environment: &EffectiveEnvironment,
        command: &[String],
        program: &Program,
    ) -> Vec<Listener> {
        let reference = ImageReference::parse(reference);
        let tag = reference.as_ref().and_then(|reference| reference.tag).unwrap_or("");
        let path = reference.as_ref().map_or("", |reference| reference.path);
        let there = |port: &&KnownPort| {
            (port.tags.is_empty() || port.tags.iter().any(|word| tag.contains(word.as_str())))
                && !port.without.iter().any(|word| tag.contains(word.as_str()))
                && (port.images.is_empty() || port.images.iter().any(|image| image == path))
                && (port.before.is_none()
                    || Version::lies_within(reference.as_ref().and_then(|it| it.tag), None, port.before))
        };
        let mut found = Vec::new();
        for port in self.ports.iter().filter(there) {
            let set = port.variable.as_ref().and_then(|name| port_in(&environment.value(name)?.complete()?));
            let flagged = port.flags.iter().find_map(|flag| flag_value(command, flag));
            let number = flagged.or(set).or_else(|| port.said_in(program)).unwrap_or(port.port);
            found.push(Listener {
                ports: (number, number),
                protocol: port.protocol.clone(),
                page: port.page,
                source: ListenerSource::Image,
            });
        }
        if let Some(first) = found.first().cloned() {
            let speaks = |protocol: &String| Listener { protocol: Some(protocol.clone()), ..first.clone() };
            found.extend(self.also_speaks.iter().map(speaks));
        }
        found
    }
}

impl KnownNeed {
    /// Whether this image and version has it.
    #[must_use]
    pub fn applies(&self, reference: &str) -> bool {
        let Some(parsed) = ImageReference::parse(reference) else { return false };
        let third =
            parsed.tag.and_then(|tag| tag.split(['-', '_']).next()?.split('.').nth(2)?.parse::<u32>().ok());
        Version::lies_within(parsed.tag, self.since, self.before)
            && self.patch.is_none_or(|least| third.is_none_or(|third| third >= least))
            && (self.images.is_empty() || self.images.iter().any(|image| image == parsed.path))
    }
}

impl KnownHealthcheck {
    /// Whether it is one for this image and version.
    #[must_use]
    pub fn fits(&self, reference: &str) -> bool {
        let Some(parsed) = ImageReference::parse(reference) else { return false };
        Version::lies_within(parsed.tag, self.since, self.before)
            && (self.images.is_empty() || self.images.iter().any(|image| image == parsed.path))
    }
}

/// The port in the value of a variable that moves it: `8081`, `:8081`, `[::]:8081`, `http://0.0.0.0:8081`, the first of several.
fn port_in(value: &str) -> Option<u16> {
    let first = value.split(',').next().unwrap_or(value).trim().trim_end_matches('/');
    first.rsplit(':').next().unwrap_or(first).parse().ok()
}

/// The number that a flag is given in a command: `-p 1`, `-p1`, `--port 1`, `--port=1`, and `port=1`
/// after `-c`.
fn flag_value(command: &[String], flag: &str) -> Option<u16> {
    // `:8428`, `127.0.0.1:8428`
    let number = |text: &str| {
        let text = text.trim_start_matches('=');
        text.rsplit_once(':').map_or(text, |(_, port)| port).parse().ok()
    };
    command.iter().enumerate().find_map(|(at, word)| {
        let rest = word.strip_prefix(flag)?;
        if rest.is_empty() { command.get(at + 1).and_then(|next| number(next)) } else { number(rest) }
    })
}

#[cfg(test)]
mod tests;
