//! What a Python module surely does when it is loaded: the imports that no branch, function or `try` stands around, and the
//! names that it has afterwards.

use std::collections::HashSet;

use tree_sitter::Node;

use super::touched::Call;
use crate::programs::reading::{descend, parse, parts};
use crate::source::{SourceFile, Spanned};

/// What a module does when it is loaded.
#[derive(Clone, Debug, Default)]
pub(in crate::programs) struct Straight {
    /// The modules that it imports whatever happens, each with the place of its name: of `from a import b`, `a` and `a.b`.
    pub imports: Vec<Spanned<String>>,
    /// The names that it may have: more than it has, never less.
    pub names: HashSet<String>,
    /// Whether it may have names that are not written there.
    pub open: bool,
    /// The applications and middleware that it names for Django.
    pub named: Vec<Spanned<String>>,
    /// What of other modules it touches: see [`super::touched`].
    pub touched: Vec<Spanned<String>>,
    /// What of other modules it calls.
    pub calls: Vec<Call>,
    /// The files that it opens by paths of its own: see [`super::beside`].
    pub opened: Vec<Spanned<String>>,
}

/// Lists of Django that name modules which it loads.
const LISTS: [&str; 8] = [
    "INSTALLED_APPS",
    "MIDDLEWARE",
    "THIRD_PARTY_APPS",
    "DJANGO_APPS",
    "LOCAL_APPS",
    "EXTERNAL_APPS",
    "BASE_APPS",
    "PROJECT_APPS",
];
/// Keys, and ends of names, under which Django's settings name classes of other packages.
const BACKENDS: [&str; 6] =
    ["BACKEND", "_BACKEND", "DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE", "ENGINE", "SESSION_SERIALIZER"];
/// What gives a module names that are not written there.
const MAKERS: [&str; 7] =
    ["import *", "globals()", "__getattr__", "exec(", "setattr(", "vars()", "sys.modules"];

/// What the text does; nothing where it is not parsed, or has errors.
pub(in crate::programs) fn of(file: &SourceFile) -> Option<Straight> {
    let tree = parse(&tree_sitter_python::LANGUAGE.into(), &file.text)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut out =
        Straight { open: MAKERS.iter().any(|word| file.text.contains(word)), ..Straight::default() };
    for statement in parts(root) {
        match statement.kind() {
            "import_statement" | "import_from_statement" => imports(file, statement, &mut out.imports),
            "expression_statement" => named(file, statement, &mut out.named),
            // What ends a module here leaves out the rest.
            "raise_statement" => break,
            _ => {}
        }
    }
    names(file, root, &mut out.names);
    let touched = super::touched::of(file, root);
    (out.touched, out.calls) = (touched.paths, touched.calls);
    out.opened = super::beside::opened(file, root);
    Some(out)
}

pub(super) fn text<'f>(file: &'f SourceFile, node: Node<'_>) -> &'f str {
    file.text.get(node.byte_range()).unwrap_or("")
}

fn imports(file: &SourceFile, statement: Node<'_>, out: &mut Vec<Spanned<String>>) {
    let name =
        |node: Node<'_>| -> String { text(file, node).chars().filter(|c| !c.is_whitespace()).collect() };
    let place = |node: Node<'_>| file.slice(node.start_byte(), node.end_byte());
    let plain = |node: Node<'_>| match node.kind() {
        "aliased_import" => node.child_by_field_name("name").map(name),
        "dotted_name" => Some(name(node)),
        _ => None,
    };
    let module = statement.child_by_field_name("module_name");
    let from = module.map(name);
    if let (Some(module), Some(from)) = (module, &from) {
        out.push(Spanned::new(from.clone(), place(module)));
    }
    for part in parts(statement).into_iter().filter(|part| Some(part.id()) != module.map(|it| it.id())) {
        let (Some(name), at) = (plain(part), place(module.unwrap_or(part))) else { continue };
        let whole = match &from {
            Some(from) if from.ends_with('.') => format!("{from}{name}"),
            Some(from) => format!("{from}.{name}"),
            None => name,
        };
        out.push(Spanned::new(whole, at));
    }
}

/// `INSTALLED_APPS = ["rest_framework", …]`
fn named(file: &SourceFile, statement: Node<'_>, out: &mut Vec<Spanned<String>>) {
    let Some(assignment) = parts(statement).into_iter().next() else { return };
    let left = assignment.child_by_field_name("left").map_or("", |left| text(file, left));
    let right = assignment.child_by_field_name("right");
    if let Some(right) =
        right.filter(|_| !left.is_empty() && left.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    {
        backends(file, left, right, out);
    }
    let is_list =
        assignment.child_by_field_name("left").is_some_and(|left| LISTS.contains(&text(file, left)));
    let Some(value) = assignment.child_by_field_name("right").filter(|_| is_list) else { return };
    descend(value, |node, _| {
        match node.kind() {
            "string_content" => {
                let name = text(file, node);
                if crate::programs::entry::is_dotted(name) {
                    out.push(Spanned::new(name.to_string(), file.slice(node.start_byte(), node.end_byte())));
                }
                false
            }
            // What a condition decides.
            "conditional_expression" | "call" | "list_comprehension" => false,
            _ => true,
        }
    });
}

/// `CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache"}}`, `EMAIL_BACKEND = "anymail.…"`
fn backends(file: &SourceFile, left: &str, right: Node<'_>, out: &mut Vec<Spanned<String>>) {
    let mut add = |node: Node<'_>| {
        let Some(content) = parts(node).into_iter().find(|part| part.kind() == "string_content") else {
            return;
        };
        let name = text(file, content);
        if crate::programs::entry::is_dotted(name) && name.contains('.') {
            out.push(Spanned::new(name.to_string(), file.slice(content.start_byte(), content.end_byte())));
        }
    };
    if right.kind() == "string" && BACKENDS.iter().any(|end| left.ends_with(end)) {
        add(right);
    }
    if right.kind() != "dictionary" {
        return;
    }
    descend(right, |node, _| {
        if node.kind() == "pair"
            && let Some(value) = node.child_by_field_name("value").filter(|value| value.kind() == "string")
            && let Some(key) = node.child_by_field_name("key")
            && BACKENDS.contains(&text(file, key).trim_matches(['"', '\'']))
        {
            add(value);
        }
        matches!(node.kind(), "dictionary" | "pair")
    });
}

/// The identifiers outside of functions and classes, and what functions say is global.
fn names(file: &SourceFile, root: Node<'_>, out: &mut HashSet<String>) {
    descend(root, |node, field| {
        match node.kind() {
            // `from shop.orders import …` gives no name `shop`.
            _ if field == Some("module_name") => false,
            "function_definition" | "class_definition" => {
                let own = node.child_by_field_name("name").map(|name| text(file, name).to_string());
                out.extend(own);
                descend(node, |inner, _| {
                    if inner.kind() == "global_statement" {
                        out.extend(parts(inner).into_iter().map(|name| text(file, name).to_string()));
                    }
                    true
                });
                false
            }
            "identifier" => {
                let within = node.parent().map_or("", |around| around.kind());
                // `value.name`, `call(name=…)`
                let of_other =
                    field == Some("attribute") || within == "keyword_argument" && field == Some("name");
                if !of_other {
                    out.insert(text(file, node).to_string());
                }
                true
            }
            _ => true,
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn read(text: &str) -> Straight {
        let map = SourceMap::new(Memory::new([("/app.py", text)]));
        of(&map.load(std::path::Path::new("/app.py")).unwrap()).unwrap()
    }

    #[test]
    fn only_what_surely_runs() {
        let found = read(
            "import os, shop.db as db\nfrom . import models\nfrom ..core.settings import (A, B as b)\n\
             try:\n    import ujson\nexcept ImportError:\n    import json\n\
             if os.name == 'nt':\n    import winreg\ndef late():\n    import pika\n",
        );
        let names: Vec<&str> = found.imports.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(
            names,
            ["os", "shop.db", ".", ".models", "..core.settings", "..core.settings.A", "..core.settings.B"]
        );
    }

    #[test]
    fn names_of_a_module() {
        let found = read(
            "def make():\n    global made\n    app = Flask(__name__)\n    return app\nx.y = call(z=1)\n",
        );
        for name in ["make", "made", "x", "call"] {
            assert!(found.names.contains(name), "{name}");
        }
        let imported = read("from shop.orders import ship\nimport stock.api\n");
        assert!(imported.names.contains("ship") && imported.names.contains("stock"));
        assert!(!imported.names.contains("shop") && !imported.names.contains("orders"));
        for name in ["app", "y", "z"] {
            assert!(!found.names.contains(name), "{name}");
        }
        assert!(!found.open && read("from a import *").open);
    }
}
