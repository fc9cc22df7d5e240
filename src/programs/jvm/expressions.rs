//! Expressions.

use super::calls::demanded;
use super::reader::Reader;
use super::statements::is_end;
use super::tree::{Code, Statement};
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::{Span, Spanned};

/// `value.name`, with the constants of libraries that stand for names of settings.
pub(super) fn member(value: Expr, name: &Spanned<String>) -> Expr {
    let setting = match name.value.as_str() {
        "BOOTSTRAP_SERVERS_CONFIG" => Some("bootstrap.servers"),
        _ => None,
    };
    match (value.peel(), setting) {
        (_, Some(setting)) => Expr::Text(Spanned::new(setting.to_string(), name.span)),
        (Expr::Library(library), None) => {
            Expr::Library(Spanned::new(format!("{}.{}", library.value, name.value), name.span))
        }
        (Expr::Opaque(span), None) => Expr::Opaque(*span),
        _ => Expr::Member(Box::new(value), name.clone()),
    }
}

impl Reader {
    /// What an expression gives; the clients that it makes are noted on the way.
    pub fn expr(&mut self, code: &Code) -> Expr {
        if !self.bounds.down() {
            return Expr::Opaque(code.span());
        }
        let value = self.expr_within(code);
        self.bounds.up();
        value
    }

    fn expr_within(&mut self, code: &Code) -> Expr {
        match code {
            Code::Text(text) => {
                self.file_of_settings(text);
                Expr::Text(text.clone())
            }
            Code::Number(text) => Expr::Number(text.clone()),
            Code::Bool(value, span) => Expr::Bool(*value, *span),
            Code::Null(span) => Expr::Null(*span),
            Code::Template(parts) => {
                let parts: Vec<Expr> = parts.iter().map(|part| self.expr(part)).collect();
                match parts.as_slice() {
                    [] => Expr::Text(Spanned::new(String::new(), Span::NONE)),
                    _ => Expr::Concat(parts),
                }
            }
            Code::Name(name) => self.name(name),
            Code::This => self.names.bound("this").cloned().unwrap_or(Expr::Opaque(Span::NONE)),
            Code::Member(value, name) => {
                let made = self.member(value, name);
                super::config::of_application(code, made)
            }
            Code::Call(call) => self.call(call),
            Code::Either(value, otherwise) => self.either(value, otherwise),
            Code::NotNull(value, _) => {
                let value = self.expr(value);
                self.require(&value);
                demanded(value)
            }
            Code::If(condition, then, otherwise, span) => self.choice(condition, then, otherwise, *span),
            Code::Binary(_, a, b, span) => {
                let whole = self.condition(code);
                if whole == Condition::Opaque {
                    self.expr(a);
                    self.expr(b);
                    return Expr::Opaque(*span);
                }
                Expr::Test(Box::new(whole), *span)
            }
            Code::Not(_, span) => Expr::Test(Box::new(self.condition(code)), *span),
            Code::Assign(to, value) => self.assign(to, value),
            Code::Index(value, key, span) => {
                let value = self.expr(value);
                let key = self.expr(key);
                self.item(value, key, *span)
            }
            Code::List(items) => Expr::List(items.iter().map(|item| self.expr(item)).collect()),
            Code::Lambda(_, body, span) => {
                self.maybe(body);
                Expr::Opaque(*span)
            }
            Code::Block(body, span) => self.block_value(body, *span),
            Code::Throw(span) => Expr::Opaque(*span),
            Code::Other(inner, span) => {
                inner.iter().for_each(|code| {
                    self.expr(code);
                });
                Expr::Opaque(*span)
            }
        }
    }

    fn member(&mut self, value: &Code, name: &Spanned<String>) -> Expr {
        self.mention(&name.value);
        if matches!(value, Code::This) && self.names.bound("this").is_none() {
            return self.names.bound(&name.value).cloned().unwrap_or_else(|| Expr::Own(name.clone()));
        }
        let value = self.expr(value);
        member(value, name)
    }

    /// `value ?: otherwise`
    fn either(&mut self, value: &Code, otherwise: &Code) -> Expr {
        let value = self.expr(value);
        let mark = self.names.enter(Some(Condition::Not(Box::new(Condition::IsSet(value.clone())))));
        let other = self.expr(otherwise);
        let branch = self.names.leave(mark, false);
        drop(branch);
        if is_end(otherwise) {
            if !matches!(otherwise, Code::Block(body, _) if matches!(body.last(), Some(Statement::Return(..))))
            {
                self.require(&value);
                return demanded(value);
            }
            return value;
        }
        let value = value.share();
        let whole = Expr::FirstSet(vec![value.clone(), other]).share();
        self.widen(&value, &whole);
        whole
    }

    fn choice(&mut self, condition: &Code, then: &Code, otherwise: &Code, span: Span) -> Expr {
        let at = condition.span();
        let condition = self.condition(condition);
        let mark = self.names.enter(Some(condition.clone()));
        let then_value = self.expr(then);
        self.names.leave(mark, false);
        let not = Condition::Not(Box::new(condition.clone()));
        let mark = self.names.enter(Some(not));
        let other_value = self.expr(otherwise);
        self.names.leave(mark, false);
        let _ = span;
        let mut looked_at = Vec::new();
        crate::programs::walk::of_condition(&condition, &mut looked_at);
        let looked_at: Vec<Expr> = looked_at.into_iter().cloned().collect();
        if is_end(then) && !is_end(otherwise) {
            looked_at.iter().for_each(|value| self.require(value));
            return other_value;
        }
        if is_end(otherwise) && !is_end(then) {
            return then_value;
        }
        let whole =
            Expr::If(Box::new(IfExpr { condition, then: then_value, otherwise: other_value, span: at }))
                .share();
        looked_at.iter().for_each(|value| self.widen(value, &whole));
        whole
    }

    /// Statements of which the last is the value.
    pub fn block_value(&mut self, body: &[Statement], span: Span) -> Expr {
        let Some((last, before)) = body.split_last() else { return Expr::Null(span) };
        if self.statements(before) {
            return Expr::Opaque(span);
        }
        match last {
            Statement::Code(code) => self.expr(code),
            // The value of a lambda or of a property's accessor.
            Statement::Return(Some(code), _) => self.expr(code),
            Statement::If(condition, then, otherwise) => {
                let at = condition.span();
                let condition = self.condition(condition);
                let then = self.block_value(then, span);
                let otherwise = self.block_value(otherwise, span);
                Expr::If(Box::new(IfExpr { condition, then, otherwise, span: at })).share()
            }
            Statement::Block(inner) => self.block_value(inner, span),
            other => {
                self.statements(std::slice::from_ref(other));
                Expr::Opaque(span)
            }
        }
    }

    fn assign(&mut self, to: &Code, value: &Code) -> Expr {
        let span = value.span();
        let value = self.expr(value).share();
        match to {
            Code::Name(name) => {
                if let Some(Expr::Library(this)) = self.names.bound("this").map(|this| this.peel().clone())
                    && self.names.bound(&name.value).is_none()
                {
                    return self.setter(&this.value, name, value, span);
                }
                let local =
                    self.names.frames.last().is_some_and(|frame| frame.names.contains_key(&name.value));
                let outer =
                    self.names.frames.iter().rev().skip(1).any(|frame| frame.names.contains_key(&name.value));
                if !local && outer {
                    self.set_own(&name.value, value.clone());
                } else {
                    self.names.bind(&name.value, value.clone());
                }
            }
            Code::Member(owner, name) if matches!(**owner, Code::This) => {
                self.set_own(&name.value, value.clone())
            }
            Code::Member(owner, name) => {
                let owner = self.expr(owner);
                if let Expr::Library(library) = owner.peel() {
                    let library = library.value.clone();
                    return self.setter(&library, name, value, span);
                }
            }
            // `settings["key"] = value`
            Code::Index(owner, key, _) => {
                let key = self.expr(key);
                self.put(owner, &key, value.clone());
            }
            _ => {}
        }
        value
    }

    /// `map.put(key, value)` on a name that stands for a record.
    pub fn put(&mut self, owner: &Code, key: &Expr, value: Expr) {
        let name = match owner {
            Code::Name(name) => name.value.clone(),
            Code::This => "this".to_string(),
            _ => return,
        };
        let Some(before) = self.names.bound(&name).cloned() else { return };
        if !matches!(before.peel(), Expr::Record(_) | Expr::Merge(_)) {
            return;
        }
        let added = match key.peel() {
            Expr::Text(key) => Expr::Record(vec![(key.clone(), value)]),
            _ => Expr::Opaque(Span::NONE),
        };
        self.names.bind(&name, Expr::Merge(vec![before, added]));
    }

    /// `value[key]`
    pub fn item(&mut self, value: Expr, key: Expr, span: Span) -> Expr {
        match value.peel() {
            Expr::Library(library) if super::calls::is_environment(&library.value) => {
                self.env(key, None, span)
            }
            Expr::Library(library) if super::calls::is_dotenv(&library.value) => self.env(key, None, span),
            Expr::Library(library) if super::calls::has_properties(&library.value) => {
                self.property(key, Some(Expr::Null(span)), span)
            }
            Expr::Library(_) | Expr::Opaque(_) => Expr::Opaque(span),
            _ => match key.peel() {
                Expr::Number(index) => match index.value.parse() {
                    Ok(index) => {
                        Expr::Method(Box::new(value), Box::new(crate::programs::Method::Index(index)))
                    }
                    Err(_) => Expr::Opaque(span),
                },
                _ => Expr::Item(Box::new(value), Box::new(key), Some(Box::new(Expr::Null(span)))),
            },
        }
    }
}
