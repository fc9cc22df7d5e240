//! A value that reaches the process dials the container itself where a sibling is meant.

use super::prelude::*;
use super::{redirect, wiring};
use crate::facts::nobody::Harm;
use crate::facts::{Asked, By, Layer};
use crate::programs::{OPENED, Role, SinkKind};

rule!("loopback-in-container", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        for dial in client.dials.iter().filter(|dial| dial.is_loopback() && !dial.may_be_public()) {
            let origin = dial.host_origin();
            if origin.is_some_and(|origin| origin.unset_read().is_some()) {
                continue;
            }
            // A literal of the source is another rule's; here a value came to the process.
            let set = dial.variable().filter(|name| client.environment.value(name).is_some());
            let setting = origin.and_then(|origin| origin.setting()).filter(|_| set.is_none());
            let variable = set.or(setting.map(|(variable, _)| &**variable));
            // What is only guessed is kept where nobody else can be meant.
            let guessed = dial.sink().is_some_and(|sink| sink.kind == SinkKind::Call);
            // A command may well ask its own container over HTTP.
            let commanded = dial.sink_role() == Some(Role::Script) && (!dial.speaks_web() || guessed);
            let by_flag =
                origin.is_some_and(|origin| origin.through.iter().any(|via| matches!(via, Via::Flag(_))));
            if variable.is_none() && !dial.is_of_file() && !commanded && !by_flag {
                continue;
            }
            // A server's settings speak of itself, unless a variable names a server of another kind.
            let another = set.is_some()
                && !dial.speaks_web()
                && !dial.protocols.iter().any(|protocol| client.speaks(protocol) || *protocol == "tcp");
            // Where nothing of a server listens on a port, its settings speak of somebody else.
            let port = dial.endpoint.address().is_some_and(|address| address.port.is_some());
            let another = another || dial.is_configured() && port || guessed;
            if client.image.is_some_and(|image| image.is_server()) && !another
                || cx.facts.answers_on_loopback(client, dial) && !hands_on(dial)
            {
                continue;
            }
            if is_of_no_rules(client, dial) {
                continue;
            }
            let meant = cx.facts.meant(client, dial);
            let Some(sibling) = meant.first() else {
                let found = nobody(cx, client, dial, variable);
                out.extend(found.or_else(|| unbundled(cx, client, dial)));
                continue;
            };
            // What a browser could use as well is only a mistake when no browser can reach it.
            let published = dial
                .port()
                .is_some_and(|port| cx.facts.active().any(|other| other.published_as(port).is_some()));
            // An address under which objects are handed to browsers is signed for them, and not dialled.
            let signed = dial.asks_for() == Some(Asked::Objects) && dial.is_said_to_be_public();
            if signed && published {
                continue;
            }
            let known = dial.is_of_backends() || dial.by_image;
            if dial.speaks_web() && dial.sink().is_none() && published && !known {
                continue;
            }
            let finding = match (setting, variable) {
                (Some((_, key)), Some(variable)) => written(cx, client, dial, (variable, key), sibling),
                _ => finding(cx, client, dial, variable, sibling),
            };
            let finding = finding.at_most(dial.sureness);
            let for_all = wiring::is_for_all(cx, client, dial);
            out.push(match for_all || dial.is_configured() && runs_more(client) {
                true => finding.at_most(Confidence::Possible),
                false => finding,
            });
        }
    }
}

/// Whether it is where Loki would send alerts, as its own example has it, and it is given no rules to alert by.
fn is_of_no_rules(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let rules = || client.service.volumes.iter().any(|mount| mount.target.contains("rule"));
    dial.sink().is_some_and(|sink| sink.callee.value == "ruler.alertmanager_url") && !rules()
}

/// Whether it is a collector that hands on what it receives: to itself is never meant.
fn hands_on(dial: &Dial<'_>) -> bool {
    dial.is_configured() && dial.sink().is_some_and(|sink| sink.callee.value.starts_with("exporters."))
}

/// Whether a proxy passes on to it, or Prometheus scrapes it, in an image that is taken as it is: what listens in its container
/// is known, and the address is none of it. Other settings are often those of an example, and nobody comes to use them.
fn is_of_stock_image(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let By::Sink(module, sink) = &dial.by else { return false };
    let used = module.role == Role::Proxy || sink.callee.value.starts_with("scrape_configs.");
    let service = client.service;
    let as_it_is = service.build.is_none() && service.entrypoint.is_none() && !client.program.image.assumed;
    used && as_it_is
        && client.image.is_some()
        && dial.port().is_some()
        && !runs_more(client)
        && cx.facts.reach.on_loopback(client.key).count() == 1
}

/// A client that the program makes when it starts is given the container itself, where nothing can listen: the program
/// is all that runs there, and no service of the project is such a server.
fn nobody(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    variable: Option<&str>,
) -> Option<Finding> {
    let By::Sink(_, sink) = &dial.by else { return None };
    let keys = dial.fetches_keys() && !client.listeners.is_empty();
    let place = variable.and_then(|variable| client.environment.get(variable));
    let of_file = variable.is_none() && dial.is_of_file();
    // What could replace a setting, and does not, says nothing. Settings of what is not used stay behind.
    let variable = variable.filter(|_| place.is_some());
    let opened = sink.arguments.iter().any(|(name, _)| name.value == OPENED);
    let written = place.is_some_and(|effective| effective.layer == Layer::Environment)
        || of_file
        || variable.is_none() && opened
        || keys;
    let harm = cx.facts.finds_nobody(client, dial).filter(|_| written);
    let dead = harm.is_some() || keys && written && cx.facts.runs_alone(client);
    if !dead && !is_of_stock_image(cx, client, dial) {
        return None;
    }
    let service = &client.service.name;
    let shown = dial.endpoint.shown();
    let who = match variable {
        Some(variable) => format!("`{variable}` of `{}` dials", service.value),
        None => format!("the configuration of `{}` dials", service.value),
    };
    let finding = RULE
        .finding(
            dial.place,
            format!("{who} `{shown}`: inside the container that is the container itself, and nothing listens there"),
        )
        .service(service.value.clone())
        .severity(if harm == Some(Harm::Start) { Severity::Error } else { Severity::Warning })
        .here("loopback of the container")
        .also(sink.callee.span, format!("`{}` dials it", sink.callee.value))
        .help(if keys {
            "name an address under which the container finds who issues the tokens, itself at the port on which it listens or another service: the keys are fetched there"
        } else {
            "name a service of this project that is such a server, or `host.docker.internal` for one on the machine itself"
        })
        .evidence(shown);
    Some(finding.at_most(dial.sureness.min(Confidence::Likely)))
}

/// Parts of names of images that bring their database along.
const BUNDLES: [&str; 14] = [
    "all-in-one",
    "allinone",
    "aio",
    "omnibus",
    "appliance",
    "standalone",
    "bundle",
    "full",
    "lamp",
    "lemp",
    "xampp",
    "onlyoffice",
    "gitlab",
    "mysql",
];
/// Where databases keep their data.
const DATA: [&str; 5] = ["mysql", "postgres", "pgsql", "mariadb", "mongo"];

/// An application that is taken as it is is told a database in its own container, with a login: no service is one, nor does its
/// image say that it brings one.
fn unbundled(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let By::Variable(variable) = &dial.by else { return None };
    let service = client.service;
    let image = service.image.as_ref().and_then(|image| image.complete())?.to_ascii_lowercase();
    let effective = client.environment.get(variable)?;
    let has =
        |word: &str| client.environment.iter().any(|(name, _)| name.to_ascii_uppercase().contains(word));
    let login = has("USER") && has("PASS");
    let kept = |target: &str| DATA.iter().any(|word| target.to_ascii_lowercase().contains(word));
    let words = variable.to_ascii_uppercase();
    let named =
        ["DATABASE_HOST", "DB_HOST", "MYSQL_HOST", "POSTGRES_HOST"].iter().any(|end| words.ends_with(end));
    let stored = named && dial.port().is_none_or(|port| [3306, 5432].contains(&port));
    // Of an image that is not known anything may run.
    let others = cx.facts.services().any(|other| other.key != client.key && other.image.is_none());
    let alone = service.build.is_none()
        && service.command.is_none()
        && service.entrypoint.is_none()
        && client.image.is_none()
        && !client.program.entry_known
        && cx.facts.reach.on_loopback(client.key).count() == 1;
    let plain = effective.layer == Layer::Environment && login && stored;
    let bundled = BUNDLES.iter().any(|word| image.contains(word))
        || service.volumes.iter().any(|mount| kept(&mount.target))
        || service.ports.iter().any(|port| [3306, 5432].contains(&port.target.0));
    if !alone || !plain || bundled || others {
        return None;
    }
    let name = &service.name;
    Some(
        RULE.finding(
            dial.place,
            format!(
                "`{variable}` of `{}` dials `{}`: inside the container that is the container itself, and no database runs there",
                name.value,
                dial.endpoint.shown()
            ),
        )
        .service(name.value.clone())
        .severity(Severity::Warning)
        .here("loopback of the container")
        .help(format!(
            "add the database as a service, and write its name in place of `{}`; for one that runs on the machine itself write `host.docker.internal`, with `extra_hosts: [\"host.docker.internal:host-gateway\"]`",
            dial.endpoint.shown()
        ))
        .evidence(dial.endpoint.shown())
        .at_most(dial.sureness.min(Confidence::Likely)),
    )
}

/// A configuration file of the program says so, and `variable` would replace its setting at `key`.
fn written(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    (variable, key): (&str, Span),
    sibling: &ServiceFacts<'_>,
) -> Finding {
    let (service, target) = (&client.service.name, &sibling.service.name.value);
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "the configuration of `{}` dials `{}`: inside the container that is the container itself, and `{target}` is meant",
                service.value,
                dial.endpoint.shown(),
            ),
        )
        .service(service.value.clone())
        .here("loopback of the container")
        .also(key, format!("`{variable}` in the environment would replace this"))
        .also(service.span, format!("`{}` does not set it", service.value))
        .also(sibling.service.name.span, format!("`{target}` listens on {}", wiring::ports_of(dial, sibling)))
        .evidence(variable)
        .evidence(target.clone());
    let Some(value) = wiring::value_to_set(client, dial, variable, sibling) else {
        let address = wiring::host_and_port(target, wiring::port_to_dial(dial, sibling));
        return finding.help(format!(
            "set `{variable}` in `environment` of `{}` to an address on `{address}`",
            service.value
        ));
    };
    let finding =
        finding.help(format!("write `{variable}: {value}` in `environment` of `{}`", service.value));
    match cx.edits.set_variable(client.service, variable, &value) {
        Some(edits) => finding.fix(Fix {
            title: format!("set `{variable}` for `{}`", service.value),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

/// Whether a proxy's container runs programs of the project's own, too, which may be what it passes on to.
fn runs_more(client: &ServiceFacts<'_>) -> bool {
    let modules = &client.program.modules;
    let proxy = modules.iter().any(|module| module.role == Role::Proxy);
    proxy && (client.image.is_none() || modules.iter().any(|module| module.role == Role::Source))
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    variable: Option<&str>,
    sibling: &ServiceFacts<'_>,
) -> Finding {
    let service = &client.service.name;
    let who = match variable {
        Some(variable) => format!("`{variable}` of `{}` dials", service.value),
        None if dial.is_of_file() => format!("the configuration of `{}` dials", service.value),
        None => match dial.held() {
            Some(option) => format!("`{option}` of `{}` dials", service.value),
            None => format!("a command of `{}` dials", service.value),
        },
    };
    let target = &sibling.service.name.value;
    let port = wiring::port_to_dial(dial, sibling);
    let address = wiring::host_and_port(target, port);
    let place = variable.and_then(|variable| client.environment.get(variable));
    let layer = match place.map(|effective| effective.layer) {
        Some(Layer::EnvFile) => "set by an env file",
        Some(Layer::Dotenv) => "set by a dotenv file that the program loads",
        Some(Layer::Script) => "set by the start script",
        Some(Layer::Image) => "set by `ENV` in the Dockerfile",
        _ => "set in `environment`",
    };
    let certainty = dial.endpoint.address().map_or(Certainty::Known, |address| address.host.certainty());
    let mut finding = RULE
        .finding(
            dial.place,
            format!(
                "{who} `{}`: inside the container that is the container itself, and `{target}` is meant",
                dial.endpoint.shown(),
            ),
        )
        .service(service.value.clone())
        .here("loopback of the container")
        .also(sibling.service.name.span, format!("`{target}` listens on {}", wiring::ports_of(dial, sibling)))
        .help(format!("write `{address}` in place of `{}`", dial.endpoint.shown()))
        .evidence(variable.map_or_else(|| dial.endpoint.shown(), str::to_string))
        .evidence(target.clone());
    if let Some(effective) = place.filter(|effective| effective.variable.key != dial.place) {
        finding = finding.also(effective.variable.key, format!("{layer} for `{}`", service.value));
    }
    if let Certainty::Depends(host) = &certainty {
        finding = finding
            .at_most(Confidence::Likely)
            .also(dial.place, format!("the default while `{host}` is not set"));
    }
    // A file of variables that others share, or a block that they do, would change for them, too.
    let shared = variable.is_some_and(|variable| wiring::is_shared(cx, client, variable, |_| true));
    let source =
        || redirect::in_source(cx, dial, target, port).filter(|_| !shared && certainty == Certainty::Known);
    match redirect::edits(cx, dial, Some(target), port).or_else(source) {
        Some(edits) => finding.fix(Fix {
            title: format!("dial `{address}` in place of `{}`", dial.endpoint.shown()),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
