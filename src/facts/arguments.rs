//! What a program is started with on its command line.

use crate::programs::Program;
use crate::programs::evaluate::Given;
use crate::source::{Origin, Text};

/// The words of the commands that a container comes to.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    commands: Vec<Vec<Text>>,
}

impl Arguments {
    /// Those of a program; none where its start is not known.
    #[must_use]
    pub fn of(program: &Program) -> Option<Self> {
        if !program.entry_known || program.commands.is_empty() {
            return None;
        }
        let written = |word: &String| -> Text {
            let found = program.command.iter().find_map(|text| {
                let whole = text.assumed();
                let from = whole.find(word.as_str()).filter(|_| !word.is_empty())?;
                Some(text.slice(from, from + word.len()))
            });
            found.unwrap_or_else(|| Text::known(word.clone(), Origin::default()))
        };
        let commands = program.commands.iter();
        Some(Self { commands: commands.map(|words| words.iter().map(written).collect()).collect() })
    }

    /// What a flag is given that may be written in these ways.
    #[must_use]
    pub fn flag(&self, names: &[String]) -> Given {
        let mut open = false;
        for words in &self.commands {
            for (at, text) in words.iter().enumerate().skip(1) {
                let word = text.assumed();
                open |= word.contains(Text::HOLE) || word.contains('$');
                for name in names {
                    if word == *name {
                        return words.get(at + 1).map_or(Given::Unknown, |value| Given::Value(value.clone()));
                    }
                    let value = word.strip_prefix(name.as_str()).filter(|rest| rest.starts_with('='));
                    if value.is_some() {
                        return Given::Value(text.slice(name.len() + 1, word.len()));
                    }
                }
            }
        }
        if open { Given::Unknown } else { Given::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(words: &[&str], names: &[&str]) -> Option<String> {
        let text = |word: &&str| Text::known((*word).to_string(), Origin::default());
        let arguments = Arguments { commands: vec![words.iter().map(text).collect()] };
        let names: Vec<String> = names.iter().map(|name| (*name).to_string()).collect();
        match arguments.flag(&names) {
            Given::Value(text) => Some(text.assumed()),
            Given::Nothing => None,
            Given::Unknown => Some("?".to_string()),
        }
    }

    #[test]
    fn flags_are_found() {
        assert_eq!(given(&["app", "-dsn", "x", "-v"], &["--dsn", "-dsn"]).as_deref(), Some("x"));
        assert_eq!(given(&["app", "--dsn=a=b"], &["--dsn", "-dsn"]).as_deref(), Some("a=b"));
        assert_eq!(given(&["app", "--dsn-file", "x"], &["--dsn"]), None);
        assert_eq!(given(&["app", "$@"], &["--dsn"]).as_deref(), Some("?"));
    }
}
