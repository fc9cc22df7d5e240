//! Pages of Laravel that ask for what Vite bundles, where nothing bundles it: `@vite(…)` looks for `public/build/manifest.json`, or
//! for the `public/hot` of Vite's server for development, and each page ends with `Vite manifest not found` (laravel.com/docs, "Asset
//! Bundling (Vite)", "Running Vite").

use std::path::Path;

use super::repository::{self, MAX_FILE, name_of};
use super::unstarted::Contents;
use crate::source::Span;

/// What asks for the bundles.
const DIRECTIVE: &str = "@vite(";
/// What a page looks for itself before it asks: the page that comes with Laravel does.
const LOOKS: &str = "build/manifest.json";
/// Who makes them, as commands, notes and pipelines have it.
const MAKERS: [&str; 8] = ["npm ", "npx ", "yarn", "pnpm ", "bun ", "bunx ", "vite build", "sail "];
/// Files in which such words do not mean that somebody does.
const SILENT: [&str; 4] = ["package.json", ".gitignore", ".dockerignore", "vite.config.js"];
/// Lines that are commands for people or machines alone are looked at in these.
const SPEAK: [&str; 12] =
    [".md", ".sh", ".yml", ".yaml", ".txt", ".mk", ".ps1", ".bat", ".toml", ".json", "Makefile", "Procfile"];

/// A page that asks for bundles that nothing makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbundled {
    /// The file that is looked for.
    pub target: String,
    /// Where the page asks.
    pub at: Span,
}

/// The first page of a Laravel in `root` that asks for what nothing bundles.
#[must_use]
pub(super) fn of(contents: &Contents<'_>, root: &Path) -> Option<Unbundled> {
    let Contents { image, service, sources, project, .. } = *contents;
    if !image.is_built(service) {
        return None;
    }
    let host = |name: &str| contents.resolve(&root.join(name));
    let text = |name: &str| String::from_utf8(contents.files().read(&host(name)?, MAX_FILE).ok()?).ok();
    let laravel = text("composer.json").is_some_and(|composer| composer.contains("laravel/framework"));
    if !laravel || host("public/build").is_some() || host("public/hot").is_some() {
        return None;
    }
    let context = service.build.as_ref()?.directory.as_deref()?;
    let files = repository::root_of(project, context).and_then(|top| repository::files(sources, &top))?;
    let pages = host("resources/views")?;
    let asks = |path: &&std::path::PathBuf| {
        path.starts_with(&pages)
            && name_of(path).ends_with(".blade.php")
            && sources
                .peek(path, MAX_FILE)
                .is_ok_and(|peeked| peeked.text().contains(DIRECTIVE) && !peeked.text().contains(LOOKS))
    };
    let page = files.iter().find(asks)?;
    let makes = |path: &Path| {
        let name = name_of(path);
        let speaks = SPEAK.iter().any(|end| name.ends_with(end)) || name.contains("ockerfile");
        // What is not read may say it.
        speaks
            && !SILENT.contains(&name)
            && !sources
                .peek(path, MAX_FILE)
                .is_ok_and(|peeked| !MAKERS.iter().any(|word| peeked.text().contains(word)))
    };
    if files.iter().any(|path| makes(path)) {
        return None;
    }
    let file = sources.load(page).ok()?;
    let from = file.text.find(DIRECTIVE)?;
    let target = root.join("public/build/manifest.json").display().to_string();
    Some(Unbundled { target, at: file.slice(from, from + DIRECTIVE.len() - 1) })
}
