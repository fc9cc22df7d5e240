//! The server listens on the container's loopback, while somebody outside the container is to reach it.

use super::prelude::*;
use crate::facts::{Bound, ListenerSource, Namespace, ToldBy};
use crate::programs::{Role, SinkKind};

rule!("listens-on-loopback", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        // On interfaces that several use, or on the host's, loopback may well be what is meant.
        let alone = cx.facts.reach.namespace(service.key) == Namespace::Service(service.key)
            && cx.facts.reach.on_loopback(service.key).count() == 1;
        if !alone {
            continue;
        }
        let mut told = Vec::new();
        for bound in service.bound.iter().filter(|bound| bound.is_loopback()) {
            if told.contains(&bound.port) || is_opened(service, bound) {
                continue;
            }
            if let Some(finding) = finding(cx, service, bound) {
                told.push(bound.port);
                out.push(finding.at_most(bound.sure));
            }
        }
    }
}

/// Whether something else of the container listens on the port, on all interfaces.
fn is_opened(service: &ServiceFacts<'_>, bound: &Bound<'_>) -> bool {
    let Some(port) = bound.port else { return service.bound.iter().any(|other| !other.is_loopback()) };
    let also = |other: &Bound<'_>| other.port.is_none_or(|other| other == port) && !other.is_loopback();
    // Other settings say the port and the host apart.
    if matches!(bound.by, ToldBy::Configuration(Role::Settings)) {
        // A server that its command hands settings is told by those.
        let told =
            |other: &Bound<'_>| matches!(other.by, ToldBy::Default(_)) && other.host.complete().is_none();
        return service.bound.iter().any(|other| also(other) && !told(other));
    }
    // What a program's own settings say it may listen on is what its code binds.
    let by_code = matches!(bound.by, ToldBy::Source(_));
    let own = |span: Span| {
        let settings = service.program.modules.iter().filter(|module| module.role == Role::Settings);
        settings.flat_map(|module| &module.listens).any(|port| port.span == span)
    };
    let configured = service.listeners.iter().any(|listener| {
        matches!(listener.source, ListenerSource::Configuration(span)
            if listener.covers(port) && !near(span, bound.place) && !(by_code && own(span)))
    });
    service.bound.iter().any(also) || configured
}

/// Whether the port stands right behind the host: `listen 127.0.0.1:80`; or the two in one text.
fn near(port: Span, host: Span) -> bool {
    port.contains(host) || port.lo >= host.hi && port.lo - host.hi < 4
}

fn finding(cx: &Context<'_>, service: &ServiceFacts<'_>, bound: &Bound<'_>) -> Option<Finding> {
    let name = &service.service.name.value;
    let mut published = service.service.ports.iter().filter(|entry| entry.protocol == "tcp");
    let entry = match bound.port {
        Some(port) => published.find(|entry| entry.target.0 <= port && port <= entry.target.1),
        None => published.next().filter(|_| published.next().is_none() && is_only_one(service)),
    };
    // Where it opens nothing else, it answers nobody on another port either.
    let only = || is_only_one(service) && service.opens_only_one() && bound.is_of_code();
    let entry =
        entry.or_else(|| service.service.ports.iter().find(|entry| entry.protocol == "tcp" && only()));
    let dialled = |dial: &&Dial<'_>| {
        dial.sibling() == Some(service.key) && bound.port.is_some() && dial.port() == bound.port
    };
    let client = cx
        .facts
        .active()
        .filter(|client| client.key != service.key)
        .find_map(|client| Some((client, client.dials.iter().find(dialled)?)));
    let address = bound.shown();
    let what = match &bound.by {
        ToldBy::Default(server) => {
            format!(
                "`{name}` runs {}, which listens on `{address}` unless it is told otherwise",
                server.known.name
            )
        }
        ToldBy::Library(sink) => {
            format!("`{}` of `{name}` listens on `{address}` unless it is told otherwise", sink.callee.value)
        }
        ToldBy::Collector(protocol) => {
            format!(
                "the collector of `{name}` takes OTLP over {protocol} on `{address}` unless it is told otherwise"
            )
        }
        ToldBy::Image(title, _) => {
            format!(
                "`{name}` runs {title}, which listens on `{address}` unless its configuration says otherwise"
            )
        }
        ToldBy::Variable(reader, variable) => {
            format!("`{variable}` tells {reader} of `{name}` to listen on `{address}`")
        }
        ToldBy::Flag(option) => format!("`{option}` tells the program of `{name}` to listen on `{address}`"),
        _ => format!("`{name}` listens on `{address}`"),
    };
    let route = routed(service, bound);
    let why = match (entry, client) {
        (Some(entry), _) => match entry.published {
            Some((first, _)) => format!("the published port {first} leads to nothing"),
            None => "the published port leads to nothing".to_string(),
        },
        (None, Some((client, _))) => format!("`{}` can't reach it", client.service.name.value),
        (None, None) if route.is_some() => "Traefik can't reach it".to_string(),
        (None, None) => match sent(service, bound) {
            Some(variable) => format!("others, whom `{variable}` sends there, can't reach it"),
            None => return None,
        },
    };
    let names = service.service.name.span;
    // A script that the command leads to: the command is the nearest place.
    let command = service.service.command.as_ref().map(|command| command.origin.written);
    let command = command.unwrap_or(service.program.image.command_span);
    let place = [bound.place, command, names].into_iter().find(|span| !span.is_none()).unwrap_or(names);
    let mut finding = RULE
        .finding(place, format!("{what}, and so answers only inside the container: {why}"))
        .service(name.clone())
        .here("only inside the container")
        .help(help(service, bound))
        .evidence(address);
    if let Some(entry) = entry {
        finding = finding.also(entry.origin.written, "published here");
    }
    if let Some((client, dial)) = client {
        finding = finding.also(dial.place, format!("`{}` dials it here", client.service.name.value));
    }
    if let Some(label) = route.filter(|_| entry.is_none() && client.is_none()) {
        finding = finding.also(label, "`traefik` labels ask for requests to be passed on to it");
    }
    if place != names {
        finding = finding.also(names, format!("`{name}` runs it"));
    }
    Some(match fix(cx, bound) {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}

/// The variable by which a server tells others to come to the port, at another address than that.
fn sent(service: &ServiceFacts<'_>, bound: &Bound<'_>) -> Option<String> {
    let end = format!(":{}", bound.port?);
    let mut told = service
        .environment
        .iter()
        .filter(|(name, _)| name.contains("ADVERTISE") || name.contains("CONNECT_ADDRESS"));
    told.find_map(|(name, one)| {
        let value = one.value()?.assumed();
        let mut urls = value.split(',').map(|url| url.trim().trim_end_matches('/'));
        let inside = |url: &str| ["localhost", "127.0.0.1", "0.0.0.0"].iter().any(|host| url.contains(host));
        urls.any(|url| url.ends_with(&end) && !inside(url)).then(|| name.to_string())
    })
}

/// Whether the service opens nothing else: another listener, of which nothing is known, may be the one that is published.
fn is_only_one(service: &ServiceFacts<'_>) -> bool {
    let sinks = service.program.modules.iter().flat_map(|module| &module.sinks);
    let opening = sinks.filter(|sink| sink.kind == SinkKind::Listen).count();
    service.bound.len() == 1 && opening <= 1
}

/// The label that has Traefik pass requests on to the port: it names it, or the one port there is.
fn routed(service: &ServiceFacts<'_>, bound: &Bound<'_>) -> Option<Span> {
    let labels = &service.service.labels;
    if labels.get("traefik.enable").is_some_and(|value| value.assumed() == "false") {
        return None;
    }
    let is_port = |label: &str| {
        label.starts_with("traefik.http.services.") && label.ends_with(".loadbalancer.server.port")
    };
    let mut ports = labels.iter().filter(|(label, _)| is_port(label)).peekable();
    if ports.peek().is_none() {
        let rule = |label: &str| label.starts_with("traefik.http.routers.") && label.ends_with(".rule");
        return labels.iter().find(|(label, _)| rule(label)).map(|(_, value)| value.span());
    }
    let port = bound.port?.to_string();
    ports.find(|(_, value)| value.assumed() == port).map(|(_, value)| value.span())
}

fn help(service: &ServiceFacts<'_>, bound: &Bound<'_>) -> String {
    let host = bound.host.assumed();
    match &bound.by {
        ToldBy::Default(server) => {
            let write = with_port(&server.known.write, bound.port);
            let within = if server.span.is_none() { "script" } else { "command" };
            let name = &service.service.name.value;
            format!("write `{write}` behind `{}` in the {within} that `{name}` runs", server.program)
        }
        ToldBy::Collector(protocol) => {
            let port = bound.port.map_or_else(String::new, |port| format!(":{port}"));
            format!("write `endpoint: 0.0.0.0{port}` below `{protocol}`")
        }
        ToldBy::Library(sink) => format!("give `{}` the host `0.0.0.0`", sink.callee.value),
        ToldBy::Image(_, write) => (*write).to_string(),
        _ => format!("write `0.0.0.0` in place of `{host}`"),
    }
}

/// The text to write with the port that is listened on in place of the usual one.
fn with_port(write: &str, port: Option<u16>) -> String {
    let Some((start, usual)) = write.rsplit_once(':') else { return write.to_string() };
    match port {
        Some(port) if usual.parse::<u16>().is_ok() => format!("{start}:{port}"),
        _ => write.to_string(),
    }
}

fn fix(cx: &Context<'_>, bound: &Bound<'_>) -> Option<Fix> {
    let written = bound.host.span();
    let whole = written.len() as usize == bound.host.assumed().len();
    let edits = match bound.by {
        ToldBy::Option(_) | ToldBy::Variable(..) | ToldBy::Flag(_) if whole => {
            cx.edits.replace_within(written, "0.0.0.0")?
        }
        _ => return None,
    };
    Some(Fix { title: "listen on every interface".to_string(), applicability: Applicability::Unsafe, edits })
}
