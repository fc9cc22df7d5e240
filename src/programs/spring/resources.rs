//! Settings in other files of the class path than `application.yml`: those that sources load, those that settings
//! import.

use std::collections::HashMap;
use std::path::Path;

use super::settings::Setting;
use super::xml;
use crate::programs::{Expr, Module, ModuleIndex, Scope};
use crate::source::{Span, Spanned};

/// The name under which a module of a source holds the files that it loads.
pub const LOADED: &str = "loaded files";
/// The name under which it holds those that the framework takes in for it.
pub const TAKEN_IN: &str = "files taken in";
/// The name in the joined settings that holds what is in files which sources load.
pub const RESOURCES: &str = "resources";

/// How files are called that hold no settings for servers.
const ASIDE: [&str; 12] = [
    "messages",
    "message",
    "validation",
    "log4j",
    "logging",
    "logback",
    "simplelogger",
    "i18n",
    "banner",
    "git",
    "build",
    "quartz",
];

/// Whether a file of the class path may hold settings that something loads by its name.
pub(super) fn is_resource(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
    let settings = ["properties", "yml", "yaml"]
        .iter()
        .any(|extension| path.extension().is_some_and(|it| it.eq_ignore_ascii_case(extension)));
    settings
        && super::order::resources_of(path).is_some()
        && !ASIDE.iter().any(|start| name.starts_with(start))
}

/// The files that are there to be loaded.
pub(super) struct Resources<'a> {
    files: Vec<(&'a Path, &'a Module)>,
    loaded: Vec<String>,
    taken: Vec<String>,
}

impl<'a> Resources<'a> {
    /// Those among the modules of a program, and which of them its sources name.
    pub fn of(scope: &'a Scope, modules: &[ModuleIndex]) -> Self {
        let mut found = Self { files: Vec::new(), loaded: Vec::new(), taken: Vec::new() };
        for (place, source) in modules.iter().filter_map(|index| scope.get(*index)) {
            if source.front_end.joins() {
                if is_resource(place) {
                    found.files.push((place, source.full()));
                } else if xml::is_configuration(place) {
                    found.taken.extend(named(source.full(), TAKEN_IN));
                }
                continue;
            }
            let module = source.module();
            found.loaded.extend(named(module, LOADED));
            found.taken.extend(named(module, TAKEN_IN));
        }
        found
    }

    /// The settings of the file that this names, document by document; `None` where it is not there.
    pub fn file(&self, name: &str) -> Option<Vec<Vec<Setting>>> {
        let wanted = name.trim().trim_start_matches("classpath*:").trim_start_matches("classpath:");
        let wanted = wanted.trim_start_matches("file:").trim_start_matches("./").trim_start_matches('/');
        let (_, module) = self.files.iter().find(|(place, _)| place.ends_with(wanted))?;
        Some(module.names.values().map(settings).collect())
    }

    /// The settings of files that the framework takes in.
    pub fn taken_in(&self) -> Vec<Setting> {
        let files = self.taken.iter().filter_map(|name| self.file(name));
        files.flatten().flatten().collect()
    }

    /// What the files say that sources load, by the names that they have there. What several say differently is not known.
    pub fn record(&self) -> Expr {
        let mut found: HashMap<String, (Spanned<String>, Option<Spanned<String>>)> = HashMap::new();
        let files = self.loaded.iter().filter_map(|name| self.file(name));
        for setting in files.flatten().flatten() {
            let known = found
                .entry(setting.key.value.clone())
                .or_insert_with(|| (setting.key.clone(), Some(setting.value.clone())));
            if known.1.as_ref().is_some_and(|value| value.value != setting.value.value) {
                known.1 = None;
            }
        }
        let mut fields: Vec<(Spanned<String>, Expr)> = found
            .into_values()
            .map(|(key, value)| (key, value.map_or(Expr::Opaque(Span::NONE), Expr::Text)))
            .collect();
        fields.sort_by(|a, b| a.0.value.cmp(&b.0.value));
        Expr::Record(fields)
    }
}

fn named(module: &Module, name: &str) -> Vec<String> {
    let Some(Expr::List(files)) = module.names.get(name) else { return Vec::new() };
    let text = |file: &Expr| match file {
        Expr::Text(text) => Some(text.value.clone()),
        _ => None,
    };
    files.iter().filter_map(text).collect()
}

fn settings(document: &Expr) -> Vec<Setting> {
    let Expr::Record(fields) = document else { return Vec::new() };
    let setting = |(key, value): &(Spanned<String>, Expr)| match value {
        Expr::Text(value) => Some(Setting { key: key.clone(), value: value.clone() }),
        _ => None,
    };
    fields.iter().filter_map(setting).collect()
}
