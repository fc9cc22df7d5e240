//! The settings files of systems whose own code makes the client: WordPress, Drupal, Magento, Joomla.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::given::field;
use crate::programs::reading::target::scheme_of_driver;
use crate::programs::{Expr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// `define('DB_HOST', 'db')` of a `wp-config.php`, once the whole file is read.
    pub fn settings_of_wordpress(&mut self) {
        let own = self.file.path.file_name().is_some_and(|file| file == "wp-config.php");
        if !own || !self.notes.recording {
            return;
        }
        let of = |name: &str| self.names.bound(name).cloned();
        let Some(host) = of("DB_HOST") else { return };
        let (user, password, database) = (of("DB_USER"), of("DB_PASSWORD"), of("DB_NAME"));
        let callee = Spanned::new("DB_HOST".to_string(), self.place_of("DB_HOST"));
        self.database(callee, None, [user, password, Some(host), None, database]);
    }

    /// `$databases['default']['default'] = […]` of Drupal.
    pub fn setting_of_drupal(&mut self, object: Node<'t>, key: &Spanned<String>, value: &Expr) {
        if key.value != "default" || self.text(object).replace('"', "'") != "$databases['default']" {
            return;
        }
        let of = |name: &str| field(value, name).cloned();
        let scheme = of("driver").and_then(|driver| scheme_of_driver(&driver));
        let parts = [of("username"), of("password"), of("host"), of("port"), of("database")];
        if parts.iter().any(Option::is_some) {
            self.database(key.clone(), scheme, parts);
        }
    }

    /// `'db' => ['connection' => ['default' => […]]]` of Magento's `app/etc/env.php`.
    pub fn settings_of_magento(&mut self, settings: &Expr) {
        if !self.file.path.ends_with("etc/env.php") {
            return;
        }
        let connection = field(settings, "db").and_then(|db| field(db, "connection"));
        let Some(entry) = connection.and_then(|all| field(all, "default")) else { return };
        let of = |name: &str| field(entry, name).cloned();
        let parts = [of("username"), of("password"), of("host"), None, of("dbname")];
        let callee = Spanned::new("default".to_string(), self.place_of("'host'"));
        self.database(callee, None, parts);
    }

    /// Where the file first names something.
    fn place_of(&self, text: &str) -> Span {
        let from = self.file.text.find(text).unwrap_or(0);
        self.file.slice(from, from + text.len())
    }

    /// A database by user, password, host, port and name.
    fn database(&mut self, callee: Spanned<String>, scheme: Option<Expr>, parts: [Option<Expr>; 5]) {
        let [user, password, host, port, database] = parts;
        let span = callee.span;
        let library = |text: &str| Expr::LibraryDefault(Spanned::new(text.to_string(), span));
        let parts = UrlParts {
            scheme: scheme.or_else(|| Some(library("mysql"))),
            user,
            password,
            host: host.or_else(|| Some(library("localhost"))),
            port,
            database,
        };
        let target = Expr::Url(Box::new(parts), span);
        self.sink(Sink { kind: SinkKind::Sql, target, arguments: Vec::new(), callee, span });
    }
}
