//! Which projects a tree holds.
//!
//! A folder with a file that Compose finds by itself is a project. Other files that are named like
//! compose files are projects too: a variant (`docker-compose.prod.yml`) that cannot stand alone, or lacks what its
//! services wait for in the file it varies, is taken together with that. Files that others `include` are parts of those.

mod look;
mod name;
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use look::Look;
pub(super) use name::Name;

use super::{FILE_NAMES, LoadOptions, OVERRIDE_NAMES};
use crate::source::{Kind, SourceMap, Span, Spanned, Walked, clean};

/// A set of compose files that are loaded together, under a name: a way to start the project that its files
/// alone do not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: Spanned<String>,
    /// The directory that Compose would be called in.
    pub directory: PathBuf,
    /// `-f`, in order
    pub files: Vec<PathBuf>,
    /// `--profile`
    pub profiles: Vec<String>,
    /// `--env-file`, in order
    pub env_files: Vec<PathBuf>,
    /// `-p`
    pub project_name: Option<String>,
}

/// A project to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The directory that Compose would be called in.
    pub directory: PathBuf,
    /// The files to name with `-f`; none where Compose finds them by itself.
    pub files: Vec<PathBuf>,
    /// Whether it varies another project of the folder.
    pub variant: bool,
    /// The stack that it is, where one is declared.
    pub stack: Option<Box<Stack>>,
    /// Where a script or note starts it, while another project of the folder is found by itself.
    pub said: Option<Span>,
    /// The profiles with which that is done.
    pub profiles: Vec<String>,
    /// The env files with which that is done.
    pub env_files: Vec<PathBuf>,
}

impl Found {
    fn new(directory: &Path, files: Vec<PathBuf>) -> Self {
        Self { directory: directory.to_path_buf(), files, ..Self::default() }
    }

    /// How to load it: as if Compose were called in its directory. `COMPOSE_FILE` of the host was
    /// meant for the directory it was set in, not for each project of a tree.
    #[must_use]
    pub fn options(self, base: &LoadOptions) -> LoadOptions {
        let mut options =
            LoadOptions { current_directory: self.directory, files: self.files, ..base.clone() };
        options.variant = self.variant;
        options.said = self.said;
        options.profiles.splice(0..0, self.profiles);
        options.env_files.splice(0..0, self.env_files);
        if let Some(stack) = self.stack {
            // What the caller asks for comes on top of what the stack says.
            options.profiles.splice(0..0, stack.profiles);
            options.env_files.splice(0..0, stack.env_files);
            options.project_name = options.project_name.or(stack.project_name);
            options.stack = Some(stack.name.value);
        }
        options.environment.remove("COMPOSE_FILE");
        options.environment.insert("PWD".to_string(), options.current_directory.display().to_string());
        options
    }
}

/// What a tree holds.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The projects, in the order of their paths.
    pub found: Vec<Found>,
    /// Files that may look like compose files and were not taken, and why.
    pub passed: Vec<(PathBuf, &'static str)>,
}

/// A directory that holds no projects of its own: what a service of continuous integration runs is started by it.
const WORKFLOWS: &str = "workflows";

/// The projects of the tree at `root`. When no file there is named like a compose file, those that
/// read like one are taken.
#[must_use]
pub fn find(sources: &SourceMap, root: &Path) -> Search {
    among(sources, root, &sources.walk(root), Vec::new())
}

/// The projects among the files of the tree at `root`, where some are declared as stacks. A file that a stack
/// names is checked as a part of its stacks only.
#[must_use]
pub fn among(sources: &SourceMap, root: &Path, walked: &Walked, stacks: Vec<Stack>) -> Search {
    let mut search = undeclared(sources, root, &walked.files, &stacks);
    if walked.cut {
        search.passed.push((root.to_path_buf(), "holds more files and folders than are looked at"));
    }
    search.found.extend(stacks.into_iter().map(|stack| Found {
        stack: Some(Box::new(stack.clone())),
        ..Found::new(&stack.directory, stack.files)
    }));
    search
}

fn undeclared(sources: &SourceMap, root: &Path, files: &[PathBuf], stacks: &[Stack]) -> Search {
    let in_stack = |path: &Path| stacks.iter().any(|stack| stack.files.iter().any(|file| file == path));
    let declared = |path: &Path| {
        // An override file belongs to the standard file beside it.
        let beside = |name: &&str| in_stack(&path.with_file_name(name));
        in_stack(path)
            || Name::of(path).is_some_and(|name| name.is_override()) && FILE_NAMES.iter().any(beside)
    };
    let below = |path: &&PathBuf| {
        let parts = path.strip_prefix(root).unwrap_or(path).parent().into_iter().flat_map(Path::components);
        !parts.into_iter().any(|part| part.as_os_str() == WORKFLOWS)
    };
    let all: Vec<&PathBuf> = files.iter().filter(below).collect();
    let (declared, files): (Vec<&PathBuf>, Vec<&PathBuf>) =
        files.iter().filter(below).partition(|path| declared(path));
    let yaml: Vec<&PathBuf> = files.into_iter().filter(|path| is_yaml(path)).collect();
    let mut search = Search::default();
    search.passed.extend(declared.into_iter().map(|path| (path.clone(), "a part of declared stacks")));
    let mut groups: BTreeMap<(PathBuf, String), Group> = BTreeMap::new();
    for path in &yaml {
        let Some((directory, name)) = path.parent().zip(Name::of(path)) else { continue };
        let key = (directory.to_path_buf(), name.prefix.clone());
        groups.entry(key).or_default().members.push((path.to_path_buf(), name));
    }
    let mut looks = Looks { sources, known: BTreeMap::new() };
    let mut directories: BTreeSet<PathBuf> = groups.keys().map(|(directory, _)| directory.clone()).collect();
    directories.insert(root.to_path_buf());
    for directory in &directories {
        if let Some(files) = selection(sources, directory) {
            search.found.push(Found::new(directory, Vec::new()));
            groups.retain(|(of, _), group| {
                let kept = of != directory;
                let members = group.members.iter().map(|(path, _)| path.clone());
                if !kept {
                    search.passed.extend(members.map(|path| (path, "COMPOSE_FILE in `.env` decides here")));
                }
                group.members.retain(|(path, _)| !files.contains(path));
                kept
            });
        }
    }
    for ((directory, _), group) in groups {
        group.projects(&directory, root, &mut looks, &mut search);
    }
    if search.found.is_empty() && stacks.is_empty() {
        for path in yaml.into_iter().filter(|path| Name::of(path).is_none()) {
            if looks.of(path).is_compose {
                search.found.push(alone(path));
            }
        }
    }
    drop_parts(&mut search, &mut looks);
    // Who declares stacks has said which there are.
    if stacks.is_empty() {
        add_said(&mut search, &mut looks, said::sets(sources, root, &all));
    }
    search
}

/// Adds the sets of files that scripts and notes start, as far as they are no projects yet. What a variant is laid over is said better
/// by who starts it than by its name.
fn add_said(search: &mut Search, looks: &mut Looks<'_>, sets: Vec<said::Set>) {
    let mut replaced = BTreeSet::new();
    search.found.retain(|found| {
        let last = found.files.last();
        let over = |set: &&said::Set| set.files.last() == last && set.files.len() > found.files.len();
        let kept = sets.iter().any(|set| set.files == found.files) || !sets.iter().any(|set| over(&set));
        let kept = kept || last.is_none();
        replaced.extend(last.filter(|_| !kept).cloned());
        kept
    });
    let by_itself: Vec<BTreeSet<PathBuf>> =
        search.found.iter().map(|found| own_files(looks.sources, found)).collect();
    let mut added = Vec::new();
    for set in sets {
        let alone = matches!(set.files.as_slice(), [one] if Name::of(one).is_none_or(|name| name.standard.is_none())
            && !looks.of(one).is_complete);
        let is_compose = set.files.iter().all(|file| looks.of(file).may_be_compose);
        if alone || !is_compose || by_itself.contains(&set.files.iter().cloned().collect()) {
            continue;
        }
        let varies = |file: &PathBuf| Name::of(file).is_none_or(|name| name.standard.is_none());
        let replaces = set.files.last().is_some_and(|last| replaced.contains(last));
        added.push(Found {
            variant: set.files.iter().any(varies),
            said: (!replaces).then_some(set.at),
            profiles: set.profiles,
            env_files: set.env_files,
            ..Found::new(&set.directory, set.files)
        });
    }
    search.found.extend(added);
}

/// The files that a project is loaded from: those that are named, or that Compose finds.
fn own_files(sources: &SourceMap, found: &Found) -> BTreeSet<PathBuf> {
    let first = |names: &[&str]| {
        let mut paths = names.iter().map(|name| found.directory.join(name));
        paths.find(|path| sources.files().kind(path) == Some(Kind::File))
    };
    if !found.files.is_empty() {
        return found.files.iter().cloned().collect();
    }
    selection(sources, &found.directory)
        .unwrap_or_else(|| [first(&FILE_NAMES), first(&OVERRIDE_NAMES)].into_iter().flatten().collect())
}

/// The project that a file makes: alone, or over the file it varies when it cannot stand alone.
#[must_use]
pub fn of_file(sources: &SourceMap, path: &Path) -> Found {
    let mut looks = Looks { sources, known: BTreeMap::new() };
    let Some((directory, name)) = path.parent().zip(Name::of(path)) else { return alone(path) };
    let mut group = Group::default();
    for other in sources.files().list(directory) {
        let other = directory.join(other);
        if let Some(other_name) = Name::of(&other).filter(|other| other.prefix == name.prefix) {
            group.members.push((other, other_name));
        }
    }
    Found::new(directory, group.over(path, &name, &mut looks))
}

/// The files that `COMPOSE_FILE` in the directory's `.env` names, if it is set there. Which they are
/// exactly is for the loader to say; here it matters that they are no projects of their own.
fn selection(sources: &SourceMap, directory: &Path) -> Option<BTreeSet<PathBuf>> {
    let bytes = sources.files().read(&directory.join(".env"), 1 << 20).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let value = |name: &str| {
        text.lines().rev().find_map(|line| {
            let line = line.trim_start_matches('\u{feff}').trim_start();
            let rest = line.strip_prefix("export ").unwrap_or(line).trim_start().strip_prefix(name)?;
            Some(rest.trim_start().strip_prefix('=')?.trim().trim_matches(['"', '\'']).to_string())
        })
    };
    let files = value("COMPOSE_FILE")?;
    let separator = value("COMPOSE_PATH_SEPARATOR").unwrap_or_else(|| ":".to_string());
    Some(files.split(&separator).map(|file| clean(&directory.join(file.trim()))).collect())
}

fn alone(path: &Path) -> Found {
    let directory = path.parent().unwrap_or(Path::new("."));
    Found::new(directory, vec![path.to_path_buf()])
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// The files of one directory that share what stands before `compose` in their names.
#[derive(Default)]
struct Group {
    members: Vec<(PathBuf, Name)>,
}

impl Group {
    /// The file that the others vary.
    fn base(&self) -> Option<&(PathBuf, Name)> {
        let standard = self.members.iter().filter(|(_, name)| name.standard.is_some());
        standard
            .min_by_key(|(_, name)| name.standard)
            .or_else(|| self.members.iter().find(|(_, name)| name.variant.is_empty()))
            .or_else(|| self.members.iter().find(|(_, name)| name.is_common()))
    }

    fn projects(&self, directory: &Path, root: &Path, looks: &mut Looks<'_>, search: &mut Search) {
        let base = self.base().cloned();
        for (path, name) in self.members.clone() {
            let is_base = base.as_ref().is_some_and(|(base, _)| *base == path);
            if is_base && name.standard.is_some() {
                // At the root the user points at it; deeper down it may be another tool's file.
                if directory == root || looks.of(&path).may_be_compose {
                    search.found.push(Found::new(directory, Vec::new()));
                } else {
                    search.passed.push((path, "does not read like a compose file"));
                }
                continue;
            }
            if name.standard.is_some() {
                search.passed.push((path, "Compose takes another file of this folder"));
                continue;
            }
            let beside_standard = base.as_ref().is_some_and(|(_, base)| base.standard.is_some());
            if name.is_override() && beside_standard {
                continue;
            }
            if !looks.of(&path).may_be_compose {
                search.passed.push((path, "does not read like a compose file"));
                continue;
            }
            let files = self.over(&path, &name, looks);
            let variant = base.is_some() && !is_base;
            search.found.push(Found { variant, ..Found::new(directory, files) });
        }
    }

    /// The file, below it those that it needs: the file it varies by its name (`-test` for
    /// `-test.prod`), else the base.
    fn over(&self, path: &Path, name: &Name, looks: &mut Looks<'_>) -> Vec<PathBuf> {
        let own = looks.of(path).clone();
        let adds = |looks: &mut Looks<'_>| {
            self.base().is_some_and(|(base, _)| base != path && own.adds_to(looks.of(base)))
        };
        if own.is_complete && !adds(looks) {
            return vec![path.to_path_buf()];
        }
        let nearer = self.members.iter().filter(|(_, other)| !other.variant.is_empty() && name.varies(other));
        let below = nearer.max_by_key(|(_, other)| other.variant.len()).or_else(|| self.base());
        // Each step leads to a shorter name or to the base, so this ends.
        let mut files = match below {
            Some((below, _)) if below == path => Vec::new(),
            Some((below, other)) if name.varies(other) && !other.variant.is_empty() => {
                self.over(below, other, looks)
            }
            Some((below, _)) => vec![below.clone()],
            None => Vec::new(),
        };
        files.push(path.to_path_buf());
        files
    }
}

/// Looks at files, each once.
struct Looks<'a> {
    sources: &'a SourceMap,
    known: BTreeMap<PathBuf, Look>,
}

impl Looks<'_> {
    fn of(&mut self, path: &Path) -> &Look {
        self.known.entry(path.to_path_buf()).or_insert_with(|| Look::at(self.sources, path))
    }
}

/// Leaves out what other projects include, and variants that others extend.
fn drop_parts(search: &mut Search, looks: &mut Looks<'_>) {
    let mut parts: BTreeSet<PathBuf> = BTreeSet::new();
    let main =
        |found: &Found| found.files.last().cloned().or_else(|| standard(looks.sources, &found.directory));
    let mut projects: Vec<(Found, Option<PathBuf>)> =
        search.found.drain(..).map(|found| (found.clone(), main(&found))).collect();
    // The outermost first: of two files that include each other, one stays.
    projects.sort_by_key(|(_, path)| path.as_ref().map_or(0, |path| path.components().count()));
    let mut kept = Vec::new();
    for (_, path) in &projects {
        let Some(path) = path.as_ref().filter(|path| !parts.contains(*path)) else { continue };
        let look = looks.of(path).clone();
        let below = |file: &PathBuf| clean(&path.parent().unwrap_or(Path::new(".")).join(file));
        let extended = look.extends.iter().map(below).filter(|file| {
            Name::of(file).is_some_and(|name| name.standard.is_none() && !name.variant.is_empty())
        });
        let included = look.includes.iter().map(below).map(|file| match looks.sources.files().kind(&file) {
            Some(Kind::Directory) => standard(looks.sources, &file).unwrap_or(file),
            _ => file,
        });
        parts.extend(extended.chain(included).filter(|part| part != path));
    }
    for (found, path) in projects {
        match path.filter(|path| parts.contains(path)) {
            Some(path) => search.passed.push((path, "another project includes it")),
            None => kept.push(found),
        }
    }
    kept.sort_by(|a, b| (&a.directory, &a.files).cmp(&(&b.directory, &b.files)));
    search.found = kept;
    search.passed.sort();
}

/// The file that Compose would find in a directory.
fn standard(sources: &SourceMap, directory: &Path) -> Option<PathBuf> {
    let path = FILE_NAMES.iter().map(|name| directory.join(name));
    path.into_iter().find(|path| sources.files().kind(path) == Some(Kind::File))
}

#[cfg(test)]
mod tests;
