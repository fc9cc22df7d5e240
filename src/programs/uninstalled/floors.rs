//! The oldest servers that the packages of a program speak to: `rules/data/floors.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::drifted::newest;
use super::outgrown::{asked, is_since};
use super::{Program, python};
use crate::programs::SinkKind;
use crate::programs::versions::range::Version;
use crate::programs::versions::{images, lock_version};
use crate::source::{SourceFile, Spanned};

const TABLE: &str = include_str!("../../../rules/data/floors.yaml");

/// Directories above a module in which its manifest is looked for.
const MAX_ABOVE: usize = 6;

/// What a version of a package asks of its server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    language: String,
    package: String,
    from: String,
    needs: Option<String>,
    /// Which client it is.
    pub kind: SinkKind,
    /// What the server is called.
    pub server: String,
    /// The images of it whose tags begin with its version.
    pub images: Vec<String>,
    /// The oldest version that it speaks to.
    pub least: String,
    /// What the program gets.
    pub says: String,
}

impl Floor {
    /// How to hold the package back to a version that speaks to a server for which `fits` says what is old enough:
    /// `elasticsearch<9.0`.
    #[must_use]
    pub fn held_back(&self, fits: &dyn Fn(&str) -> bool) -> String {
        let of_one = table().iter().filter(|row| {
            (&row.language, &row.package, &row.server) == (&self.language, &self.package, &self.server)
        });
        // Rows stand in order, the newest first.
        let first = of_one.filter(|row| !fits(&row.least)).last().unwrap_or(self);
        match first.from.parse::<u32>() {
            Ok(major) if self.language == "npm" => format!("{}@{}", self.package, major.saturating_sub(1)),
            _ => format!("{}<{}", self.package, first.from),
        }
    }
}

/// A package with what it asks of its server.
#[derive(Clone, Debug)]
pub struct Floored {
    /// The package as it is declared: `django==5.1`.
    pub package: Spanned<String>,
    /// What that asks for.
    pub floor: &'static Floor,
}

fn table() -> &'static [Floor] {
    static ALL: OnceLock<Vec<Floor>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the declared packages of a program of Python ask of their servers, each of one kind of server what its newest version asks for that may be
/// installed.
pub(super) fn of_python(program: &Program<'_>) -> Vec<Floored> {
    let Some(found) = python::installed(program).filter(|found| !found.locked && !found.projects) else {
        return Vec::new();
    };
    let image = program.image.base.as_ref();
    let Some(has) = image.and_then(|image| images::of_python(&image.value)).filter(|_| !found.elsewhere)
    else {
        return Vec::new();
    };
    let bound = |text: &str| Version::at_start_of(text).map(Version::first);
    let mut out: Vec<Floored> = Vec::new();
    for floor in table().iter().filter(|floor| floor.language == "python") {
        let Some(declared) = found.direct.get(&floor.package) else { continue };
        let made = floor.needs.as_deref().and_then(bound).is_none_or(|needs| has.first() >= needs);
        let reached = newest(&found, &floor.package)
            .is_some_and(|newest| bound(&floor.from).is_some_and(|from| newest >= from));
        if made && reached && !found.marked.contains(&floor.package) && is_new(&out, floor) {
            let text = format!("{}{}", floor.package, declared.value.replace(' ', ""));
            out.push(Floored { package: Spanned::new(text, declared.span), floor });
        }
    }
    out
}

/// The same of a program of Node.js, by the packages that its modules name.
pub(super) fn of_node(program: &Program<'_>) -> Vec<Floored> {
    let mut out: Vec<Floored> = Vec::new();
    for (place, source) in program.loaded.iter().filter_map(|index| program.scope.get(*index)) {
        if source.front_end.name() != "javascript" {
            continue;
        }
        for floor in table().iter().filter(|floor| floor.language == "npm") {
            let exact = [format!("'{}'", floor.package), format!("\"{}\"", floor.package)];
            let named = |text: &str| exact.iter().any(|name| text.contains(name.as_str()));
            if !is_new(&out, floor) || !source.glance(named) {
                continue;
            }
            let build = program.machine.of_build();
            let mut above = place.ancestors().skip(1).take(MAX_ABOVE);
            let Some((folder, manifest)) =
                above.find_map(|folder| Some((folder, build.load(&folder.join("package.json"))?)))
            else {
                continue;
            };
            let Some(written) = asked(&manifest.text, &floor.package) else { continue };
            let held = lock_version(&|path| build.load(path), folder, &floor.package);
            let version = held.unwrap_or(written);
            if floor.from.parse().is_ok_and(|from| is_since(&version, from)) {
                out.extend(
                    in_manifest(&manifest, &floor.package, &version)
                        .map(|package| Floored { package, floor }),
                );
            }
        }
    }
    out
}

/// Whether nothing is known yet of what the package asks of a server of this kind: rows stand in order, the newest first.
fn is_new(out: &[Floored], floor: &Floor) -> bool {
    !out.iter().any(|known| known.floor.package == floor.package && known.floor.server == floor.server)
}

fn in_manifest(manifest: &SourceFile, package: &str, version: &str) -> Option<Spanned<String>> {
    let key = format!("\"{package}\"");
    let at = manifest.text.find(&key)?;
    Some(Spanned::new(format!("{package} {version}"), manifest.slice(at, at + key.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_held_back_as_far_as_the_server_wants() {
        let of = |package: &str| {
            table().iter().find(|row| row.package == package && row.server != "MySQL").unwrap()
        };
        // PostgreSQL 12 is too old from Django 5.1 on, and 13 from 5.2 on.
        assert_eq!(of("django").held_back(&|least| least == "12" || least == "11"), "django<5.1");
        assert_eq!(of("django").held_back(&|least| least != "14"), "django<5.2");
        assert_eq!(of("mongoose").held_back(&|least| least == "3.6"), "mongoose@8");
    }

    #[test]
    fn the_table_is_read() {
        let table: Vec<Floor> = serde_yaml::from_str(TABLE).unwrap();
        for (at, row) in table.iter().enumerate() {
            let bound = |text: &str| Version::at_start_of(text).map(Version::first).unwrap();
            assert!(bound(&row.least) > (0, 0, 0) && ["python", "npm"].contains(&row.language.as_str()));
            assert!(row.language == "python" || row.from.parse::<u32>().is_ok(), "{}", row.from);
            let of_one = |other: &&Floor| {
                (&other.language, &other.package, &other.server) == (&row.language, &row.package, &row.server)
            };
            let before = table.iter().take(at).filter(of_one);
            assert!(before.into_iter().all(|other| bound(&other.from) > bound(&row.from)), "{}", row.package);
        }
    }
}
