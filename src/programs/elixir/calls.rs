//! Calls: of the environment, of strings and lists, and of the program's own functions.

use tree_sitter::Node;

use super::MIX_ENV;
use super::reader::Reader;
use crate::programs::reading::absence::named_by_parameter;
use crate::programs::reading::made::read;
use crate::programs::reading::{asked_for, parts, sides};
use crate::programs::{CallExpr, Condition, Expr, LookupExpr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// What a call gives.
    pub fn call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(target) = node.child_by_field_name("target") else { return Expr::Opaque(span) };
        let arguments = parts(node).into_iter().find(|part| part.kind() == "arguments");
        let block = parts(node).into_iter().find(|part| part.kind() == "do_block");
        if target.kind() == "identifier" {
            let written = arguments.map(parts).unwrap_or_default();
            if let Some(value) = self.special(node, self.text(target), &written, block) {
                return value;
            }
        }
        let values = self.arguments(arguments);
        let value = match self.applied(target, &values, span) {
            Some(value) => value,
            None => self.called(target, values, span),
        };
        if let Some(block) = block {
            let inner = parts(block);
            self.branch(Condition::Opaque, |reader| reader.block(&inner));
        }
        value
    }

    /// `get.("NAME")` of a function that a name of the file holds.
    fn applied(&mut self, target: Node<'t>, values: &[Expr], span: Span) -> Option<Expr> {
        let held = target.child_by_field_name("left").filter(|left| {
            target.kind() == "dot"
                && left.kind() == "identifier"
                && target.child_by_field_name("right").is_none()
        })?;
        let callee = self.expr(held);
        let Expr::Function(function) = callee.peel() else { return None };
        let function = function.clone();
        let arguments = values.iter().map(|value| (None, value.clone())).collect();
        let call = Expr::Call(Box::new(CallExpr { callee, arguments, span }));
        if let Some((parameter, required)) = named_by_parameter(&function)
            && let Some(at) = function.parameters.iter().position(|(name, _)| *name == parameter)
            && let Some(Expr::Text(name)) = values.get(at).map(Expr::peel)
        {
            self.note_read(name.clone(), call.clone(), required, span);
        }
        Some(call)
    }

    /// `value |> call(…)`: the value is the first argument.
    pub fn piped(&mut self, value: Expr, call: Node<'t>) -> Expr {
        let span = self.span(call);
        let (target, arguments) = match call.kind() {
            "call" => (
                call.child_by_field_name("target"),
                parts(call).into_iter().find(|part| part.kind() == "arguments"),
            ),
            _ => (Some(call), None),
        };
        let Some(target) = target else { return Expr::Opaque(span) };
        if target.kind() == "identifier"
            && self.text(target) == "case"
            && let Some(block) = parts(call).into_iter().find(|part| part.kind() == "do_block")
        {
            return self.clauses(Some(value), block, span);
        }
        let mut values = vec![value];
        values.extend(self.arguments(arguments));
        match self.applied(target, &values, span) {
            Some(value) => value,
            None => self.called(target, values, span),
        }
    }

    fn arguments(&mut self, list: Option<Node<'t>>) -> Vec<Expr> {
        list.into_iter().flat_map(parts).take(200).map(|argument| self.expr(argument)).collect()
    }

    fn called(&mut self, target: Node<'t>, arguments: Vec<Expr>, span: Span) -> Expr {
        if target.kind() == "identifier" {
            return self.local_call(self.text(target), arguments, span);
        }
        let Some((left, right)) = sides(target) else { return Expr::Opaque(span) };
        let name = self.text(right);
        match left.kind() {
            "alias" => {
                let module = self.module(self.text(left));
                self.remote_call(&module, name, arguments, target, span)
            }
            "identifier" if self.text(left) == "__MODULE__" => self.local_call(name, arguments, span),
            "atom" => self.remote_call(self.text(left), name, arguments, target, span),
            // `config.key`, or a call of a function in a variable
            _ => {
                let value = self.expr(left);
                let key = Expr::Text(self.spanned(right));
                self.item(value, key, None, span)
            }
        }
    }

    /// `Module.function(…)`
    fn remote_call(
        &mut self,
        module: &str,
        name: &str,
        arguments: Vec<Expr>,
        target: Node<'t>,
        span: Span,
    ) -> Expr {
        let at = |n: usize| arguments.get(n).cloned();
        let method = |value: Expr, method: Method| Expr::Method(Box::new(value), Box::new(method));
        match (module, name, at(0)) {
            ("System", "get_env", Some(variable)) => self.variable(variable, at(1), false, span),
            ("System", "fetch_env!", Some(variable)) => self.variable(variable, None, true, span),
            ("System", "fetch_env", Some(variable)) => self.variable(variable, None, false, span),
            ("Mix", "env", None) => self.mix_env(span),
            ("Application", "get_env" | "compile_env" | "fetch_env" | "get_all_env", Some(application)) => {
                self.application_env(application, at(1), at(2), false, span)
            }
            ("Application", "fetch_env!" | "compile_env!", Some(application)) => {
                self.application_env(application, at(1), None, true, span)
            }
            ("Keyword" | "Map" | "Access", "get" | "fetch!" | "fetch", Some(value)) => {
                let key = at(1).unwrap_or(Expr::Opaque(span));
                self.item(value, key, at(2), span)
            }
            ("Keyword" | "Map", "put" | "put_new", Some(value)) => match (at(1), at(2)) {
                (Some(Expr::Text(key)), Some(put)) => {
                    let one = Expr::Record(vec![(key, put)]);
                    let both = if name == "put" { vec![value, one] } else { vec![one, value] };
                    Expr::Merge(both)
                }
                _ => Expr::Opaque(span),
            },
            ("Keyword" | "Map", "merge", Some(value)) => match at(1) {
                Some(other) => Expr::Merge(vec![value, other]),
                None => Expr::Opaque(span),
            },
            ("String", "to_integer" | "to_float", Some(value)) => method(value, Method::Number),
            ("Integer", "parse", Some(value)) => Expr::List(vec![method(value, Method::Number)]),
            (
                "String" | "List" | "Kernel" | "Atom",
                "to_charlist" | "to_atom" | "to_string" | "to_existing_atom",
                Some(value),
            ) => value,
            ("String", "trim", Some(value)) => method(value, Method::Strip(None)),
            ("String", "trim_trailing", Some(value)) => method(value, Method::StripEnd(plain(at(1)))),
            ("String", "trim_leading", Some(value)) => method(value, Method::StripStart(plain(at(1)))),
            ("String", "downcase", Some(value)) => method(value, Method::Lower),
            ("String", "upcase", Some(value)) => method(value, Method::Upper),
            ("String", "split", Some(value)) => method(value, Method::Split(plain(at(1)), None)),
            ("String", "replace", Some(value)) => match (at(1), at(2)) {
                (Some(from), Some(to)) => method(value, Method::Replace { from, to, count: None }),
                _ => Expr::Opaque(span),
            },
            ("String", "starts_with?" | "ends_with?" | "contains?", Some(value)) => {
                let Some(part) = at(1) else { return Expr::Opaque(span) };
                let condition = match name {
                    "starts_with?" => Condition::StartsWith(value, part),
                    "ends_with?" => Condition::EndsWith(value, part),
                    _ => Condition::Contains(value, part),
                };
                Expr::Test(Box::new(condition), span)
            }
            ("Enum", "map" | "reject" | "filter" | "uniq", Some(value)) => value,
            ("Enum", "join", Some(value)) => match at(1) {
                Some(separator) => method(value, Method::Join(separator)),
                None => Expr::Opaque(span),
            },
            ("List" | "Enum", "first" | "last" | "at", Some(value)) => match (name, at(1)) {
                ("first", _) => method(value, Method::Index(0)),
                ("last", _) => method(value, Method::Index(-1)),
                (_, Some(Expr::Number(index))) => match index.value.parse() {
                    Ok(index) => method(value, Method::Index(index)),
                    Err(_) => Expr::Opaque(span),
                },
                _ => Expr::Opaque(span),
            },
            ("URI", "parse" | "new!", Some(value)) => method(value, Method::Text),
            ("URI", "encode_www_form" | "encode", Some(value)) => method(value, Method::Quote),
            ("Dotenvy", "env!", Some(variable)) => {
                let required = arguments.len() < 3;
                self.variable(variable, at(2), required, span)
            }
            ("Dotenvy", "source" | "source!", _) => {
                self.dotenv(&arguments);
                Expr::Opaque(span)
            }
            _ => {
                self.call_sink(module, name, &arguments, target, span);
                self.program_call(module, name, arguments, span)
            }
        }
    }

    fn program_call(&self, module: &str, name: &str, arguments: Vec<Expr>, span: Span) -> Expr {
        if module.starts_with(':') || module.is_empty() {
            return Expr::Opaque(span);
        }
        let name = format!("{module}.{name}");
        let own = self.clauses.keys().any(|(known, _)| *known == name);
        let callee = match own {
            true => Expr::Own(Spanned::new(name, span)),
            false => Expr::Imported { module: module.to_string(), name, span },
        };
        let arguments = arguments.into_iter().map(|argument| (None, argument)).collect();
        Expr::Call(Box::new(CallExpr { callee, arguments, span }))
    }

    /// A call without a module: of the kernel's functions, or of the module's own.
    pub fn local_call(&mut self, name: &str, arguments: Vec<Expr>, span: Span) -> Expr {
        let first = arguments.first().cloned();
        match (name, first) {
            ("config_env", _) => return self.mix_env(span),
            ("is_nil", Some(value)) => {
                return Expr::Test(Box::new(Condition::Not(Box::new(Condition::IsSet(value)))), span);
            }
            ("to_string" | "to_charlist" | "inspect", Some(value)) => return value,
            ("env!", Some(variable)) => {
                let default = arguments.get(2).cloned();
                return self.variable(variable, default, arguments.len() < 3, span);
            }
            ("source" | "source!", _) => {
                self.dotenv(&arguments);
                return Expr::Opaque(span);
            }
            _ => {}
        }
        let Some(module) = self.modules.last().cloned() else { return Expr::Opaque(span) };
        let full = format!("{module}.{name}");
        if !self.clauses.contains_key(&(full.clone(), arguments.len()))
            && !self.clauses.keys().any(|(known, _)| *known == full)
        {
            return Expr::Opaque(span);
        }
        let asked = self.functions.get(&full).and_then(asked_of);
        let asked = asked.and_then(|(at, required)| match arguments.get(at)?.peel() {
            Expr::Text(variable) => Some((variable.clone(), required)),
            _ => None,
        });
        let callee = match self.functions.get(&full) {
            Some(function) => function.clone(),
            None => Expr::Own(Spanned::new(full, span)),
        };
        let arguments = arguments.into_iter().map(|argument| (None, argument)).collect();
        let expression = Expr::Call(Box::new(CallExpr { callee, arguments, span }));
        if let Some((variable, required)) = asked {
            self.note_read(variable, expression.clone(), required, span);
        }
        expression
    }

    /// The name of the Mix environment: that of the build in a release.
    fn mix_env(&self, span: Span) -> Expr {
        let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), span));
        let default = Some(text("dev"));
        Expr::Lookup(Box::new(LookupExpr { key: text(MIX_ENV), default, required: false, span }))
    }

    /// A read of the environment; it is noted when the name is known.
    fn variable(&mut self, name: Expr, default: Option<Expr>, required: bool, span: Span) -> Expr {
        let known = match name.peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        };
        let default = default.filter(|default| !matches!(default.peel(), Expr::Null(_)));
        let expression = read(name, default, required, span);
        if let Some(name) = known {
            self.note_read(name, expression.clone(), required, span);
        }
        expression
    }

    /// `{:system, "NAME"}`, which many libraries take for the variable.
    pub fn system_tuple(&mut self, items: &[Expr], span: Span) -> Option<Expr> {
        match items {
            [Expr::Text(system), name @ Expr::Text(_), rest @ ..] if system.value == "system" => {
                Some(self.variable(name.clone(), rest.first().cloned(), false, span))
            }
            _ => None,
        }
    }

    fn dotenv(&mut self, arguments: &[Expr]) {
        let mut files: Vec<&Expr> = arguments.iter().collect();
        while let Some(file) = files.pop() {
            match file.peel() {
                Expr::List(items) => files.extend(items.iter().rev()),
                Expr::Text(name) if name.value.contains(".env") => {
                    self.notes.module.dotenv.push(name.clone())
                }
                _ => {}
            }
        }
    }

    /// What the configuration gives for an application and a key.
    fn application_env(
        &self,
        application: Expr,
        key: Option<Expr>,
        default: Option<Expr>,
        required: bool,
        span: Span,
    ) -> Expr {
        let mut parts = Vec::new();
        let mut add = |value: &Expr| match value.peel() {
            Expr::Text(text) | Expr::Library(text) => {
                parts.push(text.value.clone());
                true
            }
            _ => false,
        };
        // `compile_env(:shop, [Shop.Cache, :url])`
        let keys = match key.as_ref().map(Expr::peel) {
            Some(Expr::List(keys)) => keys.clone(),
            Some(key) => vec![key.clone()],
            None => return Expr::Opaque(span),
        };
        if !add(&application) || !keys.iter().all(add) {
            return Expr::Opaque(span);
        }
        let key = Expr::Text(Spanned::new(parts.join(":"), span));
        Expr::Lookup(Box::new(LookupExpr { key, default, required, span }))
    }

    /// `value[key]`, `Keyword.get(value, key, missing)`
    pub fn item(&mut self, value: Expr, key: Expr, missing: Option<Expr>, span: Span) -> Expr {
        let name = match key.peel() {
            Expr::Text(text) => text.clone(),
            _ => return Expr::Opaque(span),
        };
        match value.peel() {
            Expr::Lookup(section) => {
                let Expr::Text(of) = section.key.peel() else { return Expr::Opaque(span) };
                let key = Expr::Text(Spanned::new(format!("{}:{}", of.value, name.value), name.span));
                Expr::Lookup(Box::new(LookupExpr { key, default: missing, required: false, span }))
            }
            Expr::Record(fields) => {
                let found = fields.iter().rev().find(|(field, _)| field.value == name.value);
                found.map(|(_, value)| value.clone()).or(missing).unwrap_or(Expr::Null(span))
            }
            Expr::Method(inner, method) if **method == Method::Text => {
                let part = match name.value.as_str() {
                    "host" => crate::programs::UrlPart::Host,
                    "port" => crate::programs::UrlPart::Port,
                    "scheme" => crate::programs::UrlPart::Scheme,
                    _ => return Expr::Opaque(span),
                };
                Expr::Method(inner.clone(), Box::new(Method::UrlPart(part)))
            }
            Expr::Opaque(_) | Expr::Library(_) => Expr::Opaque(span),
            _ => Expr::Item(Box::new(value), Box::new(key), missing.map(Box::new)),
        }
    }
}

fn plain(value: Option<Expr>) -> Option<String> {
    match value?.peel() {
        Expr::Text(text) => Some(text.value.clone()),
        _ => None,
    }
}

/// The position of the parameter that a function reads the variable of, and whether it stops without it.
fn asked_of(function: &Expr) -> Option<(usize, bool)> {
    let Expr::Function(function) = function.peel() else { return None };
    let asked = asked_for(&function.body)?;
    let at = function.parameters.iter().position(|(name, _)| *name == asked.parameter)?;
    Some((at, asked.required))
}
