//! Phrases by which code asks for something, and whether it can do without.

use regex::{Regex, RegexBuilder};

use crate::programs::{comments, has_extension};
use crate::source::{SourceFile, Span};

/// A larger expression is none of ours.
const MAX_SIZE: usize = 1 << 20;
/// What may stand between two words of a phrase.
const BETWEEN: &str = "[\\s\"'`\\\\]";
/// Lines behind a `try` that are looked through for what catches it, and lines of that.
const MAX_BODY: usize = 200;
const MAX_CATCH: usize = 12;

/// What is looked for.
pub(super) struct Phrase(Regex);

/// A place where it stands.
pub(super) struct Found {
    /// The place.
    pub at: Span,
    /// The name that stands in it.
    pub name: Option<String>,
}

impl Phrase {
    /// Reads a phrase of the table; nothing where it is none.
    pub fn of(written: &str) -> Option<Self> {
        let of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let mut out = String::new();
        let mut last = None;
        for word in written.split_whitespace() {
            let parted = of_word(last) && of_word(word.chars().next());
            match last {
                None if of_word(word.chars().next()) => out.push_str("\\b"),
                None => {}
                Some(_) if word.starts_with("{name") => out.push_str("\\s*"),
                Some(_) => {
                    out.push_str(BETWEEN);
                    out.push(if parted { '+' } else { '*' });
                }
            }
            let quoted = regex::escape(word);
            let name = "[\"'`](?P<$1>[\\w.:/-]+)[\"'`]";
            out.push_str(
                &quoted
                    .replace("\\{name\\}", &name.replace("$1", "name"))
                    .replace("\\{name2\\}", &name.replace("$1", "name2")),
            );
            last = word.chars().next_back();
        }
        if of_word(last) {
            out.push_str("\\b");
        }
        RegexBuilder::new(&out).case_insensitive(true).size_limit(MAX_SIZE).build().ok().map(Self)
    }

    /// Whether it stands somewhere in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// Where it stands in a file, in no comment; with `firm`, where nothing catches what becomes of it, or asks before.
    pub fn find(&self, file: &SourceFile, firm: bool) -> Vec<Found> {
        let aside = comments::comments(file).unwrap_or_default();
        let commented =
            |at: Span| aside.iter().any(|comment| comment.span.contains(at)) || is_remark(file, at);
        let found = self.0.captures_iter(&file.text).filter_map(|found| {
            let whole = found.get(0)?;
            let at = file.slice(whole.start(), whole.end());
            if commented(at) || firm && is_optional(&file.text, whole.start()) {
                return None;
            }
            let name = found.name("name2").or_else(|| found.name("name"));
            Some(Found { at, name: name.map(|name| name.as_str().to_string()) })
        });
        found.collect()
    }
}

/// Whether a place of SQL, or of a shell's script, stands behind what begins a remark.
fn is_remark(file: &SourceFile, at: Span) -> bool {
    let start = file.range(at).start;
    let line = file.text.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
    has_extension(&file.path, &["sql"]) && line.contains("--") || line.trim_start().starts_with('#')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether what stands there runs under a condition, or its failure is caught and nothing ends for it.
fn is_optional(text: &str, at: usize) -> bool {
    let (Some(before), Some(behind)) = (text.get(..at), text.get(at..)) else { return true };
    let mut lines = before.rsplit('\n');
    let own = lines.next().unwrap_or("");
    // A promise that somebody catches, on this line or the next.
    if behind.lines().take(3).any(|line| line.contains(".catch(")) || is_condition(own.trim_start()) {
        return true;
    }
    let mut depth = indent(own);
    for line in lines.filter(|line| !line.trim().is_empty()) {
        if indent(line) >= depth {
            continue;
        }
        depth = indent(line);
        let head = line.trim_start().trim_start_matches(['}', ' ']);
        let caught = is_try(head) && !ends_all_the_same(behind, depth);
        if is_condition(head) || caught {
            return true;
        }
        if depth == 0 {
            break;
        }
    }
    false
}

fn is_condition(head: &str) -> bool {
    const HEADS: [&str; 12] = [
        "if ", "if(", "elif ", "else", "except", "catch", "rescue", "switch", "case ", "when ", "unless ",
        "do $",
    ];
    let head = head.to_ascii_lowercase();
    // Go looks at what became of it; what stands in there runs in every case.
    let looks = head.contains("err :=") || head.contains("err =");
    HEADS.iter().any(|known| head.starts_with(known)) && !head.starts_with("if __name__") && !looks
}

fn is_try(head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    head.starts_with("try")
        || head.starts_with("begin")
        || head.starts_with("with suppress")
        || head.starts_with("with contextlib.suppress")
}

/// Whether what catches it at this depth ends the program, or hands it on.
fn ends_all_the_same(behind: &str, depth: usize) -> bool {
    const CATCHES: [&str; 3] = ["except", "catch", "rescue"];
    const ENDS: [&str; 5] = ["exit(", "throw", "raise", "fatal(", "abort("];
    let head = |line: &&str| {
        let head = line.trim_start().trim_start_matches(['}', ' ']);
        indent(line) == depth && CATCHES.iter().any(|word| head.starts_with(word))
    };
    let mut lines = behind.lines().skip(1).take(MAX_BODY).skip_while(|line| !head(line));
    let first = lines.next().unwrap_or("");
    let body = lines.take(MAX_CATCH).take_while(|line| line.trim().is_empty() || indent(line) > depth);
    std::iter::once(first).chain(body).any(|line| ENDS.iter().any(|word| line.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(phrase: &str, text: &str) -> bool {
        Phrase::of(phrase).unwrap().is_in(text)
    }

    #[test]
    fn phrases() {
        assert!(is_in("create extension vector", "CREATE EXTENSION \"vector\";"));
        assert!(is_in("create extension vector", "create  extension\n vector with schema public"));
        assert!(!is_in("create extension vector", "create extension vectorscale"));
        assert!(!is_in("create extension age", "create extension pageinspect"));
        assert!(is_in("createextension( vector", "CreateExtension('vector')"));
        assert!(is_in(".ft.create(", "client.ft.create('idx', {})") && !is_in(".ft.create(", "left.create("));
        assert!(is_in("spacy.load( {name}", "nlp = spacy.load(\"en_core_web_sm\")"));
        assert!(!is_in("spacy.load( {name}", "nlp = spacy.load(MODEL)"));
    }

    fn optional(text: &str) -> bool {
        is_optional(text, text.find("HERE").unwrap())
    }

    #[test]
    fn what_it_can_do_without() {
        assert!(optional("try:\n    HERE\nexcept Exception:\n    pass\n"));
        assert!(optional("if flag:\n    with a() as b:\n        HERE\n"));
        assert!(optional("db.query('HERE')\n  .catch(() => {})"));
        assert!(optional(
            "async function a() {\n  try {\n    HERE;\n  } catch (e) {\n    console.warn(e);\n  }\n}\n"
        ));
        assert!(optional("DO $$\nBEGIN\n  HERE;\nEXCEPTION WHEN OTHERS THEN\n  NULL;\nEND $$"));
    }

    #[test]
    fn what_it_ends_without() {
        assert!(!optional("def run():\n    with a() as b:\n        HERE\n"));
        assert!(!optional("if __name__ == '__main__':\n    HERE\n"));
        assert!(!optional(
            "async function a() {\n  try {\n    HERE;\n  } catch (e) {\n    console.warn(e);\n    process.exit(1);\n  }\n}\n"
        ));
        assert!(!optional(
            "func a() {\n\tif _, err := db.Exec(`\n\t\tHERE\n\t`); err != nil {\n\t\treturn err\n\t}\n}\n"
        ));
        assert!(!optional("try:\n    HERE\nexcept Exception as e:\n    print(e)\n    raise\n"));
    }
}
