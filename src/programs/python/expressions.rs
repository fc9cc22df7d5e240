//! Expressions and conditions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::expr::RECEIVER;
use crate::programs::reading::made::{or, plus, truth};
use crate::programs::reading::{operands, parts};
use crate::programs::{Condition, Expr, IfExpr, Method, UrlPart};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "string" => self.string(node),
            "concatenated_string" => {
                Expr::Concat(parts(node).into_iter().map(|part| self.expr(part)).collect())
            }
            "integer" | "float" => Expr::Number(Spanned::new(self.text(node).replace('_', ""), span)),
            "true" => Expr::Bool(true, span),
            "false" => Expr::Bool(false, span),
            "none" => Expr::Null(span),
            "identifier" => self.name(node),
            "attribute" => self.attribute(node),
            "subscript" => self.subscript(node),
            "call" => self.call(node),
            "binary_operator" => self.binary(node),
            "boolean_operator" => self.boolean(node),
            "not_operator" | "comparison_operator" => match self.condition(node) {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            },
            "conditional_expression" => self.conditional(node),
            "parenthesized_expression" | "await" => match parts(node).first() {
                Some(inner) => self.expr(*inner),
                None => Expr::Opaque(span),
            },
            "list" | "tuple" | "expression_list" | "set" => {
                let items = parts(node);
                match items.iter().any(|item| item.kind() == "list_splat") {
                    true => Expr::Opaque(span),
                    false => Expr::List(items.into_iter().map(|item| self.expr(item)).collect()),
                }
            }
            "dictionary" => self.dictionary(node),
            "dictionary_comprehension" => self.comprehended(node),
            "named_expression" => self.walrus(node),
            "lambda" => self.lambda(node),
            "unary_operator" => self.negative(node),
            _ => Expr::Opaque(span),
        }
    }

    /// `a.b.c` when it is only names.
    pub fn dotted(&self, node: Node<'t>) -> Option<String> {
        let mut names = Vec::new();
        let mut at = node;
        loop {
            match at.kind() {
                "identifier" => {
                    names.push(self.text(at));
                    names.reverse();
                    return Some(names.join("."));
                }
                "attribute" if names.len() < 12 => {
                    names.push(self.text(at.child_by_field_name("attribute")?));
                    at = at.child_by_field_name("object")?;
                }
                _ => return None,
            }
        }
    }

    fn attribute(&mut self, node: Node<'t>) -> Expr {
        if let Some(value) = self.dotted(node).and_then(|name| self.bound(&name)) {
            return value.clone();
        }
        let (Some(object), Some(name)) =
            (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
        else {
            return Expr::Opaque(self.span(node));
        };
        let base = match self.this(self.text(object)) {
            // What a model was given says more than its class.
            Some(instance) if *instance == Expr::Parameter(RECEIVER.to_string()) => instance.clone(),
            Some(_) if let Some(value) = self.attribute_of_class(self.text(name)) => return value.clone(),
            Some(instance) => match library_member(instance, self.text(name)) {
                Some(value) => return value,
                None => instance.clone(),
            },
            None => self.expr(object),
        };
        if self.text(name) == "_sections" && super::calls::is_of_file(&base) {
            return base;
        }
        member(base, Spanned::new(self.text(name).to_string(), self.span(name)), self.span(node))
    }

    fn subscript(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(value), Some(key)) =
            (node.child_by_field_name("value"), node.child_by_field_name("subscript"))
        else {
            return Expr::Opaque(span);
        };
        let base = self.expr(value);
        if let Expr::Library(name) = base.peel()
            && matches!(name.value.as_str(), "os.environ" | "starlette.config.environ")
        {
            let name = self.expr(key);
            return self.item_read(name, span);
        }
        if let Expr::Library(name) = base.peel()
            && name.value.ends_with(".Annotated")
        {
            // FastAPI's dependencies stand in the annotation.
            let call = crate::programs::reading::fields(node, "subscript")
                .into_iter()
                .find(|part| part.kind() == "call");
            return call.map_or(Expr::Opaque(span), |call| self.expr(call));
        }
        if !matches!(base.peel(), Expr::Record(_) | Expr::Merge(_)) && key.kind() != "slice" {
            let name = self.expr(key);
            if let Some(value) = self.in_flask(value, name, None, span) {
                return value;
            }
        }
        if matches!(base.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            return Expr::Opaque(span);
        }
        if key.kind() == "slice" {
            return self.slice(base, key);
        }
        match self.expr(key) {
            Expr::Text(name) => Expr::Member(Box::new(base), name),
            Expr::Number(number) => match number.value.parse() {
                Ok(index) => Expr::Method(Box::new(base), Box::new(Method::Index(index))),
                Err(_) => Expr::Opaque(span),
            },
            Expr::Opaque(_) => Expr::Opaque(span),
            key => Expr::Item(Box::new(base), Box::new(key), None),
        }
    }

    fn slice(&mut self, base: Expr, node: Node<'t>) -> Expr {
        let text = self.text(node);
        let bound = |part: &str| match part.trim() {
            "" => Some(None),
            number => number.parse::<i64>().ok().map(Some),
        };
        let mut ends = text.split(':').map(bound);
        match (ends.next(), ends.next(), ends.next()) {
            (Some(Some(from)), Some(Some(to)), None) => {
                Expr::Method(Box::new(base), Box::new(Method::Slice(from, to)))
            }
            _ => Expr::Opaque(self.span(node)),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(span) };
        match operator.kind() {
            "+" => {
                let left = self.expr(left);
                let right = self.expr(right);
                plus(left, right, span)
            }
            "%" => {
                let format = self.expr(left);
                let arguments = self.expr(right);
                crate::programs::reading::percent(format, arguments, span)
            }
            "|" => Expr::Merge(vec![self.expr(left), self.expr(right)]),
            _ => Expr::Opaque(span),
        }
    }

    fn boolean(&mut self, node: Node<'t>) -> Expr {
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(self.span(node)) };
        if operator.kind() == "or" {
            let first = self.expr(left);
            return or(first, self.expr(right));
        }
        let condition = self.condition(left);
        let otherwise = self.expr(left);
        let then = self.expr(right);
        Expr::If(Box::new(IfExpr { condition, then, otherwise, span: self.span(left) }))
    }

    fn conditional(&mut self, node: Node<'t>) -> Expr {
        let &[then, question, otherwise] = parts(node).as_slice() else {
            return Expr::Opaque(self.span(node));
        };
        let condition = self.condition(question);
        let then = self.expr(then);
        let otherwise = self.expr(otherwise);
        Expr::If(Box::new(IfExpr { condition, then, otherwise, span: self.span(question) }))
    }

    fn dictionary(&mut self, node: Node<'t>) -> Expr {
        let mut laid = Vec::new();
        let mut fields = Vec::new();
        for part in parts(node) {
            if part.kind() == "pair" {
                let (Some(key), Some(value)) =
                    (part.child_by_field_name("key"), part.child_by_field_name("value"))
                else {
                    continue;
                };
                match self.expr(key) {
                    Expr::Text(key) => {
                        let value = self.expr(value);
                        fields.push((key, value));
                    }
                    other => laid.push(Expr::Opaque(match other {
                        Expr::Opaque(span) => span,
                        _ => self.span(key),
                    })),
                }
            } else if let Some(inner) = parts(part).first() {
                laid.push(Expr::Record(std::mem::take(&mut fields)));
                laid.push(self.expr(*inner));
            }
        }
        if laid.is_empty() {
            return Expr::Record(fields);
        }
        laid.push(Expr::Record(fields));
        Expr::Merge(laid)
    }

    fn walrus(&mut self, node: Node<'t>) -> Expr {
        let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value"))
        else {
            return Expr::Opaque(self.span(node));
        };
        let value = self.expr(value).share();
        self.bind(self.text(name), value.clone());
        value
    }

    fn negative(&mut self, node: Node<'t>) -> Expr {
        let argument = node.child_by_field_name("argument").filter(|argument| argument.kind() == "integer");
        match argument {
            Some(_) if self.text(node).starts_with('-') => {
                Expr::Number(Spanned::new(self.text(node).replace(['_', ' '], ""), self.span(node)))
            }
            _ => Expr::Opaque(self.span(node)),
        }
    }

    /// What a node asks when it stands where a condition does.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.question(node)).unwrap_or(Condition::Opaque)
    }

    fn question(&mut self, node: Node<'t>) -> Condition {
        match node.kind() {
            "parenthesized_expression" => match parts(node).first() {
                Some(inner) => self.condition(*inner),
                None => Condition::Opaque,
            },
            "not_operator" => match node.child_by_field_name("argument").map(|inner| self.condition(inner)) {
                None | Some(Condition::Opaque) => Condition::Opaque,
                Some(inner) => Condition::Not(Box::new(inner)),
            },
            "boolean_operator" => {
                let sides: Vec<Condition> =
                    parts(node).into_iter().map(|side| self.condition(side)).collect();
                match node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "or") {
                    true => Condition::Any(sides),
                    false => Condition::All(sides),
                }
            }
            "comparison_operator" => self.comparison(node),
            "call" => self.asking_call(node),
            _ => truth(self.expr(node)),
        }
    }

    fn comparison(&mut self, node: Node<'t>) -> Condition {
        let &[left, right] = parts(node).as_slice() else { return Condition::Opaque };
        let between = self.file.text.get(left.end_byte()..right.start_byte()).unwrap_or("");
        let words: Vec<&str> =
            between.split_whitespace().filter(|word| *word != "(" && *word != ")").collect();
        let not = |condition| Condition::Not(Box::new(condition));
        let value = self.expr(left);
        match words.as_slice() {
            ["in"] => self.membership(value, right),
            ["not", "in"] => match self.membership(value, right) {
                Condition::Opaque => Condition::Opaque,
                condition => not(condition),
            },
            ["==" | "is"] => self.equality(value, right),
            ["!="] | ["is", "not"] => match self.equality(value, right) {
                Condition::Opaque => Condition::Opaque,
                condition => not(condition),
            },
            _ => Condition::Opaque,
        }
    }

    fn equality(&mut self, left: Expr, right: Node<'t>) -> Condition {
        match (left, self.expr(right)) {
            (Expr::Opaque(_), _) | (_, Expr::Opaque(_)) => Condition::Opaque,
            (left, Expr::Null(_)) => Condition::Not(Box::new(Condition::IsSet(left))),
            (left, right) => Condition::Equals(left, right),
        }
    }

    fn membership(&mut self, value: Expr, whole: Node<'t>) -> Condition {
        let whole = self.expr(whole);
        match whole.peel() {
            Expr::Library(name) if name.value == "os.environ" => Condition::InEnvironment(value),
            Expr::List(items) => Condition::OneOf(value, items.clone()),
            Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
            _ => Condition::Contains(whole, value),
        }
    }

    fn asking_call(&mut self, node: Node<'t>) -> Condition {
        let Some(callee) = node.child_by_field_name("function") else { return Condition::Opaque };
        let arguments = self.arguments(node);
        let first = arguments.first().map(|argument| argument.value);
        if let Some(asked) = self.asked_of_parser(callee, &arguments) {
            return asked;
        }
        if callee.kind() == "attribute"
            && let (Some(object), Some(name)) =
                (callee.child_by_field_name("object"), callee.child_by_field_name("attribute"))
        {
            let name = self.text(name);
            if let ("startswith" | "endswith", Some(part)) = (name, first) {
                let (value, part) = (self.expr(object), self.expr(part));
                return match name {
                    "startswith" => Condition::StartsWith(value, part),
                    _ => Condition::EndsWith(value, part),
                };
            }
        }
        match (self.text(callee), first) {
            ("isinstance", Some(value)) if self.builtin("isinstance") => Condition::IsSet(self.expr(value)),
            ("bool", Some(value)) if self.builtin("bool") => self.condition(value),
            ("all" | "any", Some(list)) if matches!(list.kind(), "list" | "tuple" | "set") => {
                let each = parts(list).into_iter().map(|item| self.condition(item)).collect();
                if self.text(callee) == "all" { Condition::All(each) } else { Condition::Any(each) }
            }
            // Programs ask so whether they run in a container, and here they do.
            (name, Some(path)) if name.ends_with("exists") && self.text(path).contains("/.dockerenv") => {
                Condition::All(Vec::new())
            }
            _ => truth(self.expr(node)),
        }
    }
}

/// A field of an instance of the program's class that is an object of a library.
fn library_member(instance: &Expr, name: &str) -> Option<Expr> {
    let Expr::Call(call) = instance.peel() else { return None };
    let Expr::Function(class) = call.callee.peel() else { return None };
    let records = match class.body.peel() {
        Expr::Merge(parts) => parts.as_slice(),
        body => std::slice::from_ref(body),
    };
    let fields = records.iter().rev().filter_map(|part| match part.peel() {
        Expr::Record(fields) => Some(fields),
        _ => None,
    });
    let (_, value) = fields.flat_map(|fields| fields.iter().rev()).find(|(field, _)| field.value == name)?;
    matches!(value.peel(), Expr::Library(_)).then(|| value.clone())
}

/// `base.name`.
pub(super) fn member(base: Expr, name: Spanned<String>, span: Span) -> Expr {
    match base.peel() {
        Expr::Library(library) => {
            Expr::Library(Spanned::new(format!("{}.{}", library.value, name.value), span))
        }
        Expr::Imported { module, name: whole, .. } if whole.is_empty() => {
            Expr::Imported { module: module.clone(), name: name.value, span }
        }
        Expr::Opaque(_) => Expr::Opaque(span),
        Expr::Method(inner, method) if **method == Method::Text => match url_part(&name.value) {
            Some(part) => Expr::Method(inner.clone(), Box::new(Method::UrlPart(part))),
            None => Expr::Opaque(span),
        },
        _ => Expr::Member(Box::new(base), name),
    }
}

/// Attributes of `urllib.parse.ParseResult` and `sqlalchemy.URL`.
fn url_part(name: &str) -> Option<UrlPart> {
    Some(match name {
        "scheme" | "drivername" => UrlPart::Scheme,
        "username" => UrlPart::User,
        "password" => UrlPart::Password,
        "hostname" | "host" => UrlPart::Host,
        "port" => UrlPart::Port,
        "database" => UrlPart::Database,
        _ => return None,
    })
}
