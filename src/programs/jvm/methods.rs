//! Methods of strings, optional values and lists.

use super::library::formatted;
use super::reader::Reader;
use super::statements::is_end;
use super::tree::{Call, Code, Statement};
use crate::programs::{Expr, IfExpr, Method};
use crate::source::Spanned;

impl Reader {
    /// `value.method(…)` of a value that is no library's.
    pub fn method(&mut self, value: Expr, call: &Call) -> Expr {
        let span = call.span;
        let name = call.name.value.as_str();
        let apply = |method: Method, value: Expr| Expr::Method(Box::new(value), Box::new(method));
        let mut given = call.arguments.iter().map(|argument| &argument.value);
        match (name, call.arguments.len()) {
            ("orElse", 1) => {
                let default = given.next().map_or(Expr::Null(span), |code| self.expr(code));
                self.first_set(vec![value, default], span)
            }
            ("orElseGet", 1) => {
                let default = given.next().map_or(Expr::Null(span), |code| self.lambda_or_value(code));
                self.first_set(vec![value, default], span)
            }
            ("orElseThrow" | "get", 0 | 1) if name != "get" || call.arguments.is_empty() => {
                self.require(&value);
                value
            }
            ("ifBlank" | "ifEmpty", 1) => {
                let Some(code) = given.next() else { return value };
                let default = self.lambda_or_value(code);
                if matches!(code, Code::Lambda(_, body, _) if matches!(body.last(), Some(Statement::Code(end)) if is_end(end)))
                {
                    self.require(&value);
                    return value;
                }
                let value = value.share();
                let whole = Expr::FirstNonEmpty(vec![value.clone(), default]).share();
                self.widen(&value, &whole);
                whole
            }
            ("filter", 1) => {
                let value = value.share();
                let condition = self.condition_of(given.next(), &value);
                let (then, otherwise) = (value.clone(), Expr::Null(span));
                let whole = Expr::If(Box::new(IfExpr { condition, then, otherwise, span })).share();
                self.widen(&value, &whole);
                whole
            }
            ("map", 1) => match given.next() {
                Some(Code::Lambda(names, body, at)) => self.applied(names, body, value, *at),
                // `Optional.map(String::trim)`
                _ => value,
            },
            ("orEmpty", 0) => {
                let blank = Expr::Text(Spanned::new(String::new(), span));
                self.first_set(vec![value, blank], span)
            }
            ("trim" | "strip", 0) => apply(Method::Strip(None), value),
            ("toLowerCase" | "lowercase", _) => apply(Method::Lower, value),
            ("toUpperCase" | "uppercase", _) => apply(Method::Upper, value),
            ("toString" | "getString" | "asString" | "trimIndent" | "trimMargin", 0) => value,
            ("toInt" | "toLong" | "toIntOrNull" | "toShort" | "intValue", 0) => apply(Method::Number, value),
            ("toBoolean" | "toBooleanStrict", 0) => apply(Method::Flag, value),
            ("replace", 2) => {
                let from = given.next().map(|code| self.expr(code));
                let to = given.next().map(|code| self.expr(code));
                match (from, to) {
                    (Some(from), Some(to)) => apply(Method::Replace { from, to, count: None }, value),
                    _ => Expr::Opaque(span),
                }
            }
            ("removePrefix" | "removeSuffix", 1) => match given.next().map(|code| self.expr(code)) {
                Some(Expr::Text(part)) if name == "removePrefix" => {
                    apply(Method::RemovePrefix(part.value), value)
                }
                Some(Expr::Text(part)) => apply(Method::RemoveSuffix(part.value), value),
                _ => Expr::Opaque(span),
            },
            ("split", 1 | 2) => match given.next().map(|code| self.expr(code)) {
                Some(Expr::Text(part)) if !part.value.contains(['\\', '[', '|', '*', '+']) => {
                    apply(Method::Split(Some(part.value), None), value)
                }
                _ => Expr::Opaque(span),
            },
            ("concat" | "plus", 1) => {
                let part = given.next().map_or(Expr::Opaque(span), |code| self.expr(code));
                Expr::Concat(vec![value, part])
            }
            ("formatted", _) => {
                let mut all = vec![value];
                all.extend(self.values(&call.arguments).into_iter().map(|(_, value)| value));
                formatted(all, span)
            }
            ("get" | "getOrDefault" | "getOrElse" | "getProperty" | "getString", 1 | 2)
                if matches!(value.peel(), Expr::Record(_) | Expr::Merge(_) | Expr::List(_)) =>
            {
                let key = given.next().map_or(Expr::Opaque(span), |code| self.expr(code));
                let default = given.next().map_or(Expr::Null(span), |code| self.lambda_or_value(code));
                match value.peel() {
                    Expr::List(_) => self.item(value, key, span),
                    _ => Expr::Item(Box::new(value), Box::new(key), Some(Box::new(default))),
                }
            }
            _ => {
                let callee = super::expressions::member(value, &call.name);
                self.user_call(callee, call)
            }
        }
    }
}
