//! How a later document's values join those of earlier ones (specification, "Merge and override").

use std::collections::HashSet;

use indexmap::IndexMap;

use super::schema::{Merge, Shape, Unique};
use super::unique::reduce;
use super::value::{Data, Member, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, Text, Via};

/// Joins `later` into `base`, which stands at a place of this shape. `path` names the place in
/// messages.
pub(crate) fn merge(
    base: &mut Value,
    later: Value,
    shape: Option<&'static Shape>,
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    match shape.map_or(Merge::Default, |shape| shape.merge) {
        Merge::Replace => replace(base, later),
        Merge::KeyValues => {
            let mut all = items(base);
            all.extend(items(&later));
            reduce(&mut all, Unique::Key, None);
            rebase(base, &later, Data::List(all));
        }
        Merge::Sequence => {
            let mut all = items(base);
            add_new(&mut all, items(&later), shape.and_then(Shape::item));
            rebase(base, &later, Data::List(all));
        }
        Merge::DependsOn => {
            as_mapping(base, true, path, problems);
            let mut later = later;
            as_mapping(&mut later, true, path, problems);
            by_key(base, later, shape, path, problems);
        }
        Merge::Names => {
            as_mapping(base, false, path, problems);
            let mut later = later;
            as_mapping(&mut later, false, path, problems);
            by_key(base, later, shape, path, problems);
        }
        Merge::Build => {
            as_build(base);
            let mut later = later;
            as_build(&mut later);
            by_key(base, later, shape, path, problems);
        }
        Merge::Logging if drivers_differ(base, &later) => replace(base, later),
        Merge::Limit => match (&base.data, &later.data) {
            (Data::Map(_), Data::Map(_)) => by_key(base, later, shape, path, problems),
            _ => replace(base, later),
        },
        Merge::Logging if !both_maps(base, &later) => refuse(base, &later, path, problems),
        Merge::Subnets => subnets(base, later, shape, path, problems),
        Merge::Default | Merge::Logging => default(base, later, shape, path, problems),
    }
}

fn default(
    base: &mut Value,
    later: Value,
    shape: Option<&'static Shape>,
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    match (&base.data, &later.data) {
        (_, Data::Null) => {}
        (Data::Map(_), Data::Map(_)) => by_key(base, later, shape, path, problems),
        (Data::List(_), Data::List(_)) => append(base, later, shape.and_then(Shape::item)),
        (Data::Map(_) | Data::List(_), _) => refuse(base, &later, path, problems),
        _ => replace(base, later),
    }
}

/// The values are of kinds that can't be joined; the earlier one stays.
fn refuse(base: &Value, later: &Value, path: &[String], problems: &mut Vec<Problem>) {
    let (new, old, path_text) = (later.kind_name(), base.kind_name(), path.join("."));
    let message = format!("{new} can't be merged into {old} at `{path_text}`");
    let problem = Problem::refusal(ProblemKind::WrongType, later.span(), message);
    let mut problem = problem.also(base.span(), "the earlier value");
    problem.service = service(path);
    problems.push(problem);
}

fn service(path: &[String]) -> Option<String> {
    match path {
        [services, name, ..] if services == "services" => Some(name.clone()),
        _ => None,
    }
}

/// Both mappings: key by key.
fn by_key(
    base: &mut Value,
    later: Value,
    shape: Option<&'static Shape>,
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    let Data::Map(entries) = later.data else { return };
    let Some(map) = base.as_map_mut() else { return };
    for (key, member) in entries {
        match map.get_mut(&key) {
            None => {
                map.insert(key, member);
            }
            Some(earlier) => {
                let shape = shape.and_then(|shape| shape.member(&key));
                // What a short form implies stands nowhere; the place is that of the item that implies it.
                let implied = member.value.span().is_none();
                let whole = shape.is_some_and(|shape| shape.merge != Merge::Default);
                if whole || implied || earlier.value.is_null() {
                    earlier.key = member.key;
                }
                path.push(key);
                merge(&mut earlier.value, member.value, shape, path, problems);
                path.pop();
            }
        }
    }
}

/// The later value stands, and knows what it took the place of.
fn replace(base: &mut Value, later: Value) {
    let step = Via::Overrides(base.span());
    let mut later = later;
    if let Data::String(text) = &mut later.data {
        *text = std::mem::take(text).via(&step);
    }
    later.origin.through.push(step);
    *base = later;
}

/// New data for a value that both documents have a hand in: it stands where the later one does.
fn rebase(base: &mut Value, later: &Value, data: Data) {
    let mut origin = later.origin.clone();
    origin.through.push(Via::Overrides(base.span()));
    *base = Value { data, origin, base: later.base.clone() };
}

fn append(base: &mut Value, later: Value, item: Option<&Shape>) {
    let Data::List(items) = later.data else { return };
    if let Data::List(list) = &mut base.data {
        add_new(list, items, item);
    }
    let mut origin = later.origin;
    origin.through.push(Via::Overrides(base.span()));
    base.origin = origin;
}

/// Adds the items that are not there already.
fn add_new(list: &mut Vec<Value>, items: Vec<Value>, shape: Option<&Shape>) {
    let mut texts: HashSet<String> = list.iter().filter_map(|item| item.identity(shape)).collect();
    for item in items {
        let is_new = match item.identity(shape) {
            Some(text) => texts.insert(text),
            None => !list.iter().any(|known| known.same_at(&item, shape)),
        };
        if is_new {
            list.push(item);
        }
    }
}

const fn both_maps(base: &Value, later: &Value) -> bool {
    matches!((&base.data, &later.data), (Data::Map(_), Data::Map(_)))
}

/// The items of a sequence; a mapping's entries as `key=value`, sorted as Compose sorts them; a
/// string as the one item.
fn items(value: &Value) -> Vec<Value> {
    match &value.data {
        Data::List(list) => list.clone(),
        Data::String(_) => vec![value.clone()],
        Data::Map(map) => {
            let mut made: Vec<(String, Value)> = Vec::with_capacity(map.len());
            for (key, member) in map {
                let several = match &member.value.data {
                    Data::List(list) => list.iter().collect(),
                    _ => vec![&member.value],
                };
                made.extend(several.into_iter().map(|value| key_value(key, member, value)));
            }
            made.sort_by(|(one, _), (two, _)| one.cmp(two));
            made.into_iter().map(|(_, value)| value).collect()
        }
        _ => Vec::new(),
    }
}

/// `key=value` as one text, each part of which knows where it is written; `key` for null.
fn key_value(key: &str, member: &Member, value: &Value) -> (String, Value) {
    let mut text = Text::known(key, Origin { written: member.key, through: value.origin.through.clone() });
    if let Some(written) = value.to_text() {
        text.push(Text::known("=", Origin::default()));
        text.push(written);
    }
    let assumed = text.assumed();
    let origin = Origin { written: member.key.to(value.span()), through: value.origin.through.clone() };
    (assumed, Value { data: Data::String(text), origin, base: value.base.clone() })
}

/// Turns a sequence of names into a mapping: of null, or for `depends_on` of what its short form
/// means.
fn as_mapping(value: &mut Value, depends_on: bool, path: &[String], problems: &mut Vec<Problem>) {
    let list = match &value.data {
        Data::Map(_) => return,
        Data::List(list) => list.clone(),
        Data::String(_) => vec![value.clone()],
        _ => Vec::new(),
    };
    let mut map = IndexMap::with_capacity(list.len());
    for item in &list {
        let Some(name) = item.as_text().and_then(Text::complete) else {
            // A text that is not known was told already.
            if item.as_text().is_none() {
                let message = format!("{} can't be a name in `{}`", item.kind_name(), path.join("."));
                let mut problem = Problem::refusal(ProblemKind::WrongType, item.span(), message);
                problem.service = service(path);
                problems.push(problem);
            }
            continue;
        };
        let data = if depends_on { Data::Map(started(item)) } else { Data::Null };
        map.insert(name, Member { key: item.span(), value: item.with(data) });
    }
    value.data = Data::Map(map);
}

/// `{condition: service_started, required: true}`
fn started(item: &Value) -> IndexMap<String, Member> {
    let origin = Origin { written: crate::source::Span::NONE, through: item.origin.through.clone() };
    let member = |data| Member { key: item.span(), value: Value::made(data, origin.clone()) };
    let condition = Data::String(Text::known("service_started", origin.clone()));
    IndexMap::from([
        ("condition".to_string(), member(condition)),
        ("required".to_string(), member(Data::Bool(true))),
    ])
}

/// Turns `build: PATH` into `build: {context: PATH}`.
fn as_build(value: &mut Value) {
    if matches!(value.data, Data::String(_)) {
        let context = value.clone();
        let member = Member { key: value.span(), value: context };
        value.data = Data::Map(IndexMap::from([("context".to_string(), member)]));
    } else if !matches!(value.data, Data::Map(_)) {
        value.data = Data::Map(IndexMap::new());
    }
}

fn drivers_differ(base: &Value, later: &Value) -> bool {
    match (base.get("driver"), later.get("driver")) {
        (Some(one), Some(two)) => !one.same(two),
        _ => false,
    }
}

/// `ipam.config`: entries of one subnet are joined, in the order in which Compose comes upon them.
fn subnets(
    base: &mut Value,
    later: Value,
    shape: Option<&'static Shape>,
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    let (Data::List(_), Data::List(overrides)) = (&base.data, &later.data) else {
        return refuse(base, &later, path, problems);
    };
    let subnet = |value: &Value| value.get("subnet").and_then(|it| it.as_text().map(Text::assumed));
    let item = shape.and_then(Shape::item);
    // Compose puts the same entry into its result several times and goes on changing it, so entries
    // are told apart by where they are kept, not by what they say.
    let mut kept: Vec<Value> = base.as_list().cloned().unwrap_or_default();
    let mut joined: Vec<usize> = Vec::new();
    let position = |kept: &[Value], joined: &[usize], wanted: &Option<String>| {
        joined.iter().position(|at| kept.get(*at).is_some_and(|it| subnet(it) == *wanted))
    };
    for original in 0..kept.len() {
        for over in overrides {
            let differs = kept.get(original).is_some_and(|original| subnet(original) != subnet(over));
            if differs && position(&kept, &joined, &subnet(over)).is_none() {
                joined.push(kept.len());
                kept.push(over.clone());
                continue;
            }
            let Some(merged) = kept.get_mut(original) else { continue };
            by_key(merged, over.clone(), item, path, problems);
            let merged = subnet(merged);
            match position(&kept, &joined, &merged).and_then(|at| joined.get_mut(at)) {
                Some(place) => *place = original,
                None => joined.push(original),
            }
        }
    }
    let joined = joined.into_iter().filter_map(|at| kept.get(at).cloned()).collect();
    rebase(base, &later, Data::List(joined));
}
