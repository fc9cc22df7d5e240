//! Modules that are loaded because their name stands in a string: Django's settings and apps, Celery's
//! tasks, routers that are imported by name.

use std::path::{Path, PathBuf};

use super::launchers::is_dotted;
use crate::programs::reading::Needles;
use crate::programs::{ModuleIndex, Scope};

/// What makes the strings of a file count as names of modules.
const SIGNS: &[&str] = &[
    "INSTALLED_APPS",
    "ROOT_URLCONF",
    "Celery(",
    "import_string(",
    "TORTOISE_ORM",
    "init_models(",
    // `uvicorn.run("app.main:app")`, and what gunicorn, granian and hypercorn are told.
    "uvicorn",
    "unicorn",
    "ranian",
    "ypercorn",
];
/// What makes a file load its neighbours.
const NEIGHBOURS: &[&str] = &["iter_modules(", "walk_packages("];
/// What makes Celery load the tasks of every app.
const TASKS: &str = "autodiscover_tasks";
/// What Django imports of every app.
const OF_AN_APP: &[&str] = &["apps", "models", "admin"];
/// Rounds of following names; each may load files that name others.
const MAX_ROUNDS: usize = 6;
const MAX_NAMES: usize = 2_000;

/// The modules that run when `entries` are started: what they import, and what they load by name.
pub(in crate::programs) fn follow_names(
    scope: &Scope,
    entries: &[ModuleIndex],
    directory: &Path,
    env: &std::collections::HashMap<String, String>,
    django_commands: &[String],
) -> Vec<ModuleIndex> {
    let mut entries = entries.to_vec();
    let mut loaded = scope.loaded_from(&entries);
    // An image may be told so for the sake of others of its programs.
    let of_django = || {
        let mut sources = loaded.iter().filter_map(|index| scope.get(*index));
        sources.any(|(_, source)| source.glance(|text| text.contains("django")))
    };
    let settings = env.get("DJANGO_SETTINGS_MODULE").filter(|_| of_django());
    let settings = settings.and_then(|settings| resolve(scope, directory, settings));
    if let Some(settings) = settings {
        entries.push(settings);
        loaded = scope.loaded_from(&entries);
    }
    let mut looked_at = std::collections::HashSet::new();
    for _ in 0..MAX_ROUNDS {
        let mut more = Vec::new();
        let tasks = loaded.iter().any(|index| text(scope, *index).contains(TASKS));
        for index in &loaded {
            if looked_at.insert(*index) {
                more.extend(named_by(scope, *index, tasks, django_commands));
            }
        }
        let known: std::collections::HashSet<ModuleIndex> = loaded.iter().copied().collect();
        more.retain(|index| !known.contains(index));
        if more.is_empty() {
            break;
        }
        entries.extend(more);
        loaded = scope.loaded_from(&entries);
    }
    let beyond = super::beyond::of(scope, &loaded);
    if !beyond.is_empty() {
        entries.extend(beyond);
        loaded = scope.loaded_from(&entries);
    }
    if let Some(settings) = settings {
        leave_out_others(scope, settings, &mut loaded);
    }
    loaded
}

/// Leaves out the settings beside those that the environment names: what `setdefault("DJANGO_SETTINGS_MODULE", …)` says in
/// `wsgi.py` holds only where nothing is set.
fn leave_out_others(scope: &Scope, settings: ModuleIndex, loaded: &mut Vec<ModuleIndex>) {
    let folder_of = |index: ModuleIndex| scope.get(index).and_then(|(place, _)| place.parent());
    let Some(folder) = folder_of(settings) else { return };
    if !folder.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains("settings")) {
        return;
    }
    let own = scope.loaded_from(&[settings]);
    loaded.retain(|index| folder_of(*index) != Some(folder) || own.contains(index));
}

/// Whether strings in the text may name modules.
pub(in crate::programs) fn loads_otherwise(text: &str) -> bool {
    static SEARCH: Needles = Needles::new();
    SEARCH.any_in(SIGNS.iter().chain(NEIGHBOURS).chain([&TASKS]), text)
}

/// The text, if strings in it may name modules.
fn text(scope: &Scope, index: ModuleIndex) -> &str {
    let source = scope.get(index).map(|(_, source)| source);
    source.filter(|source| source.signs().loads_otherwise).map_or("", |source| source.text())
}

fn named_by(scope: &Scope, index: ModuleIndex, tasks: bool, commands: &[String]) -> Vec<ModuleIndex> {
    let Some((place, source)) = scope.get(index) else { return Vec::new() };
    let text = text(scope, index);
    let mut found = Vec::new();
    if source.front_end.name() != super::python::LANGUAGE {
        return found;
    }
    if NEIGHBOURS.iter().any(|sign| text.contains(sign))
        && let Some(directory) = place.parent()
    {
        found.extend(
            scope.iter().filter(|(_, place, _)| place.starts_with(directory)).map(|(index, ..)| index),
        );
    }
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return found;
    }
    let django = text.contains("INSTALLED_APPS");
    for name in strings(text).into_iter().take(MAX_NAMES) {
        let (name, attribute) = name.split_once(':').map_or((name.as_str(), false), |(name, _)| (name, true));
        // A single word names a module only in a list of apps, or with an attribute.
        if !name.contains('.') && !django && !attribute {
            continue;
        }
        let Some((module, rest)) = longest(scope, place, name) else { continue };
        found.push(module);
        if !django || rest > 2 {
            continue;
        }
        let Some((at, _)) = scope.get(module) else { continue };
        let package = at.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut of_an_app: Vec<PathBuf> = Vec::new();
        for part in OF_AN_APP.iter().copied().chain(tasks.then_some("tasks")) {
            of_an_app.push(package.join(format!("{part}.py")));
            of_an_app.push(package.join(part).join("__init__.py"));
        }
        let command = |name: &String| package.join(format!("management/commands/{name}.py"));
        of_an_app.extend(commands.iter().map(command));
        found.extend(of_an_app.iter().filter_map(|place| scope.at(place)));
    }
    found
}

/// The module that the longest start of a dotted name leads to, and how many parts are left
/// (`shop.apps.ShopConfig` is one more than a module).
fn longest(scope: &Scope, importer: &Path, name: &str) -> Option<(ModuleIndex, usize)> {
    let parts: Vec<&str> = name.split('.').collect();
    let least = if parts.len() > 1 { 2 } else { 1 };
    (least..=parts.len())
        .rev()
        .find_map(|end| Some((resolve(scope, importer, &parts.get(..end)?.join("."))?, parts.len() - end)))
}

fn resolve(scope: &Scope, importer: &Path, name: &str) -> Option<ModuleIndex> {
    scope.resolve_from(&importer.join("entry.py"), &crate::programs::python::Python, name)
}

/// The string literals of a Python text that could be names of modules, each once. Comments and
/// longer texts are passed over.
fn strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '#']) {
        let after = &rest[at..];
        if after.starts_with('#') {
            rest = after.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let quote =
            if after.starts_with("\"\"\"") || after.starts_with("'''") { &after[..3] } else { &after[..1] };
        let inside = &after[quote.len()..];
        let Some(end) = inside.find(quote) else {
            // An unclosed quote: go on behind it.
            rest = inside;
            continue;
        };
        let name = &inside[..end];
        let plain = name.split(':').all(is_dotted);
        if quote.len() == 1 && plain && !found.iter().any(|known| known == name) {
            found.push(name.to_string());
        }
        if found.len() >= MAX_NAMES {
            break;
        }
        // A line break ends a short string that nobody closed.
        let line = inside[..end].contains('\n') && quote.len() == 1;
        rest = if line {
            inside.split_once('\n').map_or("", |(_, rest)| rest)
        } else {
            &inside[end + quote.len()..]
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::strings;

    #[test]
    fn strings_are_found_outside_comments() {
        let text = "A = [\"shop\", 'shop.users.apps.UsersConfig',  # 'not.this'\n  'a b', \"\"\"x.y\"\"\", 'm:app']\nit's\n B = 'c.d'\n";
        assert_eq!(strings(text), ["shop", "shop.users.apps.UsersConfig", "m:app", "c.d"]);
    }
}
