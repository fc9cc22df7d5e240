//! `dockworthy graph`: who dials whom, from which variable, and where that cannot work.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::named::{Loaded, load};
use super::projects::ProjectFlags;
use super::{Failed, Shared};
use crate::compose::Project;
use crate::config::Settings;
use crate::facts::Facts;
use crate::graph::{Builder, Format, Graph, Unwritten, write};
use crate::programs::{self, Shelf};
use crate::report::{Screen, printable, shown};
use crate::source::{Disk, SourceMap, put};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Services to show, with who dials them [default: all that run]; with a `/` in it, `.`, or a compose file's name:
    /// where to look for projects, as for `check`
    #[arg(value_name = "SERVICE")]
    names: Vec<String>,
    #[command(flatten)]
    project: ProjectFlags,
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Write it into this file, all or nothing
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let here = std::env::current_dir()
        .map_err(|error| Failed::Asked(format!("the current directory cannot be read: {error}")))?;
    let sources = SourceMap::new(Disk);
    let Loaded { projects, services, code } = load(&sources, &here, &arguments.project, &arguments.names)?;
    if projects.is_empty() && arguments.format != Format::Json {
        return Ok(code);
    }
    let single = !matches!(arguments.format, Format::Text | Format::Json);
    if single && projects.len() > 1 {
        return Err(several(&projects, &here));
    }
    let shelf = Shelf::default();
    let builder = Builder { sources: &sources, directory: &here };
    let graphs: Vec<Graph> = projects
        .iter()
        .map(|project| {
            let programs = programs::read(&sources, &shelf, project);
            let facts = Facts::of(project, &programs);
            let findings = crate::ask(&sources, project, &facts, &Settings::of_group("wiring")).findings;
            builder.graph(project, &facts, &findings, &services)
        })
        .collect();
    let screen = match &arguments.output {
        // A file is read anywhere.
        Some(_) => Screen { quiet: arguments.shared.quiet, ..Screen::default() },
        None => arguments.shared.screen(),
    };
    let mut written = Vec::new();
    write(&graphs, arguments.format, &screen, &mut written).map_err(|error| match error {
        Unwritten::TooLarge(why) => Failed::Asked(why),
        Unwritten::Output(error) => Failed::Output(error),
    })?;
    match &arguments.output {
        Some(path) => put(&here.join(path), &written)
            .map_err(|error| Failed::Asked(format!("`{}` {error}", printable(&path.to_string_lossy()))))?,
        None => {
            let mut out = io::stdout().lock();
            out.write_all(&written)?;
            out.flush()?;
        }
    }
    Ok(code)
}

fn several(projects: &[Project], here: &Path) -> Failed {
    // As it can be typed.
    let named = |project: &Project| match project.files.as_slice() {
        [file] => format!("`{}`", shown(file, here)),
        files => {
            let flags = files.iter().map(|file| format!("-f {}", shown(file, here)));
            format!("`{}`", flags.collect::<Vec<_>>().join(" "))
        }
    };
    let shown: Vec<String> = projects.iter().take(5).map(named).collect();
    let more = if projects.len() > shown.len() { ", …" } else { "" };
    Failed::Asked(format!(
        "there are {} projects, and this format shows one: name one of {}{more}",
        projects.len(),
        shown.join(", ")
    ))
}
