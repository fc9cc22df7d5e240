//! The file that a container's command runs and that is not in the container.

use std::path::{Component, Path, PathBuf};

use super::absent::Absent;
use super::dockerfile::{Layer, Run, Step};
use super::entry::{Launch, Started, Way};
use super::handed;
use super::image::Image;
use super::nowhere;
use super::service_files::ImageTree;
use super::uncovered;
use crate::compose::{MountKind, Project, Service};
use crate::source::{Kind, SourceMap, Span, Text, clean};

/// A file that is run and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstarted {
    /// Its place in the container.
    pub target: String,
    /// Where it would lie on this machine.
    pub file: Absent,
    /// The command that asks for it.
    pub at: Span,
    /// The folder in which it would lie, where a `COPY` of one file makes that a file.
    pub into: Option<PathBuf>,
}

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
/// Folders that builds write to.
const MADE: [&str; 12] = [
    "dist",
    "build",
    "out",
    "output",
    "target",
    "lib",
    "bin",
    "public",
    ".next",
    ".output",
    "node_modules",
    "vendor",
];
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

/// The file that the container's command runs, where all that could bring it into the container is seen and nothing does.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    asked: (&Project, &Service),
    image: &Image,
    tree: &ImageTree,
    build: (&[Run], &[(PathBuf, PathBuf)]),
    start: (&[Text], &Started),
) -> Option<Unstarted> {
    named(sources, asked, image, tree, build, start)
        .or_else(|| nowhere::of(sources, asked, image, tree, build, start))
}

/// The file that a command without branches names.
fn named(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    image: &Image,
    tree: &ImageTree,
    (runs, copied): (&[Run], &[(PathBuf, PathBuf)]),
    (command, started): (&[Text], &Started),
) -> Option<Unstarted> {
    let launches = &started.commands;
    let built = image.is_built(service);
    let branches = |word: &str| {
        ["||", "if ", "[ ", "cd ", "test ", "$", "`", "for ", "while "].iter().any(|sign| word.contains(sign))
    };
    let words: Vec<String> = command.iter().map(Text::assumed).collect();
    // A start script may do anything before it comes to its last command.
    let script = words.iter().any(|word| word.ends_with(".sh") || branches(word));
    if !built || launches.is_empty() || command.iter().any(Text::has_hole) {
        return None;
    }
    if let Some((target, file, name)) = launches
        .iter()
        .chain(started.calls.iter().map(|call| &call.launch))
        .find_map(|launch| console(sources, project, tree, launch))
    {
        let said = command.iter().find(|word| word.assumed().contains(&name)).or_else(|| command.first());
        let at = said.map_or(image.command_span, Text::span);
        return Some(Unstarted { target, file, at, into: None });
    }
    if let Some(found) =
        launches.iter().chain(started.calls.iter().map(|call| &call.launch)).find_map(|launch| {
            hidden(sources, (project, service), tree, (command, image), (runs, copied), launch)
        })
    {
        return Some(found);
    }
    // What is named first is run before all else, whatever follows it: an entry point that hands on to a command.
    let first = started.calls.first().map(|call| &call.launch);
    let first = first.filter(|launch| script && launch.words == words);
    let handed = handed::on(sources, &words, started);
    let only = |launch: &Launch| launches.len() == 1 || handed.is_some_and(|last| last.words == launch.words);
    let launches = launches.iter().filter(|launch| !script || only(launch) && names_file(&words, launch));
    first.into_iter().chain(launches).find_map(|launch| {
        let name = argument(&launch.words)?;
        let path = launch.path(name);
        let written = has_written(sources, tree, &path);
        let made = path.components().any(|part| {
            let Component::Normal(name) = part else { return false };
            MADE.iter().any(|made| name == *made) && !(written && (name == "bin" || name == "lib"))
        });
        let by_run = runs.iter().map(|run| run.command.assumed()).any(|run| may_make(&run, &path));
        let by_stage = copied.iter().any(|(_, to)| path.starts_with(clean(to)));
        let files = sources.files();
        let renamed = runs.iter().any(|run| moves(&run.command.assumed(), &path));
        let mounted = is_mounted_over(sources, service, &path);
        if !(by_stage || renamed || mounted)
            && let Some((host, other)) = elsewhere(sources, tree, &path)
        {
            let said = command.iter().find(|word| word.assumed().contains(name)).or_else(|| command.first());
            return Some(Unstarted {
                target: path.display().to_string(),
                file: Absent::of(sources, project, &host, Some(other)),
                at: said.map_or(image.command_span, Text::span),
                into: None,
            });
        }
        if made || by_run || by_stage || mounted {
            return None;
        }
        let said = || command.iter().find(|word| word.assumed().contains(name)).or_else(|| command.first());
        if let Some((file, into)) = below_a_file(sources, project, (image, tree, runs), &path) {
            let at = said().map_or(image.command_span, Text::span);
            return Some(Unstarted { target: path.display().to_string(), file, at, into: Some(into) });
        }
        if let Some(file) = beside_copied(sources, project, (image, tree), &path) {
            let at = said().map_or(image.command_span, Text::span);
            return Some(Unstarted { target: path.display().to_string(), file, at, into: None });
        }
        let asked = (project, service);
        if let Some(file) = uncovered::of(sources, asked, (image, tree, runs), copied, (launch, &path)) {
            let at = said().map_or(image.command_span, Text::span);
            return Some(Unstarted { target: path.display().to_string(), file, at, into: None });
        }
        let host = tree.place_for(files, &path).filter(|_| tree.resolve(files, &path).is_none())?;
        // A folder that holds none of its own says that the sources are elsewhere.
        let folder = host.ancestors().skip(1).find(|folder| files.kind(folder) == Some(Kind::Directory))?;
        let alike = |entry: &std::ffi::OsStr| Path::new(entry).extension() == path.extension();
        if files.list(folder).len() < 2 && !files.list(folder).iter().any(|entry| alike(entry.as_ref())) {
            return None;
        }
        Some(Unstarted {
            target: path.display().to_string(),
            file: Absent::of(sources, project, &host, None),
            at: said().map_or(image.command_span, Text::span),
            into: None,
        })
    })
}

/// Whether the folder of the file is one of the project, with others that end like it: what builds write comes elsewhere.
fn has_written(sources: &SourceMap, tree: &ImageTree, path: &Path) -> bool {
    let files = sources.files();
    let folder = path.parent().and_then(|folder| tree.resolve(files, folder));
    let alike = |name: &String| Path::new(name).extension() == path.extension();
    path.extension().is_some() && folder.is_some_and(|folder| files.list(&folder).iter().any(alike))
}

/// The file of the project that a command runs and that `.dockerignore` alone keeps out of the image, where a folder around it is
/// copied.
fn hidden(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    tree: &ImageTree,
    (command, image): (&[Text], &Image),
    (runs, copied): (&[Run], &[(PathBuf, PathBuf)]),
    launch: &Launch,
) -> Option<Unstarted> {
    let files = sources.files();
    let name = argument(&launch.words).filter(|_| launch.way != Way::Perhaps)?;
    let path = launch.path(name);
    if tree.resolve(files, &path).is_some() {
        return None;
    }
    let host = tree.layers().iter().rev().filter(|layer| layer.directory).find_map(|layer| {
        let host = layer.host.join(path.strip_prefix(&layer.target).ok()?);
        (layer.leaves_out(&host) && files.kind(&host) == Some(Kind::File)).then_some(host)
    })?;
    let brought = runs.iter().any(|run| may_make(&run.command.assumed(), &path))
        || copied.iter().any(|(_, to)| path.starts_with(clean(to)))
        || is_mounted_over(sources, service, &path);
    let said = command.iter().find(|word| word.assumed().contains(name)).or_else(|| command.first());
    (!brought).then(|| Unstarted {
        target: path.display().to_string(),
        file: Absent { excuse: None, ..Absent::of(sources, project, &host, None) },
        at: said.map_or(image.command_span, Text::span),
        into: None,
    })
}

/// The script without an ending that an interpreter is told, where one of nearly that name is there, or one of that name in another
/// folder: `php app/console` beside `bin/console`.
fn console(
    sources: &SourceMap,
    project: &Project,
    tree: &ImageTree,
    launch: &Launch,
) -> Option<(String, Absent, String)> {
    const FOLDERS: [&str; 5] = ["", "bin", "app", "scripts", "script"];
    let first = launch.words.first()?;
    let program = first.rsplit('/').next().unwrap_or(first);
    let word = launch.words.get(1).filter(|_| ["php", "ruby", "python", "python3"].contains(&program))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if launch.way == Way::Perhaps
        || word.starts_with('-')
        || word.contains("vendor/")
        || !word.chars().all(plain)
    {
        return None;
    }
    let files = sources.files();
    let path = launch.path(word);
    let name = path.file_name()?.to_str()?;
    if name.contains('.') || tree.resolve(files, &path).is_some() {
        return None;
    }
    let host = tree.place_for(files, &path)?;
    let elsewhere = FOLDERS.iter().map(|folder| launch.directory.join(folder).join(name));
    let other = elsewhere.filter_map(|other| tree.file(files, &other)).next().or_else(|| {
        let folder = tree.resolve(files, path.parent()?)?;
        let names = files.list(&folder);
        let alike = names.iter().map(String::as_str).filter(|other| !other.contains('.'));
        let near = folder.join(crate::compose::nearest(name, alike)?);
        (files.kind(&near) == Some(Kind::File)).then_some(near)
    })?;
    let absent = Absent::of(sources, project, &host, Some(other));
    Some((path.display().to_string(), absent, word.clone()))
}

/// Folders that images bring: what is copied to one of them comes into it.
const OF_IMAGES: [&str; 12] =
    ["bin", "boot", "etc", "go", "home", "lib", "media", "mnt", "opt", "root", "tmp", "var"];

/// The file that a `COPY` makes of the folder in which the command's file would lie: `COPY main.py /code/app`, without a slash
/// at the end, where there is no such folder before. With it the place that what is copied should have.
fn below_a_file(
    sources: &SourceMap,
    project: &Project,
    (image, tree, runs): (&Image, &ImageTree, &[Run]),
    path: &Path,
) -> Option<(Absent, PathBuf)> {
    // Images that somebody makes may have any folder.
    if image.base.as_ref()?.value.contains('/') || tree.resolve(sources.files(), path).is_some() {
        return None;
    }
    let over = |layer: &&Layer| !layer.directory && path != layer.target && path.starts_with(&layer.target);
    let layer = tree.layers().iter().find(over)?;
    let folder = layer.target.as_path();
    let mut parts = folder.components().skip(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let (first, name) = (parts.next()?, folder.file_name()?.to_str()?);
    let brought = OF_IMAGES.contains(&first.as_str()) || first == "usr" && folder.components().count() < 5;
    let within = |other: &Path| other != folder && other.starts_with(folder);
    let before = tree.layers().iter().any(|other| {
        other.directory && (other.target == folder || within(&other.target)) || within(&other.target)
    });
    let stages = image.parsed.iter().flat_map(|parsed| &parsed.stages);
    let worked_in = stages.flat_map(|stage| &stage.steps).any(|step| match step {
        Step::WorkingDirectory(text) => text.assumed().split('/').any(|part| part == name),
        _ => false,
    });
    let by_run = runs.iter().any(|run| run.command.assumed().contains(name));
    if brought || before || worked_in || by_run {
        return None;
    }
    Some((Absent::of(sources, project, &layer.host, Some(layer.host.clone())), folder.to_path_buf()))
}

/// The file that the command names, in a folder to which only other files are copied, each by itself.
fn beside_copied(
    sources: &SourceMap,
    project: &Project,
    (image, tree): (&Image, &ImageTree),
    path: &Path,
) -> Option<Absent> {
    let alone = tree.layers().iter().all(|layer| !layer.directory && layer.context.is_some());
    let there = tree.resolve(sources.files(), path).is_some();
    if !alone || there || image.base.as_ref()?.value.contains('/') {
        return None;
    }
    let like = |layer: &&Layer| {
        layer.target.parent() == path.parent()
            && layer.target != path
            && layer.target.extension() == path.extension()
    };
    let host = tree.layers().iter().find(like)?.host.with_file_name(path.file_name()?);
    Some(Absent::of(sources, project, &host, None))
}

/// Where the file would have to lie that is copied to another place by itself, and where it lies: of all that is copied nothing
/// comes to where the command looks for it.
fn elsewhere(sources: &SourceMap, tree: &ImageTree, path: &Path) -> Option<(PathBuf, PathBuf)> {
    let files = sources.files();
    let covers = |layer: &&Layer| layer.directory && path.starts_with(&layer.target);
    if tree.layers().iter().any(|layer| covers(&layer)) || tree.resolve(files, path).is_some() {
        return None;
    }
    // In a folder that is copied below the place, as a folder.
    let name = path.file_name()?;
    let within = |layer: &&Layer| {
        let below = path.parent().is_some_and(|folder| layer.target.starts_with(folder));
        layer.directory && below && files.kind(&layer.host.join(name)) == Some(Kind::File)
    };
    if let Some(layer) = tree.layers().iter().find(within) {
        let host = layer.host.with_file_name(name);
        return files.kind(&host).is_none().then(|| (host, layer.host.join(name)));
    }
    let same = |layer: &&Layer| !layer.directory && layer.target.file_name() == path.file_name();
    let layer = tree.layers().iter().find(same)?;
    let (there, folder) = (layer.target.parent()?, layer.host.parent()?);
    let below = path.strip_prefix(there).or_else(|_| path.strip_prefix("/")).ok()?;
    let host = folder.join(below);
    (files.kind(&host).is_none()).then(|| (host, layer.host.clone()))
}

/// Whether a command of the build puts files elsewhere, this one perhaps.
fn moves(run: &str, path: &Path) -> bool {
    names(run, path)
        || ["mv ", "cp ", "ln ", "install ", "rsync ", "clone", "unzip", "tar "]
            .iter()
            .any(|word| run.split(['&', ';', '\n', '|']).any(|part| part.trim_start().starts_with(word)))
}

/// Whether the container's own command names the file that is started.
fn names_file(words: &[String], launch: &Launch) -> bool {
    argument(&launch.words).is_some_and(|name| words.iter().any(|word| word == name))
}

/// The file that the command runs: `node -r x server.js`, `./start.sh`.
pub(super) fn argument(words: &[String]) -> Option<&str> {
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
pub(super) fn may_make(run: &str, path: &Path) -> bool {
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
pub(super) fn may_write(run: &str) -> bool {
    let installs = |command: &&str| INSTALLS.iter().any(|start| command.trim_start().starts_with(start));
    let joined = run.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut commands = joined.split(['&', ';', '|', '\n']).filter(|command| !installs(command));
    commands.any(|command| MAKERS.iter().any(|maker| command.contains(maker)))
}

/// Whether something is mounted above the file whose contents are not seen.
pub(super) fn is_mounted_over(sources: &SourceMap, service: &Service, path: &Path) -> bool {
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
