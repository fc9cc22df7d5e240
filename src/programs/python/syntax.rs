//! What a text says that only some versions of Python take.

use tree_sitter::Node;

use super::straight::text;
use crate::programs::reading::{descend, parse, parts};
use crate::source::{SourceFile, Span};

/// Something of the language that came, or went, with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::programs) struct Feature {
    /// What it is, for people.
    pub name: &'static str,
    /// The first version that takes it.
    pub since: (u32, u32),
    /// Whether all before 3 take it as well: it is what Python 2 had.
    pub of_two: bool,
    /// What others say.
    pub says: &'static str,
}

/// A version that is not there yet: what has it is never taken again.
const NEVER: (u32, u32) = (u32::MAX, 0);

const fn since(name: &'static str, minor: u32, says: &'static str) -> Feature {
    Feature { name, since: (3, minor), of_two: false, says }
}

const SYNTAX: &str = "SyntaxError: invalid syntax";

// "What's New in Python" of the versions, and PEP 572, 570, 585, 604, 617, 634, 654, 695, 701 and 758.
const WALRUS: Feature = since("`:=`", 8, SYNTAX);
const POSITIONAL: Feature = since("`/` among parameters", 8, SYNTAX);
const GENERIC: Feature =
    since("a built-in type with brackets", 9, "TypeError: 'type' object is not subscriptable");
const MANAGERS: Feature = since("`with` and parentheses around its names", 9, SYNTAX);
const MATCH: Feature = since("`match`", 10, SYNTAX);
const UNION: Feature =
    since("`|` between types", 10, "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'");
const GROUPS: Feature = since("`except*`", 11, SYNTAX);
const ALIAS: Feature = since("`type` as a statement", 12, SYNTAX);
const PARAMETERS: Feature = since("brackets with parameters of types", 12, SYNTAX);
const QUOTES: Feature =
    since("its own quotes within the braces of an f-string", 12, "SyntaxError: f-string: expecting '}'");
const BACKSLASH: Feature = since(
    "a backslash within the braces of an f-string",
    12,
    "SyntaxError: f-string expression part cannot include a backslash",
);
const SEVERAL: Feature = Feature {
    name: "`except` and several classes without parentheses",
    since: (3, 14),
    of_two: true,
    says: "SyntaxError: multiple exception types must be parenthesized",
};
const PRINT: Feature = Feature {
    name: "`print` without parentheses",
    since: NEVER,
    of_two: true,
    says: "SyntaxError: Missing parentheses in call to 'print'",
};
const EXEC: Feature = Feature {
    name: "`exec` without parentheses",
    since: NEVER,
    of_two: true,
    says: "SyntaxError: Missing parentheses in call to 'exec'",
};

/// The built-in types that are generic from 3.9 on.
const GENERICS: [&str; 6] = ["list", "dict", "tuple", "set", "frozenset", "type"];
/// Types that are surely no more than that, and have no `|` before 3.10.
const PLAIN: [&str; 12] =
    ["None", "int", "str", "float", "bool", "bytes", "list", "dict", "tuple", "set", "object", "complex"];

impl Feature {
    /// Whether a version takes it.
    pub fn is_of(&self, major: u32, minor: u32) -> bool {
        (major, minor) >= self.since || self.of_two && major < 3
    }
}

/// What of the text only some versions take, with its place: all of the syntax, which is looked at before anything runs, and
/// of annotations those that are evaluated when the module is loaded. Nothing where it is not parsed, or has errors.
pub(in crate::programs) fn of(file: &SourceFile) -> Vec<(Feature, Span)> {
    let tree = parse(&tree_sitter_python::LANGUAGE.into(), &file.text);
    let Some(root) = tree.as_ref().map(|tree| tree.root_node()).filter(|root| !root.has_error()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut add = |feature: Feature, node: Node<'_>| {
        let line = text(file, node).lines().next().unwrap_or("").trim_end().len();
        out.push((feature, file.slice(node.start_byte(), node.start_byte() + line)));
    };
    descend(root, |node, _| {
        if let Some(feature) = written(file, node) {
            add(feature, node);
        }
        true
    });
    // PEP 563: they are kept as text.
    if !file.text.contains("from __future__ import annotations") {
        evaluated(file, root, &mut add);
    }
    out
}

/// What a node is by its syntax alone.
fn written(file: &SourceFile, node: Node<'_>) -> Option<Feature> {
    let has = |sign: &str| {
        let mut cursor = node.walk();
        node.children(&mut cursor).any(|child| child.kind() == sign)
    };
    match node.kind() {
        "named_expression" => Some(WALRUS),
        "positional_separator" => Some(POSITIONAL),
        "match_statement" => Some(MATCH),
        "except_group_clause" => Some(GROUPS),
        "except_clause" if has("except*") || has("*") => Some(GROUPS),
        "except_clause" if has(",") => Some(SEVERAL),
        "type_alias_statement" => Some(ALIAS),
        "function_definition" | "class_definition" => {
            node.child_by_field_name("type_parameters").map(|_| PARAMETERS)
        }
        // A tuple of managers is an old one, too; names for them are not.
        "with_clause" if has("(") => {
            let named = |item: &Node<'_>| parts(*item).iter().any(|value| value.kind() == "as_pattern");
            parts(node).iter().any(named).then_some(MANAGERS)
        }
        "print_statement" => Some(PRINT),
        "exec_statement" => Some(EXEC),
        "string" => within_braces(file, node),
        _ => None,
    }
}

/// What stands in the braces of an f-string that only newer versions take there.
fn within_braces(file: &SourceFile, string: Node<'_>) -> Option<Feature> {
    let quotes = |string: Node<'_>| {
        let start = parts(string).into_iter().find(|part| part.kind() == "string_start")?;
        Some(text(file, start).trim_start_matches(|c: char| c.is_ascii_alphabetic()))
    };
    let own = quotes(string)?;
    let braces = parts(string).into_iter().filter(|part| part.kind() == "interpolation");
    // What stands behind a `:` there is text of the string's own.
    let mut expressions = braces.filter_map(|brace| brace.child_by_field_name("expression"));
    expressions.find_map(|expression| {
        let mut same = false;
        descend(expression, |inner, _| {
            // A string in three quotes takes one of them.
            same |= inner.kind() == "string" && quotes(inner) == Some(own);
            true
        });
        match same {
            true => Some(QUOTES),
            false => text(file, expression).contains('\\').then_some(BACKSLASH),
        }
    })
}

/// The annotations of functions and variables that are evaluated when a module, or the body of a class, runs.
fn evaluated<'t>(file: &SourceFile, body: Node<'t>, add: &mut impl FnMut(Feature, Node<'t>)) {
    for statement in parts(body) {
        let definition = statement.child_by_field_name("definition").unwrap_or(statement);
        match definition.kind() {
            "class_definition" => {
                if let Some(body) = definition.child_by_field_name("body") {
                    evaluated(file, body, add);
                }
            }
            "function_definition" => {
                let parameters = definition.child_by_field_name("parameters").into_iter().flat_map(parts);
                let types = parameters.filter_map(|parameter| parameter.child_by_field_name("type"));
                let result = definition.child_by_field_name("return_type");
                types.chain(result).for_each(|annotation| of_annotation(file, annotation, add));
            }
            "expression_statement" => {
                let types = parts(statement).into_iter().filter_map(|part| part.child_by_field_name("type"));
                types.for_each(|annotation| of_annotation(file, annotation, add));
            }
            // What ends a module here leaves out the rest.
            "raise_statement" => return,
            _ => {}
        }
    }
}

/// What of an annotation is not evaluated by older versions.
fn of_annotation<'t>(file: &SourceFile, annotation: Node<'t>, add: &mut impl FnMut(Feature, Node<'t>)) {
    let plain = |node: Node<'_>| PLAIN.contains(&text(file, node));
    let of_generic = |node: Node<'_>| {
        let name = node.child_by_field_name("value").or_else(|| parts(node).into_iter().next());
        name.is_some_and(|name| GENERICS.contains(&text(file, name)))
    };
    descend(annotation, |node, _| match node.kind() {
        "binary_operator" | "union_type" => {
            let all = parts(node);
            let or = node.kind() == "union_type"
                || node.child_by_field_name("operator").is_some_and(|sign| text(file, sign) == "|");
            if or && all.iter().any(|side| plain(*side)) {
                add(UNION, node);
                return false;
            }
            true
        }
        "subscript" | "generic_type" => {
            if of_generic(node) {
                add(GENERIC, node);
                return false;
            }
            true
        }
        "string" | "call" | "lambda" => false,
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn found(text: &str) -> Vec<(&'static str, String)> {
        let map = SourceMap::new(Memory::new([("/app.py", text)]));
        let file = map.load(std::path::Path::new("/app.py")).unwrap();
        let all = of(&file).into_iter();
        all.map(|(feature, at)| (feature.name, file.text[file.range(at)].to_string())).collect()
    }

    #[test]
    fn syntax() {
        for (text, feature) in [
            ("if (n := 3) > 2:\n    pass\n", WALRUS),
            ("def f(a, /, b): pass\n", POSITIONAL),
            ("def f(x):\n    match x:\n        case 1:\n            pass\n", MATCH),
            ("try:\n    pass\nexcept* ValueError:\n    pass\n", GROUPS),
            ("try:\n    pass\nexcept ValueError, KeyError:\n    pass\n", SEVERAL),
            ("type A = int\n", ALIAS),
            ("def f[T](x: T): pass\n", PARAMETERS),
            ("class A[T]: pass\n", PARAMETERS),
            ("with (open(a) as f, open(b) as g):\n    pass\n", MANAGERS),
            ("print 'x'\n", PRINT),
            ("exec 'x'\n", EXEC),
            ("x = f'{d['a']}'\n", QUOTES),
            ("x = f\"{'\\n'.join(a)}\"\n", BACKSLASH),
            ("def f(x: int | None = None): pass\n", UNION),
            ("def f() -> User | None: pass\n", UNION),
            ("class A:\n    x: str | int = 3\n", UNION),
            ("class A:\n    def f(self, x: 'B', y: dict[str, int]): pass\n", GENERIC),
            ("@app.get('/')\ndef f(x: Optional[list[int]]): pass\n", GENERIC),
            ("x: list[int] = []\n", GENERIC),
        ] {
            let names: Vec<_> = found(text).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, [feature.name], "{text}");
        }
        assert_eq!(found("def f(x: int | None): pass\n")[0].1, "int | None");
        assert!(MATCH.is_of(3, 10) && !MATCH.is_of(3, 9) && PRINT.is_of(2, 7) && !PRINT.is_of(3, 14));
    }

    #[test]
    fn what_all_versions_take() {
        for text in [
            "from __future__ import annotations\ndef f(x: int | None): pass\n",
            "def f(x: 'int | None', y: \"list[int]\"): pass\n",
            "def f():\n    x: list[int] = []\n    def g(y: int | None): pass\n",
            "if TYPE_CHECKING:\n    def f(x: int | None): pass\n",
            "def f(x: A | B): pass\n",
            "x = f'{d[\"a\"]}' + f\"\"\"{d[\"a\"]}\"\"\"\n",
            "x = f'{a:\\n}' + f'\\n{a}'\n",
            "print('x')\nprint\nmatch = 3\nmatch[1]\ntype = 2\n",
            "with (a, b):\n    pass\nwith open(a) as f, open(b) as g:\n    pass\nwith (yield x):\n    pass\n",
            "try:\n    pass\nexcept (ValueError, KeyError) as e:\n    pass\n",
            "def f(x: List[int], y: Dict[str, A]): pass\nx = 3 | 4\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
