//! The C# front end, and the settings files of .NET programs.
//!
//! A project is loaded as a whole: its `.csproj` is a source whose imports are the projects it refers to, and
//! with it come the files that it compiles and the `appsettings*.json` that its program starts with.

mod appsettings;
mod calls;
mod conditions;
mod configuration;
mod expressions;
mod options;
mod projects;
mod reader;
mod scan;
mod sinks;
mod statements;
mod strings;
mod types;

use std::path::{Path, PathBuf};

use super::reading::{Needles, Round};
use super::{Attempts, Expr, FrontEnd, Module, ModuleIndex, Scope, Settings, has_extension};
use crate::source::{SourceFile, Span};

pub use appsettings::AppSettings;
pub use projects::{assembly_name, is_project};

/// C#.
pub struct CSharp;

/// What a file must hold to be parsed for its own sake: the ways to read settings, and the clients.
const NEEDLES: [&str; 41] = [
    "GetEnvironmentVariable",
    "onfiguration",
    "onfig[",
    "IOptions",
    "GetConnectionString",
    "GetSection",
    "UseNpgsql",
    "UseSqlServer",
    "UseMySql",
    "UseMySQL",
    "Npgsql",
    "SqlConnection",
    "MySqlConnection",
    "ConnectionMultiplexer",
    "StackExchangeRedis",
    "MongoClient",
    "ConnectionFactory",
    "MassTransit",
    "UsingRabbitMq",
    "RabbitHutch",
    "Confluent",
    "BootstrapServers",
    "HttpClient",
    "BaseAddress",
    "GrpcChannel",
    "OtlpExporter",
    "AddGrpcClient",
    "lasticsearch",
    "Elastic",
    "pensearch",
    "SmtpClient",
    "MailKit",
    "AddHealthChecks",
    "WebApplication",
    "CreateDefaultBuilder",
    "Authority",
    "Env.",
    "localhost",
    "127.0.0.1",
    "://",
    "nats",
];

/// The methods of a factory that dial.
const CONNECTS: [&str; 2] = ["CreateConnection", "CreateConnectionAsync"];

/// The methods with which Entity Framework first asks a database.
const MAKES_TABLES: [&str; 5] =
    ["Migrate", "MigrateAsync", "EnsureCreated", "EnsureCreatedAsync", "CanConnect"];

/// Stands before the name of an options class in what an import asks for: the section that it is bound to.
pub(in crate::programs) const SECTION_OF: &str = "section of ";

impl FrontEnd for CSharp {
    fn name(&self) -> &'static str {
        "csharp"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["cs"]) || is_project(path)
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn flag(&self, value: bool) -> &'static str {
        if value { "True" } else { "False" }
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        match text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
            true => projects::references(text),
            false => Vec::new(),
        }
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        if module.ends_with(".csproj") {
            return vec![projects::reference(importer, module)];
        }
        if let Some(class) = module.strip_prefix(SECTION_OF) {
            return projects::binders(scope, class);
        }
        // A class stands in the file of its name; of several, the nearest one is meant.
        let near = scope.nearest(&format!("{module}.cs"), importer);
        match near.is_empty() && options::holds_settings(module) {
            true => projects::declaring(scope, module),
            false => near,
        }
    }

    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        match is_project(place) {
            true => projects::compiled(scope, place),
            false => Vec::new(),
        }
    }

    fn settings(&self) -> Option<&dyn Settings> {
        Some(&configuration::Configuration)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        if is_project(&file.path) {
            return nothing();
        }
        let language = tree_sitter_c_sharp::LANGUAGE.into();
        let Some(tree) = super::reading::parse(&language, &file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.unit(tree.root_node());
        let names = reader.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        let sections = reader.sections.into_iter();
        let sections = sections.map(|(class, key)| (format!("{SECTION_OF}{class}"), key.share()));
        let host = reader.hosts.then(|| (Module::WEB_HOST.to_string(), Expr::Bool(true, Span::NONE)));
        let mut module = reader.notes.finish();
        module.names = names.into_iter().chain(sections).chain(host).collect();
        module.mentions = scan::mentions(&file.text, &reader.declared);
        let mut rounds = super::reading::rounds_in(file, &["Task.Delay(", "Thread.Sleep("]);
        rounds.extend(reader.rounds);
        module.attempts = super::reading::retried(&rounds, &module);
        // A factory dials nothing before it is asked for a connection.
        let asked = |round: &Round| CONNECTS.iter().any(|name| round.calls(name));
        if rounds.iter().any(asked) {
            let factories = module.sinks.iter().filter(|sink| sink.callee.value == "ConnectionFactory");
            let again = factories.map(|sink| Attempts { span: sink.span, calls: Vec::new() });
            let again: Vec<Attempts> = again.collect();
            module.attempts.extend(again);
        }
        // What is tried again on a context of Entity Framework, which another file may tell where its database is.
        module.attempts.extend(rounds.iter().filter_map(|round| {
            let calls: Vec<String> = MAKES_TABLES
                .iter()
                .filter(|name| round.calls(name))
                .map(|name| (*name).to_string())
                .collect();
            (!calls.is_empty()).then_some(Attempts { span: round.span, calls })
        }));
        module
    }
}

/// The name by which a use of a setting is recognised, whether it is written as a key or as a property.
fn mentioned(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
