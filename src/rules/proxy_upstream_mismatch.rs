//! A proxy's configuration passes requests on to a host or port that is not there.

use super::phrases;
use super::prelude::*;
use super::{
    nginx_proxy, ports, proxied_paths, redirect, traefik_labels, unupgraded, upstream_sockets, wiring,
};
use crate::compose::{ImageReference, MountKind, Service};
use crate::facts::{By, Target, runs_workers_alone};
use crate::programs::{Said, Server};
use std::path::Path;

rule!("proxy-upstream-mismatch", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    traefik_labels::findings(cx, &RULE, out);
    nginx_proxy::findings(cx, &RULE, out);
    for client in cx.facts.active() {
        out.extend(unread(client));
        out.extend(proxied_paths::find(cx, &RULE, client));
        upstream_sockets::findings(cx, &RULE, client, out);
        unupgraded::find(cx, &RULE, client, out);
        for dial in client.dials.iter().filter(|dial| dial.is_of_proxy()) {
            let found = match dial.target {
                // A step of the build may write the group that is meant.
                Some(Target::Nobody) if is_written(client, dial) => None,
                Some(Target::Nobody) => nobody(cx, client, dial),
                Some(Target::Separated(name)) => {
                    cx.facts.service(name).map(|target| separated(client, dial, target))
                }
                Some(Target::Sibling(name)) => cx.facts.service(name).and_then(|target| {
                    asks_workers(client, dial, target)
                        .or_else(|| elsewhere(client, dial, target))
                        .or_else(|| checks(client, dial, target))
                }),
                None if dial.is_loopback() => alone(cx, client, dial),
                _ => None,
            };
            let by_variable = dial.variable().and(dial.sink()).map_or(Span::NONE, |sink| sink.callee.span);
            out.extend(
                found.map(|finding| finding.also(by_variable, "passed on here").at_most(dial.sureness)),
            );
        }
    }
}

/// Whether a `RUN` of the image writes a group of servers of this name.
fn is_written(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let Some(host) = dial.endpoint.address().and_then(|address| address.host.complete()) else {
        return false;
    };
    let group = format!("upstream {host}");
    client.program.image.runs.iter().any(|run| run.assumed().contains(&group))
}

/// A configuration that is mounted where nginx does not look, while its own page is all that it is left with.
fn unread(service: &ServiceFacts<'_>) -> Option<Finding> {
    const READ: [&str; 3] = ["/etc/nginx/nginx.conf", "/etc/nginx/conf.d", "/etc/nginx/templates"];
    let reference =
        service.reference.as_deref().filter(|_| service.image.is_some_and(|it| it.name == "nginx"))?;
    let own = ImageReference::parse(reference).is_some_and(|image| image.path == "nginx");
    let as_it_is = |service: &Service| {
        service.build.is_none()
            && service.command.is_none()
            && service.entrypoint.is_none()
            && service.configs.is_empty()
            && service.secrets.is_empty()
    };
    let mounts = &service.service.volumes;
    let read = |target: &str| {
        let target = target.trim_end_matches('/');
        matches!(target, "/etc" | "/etc/nginx")
            || READ.iter().any(|place| Path::new(target).starts_with(place))
    };
    if !own || !as_it_is(service.service) || mounts.iter().any(|mount| read(&mount.target)) {
        return None;
    }
    let meant = |target: &str| {
        let target = target.trim_end_matches('/');
        let name = target.rsplit('/').next().unwrap_or(target);
        let within = target.starts_with("/etc/nginx/");
        let of_site = ["nginx", "default", "site"].iter().any(|word| name.contains(word));
        let file = name.ends_with(".conf") && (of_site || within && target.contains("/sites-"));
        file || within && matches!(name, "sites-enabled" | "sites-available" | "conf")
    };
    let mount = mounts.iter().find(|mount| mount.kind == MountKind::Bind && meant(&mount.target))?;
    let (name, target) = (&service.service.name.value, &mount.target);
    Some(
        RULE.finding(
            mount.origin.written,
            format!("nginx of `{name}` reads nothing from `{target}`: it takes in `/etc/nginx/conf.d/*.conf`, and goes on with its own page"),
        )
        .service(name.clone())
        .here("nobody looks here")
        .help("mount the file as `/etc/nginx/conf.d/default.conf`, or as `/etc/nginx/nginx.conf` where it has `events` and `http`")
        .at_most(Confidence::Likely)
        .evidence(target.clone()),
    )
}

/// The directive, for people.
fn directive<'d>(dial: &'d Dial<'_>) -> &'d str {
    dial.sink().map_or("the configuration", |sink| sink.callee.value.as_str())
}

fn nobody<'a>(cx: &Context<'a>, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Option<Finding> {
    let host = wiring::written_label(cx, client, dial)?;
    let confidence = wiring::nobody_answers(cx, client, dial)?;
    let service = &client.service.name.value;
    let meant = wiring::probably(cx, client, dial, &host).and_then(|name| cx.facts.service(name));
    let names = wiring::others(cx, client);
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "`{}` of `{service}` passes requests on to `{host}`, which no service on its networks is called: {}",
                directive(dial),
                unresolved(dial),
            ),
        )
        .service(service.clone())
        .here("no such host")
        .at_most(confidence)
        .evidence(host.clone());
    let Some(meant) = meant else {
        return Some(finding.help(match names.is_empty() {
            true => format!("add a service `{host}`, or declare the host under `extra_hosts`"),
            false => format!("the services it can reach are {}", phrases::list(&names)),
        }));
    };
    let name = &meant.service.name;
    let port = dial.port().filter(|port| !meant.listens_on(*port)).and(wiring::port_to_dial(dial, meant));
    let port = port.filter(|port| Some(*port) != dial.port());
    let address = wiring::host_and_port(&name.value, port.or_else(|| dial.endpoint.address()?.port_number()));
    let finding = finding
        .also(name.span, format!("`{}` is probably meant", name.value))
        .help(format!("write `{address}` in place of `{}`", dial.endpoint.shown()));
    let mut edits = redirect::replaced(&dial.endpoint.address()?.host, &name.value);
    if let (Some(port), Some(edits)) = (port, &mut edits)
        && let Some(written) = dial.endpoint.address().and_then(|address| address.port.as_ref())
    {
        edits.extend(redirect::replaced(written, &port.to_string())?);
    }
    Some(offer(finding, edits, &address, dial))
}

/// The loopback of a container in which nothing but the proxy runs, where no sibling can be told to be meant.
fn alone<'a>(cx: &Context<'a>, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Option<Finding> {
    let port = dial.endpoint.address()?.port_number()?;
    let as_it_is = client.service.build.is_none() && client.service.entrypoint.is_none();
    let proxy = as_it_is && client.image.is_some_and(|image| image.open_ports);
    let gateway = is_only_gateway(client, dial);
    let beside = beside(client);
    // What is passed on to the gateway's own port comes back to it.
    let itself = gateway && client.bound.iter().any(|bound| bound.port == Some(port));
    if !proxy && !gateway && beside.is_none()
        || !itself && (client.listens_on(port) || cx.facts.answers_on_loopback(client, dial))
    {
        return None;
    }
    let names = wiring::others(cx, client);
    if beside.is_none() && (names.is_empty() || !itself && !cx.facts.meant(client, dial).is_empty()) {
        return None;
    }
    let what = match itself {
        true => "where it listens itself: they come back to it",
        false => "where nothing listens: requests end in 502",
    };
    let service = &client.service.name.value;
    Some(
        RULE.finding(
            dial.place,
            format!(
                "`{}` of `{service}` passes requests on to port {port} of its own container, {what}",
                directive(dial),
            ),
        )
        .service(service.clone())
        .here("the container itself")
        .help(match beside {
            Some(server) => format!("beside it `{}` listens on port {}", server.program, opened(client)),
            None => format!("write the name of a service; those it can reach are {}", phrases::list(&names)),
        })
        // Traefik's middlewares answer before they ask a server, which then may be anything.
        .at_most(match dial.sink().is_some_and(|sink| sink.callee.value == "servers") {
            true => Confidence::Possible,
            false => Confidence::Likely,
        })
        .evidence(port.to_string()),
    )
}

/// The server that a proxy is started with in one container, where all that is started there is known.
fn beside<'s>(client: &'s ServiceFacts<'_>) -> Option<&'s Server> {
    const PROXIES: [&str; 8] =
        ["nginx", "haproxy", "caddy", "httpd", "apache2", "apache2-foreground", "apachectl", "supervisord"];
    let servers = &client.program.servers;
    let passes = |words: &&Vec<String>| {
        words.first().is_some_and(|first| PROXIES.iter().any(|name| first.rsplit('/').next() == Some(name)))
    };
    let proxies = client.program.commands.iter().filter(passes).count();
    let all = proxies > 0 && proxies + servers.len() == client.program.commands.len();
    let known = !client.opens_unknown && client.bound.iter().all(|bound| bound.port.is_some());
    let told = |server: &Server| server.known.inner || server.port != Said::Unknown;
    servers.first().filter(|_| all && known && !client.bound.is_empty() && servers.iter().all(told))
}

/// The ports that its servers listen on, for people.
fn opened(client: &ServiceFacts<'_>) -> String {
    phrases::list_of_ports(client.bound.iter().filter_map(|bound| Some((bound.port?, bound.port?))).collect())
}

/// Whether it is a program of the project's own that passes requests on, and nothing else is started in its container.
fn is_only_gateway(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let yarp = |name: &str| matches!(name, "Address" | "DownstreamHostAndPorts");
    client.service.build.is_some()
        && client.program.entry_known
        && client.program.commands.len() < 2
        && dial.sink().is_some_and(|sink| yarp(&sink.callee.value))
}

fn separated(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Finding {
    let (service, host) = (&client.service.name, &target.service.name);
    let network = target.service.networks.first();
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "`{}` of `{}` passes requests on to `{}`, with which it shares no network: {}",
                directive(dial),
                service.value,
                host.value,
                unresolved(dial),
            ),
        )
        .service(service.value.clone())
        .here("not on its networks")
        .also(service.span, "the proxy")
        .also(host.span, "the server")
        .at_most(Confidence::Likely)
        .evidence(host.value.clone());
    match network {
        Some(network) => {
            finding.help(format!("add `{}` to `networks` of `{}`", network.network.value, service.value))
        }
        None => finding.help(format!("put `{}` and `{}` on one network", service.value, host.value)),
    }
}

/// A proxy that asks PHP's process manager for pages over HTTP, which answers over FastCGI alone.
fn asks_workers(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Option<Finding> {
    const PORT: u16 = 9000;
    let scheme = dial.endpoint.scheme_name().filter(|scheme| matches!(scheme.as_str(), "http" | "https"))?;
    let port = dial.port().filter(|port| matches!(*port, 80 | 443 | 8080 | PORT))?;
    if !runs_workers_alone(target) || port != PORT && target.may_listen_on(port) {
        return None;
    }
    let (service, host) = (&client.service.name.value, &target.service.name);
    let finding = RULE.finding(
        dial.place,
        format!(
            "`{}` of `{service}` asks `{}` over HTTP, where PHP's process manager alone listens, on {PORT}: it speaks FastCGI, and requests end in 502",
            directive(dial),
            host.value,
        ),
    );
    Some(
        finding
            .service(service.clone())
            .here(format!("no web server answers to `{scheme}` there"))
            .also(host.span, "runs PHP's process manager")
            .help(format!("pass requests on with `fastcgi_pass {}:{PORT}`, or build `{0}` on an image with a web server, as those with `apache`", host.value))
            .at_most(Confidence::Likely)
            .evidence(format!("{}:{port}", host.value)),
    )
}

fn elsewhere(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Option<Finding> {
    let port = ports::wrong(dial, target)?;
    let (service, host) = (&client.service.name.value, &target.service.name.value);
    let right = wiring::host_and_port(host, Some(port.right));
    let finding = RULE
        .finding(
            port.place,
            format!(
                "`{}` of `{service}` passes requests on to `{host}` on port {}, but {}: they end in 502",
                directive(dial),
                port.dialled,
                port.why,
            ),
        )
        .service(service.clone())
        .here(format!("`{host}` does not listen on {}", port.dialled))
        .help(format!("write `{right}` in place of `{}`", dial.endpoint.shown()))
        .at_most(port.confidence)
        .evidence(format!("{host}:{}", port.dialled));
    let finding = port.explain(finding, target);
    let written = dial.endpoint.address().and_then(|address| address.port.as_ref());
    let edits = written.and_then(|written| redirect::replaced(written, &port.right.to_string()));
    Some(offer(finding, edits, &right, dial))
}

/// HAProxy's `check port 8008`, where the server does not listen: it is never taken for one that is up.
fn checks(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Option<Finding> {
    let By::Sink(_, sink) = dial.by else { return None };
    let mut words = sink.arguments.iter().map(|(word, _)| word);
    let checked = words.clone().any(|word| word.value == "check");
    let elsewhere = sink.arguments.iter().any(|(word, _)| word.value == "addr");
    words.find(|word| word.value == "port" && checked && !elsewhere)?;
    let word = words.next()?;
    let port: u16 = word.value.parse().ok()?;
    let (known, sure) = target.known_ports()?;
    if known.contains(&port) || target.may_listen_on(port) {
        return None;
    }
    let (service, host) = (&client.service.name.value, &target.service.name);
    let listened = phrases::list_of_ports(known.iter().map(|port| (*port, *port)).collect());
    Some(
        RULE.finding(
            word.span,
            format!(
                "HAProxy of `{service}` asks `{}` on port {port} whether it is up, but it listens on {listened}: no request is passed on to it",
                host.value
            ),
        )
        .service(service.clone())
        .here(format!("nothing listens on {port}"))
        .also(host.span, format!("`{}` listens on {listened}", host.value))
        .help("let `check` ask the port that requests are passed on to, or one that the server opens")
        .at_most(sure)
        .at_most(Confidence::Likely)
        .evidence(format!("{}:{port}", host.value)),
    )
}

fn offer(finding: Finding, edits: Option<Vec<Edit>>, address: &str, dial: &Dial<'_>) -> Finding {
    match edits {
        Some(edits) => finding.fix(Fix {
            title: format!("write `{address}` in place of `{}`", dial.endpoint.shown()),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

/// Whether a proxy looks the host up when it starts, and ends where it is not known then.
pub(super) fn looks_up_at_start(dial: &Dial<'_>) -> bool {
    unresolved(dial).starts_with("nginx stops")
}

/// What becomes of a proxy that can't resolve the host: nginx and HAProxy look it up when they start, unless they
/// are told to do it later; others when a request comes.
fn unresolved(dial: &Dial<'_>) -> &'static str {
    let By::Sink(module, sink) = dial.by else { return "" };
    let said = |word: &str| sink.arguments.iter().any(|(name, _)| name.value.contains(word));
    // What comes from a variable of nginx' own stands before the directive, and is looked up with each request.
    let before = dial.variable().is_none() && dial.place.lo < sink.callee.span.lo;
    let later = before || said("resolve") || said("init-addr") || said("none");
    match sink.callee.value.as_str() {
        _ if later => "requests end in 502",
        "proxy_pass" | "grpc_pass" | "fastcgi_pass" | "uwsgi_pass" | "scgi_pass" | "memcached_pass" => {
            "nginx stops with `host not found in upstream`"
        }
        "server" if !module.groups.is_empty() => "nginx stops with `host not found in upstream`",
        "server" | "server-template" => "HAProxy stops with `could not resolve address`",
        _ => "requests end in 502",
    }
}
