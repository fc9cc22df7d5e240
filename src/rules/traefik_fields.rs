//! Labels that give Traefik settings which it does not know: it then takes none of the labels of the container.

use super::prelude::*;
use crate::compose::nearest;

/// Labels of one service that are looked at.
const MAX_LABELS: usize = 500;

/// What may stand behind `traefik.http.`.
const KINDS: [&str; 5] = ["routers", "services", "middlewares", "serverstransports", "models"];
/// What may stand behind `traefik.http.routers.NAME.`, in Traefik 2 and 3.
const OF_ROUTERS: [&str; 9] = [
    "rule",
    "entrypoints",
    "service",
    "middlewares",
    "priority",
    "rulesyntax",
    "tls",
    "observability",
    "parentrefs",
];
/// What may stand behind `traefik.http.services.NAME.`.
const OF_SERVICES: [&str; 5] = ["loadbalancer", "weighted", "mirroring", "failover", "highestrandomweight"];

/// The first label of a service that Traefik does not understand. It says `field not found, node: …` and leaves out all that the
/// container's labels say (Traefik's documentation, "Routing Configuration with Labels"; its version 1 had other labels).
pub(super) fn unknown(rule: &Rule, service: &ServiceFacts<'_>) -> Option<Finding> {
    let labels = &service.service.labels;
    if labels.get("traefik.enable").is_some_and(|value| value.assumed().eq_ignore_ascii_case("false")) {
        return None;
    }
    let labels = labels.iter().take(MAX_LABELS);
    let (label, value, strange) = labels.into_iter().find_map(|(label, value)| {
        let rest = label.to_ascii_lowercase();
        Some((label, value, Strange::of(rest.strip_prefix("traefik.http.")?)?))
    })?;
    let name = &service.service.name.value;
    let Strange { field, of, known } = strange;
    let help = match nearest(&field, known.iter().copied()) {
        Some(near) => format!("write `{near}` in place of `{field}`"),
        None => format!("leave `{label}` out: {of} have {}", super::phrases::list(known)),
    };
    Some(
        rule.finding(
            value.span(),
            format!(
                "`{label}` of `{name}` is no label that Traefik knows: it takes none of the labels of this container, and requests end in 404"
            ),
        )
        .service(name.clone())
        .here(format!("{of} have no `{field}`"))
        .help(help)
        .at_most(Confidence::Likely)
        .evidence(label.clone()),
    )
}

/// A field that is not known.
struct Strange {
    field: String,
    /// Of what.
    of: &'static str,
    /// The fields that are.
    known: &'static [&'static str],
}

impl Strange {
    /// `rest` is what stands behind `traefik.http.`, in small letters.
    fn of(rest: &str) -> Option<Self> {
        let mut parts = rest.splitn(4, '.');
        let (kind, _, field) = (parts.next()?, parts.next()?, parts.next());
        let strange = |field: &str, of, known: &'static [&'static str]| {
            (!known.contains(&field)).then(|| Self { field: field.to_string(), of, known })
        };
        let plain = |field: &&str| !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric());
        match (kind, field.filter(plain)) {
            ("routers", Some(field)) => strange(field, "routers", &OF_ROUTERS),
            ("services", Some(field)) => strange(field, "services", &OF_SERVICES),
            (kind, Some(_)) => strange(kind, "labels of `traefik.http`", &KINDS),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Strange;

    #[test]
    fn fields() {
        let strange = |rest: &str| Strange::of(rest).map(|it| it.field);
        assert_eq!(strange("routers.api.insecure").as_deref(), Some("insecure"));
        assert_eq!(strange("router.api.rule").as_deref(), Some("router"));
        assert_eq!(strange("services.api.port").as_deref(), Some("port"));
        for known in [
            "routers.api.rule",
            "routers.api.tls.certresolver",
            "routers.api.tls",
            "services.api.loadbalancer.server.port",
            "middlewares.auth.basicauth.users",
            "routers.api",
            "serverstransports.own.insecureskipverify",
        ] {
            assert_eq!(strange(known), None, "{known}");
        }
    }
}
