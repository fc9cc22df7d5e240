//! Declarations, assignments, imports and exports: what gives names their values.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::{FrameKind, Reader};
use crate::programs::reading::{parts, sides};
use crate::programs::{Expr, Method, Module};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// `name = value` of a `const`, `let` or `var`.
    pub fn declarator(&mut self, node: Node<'t>) {
        let Some(target) = node.child_by_field_name("name") else { return };
        let Some(value) = node.child_by_field_name("value") else {
            if target.kind() == "identifier" {
                self.bind(self.text(target), Expr::Null(self.span(target)));
            }
            return;
        };
        self.read_value(target, value);
    }

    /// Reads the value that a target gets.
    fn read_value(&mut self, target: Node<'t>, value: Node<'t>) {
        let inner = unwrapped(value);
        if let Some(module) = self.required(inner) {
            self.imports(&module);
        }
        if target.kind() == "identifier" && is_function(inner) {
            self.wait_for(inner, Some(self.text(target)));
        } else {
            self.scan_held(target, value);
        }
        let made = self.expr(value).share();
        self.assign(target, made);
    }

    /// Scans a value, with the name that holds what it reads.
    fn scan_held(&mut self, target: Node<'t>, value: Node<'t>) {
        let name = (target.kind() == "identifier").then(|| self.text(target));
        match name.filter(|_| self.at_top()) {
            Some(name) => self.scan_setting(name, value),
            None => self.scan(value),
        }
    }

    /// Scans the value of a module-level name. Of an object each field is held by itself: what only a field
    /// mentions is used when somebody uses the field.
    pub fn scan_setting(&mut self, name: &str, value: Node<'t>) {
        // A framework looks at all that its own function is handed.
        let handed = name == "default" && unwrapped(value).kind() == "call_expression";
        let inner = self.object_within(unwrapped(value)).filter(|_| !handed);
        if let Some(object) = inner {
            for part in parts(object) {
                let key = part.child_by_field_name("key").and_then(|key| self.key(key));
                match (part.kind(), key, part.child_by_field_name("value")) {
                    ("pair", Some(key), Some(value)) => self.scan_as(&key.value, value, true),
                    ("shorthand_property_identifier", ..) => {}
                    _ => self.scan(part),
                }
            }
            return;
        }
        // What a client is made with is used by whoever makes it; what a whole module is, nobody names.
        match name == "default" || takes_options(unwrapped(value)) {
            true => self.scan(value),
            false => self.scan_as(name, value, false),
        }
    }

    /// The object that a setting is: as written, frozen, or returned by the function that is called at once.
    fn object_within(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        match node.kind() {
            "object" => Some(node),
            "call_expression" => {
                let callee = node.child_by_field_name("function")?;
                let known = matches!(self.text(callee), "Object.freeze" | "Object.assign" | "defineConfig");
                let arguments = node.child_by_field_name("arguments").filter(|_| known)?;
                parts(arguments).into_iter().next().filter(|first| first.kind() == "object")
            }
            _ => None,
        }
    }

    /// The settings that a framework's own function is handed: `defineNuxtConfig({ … })`.
    fn settings_within(&mut self, node: Node<'t>) -> Option<Expr> {
        let callee = (node.kind() == "call_expression").then(|| node.child_by_field_name("function"))??;
        let first = self.arguments(node).at(0).filter(|_| self.text(callee) == "defineNuxtConfig")?;
        Some(self.expr(first))
    }

    fn scan_as(&mut self, name: &str, value: Node<'t>, owns: bool) {
        let held = self.held.replace(name.to_string());
        let owner = self.owner.clone();
        if owns && owner.is_none() {
            self.owner = Some(name.to_string());
        }
        self.scan(value);
        self.held = held;
        self.owner = owner;
    }

    /// Binds a target: a name, `a.b`, or a pattern.
    pub fn assign(&mut self, target: Node<'t>, value: Expr) {
        match target.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => self.bind(self.text(target), value),
            "member_expression" | "subscript_expression" => self.assign_member(target, value),
            "object_pattern" => self.assign_fields(target, &value),
            "array_pattern" => self.assign_items(target, &value),
            "assignment_pattern" | "object_assignment_pattern" => {
                if let (Some(left), Some(right)) =
                    (target.child_by_field_name("left"), target.child_by_field_name("right"))
                {
                    let default = self.expr(right);
                    self.assign(left, or_default(value, default));
                }
            }
            "lexical_declaration" | "variable_declaration" | "variable_declarator" => {
                if let Some(inner) = target.child_by_field_name("name").or_else(|| target.named_child(0)) {
                    self.deeper(|reader| reader.assign(inner, value));
                }
            }
            _ => {}
        }
    }

    fn assign_fields(&mut self, pattern: Node<'t>, value: &Expr) {
        for part in parts(pattern) {
            let span = self.span(part);
            let (key, target, default) = match part.kind() {
                // The last of a pattern.
                "rest_pattern" => return self.assign_rest(part, value),
                "shorthand_property_identifier_pattern" => (self.spanned(part), part, None),
                "object_assignment_pattern" => {
                    let (Some(left), right) =
                        (part.child_by_field_name("left"), part.child_by_field_name("right"))
                    else {
                        continue;
                    };
                    (self.spanned(left), left, right)
                }
                "pair_pattern" => {
                    let key = part.child_by_field_name("key").and_then(|key| self.key(key));
                    let (Some(key), Some(target)) = (key, part.child_by_field_name("value")) else {
                        continue;
                    };
                    match target.kind() {
                        "assignment_pattern" => {
                            let Some(left) = target.child_by_field_name("left") else { continue };
                            (key, left, target.child_by_field_name("right"))
                        }
                        _ => (key, target, None),
                    }
                }
                _ => continue,
            };
            let mut field = self.field_of(value, key, span);
            if let Some(default) = default {
                self.scan(default);
                let default = self.expr(default);
                field = or_default(field, default);
            }
            self.note_destructured(&field, span, target);
            self.deeper(|reader| reader.assign(target, field));
        }
    }

    /// A field by destructuring: `undefined` where there is none.
    fn field_of(&mut self, value: &Expr, key: Spanned<String>, span: Span) -> Expr {
        match value.peel() {
            // What a framework hands to `load({ fetch })` fetches as the language's own does.
            Expr::Opaque(_) if key.value == "fetch" => Expr::Library(Spanned::new(key.value, span)),
            Expr::Library(_)
            | Expr::Opaque(_)
            | Expr::Imported { .. }
            | Expr::Record(_)
            | Expr::Null(_)
            | Expr::Method(..) => self.member(value.clone(), key, span),
            _ => super::sinks::item(value.clone(), key),
        }
    }

    fn assign_items(&mut self, pattern: Node<'t>, value: &Expr) {
        for (at, part) in parts(pattern).into_iter().enumerate() {
            let item = match value.peel() {
                Expr::List(items) => items.get(at).cloned().unwrap_or(Expr::Opaque(Span::NONE)),
                Expr::Opaque(span) => Expr::Opaque(*span),
                _ => {
                    let index = i64::try_from(at).unwrap_or(0);
                    Expr::Method(Box::new(value.clone()), Box::new(Method::Index(index)))
                }
            };
            self.deeper(|reader| reader.assign(part, item));
        }
    }

    pub fn assignment(&mut self, node: Node<'t>) {
        let Some((left, right)) = sides(node) else { return };
        // `module.exports = exports = value`
        if right.kind() == "assignment_expression" {
            self.assignment(right);
        }
        let left = unwrapped(left);
        match self.dotted(left).as_deref() {
            Some("module.exports") => {
                match is_function(unwrapped(right)) {
                    true => self.wait_for(unwrapped(right), Some("default")),
                    false => self.scan_setting("default", right),
                }
                let value = self.expr(right).share();
                self.export_all(value);
            }
            Some(name) if exported(name).is_some() => {
                let name = exported(name).unwrap_or(name);
                self.export_value(name, right);
            }
            _ => {
                self.demands_key_set(left, right);
                self.scan(left);
                self.read_value(left, right);
            }
        }
    }

    /// `a.b = value`: the record with one more field.
    fn assign_member(&mut self, target: Node<'t>, value: Expr) {
        let (Some(object), name) = (target.child_by_field_name("object"), self.dotted(target)) else {
            return;
        };
        self.configured(target, &value);
        if let Some(name) = name {
            self.keep_environment(&name, object);
            self.bind(&name, value.clone());
        }
        let key = match target.child_by_field_name("property") {
            Some(property) => Some(self.spanned(property)),
            None => target.child_by_field_name("index").and_then(|index| self.literal(index)),
        };
        let (Some(whole), Some(key)) = (self.dotted(object), key) else { return };
        if whole == "process.env" {
            self.sets(&key, &value);
        }
        let Some(before) = self.bound(&whole).cloned() else { return };
        if matches!(before.peel(), Expr::Record(_) | Expr::Merge(_)) {
            let field = Expr::Record(vec![(key, value)]);
            self.bind(&whole, Expr::Merge(vec![before, field]));
        }
    }

    /// What a variable of the environment is, before a branch gives it another value.
    fn keep_environment(&mut self, name: &str, object: Node<'t>) {
        let variable = name.rsplit('.').next().unwrap_or(name).to_string();
        let environment = matches!(self.expr(object).peel(), Expr::Library(library)
            if super::environment::is_environment(&library.value));
        if !environment || self.bound(name).is_some() {
            return;
        }
        let span = self.span(object);
        let read = super::environment::read(Expr::Text(Spanned::new(variable, span)), span);
        if let Some(frame) = self.names.frames.last_mut() {
            frame.names.insert(name.to_string(), read);
        }
    }

    /// `name += value`, `name ||= value`
    pub fn augmented(&mut self, node: Node<'t>) {
        let Some((left, right)) = sides(node) else { return };
        self.scan(left);
        self.scan(right);
        let before = self.expr(left);
        let added = self.expr(right);
        let value = match node.child_by_field_name("operator").map(|operator| self.text(operator)) {
            Some("+=") if !matches!(before.peel(), Expr::List(_) | Expr::Number(_)) => {
                Expr::Concat(vec![before, added])
            }
            Some("||=") => Expr::FirstNonEmpty(vec![before, added]),
            Some("??=") => Expr::FirstSet(vec![before, added]),
            _ => Expr::Opaque(self.span(node)),
        };
        self.assign(left, value);
    }

    pub fn import_statement(&mut self, node: Node<'t>) {
        let text = self.text(node);
        if text.starts_with("import type ") && !text.starts_with("import type from") {
            return;
        }
        let children = parts(node);
        // `import x = require("y")`
        if let Some(clause) = children.iter().find(|part| part.kind() == "import_require_clause") {
            let (Some(name), Some(source)) = (clause.named_child(0), clause.child_by_field_name("source"))
            else {
                return;
            };
            if let Some(module) = self.literal(source) {
                self.imports(&module);
                let value = self.import(&module.value, "", self.span(name));
                self.bind(self.text(name), value);
            }
            return;
        }
        let Some(module) = node.child_by_field_name("source").and_then(|source| self.literal(source)) else {
            return;
        };
        self.imports(&module);
        if module.value.trim_end_matches(".js") == "dotenv/config" {
            self.loads_dotenv(Spanned::new(String::new(), module.span));
        }
        for clause in children.into_iter().filter(|part| part.kind() == "import_clause").flat_map(parts) {
            match clause.kind() {
                "identifier" => {
                    let value = self.import(&module.value, "default", self.span(clause));
                    self.bind(self.text(clause), value);
                }
                "namespace_import" => {
                    if let Some(name) = clause.named_child(0) {
                        let value = self.import(&module.value, "", self.span(name));
                        self.bind(self.text(name), value);
                    }
                }
                "named_imports" => {
                    for specifier in parts(clause) {
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let alias = specifier.child_by_field_name("alias").unwrap_or(name);
                        // It is used by another name than it is defined by.
                        if alias != name {
                            self.mention(self.text(name).to_string());
                        }
                        let value = self.import(&module.value, self.text(name), self.span(name));
                        self.bind(self.text(alias), value);
                    }
                }
                _ => {}
            }
        }
    }

    /// The module that `require("…")` or `await import("…")` names.
    pub fn required(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        let callee =
            (node.kind() == "call_expression").then(|| node.child_by_field_name("function")).flatten()?;
        let loads = callee.kind() == "import" || self.text(callee) == "require" && self.builtin("require");
        let arguments = node.child_by_field_name("arguments").filter(|_| loads)?;
        let first = parts(arguments).into_iter().next()?;
        self.literal(first).or_else(|| self.beside(first))
    }

    pub fn imports(&mut self, module: &Spanned<String>) {
        let known = |known: &Spanned<String>| known == module;
        if self.notes.recording && !self.notes.module.imports.iter().any(known) {
            self.notes.module.imports.push(module.clone());
        }
    }

    pub fn export_statement(&mut self, node: Node<'t>) {
        if let Some(declaration) = node.child_by_field_name("declaration") {
            self.decorators_of(node, declaration);
            self.statement(declaration);
            let default = self.text(node).starts_with("export default");
            if let Some(name) = declaration.child_by_field_name("name") {
                let value = self.name(self.text(name), self.span(name));
                match default {
                    true => {
                        self.register_fields(&value, self.span(name));
                        self.export("default", value);
                    }
                    false => self.register_named(name),
                }
            }
            let declared = parts(declaration).into_iter().filter_map(|part| part.child_by_field_name("name"));
            return declared.for_each(|name| self.register_named(name));
        }
        if let Some(value) = node.child_by_field_name("value") {
            self.serves_by_export(value);
            return self.export_value("default", value);
        }
        let source = node.child_by_field_name("source").and_then(|source| self.literal(source));
        if let Some(module) = &source {
            self.imports(module);
        }
        let children = parts(node);
        if let Some(clause) = children.iter().find(|part| part.kind() == "export_clause") {
            for specifier in parts(*clause) {
                let Some(name) = specifier.child_by_field_name("name") else { continue };
                let alias = specifier.child_by_field_name("alias").unwrap_or(name);
                let span = self.span(name);
                let value = match &source {
                    Some(module) => self.import(&module.value, self.text(name), span),
                    None if self.text(name) == self.text(alias) => continue,
                    None => Expr::Own(Spanned::new(self.text(name).to_string(), span)),
                };
                self.export(self.text(alias), value);
            }
            return;
        }
        match (source, children.iter().find(|part| part.kind() == "namespace_export")) {
            (Some(module), Some(space)) => {
                if let Some(name) = space.named_child(0) {
                    let value = self.import(&module.value, "", self.span(name));
                    self.export(self.text(name), value);
                }
            }
            (Some(module), None) if self.text(node).contains('*') => {
                self.notes.module.takes_over.push(module.value);
            }
            // `export = value`
            (None, None) => {
                if let Some(value) = children.into_iter().next() {
                    self.scan_setting("default", value);
                    let value = self.expr(value).share();
                    self.export_all(value);
                }
            }
            _ => {}
        }
    }

    /// Exports a value by a name that is none of the module's own.
    fn export_value(&mut self, name: &str, value: Node<'t>) {
        let inner = unwrapped(value);
        match is_function(inner) {
            true => {
                self.note_if_of_requests(inner);
                self.wait_for(inner, (name == "default").then_some("default"));
            }
            false => self.scan_setting(name, value),
        }
        let (value, span) = (self.expr(value).share(), self.span(value));
        if name == "default" {
            let settings = self.settings_within(inner);
            self.keep_runtime_config(&settings.unwrap_or_else(|| value.clone()));
            self.register_fields(&value, span);
        }
        self.export(name, value);
    }

    pub fn export(&mut self, name: &str, value: Expr) {
        if self.kind() == FrameKind::Module && self.exports.len() < 5_000 {
            self.exports.insert(name.to_string(), value.share());
        }
    }

    /// `module.exports = value`: the module is the value.
    fn export_all(&mut self, value: Expr) {
        if let Expr::Record(fields) = value.peel() {
            for (name, field) in fields {
                self.export(&name.value, field.clone());
            }
        }
        self.bind(Module::ITSELF, value.clone());
        self.export(Module::ITSELF, value);
    }
}

/// The name that an assignment to this exports.
fn exported(dotted: &str) -> Option<&str> {
    let name = dotted.strip_prefix("module.exports.").or_else(|| dotted.strip_prefix("exports."))?;
    (!name.contains('.')).then_some(name)
}

/// Whether the node makes something of an object of options.
fn takes_options(node: Node<'_>) -> bool {
    let object = |call: Node<'_>| {
        let arguments = call.child_by_field_name("arguments").map(parts).unwrap_or_default();
        arguments.into_iter().any(|argument| unwrapped(argument).kind() == "object")
    };
    node.kind() == "new_expression" || node.kind() == "call_expression" && object(node)
}

/// Whether the node is a function as written.
pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "arrow_function" | "function_expression" | "function" | "generator_function")
}

/// A value, or what takes its place where it is `undefined`.
fn or_default(value: Expr, default: Expr) -> Expr {
    match value.peel() {
        Expr::Read(read) if read.default.is_none() => {
            let read = crate::programs::ReadExpr { default: Some(default), ..(**read).clone() };
            Expr::Read(Box::new(read))
        }
        Expr::Null(_) => default,
        Expr::Opaque(_) => value,
        _ => Expr::FirstSet(vec![value, default]),
    }
}
