//! Files of secrets that the sources of a program name themselves.

use super::ServiceFacts;
use crate::source::Span;

/// Where Docker puts secrets.
pub const FOLDER: &str = "/run/secrets/";

/// A file of a secret that a source of the program names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub at: Span,
    /// Whether the source may do without it: it looks first, or goes on after what it is told.
    pub optional: bool,
}

/// Words of sources that look whether a file is there, or go on where it is not.
const LOOKS: [&str; 16] = [
    "exists",
    "isfile",
    "is_file",
    "isFile",
    "readable",
    "access(",
    "accessSync",
    "stat(",
    "statSync",
    "except",
    "catch",
    "rescue",
    "err ",
    "NotExist",
    "getenv",
    "environ",
];

/// The files of secrets that the modules which the program loads name, each once.
#[must_use]
pub fn named(service: &ServiceFacts<'_>) -> Vec<NamedSecret> {
    let program = service.program;
    let mut found: Vec<NamedSecret> = Vec::new();
    if !program.entry_known || program.idle {
        return found;
    }
    for index in program.scope.containing(FOLDER).iter().filter(|index| program.loaded.contains(index)) {
        let Some((_, source)) = program.scope.get(*index) else { continue };
        let file = source.file();
        let text: &str = &file.text;
        let optional = LOOKS.iter().any(|word| text.contains(word)) || text.contains("process.env");
        for (at, _) in text.match_indices(FOLDER) {
            let Some(quote) = text.get(..at).and_then(|before| before.chars().next_back()) else { continue };
            let from = at + FOLDER.len();
            let Some(name) = text.get(from..).and_then(|rest| rest.split(quote).next()) else { continue };
            let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("").trim_start();
            let remark = ["#", "//", "*"].iter().any(|start| line.starts_with(start));
            let known = found.iter().any(|one| one.name == name);
            if matches!(quote, '"' | '\'' | '`') && is_name(name) && !remark && !known {
                let at = file.slice(at, from + name.len());
                found.push(NamedSecret { name: name.to_string(), at, optional });
            }
        }
    }
    found
}

/// Whether the text is a name of one file.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
