//! Calls of libraries that fail when a value that they are handed is nothing.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::read_within;

/// The calls, with the position and the name of the argument that must be there.
const CALLS: [(&str, Option<usize>, &str); 26] = [
    ("jwt.encode", Some(1), "key"),
    ("jwt.decode", Some(1), "key"),
    ("jose.jwt.encode", Some(1), "key"),
    ("jose.jwt.decode", Some(1), "key"),
    ("json.loads", Some(0), "s"),
    ("pathlib.Path", Some(0), ""),
    ("os.path.join", Some(0), ""),
    ("cryptography.fernet.Fernet", Some(0), "key"),
    ("itsdangerous.URLSafeTimedSerializer", Some(0), "secret_key"),
    ("itsdangerous.URLSafeSerializer", Some(0), "secret_key"),
    ("starlette.middleware.sessions.SessionMiddleware", None, "secret_key"),
    ("aiogram.Bot", Some(0), "token"),
    ("telebot.TeleBot", Some(0), "token"),
    ("telebot.async_telebot.AsyncTeleBot", Some(0), "token"),
    ("pyrogram.Client", None, "bot_token"),
    ("discord.Client().run", Some(0), "token"),
    ("discord.Bot().run", Some(0), "token"),
    ("discord.ext.commands.Bot().run", Some(0), "token"),
    ("telegram.Bot", Some(0), "token"),
    ("telegram.ext.Updater", Some(0), "token"),
    ("telegram.ext.ApplicationBuilder().token", Some(0), "token"),
    ("telegram.ext.Application.builder().token", Some(0), "token"),
    ("slack_bolt.App", None, "token"),
    ("web3.HTTPProvider", Some(0), "endpoint_uri"),
    ("httpx.Client", None, "base_url"),
    ("httpx.AsyncClient", None, "base_url"),
];

impl<'t> Reader<'t> {
    /// Notes what a call of this library cannot do without, where nothing around it goes on when it fails.
    pub fn demands_arguments(&mut self, name: &str, node: Node<'t>) {
        if !self.notes.recording || self.guarded > 0 {
            return;
        }
        let known = CALLS.iter().filter(|(known, ..)| *known == name);
        let Some((_, position, keyword)) = known.into_iter().next() else { return };
        let arguments = self.arguments(node);
        let Some(argument) = arguments.get(*position, &[*keyword]) else { return };
        let value = self.expr(argument);
        if matches!(value.peel(), Expr::Null(_) | Expr::Opaque(_) | Expr::Text(_) | Expr::Library(_)) {
            return;
        }
        // A read in the call itself has no name but the variable's.
        let written = self.text(argument);
        let word = match read_within(&value).map(|read| read.name.peel()) {
            Some(Expr::Text(name)) if written.contains(['(', '[']) => name.value.clone(),
            _ => written.rsplit('.').next().unwrap_or(written).to_string(),
        };
        if self.asks_for(&word) {
            return;
        }
        let span = self.span(argument);
        self.notes.demand(value, span, self.names.path());
    }
}

impl Reader<'_> {
    /// Whether a line of the file asks for what has this name, or says what is taken in its place.
    pub(super) fn asks_for(&self, word: &str) -> bool {
        const ASKS: [&str; 7] = ["if ", "elif ", "while ", " and ", " or ", " else ", "assert "];
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = |line: &str| {
            line.match_indices(word).any(|(at, _)| {
                !line.get(..at).is_some_and(|before| before.ends_with(part))
                    && !line.get(at + word.len()..).is_some_and(|after| after.starts_with(part))
            })
        };
        let word_like = !word.is_empty() && word.chars().all(part);
        !word_like
            || self.file.text.lines().any(|line| whole(line) && ASKS.iter().any(|sign| line.contains(sign)))
    }
}

/// The name of what is called, with that of its package; what a call gave is its name and `()`.
pub(super) fn qualified(function: &Expr, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    Some(match function.peel() {
        Expr::Library(name) => name.value.clone(),
        Expr::Imported { module, name, .. } if name.is_empty() => module.clone(),
        Expr::Imported { module, name, .. } => format!("{module}.{name}"),
        Expr::Member(base, name) => format!("{}.{}", qualified(base, depth)?, name.value),
        Expr::Call(call) => format!("{}()", qualified(&call.callee, depth)?),
        _ => return None,
    })
}
