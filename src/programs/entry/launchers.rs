//! Servers, workers and tools that load a program's modules: what each is told on its command line.

use super::{Launch, Machine, Started, ini};

/// Whether a name is one of a known launcher.
pub(super) enum Outcome {
    /// It is, and what it starts is noted.
    Started,
    /// It is not.
    Other,
}

/// Notes what a launcher starts.
pub(super) fn start(machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Outcome {
    let arguments = Arguments { words: launch.words.get(1..).unwrap_or_default() };
    match name {
        "uvicorn" | "hypercorn" | "daphne" | "granian" | "waitress-serve" | "sanic" | "taskiq"
        | "dramatiq" | "arq" | "procrastinate" | "huey_consumer" | "huey_consumer.py" | "saq" | "nameko"
        | "robyn" => {
            server(launch, &arguments, out);
        }
        "gunicorn" => gunicorn(machine, launch, &arguments, out),
        "uwsgi" => uwsgi(machine, launch, &arguments, out),
        "fastapi" => fastapi(machine, launch, &arguments, out),
        "flask" | "quart" | "litestar" => flask(machine, name, launch, &arguments, out),
        "celery" | "faust" => celery(launch, &arguments, out),
        "celery-flower" | "flower" => out.foreign = true,
        "django-admin" => {
            out.django_commands.extend(arguments.positional(&["--settings", "--pythonpath"]).cloned());
            out.want(launch, arguments.value(&["--settings"]).into_iter().collect());
        }
        "manage.py" => super::python::file(&launch.path("manage.py"), arguments.words, out),
        "streamlit" | "chainlit" | "panel" | "bokeh" | "solara" | "mesop" => {
            let script = arguments.words.iter().find(|word| word.ends_with(".py"));
            files(launch, script.map(String::as_str).into_iter(), out);
        }
        "gradio" => files(launch, arguments.positional(&[]).map(String::as_str).into_iter(), out),
        "locust" => {
            let file = arguments.value(&["-f", "--locustfile"]).unwrap_or_else(|| "locustfile.py".into());
            files(launch, std::iter::once(file.as_str()), out);
        }
        "rq" => {
            // The names of its jobs come from the queue: any module may be loaded.
            let config = arguments.value(&["-c", "--config"]);
            out.want(launch, config.into_iter().collect());
            out.unknown = true;
        }
        "scrapy" => scrapy(machine, launch, out),
        "alembic" => alembic(machine, launch, &arguments, out),
        "aerich" => aerich(machine, launch, out),
        "pytest" | "py.test" | "tox" | "nox" | "unittest" => {
            out.language(super::python::LANGUAGE);
            out.tests = true;
        }
        "jupyter" | "jupyter-lab" | "mlflow" | "airflow" | "superset" | "http" | "mkdocs"
        | "sphinx-build" | "prefect" | "dagster" | "rqscheduler" | "rq-dashboard" | "pgadmin4" => {
            out.foreign = true;
        }
        _ => return Outcome::Other,
    }
    Outcome::Started
}

/// The words after a launcher's name.
struct Arguments<'a> {
    words: &'a [String],
}

impl Arguments<'_> {
    /// What an option is given: `-o value`, `--option value`, `--option=value`.
    fn value(&self, names: &[&str]) -> Option<String> {
        self.words.iter().enumerate().find_map(|(at, word)| {
            if names.contains(&word.as_str()) {
                return self.words.get(at + 1).cloned();
            }
            let (name, value) = word.split_once('=')?;
            names.contains(&name).then(|| value.to_string())
        })
    }

    /// The first word that is no option and belongs to none.
    fn positional(&self, takes: &[&str]) -> Option<&String> {
        let at = super::wrappers::after_options(self.words, 0, takes)?;
        self.words.get(at)
    }

    /// The words that may name a module, those with an attribute (`module:app`) first.
    fn modules(&self) -> Vec<String> {
        let named = |word: &&String| {
            let module = word.split(':').next().unwrap_or("");
            is_dotted(module) && !word.contains("://")
        };
        let (with, without): (Vec<&String>, Vec<&String>) =
            self.words.iter().filter(named).partition(|word| word.contains(':'));
        let module = |word: &String| word.split(':').next().unwrap_or("").to_string();
        with.into_iter().chain(without).map(module).collect()
    }
}

/// Whether the text is a module's name: identifiers with dots between.
pub(in crate::programs) fn is_dotted(name: &str) -> bool {
    let plain = |part: &str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    name.split('.').all(plain)
}

fn files<'w>(launch: &Launch, words: impl Iterator<Item = &'w str>, out: &mut Started) {
    let before = out.files.len();
    for word in words {
        super::python::file(&launch.path(word), &[], out);
    }
    out.unknown |= out.files.len() == before;
}

/// `uvicorn app.main:app` and all that are told a module in the same way.
fn server(launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    let directory = arguments.value(&["--app-dir", "--chdir", "--working-dir", "--path", "-p"]);
    let mut launch = launch.clone();
    if let Some(directory) = directory.filter(|directory| !directory.contains(':') && !is_number(directory)) {
        launch.directory = launch.path(&directory);
    }
    if let Some(file) = arguments.value(&["--env-file"]) {
        out.dotenv.push(launch.path(&file));
    }
    let modules = names_of_attributes(arguments.modules());
    out.want(&launch, modules);
}

fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

/// Each name, and the name without its last part: `arq worker.Settings` loads `worker`.
fn names_of_attributes(modules: Vec<String>) -> Vec<String> {
    let parents: Vec<String> = modules
        .iter()
        .filter_map(|module| module.rsplit_once('.').map(|(parent, _)| parent.to_string()))
        .collect();
    modules.into_iter().chain(parents).collect()
}

fn gunicorn(machine: &Machine<'_>, launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    let mut launch = launch.clone();
    if let Some(directory) = arguments.value(&["--chdir"]) {
        launch.directory = launch.path(&directory);
    }
    if let Some(path) = arguments.value(&["--pythonpath"]) {
        path.split(',').for_each(|path| out.root(&launch.path(path)));
    }
    let extra = launch.env.get("GUNICORN_CMD_ARGS").map(|text| text.split_whitespace().map(str::to_string));
    let words: Vec<String> = arguments.words.iter().cloned().chain(extra.into_iter().flatten()).collect();
    let arguments = Arguments { words: &words };
    match arguments.value(&["-c", "--config"]) {
        Some(module) if module.starts_with("python:") => {
            out.want(&launch, vec![module.trim_start_matches("python:").to_string()]);
        }
        Some(file) => out.files.push(launch.path(file.trim_start_matches("file:"))),
        None => out.files.extend(Some(launch.path("gunicorn.conf.py")).filter(|place| machine.has(place))),
    }
    let mut modules = arguments.modules();
    // `wsgi_app` may stand in the configuration file instead.
    let settings = out.files.last().and_then(|place| machine.text(place));
    let assigned = settings.iter().flat_map(|text| text.lines()).find_map(|line| {
        let value = line.trim().strip_prefix("wsgi_app")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches(['"', '\'']).split(':').next()?.to_string())
    });
    modules.extend(assigned);
    out.want(&launch, modules);
}

fn uwsgi(machine: &Machine<'_>, launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    let file = arguments.value(&["--ini", "--ini-paste"]);
    let file = file.or_else(|| arguments.words.iter().find(|word| word.ends_with(".ini")).cloned());
    let text = file.and_then(|file| machine.text(&launch.path(&file)));
    let sections = text.map(|text| ini::sections(&text)).unwrap_or_default();
    let setting = |names: &[&str]| {
        let section = sections.iter().find(|section| section.name == "uwsgi");
        let given: Vec<String> = names.iter().map(|name| format!("--{name}")).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let inside = names.iter().find_map(|name| section?.get(name));
        arguments.value(&given).or_else(|| inside.map(str::to_string))
    };
    let mut launch = launch.clone();
    if let Some(directory) = setting(&["chdir"]) {
        launch.directory = launch.path(&directory);
    }
    if let Some(path) = setting(&["pythonpath", "python-path"]) {
        out.root(&launch.path(&path));
    }
    if let Some(file) = setting(&["wsgi-file", "file"]) {
        super::python::file(&launch.path(&file), &[], out);
    }
    let module = setting(&["module", "wsgi"]).or_else(|| arguments.value(&["-w"]));
    out.want(
        &launch,
        module.iter().filter_map(|module| Some(module.split(':').next()?.to_string())).collect(),
    );
}

/// Where the `fastapi` command looks when it is told no file.
const FASTAPI: &[&str] = &["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"];

fn fastapi(machine: &Machine<'_>, launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    if let Some(module) = arguments.value(&["--entrypoint", "-e"]) {
        return out.want(launch, vec![module.split(':').next().unwrap_or("").to_string()]);
    }
    let given = arguments.words.iter().skip(1).find(|word| word.ends_with(".py")).map(String::as_str);
    let place = given.or_else(|| FASTAPI.iter().copied().find(|file| machine.has(&launch.path(file))));
    let Some(place) = place.map(|file| launch.path(file)) else {
        return out.want(launch, arguments.modules());
    };
    // It imports the file as a part of the packages around it.
    let package = |directory: &&std::path::Path| machine.has(&directory.join("__init__.py"));
    if let Some(root) = place.ancestors().skip(1).find(|directory| !package(directory)) {
        out.root(root);
    }
    super::python::file(&place, &[], out);
}

fn flask(machine: &Machine<'_>, name: &str, launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    let variable = format!("{}_APP", name.to_uppercase());
    let app = arguments.value(&["--app", "-A"]).or_else(|| launch.env.get(&variable).cloned());
    for file in [".env", ".flaskenv"].iter().filter(|_| name != "litestar") {
        out.dotenv.push(launch.path(file));
    }
    if let Some(file) = arguments.value(&["--env-file", "-e"]) {
        out.dotenv.push(launch.path(&file));
    }
    let Some(app) = app.filter(|app| !app.is_empty()) else {
        let usual = ["wsgi.py", "app.py", "app/__init__.py", "app/asgi.py"];
        let found = usual.iter().find(|file| machine.has(&launch.path(file)));
        return files(launch, found.copied().into_iter(), out);
    };
    let app = app.split(':').next().unwrap_or("");
    if app.ends_with(".py") {
        return files(launch, std::iter::once(app), out);
    }
    let mut launch = launch.clone();
    let module = match app.rsplit_once('/') {
        Some((directory, module)) => {
            launch.directory = launch.path(directory);
            module.to_string()
        }
        None => app.to_string(),
    };
    out.want(&launch, vec![module]);
}

fn celery(launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    let mut launch = launch.clone();
    if let Some(directory) = arguments.value(&["--workdir"]) {
        launch.directory = launch.path(&directory);
    }
    let app = arguments.value(&["-A", "--app"]).or_else(|| launch.env.get("CELERY_APP").cloned());
    let app = app.or_else(|| {
        let attached = arguments.words.iter().find_map(|word| word.strip_prefix("-A"));
        attached.map(str::to_string).filter(|app| !app.is_empty())
    });
    let Some(app) = app else {
        return out.want(&launch, arguments.modules());
    };
    let module = app.split(':').next().unwrap_or("").to_string();
    // Of a package it takes the app, or looks for it in the submodule `celery`.
    out.want(&launch, names_of_attributes(vec![module.clone()]));
    out.want(&launch, vec![format!("{module}.celery")]);
    if let Some(modules) = arguments.value(&["-I", "--include"]) {
        modules.split(',').for_each(|module| out.want(&launch, vec![module.to_string()]));
    }
}

/// The migrations of Tortoise load the module that holds the settings of the database: `[tool.aerich]` of the project.
fn aerich(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    let project = machine.text(&launch.path("pyproject.toml"));
    let settings = project.iter().flat_map(|text| text.lines()).find_map(|line| {
        let value = line.trim().strip_prefix("tortoise_orm")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches(['"', '\'']).to_string())
    });
    out.root(&launch.directory);
    out.language(super::python::LANGUAGE);
    match settings {
        Some(settings) => out.want(launch, names_of_attributes(vec![settings])),
        None => out.unknown = true,
    }
}

/// Its settings, and what of the package around them has its usual name.
fn scrapy(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    let sections =
        machine.text(&launch.path("scrapy.cfg")).map(|text| ini::sections(&text)).unwrap_or_default();
    let section = sections.iter().find(|section| section.name == "settings");
    let Some(settings) = section.and_then(|section| section.get("default")) else {
        return out.foreign = true;
    };
    let package = settings.rsplit_once('.').map_or("", |(package, _)| package);
    out.want(launch, vec![settings.to_string()]);
    for usual in ["pipelines", "middlewares", "spiders"] {
        let folder = launch.path(&package.replace('.', "/"));
        let module = match usual {
            "spiders" => folder.join("spiders/__init__.py"),
            usual => folder.join(format!("{usual}.py")),
        };
        if machine.text(&module).is_some() {
            out.want(launch, vec![format!("{package}.{usual}")]);
        }
    }
}

fn alembic(machine: &Machine<'_>, launch: &Launch, arguments: &Arguments<'_>, out: &mut Started) {
    let file = arguments.value(&["-c", "--config"]).unwrap_or_else(|| "alembic.ini".to_string());
    let file = launch.path(&file);
    let sections = machine.text(&file).map(|text| ini::sections(&text)).unwrap_or_default();
    let section = sections.iter().find(|section| section.name == "alembic");
    let here = file.parent().unwrap_or(&launch.directory).to_string_lossy().into_owned();
    let location = section.and_then(|section| section.get("script_location")).unwrap_or("alembic");
    let location = location.replace("%(here)s", &here);
    let location = match location.split_once(':') {
        // `package:directory`
        Some((package, directory)) => format!("{}/{directory}", package.replace('.', "/")),
        None => location,
    };
    out.root(&launch.directory);
    out.language(super::python::LANGUAGE);
    out.files.push(launch.path(&location).join("env.py"));
}
