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
use crate::programs::{Module, Program, Role};
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
    found.extend(
        image.and_then(|(image, reference)| unconfigured(service, environment, (image, reference), unsaid)),
    );
    found.extend(image.and_then(|(image, _)| of_other_settings(program, image)));
    let others = service.build.is_none()
        && program.servers.is_empty()
        && !program.modules.iter().any(|module| module.role == Role::Source);
    // Patroni is a program, too.
    let patroni = program.commands.iter().flatten().any(|word| word.contains("patroni"));
    if !others && !patroni {
        return;
    }
    for (name, effective) in environment.iter() {
        let own = matches!(effective.layer, Layer::Environment | Layer::EnvFile);
        if patroni && name.starts_with("PATRONI_") && name.ends_with("_LISTEN") {
            let value = effective.value();
            found.extend(
                value.and_then(|value| Bound::at(value, ToldBy::Variable("Patroni", name.to_string()))),
            );
            continue;
        }
        if !others {
            continue;
        }
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

/// PostgreSQL that is handed settings in place of its image's, which say nothing of where to listen: by itself it does so on
/// loopback alone (its documentation, `listen_addresses`).
fn of_other_settings<'a>(program: &Program, image: &'static KnownImage) -> Option<Bound<'a>> {
    const SAYS: &str = "listen_addresses";
    const WRITE: &str = "write `listen_addresses = '*'` into it";
    let words: Vec<String> = program.command.iter().map(Text::assumed).collect();
    let at = words.iter().position(|word| word.contains("config_file="))?;
    let told = words.iter().any(|word| word.contains(SAYS) || word == "-h" || word == "-i");
    let file = words.get(at)?.split("config_file=").nth(1)?.split(' ').next()?.to_string();
    let layer = program.files.layers().iter().rev().find(|layer| layer.target == Path::new(&file))?;
    let settings = program.modules.iter().find(|it| it.role == Role::Settings && it.path == layer.host)?;
    let crate::programs::Expr::Record(fields) = settings.names.get(Module::ITSELF)? else { return None };
    let includes = |name: &str| name.starts_with("include") || name == SAYS;
    let silent = !told && !fields.is_empty() && !fields.iter().any(|(name, _)| includes(&name.value));
    (silent && image.name == "postgres").then(|| Bound {
        host: Text::known("localhost", Origin::default()),
        port: Some(5432),
        by: ToldBy::Image(&image.title, WRITE),
        place: program.command.get(at).map_or(Span::NONE, Text::span),
        sure: Confidence::Likely,
    })
}

/// A server that listens on loopback alone as long as no configuration says otherwise.
fn unconfigured<'a>(
    service: &Service,
    environment: &EffectiveEnvironment,
    (image, reference): (&'static KnownImage, &str),
    unsaid: bool,
) -> Option<Bound<'a>> {
    let alone = image.alone.as_ref()?;
    let parsed = ImageReference::parse(reference)?;
    let applies = alone.images.iter().any(|image| image == parsed.path)
        && Version::lies_within(parsed.tag, alone.since, None)
        && service.build.is_none()
        && service.entrypoint.is_none()
        && (service.command.is_none() || !alone.when.is_empty())
        && environment.unseen().is_none()
        && !alone.unless.iter().any(|name| environment.get(name).is_some())
        && alone.when.iter().all(|(name, value)| {
            environment.value(name).is_some_and(|set| set.complete().as_deref() == Some(value.as_str()))
        });
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
