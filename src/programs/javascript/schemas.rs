//! Schemas of the whole environment: zod, Joi, envalid, t3-env.

use tree_sitter::Node;

use super::arguments::Arguments;
use super::environment::plain;
use super::expressions::unwrapped;
use super::reader::Reader;
use super::scan::is_variable;
use crate::programs::reading::read_within;
use crate::programs::{Blank, CallExpr, Condition, Expr, IfExpr, Limits, Method, Read, ReadExpr};
use crate::source::{Span, Spanned};

/// Schemas of one file.
const MAX_SCHEMAS: usize = 500;

/// An object that a schema describes: what each of its fields is when the environment is what is parsed.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    span: Span,
    fields: Vec<(Spanned<String>, Expr)>,
    /// The function that makes something else of what was parsed.
    made_by: Option<Expr>,
}

/// What a library makes of what is not said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// A field must be there unless it is optional: zod.
    Required,
    /// A field may be missing unless it is required: Joi.
    Optional,
}

impl<'t> Reader<'t> {
    /// A call of a schema library that makes a schema of an object, or reads the environment by one.
    pub fn schema_of_library(
        &mut self,
        name: &str,
        node: Node<'t>,
        arguments: &Arguments<'t>,
    ) -> Option<Expr> {
        let span = self.span(node);
        let (library, method) = name.split_once('.')?;
        match (library, method) {
            ("envalid", "cleanEnv") => {
                let fields = self.envalid(arguments.at(1)?);
                return Some(self.record_of(fields));
            }
            ("@t3-oss/env-core" | "@t3-oss/env-nextjs" | "@t3-oss/env-nuxt", "createEnv") => {
                let fields = self.t3_env(arguments.at(0)?);
                return Some(Expr::Record(fields));
            }
            _ => {}
        }
        let last = method.rsplit('.').next().unwrap_or(method);
        let rule = match library {
            _ if library.starts_with("zod") => Rule::Required,
            "joi" | "@hapi/joi" => Rule::Optional,
            _ => return None,
        };
        match (last, rule) {
            ("object" | "strictObject" | "looseObject", _) | ("keys", Rule::Optional)
                if !method.contains("().") || last == "keys" =>
            {
                let fields = match arguments.at(0) {
                    Some(object) => self.schema_fields(object, rule, Blank::Kept),
                    None => return None,
                };
                Some(self.new_schema(span, fields))
            }
            // `Joi.attempt(process.env, schema)`, `Joi.validate(process.env, schema)`
            ("attempt" | "validate", Rule::Optional) if !method.contains("()") => {
                let (value, schema) = (arguments.at(0)?, arguments.at(1)?);
                let schema = self.schema_at(schema)?;
                self.holds_environment(value).then(|| self.parsed(&schema, last))
            }
            _ => None,
        }
    }

    /// A method of a schema of an object: `3().parse`.
    pub fn schema_call(&mut self, name: &str, node: Node<'t>, arguments: &Arguments<'t>) -> Option<Expr> {
        let span = self.span(node);
        let (number, method) = name.split_once("().")?;
        let schema = self.schemas.get(number.parse::<usize>().ok()?)?.clone();
        match method {
            "parse" | "safeParse" | "parseAsync" | "safeParseAsync" | "validate" | "validateAsync"
            | "validateSync" | "cast" => {
                let described = schema.fields.iter().all(|(name, _)| is_variable(&name.value));
                let environment = arguments.at(0).is_some_and(|value| {
                    // What a function is handed to parse by names of variables is the environment.
                    self.holds_environment(value)
                        || described && matches!(self.expr(value).peel(), Expr::Parameter(_))
                });
                Some(if environment { self.parsed(&schema, method) } else { Expr::Opaque(span) })
            }
            "extend" | "keys" | "append" | "augment" => {
                let mut fields = schema.fields;
                let rule = if method == "extend" { Rule::Required } else { Rule::Optional };
                fields.extend(self.schema_fields(arguments.at(0)?, rule, Blank::Kept));
                Some(self.new_schema(span, fields))
            }
            "merge" | "and" | "concat" => {
                let mut fields = schema.fields;
                fields.extend(self.schema_at(arguments.at(0)?)?.fields);
                Some(self.new_schema(span, fields))
            }
            "transform" => {
                let callee = self.expr(arguments.at(0)?);
                match callee.peel() {
                    Expr::Function(_) if schema.made_by.is_none() => {
                        Some(self.keep_schema(Schema { span, made_by: Some(callee), ..schema }))
                    }
                    _ => Some(Expr::Opaque(span)),
                }
            }
            "partial" | "pick" | "omit" | "shape" => Some(Expr::Opaque(span)),
            _ if !method.contains('.') => {
                Some(Expr::Library(Spanned::new(format!("schema {number}()"), span)))
            }
            _ => Some(Expr::Opaque(span)),
        }
    }

    /// Notes the reads of a call that describes settings; says whether it does.
    pub fn defines_settings(&mut self, name: &str, node: Node<'t>) -> bool {
        match name {
            "@nestjs/config.registerAs" => self.register_as(node),
            "@nestjs/config.ConfigModule.forRoot" => self.config_module(node),
            "convict" => self.note_convict(node),
            "envalid.cleanEnv"
            | "@t3-oss/env-core.createEnv"
            | "@t3-oss/env-nextjs.createEnv"
            | "@t3-oss/env-nuxt.createEnv" => {
                let value = self.expr(node);
                if let Expr::Record(fields) = value.peel() {
                    let fields = fields.clone();
                    self.note_fields(&fields);
                }
            }
            _ => {
                let schema = match name.split_once('.') {
                    Some((library, _)) => library.starts_with("zod") || library.ends_with("joi"),
                    None => false,
                } || name.starts_with("schema ");
                if !schema {
                    return false;
                }
                let value = self.expr(node);
                let span = self.span(node);
                let made = self
                    .schemas
                    .iter()
                    .find(|schema| schema.span == span)
                    .map(|schema| schema.fields.clone());
                match (made, value.peel()) {
                    // What only has names of variables describes the environment.
                    (Some(fields), _) if fields.iter().all(|(name, _)| is_variable(&name.value)) => {
                        self.note_fields(&fields);
                    }
                    (None, Expr::Record(fields)) => {
                        let fields = fields.clone();
                        self.note_fields(&fields);
                    }
                    _ => {}
                }
            }
        }
        true
    }

    /// Notes the reads that the fields are; each is held by its field.
    fn note_fields(&mut self, fields: &[(Spanned<String>, Expr)]) {
        for (name, value) in fields.iter().take(1_000) {
            // `data` of `safeParse`, `value` of `validate`.
            if let Expr::Record(inner) = value.peel() {
                let inner = inner.clone();
                self.note_fields(&inner);
                continue;
            }
            let Some(read) = first_read(value) else { continue };
            let Expr::Text(variable) = read.name.peel() else { continue };
            let (variable, required) = (variable.clone(), read.required);
            let limits = self.limits.iter().find(|limits| limits.span == read.span);
            let limits = limits.map(|limits| Limits { read: variable.span, ..limits.clone() });
            let expression = match value.peel() {
                Expr::Method(_, method) if matches!(**method, Method::Split(..)) => {
                    Expr::Method(Box::new(value.clone()), Box::new(Method::Addresses))
                }
                _ => value.clone(),
            };
            let held = Some(name.value.clone());
            if let Some(limits) = limits.filter(|_| self.notes.recording) {
                self.notes.module.limits.push(limits);
            }
            self.keep_read(Read { span: variable.span, name: variable, expression, required, held });
        }
    }

    fn new_schema(&mut self, span: Span, fields: Vec<(Spanned<String>, Expr)>) -> Expr {
        self.keep_schema(Schema { span, fields, made_by: None })
    }

    fn keep_schema(&mut self, schema: Schema) -> Expr {
        let span = schema.span;
        let known = self.schemas.iter().position(|schema| schema.span == span);
        let number = known.unwrap_or(self.schemas.len());
        if known.is_none() {
            if number >= MAX_SCHEMAS {
                return Expr::Opaque(span);
            }
            self.schemas.push(schema);
        }
        Expr::Library(Spanned::new(format!("schema {number}()"), span))
    }

    /// The schema that a node is.
    pub fn schema_at(&mut self, node: Node<'t>) -> Option<Schema> {
        match self.expr(node).peel() {
            Expr::Library(library) => {
                let number = library.value.strip_prefix("schema ")?.strip_suffix("()")?;
                self.schemas.get(number.parse::<usize>().ok()?).cloned()
            }
            _ => None,
        }
    }

    /// Whether a node is the environment, or an object with all of it.
    fn holds_environment(&mut self, node: Node<'t>) -> bool {
        let is = |value: &Expr| matches!(value.peel(), Expr::Library(library) if super::environment::is_environment(&library.value));
        let value = self.expr(node);
        match value.peel() {
            Expr::Merge(parts) => parts.iter().any(is),
            // `{ X: process.env.X }`, as bundlers want it.
            Expr::Record(fields) => {
                !fields.is_empty() && fields.iter().all(|(_, value)| first_read(value).is_some())
            }
            _ => is(&value),
        }
    }

    /// What a schema gives for the environment.
    fn parsed(&mut self, schema: &Schema, method: &str) -> Expr {
        let (span, record) = (schema.span, Expr::Record(schema.fields.clone()));
        let record = match &schema.made_by {
            Some(callee) => Expr::Call(Box::new(CallExpr {
                callee: callee.clone(),
                arguments: vec![(None, record)],
                span,
            }))
            .share(),
            None => record,
        };
        let name = |name: &str| Spanned::new(name.to_string(), span);
        match method {
            "safeParse" | "safeParseAsync" => Expr::Record(vec![
                (name("data"), record),
                (name("success"), Expr::Opaque(span)),
                (name("error"), Expr::Opaque(span)),
            ]),
            "validate" => Expr::Record(vec![(name("value"), record), (name("error"), Expr::Opaque(span))]),
            _ => record,
        }
    }

    fn schema_fields(&mut self, object: Node<'t>, rule: Rule, blank: Blank) -> Vec<(Spanned<String>, Expr)> {
        let pairs = self.pairs(object);
        pairs
            .into_iter()
            .map(|(key, value)| {
                let field = self.schema_field(&key, value, rule, blank);
                (key, field)
            })
            .collect()
    }

    /// `z.string().url().default("…")`
    fn schema_field(&mut self, key: &Spanned<String>, value: Node<'t>, rule: Rule, blank: Blank) -> Expr {
        let span = self.span(value);
        let written = unwrapped(value);
        let value = self.wrapped_schema(value);
        let (links, root) = self.chain(value);
        if value == written {
            let library = if rule == Rule::Optional { "Joi" } else { "zod" };
            self.limit_by_links(&links, root, library, blank == Blank::Unset, span);
        }
        let known = matches!(self.expr(root).peel(), Expr::Library(_));
        let (mut default, mut optional, mut transform, mut number) = (None, !known, None, false);
        optional |= rule == Rule::Optional && !links.iter().any(|link| link.name == "required");
        for link in &links {
            let first = self.arguments(link.call).at(0);
            match link.name {
                "default" | "catch" | "prefault" if default.is_none() => {
                    default = first.map(|first| self.default_value(first));
                }
                "optional" | "nullish" | "nullable" => optional = true,
                "transform" => transform = transform.or(first),
                "number" | "port" => number = true,
                _ => {}
            }
        }
        let made = self.text(root).ends_with("coerce");
        // What is not there is false for `Boolean`, and a text for `String`, where no form is asked for.
        let called = |names: &[&str]| links.iter().any(|link| names.contains(&link.name));
        let formed = ["url", "email", "uuid", "regex", "refine", "superRefine", "startsWith", "pipe"];
        optional |= made && (called(&["boolean"]) || called(&["string"])) && !called(&formed);
        let coerced = made || rule == Rule::Optional;
        let required = !optional && default.is_none();
        let read = ReadExpr { required, blank, ..plain(Expr::Text(key.clone()), default, span) };
        let read = Expr::Read(Box::new(read));
        let read = match number && coerced {
            true => Expr::Method(Box::new(read), Box::new(Method::Number)),
            false => read,
        };
        match transform {
            Some(transform) => {
                let callee = self.expr(transform);
                match callee.peel() {
                    Expr::Function(function) if splits(&function.body) => super::environment::split(read),
                    Expr::Function(_) => {
                        Expr::Call(Box::new(CallExpr { callee, arguments: vec![(None, read)], span }))
                    }
                    Expr::Library(library) if library.value == "Number" => {
                        Expr::Method(Box::new(read), Box::new(Method::Number))
                    }
                    _ => Expr::Opaque(span),
                }
            }
            None => read,
        }
    }

    /// The schema in a call that only cleans what it is given: `z.preprocess(blankAsUnset, z.string())`,
    /// `fromEnv(z.string())`.
    fn wrapped_schema(&mut self, value: Node<'t>) -> Node<'t> {
        let mut value = unwrapped(value);
        for _ in 0..3 {
            let callee = value.child_by_field_name("function").map_or("", |callee| self.text(callee));
            let arguments = (value.kind() == "call_expression").then(|| self.arguments(value));
            let Some(arguments) = arguments else { break };
            let inner = match (callee.rsplit('.').next(), arguments.at(1)) {
                (Some("preprocess"), Some(inner)) => inner,
                _ if callee.contains(['.', '(']) || arguments.iter().count() != 1 => break,
                _ => match arguments.at(0) {
                    Some(inner) if matches!(self.text(self.chain(inner).1), "z" | "Joi" | "joi") => inner,
                    _ => break,
                },
            };
            value = unwrapped(inner);
        }
        value
    }

    /// A default, or what the function that is given for one returns.
    fn default_value(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let value = self.expr(node);
        match value.peel() {
            Expr::Function(_) => {
                Expr::Call(Box::new(CallExpr { callee: value, arguments: Vec::new(), span }))
            }
            _ => value,
        }
    }

    /// `cleanEnv(process.env, { X: str({ default: "…" }) })`
    fn envalid(&mut self, object: Node<'t>) -> Vec<(Spanned<String>, Expr)> {
        let mut out = Vec::new();
        for (key, value) in self.pairs(object) {
            let span = self.span(value);
            let (links, root) = self.chain(value);
            let options = links.first().and_then(|link| self.arguments(link.call).at(0));
            let mut option = |name: &str| {
                let value = options.and_then(|options| self.pair(options, name))?;
                Some(self.expr(value))
            };
            let (default, development) = (option("default"), option("devDefault"));
            let required = default.is_none() && development.is_none();
            let default = match development {
                // It counts where `NODE_ENV` is set, and not to production.
                Some(then) => {
                    let node_env = Expr::Text(Spanned::new("NODE_ENV".to_string(), span));
                    let read = super::environment::read(node_env, span).share();
                    let production = Expr::Text(Spanned::new("production".to_string(), Span::NONE));
                    let condition = Condition::All(vec![
                        Condition::Truthy(read.clone()),
                        Condition::Not(Box::new(Condition::Equals(read, production))),
                    ]);
                    let otherwise = default.unwrap_or(Expr::Null(span));
                    Some(Expr::If(Box::new(IfExpr { condition, then, otherwise, span })))
                }
                None => default,
            };
            let read = ReadExpr { required, ..plain(Expr::Text(key.clone()), default, span) };
            let read = Expr::Read(Box::new(read));
            let kind = self.text(root).rsplit('.').next().unwrap_or("");
            self.limit_by_envalid(kind, options, span);
            let value = match kind {
                "num" | "port" => Expr::Method(Box::new(read), Box::new(Method::Number)),
                "bool" => Expr::Method(Box::new(read), Box::new(Method::Flag)),
                "json" => Expr::Opaque(span),
                _ => read,
            };
            out.push((key, value));
        }
        out
    }

    /// The record that envalid makes: it knows besides in which mode the program runs.
    fn record_of(&mut self, mut fields: Vec<(Spanned<String>, Expr)>) -> Expr {
        for name in ["isProduction", "isProd", "isDev", "isDevelopment", "isTest"] {
            fields.push((Spanned::new(name.to_string(), Span::NONE), Expr::Opaque(Span::NONE)));
        }
        Expr::Record(fields)
    }

    /// `createEnv({ server: { X: z.string() }, runtimeEnv: process.env })`
    fn t3_env(&mut self, options: Node<'t>) -> Vec<(Spanned<String>, Expr)> {
        let blank =
            self.pair(options, "emptyStringAsUndefined").is_some_and(|flag| self.text(flag) == "true");
        let blank = if blank { Blank::Unset } else { Blank::Kept };
        let mut out = Vec::new();
        for part in ["shared", "client", "server"] {
            if let Some(object) = self.pair(options, part) {
                out.extend(self.schema_fields(object, Rule::Required, blank));
            }
        }
        out
    }
}

/// The read that a field is, below conversions and functions that change it.
fn first_read(value: &Expr) -> Option<&ReadExpr> {
    match value.peel() {
        Expr::Call(call) => call.arguments.first().and_then(|(_, value)| first_read(value)),
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => all.first().and_then(first_read),
        value => read_within(value),
    }
}

/// Whether a function cuts its parameter at commas.
fn splits(body: &Expr) -> bool {
    match body.peel() {
        Expr::Method(inner, method) => match **method {
            Method::Split(Some(ref separator), _) => {
                separator == "," && matches!(inner.peel(), Expr::Parameter(_))
            }
            _ => splits(inner),
        },
        _ => false,
    }
}
