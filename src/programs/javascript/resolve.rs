//! Where the modules lie that JavaScript and TypeScript import.

use std::path::{Path, PathBuf};

use super::nest::REGISTERED;
use super::{EXTENSIONS, node_config};
use crate::programs::{Expr, ModuleIndex, Scope, has_extension};
use crate::source::clean;

/// Directories that what is compiled goes to.
const BUILT: [&str; 6] = ["dist", "build", "out", "lib", "output", ".output"];
/// Settings that extend each other are followed this far.
const MAX_EXTENDS: usize = 6;
/// Modules that may register settings by a name.
const MAX_REGISTERED: usize = 20;

/// Whether a module is named by its place.
pub(super) fn is_relative(module: &str) -> bool {
    module.starts_with('.') || module.starts_with('/')
}

/// Where the module may lie that a file at `importer` imports, best first.
pub(super) fn candidates(scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
    if let Some(name) = module.strip_prefix(REGISTERED) {
        return registered(scope, name);
    }
    let directory = importer.parent().unwrap_or(Path::new("/"));
    let mut out = Vec::new();
    if module == super::nuxt::SETTINGS {
        let above = importer.ancestors().skip(1).take(16);
        return above
            .flat_map(|directory| EXTENSIONS.map(|end| directory.join(format!("nuxt.config.{end}"))))
            .collect();
    }
    if let Some(path) = module.strip_prefix(super::modes::BESIDE) {
        let package = package_of(scope, importer).unwrap_or(directory);
        files(&package.join(path), &mut out);
        return out;
    }
    let module = module.split('?').next().unwrap_or(module);
    if module.contains("prisma") {
        out.extend(schemas(importer, module));
    }
    if is_relative(module) {
        files(&directory.join(module), &mut out);
        typed_first(importer, &mut out);
        return out;
    }
    mapped(scope, importer, module, &mut out);
    packages(scope, module, &mut out);
    let package = package_of(scope, importer).unwrap_or(directory);
    if module == node_config::PACKAGE {
        out.extend(node_config::files(scope, package));
    }
    if let Some(rest) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
        for below in ["src", "", "app"] {
            files(&package.join(below).join(rest), &mut out);
        }
    } else if module.starts_with('#') {
        subpath(scope, package, module, &mut out);
    } else if let Some(rest) = module.strip_prefix("$lib/") {
        files(&package.join("src/lib").join(rest), &mut out);
    } else if module.contains('/') && !module.starts_with('@') {
        files(&package.join(module), &mut out);
    }
    out
}

/// The files that a path without its ending may mean.
pub(in crate::programs) fn files(path: &Path, out: &mut Vec<PathBuf>) {
    let path = clean(path);
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return index(&path, out);
    };
    let with = |name: String| path.with_file_name(name);
    if let Some((stem, extension)) = name.rsplit_once('.') {
        // What TypeScript compiles is imported by the name it will have.
        let written: &[&str] = match extension {
            "js" => &["ts", "tsx"],
            "jsx" => &["tsx"],
            "mjs" => &["mts"],
            "cjs" => &["cts"],
            _ => &[],
        };
        out.extend(written.iter().map(|extension| with(format!("{stem}.{extension}"))));
        if EXTENSIONS.contains(&extension) || matches!(extension, "json" | "yaml" | "yml" | "prisma") {
            out.push(path.clone());
        }
    }
    out.extend(EXTENSIONS.iter().map(|extension| with(format!("{name}.{extension}"))));
    out.push(with(format!("{name}.json")));
    index(&path, out);
}

/// What TypeScript imports is TypeScript wherever both are there: `./db` is `db.ts`, and no `db.js` beside it.
fn typed_first(importer: &Path, out: &mut [PathBuf]) {
    let typed = |path: &Path| has_extension(path, &["ts", "tsx", "mts", "cts"]);
    if typed(importer) {
        // An index of a directory comes after the file of that name all the same.
        out.sort_by_key(|path| (path.file_stem() == Some("index".as_ref()), !typed(path)));
    }
}

fn index(directory: &Path, out: &mut Vec<PathBuf>) {
    out.extend(EXTENSIONS.iter().map(|extension| directory.join(format!("index.{extension}"))));
}

/// Where the sources of a compiled file may lie: `dist/main.js` was `src/main.ts`.
pub(in crate::programs) fn sources_of(built: &Path) -> Vec<PathBuf> {
    let names: Vec<&str> = built.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let mut out = Vec::new();
    let is_built = |name: &&str| BUILT.contains(name);
    for at in (0..names.len()).filter(|at| names.get(*at).is_some_and(is_built)) {
        let (Some(before), Some(after)) = (names.get(..at), names.get(at + 1..)) else { continue };
        let before: PathBuf = before.iter().collect();
        let rest: PathBuf = after.iter().collect();
        files(&before.join("src").join(&rest), &mut out);
        files(&before.join(&rest), &mut out);
        // `dist/apps/api/main.js` of a repository with several applications was `apps/api/src/main.ts`.
        if let (Some(parent), Some(name)) = (rest.parent(), rest.file_name())
            && !parent.as_os_str().is_empty()
        {
            files(&before.join(parent).join("src").join(name), &mut out);
        }
    }
    out
}

/// The directory of the nearest `package.json` at or above a file.
pub(in crate::programs) fn package_of<'p>(scope: &Scope, file: &'p Path) -> Option<&'p Path> {
    file.ancestors().skip(1).take(16).find(|directory| scope.at(&directory.join("package.json")).is_some())
}

/// The schemas that a generated Prisma client was made from.
fn schemas(importer: &Path, module: &str) -> Vec<PathBuf> {
    let name = module.trim_end_matches(".js").trim_end_matches("/index").trim_end_matches("/client");
    let generated = ["generated/prisma", ".prisma", "prisma-client", "prisma/generated"];
    if module != "@prisma/client" && !generated.iter().any(|end| name.ends_with(end)) {
        return Vec::new();
    }
    let above = importer.ancestors().skip(1).take(12);
    let places =
        ["prisma/schema.prisma", "schema.prisma", "prisma/schema/schema.prisma", "src/prisma/schema.prisma"];
    above.flat_map(|directory| places.map(|place| directory.join(place))).collect()
}

/// The value of a key of the manifest at a place.
fn setting<'s>(scope: &'s Scope, manifest: ModuleIndex, key: &str) -> Option<&'s Expr> {
    scope.get(manifest)?.1.full().names.get(key)
}

fn field<'e>(record: &'e Expr, name: &str) -> Option<&'e Expr> {
    match record {
        Expr::Record(fields) => fields.iter().find(|(key, _)| key.value == name).map(|(_, value)| value),
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Text(text) => Some(&text.value),
        _ => None,
    }
}

/// All texts in a value of a manifest.
fn texts<'e>(expr: &'e Expr, out: &mut Vec<&'e str>) {
    match expr {
        Expr::Text(text) => out.push(&text.value),
        Expr::List(items) => items.iter().for_each(|item| texts(item, out)),
        Expr::Record(fields) => fields.iter().for_each(|(_, value)| texts(value, out)),
        _ => {}
    }
}

/// What `paths` and `baseUrl` of the nearest `tsconfig.json` make of the module.
fn mapped(scope: &Scope, importer: &Path, module: &str, out: &mut Vec<PathBuf>) {
    for directory in importer.ancestors().skip(1).take(16) {
        for name in ["tsconfig.json", "jsconfig.json", "tsconfig.app.json", "tsconfig.base.json"] {
            let place = directory.join(name);
            if scope.at(&place).is_some() {
                let before = out.len();
                by_settings(scope, &place, module, MAX_EXTENDS, out);
                if out.len() > before {
                    return;
                }
            }
        }
    }
}

fn by_settings(scope: &Scope, place: &Path, module: &str, depth: usize, out: &mut Vec<PathBuf>) {
    let Some(manifest) = scope.at(place) else { return };
    let directory = place.parent().unwrap_or(Path::new("/"));
    let options = setting(scope, manifest, "compilerOptions");
    let base = options.and_then(|options| field(options, "baseUrl")).and_then(text);
    let root = base.map_or_else(|| directory.to_path_buf(), |base| clean(&directory.join(base)));
    if let Some(Expr::Record(paths)) = options.and_then(|options| field(options, "paths")) {
        let mut found: Vec<_> = paths
            .iter()
            .filter_map(|(pattern, targets)| {
                Some((pattern.value.len(), star(&pattern.value, module)?, targets))
            })
            .collect();
        found.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        for (_, middle, targets) in found {
            let mut all = Vec::new();
            texts(targets, &mut all);
            all.iter().for_each(|target| files(&root.join(target.replace('*', middle)), out));
        }
    }
    if base.is_some() {
        files(&root.join(module), out);
    }
    let Some(depth) = depth.checked_sub(1).filter(|_| out.is_empty()) else { return };
    let mut extended = Vec::new();
    setting(scope, manifest, "extends").into_iter().for_each(|expr| texts(expr, &mut extended));
    for other in extended.into_iter().filter(|other| is_relative(other)) {
        let place = clean(&directory.join(other));
        let named = place.with_extension("json");
        by_settings(scope, if scope.at(&place).is_some() { &place } else { &named }, module, depth, out);
    }
}

/// What the `*` of a pattern stands for in a name; blank for a pattern without one.
fn star<'m>(pattern: &str, module: &'m str) -> Option<&'m str> {
    match pattern.split_once('*') {
        Some((start, end)) => module.strip_prefix(start)?.strip_suffix(end),
        None => (pattern == module).then_some(""),
    }
}

/// The package of the repository that has this name, or the module below it.
fn packages(scope: &Scope, module: &str, out: &mut Vec<PathBuf>) {
    let depth = if module.starts_with('@') { 2 } else { 1 };
    let cut = module.match_indices('/').nth(depth - 1).map_or(module.len(), |(at, _)| at);
    let (name, rest) = module.split_at(cut);
    let rest = rest.trim_start_matches('/');
    for (manifest, place) in scope.named("package.json") {
        let named = setting(scope, manifest, "name").and_then(text);
        let Some(directory) = place.parent().filter(|_| named == Some(name)) else { continue };
        if !rest.is_empty() {
            if let Some(exported) =
                setting(scope, manifest, "exports").and_then(|all| field(all, &format!("./{rest}")))
            {
                built_or_written(directory, exported, out);
            }
            files(&directory.join("src").join(rest), out);
            files(&directory.join(rest), out);
            return;
        }
        let exports = setting(scope, manifest, "exports");
        for entry in [exports.and_then(|all| field(all, ".")), exports.filter(|all| text(all).is_some())] {
            entry.into_iter().for_each(|entry| built_or_written(directory, entry, out));
        }
        for key in ["source", "main", "module", "types"] {
            setting(scope, manifest, key)
                .into_iter()
                .for_each(|entry| built_or_written(directory, entry, out));
        }
        files(&directory.join("src/index"), out);
        files(&directory.join("index"), out);
        return;
    }
}

/// The files that an entry of a manifest names, and their sources.
fn built_or_written(directory: &Path, entry: &Expr, out: &mut Vec<PathBuf>) {
    let mut all = Vec::new();
    texts(entry, &mut all);
    for path in all {
        let path = clean(&directory.join(path.trim_end_matches(".d.ts")));
        files(&path, out);
        if let Ok(below) = path.strip_prefix(directory) {
            out.extend(sources_of(below).into_iter().map(|source| directory.join(source)));
        }
    }
}

/// `#name` of `imports` in the package's manifest.
fn subpath(scope: &Scope, package: &Path, module: &str, out: &mut Vec<PathBuf>) {
    let Some(manifest) = scope.at(&package.join("package.json")) else { return };
    let Some(Expr::Record(patterns)) = setting(scope, manifest, "imports") else { return };
    for (pattern, targets) in patterns {
        let Some(middle) = star(&pattern.value, module) else { continue };
        let mut all = Vec::new();
        texts(targets, &mut all);
        for target in all {
            let path = clean(&package.join(target.replace('*', middle)));
            files(&path, out);
            if let Ok(below) = path.strip_prefix(package) {
                out.extend(sources_of(below).into_iter().map(|source| package.join(source)));
            }
        }
    }
}

/// The modules that may register settings by a name.
fn registered(scope: &Scope, name: &str) -> Vec<PathBuf> {
    let quoted = [format!("'{name}'"), format!("\"{name}\"")];
    let key = format!("{name}:");
    let mut by_name = Vec::new();
    let mut by_field = Vec::new();
    let mut by_function = Vec::new();
    for (_, place, source) in scope.iter() {
        if source.front_end.name() != "javascript" || !source.concerned() {
            continue;
        }
        let text: &str = source.text();
        let by_call = ["registerAs(", "registerAs<"].iter().any(|call| text.contains(call));
        if by_call && quoted.iter().any(|name| text.contains(name.as_str())) {
            by_name.push(place.to_path_buf());
        } else if text.contains("export ") && text.contains(&key) && text.contains("process.env") {
            // What is exported for itself is what is loaded, as a rule.
            let list = if text.contains("export default") { &mut by_field } else { &mut by_function };
            list.push(place.to_path_buf());
        }
    }
    by_name.extend(by_field.into_iter().chain(by_function));
    by_name.truncate(MAX_REGISTERED);
    by_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_path() {
        let mut out = Vec::new();
        files(Path::new("/app/src/config.js"), &mut out);
        assert_eq!(out.first().unwrap(), Path::new("/app/src/config.ts"));
        assert!(out.contains(&PathBuf::from("/app/src/config.js")));
        out.clear();
        files(Path::new("/app/src/./db/../app.module"), &mut out);
        assert!(out.contains(&PathBuf::from("/app/src/app.module.ts")));
        assert!(out.contains(&PathBuf::from("/app/src/app.module/index.js")));
    }

    #[test]
    fn sources_of_what_was_compiled() {
        let has = |built: &str, source: &str| sources_of(Path::new(built)).contains(&PathBuf::from(source));
        assert!(has("/app/dist/main.js", "/app/src/main.ts"));
        assert!(has("/app/dist/src/main.js", "/app/src/main.ts"));
        assert!(has("/app/dist/apps/api/main.js", "/app/apps/api/src/main.ts"));
        assert!(has("/app/build", "/app/src/index.ts"));
    }

    #[test]
    fn stars() {
        assert_eq!(star("@app/*", "@app/db/pool"), Some("db/pool"));
        assert_eq!(star("@app", "@app"), Some(""));
        assert_eq!(star("@app/*", "@apple"), None);
    }
}
