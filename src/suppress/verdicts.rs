//! What is wrong with the directives of a run.

use std::collections::BTreeMap;

use super::{Directive, Ignore, Name, Suppressed, What, accepted};
use crate::compose::nearest;
use crate::config::Settings;
use crate::finding::{Applicability, Edit, Finding, Fix};
use crate::rules::ALL;
use crate::rules::suppressions::{CATEGORY, INVALID, UNUSED, WITHOUT_REASON};
use crate::source::Span;

/// What the rules about directives find, for each project: a directive that several projects share is judged once,
/// by what it did in all of them, and told in the first. What a directive accepts of that comes second.
#[must_use]
pub fn verdicts(projects: &[(Vec<Directive>, &Settings)]) -> Vec<(Vec<Finding>, Vec<Suppressed>)> {
    let mut joined: BTreeMap<Span, (usize, Directive)> = BTreeMap::new();
    for (index, (directives, _)) in projects.iter().enumerate() {
        for directive in directives {
            match joined.get_mut(&directive.at) {
                Some((_, known)) => known.join(directive),
                None => drop(joined.insert(directive.at, (index, directive.clone()))),
            }
        }
    }
    let mut outcome: Vec<(Vec<Finding>, Vec<Suppressed>)> =
        projects.iter().map(|_| Default::default()).collect();
    let mut all: Vec<Directive> = joined.values().map(|(_, directive)| directive.clone()).collect();
    for (index, directive) in joined.into_values() {
        let Some((_, settings)) = projects.get(index) else { continue };
        let Some((told, suppressed)) = outcome.get_mut(index) else { continue };
        for finding in directive.verdict(settings) {
            match accepted(&mut all, &finding, Span::NONE) {
                Some((reason, by)) => suppressed.push(Suppressed { finding, reason, by }),
                None => told.push(finding),
            }
        }
    }
    outcome
}

impl Directive {
    /// Takes over what the same directive did in another project.
    fn join(&mut self, other: &Directive) {
        let (What::Ignore(own), What::Ignore(other)) = (&mut self.what, &other.what) else { return };
        let judged = |ignore: &Ignore, name: &Name| name.asked && !ignore.idle;
        for (name, that) in own.names.iter_mut().zip(&other.names) {
            name.used |= that.used;
            name.asked |= judged(other, that);
        }
        own.idle &= other.idle;
    }

    fn verdict(&self, settings: &Settings) -> Vec<Finding> {
        let mut found = Vec::new();
        match &self.what {
            What::Wrong(message, help) => {
                found.push(INVALID.finding(self.at, message).help(help).evidence(message));
            }
            What::Ignore(ignore) => {
                found.extend(ignore.names.iter().filter_map(unknown));
                found.extend(self.unused(ignore));
                if ignore.reason.is_none() {
                    let names = ignore.names.iter().map(|name| name.text.value.clone());
                    let missing = WITHOUT_REASON.finding(self.at, "the suppression gives no reason");
                    let help = "write behind the bracket why the finding is accepted";
                    found.push(Finding { evidence: names.collect(), ..missing.help(help) });
                }
            }
        }
        found.retain(|finding| settings.speaks(finding));
        found
    }

    /// The names of which nothing came, as one finding.
    fn unused(&self, ignore: &Ignore) -> Option<Finding> {
        let idle = |name: &&Name| {
            let rule = name.rule.filter(|rule| rule.meta().category != CATEGORY);
            rule.is_some() && name.asked && !name.used && !ignore.idle
        };
        let unused: Vec<&Name> = ignore.names.iter().filter(idle).collect();
        let (first, last) = (unused.first()?, unused.last()?);
        let names: Vec<String> = unused.iter().map(|name| format!("`{}`", name.text.value)).collect();
        let one = names.len() == 1;
        let message = format!("{} {} nothing here", names.join(", "), if one { "finds" } else { "find" });
        let whole = unused.len() == ignore.names.len();
        let at = if whole { self.at } else { first.text.span.to(last.text.span) };
        let finding = UNUSED.finding(at, message).help("remove what is not needed");
        let evidence = unused.iter().map(|name| name.text.value.clone()).collect();
        let fix = whole.then(|| self.without()).flatten();
        Some(Finding { evidence, fix, ..finding })
    }

    fn without(&self) -> Option<Fix> {
        let edits = vec![Edit { span: self.removal, text: String::new() }];
        let title = "remove the comment".to_string();
        (!self.removal.is_none()).then_some(Fix { title, applicability: Applicability::Safe, edits })
    }
}

fn unknown(name: &Name) -> Option<Finding> {
    if name.rule.is_some() {
        return None;
    }
    let text = &name.text.value;
    let help = match nearest(text, ALL.iter().map(|rule| rule.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`dockworthy rules` lists all of them".to_string(),
    };
    let shown = text.replace('`', "'");
    let finding = INVALID.finding(name.text.span, format!("there is no rule `{shown}`"));
    Some(finding.help(help).evidence(text))
}
