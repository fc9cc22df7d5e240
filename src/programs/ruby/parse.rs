//! Text to syntax tree, within bounds.

use std::collections::{HashSet, VecDeque};

use tree_sitter::Tree;

/// The syntax tree; `None` when the text takes too long to parse.
///
/// The grammar's scanner keeps the words of open heredocs in a buffer whose end it misjudges, and ends the process
/// on long ones. So it is shown none: a blank text of the same length stands for each, and for its body.
pub(in crate::programs) fn parse(text: &str) -> Option<Tree> {
    crate::programs::reading::parse(&tree_sitter_ruby::LANGUAGE.into(), &without_heredocs(text))
}

/// Where a heredoc may begin: the length of its mark (`<<~'END'`), and its word.
fn heredoc(rest: &str) -> Option<(usize, &str)> {
    let after = rest.strip_prefix("<<")?;
    let marked = after.strip_prefix(['-', '~']).unwrap_or(after);
    let begin = rest.len() - marked.len();
    let (word, length) = match marked.chars().next()? {
        quote @ ('\'' | '"' | '`') => {
            let inside = marked.get(1..)?;
            match inside.find([quote, '\n']) {
                Some(end) => (inside.get(..end)?, end + 2),
                None => (inside, inside.len() + 1),
            }
        }
        c if c.is_alphanumeric() || c == '_' => {
            let end = marked.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(marked.len());
            (marked.get(..end)?, end)
        }
        _ => return None,
    };
    Some(((begin + length).min(rest.len()), word))
}

/// The text with a blank string for every heredoc, line breaks and length kept.
fn without_heredocs(text: &str) -> String {
    if !text.contains("<<") {
        return text.to_string();
    }
    // The lines that may end one: a word alone.
    let words: HashSet<&str> = text.lines().map(str::trim).collect();
    let mut out = String::with_capacity(text.len());
    let mut open: VecDeque<&str> = VecDeque::new();
    for line in text.split_inclusive('\n') {
        if let Some(word) = open.front() {
            if line.trim() == *word {
                open.pop_front();
            }
            blank(line, &mut out);
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find("<<") {
            let (before, here) = rest.split_at(at);
            out.push_str(before);
            let Some((length, word)) = heredoc(here) else {
                // Its second half may begin one: `<<<a`.
                out.push('<');
                rest = here.get(1..).unwrap_or("");
                continue;
            };
            let (mark, after) = here.split_at_checked(length).unwrap_or((here, ""));
            out.push_str("\"\"");
            blank(mark.get(2..).unwrap_or(""), &mut out);
            // Where no line ends it, it is a shift, and what follows is code.
            if !word.is_empty() && words.contains(word) {
                open.push_back(word);
            }
            rest = after;
        }
        out.push_str(rest);
    }
    out
}

fn blank(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heredocs_are_blank_strings() {
        let text = "a = <<~SQL.strip\n  SELECT é\n  SQL\nb = [1] << 2\nlist <<item\nclass << self\n";
        let plain = without_heredocs(text);
        assert_eq!(plain.len(), text.len());
        assert!(plain.starts_with("a = \"\"    .strip\n"), "{plain}");
        assert!(
            !plain.contains("SELECT") && plain.contains("b = [1] << 2\nlist \"\"    \nclass << self\n"),
            "{plain}"
        );
    }

    #[test]
    fn what_overflows_the_scanner_is_never_shown_to_it() {
        for word in ["x".repeat(300), "y".repeat(2_000)] {
            let text = format!("a = <<{word}\nb\n{word}\n");
            assert!(parse(&text).is_some());
            assert!(parse(&format!("a = <<\"{word}\"\nb\n")).is_some());
            assert!(parse(&format!("\"#{{<<{word}}}\"\n")).is_some());
        }
        assert!(!without_heredocs("<<<a\n").contains("<<"));
        let many: String = (0..300).map(|n| format!("<<A{n}, ")).collect();
        assert!(parse(&many).is_some());
    }
}
