//! Functions: what a call of one gives, and what one does with the names around it.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::{FrameKind, Pending, Reader, frame};
use crate::programs::reading::parts;
use crate::programs::{ArgumentExpr, CallExpr, Expr, Function, Mention};
use crate::source::{Span, Spanned};

/// No more calls of a module are kept.
const MAX_CALLS: usize = 2_000;

/// Functions within functions are summarised only this deep.
const MAX_NESTED: usize = 4;

/// A parameter as written.
pub(super) struct Parameter<'t> {
    /// Its name; one that no program can write for a pattern.
    pub name: String,
    pub pattern: Node<'t>,
    pub default: Option<Node<'t>>,
    pub kind: Option<Node<'t>>,
    /// Whether it is a field of the instance, too: `constructor(private readonly db: Pool)`.
    pub is_field: bool,
}

impl<'t> Reader<'t> {
    /// `...rest` of a pattern: what else there is; the fields that have names of their own are not asked of it.
    pub fn assign_rest(&mut self, pattern: Node<'t>, value: &Expr) {
        if let Some(rest) = pattern.named_child(0) {
            self.assign(rest, value.clone());
        }
    }

    /// What a call of the function gives.
    pub fn function(&mut self, node: Node<'t>, name: &str) -> Expr {
        let parameters = self.bound_parameters(node);
        let body = self.summary(node);
        Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: false }))
    }

    /// What a function without parameters gives.
    pub fn summary_of(&mut self, node: Node<'t>) -> Expr {
        self.summary(node)
    }

    /// What the function returns; its parameters are [`Expr::Parameter`].
    fn summary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let nested = self.names.frames.iter().filter(|frame| frame.own.kind == FrameKind::Function).count();
        let Some(body) = node.child_by_field_name("body").filter(|_| nested < MAX_NESTED) else {
            return Expr::Opaque(span);
        };
        self.silently(|reader| {
            reader.names.frames.push(frame(FrameKind::Function));
            for parameter in reader.parameters(node) {
                let value = match reader.environment_parameter(&parameter) {
                    Some(environment) => environment,
                    None => Expr::Parameter(parameter.name.clone()),
                };
                reader.assign(parameter.pattern, value);
            }
            if body.kind() != "statement_block" {
                let value = reader.expr(body);
                reader.names.frames.pop();
                return value;
            }
            let leaves = reader.block(body);
            let Some(frame) = reader.names.frames.pop() else { return Expr::Opaque(span) };
            frame.result(leaves, span)
        })
    }

    /// The parameters and the values of their defaults.
    pub fn bound_parameters(&mut self, node: Node<'t>) -> Vec<(String, Option<Expr>)> {
        let parameters = self.parameters(node);
        let bound = |parameter: Parameter<'t>| {
            let default = self.default_of(&parameter);
            (parameter.name, default)
        };
        parameters.into_iter().map(bound).collect()
    }

    /// What a parameter is when the caller passes nothing that can be seen.
    pub fn default_of(&mut self, parameter: &Parameter<'t>) -> Option<Expr> {
        match parameter.default {
            Some(default) => Some(self.expr(default)),
            None => self.injected(parameter),
        }
    }

    /// The environment, where that is what is passed: `(env: NodeJS.ProcessEnv)`, `(env = process.env)`.
    fn environment_parameter(&mut self, parameter: &Parameter<'t>) -> Option<Expr> {
        self.default_of(parameter).filter(|value| match value.peel() {
            Expr::Library(library) => {
                super::environment::is_environment(&library.value) || library.value.ends_with("Service()")
            }
            _ => false,
        })
    }

    /// A parameter that a framework passes: by its type a reader of the configuration, or an instance of a class
    /// of settings.
    fn injected(&mut self, parameter: &Parameter<'t>) -> Option<Expr> {
        let Some(kind) = parameter.kind.and_then(|kind| parts(kind).into_iter().next()) else {
            return self.given_env(parameter);
        };
        let span = self.span(kind);
        let library = |name: &str| Expr::Library(Spanned::new(name.to_string(), span));
        let text = self.text(kind);
        if text.ends_with("ProcessEnv") {
            return Some(library("process.env"));
        }
        let call = |callee| Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }));
        let name = text.split('<').next().unwrap_or(text).trim();
        if name == "ConfigType" {
            // `ConfigType<typeof databaseConfig>`
            let factory = text.split("typeof").nth(1)?.trim().trim_end_matches('>').trim();
            return Some(call(self.name(factory, span)));
        }
        if !matches!(kind.kind(), "type_identifier" | "generic_type") {
            return None;
        }
        let class = self.name(name, span);
        match class.peel() {
            Expr::Library(library_class) => Some(library(&format!("{}()", library_class.value))),
            Expr::Function(function) if function.class => Some(call(class)),
            Expr::Imported { .. } | Expr::Own(_) if is_settings(name) => Some(call(class)),
            _ => None,
        }
    }

    /// `({ env }) => ({ … })` in a folder of configuration: Strapi passes its reader of the environment.
    fn given_env(&self, parameter: &Parameter<'t>) -> Option<Expr> {
        let folder = self.file.path.parent()?;
        let configures = folder.components().any(|part| part.as_os_str() == "config");
        let takes = parameter.pattern.kind() == "object_pattern"
            && parts(parameter.pattern).iter().any(|part| self.text(*part) == "env");
        let span = self.span(parameter.pattern);
        let env = Expr::Library(Spanned::new("@strapi/env".to_string(), span));
        (configures && takes).then(|| Expr::Record(vec![(Spanned::new("env".to_string(), span), env)]))
    }

    /// The parameters as written; `...rest` is left out.
    pub fn parameters(&self, node: Node<'t>) -> Vec<Parameter<'t>> {
        if let Some(only) = node.child_by_field_name("parameter") {
            return vec![self.parameter(0, only, None, None)];
        }
        let list = node.child_by_field_name("parameters").into_iter().flat_map(parts).take(64);
        let mut out = Vec::new();
        for (at, part) in list.enumerate() {
            out.push(match part.kind() {
                "identifier" | "object_pattern" | "array_pattern" => self.parameter(at, part, None, None),
                "assignment_pattern" => {
                    let Some(left) = part.child_by_field_name("left") else { continue };
                    self.parameter(at, left, part.child_by_field_name("right"), None)
                }
                "required_parameter" | "optional_parameter" => {
                    let Some(pattern) = part.child_by_field_name("pattern") else { continue };
                    if pattern.kind() == "rest_pattern" || pattern.kind() == "this" {
                        continue;
                    }
                    let kind = part.child_by_field_name("type");
                    let modified = |child: &Node<'_>| {
                        matches!(child.kind(), "accessibility_modifier" | "readonly" | "override_modifier")
                    };
                    let mut cursor = part.walk();
                    let is_field = part.children(&mut cursor).any(|child| modified(&child));
                    let parameter = self.parameter(at, pattern, part.child_by_field_name("value"), kind);
                    Parameter { is_field, ..parameter }
                }
                _ => continue,
            });
        }
        out
    }

    fn parameter(
        &self,
        at: usize,
        pattern: Node<'t>,
        default: Option<Node<'t>>,
        kind: Option<Node<'t>>,
    ) -> Parameter<'t> {
        let name = match pattern.kind() {
            "identifier" => self.text(pattern).to_string(),
            _ => format!(" {at}"),
        };
        Parameter { name, pattern, default, kind, is_field: false }
    }

    /// A function that has a name: summarised for its calls now, read in depth when the names around are complete.
    pub fn definition(&mut self, node: Node<'t>) {
        let Some(name) = node.child_by_field_name("name").map(|name| self.text(name)) else {
            return self.wait_for(node, None);
        };
        let function = self.function(node, name);
        self.bind(name, function);
        self.wait_for(node, Some(name));
    }

    /// A function that is handed to what calls it when something happens: a request, a message, a time.
    pub fn note_handler(&mut self, function: Node<'t>) {
        if self.notes.recording && self.is_handed_to_handler() {
            let place = self.span(function);
            self.notes.module.later.push(place);
        }
    }

    /// Whether what is being scanned is an argument of such a call.
    pub fn is_handed_to_handler(&self) -> bool {
        const HANDLES: [&str; 24] = [
            "get",
            "post",
            "put",
            "patch",
            "delete",
            "all",
            "use",
            "route",
            "on",
            "once",
            "handle",
            "handler",
            "process",
            "subscribe",
            "consume",
            "schedule",
            "command",
            "action",
            "addEventListener",
            "setInterval",
            "setTimeout",
            "it",
            "test",
            "describe",
        ];
        let passed = ["arguments", "member_expression", "array"];
        let call = self.around.iter().rev().find(|around| !passed.contains(&around.kind()));
        let callee = call.filter(|call| call.kind() == "call_expression");
        let callee = callee.and_then(|call| call.child_by_field_name("function"));
        let name = callee.map(|callee| self.text(callee).rsplit('.').next().unwrap_or(""));
        name.is_some_and(|name| HANDLES.contains(&name))
    }

    /// `exports.list = async (req, res) => …`: what is called with a request runs when that comes.
    pub fn note_if_of_requests(&mut self, function: Node<'t>) {
        const REQUESTS: [&str; 4] = ["req", "_req", "request", "ctx"];
        let first = function.child_by_field_name("parameters").and_then(|all| all.named_child(0));
        let first = first.map_or("", |first| self.text(first).split(':').next().unwrap_or("").trim());
        if self.notes.recording && REQUESTS.contains(&first) {
            let place = self.span(function);
            self.notes.module.later.push(place);
        }
    }

    /// Keeps a function to be read when the names around it are complete.
    pub fn wait_for(&mut self, node: Node<'t>, name: Option<&'t str>) {
        let this = None;
        let browser = self.browser.now && !self.gives_page_data();
        self.wait(Pending { node, name, this, class: None, path: Vec::new(), browser });
    }

    pub fn wait(&mut self, pending: Pending<'t>) {
        if !self.notes.recording || !self.waiting.insert(pending.node.start_byte()) {
            return;
        }
        if let Some(frame) = self.names.frames.last_mut() {
            let path = frame.path.clone();
            frame.own.pending.push(Pending { path, ..pending });
        }
    }

    /// Reads the functions that waited for the names around them to be complete.
    pub fn read_pending(&mut self) {
        // What a function leaves waiting is read with its own frame; what a call at the end adds comes here.
        for _ in 0..8 {
            let Some(frame) = self.names.frames.last_mut() else { return };
            let pending = std::mem::take(&mut frame.own.pending);
            if pending.is_empty() {
                return;
            }
            for function in pending {
                self.deeper(|reader| reader.read_function(&function));
            }
        }
    }

    /// The name by which the program calls a function of the module, or a method; `None` for what others call.
    fn called_as(&self, function: &Pending<'t>) -> Option<String> {
        let name = function.name.filter(|_| self.at_top())?;
        Some(match function.class {
            Some(class) if name == "constructor" => class.to_string(),
            Some(class) => format!("{class}.{name}"),
            None => name.to_string(),
        })
    }

    /// What the calls of a function or class of the module hand to a parameter. What a framework passes by the
    /// parameter's type is that.
    pub fn handed(&mut self, called: Option<&str>, at: usize, parameter: &Parameter<'t>, span: Span) -> Expr {
        let default = self.default_of(parameter);
        let injected = match &default {
            Some(default) => parameter.default.is_none() || matches!(default.peel(), Expr::Library(_)),
            None => false,
        };
        let otherwise = default.unwrap_or(Expr::Opaque(span));
        match called.filter(|_| !injected) {
            Some(called) => Expr::Argument(Box::new(ArgumentExpr {
                function: called.to_string(),
                at,
                name: Some(parameter.name.clone()),
                otherwise,
                span,
            })),
            None => otherwise,
        }
    }

    /// Notes a call of something of the program, for what it hands over.
    pub fn note_program_call(&mut self, node: Node<'t>, callee: &Expr) {
        let arguments = self.arguments(node);
        let calls = &self.notes.module.calls;
        if !self.notes.recording || arguments.len() == 0 || arguments.open() || calls.len() >= MAX_CALLS {
            return;
        }
        if !may_be_of_program(callee) {
            return;
        }
        let callee = callee.clone();
        let span = self.span(node);
        let arguments = arguments.iter().take(16).map(|argument| (None, self.expr(argument))).collect();
        self.notes.module.calls.push(CallExpr { callee, arguments, span });
    }

    /// Reads a function for its reads and sinks; parameters are what its calls hand over, or their defaults.
    fn read_function(&mut self, function: &Pending<'t>) {
        let node = function.node;
        let span = self.span(node);
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut inner = frame(FrameKind::Function);
        inner.own.this = function.this.clone();
        inner.path = function.path.clone();
        let called = self.called_as(function);
        let values: Vec<Expr> = self
            .parameters(node)
            .iter()
            .enumerate()
            .map(|(at, parameter)| self.handed(called.as_deref(), at, parameter, span).share())
            .collect();
        self.names.frames.push(inner);
        for (parameter, value) in self.parameters(node).into_iter().zip(values) {
            if let Some(default) = parameter.default {
                self.scan(default);
            }
            self.assign(parameter.pattern, value);
        }
        if let Some(name) = function.name {
            self.note_attempts_of_function(name, node);
        }
        let asynchronous = self.text(node).starts_with("async");
        let runs = self.browser.within(function.name, asynchronous, self.text(body));
        let browser = std::mem::replace(&mut self.browser.now, function.browser && runs);
        let owner = self.owner.clone();
        let serving = self.serving;
        self.serving |= function.name.is_some_and(super::browser::is_server_function);
        let held = self.held.take();
        if self.owner.is_none() && function.name.is_none() && self.notes.module.later.contains(&span) {
            self.owner = Some(Mention::LATER.to_string());
        } else if self.owner.is_none() {
            self.owner = function.name.filter(|name| !super::frameworks::is_called(name)).map(str::to_string);
            if let Some(name) = self.owner.clone().filter(|_| self.notes.recording) {
                self.notes.module.bodies.push(Spanned::new(name, span));
            }
        }
        match body.kind() {
            "statement_block" => drop(self.block(body)),
            _ => self.scan(body),
        }
        self.listens_by_settings(body);
        self.read_pending();
        self.owner = owner;
        self.serving = serving;
        self.held = held;
        self.browser.now = browser;
        self.names.frames.pop();
    }
}

/// Whether what is called may be a function, a class or a method of the program, and not of a package.
fn may_be_of_program(callee: &Expr) -> bool {
    let mut at = callee.peel();
    for _ in 0..8 {
        at = match at {
            Expr::Imported { module, .. } => {
                return super::resolve::is_relative(module)
                    || module.contains('/')
                    || module.starts_with('~');
            }
            Expr::Own(_) => return std::ptr::eq(at, callee.peel()),
            Expr::Function(_) => return true,
            Expr::Member(base, _) => base.peel(),
            Expr::Call(call) => call.callee.peel(),
            _ => return false,
        };
    }
    false
}

/// Whether a class is one of settings, by its name.
fn is_settings(name: &str) -> bool {
    const ENDINGS: [&str; 10] = [
        "Settings",
        "Config",
        "ConfigService",
        "Configuration",
        "Env",
        "EnvService",
        "Environment",
        "SettingsService",
        "ConfigurationService",
        "EnvironmentService",
    ];
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}
