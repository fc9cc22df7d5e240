//! Bind mounts of the code that a service runs, at a place of which neither its image nor anything of the service knows: the image runs
//! its own copy at another.

use std::path::{Path, PathBuf};

use super::service::ServiceFacts;
use crate::compose::{ImageReference, MountKind};
use crate::programs::dockerfile::Step;
use crate::programs::has_extension;
use crate::source::{Span, clean};

/// A mount of code at which nothing looks.
#[derive(Clone, Debug)]
pub struct IdleMount {
    /// As it is written.
    pub source: String,
    /// Where it is mounted.
    pub target: String,
    /// Where that is written.
    pub at: Span,
    /// Where the image has a file of the code that runs.
    pub runs: PathBuf,
}

/// The official images whose programs lie where a Dockerfile puts them.
const BASES: [&str; 7] = ["node", "python", "golang", "ruby", "rust", "oven/bun", "denoland/deno"];

/// The first such mount of a service.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Option<IdleMount> {
    let (own, program) = (service.service, service.program);
    let image = &program.image;
    let parsed = image.parsed.as_ref().filter(|_| !image.assumed && image.problem.is_none())?;
    let base = image.base.as_ref().map(|base| base.value.as_str()).and_then(ImageReference::parse)?;
    let known = BASES.contains(&base.path) && program.entry_known && !program.idle;
    if !known
        || own.working_dir.is_some()
        || service.environment.unseen().is_some()
        || service.lacks_env_file()
    {
        return None;
    }
    let mounts = || own.volumes.iter().filter(|mount| mount.kind == MountKind::Bind);
    let scope = &program.scope;
    // Each file of this machine that is in the container, with its place there.
    let code =
        |place: &Path| has_extension(place, &["js", "mjs", "cjs", "ts", "tsx", "py", "go", "rb", "rs"]);
    let held = || {
        let all = scope.iter().filter(|(_, place, _)| code(place));
        all.map(|(_, place, source)| (place.to_path_buf(), source.path.clone()))
    };
    let mut texts: Vec<String> = Vec::new();
    for step in parsed.stages.iter().flat_map(|stage| &stage.steps) {
        match step {
            Step::Run(text) | Step::WorkingDirectory(text) => texts.push(text.assumed()),
            Step::Copy(copy) => texts.push(copy.destination.assumed()),
            Step::Env(all) | Step::Arg(all) => {
                texts.extend(all.iter().filter_map(|one| Some(one.value.as_ref()?.assumed())));
            }
            _ => {}
        }
    }
    texts.extend(program.command.iter().map(|word| word.assumed()));
    let words = [&own.entrypoint, &own.command].into_iter().flatten();
    texts.extend(words.flat_map(|command| &command.words).map(|word| word.assumed()));
    texts.extend(service.environment.iter().filter_map(|(_, it)| Some(it.value()?.assumed())));
    mounts().find_map(|mount| {
        let (host, target) = (mount.path.as_ref()?, clean(Path::new(&mount.target)));
        let name = target.to_str().filter(|name| name.len() > 1)?;
        let elsewhere =
            || held().filter(|(place, file)| file.starts_with(host) && !place.starts_with(&target));
        // A mount over the code that runs makes that live, whatever else is mounted.
        let over = |place: &Path| mounts().any(|other| place.starts_with(clean(Path::new(&other.target))));
        let (runs, _) = elsewhere().next().filter(|_| !elsewhere().any(|(place, _)| over(&place)))?;
        let first = Path::new("/").join(target.iter().nth(1)?);
        let first = first.to_str()?;
        // Whoever names the folder, or one above it, may look there.
        let spoken = texts.iter().any(|text| text == "/" || names(text, first));
        let quoted = ['"', '\'', '`'].map(|quote| format!("{quote}{first}"));
        let known = spoken || !scope.containing_any(&quoted.each_ref().map(String::as_str)).is_empty();
        (!known).then(|| IdleMount {
            source: mount.source.clone().unwrap_or_default(),
            target: name.to_string(),
            at: mount.target_origin.written,
            runs,
        })
    })
}

/// Whether a text names a folder at the root: `/app`, and not `/usr/src/app`.
fn names(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + folder.len()..).and_then(|after| after.chars().next());
        let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !before.is_some_and(|c| joins(c) || c == '/') && !after.is_some_and(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn folders_at_the_root() {
        assert!(
            names("/app", "/app") && names("cd /app/src && make", "/app") && names("--prefix=/app", "/app")
        );
        assert!(!names("/usr/src/app", "/app") && !names("/apps", "/app") && !names("./app", "/app"));
    }
}
