//! Packages of Python that a build installs where the program which is started does not look: an environment of their own
//! that is not on `PATH`, or another stage of which only some folders are copied.

use super::build_programs::chain;
use super::environment::EffectiveEnvironment;
use super::probe::{self, Probe};
use super::service::ServiceFacts;
use crate::compose::ImageReference;
use crate::programs::brought;
use crate::programs::dockerfile::{Copy, Step};
use crate::source::{Span, Text};

/// What is started, and does not find what was installed.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// What is started: `python`, `gunicorn`.
    pub program: String,
    /// Where.
    pub at: Span,
    /// What installs the packages, or copies them.
    pub by: Span,
    /// Where they lie.
    pub place: Place,
    /// What to do.
    pub instead: String,
    /// Whether the program itself is among them.
    pub is_script: bool,
}

/// Where packages lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In an environment that a tool made, to be read in a sentence.
    Environment(String),
    /// In a folder that is copied from another stage, with its programs.
    Folder(String),
    /// In a folder of packages, copied without the programs.
    Packages(String),
}

/// Packages whose modules have the same name, one of which nearly every program imports.
const PACKAGES: [&str; 26] = [
    "aiohttp",
    "aiogram",
    "boto3",
    "celery",
    "django",
    "dotenv",
    "fastapi",
    "flask",
    "httpx",
    "kafka",
    "mysql",
    "numpy",
    "pandas",
    "pika",
    "psycopg",
    "psycopg2",
    "pydantic",
    "pydantic_settings",
    "pymongo",
    "redis",
    "requests",
    "sanic",
    "sqlalchemy",
    "starlette",
    "tornado",
    "uvicorn",
];

/// Finds that the service's command starts a program of Python beside the environment into which its build installs packages.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Option<Elsewhere> {
    let image = &service.program.image;
    let (parsed, build) = (image.parsed.as_ref()?, service.service.build.as_ref()?);
    let of_python = ImageReference::parse(&image.base.as_ref()?.value).is_some_and(|it| it.path == "python");
    if !of_python || build.target.is_some() || image.problem.is_some() || image.assumed {
        return None;
    }
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    const OTHER: [&str; 10] =
        ["venv", "activate", "poetry", "pipenv", "uv ", "uv run", ".sh", "PATH", "entrypoint", "$"];
    if words.iter().any(|word| OTHER.iter().any(|part| word.contains(part)) || word == "uv") {
        return None;
    }
    let [command] = service.program.commands.as_slice() else { return None };
    let program = command.first().filter(|word| !word.contains('/'))?;
    let interpreter = matches!(program.as_str(), "python" | "python3");
    let known = brought::known(program).is_some_and(|known| !known.python.is_empty());
    if !(known || interpreter && imports_packages(service)) {
        return None;
    }
    let said = service.program.command.iter().find(|word| word.assumed().contains(program.as_str()));
    let at = said.map(Text::span).filter(|span| !span.is_none()).unwrap_or(image.command_span);
    let (steps, own) = chain(parsed, parsed.stages.len().checked_sub(1)?)?;
    let on_path = service.environment.get("PATH").is_some()
        || service.environment.get("PYTHONPATH").is_some()
        || steps.iter().any(|step| match step {
            Step::Env(all) => all.iter().any(|one| {
                let name = one.name.value.as_str();
                ["PATH", "VIRTUALENV", "VENV", "POETRY_HOME", "UV_", "PIPENV", "VIRTUAL_ENV"]
                    .iter()
                    .any(|part| name.contains(part))
            }),
            Step::Shell(_) => true,
            _ => false,
        });
    if on_path {
        return None;
    }
    let runs: Vec<&Text> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Run(text) => Some(text),
            _ => None,
        })
        .collect();
    let texts: Vec<String> = runs.iter().map(|text| text.assumed()).collect();
    const OPEN: [&str; 9] = [
        "virtualenvs",
        "--system",
        "poetry export",
        "uv export",
        "activate_this",
        "ln ",
        "<<",
        "target=",
        "UV_",
    ];
    if texts
        .iter()
        .any(|text| OPEN.iter().any(|part| text.contains(part)) || text.trim_start().starts_with('['))
    {
        return None;
    }
    let commands: Vec<(Probe, Span)> = runs
        .iter()
        .flat_map(|text| {
            let found = probe::commands(text, &EffectiveEnvironment::default());
            found.into_iter().map(|command| (command, text.span()))
        })
        .collect();
    let made = commands.iter().find_map(|(command, by)| Some((environment(command)?, *by)));
    let made = made.or_else(|| activated(&runs));
    let found = |place: Place, by: Span, instead: String| {
        Some(Elsewhere { program: program.clone(), at, by, place, instead, is_script: !interpreter })
    };
    // Into the environment that a `RUN` turns on pip installs, as well.
    if let Some(((place, instead), by)) = made {
        let plain = runs.iter().filter(|text| !text.assumed().contains("/bin/activate")).any(|text| {
            let found = probe::commands(text, &EffectiveEnvironment::default());
            found.iter().any(is_installation)
        });
        return (!plain).then(|| found(Place::Environment(place), by, instead)).flatten();
    }
    if commands.iter().any(|(command, _)| is_installation(command)) {
        return None;
    }
    let copies = || {
        steps.get(own..).unwrap_or_default().iter().filter_map(|step| match step {
            Step::Copy(copy) if copy.from.is_some() => Some(copy),
            _ => None,
        })
    };
    let (source, copy) = only_packages(&mut copies())?;
    if source.contains("site-packages") {
        let instead = format!("copy `/usr/local/bin`, too, or write `python -m {program}`");
        return (!interpreter).then(|| found(Place::Packages(source), copy.keyword, instead)).flatten();
    }
    let user = source.ends_with(".local");
    if user && interpreter {
        return None;
    }
    let to = copy.destination.complete()?;
    let to = to.trim_end_matches('/');
    let instead = format!("write `ENV PATH={to}/bin:$PATH` in the last stage");
    found(Place::Folder(source), copy.keyword, instead)
}

/// Whether a module that the program loads imports a package.
fn imports_packages(service: &ServiceFacts<'_>) -> bool {
    let scope = &service.program.scope;
    let imports = |text: &str| {
        text.lines().any(|line| {
            let mut words = line.split(|c: char| c.is_whitespace() || c == '.' || c == ',');
            matches!(words.next(), Some("import" | "from"))
                && words.next().is_some_and(|name| PACKAGES.contains(&name))
        })
    };
    let loaded = service.program.loaded.iter().filter_map(|index| scope.get(*index));
    service.program.entry_known
        && loaded.into_iter().any(|(_, source)| source.front_end.name() == "python" && source.glance(imports))
}

/// Whether a command installs the program's packages where the image's own Python finds them.
fn is_installation(command: &Probe) -> bool {
    const TOOLS: [&str; 10] =
        ["poetry", "pipenv", "uv", "pdm", "pip", "setuptools", "wheel", "virtualenv", "--upgrade", "-U"];
    let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
    let first = words.first().map_or("", String::as_str);
    let pip = matches!(first, "pip" | "pip3")
        || first.starts_with("python") && words.get(2).is_some_and(|word| word == "pip");
    let others = ["conda", "mamba", "easy_install", "apt-get", "apk", "make", "sh", "bash"];
    let rest = words.iter().skip_while(|word| *word != "install").skip(1);
    let own = |word: &String| {
        let name = word.split(['=', '<', '>', '~', '[']).next().unwrap_or(word);
        !(word.starts_with("--") || TOOLS.contains(&name))
    };
    let by_uv = first == "uv" && words.get(1).is_some_and(|word| word == "pip");
    let by_script = first.ends_with(".sh") || first.starts_with("./");
    pip && rest.into_iter().any(own)
        || by_uv
        || by_script
        || others.contains(&first)
            && words
                .iter()
                .any(|word| ["python3-", "py3-", "conda", "install"].iter().any(|it| word.contains(it)))
            && !matches!(first, "apt-get" | "apk")
        || words.iter().any(|word| word.starts_with("python3-") || word.starts_with("py3-"))
}

/// The environment of its own into which a command installs, and what to do.
fn environment(command: &Probe) -> Option<(String, String)> {
    let words: Vec<String> =
        command.words.iter().skip_while(|word| word.assumed().starts_with("--")).map(Text::assumed).collect();
    let verb = words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str);
    let (place, instead) = match (words.first()?.as_str(), verb) {
        ("poetry", Some("install")) => (
            "an environment of Poetry's".to_string(),
            "write `ENV POETRY_VIRTUALENVS_CREATE=false` before `poetry install`, or start with `poetry run`",
        ),
        ("pipenv", Some("install" | "sync")) => (
            "an environment of Pipenv's".to_string(),
            "write `pipenv install --system --deploy`, or start with `pipenv run`",
        ),
        ("uv", Some("sync")) => (
            "`.venv`".to_string(),
            "write `ENV PATH=/app/.venv/bin:$PATH` with the folder of the project, or start with `uv run`",
        ),
        (pip, Some("install"))
            if pip.ends_with("/bin/pip") && !pip.starts_with("/usr") && pip.contains("env") =>
        {
            let folder = pip.trim_end_matches("/bin/pip");
            let instead = format!("write `ENV PATH={folder}/bin:$PATH`, or start `{folder}/bin/python`");
            return Some((format!("`{folder}`"), instead));
        }
        _ => return None,
    };
    Some((place, instead.to_string()))
}

/// The environment that a `RUN` turns on before it installs: `. /venv/bin/activate && pip install …`.
fn activated(runs: &[&Text]) -> Option<((String, String), Span)> {
    runs.iter().find_map(|run| {
        let text = run.assumed();
        let at = text.find("/bin/activate").filter(|at| text[*at..].contains("pip install"))?;
        let folder = text.get(..at)?.rsplit(|c: char| c.is_whitespace() || c == ';').next()?;
        let plain = !folder.is_empty() && !folder.contains(['$', '"', '\'']);
        let instead = format!("write `ENV PATH={folder}/bin:$PATH`, or start `{folder}/bin/python`");
        plain.then(|| ((format!("`{folder}`"), instead), run.span()))
    })
}

/// The one folder of packages that is copied from another stage, where programs are not copied as well.
fn only_packages<'c>(copies: &mut dyn Iterator<Item = &'c Copy>) -> Option<(String, &'c Copy)> {
    let mut found = None;
    for copy in copies {
        let [source] = copy.sources.as_slice() else { return None };
        let source = source.complete()?;
        let source = source.trim_end_matches('/');
        let last = source.rsplit('/').next().unwrap_or(source);
        if source.ends_with("bin") || matches!(source, "/usr/local" | "/usr" | "") || source.contains("wheel")
        {
            return None;
        }
        if last == "site-packages" || last.contains("venv") || last == ".local" || source == "/install" {
            if source == "/install" || found.is_some() {
                return None;
            }
            found = Some((source.to_string(), copy));
        }
    }
    found
}
