//! `dockworthy baseline` and `check --baseline`: findings that a project has made its peace with.

use std::path::{Path, PathBuf};

use super::progress::Progress;
use super::projects::ProjectFlags;
use super::selection::{FailOn, Selection};
use super::{CLEAN, Failed, NOT_RUN, Shared, read_input, say};
use crate::baseline::{Baseline, Divided, Entry};
use crate::config::Settings;
use crate::report::{Known, Report, number, one_line, printable, shown};
use crate::rules::ALL;
use crate::source::{Disk, Files as _, Kind, SourceMap, clean, put};

/// The file that is written when none is named.
const NAME: &str = ".dockworthy-baseline.yaml";

/// So many stale entries are told one by one.
const TOLD: usize = 10;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dockworthy baseline                     write .dockworthy-baseline.yaml
  dockworthy --baseline .dockworthy-baseline.yaml
                                          report what is new since then, as with `baseline:` in .dockworthy.yaml
  dockworthy baseline --prune             take out what is no longer found")]
pub struct Arguments {
    /// Folders to search for projects, or compose files, each a project of its own [default: .]
    #[arg(value_name = "PATH", conflicts_with = "files")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    project: ProjectFlags,
    #[command(flatten)]
    selection: Selection,
    /// The file to write [default: what the configuration file names as `baseline`, else .dockworthy-baseline.yaml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only take out what is no longer found; add nothing
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let here = super::here()?;
    let choices = arguments.selection.choices(Some(FailOn::Never))?;
    let sources = SourceMap::new(Disk);
    let progress = Progress::start(!arguments.shared.quiet, &sources);
    let wanted = arguments.project.wanted(&sources, &here, &arguments.paths, false)?;
    let settings = wanted.settings(&choices);
    let configured = wanted.baseline().map(Path::to_path_buf);
    let path = match (&arguments.output, &configured) {
        (Some(path), _) => clean(&here.join(path)),
        (None, Some(path)) => path.clone(),
        (None, None) => here.join(NAME),
    };
    let old = match Disk.kind(&path) {
        None if !arguments.prune => None,
        _ => Some(read(&path, &here)?),
    };
    let requests = wanted.requests;
    for request in &requests {
        read_input(&sources, &request.files)?;
    }
    progress.projects(requests.len());
    let mut report = crate::check(&sources, &requests, &settings, here.clone());
    drop(progress);
    if !report.failures.is_empty() {
        for failure in &report.failures {
            say(&format!("error: {}", one_line(&failure.message)));
        }
        say("error: the baseline was not written, because not every project could be checked");
        return Ok(NOT_RUN);
    }
    let scope = Scope::new(&here, &arguments.paths, &arguments.project, false);
    let found = std::mem::take(&mut report.findings);
    let (new, told) = match &old {
        Some(old) if arguments.prune => {
            let Divided { mut stale, .. } = old.divide(found, &report.hidden, &sources);
            stale.retain(|entry| scope.concerns(entry, old, &report, &settings));
            let gone = stale.iter().map(|entry| entry.count).sum();
            let new = old.without(&stale);
            let left = number(new.len(), "finding", "findings");
            (
                new,
                format!("took {} out of", number(gone, "finding that is gone", "findings that are gone"))
                    + &format!(" `{{}}`; {left} left"),
            )
        }
        _ => {
            let mut new = Baseline::of(&found, &sources, &path);
            let mut kept = 0;
            if let Some(old) = &old {
                let mut stale = old.divide(found, &report.hidden, &sources).stale;
                stale.retain(|entry| !scope.concerns(entry, old, &report, &settings));
                kept = stale.iter().map(|entry| entry.count).sum();
                new.entries.extend(stale);
            }
            let kept = match kept {
                0 => String::new(),
                count => format!(", {count} of them kept from before, of what was not checked now"),
            };
            let count = number(new.len(), "finding", "findings");
            (new, format!("wrote {count} to `{{}}`{kept}"))
        }
    };
    let shown = shown(&path, &here);
    put(&path, new.text().as_bytes())
        .map_err(|error| Failed::Asked(format!("the baseline cannot be written: `{shown}`: {error}")))?;
    if !arguments.shared.quiet {
        say(&told.replace("{}", &shown));
        if !arguments.prune && configured.as_ref() != Some(&path) {
            say(&format!(
                "note: later runs leave them out with `--baseline {shown}`, or with `baseline: {shown}` in .dockworthy.yaml"
            ));
        }
    }
    Ok(CLEAN)
}

/// Reads a baseline; what is wrong with it is told with its place.
pub fn read(path: &Path, here: &Path) -> Result<Baseline, Failed> {
    // Not one of the files that the report counts.
    let sources = SourceMap::new(Disk);
    Baseline::read(&sources, &clean(&here.join(path))).map_err(|wrong| {
        let name = shown(&clean(&here.join(path)), here);
        let message = one_line(&wrong.message);
        Failed::Asked(match wrong.place {
            Some((line, column)) => format!("{name}:{line}:{column}: {message}"),
            None => format!("the baseline `{name}`: {message}"),
        })
    })
}

/// What a run looks at, as far as it decides which entries of a baseline should have been found.
#[derive(Debug)]
pub struct Scope {
    /// The folders that are searched.
    roots: Vec<PathBuf>,
    /// Whether only some of what lies in them is checked.
    partial: bool,
}

impl Scope {
    /// `partial`: whether the caller has left projects out.
    pub fn new(here: &Path, paths: &[PathBuf], flags: &ProjectFlags, partial: bool) -> Self {
        let roots = match paths {
            [] => vec![here.to_path_buf()],
            paths => paths.iter().map(|path| clean(&here.join(path))).collect(),
        };
        let roots = roots.into_iter().filter(|path| Disk.kind(path) == Some(Kind::Directory)).collect();
        Self { roots, partial: partial || flags.choose() }
    }

    /// Whether what an entry stands for would have been found in this run, were it still there.
    fn concerns(&self, entry: &Entry, baseline: &Baseline, report: &Report, settings: &Settings) -> bool {
        let asked = ALL.iter().find(|rule| rule.name == entry.rule).is_none_or(|rule| settings.enables(rule));
        if self.partial || !asked || !report.failures.is_empty() {
            return false;
        }
        let folder = baseline.path.parent().unwrap_or(&baseline.path);
        let file = clean(&folder.join(&entry.file));
        self.roots.iter().any(|root| folder.starts_with(root))
            || report.projects.iter().any(|project| project.files.contains(&file))
    }
}

/// Takes out of a report what a baseline knows.
pub fn apply(
    baseline: &Baseline,
    report: &mut Report,
    sources: &SourceMap,
    settings: &Settings,
    scope: &Scope,
) {
    let findings = std::mem::take(&mut report.findings);
    let Divided { new, known, mut stale } = baseline.divide(findings, &report.hidden, sources);
    stale.retain(|entry| scope.concerns(entry, baseline, report, settings));
    report.findings = new;
    report.known = Some(Known { findings: known, stale });
}

/// Says on standard error which entries of a baseline were not found.
pub fn tell_stale(baseline: &Baseline, report: &Report, verbose: bool) {
    let Some(known) = report.known.as_ref().filter(|known| !known.stale.is_empty()) else { return };
    let name = shown(&baseline.path, &report.directory);
    let most = if verbose { usize::MAX } else { TOLD };
    for entry in known.stale.iter().take(most) {
        let service =
            entry.service.as_ref().map(|name| format!(" of `{}`", printable(name))).unwrap_or_default();
        let (rule, file) = (printable(&entry.rule), printable(&entry.file));
        let count = if entry.count > 1 { format!(" ({} times)", entry.count) } else { String::new() };
        say(&format!("note: {name}:{}: no longer found: {rule} in {file}{service}{count}", entry.line));
    }
    let rest = known.stale.len().saturating_sub(most);
    if rest > 0 {
        say(&format!("note: {name}: {rest} more are no longer found (--verbose)"));
    }
    say("note: `dockworthy baseline --prune` takes them out");
}
