//! The driver that a program of Go names for `database/sql`, where no package that it is built with registers one of that name.

use std::collections::HashSet;

use crate::programs::{Expr, Module, Program};
use crate::source::{Span, Spanned};

use super::module_name;
use super::sinks::TOLD_DRIVER;

/// A driver that nothing registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unregistered {
    /// Its name, as the program has it.
    pub name: String,
    /// Where it stands.
    pub at: Span,
    /// The usual package that registers it.
    pub package: &'static str,
    /// The driver that is there instead.
    pub instead: Option<&'static str>,
}

/// Names of drivers, the usual package that registers each, and parts of the paths of all that do, or that bring one which does.
const DRIVERS: [(&str, &str, &[&str]); 8] = [
    ("postgres", "github.com/lib/pq", &["/pq", "postgres", "cockroach", "redshift", "embedded"]),
    ("postgresql", "github.com/lib/pq", &["postgresql"]),
    ("pgx", "github.com/jackc/pgx/v5/stdlib", &["pgx"]),
    ("mysql", "github.com/go-sql-driver/mysql", &["mysql", "mariadb", "tidb"]),
    ("sqlserver", "github.com/microsoft/go-mssqldb", &["mssql", "sqlserver", "azuread"]),
    ("mssql", "github.com/microsoft/go-mssqldb", &["mssql", "sqlserver", "azuread"]),
    ("clickhouse", "github.com/ClickHouse/clickhouse-go/v2", &["clickhouse"]),
    ("sqlite3", "github.com/mattn/go-sqlite3", &["sqlite"]),
];

/// The packages that do nothing but register a driver, and its name.
const REGISTER: [(&str, &str); 8] = [
    ("github.com/lib/pq", "postgres"),
    ("github.com/jackc/pgx/v4/stdlib", "pgx"),
    ("github.com/jackc/pgx/v5/stdlib", "pgx"),
    ("github.com/go-sql-driver/mysql", "mysql"),
    ("github.com/microsoft/go-mssqldb", "sqlserver"),
    ("github.com/denisenkom/go-mssqldb", "sqlserver"),
    ("github.com/mattn/go-sqlite3", "sqlite3"),
    ("github.com/ClickHouse/clickhouse-go/v2", "clickhouse"),
];

/// The first driver that the loaded modules name and that nothing registers: of all sources none imports such a package, and no
/// manifest has one that is brought by others. `told` says what an expression gives that is not the name itself.
#[must_use]
pub fn unregistered(
    program: &Program,
    told: &dyn Fn(&Module, &Expr) -> Option<String>,
) -> Option<Unregistered> {
    let (scope, uses) = (&program.scope, program.uses());
    let named = program.loaded.iter().filter_map(|index| scope.get(*index)).find_map(|(_, source)| {
        if source.front_end.name() != "go" {
            return None;
        }
        source.module().sinks.iter().find_map(|sink| {
            let named =
                |(key, _): &&(Spanned<String>, Expr)| key.value == "driver" || key.value == TOLD_DRIVER;
            let (_, value) = sink.arguments.iter().find(named)?;
            if !uses.runs(source.module(), sink.span) {
                return None;
            }
            let (name, at) = match value {
                Expr::Text(name) => (name.value.clone(), name.span),
                other => (told(source.module(), other)?, sink.callee.span),
            };
            let known = DRIVERS.iter().find(|(known, ..)| *known == name)?;
            Some((known, at))
        })
    });
    let ((name, package, signs), at) = named?;
    let mut paths = HashSet::new();
    let brings = |path: &str| signs.iter().any(|sign| path.contains(sign));
    let (mut may_be, mut own) = (false, Vec::new());
    for (_, place, source) in scope.iter().filter(|(.., source)| source.front_end.name() == "go") {
        if place.ends_with("go.mod") {
            own.extend(source.glance(|text| module_name(text).map(str::to_string)));
            may_be |=
                source.glance(|text| text.lines().any(|line| line.contains("// indirect") && brings(line)));
        } else if !place.ends_with("go.work") {
            may_be |= source.glance(|text| text.contains("sql.Register("));
            paths.extend(source.glance(super::packages::scan));
        }
    }
    // Of packages of its own it is seen what they import.
    let foreign = |path: &&String| {
        !own.iter().any(|own| {
            path.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    if may_be || paths.iter().filter(foreign).any(|path| brings(path)) {
        return None;
    }
    let instead = REGISTER.iter().find(|(path, _)| paths.contains(*path)).map(|(_, name)| *name);
    Some(Unregistered { name: (*name).to_string(), at, package, instead })
}
