//! What schemas of the environment take: `z.string().min(16)`, `Joi.valid("a", "b")`, `port()`.

use tree_sitter::Node;

use super::arguments::Link;
use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::reading::parts;
use crate::programs::{Demand, Limits};
use crate::source::Span;

/// What changes a value before it is checked, or lets more pass than what is checked.
const OPEN: [&str; 24] = [
    "transform",
    "pipe",
    "or",
    "and",
    "catch",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "overwrite",
    "preprocess",
    "union",
    "allow",
    "when",
    "insensitive",
    "lowercase",
    "uppercase",
    "truncate",
    "replace",
    "custom",
    "alternatives",
    "try",
    "empty",
    "failover",
    "strip",
];

impl<'t> Reader<'t> {
    /// Keeps what the links of a field's schema say, for the read that stands at `span`.
    pub fn limit_by_links(
        &mut self,
        links: &[Link<'t>],
        root: Node<'t>,
        library: &'static str,
        blank_is_unset: bool,
        span: Span,
    ) {
        let root = self.text(root);
        let coerced = root.ends_with("coerce");
        let plain = matches!(root, "z" | "zod" | "Joi" | "joi") || coerced;
        if !plain || links.iter().any(|link| OPEN.contains(&link.name)) {
            return;
        }
        let kind = links.last().map_or("", |link| link.name);
        let (text, joi) = (kind == "string", library == "Joi");
        // What is no text is never that of a variable unless the library makes it one.
        let number = matches!(kind, "number" | "int") && (coerced || joi);
        let mut demands = Vec::new();
        if number {
            demands.push(Demand::Number);
        }
        for link in links {
            let arguments = self.arguments(link.call);
            let first = arguments.at(0);
            let count = first.and_then(|first| self.text(first).replace('_', "").parse::<f64>().ok());
            let length = count.filter(|count| *count >= 0.0 && count.fract() == 0.0 && *count < 1e6);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let length = length.map(|count| count as usize);
            match (link.name, length, count) {
                ("min", Some(length), _) if text => demands.push(Demand::AtLeast(length)),
                ("max", Some(length), _) if text => demands.push(Demand::AtMost(length)),
                ("length", Some(length), _) if text => {
                    demands.extend([Demand::AtLeast(length), Demand::AtMost(length)]);
                }
                ("nonempty", ..) if text => demands.push(Demand::AtLeast(1)),
                ("url" | "uri", ..) if text || kind == "url" => demands.push(Demand::Url),
                ("min", _, Some(least)) if number => demands.push(Demand::NotBelow(least)),
                ("max", _, Some(most)) if number => demands.push(Demand::NotAbove(most)),
                ("port", ..) if number => {
                    demands.extend([Demand::NotBelow(0.0), Demand::NotAbove(65_535.0)]);
                }
                ("startsWith", ..) if text => {
                    let start = first.and_then(|first| self.literal(first));
                    demands.extend(start.map(|start| Demand::Begins(start.value)));
                }
                ("enum", ..) if kind == "enum" => demands.extend(first.and_then(|all| self.one_of(&[all]))),
                ("valid" | "equal", ..) if text => {
                    let all: Vec<Node<'t>> = arguments.iter().collect();
                    demands.extend(self.one_of(&all));
                }
                _ => {}
            }
        }
        self.limit(demands, library, blank_is_unset, span);
    }

    /// Keeps what a validator of envalid says: `str({ choices: ["a", "b"] })`.
    pub fn limit_by_envalid(&mut self, kind: &str, options: Option<Node<'t>>, span: Span) {
        let mut demands: Vec<Demand> = match kind {
            "num" => vec![Demand::Number],
            "port" => vec![Demand::Number, Demand::NotBelow(1.0), Demand::NotAbove(65_535.0)],
            "url" => vec![Demand::Url],
            _ => Vec::new(),
        };
        if kind == "str"
            && let Some(all) = options.and_then(|options| self.pair(options, "choices"))
        {
            demands.extend(self.one_of(&[all]));
        }
        self.limit(demands, "envalid", false, span);
    }

    fn limit(&mut self, demands: Vec<Demand>, library: &'static str, blank_is_unset: bool, span: Span) {
        if demands.is_empty() || self.limits.len() >= 1_000 {
            return;
        }
        self.limits.retain(|known| known.span != span);
        self.limits.push(Limits { read: span, library, span, blank_is_unset, demands });
    }

    /// The texts that are listed; `None` where not all of them are known.
    fn one_of(&mut self, nodes: &[Node<'t>]) -> Option<Demand> {
        let mut all = Vec::new();
        for node in nodes {
            let node = unwrapped(*node);
            let inner = if node.kind() == "array" { parts(node) } else { vec![node] };
            for one in inner {
                if one.kind() != "string" {
                    return None;
                }
                all.push(self.literal(one)?.value);
            }
        }
        (!all.is_empty()).then_some(Demand::OneOf(all))
    }
}
