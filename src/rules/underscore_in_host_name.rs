//! A host name with an underscore, where the client or the server is known to refuse it.

use super::prelude::*;
use super::wiring;

rule!("underscore-in-host-name", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = Vec::new();
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy()) {
            let Some(target) = dial.sibling().and_then(|sibling| cx.facts.service(sibling)) else { continue };
            let Some(host) = wiring::label(dial).filter(|host| host.contains('_') && !told.contains(host))
            else {
                continue;
            };
            let Some(who) = refusal(client, dial, target) else { continue };
            out.push(finding(client, dial, target, &host, who).at_most(dial.sureness));
            told.push(host);
        }
    }
}

/// Who refuses the name, if somebody is known to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// `java.net.URI` gives no host for it, and clients that are built on it none either.
    Client,
    /// Django answers 400 to requests with it in their `Host` header.
    Server,
}

fn refusal(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Option<Refusal> {
    let url = dial.endpoint.scheme.is_some() && !dial.endpoint.prefix().contains("jdbc");
    let uri = dial.speaks_web() || dial.protocols.contains(&"redis");
    if url && uri && client.is_written_in(&["java", "kt"]) {
        return Some(Refusal::Client);
    }
    (dial.speaks_web() && target.defines("ALLOWED_HOSTS")).then_some(Refusal::Server)
}

fn finding(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'_>,
    host: &str,
    who: Refusal,
) -> Finding {
    let (service, name) = (&client.service.name.value, &target.service.name.value);
    let better = host.replace('_', "-");
    let why = match who {
        Refusal::Client => {
            "Java's `URI` knows no host with an underscore, and its clients fail before they dial".to_string()
        }
        Refusal::Server => {
            format!(
                "Django in `{name}` answers 400 to a `Host` header with an underscore, whatever `ALLOWED_HOSTS` says"
            )
        }
    };
    let network = target.service.networks.first().map_or("default", |at| at.network.value.as_str());
    RULE.finding(dial.place, format!("`{service}` dials `{}`: {why}", dial.endpoint.shown()))
        .service(service.clone())
        .here("no valid host name")
        .also(target.service.name.span, format!("`{name}` is the service"))
        .help(format!(
            "write `networks: {{{network}: {{aliases: [{better}]}}}}` for `{name}`, and dial `{}`",
            wiring::host_and_port(&better, dial.endpoint.address().and_then(|address| address.port_number()))
        ))
        .evidence(host)
}
