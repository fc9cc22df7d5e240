//! Which kind of module a file of Node.js is written as: CommonJS says `require`, an ES module says `import`.

use tree_sitter::Node;

use super::parse;
use super::straight::{is_run, text};
use crate::programs::reading::{descend, parts};
use crate::source::{SourceFile, Spanned};

/// What a file says that only one kind of module has, as far as it runs whenever the file is loaded; the first of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::programs) struct Kinds {
    /// `import`, `export`: a file of CommonJS that has one is not even parsed.
    pub module: Option<Spanned<String>>,
    /// `require`, `module.exports`, `__dirname`: names that nothing in an ES module stands for.
    pub common: Option<Spanned<String>>,
}

/// The names of CommonJS that a file may give a meaning of its own, each with what such a file would hold.
const MADE: [(&str, &[&str]); 5] = [
    ("require", &["createRequire", "require =", "require(name", "{ require"]),
    ("module.exports", &["module =", "import module", " as module"]),
    ("exports", &["exports =", " as exports"]),
    ("__dirname", &["__dirname =", "{ __dirname", "__dirname }", "\n  __dirname,\n"]),
    ("__filename", &["__filename =", "{ __filename", "__filename }", "\n  __filename,\n"]),
];

/// What shows the kind of a file of JavaScript; nothing where it is not parsed, or has errors.
pub(in crate::programs) fn of(file: &SourceFile) -> Option<Kinds> {
    let tree = parse::parse(&file.path, &file.text)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut kinds = Kinds::default();
    // Whatever makes globals may make these.
    let open = ["globalThis", "global.", "global["].iter().any(|word| file.text.contains(word));
    for statement in parts(root) {
        match statement.kind() {
            "import_statement" | "export_statement" => {
                let word = text(file, statement).split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
                let (from, said) = (statement.start_byte(), word.to_string());
                kinds.module.get_or_insert_with(|| Spanned::new(said, file.slice(from, from + word.len())));
                if statement.child_by_field_name("source").is_none() && !open {
                    look(file, statement, &mut kinds);
                }
            }
            "lexical_declaration" | "variable_declaration" | "expression_statement" if !open => {
                look(file, statement, &mut kinds);
            }
            _ => {}
        }
    }
    Some(kinds)
}

/// Looks for the first name of CommonJS that a statement uses.
fn look(file: &SourceFile, statement: Node<'_>, kinds: &mut Kinds) {
    descend(statement, |node, _| {
        let named = |field: &str| node.child_by_field_name(field).map_or("", |it| text(file, it));
        let found = match node.kind() {
            "call_expression" => {
                node.child_by_field_name("function").filter(|it| text(file, *it) == "require")
            }
            "assignment_expression" => {
                let left = node.child_by_field_name("left").filter(|it| it.kind() == "member_expression");
                left.and_then(|left| left.child_by_field_name("object"))
                    .filter(|it| text(file, *it) == "exports")
            }
            "member_expression" => {
                Some(node).filter(|_| (named("object"), named("property")) == ("module", "exports"))
            }
            "identifier" => Some(node).filter(|it| ["__dirname", "__filename"].contains(&text(file, *it))),
            // `typeof require` asks, and fails of nothing.
            "unary_expression" if named("operator") == "typeof" => return false,
            _ => None,
        };
        if let Some(found) = found.filter(|_| kinds.common.is_none()) {
            let word = text(file, found);
            let made = |words: &[&str]| words.iter().any(|made| file.text.contains(made));
            // `const { a, __dirname, b } = names`
            let bound = file.text.lines().any(|line| {
                let starts =
                    ["import ", "const ", "let ", "var "].iter().any(|start| line.starts_with(start));
                starts && line.split('=').next().is_some_and(|names| names.contains(word))
            });
            let own = bound || MADE.iter().any(|(name, words)| *name == word && made(words));
            let at = file.slice(found.start_byte(), found.end_byte());
            kinds.common = (!own).then(|| Spanned::new(word.to_string(), at));
        }
        is_run(file, node)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn read(text: &str) -> (Option<String>, Option<String>) {
        let map = SourceMap::new(Memory::new([("/a.js", text)]));
        let found = of(&map.load(std::path::Path::new("/a.js")).unwrap()).unwrap();
        (found.module.map(|it| it.value), found.common.map(|it| it.value))
    }

    #[test]
    fn what_files_say() {
        let some = |word: &str| Some(word.to_string());
        for (text, module, common) in [
            ("const a = require('a');\n", None, some("require")),
            ("import a from 'a';\na.use(path.join(__dirname, 'x'));\n", some("import"), some("__dirname")),
            ("export default 1;\n", some("export"), None),
            ("module.exports = { a: 1 };\n", None, some("module.exports")),
            ("exports.a = 1;\n", None, some("exports")),
            // What may not be run, or be made by the file itself.
            ("import a from 'a';\nfunction late() { return require('b'); }\n", some("import"), None),
            ("if (typeof module !== 'undefined') module.exports = 1;\n", None, None),
            ("const there = typeof require;\n", None, None),
            (
                "import { createRequire } from 'module';\nconst require = createRequire(import.meta.url);\nconst a = require('a');\n",
                some("import"),
                None,
            ),
            ("import u from 'url';\nconst __dirname = u.x();\na(__dirname);\n", some("import"), None),
            (
                "import u from 'url';\nconst { a, __dirname, b } = u.x();\na(__dirname);\n",
                some("import"),
                None,
            ),
            ("const { exports } = 1;\n", None, None),
            ("const a = await import('a');\n// const b = require('b');\n", None, None),
        ] {
            assert_eq!(read(text), (module, common), "{text}");
        }
    }
}
