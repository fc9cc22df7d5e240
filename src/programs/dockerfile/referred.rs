//! The projects of .NET that the one which is built refers to, and those of a solution, that are not in the image: of a solution
//! `MSB3202` says so, and of a reference the compiler, at the first `using` of what is declared there. Those that were not there when
//! packages were restored have no `project.assets.json` (`NETSDK1004`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::copy::Context;
use super::named::There;
use super::{Built, Fault, FaultKind, Run, central};
use crate::programs::has_extension;
use crate::programs::service_files::ImageTree;
use crate::source::{Files, Kind, Span, clean, is_ignored};

/// No project, solution or source is longer.
const MAX_FILE: u64 = 400_000;
/// Projects that are followed.
const MAX_PROJECTS: usize = 60;
/// Sources of a project that are read, and folders that are looked through for them.
const MAX_SOURCES: usize = 400;
const KINDS: [&str; 3] = ["csproj", "fsproj", "vbproj"];
const SOLUTIONS: [&str; 2] = ["sln", "slnx"];

/// The first thing that `dotnet` with these words wants and that the image does not have.
pub(super) fn first(
    there: &There<'_>,
    (context, built): (&Context, &Built),
    words: &[&str],
    at: Span,
) -> Option<Fault> {
    let verb = words.first().filter(|verb| matches!(**verb, "restore" | "build" | "publish"))?;
    let whole = |word: &str| word.contains(['=', '*', ';', '$']) && !word.starts_with('-');
    if words.iter().any(|word| whole(word)) {
        return None;
    }
    let all: Vec<String> =
        std::iter::once("dotnet").chain(words.iter().copied()).map(str::to_string).collect();
    let named = crate::programs::entry::project_of_dotnet(&all).map(|word| word.replace('\\', "/"));
    let project = project(there, named.as_deref())?;
    let command = format!("dotnet {verb}{}", named.map(|name| format!(" {name}")).unwrap_or_default());
    let restores = !words.contains(&"--no-restore");
    let kind = restores.then(|| central::absent(there, context, built, (&project, &command))).flatten();
    let kind = kind.or_else(|| absent(there, context, verb, (&project, &command)));
    let kind = kind.or_else(|| match restores {
        true => None,
        false => unrestored(there, &built.runs, (&project, &command)),
    })?;
    Some(Fault { kind, at })
}

/// The project or solution that is named, or the only one of the folder that is.
fn project(there: &There<'_>, named: Option<&str>) -> Option<PathBuf> {
    let place = clean(&there.directory.join(named.unwrap_or(".")));
    let is_built = |path: &Path| has_extension(path, &KINDS) || has_extension(path, &SOLUTIONS);
    if is_built(&place) {
        return Some(place);
    }
    let folder = there.tree.resolve(there.files, &place);
    let names = folder.map(|folder| there.files.list(&folder)).unwrap_or_default();
    let copied = there.tree.layers().iter().map(|layer| layer.target.clone());
    let copied = copied.filter(|target| target.parent() == Some(&place));
    let all: BTreeSet<PathBuf> = names
        .iter()
        .map(|name| place.join(name))
        .chain(copied)
        .filter(|path| is_built(path) && there.tree.file(there.files, path).is_some())
        .collect();
    let mut all = all.into_iter();
    all.next().filter(|_| all.next().is_none())
}

/// The first project that is wanted, that lies in the context, and that the image does not have.
fn absent(
    there: &There<'_>,
    context: &Context,
    verb: &str,
    (first, command): (&Path, &str),
) -> Option<FaultKind> {
    let (manifest, host, code) = match has_extension(first, &SOLUTIONS) {
        true => of_solution(there, first)?,
        // It is only warned of by what installs packages.
        false if verb == "restore" => return None,
        false => of_project(there, first)?,
    };
    let path = host.strip_prefix(&context.root).ok()?;
    if context.ignore.ignores(path) || is_ignored(there.files, &host) {
        return None;
    }
    let folder = path.parent().filter(|folder| code && !folder.as_os_str().is_empty());
    let source = folder.unwrap_or(path).to_str()?.to_string();
    let manifest = manifest.file_name()?.to_str()?.to_string();
    Some(FaultKind::Named { command: command.to_string(), manifest, source, bare: false, there: true })
}

/// The first project that is there, and was not when the packages of all others were restored.
fn unrestored(there: &There<'_>, runs: &[Run], (first, command): (&Path, &str)) -> Option<FaultKind> {
    let restores = |run: &&Run| {
        let text = run.command.assumed();
        // What follows it in the same step may have restored more.
        text.contains("dotnet ") && !text.contains("tool ") && !text.contains("workload")
    };
    let trees: Vec<ImageTree> = runs
        .iter()
        .filter(restores)
        .map(|run| ImageTree::new(there.tree.layers().get(..run.brought).unwrap_or_default().to_vec()))
        .collect();
    let restored = |place: &Path| trees.iter().any(|tree| tree.file(there.files, place).is_some());
    if trees.is_empty() || !has_extension(first, &KINDS) || !restored(first) {
        return None;
    }
    let mut left = vec![first.to_path_buf()];
    let mut seen: Vec<PathBuf> = Vec::new();
    while let Some(project) = left.pop() {
        if seen.contains(&project) || seen.len() >= MAX_PROJECTS {
            continue;
        }
        let (_, text) = read(there, &project)?;
        for path in references(&text)? {
            let place = beside(&project, &path);
            if !restored(&place) && there.tree.file(there.files, &place).is_some() && !(there.open)(&place) {
                let source = place.strip_prefix(there.directory).unwrap_or(&place).to_str()?.to_string();
                let manifest = project.file_name()?.to_str()?.to_string();
                return Some(FaultKind::Unrestored { command: command.to_string(), manifest, source });
            }
            left.push(place);
        }
        seen.push(project);
    }
    None
}

/// The projects that the text of one refers to; nothing where a condition decides.
fn references(text: &str) -> Option<Vec<String>> {
    if text.contains("<ItemGroup Condition") || text.contains("<!--") {
        return None;
    }
    let elements = text.split("<ProjectReference").skip(1).map(|rest| rest.split('>').next().unwrap_or(""));
    elements
        .map(|element| {
            let path = attribute(element, "Include").filter(|path| !path.contains(['$', '*', ';']));
            path.filter(|_| !element.contains("Condition")).map(|path| path.replace('\\', "/"))
        })
        .collect()
}

/// What names a project, where that lies on this machine, and whether its code is wanted, too.
type Named = (PathBuf, PathBuf, bool);

fn of_solution(there: &There<'_>, solution: &Path) -> Option<Named> {
    let (host, text) = read(there, solution)?;
    members(&text).into_iter().find_map(|path| {
        let kind = has_extension(Path::new(&path), &KINDS) || path.ends_with(".dcproj");
        let (place, own) = (beside(solution, &path), beside(&host, &path));
        (kind && lacks(there, &place, &own)).then(|| (solution.to_path_buf(), own, false))
    })
}

/// The projects of a solution: `Project("{…}") = "Shop", "src\Shop\Shop.csproj", "{…}"`, and `<Project Path="src/Shop/Shop.csproj" />`.
pub(super) fn members(text: &str) -> Vec<String> {
    let old =
        text.lines().filter(|line| line.starts_with("Project(")).filter_map(|line| line.split('"').nth(5));
    let new = text.split("<Project ").skip(1).filter_map(|rest| attribute(rest, "Path"));
    old.chain(new).map(|path| path.replace('\\', "/")).collect()
}

fn of_project(there: &There<'_>, first: &Path) -> Option<Named> {
    let mut left = vec![first.to_path_buf()];
    let mut seen: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut lacking: Vec<(PathBuf, PathBuf)> = Vec::new();
    while let Some(project) = left.pop() {
        if seen.iter().any(|(known, _)| *known == project) {
            continue;
        }
        let (host, text) = read(there, &project)?;
        // What a condition decides is not known, nor what is compiled of its folder.
        if seen.len() >= MAX_PROJECTS || text.contains("<Compile Remove") {
            return None;
        }
        for path in references(&text)? {
            let (place, own) = (beside(&project, &path), beside(&host, &path));
            match lacks(there, &place, &own) {
                true => lacking.push((project.clone(), own)),
                false => left.push(place),
            }
        }
        seen.push((project, host));
    }
    let present = seen.iter().map(|(_, host)| said(there.files, host, "namespace "));
    let present: Vec<String> = present.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    lacking.into_iter().find_map(|(project, own)| {
        let (_, host) = seen.iter().find(|(known, _)| *known == project)?;
        let used = said(there.files, host, "using ")?;
        let declared = said(there.files, &own, "namespace ")?;
        let within = |outer: &str, name: &str| {
            name.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let wanted = declared
            .iter()
            .any(|name| used.contains(name) && !present.iter().any(|other| within(name, other)));
        wanted.then_some((project, own, true))
    })
}

/// Whether a project lies on this machine, and surely not at the place.
fn lacks(there: &There<'_>, place: &Path, host: &Path) -> bool {
    let folder = place.parent().unwrap_or(place);
    there.files.kind(host) == Some(Kind::File)
        && there.tree.file(there.files, place).is_none()
        && !(there.open)(place)
        && !(there.open)(folder)
}

pub(super) fn beside(file: &Path, path: &str) -> PathBuf {
    clean(&file.parent().unwrap_or(file).join(path))
}

pub(super) fn read(there: &There<'_>, place: &Path) -> Option<(PathBuf, String)> {
    let host = there.tree.file(there.files, place)?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    Some((host, text))
}

/// The value of an attribute of an element, of which this is what follows its name.
pub(super) fn attribute<'t>(element: &'t str, name: &str) -> Option<&'t str> {
    let (_, value) = element.split('>').next()?.split_once(&format!("{name}=\""))?;
    value.split('"').next()
}

/// The names of namespaces in lines of a project's sources that begin with this word: those it declares, or those it uses. Nothing
/// where there are too many.
fn said(files: &dyn Files, project: &Path, word: &str) -> Option<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    let mut left: Vec<PathBuf> = project.parent().map(Path::to_path_buf).into_iter().collect();
    let mut looked = 0;
    while let Some(folder) = left.pop() {
        for name in files.list(&folder) {
            let path = folder.join(&name);
            looked += 1;
            if looked > MAX_SOURCES {
                return None;
            }
            match files.kind(&path) {
                Some(Kind::Directory)
                    if !matches!(name.as_str(), "bin" | "obj") && !name.starts_with('.') =>
                {
                    left.push(path);
                }
                Some(Kind::File) if has_extension(&path, &["cs"]) => {
                    let Ok(bytes) = files.read(&path, MAX_FILE) else { continue };
                    let text = String::from_utf8_lossy(&bytes);
                    let lines = text.trim_start_matches('\u{feff}').lines();
                    let rest = lines.filter_map(|line| {
                        line.trim_start_matches("global ")
                            .strip_prefix(word)?
                            .trim_end_matches([' ', '{', '\r'])
                            .into()
                    });
                    let names = rest.map(|name: &str| name.trim_end_matches(';').trim());
                    let plain = |name: &&str| {
                        !name.is_empty()
                            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'))
                    };
                    out.extend(names.filter(plain).map(str::to_string));
                }
                _ => {}
            }
        }
    }
    Some(out)
}
