//! The configuration files of programs on the JVM: Spring Boot's `application.yml` and `.properties`, which
//! Quarkus and Micronaut have, too, and MicroProfile's `microprofile-config.properties`.
//!
//! A file by itself says little: profiles, other files, the environment and the command line lie over it. So
//! the files that a service loads are joined into one module, whose names hold every setting as it is then. What it
//! is built with (`pom.xml`, `build.gradle`) says which clients there are without any setting.

mod actuator;
mod appenders;
pub(super) mod context_tests;
mod defaults;
mod describe;
mod drivers;
mod handed;
mod hocon;
mod imports;
mod join;
mod keys;
mod loader;
mod manifests;
mod needed;
mod order;
mod overrides;
mod placeholders;
mod profiles;
mod properties;
mod quarkus;
mod resources;
mod serves;
mod settings;
mod xml;

use std::path::{Path, PathBuf};

use super::{Expr, FrontEnd, Module, ModuleIndex, ReadExpr, Scope, Start};
use crate::programs::Blank;
use crate::source::{SourceFile, Span, Spanned};
pub use actuator::lacks_actuator;
pub use drivers::{DRIVERS, ENCRYPTS, UNKNOWN_TO_FLYWAY};
pub use loader::{Launcher, moved_launcher};
pub use manifests::{is_manifest, is_of};
pub use needed::{AT_START, OPENED};
pub use placeholders::expression as placeholders;
pub use resources::{LOADED, RESOURCES, TAKEN_IN};

/// Spring, Quarkus and Micronaut configuration.
pub struct Spring;

/// How modules import the joined settings of their program, see [`property`].
pub const SETTINGS: &str = "settings";
/// The name in it that holds them all.
const ALL: &str = "all";
/// The name that holds them for names like those of variables (`DB_HOST`), which no store on the network has.
const LOCAL: &str = "local";
/// Where the joined settings stand among a program's modules.
pub const PLACE: &str = "/.settings";

/// The property of that name: what the program's files, its command line and its environment make of it, else
/// `default`. Without a default the program stops when there is none.
#[must_use]
pub fn property(name: &Spanned<String>, default: Option<Expr>, span: Span) -> Expr {
    let (variable, aliases) = keys::variables(&name.value);
    let read = Expr::Read(Box::new(ReadExpr {
        name: Expr::Text(Spanned::new(variable, name.span)),
        required: default.is_none(),
        ignore_case: !aliases.is_empty(),
        aliases,
        default,
        blank: Blank::Kept,
        span,
    }));
    let key = keys::canonical(&name.value);
    let held = if key.contains(char::is_uppercase) { LOCAL } else { ALL };
    let all = Expr::Imported { module: SETTINGS.to_string(), name: held.to_string(), span };
    let key = Expr::Text(Spanned::new(key, name.span));
    Expr::Item(Box::new(all), Box::new(key), Some(Box::new(read)))
}

/// The name of the property and the read that stands for it when no file has it, of an expression that
/// [`property`] made.
#[must_use]
pub fn as_property(expr: &Expr) -> Option<(&str, &ReadExpr)> {
    let Expr::Item(all, key, Some(missing)) = expr.peel() else { return None };
    match (all.as_ref(), key.as_ref(), missing.as_ref()) {
        (Expr::Imported { module, .. }, Expr::Text(key), Expr::Read(read)) if module == SETTINGS => {
            Some((&key.value, read))
        }
        _ => None,
    }
}

/// The variable that a read within a property's expression looks for first.
#[must_use]
pub fn variable(read: &ReadExpr) -> Option<&Spanned<String>> {
    match read.name.peel() {
        Expr::Text(name) => Some(name),
        _ => None,
    }
}

impl FrontEnd for Spring {
    fn name(&self) -> &'static str {
        "spring"
    }

    fn claims(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        order::named(name).is_some()
            || is_manifest(path)
            || resources::is_resource(path)
            || xml::is_configuration(path)
            || appenders::is_configuration(path)
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, _text: &str) -> bool {
        true
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, module: &str) -> Vec<PathBuf> {
        if module == SETTINGS { vec![PathBuf::from(PLACE)] } else { Vec::new() }
    }

    fn joins(&self) -> bool {
        true
    }

    fn joined_with(&self, language: &str) -> bool {
        matches!(language, "spring" | "java" | "kotlin")
    }

    fn join(&self, scope: &Scope, loaded: &[ModuleIndex], start: &Start<'_>) -> Module {
        join::join(scope, loaded, start)
    }

    fn read(&self, file: &SourceFile) -> Module {
        if is_manifest(&file.path) {
            manifests::read(file)
        } else if appenders::is_configuration(&file.path) {
            appenders::read(file)
        } else if xml::is_configuration(&file.path) {
            xml::read(file)
        } else if hocon::is_hocon(&file.path) {
            hocon::read(file)
        } else {
            join::alone(file)
        }
    }
}
