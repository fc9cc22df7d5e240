//! Settings in configuration files with which versions of images do not start.

use serde::Deserialize;

use super::refused::{Range, fitting};
use super::{KnownImage, Version};
use crate::programs::Expr;
use crate::source::Span;

/// A setting that a version does not take any more.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedSetting {
    /// Its keys, from the outermost on, with points between them; items of lists have their list's key.
    pub key: String,
    /// Only with one of these values.
    #[serde(default)]
    values: Vec<String>,
    /// Not where one of these is set, `key=value`, or stands in the command.
    #[serde(default)]
    unless: Vec<String>,
    images: Vec<String>,
    #[serde(default)]
    since: Option<Version>,
    #[serde(default)]
    before: Option<Version>,
    /// What the server says to it.
    pub says: String,
    /// What to do instead.
    pub instead: String,
}

impl KnownImage {
    /// The settings with which this image does not start.
    pub fn settings_refused<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a RefusedSetting> {
        fitting(&self.refused_settings, reference, RefusedSetting::range)
    }
}

impl RefusedSetting {
    const fn range(&self) -> Range<'_> {
        Range { images: self.images.as_slice(), since: self.since, before: self.before }
    }

    /// Where a configuration has it. `words` are those of the command.
    #[must_use]
    pub fn place(&self, configuration: &Expr, words: &[String]) -> Option<Span> {
        let helped = self.unless.iter().any(|known| match known.split_once('=') {
            _ if known.starts_with('-') => {
                words.iter().any(|word| word.trim_start_matches('-') == known.trim_start_matches('-'))
            }
            Some((key, value)) => find(configuration, key, &[value.to_string()]).is_some(),
            None => find(configuration, known, &[]).is_some(),
        });
        if helped { None } else { find(configuration, &self.key, &self.values) }
    }
}

/// Where a key stands, with one of the values where there are some.
fn find(configuration: &Expr, key: &str, values: &[String]) -> Option<Span> {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    match configuration.peel() {
        Expr::Record(fields) => fields.iter().find_map(|(name, value)| {
            // The whole key may be one name.
            if rest.is_some() && name.value == key && is_one_of(value, values) {
                return Some(name.span);
            }
            // A component may be there several times: `jaeger/2`.
            if name.value.split('/').next() != Some(first) {
                return None;
            }
            match rest {
                Some(rest) => find(value, rest, values),
                None => is_one_of(value, values).then_some(name.span),
            }
        }),
        Expr::List(items) => items.iter().find_map(|item| find(item, key, values)),
        _ => None,
    }
}

/// The value of a key; in lists, of the first item that has it.
pub(in crate::facts) fn value_at<'a>(configuration: &'a Expr, key: &str) -> Option<&'a Expr> {
    // INI files and properties may have the whole key as one name.
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    match configuration.peel() {
        Expr::Record(fields) => {
            let whole = fields.iter().find(|(name, _)| name.value == key).map(|(_, value)| value);
            whole.or_else(|| {
                let (_, value) = fields.iter().find(|(name, _)| name.value == first)?;
                rest.and_then(|rest| value_at(value, rest))
            })
        }
        Expr::List(items) => items.iter().find_map(|item| value_at(item, key)),
        _ => None,
    }
}

fn is_one_of(value: &Expr, values: &[String]) -> bool {
    let text = match value.peel() {
        Expr::Text(text) | Expr::Number(text) => text.value.clone(),
        Expr::Bool(value, _) => value.to_string(),
        _ => String::new(),
    };
    values.is_empty() || values.contains(&text)
}
