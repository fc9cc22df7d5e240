//! A build installs a package that its distribution does not have.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::packages;

rule!("unavailable-package", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        for lacking in packages::lacking(&service.program.image) {
            if !seen.insert((lacking.at, lacking.package.clone())) {
                continue;
            }
            let message = format!(
                "the build of `{name}` stops at the package `{}`: `{}` is {}, which does not have it",
                lacking.package, lacking.base, lacking.release
            );
            let help = match (&lacking.gone.instead, lacking.gone.was_never()) {
                (Some(instead), true) => format!("install `{instead}`"),
                (Some(instead), false) => {
                    format!("install `{instead}`, or name an older release in the tag of the image")
                }
                (None, true) => "do without it, or add the repository that has it before".to_string(),
                (None, false) => {
                    "do without it, or name an older release in the tag of the image".to_string()
                }
            };
            out.push(
                RULE.finding(lacking.at, message)
                    .service(name.clone())
                    .here("has no installation candidate")
                    .also(lacking.from, "the image".to_string())
                    .help(help)
                    .evidence(lacking.package),
            );
        }
    }
}
