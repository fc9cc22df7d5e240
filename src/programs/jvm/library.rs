//! What the functions and methods of libraries give.

use super::calls::{has_properties, is_dotenv, is_environment};
use super::reader::Reader;
use super::tree::{Call, Code};
use crate::programs::spring;
use crate::programs::{Expr, Method};
use crate::source::{Span, Spanned};

impl Reader {
    /// What a method of a library's object or class gives.
    pub fn library_call(&mut self, library: &str, call: &Call) -> Expr {
        let name = call.name.value.as_str();
        let span = call.span;
        if is_environment(library) {
            return match (name, call.arguments.as_slice()) {
                ("get", [key]) => {
                    let key = self.expr(&key.value);
                    self.env(key, None, span)
                }
                ("getOrDefault" | "getOrElse", [key, default]) => {
                    let key = self.expr(&key.value);
                    let default = self.lambda_or_value(&default.value);
                    self.env(key, Some(default), span)
                }
                _ => Expr::Opaque(span),
            };
        }
        if is_dotenv(library) {
            return match (name, call.arguments.as_slice()) {
                ("get", [key, rest @ ..]) => {
                    let key = self.expr(&key.value);
                    let default = rest.first().map(|default| self.expr(&default.value));
                    self.env(key, default, span)
                }
                ("load", _) => self.dotenv(span),
                _ => Expr::Library(Spanned::new(library.to_string(), span)),
            };
        }
        if has_properties(library)
            && matches!(
                name,
                "getProperty"
                    | "getRequiredProperty"
                    | "getValue"
                    | "getOptionalValue"
                    | "get"
                    | "property"
                    | "getString"
            )
        {
            let Some(key) = call.arguments.first() else { return Expr::Opaque(span) };
            let key = self.expr(&key.value);
            let default = match call.arguments.as_slice() {
                [_, default] | [_, _, default] => {
                    let class = matches!(&default.value, Code::Other(..));
                    (!class).then(|| self.expr(&default.value))
                }
                _ => None,
            };
            let optional = !matches!(name, "getRequiredProperty" | "getValue");
            let default = default.or_else(|| optional.then_some(Expr::Null(span)));
            return self.property(key, default, span);
        }
        let arguments = self.values(&call.arguments);
        self.library_result(library, call, arguments)
    }

    /// What a function or method of a library gives.
    pub fn library_result(
        &mut self,
        library: &str,
        call: &Call,
        arguments: Vec<(Option<String>, Expr)>,
    ) -> Expr {
        let name = call.name.value.as_str();
        let span = call.span;
        let class = library.rsplit('.').next().unwrap_or(library);
        let mut values = arguments.iter().map(|(_, value)| value.clone());
        match (class, name) {
            ("System", "getProperty") => {
                let (Some(key), default) = (values.next(), values.next()) else { return Expr::Opaque(span) };
                return system_property(key, default, span);
            }
            ("Optional", "ofNullable" | "of")
            | ("URI" | "URL", "create" | "of")
            | ("Objects", "toString") => {
                return values.next().unwrap_or(Expr::Opaque(span));
            }
            ("Objects" | "Preconditions" | "Assert", "requireNonNull" | "checkNotNull" | "notNull") => {
                let value = values.next().unwrap_or(Expr::Opaque(span));
                self.require(&value);
                return value;
            }
            (
                "Objects" | "MoreObjects" | "ObjectUtils",
                "requireNonNullElse" | "firstNonNull" | "defaultIfNull",
            ) => {
                return self.first_set(values.collect(), span);
            }
            ("Objects", "requireNonNullElseGet") => {
                let value = values.next().unwrap_or(Expr::Opaque(span));
                let default = call.arguments.get(1).map(|it| self.lambda_or_value(&it.value));
                return self.first_set(vec![value, default.unwrap_or(Expr::Opaque(span))], span);
            }
            ("StringUtils", "defaultIfBlank" | "defaultIfEmpty" | "firstNonBlank" | "firstNonEmpty") => {
                let all: Vec<Expr> = values.map(Expr::share).collect();
                let whole = Expr::FirstNonEmpty(all.clone()).share();
                all.iter().for_each(|inner| self.widen(inner, &whole));
                return whole;
            }
            ("StringUtils", "defaultString") => return self.first_set(values.collect(), span),
            ("StringUtils", "trim" | "strip" | "trimToNull" | "trimToEmpty") => {
                let value = values.next().unwrap_or(Expr::Opaque(span));
                return Expr::Method(Box::new(value), Box::new(Method::Strip(None)));
            }
            ("ResourceBundle", "getBundle") => {
                if let Some(Expr::Text(text)) = values.next().map(|value| value.peel().clone()) {
                    self.bundle(&text);
                }
                let (module, name) = (spring::SETTINGS.to_string(), spring::RESOURCES.to_string());
                return Expr::Merge(vec![Expr::Imported { module, name, span }, Expr::Record(Vec::new())]);
            }
            ("String", "format") => return formatted(values.collect(), span),
            ("String", "valueOf" | "copyValueOf") => {
                return Expr::Method(
                    Box::new(values.next().unwrap_or(Expr::Opaque(span))),
                    Box::new(Method::Text),
                );
            }
            ("String", "join") => {
                let Some(separator) = values.next() else { return Expr::Opaque(span) };
                let rest: Vec<Expr> = values.collect();
                let list = match rest.as_slice() {
                    [one] if !matches!(one.peel(), Expr::Text(_)) => one.clone(),
                    _ => Expr::List(rest),
                };
                return Expr::Method(Box::new(list), Box::new(Method::Join(separator)));
            }
            (
                "Integer" | "Long" | "Short" | "Double",
                "parseInt" | "valueOf" | "parseLong" | "parseShort" | "parseDouble",
            ) => {
                return Expr::Method(
                    Box::new(values.next().unwrap_or(Expr::Opaque(span))),
                    Box::new(Method::Number),
                );
            }
            ("Boolean", "parseBoolean" | "valueOf") => {
                return Expr::Method(
                    Box::new(values.next().unwrap_or(Expr::Opaque(span))),
                    Box::new(Method::Flag),
                );
            }
            (
                "List" | "Arrays" | "Set" | "Collections" | "ImmutableList",
                "of" | "asList" | "singletonList" | "singleton",
            ) => {
                return Expr::List(values.collect());
            }
            ("Map" | "ImmutableMap", "of") => return self.map_of(call),
            ("HostAndPort" | "InetSocketAddress", "fromParts" | "createUnresolved") => {
                return host_and_port(arguments, span);
            }
            ("HttpHost" | "HostAndPort", "create" | "fromString" | "parse") => {
                return values.next().unwrap_or(Expr::Opaque(span));
            }
            _ => {}
        }
        drop(values);
        let whole = format!("{library}.{name}");
        self.client(&whole, call, &arguments);
        // What a builder's methods give is the builder again.
        let made = match library.ends_with("()") {
            true => library.to_string(),
            false => format!("{whole}()"),
        };
        Expr::Library(Spanned::new(made, span))
    }
}

/// `System.getProperty(key[, default])`: what `-D` says, which the environment does not replace.
fn system_property(key: Expr, default: Option<Expr>, span: Span) -> Expr {
    let Expr::Text(key) = key.peel() else { return Expr::Opaque(span) };
    let default = default.unwrap_or(Expr::Null(span));
    match spring::property(key, None, span) {
        Expr::Item(all, key, _) => Expr::Item(all, key, Some(Box::new(default))),
        other => other,
    }
}

/// `new HttpHost(host, port, scheme)`
pub(super) fn host_and_port(arguments: Vec<(Option<String>, Expr)>, span: Span) -> Expr {
    let mut values = arguments.into_iter().map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(host), Some(port)) => {
            Expr::Concat(vec![host, Expr::Text(Spanned::new(":".to_string(), Span::NONE)), port])
        }
        (Some(host), None) => host,
        _ => Expr::Opaque(span),
    }
}

/// `String.format(pattern, …)`
pub(super) fn formatted(values: Vec<Expr>, span: Span) -> Expr {
    let mut values = values.into_iter();
    let Some(Expr::Text(pattern)) = values.next().map(|first| first.peel().clone()) else {
        return Expr::Opaque(span);
    };
    let exact = pattern.span.len() as usize == pattern.value.len();
    let place = |from: usize, to: usize| if exact { pattern.span.slice(from, to) } else { pattern.span };
    let mut parts = Vec::new();
    let (mut at, mut plain) = (0, 0);
    let text = pattern.value.as_str();
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find('%')) {
        let from = at + offset;
        let rest = text.get(from + 1..).unwrap_or_default();
        let Some(end) = rest.find(|c: char| c.is_alphabetic() || c == '%') else { break };
        let to = from + 1 + end + 1;
        if plain < from {
            let part = text.get(plain..from).unwrap_or_default().to_string();
            parts.push(Expr::Text(Spanned::new(part, place(plain, from))));
        }
        match rest.get(end..=end) {
            Some("%") => parts.push(Expr::Text(Spanned::new("%".to_string(), place(from, to)))),
            Some("s" | "d") if end == 0 => parts.push(values.next().unwrap_or(Expr::Opaque(span))),
            _ => parts.push(Expr::Opaque(span)),
        }
        (at, plain) = (to, to);
    }
    if plain < text.len() {
        let part = text.get(plain..).unwrap_or_default().to_string();
        parts.push(Expr::Text(Spanned::new(part, place(plain, text.len()))));
    }
    Expr::Concat(parts)
}
