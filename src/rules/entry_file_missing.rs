//! The command runs a file that is not in the container.

use std::collections::HashSet;
use std::path::Path;

use super::absent;
use super::prelude::*;
use crate::programs::dockerfile::FaultKind;
use crate::programs::linked::unlinked;
use crate::programs::loaders::unloadable;
use crate::programs::modules_missing::Lack;
use crate::programs::moved_launcher;
use crate::programs::{Excuse, Unloaded};
use crate::source::Text;

rule!("entry-file-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // What several services are told at one place is one mistake.
    let mut told = HashSet::new();
    for service in cx.facts.active() {
        out.extend(launcher(service).or_else(|| loader(service)).or_else(|| library(service)));
        out.extend(
            settings(cx, service).or_else(|| unheld(cx, service)).filter(|found| told.insert(found.at)),
        );
        let missing = service.program.unloaded.iter().filter(|missing| missing.left_out.is_none());
        out.extend(missing.filter_map(|missing| loaded(service, missing)));
        out.extend(key(service));
        out.extend(module(cx, service).filter(|found| told.insert(found.at)));
        out.extend(unmade(service));
        out.extend(userless(cx, service).filter(|found| told.insert(found.at)));
        out.extend(target(service).filter(|found| told.insert(found.at)));
        out.extend(jobs(service).filter(|found| told.insert(found.at)));
        if let Some(found) = misplaced(service) {
            out.extend(Some(found).filter(|found| told.insert(found.at)));
            continue;
        }
        let Some(missing) = &service.program.unstarted else { continue };
        let name = &service.service.name.value;
        let place = if missing.at.is_none() { service.service.name.span } else { missing.at };
        let finding = RULE
            .finding(
                place,
                format!("`{name}` runs `{}`, which is not in its container: nothing copies or mounts a file to that place", missing.target),
            )
            .service(name.clone())
            .here("runs a file that is not there");
        let path = absent::shown(cx, &missing.file.path);
        if let Some(into) = &missing.into {
            let into = into.display();
            let help = format!(
                "`COPY {path} {into}` makes a file `{into}`: write `{into}/`, with a slash, to copy into that folder"
            );
            out.push(finding.help(help).evidence(path));
            continue;
        }
        out.push(absent::explained(
            cx,
            finding,
            &missing.file,
            &format!("it would come from `{path}`; name a file that is there, or change what is copied"),
        ));
    }
}

/// What the command looks for where it is started, and what lies in another folder of the container.
fn misplaced(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.absences.misplaced.as_ref()?;
    // A file in a folder below that where it is looked for is named otherwise, not started elsewhere.
    let below = found.directory != Path::new("/") && found.place.starts_with(&found.directory);
    if below && service.program.unstarted.is_some() {
        return None;
    }
    let name = &service.service.name;
    let (directory, place) = (found.directory.display(), found.place.display());
    let message = format!(
        "`{}` runs `{}` in `{directory}`, which has no `{}`: that lies in `{place}`",
        name.value, found.command, found.wants
    );
    let help = match service.service.build {
        Some(_) => format!("write `WORKDIR {place}` into the Dockerfile, or `working_dir: {place}`"),
        None => format!("write `working_dir: {place}`"),
    };
    let finding = RULE
        .finding(if found.at.is_none() { name.span } else { found.at }, message)
        .service(name.value.clone())
        .here(format!("is started in `{directory}`"));
    Some(
        finding
            .also(found.brought, format!("puts it into `{place}`"))
            .help(help)
            .evidence(found.wants.clone()),
    )
}

/// What a command looks for, or the folder of a file that it writes.
fn unheld(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let program = service.program;
    let other = program.unstarted.is_some() || program.unmade.is_some();
    let lack = program.unheld.as_ref().filter(|lack| !(other && lack.command.is_empty()))?;
    if program.unstarted.as_ref().is_some_and(|missing| Path::new(&missing.target) == lack.target) {
        return None;
    }
    let name = &service.service.name;
    let place = if lack.at.is_none() { name.span } else { lack.at };
    let (command, target, file) = (&lack.command, lack.target.display(), absent::shown(cx, &lack.file.path));
    let (message, help) = if lack.folder {
        (
            format!(
                "`{command}` of `{}` writes to a file in `{target}`, a folder that its container does not have",
                name.value
            ),
            format!(
                "make the folder, `RUN mkdir -p {target}`, or let it write to the output of the container"
            ),
        )
    } else if lack.command.is_empty() {
        (
            format!(
                "`{}` runs `{target}`, which is not in its container: its image leaves it out",
                name.value
            ),
            format!("`{file}` is there: copy it into the last stage"),
        )
    } else if lack.file.instead.is_some() {
        (
            format!(
                "`{command}` of `{}` needs `{target}`, which is not in its container: its image leaves it out",
                name.value
            ),
            format!("`{file}` is there: copy it into the last stage"),
        )
    } else {
        let near =
            absent::meant(&lack.file).map(|near| absent::shown(cx, &lack.file.missing.with_file_name(near)));
        (
            format!(
                "`{command}` of `{}` needs `{target}`, which is not in its container: nothing copies or mounts a file to that place",
                name.value
            ),
            near.map_or_else(
                || format!("it would come from `{file}`"),
                |near| format!("did you mean `{near}`?"),
            ),
        )
    };
    let finding = RULE.finding(place, message).service(name.value.clone()).here("needs what is not there");
    // What is built here is here.
    let excused =
        lack.file.excuse.is_some_and(|excuse| excuse != Excuse::Elsewhere) && lack.file.instead.is_none();
    let sure = if excused { Confidence::Possible } else { Confidence::Likely };
    Some(finding.help(help).evidence(file).at_most(sure))
}

/// The module of Python that the command starts, where a file of its name lies elsewhere, or its package is there without it.
fn module(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let (absent, at) = service.program.absences.module.as_ref()?;
    let name = &service.service.name;
    let (module, program) = (&absent.module, &absent.program);
    let by_variable = absent.variable.as_ref().and_then(|variable| service.environment.get(variable));
    let place = match by_variable.and_then(|found| found.value()).map(Text::span) {
        Some(place) if !place.is_none() => place,
        _ if at.is_none() => name.span,
        _ => *at,
    };
    let (directory, file) = (absent.directory.display(), |file| absent::shown(cx, file));
    let (message, label, host) = match &absent.lack {
        Lack::Elsewhere(host) | Lack::Nowhere(host) => (
            format!(
                "`{}` starts the module `{module}`, and there is none in `{directory}`, where `{program}` looks for it",
                name.value
            ),
            "no such module",
            host,
        ),
        Lack::Within(host)
            if program == "python -m"
                && absent.instead.is_none()
                && host.ends_with(module.replace('.', "/")) =>
        {
            (
                format!(
                    "`{}` runs the package `{module}`, which has no `__main__.py`: `python -m` cannot run it",
                    name.value
                ),
                "no module that is run",
                host,
            )
        }
        Lack::Within(host) => (
            format!(
                "`{}` starts the module `{module}`, which the package `{}` does not have: `{program}` does not find it",
                name.value,
                file(host)
            ),
            "no such module",
            host,
        ),
        Lack::Name(host, attribute) => (
            format!(
                "`{}` starts `{attribute}` of the module `{module}`, and `{}` has no such name: `{program}` does not find it",
                name.value,
                file(host)
            ),
            "no such name",
            host,
        ),
    };
    let finding = RULE
        .finding(place, message)
        .service(name.value.clone())
        .here(label)
        .at_most(Confidence::Likely)
        .evidence(file(host));
    let file = file(host);
    Some(finding.help(match (&absent.lack, &absent.instead) {
        (Lack::Name(_, attribute), Some(instead)) => {
            format!("write `{instead}`, or define `{attribute}` in `{file}`")
        }
        (Lack::Name(_, attribute), None) => format!("define `{attribute}` in `{file}`"),
        (Lack::Within(_) | Lack::Nowhere(_), Some(instead)) => format!("write `{instead}` for `{module}`"),
        (Lack::Nowhere(_), None) => format!("name a module that is in `{file}`"),
        (Lack::Within(_), None) => format!("name a module that is in `{file}`"),
        (Lack::Elsewhere(_), Some(instead)) => format!("`{file}` is there: write `{instead}` for `{module}`"),
        (Lack::Elsewhere(_), None) => {
            format!("`{file}` is there: start in its folder, or name it from here")
        }
    }))
}

/// What the command builds and starts, where the project has none of that name.
fn target(service: &ServiceFacts<'_>) -> Option<Finding> {
    let name = &service.service.name;
    service.program.image.faults.iter().find_map(|fault| {
        let FaultKind::Target { command, what, instead, start: true } = &fault.kind else { return None };
        Some(
            RULE.finding(
                if fault.at.is_none() { name.span } else { fault.at },
                format!("`{}` runs `{command}`, and its container does not have {what}", name.value),
            )
            .service(name.value.clone())
            .here("runs what is not there")
            .help(match instead {
                Some(instead) => format!("`{instead}` is there: did you mean that?"),
                None => "name what is there, or copy it into the image".to_string(),
            })
            .at_most(Confidence::Likely)
            .evidence(command.clone()),
        )
    })
}

/// The program that the command starts, where the build makes another.
fn unmade(service: &ServiceFacts<'_>) -> Option<Finding> {
    let unmade = service.program.unmade.as_ref()?;
    let name = &service.service.name;
    let message = format!("`{}` runs `{}`, which its image does not have", name.value, unmade.target);
    Some(
        RULE.finding(if unmade.at.is_none() { name.span } else { unmade.at }, message)
            .service(name.value.clone())
            .here("runs what is not there")
            .help(format!("the build makes `{}`: run that", unmade.made))
            .at_most(Confidence::Likely)
            .evidence(unmade.made.clone()),
    )
}

/// The app of Django that has the users, and no migrations, where `migrate` is run.
fn userless(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = service.program.absences.userless.as_ref()?;
    let (name, app) = (&service.service.name.value, &found.app);
    let folder = absent::shown(cx, &found.folder);
    let message = format!(
        "`migrate` of `{name}` ends, because `{app}`, which has the users, has no migrations: those of Django's admin depend on its first"
    );
    let finding = RULE.finding(found.at, message).service(name.clone()).here("an app without migrations");
    let help = format!("run `python manage.py makemigrations {app}`, and keep `{folder}` with the code");
    let sure = if found.ignored { Confidence::Possible } else { Confidence::Likely };
    Some(finding.help(help).evidence(folder).at_most(sure))
}

/// What the jobs of cron run, where that lies at another place of the container.
fn jobs<'a>(service: &'a ServiceFacts<'_>) -> impl Iterator<Item = Finding> + 'a {
    let name = &service.service.name.value;
    service.program.lost_jobs.iter().map(move |job| {
        let (target, instead) = (job.target.display(), job.instead.display());
        RULE.finding(
            job.at,
            format!(
                "a job of `{name}` runs `{target}`, which is not in its container: it lies at `{instead}`"
            ),
        )
        .service(name.clone())
        .here("runs a file that is not there")
        .help(format!(
            "write `{instead}`: cron starts jobs in the home of their user, whatever `WORKDIR` says"
        ))
        .at_most(Confidence::Likely)
        .evidence(target.to_string())
    })
}

/// The program was linked against a C library that its image does not have.
fn loader(service: &ServiceFacts<'_>) -> Option<Finding> {
    let build = service.service.build.as_ref()?;
    let target = build.target.as_ref().map(|target| target.value.assumed());
    let found = unloadable(service.program, target.as_deref())?;
    let name = &service.service.name.value;
    Some(
        RULE.finding(
            found.copied,
            format!(
                "the program of `{name}` does not start: it is linked against the glibc of `{}`, which `{}` does not have (`{}`)",
                found.built, found.runs, found.says
            ),
        )
        .service(name.clone())
        .here("copied into an image with another C library")
        .help(format!(
            "build and run it on the same distribution, or link it statically (`CGO_ENABLED=0` for Go, a `musl` target for Rust); it is built in `{}`",
            found.built
        ))
        .at_most(Confidence::Likely)
        .evidence(found.runs),
    )
}

/// The program was linked against a library that its image does not have.
fn library(service: &ServiceFacts<'_>) -> Option<Finding> {
    service.service.build.as_ref().filter(|build| build.target.is_none())?;
    let found = unlinked(service.program)?;
    let name = &service.service.name.value;
    Some(
        RULE.finding(
            found.at,
            format!(
                "the program of `{name}` does not start: `{}` is linked against `{}`, which `{}` does not have (`error while loading shared libraries`)",
                found.by, found.library, found.image
            ),
        )
        .service(name.clone())
        .here("an image without the library")
        .help(format!("install `{}` in the last stage", found.package))
        .at_most(Confidence::Likely)
        .evidence(found.library),
    )
}

/// The settings file that the command names, where the one that is meant lies elsewhere.
fn settings(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let missing = service.program.unfound.as_ref()?;
    let name = &service.service.name;
    let place = if missing.at.is_none() { name.span } else { missing.at };
    let path = missing.file.as_ref().map(|file| absent::shown(cx, &file.path));
    let finding = RULE.finding(
        place,
        format!(
            "the command of `{}` names the settings `{}`, which are not in its container: nothing copies or mounts a file to that place",
            name.value, missing.target
        ),
    );
    let finding = finding.service(name.value.clone()).here("no such file");
    Some(match path {
        Some(path) => finding
            .evidence(path.clone())
            .help(format!("put `{path}` there, or name the place where it lies")),
        None => finding
            .evidence(missing.target.clone())
            .help(format!("mount a file at `{}`, or leave it out of the command", missing.target))
            .at_most(Confidence::Likely),
    })
}

/// The certificate or key that something names at the start.
fn key(service: &ServiceFacts<'_>) -> Option<Finding> {
    let missing = service.program.unkeyed.as_ref()?;
    let (name, target) = (&service.service.name, &missing.target);
    let place = if missing.at.is_none() { name.span } else { missing.at };
    let who = match &missing.variable {
        Some(variable) => format!("`{variable}` of `{}` asks for", name.value),
        None => format!("`{}` is told of", name.value),
    };
    let message = format!(
        "{who} the file `{target}`, which is not in its container: nothing copies or mounts a file to that place"
    );
    let finding = RULE.finding(place, message).service(name.value.clone()).here("no such file");
    let finding = match &missing.beside {
        Some((at, beside)) => finding
            .also(*at, format!("`{beside}` is mounted"))
            .help(format!("mount it where it is looked for, or name the file below `{beside}`")),
        None => finding.help(format!("mount or copy the file to `{target}`")),
    };
    let sure = if missing.asked { Confidence::Likely } else { Confidence::Possible };
    Some(finding.at_most(sure).evidence(target.clone()))
}

/// The file of settings that the program loads first and stops without.
fn loaded(service: &ServiceFacts<'_>, missing: &Unloaded) -> Option<Finding> {
    let uses = service.program.uses();
    let file = service.file_at(missing.at)?;
    let module = service.program.modules.iter().find(|module| module.path == file)?;
    let name = &service.service.name;
    uses.starts(module, missing.at).then(|| {
        let why = match &missing.chosen_by {
            Some(variable) => format!("nothing sets `{variable}`, which chooses the file"),
            None if let Some(sample) = &missing.sample => format!("it is made of `{sample}`"),
            None if missing.unheard => "it is not in the project, and nothing says to make it".to_string(),
            None => "nothing copies or mounts it into the container".to_string(),
        };
        let help = match &missing.sample {
            Some(sample) => format!("copy `{sample}` to it before the first start"),
            None => match &missing.meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "put the file there, or let the program go on without it".to_string(),
            },
        };
        let message =
            format!("the program of `{}` loads `{}` and stops without it: {why}", name.value, missing.target);
        let finding = RULE.finding(missing.at, message);
        let finding = match missing {
            Unloaded { sample: Some(_), .. } => finding.severity(Severity::Advice),
            Unloaded { unheard: true, .. } => finding.severity(Severity::Warning),
            _ => finding,
        };
        finding
            .service(name.value.clone())
            .here("loaded here")
            .also(name.span, format!("has no `{}`", missing.target))
            .help(help)
            .at_most(match &missing.chosen_by {
                Some(variable) if service.may_find(variable) => Confidence::Possible,
                _ if missing.unheard => Confidence::Likely,
                _ => Confidence::Certain,
            })
            .evidence(missing.target.clone())
    })
}

/// The class that starts the program has another name in its version of Spring Boot.
fn launcher(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = moved_launcher(service.program)?;
    let name = &service.service.name.value;
    let place = if found.at.is_none() { service.service.name.span } else { found.at };
    Some(
        RULE.finding(
            place,
            format!(
                "`{name}` runs `{}`, which Spring Boot {} does not have: Java says `Could not find or load main class`",
                found.class, found.version
            ),
        )
        .service(name.clone())
        .here("no such class in the archive")
        .help(format!("write `{}`", found.instead))
        .evidence(found.class),
    )
}
