//! Files of settings that a program loads itself, by the strings that name them.

use super::reader::Reader;
use super::tree::{Annotation, Code};
use crate::programs::{Expr, Module, spring};
use crate::source::Spanned;

/// No program loads more.
const MAX_FILES: usize = 50;

/// What a file says of settings that are loaded.
#[derive(Default)]
pub(super) struct Loaded {
    /// Files of which the text alone is known: `load(getResourceAsStream("db.properties"))`.
    files: Vec<Spanned<String>>,
    /// Files whose settings the framework takes in: `@PropertySource("classpath:db.properties")`.
    taken: Vec<Spanned<String>>,
}

impl Loaded {
    /// Says so in the module.
    pub fn finish(self, module: &mut Module) {
        for (name, files) in [(spring::LOADED, self.files), (spring::TAKEN_IN, self.taken)] {
            if !files.is_empty() {
                let files = files.into_iter().map(Expr::Text).collect();
                module.names.insert(name.to_string(), Expr::List(files));
            }
        }
    }
}

impl Reader {
    /// A string that may name a file of settings.
    pub fn file_of_settings(&mut self, text: &Spanned<String>) {
        let files = &mut self.loaded.files;
        let known = files.iter().any(|known| known.value == text.value);
        if text.value.ends_with(".properties") && !known && files.len() < MAX_FILES {
            files.push(text.clone());
        }
    }

    /// `ResourceBundle.getBundle("db")`
    pub fn bundle(&mut self, text: &Spanned<String>) {
        let file = format!("{}.properties", text.value.replace('.', "/"));
        self.file_of_settings(&Spanned::new(file, text.span));
    }

    /// `@PropertySource({"classpath:a.properties", "classpath:b.properties"})`
    pub fn property_sources(&mut self, annotations: &[Annotation]) {
        let sources = annotations.iter().filter(|it| it.name == "PropertySource");
        for code in sources.filter_map(|it| it.get(&["value", "name"])) {
            let texts: Vec<&Code> = match code {
                Code::List(items) => items.iter().collect(),
                one => vec![one],
            };
            let texts = texts.into_iter().filter_map(|code| match code {
                Code::Text(text) => Some(text.clone()),
                _ => None,
            });
            self.loaded.taken.extend(texts.take(MAX_FILES));
        }
    }
}
