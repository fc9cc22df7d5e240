//! What is known of one service.

use std::path::Path;

use super::bound::{self, Bound, ToldBy};
use super::dials::{self, By, Dial};
use super::environment::{EffectiveEnvironment, Layer};
use super::errands;
use super::images::{self, KnownImage};
use super::known::known_image;
use super::listeners::{self, Listener, ListenerSource};
use super::probe::{self, Probe};
use super::{opened, tools, values};
use crate::compose::{HealthTest, Port, Service};
use crate::finding::Confidence;
use crate::programs::{Expr, Module, Program, Role, SinkKind, evaluate::Value, has_extension};
use crate::source::{Span, Text};

/// The entry of OpenTelemetry's collector among the images.
const COLLECTOR: &str = "opentelemetry-collector";

/// One service, what it runs, what it finds, where it listens and what it dials.
pub struct ServiceFacts<'a> {
    /// Its key in the project.
    pub key: &'a str,
    /// The service.
    pub service: &'a Service,
    /// What it runs.
    pub program: &'a Program,
    /// What is known of its image, or of the image it is built from.
    pub image: Option<&'static KnownImage>,
    /// The reference by which that image is known.
    pub reference: Option<String>,
    /// What its process finds in its environment.
    pub environment: EffectiveEnvironment,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// The addresses that its servers are known to listen at, every interface or not.
    pub bound: Vec<Bound<'a>>,
    /// Whether the project says that its program waits by itself until what it dials is ready.
    pub told_to_retry: bool,
    /// Whether it opens a port that is not known.
    pub opens_unknown: bool,
    /// What it dials, each address once.
    pub dials: Vec<Dial<'a>>,
    /// What each client in its source receives, also where several share an address.
    pub received: Vec<Dial<'a>>,
}

/// Whether a service can ever be `healthy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has a healthcheck, its own or its image's.
    Checked,
    /// `disable: true`, or a test of `NONE`.
    Disabled,
    /// Neither the service nor its image has one.
    None,
    /// The image is not known.
    Unknown,
}

impl<'a> ServiceFacts<'a> {
    /// Joins a service with its program.
    #[must_use]
    pub fn of(service: &'a Service, program: &'a Program) -> Self {
        let known_image = known_image(service, program);
        let mut environment = EffectiveEnvironment::of(service, &program.image.env);
        environment.start_with(super::arguments::Arguments::of(program));
        environment.beneath(program.dotenv.iter().filter(|file| file.by_script));
        for module in &program.modules {
            for export in &module.exports {
                let value = values::value(program, &environment, module, &export.value);
                environment.export(&export.name, &value);
            }
            if module.sets_unknown {
                environment.open();
            }
        }
        environment.beneath(program.dotenv.iter().filter(|file| !file.by_script));
        if !program.dotenv.is_empty() {
            environment.beneath_runs(&program.image.runs);
        }
        let command: Vec<String> = match &service.command {
            Some(command) => command.words.iter().map(Text::assumed).collect(),
            None => program.image.command.iter().map(Text::assumed).collect(),
        };
        let known = known_image
            .as_ref()
            .map(|(image, reference)| image.listens(reference, &environment, &command, program));
        let known = known.unwrap_or_default();
        let mut listeners = listeners::of(service, &program.image, known);
        let mut unknown = 0;
        for (module, port) in
            program.modules.iter().flat_map(|module| module.serves.iter().map(move |port| (module, port)))
        {
            match values::port(program, &environment, module, port) {
                Some(port) => listeners.push(listeners::served(port)),
                None => unknown += 1,
            }
        }
        let replaced = dials::Replaced::of(program);
        let mut bound = bound::of(program, &environment, &replaced);
        if let Some((_, reference)) = known_image.as_ref().filter(|(image, _)| image.name == COLLECTOR) {
            bound.extend(super::collector::bound(program, reference));
        }
        // What code makes of a file that it loads is seen where it listens.
        let by_code = bound.iter().any(|bound| bound.port.is_some() && bound.is_of_code());
        let (loaded, saying): (Vec<_>, Vec<_>) =
            program.modules.iter().partition(|module| by_code && program.scope.loads(module));
        listeners.extend(saying.iter().flat_map(|module| listeners::configured(module)));
        let of_loaded =
            |place| loaded.iter().flat_map(|module| &module.binds).any(|it| it.host.span == place);
        bound.retain(|bound| bound.is_of_code() || !of_loaded(bound.place));
        let usual = listeners.iter().find(|listener| listener.source == ListenerSource::Image);
        for bound in bound.iter_mut().filter(|bound| matches!(bound.by, ToldBy::Configuration(_))) {
            bound.port = bound.port.or(usual.map(|listener| listener.ports.0));
        }
        let mut opens_unknown = opened::settle(&mut listeners, &mut bound, unknown, || {
            opened::by_variable(program, &environment)
        });
        let opened = || bound.iter().filter(|bound| !matches!(bound.by, ToldBy::Configuration(_)));
        let sinks = program.modules.iter().flat_map(|module| &module.sinks);
        let opening = sinks.filter(|sink| sink.kind == SinkKind::Listen).count();
        opens_unknown |= opened().any(|bound| bound.port.is_none())
            || program.servers.is_empty() && opened().count() < opening;
        let opened = opened();
        for port in opened.filter_map(|bound| bound.port).collect::<Vec<_>>() {
            if !listeners.iter().any(|known| known.source == ListenerSource::Program && known.covers(port)) {
                listeners.push(listeners::served(port));
            }
        }
        // These say nothing of ports that the files do not say.
        bound.extend(super::flags::bound(service, program));
        super::local::add(&mut bound, service, program, &environment, known_image.as_ref());
        let mut received = dials::received(program, &environment, &replaced);
        let (image, reference) = known_image.unzip();
        let server = image.is_some_and(KnownImage::is_server);
        let mut dials = dials::of(program, &environment, &received, &replaced, server);
        let held: Vec<&str> = dials.iter().filter_map(Dial::held).collect();
        let ignored = super::unread::ignored(service, program, &environment, image, &held);
        let dubious = dials.iter_mut().filter(|dial| dial.held().is_some_and(|name| ignored.contains(name)));
        dubious.for_each(|dial| dial.sureness = Confidence::Possible);
        super::dialled::add(&mut dials, super::dialled::of(service, program, &environment, &command));
        super::dialled::add(&mut dials, super::flags::dials(service, program));
        errands::doubt(&mut dials, program);
        super::withheld::doubt(&mut dials, service, program, &environment);
        super::withheld::doubt(&mut received, service, program, &environment);
        Self {
            key: &service.name.value,
            service,
            program,
            image,
            reference,
            environment,
            listeners,
            bound,
            told_to_retry: false,
            opens_unknown,
            dials,
            received,
        }
    }

    /// Whether only a file of variables that several services may share speaks of the address, and the program,
    /// which is known, does not look at it; or a library dials it by itself, when there is work.
    #[must_use]
    pub fn only_shares(&self, dial: &Dial<'_>) -> bool {
        if let By::Sink(module, sink) = dial.by {
            return module.role == Role::Script && module.later.contains(&sink.span);
        }
        let By::Variable(name) = &dial.by else { return false };
        let from_file = self.environment.get(name).is_some_and(|found| found.layer == Layer::EnvFile);
        let mut modules = self.program.modules.iter();
        from_file && self.program.entry_known && modules.any(|module| module.role == Role::Source)
    }

    /// Whether the program, which is known, holds the address in settings that several programs share, and never
    /// looks at it.
    #[must_use]
    pub fn only_holds(&self, dial: &Dial<'_>) -> bool {
        if errands::only_migrates(self.program) && !errands::is_of_database(dial) {
            return true;
        }
        let By::Variable(name) = &dial.by else { return false };
        // What a framework looks up is looked at by nobody else.
        let modules = self.program.modules.iter().filter(|module| module.settings.is_empty());
        let mut reading =
            modules.flat_map(|module| &module.reads).filter(|read| read.name.value == *name).peekable();
        let uses = self.program.uses();
        self.program.entry_known && reading.peek().is_some() && reading.all(|read| !uses.looks_at(read))
    }

    /// Whether clients can't do without it when they start: databases and brokers.
    #[must_use]
    pub fn is_stateful(&self) -> bool {
        self.image.is_some_and(|image| image.stateful) && !self.only_asks()
    }

    /// Whether it has a server's image for the clients that are in it: its own command starts no server.
    pub(super) fn only_asks(&self) -> bool {
        let Service { entrypoint, command, .. } = self.service;
        let words: Vec<String> = [entrypoint, command]
            .into_iter()
            .flatten()
            .flat_map(|words| &words.words)
            .map(Text::assumed)
            .collect();
        self.program.servers.is_empty() && tools::only_ask(words.iter().map(String::as_str))
    }

    /// Whether it does without its siblings when it starts: tools to look at a server with, proxies, and what is said
    /// to wait by itself.
    #[must_use]
    pub fn starts_alone(&self) -> bool {
        let as_it_is = self.service.command.is_none() && self.service.entrypoint.is_none();
        self.told_to_retry
            || self.is_kafka_connect()
            || self.sleeps_first()
            || self
                .image
                .is_some_and(|image| !image.is_server() && !image.impatient || image.patient && as_it_is)
    }

    /// Whether a source of its program has one of these extensions.
    #[must_use]
    pub fn is_written_in(&self, extensions: &[&str]) -> bool {
        let mut sources = self.program.modules.iter().filter(|module| module.role == Role::Source);
        sources.any(|module| has_extension(&module.path, extensions))
    }

    /// Whether a source of its program has a name of its own that is called so.
    #[must_use]
    pub fn defines(&self, name: &str) -> bool {
        self.program.modules.iter().any(|module| module.names.contains_key(name))
    }

    /// The file of its program that a place lies in.
    #[must_use]
    pub fn file_at(&self, place: Span) -> Option<&Path> {
        let mut modules = self.program.scope.iter();
        modules.find(|(_, _, source)| source.owns(place)).map(|(_, _, source)| source.path.as_path())
    }

    /// Whether a file of variables that it needs is not there, so that what it sets is not seen.
    #[must_use]
    pub fn lacks_env_file(&self) -> bool {
        self.service.env_files.iter().any(|file| file.required && file.is_unseen())
    }

    /// Whether what is read at this place is looked up only when something that is configured with it is used.
    #[must_use]
    pub fn asks_when_used(&self, place: Span) -> bool {
        let mut sources = self.program.scope.iter().map(|(_, _, source)| source);
        sources.any(|source| source.front_end.asks_when_used() && source.owns(place))
    }

    /// Whether its program may find a variable that is not seen: in a file that is not there, in one that the program
    /// looks for itself, or set in ways that cannot be seen.
    #[must_use]
    pub fn may_find(&self, variable: &str) -> bool {
        self.may_be_given(variable) || self.may_load(variable)
    }

    /// The same, but for files that the program looks for itself.
    #[must_use]
    pub fn may_be_given(&self, variable: &str) -> bool {
        self.service.env_files.iter().any(|file| file.is_unseen())
            || self.service.overlaid.contains(variable)
            || self.environment.unseen().is_some()
    }

    /// Whether its program may find a variable in a file that it looks for itself, and that is not there.
    fn may_load(&self, variable: &str) -> bool {
        !self.program.absent_dotenv.is_empty() && !self.program.entry_known
            || self.program.absent_dotenv.iter().any(|file| match &file.example {
                // An address of one's own machine is no better than none.
                Some(set) => set.iter().any(|(name, value)| {
                    name == variable && !["localhost", "127.0.0.1"].iter().any(|host| value.contains(host))
                }),
                // Who gives it some variables here gives it all of them, and nobody makes what nothing speaks of.
                None => !self.is_given_some() && !file.unspoken,
            })
    }

    /// Whether only a file of which nothing speaks would set what its program looks for.
    #[must_use]
    pub fn lacks_unspoken_file(&self) -> bool {
        self.program.absent_dotenv.iter().any(|file| file.unspoken) && !self.is_given_some()
    }

    /// Whether the compose file, or its Dockerfile, sets a variable that its program reads.
    fn is_given_some(&self) -> bool {
        let given = |name: &str| {
            let usual = matches!(name, "NODE_ENV" | "PORT" | "HOST" | "DEBUG");
            let found = self.environment.get(name);
            found.is_some_and(|found| match found.layer {
                Layer::Environment | Layer::EnvFile => true,
                Layer::Image => !usual,
                _ => false,
            })
        };
        let mut reads = self.program.modules.iter().flat_map(|module| &module.reads);
        reads.any(|read| given(&read.name.value))
    }

    /// Whether it can be healthy.
    #[must_use]
    pub fn health(&self) -> Health {
        match &self.service.healthcheck {
            Some(healthcheck) if healthcheck.disabled => Health::Disabled,
            Some(healthcheck) if healthcheck.test.is_some() => Health::Checked,
            _ if self.program.image.healthcheck.is_some() => Health::Checked,
            _ => {
                let own = self.image.zip(self.reference.as_deref());
                match own.or_else(|| self.built_on()) {
                    Some((image, reference)) if image.has_healthcheck(reference) => Health::Checked,
                    Some(_) => Health::None,
                    None => Health::Unknown,
                }
            }
        }
    }

    /// What asks whether it is ready: its own test, else that of its Dockerfile.
    #[must_use]
    pub fn health_test(&self) -> Option<&'a HealthTest> {
        let own = self.service.healthcheck.as_ref();
        if own.is_some_and(|health| health.disabled) {
            return None;
        }
        let built = self.program.image.health.as_ref().filter(|health| !health.disabled);
        own.and_then(|health| health.test.as_ref()).or_else(|| built.and_then(|health| health.test.as_ref()))
    }

    /// The commands of its healthcheck.
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        self.health_test().map(|test| probe::of(test, &self.environment)).unwrap_or_default()
    }

    /// Whether its own healthcheck asks it on this port, and nothing else says where it listens.
    #[must_use]
    pub fn is_asked_on(&self, port: u16) -> bool {
        self.listeners.is_empty()
            && self
                .probes()
                .iter()
                .flat_map(|probe| &probe.words)
                .any(|word| probe::own_port(word) == Some(port))
    }

    /// The known image that its Dockerfile builds on, whatever it makes of it.
    fn built_on(&self) -> Option<(&'static KnownImage, &'a str)> {
        self.service.build.as_ref()?;
        let base = &self.program.image.base.as_ref()?.value;
        Some((images::known(base)?, base.as_str()))
    }

    /// The reference of the image whose programs are in the container, and what is known of it: the service's
    /// own, or the one its Dockerfile builds on.
    #[must_use]
    pub fn container_image(&self) -> Option<(&'static KnownImage, String)> {
        if self.program.image.parsed.is_some() || self.service.build.is_some() {
            return self.program.image.base.as_ref().and_then(|base| {
                let reference = base.value.clone();
                Some((images::known(&reference)?, reference))
            });
        }
        let reference = self.service.image.as_ref()?.complete()?;
        Some((images::known(&reference)?, reference))
    }

    /// The value of a flag of its command, also in the script of a shell.
    #[must_use]
    pub fn flag(&self, flag: &str) -> Option<Text> {
        let words = &self.program.command;
        words.iter().enumerate().find_map(|(at, word)| {
            let text = word.assumed();
            if text == flag {
                return words.get(at + 1).cloned();
            }
            text.match_indices(flag).find_map(|(start, _)| {
                let before = text.get(..start)?.chars().next_back();
                let from = start + flag.len();
                let rest = text.get(from..)?;
                let blanks = rest.len() - rest.trim_start_matches([' ', '=', '"', '\'']).len();
                let value = rest.get(blanks..)?;
                let end =
                    value.find(|c: char| c.is_whitespace() || c == '"' || c == '\'').unwrap_or(value.len());
                let whole = !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-');
                (whole && blanks > 0 && end > 0).then(|| word.slice(from + blanks, from + blanks + end))
            })
        })
    }

    /// Whether Docker starts it again however it ends.
    #[must_use]
    pub fn always_restarts(&self) -> bool {
        matches!(self.restart_policy().as_deref(), Some("always" | "unless-stopped" | "any"))
    }

    /// Whether something tells when it is ready.
    #[must_use]
    pub fn reports_health(&self) -> bool {
        self.health() == Health::Checked
    }

    /// What an expression of one of its modules gives under its environment.
    #[must_use]
    pub fn evaluate(&self, module: &Module, expr: &Expr) -> Value {
        values::value(self.program, &self.environment, module, expr)
    }

    /// Whether some listener covers the port.
    #[must_use]
    pub fn listens_on(&self, port: u16) -> bool {
        self.listeners.iter().any(|listener| listener.covers(port))
    }

    /// All ports that it listens on, where they are known: those of its image, or of the servers that its commands or
    /// code start; with how sure that is.
    #[must_use]
    pub fn known_ports(&self) -> Option<(Vec<u16>, Confidence)> {
        let of = |wanted: fn(&ListenerSource) -> bool| -> Vec<u16> {
            let listeners = self.listeners.iter().filter(|listener| wanted(&listener.source));
            listeners.map(|listener| listener.ports.0).collect()
        };
        let configured = of(|source| matches!(source, ListenerSource::Configuration(_)));
        let first = |listener: &Listener| (vec![listener.ports.0], Confidence::Likely);
        let mut known = match self.image {
            Some(image) if configured.is_empty() && self.is_stock(image) => {
                return self.listeners.iter().find(|it| it.source == ListenerSource::Image).map(first);
            }
            Some(image)
                if configured.is_empty() && (self.leaves_ports_open(image) || self.may_move_ports(image)) =>
            {
                return None;
            }
            Some(image)
                if !configured.is_empty() && !self.opens_unknown && self.replaces(&image.settings) =>
            {
                Vec::new()
            }
            Some(_) => of(|source| *source == ListenerSource::Image),
            // A web server stands before the workers of PHP, and before what only the container itself reaches.
            None if !configured.is_empty() && self.is_web_server_alone() => Vec::new(),
            None if !configured.is_empty() && !self.opens_unknown && self.is_behind_a_web_server() => {
                of(|source| *source == ListenerSource::Program)
            }
            None => {
                let by_server = match self.program.servers.as_slice() {
                    [] => false,
                    [server] if server.last => true,
                    _ => return None,
                };
                if self.opens_unknown || !(by_server || self.program.entry_known) {
                    return None;
                }
                of(|source| *source == ListenerSource::Program)
            }
        };
        known.extend(configured);
        known.sort_unstable();
        known.dedup();
        (!known.is_empty()).then_some((known, Confidence::Likely))
    }

    /// Whether its image speaks the protocol.
    #[must_use]
    pub fn speaks(&self, protocol: &str) -> bool {
        self.listeners.iter().any(|listener| {
            listener.source == ListenerSource::Image && listener.protocol.as_deref() == Some(protocol)
        })
    }

    /// The port its image speaks the protocol on.
    #[must_use]
    pub fn port_of(&self, protocol: &str) -> Option<u16> {
        let speaks = |listener: &&Listener| listener.protocol.as_deref() == Some(protocol);
        self.listeners.iter().find(speaks).map(|listener| listener.ports.0)
    }

    /// The entry of `ports` that publishes something as this port of the host.
    #[must_use]
    pub fn published_as(&self, port: u16) -> Option<&'a Port> {
        let covers =
            |entry: &&Port| entry.published.is_some_and(|(first, last)| first <= port && port <= last);
        self.service.ports.iter().find(covers)
    }
}
