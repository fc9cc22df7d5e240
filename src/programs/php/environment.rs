//! Reads of the environment.

use super::reader::Reader;
use crate::programs::reading::given::Arguments;
use crate::programs::reading::made;
use crate::programs::{Expr, Method};
use crate::source::Span;

/// What `$_SERVER` holds of the request and of the web server, beside the environment.
const OF_THE_REQUEST: [&str; 20] = [
    "argv",
    "argc",
    "PHP_SELF",
    "GATEWAY_INTERFACE",
    "QUERY_STRING",
    "DOCUMENT_ROOT",
    "HTTPS",
    "SCRIPT_FILENAME",
    "SCRIPT_NAME",
    "PATH_TRANSLATED",
    "PATH_INFO",
    "ORIG_PATH_INFO",
    "AUTH_TYPE",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "PHP_AUTH_USER",
    "PHP_AUTH_PW",
    "PHP_AUTH_DIGEST",
    "REDIRECT_STATUS",
    "USER",
];
const PREFIXES_OF_THE_REQUEST: [&str; 5] = ["HTTP_", "SERVER_", "REMOTE_", "REQUEST_", "SSL_"];

impl Reader<'_> {
    /// `$_ENV[name]`
    pub fn environment_read(&mut self, name: Expr, span: Span) -> Expr {
        self.noted(read(name, None, span), span)
    }

    /// `$_SERVER[name]`
    pub fn server_read(&mut self, name: Expr, span: Span) -> Expr {
        let known = match name.peel() {
            Expr::Text(name) => {
                OF_THE_REQUEST.contains(&name.value.as_str())
                    || PREFIXES_OF_THE_REQUEST.iter().any(|prefix| name.value.starts_with(prefix))
            }
            _ => false,
        };
        match known {
            true => Expr::Opaque(span),
            false => self.environment_read(name, span),
        }
    }

    /// A call of a function that reads the environment, unless the program defines one of that name.
    pub fn environment_call(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Expr> {
        let value = match name {
            "getenv" | "apache_getenv" => read(arguments.at(0)?.clone(), None, span),
            "getenv_docker" => read(arguments.at(0)?.clone(), arguments.at(1).cloned(), span),
            "env" => converted(read(arguments.at(0)?.clone(), arguments.at(1).cloned(), span)),
            "config" => return self.laravel_setting(arguments, span),
            _ => return None,
        };
        Some(self.noted(value, span))
    }

    /// Notes that a loader of dotenv files is made under the conditions of this place.
    pub fn dotenv_call(&mut self, class: &str, span: Span) {
        if class.ends_with("Dotenv") {
            let desk = &mut **self;
            desk.notes.dotenv_where(span, desk.names.path());
        }
    }

    /// Notes a read.
    pub fn noted(&mut self, value: Expr, span: Span) -> Expr {
        let held = self.held();
        self.note_read(&value, span, held);
        value
    }

    /// Where the value of a read is held: settings of Laravel are asked for by their first two keys.
    pub fn held(&self) -> Option<String> {
        let keys = self.keys.as_ref().filter(|keys| keys.len() > 1)?;
        keys.get(..2).map(|keys| keys.join("."))
    }
}

/// What Laravel's `env()` makes of a value.
pub(super) fn converted(value: Expr) -> Expr {
    Expr::Method(Box::new(value), Box::new(Method::Literal))
}

/// A read of a variable that gives the default, or nothing, when it is unset.
pub(super) fn read(name: Expr, default: Option<Expr>, span: Span) -> Expr {
    made::read(name, default, false, span)
}
