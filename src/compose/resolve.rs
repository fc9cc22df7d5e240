//! From the merged tree, whose shape is checked and which is in long form, to the project: check, put
//! in what is implied, decode.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::decode::{Input, decode, is_active};
use super::load::Loaded;
use super::normalise::Normaliser;
use super::paths::Places;
use super::template::{self, Referenced};
use super::{
    LoadError, LoadOptions, Project, Value, ValueOrigin, environments, model, origins, selection, tree,
    validate,
};
use crate::finding::{Problem, ProblemKind};
use crate::source::{SourceMap, Text};

/// What `config` is asked for: Compose's own flags and arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigOptions {
    /// Only these services and what they depend on; all when there are none.
    pub services: Vec<String>,
    /// Keep networks, volumes, secrets and configs that no service uses (`--all-resources`).
    pub all_resources: bool,
    /// Do not put in what is implied (`--no-normalize`).
    pub no_normalize: bool,
    /// Leave paths as they are written (`--no-path-resolution`).
    pub no_path_resolution: bool,
    /// Do not check what services name (`--no-consistency`).
    pub no_consistency: bool,
    /// Leave env files as they are written (`--no-env-resolution`).
    pub no_env_resolution: bool,
    /// Say where each value is written.
    pub origins: bool,
    /// The model as it is printed in YAML: with all extensions and models, without the blanks that only
    /// JSON shows.
    pub yaml: bool,
}

/// A project and the model that `docker compose config --format json` prints of it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The project, with everything that is wrong with it.
    pub project: Project,
    /// The resolved model; to be trusted only when the project is not refused. Each `$` stands once,
    /// where Compose prints it twice.
    pub model: Json,
    /// Where the values of the model are written, when that was asked for.
    pub origins: Vec<ValueOrigin>,
}

impl Resolved {
    /// The model as `docker compose config --format json` prints it, each `$` doubled, so that what is
    /// printed can be loaded again: JSON is YAML, too.
    #[must_use]
    pub fn to_json(&self) -> Json {
        doubled(&self.model)
    }
}

/// The same with every `$` twice, as Compose prints it.
#[must_use]
pub fn doubled(value: &Json) -> Json {
    let twice = |text: &str| text.replace('$', "$$");
    match value {
        Json::String(text) => Json::String(twice(text)),
        Json::Array(items) => Json::Array(items.iter().map(doubled).collect()),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(key, member)| (twice(key), doubled(member))).collect())
        }
        other => other.clone(),
    }
}

/// Loads a project and resolves its model.
///
/// # Errors
/// [`LoadError`] when there is nothing to load.
pub fn config(
    sources: &SourceMap,
    options: &LoadOptions,
    config: &ConfigOptions,
) -> Result<Resolved, LoadError> {
    Ok(resolve(sources, tree(sources, options)?, options, Some(config)))
}

/// The variables that the values of a project refer to, sorted by name, each as it is written first.
///
/// # Errors
/// [`LoadError`] when there is nothing to load.
pub fn variables(sources: &SourceMap, options: &LoadOptions) -> Result<Vec<Referenced>, LoadError> {
    let loaded = tree(sources, &LoadOptions { no_interpolate: true, ..options.clone() })?;
    let mut found = BTreeMap::new();
    gather(&loaded.tree, &mut found);
    Ok(found.into_values().collect())
}

fn gather(value: &Value, found: &mut BTreeMap<String, Referenced>) {
    if let Some(text) = value.as_text() {
        for variable in template::variables(&text.assumed()) {
            found.entry(variable.name.clone()).or_insert(variable);
        }
    }
    value.items().iter().for_each(|item| gather(item, found));
    value.members().for_each(|(_, member)| gather(&member.value, found));
}

/// The project that a merged tree describes.
pub(super) fn project(sources: &SourceMap, loaded: Loaded, options: &LoadOptions) -> Project {
    resolve(sources, loaded, options, None).project
}

fn resolve(
    sources: &SourceMap,
    loaded: Loaded,
    options: &LoadOptions,
    config: Option<&ConfigOptions>,
) -> Resolved {
    let Loaded { mut tree, name, directory, files, read, environment, profiles, mut problems } = loaded;
    validate::rules(&tree, &mut problems);
    validate::warnings(&tree, &mut problems);

    let home = environment.get("HOME").map(Text::assumed);
    let home = home.or_else(|| options.environment.get("HOME").cloned());
    let places = Places { directory: directory.clone(), home };
    let written = options.no_interpolate.then(|| problems.clone());
    let mut project = Project { name, directory, files, read, problems, ..Project::default() };
    let input = Input { sources, places: &places, environment: &environment, profiles: &profiles };
    decode(&tree, &input, &mut project);

    let whole = ConfigOptions::default();
    let asked = config.unwrap_or(&whole);
    let normaliser = Normaliser { places: &places, environment: &environment, name: &project.name };
    normaliser.build_contexts(&mut tree);
    if !asked.no_path_resolution {
        normaliser.paths(&mut tree);
    }
    if !asked.no_normalize {
        normaliser.normalise(&mut tree);
    }
    if let Some(written) = written {
        // Compose goes no further with what it has not filled in.
        let model = model::verbatim(&tree, &project.name, asked.yaml);
        project.problems = distinct(written);
        let origins = if asked.origins { origins::of(&model, &tree, &project) } else { Vec::new() };
        return Resolved { project: Project { profiles, environment, ..project }, model, origins };
    }
    let mut active = running(&tree, "services", &profiles);
    if !asked.no_consistency {
        validate::consistency(&tree, &active, &mut project.problems);
    }
    let mut printed = model::model(&tree, asked.yaml, &mut project.problems);
    if let Err(problem) = selection::select(&tree, &asked.services, &profiles, &mut active) {
        project.problems.push(*problem);
    }
    if asked.no_env_resolution {
        project.problems.retain(|problem| problem.kind != ProblemKind::EnvFileMissing);
    } else {
        environments::fill(&mut printed, &project, asked.yaml);
    }
    let model = match config {
        Some(config) => {
            let jobs = running(&tree, "jobs", &profiles);
            model::pruned(printed, &project.name, (&active, &jobs), config)
        }
        None => Json::Null,
    };
    project.problems = distinct(std::mem::take(&mut project.problems));
    let origins = if asked.origins { origins::of(&model, &tree, &project) } else { Vec::new() };
    Resolved { project: Project { profiles, environment, ..project }, model, origins }
}

/// Each service or job, and whether it runs.
fn running(tree: &Value, section: &str, profiles: &[String]) -> IndexMap<String, bool> {
    let services = tree.get(section).into_iter().flat_map(Value::members);
    services.map(|(name, member)| (name.clone(), is_active(&member.value, profiles))).collect()
}

/// One problem of each kind at each place: what several services take from one anchor is wrong once. A value of
/// the wrong type is not an invalid one on top.
fn distinct(problems: Vec<Problem>) -> Vec<Problem> {
    let mistyped = |problem: &&Problem| problem.kind == ProblemKind::WrongType;
    let mistyped: HashSet<_> = problems.iter().filter(mistyped).map(|problem| problem.at).collect();
    let mut seen = HashSet::new();
    let new = |problem: &Problem| {
        let again = problem.kind == ProblemKind::InvalidValue && mistyped.contains(&problem.at);
        problem.at.is_none() || !again && seen.insert((problem.kind, problem.at))
    };
    problems.into_iter().filter(new).collect()
}
