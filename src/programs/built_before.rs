//! Programs of Go that a Makefile or script of the project builds on this machine, and that a `COPY` takes from the build context:
//! their sources are in that context, as if a stage of the image had built them.

use std::path::{Path, PathBuf};

use super::dockerfile::{Layer, Run, Snapshot, Whence};
use crate::compose::Project;
use crate::source::{Kind, Origin, SourceMap, Span, Text, clean};

/// Files above this size are no scripts.
const MAX_SCRIPT: u64 = 128 << 10;
/// Files of a folder that are looked at.
const MAX_FILES: usize = 40;

/// What such a program was built from.
pub(super) struct Before {
    /// The build context.
    pub layer: Layer,
    /// How it was built.
    pub run: Run,
    /// From where to where it is copied.
    pub copied: Vec<(PathBuf, PathBuf)>,
}

/// The programs of the image that are built before it is.
pub(super) fn of(sources: &SourceMap, project: &Project, stage: &Snapshot) -> Vec<Before> {
    let files = sources.files();
    let mut found = Vec::new();
    for taken in &stage.taken {
        let Whence::Context(context) = &taken.from else { continue };
        let root = &context.root;
        if files.kind(&root.join("go.mod")) != Some(Kind::File) {
            continue;
        }
        for source in &taken.sources {
            let source = source.trim_start_matches("./").trim_start_matches('/');
            let name = source.rsplit('/').next().unwrap_or(source);
            // What has an ending is no program; a folder may be hidden.
            let plain = !name.is_empty()
                && !name.contains('.')
                && !source.contains(['*', '?', '[', '$', ' ', Text::HOLE]);
            if !plain || files.kind(&root.join(source)).is_some() {
                continue;
            }
            let Some(package) = package_of(sources, &[root, &project.directory], name) else { continue };
            let place = root.join(source);
            let command = Text::known(format!("go build -o {source} {package}"), Origin::default());
            found.push(Before {
                layer: Layer { hides: false, ..Layer::mount(root.clone(), root.clone(), true, Span::NONE) },
                run: Run { command, directory: root.clone(), ..Run::default() },
                copied: vec![(place.clone(), taken.to.join(name)), (place, taken.to.clone())],
            });
        }
    }
    found
}

/// The package of which a Makefile or script in one of these folders builds a program of this name.
fn package_of(sources: &SourceMap, folders: &[&PathBuf], program: &str) -> Option<String> {
    folders.iter().find_map(|folder| {
        let names = sources.list(folder);
        let scripts = names.iter().filter(|name| is_script(name)).take(MAX_FILES);
        scripts.filter_map(|name| sources.peek(&folder.join(name), MAX_SCRIPT).ok()).find_map(|peeked| {
            let text = peeked.text();
            text.lines().find_map(|line| package_in(text, line, program))
        })
    })
}

fn is_script(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = [".sh", ".mk"].iter().any(|end| lower.ends_with(end));
    ends || ["makefile", "justfile", "taskfile.yml", "taskfile.yaml", "readme.md"].contains(&lower.as_str())
}

/// `cd ../shop && env GOOS=linux go build -o ${SHOP_BINARY} ./cmd/api`
fn package_in(text: &str, line: &str, program: &str) -> Option<String> {
    let (_, rest) = line.split_once("go build ")?;
    let command = rest.split(['&', ';', '|', '#']).next()?;
    let words: Vec<&str> = command.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    let at = words.iter().position(|word| *word == "-o")?;
    let output = expanded(text, words.get(at + 1)?)?;
    if clean(Path::new(&output)).file_name()?.to_str()? != program {
        return None;
    }
    let package = words.get(at + 2..)?.last().filter(|word| !word.starts_with('-')).copied().unwrap_or(".");
    let plain = package.chars().all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c));
    // Whoever names a module's folder from above means the one that the context is.
    let local = package.starts_with("./") || package == "." || package.ends_with(".go");
    (plain && local && !package.contains("..")).then(|| package.to_string())
}

/// A word of a Makefile or script with the variable put in that it is or ends in.
fn expanded(text: &str, word: &str) -> Option<String> {
    let Some(at) = word.find('$') else { return Some(word.to_string()) };
    let name = word.get(at + 1..)?.trim_matches(['{', '}', '(', ')']);
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim().trim_start_matches("export ").trim_end_matches([':', '?', ' ']);
        (key == name).then(|| value.trim().trim_matches(['"', '\'']).to_string())
    })?;
    (!value.contains('$')).then(|| format!("{}{value}", word.get(..at).unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::package_in;

    #[test]
    fn packages_of_lines() {
        let text = "SHOP=shopApp\nbuild:\n\tcd ../shop && env GOOS=linux go build -o ${SHOP} ./cmd/api\n";
        let line = text.lines().last().unwrap_or("");
        assert_eq!(package_in(text, line, "shopApp").as_deref(), Some("./cmd/api"));
        assert_eq!(package_in(text, line, "other"), None);
        assert_eq!(package_in("", "go build -o bin/shop", "shop").as_deref(), Some("."));
        assert_eq!(package_in("", "go build -o shop ../shop", "shop"), None);
    }
}
