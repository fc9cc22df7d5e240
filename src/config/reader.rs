//! Reads a configuration file by the table of what it can say.

use std::path::{Path, PathBuf};

use super::file::Mistake;
use super::keys::{Key, Kind, MOST, SEVERITIES, is_host, is_variable};
use super::overrides::Pattern;
use crate::compose::nearest;
use crate::rules::ALL;
use crate::source::{self, SourceMap, Span, Spanned, clean};
use crate::yaml::{self, Mapping, Node, Resolved};

/// What stands at a place of the file. Which of the fields hold something is for its [`Kind`] to say.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Texts, names and words.
    pub texts: Vec<Spanned<String>>,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Patterns of paths.
    pub patterns: Vec<Spanned<Pattern>>,
    /// A flag.
    pub flag: bool,
    /// A number.
    pub number: Option<u64>,
    /// What stands at each key of a mapping.
    pub members: Vec<(Spanned<String>, Said)>,
    /// The items of a list of mappings.
    pub parts: Vec<Said>,
}

impl Said {
    /// What stands at a key.
    pub fn take(&mut self, key: &str) -> Said {
        let member = self.members.iter_mut().find(|(name, _)| name.value == key);
        member.map(|(_, said)| std::mem::take(said)).unwrap_or_default()
    }

    fn of_texts(texts: Vec<Spanned<String>>) -> Self {
        Self { texts, ..Self::default() }
    }

    fn of_members(members: Vec<(Spanned<String>, Said)>) -> Self {
        Self { members, ..Self::default() }
    }
}

pub(super) struct Reader<'a> {
    pub sources: &'a SourceMap,
    pub directory: &'a Path,
    pub mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub fn wrong(&mut self, at: Span, message: String) {
        self.mistakes.push(Mistake { at, message });
    }

    /// The whole file; keys with nothing behind them say nothing.
    pub fn file(&mut self, document: &Node, keys: &'static [Key]) -> Said {
        if is_null(document) {
            return Said::default();
        }
        let what = "a configuration file";
        let Some(root) = self.mapping(document, what) else { return Said::default() };
        let members = self.members(root, keys, what).into_iter().filter(|(.., value)| !is_null(value));
        let members: Vec<_> = members.collect();
        let said = members.into_iter().map(|(name, key, value)| {
            let said = self.value(value, &key.kind, &format!("`{}`", key.name));
            (name, said)
        });
        Said::of_members(said.collect())
    }

    fn value(&mut self, value: &Node, kind: &'static Kind, what: &str) -> Said {
        match kind {
            Kind::Text => {
                let text = self.text(value, what);
                Said::of_texts(text.map(|text| Spanned::new(text, value.span)).into_iter().collect())
            }
            Kind::Texts => Said::of_texts(self.texts(value, what)),
            Kind::Path => {
                let path = self.text(value, what).map(|text| clean(&self.directory.join(text)));
                Said { paths: path.into_iter().collect(), ..Said::default() }
            }
            Kind::Rules => {
                let texts = self.texts(value, what);
                texts.iter().for_each(|name| self.rule(name));
                Said::of_texts(texts)
            }
            Kind::Variables => {
                let texts = self.texts(value, what);
                for name in texts.iter().filter(|name| !is_variable(name)) {
                    let hint =
                        if name.contains('=') { "; values are not taken, the name is enough" } else { "" };
                    self.wrong(name.span, format!("`{}` is no name of a variable{hint}", name.value));
                }
                Said::of_texts(texts)
            }
            Kind::Hosts => {
                let texts = self.texts(value, what);
                for name in texts.iter().filter(|name| !is_host(name)) {
                    let hint = "write it without scheme, port and path, or `*.example.com` for all below one";
                    self.wrong(name.span, format!("`{}` is no host; {hint}", name.value));
                }
                Said::of_texts(texts)
            }
            Kind::Beginnings => {
                let texts = self.texts(value, what);
                let begins = |text: &str| is_variable(text.strip_suffix('*').unwrap_or(text));
                for name in texts.iter().filter(|name| !begins(name)) {
                    let hint = "write one, or its beginning and `*`";
                    self.wrong(name.span, format!("`{}` is no name of a variable; {hint}", name.value));
                }
                Said::of_texts(texts)
            }
            Kind::Numbers => {
                let members = self.names(value, what).into_iter().map(|(name, value)| {
                    let number = self.number(value, &format!("the number of `{}`", name.value));
                    (name, Said { number, ..Said::default() })
                });
                Said::of_members(members.collect())
            }
            Kind::Patterns => Said { patterns: self.patterns(value, what), ..Said::default() },
            Kind::Files => Said { paths: self.paths(value, what), ..Said::default() },
            Kind::Flag => Said { flag: self.flag(value, what), ..Said::default() },
            Kind::Word(words) => Said::of_texts(self.word(value, words, what).into_iter().collect()),
            Kind::Severities => {
                let members = self.names(value, what).into_iter().map(|(name, value)| {
                    self.rule(&name);
                    let what = format!("the severity of `{}`", name.value);
                    let word = self.word(value, SEVERITIES, &what);
                    (name, Said::of_texts(word.into_iter().collect()))
                });
                Said::of_members(members.collect())
            }
            Kind::Folders => {
                let members = self.names(value, what).into_iter().map(|(name, value)| {
                    let folder = self.folder(value, &format!("the folder of `{}`", name.value));
                    (name, Said { paths: folder.into_iter().collect(), ..Said::default() })
                });
                Said::of_members(members.collect())
            }
            Kind::Group(keys) => self.group(value, keys, what, value.span),
            Kind::List(keys) => {
                let Some(sequence) = value.as_sequence() else {
                    self.wrong(value.span, format!("{what} must be a list"));
                    return Said::default();
                };
                let what = format!("an entry of {what}");
                let parts =
                    sequence.items.iter().map(|item| self.group(item, keys, &what, item.span.start()));
                Said { parts: parts.collect(), ..Said::default() }
            }
            Kind::Named(keys) => {
                let members = self.names(value, what).into_iter().map(|(name, value)| {
                    if name.value.is_empty() {
                        self.wrong(name.span, "a stack needs a name".to_string());
                    }
                    let said = self.group(value, keys, &format!("the stack `{}`", name.value), name.span);
                    (name, said)
                });
                Said::of_members(members.collect())
            }
        }
    }

    /// A mapping with known keys; `at` is where a missing one is told.
    fn group(&mut self, value: &Node, keys: &'static [Key], what: &str, at: Span) -> Said {
        let Some(mapping) = self.mapping(value, what) else { return Said::default() };
        let before = self.mistakes.len();
        let members = self.members(mapping, keys, what).into_iter().map(|(name, key, value)| {
            let said = self.value(value, &key.kind, &format!("`{}`", key.name));
            (name, said)
        });
        let said = Said::of_members(members.collect());
        for key in keys.iter().filter(|key| key.required) {
            let there = said.members.iter().find(|(name, _)| name.value == key.name);
            let blank = there.is_none_or(|(_, said)| said.paths.is_empty() && said.patterns.is_empty());
            if blank && self.mistakes.len() == before {
                let (named, example) = match key.kind {
                    Kind::Files => ("compose files", "[compose.yaml, …]"),
                    _ => ("paths", "[\"examples/**\", …]"),
                };
                self.wrong(at, format!("{what} names no {named}; write `{}: {example}`", key.name));
            }
        }
        said
    }

    fn rule(&mut self, name: &Spanned<String>) {
        if ALL.iter().any(|rule| rule.name == name.value) {
            return;
        }
        let hint = match nearest(name, ALL.iter().map(|rule| rule.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`dockworthy rules` lists all of them".to_string(),
        };
        self.wrong(name.span, format!("there is no rule `{}`; {hint}", name.value));
    }

    fn word(&mut self, value: &Node, words: &[&str], what: &str) -> Option<Spanned<String>> {
        let text = self.text(value, what)?;
        if words.contains(&text.as_str()) {
            return Some(Spanned::new(text, value.span));
        }
        let hint = match nearest(&text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of `{}`", words.join("`, `")),
        };
        self.wrong(value.span, format!("{what} cannot be `{text}`; {hint}"));
        None
    }

    fn flag(&mut self, value: &Node, what: &str) -> bool {
        match value.as_scalar().map(|scalar| yaml::resolve(scalar, None)) {
            Some(Resolved::Bool(flag)) => flag,
            _ => {
                self.wrong(value.span, format!("{what} must be `true` or `false`"));
                false
            }
        }
    }

    fn number(&mut self, value: &Node, what: &str) -> Option<u64> {
        let number = match value.as_scalar().map(|scalar| yaml::resolve(scalar, None)) {
            Some(Resolved::Int(number)) => u64::try_from(number).ok(),
            _ => None,
        };
        let number = number.filter(|number| (1..=MOST).contains(number));
        if number.is_none() {
            self.wrong(value.span, format!("{what} must be a whole number from 1 to {MOST}"));
        }
        number
    }

    fn patterns(&mut self, value: &Node, what: &str) -> Vec<Spanned<Pattern>> {
        let mut patterns = Vec::new();
        for text in self.texts(value, what) {
            match Pattern::new(&text) {
                Ok(pattern) => patterns.push(Spanned::new(pattern, text.span)),
                Err(why) => self.wrong(text.span, why),
            }
        }
        patterns
    }

    /// Files that are there, relative to the configuration file.
    fn paths(&mut self, value: &Node, what: &str) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for text in self.texts(value, what) {
            let path = clean(&self.directory.join(&text.value));
            if self.sources.files().kind(&path) == Some(source::Kind::File) {
                paths.push(path);
            } else {
                self.wrong(text.span, format!("there is no file `{}` here", text.value));
            }
        }
        paths
    }

    fn folder(&mut self, value: &Node, what: &str) -> Option<PathBuf> {
        let text = self.text(value, what)?;
        let path = clean(&self.directory.join(&text));
        if self.sources.files().kind(&path) == Some(source::Kind::Directory) {
            return Some(path);
        }
        self.wrong(value.span, format!("there is no folder `{text}` here"));
        None
    }

    fn texts(&mut self, value: &Node, what: &str) -> Vec<Spanned<String>> {
        let items = match value.as_sequence() {
            Some(sequence) => sequence.items.iter().collect(),
            None => vec![value],
        };
        let mut texts = Vec::new();
        for item in items {
            let text = self.text(item, what);
            texts.extend(text.map(|text| Spanned::new(text, item.span)));
        }
        texts
    }

    fn text(&mut self, value: &Node, what: &str) -> Option<String> {
        let scalar = value.as_scalar().filter(|_| !is_null(value));
        if scalar.is_none() {
            self.wrong(value.span, format!("{what} must be text"));
        }
        scalar.map(|scalar| scalar.text.clone())
    }

    fn mapping<'n>(&mut self, value: &'n Node, what: &str) -> Option<&'n Mapping> {
        let mapping = value.as_mapping();
        if mapping.is_none() {
            self.wrong(value.span, format!("{what} must be a mapping"));
        }
        mapping
    }

    /// The entries of a mapping of names, each once.
    fn names<'n>(&mut self, value: &'n Node, what: &str) -> Vec<(Spanned<String>, &'n Node)> {
        let Some(mapping) = self.mapping(value, what) else { return Vec::new() };
        let mut names: Vec<(Spanned<String>, &Node)> = Vec::new();
        for entry in mapping.entries.iter() {
            let at = entry.key.span;
            let Some(name) = self.text(&entry.key, &format!("a name in {what}")) else { continue };
            if names.iter().any(|(other, _)| other.value == name) {
                self.wrong(at, format!("`{name}` stands in {what} for the second time"));
            } else {
                names.push((Spanned::new(name, at), &entry.value));
            }
        }
        names
    }

    /// The members of a mapping whose keys are known; the others are mistakes.
    fn members<'n>(
        &mut self,
        mapping: &'n Mapping,
        keys: &'static [Key],
        what: &str,
    ) -> Vec<(Spanned<String>, &'static Key, &'n Node)> {
        let mut members: Vec<(Spanned<String>, &Key, &Node)> = Vec::new();
        for entry in mapping.entries.iter() {
            let at = entry.key.span;
            let Some(name) = entry.key.as_scalar().map(|scalar| scalar.text.clone()) else {
                self.wrong(at, "a key must be text".to_string());
                continue;
            };
            let Some(key) = keys.iter().find(|key| key.name == name) else {
                let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
                let hint = match nearest(&name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are `{}`", known.join("`, `")),
                };
                self.wrong(at, format!("{what} has no key `{name}`; {hint}"));
                continue;
            };
            if members.iter().any(|(other, ..)| other.value == name) {
                self.wrong(at, format!("`{name}` stands here for the second time"));
            } else {
                members.push((Spanned::new(name, at), key, &entry.value));
            }
        }
        members
    }
}

fn is_null(value: &Node) -> bool {
    value.as_scalar().is_some_and(|scalar| yaml::resolve(scalar, None) == Resolved::Null)
}
