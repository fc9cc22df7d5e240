//! Which files of this machine a service's container holds, and where.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Skipped;
use super::dockerfile::Layer;
use crate::compose::{MountKind, Project, Service};
use crate::source::{Files, Kind, MAX_WALK, SourceMap, Walked, clean};

/// A service that holds more sources than this is cut short.
const MAX_FILES: usize = 20_000;

/// The files of a kind below this machine's directories, looked for once for all services of a run.
#[derive(Default)]
pub struct Walks {
    by_root: Mutex<HashMap<PathBuf, Arc<Walked>>>,
}

impl Walks {
    /// The wanted files below the directory, sorted, as [`SourceMap::walk`] gives them; virtual environments are
    /// left out.
    pub fn below(&self, sources: &SourceMap, root: &Path, wanted: fn(&Path) -> bool) -> Arc<Walked> {
        let known = self.by_root.lock().unwrap_or_else(PoisonError::into_inner).get(root).cloned();
        if let Some(found) = known {
            return found;
        }
        let found = among(&sources.walk(root), wanted);
        let mut by_root = self.by_root.lock().unwrap_or_else(PoisonError::into_inner);
        by_root.entry(root.to_path_buf()).or_insert(Arc::new(found)).clone()
    }
}

fn among(walked: &Walked, wanted: fn(&Path) -> bool) -> Walked {
    // A virtual environment may have any name, and holds this file at its top.
    let environments: Vec<&Path> = walked
        .files
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "pyvenv.cfg"))
        .filter_map(|path| path.parent())
        .collect();
    let own = |path: &&PathBuf| {
        wanted(path) && !environments.iter().any(|environment| path.starts_with(environment))
    };
    Walked { files: walked.files.iter().filter(own).cloned().collect(), cut: walked.cut }
}

/// The sources of a container.
#[derive(Clone, Debug, Default)]
pub struct Holding {
    /// The path of each in the container, and here.
    pub files: BTreeMap<PathBuf, PathBuf>,
    /// The directories that hold more than is looked at.
    pub cut: Vec<Skipped>,
}

/// The files of a container, as far as they come from this machine: what the build copied, and
/// what is mounted over it.
#[derive(Clone, Debug, Default)]
pub struct ImageTree {
    layers: Vec<Layer>,
}

impl ImageTree {
    /// A tree of these layers, later over earlier.
    #[must_use]
    pub fn new(layers: Vec<Layer>) -> Self {
        Self { layers }
    }

    /// The layers, later over earlier.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Puts the bind mounts, configs and secrets of the service over the tree.
    pub fn mount(&mut self, files: &dyn Files, project: &Project, service: &Service) {
        let mut mounts: Vec<Layer> = Vec::new();
        for mount in service.volumes.iter().filter(|mount| mount.kind == MountKind::Bind) {
            let Some(path) = &mount.path else { continue };
            let directory = files.kind(path) != Some(Kind::File);
            let target = rooted(&mount.target);
            let path = clean(path);
            let relative = mount.source.as_ref().is_some_and(|source| source.starts_with('.'));
            let outside = !relative && !path.starts_with(&project.directory);
            let layer = Layer::mount(target, path, directory, mount.origin.written);
            mounts.push(Layer { outside, ..layer });
        }
        let objects = [(&service.configs, &project.configs), (&service.secrets, &project.secrets)];
        for (references, defined) in objects {
            for reference in references {
                let file = defined.get(&reference.source).and_then(|object| object.file.as_ref());
                let Some(file) = file else { continue };
                let target = rooted(&reference.target);
                mounts.push(Layer::mount(target, clean(&file.value), false, reference.span()));
            }
        }
        // Docker mounts the outer of two nested targets first.
        mounts.sort_by_key(|mount| mount.target.components().count());
        self.layers.extend(mounts);
    }

    /// The file or directory of this machine that the build of the image put at the path of the container, whatever is mounted
    /// over it.
    #[must_use]
    pub fn of_build(&self, files: &dyn Files, path: &Path) -> Option<PathBuf> {
        let copied = self.layers.iter().filter(|layer| !layer.hides).cloned().collect();
        Self::new(copied).resolve(files, path)
    }

    /// The file or directory of this machine that stands at the path of the container.
    #[must_use]
    pub fn resolve(&self, files: &dyn Files, path: &Path) -> Option<PathBuf> {
        let path = clean(path);
        for layer in self.layers.iter().rev() {
            let Ok(below) = path.strip_prefix(&layer.target) else { continue };
            let host = if below.as_os_str().is_empty() { layer.host.clone() } else { layer.host.join(below) };
            if (layer.directory || layer.host == host)
                && files.kind(&host).is_some()
                && !layer.leaves_out(&host)
            {
                return Some(host);
            }
            if layer.hides {
                return None;
            }
        }
        None
    }

    /// The regular file of this machine that stands at the path of the container.
    #[must_use]
    pub fn file(&self, files: &dyn Files, path: &Path) -> Option<PathBuf> {
        self.resolve(files, path).filter(|host| files.kind(host) == Some(Kind::File))
    }

    /// Where a file of this machine would have to lie to stand at the path of the container, where it is not there; none
    /// where nothing is taken from this machine, or not that.
    #[must_use]
    pub fn place_for(&self, files: &dyn Files, path: &Path) -> Option<PathBuf> {
        let path = clean(path);
        for layer in self.layers.iter().rev() {
            let Ok(below) = path.strip_prefix(&layer.target) else { continue };
            let host = layer.host.join(below);
            if layer.directory && files.kind(&host).is_none() && !layer.leaves_out(&host) {
                return Some(host);
            }
            if layer.hides {
                return None;
            }
        }
        None
    }

    /// Every file of the container that `wanted` says yes to, sorted by the path in the container; the
    /// repository's ignore files apply.
    #[must_use]
    pub fn sources(&self, sources: &SourceMap, walks: &Walks, wanted: fn(&Path) -> bool) -> Holding {
        let Holding { files: mut found, mut cut } = Holding::default();
        for layer in &self.layers {
            if layer.hides {
                found.retain(|place: &PathBuf, _| !place.starts_with(&layer.target));
            }
            if !layer.directory {
                let known = wanted(&layer.host) || wanted(&layer.target);
                if known && sources.files().kind(&layer.host) == Some(Kind::File) {
                    found.insert(layer.target.clone(), layer.host.clone());
                }
                continue;
            }
            if layer.outside {
                continue;
            }
            let below = walks.below(sources, &layer.host, wanted);
            if below.cut {
                let why = format!("holds more than {MAX_WALK} files and folders; not all are looked at");
                cut.push(Skipped { path: layer.host.clone(), why });
            }
            for host in &below.files {
                let Ok(below) = host.strip_prefix(&layer.host) else { continue };
                if layer.leaves_out(host) {
                    continue;
                }
                if found.len() >= MAX_FILES {
                    let why =
                        format!("holds more than {MAX_FILES} sources of a service; not all are looked at");
                    cut.push(Skipped { path: layer.host.clone(), why });
                    break;
                }
                found.insert(layer.target.join(below), host.clone());
            }
        }
        Holding { files: found, cut }
    }
}

fn rooted(path: &str) -> PathBuf {
    clean(&Path::new("/").join(path))
}

/// Whether the path belongs to tests, documentation or examples rather than to what a service runs.
#[must_use]
pub fn is_aside(path: &Path) -> bool {
    const ASIDE: &[&str] = &[
        "doc",
        "docs",
        "example",
        "examples",
        "sample",
        "samples",
        "spec",
        "test",
        "testing",
        "tests",
        "e2e",
        "benchmarks",
        "notebooks",
        "__tests__",
        "__mocks__",
        "cypress",
    ];
    // `orders.service.spec.ts`
    const KINDS: &[&str] = &["test", "spec", "e2e-spec", "stories"];
    let aside = |name: &str| ASIDE.contains(&name);
    let mut names: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let file = names.pop().unwrap_or("");
    let stem = file.split('.').next().unwrap_or(file);
    names.into_iter().any(aside)
        || matches!(stem, "conftest" | "setup" | "noxfile" | "fabfile" | "tests")
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        // PHPUnit finds its tests by these names.
        || file.ends_with("Test.php")
        || file.ends_with("TestCase.php")
        || file.split('.').skip(1).any(|part| KINDS.contains(&part))
}
