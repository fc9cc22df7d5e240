//! The configuration files that code loads: `yaml.safe_load(open("config.yaml"))`.

use tree_sitter::Node;

use super::calls::{Arguments, is_of_file};
use super::reader::Reader;
use crate::programs::load::IN_FILES;
use crate::programs::reading::descend;
use crate::programs::{Condition, Expr, Load, LookupExpr};
use crate::source::{Span, Spanned};

/// The calls that make values of the text of a file.
const DECODERS: [&str; 20] = [
    "yaml.safe_load",
    "yaml.load",
    "yaml.full_load",
    "yaml.unsafe_load",
    "json.load",
    "json.loads",
    "tomllib.load",
    "tomllib.loads",
    "tomli.load",
    "tomli.loads",
    "toml.load",
    "toml.loads",
    "ruamel.yaml.safe_load",
    "ruamel.yaml.YAML().load",
    "json5.load",
    "hjson.load",
    "omegaconf.OmegaConf.load",
    "configparser.ConfigParser",
    "configparser.RawConfigParser",
    "configparser.SafeConfigParser",
];

/// Extensions of files that hold settings.
const EXTENSIONS: [&str; 7] = [".yaml", ".yml", ".toml", ".json", ".ini", ".cfg", ".conf"];

/// Words that the name of a file of settings has in it.
const WORDS: [&str; 8] = ["conf", "setting", "database", "db", "secret", "param", "app", "default"];

/// No more names of files are looked for.
const MAX_NAMES: usize = 8;

impl<'t> Reader<'t> {
    /// What a call makes of a file of settings; `None` for any other call.
    pub fn decoded(&mut self, name: &str, arguments: &Arguments<'t>, span: Span) -> Option<Expr> {
        // Texts come from anywhere, and only some were read from a file.
        let text = arguments.first().map_or("", |argument| self.text(argument.value));
        let read =
            !name.ends_with(".loads") || text.contains("read") || matches!(text, "text" | "content" | "raw");
        if !read || !DECODERS.contains(&name) {
            return None;
        }
        if !self.loads_settings() && !self.is_for_others() && !name.starts_with("configparser.") {
            return None;
        }
        let key = Expr::Text(Spanned::new(IN_FILES.to_string(), span));
        Some(Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span })))
    }

    /// Whether the value is what stands in a file of settings.
    fn is_file(value: &Expr) -> bool {
        let Expr::Lookup(lookup) = value.peel() else { return false };
        matches!(&lookup.key, Expr::Text(key) if key.value == IN_FILES)
    }

    /// `config.get("database", "host", fallback="db")` of Python's own parser of INI files.
    pub fn of_parser(&mut self, base: &Expr, name: &str, arguments: &Arguments<'t>) -> Option<Expr> {
        if !is_of_file(base) || !self.file.text.contains("onfigParser") {
            return None;
        }
        let fallback = arguments.get(None, &["fallback"]).map(|value| Box::new(self.expr(value)));
        if name == "items" {
            let Some(section) = arguments.at(0) else { return Some(base.clone()) };
            let section = self.expr(section);
            let nothing = Box::new(Expr::Record(Vec::new()));
            return Some(Expr::Item(Box::new(base.clone()), Box::new(section), Some(nothing)));
        }
        if !matches!(name, "get" | "getint" | "getfloat" | "getboolean") {
            return None;
        }
        let first = self.expr(arguments.at(0)?);
        if !Self::is_file(base) && name != "get" {
            let none = || Box::new(Expr::Null(self.span_of(arguments)));
            return Some(Expr::Item(
                Box::new(base.clone()),
                Box::new(first),
                fallback.or_else(|| Some(none())),
            ));
        }
        if !Self::is_file(base) {
            return None;
        }
        let (section, key) = (first, self.expr(arguments.at(1)?));
        let nothing = Box::new(Expr::Record(Vec::new()));
        let section =
            Expr::Item(Box::new(base.clone()), Box::new(section), fallback.is_some().then_some(nothing));
        Some(Expr::Item(Box::new(section), Box::new(key), fallback))
    }

    /// What `parser.has_section(name)` and `parser.has_option(section, name)` ask.
    pub fn asked_of_parser(&mut self, callee: Node<'t>, arguments: &Arguments<'t>) -> Option<Condition> {
        let name = self.text(callee.child_by_field_name("attribute")?);
        if !matches!(name, "has_section" | "has_option") {
            return None;
        }
        let parser = self.expr(callee.child_by_field_name("object")?);
        let section = self.expr(arguments.at(0)?);
        if !Self::is_file(&parser) || matches!(section, Expr::Opaque(_)) {
            return None;
        }
        let Some(option) = arguments.at(1) else { return Some(Condition::Contains(parser, section)) };
        let nothing = Box::new(Expr::Record(Vec::new()));
        let section = Expr::Item(Box::new(parser), Box::new(section), Some(nothing));
        Some(Condition::Contains(section, self.expr(option)))
    }

    /// The section of `parser.get(section, name)`.
    pub fn section_asked(&mut self, node: Node<'t>, name: &str) -> Option<Expr> {
        let callee = node.child_by_field_name("function").filter(|_| node.kind() == "call")?;
        let parser = self.expr(callee.child_by_field_name("object")?);
        let gets = self.text(callee.child_by_field_name("attribute")?) == "get";
        let arguments = self.arguments(node);
        if !gets || !Self::is_file(&parser) || arguments.at(1).is_none_or(|key| self.text(key) != name) {
            return None;
        }
        let section = self.expr(arguments.at(0)?);
        Some(Expr::Item(Box::new(parser), Box::new(section), Some(Box::new(Expr::Record(Vec::new())))))
    }

    fn span_of(&self, arguments: &Arguments<'t>) -> Span {
        arguments.first().map_or(Span::NONE, |argument| self.span(argument.value))
    }

    /// Notes the files of settings that a module names for a function of another one to load them.
    pub fn names_files_for_others(&mut self) {
        let text = &self.file.text;
        let handed = [".ini", ".cfg", ".conf", ".toml", ".json", ".yaml", ".yml"]
            .iter()
            .any(|extension| ["\"", "'"].iter().any(|quote| text.contains(&format!("{extension}{quote}"))));
        let loads = ["onfig(", "ettings(", "oad(", "onf("].iter().any(|call| text.contains(call));
        if handed && loads {
            self.loads_settings();
        }
    }

    /// Whether the module is one that loads what others name: `utils/config.py`.
    fn is_for_others(&self) -> bool {
        let stem = self.file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        ["conf", "setting"].iter().any(|word| stem.contains(word))
    }

    /// Whether the module names a file of settings; notes those it names, wherever they may lie.
    fn loads_settings(&mut self) -> bool {
        if let Some(known) = self.names_settings {
            return known;
        }
        let mut found = Vec::new();
        if let Some(root) = self.root {
            descend(root, |at, _| {
                if at.kind() == "string" && found.len() < MAX_NAMES {
                    found.extend(self.file_named(at));
                }
                at.kind() != "string"
            });
        }
        self.names_settings = Some(!found.is_empty());
        for name in &found {
            self.load(&name.value, name.span);
        }
        !found.is_empty()
    }

    /// The file of settings that a text names, with the folders that stand before it in the same expression:
    /// `BASE / "conf" / "settings.yaml"`.
    fn file_named(&self, node: Node<'t>) -> Option<Spanned<String>> {
        let name = self.literal_text(node)?;
        let file = name.rsplit('/').next().unwrap_or(&name);
        let (stem, extension) = file.rsplit_once('.')?;
        let known = EXTENSIONS.iter().any(|known| known.strip_prefix('.') == Some(extension));
        let stem = stem.to_ascii_lowercase();
        if !known || name.contains(['{', '*', ' ', '%']) || !WORDS.iter().any(|word| stem.contains(word)) {
            return None;
        }
        let mut around = node;
        while let Some(parent) =
            around.parent().filter(|it| matches!(it.kind(), "binary_operator" | "argument_list"))
        {
            around = parent;
        }
        let mut folders = Vec::new();
        descend(around, |at, _| {
            if at.kind() == "string" && at.end_byte() <= node.start_byte() {
                let plain =
                    |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
                folders.extend(self.literal_text(at).filter(plain));
            }
            at.kind() != "string"
        });
        folders.push(name);
        Some(Spanned::new(folders.join("/"), self.span(node)))
    }

    /// The text of a string without anything put into it.
    fn literal_text(&self, node: Node<'t>) -> Option<String> {
        let text = self.text(node);
        let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.is_empty() && inner.len() < 200 && !inner.contains(quote)).then(|| inner.to_string())
    }

    fn load(&mut self, name: &str, span: Span) {
        if self.notes.module.loads.iter().any(|known| known.span == span) {
            return;
        }
        let load = |path: String, built_in: bool| Load {
            path: Expr::Text(Spanned::new(path, span)),
            directories: Vec::new(),
            built_in,
            span,
        };
        // From where the program starts, beside the source, and in the folders above.
        let last = name.rsplit('/').next().unwrap_or(name);
        let mut all = vec![load(name.to_string(), false), load(name.to_string(), true)];
        all.extend([load(format!("../{name}"), true), load(format!("../../{name}"), true)]);
        if last != name {
            all.extend([load(last.to_string(), false), load(last.to_string(), true)]);
        }
        self.notes.module.loads.extend(all);
    }
}
