//! Named volumes that a program cannot write: it runs as another user than root, and Docker makes the folder of a new volume itself,
//! for root, at a place that the image does not have. One that the image has gives the volume its owner and its mode
//! (docs.docker.com, "Volumes", "Mounting a volume over existing data").

use std::path::{Path, PathBuf};

use super::dockerfile::{Snapshot, Step};
use super::products;
use super::unstarted::Contents;
use crate::compose::{Mount, MountKind};
use crate::source::{Certainty, Span, Text, clean};

/// A volume that belongs to root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unowned {
    /// The volume.
    pub volume: String,
    /// Where it is mounted.
    pub target: String,
    /// Where that is written.
    pub at: Span,
    /// The user as whom the program runs.
    pub user: String,
    /// Where that is said.
    pub user_at: Span,
}

/// Images of languages and systems, whose folders are known not to be a program's own.
const BASES: [&str; 20] = [
    "python",
    "node",
    "golang",
    "ruby",
    "rust",
    "elixir",
    "eclipse-temurin",
    "amazoncorretto",
    "openjdk",
    "debian",
    "ubuntu",
    "alpine",
    "oven/bun",
    "dotnet/aspnet",
    "dotnet/runtime",
    "dotnet/runtime-deps",
    "dotnet/sdk",
    "buildpack-deps",
    "erlang",
    "hexpm/elixir",
];
/// Folders of the system, and homes of users, of which some are there.
const SYSTEM: [&str; 13] = [
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/proc", "/root", "/run", "/sys", "/tmp", "/usr",
    "/var",
];
/// Folders that tools make and fill.
const MADE: [&str; 9] =
    ["node_modules", "vendor", ".venv", "venv", ".next", "target", "dist", "build", "_build"];
/// Programs by which another user than root does what root may.
const AS_ROOT: [&str; 6] = ["sudo", "gosu", "su-exec", "setpriv", "fixuid", "setfacl"];

/// The volumes that nobody but the service has, so that only it can be to fill them, and that it cannot write.
#[must_use]
pub(super) fn of(contents: &Contents<'_>, stage: &Snapshot) -> Vec<Unowned> {
    let Contents { image, service, .. } = *contents;
    let base = image.reference().is_some_and(|base| BASES.contains(&base.path));
    if service.build.is_none() || image.parsed.is_none() || image.problem.is_some() || image.assumed || !base
    {
        return Vec::new();
    }
    let told = service.user.as_ref().map(|user| &user.value);
    let Some((user, user_at)) = told.or(image.user.as_ref()).and_then(no_root) else { return Vec::new() };
    let says = |words: &[&str]| {
        let mut texts = image.runs.iter().chain(contents.command);
        texts.any(|text| words.iter().any(|word| text.assumed().contains(word)))
    };
    if says(&AS_ROOT) {
        return Vec::new();
    }
    let mounts = service.volumes.iter().filter(|mount| mount.kind == MountKind::Volume && !mount.read_only);
    let unowned = mounts.filter_map(|mount| {
        let volume = mount.source.as_ref().filter(|volume| is_own(contents, volume))?;
        let path = clean(Path::new(&mount.target));
        lacks(contents, stage, mount, &path).then(|| Unowned {
            volume: volume.clone(),
            target: mount.target.clone(),
            at: mount.target_origin.written,
            user: user.clone(),
            user_at,
        })
    });
    unowned.collect()
}

/// A user that is known not to be root.
fn no_root(user: &Text) -> Option<(String, Span)> {
    let whole = user.complete().filter(|_| user.certainty() == Certainty::Known)?;
    let name = whole.trim().split(':').next()?.to_string();
    let plain = !name.is_empty() && !name.contains('$') && !matches!(name.as_str(), "root" | "0");
    plain.then(|| (name, user.span()))
}

/// Whether the volume is made anew by Docker, with no options, for this service alone.
fn is_own(contents: &Contents<'_>, volume: &str) -> bool {
    let plain = contents.project.volumes.get(volume).is_some_and(|known| {
        !known.external && !known.options && known.driver.as_deref().is_none_or(|driver| driver == "local")
    });
    let has = |mount: &Mount| mount.source.as_deref() == Some(volume);
    let others =
        contents.project.services.values().filter(|other| other.name.value != contents.service.name.value);
    plain && !others.into_iter().any(|other| other.volumes.iter().any(has))
}

/// Whether the image surely has no folder at the place.
fn lacks(contents: &Contents<'_>, stage: &Snapshot, mount: &Mount, path: &PathBuf) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let system = path.parent().is_none() || SYSTEM.iter().any(|folder| path.starts_with(folder));
    let made = path.iter().any(|part| MADE.iter().any(|made| part == *made));
    let within = contents.service.volumes.iter().any(|other| {
        other.target != mount.target
            && (path.starts_with(&other.target) || Path::new(&other.target).starts_with(path))
    });
    let steps =
        || contents.image.parsed.iter().flat_map(|parsed| &parsed.stages).flat_map(|stage| &stage.steps);
    let spoken = steps().any(|step| match step {
        Step::WorkingDirectory(folder) => Path::new(folder.assumed().trim()).starts_with(path),
        Step::Run(run) => run.assumed().contains(name),
        _ => false,
    });
    let known = name.is_empty() || system || made || within || spoken || stage.directory.starts_with(path);
    !known
        && contents.resolve(path).is_none()
        && !contents.is_copied_over(path)
        && !contents.is_made(path)
        && products::lacks(contents.sources, stage, std::iter::once(path))
}
