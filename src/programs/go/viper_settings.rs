//! What all files of a program say to viper together: a package sets it up, and others ask it for keys.
//!
//! Each file tells what it says as names of its module that no program can have.

use std::path::Path;

use super::decoded::{KOANF, UNMARSHAL};
use crate::programs::evaluate::Environment;
use crate::programs::load::{IN_FILES, setting_name};
use crate::programs::{Expr, ModuleIndex, Scope, Settings};
use crate::source::{Span, Spanned};

/// The name of what holds for all keys.
const GENERAL: &str = "(viper)";

/// Where a program's viper finds what a key is.
pub(super) struct ViperSettings;

/// What holds for all keys.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub prefix: String,
    pub automatic: bool,
    /// What becomes what in the names of variables: two words with a tab between them a line.
    pub replaced: String,
    /// A configuration file may say otherwise than the defaults.
    pub file: bool,
    /// Something is said that cannot be read.
    pub unclear: bool,
}

impl Said {
    /// It as a name of a module; none when nothing is said.
    pub fn told(&self) -> Option<(String, Expr)> {
        let Self { prefix, automatic, replaced, file, unclear } = self;
        let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), Span::NONE));
        let flag = |flag: bool| Expr::Bool(flag, Span::NONE);
        let all = vec![text(prefix), flag(*automatic), text(replaced), flag(*file), flag(*unclear)];
        let says = *automatic || *file || *unclear || !prefix.is_empty() || !replaced.is_empty();
        says.then(|| (GENERAL.to_string(), Expr::List(all)))
    }

    /// What the modules say that the process loads.
    fn of(scope: &Scope) -> Self {
        let mut all = Self::default();
        for (_, told) in named(scope, GENERAL) {
            let Expr::List(told) = told else { continue };
            let [
                Expr::Text(prefix),
                Expr::Bool(automatic, _),
                Expr::Text(replaced),
                Expr::Bool(file, _),
                Expr::Bool(unclear, _),
            ] = &told[..]
            else {
                continue;
            };
            all.automatic |= automatic;
            all.file |= file;
            // Two prefixes are two vipers.
            let other = !prefix.value.is_empty() && !all.prefix.is_empty() && prefix.value != all.prefix;
            all.unclear |= *unclear || other;
            if all.prefix.is_empty() {
                all.prefix.clone_from(&prefix.value);
            }
            all.replaced.push_str(&replaced.value);
        }
        all
    }
}

/// The variable that a key is looked for in.
pub(super) fn variable(prefix: &str, replaced: &str, key: &str) -> String {
    let full = match prefix.is_empty() {
        true => key.to_string(),
        false => format!("{prefix}_{key}"),
    };
    let pairs =
        replaced.lines().filter_map(|line| line.split_once('\t')).filter(|(from, _)| !from.is_empty());
    pairs.fold(full.to_uppercase(), |name, (from, to)| name.replace(from, to))
}

/// The name of the default of a key: it stands beside what files say.
pub(super) fn default_name(key: &str) -> String {
    setting_name(key)
}

/// A key, and how it is looked for.
fn kind(key: &str) -> (Kind, &str) {
    let kinds = [(IN_FILES, Kind::File), (UNMARSHAL, Kind::Unmarshal), (KOANF, Kind::Koanf)];
    kinds
        .into_iter()
        .find_map(|(start, kind)| Some((kind, key.strip_prefix(start)?)))
        .unwrap_or((Kind::Viper, key))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In files alone.
    File,
    /// By viper for a field of a struct.
    Unmarshal,
    /// By koanf.
    Koanf,
    /// By viper, for itself.
    Viper,
}

/// Whether viper has heard of the key: of others it looks for no variable when it fills a struct.
fn is_known(scope: &Scope, key: &str) -> bool {
    let name = setting_name(key);
    let Some(filed) = scope.filed() else { return true };
    let has = |index: &ModuleIndex| {
        scope.get(*index).is_some_and(|(_, source)| source.full().names.contains_key(&name))
    };
    filed.iter().any(has) || named(scope, &name).next().is_some()
}

/// The name of the variables that a key is bound to.
pub(super) fn bound_name(key: &str) -> String {
    format!("{GENERAL} bound {}", key.to_lowercase())
}

/// The modules that the process loads and that have this name.
fn named<'s>(scope: &'s Scope, name: &str) -> impl Iterator<Item = (ModuleIndex, &'s Expr)> {
    let name = name.to_string();
    scope.loaded().iter().filter_map(move |module| {
        let (_, source) = scope.get(*module)?;
        (source.front_end.name() == "go").then_some(())?;
        Some((*module, source.full().names.get(&name)?))
    })
}

/// The name of the prefixes of the variables that koanf takes.
pub(super) const PREFIXES: &str = "(koanf)";

/// The variables that koanf may take for a key: programs say by a function of their own which word becomes which.
fn koanf_variables(scope: &Scope, key: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (_, told) in named(scope, PREFIXES) {
        let Expr::List(prefixes) = told else { continue };
        for prefix in prefixes {
            let Expr::Text(prefix) = prefix else { continue };
            let upper = key.to_uppercase();
            names.extend(
                ["_", "__"].map(|separator| format!("{}{}", prefix.value, upper.replace('.', separator))),
            );
        }
    }
    names
}

impl Settings for ViperSettings {
    fn variables(&self, scope: &Scope, place: &Path, key: &str) -> Vec<String> {
        let _ = place;
        let (kind, key) = kind(key);
        match kind {
            Kind::File => return Vec::new(),
            Kind::Koanf => return koanf_variables(scope, key),
            Kind::Unmarshal | Kind::Viper => {}
        }
        let bound = named(scope, &bound_name(key)).find_map(|(_, told)| match told {
            Expr::List(names) => Some(names),
            _ => None,
        });
        if let Some(names) = bound {
            let text = |name: &Expr| match name {
                Expr::Text(name) => Some(name.value.clone()),
                _ => None,
            };
            return names.iter().filter_map(text).collect();
        }
        let said = Said::of(scope);
        let asked = kind == Kind::Viper || is_known(scope, key);
        match said.automatic && !said.unclear && asked {
            true => vec![variable(&said.prefix, &said.replaced, key)],
            false => Vec::new(),
        }
    }

    fn files(&self, scope: &Scope, place: &Path, environment: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        let _ = (place, environment);
        let said = Said::of(scope);
        let filed = scope.filed().filter(|_| !said.unclear)?;
        Some(filed.iter().chain(scope.loaded()).copied().collect())
    }

    fn name(&self, key: &str) -> String {
        default_name(kind(key).1)
    }

    fn skips_blank(&self) -> bool {
        true
    }

    fn are_defaults(&self) -> bool {
        true
    }
}
