//! The command of a container that its entry point does not run.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::Deserialize;

use super::entry::{Launch, Machine};
use super::has_extension;
use super::image::Image;
use super::shell::is_shell;
use crate::compose::{ImageReference, Service};
use crate::source::{Span, Text};

const TABLE: &str = include_str!("../../rules/data/entrypoints.yaml");

/// A command that is not run.
#[derive(Clone, Debug)]
pub struct Unpassed {
    /// The command.
    pub command: String,
    /// Where it stands.
    pub at: Span,
    /// What does not run it.
    pub by: Swallower,
    /// Whether that only prepares, so that nothing is left that runs.
    pub prepares: bool,
}

/// What does not run the command of its container.
#[derive(Clone, Debug)]
pub enum Swallower {
    /// The entry point of an image, which takes it as arguments of this program.
    Program {
        /// The program.
        name: &'static str,
        /// The image.
        image: String,
    },
    /// A script that makes nothing of its arguments.
    Script {
        /// The script on this machine.
        path: PathBuf,
        /// Where the script is named.
        entry: Span,
    },
    /// The service's own `entrypoint`, which takes the command of the image away, of a script that runs what it is given.
    Dropped {
        /// The script on this machine.
        path: PathBuf,
        /// The command that is taken away.
        dropped: Span,
    },
    /// The text of a shell, which makes nothing of them.
    Text {
        /// Where that stands.
        entry: Span,
    },
    /// The program that the command begins with, which the entry point starts already.
    Twice {
        /// The program, with what the entry point says beside it.
        entry: String,
        /// Where the entry point stands.
        at: Span,
        /// The command without what is said twice, where that is seen.
        rest: Option<String>,
    },
}

/// Programs that take their own name for a file, a module or a command of theirs, and have none of it.
const ONCE: [&str; 17] = [
    "bundle",
    "celery",
    "dotnet",
    "flask",
    "go",
    "gunicorn",
    "java",
    "node",
    "npm",
    "php",
    "python",
    "python2",
    "python3",
    "rails",
    "ruby",
    "streamlit",
    "uvicorn",
];

/// An entry point that takes everything as its own arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryPoint {
    runs: String,
    images: Vec<String>,
}

/// The program that the entry point of an image hands every command to.
fn entry_point(image: &str) -> Option<&'static str> {
    static ALL: OnceLock<Vec<EntryPoint>> = OnceLock::new();
    let all = ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default());
    let path = ImageReference::parse(image)?.path;
    all.iter().find(|entry| entry.images.iter().any(|known| known == path)).map(|entry| entry.runs.as_str())
}

/// The command that the entry point does not run, where both are seen.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    service: &Service,
    image: &Image,
    start: &Launch,
) -> Option<Unpassed> {
    let said = service.command.as_ref().map(|command| command.words.as_slice());
    let words = said.or(image.cmd.as_deref()).filter(|words| !words.is_empty())?;
    let complete: Vec<String> = words.iter().map(Text::complete).collect::<Option<_>>()?;
    let given = service.entrypoint.as_ref().map(|entry| entry.words.as_slice());
    let unpassed = |by, prepares| {
        let at = words.first().map_or(Span::NONE, Text::span);
        Unpassed { command: complete.join(" "), at, by, prepares }
    };
    let Some(entry) = given.or(image.entrypoint.as_deref()).filter(|entry| !entry.is_empty()) else {
        let reference = image.base.as_ref().filter(|_| given.is_none())?.value.clone();
        let name = entry_point(&reference).filter(|_| complete.first().is_some_and(|word| is_shell(word)))?;
        return Some(unpassed(Swallower::Program { name, image: reference }, false));
    };
    let entry_at = entry.first().map_or(Span::NONE, Text::span);
    let entry: Vec<String> = entry.iter().map(Text::complete).collect::<Option<_>>()?;
    if let Some(rest) = twice(&entry, &complete).filter(|_| given.is_none() || said.is_some()) {
        let there = complete.first().is_some_and(|word| machine.has(&start.path(word)));
        let by = Swallower::Twice { entry: entry.join(" "), at: entry_at, rest };
        return (!there).then(|| unpassed(by, false));
    }
    let (text, by) = match shell_text(&entry) {
        Some(text) => (text.to_string(), Swallower::Text { entry: entry_at }),
        None => {
            let last = entry.last().filter(|word| !word.starts_with('-') && is_script_of(&entry))?;
            let place = machine.program(start, last)?;
            let file = machine.load(&place)?;
            let first = file.text.lines().next().unwrap_or("");
            let shell =
                first.starts_with("#!") && first.contains("sh") || has_extension(&place, &["sh", "bash"]);
            if !shell {
                return None;
            }
            (file.text.to_string(), Swallower::Script { path: file.path.clone(), entry: entry_at })
        }
    };
    // With an entry point of its own, a service has nothing of the command of its image.
    if let (Swallower::Script { path, entry }, None, Some(_)) = (&by, said, given)
        && runs_arguments_alone(&text)
    {
        // What the shell of `CMD` is given says more than the shell.
        let command = shell_text(&complete).map_or_else(|| complete.join(" "), str::to_string);
        let dropped = words.first().map_or(Span::NONE, Text::span);
        let by = Swallower::Dropped { path: path.clone(), dropped };
        return Some(Unpassed { command, at: *entry, by, prepares: true });
    }
    let runs_it = takes_arguments(&text) || says(&text, &complete);
    // The image's own command may be a rest, where its entry point starts the server.
    let prepares = prepares_only(&text);
    (!runs_it && (said.is_some() || prepares)).then(|| unpassed(by, prepares))
}

/// What is left of a command that begins with the one program which its entry point starts, and that takes it for an argument.
fn twice(entry: &[String], command: &[String]) -> Option<Option<String>> {
    let bare = |word: &String| word.rsplit('/').next().unwrap_or(word).to_string();
    let ((first, options), name) = (entry.split_first()?, bare(command.first()?));
    let same = bare(first) == name || bare(first).trim_end_matches('3') == name.trim_end_matches('3');
    if !same || !ONCE.contains(&name.as_str()) || options.iter().any(|word| !word.starts_with('-')) {
        return None;
    }
    let rest = command.get(1..).unwrap_or_default();
    let rest = rest.strip_prefix(options).unwrap_or(rest);
    let plain = rest.first().is_some_and(|word| options.is_empty() || !word.starts_with('-'));
    Some(plain.then(|| rest.join(" ")))
}

/// The text of `sh -c …`, where nothing follows it.
fn shell_text(entry: &[String]) -> Option<&str> {
    match entry {
        [shell, flags, text] if is_shell(shell) && flags.starts_with('-') && flags.contains('c') => {
            Some(text)
        }
        _ => None,
    }
}

/// Whether the words run a script: alone, in a shell, or below an init.
fn is_script_of(entry: &[String]) -> bool {
    let before = entry.split_last().map_or(&[][..], |(_, before)| before);
    before.iter().all(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        is_shell(word) || matches!(name, "tini" | "dumb-init" | "docker-init" | "--" | "-g" | "-s")
    })
}

/// Whether a text makes something of its arguments, or may: it takes in another text, or is no plain script.
fn takes_arguments(text: &str) -> bool {
    const SIGNS: [&str; 12] =
        ["$@", "$*", "${@", "${*", "$1", "${1", "$#", "${#", "$0", "${0", "BASH_ARGV", "getopts"];
    let sources = |line: &str| {
        let line = line.trim_start();
        line.starts_with(". ") || line.starts_with("source ")
    };
    SIGNS.iter().any(|sign| text.contains(sign)) || text.lines().any(sources) || text.trim().is_empty()
}

/// Whether a script ends by running its arguments, and asks nothing of them before.
fn runs_arguments_alone(text: &str) -> bool {
    const ASKS: [&str; 10] = ["set --", "$#", "${#", "$*", "${*", "$1", "${1", "${@", "$0", "getopts"];
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let last = lines.next_back().unwrap_or("");
    let last = last.strip_suffix("\"$@\"").or_else(|| last.strip_suffix("$@"));
    let runs = last.is_some_and(|before| {
        let before: Vec<&str> = before.split_whitespace().collect();
        matches!(before.as_slice(), ["exec"] | ["exec", "bundle", "exec"] | ["bundle", "exec"] | [])
    });
    runs && text.matches("$@").count() == 1 && !ASKS.iter().any(|sign| text.contains(sign))
}

/// Whether a text runs the same by itself.
fn says(text: &str, command: &[String]) -> bool {
    let program = match command {
        [shell, flags, inner, ..] if is_shell(shell) && flags.starts_with('-') => inner.clone(),
        words => words.join(" "),
    };
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    spaced(text).contains(&spaced(&program))
}

/// Whether a script only prepares what another command is to start.
fn prepares_only(text: &str) -> bool {
    const PREPARES: [&str; 22] = [
        "alembic",
        "cd",
        "chmod",
        "chown",
        "composer",
        "cp",
        "done",
        "echo",
        "export",
        "fi",
        "if",
        "mkdir",
        "npx",
        "php",
        "python",
        "rm",
        "set",
        "sleep",
        "until",
        "wait-for-it.sh",
        "while",
        "then",
    ];
    const STEPS: [&str; 12] = [
        "migrate",
        "makemigrations",
        "collectstatic",
        "upgrade",
        "prisma",
        "install",
        "key:generate",
        "config:cache",
        "seed",
        "db:",
        "loaddata",
        "storage:link",
    ];
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).all(|line| {
        let first = line.split_whitespace().next().unwrap_or("");
        let of_language = matches!(first, "php" | "python" | "npx" | "composer" | "alembic");
        PREPARES.contains(&first) && (!of_language || STEPS.iter().any(|step| line.contains(step)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert_eq!(entry_point("minio/mc:latest"), Some("mc"));
        assert_eq!(entry_point("quay.io/keycloak/keycloak:26.0"), Some("kc.sh"));
        assert_eq!(entry_point("postgres:16"), None);
    }

    #[test]
    fn what_is_said_twice() {
        let of = |entry: &str, command: &str| {
            let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
            twice(&words(entry), &words(command))
        };
        assert_eq!(of("npm", "npm run start"), Some(Some("run start".to_string())));
        assert_eq!(of("java -jar", "java -jar app.jar"), Some(Some("app.jar".to_string())));
        assert_eq!(of("java -jar", "java -Xmx1g -jar app.jar"), Some(None));
        assert_eq!(of("/usr/bin/python3 -u", "python app.py"), Some(Some("app.py".to_string())));
        for (entry, command) in
            [("npm", "run start"), ("npm run", "npm start"), ("npx", "npx serve"), ("node", "npm start")]
        {
            assert_eq!(of(entry, command), None, "{entry} {command}");
        }
    }

    #[test]
    fn scripts_that_take_arguments() {
        assert!(
            takes_arguments("#!/bin/sh\nmigrate\nexec \"$@\"\n")
                && takes_arguments(". /env.sh\ngunicorn app\n")
        );
        assert!(!takes_arguments("#!/bin/sh\npython manage.py migrate\ngunicorn app:app\n"));
        assert!(runs_arguments_alone("#!/bin/sh\nset -e\nexec bundle exec \"$@\"\n"));
        assert!(!runs_arguments_alone("#!/bin/sh\n[ $# -gt 0 ] || set -- gunicorn app:app\nexec \"$@\"\n"));
        assert!(!runs_arguments_alone("#!/bin/sh\nexec gunicorn app:app \"$@\"\n"));
        assert!(prepares_only("#!/bin/sh\nset -e\npython manage.py migrate\n"));
        assert!(!prepares_only("#!/bin/sh\npython manage.py migrate\npython main.py\n"));
    }
}
