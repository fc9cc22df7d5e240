//! The folder whose files a web server gives out, where nothing puts it into its container.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Module;
use super::image::Image;
use super::service_files::ImageTree;
use crate::compose::{ImageReference, MountKind, Service};
use crate::source::{Kind, SourceMap, Span, Spanned, Text, clean, is_ignored};

/// The name of the argument of a server of PHP that says below which folder of its container scripts are.
pub const SCRIPTS: &str = "script_filename";

/// The name of the argument of such a server where the web server looks for the same files itself.
pub const ROOT: &str = "document_root";

/// Folders that builds make.
const MADE: [&str; 10] =
    ["dist", "build", "out", "output", "public", "static", "media", "assets", "www", "_site"];

/// A folder that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rootless {
    /// The folder, where the configuration names it.
    pub path: Spanned<String>,
    /// What is put nearby, and its place in the container.
    pub beside: Option<(Span, String)>,
    /// Whether the image has it, with pages of its own.
    pub own: bool,
}

/// Where the image of nginx has its own pages, and nothing else beside them.
const PAGES: &str = "/usr/share/nginx/html";

/// Looks for the folder in the container of a web server's own image, as far as all that fills it is seen.
pub(super) fn of(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    tree: &ImageTree,
    copied: &[(PathBuf, PathBuf)],
    modules: &[Arc<Module>],
) -> Option<Rootless> {
    let named = service.image.as_ref().and_then(|name| name.complete());
    let base = image.base.as_ref().map(|base| base.value.clone()).or(named)?;
    let own = ImageReference::parse(&base)?;
    let seen = image.is_seen(service);
    let web = matches!(own.path, "nginx" | "nginxinc/nginx-unprivileged" | "httpd")
        || own.path == "php" && own.tag.is_some_and(|tag| tag.contains("apache"));
    if !web || !seen {
        return None;
    }
    let told = told(service, image);
    let roots = modules.iter().flat_map(|module| module.roots.iter().chain(&module.aliases)).chain(&told);
    let of_nginx = own.path.starts_with("nginx");
    let absent = |root: &&Spanned<String>| {
        is_absent(sources, service, image, tree, copied, (&root.value, of_nginx))
            || of_nginx && is_bypassed(service, image, tree, copied, &root.value)
    };
    let path = roots.into_iter().find(absent)?.clone();
    let is_own = of_nginx && clean(Path::new(&path.value)) == Path::new(PAGES);
    let layers =
        tree.layers().iter().rev().filter(|layer| layer.directory && !layer.target.starts_with("/etc"));
    let mut pages = layers.filter(|layer| layer.target.components().count() > 1);
    let beside = pages.next().map(|layer| (layer.span, layer.target.display().to_string()));
    let taken = || {
        let to = copied.iter().rev().map(|(_, to)| clean(to)).find(|to| !to.starts_with("/etc"))?;
        Some((Span::NONE, to.display().to_string()))
    };
    Some(Rootless { beside: beside.or_else(taken), path, own: is_own })
}

/// The folder that a variable names and that a step writes into the settings of Apache, as the notes of the image of PHP show it:
/// `sed -ri -e 's!/var/www/html!${APACHE_DOCUMENT_ROOT}!g' …`.
fn told(service: &Service, image: &Image) -> Option<Spanned<String>> {
    let variable = |run: &str| {
        let from = run.split("!/var/www/html!${").nth(1)?;
        from.split('}').next().map(str::to_string)
    };
    let name = image.runs.iter().find_map(|run| variable(&run.assumed()))?;
    let own = service.environment.variables.get(&name);
    let value = own.is_none().then(|| image.env.get(&name))??.value.as_ref()?;
    let path = value.complete().filter(|path| path.starts_with('/'))?;
    Some(Spanned::new(path, value.span()))
}

/// Rules of rewriting that Apache has no module for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrewritten {
    /// The first of them.
    pub at: Span,
    /// Where the image is named.
    pub image: Span,
}

/// Looks for `.htaccess` in the folder of pages of the image of PHP with Apache, which lets it say what it likes below `/var/www`
/// and has `mod_rewrite` turned off.
pub(super) fn unrewritten(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    tree: &ImageTree,
) -> Option<Unrewritten> {
    const WORD: &str = "RewriteEngine";
    let base = image.base.as_ref()?;
    let own = ImageReference::parse(&base.value)?;
    let of_php = own.path == "php" && own.tag.is_some_and(|tag| tag.contains("apache"));
    let mut runs = image.runs.iter().map(|run| run.assumed());
    let on = |run: String| {
        ["rewrite", "mods-enabled", "mods-available", "LoadModule", "AllowOverride", "apache2.conf"]
            .iter()
            .any(|word| run.contains(word))
    };
    let settings = |target: &Path| {
        target.starts_with("/etc/apache2") || target.extension().is_some_and(|end| end == "sh")
    };
    let layers = tree.layers().iter().any(|layer| settings(&layer.target));
    let commands = [&service.entrypoint, &service.command];
    let mut commands = commands.into_iter().flatten().flat_map(|command| &command.words);
    let says = |word: &Text| ["a2enmod", "rewrite", ".sh"].iter().any(|it| word.assumed().contains(it));
    if !of_php || image.assumed || image.problem.is_some() || layers || runs.any(on) || commands.any(says) {
        return None;
    }
    let root = told(service, image).map_or_else(|| "/var/www/html".to_string(), |root| root.value);
    let host = tree.file(sources.files(), &Path::new(&root).join(".htaccess"))?;
    let file = sources.load(&host).ok()?;
    let mut within = 0usize;
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let said = line.trim_start();
        if said.starts_with("<If") {
            within += 1;
        } else if said.starts_with("</If") {
            within = within.saturating_sub(1);
        } else if within == 0
            && said.len() > WORD.len()
            && said.get(..WORD.len()).is_some_and(|it| it.eq_ignore_ascii_case(WORD))
        {
            let from = start + (line.len() - said.len());
            return Some(Unrewritten { at: file.slice(from, from + WORD.len()), image: base.span });
        }
    }
    None
}

/// Whether the pages of the image are given out, where the project's own are put into a folder beside them.
fn is_bypassed(
    service: &Service,
    image: &Image,
    tree: &ImageTree,
    copied: &[(PathBuf, PathBuf)],
    root: &str,
) -> bool {
    let root = clean(Path::new(root));
    let mut places: Vec<PathBuf> = tree.layers().iter().map(|layer| layer.target.clone()).collect();
    places.extend(copied.iter().map(|(_, to)| clean(to)));
    places.extend(service.volumes.iter().map(|mount| clean(Path::new(&mount.target))));
    let meets =
        |place: &PathBuf| place != Path::new("/") && (root.starts_with(place) || place.starts_with(&root));
    let beside = |place: &PathBuf| place.parent() == root.parent() && *place != root;
    let made = image.runs.iter().any(|run| run.assumed().contains("/usr/share/nginx"));
    root == Path::new(PAGES) && !made && !places.iter().any(meets) && places.iter().any(beside)
}

fn is_absent(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    tree: &ImageTree,
    copied: &[(PathBuf, PathBuf)],
    (root, of_nginx): (&str, bool),
) -> bool {
    let root = clean(Path::new(root));
    // Folders of the system hold what the image brings.
    const SYSTEM: [&str; 7] = ["/usr/share", "/etc", "/tmp", "/var/lib", "/var/cache", "/run", "/var/run"];
    let beside_pages = of_nginx && root.parent() == Path::new(PAGES).parent() && root != Path::new(PAGES);
    let own = !beside_pages
        && (root.components().count() < 3
            || root == Path::new("/var/www/html")
            || root.starts_with("/usr/local/apache2")
            || SYSTEM.iter().any(|folder| root.starts_with(folder)));
    let meets = |place: &Path| root.starts_with(place) || place.starts_with(&root);
    let first = root.iter().nth(1).and_then(|part| part.to_str()).unwrap_or("");
    let made = image.runs.iter().map(|run| run.assumed()).any(|run| {
        run.contains(root.to_str().unwrap_or("/"))
            || ["clone", "ln -s", "unzip", "tar ", "mv ", "cp "].iter().any(|word| run.contains(word))
                && run.contains(first)
    });
    let taken = copied.iter().any(|(_, to)| meets(&clean(to)));
    let volume = service.volumes.iter().any(|mount| {
        let place = clean(Path::new(&mount.target));
        mount.kind != MountKind::Bind && meets(&place)
    });
    if own || made || taken || volume {
        return false;
    }
    let files = sources.files();
    let covers = |target: &Path| target != Path::new("/") && meets(target);
    let mut layers = tree.layers().iter().filter(|layer| covers(&layer.target)).peekable();
    if layers.peek().is_none() {
        return true;
    }
    // Of a folder of this machine all is seen, but for what is made and left out.
    layers.all(|layer| {
        let Ok(rest) = root.strip_prefix(&layer.target) else { return false };
        let host = layer.host.join(rest);
        let begins = rest.iter().next().and_then(|part| part.to_str()).unwrap_or("");
        layer.directory
            && !layer.outside
            && !rest.as_os_str().is_empty()
            && files.kind(&layer.host) == Some(Kind::Directory)
            && files.list(&layer.host).iter().any(|name| !name.starts_with('.'))
            && files.kind(&host).is_none()
            && !MADE.contains(&begins)
            && !rest.iter().any(|part| part.to_str().is_some_and(|part| MADE.contains(&part)))
            && !is_ignored(files, &host)
    })
}
