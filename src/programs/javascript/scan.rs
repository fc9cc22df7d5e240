//! Notes the reads and sinks in an expression.

use tree_sitter::{Node, TreeCursor};

use super::declarations::is_function;
use super::expressions::{is_transparent, unwrapped};
use super::reader::Reader;
use crate::programs::reading::clients::Clients;
use crate::programs::reading::read_within;
use crate::programs::walk::children;
use crate::programs::{Condition, Expr, Function, IfExpr, Mention, Method, Read, ReadExpr};
use crate::source::{Span, Spanned};

/// The client that all generated ones of gRPC are.
const GRPC_CLIENT: &str = "@grpc/grpc-js.Client";

impl<'t> Reader<'t> {
    /// Notes what the calls and members at and below a node read and dial.
    pub fn scan(&mut self, node: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        let mut cursor = node.walk();
        // Asking a node for its parent goes through all that is above it.
        let around = std::mem::take(&mut self.around);
        self.scan_below(&mut cursor);
        self.around = around;
    }

    /// The same for a part of what is being scanned.
    pub fn scan_within(&mut self, node: Node<'t>) {
        self.deeper(|reader| reader.scan_below(&mut node.walk()));
    }

    fn scan_below(&mut self, cursor: &mut TreeCursor<'t>) {
        let mut depth = 0_usize;
        loop {
            let at = cursor.node();
            let mut below = true;
            match at.kind() {
                "call_expression" | "new_expression" => self.visit_call(at),
                "member_expression" | "subscript_expression" => below = !self.visit_member(at),
                "identifier" | "property_identifier" | "shorthand_property_identifier"
                    if cursor.field_name() != Some("key") =>
                {
                    self.mention_at(at);
                    if at.kind().starts_with("shorthand") {
                        self.visit_pair(at);
                    }
                }
                "pair" => self.visit_pair(at),
                "string" | "template_string" => self.address_in_text(at),
                "object" => self.visit_object(at),
                "class" => {
                    self.class_members(at);
                    below = false;
                }
                "method_definition" => {
                    let name = at.child_by_field_name("name").map(|name| self.text(name));
                    self.wait_for(at, name);
                    below = false;
                }
                "ternary_expression" | "binary_expression" if self.chooses(at) => {
                    self.choice(at);
                    below = false;
                }
                "assignment_expression" if depth > 0 => {
                    self.assignment(at);
                    below = false;
                }
                _ if is_function(at) => {
                    self.note_handler(at);
                    self.wait_for(at, None);
                    below = false;
                }
                "type_annotation" | "type_arguments" | "statement_block" | "class_declaration" => {
                    below = false
                }
                _ => {}
            }
            if below && self.work_left() && cursor.goto_first_child() {
                depth += 1;
                self.around.push(at);
                continue;
            }
            loop {
                if depth == 0 {
                    return;
                }
                if cursor.goto_next_sibling() {
                    break;
                }
                cursor.goto_parent();
                self.around.pop();
                depth -= 1;
            }
        }
    }

    /// A name in the code: one that is only exported, or handed to what calls it when a request
    /// comes, is used then.
    fn mention_at(&mut self, name: Node<'t>) {
        // Those around are known: asking a node for its parent goes through all that is above it.
        let above = self.around.iter().rev().nth(1);
        let called = self.around.last().is_some_and(|around| {
            around.kind() == "call_expression"
                || around.kind() == "member_expression"
                    && above.is_some_and(|call| {
                        call.kind() == "call_expression"
                            && call.child_by_field_name("function") == Some(*around)
                    })
        });
        let exported = || {
            let parent = self.around.last().copied().or_else(|| name.parent());
            let left = parent.and_then(|parent| parent.child_by_field_name("left"));
            left.is_some_and(|left| left != name && self.text(left) == "module.exports")
                || parent.is_some_and(|parent| parent.kind() == "export_statement")
        };
        let later = self.owner.is_none() && !called && (self.is_handed_to_handler() || exported());
        let text = self.text(name).to_string();
        match later {
            true => self.mention_late(text),
            false => self.mention(text),
        }
    }

    fn mention_late(&mut self, name: String) {
        self.owner = Some(Mention::LATER.to_string());
        self.mention(name);
        self.owner = None;
    }

    pub fn mention(&mut self, name: String) {
        if self.notes.recording {
            self.mentions.insert(Mention { name, within: self.owner.clone() });
        }
    }

    /// Notes the read that a member of the environment is; says whether it is one.
    fn visit_member(&mut self, node: Node<'t>) -> bool {
        let Some(object) = node.child_by_field_name("object").map(unwrapped) else { return false };
        // Only names can be the environment: `process.env`, `env`, `import.meta.env`.
        if !matches!(object.kind(), "identifier" | "member_expression") {
            return false;
        }
        let base = match object.kind() {
            "identifier" => self.name(self.text(object), self.span(object)),
            _ if self.text(object).ends_with("env") => self.expr(object),
            _ => return false,
        };
        let environment = matches!(base.peel(), Expr::Library(library)
            if super::environment::is_environment(&library.value));
        if environment {
            let value = self.expr(node);
            if let Some(read) = read_within(&value) {
                let read = read.clone();
                self.note_read(&read, node);
            }
        }
        environment && node.kind() == "member_expression"
    }

    fn visit_call(&mut self, node: Node<'t>) {
        let callee = node.child_by_field_name("function").or_else(|| node.child_by_field_name("constructor"));
        let Some(callee) = callee.map(unwrapped) else { return };
        if callee.kind() == "import" || self.text(callee) == "require" {
            if let Some(module) = self.required(node) {
                self.imports(&module);
                self.loads_by_import(&module);
            } else {
                self.imports_by_mode(node);
            }
            return;
        }
        self.queue(node, callee);
        // `require("knex")({ … })`
        let called = callee.kind() == "call_expression";
        let loaded = called
            && (self.required(callee).is_some() || matches!(self.expr(callee).peel(), Expr::Library(_)));
        if !loaded && !matches!(callee.kind(), "identifier" | "member_expression") {
            return;
        }
        self.serves(node, callee);
        self.registers(node, callee);
        self.asserts(node, callee);
        self.wants_text(callee);
        self.note_attempts_of_call(node, callee);
        let function = self.expr(callee);
        self.note_program_call(node, &function);
        self.demands_arguments(node, callee, &function);
        match function.peel() {
            Expr::Library(name) => {
                let name = name.value.clone();
                self.visit_library_call(&name, node, callee);
            }
            Expr::Function(function) => {
                let function = function.clone();
                self.helper_call(&function, node);
            }
            Expr::Imported { .. } | Expr::Own(_) if self.takes_credentials(node) => {
                self.library_sink(GRPC_CLIENT, node, callee);
            }
            _ if let Some(name) = self.handed_on(callee) => self.library_sink(&name, node, callee),
            Expr::Imported { .. } | Expr::Own(_) => {
                self.distant_helper_call(node, callee);
                self.strange_call(node, callee, &function);
            }
            _ if self.takes_credentials(node) => self.library_sink(GRPC_CLIENT, node, callee),
            _ => {
                self.distant_helper_call(node, callee);
                self.strange_call(node, callee, &function);
            }
        }
        self.names_in_text(node, callee);
    }

    /// The function of a library that a module of the program hands on under the library's own name: `db.mongoose.connect`
    /// where `models/index.js` says `db.mongoose = mongoose`.
    fn handed_on(&mut self, callee: Node<'t>) -> Option<String> {
        let library = callee.child_by_field_name("object").filter(|it| it.kind() == "member_expression")?;
        let module = library.child_by_field_name("object").filter(|it| it.kind() == "identifier")?;
        let part = |node: Node<'t>| node.child_by_field_name("property");
        let name = format!("{}.{}", self.text(part(library)?), self.text(part(callee)?));
        let own = |expr: &Expr| matches!(expr, Expr::Imported { module, .. } if module.starts_with('.'));
        let known = Clients::of("javascript").find(&name).is_some();
        (known && own(self.expr(module).peel())).then_some(name)
    }

    /// `new UserService(address, credentials.createInsecure())`: a client of gRPC that was generated.
    fn takes_credentials(&self, node: Node<'t>) -> bool {
        let second = (node.kind() == "new_expression").then(|| self.arguments(node).at(1)).flatten();
        second.is_some_and(|second| {
            let text = self.text(second);
            ["credentials.createInsecure(", "credentials.createSsl(", "Credentials.createInsecure("]
                .iter()
                .any(|call| text.contains(call))
        })
    }

    fn visit_library_call(&mut self, name: &str, node: Node<'t>, callee: Node<'t>) {
        if self.defines_settings(name, node) {
            return;
        }
        if is_parser(name) {
            let first = self.arguments(node).at(0);
            let file = first.and_then(|first| self.json_file(first));
            return file.into_iter().for_each(|module| self.imports(&module));
        }
        self.serves_by_call(name, node);
        let name = if self.takes_credentials(node) { GRPC_CLIENT } else { name };
        let value = self.expr(node);
        match read_within(&value).filter(|read| read.span == self.span(node)) {
            Some(read) => {
                let read = read.clone();
                self.note_read(&read, node);
            }
            None => self.library_sink(name, node, callee),
        }
    }

    /// Notes a read at a node, with what takes its place where it is not set: `process.env.X || "default"`.
    pub fn note_read(&mut self, read: &ReadExpr, node: Node<'t>) {
        let Expr::Text(name) = read.name.peel() else { return };
        if !self.notes.recording {
            return;
        }
        let (mut expression, mut required) = (self.whole_value(node), read.required);
        let (name, span) = (name.clone(), self.span(node));
        if self.fails_otherwise(&expression) {
            expression = super::environment::required(Expr::Text(name.clone()), span);
            required = true;
        }
        self.keep_read(Read { name, expression, required, held: self.held.clone(), span });
    }

    /// Whether what takes the place of a read that gives nothing is a call that only stops: `process.env.X ?? fail("X")`.
    fn fails_otherwise(&self, whole: &Expr) -> bool {
        let last = match whole.peel() {
            Expr::FirstNonEmpty(all) | Expr::FirstSet(all) if all.len() == 2 => all.last(),
            _ => None,
        };
        let Some(Expr::Call(call)) = last.map(Expr::peel) else { return false };
        let Expr::Function(function) = call.callee.peel() else { return false };
        !function.class && matches!(function.body.peel(), Expr::Opaque(place) if self.throws.contains(place))
    }

    /// Keeps a read unless its place has one; on a branch that is known not to be taken it reads nothing.
    pub fn keep_read(&mut self, mut read: Read) {
        let path: Vec<Condition> =
            self.names.path().filter(|condition| **condition != Condition::Opaque).cloned().collect();
        if !path.is_empty() {
            let condition = Condition::Possibly(Box::new(Condition::All(path)));
            let (then, span) = (read.expression, read.span);
            read.expression =
                Expr::If(Box::new(IfExpr { condition, then, otherwise: Expr::Null(span), span }));
        }
        self.notes.read(read, self.names.path());
    }

    /// The value of the expression around a read that still is its value.
    pub fn whole_value(&mut self, node: Node<'t>) -> Expr {
        let (whole, list) = self.whole_of(node);
        let value = self.expr(whole);
        let parts = matches!(value.peel(), Expr::Method(_, method) if matches!(**method, Method::Split(..)));
        match list || parts {
            true => Expr::Method(Box::new(value), Box::new(Method::Addresses)),
            false => value,
        }
    }

    /// The expression around a read that still is its value, and whether that is a list.
    fn whole_of(&self, node: Node<'t>) -> (Node<'t>, bool) {
        let (mut top, mut list) = (node, false);
        let mut around = self.around.iter().rev().copied().take(24);
        while let Some(parent) = around.next() {
            let is =
                |field: &str| parent.child_by_field_name(field).is_some_and(|child| child.id() == top.id());
            top = match parent.kind() {
                "await_expression" | "spread_element" => break,
                _ if is_transparent(parent) => parent,
                "binary_expression"
                    if parent
                        .child_by_field_name("operator")
                        .is_some_and(|operator| matches!(operator.kind(), "||" | "??")) =>
                {
                    parent
                }
                "member_expression" if is("object") => {
                    let method = parent.child_by_field_name("property").map_or("", |name| self.text(name));
                    let call = around.next().filter(|call| {
                        let called = call.child_by_field_name("function");
                        call.kind() == "call_expression"
                            && called.is_some_and(|called| called.id() == parent.id())
                    });
                    let Some(call) = call.filter(|_| super::methods::is_of_texts(method)) else { break };
                    list |= method == "split";
                    call
                }
                "ternary_expression" if is("condition") => {
                    let same = parent
                        .child_by_field_name("consequence")
                        .is_some_and(|then| self.text(then) == self.text(node));
                    if !same {
                        break;
                    }
                    parent
                }
                _ => break,
            };
        }
        (top, list)
    }

    /// A field that was taken out of the environment: `const { X } = process.env`.
    pub fn note_destructured(&mut self, field: &Expr, span: Span, target: Node<'t>) {
        let Expr::Read(read) = field.peel() else {
            if self.notes.recording {
                let key = self.text(target).split([':', '=']).next().unwrap_or("").trim().to_string();
                match field.peel() {
                    // What is asked of another module is used where its name stands again.
                    Expr::Imported { .. } | Expr::Member(..) if self.owner.is_none() => {
                        self.mention_late(key)
                    }
                    _ => self.mention(key),
                }
            }
            return;
        };
        let Expr::Text(name) = read.name.peel() else { return };
        let held =
            (self.at_top() && target.kind() != "object_pattern").then(|| self.text(target).to_string());
        let (name, expression, required) = (name.clone(), field.clone(), read.required);
        self.keep_read(Read { name, expression, required, held, span });
    }

    /// A call of a function that reads the variable that a parameter names.
    fn helper_call(&mut self, function: &Function, node: Node<'t>) {
        if function.class {
            return;
        }
        let Some(parameter) = named_by_parameter(function) else { return };
        let arguments = self.arguments(node);
        let Some(position) = function.parameters.iter().position(|(name, _)| *name == parameter) else {
            return;
        };
        let Some(name) = arguments.at(position).and_then(|name| self.literal(name)) else { return };
        let defaulted = arguments.len() > position + 1;
        let required = !defaulted && self.stops_without(&function.body);
        let span = self.span(node);
        let expression = self.whole_value(node);
        self.keep_read(Read { name, expression, required, held: self.held.clone(), span });
    }

    /// Settings that are looked up by a text: `config.get("redis.host")` mentions `redis` and `host`.
    fn names_in_text(&mut self, node: Node<'t>, callee: Node<'t>) {
        let method = callee.child_by_field_name("property").map_or("", |name| self.text(name));
        if !matches!(method, "get" | "getOrThrow" | "has") {
            return;
        }
        if let Some(text) = self.arguments(node).at(0).and_then(|first| self.literal(first)) {
            text.value.split('.').for_each(|name| self.mention(name.to_string()));
        }
    }

    /// `require("dotenv/config")`, and `import("dotenv/config")`.
    fn loads_by_import(&mut self, module: &Spanned<String>) {
        if module.value == "dotenv/config" {
            self.loads_dotenv(Spanned::new(String::new(), module.span));
        }
    }
}

/// Whether a function of a library makes a value of the text of a file.
pub(super) fn is_parser(name: &str) -> bool {
    matches!(
        name,
        "JSON.parse"
            | "js-yaml.load"
            | "js-yaml.safeLoad"
            | "yaml.parse"
            | "yaml.YAML.parse"
            | "yamljs.parse"
    )
}

/// Whether a text is spelled as environment variables are.
pub(super) fn is_variable(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The parameter that names the variable a function reads.
fn named_by_parameter(function: &Function) -> Option<String> {
    let mut queue = vec![&function.body];
    for _ in 0..200 {
        let expr = queue.pop()?;
        if let Expr::Read(read) = expr
            && let Expr::Parameter(name) = read.name.peel()
        {
            return Some(name.clone());
        }
        queue.extend(children(expr));
    }
    None
}
