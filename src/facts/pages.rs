//! Pages that a server does not have: what its program, which is seen whole, names nowhere.

use super::ServiceFacts;
use crate::programs::{Role, routes};

impl ServiceFacts<'_> {
    /// What its framework puts before the path of each page, where that is said once and is not before this path.
    #[must_use]
    pub fn lacks_prefix(&self, path: &str) -> Option<String> {
        let last = path.split('?').next()?.trim_end_matches('/').rsplit('/').next()?;
        if !routes::tells_health(last) || !self.is_alone() || path.contains(['$', '{']) {
            return None;
        }
        let told = |name: &str| name.contains("CONTEXT") || name.contains("MANAGEMENT");
        let prefix = routes::prefix(self.program, self.environment.iter().any(|(name, _)| told(name)))?;
        let below = path.trim_start_matches('/');
        let within = below == prefix || below.starts_with(&format!("{prefix}/"));
        (!within).then(|| format!("/{prefix}"))
    }

    /// Whether the server of its program has no page at this path, which is asked for in its container. `Some` is the page that
    /// may be meant, if one is like it.
    #[must_use]
    pub fn lacks_page(&self, path: &str) -> Option<Option<String>> {
        let asked = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
        let wanted = asked.rsplit('/').next().filter(|last| last.len() > 2)?;
        let plain = wanted.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain || !self.is_alone() || path.contains(['$', '{']) {
            return None;
        }
        // What is told by a variable or by the command may be a route.
        let named = |text: &str| text.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase());
        let told =
            self.environment.iter().any(|(_, one)| one.value().is_some_and(|value| named(&value.assumed())));
        if told || self.program.commands.iter().flatten().any(|word| named(word)) {
            return None;
        }
        let is_set = |name: &str| self.environment.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        routes::lack(self.program, asked, &is_set)
    }

    /// Whether its program, whose start is seen, answers by itself what comes to the service.
    pub(super) fn is_alone(&self) -> bool {
        let program = self.program;
        program.entry_known
            && self.service.build.is_some()
            && !program.modules.iter().any(|module| module.role == Role::Proxy)
            && program.skipped().next().is_none()
    }
}
