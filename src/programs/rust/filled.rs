//! Structs that libraries fill from the environment: clap, envy, config, figment.

use tree_sitter::Node;

use super::defaults::Defaults;
use super::filed;
use super::reader::Reader;
use crate::programs::reading::{flag, parts};
use crate::programs::{Blank, CallExpr, Expr, Method, Read, ReadExpr};
use crate::source::{Span, Spanned};

/// How code names the files that a library loads for it.
const BY_LIBRARY: [&str; 6] =
    ["::with_name(", "File::from(", "File::new(", "Toml::file", "Yaml::file", "Json::file"];

/// Structs within structs are followed only this deep.
const MAX_NESTED: usize = 6;

/// A field of a struct, with what stands in the attributes above it.
pub(super) struct Field<'t> {
    pub name: Spanned<String>,
    pub kind: Node<'t>,
    pub attributes: Vec<Node<'t>>,
}

/// A field, what it holds, and the variable that fills it with whether that must be there.
type Filled = (Spanned<String>, Expr, Option<(Spanned<String>, bool)>);

/// How a library names the variables of fields.
#[derive(Clone, Debug, PartialEq)]
struct Naming {
    prefix: String,
    /// What stands between the names of structs within each other; `None` where they are not looked into.
    separator: Option<String>,
    /// A file or a default elsewhere may say otherwise.
    open: bool,
    /// No variable says it, only a file.
    silent: bool,
    /// What the library is told for when nothing else says a field, by its path.
    defaults: Defaults,
}

/// A value as a field of this type holds it.
pub(super) fn typed(value: Expr, kind: &str) -> Expr {
    let inner = kind.strip_prefix("Option<").map_or(kind, |inner| inner.trim_end_matches('>'));
    let method = match inner {
        "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => Method::Number,
        "bool" => Method::Flag,
        "Vec<String>" => Method::Split(Some(",".to_string()), None),
        _ => return value,
    };
    Expr::Method(Box::new(value), Box::new(method))
}

impl<'t> Reader<'t> {
    fn fields_of(&self, body: Node<'t>) -> Vec<Field<'t>> {
        let mut out = Vec::new();
        let mut attributes = Vec::new();
        for part in parts(body).into_iter().take(400) {
            match part.kind() {
                "attribute_item" => attributes.push(part),
                "field_declaration" => {
                    if let (Some(name), Some(kind)) =
                        (part.child_by_field_name("name"), part.child_by_field_name("type"))
                    {
                        let attributes = std::mem::take(&mut attributes);
                        out.push(Field { name: self.spanned(name), kind, attributes });
                    }
                }
                _ => {}
            }
        }
        out
    }

    /// The fields of a struct of the file, each with the name of its type.
    pub fn typed_fields(&self, name: &str) -> Vec<(Spanned<String>, String)> {
        let Some((body, _)) = self.structs.get(name) else { return Vec::new() };
        let fields = self.fields_of(*body).into_iter();
        fields.map(|field| (field.name, self.type_name(Some(field.kind)))).collect()
    }

    /// Whether a library fills the struct from the environment.
    pub fn is_filled(&self, name: &str) -> bool {
        let Some((body, attributes)) = self.structs.get(name) else { return false };
        self.naming(name, attributes).is_some()
            || self
                .fields_of(*body)
                .iter()
                .any(|field| self.argument_of(field).is_some() || !self.flags_of(field).is_empty())
    }

    /// What the last call of a library gives that fills a struct: `settings.try_deserialize::<Settings>()`.
    pub fn filled_by(&self, library: &str, method: &str, node: Node<'t>) -> Option<Expr> {
        let package = library.split('.').next().unwrap_or(library);
        let last = match package {
            "config" => matches!(method, "try_deserialize" | "try_into" | "deserialize"),
            "figment" => matches!(method, "extract"),
            "envy" => method == "from_env",
            "toml" | "basic_toml" | "serde_yaml" | "serde_yml" | "serde_json" => true,
            "deser_hjson" | "json5" | "serde_json5" => true,
            _ => false,
        };
        let name = last.then(|| self.wanted_type(node)).flatten()?;
        if !self.structs.contains_key(&name) {
            return self.filled_elsewhere(package, &name, self.span(node));
        }
        self.is_filled(&name).then(|| {
            let callee = Expr::Own(Spanned::new(name, self.span(node)));
            Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span: self.span(node) }))
        })
    }

    /// The struct of the file that an expression is to give: what is written in it, the type of the variable that
    /// it is bound to, or that of the function around it.
    fn wanted_type(&self, node: Node<'t>) -> Option<String> {
        let named = |text: &str| -> Option<String> {
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.find_map(|word| match word {
                "Self" => self.this.clone(),
                word => {
                    (self.structs.contains_key(word) || self.is_elsewhere(word)).then(|| word.to_string())
                }
            })
        };
        let written =
            node.child_by_field_name("function").filter(|function| function.kind() == "generic_function");
        if let Some(arguments) = written.and_then(|function| function.child_by_field_name("type_arguments")) {
            return named(self.text(arguments));
        }
        let mut at = node;
        for _ in 0..24 {
            at = at.parent()?;
            match at.kind() {
                "let_declaration" => {
                    if let Some(kind) = at.child_by_field_name("type") {
                        return named(self.text(kind));
                    }
                }
                "function_item" => return named(self.text(at.child_by_field_name("return_type")?)),
                _ => {}
            }
        }
        None
    }

    /// A record of what the fields hold once a library has filled them.
    pub fn filled_record(&mut self, name: &str, body: Node<'t>, attributes: &str) -> Expr {
        let naming = self.naming(name, attributes);
        let fields = self.filled_fields(body, naming.as_ref(), ("", ""), 0);
        Expr::Record(fields.into_iter().map(|(field, value, _)| (field, value)).collect())
    }

    /// Notes the reads of a struct that a library fills.
    pub fn note_filled(&mut self, node: Node<'t>, attributes: &str) {
        let name = self.child(node, "name").to_string();
        let Some(body) = node.child_by_field_name("body") else { return };
        let naming = self.naming(&name, attributes);
        for (field, value, read) in self.filled_fields(body, naming.as_ref(), ("", ""), 0) {
            self.note_field(field, value, read);
        }
    }

    fn note_field(
        &mut self,
        field: Spanned<String>,
        expression: Expr,
        read: Option<(Spanned<String>, bool)>,
    ) {
        let Some((name, required)) = read else {
            // A struct within the struct.
            let inner = match expression.peel() {
                Expr::Merge(laid) => laid.last().map(Expr::peel),
                other => Some(other),
            };
            if let Some(Expr::Record(fields)) = inner {
                for (inner, value) in fields.clone() {
                    let read = crate::programs::reading::read_within(&value).cloned();
                    let read = read.and_then(|read| match read.name.peel() {
                        Expr::Text(name) => Some((name.clone(), read.required)),
                        _ => None,
                    });
                    self.note_field(inner, value, read);
                }
            }
            return;
        };
        let (held, span) = (Some(field.value.clone()), field.span);
        self.notes.read(Read { name, expression, required, held, span }, self.names.path());
    }

    fn filled_fields(
        &mut self,
        body: Node<'t>,
        naming: Option<&Naming>,
        (before, path): (&str, &str),
        depth: usize,
    ) -> Vec<Filled> {
        let mut out = Vec::new();
        for field in self.fields_of(body) {
            let kind = self.text(field.kind);
            let optional = kind.starts_with("Option<");
            let span = field.name.span;
            if let Some((name, default)) = self.argument_of(&field) {
                // The command may give clap's as well; those of subcommands need not be asked for at all.
                let attributes = self.attributes(&field);
                let must = attributes.contains("#[envconfig(")
                    || self.is_whole_command(body) && !attributes.contains("required") && is_one(kind);
                let required = must && !optional && default.is_none();
                let value = self.read_of(name.clone(), default, required, false, kind, span);
                let flags = self.flags_of(&field);
                let value = if flags.is_empty() { value } else { flag(flags, Some(value), span) };
                out.push((field.name, value, Some((name, required))));
                continue;
            }
            let flags = self.flags_of(&field);
            if !flags.is_empty() {
                // Without a variable, only the command and the default say it.
                let default = self.default_of(&field);
                out.push((field.name, flag(flags, default, span), None));
                continue;
            }
            let own = self.renamed(&field);
            let Some(naming) = naming else {
                let value = self.decoded_field(&field, &own, body);
                out.push((field.name, value, None));
                continue;
            };
            let of_type = self.type_name(Some(field.kind));
            let inner = self.structs.get(of_type.as_str()).cloned();
            if let Some((inner, _)) = inner {
                let flat = self.attributes(&field).contains("flatten");
                let before = match (&naming.separator, flat) {
                    (_, true) => before.to_string(),
                    (Some(separator), false) => format!("{before}{own}{separator}"),
                    (None, false) => {
                        out.push((field.name, Expr::Opaque(span), None));
                        continue;
                    }
                };
                let fields = match depth < MAX_NESTED {
                    true => {
                        let path = if flat { path.to_string() } else { format!("{path}{own}.") };
                        self.filled_fields(inner, Some(naming), (&before, &path), depth + 1)
                    }
                    false => Vec::new(),
                };
                let record = fields.into_iter().map(|(field, value, _)| (field, value)).collect();
                // Its methods are those of its type.
                let callee = Expr::Own(Spanned::new(of_type, span));
                let methods = Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }));
                out.push((field.name, Expr::Merge(vec![methods, Expr::Record(record)]), None));
                continue;
            }
            let name = Spanned::new(format!("{}{before}{own}", naming.prefix).to_uppercase(), span);
            let told =
                naming.defaults.of(&format!("{path}{own}")).or_else(|| self.told_default(&field, body));
            let default = match naming.open {
                true => {
                    let required = told.is_none() && !optional;
                    Some(filed::setting(&format!("{path}{own}"), told, required, span))
                }
                false => told,
            };
            if naming.silent {
                let value = default.unwrap_or(Expr::Opaque(span));
                out.push((field.name, typed(value, kind), None));
                continue;
            }
            let required = default.is_none() && !optional;
            let value = self.read_of(name.clone(), default, required, true, kind, span);
            out.push((field.name, value, Some((name, required))));
        }
        out
    }

    fn read_of(
        &self,
        name: Spanned<String>,
        default: Option<Expr>,
        required: bool,
        ignore_case: bool,
        kind: &str,
        span: Span,
    ) -> Expr {
        let read = Expr::Read(Box::new(ReadExpr {
            name: Expr::Text(name),
            aliases: Vec::new(),
            ignore_case,
            default,
            blank: Blank::Kept,
            required,
            span,
        }));
        typed(read, kind)
    }

    /// Whether the struct of these fields is what `Args::parse()` gives.
    fn is_whole_command(&self, body: Node<'t>) -> bool {
        let mut above = body.parent().and_then(|item| item.prev_sibling());
        for _ in 0..16 {
            let Some(attribute) = above.filter(|node| node.kind() != "struct_item") else { return false };
            if attribute.kind() == "attribute_item" && self.text(attribute).contains("Parser") {
                return true;
            }
            above = attribute.prev_sibling();
        }
        false
    }

    pub fn attributes(&self, field: &Field<'t>) -> String {
        field.attributes.iter().map(|attribute| self.text(*attribute)).collect()
    }

    /// `#[arg(long, env = "NAME", default_value = "…")]`, `#[clap(env)]`
    fn argument_of(&self, field: &Field<'t>) -> Option<(Spanned<String>, Option<Expr>)> {
        for attribute in &field.attributes {
            let text = self.text(*attribute);
            if text.starts_with("#[envconfig(")
                && let Some(name) = self.value_in(*attribute, "from")
            {
                return Some((name, self.value_in(*attribute, "default").map(Expr::Text)));
            }
            let known = ["#[arg(", "#[clap(", "#[structopt("].iter().any(|start| text.starts_with(start));
            if !known {
                continue;
            }
            let named = self.value_in(*attribute, "env").map(Some).or_else(|| {
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.into_iter().any(|word| word == "env").then_some(None)
            });
            let Some(named) = named else { continue };
            let name =
                named.unwrap_or_else(|| Spanned::new(field.name.value.to_uppercase(), field.name.span));
            return Some((name, self.default_in(*attribute)));
        }
        None
    }

    /// `default_value = "…"`, `default_value_t = 8080`
    fn default_in(&self, attribute: Node<'t>) -> Option<Expr> {
        let text = self.text(attribute);
        let default = self.value_in(attribute, "default_value").map(Expr::Text);
        default.or_else(|| {
            let (_, rest) = text.split_once("default_value_t")?;
            let value = rest.trim_start_matches([' ', '=']).split([',', ')']).next()?.trim();
            let number = value.chars().next()?.is_ascii_digit();
            let span = self.span(attribute);
            Some(match number {
                true => Expr::Number(Spanned::new(value.replace('_', ""), span)),
                false => Expr::Opaque(span),
            })
        })
    }

    fn default_of(&self, field: &Field<'t>) -> Option<Expr> {
        field.attributes.iter().find_map(|attribute| self.default_in(*attribute))
    }

    /// How clap lets the command give a field: `#[arg(short, long = "url")]`.
    fn flags_of(&self, field: &Field<'t>) -> Vec<String> {
        let mut names = Vec::new();
        for attribute in &field.attributes {
            let text = self.text(*attribute);
            if !["#[arg(", "#[clap(", "#[structopt("].iter().any(|start| text.starts_with(start)) {
                continue;
            }
            let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            if words.contains(&"long") {
                let named = self.value_in(*attribute, "long").map(|name| name.value);
                names.push(format!("--{}", named.unwrap_or_else(|| field.name.value.replace('_', "-"))));
            }
            if words.contains(&"short") {
                let (_, rest) = text.split_once("short").unwrap_or(("", ""));
                let told = rest.trim_start().strip_prefix('=').map(str::trim_start);
                let letter = told.and_then(|told| told.trim_start_matches(['\'', '"']).chars().next());
                names.extend(letter.or_else(|| field.name.value.chars().next()).map(|c| format!("-{c}")));
            }
        }
        names
    }

    /// The text that a key is given in an attribute; the span is the text between the quotes.
    pub fn value_in(&self, attribute: Node<'t>, key: &str) -> Option<Spanned<String>> {
        let text = self.text(attribute);
        let mut from = 0;
        while let Some(at) = text.get(from..)?.find(key).map(|at| from + at) {
            from = at + key.len();
            let before = text.get(..at).and_then(|before| before.chars().last());
            let rest = text.get(from..)?;
            let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            if let Some(value) = value.and_then(|value| value.strip_prefix('"')) {
                let end = value.find('"')?;
                let start = text.len() - value.len();
                let place = attribute.start_byte() + start;
                return Some(Spanned::new(
                    value.get(..end)?.to_string(),
                    self.file.slice(place, place + end),
                ));
            }
        }
        None
    }

    /// How the file fills the struct, if it does.
    fn naming(&self, name: &str, attributes: &str) -> Option<Naming> {
        let text: &str = &self.file.text;
        if !attributes.contains("Deserialize") {
            return None;
        }
        let meant = |verbs: &[&str]| {
            let several =
                self.structs.values().filter(|(_, attributes)| attributes.contains("Deserialize")).count();
            let named = verbs.iter().any(|verb| text.contains(&format!("{verb}::<{name}>")));
            let told = [format!("Result<{name}"), format!("-> {name}"), format!(": {name} =")];
            let this = self.outermost(name);
            named
                || several == 1
                || this && (told.iter().any(|sign| text.contains(sign)) || text.contains("Result<Self"))
        };
        let literal = |call: &str| {
            let (_, rest) = text.split_once(call)?;
            rest.strip_prefix('"')?.split('"').next().map(str::to_string)
        };
        if text.contains("envy::") && meant(&["from_env"]) {
            let prefix = literal("envy::prefixed(").unwrap_or_default();
            return Some(Naming {
                prefix,
                separator: None,
                open: false,
                silent: false,
                defaults: Defaults::None,
            });
        }
        if text.contains("Environment::")
            && meant(&["try_deserialize", "try_into", "deserialize"])
            && self.outermost(name)
        {
            let prefix = literal("Environment::with_prefix(").or_else(|| literal(".prefix("));
            let separator = literal(".separator(");
            let between = literal(".prefix_separator(")
                .or_else(|| separator.clone())
                .unwrap_or_else(|| "_".to_string());
            let prefix = prefix.filter(|prefix| !prefix.is_empty());
            let prefix = prefix.map_or_else(String::new, |prefix| format!("{prefix}{between}"));
            return Some(Naming {
                prefix,
                separator: Some(separator.unwrap_or_else(|| ".".to_string())),
                open: true,
                silent: false,
                defaults: Defaults::Told(self.told_defaults()),
            });
        }
        if text.contains("figment") && text.contains("Env::") && meant(&["extract"]) && self.outermost(name) {
            let prefix = literal("Env::prefixed(").unwrap_or_default();
            let defaults = self.serialized_defaults();
            return Some(Naming {
                prefix,
                separator: literal(".split("),
                open: true,
                silent: false,
                defaults,
            });
        }
        let by_library =
            text.contains("config::") && text.contains("deserialize") || text.contains("figment");
        let made =
            meant(&["try_deserialize", "try_into", "extract", "from_str", "from_reader", "from_slice"]);
        let filed = filed::decodes(text) || by_library && BY_LIBRARY.iter().any(|sign| text.contains(sign));
        (filed && made && self.outermost(name)).then(|| Naming {
            prefix: String::new(),
            separator: Some(".".to_string()),
            open: true,
            silent: true,
            defaults: Defaults::Told(self.told_defaults()),
        })
    }

    /// Whether no other struct of the file has a field of this type.
    fn outermost(&self, name: &str) -> bool {
        !self.structs.iter().any(|(other, (body, _))| {
            other != name
                && self.fields_of(*body).iter().any(|field| self.type_name(Some(field.kind)) == name)
        })
    }
}

/// Whether a field of this type has to be given: not a flag, and not a list.
fn is_one(kind: &str) -> bool {
    kind != "bool" && !kind.starts_with("Vec<")
}
