//! What the reader of a language that runs from top to bottom keeps while it reads one file.

use indexmap::IndexSet;

use super::{Bounds, Names, Notes, absence, read_within};
use crate::programs::{Condition, Expr, Function, Mention, Module, Read, Sink, SinkKind};
use crate::source::{SourceFile, Span};

/// The file, the names at the place that is being read, and what was noted so far. `K` is what the language
/// keeps with each frame of names.
#[derive(Debug)]
pub struct Desk<'t, K> {
    /// The file.
    pub file: &'t SourceFile,
    /// What was noted.
    pub notes: Notes,
    /// What names stand for.
    pub names: Names<K>,
    /// How deep and long may still be read.
    pub bounds: Bounds,
    mentions: IndexSet<Mention>,
}

impl<'t, K> Desk<'t, K> {
    /// Nothing read yet of the file.
    pub fn new(file: &'t SourceFile, own: K) -> Self {
        Self {
            file,
            notes: Notes::new(&file.path),
            names: Names::new(own),
            bounds: Bounds::default(),
            mentions: IndexSet::new(),
        }
    }

    /// Notes that a name is used.
    pub fn mention(&mut self, name: &str) {
        if self.notes.recording {
            self.mentions.insert(Mention { name: name.to_string(), within: None });
        }
    }

    /// Notes that the expression at `span` is a read, if it is one whose name is known.
    pub fn note_read(&mut self, value: &Expr, span: Span, held: Option<String>) {
        let Some(read) = read_within(value).filter(|read| read.span == span) else { return };
        let Expr::Text(name) = read.name.peel() else { return };
        let (name, required) = (name.clone(), read.required);
        let read = Read { name, expression: value.clone(), required, held, span };
        self.notes.read(read, self.names.path());
    }

    /// Notes the read that a call of one of the program's functions makes, when an argument names the variable.
    pub fn note_helper(&mut self, function: &Function, call: &Expr, span: Span, held: Option<String>) {
        let Expr::Call(made) = call.peel() else { return };
        let Some((parameter, required)) = absence::named_by_parameter(function) else { return };
        let position = function.parameters.iter().position(|(name, _)| *name == parameter);
        let named = made.arguments.iter().find(|(name, _)| name.as_deref() == Some(parameter.as_str()));
        let mut positional = made.arguments.iter().filter(|(name, _)| name.is_none());
        let argument = named.or_else(|| positional.nth(position?));
        let Some(Expr::Text(name)) = argument.map(|(_, value)| value.peel()) else { return };
        let read = Read { name: name.clone(), expression: call.clone(), required, held, span };
        self.notes.read(read, self.names.path());
    }

    /// The value of the reads in `parts` is used only as `whole` says: with a default, or under a condition.
    pub fn widen(&mut self, parts: &[&Expr], whole: &Expr) {
        let spans: Vec<Span> = parts.iter().filter_map(|part| span_of_read(part)).collect();
        for read in self.notes.module.reads.iter_mut().rev().take(64) {
            if spans.contains(&read.span) {
                read.expression = whole.clone();
            }
        }
    }

    /// The program stops unless these values are there.
    pub fn require(&mut self, values: &[&Expr]) {
        let spans: Vec<Span> =
            values.iter().filter_map(|value| absence::bare_read(value)).map(|read| read.span).collect();
        self.mark_required(&spans);
    }

    /// The program stops when the condition holds: what must be absent for that is required.
    pub fn require_present(&mut self, condition: &Condition) {
        let mut spans = Vec::new();
        absence::absent_in(condition, &mut spans);
        self.mark_required(&spans);
    }

    fn mark_required(&mut self, spans: &[Span]) {
        if !self.notes.recording {
            return;
        }
        for read in self.notes.module.reads.iter_mut().filter(|read| spans.contains(&read.span)) {
            read.required = true;
        }
    }

    /// Keeps a sink; what it receives straight from the environment is required.
    pub fn sink(&mut self, sink: Sink) {
        // A store that speaks S3 is Amazon's own when no address is given.
        if self.names.path().next().is_none() && sink.kind != SinkKind::S3 {
            match sink.target.peel() {
                Expr::Url(parts, _) => self.require(&parts.host.iter().collect::<Vec<_>>()),
                target => self.require(&[target]),
            }
        }
        self.notes.sink(sink, self.names.path());
    }

    /// The reads between the two places are held in this name.
    pub fn hold(&mut self, name: &str, span: Span) {
        let reads = self.notes.module.reads.iter_mut().rev();
        for read in reads.take_while(|read| span.contains(read.span)).filter(|read| read.held.is_none()) {
            read.held = Some(name.to_string());
        }
    }

    /// The module as it was read, with the names of its outermost frame that `keep` says yes to.
    #[must_use]
    pub fn finish(mut self, keep: impl Fn(&str) -> bool) -> Module {
        self.names.frames.truncate(1);
        let names = self.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        let names = names.into_iter().filter(|(name, _)| keep(name)).collect();
        let mentions = self.mentions.into_iter().collect();
        Module { names, mentions, ..self.notes.finish() }
    }
}

/// Where the read, or the call of a helper that reads, stands.
/// Where the read stands that a value is, also one by a function of the program.
pub fn span_of_read(value: &Expr) -> Option<Span> {
    match value.peel() {
        Expr::Call(call) => Some(call.span),
        Expr::If(branch) => span_of_read(&branch.then),
        _ => read_within(value).map(|read| read.span),
    }
}
