//! A canonical value as Compose holds and prints it. What it can't hold is told.

use serde_json::{Map, Value as Json};

use super::super::short::{bytes, duration, number, words};
use super::super::{Data, Value};
use super::kind::{Field, Kind};
use super::sorting::by_name;
use super::tables::CONTAINER;
use crate::finding::{Problem, ProblemKind};
use crate::source::Text;

/// Prints values of one project, and gathers what can't be printed.
pub(super) struct Printer<'a> {
    /// The service at hand.
    pub service: Option<&'a str>,
    /// Whether to print what YAML shows, not JSON.
    pub yaml: bool,
    /// What Compose can't hold.
    pub problems: &'a mut Vec<Problem>,
}

impl Printer<'_> {
    /// The attributes of a mapping; `always` ones also where nothing is written.
    pub(super) fn object(&mut self, value: &Value, fields: &[Field]) -> Map<String, Json> {
        let mut printed = Map::new();
        for (name, kind) in fields {
            let member = value.get(name);
            let json = match (member, kind) {
                (Some(member), kind) => self.value(member, kind, name),
                (None, Kind::Always(_) | Kind::Command) if self.yaml => None,
                (None, Kind::Always(fields)) => Some(Json::Object(self.object(value_without(value), fields))),
                (None, Kind::Command) => Some(Json::Null),
                (None, _) => None,
            };
            if let Some(json) = json {
                printed.insert((*name).to_string(), json);
            }
        }
        if self.yaml {
            let mut extensions: Vec<_> = value.members().filter(|(name, _)| name.starts_with("x-")).collect();
            extensions.sort_by_key(|(name, _)| *name);
            let extensions = extensions.into_iter();
            printed
                .extend(extensions.map(|(name, member)| (name.clone(), super::plain(&member.value, true))));
        }
        printed
    }

    /// One value; `None` where Compose prints nothing.
    fn value(&mut self, value: &Value, kind: &Kind, name: &str) -> Option<Json> {
        if value.is_null() {
            return match kind {
                Kind::Command | Kind::Always(_) if self.yaml => None,
                Kind::Command => Some(Json::Null),
                Kind::Always(fields) => Some(Json::Object(self.object(value, fields))),
                Kind::Limit => self.limit(value),
                _ => None,
            };
        }
        match *kind {
            Kind::Hidden => None,
            Kind::Text => self.text(value, name).filter(|text| !text.is_empty()).map(Json::String),
            Kind::Published => value.printed().filter(|text| !text.is_empty()).map(Json::String),
            Kind::Int => self.int(value, name).filter(|number| *number != 0).map(Json::from),
            Kind::IntKept => self.int(value, name).map(Json::from),
            Kind::Count => self.count(value, name).filter(|number| *number != 0).map(Json::from),
            Kind::CountKept => self.count(value, name).map(Json::from),
            Kind::Processes => self.processes(value, name).filter(|number| *number != 0).map(Json::from),
            Kind::Float => self.float(value, name).filter(|number| *number != 0.0).and_then(single),
            Kind::Cpus => self.cpus(value, name).filter(|number| *number != 0.0).and_then(single),
            Kind::Bool => self.boolean(value, name).filter(|it| *it).map(Json::Bool),
            Kind::BoolKept => self.boolean(value, name).map(Json::Bool),
            Kind::OptOut => self.boolean(value, name).filter(|it| !*it).map(Json::Bool),
            Kind::Bytes => {
                self.bytes(value, name).filter(|it| *it != 0).map(|it| Json::String(it.to_string()))
            }
            Kind::Time => self.time(value, name).map(|it| Json::String(duration::print(it))),
            Kind::TimeOmitted => {
                self.time(value, name).filter(|it| *it != 0).map(|it| Json::String(duration::print(it)))
            }
            Kind::Command => self.command(value),
            Kind::Test => {
                Some(self.test(value)).filter(|it| it.as_array().is_some_and(|words| !words.is_empty()))
            }
            Kind::DeviceCount => self.device_count(value, name).map(Json::from),
            Kind::Mode => self.mode(value, name),
            Kind::Always(fields) if self.yaml => {
                Some(self.object(value, fields)).filter(|members| !members.is_empty()).map(Json::Object)
            }
            Kind::Object(fields) | Kind::Always(fields) => {
                value.as_map().map(|_| Json::Object(self.object(value, fields)))
            }
            Kind::Capital(fields) if self.yaml => {
                value.as_map().map(|_| Json::Object(self.object(value, fields)))
            }
            Kind::Capital(fields) => {
                let members = self.object(value, fields).into_iter();
                Some(Json::Object(members.map(|(name, json)| (capital(&name), json)).collect()))
            }
            Kind::Limit => self.limit(value),
            _ => self.collection(value, kind, name),
        }
    }

    fn collection(&mut self, value: &Value, kind: &Kind, name: &str) -> Option<Json> {
        let json = match *kind {
            Kind::Texts => Json::Array(self.texts(value, name)),
            Kind::TextOrTexts if value.as_text().is_some() => {
                Json::Array(self.text(value, name).map(Json::String).into_iter().collect())
            }
            Kind::TextOrTexts => Json::Array(self.texts(value, name)),
            Kind::Numbers => {
                Json::Array(value.items().iter().filter_map(Value::printed).map(Json::String).collect())
            }
            Kind::Labels => pairs(value, self.yaml, |text| Some(Json::String(text.unwrap_or_default()))),
            Kind::Variables => {
                self.trailing_spaces(value, name);
                pairs(value, self.yaml, |text| Some(text.map_or(Json::Null, Json::String)))
            }
            Kind::Arguments => {
                self.trailing_spaces(value, name);
                pairs(value, self.yaml, |text| text.map(Json::String))
            }
            Kind::Options => pairs(value, self.yaml, |text| Some(Json::String(text.unwrap_or_default()))),
            Kind::Storage => {
                for (key, member) in value.members() {
                    if matches!(
                        member.value.data,
                        Data::Bool(_) | Data::Timestamp(_) | Data::List(_) | Data::Map(_)
                    ) {
                        self.refuse_type(&member.value, &format!("{name}.{key}"), "a string");
                    }
                }
                pairs(value, self.yaml, |text| Some(Json::String(text.unwrap_or_default())))
            }
            Kind::MultiOptions => multiple(value, self.yaml),
            Kind::Hosts => super::hosts::print(value, self),
            Kind::Ssh => ssh(value),
            Kind::List(kind) => {
                Json::Array(value.items().iter().filter_map(|item| self.value(item, kind, name)).collect())
            }
            Kind::Containers => {
                let containers = value.items().iter();
                Json::Array(containers.map(|it| Json::Object(self.object(it, CONTAINER))).collect())
            }
            Kind::Map(kind) => self.by_name(value, kind, false),
            Kind::NullableMap(kind) => self.by_name(value, kind, true),
            _ => return None,
        };
        let blank = match &json {
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        (!blank).then_some(json)
    }

    /// A name in a list can't end with a blank.
    fn trailing_spaces(&mut self, value: &Value, name: &str) {
        for item in value.items() {
            let text = item.printed().unwrap_or_default();
            let key = text.split('=').next().unwrap_or_default();
            if key.ends_with(char::is_whitespace) {
                self.refuse(item, format!("the name `{key}` in `{name}` ends with a blank"));
            }
        }
    }

    fn by_name(&mut self, value: &Value, kind: &Kind, nullable: bool) -> Json {
        let members = value.members().filter_map(|(name, member)| {
            let json = match self.value(&member.value, kind, name) {
                None if nullable => Json::Null,
                json => json?,
            };
            Some((name.clone(), json))
        });
        by_name(members.collect(), self.yaml)
    }

    /// Tells that a value can't be held.
    pub(super) fn refuse(&mut self, value: &Value, message: String) {
        if value.as_text().is_some_and(Text::has_hole) {
            return;
        }
        let mut problem = Problem::refusal(ProblemKind::InvalidValue, value.span(), message);
        problem.service = self.service.map(str::to_string);
        self.problems.push(problem);
    }

    fn refuse_type(&mut self, value: &Value, name: &str, wanted: &str) {
        let text = value.printed().unwrap_or_else(|| value.kind_name().to_string());
        self.refuse(value, format!("`{name}` must be {wanted}, and `{text}` is not"));
    }

    fn text(&mut self, value: &Value, name: &str) -> Option<String> {
        match &value.data {
            Data::String(text) => Some(text.assumed()),
            Data::Timestamp(text) => Some(text.clone()),
            _ => {
                self.refuse_type(value, name, "a string");
                None
            }
        }
    }

    fn texts(&mut self, value: &Value, name: &str) -> Vec<Json> {
        value.items().iter().filter_map(|item| self.text(item, name).map(Json::String)).collect()
    }

    pub(super) fn int(&mut self, value: &Value, name: &str) -> Option<i64> {
        match &value.data {
            Data::Int(number) => Some(*number),
            #[allow(clippy::cast_possible_truncation)]
            Data::Float(number) => Some(*number as i64),
            _ => {
                self.refuse_type(value, name, "a whole number");
                None
            }
        }
    }

    fn count(&mut self, value: &Value, name: &str) -> Option<i64> {
        let number = self.int(value, name)?;
        if number < 0 {
            self.refuse_type(value, name, "0 or more");
            return None;
        }
        Some(number)
    }

    /// A whole number that may be written as a string.
    fn processes(&mut self, value: &Value, name: &str) -> Option<i64> {
        match value.string().and_then(|text| number::integer(&text)) {
            Some(number) => Some(number),
            None => self.int(value, name),
        }
    }

    fn float(&mut self, value: &Value, name: &str) -> Option<f64> {
        match &value.data {
            Data::Int(number) => Some(*number as f64),
            Data::Float(number) => Some(*number),
            _ => {
                self.refuse_type(value, name, "a number");
                None
            }
        }
    }

    fn cpus(&mut self, value: &Value, name: &str) -> Option<f64> {
        if let Data::String(text) = &value.data {
            let number = number::float(&text.assumed());
            if number.is_none() {
                self.refuse_type(value, name, "a number of CPUs");
            }
            return number;
        }
        self.float(value, name)
    }

    fn boolean(&mut self, value: &Value, name: &str) -> Option<bool> {
        match &value.data {
            Data::Bool(it) => Some(*it),
            Data::String(text) => match text.assumed().to_lowercase().as_str() {
                "true" | "y" | "yes" | "on" => Some(true),
                "false" | "n" | "no" | "off" => Some(false),
                _ => {
                    self.refuse_type(value, name, "`true` or `false`");
                    None
                }
            },
            _ => {
                self.refuse_type(value, name, "`true` or `false`");
                None
            }
        }
    }

    pub(super) fn bytes(&mut self, value: &Value, name: &str) -> Option<i64> {
        match &value.data {
            Data::Int(number) => Some(*number),
            Data::String(text) => {
                let text = text.assumed();
                match bytes::parse(&text) {
                    Ok(size) => Some(size),
                    Err(reason) => {
                        self.refuse(value, format!("the size `{text}` of `{name}` {reason}"));
                        None
                    }
                }
            }
            // Compose ignores sizes that are written as a float.
            _ => None,
        }
    }

    fn time(&mut self, value: &Value, name: &str) -> Option<i64> {
        let text = self.text(value, name)?;
        match duration::parse(&text) {
            Ok(time) => Some(time),
            Err(reason) => {
                self.refuse(value, format!("the duration `{text}` of `{name}` {reason}"));
                None
            }
        }
    }

    fn command(&mut self, value: &Value) -> Option<Json> {
        let words: Vec<Json> = match &value.data {
            Data::String(text) => match words::split(text) {
                Ok(split) => split.words.iter().map(|word| Json::String(word.assumed())).collect(),
                Err(reason) => {
                    self.refuse(value, format!("the command {reason}"));
                    Vec::new()
                }
            },
            // A date is no command to Compose, and no mistake either.
            Data::Timestamp(_) => return (!self.yaml).then_some(Json::Null),
            _ => value.items().iter().filter_map(Value::printed).map(Json::String).collect(),
        };
        Some(Json::Array(words))
    }

    fn test(&mut self, value: &Value) -> Json {
        match &value.data {
            Data::String(text) => {
                Json::Array(vec![Json::String("CMD-SHELL".into()), Json::String(text.assumed())])
            }
            _ => Json::Array(value.items().iter().filter_map(Value::printed).map(Json::String).collect()),
        }
    }

    fn device_count(&mut self, value: &Value, name: &str) -> Option<i64> {
        match &value.data {
            Data::String(text) => {
                let text = text.assumed();
                if text.eq_ignore_ascii_case("all") {
                    return Some(-1);
                }
                let number = number::integer(&text);
                if number.is_none() {
                    self.refuse_type(value, name, "a whole number or `all`");
                }
                number
            }
            _ => self.int(value, name),
        }
    }

    fn mode(&mut self, value: &Value, name: &str) -> Option<Json> {
        let mode = match &value.data {
            Data::String(text) => {
                let text = text.assumed();
                match i64::from_str_radix(&text, 8) {
                    Ok(mode) => mode,
                    Err(_) => {
                        self.refuse_type(value, name, "an octal number");
                        return None;
                    }
                }
            }
            Data::Int(mode) => *mode,
            _ => {
                self.refuse_type(value, name, "a whole number");
                return None;
            }
        };
        let sign = if mode < 0 { "-" } else { "" };
        Some(Json::String(format!("0{sign}{:o}", mode.unsigned_abs())))
    }

    fn limit(&mut self, value: &Value) -> Option<Json> {
        if value.as_map().is_none() {
            return match value.data {
                Data::Int(number) => Some(Json::from(number)),
                _ => {
                    self.refuse_type(value, "ulimits", "a whole number, or `soft` and `hard`");
                    None
                }
            };
        }
        let mut printed = Map::new();
        for key in ["soft", "hard"] {
            let number = value.get(key).and_then(|number| self.int(number, key));
            if let Some(number) = number.filter(|number| *number != 0) {
                printed.insert(key.to_string(), Json::from(number));
            }
        }
        Some(Json::Object(printed))
    }
}

/// A value of which nothing is written.
fn value_without(_: &Value) -> &'static Value {
    static NOTHING: Value = Value {
        data: Data::Null,
        origin: crate::source::Origin { written: crate::source::Span::NONE, through: Vec::new() },
        base: None,
    };
    &NOTHING
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A number as single precision prints it.
fn single(number: f64) -> Option<Json> {
    #[allow(clippy::cast_possible_truncation)]
    let short: f64 = (number as f32).to_string().parse().ok()?;
    super::float(short)
}

/// A mapping, or a list of `key=value`, with each value through `print`.
fn pairs(value: &Value, yaml: bool, print: impl Fn(Option<String>) -> Option<Json>) -> Json {
    let mut printed = Map::new();
    match &value.data {
        Data::Map(map) => {
            for (key, member) in map {
                if let Some(json) = print(member.value.printed()) {
                    printed.insert(key.clone(), json);
                }
            }
        }
        _ => {
            for item in value.items() {
                let text = item.printed().unwrap_or_default();
                let (key, text) = match text.split_once('=') {
                    Some((key, text)) => (key.to_string(), Some(text.to_string())),
                    None => (text, None),
                };
                match print(text) {
                    Some(json) => printed.insert(key, json),
                    None => printed.shift_remove(&key),
                };
            }
        }
    }
    by_name(printed, yaml)
}

fn multiple(value: &Value, yaml: bool) -> Json {
    let members = value.members().map(|(name, member)| {
        let single = std::slice::from_ref(&member.value);
        let items = member.value.as_list().map_or(single, Vec::as_slice);
        (name.clone(), Json::Array(items.iter().filter_map(Value::printed).map(Json::String).collect()))
    });
    by_name(members.collect(), yaml)
}

fn ssh(value: &Value) -> Json {
    let keys = value.members().map(|(id, member)| match member.value.printed() {
        Some(path) if !path.is_empty() => Json::String(format!("{id}={path}")),
        _ => Json::String(id.clone()),
    });
    Json::Array(keys.collect())
}
