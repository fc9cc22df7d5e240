//! Files that a program in Python or JavaScript surely opens when it is loaded, by paths that begin at its own code, that lie there on
//! this machine, and that its image does not get.

use std::path::{Path, PathBuf};

use super::left_behind::beside;
use super::{Program, node, python};
use crate::compose::Service;
use crate::programs::entry::Way;
use crate::programs::javascript::beside::{self as scripts, Opened};
use crate::programs::unloaded::Unloaded;
use crate::programs::unstarted::is_mounted_over;
use crate::programs::{Source, has_extension, products};
use crate::source::{Kind, clean, is_ignored};

/// No more is told of one program.
const MAX: usize = 4;

/// The files that are not there.
pub(in crate::programs) fn unlaid(program: &Program<'_>, service: &Service) -> Vec<Unloaded> {
    let mut found: Vec<Unloaded> = Vec::new();
    if program.entries.is_empty() || program.image.parsed.is_none() || program.image.assumed {
        return found;
    }
    python::walk_all(program, |index, straight| {
        let Some((place, source)) = program.scope.get(index).filter(|_| !straight.opened.is_empty()) else {
            return;
        };
        let Some(folder) = place.parent() else { return };
        for opened in &straight.opened {
            let target = clean(&folder.join(&opened.value));
            note(&mut found, (program, service), &target, || {
                let missing = Unloaded::new(target.display().to_string(), opened.span);
                program.lacks_beside((place, source), &target).then_some(missing)
            });
        }
    });
    let compiled = Compiled::of(program);
    node::walk_files(program, |index, file, _| {
        let Some((place, source)) = program.scope.get(index) else { return };
        for Opened { path, need } in scripts::opened(file) {
            let own = place.parent().map(|folder| clean(&folder.join(&path.value)));
            let made = compiled.as_ref().and_then(|it| it.target(program, (place, source), &path.value));
            let lacks_made = made.is_some();
            let Some(target) = made.or(own) else { continue };
            note(&mut found, (program, service), &target, || {
                let missing = Unloaded { need, ..Unloaded::new(target.display().to_string(), path.span) };
                (lacks_made || program.lacks_beside((place, source), &target)).then_some(missing)
            });
        }
    });
    found
}

/// Adds what is not there, unless it is known or something may be mounted over it.
fn note(
    found: &mut Vec<Unloaded>,
    (program, service): (&Program<'_>, &Service),
    target: &Path,
    missing: impl FnOnce() -> Option<Unloaded>,
) {
    let told = |known: &Unloaded| Path::new(&known.target) == target;
    if found.len() < MAX
        && !found.iter().any(told)
        && !is_mounted_over(program.machine.sources, service, target)
    {
        found.extend(missing());
    }
}

impl Program<'_> {
    fn lacks_beside(&self, (place, source): (&Path, &Source), target: &PathBuf) -> bool {
        self.left_behind((place, source), std::iter::once(target)).is_some()
            || self.lacks_folder((place, &source.path), target)
    }

    /// Whether a folder that lies beside the code on this machine is not in the image, nor anything of it.
    fn lacks_folder(&self, (place, host): (&Path, &Path), target: &PathBuf) -> bool {
        let files = self.machine.sources.files();
        let tree = self.machine.files;
        let here = beside(place, host, target);
        let is_folder = here.is_some_and(|here| files.kind(&here) == Some(Kind::Directory));
        let brought = || self.machine.copied.iter().any(|(_, to)| target.starts_with(clean(to)));
        let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let made = || self.runs.iter().any(|run| run.command.assumed().contains(name));
        let within = || tree.layers().iter().any(|layer| layer.target.starts_with(target));
        let own = tree.file(files, place).is_some_and(|code| code == host);
        is_folder
            && own
            && !super::left_behind::is_made(target)
            && tree.resolve(files, target).is_none()
            && !brought()
            && !made()
            && !within()
            && !self.may_install_more()
    }
}

/// A program that was compiled of TypeScript: the folder of what was made, and that of its sources, as its build has it.
struct Compiled {
    made: PathBuf,
    sources: PathBuf,
}

impl Compiled {
    /// From where on what is started lies as its source does.
    fn of(program: &Program<'_>) -> Option<Self> {
        let calls = program.started.calls.iter().map(|call| &call.launch);
        let mut launches = calls.filter(|launch| launch.way == Way::Surely && launch.name() == "node");
        let launch = launches.next()?;
        let name = launch.words.iter().skip(1).find(|word| !word.starts_with('-'))?;
        let started = launch.path(name).with_extension("");
        program.entries.iter().find_map(|index| {
            let (place, _) = program.scope.get(*index)?;
            let typed = has_extension(place, &["ts", "mts", "cts"]);
            let source = place.with_extension("");
            let (mut made, mut sources) = (started.as_path(), source.as_path());
            let mut same = 0;
            while made.file_name().is_some() && made.file_name() == sources.file_name() {
                (made, sources) = (made.parent()?, sources.parent()?);
                same += 1;
            }
            (typed && same > 0 && made != sources)
                .then(|| Self { made: made.to_path_buf(), sources: sources.to_path_buf() })
        })
    }

    /// Where a module of these sources looks for a path when it runs, if that lies beside the source on this machine and the
    /// build is seen not to bring it there.
    fn target(
        &self,
        program: &Program<'_>,
        (place, source): (&Path, &Source),
        path: &str,
    ) -> Option<PathBuf> {
        let files = program.machine.sources.files();
        let below = place.strip_prefix(&self.sources).ok()?.parent()?;
        let target = clean(&self.made.join(below).join(path));
        let here = clean(&source.path.parent()?.join(path));
        let there = files.kind(&here).is_some() && !is_ignored(files, &here);
        (there && products::lacks(program.machine.sources, program.whole, std::iter::once(&target)))
            .then_some(target)
    }
}
