//! Calls: functions of the program, of libraries, and the methods of options, results and texts.

use tree_sitter::Node;

use super::conditions::set;
use super::options::is_generated;
use super::reader::Reader;
use crate::programs::reading::{member, not, parts, read_within};
use crate::programs::{CallExpr, Condition, Expr, IfExpr, Method, ReadExpr, UrlPart};
use crate::source::{Span, Spanned};

/// Calls of functions of the program that are kept of one file.
const MAX_CALLS: usize = 2_000;

/// Methods that hand on what they are called on.
const THROUGH: &[&str] = &[
    "as_bytes",
    "as_deref",
    "as_mut",
    "as_ref",
    "as_str",
    "await",
    "borrow",
    "clone",
    "cloned",
    "collect",
    "context",
    "copied",
    "expose_secret",
    "get_ref",
    "inspect",
    "inspect_err",
    "into",
    "into_boxed_str",
    "into_iter",
    "into_string",
    "iter",
    "map_err",
    "ok",
    "ok_or",
    "ok_or_else",
    "or_raise",
    "to_lowercase_",
    "to_owned",
    "to_socket_addrs",
    "to_str",
    "to_string",
    "to_string_lossy",
    "try_into",
    "with_context",
    "wrap_err",
    "wrap_err_with",
    "into_inner",
    "as_os_str",
    "as_path",
    "to_path_buf",
    "into_os_string",
];

impl<'t> Reader<'t> {
    /// The value of a call.
    pub fn call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(function) = node.child_by_field_name("function") else { return Expr::Opaque(span) };
        let arguments = node.child_by_field_name("arguments").map(parts).unwrap_or_default();
        let arguments: Vec<Node<'t>> = arguments.into_iter().take(100).collect();
        let plain = match function.kind() {
            "generic_function" => function.child_by_field_name("function").unwrap_or(function),
            _ => function,
        };
        if plain.kind() == "field_expression" {
            return self.method_call(node, plain, &arguments);
        }
        if !matches!(plain.kind(), "identifier" | "scoped_identifier") {
            let _ = self.expr(plain);
            self.values(&arguments);
            return Expr::Opaque(span);
        }
        let callee = self.path(plain);
        match callee.peel() {
            Expr::Library(name) => {
                let name = name.value.clone();
                self.library_call(&name, node, plain, &arguments)
            }
            Expr::Own(name) => match (name.value.as_str(), arguments.as_slice()) {
                ("Ok" | "Some", [value]) => self.expr(*value),
                ("Err", _) => {
                    self.values(&arguments);
                    Expr::Opaque(span)
                }
                _ => self.program_call(callee, &arguments, span),
            },
            Expr::Member(owner, name) => match (owner.peel(), name.value.as_str()) {
                (Expr::Own(kind), "from" | "new" | "with_capacity")
                    if matches!(
                        kind.value.as_str(),
                        "String" | "Arc" | "Rc" | "Box" | "Mutex" | "RwLock" | "Some" | "Cow"
                    ) =>
                {
                    let made = arguments.first().map(|value| self.value(*value));
                    made.unwrap_or(Expr::Text(Spanned::new(String::new(), Span::NONE)))
                }
                (Expr::Own(kind), "new") if matches!(kind.value.as_str(), "LazyLock" | "Lazy") => {
                    arguments.first().map_or(Expr::Opaque(span), |value| self.made_by(*value, span))
                }
                (Expr::Own(kind), "new") if kind.value == "Vec" => Expr::List(Vec::new()),
                (Expr::Imported { module, name: kind, .. }, "connect") if is_generated(module, kind) => {
                    self.generated_client(node, plain, &arguments);
                    self.program_call(callee, &arguments, span)
                }
                _ => self.program_call(callee, &arguments, span),
            },
            Expr::Opaque(_) => {
                self.values(&arguments);
                Expr::Opaque(span)
            }
            _ => self.program_call(callee, &arguments, span),
        }
    }

    fn values(&mut self, arguments: &[Node<'t>]) -> Vec<Expr> {
        arguments.iter().map(|argument| self.expr(*argument)).collect()
    }

    /// The value of an argument; of a closure, what a call of it gives.
    pub fn value(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "closure_expression" => self.closure(node, &[]),
            _ => self.expr(node),
        }
    }

    fn program_call(&mut self, callee: Expr, arguments: &[Node<'t>], span: Span) -> Expr {
        let arguments: Vec<(Option<String>, Expr)> =
            self.values(arguments).into_iter().map(|value| (None, value)).collect();
        let call = CallExpr { callee, arguments, span };
        let calls = &mut self.notes.module.calls;
        if self.notes.recording && !call.arguments.is_empty() && calls.len() < MAX_CALLS {
            calls.push(call.clone());
        }
        let read = self.helper(&call);
        let value = Expr::Call(Box::new(call));
        if let Some((name, required)) = read {
            let held = self.field.clone();
            let expression = value.clone();
            let read = crate::programs::Read { name, expression, required, held, span };
            self.notes.read(read, self.names.path());
        }
        value
    }

    /// What is made when it is first used: a closure's value, or that of a function.
    pub fn made_by(&mut self, maker: Node<'t>, span: Span) -> Expr {
        match maker.kind() {
            "identifier" | "scoped_identifier" => self.function_path(maker, span),
            _ => self.value(maker),
        }
    }

    /// The variable that a call of a function of this file reads, if its first argument names one; of another
    /// file, if both sound like it.
    fn helper(&self, call: &CallExpr) -> Option<(Spanned<String>, bool)> {
        let Expr::Text(key) = call.arguments.first()?.1.peel() else { return None };
        let (name, known) = match call.callee.peel() {
            Expr::Own(name) => (name.value.as_str(), self.top.get(&name.value)),
            Expr::Imported { name, .. } => (name.as_str(), None),
            Expr::Member(_, name) => (name.value.as_str(), None),
            _ => return None,
        };
        if let Some(Expr::Function(function)) = known {
            let mut queue = vec![&function.body];
            for _ in 0..300 {
                let expr = queue.pop()?;
                if let Expr::Read(read) = expr
                    && matches!(read.name.peel(), Expr::Parameter(_))
                {
                    return Some((key.clone(), read.required && read.default.is_none()));
                }
                queue.extend(crate::programs::walk::children(expr));
            }
            return None;
        }
        let lower = name.to_ascii_lowercase();
        let shaped = key.value.len() > 2
            && key.value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let required = lower.contains("require") || lower.contains("must");
        (shaped && (lower.contains("env") || lower.contains("var"))).then(|| (key.clone(), required))
    }

    fn method_call(&mut self, node: Node<'t>, callee: Node<'t>, arguments: &[Node<'t>]) -> Expr {
        let span = self.span(node);
        let (Some(receiver), Some(field)) =
            (callee.child_by_field_name("value"), callee.child_by_field_name("field"))
        else {
            return Expr::Opaque(span);
        };
        let value = self.expr(receiver);
        let name = self.spanned(field);
        if !matches!(value.peel(), Expr::Library(_)) {
            self.request_of_field(node, callee, arguments);
            self.mention(&name.value);
            self.rework(receiver, &name.value);
        }
        if let Expr::Library(library) = value.peel() {
            let full = format!("{}.{}", library.value, name.value);
            let cell = library.value.contains("OnceLock") || library.value.contains("OnceCell");
            if let ("get_or_init" | "get_or_try_init", true, [maker]) = (name.value.as_str(), cell, arguments)
            {
                return self.made_by(*maker, span);
            }
            if let Some(filled) = self.filled_by(&library.value, &name.value, node) {
                return filled;
            }
            if let Some(asked) = self.setting_asked(&library.value, &name.value, arguments, span) {
                return asked;
            }
            let object = Expr::Library(Spanned::new(library.value.clone(), span));
            if !self.options_sink(&library.value, node) {
                self.library_sink(&full, node, callee, arguments);
            }
            return object;
        }
        if THROUGH.contains(&name.value.as_str()) {
            arguments.iter().filter(|argument| argument.kind() != "closure_expression").for_each(
                |argument| {
                    let _ = self.expr(*argument);
                },
            );
            return value;
        }
        match self.option_method(&name.value, value, arguments, span) {
            Ok(made) => made,
            Err(value) => match value.peel() {
                Expr::Opaque(_)
                | Expr::Read(_)
                | Expr::Text(_)
                | Expr::Concat(_)
                | Expr::If(_)
                | Expr::FirstSet(_)
                | Expr::Null(_) => {
                    self.values(arguments);
                    Expr::Opaque(span)
                }
                _ => self.program_call(member(value, name), arguments, span),
            },
        }
    }

    /// Methods of options, results and texts; gives the value back for any other.
    fn option_method(
        &mut self,
        name: &str,
        value: Expr,
        arguments: &[Node<'t>],
        span: Span,
    ) -> Result<Expr, Expr> {
        let first = arguments.first().copied();
        let method = |value: Expr, method| Ok(Expr::Method(Box::new(value), Box::new(method)));
        let test = |condition: Condition| match condition {
            Condition::Opaque => Ok(Expr::Opaque(span)),
            condition => Ok(Expr::Test(Box::new(condition), span)),
        };
        match (name, first) {
            ("unwrap" | "expect", _) => Ok(self.unwrapped(value)),
            ("unwrap_or_default", _) => {
                let blank = Expr::Text(Spanned::new(String::new(), Span::NONE));
                Ok(self.defaulted(value, blank))
            }
            ("unwrap_or", Some(default)) => {
                let default = self.expr(default);
                Ok(self.defaulted(value, default))
            }
            ("unwrap_or_else" | "or_else", Some(default)) => {
                let before = std::mem::take(&mut self.left);
                let made = match default.kind() {
                    "closure_expression" if self.ends_program(default) => {
                        let _ = self.value(default);
                        self.left = before;
                        return Ok(self.unwrapped(value));
                    }
                    "closure_expression" => self.closure(default, &[]),
                    _ => self.function_path(default, span),
                };
                self.left = before;
                Ok(self.defaulted(value, made))
            }
            ("or", Some(other)) => {
                let other = self.expr(other);
                Ok(self.defaulted(value, other))
            }
            // What a cell that is filled once holds.
            ("get_or_init" | "get_or_try_init", Some(maker)) if matches!(value.peel(), Expr::Own(_)) => {
                Ok(self.made_by(maker, span))
            }
            ("map" | "and_then" | "map_or" | "map_or_else", _) => {
                Ok(self.mapped(name, value, arguments, span))
            }
            ("filter", Some(asked)) if asked.kind() == "closure_expression" => {
                let kept = value.clone().share();
                match self.closure(asked, std::slice::from_ref(&kept)).peel() {
                    Expr::Test(condition, _) => {
                        let condition = (**condition).clone();
                        let otherwise = Expr::Null(span);
                        Ok(Expr::If(Box::new(IfExpr { condition, then: kept, otherwise, span })))
                    }
                    _ => Ok(kept),
                }
            }
            ("is_ok" | "is_some", _) => test(set(&value)),
            ("is_err" | "is_none", _) => test(not(set(&value))),
            ("is_empty", _) => match value.peel() {
                Expr::Opaque(_) => Ok(Expr::Opaque(span)),
                _ => test(not(Condition::Truthy(value))),
            },
            ("starts_with" | "ends_with" | "contains", Some(part)) => {
                let part = self.expr(part);
                test(match (value.peel(), name) {
                    (Expr::Opaque(_), _) => Condition::Opaque,
                    (_, "starts_with") => Condition::StartsWith(value, part),
                    (_, "ends_with") => Condition::EndsWith(value, part),
                    _ => Condition::Contains(value, part),
                })
            }
            ("eq_ignore_ascii_case", Some(other)) => {
                let other = self.expr(other);
                let lower = |value: Expr| Expr::Method(Box::new(value), Box::new(Method::Lower));
                test(Condition::Equals(lower(value), lower(other)))
            }
            ("parse", _) => method(value, Method::Number),
            // The first of the addresses that a text was resolved to.
            ("next", None) if matches!(value.peel(), Expr::Read(_) | Expr::Text(_) | Expr::If(_)) => {
                Ok(value)
            }
            ("trim", _) => method(value, Method::Strip(None)),
            ("to_lowercase" | "to_ascii_lowercase", _) => method(value, Method::Lower),
            ("to_uppercase" | "to_ascii_uppercase", _) => method(value, Method::Upper),
            (
                "trim_end_matches" | "trim_start_matches" | "strip_suffix" | "strip_prefix" | "split",
                Some(part),
            ) => {
                let written = self.expr(part);
                let text = match written.peel() {
                    Expr::Text(text) => text.value.clone(),
                    _ => self.text(part).trim_matches('\'').to_string(),
                };
                method(
                    value,
                    match name {
                        "trim_end_matches" => Method::StripEnd(Some(text)),
                        "trim_start_matches" => Method::StripStart(Some(text)),
                        "strip_suffix" => Method::RemoveSuffix(text),
                        "strip_prefix" => Method::RemovePrefix(text),
                        _ => Method::Split(Some(text), None),
                    },
                )
            }
            ("replace", Some(from)) => {
                let from = self.expr(from);
                let to = arguments.get(1).map_or(Expr::Opaque(span), |to| self.expr(*to));
                method(value, Method::Replace { from, to, count: None })
            }
            ("join", Some(separator)) if matches!(value.peel(), Expr::List(_) | Expr::Method(..)) => {
                let separator = self.expr(separator);
                method(value, Method::Join(separator))
            }
            ("join", Some(below))
                if matches!(value.peel(), Expr::Text(_) | Expr::Concat(_) | Expr::Read(_)) =>
            {
                let slash = Expr::Text(Spanned::new("/".to_string(), Span::NONE));
                Ok(Expr::Concat(vec![value, slash, self.expr(below)]))
            }
            ("host_str", _) => method(value, Method::UrlPart(UrlPart::Host)),
            _ => Err(value),
        }
    }

    /// Whether a closure ends the program: `unwrap_or_else(|_| panic!(…))`.
    fn ends_program(&self, closure: Node<'t>) -> bool {
        let body = closure.child_by_field_name("body").map_or("", |body| self.text(body));
        ["panic!", "exit(", "unreachable!"].iter().any(|end| body.contains(end))
    }

    /// A function that is handed over by its name, as a call of it.
    pub fn function_path(&mut self, node: Node<'t>, span: Span) -> Expr {
        match self.text(node) {
            "String::new" | "String::default" | "Default::default" => {
                Expr::Text(Spanned::new(String::new(), Span::NONE))
            }
            _ => match self.expr(node) {
                Expr::Library(_) | Expr::Opaque(_) => Expr::Opaque(span),
                callee => Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span })),
            },
        }
    }

    fn mapped(&mut self, name: &str, value: Expr, arguments: &[Node<'t>], span: Span) -> Expr {
        let (default, function) = match (name, arguments) {
            ("map_or" | "map_or_else", [default, function]) => (Some(*default), *function),
            (_, [function]) => (None, *function),
            _ => return Expr::Opaque(span),
        };
        let otherwise = match default {
            Some(default) if default.kind() == "closure_expression" => self.closure(default, &[]),
            Some(default) => self.expr(default),
            None => Expr::Null(span),
        };
        let value = value.share();
        let list = matches!(value.peel(), Expr::List(_))
            || matches!(value.peel(), Expr::Method(_, method) if matches!(**method, Method::Split(..)));
        if list {
            // What becomes of each item is a text, too.
            return value;
        }
        let then = match function.kind() {
            "closure_expression" => {
                let known = self.given.len();
                self.given.extend(read_within(&value).map(|read| read.span));
                let made = self.closure(function, std::slice::from_ref(&value));
                self.given.truncate(known);
                made
            }
            _ => match self.text(function) {
                "String::from" | "Into::into" | "Some" | "Ok" | "str::to_string" | "ToString::to_string" => {
                    value.clone()
                }
                _ => Expr::Opaque(span),
            },
        };
        match (set(&value), then.peel()) {
            (Condition::Opaque, _) | (_, Expr::Opaque(_)) => Expr::Opaque(span),
            // A method of what is not there gives nothing, as the option does.
            (_, Expr::Method(inner, method))
                if default.is_none() && **inner == value && **method == Method::Number =>
            {
                then
            }
            (_, made) if default.is_none() && *made == *value.peel() => then,
            (condition, _) => {
                let made = Expr::If(Box::new(IfExpr { condition, then, otherwise, span }));
                self.widen(read_within(&value).cloned().as_ref().filter(|_| default.is_some()), &made);
                made
            }
        }
    }

    /// `unwrap()`, `expect(…)`, `?`: the program stops where there is nothing.
    pub fn unwrapped(&mut self, value: Expr) -> Expr {
        self.require(&value);
        match value.peel() {
            Expr::Read(read) if read.default.is_none() && !self.given.contains(&read.span) => {
                let read = ReadExpr { required: true, ..(**read).clone() };
                let value = Expr::Read(Box::new(read.clone()));
                self.widen(Some(&read), &value);
                value
            }
            _ => value,
        }
    }

    /// What there is, or else the default.
    fn defaulted(&mut self, value: Expr, default: Expr) -> Expr {
        let read = read_behind(&value).cloned();
        let made = match value.peel() {
            Expr::Read(read) if read.default.is_none() && !read.required => {
                Expr::Read(Box::new(ReadExpr { default: Some(default), ..(**read).clone() }))
            }
            Expr::Opaque(span) => Expr::Opaque(*span),
            _ => Expr::FirstSet(vec![value, default]),
        };
        self.widen(read.as_ref(), &made);
        made
    }
}

/// The read that a value is, also where it is asked for something first.
fn read_behind(value: &Expr) -> Option<&ReadExpr> {
    read_within(value).or_else(|| match value.peel() {
        Expr::If(branch) => read_within(&branch.then),
        Expr::FirstSet(all) => read_within(all.first()?),
        _ => None,
    })
}
