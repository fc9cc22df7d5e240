//! Calls: PHP's own functions, those of the program, and the clients that calls make.

use tree_sitter::Node;

use super::reader::{RETURNED, Reader};
use super::{imports, strings};
use crate::programs::reading::clients::Clients;
use crate::programs::reading::given::{Arguments, Given};
use crate::programs::reading::made::as_value;
use crate::programs::reading::{parts, queues, strange};
use crate::programs::{CallExpr, Expr, Method, Sink, UrlPart};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The arguments of a call.
    pub fn arguments(&mut self, list: Option<Node<'t>>) -> Arguments {
        let mut out = Vec::new();
        for part in list.into_iter().flat_map(parts).take(200) {
            let name = part.child_by_field_name("name").map(|name| self.spanned(name));
            let Some(inner) = parts(part).into_iter().last() else { continue };
            let splat = inner.kind() == "variadic_unpacking";
            let value = match splat {
                true => parts(inner).first().map(|value| self.expr(*value)),
                false => Some(self.expr(inner)),
            };
            out.extend(value.map(|value| Given { name, value, splat }));
        }
        Arguments(out)
    }

    /// `name(…)`
    pub fn function_call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(callee) = node.child_by_field_name("function") else { return Expr::Opaque(span) };
        let list = node.child_by_field_name("arguments");
        if !matches!(callee.kind(), "name" | "qualified_name") {
            let function = self.expr(callee);
            let arguments = self.arguments(list);
            return match function {
                Expr::Opaque(_) | Expr::Library(_) => Expr::Opaque(span),
                callee => Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span })),
            };
        }
        let name = self.text(callee).rsplit('\\').next().unwrap_or("").to_string();
        if ASKING.contains(&name.as_str()) {
            return as_value(self.condition(node), span);
        }
        let arguments = self.arguments(list);
        if let Some(function) = self.names.bound(&format!("{name}()")).cloned() {
            return self.program_call(function, arguments, span);
        }
        if let Some(value) = self.environment_call(&name, &arguments, span) {
            return value;
        }
        if let Some(value) = self.builtin(&name, &arguments, span) {
            return value;
        }
        if name == "curl_setopt" {
            let address =
                |option: &&Expr| matches!(option, Expr::Own(option) if option.value == "CURLOPT_URL");
            if let (Some(_), Some(url)) = (arguments.at(1).filter(address), arguments.at(2)) {
                self.client("curl_setopt", Arguments::one(url.clone()), self.spanned(callee), span);
            }
            return Expr::Opaque(span);
        }
        if self.client(&name, arguments.clone(), self.spanned(callee), span) {
            return Expr::Library(Spanned::new(format!("{name}()"), span));
        }
        if name == "mysqli_init" {
            return Expr::Library(Spanned::new("mysqli()".to_string(), span));
        }
        let callee = Expr::Own(Spanned::new(format!("{name}()"), self.span(callee)));
        Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span }))
    }

    /// A call of a function of the program.
    pub fn program_call(&mut self, callee: Expr, arguments: Arguments, span: Span) -> Expr {
        let function = match callee.peel() {
            Expr::Function(function) => Some(function.clone()),
            _ => None,
        };
        let call = Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span }));
        if let Some(function) = function.filter(|function| !function.class) {
            let held = self.held();
            self.note_helper(&function, &call, span, held);
        }
        call
    }

    /// `$object->name(…)`
    pub fn method_call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(object), Some(name)) =
            (node.child_by_field_name("object"), node.child_by_field_name("name"))
        else {
            return Expr::Opaque(span);
        };
        let arguments = node.child_by_field_name("arguments");
        let method = self.text(name);
        if self.text(object) == "$this" {
            let arguments = self.arguments(arguments);
            return match self.names.bound(&format!("self::{method}()")).cloned() {
                Some(function) => self.program_call(function, arguments, span),
                None => Expr::Opaque(span),
            };
        }
        let receiver = self.expr(object);
        let arguments = self.arguments(arguments);
        let given: Vec<Option<&str>> = arguments.0.iter().map(Given::name).collect();
        let found = queues::named(("php", method), &given, span, |at| {
            let given = arguments.0.get(at).filter(|given| !given.splat)?;
            Some((given.value.clone(), span))
        });
        self.notes.queues(found);
        match receiver {
            Expr::Library(library) => {
                let full = format!("{}.{method}", library.value);
                self.library_call(&full, arguments, self.spanned(name), span)
            }
            Expr::Opaque(_) | Expr::Text(_) | Expr::Read(_) => {
                self.strange(self.spanned(name), &arguments, span);
                Expr::Opaque(span)
            }
            receiver => {
                let member = Spanned::new(format!("{method}()"), self.span(name));
                let callee = Expr::Member(Box::new(receiver), member);
                Expr::Call(Box::new(CallExpr { callee, arguments: arguments.passed(), span }))
            }
        }
    }

    /// `Class::name(…)`
    pub fn static_call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(scope), Some(name)) = (node.child_by_field_name("scope"), node.child_by_field_name("name"))
        else {
            return Expr::Opaque(span);
        };
        self.dotenv_call(self.text(scope), span);
        let arguments = self.arguments(node.child_by_field_name("arguments"));
        let method = self.text(name);
        let member = format!("{method}()");
        if matches!(self.text(scope), "self" | "static" | "parent") {
            return match self.names.bound(&format!("self::{member}")).cloned() {
                Some(function) => self.program_call(function, arguments, span),
                None => Expr::Opaque(span),
            };
        }
        match self.class(self.text(scope), span) {
            Expr::Library(library) => {
                let full = format!("{}.{method}", library.value);
                self.library_call(&full, arguments, self.spanned(name), span)
            }
            class => {
                let known = self.member_of_class(&class, &member);
                match known {
                    Some(function) => self.program_call(function, arguments, span),
                    None => {
                        let member = Spanned::new(member, self.span(name));
                        self.program_call(Expr::Member(Box::new(class), member), arguments, span)
                    }
                }
            }
        }
    }

    /// A member of a class of this file.
    fn member_of_class(&self, class: &Expr, member: &str) -> Option<Expr> {
        let Expr::Function(class) = class.peel() else { return None };
        crate::programs::reading::given::field(&class.body, member).cloned()
    }

    /// A call of a library's function or method.
    fn library_call(
        &mut self,
        full: &str,
        arguments: Arguments,
        callee: Spanned<String>,
        span: Span,
    ) -> Expr {
        if let Some(value) = self.laravel_call(full, &arguments, span) {
            return value;
        }
        if full.ends_with("Conf().set")
            && arguments
                .text(0)
                .is_some_and(|key| matches!(key.value.as_str(), "metadata.broker.list" | "bootstrap.servers"))
        {
            let servers = arguments.at(1).cloned().map(Arguments::one).unwrap_or_default();
            self.client("RdKafka.Conf().set", servers, callee, span);
            return Expr::Opaque(span);
        }
        if full != "RdKafka.Conf().set" && !self.client(full, arguments.clone(), callee.clone(), span) {
            self.strange(callee, &arguments, span);
        }
        Expr::Library(Spanned::new(format!("{full}()"), span))
    }

    /// Notes the address that a text is, wherever it stands.
    pub fn address_in_text(&mut self, node: Node<'t>) {
        let found = strange::literal(self.file, node.start_byte(), node.end_byte());
        if let Some(sink) = found.filter(|_| self.notes.recording) {
            self.sink(sink);
        }
    }

    /// Notes the addresses that a call is handed of which nothing else is known.
    pub fn strange(&mut self, callee: Spanned<String>, arguments: &Arguments, span: Span) {
        for sink in strange::handed(&callee, arguments, span) {
            self.sink(sink);
        }
    }

    /// Notes the client that a call of this name makes; whether it makes one.
    pub fn client(&mut self, name: &str, arguments: Arguments, callee: Spanned<String>, span: Span) -> bool {
        let Some(client) = Clients::of("php").find(name) else { return false };
        if let Some(target) = arguments.target(client, callee.span) {
            let arguments = arguments.options_with_login(client, callee.span);
            self.sink(Sink { kind: client.kind, target, arguments, callee, span });
        }
        true
    }

    /// `$object->property = value` where the property makes a client.
    pub fn setting(&mut self, name: &str, value: Expr, callee: Spanned<String>, span: Span) {
        let mut given = Arguments::one(value);
        if name.ends_with(".Host=") {
            given.0.extend(self.literal_property("->Port", span).map(|value| Given {
                name: None,
                value,
                splat: false,
            }));
        }
        self.client(name, given, callee, span);
    }

    /// What the file sets a property to, the first time it does: a number, or something that is not known.
    fn literal_property(&self, name: &str, place: Span) -> Option<Expr> {
        let text = &self.file.text;
        let from = text.find(name)? + name.len();
        let value = text.get(from..)?.trim_start().strip_prefix('=')?.trim_start();
        let value = value.split([';', '\n']).next()?.trim();
        let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        Some(match number {
            true => Expr::Number(Spanned::new(value.to_string(), place)),
            false => Expr::Opaque(place),
        })
    }

    /// `require 'file.php'`: its names become those of this file.
    pub fn include(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(module) = imports::included(self.text(node)) else {
            for part in parts(node) {
                self.expr(part);
            }
            return Expr::Opaque(span);
        };
        if self.notes.recording {
            self.notes.module.imports.push(Spanned::new(module.clone(), span));
        }
        if !self.notes.module.takes_over.contains(&module) {
            self.notes.module.takes_over.push(module.clone());
        }
        Expr::Imported { module, name: RETURNED.to_string(), span }
    }

    fn builtin(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Expr> {
        let wrap = |value: &Expr, method| Expr::Method(Box::new(value.clone()), Box::new(method));
        let first = arguments.at(0)?;
        let characters = || match arguments.at(1) {
            None => Some(None),
            Some(_) => arguments.text(1).map(|text| Some(text.value)),
        };
        Some(match name {
            "define" => {
                let name = arguments.text(0)?;
                let value = arguments.at(1)?.clone();
                self.hold(&name.value, span);
                self.names.bind(&name.value, value);
                Expr::Null(span)
            }
            "constant" => Expr::Own(arguments.text(0)?),
            "sprintf" | "vsprintf" => {
                let given: Vec<Expr> = match (name, arguments.at(1).map(Expr::peel)) {
                    ("vsprintf", Some(Expr::List(items))) => items.clone(),
                    ("vsprintf", _) => return None,
                    _ => arguments.0.iter().skip(1).map(|given| given.value.clone()).collect(),
                };
                strings::sprintf(first, &given)?
            }
            "trim" => wrap(first, Method::Strip(characters()?)),
            "rtrim" | "chop" => wrap(first, Method::StripEnd(characters()?)),
            "ltrim" => wrap(first, Method::StripStart(characters()?)),
            "strtolower" | "mb_strtolower" => wrap(first, Method::Lower),
            "strtoupper" | "mb_strtoupper" => wrap(first, Method::Upper),
            "urlencode" | "rawurlencode" => wrap(first, Method::Quote),
            "intval" | "floatval" => wrap(first, Method::Number),
            "strval" => wrap(first, Method::Text),
            "str_replace" => {
                let (from, to) = (first.clone(), arguments.at(1)?.clone());
                wrap(arguments.at(2)?, Method::Replace { from, to, count: None })
            }
            "explode" => wrap(arguments.at(1)?, Method::Split(Some(arguments.text(0)?.value), None)),
            "implode" | "join" => wrap(arguments.at(1)?, Method::Join(first.clone())),
            "parse_url" => self.parsed_url(first, arguments.at(1), span)?,
            "array_merge" | "array_replace" | "array_replace_recursive" => {
                Expr::Merge(arguments.0.iter().map(|given| given.value.clone()).collect())
            }
            "filter_var" | "array_filter" | "array_values" | "realpath" | "tap" | "value" => first.clone(),
            "exit" | "die" => Expr::Opaque(span),
            _ => return None,
        })
    }

    /// `parse_url($url)['host']`, `parse_url($url, PHP_URL_HOST)`
    fn parsed_url(&self, url: &Expr, part: Option<&Expr>, span: Span) -> Option<Expr> {
        let take = |part: UrlPart| Expr::Method(Box::new(url.clone()), Box::new(Method::UrlPart(part)));
        let Some(part) = part else {
            let all = [
                ("scheme", UrlPart::Scheme),
                ("user", UrlPart::User),
                ("pass", UrlPart::Password),
                ("host", UrlPart::Host),
                ("port", UrlPart::Port),
                ("path", UrlPart::Database),
            ];
            let field = |(name, part): (&str, UrlPart)| (Spanned::new(name.to_string(), span), take(part));
            return Some(Expr::Record(all.into_iter().map(field).collect()));
        };
        let Expr::Own(name) = part else { return None };
        Some(take(match name.value.as_str() {
            "PHP_URL_SCHEME" => UrlPart::Scheme,
            "PHP_URL_HOST" => UrlPart::Host,
            "PHP_URL_PORT" => UrlPart::Port,
            "PHP_URL_USER" => UrlPart::User,
            "PHP_URL_PASS" => UrlPart::Password,
            "PHP_URL_PATH" => UrlPart::Database,
            _ => return None,
        }))
    }
}

/// Functions that answer a question; see [`Reader::condition`].
pub(super) const ASKING: [&str; 10] = [
    "isset",
    "empty",
    "is_null",
    "in_array",
    "defined",
    "function_exists",
    "array_key_exists",
    "str_starts_with",
    "str_ends_with",
    "str_contains",
];
