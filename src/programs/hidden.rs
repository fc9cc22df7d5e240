//! What the build of an image made and a bind mount hides: a folder of the host takes the place of the image's, and what was
//! installed or compiled there is gone.

use std::path::{Path, PathBuf};

use super::dockerfile::{Made, Run};
use crate::compose::{MountKind, Project, Service};
use crate::source::{Files, Kind, Span, Text, clean};

/// What a build makes that a program cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// `node_modules`
    NodeModules,
    /// Composer's `vendor`
    Vendor,
    /// A virtual environment of Python.
    VirtualEnvironment,
    /// What the container's command starts.
    Executable,
    /// What the container's command hands to the runtime of its language: `app.jar`, `Api.dll`.
    Program,
}

/// Something that the build made and a mount hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// What it is.
    pub product: Product,
    /// Where it was made.
    pub path: PathBuf,
    /// The command that made it; [`Span::NONE`] where another stage did.
    pub made: Span,
    /// The mount that hides it.
    pub mount: Span,
    /// Where that is in the container.
    pub target: String,
}

/// A thing that a build made.
struct Output {
    product: Product,
    path: PathBuf,
    at: Span,
}

/// What of an image its service hides by mounts, where the host has nothing of the name and nothing makes it again when the
/// container starts. `command` is what the container runs, `started` are the words of what that starts.
#[must_use]
pub fn of(
    files: &dyn Files,
    project: &Project,
    service: &Service,
    (runs, copied, archives): (&[Run], &[(PathBuf, PathBuf)], &[Made]),
    (command, directory): (&[Text], &Path),
    started: &[String],
) -> Vec<Hidden> {
    if service.volumes.iter().all(|mount| mount.kind != MountKind::Bind) {
        return Vec::new();
    }
    let mut made: Vec<Output> = runs.iter().flat_map(made_by).collect();
    made.extend(copied.iter().filter_map(|(_, to)| {
        let product = folder(to)?;
        Some(Output { product, path: clean(to), at: Span::NONE })
    }));
    let words: Vec<String> = command.iter().map(Text::assumed).collect();
    let program = program(&words).map(|file| clean(&directory.join(file)));
    let fetched = |path: &PathBuf| {
        copied.iter().any(|(_, to)| path.starts_with(clean(to)))
            || archives.iter().any(|made| path.parent() == Some(clean(&made.directory).as_path()))
    };
    made.extend(program.filter(fetched).map(|path| Output {
        product: Product::Program,
        path,
        at: Span::NONE,
    }));
    // Whoever makes a folder for the packages elsewhere tells the package manager of it (`--modules-folder` in `.yarnrc`).
    let makes_elsewhere = |own: &Path| {
        let is =
            |word: &str| word.starts_with('/') && word.ends_with("/node_modules") && Path::new(word) != own;
        let makes = |text: &str| text.contains("mkdir") && text.split_whitespace().any(is);
        runs.iter().any(|run| makes(&run.command.assumed()))
    };
    made.retain(|made| match made.product {
        Product::Executable => starts(&words, directory, &made.path),
        Product::NodeModules => {
            words.iter().chain(started).any(|word| is_of_node(word)) && !makes_elsewhere(&made.path)
        }
        Product::Vendor | Product::VirtualEnvironment | Product::Program => true,
    });
    let makes = words.iter().chain(started).any(|word| makes_again(word));
    let mut hidden: Vec<Hidden> = Vec::new();
    for one in &made {
        let Some(found) = hides(files, service, one) else { continue };
        let twice = hidden.iter().any(|known| known.path == one.path);
        let installed = !matches!(one.product, Product::Executable | Product::Program);
        if twice || installed && (makes || made_beside(project, service, &found.1)) {
            continue;
        }
        // Node looks in the folders above, too.
        let above = made.iter().any(|other| {
            other.product == one.product
                && one.product == Product::NodeModules
                && other.path != one.path
                && other.path.parent().is_some_and(|parent| one.path.starts_with(parent))
                && hides(files, service, other).is_none()
        });
        if !above {
            hidden.push(found.0);
        }
    }
    hidden
}

/// The mount that hides what was made, where the host has nothing in its place, with the folder of the host.
fn hides(files: &dyn Files, service: &Service, made: &Output) -> Option<(Hidden, PathBuf)> {
    let covers = |target: &str| made.path.starts_with(clean(Path::new(target)));
    // The innermost mount is the one that is seen.
    let mounts = service.volumes.iter().filter(|mount| covers(&mount.target));
    let mount = mounts.max_by_key(|mount| clean(Path::new(&mount.target)).components().count())?;
    let target = clean(Path::new(&mount.target));
    let host = mount.path.as_deref().filter(|_| mount.kind == MountKind::Bind && target != made.path)?;
    let below = made.path.strip_prefix(&target).ok()?;
    let parent = clean(&host.join(below.parent()?));
    // Without its own sources there, the mount brings something else.
    let manifest = match made.product {
        Product::NodeModules => Some("package.json"),
        Product::Vendor => Some("composer.json"),
        Product::VirtualEnvironment | Product::Executable | Product::Program => None,
    };
    let sources = match manifest {
        Some(manifest) => files.kind(&parent.join(manifest)) == Some(Kind::File),
        None => files.kind(host) == Some(Kind::Directory),
    };
    if !sources || files.kind(&clean(&host.join(below))).is_some() {
        return None;
    }
    let hidden = Hidden {
        product: made.product,
        path: made.path.clone(),
        made: made.at,
        mount: mount.origin.written,
        target: mount.target.clone(),
    };
    Some((hidden, parent))
}

/// Whether another service has the same folder of the host and installs into it.
fn made_beside(project: &Project, service: &Service, folder: &Path) -> bool {
    project.services.values().filter(|other| other.name.value != service.name.value).any(|other| {
        let shares = other
            .volumes
            .iter()
            .any(|mount| mount.path.as_deref().is_some_and(|path| folder.starts_with(clean(path))));
        let words = other.command.iter().chain(&other.entrypoint).flat_map(|command| &command.words);
        shares && words.map(Text::assumed).any(|word| makes_again(&word))
    })
}

/// Whether a word of a command starts a program of Node: another image may have packages only to build pages with.
fn is_of_node(word: &str) -> bool {
    const PROGRAMS: [&str; 18] = [
        "node",
        "nodejs",
        "npm",
        "npx",
        "yarn",
        "pnpm",
        "bun",
        "nodemon",
        "ts-node",
        "tsx",
        "next",
        "nest",
        "nuxt",
        "vite",
        "pm2",
        "pm2-runtime",
        "ng",
        "ts-node-dev",
    ];
    word.split_whitespace().any(|part| part.rsplit('/').next().is_some_and(|name| PROGRAMS.contains(&name)))
}

/// Whether a word, or the script that it is, installs what is missing.
fn makes_again(text: &str) -> bool {
    const ALONE: [&str; 6] = ["install", "ci", "i", "sync", "composer", "uv"];
    const WITHIN: [&str; 8] =
        ["install", "npm ci", "npm i", "composer", "uv run", "uv sync", "pnpm i", "bun i"];
    ALONE.contains(&text) || WITHIN.iter().any(|word| text.contains(word))
}

/// Whether the command runs the file: as the program, or as the script of an interpreter.
fn starts(words: &[String], directory: &Path, path: &Path) -> bool {
    let simple = !words.iter().any(|word| word.contains(['&', ';', '|', '\n']));
    let is_it = |word: &str| word.contains('/') && clean(&directory.join(word)) == path;
    // `sh -c ./main` and `./main`
    simple && words.iter().any(|word| word.split_whitespace().next().is_some_and(is_it))
}

/// The file that a command has the runtime of its language run: `java -jar app.jar`, `dotnet Api.dll`.
fn program(words: &[String]) -> Option<&str> {
    let (name, rest) = words.split_first()?;
    let file = match name.rsplit('/').next()? {
        "java" => rest.windows(2).find_map(|pair| match pair {
            [option, file] if option == "-jar" => Some(file.as_str()),
            _ => None,
        }),
        "dotnet" => rest.first().map(String::as_str),
        _ => None,
    };
    file.filter(|file| file.ends_with(".jar") || file.ends_with(".dll"))
}

/// What folders of this name hold.
fn folder(path: &Path) -> Option<Product> {
    match path.file_name()?.to_str()? {
        "node_modules" => Some(Product::NodeModules),
        "vendor" => Some(Product::Vendor),
        ".venv" => Some(Product::VirtualEnvironment),
        _ => None,
    }
}

/// What a `RUN` makes.
fn made_by(run: &Run) -> Vec<Output> {
    let text = run.command.assumed();
    let at = run.command.span();
    let mut directory = run.directory.clone();
    let mut found = Vec::new();
    let joined = text.replace("\\\n", " ").replace("&&", "\n").replace("||", "\n");
    for command in joined.split(['\n', ';']) {
        let words: Vec<&str> = command.split_whitespace().skip_while(|word| is_prefix(word)).collect();
        let [program, rest @ ..] = words.as_slice() else { continue };
        if matches!(*program, "mv" | "rm") {
            // What is taken elsewhere is not hidden.
            found.retain(|made: &Output| !rest.iter().any(|word| clean(&directory.join(word)) == made.path));
            continue;
        }
        if *program == "cd" {
            if let Some(to) = rest.first() {
                directory = clean(&directory.join(to));
            }
            continue;
        }
        let elsewhere = option(rest, &["--prefix", "--cwd", "-C", "--dir", "--working-dir", "-d"]);
        let place = elsewhere.map_or_else(|| directory.clone(), |to| clean(&directory.join(to)));
        let global = rest.iter().any(|word| matches!(*word, "-g" | "--global" | "global"));
        let verb = rest.iter().find(|word| !word.starts_with('-')).copied();
        let made = match (*program, verb) {
            _ if global => None,
            ("npm" | "pnpm" | "bun", Some("install" | "i" | "ci")) | ("yarn", None | Some("install")) => {
                Some((Product::NodeModules, place.join("node_modules")))
            }
            ("composer", Some("install" | "update" | "require")) => {
                Some((Product::Vendor, place.join("vendor")))
            }
            ("uv", Some("sync")) if !run.variables.contains_key("UV_PROJECT_ENVIRONMENT") => {
                Some((Product::VirtualEnvironment, place.join(".venv")))
            }
            ("go", Some("build")) => {
                option(rest, &["-o"]).map(|file| (Product::Executable, clean(&directory.join(file))))
            }
            _ => None,
        };
        found.extend(made.map(|(product, path)| Output { product, path, at }));
    }
    found
}

/// What stands before a program: assignments, options of `RUN`.
fn is_prefix(word: &str) -> bool {
    word.starts_with("--") || word.contains('=') || matches!(word, "sudo" | "exec" | "set")
}

/// The value of the first of these options.
fn option<'a>(words: &[&'a str], names: &[&str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| {
        let (name, value) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
        names.contains(&name).then(|| value.or_else(|| words.get(at + 1).copied()))?
    })
}
