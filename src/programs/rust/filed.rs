//! The configuration files that code loads, and what it takes from them by key.

use tree_sitter::Node;

use super::filled::{Field, typed};
use super::reader::Reader;
use crate::programs::expr::PATH;
use crate::programs::load::{IN_FILES, setting_name};
use crate::programs::{CallExpr, Condition, Expr, IfExpr, Load, LookupExpr};
use crate::source::{Span, Spanned};

/// Functions that make a struct of the text of a file.
const DECODERS: [&str; 15] = [
    "deser_hjson.from_str",
    "json5.from_str",
    "serde_json5.from_str",
    "toml.from_str",
    "toml.from_slice",
    "toml.de.from_str",
    "basic_toml.from_str",
    "serde_yaml.from_str",
    "serde_yaml.from_reader",
    "serde_yaml.from_slice",
    "serde_yml.from_str",
    "serde_yml.from_reader",
    "serde_json.from_str",
    "serde_json.from_reader",
    "serde_json.from_slice",
];

/// How code writes that it does so, and that it opens a file.
const SIGNS: [&str; 6] =
    ["toml::", "serde_yaml::", "serde_yml::", "serde_json::from_", "deser_hjson", "json5::from_"];
const OPENS: [&str; 4] = ["read_to_string(", "::open(", "include_str!(", "::read("];

/// Extensions of files that hold settings.
const EXTENSIONS: [&str; 8] = [".yaml", ".yml", ".toml", ".json", ".ini", ".json5", ".hjson", ".conf"];

/// Whether a text makes values of what stands in files that it opens.
pub(super) fn decodes(text: &str) -> bool {
    SIGNS.iter().any(|sign| text.contains(sign)) && OPENS.iter().any(|sign| text.contains(sign))
}

/// The setting under a key of the files that the program loads.
pub(super) fn setting(key: &str, default: Option<Expr>, required: bool, span: Span) -> Expr {
    let key = Expr::Text(Spanned::new(format!("{IN_FILES}{key}"), span));
    Expr::Lookup(Box::new(LookupExpr { key, default, required, span }))
}

/// The name of a setting, where the key is one of files.
pub(super) fn name(key: &str) -> Option<String> {
    key.strip_prefix(IN_FILES).map(setting_name)
}

impl<'t> Reader<'t> {
    /// A path that a call of the standard library makes.
    pub fn path_call(&mut self, name: &str, arguments: &[Node<'t>], span: Span) -> Option<Expr> {
        match (name, arguments) {
            ("std.env.current_dir", []) => Some(Expr::Text(Spanned::new(".".to_string(), span))),
            ("std.path.Path.new" | "std.path.PathBuf.from", [inner]) => Some(self.expr(*inner)),
            _ => None,
        }
    }

    /// The struct that a call makes of the text of a file.
    pub fn decoded(&self, name: &str, node: Node<'t>) -> Option<Expr> {
        let (package, method) = name.split_once('.')?;
        DECODERS.contains(&name).then(|| self.filled_by(package, method, node))?
    }

    /// Whether a name is that of a type of another file of the program.
    pub fn is_elsewhere(&self, name: &str) -> bool {
        let imported = matches!(self.used.get(name), Some(Expr::Imported { .. }));
        imported && name.starts_with(|c: char| c.is_uppercase())
    }

    /// What a library makes of a file for a type of another file; its own methods may stand in this one.
    pub fn filled_elsewhere(&self, package: &str, name: &str, span: Span) -> Option<Expr> {
        let text: &str = &self.file.text;
        // How variables are called that replace it follows from the type, which is not seen here.
        if text.contains("Environment::") || text.contains("Env::") || package == "envy" {
            return None;
        }
        let callee = self.used.get(name)?.clone();
        let path = Expr::Text(Spanned::new(IN_FILES.to_string(), span));
        let arguments = vec![(Some(PATH.to_string()), path)];
        let made = Expr::Call(Box::new(CallExpr { callee, arguments, span }));
        Some(match text.contains(&format!("impl {name} ")) {
            true => Expr::Merge(vec![made, Expr::Own(Spanned::new(name.to_string(), span))]),
            false => made,
        })
    }

    /// A field of a struct that code elsewhere may fill from a file.
    pub fn decoded_field(&mut self, field: &Field<'t>, key: &str, body: Node<'t>) -> Expr {
        let span = field.name.span;
        if !self.attributes_of(body).contains("Deserialize") {
            return Expr::Opaque(span);
        }
        let kind = self.text(field.kind);
        let name = self.type_name(Some(field.kind));
        let longer = |end: &str| {
            let end = Expr::Text(Spanned::new(end.to_string(), span));
            Expr::Concat(vec![Expr::Parameter(PATH.to_string()), end])
        };
        let when = |then: Expr, otherwise: Expr| {
            let condition = Condition::IsSet(Expr::Parameter(PATH.to_string()));
            Expr::If(Box::new(IfExpr { condition, then, otherwise, span }))
        };
        if self.structs.contains_key(&name) || self.is_elsewhere(&name) {
            let own = || Expr::Own(Spanned::new(name.clone(), span));
            let callee = self.used.get(&name).cloned().unwrap_or_else(own);
            let path = when(longer(&format!("{key}.")), Expr::Null(span));
            let arguments = vec![(Some(PATH.to_string()), path)];
            return when(Expr::Call(Box::new(CallExpr { callee, arguments, span })), Expr::Opaque(span));
        }
        let default = self.told_default(field, body);
        let required = default.is_none() && !kind.starts_with("Option<");
        let asked = LookupExpr { key: longer(key), default, required, span };
        when(typed(Expr::Lookup(Box::new(asked)), kind), Expr::Opaque(span))
    }

    fn attributes_of(&self, body: Node<'t>) -> String {
        let name = body.parent().map_or("", |item| self.child(item, "name"));
        self.structs.get(name).map(|(_, attributes)| attributes.clone()).unwrap_or_default()
    }

    /// What a field is when a file does not say it: as serde is told, for the field or for all of its struct.
    pub fn told_default(&self, field: &Field<'t>, body: Node<'t>) -> Option<Expr> {
        if let Some(default) = self.serde_default(field) {
            return Some(default);
        }
        let attributes = self.attributes_of(body);
        if !attributes.contains("serde(default") {
            return None;
        }
        if attributes.contains("SmartDefault") {
            return Some(self.smart_default(field));
        }
        let span = field.name.span;
        let kind = body.parent().map_or("", |item| self.child(item, "name")).to_string();
        let owner = Expr::Own(Spanned::new(kind, span));
        let callee = Expr::Member(Box::new(owner), Spanned::new("default".to_string(), span));
        let made = Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }));
        Some(Expr::Member(Box::new(made), field.name.clone()))
    }

    /// `#[default("localhost")]`, `#[default(5432)]`
    fn smart_default(&self, field: &Field<'t>) -> Expr {
        let told = field.attributes.iter().find_map(|attribute| {
            let text = self.text(*attribute);
            let inside = text.strip_prefix("#[default(")?.strip_suffix(")]")?;
            let from = attribute.start_byte() + "#[default(".len();
            let span = self.file.slice(from, from + inside.len());
            if let Some(quoted) = inside.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                return Some(Expr::Text(Spanned::new(quoted.to_string(), span.slice(1, inside.len() - 1))));
            }
            let number = !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit());
            number.then(|| Expr::Number(Spanned::new(inside.to_string(), span)))
        });
        told.unwrap_or(Expr::Opaque(field.name.span))
    }

    /// A struct that was made before may be given other values by a method of its own, as variables say:
    /// `settings.apply_env()`.
    pub fn rework(&mut self, receiver: Node<'t>, method: &str) {
        let reworks = ["env", "override", "apply", "merge", "expand"];
        if receiver.kind() == "identifier" && reworks.iter().any(|word| method.contains(word)) {
            let (name, span) = (self.text(receiver), self.span(receiver));
            if self
                .names
                .bound(name)
                .is_some_and(|value| matches!(value.peel(), Expr::Call(_) | Expr::Merge(_)))
            {
                self.names.bind(name, Expr::Opaque(span));
            }
        }
    }

    /// Notes the file that a call of a library loads.
    pub fn note_load(&mut self, name: &str, arguments: &[Node<'t>]) {
        let opened = matches!(
            name,
            "std.fs.read_to_string" | "std.fs.read" | "std.fs.File.open" | "tokio.fs.read_to_string"
        );
        let told = matches!(name, "config.File.with_name" | "config.File.from" | "config.File.new")
            || name.starts_with("figment.") && (name.ends_with(".file") || name.ends_with(".file_exact"));
        let (true, Some(first)) = (self.notes.recording && (opened || told), arguments.first()) else {
            return;
        };
        if opened && !decodes(&self.file.text) {
            return;
        }
        let path = self.expr(*first);
        let other = |text: &str| !EXTENSIONS.iter().any(|extension| text.ends_with(extension));
        if opened && matches!(path.peel(), Expr::Text(text) if other(&text.value)) {
            return;
        }
        let span = self.span(*first);
        self.load(Load { path, directories: Vec::new(), built_in: false, span });
    }

    /// Notes a file that is built into the program: `include_str!("../config.toml")`.
    pub fn note_included(&mut self, file: Spanned<String>) {
        if EXTENSIONS.iter().any(|extension| file.value.ends_with(extension)) && decodes(&self.file.text) {
            let span = file.span;
            self.load(Load { path: Expr::Text(file), directories: Vec::new(), built_in: true, span });
        }
    }

    /// `settings.get_string("database.url")` of the crate config.
    pub fn setting_asked(
        &mut self,
        library: &str,
        method: &str,
        arguments: &[Node<'t>],
        span: Span,
    ) -> Option<Expr> {
        let asks = library.starts_with("config.")
            && matches!(method, "get" | "get_string" | "get_str" | "get_int" | "get_bool" | "get_float");
        let [key] = arguments else { return None };
        let Expr::Text(key) = self.expr(*key).peel().clone() else { return None };
        let text: &str = &self.file.text;
        // How variables are called may be said elsewhere.
        if !asks || text.contains("Environment::") {
            return None;
        }
        Some(setting(&key.value, None, true, span))
    }

    fn load(&mut self, load: Load) {
        if self.notes.recording && !self.notes.module.loads.iter().any(|known| known.span == load.span) {
            self.notes.module.loads.push(load);
        }
    }
}
