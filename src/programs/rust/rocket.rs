//! Where Rocket listens: on loopback, if neither a variable nor its file says otherwise.

use std::path::Path;

use tree_sitter::Node;

use super::filed;
use super::reader::Reader;
use crate::programs::evaluate::Environment;
use crate::programs::{Expr, LookupExpr, Module, ModuleIndex, Scope, Settings, Sink, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

/// The file that Rocket reads where it is started.
pub(super) const FILE: &str = "Rocket.toml";
/// Its profiles, those that override others first; a build for a container is a release.
const PROFILES: [&str; 4] = ["global", "release", "default", "production"];
/// The key of the databases.
const DATABASES: &str = "databases.";

/// What Rocket is told.
pub(super) struct RocketSettings;

impl Settings for RocketSettings {
    fn variables(&self, scope: &Scope, place: &Path, key: &str) -> Vec<String> {
        let _ = (scope, place);
        match key.starts_with(DATABASES) || filed::name(key).is_some() {
            true => Vec::new(),
            false => vec![format!("ROCKET_{}", key.to_uppercase())],
        }
    }

    fn files(&self, scope: &Scope, place: &Path, environment: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        let _ = (place, environment);
        let own = scope.iter().filter(|(_, place, _)| place.ends_with(FILE)).map(|(index, ..)| index);
        let mut all: Vec<ModuleIndex> = own.collect();
        match scope.filed() {
            Some(filed) => all.extend(filed),
            None if all.is_empty() => return None,
            None => {}
        }
        Some(all)
    }

    fn holder(&self, key: &str) -> Option<&'static str> {
        key.starts_with(DATABASES).then_some("ROCKET_DATABASES")
    }

    /// `{shop={url="postgres://db/shop", pool_size=10}}`
    fn held(&self, key: &str, text: &str) -> Option<std::ops::Range<usize>> {
        let name = key.strip_prefix(DATABASES)?.strip_suffix(".url")?;
        let word = |at: &usize| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-')
        };
        let own = text.match_indices(name).map(|(at, _)| at).find(|at| {
            let rest = text.get(at + name.len()..).unwrap_or("").trim_start_matches(['"', ' ']);
            word(at) && rest.strip_prefix('=').is_some_and(|rest| rest.trim_start().starts_with('{'))
        })?;
        let end = own + text.get(own..)?.find('}')?;
        let inner = text.get(own..end)?;
        let url = own
            + inner.match_indices("url").map(|(at, _)| at).find(|at| {
                let rest = inner.get(at + 3..).unwrap_or("").trim_start();
                rest.strip_prefix('=').is_some_and(|rest| rest.trim_start().starts_with('"'))
            })?;
        let start = url + text.get(url..)?.find('"')? + 1;
        Some(start..start + text.get(start..)?.find('"')?)
    }

    fn name(&self, key: &str) -> String {
        filed::name(key).unwrap_or_else(|| key.to_string())
    }
}

impl<'t> Reader<'t> {
    /// Notes the server that `rocket::build()` makes; one that is configured in code may listen anywhere.
    pub fn rocket(&mut self, callee: Node<'t>, node: Node<'t>) {
        let text = &self.file.text;
        if [".configure(", "rocket::custom", "Config {"].iter().any(|sign| text.contains(sign)) {
            return;
        }
        let callee = self.spanned(callee);
        let told = |key: &str, default: &str| {
            let default = Some(Expr::LibraryDefault(Spanned::new(default.to_string(), callee.span)));
            let key = Expr::Text(Spanned::new(key.to_string(), Span::NONE));
            Expr::Lookup(Box::new(LookupExpr { key, default, required: false, span: callee.span }))
        };
        let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
        let target = Expr::Concat(vec![told("address", "127.0.0.1"), colon, told("port", "8000")]);
        let span = self.span(node);
        let sink = Sink { kind: SinkKind::Listen, target, arguments: Vec::new(), callee, span };
        self.notes.sink(sink, self.names.path());
    }
}

impl<'t> Reader<'t> {
    /// `#[database("shop")]`: a database whose address stands in Rocket's file.
    pub fn rocket_database(&mut self, attributes: &str, node: Node<'t>) {
        let told = attributes.split_once("#[database(\"").and_then(|(_, rest)| rest.split_once('"'));
        let Some((name, _)) = told else { return };
        let text = &self.file.text;
        let kind = [("mongodb", SinkKind::Mongo), ("deadpool_redis", SinkKind::Redis)];
        let kind = kind.iter().find(|(sign, _)| text.contains(sign)).map_or(SinkKind::Sql, |(_, kind)| *kind);
        let span = self.span(node);
        let key = Expr::Text(Spanned::new(format!("{DATABASES}{name}.url"), Span::NONE));
        let target = Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span }));
        let callee = Spanned::new("database".to_string(), span);
        self.notes.sink(Sink { kind, target, arguments: Vec::new(), callee, span }, self.names.path());
    }
}

/// What the file says where it is no matter of a profile that is not run.
pub(super) fn settings(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    let mut found: Vec<(usize, String, Expr)> = Vec::new();
    let mut section = String::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            section = trimmed.trim_matches(['[', ']']).trim().to_string();
            continue;
        }
        // `[default.databases.shop]`
        let (profile, below) = section.split_once('.').unwrap_or((&section, ""));
        let Some(rank) = PROFILES.iter().position(|known| *known == profile) else { continue };
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = if below.is_empty() { key.trim().to_string() } else { format!("{below}.{}", key.trim()) };
        let written = value.split('#').next().unwrap_or("").trim();
        let inside = written.trim_matches(['"', '\'']);
        let offset = line.find(inside).filter(|_| !inside.is_empty()).unwrap_or(0);
        let span = file.slice(start + offset, start + offset + inside.len());
        found.push((rank, key, Expr::Text(Spanned::new(inside.to_string(), span))));
    }
    found.sort_by_key(|(rank, ..)| *rank);
    for (_, key, value) in found.into_iter().take(200) {
        module.names.entry(key).or_insert(value);
    }
    module
}
