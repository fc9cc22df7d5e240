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

    /// Notes a field that is read as JSON, before any validator sees it; `false` when it is none.
    pub fn decoded_field(&mut self, kind: Node<'t>, blank_is_unset: bool, span: Span) -> bool {
        let is = self.notes.recording && is_decoded(self.text(kind)) && !self.has_own_sources();
        if is {
            let (library, demands) = ("pydantic", vec![Demand::Json]);
            self.notes.module.limits.push(Limits { read: span, library, span, blank_is_unset, demands });
        }
        is
    }

    /// Whether something in the file says how values are taken from the environment.
    fn has_own_sources(&self) -> bool {
        const WORDS: [&str; 5] = [
            "settings_customise_sources",
            "SettingsSource",
            "parse_env_var",
            "enable_decoding",
            "json_loads",
        ];
        WORDS.iter().any(|word| self.file.text.contains(word))
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

/// Whether a field of this type is read as JSON: a list, a set, a mapping, and none that may be something else
/// (pydantic-settings documentation, "Parsing environment variable values"). Of a union any text is taken as it is.
fn is_decoded(kind: &str) -> bool {
    const KINDS: [&str; 14] = [
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "Sequence",
        "deque",
    ];
    let kind = match kind.strip_prefix("Annotated[").or_else(|| kind.strip_prefix("typing.Annotated[")) {
        Some(inside) if !["NoDecode", "Json"].iter().any(|word| inside.contains(word)) => {
            let mut depth = 0_usize;
            let end = inside.find(|c: char| {
                depth = depth + usize::from(c == '[') - usize::from(c == ']' && depth > 0);
                c == ',' && depth == 0
            });
            inside.get(..end.unwrap_or(0)).unwrap_or("").trim()
        }
        Some(_) => return false,
        None => kind.trim(),
    };
    let (name, inside) = kind.split_once('[').map_or((kind, None), |(name, rest)| (name, Some(rest)));
    let name = name.rsplit('.').next().unwrap_or(name).trim();
    // The bracket that opens first closes last: `list[str] | str` is a union.
    let whole = inside.is_none_or(|rest| {
        let mut depth = 1_usize;
        let close = rest.find(|c: char| {
            depth = depth + usize::from(c == '[') - usize::from(c == ']' && depth > 0);
            depth == 0
        });
        close.is_some_and(|at| at + 1 == rest.len())
    });
    KINDS.contains(&name) && whole
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_read_as_json() {
        for kind in [
            "list[str]",
            "List[AnyHttpUrl]",
            "typing.List[str]",
            "dict[str, list[int]]",
            "set",
            "list[str | int]",
            "Annotated[list[str], BeforeValidator(split)]",
            "Annotated[dict[str, int], Field(min_length=1)]",
        ] {
            assert!(is_decoded(kind), "{kind}");
        }
        for kind in [
            "str",
            "list[str] | str",
            "Optional[list[str]]",
            "list[str] | None",
            "Union[List[str], str]",
            "Annotated[list[str], NoDecode]",
            "Annotated[list[AnyUrl] | str, BeforeValidator(split)]",
            "Json[list[str]]",
            "Database",
        ] {
            assert!(!is_decoded(kind), "{kind}");
        }
    }
}
