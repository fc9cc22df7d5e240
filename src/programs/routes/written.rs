//! What a source says apart from its comments, and which of its texts are paths.

use std::ops::Range;

/// A source's text, its comments and loose texts blanked, and the places of what stands between its quotes.
pub struct Written {
    pub code: String,
    pub literals: Vec<Range<usize>>,
}

/// Reads a source of the front end of this name. Places in [`Written::code`] are those in the text.
pub fn read(text: &str, front_end: &str) -> Written {
    let hashes = matches!(front_end, "python" | "ruby" | "rails" | "elixir" | "php");
    let slashes = !hashes || front_end == "php";
    // Elsewhere it stands around one character.
    let single = matches!(front_end, "python" | "ruby" | "rails" | "elixir" | "php" | "javascript");
    let backtick = matches!(front_end, "go" | "javascript");
    let mut blanked: Vec<u8> = text.as_bytes().to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    let bytes = text.as_bytes();
    let find = |from: usize, what: &str| {
        text.get(from..).and_then(|rest| rest.find(what)).map_or(text.len(), |found| from + found)
    };
    let mut blank = |range: Range<usize>| {
        for byte in blanked.get_mut(range).into_iter().flatten() {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let line = hashes && *byte == b'#' && !(front_end == "php" && rest.starts_with(b"#["))
            || slashes && rest.starts_with(b"//");
        if line {
            let end = find(at, "\n");
            blank(at..end);
            at = end;
        } else if slashes && rest.starts_with(b"/*") {
            let end = (find(at + 2, "*/") + 2).min(text.len());
            blank(at..end);
            at = end;
        } else if rest.starts_with(b"\"\"\"") || front_end == "python" && rest.starts_with(b"'''") {
            let quote = if *byte == b'"' { "\"\"\"" } else { "'''" };
            let end = (find(at + 3, quote) + 3).min(text.len());
            // It stands by itself: it documents.
            let before = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or("x");
            if before.trim().is_empty() {
                blank(at..end);
            }
            at = end;
        } else if *byte == b'"' || *byte == b'\'' && single || *byte == b'`' && backtick {
            let end = end_of_text(bytes, at);
            literals.push(at + 1..end);
            at = end + 1;
        } else if *byte == b'\'' {
            // `'a'`, `'\n'`
            let length = if rest.get(1) == Some(&b'\\') { 3 } else { 2 };
            at += if rest.get(length) == Some(&b'\'') { length + 1 } else { 1 };
        } else {
            at += 1;
        }
    }
    let code = String::from_utf8_lossy(&blanked).into_owned();
    literals.retain(|range| code.get(range.clone()).is_some());
    Written { code, literals }
}

/// Where a quoted text ends; at the end of its line at the latest, except between backticks.
fn end_of_text(bytes: &[u8], open: usize) -> usize {
    let quote = bytes.get(open).copied().unwrap_or(b'"');
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' if quote != b'`' => return at,
            byte if *byte == quote => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

impl Written {
    /// What stands between its quotes.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.literals.iter().filter_map(|range| self.code.get(range.clone()))
    }
}

/// Whether a text that a source has may be a route that answers for the path, with others before it or not. `rooted` says that
/// routes of its framework begin with a slash.
pub fn may_answer(text: &str, asked: &str, rooted: bool) -> bool {
    // `GET /health`
    let text = match text.split_once(' ') {
        Some((method, rest)) if !method.is_empty() && method.bytes().all(|it| it.is_ascii_uppercase()) => {
            rest
        }
        _ => text,
    };
    if text.contains("://") || text.contains(char::is_whitespace) {
        return false;
    }
    let whole = asked.rsplit('/').next().unwrap_or(asked).to_ascii_lowercase();
    if text.contains(['(', '|', '[', '*', '\\', '?', '+']) {
        let lower = text.to_ascii_lowercase();
        let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
        return (!rooted || lower.contains('/')) && words.any(|word| word == whole);
    }
    let text = text.trim_matches(['^', '$']);
    if rooted && !text.contains('/') {
        return false;
    }
    ends_like(asked, text)
}

/// Whether the path ends as the route does, whose variable parts are like any.
pub fn ends_like(asked: &str, route: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|it| !it.is_empty()).map(str::to_ascii_lowercase).collect()
    };
    let (asked, route) = (parts(asked), parts(route));
    let Some(last) = route.last() else { return false };
    if is_variable(last) && route.len() < 2 {
        return false;
    }
    // What comes in front of it may be many.
    let open = route.first().is_some_and(|first| first.contains("${") || first.starts_with(['{', '<', '#']));
    let mut pairs = asked.iter().rev().zip(route.iter().rev());
    (route.len() <= asked.len() || open) && pairs.all(|(asked, route)| asked == route || is_variable(route))
}

/// Whether a part of a route stands for many.
pub fn is_variable(part: &str) -> bool {
    part.starts_with(':') || part.contains(['{', '<', '*'])
}

/// Whether a whole route is this path.
pub fn is_like(asked: &str, route: &str) -> bool {
    let parts = |path: &str| path.split('/').filter(|it| !it.is_empty()).count();
    parts(asked) == parts(route) && (parts(asked) == 0 || ends_like(asked, route) || only_variables(route))
}

fn only_variables(route: &str) -> bool {
    route.split('/').filter(|it| !it.is_empty()).all(is_variable)
}

/// Where the bracket closes that opens at this place of a code, or the code ends.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in code.get(open..).unwrap_or("").char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, c) {
            (Some(_), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + at;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// What stands between a parenthesis and the one that closes it, where that is not far.
pub fn arguments(code: &str, open: usize) -> &str {
    const FAR: usize = 1_500;
    let near = code.get(open..).map_or("", |rest| {
        rest.char_indices().nth(FAR).map_or(rest, |(at, _)| rest.get(..at).unwrap_or(rest))
    });
    let end = closing(near, 0);
    near.get(1..end).filter(|_| end < near.len()).unwrap_or("")
}

/// The arguments of a call, one by one.
pub fn split(arguments: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0usize, 0, Vec::new());
    for (at, byte) in arguments.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.extend(arguments.get(from..at).map(str::trim));
                from = at + 1;
            }
            _ => {}
        }
    }
    found.extend(arguments.get(from..).map(str::trim));
    found.retain(|it| !it.is_empty());
    found
}

/// The text of a plain literal.
pub fn literal(argument: &str) -> Option<&str> {
    let quote = argument.chars().next().filter(|it| matches!(it, '"' | '\'' | '`'))?;
    let inner = argument.get(1..)?.strip_suffix(quote)?;
    (!inner.contains(quote) && !inner.contains("${")).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_documentation_say_nothing() {
        let text = "def a():\n    \"\"\"GET /info\"\"\"\n    # '/info'\n    return Rule('/status')\n";
        assert_eq!(read(text, "python").texts().collect::<Vec<_>>(), ["/status"]);
        let text = "// '/a'\napp.get('/b', x) /* \"/c\" */";
        assert_eq!(read(text, "javascript").texts().collect::<Vec<_>>(), ["/b"]);
        let text = "let a: &'a str = \"/b\"; let c = '\"'; f(\"/d\")";
        assert_eq!(read(text, "rust").texts().collect::<Vec<_>>(), ["/b", "/d"]);
    }

    #[test]
    fn routes_are_compared_by_their_parts() {
        assert!(may_answer("/health", "/api/health", true) && !may_answer("/api/health", "/health", true));
        assert!(may_answer("GET /health", "/health", true) && !may_answer("health", "/health", true));
        assert!(may_answer("^health/$", "/health", false) && may_answer("${base}/health", "/health", true));
        assert!(
            !may_answer("Checks health of", "/health", false)
                && !may_answer("http://a/health", "/health", true)
        );
        assert!(is_like("/orders/7", "/orders/{id}") && !is_like("/health", "/orders/{id}"));
        assert!(is_like("/health", "/:code") && is_like("/", "/"));
    }
}
