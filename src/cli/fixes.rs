//! `check --fix` and `check --diff`.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{CLEAN, FINDINGS, Failed, NOT_RUN, Shared, say};
use crate::compose::LoadOptions;
use crate::config::Settings;
use crate::repair::{Job, Repaired, repair};
use crate::report::diff::{self, Reader};
use crate::report::{Report, one_line, shown};
use crate::source::{Disk, Files as _, Kind, SourceMap, clean};

/// What to do about findings.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct FixFlags {
    /// Make the safe fixes, and report what is left
    #[arg(long)]
    pub fix: bool,
    /// Count and make the unsafe fixes, too: those that change what happens when the project runs
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what `--fix` would change as a unified diff, and change nothing; the exit code is 1 if that is something
    #[arg(long, conflicts_with_all = ["format", "output", "statistics", "baseline", "fail_on"])]
    pub diff: bool,
}

impl FixFlags {
    /// Whether fixes are to be made at all, if only to show them.
    pub const fn ask(self) -> bool {
        self.fix || self.diff
    }

    /// Repairs the projects in memory. `paths` are those of the command line.
    pub fn repaired(
        self,
        requests: &[LoadOptions],
        settings: &Settings,
        here: &Path,
        paths: &[PathBuf],
    ) -> Result<Repaired, Failed> {
        if requests.iter().any(|request| request.files.iter().any(|file| file.as_os_str() == "-")) {
            return Err(no_file(self));
        }
        let folders = paths.iter().map(|path| clean(&here.join(path)));
        let mut within: Vec<PathBuf> =
            folders.filter(|path| Disk.kind(path) == Some(Kind::Directory)).collect();
        if paths.is_empty() {
            within.push(here.to_path_buf());
        }
        let unsafe_fixes = self.unsafe_fixes;
        let job = Job { requests, settings, directory: here, within: &within, unsafe_fixes };
        Ok(repair(Arc::new(Disk), &job))
    }
}

/// What is on standard input has no place that a fix could go to.
pub fn no_file(flags: FixFlags) -> Failed {
    let flag = if flags.diff { "--diff" } else { "--fix" };
    Failed::Asked(format!("standard input cannot be changed: {flag} needs files"))
}

/// Says which files may not be changed. The exit code tells it, too.
pub fn tell_refused(repaired: &Repaired, here: &Path) -> u8 {
    for (path, why) in &repaired.refused {
        say(&format!("error: not fixed: `{}` {}", shown(path, here), one_line(why)));
    }
    if repaired.refused.is_empty() { CLEAN } else { NOT_RUN }
}

/// Puts the repaired texts on the disk; gives what there is to report then.
pub fn write(
    repaired: Repaired,
    requests: &[LoadOptions],
    settings: &Settings,
    here: &Path,
) -> (Report, SourceMap, u8) {
    let refused = tell_refused(&repaired, here);
    let failed = repaired.write(&Disk);
    if failed.is_empty() {
        return (repaired.report, repaired.sources, refused);
    }
    for failed in &failed {
        say(&format!("error: not fixed: `{}` {}", shown(&failed.path, here), failed.error));
    }
    // What is left is not what was foreseen.
    let sources = SourceMap::new(Disk);
    let mut report = crate::check(&sources, requests, settings, here.to_path_buf());
    let lost = |path: &PathBuf| failed.iter().any(|failed| failed.path == *path);
    report.fixed = Some(repaired.fixed.iter().filter(|fixed| !fixed.files.iter().any(lost)).count());
    report.unsafe_fixes = repaired.report.unsafe_fixes;
    (report, sources, NOT_RUN)
}

/// Shows what would be changed. Files that a person looks at in a terminal show no secrets.
pub fn show(repaired: &Repaired, here: &Path, shared: &Shared) -> Result<u8, Failed> {
    let refused = tell_refused(repaired, here);
    for failure in &repaired.report.failures {
        say(&format!("error: {}", one_line(&failure.message)));
    }
    let screen = shared.screen();
    let person = io::stdout().is_terminal() || screen.color;
    let reader = if person { Reader::Person(&screen) } else { Reader::Program };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for changed in &repaired.changes {
        diff::write(&changed.path, &changed.before, &changed.after, here, reader, &mut out)?;
    }
    out.flush()?;
    if !shared.quiet {
        say(&repaired.report.foreseen(repaired.changes.len()));
    }
    let failed = refused != CLEAN || !repaired.report.failures.is_empty();
    Ok(match repaired.changes.as_slice() {
        _ if failed => NOT_RUN,
        [] => CLEAN,
        _ => FINDINGS,
    })
}
