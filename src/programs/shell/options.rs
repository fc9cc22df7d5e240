//! The options of a command that dials something.

use super::dials::joined;
use super::words::Word;
use crate::programs::reading::clients::{Client, Slot};
use crate::programs::{Expr, SinkKind};
use crate::source::Span;

/// The options and other words of a command.
pub(super) struct Options<'w> {
    named: Vec<(String, Word)>,
    pub plain: Vec<&'w Word>,
    pub span: Span,
}

impl<'w> Options<'w> {
    pub(super) fn of(client: &Client, words: &'w [Word]) -> Self {
        let slots = client.parts.values().chain(&client.url).flatten();
        let known: Vec<&str> = slots
            .filter_map(|slot| match slot {
                Slot::Name(name) => Some(name.as_str()),
                Slot::Position(_) => None,
            })
            .collect();
        let span = words.first().map_or(Span::NONE, |word| word.span);
        let mut options = Options { named: Vec::new(), plain: Vec::new(), span };
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            let Some(option) = word.str().strip_prefix('-').filter(|option| !option.is_empty()) else {
                options.attached(word, &known);
                continue;
            };
            let long = option.trim_start_matches('-');
            if let Some((name, _)) = long.split_once('=') {
                let from = word.str().find('=').map_or(0, |at| at + 1);
                options.named.push((name.to_string(), word.rest(from)));
            } else if known.contains(&long) && !(long == "p" && client.kind == SinkKind::MySql) {
                // `-p` alone asks for MySQL's password.
                if let Some(value) = words.get(at) {
                    options.named.push((long.to_string(), value.clone()));
                    at += 1;
                }
            } else if !option.starts_with('-')
                && let Some(name) = known.iter().find(|name| name.len() == 1 && option.starts_with(**name))
            {
                // `-hdb`
                options.named.push(((*name).to_string(), word.rest(2)));
            }
        }
        options
    }

    /// A word that is no option as a whole; `--host="$DB_HOST"` and `-h$DB_HOST` begin as one.
    fn attached(&mut self, word: &'w Word, known: &[&str]) {
        let Expr::Concat(pieces) = word.value.peel() else {
            self.plain.push(word);
            return;
        };
        let Some(Expr::Text(first)) = pieces.first() else {
            self.plain.push(word);
            return;
        };
        let rest = || {
            let rest = pieces.get(1..).unwrap_or_default().to_vec();
            Word { text: None, value: joined(rest).unwrap_or(Expr::Opaque(word.span)), span: word.span }
        };
        let option = first.value.strip_prefix('-').map(|option| option.trim_start_matches('-'));
        match option {
            Some(option) if option.ends_with('=') => {
                let value = rest();
                self.named.push((option.trim_end_matches('=').to_string(), value));
            }
            Some(option) if known.contains(&option) => {
                let value = rest();
                self.named.push((option.to_string(), value));
            }
            Some(_) => {}
            None => self.plain.push(word),
        }
    }

    pub(super) fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = &Word> {
        self.named.iter().filter(move |(known, _)| known == name).map(|(_, word)| word)
    }
}
