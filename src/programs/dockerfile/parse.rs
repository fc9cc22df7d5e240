//! A Dockerfile's text to its instructions.

use std::ops::Range;
use std::path::PathBuf;

use parse_dockerfile::{Command, Flag, HealthcheckArguments, Instruction, Source, UnescapedString};

use super::text::{Body, span_of};
use super::{Assignment, CommandLine, Copy, Dockerfile, Fault, FaultKind, Health, Note, Stage, Step};
use crate::source::{Origin, Spanned, Text};

/// How much of a Dockerfile is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes; a longer text gives no instructions and a note.
    pub bytes: usize,
    /// After this many instructions that can't be read the rest is left out.
    pub errors: usize,
    /// Instructions; those after them are left out.
    pub instructions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 512 << 10, errors: 16, instructions: 2_000 }
    }
}

/// Reads a Dockerfile. An instruction that Docker would refuse becomes a note, and the others
/// are kept.
#[must_use]
pub fn parse(path: Option<PathBuf>, body: &Body, limits: Limits) -> Dockerfile {
    let mut dockerfile = Dockerfile { path, escape: '\\', ..Dockerfile::default() };
    if body.as_str().len() > limits.bytes {
        let message = format!("the Dockerfile is larger than {} KiB and is not read", limits.bytes >> 10);
        dockerfile.notes.push(Note { message, at: body.span(0..0) });
        return dockerfile;
    }
    let mut text = without_here_documents(body.as_str());
    let mut notes = Vec::new();
    for attempt in 0..=limits.errors {
        let mut reader = Reader { body, escape: escape_of(&text), dockerfile: dockerfile.clone() };
        let Some(failure) = reader.read(&text, limits.instructions) else {
            dockerfile = reader.dockerfile;
            break;
        };
        notes.push(Note { message: failure.message, at: body.span(failure.line.clone()) });
        if failure.line.is_empty() || attempt == limits.errors {
            dockerfile = reader.dockerfile;
            break;
        }
        let mut bytes = text.into_bytes();
        blank_out(&mut bytes, failure.line);
        let Ok(commented) = String::from_utf8(bytes) else { break };
        text = commented;
    }
    dockerfile.notes.extend(notes);
    if body
        .as_str()
        .lines()
        .take(5)
        .any(|line| line.contains("syntax") && !line.contains("docker/dockerfile"))
    {
        dockerfile.faults.clear();
    }
    dockerfile
}

struct Failure {
    message: String,
    line: Range<usize>,
}

struct Reader<'a> {
    body: &'a Body,
    escape: char,
    dockerfile: Dockerfile,
}

impl Reader<'_> {
    /// Reads all instructions, or up to the first that can't be read.
    fn read(&mut self, text: &str, limit: usize) -> Option<Failure> {
        self.dockerfile.escape = self.escape;
        let instructions = match parse_dockerfile::parse_iter(text) {
            Ok(instructions) => instructions,
            Err(error) => return Some(failure(text, &error)),
        };
        for instruction in instructions.take(limit) {
            match instruction {
                Ok(instruction) => self.take(instruction),
                Err(error) => return Some(failure(text, &error)),
            }
        }
        None
    }

    fn take(&mut self, instruction: Instruction<'_>) {
        self.check_options(&instruction);
        if let Instruction::From(from) = instruction {
            let name = from
                .as_
                .map(|(_, name)| Spanned::new(name.value.to_lowercase(), self.body.span(name.span.clone())));
            self.dockerfile.stages.push(Stage {
                keyword: self.body.span(from.from.span),
                from: self.word(&from.image),
                name,
                steps: Vec::new(),
            });
            return;
        }
        let Some(step) = self.step(instruction) else { return };
        match (self.dockerfile.stages.last_mut(), step) {
            (Some(stage), step) => stage.steps.push(step),
            (None, Step::Arg(arguments)) => self.dockerfile.arguments.extend(arguments),
            (None, _) => {}
        }
    }

    /// Notes the options that an instruction does not know; another frontend may have its own.
    fn check_options(&mut self, instruction: &Instruction<'_>) {
        let (name, flags) = match instruction {
            Instruction::From(from) => ("FROM", from.options.as_slice()),
            Instruction::Copy(copy) => ("COPY", copy.options.as_slice()),
            Instruction::Add(add) => ("ADD", add.options.as_slice()),
            Instruction::Run(run) => {
                let mounts = run.options.iter().filter(|flag| flag.name.value == "mount");
                let values = mounts.map(|flag| flag.value.as_ref().map_or("", |value| &*value.value));
                self.dockerfile.mounted.extend(values.filter_map(mounted));
                ("RUN", run.options.as_slice())
            }
            Instruction::Healthcheck(health) => ("HEALTHCHECK", health.options.as_slice()),
            _ => return,
        };
        let known = super::faults::options_of(name);
        for flag in flags.iter().filter(|flag| !known.contains(&&*flag.name.value)).take(20) {
            let (flag, at) = (flag.name.value.to_string(), self.body.span(flag.name.span.clone()));
            self.dockerfile.faults.push(Fault { kind: FaultKind::Flag { instruction: name, flag }, at });
        }
    }

    fn step(&self, instruction: Instruction<'_>) -> Option<Step> {
        Some(match instruction {
            Instruction::Arg(arg) => Step::Arg(self.assignments(&arg.arguments, false)),
            Instruction::Env(env) => Step::Env(self.assignments(&env.arguments, true)),
            Instruction::Copy(copy) => {
                Step::Copy(self.copy(copy.copy.span, &copy.options, &copy.src, &copy.dest, false))
            }
            Instruction::Add(add) => {
                Step::Copy(self.copy(add.add.span, &add.options, &add.src, &add.dest, true))
            }
            Instruction::Workdir(workdir) => Step::WorkingDirectory(self.word(&workdir.arguments)),
            Instruction::User(user) => Step::User(self.word(&user.arguments)),
            Instruction::Expose(expose) => {
                Step::Expose(expose.arguments.iter().map(|word| self.word(word)).collect())
            }
            Instruction::Entrypoint(entrypoint) => Step::Entrypoint(self.command(&entrypoint.arguments)),
            Instruction::Cmd(cmd) => Step::Cmd(self.command(&cmd.arguments)),
            Instruction::Shell(shell) => {
                Step::Shell(shell.arguments.iter().map(|word| self.string(word)).collect())
            }
            Instruction::Healthcheck(health) => Step::Healthcheck(Health {
                keyword: self.body.span(health.healthcheck.span),
                test: match &health.arguments {
                    HealthcheckArguments::Cmd { arguments, .. } => Some(self.command(arguments)),
                    _ => None,
                },
                options: health.options.iter().filter_map(|flag| self.option(flag)).collect(),
            }),
            Instruction::Run(run) => {
                let end = run.here_docs.last().map(|here| here.span.end);
                match &run.arguments {
                    Command::Exec(words) => Step::Run(self.as_shell(&words.value)),
                    Command::Shell(text) => {
                        let range = text.span.start..end.unwrap_or(text.span.end);
                        Step::Run(self.body.joined(range, self.escape))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn copy(
        &self,
        keyword: Range<usize>,
        options: &[Flag<'_>],
        sources: &[Source<'_>],
        destination: &UnescapedString<'_>,
        add: bool,
    ) -> Copy {
        let options: Vec<_> = options.iter().filter_map(|flag| self.option(flag)).collect();
        let given = |name: &str| options.iter().find(|(given, _)| given == name).map(|(_, value)| value);
        let paths: Vec<Text> = sources
            .iter()
            .filter_map(|source| match source {
                Source::Path(path) => Some(self.word(path)),
                _ => None,
            })
            .collect();
        Copy {
            keyword: self.body.span(keyword),
            from: given("from").cloned(),
            inline: paths.len() < sources.len(),
            sources: paths,
            destination: self.word(destination),
            exclude: options.iter().filter(|(name, _)| name == "exclude").map(|(_, v)| v.clone()).collect(),
            parents: given("parents").is_some_and(|value| value.assumed() != "false"),
            add,
        }
    }

    fn option(&self, flag: &Flag<'_>) -> Option<(String, Text)> {
        let value = flag.value.as_ref().map(|value| self.word(value)).unwrap_or_default();
        Some((flag.name.value.to_string(), value))
    }

    /// A word as written, quotes and references in it.
    fn word(&self, word: &UnescapedString<'_>) -> Text {
        let joined = self.body.joined(word.span.clone(), self.escape);
        if joined.assumed() == word.value {
            return joined;
        }
        // An item of a JSON array with escapes: the characters stand there in another form.
        Text::known(&*word.value, Origin::at(self.body.span(word.span.clone())))
    }

    /// An item of a JSON array that nothing expands.
    fn string(&self, word: &UnescapedString<'_>) -> Text {
        self.word(word)
    }

    /// The words of a JSON array as a shell would be told them.
    fn as_shell(&self, words: &[UnescapedString<'_>]) -> Text {
        let plain = |text: &str| {
            let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
            !text.is_empty() && text.chars().all(bare)
        };
        let mut all = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let origin = || Origin::at(self.body.span(word.span.clone()));
            if at > 0 {
                all.push(Text::known(" ", origin()));
            }
            all.push(match plain(&word.value) {
                true => self.string(word),
                false => Text::known(format!("'{}'", word.value.replace('\'', "'\\''")), origin()),
            });
        }
        Text::concat(all)
    }

    fn command(&self, command: &Command<'_>) -> CommandLine {
        match command {
            Command::Exec(words) => CommandLine {
                words: words.value.iter().map(|word| self.string(word)).collect(),
                shell: false,
                span: self.body.span(words.span.clone()),
            },
            Command::Shell(text) => CommandLine {
                words: vec![self.body.joined(text.span.clone(), self.escape)],
                shell: true,
                span: self.body.span(text.span.clone()),
            },
            _ => CommandLine { words: Vec::new(), shell: false, span: crate::source::Span::NONE },
        }
    }

    /// `name=value name=value`, or for `ENV` also `name value`.
    fn assignments(&self, arguments: &UnescapedString<'_>, env: bool) -> Vec<Assignment> {
        let line = self.word(arguments);
        let words = split_words(&line, self.escape);
        let Some(first) = words.first() else { return Vec::new() };
        if env && !first.assumed().contains('=') {
            let rest = line.slice(first.assumed().len(), usize::MAX);
            let plain = rest.assumed();
            let start = plain.len() - plain.trim_start().len();
            let value = rest.slice(start, start + plain.trim().len());
            return vec![Assignment {
                name: Spanned::new(first.assumed(), span_of(first)),
                entry: span_of(first).to(span_of(&value)),
                value: Some(value),
            }];
        }
        words.iter().map(assignment).collect()
    }
}

fn assignment(word: &Text) -> Assignment {
    let plain = word.assumed();
    let (name, value) = match plain.find('=') {
        Some(equals) => (word.slice(0, equals), Some(word.slice(equals + 1, plain.len()))),
        None => (word.clone(), None),
    };
    Assignment { name: Spanned::new(name.assumed(), span_of(&name)), value, entry: span_of(word) }
}

/// The words of an `ENV` or `ARG`: split at blanks outside quotes; quotes and escapes are kept.
fn split_words(line: &Text, escape: char) -> Vec<Text> {
    let plain = line.assumed();
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = plain.char_indices();
    while let Some((at, character)) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            if let Some(from) = start.take() {
                words.push(line.slice(from, at));
            }
            continue;
        }
        start.get_or_insert(at);
        if character == escape && quote != Some('\'') {
            characters.next();
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '"' | '\'') {
            quote = Some(character);
        }
    }
    if let Some(from) = start {
        words.push(line.slice(from, plain.len()));
    }
    words
}

fn failure(text: &str, error: &parse_dockerfile::Error) -> Failure {
    let message = format!("the Dockerfile can't be read here: {error:#}");
    let Some(line) = error.line().checked_sub(1) else { return Failure { message, line: 0..0 } };
    let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let rest = text.get(start..).unwrap_or("");
    let length = rest.find('\n').unwrap_or(rest.len());
    Failure { message, line: start..start + length.max(usize::from(!rest.is_empty())) }
}

/// The text with the bodies of here-documents within `RUN` lines (`RUN cat <<EOF > file`) made
/// comments: the parser only knows those that start the instruction.
fn without_here_documents(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let lines: Vec<Range<usize>> = text
        .split_inclusive('\n')
        .scan(0, |at, line| {
            *at += line.len();
            Some(*at - line.len()..*at)
        })
        .collect();
    let mut index = 0;
    // Each search runs to the end of the text when it finds nothing.
    let mut fruitless = 0;
    while let Some(range) = lines.get(index) {
        index += 1;
        let line = text.get(range.clone()).unwrap_or("").trim();
        let Some((delimiter, tabs)) = here_delimiter(line).filter(|_| fruitless < 16) else { continue };
        let ends = |range: &Range<usize>| {
            let line = text.get(range.clone()).unwrap_or("").trim_end_matches(['\n', '\r']);
            (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter
        };
        let rest = lines.get(index..).unwrap_or_default();
        let Some(length) = rest.iter().position(ends) else {
            fruitless += 1;
            continue;
        };
        rest.iter().take(length + 1).for_each(|range| blank_out(&mut bytes, range.clone()));
        index += length + 1;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_string())
}

/// Makes a line a comment, every byte after it at its place.
fn blank_out(bytes: &mut [u8], line: Range<usize>) {
    let mut comment = b'#';
    for byte in bytes.get_mut(line).unwrap_or_default() {
        if !matches!(*byte, b'\n' | b'\r') {
            *byte = std::mem::replace(&mut comment, b' ');
        }
    }
}

fn here_delimiter(line: &str) -> Option<(&str, bool)> {
    let (keyword, rest) = line.split_once(char::is_whitespace)?;
    if line.starts_with('#') || !keyword.eq_ignore_ascii_case("run") || rest.trim_start().starts_with("<<") {
        // The parser knows the form that starts the instruction.
        return None;
    }
    let at = rest.find("<<").filter(|at| !rest[at + 2..].starts_with('<'))?;
    let after = &rest[at + 2..];
    let (tabs, after) = after.strip_prefix('-').map_or((false, after), |after| (true, after));
    let after = after.trim_start_matches(['"', '\'']);
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
    let delimiter = &after[..end];
    (!delimiter.is_empty() && !delimiter.starts_with(|c: char| c.is_ascii_digit()))
        .then_some((delimiter, tabs))
}

/// The escape character of a text: set by a directive in the comments at its very start.
fn escape_of(text: &str) -> char {
    for line in text.lines() {
        let Some(comment) = line.trim().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// Where a mount of files lies; `None` of one that holds nothing that the build brings.
fn mounted(options: &str) -> Option<String> {
    let mut said = options.split(',').filter_map(|option| option.split_once('='));
    if said
        .clone()
        .any(|(name, value)| name == "type" && matches!(value, "cache" | "secret" | "ssh" | "tmpfs"))
    {
        return None;
    }
    let target = said.find(|(name, _)| matches!(*name, "target" | "dst" | "destination"));
    Some(target.map(|(_, target)| target.to_string()).unwrap_or_default())
}
