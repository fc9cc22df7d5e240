//! What the pages of a service hand to browsers.

use super::{Endpoint, Facts, HostKind, Layer, ServiceFacts, Target, values};
use crate::programs::pages::{self, Convention};
use crate::programs::{Module, javascript, mentioned};
use crate::source::{Span, Text};

/// A variable whose value reaches browsers.
pub struct PageVariable<'f> {
    /// Its name.
    pub name: &'f str,
    /// Its value.
    pub value: &'f Text,
    /// Where it is named.
    pub key: Span,
    /// The layer of the container's environment it is in; `None` for an argument of the build.
    pub layer: Option<Layer>,
    /// What makes it one.
    pub convention: &'static Convention,
}

/// Who reads a variable, as far as the code is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nobody who is seen.
    Unseen,
    /// Only settings of development servers, and code that is for the server.
    Server,
    /// Code that may run on either side.
    Either,
    /// Code of pages.
    Pages,
}

/// The variables of a service whose values reach browsers.
#[must_use]
pub fn variables<'f>(service: &'f ServiceFacts<'_>) -> Vec<PageVariable<'f>> {
    let in_container = service.environment.iter().filter_map(|(name, effective)| {
        let (value, convention) = (effective.value()?, pages::convention(name)?);
        let (key, layer) = (effective.variable.key, Some(effective.layer));
        Some(PageVariable { name, value, key, layer, convention })
    });
    let arguments = service.service.build.iter().flat_map(|build| &build.args);
    let in_build = arguments.filter_map(|(name, argument)| {
        let (value, convention) = (argument.value.as_ref()?, pages::convention(name)?);
        Some(PageVariable { name, value, key: argument.span(), layer: None, convention })
    });
    in_container.chain(in_build).collect()
}

/// An address of the browser's own machine that pages fall back to.
pub struct Fallback<'f> {
    /// The variable that is not set where the pages are made.
    pub name: &'f str,
    /// Where the pages read it.
    pub read: Span,
    /// The address.
    pub endpoint: Endpoint,
}

/// The addresses of the browser's own machine that the pages of a service fall back to, as nothing sets the variables by
/// which they would be told others.
#[must_use]
pub fn fallbacks<'f>(service: &'f ServiceFacts<'_>) -> Vec<Fallback<'f>> {
    let pages = &service.program.pages;
    let arguments = service.service.build.as_ref().map(|build| &build.args);
    let set = |name: &str| {
        pages.bundle.as_ref().is_some_and(|bundle| bundle.variables.contains(name))
            || service.environment.get(name).is_some()
            || arguments.is_some_and(|arguments| arguments.contains_key(name))
    };
    if !pages.only || pages.substitutes || service.lacks_env_file() || service.environment.unseen().is_some()
    {
        return Vec::new();
    }
    let modules = service.program.modules.iter().filter(|module| pages.run(module));
    let reads = modules.flat_map(|module| module.reads.iter().map(move |read| (module, read)));
    let unset = reads.filter(|(_, read)| {
        let name = read.name.value.as_str();
        pages::convention(name).is_some_and(|known| !pages.leaves_out(known)) && !set(name)
    });
    let found = unset.filter_map(|(module, read)| {
        let text = values::text(service.program, &service.environment, module, &read.expression)?;
        let endpoint = Endpoint::from_url(&text)?;
        endpoint.protocol().filter(|protocol| super::protocol::is_web(protocol))?;
        let own = endpoint.address()?.kind() == HostKind::Loopback && endpoint.address()?.port.is_some();
        own.then(|| Fallback { name: &read.name.value, read: read.span, endpoint })
    });
    found.collect()
}

/// Whether a bundler puts the variable into all that it makes, the code of the server among it, and the build is told its value:
/// nothing of the kind is asked for when the container starts.
#[must_use]
pub fn is_built_in(service: &ServiceFacts<'_>, name: &str) -> bool {
    let bundle = service.program.pages.bundle.as_ref();
    let arguments = service.service.build.as_ref().map(|build| &build.args);
    pages::convention(name).is_some_and(|known| !known.vague)
        && (bundle.is_some_and(|bundle| bundle.variables.contains(name))
            || arguments.is_some_and(|arguments| arguments.contains_key(name)))
}

/// Whether the code of the pages is seen, and none of the service's sources names the variable.
#[must_use]
pub fn is_named_nowhere(service: &ServiceFacts<'_>, variable: &PageVariable<'_>) -> bool {
    let mut sources = service.program.scope.iter().map(|(.., source)| source);
    let pages = sources.any(|source| {
        source.front_end.name() == "javascript" && javascript::is_of_pages(&source.path, source.text())
    });
    let named = || mentioned(service.program, &[variable.name]);
    pages && named().is_some_and(|named| named.is_empty())
}

/// Who reads the variable in the service's code.
#[must_use]
pub fn readers(service: &ServiceFacts<'_>, variable: &PageVariable<'_>) -> Readers {
    let reads =
        |module: &&std::sync::Arc<Module>| module.reads.iter().any(|read| read.name.value == variable.name);
    let mut found = Readers::Unseen;
    for module in service.program.modules.iter().filter(reads) {
        let side = side(service, module, variable.convention);
        match (found, side) {
            (_, Readers::Pages) => return Readers::Pages,
            (Readers::Unseen | Readers::Server, side) => found = side,
            _ => {}
        }
    }
    found
}

fn side(service: &ServiceFacts<'_>, module: &Module, convention: &Convention) -> Readers {
    if pages::runs_on_server(&module.path) {
        return Readers::Server;
    }
    if !convention.on_servers {
        return Readers::Pages;
    }
    let mut sources = service.program.scope.iter().map(|(.., source)| source);
    let source = sources.find(|source| source.path == module.path);
    match source.is_some_and(|source| javascript::is_of_pages(&source.path, source.text())) {
        true => Readers::Pages,
        false => Readers::Either,
    }
}

/// The addresses of web servers that are written into the code of a service's pages.
#[must_use]
pub fn written(service: &ServiceFacts<'_>) -> Vec<Endpoint> {
    let web = |endpoint: &Endpoint| {
        endpoint
            .protocol()
            .is_some_and(|protocol| super::protocol::is_web(protocol) || matches!(protocol, "ws" | "wss"))
    };
    service.program.pages.asked.addresses.iter().filter_map(Endpoint::from_url).filter(web).collect()
}

impl<'a> Facts<'a> {
    /// The sibling that only containers find under the host of an address.
    #[must_use]
    pub fn only_in_containers(
        &self,
        service: &ServiceFacts<'a>,
        endpoint: &Endpoint,
    ) -> Option<&ServiceFacts<'a>> {
        let HostKind::Label(host) = endpoint.address()?.kind() else { return None };
        match self.reach.resolve(service.key, &host) {
            Target::Sibling(name) => self.service(name),
            Target::Itself => self.service(service.key),
            _ => None,
        }
    }

    /// The address in the variable, and the sibling that only containers find there.
    #[must_use]
    pub fn hidden_from_browsers(
        &self,
        service: &ServiceFacts<'a>,
        variable: &PageVariable<'_>,
    ) -> Option<(Endpoint, &ServiceFacts<'a>)> {
        let endpoint = Endpoint::from_url(variable.value)?;
        endpoint.protocol().filter(|protocol| super::protocol::is_web(protocol))?;
        let target = self.only_in_containers(service, &endpoint)?;
        Some((endpoint, target))
    }
}
