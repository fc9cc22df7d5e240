//! What the parameters of a shell stand for, and what stands in for those that are not set.

use std::collections::HashMap;

use super::lexer::Lexer;
use crate::source::Text;

/// Parameters that stand in for each other beyond this number are not followed.
const MAX_NESTED: usize = 16;

/// What the parameters of a shell stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    /// Variables.
    pub variables: HashMap<String, String>,
    /// `$1` and so on.
    pub arguments: Vec<String>,
    /// Arrays.
    pub arrays: HashMap<String, Vec<String>>,
}

impl Parameters {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match name {
            "0" => Some("sh".to_string()),
            "#" => Some(self.arguments.len().to_string()),
            "@" | "*" => Some(self.arguments.join(" ")),
            "?" | "$" | "!" | "-" => Some(Text::HOLE.to_string()),
            _ => match name.parse::<usize>() {
                Ok(number) => number.checked_sub(1).and_then(|index| self.arguments.get(index)).cloned(),
                Err(_) => self.variables.get(name).cloned(),
            },
        }
    }
}

/// What stands between the braces of `${…}`.
pub(super) fn braced(inside: &str, parameters: &Parameters) -> String {
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, operator) = inside.split_at(end);
    let value = parameters.get(name);
    let filled = value.clone().filter(|value| !value.is_empty());
    let expand = |word: &str| default(word, parameters);
    if let Some(word) = operator.strip_prefix(":-").or_else(|| operator.strip_prefix(":=")) {
        filled.unwrap_or_else(|| expand(word))
    } else if let Some(word) = operator.strip_prefix('-').or_else(|| operator.strip_prefix('=')) {
        value.unwrap_or_else(|| expand(word))
    } else if let Some(word) = operator.strip_prefix(":+") {
        filled.map(|_| expand(word)).unwrap_or_default()
    } else if let Some(word) = operator.strip_prefix('+') {
        value.map(|_| expand(word)).unwrap_or_default()
    } else if operator.is_empty() || operator.starts_with([':', '?']) {
        value.unwrap_or_default()
    } else {
        Text::HOLE.to_string()
    }
}

/// The word that stands in for a parameter: quotes are taken off, and what it names is put in.
fn default(word: &str, parameters: &Parameters) -> String {
    if word.matches("${").count() > MAX_NESTED {
        return Text::HOLE.to_string();
    }
    if let Some(plain) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return plain.to_string();
    }
    let mut lexer = Lexer::new(word);
    let mut out = String::new();
    while let Some(character) = lexer.rest().chars().next() {
        match character {
            '$' | '`' => out.push_str(&lexer.expansion(parameters)),
            _ => {
                lexer.at += character.len_utf8();
                out.extend(Some(character).filter(|character| *character != '"'));
            }
        }
    }
    out
}
