//! The command of a container that leaves its program in the background, and ends: a container lives as long as its command
//! (docs.docker.com/engine/containers/multi-service_container).

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::called;
use super::dockerfile::Run;
use super::entry::{By, Call, Launch, Machine, Started, Way};
use super::shell::is_shell;
use crate::source::{Kind, Span, Text};

const TABLE: &str = include_str!("../../rules/data/background.yaml");
/// Where the scripts of services lie.
const SERVICES: &str = "/etc/init.d/";
/// Longer commands are cut in messages.
const MAX_SHOWN: usize = 48;
/// What stays and starts programs of which each may go: what they leave behind ends no container.
const STAY: [&str; 14] = [
    "supervisord",
    "concurrently",
    "honcho",
    "foreman",
    "overmind",
    "hivemind",
    "goreman",
    "s6-svscan",
    "runsvdir",
    "pm2-runtime",
    "nodemon",
    "watchexec",
    "parallel",
    "npm-run-all",
];
/// Where settings of programs lie.
const SETTINGS: [&str; 3] = ["/etc", "/usr/local/etc", "/usr/local/nginx"];
/// Settings that programs look for in the folder that they are started in.
const BESIDE: [&str; 2] = ["supervisord.conf", "etc/supervisord.conf"];
/// How many files of a folder are looked at.
const MAX_FILES: usize = 100;

/// A command that ends at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    /// The command, as far as it is to be shown.
    pub command: String,
    /// Why it ends.
    pub why: Why,
    /// Where it stands; [`Span::NONE`] where that is not seen.
    pub at: Span,
}

/// Why a command ends at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It leaves its program in the background. How that is started to stay, where it is known.
    Leaves(Option<String>),
    /// The `&` of a shell sends it there, and the shell has nothing else to do.
    Sent,
    /// It is a shell that has nobody to ask.
    Prompt,
}

/// A program that goes into the background; the table says what its fields are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    programs: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    told: Option<String>,
    /// Whether what it starts is followed, and so is among what the container comes to.
    #[serde(default)]
    followed: bool,
    instead: String,
}

fn rows() -> &'static [Row] {
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

impl Row {
    fn is_of(&self, program: &str) -> bool {
        self.programs.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => program.starts_with(start),
            None => program == name,
        })
    }

    /// Whether these arguments leave the program in the background.
    fn leaves(&self, arguments: &[String]) -> bool {
        let joined = arguments.join(" ").replace('=', " ");
        let has = |word: &String| says(arguments, &joined, word);
        (self.with.is_empty() || self.with.iter().any(has)) && !self.unless.iter().any(has)
    }
}

/// Whether arguments have a word: itself, what has a space in it anywhere, and an option of one letter among several.
fn says(arguments: &[String], joined: &str, word: &str) -> bool {
    let letter = word.strip_prefix('-').filter(|rest| rest.len() == 1);
    arguments.iter().any(|argument| {
        let letters = argument.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        argument == word
            || argument.ends_with(word) && !word.starts_with('-') && argument.starts_with("-D")
            || letter.zip(letters).is_some_and(|(letter, letters)| letters.starts_with(letter))
            || letter.zip(letters).is_some_and(|(letter, letters)| {
                letters.len() <= 4
                    && letters.chars().all(|c| c.is_ascii_alphabetic())
                    && letters.contains(letter)
            })
    }) || word.contains(' ') && joined.contains(word)
}

/// The command that the container comes to last, where that ends at once.
///
/// `plain` says whether its image is built on one of a distribution or a language, which configures none of these programs.
pub(super) fn of(
    machine: &Machine<'_>,
    (runs, plain): (&[Run], bool),
    started: &Started,
    command: &[Text],
) -> Option<Detached> {
    let stays = |call: &Call| STAY.contains(&call.launch.name());
    let leaves = |call: &&Call| row_of(&call.launch).is_some_and(|row| row.followed);
    let last = match started.calls.iter().rev().find(leaves) {
        Some(call) if is_last(machine, call, command) => call,
        Some(_) => return None,
        None if started.calls.iter().any(stays) => return None,
        None => started.calls.last()?,
    };
    // What is told by something unknown may be told to stay.
    let launch = &last.launch;
    if launch.way != Way::Surely || launch.words.iter().any(|word| word.contains(Text::HOLE)) {
        return None;
    }
    let (first, arguments) = launch.words.split_first()?;
    let script = last.script.as_ref().and_then(|path| machine.sources.load(path).ok());
    let package = match &launch.by {
        By::Package(folder) => machine.load(&folder.join("package.json")),
        _ => None,
    };
    let place = |name: &str| match package.as_ref().or(script.as_ref()) {
        Some(file) => called::word(&file.text, name).map(|at| file.slice(at, at + name.len())),
        None => called::in_command(command, name),
    };
    let at = place(first).or_else(|| place(launch.name())).unwrap_or(Span::NONE);
    let found = |why| Some(Detached { command: shown(&launch.words), why, at });
    if is_shell(first) && arguments.is_empty() && script.is_none() && command.len() == 1 {
        return found(Why::Prompt);
    }
    let text = script.as_ref().map(|file| file.text.to_string()).or_else(|| inline(command));
    if text.is_some_and(|text| is_sent_away(&text)) {
        return found(Why::Sent);
    }
    // A program of the project may be called like one of these.
    let row = row_of(launch).filter(|row| !first.starts_with('.') && row.leaves(arguments))?;
    let told = |word: &str| !plain || is_told(machine, (runs, launch), word);
    if row.told.as_deref().is_some_and(told) {
        return None;
    }
    let named = service_of(launch).unwrap_or_default();
    let of_service = rows().iter().filter(|row| row.is_of(&named)).map(|row| row.instead.as_str());
    let instead = std::iter::once(row.instead.as_str()).chain(of_service).find(|text| !text.is_empty());
    found(Why::Leaves(instead.map(str::to_string)))
}

/// The row of the program that a command starts; the script of a service is as good as `service`.
fn row_of(launch: &Launch) -> Option<&'static Row> {
    let by_script = launch.words.first()?.starts_with(SERVICES);
    let name = if by_script { "service" } else { launch.name() };
    rows().iter().find(|row| row.is_of(name))
}

/// Whether what follows a command among what the container comes to is only what it starts: the text that it stands in ends
/// with it, or it is the whole command.
fn is_last(machine: &Machine<'_>, call: &Call, command: &[Text]) -> bool {
    let file = call.script.as_ref().and_then(|path| machine.sources.load(path).ok());
    let text = file.map(|file| file.text.to_string()).or_else(|| inline(command));
    let name = call.launch.name();
    match text {
        Some(text) => last_line(&text)
            .split(['&', ';', '|'])
            .next_back()
            .is_some_and(|it| called::word(it, name).is_some()),
        None => true,
    }
}

/// The service that a command starts by its script.
fn service_of(launch: &Launch) -> Option<String> {
    let first = launch.words.first()?;
    match launch.name() {
        "service" | "rc-service" => launch.words.get(1).cloned(),
        "systemctl" => launch.words.get(2).cloned(),
        _ => first.strip_prefix(SERVICES).map(str::to_string),
    }
}

/// The text of `sh -c …`.
fn inline(command: &[Text]) -> Option<String> {
    match command {
        [.., shell, flags, text] if is_shell(&shell.assumed()) && flags.assumed().contains('c') => {
            Some(text.assumed())
        }
        _ => None,
    }
}

/// Whether the last thing that a text of a shell does is to send a command into the background.
fn is_sent_away(text: &str) -> bool {
    let last = last_line(text);
    last.ends_with('&') && !last.ends_with("&&")
}

/// The last line of a text that is no comment.
fn last_line(text: &str) -> &str {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next_back().unwrap_or("")
}

/// Whether a command of the build, the environment or a file of settings may make the program stay.
fn is_told(machine: &Machine<'_>, (runs, launch): (&[Run], &Launch), word: &str) -> bool {
    let by_build = runs.iter().any(|run| run.command.assumed().contains(word));
    let written = machine.written.iter().any(|(_, text)| text.contains(word));
    let of_settings = |path: &Path| SETTINGS.iter().any(|folder| path.starts_with(folder));
    // What another image brings is not read.
    let brought = machine.copied.iter().any(|(_, to)| of_settings(to));
    let says = |host: &Path| machine.sources.load(host).is_ok_and(|file| file.text.contains(word));
    // What is named, and what is looked for where the program is started.
    let beside = BESIDE.iter().map(|name| (*name).to_string());
    let named = launch
        .words
        .iter()
        .cloned()
        .chain(beside)
        .any(|path| machine.text(&launch.path(&path)).is_some_and(|text| text.contains(word)));
    let laid = || {
        let layers = machine.files.layers().iter().filter(|layer| of_settings(&layer.target));
        layers.flat_map(|layer| files_of(machine, &layer.host, layer.directory)).any(|host| says(&host))
    };
    by_build || written || brought || launch.env.contains_key(word) || named || laid()
}

/// The file, or the files of a folder and of the folders in it, as far as they may be settings.
fn files_of(machine: &Machine<'_>, host: &Path, directory: bool) -> Vec<PathBuf> {
    if !directory {
        return vec![host.to_path_buf()];
    }
    let files = machine.sources.files();
    let inside =
        |folder: &Path| files.list(folder).into_iter().map(|name| folder.join(name)).collect::<Vec<_>>();
    let (folders, mut found): (Vec<_>, Vec<_>) =
        inside(host).into_iter().partition(|path| files.kind(path) == Some(Kind::Directory));
    found.extend(folders.iter().flat_map(|folder| inside(folder)));
    found.retain(|path| files.kind(path) == Some(Kind::File));
    found.truncate(MAX_FILES);
    found
}

/// The command as it is shown.
fn shown(words: &[String]) -> String {
    let whole = words.join(" ");
    match whole.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", whole.get(..at).unwrap_or("")),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(line: &str) -> bool {
        let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
        let launch = Launch { words: words.clone(), ..Launch::default() };
        row_of(&launch).is_some_and(|row| row.leaves(words.get(1..).unwrap_or_default()))
    }

    #[test]
    fn commands_that_leave_their_program() {
        for line in [
            "nginx",
            "nginx -c /etc/nginx/a.conf",
            "service nginx start",
            "/etc/init.d/apache2 restart",
            "httpd -k start",
            "apachectl start",
            "gunicorn --daemon -b :80 app:app",
            "redis-server --daemonize yes",
            "redis-server --daemonize=yes",
            "php-fpm -D",
            "php-fpm8.1",
            "/usr/sbin/sshd",
            "cron",
            "crond -l 2",
            "pm2 start app.js",
            "supervisord -c /etc/supervisord.conf",
            "celery -A app worker --detach",
        ] {
            assert!(leaves(line), "{line}");
        }
    }

    #[test]
    fn commands_that_stay() {
        for line in [
            "nginx -g daemon_off;",
            "nginx -g pid_/tmp/a;_daemon_off;",
            "nginx -t",
            "httpd -DFOREGROUND",
            "apache2 -D FOREGROUND",
            "gunicorn -b :80 app:app",
            "redis-server --daemonize no",
            "php-fpm",
            "php-fpm8.1 -F",
            "php-fpm7.4 -RF",
            "/usr/sbin/sshd -D",
            "/usr/sbin/sshd -De",
            "cron -f",
            "cron -fL",
            "crond -f -l 8",
            "crond -l2 -f",
            "pm2 start app.js --no-daemon",
            "pm2-runtime start app.js",
            "supervisord -n -c /etc/supervisord.conf",
            "service nginx status",
            "nginx-prometheus-exporter",
        ] {
            assert!(!leaves(line), "{line}");
        }
    }

    #[test]
    fn what_a_shell_sends_away() {
        assert!(is_sent_away("a &\nb &\n\n# end\n") && is_sent_away("python a.py &"));
        assert!(!is_sent_away("a &\nwait\n") && !is_sent_away("a &&\nb") && !is_sent_away("a & b"));
    }
}
