//! A build has an argument that nothing sets, and fails without it.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::unset_pages;
use crate::programs::dockerfile::FaultKind;

rule!("build-argument-unset", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active().filter(|service| service.service.build.is_some()) {
        let mut told = HashSet::new();
        let service_name = &service.service.name.value;
        for fault in &service.program.image.faults {
            let FaultKind::Blank { name, what, declared, elsewhere, given, sure } = &fault.kind else {
                continue;
            };
            if !told.insert(name.clone()) {
                continue;
            }
            let copies = what.starts_with("COPY ");
            let outcome = match copies {
                true => format!("`{what}` of `{service_name}` takes the whole folder"),
                false => format!("the build of `{service_name}` stops at `{what}`"),
            };
            let of_from = what.starts_with("FROM ");
            let why = match (declared, elsewhere) {
                (None, Some(_)) if of_from => {
                    format!("`{name}` is only declared in a stage, and is empty in every `FROM`")
                }
                (None, Some(_)) => {
                    format!("`{name}` is declared before the first `FROM` alone, and is empty in the stage")
                }
                _ => format!("nothing sets `{name}`, and it is empty"),
            };
            let help = match (declared, elsewhere, given) {
                (None, Some(_), _) if of_from => {
                    format!("declare it before the first `FROM`, with a value: `ARG {name}=…`")
                }
                (None, Some(_), _) => format!("declare it in the stage, too: `ARG {name}`"),
                (_, _, Some((given, _))) => {
                    format!(
                        "`args` gives `{given}`, which no `ARG` declares: if that is meant, call it `{name}`"
                    )
                }
                _ => format!("give it under `build.args`, or a default: `ARG {name}=…`"),
            };
            let mut finding = RULE
                .finding(fault.at, format!("{outcome}: {why}"))
                .service(service_name.clone())
                .here("is empty here")
                .help(help)
                .evidence(name.clone());
            if let Some(at) = declared.or(*elsewhere) {
                finding = finding.also(at, "declared here");
            }
            if let Some((given, at)) = given.as_ref().filter(|_| declared.is_some()) {
                finding = finding.also(*at, format!("`{given}` is given"));
            }
            out.push(if *sure { finding } else { finding.at_most(Confidence::Likely) });
        }
        out.extend(of_pages(service));
    }
}

/// Pages that are made without the variable with which they begin their addresses.
fn of_pages(service: &ServiceFacts<'_>) -> Option<Finding> {
    let unset = unset_pages::of(service)?;
    let (name, owner) = (&unset.name, &service.service.name);
    let bundle = service.program.pages.bundle.as_ref()?;
    let message = format!(
        "`{name}` is not set when the pages of `{}` are made, so they ask their own server for `undefined{}`",
        owner.value, unset.path
    );
    let finding = RULE.finding(unset.read, message).service(owner.value.clone());
    let finding = finding.here("is `undefined` in a browser");
    let finding = match unset.used {
        Some(used) => finding.also(used, "the address begins with it"),
        None => finding,
    };
    // Who builds may have a file that nobody speaks of.
    let severity = if bundle.unsealed { Severity::Warning } else { Severity::Error };
    Some(
        finding
            .severity(severity)
            .also(bundle.made_by, "the bundle is made here, without it")
            .help(format!(
                "write `{name}` under `build: args:` of `{}`, and `ARG {name}` before that `RUN`",
                owner.value
            ))
            .at_most(Confidence::Likely)
            .evidence(name.clone()),
    )
}
