//! Where Spring Boot's actuator lies by its settings: `management.server.port`, `management.endpoints.web.base-path`.

use super::{ServiceFacts, joined};

impl ServiceFacts<'_> {
    /// Whether a page of the actuator's, asked for at this port, lies elsewhere by the settings of its program. `Some` is its path,
    /// where the port is right.
    #[must_use]
    pub fn lacks_actuator_at(&self, port: Option<u16>, path: &str) -> Option<Option<String>> {
        let rest = path.strip_prefix("/actuator")?;
        let told =
            |word: &str| self.environment.iter().any(|(name, _)| name.to_ascii_uppercase().contains(word));
        if !self.is_alone() || told("MANAGEMENT") || told("SPRING_CONFIG") {
            return None;
        }
        if let Some(own) = self.setting("management.server.port") {
            let own: u16 = own.parse().ok()?;
            return (port.is_some_and(|port| port != own) && own > 0).then_some(None);
        }
        let base = self.setting("management.endpoints.web.base-path")?;
        let plain = base.starts_with('/') && !base.contains(['$', '{']);
        (plain && base.trim_end_matches('/') != "/actuator").then(|| Some(joined(&base, rest)))
    }

    /// What its settings files say of a key, where only one of them says it, once.
    fn setting(&self, key: &str) -> Option<String> {
        let mut found = Vec::new();
        for (_, place, source) in self.program.scope.iter() {
            let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
            if name.starts_with("application") || name.starts_with("bootstrap") {
                source.glance(|text| found.extend(values(text, key)));
            }
        }
        match found.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }
}

/// What properties or YAML say of a key.
fn values(text: &str, key: &str) -> Vec<String> {
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', '-'])) {
        let Some((name, value)) = line.split_once([':', '=']) else { continue };
        let indent = name.len() - name.trim_start().len();
        above.retain(|(outer, _)| *outer < indent);
        let names = above.iter().map(|(_, name)| name.as_str()).chain([name.trim()]);
        let full = names.collect::<Vec<_>>().join(".");
        let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
        if full == key && !value.is_empty() {
            found.push(value.to_string());
        }
        above.push((indent, name.trim().to_string()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn keys_of_settings() {
        let yaml = "management:\n  server:\n    port: 8081 # own\nserver:\n  port: 8080\n";
        assert_eq!(values(yaml, "management.server.port"), ["8081"]);
        assert_eq!(values("management.server.port=8081\n", "management.server.port"), ["8081"]);
        assert!(values("server.port=8081\n", "management.server.port").is_empty());
    }
}
