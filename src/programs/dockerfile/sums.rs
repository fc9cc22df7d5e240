//! `go.sum`, without which Go compiles nothing that imports a module: `missing go.sum entry for module providing package …`.
//!
//! Commands other than `go get` and `go mod` do not write it from Go 1.16 on, and `go mod download` does not where nothing is
//! named (https://github.com/golang/go/issues/45332). Tried with Go 1.27.

use std::path::Path;

use super::copy::Context;
use super::named::There;
use super::{Built, Fault, FaultKind};
use crate::programs::go::sums::{imported, required};
use crate::programs::versions::images;
use crate::programs::versions::range::Version;
use crate::source::{Kind, Span};

/// No manifest is longer.
const MAX_FILE: u64 = 400_000;
/// Folders above the one that Go is started in, in which it looks for its manifest.
const MAX_ABOVE: usize = 5;
/// The first version that no longer writes what is missing.
const STRICT: Version = Version { major: 1, minor: Some(17), patch: None };

/// The sums that `go` with these words wants and that nothing brings. `said` are its words, the commands of the `RUN`s before, and
/// of its own.
pub(super) fn absent(
    there: &There<'_>,
    (context, built): (&Context, &Built),
    (words, before, own): (&[&str], &str, &str),
    at: Span,
) -> Option<Fault> {
    let verb = words.first().filter(|verb| matches!(**verb, "build" | "install" | "test" | "vet" | "run"))?;
    let otherwise = |word: &&str| word.contains('@') || word.starts_with("-mod");
    if words.iter().any(otherwise) || is_lenient(built, before, own) {
        return None;
    }
    let has = |place: &Path| there.tree.resolve(there.files, place).is_some();
    let mut above = there.directory.ancestors().take(MAX_ABOVE);
    let folder = above.find(|folder| there.tree.file(there.files, &folder.join("go.mod")).is_some())?;
    let manifest = there.tree.file(there.files, &folder.join("go.mod"))?;
    let place = folder.join("go.sum");
    let of_work = there.directory.ancestors().take(MAX_ABOVE).any(|folder| has(&folder.join("go.work")));
    if of_work || has(&place) || has(&folder.join("vendor")) || (there.open)(&place) {
        return None;
    }
    let text = String::from_utf8(there.files.read(&manifest, MAX_FILE).ok()?).ok()?;
    let modules: Vec<&str> = required(&text).into_iter().map(|required| required.module).collect();
    imported(there.files, manifest.parent()?, &modules)?;
    let host = manifest.with_file_name("go.sum");
    let path = host.strip_prefix(&context.root).ok()?;
    let lies = there.files.kind(&host) == Some(Kind::File);
    let hidden = context.ignore.ignored_by(path).filter(|_| lies);
    let kind = FaultKind::Input {
        command: format!("go {verb}"),
        file: path.to_str()?.to_string(),
        there: lies && hidden.is_none(),
        lock: true,
        hidden,
    };
    Some(Fault { kind, at })
}

/// Whether something tells Go to do without, or to write what is missing.
fn is_lenient(built: &Built, before: &str, own: &str) -> bool {
    const TOLD: [&str; 6] = ["GOFLAGS", "GO111MODULE", "-mod=", "-modfile", "go.work", "GONOSUM"];
    let newer = match built.base.as_ref().and_then(|base| images::version(&base.value)) {
        Some((images::Language::Go, version)) => !version.is_before(STRICT),
        Some(_) => false,
        None => true,
    };
    // What is named is written down, and `all` names everything.
    let downloads = |text: &str| {
        text.split("mod download").skip(1).any(|rest| {
            let own = rest.split(['&', ';', '|', '\n']).next().unwrap_or("");
            own.split_whitespace().any(|word| !word.starts_with('-'))
        })
    };
    !newer
        || built.env.keys().any(|name| TOLD.iter().any(|told| name.starts_with(told)))
        || [before, own].iter().any(|text| TOLD.iter().any(|told| text.contains(told)) || downloads(text))
}
