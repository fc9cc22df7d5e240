//! Ktor's configuration, and the Typesafe library's beneath it: `environment.config.property("db.url").getString()`.

use super::reader::Reader;
use super::tree::{Call, Code};
use crate::programs::Expr;
use crate::source::Spanned;

/// Stands for a configuration; behind it the path that its names are below.
const CONFIG: &str = "io.ktor.server.config.ApplicationConfig()";

/// The types of configurations that are loaded from the program's own file.
const CONFIGS: [&str; 2] = ["ApplicationConfig", "HoconApplicationConfig"];

impl Reader {
    /// What a call gives that asks a configuration for something; `None` when it is no such call.
    pub(super) fn config_call(&mut self, owner: &Expr, receiver: &Code, call: &Call) -> Option<Expr> {
        let name = call.name.value.as_str();
        let below = matches!(name, "config" | "getConfig");
        let asks = matches!(name, "property" | "propertyOrNull" | "tryGetString" | "getString" | "getInt");
        let [argument] = call.arguments.as_slice() else { return None };
        if !below && !asks {
            return None;
        }
        let prefix = match owner.peel() {
            Expr::Library(library) => match library.value.strip_prefix(CONFIG) {
                Some(prefix) => prefix.to_string(),
                None if is_config(&library.value) => String::new(),
                None => return None,
            },
            // Its type, where a whole package is imported.
            Expr::Call(made) if matches!(made.callee.peel(), Expr::Own(name) if CONFIGS.contains(&name.value.as_str())) => {
                String::new()
            }
            // `environment.config` of an application, which no import names.
            Expr::Opaque(_) | Expr::Own(_) | Expr::Member(..) | Expr::Parameter(_) if is_named(receiver) => {
                String::new()
            }
            _ => return None,
        };
        let Expr::Text(key) = self.expr(&argument.value).peel().clone() else { return None };
        let path = if prefix.is_empty() { key.value } else { format!("{prefix}.{}", key.value) };
        if below {
            return Some(Expr::Library(Spanned::new(format!("{CONFIG}{path}"), call.span)));
        }
        // No variable has a setting's name there: only the file itself may say that one replaces it.
        let default = match name {
            "propertyOrNull" | "tryGetString" => Expr::Null(call.span),
            _ => Expr::Opaque(call.span),
        };
        let key = Expr::Text(Spanned::new(path, key.span));
        Some(self.property(key, Some(default), call.span))
    }
}

/// The application's configuration, where code keeps it: `val config = environment.config`.
pub(super) fn of_application(code: &Code, made: Expr) -> Expr {
    let open = matches!(made.peel(), Expr::Opaque(_) | Expr::Own(_) | Expr::Member(..) | Expr::Parameter(_));
    match open && is_named(code) {
        true => Expr::Library(Spanned::new(CONFIG.to_string(), code.span())),
        false => made,
    }
}

/// Whether a library's name is that of a configuration which was loaded.
fn is_config(library: &str) -> bool {
    let name = library.trim_end_matches("()");
    ["config.ApplicationConfig", "config.HoconApplicationConfig", "ConfigFactory.load", "config.Config"]
        .iter()
        .any(|known| name.ends_with(known))
}

/// Whether the code is, by custom, that of the application's configuration.
fn is_named(code: &Code) -> bool {
    let Code::Member(owner, name) = code else { return false };
    name.value == "config"
        && match owner.as_ref() {
            Code::Name(owner) => matches!(owner.value.as_str(), "environment" | "env" | "application"),
            Code::Member(_, owner) => owner.value == "environment",
            _ => false,
        }
}
