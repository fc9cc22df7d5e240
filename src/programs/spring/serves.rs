//! The servers that frameworks start by themselves: their settings say where those listen, else they have an address
//! of their own.

use super::describe::{Properties, read};
use super::manifests::Built;
use super::profiles::Framework;
use crate::programs::reading::clients::{Client, Clients};
use crate::programs::{Expr, Module, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// A server that a framework starts: its settings for host and port, the port when nothing is said, and the libraries
/// that bring it. `*` at the end of a library stands for any rest.
struct Server {
    of: Framework,
    host: &'static str,
    setting: &'static str,
    port: &'static str,
    libraries: &'static [&'static str],
}

/// From the references of Spring Boot, Quarkus, Micronaut, Ktor and of the gRPC starters.
const SERVERS: [Server; 8] = [
    Server {
        of: Framework::Spring,
        host: "server.address",
        setting: "server.port",
        port: "8080",
        libraries: &[
            "spring-boot-starter-web*",
            "spring-boot-starter-jersey",
            "spring-boot-starter-data-rest",
            "spring-boot-starter-thymeleaf",
            "spring-cloud-starter-gateway*",
            "spring-cloud-starter-netflix-eureka-server",
            "spring-cloud-config-server",
            "spring-boot-admin-starter-server",
        ],
    },
    Server {
        of: Framework::Quarkus,
        host: "quarkus.http.host",
        setting: "quarkus.http.port",
        port: "8080",
        libraries: &[
            "quarkus-rest*",
            "quarkus-resteasy*",
            "quarkus-vertx-http",
            "quarkus-undertow",
            "quarkus-reactive-routes",
        ],
    },
    // Its file is read as the others' are; its names are nobody else's.
    Server {
        of: Framework::Spring,
        host: "ktor.deployment.host",
        setting: "ktor.deployment.port",
        port: "80",
        libraries: &[],
    },
    Server {
        of: Framework::Micronaut,
        host: "micronaut.server.host",
        setting: "micronaut.server.port",
        port: "8080",
        libraries: &["micronaut-http-server*"],
    },
    Server {
        of: Framework::Spring,
        host: "grpc.server.address",
        setting: "grpc.server.port",
        port: "9090",
        libraries: &["grpc-server-spring-boot-starter", "grpc-spring-boot-starter"],
    },
    Server {
        of: Framework::Spring,
        host: "spring.grpc.server.address",
        setting: "spring.grpc.server.port",
        port: "9090",
        libraries: &["spring-grpc-spring-boot-starter", "spring-grpc-server-spring-boot-starter"],
    },
    Server {
        of: Framework::Quarkus,
        host: "quarkus.grpc.server.host",
        setting: "quarkus.grpc.server.port",
        port: "9000",
        libraries: &["quarkus-grpc"],
    },
    Server {
        of: Framework::Micronaut,
        host: "grpc.server.host",
        setting: "grpc.server.port",
        port: "50051",
        libraries: &["micronaut-grpc-server-runtime"],
    },
];

/// Libraries that open ports of their own, which are not asked for.
const OTHERS: [&str; 6] = ["socketio", "rsocket", "dubbo", "xxl-job", "akka", "thrift"];

/// Notes where the program listens; at an unknown place where something may replace the settings.
pub(super) fn note(
    module: &mut Module,
    framework: Framework,
    properties: &Properties,
    built: &Built,
    open: bool,
) {
    let off = properties
        .get("spring.main.webapplicationtype")
        .is_some_and(|property| property.written.value.eq_ignore_ascii_case("none"));
    let before = module.sinks.len();
    for server in SERVERS.iter().filter(|server| server.of == framework && !off) {
        let library = built.libraries.iter().find(|library| brings(server, &library.value));
        let port = properties.get(&super::keys::canonical(server.setting));
        // Who says the host has the server, too.
        let host = properties.get(&super::keys::canonical(server.host));
        let place = match (port.or(host), library) {
            (Some(said), _) => said.key.span,
            (None, Some(library)) => library.span,
            (None, None) => continue,
        };
        let said = |name: &str, default: &str| match properties.get(&super::keys::canonical(name)) {
            Some(property) => property.value.clone(),
            None => {
                let default = Expr::LibraryDefault(Spanned::new(default.to_string(), place));
                let (group, last) = name.rsplit_once('.').unwrap_or(("", name));
                Expr::Read(Box::new(read(group, last, default, place)))
            }
        };
        let scheme = Some(Expr::LibraryDefault(Spanned::new("tcp".to_string(), place)));
        let (host, port) = (said(server.host, "0.0.0.0"), said(server.setting, server.port));
        let parts = UrlParts { scheme, host: Some(host), port: Some(port), ..UrlParts::default() };
        let target = if open { Expr::Opaque(place) } else { Expr::Url(Box::new(parts), place) };
        let callee = Spanned::new(server.setting.to_string(), place);
        module.sinks.push(Sink {
            kind: SinkKind::Listen,
            target,
            arguments: Vec::new(),
            callee,
            span: place,
        });
    }
    if module.sinks.len() == before {
        return;
    }
    // Whatever else has a port and no host is opened, too: `management.server.port`.
    let own = |name: &str| SERVERS.iter().any(|server| super::keys::canonical(server.setting) == name);
    for (name, property) in properties.iter().filter(|(name, _)| name.ends_with("port") && !own(name)) {
        let group = name.rsplit_once('.').map_or("", |(group, _)| group);
        let beside = |last: &str| properties.contains_key(&format!("{group}.{last}"));
        let number = property.written.value.trim().parse::<u16>().is_ok();
        // The port of a server elsewhere, whose host a variable may say: `spring.rabbitmq.port`.
        let client = |client: &Client| client.names.iter().any(|name| super::keys::canonical(name) == group);
        if Clients::of("spring").iter().any(client) {
            continue;
        }
        if number && !["host", "hostname", "address", "url"].iter().any(|last| beside(last)) {
            module.serves.push(property.value.clone());
        }
    }
    if OTHERS.iter().any(|other| built.has(other)) {
        module.serves.push(Expr::Opaque(Span::NONE));
    }
}

/// Whether the setting is the port of a server that a framework starts, which must be a number by then.
pub(super) fn is_port(name: &str) -> bool {
    SERVERS.iter().any(|server| super::keys::canonical(server.setting) == name)
}

fn brings(server: &Server, library: &str) -> bool {
    server.libraries.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => library.starts_with(start),
        None => library == *known,
    })
}
