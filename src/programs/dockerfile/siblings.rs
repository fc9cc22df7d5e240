//! Packages of the same repository that a manifest asks for, and that are not in the image when a manager of Node installs: it finds
//! no workspace of that name (`ERR_PNPM_WORKSPACE_PKG_NOT_FOUND`), or asks the registry, which has none (`404`).
//!
//! With a lock file of npm, pnpm or Bun, nothing is looked up: what a workspace's package is, stands there.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::copy::Context;
use super::named::There;
use super::{Fault, FaultKind, lifecycle, protocols};
use crate::source::{Files, Kind, Span, clean, relative};

/// No manifest is longer.
const MAX_FILE: u64 = 400_000;
/// Folders above the context in which the workspace may begin, and packages of one that are looked at.
const MAX_ABOVE: usize = 4;
const MAX_PACKAGES: usize = 200;
const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// A package of a workspace on this machine.
struct Package {
    folder: PathBuf,
    manifest: Value,
}

impl Package {
    fn name(&self) -> Option<&str> {
        self.manifest.get("name")?.as_str()
    }

    /// Whether no registry has it, by what it says of itself, or by the scope that it shares with who asks for it.
    fn is_own(&self, asks: &Value) -> bool {
        let scope = |name: &str| name.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope.to_string());
        let other = asks.get("name").and_then(Value::as_str).and_then(scope);
        let private = self.manifest.get("private").and_then(Value::as_bool) == Some(true);
        private || other.is_some() && self.name().and_then(scope) == other
    }
}

/// The first thing for which a manager of Node stops when it installs, which is not in the image by then or which it does not take.
pub(super) fn of_node(
    there: &There<'_>,
    context: &Context,
    name: &str,
    words: &[&str],
    at: Span,
) -> Option<Fault> {
    let refused = protocols::refused(there, name, words, at);
    let refused = refused.or_else(|| lifecycle::absent(there, name, words, at));
    refused.or_else(|| absent(there, context, name, words, at))
}

/// The first package of the workspace that a manifest in the image asks for and that is not there.
fn absent(there: &There<'_>, context: &Context, name: &str, words: &[&str], at: Span) -> Option<Fault> {
    let verb = match words.first() {
        None if name == "yarn" => "install",
        Some(verb) if matches!(*verb, "install" | "i" | "ci") => verb,
        Some(option) if name == "yarn" && option.starts_with("--") => "install",
        _ => return None,
    };
    let apart = ["-g", "--global", "-w", "-F", "--location=global", "--ignore-workspace"];
    let chosen =
        |word: &&str| apart.contains(word) || word.starts_with("--filter") || word.starts_with("--workspace");
    let locks: &[&str] = match name {
        "npm" => &["package-lock.json", "npm-shrinkwrap.json"],
        "pnpm" => &["pnpm-lock.yaml"],
        _ => &[],
    };
    let has = |place: &Path| there.tree.resolve(there.files, place).is_some() || (there.open)(place);
    if words.iter().any(chosen) || locks.iter().any(|lock| has(&there.directory.join(lock))) {
        return None;
    }
    let own = there.directory.join("package.json");
    let host = there.tree.file(there.files, &own).filter(|_| !(there.open)(&own))?;
    let root = parsed(there.files, &host)?;
    let packages = workspace(there.files, host.parent()?)?;
    // Where the whole lies in the image, each package has its place there.
    let whole = packages.root == host.parent()?;
    let place_of = |package: &Package| {
        let below = package.folder.strip_prefix(&packages.root).ok()?;
        whole.then(|| there.directory.join(below).join("package.json"))
    };
    let is_there = |package: &Package| {
        place_of(package).is_some_and(|place| has(&place)) || package.folder == host.parent().unwrap_or(&host)
    };
    let installed = packages.all.iter().filter(|package| is_there(package) && whole);
    let asking = std::iter::once((&root, "package.json".to_string())).chain(installed.map(|package| {
        let below = relative(&package.folder, &packages.root);
        (&package.manifest, format!("{}/package.json", below.display()))
    }));
    for (manifest, shown) in asking {
        let sections = SECTIONS.iter().filter_map(|section| manifest.get(*section)?.as_object()).flatten();
        for (dependency, value) in sections {
            let Some(value) = value.as_str() else { continue };
            let by_protocol = value.starts_with("workspace:");
            // npm does not know the protocol, and pnpm takes no other from a workspace.
            let asks = if by_protocol { name != "npm" } else { name != "pnpm" && is_version(value) };
            let sibling = packages.all.iter().find(|package| package.name() == Some(dependency));
            let Some(sibling) = sibling.filter(|it| asks && !is_there(it)) else { continue };
            if !(by_protocol || whole && sibling.is_own(manifest)) {
                continue;
            }
            let folder = sibling.folder.strip_prefix(&context.root).ok();
            let hidden = folder.is_some_and(|folder| context.ignore.hides_all(folder));
            let kind = FaultKind::Sibling {
                command: format!("{name} {verb}"),
                dependency: dependency.clone(),
                manifest: shown,
                folder: relative(&sibling.folder, &packages.root).display().to_string(),
                within: folder.is_some() && whole,
            };
            return (!hidden).then_some(Fault { kind, at });
        }
    }
    None
}

/// Whether a dependency is asked for by its version, as those of the registry are.
fn is_version(value: &str) -> bool {
    value == "*"
        || value.trim_start_matches(['^', '~', '>', '=', 'v', ' ']).starts_with(|c: char| c.is_ascii_digit())
}

struct Workspace {
    root: PathBuf,
    all: Vec<Package>,
}

/// The workspace that a folder is, or lies in.
fn workspace(files: &dyn Files, folder: &Path) -> Option<Workspace> {
    folder.ancestors().take(MAX_ABOVE).find_map(|root| {
        let patterns = patterns(files, root)?;
        let folders = patterns.iter().flat_map(|pattern| folders(files, root, pattern));
        let all: Vec<Package> = folders
            .take(MAX_PACKAGES)
            .filter_map(|folder| {
                let manifest = parsed(files, &folder.join("package.json"))?;
                Some(Package { folder, manifest })
            })
            .collect();
        let holds = root == folder || all.iter().any(|package| package.folder == folder);
        holds.then(|| Workspace { root: root.to_path_buf(), all })
    })
}

/// What a folder says of the packages of its workspace.
fn patterns(files: &dyn Files, root: &Path) -> Option<Vec<String>> {
    let by_pnpm = files.read(&root.join("pnpm-workspace.yaml"), MAX_FILE).ok();
    if let Some(text) = by_pnpm.and_then(|bytes| String::from_utf8(bytes).ok()) {
        let lines = text.lines().skip_while(|line| !line.starts_with("packages:")).skip(1);
        let items = lines.map_while(|line| line.trim_start().strip_prefix("- "));
        return Some(items.map(|item| item.trim().trim_matches(['"', '\'']).to_string()).collect());
    }
    let manifest = parsed(files, &root.join("package.json"))?;
    let told = manifest.get("workspaces")?;
    let list = told.as_array().or_else(|| told.get("packages")?.as_array())?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_string).collect())
}

/// The folders of a pattern: `apps/*`, or one by its name.
fn folders(files: &dyn Files, root: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let above = pattern.strip_suffix("/*").or_else(|| pattern.strip_suffix("/**"));
    match above {
        _ if pattern.starts_with('!') => Vec::new(),
        Some(above) if !above.contains('*') => {
            let above = clean(&root.join(above));
            let inner = files.list(&above).into_iter().map(|name| above.join(name));
            inner.filter(|path| files.kind(path) == Some(Kind::Directory)).collect()
        }
        None if !pattern.contains('*') => vec![clean(&root.join(pattern))],
        _ => Vec::new(),
    }
}

fn parsed(files: &dyn Files, manifest: &Path) -> Option<Value> {
    let text = String::from_utf8(files.read(manifest, MAX_FILE).ok()?).ok()?;
    serde_json::from_str(&text).ok()
}
