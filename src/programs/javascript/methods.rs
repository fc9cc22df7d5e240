//! Methods of strings, lists and the readers of settings.

use tree_sitter::Node;

use super::arguments::Arguments;
use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::{Condition, Expr, Method};
use crate::source::{Span, Spanned};

/// Methods whose result is still the text they are called on, or a list of its parts.
const OF_TEXTS: [&str; 12] = [
    "split",
    "trim",
    "trimEnd",
    "trimStart",
    "toLowerCase",
    "toUpperCase",
    "toString",
    "replace",
    "replaceAll",
    "map",
    "filter",
    "concat",
];

/// Whether the method of this name leaves a text what it is.
pub(super) fn is_of_texts(name: &str) -> bool {
    OF_TEXTS.contains(&name)
}

impl<'t> Reader<'t> {
    /// `object.name(…)` where `name` is a method of strings or lists, or looks a setting up.
    pub fn method_call(&mut self, node: Node<'t>, callee: Node<'t>) -> Option<Expr> {
        let object = callee.child_by_field_name("object")?;
        let name = self.text(callee.child_by_field_name("property")?);
        let known = OF_TEXTS.contains(&name)
            || matches!(
                name,
                "join"
                    | "slice"
                    | "substring"
                    | "at"
                    | "startsWith"
                    | "endsWith"
                    | "includes"
                    | "get"
                    | "getOrThrow"
                    | "value"
                    | "flat"
                    | "sort"
                    | "reverse"
                    | "bind"
            );
        if !known || unwrapped(object).kind() == "this" || unwrapped(object).kind() == "super" {
            return None;
        }
        let base = self.expr(object);
        let span = self.span(node);
        let arguments = self.arguments(node);
        match base.peel() {
            Expr::Library(_) => return None,
            Expr::Function(_) if name != "bind" => return None,
            Expr::Opaque(_) => return Some(self.of_unknown(name, &arguments, span)),
            _ => {}
        }
        Some(match name {
            "get" | "getOrThrow" => return self.looked_up(base, name, &arguments, span),
            "bind" => base,
            "startsWith" | "endsWith" | "includes" => match self.condition(node) {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            },
            "toString" => Expr::Method(Box::new(base), Box::new(Method::Text)),
            "concat" => {
                if matches!(base.peel(), Expr::List(_)) || arguments.open() {
                    return Some(Expr::Opaque(span));
                }
                let more = arguments.iter().map(|part| self.expr(part));
                let more: Vec<Expr> = more.collect();
                Expr::Concat(std::iter::once(base).chain(more).collect())
            }
            "map" => self.mapped(base, &arguments, span),
            "filter" | "flat" | "sort" => match arguments.at(0).map(|first| self.text(first)) {
                None | Some("Boolean") => base,
                // What drops blank items.
                Some(text) if text.len() < 60 && !text.contains("===") => base,
                Some(_) => Expr::Opaque(span),
            },
            _ => match self.text_method(name, &arguments) {
                Some(method) => Expr::Method(Box::new(base), Box::new(method)),
                None => Expr::Opaque(span),
            },
        })
    }

    /// A method of what is not known; asked for a service by its class, a container gives one.
    fn of_unknown(&mut self, name: &str, arguments: &Arguments<'t>, span: Span) -> Expr {
        if name == "get"
            && let Some(first) = arguments.at(0)
            && let Expr::Library(class) = self.expr(first).peel()
            && class.value.ends_with("Service")
        {
            return Expr::Library(Spanned::new(format!("{}()", class.value), span));
        }
        Expr::Opaque(span)
    }

    /// `config.get("redis.host")` of what the program made: the field of that path.
    fn looked_up(&mut self, base: Expr, name: &str, arguments: &Arguments<'t>, span: Span) -> Option<Expr> {
        let first = arguments.at(0)?;
        if let Expr::Library(_) = self.expr(first).peel() {
            return Some(self.of_unknown(name, arguments, span));
        }
        let path = self.literal(first)?;
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !path.value.split('.').all(plain) {
            return Some(Expr::Opaque(span));
        }
        // `env.get("PG_HOST", "localhost")`: what has names of variables gives them by a method.
        if super::scan::is_variable(&path.value)
            && matches!(base.peel(), Expr::Imported { .. } | Expr::Own(_))
        {
            return None;
        }
        // A class of the program's own with a method of that name is asked.
        if !matches!(base.peel(), Expr::Record(_) | Expr::Imported { .. } | Expr::Own(_) | Expr::Merge(_)) {
            return None;
        }
        let steps = path.value.split('.').map(|part| Spanned::new(part.to_string(), path.span));
        Some(steps.fold(base, |value, name| self.member(value, name, span)))
    }

    /// `list.map(function)`: what only trims the items leaves the list what it is.
    fn mapped(&mut self, base: Expr, arguments: &Arguments<'t>, span: Span) -> Expr {
        let text = arguments.at(0).map_or("", |first| self.text(first));
        let trims = text.contains(".trim()") || text == "String" || text == "Number";
        let only = text.len() < 50 && !text.contains(['{', '`', '+', '?']);
        match trims && only {
            true => base,
            false => Expr::Opaque(span),
        }
    }

    fn text_method(&mut self, name: &str, arguments: &Arguments<'t>) -> Option<Method> {
        let number = |reader: &Self, at: usize| match arguments.at(at) {
            None => Some(None),
            Some(node) => reader.text(node).replace(' ', "").parse::<i64>().ok().map(Some),
        };
        Some(match name {
            "split" => {
                let separator = match arguments.at(0)?.kind() {
                    "regex" => simple_separator(self.text(arguments.at(0)?))?,
                    _ => self.literal(arguments.at(0)?)?.value,
                };
                Method::Split(Some(separator), None)
            }
            "trim" => Method::Strip(None),
            "trimStart" => Method::StripStart(None),
            "trimEnd" => Method::StripEnd(None),
            "toLowerCase" => Method::Lower,
            "toUpperCase" => Method::Upper,
            "join" => match arguments.at(0) {
                Some(separator) => Method::Join(self.expr(separator)),
                None => Method::Addresses,
            },
            "slice" | "substring" => Method::Slice(number(self, 0)?, number(self, 1)?),
            "at" => Method::Index(number(self, 0)??),
            "replace" | "replaceAll" => {
                let (from, to) = (arguments.at(0)?, arguments.at(1)?);
                if from.kind() == "regex" {
                    return self.replaced_pattern(self.text(from), to);
                }
                let count = (name == "replace").then_some(1);
                Method::Replace { from: self.expr(from), to: self.expr(to), count }
            }
            _ => return None,
        })
    }

    /// `.replace(/…/, "…")` for patterns that say no more than a text at the start, at the end, or everywhere.
    fn replaced_pattern(&mut self, regex: &str, to: Node<'t>) -> Option<Method> {
        let (pattern, flags) = regex.strip_prefix('/')?.rsplit_once('/')?;
        let to = self.expr(to);
        let removes = matches!(to.peel(), Expr::Text(text) if text.value.is_empty());
        if let Some(end) = pattern.strip_suffix('$').filter(|_| removes) {
            return Some(match end.strip_suffix('+') {
                Some(one) => Method::StripEnd(Some(plain(one).filter(|one| one.chars().count() == 1)?)),
                None => Method::RemoveSuffix(plain(end)?),
            });
        }
        if let Some(start) = pattern.strip_prefix('^') {
            let start = plain(start)?;
            return Some(match removes {
                true => Method::RemovePrefix(start),
                // A scheme stands nowhere but at the start.
                false if start.contains("://") => {
                    let from = Expr::Text(Spanned::new(start, Span::NONE));
                    Method::Replace { from, to, count: Some(1) }
                }
                false => return None,
            });
        }
        let from = Expr::Text(Spanned::new(plain(pattern)?, Span::NONE));
        Some(Method::Replace { from, to, count: (!flags.contains('g')).then_some(1) })
    }
}

/// The text that a regular expression stands for, when it has nothing but text.
fn plain(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.push(rest.next().filter(|c| !c.is_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            c => out.push(c),
        }
    }
    (!out.is_empty()).then_some(out)
}

/// `/\s*,\s*/`, `/,/`: the character between.
fn simple_separator(regex: &str) -> Option<String> {
    let (pattern, _) = regex.strip_prefix('/')?.rsplit_once('/')?;
    plain(&pattern.replace(r"\s*", "").replace(r"\s+", ""))
}
