//! Interpolation of the values of a compose file, and the casts that follow it.

use super::value::Data;
use crate::finding::{Problem, ProblemKind};
use crate::source::{Span, Text};

/// The type that Compose turns the text of some attributes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A boolean, also in the spellings of YAML 1.1.
    Bool,
}

/// The cast for the value at a path; list items are `[]`.
pub(crate) fn cast_at(path: &[&str]) -> Option<Cast> {
    use Cast::{Bool, Float, Int};
    match path {
        ["services", _, attribute @ ..] => match attribute {
            ["configs" | "secrets", "[]", "mode"] => Some(Int),
            [
                "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares"
                | "oom_score_adj" | "pids_limit" | "scale",
            ] => Some(Int),
            ["cpu_percent" | "cpus"] => Some(Float),
            ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"] => Some(Bool),
            ["deploy", "replicas"] => Some(Int),
            ["deploy", "update_config" | "rollback_config", "parallelism"] => Some(Int),
            ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => Some(Float),
            ["deploy", "restart_policy", "max_attempts"] => Some(Int),
            ["deploy", "placement", "max_replicas_per_node"] => Some(Int),
            ["healthcheck", "retries"] => Some(Int),
            ["healthcheck", "disable"] => Some(Bool),
            ["ports", "[]", "target"] => Some(Int),
            ["ulimits", _] | ["ulimits", _, "hard" | "soft"] => Some(Int),
            ["volumes", "[]", "read_only"] | ["volumes", "[]", "volume", "nocopy"] => Some(Bool),
            _ => None,
        },
        ["networks", _, "external" | "internal" | "attachable" | "enable_ipv6"] => Some(Bool),
        ["volumes" | "secrets" | "configs", _, "external"] => Some(Bool),
        _ => None,
    }
}

/// The value that a text becomes. A text of which something is unknown stays as it is; one that
/// can't be cast becomes unknown, and is reported at `at`.
pub(crate) fn cast(text: Text, cast: Cast, at: Span, problems: &mut Vec<Problem>) -> Data {
    let Some(written) = text.complete() else { return Data::String(text) };
    let data = match cast {
        Cast::Int => int(&written).map(Data::Int),
        Cast::Float => float(&written).map(Data::Float),
        Cast::Bool => boolean(&written, at, problems).map(Data::Bool),
    };
    if let Some(data) = data {
        return data;
    }
    let wanted = match cast {
        Cast::Int => "a whole number",
        Cast::Float => "a number",
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
