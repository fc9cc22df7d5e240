//! Words to expressions.

use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::reader::{Reader, Unit};
use crate::programs::Expr;
use crate::programs::reading::parts;
use crate::source::{Certainty, Span, Spanned, Text};

/// A word of a command.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// What it says, if nothing in it is expanded.
    pub text: Option<String>,
    pub value: Expr,
    pub span: Span,
}

impl Word {
    /// A word that no shell expands.
    pub(super) fn of_text(text: &Text) -> Self {
        let certain = text.certainty() == Certainty::Known;
        Self { text: certain.then(|| text.assumed()), value: of_pieces(text), span: text.span() }
    }

    /// The text, or nothing.
    pub(super) fn str(&self) -> &str {
        self.text.as_deref().unwrap_or("")
    }

    /// The word from the byte `from` of its text on.
    pub(super) fn rest(&self, from: usize) -> Word {
        let Expr::Text(text) = &self.value else {
            return Word { text: None, value: Expr::Opaque(self.span), span: self.span };
        };
        let span = if text.span.len() as usize == text.value.len() {
            text.span.slice(from, text.value.len())
        } else {
            text.span
        };
        let value = text.value.get(from..).unwrap_or("").to_string();
        Word { text: Some(value.clone()), value: Expr::Text(Spanned::new(value, span)), span }
    }
}

/// What stands in a file, piece by piece; defaults of host variables may be replaced, so they are not known.
fn of_pieces(text: &Text) -> Expr {
    let mut all: Vec<Expr> = text
        .pieces()
        .iter()
        .filter(|piece| !piece.text.is_empty())
        .map(|piece| match piece.certainty {
            Certainty::Known => Expr::Text(Spanned::new(piece.text.clone(), piece.origin.written)),
            _ => Expr::Opaque(piece.origin.written),
        })
        .collect();
    match all.len() {
        0 => Expr::Text(Spanned::new(String::new(), text.span())),
        1 => all.remove(0),
        _ => Expr::Concat(all),
    }
}

impl Reader<'_> {
    /// A word of the script.
    pub(super) fn word(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Word {
        let value = self.value(unit, node);
        let text = match &value {
            Expr::Text(text) => Some(text.value.clone()),
            _ => None,
        };
        Word { text, value, span: unit.span(node) }
    }

    /// What a word stands for.
    pub(super) fn value(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Expr {
        if !self.bounds.down() {
            return Expr::Opaque(unit.span(node));
        }
        let value = self.value_of(unit, node);
        self.bounds.up();
        value
    }

    fn value_of(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Expr {
        let range = node.byte_range();
        match node.kind() {
            "word"
            | "number"
            | "variable_name"
            | "test_operator"
            | "regex"
            | "extglob_pattern"
            | "special_variable_name"
            | "string_content"
            | "command_name" => {
                if node.named_child_count() > 0 {
                    self.mixed(unit, node, range)
                } else {
                    literal(unit, range)
                }
            }
            "raw_string" => raw(unit, inside(range, 1)),
            "ansi_c_string" => {
                raw(unit, range.start.saturating_add(2).min(range.end)..range.end.saturating_sub(1))
            }
            "string" => self.mixed(unit, node, inside(range, 1)),
            "concatenation" => self.mixed(unit, node, range),
            "translated_string" => match parts(node).first() {
                Some(inner) => self.value(unit, *inner),
                None => Expr::Opaque(unit.span(node)),
            },
            "simple_expansion" | "expansion" => self.parameter(unit, node),
            "command_substitution" | "process_substitution" => {
                self.substituted(unit, node);
                Expr::Opaque(unit.span(node))
            }
            _ => Expr::Opaque(unit.span(node)),
        }
    }

    /// The bytes of the range with what is expanded in them; everything else is taken literally.
    pub(super) fn mixed(&mut self, unit: &Rc<Unit>, node: Node<'_>, range: Range<usize>) -> Expr {
        let mut found = Vec::new();
        let mut at = range.start;
        for child in parts(node) {
            let place = child.byte_range();
            let expanded =
                !matches!(child.kind(), "word" | "number" | "string_content" | "variable_name" | "regex")
                    || child.named_child_count() > 0;
            if !expanded || place.start < at || place.end > range.end {
                continue;
            }
            push(&mut found, literal(unit, at..place.start));
            let value = self.value(unit, child);
            push(&mut found, value);
            at = place.end;
        }
        push(&mut found, literal(unit, at..range.end));
        match found.len() {
            0 => Expr::Text(Spanned::new(String::new(), unit.body.span(range))),
            1 => found.remove(0),
            _ => Expr::Concat(found),
        }
    }

    /// Reads what a command within `$(…)` dials and reads; its output is not known.
    fn substituted(&mut self, unit: &Rc<Unit>, node: Node<'_>) {
        let mark = self.names.enter(None);
        self.block(unit, &parts(node));
        // It runs in a shell of its own: what it assigns is gone.
        self.names.leave(mark, false);
    }
}

fn push(found: &mut Vec<Expr>, value: Expr) {
    match value {
        Expr::Text(text) if text.value.is_empty() => {}
        Expr::Concat(all) => found.extend(all),
        value => found.push(value),
    }
}

fn inside(range: Range<usize>, quote: usize) -> Range<usize> {
    let start = (range.start + quote).min(range.end);
    start..range.end.saturating_sub(quote).max(start)
}

/// Text between single quotes.
fn raw(unit: &Unit, range: Range<usize>) -> Expr {
    of_pieces(&unit.body.part(range))
}

/// Text outside single quotes: backslashes are taken away.
pub(super) fn literal(unit: &Unit, range: Range<usize>) -> Expr {
    let written = unit.body.as_str().get(range.clone()).unwrap_or("");
    if !written.contains('\\') {
        return of_pieces(&unit.body.part(range));
    }
    let mut text = String::new();
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('\n') | None => {}
                Some(escaped) => text.push(escaped),
            },
            other => text.push(other),
        }
    }
    Expr::Text(Spanned::new(text, unit.body.span(range)))
}
