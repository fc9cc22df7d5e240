//! Notes the reads and sinks in an expression.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::absence::{absent_in, named_by_parameter, stops_without};
use crate::programs::reading::{descend, parts, read_within};
use crate::programs::{Condition, Expr, Function, Mention, Read};
use crate::source::Span;

impl<'t> Reader<'t> {
    /// Notes what the calls and subscripts at and below a node read and dial.
    pub fn scan(&mut self, node: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        descend(node, |at, field| {
            match at.kind() {
                "call" => self.visit_call(at),
                "subscript" => self.visit_subscript(at),
                "dictionary" => self.gunicorn_options(at),
                "identifier" if field != Some("name") => self.mention(at),
                "string" => {
                    self.named_setting(at);
                    self.named_function(at);
                }
                _ => {}
            }
            let opaque =
                matches!(at.kind(), "function_definition" | "class_definition" | "block") && at != node;
            !opaque && self.work_left()
        });
    }

    fn mention(&mut self, node: Node<'t>) {
        let mention = Mention { name: self.text(node).to_string(), within: self.owner.clone() };
        self.mentions.insert(mention);
    }

    /// A setting that is looked up by its name: `crawler.settings.get("MONGO_URI")`, `app.config["MONGO_URI"]`.
    fn named_setting(&mut self, node: Node<'t>) {
        let looks_up = node.parent().is_some_and(|around| match around.kind() {
            "subscript" => true,
            "argument_list" => {
                around.parent().and_then(|call| call.child_by_field_name("function")).is_some_and(|callee| {
                    let callee = self.text(callee);
                    // Not `os.getenv`, which reads the environment and no settings.
                    let gets = callee.rsplit_once('.').is_some_and(|(object, method)| {
                        method.starts_with("get") && method != "getenv" && !object.contains("environ")
                    });
                    gets || callee == "getattr"
                })
            }
            _ => false,
        });
        let name = self.text(node).trim_matches(['"', '\'']);
        let setting = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if looks_up && name.len() > 3 && name.chars().all(setting) {
            let mention = Mention { name: name.to_string(), within: self.owner.clone() };
            self.mentions.insert(mention);
        }
    }

    /// A function that a server is told by its name: `uvicorn.run("shop.web:get_app", factory=True)`.
    fn named_function(&mut self, node: Node<'t>) {
        let text = self.text(node).trim_matches(['"', '\'']);
        let Some((module, name)) = text.split_once(':') else { return };
        let of_name = |c: char| c.is_alphanumeric() || c == '_';
        let dotted = !module.is_empty() && module.chars().all(|c| of_name(c) || c == '.');
        if dotted && name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(of_name) {
            self.mentions.insert(Mention { name: name.to_string(), within: None });
        }
    }

    fn visit_subscript(&mut self, node: Node<'t>) {
        let environ =
            node.child_by_field_name("value").is_some_and(|value| self.text(value).ends_with("environ"));
        if environ {
            let value = self.expr(node);
            self.note(&value, self.span(node));
            if let Expr::Read(read) = value.peel()
                && let Expr::Text(name) = read.name.peel()
                && self.is_asked_first(node, &name.value)
            {
                let span = self.span(node);
                let mut reads = self.notes.module.reads.iter_mut();
                reads.by_ref().filter(|read| read.span == span).for_each(|read| read.required = false);
            }
        }
    }

    fn visit_call(&mut self, node: Node<'t>) {
        let Some(callee) = node.child_by_field_name("function") else { return };
        // `x.strip().split()` and the like: only names and attributes can be what is looked for.
        if callee.kind() == "subscript" {
            // `STORES[kind](url)`: one of those in the table is called.
            return self.called_of_table(node, callee);
        }
        if !matches!(callee.kind(), "identifier" | "attribute") {
            return;
        }
        self.queue(node, callee);
        self.remark_on_loop(callee);
        self.configured_by(node, callee);
        self.wants_text(node, callee);
        self.handed_on(node, callee);
        let function = self.expr(callee);
        match function.peel() {
            Expr::Library(name) => {
                let name = name.value.clone();
                let span = self.span(node);
                if matches!(name.as_str(), "environ.Env" | "environ.FileAwareEnv") {
                    self.env_scheme(node);
                }
                self.demands_arguments(&name, node);
                self.engine_options_given(&name, node);
                let value = self.expr(node);
                match read_within(&value) {
                    Some(_) => self.note(&value, span),
                    None => {
                        self.library_sink(&name, node, callee);
                        self.remark_on_maker(&name, node, callee);
                    }
                }
            }
            Expr::Function(function) => {
                let function = function.clone();
                self.helper_call(&function, node);
                self.program_call_noted(node);
            }
            Expr::Own(_) | Expr::Imported { .. } | Expr::Member(..) => {
                if let Some(name) = super::demanding::qualified(&function, 4) {
                    self.demands_arguments(&name, node);
                }
                self.program_call_noted(node);
                self.application_started(node, callee);
            }
            _ => {}
        }
    }

    fn note(&mut self, value: &Expr, span: Span) {
        // `parse(env("X"))` is no read of its own.
        let Some(read) = read_within(value).filter(|read| read.span == span) else { return };
        let Expr::Text(name) = read.name.peel() else { return };
        let (name, required) = (name.clone(), read.required || self.needed.contains(&span));
        self.note_read(Read { name, expression: value.clone(), required, held: None, span });
    }

    /// `int(os.getenv("X"))`, `os.getenv("X").split(",")`: without a value that is an error.
    fn wants_text(&mut self, node: Node<'t>, callee: Node<'t>) {
        const METHODS: [&str; 9] =
            ["split", "strip", "rstrip", "lstrip", "lower", "upper", "replace", "encode", "startswith"];
        let asked = match callee.kind() {
            "identifier" if matches!(self.text(callee), "int" | "float") => {
                self.arguments(node).first().map(|argument| argument.value)
            }
            "attribute" => {
                let name = callee.child_by_field_name("attribute").map_or("", |name| self.text(name));
                callee.child_by_field_name("object").filter(|_| METHODS.contains(&name))
            }
            _ => None,
        };
        let Some(asked) = asked.filter(|asked| asked.kind() == "call" && self.guarded == 0) else { return };
        let value = self.expr(asked);
        let Expr::Read(read) = value.peel() else { return };
        let Expr::Text(name) = read.name.peel() else { return };
        if read.default.is_none() && !self.is_asked_around(node, &name.value) {
            self.needed.insert(read.span);
        }
    }

    /// Whether a condition around the code asks for the variable first, or an error is caught.
    fn is_asked_around(&self, node: Node<'t>, variable: &str) -> bool {
        let mut around = node.parent();
        while let Some(outer) = around.filter(|outer| outer.kind() != "function_definition") {
            if outer.kind() == "try_statement" {
                return true;
            }
            around = outer.parent();
        }
        self.is_asked_first(node, variable)
    }

    /// Whether a condition around the code asks for the variable first.
    fn is_asked_first(&self, node: Node<'t>, variable: &str) -> bool {
        let (mut inner, mut around) = (node, node.parent());
        while let Some(outer) = around {
            let asks = match outer.kind() {
                "function_definition" | "class_definition" | "module" => return false,
                "conditional_expression" | "boolean_operator" | "if_statement" | "elif_clause" => {
                    let before = self.file.text.get(outer.start_byte()..inner.start_byte()).unwrap_or("");
                    let after = self.file.text.get(inner.end_byte()..outer.end_byte()).unwrap_or("");
                    before.contains(variable)
                        || outer.kind() == "conditional_expression" && after.contains(variable)
                }
                _ => false,
            };
            if asks {
                return true;
            }
            (inner, around) = (outer, outer.parent());
        }
        false
    }

    /// A call of a function that reads the variable that a parameter names.
    fn helper_call(&mut self, function: &Function, node: Node<'t>) {
        if function.class {
            return;
        }
        let Some((parameter, required)) = named_by_parameter(function) else { return };
        let arguments = self.arguments(node);
        let position = function.parameters.iter().position(|(name, _)| *name == parameter);
        let Some(name) = arguments.get(position, &[&parameter]).and_then(|name| self.literal(name)) else {
            return;
        };
        let span = self.span(node);
        let handed: Vec<(String, Expr)> = function
            .parameters
            .iter()
            .enumerate()
            .filter_map(|(at, (name, _))| Some((name.clone(), self.expr(arguments.get(Some(at), &[name])?))))
            .collect();
        let given =
            |name: &str| handed.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let required = required
            || self.guarded == 0
                && stops_without(function, &given, &|place| {
                    crate::programs::asked::is_raised(self.file, place)
                });
        let expression = self.expr(node);
        self.note_read(Read { name, expression, required, held: None, span });
    }

    /// The program stops when the condition holds: what must be absent for that is required.
    pub fn require_present(&mut self, condition: &Condition) {
        if !self.notes.recording {
            return;
        }
        let mut spans = Vec::new();
        absent_in(condition, &mut spans);
        for read in self.notes.module.reads.iter_mut().filter(|read| spans.contains(&read.span)) {
            read.required = true;
        }
    }

    /// Whether a block raises, so that the program stops, rather than answers a request.
    pub fn stops(&self, body: Node<'t>) -> bool {
        let Some(last) = parts(body).into_iter().last() else { return false };
        let text = self.text(last);
        match last.kind() {
            "raise_statement" => {
                !text.contains("HTTPException") && !text.contains("Abort") && !text.contains("NotFound")
            }
            _ => ["sys.exit(", "os._exit(", "exit("].iter().any(|exit| text.starts_with(exit)),
        }
    }
}
