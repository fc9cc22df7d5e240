//! Notes the reads, sinks and mentions in code.

use tree_sitter::Node;

use super::calls::Callee;
use super::reader::{Frame, Own, Reader};
use crate::programs::reading::{asks_for, descend, parts, read_within, span_of_read};
use crate::programs::{Condition, Expr, Mention, Method, Read, ReadExpr};
use crate::source::{Span, Spanned};

/// Calls of functions of the program that are kept of one file.
const MAX_CALLS: usize = 2_000;

impl<'t> Reader<'t> {
    /// Notes what the calls at and below a node read and dial.
    pub fn scan(&mut self, node: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        descend(node, |at, field| {
            let within = match at.kind() {
                "call_expression" => {
                    self.visit_call(at);
                    true
                }
                "composite_literal" => {
                    self.visit_literal(at);
                    true
                }
                "identifier" => {
                    self.mention(at);
                    self.used(at);
                    true
                }
                // What is assigned to is not looked at.
                "expression_list" if field == Some("left") => {
                    parts(at).iter().any(|target| target.kind() != "identifier")
                }
                "selector_expression" => {
                    self.visit_selector(at);
                    true
                }
                "func_literal" => {
                    self.closure(at);
                    false
                }
                "keyed_element" => !self.told(at),
                // The name of a field that is set, not one that is looked at.
                "literal_element" => field != Some("key"),
                "block" | "statement_list" => at == node,
                _ => true,
            };
            within && self.work_left()
        });
    }

    /// What a command of cobra or urfave/cli runs, as code that runs when the program is told its name.
    fn told(&mut self, pair: Node<'t>) -> bool {
        const RUNS: [&str; 7] = ["Run", "RunE", "PreRun", "PreRunE", "PostRun", "PostRunE", "Action"];
        let (Some(key), Some(value)) = (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
        else {
            return false;
        };
        if !RUNS.contains(&self.text(key)) {
            return false;
        }
        let Some(body) = pair.parent() else { return false };
        let of_command = body.parent().is_some_and(|literal| {
            let kind = self.child(literal, "type");
            kind.ends_with("cobra.Command") || kind.ends_with("cli.Command")
        });
        let mut pairs = parts(body).into_iter().filter(|_| of_command);
        let name = pairs.find(|other| matches!(self.child(*other, "key"), "Use" | "Name"));
        let Some(name) = name
            .and_then(|name| parts(name.child_by_field_name("value")?).first().copied())
            .and_then(|name| self.literal(name))
        else {
            return false;
        };
        let word = name.value.split_whitespace().next().unwrap_or_default();
        let owner = format!("{}{word}", Mention::TOLD);
        self.notes.module.functions.push(Spanned::new(owner.clone(), self.span(value)));
        let before = self.owner.replace(owner);
        self.scan(value);
        self.owner = before;
        true
    }

    fn visit_selector(&mut self, node: Node<'t>) {
        // What a library calls its things is no mention of what the program calls alike.
        let operand = self.child(node, "operand");
        let known = self.names.bound(operand).or_else(|| self.packages.get(operand));
        let of_library = matches!(known, Some(Expr::Library(_)));
        if let Some(field) = node.child_by_field_name("field").filter(|_| !of_library) {
            self.mention(field);
        }
    }

    fn mention(&mut self, node: Node<'t>) {
        let mention = Mention { name: self.text(node).to_string(), within: self.owner.clone() };
        self.mentions.insert(mention);
    }

    /// Notes where a variable goes that is used here.
    fn used(&mut self, node: Node<'t>) {
        if self.asking {
            return;
        }
        let Some(value) = self.names.bound(self.text(node)).cloned() else { return };
        match self.held(node) {
            Some(field) => self.holders.in_field(&value, &field),
            None => self.holders.used(&value),
        }
    }

    /// Reads a function that is written where it is used.
    fn closure(&mut self, node: Node<'t>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut frame = Frame::new(Own::default());
        for parameter in self.parameters(node, "parameters") {
            let value = self.of_type(parameter.kind);
            frame.names.insert(parameter.name.to_string(), value);
        }
        if let Some((leaves, frame)) = self.deeper(|reader| reader.framed(frame, |reader| reader.block(body)))
        {
            let span = self.span(node);
            self.widen(&frame.result(leaves, span));
        }
    }

    fn visit_call(&mut self, node: Node<'t>) {
        self.queue(node);
        let span = self.span(node);
        self.cap(node);
        self.retry_call(node);
        match self.callee(node) {
            Callee::Library(name) => {
                let value = self.expr(node);
                let first = match &value {
                    Expr::List(items) => items.first().unwrap_or(&value),
                    _ => &value,
                };
                if let Some(read) = read_within(first).filter(|read| read.span == span) {
                    let (read, value) = (read.clone(), first.clone());
                    return self.note(&read, value, node);
                }
                if name == "cmp.Or" {
                    self.alternatives.push(value);
                    return;
                }
                self.library_sink(&name, node);
            }
            Callee::Program(callee) => {
                // What ent generates opens a database as its own library does.
                if matches!(callee.peel(), Expr::Imported { module, name, .. } if name == "Open" && module.ends_with("/ent"))
                {
                    self.library_sink("entgo.io/ent/dialect/sql.Open", node);
                }
                let (arguments, open) = self.arguments(node);
                let Some((name, required)) = self.helper(&callee, &arguments) else {
                    if !open && !arguments.is_empty() && self.notes.module.calls.len() < MAX_CALLS {
                        let value = self.expr(node);
                        if let Expr::Call(call) = value {
                            self.notes.module.calls.push(*call);
                        }
                    }
                    return;
                };
                let expression = self.expr(node);
                let held = self.held(node);
                self.note_read(Read { name, expression, required, held, span });
            }
            _ => {}
        }
    }

    fn note(&mut self, read: &ReadExpr, value: Expr, node: Node<'t>) {
        let name = match read.name.peel() {
            Expr::Own(name) => self.top.get(&name.value).cloned(),
            name => Some(name.clone()),
        };
        let Some(Expr::Text(name)) = name.as_ref().map(Expr::peel) else { return };
        let held = self.held(node);
        let (name, required, span) = (name.clone(), read.required, read.span);
        self.note_read(Read { name, expression: value, required, held, span });
    }

    /// A value that a read falls back in: what is read is all of it then.
    pub fn widen(&mut self, value: &Expr) {
        let read = match value.peel() {
            Expr::If(branch) => [&branch.then, &branch.otherwise]
                .into_iter()
                .find_map(|side| read_within(side).filter(|read| asks_for(&branch.condition, read))),
            Expr::FirstNonEmpty(all) => all.iter().find_map(read_within),
            _ => None,
        };
        let Some(read) = read.filter(|_| self.notes.recording) else { return };
        for noted in self.notes.module.reads.iter_mut().filter(|noted| noted.span == read.span) {
            if matches!(noted.expression.peel(), Expr::Read(read) if read.default.is_none()) {
                noted.expression = value.clone();
            }
        }
    }

    /// Names got another value on a branch: where that is for want of what was read, it is the default.
    pub fn defaulted(&mut self, names: &[String]) {
        for name in names {
            if let Some(value) = self.names.bound(name).cloned() {
                self.widen(&value);
            }
        }
    }

    /// Keeps a read.
    pub fn note_read(&mut self, mut read: Read) {
        // What a flag falls back to counts where the command does not give the flag.
        let behind = |made: &&Expr| match made {
            Expr::Flag(told) => told.otherwise.as_ref().and_then(span_of_read) == Some(read.span),
            _ => false,
        };
        if let Some(made) = self.flags.values().find(behind) {
            read.expression = made.clone();
        }
        self.notes.read(read, self.names.path());
    }

    /// The field of a struct of the program, or the variable of the package, that holds what is read here.
    fn held(&self, node: Node<'t>) -> Option<String> {
        let mut at = node;
        for _ in 0..16 {
            let parent = at.parent()?;
            match parent.kind() {
                "keyed_element" => {
                    let literal = parent.parent()?.parent()?;
                    let kind = literal.child_by_field_name("type");
                    let of_ours = match kind {
                        Some(kind) if kind.kind() == "type_identifier" => true,
                        // The types of other packages may be those of libraries.
                        Some(kind) if kind.kind() == "qualified_type" => {
                            let name = self.child(kind, "name").to_ascii_lowercase();
                            let package = self.packages.get(self.child(kind, "package"));
                            matches!(package, Some(Expr::Imported { .. }))
                                && ["config", "settings", "cfg"].iter().any(|word| name.ends_with(word))
                        }
                        Some(_) => false,
                        // A record within a record.
                        None => {
                            at = parent;
                            continue;
                        }
                    };
                    let key = parent.child_by_field_name("key")?;
                    return of_ours.then(|| self.text(key).to_string());
                }
                "assignment_statement" => {
                    let target = parts(parent.child_by_field_name("left")?).first().copied()?;
                    return match target.kind() {
                        "selector_expression" => Some(self.child(target, "field").to_string()),
                        _ => None,
                    };
                }
                "var_spec" if !self.in_function() => return Some(self.child(parent, "name").to_string()),
                "block" | "statement_list" | "func_literal" => return None,
                _ => {}
            }
            at = parent;
        }
        None
    }

    /// A call for what it does: what it is handed the address of is not known afterwards.
    pub fn effect(&mut self, node: Node<'t>) {
        if node.kind() == "call_expression" {
            let _ = self.expr(node);
        }
    }

    /// The program stops when the condition holds: what must be absent for that is required.
    pub fn require_present(&mut self, condition: &Condition) {
        let mut absent = Vec::new();
        self.absent_in(condition, &mut absent);
        if absent.is_empty() {
            return;
        }
        let unconditional = self.names.path().all(|condition| *condition == Condition::Opaque);
        if self.notes.recording && unconditional {
            for read in self.notes.module.reads.iter_mut().filter(|read| absent.contains(&read.span)) {
                read.required = true;
            }
        }
        // From here on it is there.
        let Some(frame) = self.names.frames.last() else { return };
        let known = frame.names.iter().filter_map(|(name, value)| {
            let read =
                read_within(value).filter(|read| absent.contains(&read.span) && read.default.is_none())?;
            let read = ReadExpr { required: true, ..read.clone() };
            matches!(value.peel(), Expr::Read(_)).then(|| (name.clone(), Expr::Read(Box::new(read))))
        });
        for (name, value) in known.collect::<Vec<_>>() {
            self.names.bind(&name, value);
        }
    }

    /// The reads that must give nothing for the condition to hold.
    fn absent_in(&self, condition: &Condition, out: &mut Vec<Span>) {
        match condition {
            Condition::Not(inner) => match inner.as_ref() {
                Condition::Truthy(value) | Condition::IsSet(value) => out.extend(self.bare(value)),
                Condition::All(all) => {
                    for one in all {
                        self.absent_in(&Condition::Not(Box::new(one.clone())), out);
                    }
                }
                _ => {}
            },
            Condition::Any(any) => any.iter().for_each(|one| self.absent_in(one, out)),
            _ => {}
        }
    }

    /// The place of the read that a value is, when it falls back to nothing.
    pub fn bare(&self, value: &Expr) -> Option<Span> {
        let value = self.resolved(value, 8)?;
        let nothing = |value: &Expr| match value.peel() {
            Expr::Null(_) => true,
            Expr::Text(text) => text.value.is_empty(),
            _ => false,
        };
        match value.peel() {
            Expr::Read(read) => read.default.as_ref().is_none_or(nothing).then_some(read.span),
            Expr::Method(inner, _) => self.bare(inner),
            // A helper that is told no default.
            Expr::Call(call) => {
                call.arguments.iter().skip(1).all(|(_, value)| nothing(value)).then_some(call.span)
            }
            _ => None,
        }
    }

    /// The value with names and fields of this file looked up, as far as it is written out.
    fn resolved(&self, value: &Expr, depth: u8) -> Option<Expr> {
        let depth = depth.checked_sub(1)?;
        match value.peel() {
            Expr::Own(name) => {
                let named = self.assigned.get(&name.value).or_else(|| self.top.get(&name.value))?;
                match named.peel() {
                    Expr::Function(_) => Some(named.clone()),
                    named => self.resolved(named, depth),
                }
            }
            Expr::Member(base, name) => {
                let base = self.resolved(base, depth)?;
                let found = self.field_of(&base, name, depth)?;
                self.resolved(&found, depth)
            }
            Expr::Method(inner, method) if matches!(**method, Method::Index(0)) => {
                match self.resolved(inner, depth)?.peel() {
                    Expr::List(items) => items.first().cloned(),
                    other => Some(other.clone()),
                }
            }
            Expr::Call(call) => match self.resolved(&call.callee, depth) {
                Some(function) if call.arguments.is_empty() => match function.peel() {
                    Expr::Function(function) => Some(function.body.clone()),
                    _ => Some(value.clone()),
                },
                _ => Some(value.clone()),
            },
            other => Some(other.clone()),
        }
    }

    fn field_of(&self, base: &Expr, name: &Spanned<String>, depth: u8) -> Option<Expr> {
        let depth = depth.checked_sub(1)?;
        match base.peel() {
            Expr::Record(fields) => {
                let found = fields.iter().rev().find(|(field, _)| field.value == name.value);
                found.map(|(_, value)| value.clone())
            }
            Expr::Merge(parts) => parts.iter().rev().find_map(|part| self.field_of(part, name, depth)),
            Expr::Function(function) if function.class => self.field_of(&function.body, name, depth),
            Expr::If(branch) => {
                let otherwise = self.field_of(&branch.otherwise, name, depth);
                otherwise.or_else(|| self.field_of(&branch.then, name, depth))
            }
            Expr::List(items) => self.field_of(items.first()?, name, depth),
            Expr::Own(_) | Expr::Call(_) | Expr::Member(..) => {
                let inner = self.resolved(base, depth)?;
                match inner.peel() {
                    Expr::Own(_) | Expr::Call(_) | Expr::Member(..) => None,
                    _ => self.field_of(&inner, name, depth),
                }
            }
            _ => None,
        }
    }
}
