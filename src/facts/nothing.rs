//! Clients that are handed nothing, because a variable is not set that the program has no default for.

use super::{By, Dial, Endpoint, Facts, HostKind, ServiceFacts, clients, credentials};
use crate::finding::Confidence;
use crate::programs::evaluate::Value;
use crate::programs::{Module, Role, Sink, SinkKind};
use crate::source::{Origin, Piece, Span, Text};

/// A variable for want of which a client is handed nothing.
pub(super) struct Nothing {
    /// The variable.
    pub variable: String,
    /// Where it is read.
    pub read: Span,
    /// Whether the client is made when the program starts.
    pub at_start: bool,
    /// Whether it is made later, and then nothing works that it is for.
    pub late: bool,
}

impl<'a> Facts<'a> {
    /// The variables of a service for want of which clients of siblings have no address, user, password or database.
    pub(super) fn handed_nothing(&self, client: &ServiceFacts<'a>) -> Vec<Nothing> {
        let mut found = Vec::new();
        if client.program.idle {
            return found;
        }
        let uses = client.program.uses();
        // Where the start is not known, what is there may be another program's.
        let known = client.program.entry_known;
        let modules = client.program.modules.iter().filter(|module| module.role == Role::Source);
        for module in modules.filter(|module| is_strict(client, module) || is_of_javascript(module)) {
            found.extend(demanded(client, module));
            let clients = module.sinks.iter().filter(|sink| sink.kind != SinkKind::Listen);
            let clients: Vec<&Sink> = clients.filter(|sink| uses.runs(module, sink.span)).collect();
            if clients.is_empty() || !is_registered(client, module) {
                continue;
            }
            let script = is_of_javascript(module);
            let refuses = |sink: &&Sink| takes_no_nothing(module, sink) && (!script || refuses_nothing(sink));
            for sink in clients.into_iter().filter(refuses) {
                let Some(origin) = without_address(client, module, sink) else { continue };
                let Some((variable, read)) = origin.unset_read() else { continue };
                if returns_before(client, module, sink) {
                    continue;
                }
                if self.is_for_sibling(client, module, sink, &origin) {
                    let script = script || is_request(sink);
                    let starts = uses.starts(module, sink.span);
                    let variable = variable.to_string();
                    found.push(Nothing {
                        variable,
                        read,
                        at_start: known && (starts || script),
                        late: script && !starts,
                    });
                }
            }
        }
        for dial in &client.received {
            let By::Sink(module, sink) = dial.by else { continue };
            let script = is_of_javascript(module);
            let strict = script || is_strict(client, module) && is_registered(client, module);
            if module.role == Role::Source && !strict {
                continue;
            }
            let parts = self.blank_parts(client, dial);
            let starts = module.role == Role::Source && uses.starts(module, sink.span);
            let (at_start, late) = (known && (starts || script), script && !starts);
            found.extend(parts.into_iter().map(|(variable, read)| Nothing {
                variable,
                read,
                at_start,
                late,
            }));
        }
        found
    }

    /// Whether a sibling speaks what the client speaks, or is named by the variable that is not set.
    fn is_for_sibling(
        &self,
        client: &ServiceFacts<'a>,
        module: &'a Module,
        sink: &'a Sink,
        origin: &Origin,
    ) -> bool {
        let host = Text::known("localhost", origin.clone());
        let Some(endpoint) = Endpoint::from_addresses(&host) else { return false };
        let protocols = clients::protocols(sink.kind);
        let dial = Dial::new(endpoint, protocols, By::Sink(module, sink), sink.callee.span);
        // That no network leads there is another mistake.
        let trades =
            dial.protocols.iter().filter(|protocol| !["http", "https", "tcp", "grpc"].contains(protocol));
        let speaks = |other: &&ServiceFacts<'_>| {
            other.key != client.key
                && other.image.is_some()
                && trades.clone().any(|protocol| other.speaks(protocol))
        };
        !self.meant(client, &dial).is_empty() || self.active().any(|other| speaks(&other))
    }

    /// The unset variables that should have said the host, the user, the password or the database of a dial, where
    /// the server that is meant asks for them.
    fn blank_parts(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        let host = dial.endpoint.address().map(|address| &address.host);
        let server = match host.and_then(unset) {
            Some(origin) => {
                let mut named = dial.clone();
                let host = Text::known("localhost", origin.clone());
                if let Some(first) = named.endpoint.hosts.first_mut() {
                    first.host = host;
                }
                let Some(sibling) = self.meant(client, &named).into_iter().next() else { return found };
                found.extend(variable(&origin));
                sibling
            }
            // A host that is wrong itself, and told of that, does not hide what else is.
            None => match dial.sibling().and_then(|name| self.service(name)) {
                Some(server) => server,
                None if dial.host() == HostKind::Loopback => match self.meant(client, dial).as_slice() {
                    [server] => server,
                    _ => return found,
                },
                None => return found,
            },
        };
        let mut with_arguments = dial.endpoint.clone();
        if let By::Sink(module, sink) = dial.by {
            let named = |names: [&str; 2]| argument(client, module, sink, names);
            let of = &mut with_arguments;
            of.user = of.user.take().or_else(|| named(["username", "user"]));
            of.password = of.password.take().or_else(|| named(["password", "pass"]));
            of.database = of.database.take().or_else(|| named(["database", "dbname"]));
        }
        let endpoint = &with_arguments;
        let parts = [&endpoint.user, &endpoint.password, &endpoint.database];
        if parts.iter().all(|part| part.as_ref().and_then(unset).is_none()) {
            return found;
        }
        // What the server would say to a text that nobody is called.
        let odd = |part: &Option<Text>| match part.as_ref().and_then(unset) {
            Some(origin) => Some(Text::known(NOBODY, origin)),
            None => part.clone(),
        };
        let mut asked = dial.clone();
        asked.endpoint.user = odd(&endpoint.user);
        asked.endpoint.password = odd(&endpoint.password);
        let own = dial.protocols.contains(&"postgresql").then(|| endpoint.user.clone()).flatten();
        asked.endpoint.database = match (endpoint.database.as_ref().and_then(unset), own) {
            // PostgreSQL opens the one that is called as the user.
            (Some(origin), Some(user)) => Some(Text::known(user.assumed(), origin)),
            (Some(origin), None) => Some(Text::known(NOBODY, origin)),
            (None, _) => endpoint.database.clone(),
        };
        let differences = credentials::differences(self.project, client, &asked, server);
        // A password that is not sent is none too many.
        let certain = |difference: &&credentials::Difference| {
            difference.confidence > Confidence::Possible && difference.part != credentials::Part::Unasked
        };
        let refused = differences.iter().filter(certain).any(|difference| unset_or_odd(&difference.said));
        // Whatever password a server gets that does not start without one, it is not none.
        let some_day = || {
            endpoint.password.as_ref().and_then(unset).is_some() && !super::needs::blank(server).is_empty()
        };
        if refused || some_day() {
            found
                .extend(parts.into_iter().flatten().filter_map(unset).filter_map(|origin| variable(&origin)));
        }
        found
    }
}

/// Whether some code calls what a file adds to the services of .NET programs, where it does: libraries that several
/// programs share add what not all of them want.
pub(super) fn is_registered(client: &ServiceFacts<'_>, module: &Module) -> bool {
    const EXTENDS: &str = "(this IServiceCollection";
    let scope = &client.program.scope;
    let Some((_, own)) = scope.index_of(module).and_then(|index| scope.get(index)) else { return true };
    if own.front_end.name() != "csharp" {
        return true;
    }
    let names: Vec<String> = own.glance(|text| {
        let starts = text.match_indices(EXTENDS).take(32).filter_map(|(at, _)| text.get(..at));
        let name = |before: &str| {
            before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_string)
        };
        starts.filter_map(name).filter(|name| !name.is_empty()).collect()
    });
    let others =
        || client.program.loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source);
    let calls = |text: &str| names.iter().any(|name| text.contains(name.as_str()));
    names.is_empty() || others().any(|other| other.path != own.path && other.glance(calls))
}

/// The nothing that a client is given under one of these names.
fn argument(client: &ServiceFacts<'_>, module: &Module, sink: &Sink, names: [&str; 2]) -> Option<Text> {
    let given = sink.arguments.iter().find(|(name, _)| names.contains(&name.value.as_str()))?;
    let says = crate::programs::has_extension(&module.path, &["py"]);
    match client.evaluate(module, &given.1) {
        Value::Null(origin) if origin.written.is_none() || says && origin.unset_read().is_some() => {
            Some(Text::known("", Origin { written: Span::NONE, ..origin }))
        }
        _ => None,
    }
}

/// The variables for want of which the module's calls are handed nothing that they cannot do without.
fn demanded(client: &ServiceFacts<'_>, module: &Module) -> Vec<Nothing> {
    if module.demands.is_empty() || has_secrets_elsewhere(client, module) {
        return Vec::new();
    }
    let uses = client.program.uses();
    let run = module.demands.iter().filter(|demand| uses.runs(module, demand.span));
    run.filter_map(|demand| {
        let origin = match client.evaluate(module, &demand.value) {
            // A field of Python's settings says that it may be nothing.
            Value::Null(origin) => {
                let says = crate::programs::has_extension(&module.path, &["py"]);
                (says || origin.written.is_none()).then_some(origin)?
            }
            Value::Text(text) | Value::Number(text) => unset(&text)?,
            _ => return None,
        };
        let (variable, read) = variable(&origin)?;
        let at_start = client.program.entry_known;
        Some(Nothing { variable, read, at_start, late: !uses.starts(module, demand.span) })
    })
    .collect()
}

/// Whether settings of a .NET program may come from a store of secrets.
pub(super) fn has_secrets_elsewhere(client: &ServiceFacts<'_>, module: &Module) -> bool {
    const STORES: [&str; 5] =
        ["AddAzureKeyVault", "AddSecretsManager", "AddSystemsManager", "AddVault", "AddKeyPerFile"];
    let mounted = |target: &str| target.to_ascii_lowercase().contains("usersecrets");
    let asks = || STORES.iter().any(|store| !client.program.scope.containing(store).is_empty());
    crate::programs::has_extension(&module.path, &["cs"])
        && (client.service.volumes.iter().any(|mount| mounted(&mount.target)) || asks())
}

/// Whether the module is written in JavaScript or TypeScript.
fn is_of_javascript(module: &Module) -> bool {
    crate::programs::has_extension(&module.path, &crate::programs::javascript::EXTENSIONS)
}

/// Whether a client of JavaScript's refuses to be made of nothing, or of a path alone.
fn refuses_nothing(sink: &Sink) -> bool {
    let last = sink.callee.value.rsplit('.').next().unwrap_or_default();
    match sink.kind {
        SinkKind::Mongo => matches!(
            last,
            "connect" | "createConnection" | "MongoClient" | "mongooseAdapter" | "forRoot" | "forRootAsync"
        ),
        SinkKind::Elasticsearch | SinkKind::Upstream | SinkKind::Neo4j | SinkKind::Cassandra => true,
        SinkKind::Http => matches!(
            last,
            "fetch"
                | "$fetch"
                | "get"
                | "post"
                | "put"
                | "patch"
                | "delete"
                | "request"
                | "axios"
                | "got"
                | "ky"
        ),
        _ => false,
    }
}

/// Whether clients of the module's language take nothing for an address that is not there.
fn is_strict(client: &ServiceFacts<'_>, module: &Module) -> bool {
    let written_in = |extensions: &[&str]| crate::programs::has_extension(&module.path, extensions);
    // Sources of Python that lie in the image may be other programs'.
    let of_rails = || module.path.ends_with("config/database.yml");
    of_rails()
        || written_in(&["go", "rs", "java", "kt", "cs", "php"])
        || written_in(&["py"]) && client.program.entry_known
}

/// Whether a client is none of those of Python that go somewhere else when they are handed nothing, or keep all in memory.
fn takes_no_nothing(module: &Module, sink: &Sink) -> bool {
    let of_databases = matches!(
        sink.kind,
        SinkKind::SqlAlchemy
            | SinkKind::SqlAlchemyAsync
            | SinkKind::Redis
            | SinkKind::Postgres
            | SinkKind::Psycopg2
            | SinkKind::Psycopg
            | SinkKind::Amqp
            | SinkKind::Kafka
            | SinkKind::S3
            | SinkKind::Neo4j
            | SinkKind::Mongo
            | SinkKind::Elasticsearch
    );
    !crate::programs::has_extension(&module.path, &["py"])
        || (of_databases || is_request(sink) || sink.callee.value.ends_with("InfluxDBClient"))
            && !sink.callee.value.contains("imiter")
}

/// Whether a function of Python's returns before it makes a client, where something is not there: `if not url: return None`.
fn returns_before(client: &ServiceFacts<'_>, module: &Module, sink: &Sink) -> bool {
    let around = module.functions.iter().filter(|function| function.span.contains(sink.span));
    let Some(function) = around.min_by_key(|function| function.span.len()) else { return false };
    let scope = &client.program.scope;
    let Some((_, source)) = scope.index_of(module).and_then(|index| scope.get(index)) else { return false };
    let file = source.file();
    if source.front_end.name() != "python" || !file.owns(function.span) || !file.owns(sink.span) {
        return false;
    }
    let (from, to) = (file.range(function.span).start, file.range(sink.span).start);
    let lines: Vec<&str> = file.text.get(from..to).unwrap_or("").lines().map(str::trim).collect();
    let asks = |line: &str| line.starts_with("if ") && (line.contains("not ") || line.contains(" is None"));
    lines.windows(2).any(|pair| matches!(pair, [first, then] if asks(first) && then.starts_with("return")))
        || lines.iter().any(|line| asks(line) && line.contains(": return"))
}

/// Whether a call of Python's asks for a page, which needs a whole address.
fn is_request(sink: &Sink) -> bool {
    let (library, verb) = sink.callee.value.rsplit_once('.').unwrap_or(("", &sink.callee.value));
    sink.kind == SinkKind::Http
        && matches!(library, "requests" | "httpx")
        && matches!(verb, "get" | "post" | "put" | "patch" | "delete" | "head")
}

/// What no user, password or database is called.
const NOBODY: &str = "\u{1}";

/// Whether a text came about for want of a variable.
fn unset_or_odd(text: &Text) -> bool {
    text.pieces().iter().any(|piece| piece.origin.written.is_none() && piece.origin.unset_read().is_some())
}

fn variable(origin: &Origin) -> Option<(String, Span)> {
    origin.unset_read().map(|(variable, read)| (variable.to_string(), read))
}

/// Whether a piece stands for the nothing that a read gave.
fn is_nothing(piece: &Piece) -> bool {
    piece.origin.written.is_none()
        && piece.origin.unset_read().is_some()
        && matches!(piece.text.as_str(), "" | "null" | "undefined" | "None")
}

/// The origin of a text that is nothing but what an unset variable left.
fn unset(text: &Text) -> Option<Origin> {
    let whole = text.complete()?;
    let nothing = text.pieces().iter().find(|piece| is_nothing(piece))?;
    (whole == nothing.text).then(|| nothing.origin.clone())
}

/// Why a client has no address at all: it is given nothing, or a path that should stand behind one.
fn without_address(client: &ServiceFacts<'_>, module: &Module, sink: &Sink) -> Option<Origin> {
    match client.evaluate(module, &sink.target) {
        // On a branch that is not taken nothing is made.
        Value::Null(origin) if origin.written == sink.callee.span => None,
        // Nothing that is written is meant; a field of Python's settings has to say it.
        Value::Null(origin) => {
            let says = crate::programs::has_extension(&module.path, &["py"]) && origin.unset_read().is_some();
            (says || origin.written.is_none()).then_some(origin)
        }
        Value::Text(text) => {
            if let Some(origin) = stand_in(module, sink, &text) {
                return Some(origin);
            }
            let first = text.pieces().first().filter(|piece| is_nothing(piece))?;
            let web = matches!(sink.kind, SinkKind::Http);
            let path = || text.assumed()[first.text.len()..].starts_with('/');
            (unset(&text).is_some() || web && path()).then(|| first.origin.clone())
        }
        _ => None,
    }
}

/// The origin of a default that stands for an address and can be none: `?? "DefaultConnectionString"`.
fn stand_in(module: &Module, sink: &Sink, text: &Text) -> Option<Origin> {
    let written_in = |extensions: &[&str]| crate::programs::has_extension(&module.path, extensions);
    let whole = text.complete()?;
    let [only] = text.pieces() else { return None };
    let kind = sink.kind;
    let keywords = matches!(kind, SinkKind::Postgres | SinkKind::MySql | SinkKind::Mssql | SinkKind::Sql);
    let refused = match kind {
        // Keywords and their values, or the address of a server.
        _ if keywords && written_in(&["cs"]) => !whole.contains(['=', ':', '/', '.']),
        SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync => !whole.contains(':'),
        SinkKind::Mongo if !written_in(&["py"]) => !whole.contains(':'),
        _ => false,
    };
    (refused && !whole.trim().is_empty())
        .then(|| only.origin.clone())
        .filter(|origin| origin.unset_read().is_some())
}
