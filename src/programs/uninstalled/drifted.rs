//! Packages of Python that requirements let in together and that do not run together, or not on the version that the image
//! has: `rules/data/drifted.yaml`, typed.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::{Program, python};
use crate::programs::python::requirements::Installed;
use crate::programs::python::touched::Call;
use crate::programs::versions::images;
use crate::programs::versions::range::{Dialect, Full, Version, highest};
use crate::programs::{Module, RemarkKind, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

const TABLE: &str = include_str!("../../../rules/data/drifted.yaml");

/// The oldest Python for which the newest versions of packages that matter here are made: older ones get older packages.
const KEPT_UP: Version = Version { major: 3, minor: Some(9), patch: None };

/// What does not run together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    package: Option<String>,
    from: Option<String>,
    below: Option<String>,
    with: Option<String>,
    since: Option<String>,
    beside: bool,
    python: Option<String>,
    needs: Option<String>,
    unless: Vec<String>,
    held: HashMap<String, String>,
    imports: Vec<String>,
    calls: Vec<String>,
    given: Vec<String>,
    without: Option<String>,
    lacking: Option<String>,
    programs: Vec<String>,
    verbs: Vec<String>,
    options: Vec<String>,
    words: Vec<String>,
    late: bool,
    pip: Option<String>,
    says: String,
    instead: String,
}

/// Packages that do not run together, or not on this Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// What is declared: `flask==2.0.3`; none where it is the program's own code that does not run on this Python.
    pub package: Option<Spanned<String>>,
    /// What comes with it in a version that does not go with it: `werkzeug 3.0`.
    pub with: Option<String>,
    /// What is imported, or the program that is started.
    pub used: Spanned<String>,
    /// Whether pip does not install it at all.
    pub refused: bool,
    /// Whether it is something that code says or touches, and no import.
    pub written: bool,
    /// Whether the program starts, and fails where it uses that.
    pub late: bool,
    /// What is wrong, where its other parts do not tell.
    pub why: Option<&'static str>,
    /// The image, where its Python is too new.
    pub image: Option<Spanned<String>>,
    /// What is said at the start.
    pub says: String,
    /// What to do.
    pub instead: &'static str,
}

fn table() -> &'static [Row] {
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What of the program's packages does not run together; each package once.
pub(super) fn of(program: &Program<'_>) -> Vec<Drifted> {
    let Some(found) = python::installed(program).filter(|found| !found.locked && !found.projects) else {
        return Vec::new();
    };
    let held = |text: &str| text.contains(" -c ") || text.contains("constraint");
    if found.elsewhere || program.runs.iter().any(|run| held(&run.command.assumed())) {
        return Vec::new();
    }
    let image = program.image.base.as_ref();
    let version = image.and_then(|image| images::of_python(&image.value));
    let newer_pip = brings_pip(program, version);
    let fits = |row: &&Row| {
        row.is_let_in(&found, version)
            && (row.pip.is_none() || newer_pip)
            && !(row.beside && row.is_alone(program, &found))
    };
    let rows: Vec<&Row> = table().iter().filter(fits).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut out: Vec<Drifted> = Vec::new();
    let mut add = |row: &'static Row, used: Spanned<String>, written: bool| {
        let package = row.package.as_ref().and_then(|name| {
            let declared = found.direct.get(name)?;
            Some(Spanned::new(format!("{name}{}", declared.value.replace(' ', "")), declared.span))
        });
        let says = row.said_of(&used.value);
        let twice = |known: &Drifted| {
            !used.span.is_none() && known.used == used
                || match &package {
                    Some(package) => known.package.as_ref() == Some(package),
                    None => known.says == says,
                }
        };
        if !out.iter().any(twice) {
            let with = row.with.as_ref().map(|name| format!("{name} {}", row.since.as_deref().unwrap_or("")));
            let image = image.filter(|_| row.python.is_some()).cloned();
            out.push(Drifted {
                package,
                with,
                used,
                refused: row.pip.is_some(),
                written,
                late: row.late,
                why: None,
                image,
                says,
                instead: &row.instead,
            });
        }
    };
    for row in rows.iter().filter(|row| row.pip.is_some()) {
        add(row, Spanned::new(row.package.clone().unwrap_or_default(), Span::NONE), false);
    }
    for launch in program.at_start() {
        let name = launch.name();
        rows.iter()
            .filter(|row| row.programs.iter().any(|known| known == name))
            .filter_map(|row| Some((row, row.told(&launch.words)?)))
            .for_each(|(row, said)| add(row, Spanned::new(said, Span::NONE), !row.verbs.is_empty()));
    }
    python::walk_all(program, |index, straight| {
        let imported = straight.imports.iter().map(|import| (import, None));
        let touched = straight.touched.iter().map(|touched| (touched, Some(None)));
        let called = straight.calls.iter().map(|call| (&call.name, Some(Some(call))));
        let source = program.scope.get(index).map(|(_, source)| source);
        let speaks = |row: &Row| {
            let says = |text: &str| row.words.iter().any(|word| text.contains(word.as_str()));
            row.words.is_empty() || source.is_some_and(|source| source.glance(says))
        };
        for (name, written) in imported.chain(touched).chain(called) {
            let own = || program.scope.resolve(index, &name.value).is_some();
            for row in &rows {
                let is = match written.flatten() {
                    Some(call) => row.refuses(call),
                    None => row.imports.iter().any(|known| begins(&name.value, known)),
                };
                if !is || own() || !speaks(row) {
                    continue;
                }
                // Of code that is older than its package, what is written says more than the import.
                let word = source.filter(|_| row.with.is_none() && row.package.is_some());
                let word = word.and_then(|source| row.word_in(source.file()));
                if let Some(word) = word {
                    add(row, word, true);
                } else {
                    let shown = written.flatten().map_or("", |_| "(…)");
                    let used = Spanned::new(format!("{}{shown}", name.value), name.span);
                    add(row, used, written.is_some());
                }
            }
        }
    });
    out
}

/// Whether what installs the requirements is a pip that insists on versions in their standard form, from 24.1 on: images of Python
/// bring one from 3.12 on, and others are told to raise it.
fn brings_pip(program: &Program<'_>, python: Option<Version>) -> bool {
    const BRINGS: (u32, u32, u32) = (3, 12, 0);
    let raises = |(launch, _): &(crate::programs::entry::Launch, Span)| {
        let raised = launch.words.iter().any(|word| word == "-U" || word == "--upgrade");
        let by_module = launch.words.iter().skip(1).take(2).map(String::as_str).eq(["-m", "pip"]);
        (matches!(launch.name(), "pip" | "pip3") || by_module)
            && raised
            && launch.words.iter().skip(if by_module { 3 } else { 1 }).any(|word| word == "pip")
    };
    let holds = |(launch, _): &(crate::programs::entry::Launch, Span)| {
        launch.words.iter().any(|word| {
            ["pip=", "pip<", "pip~"].iter().any(|start| word.trim_matches('"').starts_with(start))
        }) || matches!(launch.name(), "uv" | "get-pip.py" | "poetry" | "conda" | "mamba")
    };
    !program.builds.iter().any(holds)
        && (python.is_some_and(|python| python.first() >= BRINGS) || program.builds.iter().any(raises))
}

impl Row {
    /// What a command that starts one of its programs says of what it is about, if it does: one of the verbs, and behind that one
    /// of the options.
    fn told(&self, words: &[String]) -> Option<String> {
        let name = words.first()?.rsplit('/').next()?.to_string();
        if self.verbs.is_empty() {
            return Some(name);
        }
        let verb = words.get(1).filter(|verb| self.verbs.contains(verb))?;
        let is = |word: &&String| {
            let named = word.split('=').next().unwrap_or(word);
            self.options
                .iter()
                .any(|option| named == option || option.len() == 2 && word.starts_with(option.as_str()))
        };
        let option = words.iter().skip(2).find(is)?;
        Some(format!("{name} {verb} {}", option.split('=').next().unwrap_or(option)))
    }

    /// The first of its words that stands in a file.
    fn word_in(&self, file: &SourceFile) -> Option<Spanned<String>> {
        let found = self.words.iter().filter_map(|word| Some((file.text.find(word.as_str())?, word)));
        let (from, word) = found.min()?;
        let shown = word.trim_end_matches(['(', ')', ',', '.']);
        Some(Spanned::new(shown.to_string(), file.slice(from, from + shown.len())))
    }

    /// Whether the call is one that the package does not take.
    fn refuses(&self, call: &Call) -> bool {
        let Some(keywords) = &call.keywords else { return false };
        self.calls.iter().any(|known| begins(&call.name.value, known))
            && (self.given.iter().any(|name| keywords.contains(name))
                || self.without.as_ref().is_some_and(|name| !keywords.contains(name))
                || self.lacking.as_ref().is_some_and(|key| call.records.iter().any(|it| !it.contains(key))))
    }

    /// Whether nothing installs the other package, which does not come along by itself.
    fn is_alone(&self, program: &Program<'_>, found: &Installed) -> bool {
        let row = self.with.as_deref().and_then(python::row_of);
        row.is_some_and(|row| python::is_missing(program, row, found))
    }

    /// What is said where a name of a module is meant.
    fn said_of(&self, used: &str) -> String {
        let (module, name) = used.rsplit_once('.').unwrap_or(("", used));
        self.says.replace("{module}", module).replace("{name}", name)
    }

    /// Whether the requirements let the packages in, and the image has such a Python.
    fn is_let_in(&self, found: &Installed, python: Option<Version>) -> bool {
        let bound =
            |text: &Option<String>| text.as_deref().and_then(Version::at_start_of).map(Version::first);
        // For Pythons that nobody keeps up, packages do not have their newest versions, unless it is known which.
        let least = bound(&self.python).or_else(|| bound(&self.needs)).unwrap_or(KEPT_UP.first());
        if python.is_none_or(|python| python.first() < least) {
            return false;
        }
        // No installer takes what is not made for the Python that is there.
        if let (Some(least), Some(python)) = (bound(&self.needs), python)
            && python.first() < least
        {
            return false;
        }
        if self.unless.iter().any(|name| found.names.contains(name)) {
            return false;
        }
        if self.held.iter().any(|(name, least)| is_held(found, name, least)) {
            return false;
        }
        if let Some(package) = &self.package {
            let newest = newest(found, package);
            let Some(newest) = newest.filter(|_| found.direct.contains_key(package)) else { return false };
            if found.marked.contains(package)
                || bound(&self.from).is_some_and(|from| newest < from)
                || bound(&self.below).is_some_and(|below| newest >= below)
            {
                return false;
            }
        }
        match &self.with {
            Some(other) => bound(&self.since)
                .is_some_and(|since| newest(found, other).is_some_and(|newest| newest >= since)),
            None => true,
        }
    }
}

/// Whether a dotted name is the known one, or of it.
fn begins(name: &str, known: &str) -> bool {
    name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether no version from the given one on may be installed of a package, or of one whose name begins as it does: `langchain-*`.
fn is_held(found: &Installed, name: &str, least: &str) -> bool {
    let Some(least) = Version::at_start_of(least).map(Version::first) else { return false };
    let before = |package: &String| newest(found, package).is_none_or(|newest| newest < least);
    match name.strip_suffix('*') {
        Some(start) => found.direct.keys().filter(|package| package.starts_with(start)).any(before),
        None => found.direct.get_key_value(name).is_some_and(|(package, _)| before(package)),
    }
}

/// The newest version of a package that may be installed; without a bound where it only comes along.
pub(super) fn newest(found: &Installed, package: &str) -> Option<Full> {
    match found.direct.get(package) {
        Some(declared) if declared.value.contains('@') => None,
        Some(declared) => highest(&declared.value, Dialect::Python),
        None => Some((u32::MAX, u32::MAX, u32::MAX)),
    }
}

/// Whether the requirements of a program let no SQLAlchemy in from 2 on: by themselves, or by a SQLModel that holds it back.
/// Asked only where one of its modules would be told to use what came with 2.
pub(in crate::programs) fn holds_old_sqlalchemy(program: &Program<'_>, modules: &[Arc<Module>]) -> bool {
    let asks = |module: &Arc<Module>| {
        module.remarks.iter().any(|remark| remark.kind == RemarkKind::SyncSessionmakerForAsync)
            || module.sinks.iter().any(|sink| sink.kind == SinkKind::SqlAlchemy)
    };
    if !modules.iter().any(asks) {
        return false;
    }
    let below = [("sqlalchemy", (2, 0, 0)), ("sqlmodel", (0, 0, 12))];
    python::installed(program).is_some_and(|found| {
        below.iter().any(|(package, first)| newest(&found, package).is_some_and(|newest| newest < *first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Vec<Row> = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.len() > 20);
        for row in &table {
            assert!(row.package.is_some() || row.python.is_some(), "{}", row.says);
            let used = [&row.imports, &row.calls, &row.programs];
            assert!(used.iter().any(|names| !names.is_empty()) || row.pip.is_some(), "{}", row.says);
            let shaped = !row.given.is_empty() || row.without.is_some() || row.lacking.is_some();
            assert_eq!(shaped, !row.calls.is_empty(), "{}", row.says);
            assert_eq!(row.verbs.is_empty(), row.options.is_empty(), "{}", row.says);
            assert!(row.held.values().all(|it| Version::at_start_of(it).is_some()), "{}", row.says);
            assert_eq!(row.with.is_some(), row.since.is_some(), "{}", row.says);
            let bounds = [&row.from, &row.below, &row.since, &row.python, &row.needs];
            assert!(
                bounds.iter().all(|it| it.as_deref().is_none_or(|it| Version::at_start_of(it).is_some()))
            );
        }
    }
}
