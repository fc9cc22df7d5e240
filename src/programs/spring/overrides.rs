//! What lies over all configuration files: the command line and the options of the virtual machine.

use std::path::{Path, PathBuf};

use super::keys::canonical;
use crate::programs::Start;
use crate::source::{Span, Spanned, Text, clean};

/// Variables whose options the virtual machine takes by itself.
/// `JAVA_OPTS_APPEND` is that of the start script which Red Hat's images of OpenJDK run.
const OF_THE_MACHINE: [&str; 3] = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS_APPEND"];
/// Options by which build tools hand arguments to the program they start.
const HANDED_ON: [&str; 6] = [
    "--args=",
    "-Dspring-boot.run.arguments=",
    "-Dspring-boot.run.jvmArguments=",
    "-Drun.arguments=",
    "-Drun.jvmArguments=",
    "-Djvm.args=",
];

/// Properties by what gives them.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    /// `--name=value`, over everything.
    command_line: Vec<(String, String)>,
    /// `SPRING_APPLICATION_JSON`
    json: Vec<(String, String)>,
    /// `-Dname=value`
    system: Vec<(String, String)>,
    /// Where the program is told to look for its configuration.
    locations: Vec<PathBuf>,
    /// Whether it looks nowhere else.
    only: bool,
}

impl Overrides {
    /// What a process that is started so is told.
    pub fn of(start: &Start<'_>) -> Self {
        let mut found = Self::default();
        for name in OF_THE_MACHINE {
            let options = start.environment.get(name).map(String::as_str).unwrap_or_default();
            found.options(options.split_whitespace());
        }
        for words in &start.commands {
            found.options(words.iter().skip(1).map(String::as_str));
        }
        if let Some(json) = start.environment.get("SPRING_APPLICATION_JSON") {
            found.json = of_json(json);
        }
        let environment = |name: &str| start.environment.get(name).cloned();
        let only = found.told("spring.config.location").or_else(|| environment("SPRING_CONFIG_LOCATION"));
        let more = found
            .told("spring.config.additional-location")
            .or_else(|| environment("SPRING_CONFIG_ADDITIONALLOCATION"))
            .or_else(|| environment("SPRING_CONFIG_ADDITIONAL_LOCATION"));
        found.only = only.as_ref().is_some_and(|location| !location.contains("classpath:"));
        let every = only.iter().chain(&more).flat_map(|all| all.split([',', ';']));
        found.locations = every.filter_map(|location| path(location, start.directory)).collect();
        found
    }

    fn options<'w>(&mut self, words: impl Iterator<Item = &'w str>) {
        for word in words {
            if let Some(rest) = HANDED_ON.iter().find_map(|option| word.strip_prefix(option)) {
                let rest = rest.trim_matches(['"', '\'']);
                let inner: Vec<&str> = rest.split([' ', ',']).collect();
                for word in inner.into_iter().filter(|word| !HANDED_ON.iter().any(|on| word.starts_with(on)))
                {
                    self.option(word);
                }
                continue;
            }
            match word.strip_prefix("-Dspring-boot.run.profiles=").or(word.strip_prefix("-Drun.profiles=")) {
                Some(profiles) => {
                    self.system.push(("spring.profiles.active".to_string(), profiles.to_string()));
                }
                None => self.option(word),
            }
        }
    }

    fn option(&mut self, word: &str) {
        let (to, rest) = match (word.strip_prefix("--"), word.strip_prefix("-D")) {
            (Some(rest), _) => (&mut self.command_line, rest),
            (None, Some(rest)) => (&mut self.system, rest),
            _ => return,
        };
        if let Some((name, value)) = rest.split_once('=').filter(|(name, _)| !name.is_empty()) {
            to.push((name.to_string(), value.trim_matches(['"', '\'']).to_string()));
        }
    }

    /// What the program is told of this property; [`Text::HOLE`] in it stands for what is not known.
    pub fn told(&self, name: &str) -> Option<String> {
        let wanted = canonical(name);
        let layers = [&self.command_line, &self.json, &self.system].into_iter();
        layers
            .flat_map(|layer| layer.iter().rev())
            .find(|(name, _)| canonical(name) == wanted)
            .map(|(_, value)| value.clone())
    }

    /// Every property that it is told, lowest first; a value that is not wholly known is `None`.
    pub fn properties(&self) -> impl Iterator<Item = (Spanned<String>, Option<Spanned<String>>)> {
        let layers = [&self.system, &self.json, &self.command_line].into_iter().flatten();
        layers.map(|(name, value)| {
            let value = (!value.contains(Text::HOLE)).then(|| Spanned::new(value.clone(), Span::NONE));
            (Spanned::new(name.clone(), Span::NONE), value)
        })
    }

    /// The directories and files where it is told to look.
    pub fn locations(&self) -> impl Iterator<Item = &Path> {
        self.locations.iter().map(PathBuf::as_path)
    }

    /// Whether it looks for files nowhere else.
    pub fn only_told(&self) -> bool {
        self.only
    }
}

/// `optional:file:/config/`, `/config/application.yml`
fn path(location: &str, directory: &Path) -> Option<PathBuf> {
    let location = location.trim();
    let location = location.strip_prefix("optional:").unwrap_or(location);
    if location.starts_with("classpath") || location.is_empty() {
        return None;
    }
    let location = location.strip_prefix("file:").unwrap_or(location);
    Some(clean(&directory.join(location)))
}

fn of_json(json: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if let Ok(value) = serde_yaml::from_str::<serde_yaml::Value>(json) {
        flatten(&value, String::new(), 0, &mut out);
    }
    out
}

fn flatten(value: &serde_yaml::Value, key: String, depth: usize, out: &mut Vec<(String, String)>) {
    use serde_yaml::Value;
    if depth > 16 || out.len() > 500 {
        return;
    }
    match value {
        Value::Mapping(entries) => {
            for (name, value) in entries {
                let Some(name) = name.as_str() else { continue };
                let key = if key.is_empty() { name.to_string() } else { format!("{key}.{name}") };
                flatten(value, key, depth + 1, out);
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                flatten(item, format!("{key}[{at}]"), depth + 1, out);
            }
        }
        Value::String(text) => out.push((key, text.clone())),
        Value::Bool(flag) => out.push((key, flag.to_string())),
        Value::Number(number) => out.push((key, number.to_string())),
        Value::Null | Value::Tagged(_) => {}
    }
}
