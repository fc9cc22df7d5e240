//! `dockworthy check`: find the projects, check them, write the report.

use std::path::PathBuf;
use std::time::Instant;

use super::changed::Changes;
use super::fixes::{self, FixFlags};
use super::input::{self, Input};
use super::known::{self, Scope};
use super::output::{Outputs, Wanted, WantedParser};
use super::progress::Progress;
use super::projects::ProjectFlags;
use super::selection::{FailOn, Selection};
use super::{CLEAN, FINDINGS, Failed, NOT_RUN, Shared, here, read_input, say, unmatched};
use crate::compose::LoadOptions;
use crate::config::Settings;
use crate::report::{Report, shown};
use crate::source::{Disk, SourceMap, clean};

/// What stands below the help.
pub const EXAMPLES: &str = "\
Examples:
  dockworthy                               every project below this folder
  dockworthy shop/compose.yaml infra/      one file, and every project of a folder
  dockworthy -f compose.yaml -f compose.prod.yaml --profile worker
  dockworthy --format text --format sarif=out.sarif
  dockworthy --baseline .dockworthy-baseline.yaml --changed-since origin/main
  dockworthy - --stdin-filename compose.yaml < draft.yaml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Folders to search for projects, or compose files, each a project of its own; `-` is standard input [default: .]
    #[arg(value_name = "PATH", conflicts_with = "files")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    project: ProjectFlags,
    /// How to write the report; with `=FILE`, into a file. Several go to different places
    #[arg(long, value_parser = WantedParser, default_value = "text", value_name = "FORMAT[=FILE]")]
    format: Vec<Wanted>,
    /// Write the report into this file, all or nothing
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write how often each rule speaks, instead of findings
    #[arg(long)]
    statistics: bool,
    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    selection: Selection,
    /// Leave out the findings that this file knows; `dockworthy baseline` writes it
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Leave nothing out, whatever baseline the configuration file names
    #[arg(long, conflicts_with = "baseline")]
    no_baseline: bool,
    /// Check only projects that a file belongs to which has changed since the branch left this revision of git
    #[arg(long, value_name = "REV")]
    changed_since: Option<String>,
    /// The file that the text on standard input is to stand for
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    fixes: FixFlags,
    /// Say which projects were found, which files were passed over, and which sources could not be read
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let choices = arguments.selection.choices(arguments.fail_on)?;
    let here = here()?;
    let quiet = arguments.shared.quiet;
    let outputs = Outputs::new(&arguments.format, arguments.output.as_deref(), arguments.statistics, &here)?;
    // A mistake in its name is told before anything is looked at.
    let mut baseline = arguments.baseline.as_ref().map(|path| known::read(path, &here)).transpose()?;
    let start = Instant::now();
    let sources = SourceMap::new(Disk);
    let Input { project, paths } = input::take(
        &sources,
        &here,
        &arguments.project,
        &arguments.paths,
        arguments.stdin_filename.as_deref(),
    )?;
    let progress = Progress::start(!quiet && !arguments.verbose, &sources);
    let mut asked = project.wanted(&sources, &here, &paths, arguments.verbose)?;
    let settings = asked.settings(&choices);
    if let Some(path) = asked.baseline().filter(|_| baseline.is_none() && !arguments.no_baseline) {
        baseline = Some(known::read(path, &here)?);
    }
    let mut requests = std::mem::take(&mut asked.requests);
    if !arguments.fixes.ask() {
        for request in &requests {
            read_input(&sources, &request.files)?;
        }
    }
    let unchanged = match &arguments.changed_since {
        Some(revision) => {
            let (all, changes) = (requests.len(), Changes::since(revision, &here)?);
            let config = project.config.as_ref().map(|path| clean(&here.join(path)));
            requests.retain(|request| changes.touch(&sources, request, config.as_deref()));
            Some(all - requests.len())
        }
        None => None,
    };
    progress.projects(requests.len());
    let flags = arguments.fixes;
    let (mut report, sources, trouble) = if flags.ask() {
        if arguments.stdin_filename.is_some() {
            return Err(fixes::no_file(flags));
        }
        let repaired = flags.repaired(&requests, &settings, &here, &paths)?;
        drop(progress);
        if flags.diff {
            return fixes::show(&repaired, &here, &arguments.shared);
        }
        fixes::write(repaired, &requests, &settings, &here)
    } else {
        let report = crate::check(&sources, &requests, &settings, here.clone());
        drop(progress);
        (Report { unsafe_fixes: flags.unsafe_fixes, ..report }, sources, CLEAN)
    };
    report.unchanged = unchanged;
    if let Some(baseline) = &baseline {
        let scope = Scope::new(&here, &paths, &project, unchanged.is_some());
        known::apply(baseline, &mut report, &sources, &settings, &scope);
    }
    report.tell_once();
    report.elapsed = start.elapsed();
    let code = code(&report, &settings).max(trouble);
    for failure in &report.failures {
        say(&format!("error: {}", crate::report::one_line(&failure.message)));
    }
    if arguments.verbose {
        for skipped in &report.skipped {
            say(&format!("skipped: {}: {}", shown(&skipped.path, &report.directory), skipped.why));
        }
    }
    outputs.write(&report, &sources, arguments.shared)?;
    for project in report.projects.iter().filter(|project| project.every_profile && !quiet) {
        let files: Vec<String> = project.files.iter().map(|file| shown(file, &report.directory)).collect();
        say(&format!(
            "note: no service of {} runs without a profile, so those of all profiles were checked (`--profile NAME` checks one)",
            files.join(", ")
        ));
    }
    if !quiet && !flags.ask() && unchanged.is_none() && !project.choose() {
        let folders: Vec<PathBuf> = requests.iter().map(LoadOptions::folder).collect();
        unmatched::notes(&asked, &folders, &paths, &report, &sources).iter().for_each(|note| say(note));
    }
    if let Some(baseline) = baseline.filter(|_| !quiet) {
        known::tell_stale(&baseline, &report, arguments.verbose);
    }
    Ok(code)
}

fn code(report: &Report, settings: &Settings) -> u8 {
    if !report.failures.is_empty() {
        NOT_RUN
    } else if report.findings.iter().any(|finding| settings.fails_on(finding)) {
        FINDINGS
    } else {
        CLEAN
    }
}
