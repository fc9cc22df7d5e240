//! Nothing says what to run, and the image by itself ends at once.

use super::prelude::*;
use crate::facts::images::known;

rule!("command-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for facts in cx.facts.active() {
        // What programs are built on is no server, so it is looked up by itself.
        let Some(reference) = facts.program.image.base.as_ref().map(|base| base.value.as_str()) else {
            continue;
        };
        let Some(ends) = known(reference).and_then(|image| image.ends(reference)) else { continue };
        let service = facts.service;
        let command =
            !facts.program.command.is_empty() || service.command.is_some() || service.entrypoint.is_some();
        let terminal = ends.prompt && service.interactive;
        // Who waits for its end wants it to end.
        let wanted = cx.facts.is_to_end(facts.key);
        // A build may bring a command of its own in ways that are not seen.
        let unseen =
            service.build.is_some() && facts.program.image.parsed.is_none() || facts.program.image.assumed;
        if command || terminal || wanted || unseen {
            continue;
        }
        let name = &service.name.value;
        let example = match (&ends.example, ends.prompt) {
            (Some(example), _) => format!("give it a command: `command: {example}`"),
            (None, true) => {
                "give it a `command`; `tty: true` keeps one that is only there to be entered".to_string()
            }
            (None, false) => "give it a `command`".to_string(),
        };
        let what = if ends.prompt { ", which ends without a terminal" } else { "" };
        let finding = RULE
            .finding(
                service.name.span,
                format!(
                    "`{name}` ends at once: no command is given, and its image by itself {}{what}",
                    ends.does
                ),
            )
            .service(name.clone())
            .here("has no command")
            .help(example)
            .evidence(reference.to_string());
        out.push(match &service.image {
            // A build that is given a name may only be what others are built from.
            Some(_) if service.build.is_some() => finding.at_most(Confidence::Possible),
            Some(image) => finding.also(image.span(), "the image"),
            None => finding,
        });
    }
}
