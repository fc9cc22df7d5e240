//! From the files that are run to their sources: what was compiled is not there, what it was compiled from is.

use std::path::{Path, PathBuf};

use super::machine::origins;
use super::{Started, node};
use crate::programs::javascript::{
    EXTENSIONS, Framework, files, is_project, of_project, package_of, sources_of,
};
use crate::programs::service_files::is_aside;
use crate::programs::{Expr, ModuleIndex, Scope, has_extension};

/// Settings by whose name a framework's project is known.
const SETTINGS: [(&str, Option<Framework>); 6] = [
    ("next.config.", Some(Framework::Next)),
    ("nuxt.config.", Some(Framework::Nuxt)),
    ("astro.config.", Some(Framework::Astro)),
    ("remix.config.", Some(Framework::Remix)),
    ("svelte.config.", Some(Framework::SvelteKit)),
    // Of what it serves, only frameworks that are built on it run on the server.
    ("vite.config.", None),
];

/// The modules that the process starts with.
pub(super) fn of(scope: &Scope, started: &Started) -> Vec<ModuleIndex> {
    let mut out = Vec::new();
    if !started.languages.contains(&node::LANGUAGE) {
        return out;
    }
    for place in &started.files {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
        if name == "index" && place.parent().is_some_and(|parent| parent.ends_with("config")) {
            out.extend(strapi(scope, place));
            continue;
        }
        if let Some((_, framework)) = SETTINGS.iter().find(|(start, _)| name.starts_with(start)) {
            out.extend(project(scope, place, *framework));
            continue;
        }
        if !has_extension(place, &EXTENSIONS) && has_any_extension(place) && scope.at(place).is_none() {
            continue;
        }
        out.extend(source(scope, started, place));
    }
    out
}

fn has_any_extension(place: &Path) -> bool {
    place.extension().is_some_and(|extension| extension != "config")
}

/// All of a Strapi project: it loads its files by their places.
fn strapi(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let root = place.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
    let inside = |place: &Path| {
        let below = place.strip_prefix(root).ok();
        below.is_some_and(|below| ["config", "src", "extensions"].iter().any(|name| below.starts_with(name)))
            && !is_aside(place)
    };
    scope
        .iter()
        .filter(|(_, place, _)| inside(place) && has_extension(place, &EXTENSIONS))
        .filter(|(_, place, _)| !place.components().any(|part| part.as_os_str() == "admin"))
        .map(|(index, ..)| index)
        .collect()
}

/// The modules of a framework's project, and its settings.
fn project(scope: &Scope, place: &Path, named: Option<Framework>) -> Vec<ModuleIndex> {
    let directory = place.parent().unwrap_or(Path::new("/"));
    let stem = place
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.split('.').next())
        .unwrap_or("");
    let mut out = Vec::new();
    let mut settings = Vec::new();
    files(&directory.join(format!("{stem}.config")), &mut settings);
    out.extend(settings.iter().find_map(|place| scope.at(place)));
    if let Some(framework) = is_project(scope, directory).or(named) {
        out.extend(of_project(scope, directory, framework));
    }
    if out.is_empty() {
        out.extend(projects_like(scope, directory));
    }
    out
}

/// The modules of the framework's project that a directory of the image was built from.
fn projects_like(scope: &Scope, directory: &Path) -> Vec<ModuleIndex> {
    let roots = projects(scope);
    let last = directory.file_name();
    match roots.as_slice() {
        [only] => modules_of(scope, only),
        all => {
            let named = all.iter().find(|(root, _)| root.file_name() == last);
            named.map_or_else(Vec::new, |named| modules_of(scope, named))
        }
    }
}

/// The modules of the framework's project that made a file which is run, known by the places that it was copied from: one whose
/// folder they name, or the only one, where no other package has a source that may have become the file.
fn project_of(scope: &Scope, made: &[PathBuf]) -> Vec<ModuleIndex> {
    let roots = projects(scope);
    let named = |(root, _): &&(PathBuf, Framework)| {
        let mut folders = made.iter().filter_map(|place| place.parent()).flat_map(Path::components);
        root.file_name().is_some_and(|name| folders.any(|folder| folder.as_os_str() == name))
    };
    let stem = made.first().and_then(|place| place.file_stem());
    let rival = |root: &Path| {
        let mut others = scope.iter().filter(|(_, at, _)| !at.starts_with(root) && at.file_stem() == stem);
        others.any(|(_, at, _)| has_extension(at, &EXTENSIONS) && !is_aside(at))
    };
    let only = match roots.as_slice() {
        [only] => Some(only).filter(|(root, _)| !rival(root)),
        _ => None,
    };
    only.or_else(|| roots.iter().find(named)).map_or_else(Vec::new, |chosen| modules_of(scope, chosen))
}

/// The projects of frameworks that are there, by their settings.
fn projects(scope: &Scope) -> Vec<(PathBuf, Framework)> {
    let mut roots: Vec<(PathBuf, Framework)> = Vec::new();
    for (_, place, _) in scope.iter() {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let Some(root) = place.parent().filter(|_| name.contains(".config.")) else { continue };
        if !roots.iter().any(|(known, _)| known == root)
            && let Some(framework) = is_project(scope, root)
        {
            roots.push((root.to_path_buf(), framework));
        }
    }
    roots
}

/// The modules of a framework's project, without a server of its own beside the framework's, which is not the one that was built.
fn modules_of(scope: &Scope, (root, framework): &(PathBuf, Framework)) -> Vec<ModuleIndex> {
    let mut out = of_project(scope, root, *framework);
    out.retain(|index| scope.get(*index).is_some_and(|(place, _)| !is_aside(place)));
    out
}

/// The source of a file that is run.
fn source(scope: &Scope, started: &Started, place: &Path) -> Vec<ModuleIndex> {
    let mut places = Vec::new();
    files(place, &mut places);
    let exact = scope.at(place).or_else(|| places.iter().find_map(|place| scope.at(place)));
    // What was compiled in another stage lay elsewhere there.
    let made = origins(&started.copied, place);
    let found = exact
        .or_else(|| made.iter().flat_map(|place| sources_of(place)).find_map(|place| scope.at(&place)))
        // The folder that it was copied from may have the name of its package: `pnpm deploy /out/api`.
        .or_else(|| made.iter().skip(1).find_map(|place| elsewhere(scope, place)))
        .or_else(|| elsewhere(scope, place));
    if let Some(index) = found {
        return vec![index];
    }
    let built = project_of(scope, &made);
    if !built.is_empty() {
        return built;
    }
    by_build_command(scope, started).or_else(|| by_build_script(scope, place)).into_iter().collect()
}

/// The source in another directory than the image's: where the build had it.
fn elsewhere(scope: &Scope, place: &Path) -> Option<ModuleIndex> {
    let names: Vec<&str> = place.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let mut best: Option<ModuleIndex> = None;
    // The longest end of the path that some source has, too.
    for from in 1..names.len() {
        let end: PathBuf = names.get(from..)?.iter().collect();
        let mut ends = sources_of(&end);
        if ends.is_empty() {
            break;
        }
        ends.dedup();
        let package = |place: &Path| package_of(scope, place).is_some();
        let mut all = ends.iter().filter(|end| end.components().count() > 1 || from > 1).filter_map(|end| {
            let mut found = scope.iter().filter(|(_, at, _)| {
                at.ends_with(end) && !is_aside(at) && (package(at) || end.components().count() > 1)
            });
            let first = found.next()?;
            // What lies in several places is none of them.
            found.next().is_none().then_some(first.0)
        });
        best = all.next();
        if best.is_some() {
            break;
        }
    }
    best
}

/// The file that a command of the image's build names: `RUN bun build src/server.ts --outdir out`.
fn by_build_command(scope: &Scope, started: &Started) -> Option<ModuleIndex> {
    started.builds.iter().find_map(|launch| {
        let named = launch.words.iter().skip(1).filter(|word| has_extension(Path::new(word), &EXTENSIONS));
        named.filter(|word| !word.starts_with('-')).find_map(|word| scope.at(&launch.path(word)))
    })
}

/// The file that the manifest's script for building names: `esbuild src/server.ts --outfile=dist/server.js`.
fn by_build_script(scope: &Scope, place: &Path) -> Option<ModuleIndex> {
    let directory = place.parent()?;
    let mut packages: Vec<(ModuleIndex, &Path)> = scope.named("package.json").collect();
    packages.sort_by_key(|(_, manifest)| {
        let root = manifest.parent().unwrap_or(Path::new("/"));
        (!directory.starts_with(root), std::cmp::Reverse(root.components().count()))
    });
    if packages.len() > 1 {
        packages.retain(|(_, manifest)| manifest.parent().is_some_and(|root| directory.starts_with(root)));
    }
    packages.into_iter().find_map(|(index, manifest)| {
        let root = manifest.parent()?;
        let Some(Expr::Record(scripts)) = scope.get(index)?.1.full().names.get("scripts") else {
            return None;
        };
        let builds = scripts.iter().filter(|(name, _)| name.value.starts_with("build"));
        builds
            .filter_map(|(_, text)| match text {
                Expr::Text(text) => Some(text.value.split_whitespace()),
                _ => None,
            })
            .flatten()
            .filter(|word| has_extension(Path::new(word), &EXTENSIONS) && !word.starts_with('-'))
            .find_map(|word| scope.at(&crate::source::clean(&root.join(word))))
    })
}
