//! What the compiler of TypeScript makes, and from which folder on it keeps how the sources lie.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Holds;
use super::node::manifest;
use super::product::Layout;
use crate::programs::entry::Machine;
use crate::programs::has_extension;
use crate::programs::javascript::EXTENSIONS;
use crate::programs::service_files::{Holding, Walks};

/// The first version that keeps the folders below its settings, whatever it compiles.
const KEEPS_FOLDERS: u32 = 6;

/// What the compiler makes of the sources that are seen. `build` are the settings that stand over the others when it builds.
pub(super) fn compiled(
    machine: &Machine<'_>,
    directory: &Path,
    settings: Option<&Value>,
    build: Option<&Value>,
) -> Holds {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &EXTENSIONS) && !path.iter().any(|part| part == "node_modules")
    }
    let holding = machine.files.sources(machine.sources, &Walks::default(), wanted);
    let typed = holding.files.keys().any(|place| is_typed(place));
    if !holding.cut.is_empty() || !typed {
        return Holds::Anything;
    }
    let layout = settings.and_then(|settings| layout(machine, directory, (settings, build), &holding));
    let made = holding.files.keys().map(|place| {
        let below = place.strip_prefix(directory).unwrap_or(place);
        let within = below.strip_prefix("src").ok().filter(|_| layout != Some(Layout::Root));
        within.unwrap_or(below).with_extension("js")
    });
    let nest = machine.text(&directory.join("nest-cli.json"));
    let copies =
        nest.is_some_and(|text| ["assets", "webpack", "plugins"].iter().any(|word| text.contains(word)));
    Holds::Compiled(made.collect(), layout, copies)
}

fn is_typed(place: &Path) -> bool {
    has_extension(place, &["ts", "tsx", "mts", "cts"])
}

/// From where on what is made surely lies as the sources do: their root is told, or all that the compiler may take in lies below
/// `src`, or something that it surely takes in lies beside it.
fn layout(
    machine: &Machine<'_>,
    directory: &Path,
    (settings, build): (&Value, Option<&Value>),
    holding: &Holding,
) -> Option<Layout> {
    let options = settings.get("compilerOptions")?;
    let nest = machine.text(&directory.join("nest-cli.json"));
    if nest.is_some_and(|text| ["swc", "projects", "webpack"].iter().any(|word| text.contains(word)))
        || build.is_some_and(|build| build.get("compilerOptions").is_some())
    {
        return None;
    }
    if let Some(root) = options.get("rootDir") {
        return match root.as_str()?.trim_start_matches("./").trim_end_matches('/') {
            "src" => Some(Layout::Source),
            "" | "." => Some(Layout::Root),
            _ => None,
        };
    }
    let more = ["extends", "references", "files"].iter().any(|key| settings.get(*key).is_some());
    let moved = ["composite", "paths", "rootDirs", "allowJs"].iter().any(|key| options.get(*key).is_some());
    let version = version(machine, directory);
    if more || moved || version.is_some_and(|version| version >= KEEPS_FOLDERS) {
        return None;
    }
    let source = directory.join("src");
    // A file of data that is imported counts, too.
    let below = |place: &PathBuf| {
        place.starts_with(&source) && machine.text(place).is_some_and(|text| !text.contains(".json"))
    };
    if holding.files.keys().filter(|place| is_typed(place)).all(below) {
        return Some(Layout::Source);
    }
    version?;
    let said = |key: &str| build.and_then(|build| build.get(key)).or_else(|| settings.get(key));
    let words = |key: &str| -> Option<Vec<&str>> {
        said(key).map_or(Some(Vec::new()), |list| list.as_array()?.iter().map(Value::as_str).collect())
    };
    let (include, exclude) = (words("include")?, words("exclude")?);
    let out = options.get("outDir").and_then(Value::as_str).map(|out| directory.join(out));
    // Declarations make nothing.
    let taken = |place: &&PathBuf| {
        let Ok(rest) = place.strip_prefix(directory) else { return false };
        let name = rest.to_string_lossy();
        is_typed(place)
            && ![".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end))
            && !out.as_ref().is_some_and(|out| place.starts_with(crate::source::clean(out)))
            && (include.is_empty() || include.iter().any(|pattern| takes(pattern, rest)))
            && !exclude.iter().any(|pattern| may_take(pattern, rest))
    };
    let all: Vec<&PathBuf> = holding.files.keys().filter(taken).collect();
    let (within, beside): (Vec<&PathBuf>, Vec<&PathBuf>) =
        all.into_iter().partition(|place| place.starts_with(&source));
    if within.is_empty() {
        return None;
    }
    if !beside.is_empty() {
        return Some(Layout::Root);
    }
    // All beside is surely left out, unless something below `src` imports it.
    let mut others = holding.files.keys().filter(|place| is_typed(place) && !place.starts_with(&source));
    let left_out = others.all(|place| {
        let Ok(rest) = place.strip_prefix(directory) else { return true };
        let first = rest.components().next().map(|first| Path::new(first.as_os_str()));
        let first = first.and_then(|first| first.file_stem()?.to_str()).unwrap_or_default();
        let imported = |text: &str| {
            [format!("'{first}"), format!("\"{first}"), format!("../{first}")]
                .iter()
                .any(|it| text.contains(it))
        };
        let apart = exclude.iter().any(|pattern| !pattern.contains('*') && takes(pattern, rest))
            || !include.is_empty() && !include.iter().any(|pattern| may_take(pattern, rest));
        apart && !within.iter().any(|place| machine.text(place).is_none_or(|text| imported(&text)))
    });
    let data = || {
        within.iter().any(|place| {
            machine.text(place).is_none_or(|text| text.contains(".json'") || text.contains(".json\""))
        })
    };
    (left_out && !data()).then_some(Layout::Source)
}

/// Whether a pattern of `include` surely stands for a file: `src`, `src/**/*`, `**/*.ts`, `*.ts`.
fn takes(pattern: &str, file: &Path) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    if matches!(pattern, "" | "." | "*" | "**") && (pattern != "*" || file.components().count() == 1) {
        return true;
    }
    let plain = |text: &str| !text.contains(['*', '?', '{', '[']);
    if plain(pattern) {
        return file.starts_with(pattern);
    }
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let named = name == "*" || name == "**" || {
        let end = name.strip_prefix("*.").filter(|end| plain(end));
        end.is_some_and(|end| file.to_str().is_some_and(|file| file.ends_with(&format!(".{end}"))))
    };
    let (folder, deep) = match folder.strip_suffix("**") {
        Some(above) => (above.trim_end_matches('/'), true),
        None => (folder, name == "**"),
    };
    let Ok(rest) = file.strip_prefix(folder) else { return false };
    named && plain(folder) && (deep || rest.components().count() == 1)
}

/// Whether a pattern of `exclude` may stand for a file.
fn may_take(pattern: &str, file: &Path) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    if !pattern.contains(['*', '?', '{', '[']) {
        return file.starts_with(pattern);
    }
    let mut words = pattern.split(['*', '?', '/', '{', '}', '[', ']']).filter(|word| !word.is_empty());
    words.all(|word| file.to_str().is_some_and(|file| file.contains(word)))
}

/// The major version of TypeScript that the package asks for.
fn version(machine: &Machine<'_>, directory: &Path) -> Option<u32> {
    let package = manifest(machine, directory, "package.json")?;
    let of = |group: &str| package.get(group)?.get("typescript")?.as_str();
    let said = of("devDependencies").or_else(|| of("dependencies"))?;
    said.trim_start_matches(['^', '~', '=', 'v']).split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_patterns_stand_for() {
        let takes = |pattern: &str, file: &str| takes(pattern, Path::new(file));
        for (pattern, file) in [
            ("src", "src/a.ts"),
            ("./src/**/*", "src/b/a.ts"),
            ("**/*.ts", "seed.ts"),
            ("prisma/**/*.ts", "prisma/seed.ts"),
            ("*.ts", "knexfile.ts"),
            ("src/*", "src/a.ts"),
        ] {
            assert!(takes(pattern, file), "{pattern} {file}");
        }
        for (pattern, file) in
            [("src", "seed.ts"), ("src/**/*", "seed.ts"), ("*.ts", "src/a.ts"), ("src/*", "src/b/a.ts")]
        {
            assert!(!takes(pattern, file), "{pattern} {file}");
        }
        let may = |pattern: &str, file: &str| may_take(pattern, Path::new(file));
        assert!(may("**/*spec.ts", "src/a.spec.ts") && may("test", "test/a.ts") && may("**/*", "a.ts"));
        assert!(!may("test", "src/a.ts") && !may("**/*spec.ts", "src/a.ts"));
    }
}
