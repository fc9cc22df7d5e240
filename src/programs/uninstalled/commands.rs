//! What the commands of a program of Python ask of packages that nothing installs: commands of Django's `manage.py` that packages
//! bring, and classes that options name.

use std::path::Path;

use super::super::entry::{Call, Way};
use super::{Missing, Program, Uninstalled, loaders, python, ruby};
use crate::source::Span;

/// Options that name what is imported, by the programs that take them.
const OPTIONS: [(&str, &[&str]); 4] = [
    ("gunicorn", &["-k", "--worker-class"]),
    ("celery", &["-P", "--pool"]),
    ("celery", &["-S", "--scheduler"]),
    ("uvicorn", &["--loop"]),
];
/// What is imported by another name than its own.
const ALIASES: [(&str, &str, &str); 1] = [("celery", "django", "django_celery_beat")];

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let surely = || program.started.calls.iter().filter(|call| call.launch.way == Way::Surely);
    let asks = surely().any(|call| commanded(call).is_some() || named(call).is_some());
    if !asks || !program.is_sure() || program.may_install_more() || python::has_environment(program) {
        return Vec::new();
    }
    let Some(found) = python::installed(program) else { return Vec::new() };
    let nothing = found.names.is_empty() && found.manifest.is_none();
    if nothing || found.elsewhere {
        return Vec::new();
    }
    let missing = |package: &str, at: Span| Uninstalled {
        import: package.to_string(),
        package: package.to_string(),
        at,
        named: false,
        manifest: found.manifest.clone(),
        lack: Missing::Unnamed,
        sure: true,
        loader: Some(super::TASK),
        similar: None,
    };
    let mut out = Vec::new();
    for call in surely() {
        if let Some((command, packages)) = commanded(call) {
            let brings =
                |name: &String| packages.iter().any(|own| name == own || name.contains(own.as_str()));
            let there = found.names.iter().any(brings)
                || packages.iter().any(|name| program.is_spoken_of(name))
                || is_own(program, command);
            if let Some(package) = packages.first().filter(|_| !there && !found.projects)
                && let Some(at) = ruby::place(program, call, command)
            {
                out.push(missing(package, at));
            }
        }
        if let Some(import) = named(call)
            && let Some(row) = python::row_of(import)
            && python::is_missing(program, row, &found)
            && !program.is_own(import)
            && let Some(at) = ruby::place(program, call, import)
        {
            out.push(missing(&row.package(), at));
        }
    }
    out
}

/// The command of `manage.py` that packages bring, and those.
fn commanded(call: &Call) -> Option<(&str, &'static [String])> {
    let mut words = call.launch.words.iter().map(String::as_str);
    words.find(|word| word.rsplit('/').next() == Some("manage.py"))?;
    let command = words.next().filter(|word| !word.starts_with('-'))?;
    Some((command, loaders::all().django.get(command)?.as_slice()))
}

/// Whether an application of the project has a command of that name.
fn is_own(program: &Program<'_>, command: &str) -> bool {
    let file = Path::new("management/commands").join(command).with_extension("py");
    program.scope.iter().any(|(_, place, _)| place.ends_with(&file))
}

/// The name that an option imports.
fn named(call: &Call) -> Option<&str> {
    let program = call.launch.name();
    let words = &call.launch.words;
    let taken = OPTIONS.iter().filter(|(name, _)| *name == program).find_map(|(_, options)| {
        words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
            Some((option, value)) => options.contains(&option).then_some(value),
            None => words.get(at + 1).map(String::as_str).filter(|_| options.contains(&word.as_str())),
        })
    })?;
    let import = taken.split(['.', ':']).next()?;
    let alias = ALIASES.iter().find(|(name, word, _)| *name == program && *word == taken);
    Some(alias.map_or(import, |(_, _, import)| *import))
}
