//! The state of a reading: what names stand for at the place that is being read.

use std::collections::HashSet;

use tree_sitter::Node;

use crate::programs::reading::clients::Client;
use crate::programs::reading::{self, Bounds, Names, Notes};
use crate::programs::{Expr, Read};
use crate::source::{SourceFile, Span, Spanned};

/// Stands for the program's configuration.
pub(super) const CONFIGURATION: &str = "IConfiguration";
/// Stands for what the host says of its environment.
pub(super) const HOST_ENVIRONMENT: &str = "IHostEnvironment";

/// Reads one file.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub notes: Notes,
    pub names: Names<Own>,
    /// The types that the file declares.
    pub types: HashSet<&'t str>,
    /// The types around, innermost last.
    pub classes: Vec<Class<'t>>,
    /// The methods whose arguments are being read, innermost last: what a lambda in them configures.
    pub within: Vec<&'t str>,
    /// Objects whose properties may still be set.
    pub objects: Vec<Object<'t>>,
    /// The field or property whose value is being read.
    pub held: Option<&'t str>,
    /// Options classes, and the sections that they are bound to.
    pub sections: Vec<(String, Expr)>,
    /// Where names are declared, so that they are not taken for uses.
    pub declared: HashSet<usize>,
    /// Whether a web host is started.
    pub hosts: bool,
    /// Who logs in, as lambdas that configure a client say: `host.Username(…)`, with the place of the call.
    pub logins: Vec<(Spanned<String>, Expr)>,
    /// What libraries call again when it fails.
    pub rounds: Vec<reading::Round>,
    bounds: Bounds,
}

/// What is kept with the names of a file, type or method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    File,
    Type,
    Method,
}

/// A type around the place that is being read.
pub(super) struct Class<'t> {
    pub name: &'t str,
    /// The names of its members, read or not.
    pub members: HashSet<&'t str>,
}

/// A client that was made and has a name, so that its properties may be set after that.
pub(super) struct Object<'t> {
    pub name: &'t str,
    pub client: &'static Client,
    pub arguments: Vec<Argument<'t>>,
    pub callee: Spanned<String>,
    pub span: Span,
}

/// An argument of a call, or a property in an initializer.
#[derive(Clone)]
pub(super) struct Argument<'t> {
    pub name: Option<Spanned<String>>,
    pub value: Expr,
    pub node: Node<'t>,
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            notes: Notes::new(&file.path),
            names: Names::new(Own::File),
            types: HashSet::new(),
            classes: Vec::new(),
            within: Vec::new(),
            objects: Vec::new(),
            held: None,
            sections: Vec::new(),
            declared: HashSet::new(),
            hosts: false,
            logins: Vec::new(),
            rounds: Vec::new(),
            bounds: Bounds::default(),
        }
    }

    reading::handholds!('t, silently, branch);

    /// Notes a read whose variable is known.
    pub fn note_read(&mut self, name: Spanned<String>, expression: Expr, required: bool, span: Span) {
        if name.value.is_empty() || name.value.len() > 256 {
            return;
        }
        let held = self.held.map(super::mentioned);
        self.notes.read(Read { name, expression, required, held, span }, self.names.path());
    }

    /// The value, without which the program stops here.
    pub fn require(&mut self, value: Expr) -> Expr {
        let always = self.names.path().next().is_none();
        let span = match value.peel() {
            Expr::Read(read) => read.span,
            Expr::Lookup(setting) => setting.span,
            _ => return value,
        };
        let required = match value.peel().clone() {
            Expr::Read(mut read) => {
                read.required = read.default.is_none();
                Expr::Read(read)
            }
            Expr::Lookup(mut setting) => {
                setting.required = setting.default.is_none();
                Expr::Lookup(setting)
            }
            other => other,
        };
        if let Some(noted) = self.notes.module.reads.iter_mut().find(|read| read.span == span) {
            noted.required |= always;
            noted.expression = required.clone();
        }
        required
    }

    /// What a name stands for here.
    pub fn name(&self, node: Node<'_>) -> Expr {
        let name = self.text(node);
        let span = self.span(node);
        if let Some(value) = self.names.bound(name) {
            return value.clone();
        }
        let spanned = Spanned::new(name.to_string(), span);
        if let Some(class) = self.classes.iter().rev().find(|class| class.members.contains(name)) {
            let class = Expr::Own(Spanned::new(class.name.to_string(), span));
            return Expr::Member(Box::new(class), spanned);
        }
        if self.types.contains(name) {
            return Expr::Own(spanned);
        }
        if is_configuration(name) {
            return Expr::Library(Spanned::new(CONFIGURATION.to_string(), span));
        }
        match name.starts_with(|c: char| c.is_uppercase()) {
            true => Expr::Imported { module: name.to_string(), name: name.to_string(), span },
            false => Expr::Opaque(span),
        }
    }

    /// A type of the program by its name.
    pub fn class(&self, name: &str, span: Span) -> Expr {
        let name = name.to_string();
        match self.types.contains(name.as_str()) {
            true => Expr::Own(Spanned::new(name, span)),
            false => Expr::Imported { module: name.clone(), name, span },
        }
    }
}

/// Whether a name that is not declared in the file stands for the configuration by custom.
pub(super) fn is_configuration(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    ["configuration", "config", "Configuration", "Config"].contains(&name)
}
