//! The addresses that servers listen at: every interface, or the container's loopback alone.

use super::dials::{self, By, Dial, Replaced};
use super::endpoint::{Address, HostKind};
use super::environment::EffectiveEnvironment;
use crate::finding::Confidence;
use crate::programs::{Module, Program, Role, Said, Server, Sink, SinkKind};
use crate::source::{Origin, Span, Text};

/// An address that a server listens at.
#[derive(Clone, Debug)]
pub struct Bound<'a> {
    /// The host, or several with blanks or commas between.
    pub host: Text,
    /// The port, if it is known.
    pub port: Option<u16>,
    /// Who says so.
    pub by: ToldBy<'a>,
    /// Where the host is written, or the best place there is.
    pub place: Span,
    /// How sure it is at most.
    pub sure: Confidence,
}

/// Who tells a server where to listen.
#[derive(Clone, Debug)]
pub enum ToldBy<'a> {
    /// An option of the command that starts it.
    Option(&'a Server),
    /// A variable that the server reads.
    Variable(&'static str, String),
    /// Nobody: the server's own default.
    Default(&'a Server),
    /// The code of the program.
    Source(&'a Sink),
    /// A library that the program calls, which has this default.
    Library(&'a Sink),
    /// Nobody: what OpenTelemetry's collector does by itself for this protocol.
    Collector(&'static str),
    /// A configuration file, which a proxy's is or not.
    Configuration(Role),
    /// An option of a command of which nothing else is known.
    Flag(String),
    /// Nobody: what the image of this name does as long as it has no configuration, and what to put into one.
    Image(&'static str, &'static str),
}

impl<'a> Bound<'a> {
    /// The address in a value, with or without a scheme, where it has a host and a port.
    pub(super) fn at(value: &Text, by: ToldBy<'a>) -> Option<Self> {
        let whole = value.assumed();
        let start = whole.find("://").map_or(0, |at| at + 3);
        let rest = whole.get(start..)?.split('/').next()?;
        let (host, port) = rest.rsplit_once(':').filter(|(host, _)| !host.is_empty())?;
        let host = value.slice(start, start + host.len());
        let place = host.span();
        Some(Self { host, port: Some(port.parse().ok()?), by, place, sure: Confidence::Likely })
    }
}

impl Bound<'_> {
    /// Whether it answers only inside the container.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let Some(hosts) = self.host.complete() else { return false };
        let hosts: Vec<&str> = hosts.split([' ', ',']).filter(|host| !host.is_empty()).collect();
        let inside = |host: &&str| {
            // Redis goes on without an address that begins with a minus and is not there.
            let host = Text::known(host.trim_start_matches('-').trim_matches(['[', ']']), Origin::default());
            let address = Address { host, port: None };
            address.kind() == HostKind::Loopback && !address.is_unspecified()
        };
        !hosts.is_empty() && hosts.iter().all(inside)
    }

    /// Whether the code of the program opens it.
    #[must_use]
    pub const fn is_of_code(&self) -> bool {
        matches!(self.by, ToldBy::Source(_) | ToldBy::Library(_))
    }

    /// The address for people.
    #[must_use]
    pub fn shown(&self) -> String {
        let host = self.host.assumed();
        self.port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }
}

/// Variables by which servers without a command of their own are told.
struct Variable {
    /// What its name begins with, in whatever case.
    start: &'static str,
    /// What it ends with.
    end: &'static str,
    /// Who reads it.
    reader: &'static str,
}

const VARIABLES: [Variable; 3] = [
    Variable { start: "ASPNETCORE_URLS", end: "", reader: "ASP.NET Core" },
    Variable { start: "DOTNET_URLS", end: "", reader: "ASP.NET Core" },
    Variable { start: "KESTREL__ENDPOINTS__", end: "__URL", reader: "Kestrel" },
];

/// Whether a variable of that name is meant.
fn is_meant(variable: &Variable, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("ASPNETCORE_KESTREL").map_or(name.clone(), |rest| format!("KESTREL{rest}"));
    let Some(rest) = name.strip_prefix(variable.start) else { return false };
    if variable.end.is_empty() { rest.is_empty() } else { rest.ends_with(variable.end) }
}

/// Where the servers of a program listen.
#[must_use]
pub fn of<'a>(
    program: &'a Program,
    environment: &EffectiveEnvironment,
    replaced: &Replaced<'_>,
) -> Vec<Bound<'a>> {
    let mut found: Vec<Bound<'a>> =
        program.servers.iter().filter_map(|server| by_command(server, environment)).collect();
    // What a server is told that loads the program's modules, those do not say.
    if program.servers.is_empty() {
        let given = dials::given(program, environment, replaced, |sink| sink.kind == SinkKind::Listen);
        found.extend(given.into_iter().filter(|dial| runs(program, dial)).filter_map(by_source));
    }
    // Gunicorn's settings are a module, too.
    let by_settings = |server: &Server| server.known.name == "gunicorn" && server.host == Said::Unknown;
    if program.servers.iter().any(by_settings) && environment.value("GUNICORN_CMD_ARGS").is_none() {
        let is_setting = |sink: &Sink| sink.kind == SinkKind::Listen && sink.callee.value == "bind";
        let given = dials::given(program, environment, replaced, is_setting);
        let bound: Vec<Bound<'a>> = given.into_iter().filter_map(by_source).collect();
        if !bound.is_empty() {
            found.retain(|bound| !matches!(bound.by, ToldBy::Default(server) if by_settings(server)));
            found.extend(bound);
        }
    }
    for module in &program.modules {
        let only = match module.listens.as_slice() {
            [one] => Some(one.value),
            _ => None,
        };
        found.extend(module.binds.iter().map(|bind| Bound {
            host: Text::known(bind.host.value.clone(), Origin::at(bind.host.span)),
            port: bind.port.or(only),
            by: ToldBy::Configuration(module.role),
            place: bind.host.span,
            sure: if module.role == Role::Proxy { Confidence::Certain } else { Confidence::Likely },
        }));
    }
    // Over all that variables say.
    let told = urls_option(program);
    if let Some(urls) =
        told.filter(|_| found.iter().all(|bound| matches!(bound.by, ToldBy::Configuration(_))))
    {
        return by_urls(&urls, "ASP.NET Core", "--urls");
    }
    let web_program = program.modules.iter().any(|it| it.is_web_host());
    let web = program.servers.is_empty() && found.is_empty() && web_program;
    if web && !environment.iter().any(|(name, _)| VARIABLES.iter().any(|known| is_meant(known, name))) {
        found.extend(by_ports(program, environment));
    }
    // What code hands to Kestrel, or to `Run`, stands over the addresses of variables: only its own endpoints come on top.
    let by_code = found.iter().any(|bound| bound.is_of_code() && bound.sure >= Confidence::Likely);
    for (name, urls) in environment.iter().filter(|_| program.servers.is_empty()) {
        let reader = VARIABLES.iter().find(|known| is_meant(known, name));
        let reader = reader.filter(|known| !(by_code && web_program && known.end.is_empty()));
        if let (Some(reader), Some(urls)) = (reader, urls.value()) {
            found.extend(by_urls(urls, reader.reader, name));
        }
    }
    found
}

/// The addresses that a command of .NET's hands to its program: `dotnet run --urls http://+:5000`.
fn urls_option(program: &Program) -> Option<Text> {
    let dotnet =
        |words: &&Vec<String>| words.first().is_some_and(|word| word.rsplit('/').next() == Some("dotnet"));
    let words = program.commands.iter().find(dotnet)?;
    let at = words.iter().position(|word| word == "--urls" || word.starts_with("--urls="))?;
    let word = words.get(at)?;
    let value = match word.strip_prefix("--urls=") {
        Some(value) => value,
        None => words.get(at + 1)?,
    };
    let value = value.trim_matches(['"', '\'']);
    program.command.iter().find_map(|text| {
        let from = text.assumed().find(value)?;
        Some(text.slice(from, from + value.len()))
    })
}

/// The ports of an ASP.NET Core program that is told no addresses: those that variables name, else the one that
/// its image's `ASPNETCORE_HTTP_PORTS` or, before .NET 8, `ASPNETCORE_URLS` does (".NET 8 container breaking changes").
fn by_ports<'a>(program: &'a Program, environment: &EffectiveEnvironment) -> Vec<Bound<'a>> {
    const PORTS: [&str; 4] =
        ["ASPNETCORE_HTTP_PORTS", "DOTNET_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_HTTPS_PORTS"];
    let any = |port: Option<u16>, name: &str, place: Span, sure: Confidence| Bound {
        host: Text::known("0.0.0.0", Origin::default()),
        port,
        by: ToldBy::Variable("ASP.NET Core", name.to_string()),
        place,
        sure,
    };
    let mut found = Vec::new();
    let mut plain = false;
    for name in PORTS {
        let Some(text) = environment.value(name).filter(|text| text.is_blank() != Some(true)) else {
            continue;
        };
        plain |= !name.contains("HTTPS");
        let ports = text.complete().unwrap_or_default();
        let ports = ports.split(';').map(|port| port.trim().parse().ok());
        found.extend(ports.map(|port| any(port, name, text.span(), Confidence::Certain)));
    }
    if !plain {
        // `dotnet run` goes by `launchSettings.json`, unless it is told not to.
        let says =
            |wanted: &[&str]| program.commands.iter().flatten().any(|word| wanted.contains(&word.as_str()));
        let from_source = says(&["run", "watch"]) && !says(&["--no-launch-profile"]);
        let base = program.image.base.as_ref().filter(|_| !from_source);
        if base.is_some_and(|base| is_of_sdk(&base.value)) {
            // Images of the SDK take back what those of the runtime say: the server's own default is left.
            found.push(Bound {
                host: Text::known("localhost", Origin::default()),
                port: Some(5000),
                by: ToldBy::Configuration(Role::Source),
                place: Span::NONE,
                sure: Confidence::Likely,
            });
            return found;
        }
        let port = base.and_then(|base| port_of_image(&base.value));
        found.push(any(port, "ASPNETCORE_HTTP_PORTS", Span::NONE, Confidence::Likely));
    }
    found
}

/// Whether an image is that of the SDK of .NET.
fn is_of_sdk(reference: &str) -> bool {
    let name = reference.strip_prefix("mcr.microsoft.com/dotnet/").and_then(|rest| rest.split(':').next());
    name.is_some_and(|name| matches!(name, "sdk" | "core/sdk" | "nightly/sdk"))
}

/// The port that images of .NET tell ASP.NET Core.
fn port_of_image(reference: &str) -> Option<u16> {
    let (name, tag) = reference.strip_prefix("mcr.microsoft.com/dotnet/")?.split_once(':')?;
    let name = name.trim_start_matches("core/").trim_start_matches("nightly/");
    let major: u16 = tag.split(['.', '-', '@']).next()?.parse().ok()?;
    match (name, major) {
        ("aspnet" | "runtime" | "runtime-deps", 8..) => Some(8080),
        ("aspnet" | "runtime" | "runtime-deps", _) => Some(80),
        _ => None,
    }
}

fn by_command<'a>(server: &'a Server, environment: &EffectiveEnvironment) -> Option<Bound<'a>> {
    let known = server.known;
    let set = |names: &'static [String]| {
        names.iter().find_map(|name| {
            Some((name, environment.value(name).filter(|text| text.is_blank() == Some(false))?))
        })
    };
    let default = |default: &'static Option<String>| {
        default.as_ref().map(|text| Text::known(text.clone(), Origin::default()))
    };
    let port = match &server.port {
        Said::Option(port, _) | Said::Variable(port, _) => port.parse().ok(),
        Said::Nothing => match set(&known.env.port) {
            Some((_, text)) => text.complete().and_then(|text| text.trim().parse().ok()),
            None => known.default.port.as_ref().and_then(|port| port.parse().ok()),
        },
        Said::Unknown => None,
    };
    let named = |name: &String| {
        let place = environment.value(name).map_or(Span::NONE, Text::span);
        let place = if place.is_none() { server.span } else { place };
        (ToldBy::Variable(&known.name, name.clone()), place)
    };
    let (host, (by, place), sure) = match &server.host {
        Said::Option(host, span) => {
            let place = if span.is_none() { server.span } else { *span };
            (
                Text::known(host.clone(), Origin::at(*span)),
                (ToldBy::Option(server), place),
                Confidence::Certain,
            )
        }
        Said::Variable(host, name) => {
            (Text::known(host.clone(), Origin::default()), named(name), Confidence::Certain)
        }
        Said::Nothing => match set(&known.env.host) {
            Some((name, text)) => (text.clone(), named(name), Confidence::Certain),
            None => {
                let sure = if server.seen { Confidence::Likely } else { Confidence::Possible };
                let sure = if known.has_settings() { sure } else { Confidence::Likely };
                (default(&known.default.host)?, (ToldBy::Default(server), server.span), sure)
            }
        },
        Said::Unknown => {
            (Text::unknown(Origin::default()), (ToldBy::Default(server), server.span), Confidence::Possible)
        }
    };
    let host = without_scheme(&host);
    Some(Bound { host, port, by, place, sure })
}

/// The host of `http://localhost:2379`.
fn without_scheme(host: &Text) -> Text {
    let Some(endpoint) = super::endpoint::Endpoint::from_url(host) else { return host.clone() };
    endpoint.address().map_or_else(|| host.clone(), |address| address.host.clone())
}

fn by_source(dial: Dial<'_>) -> Option<Bound<'_>> {
    let By::Sink(_, sink) = dial.by else { return None };
    let address = dial.endpoint.address()?;
    let host = address.host.clone();
    let library = host.origin().is_some_and(|origin| {
        origin.through.iter().any(|via| matches!(via, crate::source::Via::LibraryDefault(_)))
    });
    let by = if library { ToldBy::Library(sink) } else { ToldBy::Source(sink) };
    // Port 0 is any that is free: what listens there is for the program itself.
    let port = address.port_number();
    if port == Some(0) {
        return None;
    }
    let sure = if library { Confidence::Likely } else { Confidence::Certain };
    Some(Bound { host, port, by, place: dial.place, sure: sure.min(dial.sureness) })
}

/// The addresses in `http://localhost:5000;https://localhost:5001`.
fn by_urls<'a>(urls: &Text, reader: &'static str, variable: &str) -> Vec<Bound<'a>> {
    let whole = urls.assumed();
    let mut at = 0;
    let mut found = Vec::new();
    for part in whole.split(';') {
        let text = urls.slice(at, at + part.len());
        at += part.len() + 1;
        let Some(endpoint) = super::endpoint::Endpoint::from_url(&text) else { continue };
        let Some(address) = endpoint.address() else { continue };
        found.push(Bound {
            host: address.host.clone(),
            port: endpoint.port(),
            by: ToldBy::Variable(reader, variable.to_string()),
            place: if address.host.span().is_none() { urls.span() } else { address.host.span() },
            sure: Confidence::Certain,
        });
    }
    found
}

/// Whether the code that opens the port is run: what a module does only when it is started itself is not when
/// another is.
fn runs(program: &Program, dial: &Dial<'_>) -> bool {
    let By::Sink(module, sink) = dial.by else { return false };
    // In place of a file that is not there, the one is read that is meant.
    let meant = program.unstarted.is_some() || program.absences.module.is_some();
    !module.run_alone.iter().any(|span| span.contains(sink.span)) || meant || is_started(program, module)
}

/// Whether a command names the module's file, or the module with `-m`.
fn is_started(program: &Program, module: &Module) -> bool {
    let name = module.path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let stem = module.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    program.commands.iter().any(|words| {
        let modules = words.iter().zip(words.iter().skip(1)).filter(|(option, _)| *option == "-m");
        let mut named = modules.map(|(_, module)| module.rsplit('.').next().unwrap_or(module));
        let mut files = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
        files.any(|file| file == name) || named.any(|last| last == stem) || stem == "__main__"
    })
}
