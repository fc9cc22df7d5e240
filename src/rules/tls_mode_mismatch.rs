//! A client demands TLS of a server that has none, or comes without to one that takes nothing else.

use std::collections::HashSet;

use super::prelude::*;
use super::{redirect, wiring};
use crate::facts::tls::{self, Comes, Speaks};
use crate::facts::{public_key, telemetry, untrusted};

rule!("tls-mode-mismatch", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = HashSet::new();
        for dial in &client.dials {
            let Some(server) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
            if let Some(off) = public_key::withheld(client, dial, server) {
                out.push(key_withheld(client, dial, server, off).at_most(dial.sureness));
                continue;
            }
            if untrusted::refuses(client, dial, server) && told.insert((server.key, dial.place)) {
                out.push(distrusted(client, dial, server).at_most(dial.sureness));
                continue;
            }
            if telemetry::demands_tls(dial, server) && told.insert((server.key, dial.place)) {
                out.push(exported(client, dial, server).at_most(dial.sureness));
                continue;
            }
            let finding = match (tls::speaks(server), tls::demanded(client, dial), tls::web(dial)) {
                (Some(Speaks::Plain), Some(comes), _) => with(client, dial, server, &comes),
                (Some(Speaks::Tls(off)), _, Some(false)) => without(client, dial, server, &off),
                (Some(Speaks::TurnedOff(place)), _, Some(true)) => {
                    turned_off(client, dial, server, ("its TLS is turned off", "turns it off", place))
                }
                (Some(Speaks::ByHand(place)), _, Some(true)) => {
                    let why = "it has no certificate and so no TLS";
                    turned_off(
                        client,
                        dial,
                        server,
                        (why, "where security is set up by hand, no certificate is made", place),
                    )
                }
                (Some(Speaks::Before(version, place)), _, Some(true)) => {
                    let why =
                        format!("before version {version} it has no TLS unless it is given a certificate");
                    turned_off(client, dial, server, (&why, "an older version", place))
                }
                (None, _, Some(true))
                    if dial.endpoint.port().is_some_and(|port| tls::is_plain_web(server, port)) =>
                {
                    let place = server.service.name.span;
                    turned_off(client, dial, server, ("it has none", "nothing says of TLS", place))
                }
                _ => continue,
            };
            if told.insert((server.key, finding.at)) {
                out.push(finding.at_most(dial.sureness));
            }
        }
    }
}

/// A driver that comes without TLS, and may not fetch the key under which the password would be sent.
fn key_withheld(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    server: &ServiceFacts<'_>,
    (name, value): (&str, &Text),
) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name);
    let span = value.span();
    RULE.finding(
        if span.is_none() { dial.place } else { span },
        format!(
            "`{name}={}` of {} in `{service}` turns TLS off: MySQL 8 then wants the password under its public key, which the driver may not fetch (`Public Key Retrieval is not allowed`)",
            value.assumed(),
            wiring::who(dial),
        ),
    )
    .service(service.clone())
    .here("without TLS")
    .also(host.span, format!("`{}` makes accounts with `caching_sha2_password`", host.value))
    .help(format!("add `&allowPublicKeyRetrieval=true`, or take `{name}` out"))
    .evidence(host.value.clone())
}

/// A client that wants a certificate which somebody vouches for.
fn distrusted(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name);
    RULE.finding(
        dial.place,
        format!(
            "{} of `{service}` encrypts and wants a certificate that it can trust, and that of `{}` is made by the server itself",
            wiring::who(dial),
            host.value
        ),
    )
    .service(service.clone())
    .here("does not say what to think of the certificate")
    .also(dial.sink().map_or(Span::NONE, |sink| sink.callee.span), "the client is made here")
    .also(host.span, format!("nothing gives `{}` a certificate", host.value))
    .help("add `TrustServerCertificate=true`, or `Encrypt=false`")
    .at_most(Confidence::Likely)
    .evidence(host.value.clone())
}

/// An exporter of telemetry that speaks TLS because nothing says otherwise.
fn exported(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name);
    RULE.finding(
        dial.place,
        format!(
            "{} of `{service}` speaks TLS where nothing says otherwise, and `{}` has none: nothing is ever taken (`first record does not look like a TLS handshake`)",
            wiring::who(dial),
            host.value
        ),
    )
    .service(service.clone())
    .here("speaks TLS")
    .also(host.span, format!("nothing gives `{}` a certificate", host.value))
    .help("write `tls: {insecure: true}` beside the endpoint")
    .at_most(Confidence::Likely)
    .evidence(host.value.clone())
}

/// TLS to a server that has none.
fn with(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>, comes: &Comes) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name);
    let who = wiring::who(dial);
    let own = |span: Span| if span.is_none() { dial.place } else { span };
    let (place, says, help, edits) = match comes {
        Comes::Scheme(scheme) => {
            let plain = tls::without(&scheme.assumed()).unwrap_or_default();
            (
                own(scheme.span()),
                format!("`{}://` of {who} in `{service}` demands TLS", scheme.assumed()),
                format!("write `{plain}://` in place of `{}://`", scheme.assumed()),
                redirect::replaced(scheme, plain),
            )
        }
        Comes::Setting(name, value, instead) => (
            own(value.span()),
            format!("`{name}={}` of {who} in `{service}` demands TLS", value.assumed()),
            format!("write `{name}={instead}`"),
            dial.endpoint
                .parameters
                .iter()
                .any(|(other, _)| other == name)
                .then(|| redirect::replaced(value, instead))
                .flatten(),
        ),
        Comes::Driver(title, write) => (
            dial.place,
            format!("{title}, which gets {who} of `{service}`, demands TLS by itself"),
            match dial.endpoint.scheme {
                Some(_) => format!("add `{write}` to the parameters of {who}: `?{write}`"),
                None => format!("add `{write}` to {who}"),
            },
            None,
        ),
    };
    let finding = RULE
        .finding(place, format!("{says}, and `{}` has none", host.value))
        .service(service.clone())
        .here("demands TLS")
        .also(dial.sink().map_or(Span::NONE, |sink| sink.callee.span), "the client is made here")
        .also(host.span, format!("nothing gives `{}` a certificate", host.value))
        .help(help)
        .evidence(host.value.clone());
    match edits {
        Some(edits) => finding.fix(Fix {
            title: format!("dial `{}` without TLS", host.value),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

/// Plain HTTP to a server that makes a certificate for itself.
fn without(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>, off: &str) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name);
    let setting = off.replacen('=', ": ", 1);
    RULE.finding(
        dial.place,
        format!(
            "{} of `{service}` dials `{}` by plain HTTP, and it takes only HTTPS as long as nothing says otherwise",
            wiring::who(dial),
            host.value
        ),
    )
    .service(service.clone())
    .here("without TLS")
    .also(host.span, "makes its own certificate when it first starts")
    .help(format!(
        "write `{}` in `environment` of `{}`, or `https://` here with its certificate",
        setting, host.value
    ))
    .evidence(host.value.clone())
}

/// HTTPS to a server whose TLS is turned off.
fn turned_off(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    server: &ServiceFacts<'_>,
    (why, there, place): (&str, &str, Span),
) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name.value);
    let scheme = dial.endpoint.scheme.as_ref();
    let finding = RULE
        .finding(
            scheme.map_or(dial.place, Text::span),
            format!("{} of `{service}` dials `{host}` by HTTPS, and {why}", wiring::who(dial)),
        )
        .service(service.clone())
        .here("demands TLS")
        .also(place, format!("{there} for `{host}`"))
        .help("write `http://` in place of `https://`")
        .evidence(host.clone());
    match scheme.and_then(|scheme| redirect::replaced(scheme, "http")) {
        Some(edits) => finding.fix(Fix {
            title: format!("dial `{host}` without TLS"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
