//! What a configuration file can say: one table that the file is read by and its JSON Schema is made from.

use serde_json::{Map, Value, json};

use crate::rules::ALL;

/// A key of a mapping.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// What stands there.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
}

/// What stands at a place.
pub enum Kind {
    /// Text.
    Text,
    /// Text, or a list of texts.
    Texts,
    /// One or several names of rules.
    Rules,
    /// One or several files that are there, relative to the configuration file.
    Files,
    /// A path relative to the configuration file, of something that may be made later.
    Path,
    /// One or several names of variables.
    Variables,
    /// One or several names of variables, `*` at the end for all that begin so.
    Beginnings,
    /// A whole number from 1 to [`MOST`] a service.
    Numbers,
    /// One or several names of hosts, `*.example.com` for all below one.
    Hosts,
    /// One or several patterns of paths.
    Patterns,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A mapping of rules to severities.
    Severities,
    /// A mapping of names to folders that are there.
    Folders,
    /// A mapping with these keys.
    Group(&'static [Key]),
    /// A list of such mappings.
    List(&'static [Key]),
    /// A mapping of names to such mappings.
    Named(&'static [Key]),
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, about, kind, required: false }
}

/// The words for severities.
pub const SEVERITIES: &[&str] = &["error", "warning", "advice"];
/// The words for levels.
pub const LEVELS: &[&str] = &["default", "hardening", "pedantic"];
/// The words for confidences.
pub const CONFIDENCES: &[&str] = &["possible", "likely", "certain"];
/// The words for what a run fails on.
pub const FAIL_ON: &[&str] = &["advice", "warning", "error", "never"];

/// The keys of a stack.
pub static STACK: &[Key] = &[
    Key {
        required: true,
        ..key("files", Kind::Files, "The compose files, as with `-f`: the later over the earlier.")
    },
    key("profiles", Kind::Texts, "Profiles that are active, as with `--profile`."),
    key("env-files", Kind::Files, "Files that are read instead of `.env`, as with `--env-file`."),
    key("project-name", Kind::Text, "The name of the project, as with `-p`."),
];

/// The keys of an entry of `overrides`.
pub static OVERRIDE: &[Key] = &[
    Key {
        required: true,
        ..key(
            "paths",
            Kind::Patterns,
            "Patterns of paths, as in ignore files: the findings that stand in these files.",
        )
    },
    key("ignore", Kind::Rules, "Rules that do not speak there."),
    key("severity", Kind::Severities, "Severities of rules there."),
];

/// The keys of `suppressions`.
pub static SUPPRESSIONS: &[Key] = &[key(
    "require-reason",
    Kind::Flag,
    "Whether `# dockworthy: ignore[rule]` must say why behind the bracket.",
)];

/// The options of rules, by rule.
pub static RULES: &[Key] = &[
    key("pool-exceeds-max-connections", Kind::Group(CONNECTIONS), "Of `pool-exceeds-max-connections`."),
    key("unread-variable", Kind::Group(UNREAD), "Of `unread-variable`."),
];

static CONNECTIONS: &[Key] = &[key(
    "limits",
    Kind::Numbers,
    "How many connections a database takes, by service, where its own configuration is not seen.",
)];

static UNREAD: &[Key] = &[key(
    "read-elsewhere",
    Kind::Beginnings,
    "Variables that something reads which cannot be seen; `*` at the end stands for all that begin so.",
)];

/// The keys of the file.
pub static FILE: &[Key] = &[
    key("select", Kind::Rules, "Ask only these rules, whatever their level."),
    key("ignore", Kind::Rules, "Do not ask these rules."),
    key("severity", Kind::Severities, "Severities that take the place of the rules' own."),
    key("level", Kind::Word(LEVELS), "Ask the rules up to this level."),
    key("min-confidence", Kind::Word(CONFIDENCES), "Leave out findings that are less sure."),
    key("fail-on", Kind::Word(FAIL_ON), "The least severity that makes the exit code 1."),
    key(
        "baseline",
        Kind::Path,
        "A file of findings that are known and left out, as `dockworthy baseline` writes it.",
    ),
    key(
        "overrides",
        Kind::List(OVERRIDE),
        "What is different for findings in some files; the later over the earlier.",
    ),
    key("stacks", Kind::Named(STACK), "Compose files that are started together, by name; each is a project."),
    key(
        "environment",
        Kind::Variables,
        "Variables that the host will have, to values that are not known here.",
    ),
    key("external-hosts", Kind::Hosts, "Hosts outside of the project that services may dial."),
    key(
        "service-sources",
        Kind::Folders,
        "The folder that a service runs, where its image does not show it.",
    ),
    key(
        "retrying-services",
        Kind::Texts,
        "Services whose programs wait by themselves until what they dial is ready.",
    ),
    key("rules", Kind::Group(RULES), "Options of single rules."),
    key("suppressions", Kind::Group(SUPPRESSIONS), "What comments that suppress findings must say."),
];

/// The JSON Schema of configuration files.
#[must_use]
pub fn schema() -> Value {
    let names: Vec<&str> = ALL.iter().map(|rule| rule.name).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of dockworthy",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties(FILE),
    });
    // A key that says nothing is as good as none.
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for value in properties.values_mut() {
            let Value::Object(of) = value else { continue };
            let about = of.shift_remove("description").unwrap_or_default();
            *value = json!({ "description": about, "anyOf": [of, { "type": "null" }] });
        }
    }
    if let Value::Object(schema) = &mut schema {
        let text = json!({ "type": ["string", "number", "boolean"] });
        let severities = json!({
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/rule" },
            "additionalProperties": { "enum": SEVERITIES },
        });
        schema.insert(
            "$defs".to_string(),
            json!({ "rule": { "enum": names }, "text": text, "severities": severities }),
        );
    }
    schema
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    let property = |key: &Key| {
        let mut of = of_kind(&key.kind);
        if let Value::Object(of) = &mut of {
            of.insert("description".to_string(), key.about.into());
        }
        (key.name.to_string(), of)
    };
    keys.iter().map(property).collect()
}

fn of_kind(kind: &Kind) -> Value {
    let some = |of: Value, least: usize| json!({ "anyOf": [of, { "type": "array", "items": of, "minItems": least }] });
    let text = || json!({ "$ref": "#/$defs/text" });
    match kind {
        Kind::Text | Kind::Path => text(),
        Kind::Texts => some(text(), 0),
        Kind::Files => some(text(), 1),
        Kind::Patterns => some(json!({ "type": "string", "pattern": "[^./]|\\.\\.|/\\." }), 1),
        Kind::Rules => some(json!({ "$ref": "#/$defs/rule" }), 0),
        Kind::Variables => some(json!({ "type": "string", "pattern": VARIABLE }), 0),
        Kind::Hosts => some(json!({ "type": "string", "pattern": HOST }), 0),
        Kind::Beginnings => some(json!({ "type": "string", "pattern": BEGINNING }), 0),
        Kind::Numbers => {
            json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 1, "maximum": MOST } })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Severities => json!({ "$ref": "#/$defs/severities" }),
        Kind::Folders => json!({ "type": "object", "additionalProperties": text() }),
        Kind::Group(keys) => group(keys),
        Kind::List(keys) => json!({ "type": "array", "items": group(keys) }),
        Kind::Named(keys) => {
            json!({ "type": "object", "propertyNames": { "minLength": 1 }, "additionalProperties": group(keys) })
        }
    }
}

fn group(keys: &[Key]) -> Value {
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties(keys),
    })
}

/// The largest number that can be said.
pub(super) const MOST: u64 = 1_000_000;
const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_.-]*$";
const BEGINNING: &str = "^[A-Za-z_][A-Za-z0-9_.-]*\\*?$";
const HOST: &str = "^(\\*\\.)?[A-Za-z0-9_.-]+$";

/// Whether the text is the name of a variable.
pub(super) fn is_variable(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(part)
}

/// Whether the text is a host, or all below one.
pub(super) fn is_host(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
