//! A command runs a program, or the script of a package, that is not there.

use std::collections::HashSet;

use super::absent::shown;
use super::phrases;
use super::prelude::*;
use crate::compose::nearest;
use crate::facts::absent_programs::{self, AbsentProgram};
use crate::facts::build_programs::{self, LackingInBuild};
use crate::facts::python_elsewhere::{self, Place};
use crate::facts::seedless::{self, Seedless};
use crate::programs::called::{AbsentScript, Lacking};
use crate::programs::uninstalled::Native;

rule!("program-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let scripts = |service: &ServiceFacts<'_>| {
        let all = &service.program.absences.scripts;
        all.iter().map(|script| no_script(cx, service, script)).collect::<Vec<_>>()
    };
    for service in cx.facts.active() {
        out.extend(scripts(service));
        out.extend(moved(service).or_else(|| without_shell(service)));
        let mut called = HashSet::new();
        let lacking = build_programs::of(service).into_iter();
        out.extend(lacking.filter(|one| called.insert(one.at)).map(|one| in_build(service, &one)));
        let all = seedless::of(service).into_iter();
        out.extend(all.filter(|one| called.insert(one.at)).map(|one| without_pip(service, &one)));
        out.extend(scripts_elsewhere(service).filter(|found| called.insert(found.at)));
    }
    let mut seen = HashSet::new();
    for service in cx.facts.active() {
        let native = service.program.absences.native.iter().filter(|native| native.runs);
        out.extend(native.filter(|native| seen.insert(native.at)).map(|native| by_package(service, native)));
    }
    // What several services run is one mistake.
    let services: Vec<_> = cx.facts.active().collect();
    let found: Vec<_> = services.iter().map(|service| absent_programs::of(service)).collect();
    let all = || {
        services
            .iter()
            .zip(&found)
            .flat_map(|(service, absent)| absent.iter().map(move |one| (*service, one)))
    };
    let key = |(service, absent): (&ServiceFacts<'_>, &AbsentProgram<'_>)| {
        (place(service, absent.called.at), absent.called.known.program.clone())
    };
    let mut seen = HashSet::new();
    for one in all() {
        if seen.insert(key(one)) {
            let names: Vec<&str> = all()
                .filter(|other| key(*other) == key(one))
                .map(|(service, _)| service.service.name.value.as_str())
                .collect();
            out.push(no_program(cx, one.0, one.1, &names));
        }
    }
}

/// A package of Python runs a program that is not there.
fn by_package(service: &ServiceFacts<'_>, native: &Native) -> Finding {
    let name = &service.service.name.value;
    let Native { import, lacks, image, .. } = native;
    let what = if native.early { format!("`{name}` does not start: ") } else { String::new() };
    let when = if native.early { "when it is imported" } else { "when it is used" };
    let of = if native.early { String::new() } else { format!(" of `{name}`") };
    RULE.finding(
        native.at,
        format!(
            "{what}`{import}`{of} runs `{lacks}` {when}, which `{}` does not have and nothing installs",
            image.value
        ),
    )
    .service(name.clone())
    .here(native.says)
    .also(image.span, "an image without it")
    .help(format!("install {}", native.install))
    .at_most(Confidence::Likely)
    .evidence(*lacks)
}

/// Where something is called, or the service.
fn place(service: &ServiceFacts<'_>, at: Span) -> Span {
    if at.is_none() { service.service.name.span } else { at }
}

/// A program that is called at the path at which versions before had it.
fn moved(service: &ServiceFacts<'_>) -> Option<Finding> {
    let (called, image) = absent_programs::gone(service)?;
    let (name, path) = (&service.service.name.value, &called.path);
    let finding = RULE
        .finding(
            place(service, called.at),
            format!("`{name}` runs `{path}`, which its image, `{image}`, does not have"),
        )
        .service(name.clone())
        .here("not there");
    let program = path.rsplit('/').next().unwrap_or(path);
    let instead =
        service.container_image().and_then(|(known, reference)| known.place_of(&reference, program));
    Some(finding.at_most(Confidence::Likely).evidence(path.clone()).help(match instead {
        Some(instead) => format!("write `{instead}`"),
        None => format!("name the place where `{program}` lies now"),
    }))
}

/// A program of a package that the build installs, or copies, to where nothing looks.
fn scripts_elsewhere(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = python_elsewhere::of(service).filter(|found| found.is_script)?;
    let (name, program, place) = (&service.service.name.value, &found.program, &found.place);
    let place = match place {
        Place::Packages(folder) => format!("`{folder}` holds the package only, and not its program"),
        Place::Environment(place) => format!("it is installed into {place}, which is not on `PATH`"),
        Place::Folder(folder) => format!("it comes with `{folder}`, whose `bin` is not on `PATH`"),
    };
    Some(
        RULE.finding(found.at, format!("`{name}` runs `{program}`, which is not found: {place}"))
            .service(name.clone())
            .here("not there")
            .also(found.by, "comes with this")
            .help(found.instead)
            .at_most(Confidence::Likely)
            .evidence(program.clone()),
    )
}

/// A program that a `RUN` calls.
fn in_build(service: &ServiceFacts<'_>, lacking: &LackingInBuild) -> Finding {
    const MANAGERS: [&str; 8] = ["apt", "apt-get", "apk", "yum", "dnf", "microdnf", "zypper", "pacman"];
    let name = &service.service.name.value;
    let (program, image) = (&lacking.known.program, &lacking.image.value);
    let alpine = image.contains("alpine");
    let package = lacking.known.python.first().or_else(|| lacking.known.node.first());
    let help = match (program.as_str(), package, lacking.known.system()) {
        (program, ..) if MANAGERS.contains(&program) && alpine => {
            "Alpine installs with `apk add --no-cache`".to_string()
        }
        (program, ..) if MANAGERS.contains(&program) => {
            format!("`{image}` is made from Debian: it installs with `apt-get update && apt-get install -y`")
        }
        ("sudo", ..) => "leave `sudo` out: builds run as root until `USER` says otherwise".to_string(),
        ("useradd" | "groupadd" | "usermod", ..) => {
            "Alpine has `adduser -D` and `addgroup`, or install `shadow` before".to_string()
        }
        ("pnpm", ..) => "write `RUN corepack enable`, or `RUN npm install -g pnpm`, before".to_string(),
        ("composer", ..) => {
            "write `COPY --from=composer:2 /usr/bin/composer /usr/bin/composer` before".to_string()
        }
        (_, Some(package), _) if lacking.known.node.is_empty() => {
            format!("write `RUN pip install {package}` before")
        }
        (program, Some(_), _) if !lacking.known.global => {
            format!("write `npx {program}`, or run it by a script of `package.json`")
        }
        (_, Some(package), _) => format!("write `RUN npm install -g {package}` before"),
        (_, None, Some(package)) if alpine => format!("write `RUN apk add --no-cache {package}` before"),
        (_, None, Some(package)) => {
            format!("write `RUN apt-get update && apt-get install -y {package}` before")
        }
        (program, None, None) => format!("take an image that has `{program}`, or copy it from one"),
    };
    let message = format!(
        "the build of `{name}` runs `{program}`, which `{image}` does not have and nothing before installs"
    );
    let finding = RULE.finding(lacking.at, message).service(name.clone()).here("not there");
    let finding = finding.also(lacking.image.span, "the image".to_string());
    finding.at_most(Confidence::Likely).help(help).evidence(program.clone())
}

/// The pip of an environment that uv made without one.
fn without_pip(service: &ServiceFacts<'_>, found: &Seedless) -> Finding {
    let name = &service.service.name.value;
    let Seedless { called, by, .. } = found;
    let message = format!("the build of `{name}` runs `{called}`, and `{by}` makes no pip");
    let finding = RULE.finding(found.at, message).service(name.clone()).here("not there");
    let finding = finding.also(found.made, "makes the environment");
    let help = "write `uv pip install`, or make the environment with `uv venv --seed`";
    finding.at_most(Confidence::Likely).help(help).evidence(called.clone())
}

/// `CMD` or `ENTRYPOINT` as one text, for which a shell is started, in an image without one.
fn without_shell(service: &ServiceFacts<'_>) -> Option<Finding> {
    let (command, image) = absent_programs::without_shell(service)?;
    let name = &service.service.name.value;
    let words = command.split_whitespace().map(|word| format!("\"{}\"", word.trim_matches('"')));
    let help = match command.contains(['$', '&', '|', ';', '>', '\'', '`']) {
        true => "write it as a list of words, or take an image with a shell".to_string(),
        false => format!("write `[{}]`", words.collect::<Vec<_>>().join(", ")),
    };
    let finding = RULE.finding(
        place(service, service.program.image.command_span),
        format!("`{name}` runs `sh`, which starts what is written as one text, and `{image}` has no shell"),
    );
    let finding = finding.service(name.clone()).here("started by a shell");
    Some(finding.help(help).at_most(Confidence::Likely).evidence(image))
}

fn no_script(cx: &Context<'_>, service: &ServiceFacts<'_>, absent: &AbsentScript) -> Finding {
    let name = &service.service.name.value;
    let (script, manifest) = (&absent.script, shown(cx, &absent.manifest));
    let who = if absent.by_build { format!("the build of `{name}`") } else { format!("`{name}`") };
    let says = match absent.manager.as_str() {
        "npm" | "pnpm" => format!("Missing script: {script}"),
        "bun" => format!("Script not found \"{script}\""),
        "yarn" => format!("Command \"{script}\" not found"),
        _ => format!("{script}: command not found"),
    };
    let help = match nearest(script, absent.others.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if absent.others.is_empty() => format!("write it under `scripts` in `{manifest}`"),
        None => format!(
            "its scripts are {}",
            phrases::listed(&absent.others.iter().map(String::as_str).collect::<Vec<_>>())
        ),
    };
    let finding = RULE
        .finding(
            place(service, absent.at),
            format!(
                "{who} runs the script `{script}`, which `{manifest}` does not have: {} says `{says}`",
                absent.manager
            ),
        )
        .service(name.clone())
        .here("no such script");
    finding.help(help).evidence(manifest)
}

fn no_program(
    cx: &Context<'_>,
    service: &ServiceFacts<'_>,
    absent: &AbsentProgram<'_>,
    names: &[&str],
) -> Finding {
    let name = &service.service.name.value;
    let called = absent.called;
    let program = &called.known.program;
    let first =
        |names: &[String]| names.first().map(|name| name.split('[').next().unwrap_or(name).to_string());
    let package = first(&called.known.python).or_else(|| first(&called.known.node));
    let who = phrases::listed(names);
    let who = match (called.by_build, names.len()) {
        (true, _) => format!("the build of {who} runs"),
        (false, 1) => format!("{who} runs"),
        (false, _) => format!("{who} run"),
    };
    let ends = match (called.awaited, names.len()) {
        (false, _) => "",
        (true, 1) => ": it waits for ever",
        (true, _) => ": they wait for ever",
    };
    let whose = if names.len() > 1 && !called.by_build { "their" } else { "its" };
    let image = format!("{whose} image, `{}`,", absent.image);
    let (why, help) = match &called.lacking {
        Lacking::Image(Some(manifest)) => {
            let manifest = shown(cx, manifest);
            let package = package.unwrap_or_else(|| program.clone());
            (
                format!("which neither `{manifest}` nor {image} brings"),
                format!("add `{package}` to `{manifest}`"),
            )
        }
        Lacking::Image(None) => {
            let system = called.known.system();
            let help = match (&package, system, absent.built) {
                (_, Some(system), true) => format!("install `{system}` in the Dockerfile"),
                (Some(package), None, true) if called.known.node.is_empty() => {
                    format!("write `RUN pip install {package}` in the Dockerfile")
                }
                (Some(package), None, true) => {
                    format!(
                        "write `RUN npm install -g {package}` in the Dockerfile, or call it by a script of `package.json`"
                    )
                }
                (_, _, true) => {
                    format!("take an image that has `{program}`, or install it in the Dockerfile")
                }
                (_, _, false) => format!("take an image that has `{program}`"),
            };
            let rest = if absent.built { " and nothing installs" } else { "" };
            (format!("which {image} does not have{rest}"), help)
        }
        Lacking::Unpacked => (
            "which is not among what `.next/standalone` takes along".to_string(),
            "start it as `node server.js`".to_string(),
        ),
        Lacking::Manifest { manifest, .. } => {
            let manifest = shown(cx, manifest);
            let package = package.unwrap_or_else(|| program.clone());
            (format!("which `{manifest}` does not install"), format!("add `{package}` to its `dependencies`"))
        }
        Lacking::Development { manifest, .. } => {
            let manifest = shown(cx, manifest);
            let package = package.unwrap_or_else(|| program.clone());
            let help = match called.by_build {
                true => "install all packages for the build, and leave out those for development afterwards"
                    .to_string(),
                false => format!("move `{package}` to `dependencies`, or start what the build made"),
            };
            (format!("which `{manifest}` has for development only, and the build leaves that out"), help)
        }
    };
    let message = format!("{who} `{program}`, {why}{ends}");
    let finding = RULE
        .finding(place(service, called.at), message)
        .service(name.clone())
        .here(if called.awaited { "waits for it" } else { "not there" });
    let finding = match &called.lacking {
        Lacking::Development { install, .. } => {
            finding.also(*install, "leaves out what is for development".to_string())
        }
        Lacking::Image(_) => finding.also(absent.image_at, "the image".to_string()),
        Lacking::Manifest { complete: true, .. } | Lacking::Unpacked => finding,
        Lacking::Manifest { .. } => finding.at_most(Confidence::Possible),
    };
    // Where a build installs nothing at all, the rest of it may lie elsewhere.
    let one = service.program.image.parsed.as_ref().is_none_or(|parsed| parsed.stages.len() < 2);
    let bare = absent.built && one && service.program.image.runs.is_empty();
    let of_python = !called.known.python.is_empty() && called.known.system().is_none();
    let finding = match called.lacking {
        Lacking::Image(None) if bare || of_python && !absent.installs => {
            finding.at_most(Confidence::Possible)
        }
        _ => finding,
    };
    finding.help(help).evidence(program.clone())
}
