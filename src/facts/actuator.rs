//! Where Spring Boot's actuator lies by its settings: `management.server.port`, `management.endpoints.web.base-path`.

use super::ServiceFacts;
use crate::programs::evaluate::Value;
use crate::programs::{Role, has_extension, spring};
use crate::source::{Span, Spanned};

/// Where a page of the actuator's is in place of where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The setting that says so.
    pub setting: &'static str,
    /// Its value: a port, or the path before its pages.
    pub value: String,
    /// The path of the page, where it is another.
    pub path: Option<String>,
}

impl ServiceFacts<'_> {
    /// Where a page of the actuator's, asked for at this port, lies by the settings of its program and by what its variables say
    /// of them; nothing where it is there.
    #[must_use]
    pub fn actuator_elsewhere(&self, port: Option<u16>, path: &str) -> Option<Moved> {
        let rest = path.strip_prefix("/actuator").filter(|_| self.is_alone())?;
        let setting = "management.server.port";
        if let Some(value) = self.spring_setting(setting) {
            let own: u16 = value.parse().ok()?;
            let elsewhere = port.is_some_and(|port| port != own) && own > 0;
            return elsewhere.then_some(Moved { setting, value, path: None });
        }
        let setting = "management.endpoints.web.base-path";
        let value = self.spring_setting(setting)?;
        let base = value.trim_end_matches('/');
        let path = (base.starts_with('/') && base != "/actuator").then(|| format!("{base}{rest}"))?;
        Some(Moved { setting, path: Some(path), value })
    }

    /// The setting that keeps a page of the actuator's from who asks over HTTP, with its value.
    #[must_use]
    pub fn actuator_unexposed(&self, path: &str) -> Option<(&'static str, String)> {
        let rest = path.strip_prefix("/actuator/").filter(|_| self.is_alone())?;
        let page = rest.split(['/', '?']).next().filter(|page| !page.is_empty())?;
        let listed = |value: &str| value.split(',').any(|one| one.trim() == "*" || one.trim() == page);
        let (include, exclude) =
            ("management.endpoints.web.exposure.include", "management.endpoints.web.exposure.exclude");
        if let Some(value) = self.spring_setting(include).filter(|value| !listed(value)) {
            return Some((include, value));
        }
        let value = self.spring_setting(exclude).filter(|value| listed(value))?;
        Some((exclude, value))
    }

    /// What the settings of a program of Spring's say of a key, where that is known.
    #[must_use]
    pub(super) fn spring_setting(&self, key: &str) -> Option<String> {
        let mut modules = self.program.modules.iter();
        let module = modules
            .find(|module| module.role == Role::Source && has_extension(&module.path, &["java", "kt"]))?;
        let property = spring::property(&Spanned::new(key.to_string(), Span::NONE), None, Span::NONE);
        match self.evaluate(module, &property) {
            Value::Text(text) => text.complete().filter(|value| !value.is_empty()),
            _ => None,
        }
    }
}
