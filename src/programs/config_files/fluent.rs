//! The configuration of Fluent Bit and Fluentd: sections, and keys with blanks before their values.

use super::entries::Entry;
use crate::source::{SourceFile, Spanned};

/// Settings beyond this number are not read.
const MAX_ENTRIES: usize = 20_000;
/// Sections within sections.
const MAX_DEPTH: usize = 16;

/// Whether a text is such a configuration.
pub(super) fn is_fluent(text: &str) -> bool {
    let is_section = |line: &str| {
        let line = line.trim();
        line.eq_ignore_ascii_case("[output]") || line.eq_ignore_ascii_case("[input]")
    };
    let bit = text.lines().any(is_section) && !text.contains(" = ");
    let directives = ["<source>", "<match "].iter().any(|section| text.contains(section));
    bit || directives && text.contains("@type")
}

/// The settings, those of outputs below `output` and what they write to.
pub(super) fn entries(file: &SourceFile) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut sections: Vec<String> = Vec::new();
    // Sections of one name are told apart by their number.
    let (mut begun, mut items) = (0, Vec::new());
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if found.len() >= MAX_ENTRIES {
            break;
        }
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections = vec![name.trim().to_ascii_lowercase()];
            begun += 1;
            items = vec![begun];
            continue;
        }
        if text.starts_with("</") {
            sections.pop();
            items.pop();
            continue;
        }
        if let Some(name) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            begun += 1;
            let name = match name.split_whitespace().next().unwrap_or("") {
                "match" | "store" | "secondary" => "output",
                "source" => "input",
                // Where a forwarding output sends to.
                "server" => "forward",
                other => other,
            };
            if sections.len() < MAX_DEPTH {
                sections.push(name.to_string());
                items.push(begun);
            }
            continue;
        }
        let Some((key, value)) = text.split_once(char::is_whitespace) else { continue };
        let value = value.trim_start();
        let key = key.to_ascii_lowercase();
        if matches!(key.as_str(), "name" | "@type" | "type") {
            if let Some(section) = sections.last_mut().filter(|section| *section == "output") {
                *section = format!("output {}", written_to(value));
            }
            continue;
        }
        let from = start + (line.len() - line.trim_start().len()) + (text.len() - value.len());
        let bare = value.trim_matches(['"', '\'']);
        let from = from + (value.len() - bare.len()) / 2;
        let path = sections.iter().flat_map(|section| section.split(' ')).map(str::to_string);
        let path = path.chain([key]).collect();
        let value = Spanned::new(bare.to_string(), file.slice(from, from + bare.len()));
        found.push(Entry { path, value, items: items.clone() });
    }
    found
}

/// What an output of this name writes to, as other settings name it.
fn written_to(name: &str) -> String {
    match name.trim_matches(['"', '\'']).to_ascii_lowercase().as_str() {
        "es" | "elasticsearch_dynamic" => "elasticsearch".to_string(),
        "http" => "webhttp".to_string(),
        "rdkafka" | "kafka2" | "kafka_buffered" | "kafka-rest" => "kafka".to_string(),
        "pgsql" => "postgres".to_string(),
        name => name.to_string(),
    }
}
