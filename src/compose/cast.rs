//! The casts that follow the interpolation of a value.

use super::schema::Cast;
use super::value::Data;
use crate::finding::{Problem, ProblemKind};
use crate::source::{Span, Text};

/// The value that a text becomes. A text of which something is unknown stays as it is; one that
/// can't be cast becomes unknown, and is reported at `at`.
pub(crate) fn cast(text: Text, cast: Cast, at: Span, problems: &mut Vec<Problem>) -> Data {
    let Some(written) = text.complete() else { return Data::String(text) };
    let data = match cast {
        Cast::Int => int(&written).map(Data::Int),
        Cast::Float | Cast::Float32 => float(&written).map(Data::Float),
        Cast::Bool => boolean(&written, at, problems).map(Data::Bool),
    };
    if let Some(data) = data {
        return data;
    }
    let wanted = match cast {
        Cast::Int => "a whole number",
        Cast::Float | Cast::Float32 => "a number",
        Cast::Bool => "`true` or `false`",
    };
    let message = if written.is_empty() {
        format!("a blank stands where {wanted} is needed")
    } else {
        format!("`{written}` stands where {wanted} is needed")
    };
    problems.push(Problem::refusal(ProblemKind::InvalidValue, at, message));
    Data::String(Text::unknown(text.origin().cloned().unwrap_or_default()))
}

/// A decimal number as Go's `strconv.Atoi` takes it.
fn int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A number as Go's `strconv.ParseFloat` takes it, without its hexadecimal form.
fn float(text: &str) -> Option<f64> {
    text.parse::<f64>().ok()
}

fn boolean(text: &str, at: Span, problems: &mut Vec<Problem>) -> Option<bool> {
    let (value, old) = match text.to_lowercase().as_str() {
        "true" => (true, false),
        "false" => (false, false),
        "y" | "yes" | "on" => (true, true),
        "n" | "no" | "off" => (false, true),
        _ => return None,
    };
    if old {
        problems.push(
            Problem::warning(
                ProblemKind::InvalidValue,
                at,
                format!("`{text}` is no boolean of YAML 1.2; Compose still reads it as `{value}`"),
            )
            .help(format!("write `{value}`")),
        );
    }
    Some(value)
}
