//! Configuration files of any program: settings that look like addresses of servers.
//!
//! Nothing is known of the program that reads them, so only what cannot well be anything else is taken: a URL, a
//! host with its port, or a host in a section that names what is dialled; never what is bound, and
//! never a web address of the container itself, which may be meant for browsers.

mod around;
mod entries;
mod fluent;
mod hcl;
mod hjson;
pub mod logstash;
pub mod mosquitto;
pub mod redis;
mod settings;
mod words;

use std::path::{Path, PathBuf};

use around::Around;
pub use entries::{Entry, entries};

use super::reading::Notes;
use super::{Bind, Expr, FrontEnd, Module, Role, Scope, Sink, SinkKind, UrlParts, has_extension, hosts};
use crate::source::{SourceFile, Spanned};

/// Servers of one file beyond this number are left out.
const MAX_SINKS: usize = 1_000;
/// How many settings away from a host its port may stand.
const NEAR: usize = 30;

/// Configuration files of any program.
pub struct ConfigFiles;

impl FrontEnd for ConfigFiles {
    fn name(&self) -> &'static str {
        "config"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(
            path,
            &[
                "toml",
                "yaml",
                "yml",
                "json",
                "ini",
                "cfg",
                "conf",
                "cnf",
                "properties",
                "hjson",
                "json5",
                "alloy",
                "river",
                "hcl",
            ],
        ) && !words::is_manifest(path)
    }

    fn is_source(&self) -> bool {
        false
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        text.contains([':', '='])
            || text.contains("localhost")
            || text.contains("bind")
            || mosquitto::concerns(text)
            || text.contains("requirepass")
            || text.contains("sentinel ")
            || text.contains("replicaof ")
            || text.to_ascii_lowercase().contains("host")
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let entries = entries(file);
        let mut notes = Notes::new(&file.path);
        if mosquitto::is_its_own(file) {
            mosquitto::read(file, &mut notes.module);
            return Module { role: Role::Settings, ..notes.finish() };
        }
        if redis::is_its_own(&file.path) {
            redis::read(file, &mut notes.module);
            redis::followed(file, &mut notes);
            return Module { role: Role::Settings, ..notes.finish() };
        }
        collect(file, &entries, &mut notes);
        let mut names = settings::settings(file);
        let pipeline = [".conf", ".config", ".cfg", ".logstash", ".pipeline"];
        if pipeline.iter().any(|end| file.path.to_string_lossy().ends_with(end)) {
            names.extend(logstash::inputs(file).map(|ports| (logstash::INPUTS.to_string(), ports)));
        }
        Module { role: Role::Settings, names, ..notes.finish() }
    }
}

/// What a file that holds connectors of Kafka Connect says, JSON or a script with such texts in it.
pub(super) fn connectors(file: &SourceFile) -> Module {
    let mut notes = Notes::new(&file.path);
    collect(file, &entries::pairs(file), &mut notes);
    Module { role: Role::Settings, ..notes.finish() }
}

/// Notes what settings dial, and where they listen.
fn collect(file: &SourceFile, entries: &[Entry], notes: &mut Notes) {
    let kibana = entries.iter().any(|entry| entry.path.join(".") == "elasticsearch.hosts");
    for (at, entry) in entries.iter().enumerate() {
        if notes.module.sinks.len() >= MAX_SINKS {
            break;
        }
        let around = entries.get(at.saturating_sub(NEAR)..).unwrap_or_default();
        let around = around.get(..2 * NEAR).unwrap_or(around);
        notes
            .module
            .listens
            .extend(listened(entry).filter(|_| !Around { entry, all: around }.is_of_another()));
        // What PHP's images read last says otherwise.
        let php = file.path.to_string_lossy().contains("fpm") || file.path.ends_with("www.conf");
        notes.module.binds.extend(bound(entry, kibana).filter(|_| !php));
        // The pages of Envoy itself.
        let port = of_envoy(entry, around, "admin").and_then(|port| port.value.value.parse().ok());
        let admin = port.map(|port| Bind { host: entry.value.clone(), port: Some(port) });
        notes.module.binds.extend(admin);
        if let Some((kind, target)) = dialled(entry, around).or_else(|| guessed(entry, around)) {
            let callee = Spanned::new(entry.path.join("."), entry.value.span);
            let arguments = Around { entry, all: around }.given();
            let sink = Sink { kind, target, arguments, span: callee.span, callee };
            notes.sink(sink, std::iter::empty());
        }
    }
}

/// What a setting dials, if it does.
fn dialled(entry: &Entry, all: &[Entry]) -> Option<(SinkKind, Expr)> {
    let path = words::Path::of(&entry.path);
    let value = entry.value.value.trim();
    // Telegraf puts variables in, and keeps what is not set as it stands.
    if value.contains("${") && path.is_of_plugins() && path.is_address() && !path.is_bound() {
        let target = settings::expanded(Expr::Text(entry.value.clone()));
        return (!is_off(entry, all)).then(|| (path.kind().unwrap_or(SinkKind::Http), target));
    }
    if path.is_aside()
        || value.is_empty()
        || value.len() > 2_000
        || value.contains(['$', '{', '<', '%', '\n'])
    {
        return None;
    }
    if is_off(entry, all) {
        return None;
    }
    let whole = || Expr::Text(entry.value.clone());
    let near = Around { entry, all };
    if is_of_other_version(near) {
        return None;
    }
    // `root:secret@tcp(mysql:3306)/shop`
    if value.contains("@tcp(") {
        return (!path.is_listening()).then(|| (SinkKind::MySql, whole()));
    }
    if is_relabelled(entry, all) {
        return is_host_and_port(value).then(|| (SinkKind::Http, whole()));
    }
    if let Some(port) = of_envoy(entry, all, "endpoint") {
        let port = Some(Expr::Text(port.value.clone()));
        let parts = UrlParts { host: Some(whole()), port, ..UrlParts::default() };
        return is_host(value).then(|| (SinkKind::Upstream, Expr::Url(Box::new(parts), entry.value.span)));
    }
    if let Some(target) = of_names(near) {
        return is_host(value).then_some((SinkKind::Http, target));
    }
    if let Some((scheme, rest)) = value.split_once("://") {
        let web = matches!(scheme, "http" | "https" | "ws" | "wss");
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let host = host.split(['/', ':', '?']).next().unwrap_or("");
        // A node of Node-RED.
        let asks = || near.said().is_some_and(|said| said == "http request" || said.starts_with("influxdb"));
        let own = || path.is_of_servers() || asks();
        let may = if web { path.is_address() && (!hosts::reaches_itself(host) || own()) } else { true };
        // A transport says nothing of what is spoken; the names around may.
        let transport = matches!(scheme, "tcp" | "tls" | "ssl");
        let kind = path.kind().filter(|_| transport).unwrap_or_else(|| words::of_scheme(scheme));
        return (may && !path.is_bound()).then(|| (kind, whole()));
    }
    let lower = value.to_ascii_lowercase();
    if ["host=", "server=", "data source="].iter().any(|word| lower.contains(word)) {
        let kind = path.kind().unwrap_or(SinkKind::Sql);
        return (path.is_of_servers() || path.kind().is_some()).then(|| (kind, whole()));
    }
    if path.is_bound() || path.is_own() {
        return None;
    }
    if is_host_and_port(value) {
        let kind = || path.kind().or_else(|| near.kind()).unwrap_or(SinkKind::Tcp);
        return path.is_address().then(|| (kind(), whole()));
    }
    // A bare host counts only where a section or key names what is dialled: pgAdmin's servers have a database for that.
    let home = near.value(&["maintenance_db"]);
    let said = || near.kind().filter(|_| near.beside(&["port"]).is_some());
    let kind = path.kind().or_else(|| home.as_ref().map(|_| SinkKind::Postgres)).or_else(said);
    let broker = || path.is_broker() && near.beside(&["port"]).is_some();
    let kind = kind.filter(|_| (path.is_host() || broker()) && is_host(value))?;
    Some((kind, parts(near, home)))
}

/// Whether a node of Node-RED has the address for another version of InfluxDB than it says.
fn is_of_other_version(near: Around<'_>) -> bool {
    let version = near.beside(&["influxdb_version"]).map(|entry| entry.value.value.as_str());
    let url = near.entry.path.last().is_some_and(|key| key == "url");
    version.is_some_and(|version| version.starts_with('1') == url)
}

/// An address in parts, of which the host is at hand.
fn parts(near: Around<'_>, home: Option<Expr>) -> Expr {
    let host = &near.entry.value;
    let database = || near.value(&["database", "dbname", "name", "db", "db_name"]);
    let parts = UrlParts {
        host: Some(Expr::Text(host.clone())),
        port: near.value(&["port"]),
        user: near.value(&["user", "username"]),
        password: near.value(&["password", "pass", "passwd"]),
        database: home.or_else(database),
        ..UrlParts::default()
    };
    Expr::Url(Box::new(parts), host.span)
}

/// An address with its port under a key that does not say that it is dialled: it counts only where it cannot well be right.
fn guessed(entry: &Entry, all: &[Entry]) -> Option<(SinkKind, Expr)> {
    let path = words::Path::of(&entry.path);
    let value = entry.value.value.trim();
    let plain = |c: char| c.is_ascii_graphic() && !"${}<>%*,;\"'()[]|".contains(c);
    if value.len() > 500
        || !value.chars().all(plain)
        || path.is_aside()
        || is_off(entry, all)
        || path.is_listening()
    {
        return None;
    }
    let near = Around { entry, all };
    if is_of_other_version(near) {
        return None;
    }
    // `host` and `port` beside each other, of something that has no name.
    let port = near.beside(&["port"]).filter(|_| path.is_host() || path.is_broker());
    let host = is_host(value) && !(hosts::reaches_itself(value) && (path.is_bound() || path.is_own()));
    if port.is_some_and(|port| port.value.value.trim().parse::<u16>().is_ok()) && host {
        return Some((SinkKind::Call, parts(near, None)));
    }
    let address = match value.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            let host = host.split(['/', '?', '#']).next().unwrap_or("");
            // A page of the container itself may be meant for browsers.
            let page = matches!(scheme, "http" | "https" | "ws" | "wss")
                && hosts::reaches_itself(hosts::of_address(host));
            (!page).then_some(host)?
        }
        None => value,
    };
    let loopback = hosts::reaches_itself(hosts::of_address(address));
    let may = is_host_and_port(address) && !(loopback && (path.is_bound() || path.is_own()));
    may.then(|| (SinkKind::Call, Expr::Text(entry.value.clone())))
}

/// The port beside the address of one of Envoy's sockets, where the setting is that address below this section:
/// `endpoint: {address: {socket_address: {address: api, port_value: 8080}}}`.
fn of_envoy<'e>(entry: &Entry, all: &'e [Entry], section: &str) -> Option<&'e Entry> {
    let (key, around) = entry.path.split_last()?;
    let socket = around.last().is_some_and(|name| name == "socket_address") && key == "address";
    if !socket || !around.iter().any(|name| name == section) {
        return None;
    }
    all.iter().skip_while(|other| other.value.span != entry.value.span).find(|other| {
        other.path.split_last().is_some_and(|(key, path)| key == "port_value" && path == around)
    })
}

/// The host and the port beside it, where the setting is a name that Prometheus looks up:
/// `dns_sd_configs: [{names: [api], type: A, port: 8000}]`. What a stack of Swarm calls `tasks.api` is none of Compose's.
fn of_names(near: Around<'_>) -> Option<Expr> {
    let [.., section, key] = near.entry.path.as_slice() else { return None };
    let name = &near.entry.value;
    if section != "dns_sd_configs" || key != "names" || name.value.starts_with("tasks.") {
        return None;
    }
    let kind = near.beside(&["type"])?;
    if !matches!(kind.value.value.as_str(), "A" | "AAAA") {
        return None;
    }
    let parts =
        UrlParts { host: Some(Expr::Text(name.clone())), port: near.value(&["port"]), ..UrlParts::default() };
    parts.port.is_some().then(|| Expr::Url(Box::new(parts), name.span))
}

/// Whether the setting is what Prometheus asks in place of each target: `replacement` beside `target_label: __address__`,
/// as for the blackbox exporter.
fn is_relabelled(entry: &Entry, all: &[Entry]) -> bool {
    let Some((key, around)) = entry.path.split_last() else { return false };
    let Some(at) = all.iter().position(|other| other.value.span == entry.value.span) else { return false };
    if key != "replacement" {
        return false;
    }
    // The settings of one item of a list stand together, each key once.
    let label = |other: &Entry| {
        let of_item = other.path.split_last().filter(|(_, path)| *path == around);
        of_item.map(|(key, _)| (key.clone(), other.value.value == "__address__"))
    };
    let before = all.get(at.saturating_sub(4)..at).unwrap_or_default().iter().rev().map_while(label);
    let behind = all.get(at + 1..).unwrap_or_default().iter().take(4).map_while(label);
    let find = |mut entries: Vec<(String, bool)>| {
        let end = entries.iter().position(|(key, _)| key == "replacement").unwrap_or(entries.len());
        entries.truncate(end);
        entries.into_iter().find(|(key, _)| key == "target_label").map(|(_, address)| address)
    };
    let (before, behind) = (find(before.collect()), find(behind.collect()));
    before.or(behind).unwrap_or(false)
}

/// Whether a section around the setting says that it is not enabled.
fn is_off(entry: &Entry, all: &[Entry]) -> bool {
    all.iter().any(|other| {
        let Some((key, section)) = other.path.split_last() else { return false };
        let off = matches!(other.value.value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0");
        off && !section.is_empty()
            && entry.path.starts_with(section)
            && matches!(key.to_ascii_lowercase().as_str(), "enabled" | "enable")
    })
}

/// The port that a setting says is listened on.
fn listened(entry: &Entry) -> Option<Spanned<u16>> {
    let path = words::Path::of(&entry.path);
    let value = entry.value.value.trim();
    if let [.., socket, key] = entry.path.as_slice()
        && socket == "socket_address"
        && key == "port_value"
        && entry.path.iter().any(|name| name == "listeners")
    {
        return Some(Spanned::new(value.parse().ok()?, entry.value.span));
    }
    // Telegraf's page for Prometheus, and what its plugins receive at.
    let of_telegraf = matches!(
        entry.path.as_slice(),
        [section, plugin, key] if section == "outputs" && plugin == "prometheus_client" && key == "listen"
            || section == "inputs" && key == "service_address"
    );
    let value = value.split_once("://").filter(|_| of_telegraf).map_or(value, |(_, address)| address);
    let address = of_telegraf || (path.is_bound() || path.is_own()) && path.is_address();
    let port = match value.rsplit_once(':') {
        Some((host, port))
            if address && (hosts::reaches_itself(host) || matches!(host, "" | "*" | "[::]")) =>
        {
            port
        }
        // An item of a list is one of several, and no program's own.
        None if path.is_own_port() && (entry.path.len() > 1 || entry.items.is_empty()) => value,
        _ => return None,
    };
    Some(Spanned::new(port.parse().ok()?, entry.value.span))
}

/// The host that a server is told to listen at: `bind 127.0.0.1`, `bind-address = 127.0.0.1`, `bindIp: 127.0.0.1`,
/// `listen_addresses = 'localhost'`.
fn bound(entry: &Entry, kibana: bool) -> Option<Bind> {
    let key = entry.path.last()?;
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let value = &entry.value;
    // A receiver of OpenTelemetry's collector.
    let receiver = || {
        let of_otlp = |pair: &[String]| matches!(pair, [section, name] if section == "receivers" && name.starts_with("otlp"));
        let exported = |pair: &[String]| matches!(pair, [section, name] if section == "exporters" && name.split('/').next() == Some("prometheus"));
        plain == "endpoint" && entry.path.windows(2).any(|pair| of_otlp(pair) || exported(pair))
    };
    let known = matches!(
        plain.as_str(),
        "bind"
            | "bindaddress"
            | "bindip"
            | "bindhost"
            | "listen"
            | "listenaddr"
            | "listenaddress"
            | "listenaddresses"
            | "listenhost"
            | "httpaddress"
            | "httplistenaddress"
            | "httplistenaddr"
            | "httpaddr"
    );
    let known = known
        || kibana && matches!(entry.path.as_slice(), [section, key] if section == "server" && key == "host");
    // A source of Vector.
    let source = || plain == "address" && entry.path.first().is_some_and(|section| section == "sources");
    // Vault's, in HCL or JSON.
    let listener = || {
        plain == "address"
            && entry.path.first().is_some_and(|section| section == "listener")
            && entry.path.len() > 2
    };
    let known = known || receiver() || source() || listener();
    let plausible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | ',' | ' ' | '*' | '-');
    let host = value.value.trim().trim_matches(['\'', '"']);
    // `127.0.0.1:8080`
    let with_port = host.split_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?)));
    let (host, port) = with_port.map_or((host, None), |(host, port)| (host, Some(port)));
    (known && !host.is_empty() && host.chars().all(plausible))
        .then(|| Bind { host: Spanned::new(host.to_string(), value.span), port })
}

fn is_host(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic() || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && !matches!(text, "true" | "false" | "null" | "none" | "yes" | "no" | "on" | "off")
}

/// `db:5432`, `kafka1:9092,kafka2:9092`
fn is_host_and_port(text: &str) -> bool {
    text.split(',').all(|one| {
        one.trim().rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok())
    })
}
