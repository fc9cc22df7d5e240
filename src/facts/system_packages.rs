//! Installations of system packages at which a build stops: without the lists of packages, which official images do not hold,
//! with a question that nobody answers, or by a user who may not.

use super::ServiceFacts;
use super::build_programs::{Needed, needed};
use super::environment::EffectiveEnvironment;
use super::{installs, probe};
use crate::compose::ImageReference;
use crate::programs::dockerfile::Step;
use crate::source::{Span, Spanned, Text};

/// An installation that stops.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// What installs: `apt-get install`.
    pub command: String,
    /// Where.
    pub at: Span,
    /// The image that the stage is made from.
    pub image: Spanned<String>,
    /// Why.
    pub why: Why,
}

/// Why an installation stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has no lists of packages.
    Lists,
    /// It asks whether to go on.
    Question,
    /// This user is not root.
    User(String),
}

/// What may fetch the lists in ways that are not seen.
const MAY_UPDATE: [&str; 9] =
    ["bash", "sh", "dash", ".", "source", "make", "add-apt-repository", "apt-add-repository", "extrepo"];
/// Packages that need no other, or that are there, so that nothing is asked.
const ALONE: [&str; 30] = [
    "ca-certificates",
    "cron",
    "curl",
    "dumb-init",
    "file",
    "gcc",
    "git",
    "gosu",
    "g++",
    "htop",
    "iputils-ping",
    "jq",
    "less",
    "locales",
    "make",
    "nano",
    "netbase",
    "netcat-traditional",
    "openssl",
    "patch",
    "pkg-config",
    "procps",
    "rsync",
    "sudo",
    "tini",
    "tzdata",
    "unzip",
    "wget",
    "xz-utils",
    "zip",
];

/// The first installation of each stage at which the build of a service stops.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Stopped> {
    let mut found = Vec::new();
    for stage in needed(service) {
        let Some(parsed) = ImageReference::parse(&stage.image.value) else { continue };
        if let Some(stopped) = by_user(&stage) {
            found.push(stopped);
            continue;
        }
        // `apk` fetches its lists by itself, and asks nothing.
        if parsed.path == "alpine" || parsed.tag.is_some_and(|tag| tag.contains("alpine")) {
            continue;
        }
        let slim =
            parsed.tag.is_some_and(|tag| tag.contains("slim")) || matches!(parsed.path, "debian" | "ubuntu");
        let mut lists = false;
        'steps: for (at, step) in stage.steps.iter().enumerate() {
            let text = match step {
                Step::Run(text) => text,
                Step::Copy(copy) if copy.from.is_some() => {
                    let to = copy.destination.assumed();
                    lists |= to == "/" || to.starts_with("/var") || to.starts_with("/etc");
                    continue;
                }
                Step::Shell(_) => break,
                _ => continue,
            };
            let whole = text.assumed();
            if ["<<", "--mount", "Assume-Yes", "assume-yes", "$(", "`"]
                .iter()
                .any(|part| whole.contains(part))
                || whole.trim_start().starts_with('[')
            {
                lists = true;
                continue;
            }
            for command in probe::commands(text, &EffectiveEnvironment::default()) {
                let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
                let name = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
                let rest = words.get(1..).unwrap_or_default();
                let has = |word: &str| rest.iter().any(|other| other == word);
                let wanted = matches!(name, "apt-get" | "apt");
                if MAY_UPDATE.contains(&name) || name.ends_with(".sh") || name.starts_with("./") {
                    lists = true;
                } else if name == "rm" && rest.iter().any(|word| word.contains("/var/lib/apt")) {
                    lists = false;
                }
                if !wanted || command.has_alternative {
                    continue;
                }
                lists |= has("update");
                let named: Vec<String> = installs::packages(rest).collect();
                let plain = named.iter().all(|package| !package.contains(['/', '$', Text::HOLE, '.']));
                if !has("install") || at < stage.own || named.is_empty() || !plain || has("--help") {
                    continue;
                }
                let short = |word: &String| word.starts_with('-') && !word.starts_with("--");
                let yes = |word: &String| {
                    short(word) && (word.contains('y') || word.contains("qq"))
                        || matches!(word.as_str(), "--yes" | "--force-yes" | "--quiet=2" | "--simulate")
                };
                let asks = !rest.iter().any(yes)
                    && !whole.contains("yes |")
                    && named.iter().any(|package| !ALONE.contains(&package.as_str()) || slim)
                    && !named.iter().all(|package| {
                        ALONE.contains(&package.as_str())
                            && !matches!(package.as_str(), "curl" | "git" | "gcc" | "g++")
                    });
                if !lists || asks {
                    let place = command.words.first().map_or(Span::NONE, Text::span);
                    found.push(Stopped {
                        command: format!("{name} install"),
                        at: if place.is_none() { text.span() } else { place },
                        image: stage.image.clone(),
                        why: if lists { Why::Question } else { Why::Lists },
                    });
                    break 'steps;
                }
            }
        }
    }
    found
}

/// The first installation for the whole system that a user other than root is to make.
fn by_user(stage: &Needed<'_>) -> Option<Stopped> {
    let mut user: Option<String> = None;
    for (at, step) in stage.steps.iter().enumerate() {
        match step {
            Step::User(text) => {
                let name = text.assumed();
                let first = name.split(':').next().unwrap_or("").trim();
                let root = matches!(first, "root" | "0" | "") || first.contains(['$', Text::HOLE]);
                user = (!root).then(|| first.to_string());
            }
            Step::Run(text) if at >= stage.own && !text.assumed().contains("<<") => {
                let Some(user) = &user else { continue };
                for command in probe::commands(text, &EffectiveEnvironment::default()) {
                    let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
                    let verb = words.iter().skip(1).find(|word| !word.starts_with('-'));
                    let installs = match words.first().map(String::as_str) {
                        Some("apt-get" | "apt") => &["update", "install", "upgrade"][..],
                        Some("apk") => &["add", "update", "upgrade"],
                        _ => continue,
                    };
                    let verb = verb.filter(|verb| installs.contains(&verb.as_str()));
                    let Some((tool, verb)) = words.first().zip(verb).filter(|_| !command.has_alternative)
                    else {
                        continue;
                    };
                    let place = command.words.first().map_or(Span::NONE, Text::span);
                    return Some(Stopped {
                        command: format!("{tool} {verb}"),
                        at: if place.is_none() { text.span() } else { place },
                        image: stage.image.clone(),
                        why: Why::User(user.clone()),
                    });
                }
            }
            _ => {}
        }
    }
    None
}
