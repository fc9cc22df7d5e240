//! The services that a command is asked about, and the projects they belong to: what `env` and `graph` share.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::projects::ProjectFlags;
use super::{CLEAN, Failed, NOT_RUN, read_input, say, suggest};
use crate::compose::{self, Project};
use crate::report::{one_line, printable};
use crate::source::SourceMap;

/// What a command is about.
pub struct Loaded {
    /// The projects that have one of the services, or all when none is named.
    pub projects: Vec<Project>,
    /// The services that are named.
    pub services: Vec<String>,
    /// How the command ends if all else goes well: some project may not have been loaded.
    pub code: u8,
}

/// Loads the projects that the flags and `names`, paths and services, speak of.
pub fn load(
    sources: &SourceMap,
    here: &Path,
    flags: &ProjectFlags,
    names: &[String],
) -> Result<Loaded, Failed> {
    let (paths, services) = paths_and_services(names);
    if !paths.is_empty() && !flags.files.is_empty() {
        return Err(Failed::Asked("a path and `-f` exclude each other".to_string()));
    }
    let mut code = CLEAN;
    let mut projects: Vec<Project> = Vec::new();
    for request in flags.requests(sources, here, &paths, false)? {
        read_input(sources, &request.files)?;
        match compose::load(sources, &request) {
            Ok(project) => projects.push(Project { variant: request.variant, ..project }),
            Err(error) => {
                say(&format!("error: {}", one_line(&error.to_string())));
                code = NOT_RUN;
            }
        }
    }
    known(sources, here, &services, &projects)?;
    let wanted = |project: &Project| services.iter().any(|name| project.services.contains_key(name));
    projects.retain(|project| services.is_empty() || wanted(project));
    Ok(Loaded { projects, services, code })
}

/// Services have names without slashes, so what has one is a path.
fn paths_and_services(names: &[String]) -> (Vec<PathBuf>, Vec<String>) {
    let is_path = |name: &str| {
        name.contains(['/', std::path::MAIN_SEPARATOR])
            || matches!(name, "." | "..")
            || name.ends_with(".yaml")
            || name.ends_with(".yml")
    };
    let (paths, services): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_path(name));
    (paths.into_iter().map(PathBuf::from).collect(), services.into_iter().cloned().collect())
}

/// Sees to it that some project has each of the services.
fn known(sources: &SourceMap, here: &Path, services: &[String], projects: &[Project]) -> Result<(), Failed> {
    let all: BTreeSet<&str> =
        projects.iter().flat_map(|project| project.services.keys()).map(String::as_str).collect();
    let Some(name) = services.iter().find(|name| !all.contains(name.as_str())) else { return Ok(()) };
    let hint = match suggest::nearest(name, all.iter().copied()) {
        Some(near) => format!("did you mean `{}`?", printable(near)),
        None if all.is_empty() => "the project has none".to_string(),
        None => format!(
            "there are {}",
            all.iter().map(|name| format!("`{}`", printable(name))).collect::<Vec<_>>().join(", ")
        ),
    };
    let slash = if sources.files().kind(&here.join(name)).is_some() {
        format!(" (a folder is written `./{}`)", printable(name))
    } else {
        String::new()
    };
    Err(Failed::Asked(format!("there is no service `{}`; {hint}{slash}", printable(name))))
}
