//! A server that is older than what the packages of its client speak to.

use std::collections::HashSet;

use super::prelude::*;
use super::versions;
use crate::facts::images::Version;

rule!("server-too-old", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for client in cx.facts.active() {
        for dial in &client.dials {
            let Some(sink) = dial.sink() else { continue };
            let Some(server) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
            let asks = client.program.floors.iter().find(|asks| {
                asks.floor.kind == sink.kind && is_older(server, &asks.floor.images, &asks.floor.least)
            });
            let (Some(asks), Some(image)) = (asks, &server.service.image) else { continue };
            let (name, host) = (&client.service.name.value, &server.service.name.value);
            if !told.insert((name, host)) {
                continue;
            }
            let floor = asks.floor;
            let shown = image.assumed();
            let finding = RULE
                .finding(
                    image.span(),
                    format!(
                        "`{name}` cannot work with `{host}`: `{shown}` is older than {} {}, the oldest that `{}` speaks to",
                        floor.server, floor.least, asks.package.value
                    ),
                )
                .service(host.clone())
                .here(format!("`{name}` gets `{}`", floor.says))
                .also(asks.package.span, format!("takes {} {} or later", floor.server, floor.least))
                .at_most(dial.sureness.min(Confidence::Likely))
                .help(format!(
                    "raise the image to {} {} or later, or hold the package back: `{}`",
                    floor.server,
                    floor.least,
                    floor.held_back(&|least| !is_older(server, &floor.images, least))
                ))
                .evidence(asks.package.value.clone());
            out.push(finding);
        }
    }
}

/// Whether the server is one of these images, and the version that its tag begins with is older than this one.
fn is_older(server: &ServiceFacts<'_>, images: &[String], least: &str) -> bool {
    versions::image(server).is_some_and(|reference| {
        let tag = reference.tag.filter(|tag| tag.starts_with(|c: char| c.is_ascii_digit()));
        let before = Version::try_from(least.to_string()).ok();
        images.iter().any(|image| image == reference.path)
            && before.is_some()
            && tag.is_some_and(|tag| Version::lies_within(Some(tag), None, before))
    })
}
