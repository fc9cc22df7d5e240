//! The `go` line of `go.mod`. The images set `GOTOOLCHAIN=local`, so no newer toolchain is fetched:
//! <https://go.dev/doc/toolchain>, <https://github.com/docker-library/golang/issues/472>.

use super::range::Version;
use super::{Asked, Place, value};
use crate::programs::entry::Launch;

/// Since when toolchains know versions with a third part, and refuse newer modules.
const STRICT: Version = Version { major: 1, minor: Some(21), patch: None };

pub(super) fn asked(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
    let verb = words.iter().find(|word| !word.starts_with('-'))?;
    let loads =
        matches!(*verb, "build" | "run" | "test" | "vet" | "mod" | "generate" | "list" | "install" | "get");
    // Such names another module, or only writes a manifest.
    let other = words.iter().any(|word| word.contains('@') || matches!(*word, "init" | "edit"));
    if launch.name() != "go" || !loads || other {
        return None;
    }
    let toolchain = launch.env.get("GOTOOLCHAIN").is_some_and(|value| value != "local");
    if toolchain || place.text.contains("GOTOOLCHAIN") || launch.env.contains_key("GO111MODULE") {
        return None;
    }
    let (directory, file) = place.manifest(launch, "go.mod")?;
    if directory.ancestors().any(|above| place.machine.has(&above.join("go.work"))) {
        return None;
    }
    let (text, at) = value(&file.text, "go", "//")?;
    let version = Version::at_start_of(text)?;
    if !place.has.is_before(STRICT) {
        if !place.has.is_before(version) {
            return None;
        }
        let says = format!("go.mod requires go >= {text} (running go {}; GOTOOLCHAIN=local)", place.has);
        let mut asked = place.asks(&file, at, text, says);
        asked.instead = Some(format!("golang:{}", short(version)));
        return Some(asked);
    }
    let newest = version.minor.map(|minor| format!("golang:{}.{minor}", version.major));
    if version.patch.is_some() {
        let says = format!("invalid go version '{text}': must match format 1.23");
        let mut asked = place.asks(&file, at, text, says);
        asked.instead = newest;
        return Some(asked);
    }
    let (toolchain, at) = value(&file.text, "toolchain", "//")?;
    let name = toolchain.trim_start_matches("go");
    let mut asked = place.asks(&file, at, name, "unknown directive: toolchain".to_string());
    asked.instead = newest;
    Some(asked)
}

/// A version without its last part: a tag that has the newest.
fn short(version: Version) -> Version {
    Version { patch: None, ..version }
}
