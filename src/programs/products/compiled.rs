//! What compilers make: Rust, .NET, Elixir.

use std::path::{Path, PathBuf};

use super::{Holds, Product, tools};
use crate::programs::csharp::assembly_name;
use crate::programs::entry::{Launch, Machine};
use crate::programs::has_extension;
use crate::programs::rust::Manifest;
use crate::programs::service_files::Walks;
use crate::source::{Text, clean};

/// Members of one workspace that are looked at.
const MAX_MEMBERS: usize = 100;

/// The value of an option: `--bin api`, `--bin=api`.
pub(super) fn value<'w>(words: &'w [String], names: &[&str]) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).map(String::as_str);
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then_some(value)
    })
}

/// The names of what lies in a folder of the container.
fn list(machine: &Machine<'_>, directory: &Path) -> Vec<String> {
    let host = machine.files.resolve(machine.sources.files(), directory);
    host.map(|host| machine.sources.files().list(&host)).unwrap_or_default()
}

/// The manifests of a package or workspace by their folders; nothing where not all of it is seen.
pub(super) fn manifests(machine: &Machine<'_>, root: &Path) -> Option<Vec<(PathBuf, Manifest)>> {
    let manifest = |directory: &Path| Some(Manifest::of(&machine.text(&directory.join("Cargo.toml"))?));
    let whole = manifest(root)?;
    let mut packages = vec![root.to_path_buf()];
    for member in &whole.members {
        match member.strip_suffix("/*") {
            Some(folder) => packages
                .extend(list(machine, &root.join(folder)).iter().map(|name| root.join(folder).join(name))),
            None if member.contains('*') => return None,
            None => packages.push(clean(&root.join(member))),
        }
    }
    let mut found = Vec::new();
    for directory in packages.iter().take(MAX_MEMBERS) {
        let Some(manifest) = manifest(directory) else {
            if directory == root || !machine.has(&directory.join("Cargo.toml")) && whole.members.len() == 1 {
                return None;
            }
            continue;
        };
        found.push((directory.clone(), manifest));
    }
    Some(found)
}

/// The programs that a package or workspace makes; nothing where not all of it is seen.
pub(super) fn programs(machine: &Machine<'_>, root: &Path) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for (directory, manifest) in manifests(machine, root)? {
        found.extend(manifest.binaries.iter().map(|(name, _)| name.clone()));
        let main = manifest.binaries.iter().any(|(_, path)| {
            path.as_deref().is_some_and(|path| clean(Path::new(path)) == Path::new("src/main.rs"))
        });
        // Without that file the package itself is none.
        let none =
            !list(machine, &directory.join("src")).is_empty() && !machine.has(&directory.join("src/main.rs"));
        found.extend(manifest.package.clone().filter(|_| !main && !none));
        // What the manifest calls otherwise is not called by its file.
        let told = |name: &str| {
            let mut paths = manifest.binaries.iter().filter_map(|(_, path)| path.as_deref());
            let file = Path::new("src/bin").join(name);
            paths.any(|path| [file.clone(), file.join("main.rs")].contains(&clean(Path::new(path))))
        };
        let mut inferred = list(machine, &directory.join("src/bin"));
        inferred.retain(|name| !told(name));
        found.extend(inferred.iter().map(|name| name.trim_end_matches(".rs").to_string()));
    }
    found.retain(|name| !name.is_empty());
    found.dedup();
    (!found.is_empty()).then_some(found)
}

/// `cargo install --path .`, which official images put below `/usr/local/cargo`.
fn installed(
    machine: &Machine<'_>,
    launch: &Launch,
    own: &[String],
    base: Option<&str>,
) -> Option<Vec<Product>> {
    let official =
        base.is_some_and(|base| tools::is_plain(base) && base.split([':', '@']).next() == Some("rust"));
    let told = ["CARGO_HOME", "CARGO_INSTALL_ROOT"].iter().any(|name| launch.env.contains_key(*name));
    let root = match value(own, &["--root"]) {
        Some(root) => launch.path(root),
        None if official && !told => PathBuf::from("/usr/local/cargo"),
        None => return None,
    };
    let path = value(own, &["--path"]).map(|path| clean(&launch.path(path)));
    let narrowed = own.iter().any(|word| word.starts_with("--bin") || word.starts_with("--example"));
    let names = match path.filter(|_| !narrowed) {
        Some(path) => programs(machine, &path),
        // Tools that others call are called as their crates are.
        None => own.iter().find(|word| word.starts_with("cargo-")).map(|tool| vec![tool.clone()]),
    };
    Some(vec![Product::new(root.join("bin"), Holds::Binaries(names))])
}

/// `cargo build --release`
pub(super) fn of_cargo(machine: &Machine<'_>, launch: &Launch, base: Option<&str>) -> Option<Vec<Product>> {
    let words = &launch.words;
    let own = words.iter().position(|word| word == "--").and_then(|at| words.get(..at)).unwrap_or(words);
    let verb = own.iter().skip(1).find(|word| !word.starts_with(['-', '+'])).map_or("", String::as_str);
    if own.iter().any(|word| word.contains(Text::HOLE)) {
        return None;
    }
    match verb {
        "build" | "b" => {}
        "install" => return installed(machine, launch, own, base),
        "fetch" | "update" | "test" | "check" | "clippy" | "fmt" | "vendor" | "clean" | "version" => {
            return Some(Vec::new());
        }
        _ => return None,
    }
    let manifest = value(own, &["--manifest-path"]).map(|path| launch.path(path));
    let start = manifest.as_deref().and_then(Path::parent).unwrap_or(&launch.directory).to_path_buf();
    // The outermost manifest is that of the workspace, which has the folder.
    let root = start.ancestors().filter(|above| machine.has(&above.join("Cargo.toml"))).last()?.to_path_buf();
    let target = root.join("target");
    let anything = || Some(vec![Product::new(&target, Holds::Anything)]);
    let set =
        ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].iter().any(|name| launch.env.contains_key(*name));
    let told = [".cargo/config.toml", ".cargo/config"].iter().any(|name| machine.has(&root.join(name)));
    if set || told || value(own, &["--target-dir", "--artifact-dir", "--out-dir", "-Z"]).is_some() {
        return None;
    }
    let Some(mut names) = programs(machine, &root) else { return anything() };
    let named: Vec<String> = own
        .iter()
        .enumerate()
        .filter_map(|(at, word)| match word.strip_prefix("--bin") {
            Some("") => own.get(at + 1).cloned(),
            Some(rest) => rest.strip_prefix('=').map(str::to_string),
            None => None,
        })
        .collect();
    // What is no program of it stops there.
    if named.iter().any(|name| !names.contains(name)) {
        return anything();
    }
    if !named.is_empty() {
        names = named;
    }
    let release = own.iter().any(|word| word == "--release" || word == "-r");
    let profile = match value(own, &["--profile"]) {
        Some("release") => "release",
        Some("dev") => "debug",
        Some(_) => return anything(),
        None if release => "release",
        None => "debug",
    };
    let triple =
        value(own, &["--target"]).or_else(|| launch.env.get("CARGO_BUILD_TARGET").map(String::as_str));
    let folder = triple.map_or_else(|| PathBuf::from(profile), |triple| Path::new(triple).join(profile));
    let all = names.iter().map(|name| folder.join(name)).collect();
    Some(vec![Product::new(&target, Holds::Programs(all))])
}

/// `dotnet publish -c Release -o out`
pub(super) fn of_dotnet(machine: &Machine<'_>, launch: &Launch) -> Option<Vec<Product>> {
    let words = &launch.words;
    match words.get(1).map_or("", String::as_str) {
        "publish" | "build" => {}
        "restore" | "test" | "clean" | "nuget" | "dev-certs" | "--version" | "--info" => {
            return Some(Vec::new());
        }
        _ => return None,
    }
    if words.iter().any(|word| word.contains(Text::HOLE)) {
        return None;
    }
    let property = words.iter().find_map(|word| {
        let (name, value) = word.trim_start_matches(['-', '/']).split_once('=')?;
        let name = name.rsplit(':').next()?;
        matches!(name, "PublishDir" | "OutputPath" | "OutDir").then_some(value)
    });
    let renamed = words.iter().any(|word| word.contains("AssemblyName"));
    let output = value(words, &["-o", "--output"]).or(property);
    let holds = match assemblies(machine).filter(|_| !renamed) {
        Some(mut names) => {
            // The one that is asked for, before those that it needs.
            if let Some(own) = published(machine, launch) {
                names.sort_by_key(|name| *name != own);
            }
            Holds::Assemblies(names)
        }
        None => Holds::Anything,
    };
    match output {
        Some(output) => Some(vec![Product::new(launch.path(output), holds)]),
        // Below the folder of the project, wherever that is.
        None => Some(vec![Product::new(&launch.directory, Holds::Anything)]),
    }
}

/// The project that a command publishes: the one it names, or the only one of the folder.
fn published(machine: &Machine<'_>, launch: &Launch) -> Option<String> {
    const PROJECTS: [&str; 3] = ["csproj", "fsproj", "vbproj"];
    let stem = |path: &Path| path.file_stem()?.to_str().map(str::to_string);
    let named = crate::programs::entry::project_of_dotnet(&launch.words).map(|word| word.replace('\\', "/"));
    let named = named.map(PathBuf::from);
    if let Some(project) = named.as_deref().filter(|path| has_extension(path, &PROJECTS)) {
        return stem(project);
    }
    let folder = named.map_or_else(|| launch.directory.clone(), |folder| launch.directory.join(folder));
    let host = machine.files.resolve(machine.sources.files(), &clean(&folder))?;
    let mut projects = machine.sources.files().list(&host);
    projects.retain(|name| has_extension(Path::new(name), &PROJECTS));
    match projects.as_slice() {
        [only] => stem(Path::new(only)),
        _ => None,
    }
}

/// The programs that the projects of a stage make.
fn assemblies(machine: &Machine<'_>) -> Option<Vec<String>> {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &["csproj", "fsproj", "vbproj", "props", "targets"])
    }
    let holding = machine.files.sources(machine.sources, &Walks::default(), wanted);
    if !holding.cut.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    for (place, host) in &holding.files {
        let text = machine.sources.load(host).ok()?.text.clone();
        let project = has_extension(place, &["csproj", "fsproj", "vbproj"]);
        match (text.contains("<AssemblyName"), project) {
            (true, true) => found.push(assembly_name(&text)?.to_string()),
            (true, false) => return None,
            (false, true) => found.push(place.file_stem()?.to_str()?.to_string()),
            (false, false) => {}
        }
    }
    (!found.is_empty()).then_some(found)
}

/// `MIX_ENV=prod mix release`
pub(super) fn of_mix(machine: &Machine<'_>, launch: &Launch) -> Option<Vec<Product>> {
    let words = &launch.words;
    let task = words.get(1).map_or("", String::as_str);
    if task == "do" || task != "release" {
        let prepares = task.starts_with("deps.") || task.starts_with("local.") || task.starts_with("assets.");
        return (prepares || matches!(task, "compile" | "phx.digest")).then(Vec::new);
    }
    let environment = launch.env.get("MIX_ENV").map_or("dev", String::as_str);
    let build = launch.directory.join("_build");
    let anything = || Some(vec![Product::new(&build, Holds::Anything)]);
    if environment.contains(Text::HOLE) || words.iter().any(|word| word.starts_with("--path")) {
        return None;
    }
    let Some(text) = machine.text(&launch.directory.join("mix.exs")) else { return anything() };
    let atom = |after: &str| {
        let rest = text.get(text.find(after)? + after.len()..)?.trim_start().strip_prefix(':')?;
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_string)
    };
    let named = words.get(2).filter(|word| !word.starts_with('-')).cloned();
    let name = match named {
        Some(name) => Some(name),
        None if text.contains("releases:") || text.contains("apps_path:") || text.contains("build_path") => {
            None
        }
        None => atom("app:"),
    };
    let Some(name) = name.filter(|name| !name.is_empty()) else { return anything() };
    let more = machine.files.resolve(machine.sources.files(), &launch.directory.join("rel")).is_some();
    let release = Path::new(environment).join("rel").join(name);
    Some(vec![Product::new(&build, Holds::Releases(vec![release], more))])
}
