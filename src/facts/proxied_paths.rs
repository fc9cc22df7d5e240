//! What the pages of a project ask the server that they come from, and what becomes of the paths there.

use super::{Facts, ServiceFacts, Target};
use crate::programs::proxies::Location;
use crate::programs::{Module, Role};
use crate::source::{Span, Spanned};

/// A path that pages ask for and that comes to nobody who answers it.
#[derive(Clone, Debug)]
pub struct LostPath<'f> {
    /// The service whose server gets the request.
    pub server: &'f str,
    /// The path, where the code of the pages has it.
    pub asked: &'f Spanned<String>,
    /// As what it is passed on, and where that is said; nothing where it is passed on to nobody.
    pub passed: Option<(String, Span)>,
    /// The service that has the page.
    pub target: &'f str,
    /// The path at which that has it.
    pub page: String,
}

/// A page that no program has, by which is told whether all of a program's pages are known.
const NO_PAGE: &str = "/page-that-nobody-has";

impl<'a> Facts<'a> {
    /// The first path that the pages of a service ask for and that, as nginx passes it on, nobody answers, while a service of the
    /// project has it otherwise.
    #[must_use]
    pub fn lost_path<'f>(&'f self, client: &'f ServiceFacts<'a>) -> Option<LostPath<'f>> {
        let pages = &client.program.pages;
        if pages.asked.paths.is_empty() || pages.substitutes {
            return None;
        }
        let (server, module) = self.server_of_pages(client)?;
        pages.asked.paths.iter().find_map(|asked| self.lost(server, module, client, asked))
    }

    /// The service whose nginx hands out the pages of another, with its only configuration that has locations.
    fn server_of_pages<'f>(
        &'f self,
        client: &'f ServiceFacts<'a>,
    ) -> Option<(&'f ServiceFacts<'a>, &'f Module)> {
        let own = with_locations(client).map(|module| (client, module));
        own.or_else(|| {
            let mut before = self.active().filter(|other| other.key != client.key).filter_map(|other| {
                let module = with_locations(other)?;
                let root = module.locations.iter().find(|location| location.path == "/")?;
                let (host, _) = parts(&root.pass.as_ref()?.value)?;
                (self.named(other, module, host) == Some(client.key)).then_some((other, module))
            });
            before.next().filter(|_| before.next().is_none())
        })
    }

    fn lost<'f>(
        &'f self,
        server: &'f ServiceFacts<'a>,
        module: &'f Module,
        client: &'f ServiceFacts<'a>,
        asked: &'f Spanned<String>,
    ) -> Option<LostPath<'f>> {
        let path = asked.value.as_str();
        if module.locations.iter().any(|location| may_take(location, path)) {
            return None;
        }
        let fits = |location: &&Location| location.followed && path.starts_with(&location.path);
        let location = module.locations.iter().filter(fits).max_by_key(|location| location.path.len())?;
        let lost = |target: &'f str, passed, page: String| LostPath {
            server: server.key,
            asked,
            passed,
            target,
            page,
        };
        let Some(pass) = &location.pass else {
            // What hands out files has no such file, where another service has the page.
            let mut others = self.active().filter(|other| other.key != server.key && other.key != client.key);
            let target = others.find(|other| has_page(other, path))?;
            return (location.path == "/").then(|| lost(target.key, None, path.to_string()));
        };
        let (host, uri) = parts(&pass.value)?;
        let target = self.service(self.named(server, module, host)?)?;
        if target.key == client.key {
            return None;
        }
        let rest = path.get(location.path.len()..)?;
        let below = format!("/{}", rest.trim_start_matches('/'));
        let (passed, other) = match uri {
            Some(uri) => (joined(uri, rest), path.to_string()),
            None => (path.to_string(), below),
        };
        let lacks = target.lacks_page(&passed).is_some() && passed != other && has_page(target, &other);
        lacks.then(|| lost(target.key, Some((passed, pass.span)), other))
    }

    /// The service that nginx asks by a host, or by a group whose servers are all of it.
    fn named<'f>(&'f self, server: &ServiceFacts<'a>, module: &Module, host: &str) -> Option<&'f str> {
        let host = host.split(':').next().unwrap_or(host);
        if module.groups.iter().any(|group| group == host) {
            let dials = server.dials.iter().filter(|dial| dial.is_of_proxy() && module.groups.len() == 1);
            let mut members: Vec<&str> = dials.filter_map(|dial| dial.sibling()).collect();
            members.dedup();
            let [only] = members.as_slice() else { return None };
            return self.service(only).map(|service| service.key);
        }
        match self.reach.resolve(server.key, host) {
            Target::Sibling(name) => self.service(name).map(|service| service.key),
            _ => None,
        }
    }
}

/// The only configuration of a service that has locations.
fn with_locations<'f>(service: &'f ServiceFacts<'_>) -> Option<&'f Module> {
    let modules = service.program.modules.iter();
    let mut found = modules.filter(|module| module.role == Role::Proxy && !module.locations.is_empty());
    found.next().filter(|_| found.next().is_none()).map(std::convert::AsRef::as_ref)
}

/// The host and port of an address, and its path where it has one. Nothing of one that a variable makes.
fn parts(address: &str) -> Option<(&str, Option<&str>)> {
    let rest = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"))?;
    let at = rest.find('/');
    let (host, path) = at.map_or((rest, None), |at| (rest.get(..at).unwrap_or(rest), rest.get(at..)));
    (!address.contains('$')).then_some((host, path))
}

fn joined(uri: &str, rest: &str) -> String {
    format!("{}/{}", uri.trim_end_matches('/'), rest.trim_start_matches('/'))
}

/// Whether a location that is not followed may be the one that takes the path.
fn may_take(location: &Location, path: &str) -> bool {
    let pattern = location.path.contains(['*', '(', '^', '$', '\\', '[', '|', '@']);
    // Patterns of endings are for files.
    let ending = location.path.starts_with('.') || location.path.contains("\\.");
    !location.followed && (pattern && !ending || !pattern && path.starts_with(&location.path))
}

/// Whether a service has a page, and all that it has are known.
fn has_page(service: &ServiceFacts<'_>, path: &str) -> bool {
    service.lacks_page(NO_PAGE).is_some() && service.lacks_page(path).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_their_parts() {
        assert_eq!(parts("http://api:8000"), Some(("api:8000", None)));
        assert_eq!(parts("http://api:8000/"), Some(("api:8000", Some("/"))));
        assert_eq!(parts("http://api/v1/"), Some(("api", Some("/v1/"))));
        assert_eq!(parts("http://$host/"), None);
        assert_eq!(joined("/", "orders"), "/orders");
        assert_eq!(joined("/v1/", "/orders"), "/v1/orders");
    }
}
