//! Which known image a service is, or is built on.

use super::images::{self, ImageKind, KnownImage};
use crate::compose::Service;
use crate::programs::{Program, Role};

/// The service's image in the table; for a service that is built, its base image counts only when the
/// build leaves the server in place (no source of ours, no other command).
pub(super) fn known_image(service: &Service, program: &Program) -> Option<(&'static KnownImage, String)> {
    let reference = match (&service.build, &service.image) {
        (None, Some(image)) => image.assumed(),
        (Some(_), _) if program.modules.iter().all(|module| module.role != Role::Source) => {
            program.image.base.as_ref()?.value.clone()
        }
        _ => return None,
    };
    let known = images::known(&reference).filter(|image| image.kind != ImageKind::Runtime);
    match known {
        Some(image) => Some((image, reference)),
        // What is installed in an image of the project's own, and knows no users.
        None => {
            const SERVERS: [(&str, &str); 3] =
                [("redis-server", "redis"), ("valkey-server", "valkey"), ("memcached", "memcached")];
            let first = program.commands.first().filter(|_| service.build.is_some())?.first()?;
            let name = first.rsplit('/').next().unwrap_or(first);
            let (_, image) = SERVERS.iter().find(|(server, _)| *server == name)?;
            Some((images::known(image)?, reference))
        }
    }
}
