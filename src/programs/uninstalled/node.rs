//! What of npm's packages a program loads and nothing installs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::loaders::{self, OfLibrary};
use super::{Missing, Program, Uninstalled};
use super::{orm, table};
use crate::programs::ModuleIndex;
use crate::programs::called;
use crate::programs::dockerfile::Step;
use crate::programs::entry::Launch;
use crate::programs::has_extension;
use crate::programs::javascript::{EXTENSIONS, plain, straight};
use crate::programs::service_files::is_aside;
use crate::source::{SourceFile, Span, Spanned};

/// Modules of a program that are looked at.
const MAX_MODULES: usize = 2_000;
/// Directories above a module whose packages it finds.
const MAX_ABOVE: usize = 8;

/// What Node has by itself.
const BUILT_IN: [&str; 44] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "test",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "bun",
];

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    // Frameworks load their pages themselves, and builds put them together.
    let plain_file = |place: &PathBuf| has_extension(place, &EXTENSIONS) || place.extension().is_none();
    let started = program.started;
    let settings =
        |place: &PathBuf| place.file_name().is_some_and(|name| name.to_string_lossy().contains(".config"));
    let files =
        !started.files.is_empty() && started.files.iter().all(|place| plain_file(place) && !settings(place));
    if !files || !program.is_sure() || program.may_install_more() {
        return Vec::new();
    }
    let mut out: Vec<Uninstalled> = Vec::new();
    let mut looked: HashSet<ModuleIndex> = HashSet::new();
    walk(program, |index, import| {
        let Some((place, source)) = program.scope.get(index) else { return };
        let Some(name) = package_of(&import.value) else { return };
        if let Some(title) = orm::library(name) {
            let missing = |place: &Path, name: &str, at: Span| missing(program, place, name, at);
            let driver = orm::missing(source.module(), place, title, missing);
            out.extend(driver.filter(|one| out.iter().all(|known| known.import != one.import)));
        }
        let first_look = looked.insert(index);
        let rows = loaders::all().node.iter().filter(|_| first_look);
        let imports = |library: &String| source.imports().contains(library);
        for row in rows.filter(|row| imports(&row.library)) {
            out.extend(
                loaded(program, index, row).filter(|one| out.iter().all(|known| known.import != one.import)),
            );
        }
        let known = out.iter().any(|known| known.import == name);
        if known || program.scope.resolve(index, &import.value).is_some() || program.is_own(first(name)) {
            return;
        }
        out.extend(missing(program, place, name, import.span));
    });
    out
}

/// What a library loads for a word in this module, and nothing installs.
fn loaded(program: &Program<'_>, index: ModuleIndex, row: &'static OfLibrary) -> Option<Uninstalled> {
    let (place, source) = program.scope.get(index)?;
    let file = program.machine.sources.load(&source.path).ok()?;
    let from = file.text.find(&row.word)?;
    let line = file.text.get(..from)?.rsplit('\n').next()?.trim_start();
    if line.starts_with(['/', '*']) || row.unless.iter().any(|word| file.text.contains(word.as_str())) {
        return None;
    }
    let at = file.slice(from, from + row.word.len());
    let found = missing(program, place, row.packages.first()?, at)?;
    Some(Uninstalled { loader: Some(&row.title), ..found })
}

fn first(name: &str) -> &str {
    name.trim_start_matches('@').split('/').next().unwrap_or(name)
}

/// The package that an import names: `@nestjs/core/x` is of `@nestjs/core`.
fn package_of(import: &str) -> Option<&str> {
    let parts = if import.starts_with('@') { 2 } else { 1 };
    let end = import.match_indices('/').nth(parts - 1).map_or(import.len(), |(at, _)| at);
    let name = import.get(..end)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._@/".contains(c);
    let scoped = !name.starts_with('@') || name.contains('/') && !name.starts_with("@/");
    let valid = !name.is_empty() && name.chars().all(allowed) && !name.starts_with(['.', '/']) && scoped;
    (valid && !import.contains(':') && !BUILT_IN.contains(&name)).then_some(name)
}

struct Manifest {
    /// Its place in the container.
    place: PathBuf,
    host: PathBuf,
    json: serde_json::Value,
    text: std::sync::Arc<str>,
}

impl Manifest {
    fn has(&self, sections: &[&str], name: &str) -> bool {
        sections.iter().any(|section| self.json.get(*section).and_then(|all| all.get(name)).is_some())
    }

    fn names<'m>(&'m self, sections: &'m [&str]) -> impl Iterator<Item = &'m str> {
        let all = sections.iter().filter_map(|section| self.json.get(*section)?.as_object());
        all.flat_map(|section| section.keys().map(String::as_str))
    }
}

/// What puts all that a program needs into one file.
const BUNDLES: [&str; 10] =
    ["webpack", "esbuild", "rollup", "vite", "tsup", "ncc", "parcel", "tsdown", "unbuild", "bun build"];

fn is_bundled(manifests: &[Manifest]) -> bool {
    manifests.iter().any(|manifest| BUNDLES.iter().any(|tool| manifest.text.contains(tool)))
}

/// Whether a folder of another stage is that of a package in which, or by whose name, something is installed.
fn is_package(program: &Program<'_>, folder: &Path) -> bool {
    let folder = crate::source::clean(&Path::new("/").join(folder));
    let files = program.machine.sources.files();
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let parts =
        |text: &str| text.split(|c: char| c.is_whitespace() || "/=&;".contains(c)).any(|part| part == name);
    let names = |text: &str| TOOLS.iter().any(|tool| text.contains(tool));
    program.machine.below.file(files, &folder.join("package.json")).is_some()
        && program.runs.iter().any(|run| {
            let text = run.command.assumed();
            names(&text) && (run.directory.starts_with(&folder) || parts(&text))
        })
}

/// Whether what other stages install stays there: only files, and what a build makes, are copied from them.
fn stays(program: &Program<'_>) -> bool {
    const MADE: [&str; 10] =
        ["dist", "build", "prisma", "public", "out", "views", "generated", "lib", "src", "server"];
    let without = |from: &Path| {
        from.extension().is_some()
            || from.file_name().is_some_and(|name| MADE.iter().any(|made| name == *made))
                && !is_package(program, from)
    };
    let Some(steps) = last(program) else {
        let copied = program.machine.copied;
        return !copied.is_empty() && copied.iter().all(|(from, _)| without(from));
    };
    let sources = steps.iter().filter_map(|step| match step {
        Step::Copy(copy) if copy.from.is_some() => Some(&copy.sources),
        _ => None,
    });
    let mut sources = sources.flatten().map(crate::source::Text::assumed).peekable();
    sources.peek().is_some() && sources.all(|source| without(Path::new(&source)))
}

/// The steps of the stage that the image is, and of those that it is made from.
fn last<'a>(program: &'a Program<'_>) -> Option<Vec<&'a Step>> {
    let stages = &program.image.parsed.as_ref()?.stages;
    let mut at = stages.len().checked_sub(1)?;
    let mut steps: Vec<&Step> = Vec::new();
    for _ in 0..stages.len() {
        let stage = stages.get(at)?;
        steps.extend(&stage.steps);
        let base = stage.from.assumed().to_lowercase();
        let named = |other: &crate::programs::dockerfile::Stage| {
            other.name.as_ref().is_some_and(|name| name.value == base)
        };
        match stages.get(..at)?.iter().rposition(named) {
            Some(below) => at = below,
            None => break,
        }
    }
    // Another stage may be what is asked for.
    let runs = steps.iter().filter(|step| matches!(step, Step::Run(_))).count();
    (runs == program.own_runs.len()).then_some(steps)
}

/// What a command that installs packages names.
const TOOLS: [&str; 9] = ["npm", "yarn", "pnpm", "bun", "npx", "node_modules", "corepack", "rush", "turbo"];

/// Whether some command may install packages, or copies them.
fn installs(program: &Program<'_>, stays: bool) -> bool {
    let says = |text: &str| TOOLS.iter().any(|tool| text.contains(tool));
    let stages = program.image.parsed.iter().flat_map(|parsed| &parsed.stages);
    let all: Vec<&Step> = match last(program).filter(|_| stays) {
        Some(steps) => steps,
        None => stages.flat_map(|stage| &stage.steps).collect(),
    };
    let copies = all.into_iter().any(|step| match step {
        Step::Copy(copy) => {
            let packages = |text: &crate::source::Text| text.assumed().contains("node_modules");
            copy.sources.iter().any(packages) || packages(&copy.destination)
        }
        _ => false,
    });
    let runs = if stays { program.own_runs } else { program.runs };
    copies
        || runs.iter().any(|run| says(&run.command.assumed()))
        || program.at_start().any(|launch| {
            says(launch.name())
                && launch.words.iter().any(|word| matches!(word.as_str(), "install" | "i" | "ci"))
        })
}

/// The command that leaves out what is for development, where the packages in this directory are what it installed.
fn without_development(program: &Program<'_>, directory: &Path) -> Option<Span> {
    let packages = directory.join("node_modules");
    let of_stage =
        program.machine.copied.iter().any(|(_, to)| packages.starts_with(crate::source::clean(to)));
    let own: Vec<(Launch, Span)> = called::builds(program.machine, program.own_runs);
    let last = called::without_development(&own).filter(|_| !of_stage);
    last.or_else(|| called::without_development(program.builds))
}

/// What an image without development has of a manifest.
const KEPT: [&str; 3] = ["dependencies", "optionalDependencies", "peerDependencies"];
const ALL: [&str; 4] = ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"];

fn missing(program: &Program<'_>, place: &Path, name: &str, at: Span) -> Option<Uninstalled> {
    let files = program.machine.sources.files();
    let trees = [program.machine.files, program.machine.below];
    let above: Vec<&Path> = place.ancestors().skip(1).take(MAX_ABOVE).collect();
    let file = |place: PathBuf| trees.iter().find_map(|tree| tree.file(files, &place));
    let text = |host: &Path| program.machine.sources.load(host).ok().map(|file| file.text.clone());
    let manifests: Vec<Manifest> = above
        .iter()
        .filter_map(|directory| {
            let place = directory.join("package.json");
            let host = file(place.clone())?;
            let text = text(&host)?;
            Some(Manifest { place, json: serde_json::from_str(&plain(&text)).ok()?, host, text })
        })
        .collect();
    let own = manifests.first()?;
    let has = |sections: &[&str]| manifests.iter().any(|manifest| manifest.has(sections, name));
    let found = |lack: Missing| Uninstalled {
        import: name.to_string(),
        package: name.to_string(),
        at,
        named: false,
        loader: None,
        manifest: Some(own.host.clone()),
        sure: lack != Missing::Unnamed
            || manifests.iter().any(|manifest| manifest.names(&KEPT).next().is_some()),
        lack,
        similar: None,
    };
    let installed = above.iter().any(|directory| {
        trees.iter().any(|tree| tree.resolve(files, &directory.join("node_modules")).is_some())
    });
    let quoted = format!("\"{name}\"");
    let itself = manifests.iter().any(|it| it.json.get("name").and_then(|own| own.as_str()) == Some(name));
    if installed || itself || program.is_spoken_of(name) {
        return None;
    }
    if has(&KEPT) {
        // Those of this machine are copied along, unless they are left out.
        let left_out = program
            .machine
            .files
            .layers()
            .iter()
            .any(|layer| layer.directory && layer.leaves_out(&layer.host.join("node_modules/x")));
        let stays = stays(program);
        let bundled = is_bundled(&manifests);
        return (!installs(program, stays)
            && !bundled
            && !program.is_mounted()
            && program.image.parsed.is_some())
        .then(|| Uninstalled { sure: left_out || stays, ..found(Missing::Nothing) });
    }
    if has(&["devDependencies"]) {
        let install = without_development(program, own.place.parent()?)?;
        // A bundle holds what is for development, too.
        let bundled = is_bundled(&manifests);
        let direct = program.entries.iter().any(|entry| {
            program
                .scope
                .get(*entry)
                .is_some_and(|(place, _)| program.started.files.iter().any(|file| file == place))
        });
        return (direct || !bundled).then(|| found(Missing::Development(install)));
    }
    // Aliases, overrides and the like.
    let aliased = manifests.iter().any(|manifest| manifest.text.contains(&quoted))
        || above.iter().any(|directory| {
            ["tsconfig.json", "jsconfig.json", "tsconfig.base.json"].iter().any(|it| {
                let text = file(directory.join(it)).and_then(|host| text(&host));
                text.is_some_and(|text| text.contains(&quoted) || text.contains(&format!("\"{name}/")))
            })
        });
    let several = manifests.iter().any(|manifest| manifest.json.get("workspaces").is_some())
        || above.iter().any(|directory| file(directory.join("pnpm-workspace.yaml")).is_some());
    if aliased {
        return None;
    }
    // What another package brings stands in the lock file.
    let locks: Vec<_> = above
        .iter()
        .flat_map(|directory| called::LOCKS.map(|name| directory.join(name)))
        .filter_map(file)
        .filter_map(|host| text(&host))
        .collect();
    if locks.iter().any(|text| called::is_mentioned(text, name)) {
        return None;
    }
    let direct: HashSet<&str> = manifests.iter().flat_map(|manifest| manifest.names(&ALL)).collect();
    let whole = |text: &str| !direct.is_empty() && direct.iter().all(|name| called::is_mentioned(text, name));
    if locks.iter().any(|text| whole(text)) {
        return Some(found(Missing::Unnamed));
    }
    let row = table::node().of(name).filter(|_| !several)?;
    let unknown = || direct.iter().any(|direct| table::node().may_bring(direct, name));
    let brought = row.is_among(direct.iter().copied()) || row.common && unknown();
    (!brought).then(|| found(Missing::Unnamed))
}

/// Goes over what the program surely loads, from its entries on: each name with the module that it stands in.
pub(super) fn walk(program: &Program<'_>, mut visit: impl FnMut(ModuleIndex, &Spanned<String>)) {
    walk_files(program, |index, _, imports| imports.iter().for_each(|import| visit(index, import)));
}

/// The same, module by module.
pub(super) fn walk_files(
    program: &Program<'_>,
    mut visit: impl FnMut(ModuleIndex, &SourceFile, &[Spanned<String>]),
) {
    let scope = program.scope;
    let mut seen: HashSet<ModuleIndex> = HashSet::new();
    let mut queue: Vec<ModuleIndex> = program.entries.iter().rev().copied().collect();
    while let Some(index) = queue.pop() {
        if !seen.insert(index) || seen.len() > MAX_MODULES {
            continue;
        }
        let Some((_, source)) = scope.get(index).filter(|(place, source)| {
            source.front_end.name() == "javascript" && has_extension(place, &EXTENSIONS) && !is_aside(place)
        }) else {
            continue;
        };
        let Ok(file) = program.machine.sources.load(&source.path) else { continue };
        let imports = straight::of(&file).unwrap_or_default();
        visit(index, &file, &imports);
        for import in &imports {
            queue.extend(scope.resolve(index, &import.value).filter(|next| !seen.contains(next)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::package_of;

    #[test]
    fn packages_of_imports() {
        for (import, package) in [
            ("express", Some("express")),
            ("lodash/get", Some("lodash")),
            ("@nestjs/core/x", Some("@nestjs/core")),
            ("./a", None),
            ("@/a", None),
            ("node:fs", None),
            ("fs", None),
            ("fs/promises", None),
            ("~/a", None),
            ("#a", None),
        ] {
            assert_eq!(package_of(import), package, "{import}");
        }
    }
}
