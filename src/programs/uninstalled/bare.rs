//! Packages that a manifest names and that nothing installs at all: no step of the build, no command of a container, no script.

use std::path::{Path, PathBuf};

use super::{Program, Uninstalled};
use crate::compose::{Project, Service};
use crate::programs::dockerfile::Step;
use crate::programs::entry::{By, Launch, Way};
use crate::programs::unstarted::is_mounted_over;
use crate::source::{Files, Kind, Span, Text, clean, repository};

/// A program that needs its packages, which nothing installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bare {
    /// The manifest, on this machine.
    pub manifest: PathBuf,
    /// What needs the packages, as it is started.
    pub command: String,
    /// The `RUN` that does; [`Span::NONE`] for the container's own command.
    pub at: Span,
    /// What would install them.
    pub install: &'static str,
    /// Whether it ends without, though the notes say to install in a container that runs.
    pub too_early: bool,
    /// Whether it is a server of pages, which goes on.
    pub serves: bool,
    /// Whether the notes say to install them.
    pub told: bool,
}

/// A package manager.
struct Tool {
    image: &'static str,
    manifest: &'static str,
    folder: &'static str,
    install: &'static str,
    says: &'static [&'static str],
}

const TOOLS: [Tool; 4] = [
    Tool {
        image: "php",
        manifest: "composer.json",
        folder: "vendor",
        install: "composer install",
        says: &["composer", "COMPOSER"],
    },
    Tool {
        image: "node",
        manifest: "package.json",
        folder: "node_modules",
        install: "npm install",
        says: &[
            "npm install",
            "npm ci",
            "npm i ",
            "npm i\n",
            "npm i\"",
            "yarn",
            "pnpm",
            "bun i",
            "node_modules",
            "npm --",
            "npm add",
            "cnpm",
            "corepack",
            "lerna",
            "ncu",
        ],
    },
    Tool {
        image: "ruby",
        manifest: "Gemfile",
        folder: "vendor/bundle",
        install: "bundle install",
        says: &[
            "bundle install",
            "bundle check",
            "bundle\n",
            "bundle &",
            "bundle;",
            "bundle -",
            "bundle config",
            "gem install",
            "bundle \"",
            "bundle\"",
            "bin/setup",
        ],
    },
    Tool {
        image: "elixir",
        manifest: "mix.exs",
        folder: "deps",
        install: "mix deps.get",
        says: &["deps.get", "mix setup", "deps.update", "do setup"],
    },
];

/// Directories above the one of a command in which its manifest is looked for.
const MAX_ABOVE: usize = 4;
/// Scripts and notes that are looked through.
const MAX_SCRIPTS: usize = 200;
/// Longer ones are not.
const MAX_SCRIPT: u64 = 256 << 10;

/// The first command of the build, or the container's own, that needs packages which nothing installs.
pub(in crate::programs) fn of(
    program: &Program<'_>,
    (project, service): (&Project, &Service),
    known: &[Uninstalled],
) -> Option<Bare> {
    let image = program.image;
    if known.iter().any(|one| one.sure) || image.assumed || image.problem.is_some() {
        return None;
    }
    let base = image.base.as_ref()?;
    let name = base.value.trim_start_matches("docker.io/").trim_start_matches("library/");
    let name = name.split([':', '@']).next()?;
    let tool = TOOLS.iter().find(|tool| tool.image == name)?;
    let says = |text: &str| tool.says.iter().any(|word| text.contains(word));
    let stages = image.parsed.iter().flat_map(|parsed| &parsed.stages);
    // What comes from elsewhere may hold them: another image, an archive.
    let brought = stages.flat_map(|stage| &stage.steps).any(|step| match step {
        Step::Copy(copy) => {
            copy.add && copy.sources.iter().any(|it| it.assumed().contains("://"))
                || copy.from.is_some() && !copy.destination.assumed().contains("/bin")
        }
        _ => false,
    });
    let runs = || program.runs.iter().map(|run| run.command.assumed());
    let installer = |text: &String| {
        // The program itself is no package.
        says(&text.replace("composer/composer", "").replace("/composer", ""))
            && !(tool.image == "php"
                && !text.contains("composer i")
                && !text.contains("composer u")
                && !text.contains("composer r"))
    };
    let scripts = program.started.scripts.iter().filter_map(|script| {
        program.machine.sources.load(&script.path).ok().map(|file| file.text.to_string())
    });
    let started = program.started.calls.iter().map(|call| format!("{} ", call.launch.words.join(" ")));
    if program.started.tests
        || scripts.chain(started).any(|text| says(&text))
        || by_others(project, service, &says)
        || runs().any(|run| installer(&(run + "\n")))
    {
        return None;
    }
    let image_may = brought || program.may_install_more();
    let found = in_build(program, tool).filter(|_| !image_may);
    let found = found.or_else(|| at_start(program, service, (tool, image_may)))?;
    let (launch, manifest, at) = found;
    let files = program.machine.sources.files();
    let host = program.machine.files.file(files, &manifest)?;
    let told = told(files, project, host.parent()?, &says);
    let waits = at.is_none() && service.restart.is_none() && service.restart_condition.is_none();
    let too_early = told == Told::Within && waits && !serves(&launch) && service.profiles.is_empty();
    if told == Told::Script || told == Told::Within && !too_early {
        return None;
    }
    Some(Bare {
        manifest: host,
        command: launch.words.join(" "),
        at,
        install: tool.install,
        too_early,
        serves: serves(&launch),
        // Where nothing is written, people do on their machine what they always do.
        told: told == Told::Note || (serves(&launch) || tool.image == "node") && !project.is_described,
    })
}

/// Whether a server of pages goes on without the packages, for which they may come later.
fn serves(launch: &Launch) -> bool {
    let name = launch.name();
    name.contains("fpm") || name.contains("apache") || name.contains("httpd")
}

/// Whether another service installs something.
fn by_others(project: &Project, service: &Service, says: &dyn Fn(&str) -> bool) -> bool {
    project.services.values().filter(|other| other.name.value != service.name.value).any(|other| {
        let words = other.command.iter().chain(&other.entrypoint).flat_map(|command| &command.words);
        let named = other.image.iter().any(|image| image.value.assumed().contains("composer"));
        named || words.map(Text::assumed).any(|word| says(&format!("{word} ")) || word == "install")
    })
}

type Needing = (Launch, PathBuf, Span);

/// The manifest above the place of a command, where it names packages and none of them is there.
fn manifest(program: &Program<'_>, launch: &Launch, tool: &Tool) -> Option<PathBuf> {
    let files = program.machine.sources.files();
    let machine = program.machine;
    let mut above = launch.directory.ancestors().take(MAX_ABOVE);
    let root = above.find(|root| machine.files.file(files, &root.join(tool.manifest)).is_some())?;
    let there =
        |name: &str| root.ancestors().any(|above| machine.files.resolve(files, &above.join(name)).is_some());
    if there(tool.folder) || there(".pnp.cjs") || there("vendor/bundle") {
        return None;
    }
    let place = root.join(tool.manifest);
    let text = machine.files.file(files, &place).and_then(|host| machine.sources.load(&host).ok())?;
    names_packages(tool, &text.text).then_some(place)
}

/// Whether a manifest asks for a package.
fn names_packages(tool: &Tool, text: &str) -> bool {
    let json = || serde_json::from_str::<serde_json::Value>(text).ok();
    let keys = |section: &str| {
        let all = json().and_then(|json| json.get(section)?.as_object().cloned());
        all.into_iter().flatten().map(|(name, _)| name).collect::<Vec<_>>()
    };
    match tool.image {
        "php" => keys("require").iter().any(|name| name.contains('/')),
        "node" => {
            json().is_some_and(|json| json.get("workspaces").is_none()) && !keys("dependencies").is_empty()
        }
        "ruby" => text.lines().any(|line| line.trim_start().starts_with("gem ")),
        _ => text
            .lines()
            .any(|line| line.trim_start().starts_with("{:") && (line.contains("~>") || line.contains(">="))),
    }
}

/// The command of the build that needs packages.
fn in_build(program: &Program<'_>, tool: &Tool) -> Option<Needing> {
    let surely = program.builds.iter().filter(|(launch, _)| launch.way == Way::Surely);
    let mut needing = surely.filter(|(launch, _)| {
        let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
        let task = words.iter().copied().find(|word| !word.starts_with('-')).unwrap_or("");
        match (tool.image, launch.name()) {
            ("elixir", "mix") => {
                ["compile", "release", "phx.digest", "assets.deploy", "ecto.migrate"].contains(&task)
                    || task == "do" && words.iter().any(|word| word.trim_end_matches(',') == "compile")
            }
            ("ruby", "bundle") => task == "exec",
            ("node", "npm") => matches!(task, "run" | "run-script") && scripted(program, launch, &words),
            _ => false,
        }
    });
    needing.find_map(|(launch, at)| Some((launch.clone(), manifest(program, launch, tool)?, *at)))
}

/// Whether a script of `package.json` starts what a package brings.
fn scripted(program: &Program<'_>, launch: &Launch, words: &[&str]) -> bool {
    const OWN: [&str; 12] =
        ["node", "echo", "sh", "bash", "cp", "mkdir", "rm", "cd", "npm", "cat", "exit", "test"];
    let script = || {
        let name = words.iter().filter(|word| !word.starts_with('-')).nth(1)?;
        let text = program.machine.of_build().text(&launch.path("package.json"))?;
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        let command = json.get("scripts")?.get(*name)?.as_str()?.to_string();
        let first = command.split_whitespace().next()?.to_string();
        let named = ["devDependencies", "dependencies"].iter().any(|section| {
            let mut names =
                json.get(*section).and_then(|all| all.as_object()).into_iter().flat_map(|all| all.keys());
            names.any(|name| *name == first || first == "tsc" && name == "typescript")
        });
        Some(named && !OWN.contains(&first.as_str()))
    };
    script().unwrap_or(false)
}

/// The container's own command, where it needs packages.
/// `image_may` says that its image may hold them, where no mount hides that.
fn at_start(program: &Program<'_>, service: &Service, (tool, image_may): (&Tool, bool)) -> Option<Needing> {
    if program.started.unknown {
        return None;
    }
    let calls = program.started.calls.iter().map(|call| &call.launch);
    let mut surely = calls.filter(|launch| launch.way == Way::Surely);
    surely.find_map(|launch| {
        let place = match tool.image {
            "elixir" => (launch.name() == "mix").then(|| manifest(program, launch, tool))?,
            "ruby" => {
                let exec = launch.name() == "bundle" && launch.words.iter().any(|word| word == "exec");
                exec.then(|| manifest(program, launch, tool))?
            }
            "node" => node(program, launch, tool),
            _ => php(program, launch, tool),
        }?;
        let sources = program.machine.sources;
        let folder = place.with_file_name(tool.folder);
        let mut above = program.machine.files.layers().iter().rev();
        let hidden = above.find(|layer| folder.starts_with(&layer.target)).is_some_and(|layer| layer.hides);
        let hidden = hidden && matches!(tool.image, "php" | "node");
        ((hidden || !image_may) && !is_mounted_over(sources, service, &folder))
            .then(|| (launch.clone(), place, Span::NONE))
    })
}

/// `node server.js` whose modules import packages of the manifest, or a program that one of them brings.
fn node(program: &Program<'_>, launch: &Launch, tool: &Tool) -> Option<PathBuf> {
    let starts = launch.name() == "node";
    let packaged = matches!(launch.by, By::Package(_) | By::Tool) && launch.name() != "npx";
    if !starts && !packaged {
        return None;
    }
    let place = manifest(program, launch, tool)?;
    let text = program.machine.text(&place)?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    let named = |section: &str, name: &str| json.get(section).and_then(|all| all.get(name)).is_some();
    if packaged && !starts {
        let name = launch.name();
        return ["dependencies", "devDependencies"]
            .iter()
            .any(|section| named(section, name))
            .then_some(place);
    }
    let imports = |index: &crate::programs::ModuleIndex| {
        let source = program.scope.get(*index)?.1;
        source.imports().iter().any(|import| named("dependencies", import)).then_some(())
    };
    program.loaded.iter().any(|index| imports(index).is_some()).then_some(place)
}

/// A script of PHP, or the pages that a server serves, which load what Composer makes.
fn php(program: &Program<'_>, launch: &Launch, tool: &Tool) -> Option<PathBuf> {
    let files = program.machine.sources.files();
    let roots: Vec<PathBuf> = program.started.roots.iter().map(|root| clean(root)).collect();
    let scripts: Vec<PathBuf> = match launch.name() {
        "php" => launch
            .words
            .iter()
            .skip(1)
            .filter(|word| !word.starts_with('-'))
            .map(|word| launch.path(word))
            .take(1)
            .collect(),
        name if name.contains("fpm") || name.contains("apache") => {
            let pages = ["public/index.php", "index.php", "web/index.php"];
            roots.iter().flat_map(|root| pages.iter().map(move |page| root.join(page))).collect()
        }
        _ if launch
            .words
            .first()
            .is_some_and(|word| word.ends_with("bin/console") || word.ends_with("artisan")) =>
        {
            launch.words.iter().take(1).map(|word| launch.path(word)).collect()
        }
        _ => return None,
    };
    scripts.iter().find_map(|script| {
        let host = program.machine.files.file(files, script)?;
        let text = program.machine.sources.load(&host).ok()?.text.to_string();
        let loads = text.lines().any(|line| {
            let line = line.trim_start();
            line.contains("vendor/autoload")
                && (line.starts_with("require") || line.contains("require_once "))
        });
        // Who asks first whether it is there says what to do.
        if !loads
            || text.contains("file_exists")
                && !text.contains("maintenance.php")
                && !text.contains("LogicException")
        {
            return None;
        }
        let beside = Launch { directory: script.parent()?.to_path_buf(), ..launch.clone() };
        manifest(program, &beside, tool)
    })
}

/// Who says how packages are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nobody,
    /// A script, which may be run before.
    Script,
    /// A note, as something to do on this machine or in a container of its own.
    Note,
    /// A note, as something to do in a container that runs already.
    Within,
}

/// What the notes and scripts around a manifest say of installing.
fn told(files: &dyn Files, project: &Project, folder: &Path, says: &dyn Fn(&str) -> bool) -> Told {
    const BELOW: [&str; 12] = [
        "docker",
        ".docker",
        "scripts",
        "script",
        "bin",
        "docs",
        "doc",
        "build",
        "deploy",
        "ops",
        ".devcontainer",
        "dev",
    ];
    let mut folders = vec![project.directory.clone(), folder.to_path_buf()];
    let above = project.directory.parent().map(Path::to_path_buf);
    let root = repository(files, &project.directory);
    folders.extend(above.filter(|above| root.is_some_and(|root| above.starts_with(root))));
    let below: Vec<PathBuf> =
        folders.iter().flat_map(|folder| BELOW.iter().map(move |name| folder.join(name))).collect();
    folders.extend(below);
    folders.sort();
    folders.dedup();
    let names =
        folders.iter().flat_map(|folder| files.list(folder).into_iter().map(move |name| folder.join(name)));
    let mut found = Told::Nobody;
    for path in names.filter(|path| files.kind(path) == Some(Kind::File)).take(MAX_SCRIPTS) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
        let note = name.ends_with(".md") || name.starts_with("readme") || name.ends_with(".rst");
        let other =
            ["lock", "changelog", "composer.json", "license", "gemfile", "package.json", "mix.exs", "ignore"];
        let text_only = name.ends_with(".txt") && !note;
        if text_only
            || other.iter().any(|word| name.contains(word))
            || name.ends_with(".ex")
            || name.ends_with(".php")
        {
            continue;
        }
        let bytes = files.read(&path, MAX_SCRIPT).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        // What a console says when packages are missing.
        if text.starts_with("#!") && text.lines().next().is_some_and(|line| line.contains("php")) {
            continue;
        }
        if !note && name.contains("dockerfile") {
            let installs = text
                .lines()
                .any(|line| says(line) && !line.contains("--from=") && !line.contains("getcomposer"));
            if installs && text.contains("install") {
                return Told::Script;
            }
            continue;
        }
        for line in text.lines().filter(|line| says(&format!("{line}\n"))) {
            let installs = ["install", " i", "get", "yarn", "setup", "ci", "bundle", "update"]
                .iter()
                .any(|word| line.contains(word));
            match (note, line.contains(" exec ")) {
                (false, _) if installs => return Told::Script,
                (true, true) if installs && found == Told::Nobody => found = Told::Within,
                (true, false) if installs && is_command(line) => found = Told::Note,
                _ => {}
            }
        }
    }
    found
}

/// Whether a line of a note is a command, and not a mention of the tool.
fn is_command(line: &str) -> bool {
    ["install", "npm ci", "yarn", "pnpm", "deps.get", "setup", "npm i", "bundle", "update"]
        .iter()
        .any(|word| line.contains(word))
}
