//! A shell's text cut into its plain commands, each word with its place. Nothing is expanded, and what the shell's grammar makes of the
//! commands is left to whoever asks: `if` and `{` are words like others.

/// A word as it is written, with its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Where it begins in the text.
    pub at: usize,
    /// What is written there.
    pub text: &'a str,
}

/// What comes after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `;`, `&`, or the end of a line or of the text.
    End,
}

/// A file that a command's output goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write<'a> {
    /// Whether it is added to what is there: `>>`.
    pub adds: bool,
    /// Whether it is what the command says, and not its errors.
    pub said: bool,
    /// The file.
    pub to: Word<'a>,
}

/// A command: a line between two of `;`, `&`, `|` and the ends of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// Its words, without what it is redirected to.
    pub words: Vec<Word<'a>>,
    /// The files that it writes.
    pub writes: Vec<Write<'a>>,
    /// What comes after it.
    pub then: Then,
}

impl<'a> Word<'a> {
    /// The word as a program gets it when nothing in it is expanded.
    pub fn plain(self) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut open: Option<char> = None;
        let mut chars = self.text.chars().peekable();
        while let Some(c) = chars.next() {
            match (open, c) {
                (Some(quote), c) if c == quote => open = None,
                (Some('"'), '\\') => match chars.next() {
                    Some(next @ ('"' | '\\' | '$' | '`')) => out.push(next),
                    Some('\n') | None => {}
                    Some(next) => out.extend(['\\', next]),
                },
                (Some(_), c) => out.push(c),
                // `$'…'`
                (None, '$') if chars.peek() == Some(&'\'') => {}
                (None, '\'' | '"') => open = Some(c),
                (None, '\\') => out.extend(chars.next().filter(|next| !matches!(next, '\n' | '\r'))),
                (None, c) => out.push(c),
            }
        }
        out
    }
}

impl<'a> Command<'a> {
    /// Its words as its program gets them.
    pub fn plain(&self) -> Vec<String> {
        self.words.iter().map(|word| word.plain()).collect()
    }

    fn is_blank(&self) -> bool {
        self.words.is_empty() && self.writes.is_empty()
    }
}

/// What a redirection is, whose file is still to come.
#[derive(Clone, Copy)]
enum Awaited {
    /// Output, added or not, of the command's saying or of its errors.
    Output { adds: bool, said: bool },
    /// What it reads.
    Input,
}

/// The commands of a text, those without a word and without a file left out.
pub(super) fn commands(text: &str) -> Vec<Command<'_>> {
    let mut cut = Cut {
        text,
        all: vec![Command { words: Vec::new(), writes: Vec::new(), then: Then::End }],
        awaited: None,
    };
    let (mut from, mut open): (Option<usize>, Option<char>) = (None, None);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (Some(quote), c) if c == quote => open = None,
            (Some('\''), _) => {}
            // A line that goes on.
            (None, '\\') if rest(text, at).starts_with("\\\n") || rest(text, at).starts_with("\\\r\n") => {
                cut.word(&mut from, at);
                while chars.next().is_some_and(|(_, next)| next != '\n') {}
            }
            (_, '\\') => {
                from.get_or_insert(at);
                chars.next();
            }
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                from.get_or_insert(at);
                open = Some(c);
            }
            // A comment, up to the end of its line.
            (None, '#') if from.is_none() => while chars.next_if(|(_, next)| *next != '\n').is_some() {},
            (None, '>' | '<') => {
                let number = from.and_then(|start| text.get(start..at)).filter(|word| is_number(word));
                let said = number.is_none_or(|number| number == "1");
                match number {
                    Some(_) => from = None,
                    None => cut.word(&mut from, at),
                }
                let twice = chars.next_if(|(_, next)| *next == c).is_some();
                let _ = chars.next_if(|(_, next)| *next == '|');
                // Where it goes to another stream, there is no file.
                if chars.next_if(|(_, next)| *next == '&').is_some() {
                    while chars.next_if(|(_, next)| next.is_ascii_digit() || *next == '-').is_some() {}
                } else {
                    cut.awaited = Some(match c {
                        '>' => Awaited::Output { adds: twice, said },
                        _ => Awaited::Input,
                    });
                }
            }
            (None, '&') if rest(text, at).starts_with("&>") => cut.word(&mut from, at),
            (None, ';' | '&' | '|' | '\n') => {
                cut.word(&mut from, at);
                let twice = chars.next_if(|(_, next)| *next == c && c != '\n').is_some();
                cut.end(match (c, twice) {
                    ('&', true) => Then::And,
                    ('|', true) => Then::Or,
                    ('|', false) => Then::Pipe,
                    _ => Then::End,
                });
            }
            (None, c) if c.is_whitespace() => cut.word(&mut from, at),
            (None, _) => {
                from.get_or_insert(at);
            }
        }
    }
    cut.word(&mut from, text.len());
    cut.all.retain(|command| !command.is_blank());
    cut.all
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

struct Cut<'a> {
    text: &'a str,
    all: Vec<Command<'a>>,
    awaited: Option<Awaited>,
}

impl<'a> Cut<'a> {
    /// Ends a word that has been begun.
    fn word(&mut self, from: &mut Option<usize>, to: usize) {
        let Some(at) = from.take() else { return };
        let (Some(text), Some(last)) = (self.text.get(at..to), self.all.last_mut()) else { return };
        let word = Word { at, text };
        match self.awaited.take() {
            None => last.words.push(word),
            Some(Awaited::Output { adds, said }) => last.writes.push(Write { adds, said, to: word }),
            Some(Awaited::Input) => {}
        }
    }

    /// Ends a command. Lines may be broken after `&&`, `||` and `|`.
    fn end(&mut self, then: Then) {
        self.awaited = None;
        match self.all.last_mut() {
            Some(last) if last.is_blank() => {}
            Some(last) => {
                last.then = then;
                self.all.push(Command { words: Vec::new(), writes: Vec::new(), then: Then::End });
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let one = |command: &Command<'_>| {
            let mut words = command.plain();
            words.extend(command.writes.iter().map(|write| {
                format!(
                    "{}{}{}",
                    if write.said { "" } else { "2" },
                    if write.adds { ">>" } else { ">" },
                    write.to.plain()
                )
            }));
            format!("{} {:?}", words.join("·"), command.then)
        };
        commands(text).iter().map(one).collect()
    }

    #[test]
    fn texts_in_commands() {
        for (text, expected) in [
            ("a b && c || d; e | f & g", vec!["a·b And", "c Or", "d End", "e Pipe", "f End", "g End"]),
            ("a \\\n  b \\\r\n c\nd", vec!["a·b·c End", "d End"]),
            ("a && \\\n b &&\n c", vec!["a And", "b And", "c End"]),
            ("pip install \"x>=1\" 'y;z' a\\ b", vec!["pip·install·x>=1·y;z·a b End"]),
            ("echo a > b 2>> c", vec!["echo·a·>b·2>>c End"]),
            ("echo a >&2; b 2>&1 | c", vec!["echo·a End", "b Pipe", "c End"]),
            ("a &> b && c >| d < e", vec!["a·>b And", "c·>d End"]),
            ("echo $'x' # no > y\nz", vec!["echo·x End", "z End"]),
            ("a#b", vec!["a#b End"]),
            ("echo 'x", vec!["echo·x End"]),
            ("> a", vec![">a End"]),
            ("; ;", vec![]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "a \\\n \"b c\" && d$X";
        for command in commands(text) {
            for word in command.words {
                assert_eq!(text.get(word.at..word.at + word.text.len()), Some(word.text));
            }
        }
    }
}
