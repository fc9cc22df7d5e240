//! What is said of a path that pages ask for, and that a proxy takes to where nobody answers it.

use super::prelude::*;

/// Reports it, of the service whose pages ask.
pub fn find(cx: &Context<'_>, rule: &'static Rule, client: &ServiceFacts<'_>) -> Option<Finding> {
    let lost = cx.facts.lost_path(client)?;
    let (asked, server, target) = (&lost.asked.value, lost.server, lost.target);
    let (at, message, help) = match &lost.passed {
        Some((passed, at)) => (
            *at,
            format!(
                "the pages of `{}` ask for `{asked}`, which `{server}` passes on to `{target}` as `{passed}`: nothing answers there, but at `{}`",
                client.key, lost.page
            ),
            match lost.page == *asked {
                true => {
                    "write the address of `proxy_pass` without a path: what a `location` matches is cut off where it has one, be it `/`"
                }
                false => {
                    "write `/` behind the address of `proxy_pass`, and behind the path of its `location`: what that matches is cut off then"
                }
            },
        ),
        None => (
            lost.asked.span,
            format!(
                "the pages of `{}` ask for `{asked}`, which `{server}` takes for one of its files: `{target}` has it, and nothing is passed on to there",
                client.key
            ),
            "add a `location` for it that passes requests on",
        ),
    };
    let finding = rule.finding(at, message).service(server.to_string()).help(help.to_string());
    let here = if lost.passed.is_some() { "passed on otherwise" } else { "asked for here" };
    let finding = finding.here(here).evidence(asked.clone()).at_most(Confidence::Likely);
    Some(match &lost.passed {
        Some(_) => finding.also(lost.asked.span, "asked for here"),
        None => finding,
    })
}
