//! What launchers say of the environment of the programs that they start.

use std::sync::Arc;

use super::entry::Launch;
use super::{Export, Expr, Module, Role};
use crate::source::{Span, Spanned, Text};

/// Variables of launchers that are kept.
const MAX_EXPORTS: usize = 200;

/// The variables that launchers start the program with, as `cross-env NODE_ENV=production node …` and the settings of pm2 do:
/// what a script says of them, which the files above do not.
pub(super) fn with(commands: &[Launch], start: &Launch, scripts: &[Arc<Module>]) -> Option<Module> {
    let first = commands.first()?;
    // What start scripts export stands in them; the rest of what they set is their own.
    let scripted = scripts.iter().any(|module| module.role == Role::Script);
    let text = |text: &str| Spanned::new(text.to_string(), Span::NONE);
    let mut exports = Vec::new();
    let mut names: Vec<&String> = commands.iter().flat_map(|launch| launch.env.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().filter(|name| *name == "NODE_ENV" || !scripted).take(MAX_EXPORTS) {
        let alike = commands.iter().all(|launch| launch.env.get(name) == first.env.get(name));
        let value = match first.env.get(name).filter(|value| alike && !value.contains(Text::HOLE)) {
            Some(value) if start.env.get(name) == Some(value) => continue,
            Some(value) => Expr::Text(text(value)),
            // One of several programs has it, or another value.
            None if !alike => Expr::Opaque(Span::NONE),
            None => continue,
        };
        exports.push(Export { name: text(name), value });
    }
    (!exports.is_empty()).then(|| Module { role: Role::Script, exports, ..Module::default() })
}
