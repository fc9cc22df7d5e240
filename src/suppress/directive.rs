//! What a comment asks for: `dockworthy: ignore[rule, rule] reason`.

use std::ops::Range;

use crate::compose::nearest;

/// What every directive begins with, in any case; the first letter is left out for a cheap search.
pub(super) const NEEDLE: &str = "ockworthy:";

/// A directive, as it is written. Ranges are those of the text it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// `ignore[…]` or `ignore-file[…]`.
    Ignore {
        /// Whether it is for the whole file.
        file: bool,
        /// The names between the brackets.
        names: Vec<(String, Range<usize>)>,
        /// Why.
        reason: Option<String>,
    },
    /// Something that is meant as a directive and is none.
    Wrong {
        /// What is wrong.
        message: String,
        /// What to write.
        help: String,
    },
}

/// Words that other tools use for the same.
const OTHER_WORDS: [&str; 10] = [
    "allow",
    "disable",
    "disable-file",
    "disable-line",
    "disable-next-line",
    "ignore-line",
    "ignore-next-line",
    "noqa",
    "skip",
    "suppress",
];

/// The directive in one line of a comment, and where it stands there.
pub(super) fn said(line: &str) -> Option<(Range<usize>, Said)> {
    let at = line.match_indices(NEEDLE).find_map(|(at, _)| {
        let start = at.checked_sub(1)?;
        let before = line.get(..start)?.trim_end();
        let opens = line.get(start..at).is_some_and(|first| matches!(first, "d" | "D"));
        (opens && (before.is_empty() || before.ends_with(LEADERS))).then_some(start)
    })?;
    let end = line.len() - close(line.get(at..)?);
    let word_at = skip_blanks(line, at + 1 + NEEDLE.len(), end);
    let rest = line.get(word_at..end)?;
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let (word, after) = rest.split_at(length);
    let word = word.to_ascii_lowercase();
    let after_at = skip_blanks(line, word_at + length, end);
    let range = at..end;
    let wrong = |message: String| {
        let help = "write `dockworthy: ignore[rule] reason`, with the names of the rules".to_string();
        Some((range.clone(), Said::Wrong { message, help }))
    };
    if !matches!(word.as_str(), "ignore" | "ignore-file") {
        let meant = OTHER_WORDS.contains(&word.as_str())
            || !word.is_empty() && after.starts_with(['[', '='])
            || nearest(&word, ["ignore", "ignore-file"]).is_some();
        return if meant { wrong(format!("there is no directive `{word}`")) } else { None };
    }
    let Some(list) = line.get(after_at..end)?.strip_prefix('[') else {
        return wrong(format!("`{word}` names no rule"));
    };
    let Some(length) = list.find(']') else {
        return wrong(format!("the list of `{word}` is not closed"));
    };
    let mut names = Vec::new();
    let mut from = after_at + 1;
    for name in list.get(..length)?.split(',') {
        let start = from + (name.len() - name.trim_start().len());
        if !name.trim().is_empty() {
            names.push((name.trim().to_string(), start..start + name.trim().len()));
        }
        from += name.len() + 1;
    }
    if names.is_empty() {
        return wrong(format!("`{word}` names no rule"));
    }
    let reason = list.get(length + 1..)?.trim().trim_start_matches([':', ',', ';', '-', '–', '—']).trim();
    let reason = (!reason.is_empty()).then(|| reason.to_string());
    Some((range, Said::Ignore { file: word == "ignore-file", names, reason }))
}

/// Whether a comment of one line says nothing but its directive.
pub(super) fn is_all(text: &str) -> bool {
    let Some((range, _)) = said(text) else { return false };
    let before = text.get(..range.start).unwrap_or("x");
    before.trim_start_matches(|c: char| c.is_whitespace() || c == '<' || LEADERS.contains(&c)).is_empty()
}

/// What comments begin with.
const LEADERS: [char; 6] = ['#', '/', '*', '-', ';', '!'];

/// How much at the end of a comment closes it, or is blank.
fn close(text: &str) -> usize {
    let bare = text.trim_end();
    let bare = ["*/", "-->"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare).trim_end();
    text.len() - bare.len()
}

fn skip_blanks(line: &str, from: usize, end: usize) -> usize {
    let rest = line.get(from..end).unwrap_or("");
    from + (rest.len() - rest.trim_start().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignore(line: &str) -> Option<(bool, Vec<String>, Option<String>)> {
        match said(line)?.1 {
            Said::Ignore { file, names, reason } => {
                for (name, at) in &names {
                    assert_eq!(line.get(at.clone()), Some(name.as_str()));
                }
                Some((file, names.into_iter().map(|(name, _)| name).collect(), reason))
            }
            Said::Wrong { .. } => None,
        }
    }

    fn wrong(line: &str) -> Option<String> {
        match said(line)?.1 {
            Said::Wrong { message, .. } => Some(message),
            Said::Ignore { .. } => None,
        }
    }

    #[test]
    fn directives_are_read() {
        let one = |file, reason: Option<&str>| {
            Some((file, vec!["wrong-port".to_string()], reason.map(str::to_string)))
        };
        assert_eq!(ignore("# dockworthy: ignore[wrong-port]"), one(false, None));
        assert_eq!(
            ignore("#Dockworthy:ignore[ wrong-port, ] the proxy maps it"),
            one(false, Some("the proxy maps it"))
        );
        assert_eq!(ignore("/* dockworthy: ignore[wrong-port] - why */"), one(false, Some("why")));
        assert_eq!(ignore("<!-- dockworthy: ignore-file[wrong-port]: why -->"), one(true, Some("why")));
        assert_eq!(ignore("# noqa: E1 # dockworthy: ignore[wrong-port]"), one(false, None));
        assert_eq!(ignore("// dockworthy: ignore[a, b]").map(|it| it.1.len()), Some(2));
    }

    #[test]
    fn what_is_none_is_told_or_prose() {
        assert_eq!(wrong("# dockworthy: ignore").as_deref(), Some("`ignore` names no rule"));
        assert_eq!(wrong("# dockworthy: ignore[]").as_deref(), Some("`ignore` names no rule"));
        assert_eq!(wrong("# dockworthy: ignore[a").as_deref(), Some("the list of `ignore` is not closed"));
        assert_eq!(wrong("# dockworthy: ingore[a]").as_deref(), Some("there is no directive `ingore`"));
        assert_eq!(wrong("# dockworthy: disable=a").as_deref(), Some("there is no directive `disable`"));
        assert_eq!(said("# dockworthy: a linter for compose files"), None);
        assert_eq!(said("# write dockworthy: ignore[a] here"), None);
        assert_eq!(said("# dockworthy"), None);
    }
}
