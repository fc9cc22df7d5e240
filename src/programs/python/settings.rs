//! Pydantic settings: every field is a read of the environment.
//!
//! <https://docs.pydantic.dev/latest/concepts/pydantic_settings/>; version 1 (`pydantic.BaseSettings`,
//! `class Config`, `Field(env=…)`) differs in names, and in that `Optional` fields need no default.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::calls::Arguments;
use super::reader::Reader;
use crate::programs::expr::Nested;
use crate::programs::reading::parts;
use crate::programs::{Blank, Declared, Expr, Method, ReadExpr};
use crate::source::{Span, Spanned};

/// How a settings class maps its fields to variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    prefix: String,
    case_sensitive: bool,
    delimiter: Option<String>,
    ignore_empty: bool,
    version_1: bool,
    /// Whether what it is made from is not seen, and may take values in ways of its own.
    inherits: bool,
    /// Whether keys of its dotenv files that it does not declare may not stop it: because it says so, or because not
    /// all is seen that it says.
    takes_more: bool,
    files: Vec<Spanned<String>>,
}

impl Settings {
    /// A variable as it is written: in capitals, by convention, where case does not matter.
    fn named(&self, name: &str) -> String {
        if self.case_sensitive { name.to_string() } else { name.to_ascii_uppercase() }
    }
}

/// Whether a class is called as those are from which projects derive their settings: `BaseAppSettings`, `PydanticBaseEnvConfig`.
fn is_of_settings(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    name.ends_with("settings")
        || name.contains("env") && (name.contains("config") || name.contains("settings"))
}

impl<'t> Reader<'t> {
    /// The settings of a class with these bases; `None` when it is no settings class.
    pub fn settings_of(&mut self, bases: &[Expr], body: Node<'t>) -> Option<Settings> {
        let mut found = None;
        for base in bases {
            match base.peel() {
                Expr::Library(name) if name.value.ends_with("BaseSettings") => {
                    let version_1 = name.value.starts_with("pydantic.");
                    found = Some(Settings { version_1, ..Settings::default() });
                }
                Expr::Function(class) if self.settings_classes.contains(&class.name) => {
                    found = Some(Settings::default());
                }
                // A class of the project's own, which is seen by its name alone.
                Expr::Imported { name, .. } if is_of_settings(name) => {
                    found = Some(Settings { inherits: true, ..Settings::default() })
                }
                _ => {}
            }
        }
        let mut settings = found?;
        let only = matches!(bases, [base] if matches!(base.peel(), Expr::Library(_)));
        settings.takes_more |= settings.version_1 || !only;
        for statement in parts(body) {
            self.configure(statement, &mut settings);
        }
        Some(settings)
    }

    /// `model_config = SettingsConfigDict(…)`, `class Config: …`
    fn configure(&mut self, statement: Node<'t>, settings: &mut Settings) {
        let text = self.text(statement);
        settings.takes_more |= text.contains("settings_customise_sources") || text.contains("**");
        if statement.kind() == "class_definition" {
            let named = statement.child_by_field_name("name").is_some_and(|name| self.text(name) == "Config");
            let body = statement.child_by_field_name("body").filter(|_| named);
            for assignment in body.into_iter().flat_map(parts).flat_map(parts) {
                if let (Some(left), Some(right)) =
                    (assignment.child_by_field_name("left"), assignment.child_by_field_name("right"))
                {
                    self.option(self.text(left), right, settings);
                }
            }
            return;
        }
        let assignment = parts(statement).into_iter().find(|part| part.kind() == "assignment");
        let Some(assignment) = assignment else { return };
        let named =
            assignment.child_by_field_name("left").is_some_and(|left| self.text(left) == "model_config");
        let Some(value) = assignment.child_by_field_name("right").filter(|_| named) else { return };
        match value.kind() {
            "call" => {
                for argument in self.arguments(value).0 {
                    if let Some(name) = argument.name {
                        self.option(&name.value, argument.value, settings);
                    }
                }
            }
            "dictionary" => {
                for pair in parts(value) {
                    if let (Some(key), Some(value)) =
                        (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
                        && let Some(key) = self.literal(key)
                    {
                        self.option(&key.value, value, settings);
                    }
                }
            }
            _ => settings.takes_more = true,
        }
    }

    fn option(&mut self, name: &str, value: Node<'t>, settings: &mut Settings) {
        let truth = self.text(value) == "True";
        match name {
            "env_prefix" => settings.prefix = self.literal(value).map(|text| text.value).unwrap_or_default(),
            "env_nested_delimiter" => {
                settings.delimiter = self.literal(value).map(|text| text.value);
                settings.takes_more |= settings.delimiter.as_deref() != Some("__");
            }
            "case_sensitive" => settings.case_sensitive = truth,
            "extra" => settings.takes_more |= !self.text(value).contains("forbid"),
            "env_ignore_empty" => settings.ignore_empty = truth,
            "env_file" => {
                let files = match value.kind() {
                    "tuple" | "list" => parts(value),
                    _ => vec![value],
                };
                for file in files {
                    if let Some(file) = self.literal(file)
                        && self.notes.recording
                    {
                        settings.files.push(file.clone());
                        self.notes.module.dotenv.push(file);
                    }
                }
            }
            _ => {}
        }
    }

    /// A field of a settings class; `false` when the assignment is something else.
    pub fn settings_field(
        &mut self,
        left: Node<'t>,
        kind: Option<Node<'t>>,
        right: Option<Node<'t>>,
    ) -> bool {
        let Some(settings) = self.classes.last().and_then(|class| class.settings.clone()) else {
            return false;
        };
        let Some(kind) = kind else { return false };
        let field = self.text(left);
        let kind_text = self.text(kind);
        if left.kind() != "identifier" || field.starts_with('_') || kind_text.starts_with("ClassVar") {
            return false;
        }
        let span = self.span(left).to(self.span(right.unwrap_or(kind)));
        right.into_iter().for_each(|right| self.scan(right));
        let (default, names) = self.within_body([Some(kind), right], |reader| reader.field(kind, right));
        if let (Some(default), Some(class)) = (&default, self.classes.last_mut()) {
            class.told.insert(field.to_string(), default.clone().share());
        }
        let optional = kind_text.starts_with("Optional[") || kind_text.contains("None");
        let default = default.or_else(|| (settings.version_1 && optional).then_some(Expr::Null(span)));
        if names.is_empty()
            && let Some(value) = self.nested(field, kind, default.as_ref(), &settings, span)
        {
            self.declare(field, &[], &settings);
            self.bind(field, value);
            return true;
        }
        let mut names = match names.is_empty() {
            true => vec![Spanned::new(format!("{}{field}", settings.prefix), self.span(left))],
            false => names,
        };
        if !settings.case_sensitive {
            // The variable is conventionally in capitals; case does not matter.
            names.iter_mut().for_each(|name| name.value = name.value.to_ascii_uppercase());
        }
        self.declare(field, &names, &settings);
        let first = names.remove(0);
        let required = default.is_none();
        let read = Expr::Read(Box::new(ReadExpr {
            name: Expr::Text(first.clone()),
            aliases: names.into_iter().map(|name| name.value).collect(),
            ignore_case: !settings.case_sensitive,
            default,
            blank: if settings.ignore_empty { Blank::Unset } else { Blank::Kept },
            required,
            span,
        }));
        let blank_is_unset = settings.ignore_empty;
        let decoded = !settings.inherits && self.decoded_field(kind, blank_is_unset, span);
        if !decoded {
            self.limit_field(field, kind, right, blank_is_unset, span);
        }
        let value = typed(read, kind_text);
        self.note_field(field, first, &value, span);
        self.bind(field, value);
        true
    }

    /// Reads what the body of a class computes. What the environment gives a field it has only in the objects that are made later:
    /// `URL: str = f"redis://{HOST}"` takes the default of `HOST`.
    fn within_body<T>(&mut self, nodes: [Option<Node<'t>>; 2], read: impl FnOnce(&mut Self) -> T) -> T {
        let texts = nodes.into_iter().flatten().map(|node| self.text(node));
        let names: BTreeSet<&str> =
            texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_')).collect();
        let mut given = Vec::new();
        for name in names {
            let told = self.classes.last().and_then(|class| class.told.get(name)).cloned();
            if let (Some(told), Some(before)) = (told, self.bound(name).cloned()) {
                given.push((name, before));
                self.bind(name, told);
            }
        }
        let out = read(self);
        for (name, before) in given {
            self.bind(name, before);
        }
        out
    }

    fn declare(&mut self, field: &str, names: &[Spanned<String>], settings: &Settings) {
        let Some(class) = self.classes.last_mut() else { return };
        class.declared.push(format!("{}{field}", settings.prefix));
        class.declared.extend(names.iter().map(|name| name.value.clone()));
    }

    /// Keeps a class of settings that stops at keys of its files which it does not declare (pydantic-settings
    /// documentation, "Dotenv (.env) support").
    pub fn declared(&mut self, class: Spanned<String>, settings: Settings, names: Vec<String>) {
        if settings.takes_more || settings.files.is_empty() || !self.notes.recording {
            return;
        }
        let Settings { prefix, case_sensitive, files, .. } = settings;
        self.notes.module.declared.push(Declared { class, files, prefix, names, case_sensitive });
    }

    /// A field's default, and the variables it names itself.
    fn field(&mut self, kind: Node<'t>, right: Option<Node<'t>>) -> (Option<Expr>, Vec<Spanned<String>>) {
        let mut names = Vec::new();
        let mut default = None;
        // `Annotated[str, Field(alias="X")]`
        let annotated =
            if self.text(kind).starts_with("Annotated[") { calls_below(kind) } else { Vec::new() };
        for call in annotated.into_iter().chain(right.filter(|right| right.kind() == "call")) {
            let callee = call.child_by_field_name("function").map(|callee| self.text(callee)).unwrap_or("");
            if !(callee == "Field" || callee.ends_with(".Field")) {
                continue;
            }
            let arguments = self.arguments(call);
            default = self.field_default(&arguments).or(default);
            names.extend(self.field_names(&arguments));
            if Some(call) == right {
                return (default, names);
            }
        }
        match right {
            Some(right) if right.kind() != "ellipsis" => (Some(self.expr(right)), names),
            _ => (default, names),
        }
    }

    fn field_names(&mut self, arguments: &Arguments<'t>) -> Vec<Spanned<String>> {
        for name in ["validation_alias", "alias", "env"] {
            let Some(value) = arguments.get(None, &[name]) else { continue };
            let nodes = match value.kind() {
                "call" => self.arguments(value).0.into_iter().map(|argument| argument.value).collect(),
                "list" | "tuple" => parts(value),
                _ => vec![value],
            };
            let names: Vec<_> = nodes.into_iter().filter_map(|node| self.literal(node)).collect();
            if !names.is_empty() {
                return names;
            }
        }
        Vec::new()
    }

    /// A field whose type is another class of settings: its fields, each also read by its long name.
    fn nested(
        &mut self,
        field: &str,
        kind: Node<'t>,
        default: Option<&Expr>,
        settings: &Settings,
        span: Span,
    ) -> Option<Expr> {
        let kind = parts(kind).into_iter().next();
        let kind = kind.filter(|kind| matches!(kind.kind(), "identifier" | "attribute"))?;
        let class = match kind.kind() {
            "identifier" => self.bound(self.text(kind))?.clone(),
            _ => self.expr(kind),
        };
        let Expr::Function(function) = class.peel() else {
            let imported = matches!(class.peel(), Expr::Imported { .. });
            let Some(delimiter) = settings.delimiter.clone().filter(|_| imported) else {
                return default.cloned().filter(|_| imported);
            };
            let prefix = settings.named(&format!("{}{field}", settings.prefix));
            let nested = Nested { prefix, delimiter, ignore_case: !settings.case_sensitive, span };
            let own = Box::new(default.cloned().unwrap_or(class));
            return Some(Expr::Method(own, Box::new(Method::Nested(Box::new(nested)))));
        };
        let base = match default {
            Some(default) => default.clone(),
            None => class.clone(),
        };
        let Some(delimiter) = &settings.delimiter else { return Some(base) };
        let of_model = self.models.get(&function.name).cloned();
        let demanded = |name: &str| {
            default.is_none()
                && of_model
                    .as_ref()
                    .is_some_and(|all| all.iter().any(|(it, own)| it.value == name && own.is_none()))
        };
        let names: Vec<Spanned<String>> = match (&of_model, function.body.peel()) {
            (Some(all), _) => all.iter().map(|(name, _)| name.clone()).collect(),
            (None, body) => fields_of(body)
                .into_iter()
                .filter(|(_, value)| !matches!(value.peel(), Expr::Function(method) if !method.class))
                .map(|(name, _)| name.clone())
                .filter(|name| name.value != "model_config")
                .collect(),
        };
        let base = base.share();
        let mut long = Vec::new();
        for name in names {
            let own = Spanned::new(name.value.clone(), span);
            let demanded = demanded(&name.value);
            let span = if name.span.is_none() { span } else { name.span };
            let variable = settings.named(&format!("{}{field}{delimiter}{}", settings.prefix, name.value));
            let variable = Spanned::new(variable, span);
            let read = Expr::Read(Box::new(ReadExpr {
                name: Expr::Text(variable.clone()),
                aliases: Vec::new(),
                ignore_case: !settings.case_sensitive,
                default: (!demanded).then(|| Expr::Member(Box::new(base.clone()), own.clone())),
                blank: Blank::Kept,
                required: demanded,
                span,
            }));
            self.note_field(&name.value, variable, &read, span);
            long.push((own, read));
        }
        Some(Expr::Merge(vec![base, Expr::Record(long)]))
    }

    /// A validator: what it makes of the fields that it names.
    pub fn validator(
        &mut self,
        node: Node<'t>,
        kind: &str,
        decorators: &[Node<'t>],
        parameters: &[(String, Option<Expr>)],
        this: Option<(String, Expr)>,
    ) {
        let Some((own, instance)) = this else { return };
        if matches!(kind, "model_validator" | "root_validator") {
            // `mode="after"`: a method that sets attributes of the instance.
            if decorators.iter().any(|decorator| self.text(*decorator).contains("after")) {
                let changed = self.attributes_after(node, parameters, &own, instance);
                changed.into_iter().for_each(|(name, value)| self.bind(&name, value));
            }
            return;
        }
        let calls: Vec<Node<'t>> =
            decorators.iter().flat_map(|d| parts(*d)).filter(|part| part.kind() == "call").collect();
        for call in calls {
            for argument in self.arguments(call).0.into_iter().filter(|argument| argument.name.is_none()) {
                if let Some(field) = self.literal(argument.value) {
                    self.validate(&field.value, node, parameters, (own.clone(), instance.clone()));
                }
            }
        }
    }

    fn validate(
        &mut self,
        field: &str,
        node: Node<'t>,
        parameters: &[(String, Option<Expr>)],
        this: (String, Expr),
    ) {
        let Some(value) = self.bound(field).cloned() else { return };
        let span = self.span(node);
        let known = self.names.frames.last().map(|frame| frame.names.clone()).unwrap_or_default();
        let known: Vec<_> =
            known.into_iter().map(|(name, value)| (Spanned::new(name, Span::NONE), value)).collect();
        let known = Expr::Record(known).share();
        let body = self.summary(node, parameters, Some(this));
        let mut arguments = vec![(None, value.clone())];
        if let Some((second, _)) = parameters.get(1) {
            // Version 1 hands the fields over as they are, version 2 as `info.data`.
            let data = Expr::Record(vec![(Spanned::new("data".to_string(), Span::NONE), known.clone())]);
            let handed = if second.starts_with("info") { data } else { known };
            arguments.push((Some(second.clone()), handed));
        }
        if matches!(body.peel(), Expr::Opaque(_)) {
            return;
        }
        let function = crate::programs::Function {
            name: field.to_string(),
            parameters: parameters.to_vec(),
            body,
            class: false,
        };
        let callee = Expr::Function(std::sync::Arc::new(function));
        self.bind(field, Expr::Call(Box::new(crate::programs::CallExpr { callee, arguments, span })));
    }
}

/// The conversion that a field's type asks for.
fn typed(value: Expr, kind: &str) -> Expr {
    let kind = kind.trim_start_matches("Optional[").trim_end_matches(']');
    let kind = kind.split('|').map(str::trim).find(|kind| *kind != "None").unwrap_or(kind);
    let method = match kind {
        "int" | "float" | "PositiveInt" | "NonNegativeInt" => Method::Number,
        "bool" => Method::Flag,
        _ if kind.ends_with("Dsn") || kind.ends_with("Url") => Method::Text,
        _ => return value,
    };
    // A default that is nothing stays nothing, whatever the type is.
    match &value {
        Expr::Read(read) if matches!(read.default, Some(Expr::Null(_))) && method == Method::Text => value,
        _ => Expr::Method(Box::new(value), Box::new(method)),
    }
}

pub(super) fn calls_below<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut out = Vec::new();
    let mut queue = parts(node);
    while let Some(next) = queue.pop() {
        if out.len() > 16 || queue.len() > 200 {
            break;
        }
        match next.kind() {
            "call" => out.push(next),
            _ => queue.extend(parts(next)),
        }
    }
    out
}

/// The fields that the body of a class has by itself, whatever it extends.
fn fields_of(body: &Expr) -> Vec<&(Spanned<String>, Expr)> {
    match body.peel() {
        Expr::Record(fields) => fields.iter().collect(),
        Expr::Merge(layers) => layers.iter().flat_map(fields_of).collect(),
        _ => Vec::new(),
    }
}
