//! `COPY` takes something that the build does not see.

use super::prelude::*;
use crate::programs::dockerfile::{Fault, FaultKind};

rule!("copy-source-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active().filter(|service| service.service.build.is_some()) {
        let mut told = std::collections::HashSet::new();
        let name = &service.service.name.value;
        let faults = &service.program.image.faults;
        let mut shells = std::collections::HashSet::new();
        for fault in faults {
            if let Some(word) = shell_word(faults, fault.at) {
                out.extend(shells.insert(fault.at).then(|| shell(name, word, fault.at)));
                continue;
            }
            let (message, help, confidence) = match &fault.kind {
                FaultKind::Ignored(source) => (
                    format!(
                        "`.dockerignore` hides `{source}` from the build: the image of `{name}` cannot be built"
                    ),
                    format!("take the pattern that matches `{source}` out of `.dockerignore`"),
                    Confidence::Certain,
                ),
                FaultKind::FromAbove { source, within } => (
                    format!(
                        "`{source}` is not in the build context, which is that folder itself: the image of `{name}` cannot be built"
                    ),
                    format!("write `{within}` in place of `{source}`, or build from the folder above"),
                    Confidence::Likely,
                ),
                FaultKind::Outside { source, above } => (
                    format!(
                        "`{source}` is not in the build context, and lies in `{above}` from there: the image of `{name}` cannot be built"
                    ),
                    format!("build from that folder: `context: {above}`, with `dockerfile` counted from there"),
                    Confidence::Likely,
                ),
                FaultKind::Absent { source, kin, output, excused, .. } => (
                    format!("`{source}` is not in the build context: the image of `{name}` cannot be built"),
                    match kin {
                        Some(kin) => format!("the project has `{kin}`: copy that"),
                        None if *output => {
                            "make it in the Dockerfile, in a stage of its own; or tell in the README how it is made".to_string()
                        }
                        None => "sources count from the build context".to_string(),
                    },
                    // What is not there may be made before the build.
                    match kin.is_some() || !excused || *output && cx.project.builds_alone {
                        true => Confidence::Likely,
                        false => Confidence::Possible,
                    },
                ),
                FaultKind::Unfetched { source, stage } => (
                    format!(
                        "`{source}` is not in the build context: the stage `{stage}` makes it, and nothing is taken from there, so the image of `{name}` cannot be built"
                    ),
                    format!("write `COPY --from={stage}` with the path that it has there"),
                    Confidence::Likely,
                ),
                FaultKind::Elsewhere { source, made } => (
                    format!(
                        "the build tool puts its archives into `{made}`, and none comes to `{source}`: the image of `{name}` cannot be built"
                    ),
                    format!("copy from `{made}`"),
                    Confidence::Likely,
                ),
                FaultKind::Unmade { source, made } => (
                    format!("nothing makes `{source}`, which is copied: the image of `{name}` cannot be built"),
                    match made {
                        Some(made) => format!("the build makes `{made}`: copy that"),
                        None => "name what the build makes".to_string(),
                    },
                    Confidence::Likely,
                ),
                FaultKind::Several { source, file, other } => (
                    format!(
                        "`{source}` are two archives, {other} among them, and `{file}` is one file: the image of `{name}` cannot be built"
                    ),
                    "have only one made, or name the one that is meant".to_string(),
                    Confidence::Likely,
                ),
                FaultKind::Beyond { manifest, source, parent } => {
                    let what = if *parent { "has its parent in" } else { "needs" };
                    (
                        format!(
                            "`{manifest}` {what} `{source}`, which is not in the build context: the image of `{name}` cannot be built"
                        ),
                        "build from the folder above, and copy what both need".to_string(),
                        Confidence::Likely,
                    )
                }
                FaultKind::Flag { .. }
                | FaultKind::Blank { .. }
                | FaultKind::Stage { .. }
                | FaultKind::Import { .. }
                | FaultKind::Sibling { .. }
                | FaultKind::Input { .. }
                | FaultKind::Named { .. }
                | FaultKind::Protocol { .. }
                | FaultKind::Unrestored { .. }
                | FaultKind::Target { .. } => continue,
            };
            if !told.insert((fault.at, &fault.kind)) {
                continue;
            }
            out.push(
                RULE.finding(fault.at, message)
                    .service(name.clone())
                    .here(here(&fault.kind))
                    .at_most(confidence)
                    .help(help)
                    .evidence(name.clone()),
            );
        }
    }
}

/// What a line of a shell has beside its words, where it stands among the sources of a `COPY`: `COPY yarn.lock . || true`.
fn shell_word(faults: &[Fault], at: Span) -> Option<&str> {
    let is = |word: &str| matches!(word, "||" | "&&" | "|" | ">" | "2>" | ";") || word.contains(">/dev/null");
    let of_step = faults.iter().filter(|fault| fault.at == at);
    of_step.into_iter().find_map(|fault| match &fault.kind {
        FaultKind::Absent { source, .. } if is(source) => Some(source.as_str()),
        _ => None,
    })
}

/// One finding for all the words of such a line.
fn shell(name: &str, word: &str, at: Span) -> Finding {
    let message = format!(
        "`COPY` has no shell: it takes `{word}` for a file of the build context, so the image of `{name}` cannot be built"
    );
    let finding = RULE.finding(at, message).service(name.to_string()).here("no shell reads this");
    finding
        .help("name sources and the destination alone; one that may not be there is a pattern beside one that is: `COPY package.json yarn.lock* ./`")
        .evidence(name.to_string())
}

const fn here(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::Several { .. } => "copies two into one file",
        FaultKind::Beyond { .. } => "builds without what is not there",
        _ => "copies what is not there",
    }
}
