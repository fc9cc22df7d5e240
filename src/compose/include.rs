//! `include`: whole models that a document brings in (specification, section "Include").

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::environment::{EnvFilePath, default_file, said};
use super::load::{Loader, Model, Scope};
use super::marks::Marks;
use super::merge::merge;
use super::schema;
use super::value::{Data, Member, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Kind, ReadError, Span, Text, Via, clean};

/// The sections that are brought in.
const SECTIONS: [&str; 7] = ["services", "jobs", "volumes", "networks", "secrets", "configs", "models"];

/// How many includes may stand behind each other.
const MAX_DEPTH: usize = 100;

/// What was included before, by files, directory and variables; and the variables by the env files
/// that make them.
#[derive(Default)]
pub(crate) struct Cache {
    models: HashMap<(Vec<PathBuf>, PathBuf, usize), Option<Value>>,
    scopes: HashMap<(usize, Vec<PathBuf>), Arc<Scope>>,
}

/// An entry of `include`.
struct Item {
    /// The whole entry.
    span: Span,
    /// The paths, and where each is written.
    paths: Vec<(String, Span)>,
    project_directory: Option<String>,
    env_files: Vec<(String, Span)>,
}

/// Brings in what `include` of a document names, and takes the key away.
pub(crate) fn apply(
    loader: &mut Loader,
    document: &mut Value,
    marks: &Marks,
    model: &Model,
    included: &[(PathBuf, Span)],
) {
    let Some(member) = document.as_map_mut().and_then(|map| map.shift_remove("include")) else { return };
    for item in items(loader, &member.value) {
        if let Some(imported) = import(loader, &item, model, included) {
            take_over(loader, document, &imported, marks, item.span);
        }
    }
}

fn items(loader: &mut Loader, value: &Value) -> Vec<Item> {
    match &value.data {
        Data::Null => Vec::new(),
        Data::List(list) => list.iter().filter_map(|item| read_item(loader, item)).collect(),
        _ => {
            let message = format!("`include` is a list, and this is {}", value.kind_name());
            loader.refuse(Problem::refusal(ProblemKind::WrongType, value.span(), message));
            Vec::new()
        }
    }
}

fn read_item(loader: &mut Loader, value: &Value) -> Option<Item> {
    let span = value.span();
    match &value.data {
        Data::String(text) => {
            let paths = vec![(text.complete()?, span)];
            Some(Item { span, paths, project_directory: None, env_files: Vec::new() })
        }
        Data::Map(map) => {
            let directory = map.get("project_directory").and_then(|member| string(loader, &member.value));
            Some(Item {
                span,
                paths: map.get("path").map(|member| strings(loader, &member.value)).unwrap_or_default(),
                project_directory: directory.map(|(directory, _)| directory),
                env_files: map.get("env_file").map(|it| strings(loader, &it.value)).unwrap_or_default(),
            })
        }
        Data::Null => None,
        _ => {
            let message =
                format!("an entry of `include` is a path or a mapping, and this is {}", value.kind_name());
            loader.refuse(Problem::refusal(ProblemKind::WrongType, span, message));
            None
        }
    }
}

/// A string, or a list of them.
fn strings(loader: &mut Loader, value: &Value) -> Vec<(String, Span)> {
    let list = match &value.data {
        Data::List(list) => list.as_slice(),
        Data::Null => &[],
        _ => std::slice::from_ref(value),
    };
    list.iter().filter_map(|item| string(loader, item)).collect()
}

/// A path. Numbers are taken as text, as Compose takes them.
fn string(loader: &mut Loader, value: &Value) -> Option<(String, Span)> {
    match &value.data {
        Data::Null => None,
        Data::List(_) | Data::Map(_) => {
            let message = format!("a path is needed here, and this is {}", value.kind_name());
            loader.refuse(Problem::refusal(ProblemKind::WrongType, value.span(), message));
            None
        }
        _ => Some((value.to_text()?.complete()?, value.span())),
    }
}

/// Whether a reference names something that is fetched.
pub(crate) fn is_remote(reference: &str) -> bool {
    let git = reference.contains(".git") || reference.starts_with("https://github.com/");
    reference.starts_with("oci://")
        || ["git://", "ssh://", "git@", "github.com/"].iter().any(|start| reference.starts_with(start))
        || (git && (reference.starts_with("https://") || reference.starts_with("http://")))
}

/// The model that an entry names.
fn import(loader: &mut Loader, item: &Item, model: &Model, included: &[(PathBuf, Span)]) -> Option<Value> {
    if let Some((remote, span)) = item.paths.iter().find(|(path, _)| is_remote(path)) {
        let message = format!("`{remote}` is not on this machine; what it brings in is not looked at");
        loader.refuse(Problem::warning(ProblemKind::MissingFile, *span, message));
        return None;
    }
    let paths: Vec<PathBuf> = item.paths.iter().map(|(path, _)| clean(&model.base.join(path))).collect();
    if let (Some(path), Some((_, span))) = (paths.first(), item.paths.first())
        && let Some(problem) = cycle(path, *span, included)
    {
        loader.refuse(problem);
        return None;
    }
    let mut missing = false;
    for (path, (written, span)) in paths.iter().zip(&item.paths) {
        let reason = match loader.sources.files().kind(path) {
            Some(Kind::File) => continue,
            Some(Kind::Directory) => ReadError::Directory,
            Some(Kind::Other) => ReadError::NotRegular,
            None => ReadError::NotFound,
        };
        missing = true;
        let message = format!("the included file `{written}` {}", said(&reason));
        let problem = Problem::refusal(ProblemKind::MissingFile, *span, message);
        loader.refuse(problem.help(format!("it is looked for at `{}`", path.display())));
    }
    if missing {
        return None;
    }
    let directory = match &item.project_directory {
        Some(directory) if !directory.is_empty() => clean(&model.base.join(directory)),
        _ => paths.first()?.parent()?.to_path_buf(),
    };
    let scope = scope(loader, item, &directory, model);
    let key = (paths.clone(), directory.clone(), scope.id);
    if let Some(known) = loader.includes.models.get(&key) {
        return known.clone();
    }
    let files = &paths;
    let inner = Model { files, base: Arc::from(directory.as_path()), scope, included: named(included, item) };
    let imported = loader.model(&inner);
    loader.includes.models.insert(key, imported.clone());
    imported
}

/// The way here, with the last file named where this entry stands.
fn named(included: &[(PathBuf, Span)], item: &Item) -> Vec<(PathBuf, Span)> {
    let mut way = included.to_vec();
    if let Some((_, span)) = way.last_mut() {
        *span = item.span;
    }
    way
}

fn cycle(path: &Path, span: Span, included: &[(PathBuf, Span)]) -> Option<Problem> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(at) = included.iter().position(|(file, _)| file == path) else {
        return (included.len() > MAX_DEPTH)
            .then(|| Problem::refusal(ProblemKind::IncludeCycle, span, "includes nest too deeply here"));
    };
    let message = format!("`{}` is included from itself", name(path));
    let mut problem = Problem::refusal(ProblemKind::IncludeCycle, span, message);
    let way = included.get(at..).unwrap_or(&[]);
    for (file, through) in way.iter().take(way.len().saturating_sub(1)) {
        problem = problem.also(*through, format!("`{}` includes the next file here", name(file)));
    }
    Some(problem)
}

/// The variables that the included files see: those here, then those of the entry's env files or
/// of the `.env` of its directory.
fn scope(loader: &mut Loader, item: &Item, directory: &Path, model: &Model) -> Arc<Scope> {
    let files = if item.env_files.is_empty() {
        default_file(loader.sources, directory)
    } else {
        let named = item.env_files.iter().filter(|(path, _)| path != "/dev/null");
        named.map(|(path, span)| EnvFilePath { path: clean(&model.base.join(path)), named: *span }).collect()
    };
    if files.is_empty() {
        return model.scope.clone();
    }
    let key = (model.scope.id, files.iter().map(|file| file.path.clone()).collect());
    if let Some(known) = loader.includes.scopes.get(&key) {
        return known.clone();
    }
    let mut environment = model.scope.environment.clone();
    let mut problems = Vec::new();
    environment.load(loader.sources, &files, &mut loader.read, &mut problems);
    for problem in problems {
        loader.refuse(problem);
    }
    let scope = Arc::new(Scope { id: loader.includes.scopes.len() + 1, environment });
    loader.includes.scopes.insert(key, scope.clone());
    scope
}

/// Takes the sections of an included model over into a document. What the document has already
/// overrides what is taken over.
fn take_over(loader: &mut Loader, document: &mut Value, imported: &Value, marks: &Marks, span: Span) {
    let step = Via::Include(span);
    let Some(target) = document.as_map_mut() else { return };
    for section in SECTIONS {
        let Some(from) = imported.as_map().and_then(|map| map.get(section)) else { continue };
        let Some(entries) = from.value.as_map() else { continue };
        let place = target.entry(section.to_string()).or_insert_with(|| Member {
            key: from.key,
            value: from.value.with(Data::Map(IndexMap::new())).via(&step),
        });
        let Some(place) = place.value.as_map_mut() else { continue };
        for (name, member) in entries {
            let shape = schema::at(&[section, name]);
            let taken = Member { key: member.key, value: member.value.clone().via(&step) };
            match place.get_mut(name) {
                None => {
                    place.insert(name.clone(), taken);
                }
                Some(own) if own.value.same_at(&taken.value, shape) => {}
                Some(own) => {
                    let mut value = taken.value;
                    marks.apply_below(&[section, name], &mut value);
                    let mut problems = Vec::new();
                    let later = std::mem::replace(own, Member { key: taken.key, value }).value;
                    let path = &mut vec![section.to_string(), name.clone()];
                    merge(&mut own.value, later, shape, path, &mut problems);
                    problems.into_iter().for_each(|problem| loader.refuse(problem));
                }
            }
        }
    }
}

/// The text of a value, if nothing of it is unknown.
pub(crate) fn complete(value: &Value) -> Option<String> {
    value.as_text().and_then(Text::complete)
}
