//! Paths: `std::env::var`, `crate::config::Settings::load`.

use tree_sitter::Node;

use super::crates::is_library;
use super::reader::Reader;
use crate::programs::reading::parts;
use crate::programs::{Expr, Mention};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// Takes in what a `use` names.
    pub fn use_declaration(&mut self, node: Node<'t>) {
        if let Some(argument) = node.child_by_field_name("argument") {
            self.use_tree(argument, "", 0);
        }
    }

    fn use_tree(&mut self, node: Node<'t>, before: &str, depth: usize) {
        if depth > 12 {
            return;
        }
        let joined = |path: &str| match before.is_empty() {
            true => path.to_string(),
            false => format!("{before}::{path}"),
        };
        match node.kind() {
            "scoped_use_list" => {
                let path = joined(self.child(node, "path"));
                let list = node.child_by_field_name("list").map(parts).unwrap_or_default();
                list.into_iter().for_each(|part| self.use_tree(part, &path, depth + 1));
            }
            "use_list" => parts(node).into_iter().for_each(|part| self.use_tree(part, before, depth + 1)),
            "use_as_clause" => {
                let path = joined(self.child(node, "path"));
                self.bring_in(self.child(node, "alias"), &path, self.span(node));
            }
            "use_wildcard" => {
                let path = joined(parts(node).first().map_or("", |path| self.text(*path)));
                match path.split("::").next() {
                    Some(first) if is_library(first) => self.whole.push(path.replace("::", ".")),
                    _ => self.notes.module.takes_over.push(path),
                }
            }
            "self" => {
                let name = before.rsplit("::").next().unwrap_or(before).to_string();
                self.bring_in(&name, before, self.span(node));
            }
            _ => {
                let path = joined(self.text(node));
                let name = path.rsplit("::").next().unwrap_or("").to_string();
                self.bring_in(&name, &path, self.span(node));
            }
        }
    }

    fn bring_in(&mut self, name: &str, path: &str, span: Span) {
        let segments: Vec<&str> = path.split("::").collect();
        let value = self.path_of(&segments, span);
        self.used.insert(name.to_string(), value);
    }

    /// What a path that starts at a crate, or at a name of this file, stands for.
    fn path_of(&self, segments: &[&str], span: Span) -> Expr {
        let Some((first, rest)) = segments.split_first() else { return Expr::Opaque(span) };
        // A type of another file may have functions in this one.
        if let [kind, function] = segments
            && self.added.contains(&((*kind).to_string(), (*function).to_string()))
        {
            let owner = Expr::Own(Spanned::new((*kind).to_string(), span));
            return Expr::Member(Box::new(owner), Spanned::new((*function).to_string(), span));
        }
        // A module of the program may be called like a crate.
        let own =
            self.modules.contains(*first) || matches!(self.used.get(*first), Some(Expr::Imported { .. }));
        if !own && (is_library(first) || *first == "config" && !rest.is_empty()) {
            return Expr::Library(Spanned::new(segments.join("."), span));
        }
        let local = self.modules.contains(*first);
        if !local && let Some(base) = self.used.get(*first) {
            return extend(base.clone(), rest, span);
        }
        if rest.is_empty() {
            return match local {
                true => Expr::Imported { module: format!("self::{first}"), name: String::new(), span },
                false => Expr::Own(Spanned::new((*first).to_string(), span)),
            };
        }
        let starts = |segment: &str| segment.starts_with(|c: char| c.is_uppercase());
        if starts(first) {
            return extend(Expr::Own(Spanned::new((*first).to_string(), span)), rest, span);
        }
        let module = if local { format!("self::{first}") } else { (*first).to_string() };
        extend(Expr::Imported { module, name: String::new(), span }, rest, span)
    }

    /// What a path in code stands for.
    pub fn path(&mut self, node: Node<'t>) -> Expr {
        let written = without_arguments(self.text(node));
        let value = self.resolved(&written, self.span(node));
        // What a library calls its things is no mention of what the program calls alike.
        if !matches!(value, Expr::Library(_)) {
            written.split("::").for_each(|segment| self.mention(segment.trim()));
        }
        value
    }

    fn resolved(&mut self, written: &str, span: Span) -> Expr {
        let mut segments: Vec<&str> = written.split("::").map(str::trim).collect();
        if let [only] = segments.as_slice() {
            if let Some(value) = self.names.bound(only).cloned() {
                self.used(&value);
                return match value {
                    Expr::Library(library) => Expr::Library(Spanned::new(library.value, span)),
                    value => value,
                };
            }
            if *only == "Self" {
                return match &self.this {
                    Some(this) => Expr::Own(Spanned::new(this.clone(), span)),
                    None => Expr::Opaque(span),
                };
            }
            if let Some(value) = self.used.get(*only) {
                return match value {
                    Expr::Library(library) => Expr::Library(Spanned::new(library.value.clone(), span)),
                    Expr::Imported { module, name, .. } => {
                        Expr::Imported { module: module.clone(), name: name.clone(), span }
                    }
                    value => value.clone(),
                };
            }
        }
        if segments.first() == Some(&"Self")
            && let Some(this) = self.this.clone()
        {
            segments.remove(0);
            return extend(Expr::Own(Spanned::new(this, span)), &segments, span);
        }
        // What no name of the file is may be of a library that all was taken from.
        if let Some(first) = segments.first()
            && first.starts_with(|c: char| c.is_uppercase())
            && !self.used.contains_key(*first)
            && !self.top.contains_key(*first)
            && !self.structs.contains_key(*first)
            && let Some(library) = self.whole.first()
        {
            return Expr::Library(Spanned::new(format!("{library}.{}", segments.join(".")), span));
        }
        self.path_of(&segments, span)
    }

    pub fn mention(&mut self, name: &str) {
        if self.notes.recording {
            self.mentions.insert(Mention { name: name.to_string(), within: self.owner.clone() });
        }
    }
}

/// What a path goes on to: modules first, then a type or function in them, then what belongs to that.
fn extend(base: Expr, rest: &[&str], span: Span) -> Expr {
    let mut value = base;
    for (at, segment) in rest.iter().enumerate() {
        let last = at + 1 == rest.len();
        value = match value {
            Expr::Library(name) => Expr::Library(Spanned::new(format!("{}.{segment}", name.value), span)),
            Expr::Imported { module, name, .. } if name.is_empty() => {
                match last || segment.starts_with(|c: char| c.is_uppercase()) {
                    true => Expr::Imported { module, name: (*segment).to_string(), span },
                    false => Expr::Imported { module: format!("{module}::{segment}"), name, span },
                }
            }
            // A module that was brought in by its name.
            Expr::Imported { module, name, .. } if !name.starts_with(|c: char| c.is_uppercase()) => {
                Expr::Imported { module: format!("{module}::{name}"), name: (*segment).to_string(), span }
            }
            other => Expr::Member(Box::new(other), Spanned::new((*segment).to_string(), span)),
        };
    }
    value
}

/// A path without the arguments of its types: `Pool::<Postgres>::connect`.
pub(super) fn without_arguments(path: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::new();
    for c in path.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 && !c.is_whitespace() => out.push(c),
            _ => {}
        }
    }
    let joined = out.replace("::::", "::");
    joined.trim_end_matches("::").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_types_are_left_out() {
        assert_eq!(without_arguments("Pool::<Postgres>::connect"), "Pool::connect");
        assert_eq!(without_arguments("ConnectionManager::<A<B>>::new"), "ConnectionManager::new");
        assert_eq!(without_arguments("std::env::var::<T>"), "std::env::var");
    }
}
