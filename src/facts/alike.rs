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
