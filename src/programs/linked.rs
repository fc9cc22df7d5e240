//! Shared libraries that a program in Rust is linked against, and that the image which it is copied into does not have.

use super::dockerfile::{Stage, Step};
use super::{Program, has_extension};
use crate::compose::ImageReference;
use crate::source::{Span, Text};

/// A library that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlinked {
    /// The file that the loader looks for.
    pub library: &'static str,
    /// The crate that is linked against it.
    pub by: &'static str,
    /// The package of Debian that brings it.
    pub package: &'static str,
    /// The image.
    pub image: String,
    /// Where it is named.
    pub at: Span,
}

/// A crate that is linked against a library.
struct Crate {
    name: &'static str,
    /// One of these stands in its line of `Cargo.toml`.
    with: &'static [&'static str],
    library: &'static str,
    package: &'static str,
    /// What, in a command of the last stage, brings the library.
    brings: &'static [&'static str],
}

/// libpq comes with the package of its own name and with clients; OpenSSL with most that is installed.
const CRATES: [Crate; 5] = [
    Crate {
        name: "diesel",
        with: &["\"postgres\""],
        library: "libpq.so.5",
        package: "libpq5",
        brings: &["pq", "postgres", "diesel"],
    },
    Crate {
        name: "diesel",
        with: &["\"mysql\""],
        library: "libmariadb.so.3",
        package: "libmariadb3",
        brings: &["mysql", "mariadb", "diesel"],
    },
    Crate {
        name: "openssl",
        with: &["\"0.10"],
        library: "libssl.so",
        package: "openssl",
        brings: &["install"],
    },
    Crate {
        name: "reqwest",
        with: &["\"0.11", "\"0.12"],
        library: "libssl.so",
        package: "openssl",
        brings: &["install"],
    },
    Crate {
        name: "native-tls",
        with: &["\"0.2"],
        library: "libssl.so",
        package: "openssl",
        brings: &["install"],
    },
];

/// Words of a manifest after which nothing is linked that way.
const OTHERWISE: [&str; 5] = ["bundled", "vendored", "rustls", "default-features = false", "workspace"];

/// The first library that the image of a program does not have: one of Debian's releases, which bring neither.
#[must_use]
pub fn unlinked(program: &Program) -> Option<Unlinked> {
    let image = &program.image;
    let parsed = image.parsed.as_ref().filter(|_| image.problem.is_none() && !image.assumed)?;
    let base = image.base.as_ref()?;
    let reference = ImageReference::parse(&base.value)?;
    let release = ["bullseye", "bookworm", "11", "12"];
    let tag = reference.tag.unwrap_or("");
    let plain =
        reference.path == "debian" && release.iter().any(|name| tag.split(['-', '.']).next() == Some(name));
    let last = parsed.stages.last()?;
    // It may be made from a stage that installs something.
    let direct = last.from.complete().as_deref() == Some(base.value.as_str());
    if !plain || !direct || brings_libraries(last) {
        return None;
    }
    let scope = &program.scope;
    let main = program.loaded.iter().filter_map(|index| scope.get(*index)).map(|(place, _)| place);
    let main =
        main.into_iter().find(|place| has_extension(place, &["rs"])).filter(|_| program.entry_known)?;
    let manifest =
        main.ancestors().skip(1).find_map(|folder| scope.get(scope.at(&folder.join("Cargo.toml"))?))?;
    let text = manifest.1.text();
    let says = |text: &str| OTHERWISE.iter().any(|word| text.contains(word));
    let musl = |step: &Step| matches!(step, Step::Run(run) if run.assumed().contains("musl") || run.assumed().contains("static"));
    if parsed.stages.iter().flat_map(|stage| &stage.steps).any(musl)
        || text.contains("bundled")
        || text.contains("vendored")
    {
        return None;
    }
    let runs: Vec<String> = last
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Run(run) => Some(run.assumed()),
            _ => None,
        })
        .collect();
    let depends = |one: &Crate| {
        let mut lines = dependencies(text);
        lines.any(|line| {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            name.trim() == one.name && one.with.iter().any(|word| value.contains(word)) && !says(value)
        })
    };
    let found = CRATES.iter().find(|one| {
        depends(one) && !runs.iter().any(|run| one.brings.iter().any(|word| run.contains(word)))
    })?;
    let (library, by, package) = (found.library, found.name, found.package);
    Some(Unlinked { library, by, package, image: base.value.clone(), at: base.span })
}

/// The lines of the dependencies that are built into the program.
fn dependencies(text: &str) -> impl Iterator<Item = &str> {
    let mut within = false;
    text.lines().filter(move |line| {
        if line.trim_start().starts_with('[') {
            within = line.trim() == "[dependencies]";
        }
        within && !line.trim_start().starts_with('#')
    })
}

/// Whether a stage takes libraries from elsewhere.
fn brings_libraries(stage: &Stage) -> bool {
    stage.steps.iter().any(|step| match step {
        Step::Copy(copy) => {
            let mut places = copy.sources.iter().chain([&copy.destination]).map(Text::assumed);
            places.any(|place| place.contains("/lib") || place.contains(".so"))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::dependencies;

    #[test]
    fn lines_of_dependencies() {
        let text = "[package]\nname = \"a\"\n[dependencies]\n# x = 1\ndiesel = \"2\"\n[dev-dependencies]\nreqwest = \"0.12\"\n";
        assert_eq!(
            dependencies(text).filter(|line| line.contains('"')).collect::<Vec<_>>(),
            ["diesel = \"2\""]
        );
    }
}
