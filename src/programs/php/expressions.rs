//! Expressions. Reading one notes the reads and clients in it.

use tree_sitter::Node;

use super::reader::{Reader, is_library};
use crate::programs::reading::given::{Arguments, field};
use crate::programs::reading::made::{as_value, joined, not, truth};
use crate::programs::reading::{operands, parts};
use crate::programs::{Condition, Expr, IfExpr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "string" => {
                self.address_in_text(node);
                self.string(node)
            }
            "encapsed_string" => {
                self.address_in_text(node);
                self.encapsed(node)
            }
            "heredoc" | "nowdoc" => self.heredoc(node),
            "integer" | "float" => Expr::Number(Spanned::new(self.text(node).replace('_', ""), span)),
            "boolean" => Expr::Bool(self.text(node).eq_ignore_ascii_case("true"), span),
            "null" => Expr::Null(span),
            "variable_name" => self.variable(self.text(node), span),
            "name" | "qualified_name" => self.constant(node),
            "parenthesized_expression"
            | "error_suppression_expression"
            | "clone_expression"
            | "by_ref"
            | "argument" => match parts(node).last() {
                Some(inner) => self.expr(*inner),
                None => Expr::Opaque(span),
            },
            "assignment_expression" | "reference_assignment_expression" => self.assignment(node),
            "augmented_assignment_expression" => self.augmented(node),
            "binary_expression" => self.binary(node),
            "unary_op_expression" => self.unary(node),
            "conditional_expression" => self.conditional(node),
            "match_expression" => self.match_expression(node),
            "cast_expression" => self.cast(node),
            "array_creation_expression" => self.array(node),
            "subscript_expression" => self.subscript(node, false),
            "function_call_expression" => self.function_call(node),
            "member_call_expression" | "nullsafe_member_call_expression" => self.method_call(node),
            "scoped_call_expression" => self.static_call(node),
            "object_creation_expression" => self.creation(node),
            "member_access_expression" | "nullsafe_member_access_expression" => self.property(node),
            "scoped_property_access_expression" | "class_constant_access_expression" => self.member(node),
            "anonymous_function" | "anonymous_function_creation_expression" | "arrow_function" => {
                self.closure(node)
            }
            "require_expression"
            | "require_once_expression"
            | "include_expression"
            | "include_once_expression" => self.include(node),
            _ => {
                for part in parts(node) {
                    self.expr(part);
                }
                Expr::Opaque(span)
            }
        }
    }

    fn constant(&mut self, node: Node<'t>) -> Expr {
        let name = self.text(node).rsplit('\\').next().unwrap_or("");
        self.mention(name);
        match self.names.bound(name) {
            Some(value) => value.clone(),
            None => Expr::Own(Spanned::new(name.to_string(), self.span(node))),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(span) };
        match self.text(operator).to_ascii_lowercase().as_str() {
            "." => {
                let left = self.expr(left);
                joined(left, self.expr(right))
            }
            "??" => self.otherwise(left, right, true),
            "+" => {
                let (left, right) = (self.expr(left), self.expr(right));
                match (left.peel(), right.peel()) {
                    (Expr::Record(_) | Expr::Merge(_), Expr::Record(_) | Expr::Merge(_)) => {
                        Expr::Merge(vec![right, left])
                    }
                    _ => Expr::Opaque(span),
                }
            }
            "||" | "or" if self.is_stop(right) => {
                let condition = not(self.condition(left));
                let value = self.expr(left);
                self.expr(right);
                self.require_present(&condition);
                value
            }
            "&&" | "and" | "||" | "or" | "==" | "===" | "!=" | "!==" | "<>" => {
                as_value(self.condition(node), span)
            }
            _ => {
                self.expr(left);
                self.expr(right);
                Expr::Opaque(span)
            }
        }
    }

    /// `left ?? right`, `left ?: right`
    fn otherwise(&mut self, left: Node<'t>, right: Node<'t>, set: bool) -> Expr {
        let first = self.expr(left);
        if self.is_stop(right) {
            self.expr(right);
            self.require(&[&first]);
            return first;
        }
        // `getenv()` gives `false` for what is not there, which is a value to `??`.
        let gives_false = set && self.text(left).trim_start_matches(['\\', '(', '@']).starts_with("getenv(");
        let condition = Condition::IsSet(first.clone());
        let mark = self.names.enter(Some(Condition::Not(Box::new(condition))));
        let second = self.expr(right);
        self.names.leave(mark, false);
        if gives_false {
            return first;
        }
        let part = first.clone();
        let whole = match set {
            true => Expr::FirstSet(flat(first, second, true)),
            false => Expr::FirstNonEmpty(flat(first, second, false)),
        };
        if matches!(whole, Expr::FirstSet(_) | Expr::FirstNonEmpty(_)) {
            let shared = whole.share();
            let within: Vec<&Expr> = match part.peel() {
                Expr::FirstSet(all) | Expr::FirstNonEmpty(all) => all.iter().collect(),
                _ => vec![&part],
            };
            self.widen(&within, &shared);
            return shared;
        }
        whole
    }

    /// Whether the expression never gives a value: `throw …`, `die(…)`.
    pub fn is_stop(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "throw_expression" | "exit_statement" => true,
            "function_call_expression" | "name" => {
                let name = self.text(node).split('(').next().unwrap_or("").trim();
                name.eq_ignore_ascii_case("die") || name.eq_ignore_ascii_case("exit")
            }
            "parenthesized_expression" => parts(node).first().is_some_and(|inner| self.is_stop(*inner)),
            _ => false,
        }
    }

    fn conditional(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(question), Some(otherwise)) =
            (node.child_by_field_name("condition"), node.child_by_field_name("alternative"))
        else {
            return Expr::Opaque(span);
        };
        let Some(then) = node.child_by_field_name("body") else {
            return self.otherwise(question, otherwise, false);
        };
        let condition = self.condition(question);
        if self.is_stop(otherwise) {
            self.require_present(&not(condition.clone()));
        }
        let mark = self.names.enter(Some(condition.clone()));
        let then = self.expr(then);
        self.names.leave(mark, false);
        let mark = self.names.enter(Some(not(condition.clone())));
        let otherwise = self.expr(otherwise);
        self.names.leave(mark, false);
        let at = self.span(question);
        let whole = Expr::If(Box::new(IfExpr { condition, then: then.clone(), otherwise, span: at })).share();
        self.widen(&[&then], &whole);
        whole
    }

    fn match_expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(subject), Some(body)) =
            (node.child_by_field_name("condition"), node.child_by_field_name("body"))
        else {
            return Expr::Opaque(span);
        };
        let subject_is_true = self.text(subject).to_ascii_lowercase().contains("(true)");
        let subject = self.expr(subject).share();
        let mut arms = Vec::new();
        let mut value = Expr::Opaque(span);
        for arm in parts(body) {
            let Some(result) = arm.child_by_field_name("return_expression") else { continue };
            let Some(list) = arm.child_by_field_name("conditional_expressions") else {
                value = self.expr(result);
                continue;
            };
            let condition = match subject_is_true {
                true => Condition::Any(parts(list).into_iter().map(|one| self.condition(one)).collect()),
                false => {
                    let cases = parts(list).into_iter().map(|case| self.expr(case)).collect();
                    Condition::OneOf(subject.clone(), cases)
                }
            };
            let mark = self.names.enter(Some(condition.clone()));
            let then = self.expr(result);
            self.names.leave(mark, false);
            arms.push((condition, then, self.span(arm)));
        }
        for (condition, then, span) in arms.into_iter().rev().take(40) {
            value = Expr::If(Box::new(IfExpr { condition, then, otherwise: value, span })).share();
        }
        value
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(inner) = node.child_by_field_name("argument") else { return Expr::Opaque(span) };
        match self.text(node).starts_with('!') {
            true => as_value(self.condition(node), span),
            false if self.text(node).starts_with('-') && inner.kind() == "integer" => {
                Expr::Number(Spanned::new(self.text(node).replace(['_', ' '], ""), span))
            }
            false => {
                self.expr(inner);
                Expr::Opaque(span)
            }
        }
    }

    fn cast(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(value) = node.child_by_field_name("value") else { return Expr::Opaque(span) };
        let kind = node.child_by_field_name("type").map_or("", |kind| self.text(kind)).to_ascii_lowercase();
        let value = self.expr(value);
        match kind.trim() {
            "string" | "binary" => Expr::Method(Box::new(value), Box::new(Method::Text)),
            "int" | "integer" | "float" | "double" => Expr::Method(Box::new(value), Box::new(Method::Number)),
            "bool" | "boolean" => as_value(truth(value), span),
            _ => value,
        }
    }

    /// `[a, b]`, `['key' => value]`
    fn array(&mut self, node: Node<'t>) -> Expr {
        let mut fields = Vec::new();
        let mut items = Vec::new();
        let mut laid = Vec::new();
        for part in parts(node) {
            let inner = parts(part);
            match inner.as_slice() {
                [spread] if spread.kind() == "variadic_unpacking" => {
                    laid.push(Expr::Record(std::mem::take(&mut fields)));
                    let value = parts(*spread).first().map(|value| self.expr(*value));
                    laid.extend(value);
                }
                [value] => items.push(self.expr(*value)),
                [key, value] => {
                    let name = self.expr(*key);
                    // `curl_setopt_array($curl, [CURLOPT_URL => …])`
                    if matches!(&name, Expr::Own(option) if option.value == "CURLOPT_URL") {
                        let (url, callee) = (self.expr(*value), self.spanned(*key));
                        self.client("curl_setopt", Arguments::one(url), callee, self.span(*key));
                    }
                    let value = match (name.peel(), &mut self.keys) {
                        (Expr::Text(name), Some(keys)) => {
                            keys.push(name.value.clone());
                            let value = self.expr(*value);
                            self.keys.as_mut().and_then(Vec::pop);
                            value
                        }
                        _ => self.expr(*value),
                    };
                    match name.peel() {
                        Expr::Text(name) | Expr::Number(name) => fields.push((name.clone(), value)),
                        _ => {
                            laid.push(Expr::Record(std::mem::take(&mut fields)));
                            laid.push(Expr::Opaque(self.span(*key)));
                        }
                    }
                }
                _ => {}
            }
        }
        if !items.is_empty() && fields.is_empty() && laid.is_empty() {
            return Expr::List(items);
        }
        // Items between fields are counted.
        let numbered = items.into_iter().enumerate();
        fields.extend(numbered.map(|(at, item)| (Spanned::new(at.to_string(), Span::NONE), item)));
        if laid.is_empty() {
            return self.component(Expr::Record(fields));
        }
        laid.push(Expr::Record(fields));
        Expr::Merge(laid)
    }

    /// `['class' => 'yii\db\Connection', 'dsn' => …]`: what Yii makes of an array.
    fn component(&mut self, record: Expr) -> Expr {
        let class = match field(&record, "class").map(Expr::peel) {
            Some(Expr::Text(name) | Expr::Library(name)) if self.notes.recording => name.clone(),
            _ => return record,
        };
        let name = class.value.replace('\\', ".");
        let name = name.trim_start_matches('.').trim_end_matches(".class");
        if name.starts_with("yii.") {
            let callee = Spanned::new(name.replace('.', "\\"), class.span);
            self.client(name, Arguments::one(record.clone()), callee, class.span);
        }
        record
    }

    /// `value[key]`; within a quoted string the key is a bare word.
    pub fn subscript(&mut self, node: Node<'t>, quoted: bool) -> Expr {
        let span = self.span(node);
        let inner = parts(node);
        let (Some(&value), Some(&key)) = (inner.first(), inner.get(1)) else {
            return Expr::Opaque(span);
        };
        let name = match key.kind() {
            "name" if quoted => Expr::Text(self.spanned(key)),
            _ => self.expr(key),
        };
        match self.text(value) {
            "$_ENV" => return self.environment_read(name, span),
            "$_SERVER" => return self.server_read(name, span),
            "$GLOBALS" => {
                return match name.peel() {
                    Expr::Text(name) => Expr::Own(Spanned::new(format!("${}", name.value), span)),
                    _ => Expr::Opaque(span),
                };
            }
            _ => {}
        }
        let base = self.expr(value);
        if matches!(base.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            return Expr::Opaque(span);
        }
        match name {
            Expr::Text(name) => member_or_nothing(base, name, span),
            Expr::Number(number) => match (base.peel(), number.value.parse()) {
                (Expr::Record(_) | Expr::Merge(_), _) => member_or_nothing(base, number, span),
                (_, Ok(index)) => Expr::Method(Box::new(base), Box::new(Method::Index(index))),
                _ => Expr::Opaque(span),
            },
            Expr::Opaque(_) => Expr::Opaque(span),
            name => Expr::Item(Box::new(base), Box::new(name), None),
        }
    }

    /// `$object->name`
    fn property(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(object), Some(name)) =
            (node.child_by_field_name("object"), node.child_by_field_name("name"))
        else {
            return Expr::Opaque(span);
        };
        let member = self.spanned(name);
        if self.text(object) == "$this" {
            let known = self.names.bound(&format!("this->{}", member.value));
            return known.cloned().unwrap_or(Expr::Opaque(span));
        }
        match self.expr(object) {
            Expr::Opaque(_) => Expr::Opaque(span),
            Expr::Library(library) => {
                Expr::Library(Spanned::new(format!("{}.{}", library.value, member.value), span))
            }
            base => Expr::Member(Box::new(base), member),
        }
    }

    /// `Class::CONSTANT`, `self::$property`
    fn member(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let inner = parts(node);
        let (Some(&scope), Some(&name)) = (inner.first(), inner.last()) else { return Expr::Opaque(span) };
        let (scope_text, name) = (self.text(scope), self.text(name));
        self.mention(name);
        if matches!(scope_text, "self" | "static" | "parent") {
            let known = self.names.bound(&format!("self::{name}"));
            return known.cloned().unwrap_or(Expr::Opaque(span));
        }
        if name == "class" {
            return Expr::Opaque(span);
        }
        match self.class(scope_text, span) {
            Expr::Library(library) => Expr::Library(Spanned::new(format!("{}.{name}", library.value), span)),
            class => Expr::Member(Box::new(class), Spanned::new(name.to_string(), span)),
        }
    }

    /// `new Class(…)`
    fn creation(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let inner = parts(node);
        let arguments = self.arguments(inner.iter().find(|part| part.kind() == "arguments").copied());
        let Some(class) = inner.first().filter(|part| matches!(part.kind(), "name" | "qualified_name"))
        else {
            for part in inner.iter().filter(|part| part.kind() != "arguments") {
                self.expr(*part);
            }
            return Expr::Opaque(span);
        };
        let full = self.class_name(self.text(*class));
        self.dotenv_call(&full, span);
        match self.class(self.text(*class), span) {
            Expr::Library(library) if is_library(&full) => {
                if !self.client(&library.value, arguments.clone(), self.spanned(*class), span) {
                    self.strange(self.spanned(*class), &arguments, span);
                }
                Expr::Library(Spanned::new(format!("{full}()"), span))
            }
            callee => {
                self.strange(self.spanned(*class), &arguments, span);
                Expr::Call(Box::new(crate::programs::CallExpr {
                    callee,
                    arguments: arguments.passed(),
                    span,
                }))
            }
        }
    }
}

fn flat(first: Expr, second: Expr, set: bool) -> Vec<Expr> {
    let same = match first.peel() {
        Expr::FirstSet(all) if set => Some(all.clone()),
        Expr::FirstNonEmpty(all) if !set => Some(all.clone()),
        _ => None,
    };
    let mut out = same.unwrap_or_else(|| vec![first]);
    match second.peel() {
        Expr::FirstSet(all) if set => out.extend(all.iter().cloned()),
        Expr::FirstNonEmpty(all) if !set => out.extend(all.iter().cloned()),
        _ => out.push(second),
    }
    out
}

/// `base[name]`, which is nothing where a record that is written out lacks the key.
fn member_or_nothing(base: Expr, name: Spanned<String>, span: Span) -> Expr {
    Expr::Item(Box::new(base), Box::new(Expr::Text(name)), Some(Box::new(Expr::Null(span))))
}
