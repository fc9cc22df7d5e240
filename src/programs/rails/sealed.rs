//! The secret that Rails signs and encrypts with, and does not start without in production: what would give it that is in a container.

use std::path::Path;

use crate::programs::dockerfile::Step;
use crate::programs::notes;
use crate::programs::unstarted::Contents;

/// No file of settings is longer.
const MAX_FILE: u64 = 64 << 10;
/// Programs that start Rails.
const STARTS: [&str; 5] = ["rails", "puma", "sidekiq", "unicorn", "thrust"];
/// What scripts and settings name where they give it, or look for it, in some way of their own.
const WORDS: [&str; 3] = ["secret_key_base", "SECRET_KEY_BASE", "MASTER_KEY"];

/// What steps of a build name that make a key, or new credentials.
const MAKES: [&str; 4] = ["master.key", "production.key", "credentials:", "rails new"];

/// What a program of Rails has no secret in: Rails guide, "Securing Rails Applications", "Environmental Security".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The encrypted file that is there, and to which the key is missing.
    pub file: String,
    /// Whether it stops for want of the key whatever else is set (`config.require_master_key`).
    pub required: bool,
    /// Whether the key may lie on the machine of whoever builds it, from where it would be copied.
    pub may_be_copied: bool,
    /// Whether nothing of the project speaks of it, so that only its makers have it.
    pub unheard: bool,
}

/// What a container that starts Rails lacks for its production, if it is set up as Rails makes a project. `said` are the words of its
/// commands and the texts of its scripts.
#[must_use]
pub(in crate::programs) fn of(contents: &Contents<'_>, root: &Path, said: &[String]) -> Option<Sealed> {
    let files = contents.files();
    let starts = |word: &String| {
        word.split(|c: char| c.is_whitespace() || c == '/').any(|part| STARTS.contains(&part))
    };
    let elsewhere = said.iter().any(|text| WORDS.iter().any(|word| text.contains(word)));
    if elsewhere || !said.iter().any(starts) || contents.image.parsed.is_none() {
        return None;
    }
    let config = root.join("config");
    let there = |name: &str| contents.resolve(&config.join(name));
    let text = |name: &str| {
        let host = there(name)?;
        String::from_utf8(files.read(&host, MAX_FILE).ok()?).ok()
    };
    let application = text("application.rb")?;
    let production = text("environments/production.rb")?;
    if !application.contains("Rails::Application") {
        return None;
    }
    // Older ones have it in a file, and some say it in code.
    let older =
        ["secrets.yml", "secrets.yml.enc", "initializers/secret_token.rb", "initializers/secret_key_base.rb"];
    let by_code = [&application, &production].iter().any(|text| text.contains("secret_key_base"));
    if by_code || older.iter().any(|name| there(name).is_some()) {
        return None;
    }
    let (name, key) = match there("credentials/production.yml.enc") {
        Some(_) => ("credentials/production.yml.enc", "credentials/production.key"),
        None => ("credentials.yml.enc", "master.key"),
    };
    let key = config.join(key);
    let steps = contents.image.parsed.iter().flat_map(|file| &file.stages).flat_map(|stage| &stage.steps);
    let made = steps.into_iter().any(|step| match step {
        Step::Run(text) => MAKES.iter().any(|word| text.assumed().contains(word)),
        _ => false,
    });
    there(name)?;
    if contents.resolve(&key).is_some() || made || contents.is_mounted_over(&key) {
        return None;
    }
    let required = production.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("config.require_master_key") && line.contains("true")
    });
    let may_be_copied = contents.tree.place_for(files, &key).is_some();
    const SAID: [&str; 6] =
        ["master.key", "production.key", "MASTER_KEY", "SECRET_KEY_BASE", "credentials", "master key"];
    let unheard = may_be_copied && !notes::is_told(files, contents.project, &SAID);
    Some(Sealed { required, file: format!("config/{name}"), may_be_copied, unheard })
}
