//! The arguments of a call, and calls that hang on each other.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::reading::parts;

/// The arguments of a call in order.
pub(super) struct Arguments<'t> {
    nodes: Vec<Node<'t>>,
}

impl<'t> Arguments<'t> {
    /// The argument there, unless a `...list` comes before it.
    pub fn at(&self, position: usize) -> Option<Node<'t>> {
        let upto = self.nodes.get(..=position)?;
        match upto.iter().any(|node| node.kind() == "spread_element") {
            true => None,
            false => upto.last().copied(),
        }
    }

    /// All of them that are no `...list`.
    pub fn iter(&self) -> impl Iterator<Item = Node<'t>> + '_ {
        self.nodes.iter().copied().filter(|node| node.kind() != "spread_element")
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether arguments may be there that can't be seen.
    pub fn open(&self) -> bool {
        self.nodes.iter().any(|node| node.kind() == "spread_element")
    }
}

/// A call in a chain: `.name(arguments)`.
pub(super) struct Link<'t> {
    pub name: &'t str,
    pub call: Node<'t>,
}

/// Links of a chain that are looked at.
const MAX_CHAIN: usize = 40;

impl<'t> Reader<'t> {
    /// The arguments of a call node.
    pub fn arguments(&self, call: Node<'t>) -> Arguments<'t> {
        let list = call.child_by_field_name("arguments").filter(|list| list.kind() == "arguments");
        Arguments { nodes: list.into_iter().flat_map(parts).take(200).collect() }
    }

    /// The calls of `root.a(…).b(…)`, the last first, and the root. Names without a call between them are part of
    /// the link: `env.get("X")` of `env` is one link, `z.coerce.number()` of `z` is `coerce.number`.
    pub fn chain(&self, node: Node<'t>) -> (Vec<Link<'t>>, Node<'t>) {
        let mut links = Vec::new();
        let mut at = unwrapped(node);
        while at.kind() == "call_expression" && links.len() < MAX_CHAIN {
            let Some(callee) = at.child_by_field_name("function").map(unwrapped) else { break };
            if callee.kind() != "member_expression" {
                links.push(Link { name: "", call: at });
                return (links, callee);
            }
            let Some(property) = callee.child_by_field_name("property") else { break };
            links.push(Link { name: self.text(property), call: at });
            let Some(object) = callee.child_by_field_name("object").map(unwrapped) else { break };
            at = object;
        }
        (links, at)
    }

    /// The value of a field of an object as written.
    pub fn pair(&mut self, object: Node<'t>, name: &str) -> Option<Node<'t>> {
        self.pairs(object).into_iter().rev().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }

    /// The fields of an object as written, with their values; spreads are left out.
    pub fn pairs(&mut self, object: Node<'t>) -> Vec<(crate::source::Spanned<String>, Node<'t>)> {
        let object = unwrapped(object);
        if object.kind() != "object" {
            return Vec::new();
        }
        let mut out = Vec::new();
        for part in parts(object).into_iter().take(1_000) {
            match part.kind() {
                "shorthand_property_identifier" => out.push((self.spanned(part), part)),
                "pair" => {
                    let key = part.child_by_field_name("key").and_then(|key| self.key(key));
                    out.extend(key.zip(part.child_by_field_name("value")));
                }
                _ => {}
            }
        }
        out
    }
}
