//! Constructors that keep what they are given: `this.host = host`.

use super::reader::Reader;
use super::tree::{Class, Function, Parameter};
use crate::programs::Expr;

/// The one constructor by whose parameters a class is made that no framework makes.
pub(super) fn keeper(class: &Class) -> Option<&Function> {
    let [only] = class.constructors.as_slice() else { return None };
    let plain = class.parameters.is_empty() && class.annotations.is_empty() && only.annotations.is_empty();
    (plain && !only.parameters.is_empty()).then_some(only)
}

impl Reader {
    /// Puts into the fields what such a constructor keeps, and gives its parameters.
    pub fn kept(&mut self, class: &Class) -> Vec<(String, Option<Expr>)> {
        let Some(constructor) = keeper(class) else { return Vec::new() };
        let names = || constructor.parameters.iter().map(|parameter| parameter.name.value.clone());
        for name in names() {
            let kept = Expr::Parameter(name.clone());
            self.names.bind(&name, kept);
        }
        self.statements(&constructor.body);
        names().map(|name| (name, None)).collect()
    }

    /// A parameter of the class, which is a field.
    pub fn parameter_field(&mut self, parameter: &Parameter, prefix: Option<&str>, inner: &[Class]) {
        let value = self.annotated(&parameter.annotations, parameter.kind.as_deref());
        let name = &parameter.name;
        let value = match (value, prefix) {
            (Some(value), _) => value,
            (None, Some(prefix)) => {
                let default = self.default_of(parameter);
                self.filled(prefix, name, parameter.kind.as_deref(), default, inner)
            }
            (None, None) => match &parameter.value {
                Some(value) => self.expr(value),
                None => match self.instance(parameter.kind.as_deref(), name.span) {
                    // What makes the class says it.
                    Expr::Opaque(_) => Expr::Parameter(name.value.clone()),
                    instance => instance,
                },
            },
        };
        self.names.bind(&name.value, value);
    }

    fn default_of(&mut self, parameter: &Parameter) -> Option<Expr> {
        let by_annotation = parameter.annotations.iter().find(|it| it.name == "DefaultValue");
        let code = by_annotation.and_then(|it| it.get(&["value"])).or(parameter.value.as_ref());
        code.map(|code| self.expr(code))
    }
}
