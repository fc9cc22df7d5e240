//! Which ports are wrong to dial, for the rules that say so of programs and of proxies.

use super::prelude::*;
use super::{phrases, wiring};
use crate::facts::{self, Asked, Listener, ListenerSource, ToldBy, advertised, telemetry};

/// A port on which the service that is dialled does not listen.
pub struct Port<'a> {
    /// The port.
    pub dialled: u16,
    /// The one to write.
    pub right: u16,
    /// Why, as a clause: "it listens on 8000".
    pub why: String,
    /// Where it is written, or the host that has it for its default.
    pub place: Span,
    /// How sure it is.
    pub confidence: Confidence,
    published: Option<&'a crate::compose::Port>,
}

impl Port<'_> {
    /// The finding with the place that says where the target listens.
    #[must_use]
    pub fn explain(&self, finding: Finding, target: &ServiceFacts<'_>) -> Finding {
        let host = &target.service.name;
        match self.published {
            Some(entry) => finding.also(
                entry.origin.written,
                format!("publishes port {} of the container as {}", self.right, self.dialled),
            ),
            None => {
                finding.also(host.span, format!("`{}` listens on {}", host.value, wiring::listened(target)))
            }
        }
    }
}

/// What is wrong with the port of a dial that reaches `target`, if anything is.
#[must_use]
pub fn wrong<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    let other = of_another_protocol(dial, target).or_else(|| behind_http(dial, target));
    let other = other.or_else(|| of_no_listener(dial, target)).or_else(|| of_no_input(dial, target));
    if let Some(other) = other.or_else(|| of_workers(dial, target)) {
        return Some(other);
    }
    // A bare host speaks of no port where nothing but HTTP is known of it, nor does one that a variable of the host left blank.
    let address = dial.endpoint.address()?;
    let bare = dial.speaks_web() && address.port.is_none() && dial.endpoint.scheme.is_none();
    let left_blank = |piece: &crate::source::Piece| {
        piece.text.is_empty() && matches!(piece.certainty, Certainty::Depends(_))
    };
    let ends_open = dial.endpoint.text.assumed().trim_end_matches('/').ends_with(':');
    // The builder of Rust's mails is told its port afterwards.
    let later =
        address.port.is_none() && dial.sink().is_some_and(|sink| sink.callee.value.contains("SmtpTransport"));
    if bare || later || ends_open || dial.endpoint.text.pieces().iter().any(left_blank) {
        return None;
    }
    let said = dial.port().filter(|port| target.listens_on(*port));
    let moved = said.and_then(|port| target.moved_from(port));
    let opened_not = |port: u16| !target.listens_on(port) || moved.is_some() || target.only_says(port);
    let port = dial.port().filter(|port| opened_not(*port) && !target.may_listen_on(*port))?;
    let same = |entry: &&crate::compose::Port| entry.target.0 <= port && port <= entry.target.1;
    let published = target.published_as(port).filter(|entry| moved.is_none() && !same(entry));
    let by_image = target.listeners.iter().any(|listener| listener.source == ListenerSource::Image);
    let spoken = dial.protocols.iter().any(|protocol| target.speaks(protocol));
    // Of an image that is not known, only the mapping says anything: published port for container port.
    let (confidence, right) = match published {
        // What a proxy listens on is said in a configuration that is mounted.
        Some(entry) if target.image.is_some_and(|image| image.open_ports) => {
            let all = served(target, port).is_some_and(|served| served == entry.target.0);
            (if all { Confidence::Likely } else { Confidence::Possible }, Some(entry.target.0))
        }
        // What is not known may well listen on the port that is its protocol's own: then the mapping is wrong.
        Some(entry) if target.image.is_none() && is_usual(dial, port) && !is_usual(dial, entry.target.0) => {
            (Confidence::Possible, Some(entry.target.0))
        }
        Some(entry) => (Confidence::Likely, Some(entry.target.0)),
        None if moved.is_some() => (
            Confidence::Likely,
            dial.protocols.iter().find_map(|protocol| target.port_of(protocol)).or(moved),
        ),
        None if by_image && spoken => (Confidence::Likely, wiring::port_to_dial(dial, target)),
        // What is only waited for has no protocol of its own: `nc -z db 5433`.
        None if by_image && waits(dial) && target.image.is_some_and(|image| !image.open_ports) => {
            let first = target.listeners.iter().find(|listener| listener.source == ListenerSource::Image);
            (Confidence::Likely, first.map(|listener| listener.ports.0))
        }
        None => {
            let right = opened(target).or_else(|| served(target, port)).or_else(|| near(target, port))?;
            (Confidence::Likely, Some(right))
        }
    };
    let right = right.filter(|right| *right != port)?;
    let why = match published {
        Some(_) => format!("{port} is the port it is published as on the host; inside it listens on {right}"),
        None => match moved {
            Some(_) if by_image => format!("it listens on {right}, whatever is published"),
            Some(moved) => format!("its environment has it listen on {moved}"),
            None => format!("it listens on {}", wiring::listened(target)),
        },
    };
    Some(Port { dialled: port, right, why, place: written(dial), confidence, published })
}

/// Whether the port is the one of a protocol that the dial speaks, which is none of the web.
fn is_usual(dial: &Dial<'_>, port: u16) -> bool {
    let mut protocols = dial.protocols.iter().filter(|protocol| !protocol.starts_with("http"));
    !dial.is_of_proxy() && protocols.any(|protocol| facts::protocol::default_port(protocol) == Some(port))
}

/// A port of Logstash's on which no input of its pipeline listens.
fn of_no_input<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    let port = dial.port()?;
    let inputs = target.inputs().filter(|inputs| !inputs.contains(&port))?;
    let right = inputs.into_iter().find(|input| !(9600..=9700).contains(input))?;
    let why = format!("an input of its pipeline listens on {right}");
    Some(Port {
        dialled: port,
        right,
        why,
        place: written(dial),
        confidence: Confidence::Likely,
        published: target.published_as(port).filter(|entry| entry.target.0 == right),
    })
}

/// A port of the target's image on which it speaks something else than the client does: RabbitMQ's management page.
fn of_another_protocol<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    let port = dial.port()?;
    // What a name alone says may be about any of the server's ports, but for mail servers: nobody dials their pages.
    let mail = dial.protocols == ["smtp"];
    let seen = dial.sink().is_some() || dial.endpoint.scheme.is_some() || mail;
    // `http://` may carry gRPC and more.
    let seen = seen && !dial.speaks_web() && !dial.protocols.contains(&"grpc");
    let right = dial.protocols.iter().find_map(|protocol| target.port_of(protocol)).filter(|_| seen)?;
    let mut here = target.listeners.iter().filter(|listener| listener.covers(port));
    let mut by_image = here.clone().filter(|listener| listener.source == ListenerSource::Image).peekable();
    let first = by_image.peek()?.protocol.clone()?;
    let other = |listener: &Listener| {
        listener.protocol.as_ref().is_some_and(|spoken| !dial.protocols.contains(&spoken.as_str()))
    };
    let known = here.all(|listener| match listener.source {
        ListenerSource::Image => other(listener),
        ListenerSource::Configuration(_) | ListenerSource::Program => false,
        _ => true,
    });
    if right == port || !known || !by_image.all(other) {
        return None;
    }
    let spoken = dial.protocols.first().copied().unwrap_or_default();
    let why = format!("it speaks {first} there, and {spoken} on {right}");
    Some(Port {
        dialled: port,
        right,
        why,
        place: written(dial),
        confidence: Confidence::Likely,
        published: None,
    })
}

/// A port of the target's image on which nothing speaks HTTP, or on which HTTP only carries its pages: MinIO's
/// console for its API, ClickHouse's native port for its HTTP interface.
fn behind_http<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    let web = dial.speaks_web() || dial.asks_for() == Some(Asked::Telemetry);
    let port = dial.port().filter(|_| web)?;
    let here: Vec<&Listener> = target.listeners.iter().filter(|listener| listener.covers(port)).collect();
    let by_image =
        here.iter().filter(|listener| listener.source == ListenerSource::Image).collect::<Vec<_>>();
    let moved = here.iter().any(|listener| {
        matches!(listener.source, ListenerSource::Configuration(_) | ListenerSource::Program)
    });
    let first = by_image.first().filter(|_| !moved)?;
    let serves = |protocol: &str| {
        let mut others = target.listeners.iter().filter(|listener| !listener.page);
        others.find(|other| other.protocol.as_deref() == Some(protocol)).map(|other| other.ports.0)
    };
    let (right, why) = if by_image.iter().all(|listener| listener.page) {
        let (right, what) = match dial.asks_for()? {
            Asked::Objects => (serves("http")?, "S3"),
            Asked::Telemetry => {
                let path = dial.endpoint.text.assumed().contains("/v1/");
                let (first, second) = if path { ("http", "grpc") } else { ("grpc", "http") };
                (of_telemetry(target, first).or_else(|| of_telemetry(target, second))?, "OTLP")
            }
        };
        (right, format!("it only serves its pages there, and {what} on {right}"))
    } else {
        let spoken = first.protocol.as_deref()?;
        let web = |protocol: &str| crate::facts::protocol::is_web(protocol) || protocol == "grpc";
        let all = by_image.iter().all(|listener| listener.protocol.as_deref().is_some_and(|it| !web(it)));
        // Bolt takes websockets on its own port.
        let scheme = dial.endpoint.scheme_name().filter(|scheme| web(scheme) && spoken != "neo4j")?;
        let right = serves(&scheme).or_else(|| serves("http")).filter(|_| all)?;
        (right, format!("it speaks {spoken} there, and {scheme} on {right}"))
    };
    let place = written(dial);
    let confidence = Confidence::Likely;
    (right != port).then_some(Port { dialled: port, right, why, place, confidence, published: None })
}

/// The port for OTLP over the one protocol, to which a client sends it over the other.
pub fn of_telemetry_sent<'a>(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'a>,
) -> Option<Port<'a>> {
    let dialled = dial.port().filter(|port| [telemetry::GRPC, telemetry::HTTP].contains(port))?;
    let right = client.port_for_telemetry(dial).filter(|right| *right != dialled)?;
    let (spoken, there) = if right == telemetry::HTTP { ("HTTP", "gRPC") } else { ("gRPC", "HTTP") };
    target.takes_telemetry().then(|| Port {
        dialled,
        right,
        why: format!("it sends OTLP over {spoken}, and {there} is spoken there; for {spoken} it is {right}"),
        place: written(dial),
        confidence: Confidence::Likely,
        published: None,
    })
}

/// A port on which a broker of Kafka's has no listener for clients: that of its controllers, or one that is only published.
fn of_no_listener<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    let port = dial.port().filter(|_| dial.protocols == ["kafka"])?;
    let ports = advertised::ports_for_clients(target).filter(|ports| !ports.contains(&port))?;
    let published = target.published_as(port).filter(|entry| entry.target.0 != port);
    let right = ports.first().copied().filter(|_| published.is_none())?;
    let all = phrases::list_of_ports(ports.iter().map(|port| (*port, *port)).collect());
    Some(Port {
        dialled: port,
        right,
        why: format!("its listeners for clients are on {all}"),
        place: written(dial),
        confidence: Confidence::Likely,
        published: None,
    })
}

/// A port that PHP's process manager does not open: it has one, and what would move it lies in its settings.
fn of_workers<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    const PORT: u16 = 9000;
    let fastcgi = dial.protocols == ["fastcgi"] && facts::runs_workers(target);
    let mut layers = target.program.files.layers().iter();
    // `php-fpm.conf`, `php-fpm.d`, and the folder that holds both.
    let told = layers.any(|layer| {
        let target = layer.target.to_string_lossy();
        target.starts_with("/usr/local/etc/php-fpm") || "/usr/local/etc/php-fpm.d".starts_with(&*target)
    });
    let port =
        dial.port().filter(|port| fastcgi && !told && *port != PORT && !target.may_listen_on(*port))?;
    Some(Port {
        dialled: port,
        right: PORT,
        why: format!("its process manager listens on {PORT}"),
        place: written(dial),
        confidence: Confidence::Likely,
        published: None,
    })
}

/// The port on which the target's image takes telemetry with this protocol.
fn of_telemetry(target: &ServiceFacts<'_>, protocol: &str) -> Option<u16> {
    let wanted = if protocol == "grpc" { 4317 } else { 4318 };
    target.listeners.iter().any(|listener| listener.covers(wanted)).then_some(wanted)
}

/// Whether the dial only waits until somebody listens.
fn waits(dial: &Dial<'_>) -> bool {
    dial.sink().is_some_and(|sink| sink.kind == crate::programs::SinkKind::Tcp)
}

/// Where the port is written.
fn written(dial: &Dial<'_>) -> Span {
    let written = dial.endpoint.address().and_then(|address| address.port.as_ref()).map(Text::span);
    written.filter(|span| !span.is_none()).unwrap_or(dial.place)
}

/// The one port that the configuration of a web server in the target's container says, where all its ports are known and this is
/// none of them.
fn served(target: &ServiceFacts<'_>, port: u16) -> Option<u16> {
    let (known, _) = target.known_ports().filter(|(known, _)| !known.contains(&port))?;
    let said = |listener: &&Listener| matches!(listener.source, ListenerSource::Configuration(_));
    let mut said = target.listeners.iter().filter(said).map(|listener| listener.ports.0);
    let first = said.next().filter(|port| known.contains(port))?;
    said.all(|other| other == first).then_some(first)
}

/// Of several ports that the target's code opens, which are all known, the only one near to this, which is none of them.
fn near(target: &ServiceFacts<'_>, port: u16) -> Option<u16> {
    const NEAR: u16 = 10;
    let by_code = target.image.is_none() && target.program.servers.is_empty();
    let (known, _) = target.known_ports().filter(|(known, _)| by_code && !known.contains(&port))?;
    let mut near = known.into_iter().filter(|other| other.abs_diff(port) < NEAR);
    near.next().filter(|_| near.next().is_none())
}

/// The one port that the target's code opens, where all else that is said of its ports agrees; where nothing is said,
/// all that it opens must be known.
fn opened(target: &ServiceFacts<'_>) -> Option<u16> {
    let by_code = |listener: &&Listener| listener.source == ListenerSource::Program;
    // What it opens for itself alone is none of those that may be meant.
    let inside = |listener: &&Listener| {
        let mut bound = target.bound.iter().filter(|bound| bound.port == Some(listener.ports.0)).peekable();
        bound.peek().is_some() && bound.all(|bound| bound.is_loopback())
    };
    // Where that is all that it opens, it is told to be opened for others, too.
    let outside = target.listeners.iter().filter(by_code).any(|listener| !inside(&listener));
    let all = target.listeners.iter().filter(|listener| !(outside && by_code(listener) && inside(listener)));
    let (opened, mut said): (Vec<&Listener>, Vec<&Listener>) = all.partition(by_code);
    said.retain(|listener| !target.only_says(listener.ports.0));
    let port = opened.first()?.ports.0;
    let alone = opened.iter().all(|listener| listener.ports.0 == port);
    if alone {
        let agree = said.iter().all(|listener| listener.ports == (port, port));
        let sure = || {
            target.known_ports().is_some_and(|(ports, sure)| ports == [port] && sure >= Confidence::Likely)
        };
        // An option of the one server that it starts says enough by itself.
        let told = || {
            let mut bound = target.bound.iter();
            let by_option =
                bound.any(|bound| matches!(bound.by, ToldBy::Option(_)) && bound.port == Some(port));
            by_option && target.known_ports().is_some_and(|(ports, _)| ports == [port])
        };
        return (agree && (!said.is_empty() || sure() || told())).then_some(port);
    }
    // Of several, as ASP.NET Core is told, all have to be known, and the one is meant that is spoken of.
    let (known, _) = target.known_ports().filter(|_| target.is_written_in(&["cs"]))?;
    let agree =
        said.iter().all(|listener| listener.ports.0 == listener.ports.1 && known.contains(&listener.ports.0));
    said.first().map(|listener| listener.ports.0).filter(|_| agree)
}
