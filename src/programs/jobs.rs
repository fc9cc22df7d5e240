//! The jobs of a table of cron whose files are not in the container, where they lie at another place of it.

use std::path::{Path, PathBuf};

use super::dockerfile::Run;
use super::entry::{self, Call, Launch, Machine, Way, tables};
use super::unstarted::{argument, is_mounted_over};
use crate::compose::Service;
use crate::source::{Kind, Span, clean};

/// A file that a job runs and that is not where the job looks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostJob {
    /// Where the job looks for it.
    pub target: PathBuf,
    /// Where it lies in the container.
    pub instead: PathBuf,
    /// Where the table names it.
    pub at: Span,
}

/// Where cron starts the jobs of root.
const HOME: &str = "/root";
/// What in a `RUN` brings files that nobody sees.
const BRINGS: [&str; 7] = ["clone", "unzip", "tar ", "create-project", "ln ", "mv ", "cp "];

/// The files that the container's jobs run, where all that could bring them to their place is seen and nothing does, and where
/// they lie at another.
pub(super) fn lost(
    machine: &Machine<'_>,
    service: &Service,
    (runs, copied): (&[Run], &[(PathBuf, PathBuf)]),
    calls: &[Call],
) -> Vec<LostJob> {
    let mut found: Vec<LostJob> = Vec::new();
    let sources = machine.sources;
    let mut all = tables(machine, calls.iter().map(|call| &call.launch));
    if calls.iter().any(|call| matches!(call.launch.name(), "cron" | "crond")) {
        all.extend(runs.iter().filter_map(|run| Some((installed(run)?, false))));
    }
    for (place, with_user) in all {
        let host = machine.files.file(sources.files(), &place);
        let Some(file) = host.and_then(|host| sources.load(&host).ok()) else { continue };
        for (at, command) in entry::commands(&file.text, with_user) {
            let home = Launch { directory: HOME.into(), ..Launch::default() };
            let calls = entry::run_by(machine, command, &home).calls.into_iter();
            for launch in calls.map(|call| call.launch).filter(|launch| launch.way == Way::Surely) {
                let Some(name) = run_file(&launch.words) else { continue };
                let target = clean(&launch.path(name));
                if machine.files.resolve(sources.files(), &target).is_some()
                    || is_mounted_over(sources, service, &target)
                    || copied.iter().any(|(_, to)| target.starts_with(clean(to)))
                    || runs.iter().any(|run| may_bring(&run.command.assumed(), &target))
                {
                    continue;
                }
                let Some(instead) = elsewhere(machine, &target, name) else { continue };
                let from = at + command.find(name).unwrap_or(0);
                let at = file.slice(from, from + name.len());
                if !found.iter().any(|known| known.target == target) {
                    found.push(LostJob { target, instead, at });
                }
            }
        }
    }
    found
}

/// The table that a command of the build gives to cron: `RUN crontab /etc/jobs`.
fn installed(run: &Run) -> Option<PathBuf> {
    let text = run.command.assumed();
    let mut commands = text.split(['&', ';', '\n', '|']);
    let table = commands.find_map(|command| command.trim().strip_prefix("crontab "))?.trim();
    (!table.starts_with('-') && !table.contains(char::is_whitespace)).then(|| run.directory.join(table))
}

/// The file that a command runs: an interpreter's, or a script by its path.
fn run_file(words: &[String]) -> Option<&str> {
    let second = words.get(1).map(String::as_str);
    let console = |word: &&str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        matches!(name, "artisan" | "console" | "spark" | "cake" | "yii")
    };
    match words.first()?.rsplit('/').next()? {
        "php" => second.filter(console).or_else(|| argument(words)),
        _ => argument(words),
    }
}

/// Whether a command of the build may put the file to its place.
fn may_bring(run: &str, target: &Path) -> bool {
    let name = target.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let brings = BRINGS.iter().any(|word| run.contains(word));
    brings || run.contains(name) && run.contains(['>', '|'])
}

/// The place of the container at which the file lies: as much of its path as one of the folders has which are copied or mounted.
fn elsewhere(machine: &Machine<'_>, target: &Path, name: &str) -> Option<PathBuf> {
    let files = machine.sources.files();
    let there = |path: &PathBuf| {
        path != target
            && machine.files.resolve(files, path).is_some_and(|host| files.kind(&host) == Some(Kind::File))
    };
    let parts: Vec<_> = target.components().skip(1).collect();
    let written = PathBuf::from(name.trim_start_matches("./"));
    let tails = (0..parts.len()).map(|from| parts.iter().skip(from).collect::<PathBuf>());
    let tails: Vec<PathBuf> =
        std::iter::once(written).filter(|path| path.is_relative()).chain(tails).collect();
    let layers = machine.files.layers();
    tails.iter().find_map(|tail| {
        let whole = layers.iter().filter(|layer| layer.directory && !layer.outside);
        let alone = layers.iter().filter(|layer| !layer.directory && layer.target.ends_with(tail));
        let mut places =
            whole.map(|layer| layer.target.join(tail)).chain(alone.map(|layer| layer.target.clone()));
        places.find(there)
    })
}
