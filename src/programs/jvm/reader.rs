//! Reads a file's tree as the language would run it.

use std::collections::HashSet;
use std::sync::Arc;

use super::constructors::keeper;
use super::tree::{Annotation, Class, Code, Function, Import, Unit};
use crate::programs::reading::made;
use crate::programs::reading::{Bounds, Names, Notes, read_within};
use crate::programs::spring;
use crate::programs::{self, CallExpr, Expr, Mention, Module, Read, walk};
use crate::source::{SourceFile, Span, Spanned};

/// Simple types that are no classes of anybody.
const PLAIN: [&str; 18] = [
    "String", "Integer", "Long", "Boolean", "Double", "Float", "Int", "Object", "Any", "List", "Map", "Set",
    "Optional", "Duration", "Short", "Byte", "Array", "Void",
];
/// Packages of libraries that programs have their own packages below.
const SHARED: [&str; 5] = ["org.springframework", "io.quarkus", "io.micronaut", "org.apache", "com.google"];
/// Expressions that one value is searched through.
const MAX_PARTS: usize = 2_000;

/// What is said of a read is said near it: among so many of the last reads it is found.
const NEAR: usize = 256;

/// The reader of one file.
pub(super) struct Reader {
    /// The language, as its front end names it.
    pub language: &'static str,
    pub names: Names<()>,
    pub notes: Notes,
    pub bounds: Bounds,
    /// The class of the client that was noted last, where others of its methods may say who logs in.
    pub made: Option<String>,
    /// Who logs in, by class, where the address is still to come.
    pub logins: Vec<(String, Spanned<String>, Expr)>,
    /// The files of settings that it loads.
    pub loaded: super::resources::Loaded,
    /// The factory of connections that was made without being told anything.
    pub factory: Option<Spanned<String>>,
    package: String,
    pub imports: Vec<Import>,
    mentions: HashSet<String>,
}

/// Reads a file.
pub(super) fn read(file: &SourceFile, language: &'static str, unit: Unit) -> Module {
    let Unit { package, imports, classes, functions, fields, statements } = unit;
    let mut reader = Reader {
        language,
        names: Names::new(()),
        notes: Notes::new(&file.path),
        bounds: Bounds::default(),
        made: None,
        logins: Vec::new(),
        loaded: super::resources::Loaded::default(),
        factory: None,
        package,
        imports,
        mentions: HashSet::new(),
    };
    reader.summarised(&functions);
    for field in &fields {
        reader.field(field, None, &[]);
    }
    for class in &classes {
        let value = reader.class(class, None);
        reader.names.bind(&class.name, value);
    }
    for function in &functions {
        let value = reader.function(function);
        reader.names.bind(&function.name.value, value);
    }
    reader.statements(&statements);
    reader.finish_factory();
    let names = reader.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
    let mut module = Module { names, ..reader.notes.finish() };
    module.mentions = reader.mentions.into_iter().map(|name| Mention { name, within: None }).collect();
    module.mentions.sort_by(|a, b| a.name.cmp(&b.name));
    reader.loaded.finish(&mut module);
    let rounds = crate::programs::reading::rounds_in(file, &["Thread.sleep(", "delay(", "TimeUnit."]);
    module.attempts = crate::programs::reading::retried(&rounds, &module);
    if reader.imports.iter().any(|import| import.name == "LoadBalanced") {
        module.names.insert(Module::BALANCED.to_string(), Expr::Bool(true, Span::NONE));
    }
    module
}

impl Reader {
    /// What functions give, before the fields that call them are read; nothing is noted.
    fn summarised(&mut self, functions: &[Function]) {
        let recording = std::mem::replace(&mut self.notes.recording, false);
        for function in functions {
            let value = self.function(function);
            self.names.bind(&function.name.value, value);
        }
        self.notes.recording = recording;
    }

    /// A class as a record of its fields and methods. `prefix` is that of the properties it is filled with.
    pub fn class(&mut self, class: &Class, prefix: Option<&str>) -> Expr {
        if !self.bounds.down() {
            return Expr::Opaque(Span::NONE);
        }
        let own = class.annotations.iter().find_map(super::annotations::prefix);
        let prefix = prefix.map(str::to_string).or(own);
        self.class_clients(class);
        self.property_sources(&class.annotations);
        let open = prefix.is_none() && (!class.parameters.is_empty() || keeper(class).is_some());
        let mut made = None;
        if self.notes.recording || !open {
            made = Some(self.members(class, prefix.as_deref(), false));
        }
        if open {
            // What it does is noted as a framework makes it; what it gives depends on what it is made with.
            let recording = std::mem::replace(&mut self.notes.recording, false);
            made = Some(self.members(class, None, true));
            self.notes.recording = recording;
        }
        self.bounds.up();
        made.unwrap_or(Expr::Opaque(Span::NONE))
    }

    fn members(&mut self, class: &Class, prefix: Option<&str>, open: bool) -> Expr {
        self.names.frames.push(crate::programs::reading::Frame::new(()));
        let since = self.notes.mark();
        for inner in &class.classes {
            let value = self.class(inner, None);
            self.names.bind(&inner.name, value);
        }
        self.summarised(&class.functions);
        let mut parameters = Vec::new();
        for parameter in &class.parameters {
            self.parameter_field(parameter, prefix, &class.classes);
            let name = &parameter.name.value;
            if open && let Some(value) = self.names.bound(name).cloned() {
                parameters.push((name.clone(), Some(value)));
                self.names.bind(name, Expr::Parameter(name.clone()));
            }
        }
        for field in &class.fields {
            self.field(field, prefix, &class.classes);
        }
        for block in &class.blocks {
            self.statements(block);
        }
        parameters.extend(if open { self.kept(class) } else { Vec::new() });
        for constructor in &class.constructors {
            self.function(constructor);
        }
        for function in &class.functions {
            let value = match (prefix, function.body.is_empty()) {
                (Some(prefix), true) => self.mapped(function, prefix),
                _ => self.function(function),
            };
            self.names.bind(&function.name.value, value);
        }
        self.ask_makers(class, since);
        let names = self.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        let mut members: Vec<(Spanned<String>, Expr)> = Vec::new();
        for (name, value) in &names {
            let getter =
                format!("get{}{}", name.get(..1).unwrap_or("").to_uppercase(), name.get(1..).unwrap_or(""));
            // Records and generated accessors have a method for each field.
            if !matches!(value.peel(), Expr::Function(_)) && !names.contains_key(&getter) {
                members.push((Spanned::new(getter, Span::NONE), value.clone()));
            }
            members.push((Spanned::new(name.clone(), Span::NONE), value.clone()));
        }
        Expr::Function(Arc::new(programs::Function {
            name: class.name.clone(),
            parameters,
            body: Expr::Record(members),
            class: true,
        }))
    }

    pub fn field(&mut self, field: &super::tree::Field, prefix: Option<&str>, inner: &[Class]) {
        let value = self.annotated(&field.annotations, field.kind.as_deref());
        let name = &field.name;
        let before = self.notes.module.reads.len();
        let value = match (value, prefix) {
            (Some(value), _) => value,
            (None, Some(prefix)) => {
                let default = field.value.as_ref().map(|code| self.expr(code));
                self.filled(prefix, name, field.kind.as_deref(), default, inner)
            }
            (None, None) => match &field.value {
                Some(code) => self.expr(code),
                None => self.instance(field.kind.as_deref(), name.span),
            },
        };
        if prefix.is_none() {
            for read in self.notes.module.reads.iter_mut().skip(before) {
                read.held = Some(name.value.clone());
            }
        }
        self.names.bind(&name.value, value);
    }

    /// A method of an interface that properties are mapped to.
    fn mapped(&mut self, function: &Function, prefix: &str) -> Expr {
        let named = |name: &str| function.annotations.iter().find(|it| it.name == name);
        let default = named("WithDefault").and_then(|it| it.get(&["value"])).map(|code| self.expr(code));
        let name = match named("WithName").and_then(|it| it.get(&["value"])) {
            Some(Code::Text(text)) => Spanned::new(text.value.clone(), function.name.span),
            _ => function.name.clone(),
        };
        self.filled(prefix, &name, None, default, &[])
    }

    /// A field that the property of its name fills.
    pub fn filled(
        &mut self,
        prefix: &str,
        name: &Spanned<String>,
        kind: Option<&str>,
        default: Option<Expr>,
        inner: &[Class],
    ) -> Expr {
        let key = format!("{prefix}.{}", super::annotations::dashed(&name.value));
        if let Some(class) = kind.and_then(|kind| inner.iter().find(|class| class.name == kind)) {
            return self.class(class, Some(&key));
        }
        let default = match default {
            Some(default) if is_simple(&default) => default,
            Some(_) => return Expr::Opaque(name.span),
            None => Expr::Null(name.span),
        };
        let value = spring::property(&Spanned::new(key, name.span), Some(default), name.span);
        self.note_properties(&value);
        value
    }

    /// Notes the properties that an expression reads.
    pub fn note_properties(&mut self, value: &Expr) {
        let mut pending = vec![value];
        let mut left = MAX_PARTS;
        while let Some(expr) = pending.pop().filter(|_| left > 0) {
            left -= 1;
            if let Some((_, read)) = spring::as_property(expr)
                && let Some(name) = spring::variable(read)
            {
                let (name, span) = (name.clone(), read.span);
                let read = Read { name, expression: expr.clone(), required: false, held: None, span };
                self.notes.read(read, self.names.path());
            }
            pending.extend(walk::children(expr));
        }
    }

    /// A function, read as if it was called.
    pub fn function(&mut self, function: &Function) -> Expr {
        if !self.bounds.down() {
            return Expr::Opaque(function.span);
        }
        self.listeners(&function.annotations);
        self.names.frames.push(crate::programs::reading::Frame::new(()));
        let mut parameters = Vec::new();
        for parameter in &function.parameters {
            let name = &parameter.name.value;
            let value = match self.annotated(&parameter.annotations, parameter.kind.as_deref()) {
                Some(value) => value,
                None => match self.instance(parameter.kind.as_deref(), parameter.name.span) {
                    Expr::Opaque(_) => Expr::Parameter(name.clone()),
                    instance => instance,
                },
            };
            self.names.bind(name, value);
            let default = parameter.value.as_ref().map(|code| self.expr(code));
            parameters.push((name.clone(), default));
        }
        self.made = None;
        self.logins.clear();
        let since = self.notes.mark();
        let leaves = self.statements(&function.body);
        self.notes.ask_callers(&function.name, &parameters, since);
        let frame = self.names.frames.pop();
        self.bounds.up();
        let body = frame.map_or(Expr::Opaque(function.span), |frame| frame.result(leaves, function.span));
        let name = function.name.value.clone();
        Expr::Function(Arc::new(programs::Function { name, parameters, body, class: false }))
    }

    /// Gives `this.name` a value: in the frame of the class.
    pub fn set_own(&mut self, name: &str, value: Expr) {
        let plain = self.names.path().next().is_none();
        let value = if plain { value.share() } else { Expr::Opaque(Span::NONE) };
        let count = self.names.frames.len();
        let outer = self.names.frames.iter_mut().take(count.saturating_sub(1)).rev();
        for frame in outer {
            if frame.names.contains_key(name) {
                frame.names.insert(name.to_string(), value);
                return;
            }
        }
    }

    /// The annotation that fills something, if one does.
    pub fn annotated(&mut self, annotations: &[Annotation], kind: Option<&str>) -> Option<Expr> {
        let value = annotations.iter().find_map(|it| super::annotations::injected(it, kind))?;
        self.note_properties(&value);
        Some(value)
    }

    /// What something of this type is that a framework hands over.
    pub fn instance(&self, kind: Option<&str>, span: Span) -> Expr {
        let Some(kind) = kind.filter(|kind| !PLAIN.contains(kind)) else { return Expr::Opaque(span) };
        let (outer, inner) = match kind.split_once('.') {
            // The package is written out.
            Some(_) if kind.starts_with(char::is_lowercase) => {
                return Expr::Library(Spanned::new(format!("{kind}()"), span));
            }
            Some((outer, inner)) => (outer, Some(inner)),
            None => (kind, None),
        };
        if !outer.starts_with(char::is_uppercase) {
            return Expr::Opaque(span);
        }
        let outer = self.type_named(outer, span);
        let class = match inner {
            Some(inner) => super::expressions::member(outer, &Spanned::new(inner.to_string(), span)),
            None => outer,
        };
        match class {
            Expr::Library(name) => Expr::Library(Spanned::new(format!("{}()", name.value), span)),
            class => Expr::Call(Box::new(CallExpr { callee: class, arguments: Vec::new(), span })),
        }
    }

    /// What the name of a class stands for.
    pub fn type_named(&self, name: &str, span: Span) -> Expr {
        if let Some(known) = self.names.bound(name) {
            return known.clone();
        }
        let named = self.imports.iter().find(|import| !import.all && import.name == name);
        if let Some(import) = named {
            return match self.is_own(&import.path) {
                true => {
                    let name = import.path.rsplit('.').next().unwrap_or(name).to_string();
                    Expr::Imported { module: import.path.clone(), name, span }
                }
                false => Expr::Library(Spanned::new(import.path.clone(), span)),
            };
        }
        if ["System", "String", "Integer", "Long", "Boolean", "Double", "Objects", "Math"].contains(&name) {
            return Expr::Library(Spanned::new(format!("java.lang.{name}"), span));
        }
        let all = self.imports.iter().filter(|import| import.all);
        let paths = all.map(|import| format!("{}.{name}", import.path));
        let known = paths.into_iter().find(|path| super::sinks::is_known(self.language, path));
        match known {
            Some(path) => Expr::Library(Spanned::new(path, span)),
            None => Expr::Own(Spanned::new(name.to_string(), span)),
        }
    }

    /// What a name stands for.
    pub fn name(&mut self, name: &Spanned<String>) -> Expr {
        self.mention(&name.value);
        if let Some(known) = self.names.bound(&name.value) {
            return known.clone();
        }
        let imported = self.imports.iter().find(|import| !import.all && import.name == name.value);
        if let Some(import) = imported.filter(|_| {
            name.value.chars().all(|c| c.is_uppercase() || c == '_')
                || name.value.starts_with(char::is_lowercase)
        }) && let Some((owner, last)) = import.path.rsplit_once('.')
        {
            let class = owner.rsplit('.').next().unwrap_or(owner).to_string();
            let owner = match self.is_own(owner) {
                true => Expr::Imported { module: owner.to_string(), name: class, span: name.span },
                false => Expr::Library(Spanned::new(owner.to_string(), name.span)),
            };
            return super::expressions::member(owner, &Spanned::new(last.to_string(), name.span));
        }
        if name.value.starts_with(char::is_uppercase) {
            return self.type_named(&name.value, name.span);
        }
        // Java has no functions or variables outside of classes that another file could hold.
        if self.language == "java" { Expr::Opaque(name.span) } else { Expr::Own(name.clone()) }
    }

    /// Whether an imported name is the program's own, by its package.
    fn is_own(&self, path: &str) -> bool {
        let shared = SHARED.iter().any(|shared| path.starts_with(&format!("{shared}.")));
        let depth = if shared { 4 } else { 2 };
        let own: Vec<&str> = self.package.split('.').filter(|part| !part.is_empty()).take(depth).collect();
        let theirs: Vec<&str> = path.split('.').take(own.len()).collect();
        !own.is_empty() && own == theirs && (!shared || own.len() == depth)
    }

    /// Keeps a name that code mentions; an accessor mentions its field.
    pub fn mention(&mut self, name: &str) {
        if !self.notes.recording || self.mentions.len() > 20_000 {
            return;
        }
        let accessor = name.strip_prefix("get").or_else(|| name.strip_prefix("is"));
        if let Some(first) =
            accessor.and_then(|rest| rest.chars().next()).filter(|first| first.is_uppercase())
        {
            let rest = accessor.and_then(|rest| rest.get(first.len_utf8()..)).unwrap_or("");
            self.mentions.insert(format!("{}{rest}", first.to_lowercase()));
        }
        if !self.mentions.contains(name) {
            self.mentions.insert(name.to_string());
        }
    }

    /// Whether some code so far mentions the name.
    pub fn is_mentioned(&self, name: &str) -> bool {
        self.mentions.contains(name)
    }

    /// A read of the environment.
    pub fn env(&mut self, name: Expr, default: Option<Expr>, span: Span) -> Expr {
        let known = match name.peel() {
            Expr::Text(name) => Some(name.clone()),
            _ => None,
        };
        let read = made::read(name, default, false, span);
        if let Some(name) = known {
            let (expression, held) = (read.clone(), None);
            self.notes.read(Read { name, expression, required: false, held, span }, self.names.path());
        }
        read
    }

    /// Says of the read that `inner` is, or that was last said to be `inner`, that all of it is `whole`: with the
    /// default that stands around it.
    pub fn widen(&mut self, inner: &Expr, whole: &Expr) {
        if !self.notes.recording {
            return;
        }
        let span = read_within(inner).map(|read| read.span);
        let is_meant = |read: &&mut Read| match (span, inner) {
            (Some(span), _) => read.span == span,
            (None, Expr::Shared(_)) => read.expression == *inner,
            _ => false,
        };
        if let Some(read) = self.notes.module.reads.iter_mut().rev().take(NEAR).find(is_meant) {
            read.expression = whole.clone();
        }
    }

    /// Says that the program stops without what `value` reads.
    pub fn require(&mut self, value: &Expr) {
        let Some(span) = read_within(value).map(|read| read.span) else { return };
        if !self.notes.recording || self.names.path().next().is_some() {
            return;
        }
        if let Some(read) = self.notes.module.reads.iter_mut().rev().take(NEAR).find(|read| read.span == span)
        {
            read.required = true;
        }
    }
}

/// Whether a default is a plain value rather than an object.
fn is_simple(value: &Expr) -> bool {
    matches!(
        value.peel(),
        Expr::Text(_)
            | Expr::Number(_)
            | Expr::Bool(..)
            | Expr::Null(_)
            | Expr::Concat(_)
            | Expr::Read(_)
            | Expr::FirstSet(_)
            | Expr::Own(_)
    )
}
