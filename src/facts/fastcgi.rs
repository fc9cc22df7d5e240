//! PHP's process manager, which answers web servers over FastCGI and no browser.

use super::listeners::ListenerSource;
use super::service::ServiceFacts;
use crate::source::Text;

/// Whether its image, or the one it is built from, is one of PHP's process manager.
#[must_use]
pub fn runs_workers(service: &ServiceFacts<'_>) -> bool {
    let image = service.service.image.as_ref().map(|image| image.assumed());
    let base = service.program.image.base.as_ref().map(|base| base.value.to_string());
    [image, base].iter().flatten().any(|reference| reference.contains("fpm"))
}

/// Whether such an image is run as it is, or with no more than what a build puts into it: what its own start starts is the process
/// manager, and nothing of the project speaks of a web server beside it.
#[must_use]
pub fn runs_workers_alone(service: &ServiceFacts<'_>) -> bool {
    const WORDS: [&str; 5] =
        ["docker-php-entrypoint", "docker-entrypoint.sh", "php-fpm", "-F", "--nodaemonize"];
    let (own, image) = (service.service, &service.program.image);
    let plain = |word: &Text| WORDS.contains(&word.assumed().rsplit('/').next().unwrap_or_default());
    let told = own.entrypoint.is_some()
        || image.entrypoint.iter().flatten().any(|word| !plain(word))
        || own.command.iter().flat_map(|command| &command.words).any(|word| !plain(word))
        || image.cmd.iter().flatten().any(|word| !plain(word));
    let by_image = service.image.is_some()
        && service.listeners.iter().all(|listener| {
            listener.source != ListenerSource::Image || listener.protocol.as_deref() == Some("fastcgi")
        });
    let servers = &service.program.servers;
    let by_server = match servers.as_slice() {
        [] => by_image,
        servers => servers.iter().all(|server| server.known.name == "PHP's process manager" && server.last),
    };
    let configured = service.listeners.iter().any(|it| matches!(it.source, ListenerSource::Configuration(_)));
    runs_workers(service) && !told && by_server && !configured && !image.assumed && !service.opens_unknown
}
