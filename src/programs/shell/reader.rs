//! The state of a reading: what variables stand for at the place that is being read.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use tree_sitter::{Node, Tree};

use super::{Start, heredoc};
use crate::programs::dockerfile::Body;
use crate::programs::reading::{self, Bounds, Names, Notes};
use crate::programs::{Blank, Condition, Export, Expr, IfExpr, Mention, Module, Read, ReadExpr, Role};
use crate::source::{Span, Spanned, Text};

/// Texts within each other (sourced files, `sh -c`) and functions beyond this depth are not followed.
const MAX_NESTING: usize = 12;
/// Nor are more texts than this, here-documents' references among them.
const MAX_TEXTS: usize = 300;
/// Nor are functions called more often.
const MAX_CALLS: usize = 1_000;
/// Values within values that are looked at to find a file.
const MAX_VALUES: u8 = 8;

/// A text and its tree. Functions outlive the reading of the text that defines them.
pub(super) struct Unit {
    pub body: Body,
    pub tree: Tree,
}

impl Unit {
    pub(super) fn str(&self, node: Node<'_>) -> &str {
        self.body.as_str().get(node.byte_range()).unwrap_or("")
    }

    pub(super) fn span(&self, node: Node<'_>) -> Span {
        self.body.span(node.byte_range())
    }
}

/// Reads a script, statement by statement, as the shell would run it.
pub(super) struct Reader<'s> {
    pub notes: Notes,
    pub names: Names<()>,
    /// What `$1` and so on stand for, innermost function last; `None` when that is not known.
    pub arguments: Vec<Option<Vec<Expr>>>,
    /// The variables that commands find in their environment, with where that is said.
    pub exported: IndexMap<String, Span>,
    /// The variables of functions.
    pub local: HashSet<String>,
    /// `set -a`: whatever is assigned is exported.
    pub exports_all: bool,
    /// `set -u`: a variable that is not set ends the script.
    pub nounset: bool,
    pub functions: HashMap<String, (Rc<Unit>, Range<usize>)>,
    /// The variable whose value is being read.
    pub holding: Option<String>,
    /// Whether what is dialled is waited for: the condition of `until` and `while !`.
    pub waiting: bool,
    /// Whether a negated command is one, because it stands after `while`.
    pub waits_while_not: bool,
    /// Whether a wrapper stood before the command that is being read.
    pub wrapped: bool,
    /// Whether variables are set in ways that can't be seen.
    pub open: bool,
    /// Where the function that is being read was called from the script itself.
    pub called_at: Option<Span>,
    pub start: Start<'s>,
    pub bounds: Bounds,
    mentions: IndexSet<Mention>,
    nesting: usize,
    texts: usize,
    calls: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(path: &Path, start: Start<'s>) -> Self {
        let known = |word: &String| Expr::Text(Spanned::new(word.clone(), Span::NONE));
        Self {
            notes: Notes::new(path),
            names: Names::new(()),
            arguments: vec![start.arguments.map(|words| words.iter().map(known).collect())],
            exported: IndexMap::new(),
            local: HashSet::new(),
            exports_all: false,
            nounset: false,
            functions: HashMap::new(),
            holding: None,
            waiting: false,
            waits_while_not: false,
            wrapped: false,
            open: false,
            called_at: None,
            start,
            bounds: Bounds::default(),
            mentions: IndexSet::new(),
            nesting: 0,
            texts: 0,
            calls: 0,
        }
    }

    /// Reads a whole text in the current state.
    pub(super) fn text(&mut self, body: Body) {
        if self.nesting >= MAX_NESTING || self.texts >= MAX_TEXTS {
            return;
        }
        self.texts += 1;
        let (text, documents) = heredoc::masked(body.as_str());
        let Some(tree) = reading::parse(&tree_sitter_bash::LANGUAGE.into(), &text) else { return };
        let unit = Rc::new(Unit { body, tree });
        self.nesting += 1;
        self.block(&unit, &reading::parts(unit.tree.root_node()));
        let repeated =
            documents.iter().filter_map(|(document, _)| heredoc::repeated(&unit.body, document.clone()));
        self.notes.module.attempts.extend(repeated);
        let documents: Vec<_> = documents.into_iter().filter(|(_, raw)| !raw).map(|(body, _)| body).collect();
        let waits = documents.iter().filter_map(|document| heredoc::waits(&unit.body, document.clone()));
        let texts: Vec<Body> = waits.collect();
        let references = documents.into_iter().flat_map(|document| heredoc::references(&unit.body, document));
        for text in texts.into_iter().chain(references) {
            self.text(text);
        }
        self.nesting -= 1;
    }

    /// Reads the body of a function with these arguments; says whether it ends the script.
    pub(super) fn call(&mut self, name: &str, arguments: Vec<Expr>) -> Option<super::statements::Flow> {
        let (unit, range) = self.functions.get(name).cloned()?;
        if self.nesting >= MAX_NESTING || self.calls >= MAX_CALLS {
            return None;
        }
        let body = unit.tree.root_node().named_descendant_for_byte_range(range.start, range.end)?;
        self.nesting += 1;
        self.calls += 1;
        self.arguments.push(Some(arguments));
        let flow = self.statement(&unit, body);
        self.arguments.pop();
        self.nesting -= 1;
        Some(flow.out_of_function())
    }

    /// What the variable stands for by the script read so far.
    pub(super) fn bound(&self, name: &str) -> Option<Expr> {
        self.names.bound(name).cloned()
    }

    /// Assigns a variable.
    pub(super) fn assign(&mut self, name: &Spanned<String>, value: Expr) {
        // What came with the environment is handed on as it is now.
        let given = || self.start.environment.contains_key(&name.value) && !self.local.contains(&name.value);
        if self.exports_all || self.exported.contains_key(&name.value) || given() {
            self.exported.insert(name.value.clone(), name.span);
        }
        // What a branch does not assign is what the environment says.
        if let Some(frame) = self.names.frames.last_mut() {
            let base = || plain(&name.value, name.span);
            frame.names.entry(name.value.clone()).or_insert_with(base);
        }
        self.names.bind(&name.value, value);
    }

    /// What a value is by the environment that the script starts in, to find files by it.
    pub(super) fn resolved(&self, value: &Expr) -> Option<String> {
        self.resolved_within(value, MAX_VALUES)
    }

    /// The same value may stand in many places of another, so that its depth bounds the work, too.
    fn resolved_within(&self, value: &Expr, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let inner = |value: &Expr| self.resolved_within(value, depth);
        let text = match value.peel() {
            Expr::Text(text) => text.value.clone(),
            Expr::Concat(pieces) => pieces.iter().map(inner).collect::<Option<String>>()?,
            Expr::FirstNonEmpty(all) => all.iter().filter_map(inner).find(|text| !text.is_empty())?,
            Expr::Read(read) => {
                let name = inner(&read.name)?;
                let found = self.start.environment.get(&name).cloned();
                let found = found.filter(|text| read.blank == Blank::Kept || !text.is_empty());
                found.or_else(|| inner(read.default.as_ref()?))?
            }
            _ => return None,
        };
        (!text.contains(Text::HOLE)).then_some(text)
    }

    /// Notes that a variable is looked at.
    pub(super) fn mention(&mut self, name: &str) {
        if self.holding.as_deref() != Some(name) {
            let within = self.holding.clone();
            self.mentions.insert(Mention { name: name.to_string(), within });
        }
    }

    /// Notes a read of the environment.
    pub(super) fn note_read(&mut self, name: Spanned<String>, read: &ReadExpr) {
        let read = Read {
            name,
            expression: Expr::Read(Box::new(read.clone())),
            required: read.required,
            held: self.holding.clone(),
            span: read.span,
        };
        self.notes.read(read, self.names.path());
    }

    /// Notes that the script does not go on when these are blank.
    pub(super) fn require(&mut self, blank: &Condition) {
        match blank {
            Condition::Not(inner) => {
                if let Condition::Truthy(value) | Condition::IsSet(value) = &**inner {
                    self.require_value(value);
                }
            }
            Condition::Any(all) => all.iter().for_each(|one| self.require(one)),
            _ => {}
        }
    }

    fn require_value(&mut self, value: &Expr) {
        let Some(read) = reading::read_within(value) else { return };
        let blank = |value: &Expr| matches!(value.peel(), Expr::Text(text) if text.value.is_empty());
        if self.names.path().next().is_some() || !read.default.as_ref().is_none_or(blank) {
            return;
        }
        let Expr::Text(name) = read.name.peel() else { return };
        for known in self.notes.module.reads.iter_mut().filter(|known| known.name.value == name.value) {
            known.required = true;
        }
    }

    /// A variable that the environment has stays in it when it is assigned anew.
    fn passed_on(&self) -> Vec<Export> {
        let own = |name: &str| self.exported.contains_key(name) || self.local.contains(name);
        let mut exports: Vec<Export> = Vec::new();
        for read in self.notes.module.reads.iter().filter(|read| !own(&read.name.value)) {
            let name = &read.name;
            let Some(value) = self.bound(&name.value) else { continue };
            if value.peel() == &read.expression
                || exports.iter().any(|export| export.name.value == name.value)
            {
                continue;
            }
            let condition = Condition::IsSet(plain(&name.value, name.span));
            let otherwise = Expr::Null(name.span);
            let value = Expr::If(Box::new(IfExpr { condition, then: value, otherwise, span: read.span }));
            exports.push(Export { name: name.clone(), value });
        }
        exports
    }

    pub(super) fn finish(mut self) -> Module {
        let mut exports = self.passed_on();
        let exported = std::mem::take(&mut self.exported);
        // What is exported is used by what is started.
        for read in &mut self.notes.module.reads {
            read.held = read.held.take().filter(|held| !exported.contains_key(held));
        }
        for (name, span) in exported {
            if let Some(value) = self.bound(&name) {
                exports.push(Export { name: Spanned::new(name, span), value });
            }
        }
        Module {
            exports,
            mentions: self.mentions.into_iter().collect(),
            sets_unknown: self.open,
            role: Role::Script,
            ..self.notes.finish()
        }
    }
}

/// The variable as the environment has it.
pub(super) fn plain(name: &str, span: Span) -> Expr {
    reading::made::read(Expr::Text(Spanned::new(name.to_string(), span)), None, false, span)
}
