//! Which of the settings that a program reads it also looks at.
//!
//! Settings are often shared: one class with a field for every service. A field that no loaded module
//! mentions is read, and never used.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::{Mention, Module, Program, Read, Role, Source};
use crate::source::{Span, Spanned};

/// Sources that were not parsed lead on to others so often.
const MAX_ROUNDS: usize = 8;

/// The names that the loaded modules of a program mention, directly or through functions that are mentioned.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    names: HashSet<String>,
    /// Those of them that only code mentions which is run later: when a request or a message comes.
    late: HashSet<String>,
    /// Whether names are looked up in ways that cannot be followed.
    open: bool,
    /// Whether fields may be used that nothing mentions.
    fields: bool,
}

impl Uses {
    /// Collects the names.
    pub(super) fn of(program: &Program) -> Self {
        let open = || Self { open: true, ..Self::default() };
        if super::entry::lacks_own(&program.scope, &program.loaded) {
            return open();
        }
        let mut free: Vec<&str> = Vec::new();
        let mut owned: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut fields = false;
        let mut unparsed: Vec<&Arc<Source>> = Vec::new();
        for module in &program.modules {
            let source = program.scope.index_of(module).and_then(|index| program.scope.get(index));
            // Scripts and configurations are read whole, and look no names up.
            if module.role == Role::Source {
                let Some((_, source)) = source else { return open() };
                if !source.concerned() {
                    unparsed.push(source);
                } else if source.front_end.looks_up_names(source.text()) {
                    return open();
                } else {
                    fields |= source.front_end.hands_on_fields(source.text());
                }
            }
            take(module, &mut free, &mut owned);
        }
        // `uvicorn shop.web:get_app --factory`, `gunicorn "shop:create_app()"`
        let told = program.commands.iter().flatten().filter_map(|word| word.split_once(':'));
        free.extend(told.map(|(_, name)| name.trim_end_matches(')').trim_end_matches('(')));
        free.extend(told_names(program, &owned));
        if !is_served(program) {
            free.push(Module::UNDER_MAIN);
        }
        let mut uses = Self::followed(&free, &owned, fields);
        for _ in 0..MAX_ROUNDS {
            let wanted: HashSet<&str> = program
                .modules
                .iter()
                .flat_map(asked_for)
                .filter(|name| !uses.names.contains(*name) && *name != Module::UNDER_MAIN)
                .collect();
            if wanted.is_empty() || unparsed.is_empty() {
                break;
            }
            // In what was not parsed every word may be a mention. Few programs come here: its text is gone, and is
            // read again.
            let mut words: Vec<&str> = leading_to(wanted, &owned).into_iter().collect();
            words.sort_unstable();
            let Ok(search) = AhoCorasick::new(&words) else { return open() };
            let found: Vec<((bool, bool), HashSet<usize>)> = unparsed
                .par_iter()
                .map(|source| {
                    let front_end = source.front_end;
                    let dynamic =
                        |text: &str| (front_end.looks_up_names(text), front_end.hands_on_fields(text));
                    source.glance(|text| (dynamic(text), whole_words(&search, text)))
                })
                .collect();
            if found.iter().any(|((looks_up, _), _)| *looks_up) {
                return open();
            }
            fields |= found.iter().any(|((_, fields), _)| *fields);
            let mut parsed: Vec<&Arc<Source>> = Vec::new();
            for (source, (_, found)) in unparsed.iter().zip(&found) {
                match source.front_end.tells_owners() {
                    true if !found.is_empty() => parsed.push(source),
                    _ => free.extend(found.iter().filter_map(|index| words.get(*index).copied())),
                }
            }
            parsed.iter().for_each(|source| take(source.full(), &mut free, &mut owned));
            unparsed.retain(|source| !parsed.iter().any(|other| Arc::ptr_eq(source, other)));
            uses = Self::followed(&free, &owned, fields);
            if parsed.is_empty() {
                break;
            }
        }
        uses
    }

    /// What is mentioned by these names, and by the functions that have them.
    fn followed<'m>(free: &[&'m str], owned: &HashMap<&'m str, Vec<&'m str>>, fields: bool) -> Self {
        let mut owned = owned.clone();
        let mut uses = Self { fields, ..Self::default() };
        uses.follow(free.to_vec(), &mut owned);
        uses.follow_late(&mut owned);
        uses
    }

    /// Takes in names, and what the functions of these names mention.
    fn follow<'m>(&mut self, mut free: Vec<&'m str>, owned: &mut HashMap<&'m str, Vec<&'m str>>) {
        while let Some(name) = free.pop() {
            if self.names.insert(name.to_string()) {
                free.extend(owned.remove(name).into_iter().flatten());
            }
        }
    }

    /// Takes in what only later code mentions.
    fn follow_late<'m>(&mut self, owned: &mut HashMap<&'m str, Vec<&'m str>>) {
        let early = self.names.clone();
        self.follow(vec![Mention::LATER], owned);
        self.late = self.names.difference(&early).cloned().collect();
    }

    /// Whether code at this place is run when the program starts, as far as can be seen.
    #[must_use]
    pub fn starts(&self, module: &Module, place: Span) -> bool {
        let functions = module.functions.iter().chain(&module.bodies);
        let around = functions.filter(|function| function.span.contains(place));
        let late = around.into_iter().any(|function| self.late.contains(&function.value));
        self.is_called(module, place) && !late && !module.later.iter().any(|later| later.contains(place))
    }

    /// Whether code at this place is run: in a function that is mentioned, or in none.
    #[must_use]
    pub fn runs(&self, module: &Module, place: Span) -> bool {
        self.fields || self.is_called(module, place)
    }

    fn is_called(&self, module: &Module, place: Span) -> bool {
        let around = module.functions.iter().filter(|function| function.span.contains(place));
        self.open || around.into_iter().all(|function| self.names.contains(&function.value))
    }

    /// Whether the value of a read is looked at: it is held in no name, or in one that is mentioned.
    #[must_use]
    pub fn looks_at(&self, read: &Read) -> bool {
        self.open || self.fields || read.held.as_ref().is_none_or(|name| self.names.contains(name))
    }
}

/// The functions of what the program does when it is told a word: those of the words that its command has, or all where none of them
/// is one.
fn told_names<'m>(program: &Program, owned: &HashMap<&'m str, Vec<&'m str>>) -> Vec<&'m str> {
    let all: Vec<&str> = owned.keys().copied().filter(|name| name.starts_with(Mention::TOLD)).collect();
    let given: HashSet<&str> =
        program.commands.iter().flat_map(|words| words.iter().skip(1)).map(String::as_str).collect();
    let told = |name: &&str| name.strip_prefix(Mention::TOLD).is_some_and(|word| given.contains(word));
    let some: Vec<&str> = all.iter().copied().filter(told).collect();
    // What it is told may stand in a source that reads nothing.
    let of_command = |word: &&str| {
        let plain =
            word.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && !word.starts_with('-');
        if !plain {
            return false;
        }
        let sources = program.scope.containing(&format!("\"{word}"));
        let mut sources = sources.iter().filter_map(|index| program.scope.get(*index));
        let says = |text: &str| {
            let told = format!("\"{word}");
            text.lines().any(|line| {
                let begins = |key: &str| {
                    line.split_once(key).is_some_and(|(_, value)| value.trim_start().starts_with(&told))
                };
                ["Use:", "Name:"].into_iter().any(begins)
            })
        };
        sources.any(|(_, source)| {
            source.front_end.name() == "go" && source.glance(|text| text.contains("Command{") && says(text))
        })
    };
    let known = all.is_empty() || !some.is_empty() || given.iter().any(of_command);
    if known { some } else { all }
}

/// Takes in what a module mentions.
fn take<'m>(module: &'m Module, free: &mut Vec<&'m str>, owned: &mut HashMap<&'m str, Vec<&'m str>>) {
    for mention in &module.mentions {
        match &mention.within {
            Some(function) => owned.entry(function).or_default().push(&mention.name),
            None => free.push(&mention.name),
        }
    }
}

/// Which of these words any source of the program mentions, whether its process loads it or not. `None` where
/// that can't be said: something could not be read, or names are looked up in ways that cannot be followed.
#[must_use]
pub fn mentioned(program: &Program, words: &[&str]) -> Option<HashSet<String>> {
    if words.is_empty() {
        return Some(HashSet::new());
    }
    if program.skipped().next().is_some() {
        return None;
    }
    let search = AhoCorasick::new(words).ok()?;
    let sources: Vec<&Arc<Source>> = program.scope.iter().map(|(_, _, source)| source).collect();
    let found: Vec<(bool, HashSet<usize>)> = sources
        .par_iter()
        .map(|source| {
            let front_end = source.front_end;
            let dynamic = |text: &str| front_end.looks_up_names(text) || front_end.hands_on_fields(text);
            source.glance(|text| (dynamic(text), whole_words(&search, text)))
        })
        .collect();
    if found.iter().any(|(looks_up, _)| *looks_up) {
        return None;
    }
    let found = found.into_iter().flat_map(|(_, found)| found);
    Some(found.filter_map(|index| words.get(index).map(|word| (*word).to_string())).collect())
}

/// Whether any source of the program has this somewhere, in letters of any case; also where that can't be said.
#[must_use]
pub fn mentions(program: &Program, part: &str) -> bool {
    let search = AhoCorasick::builder().ascii_case_insensitive(true).build([part]);
    let (Ok(search), None) = (search, program.skipped().next()) else { return true };
    let sources: Vec<&Arc<Source>> = program.scope.iter().map(|(_, _, source)| source).collect();
    sources.par_iter().any(|source| source.glance(|text| search.is_match(text)))
}

/// Whether its files are loaded by a server's command, and none of them is what was started.
fn is_served(program: &Program) -> bool {
    const SERVERS: [&str; 10] = [
        "uvicorn",
        "gunicorn",
        "hypercorn",
        "daphne",
        "celery",
        "flask",
        "fastapi",
        "granian",
        "uwsgi",
        "arq",
    ];
    let words: Vec<String> = program.command.iter().map(crate::source::Text::assumed).collect();
    // A command in a shell is one word.
    let mut words = words.iter().flat_map(|word| word.split_whitespace());
    let named = |word: &str| word.rsplit('/').next().is_some_and(|name| SERVERS.contains(&name));
    let served = words.clone().any(named);
    served && !words.any(|word| word.ends_with(".py"))
}

/// The names that somebody may ask for: those that hold what was read, and those of the functions around reads and
/// sinks. What was not parsed may run those by itself: a `main` that only calls others.
fn asked_for(module: &Arc<Module>) -> impl Iterator<Item = &str> {
    let held = module.reads.iter().filter_map(|read| read.held.as_deref());
    let reads = module.reads.iter().map(|read| read.span);
    let places: Vec<Span> = reads.chain(module.sinks.iter().map(|sink| sink.span)).collect();
    let around = move |function: &&Spanned<String>| places.iter().any(|place| function.span.contains(*place));
    held.chain(module.functions.iter().filter(around).map(|function| function.value.as_str()))
}

/// These names, and the functions by which they are mentioned once those are.
fn leading_to<'m>(names: HashSet<&'m str>, owned: &HashMap<&'m str, Vec<&'m str>>) -> HashSet<&'m str> {
    let mut mentioned_by: HashMap<&str, Vec<&'m str>> = HashMap::new();
    for (function, mentions) in owned {
        for name in mentions {
            mentioned_by.entry(name).or_default().push(function);
        }
    }
    let mut pending: Vec<&str> = names.iter().copied().collect();
    let mut leading = names;
    while let Some(name) = pending.pop() {
        for function in mentioned_by.get(name).into_iter().flatten() {
            if leading.insert(function) {
                pending.push(function);
            }
        }
    }
    leading
}

/// Which of the words stand in the text, not as parts of longer ones.
fn whole_words(words: &AhoCorasick, text: &str) -> HashSet<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: &aho_corasick::Match| {
        !text.get(..at.start()).is_some_and(|before| before.ends_with(part))
            && !text.get(at.end()..).is_some_and(|after| after.starts_with(part))
    };
    words.find_overlapping_iter(text).filter(whole).map(|at| at.pattern().as_usize()).collect()
}
