//! A variable that is set for a service and that nothing in its program looks at.

use super::prelude::*;
use crate::facts::unread;

rule!("unread-variable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    for facts in cx.facts.active() {
        let service = &facts.service.name.value;
        for (name, set) in unread::of(facts) {
            if cx.project.own.reads(&name) {
                continue;
            }
            // What an anchor brings to several services, some of them may read.
            let elsewhere = cx.facts.services().any(|other| {
                let same = other.environment.get(&name).is_some_and(|it| it.variable.key == set.variable.key);
                other.key != facts.key && same
            });
            if elsewhere || !seen.insert(set.variable.key) {
                continue;
            }
            let finding = RULE
                .finding(set.variable.key, format!("nothing that `{service}` runs is seen to read `{name}`"))
                .service(service.clone())
                .help(format!("take `{name}` out, or correct its name"))
                .evidence(name.clone());
            let edits = cx.edits.remove_entry(set.variable.key);
            let edits = edits.or_else(|| cx.edits.remove_item(set.variable.origin.written));
            out.push(match edits {
                Some(edits) => finding.fix(Fix {
                    title: format!("take `{name}` out of `environment` of `{service}`"),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
                None => finding,
            });
        }
    }
}
