//! Secrets that programs of one application have to have alike.

use super::{Facts, ServiceFacts, Target};
use crate::source::Text;

/// Variables of public images, and what goes wrong where two of an application have them otherwise.
const SECRETS: [(&str, &str); 8] = [
    ("N8N_RUNNERS_AUTH_TOKEN", "the runner is turned away"),
    ("N8N_ENCRYPTION_KEY", "what one has encrypted the other can't read"),
    ("AIRFLOW__CORE__FERNET_KEY", "what one has encrypted the other can't read"),
    ("AIRFLOW__WEBSERVER__SECRET_KEY", "the logs of one are not shown by the other"),
    ("AIRFLOW__API_AUTH__JWT_SECRET", "workers are turned away"),
    ("AUTHENTIK_SECRET_KEY", "what one has signed the other does not take"),
    ("RABBITMQ_ERLANG_COOKIE", "nodes turn each other away"),
    ("SUPERSET_SECRET_KEY", "what one has encrypted the other can't read"),
];

/// Variables of programs, and those of the public servers that they ask, which have to hold the same.
const PAIRS: [(&str, &str, &str); 6] = [
    ("MERCURE_JWT_SECRET", "MERCURE_PUBLISHER_JWT_KEY", "the hub turns away what is published"),
    ("MERCURE_JWT_SECRET", "MERCURE_JWT_SECRET", "the hub turns away what is published"),
    ("PUSHER_APP_KEY", "SOKETI_DEFAULT_APP_KEY", "the server knows no such application"),
    ("PUSHER_APP_ID", "SOKETI_DEFAULT_APP_ID", "the server knows no such application"),
    ("PUSHER_APP_SECRET", "SOKETI_DEFAULT_APP_SECRET", "the server turns away what is published"),
    ("LIVEKIT_API_SECRET", "LIVEKIT_API_SECRET", "the server turns away who comes"),
];

/// A secret that another service has otherwise.
pub struct Other<'f, 'a> {
    /// The variable.
    pub variable: &'static str,
    /// Its value here.
    pub value: &'f Text,
    /// The other service.
    pub service: &'f ServiceFacts<'a>,
    /// Its value there.
    pub there: &'f Text,
    /// What goes wrong.
    pub then: &'static str,
}

/// The first secret that a service has otherwise than the server that it dials.
#[must_use]
pub fn differs_from_server<'f, 'a>(
    facts: &'f Facts<'a>,
    service: &'f ServiceFacts<'a>,
) -> Option<Other<'f, 'a>> {
    PAIRS.iter().find_map(|(variable, theirs, then)| {
        let value = service.environment.value(variable)?;
        let own = value.complete().filter(|value| !value.is_empty())?;
        let server =
            service.dials.iter().filter_map(|dial| facts.service(dial.sibling()?)).find(|server| {
                let text = server.environment.value(theirs).and_then(Text::complete);
                server.key != service.key && text.is_some_and(|text| !text.is_empty() && text != own)
            })?;
        Some(Other { variable, value, service: server, there: server.environment.value(theirs)?, then })
    })
}

/// The first secret that a service has otherwise than one before it with which it works together.
#[must_use]
pub fn differs<'f, 'a>(facts: &'f Facts<'a>, service: &'f ServiceFacts<'a>) -> Option<Other<'f, 'a>> {
    SECRETS.iter().find_map(|(variable, then)| {
        let value = service.environment.value(variable)?;
        let own = value.complete().filter(|value| !value.is_empty())?;
        let other = facts.active().take_while(|other| other.key != service.key).find(|other| {
            let text = other.environment.value(variable).and_then(Text::complete);
            text.is_some_and(|text| !text.is_empty() && text != own) && work_together(service, other)
        })?;
        Some(Other { variable, value, service: other, there: other.environment.value(variable)?, then })
    })
}

/// Whether one dials the other, or both the same database or broker.
fn work_together<'a>(one: &ServiceFacts<'a>, other: &ServiceFacts<'a>) -> bool {
    let dials = |from: &ServiceFacts<'a>, to: &ServiceFacts<'a>| {
        from.dials.iter().any(|dial| dial.target == Some(Target::Sibling(to.key)))
    };
    let shared = || {
        one.dials.iter().any(|dial| {
            let mut others = other.dials.iter();
            let database = |text: &Option<Text>| text.as_ref().map(Text::assumed);
            dial.sibling().is_some()
                && others.any(|it| {
                    it.target == dial.target
                        && it.protocols == dial.protocols
                        && database(&it.endpoint.database) == database(&dial.endpoint.database)
                })
        })
    };
    dials(one, other) || dials(other, one) || shared()
}
