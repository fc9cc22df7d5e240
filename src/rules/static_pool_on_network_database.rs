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
        let server = engine.dial.endpoint.shown();
        let message = match short.as_str() {
            "StaticPool" => {
                format!("`StaticPool` gives every request of `{service}` the same connection to `{server}`")
            }
            _ => format!(
                "`{short}` keeps a connection to `{server}` for each thread of `{service}`, and closes some in use when there are many"
            ),
        };
        out.push(
            RULE.finding(name, message)
            .service(service.clone())
            .here("made for SQLite in memory")
            .also(from, why)
            .help("leave `poolclass` out for SQLAlchemy's queue pool, or write `NullPool` when every use should connect anew")
            .evidence(short),
        );
    }
}
