//! A host name that nobody on the service's networks carries.

use super::advertised_loopback::client_of;
use super::phrases;
use super::prelude::*;
use super::{redirect, told_hosts, unregistered, wiring};
use crate::facts::advertised::{self, Advertised};
use crate::facts::{Address, By, HostKind, Need, Target, expansions};
use crate::programs::has_extension;

rule!("unknown-host", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        out.extend(unregistered::findings(cx, &RULE, client));
        out.extend(literal(client).or_else(|| told_hosts::of(cx, client)));
        out.extend(client.dials.iter().filter_map(|dial| with_colon(client, dial)));
        out.extend(client.dials.iter().filter_map(|dial| by_number(cx, client, dial)));
        out.extend(client.dials.iter().filter_map(|dial| with_two_schemes(cx, client, dial)));
        out.extend(advertised::of(client).iter().filter_map(|one| handed_out(cx, client, one)));
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy()) {
            let Some(host) = wiring::written_label(cx, client, dial) else { continue };
            if second_scheme(dial).is_some() {
                continue;
            }
            if dial.target != Some(Target::Nobody) || is_stand_in(cx, client, dial) {
                continue;
            }
            let Some(confidence) = wiring::nobody_answers(cx, client, dial) else { continue };
            let finding = finding(cx, client, dial, &host).at_most(confidence).at_most(dial.sureness);
            out.push(match is_of_skeleton(client, dial, &host) {
                true => finding.at_most(Confidence::Possible),
                false => finding,
            });
        }
    }
}

/// Whether the host is a default that is no address at all: that the variable is not set is said already.
fn is_stand_in(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let Some(address) = dial.endpoint.address().filter(|address| address.port.is_none()) else {
        return false;
    };
    let origin = address.host.origin();
    let variable = origin.as_ref().and_then(|origin| origin.unset_read()).map(|(name, _)| name.to_string());
    variable.and_then(|name| cx.facts.gap(client.key, &name)).is_some_and(|gap| gap.need == Need::Required)
}

/// The name that a server tells its clients to go on at, which nobody carries where they are.
fn handed_out(cx: &Context<'_>, server: &ServiceFacts<'_>, one: &Advertised) -> Option<Finding> {
    let host = one.host.complete().filter(|_| one.host.certainty() == Certainty::Known)?;
    let HostKind::Label(label) = (Address { host: one.host.clone(), port: None }).kind() else { return None };
    let (client, dial) = client_of(cx, server, one)?;
    let seen = cx.project.remote().next().is_none()
        && !cx.project.variant
        && !cx.facts.reach.sees_outside(client.key)
        && !cx.project.elsewhere.contains(&label);
    if !seen || cx.facts.reach.resolve(client.key, &label) != Target::Nobody {
        return None;
    }
    let (name, who) = (&server.service.name.value, &client.service.name.value);
    let finding = RULE
        .finding(
            one.place,
            format!(
                "`{name}` tells its clients to go on at `{}`, and no service on the networks of `{who}`, which dials `{}`, is called that",
                one.address.assumed(),
                dial.endpoint.shown(),
            ),
        )
        .service(name.clone())
        .here("no such host")
        .also(dial.place, format!("`{who}` dials `{}` here", dial.endpoint.shown()))
        .help(format!("write `{name}` in place of `{host}`"))
        .at_most(Confidence::Likely)
        .at_most(dial.sureness)
        .at_most(wiring::how_sure(dial))
        .evidence(host);
    Some(match cx.edits.replace_within(one.host.span(), name) {
        Some(edits) => finding.fix(Fix {
            title: format!("let `{name}` hand out its name"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    })
}

/// Addresses in which variables stand that nobody puts in.
fn literal(client: &ServiceFacts<'_>) -> Option<Finding> {
    const MAX_SHOWN: usize = 8;
    let variables = expansions::literal(client);
    let first = variables.first()?;
    let name = &client.service.name.value;
    let title = client.image.map_or("its program", |image| image.title.as_str());
    let finding = RULE
        .finding(
            first.span,
            format!(
                "the configuration of `{name}` has `${{{}}}` for an address, and {title} puts no variables into it: it is taken as it stands",
                first.value
            ),
        )
        .service(name.clone())
        .here("no address")
        .help("write the value, or make the file with `envsubst` before the container starts")
        .at_most(Confidence::Likely)
        .evidence(first.value.clone());
    let others = variables.iter().skip(1).take(MAX_SHOWN);
    Some(others.fold(finding, |finding, other| finding.also(other.span, format!("`${{{}}}`", other.value))))
}

/// A URL to which the program, or the file, adds the scheme that it has already: what is dialled is a host of the scheme's name.
fn with_two_schemes(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let second = second_scheme(dial)?;
    let text = dial.endpoint.text.assumed();
    let (first, scheme) = (text.get(..second.start)?, text.get(second.clone())?);
    let host = scheme.strip_suffix("://")?;
    // Behind an `@` a login would be shown.
    let rest = text.get(second.end..)?.split(['/', '?']).next()?.rsplit('@').next()?;
    let service = &client.service.name.value;
    let written = dial.endpoint.text.slice(second.start, second.end);
    let place = if written.span().is_none() { dial.place } else { written.span() };
    let finding = RULE
        .finding(
            place,
            format!(
                "{} of `{service}` has `{scheme}` in it, and `{first}` is put before that: the host that is dialled is `{host}`",
                wiring::who(dial)
            ),
        )
        .service(service.clone())
        .here("the scheme a second time")
        .help(format!("write `{rest}` there, without `{scheme}`"))
        .at_most(dial.sureness)
        .evidence(text.clone());
    let edits = (written.certainty() == Certainty::Known).then(|| cx.edits.replace_within(place, ""));
    Some(match edits.flatten() {
        Some(edits) => finding.fix(Fix {
            title: "leave one scheme".to_string(),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    })
}

/// Where a second scheme stands right behind that of the address.
fn second_scheme(dial: &Dial<'_>) -> Option<std::ops::Range<usize>> {
    let text = dial.endpoint.text.assumed();
    let start = dial.endpoint.scheme.is_some().then(|| text.find("://"))?? + "://".len();
    let rest = text.get(start..)?;
    let length = rest.find("://")?;
    let named = rest.get(..length)?;
    let plain = !named.is_empty() && named.chars().all(|c| c.is_ascii_lowercase() || c == '+');
    plain.then(|| start..start + length + "://".len())
}

/// `172.23.0.2`: an address as Docker hands them out, which it hands to somebody else the next time.
fn by_number(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let address = dial.endpoint.address().filter(|_| dial.host() == HostKind::Address)?;
    let host = address.host.complete().filter(|_| address.host.certainty() == Certainty::Known)?;
    let number: std::net::Ipv4Addr = host.trim().parse().ok()?;
    let [first, second, ..] = number.octets();
    // The pools that Docker takes networks from by itself (`default-address-pools`).
    let handed_out = first == 172 && (17..=31).contains(&second);
    let networks = cx.project.services.values().flat_map(|service| &service.networks);
    let mut given = networks.flat_map(|network| &network.addresses);
    let fixed = given.any(|given| given.value.trim() == host.trim())
        || cx.project.networks.values().any(|network| network.external || network.ipam);
    let meant = cx
        .facts
        .meant(client, dial)
        .into_iter()
        .find(|other| other.image.is_some_and(|image| image.stateful))?;
    let seen = handed_out && !fixed && !cx.facts.reach.sees_outside(client.key);
    let (service, name) = (&client.service.name.value, &meant.service.name.value);
    seen.then(|| {
        let finding = RULE
            .finding(
                dial.place,
                format!(
                    "{} of `{service}` dials `{host}`, an address that no service is given: Docker hands them out anew each time, and `{name}` is meant",
                    wiring::who(dial)
                ),
            )
            .service(service.clone())
            .here("nobody's address")
            .also(meant.service.name.span, format!("`{name}` is reached by its name"))
            .help(format!("write `{name}` in place of `{host}`"))
            .at_most(Confidence::Likely)
            .at_most(dial.sureness)
            .evidence(host.clone());
        match cx.edits.replace_within(address.host.span(), name) {
            Some(edits) => finding.fix(Fix {
                title: format!("dial `{name}` by its name"),
                applicability: Applicability::Unsafe,
                edits,
            }),
            None => finding,
        }
    })
}

/// `Server=sqlserver:1433`: clients of SQL Server take the port after a comma, and what has a colon for one name.
fn with_colon(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let (By::Sink(module, _), ["mssql"]) = (&dial.by, dial.protocols.as_slice()) else { return None };
    let address = dial.endpoint.address().filter(|_| has_extension(&module.path, &["cs"]))?;
    let (host, port) = (address.host.complete()?, address.port.as_ref()?);
    let number = port.complete()?;
    let written = format!("{host}:{number}");
    let colon =
        dial.endpoint.scheme.is_none() && dial.endpoint.text.assumed().contains(&format!("={written}"));
    (colon && dial.sibling().is_some()).then(|| {
        let service = &client.service.name.value;
        RULE.finding(
            dial.place,
            format!(
                "{} of `{service}` dials host `{written}`: clients of SQL Server take a port after a comma",
                wiring::who(dial)
            ),
        )
        .service(service.clone())
        .here("one name, with a colon in it")
        .help(format!("write `{host},{number}` in place of `{written}`"))
        .at_most(Confidence::Likely)
        .at_most(dial.sureness)
        .evidence(written)
    })
}

/// Whether it is the mail server that Laravel's skeleton names in every project, and the program is seen to send no mail.
fn is_of_skeleton(client: &ServiceFacts<'_>, dial: &Dial<'_>, host: &str) -> bool {
    const SENDS: [&str; 5] = ["Mail::", "->notify(", "Notification::", "MailMessage", "Mailable"];
    matches!(host, "mailhog" | "mailpit")
        && dial.variable() == Some("MAIL_HOST")
        && client
            .program
            .scope
            .iter()
            .any(|(_, place, source)| source.front_end.name() == "php" && is_own(place))
        && SENDS.iter().all(|word| client.program.scope.mentioning(word).is_empty())
}

/// Whether a file of Laravel's is one that somebody wrote, not one of the skeleton's.
fn is_own(place: &std::path::Path) -> bool {
    const OF_CODE: [&str; 5] = ["app", "src", "Models", "Domain", "Modules"];
    const OTHERS: [&str; 11] = [
        "config",
        "database",
        "routes",
        "bootstrap",
        "public",
        "resources",
        "tests",
        "lang",
        "storage",
        "vendor",
        "Middleware",
    ];
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let given = matches!(name, "Controller.php" | "Kernel.php" | "Handler.php" | "server.php")
        || name.ends_with("ServiceProvider.php");
    let within =
        |folders: &[&str]| place.iter().any(|part| part.to_str().is_some_and(|part| folders.contains(&part)));
    let mut folders = place.parent().into_iter().flat_map(std::path::Path::iter);
    let deep = folders.any(|part| part.to_str().is_some_and(|part| OF_CODE.contains(&part)))
        && folders.next().is_some();
    place.extension().is_some_and(|it| it == "php") && !given && deep && !within(&OTHERS)
}

fn finding<'a>(cx: &Context<'a>, client: &ServiceFacts<'a>, dial: &Dial<'a>, host: &str) -> Finding {
    let service = &client.service.name.value;
    let names = wiring::others(cx, client);
    let meant = wiring::probably(cx, client, dial, host);
    let what = wiring::who(dial);
    let finding = RULE
        .finding(
            dial.place,
            format!("{what} of `{service}` dials host `{host}`, which no service on its networks is called"),
        )
        .service(service.clone())
        .here("no such host")
        .evidence(host)
        .help(match meant {
            Some(meant) => format!("write `{meant}` in place of `{host}`"),
            None if names.is_empty() => {
                format!("add a service `{host}`, or declare the host under `extra_hosts`")
            }
            None => format!("the services it can reach are {}", phrases::list(&names)),
        });
    match meant.and_then(|meant| cx.facts.service(meant)) {
        Some(meant) => {
            let name = &meant.service.name;
            let finding = finding.also(name.span, format!("`{}` is probably meant", name.value));
            redirect::with_host(cx, finding, dial, &name.value)
        }
        None => finding,
    }
}
