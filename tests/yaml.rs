//! The tree of a YAML text.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use dockworthy::source::{Memory, SourceFile, SourceMap};
use dockworthy::yaml::{self, Node, NodeKind, Stream};

fn read(text: impl Into<Vec<u8>>) -> (Arc<SourceFile>, Stream) {
    let map = SourceMap::new(Memory::new([("compose.yaml", text)]));
    let file = map.load(Path::new("compose.yaml")).unwrap();
    let stream = yaml::parse(&file);
    (file, stream)
}

/// The tree with the source text of every node.
fn outline(text: &str) -> String {
    let (file, stream) = read(text);
    let mut out = String::new();
    for document in &stream.documents {
        write(&file, document, 0, &mut out);
    }
    for comment in &stream.comments {
        writeln!(out, "comment {:?} own_line={}", file.snippet(comment.span), comment.own_line).unwrap();
    }
    for problem in &stream.problems {
        writeln!(out, "{:?} {}", file.range(problem.at), problem.message).unwrap();
    }
    out
}

fn write(file: &SourceFile, node: &Node, depth: usize, out: &mut String) {
    write!(out, "{}{:?}", "  ".repeat(depth), file.snippet(node.span)).unwrap();
    if node.span.is_empty() {
        write!(out, "@{}", file.local(node.span.lo)).unwrap();
    }
    for mark in node.tag.iter().chain(&node.anchor) {
        write!(out, " {}", file.snippet(mark.span)).unwrap();
    }
    match &node.kind {
        NodeKind::Scalar(scalar) => writeln!(out, " {:?} {:?}", scalar.style, scalar.text).unwrap(),
        NodeKind::Alias(alias) => writeln!(out, " alias {} {}", alias.name, alias.target.is_some()).unwrap(),
        NodeKind::Sequence(sequence) => {
            writeln!(out, " sequence flow={}", sequence.flow).unwrap();
            sequence.items.iter().for_each(|item| write(file, item, depth + 1, out));
        }
        NodeKind::Mapping(mapping) => {
            writeln!(out, " mapping flow={}", mapping.flow).unwrap();
            for entry in mapping.entries.iter() {
                write(file, &entry.key, depth + 1, out);
                write(file, &entry.value, depth + 2, out);
            }
        }
    }
}

#[test]
fn block_scalars_begin_at_their_header() {
    assert_eq!(
        outline("a: &x|y !tz |- # c | d\r\n\r\n  x\r\n  y\r\n\r\n\r\n"),
        concat!(
            "\"a: &x|y !tz |- # c | d\\r\\n\\r\\n  x\\r\\n  y\" mapping flow=false\n",
            "  \"a\" Plain \"a\"\n",
            "    \"|- # c | d\\r\\n\\r\\n  x\\r\\n  y\" !tz &x|y Literal \"\\nx\\ny\"\n",
            "comment \"# c | d\" own_line=false\n",
        )
    );
}
