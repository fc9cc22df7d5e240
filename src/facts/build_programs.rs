//! Programs that the `RUN`s of a Dockerfile call and that neither the image of their stage nor what was run before brings.

use super::environment::EffectiveEnvironment;
use super::images::{self, KnownPrograms};
use super::service::ServiceFacts;
use super::{installs, probe};
use crate::compose::ImageReference;
use crate::programs::brought::{self, KnownProgram};
use crate::programs::dockerfile::{Copy, Dockerfile, Step};
use crate::source::{Span, Spanned, Text};

/// A program that a build calls and that is not there.
#[derive(Clone, Debug)]
pub struct LackingInBuild {
    /// The program.
    pub known: &'static KnownProgram,
    /// Where it is called.
    pub at: Span,
    /// The image that the stage is made from.
    pub image: Spanned<String>,
}

/// The official images of which all programs are known that builds call.
const BASES: [&str; 10] =
    ["alpine", "debian", "golang", "node", "oven/bun", "php", "python", "ruby", "rust", "ubuntu"];
/// What a `RUN` has that looks whether something is there, or is no plain list of commands.
const BRANCHES: [&str; 8] = ["if ", "command -v", "which ", "type ", "case ", "while ", "hash ", "<<"];
/// Stages that are built one on the other beyond this number are not followed.
const MAX_STAGES: usize = 20;

/// A stage that the image of a service needs.
pub(super) struct Needed<'a> {
    /// The image that it is made from in the end.
    pub image: &'a Spanned<String>,
    /// All steps, those of the stages that it is made from first.
    pub steps: Vec<&'a Step>,
    /// How many of them are those stages'.
    pub own: usize,
}

/// The stages that the image of a service needs and that are made from an official image of a language or a system.
pub(super) fn needed<'a>(service: &'a ServiceFacts<'_>) -> Vec<Needed<'a>> {
    let image = &service.program.image;
    let (Some(parsed), Some(build)) = (&image.parsed, &service.service.build) else { return Vec::new() };
    if image.problem.is_some() || image.assumed {
        return Vec::new();
    }
    let last = match &build.target {
        Some(target) => target.value.complete().and_then(|name| stage_of(parsed, &name, parsed.stages.len())),
        None => parsed.stages.len().checked_sub(1),
    };
    let mut found = Vec::new();
    let mut needed: Vec<usize> = last.into_iter().collect();
    let mut at = 0;
    while let Some(index) = needed.get(at).copied().filter(|_| at < MAX_STAGES) {
        at += 1;
        let Some(stage) = parsed.stages.get(index) else { continue };
        let copies = stage.steps.iter().filter_map(|step| match step {
            Step::Copy(copy) => copy.from.as_ref(),
            _ => None,
        });
        for text in copies.chain([&stage.from]) {
            let other = text.complete().and_then(|name| stage_of(parsed, &name, index));
            needed.extend(other.filter(|other| !needed.contains(other)));
        }
        let mut steps: Vec<&Step> = Vec::new();
        let Some(base) = below(parsed, index, &mut steps, 0) else { continue };
        let Some(pulled) = image.pulled.iter().find(|image| image.span == base.span()) else { continue };
        let known =
            |it: ImageReference<'_>| BASES.contains(&it.path) && (it.tag.is_some() || it.digest.is_none());
        if ImageReference::parse(&pulled.value).is_some_and(known) {
            let own = steps.len() - stage.steps.len();
            found.push(Needed { image: pulled, steps, own });
        }
    }
    found
}

/// The programs that the build of a service calls and that are not there.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<LackingInBuild> {
    let mut found = Vec::new();
    let parsed = service.program.image.parsed.as_ref();
    let mounted = parsed.map_or(&[][..], |parsed| &parsed.mounted);
    for stage in needed(service) {
        if let Some(reference) = ImageReference::parse(&stage.image.value) {
            of_stage(stage.image, &reference, &stage.steps, stage.own, mounted, &mut found);
        }
    }
    found
}

/// The earlier stage of this name or number.
fn stage_of(parsed: &Dockerfile, name: &str, before: usize) -> Option<usize> {
    let stages = parsed.stages.get(..before)?;
    let named = |stage: &crate::programs::dockerfile::Stage| {
        stage.name.as_ref().is_some_and(|own| own.value == name.to_ascii_lowercase())
    };
    stages.iter().rposition(named).or_else(|| name.parse().ok().filter(|index| *index < before))
}

/// All steps of a stage and of those that it is made from, in order, and how many of them are those' own.
pub(super) fn chain(parsed: &Dockerfile, index: usize) -> Option<(Vec<&Step>, usize)> {
    let mut steps = Vec::new();
    below(parsed, index, &mut steps, 0)?;
    let own = steps.len() - parsed.stages.get(index)?.steps.len();
    Some((steps, own))
}

/// The image that a chain of stages begins with, and all steps of the chain in order.
fn below<'p>(
    parsed: &'p Dockerfile,
    index: usize,
    steps: &mut Vec<&'p Step>,
    depth: usize,
) -> Option<&'p Text> {
    let stage = parsed.stages.get(index).filter(|_| depth < MAX_STAGES)?;
    let parent = stage.from.complete().and_then(|name| {
        let index = stage_of(parsed, &name, index)?;
        name.parse::<usize>().is_err().then_some(index)
    });
    let base = match parent {
        Some(parent) => below(parsed, parent, steps, depth + 1)?,
        None => &stage.from,
    };
    steps.extend(&stage.steps);
    Some(base)
}

fn of_stage(
    image: &Spanned<String>,
    reference: &ImageReference<'_>,
    steps: &[&Step],
    own: usize,
    mounted: &[String],
    found: &mut Vec<LackingInBuild>,
) {
    let nothing = KnownPrograms::default();
    let listed = images::known(&image.value).and_then(|known| known.programs(&image.value));
    let listed = listed.unwrap_or(&nothing);
    let (path, tag) = (reference.path, reference.tag.unwrap_or("latest"));
    let on_path = steps.iter().any(|step| match step {
        Step::Env(all) => all.iter().any(|one| {
            let text = one.value.as_ref().map(Text::assumed).unwrap_or_default();
            one.name.value == "PATH" && ["node_modules", "venv", ".local"].iter().any(|it| text.contains(it))
        }),
        _ => false,
    });
    let (mut before, mut copies): (Vec<probe::Probe>, Vec<&Copy>) = (Vec::new(), Vec::new());
    for (at, step) in steps.iter().enumerate() {
        let text = match step {
            Step::Copy(copy) => {
                copies.push(copy);
                continue;
            }
            Step::Shell(_) => return,
            Step::Run(text) => text,
            _ => continue,
        };
        let whole = text.assumed();
        // The exec form and here-documents may be anything.
        if whole.trim_start().starts_with('[') || whole.contains("<<") {
            return;
        }
        let plain = at >= own && !BRANCHES.iter().any(|word| whole.contains(word));
        for command in probe::commands(text, &EffectiveEnvironment::default()) {
            let Some(first) = command.words.first() else { continue };
            let name = first.assumed();
            let called = brought::known(&name).filter(|known| {
                plain
                    && !command.has_alternative
                    && is_of_build(known, path, on_path)
                    && !listed.has.contains(&name)
                    && (listed.lacks.contains(&name) || known.is_lacking(path, tag))
            });
            if let Some(known) = called
                && !before.iter().any(|other| may_bring(other, known))
                && !copies.iter().any(|copy| copy_may_bring(copy, &name))
                && !mounted.iter().any(|target| target.rsplit('/').next() == Some(&name))
                && !found.iter().any(|one| one.known.program == name && one.image.span == image.span)
            {
                let span = first.span();
                let at = if span.is_none() { text.span() } else { span };
                found.push(LackingInBuild { known, at, image: image.clone() });
                // What comes after it in this stage is not come to.
                return;
            }
            before.push(command);
        }
    }
}

/// Whether it is a program that builds call by name, and not by way of a package's scripts.
fn is_of_build(known: &KnownProgram, path: &str, on_path: bool) -> bool {
    const OF_PYTHON: [&str; 4] = ["poetry", "pipenv", "uv", "pdm"];
    match (known.python.is_empty(), known.node.is_empty()) {
        (false, _) => OF_PYTHON.contains(&known.program.as_str()),
        (_, false) => known.global || path == "node" && !on_path,
        _ => true,
    }
}

/// Whether a command before it may have put it there.
fn may_bring(command: &probe::Probe, known: &KnownProgram) -> bool {
    let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
    let name = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let own = |word: &String| {
        let bare = word.trim_start_matches('@');
        let end = bare.find(['=', '@', '[', '<', '>', '~']).map(|at| at + (word.len() - bare.len()));
        let package = end.and_then(|end| word.get(..end)).unwrap_or(word);
        known.python.iter().chain(&known.node).any(|it| it.split('[').next() == Some(package))
    };
    let of_file = |word: &String| matches!(word.as_str(), "-r" | "." | "-e" | "link") || word.contains('$');
    match name {
        "pip" | "pip3" | "pipx" | "uv" | "python" | "python3" | "npm" | "yarn" | "pnpm" | "bun" | "gem"
        | "poetry"
            if words.iter().skip(1).any(|word| own(word) || of_file(word)) =>
        {
            true
        }
        _ => installs::command_may(command, &known.program),
    }
}

/// Whether what is copied may hold it.
fn copy_may_bring(copy: &Copy, program: &str) -> bool {
    let names = |path: &Text| path.assumed().rsplit('/').next() == Some(program);
    let to = copy.destination.assumed();
    let systemic = ["/usr", "/bin", "/sbin", "/opt", "/root", "/home", "/lib", "/nix"];
    to == "/"
        || to.contains('$')
        || systemic.iter().any(|start| to.starts_with(start) && (copy.from.is_some() || to.contains("bin")))
        || copy.sources.iter().any(names)
        || names(&copy.destination)
}
