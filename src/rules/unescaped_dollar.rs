//! A `$` that belongs to a password, a hash or a shell's text, and that Compose reads as a reference.

use std::collections::HashSet;

use super::dollars::{self, Holder, Reference, Written};
use super::prelude::*;
use crate::finding::Problem;

rule!("unescaped-dollar", check);

/// How hashes of passwords begin.
const HASHES: [&str; 14] = [
    "$apr1$", "$2a$", "$2b$", "$2x$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$argon2", "$pbkdf2", "$scrypt$",
    "$7$", "$sha1$",
];

/// Variables that a shell in the container sets by itself, to what it is there.
const OF_THE_SHELL: [&str; 14] = [
    "HOSTNAME", "HOME", "PATH", "USER", "SHELL", "RANDOM", "SECONDS", "LINENO", "PPID", "IFS", "OLDPWD",
    "UID", "EUID", "OSTYPE",
];

/// Variables of nginx, by their beginnings.
const OF_NGINX: [&str; 12] = [
    "host",
    "remote_",
    "request",
    "scheme",
    "http_",
    "proxy_",
    "uri",
    "args",
    "server_",
    "upstream_",
    "time_",
    "body_bytes",
];

/// Why a `$` is no reference.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hash,
    Password,
    Shell,
    Server,
}

/// A text with a `$` that is not meant for Compose.
struct Found<'a> {
    service: Option<&'a str>,
    holder: Holder<'a>,
    written: Written<'a>,
    kind: Kind,
    /// The references in it that have no value.
    unset: Vec<usize>,
}

/// The references that this rule speaks of.
pub fn places(cx: &Context<'_>) -> HashSet<Span> {
    let found = found(cx);
    found.iter().flat_map(|found| found.places()).collect()
}

impl Found<'_> {
    fn places(&self) -> impl Iterator<Item = Span> + '_ {
        self.unset.iter().filter_map(|index| self.written.references.get(*index)).map(|it| it.span)
    }
}

fn found<'a>(cx: &'a Context<'_>) -> Vec<Found<'a>> {
    let before = super::env_file_is_not_interpolation::places(cx);
    let problems: Vec<&Problem> =
        dollars::unset(cx).filter(|problem| !before.contains(&problem.at)).collect();
    if problems.is_empty() {
        return Vec::new();
    }
    let unset: HashSet<Span> = problems.iter().map(|problem| problem.at).collect();
    let mut texts: Vec<(Option<&str>, Holder<'a>, &'a Text)> = Vec::new();
    for facts in cx.facts.services() {
        let name = Some(facts.service.name.value.as_str());
        texts.extend(dollars::texts(facts).into_iter().map(|(holder, text)| (name, holder, text)));
    }
    let contents = cx.project.configs.values().filter_map(|config| config.content.as_ref());
    texts.extend(contents.map(|content| (None, Holder::Content, &content.value)));
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (service, holder, text) in texts {
        let written = Written::of(text);
        let open = |(index, reference): (usize, &Reference<'_>)| {
            let kind = unset.contains(&reference.span).then(|| kind(holder, &written, reference))??;
            Some((index, kind))
        };
        let open: Vec<(usize, Kind)> = written.references.iter().enumerate().filter_map(open).collect();
        let Some((first, kind)) = open.first().copied() else { continue };
        let at = written.references.get(first).map_or(Span::NONE, |reference| reference.span);
        if seen.insert(at) {
            let unset = open.into_iter().map(|(index, _)| index).collect();
            found.push(Found { service, holder, written, kind, unset });
        }
    }
    found
}

/// Why the reference is none, if that can be seen.
fn kind(holder: Holder<'_>, written: &Written<'_>, reference: &Reference<'_>) -> Option<Kind> {
    let before = written.text.get(..reference.at)?;
    let from = |hash: &&str| written.text.find(*hash).is_some_and(|at| at <= reference.at);
    if HASHES.iter().any(from) && !matches!(holder, Holder::Shell) {
        return Some(Kind::Hash);
    }
    let name = reference.name;
    match holder {
        Holder::Shell => {
            let own = OF_THE_SHELL.contains(&name) || is_assigned(&written.text, name);
            own.then_some(Kind::Shell)
        }
        _ if reference.braced => None,
        Holder::Content => OF_NGINX.iter().any(|known| name.starts_with(known)).then_some(Kind::Server),
        Holder::Variable(_) | Holder::EnvFile(..) | Holder::Label(_) | Holder::Command => {
            if OF_NGINX.iter().any(|known| name.starts_with(known)) && !before.is_empty() {
                return Some(Kind::Server);
            }
            // References are written in capitals, and begin where a word begins.
            let lower = name.contains(|c: char| c.is_ascii_lowercase());
            let within = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "!#%&*^?$".contains(c));
            let secret = match holder {
                Holder::Variable(name) | Holder::EnvFile(name, _) => is_secret(name),
                _ => false,
            };
            let whole = before.is_empty() && written.text.len() == reference.name.len() + 1;
            (lower && !whole && (within || secret)).then_some(Kind::Password)
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token", "key", "hash", "salt", "cred", "auth"]
        .iter()
        .any(|it| name.contains(it))
}

/// Whether the shell's text gives the variable a value itself: `name=…`, `for name in`, `read name`.
fn is_assigned(text: &str, name: &str) -> bool {
    let starts = |at: usize| {
        let before = text.get(..at).unwrap_or("");
        before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || ";&|({'\"".contains(c))
    };
    let assigned = |(at, _): (usize, &str)| {
        let before = text.get(..at).unwrap_or("").trim_end();
        let after = text.get(at + name.len()..).unwrap_or("");
        let word = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let read = before.rsplit([';', '&', '|', '\n']).next().unwrap_or("").trim_start();
        let taken = before.ends_with("for") || read.starts_with("read") || read.contains(" read ");
        starts(at) && (after.starts_with('=') || after.starts_with("+=") || word && taken)
    };
    text.match_indices(name).any(assigned)
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for found in found(cx) {
        let Some(first) = found.unset.first().and_then(|index| found.written.references.get(*index)) else {
            continue;
        };
        let (message, help, evidence) = words(&found, first);
        let mut finding = RULE.finding(first.span, message).here("becomes nothing").evidence(evidence);
        if let Some(service) = found.service {
            finding = finding.service(service);
        }
        if matches!(found.kind, Kind::Password | Kind::Server) {
            finding = finding.at_most(Confidence::Likely);
        }
        for span in found.places().skip(1) {
            finding = finding.also(span, "and this");
        }
        let (help, title, edits) = match found.holder {
            Holder::EnvFile(_, variable) => (
                "put the whole value in single quotes: nothing is replaced in them".to_string(),
                "put the value in single quotes",
                in_single_quotes(&found.written, variable),
            ),
            _ => (help, "write `$$` for each `$`", doubled(&found)),
        };
        let finding = finding.help(help);
        let in_file = matches!(found.holder, Holder::EnvFile(..));
        let safe = found.kind == Kind::Hash && !in_file;
        out.push(match edits {
            Some(edits) => finding.fix(Fix {
                title: title.to_string(),
                applicability: if safe { Applicability::Safe } else { Applicability::Unsafe },
                edits,
            }),
            None => finding,
        });
    }
}

/// The message, what to do, and what tells this finding from others. The text may be a secret: of hashes and
/// passwords the name is said, and where a hash begins.
fn words(found: &Found<'_>, first: &Reference<'_>) -> (String, String, String) {
    let name = first.name;
    let shown = if first.braced { format!("${{{name}}}") } else { format!("${name}") };
    let holder = match found.holder {
        Holder::Variable(name) | Holder::EnvFile(name, _) | Holder::Label(name) => format!("`{name}`"),
        Holder::Shell | Holder::Command => "the command".to_string(),
        Holder::Content => "the content".to_string(),
    };
    match found.kind {
        Kind::Hash => {
            let whole = hash(&found.written.text);
            let begin = whole.rfind('$').and_then(|end| whole.get(..=end)).unwrap_or("$");
            let begin: String = begin.split_inclusive('$').take(3).collect();
            (
                format!(
                    "the hash in {holder} loses what follows its `$`: Compose takes that for variables of the host"
                ),
                format!("write `$$` for each `$` of the hash: `{}…`", begin.replace('$', "$$")),
                holder,
            )
        }
        Kind::Password => (
            format!("{holder} loses what follows a `$`: Compose takes that for a variable of the host"),
            "write `$$` for a `$` that stays one".to_string(),
            holder,
        ),
        Kind::Shell => (
            format!("`{shown}` of the script becomes blank: Compose takes it for a variable of the host"),
            format!("write `${shown}`, so that the shell in the container expands it"),
            name.to_string(),
        ),
        Kind::Server => (
            format!("`{shown}` becomes blank: Compose takes it for a variable of the host"),
            format!("write `${shown}`, so that the server finds `{shown}`"),
            name.to_string(),
        ),
    }
}

/// The text from where its hash begins.
fn hash(text: &str) -> &str {
    let start = HASHES.iter().filter_map(|hash| text.find(hash)).min();
    start.and_then(|start| text.get(start..)).unwrap_or(text)
}

/// A second `$` for each that is written once: of a hash all, elsewhere those of references.
fn doubled(found: &Found<'_>) -> Option<Vec<Edit>> {
    let written = &found.written;
    if !written.exact {
        return None;
    }
    let insert = |span: Span| Edit { span: span.start(), text: "$".to_string() };
    if found.kind == Kind::Hash {
        let start = written.text.len() - hash(&written.text).len();
        let dollars = written.dollars.iter().filter(|(_, at)| *at >= start);
        return Some(dollars.map(|(span, _)| insert(*span)).collect());
    }
    Some(found.places().map(insert).collect())
}

/// The value of an env file in quotes, where it has none.
fn in_single_quotes(written: &Written<'_>, variable: &crate::compose::Variable) -> Option<Vec<Edit>> {
    let pieces = variable.value.as_ref()?.pieces();
    let (first, last) = (pieces.first()?.origin.written, pieces.last()?.origin.written);
    let bare = first.lo == variable.key.hi + 1 && written.exact && !written.text.contains('\'');
    let quote = |span: Span| Edit { span, text: "'".to_string() };
    bare.then(|| vec![quote(first.start()), quote(last.end())])
}
