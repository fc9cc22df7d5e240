//! Clients of a broker that come without a name to one that lets nobody in without.

use std::path::Path;

use super::images::Version;
use super::{By, Dial, ServiceFacts};
use crate::compose::ImageReference;
use crate::programs::config_files::mosquitto::LOGIN;
use crate::programs::{Expr, Role};
use crate::source::Span;

/// What the broker says of clients without a name.
#[derive(Clone, Copy, Debug)]
pub struct Asks {
    /// Where it says so.
    pub place: Span,
    /// Whether it says so in so many words: from version 2 on, to listen is enough.
    pub said: bool,
}

/// Words without one of which no program gives a name: `username`, `user_name`, `setPassword`, `MQTT_USER`.
const WORDS: [&str; 11] = [
    "sername",
    "SERNAME",
    "serName",
    "ser_name",
    "SER_NAME",
    "assword",
    "ASSWORD",
    "redential",
    "userinfo",
    "MQTT_USER",
    "clientcert",
];

/// What a broker asks of every client, where a client that is seen gives none.
#[must_use]
pub fn refused(client: &ServiceFacts<'_>, dial: &Dial<'_>, server: &ServiceFacts<'_>) -> Option<Asks> {
    if dial.protocols != ["mqtt"] || dial.endpoint.user.is_some() || client.environment.unseen().is_some() {
        return None;
    }
    let asks = asks(server)?;
    let silent = match dial.by {
        // What stands beside the address is its login.
        By::Sink(module, sink) if module.role == Role::Settings => {
            let speaks = |name: &str| name.to_ascii_lowercase().contains("user") || name.contains("cert");
            !sink.arguments.iter().any(|(name, _)| speaks(&name.value))
        }
        By::Sink(..) | By::Read(..) => {
            let scope = &client.program.scope;
            client.program.entry_known
                && scope.containing_any(&WORDS).is_empty()
                && client
                    .dials
                    .iter()
                    .all(|other| other.protocols != ["mqtt"] || other.endpoint.user.is_none())
        }
        By::Variable(_) => false,
    };
    silent.then_some(asks)
}

/// What Mosquitto asks, where all of its configuration is seen.
fn asks(server: &ServiceFacts<'_>) -> Option<Asks> {
    const MAIN: &str = "/mosquitto/config/mosquitto.conf";
    let parsed = server.reference.as_deref().and_then(ImageReference::parse)?;
    let own = parsed.path == "eclipse-mosquitto"
        && server.service.entrypoint.is_none()
        && server.service.command.is_none();
    let layer =
        server.program.files.layers().iter().rev().find(|layer| Path::new(MAIN).starts_with(&layer.target));
    let host = layer.map(|layer| match layer.directory {
        true => layer.host.join("mosquitto.conf"),
        false => layer.host.clone(),
    })?;
    let module = server.program.modules.iter().find(|module| module.path == host).filter(|_| own)?;
    let Expr::Text(login) = module.names.get(LOGIN)?.peel() else { return None };
    let since = Version::try_from("2".to_string()).ok();
    let said = !login.value.is_empty();
    (said || Version::lies_within(parsed.tag, since, None)).then_some(Asks { place: login.span, said })
}
