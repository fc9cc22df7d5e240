//! Files that are compiled into a program in Go (`//go:embed`), and that nothing copies to where it is compiled.

use std::path::{Path, PathBuf};

use super::embedded::BRINGS;
use super::{Stage, Unbuilt};
use crate::programs::Scope;
use crate::programs::entry::{self, Machine};
use crate::source::{SourceFile, Span, clean};

const DIRECTIVE: &str = "//go:embed ";

/// The first pattern of a program that finds nothing there, where the project has what it means (package `embed`).
pub(super) fn of(machine: &Machine<'_>, scope: &Scope, stage: &Stage<'_>) -> Option<Unbuilt> {
    let launches = entry::built_by(machine, stage.run);
    let builds = |verb: &String| matches!(verb.as_str(), "build" | "install");
    let build =
        launches.iter().find(|launch| launch.name() == "go" && launch.words.get(1).is_some_and(builds))?;
    let text = stage.before.join("\n");
    if BRINGS.iter().any(|word| text.contains(word)) || text.contains("go generate") {
        return None;
    }
    let files = machine.sources.files();
    scope.iter().find_map(|(_, place, source)| {
        let own = source.front_end.name() == "go" && place.starts_with(&build.directory);
        let tested = place.to_string_lossy().ends_with("_test.go");
        if !own || tested || !source.glance(|text| text.contains(DIRECTIVE) && !text.contains("//go:build")) {
            return None;
        }
        let (folder, host) = (place.parent()?, source.path.parent()?);
        if folder != build.directory && !is_imported(scope, folder) {
            return None;
        }
        patterns(source.file()).into_iter().find_map(|(pattern, at)| {
            let fixed = fixed(&pattern)?;
            let (target, host) = (clean(&folder.join(&fixed)), clean(&host.join(&fixed)));
            let within = machine.files.layers().iter().any(|layer| layer.target.starts_with(&target));
            // What another stage makes is copied as a whole.
            let made = machine.copied.iter().any(|(_, to)| target.starts_with(to) || to.starts_with(&target));
            let there = machine.files.resolve(files, &target).is_some() || within || made;
            if there || files.kind(&host).is_none() || text.contains(fixed.file_name()?.to_str()?) {
                return None;
            }
            let shown = fixed.display();
            let found = stage.found(
                format!("`{DIRECTIVE}{pattern}`"),
                at,
                &format!("pattern {pattern}: no matching files found"),
                &format!("copy `{shown}` before `go build`, and keep it out of `.dockerignore`"),
            );
            Some(Unbuilt { left_out: true, ..found })
        })
    })
}

/// The patterns of a file, each with the place of its line.
fn patterns(file: &SourceFile) -> Vec<(String, Span)> {
    let mut out = Vec::new();
    let mut from = 0;
    for line in file.text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix(DIRECTIVE) {
            let at = file.slice(from, from + line.trim_end().len());
            out.extend(rest.split_whitespace().map(|word| (word.trim_matches(['"', '`']).to_string(), at)));
        }
        from += line.len();
    }
    out
}

/// The path of a pattern as far as it is written out; nothing where it begins with something else.
fn fixed(pattern: &str) -> Option<PathBuf> {
    let pattern = pattern.strip_prefix("all:").unwrap_or(pattern);
    let parts = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '\\']));
    let path: PathBuf = parts.collect();
    (path.file_name().is_some() && !pattern.starts_with('/')).then_some(path)
}

/// Whether some source imports the package of a folder.
fn is_imported(scope: &Scope, folder: &Path) -> bool {
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { return false };
    let import = format!("/{name}");
    scope.iter().any(|(_, _, source)| {
        source.front_end.name() == "go" && source.imports().iter().any(|path| path.ends_with(&import))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_out_of_patterns() {
        for (pattern, path) in [
            ("static/*", Some("static")),
            ("all:web/dist", Some("web/dist")),
            ("migrations/*.sql", Some("migrations")),
            ("schema.sql", Some("schema.sql")),
            ("*.sql", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(fixed(pattern), path.map(PathBuf::from), "{pattern}");
        }
    }
}
