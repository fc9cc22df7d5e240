//! The projects of .NET that the one which is built refers to, and those of a solution, that are not in the image: of a solution
//! `MSB3202` says so, and of a reference the compiler, at the first `using` of what is declared there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::copy::Context;
use super::named::There;
use super::{Fault, FaultKind};
use crate::programs::has_extension;
use crate::source::{Files, Kind, Span, clean, is_ignored};

/// No project, solution or source is longer.
const MAX_FILE: u64 = 400_000;
/// Projects that are followed.
const MAX_PROJECTS: usize = 60;
/// Sources of a project that are read, and folders that are looked through for them.
const MAX_SOURCES: usize = 400;
const KINDS: [&str; 3] = ["csproj", "fsproj", "vbproj"];
const SOLUTIONS: [&str; 2] = ["sln", "slnx"];

/// The first project that `dotnet` with these words wants, that lies in the context, and that the image does not have.
pub(super) fn absent(there: &There<'_>, context: &Context, words: &[&str], at: Span) -> Option<Fault> {
    let verb = words.first().filter(|verb| matches!(**verb, "restore" | "build" | "publish"))?;
    let whole = |word: &str| word.contains(['=', '*', ';', '$']) && !word.starts_with('-');
    if words.iter().any(|word| whole(word)) {
        return None;
    }
    let all: Vec<String> =
        std::iter::once("dotnet").chain(words.iter().copied()).map(str::to_string).collect();
    let named = crate::programs::entry::project_of_dotnet(&all).map(|word| word.replace('\\', "/"));
    let place = clean(&there.directory.join(named.as_deref().unwrap_or(".")));
    let is_built = |path: &Path| has_extension(path, &KINDS) || has_extension(path, &SOLUTIONS);
    let first = match is_built(&place) {
        true => place,
        // The only one of its folder.
        false => {
            let folder = there.tree.resolve(there.files, &place);
            let names = folder.map(|folder| there.files.list(&folder)).unwrap_or_default();
            let copied = there.tree.layers().iter().map(|layer| layer.target.clone());
            let copied = copied.filter(|target| target.parent() == Some(&place));
            let all: BTreeSet<PathBuf> = names
                .iter()
                .map(|name| place.join(name))
                .chain(copied)
                .filter(|path| is_built(path))
                .collect();
            let mut all = all.into_iter();
            all.next().filter(|_| all.next().is_none())?
        }
    };
    let (manifest, host, code) = match has_extension(&first, &SOLUTIONS) {
        true => of_solution(there, &first)?,
        // It is only warned of by what installs packages.
        false if *verb == "restore" => return None,
        false => of_project(there, &first)?,
    };
    let path = host.strip_prefix(&context.root).ok()?;
    if context.ignore.ignores(path) || is_ignored(there.files, &host) {
        return None;
    }
    let folder = path.parent().filter(|folder| code && !folder.as_os_str().is_empty());
    let source = folder.unwrap_or(path).to_str()?.to_string();
    let command = format!("dotnet {verb}{}", named.map(|name| format!(" {name}")).unwrap_or_default());
    let manifest = manifest.file_name()?.to_str()?.to_string();
    Some(Fault { kind: FaultKind::Named { command, manifest, source, bare: false, there: true }, at })
}

/// What names a project, where that lies on this machine, and whether its code is wanted, too.
type Named = (PathBuf, PathBuf, bool);

fn of_solution(there: &There<'_>, solution: &Path) -> Option<Named> {
    let (host, text) = read(there, solution)?;
    // `Project("{…}") = "Shop", "src\Shop\Shop.csproj", "{…}"`, and `<Project Path="src/Shop/Shop.csproj" />`.
    let old =
        text.lines().filter(|line| line.starts_with("Project(")).filter_map(|line| line.split('"').nth(5));
    let new = text.split("<Project ").skip(1).filter_map(|rest| attribute(rest, "Path"));
    let mut named = old.chain(new).map(|path| path.replace('\\', "/"));
    named.find_map(|path| {
        let kind = has_extension(Path::new(&path), &KINDS) || path.ends_with(".dcproj");
        let (place, own) = (beside(solution, &path), beside(&host, &path));
        (kind && lacks(there, &place, &own)).then(|| (solution.to_path_buf(), own, false))
    })
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
        if seen.len() >= MAX_PROJECTS
            || text.contains("<ItemGroup Condition")
            || text.contains("<!--")
            || text.contains("<Compile Remove")
        {
            return None;
        }
        for rest in text.split("<ProjectReference").skip(1) {
            let element = rest.split('>').next().unwrap_or("");
            let path = attribute(element, "Include").filter(|path| !path.contains(['$', '*', ';']));
            let path = path.filter(|_| !element.contains("Condition"))?;
            let path = path.replace('\\', "/");
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

fn beside(file: &Path, path: &str) -> PathBuf {
    clean(&file.parent().unwrap_or(file).join(path))
}

fn read(there: &There<'_>, place: &Path) -> Option<(PathBuf, String)> {
    let host = there.tree.file(there.files, place)?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    Some((host, text))
}

/// The value of an attribute of an element, of which this is what follows its name.
fn attribute<'t>(element: &'t str, name: &str) -> Option<&'t str> {
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
