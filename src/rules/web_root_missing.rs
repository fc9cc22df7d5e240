//! A web server looks for pages or scripts in a folder that is not in the container.

use std::path::{Path, PathBuf};

use super::prelude::*;
use crate::compose::{ImageReference, Mount, MountKind};
use crate::programs::dockerfile::Step;
use crate::programs::roots::{ROOT, SCRIPTS};
use crate::programs::{Expr, Sink, has_extension};
use crate::source::{Spanned, clean};

rule!("web-root-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        out.extend(pages(client).or_else(|| pageless(client)));
        let mut told: Vec<Span> = Vec::new();
        for dial in client.dials.iter().filter(|dial| dial.is_of_proxy()) {
            let Some(folder) = dial.sink().and_then(|sink| argument(sink, SCRIPTS)) else { continue };
            let Some(server) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
            if told.contains(&folder.span) || server.key == client.key {
                continue;
            }
            let found = elsewhere(client, server, folder)
                .or_else(|| moved(client, server, folder))
                .or_else(|| nowhere(client, server, folder))
                .or_else(|| unshared(client, server, dial.sink().and_then(|sink| argument(sink, ROOT))?));
            if let Some(found) = found {
                told.push(folder.span);
                out.push(found.at_most(dial.sureness));
            }
        }
    }
}

/// The folder of pages that is not in the server's own container.
fn pages(service: &ServiceFacts<'_>) -> Option<Finding> {
    let absent = service.program.rootless.as_ref()?;
    let name = &service.service.name.value;
    let path = &absent.path.value;
    let message = match absent.own {
        true => format!(
            "`{name}` gives out the files of `{path}`, where its container has nginx's own page alone"
        ),
        false => format!(
            "`{name}` gives out the files of `{path}`, which nothing puts into its container: it answers 404"
        ),
    };
    let finding = RULE.finding(absent.path.span, message);
    let finding = finding
        .service(name.clone())
        .here(if absent.own { "not filled" } else { "not there" })
        .at_most(Confidence::Likely)
        .evidence(path.clone());
    Some(match &absent.beside {
        Some((span, place)) => finding
            .also(*span, format!("`{place}` is filled"))
            .help(format!("write `root {place};`, or put the files into `{path}`")),
        None => finding.help(format!("mount or copy the files into `{path}`")),
    })
}

/// The folder of pages to which a build brings no first page.
fn pageless(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.pageless.as_ref()?;
    let name = &service.service.name.value;
    let message = format!(
        "`{name}` gives out the files of `{}`, and what {} builds for it has no `index.html` there: {}",
        found.root, found.title, found.why
    );
    let finding = RULE
        .finding(found.copied, message)
        .service(name.clone())
        .here("brings no page")
        .also(found.told, "told here")
        .at_most(Confidence::Likely)
        .help(found.instead.clone())
        .evidence(found.root.clone());
    Some(finding)
}

/// Below which folder the scripts are that a server of PHP is handed, or the files that the web server looks for itself.
fn argument<'a>(sink: &'a Sink, name: &str) -> Option<&'a Spanned<String>> {
    let argument = sink.arguments.iter().find(|(other, _)| other.value == name);
    match argument.map(|(_, value)| value) {
        Some(Expr::Text(folder)) => Some(folder),
        _ => None,
    }
}

/// Whether all that brings code into the server's container is seen.
fn is_seen(server: &ServiceFacts<'_>, folder: &Path) -> bool {
    let image = &server.program.image;
    let of_php = |path: &str| {
        path == "php"
            || path.contains("php-fpm")
            || path.starts_with("webdevops/php")
            || path.starts_with("serversideup/php")
    };
    let named = server.service.image.as_ref().filter(|_| server.service.build.is_none());
    let plain = named
        .and_then(|name| name.complete())
        .is_some_and(|name| ImageReference::parse(&name).is_some_and(|parsed| of_php(parsed.path)));
    let built = server.service.build.is_some() && image.parsed.is_some() && image.problem.is_none();
    let meets = |place: &str| {
        let place = clean(Path::new(place));
        folder.starts_with(&place) || place.starts_with(folder)
    };
    let volume =
        server.service.volumes.iter().any(|mount| mount.kind != MountKind::Bind && meets(&mount.target));
    const BRINGS: [&str; 5] = ["create-project", "clone", "ln -s", "wordpress", "laravel new"];
    let path = folder.to_string_lossy();
    let unpacks = |run: &str| run.split(['&', ';', '\n']).any(|part| part.trim_start().starts_with("unzip "));
    let brings = image.runs.iter().map(|run| run.assumed()).any(|run| {
        run.contains(path.as_ref()) || BRINGS.iter().any(|word| run.contains(word)) || unpacks(&run)
    });
    // What other stages hand over is not seen.
    let stages = image.parsed.iter().flat_map(|parsed| &parsed.stages).flat_map(|stage| &stage.steps);
    let mut copies = stages.filter_map(|step| match step {
        Step::Copy(copy) => Some(copy),
        _ => None,
    });
    let handed = copies.any(|copy| {
        let to = copy.destination.assumed();
        copy.from.is_some() && (!to.starts_with('/') || meets(&to))
    });
    (plain || built && !image.assumed) && !volume && !brings && !handed
}

/// The code of the server, where it lies in another folder of its container.
fn elsewhere(
    client: &ServiceFacts<'_>,
    server: &ServiceFacts<'_>,
    folder: &Spanned<String>,
) -> Option<Finding> {
    let wanted = clean(Path::new(&folder.value));
    let scripts = || {
        server.program.scope.iter().map(|(_, place, _)| place).filter(|place| has_extension(place, &["php"]))
    };
    if scripts().any(|place| place.starts_with(&wanted)) || !is_seen(server, &wanted) {
        return None;
    }
    let front = |place: &&Path| place.file_name().is_some_and(|name| name == "index.php");
    let aside = ["vendor", "tests", "test", "resources", "storage", "lang", "views", "config"];
    let plain =
        |place: &&Path| !place.iter().any(|part| part.to_str().is_some_and(|part| aside.contains(&part)));
    let mut found: Vec<PathBuf> = scripts()
        .filter(front)
        .filter(plain)
        .filter_map(|place| Some(place.parent()?.to_path_buf()))
        .collect();
    found.sort_by_key(|place| (!place.ends_with("public"), place.components().count()));
    let instead = found.first()?.display().to_string();
    let layer = server
        .program
        .files
        .layers()
        .iter()
        .rev()
        .find(|layer| Path::new(&instead).starts_with(&layer.target));
    let finding = finding(client, server, folder);
    Some(
        finding
            .also(layer.map_or(Span::NONE, |layer| layer.span), format!("brings the code to `{instead}`"))
            .help(format!(
                "write `{instead}` here, or bring the code to `{}` in `{}`",
                folder.value, server.service.name.value
            )),
    )
}

/// The code that both mount, each at another place.
fn moved(client: &ServiceFacts<'_>, server: &ServiceFacts<'_>, folder: &Spanned<String>) -> Option<Finding> {
    let wanted = clean(Path::new(&folder.value));
    let targets = |service: &ServiceFacts<'_>| -> Vec<PathBuf> {
        service.service.volumes.iter().map(|mount| clean(Path::new(&mount.target))).collect()
    };
    let meets =
        |place: &Path| place != Path::new("/") && (wanted.starts_with(place) || place.starts_with(&wanted));
    let covers = |mount: &&Mount| wanted.starts_with(clean(Path::new(&mount.target)));
    let own = client.service.volumes.iter().filter(covers).max_by_key(|mount| mount.target.len())?;
    let same =
        |mount: &&Mount| mount.kind == own.kind && mount.source.is_some() && mount.source == own.source;
    let other = server.service.volumes.iter().find(same)?;
    // What both mount cannot be at one place for both, if it is not mounted at one.
    let theirs = clean(Path::new(&other.target));
    let apart = |place: &Path| *place == theirs && theirs != clean(Path::new(&own.target));
    let there = server.program.scope.iter().any(|(_, place, _)| place.starts_with(&wanted));
    let holds = |place: &Path| meets(place) && (there || !apart(place));
    let layers = server.program.files.layers().iter().any(|layer| holds(&layer.target));
    if layers || targets(server).iter().any(|place| holds(place)) {
        return None;
    }
    // What images of applications bring lies where they say.
    let brought = server.image.is_some_and(|image| image.name != "php") && wanted.starts_with("/var/www");
    let path = wanted.to_string_lossy();
    if brought || server.program.image.runs.iter().any(|run| run.assumed().contains(path.as_ref())) {
        return None;
    }
    let rest = wanted.strip_prefix(clean(Path::new(&own.target))).ok()?;
    let instead = clean(&Path::new(&other.target).join(rest)).display().to_string();
    Some(
        finding(client, server, folder)
            .also(other.origin.written, format!("it is at `{}` here", other.target))
            .also(own.origin.written, format!("and at `{}` here", own.target))
            .help(format!(
                "mount it at the same place in both, or write `{instead}$fastcgi_script_name` in `SCRIPT_FILENAME`"
            )),
    )
}

/// The code that both mount, where the web server looks for it at the place that it has in the other container.
fn unshared(
    client: &ServiceFacts<'_>,
    server: &ServiceFacts<'_>,
    folder: &Spanned<String>,
) -> Option<Finding> {
    let wanted = clean(Path::new(&folder.value));
    let covers = |mount: &&Mount| wanted.starts_with(clean(Path::new(&mount.target)));
    let theirs = server.service.volumes.iter().filter(covers).max_by_key(|mount| mount.target.len())?;
    let meets =
        |place: &Path| place != Path::new("/") && (wanted.starts_with(place) || place.starts_with(&wanted));
    let image = &client.program.image;
    let path = wanted.to_string_lossy();
    let copies = image.parsed.iter().flat_map(|parsed| &parsed.stages).flat_map(|stage| &stage.steps);
    let copied = copies.into_iter().any(|step| match step {
        Step::Copy(copy) => meets(&clean(Path::new(&copy.destination.assumed()))),
        _ => false,
    });
    let brought = copied
        || image.assumed
        || client.program.files.layers().iter().any(|layer| meets(&layer.target))
        || client.service.volumes.iter().any(|mount| meets(&clean(Path::new(&mount.target))))
        || image.runs.iter().any(|run| run.assumed().contains(path.as_ref()));
    let same =
        |mount: &&Mount| mount.kind == theirs.kind && mount.source.is_some() && mount.source == theirs.source;
    let own = client.service.volumes.iter().find(same).filter(|_| !brought)?;
    let (name, other) = (&client.service.name.value, &server.service.name.value);
    let message = format!(
        "`{name}` looks for files below `{}`, where its container has none: it answers 404",
        folder.value
    );
    let finding =
        RULE.finding(folder.span, message).service(name.clone()).here(format!("not there in `{name}`"));
    Some(
        finding
            .also(own.origin.written, format!("it is at `{}` here", own.target))
            .also(theirs.origin.written, format!("and at `{}` in `{other}`", theirs.target))
            .help(format!("mount it at `{}` here, too", theirs.target))
            .at_most(Confidence::Likely)
            .evidence(folder.value.clone()),
    )
}

/// The code that only the web server mounts.
fn nowhere(
    client: &ServiceFacts<'_>,
    server: &ServiceFacts<'_>,
    folder: &Spanned<String>,
) -> Option<Finding> {
    let wanted = clean(Path::new(&folder.value));
    let holds = |service: &ServiceFacts<'_>| {
        service.program.files.layers().iter().any(|layer| {
            layer.target != Path::new("/")
                && (wanted.starts_with(&layer.target) || layer.target.starts_with(&wanted))
        })
    };
    let mount =
        client.service.volumes.iter().find(|mount| {
            mount.kind == MountKind::Bind && wanted.starts_with(clean(Path::new(&mount.target)))
        })?;
    let none = !server.program.scope.iter().any(|(_, place, _)| has_extension(place, &["php"]));
    if holds(server) || !none || !is_seen(server, &wanted) {
        return None;
    }
    Some(
        finding(client, server, folder)
            .also(mount.origin.written, format!("only `{}` has it", client.service.name.value))
            .help(format!("mount the code into `{}`, too, at the same place", server.service.name.value)),
    )
}

fn finding(client: &ServiceFacts<'_>, server: &ServiceFacts<'_>, folder: &Spanned<String>) -> Finding {
    let (name, other) = (&client.service.name.value, &server.service.name);
    RULE.finding(
        folder.span,
        format!(
            "`{name}` lets `{}` run scripts below `{}`, where its container has none: PHP answers `File not found.`",
            other.value, folder.value
        ),
    )
    .service(name.clone())
    .here(format!("not there in `{}`", other.value))
    .also(other.span, "runs the scripts")
    .at_most(Confidence::Likely)
    .evidence(folder.value.clone())
}
