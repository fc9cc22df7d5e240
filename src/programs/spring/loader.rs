//! The class that starts the archives of Spring Boot: 3.2 moved it to another package.

use super::manifests::{self, Built};
use crate::programs::Program;
use crate::source::{Span, Text};

const BEFORE: &str = "org.springframework.boot.loader.";
const SINCE: &str = "org.springframework.boot.loader.launch.";
/// The first version with the new package.
const MOVED: (u32, u32) = (3, 2);

/// A launcher that the program's version of Spring Boot does not have.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The class that is asked for.
    pub class: String,
    /// The one that is there.
    pub instead: String,
    /// The version of Spring Boot.
    pub version: String,
    /// Where the command names it.
    pub at: Span,
}

/// The launcher that a program's command names and that its version of Spring Boot has elsewhere.
#[must_use]
pub fn moved_launcher(program: &Program) -> Option<Launcher> {
    let word = program.command.iter().find(|word| word.assumed().contains(BEFORE))?;
    let text = word.assumed();
    let from = text.find(BEFORE)?;
    let rest = text.get(from..)?;
    let class = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next()?;
    let version = version(program)?;
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    let numbers = (numbers.next()??, numbers.next()??);
    let name = class.rsplit('.').next()?;
    let instead = match (class.starts_with(SINCE), numbers >= MOVED) {
        (false, true) => format!("{SINCE}{name}"),
        (true, false) => format!("{BEFORE}{name}"),
        _ => return None,
    };
    let at = word_span(word, from, from + class.len());
    Some(Launcher { class: class.to_string(), instead, version, at })
}

/// The version of Spring Boot, as the nearest manifest above the program's sources says it.
fn version(program: &Program) -> Option<String> {
    let places = program.loaded.iter().filter_map(|index| program.scope.get(*index)).map(|(place, _)| place);
    let main =
        places.filter_map(|place| place.ancestors().find(|above| above.ends_with("src/main"))).next()?;
    let manifests = program.scope.iter().filter(|(_, place, _)| manifests::is_manifest(place));
    let above = manifests.filter(|(_, place, _)| place.parent().is_some_and(|root| main.starts_with(root)));
    let mut said: Vec<(usize, String)> = Vec::new();
    for (_, place, source) in above {
        // The old classes can be asked for.
        if source.glance(|text| text.contains("CLASSIC")) {
            return None;
        }
        let mut built = Built::default();
        built.add(source.full());
        said.extend(built.version.map(|version| (place.components().count(), version)));
    }
    said.into_iter().max_by_key(|(depth, _)| *depth).map(|(_, version)| version)
}

fn word_span(word: &Text, from: usize, to: usize) -> Span {
    word.slice(from, to).span()
}
