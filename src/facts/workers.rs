//! How many processes of a program run in one container, and how much each of them does at a time.

use super::service::ServiceFacts;
use super::values;
use crate::programs::Module;
use crate::source::{Span, Text};

/// What a command makes of the program that it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workers {
    /// The processes; 1 where their number is not known.
    pub processes: u64,
    /// How many things each works on at a time, where that is bounded.
    pub at_once: Option<u64>,
    /// What the launcher calls them.
    pub word: &'static str,
    /// Where the number is written, or the command that it is part of.
    pub place: Span,
    /// What makes it run the program's modules before it makes the processes, if it does.
    pub forks: Option<Forks>,
}

/// A process that has loaded the program's modules makes copies of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forks {
    /// `gunicorn --preload`
    Preloads,
    /// `celery worker`, whose pool of processes is forked
    Prefork,
}

impl Default for Workers {
    fn default() -> Self {
        Self { processes: 1, at_once: None, word: "processes", place: Span::NONE, forks: None }
    }
}

/// The launchers that are known by how they make processes.
const LAUNCHERS: &[&str] = &[
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "granian",
    "fastapi",
    "celery",
    "puma",
    "sidekiq",
    "dramatiq",
    "pm2",
    "pm2-runtime",
];

/// How the command of a service makes processes of its program.
#[must_use]
pub fn of(facts: &ServiceFacts<'_>) -> Workers {
    let known = facts.program.commands.iter().find_map(|words| {
        let name = |word: &String| {
            let name = word.rsplit('/').next().unwrap_or(word);
            LAUNCHERS.iter().copied().find(|known| *known == name)
        };
        // `python -m gunicorn …` is a launcher as well; what follows is none.
        let at = words.iter().take(4).position(|word| name(word).is_some())?;
        Some((name(words.get(at)?)?, words.get(at + 1..)?))
    });
    let Some((name, words)) = known else { return Workers::default() };
    let asked = Asked { facts, words };
    let workers = match name {
        "gunicorn" => gunicorn(&asked),
        "celery" => celery(&asked),
        "uvicorn" if asked.flag(&["--reload"]) => Workers::default(),
        "uvicorn" => asked.processes(&["--workers"], true, "workers"),
        "hypercorn" => asked.processes(&["-w", "--workers"], false, "workers"),
        "granian" | "fastapi" => asked.processes(&["--workers"], false, "workers"),
        "dramatiq" => Workers {
            at_once: Some(asked.number(&["-t", "--threads"]).unwrap_or(8)),
            ..asked.processes(&["-p", "--processes"], false, "processes")
        },
        "puma" => Workers {
            at_once: puma_threads(&asked),
            ..asked.processes(&["-w", "--workers"], true, "workers")
        },
        "sidekiq" => Workers { at_once: asked.number(&["-c", "--concurrency"]), ..Workers::default() },
        _ => asked.processes(&["-i", "--instances"], false, "instances"),
    };
    Workers { place: asked.place(name, workers.processes), ..workers }
}

/// A command whose words are asked for options.
struct Asked<'a> {
    facts: &'a ServiceFacts<'a>,
    words: &'a [String],
}

impl Asked<'_> {
    /// What an option is given: `-w 4`, `-w4`, `--workers 4`, `--workers=4`.
    fn value(&self, names: &[&str]) -> Option<String> {
        self.words.iter().enumerate().find_map(|(at, word)| {
            let name = names.iter().find(|name| word.starts_with(**name))?;
            let rest = word.get(name.len()..)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.to_string()),
                None if rest.is_empty() => self.words.get(at + 1).cloned(),
                None if name.starts_with("--") => None,
                None => Some(rest.to_string()),
            }
        })
    }

    fn number(&self, names: &[&str]) -> Option<u64> {
        self.value(names)?.trim().parse().ok()
    }

    fn flag(&self, names: &[&str]) -> bool {
        self.words.iter().any(|word| names.contains(&word.as_str()))
    }

    /// The number that a variable of the container holds.
    fn variable(&self, name: &str) -> Option<u64> {
        self.facts.environment.value(name)?.complete()?.trim().parse().ok()
    }

    /// As many processes as the option says, else as `WEB_CONCURRENCY` does where the launcher looks at that.
    fn processes(&self, names: &[&str], web: bool, word: &'static str) -> Workers {
        let said = match self.value(names) {
            Some(value) => value.trim().parse().ok(),
            None => web.then(|| self.variable("WEB_CONCURRENCY")).flatten(),
        };
        Workers { processes: said.unwrap_or(1).max(1), word, ..Workers::default() }
    }

    /// Where the number stands: the word of the command that holds it, the variable, else the launcher.
    fn place(&self, launcher: &str, number: u64) -> Span {
        let number = number.to_string();
        let command = &self.facts.program.command;
        let holds = |text: &&Text| {
            let text = text.assumed();
            text.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == number)
        };
        let written = || self.words.iter().any(|word| word.contains(&number));
        let variable = || self.facts.environment.value("WEB_CONCURRENCY").map(Text::span);
        let starts = |text: &&Text| text.assumed().contains(launcher);
        let found = command.iter().find(holds).filter(|_| written()).map(Text::span);
        found.or_else(variable).or_else(|| command.iter().find(starts).map(Text::span)).unwrap_or(Span::NONE)
    }
}

/// What gunicorn is told: its command line, else its configuration file, else `WEB_CONCURRENCY`.
fn gunicorn(asked: &Asked<'_>) -> Workers {
    let file = asked.facts.program.modules.iter().find(|module| is_configuration(asked, module));
    let setting = |name: &str| {
        let module = file?;
        let facts = asked.facts;
        let value = module.names.get(name)?;
        values::value(facts.program, &facts.environment, module, value).text()?.complete()
    };
    let extra = asked.facts.environment.value("GUNICORN_CMD_ARGS").map(Text::assumed).unwrap_or_default();
    let extra: Vec<String> = extra.split_whitespace().map(str::to_string).collect();
    let extra = Asked { facts: asked.facts, words: &extra };
    let said = |names: &[&str], name: &str| {
        asked.value(names).or_else(|| extra.value(names)).or_else(|| setting(name))
    };
    // What is said but not known is not the default.
    let is_set = |name: &str| file.is_some_and(|module| module.names.contains_key(name));
    let workers = match said(&["-w", "--workers"], "workers") {
        Some(value) => value.trim().parse().ok(),
        None if is_set("workers") => None,
        None => asked.variable("WEB_CONCURRENCY"),
    };
    let threads = said(&["--threads"], "threads").map_or(Some(1), |value| value.trim().parse().ok());
    let threads = threads.filter(|_| !is_set("threads") || setting("threads").is_some());
    let class = said(&["-k", "--worker-class"], "worker_class");
    let at_once = match class.as_deref() {
        None if !is_set("worker_class") => threads,
        Some("sync" | "gthread") => threads,
        _ => None,
    };
    let preload = asked.flag(&["--preload", "--preload-app"])
        || extra.flag(&["--preload"])
        || file.is_some_and(|module| {
            let facts = asked.facts;
            let value = module.names.get("preload_app");
            value.is_some_and(|value| {
                let value = values::value(facts.program, &facts.environment, module, value);
                matches!(value, crate::programs::Value::Bool(true, _))
            })
        });
    let forks = preload.then_some(Forks::Preloads);
    Workers { processes: workers.unwrap_or(1).max(1), at_once, word: "workers", forks, ..Workers::default() }
}

fn is_configuration(asked: &Asked<'_>, module: &Module) -> bool {
    let named = asked.value(&["-c", "--config"]);
    let file = named.as_deref().map_or("gunicorn.conf.py", |path| path.rsplit('/').next().unwrap_or(path));
    module.path.file_name().is_some_and(|name| name == file)
}

/// What Celery's worker is told; as many processes as the machine has processors are one here.
fn celery(asked: &Asked<'_>) -> Workers {
    if !asked.flag(&["worker"]) {
        return Workers::default();
    }
    let scaled = || asked.value(&["--autoscale"])?.split(',').next()?.trim().parse().ok();
    let number = asked.number(&["-c", "--concurrency"]).or_else(scaled);
    match asked.value(&["-P", "--pool"]).as_deref() {
        None | Some("prefork" | "processes") => Workers {
            processes: number.unwrap_or(1).max(1),
            at_once: Some(1),
            word: "processes",
            forks: Some(Forks::Prefork),
            ..Workers::default()
        },
        Some("solo") => Workers { at_once: Some(1), ..Workers::default() },
        _ => Workers { at_once: number, ..Workers::default() },
    }
}

/// `-t 5:10`, `RAILS_MAX_THREADS`
fn puma_threads(asked: &Asked<'_>) -> Option<u64> {
    let threads = asked.value(&["-t", "--threads"]);
    let most = threads.as_deref().and_then(|range| range.rsplit(':').next()?.trim().parse().ok());
    most.or_else(|| asked.variable("RAILS_MAX_THREADS"))
}
