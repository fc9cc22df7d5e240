//! How a program sends its telemetry: OTLP goes over gRPC or over HTTP, each to a port of its own.

use super::{Asked, By, Dial, ServiceFacts};
use crate::programs::load::setting_name;
use crate::programs::{Expr, Module, Role};

/// The port that takes OTLP over gRPC.
pub const GRPC: u16 = 4317;
/// The port that takes OTLP over HTTP.
pub const HTTP: u16 = 4318;

/// Names of libraries that send it over HTTP.
const OVER_HTTP: [&str; 8] = [
    "otlptracehttp",
    "otlpmetrichttp",
    "exporter-trace-otlp-http",
    "exporter-trace-otlp-proto",
    "exporter-metrics-otlp-http",
    "exporter-metrics-otlp-proto",
    "exporter.otlp.proto.http",
    "OtlpExportProtocol.HttpProtobuf",
];
/// Names of libraries that send it over gRPC.
const OVER_GRPC: [&str; 6] = [
    "otlptracegrpc",
    "otlpmetricgrpc",
    "exporter-trace-otlp-grpc",
    "exporter-metrics-otlp-grpc",
    "exporter.otlp.proto.grpc",
    "OtlpExportProtocol.Grpc",
];
/// Settings of Spring Boot's that say where it sends it, always over HTTP as long as nothing else is said.
const OF_SPRING: [&str; 2] = ["management.otlp.tracing", "management.otlp.metrics.export"];

impl ServiceFacts<'_> {
    /// The port that takes what this service sends in a dial, where it is known how it sends its telemetry.
    #[must_use]
    pub fn port_for_telemetry(&self, dial: &Dial<'_>) -> Option<u16> {
        let callee = dial.sink().map(|sink| sink.callee.value.as_str()).unwrap_or_default();
        if OF_SPRING.iter().any(|start| callee.starts_with(start)) {
            let other =
                self.environment.iter().any(|(name, _)| name.contains("OTLP") && name.ends_with("TRANSPORT"));
            let told = || !self.program.scope.containing("transport: grpc").is_empty();
            return (!other && !told()).then_some(HTTP);
        }
        // Exporters of the collector: `otlp/tempo`, `otlphttp`.
        let exporter = callee.strip_prefix("exporters.").and_then(|rest| rest.strip_suffix(".endpoint"));
        match exporter.and_then(|name| name.split('/').next()) {
            Some("otlp" | "otlp_grpc") => return Some(GRPC),
            Some("otlphttp" | "otlp_http") => return Some(HTTP),
            _ => {}
        }
        let name = dial.variable().unwrap_or_default();
        let uses = |names: &[&str]| names.iter().any(|name| !self.program.scope.containing(name).is_empty());
        let by_library = || match (uses(&OVER_GRPC), uses(&OVER_HTTP)) {
            (true, false) => Some(GRPC),
            (false, true) => Some(HTTP),
            _ => None,
        };
        if !name.starts_with("OTEL_EXPORTER_OTLP") {
            return (dial.asks_for() == Some(Asked::Telemetry)).then(by_library)?;
        }
        let own = name.replace("_ENDPOINT", "_PROTOCOL");
        let told = [own.as_str(), "OTEL_EXPORTER_OTLP_PROTOCOL"];
        if let Some(told) = told.iter().find_map(|name| self.environment.value(name)) {
            return match told.complete()?.trim() {
                "grpc" => Some(GRPC),
                "http/protobuf" | "http/json" => Some(HTTP),
                _ => None,
            };
        }
        by_library()
    }

    /// Whether it takes OTLP on both ports as everybody does, and not the other way round.
    #[must_use]
    pub fn takes_telemetry(&self) -> bool {
        let both = [GRPC, HTTP].iter().all(|port| self.image.is_some() && self.listens_on(*port));
        let usual = |protocol: &str, port: u16| {
            let key = setting_name(&format!("receivers.otlp.protocols.{protocol}.endpoint"));
            self.program.modules.iter().all(|module| match module.names.get(&key).map(Expr::peel) {
                Some(Expr::Text(text)) => text.value.ends_with(&format!(":{port}")),
                _ => true,
            })
        };
        both && usual("grpc", GRPC) && usual("http", HTTP)
    }
}

/// Where an exporter of the collector for OTLP over gRPC is told an address without a scheme and nothing of TLS, which it then speaks
/// (its documentation, `tls.insecure`), to a server that has no certificate.
#[must_use]
pub fn demands_tls(dial: &Dial<'_>, server: &ServiceFacts<'_>) -> bool {
    let By::Sink(module, sink) = dial.by else { return false };
    let named = || sink.callee.value.strip_prefix("exporters.")?.strip_suffix(".endpoint");
    let Some(exporter) = named().filter(|name| matches!(name.split('/').next(), Some("otlp" | "otlp_grpc")))
    else {
        return false;
    };
    let of_exporter = |key: &str| module.names.keys().any(|name| name.starts_with(&setting_name(key)));
    let scheme = dial.endpoint.scheme_name();
    let told = ["tls", "insecure"].iter().any(|key| of_exporter(&format!("exporters.{exporter}.{key}")))
        || module.names.get(Module::ITSELF).is_none()
        || scheme.is_some_and(|scheme| scheme != "https");
    !told && has_no_certificate(server) && dial.port() == Some(GRPC)
}

/// Whether nothing of a server that takes OTLP speaks of certificates.
fn has_no_certificate(server: &ServiceFacts<'_>) -> bool {
    const SIGNS: [&str; 4] = ["tls", "cert", "ssl", ".pem"];
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        SIGNS.iter().any(|sign| text.contains(sign))
    };
    let program = server.program;
    let settings = program.modules.iter().filter(|module| module.role == Role::Settings);
    // What it sends itself is another matter.
    let mut keys = settings.flat_map(|module| module.names.keys()).filter(|key| !key.contains("exporters."));
    server.image.is_some()
        && server.service.build.is_none()
        && server.environment.unseen().is_none()
        && server.listens_on(GRPC)
        && !server.environment.iter().any(|(name, _)| speaks(name))
        && !program.command.iter().any(|word| speaks(&word.assumed()))
        && !keys.any(|key| speaks(key))
}
