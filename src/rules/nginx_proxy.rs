//! Services that nginx-proxy passes requests on to by their variables, at a port on which they do not listen.
//!
//! The port is that of `VIRTUAL_PORT`, else the only one that the container exposes, else 80 (its documentation, "Virtual ports").

use super::phrases;
use super::prelude::*;
use crate::compose::ImageReference;
use crate::facts::ListenerSource;

/// The images of it, and of what only writes its settings.
const IMAGES: [&str; 3] = ["jwilder/nginx-proxy", "nginxproxy/nginx-proxy", "nginx-proxy/nginx-proxy"];
/// Images of languages that expose no port by themselves.
const WITHOUT_PORTS: [&str; 10] =
    ["node", "python", "golang", "ruby", "openjdk", "eclipse-temurin", "alpine", "debian", "ubuntu", "rust"];

/// What each service of the project is asked at, where it is surely another port.
pub(super) fn findings(cx: &Context<'_>, rule: &Rule, out: &mut Vec<Finding>) {
    let is_proxy = |service: &&ServiceFacts<'_>| {
        let reference = service.service.image.as_ref().and_then(|image| image.complete());
        let image = reference.as_deref().and_then(ImageReference::parse);
        image.is_some_and(|image| IMAGES.contains(&image.path))
    };
    let Some(proxy) = cx.facts.active().find(is_proxy) else { return };
    for service in cx.facts.active() {
        let text = |name: &str| service.environment.value(name).filter(|text| text.is_blank() == Some(false));
        let Some(host) = text("VIRTUAL_HOST") else { continue };
        // Other protocols have servers of their own, and several ports a table.
        let other = ["VIRTUAL_PROTO", "VIRTUAL_HOST_MULTIPORTS"]
            .iter()
            .any(|name| service.environment.get(name).is_some());
        let told = text("VIRTUAL_PORT");
        let asked = match told {
            Some(told) => told.complete().and_then(|port| port.trim().parse::<u16>().ok()),
            None => exposed(service),
        };
        let (Some(asked), Some((known, confidence))) = (asked.filter(|_| !other), service.known_ports())
        else {
            continue;
        };
        // A port that is only published is the mistake of `ports`, where nothing else names it.
        let published = told.is_none()
            && service
                .listeners
                .iter()
                .any(|it| matches!(it.source, ListenerSource::Ports(_)) && it.covers(asked));
        let one = service.opens_only_one() && !published;
        let open = service.image.is_some_and(|image| image.open_ports)
            || service.image.is_none() && !service.opens_by_code() && !one;
        if open || known.contains(&asked) || service.may_listen_on(asked) {
            continue;
        }
        let (name, by) = (&service.service.name.value, &proxy.service.name.value);
        let shown = phrases::list_of_ports(known.iter().map(|port| (*port, *port)).collect());
        let place = told.unwrap_or(host).span();
        let message = format!(
            "`{by}` passes requests for `{name}` on to port {asked}, but it listens on {shown}: they end in 502"
        );
        let finding = rule
            .finding(if place.is_none() { service.service.name.span } else { place }, message)
            .service(name.clone())
            .here(if told.is_some() { "the port that is asked" } else { "no `VIRTUAL_PORT` beside it" })
            .also(proxy.service.name.span, "the proxy")
            .at_most(confidence.min(Confidence::Likely))
            .evidence(asked.to_string());
        out.push(match known.as_slice() {
            [only] => finding.help(format!("set `VIRTUAL_PORT` of `{name}` to {only}")),
            _ => finding.help(format!("set `VIRTUAL_PORT` of `{name}` to the one of them that is meant")),
        });
    }
}

/// The port that is asked where nothing says one: the only one that the container exposes, else 80. Nothing where its image may
/// expose more than is seen.
fn exposed(service: &ServiceFacts<'_>) -> Option<u16> {
    let image = &service.program.image;
    let base = image.reference()?;
    if !image.is_built(service.service) || !WITHOUT_PORTS.contains(&base.path) {
        return None;
    }
    let said = |source: &ListenerSource| {
        matches!(source, ListenerSource::Dockerfile(_) | ListenerSource::Ports(_) | ListenerSource::Expose(_))
    };
    let mut ports: Vec<u16> = Vec::new();
    for listener in service.listeners.iter().filter(|listener| said(&listener.source)) {
        ports.extend([listener.ports.0, listener.ports.1]);
    }
    ports.sort_unstable();
    ports.dedup();
    match ports.as_slice() {
        [only] => Some(*only),
        _ => Some(80),
    }
}
