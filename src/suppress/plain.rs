//! Comments of files that have no grammar here: Dockerfiles, env files, configuration.

use std::ops::Range;
use std::path::Path;

use crate::source::SourceFile;

/// How a kind of file writes comments and strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syntax {
    /// What begins a comment that goes to the end of the line.
    leaders: &'static [&'static str],
    /// What such a comment begins with only when nothing stands before it on the line.
    alone: &'static [&'static str],
    block: Option<(&'static str, &'static str)>,
    quotes: &'static [char],
    /// Whether strings go on over the end of a line.
    multiline: bool,
    /// Whether a backslash at the end of a line continues the statement.
    continues: bool,
}

const CONFIGURATION: Syntax = Syntax {
    leaders: &["#"],
    alone: &[";", "//", "!", "--"],
    block: None,
    quotes: &['"', '\''],
    multiline: false,
    continues: true,
};

/// In a Dockerfile a `#` within a line is text.
pub(super) const DOCKERFILE: Syntax = Syntax { leaders: &[], alone: &["#"], quotes: &[], ..CONFIGURATION };

pub(super) const ENV: Syntax = Syntax { alone: &[], multiline: true, continues: false, ..CONFIGURATION };

const CODE: Syntax = Syntax {
    leaders: &["//"],
    alone: &["#"],
    block: Some(("/*", "*/")),
    quotes: &['"', '\'', '`'],
    multiline: false,
    continues: false,
};

const SQL: Syntax = Syntax { leaders: &["--"], alone: &[], multiline: true, quotes: &['\'', '"'], ..CODE };

const MARKUP: Syntax = Syntax { leaders: &[], alone: &[], block: Some(("<!--", "-->")), quotes: &[], ..CODE };

/// The syntax of a file, by its name.
pub(super) fn syntax(path: &Path) -> Syntax {
    let lower = |text: Option<&std::ffi::OsStr>| {
        text.map(|text| text.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
    };
    let (name, extension) = (lower(path.file_name()), lower(path.extension()));
    if name.starts_with("dockerfile") || name.starts_with("containerfile") {
        return DOCKERFILE;
    }
    if name == ".env" || name.starts_with(".env.") {
        return ENV;
    }
    match extension.as_str() {
        "dockerfile" | "containerfile" => DOCKERFILE,
        "env" => ENV,
        "sql" | "lua" | "hs" => SQL,
        "xml" | "html" | "htm" | "svg" | "config" | "csproj" | "fsproj" | "props" | "md" => MARKUP,
        "json" | "jsonc" | "json5" | "prisma" | "gradle" | "groovy" | "scala" | "hcl" | "tf" | "c" | "h"
        | "cpp" | "swift" | "dart" | "proto" | "css" | "scss" | "js" | "jsx" | "mjs" | "cjs" | "ts"
        | "tsx" | "go" | "java" | "kt" | "kts" | "cs" | "php" | "rs" => CODE,
        _ => CONFIGURATION,
    }
}

/// What a scan finds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The comments, leaders included.
    pub comments: Vec<Range<usize>>,
    /// The lines that begin within a string.
    inside: Vec<usize>,
    /// The brackets that are opened (and not closed) on each line.
    depths: Vec<i32>,
    continues: bool,
}

impl Syntax {
    /// Finds the comments of a text.
    pub(super) fn scan(self, file: &SourceFile) -> Scan {
        let text = &*file.text;
        let mut scan =
            Scan { depths: vec![0; file.line_count()], continues: self.continues, ..Scan::default() };
        let (mut at, mut quote, mut line, mut blank) = (0, None::<char>, 0, true);
        let mut before = '\n';
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let c = rest.chars().next().unwrap_or('\n');
            if c == '\n' {
                line += 1;
                blank = true;
                if !self.multiline {
                    quote = None;
                }
                if quote.is_some() {
                    scan.inside.push(line);
                }
            } else if let Some(open) = quote {
                if c == '\\' && open != '\'' {
                    at += 1 + rest.chars().nth(1).filter(|next| *next != '\n').map_or(0, char::len_utf8);
                    before = c;
                    continue;
                }
                if c == open {
                    quote = None;
                }
            } else if let Some(end) = self.comment(rest, before, blank) {
                scan.comments.push(at..at + end);
                line += rest.get(..end).unwrap_or("").matches('\n').count();
                at += end;
                before = ' ';
                continue;
            } else if self.quotes.contains(&c) && !before.is_alphanumeric() {
                quote = Some(c);
            } else if let Some(depth) = scan.depths.get_mut(line) {
                match c {
                    '(' | '[' | '{' => *depth += 1,
                    ')' | ']' | '}' => *depth -= 1,
                    _ => {}
                }
            }
            blank &= c.is_whitespace();
            before = c;
            at += c.len_utf8();
        }
        scan
    }

    /// The length of the comment that begins here, if one does.
    fn comment(self, rest: &str, before: char, blank: bool) -> Option<usize> {
        if let Some((open, close)) = self.block.filter(|(open, _)| rest.starts_with(open)) {
            let end = rest.get(open.len()..).and_then(|inner| inner.find(close));
            return Some(end.map_or(rest.len(), |end| open.len() + end + close.len()));
        }
        let starts = |leaders: &[&str]| leaders.iter().any(|leader| rest.starts_with(leader));
        // `#` and `--` may be a part of a word; `//` of an address.
        let apart = before.is_whitespace() || rest.starts_with("//") && before != ':';
        let begins = starts(self.leaders) && apart || blank && starts(self.alone);
        begins.then(|| rest.find('\n').unwrap_or(rest.len()))
    }
}

impl Scan {
    /// What begins on the first line of content at or after `line`, with all that belongs to it: what is in its
    /// brackets or its strings, and what is indented more.
    pub(super) fn statement(&self, file: &SourceFile, line: usize) -> Option<Range<usize>> {
        let count = file.line_count();
        let code = |line: &usize| !file.line(*line).trim().is_empty() && !self.is_comment(file, *line);
        let first = (line..count).find(code)?;
        let indent = |line: usize| {
            let text = file.line(line);
            text.len() - text.trim_start().len()
        };
        let depth = |line: usize| self.depths.get(line).copied().unwrap_or(0);
        let (mut last, mut open) = (first, depth(first));
        let mut next = first + 1;
        while next < count {
            let going = self.continues && file.line(last).trim_end().ends_with('\\');
            let within = open > 0 || self.inside.contains(&next) || going;
            if within || code(&next) && indent(next) > indent(first) {
                // A comment does not end a statement that goes on.
                if !(going && self.is_comment(file, next)) {
                    last = next;
                }
                open += depth(next);
            } else if code(&next) {
                break;
            }
            next += 1;
        }
        Some(file.line_start(first)..file.line_start(last) + file.line(last).len())
    }

    fn is_comment(&self, file: &SourceFile, line: usize) -> bool {
        let text = file.line(line);
        let start = file.line_start(line) + (text.len() - text.trim_start().len());
        self.comments.iter().any(|comment| comment.start <= start && start < comment.end)
    }
}
