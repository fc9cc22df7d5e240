//! Dependencies that npm does not fetch: `workspace:*` and its like are of pnpm and Yarn, and npm stops at one
//! (`EUNSUPPORTEDPROTOCOL`), whether it is for development or not. Tried with npm 11.

use serde_json::Value;

use super::named::There;
use super::{Fault, FaultKind};
use crate::source::Span;

/// No manifest is longer.
const MAX_FILE: u64 = 400_000;
const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];
const REFUSED: [&str; 4] = ["workspace:", "catalog:", "link:", "portal:"];

/// The first dependency of the manifest in the directory that `npm` with these words does not take.
pub(super) fn refused(there: &There<'_>, name: &str, words: &[&str], at: Span) -> Option<Fault> {
    let verb = words.first().filter(|verb| matches!(**verb, "install" | "i" | "ci"))?;
    let global = words.iter().any(|word| matches!(*word, "-g" | "--global" | "--location=global"));
    let place = there.directory.join("package.json");
    if name != "npm" || global || (there.open)(&place) {
        return None;
    }
    let host = there.tree.file(there.files, &place)?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    let manifest: Value = serde_json::from_str(&text).ok()?;
    let mut all = SECTIONS.iter().filter_map(|section| manifest.get(*section)?.as_object()).flatten();
    let (dependency, value) = all.find_map(|(name, value)| {
        let value = value.as_str()?;
        REFUSED.iter().any(|protocol| value.starts_with(protocol)).then_some((name, value))
    })?;
    let (dependency, value) = (dependency.clone(), value.to_string());
    Some(Fault { kind: FaultKind::Protocol { command: format!("npm {verb}"), dependency, value }, at })
}
