//! Texts that are broken, odd or made to hurt: each is answered quickly, and none brings us down.

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dockworthy::source::{Disk, Memory, SourceFile, SourceMap};
use dockworthy::yaml::edit::{Editor, Value};
use dockworthy::yaml::{self, Node, NodeKind, Stream};

/// How much larger texts are where the parser is compiled to be fast: it is generic, so an unoptimized
/// test has it unoptimized too, fifty times slower.
const SCALE: usize = if cfg!(debug_assertions) { 1 } else { 20 };

/// Longer than any of these takes on a slow machine, shorter than one that grows with the square.
const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn read(text: impl Into<Vec<u8>>) -> (Arc<SourceFile>, Stream) {
    let map = SourceMap::new(Memory::new([("compose.yaml", text)]));
    let file = map.load(Path::new("compose.yaml")).unwrap();
    (file.clone(), timed(&file))
}

#[track_caller]
fn timed(file: &SourceFile) -> Stream {
    let start = Instant::now();
    let stream = yaml::parse(file);
    stream.documents.iter().for_each(|document| drop(yaml::duplicate_keys(document)));
    let elapsed = start.elapsed();
    assert!(elapsed < PATIENCE, "took {elapsed:?}");
    for problem in &stream.problems {
        assert!(file.owns(problem.at), "{problem:?}");
        assert!(!problem.message.is_empty());
    }
    stream
}

/// What each file of `fixtures/hostile` gives: how many documents, and the problem if there is one.
#[test]
fn the_files_of_the_folder() {
    let expected = [
        ("alias-bomb.yaml", 1, ""),
        ("anchors.yaml", 0, "the alias `*nowhere` names no anchor that stands before it"),
        ("binary.yaml", 0, "this byte is not UTF-8 text"),
        ("bom-crlf.yaml", 1, ""),
        ("comments.yaml", 0, ""),
        ("conflict.yaml", 0, "a merge conflict is left in the file"),
        ("directives.yaml", 1, ""),
        ("empty.yaml", 0, ""),
        ("keys.yaml", 1, ""),
        ("latin-1.yaml", 0, "this byte is not UTF-8 text"),
        ("list.yaml", 1, ""),
        ("lone-cr.yaml", 1, ""),
        ("merge-bomb.yaml", 1, ""),
        ("merge-cycle.yaml", 1, ""),
        ("nul.yaml", 0, "the control character U+0000 is not allowed in YAML"),
        ("quotes.yaml", 0, "the quote `\"` that opens here is never closed"),
        ("scalar.yaml", 1, ""),
        ("self-alias.yaml", 1, ""),
        ("tabs.yaml", 0, "a tab stands in the indentation, where YAML allows only spaces"),
        ("template.yaml", 0, "a value cannot begin with `%`"),
        ("utf-16-be.yaml", 0, "the file is UTF-16 text, which Compose reads and dockworthy does not"),
        ("utf-16-le.yaml", 0, "the file is UTF-16 text, which Compose reads and dockworthy does not"),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let map = SourceMap::new(Disk);
    let found: Vec<(String, usize, String)> = paths
        .iter()
        .map(|path| {
            let stream = timed(&map.load(path).unwrap());
            let message = stream.problems.first().map(|problem| problem.message.clone());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, stream.documents.len(), message.unwrap_or_default())
        })
        .collect();
    let found: Vec<_> =
        found.iter().map(|(name, count, text)| (name.as_str(), *count, text.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn deep_nesting_is_refused_at_once_and_does_not_blame_the_file() {
    let blocks: String = (0..2_000).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect();
    let texts = [
        blocks,
        "- ".repeat(10_000),
        "? ".repeat(10_000),
        "[".repeat(10_000),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        "{a: ".repeat(10_000),
        format!("a: {}", "[{b: ".repeat(10_000)),
        "- [".repeat(10_000),
        (0..10_000).map(|depth| format!("[&a{depth} ")).collect(),
    ];
    for text in texts {
        let (_, stream) = read(text.as_str());
        let [problem] = stream.problems.as_slice() else { panic!("{:?}", stream.problems) };
        let start: String = text.chars().take(20).collect();
        let deep = "collections are nested more than 255 deep here; dockworthy reads no further";
        let refused = problem.refuses || problem.message == deep;
        assert!(refused, "{start}: {}", problem.message);
    }
}

#[test]
fn a_hundred_levels_are_no_problem() {
    for text in [
        (0..100).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect(),
        format!("a: {}{}", "[".repeat(100), "]".repeat(100)),
        format!("{}x", "- ".repeat(100)),
    ] {
        assert_eq!(read(text).1.problems, []);
    }
}

/// Every anchor encloses the next one: to copy what each names would take the square of the text.
#[test]
fn anchors_in_anchors_share_their_nodes() {
    let deep = 200;
    let large = "x, ".repeat(2_000 * SCALE);
    let nested: String = (0..deep).map(|depth| format!("[&a{depth} ")).collect();
    let aliases: String = (0..deep).map(|depth| format!("- *a{depth}\n")).collect();
    let (_, stream) = read(format!("- {nested}[{large}]{}\n{aliases}", "]".repeat(deep)));
    assert_eq!(stream.problems, []);
    let items = &stream.documents[0].as_sequence().unwrap().items;
    assert_eq!(items.len(), deep + 1);
    let mut node: &Node = items[1].resolved();
    let mut depth = 0;
    while let NodeKind::Sequence(sequence) = &node.kind {
        node = &sequence.items[0];
        depth += 1;
    }
    assert_eq!(depth, deep);
}

#[test]
fn large_files_take_time_in_proportion_to_their_size() {
    const SERVICES: usize = 4_500 * SCALE;
    let service = |n: usize| {
        format!(
            "  s{n}:\n    image: \"postgres:16\"  # pinned\n    environment:\n      A: b\n      URL: postgres://db:5432/x\n    ports: [\"{n}:80\", {{target: 1}}]\n"
        )
    };
    let text: String = std::iter::once("services:\n".to_string()).chain((0..SERVICES).map(service)).collect();
    assert!(text.len() > SCALE << 19);
    let start = Instant::now();
    let (file, stream) = read(text);
    println!("{} KiB in {:?}", file.text.len() >> 10, start.elapsed());
    assert_eq!(stream.problems, []);
    let services = &stream.documents[0].as_mapping().unwrap().entries[0].value;
    assert_eq!(services.as_mapping().unwrap().entries.len(), SERVICES);
    let start = Instant::now();
    let edits = Editor::new(&file, &stream).append_entry(services.span, "last", &Value::from("x"));
    assert_eq!(edits.unwrap().len(), 1);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn long_lines_and_many_of_one_kind() {
    let million = SCALE << 16;
    let texts: [String; 14] = [
        format!("a: {}\n", "x".repeat(4 * million)),
        format!("a: \"{}\"\n", "x ".repeat(2 * million)),
        format!("a: \"{}", "x\n ".repeat(million)),
        format!("a: |\n{}", " x\n".repeat(million)),
        format!("a: [{}]\n", "x,".repeat(million / 2)),
        format!("a: {{{}}}\n", (0..million / 16).map(|n| format!("k{n}: ,")).collect::<String>()),
        "# comment\n".repeat(million / 4),
        format!("a: b\n{}c: d\n", "  # x\n".repeat(million / 4)),
        format!("a:\n{}", "  - # x\n".repeat(million / 8)),
        "\n".repeat(4 * million),
        format!("a:{}b\n", " ".repeat(4 * million)),
        "--- a\n".repeat(million / 8),
        (0..million / 16).map(|n| format!("k{n}: &a{n} b\n")).collect(),
        format!("{}: 1\n", "'".repeat(million)),
    ];
    for text in texts {
        read(text);
    }
}

#[test]
fn the_same_key_ten_thousand_times() {
    let (_, stream) = read("k: v\n".repeat(10_000 * SCALE));
    assert_eq!(yaml::duplicate_keys(&stream.documents[0]).len(), 10_000 * SCALE - 1);
}
