//! The front end for Prisma's schemas: the database that the generated client dials.

use std::path::{Path, PathBuf};

use super::reading::made;
use super::reading::{Notes, clients::Clients, pool::pool};
use super::{Expr, FrontEnd, Module, Read, Scope, Sink, SinkKind, has_extension};
use crate::source::{SourceFile, Span, Spanned};

/// Prisma.
pub struct Prisma;

impl FrontEnd for Prisma {
    fn name(&self) -> &'static str {
        "prisma"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["prisma"])
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        text.contains("datasource")
    }

    fn imports(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _: &Scope, _: &Path, _: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut notes = Notes::new(&file.path);
        let mut inside = false;
        let provider = provider(file);
        let mut at = 0;
        for line in file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let code = line.split("//").next().unwrap_or("");
            // The `//` of a URL is none of a comment.
            let code = if code.matches('"').count() % 2 == 1 { line } else { code };
            let trimmed = code.trim();
            if trimmed.starts_with("datasource ") {
                inside = true;
            } else if trimmed.starts_with('}') {
                inside = false;
            } else if inside && let Some((key, _)) = trimmed.split_once('=') {
                setting(file, key.trim(), (code, start), provider.as_ref(), &mut notes);
            }
        }
        notes.finish()
    }
}

/// The text of `provider = "postgresql"` in the schema's one source of data.
fn provider(file: &SourceFile) -> Option<Spanned<String>> {
    let from = file.text.find("datasource ")?;
    let block = file.text.get(from..)?;
    let block = block.get(..block.find('}')?)?;
    let key = from + block.find("provider")?;
    let open = key + file.text.get(key..)?.find('"')? + 1;
    let close = open + file.text.get(open..)?.find(['"', '\n'])?;
    let text = file.text.get(open..close)?;
    Some(Spanned::new(text.to_string(), file.slice(open, close)))
}

/// `url = env("DATABASE_URL")`, `url = "postgresql://…"`
fn setting(
    file: &SourceFile,
    key: &str,
    (line, start): (&str, usize),
    provider: Option<&Spanned<String>>,
    notes: &mut Notes,
) {
    if !matches!(key, "url" | "directUrl" | "shadowDatabaseUrl") {
        return;
    }
    let Some((key_at, equals)) = line.find(key).zip(line.find('=')) else { return };
    let mut quotes = line.match_indices('"').map(|(at, _)| at).filter(|at| *at > equals);
    let (Some(open), Some(close)) = (quotes.next(), quotes.next()) else { return };
    let Some(text) = line.get(open + 1..close) else { return };
    let text = Spanned::new(text.to_string(), file.slice(start + open + 1, start + close));
    let reads = line.get(equals..open).is_some_and(|between| between.contains("env("));
    let callee = Spanned::new(key.to_string(), file.slice(start + key_at, start + key_at + key.len()));
    // Only migrations use the other two.
    let required = key == "url";
    let target = match reads {
        true => {
            let span = file.slice(start + open, start + close + 1);
            let expression = read(text.clone(), required, span);
            let path = std::iter::empty();
            notes.read(Read { name: text, expression: expression.clone(), required, held: None, span }, path);
            expression
        }
        false => Expr::Text(text),
    };
    if required {
        let span = callee.span;
        if let Some(client) = Clients::of("javascript").find("schema.prisma") {
            notes.pool(pool(client, &mut |_| None, false, callee.span, span));
        }
        let named = |text: &Spanned<String>| Spanned::new("provider".to_string(), text.span);
        let arguments = provider.map(|text| (named(text), Expr::Text(text.clone()))).into_iter().collect();
        let sink = Sink { kind: SinkKind::Sql, target, arguments, callee, span };
        notes.sink(sink, std::iter::empty());
    }
}

fn read(name: Spanned<String>, required: bool, span: Span) -> Expr {
    made::read(Expr::Text(name), None, required, span)
}
