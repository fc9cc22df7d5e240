//! A file that the program or its command needs at the start is not in the container.

use std::path::Path;

use super::absent;
use super::prelude::*;
use crate::programs::{Need, Unloaded, system_data};

rule!("needed-file-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(settings(cx, service).or_else(|| unheld(cx, service)));
        let missing = service.program.unloaded.iter().filter(|missing| missing.left_out.is_none());
        out.extend(missing.filter_map(|missing| loaded(service, missing)));
        out.extend(key(cx, service));
        out.extend(bundles(service));
        out.extend(folder(service));
    }
}

/// What a command looks for, or the folder of a file that it writes.
fn unheld(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let program = service.program;
    let lack = program.unheld.as_ref()?;
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
    Some(finding.help(help).evidence(file).at_most(absent::left_out(&lack.file)))
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
fn key(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let missing = service.program.unkeyed.as_ref()?;
    let (name, target) = (&service.service.name, &missing.target);
    let place = if missing.at.is_none() { name.span } else { missing.at };
    let who = match &missing.variable {
        Some(variable) => format!("`{variable}` of `{}` asks for", name.value),
        None => format!("`{}` is told of", name.value),
    };
    if let Some(host) = &missing.unheard {
        let host = absent::shown(cx, host);
        let message = format!(
            "{who} the file `{target}`, and `{host}` is not in the project: nothing says how it is made"
        );
        let finding = RULE.finding(place, message).service(name.value.clone()).here("no such file");
        let help = format!("put `{host}` under version control, or say in the README how it is made");
        return Some(finding.severity(Severity::Warning).help(help).evidence(target.clone()));
    }
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

/// The folder of a file that the program writes.
fn folder(service: &ServiceFacts<'_>) -> Option<Finding> {
    let missing = service.program.folderless.as_ref()?;
    let (name, folder) = (&service.service.name.value, &missing.folder);
    let fails = if missing.late { "fails there" } else { "stops" };
    let message = format!(
        "`{name}` writes to `{}` and {fails}: its container has no folder `{folder}`, and nothing makes it",
        missing.name
    );
    let finding = RULE.finding(missing.at, message).service(name.clone()).here(format!("`{}`", missing.says));
    let help = format!("make the folder, `RUN mkdir -p {folder}`, or mount a volume there");
    Some(finding.help(help).at_most(Confidence::Likely).evidence(folder.clone()))
}

/// The list of bundles that pages are put together from.
fn bundles(service: &ServiceFacts<'_>) -> Option<Finding> {
    let missing = service.program.unbundled.as_ref()?;
    let (name, target) = (&service.service.name.value, &missing.target);
    let message = format!(
        "the pages of `{name}` need `{target}`, and nothing makes it: neither its image nor anybody else runs Vite"
    );
    let finding = RULE.finding(missing.at, message).service(name.clone());
    let finding = finding.here("`Vite manifest not found`").at_most(Confidence::Likely);
    let help = "build the pages in a stage of Node.js, `RUN npm ci && npm run build`, and copy `public/build` out of it";
    Some(finding.help(help).evidence(target.clone()))
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
        let system = match missing.target.as_str() {
            target if target.starts_with(system_data::ZONES) => {
                Some("write `RUN apk add --no-cache tzdata` or copy that folder, or import `_ \"time/tzdata\"`")
            }
            system_data::CERTIFICATES => {
                Some("copy it out of the stage that builds: `COPY --from=… /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/`")
            }
            _ => None,
        };
        let help = match &missing.sample {
            _ if let Some(system) = system => system.to_string(),
            Some(sample) => format!("copy `{sample}` to it before the first start"),
            None if missing.need != Need::Start => "copy the folder to the last stage of the image".to_string(),
            None => match &missing.meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "put the file there, or let the program go on without it".to_string(),
            },
        };
        let (name_of, target) = (&name.value, &missing.target);
        let message = match missing.need {
            Need::Start => format!("the program of `{name_of}` loads `{target}` and stops without it: {why}"),
            Need::Pages => format!("the program of `{name_of}` takes its pages from `{target}`: {why}"),
            Need::Served => format!("the program of `{name_of}` serves what lies in `{target}`: {why}"),
        };
        let finding = RULE.finding(missing.at, message);
        let finding = match missing {
            Unloaded { sample: Some(_), .. } => finding.severity(Severity::Advice),
            Unloaded { need: Need::Served, .. } => finding.severity(Severity::Advice),
            Unloaded { unheard: true, .. } | Unloaded { need: Need::Pages, .. } => finding.severity(Severity::Warning),
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
