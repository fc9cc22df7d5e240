//! A container's command leaves its program in the background, and the container ends.

use super::prelude::*;
use crate::programs::detached::Why;

rule!("detached-command", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for facts in cx.facts.active() {
        let Some(detached) = &facts.program.detached else { continue };
        let service = facts.service;
        // Who waits for its end wants it to end.
        if cx.facts.is_to_end(facts.key) || service.interactive && detached.why == Why::Prompt {
            continue;
        }
        let name = &service.name.value;
        let command = &detached.command;
        let (what, help) = match &detached.why {
            Why::Leaves(instead) => (
                format!(
                    "`{command}` leaves its program in the background, and the container lives as long as its command"
                ),
                match instead {
                    // What is no command by itself says what is to be left out.
                    Some(instead) if instead.contains('`') => format!("start it so that it stays: {instead}"),
                    Some(instead) => format!("start it so that it stays: `{instead}`"),
                    None => "start the program itself, in the foreground".to_string(),
                },
            ),
            Why::Sent => (
                format!("its shell sends `{command}` into the background (`&`) and has nothing else to do"),
                "start the last one without `&`, or end with `wait`".to_string(),
            ),
            Why::Prompt => (
                format!("`{command}` is a shell, and without a terminal it has nobody to ask"),
                "give it a command that stays; `tty: true` keeps one that is only there to be entered"
                    .to_string(),
            ),
        };
        let place = if detached.at.is_none() { service.name.span } else { detached.at };
        let finding = RULE
            .finding(place, format!("`{name}` ends at once: {what}"))
            .service(name.clone())
            .here("ends at once")
            .help(help)
            .evidence(command.clone());
        // One that nobody asks anything may be there for others to be run in.
        let dials =
            |other: &ServiceFacts<'_>| other.dials.iter().any(|dial| dial.sibling() == Some(facts.key));
        let asked = !service.ports.is_empty() || cx.facts.active().any(dials);
        out.push(if detached.why == Why::Prompt && !asked {
            finding.at_most(Confidence::Possible)
        } else {
            finding
        });
    }
}
