//! Methods of texts, lists, and of the program's own objects.

use super::reader::Reader;
use crate::programs::Condition;
use crate::programs::reading::given::{Arguments, field};
use crate::programs::reading::made::part;
use crate::programs::{CallExpr, Expr, IfExpr, Method, UrlPart};
use crate::source::{Span, Spanned};

impl Reader<'_> {
    /// `value.name(arguments)`
    pub fn method_of(&mut self, value: Expr, name: &str, arguments: Arguments, at: Span, span: Span) -> Expr {
        if matches!(value.peel(), Expr::Opaque(_)) {
            return Expr::Opaque(span);
        }
        if let Some(value) = text_method(&value, name, &arguments, span) {
            self.widen_through(name, &value);
            return value;
        }
        match (value.peel(), name) {
            // What makes objects of the program's own classes.
            (Expr::Function(function), "new" | "instance") if function.class => {
                Expr::Call(Box::new(CallExpr { callee: value, arguments: arguments.passed(), span }))
            }
            (Expr::Imported { .. } | Expr::Own(_), "new" | "instance") => {
                Expr::Call(Box::new(CallExpr { callee: value, arguments: arguments.passed(), span }))
            }
            (Expr::Function(function), "call") if !function.class => {
                self.program_call(value.clone(), arguments, span)
            }
            (Expr::Record(_) | Expr::Merge(_), "merge" | "deep_merge" | "merge!" | "reverse_merge") => {
                let mut laid = vec![value.clone()];
                laid.extend(
                    arguments.0.iter().filter(|given| given.name.is_none()).map(|given| given.value.clone()),
                );
                let named =
                    arguments.0.iter().filter_map(|given| Some((given.name.clone()?, given.value.clone())));
                laid.push(Expr::Record(named.collect()));
                if name == "reverse_merge" {
                    laid.reverse();
                }
                Expr::Merge(laid)
            }
            (Expr::Record(_) | Expr::Merge(_) | Expr::Own(_) | Expr::Imported { .. }, "fetch" | "dig") => {
                let Some(key) = arguments.at(0).cloned() else { return Expr::Opaque(span) };
                if arguments.0.len() > 1 && name == "dig" {
                    return Expr::Opaque(span);
                }
                let missing = arguments.at(1).cloned().unwrap_or(Expr::Null(span));
                Expr::Item(Box::new(value), Box::new(key), Some(Box::new(missing)))
            }
            (Expr::Function(class), _) if class.class => {
                let member = format!("{name}()");
                match field(&class.body, &member).cloned() {
                    Some(function) => self.program_call(function, arguments, span),
                    None => Expr::Opaque(span),
                }
            }
            (Expr::Text(_) | Expr::Read(_) | Expr::Concat(_) | Expr::List(_), _) => Expr::Opaque(span),
            _ => {
                let member = Spanned::new(format!("{name}()"), at);
                let callee = Expr::Member(Box::new(value), member);
                Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span }))
            }
        }
    }

    /// `ENV['X'].presence`: the read is used only as that says.
    fn widen_through(&mut self, name: &str, value: &Expr) {
        if let ("presence", Expr::If(branch)) = (name, value.peel()) {
            let inner = branch.then.clone();
            self.widen(&[&inner], value);
        }
    }
}

/// A method of texts and lists; `None` when it is none that is known.
fn text_method(value: &Expr, name: &str, arguments: &Arguments, span: Span) -> Option<Expr> {
    let wrap = |method| Some(Expr::Method(Box::new(value.clone()), Box::new(method)));
    if let Expr::Method(inner, method) = value.peel()
        && **method == Method::Text
        && let Some(part) = url_part(name)
    {
        return Some(Expr::Method(inner.clone(), Box::new(Method::UrlPart(part))));
    }
    let text = |at: usize| arguments.text(at).map(|text| text.value);
    match name {
        "to_s" | "to_str" => wrap(Method::Text),
        "to_i" | "to_f" => wrap(Method::Number),
        "to_sym"
        | "freeze"
        | "dup"
        | "clone"
        | "itself"
        | "html_safe"
        | "unicode_normalize"
        | "compact"
        | "flatten"
        | "uniq"
        | "to_a"
        | "symbolize_keys"
        | "deep_symbolize_keys"
        | "with_indifferent_access"
        | "to_h"
        | "scrub"
        | "b"
        | "squish" => Some(value.clone()),
        "strip" => wrap(Method::Strip(None)),
        "lstrip" => wrap(Method::StripStart(None)),
        "rstrip" => wrap(Method::StripEnd(None)),
        "chomp" => match arguments.at(0) {
            None => wrap(Method::StripEnd(Some("\r\n".to_string()))),
            Some(_) => wrap(Method::RemoveSuffix(text(0)?)),
        },
        "delete_prefix" => wrap(Method::RemovePrefix(text(0)?)),
        "delete_suffix" => wrap(Method::RemoveSuffix(text(0)?)),
        "downcase" => wrap(Method::Lower),
        "upcase" => wrap(Method::Upper),
        "split" => match arguments.at(0) {
            None => wrap(Method::Split(None, None)),
            Some(_) => wrap(Method::Split(Some(text(0)?), None)),
        },
        "join" => {
            let blank = || Expr::Text(Spanned::new(String::new(), span));
            wrap(Method::Join(arguments.at(0).cloned().unwrap_or_else(blank)))
        }
        "gsub" | "sub" | "tr" => {
            arguments.text(0)?;
            let (from, to) = (arguments.at(0)?.clone(), arguments.at(1)?.clone());
            wrap(Method::Replace { from, to, count: (name == "sub").then_some(1) })
        }
        // Blanks around each item do no harm to an address.
        "map" | "collect"
            if matches!(value.peel(), Expr::Method(..) | Expr::List(_)) && arguments.0.is_empty() =>
        {
            Some(value.clone())
        }
        "first" if arguments.0.is_empty() => wrap(Method::Index(0)),
        "last" if arguments.0.is_empty() => wrap(Method::Index(-1)),
        "presence" => Some(
            Expr::If(Box::new(IfExpr {
                condition: Condition::Truthy(value.clone()),
                then: value.clone(),
                otherwise: Expr::Null(span),
                span,
            }))
            .share(),
        ),
        _ => None,
    }
}

/// Parts of a `URI`.
fn url_part(name: &str) -> Option<UrlPart> {
    Some(match name {
        "scheme" => UrlPart::Scheme,
        "user" => UrlPart::User,
        "password" => UrlPart::Password,
        "host" | "hostname" => UrlPart::Host,
        "port" => UrlPart::Port,
        "path" => UrlPart::Database,
        _ => return None,
    })
}

/// `format('%s:%d', host, port)`, `format('%{host}:%{port}', host: …)`
pub(super) fn format(text: &Expr, given: &[Expr], named: &[(Spanned<String>, Expr)]) -> Option<Expr> {
    let Expr::Text(text) = text.peel() else { return None };
    let part = |from: usize, to: usize| part(text, from, to);
    let mut given = given.iter();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = text.value.get(at..).and_then(|rest| rest.find('%')).map(|n| at + n) {
        out.extend(part(at, start));
        let rest = text.value.get(start + 1..)?;
        let close = match rest.chars().next()? {
            '%' => {
                out.extend(part(start, start + 1));
                at = start + 2;
                continue;
            }
            '{' => '}',
            '<' => '>',
            's' | 'd' => {
                out.push(given.next()?.clone());
                at = start + 2;
                continue;
            }
            _ => return None,
        };
        let end = rest.find(close)?;
        let key = rest.get(1..end)?;
        out.push(named.iter().find(|(name, _)| name.value == key).map(|(_, value)| value.clone())?);
        // `%<name>s` has its kind behind it.
        at = start + 1 + end + 1 + usize::from(close == '>');
    }
    out.extend(part(at, text.value.len()));
    Some(Expr::Concat(out))
}
