//! The types of YAML scalars, as Compose's YAML library resolves them.

use crate::yaml::{Scalar, Style};

/// What a scalar is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Typed {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Timestamp(String),
    String,
}

pub(crate) fn resolve(scalar: &Scalar, tag: Option<&str>) -> Typed {
    if scalar.style != Style::Plain || tag == Some("!!str") {
        return Typed::String;
    }
    match scalar.text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Typed::Null,
        "true" | "True" | "TRUE" => Typed::Bool(true),
        "false" | "False" | "FALSE" => Typed::Bool(false),
        text => match text.parse() {
            Ok(number) => Typed::Int(number),
            Err(_) if text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '-') => {
                text.parse().map_or(Typed::String, Typed::Float)
            }
            Err(_) => Typed::String,
        },
    }
}
