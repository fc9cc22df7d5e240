//! Requests whose address is told to something that no type is seen of: `r.path("/x").uri("http://…")` of a gateway's
//! routes, `client.get().uri("http://…")`, `url.openConnection()`.

use super::reader::Reader;
use super::tree::Call;
use crate::programs::reading::if_url;
use crate::programs::{Expr, Sink, SinkKind};
use crate::source::Spanned;

/// What a file imports that is told an address by `uri`.
const TOLD_BY_URI: [&str; 3] = [
    "org.springframework.cloud.gateway.",
    "org.springframework.web.reactive.function.client.",
    "org.springframework.web.client.RestClient",
];
/// Ktor's client, whose functions are called on what a lambda stands for.
const KTOR: &str = "io.ktor.client.";

impl Reader {
    /// Notes the request that a call makes, if it is one. `owner` is what it is called on.
    pub fn request(&mut self, owner: &Expr, call: &Call) {
        let name = call.name.value.as_str();
        let whole = match name {
            "openConnection" | "openStream" => match owner.peel() {
                Expr::Opaque(_) | Expr::Library(_) => return,
                _ => owner.clone(),
            },
            "uri" if self.imports_any(&TOLD_BY_URI) => match call.arguments.first() {
                Some(argument) => self.silent(&argument.value),
                None => return,
            },
            _ => return,
        };
        self.requested(call, whole);
    }

    /// The same for a function without an owner: `http("http://…")` of a gateway's routes, `url("http://…")`.
    pub fn plain_request(&mut self, call: &Call) {
        let meant = match call.name.value.as_str() {
            "http" => self.imports_any(&["org.springframework.cloud.gateway.server.mvc."]),
            "url" => self.imports_any(&[KTOR]),
            "uri" => self.imports_any(&TOLD_BY_URI[..1]),
            _ => false,
        };
        if meant && let [argument] = call.arguments.as_slice() {
            let whole = self.silent(&argument.value);
            self.requested(call, whole);
        }
    }

    fn requested(&mut self, call: &Call, whole: Expr) {
        if matches!(whole.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            return;
        }
        let (callee, span) = (call.name.clone(), call.span);
        let sink = Sink { kind: SinkKind::Http, target: if_url(whole), arguments: Vec::new(), callee, span };
        self.notes.sink(sink, self.names.path());
    }

    /// What an expression gives, when all that it notes is noted elsewhere.
    fn silent(&mut self, code: &super::tree::Code) -> Expr {
        let recording = std::mem::replace(&mut self.notes.recording, false);
        let value = self.expr(code);
        self.notes.recording = recording;
        value
    }

    fn imports_any(&self, starts: &[&str]) -> bool {
        self.imports
            .iter()
            .any(|import| starts.iter().any(|start| format!("{}.", import.path).starts_with(start)))
    }

    /// RabbitMQ's factory that is told no host dials the container itself.
    pub fn factory(&mut self, class: &str, call: &Call) {
        const FACTORY: &str = "com.rabbitmq.client.ConnectionFactory";
        if class == FACTORY && call.arguments.is_empty() && self.notes.recording {
            self.factory.get_or_insert_with(|| call.name.clone());
        }
    }

    /// Notes what the factory dials, once all of the file is read: nothing must have said anything else.
    pub fn finish_factory(&mut self) {
        const TOLD: [&str; 8] = [
            "setHost",
            "host",
            "setUri",
            "uri",
            "Address",
            "parseAddresses",
            "getHost",
            "ConnectionFactoryConfigurator",
        ];
        let Some(callee) = self.factory.take() else { return };
        let told = self.notes.module.sinks.iter().any(|sink| sink.kind == SinkKind::Amqp)
            || TOLD.iter().any(|name| self.is_mentioned(name));
        if told || !self.is_mentioned("newConnection") {
            return;
        }
        let text = |text: &str| Expr::LibraryDefault(Spanned::new(text.to_string(), callee.span));
        let parts = crate::programs::UrlParts {
            scheme: Some(text("amqp")),
            host: Some(text("localhost")),
            ..crate::programs::UrlParts::default()
        };
        let target = Expr::Url(Box::new(parts), callee.span);
        let (span, arguments) = (callee.span, Vec::new());
        let sink = Sink { kind: SinkKind::Amqp, target, arguments, callee, span };
        self.notes.sink(sink, std::iter::empty());
    }
}
