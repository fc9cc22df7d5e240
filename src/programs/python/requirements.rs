//! What a Python program is installed with, as the manifests that the build has and its commands name it.

use std::collections::HashSet;
use std::path::Path;

use crate::programs::dockerfile::Run;
use crate::programs::entry::Machine;
use crate::programs::{Module, SinkKind};

/// Where manifests lie below the directory that the program is started in.
const MANIFESTS: [&str; 14] = [
    "requirements.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/prod.txt",
    "requirements/production.txt",
    "requirements/local.txt",
    "requirements/dev.txt",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "setup.cfg",
    "environment.yml",
    "poetry.lock",
    "uv.lock",
];

/// How lines of requirements start that name packages which lie elsewhere.
const OTHERS: [&str; 5] = ["./", "../", "-e", "--editable", "file:"];

/// Directories above the started one that are looked at.
const MAX_ABOVE: usize = 3;

/// The names of packages that manifests and the build's commands speak of, in lower case; nothing where no manifest is
/// seen, or where one takes over another that is not, or no module makes a client that looks for a driver by itself.
pub(in crate::programs) fn of<'m>(
    machine: &Machine<'_>,
    directory: &Path,
    runs: &[Run],
    mut modules: impl Iterator<Item = &'m Module>,
) -> HashSet<String> {
    let asks = |kind: SinkKind| matches!(kind, SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync);
    let mut names = HashSet::new();
    if !modules.any(|module| module.sinks.iter().any(|sink| asks(sink.kind))) {
        return names;
    }
    let runs: Vec<String> = runs.iter().map(|run| run.command.assumed()).collect();
    let mut places: Vec<_> =
        directory.ancestors().take(MAX_ABOVE).flat_map(|at| MANIFESTS.map(|name| at.join(name))).collect();
    for words in runs.iter().map(|run| run.split_whitespace().collect::<Vec<_>>()) {
        let behind = words.windows(2).filter(|pair| matches!(pair, ["-r" | "--requirement", _]));
        let behind = behind.filter_map(|pair| pair.get(1).copied());
        let within = words.iter().filter_map(|word| {
            let short = || word.strip_prefix("-r").filter(|name| name.ends_with(".txt"));
            word.strip_prefix("--requirement=").or_else(short)
        });
        let named = behind.chain(within).map(|name| directory.join(name.trim_matches(['"', '\''])));
        places.extend(named);
    }
    let mut seen = Vec::new();
    for place in &places {
        let Some(host) = machine.below.file(machine.sources.files(), place) else { continue };
        let Ok(file) = machine.sources.load(&host) else { continue };
        let include = |line: &str| line.trim().strip_prefix("-r").map(|name| name.trim().to_string());
        let beside = place.parent().unwrap_or(Path::new("/"));
        let mut included =
            file.text.lines().filter_map(include).map(|name| crate::source::clean(&beside.join(name)));
        // What a package of the project's own, or of a repository, is installed with is not seen.
        let mut lines = file.text.lines().map(str::trim);
        let elsewhere =
            lines.any(|line| OTHERS.iter().any(|start| line.starts_with(start)) || line.contains("git+"));
        if elsewhere || included.any(|name| !places.contains(&name)) {
            return HashSet::new();
        }
        seen.push(file);
    }
    if seen.is_empty() {
        return names;
    }
    for text in seen.iter().map(|file| &*file.text).chain(runs.iter().map(String::as_str)) {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        names.extend(
            words.filter(|word| word.len() > 2).map(|word| word.to_ascii_lowercase().replace('_', "-")),
        );
    }
    names
}
