//! The program that a container's command starts, where nothing that its image takes from other stages is that.

use std::path::{Path, PathBuf};

use super::{Contents, argument, handed};
use crate::compose::ImageReference;
use crate::programs::brought;
use crate::programs::dockerfile::{Run, Step};
use crate::programs::entry::FOLDERS;
use crate::programs::products::Unmade;
use crate::source::{Text, clean};

/// Programs of small images that keep a container alive.
const SYSTEM_PROGRAMS: [&str; 18] = [
    "sleep", "tail", "sh", "bash", "ash", "dash", "true", "yes", "cat", "top", "nc", "crond", "httpd",
    "busybox", "watch", "env", "tini", "login",
];

/// Finds a program that none of the files which were copied from other stages is, on an image that holds none of its own, and
/// beside which something was copied.
#[must_use]
pub(in crate::programs) fn of(contents: &Contents<'_>) -> Option<Unmade> {
    let Contents { image, copied, .. } = *contents;
    let base = image.base.as_ref().map_or("scratch", |base| base.value.as_str());
    let parsed = ImageReference::parse(base)?;
    let bare = base == "scratch" || brought::is_closed(parsed.path) || parsed.path.starts_with("distroless");
    let built = image.is_built(contents.service);
    if !built || !bare || copied.is_empty() || contents.is_vague() {
        return None;
    }
    let [launch] = contents.started.commands.as_slice() else { return None };
    let name = argument(&launch.words).filter(|name| !name.contains('$'))?;
    let path = launch.path(name);
    let folder = path.parent()?;
    if FOLDERS.iter().any(|system| folder == Path::new(system))
        || contents.may_hold(&path)
        || contents.tree.layers().iter().any(|layer| path.starts_with(&layer.target))
    {
        return None;
    }
    // What lies beside it, and is of its kind, is what is meant.
    let like = |other: &PathBuf| {
        other.parent() == Some(folder)
            && other.extension() == path.extension()
            && other.file_name() != path.file_name()
    };
    let mut beside = copied.iter().map(|(_, to)| clean(to)).filter(like);
    let made = beside.next()?;
    Some(Unmade {
        target: path.display().to_string(),
        made: Some(made.display().to_string()),
        served: false,
        at: contents.said(name),
    })
}

/// Whether what is copied may be a folder by its name, with programs in it.
fn may_be_folder(from: &Path) -> bool {
    const NAMES: [&str; 8] = ["bin", "sbin", "dist", "build", "out", "output", "target", "release"];
    FOLDERS.iter().any(|known| from == Path::new(known))
        || from.file_name().and_then(|name| name.to_str()).is_none_or(|name| NAMES.contains(&name))
}

/// Finds a program of the command's path that is not there, where the build puts one beside it whose name is nearly the same.
#[must_use]
pub(in crate::programs) fn misnamed(contents: &Contents<'_>) -> Option<Unmade> {
    let Contents { service, image, tree, runs, copied, started, .. } = *contents;
    let parsed = image.parsed.as_ref().filter(|_| service.build.is_some() && image.problem.is_none())?;
    let launch = match started.commands.as_slice() {
        [launch] => launch,
        _ => handed::on(contents).filter(|last| !last.is_named())?,
    };
    let name = launch.words.first()?;
    let program = name.rsplit('/').next()?;
    if program.contains(['.', '$', '*', '{']) || contents.is_vague() {
        return None;
    }
    // One that is looked for by its name, where one of that name with another sign is copied to where programs are.
    let by_name = || {
        let plain = |name: &str| name.replace(['-', '_'], "").to_lowercase();
        copied.iter().find_map(|(from, to)| {
            let to = clean(to);
            let systemic = |folder: &Path| FOLDERS.iter().any(|known| folder == Path::new(known));
            let place = if systemic(&to) { to.join(from.file_name()?) } else { to };
            let folder = place.parent().filter(|folder| systemic(folder))?;
            let other = place.file_name()?.to_str()?;
            (other != program && plain(other) == plain(program)).then(|| folder.join(program))
        })
    };
    // Or the only one that a bare image has.
    let only = || {
        let systemic = |folder: &Path| FOLDERS.iter().any(|known| folder == Path::new(known));
        let base = image.base.as_ref().map_or("scratch", |base| base.value.as_str());
        let path = ImageReference::parse(base)?.path;
        let bare = base == "scratch" || brought::is_closed(path) || path.starts_with("distroless");
        let plain = runs.iter().all(|run| installs_only_libraries(&run.command.assumed()));
        // Of a folder its contents are copied, whatever they are called.
        if copied.iter().any(|(from, _)| may_be_folder(from)) {
            return None;
        }
        let places = copied.iter().filter_map(|(from, to)| {
            let to = clean(to);
            let place = if systemic(&to) { to.join(from.file_name()?) } else { to };
            place.parent().is_some_and(systemic).then_some(place)
        });
        let mut programs: Vec<PathBuf> = places.collect();
        programs.dedup();
        let [made] = programs.as_slice() else { return None };
        let own = launch.words.len() == 1 && !started.foreign && bare && plain;
        let there = made.file_name().is_some_and(|made| made == program);
        (own && !there && !SYSTEM_PROGRAMS.contains(&program)).then(|| made.clone())
    };
    if !name.contains('/')
        && by_name().is_none()
        && let Some(made) = only()
    {
        return Some(Unmade {
            target: name.clone(),
            made: Some(made.display().to_string()),
            served: false,
            at: contents.said(name),
        });
    }
    let path = if name.contains('/') { launch.path(name) } else { by_name()? };
    let found = |made: PathBuf| Unmade {
        target: path.display().to_string(),
        made: Some(made.display().to_string()),
        served: false,
        at: contents.said(name),
    };
    // From another folder than was meant, the way leads to a folder of the system.
    const SYSTEM: [&str; 12] =
        ["/bin", "/dev", "/etc", "/home", "/lib", "/opt", "/root", "/run", "/srv", "/tmp", "/usr", "/var"];
    if SYSTEM.iter().any(|folder| path == Path::new(folder)) {
        let own = launch.directory.join(program);
        return tree.file(contents.files(), &own).map(|_| Unmade { target: name.clone(), ..found(own) });
    }
    let is_there = |places: &[PathBuf]| places.contains(&path);
    let files: Vec<PathBuf> =
        tree.layers().iter().filter(|layer| !layer.directory).map(|layer| layer.target.clone()).collect();
    let within = |(from, to): &(PathBuf, PathBuf)| {
        let to = clean(to);
        let into = FOLDERS.iter().any(|folder| to == Path::new(folder));
        from.file_name().filter(|_| into).map_or_else(|| to.clone(), |name| to.join(name))
    };
    let of_stages: Vec<PathBuf> = copied.iter().map(within).collect();
    let of_context = parsed.stages.last().map(|stage| absent_copies(&stage.steps)).unwrap_or_default();
    let all: Vec<PathBuf> = [files, of_stages, of_context].concat();
    let named = |run: &Run| run.command.assumed().contains(program);
    if is_there(&all)
        || contents.resolve(&path).is_some()
        || contents.is_mounted_over(&path)
        || service.volumes.iter().any(|mount| clean(Path::new(&mount.target)) == path)
        || runs.iter().any(named)
    {
        return None;
    }
    let beside = all.iter().filter(|other| other.parent() == path.parent());
    let names = beside.filter_map(|other| other.file_name()?.to_str()).filter(|other| !other.contains('.'));
    // Two programs of one family, as `api` and `app`, are no slip.
    let long = |other: &&str| program.len() > 3 && other.len() > 3;
    let made = crate::compose::nearest(program, names.filter(long))?;
    Some(found(path.with_file_name(made)))
}

/// Whether a command of a build brings no program that a service may be.
fn installs_only_libraries(run: &str) -> bool {
    const PLAIN: [&str; 16] = [
        "ca-certificates",
        "tzdata",
        "curl",
        "wget",
        "bash",
        "openssl",
        "adduser",
        "addgroup",
        "useradd",
        "groupadd",
        "mkdir",
        "chown",
        "chmod",
        "rm",
        "update-ca-certificates",
        "true",
    ];
    let words = run
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|'))
        .filter(|word| !word.is_empty());
    let tools = ["apk", "add", "apt-get", "apt", "install", "update", "clean", "upgrade"];
    words.into_iter().all(|word| {
        word.starts_with(['-', '/', '\\'])
            || word.starts_with("lib")
            || PLAIN.contains(&word)
            || tools.contains(&word)
    })
}

/// Where a stage puts what it copies from the build context, by name, whether it is there or not.
fn absent_copies(steps: &[Step]) -> Vec<PathBuf> {
    let mut directory = PathBuf::from("/");
    let mut found = Vec::new();
    for step in steps {
        match step {
            Step::WorkingDirectory(text) => directory = clean(&directory.join(text.assumed())),
            Step::Copy(copy) if copy.from.is_none() => {
                let to = copy.destination.assumed();
                let place = clean(&directory.join(&to));
                let into = to.ends_with('/') || to == "." || place == directory || copy.sources.len() > 1;
                for source in copy.sources.iter().map(Text::assumed) {
                    let name = Path::new(&source).file_name().filter(|_| !source.ends_with('/'));
                    found.push(match name {
                        Some(name) if into => place.join(name),
                        _ => place.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    found
}
