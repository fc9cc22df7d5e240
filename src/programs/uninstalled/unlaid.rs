//! Files that a program in Python surely opens when it is loaded, by paths that begin at its own code, that lie there on this machine,
//! and that its image does not get.

use std::path::{Path, PathBuf};

use super::{Program, python};
use crate::compose::Service;
use crate::programs::unloaded::Unloaded;
use crate::programs::unstarted::is_mounted_over;
use crate::source::{Kind, clean};

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
            let absent = || {
                let behind = program.left_behind((place, source), std::iter::once(&target));
                behind.is_some() || program.lacks_folder((place, &source.path), &target)
            };
            let told = |known: &Unloaded| Path::new(&known.target) == target;
            if found.len() < MAX
                && !found.iter().any(told)
                && !is_mounted_over(program.machine.sources, service, &target)
                && absent()
            {
                found.push(Unloaded::new(target.display().to_string(), opened.span));
            }
        }
    });
    found
}

impl Program<'_> {
    /// Whether a folder that lies beside the code on this machine is not in the image, nor anything of it.
    fn lacks_folder(&self, (place, host): (&Path, &Path), target: &PathBuf) -> bool {
        let files = self.machine.sources.files();
        let tree = self.machine.files;
        let here = super::left_behind::beside(place, host, target);
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
