//! Names and numbers as they stand in sentences.

/// Ports, for people.
#[must_use]
pub fn list_of_ports(mut ports: Vec<(u16, u16)>) -> String {
    ports.sort_unstable();
    ports.dedup();
    let shown: Vec<String> = ports
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    if shown.is_empty() { "a port that is not known".to_string() } else { shown.join(", ") }
}

/// Names for people: `` `a`, `b` and `c` ``.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => quoted.concat(),
    }
}

/// Names for people, the first of them if they are many.
#[must_use]
pub fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(6);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
