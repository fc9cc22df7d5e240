//! Text to syntax tree, in the dialect that the file's name says.

use std::path::Path;

use tree_sitter::{Language, Tree};

/// The syntax tree; `None` when the text takes too long to parse.
pub(in crate::programs) fn parse(path: &Path, text: &str) -> Option<Tree> {
    crate::programs::reading::parse(&language(path), text)
}

fn language(path: &Path) -> Language {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or("") {
        "ts" | "mts" | "cts" | "vue" | "astro" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        // JSX is part of this grammar.
        _ => tree_sitter_javascript::LANGUAGE.into(),
    }
}
