//! Which packages a file imports, and where they lie: directories below the modules that `go.mod` names.

use std::path::{Path, PathBuf};

use crate::programs::{ModuleIndex, Scope, has_extension};
use crate::source::clean;

/// The import paths of a file, by a scan over its head.
pub(super) fn scan(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut within = false;
    // Semicolons end a line, too; no path has one.
    let plain = text.lines().map(|line| line.split("//").next().unwrap_or(line));
    for line in plain.flat_map(|line| line.split(';')) {
        let line = line.trim();
        if within {
            within = !line.contains(')');
            out.extend(path_in(line));
        } else if let Some(rest) = line.strip_prefix("import") {
            match rest.trim_start().strip_prefix('(') {
                Some(rest) => {
                    within = !rest.contains(')');
                    out.extend(path_in(rest));
                }
                None => out.extend(path_in(rest)),
            }
        } else if ["func ", "type ", "var ", "const "].iter().any(|word| line.starts_with(word)) {
            // Imports come before everything else.
            break;
        }
    }
    out
}

fn path_in(line: &str) -> Option<String> {
    let (before, rest) = line.split_once(['"', '`'])?;
    let path = rest.split(['"', '`']).next()?;
    (!before.contains("//") && !path.is_empty()).then(|| path.to_string())
}

/// The name that `module` gives in a `go.mod`.
#[must_use]
pub fn module_name(manifest: &str) -> Option<&str> {
    let name = manifest.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    Some(name.split("//").next()?.trim().trim_matches('"')).filter(|name| !name.is_empty())
}

/// A `go.mod`: where it lies and what it says.
struct Manifest<'s> {
    directory: &'s Path,
    text: &'s str,
}

fn manifest<'s>(scope: &'s Scope, directory: &'s Path, name: &str) -> Option<Manifest<'s>> {
    let (_, source) = scope.get(scope.at(&directory.join(name))?)?;
    Some(Manifest { directory, text: source.text() })
}

/// The first file of the package that the import path names.
pub(super) fn candidates(scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
    let directories = match module.starts_with('.') {
        true => importer.parent().map(|directory| clean(&directory.join(module))).into_iter().collect(),
        false => directories(scope, importer, module),
    };
    let first = |directory: &PathBuf| {
        let mut inside = scope.within(directory).map(|(index, place)| (index, place.to_path_buf()));
        inside.find(|(index, place)| counts(scope, *index, place)).map(|(_, place)| place)
    };
    directories.iter().find_map(first).into_iter().collect()
}

fn directories(scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
    let above = || importer.ancestors().skip(1).take(16);
    let mut found = Vec::new();
    let own = above().find_map(|directory| manifest(scope, directory, "go.mod"));
    if let Some(own) = &own {
        found.extend(below(module_name(own.text), own.directory, module));
        for (name, path) in replaced(own.text) {
            found.extend(below(Some(name), &own.directory.join(path), module));
        }
    }
    if let Some(work) = above().find_map(|directory| manifest(scope, directory, "go.work")) {
        for path in used(work.text) {
            let directory = clean(&work.directory.join(path));
            let name = manifest(scope, &directory, "go.mod").and_then(|found| module_name(found.text));
            found.extend(below(name, &directory, module));
        }
    }
    if own.is_none() {
        // Without a manifest the end of the path says where the package lies.
        let parts: Vec<&str> = module.split('/').collect();
        for directory in above() {
            let tails = (1..parts.len().min(6)).filter_map(|cut| parts.get(cut..));
            found.extend(tails.map(|tail| directory.join(tail.iter().collect::<PathBuf>())));
        }
    }
    found
}

/// The directory of a package of the module named so.
fn below(name: Option<&str>, directory: &Path, package: &str) -> Option<PathBuf> {
    let rest = package.strip_prefix(name?)?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(clean(&directory.join(rest))),
        None => rest.is_empty().then(|| clean(directory)),
    }
}

/// The modules that `replace` takes from directories: `replace a.b/c => ../c`.
fn replaced(manifest: &str) -> Vec<(&str, &str)> {
    let lines = manifest.lines().filter_map(|line| line.split("//").next()?.split_once("=>"));
    let local = lines.filter_map(|(from, to)| {
        let to = to.trim();
        let from = from.trim().trim_start_matches("replace").split_whitespace().next()?;
        to.starts_with('.').then_some((from, to))
    });
    local.collect()
}

/// The directories that a `go.work` uses.
fn used(work: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut within = false;
    for line in work.lines() {
        let line = line.split("//").next().unwrap_or("").trim();
        let rest = line.strip_prefix("use").filter(|rest| rest.starts_with([' ', '(', '\t']));
        if let Some(rest) = rest {
            within = rest.contains('(');
            found.extend(rest.trim().trim_start_matches('(').split_whitespace().next());
        } else if within {
            within = !line.starts_with(')');
            found.extend(line.split_whitespace().next().filter(|word| *word != ")"));
        }
    }
    found
}

/// The files of the package that lies in the directory of this one.
pub(super) fn files(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let Some(directory) = place.parent() else { return Vec::new() };
    let inside = scope.within(directory).filter(|(index, place)| counts(scope, *index, place));
    inside.map(|(index, _)| index).take(500).collect()
}

/// The files that are run when this place is: those of the package in a directory, or of the one that a
/// file belongs to.
#[must_use]
pub fn package_at(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    match scope.at(place) {
        Some(index) if has_extension(place, &["go"]) => vec![index],
        Some(_) => Vec::new(),
        None => files(scope, &place.join("main.go")),
    }
}

/// Whether the file is one that is compiled for a container: no test, and not for another system.
fn counts(scope: &Scope, index: ModuleIndex, place: &Path) -> bool {
    let stem = place.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let elsewhere = ["windows", "darwin", "js", "wasm", "freebsd", "plan9", "android", "ios"];
    if !has_extension(place, &["go"])
        || stem.ends_with("_test")
        || elsewhere.iter().any(|system| stem.ends_with(&format!("_{system}")))
    {
        return false;
    }
    scope.get(index).is_some_and(|(_, source)| !source.signs().left_out)
}

/// Whether a build constraint before the package leaves the file out of a build for a container.
pub(super) fn left_out(text: &str) -> bool {
    let head = text.lines().take_while(|line| !line.starts_with("package "));
    let mut tags = head.filter_map(|line| line.strip_prefix("//go:build "));
    tags.any(|tag| {
        let tag = tag.trim();
        matches!(tag, "ignore" | "tools" | "windows" | "darwin" | "integration" | "wireinject" | "e2e")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_scanned() {
        let text = "package main\n\nimport \"fmt\"\nimport (\n\t\"os\" // \"not\"\n\t_ \"github.com/lib/pq\"\n\tcfg \"shop/config\"\n\t// \"old\"\n)\n\nfunc main() {\n}\nimport \"late\"\n";
        assert_eq!(scan(text), ["fmt", "os", "github.com/lib/pq", "shop/config"]);
        assert_eq!(
            scan("package a; import ( \"os\"; _ \"b/c\" ); import \"d\" // ; \"e\"\nvar x = \"f\"\n"),
            ["os", "b/c", "d"]
        );
    }

    #[test]
    fn manifests_are_read() {
        let text = "// comment\nmodule example.org/shop // x\n\ngo 1.22\nreplace example.org/lib => ../lib\nreplace (\n\ta/b v1.0.0 => ./b\n\tc => d v1.2.3\n)\n";
        assert_eq!(module_name(text), Some("example.org/shop"));
        assert_eq!(replaced(text), [("example.org/lib", "../lib"), ("a/b", "./b")]);
        assert_eq!(used("go 1.22\nuse ./a\nuse (\n\t./b\n\t./c // c\n)\n"), ["./a", "./b", "./c"]);
    }
}
