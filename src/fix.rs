//! Applies fixes to files: in memory first, then, if every changed file still says what it said
//! elsewhere, to the disk, each file at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::finding::{Edit, Fix};
use crate::source::{Files, Memory, SourceFile, SourceMap, WriteError};
use crate::yaml::{self, edit::changes_only};

/// Why a fix is not part of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It names no place in a file, or one in a file that is not text.
    NoPlace,
    /// Another fix changes the same text, or both together would say something twice; a second run may apply this one.
    Overlap,
    /// With it the file could not be read any more, or would say something else where it should not.
    Breaks,
}

/// A file with its fixes made.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file as it was read.
    pub file: Arc<SourceFile>,
    /// Its new text.
    pub text: String,
}

/// What a set of fixes would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The files that change, by path.
    pub changes: Vec<Change>,
    /// The fixes that are made, as indices of the given list.
    pub applied: Vec<usize>,
    /// The fixes that are not made, and why.
    pub dropped: Vec<(usize, Reason)>,
}

/// A file that could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub error: WriteError,
}

/// Decides which of the fixes can be made together and makes them in memory.
///
/// A fix is made whole or not at all. The earlier of two that change the same text wins; fixes that
/// make the very same edits count as one.
#[must_use]
pub fn plan(sources: &SourceMap, fixes: &[&Fix]) -> Plan {
    let mut plan = Plan::default();
    let mut order: Vec<usize> = (0..fixes.len()).collect();
    order.sort_by_key(|index| fixes.get(*index).and_then(|fix| fix.edits.iter().map(|edit| edit.span).min()));
    let mut taken = Taken { sources, edits: BTreeMap::new() };
    let mut chosen = Vec::new();
    for index in order {
        let Some(fix) = fixes.get(index) else { continue };
        match taken.take(fix) {
            Ok(()) => chosen.push(index),
            Err(reason) => plan.dropped.push((index, reason)),
        }
    }
    match taken.changes() {
        Some(changes) => {
            plan.changes = changes;
            plan.applied = chosen;
        }
        // Some fix does harm: find which by making one after the other.
        None => one_by_one(sources, fixes, &chosen, &mut plan),
    }
    plan.applied.sort_unstable();
    plan.dropped.sort_unstable_by_key(|(index, _)| *index);
    plan
}

fn one_by_one(sources: &SourceMap, fixes: &[&Fix], chosen: &[usize], plan: &mut Plan) {
    let mut taken = Taken { sources, edits: BTreeMap::new() };
    for index in chosen {
        let Some(fix) = fixes.get(*index) else { continue };
        if taken.take_sound(fix).is_ok() {
            plan.applied.push(*index);
            continue;
        }
        // What is sound alone may be made once the others are.
        let sound = Taken { sources, edits: BTreeMap::new() }.take_sound(fix).is_ok();
        plan.dropped.push((*index, if sound { Reason::Overlap } else { Reason::Breaks }));
    }
    plan.changes = taken.changes().unwrap_or_default();
}

impl Plan {
    /// Writes the changed files, each at once; gives those that could not be written.
    ///
    /// A file that is no longer what was read stays as it is.
    #[must_use]
    pub fn write(&self, files: &dyn Files) -> Vec<Failed> {
        let failed = |change: &Change| {
            let path = &change.file.path;
            let written = write(files, path, &change.file.text, &change.text);
            written.err().map(|error| Failed { path: path.clone(), error })
        };
        self.changes.iter().filter_map(failed).collect()
    }
}

/// Writes a file that still says `before`.
pub(crate) fn write(files: &dyn Files, path: &Path, before: &str, after: &str) -> Result<(), WriteError> {
    let limit = before.len() as u64;
    match files.read(path, limit) {
        Ok(bytes) if bytes == before.as_bytes() => files.write(path, after.as_bytes()),
        _ => Err(WriteError::Changed),
    }
}

/// The edits that are to be made, by file.
struct Taken<'a> {
    sources: &'a SourceMap,
    edits: BTreeMap<PathBuf, (Arc<SourceFile>, Vec<Edit>)>,
}

impl Taken<'_> {
    /// Takes all edits of a fix, or none.
    fn take(&mut self, fix: &Fix) -> Result<(), Reason> {
        let mut places = Vec::new();
        for (index, edit) in fix.edits.iter().enumerate() {
            let file = self.sources.file(edit.span).filter(|file| file.invalid_utf8.is_none());
            let file = file.ok_or(Reason::NoPlace)?;
            let range = file.range(edit.span);
            if !file.text.is_char_boundary(range.start) || !file.text.is_char_boundary(range.end) {
                return Err(Reason::NoPlace);
            }
            let others = fix.edits.iter().skip(index + 1);
            if others.clone().any(|other| collide(edit, other)) {
                return Err(Reason::Overlap);
            }
            places.push((file, edit));
        }
        if places.is_empty() {
            return Err(Reason::NoPlace);
        }
        let known = |(file, edit): &(Arc<SourceFile>, &Edit)| {
            self.edits.get(&file.path).is_some_and(|(_, edits)| edits.contains(edit))
        };
        if places.iter().all(known) {
            return Ok(());
        }
        let free = |(file, edit): &(Arc<SourceFile>, &Edit)| {
            let taken = self.edits.get(&file.path);
            taken.is_none_or(|(_, edits)| !edits.iter().any(|other| collide(edit, other)))
        };
        if !places.iter().all(free) {
            return Err(Reason::Overlap);
        }
        for (file, edit) in places {
            let entry = self.edits.entry(file.path.clone()).or_insert_with(|| (file, Vec::new()));
            entry.1.push(edit.clone());
        }
        Ok(())
    }

    /// Takes all edits of a fix if the files that they change are sound then.
    fn take_sound(&mut self, fix: &Fix) -> Result<(), Reason> {
        let file = |edit: &Edit| self.sources.file(edit.span).map(|file| file.path.clone());
        let mut paths: Vec<PathBuf> = fix.edits.iter().filter_map(file).collect();
        paths.sort();
        paths.dedup();
        let before: Vec<_> = paths.iter().map(|path| self.edits.get(path).cloned()).collect();
        self.take(fix)?;
        let mut changed = paths.iter().filter_map(|path| self.edits.get(path));
        if changed.all(|(file, edits)| change(file, edits).is_some()) {
            return Ok(());
        }
        for (path, before) in paths.into_iter().zip(before) {
            match before {
                Some(before) => self.edits.insert(path, before),
                None => self.edits.remove(&path),
            };
        }
        Err(Reason::Breaks)
    }

    /// The new texts, if all of them are sound.
    fn changes(&self) -> Option<Vec<Change>> {
        self.edits.values().map(|(file, edits)| change(file, edits)).collect()
    }
}

/// Whether two edits can't be made together. Two insertions in one place can when each brings its
/// own separator.
fn collide(one: &Edit, other: &Edit) -> bool {
    let separate = |edit: &Edit| edit.text.starts_with(['\n', '\r', ',']);
    if one.span.is_empty() && one.span == other.span {
        return !(separate(one) && separate(other)) || one.text == other.text;
    }
    one.span.lo < other.span.hi && other.span.lo < one.span.hi
}

fn change(file: &Arc<SourceFile>, edits: &[Edit]) -> Option<Change> {
    let text = apply(file, edits)?;
    let spans: Vec<_> = edits.iter().map(|edit| edit.span).collect();
    let before = is_yaml(&file.path).then(|| yaml::parse(file));
    if let Some(before) = before {
        let map = SourceMap::new(Memory::default());
        let after = map.insert(&file.path, text.clone().into_bytes()).ok()?;
        if !changes_only(file, &before, &yaml::parse(&after), &spans) {
            return None;
        }
    }
    Some(Change { file: file.clone(), text })
}

/// The text of the file with these edits made.
#[must_use]
pub fn apply(file: &SourceFile, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut text = String::with_capacity(file.text.len() + 64);
    let mut at = 0;
    for edit in edits {
        let range = file.range(edit.span);
        text.push_str(file.text.get(at..range.start)?);
        text.push_str(&edit.text);
        at = range.end;
    }
    text.push_str(file.text.get(at..)?);
    Some(text)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yml", "yaml", "json"].iter().any(|known| extension == *known))
}
