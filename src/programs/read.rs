//! From a project to the programs that its services run.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::image::{self, Images, Known};
use super::service_files::{ImageTree, Walks, is_aside};
use super::{Module, ModuleIndex, Program, Scope, Source, Sources, front_end};
use crate::compose::{Project, Service};
use crate::source::{SourceMap, clean};

/// The programs of a project's services.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    by_service: IndexMap<String, Program>,
}

impl Programs {
    /// The program of a service; an empty one for a name that is no service.
    #[must_use]
    pub fn of(&self, service: &str) -> &Program {
        static NOTHING: LazyLock<Program> = LazyLock::new(Program::default);
        self.by_service.get(service).unwrap_or(&NOTHING)
    }

    /// All programs, in the order of the project's services.
    pub fn iter(&self) -> impl Iterator<Item = &Program> {
        self.by_service.values()
    }
}

/// Reads what the services of a project run. Every file is read and parsed at most once, however
/// many services run it.
#[must_use]
pub fn read(sources: &SourceMap, project: &Project) -> Programs {
    let run = Run {
        sources,
        project,
        images: Images::default(),
        walks: Walks::default(),
        read: Sources::default(),
    };
    // One service after the other: the order in which files are read decides their spans.
    let programs =
        project.services.values().map(|service| (service.name.value.clone(), run.program(service)));
    Programs { by_service: programs.collect() }
}

struct Run<'a> {
    sources: &'a SourceMap,
    project: &'a Project,
    images: Images,
    walks: Walks,
    read: Sources,
}

impl Run<'_> {
    fn program(&self, service: &Service) -> Program {
        let name = service.name.value.clone();
        if service.provider.is_some() {
            return Program { service: name, ..Program::default() };
        }
        let Known { image, built } = self.images.of(self.sources, self.project, service);
        let (layers, upstream) = built.map(|built| (built.layers, built.upstream)).unwrap_or_default();
        let mut files = ImageTree::new(layers);
        files.mount(self.sources.files(), self.project, service);
        let command = image::command(service, &image);
        let directory = working_directory(service, &image);
        let mut scope = self.scope(&files, vec![directory.clone()]);
        if scope.is_empty() && !upstream.is_empty() {
            // What runs was made in another stage: its sources say what it reads.
            scope = self.scope(&ImageTree::new(upstream), vec![directory]);
        }
        let loaded: Vec<ModuleIndex> =
            scope.iter().filter(|(_, place, _)| !is_aside(place)).map(|(index, _, _)| index).collect();
        let modules = modules(&scope, &loaded);
        Program { service: name, image, modules, scope, loaded, command, files, ..Program::default() }
    }

    /// Every source file of the container in a known language.
    fn scope(&self, files: &ImageTree, roots: Vec<PathBuf>) -> Scope {
        let found = files.sources(self.sources, &self.walks, |path| front_end(path).is_some());
        let mut scope = Scope::new(roots);
        for (place, host) in found {
            if let Some(source) = self.read.get(self.sources, &host) {
                scope.insert(place, source);
            }
        }
        scope
    }
}

/// Parses the modules, several at a time.
fn modules(scope: &Scope, loaded: &[ModuleIndex]) -> Vec<Arc<Module>> {
    let sources: Vec<&Arc<Source>> =
        loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source).collect();
    sources.par_iter().map(|source| source.module().clone()).collect()
}

/// The directory in which the container starts.
fn working_directory(service: &Service, image: &super::Image) -> PathBuf {
    let own = service.working_dir.as_ref().map(|directory| directory.assumed());
    let directory = own.or_else(|| image.working_dir.clone()).unwrap_or_default();
    clean(&Path::new("/").join(directory))
}
