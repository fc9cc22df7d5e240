//! Addresses of pages that begin with a variable which nothing sets when they are made.

use super::ServiceFacts;
use crate::programs::Unset;

/// The first such address of the pages that a service's image holds, and the `RUN` that makes them.
#[must_use]
pub fn of<'f>(service: &'f ServiceFacts<'_>) -> Option<&'f Unset> {
    let (pages, arguments) = (&service.program.pages, &service.service.build.as_ref()?.args);
    let bundle = pages.bundle.as_ref().filter(|bundle| !bundle.open)?;
    let unseen = service.lacks_env_file() || service.environment.unseen().is_some();
    if pages.at_start || pages.substitutes || unseen || service.program.image.assumed {
        return None;
    }
    bundle.unset.iter().find(|unset| {
        let name = unset.name.as_str();
        !bundle.variables.contains(name)
            && !arguments.contains_key(name)
            && service.environment.get(name).is_none()
    })
}
