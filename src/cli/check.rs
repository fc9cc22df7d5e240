//! `dockworthy check`: find the projects, check them, write the report.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{CLEAN, FINDINGS, Failed, NOT_RUN, Shared, read_input, say, suggest};
use crate::compose::LoadOptions;
use crate::compose::projects::{self, Found, Stack};
use crate::config::Settings;
use crate::config::file::{self, ConfigFile, Mistake};
use crate::finding::{Confidence, Severity};
use crate::report::{Format, Place, Report, one_line, shown};
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
    /// Read this configuration file instead of the nearest `.dockworthy.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check only this stack of the configuration file
    #[arg(long = "stack", value_name = "NAME", conflicts_with = "files")]
    stacks: Vec<String>,
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
    /// Say which projects were found and which files passed over
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
            stack: None,
        };
        let chosen = base.environment.contains_key("COMPOSE_FILE") || self.project_directory.is_some();
        let chosen = self.paths.is_empty() && chosen && self.stacks.is_empty();
        if !self.files.is_empty() || chosen {
            return Ok(vec![base]);
        }
        let default = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() { &default } else { self.paths.as_slice() };
        let mut configurations =
            Configurations { sources, here, given: self.given(sources, here)?, read: BTreeMap::new() };
        let mut found: Vec<Found> = Vec::new();
        for path in paths {
            let more = self.projects_at(sources, &absolute(path), here, &mut configurations)?;
            found.extend(more.into_iter().filter(|project| !found.contains(project)).collect::<Vec<_>>());
        }
        if !self.stacks.is_empty() {
            found = self.selected(found)?;
        }
        if found.is_empty() {
            // Nothing below: Compose would look above.
            return Ok(vec![base]);
        }
        Ok(found.into_iter().map(|project| project.options(&base)).collect())
    }

    /// The configuration file of `--config`.
    fn given(&self, sources: &SourceMap, here: &Path) -> Result<Option<PathBuf>, Failed> {
        let Some(path) = self.config.as_ref().map(|path| clean(&here.join(path))) else { return Ok(None) };
        match sources.files().kind(&path) {
            Some(Kind::File) => Ok(Some(path)),
            _ => Err(Failed::Asked(format!("there is no configuration file `{}`", shown(&path, here)))),
        }
    }

    /// The stacks that `--stack` names.
    fn selected(&self, found: Vec<Found>) -> Result<Vec<Found>, Failed> {
        let name = |found: &Found| found.stack.as_ref().map(|stack| stack.name.value.clone());
        let known: Vec<String> = found.iter().filter_map(name).collect();
        for wanted in &self.stacks {
            if !known.contains(wanted) {
                let near = suggest::nearest(wanted, known.iter().map(String::as_str));
                let hint = match near {
                    Some(near) => format!("; did you mean `{near}`?"),
                    None if known.is_empty() => ": no configuration file declares any".to_string(),
                    None => format!("; declared are `{}`", known.join("`, `")),
                };
                return Err(Failed::Asked(format!("there is no stack `{wanted}`{hint}")));
            }
        }
        Ok(found
            .into_iter()
            .filter(|found| name(found).is_some_and(|name| self.stacks.contains(&name)))
            .collect())
    }

    fn projects_at(
        &self,
        sources: &SourceMap,
        path: &Path,
        here: &Path,
        configurations: &mut Configurations<'_>,
    ) -> Result<Vec<Found>, Failed> {
        let name = shown(path, here);
        match sources.files().kind(path) {
            Some(Kind::File) => Ok(vec![projects::of_file(sources, path)]),
            Some(Kind::Directory) => {
                let files = projects::walk(sources, path);
                let stacks = configurations.stacks(path, &files)?;
                let search = projects::among(sources, path, &files, stacks);
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

/// The configuration files of a run, each read once.
struct Configurations<'a> {
    sources: &'a SourceMap,
    here: &'a Path,
    /// That of `--config`, which takes the place of all others.
    given: Option<PathBuf>,
    read: BTreeMap<PathBuf, ConfigFile>,
}

impl Configurations<'_> {
    /// The stacks that concern the tree at `root`, which has these files: those of the configuration file
    /// above it that lie in it, and of all within it.
    fn stacks(&mut self, root: &Path, files: &[PathBuf]) -> Result<Vec<Stack>, Failed> {
        let mut paths: Vec<PathBuf> = match &self.given {
            Some(given) => vec![given.clone()],
            None => {
                let within = files.iter().filter(|path| file::is_named(path)).cloned();
                file::above(self.sources, root).into_iter().chain(within).collect()
            }
        };
        paths.dedup();
        let mut stacks = Vec::new();
        for path in paths {
            let whole = self.given.is_some();
            let config = self.config(&path)?;
            let concerns = |stack: &&Stack| whole || stack.files.iter().any(|file| file.starts_with(root));
            stacks.extend(config.stacks.iter().filter(concerns).cloned());
        }
        Ok(stacks)
    }

    fn config(&mut self, path: &Path) -> Result<&ConfigFile, Failed> {
        if !self.read.contains_key(path) {
            let config = file::read(self.sources, path).map_err(|mistakes| self.told(path, &mistakes))?;
            self.read.insert(path.to_path_buf(), config);
        }
        self.read.get(path).ok_or_else(|| Failed::Asked("the configuration file is gone".to_string()))
    }

    /// All mistakes of a file as one message.
    fn told(&self, path: &Path, mistakes: &[Mistake]) -> Failed {
        let line = |mistake: &Mistake| {
            let message = one_line(&mistake.message);
            if mistake.at.is_none() {
                return format!("{}: {message}", shown(path, self.here));
            }
            let Place { file, line, column, .. } = Place::of(self.sources, self.here, mistake.at);
            format!("{file}:{line}:{column}: {message}")
        };
        Failed::Asked(mistakes.iter().map(line).collect::<Vec<_>>().join("\nerror: "))
    }
}

fn describe(found: &Found, here: &Path) -> String {
    let show = |path: &Path| {
        let name = shown(path, here);
        if name.is_empty() { ".".to_string() } else { name }
    };
    let stack = found.stack.as_ref().map(|stack| format!("stack `{}`: ", stack.name.value));
    let stack = stack.unwrap_or_default();
    stack
        + &match found.files.as_slice() {
            [] => show(&found.directory),
            files => files.iter().map(|file| show(file)).collect::<Vec<_>>().join(" + "),
        }
}
