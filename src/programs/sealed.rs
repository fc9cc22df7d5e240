//! The secrets without which frameworks do not serve, and which nothing in a container gives them.

use std::path::Path;

use super::dockerfile::Step;
use super::unstarted::Contents;
use super::{notes, rails};

/// No file of settings is longer.
const MAX_FILE: u64 = 64 << 10;
/// What scripts and steps name where they give Laravel its key, or a file that holds it.
const WORDS: [&str; 3] = ["APP_KEY", "key:generate", "create-project"];
/// The file that holds it.
const DOTENV: &str = ".env";
/// What makes that file out of its sample, and nothing else of it.
const COPIES: [&str; 3] = ["cp .env.example .env", "cp -n .env.example .env", "copy('.env.example', '.env')"];

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
    /// Whether that file, or the sample that it is made of, has a key that is blank, and nothing of the project speaks of one.
    pub blank: Option<Blank>,
}

/// Where a key is blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// In the file that the container has.
    There,
    /// In the sample that whoever starts the project makes the file of.
    Sample,
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
    if !serves || said.iter().any(|text| names(text) || text.contains(DOTENV)) {
        return None;
    }
    let base = contents.image.base.as_ref().filter(|_| contents.image.problem.is_none())?;
    let base = base.value.trim_start_matches("docker.io/").trim_start_matches("library/");
    let stages = &contents.image.parsed.as_ref()?.stages;
    let runs = || {
        stages.iter().flat_map(|stage| &stage.steps).filter_map(|step| match step {
            Step::Run(run) => Some(run.assumed()),
            _ => None,
        })
    };
    let samples = runs().any(|run| COPIES.iter().any(|copy| run.contains(copy)));
    let other = |run: String| {
        let rest = COPIES.iter().fold(run, |run, copy| run.replace(copy, ""));
        names(&rest) || rest.contains(DOTENV) || rest.contains("<<")
    };
    let by_copy = stages.iter().flat_map(|stage| &stage.steps).any(|step| match step {
        Step::Copy(copy) => {
            copy.sources.iter().chain([&copy.destination]).any(|it| it.assumed().contains(DOTENV))
        }
        _ => false,
    });
    let asked = match text("config/app.php") {
        Some(settings) => ["env('APP_KEY')", "env(\"APP_KEY\")"].iter().any(|word| settings.contains(word)),
        // From 11 on, what is not there is the framework's own.
        None => text("bootstrap/app.php")?.contains("Application::configure("),
    };
    let composer = text("composer.json")?;
    let by_composer = composer.contains("post-install-cmd")
        || composer.contains("post-autoload-dump") && {
            let after = composer.split("post-autoload-dump").nth(1).and_then(|rest| rest.split(']').next());
            after.is_some_and(|after| names(after) || after.contains(DOTENV))
        };
    let pages = text("routes/web.php")?;
    if !base.starts_with("php:")
        || by_copy
        || runs().any(other)
        || !asked
        || by_composer
        || !composer.contains("laravel/framework")
        || !pages.contains("Route::")
    {
        return None;
    }
    let file = root.join(DOTENV);
    let is_blank = |text: &str| text.lines().any(|line| matches!(line.trim(), "APP_KEY=" | "APP_KEY=\"\""));
    let may_be_copied = contents.tree.place_for(files, &file).is_some();
    let told = notes::is_told(files, contents.project, &WORDS);
    // A dotenv file that Compose is told, and that is made of the sample beside it.
    let handed = contents.service.env_files.iter().find_map(|it| {
        let host = &it.file;
        let bytes = files.read(&host.with_file_name(".env.example"), MAX_FILE).ok()?;
        let of_dotenv = host.file_name().is_some_and(|name| name == DOTENV) && files.kind(host).is_none();
        String::from_utf8(bytes).ok().filter(|_| of_dotenv)
    });
    let of_sample =
        || text(".env.example").or_else(|| handed.clone()).is_some_and(|text| is_blank(&text)) && !told;
    let found = text(DOTENV);
    let mounted = contents.is_mounted_over(&file);
    let blank = match &found {
        Some(text) if is_blank(text) && !told => Some(Blank::There),
        Some(_) => return None,
        None if samples && !mounted && of_sample() => Some(Blank::There),
        None if samples => return None,
        None if (may_be_copied || handed.is_some()) && of_sample() => Some(Blank::Sample),
        None if mounted => return None,
        None => None,
    };
    Some(Keyless { may_be_copied, blank })
}
