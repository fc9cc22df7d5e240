//! A program asks a server for something that its image does not bring.

use std::collections::HashSet;

use super::prelude::*;

rule!("server-feature-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // Of several programs that ask one server, one says it.
    let mut told = HashSet::new();
    for service in cx.facts.active() {
        for lack in cx.facts.lacking(service) {
            let (Some(server), wanted) = (lack.server.filter(|_| lack.wanted.lacks), lack.wanted) else {
                continue;
            };
            let Some(image) = server.reference.as_ref() else { continue };
            if !told.insert((wanted.thing.as_str(), server.key)) {
                continue;
            }
            let (name, host) = (&service.service.name.value, &server.service.name.value);
            let who = match service.key == server.key {
                true => format!("a first script of `{name}` asks for"),
                false => format!("`{name}` asks `{host}` for"),
            };
            let written = match (&server.service.image, &server.program.image.base) {
                (Some(image), _) if server.service.build.is_none() => image.span(),
                (_, Some(base)) => base.span,
                _ => Span::NONE,
            };
            let place = if written.is_none() { server.service.name.span } else { written };
            let message = format!(
                "{who} {}, which the image `{image}` does not bring: it says `{}`",
                wanted.thing, wanted.says
            );
            let sure = if lack.sure { Confidence::Likely } else { Confidence::Possible };
            out.push(
                RULE.finding(place, message)
                    .service(server.service.name.value.clone())
                    .here("does not bring it")
                    .also(lack.at, "asked for here")
                    .help(wanted.instead.clone())
                    .at_most(sure)
                    .evidence(wanted.thing.clone()),
            );
        }
    }
}
