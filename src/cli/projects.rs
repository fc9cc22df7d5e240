//! Which projects a command is about: the flags that `check`, `env` and `graph` share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::configurations::Configurations;
use super::{Failed, say, suggest};
use crate::compose::LoadOptions;
use crate::compose::projects::{self, Found};
use crate::config::{Choices, ConfigFile, Settings};
use crate::report::shown;
use crate::source::{Kind, SourceMap, clean};

/// The flags of `docker compose` that say what a project is.
#[derive(Clone, Debug, clap::Args)]
pub struct ProjectFlags {
    /// A compose file; several are merged in order, `-` is standard input
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
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
    pub config: Option<PathBuf>,
    /// Only this stack of the configuration file
    #[arg(long = "stack", value_name = "NAME", conflicts_with = "files")]
    stacks: Vec<String>,
    /// Leave the host's variables out, but for those that every login has: the same result everywhere
    #[arg(long)]
    no_host_environment: bool,
}

/// Variables that every login has; their values hardly ever decide anything, their absence would.
const LOGIN: [&str; 8] = ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "LANG", "TERM"];

/// What to load, and what the configuration files say of it.
pub struct Wanted {
    /// The projects.
    pub requests: Vec<LoadOptions>,
    /// The configuration file of each project that has one, by its folder.
    pub files: BTreeMap<PathBuf, Arc<ConfigFile>>,
    /// That of the run: of the first path, or of the current directory.
    pub main: Option<Arc<ConfigFile>>,
}

impl Wanted {
    /// The baseline that the configuration file of the run names.
    pub fn baseline(&self) -> Option<&Path> {
        self.main.as_ref()?.baseline.as_deref()
    }

    /// The settings of the run and of its projects: what the command line chooses over what the files say.
    pub fn settings(&self, choices: &Choices) -> Settings {
        let projects = self.files.iter();
        let projects = projects.map(|(folder, file)| (folder.clone(), choices.over(Some(file)))).collect();
        Settings { projects, ..choices.over(self.main.as_deref()) }
    }
}

impl ProjectFlags {
    /// What to load: the one project of `-f`, or every project below the paths.
    pub fn requests(
        &self,
        sources: &SourceMap,
        here: &Path,
        paths: &[PathBuf],
        verbose: bool,
    ) -> Result<Vec<LoadOptions>, Failed> {
        let mut requests = self.wanted(sources, here, paths, verbose)?.requests;
        // What is told of a project is told of the one that Compose finds.
        requests.retain(|request| request.said.is_none());
        Ok(requests)
    }

    /// What to load, with what the configuration files say of it.
    pub fn wanted(
        &self,
        sources: &SourceMap,
        here: &Path,
        paths: &[PathBuf],
        verbose: bool,
    ) -> Result<Wanted, Failed> {
        let mut configurations = Configurations::new(sources, here, self.config.as_deref())?;
        let mut requests = self.found(sources, here, paths, verbose, &mut configurations)?;
        let mut files = BTreeMap::new();
        for request in &mut requests {
            let folder = request.folder();
            if let Some(file) = configurations.of(&folder)? {
                request.declared = file.environment.iter().map(|name| name.value.clone()).collect();
                request.own = file.own();
                files.insert(folder, file);
            }
        }
        let first = paths.first().map_or_else(|| here.to_path_buf(), |path| clean(&here.join(path)));
        let folder = match sources.files().kind(&first) {
            Some(Kind::Directory) => Some(first.as_path()),
            _ => first.parent(),
        };
        let main = folder.map(|folder| configurations.of(folder)).transpose()?.flatten();
        Ok(Wanted { requests, files, main })
    }

    fn found(
        &self,
        sources: &SourceMap,
        here: &Path,
        paths: &[PathBuf],
        verbose: bool,
        configurations: &mut Configurations<'_>,
    ) -> Result<Vec<LoadOptions>, Failed> {
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
            ..LoadOptions::default()
        };
        let chosen = base.environment.contains_key("COMPOSE_FILE") || self.project_directory.is_some();
        if !self.files.is_empty() || (paths.is_empty() && chosen && self.stacks.is_empty()) {
            return Ok(vec![base]);
        }
        let look = Look { sources, here, named: !paths.is_empty(), few: paths.len() <= 2, verbose };
        let default = [PathBuf::from(".")];
        let paths = if paths.is_empty() { &default } else { paths };
        let mut found: Vec<Found> = Vec::new();
        for path in paths {
            let more = look.projects_at(&absolute(path), configurations)?;
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

    /// Whether they choose some of what lies below the paths.
    pub fn choose(&self) -> bool {
        let compose_file = self.environment().contains_key("COMPOSE_FILE");
        !self.files.is_empty() || !self.stacks.is_empty() || self.project_directory.is_some() || compose_file
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
        let wanted = |found: &Found| name(found).is_some_and(|name| self.stacks.contains(&name));
        Ok(found.into_iter().filter(wanted).collect())
    }

    /// The host's environment as far as the run may see it.
    fn environment(&self) -> BTreeMap<String, String> {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let all = std::env::vars_os().filter_map(|(name, value)| text(name).zip(text(value)));
        all.filter(|(name, _)| !self.no_host_environment || LOGIN.contains(&name.as_str())).collect()
    }
}

struct Look<'a> {
    sources: &'a SourceMap,
    here: &'a Path,
    /// Whether paths were named at all, and no more than a slip of the pen would be.
    named: bool,
    few: bool,
    verbose: bool,
}

impl Look<'_> {
    fn projects_at(
        &self,
        path: &Path,
        configurations: &mut Configurations<'_>,
    ) -> Result<Vec<Found>, Failed> {
        let (sources, here) = (self.sources, self.here);
        let name = shown(path, here);
        match sources.files().kind(path) {
            Some(Kind::File) => Ok(vec![projects::of_file(sources, path)]),
            Some(Kind::Directory) => {
                let walked = sources.walk(path);
                let stacks = configurations.stacks(path, &walked.files)?;
                let search = projects::among(sources, path, &walked, stacks);
                if self.verbose {
                    for found in &search.found {
                        say(&format!("project: {}", describe(found, here)));
                    }
                    for (path, why) in &search.passed {
                        say(&format!("passed over: {}: {why}", shown(path, here)));
                    }
                }
                if search.found.is_empty() && self.named {
                    let name = if name.is_empty() { ".".to_string() } else { name };
                    return Err(Failed::Asked(format!(
                        "no compose file found in `{name}` or below it: looked for compose.yaml, compose.yml, \
                         docker-compose.yml, docker-compose.yaml, their variants, and other YAML files with `services`"
                    )));
                }
                Ok(search.found)
            }
            Some(Kind::Other) => Err(Failed::Asked(format!("`{name}` is no regular file and no folder"))),
            // What an editor has not saved yet.
            None if sources.load(path).is_ok() => Ok(vec![projects::of_file(sources, path)]),
            None => Err(Failed::Asked(self.missing(&name))),
        }
    }

    fn missing(&self, name: &str) -> String {
        let commands = super::command();
        let names = commands.get_subcommands().map(clap::Command::get_name);
        match suggest::nearest(name, names.chain(["help"])) {
            Some(command) if command == name => {
                format!("`{name}` does not exist; the command `{command}` stands before its options")
            }
            _ if commands.get_arguments().any(|option| option.get_long() == Some(name)) => {
                format!("`{name}` does not exist; did you mean the option `--{name}`?")
            }
            Some(command) if self.few => {
                format!("`{name}` does not exist; did you mean the command `{command}`?")
            }
            _ => format!("`{name}` does not exist"),
        }
    }
}

fn describe(found: &Found, here: &Path) -> String {
    let show = |path: &Path| {
        let name = shown(path, here);
        if name.is_empty() { ".".to_string() } else { name }
    };
    let stack = found.stack.as_ref().map(|stack| format!("stack `{}`: ", stack.name.value));
    let files = match found.files.as_slice() {
        [] => show(&found.directory),
        files => files.iter().map(|file| show(file)).collect::<Vec<_>>().join(" + "),
    };
    stack.unwrap_or_default() + &files
}
