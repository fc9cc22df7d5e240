//! The files that a Python module surely opens when it is loaded, by paths that it makes of its own: `Path(__file__).parent / "a.yaml"`,
//! `open(os.path.join(os.path.dirname(__file__), "a.yaml"))`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tree_sitter::Node;

use super::straight::text;
use crate::programs::reading::{descend, parts};
use crate::source::{SourceFile, Spanned};

/// What asks whether something is there, or makes it.
const ASKS: [&str; 14] = [
    "exists(",
    "is_file(",
    "isfile(",
    "is_dir(",
    "isdir(",
    "write_text",
    "write_bytes",
    "touch(",
    "copyfile",
    "copytree",
    "urlretrieve",
    "subprocess",
    "makedirs",
    "mkdir",
];
/// Functions that give the path which they are given, as far as it matters here.
const SAME: [&str; 12] = [
    "Path",
    "pathlib.Path",
    "PurePath",
    "str",
    "os.fspath",
    "os.path.abspath",
    "os.path.realpath",
    "os.path.normpath",
    "path.abspath",
    "path.realpath",
    "abspath",
    "realpath",
];
/// Functions that read the file which they are given first, and raise where it is not there.
const READERS: [&str; 14] = [
    "open",
    "io.open",
    "codecs.open",
    "pd.read_csv",
    "pandas.read_csv",
    "pd.read_json",
    "pd.read_parquet",
    "pd.read_excel",
    "joblib.load",
    "toml.load",
    "np.load",
    "torch.load",
    "logging.config.fileConfig",
    "StaticFiles",
];

/// The name that stands for the module's own file within paths.
const OWN: &str = "\u{0}";

/// What a name or an expression is.
#[derive(Clone)]
enum Value {
    /// A path that begins with the module's own file, or with the root.
    Path(PathBuf),
    /// A text.
    Text(String),
}

impl Value {
    /// It as a path, where it is a whole one.
    fn path(self) -> Option<PathBuf> {
        match self {
            Self::Path(path) => Some(path),
            Self::Text(text) => text.starts_with('/').then(|| PathBuf::from(text)),
        }
    }
}

/// What the module opens: each a path from the folder of the module on, or a whole one, where it is asked for.
pub(super) fn opened(file: &SourceFile, root: Node<'_>) -> Vec<Spanned<String>> {
    let source = file.text.as_ref();
    if !source.contains("__file__") && !source.contains("(\"/")
        || ASKS.iter().any(|word| source.contains(word))
    {
        return Vec::new();
    }
    let mut module = Module { file, names: HashMap::new(), found: Vec::new() };
    module.run(root, 0);
    module.found
}

struct Module<'f> {
    file: &'f SourceFile,
    names: HashMap<String, Value>,
    found: Vec<Spanned<String>>,
}

impl<'f> Module<'f> {
    /// What the statements of a block do, each in its turn.
    fn run(&mut self, block: Node<'_>, depth: usize) {
        for statement in parts(block) {
            match statement.kind() {
                "raise_statement" => return,
                "expression_statement" => {
                    for part in parts(statement) {
                        self.look(part);
                        if part.kind() == "assignment" {
                            self.assign(part);
                        }
                    }
                }
                "with_statement" if depth < 8 => {
                    let body = statement.child_by_field_name("body");
                    for part in
                        parts(statement).into_iter().filter(|part| Some(part.id()) != body.map(|it| it.id()))
                    {
                        self.look(part);
                    }
                    if let Some(body) = body {
                        self.run(body, depth + 1);
                    }
                }
                "import_statement" | "import_from_statement" | "future_import_statement" => {}
                // What may be bound there is not known afterwards.
                _ => descend(statement, |node, _| {
                    if node.kind() == "identifier" {
                        self.names.remove(text(self.file, node));
                    }
                    true
                }),
            }
        }
    }

    fn assign(&mut self, assignment: Node<'_>) {
        let (Some(left), right) =
            (assignment.child_by_field_name("left"), assignment.child_by_field_name("right"))
        else {
            return;
        };
        let value = right.filter(|_| left.kind() == "identifier").and_then(|right| self.value(right, 0));
        descend(left, |node, _| {
            if node.kind() == "identifier" {
                self.names.remove(text(self.file, node));
            }
            true
        });
        if let Some(value) = value {
            self.names.insert(text(self.file, left).to_string(), value);
        }
    }

    /// Looks for calls that surely run there.
    fn look(&mut self, node: Node<'_>) {
        let mut calls = Vec::new();
        descend(node, |node, _| match node.kind() {
            "call" => {
                calls.push(node);
                true
            }
            "lambda"
            | "conditional_expression"
            | "boolean_operator"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => false,
            _ => true,
        });
        for call in calls {
            let Some(asked) = self.asked(call) else { continue };
            let path = self.value(asked, 0).and_then(Value::path);
            if let Some(name) = path.and_then(|path| told(&path)) {
                self.found.push(Spanned::new(name, self.file.slice(asked.start_byte(), asked.end_byte())));
            }
        }
    }

    /// The expression for the file that a call reads.
    fn asked<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        let function = call.child_by_field_name("function")?;
        let arguments = parts(call.child_by_field_name("arguments")?);
        let named = |name: &str| {
            arguments.iter().find_map(|argument| {
                let own = argument.child_by_field_name("name")?;
                (text(self.file, own) == name).then(|| argument.child_by_field_name("value"))?
            })
        };
        let positional: Vec<Node<'t>> =
            arguments.iter().filter(|it| it.kind() != "keyword_argument").copied().collect();
        let writes = |mode: Option<Node<'_>>| {
            mode.is_some_and(|mode| {
                let mode = text(self.file, mode);
                mode.contains(['w', 'a', 'x', '+']) || !mode.starts_with(['"', '\''])
            })
        };
        let name = text(self.file, function);
        if function.kind() == "attribute" {
            let method = text(self.file, function.child_by_field_name("attribute")?);
            let object = function.child_by_field_name("object")?;
            match method {
                "read_text" | "read_bytes" => return Some(object),
                "open" if !READERS.contains(&name) => {
                    let mode = positional.first().copied().or_else(|| named("mode"));
                    return (!writes(mode)).then_some(object);
                }
                _ => {}
            }
        }
        if !READERS.contains(&name) {
            return None;
        }
        match name {
            "StaticFiles" => named("directory").filter(|_| named("check_dir").is_none()),
            _ => {
                let opens = name.ends_with("open");
                let mode = positional.get(1).copied().or_else(|| named("mode"));
                positional.first().copied().filter(|_| !opens || !writes(mode))
            }
        }
    }

    fn value(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        if depth > 24 {
            return None;
        }
        let of = |node: Node<'_>| self.value(node, depth + 1);
        let path = |node: Node<'_>| of(node)?.path();
        match node.kind() {
            "identifier" => match text(self.file, node) {
                "__file__" => Some(Value::Path(PathBuf::from(OWN))),
                name => self.names.get(name).cloned(),
            },
            "parenthesized_expression" => of(parts(node).into_iter().next()?),
            "string" => self.string(node, depth),
            "attribute" => {
                let object = path(node.child_by_field_name("object")?)?;
                let name = text(self.file, node.child_by_field_name("attribute")?);
                (name == "parent").then(|| above(&object, 1)).flatten().map(Value::Path)
            }
            "subscript" => {
                let parents = node.child_by_field_name("value").filter(|it| it.kind() == "attribute")?;
                let name = text(self.file, parents.child_by_field_name("attribute")?);
                let count: usize = text(self.file, node.child_by_field_name("subscript")?).parse().ok()?;
                let object = path(parents.child_by_field_name("object")?)?;
                (name == "parents").then(|| above(&object, count.checked_add(1)?)).flatten().map(Value::Path)
            }
            "binary_operator" => {
                let operator = text(self.file, node.child_by_field_name("operator")?);
                let left = of(node.child_by_field_name("left")?)?;
                let right = of(node.child_by_field_name("right")?)?;
                match (operator, left, right) {
                    ("/", Value::Path(left), Value::Text(right)) => Some(Value::Path(left.join(right))),
                    ("+", Value::Path(left), Value::Text(right)) => {
                        let rest = right.strip_prefix('/')?;
                        Some(Value::Path(left.join(rest)))
                    }
                    ("+", Value::Text(left), Value::Text(right)) => Some(Value::Text(left + &right)),
                    _ => None,
                }
            }
            "call" => self.call(node, depth),
            _ => None,
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        let function = node.child_by_field_name("function")?;
        let arguments = parts(node.child_by_field_name("arguments")?);
        let name = text(self.file, function);
        let of = |node: Node<'_>| self.value(node, depth + 1);
        let joined = |first: PathBuf, rest: &[Node<'_>]| {
            let mut whole = first;
            for part in rest {
                match of(*part)? {
                    Value::Text(part) => whole = whole.join(part),
                    Value::Path(_) => return None,
                }
            }
            Some(Value::Path(whole))
        };
        if SAME.contains(&name) {
            let (first, rest) = arguments.split_first()?;
            return joined(of(*first)?.path()?, rest);
        }
        match name {
            "os.path.dirname" | "path.dirname" | "dirname" => {
                above(&of(*arguments.first()?)?.path()?, 1).map(Value::Path)
            }
            "os.path.join" | "path.join" | "join" => {
                let (first, rest) = arguments.split_first()?;
                joined(of(*first)?.path()?, rest)
            }
            _ if function.kind() == "attribute" => {
                let method = text(self.file, function.child_by_field_name("attribute")?);
                let object = of(function.child_by_field_name("object")?)?.path()?;
                match method {
                    "resolve" | "absolute" | "as_posix" => Some(Value::Path(object)),
                    "joinpath" => joined(object, &arguments),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `"a.yaml"`, `f"{HERE}/a.yaml"`
    fn string(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        let mut whole: Option<Value> = None;
        for part in parts(node) {
            let next = match part.kind() {
                "string_start" | "string_end" => continue,
                "string_content" if !text(self.file, part).contains('\\') => {
                    Value::Text(text(self.file, part).to_string())
                }
                "interpolation" => self.value(parts(part).into_iter().next()?, depth + 1)?,
                _ => return None,
            };
            whole = Some(match (whole, next) {
                (None, next) => next,
                (Some(Value::Text(before)), Value::Text(next)) => Value::Text(before + &next),
                (Some(Value::Path(before)), Value::Text(next)) => {
                    Value::Path(before.join(next.strip_prefix('/')?))
                }
                _ => return None,
            });
        }
        whole
    }
}

/// The folder so many above; of the module's own file, the first is the folder that it lies in.
fn above(path: &Path, count: usize) -> Option<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..count.min(32) {
        let own = path.file_name().is_none_or(|name| name == OWN || name == "..");
        path = match own && !path.is_absolute() {
            true if path.ends_with(OWN) => path.parent()?.to_path_buf(),
            true => path.join(".."),
            false => path.parent()?.to_path_buf(),
        };
    }
    Some(path)
}

/// The path, as it is told to others; none of what is no file below a folder.
fn told(path: &Path) -> Option<String> {
    let name = path.to_str()?;
    let last = path.file_name()?.to_str()?;
    (!name.contains(OWN) && !last.starts_with(".env") && !name.contains(['{', '*', '\n']))
        .then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::programs::python::straight;
    use crate::source::{Memory, SourceMap};

    fn names(text: &str) -> Vec<String> {
        let map = SourceMap::new(Memory::new([("/file.py", text)]));
        let file = map.load(Path::new("/file.py")).unwrap();
        straight::of(&file).unwrap().opened.into_iter().map(|name| name.value).collect()
    }

    #[test]
    fn paths_that_begin_at_the_module() {
        for (text, path) in [
            ("x = (Path(__file__).parent / 'a' / 'b.yaml').read_text()\n", "a/b.yaml"),
            ("B = Path(__file__).resolve().parent.parent\nx = open(B / 'b.yaml')\n", "../b.yaml"),
            (
                "B = pathlib.Path(__file__).parents[2]\nwith open(B / 'b.yaml', 'rb') as f:\n    pass\n",
                "../../b.yaml",
            ),
            (
                "import os\nH = os.path.dirname(os.path.abspath(__file__))\nx = json.load(open(os.path.join(H, 'b', 'c.json')))\n",
                "b/c.json",
            ),
            ("x = open(os.path.dirname(__file__) + '/b.txt').read()\n", "b.txt"),
            ("H = os.path.dirname(__file__)\nC = f'{H}/b.txt'\nx = pd.read_csv(C)\n", "b.txt"),
            ("x = yaml.safe_load(open(\"/app/b.yaml\"))\n", "/app/b.yaml"),
            (
                "H = Path(__file__).parent\napp.mount('/s', StaticFiles(directory=H / 'static'), name='s')\n",
                "static",
            ),
        ] {
            assert_eq!(names(text), [path], "{text}");
        }
    }

    #[test]
    fn what_need_not_be_there() {
        for text in [
            "H = Path(__file__).parent\nx = open(H / 'log.txt', 'w')\n",
            "H = Path(__file__).parent\ndef late():\n    return (H / 'b.txt').read_text()\n",
            "H = Path(__file__).parent\ntry:\n    x = (H / 'b.txt').read_text()\nexcept OSError:\n    x = ''\n",
            "H = Path(__file__).parent\nif H.exists():\n    pass\nx = (H / 'b.txt').read_text()\n",
            "H = Path(__file__).parent\nx = (H / 'b.txt').read_text() if DEBUG else ''\n",
            "H = Path(__file__).parent\nif DEBUG:\n    H = Path('/x')\nx = (H / 'b.txt').read_text()\n",
            "H = Path(__file__).parent\nx = (H / name / 'b.txt').read_text()\n",
            "H = Path(__file__).parent\nx = (H / '.env').read_text()\n",
            "x = open('b.txt')\n",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
    }
}
