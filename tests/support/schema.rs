//! Judges documents by the schemas that describe them.

use std::path::Path;

use serde_json::{Value, json};

/// What is wrong with a JSON document by the schema of a file of this package; `Ok` when nothing is.
pub fn json(schema: &str, document: &Value) -> Result<(), String> {
    judge(read(schema), document)
}

/// The same by a schema whose objects may have no members but those that it names. Schemas for readers let new ones
/// pass; a member that nobody described is still a mistake of ours.
pub fn json_and_no_more(schema: &str, document: &Value) -> Result<(), String> {
    let mut schema = read(schema);
    close(&mut schema);
    judge(schema, document)
}

/// What is wrong with an XML document by an XSD of this package.
pub fn xml(schema: &str, document: &str) -> Result<(), String> {
    let schema = uppsala::parse(&text(schema)).map_err(|error| error.to_string())?.into_static();
    let schema = uppsala::XsdValidator::from_schema(&schema).map_err(|error| error.to_string())?;
    let document = uppsala::parse(document).map_err(|error| error.to_string())?;
    let errors: Vec<String> = schema.validate(&document).iter().map(ToString::to_string).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

fn text(path: &str) -> String {
    let path = super::root().join(Path::new(path));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

fn judge(schema: Value, document: &Value) -> Result<(), String> {
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    schemas.validate(document, index).map_err(|error| format!("{error:#}"))
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && members.get("type") == Some(&json!("object")) {
                members.insert("additionalProperties".to_string(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
