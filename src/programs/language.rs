//! What a programming language is to the rest of the crate: a [`FrontEnd`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{DotenvFolder, Module, ModuleIndex, Scope};
use crate::source::SourceFile;

/// Reads the sources of one programming language, or of one kind of configuration file that programs load.
pub trait FrontEnd: Send + Sync {
    /// The language, in lower case; also the folder of its fixtures, and the file of its clients in
    /// `rules/data/clients/`.
    fn name(&self) -> &'static str;

    /// Whether a file is in this language, by its path alone. The first of [`FRONT_ENDS`] that says yes
    /// reads it.
    fn claims(&self, path: &Path) -> bool;

    /// Whether its files are sources, which programs import from each other. Others count only where a
    /// command runs them (scripts), or a server reads them from where they lie (configuration).
    fn is_source(&self) -> bool {
        true
    }

    /// Whether a server reads the file that lies at this place of its container, for configurations.
    fn reads_at(&self, place: &Path) -> bool {
        let _ = place;
        false
    }

    /// What the language prints for a value that is not there (`None`, `undefined`, nothing).
    fn nothing(&self) -> &'static str;

    /// What the language prints for a flag.
    fn flag(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    /// Whether the text can hold a read or a sink: a cheap search, no parse.
    fn concerns(&self, text: &str) -> bool;

    /// The modules that the text imports, as written (`app.config`, `.models`, `./db`), each once.
    /// A cheap scan, no parse; may name more than are there (`from a import b` gives `a` and `a.b`).
    fn imports(&self, text: &str) -> Vec<String>;

    /// Where the module may lie when the file at the place `importer` imports it, best first. `scope` has the
    /// roots that absolute imports start from, and the manifests that say more (`tsconfig.json`, `go.mod`).
    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf>;

    /// The language of files of values that its modules import as they import modules, where there are such.
    fn values(&self) -> Option<&'static dyn FrontEnd> {
        None
    }

    /// Modules that are loaded along with the one at this place without being named: `__init__.py` of the
    /// packages above it, the other files of a Go package.
    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        let _ = (scope, place);
        Vec::new()
    }

    /// Modules whose names the one at this place sees as its own, without an import: those of the same
    /// package in Go and Java.
    fn shares_names(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        let _ = (scope, place);
        Vec::new()
    }

    /// Where its programs' settings come from, when a framework lays them together from configuration files
    /// and the environment.
    fn settings(&self) -> Option<&dyn super::Settings> {
        None
    }

    /// Whether the text may load modules that it does not import: those that its strings name, all of a directory.
    fn loads_otherwise(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether the text says of itself that it is no part of a program in a container.
    fn left_out(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether the text may give names to every file of its program.
    fn names_for_all(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether the text may take over all names of another module: a cheap search, no parse; see
    /// [`Module::takes_over`].
    fn may_take_over(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether the variables that its files name are looked up when what is configured with them is used, and not when the program
    /// starts.
    fn asks_when_used(&self) -> bool {
        false
    }

    /// Whether the text looks names up in ways that cannot be followed, so that any setting may be used.
    fn looks_up_names(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether the text hands on all fields of its objects, so that a field may be used which nothing mentions. Functions are called
    /// by their names all the same.
    fn hands_on_fields(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Whether it is worth to parse what holds no needle, to see in which function it mentions a name and when that is called.
    fn tells_owners(&self) -> bool {
        false
    }

    /// Signs in a text that it loads a dotenv file, for lines that [`FrontEnd::read`] does not understand, and
    /// whether `.env` is meant when the line names no file.
    fn dotenv_signs(&self) -> &'static [(&'static str, bool)] {
        &[]
    }

    /// The folder in which the loader of dotenv files at this place of a text looks.
    fn dotenv_folder(&self, text: &str, at: usize) -> DotenvFolder {
        let _ = (text, at);
        DotenvFolder::Start
    }

    /// Whether its files count only together: those that a service loads are one module, made by
    /// [`FrontEnd::join`], and none by itself.
    fn joins(&self) -> bool {
        false
    }

    /// Whether the joined module is there for a program that loads sources of that language, even without
    /// files.
    fn joined_with(&self, language: &str) -> bool {
        self.name() == language
    }

    /// The module that its files among those that a process loads are together, for a process that is started so.
    fn join(&self, scope: &Scope, loaded: &[ModuleIndex], start: &Start<'_>) -> Module {
        let _ = (scope, loaded, start);
        Module::default()
    }

    /// Reads the whole file. Never fails: what is not understood is opaque or left out.
    fn read(&self, file: &SourceFile) -> Module;
}

/// How a process is started, for what its configuration files say then.
#[derive(Debug)]
pub struct Start<'a> {
    /// The commands that the container comes to, word by word.
    pub commands: Vec<&'a [String]>,
    /// The directory that the container starts in.
    pub directory: &'a Path,
    /// Its environment, as far as it is known.
    pub environment: &'a HashMap<String, String>,
}

/// All languages.
///
/// Those of one product's files come before the one that reads settings of any kind.
pub static FRONT_ENDS: &[&dyn FrontEnd] = &[
    &super::python::Python,
    &super::javascript::JavaScript,
    &super::prisma::Prisma,
    &super::go::Go,
    &super::jvm::JAVA,
    &super::jvm::KOTLIN,
    &super::csharp::CSharp,
    &super::php::Php,
    &super::ruby::Ruby,
    &super::rust::Rust,
    &super::elixir::Elixir,
    &super::shell::Shell,
    &super::spring::Spring,
    &super::csharp::AppSettings,
    &super::rails::Rails,
    &super::symfony::Symfony,
    &super::proxies::Nginx,
    &super::proxies::Caddy,
    &super::proxies::HaProxy,
    &super::proxies::Apache,
    &super::proxies::Traefik,
    &super::config_files::ConfigFiles,
];

/// The front end for a file, by its path.
#[must_use]
pub fn front_end(path: &Path) -> Option<&'static dyn FrontEnd> {
    FRONT_ENDS.iter().copied().find(|front_end| front_end.claims(path))
}

/// Whether the path ends in one of these extensions, whatever their case.
#[must_use]
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}
