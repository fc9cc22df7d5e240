//! Flyway without the library by which it knows its database.

use super::ServiceFacts;
use crate::programs::spring::is_manifest;
use crate::programs::{Expr, UNKNOWN_TO_FLYWAY};
use crate::source::Span;

/// The library that a program lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacks {
    /// Its name.
    pub library: String,
    /// The scheme of the database.
    pub scheme: String,
    /// Where the manifest names Flyway's core.
    pub core: Span,
    /// Where the database is named.
    pub dial: Span,
}

/// What Flyway, which Spring Boot starts by itself with the program, lacks to know the database that the program dials.
#[must_use]
pub fn lacks(service: &ServiceFacts<'_>) -> Option<Lacks> {
    let lacking = service.dials.iter().find_map(|dial| {
        let sink = dial.sink().filter(|_| dial.endpoint.prefix() == "jdbc:")?;
        let scheme = dial.endpoint.scheme_name()?;
        let (library, core) = sink.arguments.iter().find_map(|(name, value)| {
            let Expr::Text(text) = value else { return None };
            let (library, schemes) =
                text.value.split_once(':').filter(|_| name.value == UNKNOWN_TO_FLYWAY)?;
            schemes.split(',').any(|known| known == scheme).then(|| (library.to_string(), text.span))
        })?;
        Some(Lacks { library, scheme: scheme.to_string(), core, dial: dial.place })
    })?;
    (service.program.entry_known && !is_otherwise(service, &lacking.library)).then_some(lacking)
}

/// Whether it may be off, of a version of the project's own, or brought by a profile or a parent.
fn is_otherwise(service: &ServiceFacts<'_>, library: &str) -> bool {
    let off = |name: &str| {
        let plain = name.replace(['_', '-', '.'], "").to_ascii_uppercase();
        plain == "SPRINGFLYWAYENABLED" || plain == "SPRINGAUTOCONFIGUREEXCLUDE"
    };
    let versioned = |text: &str| {
        let behind = text.split("flyway-core").skip(1).any(|rest| {
            rest.starts_with(':')
                || rest.split("</dependency>").next().is_some_and(|it| it.contains("<version>"))
        });
        behind || text.contains("flyway.version")
    };
    let scope = &service.program.scope;
    let words = ["FlywayAutoConfiguration", "SPRING_FLYWAY_ENABLED", "flyway-enabled", library];
    service.environment.iter().any(|(name, _)| off(name))
        || !scope.containing_any(&words).is_empty()
        || scope.iter().any(|(_, place, source)| is_manifest(place) && source.glance(versioned))
}
