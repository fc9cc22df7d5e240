//! The modules that `go.mod` asks for, and what `go.sum` has to know of them.

use std::path::{Path, PathBuf};

use crate::source::{Files, Kind};

/// No source is longer, and not more of them are read.
const MAX_FILE: u64 = 400_000;
const MAX_FILES: usize = 600;

/// A module that is asked for by the module itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Required<'t> {
    /// Its path.
    pub module: &'t str,
    /// The version.
    pub version: &'t str,
    /// Where its path begins in the text.
    pub at: usize,
}

/// The modules that the text of a `go.mod` asks for by itself, without those that lie beside it in the repository.
#[must_use]
pub fn required(text: &str) -> Vec<Required<'_>> {
    let mut out = Vec::new();
    let mut local = Vec::new();
    let (mut block, mut next) = ("", 0);
    for line in text.split_inclusive('\n') {
        let start = next;
        next += line.len();
        let words: Vec<&str> = line.split("//").next().unwrap_or("").split_whitespace().collect();
        let rest = match words.as_slice() {
            [word, "("] => {
                block = word;
                continue;
            }
            [")", ..] => {
                block = "";
                continue;
            }
            ["require", rest @ ..] if block.is_empty() => ("require", rest),
            ["replace", rest @ ..] if block.is_empty() => ("replace", rest),
            rest => (block, rest),
        };
        match rest {
            ("require", [module, version]) if !line.contains("// indirect") => {
                let at = start + line.find(module).unwrap_or(0);
                out.push(Required { module: module.trim_matches('"'), version, at });
            }
            // What takes the place of another has sums of its own name.
            ("replace", [module, ..]) => local.push(*module),
            _ => {}
        }
    }
    out.retain(|required| !local.contains(&required.module));
    out
}

/// The first of the modules that a source below the folder imports; tests, and what tools leave out, count for nothing.
#[must_use]
pub fn imported<'m>(files: &dyn Files, folder: &Path, modules: &[&'m str]) -> Option<&'m str> {
    let mut left: Vec<PathBuf> = vec![folder.to_path_buf()];
    let mut read = 0;
    while let Some(folder) = left.pop() {
        for name in files.list(&folder) {
            let path = folder.join(&name);
            match files.kind(&path) {
                Some(Kind::Directory) => {
                    let own = files.kind(&path.join("go.mod")).is_some();
                    let aside = name.starts_with(['.', '_'])
                        || matches!(name.as_str(), "vendor" | "testdata" | "node_modules");
                    if !own && !aside {
                        left.push(path);
                    }
                }
                Some(Kind::File) if name.ends_with(".go") && !name.ends_with("_test.go") => {
                    read += 1;
                    if read > MAX_FILES {
                        return None;
                    }
                    let Ok(bytes) = files.read(&path, MAX_FILE) else { continue };
                    let text = String::from_utf8_lossy(&bytes);
                    if text.contains("//go:build") || text.contains("// +build") {
                        continue;
                    }
                    let imports = |module: &&&str| {
                        text.contains(&format!("\"{module}\"")) || text.contains(&format!("\"{module}/"))
                    };
                    if let Some(found) = modules.iter().find(imports) {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for() {
        let text = "module example.com/x\n\ngo 1.22\n\nrequire github.com/a/b v1.0.0\n\nrequire (\n\tgithub.com/c/d v2.1.0 // indirect\n\tgithub.com/e/f v0.1.0\n\texample.com/own v0.0.0\n)\n\nreplace example.com/own => ./own\n";
        let found: Vec<&str> = required(text).iter().map(|required| required.module).collect();
        assert_eq!(found, ["github.com/a/b", "github.com/e/f"]);
        assert!(required(text).iter().all(|one| text[one.at..].starts_with(one.module)));
        assert!(required("module example.com/x\n\ngo 1.22\n").is_empty());
    }
}
