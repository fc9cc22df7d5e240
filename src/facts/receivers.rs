//! Which transports Symfony's Messenger is told to take messages from, and which it has.

use std::collections::BTreeSet;

use super::ServiceFacts;
use crate::programs::config_files::entries;
use crate::programs::reading::{Written, written};
use crate::programs::{Expr, has_extension, php};
use crate::source::{Span, Text};

/// Options of `messenger:consume` whose value is a word of its own.
const WITH_VALUE: [&str; 16] = [
    "-l",
    "--limit",
    "-f",
    "--failure-limit",
    "-m",
    "--memory-limit",
    "-t",
    "--time-limit",
    "--sleep",
    "-b",
    "--bus",
    "--queues",
    "-e",
    "--env",
    "--exclude-receivers",
    "--keepalive",
];

/// A receiver that a command names and no file makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its name.
    pub name: String,
    /// Where it is named; [`Span::NONE`] where that is in no compose file.
    pub place: Span,
    /// Those that there are.
    pub known: Vec<String>,
    /// Where one of them is made.
    pub made: Span,
}

/// The first receiver that a command of `service` names and its files do not make.
#[must_use]
pub fn unknown(service: &ServiceFacts<'_>) -> Option<Unknown> {
    let program = service.program;
    let named: Vec<&str> = program.commands.iter().flat_map(|words| consumed(words)).collect();
    if named.is_empty() {
        return None;
    }
    let scope = &program.scope;
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut made = Span::NONE;
    for (_, place, source) in scope.iter() {
        let yaml = has_extension(place, &["yaml", "yml"]);
        let of_configuration = place.iter().any(|folder| folder == "config");
        let holds = |word: &str| source.glance(|text| text.contains(word));
        // Settings in PHP, and what a service gives itself out for.
        if holds("messenger.receiver") || of_configuration && !yaml && holds("messenger") {
            return None;
        }
        if !yaml || !of_configuration || !holds("transports") {
            continue;
        }
        for entry in entries(source.file()) {
            let mut path = entry.path.iter().skip_while(|key| *key != "messenger").skip(1);
            if path.next().is_some_and(|key| key == "transports")
                && let Some(name) = path.next()
            {
                made = if made.is_none() { entry.value.span } else { made };
                known.insert(name.clone());
            }
        }
    }
    let name = named.into_iter().find(|name| !known.contains(*name)).filter(|_| !known.is_empty())?;
    let word = program.command.iter().find(|word| word.complete().is_some_and(|word| word == name));
    let place = word.map_or(Span::NONE, Text::span);
    Some(Unknown { name: name.to_string(), place, known: known.into_iter().collect(), made })
}

/// The connection that `artisan queue:work` is told and that the settings of Laravel do not have.
#[must_use]
pub fn unknown_connection(service: &ServiceFacts<'_>) -> Option<Unknown> {
    let program = service.program;
    let name = program.commands.iter().find_map(|words| worked(words))?;
    let mut all = program.scope.iter();
    let manifest = all.find(|(_, place, _)| place.ends_with("composer.json"));
    // A package may bring a connection of its name.
    if manifest.is_some_and(|(_, _, manifest)| manifest.glance(|text| text.contains(name))) {
        return None;
    }
    let (_, _, settings) = program.scope.iter().find(|(_, place, _)| place.ends_with("config/queue.php"))?;
    let returned = settings.full().names.get(php::RETURNED)?;
    let Written::Yes(connections) = written(returned, "connections") else { return None };
    let Expr::Record(fields) = connections.peel() else { return None };
    let known: Vec<String> = fields.iter().map(|(name, _)| name.value.clone()).collect();
    let made = fields.first()?.0.span;
    let word = program.command.iter().find(|word| word.complete().is_some_and(|word| word == name));
    let place = word.map_or(Span::NONE, Text::span);
    (!known.iter().any(|own| own == name)).then(|| Unknown { name: name.to_string(), place, known, made })
}

/// The connection that `artisan queue:work` is told.
fn worked(words: &[String]) -> Option<&str> {
    const VALUED: [&str; 12] = [
        "--queue",
        "--tries",
        "--timeout",
        "--sleep",
        "--memory",
        "--delay",
        "--backoff",
        "--max-jobs",
        "--max-time",
        "--name",
        "--rest",
        "--env",
    ];
    let at = words.iter().position(|word| matches!(word.as_str(), "queue:work" | "queue:listen"))?;
    let artisan = words.iter().take(at).any(|word| word.rsplit('/').next() == Some("artisan"));
    let mut rest = words.get(at + 1..)?.iter();
    while let Some(word) = rest.next() {
        if VALUED.contains(&word.as_str()) {
            rest.next();
        } else if !word.starts_with('-') {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            return Some(word.as_str()).filter(|_| artisan && plain);
        }
    }
    None
}

/// The receivers that `bin/console messenger:consume` is told to take messages from.
fn consumed(words: &[String]) -> Vec<&str> {
    let Some(at) = words
        .iter()
        .position(|word| matches!(word.as_str(), "messenger:consume" | "messenger:consume-messages"))
    else {
        return Vec::new();
    };
    let console = words.iter().take(at).any(|word| word.ends_with("console"));
    let rest = words.get(at + 1..).unwrap_or_default();
    let mut valued = false;
    let mut names = Vec::new();
    for word in rest {
        let value = std::mem::replace(&mut valued, WITH_VALUE.contains(&word.as_str()));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if value || word.starts_with('-') {
            continue;
        }
        if !word.chars().all(plain) {
            return Vec::new();
        }
        // Those of Symfony's Scheduler are made of the schedules in the code.
        if !word.starts_with("scheduler_") {
            names.push(word.as_str());
        }
    }
    if console { names } else { Vec::new() }
}
