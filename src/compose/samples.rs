//! Samples of env files that are not there: `.env.example` beside a missing `.env`, and what a README says to write into it.
//!
//! Whoever starts the project makes the file from them, so they say what its programs will find: all but what they leave to
//! be filled in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::dotenv::{self, Settings};
use super::neighbours;
use super::template::Lookup;
use crate::finding::{Problem, ProblemKind};
use crate::source::{Kind, Origin, SourceFile, SourceMap, Span, Text};

/// Names under which projects keep a sample of an env file, beside its own words.
const WORDS: [&str; 6] = ["example", "sample", "template", "dist", "default", "defaults"];

/// Files of a folder beyond this number are not looked at.
const MAX_FILES: usize = 400;

/// Nor are more notes and scripts than this.
const MAX_SCRIPTS: usize = 12;

/// Folders from a file's own upwards whose notes may speak of it by its path from there.
const MAX_NOTED_ABOVE: usize = 3;

/// Notes above this size are books.
const MAX_NOTES: u64 = 256 << 10;

/// Words that stand for a value in its place.
const PLACEHOLDERS: [&str; 12] = [
    "your",
    "changeme",
    "change_me",
    "change-me",
    "replace",
    "placeholder",
    "xxx",
    "...",
    "todo",
    "insert",
    "<",
    "fill",
];

/// Words with which notes say that a value is to be changed, or in which case.
const CHANGES: [&str; 10] =
    ["change", "replace", "update", "edit", "adjust", "modify", "instead", "docker", "container", "compose"];

/// Hosts that mean the machine of whoever fills the sample in.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "0.0.0.0"];

/// A sample of an env file.
pub(super) struct Sample {
    /// The file in which it stands.
    pub path: PathBuf,
    /// What it sets. What is to be filled in is not known.
    pub settings: Settings,
    /// What in the file of its own is no setting, and would be none in the file that is made from it.
    pub wrong: Option<Problem>,
}

/// Whether a name is that of a sample of some env file: `.env.example`, `example.env`, `env.sample`, `.env.prod.dist` …
pub(super) fn is_sample(name: &str) -> bool {
    // A folder may hold thousands of names, and each of its projects asks.
    if !name.contains("env") {
        return false;
    }
    let words: Vec<&str> = words(name).collect();
    words.contains(&"env") && words.iter().any(|word| WORDS.contains(word))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '-', '_']).filter(|word| !word.is_empty())
}

/// Whether a name is that of a sample of this file: its words, and one more that says so.
fn is_sample_of(name: &str, file: &str) -> bool {
    let mut own: Vec<&str> = words(file).collect();
    let mut named = 0;
    for word in words(name) {
        match own.iter().position(|known| *known == word) {
            Some(at) => drop(own.remove(at)),
            None if WORDS.contains(&word) => named += 1,
            None => return false,
        }
    }
    own.is_empty() && named == 1
}

/// The sample of the env file at `path`. `outer` says what references in it stand for.
pub(super) fn of(sources: &SourceMap, path: &Path, outer: &Lookup) -> Option<Sample> {
    let folder = path.parent()?;
    let name = path.file_name()?.to_str()?;
    let names = sources.list(folder);
    let is_note = |name: &&String| name.to_ascii_lowercase().starts_with("readme");
    let load = |name: &String| {
        let place = folder.join(name);
        (sources.files().kind(&place) == Some(Kind::File)).then(|| sources.load(&place).ok()).flatten()
    };
    let notes: Vec<Arc<SourceFile>> = names.iter().filter(is_note).take(4).filter_map(load).collect();
    let mut samples = names.iter().take(MAX_FILES).filter(|other| is_sample_of(other, name));
    let block = || notes.iter().find_map(|note| Some((note.clone(), written_in(&note.text, name)?)));
    let block = || block().and_then(|(note, text)| Some((note.masked(&text)?, note)));
    let (file, shown) = match samples.find_map(load) {
        Some(file) => (file, None),
        None => block().map(|(shown, note)| (note, Some(shown)))?,
    };
    let mut wrong = Vec::new();
    let mut read = |file: &SourceFile| {
        let mut settings = Settings::new();
        dotenv::read(file, outer, &mut settings, &mut wrong);
        settings
    };
    let mut settings = read(shown.as_ref().unwrap_or(&file));
    // What a sample leaves blank the notes may fill in.
    let is_blank = |setting: &super::Setting| setting.value.is_blank() == Some(true);
    if shown.is_none()
        && settings.values().any(is_blank)
        && let Some((shown, _)) = block()
    {
        for (name, filled) in read(&shown) {
            match settings.get_mut(&name) {
                Some(setting) if is_blank(setting) => *setting = filled,
                _ => {}
            }
        }
    }
    for (name, setting) in &mut settings {
        setting.value = match says_its_name(name, &setting.value.assumed()) {
            true => Text::unknown(Origin::at(setting.span)),
            false => without_placeholders(&setting.value, setting.span),
        };
        let value = setting.value.assumed().to_ascii_lowercase();
        let own = LOOPBACK.iter().any(|host| value.contains(host));
        let spoken = || notes.iter().any(|note| note.text.lines().any(|line| may_change(line, name, &value)));
        if value.is_empty() || own && spoken() {
            setting.value = Text::unknown(Origin::at(setting.span));
        }
    }
    let refused = |problem: &Problem| problem.kind == ProblemKind::InvalidEnvFile && file.owns(problem.at);
    let wrong = wrong.into_iter().find(refused).filter(|_| shown.is_none());
    Some(Sample { path: file.path.clone(), settings, wrong })
}

/// Whether a line of the notes may say that a variable is to be changed: it says so, or shows it with another value.
fn may_change(line: &str, name: &str, value: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let Some((_, after)) = line.split_once(&name.to_ascii_lowercase()) else { return false };
    let set = after
        .trim_start_matches(['`', ' '])
        .strip_prefix(['=', ':'])
        .map(|set| set.trim_start_matches(['"', '\'', ' ']));
    CHANGES.iter().any(|word| line.contains(word))
        || set.is_some_and(|set| !set.is_empty() && !set.starts_with(value))
}

/// Whether a value only says again what is to stand there: `db_host` for `DB_HOST`, `server_port_number` for `SERVER_PORT`.
fn says_its_name(name: &str, value: &str) -> bool {
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    let words = |text: &str| text.split(['_', '-']).map(str::to_string).collect::<Vec<_>>();
    let (named, said) = (words(&name), words(&value));
    let plain = value.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '-'));
    let within = |one: &[String], other: &[String]| one.iter().all(|word| other.contains(word));
    plain && named.len() > 1 && said.len() > 1 && (within(&named, &said) || within(&said, &named))
}

/// A value with nothing known of what is to be filled in: the whole of it, or the parts of a URL.
fn without_placeholders(value: &Text, span: Span) -> Text {
    let written = value.assumed();
    let is_open = |part: &str| {
        let part = part.to_ascii_lowercase();
        PLACEHOLDERS.iter().any(|word| part.contains(word))
    };
    if !is_open(&written) {
        return value.clone();
    }
    let Some(after) = written.find("://").map(|at| at + "://".len()) else {
        return Text::unknown(Origin::at(span));
    };
    let mut known = Text::default();
    // What is known goes up to `said`, the part that is looked at starts at `from`.
    let (mut said, mut from) = (0, after);
    let ends = written.match_indices([':', '/', '@', '?', '&', '=', ',']).map(|(at, _)| at);
    for end in ends.filter(|end| *end >= after).chain([written.len()]) {
        if written.get(from..end).is_some_and(is_open) {
            known.push(value.slice(said, from));
            known.push(Text::unknown(Origin::at(span)));
            said = end;
        }
        from = end + 1;
    }
    known.push(value.slice(said, written.len()));
    known
}

/// Whether the notes beside an env file, or the scripts that a project is set up with, speak of it.
pub(super) fn is_spoken_of(sources: &SourceMap, path: &Path) -> bool {
    let folders = path.ancestors().skip(1).take(MAX_NOTED_ABOVE);
    folders.filter(|folder| folder.parent().is_some()).any(|folder| {
        let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) else { return false };
        let names = sources.list(folder);
        let mut notes = names.iter().filter(|name| neighbours::is_script(name)).take(MAX_SCRIPTS);
        notes.any(|note| {
            let peeked = sources.peek(&folder.join(note), MAX_NOTES);
            peeked.is_ok_and(|peeked| is_named(peeked.text(), name))
        })
    })
}

/// Whether a text names a file, and not one whose name goes on: `.env`, not `.env.example`.
pub(super) fn is_named(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let mut after = text.get(at + name.len()..).unwrap_or("").chars();
        let goes_on = match after.next() {
            Some('.') => after.next().is_some_and(joins),
            Some(next) => joins(next),
            None => false,
        };
        !before.is_some_and(|c| joins(c) || c == '.') && !goes_on
    })
}

/// The text of a note with all blanked out but the block that is to be written into the env file of this name.
fn written_in(text: &str, name: &str) -> Option<String> {
    if text.len() as u64 > MAX_NOTES || !is_named(text, name) {
        return None;
    }
    let mut block: Option<(usize, usize)> = None;
    let mut inside = false;
    let mut said = 0;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                inside = true;
                block = None;
            }
            Event::Text(_) if inside => {
                block = Some(block.map_or((range.start, range.end), |(from, _)| (from, range.end)));
            }
            Event::End(TagEnd::CodeBlock) => {
                inside = false;
                // What stands before it since the block before says what it is.
                let before = text.get(said..range.start).unwrap_or("");
                said = range.end;
                if let Some((from, to)) = block.filter(|_| is_named(before, name))
                    && text.get(from..to).is_some_and(is_env)
                {
                    let blank = |part: &str| {
                        part.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>()
                    };
                    return Some(blank(text.get(..from)?) + text.get(from..to)? + &blank(text.get(to..)?));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether all lines set variables.
fn is_env(block: &str) -> bool {
    let lines = || block.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let sets = |line: &str| {
        line.split_once('=').is_some_and(|(name, _)| {
            let name = name.trim().trim_start_matches("export ");
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        })
    };
    lines().count() > 0 && lines().all(sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_by_name() {
        for name in [".env.example", "env.example", "example.env", ".env-sample", "sample.env", ".env.dist"] {
            assert!(is_sample_of(name, ".env") && is_sample(name), "{name}");
        }
        for (name, file) in [
            (".env.dev-sample", ".env.dev"),
            (".env.dev.example", ".env.dev"),
            ("example.env.dev", ".env.dev"),
            ("db.env.example", "db.env"),
        ] {
            assert!(is_sample_of(name, file), "{name}");
        }
        for (name, file) in [
            (".env.example", ".env.dev"),
            (".env.dev.example", ".env"),
            (".env", ".env"),
            ("README.md", ".env"),
        ] {
            assert!(!is_sample_of(name, file), "{name}");
        }
    }

    #[test]
    fn values_that_say_their_names() {
        for (name, value) in [
            ("DB_HOST", "db_host"),
            ("SERVER_PORT", "server_port_number"),
            ("PGADMIN_DEFAULT_EMAIL", "pgadmin_email"),
        ] {
            assert!(says_its_name(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("POSTGRES_DB", "postgres"),
            ("DB_HOST", "shop-db"),
            ("DB_PORT", "5432"),
            ("HOST", "host"),
            ("API_URL", "http://api-url"),
        ] {
            assert!(!says_its_name(name, value), "{name}={value}");
        }
    }

    #[test]
    fn notes_that_change_a_value() {
        for line in
            ["Set `DB_HOST` to `db` in Docker.", "DB_HOST=db", "Change DB_HOST first", "- DB_HOST: db"]
        {
            assert!(may_change(line, "DB_HOST", "localhost"), "{line}");
        }
        for line in
            ["| `DB_HOST` | the database's host |", "DB_HOST=localhost # host", "DB_NAME=x", "DB_HOST"]
        {
            assert!(!may_change(line, "DB_HOST", "localhost"), "{line}");
        }
    }

    #[test]
    fn names_in_notes() {
        assert!(is_named("Create `.env` first.", ".env") && is_named("cp a .env.", ".env"));
        assert!(!is_named("see .env.example", ".env") && !is_named("process.env", ".env"));
    }

    #[test]
    fn blocks_of_notes() {
        let read = |text: &str| written_in(text, ".env").map(|text| text.trim().to_string());
        assert_eq!(read("Run:\n```\nA=1\n```\nWrite a `.env`:\n```\nB=2\n```\n").as_deref(), Some("B=2"));
        assert_eq!(read("Write a `.env`:\n```sh\nmake it\n```\n"), None);
        assert_eq!(read("```\nB=2\n```\n"), None);
    }
}
