//! A variable that one list or file sets twice: the first has no effect.

use std::collections::HashSet;

use super::prelude::*;
use crate::finding::ProblemKind;

rule!("duplicate-variable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // A file may be read for several services, a list be used by several.
    let mut seen = HashSet::new();
    let all = cx.project.problems.iter().filter(|problem| problem.kind == ProblemKind::DuplicateVariable);
    for problem in all.filter(|problem| seen.insert(problem.at)) {
        let name = problem.subject.clone().unwrap_or_default();
        let mut finding = Finding {
            service: problem.service.clone(),
            also: problem.also.clone(),
            help: problem.help.clone(),
            ..RULE.finding(problem.at, problem.message.clone())
        };
        finding = finding.here("has no effect").evidence(name.clone());
        out.push(match cx.edits.remove_item(problem.at) {
            Some(edits) => finding.fix(Fix {
                title: format!("take out the first `{name}`"),
                applicability: Applicability::Safe,
                edits,
            }),
            None => finding,
        });
    }
}
