//! Statements: what they leave in names, and whether they leave the code around.

use super::reader::Reader;
use super::tree::{Code, Statement};
use crate::programs::{Condition, Expr};
use crate::source::Span;

impl Reader {
    /// Runs statements one after the other; says whether what follows is never reached.
    pub fn statements(&mut self, statements: &[Statement]) -> bool {
        for (at, statement) in statements.iter().enumerate() {
            if !self.bounds.work() {
                return false;
            }
            if let Statement::If(condition, then, otherwise) = statement {
                let rest = statements.get(at + 1..).unwrap_or_default();
                if let Some(leaves) = self.guard(condition, then, otherwise, rest) {
                    return leaves;
                }
                continue;
            }
            if self.statement(statement) {
                return true;
            }
        }
        false
    }

    /// An `if`. When one of its branches leaves, the rest runs under the condition of the other: then it is
    /// run here, and whether it leaves is the answer.
    fn guard(
        &mut self,
        condition: &Code,
        then: &[Statement],
        otherwise: &[Statement],
        rest: &[Statement],
    ) -> Option<bool> {
        if !self.bounds.down() {
            return None;
        }
        let span = condition.span();
        let condition = self.condition(condition);
        self.require_of(&condition, then);
        let before = self.reads_of(&condition);
        let mark = self.names.enter(Some(condition.clone()));
        let leaves = self.statements(then);
        let then = self.names.leave(mark, leaves);
        let not = Condition::Not(Box::new(condition.clone()));
        let mark = self.names.enter(Some(not.clone()));
        let leaves = self.statements(otherwise);
        let otherwise = self.names.leave(mark, leaves);
        let answer = match (then.leaves, otherwise.leaves) {
            (true, true) => Some(true),
            (true, false) | (false, true) if !rest.is_empty() => {
                let (branch, path) = if then.leaves { (otherwise, not) } else { (then, condition.clone()) };
                let mark = self.names.enter(Some(path));
                self.names.adopt(branch);
                let leaves = self.statements(rest);
                let branch = self.names.leave(mark, leaves);
                self.names.adopt(branch);
                Some(leaves)
            }
            _ => {
                let changed: Vec<String> = then.names.keys().chain(otherwise.names.keys()).cloned().collect();
                self.names.merge_if(&condition, then, otherwise, span);
                for name in changed {
                    let Some(whole) = self.names.bound(&name).cloned() else { continue };
                    let Expr::If(branch) = whole.peel() else { continue };
                    let kept = |inner: &&Expr| branch.then == **inner || branch.otherwise == **inner;
                    before.iter().filter(kept).for_each(|inner| self.widen(inner, &whole));
                }
                None
            }
        };
        self.bounds.up();
        answer
    }

    /// The values that a condition looks at.
    fn reads_of(&self, condition: &Condition) -> Vec<Expr> {
        let mut found = Vec::new();
        crate::programs::walk::of_condition(condition, &mut found);
        found.into_iter().cloned().collect()
    }

    /// `if (value == null) throw …`
    fn require_of(&mut self, condition: &Condition, then: &[Statement]) {
        if !matches!(then, [.., Statement::Throw(_)]) {
            return;
        }
        let one = |condition: &Condition| match condition {
            Condition::Not(inner) => match inner.as_ref() {
                Condition::IsSet(value) | Condition::Truthy(value) => Some(value.clone()),
                _ => None,
            },
            _ => None,
        };
        let all: Vec<Expr> = match condition {
            Condition::Any(any) => any.iter().filter_map(one).collect(),
            other => one(other).into_iter().collect(),
        };
        for value in all {
            self.require(&value);
        }
    }

    fn statement(&mut self, statement: &Statement) -> bool {
        match statement {
            Statement::Local(name, kind, value) => {
                let value = match value {
                    Some(code) => self.expr(code),
                    None => self.instance(kind.as_deref(), name.span),
                };
                self.names.bind(&name.value, value);
                false
            }
            Statement::Code(code) => {
                self.expr(code);
                is_end(code)
            }
            Statement::If(..) => false,
            Statement::Return(value, span) => {
                let value = value.as_ref().map_or(Expr::Null(*span), |code| self.expr(code));
                if let Some(frame) = self.names.frames.last_mut() {
                    frame.returned(value);
                }
                true
            }
            Statement::Throw(value) => {
                if let Some(code) = value {
                    self.expr(code);
                }
                true
            }
            Statement::Leave => true,
            Statement::Block(inner) => {
                if !self.bounds.down() {
                    return false;
                }
                let leaves = self.statements(inner);
                self.bounds.up();
                leaves
            }
            Statement::Maybe(inner) => {
                self.maybe(inner);
                false
            }
        }
    }

    /// Statements that run or not: what they change is not known afterwards.
    pub fn maybe(&mut self, inner: &[Statement]) {
        if !self.bounds.down() {
            return;
        }
        let mark = self.names.enter(Some(Condition::Opaque));
        self.statements(inner);
        let branch = self.names.leave(mark, false);
        for (name, value) in branch.names {
            let same = self.names.bound(&name).is_some_and(|before| *before == value);
            if !same && self.names.bound(&name).is_some() {
                self.names.bind(&name, Expr::Opaque(Span::NONE));
            }
        }
        self.bounds.up();
    }
}

/// Whether an expression ends the code around it.
pub(super) fn is_end(code: &Code) -> bool {
    match code {
        Code::Throw(_) => true,
        Code::Call(call) => {
            call.receiver.is_none() && matches!(call.name.value.as_str(), "error" | "TODO" | "exitProcess")
        }
        Code::Block(body, _) => matches!(body.last(), Some(Statement::Throw(_) | Statement::Return(..))),
        _ => false,
    }
}
