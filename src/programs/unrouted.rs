//! Pages that route in the browser, `BrowserRouter` or `createWebHistory()`, behind an nginx that knows only its files: the links
//! work, and who reloads `/orders`, or comes there from elsewhere, is answered with 404.
//!
//! The image's own settings have no fall-back (`/etc/nginx/conf.d/default.conf` of `nginx`); `try_files $uri /index.html` is one
//! (router.vuejs.org, "HTML5 Mode"; create-react-app.dev, "Deployment").

use std::path::{Path, PathBuf};

use super::dockerfile::{Snapshot, Whence};
use super::has_extension;
use super::image::Image;
use super::service_files::{ImageTree, Walks, is_aside};
use crate::compose::{ImageReference, Service};
use crate::source::{SourceMap, Span, clean};

/// Images of nginx with settings of that kind.
const IMAGES: [&str; 2] = ["nginx", "nginxinc/nginx-unprivileged"];
/// Where they have their pages, and their settings.
const PAGES: &str = "/usr/share/nginx/html";
const SETTINGS: &str = "/etc/nginx";
/// Routers, and what says that one keeps its place in the path of the address.
const ROUTERS: [(&str, &[&str]); 2] =
    [("react-router", &["<BrowserRouter", "createBrowserRouter("]), ("vue-router", &["createWebHistory("])];
/// What keeps it elsewhere.
const OTHERWISE: [&str; 5] =
    ["HashRouter", "createHashRouter", "MemoryRouter", "createWebHashHistory", "createMemoryHistory"];
/// Frameworks and tools that make a file for each page, or a server.
const APART: [&str; 12] = [
    "\"next\"",
    "\"nuxt\"",
    "\"gatsby\"",
    "\"astro\"",
    "react-snap",
    "vite-ssg",
    "prerender",
    "@react-router/dev",
    "@remix-run",
    "vike",
    "vite-plugin-ssr",
    "\"@tanstack/react-start\"",
];
/// Words of settings by which something else than its file may answer a path.
const ANSWERS: [&str; 8] =
    ["try_files", "error_page", "rewrite", "return", "js_", "lua", "internal", "autoindex"];
/// Sources that are looked into, and what is longer was not written by hand.
const MAX_FILES: usize = 800;
const MAX_SIZE: u64 = 128 << 10;

/// Pages that nginx does not give out by their addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrouted {
    /// The path of one.
    pub path: String,
    /// Where it is routed.
    pub routed: Span,
    /// The `location` that lacks the fall-back, or the `COPY` of the pages where the settings are the image's own.
    pub at: Span,
    /// Whether the settings are the image's own.
    pub stock: bool,
}

/// Looks at what an nginx gives out and at what the pages of the one stage that makes it route.
pub(super) fn of(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    tree: &ImageTree,
    whole: &Snapshot,
) -> Option<Unrouted> {
    let base = image.base.as_ref()?.value.clone();
    let plain = IMAGES.contains(&ImageReference::parse(&base)?.path);
    let touched = |place: &Path| place.starts_with(SETTINGS) || place.starts_with(PAGES);
    let edited = image.runs.iter().any(|run| {
        let text = run.assumed();
        [SETTINGS, PAGES, "default.conf", "<<"].iter().any(|word| text.contains(word))
    });
    let started = service.command.is_some() || service.entrypoint.is_some();
    let configured = service.configs.iter().any(|file| touched(Path::new(&file.target)));
    let mounted = service.volumes.iter().any(|mount| touched(&clean(Path::new(&mount.target))));
    if !plain || edited || started || configured || mounted || image.assumed || image.problem.is_some() {
        return None;
    }
    let mut taken = whole.taken.iter().filter(|taken| !matches!(taken.from, Whence::Context(_)));
    let taken = taken.next().filter(|_| taken.next().is_none())?;
    let (Whence::Stage(stage), [source]) = (&taken.from, taken.sources.as_slice()) else { return None };
    if taken.to != Path::new(PAGES) {
        return None;
    }
    let at = match settings(sources, tree)? {
        Settings::Own => None,
        Settings::Lacking(at) => Some(at),
    };
    let built = ImageTree::new(stage.layers.clone());
    let output = clean(&Path::new("/").join(source.trim_end_matches("/.")));
    let folder = output.parent()?;
    let (path, routed) = routes(sources, &built, folder)?;
    Some(Unrouted { path, routed, at: at.unwrap_or(taken.at), stock: at.is_none() })
}

/// What is said of paths that are no files.
enum Settings {
    Own,
    Lacking(Span),
}

/// What the settings in the container say; nothing, where they answer such paths, or may.
fn settings(sources: &SourceMap, tree: &ImageTree) -> Option<Settings> {
    let files = sources.files();
    let mut hosts: Vec<PathBuf> = Vec::new();
    for layer in tree.layers().iter().filter(|layer| layer.target.starts_with(SETTINGS)) {
        match layer.directory {
            true => hosts.extend(files.list(&layer.host).iter().map(|name| layer.host.join(name))),
            false => hosts.push(layer.host.clone()),
        }
    }
    if hosts.is_empty() {
        let whole = tree.layers().iter().any(|layer| Path::new(SETTINGS).starts_with(&layer.target));
        return (!whole).then_some(Settings::Own);
    }
    let mut lacking = None;
    for host in hosts {
        let file = sources.load(&host).ok()?;
        let stripped = file.text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let text = stripped.collect::<Vec<_>>().join("\n");
        let included = text.lines().map(str::trim).filter(|line| line.starts_with("include"));
        let known =
            included.into_iter().all(|line| line.contains("mime.types") || line.contains("conf.d/*.conf"));
        if !known || ANSWERS.iter().any(|word| text.contains(word)) {
            return None;
        }
        if !text.contains("server {") && !text.contains("server{") {
            continue;
        }
        // One server, whose pages are the files of the folder.
        if text.matches("listen").count() > 2 || !text.contains(PAGES) {
            return None;
        }
        let place =
            ["location / {", "location /{"].iter().find_map(|open| Some((file.text.find(open)?, open)));
        if let Some((from, open)) = place {
            let block = file.text.get(from..)?.split('}').next()?;
            if block.contains("_pass") {
                return None;
            }
            lacking = Some(file.slice(from, from + open.len()));
        } else {
            let from = file.text.find("root")?;
            lacking = Some(file.slice(from, from + "root".len()));
        }
    }
    lacking.map(Settings::Lacking)
}

/// A path that the sources below a folder route in the browser, and where.
fn routes(sources: &SourceMap, built: &ImageTree, folder: &Path) -> Option<(String, Span)> {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &["js", "jsx", "ts", "tsx", "vue"])
            && !path.iter().any(|part| part == "node_modules" || part == "dist" || part == "build")
    }
    let files = sources.files();
    let manifest = sources.load(&built.file(files, &folder.join("package.json"))?).ok()?;
    if APART.iter().any(|word| manifest.text.contains(word)) {
        return None;
    }
    let (_, signs) = ROUTERS.iter().find(|(package, _)| manifest.text.contains(&format!("\"{package}")))?;
    let holding = built.sources(sources, &Walks::default(), wanted);
    if holding.files.len() > MAX_FILES || !holding.cut.is_empty() {
        return None;
    }
    let (mut by_path, mut found) = (false, None);
    for (place, host) in holding.files {
        let Ok(below) = place.strip_prefix(folder) else { continue };
        if is_aside(below) {
            continue;
        }
        let peeked = sources.peek(&host, MAX_SIZE).ok()?;
        if OTHERWISE.iter().any(|word| peeked.text().contains(word)) {
            return None;
        }
        by_path |= signs.iter().any(|sign| peeked.text().contains(sign));
        if found.is_none() && (peeked.text().contains("Route") || peeked.text().contains("routes")) {
            let file = sources.keep(&host, peeked).ok()?;
            found = path_in(&file.text).map(|(from, to)| {
                (file.text.get(from..to).unwrap_or_default().to_string(), file.slice(from, to))
            });
        }
    }
    found.filter(|_| by_path)
}

/// Where the first path stands that a source routes, other than the first page's: `path="/orders"`, `path: '/orders'`.
fn path_in(text: &str) -> Option<(usize, usize)> {
    let keys = ["path=", "path:"].iter().flat_map(|key| text.match_indices(key));
    let mut found: Vec<(usize, usize)> = keys
        .filter_map(|(at, key)| {
            let line = text.get(..at)?.rsplit('\n').next()?;
            let rest = text.get(at + key.len()..)?;
            let inside = rest.trim_start_matches([' ', '{']);
            let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let from = at + key.len() + (rest.len() - inside.len()) + 1;
            let length = text.get(from..)?.find([quote, '\n'])?;
            let path = text.get(from..from + length)?;
            let name = path.strip_prefix('/')?;
            let plain =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_/".contains(c));
            (plain && !line.contains("//") && !line.contains("/*")).then_some((from, from + length))
        })
        .collect();
    found.sort_unstable();
    found.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_are_routed() {
        let of = |text: &str| path_in(text).and_then(|(from, to)| text.get(from..to)).map(str::to_string);
        let orders = Some("/orders".to_string());
        assert_eq!(of("<Route path=\"/\" /><Route path=\"/orders\" />"), orders);
        assert_eq!(of("{ path: '/', a }, { path: '/orders', b }"), orders);
        assert_eq!(of("<Route path={'/orders'} />"), orders);
        assert_eq!(of("<Route path=\"*\" />\n// <Route path=\"/orders\" />\n{ path: '/:id' }"), None);
    }
}
