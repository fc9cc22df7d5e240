//! From files to the merged tree: read, interpolate, include, extend, merge.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::canonical::canonical;
use super::discover::discover;
use super::document::{Document, Reading};
use super::environment::Environment;
use super::merge::merge;
use super::name::project_name;
use super::schema;
use super::unique::unique;
use super::value::{Data, Value};
use super::{LoadError, LoadOptions, adopted, extends, include, passthrough, validate};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, SourceFile, SourceMap, Span, Text};
use crate::yaml::{self, Stream};

/// How many documents of one file are read.
const MAX_DOCUMENTS: usize = 256;

/// The merged tree of a project and what it was made of.
#[derive(Debug)]
pub struct Loaded {
    /// What all files say together. References are replaced; paths are as written, each value knows
    /// the directory they resolve against; short forms are as the last settling left them.
    pub tree: Value,
    /// The project's name; blank when none can be made.
    pub name: String,
    /// The project directory.
    pub directory: PathBuf,
    /// The compose files that were merged.
    pub files: Vec<PathBuf>,
    /// Every file that took part.
    pub read: Vec<PathBuf>,
    /// What references see.
    pub environment: IndexMap<String, Text>,
    /// The profiles that are asked for.
    pub profiles: Vec<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Loads the merged tree of the project that `options` describe.
///
/// # Errors
/// [`LoadError`] when there is nothing to load. All else that is wrong is in [`Loaded::problems`].
pub fn tree(sources: &SourceMap, options: &LoadOptions) -> Result<Loaded, LoadError> {
    let mut problems = Vec::new();
    let mut found = discover(sources, options, &mut problems)?;
    found.environment.declare(&options.declared);
    let mut loader = Loader::new(sources, problems, found.read);
    loader.verbatim = options.no_interpolate;
    let mut parsed = Vec::with_capacity(found.files.len());
    for path in &found.files {
        let file =
            loader.parse(path).map_err(|reason| LoadError::Unreadable { path: path.clone(), reason })?;
        parsed.push(file);
    }
    let streams: Vec<&Stream> = parsed.iter().map(|file| &file.stream).collect();
    let name =
        project_name(options, &streams, &found.directory, &mut found.environment, &mut loader.problems);
    let environment = Arc::new(Scope { id: 0, environment: found.environment });
    let model = Model {
        files: &found.files,
        base: Arc::from(found.directory.as_path()),
        scope: environment.clone(),
        included: Vec::new(),
    };
    let tree = loader.model(&model);
    let says_something =
        |tree: &Value| tree.as_map().is_some_and(|map| map.keys().any(|key| key != "version"));
    let tree = match tree {
        Some(tree) if says_something(&tree) => tree,
        _ => {
            let at = parsed.first().map_or(Span::NONE, |file| file.file.span().start());
            // What can't be read is not empty, and has been reported.
            let unread = loader.problems.iter().any(|problem| problem.kind == ProblemKind::InvalidYaml);
            if !unread {
                loader.refuse(Problem::refusal(ProblemKind::InvalidYaml, at, "the compose file is empty"));
            }
            Value::made(Data::Map(IndexMap::new()), Origin::at(at))
        }
    };
    let Loader { problems, read, .. } = loader;
    let environment = Arc::unwrap_or_clone(environment).environment.into_variables();
    Ok(Loaded {
        tree,
        name,
        directory: found.directory,
        files: found.files,
        read,
        environment,
        profiles: found.profiles,
        problems,
    })
}

/// `version` at the top of a document: Compose warns that it is ignored (Compose specification, "Version
/// top-level element").
fn obsolete_version(document: &Value) -> Option<Problem> {
    let version = document.as_map()?.get("version")?;
    let problem =
        Problem::warning(ProblemKind::ObsoleteAttribute, version.key, "`version` is obsolete and ignored");
    Some(problem.subject("version").help("remove the line"))
}

/// The variables of a model, and a number by which two such sets can be told apart.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub id: usize,
    pub environment: Environment,
}

/// The files that make one model: the project's, or those of an `include`.
pub(crate) struct Model<'a> {
    pub files: &'a [PathBuf],
    /// The directory that relative paths resolve against.
    pub base: Arc<Path>,
    pub scope: Arc<Scope>,
    /// The files that led here, and where each is named.
    pub included: Vec<(PathBuf, Span)>,
}

/// A file and its YAML.
pub(crate) struct Parsed {
    pub file: Arc<SourceFile>,
    pub stream: Stream,
}

/// What loading keeps at hand.
pub(crate) struct Loader<'a> {
    pub sources: &'a SourceMap,
    pub read: Vec<PathBuf>,
    pub includes: include::Cache,
    pub pools: extends::Pools,
    problems: Vec<Problem>,
    /// What was reported: a value that is used in many places is wrong once.
    reported: HashSet<(ProblemKind, Span)>,
    parsed: HashMap<PathBuf, Arc<Parsed>>,
    /// References are left as they are written.
    verbatim: bool,
}

impl<'a> Loader<'a> {
    fn new(sources: &'a SourceMap, problems: Vec<Problem>, read: Vec<PathBuf>) -> Self {
        Self {
            sources,
            read,
            includes: include::Cache::default(),
            pools: extends::Pools::default(),
            problems,
            reported: HashSet::new(),
            parsed: HashMap::new(),
            verbatim: false,
        }
    }

    /// Keeps a problem, unless the same is known of that place.
    pub(crate) fn refuse(&mut self, problem: Problem) {
        if problem.at.is_none() || self.reported.insert((problem.kind, problem.at)) {
            self.problems.push(problem);
        }
    }

    /// The YAML of a file, read once.
    pub(crate) fn parse(&mut self, path: &Path) -> Result<Arc<Parsed>, crate::source::ReadError> {
        if let Some(known) = self.parsed.get(path) {
            return Ok(known.clone());
        }
        let file = self.sources.load(path)?;
        let mut stream = yaml::parse(&file);
        for problem in std::mem::take(&mut stream.problems) {
            self.refuse(problem);
        }
        let parsed = Arc::new(Parsed { file, stream });
        self.read.push(path.to_path_buf());
        self.parsed.insert(path.to_path_buf(), parsed.clone());
        Ok(parsed)
    }

    /// The merged tree of a model; `None` when no document says anything.
    pub(crate) fn model(&mut self, model: &Model) -> Option<Value> {
        let mut tree = None;
        for path in model.files {
            let Ok(parsed) = self.parse(path) else { continue };
            for root in self.documents(&parsed) {
                let Some(document) = self.document(&parsed, root, &model.base, &model.scope) else {
                    continue;
                };
                let Document { mut value, marks } = document;
                self.problems.extend(obsolete_version(&value));
                let mut included = model.included.clone();
                let named = value.span().start();
                included.push((path.clone(), named));
                include::apply(self, &mut value, &marks, model, &included);
                extends::apply(self, &mut value, &marks, path, model);
                self.join(&mut tree, Document { value, marks });
            }
        }
        if let Some(tree) = tree.as_mut().filter(|_| !self.verbatim) {
            passthrough::resolve(tree, &model.scope.environment);
        }
        tree
    }

    /// The documents of a file. Each is joined to the whole of those before it, so that a file of
    /// very many would take for ever.
    pub(crate) fn documents<'p>(&mut self, parsed: &'p Parsed) -> &'p [yaml::Node] {
        let documents = parsed.stream.documents.as_slice();
        if let Some(first) = documents.get(MAX_DOCUMENTS) {
            let message = format!("only the first {MAX_DOCUMENTS} documents of a file are read");
            self.refuse(Problem::warning(ProblemKind::InvalidYaml, first.span.start(), message));
        }
        documents.get(..MAX_DOCUMENTS).unwrap_or(documents)
    }

    /// Reads a document; `None` when it is no mapping, which is reported.
    pub(crate) fn document(
        &mut self,
        parsed: &Parsed,
        root: &yaml::Node,
        base: &Arc<Path>,
        scope: &Scope,
    ) -> Option<Document> {
        let mut problems = Vec::new();
        let lookup = |name: &str| scope.environment.get(name);
        let reading =
            Reading { file: &parsed.file, base: base.clone(), lookup: &lookup, verbatim: self.verbatim };
        let mut document = reading.document(root, &mut problems);
        adopted::rename(&mut document.value);
        for problem in problems {
            self.refuse(problem);
        }
        match &document.value.data {
            Data::Map(_) => return Some(document),
            Data::Null => {
                let problem = Problem::refusal(ProblemKind::InvalidYaml, root.span, "this document is empty");
                self.refuse(problem);
            }
            _ => {
                let message =
                    format!("a compose file is a mapping, and this is {}", document.value.kind_name());
                self.refuse(Problem::refusal(ProblemKind::WrongType, root.span, message));
            }
        }
        None
    }

    /// Joins a document to what earlier ones say, and settles the whole: Compose checks it and
    /// brings it into long form before it looks at the next document.
    pub(crate) fn join(&mut self, tree: &mut Option<Value>, document: Document) {
        let mut problems = Vec::new();
        let tree = Self::merged(tree, document, &mut problems);
        validate::shape(tree, &mut problems);
        settle(tree, self.verbatim, &mut problems);
        problems.into_iter().for_each(|problem| self.refuse(problem));
    }

    /// Joins a document of a file that others only extend from: it is not checked as a whole.
    pub(crate) fn join_unchecked(&mut self, tree: &mut Option<Value>, document: Document) {
        let mut problems = Vec::new();
        let tree = Self::merged(tree, document, &mut problems);
        settle(tree, self.verbatim, &mut problems);
        problems.into_iter().for_each(|problem| self.refuse(problem));
    }

    fn merged<'t>(
        tree: &'t mut Option<Value>,
        document: Document,
        problems: &mut Vec<Problem>,
    ) -> &'t mut Value {
        let tree = match tree {
            None => tree.insert(document.value),
            Some(tree) => {
                document.marks.apply(tree);
                merge(tree, document.value, Some(schema::root()), &mut Vec::new(), problems);
                tree
            }
        };
        unique(tree);
        tree
    }
}

/// Long forms, and again one entry of each kind: `80-81:80-81` may have brought port 80 twice.
///
/// Where references still stand, what can't be read is no problem, and a list of ports with one that can't
/// be read is left as it is.
fn settle(tree: &mut Value, verbatim: bool, problems: &mut Vec<Problem>) {
    if verbatim {
        canonical(tree, false, &mut Vec::new());
    } else {
        canonical(tree, true, problems);
    }
    unique(tree);
}
