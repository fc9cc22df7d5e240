//! Tables that the first scripts of a database use before any of them makes those.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::first_scripts::DIRECTORY;
use super::service_files::ImageTree;
use crate::compose::ImageReference;
use crate::source::{SourceMap, Span, Spanned};

/// Longer scripts are dumps.
const MAX_SCRIPT: u64 = 512 << 10;
/// Scripts that are looked at.
const MAX_SCRIPTS: usize = 50;
/// Images that have no tables of their own.
const IMAGES: [&str; 4] = ["postgres", "pgvector/pgvector", "mysql", "mariadb"];
/// Extensions of PostgreSQL that bring no tables.
const BARE: [&str; 10] = [
    "uuid-ossp",
    "pgcrypto",
    "citext",
    "pg_trgm",
    "vector",
    "unaccent",
    "hstore",
    "btree_gin",
    "btree_gist",
    "ltree",
];
/// Schemas of the servers themselves.
const OWN: [&str; 5] = ["pg_catalog", "information_schema", "mysql", "sys", "performance_schema"];

/// A table that a first script uses and that no script before makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingTable {
    /// Its name.
    pub name: String,
    /// Where it is used.
    pub at: Span,
    /// Where it is made afterwards.
    pub later: Option<Span>,
    /// The script that makes it afterwards, if it is another.
    pub script: Option<String>,
}

/// A word, or a sign, of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Quoted(&'t str),
    Text,
    Sign(char),
}

/// A table that a statement makes, or needs.
struct Mention {
    name: String,
    makes: bool,
    at: Span,
    script: usize,
}

/// The first table that is missing when a script of the image uses it; nothing where anything is not understood.
pub(super) fn of(
    sources: &SourceMap,
    image: Option<&Spanned<String>>,
    files: &ImageTree,
) -> Option<MissingTable> {
    let path = ImageReference::parse(&image?.value)?.path.to_string();
    if !IMAGES.contains(&path.as_str()) {
        return None;
    }
    let mysql = path.starts_with('m');
    let mut scripts: Vec<(String, PathBuf)> = Vec::new();
    for layer in files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY)) {
        match layer.directory {
            true if layer.outside || layer.target != Path::new(DIRECTORY) => return None,
            true => {
                let names = sources.files().list(&layer.host);
                let all = names.into_iter().map(|name| (name.clone(), layer.host.join(name)));
                scripts.extend(all.filter(|(_, path)| !layer.leaves_out(path)));
            }
            false => scripts.push((layer.target.file_name()?.to_str()?.to_string(), layer.host.clone())),
        }
    }
    scripts.retain(|(name, _)| ![".md", ".txt", ".gitkeep"].iter().any(|end| name.ends_with(end)));
    let unknown = |(name, _): &(String, PathBuf)| !name.ends_with(".sql");
    if scripts.is_empty() || scripts.len() > MAX_SCRIPTS || scripts.iter().any(unknown) {
        return None;
    }
    // Shells sort by their language: where that may make a difference, the order is not known.
    let folded = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    scripts.sort_by(|one, other| one.0.cmp(&other.0));
    let sorted = scripts.windows(2).all(|pair| match pair {
        [(one, _), (other, _)] => one != other && folded(one) < folded(other),
        _ => true,
    });
    if !sorted {
        return None;
    }
    let mut mentions = Vec::new();
    for (at, (_, path)) in scripts.iter().enumerate() {
        sources.peek(path, MAX_SCRIPT).ok()?;
        let file = sources.load(path).ok()?;
        for statement in statements(&file.text)? {
            for (name, makes, (from, to)) in mentioned(&statement, mysql)? {
                mentions.push(Mention { name, makes, at: file.slice(from, to), script: at });
            }
        }
    }
    let mut made: HashSet<&str> = HashSet::new();
    for (at, mention) in mentions.iter().enumerate() {
        if mention.makes {
            made.insert(&mention.name);
        } else if !made.contains(mention.name.as_str()) {
            let rest = mentions.get(at..).unwrap_or_default();
            let later = rest.iter().find(|other| other.makes && other.name == mention.name);
            let script = later.filter(|later| later.script != mention.script);
            let script = script.and_then(|later| scripts.get(later.script)).map(|(name, _)| name.clone());
            let later = later.map(|later| later.at);
            return Some(MissingTable { name: mention.name.clone(), at: mention.at, later, script });
        }
    }
    None
}

type Statement<'t> = Vec<(Token<'t>, usize)>;

/// The statements of a script; nothing where it has something that is not read here: bodies that make tables, data of dumps,
/// other scripts.
fn statements(text: &str) -> Option<Vec<Statement<'_>>> {
    let (mut out, mut statement) = (Vec::new(), Vec::new());
    let mut at = 0;
    let mut fresh = true;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next()?;
        let line = rest.find('\n').unwrap_or(rest.len());
        let at_start = fresh;
        fresh = first == '\n' || fresh && first.is_whitespace();
        if first.is_whitespace() || first == '\u{FEFF}' {
            at += first.len_utf8();
        } else if rest.starts_with("--") || first == '#' && at_start {
            at += line;
        } else if rest.starts_with("/*!") {
            return None;
        } else if rest.starts_with("/*") {
            at += rest.find("*/")? + 2;
        } else if first == '\\' {
            let word = rest.get(1..line)?.split_whitespace().next().unwrap_or("");
            if !at_start || !matches!(word, "c" | "connect" | "echo") {
                return None;
            }
            at += line;
        } else if first == '\'' {
            let end = rest.get(1..)?.find('\'')? + 1;
            // Whether a backslash guards a quote, servers do not agree.
            if rest.get(..end)?.ends_with('\\') {
                return None;
            }
            statement.push((Token::Text, at));
            at += end + 1;
        } else if first == '"' || first == '`' {
            let end = rest.get(1..)?.find(first)? + 1;
            statement.push((Token::Quoted(rest.get(1..end)?), at + 1));
            at += end + 1;
        } else if let Some(tag) = dollar(rest) {
            let end = rest.get(tag.len()..)?.find(tag)?;
            let body = rest.get(tag.len()..tag.len() + end)?.to_ascii_lowercase();
            if body.contains("create ") || body.contains("execute") {
                return None;
            }
            statement.push((Token::Text, at));
            at += end + 2 * tag.len();
        } else if first == ';' {
            out.push(std::mem::take(&mut statement));
            at += 1;
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            statement.push((Token::Word(rest.get(..end)?), at));
            at += end;
        } else {
            statement.push((Token::Sign(first), at));
            at += first.len_utf8();
        }
    }
    out.push(statement);
    Some(out)
}

/// `$$` or `$body$`, with which a text begins.
fn dollar(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('$')?;
    let end = inner.find('$')?;
    let plain = inner.get(..end)?.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then(|| rest.get(..end + 2)).flatten()
}

/// A table, whether it is made, and where in the text it is named.
type Mentioned = (String, bool, (usize, usize));

/// The tables that a statement makes and needs, in order; nothing where it may make others.
fn mentioned(statement: &Statement<'_>, mysql: bool) -> Option<Vec<Mentioned>> {
    const SMALL: [&str; 15] = [
        "global",
        "local",
        "temp",
        "temporary",
        "unlogged",
        "or",
        "replace",
        "unique",
        "only",
        "ignore",
        "into",
        "low_priority",
        "materialized",
        "recursive",
        "concurrently",
    ];
    let word = |at: usize| match statement.get(at) {
        Some((Token::Word(word), _)) => word.to_ascii_lowercase(),
        _ => String::new(),
    };
    let count = statement.len();
    let skip = |mut at: usize, more: &[&str]| {
        while SMALL.contains(&word(at).as_str()) || more.contains(&word(at).as_str()) {
            at += 1;
        }
        at
    };
    let mut out = Vec::new();
    let mut mention = |at: usize, makes: bool| {
        let mut at = at;
        let mut qualified = None;
        while matches!(statement.get(at + 1), Some((Token::Sign('.'), _))) {
            qualified = statement.get(at).map(|(token, _)| *token);
            at += 2;
        }
        let Some((Token::Word(name) | Token::Quoted(name), from)) = statement.get(at) else { return };
        let own = match qualified {
            Some(Token::Word(schema) | Token::Quoted(schema)) => {
                OWN.contains(&schema.to_ascii_lowercase().as_str())
            }
            _ => name.starts_with("pg_"),
        };
        if !own && !name.is_empty() {
            out.push((name.to_lowercase(), makes, (*from, from + name.len())));
        }
    };
    let has = |wanted: &str| (0..count).any(|at| word(at) == wanted);
    match word(0).as_str() {
        "delimiter" | "source" | "call" | "execute" | "prepare" | "copy" | "import" | "load" => return None,
        // Keys are not looked at, whatever comes next.
        "set" if has("foreign_key_checks") || has("sql_mode") => return None,
        "use" if OWN.contains(&word(1).as_str()) => return None,
        "create" => {
            let at = skip(1, &[]);
            match word(at).as_str() {
                "table" | "view" => {
                    let name = skip(at + 1, &["if", "not", "exists"]);
                    mention(name, true);
                    let table = word(at) == "table" && !has("myisam");
                    // What a column of MySQL says to refer to is not looked at.
                    let is_key = |at: usize| {
                        let open = (0..at)
                            .rev()
                            .find(|at| statement.get(*at).is_some_and(|it| it.0 == Token::Sign('(')));
                        open.is_some_and(|open| {
                            (1..=2).any(|back| open >= back && word(open - back) == "key")
                        })
                    };
                    let keys = (0..count).filter(|at| word(*at) == "references" && (!mysql || is_key(*at)));
                    for key in keys.filter(|_| table) {
                        mention(key + 1, false);
                    }
                }
                "index" => {
                    let on = (at..count).find(|at| word(*at) == "on")?;
                    mention(skip(on + 1, &[]), false);
                }
                "extension" => {
                    let name = skip(at + 1, &["if", "not", "exists"]);
                    let bare = match statement.get(name) {
                        Some((Token::Word(name) | Token::Quoted(name), _)) => BARE.contains(name),
                        _ => false,
                    };
                    bare.then_some(())?;
                }
                // Bodies without quotes have statements of their own.
                "function" | "procedure" | "event" | "trigger" if mysql => return None,
                "foreign" | "server" => return None,
                "schema" if has("table") => return None,
                _ => {}
            }
        }
        "alter" if word(1) == "table" && word(2) != "if" => {
            mention(skip(2, &[]), false);
            let renamed = (0..count).find(|at| word(*at) == "rename" && word(at + 1) == "to");
            if let Some(at) = renamed {
                mention(at + 2, true);
            }
        }
        "rename" => return None,
        "insert" | "replace" if word(skip(1, &[]) - 1) == "into" => mention(skip(1, &[]), false),
        "select" | "with" if has("into") => return None,
        "with" => {}
        "update" if word(1) != "low_priority" => mention(skip(1, &[]), false),
        "delete" if word(1) == "from" => mention(skip(2, &[]), false),
        _ => {}
    }
    Some(out)
}
