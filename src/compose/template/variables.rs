//! The references in a text, whether or not anything sets them.

use super::{LineBrace, OperatorKind, Place, Reference, Template, find, is_start, name_end};
use crate::source::Span;

/// A variable that compose files refer to, as `docker compose config --variables` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referenced {
    /// Its name.
    pub name: String,
    /// What takes its place when it is not set (`${NAME:-word}`), as written.
    pub default: String,
    /// What takes its place when it is set (`${NAME:+word}`), as written.
    pub alternate: String,
    /// Whether it has to be set (`${NAME:?word}`).
    pub required: bool,
}

/// How deep references are followed into each other's words.
const MAX_DEPTH: usize = 16;

/// The references in a text and in their words, as written. What is no reference is passed over.
pub(crate) fn variables(text: &str) -> Vec<Referenced> {
    let mut found = Vec::new();
    if text.contains('$') {
        gather(text, 0, &mut found);
    }
    found
}

fn gather(text: &str, depth: usize, found: &mut Vec<Referenced>) {
    let place = Place { whole: Span::NONE, exact: None };
    let mut problems = Vec::new();
    let template = Template { text, place, lookup: &|_| None, problems: &mut problems, invalid: false };
    let bytes = text.as_bytes();
    let mut brace = LineBrace { line_end: 0, last: None };
    let mut at = 0;
    while let Some(dollar) = find(bytes, b'$', at, bytes.len()) {
        at = match bytes.get(dollar + 1).copied() {
            Some(b'$') => dollar + 2,
            Some(b'{') => match template.braced(dollar, bytes.len(), &mut brace) {
                Ok(reference) => {
                    add(&template, &reference, depth, found);
                    reference.end
                }
                Err(_) => dollar + 2,
            },
            Some(first) if is_start(first) => {
                let end = name_end(bytes, dollar + 1, bytes.len());
                let name = text.get(dollar + 1..end).unwrap_or_default().to_string();
                found.push(Referenced { name, ..Referenced::default() });
                end
            }
            _ => dollar + 1,
        };
    }
}

fn add(template: &Template, reference: &Reference, depth: usize, found: &mut Vec<Referenced>) {
    let word = template.text.get(reference.word.clone()).unwrap_or_default();
    let mut variable = Referenced { name: reference.name.to_string(), ..Referenced::default() };
    match reference.operator.map(|operator| operator.kind) {
        Some(OperatorKind::Default) => variable.default = word.to_string(),
        Some(OperatorKind::Alternative) => variable.alternate = word.to_string(),
        Some(OperatorKind::Required) => variable.required = true,
        None => {}
    }
    found.push(variable);
    if depth < MAX_DEPTH && word.contains('$') {
        gather(word, depth + 1, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_in_words_too() {
        let found = variables("x${A:-${B:-c}}${D:+e${F}}$G$$H${I:?bad}${1}");
        let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "D", "F", "G", "I"]);
        assert_eq!((found[0].default.as_str(), found[2].alternate.as_str()), ("${B:-c}", "e${F}"));
        assert_eq!(found.iter().filter(|it| it.required).count(), 1);
    }
}
