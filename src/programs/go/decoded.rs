//! Structs that code fills from configuration files: each field is asked for under its key there.

use std::sync::Arc;

use tree_sitter::Node;

use super::declarations::instance;
use super::reader::Reader;
use super::tags::{Field, spanned_in, value_of};
use crate::programs::expr::PATH;
use crate::programs::load::IN_FILES;
use crate::programs::reading::{descend, fields, parts};
use crate::programs::{CallExpr, Condition, Expr, Function, IfExpr, LookupExpr, Method};
use crate::source::{Span, Spanned};

/// What a key begins with that viper looks for when it fills a struct.
pub(super) const UNMARSHAL: &str = "(unmarshal) ";
/// What a key begins with that koanf looks for.
pub(super) const KOANF: &str = "(koanf) ";

/// The call by which functions of a file may fill what they are handed, with what its keys begin with.
pub(super) fn filler(text: &str) -> Option<(&'static str, &'static str)> {
    let calls = [("MapTo(", IN_FILES), ("UnmarshalKey(", UNMARSHAL)];
    calls.into_iter().find(|(call, _)| text.contains(call))
}

/// Tags that say how a field is called in a file, those of the more special libraries first.
const TAGS: [&str; 7] = ["mapstructure", "yaml", "toml", "koanf", "ini", "hcl", "json"];

/// Libraries that fill structs from the text of a file.
const DECODERS: [&str; 13] = [
    "go-ini/ini",
    "gopkg.in/yaml",
    "sigs.k8s.io/yaml",
    "goccy/go-yaml",
    "ghodss/yaml",
    "BurntSushi/toml",
    "pelletier/go-toml",
    "encoding/json",
    "gopkg.in/ini",
    "go-zero/core/conf",
    "jinzhu/configor",
    "go-kratos/kratos/config",
    "knadh/koanf",
];

/// Which argument of a call is filled, and what the keys of its fields begin with.
fn filled(name: &str) -> Option<(usize, &'static str)> {
    let (package, function) = name.rsplit_once('.')?;
    let of = |part: &str| package.contains(part);
    Some(match function {
        "Unmarshal" | "UnmarshalExact" if of("spf13/viper") => (0, UNMARSHAL),
        "UnmarshalKey" if of("spf13/viper") => (1, UNMARSHAL),
        "MapTo" | "StrictMapTo" if package.ends_with(".Section()") => (0, IN_FILES),
        "Unmarshal" | "UnmarshalWithConf" if of("knadh/koanf") => (1, KOANF),
        "ReadConfig" if of("ilyakaznacheev/cleanenv") => (1, IN_FILES),
        "Load" | "MustLoad" | "LoadConfig" if of("go-zero/core/conf") => (1, IN_FILES),
        "Load" if of("jinzhu/configor") => (0, IN_FILES),
        "Scan" if of("go-kratos/kratos/config") => (0, IN_FILES),
        "MapTo" | "StrictMapTo" if package.ends_with("/ini") => (0, IN_FILES),
        "Decode" if package.ends_with("NewDecoder()") && of_decoder(package) => (0, IN_FILES),
        "Unmarshal" | "UnmarshalStrict" | "UnmarshalWithOptions" | "Decode" | "DecodeFile"
            if of_decoder(package) && !package.contains("()") =>
        {
            (1, IN_FILES)
        }
        _ => return None,
    })
}

fn of_decoder(package: &str) -> bool {
    DECODERS.iter().any(|known| package.contains(known))
}

impl<'t> Reader<'t> {
    /// Whether the file uses a library that fills structs from files.
    pub fn decodes(&self) -> bool {
        DECODERS.iter().any(|known| self.uses(known)) || self.uses("spf13/viper") || self.uses("cleanenv")
    }

    /// Binds the variable that a call fills from a configuration file; whether it is such a call.
    pub fn decode_into(&mut self, name: &str, node: Node<'t>) -> bool {
        let Some((at, start)) = filled(name) else { return false };
        // What is read of requests is JSON, too.
        if name.starts_with("encoding/json") && !self.asks_for_file() {
            return false;
        }
        let section = self.section_of(name, node).map(|name| format!("{name}."));
        let Some(target) = self.arguments(node).0.get(at).copied() else { return false };
        self.fill(target, &format!("{start}{}", section.unwrap_or_default()), node)
    }

    /// The section that a call takes of a file: `viper.UnmarshalKey("store", &s)`, `file.Section("store").MapTo(&s)`.
    fn section_of(&mut self, name: &str, node: Node<'t>) -> Option<String> {
        let call = match name.rsplit('.').next()? {
            "UnmarshalKey" => node,
            "MapTo" | "StrictMapTo" if name.ends_with(".Section().MapTo") => {
                node.child_by_field_name("function")?.child_by_field_name("operand")?
            }
            _ => return None,
        };
        let first = self.arguments(call).0.first().copied()?;
        Some(self.literal(first)?.value)
    }

    /// `mapTo("store", Store)`: a function of the file that fills what it is handed from the section it is told.
    pub fn fill_by_helper(&mut self, callee: &Expr, node: Node<'t>) -> bool {
        let Expr::Own(name) = callee.peel() else { return false };
        let Some((sign, start)) = self.filler else { return false };
        let text: &str = &self.file.text;
        let body = text.split_once(&format!("func {}(", name.value)).map_or("", |(_, rest)| rest);
        if !body.split("\n}").next().is_some_and(|body| body.contains(sign)) {
            return false;
        }
        let (arguments, _) = self.arguments(node);
        let [section, target] = arguments.as_slice() else { return false };
        let Some(section) = self.literal(*section) else { return false };
        self.fill(*target, &format!("{start}{}.", section.value), node)
    }

    /// Binds a variable that is filled from a file, where keys begin so.
    fn fill(&mut self, mut target: Node<'t>, start: &str, node: Node<'t>) -> bool {
        if target.kind() == "unary_expression" {
            target = target.child_by_field_name("operand").unwrap_or(target);
        }
        if target.kind() != "identifier" {
            return false;
        }
        let name = self.text(target);
        let bound = self.names.bound(name).cloned();
        let known = bound.clone().or_else(|| self.assigned.get(name).or_else(|| self.top.get(name)).cloned());
        let Some(class) = known.and_then(|value| class_of(&value)).or_else(|| self.declared(target)) else {
            return false;
        };
        let span = self.span(node);
        let path = Expr::Text(Spanned::new(start.to_string(), span));
        let arguments = vec![(Some(PATH.to_string()), path)];
        let made = Expr::Call(Box::new(CallExpr { callee: class.clone(), arguments, span })).share();
        let handed = matches!(bound.as_ref().map(Expr::peel), Some(Expr::Parameter(_) | Expr::Argument(_)));
        if bound.is_some() {
            self.names.bind(name, made.clone());
        }
        if self.notes.recording {
            if bound.is_none() {
                self.assigned.insert(name.to_string(), made.clone());
            }
            // What functions are handed of this type was filled here.
            if let Expr::Own(kind) = class.peel()
                && (handed || !self.top.contains_key(&instance(&kind.value)))
            {
                self.assigned.insert(instance(&kind.value), made);
            }
        }
        true
    }

    /// A struct that was filled from a file may be given other values by code of the program, as variables say:
    /// `cfg.applyEnv()`, `override(cfg)`.
    pub fn rework(&mut self, node: Node<'t>) {
        const REWORKS: [&str; 10] = [
            "env", "override", "default", "apply", "merge", "expand", "process", "normal", "resolve",
            "populate",
        ];
        let Some(callee) = node.child_by_field_name("function") else { return };
        let method = callee.kind() == "selector_expression";
        let name = if method { self.child(callee, "field") } else { self.text(callee) }.to_ascii_lowercase();
        if !REWORKS.iter().any(|word| name.contains(word)) {
            return;
        }
        let receiver = if method { callee.child_by_field_name("operand") } else { None };
        let handed = self.arguments(node).0;
        for variable in receiver.into_iter().chain(handed).filter(|it| it.kind() == "identifier") {
            let name = self.text(variable);
            let unknown = Expr::Opaque(self.span(variable));
            if self.names.bound(name).is_some_and(is_decoded) {
                self.names.bind(name, unknown);
            } else if self.notes.recording && self.assigned.get(name).is_some_and(is_decoded) {
                self.assigned.insert(name.to_string(), unknown);
            }
        }
    }

    /// Whether the file has code that opens a file which may hold settings.
    fn asks_for_file(&self) -> bool {
        let text: &str = &self.file.text;
        text.contains("os.Open(") || text.contains("ReadFile(") || text.contains("go:embed")
    }

    /// The type that a variable is declared with: around the code that names it, or for the package.
    fn declared(&mut self, variable: Node<'t>) -> Option<Expr> {
        let name = self.text(variable);
        let mut at = variable;
        let mut kind = None;
        for _ in 0..64 {
            let Some(above) = at.parent() else { break };
            at = above;
            if matches!(at.kind(), "function_declaration" | "method_declaration") {
                let all = [self.parameters(at, "parameters"), self.parameters(at, "receiver")].concat();
                kind = all.into_iter().find(|parameter| parameter.name == name).and_then(|it| it.kind);
                if kind.is_none() {
                    kind = self.declared_below(at, name);
                }
                if kind.is_some() {
                    break;
                }
            }
        }
        let mut kind = kind.or_else(|| {
            let all = parts(at).into_iter().filter(|node| node.kind() == "var_declaration");
            all.into_iter().find_map(|node| self.declared_below(node, name))
        })?;
        if kind.kind() == "pointer_type" {
            kind = parts(kind).first().copied()?;
        }
        let class = matches!(kind.kind(), "type_identifier" | "qualified_type").then(|| self.expr(kind))?;
        matches!(class, Expr::Own(_) | Expr::Imported { .. }).then_some(class)
    }

    fn declared_below(&self, node: Node<'t>, name: &str) -> Option<Node<'t>> {
        let mut found = None;
        descend(node, |at, _| {
            if at.kind() == "var_spec" && fields(at, "name").iter().any(|own| self.text(*own) == name) {
                found = found.or(at.child_by_field_name("type"));
            }
            found.is_none()
        });
        found
    }

    /// What a field is called in a file; `None` where it is in none.
    fn key_of(&self, field: &Field<'t>) -> Option<String> {
        let tag = field.tag.as_ref().map_or("", |tag| tag.value.as_str());
        let named = TAGS.iter().find_map(|key| value_of(tag, key));
        let viper = self.uses("spf13/viper") && value_of(tag, "mapstructure").is_none();
        let named = named.filter(|_| !viper).map(|written| written.split(',').next().unwrap_or(written));
        match named {
            Some("-") => None,
            Some(name) if !name.is_empty() => Some(name.to_lowercase()),
            _ => field.name.value.starts_with(char::is_uppercase).then(|| field.name.value.to_lowercase()),
        }
    }

    /// Whether the fields of an embedded struct stand among those of the struct around it.
    fn is_flat(&self, field: &Field<'t>) -> bool {
        let tag = field.tag.as_ref().map_or("", |tag| tag.value.as_str());
        let told = [("mapstructure", "squash"), ("yaml", "inline"), ("koanf", "squash")];
        let told = told.iter().any(|(key, word)| value_of(tag, key).is_some_and(|it| it.contains(word)));
        let named = TAGS.iter().find_map(|key| value_of(tag, key)).is_some_and(|name| !name.starts_with(','));
        // Decoders of JSON and TOML, and those built on them, need not be told.
        let by_itself = !self.uses("spf13/viper") && !self.uses("gopkg.in/yaml") && !self.uses("cleanenv");
        told || field.embedded && !named && by_itself
    }

    /// The value of a field where its struct is filled from a file, and what it is otherwise.
    pub fn filed(
        &mut self,
        field: &Field<'t>,
        (prefix, path): (&str, &str),
        depth: usize,
        current: Expr,
    ) -> Expr {
        let Some(key) = self.key_of(field).filter(|_| self.holds_settings()) else { return current };
        let span = field.tag.as_ref().map_or(field.name.span, |tag| tag.span);
        let within = match self.is_flat(field) {
            true => path.to_string(),
            false => format!("{path}{key}."),
        };
        let then = match field.kind.kind() {
            // Its own fields ask for themselves.
            "struct_type" => return self.record_of(field.kind, prefix, &within, depth + 1),
            "type_identifier" | "qualified_type" if !is_plain(self.text(field.kind)) => {
                let callee = self.expr(field.kind);
                if !matches!(callee, Expr::Own(_) | Expr::Imported { .. }) {
                    return current;
                }
                let arguments = vec![(Some(PATH.to_string()), below(&within, span))];
                Expr::Call(Box::new(CallExpr { callee, arguments, span }))
            }
            _ => {
                let default = self.default_of(field).map(Expr::Text);
                self.asked(field, &format!("{path}{key}"), default, span)
            }
        };
        when_filed(then, current, span)
    }

    /// What the library puts into a field that its file has no key for: `yaml:"host" env-default:"localhost"`,
    /// `json:",default=0.0.0.0"`, `default:"8080"`.
    fn default_of(&self, field: &Field<'t>) -> Option<Spanned<String>> {
        let tag = field.tag.as_ref()?;
        let own = |library: &str, key: &str| value_of(&tag.value, key).filter(|_| self.uses(library));
        let within = || {
            let all = own("go-zero/core", "json")?.split(',').skip(1);
            all.into_iter().find_map(|part| part.trim().strip_prefix("default="))
        };
        let libraries = ["jinzhu/configor", "creasty/defaults", "mcuadros/go-defaults"];
        let default = own("cleanenv", "env-default").or_else(within);
        let default = default.or_else(|| libraries.iter().find_map(|library| own(library, "default")))?;
        Some(spanned_in(tag, default))
    }

    /// What a tagged field falls back to: what a file says, where its struct is filled from one.
    pub fn filed_default(&mut self, field: &Field<'t>, path: &str, default: Option<Expr>) -> Option<Expr> {
        let tag = field.tag.as_ref().map_or("", |tag| tag.value.as_str());
        // A library that only reads the environment fills most such structs.
        if !TAGS.iter().any(|key| value_of(tag, key).is_some()) || !self.holds_settings() {
            return default;
        }
        let Some(key) = self.key_of(field) else { return default };
        let span = field.tag.as_ref().map_or(field.name.span, |tag| tag.span);
        let told = default.clone().filter(|default| !matches!(default, Expr::Opaque(_)));
        let then = self.asked(field, &format!("{path}{key}"), told, span);
        let otherwise = default.unwrap_or(Expr::Null(span));
        Some(when_filed(then, otherwise, span))
    }

    /// The setting under a key below the path of the struct.
    fn asked(&mut self, field: &Field<'t>, key: &str, default: Option<Expr>, span: Span) -> Expr {
        let kind = self.text(field.kind);
        let default = default.or_else(|| match field.kind.kind() {
            "type_identifier" | "qualified_type" | "slice_type" => Some(self.zero(Some(field.kind))),
            _ => None,
        });
        let key = Expr::Concat(vec![Expr::Parameter(PATH.to_string()), text(key, span)]);
        let key = Expr::Lookup(Box::new(LookupExpr { key, default, required: false, span }));
        let method = match kind {
            "int" | "int32" | "int64" | "uint" | "uint16" | "uint32" => Method::Number,
            "bool" => Method::Flag,
            "string" | "[]string" => return key,
            _ => return Expr::Opaque(span),
        };
        Expr::Method(Box::new(key), Box::new(method))
    }

    /// Whether structs of the file may be filled from a configuration file.
    fn holds_settings(&self) -> bool {
        let named = |name: &str| {
            let name = name.to_ascii_lowercase();
            ["config", "conf", "setting", "cfg", "option", "bootstrap"].iter().any(|word| name.contains(word))
        };
        let text: &str = &self.file.text;
        self.decodes()
            || self.structs.keys().any(|name| named(name))
            || ["mapstructure:\"", "yaml:\"", "toml:\"", "koanf:\""].iter().any(|tag| text.contains(tag))
    }
}

/// Whether a value is what a library made of a file.
fn is_decoded(value: &Expr) -> bool {
    match value.peel() {
        Expr::Call(call) => call.arguments.iter().any(|(name, _)| name.as_deref() == Some(PATH)),
        Expr::Merge(laid) => laid.first().is_some_and(is_decoded),
        _ => false,
    }
}

/// The type whose value an expression is while nothing was put into it.
fn class_of(value: &Expr) -> Option<Expr> {
    match value.peel() {
        Expr::Call(call) => {
            let plain = call.arguments.iter().all(|(name, _)| name.as_deref() == Some(PATH));
            let class = match call.callee.peel() {
                Expr::Own(name) => name.value.starts_with(char::is_alphabetic),
                Expr::Imported { .. } => true,
                Expr::Function(function) => function.class,
                _ => false,
            };
            (plain && class && is_type(&call.callee)).then(|| call.callee.clone())
        }
        Expr::Merge(laid) => match laid.as_slice() {
            [class @ (Expr::Own(_) | Expr::Imported { .. }), Expr::Record(fields)] if fields.is_empty() => {
                Some(class.clone())
            }
            _ => None,
        },
        Expr::Record(fields) if !fields.is_empty() => {
            let parameters = vec![(PATH.to_string(), Some(Expr::Null(Span::NONE)))];
            let (name, body) = ("struct".to_string(), value.clone());
            Some(Expr::Function(Arc::new(Function { name, parameters, body, class: true })))
        }
        _ => None,
    }
}

/// Whether a callee is a type rather than a function: a call of a type that hands nothing over is what its variables
/// hold at first.
fn is_type(callee: &Expr) -> bool {
    let name = match callee.peel() {
        Expr::Own(name) => &name.value,
        Expr::Imported { name, .. } => name,
        _ => return true,
    };
    let makes = ["New", "Load", "Get", "Init", "Must", "Read", "Parse", "load", "new", "get", "init", "read"];
    !makes.iter().any(|word| name.starts_with(word))
}

/// Types without fields.
fn is_plain(kind: &str) -> bool {
    matches!(
        kind,
        "string"
            | "int"
            | "int8"
            | "int16"
            | "int32"
            | "int64"
            | "uint"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
            | "bool"
            | "float32"
            | "float64"
            | "byte"
            | "any"
            | "error"
    )
}

fn text(written: &str, span: Span) -> Expr {
    Expr::Text(Spanned::new(written.to_string(), span))
}

/// The path of a struct within the struct.
fn below(path: &str, span: Span) -> Expr {
    let longer = Expr::Concat(vec![Expr::Parameter(PATH.to_string()), text(path, span)]);
    when_filed(longer, Expr::Null(span), span)
}

fn when_filed(then: Expr, otherwise: Expr, span: Span) -> Expr {
    let condition = Condition::IsSet(Expr::Parameter(PATH.to_string()));
    Expr::If(Box::new(IfExpr { condition, then, otherwise, span }))
}
