//! Healthchecks that reach their server and are refused by it.

use super::asked_page;
use super::healthcheck_wrong_target::Wrong;
use super::prelude::*;
use super::refused_host;
use crate::facts::actuator::Moved;
use crate::facts::probe::Probe;
use crate::facts::readiness;
use crate::facts::tls::{self, Speaks};
use crate::facts::{Address, HostKind, ListenerSource, Target};
use crate::programs::lacks_actuator;

/// `/actuator/health` of a program that is built without Spring Boot's actuator.
pub fn actuator(facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    const PATH: &str = "/actuator";
    let url = probe.words.iter().skip(1).find(|word| word.assumed().contains(PATH))?;
    let text = url.assumed();
    let from = text.find(PATH)?;
    let end = text.get(from..)?.find(['?', ' ', '|', ';']).map_or(text.len(), |at| from + at);
    // What is asked may be answered for it: only a refusal fails.
    let program = probe.program()?;
    if program == "curl" && !fails(probe) {
        return None;
    }
    let manifest = lacks_actuator(facts.program)?;
    Some(Wrong {
        at: url.slice(from, end).span(),
        says: "asks the actuator of Spring Boot, which the program is built without: it is answered 404 and always fails"
            .to_string(),
        here: "nothing answers there".to_string(),
        also: Some((manifest, "its libraries, without `spring-boot-starter-actuator`".to_string())),
        help: "add `spring-boot-starter-actuator` to the build, or ask for a page that the program has".to_string(),
        right: None,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
    })
}

/// A host that nobody on the service's networks is called.
pub fn stranger(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let host = asked_host(probe)?;
    let name = host.complete().filter(|_| host.certainty() == Certainty::Known)?;
    let HostKind::Label(label) = (Address { host: host.clone(), port: None }).kind() else { return None };
    let seen = cx.project.remote().next().is_none()
        && !cx.project.variant
        && !cx.facts.reach.sees_outside(facts.key)
        && !cx.project.elsewhere.contains(&label);
    if !seen || cx.facts.reach.resolve(facts.key, &label) != Target::Nobody {
        return None;
    }
    Some(Wrong {
        at: host.span(),
        says: format!("asks host `{name}`, which no service on its networks is called: it always fails"),
        here: "no such host".to_string(),
        also: None,
        help: format!("write `localhost` for `{name}`"),
        right: Some("localhost".to_string()),
        severity: if readiness::is_awaited(cx.facts, facts) { Severity::Error } else { Severity::Warning },
        confidence: Confidence::Likely,
    })
}

/// The host that a check asks.
fn asked_host(probe: &Probe) -> Option<Text> {
    let program = probe.program()?;
    match program.as_str() {
        "pg_isready" | "psql" | "mysqladmin" | "mariadb-admin" | "mysql" | "mariadb" => {
            probe.option(&["-h", "--host"])
        }
        "redis-cli" | "valkey-cli" => probe.option(&["-h"]),
        "mongosh" | "mongo" => {
            let host = probe.option(&["--host"])?;
            let end = host.assumed().find(':').unwrap_or(host.assumed().len());
            Some(host.slice(0, end))
        }
        "curl" | "wget" => {
            let url = probe.words.iter().skip(1).find(|word| word.assumed().contains("://"))?;
            let text = url.assumed();
            let from = text.find("://")? + 3;
            let authority = text.get(from..)?.split(['/', '?', '#']).next()?;
            // `user:password@host`
            let login = authority.rfind('@').map_or(0, |at| at + 1);
            let host = authority.get(login..)?.split(':').next()?;
            let from = from + login;
            (!host.contains(['[', '$'])).then(|| url.slice(from, from + host.len()))
        }
        "nc" => {
            let plain = probe.words.iter().skip(1).filter(|word| !word.assumed().starts_with('-'));
            let plain: Vec<&Text> = plain.collect();
            let [.., host, port] = plain[..] else { return None };
            port.assumed().parse::<u16>().is_ok().then(|| host.clone())
        }
        _ => None,
    }
}

/// A page that is not given to who asks for it.
pub fn page(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let found = no_page(cx, facts, probe).or_else(|| unexposed(cx, facts, probe));
    found.or_else(|| refused_host::of(cx, facts, probe))
}

/// A page of Spring Boot's actuator that its settings keep back.
fn unexposed(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let asked_page::Page { path, at, .. } = asked_page::of(cx, facts, probe)?;
    let (setting, value) = facts.actuator_unexposed(path.as_str())?;
    Some(Wrong {
        at,
        says: format!(
            "asks for `{path}`, and `{setting}` of its program is `{value}`: it is answered 404, and always fails"
        ),
        here: "kept back".to_string(),
        also: None,
        help: format!("add the page to `{setting}`, or ask for one that is given out"),
        right: None,
        severity: if readiness::is_awaited(cx.facts, facts) { Severity::Error } else { Severity::Warning },
        confidence: Confidence::Likely,
    })
}

/// A page that the program, which is seen whole, does not have.
fn no_page(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let asked_page::Page { path, port, at, .. } = asked_page::of(cx, facts, probe)?;
    let path = path.as_str();
    let below = || {
        let prefix = facts.lacks_prefix(path)?;
        let first = |path: &str| path.trim_start_matches('/').split('/').next().map(str::to_string);
        Some((first(&prefix) != first(path)).then(|| format!("{prefix}{path}")))
    };
    let moved = facts.actuator_elsewhere(port, path);
    let meant =
        facts.lacks_page(path).or_else(below).or_else(|| moved.as_ref().map(|moved| moved.path.clone()))?;
    // Who waits for it waits for ever.
    let waited = readiness::is_awaited(cx.facts, facts);
    Some(Wrong {
        at,
        says: match &moved {
            Some(Moved { setting, value, .. }) => format!(
                "asks for `{path}`, and `{setting}` of its program is `{value}`: nothing answers there, and it always fails"
            ),
            None => format!("asks for `{path}`, and nothing in its program answers there: it always fails"),
        },
        here: "no such page".to_string(),
        also: None,
        help: match (&meant, moved) {
            (Some(meant), _) => format!("write `{meant}` for `{path}`"),
            (None, Some(moved)) => format!("ask for it at port {}", moved.value),
            (None, None) => "ask for a page that the program has".to_string(),
        },
        right: meant,
        severity: if waited { Severity::Error } else { Severity::Warning },
        confidence: Confidence::Likely,
    })
}

/// Whether `curl` takes an answer that refuses for a failure.
pub fn fails(probe: &Probe) -> bool {
    probe.words.iter().skip(1).any(|word| {
        let text = word.assumed();
        text.starts_with("--fail") || text.starts_with('-') && !text.starts_with("--") && text.contains('f')
    })
}

/// A port of a server that speaks no HTTP, asked by it.
pub fn foreign(facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    // MongoDB answers those who come by HTTP, and says so.
    const OTHERS: [&str; 6] = ["mysql", "postgresql", "redis", "amqp", "kafka", "mssql"];
    let url = probe.words.iter().skip(1).find(|word| word.assumed().starts_with("http"))?;
    let text = url.complete()?;
    let parsed = url::Url::parse(&text).ok()?;
    let own = parsed.host_str().is_some_and(|host| {
        matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0") || host == facts.service.name.value
    });
    let port = parsed.port().filter(|_| own)?;
    let listener = facts.listeners.iter().find(|listener| {
        listener.source == ListenerSource::Image && listener.ports.0 <= port && port <= listener.ports.1
    })?;
    let protocol = listener.protocol.as_deref().filter(|protocol| OTHERS.contains(protocol))?;
    let title = facts.image.map_or(protocol, |image| image.title.as_str());
    Some(Wrong {
        at: url.span(),
        says: format!("asks port {port} by HTTP, where {title} speaks none: it always fails"),
        here: "no HTTP is spoken there".to_string(),
        also: None,
        help: format!("ask with the client of {title}"),
        right: None,
        severity: Severity::Error,
        confidence: Confidence::Likely,
    })
}

/// HTTPS asked of a server that speaks plain HTTP, HTTP of one that speaks HTTPS alone, and a certificate that nobody vouches for.
pub fn scheme(facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let url = probe.words.iter().skip(1).find(|word| word.assumed().starts_with("http"))?;
    let text = url.assumed();
    let parsed = url::Url::parse(&text).ok()?;
    let own = parsed.host_str().is_some_and(|host| {
        matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0") || host == facts.service.name.value
    });
    let port = parsed.port_or_known_default().filter(|_| own)?;
    let listener = |listener: &&crate::facts::Listener| {
        listener.source == ListenerSource::Image && listener.protocol.as_deref() == Some("http")
    };
    let listens = facts.listeners.iter().filter(listener).any(|listener| listener.covers(port));
    let title = facts.image.filter(|_| listens)?.title.as_str();
    let secure = parsed.scheme() == "https";
    let speaks = tls::speaks(facts);
    let (says, also, right) = match &speaks {
        Some(Speaks::TurnedOff(place) | Speaks::ByHand(place)) if secure => {
            (format!("{title} has no TLS here"), Some((*place, "without TLS".to_string())), "http")
        }
        Some(Speaks::Before(version, place)) if secure => {
            let says =
                format!("{title} has no TLS before version {version} unless it is given a certificate");
            (says, Some((*place, "an older version".to_string())), "http")
        }
        Some(Speaks::Tls(_)) if !secure => {
            (format!("{title} takes only HTTPS as long as nothing says otherwise"), None, "https")
        }
        None if secure && tls::is_plain_web(facts, port) => {
            (format!("{title} speaks plain HTTP there, and nothing gives it a certificate"), None, "http")
        }
        _ => return None,
    };
    let scheme = url.slice(0, parsed.scheme().len());
    let help = match &speaks {
        Some(Speaks::Tls(off)) => format!(
            "write `{}` in `environment`, or `https://` here and let the check trust its certificate",
            off.replacen('=', ": ", 1)
        ),
        _ => format!("write `{right}://` in place of `{}://`", parsed.scheme()),
    };
    Some(Wrong {
        at: scheme.span(),
        says: format!("asks by {}, and {says}: it always fails", parsed.scheme().to_ascii_uppercase()),
        here: "not what is spoken there".to_string(),
        also,
        help,
        right: (right == "http").then(|| right.to_string()),
        severity: Severity::Warning,
        confidence: Confidence::Likely,
    })
}

/// A login that SQL Server refuses: another password, or tools that do not take its certificate.
pub fn sql_server(facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let image = facts.image.filter(|image| image.name == "mssql" && facts.service.build.is_none())?;
    let path = probe.words.first()?;
    let trusts = ["-C", "-No", "-N"].iter().any(|name| probe.has(name)) || joined(probe).contains('C');
    if path.assumed().contains("mssql-tools18") && !trusts {
        return Some(Wrong {
            at: path.span(),
            says: "does not trust the certificate that SQL Server makes itself, and the tools of version 18 ask for one: it always fails"
                .to_string(),
            here: "without `-C`".to_string(),
            also: None,
            help: "add `-C`".to_string(),
            right: None,
            severity: Severity::Warning,
            confidence: Confidence::Likely,
        });
    }
    let administrator = probe.option(&["-U"]).and_then(|user| user.complete());
    if administrator.is_none_or(|user| !user.eq_ignore_ascii_case("sa")) {
        return None;
    }
    let given = probe.option(&["-P"])?;
    let said = given.complete().filter(|said| !said.contains('$') && !said.is_empty())?;
    let credentials = &image.credentials;
    let names = [&credentials.password, &credentials.or_password].into_iter().flatten();
    let made = names.filter_map(|name| facts.environment.get(name)).next()?;
    let password = made.value()?.complete().filter(|password| !password.is_empty())?;
    (password != said).then(|| Wrong {
        at: given.span(),
        says: "gives `sa` another password than the server is made with: it always fails".to_string(),
        here: "the wrong password".to_string(),
        also: Some((made.variable.key, "the password that the server is made with".to_string())),
        help: "write the password that the server is made with".to_string(),
        right: None,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
    })
}

/// The short options of a call that are written as one: `-CbS`.
fn joined(probe: &Probe) -> String {
    let short = |text: &String| {
        text.starts_with('-') && text.len() > 2 && text.chars().skip(1).all(char::is_alphabetic)
    };
    probe
        .words
        .iter()
        .skip(1)
        .map(Text::assumed)
        .filter(short)
        .filter(|text| !text.starts_with("-P"))
        .collect()
}
