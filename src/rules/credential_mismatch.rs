//! What a client says to get in is not what its server was made with.

use std::collections::HashSet;

use super::prelude::*;
use super::wiring;
use crate::facts::credentials::{Difference, Part};
use crate::facts::{Layer, Need, alike, anonymous};
use crate::source::Origin;

rule!("credential-mismatch", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        out.extend(secret(cx, client));
        // One wrong text may be found through several variables and clients.
        let mut told = HashSet::new();
        for dial in &client.dials {
            let reached = dial.sibling().and_then(|name| cx.facts.service(name));
            let Some(server) = reached.or_else(|| cx.facts.missed(client, dial)) else { continue };
            if let Some(asks) = reached.and_then(|server| anonymous::refused(client, dial, server)) {
                out.extend(
                    told.insert((server.key, dial.place)).then(|| nameless(client, dial, server, asks)),
                );
                continue;
            }
            let mut differences = cx.facts.credential_differences(client, dial);
            // With the host of another machine, what takes the place of what nothing sets is of that, too.
            let set = |said: &Text| said.pieces().iter().all(|piece| piece.origin.unset_read().is_none());
            differences.retain(|difference| reached.is_some() || set(&difference.said));
            // What may yet be made by somebody does not take from what nobody makes.
            let surest = differences.iter().map(|difference| difference.confidence).max();
            differences.retain(|difference| Some(difference.confidence) == surest);
            // Whose variable is missing is told of that.
            differences.retain(|difference| !is_lacking(cx, client, &difference.said));
            let Some(first) = differences.first() else { continue };
            if told.insert((server.key, place(dial, first))) {
                out.push(finding(cx, client, dial, server, (first, &differences)).at_most(dial.sureness));
            }
        }
    }
}

/// A client without a name of a broker that lets nobody in without.
fn nameless(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    server: &ServiceFacts<'_>,
    asks: anonymous::Asks,
) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name.value);
    let why = match asks.said {
        true => "`allow_anonymous false`",
        false => "what version 2 takes it for where nothing is said of `allow_anonymous`",
    };
    let message = format!(
        "{} of `{service}` gives no name, and `{host}` lets nobody in without: {why}",
        wiring::who(dial)
    );
    RULE.finding(dial.place, message)
        .service(service.clone())
        .here("without a name")
        .also(asks.place, "asks everybody who comes here for a name")
        .help("give the client a user of the broker's `password_file`, or write `allow_anonymous true`")
        .at_most(Confidence::Likely)
        .at_most(dial.sureness)
        .evidence(host.clone())
}

/// A secret that the programs of one application have otherwise.
fn secret(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let other =
        alike::differs(cx.facts, service).or_else(|| alike::differs_from_server(cx.facts, service))?;
    let (name, variable, there) = (&service.service.name, other.variable, &other.service.service.name.value);
    let own = |text: &Text, span: Span| if text.span().is_none() { span } else { text.span() };
    let message = format!(
        "`{variable}` of `{}` is another than that of `{there}`, with which it works together: {}",
        name.value, other.then
    );
    Some(
        RULE.finding(own(other.value, name.span), message)
            .service(name.value.clone())
            .here("another secret")
            .also(own(other.there, other.service.service.name.span), format!("that of `{there}`"))
            .help(format!("give both one value, as from `${{{variable}}}`"))
            .at_most(Confidence::Likely)
            .evidence(variable),
    )
}

/// Whether what is said came about for want of a variable without which the program is said to stop, or that another compose file
/// sets where it is laid over this.
fn is_lacking(cx: &Context<'_>, client: &ServiceFacts<'_>, said: &Text) -> bool {
    let variable = said.origin().filter(|origin| origin.written.is_none()).and_then(Origin::unset_read);
    if variable.is_some_and(|(variable, _)| client.service.overlaid.contains(&**variable)) {
        return true;
    }
    let gap = variable.and_then(|(variable, _)| cx.facts.gap(client.key, variable));
    gap.is_some_and(|gap| gap.need == Need::Required && gap.at_start && !client.may_find(&gap.variable))
}

fn place(dial: &Dial<'_>, difference: &Difference) -> Span {
    let written = difference.said.span();
    if written.is_none() { dial.place } else { written }
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    server: &ServiceFacts<'_>,
    (first, differences): (&Difference, &[Difference]),
) -> Finding {
    let (service, host) = (&client.service.name.value, &server.service.name.value);
    let who = wiring::who_says(client, dial, &first.said);
    let says: Vec<String> = differences.iter().map(|difference| says(difference, server)).collect();
    let mut finding = RULE
        .finding(place(dial, first), format!("{who} of `{service}` {}", says.join(", and ")))
        .service(service.clone())
        .here(here(first))
        .evidence(host.clone());
    for difference in differences {
        let at = place(dial, difference);
        if at != finding.at {
            finding = finding.also(at, here(difference));
        }
        let made = &difference.made;
        let variable = made.variable.as_deref();
        let there = match (difference.part, variable, made.by_image) {
            (Part::Unasked, ..) => format!("`{host}` has no password"),
            (Part::AuthSource, ..) => format!("`{host}` makes its user in `{}`", made.value),
            (Part::Password, None, _) if let Some(user) = difference.others.first() => {
                format!("makes `{user}` with another password")
            }
            (Part::Password, Some(_), true) => format!("`{host}` has its image's password"),
            (Part::Password | Part::NoPassword | Part::BlankPassword | Part::Token, ..) => {
                format!("the {} that `{host}` is made with", first.part.name())
            }
            (Part::Database, Some(variable), true) if made.value.is_empty() => {
                format!("`{variable}` is not set")
            }
            (part, Some(variable), true) => {
                format!("`{variable}` is not set, so the {} is `{}`", part.name(), made.value)
            }
            (part, ..) => format!("`{host}` is made with {} `{}`", part.name(), made.value),
        };
        finding =
            finding.also(made.place, there).at_most(difference.confidence).evidence(difference.part.name());
    }
    let finding = finding.help(help(first, dial, server));
    match fix(cx, client, server, first) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// More databases are not named.
const MAX_SHOWN: usize = 6;

fn says(difference: &Difference, server: &ServiceFacts<'_>) -> String {
    let host = &server.service.name.value;
    let (said, made) = (difference.said.assumed(), &difference.made);
    match difference.part {
        Part::User if difference.others.is_empty() || made.by_image => {
            format!("logs in to `{host}` as `{said}`, but its user is `{}`", made.value)
        }
        Part::User => {
            let others = difference.others.iter().take(MAX_SHOWN);
            let all: Vec<String> =
                [&made.value].into_iter().chain(others).map(|name| format!("`{name}`")).collect();
            format!("logs in to `{host}` as `{said}`, but its users are {}", all.join(", "))
        }
        Part::Password if let Some(user) = difference.others.first() => {
            format!("gives `{host}` another password than a script of its makes `{user}` with")
        }
        Part::Password | Part::Token => {
            format!("gives `{host}` another {} than it is made with", difference.part.name())
        }
        Part::Organization | Part::Bucket => {
            let part = difference.part.name();
            format!("names the {part} `{said}` to `{host}`, which makes only `{}`", made.value)
        }
        Part::NoPassword => format!("gives `{host}` no password, and it asks for one"),
        Part::BlankPassword => format!("gives `{host}` a blank password, and it asks for one"),
        Part::Unasked => format!("gives `{host}` a password, and it has none: it refuses who gives one"),
        Part::Database => {
            let scripts = server.program.first_scripts.as_ref();
            let others = scripts.into_iter().flat_map(|scripts| &scripts.databases).take(MAX_SHOWN);
            let all: Vec<String> = [&made.value]
                .into_iter()
                .chain(others)
                .chain(difference.others.iter().take(MAX_SHOWN))
                .filter(|name| !name.is_empty())
                .map(|name| format!("`{name}`"))
                .collect();
            match all.is_empty() {
                true => format!("opens `{said}` on `{host}`, which makes no database"),
                false => format!("opens `{said}` on `{host}`, which makes only {}", all.join(", ")),
            }
        }
        Part::AuthSource => format!(
            "logs in to `{host}` against the database `{said}`, but its user belongs to `{}`",
            made.value
        ),
    }
}

fn here(difference: &Difference) -> String {
    match difference.part {
        Part::User => "no such user".to_string(),
        Part::Password | Part::Token => format!("another {}", difference.part.name()),
        Part::Organization | Part::Bucket => format!("no such {}", difference.part.name()),
        Part::NoPassword => "no password".to_string(),
        Part::BlankPassword => "blank".to_string(),
        Part::Unasked => "a password that nobody asks for".to_string(),
        Part::Database => "no such database".to_string(),
        Part::AuthSource => "the user is not looked up in `admin`".to_string(),
    }
}

fn help(difference: &Difference, dial: &Dial<'_>, server: &ServiceFacts<'_>) -> String {
    let host = server.service.name.value.as_str();
    let made = &difference.made;
    let said = difference.said.assumed();
    let keeps = server.service.volumes.iter().any(|mount| {
        server
            .image
            .is_some_and(|image| image.data.iter().any(|data| mount.target.starts_with(data.as_str())))
    });
    let late = match keeps {
        true => {
            format!("; `{host}` takes its variables only when its volume is first made, so remove an old one")
        }
        false => String::new(),
    };
    match (difference.part, &made.variable) {
        (Part::Unasked, _) => {
            format!(
                "give `{host}` the password (`command: redis-server --requirepass …`), or the client none"
            )
        }
        (Part::AuthSource, _) => format!("add `authSource={}` to the URL's parameters", made.value),
        (Part::Password | Part::BlankPassword | Part::Token, Some(variable))
            if variable.ends_with("_FILE") =>
        {
            format!("give the client what the file of `{variable}` says{late}")
        }
        (Part::Password | Part::BlankPassword | Part::Token, Some(variable)) => {
            format!("give both the value of `{variable}`, as `${{{variable}}}` from one place{late}")
        }
        // Kibana takes no login in its addresses, and not that of the administrator.
        (Part::NoPassword, _) if dial.variable() == Some("ELASTICSEARCH_HOSTS") => {
            "set `ELASTICSEARCH_USERNAME: kibana_system` and `ELASTICSEARCH_PASSWORD`, once that user has a password (`elasticsearch-reset-password -u kibana_system`)".to_string()
        }
        (Part::NoPassword, variable) => {
            let credentials = server.image.map(|image| &image.credentials);
            let variable = variable.as_deref().unwrap_or("REDIS_PASSWORD");
            let user = credentials.filter(|credentials| !credentials.has_no_users());
            let user = user.and_then(|credentials| credentials.user.as_deref());
            let usual = credentials.and_then(|credentials| credentials.default_user.clone());
            let user = user.map(|user| format!("${{{user}}}")).or(usual).unwrap_or_default();
            let written = dial.endpoint.text.assumed();
            let (scheme, rest) = written.split_once("://").unwrap_or(("redis", host));
            let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
            // The root user of MongoDB is one of `admin`.
            let home = credentials.and_then(|credentials| credentials.users_in.as_ref());
            let home = home.filter(|_| !rest.contains("authSource")).map(|home| match rest.contains('?') {
                true => format!("&authSource={home}"),
                false if rest.contains('/') => format!("?authSource={home}"),
                false => format!("/?authSource={home}"),
            });
            // A variable of the host alone has one of the password beside it.
            let beside =
                dial.variable().and_then(|name| name.strip_suffix("_HOST")).filter(|_| user.is_empty());
            if let Some(family) = beside {
                return format!(
                    "beside `{family}_HOST` write `{family}_PASSWORD: ${{{variable}}}`, and give `{host}` the same value from one place{late}"
                );
            }
            let address = match written.contains(',') && !written.contains("://") {
                // StackExchange.Redis: `cache:6379,abortConnect=false`
                true => format!("{written},password=${{{variable}}}"),
                false => format!("{scheme}://{user}:${{{variable}}}@{rest}{}", home.unwrap_or_default()),
            };
            format!("write `{address}`, and give `{host}` the same values from one place{late}")
        }
        (Part::Password | Part::BlankPassword, None) => format!("give both the same password{late}"),
        (Part::Database, Some(variable)) => {
            let script = server.image.and_then(|image| image.init.first());
            let script =
                script.map_or(String::new(), |folder| format!(", or make it in a script under `{folder}`"));
            let other = match made.value.as_str() {
                "" => String::new(),
                value => format!("write `{value}` in place of `{said}`, "),
            };
            format!("{other}set `{variable}: {said}` for `{host}`{script}{late}")
        }
        (Part::User, Some(variable)) if lacks_password(difference, server) => {
            format!(
                "set `{variable}` for `{host}` to the password that `{said}` gives: without it no user of that name is made{late}"
            )
        }
        (_, Some(variable)) => {
            format!(
                "write `{}` in place of `{said}`, or set `{variable}: {said}` for `{host}`{late}",
                made.value
            )
        }
        (_, None) if !difference.others.is_empty() => {
            format!("write one of those in place of `{said}`, or make it there as well{late}")
        }
        (_, None) => format!("write `{}` in place of `{said}`{late}", made.value),
    }
}

/// Whether the server makes no user because the variable of the password is not set.
fn lacks_password(difference: &Difference, server: &ServiceFacts<'_>) -> bool {
    let password = server.image.and_then(|image| image.credentials.password.as_ref());
    difference.part == Part::User
        && difference.made.variable.is_some()
        && difference.made.variable.as_ref() == password
}

/// The server's own user or database in place of what is written; a password is nothing to write into a file.
fn fix(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    server: &ServiceFacts<'_>,
    difference: &Difference,
) -> Option<Fix> {
    let nothing =
        difference.made.depends || difference.made.value.is_empty() || lacks_password(difference, server);
    let several = difference.made.variable.is_none() && !difference.others.is_empty();
    if !matches!(difference.part, Part::User | Part::Database) || nothing || several {
        return None;
    }
    let [piece] = difference.said.pieces() else { return None };
    let span = piece.origin.written;
    let environment = client.environment.iter().map(|(_, effective)| effective);
    let mut own = environment.filter(|effective| effective.layer == Layer::Environment);
    let written = own.any(|effective| {
        effective.value().is_some_and(|text| {
            text.pieces()
                .iter()
                .any(|piece| piece.origin.written.contains(span) && piece.origin.through.is_empty())
        })
    });
    let value = difference.made.value.as_str();
    let edits = written.then(|| cx.edits.replace_within(span, value))??;
    Some(Fix {
        title: format!("write `{value}` in place of `{}`", difference.said.assumed()),
        applicability: Applicability::Unsafe,
        edits,
    })
}
