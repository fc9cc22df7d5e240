//! What is kept from the parser: here-documents that are broken and characters outside ASCII behind a brace, on which its
//! scanner reads beyond its memory, and the negation of a mere redirection, which its grammar does not know.

use std::ops::Range;

use crate::programs::Attempts;
use crate::programs::dockerfile::Body;
use crate::source::{Origin, Text};

/// References in here-documents of one text that are read.
const MAX_REFERENCES: usize = 200;
/// Words of a here-document that are kept.
const MAX_WORDS: usize = 500;

/// The text with blanks in the place of every `<<` and what belongs to it and a letter for every byte outside
/// ASCII, so that each place stays where it is; and the bodies, each with whether the shell leaves parameters in it alone.
pub(super) fn masked(text: &str) -> (String, Vec<(Range<usize>, bool)>) {
    let mut bytes = text.as_bytes().to_vec();
    let mut bodies = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("<<")).map(|found| at + found) {
        let run = text.get(found..).map_or(0, |rest| rest.len() - rest.trim_start_matches('<').len());
        at = found + run;
        blank(&mut bytes, found..at);
        if run == 3 {
            // A here-string is a redirection of one word.
            if let Some(first) = bytes.get_mut(found) {
                *first = b'<';
            }
            continue;
        }
        let Some(document) = document(text, at).filter(|_| run == 2) else { continue };
        blank(&mut bytes, at..document.word_end);
        blank(&mut bytes, document.body.start..document.end);
        bodies.push((document.body.clone(), document.raw));
        // Other redirections and commands may stand on the line of the operator.
        let after = text.get(document.word_end..document.body.start).and_then(|line| line.find("<<"));
        at = after.map_or(document.end, |next| document.word_end + next);
    }
    for (negation, _) in text.match_indices('!') {
        let before = negation.checked_sub(1).and_then(|before| bytes.get(before));
        let after = text.get(negation + 1..).map(|rest| rest.trim_start_matches([' ', '\t']));
        // `while !</dev/tcp/db/5432; do`
        if before.is_none_or(|byte| byte.is_ascii_whitespace() || b";|&(".contains(byte))
            && after.is_some_and(|rest| rest.starts_with(['<', '>']))
        {
            blank(&mut bytes, negation..negation + 1);
        }
    }
    bytes.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'x');
    (String::from_utf8(bytes).unwrap_or_default(), bodies)
}

struct Document {
    word_end: usize,
    raw: bool,
    body: Range<usize>,
    end: usize,
}

/// The here-document whose operator ends at `at`; `None` when no line ends it.
fn document(text: &str, at: usize) -> Option<Document> {
    let rest = text.get(at..)?;
    let indented = rest.starts_with('-');
    let rest = rest.get(usize::from(indented)..)?;
    let word = rest.trim_start_matches([' ', '\t']);
    let length = word.find(|c: char| c.is_whitespace() || ";|&()<>".contains(c)).unwrap_or(word.len());
    let written = word.get(..length)?;
    let raw = written.contains(['\'', '"', '\\']);
    let delimiter: String = written.chars().filter(|c| !"'\"\\".contains(*c)).collect();
    let word_end = text.len() - word.len() + length;
    let start = word_end + text.get(word_end..)?.find('\n')? + 1;
    let mut line_start = start;
    for line in text.get(start..)?.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let content = if indented { content.trim_start_matches('\t') } else { content };
        let end = line_start + line.trim_end_matches('\n').len();
        if content == delimiter {
            return Some(Document { word_end, raw, body: start..line_start, end });
        }
        line_start += line.len();
    }
    None
}

fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in bytes.get_mut(range).into_iter().flatten().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// The references to parameters in the body of a here-document, each as a text of its own.
pub(super) fn references(body: &Body, range: Range<usize>) -> Vec<Body> {
    let text = body.as_str().get(range.clone()).unwrap_or("");
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('$')).map(|start| at + start) {
        let rest = text.get(start..).unwrap_or("");
        let length = if rest.starts_with("${") {
            closing(rest)
        } else {
            let name = rest.get(1..).unwrap_or("");
            name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len()) + 1
        };
        at = start + length.max(1);
        let escaped = text.get(..start).is_some_and(|before| before.ends_with('\\'));
        if length > 1 && !escaped && found.len() < MAX_REFERENCES {
            let quote = || Text::known("\"", Origin::default());
            let part = body.part(range.start + start..range.start + start + length);
            found.push(Body::inline(&Text::concat([quote(), part, quote()])));
        }
    }
    found
}

/// A program in a here-document that tries to connect until it gets through, as the command that waits so: the entry point of
/// many Django projects does.
pub(super) fn waits(body: &Body, range: Range<usize>) -> Option<Body> {
    const CLIENTS: [(&str, &str); 5] =
        [("psycopg", "5432"), ("MySQLdb", "3306"), ("pymysql", "3306"), ("pika", "5672"), ("redis", "6379")];
    let text = body.as_str().get(range.clone())?;
    let tries = is_repeated(body, text);
    let (_, port) = CLIENTS.iter().find(|(client, _)| tries && text.contains(client))?;
    let from = text.find("host=\"").or_else(|| text.find("host='"))? + "host=\"".len();
    let length = text.get(from..)?.find(['"', '\''])?;
    let part = body.part(range.start + from..range.start + from + length);
    let known = |text: &str| Text::known(text, Origin::default());
    Some(Body::inline(&Text::concat([known("nc -z \""), part, known(&format!("\" {port}"))])))
}

/// Whether a program in a here-document connects, in a loop of its own or of the shell's: `until postgres_ready; do sleep 1; done`.
fn is_repeated(body: &Body, text: &str) -> bool {
    let whole = body.as_str();
    let within = text.contains("sleep") && ["while ", "for "].iter().any(|word| text.contains(word));
    let around = || whole.contains("sleep") && ["until ", "while ! "].iter().any(|word| whole.contains(word));
    ["connect(", "create_connection("].iter().any(|call| text.contains(call)) && (within || around())
}

/// The words of a program in a here-document that tries to connect until it gets through.
pub(super) fn repeated(body: &Body, range: Range<usize>) -> Option<Attempts> {
    let text = body.as_str().get(range.clone())?;
    let calls = || text.split_whitespace().take(MAX_WORDS).map(str::to_string).collect();
    is_repeated(body, text).then(|| Attempts { span: body.span(range), calls: calls() })
}

/// The length of the braced part; 0 when nothing closes it.
fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            '\n' => return 0,
            _ => {}
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn here_documents_are_blank() {
        let text = "cat <<EOF > x\na=$A\nEOF\ncat <<-'E' | sh\n\tb\n\tE\necho $((1<<2)) <<<\"w\"\n";
        let (masked, bodies) = masked(text);
        assert_eq!(
            masked,
            "cat       > x\n    \n   \ncat        | sh\n  \n  \necho $((1  2)) <  \"w\"\n".to_string()
        );
        assert_eq!(bodies.first(), Some(&(Range { start: 14, end: 19 }, false)));
        assert!(bodies.iter().skip(1).all(|(_, raw)| *raw));
        assert_eq!(masked.len(), text.len());
    }

    #[test]
    fn what_nothing_ends_is_no_document() {
        for text in ["<<", "<<EOF", "<<EOF\n", "<<<<<<", "<<-\n", "<<'\n'", "é<<é\né"] {
            let (masked, _) = masked(text);
            assert_eq!(masked.len(), text.len());
            assert!(!masked.contains("<<"));
        }
    }
}
