//! What names stand for at the place that is being read.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::programs::{Condition, Expr, IfExpr};
use crate::source::Span;

/// The names of a file, innermost frame last. `K` is what a language keeps with each frame.
#[derive(Debug)]
pub struct Names<K> {
    /// The frames around the place that is being read.
    pub frames: Vec<Frame<K>>,
}

/// The names of a module, class or function.
#[derive(Debug)]
pub struct Frame<K> {
    /// What the language keeps.
    pub own: K,
    /// What each name stands for.
    pub names: IndexMap<String, Expr>,
    /// Whether frames within do not see the names (Python's class bodies).
    pub hidden: bool,
    /// The conditions of the branches around.
    pub path: Vec<Condition>,
    /// What is returned under which conditions.
    pub returns: Vec<(Condition, Expr)>,
    /// What names stood for before, newest last; to take a branch back.
    undo: Vec<(String, Option<Expr>)>,
    /// The names that each of the blocks around declares, and that end with it.
    declared: Vec<HashSet<String>>,
}

/// What a branch left in names, and whether it leaves the code around (`return`, `throw`).
#[derive(Debug, Default)]
pub struct Branch {
    /// The names it changed.
    pub names: IndexMap<String, Expr>,
    /// Whether what follows is not reached from it.
    pub leaves: bool,
}

/// Where a branch began.
#[derive(Debug)]
pub struct Mark {
    undo: usize,
    path: usize,
}

impl<K> Frame<K> {
    /// A frame without names.
    pub fn new(own: K) -> Self {
        Self {
            own,
            names: IndexMap::new(),
            hidden: false,
            path: Vec::new(),
            returns: Vec::new(),
            undo: Vec::new(),
            declared: Vec::new(),
        }
    }

    /// Notes a `return` at this place.
    pub fn returned(&mut self, value: Expr) {
        if self.returns.len() < 64 {
            self.returns.push((Condition::All(self.path.clone()), value.share()));
        }
    }

    /// What a call of the function gives: what it returned on each path, and nothing at its end unless
    /// that is never reached (`leaves`).
    #[must_use]
    pub fn result(self, leaves: bool, span: Span) -> Expr {
        let mut value = (!leaves).then_some(Expr::Null(span));
        for (condition, returned) in self.returns.into_iter().rev() {
            let always = matches!(&condition, Condition::All(all) if all.is_empty());
            value = Some(match value {
                Some(otherwise) if !always => {
                    Expr::If(Box::new(IfExpr { condition, then: returned, otherwise, span })).share()
                }
                _ => returned,
            });
        }
        value.unwrap_or(Expr::Opaque(span))
    }
}

impl<K> Names<K> {
    /// The names of a module.
    pub fn new(own: K) -> Self {
        Self { frames: vec![Frame::new(own)] }
    }

    /// Gives a name of the innermost frame a value.
    pub fn bind(&mut self, name: &str, value: Expr) {
        let value = value.share();
        if let Some(frame) = self.frames.last_mut() {
            let before = frame.names.insert(name.to_string(), value);
            frame.undo.push((name.to_string(), before));
        }
    }

    /// Declares a name in the innermost block: it is gone at the end of that.
    pub fn declare(&mut self, name: &str, value: Expr) {
        let block = self.frames.last_mut().and_then(|frame| frame.declared.last_mut());
        if let Some(declared) = block {
            declared.insert(name.to_string());
        }
        self.bind(name, value);
    }

    /// What a name is bound to by the code read so far.
    #[must_use]
    pub fn bound(&self, name: &str) -> Option<&Expr> {
        let top = self.frames.len().saturating_sub(1);
        let seen = self.frames.iter().enumerate().rev().filter(|(at, frame)| !frame.hidden || *at == top);
        seen.map(|(_, frame)| frame).find_map(|frame| frame.names.get(name))
    }

    /// The conditions under which the place that is being read is reached.
    pub fn path(&self) -> impl Iterator<Item = &Condition> {
        self.frames.iter().flat_map(|frame| &frame.path)
    }

    /// Begins a branch under a condition.
    pub fn enter(&mut self, condition: Option<Condition>) -> Mark {
        let Some(frame) = self.frames.last_mut() else { return Mark { undo: 0, path: 0 } };
        let mark = Mark { undo: frame.undo.len(), path: frame.path.len() };
        frame.path.extend(condition);
        frame.declared.push(HashSet::new());
        mark
    }

    /// Ends the branch: its names are taken back, and handed over.
    pub fn leave(&mut self, mark: Mark, leaves: bool) -> Branch {
        let mut names = IndexMap::new();
        if let Some(frame) = self.frames.last_mut() {
            frame.path.truncate(mark.path);
            for (name, before) in frame.undo.split_off(mark.undo).into_iter().rev() {
                let now = match before {
                    Some(before) => frame.names.insert(name.clone(), before),
                    None => frame.names.shift_remove(&name),
                };
                // The newest change comes first: it is what the branch left.
                if let Some(now) = now
                    && !names.contains_key(&name)
                {
                    names.insert(name, now);
                }
            }
        }
        names.reverse();
        let declared = self.frames.last_mut().and_then(|frame| frame.declared.pop()).unwrap_or_default();
        names.retain(|name, _| !declared.contains(name));
        Branch { names, leaves }
    }

    /// Binds what a branch left.
    pub fn adopt(&mut self, branch: Branch) {
        for (name, value) in branch.names {
            self.bind(&name, value);
        }
    }

    /// Binds every name that one of the two branches changed to what `choose` makes of both values; a branch
    /// that leaves counts for nothing.
    pub fn merge(&mut self, then: Branch, otherwise: Branch, choose: impl Fn(Expr, Expr) -> Expr) {
        match (then.leaves, otherwise.leaves) {
            (true, false) => return self.adopt(otherwise),
            (false, true) => return self.adopt(then),
            _ => {}
        }
        let mut names: Vec<String> = then.names.keys().cloned().collect();
        names.extend(otherwise.names.keys().filter(|name| !then.names.contains_key(*name)).cloned());
        for name in names {
            let before = || self.bound(&name).cloned().unwrap_or(Expr::Opaque(Span::NONE));
            let a = then.names.get(&name).cloned().unwrap_or_else(before);
            let b = otherwise.names.get(&name).cloned().unwrap_or_else(before);
            let value = merged(a, b, &choose);
            self.bind(&name, value);
        }
    }

    /// [`Names::merge`] for the two branches of an `if`; `span` is the condition as written.
    pub fn merge_if(&mut self, condition: &Condition, then: Branch, otherwise: Branch, span: Span) {
        self.merge(then, otherwise, |then, otherwise| {
            Expr::If(Box::new(IfExpr { condition: condition.clone(), then, otherwise, span }))
        });
    }
}

/// One value of two, where the condition is not the same for all; what is the same needs no condition, and
/// of an optional import the library is the one that counts.
fn merged(a: Expr, b: Expr, choose: &impl Fn(Expr, Expr) -> Expr) -> Expr {
    if a == b || matches!(a, Expr::Library(_)) {
        return a;
    }
    if matches!(b, Expr::Library(_)) {
        return b;
    }
    choose(a, b)
}
