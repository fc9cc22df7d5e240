//! Text to syntax tree, within bounds.

use std::ops::ControlFlow;

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Point, Range, Tree};

/// The syntax tree; `None` when the text takes too long to parse.
#[must_use]
pub fn parse(language: &Language, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    run(&mut parser, text, text.len())
}

/// The syntax tree of what stands from here to there in a text; its places are those of the whole text.
#[must_use]
pub fn parse_within(language: &Language, text: &str, from: usize, to: usize) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    // Rows and columns are not looked at.
    let point = |at: usize| Point { row: 0, column: at };
    let range = Range { start_byte: from, end_byte: to, start_point: point(from), end_point: point(to) };
    parser.set_included_ranges(&[range]).ok()?;
    run(&mut parser, text.get(..to)?, to.checked_sub(from)?)
}

fn run(parser: &mut Parser, text: &str, length: usize) -> Option<Tree> {
    // The callback comes at fixed numbers of steps of the parser, so that the bound is the same on every machine.
    let mut left = 20_000 + length;
    let mut progress = |_: &ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// The named children that are code.
#[must_use]
pub fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().ends_with("comment")).collect()
}

/// The children in a field that can stand several times.
#[must_use]
pub fn fields<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(|child| child.is_named()).collect()
}

/// Goes over the nodes at and below one, in the order of the text; `visit` is told the field that a node stands in,
/// and says whether to go on below it.
pub fn descend<'t>(node: Node<'t>, mut visit: impl FnMut(Node<'t>, Option<&str>) -> bool) {
    let mut cursor = node.walk();
    let mut depth = 0_usize;
    loop {
        let field = cursor.field_name();
        if visit(cursor.node(), field) && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        loop {
            if depth == 0 {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            cursor.goto_parent();
            depth -= 1;
        }
    }
}
