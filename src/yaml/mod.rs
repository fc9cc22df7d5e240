//! Text to one spanned tree. The only module that sees the YAML parser.

mod build;
mod dialect;
pub mod edit;
mod keys;
mod node;
mod outdent;
mod refused;
mod resolve;
mod timestamp;

pub use keys::duplicate_keys;
pub use node::{Alias, Comment, Entry, Mapping, Node, NodeKind, Scalar, Sequence, Style};
pub use resolve::{Resolved, float_text, resolve};

use crate::finding::{Problem, ProblemKind};
use crate::source::SourceFile;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// The root nodes of the documents that could be read whole. A file of nothing but comments has
    /// none; a document that is written `null` or begun with `---` and left blank has a null root.
    pub documents: Vec<Node>,
    /// All comments in order.
    pub comments: Vec<Comment>,
    /// Why it could not be read, if it could not.
    pub problems: Vec<Problem>,
}

/// Reads a YAML file.
///
/// Gives every complete document up to the first place that is no YAML; what is wrong there is in
/// [`Stream::problems`], and so is what YAML allows and Compose's YAML library does not. Duplicate
/// keys and keys that are not strings are kept. Nesting is bounded, and aliases are shared, so the
/// work is linear in the size of the text.
#[must_use]
pub fn parse(file: &SourceFile) -> Stream {
    if let Some(problem) = undecodable(file) {
        return Stream { problems: vec![problem], ..Stream::default() };
    }
    let mut stream = build::build(file);
    if stream.problems.is_empty() {
        stream.problems.extend(dialect::refusal(file));
    }
    stream
}

/// Text that is not UTF-8 can't be read further: the replacement characters would pass for content.
fn undecodable(file: &SourceFile) -> Option<Problem> {
    let at = file.invalid_utf8?;
    if file.text.starts_with("\u{FFFD}\u{FFFD}") && file.text.contains('\0') {
        let start = file.slice(0, 0);
        let message = "the file is UTF-16 text, which Compose reads and dockworthy does not";
        return Some(Problem::warning(ProblemKind::InvalidYaml, start, message).help("save it as UTF-8"));
    }
    let place = file.slice(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
    let problem = Problem::refusal(ProblemKind::InvalidYaml, place, "this byte is not UTF-8 text");
    Some(problem.help("save the file as UTF-8"))
}
