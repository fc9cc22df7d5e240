//! The files that a module of Node surely opens when it is loaded, by paths that begin at its own folder:
//! `readFileSync(path.join(__dirname, 'schema.graphql'))`, `loadSync(PROTO_PATH)`; and the folder of its pages, `app.set('views', …)`, and of what it serves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tree_sitter::Node;

use super::parse;
use super::straight::{is_run, text};
use crate::programs::Need;
use crate::programs::reading::{descend, parts};
use crate::source::{SourceFile, Spanned, clean};

/// What asks whether something is there, or makes it.
const ASKS: [&str; 9] = [
    "exists",
    "statSync",
    "accessSync",
    "mkdir",
    "writeFile",
    "copyFile",
    "createWriteStream",
    "renameSync",
    "cpSync",
];
/// Methods that read the file or the folder which they are given first, and throw where it is not there.
const READERS: [&str; 3] = ["readFileSync", "readdirSync", "loadSync"];
/// The same, of `yamljs` alone.
const OF_YAMLJS: [&str; 1] = ["YAML.load"];
/// The option that tells NestJS and others which file to load for gRPC.
const PROTO: &str = "protoPath";
/// What Express serves files with.
const SERVES: &str = "express.static";
/// What is looked at of a value within another.
const MAX_DEPTH: usize = 16;

/// A path that a module asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::programs) struct Opened {
    /// From the folder of the module on.
    pub path: Spanned<String>,
    /// What becomes of the program without it.
    pub need: Need,
}

/// What a name or an expression is.
#[derive(Clone)]
enum Value {
    /// A path that begins at the module's folder.
    Path(PathBuf),
    /// A text.
    Text(String),
    /// The module's own file, as an address or as a path.
    Own,
}

/// What the module opens when it is loaded.
pub(in crate::programs) fn opened(file: &SourceFile) -> Vec<Opened> {
    let source = file.text.as_ref();
    let begins = source.contains("__dirname") || source.contains("import.meta");
    let reads =
        READERS.iter().chain(&OF_YAMLJS).chain(&[PROTO, "views", SERVES]).any(|word| source.contains(word));
    if !begins || !reads || ASKS.iter().any(|word| source.contains(word)) {
        return Vec::new();
    }
    let Some(tree) = parse::parse(&file.path, source) else { return Vec::new() };
    let root = tree.root_node();
    if root.has_error() {
        return Vec::new();
    }
    let mut module = Module { file, names: HashMap::new(), found: Vec::new() };
    for statement in parts(root) {
        module.look(statement);
        module.declare(statement);
    }
    module.found
}

struct Module<'f> {
    file: &'f SourceFile,
    names: HashMap<String, Value>,
    found: Vec<Opened>,
}

impl Module<'_> {
    /// Notes what a statement of the module opens as it runs.
    fn look(&mut self, statement: Node<'_>) {
        let mut found = Vec::new();
        descend(statement, |node, _| {
            if node.kind() == "call_expression" {
                found.extend(self.opened_by(node));
            }
            is_run(self.file, node)
        });
        // Options are handed on from functions and classes, too.
        descend(statement, |node, _| {
            if node.kind() == "pair"
                && node.child_by_field_name("key").is_some_and(|key| self.text(key) == PROTO)
            {
                found.extend(
                    node.child_by_field_name("value").and_then(|value| self.noted(value, Need::Start)),
                );
            }
            !matches!(node.kind(), "if_statement" | "ternary_expression" | "try_statement")
        });
        self.found.extend(found);
    }

    fn opened_by(&self, call: Node<'_>) -> Option<Opened> {
        let callee = self.text(call.child_by_field_name("function")?);
        let arguments = parts(call.child_by_field_name("arguments")?);
        let method = callee.rsplit('.').next().unwrap_or(callee);
        let yaml = OF_YAMLJS.contains(&callee) && self.file.text.contains("yamljs");
        if callee == SERVES {
            return self.noted(*arguments.first()?, Need::Served);
        }
        if READERS.contains(&method) || yaml {
            return self.noted(*arguments.first()?, Need::Start);
        }
        let told = method == "set"
            && self
                .value(*arguments.first()?, 0)
                .is_some_and(|it| matches!(it, Value::Text(name) if name == "views"));
        told.then(|| self.noted(*arguments.get(1)?, Need::Pages)).flatten()
    }

    fn noted(&self, value: Node<'_>, need: Need) -> Option<Opened> {
        let Value::Path(path) = self.value(value, 0)? else { return None };
        let name = clean(&path);
        let name = name.to_str().filter(|name| !name.is_empty() && !name.contains(['*', '{', '\n']))?;
        let hidden = Path::new(name).file_name()?.to_str()?.starts_with('.');
        let at = self.file.slice(value.start_byte(), value.end_byte());
        (!hidden).then(|| Opened { path: Spanned::new(name.to_string(), at), need })
    }

    /// Keeps what the constants of a statement are.
    fn declare(&mut self, statement: Node<'_>) {
        let constant = self.text(statement);
        let constant = constant.strip_prefix("export ").unwrap_or(constant).starts_with("const ");
        let mut made = Vec::new();
        descend(statement, |node, _| {
            if node.kind() == "variable_declarator" {
                let name = node.child_by_field_name("name").filter(|name| name.kind() == "identifier");
                let value = node.child_by_field_name("value").and_then(|value| self.value(value, 0));
                made.extend(name.map(|name| (self.text(name).to_string(), value.filter(|_| constant))));
            }
            is_run(self.file, node)
        });
        for (name, value) in made {
            match value {
                Some(value) => self.names.insert(name, value),
                None => self.names.remove(&name),
            };
        }
    }

    fn value(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let of = |node: Node<'_>| self.value(node, depth + 1);
        match node.kind() {
            "identifier" => match self.text(node) {
                name if self.names.contains_key(name) => self.names.get(name).cloned(),
                "__dirname" => Some(Value::Path(PathBuf::new())),
                "__filename" => Some(Value::Own),
                _ => None,
            },
            "member_expression" => match self.text(node) {
                "import.meta.dirname" => Some(Value::Path(PathBuf::new())),
                "import.meta.url" | "import.meta.filename" => Some(Value::Own),
                _ => None,
            },
            "parenthesized_expression" | "as_expression" | "non_null_expression" => {
                of(parts(node).into_iter().next()?)
            }
            "string" => {
                let written = self.text(node);
                let inside = written.get(1..written.len().checked_sub(1)?)?;
                (!inside.contains('\\')).then(|| Value::Text(inside.to_string()))
            }
            "template_string" => self.template(node, depth),
            "binary_expression" => {
                let added = node.child_by_field_name("operator").is_some_and(|it| self.text(it) == "+");
                let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
                added.then(|| joined(of(left)?, of(right)?)).flatten()
            }
            "new_expression" => {
                let made = self.text(node.child_by_field_name("constructor")?);
                let arguments = parts(node.child_by_field_name("arguments")?);
                match (made, arguments.as_slice()) {
                    ("URL", [path, base]) => match (of(*path)?, of(*base)?) {
                        (Value::Text(path), Value::Own) if path.starts_with('.') => {
                            Some(Value::Path(PathBuf::from(path)))
                        }
                        _ => None,
                    },
                    _ => None,
                }
            }
            "call_expression" => self.call(node, depth),
            _ => None,
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        let callee = self.text(node.child_by_field_name("function")?);
        let arguments = parts(node.child_by_field_name("arguments")?);
        let of = |node: Node<'_>| self.value(node, depth + 1);
        let (first, rest) = arguments.split_first()?;
        match callee.rsplit('.').next().unwrap_or(callee) {
            "fileURLToPath" | "normalize" => of(*first),
            "dirname" => match of(*first)? {
                Value::Own => Some(Value::Path(PathBuf::new())),
                Value::Path(path) => Some(Value::Path(path.join(".."))),
                Value::Text(_) => None,
            },
            "join" | "resolve" => {
                let Value::Path(mut whole) = of(*first)? else { return None };
                for part in rest {
                    match of(*part)? {
                        Value::Text(part) => whole = whole.join(part.trim_start_matches('/')),
                        _ => return None,
                    }
                }
                Some(Value::Path(whole))
            }
            _ => None,
        }
    }

    /// `${__dirname}/a.yaml`
    fn template(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        let mut whole: Option<Value> = None;
        for part in parts(node) {
            let next = match part.kind() {
                "string_fragment" => Value::Text(self.text(part).to_string()),
                "template_substitution" => self.value(parts(part).into_iter().next()?, depth + 1)?,
                _ => return None,
            };
            whole = Some(match whole {
                None => next,
                Some(before) => joined(before, next)?,
            });
        }
        whole
    }

    fn text(&self, node: Node<'_>) -> &str {
        text(self.file, node)
    }
}

/// One after the other: what follows a folder begins with a slash.
fn joined(before: Value, after: Value) -> Option<Value> {
    match (before, after) {
        (Value::Path(before), Value::Text(after)) => Some(Value::Path(before.join(after.strip_prefix('/')?))),
        (Value::Text(before), Value::Text(after)) => Some(Value::Text(before + &after)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn names(text: &str) -> Vec<(String, Need)> {
        let map = SourceMap::new(Memory::new([("/file.ts", text)]));
        let file = map.load(Path::new("/file.ts")).unwrap();
        opened(&file).into_iter().map(|opened| (opened.path.value, opened.need)).collect()
    }

    #[test]
    fn paths_that_begin_at_the_module() {
        for (text, name) in [
            ("const a = readFileSync(join(__dirname, 'schema.graphql'), 'utf8');\n", "schema.graphql"),
            (
                "const P = path.resolve(__dirname, '../proto', 'a.proto');\nconst d = loader.loadSync(P, {});\n",
                "../proto/a.proto",
            ),
            ("const a = JSON.parse(fs.readFileSync(`${__dirname}/words/en.json`));\n", "words/en.json"),
            ("const a = fs.readFileSync(__dirname + '/a.sql');\n", "a.sql"),
            (
                "const here = dirname(fileURLToPath(import.meta.url));\nexport const a = readFileSync(join(here, 'a.txt'));\n",
                "a.txt",
            ),
            ("const a = readFileSync(new URL('./a.html', import.meta.url));\n", "a.html"),
            (
                "const Y = require('yamljs');\nconst d = YAML.load(path.join(__dirname, 'api.yaml'));\n",
                "api.yaml",
            ),
            (
                "async function main() {\n  await make({ options: { protoPath: join(__dirname, 'a.proto') } });\n}\nmain();\n",
                "a.proto",
            ),
        ] {
            assert_eq!(names(text), [(name.to_string(), Need::Start)], "{text}");
        }
        let pages = "app.set('views', path.join(__dirname, 'pages'));\n";
        assert_eq!(names(pages), [("pages".to_string(), Need::Pages)]);
        let served = "app.use('/static', express.static(path.join(__dirname, '../public')));\n";
        assert_eq!(names(served), [("../public".to_string(), Need::Served)]);
    }

    #[test]
    fn what_may_not_be_opened() {
        for text in [
            "function late() { return readFileSync(join(__dirname, 'a.txt')); }\n",
            "let a; try { a = readFileSync(join(__dirname, 'a.txt')); } catch {}\n",
            "const a = x ? readFileSync(join(__dirname, 'a.txt')) : '';\n",
            "if (fs.existsSync(join(__dirname, 'a'))) readFileSync(join(__dirname, 'a'));\n",
            "const a = readFileSync(join(__dirname, name));\n",
            "let P = join(__dirname, 'a');\nP = process.env.P;\nreadFileSync(P);\n",
            "const a = readFileSync(join(process.cwd(), 'a.txt')), b = __dirname;\n",
            "const a = readFileSync(join(__dirname, '.env'));\n",
            "const d = YAML.load(path.join(__dirname, 'api.yaml'));\n",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
    }
}
