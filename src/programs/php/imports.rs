//! Which files a PHP file loads, and where classes lie.
//!
//! Names of modules are `file:path` for what is included, `config:name` for a configuration file of Laravel,
//! and the full name of a class, with dots, for what the autoloader finds.

use std::path::{Path, PathBuf};

use crate::programs::{ModuleIndex, Scope};
use crate::source::clean;

/// Names that one file may load.
const MAX_IMPORTS: usize = 400;
/// Files whose constants others see.
const MAX_SHARED: usize = 24;

/// Whether the file says where Composer finds classes.
pub(super) fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "composer.json")
}

/// The modules that a text loads.
pub(super) fn scan(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut namespace = String::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(rest) = trimmed.strip_prefix("namespace ") {
            namespace = rest.trim_end_matches([';', '{', ' ']).replace('\\', ".");
        } else if let Some(rest) = trimmed.strip_prefix("use ") {
            used(rest, &mut out);
        } else if trimmed.contains("require") || trimmed.contains("include") {
            out.extend(included(trimmed));
        }
        mentioned(trimmed, &namespace, &mut out);
        if out.len() > MAX_IMPORTS {
            break;
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|name| seen.insert(name.clone()));
    out
}

/// `use A\B;`, `use A\{B, C as D};`
fn used(rest: &str, out: &mut Vec<String>) {
    let rest = rest.split(';').next().unwrap_or("").trim();
    let rest = rest.strip_prefix("function ").or_else(|| rest.strip_prefix("const ")).unwrap_or(rest);
    let (prefix, names) = match rest.split_once('{') {
        Some((prefix, names)) => (prefix, names.trim_end_matches('}')),
        None => ("", rest),
    };
    for name in names.split(',') {
        let name = name.split(" as ").next().unwrap_or("").trim().trim_start_matches('\\');
        if is_class(name) {
            out.push(format!("{prefix}{name}").trim_start_matches('\\').replace('\\', "."));
        }
    }
}

/// Classes of the same namespace that a line names: `new A(`, `A::b`, `extends A`.
fn mentioned(line: &str, namespace: &str, out: &mut Vec<String>) {
    let mut add = |name: &str| {
        if is_class(name) && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '\\') {
            let full = match (name.strip_prefix('\\'), namespace) {
                (Some(full), _) => full.replace('\\', "."),
                (None, "") => name.replace('\\', "."),
                (None, namespace) => format!("{namespace}.{}", name.replace('\\', ".")),
            };
            out.push(full);
        }
    };
    for word in ["new ", "extends ", "implements "] {
        for (at, _) in line.match_indices(word) {
            let rest = line.get(at + word.len()..).unwrap_or("");
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            add(rest.get(..end).unwrap_or(""));
        }
    }
    for (at, _) in line.match_indices("::") {
        let before = line.get(..at).unwrap_or("");
        let start = before.rfind(|c: char| !is_name(c)).map_or(0, |cut| cut + 1);
        // A boundary of characters: what is no name may be longer than a byte.
        add(before.get(start..).unwrap_or(""));
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '\\'
}

fn is_class(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The module that `require __DIR__ . '/file.php'` loads.
pub(super) fn included(statement: &str) -> Option<String> {
    let at = ["require_once", "include_once", "require", "include"]
        .iter()
        .find_map(|word| statement.find(word).map(|at| at + word.len()))?;
    let rest = statement.get(at..)?;
    let quote = rest.find(['\'', '"'])?;
    let mark = rest.get(quote..=quote)?;
    let inside = rest.get(quote + 1..)?;
    let path = inside.get(..inside.find(mark)?)?;
    if path.is_empty() || path.contains(['$', '{', '\n']) || rest.get(..quote)?.contains(';') {
        return None;
    }
    let before = rest.get(..quote)?;
    let whole = rest.trim_start().trim_start_matches('(').trim_start();
    let up = directory_of(whole).map_or(0, |(up, _)| up);
    let up = "../".repeat(up);
    let anchored = before.contains("__DIR__") || before.contains("__FILE__") || before.contains('.');
    let path = if anchored { path.trim_start_matches('/') } else { path };
    Some(format!("file:{up}{path}"))
}

/// How many folders above that of its file an expression begins, and what follows: `dirname(__DIR__, 2) . '/x'`.
pub(super) fn directory_of(expression: &str) -> Option<(usize, &str)> {
    let expression = expression.trim_start();
    if let Some(rest) = expression.strip_prefix("__DIR__") {
        return Some((0, rest));
    }
    let inner = expression.strip_prefix('\\').unwrap_or(expression).strip_prefix("dirname")?;
    let inner = inner.trim_start().strip_prefix('(')?.trim_start();
    let (above, rest) = match inner.strip_prefix("__FILE__") {
        Some(rest) => (None, rest),
        None => directory_of(inner).map(|(up, rest)| (Some(up), rest))?,
    };
    let (given, rest) = rest.split_once(')')?;
    let levels: usize = match given.trim().strip_prefix(',') {
        Some(levels) => levels.trim().parse().ok().filter(|levels| *levels < 16)?,
        None if given.trim().is_empty() => 1,
        None => return None,
    };
    // The folder of the file is the first above it.
    let up = above.map_or(levels.checked_sub(1)?, |up: usize| up + levels);
    Some((up, rest))
}

/// Where a module may lie.
pub(super) fn candidates(scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
    let directories: Vec<&Path> = importer.ancestors().skip(1).take(8).collect();
    if let Some(path) = module.strip_prefix("file:") {
        let first = directories.first().copied().into_iter();
        let all = first.chain(scope.roots.iter().map(PathBuf::as_path)).chain(directories.iter().copied());
        return all.map(|directory| clean(&directory.join(path))).collect();
    }
    if let Some(name) = module.strip_prefix("config:") {
        let places = ["config", "app/Config"].map(|folder| format!("{folder}/{name}.php"));
        return directories
            .iter()
            .flat_map(|directory| places.iter().map(|place| directory.join(place)))
            .collect();
    }
    let path: PathBuf = module.split('.').collect();
    let mut out = Vec::new();
    let roots = scope.roots.iter().map(PathBuf::as_path);
    for directory in directories.iter().copied().chain(roots) {
        if let Some((_, manifest)) = scope.at(&directory.join("composer.json")).and_then(|at| scope.get(at)) {
            out.extend(autoloaded(directory, manifest.text(), module));
        }
    }
    let below: PathBuf = module.split('.').skip(1).collect();
    for directory in directories {
        out.push(php(&directory.join(&path)));
        if below.as_os_str().is_empty() {
            for usual in ["src", "classes", "includes", "lib", "inc", "app", "core"] {
                out.push(php(&directory.join(usual).join(&path)));
            }
            continue;
        }
        for usual in ["src", "app", "lib", ""] {
            out.push(php(&directory.join(usual).join(&below)));
        }
    }
    out
}

fn php(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".php");
    PathBuf::from(name)
}

/// The files that the autoloader of a `composer.json` looks for a class in: `"App\\": "src/"`.
fn autoloaded(directory: &Path, manifest: &str, module: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let strings: Vec<&str> = manifest.split('"').skip(1).step_by(2).take(4_000).collect();
    for pair in strings.windows(2) {
        let [prefix, path] = pair else { continue };
        let Some(prefix) = prefix.strip_suffix("\\\\") else { continue };
        let prefix = prefix.replace("\\\\", ".");
        if let Some(rest) = module.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('.')) {
            let rest: PathBuf = rest.split('.').collect();
            out.push(clean(&php(&directory.join(path).join(rest))));
        }
    }
    out
}

/// The modules whose constants and functions every file of the program sees: what is included once is global.
pub(super) fn constants(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    scope.naming_for_all("php", place).take(MAX_SHARED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded() {
        let text = "<?php\nnamespace App\\Web;\nuse App\\Db\\{Pool, Config as C};\nrequire_once __DIR__ . '/../boot.php';\n\
            $x = new Handler(); Foo::bar();\n";
        assert_eq!(
            scan(text),
            ["App.Db.Pool", "App.Db.Config", "file:../boot.php", "App.Web.Handler", "App.Web.Foo"]
        );
        assert_eq!(included("require dirname(__DIR__) . '/a.php';").as_deref(), Some("file:../a.php"));
        assert_eq!(included("require dirname(__DIR__, 2) . '/a.php';").as_deref(), Some("file:../../a.php"));
        assert_eq!(
            included("require_once(dirname(dirname(__FILE__)) . '/a.php');").as_deref(),
            Some("file:../a.php")
        );
        assert_eq!(included("require dirname(__FILE__) . '/a.php';").as_deref(), Some("file:a.php"));
        assert_eq!(included("include 'a.php';").as_deref(), Some("file:a.php"));
        assert_eq!(included("include $x;"), None);
    }

    #[test]
    fn the_autoloader() {
        let manifest = r#"{"autoload": {"psr-4": {"App\\": "src/", "App\\Tests\\": "tests"}}}"#;
        let found = autoloaded(Path::new("/a"), manifest, "App.Db.Pool");
        assert_eq!(found, [PathBuf::from("/a/src/Db/Pool.php")]);
    }
}
