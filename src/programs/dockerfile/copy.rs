//! `COPY` and `ADD`: which paths of this machine come to which paths of the image.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{Copy, Note};
use crate::programs::dockerignore::{DockerIgnore, Pattern};
use crate::source::{Files, Kind, Span, clean};

/// A wildcard that matches more paths than this is cut short.
const MAX_MATCHES: usize = 2_000;

/// A build context: a directory, and what of it the build does not see.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The directory.
    pub root: PathBuf,
    /// Its `.dockerignore`.
    pub ignore: DockerIgnore,
}

/// A path of this machine that stands at a path of the image.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The absolute path in the image.
    pub target: PathBuf,
    /// The file or directory on this machine.
    pub host: PathBuf,
    /// Whether it is a directory.
    pub directory: bool,
    /// The build context that it was copied from; `None` for mounts.
    pub context: Option<Arc<Context>>,
    /// `--exclude`, relative to the context.
    pub exclude: Arc<[Pattern]>,
    /// Whether it hides what the image has below its target, as a mount does.
    pub hides: bool,
    /// Whether it lies outside the project (`/`, `/var/lib/x`): its files are looked up one by one and
    /// never listed.
    pub outside: bool,
    /// The instruction or the mount.
    pub span: Span,
}

impl Layer {
    /// A mount of the host's path.
    #[must_use]
    pub fn mount(target: PathBuf, host: PathBuf, directory: bool, span: Span) -> Self {
        Self {
            target,
            host,
            directory,
            context: None,
            exclude: Arc::default(),
            hides: true,
            outside: false,
            span,
        }
    }

    /// Whether the build leaves this path of the machine out.
    #[must_use]
    pub fn leaves_out(&self, host: &Path) -> bool {
        let Some(context) = &self.context else { return false };
        let Ok(path) = host.strip_prefix(&context.root) else { return false };
        context.ignore.ignores(path)
            || self.exclude.iter().any(|pattern| path.to_str().is_some_and(|path| pattern.matches(path)))
    }
}

/// Where a `COPY` takes its sources from.
pub(super) enum From<'a> {
    /// The build context.
    Context(&'a Arc<Context>),
    /// Another stage's file system.
    Stage(&'a [Layer]),
}

/// A `COPY` whose words are expanded.
#[derive(Clone)]
pub(super) struct Expanded<'a> {
    pub written: &'a Copy,
    pub sources: Vec<String>,
    pub destination: String,
    /// Whether the image has a folder there by now.
    pub folder: bool,
    pub exclude: Vec<String>,
    pub working_directory: &'a Path,
}

/// The layers that a `COPY` adds to those the image has, and what could not be followed.
pub(super) fn layers(
    files: &dyn Files,
    from: &From<'_>,
    copy: &Expanded<'_>,
    present: &[Layer],
) -> (Vec<Layer>, Vec<Note>) {
    let mut out = Vec::new();
    let mut notes = Vec::new();
    let destination = absolute(copy.working_directory, &copy.destination);
    let many = copy.sources.len() > 1 || copy.written.inline;
    let exclude: Arc<[Pattern]> = copy.exclude.iter().map(|pattern| Pattern::new(pattern)).collect();
    for source in &copy.sources {
        if source.contains("://") || source.starts_with("git@") {
            continue;
        }
        let found = match from {
            From::Context(context) => in_context(files, context, source),
            From::Stage(stage) => in_stage(files, stage, source),
        };
        if found.is_empty() && matches!(from, From::Context(_)) {
            let message = format!("`{source}` is not in the build context");
            notes.push(Note { message, at: copy.written.keyword });
        }
        let into = many
            || has_wildcard(source)
            || comes_into(copy, &destination)
            || present.iter().any(|layer| layer.directory && layer.target == destination);
        for Found { host, directory, below, context } in found {
            if copy.written.add && !directory && is_archive(&host) {
                continue;
            }
            let mut target = destination.clone();
            if copy.written.parents {
                let relative = context.as_ref().and_then(|context| host.strip_prefix(&context.root).ok());
                target = relative.map_or(target.clone(), |relative| target.join(relative));
            } else if let Some(below) = below {
                target = target.join(below);
            } else if !directory && into {
                target = target.join(host.file_name().unwrap_or_default());
            }
            let exclude = exclude.clone();
            let span = copy.written.keyword;
            out.push(Layer { target, host, directory, context, exclude, hides: false, outside: false, span });
        }
    }
    (out, notes)
}

/// Whether files that are copied there keep their names.
pub(super) fn comes_into(copy: &Expanded<'_>, destination: &Path) -> bool {
    copy.destination.ends_with('/')
        || matches!(copy.destination.as_str(), "." | "..")
        || destination == copy.working_directory
        || copy.folder
}

/// Something that is copied and was made of sources before: by a command of a stage, or on this machine.
#[derive(Clone, Debug)]
pub struct Made {
    /// Where it is: in the stage's image, or below the root of `context`.
    pub path: PathBuf,
    /// The build context that it is taken from; `None` for another stage.
    pub context: Option<Arc<Context>>,
    /// The directory of the image that it comes into.
    pub directory: PathBuf,
}

impl Made {
    /// The sources that it was made of on this machine, as if they had been copied instead.
    #[must_use]
    pub fn sources(&self, span: Span) -> Option<Layer> {
        let context = self.context.as_ref()?;
        Some(Layer {
            target: self.directory.clone(),
            host: context.root.clone(),
            directory: true,
            context: None,
            exclude: Arc::default(),
            hides: false,
            outside: false,
            span,
        })
    }

    /// Where it would stand among those sources.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        if self.context.is_some() { self.directory.join(&self.path) } else { self.path.clone() }
    }
}

/// What of a `COPY` is a program's archive, or stands where build tools put what they make and is not there.
pub(super) fn made(files: &dyn Files, from: &From<'_>, copy: &Expanded<'_>) -> Vec<Made> {
    let archive = |source: &str| [".jar", ".war", ".ear"].iter().any(|ending| source.ends_with(ending));
    let output = |source: &str| source.split('/').any(|name| matches!(name, "target" | "build"));
    let mut out = Vec::new();
    for source in copy.sources.iter().filter(|source| !source.contains("://")) {
        let found = || match from {
            From::Context(context) => in_context(files, context, source),
            From::Stage(stage) => in_stage(files, stage, source),
        };
        let stage = matches!(from, From::Stage(_));
        if !(archive(source) || (output(source) || stage) && found().is_empty()) {
            continue;
        }
        let destination = absolute(copy.working_directory, &copy.destination);
        let file = copy.destination.rsplit('/').next().is_some_and(archive);
        let directory = if file { destination.parent().map(Path::to_path_buf) } else { Some(destination) };
        let (path, context) = match from {
            From::Context(context) => (relative(source), Some((*context).clone())),
            From::Stage(_) => (absolute(Path::new("/"), source), None),
        };
        out.push(Made { path, context, directory: directory.unwrap_or_default() });
    }
    out
}

/// From where to where the sources of a `COPY` are copied within the image; wildcards are left out.
pub(super) fn places(copy: &Expanded<'_>) -> Vec<(PathBuf, PathBuf)> {
    let destination = absolute(copy.working_directory, &copy.destination);
    let into = copy.sources.len() > 1 || comes_into(copy, &destination);
    let sources = copy.sources.iter().filter(|source| !has_wildcard(source));
    let places = sources.flat_map(|source| {
        let from = absolute(Path::new("/"), source);
        let inside = into.then(|| destination.join(from.file_name().unwrap_or_default()));
        // A directory is copied as what is in it, a file as itself.
        let whole = (from.clone(), destination.clone());
        inside.map(|to| (from, to)).into_iter().chain([whole]).collect::<Vec<_>>()
    });
    places.take(64).collect()
}

struct Found {
    host: PathBuf,
    directory: bool,
    /// Where it stands below the source, when the source is a directory above it.
    below: Option<PathBuf>,
    context: Option<Arc<Context>>,
}

fn in_context(files: &dyn Files, context: &Arc<Context>, source: &str) -> Vec<Found> {
    let relative = relative(source);
    let found = matching(files, &context.root, &relative);
    let visible = found.into_iter().filter(|(host, directory)| {
        // An ignored directory may still have exceptions below it.
        *directory || host.strip_prefix(&context.root).is_ok_and(|path| !context.ignore.ignores(path))
    });
    visible
        .map(|(host, directory)| Found { host, directory, below: None, context: Some(context.clone()) })
        .collect()
}

fn in_stage(files: &dyn Files, stage: &[Layer], source: &str) -> Vec<Found> {
    let path = absolute(Path::new("/"), source);
    let mut found = Vec::new();
    for layer in stage {
        if let Ok(below) = layer.target.strip_prefix(&path) {
            let below = (layer.target != path).then(|| below.to_path_buf());
            let (host, context) = (layer.host.clone(), layer.context.clone());
            found.push(Found { host, directory: layer.directory, below, context });
        } else if let (Ok(within), true) = (path.strip_prefix(&layer.target), layer.directory) {
            for (host, directory) in matching(files, &layer.host, within) {
                if directory || !layer.leaves_out(&host) {
                    found.push(Found { host, directory, below: None, context: layer.context.clone() });
                }
            }
        }
    }
    found.truncate(MAX_MATCHES);
    found
}

/// The paths below `root` that a path with wildcards matches, and whether each is a directory.
fn matching(files: &dyn Files, root: &Path, path: &Path) -> Vec<(PathBuf, bool)> {
    let mut found = vec![root.to_path_buf()];
    for name in path.components().filter_map(|part| part.as_os_str().to_str()) {
        let mut next = Vec::new();
        for directory in &found {
            if !has_wildcard(name) {
                next.push(directory.join(name));
                continue;
            }
            let pattern = Pattern::new(name);
            let names = files.list(directory).into_iter().filter(|name| pattern.matches(name));
            next.extend(names.map(|name| directory.join(name)));
            if next.len() > MAX_MATCHES {
                next.truncate(MAX_MATCHES);
                break;
            }
        }
        found = next;
    }
    found
        .into_iter()
        .filter_map(|path| match files.kind(&path)? {
            Kind::Directory => Some((path, true)),
            Kind::File => Some((path, false)),
            Kind::Other => None,
        })
        .collect()
}

pub(super) fn has_wildcard(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// A source relative to the context: it can't leave it.
pub(in crate::programs) fn relative(source: &str) -> PathBuf {
    let within = clean(&Path::new("/").join(source));
    within.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// A path of the image, made absolute and clean.
pub(super) fn absolute(directory: &Path, path: &str) -> PathBuf {
    clean(&Path::new("/").join(directory).join(path))
}

pub(super) fn is_archive(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"]
        .iter()
        .any(|ending| name.ends_with(ending))
}
