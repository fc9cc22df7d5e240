//! Sets of compose files that scripts and notes start: `docker compose -f compose.yaml -f compose.prod.yaml up`. A set that leaves the
//! override file out is another project than the one that Compose finds by itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::compose::neighbours::is_script;
use crate::compose::samples::is_sample;
use crate::source::{Kind, SourceFile, SourceMap, Span, clean};

/// Scripts and notes of a tree that are looked into, and how deep they lie.
const MAX_TEXTS: usize = 60;
const MAX_DEPTH: usize = 3;
/// What is longer than this is a book.
const MAX_SIZE: u64 = 256 << 10;
/// Sets of a tree that are told apart.
const MAX_SETS: usize = 12;

/// Options of `docker compose` and of `up` that take a value, which says nothing of what is started.
const WITH_VALUE: [&str; 13] = [
    "-p",
    "--project-name",
    "--ansi",
    "--progress",
    "--parallel",
    "--scale",
    "-t",
    "--timeout",
    "--wait-timeout",
    "--pull",
    "--exit-code-from",
    "--attach",
    "--no-attach",
];

/// A set of compose files that a text starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    /// The directory that Compose is called in.
    pub directory: PathBuf,
    /// `-f`, in order; all are there.
    pub files: Vec<PathBuf>,
    /// `--profile`
    pub profiles: Vec<String>,
    /// `--env-file`
    pub env_files: Vec<PathBuf>,
    /// Where the text says so.
    pub at: Span,
}

/// What a command asks for, as it is written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Command<'a> {
    files: Vec<&'a str>,
    profiles: Vec<&'a str>,
    env_files: Vec<&'a str>,
    /// The folder of a `cd` before it.
    folder: Option<&'a str>,
}

/// The sets that scripts and notes among the files of the tree at `root` start as a whole, each once.
pub(super) fn sets(sources: &SourceMap, root: &Path, files: &[&PathBuf]) -> Vec<Set> {
    let near = |path: &&&PathBuf| {
        let depth = path.strip_prefix(root).map_or(usize::MAX, |below| below.components().count());
        let name = path.file_name().and_then(|name| name.to_str());
        depth <= MAX_DEPTH && name.is_some_and(|name| is_script(name) || is_sample(name))
    };
    let mut texts: Vec<&PathBuf> = files.iter().filter(near).copied().collect();
    texts.sort_by_key(|path| path.components().count());
    let mut found: Vec<Set> = Vec::new();
    for path in texts.into_iter().take(MAX_TEXTS) {
        for set in within(sources, root, path) {
            let known = found.iter().any(|known| known.files == set.files);
            if !known && found.len() < MAX_SETS {
                found.push(set);
            }
        }
    }
    found
}

fn within(sources: &SourceMap, root: &Path, path: &Path) -> Vec<Set> {
    let Ok(peeked) = sources.peek(path, MAX_SIZE) else { return Vec::new() };
    let text = peeked.text();
    let names = ["-f", "--file", "COMPOSE_FILE"].iter().any(|word| text.contains(word));
    if !names || !text.to_ascii_lowercase().contains("compose") {
        return Vec::new();
    }
    let Ok(file) = sources.keep(path, peeked) else { return Vec::new() };
    let own = path.parent().unwrap_or(root);
    if path.file_name().and_then(|name| name.to_str()).is_some_and(is_sample) {
        // Who has the file has made it of the sample.
        let there = sources.files().kind(&own.join(".env")).is_some();
        return selection(&file)
            .filter(|_| !there)
            .and_then(|(files, at)| {
                let command = Command { files, ..Command::default() };
                set(sources, &[own.to_path_buf()], &command, at)
            })
            .into_iter()
            .collect();
    }
    let variables = variables(&file.text);
    let mut found = Vec::new();
    let (mut line, mut from) = (String::new(), 0);
    for number in 0..file.line_count() {
        let part = file.line(number);
        if line.is_empty() {
            from = number;
        }
        if let Some(part) = part.trim_end().strip_suffix('\\') {
            line.push_str(part);
            line.push(' ');
            continue;
        }
        line.push_str(part);
        let whole = expanded(&std::mem::take(&mut line), &variables);
        for command in commands(&whole) {
            let start = file.line_start(from);
            let at = file.slice(start, start + file.line(from).trim_end().len());
            let base = command.folder.map_or_else(|| own.to_path_buf(), |folder| clean(&own.join(folder)));
            let top = command.folder.map_or_else(|| root.to_path_buf(), |folder| clean(&root.join(folder)));
            found.extend(set(sources, &[base, top], &command, at));
        }
    }
    found
}

/// The files that a sample's `COMPOSE_FILE` names, and where.
fn selection(file: &SourceFile) -> Option<(Vec<&str>, Span)> {
    (0..file.line_count()).find_map(|number| {
        let value = file.line(number).trim().strip_prefix("COMPOSE_FILE=")?.trim().trim_matches(['"', '\'']);
        let files: Vec<&str> = value.split([':', ';']).collect();
        let start = file.line_start(number);
        let at = file.slice(start, start + file.line(number).trim_end().len());
        files.iter().all(|name| is_plain(name)).then_some((files, at))
    })
}

/// The set as it is found from the first of these folders in which all its files are.
fn set(sources: &SourceMap, folders: &[PathBuf], command: &Command<'_>, at: Span) -> Option<Set> {
    let there = |path: &PathBuf| sources.files().kind(path) == Some(Kind::File);
    folders.iter().find_map(|folder| {
        let paths =
            |names: &[&str]| -> Vec<PathBuf> { names.iter().map(|name| clean(&folder.join(name))).collect() };
        let (files, env_files) = (paths(&command.files), paths(&command.env_files));
        let all = files.iter().chain(&env_files).all(there) && !files.is_empty();
        all.then(|| Set {
            directory: folder.clone(),
            files,
            env_files,
            profiles: command.profiles.iter().map(|name| (*name).to_string()).collect(),
            at,
        })
    })
}

/// The commands of a line that start all that a set of named files holds. What a variable, a placeholder or another machine is
/// asked for is not known, and none is.
fn commands(line: &str) -> Vec<Command<'_>> {
    let mut found = Vec::new();
    let mut folder = None;
    for simple in line.split(['&', ';', '|', '`', '"', '(', ')', '#']) {
        let mut words = simple.split_whitespace().map(|word| word.trim_matches('\'')).peekable();
        while words.next_if(|word| matches!(*word, "$" | ">" | "@" | "-" | "*" | "+" | "sudo")).is_some() {}
        let first = words.next().unwrap_or_default();
        let first = first.trim_start_matches('@');
        match first {
            "cd" => {
                folder = words.next().filter(|word| is_plain(word));
                continue;
            }
            "docker-compose" => {}
            "docker" if words.next() == Some("compose") => {}
            _ => match first.strip_prefix("COMPOSE_FILE=") {
                Some(files) => {
                    let files: Vec<&str> = files.split(':').collect();
                    let rest: Vec<&str> = words.collect();
                    let starts = matches!(
                        rest.as_slice(),
                        ["docker", "compose", "up", ..] | ["docker-compose", "up", ..]
                    );
                    let flags = rest.iter().skip_while(|word| **word != "up").skip(1);
                    let whole = flags.into_iter().all(|word| word.starts_with('-'));
                    if starts && whole && files.iter().all(|name| is_plain(name)) {
                        found.push(Command { files, folder, ..Command::default() });
                    }
                    continue;
                }
                None => continue,
            },
        }
        found.extend(asked(words).map(|command| Command { folder, ..command }));
    }
    found
}

/// What stands after `docker compose`.
fn asked<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Command<'a>> {
    let mut command = Command::default();
    let mut started = false;
    while let Some(word) = words.next() {
        let (option, given) = match word.split_once('=') {
            Some((option, value)) if option.starts_with('-') => (option, Some(value)),
            _ => (word, None),
        };
        let list = match option {
            "-f" | "--file" if !started => &mut command.files,
            "--profile" => &mut command.profiles,
            "--env-file" => &mut command.env_files,
            "--project-directory" | "-H" | "--context" => return None,
            // To where its output goes.
            _ if option.contains('>') => break,
            _ if WITH_VALUE.contains(&option) => {
                if given.is_none() {
                    words.next();
                }
                continue;
            }
            _ if option.starts_with('-') => continue,
            "up" if !started => {
                started = true;
                continue;
            }
            // Another command, or some of the services only.
            _ => return None,
        };
        list.push(given.or_else(|| words.next()).filter(|value| is_plain(value))?);
    }
    (started && !command.files.is_empty()).then_some(command)
}

/// Whether a word stands for itself.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && !word.contains(['$', '<', '>', '{', '}', '[', ']', '*', '~', '%', '…'])
}

/// What a script or a `Makefile` calls a command by: `COMPOSE := docker compose -f base.yaml`. What is set twice is not known.
fn variables(text: &str) -> BTreeMap<&str, &str> {
    let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for line in text.lines() {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim_end_matches([':', '?', ' ']);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let value = value.trim().trim_matches(['"', '\'']);
        let told = value.contains("compose") || value.contains(".yml") || value.contains(".yaml");
        if is_name && told {
            found.entry(name).and_modify(|known| *known = None).or_insert(Some(value));
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A line with the values of its variables; those may hold others, to a depth.
fn expanded(line: &str, variables: &BTreeMap<&str, &str>) -> String {
    let mut text = line.to_string();
    for _ in 0..3 {
        if !text.contains(['$', '{']) {
            break;
        }
        for (name, value) in variables {
            for form in [format!("$({name})"), format!("${{{name}}}"), format!("{{{{{name}}}}}")] {
                if text.len() < 4096 {
                    text = text.replace(&form, value);
                }
            }
            let bare = format!("${name}");
            let alone = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if let Some((before, after)) = text.split_once(&bare).filter(|(_, after)| alone(after)) {
                text = format!("{before}{value}{after}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_start_a_set() {
        let files = |line: &str| -> Vec<String> {
            commands(line).iter().map(|command| command.files.join("+")).collect()
        };
        assert_eq!(files("docker compose -f a.yml -f b.yml up -d --build"), ["a.yml+b.yml"]);
        assert_eq!(files("\t@docker-compose --file=a.yml --profile x up --scale web=2"), ["a.yml"]);
        assert_eq!(files("Start it: `docker compose -f a.yml up`, then wait"), ["a.yml"]);
        assert_eq!(files("\"start\": \"cd web && docker compose -f a.yml up -d > log\","), ["a.yml"]);
        assert_eq!(files("COMPOSE_FILE=a.yml:b.yml docker compose up -d"), ["a.yml+b.yml"]);
        assert_eq!(commands("cd web && docker compose -f a.yml up")[0].folder, Some("web"));
        for other in [
            "docker compose up -d",
            "docker compose -f a.yml up -d db",
            "docker compose -f a.yml run --rm web test",
            "docker compose -f a.yml config",
            "docker compose -f $FILE up",
            "docker compose -f <file>.yml up",
            "TAG=1 docker compose -f a.yml up",
            "ssh host docker compose -f a.yml up",
            "use docker compose -f a.yml up to start",
            "docker compose --project-directory x -f a.yml up",
            "docker compose -f a.yml down && docker compose up",
        ] {
            assert!(commands(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn commands_have_names() {
        let text = "DC := docker compose -f a.yml\nFILES=\"-f a.yml -f compose.b.yml\"\nX = compose\nX = other compose\n";
        let variables = variables(text);
        assert_eq!(expanded("\t$(DC) up -d", &variables), "\tdocker compose -f a.yml up -d");
        assert_eq!(
            expanded("docker compose $FILES up", &variables),
            "docker compose -f a.yml -f compose.b.yml up"
        );
        assert_eq!(expanded("$FILESYSTEM $(X)", &variables), "$FILESYSTEM $(X)");
    }
}
