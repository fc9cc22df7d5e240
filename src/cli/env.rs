//! `dockworthy env`: what each service finds in its environment, from where, and who reads it.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::projects::ProjectFlags;
use super::{CLEAN, Failed, NOT_RUN, Shared, read_input, say, suggest};
use crate::compose::{self, LoadOptions, Project};
use crate::facts::Facts;
use crate::programs::{self, Shelf};
use crate::report::{EnvironmentFormat, Sheet, Sheets, one_line, printable, write_environments};
use crate::source::{Disk, SourceMap};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Services to show [default: all that run]; with a `/` in it, `.`, or a compose file's name: where to look for
    /// projects, as for `check`
    #[arg(value_name = "SERVICE")]
    names: Vec<String>,
    #[command(flatten)]
    project: ProjectFlags,
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: EnvironmentFormat,
    /// Show passwords, tokens and keys as they are
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let here = std::env::current_dir()
        .map_err(|error| Failed::Asked(format!("the current directory cannot be read: {error}")))?;
    let sources = SourceMap::new(Disk);
    let (paths, services) = arguments.paths_and_services();
    if !paths.is_empty() && !arguments.project.files.is_empty() {
        return Err(Failed::Asked("a path and `-f` exclude each other".to_string()));
    }
    let requests = arguments.project.requests(&sources, &here, &paths, false)?;
    let mut code = CLEAN;
    let mut loaded: Vec<(Project, LoadOptions)> = Vec::new();
    for request in requests {
        read_input(&sources, &request.files)?;
        match compose::load(&sources, &request) {
            Ok(project) => loaded.push((project, request)),
            Err(error) => {
                say(&format!("error: {}", one_line(&error.to_string())));
                code = NOT_RUN;
            }
        }
    }
    known(&sources, &here, &services, &loaded)?;
    let shelf = Shelf::default();
    let writer = Sheets { sources: &sources, directory: &here, show_secrets: arguments.show_secrets };
    let sheets: Vec<Sheet> = loaded
        .iter()
        .filter(|(project, _)| {
            services.is_empty() || services.iter().any(|name| project.services.contains_key(name))
        })
        .map(|(project, _)| sheet(&sources, &shelf, &writer, project, &services))
        .collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let terminal = io::stdout().is_terminal();
    write_environments(&sheets, arguments.format, terminal, &arguments.shared.screen(), &mut out)?;
    out.flush()?;
    Ok(code)
}

fn sheet(
    sources: &SourceMap,
    shelf: &Shelf,
    writer: &Sheets<'_>,
    project: &Project,
    services: &[String],
) -> Sheet {
    let programs = programs::read(sources, shelf, project);
    let facts = Facts::of(project, &programs);
    writer.of(&project.name, &project.files, &facts, services)
}

/// Sees to it that some project has each of the services.
fn known(
    sources: &SourceMap,
    here: &Path,
    services: &[String],
    loaded: &[(Project, LoadOptions)],
) -> Result<(), Failed> {
    let all: BTreeSet<&str> =
        loaded.iter().flat_map(|(project, _)| project.services.keys()).map(String::as_str).collect();
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

impl Arguments {
    /// Services have names without slashes, so what has one is a path.
    fn paths_and_services(&self) -> (Vec<PathBuf>, Vec<String>) {
        let is_path = |name: &str| {
            name.contains(['/', std::path::MAIN_SEPARATOR])
                || matches!(name, "." | "..")
                || name.ends_with(".yaml")
                || name.ends_with(".yml")
        };
        let (paths, services): (Vec<&String>, Vec<&String>) =
            self.names.iter().partition(|name| is_path(name));
        (paths.into_iter().map(PathBuf::from).collect(), services.into_iter().cloned().collect())
    }
}
