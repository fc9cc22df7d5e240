//! The command has an option with which this version of the image does not start.

use super::phrases;
use super::prelude::*;
use crate::compose::ImageReference;
use crate::facts::{go_flags, receivers};

rule!("unknown-option", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(cx.facts.active().filter_map(unknown_receiver));
    out.extend(cx.facts.active().filter_map(unknown_connection));
    out.extend(cx.facts.active().filter_map(undefined_flag));
    out.extend(cx.facts.active().filter_map(without_rewrite));
    for service in cx.facts.active() {
        let (Some(image), Some(reference)) = (service.image, service.reference.as_deref()) else { continue };
        let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
        // The image's start script puts the server in front of what are only options.
        let first = words.first().map_or("", |first| first.rsplit('/').next().unwrap_or(first));
        for option in image.options_refused(reference) {
            let starts = words.first().is_some_and(|word| word.starts_with('-'))
                || option.is_of(first)
                || first == "docker-entrypoint.sh";
            let given = words
                .iter()
                .enumerate()
                .find(|(at, word)| option.is(word, words.get(at + 1).map(String::as_str)));
            let Some((at, word)) = given.filter(|_| starts && service.service.entrypoint.is_none()) else {
                continue;
            };
            let name = &service.service.name;
            let place = service.program.command.get(at).map_or(Span::NONE, Text::span);
            let finding = RULE
                .finding(
                    if place.is_none() { name.span } else { place },
                    format!(
                        "`{}` does not start with `{word}`: {} of this version says `{}`",
                        name.value, image.title, option.says
                    ),
                )
                .service(name.value.clone())
                .here(if option.one_dash { "one dash" } else { "not known to this version" })
                .help(option.instead.clone())
                .evidence(option.option.clone());
            // Where the number of dashes is what is wrong, no version is.
            let version = service
                .service
                .image
                .as_ref()
                .filter(|_| service.service.build.is_none() && !option.one_dash);
            out.push(match version {
                Some(image) => finding.also(image.span(), version_of(reference)),
                None => finding,
            });
        }
    }
}

/// A transport that Symfony's Messenger is told to take messages from and that its settings do not have.
fn unknown_receiver(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = receivers::unknown(service)?;
    let (own, name) = (&service.service.name, &found.name);
    let known = found.known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
    let finding = RULE.finding(
        if found.place.is_none() { own.span } else { found.place },
        format!("`{}` consumes messages of `{name}`, which is none of its transports: Messenger says `The receiver \"{name}\" does not exist`", own.value),
    );
    let finding = finding
        .service(own.value.clone())
        .here("no transport of that name")
        .also(found.made, "of one that there is");
    Some(
        finding.help(format!("name one of its transports ({known}), or add this one")).evidence(name.clone()),
    )
}

/// A connection of Laravel's queue that a worker is told and that the settings do not have.
fn unknown_connection(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = receivers::unknown_connection(service)?;
    let (own, name) = (&service.service.name, &found.name);
    let known: Vec<&str> = found.known.iter().map(String::as_str).collect();
    let finding = RULE.finding(
        if found.place.is_none() { own.span } else { found.place },
        format!("`{}` works on the connection `{name}`, which `config/queue.php` does not have: Laravel says `The [{name}] queue connection has not been configured`", own.value),
    );
    let finding = finding
        .service(own.value.clone())
        .here("no connection of that name")
        .also(found.made, "those that there are");
    Some(
        finding
            .help(format!(
                "name one of them ({}); a queue is told by `--queue={name}`",
                phrases::list(&known)
            ))
            .evidence(name.clone()),
    )
}

/// Rules of `mod_rewrite` that Apache of the image of PHP takes from the folder of pages, without the module.
fn without_rewrite(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.unrewritten.as_ref()?;
    let name = &service.service.name.value;
    let finding = RULE.finding(
        found.at,
        format!("`{name}` answers every request with 500: its Apache reads `RewriteEngine` in `.htaccess`, and the image does not turn on its module `rewrite`"),
    );
    let finding = finding
        .service(name.clone())
        .here("not known")
        .also(found.image, "the image has the module turned off");
    Some(finding.help("write `RUN a2enmod rewrite` in the Dockerfile").evidence("RewriteEngine"))
}

/// A flag that a program in Go does not define.
fn undefined_flag(service: &ServiceFacts<'_>) -> Option<Finding> {
    let go_flags::Undefined { flag, at, near, known } = go_flags::undefined(service)?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let name = &service.service.name;
    let finding = RULE
        .finding(
            if at.is_none() { name.span } else { at },
            format!(
                "`{}` ends when it starts: its program defines no flag `{flag}`, and says `flag provided but not defined`",
                name.value
            ),
        )
        .service(name.value.clone())
        .here("no flag of its own")
        .evidence(flag);
    Some(match near {
        Some(near) => finding.help(format!("write `-{near}`")),
        None => finding.help(format!("leave it out; the flags of the program are {}", phrases::list(&known))),
    })
}

/// What a tag says of the version.
pub(super) fn version_of(reference: &str) -> &'static str {
    match ImageReference::parse(reference).and_then(|parsed| parsed.tag) {
        None | Some("latest") => "no version is named, so it is the newest",
        Some(tag) if tag.contains('.') => "the version",
        Some(_) => "the newest of this version",
    }
}
