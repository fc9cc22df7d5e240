//! Loops and comprehensions that fill one record with the entries of another: `for key, value in parser.items(name)`.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::parts;

impl<'t> Reader<'t> {
    /// Whether a loop does nothing but that; the record it fills then has the entries.
    pub fn copies_entries(&mut self, node: Node<'t>) -> bool {
        self.copied_by(node).is_some()
    }

    fn copied_by(&mut self, node: Node<'t>) -> Option<()> {
        let (target, source) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
        let &[statement] = parts(node.child_by_field_name("body")?).as_slice() else { return None };
        let &[assignment] = parts(statement).as_slice() else { return None };
        if node.kind() != "for_statement" || assignment.kind() != "assignment" {
            return None;
        }
        let left = assignment.child_by_field_name("left").filter(|left| left.kind() == "subscript")?;
        let (object, key) = (left.child_by_field_name("value")?, left.child_by_field_name("subscript")?);
        let value = assignment.child_by_field_name("right")?;
        let entries = self.entries_of(target, source, key, value)?;
        let name = self.dotted(object)?;
        let before = self.bound(&name).cloned()?;
        if !matches!(before.peel(), Expr::Record(_) | Expr::Merge(_)) {
            return None;
        }
        self.bind(&name, Expr::Merge(vec![before, entries]));
        Some(())
    }

    /// `{key: value for key, value in parser.items(name)}`
    pub fn comprehended(&mut self, node: Node<'t>) -> Expr {
        let opaque = Expr::Opaque(self.span(node));
        let &[pair, clause] = parts(node).as_slice() else { return opaque };
        let fields = (
            clause.child_by_field_name("left"),
            clause.child_by_field_name("right"),
            pair.child_by_field_name("key"),
            pair.child_by_field_name("value"),
        );
        let (Some(target), Some(source), Some(key), Some(value)) = fields else { return opaque };
        self.entries_of(target, source, key, value).unwrap_or(opaque)
    }

    /// The record whose entries go over as they are; `None` where what is made of them is not seen.
    fn entries_of(
        &mut self,
        target: Node<'t>,
        source: Node<'t>,
        key: Node<'t>,
        value: Node<'t>,
    ) -> Option<Expr> {
        let (key_text, value_text) = (self.text(key), self.text(value));
        let names: Vec<&str> = match target.kind() {
            "identifier" => vec![self.text(target)],
            _ => parts(target).into_iter().map(|name| self.text(name)).collect(),
        };
        let plain = |text: &str, name: &str| {
            text == name
                || text.strip_prefix(name).is_some_and(|rest| matches!(rest, ".lower()" | ".strip()"))
        };
        let record = match names.as_slice() {
            [first, second] => {
                (plain(key_text, first) && plain(value_text, second)).then(|| self.expr(source))
            }
            [pair] if key_text == format!("{pair}[0]") && value_text == format!("{pair}[1]") => {
                Some(self.expr(source))
            }
            // `for key in parser[name]: out[key] = parser[name][key]`
            [name] if key_text == *name => {
                let asked = value.child_by_field_name("subscript").filter(|asked| self.text(*asked) == *name);
                match asked {
                    Some(_) => value.child_by_field_name("value").map(|record| self.expr(record)),
                    None => self.section_asked(value, name),
                }
            }
            _ => None,
        }?;
        (!matches!(record.peel(), Expr::Opaque(_) | Expr::Library(_) | Expr::List(_))).then_some(record)
    }
}
