//! What a command of a container needs and its image does not hold: the file that it looks for by itself, or is told, and the folder
//! of a file that it writes: `rules/data/needed.yaml`, typed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::absent::Absent;
use super::dockerfile::Snapshot;
use super::entry::{Launch, Machine, Started, Way};
use super::image::Image;
use super::products;
use super::unstarted::{argument, is_mounted_over, may_write};
use crate::compose::{Project, Service, nearest};
use crate::source::{Files, Kind, Span, Text, clean, is_ignored};

const TABLE: &str = include_str!("../../rules/data/needed.yaml");

/// What a program needs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Needs {
    program: String,
    verbs: Vec<String>,
    finds: Vec<String>,
    options: Vec<String>,
    takes: Vec<String>,
    unless: Vec<String>,
    words: Vec<String>,
    writes: Vec<String>,
}

/// Something that a command needs, and that is not there.
#[derive(Clone, Debug)]
pub struct Unheld {
    /// The command, as far as it says what it needs.
    pub command: String,
    /// The place in the container, or the first of those at which it looks.
    pub target: PathBuf,
    /// Whether it is the folder of something that is written.
    pub folder: bool,
    /// The file of this machine that would be it, there or not.
    pub file: Absent,
    /// Where the command is written.
    pub at: Span,
}

fn table() -> &'static [Needs] {
    static READ: OnceLock<Vec<Needs>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What a command of the service needs, where its image is built here and all that could bring it is seen.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    (project, service, image): (&Project, &Service, &Image),
    stage: &Snapshot,
    (command, started): (&[Text], &Started),
) -> Option<Unheld> {
    if service.build.is_none() || image.parsed.is_none() || image.problem.is_some() || image.assumed {
        return None;
    }
    needed(machine, (project, service), stage, (command, started))
        .or_else(|| left_behind(machine, (project, service), stage, (command, started)))
}

/// What a command of the table needs.
fn needed(
    machine: &Machine<'_>,
    (project, service): (&Project, &Service),
    stage: &Snapshot,
    (command, started): (&[Text], &Started),
) -> Option<Unheld> {
    let calls = started.calls.iter().map(|call| (&call.launch, call.script.is_some()));
    let of_script = |launch: &Launch| {
        started.calls.iter().any(|call| call.script.is_some() && call.launch.words == launch.words)
    };
    let commands = started.commands.iter().map(|launch| (launch, of_script(launch)));
    commands.chain(calls).filter(|(launch, _)| launch.way == Way::Surely).find_map(|(launch, scripted)| {
        let name = launch.name();
        let needs = table().iter().find(|needs| needs.program == name)?;
        let verb = needs.verb(&launch.words)?;
        let scripts = environment_of_alembic(machine, launch, &verb);
        let must_be_seen = scripts.is_some();
        let (wanted, word, folder) = scripts.or_else(|| needs.wanted(launch, &verb))?;
        let hidden = |path: &PathBuf| {
            machine.has(path)
                || machine.files.resolve(machine.sources.files(), path).is_some()
                || is_mounted_over(machine.sources, service, path)
                || service.volumes.iter().any(|mount| Path::new(&mount.target).starts_with(path))
        };
        let other = needs.unless.iter().map(|name| launch.path(name));
        let others: Vec<PathBuf> = other.collect();
        if wanted.iter().chain(&others).any(hidden)
            || needs.is_settled(machine, launch)
            || !products::lacks(machine.sources, stage, wanted.iter().chain(&others))
        {
            return None;
        }
        let files = machine.sources.files();
        let context = service.build.as_ref().and_then(|build| build.directory.clone());
        let kept = |path: &PathBuf| {
            let rest = path.strip_prefix(&launch.directory).ok()?;
            context.as_ref().map(|context| context.join(rest))
        };
        let there = |host: &PathBuf| files.kind(host).is_some();
        let of_context = || wanted.iter().filter_map(kept).find(there);
        let below = wanted.iter().find_map(|path| machine.below.resolve(files, path)).or_else(of_context);
        let target = wanted.first()?.clone();
        // A tree without any may be a part of one.
        if must_be_seen && below.is_none() {
            return None;
        }
        let placed =
            || machine.files.place_for(files, &target).or_else(|| machine.below.place_for(files, &target));
        let host = below.clone().or_else(placed).or_else(|| kept(&target))?;
        // A script may make it before, and who starts the project a folder for what is written.
        let named = || host.file_name().is_some_and(|name| named_nearly(files, &host, name));
        if scripted && below.is_none() && !named() || folder && is_ignored(files, &host) {
            return None;
        }
        let said = command.iter().find(|text| text.assumed().contains(word.as_str()));
        Some(Unheld {
            command: format!("{name} {verb}").trim_end().to_string(),
            target,
            folder,
            file: Absent::of(machine.sources, project, &host, below),
            at: said.or_else(|| command.first()).map_or(Span::NONE, Text::span),
        })
    })
}

/// The program in the folder that the settings of Alembic name, where those are there: `script_location = migrations`.
fn environment_of_alembic(
    machine: &Machine<'_>,
    launch: &Launch,
    verb: &str,
) -> Option<(Vec<PathBuf>, String, bool)> {
    if launch.name() != "alembic" {
        return None;
    }
    let told = launch.words.iter().position(|word| matches!(word.as_str(), "-c" | "--config"));
    let name = told.map_or(Some("alembic.ini"), |at| launch.words.get(at + 1).map(String::as_str))?;
    let settings = launch.path(name);
    let text = machine.text(&settings)?;
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("script_location"))?;
    let place = line.trim_start().strip_prefix('=')?.trim();
    let here = place.strip_prefix("%(here)s").map(|rest| rest.trim_start_matches('/'));
    let folder = match here {
        Some(rest) => settings.parent()?.join(rest),
        None => launch.path(place),
    };
    let plain = !here.unwrap_or(place).contains(['%', ':', '$', '{']);
    plain.then(|| (vec![clean(&folder.join("env.py"))], verb.to_string(), false))
}

/// Whether beside a file that is not there one is called nearly so.
/// Whether a file of nearly this name lies where one would.
pub(super) fn named_nearly(files: &dyn Files, host: &Path, name: &std::ffi::OsStr) -> bool {
    let names = host.parent().map(|folder| files.list(folder)).unwrap_or_default();
    name.to_str().is_some_and(|name| nearest(name, names.iter().map(String::as_str)).is_some())
}

/// The file that a start script runs, where it lies in the build context and the image leaves it out.
fn left_behind(
    machine: &Machine<'_>,
    (project, service): (&Project, &Service),
    stage: &Snapshot,
    (command, started): (&[Text], &Started),
) -> Option<Unheld> {
    let context = service.build.as_ref()?.directory.as_ref()?;
    if command.iter().any(Text::has_hole) || service.working_dir.is_some() {
        return None;
    }
    let files = machine.sources.files();
    let sure = started.calls.iter().filter(|call| call.launch.way == Way::Surely);
    let mut scripted = sure.filter_map(|call| Some((&call.launch, call.script.as_deref()?)));
    scripted.find_map(|(launch, script)| {
        let name = argument(&launch.words)?;
        let target = launch.path(name);
        let host = context.join(target.strip_prefix(&stage.directory).ok()?);
        // A script may make the file before it starts it.
        let makes = |script: &Path| {
            machine
                .sources
                .load(script)
                .map_or(true, |file| may_write(&file.text) || file.text.contains("cp "))
        };
        if files.kind(&host) != Some(Kind::File)
            || machine.files.resolve(files, &target).is_some()
            || is_mounted_over(machine.sources, service, &target)
            || makes(script)
            || !products::lacks(machine.sources, stage, std::iter::once(&target))
        {
            return None;
        }
        let said = command.iter().find(|text| text.assumed().contains(name)).or_else(|| command.first());
        Some(Unheld {
            command: launch.words.join(" "),
            target,
            folder: false,
            at: said.map_or(Span::NONE, Text::span),
            file: Absent::of(machine.sources, project, &host, Some(host.clone())),
        })
    })
}

impl Needs {
    /// The words that it is told to do something with which it needs what it needs.
    fn verb(&self, words: &[String]) -> Option<String> {
        if self.verbs.is_empty() {
            return Some(String::new());
        }
        let rest = words.get(1..)?;
        let verbs = self.verbs.iter().find_map(|verb| {
            let told = rest.get(..verb.split(' ').count())?.join(" ");
            let fits = match verb.strip_suffix('*') {
                Some(start) => told.starts_with(start),
                None => told == *verb,
            };
            fits.then_some(told)
        });
        // An option may come before.
        verbs.or_else(|| {
            let first = rest.iter().position(|word| !word.starts_with('-') && self.verbs.contains(word))?;
            rest.get(first).filter(|_| first == 2).cloned()
        })
    }

    /// The places of which one is needed, a word of the command that says so, and whether it is a folder.
    fn wanted(&self, launch: &Launch, verb: &str) -> Option<(Vec<PathBuf>, String, bool)> {
        let plain = |value: &str| {
            !value.is_empty()
                && !value.contains(['$', '*', '{', '<', '>', ':', '`'])
                && !value.starts_with('-')
        };
        let mut words = launch.words.iter().skip(1).peekable();
        while let Some(word) = words.next() {
            let glued = word.split_once('=').filter(|_| word.starts_with("--"));
            let (option, value) = match glued {
                Some((option, value)) => (option, Some(value)),
                None => (word.as_str(), words.peek().map(|next| next.as_str())),
            };
            let named = |options: &[String]| options.iter().any(|own| own == option);
            if named(&self.options) {
                let value = value.filter(|value| plain(value) && Path::new(value).extension().is_some())?;
                return Some((vec![launch.path(value)], value.to_string(), false));
            }
            if named(&self.writes) {
                let Some(value) = value.filter(|value| plain(value) && value.contains('/')) else { continue };
                let folder = clean(&launch.path(value)).parent()?.to_path_buf();
                if folder != launch.directory {
                    return Some((vec![folder], value.to_string(), true));
                }
            }
        }
        if let Some(value) = launch.words.iter().skip(1).find(|word| *word != "start")
            && plain(value)
            && Path::new(value)
                .extension()
                .is_some_and(|end| self.takes.iter().any(|own| end == own.as_str()))
        {
            return Some((vec![launch.path(value)], value.clone(), false));
        }
        let finds: Vec<PathBuf> = self.finds.iter().map(|name| launch.path(name)).collect();
        let last = verb.rsplit(' ').next().unwrap_or(verb);
        (!finds.is_empty()).then(|| (finds, last.to_string(), false))
    }

    /// Whether a manifest may say where it looks.
    fn is_settled(&self, machine: &Machine<'_>, launch: &Launch) -> bool {
        let manifests = ["package.json", "pyproject.toml"].map(|name| machine.text(&launch.path(name)));
        manifests.iter().flatten().any(|text| self.words.iter().any(|word| text.contains(word.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str) -> Option<(Vec<PathBuf>, bool)> {
        let words: Vec<String> = line.split(' ').map(str::to_string).collect();
        let launch = Launch { words, directory: "/srv".into(), ..Launch::default() };
        let needs = table().iter().find(|needs| needs.program == launch.name())?;
        let verb = needs.verb(&launch.words)?;
        needs.wanted(&launch, &verb).map(|(places, _, folder)| (places, folder))
    }

    #[test]
    fn what_commands_need() {
        let first = |line: &str| wanted(line).and_then(|(places, _)| places.first().cloned());
        for (line, place) in [
            ("prisma migrate deploy", "/srv/prisma/schema.prisma"),
            ("prisma db push --schema=db/schema.prisma", "/srv/db/schema.prisma"),
            ("knex migrate:latest", "/srv/knexfile.js"),
            ("alembic -c db/alembic.ini upgrade head", "/srv/db/alembic.ini"),
            ("sidekiq -C config/sidekiq.yml", "/srv/config/sidekiq.yml"),
            ("celery -A shop worker --logfile=logs/celery.log", "/srv/logs"),
        ] {
            assert_eq!(first(line), Some(PathBuf::from(place)), "{line}");
        }
        for line in ["prisma studio", "celery -A shop worker -f celery.log", "gunicorn -c $CONF shop", "puma"]
        {
            assert_eq!(first(line), None, "{line}");
        }
    }
}
