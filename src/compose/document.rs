//! One YAML document to a tree of values: aliases and merge keys followed, scalars resolved,
//! references replaced, texts cast.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::cast::cast;
use super::marks::Marks;
use super::nesting::Nesting;
use super::notes;
use super::schema::{self, Shape, Unique};
use super::template::{Lookup, Place, substitute};
use super::value::{Data, Member, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, SourceFile, Span, Text, Via};
use crate::yaml::{Entry, Mapping, Node, NodeKind, Resolved, Scalar, Style, resolve};

/// Nested deeper than this, a value is refused; aliases could otherwise nest without end.
const MAX_DEPTH: usize = 300;

/// A document as far as it can be understood by itself.
#[derive(Debug)]
pub(crate) struct Document {
    /// What it says.
    pub value: Value,
    /// What it takes out of what earlier documents say.
    pub marks: Marks,
}

/// What a document is read with.
pub(crate) struct Reading<'a> {
    /// The file it stands in.
    pub file: &'a SourceFile,
    /// The directory its relative paths resolve against.
    pub base: Arc<Path>,
    /// What a reference stands for.
    pub lookup: &'a Lookup<'a>,
    /// Leave texts as they are written.
    pub verbatim: bool,
}

impl Reading<'_> {
    /// Reads a document. What is wrong is pushed to `problems`; the rest is read all the same.
    pub(crate) fn document(&self, root: &Node, problems: &mut Vec<Problem>) -> Document {
        let mut builder = Builder {
            reading: self,
            problems,
            path: Vec::new(),
            nesting: Nesting::default(),
            through: Vec::new(),
            expanding: Vec::new(),
            marks: Marks::default(),
            left: allowance(self.file.text.len()),
        };
        let value = builder.node(root, Some(schema::root()));
        let null = Value { data: Data::Null, origin: Origin::at(root.span), base: None };
        Document { marks: builder.marks, value: value.unwrap_or(null) }
    }
}

/// How many values aliases may add to a document of that many bytes. Far more than a project that
/// people write needs, and little enough to be read at once.
fn allowance(bytes: usize) -> usize {
    bytes.saturating_mul(20).clamp(20_000, 2_000_000)
}

struct Builder<'a, 'r> {
    reading: &'r Reading<'r>,
    problems: &'r mut Vec<Problem>,
    path: Vec<&'a str>,
    nesting: Nesting,
    /// The aliases and merge keys that lead here, outermost first.
    through: Vec<Via>,
    /// The anchored nodes that are being expanded.
    expanding: Vec<*const Node>,
    marks: Marks,
    /// How many more values aliases may add.
    left: usize,
}

impl<'a> Builder<'a, '_> {
    /// The value of a node; `None` when `!reset` takes it out.
    fn node(&mut self, node: &'a Node, shape: Option<&'static Shape>) -> Option<Value> {
        if !self.spend(node.span) {
            return None;
        }
        if let NodeKind::Alias(alias) = &node.kind {
            let Some(target) = &alias.target else {
                self.cycle(node.span, &alias.name);
                return Some(self.hole(node.span));
            };
            return self
                .aliased(target, Via::Alias(node.span), node.span, |builder| builder.node(target, shape));
        }
        match node.tag.as_ref().map(|tag| tag.value.as_str()) {
            Some("!reset") => {
                self.marks.push(&self.path);
                return None;
            }
            Some("!override") => self.marks.push(&self.path),
            _ => {}
        }
        if self.path.len() > MAX_DEPTH {
            self.refuse(ProblemKind::AliasBomb, node.span, "values nest too deeply here".to_string());
            return Some(self.hole(node.span));
        }
        let data = match &node.kind {
            NodeKind::Scalar(scalar) => return Some(self.scalar(node, scalar, shape)),
            NodeKind::Sequence(sequence) => {
                let item = shape.and_then(Shape::item);
                self.path.push("[]");
                let mut items = Vec::with_capacity(sequence.items.len());
                for (at, node) in sequence.items.iter().enumerate() {
                    self.nesting.item(at);
                    items.extend(self.node(node, item));
                    self.nesting.up();
                }
                self.path.pop();
                if matches!(self.path.last(), Some(&("environment" | "args")))
                    && shape.is_some_and(|shape| shape.unique == Unique::Key)
                {
                    self.note(notes::duplicates(&items));
                }
                Data::List(items)
            }
            NodeKind::Mapping(mapping) => Data::Map(self.mapping(mapping, shape)),
            NodeKind::Alias(_) => Data::Null,
        };
        Some(self.value(node.span, data))
    }

    fn value(&self, span: Span, data: Data) -> Value {
        let through = self.through.iter().rev().cloned().collect();
        Value { data, origin: Origin { written: span, through }, base: Some(self.reading.base.clone()) }
    }

    /// What stands for a value that could not be understood.
    fn hole(&self, span: Span) -> Value {
        self.value(span, Data::String(Text::unknown(Origin::at(span))))
    }

    fn refuse(&mut self, kind: ProblemKind, at: Span, message: String) {
        let mut problem = Problem::refusal(kind, at, message);
        problem.service = self.service();
        self.problems.push(problem);
    }

    fn service(&self) -> Option<String> {
        match self.path.as_slice() {
            ["services", name, ..] => Some((*name).to_string()),
            _ => None,
        }
    }

    fn cycle(&mut self, at: Span, name: &str) {
        self.refuse(ProblemKind::AliasBomb, at, format!("`*{name}` stands inside of what it stands for"));
    }

    /// Does `read` for what an alias at `at` stands for, unless that leads in a circle or the
    /// aliases of the document have made too many values already.
    fn aliased<T>(
        &mut self,
        target: &'a Arc<Node>,
        step: Via,
        at: Span,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let identity = Arc::as_ptr(target);
        if self.expanding.contains(&identity) {
            self.refuse(
                ProblemKind::AliasBomb,
                at,
                "an alias stands inside of what it stands for".to_string(),
            );
            return None;
        }
        if self.left == 0 {
            return None;
        }
        // What an alias brings was looked at where it is written.
        if self.expanding.is_empty()
            && let Some(other) = self.nesting.used(identity, at)
        {
            let message = "this anchor is used within a place where it is used already, which Compose takes for a cycle";
            let mut problem = Problem::refusal(ProblemKind::AliasBomb, at, message)
                .also(other, "the other use")
                .help("write the values out in one of the two places");
            problem.service = self.service();
            self.problems.push(problem);
        }
        self.expanding.push(identity);
        self.through.push(step);
        let value = read(self);
        self.through.pop();
        self.expanding.pop();
        value
    }

    /// Counts a value that an alias brings; whether it may still be made.
    fn spend(&mut self, at: Span) -> bool {
        if self.expanding.is_empty() {
            return true;
        }
        if self.left == 1 {
            let message = "aliases expand to more values than a project can hold".to_string();
            let mut problem = Problem::refusal(ProblemKind::AliasBomb, at, message);
            problem.service = self.service();
            self.problems.push(problem);
        }
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    fn mapping(&mut self, mapping: &'a Mapping, shape: Option<&'static Shape>) -> IndexMap<String, Member> {
        let mut entries = IndexMap::with_capacity(mapping.entries.len());
        let mut merges = Vec::new();
        let mut seen: IndexMap<&str, Span> = IndexMap::with_capacity(mapping.entries.len());
        for entry in mapping.entries.iter() {
            let Some(key) = self.key(&entry.key) else { continue };
            if self.is_duplicate(entry, key, &mut seen) {
                continue;
            }
            if is_merge(&entry.key) {
                merges.push(entry);
            } else if let Some(member) = self.member(key, entry, shape) {
                entries.insert(key.to_string(), member);
            }
        }
        let mut taken = HashSet::new();
        for merge in merges {
            self.merge(merge, shape, &mut entries, &seen, &mut taken);
        }
        entries
    }

    /// Whether a key stands in its mapping already, which is reported. Compose takes the name of an
    /// alias for the key's text here, so that a key can be given twice by way of an alias.
    fn is_duplicate(&mut self, entry: &'a Entry, key: &'a str, seen: &mut IndexMap<&'a str, Span>) -> bool {
        let written = match &entry.key.kind {
            NodeKind::Alias(alias) => &alias.name,
            _ => key,
        };
        let Some(first) = seen.insert(written, entry.key.span) else { return false };
        let message = format!("the key `{key}` stands twice in this mapping");
        let problem = Problem::refusal(ProblemKind::DuplicateKey, entry.key.span, message);
        let mut problem = problem.also(first, "it stands here already");
        problem.service = self.service();
        self.problems.push(problem);
        true
    }

    fn member(&mut self, key: &'a str, entry: &'a Entry, shape: Option<&'static Shape>) -> Option<Member> {
        self.path.push(key);
        self.nesting.down(key);
        let value = self.node(&entry.value, shape.and_then(|shape| shape.member(key)));
        self.nesting.up();
        self.path.pop();
        Some(Member { key: entry.key.span, value: value? })
    }

    /// The text of a key. A key that is no string is refused, and its text taken.
    fn key(&mut self, node: &'a Node) -> Option<&'a str> {
        let Some(scalar) = node.as_scalar() else {
            self.refuse(ProblemKind::InvalidYaml, node.span, "a key must be a string".to_string());
            return None;
        };
        let node = node.resolved();
        let is_string =
            matches!(resolve(scalar, tag(node)), Resolved::String | Resolved::Binary(_)) || is_merge(node);
        if !is_string {
            let message = format!("the key `{}` is no string", scalar.text);
            let problem = Problem::refusal(ProblemKind::InvalidYaml, node.span, message)
                .help(format!("write `\"{}\"`", scalar.text));
            self.problems.push(problem);
        }
        Some(&scalar.text)
    }

    /// Takes over what a merge key names: a mapping, an alias of one, or a list of them. What is
    /// there already stays.
    fn merge(
        &mut self,
        entry: &'a Entry,
        shape: Option<&'static Shape>,
        entries: &mut IndexMap<String, Member>,
        explicit: &IndexMap<&'a str, Span>,
        taken: &mut HashSet<*const Mapping>,
    ) {
        let sources: Vec<&'a Node> = match &entry.value.resolved().kind {
            NodeKind::Sequence(sequence) => sequence.items.iter().collect(),
            _ => vec![&entry.value],
        };
        let step = Via::MergeKey(entry.key.span.to(entry.value.span));
        for (at, source) in sources.into_iter().enumerate() {
            let target = match &source.kind {
                NodeKind::Alias(alias) => match &alias.target {
                    Some(target) => Some(target),
                    None => {
                        self.cycle(source.span, &alias.name);
                        continue;
                    }
                },
                _ => None,
            };
            let NodeKind::Mapping(mapping) = &source.resolved().kind else {
                let message = "`<<` takes a mapping or a list of mappings".to_string();
                self.refuse(ProblemKind::InvalidYaml, source.span, message);
                continue;
            };
            match target {
                Some(target) => {
                    // An item of a list of merged mappings has a place of its own, which is below this one.
                    let listed = entry.value.resolved().as_sequence().is_some();
                    if listed {
                        self.nesting.item(at);
                    }
                    self.aliased(target, step.clone(), source.span, |builder| {
                        builder.take_over(mapping, shape, entries, explicit, taken);
                        Some(())
                    });
                    if listed {
                        self.nesting.up();
                    }
                }
                None => {
                    let mut seen = IndexMap::new();
                    for entry in mapping.entries.iter() {
                        if let Some(key) = self.key(&entry.key) {
                            self.is_duplicate(entry, key, &mut seen);
                        }
                    }
                    self.through.push(step.clone());
                    self.take_over(mapping, shape, entries, explicit, taken);
                    self.through.pop();
                }
            }
        }
    }

    fn take_over(
        &mut self,
        mapping: &'a Mapping,
        shape: Option<&'static Shape>,
        entries: &mut IndexMap<String, Member>,
        explicit: &IndexMap<&'a str, Span>,
        taken: &mut HashSet<*const Mapping>,
    ) {
        // What was taken over here before has nothing to add.
        if !taken.insert(std::ptr::from_ref(mapping)) {
            return;
        }
        for entry in mapping.entries.iter().filter(|entry| !is_merge(&entry.key)) {
            let Some(key) = self.key(&entry.key) else { continue };
            if entries.contains_key(key) || explicit.contains_key(key) {
                if marked(&entry.value) {
                    self.path.push(key);
                    self.marks.push(&self.path);
                    self.path.pop();
                }
            } else if let Some(member) = self.member(key, entry, shape) {
                entries.insert(key.to_string(), member);
            }
        }
        for entry in mapping.entries.iter().filter(|entry| is_merge(&entry.key)) {
            self.merge(entry, shape, entries, explicit, taken);
        }
    }

    fn scalar(&mut self, node: &Node, scalar: &Scalar, shape: Option<&'static Shape>) -> Value {
        let resolved = resolve(scalar, tag(node));
        if shape.is_some_and(Shape::makes_text) {
            let name = self.path.last().copied().unwrap_or_default();
            self.note(notes::surprise(name, node.span, scalar, &resolved));
        }
        let data = match resolved {
            Resolved::Null => Data::Null,
            Resolved::Bool(value) => Data::Bool(value),
            Resolved::Int(value) => Data::Int(value),
            Resolved::Float(value) => {
                if !value.is_finite() {
                    let message = format!("`{}` is no number that Compose can carry on", scalar.text);
                    self.refuse(ProblemKind::InvalidValue, node.span, message);
                }
                Data::Float(value)
            }
            Resolved::Timestamp(text) => Data::Timestamp(text),
            Resolved::String => return self.string(node, scalar, &scalar.text, shape),
            Resolved::Binary(text) => return self.string(node, scalar, &text, shape),
            Resolved::Invalid(reason) => {
                self.refuse(ProblemKind::InvalidYaml, node.span, reason);
                return self.hole(node.span);
            }
        };
        self.value(node.span, data)
    }

    /// Keeps what was noted about the value that is being read.
    fn note(&mut self, noted: impl IntoIterator<Item = Problem>) {
        for mut problem in noted {
            problem.service = self.service();
            problem.path = self.path.iter().map(|key| (*key).to_string()).collect();
            self.problems.push(problem);
        }
    }

    fn string(&mut self, node: &Node, scalar: &Scalar, text: &str, shape: Option<&'static Shape>) -> Value {
        let exact = exact(self.reading.file, node.span, scalar).filter(|_| text == scalar.text);
        let place = Place { whole: node.span, exact };
        if self.reading.verbatim {
            let at = place.exact.unwrap_or(place.whole);
            return self.value(node.span, Data::String(Text::known(text, Origin::at(at))));
        }
        let before = self.problems.len();
        let mut text = substitute(text, place, self.reading.lookup, self.problems);
        for step in self.through.iter().rev() {
            text = text.via(step);
        }
        let cast_to = shape.and_then(|shape| shape.cast);
        let steps: Vec<Via> = text.pieces().iter().flat_map(|piece| piece.origin.through.clone()).collect();
        let data = match cast_to {
            Some(to) => cast(text, to, node.span, self.problems),
            None => Data::String(text),
        };
        let service = self.service();
        for problem in self.problems.iter_mut().skip(before) {
            problem.service.clone_from(&service);
            problem.path = self.path.iter().map(|key| (*key).to_string()).collect();
        }
        let mut value = self.value(node.span, data);
        if cast_to.is_some() {
            value.origin.through = steps;
        }
        value
    }
}

/// Where the text of a scalar stands in its file byte for byte, if it does.
fn exact(file: &SourceFile, span: Span, scalar: &Scalar) -> Option<Span> {
    let length = span.len() as usize;
    let inner = match scalar.style {
        Style::Plain => span,
        Style::SingleQuoted | Style::DoubleQuoted if length >= 2 => span.slice(1, length - 1),
        _ => return None,
    };
    (inner.len() as usize == scalar.text.len() && file.snippet(inner) == scalar.text).then_some(inner)
}

fn tag(node: &Node) -> Option<&str> {
    node.tag.as_ref().map(|tag| tag.value.as_str())
}

/// Whether a key is the merge key: `<<` without quotes.
fn is_merge(key: &Node) -> bool {
    match &key.kind {
        NodeKind::Scalar(scalar) => {
            scalar.text == "<<"
                && scalar.style == Style::Plain
                && matches!(tag(key), None | Some("!" | "!!merge"))
        }
        _ => false,
    }
}

/// Whether a node carries `!reset` or `!override`.
fn marked(node: &Node) -> bool {
    matches!(tag(node.resolved()), Some("!reset" | "!override"))
}
