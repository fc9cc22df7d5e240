//! What a build compiles, and the libraries and tools that it needs for that: `rules/data/libraries.yaml`, typed.

mod crates;
mod embedded;
mod embedded_go;
mod linked;
mod python;
mod rust;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use super::dockerfile::Run;
use super::entry::{self, Launch, Machine};
use super::image::Image;
use super::scope::Scope;
use super::versions::images::{self, Language};
use super::versions::range::Version;
use crate::compose::{ImageReference, Service};
use crate::source::{Span, Spanned};

const TABLE: &str = include_str!("../../../rules/data/libraries.yaml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    compilers: Vec<String>,
    python: Vec<Package>,
    nowhere: Vec<Nowhere>,
    git: Tool,
    ruby: Vec<Gem>,
    php: Vec<Extension>,
    rust: Vec<crates::Crate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Package {
    package: String,
    from: Option<String>,
    made: BTreeMap<String, String>,
    fails: BTreeMap<String, String>,
    needs: Vec<Vec<String>>,
    loads: Option<Library>,
    says: String,
    instead: String,
}

/// Packages of Python of which there is nothing to install.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Nowhere {
    packages: Vec<String>,
    pinned: bool,
    why: String,
    instead: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Library {
    library: String,
    r#in: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gem {
    gem: String,
    until: Option<String>,
    needs: Vec<Vec<String>>,
    says: String,
    instead: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tool {
    says: String,
    instead: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Extension {
    extension: String,
    since: Option<String>,
    gone: Option<String>,
    needs: Vec<Vec<String>>,
    says: String,
    instead: String,
}

/// Something that a build compiles without what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// What: `psycopg2`, `the extension gd`.
    pub what: String,
    /// Where it is asked for.
    pub at: Span,
    /// The command that compiles it; [`Span::NONE`] where that is the same place.
    pub run: Span,
    /// The image that it is compiled in.
    pub image: Spanned<String>,
    /// Whether it is compiled, and fails only when it is used.
    pub later: bool,
    /// Whether it asks a server while it is compiled, which builds do not reach.
    pub asks: bool,
    /// Whether this version does not have it any more.
    pub gone: bool,
    /// Whether it is older than the language's version, which does not compile it.
    pub old: bool,
    /// Why there is nothing of it to install.
    pub nowhere: Option<String>,
    /// Whether it is compiled in another stage, and the library that it loads is not there.
    pub unlinked: bool,
    /// Whether it is a file of the project's, which is not copied to where it is compiled in.
    pub left_out: bool,
    /// What is said.
    pub says: String,
    /// What to do.
    pub instead: String,
}

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the builds compile without what it needs, and what is copied from other stages without what it loads. `runs` are those of
/// the last stage alone, and all.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    scope: &Scope,
    (service, image): (&Service, &Image),
    (own_runs, runs): (&[Run], &[Run]),
) -> Vec<Unbuilt> {
    let unlinked = linked::of(machine, service, image, (own_runs, runs));
    let machine = machine.of_build();
    let mut out = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let Some(image) = &run.base else { continue };
        let Some(parsed) = ImageReference::parse(&image.value) else { continue };
        // What the same stage installs up to here.
        let before = runs.get(..=at).unwrap_or_default().iter();
        let before: Vec<String> = before
            .filter(|other| other.base.as_ref().is_some_and(|base| base.span == image.span))
            .map(|run| run.command.assumed())
            .collect();
        let stage = Stage { image, before, run };
        let small = parsed.tag.is_some_and(|tag| tag.contains("slim") || tag.contains("alpine"));
        match parsed.path {
            "python" => python::of(&machine, &stage, small, &mut out),
            "php" => of_php(&stage, &mut out),
            "ruby" if small => out.extend(of_ruby(&machine, &stage)),
            "golang" => {
                out.extend(embedded_go::of(&machine, scope, &stage));
                out.extend(of_go(&machine, scope, &stage, parsed.tag.unwrap_or("latest")));
            }
            path if path.contains("rust") || path.contains("cargo-chef") => {
                let found =
                    embedded::of(&machine, scope, &stage).or_else(|| rust::of(&machine, scope, &stage));
                out.extend(found.or_else(|| crates::of(&machine, &stage, small)));
            }
            _ => {}
        }
    }
    out.extend(unlinked);
    out
}

/// A `RUN` and those before it in its stage.
struct Stage<'a> {
    image: &'a Spanned<String>,
    before: Vec<String>,
    run: &'a Run,
}

impl Stage<'_> {
    /// Whether one of these packages is named in an installation.
    fn has(&self, packages: &[String]) -> bool {
        let parts = |c: char| c.is_whitespace() || "=;&|\\".contains(c);
        self.before
            .iter()
            .any(|text| text.split(parts).any(|word| packages.iter().any(|known| known == word)))
    }

    /// Whether what is installed may be anything.
    fn is_open(&self) -> bool {
        const OPENS: [&str; 5] = ["curl", "wget", "make", "install-php-extensions", "xargs"];
        let opens = |command: &str| {
            let name = command.split_whitespace().find(|word| !word.contains('=') && *word != "sudo");
            let name = name.map_or("", |word| word.rsplit('/').next().unwrap_or(word));
            let unknown = || command.contains('$') || command.contains('*');
            OPENS.contains(&name)
                || command.contains(".sh")
                || matches!(name, "apt" | "apt-get" | "apk" | "aptitude") && unknown()
        };
        self.before.iter().any(|text| {
            // A loop or a condition may hide what it calls.
            let hidden = ["; do", " then ", "$("].iter().any(|word| text.contains(word));
            hidden || text.split(['\n', ';', '&', '|']).any(opens)
        })
    }

    fn found(&self, what: String, at: Span, says: &str, instead: &str) -> Unbuilt {
        Unbuilt {
            what,
            at,
            run: self.run.command.span(),
            image: self.image.clone(),
            later: false,
            asks: false,
            gone: false,
            old: false,
            nowhere: None,
            unlinked: false,
            left_out: false,
            says: says.to_string(),
            instead: instead.to_string(),
        }
    }
}

/// The first gem of the lock file that is compiled: one that needs a library, else any.
fn of_ruby(machine: &Machine<'_>, stage: &Stage<'_>) -> Option<Unbuilt> {
    let launches = entry::built_by(machine, stage.run);
    let installs = |launch: &&Launch| {
        launch.name() == "bundle" && launch.words.get(1).is_some_and(|word| word == "install")
    };
    let launch = launches.iter().find(installs).filter(|_| !stage.is_open())?;
    let file = machine.load(&launch.path("Gemfile.lock"))?;
    let compiler = stage.has(&table().compilers);
    table().ruby.iter().find_map(|gem| {
        let line = format!("\n    {} (", gem.gem);
        let from = file.text.find(&line)? + line.len() - gem.gem.len() - 2;
        let version = file.text.get(from + gem.gem.len() + 2..)?.split(')').next()?;
        let until = gem.until.as_deref().and_then(Version::at_start_of);
        let newer = until.is_some_and(|until| {
            Version::at_start_of(version).is_none_or(|version| !version.is_before(until))
        });
        // Of a platform there is one that is compiled already.
        let made = newer || version.contains('-');
        let lacking = !compiler || gem.needs.iter().any(|group| !stage.has(group));
        let at = file.slice(from, from + gem.gem.len());
        (!made && lacking).then(|| stage.found(format!("`{}`", gem.gem), at, &gem.says, &gem.instead))
    })
}

fn of_php(stage: &Stage<'_>, out: &mut Vec<Unbuilt>) {
    // To configure an extension looks for its library, too.
    const TOOLS: [&str; 2] = ["docker-php-ext-configure", "docker-php-ext-install"];
    let text = stage.run.command.assumed().replace("\\\n", "  ");
    let Some((Language::Php, has)) = images::version(&stage.image.value) else { return };
    let calls = TOOLS.iter().flat_map(|tool| text.match_indices(tool));
    for (at, tool) in calls {
        let rest = text.get(at + tool.len()..).unwrap_or("");
        let end = rest.find(['\n', ';', '&', '|']).unwrap_or(rest.len());
        let words = rest.get(..end).unwrap_or("").split_whitespace().filter(|word| !word.starts_with('-'));
        for word in words {
            let Some(known) = table().php.iter().find(|known| known.extension == word) else { continue };
            let bound = |text: &Option<String>| text.as_deref().and_then(Version::at_start_of);
            let gone = bound(&known.gone).is_some_and(|gone| !has.is_before(gone));
            let early = bound(&known.since).is_some_and(|since| has.is_before(since));
            let lacking = known.needs.iter().any(|group| !stage.has(group)) && !stage.is_open();
            if gone || !early && lacking {
                let found = stage.found(
                    format!("the extension `{word}`"),
                    stage.run.command.span(),
                    &known.says,
                    &known.instead,
                );
                if out.iter().all(|other| other.what != found.what) {
                    out.push(Unbuilt { run: Span::NONE, gone, ..found });
                }
            }
        }
    }
}

/// A driver in C of a program that is built without it.
fn of_go(machine: &Machine<'_>, scope: &Scope, stage: &Stage<'_>, tag: &str) -> Option<Unbuilt> {
    const DRIVERS: [&str; 2] = ["\"github.com/mattn/go-sqlite3\"", "\"gorm.io/driver/sqlite\""];
    const OTHERS: [&str; 9] = [
        "\"github.com/lib/pq\"",
        "github.com/jackc/pgx",
        "\"github.com/go-sql-driver/mysql\"",
        "\"gorm.io/driver/postgres\"",
        "\"gorm.io/driver/mysql\"",
        "\"gorm.io/driver/sqlserver\"",
        "\"modernc.org/sqlite\"",
        "\"github.com/glebarez/sqlite\"",
        "\"go.mongodb.org/mongo-driver",
    ];
    let launches = entry::built_by(machine, stage.run);
    let build = launches.iter().find(|launch| {
        launch.name() == "go" && launch.words.get(1).is_some_and(|word| word == "build" || word == "install")
    })?;
    let set = build.env.get("CGO_ENABLED").map(String::as_str);
    let text = stage.run.command.assumed();
    let off = set == Some("0") || text.contains("CGO_ENABLED=0");
    let compiler = stage.has(&table().compilers) || stage.has(&["musl-dev".to_string()]);
    let without = tag.contains("alpine")
        && set != Some("1")
        && !text.contains("CGO_ENABLED=1")
        && !compiler
        && !stage.is_open();
    if !off && !without {
        return None;
    }
    let uses = |names: &[&str]| {
        names.iter().flat_map(|name| scope.containing(name).to_vec()).find_map(|index| {
            let (place, source) = scope.get(index)?;
            let own = source.front_end.name() == "go" && !is_test(place);
            own.then_some(source)
        })
    };
    if uses(&OTHERS).is_some() {
        return None;
    }
    let source = uses(&DRIVERS)?;
    let file = source.file();
    let (from, length) = DRIVERS.iter().find_map(|name| Some((file.text.find(name)?, name.len())))?;
    let what = format!("`{}`", file.text.get(from..from + length)?.trim_matches('"'));
    let says = "Binary was compiled with 'CGO_ENABLED=0', go-sqlite3 requires cgo to work. This is a stub";
    let instead = if off {
        "build with `CGO_ENABLED=1` and a C compiler, or take `modernc.org/sqlite` (`github.com/glebarez/sqlite` for GORM), which needs none"
    } else {
        "install a C compiler before (`apk add build-base`), or take `modernc.org/sqlite` (`github.com/glebarez/sqlite` for GORM), which needs none"
    };
    Some(Unbuilt { later: true, ..stage.found(what, file.slice(from, from + length), says, instead) })
}

fn is_test(place: &Path) -> bool {
    place.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with("_test.go"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        assert!(
            table.php.len() > 10
                && table.python.len() > 3
                && table.ruby.len() > 3
                && table.rust.len() > 3
                && !table.compilers.is_empty()
        );
        let bounds = table.php.iter().flat_map(|known| [&known.since, &known.gone]).flatten();
        assert!(bounds.into_iter().all(|it| Version::at_start_of(it).is_some()));
    }
}
