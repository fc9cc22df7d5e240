//! Files of the program's own that it surely loads, that lie beside it on this machine, and that its image does not get: no `COPY`
//! names them, or `.dockerignore` leaves them out.

use std::path::{Path, PathBuf};

use super::{Missing, Program};
use crate::programs::Source;
use crate::programs::service_files::is_aside;
use crate::source::{Kind, clean, is_ignored};

/// Words of a build that makes sources.
const MAKES: [&str; 7] = ["generate", "codegen", "protoc", "grpc_tools", "buf ", "swagger", "compile"];

/// Folders of what builds make, or install.
const OUTPUTS: [&str; 9] =
    ["node_modules", "vendor", "dist", "build", "out", "target", "generated", "__generated__", "gen"];

/// A file that is left on this machine.
pub(super) struct LeftBehind {
    /// It.
    pub host: PathBuf,
    /// Why it is not there: [`Missing::Uncopied`] or [`Missing::Ignored`].
    pub lack: Missing,
}

impl Program<'_> {
    /// The first of these places of the container that nothing gets to, though the file for it lies here, as the one that asks for
    /// it lies at `place`.
    pub(super) fn left_behind<'p>(
        &self,
        (place, source): (&Path, &Source),
        mut targets: impl Iterator<Item = &'p PathBuf>,
    ) -> Option<LeftBehind> {
        let files = self.machine.sources.files();
        let tree = self.machine.files;
        // Of what is compiled the image gets something else.
        if tree.file(files, place).is_none_or(|host| host != source.path) || self.may_install_more() {
            return None;
        }
        targets.find_map(|target| {
            let target = clean(target);
            if is_aside(&target) || is_made(&target) {
                return None;
            }
            let host = beside(place, &source.path, &target)?;
            let brought = self.machine.copied.iter().any(|(_, to)| target.starts_with(clean(to)));
            let stem = target.file_stem()?.to_str()?;
            let made = self.runs.iter().any(|run| {
                let text = run.command.assumed();
                names(&text, stem) || MAKES.iter().any(|word| text.contains(word))
            });
            let here = match files.kind(&host) {
                Some(Kind::File) => true,
                // A package of Python's. One that is installed may have the name of a folder of scripts.
                Some(Kind::Directory) => {
                    let names = files.list(&host);
                    let sure = names.iter().any(|name| name == "__init__.py")
                        || super::python::installed(self).is_some();
                    sure && names.iter().any(|name| name.ends_with(".py"))
                }
                _ => false,
            };
            if !here || tree.resolve(files, &target).is_some() || brought || made || is_ignored(files, &host)
            {
                return None;
            }
            let hidden = tree
                .layers()
                .iter()
                .any(|layer| layer.directory && target.starts_with(&layer.target) && layer.leaves_out(&host));
            Some(LeftBehind { host, lack: if hidden { Missing::Ignored } else { Missing::Uncopied } })
        })
    }
}

/// Whether a command speaks of a file by its stem, and not of another whose name only holds it: `en`, not `requirements`.
fn names(command: &str, stem: &str) -> bool {
    command.match_indices(stem).any(|(at, _)| {
        let before = command.get(..at).and_then(|before| before.chars().next_back());
        let after = command.get(at + stem.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// Whether its name says that something makes it.
pub(super) fn is_made(target: &Path) -> bool {
    let mut names = target.components().filter_map(|part| part.as_os_str().to_str());
    let stem = target.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    names.any(|name| OUTPUTS.contains(&name))
        || ["_pb2", "_pb2_grpc", "_pb"].iter().any(|end| stem.ends_with(end))
}

/// Where a place of the container lies on this machine, seen from another whose file is known; above that as far as the folders have
/// the same names.
pub(super) fn beside(place: &Path, host: &Path, target: &Path) -> Option<PathBuf> {
    let (mut inside, mut here) = (place.parent()?, host.parent()?);
    loop {
        if let Ok(below) = target.strip_prefix(inside) {
            // The root of a container is no folder of a project.
            return inside.parent().map(|_| here.join(below));
        }
        if inside.file_name()? != here.file_name()? {
            return None;
        }
        (inside, here) = (inside.parent()?, here.parent()?);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::beside;

    #[test]
    fn places() {
        let beside = |place: &str, host: &str, target: &str| {
            beside(Path::new(place), Path::new(host), Path::new(target))
        };
        let at = |path: &str| Some(PathBuf::from(path));
        assert_eq!(beside("/app/main.py", "/p/web/main.py", "/app/helpers.py"), at("/p/web/helpers.py"));
        assert_eq!(beside("/app/src/a.js", "/p/src/a.js", "/app/lib/b.js"), at("/p/lib/b.js"));
        assert_eq!(beside("/app/a.js", "/p/src/a.js", "/lib/b.js"), None);
        assert_eq!(beside("/a.js", "/p/a.js", "/b.js"), None);
    }
}
