//! XML that names databases: Hibernate's and JPA's settings, Spring's beans, Tomcat's resources.

use std::path::Path;

use super::manifests::blanked;
use super::placeholders;
use super::resources::TAKEN_IN;
use crate::programs::{Expr, Module, Sink, SinkKind};
use crate::source::{SourceFile, Spanned};

/// Larger files are data.
const MAX_SIZE: usize = 1 << 20;
/// Elements beyond this number are not read.
const MAX_ELEMENTS: usize = 5_000;

/// Whether the file is such a configuration.
pub(super) fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".xml") else { return false };
    let within = path.ancestors().any(|above| above.ends_with("src/main"));
    let exact = ["hibernate.cfg", "persistence", "context", "mybatis-config", "beans", "datasource"];
    within
        && (exact.contains(&stem)
            || stem.starts_with("applicationcontext")
            || stem.starts_with("spring")
            || stem.ends_with("-context"))
}

/// The databases that the file names, and the files of settings that it takes in.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    if file.text.len() > MAX_SIZE {
        return module;
    }
    let text = blanked(&file.text, "<!--", "-->");
    let mut found = Found::default();
    let spanned = |from: usize, to: usize| {
        Spanned::new(file.text.get(from..to).unwrap_or_default().to_string(), file.slice(from, to))
    };
    for element in elements(&text).take(MAX_ELEMENTS) {
        for (name, from, to) in element.settings() {
            found.setting(&name, spanned(from, to));
        }
    }
    for url in &found.urls {
        // Of several databases it is not said here who logs in where.
        let alone = found.urls.len() == 1;
        let login = [("username", &found.user), ("password", &found.password)];
        let login =
            login.into_iter().filter_map(|(name, value)| Some((name, value.as_ref().filter(|_| alone)?)));
        let arguments = login
            .map(|(name, value)| (Spanned::new(name.to_string(), value.span), placeholders(value)))
            .collect();
        let callee = Spanned::new("url".to_string(), url.span);
        module.sinks.push(Sink {
            kind: SinkKind::Sql,
            target: placeholders(url),
            arguments,
            span: url.span,
            callee,
        });
    }
    if !found.files.is_empty() {
        module
            .names
            .insert(TAKEN_IN.to_string(), Expr::List(found.files.into_iter().map(Expr::Text).collect()));
    }
    module
}

#[derive(Default)]
struct Found {
    urls: Vec<Spanned<String>>,
    user: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    files: Vec<Spanned<String>>,
}

impl Found {
    fn setting(&mut self, name: &str, value: Spanned<String>) {
        let name = name.rsplit(['.', ':']).next().unwrap_or(name).to_ascii_lowercase();
        let placeholder = value.value.starts_with("${");
        match name.as_str() {
            "url" | "jdbcurl" if value.value.starts_with("jdbc:") || placeholder => self.urls.push(value),
            "user" | "username" => _ = self.user.get_or_insert(value),
            "password" => _ = self.password.get_or_insert(value),
            "location" | "locations" if value.value.contains(".properties") => self.files.push(value),
            _ => {}
        }
    }
}

/// A start tag with its attributes, and where the text after it stands.
struct Element<'t> {
    text: &'t str,
    from: usize,
    to: usize,
}

impl Element<'_> {
    /// The settings it holds: its attributes, and what `name` names with `value` or the text within.
    fn settings(&self) -> Vec<(String, usize, usize)> {
        let mut out = self.attributes();
        let named =
            out.iter().find(|(name, ..)| name == "name").and_then(|(_, from, to)| self.text.get(*from..*to));
        if let Some(named) = named.map(str::to_string) {
            let value = out.iter().find(|(name, ..)| name == "value").map(|(_, from, to)| (*from, *to));
            if let Some((from, to)) = value.or_else(|| self.within()) {
                out.push((named, from, to));
            }
        }
        out
    }

    /// The text after the tag, up to the next one.
    fn within(&self) -> Option<(usize, usize)> {
        let rest = self.text.get(self.to..)?;
        let inside = rest.split('<').next()?;
        let from = self.to + (inside.len() - inside.trim_start().len());
        let to = from + inside.trim().len();
        (to > from).then_some((from, to))
    }

    fn attributes(&self) -> Vec<(String, usize, usize)> {
        let mut out = Vec::new();
        let mut at = self.from;
        while let Some(equals) = self.text.get(at..self.to).and_then(|rest| rest.find('=')).map(|it| at + it)
        {
            let before = self.text.get(self.from..equals).unwrap_or("").trim_end();
            let name = before.rsplit(|c: char| c.is_whitespace()).next().unwrap_or("");
            let rest = self.text.get(equals + 1..self.to).unwrap_or("");
            let blanks = rest.len() - rest.trim_start().len();
            let Some(quote) = rest.trim_start().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                at = equals + 1;
                continue;
            };
            let open = equals + 1 + blanks + 1;
            let Some(length) = self.text.get(open..self.to).and_then(|rest| rest.find(quote)) else { break };
            out.push((name.to_string(), open, open + length));
            at = open + length + 1;
        }
        out
    }
}

/// The start tags of a text, in order.
fn elements(text: &str) -> impl Iterator<Item = Element<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let from = at + text.get(at..)?.find('<')? + 1;
            let to = from + text.get(from..)?.find('>')? + 1;
            at = to;
            if !text.get(from..)?.starts_with(['/', '!', '?']) {
                return Some(Element { text, from, to });
            }
        }
    })
}
