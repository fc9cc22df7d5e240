//! What libraries of Python load by themselves where code says a word: `lxml` for `BeautifulSoup(page, "lxml")`.

use super::loaders::{self, OfWords};
use super::{Missing, Program, Uninstalled, python};
use crate::programs::ModuleIndex;
use crate::programs::entry::Way;
use crate::programs::python::requirements::Installed;
use crate::source::{SourceFile, Span};

/// Whether a module may say such a word.
pub(super) fn may(program: &Program<'_>, index: ModuleIndex, found: &Installed) -> bool {
    let Some((_, source)) = program.scope.get(index) else { return false };
    loaders::all().python.iter().any(|row| {
        source.glance(|text| row.words.iter().any(|word| text.contains(word.as_str())))
            && lacks(program, row, found)
    })
}

/// What the modules that are surely loaded have their libraries load, and nothing installs; each package once.
pub(super) fn of(program: &Program<'_>, found: &Installed) -> Vec<Uninstalled> {
    let nothing = found.names.is_empty() && found.manifest.is_none();
    let rows = loaders::all().python.iter().filter(|row| !nothing && is_told(program, row));
    let rows: Vec<&OfWords> = rows.filter(|row| lacks(program, row, found)).collect();
    let mut out: Vec<Uninstalled> = Vec::new();
    if rows.is_empty() {
        return out;
    }
    python::walk_all(program, |index, _| {
        let Some((_, source)) = program.scope.get(index) else { return };
        for row in &rows {
            let of = |import: &String| import.split('.').next() == Some(row.library.as_str());
            if !source.imports().iter().any(of) || out.iter().any(|known| is_one_of(known, row)) {
                continue;
            }
            let file = program.machine.sources.load(&source.path);
            let Some(at) = file.ok().and_then(|file| said(row, &file)) else { continue };
            let Some(first) = row.packages.first() else { continue };
            out.push(Uninstalled {
                import: first.clone(),
                package: python::row_of(first).map_or_else(|| first.clone(), super::table::Row::package),
                at,
                named: false,
                loader: Some(&row.title),
                sure: true,
                manifest: found.manifest.clone(),
                lack: Missing::Unnamed,
                similar: None,
            });
        }
    });
    out
}

fn is_one_of(known: &Uninstalled, row: &OfWords) -> bool {
    row.packages.first() == Some(&known.import)
}

/// Whether none of the packages is there that it may load.
fn lacks(program: &Program<'_>, row: &OfWords, found: &Installed) -> bool {
    row.packages.iter().all(|name| {
        !program.is_own(name)
            && python::row_of(name).is_some_and(|row| python::is_missing(program, row, found))
    })
}

/// Whether one of the commands is surely run that look for it, where only they do.
fn is_told(program: &Program<'_>, row: &OfWords) -> bool {
    let surely = program.started.calls.iter().filter(|call| call.launch.way == Way::Surely);
    let told = |words: &[String]| {
        let mut words = words.iter().skip_while(|word| word.rsplit('/').next() != Some("manage.py"));
        words.nth(1).is_some_and(|word| row.commands.contains(word))
    };
    row.commands.is_empty() || surely.into_iter().any(|call| told(&call.launch.words))
}

/// Where a file says one of the words, in no comment, and none of those that say otherwise.
fn said(row: &OfWords, file: &SourceFile) -> Option<Span> {
    if row.unless.iter().any(|word| file.text.contains(word.as_str())) {
        return None;
    }
    row.words.iter().find_map(|word| {
        file.text.match_indices(word.as_str()).find_map(|(from, _)| {
            let line = file.text.get(..from)?.rsplit('\n').next()?;
            let shown = word.trim_matches([',', ' ', '(', ')']);
            let start = from + word.find(shown)?;
            (!line.contains('#')).then(|| file.slice(start, start + shown.len()))
        })
    })
}
