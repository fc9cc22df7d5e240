//! A step of a build, or of a start, is one that the tools of today refuse.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::settings_steps::{self, Unsettled};
use crate::facts::{asking_steps, prerendered, refused_steps};

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
            let what = if stop.test.is_some() { "it runs a test that asks" } else { "it asks" };
            let message = format!(
                "the build of `{name}` stops at `{command}`: {what} a database, and builds reach no service, so `{database}` is not there"
            );
            let help = match stop.test {
                Some(_) if command.contains("gradle") => "write `bootJar`, or add `-x test`".to_string(),
                Some(_) => "add `-DskipTests`".to_string(),
                None => format!(
                    "run it when the container starts, in an entry point or before the server in `command`: `{database}` is there then"
                ),
            };
            out.push(
                RULE.finding(stop.at, message)
                    .service(name.clone())
                    .here("runs while the image is built")
                    .also(stop.test.unwrap_or(Span::NONE), "starts the whole application")
                    .help(help)
                    .evidence(command.clone()),
            );
        }
        out.extend(prerendered::of(service).map(|stop| rendered(name, &stop)));
        if let Some(stop) = settings_steps::of(service).filter(|stop| seen.insert(stop.at)) {
            out.push(unsettled(name, &stop));
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

/// A step in which Django loads settings that stop.
fn unsettled(name: &str, stop: &Unsettled) -> Finding {
    let Unsettled { command, at, variable } = stop;
    let finding = match variable {
        Some((variable, read)) => RULE
            .finding(
                *at,
                format!(
                    "the build of `{name}` stops at `{command}`: the settings need `{variable}`, which is not set while the image is built"
                ),
            )
            .here("loads the settings")
            .also(*read, format!("`{variable}` is read here"))
            .help(format!("give it one for this step alone: `RUN {variable}=unused python {command} …`"))
            .evidence(variable.clone()),
        None => RULE
            .finding(
                *at,
                format!(
                    "the build of `{name}` stops at `{command}`: the settings have no `STATIC_ROOT`, and Django says `ImproperlyConfigured`"
                ),
            )
            .here("has no folder to collect in")
            .help("write `STATIC_ROOT = BASE_DIR / \"staticfiles\"` into the settings")
            .evidence("STATIC_ROOT"),
    };
    finding.service(name.to_string()).at_most(Confidence::Likely)
}
/// A page that Next.js renders while the image is built.
fn rendered(name: &str, stop: &prerendered::Stop<'_>) -> Finding {
    let (page, database) = (&stop.page.page, &stop.database);
    let message = format!(
        "the build of `{name}` stops when it renders `{page}`: that asks a database, and builds reach no service, so `{database}` is not there"
    );
    RULE.finding(stop.page.at, message)
        .service(name.to_string())
        .here("asked while the image is built")
        .also(stop.made_by, "the pages are rendered here")
        .help(format!("write `export const dynamic = \"force-dynamic\"` into `{page}`, so that it is rendered when somebody asks for it"))
        .evidence(page.clone())
}
