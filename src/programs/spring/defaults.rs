//! Clients that libraries make by themselves: a starter on the class path is enough, and without a setting they dial
//! loopback.

use std::collections::HashSet;

use super::as_property;
use super::describe::{Properties, Property, read};
use super::keys;
use super::manifests::Built;
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::{Expr, ModuleIndex, Read, ReadExpr, Scope, Sink, Start, UrlParts};
use crate::source::{Span, Spanned};

/// Ends of names that hold addresses.
const ADDRESSES: [&str; 14] = [
    "host",
    "hosts",
    "hostname",
    "url",
    "uri",
    "uris",
    "address",
    "addresses",
    "addr",
    "servers",
    "server",
    "nodes",
    "brokers",
    "endpoint",
];
/// Settings of Spring Boot 2 that later versions do not look at, and the libraries that read them all the same.
const RENAMED: &str = "spring.redis.";
const READ_ON: [&str; 4] = ["redisson", "migrator", "jetcache", "sa-token"];

/// Ways in which code of its own looks at variables and settings.
const LOOKS: [&str; 6] =
    ["@Value", "@ConfigurationProperties", "@ConfigProperty", "getenv", "getProperty", "Environment"];

/// What is known of a program besides its settings.
pub(super) struct Around<'a> {
    pub scope: &'a Scope,
    pub loaded: &'a [ModuleIndex],
    pub start: &'a Start<'a>,
    pub built: &'a Built,
}

impl Around<'_> {
    /// Whether the program's own code looks for something of that name, or makes a client of that kind.
    fn own(&self, concerned: impl Fn(&str) -> bool, client: Option<&Client>) -> bool {
        let sources = self.loaded.iter().filter_map(|index| self.scope.get(*index)).map(|(_, source)| source);
        sources.filter(|source| !source.front_end.joins()).any(|source| {
            let module = source.module();
            module.reads.iter().any(|read| {
                let property = as_property(&read.expression).map(|(name, _)| name);
                concerned(property.unwrap_or(&read.name.value)) || concerned(&read.name.value)
            }) || client.is_some_and(|client| module.sinks.iter().any(|sink| sink.kind == client.kind))
        })
    }

    /// The properties that the program's own code asks for by name.
    pub fn asked(&self) -> HashSet<String> {
        let sources = self.loaded.iter().filter_map(|index| self.scope.get(*index)).map(|(_, source)| source);
        let modules = sources.filter(|source| !source.front_end.joins()).map(|source| source.module());
        let reads = modules.flat_map(|module| &module.reads);
        reads.filter_map(|read| as_property(&read.expression)).map(|(name, _)| name.to_string()).collect()
    }

    /// Whether the program's own code has this word in it.
    pub fn mentions(&self, word: &str) -> bool {
        let mut sources =
            self.loaded.iter().filter_map(|index| self.scope.get(*index)).map(|(_, source)| source);
        sources.any(|source| !source.front_end.joins() && source.glance(|text| text.contains(word)))
    }

    /// Whether there is a program at all.
    fn runs(&self) -> bool {
        let mut sources = self.loaded.iter().filter_map(|index| self.scope.get(*index));
        sources.any(|(_, source)| !source.front_end.joins())
    }

    /// Whether settings by names that newer versions have given up are without effect.
    pub fn forgets(&self) -> bool {
        self.built.boot.is_some_and(|major| major >= 3)
            && !READ_ON.iter().any(|library| self.built.has(library))
            && !self.own(|name| name.starts_with(RENAMED), None)
    }
}

/// Whether a setting is one of those that newer versions have given up.
pub(super) fn is_renamed(name: &str) -> bool {
    name.starts_with(RENAMED)
}

/// Libraries that want a database, and those that bring one or make the program look for it in another way.
const OF_DATABASES: [&str; 3] =
    ["spring-boot-starter-data-jpa", "spring-boot-starter-jdbc", "spring-boot-starter-data-jdbc"];
const OTHERWISE: [&str; 11] = [
    "h2",
    "hsqldb",
    "derby",
    "embedded",
    "testcontainers",
    "docker-compose",
    "r2dbc",
    "druid",
    "dynamic-datasource",
    "shardingsphere",
    "cloud",
];

/// The read of the address of a database that the program does not start without, where nothing says it: Spring Boot
/// fails to configure a `DataSource`.
pub(super) fn database(properties: &Properties, around: &Around<'_>) -> Option<Read> {
    let wants = |library: &&Spanned<String>| OF_DATABASES.contains(&library.value.as_str());
    let library = around.built.libraries.iter().find(wants).filter(|_| around.runs())?;
    let about = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("datasource") || name.contains("autoconfigure") || name.contains("jdbc")
    };
    let ends = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["url", "name", "exclude", "type"]
            .iter()
            .any(|end| name.trim_end_matches([']', '[', '0']).ends_with(end))
    };
    let said =
        |name: &str| about(name) && ends(name) && !name.ends_with("username") && !name.ends_with("USERNAME");
    let environment = &around.start.environment;
    let told = properties.keys().any(|name| said(name))
        || environment.keys().any(|name| said(name) || name == "SPRING_APPLICATION_JSON");
    let own = || {
        let sources =
            around.loaded.iter().filter_map(|index| around.scope.get(*index)).map(|(_, source)| source);
        let mut sources = sources.filter(|source| !source.front_end.joins());
        sources.any(|source| source.glance(|text| text.contains("DataSource")))
    };
    let other = OTHERWISE.iter().any(|word| around.built.has(word));
    if told || other || around.built.boot.is_none() || own() {
        return None;
    }
    let at = library.span;
    let read =
        ReadExpr { default: None, required: true, ..read("spring.datasource", "url", Expr::Null(at), at) };
    let name = super::variable(&read)?.clone();
    Some(Read { name, expression: Expr::Read(Box::new(read)), required: true, held: None, span: at })
}

/// Whether variables of these settings are looked up by their names alone.
fn told_by_name(group: &str) -> bool {
    (group.starts_with("spring.") || group.starts_with("quarkus.")) && !group.contains('*')
}

/// The settings of known clients that variables give and no file has.
pub(super) fn told(properties: &Properties, start: &Start<'_>) -> Vec<Property> {
    let mut found: Vec<Property> = Vec::new();
    let upper: Vec<(&String, String)> =
        start.environment.keys().map(|name| (name, name.to_ascii_uppercase())).collect();
    let clients = Clients::of("spring").iter().filter(|client| client.libraries.is_empty());
    for client in clients {
        let slots = client.url.iter().chain(client.parts.values()).flatten();
        let slots: Vec<&String> = slots
            .filter_map(|slot| match slot {
                Slot::Name(name) => Some(name),
                Slot::Position(_) => None,
            })
            .collect();
        for group in client.names.iter().filter(|group| told_by_name(group)) {
            for slot in &slots {
                let name = format!("{group}.{slot}");
                let (variable, aliases) = keys::variables(&name);
                let is = |upper: &str| {
                    upper == variable || aliases.iter().any(|alias| alias.eq_ignore_ascii_case(upper))
                };
                let Some((set, _)) = upper.iter().find(|(_, upper)| is(upper)) else { continue };
                if properties.contains_key(&keys::canonical(&name))
                    || found.iter().any(|known| known.key.value == name)
                {
                    continue;
                }
                let nothing = Expr::Null(Span::NONE);
                let read = ReadExpr {
                    name: Expr::Text(Spanned::new((*set).clone(), Span::NONE)),
                    aliases: Vec::new(),
                    default: Some(nothing),
                    ..read(group, slot, Expr::Null(Span::NONE), Span::NONE)
                };
                let written = start.environment.get(*set).cloned().unwrap_or_default();
                found.push(Property {
                    key: Spanned::new(name, Span::NONE),
                    written: Spanned::new(written, Span::NONE),
                    value: Expr::Read(Box::new(read)).share(),
                });
            }
        }
    }
    found
}

/// The clients that the program has without any setting for them.
pub(super) fn clients(properties: &Properties, around: &Around<'_>) -> Vec<Sink> {
    if around.built.libraries.is_empty() || !around.runs() {
        return Vec::new();
    }
    let forgets = around.forgets();
    let mut out = Vec::new();
    for client in Clients::of("spring").iter() {
        let made_by = |library: &&Spanned<String>| client.libraries.contains(&library.value);
        let Some(library) = around.built.libraries.iter().find(made_by) else { continue };
        let Some(word) = client.word.as_deref() else { continue };
        if is_configured(client, word, properties, around) || is_off(word, client, properties) {
            continue;
        }
        let groups = client.names.iter().map(String::as_str);
        let groups: Vec<&str> = groups.filter(|group| !(forgets && RENAMED.starts_with(group))).collect();
        if let Some(target) = target(client, &groups, library.span) {
            let callee = library.clone();
            out.push(Sink { kind: client.kind, target, arguments: Vec::new(), callee, span: library.span });
        }
    }
    out
}

/// Whether something may say what is dialled: a setting, a variable, or code of the program's own.
fn is_configured(client: &Client, word: &str, properties: &Properties, around: &Around<'_>) -> bool {
    let ends = |name: &str| ADDRESSES.iter().any(|end| name.ends_with(end)) || name.ends_with("defaultzone");
    let address = |name: &str| {
        let name = name.to_ascii_lowercase();
        let name = name.split('[').next().unwrap_or("");
        name.contains(word) && ends(name)
    };
    // Variables of the client's own settings say what is dialled, or nothing to anybody.
    let bare = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let slots = client.url.iter().chain(client.parts.values()).flatten().filter_map(|slot| match slot {
        Slot::Name(name) => Some(name),
        Slot::Position(_) => None,
    });
    let slots: Vec<&String> = slots.collect();
    let asked = |name: &str| {
        let mut groups = client.names.iter();
        groups.any(|group| slots.iter().any(|slot| bare(&format!("{group}{slot}")) == bare(name)))
    };
    let own = |name: &str| name.to_ascii_lowercase().contains(word);
    properties.keys().any(|name| address(name))
        || around.start.environment.keys().any(|name| address(name) && !asked(name))
            && LOOKS.iter().any(|word| around.mentions(word))
        || around.own(own, Some(client))
}

/// Whether a setting switches the client off.
fn is_off(word: &str, client: &Client, properties: &Properties) -> bool {
    let says = |name: &str, word: &str| {
        properties.get(name).is_some_and(|property| property.written.value.eq_ignore_ascii_case(word))
    };
    let excluded = properties.iter().any(|(name, property)| {
        name.starts_with("spring.autoconfigure.exclude")
            && property.written.value.to_ascii_lowercase().contains(word)
    });
    let groups = client.names.iter().map(|name| name.to_ascii_lowercase().replace('-', ""));
    let mut above = groups.flat_map(|group| {
        let parent = group.rsplit_once('.').map_or(String::new(), |(parent, _)| parent.to_string());
        [group, parent]
    });
    excluded
        || says("management.tracing.enabled", "false") && word == "zipkin"
        || says("eureka.client.registerwitheureka", "false")
            && says("eureka.client.fetchregistry", "false")
            && word == "eureka"
        || above.any(|group| says(&format!("{group}.enabled"), "false"))
}

/// What is dialled: what variables say, else the library's default.
fn target(client: &Client, groups: &[&str], at: Span) -> Option<Expr> {
    let default = |part: Part| {
        client.default.get(&part).map(|text| Expr::LibraryDefault(Spanned::new(text.clone(), at)))
    };
    let named = |slots: Option<&Vec<Slot>>| -> Vec<String> {
        let names = slots.into_iter().flatten().filter_map(|slot| match slot {
            Slot::Name(name) => Some(name.clone()),
            Slot::Position(_) => None,
        });
        names.collect()
    };
    // The first group is the one that is meant today: its variable is asked last, so that it is the one missing.
    let part = |part: Part, otherwise: Option<Expr>| {
        let slots = named(client.parts.get(&part));
        let pairs = groups.iter().flat_map(|group| slots.iter().map(move |slot| (*group, slot)));
        pairs.fold(otherwise, |otherwise, (group, slot)| {
            otherwise.map(|otherwise| Expr::Read(Box::new(read(group, slot, otherwise, at))))
        })
    };
    let whole = match default(Part::Address) {
        Some(address) => address,
        None => {
            let scheme = client.scheme.as_ref()?;
            let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.clone(), at)));
            let host = part(Part::Host, default(Part::Host));
            let port = part(Part::Port, default(Part::Port));
            let parts = UrlParts { scheme, user: None, password: None, host, port, database: None };
            Expr::Url(Box::new(parts), at)
        }
    };
    let slots = named(client.url.as_ref());
    let pairs = groups.iter().flat_map(|group| slots.iter().map(move |slot| (*group, slot)));
    let address = client.default.contains_key(&Part::Address);
    let target = pairs.fold(whole, |whole, (group, slot)| {
        let read = Box::new(read(group, slot, whole, at));
        // Of an address that parts may give as well, only what is said counts.
        if address { Expr::Read(read) } else { Expr::Setting(read) }
    });
    Some(target)
}
