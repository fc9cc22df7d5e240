//! Changes of files as a unified diff.

use std::io::{self, Write};
use std::path::Path;

use similar::{Algorithm, ChangeTag, TextDiff};

use super::{Screen, mask, printable, shown};

/// Lines around a change.
const CONTEXT: usize = 3;

/// Who reads a diff.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// `patch` and its like: every byte as it is, secrets included.
    Program,
    /// A person: secrets are masked, and nothing acts on the terminal.
    Person(&'a Screen),
}

/// Writes what changed in a file, with its path relative to `directory`.
///
/// # Errors
/// Those of `out`.
pub fn write(
    path: &Path,
    before: &str,
    after: &str,
    directory: &Path,
    reader: Reader<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    // By line feeds alone, as `patch` sees lines.
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let mut config = TextDiff::configure();
    let diff = config.algorithm(Algorithm::Patience).newline_terminated(true).diff_slices(&old, &new);
    let name = shown(path, directory);
    // Without the tab, a blank would end the name.
    let end = if name.contains(' ') { "\t" } else { "" };
    let paint = |color: &'static str| match reader {
        Reader::Person(screen) if screen.color => (color, "\u{1b}[0m"),
        _ => ("", ""),
    };
    let (bold, plain) = paint("\u{1b}[1m");
    writeln!(out, "{bold}--- {name}{end}{plain}\n{bold}+++ {name}{end}{plain}")?;
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        let (cyan, plain) = paint("\u{1b}[36m");
        writeln!(out, "{cyan}{}{plain}", hunk.header())?;
        for change in hunk.iter_changes() {
            let (color, plain) = match change.tag() {
                ChangeTag::Equal => ("", ""),
                ChangeTag::Delete => paint("\u{1b}[31m"),
                ChangeTag::Insert => paint("\u{1b}[32m"),
            };
            let line = change.value();
            let (text, ended) = line.strip_suffix('\n').map_or((line, false), |text| (text, true));
            match reader {
                Reader::Program => write!(out, "{}{text}", change.tag())?,
                Reader::Person(_) => {
                    let text = printable(&mask::config(text.trim_end_matches('\r')));
                    write!(out, "{color}{}{text}{plain}", change.tag())?;
                }
            }
            writeln!(out)?;
            if !ended {
                writeln!(out, "\\ No newline at end of file")?;
            }
        }
    }
    Ok(())
}
