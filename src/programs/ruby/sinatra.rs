//! Sinatra's own server, which a script starts that loads it.

use super::reader::Reader;
use crate::programs::reading::flag;
use crate::programs::reading::made::read;
use crate::programs::{Condition, Expr, IfExpr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Words by which a program says itself where it listens, or who serves it.
const SAID: [&str; 3] = ["server_settings", "set :run", "disable :run"];

impl Reader<'_> {
    /// `require "sinatra"` in the script that is started. In development it listens on loopback (Sinatra 4, README,
    /// "bind"), and on every interface elsewhere.
    pub fn sinatra(&mut self, place: Span) {
        let mut lines = self.file.text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
        let (host, port) = (self.sinatra_setting("bind", place), self.sinatra_setting("port", place));
        // Other files of the program may say it as well; a class starts no server unless it is told to.
        let of_class = self.file.text.contains("Sinatra::Base") && !self.file.text.contains("run!");
        let said = |line: &str| SAID.iter().any(|word| line.contains(word));
        if !self.notes.recording || of_class || lines.any(said) {
            return;
        }
        let mut lines = self.file.text.lines().map(str::trim_start);
        let elsewhere = lines.any(|line| line.starts_with("require_relative"));
        let unseen = |known: Option<Expr>| known.or(elsewhere.then_some(Expr::Opaque(place)));
        let (host, port) = (unseen(host), unseen(port));
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
        let own = host.unwrap_or(own);
        let port = port.unwrap_or_else(|| Expr::LibraryDefault(Spanned::new("4567".to_string(), place)));
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

    /// `set :bind, "0.0.0.0"`, `set bind: "0.0.0.0"`: a literal, or something that is not known; nothing where it is not set.
    fn sinatra_setting(&self, name: &str, place: Span) -> Option<Expr> {
        let mut found = None;
        let mut at = 0;
        for line in self.file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let code = line.trim_start();
            if code.starts_with('#') || !code.contains(name) {
                continue;
            }
            let own = code.strip_prefix("set").map(str::trim_start);
            let own = own.map(|rest| rest.strip_prefix('(').unwrap_or(rest));
            let value = own.and_then(|rest| {
                let rest = rest.strip_prefix(':').unwrap_or(rest).strip_prefix(name)?.trim_start();
                rest.strip_prefix([',', ':'])
            });
            let Some(value) = value else {
                // Another way to say it.
                let of_server =
                    ["run!", "set ", "set(", "Rack", "Puma"].iter().any(|word| code.contains(word));
                let spoken =
                    of_server && (code.contains(&format!("{name}:")) || code.contains(&format!(":{name}")));
                found = spoken.then_some(Expr::Opaque(place)).or(found);
                continue;
            };
            let value = value.trim().trim_end_matches(')');
            let bare = value.trim_matches(['"', '\'']);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-');
            let from = start + line.find(value).unwrap_or(0) + (value.len() - bare.len()) / 2;
            let span = self.file.slice(from, from + bare.len());
            found = Some(match bare.chars().all(plain) && (bare.len() < value.len() || name == "port") {
                true => Expr::Text(Spanned::new(bare.to_string(), span)),
                false => Expr::Opaque(place),
            });
        }
        found
    }
}
