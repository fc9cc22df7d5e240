//! Text to syntax tree, within bounds.

use std::cell::Cell;
use std::ops::ControlFlow;

use tree_sitter::{InputEdit, Language, Node, ParseOptions, ParseState, Parser, Point, Range, Tree};

use super::screen::{self, Screened};

/// Why a text gave no syntax tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GaveUp {
    /// The parser did not come to an end within its bounds.
    #[error("takes too long to parse")]
    TooLong,
    /// The grammar's scanner cannot keep what it would have to keep.
    #[error("is nested as no program is")]
    TooDeep,
    /// There is more in it than is looked at.
    #[error("is read in part: it holds more than sources do")]
    TooMuch,
}

thread_local! {
    /// What the last parse of this thread gave up for; front ends need not hand it on.
    static LAST: Cell<Option<GaveUp>> = const { Cell::new(None) };
}

/// What `read` gives, and why a text that it parsed gave no tree, if one did not.
pub fn watched<T>(read: impl FnOnce() -> T) -> (T, Option<GaveUp>) {
    LAST.set(None);
    let read = read();
    (read, LAST.take())
}

/// Notes that what is being read is not read to its end.
pub(super) fn give_up(why: GaveUp) {
    LAST.set(Some(why));
}

/// The text is handed to the parser in pieces of this size, so that what it looks at can be counted.
const PIECE: usize = 4 << 10;

/// No token of a program takes more steps than this, by the hundred.
const MAX_STUCK: usize = 100;

/// The syntax tree; `None` when the text takes too long to parse, or would be too much for the grammar's scanner.
#[must_use]
pub fn parse(language: &Language, text: &str) -> Option<Tree> {
    screened(language, text, None)
}

/// The syntax tree of what stands from here to there in a text; its places are those of the whole text.
#[must_use]
pub fn parse_within(language: &Language, text: &str, from: usize, to: usize) -> Option<Tree> {
    // Rows and columns are not looked at.
    let point = |at: usize| Point { row: 0, column: at };
    let range = Range { start_byte: from, end_byte: to, start_point: point(from), end_point: point(to) };
    screened(language, text.get(..to)?, Some(range))
}

fn screened(language: &Language, text: &str, range: Option<Range>) -> Option<Tree> {
    let outcome = match screen::of(language, text) {
        Ok(screened) => bounded(language, &screened, range).ok_or(GaveUp::TooLong),
        Err(why) => Err(why),
    };
    outcome.map_err(give_up).ok()
}

fn bounded(language: &Language, screened: &Screened<'_>, range: Option<Range>) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    if let Some(range) = range {
        parser.set_included_ranges(&[range]).ok()?;
    }
    let bytes = &*screened.bytes;
    // All bounds count steps, so that they are the same on every machine. This one counts those of the parser, by
    // the hundred: programs take one for every two hundred bytes, dense ones one for forty, tables of nothing but
    // brackets one for twenty …
    let mut steps = 500 + bytes.len().min(1 << 20) / 16 + bytes.len() / 64;
    // … this one those that bring it no further, as when it tries one way after the other out of an error, each of
    // which takes a thousand times as long as a step in a program …
    let end = bytes.trim_ascii_end().len();
    let (mut furthest, mut stuck) = (0, 0);
    let mut progress = |state: &ParseState| {
        steps = steps.saturating_sub(1);
        let at = state.current_byte_offset();
        if at > furthest {
            (furthest, stuck) = (at, 0);
        } else if at < end {
            stuck += 1;
        }
        if steps == 0 || stuck > MAX_STUCK { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // … and this one what the lexer looks at: a scanner that runs to the end of the text for each token takes
    // time that grows with the square.
    let mut pieces = 20_000 + bytes.len() / 64;
    let mut piece = |at: usize, _: Point| {
        pieces = pieces.saturating_sub(1);
        let end = if pieces == 0 { at } else { bytes.len().min(at.saturating_add(PIECE)) };
        bytes.get(at..end).unwrap_or_default()
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let mut tree = parser.parse_with_options(&mut piece, None, Some(options))?;
    if pieces == 0 {
        return None;
    }
    if screened.added > 0 {
        let end = bytes.len() - screened.added;
        let at = Point::new(0, 0);
        let edit = InputEdit {
            start_byte: end,
            old_end_byte: bytes.len(),
            new_end_byte: end,
            start_position: tree.root_node().end_position(),
            old_end_position: tree.root_node().end_position(),
            new_end_position: at,
        };
        tree.edit(&edit);
    }
    Some(tree)
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

/// What stands left and right of an operator.
#[must_use]
pub fn sides(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    Some((node.child_by_field_name("left")?, node.child_by_field_name("right")?))
}

/// What stands left of an operator, the operator, and what stands right of it.
#[must_use]
pub fn operands(node: Node<'_>) -> Option<(Node<'_>, Node<'_>, Node<'_>)> {
    let (left, right) = sides(node)?;
    Some((left, node.child_by_field_name("operator")?, right))
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
