//! Manifests that say which versions of their language they are for: Gemfiles, `composer.json` and `composer.lock`, `Cargo.toml`
//! and `Cargo.lock`, `mix.exs`, `pyproject.toml` of Poetry.

use std::sync::Arc;

use super::range::{Dialect, Version, excludes};
use super::{Asked, Language, Place, images, value};
use crate::programs::entry::Launch;
use crate::source::SourceFile;

/// The last release of each line of Ruby that is kept up no more: `ruby:2.7` is 2.7.8.
const LAST_RUBY: [(u32, u32, u32); 7] =
    [(2, 3, 8), (2, 4, 10), (2, 5, 9), (2, 6, 10), (2, 7, 8), (3, 0, 7), (3, 1, 7)];

pub(super) fn asked(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    match place.language {
        Language::Ruby => ruby(place, launch),
        Language::Php => php(place, launch),
        Language::Rust => rust(place, launch),
        Language::Elixir => elixir(place, launch),
        Language::Python => python(place, launch),
        _ => None,
    }
}

fn verb(launch: &Launch) -> &str {
    launch.words.iter().skip(1).find(|word| !word.starts_with('-')).map_or("", String::as_str)
}

/// The image with another version at the start of its tag.
pub(super) fn tagged(image: &str, version: Version) -> Option<String> {
    let (name, tag) = image.rsplit_once(':')?;
    let rest =
        tag.find(|c: char| !c.is_ascii_digit() && c != '.').map_or("", |at| tag.get(at..).unwrap_or(""));
    Some(format!("{name}:{version}{rest}"))
}

/// The first version that a constraint takes.
fn lowest(constraint: &str) -> Option<Version> {
    let at = constraint.find(|c: char| c.is_ascii_digit())?;
    let version = Version::at_start_of(constraint.get(at..)?)?;
    Some(Version { patch: None, ..version })
}

/// `ruby "3.2.2"`: Bundler stops at each command that is not its own.
fn ruby(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    if !matches!(launch.name(), "bundle" | "bundler") {
        return None;
    }
    let has = last_of_line(place.has);
    of_gemfile(place, launch, has).or_else(|| super::gems::locked(place, launch, has))
}

/// The last release of the line, where that is kept up no more and the tag says no more than the line.
fn last_of_line(has: Version) -> Version {
    match has {
        Version { major, minor: Some(minor), patch: None } => {
            let last = LAST_RUBY.iter().find(|known| (known.0, known.1) == (major, minor));
            Version { patch: last.map(|known| known.2), ..has }
        }
        has => has,
    }
}

fn of_gemfile(place: &Place<'_>, launch: &Launch, has: Version) -> Option<Asked> {
    let (directory, file) = place.manifest(launch, "Gemfile")?;
    let (text, at) = value(&file.text, "ruby", "#")?;
    let from_file = text.starts_with("file:") || text.starts_with("File.");
    let (text, at, file): (String, _, Arc<SourceFile>) = if from_file {
        let file = place.load(&directory.join(".ruby-version"))?;
        let text = file.text.trim().trim_start_matches("ruby-").to_string();
        let from = file.text.find(&text)?;
        let to = from + text.len();
        (text, (from, to), file)
    } else {
        (text.to_string(), at, file)
    };
    if excludes(&text, has, Dialect::Pessimistic) != Some(true) {
        return None;
    }
    let says = format!("Your Ruby version is {has}, but your Gemfile specified {text}");
    let mut asked = place.asks(&file, at, &text, says);
    let exact = text.starts_with(|c: char| c.is_ascii_digit()).then(|| Version::at_start_of(&text)).flatten();
    asked.instead = exact.or_else(|| lowest(&text)).and_then(|version| tagged(&place.image.value, version));
    Some(asked)
}

/// `"php": "^8.2"`: Composer refuses it, and what Composer installed for another version refuses to be loaded
/// (`vendor/composer/platform_check.php`).
fn php(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let name = launch.name();
    let composer = matches!(name, "composer" | "composer.phar")
        && matches!(verb(launch), "install" | "update" | "i")
        || name == "php"
            && launch.words.iter().any(|word| word.ends_with("composer.phar") || word.ends_with("composer"));
    let ends = |word: &String| {
        let word = word.trim_start_matches("./");
        word == "artisan"
            || word.ends_with("/artisan")
            || word == "bin/console"
            || word.ends_with("/bin/console")
    };
    let loads = ends(launch.words.first()?) || name == "php" && launch.words.iter().skip(1).take(3).any(ends);
    let ignores = |word: &str| word.contains("ignore-platform-req");
    let ignored = || place.launches.iter().flat_map(|launch| &launch.words).any(|word| ignores(word));
    if !(composer || loads) || ignored() || ignores(&place.text) {
        return None;
    }
    let (_, file) = place.manifest(launch, "composer.json")?;
    let json: serde_json::Value = serde_json::from_str(&file.text).ok()?;
    let config = |key: &str| json.get("config").and_then(|config| config.get(key));
    let told = config("platform").and_then(|platform| platform.get("php")).is_some();
    let constraint = json.get("require")?.get("php")?.as_str()?;
    if excludes(constraint, place.has, Dialect::Composer) != Some(true) {
        return None;
    }
    // Where Composer is told another version than that of the image, it installs, and only the program stops.
    let checked = || {
        let off = config("platform-check").is_some_and(|check| check.as_bool() == Some(false));
        !off && lowest(constraint).is_some_and(|least| place.has.is_before(least))
    };
    let says = match told {
        true if loads && checked() => format!(
            "Your Composer dependencies require a PHP version \"{constraint}\". You are running {}",
            place.has
        ),
        false if composer => format!(
            "requires php {constraint} but your php version ({}) does not satisfy that requirement",
            place.has
        ),
        _ => return None,
    };
    let quoted = format!("\"{constraint}\"");
    let key = file.text.find("\"php\"")?;
    let from = key + file.text.get(key..)?.find(&quoted)? + 1;
    let mut asked = place.asks(&file, (from, from + constraint.len()), constraint, says);
    let of_php = images::of_composer(&place.image.value).is_none();
    asked.instead =
        lowest(constraint).filter(|_| of_php).and_then(|version| tagged(&place.image.value, version));
    Some(asked)
}

/// Lock files of version 4, editions and `rust-version`.
fn rust(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let compiles =
        matches!(verb(launch), "build" | "run" | "install" | "fetch" | "test" | "check" | "chef" | "watch");
    // A toolchain file makes rustup fetch another.
    if launch.name() != "cargo"
        || !compiles
        || place.text.contains("rustup")
        || launch.words.iter().any(|word| word.starts_with('+'))
    {
        return None;
    }
    let (directory, file) = place.manifest(launch, "Cargo.toml")?;
    let toolchain =
        ["rust-toolchain.toml", "rust-toolchain"].iter().any(|name| place.machine.has(&directory.join(name)));
    if toolchain {
        return None;
    }
    let needs = |least: &str| Version::at_start_of(least).filter(|least| place.has.is_before(*least));
    let instead = |least: Version| tagged(&place.image.value, least);
    if let Some((text, at)) = value(&file.text, "edition", "#").filter(|(text, _)| *text == "2024")
        && let Some(least) = needs("1.85")
    {
        let says = "feature `edition2024` is required".to_string();
        let mut asked = place.asks(&file, at, &format!("{least}, for the edition {text}"), says);
        asked.instead = instead(least);
        return Some(asked);
    }
    let lock = place.load(&directory.join("Cargo.lock"));
    if let Some((lock, (text, at))) =
        lock.as_ref().and_then(|lock| Some((lock, value(&lock.text, "version", "#")?)))
        && text == "4"
        && let Some(least) = needs("1.78")
    {
        let says = "lock file version 4 requires `-Znext-lockfile-bump`".to_string();
        let mut asked = place.asks(lock, at, &format!("{least}, for version 4 of the lock file"), says);
        asked.instead = instead(least);
        return Some(asked);
    }
    let (text, at) = value(&file.text, "rust-version", "#")?;
    let least = needs(text)?;
    let says = format!("rustc {} is not supported by the following package", place.has);
    let mut asked = place.asks(&file, at, text, says);
    asked.instead = instead(least);
    Some(asked)
}

/// `elixir: "~> 1.15"`
fn elixir(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    if launch.name() != "mix"
        || matches!(verb(launch), "local.hex" | "local.rebar" | "archive.install" | "phx.new" | "")
    {
        return None;
    }
    let (_, file) = place.manifest(launch, "mix.exs")?;
    let (text, at) = value(&file.text, "elixir", "#")?;
    if excludes(text, place.has, Dialect::Pessimistic) != Some(true) {
        return None;
    }
    let says = format!(
        "You're trying to run on Elixir v{} but it has declared in its mix.exs file it supports only Elixir {text}",
        place.has
    );
    let mut asked = place.asks(&file, at, text, says);
    asked.instead = lowest(text).and_then(|version| tagged(&place.image.value, version));
    Some(asked)
}

/// `python = "^3.11"` of Poetry, `requires-python` for what is installed as a package.
fn python(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let poetry = launch.name() == "poetry" && matches!(verb(launch), "install" | "run" | "sync");
    let own = matches!(launch.name(), "pip" | "pip3")
        && verb(launch) == "install"
        && launch.words.iter().any(|word| matches!(word.as_str(), "." | "./" | "-e." | ".[dev]"));
    if !poetry && !own {
        return None;
    }
    let (_, file) = place.manifest(launch, "pyproject.toml")?;
    let project = value(&file.text, "requires-python", "#");
    let of_poetry = || {
        let section = file.text.find("[tool.poetry.dependencies]")?;
        let (text, (from, to)) = value(file.text.get(section..)?, "python", "#")?;
        Some((text, (section + from, section + to)))
    };
    let (text, at) = of_poetry().filter(|_| poetry).or(project)?;
    if excludes(text, place.has, Dialect::Python) != Some(true) {
        return None;
    }
    let says = if poetry {
        format!("Current Python version ({}) is not allowed by the project ({text})", place.has)
    } else {
        format!("requires a different Python: {} not in '{text}'", place.has)
    };
    let mut asked = place.asks(&file, at, text, says);
    asked.instead = lowest(text).and_then(|version| tagged(&place.image.value, version));
    Some(asked)
}
