//! The programs that a container or its build calls and that are not there.

use std::path::Path;

use super::images::KnownPrograms;
use super::installs;
use super::service::ServiceFacts;
use crate::compose::ImageReference;
use crate::programs::Image;
use crate::programs::called::{Called, CalledAt, Lacking};
use crate::programs::dockerfile::Step;
use crate::source::{Span, Text};

/// Folders that only images whose names have one of these words keep their programs in.
const HOMES: [(&str, &[&str]); 6] = [
    ("/opt/bitnami/", &["bitnami"]),
    ("/opt/kafka/", &["apache/kafka", "wurstmeister", "ubuntu", "strimzi"]),
    ("/opt/jboss/", &["jboss", "keycloak", "wildfly"]),
    ("/opt/rabbitmq/", &["rabbitmq"]),
    ("/opt/mssql", &["mssql"]),
    ("/opt/keycloak/", &["keycloak"]),
];

/// A program that is called and is not there.
#[derive(Clone, Debug)]
pub struct AbsentProgram<'a> {
    /// The call.
    pub called: &'a Called,
    /// The image that does not have it.
    pub image: String,
    /// Where that is named.
    pub image_at: Span,
    /// Whether the service's image is built here.
    pub built: bool,
    /// Whether its build installs packages of Python.
    pub installs: bool,
}

/// The command that the service's Dockerfile gives to a shell, and its image, which has none and takes none from elsewhere.
#[must_use]
pub fn without_shell(service: &ServiceFacts<'_>) -> Option<(String, String)> {
    let image = &service.program.image;
    let own = &service.service;
    if own.build.is_none() || own.entrypoint.is_some() || image.problem.is_some() || image.assumed {
        return None;
    }
    let base = image.base.as_ref().map_or("scratch", |base| base.value.as_str());
    let parsed = ImageReference::parse(base)?;
    let distroless = base.starts_with("gcr.io/distroless/") && !parsed.tag.unwrap_or("").contains("debug");
    let last = image.parsed.as_ref()?.stages.last()?;
    let first = match &image.entrypoint {
        Some(entrypoint) => entrypoint,
        None => image.cmd.as_ref().filter(|_| own.command.is_none())?,
    };
    let [shell, option, command] = first.as_slice() else { return None };
    // The shell form's own stands in no file.
    let is_form = shell.assumed() == "/bin/sh" && option.assumed() == "-c" && shell.span().is_none();
    let brought = last.steps.iter().any(|step| match step {
        Step::Copy(copy) => {
            let shells = ["busybox", "/bin/sh", "/bin", "rootfs", "/"];
            let to = copy.destination.assumed();
            matches!(to.trim_end_matches('/'), "/bin" | "/usr/bin" | "/bin/sh")
                || copy.sources.iter().map(Text::assumed).any(|from| {
                    shells
                        .iter()
                        .any(|end| from == *end || *end != "/" && from.trim_end_matches('/').ends_with(end))
                })
        }
        Step::Run(_) => true,
        _ => false,
    });
    let from = last.from.complete()?;
    (is_form && (base == "scratch" || distroless) && from == base && !brought)
        .then(|| (command.assumed(), base.to_string()))
}

/// The programs that a service calls and that neither its image nor its build brings, as far as both are known.
#[must_use]
pub fn of<'a>(service: &'a ServiceFacts<'_>) -> Vec<AbsentProgram<'a>> {
    let program = service.program;
    let image = &program.image;
    let Some((known, reference)) = service.container_image() else { return Vec::new() };
    let built = service.service.build.is_some() || image.parsed.is_some();
    if image.assumed || image.problem.is_some() || built && image.parsed.is_none() {
        return Vec::new();
    }
    let nothing = KnownPrograms::default();
    let listed = known.programs(&reference).unwrap_or(&nothing);
    let Some(parsed) = ImageReference::parse(&reference) else { return Vec::new() };
    let (path, tag) = (parsed.path, parsed.tag.unwrap_or("latest"));
    let image_at = match image.base.as_ref().filter(|_| built) {
        Some(base) => base.span,
        None => service.service.image.as_ref().map_or(Span::NONE, |image| image.span()),
    };
    let installs = image.parsed.iter().flat_map(|parsed| &parsed.stages).flat_map(|stage| &stage.steps).any(|step| {
        matches!(step, Step::Run(text) if ["pip", "uv ", "poetry", "conda"].iter().any(|tool| text.assumed().contains(tool)))
    });
    let absent = |called: &&Called| {
        let name = &called.known.program;
        let lacks = listed.lacks.contains(name) || called.known.is_lacking(path, tag);
        let mounted = service.service.volumes.iter().any(|mount| {
            let target = mount.target.trim_end_matches('/');
            target.ends_with(&format!("/{name}")) || target.ends_with("/bin")
        });
        let brought = match called.lacking {
            Lacking::Image(_) => installs::may_install(image, name) || may_bring(image, called),
            Lacking::Manifest { .. } | Lacking::Development { .. } | Lacking::Unpacked => false,
        };
        lacks && !listed.has.contains(name) && !mounted && !brought
    };
    let found = program.absences.programs.iter().filter(absent);
    found
        .map(|called| AbsentProgram { called, image: reference.clone(), image_at, built, installs })
        .collect()
}

/// The program that a service calls at a path where its image had it in versions before, and the image; where no step of the
/// build says something of that place.
#[must_use]
pub fn gone<'a>(service: &'a ServiceFacts<'_>) -> Option<(&'a CalledAt, String)> {
    let program = service.program;
    let image = &program.image;
    let (known, reference) = service.container_image()?;
    let built = service.service.build.is_some() || image.parsed.is_some();
    if image.assumed || image.problem.is_some() || built && image.parsed.is_none() {
        return None;
    }
    let listed = known.programs(&reference);
    let parsed = ImageReference::parse(&reference)?;
    let is_gone = |path: &String| {
        listed.is_some_and(|listed| listed.gone.contains(path))
            || HOMES.iter().any(|(home, owners)| {
                path.starts_with(home) && !owners.iter().any(|owner| parsed.path.contains(owner))
            })
    };
    let brought = |path: &str| {
        let within = |folder: &str| folder.len() > 1 && Path::new(path).starts_with(folder);
        let word = Path::new(path).iter().nth(2).and_then(|part| part.to_str()).unwrap_or(path);
        let steps = image.parsed.iter().flat_map(|parsed| &parsed.stages).flat_map(|stage| &stage.steps);
        let mut steps = steps.filter(|step| match step {
            Step::Run(text) => text.assumed().contains(word),
            Step::Copy(copy) => copy.from.is_some() && within(&copy.destination.assumed()),
            _ => false,
        });
        steps.next().is_some() || service.service.volumes.iter().any(|mount| within(&mount.target))
    };
    let called = program.absences.paths.iter().find(|one| is_gone(&one.path) && !brought(&one.path))?;
    Some((called, reference))
}

/// Whether what is copied from other images may hold it.
fn may_bring(image: &Image, called: &Called) -> bool {
    let Some(parsed) = &image.parsed else { return false };
    let stages = || parsed.stages.iter().filter_map(|stage| stage.name.as_ref());
    let steps = parsed.stages.iter().flat_map(|stage| &stage.steps);
    let mut copies = steps.filter_map(|step| match step {
        Step::Copy(copy) => Some(copy),
        _ => None,
    });
    copies.any(|copy| {
        let Some(from) = copy.from.as_ref().map(|from| from.assumed()) else {
            // What is fetched, and archives, which are unpacked.
            let opaque = |source: &String| {
                source.contains("://")
                    || source.contains(".tar")
                    || source.contains(".t") && source.ends_with('z')
            };
            return copy.add
                && (copy.sources.iter().map(Text::assumed).any(|source| opaque(&source))
                    || copy.sources.iter().any(Text::has_hole));
        };
        let of_stage =
            from.parse::<usize>().is_ok() || stages().any(|stage| stage.value == from.to_lowercase());
        let to = copy.destination.assumed();
        let folder = to.trim_end_matches('/');
        let systemic =
            ["/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin", "/opt"].contains(&folder);
        // What Python installs in a stage is seen; of another image nothing is.
        let python = !called.known.python.is_empty();
        systemic && !(of_stage && python) || python && !of_stage && !from.contains("astral-sh/uv")
    })
}
