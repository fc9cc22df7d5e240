//! Variables without which known images do not start: the password of a database that is made anew.

use super::ServiceFacts;
use super::images::KnownNeed;
use super::makers::has_old_data;
use crate::compose::Project;
use crate::finding::Confidence;
use crate::source::{Span, Text, Via};

/// A variable that the image of a service wants, and nothing sets.
#[derive(Clone, Copy, Debug)]
pub struct Lack {
    /// The variable.
    pub variable: &'static str,
    /// Where it is set to nothing, which the image takes for not set.
    pub blank: Option<Span>,
    /// What to do about it, where that is not just to set it.
    pub instead: Option<&'static str>,
    /// How sure it is that the service stops without it.
    pub confidence: Confidence,
}

/// What the image of a service wants and does not get.
#[must_use]
pub fn of(project: &Project, facts: &ServiceFacts<'_>) -> Vec<Lack> {
    let (Some(image), Some(reference)) = (facts.image, &facts.reference) else { return Vec::new() };
    let open = facts.service.entrypoint.is_some() || facts.lacks_env_file();
    if open || facts.environment.unseen().is_some() {
        return Vec::new();
    }
    let set = |name: &String| {
        let (name, value) =
            name.split_once('=').map_or((name.as_str(), None), |(name, value)| (name, Some(value)));
        let found = facts.environment.get(name);
        let blank = value.is_none()
            && found.and_then(|found| found.value()).is_some_and(|text| is_nothing(name, text));
        !blank
            && found.is_some_and(|found| {
                value.is_none_or(|value| found.value().is_none_or(|text| text.assumed() == value))
            })
    };
    let wanted = |need: &KnownNeed| {
        (need.with.is_empty() || need.with.iter().any(set)) && !is_configured(&need.files, facts)
    };
    // `- NAME:value` is told of by itself.
    let meant = |name: &String| {
        let begins =
            |known: &String| known.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(':'));
        facts.service.environment.variables.keys().any(begins)
    };
    let old = has_old_data(project, facts, image);
    let needs =
        image.needs.iter().filter(|need| need.applies(reference) && wanted(need) && starts(need, facts));
    needs
        .filter(|need| !need.any.iter().any(|name| set(name) || meant(name)))
        .filter_map(|need| Some((need, need.any.first()?)))
        .map(|(need, first)| {
            // The one that is written, and left blank, is what is meant.
            let written = need.any.iter().find_map(|name| Some((name, facts.environment.value(name)?)));
            let written = written.filter(|(name, text)| is_nothing(name, text));
            let (variable, blank) = written.map_or((first, None), |(name, text)| (name, Some(text.span())));
            (need, variable, blank)
        })
        .map(|(need, variable, blank)| Lack {
            variable,
            blank,
            instead: need.instead.as_deref(),
            confidence: if old { Confidence::Possible } else { Confidence::Likely },
        })
        .collect()
}

/// Whether it is a password for which nothing is written. One that the host may give instead is told of where it is put in.
fn is_nothing(name: &str, text: &Text) -> bool {
    let open = |via: &Via| matches!(via, Via::Interpolation { fallback: true, .. });
    name.contains("PASSWORD")
        && text.is_blank() == Some(true)
        && !text.pieces().iter().any(|piece| piece.origin.through.iter().any(open))
}

/// The variables that the image of a service wants and that are blank: what makes them is not set where the project runs.
#[must_use]
pub fn blank<'f>(facts: &'f ServiceFacts<'_>) -> Vec<(&'f str, &'f Text)> {
    blank_without(facts, &|_| false)
}

/// Those that are blank, and those whose values `gone` says are not there.
#[must_use]
pub fn blank_without<'f>(
    facts: &'f ServiceFacts<'_>,
    gone: &dyn Fn(&Text) -> bool,
) -> Vec<(&'f str, &'f Text)> {
    let (Some(image), Some(reference)) = (facts.image, &facts.reference) else { return Vec::new() };
    if facts.service.entrypoint.is_some() || facts.environment.unseen().is_some() {
        return Vec::new();
    }
    let filled = |name: &String| {
        let name = name.split('=').next().unwrap_or(name);
        facts.environment.get(name).is_some_and(|found| {
            found.value().is_none_or(|text| text.is_blank() != Some(true) && !gone(text))
        })
    };
    let wanted = |need: &&KnownNeed| {
        need.applies(reference)
            && need.with.is_empty()
            && !is_configured(&need.files, facts)
            && starts(need, facts)
    };
    let lacking = image.needs.iter().filter(wanted).filter(|need| !need.any.iter().any(filled));
    // The one that is written is what is meant.
    let named = lacking.filter_map(|need| {
        let mut passwords = need.any.iter().filter(|name| name.contains("PASSWORD") && !name.contains('='));
        passwords.find_map(|name| Some((name.as_str(), facts.environment.get(name)?.value()?)))
    });
    named.collect()
}

/// Whether a file in one of these directories may say what variables do not: it is mounted, or built in.
fn is_configured(directories: &[String], facts: &ServiceFacts<'_>) -> bool {
    let below = |target: &str| directories.iter().any(|directory| target.starts_with(directory.as_str()));
    let mut mounts = facts.service.volumes.iter().map(|mount| mount.target.as_str());
    let mut files = facts.service.configs.iter().map(|config| config.target.as_str());
    !directories.is_empty() && (facts.service.build.is_some() || mounts.any(below) || files.any(below))
}

/// Whether the container starts the server itself: nothing is said, options for it, or its name.
fn starts(need: &KnownNeed, facts: &ServiceFacts<'_>) -> bool {
    let words: Vec<String> = facts.program.command.iter().map(Text::assumed).collect();
    let does_without = |word: &String| need.flags.iter().any(|flag| word.contains(flag.as_str()));
    if words.iter().any(does_without) || need.told && words.iter().any(|word| word.contains('$')) {
        return false;
    }
    let names = |word: &str| need.starts.iter().any(|name| name == word);
    let mut words = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
    if need.told {
        return words.find(|word| !word.starts_with('-')).is_some_and(names);
    }
    words.next().is_none_or(|first| first.starts_with('-') || names(first))
}
