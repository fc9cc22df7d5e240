//! What the scripts of SQL that images of databases run at first say, and those databases do not take.

use std::path::PathBuf;

use super::first_scripts::{DIRECTORY, without_comments};
use super::has_extension;
use super::image::Image;
use super::service_files::ImageTree;
use super::versions::range::Version;
use crate::compose::ImageReference;
use crate::source::{Kind, SourceFile, SourceMap, Span, Text};

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
    /// A function of an extension that nothing makes.
    Function(&'static str),
    /// A way to sort texts that the server does not know.
    Collation,
    /// The owner of what a dump makes, whom no script makes: known only by its name, which may be that of the first account.
    Owner,
}

/// Functions of PostgreSQL's extensions, by which a script names them, and the extension.
const FUNCTIONS: [(&str, &str); 5] = [
    ("uuid_generate_v4(", "uuid-ossp"),
    ("uuid_generate_v1(", "uuid-ossp"),
    ("uuid_generate_v1mc(", "uuid-ossp"),
    ("gen_salt(", "pgcrypto"),
    ("gin_trgm_ops", "pg_trgm"),
];
/// How MySQL sorts from 8.0 on, and MariaDB of these versions does not (MDEV-20912), nor do older ones of MySQL.
const COLLATION: &str = "utf8mb4_0900_ai_ci";
/// Whoever is not made by scripts and is meant by a word: the session's own accounts.
const OF_SESSION: [&str; 4] = ["current_user", "current_role", "session_user", "public"];

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
    let layers = files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY));
    let all: Vec<PathBuf> = layers
        .flat_map(|layer| match layer.directory {
            true => {
                let all = sources.files().list(&layer.host).into_iter().map(|name| layer.host.join(name));
                all.filter(|path| !layer.leaves_out(path)).collect()
            }
            false => vec![layer.host.clone()],
        })
        .collect();
    let of_sql = all.iter().filter(|path| has_extension(path, &["sql"]));
    let scripts: Vec<&PathBuf> = of_sql.take(MAX_SCRIPTS).collect();
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
    // Scripts of the shell make such things as well, and what is not read may.
    let says = |wanted: &dyn Fn(&str) -> bool| {
        let files = all.iter().filter(|path| sources.files().kind(path) == Some(Kind::File));
        files
            .into_iter()
            .any(|path| sources.peek(path, MAX_SCRIPT).map_or(true, |peeked| wanted(peeked.text())))
    };
    let unknown = || {
        let (word, extension) = FUNCTIONS.into_iter().find_map(|(word, extension)| {
            let made = || says(&|text| text.contains(extension));
            let stands = |path: &&PathBuf| {
                sources.peek(path, MAX_SCRIPT).is_ok_and(|peeked| peeked.text().contains(word))
            };
            (scripts.iter().any(stands) && !made()).then_some((word, extension))
        })?;
        found(word, &|file, plain| {
            let at = place(file, word).filter(|_| plain.contains(word))?;
            let name = word.trim_end_matches('(');
            let says = match word.ends_with('(') {
                true => format!("function {name}() does not exist"),
                false => format!("operator class \"{name}\" does not exist"),
            };
            Some(RefusedSql { what: Refused::Function(extension), word: name.to_string(), at, title, says })
        })
    };
    let unsorted = || {
        found(COLLATION, &|file, plain| {
            let at = place(file, COLLATION).filter(|_| plain.contains(COLLATION))?;
            let says = format!("Unknown collation: '{COLLATION}'");
            Some(RefusedSql { what: Refused::Collation, word: COLLATION.to_string(), at, title, says })
        })
    };
    let owner = || {
        found("OWNER TO", &|file, plain| {
            let (name, at) = owner(file, plain)?;
            let lower = name.to_ascii_lowercase();
            let made = says(&|text| {
                let text = text.to_ascii_lowercase();
                text.contains(&lower)
                    && ["create role", "create user", "createuser", "alter user"]
                        .iter()
                        .any(|word| text.contains(word))
            });
            let says = format!("role \"{name}\" does not exist");
            (!made).then_some(RefusedSql { what: Refused::Owner, word: name, at, title, says })
        })
    };
    let is_postgres = title == "PostgreSQL";
    let sorts_otherwise = match parsed.path {
        "mariadb" => sorts_before(parsed.tag, (10, 11, 0)),
        "mysql" => sorts_before(parsed.tag, (8, 0, 0)),
        _ => false,
    };
    found("${", &|file, plain| unexpanded(title, file, plain))
        .or_else(|| found(PLUGIN, &|file, plain| unloaded(title, file, plain)).filter(|_| lacks))
        .or_else(|| unknown().filter(|_| is_postgres))
        .or_else(|| unsorted().filter(|_| sorts_otherwise))
        .or_else(|| owner().filter(|_| is_postgres))
}

/// Whether a tag begins with a version before this one: `10` may be the newest of its kind.
fn sorts_before(tag: Option<&str>, version: (u32, u32, u32)) -> bool {
    let known = tag.and_then(Version::at_start_of).filter(|known| known.minor.is_some() || known.major < 10);
    known.is_some_and(|known| known.first() < version)
}

/// The first who is to own something, and where that stands: `ALTER TABLE public.books OWNER TO librarian;`.
fn owner(file: &SourceFile, plain: &str) -> Option<(String, Span)> {
    plain.match_indices("OWNER TO ").find_map(|(at, word)| {
        let rest = plain.get(at + word.len()..)?;
        let name = rest.split(';').next()?.trim().trim_matches('"');
        let named =
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') && !name.is_empty();
        let of_session = OF_SESSION.contains(&name.to_ascii_lowercase().as_str());
        let line = plain.get(..at)?.rsplit('\n').next()?;
        let alters = line.trim_start().to_ascii_uppercase().starts_with("ALTER ");
        let text = format!("{line}{word}");
        let from = file.text.find(text.trim_start())? + text.trim_start().len();
        let at = file.slice(from, from + name.len());
        (named && !of_session && alters).then(|| (name.to_string(), at))
    })
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
