//! The drivers that libraries of Node for databases load by themselves, by the name that they are told.

use std::path::Path;

use super::Uninstalled;
use crate::programs::{Expr, Module, SinkKind, walk};
use crate::source::Span;

/// The packages of those libraries, and what they are called.
const LIBRARIES: [(&str, &str); 6] = [
    ("sequelize", "Sequelize"),
    ("sequelize-typescript", "Sequelize"),
    ("@nestjs/sequelize", "Sequelize"),
    ("typeorm", "TypeORM"),
    ("@nestjs/typeorm", "TypeORM"),
    ("knex", "Knex"),
];
/// The drivers for a server: the usual one first, and those that some of the libraries take as well.
const DRIVERS: [(&str, &[&str]); 2] = [("postgresql", &["pg"]), ("mysql", &["mysql2", "mysql", "mariadb"])];
/// Schemes, as URLs write them.
const WRITTEN: [(&str, &str); 3] =
    [("postgres", "postgresql"), ("postgresql", "postgresql"), ("mysql", "mysql")];
/// Options that hand a driver over.
const HANDED: [&str; 3] = ["dialectModule", "dialectModulePath", "driver"];
/// Expressions that one target is searched through.
const MAX_PARTS: usize = 400;

/// The library of that name.
pub(super) fn library(import: &str) -> Option<&'static str> {
    LIBRARIES.iter().find(|(known, _)| *known == import).map(|(_, title)| *title)
}

/// The driver that nothing installs, of a module with such a library that dials one kind of server. `missing` says whether one
/// package is not there.
pub(super) fn missing(
    module: &Module,
    place: &Path,
    title: &'static str,
    missing: impl Fn(&Path, &str, Span) -> Option<Uninstalled>,
) -> Option<Uninstalled> {
    let sinks = || module.sinks.iter().filter(|sink| sink.kind == SinkKind::Sql);
    let handed = |(name, _): &(crate::source::Spanned<String>, Expr)| HANDED.contains(&name.value.as_str());
    if sinks().any(|sink| sink.arguments.iter().any(handed)) {
        return None;
    }
    let first = sinks().next()?;
    let scheme = scheme(&first.target)?;
    let (_, drivers) = DRIVERS.iter().find(|(known, _)| *known == scheme)?;
    if sinks().any(|sink| self::scheme(&sink.target) != Some(scheme)) {
        return None;
    }
    let at = first.callee.span;
    let found: Option<Vec<Uninstalled>> = drivers.iter().map(|driver| missing(place, driver, at)).collect();
    let found = found?.into_iter().next()?;
    Some(Uninstalled { loader: Some(title), ..found })
}

/// The one scheme that is written for a target.
fn scheme(target: &Expr) -> Option<&str> {
    let mut pending = vec![target];
    let mut found = None;
    for _ in 0..MAX_PARTS {
        let Some(expr) = pending.pop() else { return found };
        // A URL that is written as one text.
        if let Expr::Text(text) = expr
            && let Some((written, _)) = text.value.split_once("://")
        {
            let (_, known) = WRITTEN.iter().find(|(name, _)| *name == written)?;
            if found.is_some_and(|found| found != *known) {
                return None;
            }
            found = Some(*known);
        }
        if let Expr::Url(parts, _) = expr
            && let Some(scheme) = &parts.scheme
        {
            let (Expr::Text(name) | Expr::LibraryDefault(name)) = scheme.peel() else { return None };
            if found.is_some_and(|found| found != name.value) {
                return None;
            }
            found = Some(name.value.as_str());
        }
        pending.extend(walk::children(expr));
    }
    None
}
