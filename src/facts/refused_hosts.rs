//! Names by which siblings ask a server that it does not take for its own.

use super::{Dial, ServiceFacts};
use crate::finding::Confidence;
use crate::programs::hosts::of_address;
use crate::programs::proxies::nginx_headers::{self, FOR_ALL, OWN};
use crate::programs::{Expr, Role, SinkKind};
use crate::source::Span;

/// How a request is refused.
pub struct Refused {
    /// The name in it.
    pub name: String,
    /// Where that is said, or follows from.
    pub at: Span,
    /// Whether a proxy asks by the name because nothing tells it another.
    pub unsaid: bool,
    /// Who refuses it.
    pub title: &'static str,
    /// What it answers.
    pub answers: &'static str,
    /// The setting that allows more.
    pub setting: &'static str,
    /// How sure that is at most.
    pub sure: Confidence,
}

/// Whether what `client` dials is a server that refuses the name by which it is asked.
#[must_use]
pub fn of(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Option<Refused> {
    let (name, at, unsaid, sure) = asked_as(client, dial)?;
    let host = of_address(&name).to_ascii_lowercase();
    let address = host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[');
    let valid = !host.is_empty() && !address && !host.contains(['$', '{', '_']);
    if !valid {
        return None;
    }
    let fits = |pattern: &String| {
        let pattern = pattern.trim().to_ascii_lowercase();
        pattern == "*"
            || pattern == host
            || pattern.strip_prefix('.').is_some_and(|rest| host.ends_with(rest))
    };
    let (title, answers, setting) = match target.allowed_hosts() {
        Some(allowed) if allowed.iter().any(fits) => return None,
        // Django may take the name from what a proxy adds.
        Some(_) if !target.program.scope.containing("USE_X_FORWARDED_HOST").is_empty() => return None,
        Some(_) => ("Django", "400", "ALLOWED_HOSTS"),
        None => {
            let served = target.program.served_names.as_ref()?;
            let local = host == "localhost" || host.ends_with(".localhost") || host.ends_with(".test");
            let changed = served.unless.iter().any(|name| match target.environment.get(name) {
                Some(_) => target
                    .environment
                    .value(name)
                    .and_then(crate::source::Text::complete)
                    .is_none_or(|value| value != served.except),
                None => false,
            });
            let mentioned = served.others.iter().any(|word| word.contains(&host));
            if local || changed || mentioned {
                return None;
            }
            (served.title, served.answers, served.setting)
        }
    };
    Some(Refused { name: host, at, unsaid, title, answers, setting, sure })
}

/// How a proxy loses the port, or the name, by which a browser knows a page.
pub struct LostOrigin {
    /// The name that the proxy hands on.
    pub handed: String,
    /// Where that is said, or follows from.
    pub at: Span,
    /// The origin that a browser tells, for one of the published ports.
    pub origin: String,
    /// Where that port is published.
    pub port: Span,
}

/// Whether what a proxy passes on to a server, which takes what its own pages send alone, looks to come from elsewhere: the port at which
/// the proxy is published is not handed on.
#[must_use]
pub fn lost_origin(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'_>,
) -> Option<LostOrigin> {
    let sink =
        dial.sink().filter(|sink| sink.kind == SinkKind::Upstream && target.program.own_origin_alone)?;
    let (_, said) = sink.arguments.iter().find(|(name, _)| name.value == nginx_headers::HOST)?;
    let Expr::Text(said) = said else { return None };
    // Where the name is lost, too, other rules may speak; `$http_host` has both.
    if said.value != "$host" {
        return None;
    }
    let mut ports = client.service.ports.iter().filter_map(|entry| Some((entry.published?.0, entry)));
    let (port, entry) = ports.next().filter(|(port, _)| !matches!(port, 80 | 443))?;
    // Who comes by a port that need not be said is let in.
    if ports.any(|(port, _)| matches!(port, 80 | 443)) || entry.target.0 == 443 {
        return None;
    }
    let place = entry.published_text.span();
    Some(LostOrigin {
        handed: said.value.clone(),
        at: said.span,
        origin: format!("http://localhost:{port}"),
        port: if place.is_none() { entry.origin.written } else { place },
    })
}

/// The name in a request, where it is said, whether it is only so since nothing else is, and how sure that is.
fn asked_as(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<(String, Span, bool, Confidence)> {
    let sink = dial.sink()?;
    let address = dial.endpoint.address()?.host.complete()?;
    if sink.kind == SinkKind::Upstream {
        let (_, said) = sink.arguments.iter().find(|(name, _)| name.value == nginx_headers::HOST)?;
        let Expr::Text(said) = said else { return None };
        // The file that takes in this one may say it for all.
        let others = client
            .program
            .modules
            .iter()
            .any(|module| module.role == Role::Proxy && module.names.contains_key(FOR_ALL));
        return match said.value == OWN {
            true => (!others).then_some((address, dial.place, true, dial.sureness)),
            false => Some((said.value.clone(), said.span, false, dial.sureness)),
        };
    }
    let web = sink.kind == SinkKind::Http && !client.says_another_host(sink.span);
    web.then(|| (address, dial.place, false, dial.sureness.min(Confidence::Likely)))
}

impl ServiceFacts<'_> {
    /// Whether the file in which a request is made speaks of a header that names another host.
    fn says_another_host(&self, at: Span) -> bool {
        let words = [
            "\"Host\"",
            "'Host'",
            "\"host\":",
            "'host':",
            "Host:",
            "orwarded-Host",
            "orwarded-host",
            ".Host =",
        ];
        self.program
            .scope
            .iter()
            .filter(|(_, _, source)| source.owns(at))
            .any(|(_, _, source)| source.glance(|text| words.iter().any(|word| text.contains(word))))
    }
}
