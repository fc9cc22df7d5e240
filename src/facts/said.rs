//! What a client says, against what a server knows.

use super::{By, Dial, ServiceFacts};
use crate::programs::{Expr, Module, Role, SinkKind, Source, has_extension};
use crate::source::{Certainty, Span, Text};

impl ServiceFacts<'_> {
    /// The variable as who says something; the program, where a library alone would read it, which is set nowhere.
    #[must_use]
    pub fn sayer(&self, variable: &str) -> String {
        let of_library = variable.starts_with("CELERY_")
            && self.environment.get(variable).is_none()
            && self.program.scope.containing(variable).is_empty();
        if of_library { "the program".to_string() } else { format!("`{variable}`") }
    }
}

/// Whether a server of Redis' kind has no password for certain, and the client is one that stops at its answer to one ("AUTH
/// called without any password configured"); those of JavaScript and .NET go on.
pub(super) fn refuses_passwords(server: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    const STOP: [&str; 9] = ["py", "php", "go", "rb", "rs", "ex", "exs", "java", "kt"];
    let By::Sink(module, sink) = dial.by else { return false };
    let stops = module.role == Role::Source && has_extension(&module.path, &STOP);
    let words = || server.program.command.iter().map(Text::assumed);
    let plain = server.service.build.is_none()
        && server.program.files.layers().is_empty()
        && server.service.configs.is_empty()
        && !words().any(|word| [".conf", "pass", "acl", "$", "auth"].iter().any(|part| word.contains(part)));
    let named = |name: &str| ["PASS", "AUTH", "ARGS", "FLAGS"].iter().any(|part| name.contains(part));
    let told = server.environment.iter().any(|(name, _)| named(&name.to_ascii_uppercase()));
    stops && plain && !told && sink.kind == SinkKind::Redis && dial.protocols == ["redis"]
}

/// The whole text, if nothing of it is unknown or blank for want of a variable of the host.
pub(super) fn settled(text: &Text) -> Option<String> {
    let missing = |piece: &crate::source::Piece| {
        piece.text.is_empty() && matches!(piece.certainty, Certainty::Depends(_))
    };
    text.complete().filter(|_| !text.pieces().iter().any(missing))
}

/// Whether a client says this, escaped or not.
pub(super) fn same(said: &Text, value: &str) -> bool {
    let said = said.assumed();
    said == value || decoded(&said) == value
}

/// A text without its percent escapes.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What a URL of RabbitMQ says of the virtual host: Symfony's goes on with the name of an exchange (`/%2f/messages`).
pub(super) fn virtual_host(dial: &Dial<'_>, said: &Text) -> Text {
    match said.assumed().find('/').filter(|_| dial.protocols == ["amqp"]) {
        Some(end) if end > 0 => said.slice(0, end),
        _ => said.clone(),
    }
}

/// Whether a driver of MongoDB is handed host and port one by one, and with them all that it is told: `MongoClient("mongo", 27017)`.
pub(super) fn is_mongo_in_parts(dial: &Dial<'_>) -> bool {
    let By::Sink(module, sink) = dial.by else { return false };
    let told = ["user", "username", "password", "**", "authMechanism"];
    sink.kind == SinkKind::Mongo
        && has_extension(&module.path, &["py"])
        && !sink.arguments.iter().any(|(name, _)| told.contains(&name.value.as_str()))
}

/// Whether the code around the client speaks of a login, which may be said beside the address: `SetAuth(…)`, `auth: { … }`.
pub(super) fn logs_in_beside(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    let scope = &client.program.scope;
    let module = match &dial.by {
        By::Sink(module, _) | By::Read(module, _) => module,
        By::Variable(_) => return false,
    };
    let source = scope.index_of(module).and_then(|index| scope.get(index));
    source.is_none_or(|(_, source)| {
        let call = dial.sink().and_then(|sink| says_login(source, sink.span));
        call.unwrap_or_else(|| source.logs_in())
    })
}

/// Whether a call of JavaScript says a login beside the address; `None` where its options are made elsewhere.
fn says_login(source: &Source, call: Span) -> Option<bool> {
    const WORDS: [&str; 3] = ["user", "pass", "auth"];
    let file = source.file();
    if source.front_end.name() != "javascript" || !file.owns(call) {
        return None;
    }
    let text = file.snippet(call).to_string();
    let options = text.split_once(',').map_or("", |(_, options)| options.trim_start());
    let whole =
        text.ends_with(')') && (options.is_empty() || options.starts_with('{')) && !text.contains("...");
    whole.then(|| WORDS.iter().any(|word| options.to_ascii_lowercase().contains(word)))
}

/// The password of a configuration file that the server's command names, with the file's name.
pub(super) fn password_in_file<'a>(server: &ServiceFacts<'a>) -> Option<(&'a str, &'a Expr)> {
    let settings = server.program.modules.iter().filter(|module| module.role == Role::Settings);
    let words: Vec<String> = server.program.command.iter().map(Text::assumed).collect();
    let mut said = settings.filter_map(|module| {
        let file = module.path.file_name()?.to_str()?;
        let password = module.names.get(Module::PASSWORD)?;
        words.iter().any(|word| word.contains(file)).then_some((file, password))
    });
    said.next()
}
