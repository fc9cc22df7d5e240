//! Pages of Markdown, made readable in a terminal: headings strong, paragraphs filled, code as it is, tables in columns.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::paint::Style;
use super::{Screen, wrap};
use crate::rules::page::block_title;

/// Longer lines are hard to read.
const WIDEST: usize = 100;

/// How far the text of a section stands in.
const INDENT: usize = 2;

/// A character and how it stands out.
type Styled = (char, Style);

/// The text in lines of at most `width` columns, each `indent` columns in.
#[must_use]
pub fn fill(text: &str, width: usize, indent: usize) -> String {
    let plain: Vec<Styled> = text.chars().map(|c| (c, Style::Plain)).collect();
    let lines = filled(&plain, room(width, indent));
    let pad = " ".repeat(indent);
    let line = |line: &Vec<Styled>| pad.clone() + &line.iter().map(|(c, _)| *c).collect::<String>();
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn room(width: usize, indent: usize) -> usize {
    width.min(WIDEST).saturating_sub(indent).max(20)
}

/// A page of Markdown as a screen shows it.
#[must_use]
pub fn markdown(body: &str, screen: &Screen) -> String {
    let mut writer = Writer {
        screen,
        text: String::new(),
        inline: Vec::new(),
        styles: Vec::new(),
        lists: Vec::new(),
        marker: None,
        code: None,
        table: None,
        link: None,
    };
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        writer.event(event);
    }
    writer.text
}

struct Writer<'a> {
    screen: &'a Screen,
    text: String,
    /// The text of the block that is being read.
    inline: Vec<Styled>,
    styles: Vec<Style>,
    /// The lists that are open: the number of the next item, where they are numbered.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of an item.
    marker: Option<String>,
    /// The lines of a block of code.
    code: Option<String>,
    /// The rows of a table, the first its head.
    table: Option<Vec<Vec<Vec<Styled>>>>,
    link: Option<String>,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(&text, None),
            },
            // With its backticks: what is typed stays what it is, with colours and without.
            Event::Code(text) => self.push(&format!("`{text}`"), Some(Style::Strong)),
            Event::SoftBreak | Event::HardBreak => self.push(" ", None),
            Event::Html(text) | Event::InlineHtml(text) => self.push(&text, None),
            _ => {}
        }
    }

    fn push(&mut self, text: &str, style: Option<Style>) {
        let style = style.or(self.styles.last().copied()).unwrap_or_default();
        self.inline.extend(text.chars().map(|c| (c, style)));
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.block();
                self.gap();
            }
            Tag::Paragraph if self.lists.is_empty() => self.gap(),
            Tag::List(first) => {
                self.block();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number += 1;
                        marker
                    }
                    _ if self.screen.unicode => "• ".to_string(),
                    _ => "- ".to_string(),
                });
            }
            Tag::CodeBlock(kind) => {
                self.block();
                self.gap();
                if let CodeBlockKind::Fenced(info) = &kind
                    && let Some(title) = block_title(info)
                {
                    let pad = " ".repeat(INDENT);
                    self.text.push_str(&format!("{pad}{}\n", Style::Dim.paint(title, self.screen)));
                }
                self.code = Some(String::new());
            }
            Tag::Table(_) => {
                self.gap();
                self.table = Some(Vec::new());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::Emphasis | Tag::Strong => self.styles.push(Style::Strong),
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.to_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let heading: String = std::mem::take(&mut self.inline).into_iter().map(|(c, _)| c).collect();
                let indent = if level <= pulldown_cmark::HeadingLevel::H2 { 0 } else { INDENT };
                for line in fill(&heading, self.screen.width, 0).lines() {
                    let line = Style::Strong.paint(line, self.screen);
                    self.text.push_str(&format!("{:indent$}{line}\n", ""));
                }
            }
            TagEnd::Paragraph | TagEnd::Item => self.block(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                for line in self.code.take().unwrap_or_default().lines() {
                    let style = if marks_a_finding(line) { Style::Wrong } else { Style::Plain };
                    match line {
                        "" => self.text.push('\n'),
                        line => self.text.push_str(&format!("    {}\n", style.paint(line, self.screen))),
                    }
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.columns(),
            TagEnd::Emphasis | TagEnd::Strong => {
                self.styles.pop();
            }
            TagEnd::Link => {
                // Autolinks say where they lead.
                let said: String = self.inline.iter().map(|(c, _)| *c).collect();
                if let Some(url) = self.link.take().filter(|url| !said.ends_with(url.as_str())) {
                    self.push(&format!(" <{url}>"), None);
                }
            }
            _ => {}
        }
    }

    /// A blank line, unless there is one. Text under its heading needs none.
    fn gap(&mut self) {
        let after_text = self.text.lines().last().is_some_and(|line| line.starts_with(' '));
        if after_text && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Ends a paragraph or an item.
    fn block(&mut self) {
        if self.inline.iter().all(|(c, _)| c.is_whitespace()) {
            self.inline.clear();
            return;
        }
        let inline = std::mem::take(&mut self.inline);
        let marker = self.marker.take().unwrap_or_default();
        let depth = INDENT + self.lists.len().saturating_sub(1) * 2;
        let hang = depth + if self.lists.is_empty() { 0 } else { wrap::width(&marker).max(2) };
        for (index, line) in filled(&inline, room(self.screen.width, hang)).iter().enumerate() {
            let line = painted(line, self.screen);
            self.text.push_str(&match index {
                0 if !marker.is_empty() => format!("{:depth$}{marker}{line}\n", ""),
                _ => format!("{:hang$}{line}\n", ""),
            });
        }
    }

    /// Ends a table.
    fn columns(&mut self) {
        let Some(rows) = self.table.take() else { return };
        let count = rows.iter().map(Vec::len).max().unwrap_or_default();
        let natural =
            |at: usize| rows.iter().filter_map(|row| row.get(at)).map(Vec::len).max().unwrap_or_default();
        let natural: Vec<usize> = (0..count).map(natural).collect();
        let between = 2 * count.saturating_sub(1);
        let widths = wrap::share(&natural, room(self.screen.width, INDENT + between));
        let rule = if self.screen.unicode { "─" } else { "-" };
        for (index, row) in rows.iter().enumerate() {
            let cells: Vec<Vec<Vec<Styled>>> =
                row.iter().zip(&widths).map(|(cell, width)| broken(cell, (*width).max(4))).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for at in 0..height {
                let mut line = " ".repeat(INDENT);
                for (cell, width) in cells.iter().zip(&widths) {
                    let mut part = cell.get(at).cloned().unwrap_or_default();
                    if index == 0 {
                        part.iter_mut().for_each(|(_, style)| *style = Style::Strong);
                    }
                    let pad = width.saturating_sub(part.len()) + 2;
                    line.push_str(&format!("{}{:pad$}", painted(&part, self.screen), ""));
                }
                self.text.push_str(line.trim_end());
                self.text.push('\n');
            }
            if index == 0 {
                let line: Vec<String> = widths.iter().map(|width| rule.repeat(*width)).collect();
                self.text.push_str(&format!("{:INDENT$}{}\n", "", line.join("  ")));
            }
        }
    }
}

/// Whether the line is one that the rule reports: it ends in a comment that says only `error`.
fn marks_a_finding(line: &str) -> bool {
    let rest = line.trim_end_matches(" -->").trim_end_matches(" */").strip_suffix("error");
    rest.is_some_and(|rest| {
        ["# ", "// ", "-- ", "; ", "<!-- ", "/* "].iter().any(|mark| rest.ends_with(mark))
    })
}

/// The words in lines of at most `room` characters. A word that is longer has a line of its own.
fn filled(text: &[Styled], room: usize) -> Vec<Vec<Styled>> {
    let mut lines: Vec<Vec<Styled>> = Vec::new();
    for word in text.split(|(c, _)| c.is_whitespace()).filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= room => {
                // A blank within what stands out stands out, too.
                let style = match (line.last(), word.first()) {
                    (Some((_, before)), Some((_, after))) if before == after => *before,
                    _ => Style::Plain,
                };
                line.push((' ', style));
                line.extend(word);
            }
            _ => lines.push(word.to_vec()),
        }
    }
    lines
}

/// The same, and no line is longer: what is too long is cut.
fn broken(text: &[Styled], room: usize) -> Vec<Vec<Styled>> {
    let words = text.split(|(c, _)| c.is_whitespace());
    let parts: Vec<&[Styled]> = words.flat_map(|word| word.chunks(room)).collect();
    filled(&parts.join(&(' ', Style::Plain)), room)
}

fn painted(line: &[Styled], screen: &Screen) -> String {
    let runs = line.chunk_by(|(_, a), (_, b)| a == b);
    let paint = |run: &[Styled]| {
        let text: String = run.iter().map(|(c, _)| *c).collect();
        run.first().map(|(_, style)| style.paint(&text, screen)).unwrap_or_default()
    };
    runs.map(paint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "## What it does\n\nFinds **this** and `that thing`,\nas <https://example.org/a> says.\n\n- one\n- two, which is\n  longer\n\n1. first\n2. second\n\n| meaning | a driver |\n|---|---|\n| give up after | `connect_timeout=10` |\n\n### A case\n\n```yaml title=compose.yaml\nservices:\n  api: # error\n```\n";

    #[test]
    fn a_page_is_rendered() {
        let screen = Screen { width: 40, ..Screen::default() };
        let expected = "\
What it does
  Finds this and `that thing`, as
  https://example.org/a says.

  • one
  • two, which is longer

  1. first
  2. second

  meaning        a driver
  ─────────────  ────────────────────
  give up after  `connect_timeout=10`

  A case

  compose.yaml
    services:
      api: # error
";
        assert_eq!(markdown(PAGE, &screen), expected);
    }

    #[test]
    fn colours_change_no_letter() {
        let plain = Screen { width: 40, ..Screen::default() };
        let painted = markdown(PAGE, &Screen { color: true, ..plain });
        assert!(painted.contains("\u{1b}[1mWhat it does\u{1b}[0m\n"), "{painted}");
        assert!(painted.contains("\u{1b}[31m  api: # error\u{1b}[0m\n"), "{painted}");
        let bare = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m"]
            .iter()
            .fold(painted, |text, code| text.replace(code, ""));
        assert_eq!(bare, markdown(PAGE, &plain));
    }

    #[test]
    fn no_column_is_too_wide() {
        let screen = Screen { width: 40, ..Screen::default() };
        let table = format!("| a | b |\n|---|---|\n| {} | {} |\n", "x".repeat(90), "word ".repeat(30));
        let shown = markdown(&table, &screen);
        assert!(shown.lines().all(|line| wrap::width(line) <= 40), "{shown}");
    }
}
