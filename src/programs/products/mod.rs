//! What the commands of a build are seen to make, and whether a path is in an image at all: `COPY --from` takes what the stage
//! does not make, a command starts a program of another name than that of what was built.

mod bundled;
mod compiled;
mod go;
mod hidden;
mod java;
mod moved;
mod node;
mod outputs;
mod product;
mod python;
mod targets;
mod tools;
mod typescript;
mod wanted;
mod workspaces;

use product::{Holds, Product};
pub(super) use targets::of_start as untargeted;
pub(super) use tools::is_plain;

use std::path::{Path, PathBuf};

use super::absent;
use super::dockerfile::{Fault, FaultKind, Snapshot, Taken, Whence};
use super::dockerignore::Pattern;
use super::entry::{self, Launch, Machine, Way};
use super::image::Image;
use super::service_files::ImageTree;
use super::unstarted::is_mounted_over;
use crate::compose::{Project, Service, nearest};
use crate::source::{Kind, SourceMap, Span, Text, clean, is_ignored};

/// Stages that take from each other beyond this depth are not followed.
const MAX_DEPTH: usize = 8;

/// A program that is started and that the build does not make, or makes by another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmade {
    /// Its place in the container.
    pub target: String,
    /// What is made; none where nothing is.
    pub made: Option<String>,
    /// Whether it is a folder that is served.
    pub served: bool,
    /// The command.
    pub at: Span,
}

/// Whether something is in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    There,
    /// It may be.
    Open,
    /// It is not; these are what is made in its place.
    Absent(Vec<PathBuf>),
}

/// A stage with what its commands make.
struct Workshop<'a> {
    sources: &'a SourceMap,
    stage: &'a Snapshot,
    tree: ImageTree,
    launches: Vec<Launch>,
}

impl<'a> Workshop<'a> {
    fn new(sources: &'a SourceMap, stage: &'a Snapshot) -> Self {
        let tree = ImageTree::new(stage.layers.clone());
        let machine = Machine { sources, files: &tree, below: &tree, copied: &[], written: &[] };
        let launches = stage.runs.iter().flat_map(|run| entry::built_by(&machine, run)).collect();
        Self { sources, stage, tree, launches }
    }

    /// It as it is before one of its commands, those aside that only move what is there.
    fn before(&self, command: usize) -> Self {
        let (sources, stage, tree) = (self.sources, self.stage, self.tree.clone());
        let launches = self.launches.iter().take(command).cloned().collect();
        Self { sources, stage, tree, launches }
    }

    fn machine(&self) -> Machine<'_> {
        Machine { sources: self.sources, files: &self.tree, below: &self.tree, copied: &[], written: &[] }
    }

    /// What the commands make, and whether they may make something else.
    fn products(&self) -> (Vec<Product>, bool) {
        let (mut made, mut open) = (Vec::new(), false);
        for launch in &self.launches {
            match self.product(launch) {
                Some(products) => made.extend(products),
                None => open |= !tools::is_harmless(launch),
            }
        }
        // What is written to a folder that is there keeps its name.
        for product in &mut made {
            let folder =
                self.stage.layers.iter().any(|layer| layer.directory && layer.target == product.place)
                    || self.stage.runs.iter().any(|run| run.directory.starts_with(&product.place));
            if folder && matches!(product.holds, Holds::Itself) {
                product.holds = Holds::Anything;
            }
        }
        (made, open)
    }

    fn product(&self, launch: &Launch) -> Option<Vec<Product>> {
        match launch.name() {
            "go" | "garble" => go::of(&self.machine(), launch, self.stage.base.as_deref()),
            "cargo" | "cross" => compiled::of_cargo(&self.machine(), launch, self.stage.base.as_deref()),
            "dotnet" => compiled::of_dotnet(&self.machine(), launch),
            "mix" => compiled::of_mix(&self.machine(), launch),
            "mvn" | "mvnw" => java::of_maven(&self.machine(), launch),
            "gradle" | "gradlew" => java::of_gradle(&self.machine(), launch),
            "pip" | "pip3" | "python" | "python3" | "virtualenv" => python::of(launch),
            _ => node::of(&self.machine(), launch),
        }
    }

    /// Whether the path is in the stage's image.
    fn has(&self, path: &Path, depth: usize) -> Is {
        let files = self.sources.files();
        let wild = path.to_str().is_none_or(|text| text.contains(['*', '?', '[', '$', Text::HOLE]));
        if depth > MAX_DEPTH {
            return Is::Open;
        }
        let above = |other: &Path| other.starts_with(path);
        if !wild && self.tree.resolve(files, path).is_some()
            || self.stage.layers.iter().any(|layer| above(&layer.target))
            || self.stage.runs.iter().any(|run| above(&run.directory))
        {
            return Is::There;
        }
        let mut instead = Vec::new();
        for taken in &self.stage.taken {
            match self.brings(taken, path, depth) {
                Is::Absent(others) => instead.extend(others),
                found => return found,
            }
        }
        let (products, open) = self.products();
        let said: Vec<(bool, &Product)> =
            products.iter().filter_map(|product| Some((product.has(path)?, product))).collect();
        if said.iter().any(|(there, _)| *there) {
            return Is::There;
        }
        let moved = self.launches.iter().any(|launch| tools::may_move(launch, path));
        if moved || self.stage.runs.iter().any(|run| tools::writes(&run.command.assumed(), path)) {
            return Is::Open;
        }
        // What else runs may put a program among the others.
        let among = said.iter().any(|(_, product)| product.is_shared(path));
        if !(said.is_empty() || among && open) {
            return Is::Absent(said.iter().flat_map(|(_, product)| product.paths(path)).collect());
        }
        let host = self.tree.place_for(files, path);
        let made_before =
            host.as_ref().is_some_and(|host| !tools::is_output(path) && is_ignored(files, host));
        let plain = self.stage.base.as_deref().is_none_or(tools::is_plain);
        if wild || open || made_before || !plain || tools::is_of_system(path, &self.stage.directory) {
            return Is::Open;
        }
        instead.extend(products.iter().flat_map(|product| product.paths(path)));
        Is::Absent(instead)
    }

    /// Whether a pattern stands for files of this machine, and for no folder, whose contents would be copied.
    fn matches_files(&self, root: &Path, source: &str) -> bool {
        let files = self.sources.files();
        let path = root.join(source.trim_start_matches('/'));
        let (Some(above), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
        else {
            return false;
        };
        let pattern = Pattern::new(name);
        let mut found = files.list(above).into_iter().filter(|entry| pattern.matches(entry)).peekable();
        !above.to_str().is_none_or(|above| above.contains(['*', '?', '[']))
            && found.peek().is_some()
            && found.all(|entry| files.kind(&above.join(entry)) == Some(Kind::File))
    }

    /// Whether the path is seen to be a program that the commands make, or a copy of one.
    fn is_program(&self, path: &Path) -> bool {
        let (products, _) = self.products();
        let is = |path: &Path| products.iter().any(|product| product.is_program(path));
        is(path)
            || self.launches.iter().any(|launch| tools::copies(launch, path).is_some_and(|from| is(&from)))
    }

    /// Whether a `COPY` brings the path.
    fn brings(&self, taken: &Taken, path: &Path, depth: usize) -> Is {
        if taken.to.starts_with(path) {
            return Is::There;
        }
        let Ok(rest) = path.strip_prefix(&taken.to) else { return Is::Absent(placed(taken, path)) };
        let files = self.sources.files();
        let mut instead = placed(taken, path);
        for source in &taken.sources {
            let name = Path::new(source).file_name().unwrap_or_default();
            let wild = source.contains(['*', '?', '[']);
            if taken.into && !wild && Path::new(name) == rest {
                return Is::There;
            }
            match &taken.from {
                Whence::Elsewhere => return Is::Open,
                // What of this machine a pattern brings is seen.
                Whence::Stage(_) | Whence::Context(_) if wild => {
                    let pattern = name.to_str().unwrap_or("*");
                    let begins = rest.iter().next().and_then(|part| part.to_str()).unwrap_or("");
                    let of_files = Path::new(pattern).extension().is_some()
                        || matches!(&taken.from, Whence::Context(context) if self.matches_files(&context.root, source));
                    if !of_files || rest.as_os_str().is_empty() || Pattern::new(pattern).matches(begins) {
                        return Is::Open;
                    }
                }
                Whence::Context(context) => {
                    let host = context.root.join(source.trim_start_matches('/'));
                    // What is copied and not there may be made before.
                    if files.kind(&host).is_none() && host.extension().is_none() {
                        return Is::Open;
                    }
                }
                Whence::Stage(stage) => {
                    let inner = Workshop::new(self.sources, stage);
                    // Nothing lies below a program.
                    if !rest.as_os_str().is_empty() && inner.is_program(&clean(&Path::new("/").join(source)))
                    {
                        continue;
                    }
                    match inner.has(&clean(&Path::new("/").join(source).join(rest)), depth + 1) {
                        Is::Absent(others) => instead.extend(others.into_iter().filter_map(|other| {
                            let within = other.strip_prefix(Path::new("/").join(source)).ok()?;
                            Some(taken.to.join(within))
                        })),
                        found => return found,
                    }
                }
            }
        }
        Is::Absent(instead)
    }
}

/// The files of the path's kind that a `COPY` puts somewhere.
fn placed(taken: &Taken, path: &Path) -> Vec<PathBuf> {
    if matches!(taken.from, Whence::Elsewhere) {
        return Vec::new();
    }
    // Of what is built, the folder tells as much.
    let folders = |place: &PathBuf| {
        tools::is_output(path) && tools::is_output(place) && matches!(taken.from, Whence::Stage(_))
    };
    let alike = |place: &PathBuf| place.extension() == path.extension() || folders(place);
    let names = taken.sources.iter().filter_map(|source| {
        let wild = source.contains(['*', '?', '[']);
        let name = Path::new(source).file_name().filter(|_| !wild || !taken.into)?;
        Some(if taken.into { taken.to.join(name) } else { taken.to.clone() })
    });
    let from_stage = matches!(taken.from, Whence::Stage(_));
    names.filter(|place| alike(place) && (from_stage || place.extension().is_some())).collect()
}

/// What of a stage's files is copied from another stage that does not make it, or from this machine, where what is built
/// has another name; and what its tools do not find.
pub(super) fn faults(sources: &SourceMap, stage: &Snapshot, depth: usize) -> Vec<Fault> {
    let mut found: Vec<Fault> = wanted::of(sources, stage).into_iter().collect();
    found.extend(bundled::of(sources, stage));
    found.extend(targets::of_stage(&Workshop::new(sources, stage), stage));
    found.extend(moved::faults(&Workshop::new(sources, stage)));
    for taken in &stage.taken {
        let Whence::Stage(other) = &taken.from else { continue };
        let workshop = Workshop::new(sources, other);
        for source in &taken.sources {
            let path = clean(&Path::new("/").join(source));
            if let Some(hidden) = hidden::by_ignore(sources.files(), other, &path) {
                found.push(Fault { kind: FaultKind::Ignored(hidden), at: taken.at });
                continue;
            }
            let Is::Absent(others) = workshop.has(&path, 0) else { continue };
            let of_program = match path.extension().and_then(|end| end.to_str()) {
                None => true,
                Some(end) => ["jar", "war", "ear", "dll", "exe"].contains(&end),
            };
            let hidden = path
                .iter()
                .next_back()
                .and_then(|name| name.to_str())
                .is_none_or(|name| name.starts_with('.'));
            let (products, _) = workshop.products();
            if !of_program || hidden && !tools::is_output(&path) || products.is_empty() {
                continue;
            }
            let made = best(&path, &others);
            found.push(Fault { kind: FaultKind::Unmade { source: source.clone(), made }, at: taken.at });
        }
        if depth < MAX_DEPTH {
            found.extend(faults(sources, other, depth + 1));
        }
    }
    found
}

/// Notes what the build of a service copies and does not make.
pub(super) fn look(
    sources: &SourceMap,
    project: &Project,
    service: &Service,
    image: &mut Image,
    whole: &Snapshot,
) {
    image.faults.extend(faults(sources, whole, 0));
    let root = service.build.as_ref().and_then(|build| build.directory.as_deref());
    if let Some(root) = root.filter(|_| !image.faults.is_empty()) {
        of_context(sources, root, &mut image.faults);
        absent::copied(sources, project, image.dockerfile.as_deref(), &mut image.faults);
    }
}

/// Names for what is not there in the build context the archive that the build tool makes by its manifest.
fn of_context(sources: &SourceMap, root: &Path, faults: &mut [Fault]) {
    for fault in faults {
        let FaultKind::Absent { source, kin: None, output: true, .. } = &fault.kind else { continue };
        let path = clean(&Path::new("/").join(source));
        let layer = super::dockerfile::Layer::mount("/".into(), root.to_path_buf(), true, Span::NONE);
        let tree = ImageTree::new(vec![layer]);
        let machine = Machine { sources, files: &tree, below: &tree, copied: &[], written: &[] };
        let products = java::beside(&machine, &path);
        if let Some(product) = products.iter().find(|product| product.has(&path) == Some(false)) {
            let others: Vec<PathBuf> = product
                .paths(&path)
                .iter()
                .map(|path| path.strip_prefix("/").unwrap_or(path).to_path_buf())
                .collect();
            fault.kind = FaultKind::Unmade { source: source.clone(), made: best(&path, &others) };
        }
    }
}

/// Whether none of these is in the image. They are files of the project, which installers of packages do not make.
pub(super) fn lacks<'a>(
    sources: &SourceMap,
    stage: &Snapshot,
    mut paths: impl Iterator<Item = &'a PathBuf>,
) -> bool {
    let mut workshop = Workshop::new(sources, stage);
    workshop.launches.retain(|launch| !tools::only_installs(launch));
    paths.all(|path| matches!(workshop.has(path, 0), Is::Absent(_)))
}

/// Of what is made, that which is most like what is asked for.
fn best(path: &Path, others: &[PathBuf]) -> Option<String> {
    // Installed packages are meant by no other name.
    let alike = |other: &&PathBuf| other.extension() == path.extension() && !other.ends_with("node_modules");
    let mut texts: Vec<String> =
        others.iter().filter(alike).map(|other| other.display().to_string()).collect();
    texts.dedup();
    let wanted = path.display().to_string();
    let folded = texts.iter().find(|text| text.eq_ignore_ascii_case(&wanted)).cloned();
    let near = nearest(&wanted, texts.iter().map(String::as_str)).map(str::to_string);
    folded.or(near).or_else(|| texts.first().cloned())
}

/// The same file in the folder that the build writes to.
fn folder(path: &Path, others: &[PathBuf]) -> Option<String> {
    let written = |other: &&PathBuf| other.extension().is_none() && !other.ends_with("node_modules");
    let folder = others.iter().find(written)?;
    let parent = folder.parent()?;
    let below: PathBuf = path.strip_prefix(parent).ok()?.iter().skip(1).collect();
    Some(folder.join(below).display().to_string())
}

/// The program that the container's command starts and that its image does not have, where what the build makes is called
/// otherwise; or what tools of Node make, where nothing makes it.
pub(super) fn unmade(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    stage: &Snapshot,
    (command, launches): (&[Text], &[Launch]),
    command_span: Span,
) -> Option<Unmade> {
    const BUILDS: [&str; 7] =
        ["run build", "yarn build", "pnpm build", "next build", "vite build", "nest build", "ng build"];
    const MAKERS: [&str; 7] = ["air", "CompileDaemon", "reflex", "watchexec", "make", "task", "just"];
    let word = |word: &Text| MAKERS.iter().any(|maker| word.assumed().rsplit('/').next() == Some(maker));
    // A command that builds first makes what it starts.
    let builds = |text: &Text| BUILDS.iter().any(|build| text.assumed().contains(build));
    if command.iter().any(|text| text.has_hole() || word(text) || builds(text)) {
        return None;
    }
    let workshop = Workshop::new(sources, stage);
    launches.iter().filter(|launch| launch.way == Way::Surely).find_map(|launch| {
        let output = outputs::wanted(&workshop, launch);
        let name = match output {
            Some(name) => name,
            None => tools::program(&launch.words)?,
        };
        let path = launch.path(name);
        let aside = ["node_modules", "vendor", "venv", ".venv"];
        if path.iter().any(|part| aside.iter().any(|name| part == *name))
            || is_mounted_over(sources, service, &path)
            || service.volumes.iter().any(|mount| {
                path.starts_with(clean(Path::new(&mount.target))) && {
                    let host = mount.path.as_deref();
                    host.is_none_or(|host| sources.files().kind(host) != Some(Kind::Directory))
                }
            })
        {
            return None;
        }
        let mut path = path;
        if launch.name() == "node" && tools::is_bare_module(name) {
            // A folder of that name has an index.
            let Is::Absent(_) = workshop.has(&path.join("index.js"), 0) else { return None };
            path.set_extension("js");
        }
        let Is::Absent(others) = workshop.has(&path, 0) else { return None };
        let made = best(&path, &others).filter(|_| output.is_none()).or_else(|| folder(&path, &others));
        if made.is_none() && !outputs::are_lacking(&workshop, project, launch, &path) {
            return None;
        }
        let said = command.iter().find(|word| word.assumed().contains(name)).or_else(|| command.first());
        let at = said.map_or(command_span, Text::span);
        Some(Unmade {
            target: path.display().to_string(),
            made,
            served: output.is_some(),
            at: if at.is_none() { command_span } else { at },
        })
    })
}
