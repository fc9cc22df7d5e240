//! What is said of an nginx that does not hand on the upgrade by which a WebSocket begins.
//!
//! `Upgrade` and `Connection` are handed on from one to the next by nobody (nginx.org, "WebSocket proxying").

use std::collections::BTreeSet;

use super::prelude::*;
use crate::programs::proxies::nginx_headers::UPGRADES;
use crate::programs::{Module, Role};

/// Reports the servers behind a proxy whose WebSockets nobody gets to.
pub fn find(cx: &Context<'_>, rule: &'static Rule, client: &ServiceFacts<'_>, out: &mut Vec<Finding>) {
    let of_nginx = |module: &&std::sync::Arc<Module>| {
        module.role == Role::Proxy
            && module.path.extension().is_some_and(|end| end == "conf" || end == "template")
    };
    let settings: Vec<_> = client.program.modules.iter().filter(of_nginx).collect();
    if settings.is_empty() || settings.iter().any(|module| module.names.contains_key(UPGRADES)) {
        return;
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for dial in client.dials.iter().filter(|dial| dial.is_of_proxy()) {
        let Some(server) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
        let Some(opened) = server.program.upgrades else { continue };
        // Who is also asked directly may be so for these; another program is no browser.
        let by_others = cx.facts.active().any(|other| {
            let mut dials = other.dials.iter().filter(|dial| dial.sibling() == Some(server.key));
            other.key != client.key && dials.any(|dial| dial.speaks_web())
        });
        let Some(sink) = dial.sink().filter(|_| server.service.ports.is_empty() && !by_others) else {
            continue;
        };
        if !told.insert(server.key) {
            continue;
        }
        let (name, other) = (&client.service.name.value, server.key);
        let message = format!(
            "`{name}` does not hand on the `Upgrade` of a WebSocket, and `{other}`, which opens some, is asked through it alone: none is opened"
        );
        let finding =
            rule.finding(sink.callee.span, message).service(name.clone()).severity(Severity::Warning);
        out.push(
            finding
                .here("passed on without it")
                .also(opened, "opened here")
                .help("write `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";` beside it")
                .evidence("Upgrade")
                .at_most(Confidence::Likely),
        );
    }
}
