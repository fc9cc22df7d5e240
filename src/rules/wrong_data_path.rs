//! A volume is mounted where this version of the image does not keep its data.

use super::prelude::*;
use std::path::Path;

use crate::compose::MountKind;
use crate::facts::images::{KnownImage, Moved};

rule!("wrong-data-path", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(collected(service));
        let (Some(image), Some(reference)) = (service.image, service.reference.as_deref()) else { continue };
        out.extend(unwritten(service, image));
        let Some((moved, version)) = image.moved(reference) else { continue };
        // Who says where the data lies is obeyed.
        if moved.variable.as_ref().is_some_and(|name| service.environment.get(name).is_some()) {
            continue;
        }
        let at = |target: &str| target.trim_end_matches('/') == moved.from;
        let Some(mount) = service.service.volumes.iter().find(|mount| at(&mount.target)) else { continue };
        out.push(finding(cx, service, &image.title, (moved, version), mount));
    }
}

/// What a collector of logs is told to read, where the mount that should bring it is at another place.
fn collected(service: &ServiceFacts<'_>) -> Option<Finding> {
    let (first, more) = service.program.lost_logs.split_first()?;
    let name = &service.service.name.value;
    let finding = RULE
        .finding(
            first.at,
            format!(
                "`{name}` reads `{}`, and nothing is mounted there: `{}` is, which it does not read",
                first.path, first.mounted
            ),
        )
        .service(name.clone())
        .here("nothing lies here")
        .also(first.mount, "mounted elsewhere")
        .help(format!("read what is below `{}`, or mount that where it is read", first.mounted))
        .at_most(Confidence::Likely)
        .evidence(first.path.clone());
    let more = more.iter().filter(|one| one.at != first.at);
    Some(
        more.fold(finding, |finding, one| {
            finding.also(one.at, format!("nothing lies at `{}` either", one.path))
        }),
    )
}

/// A volume for the data of a database that lies beside where the image writes it.
fn unwritten(service: &ServiceFacts<'_>, image: &KnownImage) -> Option<Finding> {
    const STEMS: [(&str, &[&str]); 4] = [
        ("postgres", &["postgres", "pgsql", "pgdata", "pg_data"]),
        ("mysql", &["mysql"]),
        ("mariadb", &["mysql", "mariadb"]),
        ("mongo", &["mongo"]),
    ];
    let (_, stems) = STEMS.iter().find(|(name, _)| *name == image.name)?;
    let as_it_is = service.service.build.is_none() && service.service.entrypoint.is_none();
    let covers = |target: &str| {
        let target = target.trim_end_matches('/');
        image
            .data
            .iter()
            .any(|data| Path::new(data).starts_with(target) || Path::new(target).starts_with(data))
    };
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    let values = service.environment.iter().filter_map(|(_, found)| found.value().map(Text::assumed));
    let said: Vec<String> = words.into_iter().chain(values).collect();
    let volumes = &service.service.volumes;
    if !as_it_is || volumes.iter().any(|mount| covers(&mount.target)) {
        return None;
    }
    let mount = volumes.iter().find(|mount| {
        let target = mount.target.trim_end_matches('/');
        let kept = target.starts_with("/var/lib/") || target.starts_with("/data/");
        let last = target.rsplit('/').next().unwrap_or("");
        let other = ["backup", "dump", "init", "script", "log", "conf", "files"]
            .iter()
            .any(|word| last.contains(word));
        kept && !other
            && stems.iter().any(|stem| target.contains(stem))
            && mount.kind == MountKind::Volume
            && !said.iter().any(|word| word.contains(target))
    })?;
    let data = image.data.first()?;
    let name = &service.service.name.value;
    let place = mount.target_origin.written;
    let finding = RULE.finding(
        if place.is_none() { mount.origin.written } else { place },
        format!(
            "`{name}` writes nothing to `{}`: {} keeps its data in `{data}`, and without a volume there it is gone with the container",
            mount.target, image.title
        ),
    );
    let finding = finding.severity(Severity::Warning).service(name.clone()).here("nothing is kept here");
    Some(finding.help(format!("mount the volume at `{data}`")).evidence(mount.target.clone()))
}

fn finding(
    cx: &Context<'_>,
    service: &ServiceFacts<'_>,
    title: &str,
    (moved, version): (&Moved, Option<u32>),
    mount: &crate::compose::Mount,
) -> Finding {
    let name = &service.service.name.value;
    let Moved { since, from, to, .. } = moved;
    let is = match version {
        Some(version) => format!("{title} {version}"),
        None => format!("the newest {title}, which is {since} or later"),
    };
    let place = mount.target_origin.written;
    let finding = RULE
        .finding(
            if place.is_none() { mount.origin.written } else { place },
            format!("`{name}` is {is}: from {since} on it keeps its data below `{to}`, and does not start with a volume at `{from}`"),
        )
        .service(name.clone())
        .here(format!("stops the image of {title} {since} and later"))
        .evidence(from.clone());
    let finding = match &service.service.image {
        Some(image) => finding.also(
            image.span(),
            match version {
                Some(version) => format!("version {version}"),
                None => "no version is named, so it is the newest".to_string(),
            },
        ),
        None => finding,
    };
    let variable = moved.variable.as_deref().map(|variable| format!(", or set `{variable}: {from}`"));
    match version {
        Some(_) => {
            let help = format!(
                "for a new database mount the volume at `{to}`{}; the data of an older version must be carried over first (`pg_upgrade`, or dump and restore)",
                variable.unwrap_or_default(),
            );
            let finding = finding.help(help);
            match cx.edits.replace_within(mount.target_origin.written, to) {
                Some(edits) => finding.fix(Fix {
                    title: format!("mount it at `{to}`"),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
                None => finding,
            }
        }
        // What is there on this machine may be older.
        None => finding.severity(Severity::Warning).help(format!(
            "name the version that wrote the data, as `{}:{}`; or, for a new database, mount the volume at `{to}`",
            moved.images.first().map_or("image", String::as_str),
            since.saturating_sub(1),
        )),
    }
}
