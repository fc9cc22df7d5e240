//! Servers without which a program does not start, those that hand out its settings, and such as it does not need at all.

use super::defaults::Around;
use super::describe::{Properties, read};
use super::manifests::Built;
use crate::programs::{Expr, Sink, SinkKind};
use crate::source::{Span, Spanned};

/// The argument of a client without whose server the program does not start.
pub const AT_START: &str = "needed at start";
/// The argument of a client that says that the program goes on where nobody answers.
pub(super) const OPTIONAL: &str = "optional";

/// The argument of a database that the program surely opens.
pub const OPENED: &str = "opened by its starter";

/// Says of the database of settings that the starter of JPA opens it.
pub(super) fn open(sinks: &mut [Sink], built: &Built) {
    let by_starter = built.has("spring-boot-starter-data-jpa");
    let of_settings = |sink: &&mut Sink| sink.callee.value.eq_ignore_ascii_case("spring.datasource.url");
    for sink in sinks.iter_mut().filter(|sink| by_starter && of_settings(sink)) {
        let opened = Spanned::new(OPENED.to_string(), sink.span);
        sink.arguments.push((opened, Expr::Bool(true, sink.span)));
    }
}

/// Says of the addresses of configuration servers whether the program stops where those do not answer.
pub(super) fn note(properties: &Properties, sinks: &mut [Sink]) {
    let says = |name: &str| properties.get(name).is_some_and(|it| it.written.value == "true");
    let fast = says("spring.cloud.config.failfast");
    let again = properties.keys().any(|name| name.starts_with("spring.cloud.config.retry."));
    for sink in sinks {
        let name = sink.callee.value.as_str();
        let at_first =
            name.starts_with("spring.config.import") || fast && name.starts_with("spring.cloud.config.");
        let optional = sink.arguments.iter().any(|(name, _)| name.value == OPTIONAL);
        if at_first && !optional && !again {
            let needed = Spanned::new(AT_START.to_string(), sink.span);
            sink.arguments.push((needed, Expr::Bool(true, sink.span)));
        }
    }
}

/// The configuration server that a program asks which is told to, and not where: Spring Cloud Config's client takes the one of its
/// own machine then.
pub(super) fn server(properties: &Properties, around: &Around<'_>, at: Span) -> Option<Sink> {
    let says = |name: &str| {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        name.starts_with("springcloudconfiguri") || name.starts_with("springcloudconfigdiscovery")
    };
    let told =
        properties.keys().any(|name| says(name)) || around.start.environment.keys().any(|name| says(name));
    let client =
        around.built.has("spring-cloud-starter-config") || around.built.has("spring-cloud-config-client");
    (client && !told).then(|| {
        let default = Expr::LibraryDefault(Spanned::new("http://localhost:8888".to_string(), at));
        let target = Expr::Read(Box::new(read("spring.cloud.config", "uri", default, at)));
        let callee = Spanned::new("spring.config.import".to_string(), at);
        Sink { kind: SinkKind::Http, target, arguments: Vec::new(), callee, span: at }
    })
}

/// Whether the settings of a client are nobody's: a registry's, of a program that is built without its client. Servers of
/// settings hand the same ones out to all, and find them among their own.
pub(super) fn is_idle(sink: &Sink, built: &Built) -> bool {
    let registry = sink.callee.value.to_ascii_lowercase().starts_with("eureka.client");
    let seen = built.has("spring-boot-starter") || built.has("spring-cloud-config-server");
    registry && built.boot.is_some() && !built.has("eureka") && seen
}

/// Whether it is the issuer of tokens that the client asks.
pub(super) fn is_issuer(sink: &Sink) -> bool {
    let name = sink.callee.value.to_ascii_lowercase();
    name.contains("resourceserver") && name.ends_with("issuer-uri")
}
