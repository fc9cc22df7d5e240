//! The folder of migrations without which a program in Go ends, where its container has it not.

use std::path::{Path, PathBuf};

use super::evaluate::evaluate_all;
use super::load::Container;
use super::{ModuleIndex, Scope, ending};
use crate::source::{SourceFile, Span, clean};

/// How much behind a call belongs to the loop that tries it again.
const TRIED: usize = 800;

/// The folder that migrations are taken from, with where code asks for it: it is in the program's repository, and nothing can
/// have put it at the place where it is looked for.
pub(super) fn of(
    container: &Container<'_>,
    scope: &Scope,
    (index, modules): (ModuleIndex, &[ModuleIndex]),
    never_there: &dyn Fn(&PathBuf) -> bool,
) -> Option<(PathBuf, Span)> {
    let (_, source) = scope.get(index)?;
    let files = container.sources.files();
    let file = source.file();
    source.module().migrations.iter().find_map(|asked| {
        let values = evaluate_all(scope, index, container, &asked.value);
        let [only] = values.as_slice() else { return None };
        let address = only.value.text()?.complete()?;
        let folder = address.strip_prefix("file://").filter(|folder| !folder.contains(['%', '?', ':']))?;
        let start = &container.start.directory;
        let path = clean(&start.join(folder));
        // Where the program is started on this machine, the folder is there.
        let below = path.strip_prefix(start).ok().filter(|below| !below.as_os_str().is_empty())?;
        let mut above = source.path.ancestors().skip(1);
        let root = above.find(|folder| files.kind(&folder.join("go.mod")).is_some())?;
        let there = files.kind(&root.join(below)).is_some();
        let absent = container.files.resolve(files, &path).is_none() && never_there(&path);
        let ends = || {
            file.owns(asked.span)
                && (ending::ends(scope, modules, file, file.range(asked.span))
                    || is_retried(file, asked.span))
        };
        (there && absent && !is_dot(folder) && is_built(container, file) && ends())
            .then_some((path, asked.span))
    })
}

/// Whether a file that is only built where a tag is named is built: `go build -tags migrate`.
fn is_built(container: &Container<'_>, file: &SourceFile) -> bool {
    let mut head = file.text.lines().take_while(|line| !line.starts_with("package "));
    let Some(tag) = head.find_map(|line| line.strip_prefix("//go:build ")) else { return true };
    let named = |word: &String| word.split(['=', ',', ' ']).any(|part| part == tag.trim());
    let mut builds = container.started.builds.iter();
    builds.any(|build| {
        build.words.iter().any(|word| word.starts_with("-tags")) && build.words.iter().any(named)
    })
}

fn is_dot(folder: &str) -> bool {
    Path::new(folder).components().all(|part| part.as_os_str() == ".")
}

/// Whether a call is tried again for a while, and the program ends where it still fails.
fn is_retried(file: &SourceFile, at: Span) -> bool {
    let text = file.text.as_ref();
    let range = file.range(at);
    let (before, behind) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
    let mut lines = before.lines().rev();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(own) = lines.next().filter(|line| line.contains('=') && !line.contains("//")) else {
        return false;
    };
    let around = lines.find(|line| !line.trim().is_empty() && indent(line) < indent(own));
    let Some(around) = around.filter(|line| line.trim_start().starts_with("for ")) else { return false };
    let end = format!("\n{}}}", around.get(..indent(around)).unwrap_or(""));
    let Some((tries, rest)) = behind.split_once(end.as_str()) else { return false };
    let rest: String = rest.chars().take(TRIED).collect();
    let rest = rest.trim_start();
    let block = rest.split('}').next().unwrap_or("");
    tries.contains("== nil")
        && tries.contains("break")
        && block.starts_with("if ")
        && block.contains("!= nil {")
        && ["Fatal", "anic(", "anicf(", "os.Exit("].iter().any(|word| block.contains(word))
}
