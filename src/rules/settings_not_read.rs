//! A file of settings, or the code that runs, is mounted where its image does not look.

use std::path::Path;

use super::prelude::*;
use crate::compose::ImageReference;
use crate::facts::idle_mounts;
use crate::programs::Module;

rule!("settings-not-read", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(scripts(service));
        out.extend(folders(service));
        out.extend(shadowed(service));
        out.extend(code(service));
        let Some(found) = &service.program.unlooked else { continue };
        let name = &service.service.name;
        let (target, reads) = (&found.target, found.known.reads.first());
        let looks = match reads {
            Some(file) => format!("its image looks for `{file}`"),
            None if !found.known.folders.is_empty() && found.known.write.is_none() => {
                format!("its image looks below `{}`", found.known.folders.join("`, `"))
            }
            None => "its image reads no file that its command does not name".to_string(),
        };
        let help = match (reads, &found.known.write) {
            (Some(file), _) => format!("mount it at `{file}`, or name it in `command`"),
            (None, Some(write)) => format!("write `command: {}`", write.replace("{}", target)),
            (None, None) if !found.known.folders.is_empty() => "mount it there".to_string(),
            (None, None) => "name it in `command`".to_string(),
        };
        let hides = if found.hides { ", which the mount hides" } else { "" };
        let finding = RULE
            .finding(
                found.mount,
                format!("`{}` does not read the settings at `{target}`: {looks}{hides}", name.value),
            )
            .service(name.value.clone())
            .here("nobody looks here");
        out.push(finding.help(help).evidence(target.clone()));
    }
}

/// The code that a service runs, mounted beside the copy of it that its image runs.
fn code(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = idle_mounts::of(service)?;
    let (name, source, target, runs) =
        (&service.service.name.value, &found.source, &found.target, found.runs.display());
    let message = format!(
        "nothing of `{name}` looks at `{target}`, where `{source}` is mounted: its image runs a copy of its own, `{runs}`"
    );
    let finding = RULE.finding(found.at, message).service(name.clone()).here("nobody looks here");
    // The service runs as it was built: only what is changed afterwards is not seen.
    let finding = finding.severity(Severity::Advice);
    Some(finding.help("mount it where the image has that, or leave the mount out").evidence(target.clone()))
}

/// A file beside nginx's own `default.conf`, which comes before it and answers for the same hosts.
fn shadowed(service: &ServiceFacts<'_>) -> Option<Finding> {
    const OWN: &str = "default.conf";
    let (program, own) = (service.program, service.service);
    let (_, reference) = service.container_image()?;
    let reference = ImageReference::parse(&reference)?;
    let folder = Path::new("/etc/nginx/conf.d");
    let plain = matches!(reference.path, "nginx" | "library/nginx")
        && own.entrypoint.is_none()
        && !program.image.assumed
        && program.image.problem.is_none()
        && !program.command.iter().any(|word| word.assumed().contains("conf"));
    let made = program.image.runs.iter().any(|run| run.assumed().contains("conf"));
    let settles = |target: &Path| {
        folder.starts_with(target) && target != Path::new("/")
            || target.starts_with("/etc/nginx/nginx.conf")
            || target.starts_with("/etc/nginx/templates")
            || target.starts_with("/docker-entrypoint.d")
            || target == folder.join(OWN)
    };
    let mut targets = own.volumes.iter().map(|mount| mount.target.as_str());
    let mut configs = own.configs.iter().map(|config| config.target.as_str());
    let layers = program.files.layers();
    if !plain
        || made
        || targets.any(|target| settles(Path::new(target)))
        || configs.any(|target| settles(Path::new(target)))
        || layers.iter().any(|layer| settles(&layer.target))
    {
        return None;
    }
    let mut beside = layers.iter().filter(|layer| layer.target.parent() == Some(folder));
    let (Some(layer), None) = (beside.next(), beside.next()) else { return None };
    let file = layer.target.file_name()?.to_str().filter(|file| *file > OWN && file.ends_with(".conf"))?;
    let module = program.modules.iter().find(|module| module.path == layer.host)?;
    if !module.names.contains_key(Module::FOR_LOCALHOST) {
        return None;
    }
    let name = &own.name;
    let at = own.volumes.iter().find(|mount| Path::new(&mount.target) == layer.target);
    let at = at.map_or(name.span, |mount| mount.target_origin.written);
    let finding = RULE.finding(
        at,
        format!("nobody comes to the server in `{file}` of `{}`: the image's own `{OWN}` is read before it and answers on the same port", name.value),
    );
    let finding = finding.service(name.value.clone()).here(format!("comes after `{OWN}`"));
    let help = format!("put it in the place of the image's own: `/etc/nginx/conf.d/{OWN}`");
    Some(finding.help(help).at_most(Confidence::Likely).evidence(file))
}

/// Folders that lie beside one that the image reads.
fn folders(service: &ServiceFacts<'_>) -> Vec<Finding> {
    let name = &service.service.name.value;
    let found = service.program.unread_folders.iter().map(|folder| {
        let (target, meant) = (&folder.target, &folder.meant);
        let message =
            format!("`{name}` does not read what lies at `{target}`: its image looks into `{meant}`");
        let finding = RULE.finding(folder.at, message).service(name.clone()).here("nobody looks here");
        finding.help(format!("put it into `{meant}`")).at_most(Confidence::Likely).evidence(target.clone())
    });
    found.collect()
}

/// Scripts for the first start of a database that lie in a folder called nearly as the one that its image looks into.
fn scripts(service: &ServiceFacts<'_>) -> Option<Finding> {
    let folder = service.image?.init.first().filter(|folder| folder.contains("entrypoint"))?;
    let folders = || service.image.iter().flat_map(|image| &image.init);
    let near = |target: &Path| {
        let first = target.iter().nth(1).and_then(|first| first.to_str()).unwrap_or("");
        let called = first.contains("initdb") || first.contains("entrypoint") && first.contains("init");
        called && !folders().any(|folder| target.starts_with(folder))
    };
    let own = service.service.entrypoint.is_none() && service.program.image.entrypoint.is_none();
    let layer = service.program.files.layers().iter().find(|layer| near(&layer.target)).filter(|_| own)?;
    let target = layer.target.display().to_string();
    let named = service.program.command.iter().any(|word| word.assumed().contains("init"));
    let name = &service.service.name.value;
    let finding = RULE.finding(
        layer.span,
        format!("`{name}` does not run what lies at `{target}`: its image looks into `{folder}` when its data is first made"),
    );
    let finding = finding.service(name.clone()).here("nobody looks here");
    (!named)
        .then(|| finding.help(format!("put it into `{folder}`")).at_most(Confidence::Likely).evidence(target))
}
