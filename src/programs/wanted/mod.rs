//! What programs ask of servers and libraries that these do not have by themselves: `rules/data/wanted.yaml`, typed.

mod phrases;
mod scripts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;
use indexmap::IndexMap;
use regex::Regex;
use serde::Deserialize;

use super::repository::{self, MAX_BYTES, MAX_FILE, name_of, stands_alone};
use super::{ModuleIndex, Program, Source, has_extension, products};
use crate::compose::{ImageReference, Project, Service};
use crate::source::{SourceMap, Span};
use phrases::{Found, Phrase};

const TABLE: &str = include_str!("../../../rules/data/wanted.yaml");

/// Something that is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// What it is.
    pub thing: String,
    /// Whether the image does not bring it; otherwise something has to make it.
    pub lacks: bool,
    /// The paths of images that have it not; none where a library looks for it.
    pub servers: Vec<String>,
    /// The versions of the image: from this one on.
    pub since: Option<String>,
    /// And before this one.
    pub before: Option<String>,
    /// What is spoken to the server.
    pub protocols: Vec<String>,
    extension: Option<String>,
    needs: Vec<String>,
    phrases: Vec<String>,
    /// Variables one of which gives it to the server.
    pub unset: Vec<String>,
    /// Places at which files may give it to the server.
    pub files: Vec<String>,
    makes: Vec<String>,
    notes: Vec<String>,
    named: Option<String>,
    /// Whether the program does not start without it.
    pub stops: bool,
    /// What is said where it is not there.
    pub says: String,
    /// What to do.
    pub instead: String,
}

/// A place where a program asks for something, and nothing of its repository says how that comes to be.
#[derive(Clone, Debug)]
pub struct Wants {
    /// What it asks for.
    pub wanted: &'static Wanted,
    /// The name of that, where it is written.
    pub name: Option<String>,
    /// The place.
    pub at: Span,
}

/// What repositories say, looked for once.
#[derive(Default)]
pub(super) struct Said {
    known: Mutex<HashMap<Question, bool>>,
}

/// A repository, what is asked for, and its name.
type Question = (PathBuf, &'static str, Option<String>);

struct Row {
    wanted: &'static Wanted,
    phrases: Vec<Phrase>,
    scripts: Vec<Phrase>,
    /// What its names look like.
    shape: Option<Regex>,
}

fn table() -> &'static [Row] {
    static WANTED: OnceLock<Vec<Wanted>> = OnceLock::new();
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = WANTED.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default());
        read.iter().map(row).collect()
    })
}

/// What everybody who comes to a server asks of it.
pub fn of_all() -> impl Iterator<Item = &'static Wanted> {
    table().iter().filter(|row| row.phrases.is_empty() && row.scripts.is_empty()).map(|row| row.wanted)
}

fn row(wanted: &'static Wanted) -> Row {
    // SQL; Rails; Django.
    const ASKS: [&str; 5] = [
        "create extension",
        "create extension if not exists",
        "enable_extension",
        "enable_extension(",
        "createextension(",
    ];
    let extension =
        wanted.extension.iter().flat_map(|name| ASKS.iter().map(move |asks| format!("{asks} {name}")));
    let scripts: Vec<Phrase> = extension.filter_map(|phrase| Phrase::of(&phrase)).collect();
    Row {
        wanted,
        phrases: wanted.phrases.iter().filter_map(|phrase| Phrase::of(phrase)).collect(),
        scripts,
        shape: wanted.named.as_ref().and_then(|shape| Regex::new(shape).ok()),
    }
}

/// Notes what the programs of a project ask for.
pub(super) fn look(
    sources: &SourceMap,
    memory: &Said,
    project: &Project,
    programs: &mut IndexMap<String, Program>,
) {
    let images: Vec<String> =
        programs.values().filter_map(|program| Some(program.image.base.as_ref()?.value.clone())).collect();
    let paths: Vec<&str> =
        images.iter().filter_map(|image| Some(ImageReference::parse(image)?.path)).collect();
    let there = |row: &&Row| {
        let wanted = row.wanted;
        wanted.servers.is_empty() || wanted.servers.iter().any(|server| paths.contains(&server.as_str()))
    };
    let rows: Vec<&Row> = table().iter().filter(there).collect();
    for (service, program) in project.services.values().zip(programs.values_mut()) {
        let wants: Vec<Wants> =
            rows.iter().filter_map(|row| row.of(sources, (project, service), program)).collect();
        program.wants = wants
            .into_iter()
            .filter(|wants| {
                let context = service.build.as_ref().and_then(|build| build.directory.as_deref());
                !memory.is_said(sources, project, context.unwrap_or(&project.directory), wants)
            })
            .collect();
    }
}

impl Row {
    /// Where a program asks for it.
    fn of(
        &self,
        sources: &SourceMap,
        (project, service): (&Project, &Service),
        program: &Program,
    ) -> Option<Wants> {
        let found = match service.build.as_ref().filter(|_| !program.image.assumed) {
            Some(_) if self.is_of_library() && !is_plain(program) => None,
            Some(build) => self.in_code(program).or_else(|| {
                let context = build.directory.as_deref().unwrap_or(&project.directory);
                scripts::of_migrations(sources, context, &self.scripts)
            }),
            None => None,
        };
        let found = found.or_else(|| scripts::of_first(sources, program, &self.scripts))?;
        Some(Wants { wanted: self.wanted, name: found.name, at: found.at })
    }

    fn is_of_library(&self) -> bool {
        self.wanted.servers.is_empty()
    }

    /// Whether a name is one of those that are looked for.
    fn fits(&self, found: &Found) -> bool {
        self.shape.as_ref().is_none_or(|shape| found.name.as_ref().is_some_and(|name| shape.is_match(name)))
    }

    fn in_code(&self, program: &Program) -> Option<Found> {
        let needed = |text: &str| {
            let text = text.to_ascii_lowercase();
            let mut needs = self.wanted.needs.iter();
            self.wanted.needs.is_empty() || needs.any(|word| text.contains(&word.to_ascii_lowercase()))
        };
        // What has to be made is asked for in the middle of work, where all that fails is caught.
        let firm = self.wanted.lacks || self.is_of_library();
        let phrases = || self.phrases.iter().chain(&self.scripts);
        let all = match self.is_of_library() {
            true => of_libraries(program),
            false => program.loaded.clone(),
        };
        let loaded = all.iter().filter_map(|index| program.scope.get(*index));
        loaded.map(|(_, source)| source).find_map(|source| {
            let seen = source.glance(|text| phrases().any(|phrase| phrase.is_in(text)) && needed(text));
            let file = seen.then(|| source.file())?;
            phrases().flat_map(|phrase| phrase.find(file, firm)).find(|found| self.fits(found))
        })
    }
}

/// The modules of a program that speak of one of the libraries: these are Python's, and each text is looked through once for all.
fn of_libraries(program: &Program) -> Vec<ModuleIndex> {
    let python = |source: &Source| has_extension(&source.path, &["py"]);
    if !program.loaded.iter().filter_map(|index| program.scope.get(*index)).any(|(_, source)| python(source))
    {
        return Vec::new();
    }
    let rows = table().iter().filter(|row| row.is_of_library());
    let words: Vec<&str> = rows.flat_map(|row| &row.wanted.needs).map(String::as_str).collect();
    program.scope.containing_any(&words).to_vec()
}

/// Whether the image of a program is built on one that brings nothing but its language.
fn is_plain(program: &Program) -> bool {
    program.image.base.as_ref().is_some_and(|base| products::is_plain(&base.value))
}

impl Said {
    /// Whether anything in the repository says how it comes to be.
    fn is_said(&self, sources: &SourceMap, project: &Project, context: &Path, wants: &Wants) -> bool {
        // What has no folder of its own has no repository.
        let Some(root) = repository::root_of(project, context) else { return true };
        let name = wants.name.clone().filter(|_| wants.wanted.named.is_some());
        let key = (root, wants.wanted.thing.as_str(), name);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let said = says(sources, &key.0, wants.wanted, key.2.as_deref());
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, said);
            said
        })
    }
}

fn says(sources: &SourceMap, root: &Path, wanted: &Wanted, name: Option<&str>) -> bool {
    let words: Vec<&str> = wanted.makes.iter().chain(&wanted.notes).map(String::as_str).collect();
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&words);
    let (Ok(automaton), Some(files)) = (automaton, repository::files(sources, root)) else { return true };
    let names: Vec<String> =
        name.into_iter().flat_map(|name| [name.to_string(), name.replace('_', "-")]).collect();
    let mut bytes = 0;
    for path in &files {
        let Ok(peeked) = sources.peek(path, MAX_FILE) else { continue };
        let text = peeked.text();
        bytes += text.len();
        let note = has_extension(path, &["md", "rst", "txt", "adoc", "mdx"])
            && !name_of(path).contains("requirements");
        let found = automaton.find_overlapping_iter(text).any(|found| {
            (note || found.pattern().as_usize() < wanted.makes.len())
                && stands_alone(text, found.start(), found.end())
        });
        let code = has_extension(path, &["py", "ipynb", "js", "ts"]);
        let named = !code && names.iter().any(|name| text.contains(name.as_str()));
        if found || named || bytes > MAX_BYTES {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<Wanted> = serde_yaml::from_str(TABLE).unwrap();
        assert!(
            !all.is_empty() && all.iter().all(|wanted| !wanted.says.is_empty() && !wanted.instead.is_empty())
        );
        for row in table() {
            assert_eq!(row.phrases.len(), row.wanted.phrases.len(), "{}", row.wanted.thing);
        }
    }
}
