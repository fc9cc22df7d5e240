//! The commands that a healthcheck runs, as its shell would cut them.

use std::sync::LazyLock;

use regex::Regex;

use super::environment::EffectiveEnvironment;
use crate::compose::HealthTest;
use crate::programs::hosts;
use crate::source::{Origin, Piece, Text};

/// One command of a healthcheck.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The program and its arguments, variables of the container put in.
    pub words: Vec<Text>,
    /// Whether something else is tried when it fails.
    pub has_alternative: bool,
    /// Whether a shell runs it.
    pub by_shell: bool,
}

impl Probe {
    /// The program without its directory, if it is known.
    #[must_use]
    pub fn program(&self) -> Option<String> {
        let program = self.words.first()?.complete()?;
        program.rsplit('/').next().map(str::to_string)
    }

    /// The value of an option: `-p 1`, `-p1`, `--port 1`, `--port=1`; the last one counts, as programs have it.
    #[must_use]
    pub fn option(&self, names: &[&str]) -> Option<Text> {
        let mut found = None;
        for (at, word) in self.words.iter().enumerate().skip(1) {
            let text = word.assumed();
            for name in names {
                let Some(rest) = text.strip_prefix(name) else { continue };
                let long = name.starts_with("--");
                if rest.is_empty() {
                    found = self.words.get(at + 1).cloned();
                } else if long && rest.starts_with('=') {
                    found = Some(word.slice(name.len() + 1, text.len()));
                } else if !long {
                    found = Some(word.slice(name.len(), text.len()));
                }
            }
        }
        found
    }

    /// The port of the container itself that the line of code asks which an interpreter is handed:
    /// `python -c "…urlopen('http://localhost:8000/health')"`. Nothing where it asks several.
    #[must_use]
    pub fn scripted_port(&self) -> Option<Text> {
        let flags: &[&str] = match self.program()?.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
        {
            "python" | "pypy" => &["-c"],
            "node" | "nodejs" | "bun" => &["-e", "--eval", "-p", "--print"],
            "ruby" | "perl" => &["-e"],
            "php" => &["-r", "--run"],
            _ => return None,
        };
        let code = self.option(flags)?;
        let text = code.assumed();
        let mut found =
            OWN_PORT.as_ref()?.captures_iter(&text).filter_map(|found| found.iter().skip(1).flatten().next());
        let port = found.next()?;
        let single = found.all(|other| other.as_str() == port.as_str());
        single.then(|| code.slice(port.start(), port.end()))
    }

    /// Whether the option stands there, with a value or without.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.words.iter().skip(1).any(|word| {
            let text = word.assumed();
            text == name || text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
        })
    }
}

/// The port of the container itself in a line of code: in a URL, or after a host that stands by itself.
static OWN_PORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const HOST: &str = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])";
    let url = format!(r"https?://{HOST}:(\d{{2,5}})\b");
    let arguments = format!(r#"["']{HOST}["']\s*,\s*(?:["']?port["']?\s*[:=]\s*)?["']?(\d{{2,5}})\b"#);
    Regex::new(&format!("{url}|{arguments}")).ok()
});

/// How many commands of one test are looked at.
const MAX_PROBES: usize = 64;

/// The commands of a test, those that shells within it run too. What a shell computes is unknown.
#[must_use]
pub fn of(test: &HealthTest, environment: &EffectiveEnvironment) -> Vec<Probe> {
    if test.shell {
        // A shell takes the first item alone as its command.
        let first = test.words.first();
        return within(first.map(|word| commands(&word.value, environment)).unwrap_or_default(), environment);
    }
    run(test.words.iter().map(|word| word.value.clone()).collect(), environment)
}

/// The port of the container itself that a word of a command names: `http://localhost:8080/health`.
#[must_use]
pub fn own_port(word: &Text) -> Option<u16> {
    let word = word.complete()?;
    let (_, rest) = word.split_once("://")?;
    let (host, rest) = rest.split_once(':')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    hosts::reaches_itself(host).then(|| rest.get(..digits)?.parse().ok())?
}

/// The commands that the words of one run, those of the shells among them too.
#[must_use]
pub fn run(words: Vec<Text>, environment: &EffectiveEnvironment) -> Vec<Probe> {
    within(vec![Probe { words, has_alternative: false, by_shell: false }], environment)
}

fn within(mut probes: Vec<Probe>, environment: &EffectiveEnvironment) -> Vec<Probe> {
    let mut at = 0;
    while let Some(probe) = probes.get(at) {
        let inner = script(probe).map(|script| commands(&script, environment)).unwrap_or_default();
        let room = MAX_PROBES.saturating_sub(probes.len());
        let alternative = probe.has_alternative;
        let inner = inner.into_iter().take(room);
        probes.extend(
            inner.map(|probe| Probe { has_alternative: probe.has_alternative || alternative, ..probe }),
        );
        at += 1;
    }
    probes
}

/// What `sh -c …` is told to run.
fn script(command: &Probe) -> Option<Text> {
    if !matches!(command.program()?.as_str(), "sh" | "bash" | "ash" | "dash") {
        return None;
    }
    let flag = command.words.iter().skip(1).position(|word| {
        let word = word.assumed();
        word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
    })?;
    command.words.get(flag + 2).cloned()
}

/// A shell command cut into simple commands.
#[must_use]
pub fn commands(text: &Text, environment: &EffectiveEnvironment) -> Vec<Probe> {
    let whole = text.assumed();
    let mut cutter = Cutter { text, whole: &whole, at: 0, environment };
    let mut probes: Vec<Probe> = Vec::new();
    let mut words: Vec<Text> = Vec::new();
    let mut before = "";
    loop {
        let token = cutter.next();
        if let Some(Token::Word(word)) = token {
            words.push(word);
            continue;
        }
        let words = without_prefix(std::mem::take(&mut words));
        if let Some(program) = words.first().map(Text::assumed) {
            let gives_up = matches!(program.as_str(), "exit" | "false" | "kill" | "echo" | "return");
            if before == "||" && !gives_up {
                // Every command of the group that failed has this one after it.
                probes.iter_mut().for_each(|probe| probe.has_alternative = true);
            }
            if probes.len() < MAX_PROBES {
                probes.push(Probe { words, has_alternative: false, by_shell: true });
            }
        }
        match token {
            Some(Token::Operator(operator)) => before = operator,
            _ => return probes,
        }
    }
}

/// A command without what stands before the program: assignments, reserved words, programs that run another.
fn without_prefix(mut words: Vec<Text>) -> Vec<Text> {
    loop {
        let Some(first) = words.first().map(Text::assumed) else { return words };
        let assigns = first.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let drop = match first.as_str() {
            "!" | "exec" | "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "time" | "env"
            | "{" => 1,
            "gosu" | "su-exec" | "timeout" => 2,
            _ if assigns => 1,
            _ => return words,
        };
        words.drain(..drop.min(words.len()));
    }
}

enum Token {
    Word(Text),
    Operator(&'static str),
}

struct Cutter<'t> {
    text: &'t Text,
    whole: &'t str,
    at: usize,
    environment: &'t EffectiveEnvironment,
}

impl Cutter<'_> {
    fn rest(&self) -> &str {
        self.whole.get(self.at..).unwrap_or("")
    }

    fn next(&mut self) -> Option<Token> {
        const OPERATORS: &[&str] = &["&&", "||", ";", "&", "|", "(", ")", "\n"];
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            if first != '\n' && first.is_whitespace() {
                self.at += first.len_utf8();
            } else if let Some(after) = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r\n")) {
                self.at += rest.len() - after.len();
            } else if let Some(skipped) = redirection(rest) {
                self.at += skipped;
                let blanks = self.rest().len() - self.rest().trim_start_matches(' ').len();
                self.at += blanks;
                self.word();
            } else if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
                self.at += operator.len();
                return Some(Token::Operator(operator));
            } else {
                return Some(Token::Word(self.word()));
            }
        }
    }

    /// One word, its quotes taken off.
    fn word(&mut self) -> Text {
        let mut word = Text::default();
        let mut quote: Option<char> = None;
        while let Some(character) = self.rest().chars().next() {
            let from = self.at;
            let ends =
                character.is_whitespace() || matches!(character, ';' | '&' | '|' | '(' | ')' | '<' | '>');
            match (quote, character) {
                (None, _) if ends => break,
                (None, '\'' | '"') => {
                    quote = Some(character);
                    self.at += 1;
                }
                (Some(open), _) if open == character => {
                    quote = None;
                    self.at += 1;
                }
                (None | Some('"'), '`') => {
                    self.at += 1;
                    let rest = self.rest();
                    self.at += rest.find('`').map_or(rest.len(), |end| end + 1);
                    word.push(Text::unknown(self.origin(from)));
                }
                (None | Some('"'), '$') => {
                    let value = self.expansion();
                    word.push(value);
                }
                (None | Some('"'), '\\') => {
                    self.at += 1;
                    let from = self.at;
                    let escaped = self.rest().chars().next();
                    self.at += escaped.map_or(0, char::len_utf8);
                    if escaped != Some('\n') {
                        word.push(self.text.slice(from, self.at));
                    }
                }
                _ => {
                    self.at += character.len_utf8();
                    word.push(self.text.slice(from, self.at));
                }
            }
        }
        joined(&word)
    }

    /// What stands for `$NAME`, `${NAME}`, `$(…)`.
    fn expansion(&mut self) -> Text {
        let from = self.at;
        self.at += 1;
        let rest = self.rest();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, length) = if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}').unwrap_or(inner.len());
            (inner.get(..end).unwrap_or(""), (end + 2).min(rest.len()))
        } else if rest.starts_with('(') {
            ("(", closing(rest))
        } else {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (rest.get(..end).unwrap_or(""), end)
        };
        let (name, fallback) = match name.split_once(":-").or_else(|| name.split_once('-')) {
            Some((name, fallback)) => (name, Some(fallback.to_string())),
            None => (name, None),
        };
        let known = !name.is_empty() && name.chars().all(is_name);
        let value = self.environment.value(name).filter(|_| known).cloned();
        self.at += length;
        let here = self.origin(from);
        match (value, fallback) {
            (Some(value), _) => value,
            (None, Some(fallback)) if known && !fallback.contains('$') => Text::known(fallback, here),
            _ => Text::unknown(here),
        }
    }

    fn origin(&self, from: usize) -> Origin {
        self.text.slice(from, self.at).origin().cloned().unwrap_or_default()
    }
}

/// Where the parenthesis that opens a text is closed.
fn closing(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth <= 1 => return at + 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// How long the sign of a redirection is, with the number before it: `2>`, `>>`, `<`, `>&`.
fn redirection(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let digits = if text.starts_with("&>") { 1 } else { digits };
    let rest = text.get(digits..)?;
    let sign = rest.len() - rest.trim_start_matches(['<', '>']).len();
    let and = usize::from(sign > 0 && rest.get(sign..).is_some_and(|rest| rest.starts_with('&')));
    (sign > 0).then_some(digits + sign + and)
}

/// The same text with neighbours of one piece in one again, so that its places are whole words.
fn joined(word: &Text) -> Text {
    let mut pieces: Vec<Piece> = Vec::new();
    for piece in word.pieces() {
        match pieces.last_mut() {
            Some(last)
                if last.origin.through == piece.origin.through
                    && last.certainty == piece.certainty
                    && last.origin.written.hi == piece.origin.written.lo
                    && last.origin.written != piece.origin.written =>
            {
                last.text.push_str(&piece.text);
                last.origin.written = last.origin.written.to(piece.origin.written);
            }
            Some(last) if last.origin == piece.origin && last.certainty == piece.certainty => {
                last.text.push_str(&piece.text);
            }
            _ => pieces.push(piece.clone()),
        }
    }
    Text::concat(pieces.into_iter().map(Text::from_piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn probes(text: &str) -> Vec<(Vec<String>, bool)> {
        let end = u32::try_from(text.len()).unwrap();
        let text = Text::known(text, Origin::at(Span::new(0, end)));
        let found = commands(&text, &EffectiveEnvironment::default());
        let words = |probe: &Probe| probe.words.iter().map(Text::assumed).collect();
        found.iter().map(|probe| (words(probe), probe.has_alternative)).collect()
    }

    #[test]
    fn commands_are_cut_as_shells_do() {
        let found = probes("curl -f 'http://a/b c' >/dev/null 2>&1 || exit 1");
        assert_eq!(found[0], (vec!["curl".into(), "-f".into(), "http://a/b c".into()], false));
        let found = probes("A=1 curl -f http://a || wget -q http://a");
        assert!(found[0].1 && !found[1].1);
        assert_eq!(found[0].0[0], "curl");
        assert_eq!(probes("test \"$(curl -s x)\" = \"ok\"")[0].0[1], Text::HOLE.to_string());
        assert_eq!(probes("exec 3<>/dev/tcp/127.0.0.1/80").len(), 0);
    }

    #[test]
    fn options_have_many_forms() {
        let text = |word: &str| Text::known(word, Origin::default());
        let words = ["pg_isready", "-U", "a", "-p5", "--host=h"].map(text).to_vec();
        let probe = Probe { words, has_alternative: false, by_shell: true };
        assert_eq!(probe.option(&["-U", "--username"]).unwrap().assumed(), "a");
        assert_eq!(probe.option(&["-p", "--port"]).unwrap().assumed(), "5");
        assert_eq!(probe.option(&["-h", "--host"]).unwrap().assumed(), "h");
    }
}
