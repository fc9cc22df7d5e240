//! The folders in which PHP's loaders of dotenv files look: those of phpdotenv are handed a folder, Symfony's the file.

use super::imports::directory_of;
use crate::programs::DotenvFolder;

/// How much of the text behind a call is looked at.
const BEHIND: usize = 600;
/// Names that stand for one another.
const MAX_NAMES: usize = 6;

/// The folder that the loader at this place looks in.
pub(super) fn folder(text: &str, at: usize) -> DotenvFolder {
    let rest = text.get(at..).unwrap_or("");
    let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= BEHIND).unwrap_or(rest.len());
    let rest = rest.get(..end).unwrap_or("");
    let made = rest.split(';').next().unwrap_or("");
    if made.starts_with("putenv(") || made.starts_with("$_ENV") || made.starts_with("Loader::") {
        return DotenvFolder::Start;
    }
    let handed = made.split_once('(').map_or("", |(_, arguments)| first_argument(arguments));
    let by_folder = !made.starts_with("->") && !matches!(handed, "" | "true" | "false");
    if by_folder {
        return match path(text, at, handed, MAX_NAMES) {
            Some(path) => DotenvFolder::Beside(path),
            None if is_plain(handed) => DotenvFolder::Start,
            None => DotenvFolder::Unknown,
        };
    }
    let loads = ["->load(", "->loadEnv(", "->bootEnv(", "->overload("];
    let Some(call) = loads.iter().filter_map(|sign| Some((rest.find(sign)?, sign.len()))).min() else {
        return DotenvFolder::Start;
    };
    let handed = first_argument(rest.get(call.0 + call.1..).unwrap_or(""));
    match path(text, at, handed, MAX_NAMES) {
        Some(path) => {
            DotenvFolder::Beside(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_string())
        }
        None if is_plain(handed) => DotenvFolder::Start,
        None => DotenvFolder::Unknown,
    }
}

/// Whether the argument is a text alone, which counts from where the program runs.
fn is_plain(argument: &str) -> bool {
    let inner = argument.trim_matches(['\'', '"']);
    inner.len() + 2 == argument.len() && !inner.contains(['\'', '"', '$'])
}

/// The first argument, up to the comma or the parenthesis that ends it; of a list its only item.
fn first_argument(arguments: &str) -> &str {
    let mut depth = 0usize;
    let end = arguments.char_indices().find(|(_, c)| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return true,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => return true,
            _ => {}
        }
        false
    });
    let first = arguments.get(..end.map_or(arguments.len(), |(at, _)| at)).unwrap_or("").trim();
    let item = first.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    item.map_or(first, |item| item.trim().trim_end_matches(',').trim())
}

/// The path that an expression is, from the folder of its file, or from the root where it begins with a slash; `None` where
/// it does not start from the file, or from what is not known.
pub(super) fn path(text: &str, at: usize, expression: &str, names: usize) -> Option<String> {
    let expression = expression.trim();
    let (head, rest) = directory_of(expression)
        .map(|(up, rest)| ("../".repeat(up), rest))
        .or_else(|| named(text, at, expression, names))
        .or_else(|| {
            let inner = expression.get(1..)?;
            let mark = expression.get(..1).filter(|mark| matches!(*mark, "'" | "\""))?;
            let (literal, rest) = inner.split_once(mark)?;
            literal.starts_with('/').then(|| (literal.to_string(), rest))
        })?;
    let mut out = head;
    let mut rest = rest.trim();
    while !rest.is_empty() {
        rest = rest.strip_prefix('.')?.trim_start();
        if let Some(behind) = rest.strip_prefix("DIRECTORY_SEPARATOR") {
            out.push('/');
            rest = behind.trim_start();
            continue;
        }
        let mark = rest.get(..1).filter(|mark| matches!(*mark, "'" | "\""))?;
        let (literal, behind) = rest.get(1..)?.split_once(mark)?;
        if literal.contains('$') {
            return None;
        }
        if !out.is_empty() && !out.ends_with('/') && !literal.starts_with('/') {
            return None;
        }
        out.push_str(if out.is_empty() || out.ends_with('/') {
            literal.trim_start_matches('/')
        } else {
            literal
        });
        rest = behind.trim_start();
    }
    Some(out)
}

/// What a constant or variable at the beginning of an expression stands for in this file, and what follows it.
fn named<'e>(text: &str, at: usize, expression: &'e str, names: usize) -> Option<(String, &'e str)> {
    let names = names.checked_sub(1)?;
    let end = expression.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '\\')));
    let (name, rest) = expression.split_at(end.unwrap_or(expression.len()));
    if let "realpath" = name {
        let inner = first_argument(rest.strip_prefix('(')?);
        let rest = rest.get(rest.find(inner)? + inner.len()..)?.trim_start().strip_prefix(')')?;
        return Some((path(text, at, inner, names)?, rest));
    }
    let name = name.trim_start_matches('\\');
    if name.trim_start_matches('$').is_empty() || rest.starts_with(['(', ':', '-', '[']) {
        return None;
    }
    let before = text.get(..at)?;
    let value = match name.starts_with('$') {
        true => assigned(before, &format!("{name} =")).or_else(|| assigned(before, &format!("{name}=")))?,
        false => ["define('", "define(\""]
            .iter()
            .find_map(|sign| {
                let place = before.rfind(&format!("{sign}{name}{}", sign.get(sign.len() - 1..)?))?;
                let arguments = before.get(place..)?.split_once(',')?.1;
                Some(first_argument(arguments))
            })
            .or_else(|| assigned(before, &format!("const {name} =")))?,
    };
    Some((path(text, at, value, names)?, rest))
}

/// What the last assignment before a place gives.
fn assigned<'t>(before: &'t str, sign: &str) -> Option<&'t str> {
    let place = before.rfind(sign)? + sign.len();
    let value = before.get(place..)?.split(';').next()?;
    (!value.starts_with('=')).then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        let beside = |path: &str| DotenvFolder::Beside(path.to_string());
        for (text, found) in [
            ("Dotenv::createImmutable(__DIR__)->load();", beside("")),
            ("Dotenv::createImmutable(__DIR__ . '/../')->load();", beside("../")),
            ("Dotenv::createImmutable(dirname(__DIR__, 2), '.env.local');", beside("../../")),
            ("Dotenv::createImmutable([dirname(__FILE__)]);", beside("")),
            ("Dotenv::createImmutable('/srv/shop');", beside("/srv/shop")),
            ("Dotenv::createImmutable('conf');", DotenvFolder::Start),
            ("Dotenv::createImmutable(base_path());", DotenvFolder::Unknown),
            ("Dotenv::createImmutable($root . '/x');", DotenvFolder::Unknown),
            ("new Dotenv\\Dotenv(realpath(__DIR__ . '/..'));", beside("..")),
            ("new Dotenv();\n$dotenv->load(__DIR__.'/../.env');", beside("..")),
            ("->bootEnv(dirname(__DIR__).'/.env');", beside("..")),
        ] {
            assert_eq!(folder(text, 0), found, "{text}");
        }
        let text = "define('ROOT', __DIR__.'/..');\nnew Dotenv\\Dotenv(ROOT);";
        assert_eq!(folder(text, text.find("new").unwrap_or(0)), beside(".."));
    }
}
