//! Files of the program's own that it loads and that its repository leaves out: `config.py` that `.gitignore` names, and that a clone
//! does not have.

use std::path::{Path, PathBuf};

use super::Program;
use super::own::MAKES;
use crate::compose::is_spoken_of;
use crate::programs::service_files::{ImageTree, is_aside};
use crate::source::{Kind, is_ignored};

/// Those of files that no hand writes.
const GENERATED: [&str; 12] = [
    "generated",
    "/gen/",
    "_pb",
    "pb2",
    "/dist/",
    "/build/",
    "/target/",
    "version",
    "node_modules",
    "vendor",
    "codegen",
    "manifest",
];
/// Words of a build that writes files, or runs something of the project's own that may.
const WRITES: [&str; 12] =
    [" > ", "node ", "python ", "python3 ", "make", ".sh", "cp ", "mv ", "envsubst", "curl", "wget", "run "];

impl Program<'_> {
    /// The file of one of these places that the repository leaves out, where others like it lie and neither a note, nor a script, nor a
    /// build, nor a sample says how it is made.
    pub(super) fn left_out<'p>(
        &self,
        tree: &ImageTree,
        mut places: impl Iterator<Item = &'p PathBuf>,
    ) -> Option<PathBuf> {
        const SAMPLES: [&str; 6] = ["example", "sample", "template", "dist", "default", "tmpl"];
        let sources = self.machine.sources;
        let files = sources.files();
        let host = places.find_map(|place| {
            let host = tree.place_for(files, place).filter(|_| !is_aside(place))?;
            (host.extension().is_some() && is_ignored(files, &host)).then_some(host)
        })?;
        let (folder, name) = (host.parent()?, host.file_name()?.to_str()?);
        let stem = host.file_stem()?.to_str()?;
        let generated = GENERATED.iter().any(|word| host.to_string_lossy().contains(word));
        let near =
            [Some(folder), folder.parent()].into_iter().flatten().flat_map(|folder| files.list(folder));
        let sampled =
            |other: &String| other.contains(stem) && SAMPLES.iter().any(|word| other.contains(word));
        let made = self.runs.iter().any(|run| {
            let text = run.command.assumed();
            text.contains(name) || MAKES.iter().chain(&WRITES).any(|word| text.contains(word))
        });
        let alike = files.list(folder).iter().any(|other| {
            other != name
                && Path::new(other).extension().is_some()
                && files.kind(&folder.join(other)) == Some(Kind::File)
        });
        let told = || is_spoken_of(sources, &host);
        (alike && !generated && !made && !near.into_iter().any(|other| sampled(&other)) && !told())
            .then(|| host.clone())
    }
}
