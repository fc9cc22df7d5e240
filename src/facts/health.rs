//! The healthcheck that suits a known image as its service runs it.

use super::images::{Credentials, KnownHealthcheck, KnownImage};
use super::listeners::ListenerSource;
use super::service::ServiceFacts;
use crate::source::{Origin, Text, Via};

/// A healthcheck to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The words after `test:`, as the container gets them: `$NAME` is for its shell.
    pub test: Vec<Text>,
    /// How long the first start may take.
    pub start_period: Option<&'static str>,
}

/// The healthcheck for a service's image and version, with the service's own user, database and port.
#[must_use]
pub fn advice(facts: &ServiceFacts<'_>) -> Option<Advice> {
    let image = facts.image?;
    let reference = facts.reference.as_deref()?;
    let known = image.healthchecks.iter().filter(|known| !known.test.is_empty() && known.fits(reference));
    let mut fitting = known.filter(|known| holds(facts, known));
    let test = fitting.find_map(|known| {
        let shell = known.test.first().is_some_and(|word| word == "CMD-SHELL");
        known.test.iter().map(|word| fill(facts, image, word, shell)).collect::<Option<Vec<Text>>>()
    })?;
    Some(Advice { test, start_period: image.start_period.as_deref() })
}

/// Whether the variables have the values that the healthcheck is for.
fn holds(facts: &ServiceFacts<'_>, known: &KnownHealthcheck) -> bool {
    known.when.iter().all(|(name, wanted)| {
        facts.environment.value(name).is_some_and(|value| value.assumed().eq_ignore_ascii_case(wanted))
    })
}

/// A word with what its placeholders stand for; `None` where one of them has nothing.
fn fill(facts: &ServiceFacts<'_>, image: &KnownImage, word: &str, shell: bool) -> Option<Text> {
    let literal = |text: &str| Text::known(text, Origin::default());
    let mut filled = Text::default();
    let mut rest = word;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        let close = from.find('}').unwrap_or(from.len().saturating_sub(1));
        let inside = from.get(1..close).unwrap_or("");
        filled.push(literal(before));
        match placeholder(facts, image, inside, shell) {
            Some(value) => {
                filled.push(value?);
                rest = from.get(close + 1..).unwrap_or("");
            }
            // Some other brace.
            None => {
                filled.push(literal("{"));
                rest = from.get(1..).unwrap_or("");
            }
        }
    }
    filled.push(literal(rest));
    Some(filled)
}

/// What a placeholder stands for, if it is one, and if there is something.
fn placeholder(
    facts: &ServiceFacts<'_>,
    image: &KnownImage,
    name: &str,
    shell: bool,
) -> Option<Option<Text>> {
    let literal = |text: String| Text::known(text, Origin::default());
    let Credentials { user, or_user, default_user, password, or_password, default_password, .. } =
        &image.credentials;
    let Credentials { root_password, database, or_database, default_database, .. } = &image.credentials;
    let set = |names: [&Option<String>; 2], default: Option<Text>| {
        names.into_iter().flatten().find_map(|name| given(facts, name, shell)).or(default)
    };
    let known = |default: &Option<String>| default.clone().map(literal);
    let own_user = || set([user, or_user], known(default_user));
    let port = || {
        let own = facts.listeners.iter().find(|listener| listener.source == ListenerSource::Image);
        own.map(|listener| listener.ports.0).or_else(|| image.ports.first().map(|port| port.port))
    };
    Some(match name {
        "user" => own_user(),
        // A password that stands in the file as it is is not written, or said, once more.
        "password" => match flagged_password(facts, &image.credentials) {
            Some(flagged) => Some(flagged).filter(is_reference),
            None => set([password, or_password], known(default_password)),
        },
        "guarded" => {
            Some(literal(flagged_password(facts, &image.credentials).map_or("", |_| "|NOAUTH").to_string()))
        }
        "root_password" => set([root_password, &None], None),
        "database" => set(
            [database, or_database],
            match default_database {
                Some(default) if default.starts_with('=') => own_user(),
                default => known(default),
            },
        ),
        "port" => port().map(|port| literal(port.to_string())),
        "listener" => Some(advertised(facts).unwrap_or_else(|| literal("localhost:9092".to_string()))),
        // Said only where the port is another than the program takes by itself.
        option if option.starts_with(" -") => {
            let usual = image.ports.first().map(|port| port.port);
            let option = option.strip_suffix("port")?;
            Some(match port().filter(|port| Some(*port) != usual) {
                Some(port) => literal(format!("{option}{port}")),
                None => literal(String::new()),
            })
        }
        _ => return None,
    })
}

/// What a shell in the container writes for a variable, or for the file that a variable names; for a program
/// that no shell starts, its value.
fn given(facts: &ServiceFacts<'_>, name: &str, shell: bool) -> Option<Text> {
    let literal = |text: String| Some(Text::known(text, Origin::default()));
    let file = format!("{name}_FILE");
    match (facts.environment.value(name), facts.environment.value(&file)) {
        (Some(_), _) if shell => literal(format!("${name}")),
        (Some(value), _) => Some(value.clone()).filter(|value| !value.has_hole()),
        (None, Some(_)) if shell => literal(format!("$(cat ${file})")),
        _ => None,
    }
}

/// The password that a flag of the command gives the server (`--requirepass x`).
#[must_use]
pub fn flagged_password(facts: &ServiceFacts<'_>, credentials: &Credentials) -> Option<Text> {
    credentials.flags.iter().find_map(|flag| facts.flag(flag))
}

/// Whether a text is a reference to a variable, of the host or of the container.
#[must_use]
pub fn is_reference(text: &Text) -> bool {
    let through = |via: &Via| matches!(via, Via::Interpolation { .. });
    text.assumed().contains('$') || text.pieces().iter().all(|piece| piece.origin.through.iter().any(through))
}

/// The first address that a variable of listeners advertises.
fn advertised(facts: &ServiceFacts<'_>) -> Option<Text> {
    let names = ["KAFKA_ADVERTISED_LISTENERS", "KAFKA_CFG_ADVERTISED_LISTENERS"];
    let listeners = names.into_iter().find_map(|name| facts.environment.value(name))?;
    let text = listeners.assumed();
    let from = text.find("://")? + 3;
    let to = text.get(from..)?.find(',').map_or(text.len(), |at| from + at);
    let address = listeners.slice(from, to);
    (!address.has_hole() && from < to).then_some(address)
}
