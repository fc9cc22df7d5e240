//! The servers that a container's commands start, and where they are told to listen.

mod known;
mod whole;

use std::path::{Path, PathBuf};

pub use known::KnownServer;
use known::{Only, table};

use super::entry::{Launch, Machine};
use super::{hosts, server_scripts, server_settings};
use crate::source::{Span, Text};

/// Servers of one container that are looked at.
const MAX_SERVERS: usize = 20;

/// A server that a container starts.
#[derive(Clone, Debug)]
pub struct Server {
    /// Which.
    pub known: &'static KnownServer,
    /// The command that starts it.
    pub program: &'static str,
    /// The host it is told.
    pub host: Said,
    /// The port it is told.
    pub port: Said,
    /// The word of the container's command that names it; [`Span::NONE`] where that stands in a script.
    pub span: Span,
    /// Whether the files that may say more can be seen.
    pub seen: bool,
    /// Whether nothing is started after it.
    pub last: bool,
}

impl Server {
    /// Whether only its own container reaches it: it is told to listen on the loopback, or for a proxy's workers alone.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.host {
            Said::Option(host, _) | Said::Variable(host, _) => hosts::is_loopback(host),
            Said::Nothing => {
                self.known.inner || self.known.default.host.as_deref().is_some_and(hosts::is_loopback)
            }
            Said::Unknown => false,
        }
    }
}

/// What a command says of a host or port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// This, by an option.
    Option(String, Span),
    /// This, by the variable.
    Variable(String, String),
    /// Nothing: the default holds.
    Nothing,
    /// Something that is not known.
    Unknown,
}

/// Programs whose names are also verbs of others, as in `ntfy serve`.
const VERBS: [&str; 1] = ["serve"];

/// The servers among the commands that a container comes to in the end; `command` is what it starts with, `others` are the texts
/// of what else runs in the build and at the start and the name of the image, `appended` says whether the command is handed to the own start of an image
/// that is not known, `bare` whether that holds nothing but what its Dockerfile puts there.
pub(super) fn of(
    machine: &Machine<'_>,
    commands: &[Launch],
    command: &[Text],
    others: &[String],
    (appended, bare): (bool, bool),
) -> Vec<Server> {
    let last = commands.len().saturating_sub(1);
    let says =
        |words: &[String]| others.iter().any(|text| words.iter().any(|word| text.contains(word.as_str())));
    let told = |server: Server| {
        let port = if says(&server.known.moved_by) { Said::Unknown } else { server.port.clone() };
        let host = if says(&server.known.hosted_by) { unknown(&server.host) } else { server.host.clone() };
        let seen = server.seen || bare;
        Server { host, port, seen, last: server.last && !says(&server.known.beside), ..server }
    };
    let found = commands
        .iter()
        .enumerate()
        .filter_map(|(at, launch)| {
            Some(Server { last: at == last, ..server(machine, launch, command, others)? })
        })
        .map(told)
        .filter(|server| !appended || !VERBS.contains(&server.program));
    found.take(MAX_SERVERS).collect()
}

fn server(machine: &Machine<'_>, launch: &Launch, command: &[Text], image: &[String]) -> Option<Server> {
    let whole = whole::command(machine, launch, image);
    let words = whole.as_deref().unwrap_or_else(|| program(&launch.words));
    let is_made = |known: &KnownServer| {
        let origins = || words.first().map(|first| machine.origins(&launch.path(first))).unwrap_or_default();
        let within =
            |folder: &String| origins().iter().any(|place| place.iter().any(|part| part == folder.as_str()));
        known.made_in.as_ref().is_none_or(within)
    };
    let is_there = |known: &KnownServer| {
        let there = |file: &String| machine.has(&launch.path(file));
        !known.settings.needed || known.settings.files.iter().any(there)
    };
    let possible = |known: &&KnownServer| is_made(known) && is_there(known);
    let (known, rest) = table().iter().filter(possible).find_map(|known| {
        let rest = known.commands.iter().find_map(|pattern| after(pattern, words))?;
        Some((known, rest))
    })?;
    let name = known.commands.iter().find(|pattern| after(pattern, words).is_some())?;
    let last = name.rsplit(' ').next().unwrap_or(name);
    let mut server = Server {
        known,
        program: name,
        host: Said::Nothing,
        port: Said::Nothing,
        span: written(command, last),
        seen: !machine.files.layers().is_empty(),
        last: false,
    };
    let set = |name: &str| launch.env.get(name).map(String::as_str);
    let mut rest = rest.to_vec();
    if let Some(section) = &known.ini {
        rest.extend(of_file(machine, launch, known, section));
    }
    let rest = rest.as_slice();
    let elsewhere = rest.iter().any(|word| {
        let option = word.split('=').next().unwrap_or(word);
        known.other.iter().any(|other| other == option)
    });
    by_options(&mut server, rest, command);
    // What the command says comes before what gunicorn's file does.
    let said = known.name == "gunicorn" && matches!(server.host, Said::Option(..));
    if elsewhere && !said || known.unknown.iter().any(|name| set(name).is_some()) {
        (server.host, server.port) = (Said::Unknown, Said::Unknown);
        return Some(server);
    }
    if known.commands.iter().all(|pattern| pattern == "php") && server.host == Said::Nothing {
        return None;
    }
    let of_variables = |names: &[String]| {
        let (name, value) = names.iter().find_map(|name| Some((name, set(name)?)))?;
        Some(if is_known(value) { Said::Variable(value.to_string(), name.clone()) } else { Said::Unknown })
    };
    if server.host == Said::Nothing {
        server.host = of_variables(&known.env.host).unwrap_or(Said::Nothing);
    }
    if server.port == Said::Nothing {
        server.port = of_variables(&known.env.port).unwrap_or(Said::Nothing);
    }
    if let Some((name, port)) = known.opens.as_ref().and_then(|name| Some((name, set(name)?)))
        && server.host == Said::Nothing
    {
        server.host = Said::Variable("0.0.0.0".to_string(), name.clone());
        server.port =
            if is_known(port) { Said::Variable(port.to_string(), name.clone()) } else { Said::Unknown };
    }
    by_script(&mut server, machine, launch, rest);
    let other = |only: &Only| {
        only.variables
            .iter()
            .any(|name| set(name).is_some_and(|value| !value.is_empty() && value != only.value))
    };
    let tells = |place: &PathBuf| {
        let text = machine.text(place);
        text.is_some_and(|text| known.settings.words.iter().any(|word| text.contains(word.as_str())))
    };
    let configured = known.settings.files.iter().any(|file| match file.strip_suffix('/') {
        Some(folder) => machine.brought_into(&launch.path(folder)).iter().any(tells),
        None => tells(&launch.path(file)),
    });
    if !known.settings.objects.is_empty() {
        let mut texts = known.settings.files.iter().filter_map(|file| machine.text(&launch.path(file)));
        if let Some(text) = texts.next() {
            by_objects(&mut server, &text);
        }
    }
    if let Some(section) = &known.settings.section {
        let mode = set("RAILS_ENV").or_else(|| set("RACK_ENV")).unwrap_or("development");
        let mut texts = known.settings.files.iter().filter_map(|file| machine.text(&launch.path(file)));
        if let Some(text) = texts.next() {
            for (said, key) in [(&mut server.host, "host"), (&mut server.port, "port")] {
                if *said == Said::Nothing {
                    *said = server_settings::said_in_yaml(&text, (mode, section), key);
                }
            }
        }
    }
    if let Some([table, host, port]) = &known.settings.toml {
        let mut texts = known.settings.files.iter().filter_map(|file| machine.text(&launch.path(file)));
        if let Some(text) = texts.next() {
            for (said, key) in [(&mut server.host, host), (&mut server.port, port)] {
                if *said == Said::Nothing {
                    *said = server_settings::said_in_toml(&text, table, key);
                }
            }
        }
    }
    if known.only.as_ref().is_some_and(other) || configured {
        server.host = unknown(&server.host);
        if configured {
            server.port = unknown(&server.port);
        }
    }
    Some(server)
}

/// The option that the INI file of the command gives an address by; one that says nothing where it gives several.
fn of_file(machine: &Machine<'_>, launch: &Launch, known: &KnownServer, section: &str) -> Vec<String> {
    let named =
        |word: &String| word.rsplit('=').next().filter(|file| file.ends_with(".ini")).map(str::to_string);
    let file = launch.words.iter().skip(1).find_map(named);
    let Some(text) = file.and_then(|file| machine.text(&launch.path(&file))) else { return Vec::new() };
    let sections = super::entry::ini_sections(&text);
    let Some(section) = sections.iter().find(|found| found.name == section) else { return Vec::new() };
    let mut said = known.address.iter().filter_map(|option| {
        let value = section.get(option.trim_start_matches('-'))?;
        // `$(PORT)` is the variable of that name.
        let value = launch
            .env
            .iter()
            .fold(value.to_string(), |value, (name, own)| value.replace(&format!("$({name})"), own));
        Some((option.clone(), value))
    });
    match (said.next(), said.next()) {
        (Some((option, value)), None) => vec![option, value],
        (Some((option, _)), Some(_)) => vec![option, "$".to_string()],
        _ => Vec::new(),
    }
}

/// What a script in Ruby says that neither the command nor a variable does: Puma's `config/puma.rb`.
fn by_script(server: &mut Server, machine: &Machine<'_>, launch: &Launch, words: &[String]) {
    let known = server.known;
    let named = words.windows(2).find_map(|pair| match pair {
        [option, file] if known.script.contains(option) => Some(file.clone()),
        _ => None,
    });
    let glued = words.iter().find_map(|word| {
        let (option, file) = word.split_once('=')?;
        known.script.iter().any(|known| known == option).then(|| file.to_string())
    });
    let named = named.or(glued).filter(|file| file != "-");
    let files = named.iter().chain(known.scripts.iter().filter(|_| named.is_none()));
    let text = files.filter_map(|file| machine.text(&launch.path(file))).next();
    let Some(text) = text else {
        // One that is named and not seen may say anything.
        if named.is_some() {
            (server.host, server.port) = (unknown(&server.host), unknown(&server.port));
        }
        return;
    };
    let (host, port) = server_scripts::said(&text, &|name| launch.env.get(name).cloned());
    if server.host == Said::Nothing {
        server.host = host;
    }
    if server.port == Said::Nothing {
        server.port = port;
    }
}

/// What is not known where nothing is said.
fn unknown(said: &Said) -> Said {
    if *said == Said::Nothing { Said::Unknown } else { said.clone() }
}

/// What settings in JavaScript say that the command does not.
fn by_objects(server: &mut Server, text: &str) {
    let objects = &server.known.settings.objects;
    let said = |key: &str, count: usize| {
        let mut found = objects.iter().take(count).map(|object| server_settings::said(text, object, key));
        found.find(|said| *said != Said::Nothing).unwrap_or(Said::Nothing)
    };
    let (host, port) = (said("host", objects.len()), said("port", 1));
    if server.host == Said::Nothing {
        server.host = host;
    }
    if server.port == Said::Nothing {
        server.port = port;
    }
}

/// The words from the program on: interpreters and their options taken off.
fn program(words: &[String]) -> &[String] {
    let base =
        |word: &String| Path::new(word).file_name().and_then(|name| name.to_str()).unwrap_or("").to_string();
    let Some((first, rest)) = words.split_first() else { return words };
    let name = base(first);
    let interpreter = name.starts_with("python")
        || matches!(name.as_str(), "pypy3" | "ruby" | "node")
        || name == "php" && !rest.iter().any(|word| word.starts_with("-S"));
    if !interpreter {
        return words;
    }
    let mut rest = rest;
    while let Some((word, more)) = rest.split_first() {
        match word.as_str() {
            "-m" => return more,
            "-W" | "-X" | "-d" => rest = more.get(1..).unwrap_or_default(),
            _ if word.starts_with('-') => rest = more,
            _ => return rest,
        }
    }
    rest
}

/// The words behind a program, if they begin with it.
fn after<'w>(pattern: &str, words: &'w [String]) -> Option<&'w [String]> {
    let (program, subcommand) = pattern.split_once(' ').map_or((pattern, None), |(a, b)| (a, Some(b)));
    let (first, rest) = words.split_first()?;
    if pattern == "*" {
        return Some(rest).filter(|rest| is_told_both(rest));
    }
    let name = Path::new(first).file_name()?.to_str()?;
    if name != program && name.strip_suffix(".js").or_else(|| name.strip_suffix(".mjs")) != Some(program) {
        return None;
    }
    match subcommand {
        None => Some(rest),
        // Options of the program may stand before: `flask --app shop run`.
        Some(words) => {
            let words: Vec<&str> = words.split(' ').collect();
            let here = |at: &usize| {
                rest.get(*at..at + words.len()).is_some_and(|others| others.iter().eq(words.iter()))
            };
            let at = (0..6).find(here)?;
            let plain = rest.get(..at)?.iter().filter(|other| !other.starts_with('-')).count();
            let options = at - plain;
            (plain <= options).then(|| rest.get(at + words.len()..))?
        }
    }
}

/// Whether options of whatever program say that it listens, and where: `-H 0.0.0.0 -p 9001`.
fn is_told_both(words: &[String]) -> bool {
    let value = |at: usize, option: &str| match option.split_once('=') {
        Some((_, value)) => Some(value.to_string()),
        None => words.get(at + 1).cloned(),
    };
    let has = |names: &[&str], fits: fn(&str) -> bool| {
        words.iter().enumerate().any(|(at, word)| {
            let name = word.split('=').next().unwrap_or(word);
            names.contains(&name) && value(at, word).is_some_and(|value| fits(&value))
        })
    };
    let every = |value: &str| matches!(value, "0.0.0.0" | "::" | "[::]");
    let port = |value: &str| value.parse::<u16>().is_ok();
    has(&["-H", "-h", "-a", "-b", "--host", "--hostname", "--bind", "--address", "--ip"], every)
        && has(&["-p", "-P", "--port"], port)
}

fn by_options(server: &mut Server, words: &[String], command: &[Text]) {
    let known = server.known;
    let mut positional = known.positional;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let next = words.get(at).filter(|next| !next.starts_with('-') || next.as_str() == "-");
        let given = |options: &[String]| -> Option<Option<(String, bool)>> {
            options.iter().find_map(|option| {
                let rest = word.strip_prefix(option.as_str())?;
                if option.ends_with('=') {
                    return Some(Some((rest.to_string(), false)));
                }
                match rest.strip_prefix('=') {
                    Some(value) => Some(Some((value.to_string(), false))),
                    None if rest.is_empty() => Some(next.map(|next| (next.clone(), true))),
                    // `-p8000`
                    None if option.len() == 2 && !option.starts_with("--") => {
                        Some(Some((rest.to_string(), false)))
                    }
                    None => None,
                }
            })
        };
        if let Some(value) = given(&known.address) {
            let Some((value, apart)) = value else { continue };
            at += usize::from(apart);
            address(server, &value, written(command, &value));
        } else if let Some(value) = given(&known.host) {
            server.host = match value {
                Some((mut value, apart)) => {
                    let span = written(command, &value);
                    at += usize::from(apart);
                    // `--bind 127.0.0.1 ::1`
                    while let Some(more) = words.get(at).filter(|_| apart && known.name == "Redis")
                        && !more.starts_with('-')
                    {
                        value.push(' ');
                        value.push_str(more);
                        at += 1;
                    }
                    told(&value, span)
                }
                None if known.all.contains(word) => Said::Option("0.0.0.0".to_string(), Span::NONE),
                None => Said::Unknown,
            };
        } else if known.all.contains(word) {
            server.host = Said::Option("0.0.0.0".to_string(), Span::NONE);
        } else if let Some(value) = given(&known.port) {
            server.port = match value {
                Some((value, apart)) => {
                    at += usize::from(apart);
                    told(&value, written(command, &value))
                }
                None => Said::Unknown,
            };
        } else if positional && !word.starts_with('-') {
            positional = false;
            address(server, word, written(command, word));
        }
    }
}

/// `host:port`, `:port`, `host`, `port`, and URLs; several with commas.
fn address(server: &mut Server, value: &str, span: Span) {
    if !is_known(value) {
        (server.host, server.port) = (Said::Unknown, Said::Unknown);
        return;
    }
    if value.starts_with("unix:") || value.contains('/') && !value.contains("://") {
        (server.host, server.port) = (Said::Unknown, Said::Unknown);
        return;
    }
    let one = |part: &str| {
        let part = part.split_once("://").map_or(part, |(_, rest)| rest).trim_end_matches('/');
        let (host, port) = match part.rsplit_once(':') {
            Some((host, port)) => (host, port),
            None if part.bytes().all(|byte| byte.is_ascii_digit()) => ("", part),
            None => (part, ""),
        };
        (host.trim_matches(['[', ']']).to_string(), port.to_string())
    };
    let parts: Vec<(String, String)> = value.split(',').map(one).collect();
    let Some((_, port)) = parts.first() else { return };
    if !port.is_empty() {
        server.port = Said::Option(port.clone(), span);
    }
    let bare = server.known.positional && parts.iter().all(|(host, _)| host.is_empty());
    if !bare {
        let hosts: Vec<&str> =
            parts.iter().map(|(host, _)| if host.is_empty() { "0.0.0.0" } else { host.as_str() }).collect();
        // `0:8000`
        let hosts: Vec<&str> =
            hosts.into_iter().map(|host| if host == "0" { "0.0.0.0" } else { host }).collect();
        server.host = Said::Option(hosts.join(" "), span);
    }
}

fn told(value: &str, span: Span) -> Said {
    let value = value.trim_matches(['\'', '"']);
    if is_known(value) { Said::Option(value.to_string(), span) } else { Said::Unknown }
}

fn is_known(value: &str) -> bool {
    !value.is_empty() && !value.contains(['$', '{', '`', Text::HOLE])
}

/// Where a word stands in the container's command.
fn written(command: &[Text], word: &str) -> Span {
    let found = command.iter().find_map(|text| {
        let whole = text.assumed();
        let at = whole.match_indices(word).map(|(at, _)| at).find(|at| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.' && c != '_');
            let before = whole.get(..*at).and_then(|text| text.chars().next_back());
            edge(before) && edge(whole.get(at + word.len()..).and_then(|text| text.chars().next()))
        })?;
        Some(text.slice(at, at + word.len()).span())
    });
    found.unwrap_or(Span::NONE)
}

#[cfg(test)]
mod tests;
