//! One cause, told once: where services share a file or an anchor, a mistake there is true of each of them, and mending
//! it mends them all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::finding::{Confidence, Edit, Finding, Severity};
use crate::rules::phrases::{list, listed};
use crate::source::Span;

/// What findings of one cause share: all but the service's name.
#[derive(PartialEq, Eq, Hash)]
struct Cause {
    rule: &'static str,
    severity: Severity,
    confidence: Confidence,
    at: Span,
    texts: [Option<String>; 4],
    edits: Vec<(Span, String)>,
}

impl Cause {
    /// The cause of a finding; none where it is about no service.
    fn of(finding: &Finding) -> Option<Self> {
        let name = format!("`{}`", finding.service.as_ref()?);
        let nameless = |text: &String| text.replace(&name, "``");
        let title = finding.fix.as_ref().map(|fix| nameless(&fix.title));
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        Some(Self {
            rule: finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            at: finding.at,
            texts: [
                Some(nameless(&finding.message)),
                finding.label.as_ref().map(nameless),
                finding.help.as_ref().map(nameless),
                title,
            ],
            edits: edits.map(|Edit { span, text }| (*span, text.clone())).collect(),
        })
    }
}

/// The findings in their order, those of one cause as the first of them, which names the services of the others.
#[must_use]
pub fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut first: HashMap<Cause, usize> = HashMap::new();
    let mut told: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match Cause::of(&finding).map(|cause| first.entry(cause)) {
            Some(Entry::Occupied(known)) => {
                let services = told.get_mut(*known.get()).map(|finding| &mut finding.alike);
                services.into_iter().for_each(|alike| alike.extend(finding.service.clone()));
            }
            Some(Entry::Vacant(new)) => {
                new.insert(told.len());
                told.push(finding);
            }
            None => told.push(finding),
        }
    }
    for finding in &mut told {
        let names: Vec<&str> = finding.alike.iter().map(String::as_str).collect();
        let names = match names.len() {
            0 => continue,
            1..=4 => listed(&names),
            _ => list(&names),
        };
        finding.message = format!("{}; the same for {names}", finding.message);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(service: &str, what: &str) -> Finding {
        Finding {
            rule: "wrong-port",
            severity: Severity::Error,
            confidence: Confidence::Certain,
            service: Some(service.to_string()),
            message: format!("`{service}` dials `{what}`"),
            at: Span::default(),
            label: None,
            also: Vec::new(),
            help: Some(format!("set `X` for `{service}`")),
            fix: None,
            evidence: Vec::new(),
            alike: Vec::new(),
        }
    }

    #[test]
    fn one_place_and_one_sentence_are_one_finding() {
        let told = once(vec![finding("api", "db:1"), finding("beat", "db:1"), finding("cron", "db:1")]);
        let messages: Vec<&str> = told.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["`api` dials `db:1`; the same for `beat` and `cron`"]);
        assert_eq!(told[0].alike, ["beat", "cron"]);
    }

    #[test]
    fn what_differs_in_more_than_the_name_stays_apart() {
        let other = finding("beat", "db:2");
        let surer = finding("cron", "db:1").at_most(Confidence::Likely);
        assert_eq!(once(vec![finding("api", "db:1"), other, surer]).len(), 3);
    }
}
