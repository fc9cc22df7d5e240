//! Sections of settings that a program cannot do without, and that neither its files nor its environment have.

use super::ServiceFacts;
use super::nothing::is_registered;
use crate::compose::nearest;
use crate::programs::Role;
use crate::source::Span;

/// A section that is asked for and is nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its key.
    pub key: String,
    /// Where it is asked for.
    pub at: Span,
    /// Where the key is written, where that is elsewhere.
    pub written: Span,
    /// One of nearly that name that is there.
    pub near: Option<String>,
    /// A variable that sets a value of that one, and where.
    pub variable: Option<(String, Span)>,
}

/// What may bring settings from where they are not seen.
const ELSEWHERE: [&str; 13] = [
    "AddInMemoryCollection",
    "AddAzure",
    "AddUserSecrets",
    "AddKeyPerFile",
    "AddXmlFile",
    "AddIniFile",
    "AddYamlFile",
    "AddConsul",
    "AddVault",
    "AddSecretsManager",
    "AddSystemsManager",
    "AddConfiguration(",
    "AddJsonStream",
];

/// The sections that the program of a service cannot do without and does not have.
#[must_use]
pub fn absent(client: &ServiceFacts<'_>) -> Vec<Absent> {
    let program = client.program;
    let mut found: Vec<Absent> = Vec::new();
    let asking =
        program.modules.iter().filter(|module| module.role == Role::Source && !module.sections.is_empty());
    let asking: Vec<_> = asking.collect();
    let scope = &program.scope;
    if asking.is_empty()
        || program.idle
        || !program.entry_known
        || client.environment.unseen().is_some()
        || client.lacks_env_file()
        || !scope.containing_any(&ELSEWHERE).is_empty()
        || brings_files(client)
    {
        return found;
    }
    let uses = program.uses();
    for module in asking {
        let Some((place, source)) = scope.index_of(module).and_then(|index| scope.get(index)) else {
            continue;
        };
        let Some(settings) = source.front_end.settings().filter(|_| is_registered(client, module)) else {
            continue;
        };
        for section in module.sections.iter().filter(|section| uses.runs(module, section.span)) {
            let value = client.evaluate(module, &section.value);
            let Some(text) = value.text() else { continue };
            let Some(key) = text.complete().filter(|key| !key.is_empty()) else {
                continue;
            };
            let files = settings.files(scope, place, &client.environment).unwrap_or_default();
            let names = || {
                let files = files.iter().filter_map(|file| scope.get(*file));
                files.flat_map(|(_, source)| source.module().names.keys().cloned().collect::<Vec<_>>())
            };
            let own = settings.name(&key);
            let below = |name: &str, start: &str, parts: &[&str]| {
                let name = name.to_lowercase();
                name.strip_prefix(&start.to_lowercase())
                    .is_some_and(|rest| rest.is_empty() || parts.iter().any(|part| rest.starts_with(part)))
            };
            let filed = names().any(|name| below(&name, &own, &[":"]));
            let variables = settings.variables(scope, place, &key);
            let set = client
                .environment
                .iter()
                .any(|(name, _)| variables.iter().any(|variable| below(name, variable, &["__", ":"])));
            let variables = client.environment.iter();
            let sections = variables.filter_map(|(name, _)| Some(name.split_once("__")?.0.to_lowercase()));
            let of_files = names().map(|name| name.split(':').next().unwrap_or(&name).to_string());
            let there: Vec<String> = of_files.chain(sections).collect();
            // Without any, they may come from elsewhere.
            if filed || set || there.is_empty() || found.iter().any(|known| known.key == key) {
                continue;
            }
            let near = there.iter().find(|name| name.starts_with(&own) || own.starts_with(name.as_str()));
            let near = near.map(String::as_str).or_else(|| nearest(&own, there.iter().map(String::as_str)));
            let variable = near.and_then(|near| {
                let mut variables = client.environment.iter();
                let (name, set) = variables.find(|(name, _)| below(name, near, &["__"]))?;
                Some((name.to_string(), set.variable.key))
            });
            let near = near.map(str::to_string);
            found.push(Absent { key, at: section.span, written: text.span(), near, variable });
        }
    }
    found
}

/// Whether the program loads files of other names.
fn brings_files(client: &ServiceFacts<'_>) -> bool {
    const LOADS: &str = "AddJsonFile(";
    let scope = &client.program.scope;
    scope.containing(LOADS).iter().filter_map(|index| scope.get(*index)).any(|(_, source)| {
        let text = source.text();
        text.split(LOADS).skip(1).any(|rest| {
            let line = rest.lines().next().unwrap_or("");
            !line.contains("appsettings")
        })
    })
}
