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
pub mod suppress;
pub mod yaml;

use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;

use compose::{LoadError, LoadOptions, Project};
use config::Settings;
use programs::Shelf;
use report::{Checked, Failure, Report};
use source::SourceMap;
use suppress::{Directive, Suppressed};

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
    let (mut projects, mut directives, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (outcome, request) in outcomes.into_iter().zip(requests) {
        match outcome {
            Ok((project, read)) => {
                projects.push(project);
                directives.push((read, settings.of(request)));
            }
            Err(error) => failures.push(Failure { message: error.to_string() }),
        }
    }
    report::said::only_new(&mut projects);
    let (mut hidden, judged) = (Vec::new(), suppress::verdicts(&directives));
    for ((project, (_, settings)), (findings, suppressed)) in projects.iter_mut().zip(&directives).zip(judged)
    {
        project.findings.extend(findings);
        project.suppressed.extend(suppressed);
        settings.settle(sources, &mut project.findings);
        project.suppressed.retain_mut(|suppressed| settings.keeps(sources, &mut suppressed.finding));
        hidden.extend(project.hide(settings));
    }
    let report = Report::new(projects, sources, directory);
    Report { failures, unsure: hidden.len(), hidden, elapsed: start.elapsed(), ..report }
}

/// Loads one project and asks every rule that `settings` enable for it. The comments that accept findings come with
/// it: what they say is judged when all projects are known.
///
/// # Errors
/// [`LoadError`] when there is no project to load.
pub fn analyze(
    sources: &SourceMap,
    shelf: &Shelf,
    request: &LoadOptions,
    settings: &Settings,
) -> Result<(Checked, Vec<Directive>), LoadError> {
    let settings = settings.of(request);
    let project = Project { variant: request.variant, ..compose::load(sources, request)? };
    let programs = programs::read(sources, shelf, &project);
    let facts = facts::Facts::of(&project, &programs);
    let Answer { findings, suppressed, directives, read } = ask(sources, &project, &facts, settings);
    drop(facts);
    let (services, refused) = (project.services.len(), project.refused());
    let every_profile = project.takes_every_profile() && request.profiles.is_empty();
    let stack = request.stack.clone();
    // Last, because sources are read when somebody asks for them.
    let skipped = programs.skipped();
    let names = project.services.into_keys().collect();
    let (name, files) = (project.name, project.files);
    let checked = Checked {
        name,
        files,
        services,
        names,
        read,
        refused,
        every_profile,
        stack,
        said: request.said.map(|at| report::said::Said { at, directory: request.current_directory.clone() }),
        findings,
        suppressed,
        skipped,
    };
    Ok((checked, directives))
}

/// What the rules say of a project.
#[derive(Debug, Default)]
pub struct Answer {
    /// What they find, sure or not.
    pub findings: Vec<finding::Finding>,
    /// What of it comments in the project's files accept.
    pub suppressed: Vec<Suppressed>,
    /// Those comments.
    pub directives: Vec<Directive>,
    /// The files that are the project's: compose files, env files, Dockerfiles, what its services load.
    pub read: Vec<PathBuf>,
}

/// Asks the rules that `settings` enable about a project.
#[must_use]
pub fn ask(sources: &SourceMap, project: &Project, facts: &facts::Facts<'_>, settings: &Settings) -> Answer {
    let edits = compose::edits::Edits::new(sources).of(project);
    let context = rules::Context { project, facts, edits: &edits };
    let files = suppress::files(project, facts);
    let mut directives = suppress::read(sources, &files);
    let asked = settings.asked(suppress::named(&directives));
    let mut findings = Vec::new();
    for rule in &asked {
        (rule.check)(&context, &mut findings);
    }
    // What runs may be another version of what the repository holds.
    let assumed = |name: &str| facts.service(name).is_some_and(|service| service.program.image.assumed);
    for finding in &mut findings {
        if finding.service.as_deref().is_some_and(assumed) {
            finding.confidence = finding.confidence.min(finding::Confidence::Likely);
        }
    }
    directives.extend(suppress::read(sources, &suppress::other_files(sources, &findings, &files)));
    let start = project.files.first().and_then(|path| sources.load(path).ok());
    let start = start.map(|file| file.span().start()).unwrap_or_default();
    let mut suppressed = suppress::apply(&mut directives, &mut findings, &asked, project, start);
    // Rules that were asked only because a comment names them do not speak.
    findings.retain(|finding| settings.speaks(finding));
    suppressed.retain(|suppressed| settings.speaks(&suppressed.finding));
    let read = files.into_iter().map(|(path, _)| path).collect();
    Answer { findings, suppressed, directives, read }
}
