//! Which modules of Python a command asks for: the ways in which each launcher is told.

use std::path::{Path, PathBuf};

use super::entry::{Launch, Machine, is_dotted};
use crate::source::Text;

/// A module that a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    /// As written.
    pub written: String,
    /// The module.
    pub module: String,
    /// The name that is asked of it.
    pub attribute: Option<String>,
    /// What its last part may be.
    pub rest: Rest,
    /// What asks for it.
    pub program: String,
    /// Where it looks.
    pub directory: PathBuf,
    /// The variable that names it, if no word does.
    pub variable: Option<String>,
}

/// What the last part of a module's name may be besides a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing else.
    Nothing,
    /// A name in the module before.
    Last,
    /// It is run: a package needs a `__main__`.
    Run,
}

/// What starts applications by `module:name`.
const SERVERS: [&str; 11] = [
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "granian",
    "waitress-serve",
    "sanic",
    "dramatiq",
    "huey_consumer",
    "taskiq",
    "faststream",
];
/// What of them takes a module without a name.
const BARE: [&str; 2] = ["gunicorn", "dramatiq"];
/// Options with which modules are looked for elsewhere.
const ELSEWHERE: [&str; 9] = [
    "--app-dir",
    "--chdir",
    "--pythonpath",
    "--workdir",
    "--factory-dir",
    "--path",
    "--working-dir",
    "--working-directory",
    "-p",
];

/// The modules that a command asks for.
pub(super) fn demands(machine: &Machine<'_>, launch: &Launch) -> Vec<Demand> {
    let name = launch.name();
    let (name, words) = match module_of(name, &launch.words) {
        Some((module, rest)) if is_launcher(module) => (module, rest),
        Some((module, _)) => {
            let fits = !module.contains(Text::HOLE) && !looks_elsewhere(launch);
            let demand = demand(launch, "python -m", module, Rest::Run);
            return Vec::from_iter(demand.filter(|_| fits));
        }
        None => (name, launch.words.get(1..).unwrap_or_default()),
    };
    let elsewhere = |word: &String| {
        let option = word.split('=').next().unwrap_or("");
        ELSEWHERE.contains(&option) && !(option == "-p" && name != "dramatiq")
    };
    if !is_launcher(name)
        || words.iter().any(elsewhere)
        || looks_elsewhere(launch)
        || is_moved(machine, launch, name, words)
    {
        return Vec::new();
    }
    match name {
        "celery" => {
            let app = option(words, &["-A", "--app"]);
            let attached =
                || words.iter().find_map(|word| word.strip_prefix("-A")).filter(|it| !it.is_empty());
            let app = app.or_else(|| attached().map(str::to_string));
            app.and_then(|app| demand(launch, name, &app, Rest::Last)).into_iter().collect()
        }
        "arq" => {
            let first = words.iter().find(|word| is_dotted(word) && word.contains('.'));
            first.and_then(|word| demand(launch, name, word, Rest::Last)).into_iter().collect()
        }
        "flask" => flask(launch, words).into_iter().collect(),
        _ => {
            let bare = BARE.contains(&name);
            let word = served(words).or_else(|| bare.then(|| plain(words)).flatten());
            word.and_then(|word| demand(launch, name, word, Rest::Nothing)).into_iter().collect()
        }
    }
}

/// Whether `PYTHONPATH` names another folder than the one in which the command is started.
pub(super) fn looks_elsewhere(launch: &Launch) -> bool {
    let own = |folder: &str| {
        let folder = folder.trim_end_matches('/');
        folder.is_empty() || folder == "." || Path::new(folder) == launch.directory
    };
    launch.env.get("PYTHONPATH").is_some_and(|folders| !folders.split(':').all(own))
}

fn is_launcher(name: &str) -> bool {
    SERVERS.contains(&name) || ["celery", "arq", "flask"].contains(&name)
}

/// `python -u -m module …`: the module and the words behind it.
fn module_of<'l>(name: &str, words: &'l [String]) -> Option<(&'l str, &'l [String])> {
    let python =
        name.strip_prefix("python").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let at = words.iter().skip(1).take_while(|word| word.starts_with('-')).position(|word| word == "-m")? + 1;
    let module = words.get(at + 1).filter(|_| python)?;
    Some((module, words.get(at + 2..).unwrap_or_default()))
}

/// What an option is given.
fn option(words: &[String], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
        Some((name, value)) => names.contains(&name).then(|| value.to_string()),
        None => words.get(at + 1).filter(|_| names.contains(&word.as_str())).cloned(),
    })
}

/// Whether a file of settings may have the server look for its modules elsewhere.
fn is_moved(machine: &Machine<'_>, launch: &Launch, name: &str, words: &[String]) -> bool {
    let given = match name {
        "gunicorn" | "hypercorn" | "granian" => option(words, &["-c", "--config"]),
        _ => None,
    };
    let usual = (name == "gunicorn").then(|| "gunicorn.conf.py".to_string());
    let by_variable = launch.env.contains_key("GUNICORN_CMD_ARGS") && name == "gunicorn";
    let says = |file: &String| match machine.text(&launch.path(file.trim_start_matches("file:"))) {
        Some(text) => ["chdir", "pythonpath", "application_path"].iter().any(|word| text.contains(word)),
        None => given.is_some(),
    };
    by_variable || given.as_ref().or(usual.as_ref()).is_some_and(says)
}

/// `uvicorn main:app`, `gunicorn 'main:create_app()'`
fn served(words: &[String]) -> Option<&str> {
    let mut named = words.iter().filter(|word| !word.starts_with('-') && !word.contains(Text::HOLE));
    let word = named.find(|word| {
        let number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
        word.split_once(':')
            .is_some_and(|(module, name)| is_dotted(module) && !number(name) && !name.starts_with('/'))
    });
    word.map(String::as_str)
}

/// `gunicorn config.wsgi`: the one word that is a module's name and belongs to no option.
fn plain(words: &[String]) -> Option<&str> {
    let belongs = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        before.is_some_and(|before| before.starts_with('-') && !before.contains('='))
    };
    let mut found = words.iter().enumerate().filter(|(at, word)| {
        word.contains('.') && is_dotted(word) && !belongs(*at) && !word.ends_with(".py")
    });
    let one = found.next().map(|(_, word)| word.as_str());
    one.filter(|_| found.next().is_none())
}

/// `flask --app shop run`, or the variable.
fn flask(launch: &Launch, words: &[String]) -> Option<Demand> {
    let given = option(words, &["--app", "-A"]);
    let variable = if given.is_some() { None } else { Some("FLASK_APP".to_string()) };
    let app = given.or_else(|| launch.env.get("FLASK_APP").cloned())?;
    // A path is taken apart: `shop/app.py` is what `shop.app` is.
    let directory = format!("{}/", launch.directory.to_string_lossy());
    let path = app.strip_prefix(&directory).or_else(|| app.strip_prefix("./")).unwrap_or(&app);
    let paths = !path.starts_with(['/', '.']) && (path.ends_with(".py") || path.contains(".py:"));
    if !words.iter().any(|word| word == "run") || app.contains(',') || app.contains('/') && !paths {
        return None;
    }
    let module = path.strip_suffix(".py").map_or_else(|| path.replace(".py:", ":"), str::to_string);
    let module = module.replace("/__init__", "").replace('/', ".");
    let found = demand(launch, "flask", &module, Rest::Nothing)?;
    Some(Demand { variable, written: app, ..found })
}

fn demand(launch: &Launch, program: &str, written: &str, rest: Rest) -> Option<Demand> {
    let (module, attribute) = match written.split_once(':') {
        Some((module, name)) => (module, Some(name)),
        None => (written, None),
    };
    let attribute = attribute.map(|name| name.split(['(', '.', '[']).next().unwrap_or(name).trim());
    if written.contains(Text::HOLE) || written.contains('$') || !is_dotted(module) {
        return None;
    }
    Some(Demand {
        written: module.to_string(),
        module: module.to_string(),
        attribute: attribute.filter(|name| !name.is_empty()).map(str::to_string),
        rest: if attribute.is_some() { Rest::Nothing } else { rest },
        program: program.to_string(),
        directory: launch.directory.clone(),
        variable: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_name_modules() {
        let words = |line: &str| line.split(' ').map(str::to_string).collect::<Vec<_>>();
        assert_eq!(served(&words("main:app --bind 0.0.0.0:80")), Some("main:app"));
        assert_eq!(served(&words("--bind 0.0.0.0:80 -w 4")), None);
        assert_eq!(plain(&words("-k uvicorn.workers.UvicornWorker shop.wsgi")), Some("shop.wsgi"));
        assert_eq!(plain(&words("--bind 0.0.0.0:80 --workers 3")), None);
        let line = words("python -u -m shop.worker --all");
        assert_eq!(module_of("python", &line).map(|it| it.0), Some("shop.worker"));
        assert_eq!(module_of("python3.12", &words("python3.12 main.py -m x")), None);
    }
}
