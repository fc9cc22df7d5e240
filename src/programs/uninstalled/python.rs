//! What of Python a program imports and nothing installs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::table::{self, Row};
use super::{Missing, Program, Uninstalled, worded};
use crate::programs::ModuleIndex;
use crate::programs::python::requirements::{self, Installed};
use crate::programs::python::straight::{self, Straight};
use crate::programs::service_files::is_aside;
use crate::programs::versions::range::{Dialect, Version, highest};
use crate::source::Spanned;

/// Modules of a program that are looked at.
const MAX_MODULES: usize = 2_000;
/// Folders of virtual environments and of packages that are copied along.
const ENVIRONMENTS: [&str; 6] = [".venv", "venv", "env", "site-packages", "vendor", "__pypackages__"];

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    // Before anything is parsed: whether there is a name that nothing brings.
    let Some(found) = installed(program) else { return Vec::new() };
    let rest = found.without_development();
    let for_development = |row: &Row| {
        found.development.iter().any(|name| row.is_among(std::iter::once(name.as_str())))
            && !row.is_among(rest.iter().map(String::as_str))
            && !program.is_spoken_of(&row.import)
    };
    let doubted =
        |name: &str| row_of(name).filter(|row| is_missing(program, row, &found) || for_development(row));
    let install = program.builds.iter().find(|(launch, _)| requirements::is_of_project(launch));
    let any = program.loaded.iter().any(|index| {
        let Some((_, source)) = program.scope.get(*index) else { return false };
        source.front_end.name() == "python"
            && (source.imports().iter().any(|name| doubted(name).is_some())
                || source.glance(|text| {
                    text.contains("INSTALLED_APPS")
                        || table::python().needing().any(|name| text.contains(name))
                })
                || worded::may(program, *index, &found))
    });
    if !any || !program.is_sure() || program.may_install_more() || has_environment(program) {
        return Vec::new();
    }
    let mut out: Vec<Uninstalled> = Vec::new();
    walk(program, |index, import: &Spanned<String>, named| {
        let own = program.scope.resolve(index, &import.value).is_some();
        let asked = |row: &&Row| {
            is_missing(program, row, &found)
                || !row.extras.iter().any(|name| found.extras.contains(name)) && for_development(row)
        };
        let needed = table::python().needed_by(&import.value).filter(asked);
        let Some(row) = needed.or_else(|| doubted(&import.value)).filter(|_| !own) else { return };
        let top = if needed.is_some() {
            row.import.as_str()
        } else {
            import.value.split('.').next().unwrap_or_default()
        };
        if program.is_own(top) || out.iter().any(|known| known.import == row.import) {
            return;
        }
        let nothing = found.names.is_empty() && found.manifest.is_none();
        let beside = if nothing { beside(program, row) } else { None };
        out.push(Uninstalled {
            import: top.to_string(),
            package: row.package(),
            at: import.span,
            named,
            loader: needed.map(|_| table::python().needed_as(&import.value)),
            sure: !nothing || beside.is_some(),
            manifest: found.manifest.clone().or(beside),
            lack: match install.filter(|_| for_development(row)) {
                Some((_, install)) => Missing::Development(*install),
                None if nothing => Missing::Nothing,
                None => Missing::Unnamed,
            },
            similar: similar(row, &found),
        });
    });
    let more = worded::of(program, &found);
    out.extend(
        more.into_iter()
            .filter(|one| !out.iter().any(|known| known.package == one.package))
            .collect::<Vec<_>>(),
    );
    out
}

pub(super) fn row_of(import: &str) -> Option<&'static Row> {
    table::python().of(import.split('.').next()?)
}

/// What is installed, where all of it is seen.
pub(super) fn installed(program: &Program<'_>) -> Option<Installed> {
    let builds = program.builds.iter().map(|(launch, _)| launch);
    requirements::installed(program.machine, builds.chain(program.at_start()))
}

pub(super) fn is_missing(program: &Program<'_>, row: &Row, found: &Installed) -> bool {
    let names = || found.names.iter().map(String::as_str);
    let other = |name: &String| match found.extras.contains(name) {
        true => !table::python().may_bring(&format!("{name}[]"), &row.import),
        false => !table::python().may_bring(name, &row.import),
    };
    let of_projects = || found.of_projects.as_ref().is_some_and(|names| names.iter().all(other));
    let unknown = || !found.direct.keys().all(other) || found.projects && !of_projects();
    !(row.is_among(names())
        || row.extras.iter().any(|name| found.extras.contains(name))
        || is_brought(row, found)
        || found.elsewhere
        || row.common && !found.locked && unknown()
        || is_spoken_of(program, row, found))
}

/// Whether a package of a version that brought what the row is of is installed.
fn is_brought(row: &Row, found: &Installed) -> bool {
    row.between.iter().any(|(package, bounds)| is_between(found, package, bounds))
}

/// Whether a package brings, in the version that is installed, the one that has a program of this name.
pub(in crate::programs) fn brings_program(name: &str, found: &Installed) -> bool {
    row_of(name).is_some_and(|row| is_brought(row, found))
}

/// Whether the newest version that may be installed of a package lies from one on and below another.
fn is_between(found: &Installed, package: &str, (from, below): &(String, String)) -> bool {
    let bound = |text: &str| Version::at_start_of(text).map(Version::first);
    let newest = found.direct.get(package).and_then(|asked| highest(&asked.value, Dialect::Python));
    newest.is_some_and(|newest| Some(newest) >= bound(from) && Some(newest) < bound(below))
}

/// Whether a command that installs something else than packages of Python names it: `apt-get install python3-psycopg2`.
fn is_spoken_of(program: &Program<'_>, row: &Row, found: &Installed) -> bool {
    let nothing = found.names.is_empty() && found.manifest.is_none();
    // The system's own packages hold any of Python's.
    let system = program.runs.iter().any(|run| {
        let text = run.command.assumed();
        text.contains("python3-") && !text.contains("python3-dev")
            || text.contains("py3-") && !text.contains("py3-pip")
    });
    program.is_spoken_of(&row.import) || system && nothing
}

/// Whether packages are copied into the image, or looked for elsewhere.
pub(super) fn has_environment(program: &Program<'_>) -> bool {
    let files = program.machine.sources.files();
    let above = program.start.directory.ancestors().take(3);
    let there = |place: &Path| program.machine.files.resolve(files, place).is_some();
    above.into_iter().any(|directory| ENVIRONMENTS.iter().any(|name| there(&directory.join(name))))
}

/// The manifest that names a package and that nothing installs.
fn beside(program: &Program<'_>, row: &Row) -> Option<PathBuf> {
    const MANIFESTS: [&str; 4] = ["requirements.txt", "requirements/base.txt", "pyproject.toml", "Pipfile"];
    let files = program.machine.sources.files();
    let above = program.start.directory.ancestors().take(3);
    let places = above.flat_map(|directory| MANIFESTS.map(|name| directory.join(name)));
    let hosts = places.filter_map(|place| program.machine.files.file(files, &place));
    hosts.into_iter().find(|host| {
        let names = |text: &str| text.to_ascii_lowercase().replace('_', "-").contains(&row.package());
        program.machine.sources.load(host).is_ok_and(|file| names(&file.text))
    })
}

/// What is installed that holds nearly the same: another version of it, or another driver.
fn similar(row: &Row, found: &Installed) -> Option<String> {
    const GROUPS: [&[&str]; 8] = [
        &["psycopg2-binary", "psycopg2", "psycopg", "asyncpg", "pg8000"],
        &["pymysql", "mysqlclient", "mysql-connector-python", "aiomysql", "asyncmy"],
        &["redis", "aioredis"],
        &["pymongo", "motor", "bson"],
        &["kafka-python", "confluent-kafka", "aiokafka"],
        &["pika", "aio-pika"],
        &["python-dotenv", "dotenv", "python-decouple", "decouple"],
        &["pyjwt", "python-jose", "jwt"],
    ];
    let package = row.package();
    let group = GROUPS.iter().find(|group| group.contains(&package.as_str()))?;
    group
        .iter()
        .find(|name| **name != package && found.names.contains(**name))
        .map(|name| (*name).to_string())
}

/// Goes over what the program surely imports, from its entries on: each import with the module that it stands in, and whether
/// Django is only told its name.
pub(super) fn walk(program: &Program<'_>, mut visit: impl FnMut(ModuleIndex, &Spanned<String>, bool)) {
    walk_all(program, |index, straight| {
        straight.imports.iter().for_each(|import| visit(index, import, false));
        straight.named.iter().for_each(|named| visit(index, named, true));
    });
}

/// Goes over the modules that the program surely loads, from its entries on, with what each does.
pub(super) fn walk_all(program: &Program<'_>, mut visit: impl FnMut(ModuleIndex, &Straight)) {
    let scope = program.scope;
    // Workers of Celery look for tasks in all applications.
    let loaded = program.loaded.iter().filter_map(|index| scope.get(*index));
    let discovers =
        loaded.into_iter().any(|(_, source)| source.glance(|text| text.contains("autodiscover_tasks()")));
    let workers = program.started.commands.iter().any(|launch| launch.name() == "celery");
    let tasks = discovers && workers;
    let mut seen: HashSet<ModuleIndex> = HashSet::new();
    let mut queue: Vec<ModuleIndex> = program.entries.iter().rev().copied().collect();
    while let Some(index) = queue.pop() {
        if !seen.insert(index) || seen.len() > MAX_MODULES {
            continue;
        }
        let Some((place, source)) = scope.get(index).filter(|(place, _)| !is_aside(place)) else { continue };
        let Some(straight) = read(program, source.path.as_path()) else { continue };
        let mut next: Vec<ModuleIndex> = source.front_end.loaded_with(scope, place);
        visit(index, &straight);
        for import in &straight.imports {
            next.extend(scope.resolve(index, &import.value));
        }
        for named in &straight.named {
            let of_application = [".models", ".apps", ".admin", "", if tasks { ".tasks" } else { "" }]
                .map(|part| format!("{}{part}", named.value));
            next.extend(of_application.iter().filter_map(|name| scope.resolve(index, name)));
        }
        next.extend(settings(program, index));
        next.retain(|index| !seen.contains(index));
        queue.extend(next.into_iter().rev());
    }
}

fn read(program: &Program<'_>, path: &Path) -> Option<Straight> {
    straight::of(&*program.machine.sources.load(path).ok()?)
}

/// Whether all that is started takes the same settings of Django.
pub(super) fn same_settings(program: &Program<'_>) -> bool {
    if program.start.env.contains_key("DJANGO_SETTINGS_MODULE") {
        return true;
    }
    let entries = program.entries.iter().filter_map(|index| program.scope.get(*index));
    let mut named =
        entries.map(|(_, source)| source.glance(|text| string_after(text, "DJANGO_SETTINGS_MODULE")));
    let Some(Some(first)) = named.next() else { return false };
    named.all(|other| other.as_ref() == Some(&first))
}

/// The string that stands behind a word, in the first line that has it.
fn string_after(text: &str, word: &str) -> Option<String> {
    let line = text.lines().find(|line| line.contains(word) && !line.trim_start().starts_with('#'))?;
    let (_, rest) = line.split_once(word)?;
    let rest = rest.trim_start_matches(['"', '\'']);
    rest.split(['"', '\'']).nth(1).map(str::to_string)
}

/// The settings of Django that a module names, and what of URLs those do.
fn settings(program: &Program<'_>, index: ModuleIndex) -> Vec<ModuleIndex> {
    let Some((_, source)) = program.scope.get(index) else { return Vec::new() };
    let (settings, urls) = source.glance(|text| {
        let settings = string_after(text, "DJANGO_SETTINGS_MODULE");
        (settings, string_after(text, "ROOT_URLCONF"))
    });
    let by_variable = program.start.env.get("DJANGO_SETTINGS_MODULE").cloned();
    let settings = settings.map(|name| by_variable.unwrap_or(name));
    [settings, urls].into_iter().flatten().filter_map(|name| program.scope.resolve(index, &name)).collect()
}
