//! Annotations by which frameworks hand settings over.

use super::reader::Reader;
use super::tree::{Annotation, Argument, Class, Code};
use crate::programs::reading::queues;
use crate::programs::spring;
use crate::programs::{Expr, Sink, SinkKind};
use crate::source::{Span, Spanned};

/// The prefix of the properties that fill a class.
pub(super) fn prefix(annotation: &Annotation) -> Option<String> {
    let known = ["ConfigurationProperties", "ConfigMapping", "ConfigProperties", "EachProperty"];
    if !known.contains(&annotation.name.as_str()) {
        return None;
    }
    match annotation.get(&["value", "prefix"]) {
        Some(Code::Text(prefix)) => Some(prefix.value.clone()),
        _ => None,
    }
}

/// What an annotation fills a field or parameter of this type with, if it does.
pub(super) fn injected(annotation: &Annotation, kind: Option<&str>) -> Option<Expr> {
    match annotation.name.as_str() {
        "Value" => {
            let text = text(annotation.get(&["value"])?)?;
            Some(spring::placeholders(&text))
        }
        "ConfigProperty" | "Property" => {
            let name = text(annotation.get(&["name"])?)?;
            let default = match annotation.get(&["defaultValue"]) {
                Some(code) => text(code).map(|text| spring::placeholders(&text)),
                None if kind == Some("Optional") => Some(Expr::Null(name.span)),
                None => None,
            };
            Some(spring::property(&name, default, annotation.span))
        }
        _ => None,
    }
}

impl Reader {
    /// Notes the queues that annotations of a method say it takes from.
    pub fn listeners(&mut self, annotations: &[Annotation]) {
        for annotation in annotations {
            self.queue(&format!("@{}", annotation.name), &annotation.arguments, annotation.span);
        }
    }

    /// Notes the queue that a call, or an annotation, names.
    pub fn queue(&mut self, call: &str, arguments: &[Argument], whole: Span) {
        if !self.notes.recording || !queues::is_known(self.language, call) {
            return;
        }
        let given: Vec<Option<&str>> = arguments.iter().map(|argument| argument.name.as_deref()).collect();
        let found = queues::named((self.language, call), &given, whole, |at| {
            let code = &arguments.get(at)?.value;
            let value = if call.starts_with('@') { self.said(code) } else { self.expr(code) };
            Some((value, code.span()))
        });
        self.notes.queues(found);
    }

    /// What an annotation says, whose texts have placeholders.
    fn said(&mut self, code: &Code) -> Expr {
        match code {
            Code::List(all) => Expr::List(all.iter().map(|one| self.said(one)).collect()),
            _ => match text(code) {
                Some(text) => spring::placeholders(&text),
                None => self.expr(code),
            },
        }
    }
}

/// The text of a string, at the place where it stands as it is.
fn text(code: &Code) -> Option<Spanned<String>> {
    let Code::Text(text) = code else { return None };
    let mut text = text.clone();
    // Kotlin writes `"\${name}"`.
    if text.value.starts_with('$') && text.span.len() as usize == text.value.len() + 1 {
        text.span = text.span.slice(1, text.span.len() as usize);
    }
    Some(text)
}

/// The name of a property as it is documented for a field: `searchUrl` is `search-url`.
pub(super) fn dashed(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

impl Reader {
    /// The clients that annotations of a class make.
    pub fn class_clients(&mut self, class: &Class) {
        for annotation in &class.annotations {
            let code = match annotation.name.as_str() {
                "FeignClient" => annotation.get(&["url"]),
                "RegisterRestClient" => annotation.get(&["baseUri"]),
                "HttpExchange" => annotation.get(&["url"]),
                // Micronaut's `@Client("http://…")`; a plain word is the name of a service.
                "Client" => annotation.get(&["value"]),
                _ => None,
            };
            let url = code.and_then(text).filter(|url| !url.value.is_empty());
            if url.is_none() && annotation.name == "FeignClient" {
                self.looked_up(annotation);
            }
            let Some(url) = url else { continue };
            let target = spring::placeholders(&url);
            self.note_properties(&target);
            // Feign puts the scheme before an address that has none.
            let bare = annotation.name == "FeignClient" && is_address(&url.value);
            if !url.value.contains("://") && !url.value.contains("${") && !bare {
                continue;
            }
            let target = match bare {
                true => {
                    Expr::Concat(vec![Expr::Text(Spanned::new("http://".to_string(), Span::NONE)), target])
                }
                false => target,
            };
            let callee = Spanned::new(format!("@{}", annotation.name), annotation.span);
            let (span, arguments): (Span, _) = (annotation.span, Vec::new());
            let sink = Sink { kind: SinkKind::Http, target, arguments, callee, span };
            self.notes.sink(sink, self.names.path());
        }
    }

    /// A client without an address, which looks its server up by name.
    fn looked_up(&mut self, annotation: &Annotation) {
        let name = ["name", "value"].iter().find_map(|key| annotation.get(&[*key]).and_then(text));
        let Some(name) = name.filter(|name| !name.value.contains("://")) else { return };
        let scheme = Expr::Text(Spanned::new("lb://".to_string(), Span::NONE));
        let target = Expr::Concat(vec![scheme, spring::placeholders(&name)]);
        let callee = Spanned::new(format!("@{}", annotation.name), annotation.span);
        let sink =
            Sink { kind: SinkKind::Http, target, arguments: Vec::new(), callee, span: annotation.span };
        self.notes.sink(sink, self.names.path());
    }
}

/// `users:8081`, `users:8081/api`
fn is_address(text: &str) -> bool {
    let address = text.split('/').next().unwrap_or(text);
    let Some((host, port)) = address.split_once(':') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !host.is_empty()
        && host.chars().all(plain)
        && !port.is_empty()
        && port.chars().all(|c| c.is_ascii_digit())
}
