//! Published ports behind which nothing is meant to listen yet: that of TLS where no TLS is set up, and those of a container whose command
//! starts no server.

use super::phrases;
use super::prelude::*;
use super::published_port_unused::RULE;
use crate::compose::{ImageReference, Port};

/// Programs that say or do something, and end.
const SPEAKERS: [&str; 5] = ["echo", "printf", "true", "date", "env"];

/// The published port of a container that only waits, or speaks, and ends: what stands in `command` or `entrypoint` takes the place of the
/// server.
pub(super) fn ended(service: &ServiceFacts<'_>) -> Option<Finding> {
    let own = &service.service;
    let (name, entry) = (&own.name.value, own.ports.iter().find(|entry| entry.protocol == "tcp")?);
    let written = own.command.as_ref().or(own.entrypoint.as_ref())?;
    // What the start of an image that is not known makes of a command, only that knows.
    let base = service.program.image.reference()?;
    let appended = own.entrypoint.is_none() && (base.path.contains('/') || service.program.image.assumed);
    let handed = own.entrypoint.is_none() && service.program.image.entrypoint.is_some();
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    let (first, rest) = words.split_first()?;
    let program = first.rsplit('/').next()?;
    let lasts = |word: &String| word.trim_end_matches(['s', 'm', 'h']).parse::<u32>().is_ok();
    let waits = program == "sleep" && !rest.is_empty() && rest.iter().all(lasts);
    if appended || handed || written.words.iter().any(Text::has_hole) {
        return None;
    }
    if !(waits || SPEAKERS.contains(&program)) {
        return None;
    }
    let shown = words.join(" ");
    let port = entry.target.0;
    let place = written.words.first().map_or(own.name.span, Text::span);
    let message =
        format!("`{name}` only runs `{shown}` and ends: nothing listens on the published port {port}");
    let keyword = if own.command.is_some() { "command" } else { "entrypoint" };
    Some(
        RULE.finding(if place.is_none() { own.name.span } else { place }, message)
            .service(name.clone())
            .here("takes the place of the server")
            .also(entry.origin.written, format!("nothing listens on {port}"))
            .help(format!("leave `{keyword}` out, or let it end with what starts the server"))
            .evidence(shown),
    )
}

/// The port of TLS, or that without, which a web server does not listen on where the other is published, too: only advice, for it can be
/// there for later.
pub(super) fn without_tls(service: &ServiceFacts<'_>, entry: &Port, known: &[u16]) -> Option<Finding> {
    let port = entry.target.0;
    if !matches!(port, 80 | 443) || entry.target.1 != port || service.may_listen_on(port) {
        return None;
    }
    let stock = service.image.is_some_and(|image| service.is_stock(image));
    if !(stock || service.listens_as_configured() || is_plain_apache(service)) {
        return None;
    }
    let name = &service.service.name.value;
    let shown = phrases::list_of_ports(known.iter().map(|port| (*port, *port)).collect());
    let written = entry.target_origin.written;
    let message = format!(
        "port {port} of `{name}` is published, but `{name}` listens on {shown}: who connects is refused"
    );
    let help = match port {
        443 => "set up TLS in its configuration, or leave the port out",
        _ => "listen there, too, and redirect to TLS, or leave the port out",
    };
    Some(
        RULE.finding(if written.is_none() { entry.origin.written } else { written }, message)
            .severity(Severity::Advice)
            .service(name.clone())
            .here(format!("nothing listens on {port}"))
            .help(help)
            .evidence(port.to_string()),
    )
}

/// Ports of databases and brokers, which programs dial and do not open, with words by which builds bring such a server.
const OF_DATABASES: [(u16, &str, &[&str]); 6] = [
    (5432, "PostgreSQL", &["postgres", "pgbouncer"]),
    (3306, "MySQL", &["mysql", "mariadb"]),
    (27017, "MongoDB", &["mongo"]),
    (6379, "Redis", &["redis", "valkey"]),
    (1433, "SQL Server", &["mssql"]),
    (5672, "RabbitMQ", &["rabbit"]),
];

/// A published port beside one on which the container's own program listens, where nothing else can: that of a database, which
/// runs elsewhere, or, as advice, any that code which is seen to open its ports does not open.
pub(super) fn beside(service: &ServiceFacts<'_>, entry: &Port, known: &[u16]) -> Option<Finding> {
    let port = entry.target.0;
    if entry.target.1 != port
        || service.image.is_some()
        || service.opens_unknown
        || !service.program.entry_known
    {
        return None;
    }
    // What a package of a language is called after a server brings none.
    let brings = |text: &Text, words: &[&str]| {
        let text = text.assumed().to_ascii_lowercase();
        let mut commands =
            text.split([';', '&', '\n']).map(|it| (it, it.split_whitespace().next().unwrap_or("")));
        commands.any(|(command, first)| {
            !["pip", "pip3", "npm", "yarn", "go", "gem", "bundle", "cargo"].contains(&first)
                && words.iter().any(|word| command.contains(word))
        })
    };
    let database = OF_DATABASES.iter().find(|(number, _, words)| {
        let program = service.program;
        let mut texts = program.image.runs.iter().chain(&program.command);
        *number == port && !texts.any(|text| brings(text, words))
    });
    let seen = service.opens_by_code() && !service.may_listen_on(port);
    if database.is_none() && !seen {
        return None;
    }
    let name = &service.service.name.value;
    let shown = phrases::list_of_ports(known.iter().map(|port| (*port, *port)).collect());
    let (whose, help) = match database {
        Some((_, server, _)) => (
            format!(", and {server} does not run there"),
            format!("leave it out, and publish it at the service that runs {server}"),
        ),
        None => (String::new(), "leave it out".to_string()),
    };
    let message = format!(
        "port {port} of `{name}` is published, but `{name}` listens on {shown}{whose}: who connects is refused"
    );
    let written = entry.target_origin.written;
    let finding = RULE
        .finding(if written.is_none() { entry.origin.written } else { written }, message)
        .service(name.clone())
        .here(format!("nothing listens on {port}"))
        .help(help)
        .at_most(Confidence::Likely)
        .evidence(port.to_string());
    Some(if database.is_some() { finding } else { finding.severity(Severity::Advice) })
}

/// Whether it runs the Apache of an image of PHP's, to which nothing brings TLS.
fn is_plain_apache(service: &ServiceFacts<'_>) -> bool {
    let program = service.program;
    let of_php = program
        .image
        .base
        .as_ref()
        .and_then(|base| ImageReference::parse(&base.value))
        .is_some_and(|base| base.path == "php" && base.tag.is_some_and(|tag| tag.contains("apache")));
    let speaks = |text: &Text| {
        let text = text.assumed().to_ascii_lowercase();
        ["ssl", "tls", "443"].iter().any(|word| text.contains(word))
    };
    let own = |target: &std::path::Path| {
        ["/etc/apache2", "/etc"].iter().any(|it| target == std::path::Path::new(it))
            || target.starts_with("/etc/apache2")
    };
    let settings = program.files.layers().iter().any(|layer| own(&layer.target));
    of_php
        && matches!(program.servers.as_slice(), [server] if server.known.name == "Apache")
        && !settings
        && !program.image.runs.iter().chain(&program.command).any(speaks)
}
