//! Files that are compiled into a program in Rust, and that nothing copies to where it is compiled.

use std::path::Path;

use super::{Stage, Unbuilt};
use crate::programs::Scope;
use crate::programs::entry::{self, Machine};
use crate::source::clean;

/// Macros that take files in, and what they take where nothing is said; what begins with a folder is looked for in the crate's own
/// one, the rest beside the source.
const MACROS: [(&str, Option<&str>); 4] = [
    ("migrate!(", Some("migrations")),
    ("embed_migrations!(", Some("migrations")),
    ("include_str!(", None),
    ("include_bytes!(", None),
];
/// Words of a build that bring files which are not seen.
pub(super) const BRINGS: [&str; 6] = ["type=bind", "git clone", "cp ", "mv ", "ln ", "tar "];

/// The first such file of a program, where the project has it.
pub(super) fn of(machine: &Machine<'_>, scope: &Scope, stage: &Stage<'_>) -> Option<Unbuilt> {
    let launches = entry::built_by(machine, stage.run);
    let build = launches.iter().find(|launch| {
        let verb = launch.words.iter().skip(1).find(|word| !word.starts_with(['-', '+']));
        launch.name() == "cargo" && verb.is_some_and(|verb| matches!(verb.as_str(), "build" | "b"))
    })?;
    let text = stage.before.join("\n");
    if BRINGS.iter().any(|word| text.contains(word)) {
        return None;
    }
    let files = machine.sources.files();
    scope.iter().find_map(|(_, place, source)| {
        let own = source.front_end.name() == "rust" && place.starts_with(&build.directory);
        if !own || !source.glance(|text| MACROS.iter().any(|(name, _)| text.contains(name))) {
            return None;
        }
        let root = place.ancestors().skip(1).find(|folder| machine.has(&folder.join("Cargo.toml")))?;
        let below = place.strip_prefix(root).ok()?;
        let depth = below.components().count();
        let host_root = source.path.ancestors().nth(depth)?;
        let file = source.file();
        MACROS.iter().find_map(|(name, usual)| {
            file.text.match_indices(name).find_map(|(at, _)| {
                let rest = file.text.get(at + name.len()..)?;
                let written = match rest.trim_start().strip_prefix('"') {
                    Some(inside) => inside.split('"').next()?,
                    None => usual.filter(|_| rest.trim_start().starts_with(')'))?,
                };
                let (target, host) = match usual {
                    Some(_) => (root.join(written), host_root.join(written)),
                    None => (place.parent()?.join(written), source.path.parent()?.join(written)),
                };
                let (target, host) = (clean(&target), clean(&host));
                let last = Path::new(written).file_name()?.to_str()?;
                let within = machine.files.layers().iter().any(|layer| layer.target.starts_with(&target));
                let there = machine.files.resolve(files, &target).is_some() || within;
                if there || files.kind(&host).is_none() || text.contains(last) || !is_compiled(&file.text, at)
                {
                    return None;
                }
                let what = format!("`{name}\"{written}\")`");
                let found = stage.found(
                    what,
                    file.slice(at, at + name.len() - 1),
                    "error: No such file or directory",
                    &format!("copy `{written}` before `cargo build`"),
                );
                Some(Unbuilt { left_out: true, ..found })
            })
        })
    })
}

/// Whether code at this place stands in no comment and in no test.
fn is_compiled(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let begins = line.chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    begins && !line.contains("//") && !before.contains("#[cfg(") && !before.contains("#[test]")
}
