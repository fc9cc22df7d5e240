//! What Next.js makes to stand alone has the packages that the server loads, and none of their commands: a script of the package
//! that runs `next` finds none.

use std::path::Path;

use super::brought;
use super::called::{Called, Lacking, in_command};
use super::dockerfile::{Dockerfile, Step};
use super::entry::{Launch, Machine, Started, Way};
use super::image::Image;
use crate::compose::Service;
use crate::source::{Span, Text, clean};

/// What ends the path of what it makes.
const MADE: &str = ".next/standalone";
/// Stages that are built one on the other beyond this number are not followed.
const MAX_STAGES: usize = 8;

/// The `next` that a script runs in a container that has only what stands alone.
pub(super) fn of(
    machine: &Machine<'_>,
    (service, image): (&Service, &Image),
    started: &Started,
    command: &[Text],
) -> Option<Called> {
    let steps = last(image.parsed.as_ref()?, service)?;
    let brings = |step: &&Step| match step {
        Step::Copy(copy) => {
            copy.destination.assumed().contains("node_modules")
                || copy.sources.iter().map(Text::assumed).any(|source| {
                    let file = Path::new(source.trim_end_matches('/')).extension().is_some();
                    let known = [".next", "public", "prisma", "locales", "messages"]
                        .iter()
                        .any(|it| source.contains(it));
                    !file && !known
                })
        }
        Step::Run(run) => {
            let run = run.assumed();
            ["npm ", "yarn", "pnpm", "bun ", "<<", "next"].iter().any(|word| run.contains(word))
                && !run.contains("nextjs")
        }
        _ => false,
    };
    if steps.iter().any(brings) || image.assumed || !service.volumes.is_empty() {
        return None;
    }
    let call = started.calls.iter().find(|call| {
        matches!(call.launch.name(), "npm" | "yarn" | "pnpm") && call.launch.way == Way::Surely
    })?;
    let place = clean(&call.launch.directory);
    let (from, _) =
        machine.copied.iter().find(|(from, to)| clean(from).ends_with(MADE) && clean(to) == place)?;
    let from = clean(from);
    let folder = from.parent().and_then(Path::parent)?;
    let manifest = machine.below.file(machine.sources.files(), &folder.join("package.json"))?;
    let manifest = machine.sources.load(&manifest).ok()?;
    let json: serde_json::Value = serde_json::from_str(&super::javascript::plain(&manifest.text)).ok()?;
    let text = json.get("scripts")?.get(script(&call.launch)?)?.as_str()?;
    let mut words = text.split_whitespace().skip_while(|word| word.contains('=') || *word == "cross-env");
    let next = words.next() == Some("next");
    let at = in_command(command, call.launch.name()).unwrap_or(Span::NONE);
    let known = brought::known("next").filter(|_| next)?;
    Some(Called { known, at, awaited: false, by_build: false, lacking: Lacking::Unpacked })
}

/// The script that a manager of packages is told to run.
fn script(launch: &Launch) -> Option<&str> {
    let mut words = launch.words.iter().skip(1).map(String::as_str);
    let first = words.next()?;
    if matches!(first, "run" | "run-script") { words.next() } else { Some(first) }
}

/// All steps of the last stage, those of the stages that it is made from first.
fn last<'d>(parsed: &'d Dockerfile, service: &Service) -> Option<Vec<&'d Step>> {
    let told = service.build.as_ref().and_then(|build| build.target.as_ref());
    let named = |name: &str, before: usize| {
        let stages = parsed.stages.get(..before)?;
        stages
            .iter()
            .rposition(|stage| stage.name.as_ref().is_some_and(|own| own.value == name.to_ascii_lowercase()))
    };
    let mut at = match told {
        Some(target) => named(&target.value.complete()?, parsed.stages.len())?,
        None => parsed.stages.len().checked_sub(1)?,
    };
    let mut steps = Vec::new();
    for _ in 0..MAX_STAGES {
        let stage = parsed.stages.get(at)?;
        steps.extend(&stage.steps);
        match stage.from.complete().and_then(|name| named(&name, at)) {
            Some(below) => at = below,
            None => return Some(steps),
        }
    }
    None
}
