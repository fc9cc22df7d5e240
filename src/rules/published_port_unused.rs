//! A port is published on which the service does not listen.

use super::prelude::*;
use super::{idle_ports, phrases, wiring};
use crate::compose::Port;
use crate::facts::{
    Bound, EntryPoints, ListenerSource, Namespace, ToldBy, listener_names, runs_workers_alone,
};
use crate::programs::Role;
use crate::programs::serverless::VARIABLE;

rule!("published-port-unused", check);

/// Ports of what people start by hand in a container that runs: Vite and its socket, Storybook, LiveReload, and debuggers of Java,
/// Node, Python, Go and PHP.
const BY_HAND: [u16; 11] = [5173, 24678, 6006, 35729, 5005, 9229, 9230, 5678, 2345, 40000, 9003];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        // Another service that shares the interfaces may be what listens.
        let alone = cx.facts.reach.namespace(service.key) == Namespace::Service(service.key)
            && cx.facts.reach.on_loopback(service.key).count() == 1;
        if !alone || wiring::is_incomplete(cx, service) {
            continue;
        }
        if let Some(found) = idle_ports::ended(service).or_else(|| serverless(service)) {
            out.push(found);
            continue;
        }
        if let Some(inputs) = service.inputs() {
            out.extend(without_input(service, &inputs));
            continue;
        }
        if let Some(entry_points) = service.entry_points() {
            out.extend(beside_entry_points(service, &entry_points));
            continue;
        }
        if let Some(listeners) = service.told_listeners() {
            out.extend(beside_listeners(service, &listeners, |_| true));
            continue;
        }
        if let Some(listeners) = service.told_address() {
            let finding = beside_listeners(service, &listeners, |_| true);
            let help = "publish the port of `external_url` on both sides, or tell `nginx['listen_port']`";
            out.extend(finding.map(|finding| finding.help(help)));
            continue;
        }
        // Others than those for its clients are for its metrics.
        if let Some((listeners, advertised)) = listener_names::ports(service)
            && let Some(finding) = beside_listeners(service, &listeners, |port| advertised.contains(&port))
        {
            let help =
                "publish the port of the listener, or let the listener have the port that is published";
            out.push(finding.help(help));
            continue;
        }
        let Some((known, confidence)) = service.known_ports() else { continue };
        out.extend(routed(service, &known).map(|finding| finding.at_most(confidence)));
        let ports: Vec<&Port> =
            service.service.ports.iter().filter(|entry| entry.protocol == "tcp").collect();
        // Who publishes one of them knows what it listens on, and may have more to publish; unless the other side is a port of
        // the image's, which is meant.
        let right =
            |entry: &&Port| known.iter().any(|port| entry.target.0 <= *port && *port <= entry.target.1);
        let meant = |entry: &&Port| {
            service.image.is_some()
                && !right(entry)
                && entry.published.is_some_and(|(port, last)| port == last && known.contains(&port))
        };
        // All that a web server listens on is written in its configuration; who has no TLS may leave its port.
        let beside = |entry: &&Port| {
            let port = entry.target.0;
            let told = service.listens_as_told() && !is_said(service, port);
            // A slip: the port beside it is one of the image's, and nobody publishes that.
            let mut near =
                known.iter().filter(|one| one.abs_diff(port) < 10 && !is_published(service, **one));
            let closed = service.image.map_or_else(|| service.opens_by_code(), |image| !image.open_ports);
            let slip = closed && near.next().is_some() && near.next().is_none();
            !right(entry)
                && !BY_HAND.contains(&port)
                && (service.listens_as_configured() && !matches!(port, 80 | 443) || told || slip)
        };
        let tagged = ports.iter().find_map(|entry| Some((*entry, only_tagged(service, entry)?)));
        if let Some((entry, tag)) = tagged {
            out.push(of_another_tag(service, entry, tag));
        }
        out.extend(ports.iter().find_map(|entry| untold(service, entry)));
        out.extend(ports.iter().filter(|entry| !right(entry)).find_map(|entry| {
            let beside = ports.iter().any(right) && confidence >= Confidence::Likely;
            idle_ports::without_tls(service, entry, &known).filter(|_| beside)
        }));
        let own = ports.iter().any(right) && confidence >= Confidence::Likely;
        let idle = ports.iter().filter(|entry| own && !right(entry) && !meant(entry) && !beside(entry));
        let idle = idle.filter(|entry| !BY_HAND.contains(&entry.target.0));
        out.extend(idle.filter_map(|entry| idle_ports::beside(service, entry, &known)));
        let told = |entry: &Port| tagged.is_some_and(|(other, _)| std::ptr::eq(entry, other));
        let some = ports.iter().any(right);
        let by_command =
            service.program.command.iter().any(|word| word.assumed().contains("rabbitmq-plugins"));
        let mut wrong = ports
            .into_iter()
            .filter(|entry| !by_command && !told(entry) && (!some || meant(entry) || beside(entry)));
        let Some(entry) = wrong.find(|entry| !service.may_listen_on(entry.target.0)) else {
            continue;
        };
        let others = wrong.filter(|entry| !some && !service.may_listen_on(entry.target.0)).take(5);
        let others: Vec<&Port> = others.collect();
        // A client that dials the port, too, shows that it is more than a slip, unless the image is known: one variable may
        // have been changed for both.
        let dialled =
            |dial: &Dial<'_>| dial.sibling() == Some(service.key) && dial.port() == Some(entry.target.0);
        // Where the one server of the container is told its port, who asks another is wrong as well.
        let told = |bound: &&Bound<'_>| matches!(bound.by, ToldBy::Option(server) if server.last);
        let dialled = |dial: &Dial<'_>| dialled(dial) && !service.bound.iter().any(|bound| told(&bound));
        // Code may open ports in ways that are not seen, where a file speaks of this one, too.
        let by_code = service.image.is_none() && service.program.servers.is_empty();
        // What images of .NET say by themselves is easily forgotten by all at once.
        let by_runtime = |bound: &Bound<'_>| {
            matches!(&bound.by, ToldBy::Variable(_, name) if name == "ASPNETCORE_HTTP_PORTS")
                && bound.place.is_none()
        };
        // What the program's own settings say holds whatever others believe.
        let by_settings = |bound: &Bound<'_>| {
            matches!(bound.by, ToldBy::Configuration(Role::Source)) && bound.port.is_some()
        };
        let told = |bound: &Bound<'_>| by_runtime(bound) || by_settings(bound);
        let forgotten = service.opens_only_one() && service.bound.iter().all(told);
        let configured =
            service.listeners.iter().any(|it| matches!(it.source, ListenerSource::Configuration(_)));
        // An application that is taken as it is has nobody who starts another server by hand.
        let application = service.service.build.is_none()
            && service.service.command.is_none()
            && service.image.is_some_and(|image| image.name != "php");
        // Nor has an image of PHP's process manager anybody for pages who could be started later at the port of the web.
        let workers = matches!(entry.target.0, 80 | 443) && runs_workers_alone(service);
        let inner = !configured
            && !application
            && !workers
            && service.program.servers.iter().any(|server| server.known.inner);
        let sure = match inner
            || by_code
                && is_said(service, entry.target.0)
                && !service.opens_only_one()
                && !service.opens_by_code()
            || service.image.is_none()
                && !forgotten
                && cx.facts.active().any(|client| client.dials.iter().any(dialled))
        {
            true => Confidence::Possible,
            false => confidence,
        };
        let known = match (some, entry.published) {
            (true, Some((port, _))) if meant(&entry) => vec![port],
            _ => known.clone(),
        };
        // Of several, the one that nobody publishes is meant.
        let mut free = known.iter().copied().filter(|port| !is_published(service, *port));
        let right = match known.as_slice() {
            [one] => Some(*one),
            _ => free.next().filter(|_| some && free.next().is_none()),
        };
        // Of code that opens several ports, each that is published beside them is a mistake of its own.
        let apart = if service.opens_by_code() { known.len().saturating_sub(1) } else { 0 };
        let (apart, along) = others.split_at(apart.min(others.len()));
        let found = finding(cx, service, entry, &known, right).at_most(sure);
        out.push(along.iter().fold(found, |found, entry| {
            found.also(entry.origin.written, format!("nothing listens on {} either", entry.target.0))
        }));
        out.extend(apart.iter().map(|entry| finding(cx, service, entry, &known, None).at_most(sure)));
    }
}

/// Whether a port of the container is published.
fn is_published(service: &ServiceFacts<'_>, port: u16) -> bool {
    service.service.ports.iter().any(|entry| entry.target.0 <= port && port <= entry.target.1)
}

/// A port is published that the server does not take unless it is told so.
fn untold(service: &ServiceFacts<'_>, entry: &Port) -> Option<Finding> {
    let image = service.image.filter(|_| service.service.build.is_none())?;
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    let port = entry.target.0;
    let write = image.untold(port, &service.environment, &words).filter(|_| entry.target.1 == port)?;
    let written = entry.target_origin.written;
    let name = &service.service.name.value;
    let finding = RULE.finding(
        if written.is_none() { entry.origin.written } else { written },
        format!(
            "port {port} of `{name}` is published, but {} takes any port in its place unless it is told this one: who connects is refused",
            image.title
        ),
    );
    let finding = finding.service(name.clone()).here(format!("nothing listens on {port}"));
    Some(
        finding
            .help(format!("add `{write}` to the command"))
            .at_most(Confidence::Likely)
            .evidence(port.to_string()),
    )
}

/// The ports that no input of Logstash's pipeline listens on, each once.
fn without_input(service: &ServiceFacts<'_>, inputs: &[u16]) -> Vec<Finding> {
    let name = &service.service.name.value;
    let mut told: Vec<u16> = Vec::new();
    let unused = service.service.ports.iter().filter(|entry| {
        let (first, last) = entry.target;
        let covered = inputs.iter().any(|port| first <= *port && *port <= last);
        let new = !covered && !told.contains(&first);
        told.extend(new.then_some(first));
        new
    });
    let unused: Vec<&Port> = unused.collect();
    let finding = |entry: &&Port| {
        let port = entry.target.0;
        let written = entry.target_origin.written;
        let message = format!(
            "port {port} of `{name}` is published, but no input of its pipeline listens there: who connects is refused"
        );
        RULE.finding(if written.is_none() { entry.origin.written } else { written }, message)
            .service(name.clone())
            .here(format!("nothing listens on {port}"))
            .help("add an input with this `port` to the pipeline, or publish the port that one has")
            .at_most(Confidence::Likely)
            .evidence(port.to_string())
    };
    unused.iter().map(finding).collect()
}

/// The first port of those that count on which Mosquitto, GitLab or Kafka has no listener.
fn beside_listeners(
    service: &ServiceFacts<'_>,
    told: &[u16],
    counts: impl Fn(u16) -> bool,
) -> Option<Finding> {
    let name = &service.service.name.value;
    let covered = |entry: &&Port| told.iter().any(|port| entry.target.0 <= *port && *port <= entry.target.1);
    let ports = || service.service.ports.iter().filter(|entry| entry.protocol == "tcp");
    let entry = ports().find(|entry| !covered(entry) && counts(entry.target.0))?;
    let port = entry.target.0;
    let shown = phrases::list_of_ports(told.iter().map(|port| (*port, *port)).collect());
    let written = entry.target_origin.written;
    let finding = RULE.finding(
        if written.is_none() { entry.origin.written } else { written },
        format!(
            "port {port} of `{name}` is published, but `{name}` listens on {shown}: who connects is refused"
        ),
    );
    Some(
        finding
            .service(name.clone())
            .here(format!("nothing listens on {port}"))
            .help(format!(
                "add `listener {port}` to its configuration, or publish one of {shown} in its place"
            ))
            // One that nobody uses is published often, as that of websockets.
            .at_most(if port == 9001 && ports().any(|entry| covered(&entry)) {
                Confidence::Possible
            } else {
                Confidence::Likely
            })
            .evidence(port.to_string()),
    )
}

/// The first port on which Traefik has no entry point.
fn beside_entry_points(service: &ServiceFacts<'_>, told: &EntryPoints) -> Option<Finding> {
    let name = &service.service.name.value;
    let ports = || service.service.ports.iter().filter(|entry| entry.protocol == "tcp");
    let covered =
        |entry: &&Port| told.ports.iter().any(|port| entry.target.0 <= *port && *port <= entry.target.1);
    let entry = ports().find(|entry| !covered(entry))?;
    let port = entry.target.0;
    let some = ports().any(|entry| covered(&entry));
    let shown = phrases::list_of_ports(told.ports.iter().map(|port| (*port, *port)).collect());
    let written = entry.target_origin.written;
    let finding = RULE
        .finding(
            if written.is_none() { entry.origin.written } else { written },
            format!("port {port} of `{name}` is published, but Traefik has no entry point there, only on {shown}: who connects is refused"),
        )
        .service(name.clone())
        .here(format!("nothing listens on {port}"))
        // Who does without TLS, or with TLS alone, may leave the port of the other.
        .at_most(if some && matches!(port, 80 | 443) { Confidence::Possible } else { Confidence::Likely })
        .evidence(port.to_string());
    Some(match port {
        8080 if told.has_pages => finding.help("add `--api.insecure=true` to the command, which opens it for the dashboard, or publish no port 8080"),
        _ => finding.help(format!("add an entry point with the address `:{port}`, or publish one of {shown} in its place")),
    })
}

/// The word of the tag without which the service's image, run as it is, does not listen on the port.
fn only_tagged<'a>(service: &ServiceFacts<'a>, entry: &Port) -> Option<&'a str> {
    let as_it_is = service.service.build.is_none()
        && service.service.command.is_none()
        && service.service.entrypoint.is_none()
        && !service.program.image.assumed;
    let reference = service.service.image.as_ref()?.complete()?;
    let image = service.image.filter(|_| as_it_is)?;
    image.only_tagged(&reference, entry.target.0).filter(|_| entry.target.0 == entry.target.1)
}

/// A port is published that only other tags of the image listen on.
fn of_another_tag(service: &ServiceFacts<'_>, entry: &Port, tag: &str) -> Finding {
    let (name, port) = (&service.service.name.value, entry.target.0);
    let reference = service.service.image.as_ref().map(|image| image.assumed()).unwrap_or_default();
    let written = entry.target_origin.written;
    let place = if written.is_none() { entry.origin.written } else { written };
    let message = format!(
        "port {port} of `{name}` is published, but of its image only tags with `{tag}` listen there: who connects is refused"
    );
    let numbered = reference.rsplit_once('/').map_or(reference.as_str(), |(_, name)| name).split_once(':');
    let instead = match numbered {
        // What the image is built on stands last.
        Some((_, version)) if version != "latest" && version.contains('-') => {
            let (head, on) = reference.rsplit_once('-').unwrap_or((&reference, ""));
            format!("{head}-{tag}-{on}")
        }
        Some((_, version)) if version != "latest" => format!("{reference}-{tag}"),
        _ => format!("{}:{tag}", reference.trim_end_matches(":latest")),
    };
    let finding =
        RULE.finding(place, message).service(name.clone()).here(format!("nothing listens on {port}"));
    let image = service.service.image.as_ref().map_or(Span::NONE, |image| image.span());
    finding
        .also(image, format!("an image without `{tag}`"))
        .help(format!("write `image: {instead}`, or publish no port {port}"))
        .evidence(port.to_string())
}

/// A release of Phoenix that is started without its web server.
fn serverless(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.absences.serverless?;
    let told = service.environment.get(VARIABLE).is_some() || service.environment.unseen().is_some();
    let name = &service.service.name.value;
    let [entry] = service.service.ports.as_slice() else { return None };
    if told || entry.protocol != "tcp" {
        return None;
    }
    let (port, place) = (entry.target.0, entry.origin.written);
    let reads = service.program.modules.iter().flat_map(|module| &module.reads);
    let mut asked = reads.filter(|read| read.name.value == VARIABLE);
    let (why, help) = match found.by_variable {
        true => (
            format!("without `{VARIABLE}`"),
            format!("in `environment` of `{name}` write `{VARIABLE}: \"true\"`, or start `bin/server`"),
        ),
        false => (
            "without `server: true`".to_string(),
            "write `server: true` in the endpoint's configuration for production".to_string(),
        ),
    };
    let message = format!(
        "`{name}` starts its release {why}, and so without its web server: nothing listens on the published port {port}"
    );
    let finding = RULE.finding(place, message).service(name.clone()).here("nothing listens on it").help(help);
    Some(match asked.next() {
        Some(read) => finding.also(read.span, "it is asked for here".to_string()),
        None => finding,
    })
}

/// Whether `EXPOSE` or `expose` names the port.
fn is_said(service: &ServiceFacts<'_>, port: u16) -> bool {
    service.listeners.iter().any(|listener| {
        matches!(listener.source, ListenerSource::Dockerfile(_) | ListenerSource::Expose(_))
            && listener.covers(port)
    })
}

/// The port that a label names to Traefik, which dials it.
fn routed(service: &ServiceFacts<'_>, known: &[u16]) -> Option<Finding> {
    let name = &service.service.name.value;
    let off = service.service.labels.get("traefik.enable").is_some_and(|value| value.assumed() == "false");
    let mut labels = service.service.labels.iter().filter(|(label, _)| {
        let label = label.to_ascii_lowercase();
        label.starts_with("traefik.http.services.") && label.ends_with(".loadbalancer.server.port")
    });
    let (value, port) = labels.find_map(|(_, value)| {
        let port = value.complete()?.trim().parse::<u16>().ok()?;
        (!off && !known.contains(&port) && !service.may_listen_on(port)).then_some((value, port))
    })?;
    let shown = phrases::list_of_ports(known.iter().map(|port| (*port, *port)).collect());
    let finding = RULE
        .finding(
            value.span(),
            format!("a label tells Traefik to pass requests on to port {port} of `{name}`, but `{name}` listens on {shown}"),
        )
        .service(name.clone())
        .here(format!("nothing listens on {port}"))
        .also(service.service.name.span, format!("`{name}` listens on {shown}"))
        .evidence(port.to_string());
    Some(match known {
        [right] => finding.help(format!("write port {right} in place of {port}")),
        _ => finding.help(format!("write one of {shown} in place of {port}")),
    })
}

fn finding(
    cx: &Context<'_>,
    service: &ServiceFacts<'_>,
    entry: &Port,
    known: &[u16],
    right: Option<u16>,
) -> Finding {
    let name = &service.service.name.value;
    let target = entry.target.0;
    let shown = phrases::list_of_ports(known.iter().map(|port| (*port, *port)).collect());
    let written = entry.target_origin.written;
    let place = if written.is_none() { entry.origin.written } else { written };
    let listens = service.bound.iter().find(|bound| bound.port.is_some_and(|port| known.contains(&port)));
    let finding = RULE
        .finding(
            place,
            format!("port {target} of `{name}` is published, but `{name}` listens on {shown}: who connects is refused"),
        )
        .service(name.clone())
        .here(format!("nothing listens on {target}"))
        .evidence(target.to_string());
    let finding = match listens {
        Some(bound) => finding.also(bound.place, format!("listens on {shown}")),
        None => finding.also(service.service.name.span, format!("`{name}` listens on {shown}")),
    };
    let Some(right) = right else {
        return finding.help(format!("publish one of {shown} in place of {target}"));
    };
    let inside = match listens.filter(|bound| bound.is_loopback()) {
        Some(_) => ", and let it listen on `0.0.0.0`",
        None => "",
    };
    let mapping = match entry.published {
        Some((first, last)) if first == last => format!("write `{first}:{right}`{inside}"),
        _ => format!("write port {right} in place of {target}{inside}"),
    };
    let finding = finding.help(mapping);
    // `8080` alone is both sides at once.
    let alone = entry.published_text.is_blank() != Some(false) && written == entry.origin.written;
    match cx.edits.replace_within(written, &right.to_string()).filter(|_| !alone) {
        Some(edits) => finding.fix(Fix {
            title: format!("publish port {right} of `{name}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
