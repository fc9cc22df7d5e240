//! What is in a container when it starts, as far as its image's build, its mounts and its command say.

use std::path::{Path, PathBuf};

use crate::compose::{MountKind, Project, Service};
use crate::programs::absent::Absent;
use crate::programs::dockerfile::Run;
use crate::programs::entry::Started;
use crate::programs::image::Image;
use crate::programs::service_files::ImageTree;
use crate::source::{Files, Kind, SourceMap, Span, Text, clean};

/// What runs the file that it is given first.
const INTERPRETERS: [&str; 14] = [
    "python",
    "python3",
    "node",
    "nodejs",
    "ts-node",
    "ts-node-dev",
    "tsx",
    "nodemon",
    "bun",
    "php",
    "ruby",
    "sh",
    "bash",
    "perl",
];
/// What such files end with.
const ENDINGS: [&str; 9] = ["py", "js", "mjs", "cjs", "ts", "mts", "php", "rb", "sh"];
/// What in a `RUN` may put files into the image besides copying.
const MAKERS: [&str; 16] = [
    "build",
    "tsc",
    "compile",
    "clone",
    "curl",
    "wget",
    "unzip",
    "tar ",
    "create",
    "startproject",
    "generate",
    "init",
    "mv ",
    "cp ",
    "ln ",
    "webpack",
];

/// How commands start that install packages, which lie elsewhere than a program's files.
const INSTALLS: [&str; 30] = [
    "apt-get install",
    "apt-get update",
    "apt-get upgrade",
    "apt-get -y install",
    "apt-get -qq",
    "apt install",
    "apt update",
    "apk add",
    "apk --no-cache add",
    "apk update",
    "pip install",
    "pip3 install",
    "python -m pip install",
    "yum install",
    "dnf install",
    "npm install",
    "npm ci",
    "npm i ",
    "yarn install",
    "pnpm install",
    "poetry install",
    "poetry config",
    "uv sync",
    "uv pip",
    "pipenv install",
    "chmod",
    "chown",
    "mkdir",
    "useradd",
    "adduser",
];

/// What fills a container, and what is started in it.
#[derive(Clone, Copy)]
pub(in crate::programs) struct Contents<'a> {
    pub sources: &'a SourceMap,
    pub project: &'a Project,
    pub service: &'a Service,
    pub image: &'a Image,
    /// What is copied out of the build context.
    pub tree: &'a ImageTree,
    /// The commands of the build that make the image itself.
    pub runs: &'a [Run],
    /// What is copied out of other stages and images: from where, to where.
    pub copied: &'a [(PathBuf, PathBuf)],
    /// The container's command as it is written.
    pub command: &'a [Text],
    pub started: &'a Started,
}

impl<'a> Contents<'a> {
    /// The file system on which the project lies.
    pub fn files(&self) -> &'a dyn Files {
        self.sources.files()
    }

    /// The words of the command.
    pub fn words(&self) -> Vec<String> {
        self.command.iter().map(Text::assumed).collect()
    }

    /// Whether a part of the command is not known.
    pub fn is_vague(&self) -> bool {
        self.command.iter().any(Text::has_hole)
    }

    /// Where the command says a word; the whole command where it does not.
    pub fn said(&self, word: &str) -> Span {
        let said = self.command.iter().find(|text| text.assumed().contains(word));
        let at = said.or_else(|| self.command.first()).map_or(Span::NONE, Text::span);
        if at.is_none() { self.image.command_span } else { at }
    }

    /// Whether something out of another stage comes to the place, or above it.
    pub fn is_copied_over(&self, path: &Path) -> bool {
        self.copied.iter().any(|(_, to)| path.starts_with(clean(to)))
    }

    /// Whether something is mounted above the place whose contents are not seen.
    pub fn is_mounted_over(&self, path: &Path) -> bool {
        is_mounted_over(self.sources, self.service, path)
    }

    /// Whether a command of the build may make the file.
    pub fn is_made(&self, path: &Path) -> bool {
        self.runs.iter().any(|run| may_make(&run.command.assumed(), path))
    }

    /// Whether the file may come from where it is not seen: another stage, a command of the build, a mount.
    pub fn may_hold(&self, path: &Path) -> bool {
        self.is_copied_over(path) || self.is_mounted_over(path) || self.is_made(path)
    }

    /// The file of this machine that lies at the place, out of the build context or a mount.
    pub fn resolve(&self, path: &Path) -> Option<PathBuf> {
        self.tree.resolve(self.files(), path)
    }

    /// A path of this machine that is not there, and what is there instead.
    pub fn absent(&self, host: &Path, instead: Option<PathBuf>) -> Absent {
        Absent::of(self.sources, self.project, host, instead)
    }
}

/// The file that the command runs: `node -r x server.js`, `./start.sh`.
pub(in crate::programs) fn argument(words: &[String]) -> Option<&str> {
    let (first, rest) = words.split_first()?;
    let program = first.rsplit('/').next().unwrap_or(first);
    let is_file = |word: &str| {
        let ending = Path::new(word).extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ENDINGS.contains(&ending))
            && !word.contains(['*', '$', '{', '<', '>', ':', '='])
    };
    if first.contains('/') && is_file(first) {
        return Some(first);
    }
    if !INTERPRETERS.contains(&program) {
        return None;
    }
    let mut rest = rest.iter().map(String::as_str).filter(|word| *word != "watch" && *word != "run");
    let first = rest.next()?;
    // An option may take the next word for itself.
    (!first.starts_with('-') && is_file(first)).then_some(first)
}

/// Whether a command of the build may bring the file: it names it, or makes files of which only it knows.
pub(in crate::programs) fn may_make(run: &str, path: &Path) -> bool {
    names(run, path) || may_write(run)
}

/// Whether a command of the build names the file, other than to change its mode, its owner or its ends of lines.
fn names(run: &str, path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let joined = run.replace("\\\r\n", " ").replace("\\\n", " ");
    joined.split(['&', ';', '|', '\n']).any(|command| {
        let first = command.split_whitespace().next().unwrap_or("");
        command.contains(stem) && !matches!(first, "chmod" | "chown" | "dos2unix")
    })
}

/// Whether a command of the build makes files of which only it knows.
pub(in crate::programs) fn may_write(run: &str) -> bool {
    let installs = |command: &&str| INSTALLS.iter().any(|start| command.trim_start().starts_with(start));
    let joined = run.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut commands = joined.split(['&', ';', '|', '\n']).filter(|command| !installs(command));
    commands.any(|command| MAKERS.iter().any(|maker| command.contains(maker)))
}

/// Whether a command of the build puts files elsewhere, this one perhaps.
pub(super) fn moves(run: &str, path: &Path) -> bool {
    names(run, path)
        || ["mv ", "cp ", "ln ", "install ", "rsync ", "clone", "unzip", "tar "]
            .iter()
            .any(|word| run.split(['&', ';', '\n', '|']).any(|part| part.trim_start().starts_with(word)))
}

/// Whether something is mounted above the file whose contents are not seen.
pub(in crate::programs) fn is_mounted_over(sources: &SourceMap, service: &Service, path: &Path) -> bool {
    service.volumes.iter().filter(|mount| path.starts_with(clean(Path::new(&mount.target)))).any(|mount| {
        let seen =
            mount.path.as_deref().is_some_and(|host| sources.files().kind(host) == Some(Kind::Directory));
        mount.kind != MountKind::Bind || !seen
    })
}

#[cfg(test)]
mod tests {
    use super::argument;

    #[test]
    fn files_that_are_run() {
        let run = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_string).collect();
            argument(&words).map(str::to_string)
        };
        for (line, file) in [
            ("python main.py", "main.py"),
            ("/usr/bin/node src/server.js --port 1", "src/server.js"),
            ("tsx watch src/server.ts", "src/server.ts"),
            ("./start.sh", "./start.sh"),
            ("bun run index.ts", "index.ts"),
        ] {
            assert_eq!(run(line).as_deref(), Some(file), "{line}");
        }
        for line in [
            "python -m app",
            "node server",
            "node -r dotenv/config server.js",
            "npm start",
            "uvicorn main:app",
            "python $FILE.py",
            "start.sh",
        ] {
            assert_eq!(run(line), None, "{line}");
        }
    }
}
