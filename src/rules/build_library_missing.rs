//! A build compiles something without the library or tool that it needs.

use std::collections::HashSet;

use super::prelude::*;

rule!("build-library-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        for unbuilt in &service.program.unbuilt {
            let networked = service.service.build.as_ref().is_some_and(|build| build.network.is_some());
            if unbuilt.asks && networked {
                continue;
            }
            if !seen.insert((unbuilt.at, unbuilt.what.clone(), unbuilt.image.span)) {
                continue;
            }
            let (what, image) = (&unbuilt.what, &unbuilt.image.value);
            let message = if unbuilt.unlinked {
                format!(
                    "`{name}` stops where it imports {what}: that was compiled in another stage, and `{image}` does not have the library that it loads"
                )
            } else if unbuilt.left_out {
                format!("the build of `{name}` stops at {what}: the stage that compiles it has no such file")
            } else if unbuilt.later {
                format!(
                    "`{name}` stops where it opens its database: {what} is in C, and `{image}` builds it without"
                )
            } else if unbuilt.asks {
                format!(
                    "the build of `{name}` stops at {what}: nothing keeps what a database said of them, and builds reach none"
                )
            } else if let Some(why) = &unbuilt.nowhere {
                format!("the build of `{name}` stops at {what}: {why}")
            } else if unbuilt.old {
                format!(
                    "the build of `{name}` stops at {what}: it is not made for the Python of `{image}`, nor is it compiled by that"
                )
            } else if unbuilt.gone {
                format!("the build of `{name}` stops at {what}: `{image}` does not have it any more")
            } else {
                format!(
                    "the build of `{name}` stops at {what}: `{image}` does not have what it is built with, and nothing installs that"
                )
            };
            let says = format!("it says: {}", unbuilt.says);
            let finding = RULE.finding(unbuilt.at, message).service(name.clone());
            let finding = match unbuilt.run.is_none() || unbuilt.run == unbuilt.at {
                true => finding.here(says),
                false if unbuilt.nowhere.is_some() => finding.here("asks for it").also(unbuilt.run, says),
                false => finding.here("needs more than is there").also(unbuilt.run, says),
            };
            out.push(
                finding
                    .at_most(if unbuilt.asks || unbuilt.unlinked || unbuilt.left_out {
                        Confidence::Likely
                    } else {
                        Confidence::Certain
                    })
                    .help(unbuilt.instead.clone())
                    .evidence(what.clone()),
            );
        }
    }
}
