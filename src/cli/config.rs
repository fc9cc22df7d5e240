//! `dockworthy config`: the project as Docker Compose resolves it, in the form of `docker compose config`.

mod lists;
mod origins;
mod yaml;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use self::origins::Origins;
use super::{CLEAN, FINDINGS, Failed, print, read_input, say};
use crate::compose::{self, ConfigOptions, LoadError, LoadOptions, Project};
use crate::report::{Place, one_line};
use crate::source::{Disk, SourceMap, clean};

/// The flags are those of `docker compose` and of its `config`.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)]
pub struct Arguments {
    /// Print only these services and what they depend on
    #[arg(value_name = "SERVICE")]
    services_asked: Vec<String>,
    /// A compose file; several are merged in order, `-` is standard input
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Activate a profile
    #[arg(long = "profile", value_name = "NAME")]
    profile: Vec<String>,
    /// Read variables from this file instead of `.env`
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// The folder that relative paths of the compose files start from
    #[arg(long, value_name = "FOLDER")]
    project_directory: Option<PathBuf>,
    /// The project's name
    #[arg(short, long, value_name = "NAME")]
    project_name: Option<String>,
    /// Keep networks, volumes, secrets and configs that no service uses
    #[arg(long)]
    all_resources: bool,
    /// How to write the model
    #[arg(long, value_enum, default_value_t = Format::Yaml, value_name = "FORMAT")]
    format: Format,
    /// Only say whether Compose accepts the project
    #[arg(short, long)]
    quiet: bool,
    /// Leave references as they are written
    #[arg(long)]
    no_interpolate: bool,
    /// Leave paths as they are written
    #[arg(long)]
    no_path_resolution: bool,
    /// Do not put in what is implied
    #[arg(long)]
    no_normalize: bool,
    /// Do not check what services name
    #[arg(long)]
    no_consistency: bool,
    /// Leave env files as they are written
    #[arg(long)]
    no_env_resolution: bool,
    /// Print the names of the services
    #[arg(long)]
    services: bool,
    /// Print the names of the volumes
    #[arg(long)]
    volumes: bool,
    /// Print the names of the networks
    #[arg(long)]
    networks: bool,
    /// Print the names of the profiles
    #[arg(long)]
    profiles: bool,
    /// Print the names of the images
    #[arg(long)]
    images: bool,
    /// Print the variables that the files refer to, with what takes their place
    #[arg(long)]
    variables: bool,
    /// Print the variables that references see
    #[arg(long)]
    environment: bool,
    /// Say where each value is written: as a comment in YAML, in a member `x-origins` in JSON
    #[arg(long, conflicts_with_all = ["services", "volumes", "networks", "profiles", "images", "variables", "environment"])]
    origins: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// The flags of `docker compose` that take a value and may stand before the command.
const WITH_VALUE: [&str; 7] =
    ["-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory"];

/// Brings the word `config` before the flags of `docker compose` that may precede it.
pub fn in_order(mut arguments: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut at = 1;
    while let Some(argument) = arguments.get(at).and_then(|argument| argument.to_str()) {
        let joined = WITH_VALUE.iter().any(|flag| match flag.strip_prefix("--") {
            Some(_) => argument.strip_prefix(flag).is_some_and(|rest| rest.starts_with('=')),
            None => argument.len() > 2 && argument.starts_with(flag),
        });
        match argument {
            "config" if at > 1 => {
                let word = arguments.remove(at);
                arguments.insert(1, word);
                return arguments;
            }
            _ if WITH_VALUE.contains(&argument) => at += 2,
            _ if joined || argument == "--all-resources" => at += 1,
            _ => return arguments,
        }
    }
    arguments
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let here = std::env::current_dir()
        .map_err(|error| Failed::Asked(format!("the current directory cannot be read: {error}")))?;
    let sources = SourceMap::new(Disk);
    let options = arguments.options(&here);
    read_input(&sources, &options.files)?;
    if arguments.variables {
        let found = compose::variables(&sources, &options).map_err(|error| failed(&error))?;
        print(&match arguments.format {
            Format::Json => lists::variables_json(&found),
            Format::Yaml => lists::variables_table(&found),
        })?;
        return Ok(CLEAN);
    }
    let resolved = compose::config(&sources, &options, &arguments.asked()).map_err(|error| failed(&error))?;
    tell(&resolved.project, &sources, &here);
    if resolved.project.remote().next().is_some() {
        return Err(Failed::Asked("the project has parts that are not on this machine".to_string()));
    }
    if resolved.project.problems.iter().any(|problem| problem.refuses) {
        return Ok(FINDINGS);
    }
    if let Some(list) = arguments.list(&resolved) {
        print(&list)?;
    } else if !arguments.quiet {
        let origins = Origins { sources: &sources, here: &here, values: &resolved.origins };
        print(&arguments.text(&resolved.model, &origins)?)?;
    }
    Ok(CLEAN)
}

fn failed(error: &LoadError) -> Failed {
    Failed::Asked(one_line(&error.to_string()))
}

/// Says on standard error what Compose refuses or warns about.
fn tell(project: &Project, sources: &SourceMap, here: &Path) {
    let start = project.files.first().and_then(|path| sources.load(path).ok());
    let start = start.map(|file| file.span().start()).unwrap_or_default();
    for problem in &project.problems {
        let at = if problem.at.is_none() { start } else { problem.at };
        let Place { file, line, column, .. } = Place::of(sources, here, at);
        let severity = if problem.refuses { "error" } else { "warning" };
        let (rule, message) = (problem.kind.rule(), one_line(&problem.message));
        say(&format!("{file}:{line}:{column}: {severity}[{rule}] {message}"));
    }
}

impl Arguments {
    fn options(&self, here: &Path) -> LoadOptions {
        let absolute = |path: &PathBuf| clean(&here.join(path));
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let environment: BTreeMap<String, String> =
            std::env::vars_os().filter_map(|(name, value)| text(name).zip(text(value))).collect();
        LoadOptions {
            current_directory: here.to_path_buf(),
            files: self.files.clone(),
            project_directory: self.project_directory.as_ref().map(absolute),
            project_name: self.project_name.clone(),
            profiles: self.profile.clone(),
            env_files: self.env_files.iter().map(absolute).collect(),
            environment,
            variant: false,
            no_interpolate: self.no_interpolate,
            ..LoadOptions::default()
        }
    }

    fn asked(&self) -> ConfigOptions {
        ConfigOptions {
            services: self.services_asked.clone(),
            all_resources: self.all_resources,
            no_normalize: self.no_normalize,
            no_path_resolution: self.no_path_resolution,
            no_consistency: self.no_consistency,
            no_env_resolution: self.no_env_resolution,
            origins: self.origins,
            yaml: self.format == Format::Yaml,
        }
    }

    /// The list that is asked for instead of the model.
    fn list(&self, resolved: &compose::Resolved) -> Option<String> {
        let compose::Resolved { project, model, .. } = resolved;
        if self.services {
            Some(lists::services(model))
        } else if self.volumes {
            Some(lists::names(model, "volumes"))
        } else if self.networks {
            Some(lists::names(model, "networks"))
        } else if self.profiles {
            Some(lists::profiles(project))
        } else if self.images {
            Some(lists::images(model, &project.name))
        } else if self.environment {
            Some(lists::environment(project))
        } else {
            None
        }
    }

    /// The model as text. Each `$` is doubled, so that the text is a compose file again.
    fn text(&self, model: &Json, origins: &Origins<'_>) -> Result<String, Failed> {
        let doubled = if self.no_interpolate { model.clone() } else { compose::doubled(model) };
        Ok(match self.format {
            // What is not filled in is a mapping to Compose, whatever its sections are.
            Format::Yaml if self.no_interpolate => {
                yaml::print(&lists::by_name(&doubled), &origins.in_words())
            }
            Format::Yaml => yaml::print(&lists::in_sections(&doubled), &origins.in_words()),
            Format::Json => {
                let mut model = lists::by_name(&doubled);
                if let Json::Object(members) = &mut model
                    && self.origins
                {
                    members.insert("x-origins".to_string(), origins.json());
                }
                serde_json::to_string_pretty(&model).map_err(io::Error::other)? + "\n"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_may_stand_before_the_word() {
        let order = |line: &str| {
            let moved = in_order(line.split(' ').map(Into::into).collect());
            moved.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order("d -f a -pb --profile=c config -q"), "d config -f a -pb --profile=c -q");
        assert_eq!(order("d config -f a"), "d config -f a");
        assert_eq!(order("d -f config"), "d -f config");
        assert_eq!(order("d explain config"), "d explain config");
    }
}
