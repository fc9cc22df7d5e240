//! Two services, or two entries of one, want the same port of the host.

use super::phrases;
use super::prelude::*;
use crate::compose::{NetworkMode, Port};

rule!("duplicate-host-port", check);

/// An entry of `ports` that takes these ports of the host whatever happens.
struct Taken<'f, 'a> {
    service: &'f ServiceFacts<'a>,
    entry: &'f Port,
    first: u16,
    last: u16,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let taken: Vec<Taken<'_, '_>> =
        cx.facts.active().filter(|service| publishes(service)).flat_map(taken).collect();
    // What several services take over from one place (`<<`, `extends`) is one mistake.
    let mut mistakes: Vec<(Span, &Taken<'_, '_>, Vec<&Taken<'_, '_>>)> = Vec::new();
    for (at, later) in taken.iter().enumerate() {
        let meets = |earlier: &&Taken<'_, '_>| collide(earlier, later) && run_together(cx, earlier, later);
        let Some(earlier) = taken.iter().take(at).find(meets) else { continue };
        let place = later.place();
        match mistakes
            .iter_mut()
            .find(|(known, first, _)| *known == place && first.service.key == earlier.service.key)
        {
            Some((_, _, others)) if others.iter().any(|other| other.service.key == later.service.key) => {}
            Some((_, _, others)) => others.push(later),
            None => mistakes.push((place, earlier, vec![later])),
        }
    }
    let found = mistakes.iter().filter_map(|(place, earlier, later)| finding(*place, earlier, later, &taken));
    out.extend(found);
}

/// Whether neither has ended before the other starts.
fn run_together(cx: &Context<'_>, one: &Taken<'_, '_>, other: &Taken<'_, '_>) -> bool {
    let (one, other) = (one.service.key, other.service.key);
    let ended = Some(Condition::Completed);
    cx.facts.waited_for(one, other) != ended && cx.facts.waited_for(other, one) != ended
}

impl Taken<'_, '_> {
    /// Where the port of the host is written.
    fn place(&self) -> Span {
        match self.entry.published_text.span() {
            written if written.is_none() => self.entry.origin.written,
            written => written,
        }
    }
}

/// Whether Docker publishes its ports: not for the network of the host or of another, nor for none of it.
fn publishes(service: &ServiceFacts<'_>) -> bool {
    let bridged = match service.service.network_mode.as_ref().map(|mode| &mode.value) {
        None | Some(NetworkMode::Bridge | NetworkMode::Other(_)) => true,
        Some(NetworkMode::None | NetworkMode::Host | NetworkMode::Service(_) | NetworkMode::Container(_)) => {
            false
        }
    };
    bridged && service.service.replicas.as_ref().is_none_or(|replicas| replicas.value != 0)
}

fn taken<'f, 'a>(service: &'f ServiceFacts<'a>) -> impl Iterator<Item = Taken<'f, 'a>> {
    service.service.ports.iter().filter_map(move |entry| {
        let (first, last) = entry.published?;
        // From a range for one port Docker takes one that is free.
        let one_of = first != last && entry.target.0 == entry.target.1;
        let known = entry.published_text.complete().is_some();
        (known && first != 0 && !one_of).then_some(Taken { service, entry, first, last })
    })
}

fn collide(earlier: &Taken<'_, '_>, later: &Taken<'_, '_>) -> bool {
    let same = earlier.service.key == later.service.key;
    earlier.entry.protocol == later.entry.protocol
        && earlier.first <= later.last
        && later.first <= earlier.last
        && addresses_meet(earlier.entry.host_ip.as_deref(), later.entry.host_ip.as_deref())
        // What one entry says twice, Compose takes once.
        && !(same && earlier.entry.target == later.entry.target && earlier.entry.host_ip == later.entry.host_ip)
}

/// Whether two servers at these addresses of the host are in each other's way: the same address, or one of them all.
fn addresses_meet(one: Option<&str>, other: Option<&str>) -> bool {
    let every = |address: Option<&str>| matches!(address, None | Some("0.0.0.0" | ""));
    let six = |address: Option<&str>| address.is_some_and(|address| address.contains(':'));
    let every_six = |address: Option<&str>| matches!(address, None | Some("::" | "[::]" | ""));
    let plain = |address: Option<&str>| address.map(|address| address.trim_matches(['[', ']']).to_string());
    plain(one) == plain(other)
        || every(one) && !six(other)
        || every(other) && !six(one)
        || every_six(one) && six(other)
        || every_six(other) && six(one)
}

fn finding(
    place: Span,
    earlier: &Taken<'_, '_>,
    later: &[&Taken<'_, '_>],
    taken: &[Taken<'_, '_>],
) -> Option<Finding> {
    let last = later.first()?;
    let first = earlier.service.service.name.value.as_str();
    let port = earlier.first.max(last.first);
    let mut names: Vec<&str> = later.iter().map(|taken| taken.service.service.name.value.as_str()).collect();
    let name = names.first()?.to_string();
    let all = match names.as_slice() {
        [only] if *only == first => format!("`{first}` publishes port {port} of the host twice"),
        _ => {
            names.insert(0, first);
            format!("{} publish the same port of the host, {port}", phrases::listed(&names))
        }
    };
    let finding = RULE
        .finding(place, format!("{all}: what is started last fails with `port is already allocated`"))
        .service(name)
        .here("taken already")
        .help(help(last, taken))
        .evidence(port.to_string());
    // Services that share their entry have no other place to show.
    Some(match earlier.place() == place {
        true => finding.here("each of them takes it"),
        false => finding.also(earlier.entry.origin.written, format!("`{first}` takes port {port} here")),
    })
}

/// What to write in the place of one of them: the next port of the host that nothing of the project takes.
fn help(later: &Taken<'_, '_>, taken: &[Taken<'_, '_>]) -> String {
    let needless = "between services no port needs to be published";
    let name = &later.service.service.name.value;
    let free = |port: &u16| !taken.iter().any(|other| other.first <= *port && *port <= other.last);
    // Several ports at once have no one port to go to.
    let next = (later.first == later.last).then(|| (later.first..=u16::MAX).find(free)).flatten();
    let Some(next) = next else {
        return format!("publish one of them on other ports of the host; {needless}");
    };
    let address =
        later.entry.host_ip.as_ref().map_or_else(String::new, |address| match address.contains(':') {
            true => format!("[{}]:", address.trim_matches(['[', ']'])),
            false => format!("{address}:"),
        });
    let protocol =
        if later.entry.protocol == "tcp" { String::new() } else { format!("/{}", later.entry.protocol) };
    let target = later.entry.target.0;
    format!("in `{name}` write `\"{address}{next}:{target}{protocol}\"`; {needless}")
}
