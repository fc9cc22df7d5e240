//! The databases whose drivers a program is built with.

use super::actuator;
use super::manifests::Built;
use crate::programs::{Expr, Sink, SinkKind};
use crate::source::Spanned;

/// The argument of a sink that names the schemes of the drivers there are.
pub const DRIVERS: &str = "drivers";
/// The argument of a sink that names a library without which Flyway does not know its database, with the version it is of.
pub const UNKNOWN_TO_FLYWAY: &str = "unknown to Flyway";
/// The argument of a sink whose driver encrypts when nothing is said.
pub const ENCRYPTS: &str = "encrypts by itself";

/// The libraries of drivers, `*` at the end for any rest, the schemes they take, and whether theirs are servers.
const LIBRARIES: [(&str, &[&str], bool); 20] = [
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
    ("r2dbc-postgresql", &["r2dbc:postgresql"], true),
    ("r2dbc-mysql", &["r2dbc:mysql"], true),
    ("r2dbc-mariadb", &["r2dbc:mariadb", "r2dbc:mysql"], true),
    ("r2dbc-mssql", &["r2dbc:sqlserver", "r2dbc:mssql"], true),
    ("r2dbc-h2", &["r2dbc:h2"], false),
    ("h2", &["h2"], false),
    ("hsqldb", &["hsqldb"], false),
    ("derby", &["derby"], false),
    ("sqlite-jdbc", &["sqlite"], false),
];

/// The beginnings of the names of libraries that open databases, and bring no driver for them.
const OPENERS: [&str; 10] = [
    "spring-boot-starter-data-jpa",
    "spring-boot-starter-jdbc",
    "spring-boot-starter-data-jdbc",
    "spring-boot-starter-data-r2dbc",
    "spring-boot-starter-jooq",
    "quarkus-hibernate-orm",
    "quarkus-agroal",
    "micronaut-jdbc-",
    "micronaut-data-jdbc",
    "micronaut-data-hibernate",
];
/// The beginnings of the names of further libraries that bring none.
const BESIDE: [&str; 15] = [
    "spring-",
    "quarkus-",
    "micronaut-",
    "rest-assured",
    "snakeyaml",
    "flyway-",
    "mybatis",
    "HikariCP",
    "converter-",
    "retrofit",
    "jooq",
    "ulid",
    "uuid",
    "problem-spring",
    "reactor-",
];

fn opens(name: &str) -> bool {
    OPENERS.iter().any(|start| name.starts_with(start))
}

/// Adds to the databases of settings which drivers there are, where a driver of a server's is among them: a program that has
/// none of its own may get one with another library, unless all are known.
pub(super) fn note(sinks: &mut [Sink], built: &Built, migrates: bool) {
    if migrates {
        migrated(sinks, built);
    }
    let mut schemes: Vec<&str> = Vec::new();
    let mut server = None;
    let mut opener = None;
    let mut all_known = true;
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
            None if opens(name) => opener = opener.or(Some(library.span)),
            None if (name.contains("sql") || name.contains("jdbc") && !name.starts_with("spring-"))
                && !name.starts_with("flyway-") =>
            {
                return;
            }
            None => {
                let known = |start: &&str| name.starts_with(*start);
                all_known &= BESIDE.iter().any(known) || actuator::is_known(name);
            }
        }
    }
    let bare = opener.filter(|_| all_known && !built.open);
    let Some(span) = server.or(bare) else { return };
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

/// Libraries that Flyway took out of its core, by the schemes of their databases, and since which Spring Boot it comes so: 2.7 took
/// up Flyway 8.5, which has MySQL's in one of its own since 8.2; 3.3 took up 10, which has PostgreSQL's ("Spring Boot 3.3 Release
/// Notes", "Flyway 10").
const MODULES: [(&[&str], &str, (u32, u32)); 4] = [
    (&["mysql", "mariadb"], "flyway-mysql", (2, 7)),
    (&["sqlserver"], "flyway-sqlserver", (2, 7)),
    (&["postgresql"], "flyway-database-postgresql", (3, 3)),
    (&["oracle"], "flyway-database-oracle", (3, 3)),
];

/// Adds to the databases of settings which library Flyway lacks to know them, where Spring Boot starts it by itself.
fn migrated(sinks: &mut [Sink], built: &Built) {
    let Some(core) = built.libraries.iter().find(|library| library.value.trim() == "flyway-core") else {
        return;
    };
    // Since 4.0 it starts with a library of its own.
    if built.is_since(4, 0) {
        return;
    }
    for (schemes, library, (major, minor)) in MODULES {
        if built.has(library) || !built.is_since(major, minor) {
            continue;
        }
        for sink in sinks.iter_mut().filter(|sink| sink.kind == SinkKind::Sql) {
            let value = format!("{library}:{}", schemes.join(","));
            let argument = Spanned::new(UNKNOWN_TO_FLYWAY.to_string(), core.span);
            sink.arguments.push((argument, Expr::Text(Spanned::new(value, core.span))));
        }
    }
}
