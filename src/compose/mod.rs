//! Compose files to one [`Project`]: what Docker Compose loads, with the origin of every value.

mod adopted;
mod canonical;
mod cast;
mod decode;
mod discover;
mod document;
pub(crate) mod dotenv;
pub mod edits;
mod environment;
mod environments;
mod extends;
mod externals;
mod image_reference;
mod include;
mod joined;
mod load;
mod marks;
mod merge;
mod model;
mod name;
mod neighbours;
mod nesting;
mod normalise;
mod notes;
mod objects;
mod origins;
mod own;
mod passthrough;
mod paths;
mod project;
pub mod projects;
mod resolve;
mod runners;
mod samples;
pub mod schema;
mod selection;
pub mod short;
mod template;
mod unique;
mod untold;
mod validate;
mod value;

pub use discover::{FILE_NAMES, OVERRIDE_NAMES};
pub use dotenv::{Setting, Settings};
pub use image_reference::ImageReference;
pub use load::{Loaded, tree};
pub use model::DATE;
pub use objects::{FileObject, Network, Volume};
pub use origins::ValueOrigin;
pub use own::Own;
pub use project::*;
pub use resolve::{ConfigOptions, Resolved, config, doubled, variables};
pub use template::Referenced;
pub use untold::is_unspoken;
pub(crate) use validate::nearest;
pub use value::{Data, Member, Value};

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, SourceMap, Span, Text, clean};

/// What is asked for: Compose's own flags and the host's environment.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The process's directory.
    pub current_directory: PathBuf,
    /// `-f`, in order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// `--project-directory`
    pub project_directory: Option<PathBuf>,
    /// `-p`
    pub project_name: Option<String>,
    /// `--profile`, in order
    pub profiles: Vec<String>,
    /// `--env-file`, in order
    pub env_files: Vec<PathBuf>,
    /// The host's environment as far as the run may see it.
    pub environment: BTreeMap<String, String>,
    /// The files vary a project of this folder for another host (`docker-compose.prod.yml`): that
    /// this host does not set a variable says little.
    pub variant: bool,
    /// Leave references as they are written (`--no-interpolate`).
    pub no_interpolate: bool,
    /// The name of the declared stack that this is.
    pub stack: Option<String>,
    /// Where a script or note starts this set of files, beside the project that Compose finds by itself: only what is wrong with this
    /// one alone is told.
    pub said: Option<Span>,
    /// Names of variables that the host will have, to values that are not known.
    pub declared: Vec<String>,
    /// What the project says of itself.
    pub own: Own,
    /// What is set where neither the host nor an env file sets it: what a sample says of a `.env` that is not there.
    pub sample: Settings,
}

impl LoadOptions {
    /// The folder that the project is in: its directory as far as it is asked for, else that of its first file. A
    /// stack's is that of the file that declares it.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let file = self.files.first().filter(|file| self.stack.is_none() && file.as_os_str() != "-");
        let folder = self.project_directory.as_deref().or(file.and_then(|file| file.parent()));
        clean(&self.current_directory.join(folder.unwrap_or(std::path::Path::new(""))))
    }
}

/// Why there is no project at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// No compose file in the directory or above it.
    #[error("no compose file found in {} or above it", .0.display())]
    NotFound(PathBuf),
    /// A file that was asked for can't be read.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: crate::source::ReadError,
    },
}

/// The profile that stands for all (`docker compose --profile "*"`).
const ALL_PROFILES: &str = "*";

/// Loads the project that `options` describe. Where no service runs without a profile, and none is asked for, all of them do.
///
/// # Errors
/// [`LoadError`] when there is nothing to load. All else that is wrong is in [`Project::problems`].
pub fn load(sources: &SourceMap, options: &LoadOptions) -> Result<Project, LoadError> {
    let mut project = resolve::project(sources, tree(sources, options)?, options);
    if let Some(sampled) = with_sample(sources, options, &project) {
        project = sampled;
    }
    if project.needs_a_profile() {
        // Whoever starts it names some, and no file says which.
        return load(sources, &LoadOptions { profiles: vec![ALL_PROFILES.to_string()], ..options.clone() });
    }
    neighbours::look(sources, &mut project);
    if options.said.is_some() {
        // Who names the files has said that no other is laid over them.
        project.services.values_mut().for_each(|service| service.overlaid.clear());
    }
    project.own.clone_from(&options.own);
    Ok(project)
}

/// What a sample beside an env file that is not there sets, where the notes of its folder or of one above it, up to the
/// project's, speak of the file, or the sample stands for the project's own `.env`: the sample, and its settings.
#[must_use]
pub fn documented(
    sources: &SourceMap,
    project: &Project,
    path: &std::path::Path,
    outer: &template::Lookup,
) -> Option<(PathBuf, Settings)> {
    let name = path.file_name()?;
    let top = &project.directory;
    let mut folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(top)).take(8);
    let spoken = project.sample.is_some() && path == top.join(".env")
        || folders.any(|folder| samples::is_spoken_of(sources, &folder.join(name)));
    let sample = spoken.then(|| samples::of(sources, path, outer)).flatten()?;
    Some((sample.path, sample.settings))
}

/// Whether the notes beside a file that is not there, or the scripts that a project is set up with, speak of it.
#[must_use]
pub fn is_spoken_of(sources: &SourceMap, path: &std::path::Path) -> bool {
    samples::is_spoken_of(sources, path)
}

/// What a sample beside an env file that is not there sets, for who knows that it is made of that: the sample, and its settings.
#[must_use]
pub fn sampled(
    sources: &SourceMap,
    path: &std::path::Path,
    outer: &template::Lookup,
) -> Option<(PathBuf, Settings)> {
    let sample = samples::of(sources, path, outer)?;
    Some((sample.path, sample.settings))
}

/// The project with what a sample of its `.env` says, where that is not there and something asks for it.
fn with_sample(sources: &SourceMap, options: &LoadOptions, project: &Project) -> Option<Project> {
    let asks = |problem: &Problem| {
        matches!(problem.kind, ProblemKind::UnsetInterpolation | ProblemKind::RequiredVariableMissing)
    };
    let named = !options.env_files.is_empty() || options.environment.contains_key("COMPOSE_ENV_FILES");
    let path = project.directory.join(".env");
    let asked = project.problems.iter().any(asks)
        || project.services.values().any(|service| !service.profiles.is_empty());
    // A variant may be for a host that has another file, unless it is this one that its services are given.
    let files = || project.services.values().flat_map(|service| &service.env_files);
    let elsewhere = options.variant && !files().any(|file| file.file == path);
    if named || elsewhere || sources.files().kind(&path).is_some() || !asked {
        return None;
    }
    let outer = |name: &str| options.environment.get(name).map(|value| Text::known(value, Origin::default()));
    // Where nothing is said of that file, the tasks of the project may give what it would.
    let (settings, sample) = match samples::of(sources, &path, &outer) {
        Some(sample) => (sample.settings, Some(sample.path)),
        None => (runners::of(sources, &project.directory, &outer)?, None),
    };
    let options = LoadOptions { sample: settings, ..options.clone() };
    let mut sampled = resolve::project(sources, tree(sources, &options).ok()?, &options);
    // What is to be filled in can't be wrong yet.
    sampled.problems.retain(|problem| !problem.message.contains(Text::HOLE));
    // What a sample leaves to be filled in may be refused as it stands.
    let known = |problem: &&Problem| {
        project.problems.iter().any(|known| known.kind == problem.kind && known.at == problem.at)
    };
    // A profile that it asks for may have services with env files that are not there either.
    let worse = |problem: &&Problem| {
        problem.refuses && problem.kind != ProblemKind::EnvFileMissing && !known(problem)
    };
    let worse = sampled.problems.iter().any(|problem| worse(&problem));
    let untold = sample.as_ref().is_some_and(|sample| untold::is_untold(sources, &path, sample));
    let without = |problem: &&Problem| {
        problem.kind != ProblemKind::EnvFileMissing
            && !sampled.problems.iter().any(|known| known.kind == problem.kind && known.at == problem.at)
    };
    let untold = untold.then(|| project.problems.iter().filter(without).cloned().collect());
    (!worse).then_some(Project { sample, untold, ..sampled })
}
