//! Libraries and programs of the system that packages of Python need and that the image does not have: `rules/data/native.yaml`,
//! typed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{Program, python};
use crate::compose::ImageReference;
use crate::source::{Span, Spanned};

const TABLE: &str = include_str!("../../../rules/data/native.yaml");

/// What a package needs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    imports: Vec<String>,
    named: Vec<String>,
    packages: Vec<String>,
    unless: Vec<String>,
    words: Vec<String>,
    on: Vec<String>,
    library: Option<String>,
    program: Option<String>,
    early: bool,
    r#in: Vec<String>,
    says: String,
    install: String,
}

/// A package that needs something of the system which is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Native {
    /// What is imported.
    pub import: String,
    /// Where.
    pub at: Span,
    /// What it loads or runs: `libGL.so.1`, `tesseract`.
    pub lacks: &'static str,
    /// Whether that is a program.
    pub runs: bool,
    /// Whether the program does not start without it.
    pub early: bool,
    /// The image.
    pub image: Spanned<String>,
    /// What is said.
    pub says: &'static str,
    /// What to install.
    pub install: &'static str,
}

fn table() -> &'static [Row] {
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the packages that the program imports need and its image does not have; each once.
pub(super) fn of(program: &Program<'_>) -> Vec<Native> {
    let Some(image) = program.image.base.as_ref() else { return Vec::new() };
    let Some(parsed) = ImageReference::parse(&image.value).filter(|parsed| parsed.path == "python") else {
        return Vec::new();
    };
    let tag = parsed.tag.unwrap_or("latest");
    let kind = ["alpine", "slim"].into_iter().find(|word| tag.contains(word)).unwrap_or("full");
    if tag.contains("windows") || is_open(program) {
        return Vec::new();
    }
    let Some(found) = python::installed(program) else { return Vec::new() };
    let texts: Vec<String> =
        program.runs.iter().map(|run| run.command.assumed().to_ascii_lowercase()).collect();
    let installed = |row: &Row| texts.iter().any(|text| row.r#in.iter().any(|part| text.contains(part)));
    let has = |words: &[String]| words.iter().any(|word| found.names.contains(word));
    let fits = |row: &&Row| {
        row.on.iter().any(|on| on == kind)
            && (row.packages.is_empty() || has(&row.packages))
            && !has(&row.unless)
            && !installed(row)
    };
    let rows: Vec<&'static Row> = table().iter().filter(fits).collect();
    let spoken = program.loaded.iter().filter_map(|index| program.scope.get(*index)).any(|(_, source)| {
        let names = |row: &&Row| {
            let all = row.imports.iter().chain(&row.named);
            all.clone().any(|name| source.glance(|text| text.contains(name.as_str())))
        };
        rows.iter().any(names)
    });
    if !spoken {
        return Vec::new();
    }
    let mut out: Vec<Native> = Vec::new();
    python::walk_all(program, |index, straight| {
        let Some((_, source)) = program.scope.get(index) else { return };
        let imported = straight.imports.iter().map(|it| (it, false));
        for (name, named) in imported.chain(straight.named.iter().map(|it| (it, true))) {
            let is = |known: &&String| {
                name.value
                    .strip_prefix(known.as_str())
                    .is_some_and(|rest| rest.is_empty() || !named && rest.starts_with('.'))
            };
            let of_row = |row: &&'static Row| {
                let known = if named { &row.named } else { &row.imports };
                Some((*row, known.iter().find(is)?))
            };
            let row = rows.iter().find_map(of_row);
            let Some((row, import)) = row.filter(|_| program.scope.resolve(index, &name.value).is_none())
            else {
                continue;
            };
            let spoken = row.words.is_empty()
                || source.glance(|text| row.words.iter().any(|word| text.contains(word.as_str())));
            let (lacks, runs) = match (&row.library, &row.program) {
                (Some(library), _) => (library.as_str(), false),
                (None, Some(program)) => (program.as_str(), true),
                (None, None) => continue,
            };
            if !spoken || out.iter().any(|known| known.lacks == lacks) {
                continue;
            }
            out.push(Native {
                import: import.clone(),
                at: name.span,
                lacks,
                runs,
                early: !runs || row.early,
                image: image.clone(),
                says: &row.says,
                install: &row.install,
            });
        }
    });
    out
}

/// Whether what is installed of the system's packages is not all seen.
pub(super) fn is_open(program: &Program<'_>) -> bool {
    const OPENS: [&str; 14] = [
        "xargs",
        "$(",
        "`",
        ".sh",
        "make ",
        "nix",
        "conda",
        "install-deps",
        "with-deps",
        "dpkg",
        "| sh",
        "|sh",
        "| bash",
        "|bash",
    ];
    let installs = |text: &str| ["apt", "apk", "aptitude"].iter().any(|tool| text.contains(tool));
    let text = |run: &super::Run| run.command.assumed();
    program
        .runs
        .iter()
        .map(text)
        .any(|text| OPENS.iter().any(|word| text.contains(word)) || installs(&text) && text.contains('$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Vec<Row> = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.len() > 15);
        for row in &table {
            assert!(!row.imports.is_empty() && !row.r#in.is_empty(), "{}", row.says);
            assert!(row.library.is_some() != row.program.is_some(), "{}", row.says);
            assert!(
                row.on.iter().all(|on| ["slim", "alpine", "full"].contains(&on.as_str())),
                "{}",
                row.says
            );
            assert!(!row.says.is_empty() && row.install.starts_with('`'), "{}", row.says);
        }
    }
}
