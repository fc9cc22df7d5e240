//! On which ports a service's process listens, and how that is known.

use std::path::Path;

use super::bound::{Bound, ToldBy};
use super::images::{ImageKind, KnownImage};
use crate::compose::Service;
use crate::programs::dockerfile::Step;
use crate::programs::{Image, Module, Server};
use crate::source::{Span, Text};

/// A port that a service listens on.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// First and last port of the container.
    pub ports: (u16, u16),
    /// The protocol spoken there, if the image is known for it.
    pub protocol: Option<String>,
    /// Whether only pages for people are served there.
    pub page: bool,
    /// How it is known.
    pub source: ListenerSource,
}

/// How a listener is known. The first three say what the process does, the others what people say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerSource {
    /// The image is known for it.
    Image,
    /// The configuration of a proxy.
    Configuration(Span),
    /// The code of the program, which opens the port.
    Program,
    /// `EXPOSE` in the Dockerfile.
    Dockerfile(Span),
    /// The container side of `ports`.
    Ports(Span),
    /// `expose`.
    Expose(Span),
}

impl Listener {
    /// Whether the port is among the listener's.
    #[must_use]
    pub fn covers(&self, port: u16) -> bool {
        self.ports.0 <= port && port <= self.ports.1
    }

    /// Where that is written.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self.source {
            ListenerSource::Image | ListenerSource::Program => Span::NONE,
            ListenerSource::Configuration(span)
            | ListenerSource::Dockerfile(span)
            | ListenerSource::Ports(span)
            | ListenerSource::Expose(span) => span,
        }
    }
}

/// The listeners of a service: those its image is known for, and those the files speak of.
#[must_use]
pub fn of(service: &Service, image: &Image, known: Vec<Listener>) -> Vec<Listener> {
    let said = |ports, source| Listener { ports, protocol: None, page: false, source };
    let exposed = image
        .exposed
        .iter()
        .map(|port| said((port.value, port.value), ListenerSource::Dockerfile(port.span)));
    let published =
        service.ports.iter().map(|port| said(port.target, ListenerSource::Ports(port.origin.written)));
    let expose = service.expose.iter().map(|ports| said(ports.value, ListenerSource::Expose(ports.span())));
    known.into_iter().chain(exposed).chain(published).chain(expose).collect()
}

/// The listeners that a module's file says.
pub fn configured(module: &Module) -> impl Iterator<Item = Listener> {
    module.listens.iter().map(|port| Listener {
        ports: (port.value, port.value),
        protocol: None,
        page: false,
        source: ListenerSource::Configuration(port.span),
    })
}

/// The listener on a port that the program's code opens.
pub fn served(port: u16) -> Listener {
    Listener { ports: (port, port), protocol: None, page: false, source: ListenerSource::Program }
}

impl super::ServiceFacts<'_> {
    /// Whether the configuration of its web server, all of which is seen, is what says where it listens.
    #[must_use]
    pub fn listens_as_configured(&self) -> bool {
        let configured = |listener: &Listener| matches!(listener.source, ListenerSource::Configuration(_));
        self.image.is_some_and(|image| image.kind == ImageKind::Web && self.replaces(&image.settings))
            && !self.opens_unknown
            && self.listeners.iter().any(configured)
    }

    /// Whether all addresses that its program listens at are told to it: by variables, or options of its command.
    #[must_use]
    pub fn listens_as_told(&self) -> bool {
        let told = |bound: &Bound<'_>| {
            bound.port.is_some() && matches!(bound.by, ToldBy::Variable(..) | ToldBy::Option(_))
        };
        self.image.is_none()
            && !self.opens_unknown
            && !self.bound.is_empty()
            && self.bound.iter().all(told)
            && self.program.entry_known
    }

    /// Whether it may be what a dial is for: its image is not known, speaks the same, or listens on the port.
    #[must_use]
    pub fn may_answer(&self, dial: &super::Dial<'_>) -> bool {
        self.image.is_none()
            || dial.protocols.iter().any(|protocol| self.speaks(protocol))
            || dial.port().is_none_or(|port| self.listens_on(port))
    }

    /// Whether all that listens is known where something is known in this way.
    #[must_use]
    pub fn is_sure_of(&self, source: ListenerSource) -> bool {
        match source {
            ListenerSource::Program => true,
            ListenerSource::Image => self.image.is_some_and(|image| !image.open_ports),
            ListenerSource::Configuration(_) => self.listens_as_configured(),
            ListenerSource::Dockerfile(_) | ListenerSource::Ports(_) | ListenerSource::Expose(_) => false,
        }
    }

    /// The listeners, without those that are only published or exposed where others are known.
    pub fn surely_listens(&self) -> impl Iterator<Item = &Listener> {
        let only_said = |listener: &Listener| {
            matches!(
                listener.source,
                ListenerSource::Dockerfile(_) | ListenerSource::Ports(_) | ListenerSource::Expose(_)
            )
        };
        let none = self.listeners.iter().all(only_said);
        self.listeners.iter().filter(move |listener| none || !only_said(listener))
    }

    /// Whether something of the project stands in the place of one of these files of its image.
    pub(super) fn replaces(&self, files: &[String]) -> bool {
        let layers = self.program.files.layers();
        files.iter().any(|file| layers.iter().any(|layer| Path::new(file).starts_with(&layer.target)))
    }

    /// Whether a configuration that is read says where the server of this image listens.
    fn is_told_where(&self, image: &KnownImage) -> bool {
        image.ports.iter().any(|known| known.said_in(self.program).is_some())
    }

    /// Whether the ports of its image are those of some configuration that is not seen.
    pub(super) fn leaves_ports_open(&self, image: &KnownImage) -> bool {
        image.open_ports && !self.is_told_where(image)
    }

    /// Whether a file of the project that stands in its container may say where the server of this image listens. Data does not,
    /// nor do scripts that run first.
    pub(super) fn may_move_ports(&self, image: &KnownImage) -> bool {
        if self.is_told_where(image) {
            return false;
        }
        let overlaps = |target: &Path, place: &str| {
            target != Path::new("/") && (target.starts_with(place) || Path::new(place).starts_with(target))
        };
        let lies_in = |target: &Path, places: &[String]| places.iter().any(|place| target.starts_with(place));
        let words: Vec<String> = self.program.command.iter().map(Text::assumed).collect();
        let named = |target: &Path| {
            let target = target.to_string_lossy();
            words.iter().any(|word| word.contains(target.as_ref()))
        };
        self.program.files.layers().iter().any(|layer| match &image.port_files {
            Some(places) => {
                !places.is_empty() && named(&layer.target)
                    || places.iter().any(|place| overlaps(&layer.target, place))
            }
            None => !lies_in(&layer.target, &image.data) && !lies_in(&layer.target, &image.init),
        })
    }

    /// Whether only what a configured web server listens on is reached from outside.
    pub(super) fn is_behind_a_web_server(&self) -> bool {
        let servers = &self.program.servers;
        !servers.is_empty()
            && (servers.iter().all(|server| server.known.inner) || servers.iter().all(Server::is_local))
    }

    /// Whether all that listens in its container, an image of the project's own, is a web server whose configuration is read.
    pub(super) fn is_web_server_alone(&self) -> bool {
        self.is_run_by_passenger() || self.runs_haproxy_alone()
    }

    /// Whether its commands start HAProxy, and no other server that is known or seen.
    fn runs_haproxy_alone(&self) -> bool {
        let haproxy = |words: &Vec<String>| {
            words.first().is_some_and(|first| first.rsplit('/').next() == Some("haproxy"))
        };
        let beside = ["supervisord", "runsvdir", "s6-svscan", "/init", "keepalived", "nginx"];
        let other = |words: &Vec<String>| {
            words.first().is_some_and(|first| beside.iter().any(|name| first.ends_with(name)))
        };
        let commands = &self.program.commands;
        commands.iter().any(haproxy)
            && !commands.iter().any(other)
            && self.program.servers.is_empty()
            && !self.opens_unknown
            && self.listeners.iter().all(|listener| listener.source != ListenerSource::Program)
    }

    /// Whether it is an image of Passenger's that runs nginx alone, and of its sites only the project's. Programs listen on
    /// sockets of Passenger's there.
    fn is_run_by_passenger(&self) -> bool {
        const SITES: &str = "/etc/nginx/sites-enabled";
        let image = &self.program.image;
        let of_passenger =
            image.base.as_ref().is_some_and(|base| base.value.starts_with("phusion/passenger-"));
        let runs: Vec<String> = image.runs.iter().map(Text::assumed).collect();
        let enabled = runs.iter().any(|run| run.contains("/etc/service/nginx/down"));
        let removed = |run: &String| {
            run.contains("rm ")
                && ["/default", "/*"].iter().any(|file| run.contains(&format!("{SITES}{file}")))
        };
        let layers = self.program.files.layers();
        let replaced = layers.iter().any(|layer| layer.target == Path::new(SITES).join("default"));
        // What else its init runs may listen, too.
        let more = layers.iter().any(|layer| layer.target.starts_with("/etc/service"))
            || runs.iter().any(|run| run.replace("/etc/service/nginx/down", "").contains("/etc/service/"));
        let told = self.service.command.is_some() || self.service.entrypoint.is_some();
        of_passenger && enabled && (replaced || runs.iter().any(removed)) && !more && !told
    }

    /// Whether it is a web server that nothing of the project tells where to listen: no file, no command, no step of a build.
    pub fn is_stock(&self, image: &KnownImage) -> bool {
        let Some(places) = image.port_files.as_ref().filter(|_| image.open_ports) else { return false };
        let own = &self.service;
        let near = |target: &str| {
            places.iter().any(|place| target.starts_with(place.as_str()) || place.starts_with(target))
        };
        let mounted = own.volumes.iter().any(|mount| near(&mount.target))
            || own.configs.iter().chain(&own.secrets).any(|object| near(&object.target));
        // What a build does beyond copying pages into the image may be anything.
        let built = self.program.image.parsed.as_ref().is_some_and(|parsed| {
            let last = parsed.stages.last().map(|stage| stage.steps.as_slice()).unwrap_or_default();
            let own = parsed.stages.last().map(|stage| stage.from.assumed());
            let direct = own == self.program.image.base.as_ref().map(|base| base.value.clone());
            !direct
                || last.iter().any(|step| match step {
                    Step::Run(_) | Step::Env(_) | Step::WorkingDirectory(_) => true,
                    Step::Copy(copy) => {
                        let to = copy.destination.assumed();
                        !to.starts_with('/') || near(&to)
                    }
                    _ => false,
                })
        });
        let plain = |word: &Text| {
            let word = word.assumed();
            ["nginx", "-g", "daemon off;", "httpd-foreground", "httpd", "-DFOREGROUND", "-D", "FOREGROUND"]
                .contains(&word.as_str())
        };
        let told = own.entrypoint.is_some()
            || self.program.image.entrypoint.is_some()
            || !own.command.iter().flat_map(|command| &command.words).all(plain)
            || !self.program.image.cmd.iter().flatten().all(plain);
        let part = own.build.as_ref().is_some_and(|build| build.target.is_some());
        !(mounted || part || built || told || self.program.image.assumed || self.may_move_ports(image))
    }
}
