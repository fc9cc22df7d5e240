//! Pages that a build renders and that ask a database which is a service of the project: no service is reached while an image is built.

use super::asking_steps;
use super::service::ServiceFacts;
use super::{Endpoint, HostKind};
use crate::programs::Prerendered;
use crate::source::Span;

/// A page at which a build stops.
#[derive(Clone, Debug)]
pub struct Stop<'f> {
    /// The page.
    pub page: &'f Prerendered,
    /// The `RUN` that renders it.
    pub made_by: Span,
    /// The service that it asks.
    pub database: String,
}

/// The page at which the build of a service stops.
#[must_use]
pub fn of<'f>(service: &'f ServiceFacts<'_>) -> Option<Stop<'f>> {
    let bundle = service.program.pages.bundle.as_ref()?;
    let page = bundle.prerendered.as_ref()?;
    let build = service.service.build.as_ref()?;
    if service.program.image.assumed {
        return None;
    }
    let database = asking_steps::database(service)?;
    // Whoever builds may tell the build of a database that it reaches.
    let told = |name: &str| name.contains("DATABASE") || name.contains("POSTGRES");
    let sibling = |name: &str| {
        let given = build.args.get(name).and_then(|argument| argument.value.as_ref());
        let host = given.and_then(Endpoint::from_url).and_then(|endpoint| Some(endpoint.address()?.kind()));
        host == Some(HostKind::Label(database.clone()))
    };
    let names = bundle.variables.iter().map(String::as_str).chain(build.args.keys().map(String::as_str));
    if names.into_iter().any(|name| told(name) && !sibling(name)) {
        return None;
    }
    Some(Stop { page, made_by: bundle.made_by, database })
}
