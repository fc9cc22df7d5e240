//! viper: keys that are looked for in the environment, as the file sets it up.

use std::path::Path;

use indexmap::IndexMap;

use tree_sitter::Node;

use super::reader::Reader;
use super::viper_settings as settings;
use crate::programs::reading::descend;
use crate::programs::reading::made::read;
use crate::programs::{Blank, Expr, Load, LookupExpr, Method, ReadExpr};
use crate::source::{Span, Spanned};

/// What a file says to viper.
#[derive(Debug, Default)]
pub(super) struct Viper {
    prefix: String,
    automatic: bool,
    /// What becomes what in the names of variables: two words with a tab between them a line.
    replaced: String,
    /// A configuration file is read.
    read_file: bool,
    /// It is one of settings that may say otherwise than the defaults, not one of variables.
    file: bool,
    /// Something is said that cannot be read.
    unclear: bool,
    defaults: IndexMap<String, Expr>,
    bound: IndexMap<String, Vec<Spanned<String>>>,
    /// What the names of the variables begin with that koanf takes.
    pub prefixes: Vec<Spanned<String>>,
    /// The dotenv files that are read.
    dotenv: Vec<Spanned<String>>,
    /// The names of the files that are read, those with their whole path, and where the others are looked for.
    names: Vec<(Expr, Span)>,
    files: Vec<(Expr, Span)>,
    directories: Vec<Expr>,
    /// Where files of variables are looked for, as written.
    paths: Vec<String>,
    /// Whether every flag is asked for as a key.
    pub all_flags: bool,
    /// Where a file is read.
    read_at: Option<Span>,
}

impl Viper {
    /// The variables that a key is looked for in; `None` when it is not.
    pub fn variables(&self, key: &Spanned<String>) -> Option<Vec<Spanned<String>>> {
        let lower = key.value.to_lowercase();
        if let Some(bound) = self.bound.get(&lower) {
            return Some(bound.clone());
        }
        self.automatic.then(|| vec![Spanned::new(self.name(&key.value), key.span)])
    }

    fn name(&self, key: &str) -> String {
        settings::variable(&self.prefix, &self.replaced, key)
    }

    /// What is said here, as names for the other files of the program: they ask the same viper.
    pub fn told(self) -> Vec<(String, Expr)> {
        let general = settings::Said {
            prefix: self.prefix,
            automatic: self.automatic,
            replaced: self.replaced,
            file: self.file,
            unclear: self.unclear,
        };
        let mut names: Vec<(String, Expr)> = general.told().into_iter().collect();
        let of = |names: Vec<Spanned<String>>| Expr::List(names.into_iter().map(Expr::Text).collect());
        names.extend(self.defaults.into_iter().map(|(key, value)| (settings::default_name(&key), value)));
        names.extend(super::koanf::told(self.prefixes));
        names.extend(self.bound.into_iter().map(|(key, names)| (settings::bound_name(&key), of(names))));
        names
    }

    /// The files that are read.
    pub fn loads(&self) -> Vec<Load> {
        let Some(span) = self.read_at.filter(|_| self.file) else { return Vec::new() };
        let (directories, built_in) = (self.directories.clone(), false);
        let alone = |(path, span): &(Expr, Span)| Load {
            path: path.clone(),
            directories: Vec::new(),
            built_in,
            span: *span,
        };
        let mut loads: Vec<Load> = self.files.iter().map(alone).collect();
        if loads.is_empty() {
            let named = |(path, span): &(Expr, Span)| Load {
                path: path.clone(),
                directories: directories.clone(),
                built_in,
                span: *span,
            };
            loads.extend(self.names.iter().map(named));
        }
        if loads.is_empty() && self.dotenv.is_empty() {
            // Without a name it is this one; where nothing is said here, it may be said elsewhere.
            let path = match directories.is_empty() {
                true => Expr::Opaque(span),
                false => Expr::Text(Spanned::new("config".to_string(), span)),
            };
            loads.push(Load { path, directories: directories.clone(), built_in, span });
        }
        if !self.automatic {
            let dotenv = |file: &Spanned<String>| (Expr::Text(file.clone()), file.span);
            loads.extend(
                self.dotenv
                    .iter()
                    .map(|file| Load { directories: directories.clone(), ..alone(&dotenv(file)) }),
            );
        }
        loads
    }

    /// The files of variables, each in every folder where it is looked for.
    fn dotenv_files(&self) -> Vec<Spanned<String>> {
        let mut found = Vec::new();
        for file in &self.dotenv {
            let joined = |path: &String| Path::new(path).join(&file.value).to_string_lossy().into_owned();
            let places = self.paths.iter().filter(|path| !path.contains('$')).map(joined);
            found.extend(places.map(|place| Spanned::new(place, file.span)));
            if self.paths.is_empty() {
                found.push(file.clone());
            }
        }
        found
    }

    /// Whether `Unmarshal` looks for the key at all: variables alone do not make one known.
    pub fn knows(&self, key: &str) -> bool {
        let lower = key.to_lowercase();
        self.defaults.contains_key(&lower) || self.bound.contains_key(&lower) || self.read_file
    }

    /// Whether a configuration file may say otherwise than the defaults.
    pub fn has_file(&self) -> bool {
        self.file
    }

    /// Keeps what a key is when nothing else says it.
    pub fn set_default(&mut self, key: &str, value: Expr) {
        self.defaults.insert(key.to_lowercase(), value);
    }

    /// The value of `SetDefault`, unless a configuration file may come before it.
    pub fn default_of(&self, key: &str) -> Option<&Expr> {
        self.defaults.get(&key.to_lowercase()).filter(|_| !self.file)
    }
}

impl<'t> Reader<'t> {
    /// Looks for what is said to viper anywhere in the file: what it says holds for all of it.
    pub fn look_at_viper(&mut self, root: Node<'t>) {
        if !self.uses("spf13/viper") {
            return;
        }
        descend(root, |at, _| {
            if at.kind() == "call_expression"
                && let Some(callee) = at.child_by_field_name("function")
                && callee.kind() == "selector_expression"
            {
                self.said_to_viper(self.child(callee, "field"), at);
            }
            self.work_left()
        });
        let text: &str = &self.file.text;
        let dotenv = !self.viper.dotenv.is_empty() || text.contains("SetConfigType(\"env\")");
        // Variables stand over a dotenv file as they do over those that libraries load for it alone.
        self.viper.file = self.viper.read_file && !(dotenv && self.viper.automatic);
        if self.viper.automatic {
            self.viper.dotenv_files().into_iter().for_each(|file| self.dotenv(file));
        }
    }

    fn said_to_viper(&mut self, method: &str, node: Node<'t>) {
        let (arguments, _) = self.arguments(node);
        let mut text = |at: usize| arguments.get(at).and_then(|argument| self.literal(*argument));
        match method {
            "SetEnvPrefix" => match text(0) {
                Some(prefix) => self.viper.prefix = prefix.value,
                None => self.viper.unclear = true,
            },
            "AutomaticEnv" => self.viper.automatic = true,
            "AddConfigPath" => {
                let path = text(0);
                self.viper.paths.extend(path.map(|path| path.value));
            }
            "SetEnvKeyReplacer" => {
                // `strings.NewReplacer(".", "_", "-", "_")`
                let inner = arguments.first().map(|inner| self.arguments(*inner).0).unwrap_or_default();
                let texts: Vec<String> =
                    inner.iter().filter_map(|part| self.literal(*part)).map(|text| text.value).collect();
                let pairs = texts.chunks_exact(2).map(|pair| format!("{}\n", pair.join("\t")));
                self.viper.replaced = pairs.collect();
            }
            "ReadInConfig" | "MergeInConfig" => {
                self.viper.read_file = true;
            }
            "SetConfigFile" | "SetConfigName" => {
                if let Some(mut name) = text(0) {
                    let named = name.value.ends_with(".env");
                    if named || self.file.text.contains("SetConfigType(\"env\")") {
                        if !named && method == "SetConfigName" {
                            name.value.push_str(".env");
                        }
                        self.viper.dotenv.push(name);
                    }
                }
            }
            "SetDefault" => {
                if let (Some(key), Some(value)) = (text(0), arguments.get(1)) {
                    let value = self.silently(|reader| reader.expr(*value));
                    self.viper.defaults.insert(key.value.to_lowercase(), value);
                }
            }
            "BindPFlag" => {
                // `viper.BindPFlag("addr", cmd.Flags().Lookup("addr"))`
                let Some(key) = text(0) else { return };
                let asked = arguments.get(1).copied().filter(|asked| asked.kind() == "call_expression");
                let asked = asked.and_then(|asked| self.arguments(asked).0.first().copied());
                let Some(flag) = asked.and_then(|name| self.literal(name)) else { return };
                let kept = Spanned::new(super::flags::kept_name(&flag.value), flag.span);
                self.viper.set_default(&key.value, Expr::Own(kept));
            }
            "BindPFlags" => self.viper.all_flags = true,
            "BindEnv" => {
                let names: Vec<Spanned<String>> = (1..arguments.len().min(8)).filter_map(&mut text).collect();
                let Some(key) = text(0) else { return };
                let names = match names.is_empty() {
                    true => vec![Spanned::new(self.viper.name(&key.value), key.span)],
                    false => names,
                };
                self.viper.bound.insert(key.value.to_lowercase(), names);
            }
            _ => {}
        }
    }

    /// `viper.GetString("db.host")`
    pub fn viper_call(&mut self, name: &str, arguments: &[Node<'t>], span: Span) -> Option<Expr> {
        let method = name.rsplit('.').next().unwrap_or(name);
        if method == "New" || method == "GetViper" {
            return None;
        }
        self.viper_file(method, arguments, span);
        let kind = method.strip_prefix("Get")?;
        let key = self.literal(*arguments.first()?)?;
        let opaque = Some(Expr::Opaque(span));
        // What is not said here may be said elsewhere in the program.
        let elsewhere = Expr::Lookup(Box::new(LookupExpr {
            key: Expr::Text(key.clone()),
            default: None,
            required: false,
            span,
        }));
        let value = match self.viper.variables(&key) {
            Some(names) => {
                let mut names = names.into_iter();
                let Some(first) = names.next() else { return opaque };
                let default = self.viper.default_of(&key.value).cloned().unwrap_or(elsewhere);
                let made = read(Expr::Text(first), Some(default), false, span);
                let Expr::Read(made) = made else { return opaque };
                // viper takes what is blank for unset.
                let aliases = names.map(|name| name.value).collect();
                Expr::Read(Box::new(ReadExpr { aliases, blank: Blank::Unset, ..*made }))
            }
            None => elsewhere,
        };
        let method = match kind {
            "Int" | "Int32" | "Int64" | "Uint" | "Float64" => Method::Number,
            "Bool" => Method::Flag,
            "StringSlice" => Method::Split(None, None),
            _ => return Some(value),
        };
        Some(Expr::Method(Box::new(value), Box::new(method)))
    }

    /// `viper.SetConfigName("config")`, `viper.AddConfigPath(".")`, `viper.ReadInConfig()`
    fn viper_file(&mut self, method: &str, arguments: &[Node<'t>], span: Span) {
        if !self.notes.recording {
            return;
        }
        let mut first = || arguments.first().map(|argument| self.expr(*argument));
        let new = |known: &[(Expr, Span)]| known.iter().all(|(_, known)| *known != span);
        match method {
            "SetConfigName" => {
                let name = first();
                let known = new(&self.viper.names);
                self.viper.names.extend(name.filter(|_| known).map(|name| (name, span)));
            }
            "SetConfigFile" => {
                let name = first();
                let known = new(&self.viper.files);
                self.viper.files.extend(name.filter(|_| known).map(|name| (name, span)));
            }
            "AddConfigPath" => {
                let directory = first();
                let known = directory.as_ref().is_some_and(|it| self.viper.directories.contains(it));
                self.viper.directories.extend(directory.filter(|_| !known));
            }
            "ReadInConfig" | "MergeInConfig" => self.viper.read_at = Some(span),
            _ => {}
        }
    }

    /// `&cli.StringFlag{Name: …, Value: …, EnvVars: []string{…}}` of urfave/cli: a variable behind a flag.
    pub fn flag(&mut self, node: Node<'t>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        let fields = self.keyed(body);
        let get = |name: &str| fields.iter().find(|(field, _)| field.value == name).map(|(_, value)| value);
        let named = match (get("EnvVars"), get("EnvVar"), get("Sources")) {
            (Some(value), ..) => Some(value.clone()),
            (None, Some(value), _) => Some(value.clone()),
            _ => None,
        };
        let named = named.or_else(|| self.sources_of(body));
        let names: Vec<Spanned<String>> = match named.as_ref().map(Expr::peel) {
            Some(Expr::List(items)) => items
                .iter()
                .filter_map(|item| match item.peel() {
                    Expr::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            Some(Expr::Text(text)) => vec![text.clone()],
            _ => Vec::new(),
        };
        let span = self.span(node);
        let default = get("Value").cloned();
        let mut names = names.into_iter();
        let Some(name) = names.next() else {
            let _ = self.cli_flag(body, default, span);
            return;
        };
        let Expr::Read(made) = read(Expr::Text(name.clone()), default, false, span) else { return };
        let aliases = names.map(|name| name.value).collect();
        let expression = Expr::Read(Box::new(ReadExpr { aliases, blank: Blank::Unset, ..*made }));
        let required = false;
        let expression = self.cli_flag(body, Some(expression.clone()), span).unwrap_or(expression);
        self.note_read(crate::programs::Read { name, expression, required, held: None, span });
    }

    /// `Sources: cli.EnvVars("A", "B")`
    fn sources_of(&mut self, body: Node<'t>) -> Option<Expr> {
        let pairs = crate::programs::reading::parts(body);
        let sources = pairs
            .into_iter()
            .find(|pair| pair.child_by_field_name("key").is_some_and(|key| self.text(key) == "Sources"))?;
        let call = crate::programs::reading::parts(sources.child_by_field_name("value")?).first().copied()?;
        let called = call.kind() == "call_expression" && self.child(call, "function").ends_with("EnvVars");
        let (arguments, _) = self.arguments(call);
        called.then(|| Expr::List(arguments.into_iter().map(|argument| self.expr(argument)).collect()))
    }
}
