//! What fields of pydantic settings take: `Literal["a", "b"]`, `int`, `Field(min_length=32)`.

use tree_sitter::Node;

use super::reader::Reader;
use super::settings::calls_below;
use crate::programs::{Demand, Limits};
use crate::source::Span;

impl<'t> Reader<'t> {
    /// Notes what a field of settings takes; nothing where a validator may make something else of it first.
    pub fn limit_field(
        &mut self,
        field: &str,
        kind: Node<'t>,
        right: Option<Node<'t>>,
        blank_is_unset: bool,
        span: Span,
    ) {
        if !self.notes.recording || self.is_validated(field) {
            return;
        }
        let written = self.text(kind);
        let plain = written.strip_prefix("Optional[").and_then(|it| it.strip_suffix(']')).unwrap_or(written);
        let plain = plain.trim_end_matches("| None").trim_end();
        let mut demands: Vec<Demand> = literals(plain).into_iter().map(Demand::OneOf).collect();
        let number = matches!(plain, "int" | "float" | "PositiveInt" | "NonNegativeInt");
        if number {
            demands.push(Demand::Number);
        }
        let annotated = if plain.starts_with("Annotated[") { calls_below(kind) } else { Vec::new() };
        for call in annotated.into_iter().chain(right.filter(|right| right.kind() == "call")) {
            let callee = call.child_by_field_name("function").map_or("", |callee| self.text(callee));
            if callee.rsplit('.').next() != Some("Field") {
                continue;
            }
            for argument in self.arguments(call).0 {
                let Some(name) = argument.name else { continue };
                let written = self.text(argument.value).replace('_', "");
                let (length, bound) = (written.parse::<usize>(), written.parse::<f64>());
                match (name.value.as_str(), length, bound) {
                    ("min_length", Ok(length), _) => demands.push(Demand::AtLeast(length)),
                    ("max_length", Ok(length), _) => demands.push(Demand::AtMost(length)),
                    ("ge", _, Ok(bound)) if number => demands.push(Demand::NotBelow(bound)),
                    ("le", _, Ok(bound)) if number => demands.push(Demand::NotAbove(bound)),
                    _ => {}
                }
            }
        }
        if !demands.is_empty() {
            let library = "pydantic";
            self.notes.module.limits.push(Limits { read: span, library, span, blank_is_unset, demands });
        }
    }

    /// Whether something in the file may change the field before it is checked.
    fn is_validated(&self, field: &str) -> bool {
        let text = &self.file.text;
        text.contains("BeforeValidator")
            || text.contains("model_validator")
            || text.contains("root_validator")
            || text.contains("validator(")
                && [format!("\"{field}\""), format!("'{field}'"), "\"*\"".to_string()]
                    .iter()
                    .any(|quoted| text.contains(quoted.as_str()))
    }
}

/// The texts of `Literal["a", "b"]`; `None` where that is not all that the type is.
fn literals(kind: &str) -> Option<Vec<String>> {
    let inside =
        kind.rsplit_once("Literal[").filter(|(before, _)| before.is_empty() || before.ends_with('.'))?;
    let inside = inside.1.strip_suffix(']')?;
    let texts = inside.split(',').map(str::trim).filter(|one| !one.is_empty()).map(|one| {
        let bare = one.trim_matches(['"', '\'']);
        (bare.len() + 2 == one.len()).then(|| bare.to_string())
    });
    texts.collect::<Option<Vec<String>>>().filter(|all| !all.is_empty())
}
