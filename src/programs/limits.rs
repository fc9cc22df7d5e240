//! What a schema of settings takes as the value of a variable: who sets something else sees the program stop.

use crate::source::Span;

/// What the schema says of the values of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The read that the schema checks, as in [`Read::span`](super::Read::span).
    pub read: Span,
    /// Who checks.
    pub library: &'static str,
    /// Where it is said.
    pub span: Span,
    /// Whether a blank value counts as none.
    pub blank_is_unset: bool,
    /// What must hold, all of it.
    pub demands: Vec<Demand>,
}

/// Something that must hold of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// It has no fewer characters.
    AtLeast(usize),
    /// It has no more characters.
    AtMost(usize),
    /// It is one of these.
    OneOf(Vec<String>),
    /// It begins with this.
    Begins(String),
    /// It is a URL.
    Url,
    /// It is a number.
    Number,
    /// It is written as JSON.
    Json,
    /// It is a number that is not less.
    NotBelow(f64),
    /// It is a number that is not more.
    NotAbove(f64),
}

impl Limits {
    /// What of it a value does not meet, for people; nothing where it is met. What the value is is only said where the allowed ones
    /// are named: it may be a secret.
    #[must_use]
    pub fn refuse(&self, value: &str) -> Option<String> {
        if value.is_empty() && self.blank_is_unset {
            return None;
        }
        self.demands.iter().find_map(|demand| demand.refuse(value))
    }

    /// What to write where a value is refused, if that is not plain.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        self.demands.contains(&Demand::Json).then_some(
            "write a list as `[\"a\", \"b\"]`, or say `NoDecode` at the field (`Annotated[list[str], NoDecode]`) where a validator splits it",
        )
    }
}

impl Demand {
    fn refuse(&self, value: &str) -> Option<String> {
        let count = || value.chars().count();
        let number = || number(value);
        match self {
            Self::AtLeast(least) if count() < *least => {
                Some(format!("has {} where at least {least} are asked for", characters(count())))
            }
            Self::AtMost(most) if count() > *most => {
                Some(format!("has {} where at most {most} are taken", characters(count())))
            }
            Self::OneOf(all) if !all.iter().any(|one| one == value) => {
                let all: Vec<String> = all.iter().map(|one| format!("`{one}`")).collect();
                Some(format!("is `{value}`, which is none of {}", all.join(", ")))
            }
            Self::Begins(start) if !value.starts_with(start) => {
                Some(format!("does not begin with `{start}`"))
            }
            Self::Url if !is_url(value) => Some("is no URL: it has no scheme".to_string()),
            Self::Number if number().is_none() => Some("is no number".to_string()),
            Self::Json if serde_json::from_str::<serde_json::Value>(value).is_err() => {
                Some("is no JSON, as which such a field is read before any validator sees it".to_string())
            }
            Self::NotBelow(least) if number().is_some_and(|it| it < *least) => {
                Some(format!("is less than {least}"))
            }
            Self::NotAbove(most) if number().is_some_and(|it| it > *most) => {
                Some(format!("is more than {most}"))
            }
            _ => None,
        }
    }
}

fn characters(count: usize) -> String {
    match count {
        1 => "1 character".to_string(),
        _ => format!("{count} characters"),
    }
}

/// A number as all languages read it; `None` where none of them does.
fn number(value: &str) -> Option<f64> {
    let value = value.trim();
    match value.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
        // JavaScript makes zero of what is blank.
        None if value.is_empty() => Some(0.0),
        None => value.replace('_', "").parse().ok(),
    }
}

/// Whether a text begins as a URL does.
fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once(':') else { return false };
    let first = scheme.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    first
        && !rest.is_empty()
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
