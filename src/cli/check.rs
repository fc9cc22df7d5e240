//! `dockworthy check`: find the projects, check them, write the report.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use super::fixes::{self, FixFlags};
use super::projects::ProjectFlags;
use super::{CLEAN, FINDINGS, Failed, NOT_RUN, Shared, read_input, say, suggest};
use crate::config::Settings;
use crate::finding::{Confidence, Severity};
use crate::report::{Format, Report, shown};
use crate::rules::page::Level;
use crate::source::{Disk, SourceMap};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folders to search for projects, or compose files, each a project of its own [default: .]
    #[arg(value_name = "PATH", conflicts_with = "files")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    project: ProjectFlags,
    /// How to write the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Leave out findings that are less sure
    #[arg(long, value_enum, default_value_t = Least::Likely, value_name = "CONFIDENCE")]
    min_confidence: Least,
    /// The rules that speak: `default`, or also those of `hardening`, or all
    #[arg(long, value_enum, default_value_t = UpTo::Default, value_name = "LEVEL")]
    level: UpTo,
    /// Ask only this rule, whatever its level
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not ask this rule
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    #[command(flatten)]
    fixes: FixFlags,
    /// Say which projects were found, which files were passed over, and which sources could not be read
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FailOn {
    Advice,
    Warning,
    Error,
    Never,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Least {
    Possible,
    Likely,
    Certain,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum UpTo {
    Default,
    Hardening,
    Pedantic,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let settings = arguments.settings()?;
    let here = std::env::current_dir()
        .map_err(|error| Failed::Asked(format!("the current directory cannot be read: {error}")))?;
    let start = Instant::now();
    let sources = SourceMap::new(Disk);
    let requests = arguments.project.requests(&sources, &here, &arguments.paths, arguments.verbose)?;
    let flags = arguments.fixes;
    let (mut report, sources, trouble) = if flags.ask() {
        let repaired = flags.repaired(&requests, &settings, &here, &arguments.paths)?;
        if flags.diff {
            return fixes::show(&repaired, &here, &arguments.shared);
        }
        fixes::write(repaired, &requests, &settings, &here)
    } else {
        for request in &requests {
            read_input(&sources, &request.files)?;
        }
        let report = crate::check(&sources, &requests, &settings, here);
        (Report { unsafe_fixes: flags.unsafe_fixes, ..report }, sources, CLEAN)
    };
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
    if report.projects.is_empty() && arguments.format.is_for_people() {
        return Ok(code);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let written = report
        .write(arguments.format, &sources, &arguments.shared.screen(), &mut out)
        .and_then(|()| out.flush());
    match written {
        // Whoever reads the report has seen enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // Dropped, the buffer would be written once more.
            let _ = out.into_parts();
        }
        other => other?,
    }
    if arguments.format == Format::Concise && !arguments.shared.quiet {
        say(&report.summary());
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

impl Arguments {
    fn settings(&self) -> Result<Settings, Failed> {
        for name in self.select.iter().chain(&self.ignore) {
            suggest::rule(name).map_err(Failed::Asked)?;
        }
        Ok(Settings {
            level: match self.level {
                UpTo::Default => Level::Default,
                UpTo::Hardening => Level::Hardening,
                UpTo::Pedantic => Level::Pedantic,
            },
            min_confidence: match self.min_confidence {
                Least::Possible => Confidence::Possible,
                Least::Likely => Confidence::Likely,
                Least::Certain => Confidence::Certain,
            },
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            fail_on: match self.fail_on {
                FailOn::Advice => Some(Severity::Advice),
                FailOn::Warning => Some(Severity::Warning),
                FailOn::Error => Some(Severity::Error),
                FailOn::Never => None,
            },
        })
    }
}
