//! Sinatra's own server, which a script starts that loads it.

use super::reader::Reader;
use crate::programs::reading::flag;
use crate::programs::reading::made::read;
use crate::programs::{Condition, Expr, IfExpr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Words by which a program says itself where it listens, or who serves it.
const SAID: [&str; 5] = ["bind", "Sinatra::Base", "run!", "set :run", "disable :run"];

impl Reader<'_> {
    /// `require "sinatra"` in the script that is started. In development it listens on loopback (Sinatra 4, README,
    /// "bind"), and on every interface elsewhere.
    pub fn sinatra(&mut self, place: Span) {
        let mut lines = self.file.text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
        // Other files of the program may say it as well.
        let said =
            |line: &str| SAID.iter().any(|word| line.contains(word)) || line.starts_with("require_relative");
        if !self.notes.recording || lines.any(said) {
            return;
        }
        let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), place));
        let environment = Expr::FirstNonEmpty(vec![
            read(text("APP_ENV"), None, false, place),
            read(text("RACK_ENV"), None, false, place),
            text("development"),
        ]);
        let own = Expr::If(Box::new(IfExpr {
            condition: Condition::Equals(environment, text("development")),
            then: Expr::LibraryDefault(Spanned::new("localhost".to_string(), place)),
            otherwise: Expr::LibraryDefault(Spanned::new("0.0.0.0".to_string(), place)),
            span: place,
        }));
        let sets_port = self.file.text.contains(":port");
        let port = match sets_port {
            true => Expr::Opaque(place),
            false => Expr::LibraryDefault(Spanned::new("4567".to_string(), place)),
        };
        let parts = UrlParts {
            scheme: Some(text("tcp")),
            host: Some(flag(vec!["-o".to_string()], Some(own), place)),
            port: Some(flag(vec!["-p".to_string()], Some(port), place)),
            ..UrlParts::default()
        };
        let callee = Spanned::new("sinatra".to_string(), place);
        let target = Expr::Url(Box::new(parts), place);
        self.sink(Sink { kind: SinkKind::Listen, target, arguments: Vec::new(), callee, span: place });
        self.notes.module.run_alone.push(place);
    }
}
