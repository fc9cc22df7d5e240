//! The configuration files that code loads, and what it takes from them by key.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::load::{IN_FILES, setting_name};
use crate::programs::{Expr, Load, LookupExpr};
use crate::source::{Span, Spanned};

/// Functions that make a struct of the text of a file.
const DECODERS: [&str; 12] = [
    "toml.from_str",
    "toml.from_slice",
    "toml.de.from_str",
    "basic_toml.from_str",
    "serde_yaml.from_str",
    "serde_yaml.from_reader",
    "serde_yaml.from_slice",
    "serde_yml.from_str",
    "serde_yml.from_reader",
    "serde_json.from_str",
    "serde_json.from_reader",
    "serde_json.from_slice",
];

/// How code writes that it does so, and that it opens a file.
const SIGNS: [&str; 5] = ["toml::", "serde_yaml::", "serde_yml::", "serde_json::from_", "toml::from_str"];
const OPENS: [&str; 4] = ["read_to_string(", "File::open(", "include_str!(", "fs::read("];

/// Extensions of files that hold settings.
const EXTENSIONS: [&str; 7] = [".yaml", ".yml", ".toml", ".json", ".ini", ".json5", ".conf"];

/// Whether a text makes values of what stands in files that it opens.
pub(super) fn decodes(text: &str) -> bool {
    SIGNS.iter().any(|sign| text.contains(sign)) && OPENS.iter().any(|sign| text.contains(sign))
}

/// The setting under a key of the files that the program loads.
pub(super) fn setting(key: &str, default: Option<Expr>, required: bool, span: Span) -> Expr {
    let key = Expr::Text(Spanned::new(format!("{IN_FILES}{key}"), span));
    Expr::Lookup(Box::new(LookupExpr { key, default, required, span }))
}

/// The name of a setting, where the key is one of files.
pub(super) fn name(key: &str) -> Option<String> {
    key.strip_prefix(IN_FILES).map(setting_name)
}

impl<'t> Reader<'t> {
    /// A path that a call of the standard library makes.
    pub fn path_call(&mut self, name: &str, arguments: &[Node<'t>], span: Span) -> Option<Expr> {
        match (name, arguments) {
            ("std.env.current_dir", []) => Some(Expr::Text(Spanned::new(".".to_string(), span))),
            ("std.path.Path.new" | "std.path.PathBuf.from", [inner]) => Some(self.expr(*inner)),
            _ => None,
        }
    }

    /// The struct that a call makes of the text of a file.
    pub fn decoded(&self, name: &str, node: Node<'t>) -> Option<Expr> {
        let (package, method) = name.split_once('.')?;
        DECODERS.contains(&name).then(|| self.filled_by(package, method, node))?
    }

    /// Notes the file that a call of a library loads.
    pub fn note_load(&mut self, name: &str, arguments: &[Node<'t>]) {
        let opened = matches!(
            name,
            "std.fs.read_to_string" | "std.fs.read" | "std.fs.File.open" | "tokio.fs.read_to_string"
        );
        let told = matches!(name, "config.File.with_name" | "config.File.from" | "config.File.new")
            || name.starts_with("figment.") && (name.ends_with(".file") || name.ends_with(".file_exact"));
        let (true, Some(first)) = (self.notes.recording && (opened || told), arguments.first()) else {
            return;
        };
        if opened && !decodes(&self.file.text) {
            return;
        }
        let path = self.expr(*first);
        let other = |text: &str| !EXTENSIONS.iter().any(|extension| text.ends_with(extension));
        if opened && matches!(path.peel(), Expr::Text(text) if other(&text.value)) {
            return;
        }
        let span = self.span(*first);
        self.load(Load { path, directories: Vec::new(), built_in: false, span });
    }

    /// Notes a file that is built into the program: `include_str!("../config.toml")`.
    pub fn note_included(&mut self, file: Spanned<String>) {
        if EXTENSIONS.iter().any(|extension| file.value.ends_with(extension)) && decodes(&self.file.text) {
            let span = file.span;
            self.load(Load { path: Expr::Text(file), directories: Vec::new(), built_in: true, span });
        }
    }

    /// `settings.get_string("database.url")` of the crate config.
    pub fn setting_asked(
        &mut self,
        library: &str,
        method: &str,
        arguments: &[Node<'t>],
        span: Span,
    ) -> Option<Expr> {
        let asks = library.starts_with("config.")
            && matches!(method, "get" | "get_string" | "get_str" | "get_int" | "get_bool" | "get_float");
        let [key] = arguments else { return None };
        let Expr::Text(key) = self.expr(*key).peel().clone() else { return None };
        let text: &str = &self.file.text;
        // How variables are called may be said elsewhere.
        if !asks || text.contains("Environment::") {
            return None;
        }
        Some(setting(&key.value, None, true, span))
    }

    fn load(&mut self, load: Load) {
        if self.notes.recording && !self.notes.module.loads.iter().any(|known| known.span == load.span) {
            self.notes.module.loads.push(load);
        }
    }
}
