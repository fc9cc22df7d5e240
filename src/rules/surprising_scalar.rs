//! A text that YAML takes for a number, a truth value or a date, so that another text arrives.

use std::collections::HashSet;

use super::prelude::*;
use crate::finding::{Problem, ProblemKind};

rule!("surprising-scalar", check);

/// Words in names whose values are labels, not amounts: every character of them counts.
const LABELS: [&str; 18] = [
    "version", "ver", "tag", "release", "revision", "commit", "sha", "hash", "build", "id", "password",
    "pass", "pin", "code", "key", "token", "secret", "phone",
];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    let all = cx.project.problems.iter().filter(|problem| problem.kind == ProblemKind::SurprisingScalar);
    for problem in all.filter(|problem| seen.insert(problem.at)) {
        let Some(written) = problem.subject.as_deref() else { continue };
        let finding = Finding {
            service: problem.service.clone(),
            help: problem.help.clone(),
            ..RULE.finding(problem.at, problem.message.clone())
        };
        let finding = finding.evidence(written).at_most(confidence(problem, written));
        out.push(match cx.edits.quote(problem.at) {
            Some(edits) => finding.fix(Fix {
                title: "put the value in quotes".to_string(),
                applicability: Applicability::Safe,
                edits,
            }),
            None => finding,
        });
    }
}

/// Whether whoever reads the value will notice: to a program that wants a number `0.50` and `0.5` are one.
fn confidence(problem: &Problem, written: &str) -> Confidence {
    let name = problem.path.last().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    let label = name.split(['_', '-', '.']).any(|word| LABELS.contains(&word));
    let Some((whole, fraction)) = written.split_once('.') else {
        let same_number = matches!(written.to_ascii_lowercase().as_str(), "true" | "false" | "-0")
            || !label && written.contains(['e', 'E']) && !written.starts_with("0x");
        return if same_number { Confidence::Possible } else { Confidence::Certain };
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // `3.10` is a version of something; `0.50` and `1.0` are amounts unless the name says otherwise.
    let version = digits(whole) && digits(fraction) && whole != "0" && fraction.len() > 1 && whole.len() < 3;
    let exponent = problem.message.contains("e+");
    match label {
        true => Confidence::Certain,
        false if version || exponent => Confidence::Likely,
        false => Confidence::Possible,
    }
}
