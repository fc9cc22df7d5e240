//! What of other modules a Python module surely touches when it is loaded: `tweepy.StreamListener` that a class is made of,
//! `numpy.float_` in a default, and `flask.Flask().before_first_request` of an application that is made there.

use std::collections::HashMap;

use tree_sitter::Node;

use super::straight::text;
use crate::programs::reading::{descend, parts};
use crate::source::{SourceFile, Spanned};

/// A call that runs when a module is loaded.
#[derive(Clone, Debug)]
pub(in crate::programs) struct Call {
    /// What is called: `discord.ext.commands.Bot`.
    pub name: Spanned<String>,
    /// The names of its arguments; none where it may have more than are written.
    pub keywords: Option<Vec<String>>,
    /// The keys of each dictionary in a list that is the first argument, or `hosts`.
    pub records: Vec<Vec<String>>,
}

/// What the statements of a module touch and call, in their order.
#[derive(Default)]
pub(super) struct Touched {
    /// The paths: `Flask()` in one is what a call of it makes.
    pub paths: Vec<Spanned<String>>,
    pub calls: Vec<Call>,
}

/// What the names of a module stand for: what they are imported as, or made by.
#[derive(Default)]
struct Names(HashMap<String, String>);

/// What the statements of a module touch.
pub(super) fn of(file: &SourceFile, root: Node<'_>) -> Touched {
    let (mut names, mut out) = (Names::default(), Touched::default());
    for statement in parts(root) {
        if statement.kind() == "raise_statement" {
            break;
        }
        names.run(file, statement, &mut out);
    }
    out
}

impl Names {
    fn run(&mut self, file: &SourceFile, statement: Node<'_>, out: &mut Touched) {
        match statement.kind() {
            "import_statement" | "import_from_statement" => self.import(file, statement),
            "expression_statement" => {
                self.touch(file, statement, out);
                for assignment in parts(statement) {
                    self.assign(file, assignment);
                }
            }
            "decorated_definition" | "class_definition" | "function_definition" => {
                self.touch(file, statement, out);
                let definition = statement.child_by_field_name("definition").unwrap_or(statement);
                if let Some(name) = definition.child_by_field_name("name") {
                    self.0.remove(text(file, name));
                }
            }
            // What may be bound there is not known afterwards.
            _ => descend(statement, |node, _| {
                if node.kind() == "identifier" {
                    self.0.remove(text(file, node));
                }
                true
            }),
        }
    }

    fn import(&mut self, file: &SourceFile, statement: Node<'_>) {
        let module = statement.child_by_field_name("module_name");
        let from = module.map(|module| format!("{}.", text(file, module)));
        for part in parts(statement).into_iter().filter(|part| Some(part.id()) != module.map(|it| it.id())) {
            let (name, alias) = match part.kind() {
                "aliased_import" => (part.child_by_field_name("name"), part.child_by_field_name("alias")),
                "dotted_name" => (Some(part), None),
                // `from a import *`
                _ => {
                    self.0.clear();
                    continue;
                }
            };
            let Some(name) = name.map(|name| text(file, name)) else { continue };
            let (bound, path) = match (alias, &from) {
                (Some(alias), from) => {
                    (text(file, alias), format!("{}{name}", from.as_deref().unwrap_or("")))
                }
                (None, Some(from)) => (name, format!("{from}{name}")),
                // `import a.b` binds `a`.
                (None, None) => {
                    let top = name.split('.').next().unwrap_or(name);
                    (top, top.to_string())
                }
            };
            self.0.insert(bound.to_string(), path);
        }
    }

    /// `app = Flask(__name__)`: what else is bound is not known.
    fn assign(&mut self, file: &SourceFile, assignment: Node<'_>) {
        let Some(left) = assignment.child_by_field_name("left") else { return };
        let right = assignment.child_by_field_name("right");
        let made = right
            .filter(|right| right.kind() == "call" && left.kind() == "identifier")
            .and_then(|call| call.child_by_field_name("function"))
            .and_then(|function| self.path(file, function))
            .map(|path| format!("{path}()"));
        descend(left, |node, _| {
            if node.kind() == "identifier" {
                self.0.remove(text(file, node));
            }
            // `app.config = …` binds no name.
            !matches!(node.kind(), "attribute" | "subscript")
        });
        if let Some(made) = made {
            self.0.insert(text(file, left).to_string(), made);
        }
    }

    /// What a name, or an attribute of one, is of other modules.
    fn path(&self, file: &SourceFile, node: Node<'_>) -> Option<String> {
        let mut rest = Vec::new();
        let mut node = node;
        while node.kind() == "attribute" {
            rest.push(text(file, node.child_by_field_name("attribute")?));
            node = node.child_by_field_name("object")?;
        }
        let of = self.0.get(text(file, node)).filter(|_| node.kind() == "identifier")?;
        Some(rest.iter().rev().fold(of.clone(), |path, name| format!("{path}.{name}")))
    }

    fn call(&self, file: &SourceFile, node: Node<'_>) -> Option<Call> {
        let function = node.child_by_field_name("function")?;
        let name = self.path(file, function)?;
        let arguments = parts(node.child_by_field_name("arguments")?);
        let keyword = |argument: &Node<'_>| {
            argument.child_by_field_name("name").map(|name| text(file, name).to_string())
        };
        let spreads = arguments.iter().any(|it| it.kind().ends_with("splat"));
        let of_hosts = |argument: &&Node<'_>| keyword(argument).is_some_and(|name| name == "hosts");
        let first = arguments.first().filter(|it| it.kind() == "list").copied();
        let hosts = arguments.iter().find(of_hosts).and_then(|it| it.child_by_field_name("value"));
        let items = first.or(hosts).filter(|it| it.kind() == "list").map(parts).unwrap_or_default();
        let keys = |item: Node<'_>| -> Option<Vec<String>> {
            let pairs = parts(item).into_iter().map(|pair| pair.child_by_field_name("key"));
            pairs.map(|key| Some(text(file, key?).trim_matches(['"', '\'']).to_string())).collect()
        };
        Some(Call {
            name: Spanned::new(name, file.slice(function.start_byte(), function.end_byte())),
            keywords: (!spreads).then(|| arguments.iter().filter_map(keyword).collect()),
            records: items.into_iter().filter(|it| it.kind() == "dictionary").filter_map(keys).collect(),
        })
    }

    /// The attributes that surely run there: what functions do, and what a condition decides, is left out.
    fn touch(&self, file: &SourceFile, statement: Node<'_>, out: &mut Touched) {
        descend(statement, |node, field| match node.kind() {
            "call" => {
                out.calls.extend(self.call(file, node));
                true
            }
            "attribute" => {
                // What is set, or taken away, need not be there before.
                let set = field == Some("left");
                if let Some(path) = self.path(file, node).filter(|_| !set) {
                    out.paths.push(Spanned::new(path, file.slice(node.start_byte(), node.end_byte())));
                    return false;
                }
                true
            }
            "block" => node.parent().is_some_and(|around| around.kind() == "class_definition"),
            // Annotations are perhaps never looked at.
            "type" => false,
            "lambda"
            | "conditional_expression"
            | "boolean_operator"
            | "if_statement"
            | "try_statement"
            | "for_statement"
            | "while_statement"
            | "with_statement"
            | "match_statement"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => false,
            _ => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::programs::python::straight;
    use crate::source::{Memory, SourceMap};

    fn read(text: &str) -> straight::Straight {
        let map = SourceMap::new(Memory::new([("/app.py", text)]));
        straight::of(&map.load(Path::new("/app.py")).unwrap()).unwrap()
    }

    #[test]
    fn calls_with_their_arguments() {
        let found = read(
            "from discord.ext import commands\nimport elasticsearch as es\n\
             bot = commands.Bot(command_prefix='!', help_command=None)\nbot2 = commands.Bot(**options)\n\
             search = es.Elasticsearch([{'host': 'search', 'port': 9200}])\n",
        );
        let calls: Vec<_> =
            found.calls.iter().map(|it| (it.name.value.as_str(), it.keywords.clone())).collect();
        let words = |words: &[&str]| Some(words.iter().map(|it| (*it).to_string()).collect());
        assert_eq!(
            calls,
            [
                ("discord.ext.commands.Bot", words(&["command_prefix", "help_command"])),
                ("discord.ext.commands.Bot", None),
                ("elasticsearch.Elasticsearch", words(&[])),
            ]
        );
        assert_eq!(found.calls.last().unwrap().records, [["host", "port"]]);
    }

    fn touched(text: &str) -> Vec<String> {
        read(text).touched.into_iter().map(|it| it.value).collect()
    }

    #[test]
    fn what_is_surely_touched() {
        let found = touched(
            "import tweepy, numpy as np\nfrom flask import Flask\nimport a.b\napp = Flask(__name__)\n\
             class Stream(tweepy.StreamListener):\n    zero = np.float_(0)\n    def on(self):\n        np.int_\n\
             @app.before_first_request\ndef load(at=np.NaN):\n    np.bool\na.b.c()\n",
        );
        assert_eq!(
            found,
            [
                "tweepy.StreamListener",
                "numpy.float_",
                "flask.Flask().before_first_request",
                "numpy.NaN",
                "a.b.c"
            ]
        );
    }

    #[test]
    fn what_is_perhaps_not() {
        for text in [
            "import numpy as np\nif np:\n    np.float_\n",
            "import numpy as np\ntry:\n    x = np.float_\nexcept AttributeError:\n    x = float\n",
            "try:\n    import numpy as np\nexcept ImportError:\n    np = None\nx = np.float_\n",
            "import numpy as np\nx = np.float_ if hasattr(np, 'float_') else float\n",
            "import numpy as np\nnp.float_ = np\n",
            "import numpy as np\nnp = other()\nnp.float_\n",
            "import numpy as np\nclass np:\n    float_ = float\nx = np.float_\n",
            "from flask import Flask\ndef make():\n    app = Flask(__name__)\n    app.before_first_request(run)\n",
            "from .app import app\nfrom names import *\nnp.float_\n",
            "import numpy as np\ndef late(x: np.float_) -> None:\n    return np.float_\n",
        ] {
            assert!(touched(text).is_empty(), "{text}: {:?}", touched(text));
        }
    }
}
