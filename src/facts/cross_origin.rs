//! Pages that ask a server of another origin, which lets in those of certain origins alone (fetch.spec.whatwg.org, "CORS protocol"): the
//! origin of a page is the address at which its service is published.

use super::browsers;
use super::{Endpoint, Facts, HostKind, ServiceFacts};
use crate::programs::has_extension;
use crate::source::Span;

/// Pages that a server does not let in.
#[derive(Clone, Debug)]
pub struct ShutOut<'f> {
    /// The service that they ask.
    pub target: &'f str,
    /// Where that says whom it lets in.
    pub at: Span,
    /// Whom it lets in.
    pub allowed: Vec<String>,
    /// Whence the pages come.
    pub origin: String,
    /// Where they ask.
    pub asked: Span,
    /// Where their port is published.
    pub port: Span,
}

/// Whom a program lets in, as it writes it.
struct Allowed {
    at: Span,
    origins: Vec<String>,
}

/// How programs say it: the files, the words before the list, and what else stands in such a file.
const SIGNS: [(&[&str], &str, &str); 12] = [
    (&["js", "ts", "mjs", "cjs"], "cors({ origin:", "cors"),
    (&["js", "ts", "mjs", "cjs"], "cors({origin:", "cors"),
    (&["js", "ts", "mjs", "cjs"], "cors({\n", "cors"),
    (&["js", "ts", "mjs", "cjs"], "enableCors({", "enableCors"),
    (&["py"], "allow_origins=", "CORSMiddleware"),
    (&["py"], "origins=", "flask_cors"),
    (&["py"], "CORS_ALLOWED_ORIGINS =", "CORS_ALLOWED_ORIGINS"),
    (&["java", "kt"], ".allowedOrigins(", "allowedOrigins"),
    (&["java", "kt"], "setAllowedOrigins(", "setAllowedOrigins"),
    (&["go"], "AllowOrigins:", "cors"),
    (&["go"], "AllowedOrigins:", "cors"),
    (&["cs"], "WithOrigins(", "Cors"),
];
/// What else lets origins in, or may: whoever says so is not followed.
const OPEN: [&str; 12] = [
    "Access-Control-Allow-Origin",
    "allow_origin_regex",
    "CORS_ALLOW_ALL_ORIGINS",
    "CORS_ORIGIN_ALLOW_ALL",
    "CORS_ALLOWED_ORIGIN_REGEXES",
    "allowedOriginPatterns",
    "setAllowedOriginPatterns",
    "AllowOriginFunc",
    "AllowAllOrigins",
    "SetIsOriginAllowed",
    "AllowAnyOrigin",
    "@CrossOrigin",
];
/// A list is no longer than this.
const MAX_LIST: usize = 800;

impl<'a> Facts<'a> {
    /// The first server that the pages of a service ask and that does not let them in.
    #[must_use]
    pub fn shut_out<'f>(&'f self, client: &'f ServiceFacts<'a>) -> Option<ShutOut<'f>> {
        let addresses = self.asked_by_pages(client);
        if addresses.is_empty() {
            return None;
        }
        let mut ports = Vec::new();
        for entry in &client.service.ports {
            let place = entry.published_text.span();
            ports.push((entry.published?.0, if place.is_none() { entry.origin.written } else { place }));
        }
        let (first, port) = *ports.first()?;
        // What stands before it has an origin of its own.
        let fronted = self.active().any(|other| {
            other.key != client.key && other.dials.iter().any(|dial| dial.sibling() == Some(client.key))
        });
        if fronted || client.service.network_mode.is_some() {
            return None;
        }
        addresses.into_iter().find_map(|(wanted, asked)| {
            let target =
                self.active().find(|other| other.key != client.key && other.published_as_host(wanted))?;
            let allowed = allowed(target)?;
            let is_own = |origin: &String| {
                ports.iter().any(|(port, _)| {
                    let plain = ["http://localhost", "http://127.0.0.1"].map(|host| match port {
                        80 => host.to_string(),
                        port => format!("{host}:{port}"),
                    });
                    plain.contains(origin)
                })
            };
            let local = |origin: &String| origin.contains("//localhost") || origin.contains("//127.0.0.1");
            let shut = !allowed.origins.iter().any(is_own) && allowed.origins.iter().all(local);
            let origin = if first == 80 {
                "http://localhost".to_string()
            } else {
                format!("http://localhost:{first}")
            };
            shut.then_some(ShutOut {
                target: target.key,
                at: allowed.at,
                allowed: allowed.origins,
                origin,
                asked,
                port,
            })
        })
    }

    /// The ports of the browser's own machine that the pages of a service ask, with where they say so.
    fn asked_by_pages(&self, client: &ServiceFacts<'a>) -> Vec<(u16, Span)> {
        if client.program.pages.substitutes {
            return Vec::new();
        }
        let local = |endpoint: &Endpoint| {
            let address = endpoint.address().filter(|address| address.kind() == HostKind::Loopback)?;
            Some((endpoint.port()?, address.host.span()))
        };
        let written = browsers::written(client);
        let variables = browsers::variables(client).into_iter().filter(|it| it.layer.is_none());
        let told = variables.filter_map(|variable| Endpoint::from_url(variable.value));
        written.iter().filter_map(local).chain(told.collect::<Vec<_>>().iter().filter_map(local)).collect()
    }
}

impl ServiceFacts<'_> {
    /// Whether one of its ports is published as this port of the host.
    fn published_as_host(&self, port: u16) -> bool {
        self.service
            .ports
            .iter()
            .any(|entry| entry.published.is_some_and(|(first, last)| first <= port && port <= last))
    }
}

/// Whom the program of a service lets in, where it says so once and in words.
fn allowed(service: &ServiceFacts<'_>) -> Option<Allowed> {
    let scope = &service.program.scope;
    if !service.program.entry_known || !scope.containing_any(&OPEN).is_empty() {
        return None;
    }
    let mut found: Vec<Allowed> = Vec::new();
    for (_, source) in service.program.loaded.iter().filter_map(|index| scope.get(*index)) {
        for (endings, sign, beside) in SIGNS {
            if !has_extension(&source.path, endings) {
                continue;
            }
            let spoken = source.glance(|text| text.contains(beside) && text.contains(sign));
            if !spoken {
                continue;
            }
            let file = source.file();
            for (at, _) in file.text.match_indices(sign) {
                let line = file.text.get(..at)?.rsplit('\n').next()?;
                if line.contains("//") || line.trim_start().starts_with(['#', '*']) {
                    continue;
                }
                let origins = list(&file.text, file.text.get(at + sign.len()..)?)?;
                let word = sign.trim_end();
                found.push(Allowed { at: file.slice(at, at + word.len()), origins });
            }
        }
    }
    let only = found.pop().filter(|_| found.is_empty())?;
    (!only.origins.is_empty() && !only.origins.iter().any(|origin| origin == "*")).then_some(only)
}

/// The origins of a list, or the only one, all of which are written there, or in the list of that name in the same file. Nothing where
/// something else may be in it.
fn list(whole: &str, rest: &str) -> Option<Vec<String>> {
    let rest = rest.get(..rest.len().min(MAX_LIST)).or_else(|| rest.get(..0))?;
    let start = match rest.find("origin:") {
        // `cors({` with the origin in a line of its own.
        Some(at) if rest.get(..at)?.trim().is_empty() => rest.get(at + "origin:".len()..)?,
        _ => rest,
    };
    let start = start.trim_start();
    let end =
        |text: &str, close: &[char]| text.find(close).map(|at| text.get(..at).unwrap_or("").to_string());
    let inside = if let Some(inner) = start.strip_prefix("[]string{") {
        end(inner, &['}'])?
    } else if let Some(inner) = start.strip_prefix('[') {
        end(inner, &[']'])?
    } else if start.starts_with(['"', '\'', '`']) {
        end(start, &[')', '\n', '}'])?.split(", {").next()?.to_string()
    } else {
        let name: String = start.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let told = whole.find(&format!("{name} = ["))?;
        let inner = whole.get(told + name.len() + " = [".len()..)?;
        (!name.is_empty()).then(|| end(inner, &[']']))??
    };
    let mut origins = Vec::new();
    for part in inside.split(['\n', ',']).map(str::trim) {
        let part = part.split(" //").next()?.split(" #").next()?.trim();
        if part.is_empty() || part.starts_with("//") || part.starts_with('#') {
            continue;
        }
        let quote = part.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        match quote.and_then(|quote| part.strip_prefix(quote)?.strip_suffix(quote)) {
            Some(origin) if !origin.contains(['$', '{']) => {
                origins.push(origin.trim_end_matches('/').to_string())
            }
            // Other options of the same call.
            _ if part.contains(':') && !origins.is_empty() => break,
            _ => return None,
        }
    }
    Some(origins)
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn lists_of_origins() {
        let of = |rest: &str| {
            list("origins = [\n    \"http://localhost:3000\",\n]\n", rest).map(|it| it.join(" "))
        };
        for rest in [
            " 'http://localhost:3000' }));\n",
            "\n  origin: 'http://localhost:3000',\n  credentials: true,\n}));\n",
            " ['http://localhost:3000'], credentials: true }));\n",
            "origins,\n    allow_credentials=True,\n)\n",
            "[\"http://localhost:3000/\"],\n",
            "\"http://localhost:3000\")\n",
            " []string{\"http://localhost:3000\"},\n",
        ] {
            assert_eq!(of(rest).as_deref(), Some("http://localhost:3000"), "{rest}");
        }
        for rest in [
            " process.env.ORIGIN }));\n",
            " [process.env.ORIGIN, 'http://localhost:3000'] }));\n",
            "settings.origins,\n",
            " `${HOST}` }));\n",
        ] {
            assert_eq!(of(rest), None, "{rest}");
        }
    }
}
