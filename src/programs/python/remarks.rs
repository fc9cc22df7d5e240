//! What can be seen of sessions and transactions. Precision before recall: every remark needs all of its
//! story in the source.

use tree_sitter::Node;

use super::reader::{FrameKind, Reader};
use crate::programs::reading::parts;
use crate::programs::{Expr, Remark, RemarkKind};
use crate::source::Span;

impl<'t> Reader<'t> {
    fn remark(
        &mut self,
        kind: RemarkKind,
        span: Span,
        related: Option<(Span, &'static str)>,
        maker: Option<Expr>,
    ) {
        let known = self.notes.module.remarks.iter().any(|remark| remark.kind == kind && remark.span == span);
        if self.notes.recording && !known {
            self.notes.module.remarks.push(Remark { kind, span, related, maker });
        }
    }

    /// `sessionmaker(class_=AsyncSession)`
    pub fn remark_on_maker(&mut self, name: &str, node: Node<'t>, callee: Node<'t>) {
        if !(name.starts_with("sqlalchemy.") && name.ends_with(".sessionmaker")) {
            return;
        }
        let class = self.arguments(node).get(Some(1), &["class_"]).map(|class| self.expr(class));
        let asynchronous = class.is_some_and(|class| is_async_session(&class));
        if asynchronous {
            let span = self.span(callee);
            self.remark(RemarkKind::SyncSessionmakerForAsync, span, None, None);
        }
    }

    /// `asyncio.run(…)`: within a function an event loop of its own for each call of that function; outside of all one
    /// that is closed when the module has been loaded.
    pub fn remark_on_loop(&mut self, callee: Node<'t>) {
        let runs = match self.text(callee) {
            "asyncio.run" | "async_to_sync" => true,
            name => name.ends_with(".run_until_complete"),
        };
        let span = self.span(callee);
        match self.kind() {
            _ if !runs => {}
            FrameKind::Module if self.names.path().next().is_none() => {
                self.remark(RemarkKind::LoopAtLoad, span, None, None);
            }
            FrameKind::Module => {}
            _ => self.remark(RemarkKind::LoopPerCall, span, None, None),
        }
    }

    /// Looks at the body of a function whose names are known.
    pub fn remark_on_function(&mut self, node: Node<'t>, decorated: bool) {
        let text = self.text(node);
        if !self.notes.recording || !text.contains("commit()") {
            return;
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        let facts = self.commits(body);
        if !decorated {
            self.commit_after_yield(&facts);
        }
        self.read_after_commit(body, &facts);
    }

    /// The commits and yields of a function, in order.
    fn commits(&self, body: Node<'t>) -> Vec<Event<'t>> {
        let mut out = Vec::new();
        walk(body, &mut |node, above| {
            let receiver = self.method_receiver(node, "commit");
            match (node.kind(), receiver) {
                ("call", Some(session)) => {
                    out.push(Event { kind: EventKind::Commit, node, name: session, blocks: above.to_vec() })
                }
                ("yield", _) => {
                    let name = parts(node).first().map(|value| self.text(*value)).unwrap_or("");
                    out.push(Event { kind: EventKind::Yield, node, name, blocks: above.to_vec() });
                }
                _ => {}
            }
        });
        out
    }

    /// The text of `x` in `x.method(…)`.
    fn method_receiver(&self, node: Node<'t>, method: &str) -> Option<&'t str> {
        let callee = (node.kind() == "call").then(|| node.child_by_field_name("function")).flatten()?;
        let name = callee.child_by_field_name("attribute")?;
        (self.text(name) == method)
            .then(|| callee.child_by_field_name("object").map(|object| self.text(object)))?
    }

    /// A dependency that commits what it yielded, when the answer is made.
    fn commit_after_yield(&mut self, events: &[Event<'t>]) {
        let Some(first) = events.iter().find(|event| event.kind == EventKind::Yield) else { return };
        let commit = events.iter().find(|event| {
            event.kind == EventKind::Commit
                && event.node.start_byte() > first.node.end_byte()
                && event.name == first.name
        });
        let Some(commit) = commit.filter(|commit| !commit.name.is_empty()) else { return };
        // A `try` of its own around the commit is handling; whether it is good handling is another question.
        let innermost_try = commit.blocks.iter().rev().find(|block| block.kind() == "try_statement");
        let handled = innermost_try.is_some_and(|block| {
            let body = block.child_by_field_name("body");
            body.is_some_and(|body| !encloses(body, first.node) && encloses(body, commit.node))
        });
        if !handled {
            let (span, related) = (self.span(commit.node), self.span(first.node));
            self.remark(RemarkKind::CommitAfterYield, span, Some((related, "the endpoint runs here")), None);
        }
    }

    /// An attribute of an instance is read where a commit has expired it.
    fn read_after_commit(&mut self, body: Node<'t>, events: &[Event<'t>]) {
        let commits: Vec<&Event<'t>> = events
            .iter()
            .filter(|event| {
                event.kind == EventKind::Commit
                    && event.blocks.last().is_some_and(|last| last.kind() == "await")
            })
            .collect();
        for commit in commits {
            let Some(session) = self.bound(commit.name).cloned() else { continue };
            if matches!(session.peel(), Expr::Opaque(_) | Expr::Library(_) | Expr::Own(_)) {
                continue;
            }
            let instances = self.instances(body, commit);
            for instance in instances {
                if let Some(read) = self.first_read(body, commit, instance) {
                    let related = (self.span(commit.node), "expired here");
                    let span = self.span(read);
                    self.remark(RemarkKind::ReadAfterAsyncCommit, span, Some(related), Some(session.clone()));
                }
            }
        }
    }

    /// The names that hold what the session loaded, or was given, before the commit.
    fn instances(&self, body: Node<'t>, commit: &Event<'t>) -> Vec<&'t str> {
        let mut held: Vec<&'t str> = Vec::new();
        let mut results: Vec<&'t str> = Vec::new();
        let session = format!("{}.", commit.name);
        walk(body, &mut |node, _| {
            if node.start_byte() >= commit.node.start_byte() {
                return;
            }
            if node.kind() == "assignment"
                && let (Some(left), Some(right)) =
                    (node.child_by_field_name("left"), node.child_by_field_name("right"))
                && left.kind() == "identifier"
            {
                let (name, value) = (self.text(left), self.text(right));
                held.retain(|known| *known != name);
                let of_session = value.contains(&session);
                let of_result = results.iter().any(|result| value.starts_with(&format!("{result}.")));
                let one = [
                    ".scalar_one",
                    ".scalar(",
                    ".scalars().first",
                    ".scalars().one",
                    ".get(",
                    ".get_one(",
                    ".merge(",
                ];
                if (of_session || of_result) && one.iter().any(|call| value.contains(call)) {
                    held.push(name);
                } else if of_session && value.contains(".execute(") {
                    results.push(name);
                }
            }
            if let Some(receiver) = self.method_receiver(node, "add")
                && receiver == commit.name
                && let Some(added) =
                    node.child_by_field_name("arguments").and_then(|list| parts(list).into_iter().next())
                && added.kind() == "identifier"
            {
                held.push(self.text(added));
            }
        });
        held
    }

    /// The first read of an attribute of `instance` after the commit, unless it is loaded again before.
    fn first_read(&self, body: Node<'t>, commit: &Event<'t>, instance: &str) -> Option<Node<'t>> {
        let block = commit.blocks.iter().rev().find(|block| block.kind() == "block")?;
        let mut found = None;
        let mut over = false;
        walk(body, &mut |node, above| {
            if over || found.is_some() || node.start_byte() < commit.node.end_byte() {
                return;
            }
            let again = ["refresh", "merge", "expunge", "close", "rollback"]
                .iter()
                .any(|method| self.method_receiver(node, method) == Some(commit.name));
            let rebound = node.kind() == "assignment"
                && node.child_by_field_name("left").is_some_and(|left| self.text(left) == instance);
            let leaves = matches!(node.kind(), "raise_statement" | "except_clause");
            over |= again || rebound || leaves || !encloses(*block, node);
            if over || node.kind() != "attribute" {
                return;
            }
            let object = node.child_by_field_name("object");
            let of_instance =
                object.is_some_and(|object| object.kind() == "identifier" && self.text(object) == instance);
            let parent = above.last();
            let called = parent.is_some_and(|parent| {
                parent.kind() == "call" && parent.child_by_field_name("function") == Some(node)
            });
            let assigned = parent.is_some_and(|parent| {
                parent.kind() == "assignment" && parent.child_by_field_name("left") == Some(node)
            });
            let plain =
                node.child_by_field_name("attribute").is_some_and(|name| !self.text(name).starts_with('_'));
            if of_instance && !called && !assigned && plain {
                found = Some(node);
            }
        });
        found
    }

    /// An `except` around a commit that goes on as if it had worked.
    pub fn remark_on_try(&mut self, node: Node<'t>, in_loop: bool) {
        let Some(body) = node.child_by_field_name("body") else { return };
        if !self.notes.recording || in_loop || !self.text(body).contains(".commit()") {
            return;
        }
        let mut commit = None;
        walk(body, &mut |inner, _| {
            if commit.is_none()
                && let Some(receiver) = self.method_receiver(inner, "commit")
                && is_session_name(receiver)
            {
                commit = Some(inner);
            }
        });
        let Some(commit) = commit else { return };
        // What the commit is nested in may be handled there.
        let mut nested = false;
        walk(body, &mut |inner, _| nested |= inner.kind() == "try_statement" && encloses(inner, commit));
        if nested {
            return;
        }
        // Who writes down that a whole piece of work failed knows what was lost; who looks at the commit alone, lets some
        // errors through, or hands the session to others, says that it worked.
        let alone = parts(body).len() <= 2;
        let hands_over = is_handed_over(node);
        for handler in parts(node).into_iter().filter(|part| part.kind() == "except_clause") {
            let chooses = self.text(handler).contains("raise");
            if let Some(place) = self.swallows(handler).filter(|_| alone || hands_over || chooses) {
                let related = Some((self.span(commit), "this commit may have failed"));
                self.remark(RemarkKind::SwallowedCommitError, place, related, None);
            }
        }
    }

    /// The head of a handler that only logs, on at least one of its ways, and goes on.
    fn swallows(&self, handler: Node<'t>) -> Option<Span> {
        let caught =
            handler.child_by_field_name("value").map(|value| self.text(value)).unwrap_or("Exception");
        let broad = [
            "Exception",
            "BaseException",
            "SQLAlchemyError",
            "DBAPIError",
            "OperationalError",
            "InterfaceError",
        ];
        if !broad.iter().any(|name| caught.split(|c: char| !c.is_alphanumeric()).any(|word| word == *name)) {
            return None;
        }
        let block = parts(handler).into_iter().find(|part| part.kind() == "block")?;
        if !self.falls_through(block, 0) || !self.only_logs(block) {
            return None;
        }
        let head =
            handler.child_by_field_name("value").map_or(handler.start_byte() + 6, |value| value.end_byte());
        Some(self.file.slice(handler.start_byte(), head))
    }

    /// Whether some way through the block comes to its end.
    fn falls_through(&self, block: Node<'t>, depth: usize) -> bool {
        if depth > 20 {
            return false;
        }
        for statement in parts(block) {
            match statement.kind() {
                "raise_statement" | "return_statement" | "continue_statement" | "break_statement" => {
                    return false;
                }
                "if_statement" => {
                    let branches = crate::programs::reading::fields(statement, "alternative");
                    let all = statement.child_by_field_name("consequence").into_iter().chain(
                        branches.iter().filter_map(|branch| {
                            branch
                                .child_by_field_name("body")
                                .or_else(|| branch.child_by_field_name("consequence"))
                        }),
                    );
                    let complete = branches.iter().any(|branch| branch.kind() == "else_clause");
                    if complete && all.into_iter().all(|branch| !self.falls_through(branch, depth + 1)) {
                        return false;
                    }
                }
                "expression_statement" if self.text(statement).contains("exit(") => return false,
                _ => {}
            }
        }
        true
    }

    /// Whether the block does nothing with the error but log it and look at its text.
    fn only_logs(&self, block: Node<'t>) -> bool {
        let mut plain = true;
        walk(block, &mut |node, above| match node.kind() {
            "augmented_assignment" | "yield" | "delete_statement" | "with_statement" => plain = false,
            "assignment" => {
                let value = node.child_by_field_name("right").map(|right| right.kind()).unwrap_or("");
                plain &= matches!(
                    value,
                    "call" | "comparison_operator" | "boolean_operator" | "not_operator" | "list" | "tuple"
                );
            }
            "call" => {
                // Arguments of what is allowed are allowed.
                let within = above.iter().filter(|outer| outer.kind() == "call").count() > 0;
                let callee =
                    node.child_by_field_name("function").map(|callee| self.text(callee)).unwrap_or("");
                let last = callee.rsplit('.').next().unwrap_or(callee);
                let logs = [
                    "debug",
                    "info",
                    "warning",
                    "warn",
                    "error",
                    "exception",
                    "critical",
                    "log",
                    "print",
                    "print_exc",
                ];
                let looks = [
                    "str",
                    "repr",
                    "any",
                    "all",
                    "lower",
                    "isinstance",
                    "type",
                    "getattr",
                    "format",
                    "hasattr",
                ];
                let undoes = ["rollback", "close", "invalidate"];
                plain &= within || logs.contains(&last) || looks.contains(&last) || undoes.contains(&last);
            }
            _ => {}
        });
        plain
    }
}

/// Something that happens in a function.
struct Event<'t> {
    kind: EventKind,
    node: Node<'t>,
    name: &'t str,
    /// The nodes around it, outermost first.
    blocks: Vec<Node<'t>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EventKind {
    Commit,
    Yield,
}

/// Whether a value is SQLAlchemy's or SQLModel's `AsyncSession` class.
pub(super) fn is_async_session(class: &Expr) -> bool {
    matches!(class.peel(), Expr::Library(name) if name.value.ends_with(".AsyncSession"))
}

/// Whether the function around is a generator: it hands something over and goes on when that was used.
fn is_handed_over(node: Node<'_>) -> bool {
    let mut around = node.parent();
    while let Some(node) = around.filter(|node| node.kind() != "function_definition") {
        around = node.parent();
    }
    let mut yields = false;
    if let Some(function) = around {
        walk(function, &mut |inner, _| yields |= inner.kind() == "yield");
    }
    yields
}

fn is_session_name(receiver: &str) -> bool {
    let last = receiver.rsplit('.').next().unwrap_or(receiver).to_ascii_lowercase();
    last.contains("session")
        || last.contains("conn")
        || matches!(last.as_str(), "db" | "sess" | "uow" | "database")
}

fn encloses(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// Visits the nodes below `root` in order, with the nodes around each; functions and classes within are not entered.
fn walk<'t>(root: Node<'t>, visit: &mut dyn FnMut(Node<'t>, &[Node<'t>])) {
    const MAX_DEPTH: usize = 200;
    let mut cursor = root.walk();
    let mut above: Vec<Node<'t>> = Vec::new();
    loop {
        let node = cursor.node();
        if node.is_named() {
            visit(node, &above);
        }
        let closed =
            matches!(node.kind(), "function_definition" | "class_definition" | "lambda") && !above.is_empty();
        if !closed && above.len() < MAX_DEPTH && cursor.goto_first_child() {
            above.push(node);
            continue;
        }
        loop {
            if above.is_empty() {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            cursor.goto_parent();
            above.pop();
        }
    }
}
