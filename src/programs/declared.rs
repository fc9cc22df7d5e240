//! Classes of settings that refuse what they do not declare.

use crate::source::Spanned;

/// A class that is filled from dotenv files and stops at a key in them that it has no field for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The class.
    pub class: Spanned<String>,
    /// The files, as written.
    pub files: Vec<Spanned<String>>,
    /// What its variables begin with.
    pub prefix: String,
    /// The variables of its fields, and the names of the fields themselves.
    pub names: Vec<String>,
    /// Whether case matters.
    pub case_sensitive: bool,
}

impl Declared {
    /// Whether a field takes the key, or a part of what it stands for.
    #[must_use]
    pub fn takes(&self, key: &str) -> bool {
        let folded = |text: &str| if self.case_sensitive { text.to_string() } else { text.to_lowercase() };
        let key = folded(key);
        // Fields of records are also read piece by piece.
        self.names
            .iter()
            .map(|name| folded(name))
            .any(|name| key == name || key.starts_with(&format!("{name}__")))
    }
}
