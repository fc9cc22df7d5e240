//! What a service's processes dial, and from where they know the address.

use std::collections::HashMap;

use super::by_name;
use super::collected::Collected;
use super::endpoint::{Endpoint, HostKind};
use super::environment::{EffectiveEnvironment, Layer};
use super::held;
use super::names::Words;
use super::passed_over;
use super::protocol;
use super::reach::Target;
use super::values;
use crate::finding::Confidence;
use crate::programs::{Module, Program, Read, Role, Sink, SinkKind};
use crate::source::{Origin, Span, Text, Via};

/// An address that a service's process dials.
#[derive(Clone, Debug)]
pub struct Dial<'a> {
    /// The address.
    pub endpoint: Endpoint,
    /// The protocols that may be spoken: of the scheme, of the client, or what the variable's name
    /// leaves open. Empty when nothing says.
    pub protocols: Vec<&'static str>,
    /// How the address is known.
    pub by: By<'a>,
    /// Where the host is written, or the best place there is.
    pub place: Span,
    /// What its first host means in the service's container; `None` for loopback, IP addresses,
    /// domains and hosts that are not known.
    pub target: Option<Target<'a>>,
    /// How sure it is at most that the process dials this at all.
    pub sureness: Confidence,
    /// Whether the image is known to dial what its variable says.
    pub by_image: bool,
}

/// How an address is known.
#[derive(Clone, Debug)]
pub enum By<'a> {
    /// A client is made with it in the source.
    Sink(&'a Module, &'a Sink),
    /// The program reads it from this variable; what it does with it is not seen.
    Read(&'a Module, &'a Read),
    /// A variable of the container's environment holds it; the program is not seen to read it.
    Variable(String),
}

impl<'a> Dial<'a> {
    /// A dial whose target is not looked up yet. `fallback` is the place when the host stands in no file.
    pub(super) fn new(endpoint: Endpoint, protocols: Vec<&'static str>, by: By<'a>, fallback: Span) -> Self {
        let written = endpoint.host_span();
        let place = if written.is_none() { fallback } else { written };
        let sureness = Confidence::Certain;
        Self { endpoint, protocols, by, place, target: None, sureness, by_image: false }
    }

    /// The variable, or the option of the command, that holds the address, where the program is not seen to read it.
    #[must_use]
    pub fn held(&self) -> Option<&str> {
        match &self.by {
            By::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// What the first host is by its text.
    #[must_use]
    pub fn host(&self) -> HostKind {
        self.endpoint.address().map_or(HostKind::Unknown, super::endpoint::Address::kind)
    }

    /// Whether it dials the container itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host() == HostKind::Loopback && self.target.is_none()
    }

    /// The sibling it reaches.
    #[must_use]
    pub fn sibling(&self) -> Option<&'a str> {
        match self.target {
            Some(Target::Sibling(name)) => Some(name),
            _ => None,
        }
    }

    /// The port: as written, else that of the protocol.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self.endpoint.address().and_then(|address| address.port.as_ref()) {
            Some(_) => self.endpoint.port(),
            None => match self.protocols[..] {
                // Mail is handed over at several ports, of which a program takes its own where none is set.
                ["smtp"] if matches!(self.by, By::Variable(_)) => None,
                [only] => protocol::default_port(only),
                _ => self.endpoint.port(),
            },
        }
    }

    /// The variable that the host came from or should have come from, if there is one.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        let origin = self.host_origin();
        let through = origin
            .and_then(|origin| origin.read().or_else(|| origin.fallback_read()).or_else(|| origin.setting()));
        if let Some((variable, _)) = through {
            return Some(variable);
        }
        match &self.by {
            By::Variable(name) => Some(name),
            By::Read(_, read) => Some(&read.name.value),
            By::Sink(..) => None,
        }
    }

    /// The origin of the first host.
    #[must_use]
    pub fn host_origin(&self) -> Option<&Origin> {
        self.endpoint.address()?.host.origin()
    }

    /// The sink, if one was seen.
    #[must_use]
    pub const fn sink(&self) -> Option<&'a Sink> {
        match self.by {
            By::Sink(_, sink) => Some(sink),
            _ => None,
        }
    }

    /// What kind of file its client is made in, if one was seen.
    #[must_use]
    pub const fn sink_role(&self) -> Option<Role> {
        match self.by {
            By::Sink(module, _) => Some(module.role),
            _ => None,
        }
    }

    /// The file of the program in which the client is made, or the address read.
    #[must_use]
    pub const fn module(&self) -> Option<&'a Module> {
        match self.by {
            By::Sink(module, _) | By::Read(module, _) => Some(module),
            By::Variable(_) => None,
        }
    }

    /// Whether it stands in a configuration file of a proxy or of some program.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        matches!(self.by, By::Sink(module, _) if module.role.is_configuration())
    }

    /// Whether its host stands in a configuration file, which a proxy, some program or this one reads.
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        let from_file = |via: &Via| matches!(via, Via::File(_));
        self.is_configured() || self.host_origin().is_some_and(|origin| origin.through.iter().any(from_file))
    }
}

/// Everything that `program` dials when it runs in this environment, each address once: what its
/// clients receive first, then what it reads, then what its environment holds. Of a `server`, an image that is
/// known, an env file says nothing: it is one that all services share.
#[must_use]
pub fn of<'a>(
    program: &'a Program,
    environment: &EffectiveEnvironment,
    received: &[Dial<'a>],
    replaced: &Replaced<'_>,
    server: bool,
) -> Vec<Dial<'a>> {
    let mut found = Collected::default();
    // Of an address that a client is known to dial, what else is handed it says nothing.
    let guessed = |dial: &&Dial<'_>| dial.sink().is_some_and(|sink| sink.kind == SinkKind::Call);
    let (guesses, known): (Vec<_>, Vec<_>) =
        received.iter().filter(|dial| !dial.protocols.is_empty()).partition(guessed);
    for dial in known.into_iter().chain(guesses) {
        found.add(dial.clone());
    }
    let reads: Vec<(&str, &'a Module, &'a Read, Text)> = modules(program)
        .flat_map(|module| module.reads.iter().map(move |read| (module, read)))
        .filter_map(|(module, read)| {
            let text = values::text(program, environment, module, &read.expression)?;
            Some((read.name.value.as_str(), module, read, text))
        })
        .collect();
    // `RabbitMQ__Port` and `RABBIT_MQ_PORT` are of one family.
    let mut read_alike: HashMap<Words, &Text> = HashMap::new();
    for (name, .., text) in &reads {
        read_alike.entry(Words::of(name)).or_insert(text);
    }
    let mut set_alike: HashMap<Words, Option<&Text>> = HashMap::new();
    for (name, effective) in environment.iter() {
        set_alike.entry(Words::of(name)).or_insert(effective.value());
    }
    let read = |name: &str| read_alike.get(&Words::of(name)).map(|text| (*text).clone());
    let set = |name: &str| {
        let alike = || *set_alike.get(&Words::of(name))?;
        environment.value(name).or_else(alike).cloned()
    };
    let value = |name: &str| set(name).or_else(|| read(name));
    let uses = program.uses();
    let used = |module: &Module, read: &Read| {
        !program.pages.run(module)
            && uses.looks_at(read)
            && uses.runs(module, read.span)
            && !replaced.has(module, read.span)
    };
    for (name, module, read, text) in reads.iter().filter(|(_, module, read, _)| used(module, read)) {
        if let Some((mut endpoint, protocols)) = by_name::address(name, text, &value)
            && !passed_over::is(program, environment, module, read)
        {
            super::object_keys::login(name, &mut endpoint, program, environment);
            found.add(Dial::new(endpoint, protocols, By::Read(module, read), read.span));
        }
    }
    // What only hands out pages looks at no variable that its settings do not read.
    if program.idle || program.pages.only {
        return found.dials;
    }
    for (name, effective) in environment.iter() {
        // A base image's own settings are its business, and what a launcher sets has no place; those of our Dockerfile
        // stand in a file.
        let Some(text) = effective.value() else { continue };
        let shared = server && effective.layer == Layer::EnvFile;
        if shared || effective.variable.key.is_none() {
            continue;
        }
        // What a compiled program takes into a field that it never looks at, it does not dial.
        // A dotenv file holds what any part of a program may read; what this one holds and never looks at
        // is not dialled.
        let mut reading = reads.iter().filter(|(known, ..)| *known == name).peekable();
        let seen =
            effective.layer == Layer::Dotenv || reading.clone().all(|(_, module, ..)| is_compiled(module));
        if seen && reading.peek().is_some() && reading.all(|(_, _, read, _)| !uses.looks_at(read)) {
            continue;
        }
        // Nor what it holds for tests alone, which no source names.
        let unread = effective.layer == Layer::Dotenv && !read_alike.contains_key(&Words::of(name));
        if unread && held::is_unnamed(program, name) {
            continue;
        }
        if let Some((mut endpoint, protocols)) = by_name::address(name, text, &value) {
            super::object_keys::login(name, &mut endpoint, program, environment);
            found.add(Dial::new(endpoint, protocols, By::Variable(name.to_string()), effective.variable.key));
        } else if !effective.variable.key.is_none() {
            for (endpoint, protocols) in held::addresses(text, &value) {
                let by = By::Variable(name.to_string());
                found.add(Dial::new(endpoint, protocols, by, effective.variable.key));
            }
        }
    }
    found.dials
}

/// What each client in the program's source receives, in order of the source. Those that dial nothing
/// over the network (`sqlite://`) are among them, without a protocol.
#[must_use]
pub fn received<'a>(
    program: &'a Program,
    environment: &EffectiveEnvironment,
    replaced: &Replaced<'_>,
) -> Vec<Dial<'a>> {
    given(program, environment, replaced, |sink| sink.kind != SinkKind::Listen)
}

/// What the wanted sinks are given.
pub(super) fn given<'a>(
    program: &'a Program,
    environment: &EffectiveEnvironment,
    replaced: &Replaced<'_>,
    wanted: fn(&Sink) -> bool,
) -> Vec<Dial<'a>> {
    let sinks = modules(program).flat_map(|module| module.sinks.iter().map(move |sink| (module, sink)));
    let left = |module: &Module, sink: &Sink| super::task_bodies::skips(program, module, sink.span);
    let sinks = sinks.filter(|(module, sink)| wanted(sink) && !left(module, sink));
    // Most languages say nothing of their functions; those that do are asked which of them run.
    let uses = modules(program).any(|module| !module.functions.is_empty()).then(|| program.uses());
    let balanced = modules(program).any(Module::balances);
    sinks
        .filter(|(module, sink)| uses.as_ref().is_none_or(|uses| uses.runs(module, sink.span)))
        .filter(|(module, sink)| !replaced.has(module, sink.span) && !program.pages.run(module))
        .flat_map(|(module, sink)| {
            let texts = values::texts(program, environment, module, &sink.target).into_iter();
            texts.map(move |text| (module, sink, text))
        })
        .filter_map(|(module, sink, text)| {
            let mut protocols = super::clients::protocols(sink.kind);
            let configured = module.role.is_configuration();
            if configured && has_variable(environment, &sink.callee.value) {
                return None;
            }
            let silent = || match environment.value("PGHOST") {
                Some(_) => None,
                None => Endpoint::without_host(sink.kind, &text, sink.callee.span),
            };
            let mut endpoint = endpoint_of(sink.kind, &text, configured).or_else(silent)?;
            super::given::fill(&mut endpoint, sink, configured, &|value| {
                values::text(program, environment, module, value)
            });
            if matches!(endpoint.protocol(), Some("postgresql" | "mysql"))
                && environment.value("PGHOST").is_none()
                && endpoint.prefix().is_empty()
            {
                endpoint.take_own_host();
            }
            if sink.kind == SinkKind::S3 {
                super::object_keys::login_of_objects(&mut endpoint, program, environment);
                let told =
                    |name: &str| ["key", "session", "credential", "**"].iter().any(|it| name.contains(it));
                let by_program = sink.arguments.iter().any(|(name, _)| told(&name.value));
                if !by_program && crate::programs::has_extension(&module.path, &["py"]) {
                    super::object_keys::own_login(&mut endpoint, environment);
                }
            }
            let protocols = match (endpoint.protocol(), endpoint.scheme_name()) {
                (Some(protocol), _) => vec![protocol],
                (None, Some(scheme)) if protocol::is_some_database(&scheme) => protocols,
                // Some clients take a transport as the scheme (`tcp://redis:6379`).
                (None, Some(scheme)) if matches!(scheme.as_str(), "tcp" | "tls" | "ssl") => {
                    match protocols[..] {
                        [] => vec![endpoint.port().and_then(protocol::of_port).unwrap_or("tcp")],
                        _ => protocols,
                    }
                }
                (None, Some(_)) if sink.kind == SinkKind::Call => {
                    vec![endpoint.port().and_then(protocol::of_port).unwrap_or("tcp")]
                }
                // A scheme that dials nothing, or one that is not known.
                (None, Some(_)) => Vec::new(),
                // A proxy may pass on anything.
                (None, None) if sink.kind == SinkKind::Upstream => {
                    protocols.extend(endpoint.port().and_then(protocol::of_port));
                    protocols
                }
                // What is only waited for tells by its port what it is.
                (None, None) if protocols.is_empty() => {
                    vec![endpoint.port().and_then(protocol::of_port).unwrap_or("tcp")]
                }
                (None, None) => narrowed(&protocols, &endpoint),
            };
            if sink.kind == SinkKind::Upstream && is_group(program, &endpoint) {
                return None;
            }
            // Hosts are names of a registry's to clients that balance; annotated ones have an address of their own.
            let annotated = sink.callee.value.starts_with('@');
            let registered = |endpoint: &Endpoint| {
                endpoint.address().is_some_and(|it| matches!(it.kind(), HostKind::Label(_)))
            };
            if balanced && sink.kind == SinkKind::Http && !configured && !annotated && registered(&endpoint) {
                return None;
            }
            let dial = Dial::new(endpoint, protocols, By::Sink(module, sink), sink.callee.span);
            Some(Dial { sureness: sureness(program, module), ..dial })
        })
        .collect()
}

/// The settings of a program's modules that other modules of it replace.
pub struct Replaced<'a>(Vec<(&'a Module, Vec<Span>)>);

impl<'a> Replaced<'a> {
    /// Asks of every module which of its settings another one replaces.
    #[must_use]
    pub fn of(program: &'a Program) -> Self {
        let found = modules(program).filter_map(|module| {
            let index = (!module.settings.is_empty()).then(|| program.scope.index_of(module))??;
            let gone = module.settings.iter().filter(|setting| program.scope.replaces(index, &setting.value));
            let spans: Vec<Span> = gone.map(|setting| setting.span).collect();
            (!spans.is_empty()).then_some((module, spans))
        });
        Self(found.collect())
    }

    /// Whether the place belongs to one of them.
    fn has(&self, module: &Module, place: Span) -> bool {
        let of_module = self.0.iter().filter(|(other, _)| std::ptr::eq(*other, module));
        of_module.flat_map(|(_, spans)| spans).any(|span| span.contains(place))
    }
}

/// The address in what a client receives.
fn endpoint_of(kind: SinkKind, text: &Text, configured: bool) -> Option<Endpoint> {
    let url = Endpoint::from_url(text);
    // What has no scheme is a path below some other address to an HTTP client; in settings it is an address.
    if kind == SinkKind::Http && !configured {
        return url;
    }
    // Celery's brokers and backends without one are names: `django-db`, `rpc`, `cache`.
    if matches!(kind, SinkKind::CeleryBroker | SinkKind::CeleryBackend) {
        return url;
    }
    url.or_else(|| Endpoint::from_dsn(text))
        .or_else(|| Endpoint::from_keywords(text))
        .or_else(|| Endpoint::from_addresses(text))
        .or_else(|| Endpoint::from_addresses_with_options(text))
}

/// Whether a variable of the container is named like the setting, with its section, as programs let one replace
/// the other: `GITEA__database__HOST` and `[database] HOST`, `ELASTICSEARCH_HOSTS` and `elasticsearch.hosts`.
fn has_variable(environment: &EffectiveEnvironment, setting: &str) -> bool {
    // A single word says nothing without a section around it.
    let section = setting.rsplit_once('.').map_or("", |(section, _)| section);
    if section.is_empty() && !setting.trim_start_matches('.').contains(['_', '-']) {
        return false;
    }
    // A key of several words says enough without its section, one of a single word with the nearest.
    let parts: Vec<&str> = setting.split('.').collect();
    let own = parts.last().map_or("", |key| key);
    let words = |key: &str| key.split(['_', '-']).filter(|word| !word.is_empty()).count();
    let nearest = parts.get(parts.len().saturating_sub(2)..).unwrap_or_default().join(".");
    let enough = if words(own) > 1 { spaced(own) } else { spaced(&nearest) };
    let (whole, end) = (plain(setting), format!("_{enough}"));
    environment.iter().any(|(name, _)| {
        let words = spaced(name);
        plain(name).ends_with(&whole) || words == enough || words.ends_with(&end)
    })
}

/// The words of a name, in capitals.
fn spaced(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_uppercase).collect();
    words.join("_")
}

/// Whether nothing but the code that is seen can use what the module reads.
pub(super) fn is_compiled(module: &Module) -> bool {
    crate::programs::has_extension(&module.path, &["go", "rs"])
}

/// A name without its separators, and without the numbers of lists.
fn plain(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit()));
    words.map(str::to_ascii_uppercase).collect()
}

/// The protocols that are left when the address' keywords tell something, too.
pub(super) fn narrowed(protocols: &[&'static str], endpoint: &Endpoint) -> Vec<&'static str> {
    let open = endpoint.protocols_by_keywords();
    let both: Vec<_> = protocols.iter().copied().filter(|protocol| open.contains(protocol)).collect();
    if both.is_empty() { protocols.to_vec() } else { both }
}

/// Whether the host is a name that a proxy's configuration gives to a group of servers; a group has no port.
fn is_group(program: &Program, endpoint: &Endpoint) -> bool {
    let Some(address) = endpoint.address().filter(|address| address.port.is_none()) else { return false };
    let Some(host) = address.host.complete() else { return false };
    modules(program).any(|module| module.groups.contains(&host))
}

/// How sure it is that what a module says is done by the process: nothing is known of the programs that read
/// settings, and files that nothing speaks of may be read by none.
fn sureness(program: &Program, module: &Module) -> Confidence {
    match module.role {
        Role::Settings if program.doubted.contains(&module.path) => Confidence::Possible,
        Role::Settings => Confidence::Likely,
        _ => Confidence::Certain,
    }
}

fn modules(program: &Program) -> impl Iterator<Item = &Module> {
    program.modules.iter().map(|module| &**module)
}
