//! Whether Celery's settings are seen where Django's are to have them, by the names that it takes them from there.
//!
//! With `namespace="CELERY"` those are the settings that begin with `CELERY_`; without one they are `BROKER_URL` and the other names of
//! before Celery 4, and `CELERY_BROKER_URL` is none of them (docs.celeryq.dev, "First steps with Django", "Configuration and defaults").

use std::sync::LazyLock;

use regex::Regex;

use super::{Dial, ServiceFacts};
use crate::programs::SinkKind;
use crate::source::Span;

static NAMESPACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"config_from_object\(([^)]*)\)"#).ok());
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"namespace\s*=\s*["'](\w+)["']"#).ok());
/// Ways to say settings that are not followed.
const OPEN: [&str; 6] =
    ["broker", "environ.Env", "split_settings", "configurations", "globals()", "locals()"];

impl ServiceFacts<'_> {
    /// Whether Celery is told its broker by Django's settings, and those may say it in ways that are not seen: no file of settings is
    /// loaded, or one of them speaks of a broker.
    #[must_use]
    pub fn may_be_told_by_django(&self, dial: &Dial<'_>) -> bool {
        if dial.sink().is_none_or(|sink| sink.kind != SinkKind::CeleryBroker) {
            return false;
        }
        let scope = &self.program.scope;
        if scope.containing("config_from_object").is_empty() {
            return false;
        }
        let settings = scope.containing("INSTALLED_APPS");
        let loaded = settings.iter().any(|index| self.program.loaded.contains(index));
        let speaks = match self.namespace_of_celery() {
            Some(namespace) => self.brokers().iter().any(|(name, _)| is_taken(name, namespace.as_deref())),
            None => !self.brokers().is_empty(),
        };
        !loaded || speaks || OPEN.iter().any(|word| !scope.containing(word).is_empty())
    }

    /// The setting of a broker that Celery does not take, where all are such, and the name that it would take it by.
    #[must_use]
    pub fn passed_over_by_celery(&self) -> Option<(String, Span, String)> {
        let namespace = self.namespace_of_celery()?;
        let (name, at) = self.brokers().into_iter().next()?;
        let plain = name.strip_prefix("CELERY_").unwrap_or(&name);
        let taken =
            namespace.as_ref().map_or_else(|| plain.to_string(), |namespace| format!("{namespace}_{plain}"));
        (!is_taken(&name, namespace.as_deref()) && taken != name).then_some((name, at, taken))
    }

    /// The prefix of the settings that Celery takes from Django's, if it has one; `None` where that is not one and the same everywhere.
    fn namespace_of_celery(&self) -> Option<Option<String>> {
        let scope = &self.program.scope;
        let mut found: Vec<Option<String>> = Vec::new();
        for index in scope.containing("config_from_object").iter() {
            let Some((_, source)) = scope.get(*index) else { continue };
            source.glance(|text| {
                for call in NAMESPACE.iter().flat_map(|search| search.captures_iter(text)) {
                    let inside = call.get(1).map_or("", |inside| inside.as_str());
                    let named = NAMED.as_ref().and_then(|search| search.captures(inside)?.get(1));
                    // One that is not written out is not known.
                    let name = named.map(|it| it.as_str().to_string());
                    found.push(name.or_else(|| inside.contains("namespace").then(String::new)));
                }
                true
            });
        }
        found.dedup();
        match found.as_slice() {
            [one] if one.as_ref().is_none_or(|name| !name.is_empty()) => Some(one.clone()),
            _ => None,
        }
    }

    /// The names in its sources that speak of a broker in capitals, each with its place.
    fn brokers(&self) -> Vec<(String, Span)> {
        let scope = &self.program.scope;
        let mut found = Vec::new();
        for index in scope.containing("BROKER").iter() {
            let Some((_, source)) = scope.get(*index) else { continue };
            let places = source.glance(|text| {
                let names = text.match_indices("BROKER").map(|(at, _)| {
                    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    let before = text.get(..at).unwrap_or("");
                    let from = before.trim_end_matches(part).len();
                    let rest = text.get(at..).unwrap_or("");
                    (from, at + rest.find(|c| !part(c)).unwrap_or(rest.len()))
                });
                names.collect::<Vec<_>>()
            });
            let file = source.file();
            found.extend(
                places.into_iter().filter_map(|(from, to)| {
                    Some((file.text.get(from..to)?.to_string(), file.slice(from, to)))
                }),
            );
        }
        found
    }
}

/// Whether Celery takes a setting of this name.
fn is_taken(name: &str, namespace: Option<&str>) -> bool {
    match namespace {
        Some(namespace) => {
            name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('_'))
                || !name.starts_with("BROKER")
        }
        None => name != "CELERY_BROKER_URL",
    }
}

#[cfg(test)]
mod tests {
    use super::is_taken;

    #[test]
    fn names() {
        for (name, namespace, taken) in [
            ("CELERY_BROKER_URL", Some("CELERY"), true),
            ("BROKER_URL", Some("CELERY"), false),
            ("APP_BROKER_URL", Some("CELERY"), true),
            ("BROKER_URL", None, true),
            ("CELERY_BROKER_URL", None, false),
        ] {
            assert_eq!(is_taken(name, namespace), taken, "{name}");
        }
    }
}
