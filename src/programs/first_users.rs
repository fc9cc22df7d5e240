//! The users that scripts of MongoDB's shell make: `db.createUser({ user: 'shop', pwd: 'secret', roles: […] })`.

use std::ops::Range;

/// A user whom a script makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// The name; `None` where it is put together or comes from elsewhere.
    pub name: Option<String>,
    /// Where the password is written out.
    pub password: Option<Range<usize>>,
}

const CALLS: [&str; 2] = ["createUser(", "createUser ("];
/// A call that is longer is none.
const MAX_CALL: usize = 4000;

/// The users, and the script without what makes them and without what it only says.
pub(super) fn of(text: &str) -> (Vec<Made>, String) {
    let code = without_comments(text);
    let (mut found, mut rest, mut at) = (Vec::new(), String::new(), 0);
    while let Some((from, length)) = next_call(&code, at) {
        rest.push_str(code.get(at..from).unwrap_or(""));
        let begin = from + length;
        let end = end_of(&code, begin);
        let call = code.get(begin..end).unwrap_or("");
        let name = value(call, "user").and_then(|range| call.get(range)).map(str::to_string);
        let password = value(call, "pwd").map(|range| begin + range.start..begin + range.end);
        found.push(Made { name: name.filter(|name| !name.is_empty()), password });
        at = end;
    }
    rest.push_str(code.get(at..).unwrap_or(""));
    (found, rest)
}

fn next_call(code: &str, from: usize) -> Option<(usize, usize)> {
    let rest = code.get(from..)?;
    let found = CALLS.iter().filter_map(|call| Some((rest.find(call)?, call.len())));
    found.min().map(|(at, length)| (from + at, length))
}

/// Where the arguments end that begin here.
fn end_of(code: &str, from: usize) -> usize {
    let mut depth = 1_usize;
    let mut quote = None;
    for (at, c) in code.get(from..).unwrap_or("").char_indices().take(MAX_CALL) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return from + at;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// Where the value of a key is written out, without its quotes. Nothing where it is put together.
fn value(call: &str, key: &str) -> Option<Range<usize>> {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let (mut at, _) = call.match_indices(key).find(|(at, _)| {
        let before = call.get(..*at).and_then(|before| before.chars().next_back());
        let after = call.get(at + key.len()..).unwrap_or("").trim_start_matches(['\'', '"']).trim_start();
        !before.is_some_and(joins) && after.starts_with(':')
    })?;
    at += call.get(at..)?.find(':')? + 1;
    let rest = call.get(at..)?;
    let quoted = rest.trim_start();
    let quote = quoted.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let start = at + rest.len() - quoted.len() + 1;
    let end = start + call.get(start..)?.find(quote)?;
    let text = call.get(start..end)?;
    let behind = call.get(end + 1..)?.trim_start();
    (!text.contains(['\\', '$']) && (behind.is_empty() || behind.starts_with([',', '}'])))
        .then_some(start..end)
}

/// The text with blanks in place of its comments.
fn without_comments(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let (mut quote, mut line, mut block) = (None, false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if line || block {
            let ends = line && c == '\n' || block && c == '*' && next == Some('/');
            if ends && block {
                chars.next();
                left.push_str("  ");
                block = false;
                continue;
            }
            line &= !ends;
            left.extend(if c == '\n' {
                "\n".chars()
            } else {
                BLANKS.get(..c.len_utf8()).unwrap_or("").chars()
            });
            continue;
        }
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '/') if next == Some('/') => line = true,
            (None, '/') if next == Some('*') => block = true,
            _ => {}
        }
        left.push(if line || block { ' ' } else { c });
    }
    left
}

/// As many blanks as a character may have bytes: places stay as they are.
const BLANKS: &str = "    ";

#[cfg(test)]
mod tests {
    use super::*;

    fn users(text: &str) -> Vec<(Option<String>, Option<&str>)> {
        of(text).0.into_iter().map(|made| (made.name, made.password.map(|at| &text[at]))).collect()
    }

    #[test]
    fn users_and_passwords() {
        let text = "// user: 'ä'\ndb = db.getSiblingDB('shop');\ndb.createUser({\n  user: 'shop',\n  pwd: \"s(cret\",\n  roles: [{ role: 'readWrite', db: 'shop' }],\n});\ndb.items.createIndex({ a: 1 });";
        assert_eq!(users(text), [(Some("shop".to_string()), Some("s(cret"))]);
        assert!(!of(text).1.contains("createUser") && of(text).1.contains("createIndex"));
        let quoted = "db.createUser({ 'user': \"a\", 'pwd': \"b\", roles: [] }); db.createUser({user: 'c', pwd: process.env.P})";
        assert_eq!(users(quoted), [(Some("a".to_string()), Some("b")), (Some("c".to_string()), None)]);
        assert_eq!(users("db.createUser({ user: name, pwd: 'a' + b })"), [(None, None)]);
        assert_eq!(users("/* db.createUser({ user: 'a', pwd: 'b' }) */"), []);
    }
}
