//! Places as people and programs read them: a file, a line, a column.

use std::path::{Component, Path};

use crate::source::{SourceMap, Span, relative};

/// A place in a file. Lines and columns start at 1; columns count characters; the end is the
/// column after the last character.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, relative to the directory of the report where it lies below or beside it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The line of the end.
    pub end_line: usize,
    /// The column of the end.
    pub end_column: usize,
}

impl Place {
    /// The place of a span; blank with line 1 and column 1 for a span that lies in no file.
    #[must_use]
    pub fn of(sources: &SourceMap, directory: &Path, span: Span) -> Self {
        let Some(file) = sources.file(span) else {
            return Self { line: 1, column: 1, end_line: 1, end_column: 1, ..Self::default() };
        };
        let (start, end) = (file.position(span.lo), file.position(span.hi));
        Self {
            file: shown(&file.path, directory),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

/// A path as it is shown: relative to `directory` when both share more than the root, with `/`
/// between its parts, and without characters that would disturb a terminal.
#[must_use]
pub fn shown(path: &Path, directory: &Path) -> String {
    let path = relative(path, directory);
    let text: Vec<_> = path
        .components()
        .map(|part| match part {
            Component::RootDir => "".into(),
            part => part.as_os_str().to_string_lossy(),
        })
        .collect();
    super::printable(&text.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_directory() {
        let show = |path: &str, directory: &str| shown(Path::new(path), Path::new(directory));
        assert_eq!(show("/home/me/app/compose.yaml", "/home/me/app"), "compose.yaml");
        assert_eq!(show("/home/me/app/compose.yaml", "/home/me/other/deep"), "../../app/compose.yaml");
        assert_eq!(show("/srv/app/compose.yaml", "/home/me"), "/srv/app/compose.yaml");
        assert_eq!(show("a/compose.yaml", "/home/me"), "a/compose.yaml");
        assert_eq!(show("/a\nb/c\u{1b}[2J", "/a\nb"), "c\u{241b}[2J");
    }
}
