//! The ports that a program opens, against what is only said of them.

use super::bound::Bound;
use super::endpoint::HostKind;
use super::environment::{Effective, EffectiveEnvironment, Layer};
use super::images::{ImageKind, KnownImage};
use super::listeners::{self, Listener, ListenerSource};
use super::reach::Target;
use super::{Dial, ServiceFacts, tools, values};
use crate::programs::{Program, Role};
use crate::source::{Span, Text};

impl ServiceFacts<'_> {
    /// Whether all that its code, or the one server that its command starts, opens is one port, which is known: what a
    /// Dockerfile says of another opens none.
    #[must_use]
    pub fn opens_only_one(&self) -> bool {
        if let [server] = self.program.servers.as_slice() {
            let opened = self.listeners.iter().filter(|listener| listener.source == ListenerSource::Program);
            return server.last && self.image.is_none() && !self.opens_unknown && opened.count() == 1;
        }
        self.is_told_all() && self.opens_one_by_code()
    }

    /// Whether no file that is not there may say another port.
    fn is_told_all(&self) -> bool {
        self.environment.get("PORT").is_some()
            || self.program.absent_dotenv.iter().all(|file| {
                let example = file.example.as_ref();
                example.is_some_and(|set| !set.iter().any(|(name, _)| self.may_be_told_by(name)))
            })
    }

    /// Whether its code opens one port, as far as its environment, and no file of its own, tells it which.
    fn opens_one_by_code(&self) -> bool {
        let serves = self.program.modules.iter().flat_map(|module| &module.serves).count();
        let opened = self.listeners.iter().filter(|listener| listener.source == ListenerSource::Program);
        // The server of a framework, and of languages whose servers are told a whole address, stands in `bound` alone.
        let one = serves == 1 || serves == 0 && self.bound.len() == 1 && opened.count() == 1;
        let by_code = self.image.is_none() && self.program.servers.is_empty() && !self.opens_unknown;
        one && by_code && self.program.entry_known
    }

    /// Whether all ports that are open in its container are opened by code that is seen, and known.
    #[must_use]
    pub fn opens_by_code(&self) -> bool {
        let serves = self.program.modules.iter().any(|module| !module.serves.is_empty());
        serves
            && self.is_told_all()
            && self.image.is_none()
            && self.program.servers.is_empty()
            && !self.opens_unknown
            && self.program.entry_known
    }

    /// Whether its program takes a port from a variable of this name, which nothing sets.
    fn may_be_told_by(&self, name: &str) -> bool {
        let mut reads = self.program.modules.iter().flat_map(|module| &module.reads);
        name.contains("PORT")
            && self.environment.get(name).is_none()
            && reads.any(|read| read.name.value.eq_ignore_ascii_case(name))
    }

    /// Whether only `EXPOSE`, `expose` or `ports` speaks of the port, and the program opens another.
    #[must_use]
    pub fn only_says(&self, port: u16) -> bool {
        let mut of = self.listeners.iter().filter(|listener| listener.covers(port)).peekable();
        of.peek().is_some()
            && of.all(|listener| {
                use ListenerSource::{Dockerfile, Expose, Ports};
                matches!(listener.source, Dockerfile(_) | Expose(_) | Ports(_))
            })
            && self.opens_only_one()
    }

    /// Whether something else is started in its container than what its image is there for.
    fn is_replaced(&self) -> bool {
        let commands = self.program.commands.iter().flatten().map(String::as_str);
        self.only_asks()
            || self.service.entrypoint.is_some()
                && self.program.servers.is_empty()
                && !self.program.commands.is_empty()
                && !tools::start(commands)
    }

    /// Whether something listens on the port in its container; what its image listens on counts only as long as that is
    /// what is started.
    #[must_use]
    pub fn answers_itself_on(&self, port: u16) -> bool {
        let mut of = self.listeners.iter().filter(|listener| listener.covers(port)).peekable();
        of.peek().is_some()
            && !(self.is_replaced() && of.all(|it| it.source == ListenerSource::Image))
            && (!self.only_says(port) || self.may_listen_on(port))
    }

    /// Whether its image would listen on the port, and is told another, or is one without it: only `ports` and the like still
    /// speak of it.
    fn is_told_another(&self, port: u16) -> bool {
        let known = |image: &super::images::KnownImage| {
            !self.leaves_ports_open(image) && image.ports.iter().any(|known| known.port == port)
        };
        let says = |source: ListenerSource| {
            matches!(
                source,
                ListenerSource::Dockerfile(_) | ListenerSource::Expose(_) | ListenerSource::Ports(_)
            )
        };
        let mut of = self.listeners.iter().filter(|listener| listener.covers(port));
        self.image.is_some_and(known)
            && self.service.entrypoint.is_none()
            && !self.image.is_some_and(|image| self.may_move_ports(image))
            && of.all(|listener| says(listener.source))
    }

    /// The port that it listens on in place of this one, which is only published or exposed: that of its image, or the one
    /// that its code opens because the compose file tells it so.
    #[must_use]
    pub fn moved_from(&self, port: u16) -> Option<u16> {
        if self.is_told_another(port) {
            let own = self.listeners.iter().find(|listener| listener.source == ListenerSource::Image);
            return own.map(|listener| listener.ports.0).filter(|own| *own != port);
        }
        if self.is_stateful() && !self.may_listen_on(port) {
            // To publish another port of a server opens none.
            let (known, _) = self.known_ports()?;
            return known.first().copied().filter(|_| !known.contains(&port));
        }
        if !self.opens_only_one() || !self.program.servers.is_empty() {
            return None;
        }
        let mut by_code = self.listeners.iter().filter(|listener| listener.source == ListenerSource::Program);
        let opened = by_code.next()?.ports.0;
        // A server for another protocol may stand beside it.
        if by_code.any(|listener| listener.ports != (opened, opened)) {
            return None;
        }
        let told = |effective: &Effective| {
            let given = matches!(effective.layer, Layer::Environment | Layer::EnvFile);
            let value = effective.value().filter(|_| given).and_then(Text::complete);
            value.is_some_and(|value| value.trim().parse() == Ok(opened))
        };
        let moved = opened != port && self.environment.iter().any(|(_, effective)| told(effective));
        (moved && !self.may_listen_on(port)).then_some(opened)
    }

    /// Whether a source has the word elsewhere than for a name of its own: `const PORT = …`, and where that is used.
    fn mentions_variable(&self, word: &str) -> bool {
        const MAKES: [&str; 7] = ["const ", "let ", "var ", "val ", "final ", "static ", "int "];
        let scope = &self.program.scope;
        let mut found =
            scope.mentioning(word).iter().filter_map(|index| scope.get(*index)).collect::<Vec<_>>();
        found.retain(|(_, source)| {
            source.glance(|text| {
                let own = MAKES.iter().any(|make| {
                    let mut rests =
                        text.match_indices(make).filter_map(|(at, _)| text.get(at + make.len()..));
                    rests.any(|rest| {
                        rest.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
                    })
                });
                let asks = |at: usize| {
                    let before = text.get(..at).and_then(|before| before.chars().next_back());
                    before.is_some_and(|before| matches!(before, '"' | '\'' | '.'))
                };
                !own || text.match_indices(word).any(|(at, _)| asks(at))
            })
        });
        !found.is_empty()
    }

    /// Whether its command or environment names the port: it may well listen there. Where they name it as that
    /// of another server, in an address, they do not.
    #[must_use]
    pub fn may_listen_on(&self, port: u16) -> bool {
        let digits = port.to_string();
        let names = |text: &Text| {
            let text = text.assumed();
            !is_for_clients(&text) && text.split(|c: char| !c.is_ascii_digit()).any(|found| found == digits)
        };
        // Images that are known have their own variables for it; a file may be there for other services, too.
        let own = |name: &str, effective: &Effective| {
            self.image.is_none_or(|image| effective.layer != Layer::EnvFile && !means_nothing(image, name))
        };
        let of_others = |effective: &Effective| {
            let elsewhere = |dial: &&Dial<'_>| {
                matches!(dial.target, Some(Target::Sibling(_)))
                    || matches!(dial.host(), HostKind::Domain(_)) && !dial.speaks_web()
            };
            let written = |span: Span| {
                let pieces = effective.value().map_or(&[][..], Text::pieces);
                !span.is_none() && pieces.iter().any(|piece| piece.origin.written.contains(span))
            };
            let mut dials = self.dials.iter().filter(elsewhere).filter(|dial| dial.port() == Some(port));
            dials.any(|dial| {
                let port = dial.endpoint.address().and_then(|address| address.port.as_ref());
                written(dial.place) || port.is_some_and(|port| written(port.span()))
            })
        };
        // Of the variables, the one server that its command starts has been asked already; code that is seen to open one port
        // does not open those of addresses.
        let one = self.opens_only_one() || self.opens_by_code();
        let told = one && !self.program.servers.is_empty();
        let address = |it: &Effective| one && it.value().is_some_and(|value| value.assumed().contains("://"));
        let commands = [&self.service.entrypoint, &self.service.command].into_iter().flatten();
        // Nor, in languages whose settings are all seen, do those that nothing looks at.
        let all_seen = self.environment.unseen().is_none();
        let seen = one && all_seen;
        let whole =
            seen && self.is_written_in(&["java", "kt", "cs", "rs", "go", "py", "js", "mjs", "cjs", "ts"]);
        // A file of variables may be there for Compose, and for others.
        let by_code = all_seen && (one || self.opens_one_by_code());
        let shared = |it: &Effective| {
            by_code && it.layer == Layer::EnvFile && self.bound.iter().all(Bound::is_of_code)
        };
        let reads = |name: &str| {
            let mut reads = self.program.modules.iter().flat_map(|module| &module.reads);
            reads.any(|read| read.name.value.eq_ignore_ascii_case(name))
                || self.mentions_variable(name)
                || self.program.command.iter().any(|word| word.assumed().contains(name))
        };
        // Nor does a web server, whose settings are seen, listen where those do not say.
        let whole = whole || self.listens_as_configured();
        let looked_at = |name: &str, it: &Effective| {
            // Proxies read this one.
            let of_proxies = name == "VIRTUAL_PORT";
            !(whole || shared(it) || of_proxies) || name.starts_with("SPRING_APPLICATION") || reads(name)
        };
        let set = self.environment.iter().filter(|(name, it)| {
            !told && !address(it) && own(name, it) && !of_others(it) && looked_at(name, it)
        });
        // What the image would start is not started where the service has a command of its own.
        let is_own = self.service.command.is_none() && self.service.entrypoint.is_none();
        let told_by = |text: &Text| {
            let used = self.without_unused_defaults(&text.assumed());
            names(&Text::known(used, crate::source::Origin::default()))
        };
        commands.flat_map(|command| &command.words).any(told_by)
            || is_own && self.program.image.command.iter().any(told_by)
            || set.filter_map(|(_, it)| it.value()).any(names)
    }
}

impl ServiceFacts<'_> {
    /// The text of a command without what the shell would put in place of variables that are set: `8080` of `${PORT:-8080}`.
    fn without_unused_defaults(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            let default = tail.strip_prefix(":-").or_else(|| tail.strip_prefix('-'));
            let is_set = || self.environment.value(name).is_some_and(|value| value.is_blank() == Some(false));
            rest = match default.and_then(|default| default.split_once('}')) {
                Some((value, tail)) if !value.contains('$') && is_set() => tail,
                _ => after,
            };
        }
        out + rest
    }
}

/// Whether the code opens ports that are not known, of which `unknown` are its servers' own and the others `bound`. Where there is
/// but one, it is the port that a variable gives, unless that is known to be another server's.
pub(super) fn settle(
    listeners: &mut Vec<Listener>,
    bound: &mut [Bound<'_>],
    unknown: usize,
    by_variable: impl Fn() -> Option<u16>,
) -> bool {
    let taken = |port: &u16| {
        listeners.iter().any(|it| it.source == ListenerSource::Program && it.covers(*port))
            || bound.iter().any(|bound| bound.port == Some(*port))
    };
    let open = bound.iter().filter(|bound| bound.port.is_none() && bound.is_of_code()).count();
    if unknown + open != 1 {
        return unknown > 0;
    }
    let Some(port) = by_variable().filter(|port| !taken(port)) else { return unknown > 0 };
    match bound.iter_mut().find(|bound| bound.port.is_none() && bound.is_of_code()) {
        Some(bound) => bound.port = Some(port),
        None => listeners.push(listeners::served(port)),
    }
    false
}

/// The port that the one variable which the program reads for it gives, where the way from there to its server is not seen.
pub(super) fn by_variable(program: &Program, environment: &EffectiveEnvironment) -> Option<u16> {
    const NAMES: [&str; 9] = [
        "PORT",
        "APP_PORT",
        "SERVER_PORT",
        "HTTP_PORT",
        "API_PORT",
        "WEB_PORT",
        "LISTEN_PORT",
        "NODE_PORT",
        "BACKEND_PORT",
    ];
    let sources = program.modules.iter().filter(|module| module.role == Role::Source);
    let reads = sources.flat_map(|module| module.reads.iter().map(move |read| (module, read)));
    let mut reads = reads.filter(|(_, read)| NAMES.contains(&read.name.value.as_str())).peekable();
    let name = &reads.peek()?.1.name.value;
    let mut found = None;
    for (module, read) in reads {
        let port = values::port(program, environment, module, &read.expression);
        if read.name.value != *name || port.is_none() || found.is_some() && found != port {
            return None;
        }
        found = port;
    }
    found
}

/// Whether a database's image looks at no variable of this name: `POSTGRES_PORT` moves no port of PostgreSQL's.
fn means_nothing(image: &KnownImage, name: &str) -> bool {
    let database = matches!(image.kind, ImageKind::Database | ImageKind::Cache);
    database
        && (name.ends_with("_PORT") || name == "PORT")
        && !image.ports.iter().any(|port| port.variable.as_deref() == Some(name))
}

/// Whether the text is an address for clients of a database or broker, which tells no server where to listen.
fn is_for_clients(text: &str) -> bool {
    const SCHEMES: [&str; 7] = ["postgres", "postgresql", "mysql", "mongodb", "redis", "amqp", "jdbc:"];
    text.contains("://") && !text.contains("0.0.0.0") && SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}
