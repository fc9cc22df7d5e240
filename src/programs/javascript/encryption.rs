//! What the options of clients say of TLS.

use super::sinks::option;
use crate::programs::{Expr, SinkKind};
use crate::source::{Span, Spanned};

/// The paths at which libraries have it: pg, TypeORM, Sequelize, Knex, ioredis, node-redis, BullMQ, the driver of MongoDB.
const PATHS: [&str; 12] = [
    "ssl",
    "tls",
    "sslmode",
    "dialectOptions.ssl",
    "connection.ssl",
    "extra.ssl",
    "socket.tls",
    "redisOptions.tls",
    "connection.tls",
    "redis.tls",
    "useFactory.ssl",
    "useFactory.extra.ssl",
];

/// The options, written where the client is made, that ask for TLS or do not, each by its own name.
pub(super) fn arguments(kind: SinkKind, options: Option<&Expr>, call: Span) -> Vec<(Spanned<String>, Expr)> {
    let of_database = matches!(kind, SinkKind::Sql | SinkKind::Postgres | SinkKind::Redis | SinkKind::Mongo);
    let Some(options) = options.filter(|_| of_database) else { return Vec::new() };
    // Those of a file of settings, of which an item is taken, are looked for where the client is made.
    let filed = matches!(options.peel(), Expr::Item(..));
    let said = |path: &&str| {
        let of_sequelize = filed && *path == "dialectOptions.ssl";
        let written = place(options, path).or_else(|| of_sequelize.then_some(call))?;
        let value = option(options, path)?;
        let name = path.rsplit('.').next().unwrap_or(path);
        let known = !matches!(value.peel(), Expr::Opaque(_) | Expr::Library(_));
        known.then(|| (Spanned::new(name.to_string(), written), value))
    };
    PATHS.iter().filter_map(said).collect()
}

/// Where the last key of a path is written.
fn place(options: &Expr, path: &str) -> Option<Span> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let fields = match options.peel() {
        Expr::Record(fields) => fields,
        // `...(production && { ssl })`
        Expr::Merge(layers) => return layers.iter().rev().find_map(|layer| place(layer, path)),
        Expr::If(branch) => return place(&branch.then, path).or_else(|| place(&branch.otherwise, path)),
        _ => return None,
    };
    let (key, value) = fields.iter().rev().find(|(key, _)| key.value == first)?;
    match rest {
        Some(rest) => place(value, rest),
        None => Some(key.span),
    }
}
