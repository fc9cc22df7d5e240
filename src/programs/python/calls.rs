//! Calls: string methods, Python's own functions, and functions of the program.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::{parts, queues};
use crate::programs::{CallExpr, Condition, Expr, Method, UrlParts};
use crate::source::Spanned;

/// An argument of a call.
#[derive(Clone)]
pub(super) struct Argument<'t> {
    /// The name of a keyword argument.
    pub name: Option<Spanned<String>>,
    pub value: Node<'t>,
    /// `*list` or `**record`
    pub splat: bool,
}

/// The arguments of a call, by position and name.
pub(super) struct Arguments<'t>(pub Vec<Argument<'t>>);

impl<'t> Arguments<'t> {
    /// The argument at the position, or of one of the names.
    pub fn get(&self, position: Option<usize>, names: &[&str]) -> Option<Node<'t>> {
        let named = self
            .0
            .iter()
            .find(|argument| argument.name.as_ref().is_some_and(|name| names.contains(&name.value.as_str())));
        named.map(|argument| argument.value).or_else(|| self.at(position?))
    }

    /// The positional argument there, unless a `*list` comes before it.
    pub fn at(&self, position: usize) -> Option<Node<'t>> {
        let mut positional = self.0.iter().filter(|argument| argument.name.is_none());
        let upto: Vec<&Argument<'t>> = positional.by_ref().take(position + 1).collect();
        match upto.len() == position + 1 && !upto.iter().any(|argument| argument.splat) {
            true => upto.last().map(|argument| argument.value),
            false => None,
        }
    }

    pub fn first(&self) -> Option<&Argument<'t>> {
        self.0.iter().find(|argument| argument.name.is_none() && !argument.splat)
    }

    /// Whether arguments may be there that can't be seen.
    pub fn open(&self) -> bool {
        self.0.iter().any(|argument| argument.splat)
    }
}

impl<'t> Reader<'t> {
    /// The arguments of a call node.
    pub fn arguments(&mut self, call: Node<'t>) -> Arguments<'t> {
        let list = call.child_by_field_name("arguments").or_else(|| call.child_by_field_name("superclasses"));
        let mut out = Vec::new();
        for part in list.into_iter().flat_map(parts).take(200) {
            match part.kind() {
                "keyword_argument" => {
                    if let (Some(name), Some(value)) =
                        (part.child_by_field_name("name"), part.child_by_field_name("value"))
                    {
                        out.push(Argument { name: Some(self.spanned(name)), value, splat: false });
                    }
                }
                "list_splat" | "dictionary_splat" => {
                    out.push(Argument {
                        name: None,
                        value: parts(part).first().copied().unwrap_or(part),
                        splat: true,
                    });
                }
                _ => out.push(Argument { name: None, value: part, splat: false }),
            }
        }
        Arguments(out)
    }

    /// What a call gives.
    pub fn call(&mut self, node: Node<'t>) -> Expr {
        let Some(callee) = node.child_by_field_name("function") else { return Expr::Opaque(self.span(node)) };
        if callee.kind() == "identifier" && self.builtin(self.text(callee)) {
            let arguments = self.arguments(node);
            if let Some(value) = self.builtin_call(self.text(callee), &arguments) {
                return value;
            }
        }
        if callee.kind() == "attribute"
            && let Some(value) = self.method_call(node, callee)
        {
            return value;
        }
        let function = self.expr(callee);
        match function.peel() {
            Expr::Library(name) => {
                let name = name.value.clone();
                self.library_call(&name, node)
            }
            Expr::Opaque(_) | Expr::Text(_) | Expr::Read(_) => Expr::Opaque(self.span(node)),
            _ => self.program_call(function, node),
        }
    }

    /// Notes the queue that a call names.
    pub fn queue(&mut self, node: Node<'t>, callee: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        let call = self.text(callee.child_by_field_name("attribute").unwrap_or(callee));
        if !queues::is_known("python", call) {
            return;
        }
        let arguments = self.arguments(node).0;
        let given: Vec<Option<&str>> =
            arguments.iter().map(|argument| argument.name.as_ref().map(|name| name.value.as_str())).collect();
        let found = queues::named(("python", call), &given, self.span(node), |at| {
            let argument = arguments.get(at).filter(|argument| !argument.splat)?.value;
            Some((self.expr(argument), self.span(argument)))
        });
        self.notes.queues(found);
    }

    fn program_call(&mut self, callee: Expr, node: Node<'t>) -> Expr {
        let arguments = self.arguments(node);
        let mut positional = Vec::new();
        let mut named = Vec::new();
        let spread = arguments.0.iter().find(|argument| argument.splat && argument.name.is_none());
        let spread = spread.map(|argument| argument.value);
        let laid = spread.map(|value| self.expr(value)).filter(is_of_file);
        for argument in arguments.0.into_iter().filter(|argument| !argument.splat) {
            let value = self.expr(argument.value);
            match argument.name {
                Some(name) => named.push((Some(name.value), value)),
                None => positional.push((None, value)),
            }
        }
        positional.extend(named);
        let made = Expr::Call(Box::new(CallExpr { callee, arguments: positional, span: self.span(node) }));
        match laid {
            // `Settings(**yaml.safe_load(file))`: what the file says comes before what the class does.
            Some(laid) => Expr::Merge(vec![made, laid]),
            None => made,
        }
    }

    fn builtin_call(&mut self, name: &str, arguments: &Arguments<'t>) -> Option<Expr> {
        let first = arguments.first().map(|argument| argument.value);
        let wrap = |value: Expr, method| Expr::Method(Box::new(value), Box::new(method));
        Some(match (name, first) {
            ("str", Some(value)) => wrap(self.expr(value), Method::Text),
            ("int" | "float", Some(value)) => wrap(self.expr(value), Method::Number),
            ("bool", Some(value)) => match self.condition(value) {
                Condition::Opaque => return None,
                condition => Expr::Test(Box::new(condition), self.span(value)),
            },
            ("list" | "tuple" | "set" | "sorted", Some(value)) => self.expr(value),
            ("dict", _) => {
                let mut laid: Vec<Expr> = first.map(|value| self.expr(value)).into_iter().collect();
                let mut fields = Vec::new();
                for argument in &arguments.0 {
                    match &argument.name {
                        Some(name) => fields.push((name.clone(), self.expr(argument.value))),
                        None if argument.splat => laid.push(self.expr(argument.value)),
                        None => {}
                    }
                }
                match laid.is_empty() {
                    true => Expr::Record(fields),
                    false => {
                        laid.push(Expr::Record(fields));
                        Expr::Merge(laid)
                    }
                }
            }
            ("getattr", Some(value)) => {
                let name = arguments.at(1).and_then(|name| self.literal(name))?;
                let value = self.expr(value);
                match arguments.at(2) {
                    Some(default) if !matches!(value.peel(), Expr::Library(_)) => {
                        let default = self.expr(default);
                        Expr::Item(Box::new(value), Box::new(Expr::Text(name)), Some(Box::new(default)))
                    }
                    _ => super::expressions::member(value, name.clone(), name.span),
                }
            }
            _ => return None,
        })
    }

    /// `object.name(…)` where `name` is a method of strings, lists or records.
    fn method_call(&mut self, node: Node<'t>, callee: Node<'t>) -> Option<Expr> {
        let object = callee.child_by_field_name("object")?;
        let name = self.text(callee.child_by_field_name("attribute")?);
        if !METHODS.contains(&name) {
            return None;
        }
        let base = match self.this(self.text(object)) {
            Some(_) => return None,
            None => self.expr(object),
        };
        let arguments = self.arguments(node);
        let span = self.span(node);
        if let Some(value) = self.of_parser(&base, name, &arguments) {
            return Some(value);
        }
        if name == "get"
            && !matches!(base.peel(), Expr::Record(_) | Expr::Merge(_))
            && let Some(key) = arguments.at(0)
        {
            let key = self.expr(key);
            let default = arguments.get(Some(1), &["default"]).map(|default| self.expr(default));
            if let Some(value) = self.in_flask(object, key, default, span) {
                return Some(value);
            }
        }
        if matches!(base.peel(), Expr::Library(_)) {
            return None;
        }
        if matches!(base.peel(), Expr::Opaque(_)) {
            return Some(Expr::Opaque(span));
        }
        let method = match name {
            "items" => {
                let record = matches!(base.peel(), Expr::Record(_) | Expr::Merge(_)) || is_of_file(&base);
                return Some(if record { base } else { Expr::Opaque(span) });
            }
            "format" => return Some(self.format(&base, &arguments, node)),
            "join" => {
                let list = self.expr(arguments.first()?.value);
                return Some(Expr::Method(Box::new(list), Box::new(Method::Join(base))));
            }
            "get" => {
                let key = self.expr(arguments.at(0)?);
                let default = match arguments.get(Some(1), &["default"]) {
                    Some(default) => self.expr(default),
                    None => Expr::Null(span),
                };
                return Some(Expr::Item(Box::new(base), Box::new(key), Some(Box::new(default))));
            }
            "startswith" | "endswith" => {
                let condition = self.condition(node);
                return Some(Expr::Test(Box::new(condition), span));
            }
            "set" => {
                let parts = self.url_parts(&arguments, false);
                match parts == UrlParts::default() {
                    true => return None,
                    false => Method::SetUrlParts(Box::new(parts)),
                }
            }
            "get_secret_value" | "encode" | "decode" | "copy" | "unicode_string" | "geturl"
            | "render_as_string" => {
                return Some(base);
            }
            _ => self.string_method(name, &arguments)?,
        };
        Some(Expr::Method(Box::new(base), Box::new(method)))
    }

    fn string_method(&mut self, name: &str, arguments: &Arguments<'t>) -> Option<Method> {
        let text = |reader: &mut Self, at: usize| -> Option<Option<String>> {
            match arguments.at(at) {
                None => Some(None),
                Some(node) if node.kind() == "none" => Some(None),
                Some(node) => Some(Some(reader.literal(node)?.value)),
            }
        };
        let count =
            |reader: &Self, node: Option<Node<'t>>| node.map(|node| reader.text(node).parse::<usize>().ok());
        Some(match name {
            "replace" => {
                let count = match count(self, arguments.get(Some(2), &["count"])) {
                    None => None,
                    Some(count) => Some(count?),
                };
                let (from, to) = (self.expr(arguments.at(0)?), self.expr(arguments.at(1)?));
                Method::Replace { from, to, count }
            }
            "strip" => Method::Strip(text(self, 0)?),
            "lstrip" => Method::StripStart(text(self, 0)?),
            "rstrip" => Method::StripEnd(text(self, 0)?),
            "removeprefix" => Method::RemovePrefix(text(self, 0)??),
            "removesuffix" => Method::RemoveSuffix(text(self, 0)??),
            "split" | "rsplit" => {
                let limit = count(self, arguments.get(Some(1), &["maxsplit"])).flatten();
                let separator = match arguments.get(Some(0), &["sep"]) {
                    Some(node) if node.kind() != "none" => Some(self.literal(node)?.value),
                    _ => None,
                };
                match name {
                    "split" => Method::Split(separator, limit),
                    _ => Method::SplitEnd(separator, limit),
                }
            }
            "lower" | "casefold" => Method::Lower,
            "upper" => Method::Upper,
            _ => return None,
        })
    }

    fn format(&mut self, base: &Expr, arguments: &Arguments<'t>, node: Node<'t>) -> Expr {
        let span = self.span(node);
        if arguments.open() {
            return Expr::Opaque(span);
        }
        let mut positional = Vec::new();
        let mut named = Vec::new();
        for argument in &arguments.0 {
            let value = self.expr(argument.value);
            match &argument.name {
                Some(name) => named.push((name.value.clone(), value)),
                None => positional.push(value),
            }
        }
        crate::programs::reading::braces(base, &positional, &named, span)
    }

    /// The parts of a URL that arguments give by name, and with `positions` also in the order of
    /// SQLAlchemy's `URL.create`.
    pub fn url_parts(&mut self, arguments: &Arguments<'t>, positions: bool) -> UrlParts {
        let mut part = |position: usize, names: &[&str]| {
            let node = arguments.get(positions.then_some(position), names)?;
            Some(self.expr(node))
        };
        UrlParts {
            scheme: part(0, &["drivername", "scheme"]),
            user: part(1, &["username", "user"]),
            password: part(2, &["password"]),
            host: part(3, &["host"]),
            port: part(4, &["port"]),
            database: part(5, &["database", "path"]),
        }
    }
}

const METHODS: [&str; 28] = [
    "items",
    "getint",
    "getfloat",
    "getboolean",
    "format",
    "join",
    "get",
    "startswith",
    "endswith",
    "set",
    "get_secret_value",
    "encode",
    "decode",
    "copy",
    "unicode_string",
    "geturl",
    "render_as_string",
    "replace",
    "strip",
    "lstrip",
    "rstrip",
    "removeprefix",
    "removesuffix",
    "split",
    "rsplit",
    "lower",
    "casefold",
    "upper",
];

/// Whether a value is what stands in a file, or a part of it.
pub(super) fn is_of_file(value: &Expr) -> bool {
    let mut at = value.peel();
    for _ in 0..8 {
        match at {
            Expr::Lookup(_) => return true,
            Expr::Member(base, _) | Expr::Item(base, ..) => at = base.peel(),
            _ => return false,
        }
    }
    false
}
