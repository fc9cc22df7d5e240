//! What a client is given beside its address: a login, a database, the keys of a store.

use super::endpoint::Endpoint;
use crate::programs::{Expr, Sink, SinkKind};
use crate::source::Text;

/// Keys that servers of measurements ask for, as addresses have them and as clients name them.
const KEYS: [(&str, &[&str]); 3] = [
    ("token", &["token"]),
    ("organization", &["organization", "org", "organizationId"]),
    ("bucket", &["bucket", "database"]),
];

/// Puts what the client is given beside its address into it, where the address says nothing of that; `configured` says that
/// it stands in settings.
pub(super) fn fill(
    endpoint: &mut Endpoint,
    sink: &Sink,
    configured: bool,
    value: &dyn Fn(&Expr) -> Option<Text>,
) {
    let named = |name: &str| {
        let (_, given) = sink.arguments.iter().find(|(argument, _)| argument.value == name)?;
        value(given)
    };
    if endpoint.user.is_none() {
        endpoint.user = named("username").or_else(|| named("user"));
        endpoint.password = endpoint.password.take().or_else(|| named("password"));
    }
    if sink.kind == SinkKind::Http {
        for (key, names) in KEYS {
            let given =
                names.iter().take(if configured { 1 } else { names.len() }).find_map(|name| named(name));
            endpoint.parameters.extend(given.map(|given| (key.to_string(), given)));
        }
        return;
    }
    if configured && endpoint.database.is_none() {
        endpoint.database = named("database");
    }
    if configured {
        let mode = named("sslmode").map(|mode| ("sslmode".to_string(), mode));
        endpoint.parameters.extend(mode);
    }
}
