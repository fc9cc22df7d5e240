//! Settings of Rails that make clients: the cache, and mail.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::given::{Arguments, Given, field};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The full name of a setting of Rails, when the receiver is its configuration.
    pub fn rails_setting(&self, receiver: Node<'t>, setting: &str) -> Option<String> {
        let written = self.text(receiver);
        if written.starts_with("config") && self.local("config").is_some() {
            return None;
        }
        let rest = ["Rails.application.config", "Rails.configuration", "config"]
            .iter()
            .find_map(|prefix| written.strip_prefix(prefix));
        let within = match (rest, written) {
            (Some(""), _) => String::new(),
            (Some(rest), _) if rest.starts_with('.') => format!("{}.", rest.get(1..)?),
            (None, "ActionMailer::Base") => "action_mailer.".to_string(),
            _ => return None,
        };
        Some(format!("Rails.config.{within}{setting}="))
    }

    /// Notes the client that a setting of Rails makes.
    pub fn configure_rails(&mut self, setting: &str, value: Expr, callee: Spanned<String>, span: Span) {
        match setting {
            "Rails.config.cache_store=" => self.cache_store(&value, callee, span),
            "Rails.config.action_mailer.smtp_settings=" if !self.sends_by_smtp() => {}
            _ => {
                self.client(setting, Arguments::one(value), callee, span);
            }
        }
    }

    /// `config.cache_store = :redis_cache_store, { url: … }`
    fn cache_store(&mut self, value: &Expr, callee: Spanned<String>, span: Span) {
        let (kind, rest) = match value.peel() {
            Expr::List(items) => match items.split_first() {
                Some((kind, rest)) => (kind.clone(), rest.to_vec()),
                None => return,
            },
            kind => (kind.clone(), Vec::new()),
        };
        let Expr::Text(kind) = kind.peel() else { return };
        let client = match kind.value.as_str() {
            "redis_cache_store" | "redis_store" => "Redis.new",
            "mem_cache_store" | "dalli_store" => "Dalli.Client.new",
            _ => return,
        };
        // An address may stand before the options: `:redis_store, "redis://cache:6379/0", { … }`.
        let given = rest.into_iter().map(|value| {
            // `redis: { host: … }` of redis-rails.
            let value = field(&value, "redis").cloned().unwrap_or(value);
            let options = matches!(value.peel(), Expr::Record(_) | Expr::Merge(_));
            let url = || Spanned::new("url".to_string(), callee.span);
            let name = (client == "Redis.new" && !options).then(url);
            Given { name, value, splat: false }
        });
        let given = Arguments(given.collect());
        self.client(client, given, callee, span);
    }

    /// Whether this file lets mail go by SMTP, as it does unless something else is said.
    fn sends_by_smtp(&self) -> bool {
        let text = &self.file.text;
        let said = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let mut said = said.filter(|line| line.contains("delivery_method")).peekable();
        said.peek().is_none() || said.any(|line| line.contains(":smtp"))
    }
}
