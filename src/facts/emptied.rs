//! Folders that are mounted and not there, over what the container needs: it sees an empty folder in that place.

use std::path::Path;

use super::ServiceFacts;
use crate::compose::{Mount, MountKind};
use crate::programs::AbsentFile;
use crate::programs::unlooked::looks_in;
use crate::source::clean;

/// What a container needs and an empty folder takes from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emptied {
    /// What the build of its image copied there: the code, or where its command starts.
    Code,
    /// A folder of code lies beside it, is called as the place where it is mounted, and is nowhere in the container.
    Namesake,
    /// What its command starts, which nothing else brings.
    Started,
    /// The files that say what it serves.
    Settings,
    /// The pages that its web server gives out; whether the container may only read them, so that it can't make them.
    Pages(bool),
    /// The scripts that fill its database; something of nearly that name lies beside it, or not.
    Scripts(bool),
    /// What another service of the same build has there, from this folder.
    Beside(String, String),
}

/// Programs that do nothing without files of the project.
const RUNNERS: [&str; 16] = [
    "node", "npm", "yarn", "pnpm", "bun", "nodemon", "python", "python3", "flask", "php", "ruby", "bundle",
    "rails", "go", "mix", "dotnet",
];

/// Folders of pages that builds make, often on the machine.
const BUILT: [&str; 8] = ["dist", "build", "out", "output", "public", "static", "_site", "site"];

/// Words of commands that make a project where there is none.
const MAKES: [&str; 8] = ["create", "init", "new", "clone", "startproject", "cp", "rsync", "tar"];

impl ServiceFacts<'_> {
    /// What of the service is gone for the folder that is mounted and not there.
    #[must_use]
    pub fn emptied(&self, missing: &AbsentFile, others: &[&Self]) -> Option<Emptied> {
        let target = clean(Path::new(&missing.target));
        if target == Path::new("/") {
            return None;
        }
        let image = &self.program.image;
        let start = self.service.working_dir.as_ref().map(|directory| directory.assumed());
        let start = start.or_else(|| image.working_dir.clone()).unwrap_or_default();
        let starts_there = Path::new(&start).starts_with(&target);
        if let Some(build) = &self.service.build {
            let same = |other: &&&Self| {
                other.key != self.key
                    && other.service.build.as_ref().is_some_and(|own| {
                        let file =
                            |build: &crate::compose::Build| build.dockerfile.as_ref().map(|it| it.assumed());
                        own.directory.is_some()
                            && own.directory == build.directory
                            && file(own) == file(build)
                    })
            };
            let mounted = |other: &&Self| {
                let lacks = |path: &Path| {
                    other.program.absent_folders.iter().any(|absent| absent.file.path == clean(path))
                };
                other.service.volumes.iter().find_map(|mount| {
                    let path = mount.path.as_deref().filter(|_| mount.kind == MountKind::Bind)?;
                    let there = clean(Path::new(&mount.target)) == target && !lacks(path);
                    there.then(|| Emptied::Beside(other.key.to_string(), path.display().to_string()))
                })
            };
            if let Some(found) = others.iter().filter(same).find_map(mounted) {
                return Some(found);
            }
            let layers = self.program.files.layers().iter();
            let copied = layers.filter(|layer| !layer.hides).any(|layer| layer.target.starts_with(&target));
            let known = image.parsed.is_some() && !image.assumed;
            let code = copied && starts_there || missing.hides.is_some();
            return match (known && code, missing.file.instead.is_some()) {
                _ if self.makes_it() => None,
                (true, _) => Some(Emptied::Code),
                (false, namesake) => namesake.then_some(Emptied::Namesake),
            };
        }
        if let Some(known) = self.image {
            let needs = |file: &String| {
                Path::new(file).starts_with(&target)
                    && !file.contains("templates")
                    && !target.ends_with("etc")
            };
            // With one of nearly that name beside it, what is mounted to be read is meant to be there.
            let own = self.reference.as_deref().is_some_and(|reference| looks_in(reference, &target))
                && missing.file.has_nearly;
            if known.settings.iter().any(needs) || own {
                return Some(Emptied::Settings);
            }
            let is = |folders: &[String]| folders.iter().any(|folder| Path::new(folder) == target);
            let within = |mount: &&Mount| {
                let place = clean(Path::new(&mount.target));
                place != target && place.starts_with(&target)
            };
            let built = missing
                .file
                .missing
                .components()
                .chain(missing.file.path.components())
                .any(|part| part.as_os_str().to_str().is_some_and(|part| BUILT.contains(&part)));
            let alone = !self.service.volumes.iter().any(|mount| within(&mount)) && !self.makes_it();
            // What another service mounts, too, that may fill.
            let shared = others.iter().any(|other| {
                let mut paths = other.service.volumes.iter().filter_map(|mount| mount.path.as_deref());
                other.key != self.key && paths.any(|path| clean(path) == missing.file.path)
            });
            if is(&known.pages) && alone && !built && !shared {
                let at = |mount: &&Mount| clean(Path::new(&mount.target)) == target;
                return Some(Emptied::Pages(
                    self.service.volumes.iter().find(at).is_some_and(|it| it.read_only),
                ));
            }
            let nearly = missing.file.has_nearly || missing.file.instead.is_some();
            return (is(&known.init) && alone).then_some(Emptied::Scripts(nearly));
        }
        let runs = self.program.commands.iter().any(|words| {
            let first = words.first().map_or("", String::as_str);
            RUNNERS.contains(&first.rsplit('/').next().unwrap_or(first)) && words.len() > 1
        });
        let told = self.service.working_dir.is_some() && starts_there;
        (runs && told && !self.makes_it()).then_some(Emptied::Started)
    }

    /// Whether its command may make what is not there.
    fn makes_it(&self) -> bool {
        let words = self.program.command.iter().map(|word| word.assumed());
        let all = words.chain(self.program.commands.iter().flatten().cloned());
        all.into_iter().any(|word| {
            let unread = word.ends_with(".sh") && !self.program.entry_known;
            word.split([' ', ':', '-', '\n']).any(|part| MAKES.contains(&part)) || unread
        })
    }
}
