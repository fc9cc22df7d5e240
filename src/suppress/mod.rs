//! Comments that say which findings are known and accepted: `# dockworthy: ignore[rule] reason`.
//!
//! What such a comment covers is taken out of a project's findings by [`apply`] and kept with its reason; what is
//! wrong with the comments themselves is for [`verdicts`] to say, when all projects of a run have been asked.

mod comments;
mod directive;
mod plain;
mod verdicts;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use comments::Comment;
pub use comments::Syntax;
use directive::Said;
pub use verdicts::verdicts;

use crate::compose::Project;
use crate::facts::Facts;
use crate::finding::Finding;
use crate::programs::Module;
use crate::rules::{ALL, Rule};
use crate::source::{SourceFile, SourceMap, Span, Spanned};

/// A finding that a comment accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted, if the comment says so.
    pub reason: Option<String>,
    /// The comment.
    pub by: Span,
}

/// A comment that speaks to us.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The directive, without what opens and closes the comment.
    at: Span,
    /// What to take out of the file to be rid of it.
    removal: Span,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Ignore(Ignore),
    /// It cannot be meant: the fact, and what to write.
    Wrong(String, String),
}

#[derive(Clone, Debug)]
struct Ignore {
    names: Vec<Name>,
    reason: Option<String>,
    /// The places it covers: of a comment alone on its lines, those and what follows; of another, its line.
    covers: Span,
    /// Whether findings that only reach into those places are covered, too.
    reaches: bool,
    /// The services it covers, wherever their findings stand.
    services: Vec<String>,
    /// Whether none of those runs.
    idle: bool,
}

#[derive(Clone, Debug)]
struct Name {
    text: Spanned<String>,
    rule: Option<&'static Rule>,
    /// Whether the rule was asked where the comment counts.
    asked: bool,
    used: bool,
}

/// The files of a project in which comments count, each once.
#[must_use]
pub fn files(project: &Project, facts: &Facts<'_>) -> Vec<(PathBuf, Syntax)> {
    let mut files: Vec<(PathBuf, Syntax)> =
        project.files.iter().map(|path| (path.clone(), Syntax::Yaml)).collect();
    for path in &project.read {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        let is_yaml = matches!(extension, "yml" | "yaml" | "json");
        files.push((path.clone(), if is_yaml { Syntax::Yaml } else { Syntax::Env }));
    }
    for program in facts.services().map(|service| service.program) {
        files.extend(program.image.dockerfile.iter().map(|path| (path.clone(), Syntax::Dockerfile)));
        files.extend(program.dotenv.iter().map(|dotenv| (dotenv.path.clone(), Syntax::Env)));
        // Nothing is found in a text that is not kept; most are not.
        let kept = |module: &&Arc<Module>| {
            let source = program.scope.index_of(module).and_then(|index| program.scope.get(index));
            source.is_none_or(|(_, source)| source.is_kept())
        };
        files.extend(program.modules.iter().filter(kept).map(|module| (module.path.clone(), Syntax::ByName)));
    }
    let mut seen = BTreeSet::new();
    files.retain(|(path, _)| seen.insert(path.clone()));
    files
}

/// The directives in these files.
#[must_use]
pub fn read(sources: &SourceMap, files: &[(PathBuf, Syntax)]) -> Vec<Directive> {
    let known = files.iter().filter_map(|(path, syntax)| Some((sources.load(path).ok()?, *syntax)));
    known.flat_map(|(file, syntax)| in_file(&file, syntax)).collect()
}

/// The files in which findings stand and that are not among these.
#[must_use]
pub fn other_files(
    sources: &SourceMap,
    findings: &[Finding],
    known: &[(PathBuf, Syntax)],
) -> Vec<(PathBuf, Syntax)> {
    let mut others: Vec<(PathBuf, Syntax)> = Vec::new();
    let mut last: Option<Arc<SourceFile>> = None;
    for finding in findings.iter().filter(|finding| !finding.at.is_none()) {
        if last.as_ref().is_some_and(|file| file.owns(finding.at)) {
            continue;
        }
        last = sources.file(finding.at);
        let Some(path) = last.as_ref().map(|file| file.path.clone()) else { continue };
        if !known.iter().chain(&others).any(|(other, _)| *other == path) {
            others.push((path, Syntax::ByName));
        }
    }
    others
}

/// The rules that the directives name.
pub fn named(directives: &[Directive]) -> impl Iterator<Item = &'static Rule> {
    directives
        .iter()
        .filter_map(Directive::ignore)
        .flat_map(|ignore| &ignore.names)
        .filter_map(|name| name.rule)
}

/// Takes the findings that the directives cover out of a project's, and notes which directives were of use.
/// `asked` are the rules that were asked; `start` is where findings that stand nowhere are shown.
pub fn apply(
    directives: &mut [Directive],
    findings: &mut Vec<Finding>,
    asked: &[&'static Rule],
    project: &Project,
    start: Span,
) -> Vec<Suppressed> {
    for directive in directives.iter_mut() {
        let What::Ignore(ignore) = &mut directive.what else { continue };
        let active = |name: &String| project.services.get(name).is_some_and(|service| service.active);
        ignore.idle = !ignore.services.is_empty() && !ignore.services.iter().any(active);
        for name in &mut ignore.names {
            name.asked = name.rule.is_some_and(|rule| asked.iter().any(|asked| asked.name == rule.name));
        }
    }
    let mut suppressed = Vec::new();
    let all = std::mem::take(findings);
    for finding in all {
        match accepted(directives, &finding, start) {
            Some((reason, by)) => suppressed.push(Suppressed { finding, reason, by }),
            None => findings.push(finding),
        }
    }
    suppressed
}

/// The reason and the place of the first directive that covers the finding; all that do were of use.
fn accepted(directives: &mut [Directive], finding: &Finding, start: Span) -> Option<(Option<String>, Span)> {
    let mut by = None;
    for directive in directives {
        let at = directive.at;
        let What::Ignore(ignore) = &mut directive.what else { continue };
        if !ignore.covers(finding, start) {
            continue;
        }
        let reason = ignore.reason.clone();
        if let Some(name) = ignore.names.iter_mut().find(|name| name.text.value == finding.rule) {
            name.used = true;
            by = by.or(Some((reason, at)));
        }
    }
    by
}

impl Ignore {
    fn covers(&self, finding: &Finding, start: Span) -> bool {
        let at = if finding.at.is_none() { start } else { finding.at };
        let begins = self.covers.lo <= at.lo && at.lo <= self.covers.hi;
        let reaches = self.reaches && at.lo < self.covers.lo && self.covers.lo < at.hi;
        begins || reaches || finding.service.as_ref().is_some_and(|service| self.services.contains(service))
    }
}

impl Directive {
    fn ignore(&self) -> Option<&Ignore> {
        match &self.what {
            What::Ignore(ignore) => Some(ignore),
            What::Wrong(..) => None,
        }
    }
}

fn in_file(file: &SourceFile, syntax: Syntax) -> Vec<Directive> {
    let comments = comments::of(file, syntax);
    let mut directives = Vec::new();
    for comment in &comments {
        let mut at = comment.at.start;
        for line in file.text.get(comment.at.clone()).unwrap_or("").split_inclusive('\n') {
            if let Some((range, said)) = directive::said(line.trim_end_matches(['\n', '\r'])) {
                directives.push(directive(file, comment, at, range, said));
            }
            at += line.len();
        }
    }
    directives
}

fn directive(
    file: &SourceFile,
    comment: &Comment,
    base: usize,
    range: std::ops::Range<usize>,
    said: Said,
) -> Directive {
    let span = |range: &std::ops::Range<usize>| file.slice(base + range.start, base + range.end);
    let what = match said {
        Said::Wrong { message, help } => What::Wrong(message, help),
        Said::Ignore { file: true, .. } if !comment.at_top => What::Wrong(
            "`ignore-file` stands below the content of the file".to_string(),
            "move it above the first line that is no comment".to_string(),
        ),
        Said::Ignore { file: whole, names, reason } => {
            let name = |(text, at): (String, std::ops::Range<usize>)| Name {
                rule: ALL.iter().copied().find(|rule| rule.name == text),
                text: Spanned::new(text, span(&at)),
                asked: false,
                used: false,
            };
            let covers =
                if whole { file.span() } else { file.slice(comment.covers.start, comment.covers.end) };
            What::Ignore(Ignore {
                names: names.into_iter().map(name).collect(),
                reason,
                covers,
                reaches: !comment.alone && !whole,
                services: if whole { Vec::new() } else { comment.services.clone() },
                idle: false,
            })
        }
    };
    Directive { at: span(&range), removal: removal(file, comment), what }
}

/// The comment with the blanks before it, or with its line when it has that for itself; nothing when it says more
/// than the directive.
fn removal(file: &SourceFile, comment: &Comment) -> Span {
    let text = file.text.get(comment.at.clone()).unwrap_or("");
    if text.contains('\n') || !directive::is_all(text) {
        return Span::NONE;
    }
    let line = file.line_of(comment.at.start);
    if comment.alone {
        return file.slice(file.line_start(line), file.line_start(line + 1));
    }
    let before = file.text.get(file.line_start(line)..comment.at.start).unwrap_or("");
    let blanks = before.len() - before.trim_end().len();
    file.slice(comment.at.start - blanks, comment.at.end)
}
