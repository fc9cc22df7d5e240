//! `extends`: services made from other services (specification, section "extends").

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::document::Document;
use super::environment::said;
use super::include::{complete, is_remote};
use super::load::{Loader, Model, Scope};
use super::marks::Marks;
use super::merge::merge;
use super::schema;
use super::value::{Data, Member, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::{ReadError, Span, Via, clean};

/// The services of a file, for others to be made from.
struct Pool {
    path: PathBuf,
    /// The directory against which the `file` of their own `extends` resolves.
    directory: PathBuf,
    services: IndexMap<String, Member>,
    marks: Marks,
}

/// The files that were extended from, by path and variables.
#[derive(Default)]
pub(crate) struct Pools {
    files: HashMap<(PathBuf, usize), Option<Arc<Pool>>>,
}

/// What is known of services whose `extends` was followed, by file and name.
type Done = HashMap<(PathBuf, String), Value>;

/// Makes the services and jobs of a document from those that they extend.
pub(crate) fn apply(loader: &mut Loader, document: &mut Value, marks: &Marks, path: &Path, model: &Model) {
    for section in ["services", "jobs"] {
        let Some(member) = document.as_map_mut().and_then(|map| map.get_mut(section)) else { continue };
        let (at, kind) = (member.value.span(), member.value.kind_name());
        let Some(services) = member.value.as_map_mut() else {
            let message = format!("`{section}` is a mapping, and this is {kind}");
            loader.refuse(Problem::refusal(ProblemKind::WrongType, at, message));
            continue;
        };
        if !services.values().any(|service| service.value.get("extends").is_some()) {
            continue;
        }
        let pool = Arc::new(Pool {
            path: path.to_path_buf(),
            directory: model.base.to_path_buf(),
            services: services.clone(),
            marks: marks.clone(),
        });
        let mut done = Done::new();
        for (name, service) in services.iter_mut() {
            if service.value.get("extends").is_some() {
                service.value = extended(loader, &pool, name, &model.scope, &mut done);
            }
        }
    }
}

/// A service on the way to what it extends at last.
struct Step {
    pool: Arc<Pool>,
    name: String,
    service: Value,
    /// Where its `extends` is written.
    span: Span,
}

/// The service of a pool with everything it extends.
fn extended(loader: &mut Loader, pool: &Arc<Pool>, name: &str, scope: &Scope, done: &mut Done) -> Value {
    let mut way: Vec<Step> = Vec::new();
    let (mut pool, mut name) = (pool.clone(), name.to_string());
    let mut base = None;
    while let Some(member) = pool.services.get(&name) {
        if let Some(known) = done.get(&(pool.path.clone(), name.clone())) {
            base = Some(known.clone());
            break;
        }
        let service = member.value.clone();
        if !matches!(service.data, Data::Map(_) | Data::Null) && !way.is_empty() {
            let message = format!("the service `{name}` is a mapping, and this is {}", service.kind_name());
            loader.refuse(Problem::refusal(ProblemKind::WrongType, service.span(), message).service(&name));
            break;
        }
        let Some(extends) = service.get("extends").cloned() else {
            base = Some(service);
            break;
        };
        if let Some(at) = way.iter().position(|step| step.pool.path == pool.path && step.name == name) {
            loader.refuse(circle(&way, at, &name));
            break;
        }
        way.push(Step { pool: pool.clone(), name: name.clone(), service, span: extends.span() });
        match next(loader, &pool, &name, &extends, scope) {
            Some((other, reference)) => (pool, name) = (other, reference),
            None => break,
        }
    }
    let mut value = base.filter(|base| !base.is_null());
    for step in way.into_iter().rev() {
        let made = joined(loader, value, &step);
        done.insert((step.pool.path.clone(), step.name), made.clone());
        value = Some(made);
    }
    value.unwrap_or_else(|| Value::made(Data::Null, crate::source::Origin::default()))
}

/// A service over the one that it extends.
fn joined(loader: &mut Loader, base: Option<Value>, step: &Step) -> Value {
    let mut service = step.service.clone();
    let remove = |value: &mut Value| value.as_map_mut().and_then(|map| map.shift_remove("extends"));
    remove(&mut service);
    let Some(base) = base else { return service };
    let mut base = base.via(&Via::Extends(step.span));
    step.pool.marks.apply_below(&["services", &step.name], &mut base);
    let mut problems = Vec::new();
    let origin = service.origin.clone();
    let path = &mut vec!["services".to_string(), step.name.clone()];
    merge(&mut base, service, schema::at(&["services", "*"]), path, &mut problems);
    for problem in problems {
        loader.refuse(problem);
    }
    base.origin = origin;
    base
}

/// The pool and the name of what an `extends` names; what is wrong with it is reported.
fn next(
    loader: &mut Loader,
    pool: &Arc<Pool>,
    name: &str,
    extends: &Value,
    scope: &Scope,
) -> Option<(Arc<Pool>, String)> {
    let mut file = None;
    let (reference, at) = match &extends.data {
        Data::String(_) => (complete(extends)?, extends.span()),
        Data::Map(map) => {
            let Some(service) = map.get("service") else {
                let message = "`extends` names no `service`";
                loader.refuse(
                    Problem::refusal(ProblemKind::InvalidValue, extends.span(), message).service(name),
                );
                return None;
            };
            file = map.get("file").filter(|file| !file.value.is_null());
            match service.value.as_text() {
                Some(text) => (text.complete()?, service.value.span()),
                None => return refuse_type(loader, &service.value, "the name of a service", name),
            }
        }
        _ => return refuse_type(loader, extends, "the name of a service or a mapping", name),
    };
    let pool = match file {
        None => pool.clone(),
        Some(file) => match file.value.as_text() {
            Some(_) => load(loader, pool, &file.value, scope, name)?,
            None => return refuse_type(loader, &file.value, "a path", name),
        },
    };
    if !pool.services.contains_key(&reference) {
        let place = pool.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let message = format!("`{name}` extends `{reference}`, which `{place}` does not define");
        let problem = Problem::refusal(ProblemKind::UndefinedService, at, message).service(name);
        loader.refuse(problem);
        return None;
    }
    Some((pool, reference))
}

fn refuse_type<T>(loader: &mut Loader, value: &Value, wanted: &str, name: &str) -> Option<T> {
    let message = format!("`extends` wants {wanted}, and this is {}", value.kind_name());
    loader.refuse(Problem::refusal(ProblemKind::WrongType, value.span(), message).service(name));
    None
}

/// The services of another file.
fn load(loader: &mut Loader, from: &Pool, file: &Value, scope: &Scope, name: &str) -> Option<Arc<Pool>> {
    let written = complete(file)?;
    if is_remote(&written) {
        let message = format!("`{written}` is not on this machine; what it holds is not looked at");
        loader.refuse(Problem::warning(ProblemKind::MissingFile, file.span(), message).service(name));
        return None;
    }
    let path = clean(&from.directory.join(&written));
    let key = (path.clone(), scope.id);
    if let Some(known) = loader.pools.files.get(&key) {
        return known.clone();
    }
    let pool = match read(loader, &path, scope) {
        Ok(pool) => Some(Arc::new(pool)),
        Err(reason) => {
            let message = format!("the extended file `{written}` {}", said(&reason));
            let problem = Problem::refusal(ProblemKind::MissingFile, file.span(), message).service(name);
            loader.refuse(problem.help(format!("it is looked for at `{}`", path.display())));
            None
        }
    };
    loader.pools.files.insert(key, pool.clone());
    pool
}

/// Reads a file for its services alone: without its includes, and without checking it.
fn read(loader: &mut Loader, path: &Path, scope: &Scope) -> Result<Pool, ReadError> {
    let parsed = loader.parse(path)?;
    let directory = path.parent().unwrap_or(path).to_path_buf();
    let base: Arc<Path> = Arc::from(directory.as_path());
    let (mut tree, mut marks) = (None, Marks::default());
    for root in loader.documents(&parsed) {
        let Some(document) = loader.document(&parsed, root, &base, scope) else { continue };
        marks.extend(&document.marks);
        loader.join_unchecked(&mut tree, Document { value: document.value, marks: document.marks });
    }
    let services = tree.and_then(|mut tree| tree.as_map_mut()?.shift_remove("services"));
    let services = match services.map(|services| services.value.data) {
        Some(Data::Map(services)) => services,
        _ => IndexMap::new(),
    };
    Ok(Pool { path: path.to_path_buf(), directory, services, marks })
}

/// A circle of services, told from the one that closes it.
fn circle(way: &[Step], at: usize, name: &str) -> Problem {
    let steps = way.get(at..).unwrap_or(&[]);
    let span = steps.last().map(|step| step.span).unwrap_or_default();
    let message = match steps {
        [_] => format!("`{name}` extends itself"),
        steps => {
            let names: Vec<String> = steps.iter().map(|step| format!("`{}`", step.name)).collect();
            format!("{} extend each other in a circle", names.join(", "))
        }
    };
    let mut problem = Problem::refusal(ProblemKind::ExtendsCycle, span, message).service(name);
    for step in steps.iter().take(steps.len().saturating_sub(1)) {
        problem = problem.also(step.span, format!("`{}` extends the next one here", step.name));
    }
    problem
}
