//! The command runs a file that is not in the container.

use std::path::Path;

use super::absent;
use super::prelude::*;
use crate::programs::dockerfile::FaultKind;
use crate::programs::modules_missing::Lack;
use crate::programs::moved_launcher;
use crate::source::Text;

rule!("entry-file-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(launcher(service));
        out.extend(module(cx, service));
        out.extend(unmade(service));
        out.extend(target(service));
        out.extend(jobs(service));
        if let Some(found) = misplaced(service) {
            out.push(found);
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
        Lack::Shadowed(host) => (
            format!(
                "`{}` starts `{program}` with the module `{module}`, which is the library itself: `{}` is never loaded",
                name.value,
                file(host)
            ),
            "the library",
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
        (Lack::Shadowed(_), Some(instead)) => {
            format!("write `{instead}` for `{module}`, which makes the application")
        }
        (Lack::Shadowed(_), None) => format!("give `{file}` another name, and write that here"),
        (Lack::Name(_, attribute), Some(instead)) => {
            format!("write `{instead}`, or define `{attribute}` in `{file}`")
        }
        (Lack::Name(_, attribute), None) => format!("define `{attribute}` in `{file}`"),
        (Lack::Nowhere(_), Some(instead)) if program == "flask run" => {
            format!("name it: `flask --app {instead} run`")
        }
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
    let runs = if unmade.served { "serves" } else { "runs" };
    let message = format!("`{}` {runs} `{}`, which its image does not have", name.value, unmade.target);
    let (message, help) = match &unmade.made {
        Some(made) => (message, format!("the build makes `{made}`: run that")),
        None => (
            format!("{message}: nothing in its build makes it"),
            "build it in the Dockerfile, after the sources are copied: `RUN npm run build`".to_string(),
        ),
    };
    Some(
        RULE.finding(if unmade.at.is_none() { name.span } else { unmade.at }, message)
            .service(name.value.clone())
            .here(format!("{runs} what is not there"))
            .help(help)
            .at_most(Confidence::Likely)
            .evidence(unmade.made.clone().unwrap_or_else(|| unmade.target.clone())),
    )
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
