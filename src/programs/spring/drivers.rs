//! The databases whose drivers a program is built with.

use super::manifests::Built;
use crate::programs::{Expr, Sink, SinkKind};
use crate::source::Spanned;

/// The argument of a sink that names the schemes of the drivers there are.
pub const DRIVERS: &str = "drivers";
/// The argument of a sink whose driver encrypts when nothing is said.
pub const ENCRYPTS: &str = "encrypts by itself";

/// The libraries of drivers, `*` at the end for any rest, the schemes they take, and whether theirs are servers.
const LIBRARIES: [(&str, &[&str], bool); 15] = [
    ("mysql-connector-*", &["mysql"], true),
    // Versions before the third take MySQL's, too.
    ("mariadb-java-client", &["mariadb", "mysql"], true),
    ("postgresql", &["postgresql"], true),
    ("mssql-jdbc", &["sqlserver"], true),
    ("ojdbc*", &["oracle"], true),
    ("quarkus-jdbc-mysql", &["mysql"], true),
    ("quarkus-jdbc-mariadb", &["mariadb"], true),
    ("quarkus-jdbc-postgresql", &["postgresql"], true),
    ("quarkus-jdbc-mssql", &["sqlserver"], true),
    ("quarkus-jdbc-oracle", &["oracle"], true),
    ("quarkus-jdbc-h2", &["h2"], false),
    ("h2", &["h2"], false),
    ("hsqldb", &["hsqldb"], false),
    ("derby", &["derby"], false),
    ("sqlite-jdbc", &["sqlite"], false),
];

/// Adds to the databases of settings which drivers there are, where a driver of a server's is among them: a program that has
/// none of its own may get one with another library.
pub(super) fn note(sinks: &mut [Sink], built: &Built) {
    let mut schemes: Vec<&str> = Vec::new();
    let mut server = None;
    for library in &built.libraries {
        let name = library.value.trim();
        let is = |known: &str| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == known,
        };
        match LIBRARIES.iter().find(|(known, ..)| is(known)) {
            Some((_, takes, of_server)) => {
                schemes.extend(*takes);
                server = server.or(of_server.then_some(library.span));
            }
            // It may bring any driver.
            None if name.contains("sql") || name.contains("jdbc") && !name.starts_with("spring-") => return,
            None => {}
        }
    }
    let Some(span) = server else { return };
    schemes.sort_unstable();
    schemes.dedup();
    for sink in sinks.iter_mut().filter(|sink| sink.kind == SinkKind::Sql) {
        let text = Expr::Text(Spanned::new(schemes.join(", "), span));
        // Spring Boot 2.7 took up version 10 of Microsoft's driver, which does.
        if built.is_since(2, 7) && built.has("mssql-jdbc") {
            sink.arguments.push((Spanned::new(ENCRYPTS.to_string(), span), Expr::Bool(true, span)));
        }
        sink.arguments.push((Spanned::new(DRIVERS.to_string(), span), text));
    }
}
