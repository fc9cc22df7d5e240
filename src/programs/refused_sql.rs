//! What the scripts of SQL that images of databases run at first say, and those databases do not take.

use std::path::PathBuf;

use super::first_scripts::{DIRECTORY, without_comments};
use super::has_extension;
use super::image::Image;
use super::service_files::ImageTree;
use super::versions::range::Version;
use crate::compose::ImageReference;
use crate::source::{SourceFile, SourceMap, Span, Text};

/// Longer scripts are dumps, and more of them are not looked through.
const MAX_SCRIPT: u64 = 2 << 20;
const MAX_SCRIPTS: usize = 100;

const TITLES: [(&str, &str); 5] = [
    ("postgres", "PostgreSQL"),
    ("postgis/postgis", "PostgreSQL"),
    ("pgvector/pgvector", "PostgreSQL"),
    ("mysql", "MySQL"),
    ("mariadb", "MariaDB"),
];
/// The plugin that MySQL does not load by itself from 8.4 on, and does not have from 9.0 on.
const PLUGIN: &str = "mysql_native_password";

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A variable as shells have them, `${DB_USER}`, which clients of databases put nothing in for.
    Variable,
    /// A way to ask for passwords that the server does not know.
    Plugin,
}

/// The first thing that the scripts of a container say, and that is refused, or taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSql {
    /// What.
    pub what: Refused,
    /// The word.
    pub word: String,
    /// Where it stands.
    pub at: Span,
    /// Who reads it.
    pub title: &'static str,
    /// What is said; blank where the word is taken as it stands.
    pub says: String,
}

/// The first such word in a container whose image runs its scripts as they are. `command` is what it runs.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    image: &Image,
    files: &ImageTree,
    command: &[Text],
) -> Option<RefusedSql> {
    let reference = image.base.as_ref().filter(|_| !image.assumed)?;
    // What a build writes into them is not followed.
    let fills = |run: &Text| ["envsubst", "sed ", "perl "].iter().any(|word| run.assumed().contains(word));
    if image.runs.iter().any(fills) {
        return None;
    }
    let parsed = ImageReference::parse(&reference.value)?;
    let (_, title) = TITLES.into_iter().find(|(known, _)| *known == parsed.path)?;
    let scripts = files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY));
    let scripts = scripts.flat_map(|layer| match layer.directory {
        true => {
            let all = sources.files().list(&layer.host).into_iter().map(|name| layer.host.join(name));
            all.filter(|path| !layer.leaves_out(path)).collect()
        }
        false => vec![layer.host.clone()],
    });
    let scripts: Vec<PathBuf> =
        scripts.filter(|path| has_extension(path, &["sql"])).take(MAX_SCRIPTS).collect();
    // A server that is told to load it is told so by its command or by a file of settings.
    let told = command.iter().any(|word| word.assumed().contains("native"))
        || files.layers().iter().any(|layer| layer.directory || has_extension(&layer.target, &["cnf"]))
            && files.layers().iter().any(|layer| layer.target.starts_with("/etc"));
    let lacks = parsed.path == "mysql" && !told && lacks_plugin(parsed.tag.unwrap_or("latest"));
    let found = |sign: &str, look: &dyn Fn(&SourceFile, &str) -> Option<RefusedSql>| {
        scripts.iter().find_map(|path| {
            sources.peek(path, MAX_SCRIPT).ok().filter(|peeked| peeked.text().contains(sign))?;
            let file = sources.load(path).ok()?;
            let plain = without_comments(&file.text);
            look(&file, &plain)
        })
    };
    found("${", &|file, plain| unexpanded(title, file, plain))
        .or_else(|| found(PLUGIN, &|file, plain| unloaded(title, file, plain)).filter(|_| lacks))
}

/// Whether MySQL of this tag does not know the plugin: `8` is 8.4.
fn lacks_plugin(tag: &str) -> bool {
    let word = tag.split(['-', '_']).next().unwrap_or(tag);
    match word {
        "latest" | "lts" | "innovation" | "oracle" | "oraclelinux9" | "8" => true,
        _ => Version::at_start_of(word).is_some_and(|version| version.first() >= (8, 4, 0)),
    }
}

fn unexpanded(title: &'static str, file: &SourceFile, plain: &str) -> Option<RefusedSql> {
    let (before, name) = plain.match_indices("${").find_map(|(at, _)| {
        let name = plain.get(at + 2..)?.split('}').next()?;
        let named = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let before = plain.get(..at).and_then(|before| before.chars().next_back());
        (named && before != Some('$')).then_some((before, name.to_string()))
    })?;
    let word = format!("${{{name}}}");
    let quoted = matches!(before, Some('\'' | '"' | '`'));
    let says = match (quoted, title) {
        (true, _) => "",
        (false, "PostgreSQL") => "syntax error at or near \"$\"",
        (false, _) => "You have an error in your SQL syntax",
    };
    let at = place(file, &word)?;
    Some(RefusedSql { what: Refused::Variable, word, at, title, says: says.to_string() })
}

fn unloaded(title: &'static str, file: &SourceFile, plain: &str) -> Option<RefusedSql> {
    let lower = plain.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split_whitespace().map(|word| word.trim_matches(['\'', '"', '`', ';'])).collect();
    let asked = words.windows(3).any(|three| three == ["identified", "with", PLUGIN]);
    let at = place(file, PLUGIN).filter(|_| asked)?;
    let says = format!("Plugin '{PLUGIN}' is not loaded");
    Some(RefusedSql { what: Refused::Plugin, word: PLUGIN.to_string(), at, title, says })
}

/// Where a word stands in a script, in no comment.
fn place(file: &SourceFile, word: &str) -> Option<Span> {
    let commented = |at: &usize| {
        let line = file.text.get(..*at).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
        ["--", "#", "/*"].iter().any(|sign| line.contains(sign))
    };
    let from = file.text.match_indices(word).map(|(at, _)| at).find(|at| !commented(at))?;
    Some(file.slice(from, from + word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_without_the_plugin() {
        for (tag, expected) in [
            ("latest", true),
            ("8", true),
            ("8.4.3", true),
            ("9.1", true),
            ("8.0", false),
            ("8.0.36-debian", false),
            ("5.7", false),
        ] {
            assert_eq!(lacks_plugin(tag), expected, "{tag}");
        }
    }
}
