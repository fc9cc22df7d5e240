//! One connection for everybody, on a database that is reached over the network.

use super::engines;
use super::prelude::*;
use crate::programs::evaluate::Value;

rule!("static-pool-on-network-database", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for engine in engines::all(cx) {
        let Some((name, Value::Library(pool))) = engine.argument("poolclass") else { continue };
        let short = pool.rsplit('.').next().unwrap_or(&pool).to_string();
        if !matches!(short.as_str(), "StaticPool" | "SingletonThreadPool") {
            continue;
        }
        let (from, why) = engine.from();
        let service = &engine.client.service.name.value;
        out.push(
            RULE.finding(
                name,
                format!("`{short}` gives every request of `{service}` the same connection to `{}`", engine.dial.endpoint.shown()),
            )
            .service(service.clone())
            .here("made for SQLite in memory")
            .also(from, why)
            .help("leave `poolclass` out for SQLAlchemy's queue pool, or write `NullPool` when every use should connect anew")
            .evidence(short),
        );
    }
}
