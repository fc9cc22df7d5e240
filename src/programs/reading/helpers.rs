//! What functions of a program read for others, and what only a URL tells.

use crate::programs::walk::children;
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::{Span, Spanned};

/// How a function asks for what a parameter names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The parameter.
    pub parameter: String,
    /// Whether it is the key of a setting, not the name of a variable.
    pub setting: bool,
    /// Whether the program stops when there is nothing.
    pub required: bool,
}

/// Expressions that are looked at for the read of a helper.
const MAX_LOOKED_AT: usize = 200;

/// What a function of this body reads for its callers.
#[must_use]
pub fn asked_for(body: &Expr) -> Option<Asked> {
    let mut queue = vec![body];
    for _ in 0..MAX_LOOKED_AT {
        let expr = queue.pop()?.peel();
        let (name, setting, required) = match expr {
            Expr::Read(read) => (read.name.peel(), false, read.required && read.default.is_none()),
            Expr::Lookup(lookup) => (lookup.key.peel(), true, lookup.required && lookup.default.is_none()),
            _ => (expr, false, false),
        };
        if let (Expr::Parameter(name), Expr::Read(_) | Expr::Lookup(_)) = (name, expr) {
            return Some(Asked { parameter: name.clone(), setting, required });
        }
        queue.extend(children(expr).into_iter().rev());
    }
    None
}

/// The address where it is a URL: a path alone goes to one that was set elsewhere.
#[must_use]
pub fn if_url(address: Expr) -> Expr {
    if let Expr::Text(text) = address.peel()
        && text.value.contains("://")
    {
        return address;
    }
    let scheme = Expr::Text(Spanned::new("://".to_string(), Span::NONE));
    let address = address.share();
    Expr::If(Box::new(IfExpr {
        condition: Condition::Contains(address.clone(), scheme),
        then: address,
        otherwise: Expr::Null(Span::NONE),
        span: Span::NONE,
    }))
}
