//! Which modules a file names, and where they lie: the files of its crate, and of the crates beside it.

use std::path::{Path, PathBuf};

use crate::programs::{ModuleIndex, Scope};
use crate::source::clean;

/// Crates whose calls say something of configuration and clients, and those of Rust itself.
const LIBRARIES: &[&str] = &[
    "std",
    "core",
    "alloc",
    "sqlx",
    "diesel",
    "diesel_async",
    "sea_orm",
    "tokio_postgres",
    "postgres",
    "deadpool",
    "deadpool_postgres",
    "deadpool_redis",
    "deadpool_lapin",
    "bb8",
    "bb8_redis",
    "bb8_postgres",
    "r2d2",
    "r2d2_redis",
    "r2d2_postgres",
    "redis",
    "fred",
    "mongodb",
    "lapin",
    "amqprs",
    "rdkafka",
    "kafka",
    "reqwest",
    "async_nats",
    "nats",
    "rumqttc",
    "elasticsearch",
    "opensearch",
    "lettre",
    "memcache",
    "clickhouse",
    "scylla",
    "neo4rs",
    "mysql_async",
    "mysql",
    "rskafka",
    "aws_config",
    "aws_sdk_s3",
    "aws_sdk_sqs",
    "aws_sdk_dynamodb",
    "opentelemetry_otlp",
    "qdrant_client",
    "meilisearch_sdk",
    "influxdb",
    "influxdb2",
    "etcd_client",
    "tokio_tungstenite",
    "surrealdb",
    "ollama_rs",
    "tonic",
    "envy",
    "clap",
    "structopt",
    "dotenv",
    "dotenvy",
    "figment",
    "serde",
    "serde_json",
    "serde_yaml",
    "serde_yml",
    "deser_hjson",
    "json5",
    "serde_json5",
    "percent_encoding",
    "urlencoding",
    "toml",
    "basic_toml",
    "anyhow",
    "tokio",
    "actix_web",
    "axum",
    "rocket",
    "warp",
    "hyper",
    "poem",
    "salvo",
    "tracing",
    "tracing_subscriber",
    "log",
    "env_logger",
    "once_cell",
    "lazy_static",
    "url",
    "chrono",
    "uuid",
    "futures",
    "tower",
    "tower_http",
    "thiserror",
    "eyre",
    "color_eyre",
    "rand",
    "regex",
    "async_trait",
];

/// Whether a path that begins with this name is a library's.
pub(super) fn is_library(first: &str) -> bool {
    LIBRARIES.contains(&first)
}

/// The modules that a text declares, and the other crates it names.
pub(super) fn scan(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !out.contains(&name) && out.len() < 400 {
            out.push(name);
        }
    };
    let mut test = false;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("//") {
            continue;
        }
        let declared = ["mod ", "pub mod ", "pub(crate) mod ", "pub(super) mod "];
        let module = declared.iter().find_map(|start| line.strip_prefix(start));
        if let Some(name) = module.and_then(|rest| rest.split_once(';')).map(|(name, _)| name.trim()) {
            if !test {
                add(format!("self::{name}"));
            }
        } else {
            crates_in(line).for_each(&mut add);
        }
        test = line == "#[cfg(test)]";
    }
    out
}

/// The first names of the paths in a line: `shop` of `shop::run()`.
fn crates_in(line: &str) -> impl Iterator<Item = String> {
    let ends: Vec<usize> = line.match_indices("::").map(|(at, _)| at).take(50).collect();
    ends.into_iter().filter_map(|end| {
        let before = line.get(..end)?;
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let name = before.get(start..)?;
        let first = !before.get(..start).unwrap_or("").ends_with("::");
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && !is_library(name)
            && !matches!(name, "crate" | "self" | "super");
        (first && plain).then(|| name.to_string())
    })
}

/// A `Cargo.toml`, as far as it matters here.
#[derive(Debug, Default)]
pub struct Manifest {
    /// The package's name.
    pub package: Option<String>,
    /// The binary that is run when none is named.
    pub default_run: Option<String>,
    library: Option<String>,
    /// The name and path of each `[[bin]]`.
    pub binaries: Vec<(String, Option<String>)>,
    /// The dependencies that lie in a directory.
    paths: Vec<(String, String)>,
    /// The directories of the workspace, with patterns.
    pub members: Vec<String>,
}

impl Manifest {
    /// Reads the text of a manifest, line by line.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut section = String::new();
        let mut members = false;
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with('#') {
                continue;
            }
            if members {
                manifest.members.extend(quoted(line));
                members = !line.contains(']');
                continue;
            }
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).trim().to_string();
                if section == "bin" {
                    manifest.binaries.push((String::new(), None));
                }
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim());
            let text = || quoted(value).into_iter().next();
            match (section.as_str(), key) {
                ("package", "name") => manifest.package = text(),
                ("package", "default-run") => manifest.default_run = text(),
                ("lib", "name") => manifest.library = text(),
                ("bin", "name") => {
                    if let (Some((name, _)), Some(text)) = (manifest.binaries.last_mut(), text()) {
                        *name = text;
                    }
                }
                ("bin", "path") => {
                    if let Some((_, path)) = manifest.binaries.last_mut() {
                        *path = text();
                    }
                }
                ("workspace", "members") => {
                    manifest.members.extend(quoted(value));
                    members = !value.contains(']');
                }
                (section, key) if section.ends_with("dependencies") => {
                    if let Some((_, rest)) = value.split_once("path") {
                        manifest
                            .paths
                            .extend(quoted(rest).into_iter().next().map(|path| (key.to_string(), path)));
                    }
                }
                (section, "path") if section.contains("dependencies.") => {
                    let name = section.rsplit('.').next().unwrap_or("");
                    manifest.paths.extend(text().map(|path| (name.to_string(), path)));
                }
                _ => {}
            }
        }
        manifest
    }

    /// The name by which code names the package's library.
    fn crate_name(&self) -> Option<String> {
        self.library.clone().or_else(|| self.package.clone()).map(|name| name.replace('-', "_"))
    }
}

fn quoted(text: &str) -> Vec<String> {
    text.split(['"', '\'']).skip(1).step_by(2).map(str::to_string).collect()
}

fn manifest_at(scope: &Scope, directory: &Path) -> Option<Manifest> {
    let (_, source) = scope.get(scope.at(&directory.join("Cargo.toml"))?)?;
    Some(Manifest::of(source.text()))
}

/// Where a module may lie that `importer` names by this path.
pub(super) fn candidates(scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
    let mut segments: Vec<&str> = module.split("::").filter(|segment| !segment.is_empty()).collect();
    let Some(first) = segments.first().copied() else { return Vec::new() };
    match first {
        "crate" => {
            segments.remove(0);
            in_crate(&root_of(scope, importer), &segments)
        }
        "self" | "super" => {
            let mut directory = children_of(scope, importer);
            let mut own = importer.to_path_buf();
            let mut climbed = false;
            while let Some(segment) = segments.first().copied() {
                match segment {
                    "self" => {}
                    "super" => {
                        climbed = true;
                        directory = directory.parent().map(Path::to_path_buf).unwrap_or_default();
                    }
                    _ => break,
                }
                segments.remove(0);
            }
            if segments.is_empty() {
                if !climbed {
                    return vec![own];
                }
                own = directory.clone();
                let mut found = vec![own.join("mod.rs"), own.with_extension("rs")];
                found.extend(["lib.rs", "main.rs"].map(|name| own.join(name)));
                return found;
            }
            below(&directory, &segments)
        }
        name => {
            let mut found = Vec::new();
            for directory in crates_named(scope, importer, name) {
                found.extend(in_crate(&directory.join("src"), segments.get(1..).unwrap_or_default()));
            }
            // A module of the file itself.
            found.extend(below(&children_of(scope, importer), &segments));
            found
        }
    }
}

/// A module of the crate whose root lies in the directory; without segments the root itself, of which the
/// library is what others mean.
fn in_crate(root: &Path, segments: &[&str]) -> Vec<PathBuf> {
    match segments.is_empty() {
        true => vec![root.join("lib.rs"), root.join("main.rs")],
        false => below(root, segments),
    }
}

fn below(directory: &Path, segments: &[&str]) -> Vec<PathBuf> {
    let path = segments.iter().fold(directory.to_path_buf(), |path, segment| path.join(segment));
    vec![path.with_extension("rs"), path.join("mod.rs")]
}

/// Whether the file is the root of a crate: it lies right in `src`, or is a binary of its own.
fn is_root(scope: &Scope, file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let directory = file.parent().unwrap_or(Path::new(""));
    matches!(name, "main.rs" | "lib.rs" | "build.rs")
        || directory.ends_with("src/bin")
        || directory.file_name().is_some_and(|name| name == "examples")
        || scope.at(&directory.join("Cargo.toml")).is_some()
}

/// The directory of the modules that a file declares.
fn children_of(scope: &Scope, file: &Path) -> PathBuf {
    let directory = file.parent().map(Path::to_path_buf).unwrap_or_default();
    match is_root(scope, file) || file.file_name().is_some_and(|name| name == "mod.rs") {
        true => directory,
        false => directory.join(file.file_stem().unwrap_or_default()),
    }
}

/// The directory of the root of the crate that a file belongs to.
fn root_of(scope: &Scope, file: &Path) -> PathBuf {
    let directory = file.parent().map(Path::to_path_buf).unwrap_or_default();
    if is_root(scope, file) {
        return directory;
    }
    for above in directory.ancestors().take(16) {
        let rooted = ["lib.rs", "main.rs"].iter().any(|name| scope.at(&above.join(name)).is_some());
        if rooted || above.ends_with("src/bin") {
            return above.to_path_buf();
        }
    }
    directory
}

/// The directories of the packages whose library has this name.
fn crates_named(scope: &Scope, importer: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let meant = |key: &str| key.replace('-', "_") == name;
    for directory in importer.ancestors().skip(1).take(16) {
        let Some(manifest) = manifest_at(scope, directory) else { continue };
        if manifest.crate_name().is_some_and(|own| own == name) {
            found.push(directory.to_path_buf());
        }
        let paths = manifest.paths.iter().filter(|(key, _)| meant(key));
        found.extend(paths.map(|(_, path)| clean(&directory.join(path))));
        for member in &manifest.members {
            let place = match member.strip_suffix('*') {
                Some(start) => {
                    let place = directory.join(start);
                    found.push(clean(&place.join(name)));
                    place.join(name.replace('_', "-"))
                }
                None => directory.join(member),
            };
            let place = clean(&place);
            if manifest_at(scope, &place).and_then(|inner| inner.crate_name()).is_some_and(|own| own == name)
            {
                found.push(place);
            }
        }
    }
    found
}

/// The root of a binary of this name, of the packages below the directory first.
#[must_use]
pub fn binary(scope: &Scope, directory: &Path, name: &str) -> Option<ModuleIndex> {
    let mut packages = packages(scope);
    packages.sort_by_key(|(place, _)| !place.starts_with(directory));
    packages.iter().find_map(|(place, manifest)| binary_in(scope, place, manifest, name))
}

/// The root of what `cargo run` starts in the directory, or in the package of this name.
#[must_use]
pub fn binary_of_package(scope: &Scope, directory: &Path, package: Option<&str>) -> Option<ModuleIndex> {
    let mut packages = packages(scope);
    packages.sort_by_key(|(place, _)| !place.starts_with(directory));
    let (place, manifest) = match package {
        Some(name) => packages.iter().find(|(_, manifest)| manifest.package.as_deref() == Some(name))?,
        None => {
            packages.iter().find(|(place, _)| directory.starts_with(place) || place.starts_with(directory))?
        }
    };
    let named = manifest.default_run.clone().or_else(|| manifest.package.clone());
    let only = manifest.binaries.first().map(|(name, _)| name.clone());
    let found = [named, only].into_iter().flatten().find_map(|name| binary_in(scope, place, manifest, &name));
    found.or_else(|| {
        let bins = place.join("src/bin");
        scope.within(&bins).map(|(index, _)| index).next()
    })
}

/// The root of the only binary that the packages have.
#[must_use]
pub fn only_binary(scope: &Scope) -> Option<ModuleIndex> {
    let mut found: Vec<ModuleIndex> = packages(scope)
        .iter()
        .flat_map(|(place, manifest)| {
            let listed =
                manifest.binaries.iter().filter_map(|(name, _)| binary_in(scope, place, manifest, name));
            let bins = place.join("src/bin");
            let among = scope.within(&bins).map(|(index, _)| index);
            let main = scope.at(&place.join("src/main.rs"));
            listed.chain(among).chain(main).collect::<Vec<_>>()
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

fn packages(scope: &Scope) -> Vec<(PathBuf, Manifest)> {
    let manifests = scope.iter().filter(|(_, place, _)| place.ends_with("Cargo.toml"));
    let read = manifests
        .filter_map(|(_, place, source)| Some((place.parent()?.to_path_buf(), Manifest::of(source.text()))));
    read.filter(|(_, manifest)| manifest.package.is_some()).take(500).collect()
}

fn binary_in(scope: &Scope, place: &Path, manifest: &Manifest, name: &str) -> Option<ModuleIndex> {
    let same = |other: &str| other.replace('-', "_") == name.replace('-', "_");
    let listed = manifest.binaries.iter().find(|(bin, _)| same(bin));
    let mut files: Vec<String> = listed.and_then(|(_, path)| path.clone()).into_iter().collect();
    files.extend([format!("src/bin/{name}.rs"), format!("src/bin/{name}/main.rs")]);
    files.push(format!("src/bin/{}.rs", name.replace('-', "_")));
    if listed.is_some() || manifest.package.as_deref().is_some_and(same) {
        files.push("src/main.rs".to_string());
    }
    files.iter().find_map(|file| scope.at(&clean(&place.join(file))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_crates_are_scanned() {
        let text = "mod config;\npub mod db;\n#[cfg(test)]\nmod tests;\nuse std::env;\nuse shop_core::Settings;\n\
                    use crate::db::Pool;\nfn main() { telemetry::init(); let x = a::b::c(); }\n// old::thing()\n";
        assert_eq!(scan(text), ["self::config", "self::db", "shop_core", "telemetry", "a"]);
    }

    #[test]
    fn manifests_are_read() {
        let manifest = Manifest::of(
            "[workspace]\nmembers = [\n  \"api\", # x\n  \"crates/*\",\n]\n[package]\nname = \"shop-api\"\n[[bin]]\nname = \"api\"\n\
             path = \"src/api.rs\"\n[dependencies]\ncore = { path = \"../core\", version = \"1\" }\nserde = \"1\"\n[dependencies.db]\npath = \"../db\"\n",
        );
        assert_eq!(manifest.package.as_deref(), Some("shop-api"));
        assert_eq!(manifest.binaries, [("api".to_string(), Some("src/api.rs".to_string()))]);
        assert_eq!(manifest.members, ["api", "crates/*"]);
        let paths = [("core", "../core"), ("db", "../db")].map(|(a, b)| (a.to_string(), b.to_string()));
        assert_eq!(manifest.paths, paths);
    }
}
