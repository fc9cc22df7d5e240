//! Constructors that keep what they are given: `this.host = host`.

use super::reader::Reader;
use super::tree::{Class, Function};
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
}
