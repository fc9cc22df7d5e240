//! INI files of launchers: supervisord, uWSGI, Alembic.

/// A section and its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::programs) struct Section {
    /// The name between the brackets; blank before the first.
    pub name: String,
    settings: Vec<(String, String)>,
}

impl Section {
    /// The last value of a setting.
    pub(in crate::programs) fn get(&self, name: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The sections of an INI file. Comments at the end of a line are cut, indented lines belong to the
/// setting above them.
pub(in crate::programs) fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let Some(section) = sections.last_mut() else { break };
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            sections.push(Section { name: name.trim().to_string(), settings: Vec::new() });
        } else if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), section.settings.last_mut())
        {
            value.push(' ');
            value.push_str(trimmed);
        } else if let Some((name, value)) = trimmed.split_once('=') {
            let value = value.split(" ;").next().unwrap_or(value).trim();
            section.settings.push((name.trim().to_string(), value.to_string()));
        }
    }
    sections
}
