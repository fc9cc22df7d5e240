//! Folders of Laravel that its pages are written to, and that belong to root: the workers of the official images of PHP, with FPM and
//! with Apache, run as `www-data`, and `COPY` gives all to root (docs.docker.com, "COPY --chown"). Compiled pages, sessions and logs lie in
//! `storage` (laravel.com/docs, "Deployment", "Directory permissions").

use std::path::Path;

use super::dockerfile::Step;
use super::repository;
use super::unstarted::Contents;
use crate::source::Span;

/// No file of settings is longer.
const MAX_FILE: u64 = 256 << 10;
/// As whom they run.
const USER: &str = "www-data";
/// Words with one of which something in the repository may give the folder to them, or say how.
const WORDS: [&str; 9] = [
    "chown",
    "chmod",
    "setfacl",
    "www-data",
    "usermod",
    "APACHE_RUN_USER",
    "VIEW_COMPILED_PATH",
    "useradd",
    "adduser",
];

/// A folder that the workers cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// The folder.
    pub target: String,
    /// As whom they run.
    pub user: &'static str,
    /// What copies it.
    pub at: Span,
}

/// The folder of a container that serves Laravel from there and cannot write to it. `said` are the words of its commands.
#[must_use]
pub(super) fn of(contents: &Contents<'_>, root: &Path, said: &[String]) -> Option<Unwritable> {
    let Contents { image, service, sources, project, .. } = *contents;
    let base = image.reference().filter(|_| image.is_built(service))?;
    let tag = base.tag.filter(|_| base.path == "php")?;
    let has = |word: &str| said.iter().any(|text| text.rsplit('/').next() == Some(word));
    let serves = tag.contains("fpm") && has("php-fpm") || tag.contains("apache") && has("apache2-foreground");
    let own = image.user.is_some() || service.user.is_some() || has("-R") || has("--allow-to-run-as-root");
    if !serves || own {
        return None;
    }
    let text = |name: &str| {
        let host = contents.resolve(&root.join(name))?;
        String::from_utf8(contents.files().read(&host, MAX_FILE).ok()?).ok()
    };
    let composer = text("composer.json")?;
    let laravel = composer.contains("laravel/framework") && !WORDS.iter().any(|word| composer.contains(word));
    // A page that is compiled when it is first shown.
    let pages = text("routes/web.php")?;
    let shown = ["view(", "Route::view", "Inertia::render"].iter().any(|word| pages.contains(word));
    let folder = root.join("storage");
    let near = |target: &Path| target.starts_with(root) || root.starts_with(target);
    let mounted = service.volumes.iter().any(|mount| near(Path::new(&mount.target)));
    let pool =
        contents.tree.layers().iter().any(|layer| layer.target.starts_with("/usr/local/etc/php-fpm.d"));
    if !laravel || !shown || mounted || pool {
        return None;
    }
    let stage = image.parsed.as_ref()?.stages.last()?;
    let whole = stage.steps.iter().find_map(|step| match step {
        Step::Copy(copy) => {
            let all = copy.sources.iter().any(|source| matches!(source.assumed().as_str(), "." | "./"));
            (all && copy.from.is_none()).then_some(copy.keyword)
        }
        _ => None,
    })?;
    let context = service.build.as_ref()?.directory.as_deref()?;
    let files = repository::root_of(project, context).and_then(|root| repository::files(sources, &root))?;
    let says = |path| {
        // What is not read may say it.
        sources.peek(path, MAX_FILE).is_ok_and(|peeked| WORDS.iter().any(|word| peeked.text().contains(word)))
    };
    let quiet = !files.iter().any(|path| says(path));
    quiet.then(|| Unwritable { target: folder.display().to_string(), user: USER, at: whole })
}
