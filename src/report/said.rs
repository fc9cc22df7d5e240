//! Sets of compose files that only a script or a note starts: of what is wrong with them, that alone is told which is right without.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Checked;
use crate::finding::{Confidence, Finding, Label, Severity};
use crate::source::{Span, relative};

/// Where it is said how a set is started.
#[derive(Clone, Debug)]
pub struct Said {
    /// The line of the script or note.
    pub at: Span,
    /// The directory that Compose is called in.
    pub directory: PathBuf,
}

/// What makes two findings of several sets the same one.
#[derive(PartialEq, Eq, Hash)]
enum Told {
    Place(&'static str, Option<String>, Span),
    Mistake(&'static str, Option<String>, Vec<String>),
}

impl Told {
    fn of(finding: &Finding) -> impl Iterator<Item = Self> {
        let (rule, service) = (finding.rule, finding.service.clone());
        let mistake = Some(Self::Mistake(rule, service.clone(), finding.evidence.clone()));
        let mistake = mistake.filter(|_| !finding.evidence.is_empty());
        std::iter::once(Self::Place(rule, service, finding.at)).chain(mistake)
    }
}

/// Takes out of the projects that are only spoken of what others have, too, and advice; what is left says how it is started.
pub fn only_new(projects: &mut [Checked]) {
    let mut told: HashSet<Told> = HashSet::new();
    for project in projects.iter().filter(|project| project.said.is_none()) {
        let accepted = project.suppressed.iter().map(|suppressed| &suppressed.finding);
        told.extend(project.findings.iter().chain(accepted).flat_map(Told::of));
    }
    for project in projects.iter_mut() {
        let Some(said) = project.said.clone() else { continue };
        project.findings.retain(|finding| {
            finding.severity > Severity::Advice && !Told::of(finding).any(|known| told.contains(&known))
        });
        let flags = project.flags(&said.directory);
        for finding in &mut project.findings {
            told.extend(Told::of(finding));
            // Notes may be older than what they speak of.
            finding.confidence = finding.confidence.min(Confidence::Likely);
            finding.message = format!("{}; so it is with `{flags}`", finding.message);
            finding.also.push(Label { span: said.at, text: "this starts it so".to_string() });
        }
    }
}

impl Checked {
    /// Its files as Compose is told them when it is called in `directory`.
    fn flags(&self, directory: &Path) -> String {
        let flags = self.files.iter().map(|path| format!("-f {}", relative(path, directory).display()));
        flags.collect::<Vec<_>>().join(" ")
    }
}
