//! Environments for people.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Fallback, Given, Place, ReadBy, Reference, ServiceSheet, Sheet, Source, Value, Variable};
use crate::report::paint::{Style, put};
use crate::report::wrap::{share, width, wrap};
use crate::report::{Screen, number};

/// From this width on there are columns; on less, what belongs to a variable stands below it.
const WIDE: usize = 90;
/// No value takes more lines than this on a terminal.
const MAX_LINES: usize = 4;
/// Nor do more places than this stand beside a variable, and no default takes more characters there.
const MAX_PLACES: usize = 6;
const MAX_DEFAULT: usize = 60;
/// A column beyond this is no reason to push the next one away, where lines are not wrapped.
const MAX_PAD: usize = 48;

/// What stands in one place of the table: each item starts a line where there is room for lines.
#[derive(Clone, Debug, Default)]
struct Cell {
    items: Vec<String>,
    style: Style,
    /// Whether it is shown whole however long it is.
    whole: bool,
}

impl Cell {
    fn new(style: Style, items: impl IntoIterator<Item = String>) -> Self {
        Self { items: items.into_iter().collect(), style, whole: true }
    }

    /// A value, which may be longer than anyone reads here.
    fn value(style: Style, value: String) -> Self {
        Self { items: vec![value], style, whole: false }
    }

    fn natural(&self) -> usize {
        self.items.iter().map(|item| width(item)).max().unwrap_or(0)
    }

    fn lines(&self, room: usize) -> Vec<String> {
        let indent = |item: &str| item.len() - item.trim_start().len();
        let lines = self.items.iter().flat_map(|item| {
            let pad = " ".repeat(indent(item));
            let lines = wrap(item.trim_start(), room.saturating_sub(pad.len()));
            let lines = if self.whole { lines } else { shortened(lines) };
            lines.into_iter().map(move |line| format!("{pad}{line}"))
        });
        lines.collect()
    }
}

/// Writes a table for each service, as wide as the screen at most.
pub fn write(sheets: &[Sheet], screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for sheet in sheets {
        if sheets.len() > 1 {
            let title = format!("{} ({})", sheet.project, sheet.files.join(", "));
            let _ = writeln!(text, "{}\n", Style::Strong.paint(&title, screen));
        }
        for service in &sheet.services {
            of_service(service, screen, &mut text);
        }
    }
    let all = sheets.iter().flat_map(|sheet| &sheet.services).flat_map(|service| &service.variables);
    if !screen.quiet && all.clone().any(Variable::hides_a_secret) {
        let hint = "Secrets are masked; --show-secrets shows them.";
        for line in wrap(hint, screen.width) {
            let _ = writeln!(text, "{line}");
        }
    }
    put(&text, screen, out)
}

fn of_service(service: &ServiceSheet, screen: &Screen, text: &mut String) {
    let (set, unset): (Vec<&Variable>, Vec<&Variable>) =
        service.variables.iter().partition(|variable| !matches!(variable.value, Value::Unset));
    let inactive = if service.active { "" } else { " (not started: its profile is not active)" };
    let missing = match unset.len() {
        0 => String::new(),
        count => format!(", {count} not set"),
    };
    let _ = writeln!(
        text,
        "{}: {} set{missing}{inactive}",
        Style::Strong.paint(&crate::report::printable(&service.name), screen),
        number(set.len(), "variable", "variables"),
    );
    if !set.is_empty() {
        let rows: Vec<Vec<Cell>> = set.iter().map(|variable| variable.row(service.has_sources)).collect();
        let head: &[&str] = match service.has_sources {
            true => &["VARIABLE", "VALUE", "SET BY", "READ BY"],
            false => &["VARIABLE", "VALUE", "SET BY"],
        };
        text.push('\n');
        rows_of(head, &rows, screen, text);
    }
    if !unset.is_empty() {
        let rows: Vec<Vec<Cell>> = unset.iter().flat_map(|variable| variable.unset_rows()).collect();
        text.push('\n');
        rows_of(&["NOT SET", "WITHOUT IT", "READ BY"], &rows, screen, text);
    }
    text.push('\n');
}

const INDENT: &str = "  ";
const GAP: usize = 2;

fn rows_of(head: &[&str], rows: &[Vec<Cell>], screen: &Screen, text: &mut String) {
    if screen.width < WIDE {
        if let Some(head) = head.first().filter(|head| **head != "VARIABLE") {
            let _ = writeln!(text, "{INDENT}{}", Style::Dim.paint(head, screen));
        }
        return rows.iter().for_each(|row| stacked(head, row, screen, text));
    }
    let natural: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(Cell::natural).max().unwrap_or(0).max(width(head))
        })
        .collect();
    let room = screen.width - width(INDENT) - GAP * (head.len() - 1);
    let widths = share(&natural, room);
    let heads: Vec<Cell> = head.iter().map(|head| Cell::new(Style::Dim, [(*head).to_string()])).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let cells: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, room)| cell.lines(*room)).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut written = String::new();
            for ((cell, lines), room) in row.iter().zip(&cells).zip(&widths) {
                let part = lines.get(line).map_or("", String::as_str);
                written.push_str(&cell.style.paint(part, screen));
                written.push_str(&" ".repeat((room + GAP).saturating_sub(width(part))));
            }
            let _ = writeln!(text, "{INDENT}{}", written.trim_end());
        }
    }
}

/// On a terminal nobody reads a key of forty lines.
fn shortened(lines: Vec<String>) -> Vec<String> {
    if lines.len() <= MAX_LINES {
        return lines;
    }
    let characters: usize = lines.iter().map(|line| width(line)).sum();
    let mut lines: Vec<String> = lines.into_iter().take(MAX_LINES - 1).collect();
    lines.push(format!("… {characters} characters"));
    lines
}

/// A variable on a narrow screen: its parts below its name.
fn stacked(head: &[&str], row: &[Cell], screen: &Screen, text: &mut String) {
    for (at, (cell, head)) in row.iter().zip(head).enumerate() {
        if at == 0 {
            for line in cell.lines(screen.width - width(INDENT)) {
                let _ = writeln!(text, "{INDENT}{}", cell.style.paint(&line, screen));
            }
            continue;
        }
        let label = match *head {
            "VALUE" => "= ",
            "WITHOUT IT" if cell.style == Style::Dim => "",
            "WITHOUT IT" => "without it: ",
            "SET BY" => "set by ",
            _ => "read by ",
        };
        let room = screen.width.saturating_sub(6 + width(label));
        let lines = cell.lines(room).into_iter().enumerate();
        for (line, part) in lines.filter(|(_, part)| !part.is_empty()) {
            let label = if line == 0 { label.to_string() } else { " ".repeat(width(label)) };
            let _ = writeln!(text, "      {label}{}", cell.style.paint(&part, screen));
        }
    }
}

/// Writes one line a variable, whole, for other programs' eyes.
pub fn write_lines(sheets: &[Sheet], screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<[String; 5]> = Vec::new();
    for sheet in sheets {
        for service in &sheet.services {
            let name = match sheets.len() {
                1 => service.name.clone(),
                // Variants of a project have the same name.
                _ if sheets.iter().filter(|other| other.project == sheet.project).count() > 1 => {
                    format!("{}/{}", sheet.files.last().unwrap_or(&sheet.project), service.name)
                }
                _ => format!("{}/{}", sheet.project, service.name),
            };
            for variable in &service.variables {
                let [value, from, readers] = variable.line();
                rows.push([crate::report::printable(&name), variable.name.clone(), value, from, readers]);
            }
        }
    }
    let natural = |at: usize| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0).min(MAX_PAD);
    let widths = [0, 1, 2, 3].map(natural);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, part) in row.iter().enumerate() {
            line.push_str(part);
            let pad = widths.get(at).map_or(0, |room| room.saturating_sub(width(part)) + GAP);
            line.push_str(&" ".repeat(pad));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    put(&text, screen, out)
}

impl Variable {
    fn hides_a_secret(&self) -> bool {
        let in_default = |reader: &ReadBy| match &reader.fallback {
            Fallback::Default(default) => default.contains(crate::report::mask::MASK),
            _ => false,
        };
        matches!(self.value, Value::Set(_, true)) || self.readers.iter().any(in_default)
    }

    fn row(&self, has_sources: bool) -> Vec<Cell> {
        let value = match &self.value {
            Value::Set(value, _) if value.is_empty() => Cell::new(Style::Dim, ["(blank)".to_string()]),
            Value::Set(value, _) => Cell::value(Style::Plain, value.clone()),
            Value::Runtime | Value::Unset => {
                Cell::new(Style::Dim, ["(by the container's runtime)".to_string()])
            }
        };
        let mut row =
            vec![Cell::new(Style::Strong, [self.name.clone()]), value, Cell::new(Style::Dim, self.set_by())];
        if has_sources {
            row.push(Cell::new(Style::Plain, places(&self.readers, true)));
        }
        row
    }

    /// A row for each thing that the program does without it.
    fn unset_rows(&self) -> Vec<Vec<Cell>> {
        let mut fallbacks: Vec<&Fallback> = self.readers.iter().map(|reader| &reader.fallback).collect();
        fallbacks.sort();
        fallbacks.dedup();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for fallback in fallbacks {
            let readers: Vec<ReadBy> =
                self.readers.iter().filter(|reader| reader.fallback == *fallback).cloned().collect();
            let name = if rows.is_empty() { vec![self.name.clone()] } else { Vec::new() };
            let style = if *fallback == Fallback::Required { Style::Wrong } else { Style::Plain };
            rows.push(vec![
                Cell::new(Style::Strong, name),
                Cell::value(style, without(fallback)),
                Cell::new(Style::Plain, places(&readers, false)),
            ]);
        }
        if let Some(passed) = self.passed_through() {
            let name = if rows.is_empty() { vec![self.name.clone()] } else { Vec::new() };
            rows.push(vec![Cell::new(Style::Strong, name), Cell::new(Style::Dim, [passed]), Cell::default()]);
        }
        rows
    }

    /// Said of a name that `environment` takes from a host that has none.
    fn passed_through(&self) -> Option<String> {
        let place = self.source.as_ref()?.place.as_ref()?;
        Some(format!("({} passes it on, the host has none)", at(place)))
    }

    fn set_by(&self) -> Vec<String> {
        let mut items: Vec<String> = self.source.iter().map(source).collect();
        items.extend(self.references.iter().map(reference));
        items.extend(self.overrides.iter().map(|hidden| format!("over {}", source(hidden))));
        items
    }

    /// Value, places and readers, each as one text.
    fn line(&self) -> [String; 3] {
        let value = match &self.value {
            Value::Set(value, _) if value.is_empty() => "(blank)".to_string(),
            Value::Set(value, _) => value.clone(),
            Value::Runtime => "(by the container's runtime)".to_string(),
            Value::Unset => "(not set)".to_string(),
        };
        let from = match &self.value {
            Value::Unset => self.passed_through().unwrap_or_else(|| "-".to_string()),
            _ if self.source.is_none() => "-".to_string(),
            _ => self.set_by().join(", "),
        };
        let readers: Vec<String> = self.readers.iter().map(read_by).collect();
        let readers = match readers.is_empty() {
            true => String::new(),
            false => format!("read by {}", readers.join(", ")),
        };
        [value, from, readers]
    }
}

/// Where a variable is read, and below each place what is to be said of it.
fn places(readers: &[ReadBy], with_fallback: bool) -> Vec<String> {
    let shown = if readers.len() > MAX_PLACES { MAX_PLACES - 1 } else { readers.len() };
    let mut items: Vec<String> = Vec::new();
    for reader in readers.iter().take(shown) {
        items.push(at(&reader.place));
        let notes = notes(reader, with_fallback, MAX_DEFAULT);
        if !notes.is_empty() {
            items.push(format!("  {}", notes.join("; ")));
        }
    }
    if readers.len() > shown {
        items.push(format!("and {} more places", readers.len() - shown));
    }
    items
}

fn read_by(reader: &ReadBy) -> String {
    let notes = notes(reader, true, usize::MAX);
    match notes.is_empty() {
        true => at(&reader.place),
        false => format!("{} ({})", at(&reader.place), notes.join("; ")),
    }
}

fn notes(reader: &ReadBy, with_fallback: bool, room: usize) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    match &reader.fallback {
        _ if !with_fallback => {}
        Fallback::Default(default) if default.is_empty() => notes.push("default blank".to_string()),
        Fallback::Default(default) if width(default) > room => {
            notes.push(format!("default {}…", default.chars().take(room).collect::<String>()));
        }
        Fallback::Default(default) => notes.push(format!("default {default}")),
        Fallback::Required => notes.push("required".to_string()),
        Fallback::Computed => notes.push("computed default".to_string()),
        Fallback::Nothing => notes.push("no default".to_string()),
    }
    if !reader.also.is_empty() {
        notes.push(format!("or {}", reader.also.join(", ")));
    }
    if !reader.used {
        notes.push("not used".to_string());
    }
    notes
}

fn without(fallback: &Fallback) -> String {
    match fallback {
        Fallback::Required => "fails (required)".to_string(),
        Fallback::Default(default) if default.is_empty() => "(blank)".to_string(),
        Fallback::Default(default) => default.clone(),
        Fallback::Computed => "(computed)".to_string(),
        Fallback::Nothing => "(no default)".to_string(),
    }
}

fn at(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

fn source(source: &Source) -> String {
    match (&source.place, source.layer) {
        (Some(place), "dotenv") => format!("{} (read by the program)", at(place)),
        (Some(place), "script") => format!("{} (set by the start script)", at(place)),
        (Some(place), _) => at(place),
        (None, "base-image") => "base image".to_string(),
        (None, layer) => layer.to_string(),
    }
}

fn reference(reference: &Reference) -> String {
    let name = &reference.name;
    match &reference.given {
        Given::Host => format!("{name} from the host"),
        Given::File(place) => format!("{name} from {}", at(place)),
        Given::Default => format!("{name} not set: default"),
    }
}
