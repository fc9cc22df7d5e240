//! A build installs packages of a release whose packages were moved to an archive.

use super::prelude::*;
use crate::facts::archived::{self, Stale};

rule!("archived-packages", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active().filter(|service| !service.program.image.assumed) {
        let mut told = Vec::new();
        for stale in archived::stale(&service.program.image) {
            if !told.contains(&stale.at) {
                told.push(stale.at);
                out.push(finding(&service.service.name.value, &stale));
            }
        }
    }
}

fn finding(name: &str, stale: &Stale) -> Finding {
    let Stale { release, base, command, .. } = stale;
    RULE.finding(
        stale.at,
        format!(
            "the build of `{name}` stops at `{command}`: `{base}` is {}, whose packages were moved to `{}` in {}",
            release.release, release.moved, release.since
        ),
    )
    .service(name.to_string())
    .here("finds no packages")
    .also(stale.from, "its base")
    .help(match release.moved.as_str() {
        "archive.debian.org" => format!(
            "build on a newer release, or look in the archive before: `RUN sed -i 's|deb.debian.org|{0}|; s|security.debian.org|{0}|; /-updates/d' /etc/apt/sources.list`",
            release.moved
        ),
        moved if moved.contains("ubuntu") => format!(
            "build on a release with long-term support, or look there before: `RUN sed -i 's/\\(archive\\|security\\).ubuntu.com/{moved}/' /etc/apt/sources.list`"
        ),
        _ => "build on a distribution that is kept: `almalinux:9`, `rockylinux:9`".to_string(),
    })
    .evidence(base.clone())
}
