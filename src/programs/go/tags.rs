//! Structs that libraries fill from the environment, as their tags say: caarlos0/env, envconfig (two of
//! them), cleanenv, envdecode, viper's `mapstructure`.

use std::collections::HashMap;

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::read;
use crate::programs::reading::{fields, flag, parts};
use crate::programs::{Blank, Expr, Method, Read, ReadExpr};
use crate::source::Spanned;

/// Structs within structs are followed only this deep.
const MAX_NESTED: usize = 6;

/// A field of a struct.
pub(super) struct Field<'t> {
    /// Its name; of an embedded struct, that of the type.
    pub name: Spanned<String>,
    /// Its type, without the star of a pointer.
    pub kind: Node<'t>,
    pub embedded: bool,
    pub tag: Option<Spanned<String>>,
}

/// What a tag says of a variable.
struct Tagged {
    names: Vec<Spanned<String>>,
    default: Option<Expr>,
    required: bool,
    blank: Blank,
}

impl<'t> Reader<'t> {
    /// The fields of a struct type.
    pub fn fields_of(&mut self, body: Node<'t>) -> Vec<Field<'t>> {
        let declarations = parts(body).into_iter().flat_map(parts).take(300);
        let mut out = Vec::new();
        for declaration in declarations.filter(|part| part.kind() == "field_declaration") {
            let Some(mut kind) = declaration.child_by_field_name("type") else { continue };
            if kind.kind() == "pointer_type" {
                kind = parts(kind).first().copied().unwrap_or(kind);
            }
            let tag = declaration.child_by_field_name("tag").and_then(|tag| self.literal(tag));
            let names = fields(declaration, "name");
            if names.is_empty() {
                let name = self.spanned(kind);
                let name = Spanned::new(name.value.rsplit('.').next().unwrap_or("").to_string(), name.span);
                out.push(Field { name, kind, embedded: true, tag });
                continue;
            }
            for name in names {
                out.push(Field { name: self.spanned(name), kind, embedded: false, tag: tag.clone() });
            }
        }
        out
    }

    /// Whether a library fills the struct from the environment.
    pub fn is_tagged(&mut self, body: Node<'t>) -> bool {
        let words =
            ["env:\"", "envconfig:\"", "envPrefix:\"", "env-default:\"", "mapstructure:\"", "split_words:\""];
        self.fields_of(body).iter().any(|field| {
            field.tag.as_ref().is_some_and(|tag| words.iter().any(|word| tag.value.contains(word)))
        })
    }

    /// The prefixes under which structs of the file are filled: what `envconfig.Process` is told, and for the
    /// structs within others, what those say.
    pub fn prefixes(&mut self) -> HashMap<String, String> {
        let mut known: HashMap<String, String> = HashMap::new();
        let prefix = self.processed().unwrap_or_default();
        let structs: Vec<(String, Node<'t>)> =
            self.structs.iter().map(|(name, body)| (name.clone(), *body)).collect();
        let mut inner: Vec<(String, String, String)> = Vec::new();
        for (name, body) in &structs {
            for field in self.fields_of(*body) {
                let kind = self.text(field.kind).to_string();
                if self.structs.contains_key(&kind) && kind != *name {
                    inner.push((name.clone(), kind, self.prefix_of(&field)));
                }
            }
        }
        for (name, _) in &structs {
            if !inner.iter().any(|(_, kind, _)| kind == name) {
                known.insert(name.clone(), prefix.clone());
            }
        }
        for _ in 0..MAX_NESTED {
            for (whole, kind, own) in &inner {
                if let Some(outer) = known.get(whole)
                    && !known.contains_key(kind)
                {
                    known.insert(kind.clone(), format!("{outer}{own}"));
                }
            }
        }
        known
    }

    /// What the names of the variables of a field's struct begin with.
    fn prefix_of(&self, field: &Field<'t>) -> String {
        let tag = field.tag.as_ref().map_or("", |tag| tag.value.as_str());
        if let Some(prefix) = value_of(tag, "envPrefix").or_else(|| value_of(tag, "env-prefix")) {
            return prefix.to_string();
        }
        let env = value_of(tag, "env").unwrap_or("");
        if let Some(prefix) = env.split(',').find_map(|part| part.trim().strip_prefix("prefix=")) {
            return prefix.to_string();
        }
        if self.uses("spf13/viper") {
            let key = value_of(tag, "mapstructure").unwrap_or("");
            let name = key.split(',').next().filter(|name| !name.is_empty());
            let name = name.map_or_else(|| field.name.value.to_lowercase(), str::to_string);
            return if key.contains("squash") { String::new() } else { format!("{name}.") };
        }
        if self.is_envconfig() && !field.embedded {
            let name = value_of(tag, "envconfig").filter(|name| !name.is_empty());
            let name = name.map_or_else(|| words_of(&field.name.value, tag), str::to_string);
            return format!("{}_", name.to_ascii_uppercase());
        }
        String::new()
    }

    /// A record of what the fields hold once the library has filled them; fields that none fills hold
    /// nothing. `prefix` is what the names of their variables begin with, `path` what their keys in a file do.
    pub fn record_of(&mut self, body: Node<'t>, prefix: &str, path: &str, depth: usize) -> Expr {
        if depth > MAX_NESTED {
            return Expr::Record(Vec::new());
        }
        let mut embedded = Vec::new();
        let mut record = Vec::new();
        for field in self.fields_of(body) {
            let inner = format!("{prefix}{}", self.prefix_of(&field));
            let value = match self.tagged(&field, prefix) {
                Some(tagged) if self.uses("spf13/viper") => {
                    let value = self.tagged_read(&field, &tagged);
                    // Where no file is read, the variable and its default are all there is.
                    match self.viper.has_file() {
                        true => self.filed(&field, (&inner, path), depth, value),
                        false => value,
                    }
                }
                Some(mut tagged) => {
                    tagged.default = self.filed_default(&field, path, tagged.default.take());
                    self.tagged_read(&field, &tagged)
                }
                None => {
                    let value = self.untagged(&field, prefix, path, depth);
                    self.filed(&field, (&inner, path), depth, value)
                }
            };
            if field.embedded && matches!(field.kind.kind(), "type_identifier" | "qualified_type") {
                embedded.push(value.clone());
            }
            record.push((field.name, value));
        }
        match embedded.is_empty() {
            true => Expr::Record(record),
            false => {
                embedded.push(Expr::Record(record));
                Expr::Merge(embedded)
            }
        }
    }

    fn untagged(&mut self, field: &Field<'t>, prefix: &str, path: &str, depth: usize) -> Expr {
        if field.kind.kind() == "struct_type" {
            let inner = format!("{prefix}{}", self.prefix_of(field));
            return self.record_of(field.kind, &inner, path, depth + 1);
        }
        // What a decoder fills from a file may be anything.
        let decoded = ["mapstructure", "yaml", "toml", "koanf", "hcl"];
        let tag = field.tag.as_ref().map_or("", |tag| tag.value.as_str());
        if !self.structs.contains_key(self.text(field.kind))
            && decoded.iter().any(|key| value_of(tag, key).is_some())
        {
            return Expr::Opaque(field.name.span);
        }
        self.zero(Some(field.kind))
    }

    fn tagged_read(&mut self, field: &Field<'t>, tagged: &Tagged) -> Expr {
        let mut names = tagged.names.iter().cloned();
        let span = field.tag.as_ref().map_or(field.name.span, |tag| tag.span);
        let tag = field.tag.as_ref().map_or("", |tag| tag.value.as_str());
        let flags = self.flags_of_tag(&field.name.value, tag);
        let default = tagged.default.clone();
        let Some(name) = names.next() else { return Expr::Opaque(span) };
        let required = tagged.required && default.is_none();
        let value = match read(Expr::Text(name), default, required, span) {
            Expr::Read(read) => Expr::Read(Box::new(ReadExpr {
                aliases: names.map(|name| name.value).collect(),
                blank: tagged.blank,
                ..*read
            })),
            other => other,
        };
        // The command line comes before the variable.
        let value = if flags.is_empty() { value } else { flag(flags, Some(value), span) };
        match self.text(field.kind) {
            "[]string" => Expr::Method(Box::new(value), Box::new(Method::Split(Some(",".to_string()), None))),
            "int" | "int32" | "int64" | "uint" | "uint16" | "uint32" => {
                Expr::Method(Box::new(value), Box::new(Method::Number))
            }
            "bool" => Expr::Method(Box::new(value), Box::new(Method::Flag)),
            _ => value,
        }
    }

    /// Notes the reads of a struct type, and of those written out within it.
    pub fn note_tags(&mut self, declared: Node<'t>) {
        let name = self.child(declared, "name").to_string();
        let Some(body) = declared.child_by_field_name("type").filter(|body| body.kind() == "struct_type")
        else {
            return;
        };
        let prefix = self.prefixes().remove(&name).unwrap_or_default();
        self.note_fields(body, &prefix, 0);
    }

    fn note_fields(&mut self, body: Node<'t>, prefix: &str, depth: usize) {
        if depth > MAX_NESTED {
            return;
        }
        for field in self.fields_of(body) {
            if let Some(tagged) = self.tagged(&field, prefix) {
                let expression = self.tagged_read(&field, &tagged);
                let span = field.tag.as_ref().map_or(field.name.span, |tag| tag.span);
                let required = tagged.required && tagged.default.is_none();
                if let Some(name) = tagged.names.first().cloned() {
                    let held = Some(field.name.value.clone());
                    self.note_read(Read { name, expression, required, held, span });
                }
            } else if field.kind.kind() == "struct_type" {
                let inner = format!("{prefix}{}", self.prefix_of(&field));
                self.note_fields(field.kind, &inner, depth + 1);
            }
        }
    }

    fn is_envconfig(&self) -> bool {
        self.uses("kelseyhightower/envconfig") || self.uses("vrischmann/envconfig")
    }

    /// The variable that fills a field; `None` when none does.
    fn tagged(&mut self, field: &Field<'t>, prefix: &str) -> Option<Tagged> {
        let place = field.tag.as_ref().map_or(field.name.span, |tag| tag.span);
        let tag = field.tag.clone().unwrap_or_else(|| Spanned::new(String::new(), place));
        let at = |text: &str| spanned_in(&tag, text);
        if let Some(written) = value_of(&tag.value, "env") {
            return self.env_tag(&tag, written, prefix);
        }
        if self.uses("spf13/viper") {
            let key = value_of(&tag.value, "mapstructure").filter(|key| !key.starts_with(','));
            let name = key.map_or_else(|| field.name.value.to_lowercase(), str::to_string);
            let of_struct =
                field.kind.kind() == "struct_type" || self.structs.contains_key(self.text(field.kind));
            return if of_struct { None } else { self.viper_field(&name, prefix, &tag) };
        }
        // `arg:"--dsn,env:DSN"`
        let by_arg = value_of(&tag.value, "arg").filter(|_| self.uses("alexflint/go-arg"));
        if let Some(told) = by_arg {
            let (_, rest) = told.split_once("env")?;
            let name = rest.strip_prefix(':').map(|rest| rest.split(',').next().unwrap_or(rest));
            let upper = field.name.value.to_uppercase();
            let name = name.map_or_else(|| Spanned::new(upper, place), at);
            let default = value_of(&tag.value, "default").map(at).map(Expr::Text);
            let required = told.split(',').any(|part| part == "required");
            return Some(Tagged { names: vec![name], default, required, blank: Blank::Kept });
        }
        let scalar = !matches!(field.kind.kind(), "struct_type")
            && !self.structs.contains_key(self.text(field.kind))
            && !field.embedded;
        let written = value_of(&tag.value, "envconfig");
        if !scalar || written == Some("-") || value_of(&tag.value, "ignored") == Some("true") {
            return None;
        }
        let name = match written.filter(|name| !name.is_empty()) {
            Some(name) => name.split(',').next().unwrap_or(name).to_string(),
            None if self.is_envconfig() && self.processed().is_some() => {
                words_of(&field.name.value, &tag.value)
            }
            None => return None,
        };
        let full = format!("{prefix}{name}").to_ascii_uppercase();
        let mut names =
            vec![Spanned::new(full.clone(), written.map_or(field.name.span, |name| at(name).span))];
        // A name that a tag gives is also looked for without the prefix.
        if written.is_some() && full != name.to_ascii_uppercase() {
            names.push(at(&name.to_ascii_uppercase()));
        }
        let default = value_of(&tag.value, "default").filter(|default| !default.is_empty()).map(at);
        let default = default.map(Expr::Text);
        let required = value_of(&tag.value, "required") == Some("true");
        Some(Tagged { names, default, required, blank: Blank::Kept })
    }

    /// `env:"NAME,required" envDefault:"…"`, `env:"NAME, default=…"`, `env:"A,B" env-default:"…"`
    fn env_tag(&mut self, tag: &Spanned<String>, written: &str, prefix: &str) -> Option<Tagged> {
        let at = |text: &str| spanned_in(tag, text);
        let cleanenv = self.uses("cleanenv") || tag.value.contains("env-");
        let mut parts = written.split(',').map(str::trim);
        let first = parts.next().filter(|name| !name.is_empty() && *name != "-")?;
        let mut names = vec![at(first)];
        let mut default = value_of(&tag.value, "envDefault").map(at);
        let mut required = value_of(&tag.value, "env-required") == Some("true");
        let inline = written.split_once("default=").map(|(_, default)| default);
        for part in parts {
            match part {
                "required" | "strict" | "notEmpty" => required = true,
                name if cleanenv => names.push(at(name)),
                _ => {}
            }
        }
        default = default.or_else(|| inline.map(|default| at(default.split(", ").next().unwrap_or(default))));
        for key in ["env-default", "default"] {
            default = default.or_else(|| value_of(&tag.value, key).map(at));
        }
        for name in &mut names {
            name.value.insert_str(0, prefix);
        }
        // A file that is read first may say otherwise.
        let filed =
            cleanenv && value_of(&tag.value, "yaml").is_some() && reads_a_settings_file(&self.file.text);
        if filed {
            let default = Some(Expr::Opaque(tag.span));
            return Some(Tagged { names, default, required: false, blank: Blank::Kept });
        }
        let caarlos0 = self.uses("caarlos0/env") || value_of(&tag.value, "envDefault").is_some();
        let blank = match default.is_some() && !cleanenv && caarlos0 {
            true => Blank::Unset,
            false => Blank::Kept,
        };
        Some(Tagged { names, default: default.map(Expr::Text), required, blank })
    }

    fn viper_field(&mut self, name: &str, prefix: &str, tag: &Spanned<String>) -> Option<Tagged> {
        let mut key = spanned_in(tag, name);
        key.value.insert_str(0, prefix);
        let names = self.viper.variables(&key).filter(|_| self.viper.knows(&key.value))?;
        let default = self.viper.default_of(&key.value).cloned();
        let default = default.or(self.viper.has_file().then_some(Expr::Opaque(tag.span)));
        Some(Tagged { names, default, required: false, blank: Blank::Unset })
    }

    /// The prefix that `envconfig.Process` is told in this file.
    fn processed(&self) -> Option<String> {
        let text: &str = &self.file.text;
        let call = ["envconfig.Process(", "envconfig.MustProcess("]
            .iter()
            .find_map(|call| text.split_once(call).map(|(_, rest)| rest.trim_start()))?;
        let prefix = call.strip_prefix('"')?.split('"').next()?;
        Some(if prefix.is_empty() { String::new() } else { format!("{}_", prefix.to_ascii_uppercase()) })
    }
}

/// Whether a text has cleanenv read a file that is no dotenv file.
fn reads_a_settings_file(text: &str) -> bool {
    text.split("ReadConfig(").skip(1).any(|rest| {
        let name = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
        name.is_none_or(|name| !name.ends_with(".env"))
    })
}

/// The value of a key in a struct tag: `env:"NAME" default:"…"`.
pub(super) fn value_of<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = tag;
    while let Some((name, after)) = rest.split_once(":\"") {
        let end = after.find('"')?;
        let value = after.get(..end)?;
        if name.trim() == key {
            return Some(value);
        }
        rest = after.get(end + 1..)?;
    }
    None
}

/// A part of a tag, where it stands.
pub(super) fn spanned_in(tag: &Spanned<String>, part: &str) -> Spanned<String> {
    let whole = tag.span.len() as usize == tag.value.len();
    let span = match tag.value.find(part).filter(|_| whole && !part.is_empty()) {
        Some(at) => tag.span.slice(at, at + part.len()),
        None => tag.span,
    };
    Spanned::new(part.to_string(), span)
}

/// The name that envconfig makes of a field's: with `split_words`, an underline between its words.
fn words_of(name: &str, tag: &str) -> String {
    if value_of(tag, "split_words") != Some("true") {
        return name.to_string();
    }
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || after.is_some_and(|after| after.is_lowercase())
            });
        if starts {
            out.push('_');
        }
        out.push(*c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_words() {
        let tag = "json:\"a\" env:\"DB_HOST,required\" envDefault:\"db:5432\"";
        assert_eq!(value_of(tag, "env"), Some("DB_HOST,required"));
        assert_eq!(value_of(tag, "envDefault"), Some("db:5432"));
        assert_eq!(value_of(tag, "default"), None);
        assert_eq!(words_of("DatabaseURLFor2", "split_words:\"true\""), "Database_URL_For2");
        assert_eq!(words_of("DatabaseURL", ""), "DatabaseURL");
    }
}
