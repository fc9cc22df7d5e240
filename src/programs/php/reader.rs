//! The state of a reading: what names stand for at the place that is being read.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

use tree_sitter::Node;

use super::laravel;
use crate::programs::reading::{self, Desk};
use crate::programs::{Expr, Module};
use crate::source::{SourceFile, Span, Spanned};

/// Reads one file, statement by statement, as PHP would run it.
///
/// Names are kept as they are written: `$variable`, `CONSTANT`, `function()`, `Class`; within a class also
/// `this->property` and `self::MEMBER`.
pub(super) struct Reader<'t> {
    desk: Desk<'t, Kind>,
    /// What `use` makes of the first part of a name, with dots for backslashes.
    uses: HashMap<String, String>,
    pub namespace: String,
    /// Functions that are read when the names of the file are complete.
    pub pending: Vec<Node<'t>>,
    /// What the file returns to who includes it.
    pub returned: Option<Expr>,
    /// The configuration file of Laravel that is being read, and the keys around.
    pub keys: Option<Vec<String>>,
}

/// What kind of code a frame's names belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Class,
    Function,
    /// It sees the variables around it.
    Closure,
}

/// The name under which a module keeps what it returns.
pub const RETURNED: &str = "return";

impl<'t> Deref for Reader<'t> {
    type Target = Desk<'t, Kind>;

    fn deref(&self) -> &Self::Target {
        &self.desk
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.desk
    }
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        let keys = laravel::configuration(&file.path, &file.text).map(|stem| vec![stem]);
        Self {
            desk: Desk::new(file, Kind::File),
            uses: HashMap::new(),
            namespace: String::new(),
            pending: Vec::new(),
            returned: None,
            keys,
        }
    }

    /// Reads the whole file: its functions first, as PHP knows them everywhere.
    pub fn program(&mut self, root: Node<'t>) {
        let top = reading::parts(root);
        for node in top.iter().filter(|node| node.kind() == "function_definition") {
            self.define_function(*node);
        }
        self.block(root);
        for _ in 0..4 {
            for node in std::mem::take(&mut self.pending) {
                self.deeper(|reader| reader.read_function(node));
            }
        }
        if let Some(returned) = self.returned.take() {
            let returned = returned.share();
            self.settings_of_laravel(&returned);
            self.settings_of_magento(&returned);
            self.names.bind(RETURNED, returned);
        }
    }

    pub fn finish(mut self) -> Module {
        self.settings_of_wordpress();
        self.desk.finish(|name| !name.contains("->") && !name.starts_with("self::"))
    }

    reading::handholds!('t, silently, branch);

    /// What a variable stands for: functions see their own only, closures also those around them.
    pub fn variable(&self, name: &str, span: Span) -> Expr {
        for frame in self.names.frames.iter().rev() {
            if let Some(value) = frame.names.get(name) {
                return value.clone();
            }
            match frame.own {
                Kind::Closure => {}
                // An included file may have set it.
                Kind::File => return Expr::Own(Spanned::new(name.to_string(), span)),
                Kind::Class | Kind::Function => break,
            }
        }
        Expr::Opaque(span)
    }

    /// Whether the code is that of the file itself.
    pub fn at_top(&self) -> bool {
        self.names.frames.len() == 1
    }

    /// Notes a `use`.
    pub fn use_name(&mut self, alias: &str, full: &str) {
        self.uses.insert(alias.to_string(), full.to_string());
    }

    /// The full name of a class as written, with dots between its parts.
    pub fn class_name(&self, written: &str) -> String {
        let written = written.trim();
        if let Some(full) = written.strip_prefix('\\') {
            return full.replace('\\', ".");
        }
        let (first, rest) = written.split_once('\\').unwrap_or((written, ""));
        let mut full = match self.uses.get(first) {
            Some(full) => full.clone(),
            // The namespace is left out where it would hide a class of PHP itself.
            None if rest.is_empty() && is_library(first) => first.to_string(),
            None if self.namespace.is_empty() => first.to_string(),
            None => format!("{}.{first}", self.namespace),
        };
        if !rest.is_empty() {
            full.push('.');
            full.push_str(&rest.replace('\\', "."));
        }
        full
    }

    /// The class of that name as written: the program's own, a library's, or one of another file.
    pub fn class(&mut self, written: &str, span: Span) -> Expr {
        let short = written.rsplit('\\').next().unwrap_or(written);
        if let Some(known) = self.names.bound(short)
            && matches!(known.peel(), Expr::Function(function) if function.class)
        {
            return known.clone();
        }
        let full = self.class_name(written);
        if is_library(&full) {
            return Expr::Library(Spanned::new(full, span));
        }
        let name = full.rsplit('.').next().unwrap_or(&full).to_string();
        Expr::Imported { module: full, name, span }
    }
}

/// Top-level namespaces and classes of libraries and of PHP itself.
const KNOWN: [&str; 46] = [
    "PDO",
    "mysqli",
    "Redis",
    "RedisCluster",
    "Memcached",
    "Memcache",
    "SoapClient",
    "AMQPConnection",
    "Aws",
    "Bunny",
    "Cassandra",
    "ClickHouseDB",
    "CURLFile",
    "DB",
    "DateTime",
    "Doctrine",
    "Dotenv",
    "Elastic",
    "Elastica",
    "Elasticsearch",
    "Exception",
    "Google",
    "Guzzle",
    "GuzzleHttp",
    "Illuminate",
    "Interop",
    "Laravel",
    "Laudis",
    "Medoo",
    "Meilisearch",
    "MeiliSearch",
    "MongoDB",
    "Monolog",
    "OpenSearch",
    "PDOException",
    "PHPMailer",
    "Pheanstalk",
    "PhpAmqpLib",
    "Predis",
    "Psr",
    "RdKafka",
    "Swift_SmtpTransport",
    "Symfony",
    "Typesense",
    "VladimirYuldashev",
    "stdClass",
];

/// Facades of Laravel that files without a namespace may name short.
const FACADES: [&str; 1] = ["Http"];

/// Whether a name is a library's.
pub(super) fn is_library(name: &str) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    KNOWN.contains(&top) || FACADES.contains(&name)
}
