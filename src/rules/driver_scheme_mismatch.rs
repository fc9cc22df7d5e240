//! The URL that reaches a client has a scheme that the client refuses.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::{self, By, ListenerSource, drivers};
use crate::programs::evaluate::Value;
use crate::programs::{DRIVERS, Expr, Module, Role, Sink, SinkKind};

rule!("driver-scheme-mismatch", check);

/// Protocols of servers that speak no other: who speaks one to the server of another gets no answer.
const APART: [&str; 9] =
    ["postgresql", "mysql", "mssql", "oracle", "mongodb", "redis", "memcached", "amqp", "kafka"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for client in cx.facts.active() {
        for dial in &client.received {
            let By::Sink(module, sink) = dial.by else { continue };
            let Some(scheme) = dial.endpoint.scheme_name() else { continue };
            let class = named_class(client, module, sink);
            let mut caller = drivers::Caller::of(module, sink);
            caller.driver = caller.driver.or(class.as_deref());
            let refusal = drivers::refusal(caller, &scheme, dial.endpoint.prefix());
            let missing =
                || without_driver(dial, sink, &scheme).or_else(|| not_installed(client, sink, &scheme));
            let refusal = refusal.or_else(|| unknown_to_old(client, sink, &scheme));
            let Some(refusal) = refusal.or_else(missing) else { continue };
            let written = dial.endpoint.scheme.as_ref();
            let span = written.map_or(dial.place, Text::span);
            if !seen.insert((client.key, sink.callee.span, span)) {
                continue;
            }
            let service = &client.service.name.value;
            let callee = &sink.callee.value;
            let source = dial.variable().map_or_else(|| "the URL".to_string(), |name| format!("`{name}`"));
            let sure = written.is_none_or(|text| text.certainty() == Certainty::Known);
            out.push(
                RULE.finding(
                    sink.callee.span,
                    format!(
                        "`{callee}` gets a `{scheme}://` URL from {source} in `{service}`: {}",
                        refusal.why
                    ),
                )
                .service(service.clone())
                .here(format!("refuses `{scheme}://`"))
                .also(span, format!("{source} is written here"))
                .help(match refusal.instead {
                    Some(instead) => format!("write `{instead}://` in {source}"),
                    None => format!("give `{callee}` an address of the form it takes"),
                })
                .at_most(if sure { Confidence::Certain } else { Confidence::Likely })
                .evidence(callee.clone())
                .evidence(scheme),
            );
        }
        let refused = |span: Span| seen.iter().any(|(of, _, known)| *of == client.key && *known == span);
        // Of programs that are seen, what they do not look at says nothing.
        let seen_program = client.program.modules.iter().any(|module| module.role == Role::Source);
        let mut told = HashSet::new();
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy() && !dial.is_for_pages()) {
            let target = dial.sibling().and_then(|sibling| cx.facts.service(sibling));
            let Some(target) = target.filter(|_| !(seen_program && matches!(dial.by, By::Variable(_))))
            else {
                continue;
            };
            let callee = dial.sink().map(|sink| sink.callee.span);
            if callee.is_some_and(|callee| {
                seen.iter().any(|(key, known, _)| *key == client.key && *known == callee)
                    || !told.insert(callee)
            }) {
                continue;
            }
            // That of a URL; what an option calls a dialect stands at the client.
            let in_url = |text: &&Text| !text.span().is_none() && !refused(text.span());
            let written = dial.endpoint.scheme.as_ref().filter(in_url);
            let by_scheme = written.and_then(|written| {
                looked_up(client, dial, written, target)
                    .or_else(|| at_another_server(client, dial, written, target))
            });
            out.extend(by_scheme.or_else(|| another_server(client, dial, target)));
        }
    }
}

/// None of the drivers that a program is built with is that of the database.
fn without_driver(dial: &Dial<'_>, sink: &Sink, scheme: &str) -> Option<drivers::Refusal> {
    const KNOWN: [&str; 5] = ["mysql", "mariadb", "postgresql", "sqlserver", "oracle"];
    let (_, there) = sink.arguments.iter().find(|(name, _)| name.value == DRIVERS)?;
    let Expr::Text(there) = there else { return None };
    let reactive = dial.endpoint.prefix() == "r2dbc:";
    let wanted = if reactive { format!("r2dbc:{scheme}") } else { scheme.to_string() };
    let has = there.value.split(", ").any(|known| known == wanted);
    let jdbc = dial.endpoint.prefix() == "jdbc:";
    let meant = (jdbc || reactive) && KNOWN.contains(&scheme) && !has;
    meant.then(|| drivers::Refusal {
        why: match there.value.as_str() {
            "" => format!("it is built with no driver for `{wanted}`"),
            other => format!("it is built with the driver of {other}, and with none for `{wanted}`"),
        },
        instead: None,
    })
}

/// SQLAlchemy before 2.0 has no dialect for psycopg ("What's New in SQLAlchemy 2.0").
fn unknown_to_old(client: &ServiceFacts<'_>, sink: &Sink, scheme: &str) -> Option<drivers::Refusal> {
    let old = sink.kind == SinkKind::SqlAlchemy && client.program.old_sqlalchemy;
    (old && scheme == "postgresql+psycopg").then(|| drivers::Refusal {
        why: "SQLAlchemy has no dialect `postgresql+psycopg` before 2.0".to_string(),
        instead: Some("postgresql+psycopg2".to_string()),
    })
}

/// The driver that SQLAlchemy takes for a scheme is not installed, and another one is.
fn not_installed(client: &ServiceFacts<'_>, sink: &Sink, scheme: &str) -> Option<drivers::Refusal> {
    let by_alchemy = matches!(sink.kind, SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync);
    let (wanted, other) = drivers::not_installed(scheme, &client.program.installed)?;
    if !by_alchemy || !client.program.scope.mentioning("install_as_MySQLdb").is_empty() {
        return None;
    }
    let package = wanted.packages.first()?;
    let dialect = scheme.split('+').next().unwrap_or(scheme);
    let fits = other.mode == wanted.mode || other.mode == drivers::Mode::Both;
    Some(drivers::Refusal {
        why: format!(
            "it means the driver `{}`, which `{package}` brings, and only `{}` is installed",
            wanted.scheme,
            other.packages.first().map_or("another one", String::as_str)
        ),
        instead: fits.then(|| format!("{dialect}+{}", other.scheme)),
    })
}

/// The class of a driver that settings, or calls beside the URL's, name.
fn named_class(client: &ServiceFacts<'_>, module: &Module, sink: &Sink) -> Option<String> {
    let (_, class) = sink.arguments.iter().find(|(name, _)| name.value == "driver")?;
    // A variable replaces the setting, however its name is spelled.
    let replaces =
        |name: &str| name.replace(['_', '-', '.'], "").to_ascii_uppercase().ends_with("DRIVERCLASSNAME");
    if client.environment.iter().any(|(name, _)| replaces(name)) {
        return None;
    }
    match client.evaluate(module, class) {
        Value::Text(text) => text.complete().filter(|class| class.contains('.')),
        _ => None,
    }
}

/// The client speaks a protocol that the service at this address does not.
fn another_server(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Option<Finding> {
    let sink = dial.sink()?;
    // What is scraped or asked for pages answers over HTTP.
    let web = sink.kind == SinkKind::Http && dial.speaks_web();
    let protocol = match dial.protocols.as_slice() {
        [protocol] if APART.contains(protocol) => *protocol,
        _ if web => "HTTP",
        _ => return None,
    };
    let port = dial.port()?;
    // A port that nobody wrote is that of the protocol, and says nothing of the server.
    let here = |listener: &&facts::Listener| listener.covers(port) || !web && !written_port(dial);
    let mut at = target.listeners.iter().filter(here);
    let spoken = at.find(|listener| listener.source == ListenerSource::Image)?.protocol.as_deref()?;
    if spoken == protocol || !APART.contains(&spoken) || !web && target.speaks(protocol) {
        return None;
    }
    let (service, host) = (&client.service.name.value, &target.service.name);
    let callee = &sink.callee.value;
    let scheme = dial.endpoint.scheme.as_ref();
    let written = scheme.map(Text::span).filter(|span| !span.is_none()).unwrap_or(dial.place);
    let sure = scheme.is_none_or(|text| text.certainty() == Certainty::Known);
    Some(
        RULE.finding(
            sink.callee.span,
            format!("`{callee}` of `{service}` speaks {protocol} to `{}`, which speaks {spoken}", host.value),
        )
        .service(service.clone())
        .here(format!("speaks {protocol}"))
        .also(written, format!("dials `{}` here", dial.endpoint.shown()))
        .also(host.span, format!("`{}` speaks {spoken}", host.value))
        .help(match web {
            true => format!("ask a server that speaks HTTP, such as an exporter for {spoken}"),
            false => {
                format!("give `{callee}` the driver or scheme of {spoken}, or the address of a server for {protocol}")
            }
        })
        .at_most(if sure { Confidence::Likely } else { Confidence::Possible })
        .at_most(dial.sureness)
        .evidence(callee.clone())
        .evidence(spoken),
    )
}

/// An address of MongoDB whose servers are looked up in the DNS (`mongodb+srv://`): Docker's has no such records, and drivers refuse
/// a port beside it ("DNS Seed List Connection Format").
fn looked_up(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    written: &Text,
    target: &ServiceFacts<'_>,
) -> Option<Finding> {
    let scheme = dial.endpoint.scheme_name().filter(|scheme| scheme == "mongodb+srv")?;
    let (service, host) = (&client.service.name.value, &target.service.name.value);
    let refused = match dial.endpoint.address()?.port {
        Some(_) => "drivers refuse a port beside it".to_string(),
        None => format!("the network has no such record for `{host}`"),
    };
    let finding = RULE
        .finding(
            written.span(),
            format!("`{service}` has the servers behind `{host}` looked up by `{scheme}://`: {refused}"),
        )
        .service(service.clone())
        .here("looks for SRV records")
        .help("write `mongodb://`")
        .at_most(if written.certainty() == Certainty::Known {
            Confidence::Certain
        } else {
            Confidence::Likely
        })
        .at_most(dial.sureness)
        .evidence(host.clone())
        .evidence(scheme);
    Some(finding)
}

/// An address whose scheme is that of another server than the one that answers there: `mysql://` at PostgreSQL.
fn at_another_server(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    written: &Text,
    target: &ServiceFacts<'_>,
) -> Option<Finding> {
    let scheme = dial.endpoint.scheme_name()?;
    let [protocol] = dial.protocols.as_slice() else { return None };
    let image = target.image.filter(|_| dial.endpoint.protocol() == Some(protocol))?;
    let mut spoken: Vec<&str> = Vec::new();
    for listener in target.listeners.iter().filter(|listener| listener.source == ListenerSource::Image) {
        spoken.push(listener.protocol.as_deref()?);
    }
    let right = spoken.iter().find(|spoken| APART.contains(spoken))?;
    let web = matches!(*protocol, "http" | "https");
    let answers = if web {
        spoken.iter().any(|spoken| !APART.contains(spoken))
    } else {
        !APART.contains(protocol) || spoken.contains(protocol)
    };
    // A port on which nobody listens is told by others.
    if answers || dial.port().is_some_and(|port| !target.listens_on(port) && written_port(dial)) {
        return None;
    }
    let (service, host) = (&client.service.name.value, &target.service.name);
    let sure = if written.certainty() == Certainty::Known { Confidence::Certain } else { Confidence::Likely };
    let span = if written.span().is_none() { dial.place } else { written.span() };
    Some(
        RULE.finding(
            span,
            format!(
                "`{service}` dials `{}` with `{scheme}://`, but it is {}, which speaks {right}",
                host.value, image.title
            ),
        )
        .service(service.clone())
        .here(format!("`{}` does not understand {protocol}", host.value))
        .also(host.span, format!("speaks {right}"))
        .help(format!("give it an address with `{right}://`, and the driver that goes with it"))
        .at_most(sure.min(dial.sureness).min(Confidence::Likely))
        .evidence(host.value.clone())
        .evidence(scheme),
    )
}

/// Whether the address names a port itself.
fn written_port(dial: &Dial<'_>) -> bool {
    dial.endpoint.address().is_some_and(|address| address.port.is_some())
}
