//! A tree against the table of the specification: types, known attributes, required ones, patterns
//! and bounds, items that must differ. Every offence is told, at its own key or value.

use std::collections::HashMap;

use super::super::schema::{Bounds, Map, Pattern, Shape, Words};
use super::super::{Data, Member, Value};
use super::{Path, suggest};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// Tells every value of the tree that Compose's schema refuses.
pub(in crate::compose) fn shape(tree: &Value, problems: &mut Vec<Problem>) {
    let mut check = Check { problems };
    check.value(tree, super::super::schema::root(), Path::Root);
}

struct Check<'a> {
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn value(&mut self, value: &Value, shape: &Shape, path: Path) {
        if shape.anything {
            return;
        }
        match &value.data {
            // What could not be understood was told already.
            Data::String(text) if text.has_hole() => {}
            Data::Null if shape.null => {}
            Data::Bool(_) if shape.boolean => {}
            Data::Int(number) if shape.number || shape.integer.is_some() => {
                self.bounds(value, *number as f64, shape.integer, path);
            }
            Data::Float(number) if shape.number || (shape.integer.is_some() && number.fract() == 0.0) => {
                self.bounds(value, *number, shape.integer, path);
            }
            Data::String(text) if shape.string.is_some() => {
                if let Some(words) = shape.string {
                    self.words(value, &text.assumed(), words, path);
                }
            }
            Data::Timestamp(text) if shape.string.is_some() && shape.dates => {
                if let Some(words) = shape.string {
                    self.words(value, text, words, path);
                }
            }
            Data::List(items) => match shape.list {
                Some(list) => {
                    for (index, item) in items.iter().enumerate() {
                        self.value(item, list.item, Path::Item(&path, index));
                    }
                    if list.distinct {
                        self.distinct(items, path);
                    }
                }
                None => self.wrong_type(value, shape, path),
            },
            Data::Map(members) => match &shape.map {
                Some(map) => self.map(value, members, map, path),
                None => self.wrong_type(value, shape, path),
            },
            _ => self.wrong_type(value, shape, path),
        }
    }

    fn map(&mut self, value: &Value, members: &indexmap::IndexMap<String, Member>, map: &Map, path: Path) {
        for (name, member) in members {
            // In an open mapping only the names that follow the pattern are looked at.
            let skipped = |(pattern, _): (Pattern, _)| !map.closed && !pattern.fits(name);
            if map.names.is_some_and(skipped) {
                continue;
            }
            match map.member(name) {
                Some(shape) => self.value(&member.value, shape, Path::Key(&path, name)),
                None if map.closed => self.unknown(name, member, map, members, path),
                None => {}
            }
        }
        for required in map.required {
            if !members.contains_key(*required) {
                let message = format!("`{path}` has no `{required}`");
                self.tell(ProblemKind::InvalidValue, value.span(), message, path).help =
                    Some(format!("add `{required}`"));
            }
        }
        if !map.any_of.is_empty() && !map.any_of.iter().any(|name| members.contains_key(*name)) {
            let names = list(map.any_of);
            let message = format!("`{path}` has none of {names}");
            self.tell(ProblemKind::InvalidValue, value.span(), message, path).help =
                Some(format!("add one of {names}"));
        }
    }

    fn unknown(
        &mut self,
        name: &str,
        member: &Member,
        map: &Map,
        members: &indexmap::IndexMap<String, Member>,
        path: Path,
    ) {
        let at = if member.key.is_none() { member.value.span() } else { member.key };
        if let Some((pattern, _)) = map.names {
            let message = match path.key() {
                Some(section) => format!("`{name}` is no name for an entry of `{section}`"),
                None => format!("`{name}` is no name"),
            };
            self.tell(ProblemKind::InvalidValue, at, message, path).help =
                Some(format!("use only {}", pattern.wants()));
            return;
        }
        let message = match path {
            Path::Root => format!("Compose knows no top-level `{name}`"),
            _ => format!("Compose knows no `{name}` in `{path}`"),
        };
        let free = map.attribute_names().filter(|known| !members.contains_key(*known));
        let meant = suggest::nearest(name, free);
        let fits = meant
            .and_then(|meant| map.member(meant))
            .is_some_and(|shape| self.takes(shape, &member.value, path));
        let service = matches!(path, Path::Root) && looks_like_a_service(&member.value);
        let problem = self.tell(ProblemKind::UnknownAttribute, at, message, path);
        problem.meant = meant.filter(|_| fits).map(str::to_string);
        problem.help = match meant {
            Some(meant) => Some(format!("did you mean `{meant}`?")),
            None if service => Some(format!("a service goes below `services:`, here `services.{name}`")),
            None if map.extensions => {
                Some(format!("remove it, or call it `x-{name}` to keep it as an extension"))
            }
            None => Some("remove it".to_string()),
        };
    }

    /// Whether the value could stand where this shape is wanted.
    fn takes(&mut self, shape: &Shape, value: &Value, path: Path) -> bool {
        let known = self.problems.len();
        self.value(value, shape, path);
        let takes = self.problems.len() == known;
        self.problems.truncate(known);
        takes
    }

    fn words(&mut self, value: &Value, text: &str, words: Words, path: Path) {
        match words {
            Words::Any => {}
            Words::OneOf(words) => {
                if !words.contains(&text) {
                    let help = match suggest::nearest(text, words.iter().copied()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("write one of {}", list(words)),
                    };
                    let message = cannot_be(path, text);
                    self.tell(ProblemKind::InvalidValue, value.span(), message, path).help = Some(help);
                }
            }
            Words::Like(pattern) => {
                if !pattern.fits(text) {
                    let message = cannot_be(path, text);
                    self.tell(ProblemKind::InvalidValue, value.span(), message, path).help =
                        Some(format!("write {}", pattern.wants()));
                }
            }
        }
    }

    fn bounds(&mut self, value: &Value, number: f64, bounds: Option<Bounds>, path: Path) {
        let Some(Bounds { min, max }) = bounds else { return };
        if number < min as f64 || number > max as f64 {
            let text = value.printed().unwrap_or_default();
            let message = cannot_be(path, &text);
            let help = match (min, max) {
                (min, i64::MAX) => format!("write {min} or more"),
                (min, max) => format!("write a number from {min} to {max}"),
            };
            self.tell(ProblemKind::InvalidValue, value.span(), message, path).help = Some(help);
        }
    }

    fn distinct(&mut self, items: &[Value], path: Path) {
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(items.len());
        for item in items {
            let key = fingerprint(item);
            match seen.get(&key) {
                Some(first) => {
                    let (at, first) = (item.span(), *first);
                    let text = item.printed().unwrap_or_else(|| item.kind_name().to_string());
                    let message = format!("`{text}` stands twice in `{path}`");
                    let problem = self.tell(ProblemKind::InvalidValue, at, message, path);
                    *problem =
                        problem.clone().also(first, "it stands here already").help("remove one of them");
                }
                None => {
                    seen.insert(key, item.span());
                }
            }
        }
    }

    fn wrong_type(&mut self, value: &Value, shape: &Shape, path: Path) {
        let wanted = wanted(shape);
        let message = format!("`{path}` is {}; it must be {wanted}", value.kind_name());
        let help = help(value, shape, path);
        self.tell(ProblemKind::WrongType, value.span(), message, path).help = help;
    }

    fn tell(&mut self, kind: ProblemKind, at: Span, message: String, path: Path) -> &mut Problem {
        let mut problem = Problem::refusal(kind, at, message);
        problem.service = path.service().map(str::to_string);
        self.problems.push_mut(problem)
    }
}

fn help(value: &Value, shape: &Shape, path: Path) -> Option<String> {
    let text = value.printed();
    match &value.data {
        Data::Null => Some(format!("give `{path}` a value, or remove it")),
        Data::Int(_) | Data::Float(_) | Data::Bool(_) if shape.string.is_some() => {
            Some(format!("write it in quotes: `\"{}\"`", text?))
        }
        Data::Timestamp(text) if shape.string.is_some() => {
            let date = text.split(' ').next().unwrap_or(text);
            Some(format!("write it in quotes, as `\"{date}\"`: without them YAML makes a date of it"))
        }
        Data::String(_) if shape.list.is_some() => Some(format!("write it as a list: `- {}`", text?)),
        _ => None,
    }
}

fn wanted(shape: &Shape) -> String {
    let kinds = [
        (shape.string.is_some(), "a string"),
        (shape.number, "a number"),
        (shape.integer.is_some() && !shape.number, "an integer"),
        (shape.boolean, "a boolean"),
        (shape.list.is_some(), "a list"),
        (shape.map.is_some(), "a mapping"),
        (shape.null, "null"),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
    match kinds.as_slice() {
        [] => "nothing".to_string(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn looks_like_a_service(value: &Value) -> bool {
    ["image", "build"].iter().any(|key| value.get(key).is_some())
}

/// A text that two values share exactly when they are equal to the schema: `1` and `1.0` are.
fn fingerprint(value: &Value) -> String {
    match &value.data {
        Data::String(text) => format!("s{}", text.assumed()),
        Data::Timestamp(text) => format!("s{text}"),
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(|item| format!("{:?}", fingerprint(item))).collect();
            format!("l{}", items.join(","))
        }
        Data::Map(map) => {
            let mut members: Vec<String> =
                map.iter().map(|(key, member)| format!("{key:?}:{:?}", fingerprint(&member.value))).collect();
            members.sort_unstable();
            format!("m{}", members.join(","))
        }
        _ => format!("o{}", value.printed().unwrap_or_default()),
    }
}

/// That the value is none of those it may be.
fn cannot_be(path: Path, text: &str) -> String {
    if text.is_empty() { format!("`{path}` can't be blank") } else { format!("`{path}` can't be `{text}`") }
}
