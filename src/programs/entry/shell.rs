//! What a shell text starts: its simple commands, as far as its branches can be decided.
//!
//! Only as much of a shell as start scripts need: lists, `if` and `case` over known words, `cd`,
//! `export`, `set --`, `shift`, `exec "$@"`. Where a condition is not known, every branch is taken.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::lexer::{Lexer, Token};
use super::parameters::Parameters;
use super::{By, Launch, Way};
use crate::programs::dockerignore::Pattern;
use crate::source::{Text, clean};

/// Commands that one text may start before the rest is left out.
const MAX_COMMANDS: usize = 1_000;
/// Commands of a text and of all the functions that it calls.
const MAX_STEPS: usize = 5_000;
/// Functions within each other beyond this depth are not followed.
const MAX_CALLS: usize = 8;

/// What a shell text starts, in order. `source` gives the text of a script for `.` and `source`.
pub(super) fn launches(text: &str, start: &Launch, source: &dyn Fn(&Path) -> Option<String>) -> Vec<Launch> {
    let mut shell = Shell {
        parameters: Parameters {
            variables: start.env.clone(),
            arguments: start.words.clone(),
            ..Parameters::default()
        },
        directory: start.directory.clone(),
        by: start.by.clone(),
        way: start.way,
        frames: Vec::new(),
        last: None,
        skip: false,
        unsure: false,
        otherwise: false,
        out: Vec::new(),
        stopped: false,
        returned: false,
        functions: HashMap::new(),
        steps: 0,
        source,
        depth: 0,
    };
    shell.run(text);
    shell.out
}

struct Shell<'a> {
    parameters: Parameters,
    directory: PathBuf,
    by: By,
    /// Whether the text as a whole is run.
    way: Way,
    frames: Vec<Frame>,
    /// Whether the last command succeeded, if that is known.
    last: Option<bool>,
    /// Whether `&&` or `||` skips the next command.
    skip: bool,
    /// Whether `&&` or `||` runs the next command only if another went well or not, which is not known.
    unsure: bool,
    /// Whether that is `||`.
    otherwise: bool,
    out: Vec<Launch>,
    stopped: bool,
    /// Whether the function that is run is left.
    returned: bool,
    /// The bodies of its functions.
    functions: HashMap<String, String>,
    steps: usize,
    source: &'a dyn Fn(&Path) -> Option<String>,
    depth: usize,
}

/// An `if`, `case` or loop around the current command.
#[derive(Clone, Debug)]
struct Frame {
    kind: FrameKind,
    /// Whether its current part runs; `None` when that is not known.
    active: Option<bool>,
    /// Whether an earlier part ran; `None` when that is not known.
    taken: Option<bool>,
    /// Whether its condition is what is run.
    asks: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum FrameKind {
    If,
    /// The word that the patterns are held against, and whether a pattern is expected.
    Case(String, bool),
    Loop,
    /// `{ …; }` or `( … )`
    Group,
}

impl Shell<'_> {
    fn run(&mut self, text: &str) {
        let mut lexer = Lexer::new(text);
        let mut words: Vec<String> = Vec::new();
        let mut commands = 0;
        while let Some(token) = lexer.next(&self.parameters) {
            match token {
                Token::Words(more) => {
                    words.extend(more);
                    let names = words.len() == 2 && words.first().is_some_and(|word| word == "function");
                    if names && self.defines(&words, &mut lexer) {
                        words.clear();
                        continue;
                    }
                    // `then`, `do` and `else` stand at the start of a command without a separator.
                    self.keywords(&mut words);
                }
                Token::Array(name, adds, items) => self.array(name, adds, items),
                Token::Operator("(") if self.defines(&words, &mut lexer) => words.clear(),
                Token::Operator(operator) => {
                    if self.pattern(operator, &mut words) {
                        continue;
                    }
                    self.command(std::mem::take(&mut words));
                    match operator {
                        "(" => self.open_group(),
                        ")" => self.close_group(),
                        _ => self.operator(operator),
                    }
                    commands += 1;
                }
            }
            self.steps += 1;
            if self.stopped || self.returned || commands > MAX_COMMANDS || self.steps > MAX_STEPS {
                return;
            }
        }
        self.command(words);
    }

    /// Takes in `name() { …; }` and `function name() { …; }`, which run when they are called; says whether it is one.
    fn defines(&mut self, words: &[String], lexer: &mut Lexer<'_>) -> bool {
        let name = match words {
            [name] => name,
            [keyword, name] if keyword == "function" => name,
            _ => return false,
        };
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'));
        let Some(body) = lexer.body().filter(|_| plain) else { return false };
        self.functions.insert(name.clone(), body.to_string());
        true
    }

    /// Runs the body of a function with these arguments; `unsure` says that it may not be called at all, as in
    /// `cmd || die "…"`.
    fn call(&mut self, body: &str, arguments: Vec<String>, unsure: bool) {
        let before = std::mem::replace(&mut self.parameters.arguments, arguments);
        let frames = self.frames.len();
        if unsure {
            self.open(FrameKind::Group, None, None, false);
        }
        self.depth += 1;
        self.run(body);
        self.depth -= 1;
        self.frames.truncate(frames);
        self.returned = false;
        self.last = None;
        self.parameters.arguments = before;
    }

    /// `args=(…)`, `args+=(…)`; what is only perhaps added is.
    fn array(&mut self, name: String, adds: bool, items: Vec<String>) {
        if self.dead() || self.skip {
            return;
        }
        let known = self.parameters.arrays.entry(name).or_default();
        if !adds {
            known.clear();
        }
        let room = MAX_COMMANDS.saturating_sub(known.len());
        known.extend(items.into_iter().take(room));
    }

    /// `cmd || { …; }`: whether its commands run depends on the command before it.
    fn open_group(&mut self) {
        let active = match (std::mem::take(&mut self.skip), std::mem::take(&mut self.unsure)) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        };
        self.open(FrameKind::Group, active, None, false);
    }

    fn open(&mut self, kind: FrameKind, active: Option<bool>, taken: Option<bool>, asks: bool) {
        self.frames.push(Frame { kind, active, taken, asks });
    }

    /// Whether the current command is run; `alone` says that no `&&` or `||` decides it.
    fn way(&self, alone: bool) -> Way {
        let awaited = self.frames.last().is_some_and(|frame| frame.asks && frame.kind == FrameKind::Loop);
        let asked = self.frames.iter().any(|frame| frame.asks && frame.kind != FrameKind::Loop);
        match (self.way, self.live()) {
            (Way::Surely, Some(true)) if alone && awaited => Way::Awaited,
            (Way::Surely, Some(true)) if alone && !asked => Way::Surely,
            _ => Way::Perhaps,
        }
    }

    fn close_group(&mut self) {
        if self.frames.last().is_some_and(|frame| frame.kind == FrameKind::Group) {
            self.frames.pop();
            self.last = None;
        }
    }

    fn live(&self) -> Option<bool> {
        self.frames.iter().try_fold(true, |live, frame| frame.active.map(|active| live && active))
    }

    fn dead(&self) -> bool {
        self.frames.iter().any(|frame| frame.active == Some(false))
    }

    /// Takes in the keywords at the start of a command.
    fn keywords(&mut self, words: &mut Vec<String>) {
        while let [keyword] = words.as_slice() {
            match keyword.as_str() {
                "if" => self.open(FrameKind::If, Some(true), Some(false), true),
                "while" | "until" | "for" | "select" => {
                    let asks = matches!(keyword.as_str(), "while" | "until");
                    self.open(FrameKind::Loop, Some(true), None, asks);
                    if matches!(keyword.as_str(), "while" | "until") {
                        words.clear();
                    }
                    return;
                }
                "then" => {
                    let last = self.last.take();
                    if let Some(frame) = self.frames.last_mut().filter(|frame| frame.kind == FrameKind::If) {
                        frame.active = and(frame.taken.map(|taken| !taken), last);
                        frame.asks = false;
                    }
                }
                "elif" | "else" => {
                    let ends = keyword == "else";
                    if let Some(frame) = self.frames.last_mut().filter(|frame| frame.kind == FrameKind::If) {
                        frame.taken = or(frame.taken, frame.active);
                        let rest = frame.taken.map(|taken| !taken);
                        // The condition of an `elif` is looked at unless an earlier part ran.
                        frame.active = if ends || rest == Some(false) { rest } else { Some(true) };
                        frame.asks = !ends;
                    }
                }
                "do" => {
                    if let Some(frame) = self.frames.last_mut().filter(|frame| frame.kind == FrameKind::Loop)
                    {
                        frame.active = None;
                        frame.asks = false;
                    }
                }
                "fi" | "esac" | "done" => {
                    self.frames.pop();
                    self.last = None;
                }
                "{" => self.open_group(),
                "}" => self.close_group(),
                "!" | "time" => {}
                _ => return,
            }
            words.clear();
        }
    }

    /// Takes in `WORD in` of a `case` and its patterns; says whether the operator is part of them.
    fn pattern(&mut self, operator: &str, words: &mut Vec<String>) -> bool {
        if words.first().is_some_and(|word| word == "case") && words.len() >= 2 {
            let has_in = words.iter().position(|word| word == "in");
            let subject = match has_in {
                Some(1) => String::new(),
                _ => words.get(1).cloned().unwrap_or_default(),
            };
            let rest = has_in.map(|at| words.split_off(at + 1)).unwrap_or_default();
            self.open(FrameKind::Case(subject, true), Some(false), Some(false), false);
            *words = rest;
        }
        let Some(Frame { kind: FrameKind::Case(subject, expected @ true), active, taken, .. }) =
            self.frames.last_mut()
        else {
            if operator == ";;" {
                self.command(std::mem::take(words));
                self.end_of_arm();
                return true;
            }
            return false;
        };
        match operator {
            // An optional bracket before the patterns, alternatives, and line breaks before them.
            "(" | "|" => true,
            ";" => {
                if words.first().is_some_and(|word| word == "esac") {
                    words.clear();
                    self.frames.pop();
                }
                true
            }
            ")" => {
                let matches = if subject.contains(Text::HOLE) {
                    None
                } else {
                    Some(words.iter().any(|word| Pattern::new(word).matches(subject)))
                };
                *active = and(taken.map(|taken| !taken), matches);
                *expected = false;
                words.clear();
                true
            }
            _ => false,
        }
    }

    fn end_of_arm(&mut self) {
        if let Some(frame) = self.frames.last_mut()
            && let FrameKind::Case(_, expected) = &mut frame.kind
        {
            *expected = true;
            frame.taken = or(frame.taken, frame.active);
            frame.active = Some(false);
        }
    }

    fn operator(&mut self, operator: &str) {
        // `… || true`: its failure is looked for.
        if operator == "||"
            && let Some(last) = self.out.last_mut()
        {
            last.way = Way::Perhaps;
        }
        self.otherwise = operator == "||";
        self.unsure = matches!(operator, "&&" | "||") && self.last.is_none();
        self.skip = match operator {
            "&&" => self.last == Some(false),
            "||" => self.last == Some(true),
            "|" => {
                self.last = None;
                false
            }
            _ => false,
        };
    }

    fn command(&mut self, mut words: Vec<String>) {
        if words.is_empty() {
            return;
        }
        let unsure = std::mem::take(&mut self.unsure);
        if self.dead() || std::mem::take(&mut self.skip) {
            return;
        }
        let mut env = Vec::new();
        while let Some((name, value)) = words.first().and_then(|word| assignment(word)) {
            env.push((name, value));
            words.remove(0);
        }
        let Some(name) = words.first().cloned() else {
            self.parameters.variables.extend(env);
            return;
        };
        self.last = None;
        match name.as_str() {
            "cd" => {
                let to = words.get(1).map_or("/", String::as_str);
                self.directory = clean(&self.directory.join(to));
            }
            "export" | "declare" | "typeset" | "readonly" | "local" => {
                self.parameters.variables.extend(words.iter().skip(1).filter_map(|word| assignment(word)));
            }
            "unset" => words.iter().skip(1).for_each(|name| {
                self.parameters.variables.remove(name);
            }),
            "set" => {
                if let Some(at) = words.iter().position(|word| word == "--") {
                    self.parameters.arguments = words.split_off(at + 1);
                }
            }
            "shift" => {
                let count = words.get(1).and_then(|count| count.parse().ok()).unwrap_or(1);
                let count = self.parameters.arguments.len().min(count);
                self.parameters.arguments.drain(..count);
            }
            "return" if self.depth > 0 && self.live() == Some(true) && !unsure => self.returned = true,
            "exit" | "return" if self.live() == Some(true) && !unsure => self.stopped = true,
            "[" | "[[" | "test" => self.last = condition(&words),
            "for" | "select" | "function" => {}
            "true" | ":" => self.last = Some(true),
            "false" => self.last = Some(false),
            "." | "source" if self.depth < 4 => {
                let path = words.get(1).map(|path| clean(&self.directory.join(path)));
                if let Some(text) = path.and_then(|path| (self.source)(&path)) {
                    self.depth += 1;
                    self.run(&text);
                    self.depth -= 1;
                    self.returned = false;
                }
            }
            _ if self.depth < MAX_CALLS && self.functions.contains_key(&name) => {
                let body = self.functions.get(&name).cloned().unwrap_or_default();
                self.call(&body, words.split_off(1), unsure);
            }
            "eval" if self.depth < 4 => {
                let text = words.split_off(1).join(" ");
                self.depth += 1;
                self.run(&text);
                self.depth -= 1;
            }
            _ => {
                let replaces = name == "exec";
                let words = if replaces { words.split_off(1) } else { words };
                let mut variables = self.parameters.variables.clone();
                variables.extend(env);
                if !words.is_empty() {
                    self.out.push(Launch {
                        words,
                        directory: self.directory.clone(),
                        env: variables,
                        way: self.way(!self.otherwise),
                        by: self.by.clone(),
                    });
                    self.stopped |= replaces && self.live() == Some(true) && !unsure;
                }
            }
        }
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

/// `NAME=value`
pub(super) fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then(|| (name.to_string(), value.to_string()))
}

/// What `[ … ]` says, if it compares known words.
fn condition(words: &[String]) -> Option<bool> {
    let inside: Vec<&str> =
        words.iter().skip(1).map(String::as_str).filter(|word| !matches!(*word, "]" | "]]")).collect();
    if inside.iter().any(|word| word.contains(Text::HOLE)) {
        return None;
    }
    match inside.as_slice() {
        ["!", rest @ ..] => {
            let rest: Vec<String> =
                std::iter::once("[").chain(rest.iter().copied()).map(str::to_string).collect();
            condition(&rest).map(|value| !value)
        }
        ["-z", word] => Some(word.is_empty()),
        ["-n", word] => Some(!word.is_empty()),
        ["-z"] => Some(true),
        ["-n"] => Some(false),
        [a, "=" | "==", b] => Some(Pattern::new(b).matches(a)),
        [a, "!=", b] => Some(!Pattern::new(b).matches(a)),
        // An unquoted blank variable leaves no word.
        ["=" | "==", b] => Some(b.is_empty()),
        [a, "-eq", b] => Some(a.parse::<i64>().ok()? == b.parse::<i64>().ok()?),
        [a, "-gt", b] => Some(a.parse::<i64>().ok()? > b.parse::<i64>().ok()?),
        [a, "-lt", b] => Some(a.parse::<i64>().ok()? < b.parse::<i64>().ok()?),
        [word] if !word.starts_with('-') => Some(!word.is_empty()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
