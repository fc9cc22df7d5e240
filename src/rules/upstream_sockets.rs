//! Sockets in the file system that a proxy passes requests on to and that nobody makes where it looks.

use std::path::{Path, PathBuf};

use super::prelude::*;
use super::wiring;
use crate::compose::{Mount, MountKind};
use crate::facts::runs_workers;
use crate::programs::{Role, plain_socket};
use crate::source::Spanned;

/// What in a build brings programs that make sockets of their own.
const BRINGS: [&str; 8] = ["install", "apk", "fpm", "supervisor", "gunicorn", "uwsgi", "s6", "runit"];

/// The sockets of a proxy that are not there, each once.
pub(super) fn findings(cx: &Context<'_>, rule: &Rule, client: &ServiceFacts<'_>, out: &mut Vec<Finding>) {
    let modules = client.program.modules.iter().filter(|module| module.role == Role::Proxy);
    let mut told: Vec<&str> = Vec::new();
    for socket in modules.flat_map(|module| &module.sockets) {
        if told.contains(&socket.value.as_str()) {
            continue;
        }
        told.push(&socket.value);
        let found = match mount_over(client, Path::new(&socket.value)) {
            Some(mount) => shared(cx, rule, client, socket, mount),
            None => alone(cx, rule, client, socket),
        };
        out.extend(found);
    }
}

/// The innermost mount of the service in which a place lies.
fn mount_over<'s>(service: &'s ServiceFacts<'_>, place: &Path) -> Option<&'s Mount> {
    let place = plain_socket(place);
    let covers = |mount: &&Mount| place.starts_with(plain_socket(Path::new(&mount.target)));
    let mounts = service.service.volumes.iter().filter(covers);
    mounts.max_by_key(|mount| mount.target.len())
}

/// Whether nothing but the proxy runs in its container, and it takes no mounts from others.
fn is_alone(client: &ServiceFacts<'_>) -> bool {
    let runs = &client.program.image.runs;
    let only = |name: &str| {
        client.program.commands.iter().all(|words| {
            words
                .first()
                .is_none_or(|first| first.rsplit('/').next().is_some_and(|first| first.starts_with(name)))
        })
    };
    let proxy = client.image.is_some_and(|image| match image.name.as_str() {
        "nginx" => only("nginx"),
        "httpd" => only("httpd"),
        "caddy" => only("caddy"),
        _ => false,
    });
    proxy
        && client.service.entrypoint.is_none()
        && !runs.iter().any(|run| BRINGS.iter().any(|word| run.assumed().contains(word)))
        && client.program.sockets.named.is_empty()
        && !client.service.depends_on.iter().any(|on| on.implied)
}

/// A socket that would have to be made within the container of the proxy, where nothing else runs.
fn alone(
    cx: &Context<'_>,
    rule: &Rule,
    client: &ServiceFacts<'_>,
    socket: &Spanned<String>,
) -> Option<Finding> {
    if !is_alone(client) {
        return None;
    }
    let name = &client.service.name.value;
    let finding = rule
        .finding(
            socket.span,
            format!(
                "`{name}` passes requests on to the socket `{}`, and nothing in its container makes one: they end in 502",
                socket.value
            ),
        )
        .service(name.clone())
        .here("not shared with anybody")
        .at_most(Confidence::Likely)
        .evidence(socket.value.clone());
    Some(finding.help(match instead(cx, client) {
        Some(address) => {
            format!("write `{address}` in place of the socket, or mount one volume over its folder in both")
        }
        None => "a container sees no socket of another: name a service and its port, or mount one volume over the folder in both".to_string(),
    }))
}

/// The address of the service that is probably meant: the only one that runs PHP's workers, or that the proxy waits for.
fn instead(cx: &Context<'_>, client: &ServiceFacts<'_>) -> Option<String> {
    let mut workers = cx.facts.active().filter(|other| other.key != client.key && runs_workers(other));
    let mut awaited = client.service.depends_on.iter().filter_map(|on| cx.facts.service(&on.service.value));
    let one = match (workers.next(), workers.next()) {
        (Some(one), None) => Some(one),
        _ => awaited.next().filter(|_| awaited.next().is_none()),
    }?;
    let port = one.listeners.first().map(|listener| listener.ports.0)?;
    Some(wiring::host_and_port(&one.service.name.value, Some(port)))
}

/// A socket in a volume that others mount, too, and in which none of them is told to make it.
fn shared(
    cx: &Context<'_>,
    rule: &Rule,
    client: &ServiceFacts<'_>,
    socket: &Spanned<String>,
    mount: &Mount,
) -> Option<Finding> {
    let source = mount.source.as_ref().filter(|_| mount.kind == MountKind::Volume)?;
    let wanted = plain_socket(Path::new(&socket.value));
    let rest = wanted.strip_prefix(plain_socket(Path::new(&mount.target))).ok()?;
    let mut makers: Vec<(&ServiceFacts<'_>, PathBuf)> = Vec::new();
    for other in cx.facts.active().filter(|other| other.key != client.key) {
        let same = |mount: &&Mount| mount.kind == MountKind::Volume && mount.source.as_ref() == Some(source);
        let places = other.service.volumes.iter().filter(same);
        makers.extend(places.map(|place| (other, plain_socket(&Path::new(&place.target).join(rest)))));
    }
    let made = |(other, place): &(&ServiceFacts<'_>, PathBuf)| {
        let sockets = &other.program.sockets;
        sockets.open || sockets.named.contains(place)
    };
    if makers.is_empty() || makers.iter().any(made) || !is_alone(client) {
        return None;
    }
    let name = &client.service.name.value;
    let finding = |says: String| {
        rule.finding(
            socket.span,
            format!("`{name}` passes requests on to the socket `{}`, {says}: they end in 502", socket.value),
        )
        .service(name.clone())
        .here("nobody makes this")
        .at_most(Confidence::Likely)
        .evidence(socket.value.clone())
    };
    let mut told = makers.iter().filter(|(other, _)| !other.program.sockets.named.is_empty());
    if let Some((other, place)) = told.next() {
        let theirs = other.program.sockets.named.first()?;
        let host = &other.service.name;
        return Some(
            finding(format!(
                "which is `{}` in `{}`, and that makes `{}`",
                place.display(),
                host.value,
                theirs.display()
            ))
            .also(host.span, format!("makes `{}`", theirs.display()))
            .help(format!("let `{}` make it as `{}`", host.value, place.display())),
        );
    }
    let (workers, _) = makers.iter().find(|(other, _)| runs_workers(other) && other.listens_on(9000))?;
    let host = &workers.service.name;
    Some(
        finding(format!("and the process manager of `{}` listens on port 9000 instead", host.value))
            .also(host.span, "makes no socket")
            .help(format!("write `{}:9000` in place of the socket", host.value)),
    )
}
