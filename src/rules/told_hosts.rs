//! Addresses that a program is told on its command line, at hosts that nobody carries, where it is not seen what it does with them.

use super::prelude::*;
use super::unknown_host::RULE;
use crate::compose::nearest;
use crate::facts::{Address, HostKind, Target};

/// Schemes of what a program dials.
const SCHEMES: [&str; 12] = [
    "http",
    "https",
    "grpc",
    "tcp",
    "redis",
    "amqp",
    "nats",
    "mongodb",
    "postgres",
    "postgresql",
    "mysql",
    "ws",
];
/// What options are called whose address is not dialled from here: it is listened at, or handed to others.
const HANDED: [&str; 18] = [
    "public", "external", "base", "origin", "cors", "redirect", "callback", "issuer", "site", "advert",
    "listen", "bind", "self", "own", "allow", "domain", "prefix", "proxy",
];

/// The first such address.
pub(super) fn of(cx: &Context<'_>, client: &ServiceFacts<'_>) -> Option<Finding> {
    let seen = client.program.entry_known
        && client.service.build.is_some()
        && cx.project.remote().next().is_none()
        && !cx.project.variant
        && !cx.facts.reach.sees_outside(client.key);
    let words = client.service.command.as_ref().filter(|_| seen)?.words.as_slice();
    words.iter().enumerate().find_map(|(at, word)| {
        let whole = word.complete()?;
        let (option, value) = match whole.split_once('=').filter(|_| whole.starts_with('-')) {
            Some((option, value)) => (option.to_string(), value.to_string()),
            None => (words.get(at.checked_sub(1)?)?.complete()?, whole),
        };
        let plain = option.starts_with('-') && !option.contains('=');
        let lower = option.to_ascii_lowercase();
        if !plain || HANDED.iter().any(|word| lower.contains(word)) || word.certainty() != Certainty::Known {
            return None;
        }
        let (scheme, rest) = value.split_once("://")?;
        let authority = rest.split(['/', '?', ',']).next()?;
        let host = authority.rsplit('@').next()?.split(':').next()?;
        let address = Address { host: Text::known(host.to_string(), word.origin().cloned().unwrap_or_default()), port: None };
        let HostKind::Label(label) = address.kind() else { return None };
        let known = |dial: &Dial<'_>| dial.endpoint.shown().contains(host);
        if !SCHEMES.contains(&scheme)
            || label == "localhost"
            || cx.project.elsewhere.contains(&label)
            || cx.facts.reach.resolve(client.key, &label) != Target::Nobody
            || client.dials.iter().any(known)
        {
            return None;
        }
        let name = &client.service.name.value;
        let message = format!(
            "`{name}` is told of `{scheme}://{authority}` by `{option}`, and no service on its networks is called `{host}`"
        );
        let others = cx.facts.active().map(|it| it.key).filter(|key| *key != client.key);
        let help = match nearest(host, others) {
            Some(near) => format!("write `{near}` in place of `{host}`"),
            None => format!("write the name of the service that is meant in place of `{host}`"),
        };
        Some(
            RULE.finding(word.span(), message)
                .service(name.clone())
                .here("no such host")
                .help(help)
                .at_most(Confidence::Likely)
                .evidence(host),
        )
    })
}
