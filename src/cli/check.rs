//! `dockworthy check`: find the projects, check them, write the report.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{CLEAN, FINDINGS, Failed, NOT_RUN, Shared, read_input, say, suggest};
use crate::compose::LoadOptions;
use crate::compose::projects::{self, Found};
use crate::config::Settings;
use crate::finding::{Confidence, Severity};
use crate::report::{Format, Report, shown};
use crate::rules::page::Level;
use crate::source::{Disk, Kind, SourceMap, clean};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folders to search for projects, or compose files, each a project of its own [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A compose file; several are merged in order, `-` is standard input
    #[arg(short, long = "file", value_name = "FILE", conflicts_with = "paths")]
    files: Vec<PathBuf>,
    /// Activate a profile
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<String>,
    /// Read variables from this file instead of `.env`
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// The folder that relative paths of the compose files start from
    #[arg(long, value_name = "FOLDER")]
    project_directory: Option<PathBuf>,
    /// The project's name
    #[arg(short, long, value_name = "NAME")]
    project_name: Option<String>,
    /// Leave the host's variables out, but for those that every login has: the same result everywhere
    #[arg(long)]
    no_host_environment: bool,
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

/// Variables that every login has; their values hardly ever decide anything, their absence would.
const LOGIN: [&str; 8] = ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "LANG", "TERM"];

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let settings = arguments.settings()?;
    let here = std::env::current_dir()
        .map_err(|error| Failed::Asked(format!("the current directory cannot be read: {error}")))?;
    let start = Instant::now();
    let sources = SourceMap::new(Disk);
    let requests = arguments.requests(&sources, &here)?;
    for request in &requests {
        read_input(&sources, &request.files)?;
    }
    let mut report = crate::check(&sources, &requests, &settings, here);
    report.elapsed = start.elapsed();
    let code = code(&report, &settings);
    for failure in &report.failures {
        say(&format!("error: {}", crate::report::one_line(&failure.message)));
    }
    if arguments.verbose {
        for skipped in &report.skipped {
            say(&format!("skipped: {}: {}", shown(&skipped.path, &report.directory), skipped.why));
        }
    }
    if report.projects.is_empty() && arguments.format != Format::Json {
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

    /// What to load: the one project of `-f`, or every project below the paths.
    fn requests(&self, sources: &SourceMap, here: &Path) -> Result<Vec<LoadOptions>, Failed> {
        let environment = self.environment();
        let absolute = |path: &PathBuf| clean(&here.join(path));
        let base = LoadOptions {
            current_directory: here.to_path_buf(),
            files: self.files.clone(),
            project_directory: self.project_directory.as_ref().map(absolute),
            project_name: self.project_name.clone(),
            profiles: self.profiles.clone(),
            env_files: self.env_files.iter().map(absolute).collect(),
            environment,
            variant: false,
            no_interpolate: false,
        };
        let chosen = base.environment.contains_key("COMPOSE_FILE") || self.project_directory.is_some();
        if !self.files.is_empty() || (self.paths.is_empty() && chosen) {
            return Ok(vec![base]);
        }
        let default = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() { &default } else { self.paths.as_slice() };
        let mut found: Vec<Found> = Vec::new();
        for path in paths {
            let more = self.projects_at(sources, &absolute(path), here)?;
            found.extend(more.into_iter().filter(|project| !found.contains(project)).collect::<Vec<_>>());
        }
        if found.is_empty() {
            // Nothing below: Compose would look above.
            return Ok(vec![base]);
        }
        Ok(found.into_iter().map(|project| project.options(&base)).collect())
    }

    fn projects_at(&self, sources: &SourceMap, path: &Path, here: &Path) -> Result<Vec<Found>, Failed> {
        let name = shown(path, here);
        match sources.files().kind(path) {
            Some(Kind::File) => Ok(vec![projects::of_file(sources, path)]),
            Some(Kind::Directory) => {
                let search = projects::find(sources, path);
                if self.verbose {
                    for found in &search.found {
                        say(&format!("project: {}", describe(found, here)));
                    }
                    for (path, why) in &search.passed {
                        say(&format!("passed over: {}: {why}", shown(path, here)));
                    }
                }
                if search.found.is_empty() && !self.paths.is_empty() {
                    let name = if name.is_empty() { ".".to_string() } else { name };
                    return Err(Failed::Asked(format!(
                        "no compose file found in `{name}` or below it: looked for compose.yaml, compose.yml, \
                         docker-compose.yml, docker-compose.yaml, their variants, and other YAML files with `services`"
                    )));
                }
                Ok(search.found)
            }
            Some(Kind::Other) => Err(Failed::Asked(format!("`{name}` is no regular file and no folder"))),
            None => Err(Failed::Asked(self.missing(&name))),
        }
    }

    fn missing(&self, name: &str) -> String {
        match suggest::nearest(name, ["check", "config", "explain", "rules", "help"]) {
            Some(command) if self.paths.len() <= 2 => {
                format!("`{name}` does not exist; did you mean the command `{command}`?")
            }
            _ => format!("`{name}` does not exist"),
        }
    }

    /// The host's environment as far as the run may see it.
    fn environment(&self) -> BTreeMap<String, String> {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let all = std::env::vars_os().filter_map(|(name, value)| text(name).zip(text(value)));
        all.filter(|(name, _)| !self.no_host_environment || LOGIN.contains(&name.as_str())).collect()
    }
}

fn describe(found: &Found, here: &Path) -> String {
    let show = |path: &Path| {
        let name = shown(path, here);
        if name.is_empty() { ".".to_string() } else { name }
    };
    match found.files.as_slice() {
        [] => show(&found.directory),
        files => files.iter().map(|file| show(file)).collect::<Vec<_>>().join(" + "),
    }
}
