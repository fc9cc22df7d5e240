//! From the merged tree, which is checked and in long form, to the project.

use super::decode::{Input, decode};
use super::load::Loaded;
use super::paths::Places;
use super::{LoadOptions, Project};
use crate::finding::Problem;
use crate::source::{SourceMap, Text};

/// The project that a merged tree describes.
pub(super) fn project(sources: &SourceMap, loaded: Loaded, options: &LoadOptions) -> Project {
    let Loaded { tree, name, directory, files, read, environment, profiles, problems } = loaded;
    let home = environment.get("HOME").map(Text::assumed);
    let home = home.or_else(|| options.environment.get("HOME").cloned());
    let places = Places { directory: directory.clone(), home };
    let mut project = Project { name, directory, files, read, problems, ..Project::default() };
    let input = Input { sources, places: &places, environment: &environment, profiles: &profiles };
    decode(&tree, &input, &mut project);
    project.problems = distinct(project.problems);
    Project { profiles, environment, ..project }
}

/// One problem of each kind at each place: what several services take from one anchor is wrong once.
fn distinct(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = std::collections::HashSet::new();
    let new = |problem: &Problem| problem.at.is_none() || seen.insert((problem.kind, problem.at));
    problems.into_iter().filter(new).collect()
}
