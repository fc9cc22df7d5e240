//! Files of the program's own that it surely loads, and that are not there: `require('./routes/ordrs')`, `from .models import Oder`,
//! `require_relative 'lib/chekout'`, `require __DIR__ . '/confg.php'`, `mod stok;`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::left_behind::LeftBehind;
use super::{Missing, Program, Uninstalled, node, python, table};
use crate::compose::nearest;
use crate::programs::python::straight;
use crate::programs::service_files::ImageTree;
use crate::programs::service_files::is_aside;
use crate::programs::{ModuleIndex, Source, has_extension, javascript};
use crate::source::{Kind, SourceFile, Span, Spanned, clean, is_ignored, is_submodule};

/// Modules of a program that are looked at.
const MAX_MODULES: usize = 500;
/// Where more are not there and nothing is called nearly so, the tree is only a part of one, or something makes them.
const MAX_LOST: usize = 1;
/// Of a program of fewer files that may be so, too.
const MIN_FILES: usize = 6;
/// Parts of names of files that something makes.
const MADE: [&str; 20] = [
    "generated",
    "gen",
    "_pb",
    "pb2",
    "dist",
    "build",
    "version",
    "local",
    "secret",
    "credential",
    "node_modules",
    "vendor",
    "bower",
    "prisma",
    "codegen",
    "manifest",
    "config.json",
    ".wasm",
    ".node",
    "target",
];
/// Words of a build that makes sources.
pub(super) const MAKES: [&str; 6] = ["generate", "codegen", "protoc", "grpc_tools", "buf ", "swagger"];

/// What is asked for and not there.
struct Lost {
    import: Spanned<String>,
    /// Where it is looked for, in the container.
    target: PathBuf,
    /// The file that lacks the name, if it is a name; that which is here and not in the image, if it is left behind.
    file: Option<PathBuf>,
    /// Why it is not there.
    lack: Missing,
    /// Whether it is only named, to Django.
    named: bool,
    /// What is meant.
    instead: Option<String>,
    /// Whether the folder that it should lie in is seen.
    seen: bool,
}

impl Lost {
    fn left_behind(import: &Spanned<String>, target: &Path, left: LeftBehind) -> Self {
        let LeftBehind { host, lack } = left;
        Self {
            import: import.clone(),
            target: target.to_path_buf(),
            file: Some(host),
            lack,
            named: false,
            instead: None,
            seen: true,
        }
    }
}

/// What the program loads of its own and is not there, or has no such name.
pub(super) fn of(program: &Program<'_>, language: &str) -> Vec<Uninstalled> {
    if !program.is_sure() || program.image.problem.is_some() || program.image.assumed {
        return Vec::new();
    }
    let mut lost: Vec<Lost> = Vec::new();
    match language {
        "javascript" => {
            node::walk(program, |index, import| lost.extend(script(program, index, import)));
        }
        "python" => of_python(program, &mut lost),
        "ruby" => by_lines(program, &mut lost, |line| {
            let rest = line.strip_prefix("require_relative")?.trim_start_matches([' ', '(']);
            Some((quoted(rest)?, &["rb"]))
        }),
        "php" => by_lines(program, &mut lost, |line| {
            let rest = line.strip_prefix("require_once").or_else(|| line.strip_prefix("require"))?;
            let rest = rest.trim_start_matches([' ', '(']).strip_prefix("__DIR__")?.trim_start();
            let path = quoted(rest.strip_prefix('.')?.trim_start())?;
            path.strip_prefix('/').map(|path| (path, &[] as &[&str]))
        }),
        _ => {}
    }
    let mut told = HashSet::new();
    lost.retain(|one| told.insert((one.target.clone(), one.file.is_some())));
    let loaded = program.loaded.iter().filter_map(|index| program.scope.get(*index));
    let files = loaded.filter(|(_, source)| source.front_end.name() == language).count();
    let few = lost.len() <= MAX_LOST && files >= MIN_FILES;
    lost.into_iter()
        .map(|one| Uninstalled {
            package: one.import.value.clone(),
            import: one.import.value,
            at: one.import.span,
            named: one.named,
            lack: one.lack,
            manifest: one.file,
            sure: one.instead.is_some()
                || matches!(one.lack, Missing::Uncopied | Missing::Ignored | Missing::LeftOut)
                || few && one.seen,
            loader: None,
            similar: one.instead,
        })
        .collect()
}

/// What stands between the quotes that a text begins with.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inside = text.get(1..)?;
    let path = inside.get(..inside.find(quote)?)?;
    let after = inside.get(path.len() + 1..)?.trim_start_matches([')', ' ']);
    let whole = after.is_empty() || after.starts_with([';', '#', '\r', '\n', '/']);
    (whole && !path.contains(['#', '$', '*', '{'])).then_some(path)
}

impl Program<'_> {
    /// The files that a module of this place was taken from.
    fn tree_of(&self, place: &Path, source: &Source) -> Option<&ImageTree> {
        let files = self.machine.sources.files();
        [self.machine.files, self.machine.below]
            .into_iter()
            .find(|tree| tree.file(files, place).is_some_and(|host| host == source.path))
    }

    /// What is not there of the places where a file may lie, the first of which is the one that is named.
    fn lost(
        &self,
        (place, source): (&Path, &Source),
        import: &Spanned<String>,
        (target, others): (&Path, &[PathBuf]),
        endings: &[&str],
    ) -> Option<Lost> {
        let files = self.machine.sources.files();
        let tree = self.tree_of(place, source)?;
        let target = clean(target);
        let all = || std::iter::once(&target).chain(others);
        let trees = [self.machine.files, self.machine.below];
        let there = |path: &PathBuf| {
            self.scope.at(path).is_some() || trees.iter().any(|tree| tree.resolve(files, path).is_some())
        };
        if !all().any(there)
            && let Some(left) = self.left_behind((place, source), all())
        {
            return Some(Lost::left_behind(import, &target, left));
        }
        if !all().any(there)
            && let Some(host) = self.left_out(tree, all())
        {
            let left = LeftBehind { host, lack: Missing::LeftOut };
            return Some(Lost::left_behind(import, &target, left));
        }
        let lower = target.to_string_lossy().to_ascii_lowercase();
        let own =
            lower.strip_prefix(&*place.parent()?.to_string_lossy().to_ascii_lowercase()).unwrap_or(&lower);
        if all().any(there) || MADE.iter().any(|word| own.contains(word)) || is_aside(&target) {
            return None;
        }
        // What a stage or a volume brings is not seen.
        let brought = self.machine.copied.iter().any(|(_, to)| {
            let to = clean(to);
            target.starts_with(&to) && !place.starts_with(&to)
        });
        let host = tree.place_for(files, &target)?;
        let ends = ["", ".js", ".ts", ".json", ".py", ".rb", ".php"];
        let ignored =
            ends.iter().any(|end| is_ignored(files, Path::new(&format!("{}{end}", host.display()))));
        let stem = target.file_stem()?.to_str()?;
        let made = self.runs.iter().any(|run| {
            let text = run.command.assumed();
            text.contains(&format!("{stem}.")) || MAKES.iter().any(|word| text.contains(word))
        });
        if brought || ignored || made || is_submodule(files, &host) {
            return None;
        }
        let folder = host.parent()?;
        let list = files.list(folder);
        let own = source.path.parent() == Some(folder);
        let alike = list.iter().filter(|name| {
            let path = folder.join(name);
            path != source.path && has_extension(&path, endings)
        });
        let seen = own && list.len() > 1 || alike.count() > 0;
        let written = |name: &str| {
            let (before, last) = import.value.rsplit_once(['/']).map_or(("", &*import.value), |it| it);
            let bare = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            let name = if has_extension(Path::new(last), endings) { name } else { bare };
            if before.is_empty() { name.to_string() } else { format!("{before}/{name}") }
        };
        let wanted = target.file_name()?.to_str()?;
        let names: Vec<&str> =
            list.iter().map(String::as_str).filter(|name| folder.join(name) != source.path).collect();
        let stems = names.iter().filter(|name| has_extension(Path::new(name), endings)).filter_map(|name| {
            let whole = has_extension(&target, endings);
            if whole { Some(*name) } else { name.rsplit_once('.').map(|(stem, _)| stem) }
        });
        let near = nearest(wanted, stems);
        let instead = near.and_then(|near| {
            names
                .iter()
                .find(|name| **name == near || name.rsplit_once('.').is_some_and(|(stem, _)| stem == near))
        });
        // A folder by another name.
        let above = folder.parent();
        let sibling = (files.kind(folder).is_none()).then(|| {
            let names = above.map(|above| files.list(above)).unwrap_or_default();
            nearest(folder.file_name()?.to_str()?, names.iter().map(String::as_str)).map(str::to_string)
        });
        let sibling = sibling.flatten();
        Some(Lost {
            import: import.clone(),
            target,
            file: None,
            lack: Missing::File,
            named: false,
            seen: seen || sibling.is_some(),
            instead: instead.map(|name| written(name)).or(sibling),
        })
    }
}

/// A module of JavaScript or TypeScript that is named by its place.
fn script(program: &Program<'_>, index: ModuleIndex, import: &Spanned<String>) -> Option<Lost> {
    let (place, source) = program.scope.get(index)?;
    let name = import.value.as_str();
    let relative = name.starts_with("./") || name.starts_with("../") || name == "." || name == "..";
    if !relative || name.contains(['?', '!', '$', '*']) || program.scope.resolve(index, name).is_some() {
        return None;
    }
    let target = place.parent()?.join(name);
    let mut others = Vec::new();
    javascript::files(&target, &mut others);
    others.extend(
        [".vue", ".svelte", ".node", ".d.ts", ".astro"]
            .map(|end| PathBuf::from(format!("{}{end}", clean(&target).display()))),
    );
    program.lost((place, source), import, (&target, &others), &javascript::EXTENSIONS)
}

/// Files that lines at the margin of a module load.
fn by_lines<'e>(
    program: &Program<'_>,
    lost: &mut Vec<Lost>,
    named: impl Fn(&str) -> Option<(&str, &'e [&'e str])>,
) {
    let mut seen: HashSet<ModuleIndex> = HashSet::new();
    let mut queue: Vec<ModuleIndex> = program.entries.iter().rev().copied().collect();
    while let Some(index) = queue.pop() {
        if !seen.insert(index) || seen.len() > MAX_MODULES {
            continue;
        }
        let Some((place, source)) = program.scope.get(index).filter(|(place, _)| !is_aside(place)) else {
            continue;
        };
        let Ok(file) = program.machine.sources.load(&source.path) else { continue };
        let Some(directory) = place.parent() else { continue };
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let from = start;
            start += line.len();
            let Some((path, endings)) = named(line) else { continue };
            let at = line.find(path).map_or(Span::NONE, |at| file.slice(from + at, from + at + path.len()));
            let target = clean(&directory.join(path));
            let others: Vec<PathBuf> =
                endings.iter().map(|end| PathBuf::from(format!("{}.{end}", target.display()))).collect();
            let next = std::iter::once(&target).chain(&others).find_map(|path| program.scope.at(path));
            match next {
                Some(next) => queue.push(next),
                None => {
                    let import = Spanned::new(path.to_string(), at);
                    let endings = if endings.is_empty() { &["php"] } else { endings };
                    lost.extend(program.lost((place, source), &import, (&target, &others), endings));
                }
            }
        }
    }
}

/// A module at the top of the program's own, which the repository leaves out.
fn left_module(
    program: &Program<'_>,
    (place, source): (&Path, &Source),
    import: &Spanned<String>,
    name: &str,
) -> Option<Lost> {
    let tree = program.tree_of(place, source)?;
    let roots = program.scope.roots.iter().map(PathBuf::as_path).chain(place.parent());
    let places: Vec<PathBuf> = roots.map(|root| root.join(format!("{name}.py"))).collect();
    let host = program.left_out(tree, places.iter())?;
    let left = LeftBehind { host, lack: Missing::LeftOut };
    Some(Lost::left_behind(import, places.first()?, left))
}

fn of_python(program: &Program<'_>, lost: &mut Vec<Lost>) {
    let changes = ["sys.path", "site.addsitedir", "importlib.util", "sys.modules"];
    if changes.iter().any(|word| !program.scope.containing(word).is_empty()) {
        return;
    }
    let installed = python::installed(program).map(|found| found.names).unwrap_or_default();
    python::walk(program, |index, import, named| {
        let Some((place, source)) = program.scope.get(index) else { return };
        let dots = import.value.chars().take_while(|c| *c == '.').count();
        let Some(rest) = import.value.get(dots..).filter(|rest| !rest.is_empty()) else { return };
        let parts: Vec<&str> = rest.split('.').collect();
        let Some(first) = parts.first().copied() else { return };
        let bases: Vec<PathBuf> = if dots > 0 {
            place.ancestors().nth(dots).map(Path::to_path_buf).into_iter().collect()
        } else {
            let package = first.to_lowercase().replace('_', "-");
            if table::is_standard(first)
                || table::python().of(first).is_some()
                || table::python().knows(&package)
                || installed.contains(&package)
                || installed.contains(first)
            {
                return;
            }
            let roots = program.scope.roots.iter();
            let roots: Vec<PathBuf> =
                roots.filter(|root| is_package(program, &root.join(first))).cloned().collect();
            if roots.is_empty() {
                let left = left_package(program, (place, source), import, first)
                    .or_else(|| left_module(program, (place, source), import, first));
                lost.extend(left.map(|left| Lost { named, ..left }));
            }
            if named {
                return;
            }
            roots
        };
        let mut found: Vec<Option<Lost>> =
            bases.iter().map(|base| descend(program, (place, source), import, base, &parts)).collect();
        if found.iter().all(Option::is_some) {
            lost.extend(found.pop().flatten());
        }
    });
}

/// A module or package of the project's own that lies on this machine where Python would look, and that no root of the container has.
fn left_package(
    program: &Program<'_>,
    (place, source): (&Path, &Source),
    import: &Spanned<String>,
    first: &str,
) -> Option<Lost> {
    let roots = program.scope.roots.iter().filter(|root| place.starts_with(root));
    let targets: Vec<PathBuf> =
        roots.flat_map(|root| [root.join(first).with_extension("py"), root.join(first)]).collect();
    let below = |target: &PathBuf| program.scope.iter().any(|(_, place, _)| place.starts_with(target));
    if targets.iter().any(below) {
        return None;
    }
    let left = program.left_behind((place, source), targets.iter())?;
    Some(Lost::left_behind(import, targets.first()?, left))
}

/// Whether it is a package or a module of the project's own.
fn is_package(program: &Program<'_>, path: &Path) -> bool {
    let files = program.machine.sources.files();
    let tree = program.machine.files;
    let has = |name: &str| tree.file(files, &path.join(name)).is_some();
    has("__init__.py")
        || tree.file(files, &path.with_extension("py")).is_some()
        || tree.resolve(files, path).is_some_and(|host| {
            files.kind(&host) == Some(Kind::Directory)
                && files.list(&host).iter().any(|name| name.ends_with(".py"))
        })
}

/// What of a dotted name is not there, from a folder on.
fn descend(
    program: &Program<'_>,
    (place, source): (&Path, &Source),
    import: &Spanned<String>,
    base: &Path,
    parts: &[&str],
) -> Option<Lost> {
    let files = program.machine.sources.files();
    let tree = program.machine.files;
    let mut folder = base.to_path_buf();
    let mut module: Option<PathBuf> = tree.file(files, &folder.join("__init__.py"));
    for (at, part) in parts.iter().enumerate() {
        let path = folder.join(part);
        let is_folder =
            tree.resolve(files, &path).is_some_and(|host| files.kind(&host) == Some(Kind::Directory));
        let file = tree.file(files, &path.with_extension("py"));
        if is_folder && (file.is_none() || tree.file(files, &path.join("__init__.py")).is_some()) {
            module = tree.file(files, &path.join("__init__.py"));
            folder = path;
            continue;
        }
        if let Some(file) = file {
            // What stands behind a module is a name of it.
            let name = parts.get(at + 1)?;
            return lacking(program, import, &file, name, &path.join(name));
        }
        // A compiled one.
        let host = tree.resolve(files, &folder).filter(|host| files.kind(host) == Some(Kind::Directory))?;
        let starts = format!("{part}.");
        if files.list(&host).iter().any(|name| name.starts_with(&starts)) {
            return None;
        }
        if let Some(init) = &module {
            let file = program.machine.sources.load(init).ok()?;
            let names = straight::of(&file)?;
            if names.open || names.names.contains(*part) || part.starts_with("__") {
                return None;
            }
        }
        let others = [path.with_extension("py")];
        let lost = program.lost((place, source), import, (&path, &others), &["py"])?;
        let near = files.list(&host);
        let modules = near.iter().filter_map(|name| match name.strip_suffix(".py") {
            None => (!name.contains('.') && *name != "__pycache__").then_some(name.as_str()),
            stem => stem.filter(|stem| *stem != "__init__"),
        });
        let meant = nearest(part, modules).map(|near| {
            let before: String = import.value.chars().take_while(|c| *c == '.').collect();
            let mut words: Vec<&str> = parts.iter().take(at).copied().collect();
            words.push(near);
            format!("{before}{}", words.join("."))
        });
        return Some(Lost { instead: meant, ..lost });
    }
    None
}

/// The name that a module of Python does not have.
fn lacking(
    program: &Program<'_>,
    import: &Spanned<String>,
    host: &Path,
    name: &str,
    target: &Path,
) -> Option<Lost> {
    let file = program.machine.sources.load(host).ok()?;
    let straight = straight::of(&file)?;
    if straight.open || straight.names.contains(name) || name.starts_with("__") || is_stub(&file) {
        return None;
    }
    let meant = nearest(name, straight.names.iter().map(String::as_str)).map(str::to_string);
    Some(Lost {
        import: import.clone(),
        target: target.to_path_buf(),
        file: Some(host.to_path_buf()),
        lack: Missing::Name,
        named: false,
        seen: true,
        instead: meant,
    })
}

/// Whether a file of Python is too short to be all of what it was.
fn is_stub(file: &SourceFile) -> bool {
    file.text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).count() < 2
}
