//! Two variables of one service name the same database differently.

use super::prelude::*;
use super::wiring;
use crate::facts::names::Words;
use crate::facts::protocol;

rule!("sibling-urls-disagree", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let urls: Vec<&Dial<'_>> = client
            .dials
            .iter()
            .filter(|dial| {
                dial.endpoint.scheme.is_some()
                    && wiring::reaches_somebody(dial)
                    && !dial.speaks_web()
                    && works(cx, client, dial)
            })
            .collect();
        for (index, first) in urls.iter().enumerate() {
            for second in &urls[index + 1..] {
                if let Some(finding) = compare(client, first, second) {
                    out.push(finding);
                }
            }
        }
    }
}

/// Whether the server knows what the dial says: if not, that is the mistake.
fn works<'a>(cx: &Context<'a>, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> bool {
    let differences = cx.facts.credential_differences(client, dial);
    let listens = dial.sibling().and_then(|name| cx.facts.service(name)).is_none_or(|server| {
        server.listeners.is_empty() || dial.port().is_none_or(|port| server.listens_on(port))
    });
    listens && differences.iter().all(|difference| difference.confidence == Confidence::Possible)
}

fn compare(client: &ServiceFacts<'_>, first: &Dial<'_>, second: &Dial<'_>) -> Option<Finding> {
    let (a, b) = (first.variable()?, second.variable()?);
    let protocol = |dial: &Dial<'_>| protocol::of_scheme(&dial.endpoint.scheme_name()?);
    if a == b
        || Words::of(a).without_drivers() != Words::of(b).without_drivers()
        || protocol(first)? != protocol(second)?
    {
        return None;
    }
    // The plain name is the one people know; the variant is the one that was forgotten.
    let (plain, variant) = if a.len() <= b.len() { (first, second) } else { (second, first) };
    let (plain_name, variant_name) = (plain.variable()?, variant.variable()?);
    let differences = differences(plain, variant);
    let (what, at, here, there) = differences.first()?;
    let service = &client.service.name.value;
    let all: Vec<&str> = differences.iter().map(|(what, ..)| *what).collect();
    Some(
        RULE.finding(
            *at,
            format!(
                "`{plain_name}` and `{variant_name}` of `{service}` name the same database with another {}",
                all.join(", ")
            ),
        )
        .service(service.clone())
        .here(format!("{what} {here} here"))
        .also(plain.place, format!("{what} {there} in `{plain_name}`"))
        .help(format!(
            "give both the same {}, or derive `{variant_name}` from `{plain_name}` in the program",
            all.join(", ")
        ))
        .evidence(plain_name)
        .evidence(variant_name),
    )
}

/// What differs: its name, where the variant has it, and both texts.
fn differences(plain: &Dial<'_>, variant: &Dial<'_>) -> Vec<(&'static str, Span, String, String)> {
    let mut found = Vec::new();
    let mut compare = |what, plain: Option<&Text>, variant: Option<&Text>, place: Span, secret: bool| {
        let (Some(here), Some(there)) = (variant.and_then(Text::complete), plain.and_then(Text::complete))
        else {
            return;
        };
        if here != there {
            let shown = |text: &str| if secret { String::new() } else { format!("`{text}`") };
            let at = variant.map_or(place, Text::span);
            found.push((what, if at.is_none() { place } else { at }, shown(&here), shown(&there)));
        }
    };
    let host = |dial: &Dial<'_>| dial.endpoint.address().map(|address| address.host.clone());
    let (plain_host, variant_host) = (host(plain), host(variant));
    if plain.target != variant.target {
        compare("host", plain_host.as_ref(), variant_host.as_ref(), variant.place, false);
    }
    if plain.port() != variant.port() {
        let port = |dial: &Dial<'_>| dial.endpoint.address().and_then(|address| address.port.clone());
        let (plain_port, variant_port) = (port(plain), port(variant));
        compare("port", plain_port.as_ref(), variant_port.as_ref(), variant.place, false);
    }
    compare("user", plain.endpoint.user.as_ref(), variant.endpoint.user.as_ref(), variant.place, false);
    compare(
        "password",
        plain.endpoint.password.as_ref(),
        variant.endpoint.password.as_ref(),
        variant.place,
        true,
    );
    compare(
        "database name",
        plain.endpoint.database.as_ref(),
        variant.endpoint.database.as_ref(),
        variant.place,
        false,
    );
    found
}
