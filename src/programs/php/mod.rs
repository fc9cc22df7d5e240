//! The PHP front end.

mod calls;
mod classes;
mod cms;
mod conditions;
mod dotenv;
mod environment;
mod expressions;
mod functions;
mod imports;
mod laravel;
mod reader;
mod statements;
mod strings;

/// The name under which a module has what its file returns.
pub use reader::RETURNED;

use std::path::{Path, PathBuf};

use super::reading::Needles;
use super::{DotenvFolder, FrontEnd, Module, ModuleIndex, Scope, has_extension, reading};
use crate::source::{SourceFile, Span, Spanned};

/// PHP.
pub struct Php;

/// What a file must hold to be parsed for its own sake: the ways to read the environment, and the clients.
const NEEDLES: [&str; 54] = [
    "yii\\",
    "getenv(",
    "_ENV[",
    "_SERVER[",
    "env(",
    "Env::",
    "getenv_docker(",
    "PDO(",
    "mysqli",
    "mysql_connect",
    "pg_connect",
    "pg_pconnect",
    "Redis",
    "Predis",
    "MongoDB",
    "AMQP",
    "Bunny\\Client",
    "GuzzleHttp",
    "curl_init",
    "CURLOPT_URL",
    "HttpClient",
    "Http::",
    "SoapClient",
    "file_get_contents(",
    "Memcache",
    "ClientBuilder",
    "RdKafka",
    "PHPMailer",
    "Swift_SmtpTransport",
    "Mailer",
    "S3Client",
    "DriverManager",
    "addConnection(",
    "ClickHouseDB",
    "fsockopen(",
    "stream_socket_client(",
    "Pheanstalk",
    "Medoo",
    "Dotenv",
    "Capsule",
    "NatsConnection",
    "Neo4j",
    "ldap_connect",
    "mosquitto",
    "Elastica",
    "OpenSearch",
    "Meilisearch",
    "MeiliSearch",
    "Typesense",
    "Cassandra",
    "DBDriver",
    "wp-settings.php",
    "$databases[",
    "'mysql4'",
];

/// Calls that load dotenv files; every one of them looks for `.env` when the line names no file.
const LOADERS: [(&str, bool); 8] = [
    ("Dotenv::create", true),
    ("new Dotenv", true),
    ("->bootEnv(", true),
    ("->loadEnv(", true),
    ("Dotenv::load", true),
    ("Loader::load", false),
    // Code that reads one line by line.
    ("putenv(", false),
    ("$_ENV[$", false),
];

impl FrontEnd for Php {
    fn name(&self) -> &'static str {
        "php"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["php", "phtml", "inc"]) || is_script(path) || imports::is_manifest(path)
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn flag(&self, value: bool) -> &'static str {
        if value { "1" } else { "" }
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text) || reading::strange::concerns(text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        imports::scan(text)
    }

    fn may_take_over(&self, text: &str) -> bool {
        text.contains("require") || text.contains("include")
    }

    fn names_for_all(&self, text: &str) -> bool {
        ["define(", "\nfunction ", "const "].iter().any(|word| text.contains(word))
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        imports::candidates(scope, importer, module)
    }

    fn shares_names(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        imports::constants(scope, place)
    }

    fn dotenv_signs(&self) -> &'static [(&'static str, bool)] {
        &LOADERS
    }

    fn dotenv_folder(&self, text: &str, at: usize) -> DotenvFolder {
        dotenv::folder(text, at)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        if imports::is_manifest(&file.path) || !file.text.contains("<?") {
            return nothing();
        }
        let Some(tree) = reading::parse(&tree_sitter_php::LANGUAGE_PHP.into(), &file.text) else {
            return nothing();
        };
        let mut reader = reader::Reader::new(file);
        reader.program(tree.root_node());
        let mut module = reader.finish();
        module.dotenv.extend(read_by_hand(file));
        module
    }
}

/// The files that a script cannot do without, from its own folder: `require __DIR__ . '/../app/boot.php'` at the start of a
/// line, where nothing is asked before.
pub(super) fn required(file: &SourceFile) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // What follows an early end of the script may never be reached.
        if line.trim_start().starts_with("return") || line.contains("exit") {
            break;
        }
        let plain = line.starts_with(|c: char| c == '$' || c.is_ascii_lowercase());
        let begins = line.starts_with("require")
            || line.split_once("= require").is_some_and(|(name, _)| !name.contains('('));
        let anchored = line.contains("__DIR__") || line.contains("__FILE__");
        if !(plain && begins && anchored) || line.contains(['$', '?', '{']) && !line.starts_with('$') {
            continue;
        }
        if let Some(path) =
            imports::included(line).and_then(|name| name.strip_prefix("file:").map(str::to_string))
        {
            found.push((path, file.slice(start, start + line.trim_end().len())));
        }
    }
    found
}

/// The dotenv file that code reads itself and puts into the environment line by line: it is looked for by its name, from the
/// code upwards.
fn read_by_hand(file: &SourceFile) -> Option<Spanned<String>> {
    let text = &file.text;
    let sets = ["putenv(\"", "putenv($", "putenv(sprintf", "putenv(trim", "$_ENV[$"]
        .iter()
        .any(|sign| text.contains(sign));
    let reads =
        ["file(", "file_get_contents(", "fopen(", "SplFileObject("].iter().any(|sign| text.contains(sign));
    let ends =
        [".env'", ".env\""].iter().filter_map(|sign| text.find(sign)).min().filter(|_| sets && reads)?;
    Some(Spanned::new(".env".to_string(), file.slice(ends, ends + ".env".len())))
}

/// The scripts without an extension by which frameworks' commands are run.
fn is_script(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "artisan" || name == "console" || name == "spark")
}
