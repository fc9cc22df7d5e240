//! What the programs of public images dial: `rules/data/dialled.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use serde::Deserialize;

use super::dials::{By, Dial};
use super::endpoint::Endpoint;
use super::environment::EffectiveEnvironment;
use super::images::Version;
use super::names::Words;
use super::reach::Target;
use super::{ServiceFacts, protocol};
use crate::compose::{ImageReference, Service};
use crate::programs::Program;
use crate::source::{Origin, Span, Text, Via};

const TABLE: &str = include_str!("../../rules/data/dialled.yaml");

/// Images that dial alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    images: Vec<String>,
    dials: Vec<Dialled>,
}

/// An address that the program of an image dials.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dialled {
    variable: String,
    protocol: String,
    default: Option<String>,
    /// Whether addresses stand behind a label: `label:host:port:database:password`.
    #[serde(default)]
    labelled: bool,
    #[serde(default)]
    when: BTreeMap<String, String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    since: Option<Version>,
    before: Option<Version>,
    #[serde(default)]
    without: Vec<String>,
    /// Options of the command that say it in place of the variable.
    #[serde(default)]
    told: Vec<String>,
    #[serde(default)]
    told_user: Vec<String>,
    #[serde(default)]
    told_password: Vec<String>,
    /// What stands before the address: a scheme that it lacks.
    #[serde(default)]
    prefix: String,
    /// The key behind which it stands within a longer text.
    within: Option<String>,
    /// The variables of the login.
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
}

fn table() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    // The table is part of the binary; a test reads it.
    ROWS.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the program of a service's image dials, where the image is public and runs as it is.
pub(super) fn of<'a>(
    service: &Service,
    program: &Program,
    environment: &EffectiveEnvironment,
    command: &[String],
) -> Vec<Dial<'a>> {
    if service.build.is_some() || service.entrypoint.is_some() {
        return Vec::new();
    }
    let Some(image) = &service.image else { return Vec::new() };
    let reference = image.assumed();
    let Some(parsed) = ImageReference::parse(&reference) else { return Vec::new() };
    let named = |row: &&Row| row.images.iter().any(|image| image == parsed.path);
    let dials = table().iter().filter(named).flat_map(|row| &row.dials);
    let counts = |dialled: &&Dialled| {
        dialled.holds(environment, command)
            && Version::lies_within(parsed.tag, dialled.since, dialled.before)
            && !dialled.without.iter().any(|word| parsed.tag.is_some_and(|tag| tag.contains(word.as_str())))
            && !program
                .files
                .layers()
                .iter()
                .any(|layer| dialled.files.iter().any(|it| layer.target.starts_with(it)))
    };
    let words: Vec<Text> = service.command.iter().flat_map(|command| command.words.iter().cloned()).collect();
    dials.filter(counts).filter_map(|dialled| dialled.dial(environment, &words, image.span())).collect()
}

/// Adds these to what is known already: the name of a variable may have told it, and less of it.
pub(super) fn add<'a>(dials: &mut Vec<Dial<'a>>, more: Vec<Dial<'a>>) {
    for mut dial in more {
        match dials.iter_mut().find(|other| other.variable() == dial.variable()) {
            Some(other) if other.sink().is_none() => {
                let (known, own) = (&other.endpoint, &mut dial.endpoint);
                if own.user.is_none() {
                    (own.user, own.password) = (known.user.clone(), known.password.clone());
                }
                own.database = own.database.take().or_else(|| known.database.clone());
                *other = dial;
            }
            Some(_) => {}
            None => dials.push(dial),
        }
    }
}

/// Takes back the names that images look for by themselves, where neither they nor anything that could be meant is there:
/// then it is not known what the project makes of the image.
pub(super) fn only_where_meant(services: &mut IndexMap<&str, ServiceFacts<'_>>) {
    let spoken: Vec<String> = services
        .values()
        .filter(|service| service.service.active)
        .flat_map(|service| &service.listeners)
        .filter_map(|listener| listener.protocol.clone())
        .collect();
    for service in services.values_mut() {
        let image = service.service.image.as_ref().map_or(Span::NONE, |image| image.span());
        service.dials.retain(|dial| {
            let by_image =
                dial.host_origin().and_then(Origin::unset_read).is_some_and(|(_, read)| read == image);
            let met = |spoken: &String| dial.protocols.contains(&spoken.as_str());
            !by_image || dial.target != Some(Target::Nobody) || spoken.iter().any(met)
        });
    }
}

impl Dialled {
    fn holds(&self, environment: &EffectiveEnvironment, command: &[String]) -> bool {
        let is = |(name, value): (&String, &String)| {
            environment.value(name).is_some_and(|set| set.assumed().eq_ignore_ascii_case(value))
        };
        let said =
            |flag: &String| command.iter().any(|word| word.split_whitespace().any(|it| it.starts_with(flag)));
        self.when.iter().all(is)
            && !self.unless.iter().any(|name| environment.get(name).is_some())
            && !self.flags.iter().any(said)
            && (self.words.is_empty() || self.words.iter().any(said))
    }

    fn dial<'a>(
        &self,
        environment: &EffectiveEnvironment,
        command: &[Text],
        image: Span,
    ) -> Option<Dial<'a>> {
        let told = self.told.iter().find_map(|option| of_option(command, option));
        let (text, place) = match told.map(|text| (text.clone(), text.span())) {
            Some((text, place)) => (text.via(&Via::Flag(place)), place),
            None => self.by_variable(environment, image)?,
        };
        let text = self.address(text)?;
        let labelled = self.labelled.then(|| Endpoint::from_labelled(&text, &self.protocol)).flatten();
        let mut endpoint =
            labelled.or_else(|| Endpoint::from_url(&text)).or_else(|| Endpoint::from_addresses(&text))?;
        let protocol = endpoint.protocol().or_else(|| protocol::named(&self.protocol))?;
        if let Some(address) = endpoint.hosts.first_mut().filter(|address| address.port.is_none()) {
            let usual = protocol::default_port(protocol)?.to_string();
            let said = environment.value(&Words::of(&self.variable).with_last("PORT")).cloned();
            let said =
                said.filter(|port| port.complete().is_some_and(|port| port.trim().parse::<u16>().is_ok()));
            address.port = Some(said.unwrap_or_else(|| Text::known(usual, Origin::default())));
        }
        let value = |name: &Option<String>| environment.value(name.as_ref()?).cloned();
        let said = |options: &[String]| options.iter().find_map(|option| of_option(command, option));
        endpoint.user = endpoint.user.or_else(|| said(&self.told_user)).or_else(|| value(&self.user));
        endpoint.password =
            endpoint.password.or_else(|| said(&self.told_password)).or_else(|| value(&self.password));
        endpoint.database = endpoint.database.or_else(|| value(&self.database));
        let dial = Dial::new(endpoint, vec![protocol], By::Variable(self.variable.clone()), place);
        Some(Dial { by_image: true, ..dial })
    }

    /// The address alone.
    fn address(&self, text: Text) -> Option<Text> {
        let whole = text.assumed();
        let mut text = text;
        if let Some(key) = &self.within {
            let from = whole.find(key.as_str())? + key.len();
            let rest = whole.get(from..)?;
            let value = rest.trim_start_matches([' ', '"', '\'', '[']);
            let from = from + rest.len() - value.len();
            let length = value.find(['"', '\'', '\n', '}', ']', ' ']).unwrap_or(value.len());
            text = text.slice(from, from + length);
        }
        Some(match self.prefix.as_str() {
            "" => text,
            prefix => Text::concat([Text::known(prefix, Origin::default()), text]),
        })
    }

    fn by_variable(&self, environment: &EffectiveEnvironment, image: Span) -> Option<(Text, Span)> {
        let set = environment.get(&self.variable);
        let (text, place) = match set.and_then(|effective| Some((effective, effective.value()?))) {
            Some((effective, text)) if text.is_blank() != Some(true) => {
                (text.clone(), effective.variable.key)
            }
            // A blank one may be filled where the project runs.
            _ if set.is_some() || environment.unseen().is_some() => return None,
            _ => {
                let variable: Arc<str> = Arc::from(self.variable.as_str());
                let step = Via::Read { variable, span: image, fallback: true };
                (Text::known(self.default.clone()?, Origin::default().via(step)), image)
            }
        };
        Some((text, place))
    }
}

/// The value of an option of the command: `--kafka.server=kafka:9092`, or the word behind it.
fn of_option(command: &[Text], option: &str) -> Option<Text> {
    command.iter().enumerate().find_map(|(at, word)| {
        let whole = word.assumed();
        let rest = whole.strip_prefix(option)?;
        match rest.strip_prefix('=') {
            Some(_) => Some(word.slice(option.len() + 1, whole.len())),
            None if rest.is_empty() => command.get(at + 1).cloned(),
            None => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let rows: Vec<Row> = serde_yaml::from_str(TABLE).unwrap();
        for dialled in rows.iter().flat_map(|row| &row.dials) {
            assert!(protocol::named(&dialled.protocol).is_some(), "{}", dialled.variable);
        }
    }
}
