//! What an `if` asks.

use super::reader::Reader;
use super::tree::{Call, Code};
use crate::programs::{Condition, Expr};

impl Reader {
    /// The code as a condition.
    pub fn condition(&mut self, code: &Code) -> Condition {
        if !self.bounds.down() {
            return Condition::Opaque;
        }
        let condition = self.condition_within(code);
        self.bounds.up();
        condition
    }

    fn condition_within(&mut self, code: &Code) -> Condition {
        match code {
            Code::Bool(true, _) => Condition::All(Vec::new()),
            Code::Bool(false, _) => Condition::Any(Vec::new()),
            Code::Not(inner, _) => not(self.condition(inner)),
            Code::Binary("&&", a, b, _) => Condition::All(vec![self.condition(a), self.condition(b)]),
            Code::Binary("||", a, b, _) => Condition::Any(vec![self.condition(a), self.condition(b)]),
            Code::Binary(operator @ ("==" | "!="), a, b, _) => {
                let equal = match (a.as_ref(), b.as_ref()) {
                    (Code::Null(_), value) | (value, Code::Null(_)) => {
                        not(Condition::IsSet(self.expr(value).share()))
                    }
                    (a, b) => {
                        let a = self.expr(a).share();
                        Condition::Equals(a, self.expr(b).share())
                    }
                };
                if *operator == "==" { equal } else { not(equal) }
            }
            Code::Call(call) => match self.asked(call) {
                Some(condition) => condition,
                None => match self.expr(code).peel() {
                    Expr::Test(condition, _) => condition.as_ref().clone(),
                    Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
                    value => Condition::Truthy(value.clone().share()),
                },
            },
            _ => match self.expr(code).peel() {
                Expr::Test(condition, _) => condition.as_ref().clone(),
                Expr::Bool(true, _) => Condition::All(Vec::new()),
                Expr::Bool(false, _) => Condition::Any(Vec::new()),
                Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
                value => Condition::Truthy(value.clone().share()),
            },
        }
    }

    /// A call that asks something of a text.
    fn asked(&mut self, call: &Call) -> Option<Condition> {
        let receiver = call.receiver.as_ref()?;
        let first = call.arguments.first().map(|argument| &argument.value);
        // `StringUtils.isBlank(value)`, and `value.isBlank()`
        let utility = matches!(receiver, Code::Name(name) if name.value.starts_with(char::is_uppercase));
        let subject = if utility { first? } else { receiver };
        let name = call.name.value.as_str();
        Some(match name {
            "isEmpty" | "isBlank" | "isNullOrEmpty" | "isNullOrBlank"
                if call.arguments.len() == usize::from(utility) =>
            {
                not(Condition::Truthy(self.expr(subject).share()))
            }
            "isNotEmpty" | "isNotBlank" | "hasText" | "hasLength"
                if call.arguments.len() == usize::from(utility) =>
            {
                Condition::Truthy(self.expr(subject).share())
            }
            "isPresent" | "nonNull" => Condition::IsSet(self.expr(subject).share()),
            "isNull" => not(Condition::IsSet(self.expr(subject).share())),
            "equals" | "equalsIgnoreCase" | "contentEquals" => {
                let (a, b) = match utility {
                    true => (first?, &call.arguments.get(1)?.value),
                    false => (receiver, first?),
                };
                let a = self.expr(a).share();
                Condition::Equals(a, self.expr(b).share())
            }
            "startsWith" | "endsWith" | "contains" if !utility => {
                let value = self.expr(receiver).share();
                let part = self.expr(first?).share();
                match name {
                    "startsWith" => Condition::StartsWith(value, part),
                    "endsWith" => Condition::EndsWith(value, part),
                    _ => Condition::Contains(value, part),
                }
            }
            "containsKey" => {
                let owner = self.expr(receiver);
                let key = self.expr(first?);
                match owner.peel() {
                    Expr::Library(library) if super::calls::is_environment(&library.value) => {
                        Condition::InEnvironment(key)
                    }
                    _ => Condition::Opaque,
                }
            }
            "parseBoolean" | "toBoolean" => {
                let value = self.expr(subject);
                Condition::Equals(
                    Expr::Method(Box::new(value), Box::new(crate::programs::Method::Lower)).share(),
                    Expr::Text(crate::source::Spanned::new("true".to_string(), call.span)),
                )
            }
            _ => return None,
        })
    }
}

pub(super) fn not(condition: Condition) -> Condition {
    match condition {
        Condition::Opaque => Condition::Opaque,
        Condition::Not(inner) => *inner,
        other => Condition::Not(Box::new(other)),
    }
}
