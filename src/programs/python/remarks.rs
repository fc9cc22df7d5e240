//! What can be seen of sessions and transactions.

use tree_sitter::Node;

use super::reader::Reader;

impl<'t> Reader<'t> {
    /// Looks at a generator that is a dependency.
    pub fn remark_on_generator(&mut self, _node: Node<'t>, _whole: Node<'t>) {}

    /// Looks at the body of a function whose names are known.
    pub fn remark_on_function(&mut self, _node: Node<'t>) {}
}
