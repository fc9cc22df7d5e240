//! `appsettings*.json` and `ocelot*.json`: the values that a program's configuration starts from.

use std::path::{Path, PathBuf};

use super::configuration::Configuration;
use crate::programs::reading::json::{self, Json};
use crate::programs::{
    Blank, Expr, FrontEnd, LookupExpr, Module, Read, ReadExpr, Scope, Settings, Sink, SinkKind, UrlParts,
    has_extension,
};
use crate::source::{SourceFile, Span, Spanned};

/// The JSON files that .NET programs load at their start.
pub struct AppSettings;

/// The files of the front end, in lower case and without extensions.
const NAMES: [&str; 2] = ["appsettings", "ocelot"];

/// Sections that say nothing of what the program dials.
const ASIDE: [&str; 6] = ["logging", "allowedhosts", "kestrel", "urls", "$schema", "globalconfiguration"];

/// Sections that a library reads, and the name by which the program is seen to use it.
const OF_LIBRARIES: [(&str, &str); 1] = [("serilog", "Serilog")];

/// Arguments of Serilog's writers that are addresses of servers.
const LOG_SERVERS: [&str; 4] = ["serverUrl", "nodeUris", "uri", "requestUri"];

impl FrontEnd for AppSettings {
    fn name(&self) -> &'static str {
        "appsettings"
    }

    fn claims(&self, path: &Path) -> bool {
        let stem = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
        has_extension(path, &["json"])
            && stem.is_some_and(|stem| NAMES.iter().any(|name| stem.eq_ignore_ascii_case(name)))
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        text.contains('"')
    }

    fn imports(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _: &Scope, _: &Path, _: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn settings(&self) -> Option<&dyn Settings> {
        Some(&Configuration)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut module = Module { path: file.path.clone(), ..Module::default() };
        if let Some(json) = json::read(file) {
            value(&json, &mut Vec::new(), &mut module);
            servers(&json, &mut module);
            listens(&json, &mut module);
        }
        module
    }
}

/// Notes every value below this one under its key.
fn value(json: &Json, path: &mut Vec<String>, module: &mut Module) {
    let plain = match json {
        Json::Record(fields, _) => {
            for (name, inner) in fields {
                let known =
                    path.is_empty() && ASIDE.iter().any(|aside| name.value.eq_ignore_ascii_case(aside));
                // A text tells the server where to listen; a section of that name is the program's own.
                let own = name.value.eq_ignore_ascii_case("urls") && matches!(inner, Json::Record(..));
                if !known || own {
                    path.push(name.value.clone());
                    value(inner, path, module);
                    path.pop();
                }
            }
            return;
        }
        Json::List(items, _) => {
            for (at, inner) in items.iter().enumerate() {
                path.push(at.to_string());
                value(inner, path, module);
                path.pop();
            }
            return;
        }
        Json::Text(text) => Expr::Text(text.clone()),
        Json::Number(number) => Expr::Number(number.clone()),
        Json::Bool(value, span) => Expr::Bool(*value, *span),
        Json::Null(span) => Expr::Null(*span),
    };
    let key = path.join(":");
    let span = match json {
        Json::Text(text) if !text.value.trim().is_empty() => text.span,
        Json::Number(number) if key.to_ascii_lowercase().ends_with("port") => number.span,
        _ => Span::NONE,
    };
    if !span.is_none() {
        module.reads.push(Read {
            name: Spanned::new(key.replace(':', "__"), span),
            expression: setting(&key, span),
            required: false,
            held: held(path),
            span,
        });
    }
    module.names.insert(key.to_lowercase(), plain);
}

/// What the program is asked for under this key when it runs.
fn setting(key: &str, span: Span) -> Expr {
    let key = Expr::Text(Spanned::new(key.to_string(), span));
    Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span }))
}

/// The name that the program mentions when it uses the value: that of the property it is bound to, or the last
/// part of the key it asks for.
fn held(path: &[String]) -> Option<String> {
    let section = path.first()?.to_ascii_lowercase();
    if let Some((_, library)) = OF_LIBRARIES.iter().find(|(name, _)| *name == section) {
        return Some((*library).to_string());
    }
    // What looks up connection strings by their names looks in `ConnectionStrings`.
    if section == "connectionstring" && path.len() == 2 {
        return path.first().map(|section| super::mentioned(section));
    }
    let name = path.iter().rev().find(|name| name.parse::<usize>().is_err())?;
    let word = name.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    Some(super::mentioned(word))
}

/// The servers that YARP and Ocelot pass requests on to, and those that Serilog writes to.
fn servers(json: &Json, module: &mut Module) {
    for (cluster, settings) in fields(json.get("ReverseProxy").and_then(|proxy| proxy.get("Clusters"))) {
        for (name, destination) in fields(settings.get("Destinations")) {
            let Some(address) = destination.get("Address").and_then(Json::text) else { continue };
            let key = format!("ReverseProxy:Clusters:{}:Destinations:{}:Address", cluster.value, name.value);
            let callee = Spanned::new("Address".to_string(), address.span);
            module.sinks.push(upstream(setting(&key, address.span), callee));
        }
    }
    for (at, writer) in items(json.get("Serilog").and_then(|serilog| serilog.get("WriteTo"))) {
        for name in LOG_SERVERS {
            let mut given = fields(writer.get("Args")).iter();
            let Some((_, address)) = given.find(|(given, _)| given.value.eq_ignore_ascii_case(name)) else {
                continue;
            };
            let Some(address) = address.text() else { continue };
            let key = format!("Serilog:WriteTo:{at}:Args:{name}");
            let callee = Spanned::new(name.to_string(), address.span);
            let sink = upstream(setting(&key, address.span), callee);
            module.sinks.push(Sink { kind: SinkKind::Http, ..sink });
        }
    }
    for name in ["Routes", "ReRoutes"] {
        for (at, route) in items(json.get(name)) {
            let scheme = route.get("DownstreamScheme").and_then(Json::text).cloned();
            for (nth, pair) in items(route.get("DownstreamHostAndPorts")) {
                let Some(host) = pair.get("Host").and_then(Json::text) else { continue };
                let key = |last: &str| format!("{name}:{at}:DownstreamHostAndPorts:{nth}:{last}");
                let parts = UrlParts {
                    scheme: Some(scheme.clone().map_or_else(
                        || Expr::LibraryDefault(Spanned::new("http".to_string(), host.span)),
                        Expr::Text,
                    )),
                    host: Some(setting(&key("Host"), host.span)),
                    port: pair.get("Port").map(|_| setting(&key("Port"), host.span)),
                    ..UrlParts::default()
                };
                let callee = Spanned::new("DownstreamHostAndPorts".to_string(), host.span);
                module.sinks.push(upstream(Expr::Url(Box::new(parts), host.span), callee));
            }
        }
    }
}

/// Where the settings tell Kestrel to listen.
fn listens(json: &Json, module: &mut Module) {
    let endpoints = fields(json.get("Kestrel").and_then(|kestrel| kestrel.get("Endpoints")));
    let urls = endpoints.iter().filter_map(|(name, endpoint)| {
        let url = endpoint.get("Url").and_then(Json::text)?;
        Some((format!("Kestrel:Endpoints:{}:Url", name.value), url.clone()))
    });
    let alone = json.get("Urls").and_then(Json::text).map(|urls| ("Urls".to_string(), urls.clone()));
    for (key, written) in urls.chain(alone) {
        // Both are left out of the names, so what a variable says in their place is asked for here.
        let read = ReadExpr {
            name: Expr::Text(Spanned::new(key.replace(':', "__"), written.span)),
            aliases: Vec::new(),
            ignore_case: true,
            default: Some(Expr::Text(written.clone())),
            blank: Blank::Kept,
            required: false,
            span: written.span,
        };
        let target = Expr::Setting(Box::new(read));
        let (callee, arguments) = (Spanned::new(key, written.span), Vec::new());
        let span = written.span;
        module.sinks.push(Sink { kind: SinkKind::Listen, target, arguments, callee, span });
    }
}

fn upstream(target: Expr, callee: Spanned<String>) -> Sink {
    let span = callee.span;
    Sink { kind: SinkKind::Upstream, target, arguments: Vec::new(), callee, span }
}

fn fields(json: Option<&Json>) -> &[(Spanned<String>, Json)] {
    match json {
        Some(Json::Record(fields, _)) => fields,
        _ => &[],
    }
}

fn items(json: Option<&Json>) -> impl Iterator<Item = (usize, &Json)> {
    let items: &[Json] = match json {
        Some(Json::List(items, _)) => items,
        _ => &[],
    };
    items.iter().enumerate()
}
