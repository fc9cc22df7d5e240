//! Commands of a build that may put files of a project where they are looked for, though no `COPY` brings them.

use std::path::{Path, PathBuf};

use crate::programs::plain_commands::{Command, commands};
use crate::source::clean;

/// Words of the shell's grammar that stand before a command.
const BEFORE: [&str; 12] =
    ["if", "then", "else", "elif", "while", "until", "do", "!", "{", "(", "sudo", "time"];

/// What makes the manifests of its projects itself, when it is told one of the words.
const MAKES: [(&str, &[&str]); 12] = [
    ("npm", &["init", "create", "pkg"]),
    ("npx", &[]),
    ("yarn", &["init", "create", "dlx"]),
    ("pnpm", &["init", "create", "dlx"]),
    ("cargo", &["init", "new", "generate-lockfile", "chef"]),
    ("go", &["init", "tidy", "get", "vendor", "work"]),
    ("mix", &["new", "phx.new"]),
    ("dotnet", &["new"]),
    ("composer", &["create-project", "init", "require"]),
    ("bundle", &["init", "lock", "add"]),
    ("poetry", &["init", "new", "lock", "add", "export"]),
    ("uv", &["init", "lock", "add", "export", "compile"]),
];

/// What writes files of which only it knows, or moves them.
const OTHERS: [&str; 18] = [
    "cp",
    "mv",
    "ln",
    "install",
    "rsync",
    "tar",
    "unzip",
    "gunzip",
    "bsdtar",
    "7z",
    "patch",
    "touch",
    "dd",
    "tee",
    "rails",
    "django-admin",
    "pip-compile",
    "envsubst",
];

/// A command, its words from its program on, and where it runs.
pub(super) type Placed<'c, 'a> = (&'c Command<'a>, Vec<String>, PathBuf);

/// The commands of a text that is begun in a folder, each with where it runs.
pub(super) fn placed<'c, 'a>(all: &'c [Command<'a>], from: &Path) -> Vec<Placed<'c, 'a>> {
    let mut at = from.to_path_buf();
    let one = |command: &'c Command<'a>| {
        let words = words_of(command);
        if let [first, to] = words.as_slice()
            && first == "cd"
        {
            at = clean(&at.join(to));
        }
        (command, words, at.clone())
    };
    all.iter().map(one).collect()
}

/// Whether one of the commands may put a file into the folder, or above it.
pub(super) fn any(all: &[Placed<'_, '_>], folder: &Path) -> bool {
    all.iter().any(|(command, words, at)| brings(command, words, at, folder))
}

/// Whether a command of the text may put a file into the folder, or above it. `from` is where the commands run.
pub(super) fn into(text: &str, from: &Path, folder: &Path) -> bool {
    any(&placed(&commands(text), from), folder)
}

/// Whether a command of the text names the file, other than to read it or to change its mode or owner.
pub(super) fn names(text: &str, place: &Path) -> bool {
    const READERS: [&str; 10] =
        ["pip", "pip3", "uv", "cat", "chmod", "chown", "ls", "grep", "dos2unix", "test"];
    let Some(file) = place.file_name().and_then(|name| name.to_str()) else { return false };
    commands(text).iter().any(|command| {
        let words = words_of(command);
        let reads = words.first().is_some_and(|first| {
            let first = first.rsplit('/').next().unwrap_or(first);
            READERS.contains(&first) || first.starts_with("python") && words.iter().any(|word| word == "pip")
        });
        !reads && words.iter().any(|word| word.contains(file))
    })
}

/// The words of a command from its program on.
pub(super) fn words_of(command: &Command<'_>) -> Vec<String> {
    let words = command.plain();
    let lead = words.iter().take_while(|word| {
        BEFORE.contains(&word.as_str())
            || word.starts_with("--mount")
            || word.starts_with("--network")
            || is_assignment(word)
    });
    let lead = lead.count();
    words.into_iter().skip(lead).map(|word| word.trim_start_matches('(').to_string()).collect()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Whether a command that runs in `at` may put a file into the folder.
pub(super) fn brings(command: &Command<'_>, words: &[String], at: &Path, folder: &Path) -> bool {
    let near = |place: &str| {
        // What is put into a home, or into a place that is not known.
        if place.contains(['$', '`', '*', '~']) || place.is_empty() {
            return true;
        }
        let place = clean(&at.join(place));
        place.starts_with(folder) || folder.starts_with(&place)
    };
    if command.writes.iter().any(|write| near(&write.to.plain())) {
        return true;
    }
    let Some((program, rest)) = words.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or(program);
    let has = |word: &str| rest.iter().any(|it| it == word);
    let after = |options: &[&str]| {
        rest.iter()
            .zip(rest.iter().skip(1))
            .find(|(option, _)| options.contains(&option.as_str()))
            .map(|(_, to)| to)
    };
    let last = || rest.iter().rfind(|word| !word.starts_with('-'));
    match name {
        "git" if has("clone") => match last() {
            Some(to) if !to.contains("://") && !to.contains('@') => near(to),
            _ => near("."),
        },
        "git" => {
            ["init", "pull", "checkout", "submodule", "archive", "apply", "fetch"]
                .iter()
                .any(|verb| has(verb))
                && near(".")
        }
        // Its output goes into a file, or to whatever it is handed to.
        "curl" | "wget" => match kept(name, rest) {
            Some("-") => false,
            Some(file) => near(file),
            None if name == "curl" => false,
            None => near(after(&["-P", "--directory-prefix"]).map_or(".", String::as_str)),
        },
        "sed" | "perl" => {
            let edits = rest.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place"));
            edits && last().is_none_or(|file| near(file))
        }
        "tar" => after(&["-C", "--directory"]).is_none_or(|to| near(to)),
        "unzip" => after(&["-d"]).is_none_or(|to| near(to)),
        _ if OTHERS.contains(&name) => last().is_none_or(|to| near(to)),
        _ if name.starts_with("create-") => true,
        _ => MAKES
            .iter()
            .any(|(tool, verbs)| *tool == name && (verbs.is_empty() || verbs.iter().any(|verb| has(verb)))),
    }
}

/// The file that a command which fetches something keeps it in: `-o FILE` of curl's, `-O FILE` of wget's; a dot where it has the name of
/// what is fetched.
fn kept<'w>(name: &str, words: &'w [String]) -> Option<&'w str> {
    let (to, long) = if name == "curl" { ('o', "--output") } else { ('O', "--output-document") };
    words
        .iter()
        .enumerate()
        .find_map(|(at, word)| {
            let short = word.starts_with('-') && !word.starts_with("--");
            if let Some(file) = word.strip_prefix(long) {
                return file.strip_prefix('=').or_else(|| words.get(at + 1).map(String::as_str));
            }
            let (options, file) = word
                .split_once(to)
                .filter(|(options, _)| short && options.chars().skip(1).all(char::is_alphabetic))?;
            let own = name == "curl" && (options.contains('O') || file.contains('O'));
            match file {
                _ if own => Some("."),
                "" => words.get(at + 1).map(String::as_str),
                file => Some(file),
            }
        })
        .or_else(|| {
            let remote = |word: &String| {
                word == "--remote-name"
                    || word.starts_with('-') && !word.starts_with("--") && word.contains('O')
            };
            (name == "curl" && words.iter().any(remote)).then_some(".")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_brings_files() {
        let brings = |text: &str| into(text, Path::new("/app"), Path::new("/app"));
        for text in [
            "git clone https://example.com/shop.git .",
            "cd /tmp && wget https://example.com/a.zip && cd /app && unzip /tmp/a.zip",
            "curl -L https://example.com/shop.tar.gz | tar xz --strip 1",
            "curl -O https://example.com/requirements.txt",
            "curl -sfLo requirements.txt https://example.com/requirements.txt",
            "cp /defaults/package.json .",
            "echo flask > requirements.txt",
            "if true; then cp /a /app/b; fi",
            "npm init -y",
            "sed -i s/a/b/ requirements.txt",
            "sudo tee requirements.txt",
        ] {
            assert!(brings(text), "{text}");
        }
        for text in [
            "apt-get update && apt-get install -y curl tar patch unzip && rm -rf /var/lib/apt/lists/*",
            "useradd --create-home app && python -m venv /venv",
            "pip install 'setuptools>=65' \"wheel>0\"",
            "curl -sSL https://install.python-poetry.org | python3 -",
            "curl -fsSL https://example.com/tool -o /usr/local/bin/tool",
            "wget -O /tmp/tool.deb https://example.com/tool.deb",
            "curl -L https://example.com/tool.tgz | tar xz -C /usr/local/bin",
            "echo 'deb http://deb.debian.org/debian bookworm main' > /etc/apt/sources.list",
            "sed -i 's/deb.debian.org/mirror.example.com/' /etc/apt/sources.list",
            "ln -s /usr/bin/python3 /usr/bin/python",
            "poetry config virtualenvs.create false",
            "update-ca-certificates 2>/dev/null || true",
        ] {
            assert!(!brings(text), "{text}");
        }
    }
}
