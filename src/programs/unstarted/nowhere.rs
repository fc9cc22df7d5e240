//! The script that an interpreter or a server of Rack is told, and that lies nowhere in its container.

use std::path::{Path, PathBuf};

use super::{Contents, Unstarted};
use crate::compose::ImageReference;
use crate::programs::absent::Absent;
use crate::programs::entry::{By, Launch, Way};
use crate::source::{Kind, Text, clean};

/// What runs the file that it is given first.
const INTERPRETERS: [&str; 8] = ["php", "ruby", "perl", "python", "python3", "node", "bash", "sh"];
/// What runs the application that a file of Rack describes.
const OF_RACK: [&str; 6] = ["puma", "rackup", "thin", "unicorn", "falcon", "pumactl"];
/// The images of languages, which bring no program of anybody.
const STOCK: [&str; 7] = ["php", "ruby", "perl", "python", "node", "golang", "composer"];
/// Images that bring nothing but a system.
const BARE: [&str; 3] = ["debian", "ubuntu", "alpine"];
/// Folders in which images have files of their own.
const SYSTEM: [&str; 13] = [
    "/bin", "/dev", "/etc", "/lib", "/opt", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr", "/home",
    "/root",
];
/// Where people put scripts of their own beside the system's programs.
const PROGRAMS: [&str; 5] = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/sbin"];
/// Where a script lies that is looked for in another folder.
const FOLDERS: [&str; 5] = ["", "bin", "app", "scripts", "script"];

/// The script, where the image brings none and nothing copies or mounts it: one of its name lies elsewhere in the container, or it is
/// one of Rack in a folder that is seen.
#[must_use]
pub(super) fn of(contents: &Contents<'_>) -> Option<Unstarted> {
    let Contents { image, tree, command, started, .. } = *contents;
    let base = ImageReference::parse(&image.base.as_ref()?.value)?.path;
    let base = base.strip_prefix("library/").unwrap_or(base);
    let built = image.parsed.is_some() || STOCK.contains(&base);
    if !built
        || image.assumed
        || image.problem.is_some()
        || base.contains(['/', Text::HOLE])
        || contents.is_vague()
    {
        return None;
    }
    let own = || started.calls.iter().filter(|call| call.script.is_none()).map(|call| &call.launch);
    let bare = STOCK.contains(&base) || BARE.contains(&base);
    if let Some(found) = own().filter(|_| bare).find_map(|launch| among_programs(contents, launch)) {
        return Some(found);
    }
    started.commands.iter().chain(own()).filter(|launch| launch.way == Way::Surely).find_map(|launch| {
        let (word, of_rack) = told(launch)?;
        // What a job or the script of a package runs is told where that stands.
        command.iter().find(|text| text.assumed().contains(word))?;
        let path = launch.path(word);
        let covers = |place: &Path| path.starts_with(clean(place));
        let system = SYSTEM.iter().any(|folder| path.starts_with(folder));
        if contents.resolve(&path).is_some()
            || contents.may_hold(&path)
            || system && !tree.layers().iter().any(|layer| layer.directory && covers(&layer.target))
        {
            return None;
        }
        let other = elsewhere(contents, launch, &path);
        let host = match tree.place_for(contents.files(), &path) {
            Some(host) if of_rack || other.is_some() => host,
            Some(_) => return None,
            // What is under no folder that is seen would lie in none of this machine.
            None if tree.layers().iter().any(|layer| covers(&layer.target)) => return None,
            None => other.clone()?,
        };
        let excuse = contents.absent(&host, None).excuse.filter(|_| other.is_none());
        let file = Absent { excuse, ..contents.absent(&host, other) };
        Some(Unstarted::new(contents, &path, word, file))
    })
}

/// The script that is started by its path in a folder of the system's programs, where no image that brings a language has one of
/// its name.
fn among_programs(contents: &Contents<'_>, launch: &Launch) -> Option<Unstarted> {
    let word = launch.words.first().filter(|_| launch.way == Way::Surely && launch.by == By::Path)?;
    let path = Path::new(word.as_str());
    let name = path.file_name()?.to_str()?;
    let folder = path.parent()?.to_str()?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !PROGRAMS.contains(&folder)
        || !name.ends_with(".sh")
        || name.starts_with("docker-")
        || !plain
        || contents.resolve(path).is_some()
        || contents.may_hold(path)
    {
        return None;
    }
    // A command of the build may make it in a way of its own.
    if contents.runs.iter().any(|run| run.command.assumed().contains(name)) {
        return None;
    }
    let layers = contents.tree.layers().iter();
    let host = layers.filter(|layer| layer.directory).find_map(|layer| {
        let host = layer.host.join(name);
        (contents.files().kind(&host) == Some(Kind::File)).then_some(host)
    });
    let beside = contents.tree.layers().iter().find(|layer| !layer.outside)?.host.clone();
    let wanted = if beside.extension().is_some() { beside.with_file_name(name) } else { beside.join(name) };
    let file = contents.absent(host.as_ref().unwrap_or(&wanted), host.clone());
    Some(Unstarted::new(contents, path, word, Absent { excuse: None, ..file }))
}

/// The script that a command tells, and whether it is one of Rack.
fn told(launch: &Launch) -> Option<(&str, bool)> {
    let plain = |word: &&String| word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let name = launch.name();
    if OF_RACK.contains(&name) {
        // What is written, or named in passing, stands behind an option.
        let mut words = launch.words.iter().skip(1).filter(|word| !word.starts_with('-')).filter(plain);
        return Some((words.find(|word| word.ends_with(".ru"))?, true));
    }
    let word = launch.words.get(1).filter(|_| INTERPRETERS.contains(&name) && launch.by == By::Path)?;
    let file = !word.starts_with('-') && !word.contains("vendor/") && !word.contains("node_modules/");
    Some((word.as_str(), false)).filter(|_| file && plain(&word))
}

/// The file of that name, where it lies at another place of the container: where the command starts, or in a folder that is copied or
/// mounted as a whole.
fn elsewhere(contents: &Contents<'_>, launch: &Launch, path: &Path) -> Option<PathBuf> {
    let (files, tree) = (contents.files(), contents.tree);
    let name = path.file_name()?;
    let layers = tree.layers().iter().filter(|layer| layer.directory && !layer.outside);
    let folders = std::iter::once(launch.directory.clone()).chain(layers.map(|layer| layer.target.clone()));
    let mut places = folders.flat_map(|folder| FOLDERS.map(|below| folder.join(below).join(name)));
    let host = places.find_map(|place| tree.file(files, &place).filter(|_| place != path))?;
    (files.kind(&host) == Some(Kind::File)).then_some(host)
}
