//! Functions: what a call of one gives, and what one does with the names around it.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::{FrameKind, Pending, Reader, frame};
use crate::programs::reading::parts;
use crate::programs::{ArgumentExpr, CallExpr, Expr, Function, Mention};
use crate::source::{Span, Spanned};

/// Functions within functions are summarised only this deep.
const MAX_NESTED: usize = 4;

/// No more calls of a module are kept.
const MAX_CALLS: usize = 2_000;

/// What the parameter of a function or class of the module is handed.
pub(super) fn handed(called: &str, at: usize, name: &str, default: Option<Expr>, span: Span) -> Expr {
    Expr::Argument(Box::new(ArgumentExpr {
        function: called.to_string(),
        at,
        name: Some(name.to_string()),
        otherwise: default.unwrap_or(Expr::Opaque(span)),
        span,
    }))
}

/// What a class of the module is handed at a position, whatever that is called.
pub(super) fn handed_at(called: &str, at: usize, span: Span) -> Expr {
    let otherwise = Expr::Opaque(span);
    Expr::Argument(Box::new(ArgumentExpr { function: called.to_string(), at, name: None, otherwise, span }))
}

/// A parameter as written.
pub(super) struct Parameter<'t> {
    pub name: &'t str,
    pub default: Option<Node<'t>>,
    pub kind: Option<Node<'t>>,
}

impl<'t> Reader<'t> {
    /// What a call of the function gives.
    pub fn function(&mut self, node: Node<'t>) -> Expr {
        let Some(name) = node.child_by_field_name("name").map(|name| self.text(name)) else {
            return Expr::Opaque(self.span(node));
        };
        let parameters = self.bound_parameters(node, 0);
        let body = self.summary(node, &parameters, None);
        Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: false }))
    }

    /// What the function returns; its parameters are [`Expr::Parameter`].
    pub fn summary(
        &mut self,
        node: Node<'t>,
        parameters: &[(String, Option<Expr>)],
        this: Option<(String, Expr)>,
    ) -> Expr {
        let span = self.span(node);
        let nested = self.names.frames.iter().filter(|frame| frame.own.kind == FrameKind::Function).count();
        if nested >= MAX_NESTED {
            return Expr::Opaque(span);
        }
        self.silently(|reader| {
            reader.enter(parameters, this);
            let leaves = node.child_by_field_name("body").is_some_and(|body| reader.block(body));
            reader.leave(leaves, span)
        })
    }

    fn enter(&mut self, parameters: &[(String, Option<Expr>)], this: Option<(String, Expr)>) {
        let mut frame = frame(FrameKind::Function);
        frame.own.this = this;
        for (name, given) in parameters {
            // A client is one, whoever made it.
            let client = given
                .as_ref()
                .filter(|given| matches!(given.peel(), Expr::Library(made) if is_client(&made.value)));
            let value = client.cloned().unwrap_or_else(|| Expr::Parameter(name.clone()));
            frame.names.insert(name.clone(), value);
        }
        self.names.frames.push(frame);
    }

    /// Leaves the function's frame: what it returned on each path, nothing at its end.
    fn leave(&mut self, leaves: bool, span: Span) -> Expr {
        let Some(frame) = self.names.frames.pop() else { return Expr::Opaque(span) };
        frame.result(leaves, span)
    }

    /// The parameters and the values of their defaults, the first `skip` left out.
    pub fn bound_parameters(&mut self, node: Node<'t>, skip: usize) -> Vec<(String, Option<Expr>)> {
        let parameters = self.parameters(node);
        let mut out = Vec::new();
        for parameter in parameters.into_iter().skip(skip).take(64) {
            let default = match (parameter.default, parameter.kind) {
                (Some(default), _) => Some(self.expr(default)),
                (None, Some(kind)) => self.injected(kind),
                (None, None) => None,
            };
            out.push((parameter.name.to_string(), default));
        }
        out
    }

    /// A parameter whose type is a settings class: whoever calls passes its instance.
    fn injected(&mut self, kind: Node<'t>) -> Option<Expr> {
        let kind = parts(kind).into_iter().next()?;
        // `Annotated[AsyncSession, Depends(get_db)]`, or a name for that.
        if kind.kind() == "generic_type" && self.text(kind).starts_with("Annotated") {
            let call = super::settings::calls_below(kind).into_iter().next()?;
            return Some(self.expr(call)).filter(|value| matches!(value, Expr::Call(_)));
        }
        let named = self.expr(kind);
        if let value @ Expr::Call(_) = named.peel() {
            return Some(value.clone());
        }
        // What reads the environment is handed on as it is.
        if let Expr::Library(library) = named.peel() {
            let made = format!("{}()", library.value);
            if matches!(library.value.as_str(), "environs.Env" | "environ.Env") || is_client(&made) {
                return Some(Expr::Library(Spanned::new(made, library.span)));
            }
        }
        let settings = kind.kind() == "identifier" && {
            let name = self.text(kind);
            name.ends_with("Settings") || name.ends_with("Config")
        };
        if !settings {
            return None;
        }
        let callee = self.expr(kind);
        match callee.peel() {
            Expr::Function(function) if function.class => {}
            Expr::Imported { .. } => {}
            _ => return None,
        }
        Some(Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span: self.span(kind) })))
    }

    /// The parameters as written; `*args` and `**kwargs` are left out.
    pub fn parameters(&self, node: Node<'t>) -> Vec<Parameter<'t>> {
        let list = node.child_by_field_name("parameters").into_iter().flat_map(parts);
        list.filter_map(|part| match part.kind() {
            "identifier" => Some(Parameter { name: self.text(part), default: None, kind: None }),
            "default_parameter" | "typed_default_parameter" => Some(Parameter {
                name: self.text(part.child_by_field_name("name")?),
                default: part.child_by_field_name("value"),
                kind: part.child_by_field_name("type"),
            }),
            "typed_parameter" => {
                let name = parts(part).into_iter().next().filter(|name| name.kind() == "identifier")?;
                Some(Parameter {
                    name: self.text(name),
                    default: None,
                    kind: part.child_by_field_name("type"),
                })
            }
            _ => None,
        })
        .collect()
    }

    /// Whether decorators hand the function to something that calls it, as a framework does.
    pub fn called_by_others(&self, decorators: &[Node<'t>]) -> bool {
        const TRANSPARENT: [&str; 9] = [
            "property",
            "cached_property",
            "computed_field",
            "lru_cache",
            "cache",
            "staticmethod",
            "classmethod",
            "override",
            "wraps",
        ];
        decorators.iter().any(|decorator| {
            let text = self.text(*decorator).trim_start_matches('@').trim();
            let name = text.split('(').next().unwrap_or(text).rsplit('.').next().unwrap_or(text);
            !TRANSPARENT.contains(&name)
        })
    }

    pub fn lambda(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(body) = node.child_by_field_name("body") else { return Expr::Opaque(span) };
        let parameters = self.bound_parameters(node, 0);
        let body = self.silently(|reader| {
            reader.enter(&parameters, None);
            let body = reader.expr(body);
            reader.names.frames.pop();
            body
        });
        Expr::Function(Arc::new(Function { name: "lambda".to_string(), parameters, body, class: false }))
    }

    /// Reads the functions that waited for the names around them to be complete.
    pub fn read_pending(&mut self) {
        let pending = self
            .names
            .frames
            .last_mut()
            .map(|frame| std::mem::take(&mut frame.own.pending))
            .unwrap_or_default();
        for function in pending {
            self.deeper(|reader| reader.read_function(&function));
        }
    }

    /// Whether only its callers run a method of a class of settings, which ask for them when the program starts:
    /// `Settings.from_env()`, `settings.url`.
    fn is_called_by_its_class(&self, function: &Pending<'t>) -> bool {
        let Some(Expr::Call(made)) = function.instance.as_ref().map(Expr::peel) else { return false };
        let Expr::Function(class) = made.callee.peel() else { return false };
        if !["Settings", "Config", "Env"].iter().any(|word| class.name.contains(word)) {
            return false;
        }
        let around = function.node.parent().filter(|around| around.kind() == "decorated_definition");
        let Some(around) = around.filter(|_| !function.decorated) else { return false };
        let decorators = self.file.text.get(around.start_byte()..function.node.start_byte()).unwrap_or("");
        ["@classmethod", "@property", "@cached_property"].iter().any(|word| decorators.contains(word))
    }

    /// The name by which the program calls a function of the module, or a method; `None` when others may call it.
    fn called_as(&self, function: &Pending<'t>) -> Option<String> {
        if function.decorated || self.names.frames.len() != 1 {
            return None;
        }
        let name = self.text(function.node.child_by_field_name("name")?);
        let Some(instance) = &function.instance else { return Some(name.to_string()) };
        let Expr::Call(call) = instance.peel() else { return None };
        let Expr::Function(class) = call.callee.peel() else { return None };
        Some(match name {
            "__init__" => class.name.clone(),
            _ => format!("{}.{name}", class.name),
        })
    }

    /// Notes a call of something of the program, for what it hands over.
    pub fn program_call_noted(&mut self, node: Node<'t>) {
        if self.notes.module.calls.len() >= MAX_CALLS || self.arguments(node).open() {
            return;
        }
        if let Expr::Call(call) = self.expr(node) {
            self.notes.module.calls.push(*call);
        }
    }

    /// Notes what a call hands to a function that something else calls: `Thread(target=run, args=(url,))`,
    /// `pool.submit(run, url)`; and what the maker of a class hands to that of the class it extends.
    pub fn handed_on(&mut self, node: Node<'t>, callee: Node<'t>) {
        let name = self.text(callee);
        if name == "super().__init__" {
            return self.handed_to_base(node);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let of_thread = matches!(last, "Thread" | "Process" | "Timer");
        if !of_thread && !matches!(last, "submit" | "partial" | "to_thread" | "run_in_executor" | "add_task")
        {
            return;
        }
        let arguments = self.arguments(node);
        let span = self.span(node);
        let skip = usize::from(last == "run_in_executor");
        let target = match of_thread {
            true => arguments.get(None, &["target"]),
            false => arguments.at(skip),
        };
        let Some(callee) = target.map(|target| self.expr(target)) else { return };
        if !matches!(
            callee.peel(),
            Expr::Function(_) | Expr::Own(_) | Expr::Imported { .. } | Expr::Member(..)
        ) {
            return;
        }
        let handed: Vec<(Option<String>, Expr)> = match of_thread {
            true => match arguments.get(None, &["args"]).map(|args| self.expr(args)) {
                Some(Expr::List(items)) => items.into_iter().map(|item| (None, item)).collect(),
                _ => return,
            },
            false => {
                let mut all: Vec<(Option<String>, Expr)> = Vec::new();
                let rest = arguments.0.iter().filter(|argument| !argument.splat).skip(skip + 1);
                for argument in rest {
                    let value = self.expr(argument.value);
                    all.push((argument.name.as_ref().map(|name| name.value.clone()), value));
                }
                all.sort_by_key(|(name, _)| name.is_some());
                all
            }
        };
        self.note_call(CallExpr { callee, arguments: handed, span });
    }

    /// Notes a call of whatever a table has under a key as a call of each that stands there.
    pub fn called_of_table(&mut self, node: Node<'t>, callee: Node<'t>) {
        let Some(table) = callee.child_by_field_name("value").map(|table| self.expr(table)) else { return };
        let table = match table.peel() {
            Expr::Own(name) => self.bound(&name.value).cloned(),
            other => Some(other.clone()),
        };
        let Some(Expr::Record(entries)) = table.as_ref().map(Expr::peel) else { return };
        let Expr::Call(call) = self.expr(node) else { return };
        for (_, callee) in entries.iter().take(12) {
            if matches!(callee.peel(), Expr::Function(_) | Expr::Imported { .. } | Expr::Own(_)) {
                self.note_call(CallExpr { callee: callee.clone(), ..(*call).clone() });
            }
        }
    }

    fn handed_to_base(&mut self, node: Node<'t>) {
        let this = self.names.frames.iter().rev().find_map(|frame| frame.own.this.as_ref());
        let Some(Expr::Call(made)) = this.map(|(_, instance)| instance.peel()) else { return };
        let Expr::Function(class) = made.callee.peel() else { return };
        let Expr::Merge(laid) = class.body.peel() else { return };
        let before = laid.len().saturating_sub(1);
        // The first base is the last of those that are laid below.
        let base = laid.get(..before).and_then(|bases| bases.last()).map(Expr::peel);
        let callee = match base {
            Some(Expr::Call(call)) => call.callee.clone(),
            Some(base) => base.clone(),
            None => return,
        };
        if let Expr::Call(call) = self.expr(node) {
            self.note_call(CallExpr { callee, ..*call });
        }
    }

    fn note_call(&mut self, call: CallExpr) {
        if self.notes.recording && self.notes.module.calls.len() < MAX_CALLS {
            self.notes.module.calls.push(call);
        }
    }

    /// Reads a function for its reads, sinks and remarks; parameters are their defaults.
    fn read_function(&mut self, function: &Pending<'t>) {
        let node = function.node;
        let skip = usize::from(function.instance.is_some());
        let this = self.parameters(node).into_iter().next().map(|parameter| parameter.name.to_string());
        let span = self.span(node);
        let parameters = self.bound_parameters(node, skip);
        let mut frame = frame(FrameKind::Function);
        let called = self.called_as(function);
        let mut options = if function.decorated { self.options_of(node) } else { Vec::new() };
        for (at, (name, default)) in parameters.into_iter().enumerate() {
            let option = options.iter().position(|(option, _)| *option == name);
            if let Some(option) = option {
                frame.names.insert(name, options.swap_remove(option).1.share());
                continue;
            }
            let value = match &called {
                _ if matches!(default, Some(Expr::Library(_))) => default.unwrap_or(Expr::Opaque(span)),
                Some(called) => handed(called, at, &name, default, span),
                None => default.unwrap_or(Expr::Opaque(span)),
            };
            frame.names.insert(name, value.share());
        }
        frame.own.this = this.zip(function.instance.clone());
        self.names.frames.push(frame);
        let called_by_its_class = self.is_called_by_its_class(function);
        let loops = std::mem::take(&mut self.loops);
        let owner = self.owner.clone();
        let decorated = function.decorated && !self.is_only_wrapped(node);
        if let (None, false, Some(name)) = (&owner, decorated, node.child_by_field_name("name")) {
            let name = self.text(name);
            self.owner = (!name.starts_with("__")).then(|| name.to_string());
            // Methods may be called by the libraries whose classes they extend.
            let outermost =
                self.names.frames.len() == 2 && (function.instance.is_none() || called_by_its_class);
            if self.notes.recording && outermost {
                let place = Spanned::new(name.to_string(), self.span(node));
                match is_called_by_name(name) {
                    true => self.called_by_name.push(place),
                    false => self.notes.module.functions.push(place),
                }
            }
        }
        // What frameworks call, they call when something happens; so it is with methods, but for those that make
        // the object.
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        let makes = matches!(name, "__init__" | "__post_init__" | "model_post_init");
        let method = function.instance.is_some() && !makes && !called_by_its_class;
        // What is handed a request runs when one comes: a view of Django, which only its table of addresses names.
        let handles = function.instance.is_none()
            && node.child_by_field_name("parameters").and_then(|all| all.named_child(0)).is_some_and(
                |first| {
                    let text = self.text(first);
                    text.split([':', '=']).next().is_some_and(|name| name.trim() == "request")
                },
            );
        if self.notes.recording && (decorated && !self.runs_at_start(node) || method || handles) {
            self.notes.module.later.push(span);
            // So it is with a handler that a factory of applications defines.
            if self.owner.is_none() || decorated || handles {
                self.owner = Some(Mention::LATER.to_string());
            }
        }
        if let Some(parameters) = node.child_by_field_name("parameters") {
            self.scan(parameters);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
            self.remark_on_function(node, function.decorated);
        }
        self.loops = loops;
        self.read_pending();
        self.owner = owner;
        self.names.frames.pop();
    }
}

impl<'t> Reader<'t> {
    /// Whether what decorates a function leaves it to whoever calls it: `@lru_cache`, `@asynccontextmanager`.
    fn is_only_wrapped(&self, node: Node<'t>) -> bool {
        const WRAPPERS: [&str; 4] = ["lru_cache", "cache", "contextmanager", "asynccontextmanager"];
        let mut decorators = self.decorators(node).peekable();
        decorators.peek().is_some()
            && decorators.all(|text| {
                let name = text.trim_start_matches('@').split('(').next().unwrap_or("").trim();
                WRAPPERS.contains(&name.rsplit('.').next().unwrap_or(name))
            })
    }

    /// Whether a framework calls a function when it starts: `@app.on_event("startup")`.
    fn runs_at_start(&self, node: Node<'t>) -> bool {
        let at_start = |text: &str| {
            text.contains("on_event(\"startup\")")
                || text.contains("on_event('startup')")
                || ["before_serving", "before_server_start", "click.command"]
                    .iter()
                    .any(|word| text.contains(word))
        };
        self.decorators(node).any(at_start)
    }

    /// The texts of what decorates a function.
    fn decorators(&self, node: Node<'t>) -> impl Iterator<Item = &'t str> {
        let around = node.parent().filter(|around| around.kind() == "decorated_definition");
        let all = around.map(parts).unwrap_or_default().into_iter();
        all.filter(|part| part.kind() == "decorator").map(|part| self.text(part))
    }
}

/// Whether tools call a function of this name that no source mentions: entry points of packages, factories of
/// applications, steps of migrations, hooks of gunicorn and pytest, handlers of functions in a cloud.
fn is_called_by_name(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "main",
        "cli",
        "run",
        "app",
        "application",
        "create_app",
        "make_app",
        "get_app",
        "handler",
        "upgrade",
        "downgrade",
        "setup",
    ];
    const STARTS: [&str; 6] = ["on_", "pre_", "post_", "when_", "pytest_", "worker_"];
    NAMES.contains(&name)
        || STARTS.iter().any(|start| name.starts_with(start))
        || name.starts_with("__")
        || name.ends_with("_handler")
}

/// Whether an instance of a library's class asks over HTTP whatever address it is told with each request.
fn is_client(made: &str) -> bool {
    const CLIENTS: [&str; 5] = [
        "aiohttp.ClientSession()",
        "httpx.AsyncClient()",
        "httpx.Client()",
        "requests.Session()",
        "requests.sessions.Session()",
    ];
    CLIENTS.contains(&made)
}
