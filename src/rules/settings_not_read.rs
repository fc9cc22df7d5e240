//! A file of settings is mounted where its image does not look.

use std::path::Path;

use super::prelude::*;

rule!("settings-not-read", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(scripts(service));
        out.extend(folders(service));
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
