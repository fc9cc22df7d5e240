//! The packages that a module of Node surely loads when it is loaded itself: imports at its top, and calls of `require` that no
//! function, branch or `try` stands around.

use tree_sitter::Node;

use super::parse;
use crate::programs::has_extension;
use crate::programs::reading::{descend, parts};
use crate::source::{SourceFile, Spanned};

/// What a module loads whatever happens, each with the place of its name; nothing where it is not parsed, or has errors.
pub(in crate::programs) fn of(file: &SourceFile) -> Option<Vec<Spanned<String>>> {
    let tree = parse::parse(&file.path, &file.text)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let typed = has_extension(&file.path, &["ts", "mts", "cts", "tsx"]);
    let mut out = Vec::new();
    for statement in parts(root) {
        match statement.kind() {
            "import_statement" | "export_statement" => {
                let source = statement.child_by_field_name("source");
                let loads = !typed || is_of_values(file, statement);
                out.extend(source.filter(|_| loads).and_then(|source| name(file, source)));
                if source.is_none() {
                    required(file, statement, &mut out);
                }
            }
            "lexical_declaration" | "variable_declaration" | "expression_statement" => {
                required(file, statement, &mut out);
            }
            _ => {}
        }
    }
    Some(out)
}

pub(super) fn text<'f>(file: &'f SourceFile, node: Node<'_>) -> &'f str {
    file.text.get(node.byte_range()).unwrap_or("")
}

/// The text of a string, and where it stands.
fn name(file: &SourceFile, string: Node<'_>) -> Option<Spanned<String>> {
    let (from, to) = (string.start_byte() + 1, string.end_byte().checked_sub(1)?);
    let name = file.text.get(from..to).filter(|_| string.kind() == "string")?;
    Some(Spanned::new(name.to_string(), file.slice(from, to)))
}

/// Whether an import of TypeScript is one of values: types are gone when the program runs, and so is an import of nothing else.
fn is_of_values(file: &SourceFile, statement: Node<'_>) -> bool {
    let written = text(file, statement);
    let mut words = written.split_whitespace().skip(1);
    if words.next() == Some("type") || statement.kind() == "export_statement" {
        return false;
    }
    let clause = parts(statement).into_iter().find(|part| part.kind() == "import_clause");
    // `import "reflect-metadata"` is there for what it does.
    let Some(clause) = clause else { return true };
    let mut names = Vec::new();
    descend(clause, |node, _| match node.kind() {
        "import_specifier" => {
            let local = node.child_by_field_name("alias").or_else(|| node.child_by_field_name("name"));
            names.extend(local.filter(|_| !text(file, node).starts_with("type ")).map(|it| text(file, it)));
            false
        }
        "identifier" => {
            names.push(text(file, node));
            false
        }
        _ => true,
    });
    let rest = file.text.get(statement.end_byte()..).unwrap_or("");
    names.iter().any(|name| is_used(rest, name))
}

/// Whether a name is used as a value: called, handed on, made anew, looked into, a decorator, or what a class is made from.
fn is_used(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or("");
        let after = text.get(at + name.len()..).unwrap_or("");
        let apart = !before.ends_with(|c| joins(c) || c == '.') && !after.starts_with(joins);
        let made = ["new ", "@", "extends "].iter().any(|word| before.ends_with(word));
        let of_type = before.trim_end().ends_with([':', '<', '|']);
        // `create(AppModule)`, `[ConfigModule, UsersModule]`
        let (ends, goes) = (before.trim_end(), after.trim_start());
        let handed = ends.ends_with(['(', '[', ',']) && goes.starts_with([',', ')', ']']) && !of_type;
        apart && (made || handed || after.starts_with('(') || after.starts_with('.') && !of_type)
    })
}

/// What `require` is called with, outside of what runs only perhaps, or later.
fn required(file: &SourceFile, statement: Node<'_>, out: &mut Vec<Spanned<String>>) {
    descend(statement, |node, _| {
        if node.kind() == "call_expression" {
            let callee = node.child_by_field_name("function").map_or("", |it| text(file, it));
            let arguments = node.child_by_field_name("arguments").map(parts).unwrap_or_default();
            if let ("require", [only]) = (callee, arguments.as_slice()) {
                out.extend(name(file, *only));
            }
        }
        is_run(file, node)
    });
}

/// Whether what a node holds runs with it, whatever happens: it is no function, no branch, and nothing that may fail.
pub(super) fn is_run(file: &SourceFile, node: Node<'_>) -> bool {
    match node.kind() {
        "function_declaration"
        | "function_expression"
        | "function"
        | "arrow_function"
        | "generator_function"
        | "method_definition"
        | "class_body"
        | "ternary_expression"
        | "try_statement"
        | "if_statement" => false,
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map_or("", |it| text(file, it));
            !["||", "&&", "??"].contains(&operator)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn read(path: &str, text: &str) -> Vec<String> {
        let map = SourceMap::new(Memory::new([(path, text)]));
        let found = of(&map.load(std::path::Path::new(path)).unwrap()).unwrap();
        found.into_iter().map(|it| it.value).collect()
    }

    #[test]
    fn only_what_surely_runs() {
        let text = "require('dotenv').config();\nconst a = require('express'), { b } = require(\"./b\");\n\
                    let c; try { c = require('bcrypt') } catch {}\nfunction late() { return require('pg') }\n\
                    const d = x && require('debug');\nconst e = () => require('e');\nif (x) require('f');\nmodule.exports = require('./g')(a);\n";
        assert_eq!(read("/a.js", text), ["dotenv", "express", "./b", "./g"]);
        assert_eq!(
            read("/a.mjs", "import a from 'a';\nexport * from './b';\nimport 'c';\n"),
            ["a", "./b", "c"]
        );
    }

    #[test]
    fn types_load_nothing() {
        let text = "import 'reflect-metadata';\nimport type { A } from 'a';\nimport express, { Request } from 'express';\n\
                    import { Response } from 'r';\nimport * as pg from 'pg';\nconst app = express();\nnew pg.Pool();\nfunction f(r: Response) {}\n";
        assert_eq!(read("/a.ts", text), ["reflect-metadata", "express", "pg"]);
    }
}
