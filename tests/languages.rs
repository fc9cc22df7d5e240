//! Every source file below `fixtures/languages/<language>/` has what its front end reads from it next to it, in
//! `<file>.expected`: one line a read, sink and remark. `UPDATE=1 cargo test --test languages` rewrites them.
#![allow(clippy::expect_used, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dockworthy::programs::{FRONT_ENDS, Module, front_end};
use dockworthy::source::{Disk, SourceFile, SourceMap, Span};

fn fixtures() -> Vec<PathBuf> {
    let mut out = Vec::new();
    for language in FRONT_ENDS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/languages").join(language.name());
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        // Files that are known by their names alone are told apart by folders.
        let files = entries.filter_map(|entry| Some(entry.ok()?.path())).flat_map(|path| {
            match std::fs::read_dir(&path) {
                Ok(inner) => inner.filter_map(|entry| Some(entry.ok()?.path())).collect(),
                Err(_) => vec![path],
            }
        });
        out.extend(files.filter(|path| front_end(path).is_some_and(|known| known.name() == language.name())));
    }
    out.sort();
    out
}

/// One line a thing, in the order of the file.
fn rendered(file: &SourceFile, module: &Module) -> String {
    let at = |span: Span| {
        let position = file.position(span.lo);
        format!("{}:{}", position.line, position.column)
    };
    let mut lines = Vec::new();
    for read in &module.reads {
        let required = if read.required { " required" } else { "" };
        lines.push((
            read.span,
            format!("{} read {}{required} = {}", at(read.span), read.name.value, read.expression),
        ));
    }
    for queue in &module.queues {
        let (kind, side) = (&queue.form.kind, queue.form.side);
        lines.push((queue.span, format!("{} {kind} {side:?} <- {}", at(queue.span), queue.name)));
    }
    for sink in &module.sinks {
        let mut line =
            format!("{} sink {:?} {} <- {}", at(sink.span), sink.kind, sink.callee.value, sink.target);
        for (name, value) in &sink.arguments {
            let _ = write!(line, "; {}={value}", name.value);
        }
        lines.push((sink.span, line));
    }
    for remark in &module.remarks {
        let also = remark.related.map(|(span, why)| format!(" ({}: {why})", at(span))).unwrap_or_default();
        lines.push((remark.span, format!("{} remark {:?}{also}", at(remark.span), remark.kind)));
    }
    for export in &module.exports {
        let (name, span) = (&export.name.value, export.name.span);
        lines.push((span, format!("{} export {name} = {}", at(span), export.value)));
    }
    if module.sets_unknown {
        lines.push((Span::NONE, "sets variables that can't be seen".to_string()));
    }
    for port in &module.listens {
        lines.push((port.span, format!("{} listens on {}", at(port.span), port.value)));
    }
    for port in &module.serves {
        lines.push((Span::NONE, format!("serves {port}")));
    }
    for name in &module.groups {
        lines.push((Span::NONE, format!("group {name}")));
    }
    for path in &module.dotenv {
        lines.push((path.span, format!("{} dotenv {:?}", at(path.span), path.value)));
    }
    lines.sort_by_key(|(span, _)| *span);
    lines.into_iter().fold(String::new(), |all, (_, line)| all + &line + "\n")
}

/// Each front end has at least so many fixtures.
const ENOUGH: usize = 8;

#[test]
fn every_fixture_reads_as_expected() {
    let files = fixtures();
    assert!(!files.is_empty(), "no fixtures");
    let sources = SourceMap::new(Disk);
    let mut wrong = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for path in files {
        let file = sources.load(&path).expect("fixture");
        let front_end = front_end(&path).expect("front end");
        *counts.entry(front_end.name()).or_default() += 1;
        let found = rendered(&file, &front_end.read(&file));
        let beside = PathBuf::from(format!("{}.expected", path.display()));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&beside, &found).expect("written");
            continue;
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if expected != found {
            let _ = writeln!(wrong, "== {}\n-- expected\n{expected}-- found\n{found}", path.display());
        }
        assert!(
            front_end.concerns(&file.text) || found.is_empty(),
            "{}: the prefilter misses it",
            path.display()
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
    for language in FRONT_ENDS {
        let count = counts.get(language.name()).copied().unwrap_or(0);
        assert!(count >= ENOUGH, "{}: {count} fixtures", language.name());
    }
}
