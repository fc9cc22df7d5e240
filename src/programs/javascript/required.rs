//! What a program cannot do without: where it stops when a variable is not set.

use tree_sitter::Node;

use super::own_methods::Demander;
use super::reader::Reader;
use super::scan::is_variable;
use crate::programs::reading::read_within;
use crate::programs::{Condition, Expr, Read, ReadExpr};
use crate::source::Span;

/// Functions that stop the program unless what they are given is there.
const ASSERTS: [&str; 5] = ["assert", "assert.ok", "assert.default", "invariant", "tiny-invariant"];
/// Beginnings of the names of functions that give a variable or stop the program.
const REQUIRES: [&str; 4] = ["require", "must", "ensure", "mandatory"];

/// Methods of the program's own readers of settings, in lower case.
pub(super) const LOOK_UPS: [&str; 12] = [
    "get",
    "getstring",
    "getstr",
    "getnumber",
    "getint",
    "getvalue",
    "getordefault",
    "getconfig",
    "string",
    "str",
    "read",
    "optional",
];

/// What a method is called on.
fn name_of_object(callee: Node<'_>) -> Option<Node<'_>> {
    callee.child_by_field_name("object")
}

impl<'t> Reader<'t> {
    /// `assert(process.env.X)`, `names.forEach((name) => { if (!process.env[name]) throw … })`
    pub fn asserts(&mut self, node: Node<'t>, callee: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        let Some(first) = self.arguments(node).at(0) else { return };
        if ASSERTS.contains(&self.text(callee)) {
            self.scan_within(first);
            let asked = self.condition(first);
            let absent = match asked {
                Condition::All(all) => Condition::Any(all.into_iter().map(negated).collect()),
                asked => negated(asked),
            };
            return self.require_present(&absent);
        }
        let method = callee.child_by_field_name("property").map_or("", |name| self.text(name));
        let over = callee.child_by_field_name("object");
        match method {
            "forEach" | "map" => over.into_iter().for_each(|over| self.required_names(over, first)),
            "filter" | "some" | "every" | "find" if self.text(first).contains("env[") => {
                // What is missing is said, and the program stops, right behind it.
                let from = node.end_byte();
                let mut end = (from + 400).min(self.file.text.len());
                while !self.file.text.is_char_boundary(end) {
                    end -= 1;
                }
                let after = self.file.text.get(from..end).unwrap_or("");
                let asks = self.text(first).contains('!') || method == "every";
                if asks && stops(after) {
                    over.into_iter().for_each(|over| self.note_names(over));
                }
            }
            _ => {}
        }
    }

    /// `process.env.X.split(",")` where the module is loaded: without a value that is an error.
    pub fn wants_text(&mut self, callee: Node<'t>) {
        const METHODS: [&str; 10] = [
            "split",
            "trim",
            "toLowerCase",
            "toUpperCase",
            "replace",
            "replaceAll",
            "startsWith",
            "match",
            "slice",
            "substring",
        ];
        let name = callee.child_by_field_name("property").map_or("", |name| self.text(name));
        let optional =
            callee.child_by_field_name("optional_chain").is_some() || self.text(callee).contains("?.");
        if !self.notes.recording || !METHODS.contains(&name) || optional {
            return;
        }
        let object = callee.child_by_field_name("object").map(super::expressions::unwrapped);
        if let Some(object) =
            object.filter(|it| matches!(it.kind(), "member_expression" | "subscript_expression"))
        {
            self.demand_unasked(object);
        }
    }

    /// Whether the code is run when the program starts, and no condition around it asks for the variable.
    pub fn runs_unasked(&self, node: Node<'t>, variable: &str) -> bool {
        let (mut inner, mut around) = (node, node.parent());
        while let Some(outer) = around {
            match outer.kind() {
                "program" => return true,
                "function_declaration"
                | "function_expression"
                | "arrow_function"
                | "method_definition"
                | "generator_function_declaration"
                    if !self.starts_up(outer) =>
                {
                    return false;
                }
                "try_statement" | "catch_clause" => return false,
                "ternary_expression" | "binary_expression" | "if_statement" => {
                    let before = self.file.text.get(outer.start_byte()..inner.start_byte()).unwrap_or("");
                    if before.contains(variable) {
                        return false;
                    }
                }
                _ => {}
            }
            (inner, around) = (outer, outer.parent());
        }
        true
    }

    /// Whether a function is what the program starts with: `main`, `bootstrap`, a constructor, or one that is called where
    /// it stands.
    fn starts_up(&self, function: Node<'t>) -> bool {
        const NAMES: [&str; 5] = ["main", "bootstrap", "startServer", "constructor", "onModuleInit"];
        let own = function.child_by_field_name("name");
        let around = function.parent();
        let held = around.filter(|around| around.kind() == "variable_declarator");
        let name = own.or_else(|| held.and_then(|held| held.child_by_field_name("name")));
        let at_once = || {
            let call = around.filter(|around| around.kind() == "parenthesized_expression")?.parent()?;
            (call.child_by_field_name("function")?.id() == around?.id()).then_some(())
        };
        match name {
            Some(name) => NAMES.contains(&self.text(name)),
            None => at_once().is_some(),
        }
    }

    /// `validateEnv(["A", "B"])`: a function that says by its name that it looks whether variables are there.
    fn demands_names(&mut self, node: Node<'t>, name: &str) {
        let called = node.child_by_field_name("function").map_or("", |callee| self.text(callee));
        let of_environment = name.contains("env") || name.contains("vars") || called.contains("process.env");
        let asks = ["require", "assert", "ensure", "must", "validate"];
        if !of_environment || !asks.iter().any(|start| name.starts_with(start)) {
            return;
        }
        let first = self.arguments(node).at(0);
        if let Some(list) = first.filter(|first| first.kind() == "array") {
            self.note_names(list);
        }
    }

    /// A call of a function of another module that is named after the environment, or that says by its name that the
    /// variable must be there, with the name of a variable.
    pub fn distant_helper_call(&mut self, node: Node<'t>, callee: Node<'t>) {
        let name = self.text(callee);
        let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        self.demands_names(node, &last);
        let demands = demands(&last);
        let looks_up = LOOK_UPS.contains(&last.as_str()) && callee.kind() == "member_expression";
        let arguments = self.arguments(node);
        let named = arguments.at(0).is_some_and(|first| first.kind() == "string");
        let own = if named && arguments.len() == 1 { self.own_method(callee) } else { None };
        if !last.contains("env") && !demands && !looks_up && own.is_none() {
            return;
        }
        let Some(first) = arguments.at(0).filter(|first| first.kind() == "string") else { return };
        let Some(name) = self.literal(first).filter(|name| is_variable(&name.value)) else { return };
        // Of other words in capitals, few have two parts.
        if !last.contains("env") && !name.value.contains('_') {
            return;
        }
        let span = self.span(node);
        let of_this = name_of_object(callee).is_some_and(|object| object.kind() == "this");
        let expression = match arguments.at(1).filter(|_| of_this && self.file.text.contains("process.env")) {
            // What the instance is made with is not seen here.
            Some(default) => {
                let default = self.expr(default);
                super::environment::with_default(Expr::Text(name.clone()), Some(default), span)
            }
            None => match own {
                Some(Demander::Environment) => super::environment::required(Expr::Text(name.clone()), span),
                Some(Demander::Configuration) => {
                    super::environment::required_unless_schema(name.clone(), span)
                }
                None => self.whole_value(node),
            },
        };
        let required = arguments.len() == 1 && (demands || own.is_some());
        self.keep_read(Read { name, expression, required, held: self.held.clone(), span });
    }

    /// The program stops when the condition holds: what must be absent for that is required.
    pub fn require_present(&mut self, condition: &Condition) {
        if !self.notes.recording {
            return;
        }
        let mut absent = Vec::new();
        absent_in(condition, &mut absent);
        let names: Vec<(Span, Option<String>)> = absent
            .iter()
            .map(|read| {
                let name = match read.name.peel() {
                    Expr::Text(name) => Some(name.value.clone()),
                    _ => None,
                };
                (read.span, name)
            })
            .collect();
        // `const url = process.env.X; if (!url) throw …` asks for the read itself; `if (!process.env.X)` is another.
        let asked = |read: &Read| {
            let same = |(span, name): &(Span, Option<String>)| {
                *span == read.span || name.as_ref().is_some_and(|name| *name == read.name.value)
            };
            names.iter().any(same)
        };
        for read in
            self.notes.module.reads.iter_mut().filter(|read| asked(read) && !has_default(&read.expression))
        {
            read.required = true;
        }
    }

    /// `for (const name of ["A", "B"]) if (!process.env[name]) throw …`: each of the names is required.
    pub fn required_names(&mut self, over: Node<'t>, body: Node<'t>) {
        let text = self.text(body);
        if stops(text) && text.contains("env[") {
            self.note_names(over);
        }
    }

    /// Notes a read for each of the texts of a list.
    pub fn note_names(&mut self, list: Node<'t>) {
        let list = self.expr(list);
        let Expr::List(items) = list.peel() else { return };
        for item in items.iter().take(200) {
            let Expr::Text(name) = item.peel() else { continue };
            if is_variable(&name.value) {
                let expression = super::environment::required(Expr::Text(name.clone()), name.span);
                let (held, required) = (None, true);
                self.keep_read(Read { name: name.clone(), expression, required, held, span: name.span });
            }
        }
    }

    /// Whether a function throws when what it reads is not set.
    pub fn stops_without(&self, body: &Expr) -> bool {
        let mut queue = vec![body];
        for _ in 0..200 {
            let Some(expr) = queue.pop() else { return false };
            match expr.peel() {
                Expr::Read(read) if read.required => return true,
                Expr::If(branch) => {
                    let thrown =
                        matches!(branch.then.peel(), Expr::Opaque(span) if self.throws.contains(span));
                    if thrown && asks_for_absence(&branch.condition, 4) {
                        return true;
                    }
                    queue.extend([&branch.then, &branch.otherwise]);
                }
                _ => {}
            }
        }
        false
    }
}

/// Whether a condition asks that something is not there, among whatever else it asks.
fn asks_for_absence(condition: &Condition, depth: usize) -> bool {
    match condition {
        Condition::All(all) | Condition::Any(all) if depth > 0 => {
            all.iter().any(|one| asks_for_absence(one, depth - 1))
        }
        Condition::Not(inner) => matches!(inner.as_ref(), Condition::Truthy(_) | Condition::IsSet(_)),
        Condition::Equals(..) => true,
        _ => false,
    }
}

/// Whether a function says by its name, in lower case, that what it is asked for must be there.
pub(super) fn demands(name: &str) -> bool {
    REQUIRES.iter().any(|start| name.starts_with(start)) || name.ends_with("orthrow")
}

/// Whether a function says by its name, in lower case, that the value it is handed must be there.
pub(super) fn demands_value(name: &str) -> bool {
    const WHOLE: [&str; 8] = [
        "ensure",
        "ensuredefined",
        "ensureset",
        "ensureenv",
        "nonnull",
        "notnull",
        "nonempty",
        "checkdefined",
    ];
    let starts = ["required", "requireenv", "requirevar", "requirevalue", "mandatory", "invariant"];
    let musts = ["must", "mustget", "mustenv", "musthave", "mustbe", "mustexist"];
    starts.iter().any(|start| name.starts_with(start))
        || musts.contains(&name)
        || ["assert", "assertdefined", "assertexists", "assertpresent", "assertenv"].contains(&name)
        || WHOLE.contains(&name)
        || name.ends_with("orthrow")
}

/// Whether the code stops the program.
pub(super) fn stops(text: &str) -> bool {
    ["throw ", "process.exit("].iter().any(|word| text.contains(word))
}

fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Opaque => Condition::Opaque,
        Condition::Not(inner) => *inner,
        condition => Condition::Not(Box::new(condition)),
    }
}

/// The reads that must give nothing for the condition to hold.
fn absent_in<'e>(condition: &'e Condition, out: &mut Vec<&'e ReadExpr>) {
    match condition {
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Truthy(value) | Condition::IsSet(value) => out.extend(read_within(value)),
            // `if (!(a && b))`: each of them stops the program.
            Condition::All(all) => {
                for one in all {
                    if let Condition::Truthy(value) | Condition::IsSet(value) = one {
                        out.extend(read_within(value));
                    }
                }
            }
            Condition::InEnvironment(_) => {}
            _ => {}
        },
        Condition::Any(any) => any.iter().for_each(|one| absent_in(one, out)),
        Condition::Equals(value, other) if matches!(other.peel(), Expr::Text(text) if text.value.is_empty()) =>
        {
            out.extend(read_within(value));
        }
        _ => {}
    }
}

/// Whether something takes the place of a read that gives nothing.
fn has_default(expression: &Expr) -> bool {
    match expression.peel() {
        Expr::Read(read) => read.default.is_some(),
        Expr::Method(inner, _) => has_default(inner),
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => {
            !matches!(all.last().map(Expr::peel), Some(Expr::Null(_)))
                && !matches!(all.last().map(Expr::peel), Some(Expr::Text(text)) if text.value.is_empty())
        }
        _ => false,
    }
}
