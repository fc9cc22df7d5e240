//! Findings as pictures of the source, for people.

use std::fmt::Display;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::excerpt::{CONTEXT, Excerpt};
use super::paint::{self, Style};
use super::{Report, Screen, mask, number, one_line, printable, severity, shown, wrap};
use crate::finding::{Finding, Severity};
use crate::source::{SourceMap, Span};

/// Narrower lines of text are not made.
const LEAST: usize = 32;

/// Writes each finding with the lines it speaks of, and the summary.
pub fn write(report: &Report, sources: &SourceMap, screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    // The sort is stable: within a project they stay in their order.
    findings.sort_by_key(|finding| report.owner(finding));
    let ends = [findings.first(), findings.last()].map(|finding| finding.map(|it| report.owner(it)));
    let (several, mut last) = (ends[0] != ends[1], None);
    for finding in findings {
        let owner = report.owner(finding);
        if several && last.replace(owner) != Some(owner) {
            heading(report, owner, screen, out)?;
        }
        let picture = Picture::new(report, finding, sources, screen);
        let mut text = String::new();
        handler(&picture, screen)
            .render_report(&mut text, &picture)
            .map_err(|_| io::Error::other("a picture failed"))?;
        // miette pads lines with blanks that would only disturb diffs and copies.
        for line in text.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    if !screen.quiet {
        for line in wrap::wrap(&report.summary(), screen.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// The line above the findings of a project.
fn heading(report: &Report, owner: usize, screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let Some(project) = report.projects.get(owner) else { return Ok(()) };
    let count = report.findings.iter().filter(|finding| report.owner(finding) == owner).count();
    let files: Vec<String> = project.files.iter().map(|file| shown(file, &report.directory)).collect();
    let stack = project.stack.as_ref().map(|stack| format!("stack {}: ", printable::printable(stack)));
    let name = format!("{}{}", stack.unwrap_or_default(), files.join(" + "));
    let count = number(count, "finding", "findings");
    let name = Style::Strong.paint(&name, screen);
    paint::put(&format!("── {name} · {count}\n\n"), screen, out)
}

/// What draws a picture: the finding's own place in the colour of its severity, the other places only bold.
fn handler(picture: &Picture, screen: &Screen) -> GraphicalReportHandler {
    let mut characters = if screen.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    if screen.unicode {
        // The default arrows are drawn two columns wide by many terminals.
        characters.error = "×".into();
        characters.warning = "!".into();
        characters.advice = "·".into();
    }
    let mut styles = ThemeStyles::none();
    if screen.color {
        // Yellow and cyan can't be read on white, nor blue on black.
        let plain = styles.help;
        styles.error = plain.red();
        styles.warning = plain.magenta();
        styles.advice = plain.green();
        styles.help = plain.bold();
        styles.link = plain.underline();
        styles.linum = plain.dimmed();
        let own = match picture.severity {
            Severity::Error => styles.error,
            Severity::Warning => styles.warning,
            Severity::Advice => styles.advice,
        };
        // Labels take these in the order of their places.
        let mut labels: Vec<&LabeledSpan> = picture.labels.iter().collect();
        labels.sort_by_key(|label| label.offset());
        let style = |label: &LabeledSpan| if label.primary() { own.bold() } else { plain.bold() };
        styles.highlights = labels.into_iter().map(style).collect();
        if styles.highlights.is_empty() {
            styles.highlights.push(plain);
        }
    }
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(screen.width)
        .with_context_lines(CONTEXT)
        .with_urls(false)
        .without_syntax_highlighting()
        // miette would break URLs; texts come to it in lines already.
        .with_wrap_lines(false)
        .tab_width(4)
}

/// A finding as miette wants it.
#[derive(Debug)]
struct Picture {
    code: String,
    message: String,
    help: Option<String>,
    severity: Severity,
    labels: Vec<LabeledSpan>,
    excerpt: Excerpt,
}

impl Picture {
    fn new(report: &Report, finding: &Finding, sources: &SourceMap, screen: &Screen) -> Self {
        let plain = |text: String| if screen.unicode { text } else { printable::ascii(&text) };
        let spans: Vec<Span> =
            std::iter::once(finding.at).chain(finding.also.iter().map(|label| label.span)).collect();
        let texts = std::iter::once(finding.label.clone())
            .chain(finding.also.iter().map(|label| Some(label.text.clone())));
        let (excerpt, places) = Excerpt::new(sources, &report.directory, &spans, screen);
        let labels = places.into_iter().zip(texts).enumerate().filter_map(|(index, (place, text))| {
            let place = place?;
            // The label hangs below the middle of its place, behind the frame and its own arm.
            let room = screen.width.saturating_sub(excerpt.column(&place) + 11);
            let text = text.map(|text| wrapped(&plain(one_line(&text)), room.max(LEAST / 2)));
            let span = (place.start, place.len());
            Some(match index {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            })
        });
        let labels = labels.collect();
        Self {
            code: format!("{}[{}]", severity(finding.severity), finding.rule),
            message: wrapped(&plain(one_line(&finding.message)), screen.width.saturating_sub(4).max(LEAST)),
            help: finding.help.as_deref().map(|help| lines(&plain(help_text(help)), screen.width)),
            severity: finding.severity,
            labels,
            excerpt,
        }
    }
}

/// Help may have lines of its own: a value to write stands on one.
fn help_text(help: &str) -> String {
    mask::message(help).lines().map(printable::printable).collect::<Vec<_>>().join("\n")
}

fn lines(help: &str, width: usize) -> String {
    let wrap = |line: &str| {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let text = wrapped(line.trim_start(), width.saturating_sub(8 + indent.len()).max(LEAST));
        text.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
    };
    help.lines().map(wrap).collect::<Vec<_>>().join("\n")
}

/// The text in lines of at most `room` columns, broken at blanks alone: a value stays whole, and so
/// does what stands between backticks where a line has room for it.
fn wrapped(text: &str, room: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text, room) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

fn words(text: &str, room: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '`' => quoted = !quoted,
            ' ' if !quoted => {
                words.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&text[start..]);
    let whole = |word: &&str| word.chars().count() <= room;
    words
        .into_iter()
        .flat_map(|word| if whole(&word) { vec![word] } else { word.split(' ').collect() })
        .collect()
}

impl Display for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Picture {}

impl Diagnostic for Picture {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }
}
