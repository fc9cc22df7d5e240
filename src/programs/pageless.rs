//! A folder of pages that a web server gives out, where what a framework builds there has no `index.html`: it renders its
//! pages on a server, or puts them one folder deeper.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Module;
use super::dockerfile::{Snapshot, Whence};
use super::image::Image;
use super::javascript::plain;
use super::service_files::ImageTree;
use crate::compose::{ImageReference, Service};
use crate::source::{SourceFile, SourceMap, Span, Spanned, clean};

/// Where images of web servers have their pages, where nothing is said.
const PAGES: [(&str, &str); 4] = [
    ("nginx", "/usr/share/nginx/html"),
    ("nginxinc/nginx-unprivileged", "/usr/share/nginx/html"),
    ("httpd", "/usr/local/apache2/htdocs"),
    ("caddy", "/usr/share/caddy"),
];

/// A folder of pages without the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pageless {
    /// The folder.
    pub root: String,
    /// Where it is filled.
    pub copied: Span,
    /// Where the framework is told how it builds, or what its settings are.
    pub told: Span,
    /// The framework.
    pub title: &'static str,
    /// Why there is none.
    pub why: &'static str,
    /// What to do.
    pub instead: String,
}

/// Looks at what fills the folder that the web server gives out.
pub(super) fn of(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    tree: &ImageTree,
    whole: &Snapshot,
    modules: &[Arc<Module>],
) -> Option<Pageless> {
    let base = image.base.as_ref()?.value.clone();
    let own = ImageReference::parse(&base)?;
    let (_, usual) = PAGES.iter().find(|(path, _)| *path == own.path)?;
    let named: Vec<&Spanned<String>> = modules.iter().flat_map(|module| &module.roots).collect();
    let roots: Vec<PathBuf> = match named.is_empty() {
        true => vec![PathBuf::from(usual)],
        false => named.iter().map(|root| clean(Path::new(&root.value))).collect(),
    };
    let [root] = roots.as_slice() else { return None };
    let files = sources.files();
    let made = image.runs.iter().any(|run| {
        let text = run.assumed();
        text.contains(root.to_str().unwrap_or("/")) || text.contains("index.html")
    });
    let mounted = service.volumes.iter().any(|mount| {
        let place = clean(Path::new(&mount.target));
        root.starts_with(&place) || place.starts_with(root)
    });
    // Of one that passes pages on, the folder may hold nothing but scripts and pictures.
    let settings = ["/etc/nginx", "/etc/caddy", "/usr/local/apache2/conf"];
    let mut own = tree.layers().iter().filter(|layer| {
        settings.iter().any(|folder| layer.target.starts_with(folder)) && layer.span != Span::NONE
    });
    let asks = |host: &Path| sources.load(host).is_ok_and(|file| file.text.contains("index.html"));
    let wanted = own.clone().next().is_none()
        || own.any(|layer| match layer.directory {
            true => files.list(&layer.host).iter().any(|name| asks(&layer.host.join(name))),
            false => asks(&layer.host),
        });
    if made || mounted || !wanted || tree.resolve(files, &root.join("index.html")).is_some() {
        return None;
    }
    let mut taken =
        whole.taken.iter().filter(|taken| root.starts_with(&taken.to) || taken.to.starts_with(root));
    let taken = taken.next().filter(|_| taken.next().is_none())?;
    let (Whence::Stage(stage), [source]) = (&taken.from, taken.sources.as_slice()) else { return None };
    let rest = root.strip_prefix(&taken.to).ok()?;
    let path = clean(&Path::new("/").join(source).join(rest));
    let built = ImageTree::new(stage.layers.clone());
    let load = |place: &Path| -> Option<Arc<SourceFile>> { sources.load(&built.file(files, place)?).ok() };
    let package =
        path.ancestors().skip(1).find_map(|folder| Some((folder, load(&folder.join("package.json"))?)));
    let (folder, manifest) = package?;
    let run: String = stage.runs.iter().map(|run| run.command.assumed() + "\n").collect();
    if ["index.html", "mv ", "cp "].iter().any(|word| run.contains(word)) {
        return None;
    }
    let place = path.strip_prefix(folder).ok()?.to_str()?;
    let built = Built { load: &load, folder, manifest: &manifest, run: &run };
    let (title, why, told, instead) = built.lacks(place)?;
    let root = root.display().to_string();
    Some(Pageless { root, copied: taken.at, told, title, why, instead })
}

/// A package that a stage builds.
struct Built<'a> {
    load: &'a dyn Fn(&Path) -> Option<Arc<SourceFile>>,
    folder: &'a Path,
    manifest: &'a SourceFile,
    /// The stage's commands.
    run: &'a str,
}

type Lacks = (&'static str, &'static str, Span, String);

impl Built<'_> {
    fn has(&self, package: &str) -> bool {
        self.manifest.text.contains(&format!("\"{package}\""))
    }

    /// The settings of a framework, without comments, and what stands for them in the report.
    fn settings(&self, stem: &str) -> Option<(String, Arc<SourceFile>)> {
        let endings = ["ts", "js", "mjs", "mts", "cjs"];
        let file = endings.iter().find_map(|end| (self.load)(&self.folder.join(format!("{stem}.{end}"))))?;
        let lines = file.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        Some((lines.collect::<Vec<_>>().join("\n"), file))
    }

    /// Why there is no page at a place that the build fills.
    fn lacks(&self, place: &str) -> Option<Lacks> {
        let whole = || self.manifest.slice(0, 0);
        let says = |text: &str, words: &[&str]| {
            let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            words.iter().any(|word| text.contains(word))
        };
        let found = match place {
            "build/client" if self.has("@react-router/dev") || self.has("@remix-run/dev") => {
                let (title, stem) = match self.has("@react-router/dev") {
                    true => ("React Router", "react-router.config"),
                    false => ("Remix", "vite.config"),
                };
                let settings = self.settings(stem);
                if let Some((text, _)) = &settings
                    && (says(text, &["ssr:false", "prerender", "buildDirectory"])
                        || says(text, &["...", "ssr:process"]))
                {
                    return None;
                }
                if settings.is_none() && title == "Remix" {
                    return None;
                }
                let told = settings.map_or_else(whole, |(_, file)| key(&file, "ssr"));
                (
                    title,
                    "its pages are rendered by a server (`ssr` is on)",
                    told,
                    "set `ssr: false`, or run its server".to_string(),
                )
            }
            ".output/public" if self.has("nuxt") => {
                let (text, file) = self.settings("nuxt.config")?;
                let static_build = self.run.contains("generate")
                    || self.manifest.text.contains("nuxt generate")
                    || self.manifest.text.contains("nuxi generate")
                    || self.manifest.text.contains("--prerender");
                if static_build || says(&text, &["ssr:false", "prerender", "preset", "nitro", "extends"]) {
                    return None;
                }
                (
                    "Nuxt",
                    "`nuxt build` makes pages that a server renders",
                    key(&file, "ssr"),
                    "build with `nuxt generate`, or run its server".to_string(),
                )
            }
            "build" | ".svelte-kit/output/client" if self.has("@sveltejs/kit") => {
                let (text, file) = self.settings("svelte.config")?;
                if !says(&text, &["adapter-node"]) || says(&text, &["adapter-static"]) {
                    return None;
                }
                (
                    "SvelteKit",
                    "its adapter makes a server",
                    key(&file, "@sveltejs/adapter-node"),
                    "use `@sveltejs/adapter-static`, or run its server".to_string(),
                )
            }
            "dist" | "dist/client" if self.has("astro") => {
                let (text, file) = self.settings("astro.config")?;
                if !says(&text, &["output:'server'", "output:\"server\""])
                    || says(&text, &["prerender", "outDir", "static"])
                {
                    return None;
                }
                (
                    "Astro",
                    "its pages are rendered by a server (`output` is `server`)",
                    key(&file, "output"),
                    "set `output: 'static'`, or run its server".to_string(),
                )
            }
            ".next" | ".next/static" | ".next/server" | ".next/standalone" if self.has("next") => {
                let told = self.settings("next.config").map_or_else(whole, |(_, file)| key(&file, "output"));
                (
                    "Next.js",
                    "that folder is for its own server",
                    told,
                    "set `output: 'export'` and copy `out`, or run its server".to_string(),
                )
            }
            place => {
                let file = (self.load)(&self.folder.join("angular.json"))?;
                let settings: serde_json::Value = serde_json::from_str(&plain(&file.text)).ok()?;
                let projects = settings.get("projects")?.as_object()?;
                let deeper = projects.iter().find_map(|(name, project)| {
                    let build = project.get("architect").or_else(|| project.get("targets"))?.get("build")?;
                    let builder = build.get("builder")?.as_str()?;
                    let path = build.pointer("/options/outputPath");
                    let inner = path
                        .and_then(|path| path.get("browser"))
                        .map_or(Some("browser"), serde_json::Value::as_str)?;
                    let usual = format!("dist/{name}");
                    let base = match path {
                        Some(path) => path.as_str().or_else(|| path.get("base")?.as_str())?,
                        None => &usual,
                    };
                    let here = clean(Path::new(base)) == Path::new(place);
                    let i18n = project.get("i18n").is_some();
                    let plain = builder.ends_with(":application") && !inner.is_empty() && !i18n;
                    (here && plain).then(|| format!("{base}/{inner}"))
                })?;
                if self.run.contains("output-path") || self.manifest.text.contains("output-path") {
                    return None;
                }
                (
                    "Angular",
                    "its builder puts the pages into a folder below that",
                    key(&file, "outputPath"),
                    format!("copy `{deeper}`"),
                )
            }
        };
        Some(found)
    }
}

/// Where a key stands in settings; their start, where it does not.
fn key(file: &SourceFile, name: &str) -> Span {
    file.text.find(name).map_or_else(|| file.slice(0, 0), |at| file.slice(at, at + name.len()))
}
