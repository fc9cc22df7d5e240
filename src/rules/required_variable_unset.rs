//! The program stops without a variable that nothing sets.

use super::prelude::*;
use super::{laravel_key, phrases, rails_secret, wiring};
use crate::facts::expansions;
use crate::facts::needs::{self, Lack};
use crate::facts::sections;
use crate::facts::variables::{self, Fallback, Reader, Seen};
use crate::facts::{Gap, Need, Why};
use crate::programs::LeftOut;
use crate::source::Spanned;

rule!("required-variable-unset", check);

/// More reads of one finding are not shown.
const MAX_SHOWN: usize = 8;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let plain = |gap: &&Gap| gap.need == Need::Required && gap.why == Why::Absent;
    // What a service lacks is told at once, and at once for all that lack the same.
    let mut found: Vec<(bool, Vec<&Gap>, Vec<&Gap>)> = Vec::new();
    for client in cx.facts.active() {
        for (sure, hidden) in [(true, false), (true, true), (false, false), (false, true)] {
            let of_client = |gap: &&Gap| {
                gap.service == client.key && gap.at_start == sure && client.may_find(&gap.variable) == hidden
            };
            let gaps: Vec<&Gap> = cx.facts.gaps().iter().filter(plain).filter(of_client).collect();
            let Some(first) = gaps.first() else { continue };
            // What is less sure of one makes it no less sure of the others.
            let same = |(doubted, known, _): &(bool, Vec<&Gap>, Vec<&Gap>)| {
                let alike = |a: &Gap, b: &Gap| {
                    a.variable == b.variable && a.read == b.read && a.at_start == b.at_start
                };
                *doubted == hidden
                    && known.len() == gaps.len()
                    && known.iter().zip(&gaps).all(|(a, b)| alike(a, b))
            };
            match found.iter_mut().find(|known| same(known)) {
                Some((.., services)) => services.push(first),
                None => found.push((hidden, gaps.clone(), vec![first])),
            }
        }
    }
    out.extend(found.iter().filter_map(|(_, variables, services)| finding(cx, variables, services)));
    for facts in cx.facts.active() {
        out.extend(needs::of(cx.project, facts).into_iter().map(|lack| of_image(facts, lack)));
        out.extend(left_out(cx, facts));
        out.extend(rails_secret::finding(&RULE, facts));
        out.extend(laravel_key::finding(&RULE, facts));
        out.extend(sections::absent(facts).iter().map(|absent| of_section(facts, absent)));
        out.extend(expansions::lacking(facts).into_iter().map(|variable| of_configuration(facts, &variable)));
    }
}

/// A dotenv file that the program leaves out for what a variable says, where nothing else sets what it reads of that.
fn left_out(cx: &Context<'_>, facts: &ServiceFacts<'_>) -> Option<Finding> {
    let mut files = facts.program.unloaded.iter();
    let (file, LeftOut { by, names }) = files.find_map(|file| Some((file, file.left_out.as_ref()?)))?;
    let seen: Vec<_> = variables::of(facts).into_iter().filter(|seen| names.contains(&seen.name)).collect();
    let bare = |reader: &Reader<'_>| matches!(reader.fallback, Fallback::Nothing | Fallback::Required);
    let without = |seen: &&Seen<'_>| {
        let used = seen.readers.iter().any(|reader| reader.used && reader.run);
        seen.value().is_none() && used && seen.readers.iter().all(bare)
    };
    let lacking: Vec<&Seen<'_>> = seen.iter().filter(without).collect();
    let given = seen.iter().any(|seen| seen.value().is_some() && seen.name != *by);
    let told =
        |gap: &Gap| gap.service == facts.key && gap.need != Need::Wanted && names.contains(&gap.variable);
    if given || lacking.len() < MIN_LEFT_OUT || cx.facts.gaps().iter().any(told) {
        return None;
    }
    let set = facts.environment.get(by)?;
    let place = if set.variable.key.is_none() { file.at } else { set.variable.key };
    let (name, value) = (&facts.service.name, set.value()?.assumed());
    let shown: Vec<&str> = lacking.iter().take(MAX_SHOWN).map(|seen| seen.name.as_str()).collect();
    let message = format!(
        "nothing sets {} for `{}`: its program loads `{}` only under a condition, which does not hold where `{by}` is `{value}`",
        phrases::listed(&shown),
        name.value,
        file.target,
    );
    let finding = RULE
        .finding(place, message)
        .service(name.value.clone())
        .here("for this the file is left out")
        .also(file.at, "loaded here, under a condition")
        .at_most(Confidence::Likely)
        .evidence(by.clone());
    let finding = shown.iter().fold(finding, |finding, name| finding.evidence((*name).to_string()));
    Some(finding.help(format!(
        "set them in `environment` or `env_file` of `{}`, or give `{by}` the value that the program asks for",
        name.value
    )))
}

/// So many variables of a file that a program has no other value for, and it cannot do without the file.
const MIN_LEFT_OUT: usize = 2;

/// A section of the program's settings that neither its files nor its variables have.
fn of_section(facts: &ServiceFacts<'_>, absent: &sections::Absent) -> Finding {
    let (name, key) = (&facts.service.name, &absent.key);
    let finding = RULE.finding(
        absent.at,
        format!(
            "`{}` asks its settings for `{key}` and stops without it: none of its files has that, and no variable begins with `{}__`",
            name.value,
            key.replace(':', "__")
        ),
    );
    let finding = finding
        .service(name.value.clone())
        .here("asked for here")
        .also(name.span, format!("has no `{key}`"))
        .at_most(Confidence::Likely)
        .evidence(key.clone());
    let elsewhere = !absent.written.is_none() && absent.written != absent.at;
    let finding = if elsewhere { finding.also(absent.written, "the key") } else { finding };
    let finding = match &absent.variable {
        Some((name, key)) if !key.is_none() => finding.also(*key, format!("`{name}` is set")),
        _ => finding,
    };
    finding.help(match &absent.near {
        Some(near) => format!("`{near}` is there: call both by one name"),
        None => format!("add `{key}` to `appsettings.json`, or set its values by variables"),
    })
}

/// An image that asks for a variable before it starts its server.
fn of_image(facts: &ServiceFacts<'_>, lack: Lack) -> Finding {
    let (name, variable) = (&facts.service.name, lack.variable);
    let (place, message, label) = match lack.blank {
        Some(place) => (
            if place.is_none() { name.span } else { place },
            format!("`{variable}` is blank for `{}`, and its image does not start without it", name.value),
            "nothing stands here".to_string(),
        ),
        None => (
            name.span,
            format!(
                "nothing sets `{variable}` for `{}`, and its image does not start without it",
                name.value
            ),
            format!("has no `{variable}`"),
        ),
    };
    RULE.finding(place, message)
        .service(name.value.clone())
        .here(label)
        .at_most(lack.confidence)
        .evidence(variable)
        .help(match lack.instead {
            Some(instead) => instead.to_string(),
            None => format!("set `{variable}` in `environment` of `{}`", name.value),
        })
}

/// A configuration file into which the program puts a variable, and stops without it.
fn of_configuration(facts: &ServiceFacts<'_>, variable: &Spanned<String>) -> Finding {
    let (name, variable, place) = (&facts.service.name, &variable.value, variable.span);
    let title = facts.image.map_or("its program", |image| image.title.as_str());
    RULE.finding(
        place,
        format!(
            "nothing sets `{variable}` for `{}`, and {title} can't do without it: its configuration has no default",
            name.value
        ),
    )
    .service(name.value.clone())
    .here("put in here")
    .also(name.span, format!("has no `{variable}`"))
    .at_most(Confidence::Likely)
    .evidence(variable.clone())
    .help(format!("set `{variable}` in `environment` of `{}`", name.value))
}

fn finding(cx: &Context<'_>, variables: &[&Gap], services: &[&Gap]) -> Option<Finding> {
    let first = variables.first()?;
    let client = cx.facts.service(&first.service)?;
    let names: Vec<&str> = variables.iter().map(|gap| gap.variable.as_str()).collect();
    let (names, clients) = (phrases::listed(&names), wiring::lacking(services));
    let finding = RULE
        .finding(
            client.service.name.span,
            format!(
                "nothing sets {names} for {clients}, and the program {} without {}",
                if variables.iter().all(|gap| gap.late) { "cannot do its work" } else { "stops" },
                if variables.len() == 1 { "it" } else { "them" }
            ),
        )
        .service(first.service.clone())
        .here(format!("has no {names}"));
    let shown = variables.iter().take(MAX_SHOWN);
    let mut finding = shown
        .fold(finding, |finding, gap| finding.also(gap.read, format!("`{}` is read here", gap.variable)));
    for gap in variables {
        finding = finding.evidence(gap.variable.clone());
    }
    // What Compose's own `.env` has is written, and handed on to nobody: it is in no other file then.
    let found = |client: &ServiceFacts<'_>, variable: &str| match cx.facts.is_in_dotenv(variable) {
        true => client.may_be_given(variable),
        false => client.may_find(variable),
    };
    let hidden = wiring::services(cx, services)
        .iter()
        .any(|client| variables.iter().any(|gap| found(client, &gap.variable)));
    if hidden || !first.at_start {
        finding = finding.at_most(Confidence::Possible);
    } else if !variables.iter().any(|gap| cx.facts.is_in_dotenv(&gap.variable))
        && client.lacks_unspoken_file()
    {
        // Who wrote the program may have the file.
        finding = finding.severity(Severity::Warning).at_most(Confidence::Likely);
    }
    let entry = |gap: &&Gap| {
        format!("`{}`", wiring::entry(client, &gap.variable, &format!("${{{}:?}}", gap.variable)))
    };
    let entries: Vec<String> = variables.iter().take(MAX_SHOWN).map(entry).collect();
    let more = match variables.len().saturating_sub(MAX_SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more like these"),
    };
    let values = if variables.len() == 1 { "its value" } else { "their values" };
    Some(finding.help(format!(
        "in `environment` of {clients} write {}{more}, and {values} in `.env`",
        entries.join(", ")
    )))
}
