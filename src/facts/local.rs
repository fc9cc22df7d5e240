//! Servers of public images that answer only inside their container: because variables tell them so, or because nothing
//! tells them otherwise.

use std::path::Path;

use super::bound::{Bound, ToldBy};
use super::environment::{EffectiveEnvironment, Layer};
use super::flags;
use super::images::{KnownImage, Version};
use super::names::Words;
use crate::compose::{ImageReference, Service};
use crate::finding::Confidence;
use crate::programs::{Program, Role};
use crate::source::{Origin, Span, Text};

/// Adds where the server of an image answers only inside its container.
pub(super) fn add(
    found: &mut Vec<Bound<'_>>,
    service: &Service,
    program: &Program,
    environment: &EffectiveEnvironment,
    image: Option<&(&'static KnownImage, String)>,
) {
    // What a file says by saying nothing, versions before did not take it for.
    let silent = |bound: &Bound<'_>| {
        matches!(bound.by, ToldBy::Configuration(_)) && !bound.place.is_none() && bound.place.is_empty()
    };
    let unsaid = found.iter().any(silent);
    found.retain(|bound| !silent(bound));
    found.extend(image.and_then(|(image, reference)| unconfigured(service, image, reference, unsaid)));
    let others = service.build.is_none()
        && program.servers.is_empty()
        && !program.modules.iter().any(|module| module.role == Role::Source);
    if !others {
        return;
    }
    for (name, effective) in environment.iter() {
        let own = matches!(effective.layer, Layer::Environment | Layer::EnvFile);
        let Some(value) = effective.value().filter(|_| own && flags::tells_to_listen(&Words::of(name)))
        else {
            continue;
        };
        let title: &'static str = image.map_or("the program", |(image, _)| image.title.as_str());
        let whole = value.assumed();
        let mut at = 0;
        // `INSIDE://localhost:9092,OUTSIDE://0.0.0.0:9093`
        for part in whole.split(',') {
            let text = value.slice(at, at + part.len());
            at += part.len() + 1;
            found.extend(Bound::at(&text, ToldBy::Variable(title, name.to_string())));
        }
    }
}

/// A server that listens on loopback alone as long as no configuration says otherwise.
fn unconfigured<'a>(
    service: &Service,
    image: &'static KnownImage,
    reference: &str,
    unsaid: bool,
) -> Option<Bound<'a>> {
    let alone = image.alone.as_ref()?;
    let parsed = ImageReference::parse(reference)?;
    let applies = alone.images.iter().any(|image| image == parsed.path)
        && Version::lies_within(parsed.tag, alone.since, None)
        && service.build.is_none()
        && service.entrypoint.is_none()
        && service.command.is_none();
    // A folder above holds the configuration as well.
    let inside = |target: &str| {
        let (target, mut folders) = (Path::new(target), alone.files.iter().map(Path::new));
        folders.any(|folder| target.starts_with(folder) || folder.starts_with(target))
    };
    let mut mounts = service.volumes.iter().filter(|mount| inside(&mount.target)).map(|mount| &mount.origin);
    let mount = mounts.next();
    let configured = mount.is_some() || service.configs.iter().any(|config| inside(&config.target));
    (applies && (unsaid || !configured)).then_some(())?;
    let by_image = || service.image.as_ref().map_or(Span::NONE, |image| image.span());
    Some(Bound {
        host: Text::known("localhost", Origin::default()),
        port: Some(alone.port),
        by: ToldBy::Image(&image.title, &alone.write),
        place: mount.map_or_else(by_image, |origin| origin.written),
        sure: Confidence::Likely,
    })
}
