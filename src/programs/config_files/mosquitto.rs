//! Mosquitto's own configuration: a key, a blank, and its values (`listener 1883 127.0.0.1`).

use crate::programs::{Bind, Expr, Module};
use crate::source::{SourceFile, Spanned};

/// Lines beyond this number are not read.
const MAX_LINES: usize = 5_000;

/// Settings of Mosquitto's, one of which every file of it has (its documentation, "mosquitto.conf").
const SETTINGS: [&str; 8] = [
    "listener",
    "allow_anonymous",
    "persistence",
    "persistence_location",
    "password_file",
    "acl_file",
    "log_dest",
    "per_listener_settings",
];

/// Whether a file is one of Mosquitto's: by its name, or, where it is mounted under that and is called otherwise here, by what it says:
/// each line is a lower-case key with blanks behind it and none of the signs of other formats, and one is a setting of its own.
pub fn is_its_own(file: &SourceFile) -> bool {
    let named = |name: &std::ffi::OsStr| name == "mosquitto.conf";
    file.path.file_name().is_some_and(named)
        || file.path.extension().is_some_and(|end| end == "conf") && says(&file.text)
}

fn says(text: &str) -> bool {
    let keys: Option<Vec<&str>> = text
        .lines()
        .take(MAX_LINES)
        .filter_map(|line| {
            let (_, key) = words(line).next()?;
            let plain =
                key.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !line.contains(['=', '{', ';']);
            Some(plain.then_some(key))
        })
        .collect();
    keys.is_some_and(|keys| keys.iter().any(|key| SETTINGS.contains(key)))
}

/// Whether a text has a setting of Mosquitto's.
pub(super) fn concerns(text: &str) -> bool {
    ["listener", "allow_anonymous", "persistence"].iter().any(|word| text.contains(word))
}

/// The name of what says that clients have to log in: the text is the setting, or nothing where a listener alone says it.
pub const LOGIN: &str = "(login)";

/// Notes where it listens. Of a file that says nothing of that the place is empty: then it depends on the version.
pub(super) fn read(file: &SourceFile, module: &mut Module) {
    listeners(file, module);
    if let Some(login) = login(file, module) {
        module.names.insert(LOGIN.to_string(), Expr::Text(login));
    }
    if module.listens.is_empty() && module.binds.is_empty() && module.imports.is_empty() {
        let host = Spanned::new("localhost".to_string(), file.slice(0, 0));
        module.binds.push(Bind { host, port: Some(1883) });
    }
}

/// What says that nobody comes in without a name: that is so from version 2 on where there is a listener and nothing is said
/// (its documentation, `allow_anonymous`). None where plugins or certificates may tell who comes.
fn login(file: &SourceFile, module: &Module) -> Option<Spanned<String>> {
    const OTHERS: [&str; 7] =
        ["plugin", "auth_", "include_dir", "per_listener_settings", "require_", "use_", "psk"];
    let mut said = None;
    let mut at = 0;
    for line in file.text.split_inclusive('\n').take(MAX_LINES) {
        let start = at;
        at += line.len();
        let mut words = words(line);
        let Some((from, key)) = words.next() else { continue };
        if OTHERS.iter().any(|other| key.starts_with(other)) {
            return None;
        }
        if key == "allow_anonymous" {
            if words.next().is_none_or(|(_, value)| value != "false") {
                return None;
            }
            let place = file.slice(start + from, start + line.trim_end().len());
            said = Some(Spanned::new("allow_anonymous false".to_string(), place));
        }
    }
    said.or_else(|| module.listens.first().map(|port| Spanned::new(String::new(), port.span)))
}

fn listeners(file: &SourceFile, module: &mut Module) {
    let mut at = 0;
    for line in file.text.split_inclusive('\n').take(MAX_LINES) {
        let start = at;
        at += line.len();
        let mut words = words(line);
        let Some((_, key)) = words.next() else { continue };
        let mut next = || {
            let (from, word) = words.next()?;
            Some(Spanned::new(word.to_string(), file.slice(start + from, start + from + word.len())))
        };
        let port = |word: &Spanned<String>| Some(Spanned::new(word.value.parse().ok()?, word.span));
        match key {
            "listener" => {
                let Some(number) = next().as_ref().and_then(port) else { continue };
                // Port 0 is a socket of the file system.
                if number.value == 0 {
                    continue;
                }
                let host = next().unwrap_or_else(|| Spanned::new("0.0.0.0".to_string(), number.span));
                module.binds.push(Bind { host, port: Some(number.value) });
                module.listens.push(number);
            }
            "port" => module.listens.extend(next().as_ref().and_then(port)),
            "bind_address" => module.binds.extend(next().map(|host| Bind { host, port: None })),
            "include_dir" => module.imports.extend(next()),
            _ => {}
        }
    }
}

/// The words of a line, with where they begin.
pub(super) fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = if line.trim_start().starts_with('#') { "" } else { line.trim_end() };
    let base = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - base, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_its_own() {
        assert!(says("# all\npersistence true\npersistence_location /mosquitto/data/\n"));
        assert!(says("listener 1883 0.0.0.0\nallow_anonymous true\n"));
        assert!(!says("bind 0.0.0.0\nsave 60 1\n"));
        assert!(!says("listener 1883\nserver {\n}\n") && !says("persistence = true\n") && !says(""));
    }
}
