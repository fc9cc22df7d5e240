//! Which of the settings that a program reads it also looks at.
//!
//! Settings are often shared: one class with a field for every service. A field that no loaded module
//! mentions is read, and never used.

use std::collections::{HashMap, HashSet};

use super::{Program, Read, Role};

/// The names that the loaded modules of a program mention, directly or through functions that are mentioned.
#[derive(Debug, Default)]
pub struct Uses {
    names: HashSet<String>,
    /// Whether names are looked up in ways that cannot be followed.
    open: bool,
}

impl Uses {
    /// Collects the names.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let mut free: Vec<&str> = Vec::new();
        let mut owned: HashMap<&str, Vec<&str>> = HashMap::new();
        for module in &program.modules {
            let source = program.scope.index_of(module).and_then(|index| program.scope.get(index));
            // Scripts and configurations are read whole, and look no names up.
            if module.role == Role::Source {
                let Some((_, source)) = source else { return Self { open: true, ..Self::default() } };
                let text: &str = &source.file.text;
                if source.front_end.looks_up_names(text) {
                    return Self { open: true, ..Self::default() };
                }
                if !source.front_end.concerns(text) {
                    // Not parsed: every word may be a mention.
                    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                    free.extend(words.filter(|word| !word.is_empty()));
                }
            }
            for mention in &module.mentions {
                match &mention.within {
                    Some(function) => owned.entry(function).or_default().push(&mention.name),
                    None => free.push(&mention.name),
                }
            }
        }
        let mut names = HashSet::new();
        while let Some(name) = free.pop() {
            if names.insert(name.to_string()) {
                free.extend(owned.remove(name).into_iter().flatten());
            }
        }
        Self { names, open: false }
    }

    /// Whether the value of a read is looked at: it is held in no name, or in one that is mentioned.
    #[must_use]
    pub fn looks_at(&self, read: &Read) -> bool {
        self.open || read.held.as_ref().is_none_or(|name| self.names.contains(name))
    }
}
