//! Frameworks that load files by their place: which of them run on the server.

use std::path::{Path, PathBuf};

use super::{EXTENSIONS, browser, sections};
use crate::programs::{ModuleIndex, Scope, has_extension};

/// Files that a project of this kind may have.
const MAX_FILES: usize = 5_000;
/// Signs of a file that loads the files of directories.
const LOADS_DIRECTORIES: [&str; 7] = [
    "readdirSync(",
    "glob.sync(",
    "globSync(",
    "requireDir(",
    "@fastify/autoload",
    "loadFilesSync(",
    "require.context(",
];
/// Directories that such a file at the top of a project looks into.
const LOADED: [&str; 13] = [
    "routes",
    "controllers",
    "models",
    "commands",
    "events",
    "plugins",
    "services",
    "handlers",
    "api",
    "modules",
    "jobs",
    "middlewares",
    "src",
];

/// A framework that a directory is a project of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::programs) enum Framework {
    Next,
    Nuxt,
    SvelteKit,
    Astro,
    Remix,
}

/// The framework that the directory is a project of, by its settings.
pub(in crate::programs) fn is_project(scope: &Scope, directory: &Path) -> Option<Framework> {
    let has = |name: &str| {
        EXTENSIONS.iter().any(|end| scope.at(&directory.join(format!("{name}.{end}"))).is_some())
    };
    [
        ("next.config", Framework::Next),
        ("nuxt.config", Framework::Nuxt),
        ("svelte.config", Framework::SvelteKit),
        ("astro.config", Framework::Astro),
        ("remix.config", Framework::Remix),
        ("react-router.config", Framework::Remix),
        ("app/entry.server", Framework::Remix),
    ]
    .into_iter()
    .find(|(name, _)| has(name))
    .map(|(_, framework)| framework)
}

/// The modules of a project that its server loads.
pub(in crate::programs) fn of_project(
    scope: &Scope,
    directory: &Path,
    framework: Framework,
) -> Vec<ModuleIndex> {
    let mut out = Vec::new();
    let on_request = shows_pages(scope, directory, framework);
    for (index, place, source) in scope.iter() {
        let Ok(below) = place.strip_prefix(directory) else { continue };
        let known = has_extension(place, &EXTENSIONS) || sections::is_sectioned(place);
        if !known || out.len() >= MAX_FILES || !on_request && is_page(framework, place) {
            continue;
        }
        if source.glance(|text| on_the_server(framework, below, text) && !browser::is_client(text)) {
            out.push(index);
        }
    }
    out
}

/// Whether a file is a page that the server makes only where it shows pages itself.
fn is_page(framework: Framework, place: &Path) -> bool {
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
    match framework {
        Framework::Nuxt => has_extension(place, &["vue"]),
        Framework::SvelteKit => is_universal(name),
        _ => false,
    }
}

/// `+page.ts`, `+layout.js`: their `load` runs on the server for the first page, and in the browser for others.
fn is_universal(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    matches!(stem, "+page" | "+layout") && !name.contains(".server.") && !name.ends_with(".svelte")
}

/// Whether the server makes the pages, and not only the browser.
fn shows_pages(scope: &Scope, directory: &Path, framework: Framework) -> bool {
    let (places, off): (Vec<PathBuf>, [&str; 2]) = match framework {
        Framework::Nuxt => (
            EXTENSIONS.map(|end| directory.join(format!("nuxt.config.{end}"))).into(),
            ["ssr: false", "ssr:false"],
        ),
        Framework::SvelteKit => (
            EXTENSIONS.map(|end| directory.join(format!("src/routes/+layout.{end}"))).into(),
            ["ssr = false", "ssr=false"],
        ),
        _ => return true,
    };
    let says = |place: &PathBuf| {
        let source = scope.at(place).and_then(|index| scope.get(index)).map(|(_, source)| source);
        source.is_some_and(|source| source.glance(|text| off.iter().any(|sign| text.contains(sign))))
    };
    !places.iter().any(says)
}

fn on_the_server(framework: Framework, path: &Path, text: &str) -> bool {
    let below = path.strip_prefix("src").unwrap_or(path);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let stem = name.split('.').next().unwrap_or(name);
    let top = below.components().count() == 1;
    match framework {
        Framework::Next => {
            let page = matches!(
                stem,
                "page" | "route" | "layout" | "template" | "default" | "sitemap" | "robots" | "not-found"
            );
            below.starts_with("app") && page
                || below.starts_with("pages/api")
                || below.starts_with("pages")
                    && ["getServerSideProps", "getStaticProps", "getInitialProps"]
                        .iter()
                        .any(|f| text.contains(f))
                || top
                    && (matches!(stem, "middleware" | "instrumentation" | "proxy")
                        || name.starts_with("next.config."))
        }
        Framework::Nuxt => {
            let page = below.strip_prefix("app").unwrap_or(below);
            let page = ["pages", "layouts", "components"].iter().any(|folder| page.starts_with(folder))
                || stem == "app" && page.components().count() == 1;
            below.starts_with("server")
                || top && name.starts_with("nuxt.config.")
                || page && name.ends_with(".vue") && sections::asks(text)
        }
        Framework::SvelteKit => {
            name.contains(".server.")
                || top && name.starts_with("svelte.config.")
                || stem == "+server"
                || below.starts_with("lib/server")
                || is_universal(name) && text.contains("load") && !text.contains("ssr = false")
        }
        Framework::Astro => {
            below.starts_with("pages") || below.starts_with("actions") || top && stem == "middleware"
        }
        Framework::Remix => {
            path.starts_with("app/routes")
                || path.starts_with("app") && matches!(stem, "root" | "entry")
                || name.contains(".server.")
        }
    }
}

/// Whether the text loads what lies in the directories that it goes over.
pub(super) fn loads_directories(text: &str) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    any(&LOADS_DIRECTORIES) && any(&["require(", "import(", "autoload"])
}

/// The modules that one loads along without naming them: those in the directories that it goes over.
pub(super) fn loaded_with(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let Some((_, source)) = scope.at(place).and_then(|index| scope.get(index)) else { return Vec::new() };
    let Some(directory) = place.parent().filter(|_| source.signs().loads_otherwise) else {
        return Vec::new();
    };
    let text: &str = source.text();
    let top = scope.at(&directory.join("package.json")).is_some();
    let roots: Vec<PathBuf> = match top {
        true => {
            let named = |name: &&&str| text.contains(**name);
            LOADED.iter().filter(named).map(|name| directory.join(name)).collect()
        }
        false => vec![directory.to_path_buf()],
    };
    let within = |place: &Path| roots.iter().any(|root| place.starts_with(root));
    let found = scope.iter().filter(|(_, place, _)| within(place) && has_extension(place, &EXTENSIONS));
    found.map(|(index, ..)| index).take(MAX_FILES).collect()
}
