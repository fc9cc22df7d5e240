//! Nuxt: its settings for the time it runs, and the code of pages that its server runs first.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::source::{Span, Spanned};

/// The module that `useRuntimeConfig()` asks: the nearest settings of Nuxt.
pub(super) const SETTINGS: &str = "#nuxt/settings";
/// The name under which those keep what holds when it runs.
const RUNTIME: &str = "runtimeConfig";
const MAX_DEPTH: usize = 6;

impl<'t> Reader<'t> {
    /// `useRuntimeConfig()`
    pub fn runtime_config(&self, span: Span) -> Expr {
        Expr::Imported { module: SETTINGS.to_string(), name: RUNTIME.to_string(), span }
    }

    /// Keeps `runtimeConfig` of the settings: a variable that is named after a field stands over it.
    pub fn keep_runtime_config(&mut self, settings: &Expr) {
        let name = self.file.path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        if !name.starts_with("nuxt.config.") {
            return;
        }
        let Expr::Record(fields) = settings.peel() else { return };
        let Some((_, runtime)) = fields.iter().rev().find(|(name, _)| name.value == RUNTIME) else { return };
        let settings = overridable(runtime, "NUXT", 0);
        self.export(RUNTIME, settings);
    }

    /// Whether a call of this name, at the top of a page, is made by the server before the page is shown.
    pub fn asks_on_the_server(&mut self, name: &str, node: Node<'t>) -> bool {
        let asks = matches!(name, "useFetch" | "useLazyFetch") && self.at_top();
        asks && super::sections::is_sectioned(&self.file.path) && !self.only_in_browsers(node)
    }

    /// Whether the function that is being waited for gives a page its data: `useAsyncData("key", () => …)`.
    pub fn gives_page_data(&mut self) -> bool {
        if !self.at_top() || !super::sections::is_sectioned(&self.file.path) {
            return false;
        }
        let call = self.around.iter().rev().find(|around| around.kind() == "call_expression").copied();
        let callee = call.and_then(|call| call.child_by_field_name("function"));
        let asks =
            callee.is_some_and(|callee| matches!(self.text(callee), "useAsyncData" | "useLazyAsyncData"));
        asks && call.is_some_and(|call| !self.only_in_browsers(call))
    }

    /// `{ server: false }`
    fn only_in_browsers(&mut self, call: Node<'t>) -> bool {
        let options = self.arguments(call).iter().last();
        let server = options.and_then(|options| self.pair(options, "server"));
        server.is_some_and(|server| self.text(server) == "false")
    }
}

/// A setting, or what the variable that is named after it says: `apiUrl` is `NUXT_API_URL`.
fn overridable(value: &Expr, name: &str, depth: usize) -> Expr {
    match value.peel() {
        Expr::Record(fields) if depth < MAX_DEPTH => {
            let field = |(key, value): &(Spanned<String>, Expr)| {
                let name = format!("{name}_{}", snake(&key.value));
                (key.clone(), overridable(value, &name, depth + 1))
            };
            Expr::Record(fields.iter().take(500).map(field).collect())
        }
        Expr::Opaque(_) | Expr::Function(_) | Expr::List(_) | Expr::Library(_) => value.clone(),
        Expr::Text(text) => {
            let name = Expr::Text(Spanned::new(name.to_string(), text.span));
            super::environment::with_default(name, Some(value.clone()), text.span)
        }
        // What a variable says stands over what another one said.
        _ => {
            let name = Expr::Text(Spanned::new(name.to_string(), Span::NONE));
            Expr::FirstSet(vec![super::environment::read(name, Span::NONE), value.clone()])
        }
    }
}

/// `apiUrl` as `API_URL`
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.extend(if c == '-' { '_' } else { c }.to_uppercase());
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_of_variables() {
        assert_eq!(snake("apiUrl"), "API_URL");
        assert_eq!(snake("apiBase2Url"), "API_BASE2_URL");
        assert_eq!(snake("public"), "PUBLIC");
    }
}
