//! What a configuration server of the project hands out to a program.

use std::path::Path;

use super::join::Document;
use super::order::Rank;
use super::profiles::Profiles;
use super::settings::Setting;
use crate::programs::config_server::HANDED;
use crate::programs::{Expr, ModuleIndex, Scope};

/// What a configuration server hands out to the program of this name, lower ones first.
pub(super) fn handed(scope: &Scope, loaded: &[ModuleIndex], name: &str, active: &Profiles) -> Vec<Document> {
    let mut found = Vec::new();
    for (place, source) in loaded.iter().filter_map(|index| scope.get(*index)) {
        let Ok(below) = place.strip_prefix(HANDED) else { continue };
        let folder = below.parent().filter(|folder| !folder.as_os_str().is_empty());
        let stem = place.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        let mut bases = [name, "application"].into_iter();
        let Some(rest) = bases.find_map(|base| stem.strip_prefix(base)) else { continue };
        if folder.is_some_and(|folder| folder != Path::new(name))
            || !(rest.is_empty() || rest.starts_with('-'))
        {
            continue;
        }
        let profile = rest.strip_prefix('-').map(str::to_string);
        let own = stem.starts_with(name) && name != "application";
        for document in source.full().names.values() {
            let Expr::Record(fields) = document else { continue };
            let settings = fields.iter().filter_map(|(key, value)| match value {
                Expr::Text(value) => Some(Setting { key: key.clone(), value: value.clone() }),
                _ => None,
            });
            let (settings, made, rank) = (settings.collect(), Vec::new(), Rank::Told);
            let document =
                Document { settings, made, rank, profile: profile.clone(), place: place.to_path_buf() };
            found.push((own, document));
        }
    }
    let position = |profile: &Option<String>| {
        let place = active.as_ref()?.iter().position(|one| Some(one) == profile.as_ref());
        place.filter(|_| profile.is_some())
    };
    found.sort_by_key(|(own, document)| (position(&document.profile), *own));
    found.into_iter().map(|(_, document)| document).collect()
}
