//! Options: classes whose properties a section of the configuration fills.

use tree_sitter::Node;

use super::SECTION_OF;
use super::reader::{CONFIGURATION, HOST_ENVIRONMENT, Reader};
use super::types::SECTION;
use crate::programs::reading::parts;
use crate::programs::{CallExpr, Expr};
use crate::source::{Span, Spanned};

/// Whether a class is, by its name, one whose instance is injected with its section bound.
pub(super) fn is_options(name: &str) -> bool {
    ["Settings", "Options", "Config", "Configuration"].iter().any(|end| name.ends_with(end) && name != *end)
}

/// Whether a class is, by its name, one that is looked for in files of other names: it holds settings or helps with
/// them, and such classes often share a file.
pub(super) fn holds_settings(name: &str) -> bool {
    const ENDS: [&str; 9] =
        ["Settings", "Setting", "Options", "Config", "Configuration", "Constants", "Helper", "Keys", "Env"];
    ENDS.iter().any(|end| name.ends_with(end) && name != *end) && !is_interface(name)
}

/// Whether a type is, by its name, an interface.
pub(super) fn is_interface(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next() == Some('I') && letters.next().is_some_and(char::is_uppercase)
}

impl<'t> Reader<'t> {
    /// Notes a section that the program cannot do without: `GetRequiredSection("Shop")`, and what is bound of one that is
    /// handed on as it is, `AddSingleton(section.Get<Shop>())`, or asked for something, `section.Get<Shop>().Name`.
    pub(super) fn note_section(&mut self, method: &str, at: Node<'t>, key: Option<&Expr>) {
        const MAX_UP: usize = 8;
        let Some(key) = key.filter(|_| self.notes.recording) else { return };
        let mut above = std::iter::successors(Some(at), Node::parent).skip(1).take(MAX_UP);
        let own = above.find(|node| node.kind() == "invocation_expression");
        let hands_on = || {
            let outer = own.and_then(|own| own.parent())?;
            let outer = if outer.kind() == "postfix_unary_expression" { outer.parent()? } else { outer };
            match outer.kind() {
                "member_access_expression" => Some(()),
                "argument" => {
                    let call =
                        outer.parent()?.parent().filter(|call| call.kind() == "invocation_expression")?;
                    let callee = self.text(call.child_by_field_name("function")?);
                    let name = callee.rsplit('.').next().unwrap_or(callee);
                    name.starts_with("AddSingleton").then_some(())
                }
                _ => None,
            }
        };
        if method == "GetRequiredSection" || method == "Get" && hands_on().is_some() {
            let span = self.span(at);
            self.notes.module.sections.push(Spanned::new(key.clone(), span));
        }
    }

    /// What a value of this type is, wherever it comes from.
    pub fn of_type(&self, kind: Node<'t>) -> Option<Expr> {
        let span = self.span(kind);
        let kind = match kind.kind() {
            "nullable_type" => kind.child_by_field_name("type")?,
            _ => kind,
        };
        let library = |name: &str| Some(Expr::Library(Spanned::new(name.to_string(), span)));
        match kind.kind() {
            "identifier" => match self.text(kind) {
                "IConfiguration"
                | "IConfigurationRoot"
                | "ConfigurationManager"
                | "IConfigurationManager" => library(CONFIGURATION),
                "IHostEnvironment" | "IWebHostEnvironment" | "IHostingEnvironment" => {
                    library(HOST_ENVIRONMENT)
                }
                name if is_options(name) => {
                    let name = if is_interface(name) { name.get(1..)? } else { name };
                    Some(self.injected(name, span))
                }
                _ => None,
            },
            "generic_name" => {
                let (name, arguments) = self.generic(kind)?;
                let class = arguments.first().filter(|class| class.kind() == "identifier")?;
                match name {
                    "IOptions" | "IOptionsMonitor" | "IOptionsSnapshot" => {
                        let value = self.injected(self.text(*class), span);
                        let field = |name: &str| (Spanned::new(name.to_string(), span), value.clone());
                        Some(Expr::Record(vec![field("Value"), field("CurrentValue")]))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The name and type arguments of `Name<A, B>`.
    pub fn generic(&self, node: Node<'t>) -> Option<(&'t str, Vec<Node<'t>>)> {
        let inner = parts(node);
        let name = inner.first()?;
        let arguments = inner.iter().find(|part| part.kind() == "type_argument_list");
        Some((self.text(*name), arguments.map(|list| parts(*list)).unwrap_or_default()))
    }

    /// The instance of an options class that the program's container hands out.
    fn injected(&self, class: &str, span: Span) -> Expr {
        let name = format!("{SECTION_OF}{class}");
        let own = self.sections.iter().find(|(known, _)| known == class).map(|(_, key)| key.clone());
        let section = own.unwrap_or(Expr::Imported { module: format!("{SECTION_OF}{class}"), name, span });
        self.instance(self.class(class, span), section, span).share()
    }

    /// An instance of a class that is bound to a section.
    pub fn instance(&self, class: Expr, section: Expr, span: Span) -> Expr {
        let arguments = vec![(Some(SECTION.to_string()), section)];
        Expr::Call(Box::new(CallExpr { callee: class, arguments, span }))
    }

    /// The class of a property that holds further properties.
    pub fn nested(&self, kind: Node<'t>) -> Option<Expr> {
        let kind = match kind.kind() {
            "nullable_type" => kind.child_by_field_name("type")?,
            _ => kind,
        };
        let name = self.text(kind);
        let nested = kind.kind() == "identifier" && (self.types.contains(name) || is_options(name));
        nested.then(|| self.class(name, self.span(kind)))
    }

    /// Notes that an options class is bound to the section that a value stands for.
    pub fn bound_to(&mut self, class: &str, section: &Expr) {
        let key = match section.peel() {
            Expr::Lookup(setting) => setting.key.clone(),
            Expr::Library(name) if name.value == CONFIGURATION => {
                Expr::Text(Spanned::new(String::new(), name.span))
            }
            _ => return,
        };
        if self.sections.len() < 500 && !self.sections.iter().any(|(known, _)| known == class) {
            self.sections.push((class.to_string(), key));
        }
    }
}
