//! Methods of strings and lists.

use super::lazy::{Frame, Val};
use super::{Evaluator, url};
use crate::programs::{CallExpr, Expr, Method};
use crate::source::{Certainty, Origin, Text};

/// The position that an index stands for: negative ones count from the end.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index < 0 { index + length } else { index };
    usize::try_from(at).ok().filter(|_| at < length)
}

impl<'p> Evaluator<'p> {
    pub(super) fn method(&mut self, receiver: &'p Expr, method: &'p Method, frame: &Frame<'p>) -> Val<'p> {
        let value = self.eval(receiver, frame);
        match (method, value) {
            (Method::Text, value) => match &value {
                Val::Text(_) | Val::Number(_) | Val::Bool(..) | Val::Null(_) => {
                    Val::Text(self.to_text(&value, frame))
                }
                _ => Val::Unknown,
            },
            (Method::Number, Val::Text(text) | Val::Number(text)) => {
                Val::Number(text.trim_start(char::is_whitespace).trim_end(char::is_whitespace))
            }
            (Method::Number | Method::Flag, value @ (Val::Null(_) | Val::Bool(..))) => value,
            (Method::Flag, value) => flag(value),
            (Method::Literal, Val::Text(text)) => literal(text),
            (Method::Literal, value) => value,
            (Method::Join(separator), Val::List(items)) => self.join(items, separator, frame),
            (Method::Addresses, Val::List(items)) => {
                let comma = || Text::known(",", Origin::default());
                let texts = items.iter().enumerate().flat_map(|(at, item)| {
                    let before = (at > 0).then(comma);
                    before.into_iter().chain([self.to_text(item, frame)])
                });
                Val::Text(Text::concat(texts.collect::<Vec<_>>()))
            }
            (Method::Addresses, value) => value,
            (Method::OnlyText, value @ (Val::Text(_) | Val::Null(_))) => value,
            (Method::OnlyText, Val::Record(_)) => Val::Null(Origin::default()),
            (Method::Named, Val::Text(text)) => {
                text.complete().map_or(Val::Unknown, |name| self.named(&name, frame))
            }
            (Method::Named, value) => value,
            (Method::Nested(nested), value) => self.nested(value, &nested.prefix, nested),
            (Method::Index(index), Val::List(items)) => {
                position(*index, items.len()).and_then(|at| items.get(at).cloned()).unwrap_or(Val::Unknown)
            }
            (Method::Slice(from, to), Val::List(items)) => {
                let (from, to) = bounds(*from, *to, items.len());
                Val::List(items.into_iter().skip(from).take(to.saturating_sub(from)).collect())
            }
            (method, Val::Text(text)) => self.text_method(text, method, frame),
            (Method::UrlPart(_), value @ Val::Null(_)) => value,
            // Nothing stays nothing where the language lets it (`?.`); where it does not, the program stops.
            (
                Method::Split(..) | Method::Strip(_) | Method::StripEnd(_) | Method::Lower,
                value @ Val::Null(_),
            ) => value,
            _ => Val::Unknown,
        }
    }

    /// A conversion that was handed over as a function: `cast=int`.
    pub(super) fn builtin(&mut self, name: &str, call: &'p CallExpr, frame: &Frame<'p>) -> Val<'p> {
        let [(None, argument)] = call.arguments.as_slice() else { return Val::Unknown };
        match name {
            "builtins.str" => self.method(argument, &Method::Text, frame),
            "builtins.int" | "builtins.float" => self.method(argument, &Method::Number, frame),
            _ => match self.eval(argument, frame).truthy() {
                Some(value) => Val::Bool(value, Origin::default()),
                None => Val::Unknown,
            },
        }
    }

    fn text_method(&mut self, text: Text, method: &'p Method, frame: &Frame<'p>) -> Val<'p> {
        let blank = char::is_whitespace;
        let named = |names: &str, c: char| names.contains(c);
        let text = match method {
            Method::Replace { from, to, count } => {
                let from = self.eval(from, frame);
                let to = self.eval(to, frame);
                match (from.plain(), to) {
                    (Some(from), Val::Text(to)) => text.replace(&from, &to, *count),
                    _ => return Val::Unknown,
                }
            }
            Method::Strip(None) => text.trim_start(blank).trim_end(blank),
            Method::Strip(Some(names)) => text.trim_start(|c| named(names, c)).trim_end(|c| named(names, c)),
            Method::StripStart(None) => text.trim_start(blank),
            Method::StripStart(Some(names)) => text.trim_start(|c| named(names, c)),
            Method::StripEnd(None) => text.trim_end(blank),
            Method::StripEnd(Some(names)) => text.trim_end(|c| named(names, c)),
            Method::RemovePrefix(prefix) => match text.starts_with(prefix) {
                Some(true) => text.slice(prefix.len(), text.len()),
                _ => text,
            },
            Method::RemoveSuffix(suffix) => match text.ends_with(suffix) {
                Some(true) => text.slice(0, text.len() - suffix.len()),
                _ => text,
            },
            Method::Split(separator, limit) => {
                return Val::List(
                    text.split(separator.as_deref(), *limit).into_iter().map(Val::Text).collect(),
                );
            }
            Method::SplitEnd(separator, limit) => {
                let separator = separator.as_deref().unwrap_or(" ");
                return Val::List(text.split_end(separator, *limit).into_iter().map(Val::Text).collect());
            }
            Method::Lower => text.rewrite(str::to_lowercase),
            Method::Upper => text.rewrite(str::to_uppercase),
            Method::Quote => text.rewrite(url::quote),
            Method::Index(index) => return characters(&text, *index),
            Method::Slice(from, to) => match text.complete() {
                Some(whole) => {
                    let (from, to) = bounds(*from, *to, whole.chars().count());
                    let byte = |n: usize| whole.char_indices().nth(n).map_or(whole.len(), |(at, _)| at);
                    text.slice(byte(from), byte(to))
                }
                None => return Val::Unknown,
            },
            Method::SetUrlParts(parts) => return self.set_url_parts(&text, parts, frame),
            Method::UrlPart(part) => {
                return match url::Split::of(&text).and_then(|split| split.part(*part)) {
                    Some(text) => Val::Text(text),
                    None if text.has_hole() => Val::Unknown,
                    None => Val::Null(Origin::default()),
                };
            }
            Method::Text
            | Method::Number
            | Method::Flag
            | Method::Literal
            | Method::Join(_)
            | Method::Addresses
            | Method::OnlyText
            | Method::Named
            | Method::Nested(_) => return Val::Unknown,
        };
        Val::Text(text)
    }

    fn join(&mut self, items: Vec<Val<'p>>, separator: &'p Expr, frame: &Frame<'p>) -> Val<'p> {
        let separator = self.eval(separator, frame);
        let separator = self.to_text(&separator, frame);
        let mut texts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                texts.push(separator.clone());
            }
            texts.push(self.to_text(item, frame));
        }
        Val::Text(Text::concat(texts))
    }
}

fn characters<'p>(text: &Text, index: i64) -> Val<'p> {
    let Some(whole) = text.complete() else { return Val::Unknown };
    let at = position(index, whole.chars().count());
    let found = at.and_then(|at| whole.char_indices().nth(at));
    found.map_or(Val::Unknown, |(at, c)| Val::Text(text.slice(at, at + c.len_utf8())))
}

fn bounds(from: Option<i64>, to: Option<i64>, length: usize) -> (usize, usize) {
    let clamp = |at: i64| {
        let signed = i64::try_from(length).unwrap_or(i64::MAX);
        let at = if at < 0 { at.saturating_add(signed) } else { at };
        usize::try_from(at.clamp(0, signed)).unwrap_or(0)
    };
    (from.map_or(0, clamp), to.map_or(length, clamp))
}

/// The words that configuration libraries take for true and false (pydantic, environs, decouple,
/// django-environ agree on these).
fn flag(value: Val<'_>) -> Val<'_> {
    let (Val::Text(text) | Val::Number(text)) = &value else { return Val::Unknown };
    let Some(word) = text.complete() else { return Val::Unknown };
    let origin = text.origin().cloned().unwrap_or_default();
    if text.certainty() != Certainty::Known {
        return Val::Unknown;
    }
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" | "t" => Val::Bool(true, origin),
        "false" | "0" | "no" | "n" | "off" | "f" | "" => Val::Bool(false, origin),
        _ => Val::Unknown,
    }
}

/// The words that stand for values.
fn literal<'p>(text: Text) -> Val<'p> {
    let Some(word) = text.complete() else { return Val::Text(text) };
    let origin = || text.origin().cloned().unwrap_or_default();
    match word.to_ascii_lowercase().trim_start_matches('(').trim_end_matches(')') {
        "true" => Val::Bool(true, origin()),
        "false" => Val::Bool(false, origin()),
        "null" => Val::Null(origin()),
        "empty" => Val::Text(text.slice(0, 0)),
        _ => Val::Text(text),
    }
}
