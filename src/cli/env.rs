//! `dockworthy env`: what each service finds in its environment, from where, and who reads it.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use super::named::{Loaded, load};
use super::projects::ProjectFlags;
use super::{Failed, Shared};
use crate::compose::Project;
use crate::facts::Facts;
use crate::programs::{self, Shelf};
use crate::report::{EnvironmentFormat, Sheet, Sheets, write_environments};
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
    let Loaded { projects, services, code } = load(&sources, &here, &arguments.project, &arguments.names)?;
    let shelf = Shelf::default();
    let writer = Sheets { sources: &sources, directory: &here, show_secrets: arguments.show_secrets };
    let sheets: Vec<Sheet> =
        projects.iter().map(|project| sheet(&sources, &shelf, &writer, project, &services)).collect();
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
