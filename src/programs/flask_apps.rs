//! `flask run` where nothing names the application: Flask looks for `app` and `wsgi` in the folder in which it is started
//! (flask.palletsprojects.com, "Command Line Interface", "Application Discovery"), and says `Could not locate a Flask application`.

use std::path::Path;

use super::Scope;
use super::dockerfile::Run;
use super::entry::{Call, Launch, Machine, Way};
use super::modules_missing::{AbsentModule, Lack, Search};
use crate::source::{Kind, Span};

/// Modules that it looks for.
const LOOKED_FOR: [&str; 2] = ["app", "wsgi"];
/// What says the application's name.
const VARIABLE: &str = "FLASK_APP";

/// The start of Flask that finds no application, where one module of its folder has one.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    scope: &Scope,
    runs: &[Run],
    calls: &[Call],
) -> Option<(AbsentModule, Call)> {
    let call = calls.iter().find(|call| call.launch.way == Way::Surely && is_unnamed(&call.launch))?;
    let (launch, directory) = (&call.launch, &call.launch.directory);
    let files = machine.sources.files();
    let host = machine.files.resolve(files, directory)?;
    let search = Search { machine, scope, runs, calls, launch };
    let there = |name: &&str| {
        let place = directory.join(name);
        search.is_module(&place) || machine.files.resolve(files, &place).is_some()
    };
    // Dotenv files are looked for from there upwards, and samples say what is in those.
    let says = |folder: &Path| {
        files.list(folder).iter().filter(|name| name.starts_with(".env") || *name == ".flaskenv").any(
            |name| machine.sources.load(&folder.join(name)).is_ok_and(|file| file.text.contains(VARIABLE)),
        )
    };
    let written = runs.iter().any(|run| {
        let text = run.command.assumed();
        ["app.py", "wsgi.py", VARIABLE, "<<"].iter().any(|word| text.contains(word))
    });
    let named = host.ancestors().take(3).any(says);
    if LOOKED_FOR.iter().any(there) || written || named || files.kind(&host) != Some(Kind::Directory) {
        return None;
    }
    let mut modules = scope.iter().filter(|(_, place, source)| {
        place.parent() == Some(directory)
            && source.front_end.name() == "python"
            && source.text().contains("= Flask(")
    });
    let (_, place, _) = modules.next().filter(|_| modules.next().is_none())?;
    let meant = place.file_stem()?.to_str()?.to_string();
    let absent = AbsentModule {
        module: "app".to_string(),
        program: "flask run".to_string(),
        directory: directory.clone(),
        lack: Lack::Nowhere(host),
        instead: Some(meant),
        variable: None,
        at: Span::NONE,
    };
    Some((absent, call.clone()))
}

/// Whether a command starts Flask's server without the name of an application.
fn is_unnamed(launch: &Launch) -> bool {
    let words: Vec<&str> = launch.words.iter().map(String::as_str).collect();
    let rest = match words.as_slice() {
        [python, "-m", "flask", rest @ ..] if python.contains("python") => rest,
        [_, rest @ ..] if launch.name() == "flask" => rest,
        _ => return false,
    };
    let names = |word: &&str| {
        matches!(*word, "--app" | "-A" | "-e" | "--env-file")
            || word.starts_with("--app=")
            || word.starts_with("-A")
    };
    rest.contains(&"run") && !rest.iter().any(names) && !launch.env.contains_key(VARIABLE)
}
