//! A file is mounted that is not there, so Docker makes a folder in its place.

use super::absent;
use super::prelude::*;
use crate::facts::Emptied;
use crate::programs::Excuse;

rule!("missing-bind-source", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // A service of a profile is started by its name.
    for service in cx.facts.services() {
        let mut told = Vec::new();
        for missing in service.program.absent_files.iter().filter(|missing| missing.object.is_none()) {
            let name = &service.service.name.value;
            let path = absent::shown(cx, &missing.file.path);
            if told.contains(&path) {
                continue;
            }
            let finding = RULE
                .finding(
                    missing.at,
                    format!("`{path}` is mounted into `{name}` as a file, but does not exist: Docker makes an empty folder of that name and mounts it at `{}`", missing.target),
                )
                .service(name.clone())
                .here("not there");
            // What a plain start leaves out is no trouble of it.
            let finding = if service.service.active { finding } else { finding.severity(Severity::Advice) };
            out.push(absent::explained(cx, finding, &missing.file, "write the file, or take the mount out"));
            told.push(path);
        }
        out.extend(folders(cx, service));
        out.extend(unwritable(cx, service));
    }
}

/// The folders that are not there, over what the container needs.
fn folders(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Vec<Finding> {
    let others: Vec<&ServiceFacts<'_>> = cx.facts.services().collect();
    let name = &service.service.name.value;
    let found = service.program.absent_folders.iter().filter_map(|missing| {
        let emptied = service.emptied(missing, &others)?;
        let (path, target) = (absent::shown(cx, &missing.file.path), &missing.target);
        let why = match &emptied {
            Emptied::Code => "hides what the build copied there",
            Emptied::Namesake => "the code that is meant is not there",
            Emptied::Started => "its command finds nothing there",
            Emptied::Settings => "its image finds no settings there",
            Emptied::Pages(_) => "there are no pages to give out",
            Emptied::Scripts(_) => "its database is made without the scripts that would be there",
            Emptied::Beside(..) => "the files that it needs are not there",
        };
        let finding = RULE
            .finding(
                missing.at,
                format!(
                    "`{path}` is mounted into `{name}` at `{target}`, but does not exist: Docker makes an empty folder, and {why}"
                ),
            )
            .service(name.clone())
            .severity(match &emptied {
                _ if !service.service.active => Severity::Advice,
                Emptied::Scripts(false) => Severity::Advice,
                Emptied::Pages(_) | Emptied::Scripts(true) => Severity::Warning,
                _ => Severity::Error,
            })
            .at_most(match &emptied {
                Emptied::Pages(false) => Confidence::Possible,
                _ => Confidence::Likely,
            })
            .here("not there");
        let otherwise = match &emptied {
            Emptied::Beside(other, path) => {
                let path = absent::shown(cx, std::path::Path::new(path));
                format!("`{other}` mounts `{path}` there, which is meant here, too")
            }
            Emptied::Namesake => format!("mount that in place of `{path}`"),
            _ => "name the folder that is meant, or take the mount out".to_string(),
        };
        Some(absent::explained(cx, finding, &missing.file, &otherwise))
    });
    found.collect()
}

/// A folder that Docker makes as root, and in which the image writes as another user.
fn unwritable(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let (image, reference) = (service.image?, service.reference.as_ref()?);
    let owner = image.owner(reference)?;
    let itself = service.service.build.is_none()
        && service.service.user.is_none()
        && service.service.entrypoint.is_none();
    if !itself || owner.unless.iter().any(|variable| service.environment.value(variable).is_some()) {
        return None;
    }
    let missing = service.program.absent_folders.iter().find(|missing| {
        let target = missing.target.trim_end_matches('/');
        owner.at.iter().any(|folder| folder == target)
            && matches!(missing.file.excuse, None | Some(Excuse::Ignored))
    })?;
    // A container that runs before may give it to the right user.
    let sees =
        |path: &std::path::Path| missing.file.path.starts_with(path) || path.starts_with(&missing.file.path);
    let given = cx.facts.services().any(|other| {
        let mut words = other.program.command.iter().map(Text::assumed);
        other.key != service.key
            && other.service.volumes.iter().filter_map(|mount| mount.path.as_deref()).any(sees)
            && words.any(|word| ["chown", "chmod", "install -"].iter().any(|verb| word.contains(verb)))
    });
    let (name, path) = (&service.service.name.value, absent::shown(cx, &missing.file.path));
    let (title, user, target) = (&image.title, owner.user, &missing.target);
    (!given).then(|| {
        RULE.finding(
            missing.at,
            format!("`{path}` does not exist, so Docker makes it as root and mounts it into `{name}` at `{target}`, where {title} writes as user {user}: on Linux it may not, and ends"),
        )
        .service(name.clone())
        .severity(Severity::Warning)
        .at_most(Confidence::Likely)
        .here("made as root")
        .help(format!("mount a named volume there, or make the folder first and give it to that user (`sudo chown {user} {path}`)"))
        .evidence(path)
    })
}
