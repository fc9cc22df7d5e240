//! dockworthy finds what the services of a Compose project will dial when they run, and where that
//! cannot work.
//!
//! [`check`] is the whole of it: load each project, say what its rules find, put it in one report.
//! [`repair::repair`] does that until nothing is left to fix.

pub mod baseline;
pub mod cli;
pub mod compose;
pub mod config;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod graph;
pub mod programs;
pub mod repair;
pub mod report;
pub mod rules;
pub mod source;
pub mod yaml;

use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;

use compose::{LoadError, LoadOptions, Project};
use config::Settings;
use programs::Shelf;
use report::{Checked, Failure, Report};
use source::SourceMap;

/// Checks each project that `requests` describe and puts what was found in one report, with paths
/// relative to `directory`. A project that cannot be loaded at all is one of the report's failures.
#[must_use]
pub fn check(
    sources: &SourceMap,
    requests: &[LoadOptions],
    settings: &Settings,
    directory: PathBuf,
) -> Report {
    let start = Instant::now();
    let shelf = Shelf::default();
    let outcomes: Vec<_> = match requests {
        // A single project is not worth a thread.
        [request] => vec![analyze(sources, &shelf, request, settings)],
        _ => requests.par_iter().map(|request| analyze(sources, &shelf, request, settings)).collect(),
    };
    let (mut projects, mut failures) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(project) => projects.push(project),
            Err(error) => failures.push(Failure { message: error.to_string() }),
        }
    }
    let hidden: Vec<_> = projects.iter_mut().flat_map(|project| project.hide(settings)).collect();
    let report = Report::new(projects, sources, directory);
    Report { failures, unsure: hidden.len(), hidden, elapsed: start.elapsed(), ..report }
}

/// Loads one project and asks every rule that `settings` enable.
///
/// # Errors
/// [`LoadError`] when there is no project to load.
pub fn analyze(
    sources: &SourceMap,
    shelf: &Shelf,
    request: &LoadOptions,
    settings: &Settings,
) -> Result<Checked, LoadError> {
    let project = Project { variant: request.variant, ..compose::load(sources, request)? };
    let programs = programs::read(sources, shelf, &project);
    let facts = facts::Facts::of(&project, &programs);
    let findings = ask(sources, &project, &facts, settings);
    drop(facts);
    let (services, refused) = (project.services.len(), project.refused());
    let stack = request.stack.clone();
    // Last, because sources are read when somebody asks for them.
    let skipped = programs.skipped();
    let Project { name, files, .. } = project;
    Ok(Checked { name, files, services, refused, stack, findings, skipped })
}

/// What the rules that `settings` enable find in a project, sure or not.
#[must_use]
pub fn ask(
    sources: &SourceMap,
    project: &Project,
    facts: &facts::Facts<'_>,
    settings: &Settings,
) -> Vec<finding::Finding> {
    let edits = compose::edits::Edits::new(sources).of(project);
    let context = rules::Context { project, facts, edits: &edits };
    let mut findings = Vec::new();
    for rule in settings.rules() {
        (rule.check)(&context, &mut findings);
    }
    findings
}
