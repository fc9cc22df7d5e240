//! Calls: Ruby's own methods, those of the program, and the clients that calls make.

use tree_sitter::Node;

use super::environment::{is_env, rails_environment};
use super::imports;
use super::methods::format;
use super::reader::Reader;
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::reading::given::Arguments;
use crate::programs::reading::made::as_value;
use crate::programs::reading::strange;
use crate::programs::reading::target::{self, fallback, given_nothing};
use crate::programs::{CallExpr, Expr, Method, Sink, UrlPart, UrlParts};
use crate::source::{Span, Spanned};

/// Methods that end the program, or the code around.
const STOPS: [&str; 6] = ["raise", "abort", "exit", "exit!", "fail", "throw"];

/// Words of Sinatra, Roda, Grape and Rake whose blocks are run when somebody asks for them.
const HANDLES: [&str; 10] =
    ["get", "post", "put", "patch", "delete", "options", "before", "after", "task", "helpers"];

impl<'t> Reader<'t> {
    /// `receiver.method(arguments) { block }`
    pub fn call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let block = node.child_by_field_name("block");
        let Some(method) = node.child_by_field_name("method") else {
            // `callee.(…)`
            node.child_by_field_name("receiver").map(|receiver| self.expr(receiver));
            self.arguments(node);
            block.map(|block| self.block(block, None));
            return Expr::Opaque(span);
        };
        let name = self.text(method);
        let Some(receiver) = node.child_by_field_name("receiver") else {
            return self.own_call(node, name, block);
        };
        let written = self.text(receiver);
        if name == "env" && matches!(written, "Rails" | "::Rails") {
            return rails_environment(span);
        }
        if STOPS.contains(&name) && matches!(written, "Kernel" | "Process") {
            self.arguments(node);
            self.left = true;
            return Expr::Opaque(span);
        }
        if name.ends_with('?') {
            let condition = self.asking_call(node);
            block.map(|block| self.block(block, None));
            return as_value(condition.unwrap_or(crate::programs::Condition::Opaque), span);
        }
        let value = self.expr(receiver);
        let arguments = self.arguments(node);
        if is_env(&value) {
            let given = block.map(|block| self.block(block, None));
            let stops = matches!(given, Some((_, true)));
            let default = given.filter(|_| !stops).map(|(value, _)| value);
            return self.env_call(name, &arguments, default, span);
        }
        match value.peel() {
            Expr::Library(library) => {
                let full = format!("{}.{name}", library.value);
                // `new` alone says nothing to people.
                let shown = match written.len() < 40 && !written.contains(char::is_whitespace) {
                    true => format!("{written}.{name}"),
                    false => name.to_string(),
                };
                let callee = Spanned::new(shown, self.span(method));
                self.library_call(&full, arguments, callee, block, span)
            }
            _ => {
                block.map(|block| self.block(block, None));
                self.method_of(value, name, arguments, self.span(method), span)
            }
        }
    }

    /// A call without a receiver.
    fn own_call(&mut self, node: Node<'t>, name: &str, block: Option<Node<'t>>) -> Expr {
        let span = self.span(node);
        if let ("require" | "require_relative" | "load" | "autoload", true) = (name, self.notes.recording)
            && let Some(module) = imports::required(self.text(node))
        {
            if matches!(module.as_str(), "sinatra" | "sinatra/base") {
                self.sinatra(span);
            }
            self.notes.module.imports.push(Spanned::new(module.clone(), span));
            if !self.notes.module.takes_over.contains(&module) {
                self.notes.module.takes_over.push(module);
            }
        }
        let arguments = self.arguments(node);
        if let (true, Some(block)) = (HANDLES.contains(&name) && self.notes.recording, block) {
            let place = self.span(block);
            self.notes.module.later.push(place);
        }
        // `setup do |config|` of a Karafka application
        let setup = name == "setup" && self.file.text.contains("Karafka");
        let yielded = setup.then(|| Expr::Library(Spanned::new("Karafka.config".to_string(), span)));
        let block = block.map(|block| self.block(block, yielded).0);
        if STOPS.contains(&name) {
            self.returns(Expr::Opaque(span));
            self.left = true;
            return Expr::Opaque(span);
        }
        if matches!(name, "lambda" | "proc") {
            return block.unwrap_or(Expr::Opaque(span));
        }
        let callee = node.child_by_field_name("method").map(|method| self.spanned(method));
        self.bare_call(name, arguments, span, callee.unwrap_or_else(|| Spanned::new(name.to_string(), span)))
    }

    /// A call of a method of the object itself, of the program, or of Ruby's own.
    pub fn bare_call(
        &mut self,
        name: &str,
        arguments: Arguments,
        span: Span,
        callee: Spanned<String>,
    ) -> Expr {
        if let Some(function) = self.names.bound(&format!("{name}()")).cloned() {
            return self.program_call(function, arguments, span);
        }
        if arguments.0.is_empty()
            && let Some(value) = self.names.bound(&format!("@{name}"))
        {
            return value.clone();
        }
        let first = arguments.at(0).cloned();
        match (name, first) {
            ("format" | "sprintf", Some(text)) => {
                let given: Vec<Expr> = arguments.0.iter().skip(1).map(|given| given.value.clone()).collect();
                return format(&text, &given, &arguments.options()).unwrap_or(Expr::Opaque(span));
            }
            ("Integer" | "Float", Some(value)) => {
                return Expr::Method(Box::new(value), Box::new(Method::Number));
            }
            ("String" | "URI", Some(value)) => {
                return Expr::Method(Box::new(value), Box::new(Method::Text));
            }
            ("Array", Some(value)) => return value,
            ("base_uri", Some(_)) if self.file.text.contains("HTTParty") => {
                self.client("HTTParty.base_uri", arguments, callee, span);
                return Expr::Opaque(span);
            }
            ("establish_connection" | "connects_to", _) => {
                self.client("ActiveRecord.Base.establish_connection", arguments, callee, span);
                return Expr::Opaque(span);
            }
            ("set", Some(Expr::Text(setting))) if setting.value == "database" => {
                let value = arguments.at(1).cloned().map(Arguments::one).unwrap_or_default();
                self.client("ActiveRecord.Base.establish_connection", value, callee, span);
                return Expr::Opaque(span);
            }
            ("puts" | "p" | "warn" | "print" | "sleep" | "loop", _) => return Expr::Opaque(span),
            _ => {}
        }
        let callee = Expr::Own(Spanned::new(format!("{name}()"), callee.span));
        Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span }))
    }

    /// A call of a method of the program.
    pub fn program_call(&mut self, callee: Expr, arguments: Arguments, span: Span) -> Expr {
        let function = match callee.peel() {
            Expr::Function(function) => Some(function.clone()),
            _ => None,
        };
        let call = Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span }));
        if let Some(function) = function.filter(|function| !function.class) {
            self.note_helper(&function, &call, span, None);
        }
        call
    }

    /// A call of a method of a library's object or class.
    fn library_call(
        &mut self,
        full: &str,
        arguments: Arguments,
        callee: Spanned<String>,
        block: Option<Node<'t>>,
        span: Span,
    ) -> Expr {
        let made = Expr::Library(Spanned::new(format!("{full}()"), span));
        let yielded = match full {
            "Sidekiq.configure_server" | "Sidekiq.configure_client" => {
                Expr::Library(Spanned::new("Sidekiq.config".to_string(), span))
            }
            _ => made.clone(),
        };
        if let (Some(client), Some(block)) = (Clients::of("ruby").find(full), block) {
            self.client_of(client, &arguments, callee, span);
            self.block(block, Some(yielded));
            return made;
        }
        if !self.client(full, arguments.clone(), callee.clone(), span) {
            for sink in strange::handed(&callee, &arguments, span) {
                self.sink(sink);
            }
        }
        block.map(|block| self.block(block, Some(yielded)));
        match (full, arguments.at(0)) {
            ("URI.parse" | "URI.join", Some(value)) => {
                Expr::Method(Box::new(value.clone()), Box::new(Method::Text))
            }
            ("URI.encode_www_form_component" | "ERB.Util.url_encode", Some(value)) => {
                Expr::Method(Box::new(value.clone()), Box::new(Method::Quote))
            }
            _ => made,
        }
    }

    /// Notes the client that a call of this name makes; whether it makes one.
    pub fn client(&mut self, name: &str, arguments: Arguments, callee: Spanned<String>, span: Span) -> bool {
        let Some(client) = Clients::of("ruby").find(name) else { return false };
        self.client_of(client, &arguments, callee, span);
        true
    }

    fn client_of(&mut self, client: &Client, arguments: &Arguments, callee: Spanned<String>, span: Span) {
        let target = match options_held_elsewhere(client, arguments) {
            Some(options) => Some(from_options(client, options, callee.span)),
            None => {
                let target = arguments.target(client, callee.span);
                let default = fallback(client, callee.span).filter(|_| !self.changes_environment);
                let target = target.map(|target| with_default_host(target, default.as_ref()));
                let url = client.url.as_ref().and_then(|slots| arguments.slot(slots));
                // An address that is `nil` is as good as none.
                match (target, url, default) {
                    (Some(target), Some(url), Some(default)) if !is_written(&url) => {
                        let own = given_nothing(client, callee.span).unwrap_or(default);
                        Some(Expr::FirstSet(vec![target, own]))
                    }
                    (target, ..) => target,
                }
            }
        };
        if let Some(target) = target {
            // It dials when there is a job to hand over.
            if client.names.iter().any(|name| name.starts_with("Sidekiq.")) && self.notes.recording {
                self.notes.module.later.push(span);
            }
            self.sink(Sink { kind: client.kind, target, arguments: arguments.options(), callee, span });
        }
    }
}

/// A host that is `nil` is as good as none: the client takes its own.
fn with_default_host(target: Expr, default: Option<&Expr>) -> Expr {
    let (Expr::Url(parts, span), Some(default)) = (&target, default) else { return target };
    let own = match default.peel() {
        Expr::Url(parts, _) => parts.host.clone(),
        whole => Some(Expr::Method(Box::new(whole.clone()), Box::new(Method::UrlPart(UrlPart::Host)))),
    };
    match (&parts.host, own) {
        (Some(host), Some(own)) if !is_written(host) && !matches!(host.peel(), Expr::LibraryDefault(_)) => {
            let host = Some(Expr::FirstSet(vec![host.clone(), own]));
            Expr::Url(Box::new(UrlParts { host, ..(**parts).clone() }), *span)
        }
        _ => target,
    }
}

/// Whether the value is one whatever the environment holds.
fn is_written(value: &Expr) -> bool {
    match value.peel() {
        Expr::Text(_)
        | Expr::LibraryDefault(_)
        | Expr::Concat(_)
        | Expr::List(_)
        | Expr::Record(_)
        | Expr::Merge(_) => true,
        Expr::FirstSet(all) | Expr::FirstNonEmpty(all) => all.last().is_some_and(is_written),
        Expr::Read(read) => read.required || read.default.as_ref().is_some_and(is_written),
        Expr::Method(inner, _) => is_written(inner),
        Expr::If(branch) => is_written(&branch.then) && is_written(&branch.otherwise),
        _ => false,
    }
}

/// The one argument that is a hash which another name holds: `Redis.new(REDIS_OPTIONS)`.
fn options_held_elsewhere(client: &Client, arguments: &Arguments) -> Option<Expr> {
    let by_position = |slots: &Vec<Slot>| slots.iter().any(|slot| matches!(slot, Slot::Position(_)));
    let takes = client.url.iter().chain(client.parts.values()).any(by_position);
    let [given] = arguments.0.as_slice() else { return None };
    let named = matches!(
        given.value.peel(),
        Expr::Own(_)
            | Expr::Imported { .. }
            | Expr::Call(_)
            | Expr::Member(..)
            | Expr::Item(..)
            | Expr::If(_)
            | Expr::Library(_)
            | Expr::Opaque(_)
            | Expr::Parameter(_)
            | Expr::FirstSet(_)
    );
    (!takes && given.name.is_none() && named).then(|| given.value.clone())
}

/// The address in a hash that is known only when it is used.
fn from_options(client: &Client, options: Expr, callee: Span) -> Expr {
    let options = options.share();
    let of = |slots: &Vec<Slot>| {
        let name = slots.iter().find_map(|slot| match slot {
            Slot::Name(name) => Some(name.clone()),
            Slot::Position(_) => None,
        })?;
        let key = Expr::Text(Spanned::new(name, callee));
        Some(Expr::Item(Box::new(options.clone()), Box::new(key), Some(Box::new(Expr::Null(callee)))))
    };
    let part = |part: Part| client.parts.get(&part).and_then(of);
    let scheme = client.scheme.clone().map(|scheme| Expr::LibraryDefault(Spanned::new(scheme, callee)));
    let parts = UrlParts {
        scheme,
        user: part(Part::User),
        password: part(Part::Password),
        host: part(Part::Host),
        port: part(Part::Port),
        database: part(Part::Database),
    };
    let parts = Expr::Url(Box::new(parts), callee);
    match client.url.as_ref().and_then(of) {
        Some(url) => Expr::FirstSet(vec![target::joined(url), parts]),
        None => parts,
    }
}
