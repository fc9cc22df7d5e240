//! What of other modules a program in Go imports, and no module that its `go.mod` requires provides; and packages of its own that
//! are not there. The build stops at them.

use std::path::{Path, PathBuf};

use super::{Missing, Program, Uninstalled};
use crate::programs::go::{is_of_go, module_name};
use crate::programs::service_files::is_aside;
use crate::source::{SourceFile, Span, is_ignored};

/// First parts of import paths that name no module, beside those of Go's own packages.
const NO_MODULES: [&str; 7] = ["cmd", "internal", "json", "main", "secret", "uuid", "vendor"];
/// Commands of a build that make no sources.
const PLAIN: [&str; 26] = [
    "go",
    "apk",
    "apt-get",
    "apt",
    "mkdir",
    "adduser",
    "addgroup",
    "useradd",
    "groupadd",
    "chown",
    "chmod",
    "upx",
    "update-ca-certificates",
    "strip",
    "rm",
    "cd",
    "ls",
    "echo",
    "mv",
    "touch",
    "cp",
    "set",
    "test",
    "export",
    "true",
    "git",
];
/// Since when a `go.mod` names all that is built with.
const WHOLE: (u32, u32) = (1, 17);
/// Directories above a file in which its module is looked for.
const MAX_ABOVE: usize = 12;

struct Module {
    root: PathBuf,
    file: std::sync::Arc<SourceFile>,
}

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    if !is_plain(program) || !program.is_sure() || program.is_mounted() {
        return Vec::new();
    }
    let machine = program.machine.of_build();
    let mut modules: Vec<Module> = Vec::new();
    let mut out: Vec<Uninstalled> = Vec::new();
    for (place, source) in program.loaded.iter().filter_map(|index| program.scope.get(*index)) {
        let go = source.front_end.name() == "go" && place.extension().is_some_and(|kind| kind == "go");
        if !go || source.signs().left_out || is_aside(place) {
            continue;
        }
        if !modules.iter().any(|module| place.starts_with(&module.root)) {
            let mut above = place.ancestors().skip(1).take(MAX_ABOVE);
            let found = above.find_map(|root| {
                let file = machine.load(&root.join("go.mod"))?;
                Some(Module { root: root.to_path_buf(), file })
            });
            let Some(found) = found else { return out };
            modules.push(found);
        }
        let Some(module) = modules.iter().find(|module| place.starts_with(&module.root)) else { continue };
        let Some(own) = module_name(&module.file.text) else { return out };
        for import in source.imports() {
            let known = out.iter().any(|one| one.import == *import);
            let at = place_of(source.file(), import);
            if let Some((host, lack)) = module.left_behind(program, own, import).filter(|_| !known) {
                out.push(Uninstalled {
                    import: import.clone(),
                    package: import.clone(),
                    at,
                    named: false,
                    manifest: Some(host),
                    sure: true,
                    lack,
                    loader: None,
                    similar: None,
                });
                continue;
            }
            let Some(missing) = module.lacks(program, own, import).filter(|_| !known) else { continue };
            out.push(Uninstalled {
                import: import.clone(),
                package: import.clone(),
                at,
                named: false,
                manifest: Some(module.file.path.clone()),
                // In a part of a repository it may only be left out.
                sure: missing != Missing::Absent || module.has_alike(program, own, import),
                lack: missing,
                loader: None,
                similar: None,
            });
        }
    }
    out
}

/// Whether the build compiles sources in Go, and does nothing that writes manifests or sources.
fn is_plain(program: &Program<'_>) -> bool {
    let words = |verbs: &[&str]| {
        program.builds.iter().any(|(launch, _)| {
            launch.name() == "go" && launch.words.get(1).is_some_and(|word| verbs.contains(&word.as_str()))
        })
    };
    let open = program.builds.iter().any(|(launch, _)| {
        let of_mod = launch
            .words
            .get(2)
            .is_some_and(|word| matches!(word.as_str(), "tidy" | "init" | "vendor" | "edit"));
        !PLAIN.contains(&launch.name())
            || launch.name() == "go" && (of_mod || launch.words.iter().any(|word| word.starts_with("-mod")))
            || launch.name() == "git"
                && launch.words.iter().any(|word| matches!(word.as_str(), "clone" | "submodule"))
            || ["GOFLAGS", "GO111MODULE", "GOWORK"].iter().any(|name| launch.env.contains_key(*name))
    });
    words(&["build", "install"]) && !words(&["get", "generate", "work", "run", "tool"]) && !open
}

/// Where an import stands.
fn place_of(file: &SourceFile, import: &str) -> Span {
    let quoted = format!("\"{import}\"");
    file.text.find(&quoted).map_or(Span::NONE, |from| file.slice(from, from + quoted.len()))
}

impl Module {
    /// Whether a package lies beside the one that is not there and is called alike.
    fn has_alike(&self, program: &Program<'_>, own: &str, import: &str) -> bool {
        let place = self.root.join(import.get(own.len()..).unwrap_or("").trim_start_matches('/'));
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let start: String = name.chars().take(3).collect();
        let mut others = program.scope.iter().filter_map(|(_, other, _)| other.parent());
        others.any(|other| {
            let alike =
                other.file_name().and_then(|name| name.to_str()).is_some_and(|it| it.starts_with(&start));
            alike && start.len() > 2 && other.parent() == place.parent()
        })
    }

    /// The folder of a package of the module's own that lies beside `go.mod` on this machine, and that the build does not get.
    fn left_behind(&self, program: &Program<'_>, own: &str, import: &str) -> Option<(PathBuf, Missing)> {
        let files = program.machine.sources.files();
        let tree = program.machine.of_build().files;
        let below = import.strip_prefix(own)?.strip_prefix('/')?;
        let (place, host) = (self.root.join(below), self.file.path.parent()?.join(below));
        let here = files.list(&host).iter().any(|name| name.ends_with(".go") && !name.ends_with("_test.go"));
        let there = tree.resolve(files, &place).is_some() || program.scope.within(&place).next().is_some();
        let work = self
            .root
            .ancestors()
            .take(MAX_ABOVE)
            .any(|above| tree.resolve(files, &above.join("go.work")).is_some());
        if !here || there || work || is_ignored(files, &host) {
            return None;
        }
        let hidden = tree
            .layers()
            .iter()
            .any(|layer| layer.directory && place.starts_with(&layer.target) && layer.leaves_out(&host));
        Some((host, if hidden { Missing::Ignored } else { Missing::Uncopied }))
    }

    /// Why nothing provides the package of an import.
    fn lacks(&self, program: &Program<'_>, own: &str, import: &str) -> Option<Missing> {
        let files = program.machine.sources.files();
        let machine = program.machine.of_build();
        let text = &self.file.text;
        let within = |module: &str| {
            import.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let beside = |name: &str| {
            machine.has(&self.root.join(name))
                || machine.files.resolve(files, &self.root.join(name)).is_some()
        };
        let work = self.root.ancestors().take(MAX_ABOVE).any(|above| machine.has(&above.join("go.work")));
        let (first, _) = import.split_once('/').unwrap_or((import, ""));
        if work || beside("vendor") || is_of_go(first) || NO_MODULES.contains(&first) {
            return None;
        }
        if within(own) {
            let below = import.get(own.len()..).unwrap_or("").trim_start_matches('/');
            let place = self.root.join(below);
            let host = machine.files.place_for(files, &place);
            let there = machine.files.resolve(files, &place).is_some()
                || program.scope.within(&place).next().is_some();
            // What is made before the build is not kept.
            let made = host.is_some_and(|host| is_ignored(files, &host));
            return (!there && !made && below.contains(|c: char| c.is_alphanumeric()) && !is_made(below))
                .then_some(Missing::Absent);
        }
        let version = text.lines().find_map(|line| line.trim().strip_prefix("go "));
        let mut parts = version.unwrap_or("").split('.').map(|part| part.trim().parse::<u32>().unwrap_or(0));
        let whole = (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= WHOLE;
        let lines = text.lines().map(|line| line.split("//").next().unwrap_or("").trim());
        let mut required = lines.filter_map(|line| {
            let line = line.strip_prefix("require").or_else(|| line.strip_prefix("replace")).unwrap_or(line);
            line.trim_start_matches([' ', '\t', '(']).split_whitespace().next()
        });
        let required: Vec<&str> = required.by_ref().collect();
        // One that names nothing which is imported is not what it is built by.
        let kept = program.loaded.iter().filter_map(|index| program.scope.get(*index)).any(|(_, source)| {
            source.imports().iter().any(|other| {
                let mut parts = required.iter().filter(|module| module.contains('.'));
                parts.any(|module| other.starts_with(module))
            })
        });
        (whole && kept && !required.iter().any(|module| within(module))).then_some(Missing::Unbuilt)
    }
}

/// Whether a folder is one that tools fill.
fn is_made(below: &str) -> bool {
    const MADE: [&str; 14] = [
        "docs",
        "gen",
        "generated",
        "pb",
        "proto",
        "mocks",
        "ent",
        "db",
        "sqlc",
        "graph",
        "api",
        "swagger",
        "assets",
        "models",
    ];
    Path::new(below).components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        MADE.iter().any(|made| name == *made) || name.ends_with("pb") || name.contains("gen")
    })
}
