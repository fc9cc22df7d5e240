//! .NET's configuration: keys with colons, laid together from `appsettings*.json` and the environment.
//!
//! `Host.CreateDefaultBuilder` and `WebApplication.CreateBuilder` take the command line over environment
//! variables over `appsettings.{Environment}.json` over `appsettings.json`
//! (ASP.NET Core documentation, "Configuration in ASP.NET Core").

use std::path::Path;

use crate::programs::evaluate::Environment;
use crate::programs::{ModuleIndex, Scope, Settings};

/// How .NET finds its settings.
pub(super) struct Configuration;

/// The variables that name the environment, the one that counts first.
pub(super) const ENVIRONMENT: [&str; 2] = ["ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

/// The environment when no variable names one.
pub(super) const PRODUCTION: &str = "Production";

/// Files by the name before `.json`, those that programs add later first.
const FILES: [&str; 2] = [OCELOT, "appsettings"];

/// What files of Ocelot's routes are called.
const OCELOT: &str = "ocelot";

/// What stands before the name of a connection string in variables of its own
/// (documentation, "Connection string prefixes").
const CONNECTION_PREFIXES: [&str; 4] =
    ["CUSTOMCONNSTR_", "SQLCONNSTR_", "MYSQLCONNSTR_", "POSTGRESQLCONNSTR_"];

/// The call that lets variables with a prefix of the program's own in.
const PREFIXED: &str = "AddEnvironmentVariables(";

impl Settings for Configuration {
    fn variables(&self, scope: &Scope, place: &Path, key: &str) -> Vec<String> {
        let key = key.trim_start_matches(':');
        let name = key.replace(':', "__");
        let mut names = vec![name.clone(), key.to_string()];
        names.extend(prefixes(scope, place).iter().map(|prefix| format!("{prefix}{name}")));
        names.extend(["DOTNET_", "ASPNETCORE_"].map(|prefix| format!("{prefix}{name}")));
        if let Some(name) = strip_prefix(key, "ConnectionStrings:") {
            names.extend(CONNECTION_PREFIXES.map(|prefix| format!("{prefix}{name}")));
        }
        names
    }

    fn files(&self, scope: &Scope, place: &Path, environment: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        let given = scope.given.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case("environment"));
        let name = match given {
            Some((_, name)) => name.clone(),
            None => environment_name(environment)?,
        };
        let of = |file: &str| {
            let own = format!("{file}.{name}.json");
            [beside(scope, place, &own), beside(scope, place, &format!("{file}.json"))]
        };
        let mut found: Vec<ModuleIndex> = FILES.iter().flat_map(|file| of(file)).flatten().collect();
        if beside(scope, place, &format!("{OCELOT}.{name}.json")).is_none() {
            found.splice(0..0, routes_told(scope, place, environment));
        }
        Some(found)
    }

    fn name(&self, key: &str) -> String {
        key.trim_start_matches(':').to_lowercase()
    }
}

/// The name of the environment; `None` when it is not known.
fn environment_name(environment: &dyn Environment) -> Option<String> {
    let set = ENVIRONMENT.iter().find_map(|name| environment.variable(name)?.value.as_ref());
    match set.filter(|name| name.is_blank() != Some(true)) {
        Some(name) => Some(name.assumed()).filter(|_| !name.has_hole()),
        None => Some(PRODUCTION.to_string()),
    }
}

/// The file of this name that the program at `place` loads: from its content root, which is where it is
/// started, else from the directory of its project.
pub(super) fn beside(scope: &Scope, place: &Path, name: &str) -> Option<ModuleIndex> {
    let directories = scope.roots.iter().map(std::path::PathBuf::as_path).chain(place.ancestors().skip(1));
    directories.map(|directory| directory.join(name)).find_map(|file| scope.at(&file))
}

/// The file of routes that the start files name themselves: `AddJsonFile("ocelot.Docker.json")`, or
/// `$"ocelot.{name}.json"` with a name from a setting like `Ocelot:Environment`.
fn routes_told(scope: &Scope, place: &Path, environment: &dyn Environment) -> Option<ModuleIndex> {
    const MAX_NAMES: usize = 40;
    let starts = ["Program.cs", "Startup.cs"].map(|name| beside(scope, place, name));
    let texts: Vec<&str> = starts
        .into_iter()
        .flatten()
        .filter_map(|index| scope.get(index))
        .map(|(_, source)| source.text())
        .collect();
    let quoted = |text: &str| {
        let names = text.split('"').skip(1).step_by(2).take(MAX_NAMES * 10);
        names.map(str::to_string).collect::<Vec<_>>()
    };
    let words: Vec<String> =
        texts.iter().filter(|text| text.contains(OCELOT)).flat_map(|text| quoted(text)).collect();
    let literal = words
        .iter()
        .filter(|word| word.starts_with(OCELOT) && word.ends_with(".json") && !word.contains('{'));
    if let Some(found) = literal.into_iter().find_map(|name| beside(scope, place, name)) {
        return Some(found);
    }
    let keys = words.iter().filter(|word| word.to_ascii_lowercase().ends_with("environment")).take(MAX_NAMES);
    let named = keys.filter_map(|key| {
        let variable = environment.variable(&key.replace(':', "__"))?;
        let name = variable.value.as_ref()?.complete()?;
        beside(scope, place, &format!("{OCELOT}.{name}.json"))
    });
    named.into_iter().next()
}

/// The prefixes that the program's own variables have (`AddEnvironmentVariables("SHOP_")`): those that are
/// written in the start files of its project.
fn prefixes(scope: &Scope, place: &Path) -> Vec<String> {
    let starts = ["Program.cs", "Startup.cs"].map(|name| beside(scope, place, name));
    let mut found = Vec::new();
    for index in starts.into_iter().flatten() {
        let Some((_, source)) = scope.get(index) else { continue };
        for (at, call) in source.text().match_indices(PREFIXED).take(8) {
            let rest = source.text().get(at + call.len()..).unwrap_or("");
            let rest = rest.trim_start().trim_start_matches("prefix:").trim_start();
            let prefix = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            found.extend(prefix.map(|(prefix, _)| prefix.to_string()));
        }
    }
    found
}

fn strip_prefix<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    let head = key.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| key.get(prefix.len()..))?
}
