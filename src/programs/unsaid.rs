//! Clients that libraries make by themselves, where a program says nothing of what they dial: Sidekiq's Redis.

use std::path::PathBuf;

use super::entry::Started;
use super::reading::clients::{Client, Clients, Unsaid};
use super::reading::target;
use super::{Module, ModuleIndex, Role, Scope, Sink, Source};
use crate::source::{Span, Spanned, Text};

/// The languages whose libraries do so.
const LANGUAGES: [&str; 1] = ["ruby"];

/// The clients that the process has so; `environment` asks whether it has a variable.
pub(super) fn of(
    scope: &Scope,
    loaded: &[ModuleIndex],
    started: &Started,
    command: &[Text],
    environment: &dyn Fn(&str) -> bool,
) -> Option<Module> {
    let mut module = Module { role: Role::Script, path: PathBuf::new(), ..Module::default() };
    for language in LANGUAGES.into_iter().filter(|language| started.languages.contains(language)) {
        let of_language = |index: &ModuleIndex| {
            let source = scope.get(*index).map(|(_, source)| &**source)?;
            (source.front_end.name() == language).then_some(source)
        };
        let sources: Vec<&Source> = loaded.iter().filter_map(of_language).collect();
        for (client, unsaid) in Clients::of(language).unsaid() {
            if unsaid.unless.iter().any(|variable| environment(variable)) {
                continue;
            }
            let Some(callee) = place(unsaid, &sources, started, command) else { continue };
            // What is told anywhere may be told to this process.
            let all = scope.iter().filter(|(.., source)| matches!(source.front_end.name(), "ruby" | "rails"));
            let told =
                |source: &Source| source.glance(|text| unsaid.told.iter().any(|word| text.contains(word)));
            if all.map(|(.., source)| source).any(|source| told(source)) {
                continue;
            }
            // It dials when there is work to do.
            module.later.push(callee.span);
            module.sinks.extend(sink(client, callee));
        }
    }
    (!module.sinks.is_empty()).then_some(module)
}

fn sink(client: &Client, callee: Spanned<String>) -> Option<Sink> {
    let target = target::fallback(client, callee.span)?;
    let span = callee.span;
    Some(Sink { kind: client.kind, target, arguments: Vec::new(), callee, span })
}

/// Where the program shows that it has the client.
fn place(
    unsaid: &Unsaid,
    sources: &[&Source],
    started: &Started,
    command: &[Text],
) -> Option<Spanned<String>> {
    let named = |span| Spanned::new(unsaid.name.clone(), span);
    if let Some(span) = sources.iter().find_map(|source| used(unsaid, source)) {
        return Some(named(span));
    }
    let runs = |words: &[String]| {
        let last = |word: &str| word.rsplit('/').next().unwrap_or(word).to_string();
        let known = |word: &&String| unsaid.commands.iter().any(|command| *command == last(word));
        words.iter().take(3).find(known).cloned()
    };
    let word = started.commands.iter().find_map(|launch| runs(&launch.words))?;
    let written = command.iter().find_map(|text| {
        let from = text.assumed().find(&word)?;
        Some(text.slice(from, from + word.len()).span())
    });
    // A script that starts it stands nowhere in the command.
    Some(named(written.or_else(|| command.first().map(Text::span)).unwrap_or(Span::NONE)))
}

/// Where a source uses the library, comments left out.
fn used(unsaid: &Unsaid, source: &Source) -> Option<Span> {
    if !source.glance(|text| unsaid.used.iter().any(|word| text.contains(word))) {
        return None;
    }
    let file = source.file();
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let code = !line.trim_start().starts_with('#');
        let found = unsaid.used.iter().find_map(|word| {
            let (name, at) = (word.trim(), line.find(word.as_str())?);
            Some((at + word.find(name)?, name.len()))
        });
        if let Some((at, length)) = found.filter(|_| code) {
            return Some(file.slice(start + at, start + at + length));
        }
        start += line.len();
    }
    None
}
