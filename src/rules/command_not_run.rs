//! The entry point of a container does not run its command.

use super::absent::shown;
use super::prelude::*;
use crate::programs::unpassed::Swallower;

rule!("command-not-run", check);

/// Longer commands are cut in messages.
const MAX_SHOWN: usize = 40;

/// Words of commands that start what works in the background, which no entry point starts beside a server.
const BACKGROUND: [&str; 12] = [
    "celery",
    "worker",
    "sidekiq",
    "sneakers",
    "queue:",
    "horizon",
    "schedule",
    "consumer",
    "consume",
    "beat",
    "resque",
    "delayed_job",
];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let Some(unpassed) = &service.program.unpassed else { continue };
        let name = &service.service.name;
        let place = if unpassed.at.is_none() { name.span } else { unpassed.at };
        let line = unpassed.command.lines().next().unwrap_or("");
        let command = match line.char_indices().nth(MAX_SHOWN) {
            Some((at, _)) => format!("{}…", line.get(..at).unwrap_or("")),
            None if line.len() < unpassed.command.len() => format!("{line}…"),
            None => line.to_string(),
        };
        let start = format!("`{}` does not run its command `{command}`", name.value);
        let finding = |rest: String| {
            RULE.finding(place, format!("{start}: {rest}")).service(name.value.clone()).here("not run")
        };
        let found = match &unpassed.by {
            Swallower::Program { name, image } => finding(format!("the entry point of `{image}` hands it to `{name}` as arguments"))
                .help("write it as `entrypoint`, which takes the place of the image's own")
                .evidence(image.clone()),
            Swallower::Script { path, entry } => {
                let script = shown(cx, path);
                finding(format!("its entry point, `{script}`, makes nothing of its arguments"))
                    .also(*entry, "the entry point".to_string())
                    .help(format!("end `{script}` with `exec \"$@\"`, or set `entrypoint` for this service"))
                    .evidence(script)
            }
            Swallower::Dropped { path, dropped } => {
                let script = shown(cx, path);
                finding(format!("with an `entrypoint` of its own it has none, and `{script}` runs nothing then"))
                    .here("no command")
                    .also(*dropped, "the command of the image")
                    .help(format!("write the command of the image here, too: `command: {}`", unpassed.command))
                    .evidence(script)
            }
            Swallower::Twice { entry, at, rest } => {
                finding(format!("its entry point is `{entry}`, which gets it as arguments, its first word too"))
                    .also(*at, "the entry point".to_string())
                    .help(match rest {
                        Some(rest) => format!("leave out what the entry point says: `{rest}`"),
                        None => "write it as `entrypoint`, which takes the place of the image's own".to_string(),
                    })
                    .evidence(entry.clone())
            }
            Swallower::Text { entry } => finding("its entry point is run by a shell, which makes nothing of it".to_string())
                .also(*entry, "the entry point".to_string())
                .help("write the entry point as a list (`[\"program\", \"argument\"]`), or set `entrypoint` for this service")
                .evidence(unpassed.command.clone()),
        };
        // A command that says what happens anyway does no harm.
        let harmless = !matches!(unpassed.by, Swallower::Program { .. } | Swallower::Twice { .. })
            && !is_told_apart(cx, service);
        out.push(if harmless { found.at_most(Confidence::Possible) } else { found });
    }
}

/// Whether the command is to make something else of the service than its entry point starts: nothing but that tells it from
/// another service, or it starts what works in the background, or nothing else would run.
fn is_told_apart(cx: &Context<'_>, service: &ServiceFacts<'_>) -> bool {
    let unpassed = service.program.unpassed.as_ref();
    if unpassed.is_some_and(|unpassed| unpassed.prepares) {
        return true;
    }
    let command = unpassed.map_or("", |unpassed| unpassed.command.as_str());
    let apart = BACKGROUND.iter().any(|word| command.contains(word));
    let twin = |other: &ServiceFacts<'_>| {
        let same = service.program.image.dockerfile.is_some()
            && other.program.image.dockerfile == service.program.image.dockerfile;
        same && other.key != service.key
            && other.program.unpassed.as_ref().map_or("", |unpassed| unpassed.command.as_str()) != command
    };
    apart || cx.facts.active().any(twin)
}
