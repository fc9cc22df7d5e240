//! A build installs with a tool that stops where the lock file lacks what the manifest asks for.

use std::collections::HashSet;

use super::prelude::*;
use crate::programs::outdated_locks::OutdatedLock;

rule!("outdated-lock-file", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        for outdated in &service.program.outdated_locks {
            if !seen.insert(outdated.at) {
                continue;
            }
            let OutdatedLock { command, manifest, lock, package, asked, .. } = outdated;
            let more = match outdated.more {
                0 => String::new(),
                1 => ", and one more package".to_string(),
                more => format!(", and {more} more packages"),
            };
            let lacks = match &outdated.has {
                _ if outdated.platform => {
                    format!("`{lock}` is made for `{package}`, and images are of Linux")
                }
                Some(has) => {
                    format!("`{lock}` has `{package}` of `{has}`, and `{manifest}` asks for `{asked}`{more}")
                }
                None => format!("`{lock}` lacks `{package}`{more}"),
            };
            let update = format!(
                "run `{}` beside `{manifest}`, and put `{lock}` under version control",
                outdated.update
            );
            let help = match outdated.instead {
                Some(instead) => format!("{update}; or write `RUN {instead}`"),
                None => update,
            };
            out.push(
                RULE.finding(outdated.at, format!("the build of `{name}` stops at `{command}`: {lacks}"))
                    .service(name.clone())
                    .here(if outdated.platform { "no Linux" } else { "asks for it" })
                    .also(outdated.run, format!("it says: {}", outdated.says))
                    .help(help)
                    .evidence(package.clone()),
            );
        }
    }
}
