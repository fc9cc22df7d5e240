//! `%env(NAME)%` and `%parameter%` in values.

use indexmap::IndexMap;

use crate::programs::reading::yaml::{entries, inside, plain};
use crate::programs::{Blank, Condition, Expr, LookupExpr, Method, Module, Read, ReadExpr, UrlPart};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Scalar};

/// Values with more placeholders than this are left alone.
const MAX_PARTS: usize = 200;

/// The expression that a scalar is; what it reads is put into the module.
pub(super) fn expression(node: &Node, scalar: &Scalar, module: &mut Module) -> Expr {
    if !scalar.text.contains('%') {
        return plain(node, scalar);
    }
    let place = inside(node, scalar);
    // Where escapes were undone the parts have no places of their own.
    let exact = place.len() as usize == scalar.text.len();
    let at = |from: usize, to: usize| if exact { place.slice(from, to) } else { place };
    let text = scalar.text.as_str();
    let mut parts = Vec::new();
    let mut position = 0;
    while let Some(start) = text.get(position..).and_then(|rest| rest.find('%')).map(|found| position + found)
    {
        push(&mut parts, text.get(position..start), at(position, start));
        let Some(length) = text.get(start + 1..).and_then(|rest| rest.find('%')) else {
            position = start;
            break;
        };
        let end = start + 1 + length;
        let name = text.get(start + 1..end).unwrap_or("");
        let whole = at(start, end + 1);
        if name.is_empty() {
            push(&mut parts, Some("%"), whole);
        } else if let Some(inner) = name.strip_prefix("env(").and_then(|rest| rest.strip_suffix(')')) {
            parts.push(environment(inner, at(start + 5, end - 1), whole, module));
        } else {
            parts.push(Expr::Own(Spanned::new(name.to_string(), whole)));
        }
        position = end + 1;
        if parts.len() > MAX_PARTS {
            return Expr::Opaque(place);
        }
    }
    push(&mut parts, text.get(position..), at(position, text.len()));
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Expr::Concat(parts)
        }
    }
}

fn push(parts: &mut Vec<Expr>, text: Option<&str>, span: Span) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        parts.push(Expr::Text(Spanned::new(text.to_string(), span)));
    }
}

/// `processor:processor:NAME`; `inner` is the place between the brackets.
fn environment(text: &str, inner: Span, whole: Span, module: &mut Module) -> Expr {
    let words: Vec<&str> = text.split(':').collect();
    let Some((name, processors)) = words.split_last() else { return Expr::Opaque(whole) };
    let place = match inner.len() as usize == text.len() {
        true => inner.slice(text.len() - name.len(), text.len()),
        false => inner,
    };
    let name = Spanned::new((*name).to_string(), place);
    // A parameter `env(NAME)` is what the variable falls back to.
    let parameter = parameter(&name.value, whole);
    let unset = vec![read(&name, None, Blank::Kept, whole), parameter.clone()];
    let mut value = Expr::FirstSet(unset);
    let (mut known, mut has_default, mut converted) = (true, false, false);
    let mut at = processors.len();
    while let Some(processor) = at.checked_sub(1).and_then(|at| processors.get(at)) {
        at -= 1;
        let before = at.checked_sub(1).and_then(|at| processors.get(at)).copied();
        let before_that = at.checked_sub(2).and_then(|at| processors.get(at)).copied();
        match (*processor, before, before_that) {
            ("resolve" | "string" | "trim" | "not" | "csv", ..) => {}
            ("int" | "float", ..) => {
                converted = true;
                value = Expr::Method(Box::new(value), Box::new(Method::Number));
            }
            // `default:parameter:NAME`
            (parameter, Some("default"), _) => {
                let default = match parameter {
                    "" => Expr::Null(whole),
                    parameter => Expr::Own(Spanned::new(parameter.to_string(), whole)),
                };
                value = match (value, has_default || converted) {
                    (_, false) => read(&name, Some(default), Blank::Unset, whole),
                    (other, true) => Expr::FirstNonEmpty(vec![other, default]),
                };
                has_default = true;
                at -= 1;
            }
            // `key:host:url:NAME`
            ("url", Some(part), Some("key")) => {
                converted = true;
                match url_part(part) {
                    Some(part) => value = Expr::Method(Box::new(value), Box::new(Method::UrlPart(part))),
                    None => known = false,
                }
                at -= 2;
            }
            ("url", ..) => {}
            _ => known = false,
        }
    }
    let value = value.share();
    if !has_default {
        let absent = Condition::Not(Box::new(Condition::IsSet(parameter)));
        module.required_where.push((whole, absent));
    }
    module.reads.push(Read { name, expression: value.clone(), required: false, held: None, span: whole });
    if known { value } else { Expr::Opaque(whole) }
}

/// The parameter that stands for a variable which is not set.
fn parameter(variable: &str, span: Span) -> Expr {
    let key = Expr::Text(Spanned::new(format!("env({variable})"), span));
    Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span }))
}

fn read(name: &Spanned<String>, default: Option<Expr>, blank: Blank, span: Span) -> Expr {
    Expr::Read(Box::new(ReadExpr {
        name: Expr::Text(name.clone()),
        aliases: Vec::new(),
        ignore_case: false,
        default,
        blank,
        required: false,
        span,
    }))
}

fn url_part(name: &str) -> Option<UrlPart> {
    Some(match name {
        "scheme" => UrlPart::Scheme,
        "user" => UrlPart::User,
        "pass" => UrlPart::Password,
        "host" => UrlPart::Host,
        "port" => UrlPart::Port,
        "path" => UrlPart::Database,
        _ => return None,
    })
}

/// The parameters that a file defines.
pub(super) fn parameters(settings: &Expr) -> IndexMap<String, Expr> {
    let parameters = entries(settings).into_iter().find(|(key, _)| key.value == "parameters");
    let all = parameters.map(|(_, value)| entries(&value)).unwrap_or_default();
    all.into_iter().map(|(key, value)| (key.value, value)).collect()
}
