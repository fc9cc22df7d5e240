//! A step of a build, or of a start, is one that the tools of today refuse.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::{asking_steps, refused_steps};

rule!("refused-step", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        if let Some((known, command, at)) = refused_steps::at_start(service) {
            let says = format!("to `{command}` of `{name}`, {} says `{}`", known.who(""), known.says);
            let finding = RULE.finding(if at.is_none() { service.service.name.span } else { at }, says);
            out.push(
                finding
                    .service(name.clone())
                    .here("is refused")
                    .help(known.instead.clone())
                    .evidence(command),
            );
        }
        for stop in asking_steps::of(service) {
            if !seen.insert(stop.at) {
                continue;
            }
            let (command, database) = (&stop.command, &stop.database);
            let message = format!(
                "the build of `{name}` stops at `{command}`: it asks a database, and builds reach no service, so `{database}` is not there"
            );
            let help = format!(
                "run it when the container starts, in an entry point or before the server in `command`: `{database}` is there then"
            );
            out.push(
                RULE.finding(stop.at, message)
                    .service(name.clone())
                    .here("runs while the image is built")
                    .help(help)
                    .evidence(command.clone()),
            );
        }
        for stop in refused_steps::of(service) {
            if !seen.insert(stop.at) {
                continue;
            }
            let message = format!(
                "the build of `{name}` stops: to `{}`, {} says `{}`",
                stop.command,
                stop.known.who(&stop.image.value),
                stop.known.says
            );
            out.push(
                RULE.finding(stop.at, message)
                    .service(name.clone())
                    .here("is refused")
                    .also(stop.image.span, "the image".to_string())
                    .help(stop.known.instead.clone())
                    .evidence(stop.command),
            );
        }
    }
}
