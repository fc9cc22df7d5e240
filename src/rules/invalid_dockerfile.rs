//! A Dockerfile that the builder refuses.

use super::prelude::*;
use crate::programs::dockerfile::FaultKind;

rule!("invalid-dockerfile", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active().filter(|service| service.service.build.is_some()) {
        let mut told = std::collections::HashSet::new();
        let name = &service.service.name.value;
        for fault in &service.program.image.faults {
            if !told.insert(fault.at) {
                continue;
            }
            let (message, here, help, confidence) = match &fault.kind {
                FaultKind::Flag { instruction, flag } => (
                    format!(
                        "`{instruction}` has no option `--{flag}`: the image of `{name}` cannot be built"
                    ),
                    "no such option".to_string(),
                    match flag.split_once(':') {
                        Some((option, value)) => format!("write `--{option}={value}`"),
                        None => format!("see the options of `{instruction}` in the Dockerfile reference"),
                    },
                    Confidence::Certain,
                ),
                FaultKind::Stage { name: stage, meant, number, base } => (
                    format!(
                        "no stage before this is called `{stage}`: the image of `{name}` cannot be built"
                    ),
                    match base {
                        true => "neither a stage nor an image of Docker Hub".to_string(),
                        false => "taken from nowhere".to_string(),
                    },
                    match meant {
                        Some(meant) if *base => format!("did you mean `FROM {meant}`?"),
                        Some(meant) => format!("did you mean `--from={meant}`?"),
                        None => format!("name a stage: `FROM … AS {stage}`"),
                    },
                    if *number { Confidence::Certain } else { Confidence::Likely },
                ),
                _ => continue,
            };
            out.push(
                RULE.finding(fault.at, message)
                    .service(name.clone())
                    .here(here)
                    .at_most(confidence)
                    .help(help)
                    .evidence(name.clone()),
            );
        }
    }
}
