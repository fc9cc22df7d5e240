//! Servers that are started with what another module made, or that settings in Python tell where to listen.

use tree_sitter::Node;

use super::addresses::address;
use super::reader::{FrameKind, Reader};
use crate::programs::reading::clients::{Client, Slot, makers};
use crate::programs::reading::target;
use crate::programs::{Condition, Expr, IfExpr, Method, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// What hypercorn's own programs call its settings.
const HYPERCORN: &str = "hypercorn.config.Config()";

/// What the names of applications end with, where the call says nothing of hosts and ports.
const APPLICATIONS: [&str; 8] = ["app", "application", "socketio", "sio", "server", "demo", "dash", "api"];

impl<'t> Reader<'t> {
    /// `app.run(host="127.0.0.1")` where a factory or another module made `app`: which server that is turns out when
    /// it is evaluated.
    pub fn application_started(&mut self, node: Node<'t>, callee: Node<'t>) {
        let (Some(object), Some(method)) =
            (callee.child_by_field_name("object"), callee.child_by_field_name("attribute"))
        else {
            return;
        };
        let method = self.text(method);
        let servers: Vec<(&Client, &str)> = makers(method).collect();
        if servers.is_empty() {
            return;
        }
        let arguments = self.arguments(node);
        let named = self.text(object).rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let says = arguments.get(None, &["host", "port", "server_name", "debug"]).is_some();
        if !says && !APPLICATIONS.iter().any(|end| named.ends_with(end)) {
            return;
        }
        let made = self.expr(object).share();
        if matches!(made.peel(), Expr::Opaque(_)) {
            return;
        }
        let span = self.span(node);
        let callee = self.spanned(callee);
        let open = arguments.open();
        let mut target = arguments.get(None, &["host"]).map(|host| {
            let port = arguments.get(None, &["port"]).map(|port| self.expr(port));
            let parts = UrlParts { host: Some(self.expr(host)), port, ..UrlParts::default() };
            Expr::Url(Box::new(parts), span)
        });
        for (client, maker) in servers {
            let mut slot = |slots: &[Slot]| Some(address(self.argument_of(&arguments, slots)?, client.pair));
            let Some(one) = target::target(client, &mut slot, open, callee.span) else { continue };
            let maker = Expr::Library(Spanned::new(maker.to_string(), span));
            let condition = Condition::Equals(made.clone(), maker);
            let otherwise = target.take().unwrap_or(Expr::Opaque(span));
            target = Some(Expr::If(Box::new(IfExpr { condition, then: one, otherwise, span })));
        }
        if let Some(target) = target {
            self.sink(Sink { kind: SinkKind::Listen, target, arguments: Vec::new(), callee, span });
        }
    }

    /// `bind = "127.0.0.1:8000"` in settings of gunicorn, `config.bind = [...]` of hypercorn.
    pub fn server_setting(&mut self, target: Node<'t>, made: &Expr) {
        let told = match target.kind() {
            "identifier" => {
                self.text(target) == "bind" && self.kind() == FrameKind::Module && self.is_of_gunicorn()
            }
            "attribute" => {
                let object = target.child_by_field_name("object");
                let name = target.child_by_field_name("attribute").map_or("", |name| self.text(name));
                name == "bind"
                    && object.is_some_and(|object| match self.expr(object).peel() {
                        Expr::Library(name) => name.value == HYPERCORN,
                        _ => false,
                    })
            }
            _ => false,
        };
        if told {
            let callee = self.spanned(target);
            self.listening(made.clone(), callee);
        }
    }

    fn listening(&mut self, address: Expr, callee: Spanned<String>) {
        let span = callee.span;
        let target = Expr::Method(Box::new(address), Box::new(Method::Addresses));
        self.sink(Sink { kind: SinkKind::Listen, target, arguments: Vec::new(), callee, span });
    }

    /// Whether the file holds settings of gunicorn, which are names of a module.
    fn is_of_gunicorn(&self) -> bool {
        let stem = self.file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        let words = ["workers =", "worker_class", "wsgi_app", "accesslog", "worker_connections"];
        stem.contains("gunicorn") || words.iter().any(|word| self.file.text.contains(word))
    }

    /// The options of a server that a program starts by gunicorn's own classes: `{"bind": "127.0.0.1:8000"}`.
    pub fn gunicorn_options(&mut self, node: Node<'t>) {
        if !self.runs_gunicorn {
            return;
        }
        let Expr::Record(fields) = self.expr(node) else { return };
        let Some((key, value)) = fields.into_iter().find(|(key, _)| key.value == "bind") else { return };
        let span = if key.span == Span::NONE { self.span(node) } else { key.span };
        self.listening(value, Spanned::new(key.value, span));
    }
}
