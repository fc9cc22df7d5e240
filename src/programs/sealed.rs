//! The secrets without which frameworks do not serve, and which nothing in a container gives them.

use std::path::Path;

use super::dockerfile::Step;
use super::rails;
use super::unstarted::Contents;

/// No file of settings is longer.
const MAX_FILE: u64 = 64 << 10;
/// What scripts and steps name where they give Laravel its key, or a file that holds it.
const WORDS: [&str; 4] = ["APP_KEY", "key:generate", ".env", "create-project"];

/// What lacks its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Rails in production.
    Rails(rails::sealed::Sealed),
    /// Laravel.
    Laravel(Keyless),
}

/// A Laravel without a key, which answers each page with `No application encryption key has been specified`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyless {
    /// Whether the machine of whoever builds it may have a `.env` with the key, which would be copied.
    pub may_be_copied: bool,
}

/// What the program of a container lacks, if nothing in its image gives it that. `said` are the words of its commands and the texts of
/// its scripts.
#[must_use]
pub(super) fn of(contents: &Contents<'_>, root: &Path, said: &[String]) -> Option<Sealed> {
    let of_rails = rails::sealed::of(contents, root, said).map(Sealed::Rails);
    of_rails.or_else(|| laravel(contents, root, said).map(Sealed::Laravel))
}

fn laravel(contents: &Contents<'_>, root: &Path, said: &[String]) -> Option<Keyless> {
    let files = contents.files();
    let text = |name: &str| {
        let host = contents.resolve(&root.join(name))?;
        String::from_utf8(files.read(&host, MAX_FILE).ok()?).ok()
    };
    let names = |text: &str| WORDS.iter().any(|word| text.contains(word));
    let has = |word: &str| said.iter().any(|text| text.rsplit('/').next() == Some(word));
    let serves = has("php-fpm") || has("apache2-foreground") || has("artisan") && has("serve");
    if !serves || said.iter().any(|text| names(text)) {
        return None;
    }
    let base = contents.image.base.as_ref().filter(|_| contents.image.problem.is_none())?;
    let base = base.value.trim_start_matches("docker.io/").trim_start_matches("library/");
    let stages = &contents.image.parsed.as_ref()?.stages;
    let by_step = stages.iter().flat_map(|stage| &stage.steps).any(|step| match step {
        Step::Run(run) => names(&run.assumed()) || run.assumed().contains("<<"),
        Step::Copy(copy) => {
            copy.sources.iter().chain([&copy.destination]).any(|it| it.assumed().contains(".env"))
        }
        _ => false,
    });
    let settings = text("config/app.php")?;
    let asked = ["env('APP_KEY')", "env(\"APP_KEY\")"].iter().any(|word| settings.contains(word));
    let composer = text("composer.json")?;
    let by_composer = composer.contains("post-install-cmd")
        || composer.contains("post-autoload-dump") && {
            let after = composer.split("post-autoload-dump").nth(1).and_then(|rest| rest.split(']').next());
            after.is_some_and(names)
        };
    let pages = text("routes/web.php")?;
    if !base.starts_with("php:")
        || by_step
        || !asked
        || by_composer
        || !composer.contains("laravel/framework")
        || !pages.contains("Route::")
    {
        return None;
    }
    let file = root.join(".env");
    if contents.resolve(&file).is_some() || contents.is_mounted_over(&file) {
        return None;
    }
    Some(Keyless { may_be_copied: contents.tree.place_for(files, &file).is_some() })
}
