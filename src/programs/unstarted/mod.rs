//! The file that a container's command runs and that is not in the container.

mod contents;
mod handed;
mod nowhere;
mod stock;
mod unarchived;
mod unchecked;
mod uncopied;
mod uncovered;

use std::path::{Component, Path, PathBuf};

use super::absent::Absent;
use super::dockerfile::{Layer, Step};
use super::entry::{Launch, Way};
use crate::source::{Kind, Span};
use contents::moves;
pub(super) use contents::{Contents, argument, is_mounted_over, may_make, may_write};
pub(super) use unchecked::of as unchecked;
pub(super) use uncopied::{misnamed, of as uncopied};

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
impl Unstarted {
    /// The file at `path`, which the command names as `word`.
    fn new(contents: &Contents<'_>, path: &Path, word: &str, file: Absent) -> Self {
        Self { target: path.display().to_string(), file, at: contents.said(word), into: None }
    }
}

/// The file that the container's command runs, where all that could bring it into the container is seen and nothing does.
#[must_use]
pub(super) fn of(contents: &Contents<'_>) -> Option<Unstarted> {
    named(contents)
        .or_else(|| nowhere::of(contents))
        .or_else(|| unarchived::of(contents))
        .or_else(|| stock::of(contents))
}

/// The file that a command without branches names.
fn named(contents: &Contents<'_>) -> Option<Unstarted> {
    let Contents { tree, started, .. } = *contents;
    let launches = &started.commands;
    let branches = |word: &str| {
        ["||", "if ", "[ ", "cd ", "test ", "$", "`", "for ", "while "].iter().any(|sign| word.contains(sign))
    };
    let words = contents.words();
    // A start script may do anything before it comes to its last command.
    let script = words.iter().any(|word| word.ends_with(".sh") || branches(word));
    if !contents.image.is_built(contents.service) || launches.is_empty() || contents.is_vague() {
        return None;
    }
    let all = || launches.iter().chain(started.calls.iter().map(|call| &call.launch));
    let found = all().find_map(|launch| console(contents, launch));
    if let Some(found) = found.or_else(|| all().find_map(|launch| left_out(contents, launch))) {
        return Some(found);
    }
    // What is named first is run before all else, whatever follows it: an entry point that hands on to a command.
    let first = started.calls.first().map(|call| &call.launch);
    let first = first.filter(|launch| script && launch.words == words);
    let handed = handed::on(contents);
    let only = |launch: &Launch| launches.len() == 1 || handed.is_some_and(|last| last.words == launch.words);
    let launches = launches.iter().filter(|launch| !script || only(launch) && names_file(&words, launch));
    first.into_iter().chain(launches).find_map(|launch| {
        let name = argument(&launch.words)?;
        let path = launch.path(name);
        let found = |file: Absent| Some(Unstarted::new(contents, &path, name, file));
        let brought = contents.is_copied_over(&path) || contents.is_mounted_over(&path);
        let renamed = contents.runs.iter().any(|run| moves(&run.command.assumed(), &path));
        if !(brought || renamed)
            && let Some((host, other)) = elsewhere(contents, &path)
        {
            return found(contents.absent(&host, Some(other)));
        }
        let written = has_written(contents, &path);
        let of_build = |part: Component<'_>| {
            let Component::Normal(name) = part else { return false };
            MADE.iter().any(|made| name == *made) && !(written && (name == "bin" || name == "lib"))
        };
        if brought || path.components().any(of_build) || contents.is_made(&path) {
            return None;
        }
        if let Some((file, into)) = below_a_file(contents, &path) {
            return found(file).map(|found| Unstarted { into: Some(into), ..found });
        }
        let beside = beside_copied(contents, &path).or_else(|| uncovered::of(contents, launch, &path));
        if let Some(file) = beside {
            return found(file);
        }
        let files = contents.files();
        let host = tree.place_for(files, &path).filter(|_| contents.resolve(&path).is_none())?;
        // A folder that holds none of its own says that the sources are elsewhere.
        let folder = host.ancestors().skip(1).find(|folder| files.kind(folder) == Some(Kind::Directory))?;
        let alike = |entry: &std::ffi::OsStr| Path::new(entry).extension() == path.extension();
        if files.list(folder).len() < 2 && !files.list(folder).iter().any(|entry| alike(entry.as_ref())) {
            return None;
        }
        found(contents.absent(&host, None))
    })
}

/// Whether the folder of the file is one of the project, with others that end like it: what builds write comes elsewhere.
fn has_written(contents: &Contents<'_>, path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| contents.resolve(folder));
    let alike = |name: &String| Path::new(name).extension() == path.extension();
    path.extension().is_some()
        && folder.is_some_and(|folder| contents.files().list(&folder).iter().any(alike))
}

/// The file of the project that a command runs and that `.dockerignore` alone keeps out of the image, where a folder around it is
/// copied.
fn left_out(contents: &Contents<'_>, launch: &Launch) -> Option<Unstarted> {
    let name = argument(&launch.words).filter(|_| launch.way != Way::Perhaps)?;
    let path = launch.path(name);
    if contents.resolve(&path).is_some() {
        return None;
    }
    let layers = contents.tree.layers().iter().rev().filter(|layer| layer.directory);
    let host = layers.into_iter().find_map(|layer| {
        let host = layer.host.join(path.strip_prefix(&layer.target).ok()?);
        (layer.leaves_out(&host) && contents.files().kind(&host) == Some(Kind::File)).then_some(host)
    })?;
    let file = Absent { excuse: None, ..contents.absent(&host, None) };
    (!contents.may_hold(&path)).then(|| Unstarted::new(contents, &path, name, file))
}

/// The script without an ending that an interpreter is told, where one of nearly that name is there, or one of that name in another
/// folder: `php app/console` beside `bin/console`.
fn console(contents: &Contents<'_>, launch: &Launch) -> Option<Unstarted> {
    const FOLDERS: [&str; 5] = ["", "bin", "app", "scripts", "script"];
    let program = launch.name();
    let word = launch.words.get(1).filter(|_| ["php", "ruby", "python", "python3"].contains(&program))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if launch.way == Way::Perhaps
        || word.starts_with('-')
        || word.contains("vendor/")
        || !word.chars().all(plain)
    {
        return None;
    }
    let (files, tree) = (contents.files(), contents.tree);
    let path = launch.path(word);
    let name = path.file_name()?.to_str()?;
    if name.contains('.') || contents.resolve(&path).is_some() {
        return None;
    }
    let host = tree.place_for(files, &path)?;
    let elsewhere = FOLDERS.iter().map(|folder| launch.directory.join(folder).join(name));
    let other = elsewhere.filter_map(|other| tree.file(files, &other)).next().or_else(|| {
        let folder = contents.resolve(path.parent()?)?;
        let names = files.list(&folder);
        let alike = names.iter().map(String::as_str).filter(|other| !other.contains('.'));
        let near = folder.join(crate::compose::nearest(name, alike)?);
        (files.kind(&near) == Some(Kind::File)).then_some(near)
    })?;
    Some(Unstarted::new(contents, &path, word, contents.absent(&host, Some(other))))
}

/// Folders that images bring: what is copied to one of them comes into it.
const OF_IMAGES: [&str; 12] =
    ["bin", "boot", "etc", "go", "home", "lib", "media", "mnt", "opt", "root", "tmp", "var"];

/// The file that a `COPY` makes of the folder in which the command's file would lie: `COPY main.py /code/app`, without a slash
/// at the end, where there is no such folder before. With it the place that what is copied should have.
fn below_a_file(contents: &Contents<'_>, path: &Path) -> Option<(Absent, PathBuf)> {
    let Contents { image, tree, runs, .. } = *contents;
    // Images that somebody makes may have any folder.
    if image.base.as_ref()?.value.contains('/') || contents.resolve(path).is_some() {
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
    Some((contents.absent(&layer.host, Some(layer.host.clone())), folder.to_path_buf()))
}

/// The file that the command names, in a folder to which only other files are copied, each by itself.
fn beside_copied(contents: &Contents<'_>, path: &Path) -> Option<Absent> {
    let Contents { image, tree, .. } = *contents;
    let alone = tree.layers().iter().all(|layer| !layer.directory && layer.context.is_some());
    let there = contents.resolve(path).is_some();
    if !alone || there || image.base.as_ref()?.value.contains('/') {
        return None;
    }
    let like = |layer: &&Layer| {
        layer.target.parent() == path.parent()
            && layer.target != path
            && layer.target.extension() == path.extension()
    };
    let host = tree.layers().iter().find(like)?.host.with_file_name(path.file_name()?);
    Some(contents.absent(&host, None))
}

/// Where the file would have to lie that is copied to another place by itself, and where it lies: of all that is copied nothing
/// comes to where the command looks for it.
fn elsewhere(contents: &Contents<'_>, path: &Path) -> Option<(PathBuf, PathBuf)> {
    let (files, tree) = (contents.files(), contents.tree);
    let covers = |layer: &&Layer| layer.directory && path.starts_with(&layer.target);
    if tree.layers().iter().any(|layer| covers(&layer)) || contents.resolve(path).is_some() {
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

/// Whether the container's own command names the file that is started.
fn names_file(words: &[String], launch: &Launch) -> bool {
    argument(&launch.words).is_some_and(|name| words.iter().any(|word| word == name))
}
