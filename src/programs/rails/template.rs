//! YAML with the tags of ERB: `<%= ENV.fetch("HOST") { "localhost" } %>`.

use crate::programs::reading::yaml;
use crate::programs::ruby;
use crate::programs::{Expr, Module};
use crate::source::{SourceFile, Span, Spanned};

/// A tag of ERB, by its bytes.
struct Tag {
    start: usize,
    end: usize,
    /// The code within.
    code: std::ops::Range<usize>,
    /// Whether it prints what the code gives (`<%=`).
    prints: bool,
}

/// What the file says when its code is run, and what that code reads.
pub(super) fn read(file: &SourceFile) -> (Option<Expr>, Module) {
    let tags = tags(&file.text);
    let code = code(&file.text, &tags);
    let (values, mut module) = match tags.is_empty() {
        true => (Vec::new(), Module { path: file.path.clone(), ..Module::default() }),
        false => ruby::template(file, &code),
    };
    // Only the section of the environment that runs counts, and that its clients say; but the code of all of them
    // is run, and stops at what it can't do without.
    let at_start = file.path.file_stem().is_some_and(|stem| stem == "database");
    for read in module.reads.iter_mut().filter(|read| !(at_start && read.required)) {
        read.held = Some("a section of Rails".to_string());
    }
    module.names.clear();
    let Some(masked) = file.masked(&without_tags(&file.text, &tags)) else { return (None, module) };
    let settings = yaml::document(&masked, &mut |node, scalar| {
        let place = yaml::inside(node, scalar);
        let range = file.range(place);
        let within: Vec<&Tag> = tags
            .iter()
            .filter(|tag| tag.prints && tag.start >= range.start && tag.end <= range.end)
            .collect();
        if within.is_empty() {
            return yaml::plain(node, scalar);
        }
        printed(file, &within, range, &values)
    });
    (settings, module)
}

/// Text and tags one after the other.
fn printed(file: &SourceFile, tags: &[&Tag], range: std::ops::Range<usize>, values: &[(Span, Expr)]) -> Expr {
    let mut parts = Vec::new();
    let mut at = range.start;
    let text = |from: usize, to: usize| {
        let value = file.text.get(from..to).filter(|text| !text.is_empty())?;
        Some(Expr::Text(Spanned::new(value.to_string(), file.slice(from, to))))
    };
    for tag in tags {
        parts.extend(text(at, tag.start));
        let place = file.slice(tag.code.start, tag.code.end);
        let mut inside = values.iter().filter(|(span, _)| place.contains(*span));
        let value = inside.next_back().map(|(_, value)| value.clone());
        parts.push(value.unwrap_or(Expr::Opaque(place)));
        at = tag.end;
    }
    parts.extend(text(at, range.end));
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Expr::Concat(parts)
        }
    }
}

fn tags(text: &str) -> Vec<Tag> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("<%")).map(|found| at + found) {
        let Some(length) = text.get(start + 2..).and_then(|rest| rest.find("%>")) else { break };
        let (inner, end) = (start + 2, start + 2 + length + 2);
        let inside = text.get(inner..inner + length).unwrap_or("");
        let skip = inside.len() - inside.trim_start_matches(['=', '-']).len();
        let trimmed = inside.trim_end_matches('-').len().max(skip);
        let comment = inside.starts_with('#') || inside.starts_with('%');
        let code = if comment { inner..inner } else { inner + skip..inner + trimmed };
        out.push(Tag { start, end, code, prints: inside.starts_with('=') });
        at = end;
        if out.len() >= 5_000 {
            break;
        }
    }
    out
}

/// The code of the tags, with blanks for everything else and an end of the statement after each.
fn code(text: &str, tags: &[Tag]) -> String {
    let mut bytes: Vec<u8> =
        text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
    let source = text.as_bytes();
    for tag in tags {
        if let (Some(to), Some(from)) = (bytes.get_mut(tag.code.clone()), source.get(tag.code.clone())) {
            to.copy_from_slice(from);
        }
        if let Some(mark) = tag.end.checked_sub(2).and_then(|at| bytes.get_mut(at)) {
            *mark = b';';
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The text with a word in the place of every tag that prints, and blanks in that of others.
fn without_tags(text: &str, tags: &[Tag]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for tag in tags {
        for byte in bytes.get_mut(tag.start..tag.end).into_iter().flatten() {
            *byte = match (tag.prints, *byte) {
                (true, _) => b'E',
                (false, b'\n' | b'\r') => continue,
                (false, _) => b' ',
            };
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
