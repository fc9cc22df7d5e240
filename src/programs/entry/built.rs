//! The commands of a build: those that a `RUN` starts, and those of the scripts and Makefiles that it calls.

use std::sync::Arc;

use super::{Launch, MAX_DEPTH, MAX_LAUNCHES, Machine, shell, wrappers};
use crate::programs::dockerfile::Run;

/// The commands of a `RUN`, those of Makefiles and scripts among them.
pub(in crate::programs) fn built_by(machine: &Machine<'_>, run: &Run) -> Vec<Launch> {
    let start = Launch { directory: run.directory.clone(), env: run.variables.clone(), ..Launch::default() };
    let shell = |text: &str, start: &Launch| shell::launches(text, start, &|_| None);
    let mut queue: Vec<(Launch, usize)> =
        shell(&run.command.assumed(), &start).into_iter().rev().map(|launch| (launch, 0)).collect();
    let mut out = Vec::new();
    while let Some((launch, depth)) = queue.pop() {
        if out.len() >= MAX_LAUNCHES {
            break;
        }
        let first = launch.words.first().map_or("", String::as_str);
        let name = first.rsplit('/').next().unwrap_or(first);
        let inner = match name {
            _ if depth >= MAX_DEPTH => None,
            "sh" | "bash" | "ash" => match launch.words.get(1).map(String::as_str) {
                Some(flags) if flags.starts_with('-') && flags.contains('c') => {
                    launch.words.get(2).map(|text| shell(text, &launch.with([])))
                }
                script => script
                    .and_then(|script| machine.text(&launch.path(script)))
                    .map(|text| shell(&text, &launch.with([]))),
            },
            _ if let Some(text) = script_of(machine, &launch, first) => {
                // Some are known by name, as `gradlew`.
                if !first.ends_with(".sh") {
                    out.push(launch.clone());
                }
                Some(shell(&text, &launch.with([])))
            }
            _ => match wrappers::unwrap(machine, name, &launch) {
                Some(wrappers::Inner::Launches(all)) => Some(all),
                Some(wrappers::Inner::Shell(text)) => Some(shell(&text, &launch.with([]))),
                None => None,
            },
        };
        match inner {
            Some(inner) => queue.extend(inner.into_iter().rev().map(|launch| (launch, depth + 1))),
            None => out.push(launch),
        }
    }
    out
}

/// The text of the script for a shell that a command names: by its ending, or by its first line.
fn script_of(machine: &Machine<'_>, launch: &Launch, first: &str) -> Option<Arc<str>> {
    const SHELLS: [&str; 4] = ["/sh", "bash", "/ash", "env sh"];
    let named = first.ends_with(".sh");
    let text = (named || first.contains('/')).then(|| machine.text(&launch.path(first))).flatten()?;
    let line = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or("").trim_end();
    let of_shell = SHELLS.iter().any(|shell| line.split(" -").next().is_some_and(|it| it.ends_with(shell)));
    (named || of_shell).then_some(text)
}
