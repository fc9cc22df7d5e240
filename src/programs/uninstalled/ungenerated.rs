//! The client of Prisma, which its package brings only as a stub that throws (`@prisma/client did not initialize yet`): what would
//! make it, in the stages that the packages of a container come from.
//!
//! `scripts/postinstall.js` of `@prisma/client` below 7 runs `prisma generate` where the package `prisma` is there and finds a schema
//! in the folder in which packages are installed; it ends well where it finds none. From 7 on there is no such script.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Missing, Program, Uninstalled};
use crate::programs::called;
use crate::programs::dockerfile::{Run, Snapshot, Taken, Whence};
use crate::programs::entry::{Launch, Machine};
use crate::programs::javascript::plain;
use crate::programs::service_files::ImageTree;
use crate::source::{SourceFile, Span, Text, clean};

/// The package.
const CLIENT: &str = "@prisma/client";
/// Stages that take from each other beyond this depth are not followed.
const MAX_DEPTH: usize = 8;
/// Directories above a program in which its packages are looked for.
const MAX_ABOVE: usize = 8;
/// Where the command looks for a schema by itself.
const SCHEMAS: [&str; 2] = ["prisma/schema.prisma", "schema.prisma"];
/// What makes the client, besides `prisma generate`.
const MAKES: [&str; 5] = ["generate", "db push", "migrate dev", "migrate reset", "db pull"];
/// What else in a command of a build may make it.
const OPEN: [&str; 6] = ["prisma ", ".sh", "make ", "--mount=type=bind", "<<", "pnpm deploy"];
/// Scripts of a package that are run where its packages are installed.
const INSTALLED: [&str; 5] = ["preinstall", "install", "postinstall", "prepare", "prepublish"];
/// Packages that make the client in ways of their own, or bring the command.
const OTHERS: [&str; 8] =
    ["redwoodjs", "zenstack", "nestjs-prisma", "prisma-", "blitz", "keystone", "workspaces", "@calcom"];

/// The import of the client, where nothing makes it.
pub(super) fn of(program: &Program<'_>) -> Option<Uninstalled> {
    let image = program.image;
    let built = image.parsed.is_some() && !image.assumed && image.problem.is_none();
    if !built || !program.is_sure() || program.may_install_more() {
        return None;
    }
    let (file, from) = program.loaded.iter().find_map(|index| {
        let (_, source) = program.scope.get(*index)?;
        if source.front_end.name() != "javascript" || !source.glance(is_made) {
            return None;
        }
        let file = program.machine.sources.load(&source.path).ok()?;
        let from = imported(&file)?;
        Some((file, from))
    })?;
    let generator = Generator::of(program, &file)?;
    let started = program.started.files.first().map_or(&program.start.directory, |file| file);
    let above = started.ancestors().take(MAX_ABOVE);
    let packages =
        above.filter_map(|directory| Some((directory, generator.left(program.whole, directory, 0)?)));
    let packages: Vec<(&Path, Left)> = packages.collect();
    let left = packages.iter().map(|(_, left)| *left).min().filter(|left| *left != Left::Made)?;
    if packages.iter().any(|(directory, _)| is_mounted(program, directory)) {
        return None;
    }
    let said = program.command.iter().map(Text::assumed).collect::<Vec<_>>().join(" ");
    let calls = program.started.commands.iter().map(|launch| launch.words.join(" "));
    let scripts = program.started.scripts.iter().filter_map(|it| program.machine.sources.load(&it.path).ok());
    let mut texts = std::iter::once(said).chain(calls).chain(scripts.map(|file| file.text.to_string()));
    if texts.any(|text| generator.makes(&text)) {
        return None;
    }
    Some(Uninstalled {
        import: CLIENT.to_string(),
        package: CLIENT.to_string(),
        at: file.slice(from, from + CLIENT.len()),
        named: false,
        loader: None,
        manifest: Some(generator.manifest),
        lack: Missing::Ungenerated,
        sure: left == Left::Bare,
        similar: None,
    })
}

/// How the packages of a container are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// With the client, as far as is seen.
    Made,
    /// Without it, unless this machine has it.
    Perhaps,
    /// Without it.
    Bare,
}

/// Whether a module makes a client of its own.
fn is_made(text: &str) -> bool {
    text.contains(CLIENT) && (text.contains("new PrismaClient") || text.contains("extends PrismaClient"))
}

/// Where the module imports the client.
fn imported(file: &SourceFile) -> Option<usize> {
    let quoted = [format!("\"{CLIENT}\""), format!("'{CLIENT}'")];
    let from = quoted.iter().find_map(|name| file.text.find(name.as_str()))?;
    let line = file.text.get(..from)?.rsplit('\n').next()?.trim_start();
    (!line.starts_with(['/', '*']) && !line.starts_with("import type")).then_some(from + 1)
}

/// What would make the client of a package.
struct Generator<'a> {
    program: &'a Program<'a>,
    /// The manifest, on this machine.
    manifest: PathBuf,
    /// The scripts of it that lead to the command.
    scripts: HashSet<String>,
    /// Whether the package makes it when it is installed, if all is there.
    by_itself: bool,
    /// Whether the command is a package that is for development only, or none; `None` where the project does not name it.
    development: Option<bool>,
}

impl<'a> Generator<'a> {
    /// It, where all that may make the client is seen: one package, whose schema lies where it is looked for by itself, and is not told
    /// where the client is to be.
    fn of(program: &'a Program<'a>, file: &SourceFile) -> Option<Self> {
        let sources = program.machine.sources;
        let files = sources.files();
        let root = file
            .path
            .ancestors()
            .skip(1)
            .take(MAX_ABOVE)
            .find(|above| files.kind(&above.join("package.json")).is_some())?;
        let manifest = root.join("package.json");
        let text = sources.load(&manifest).ok()?;
        let json: Value = serde_json::from_str(&plain(&text.text)).ok()?;
        let named = |section: &str, name: &str| json.get(section).and_then(|all| all.get(name)).is_some();
        let shared = [
            "pnpm-workspace.yaml",
            "turbo.json",
            "nx.json",
            "lerna.json",
            "rush.json",
            "bun.lockb",
            "bun.lock",
        ];
        let above = root.ancestors().take(3);
        let several =
            above.into_iter().any(|above| shared.iter().any(|name| files.kind(&above.join(name)).is_some()));
        let settings = ["ts", "mts", "js", "mjs"]
            .iter()
            .any(|end| files.kind(&root.join(format!("prisma.config.{end}"))).is_some());
        let ignores =
            sources.load(&root.join(".npmrc")).is_ok_and(|file| file.text.contains("ignore-scripts"));
        if several
            || settings
            || ignores
            || json.get("prisma").is_some_and(|own| own.get("schema").is_some())
            || OTHERS.iter().any(|name| text.text.contains(name))
            || !named("dependencies", CLIENT)
        {
            return None;
        }
        let schema = SCHEMAS.iter().find_map(|name| sources.load(&root.join(name)).ok())?;
        let block = schema.text.split("generator ").nth(1)?.split('}').next()?;
        let plain_client = block.contains("\"prisma-client-js\"") && !block.contains("output");
        let major = json.get("dependencies")?.get(CLIENT)?.as_str()?;
        let major = major.trim_start_matches(['^', '~', '=', 'v', '>', ' ']).split('.').next()?;
        let major: u32 = major.parse().ok()?;
        let development = match (named("dependencies", "prisma"), named("devDependencies", "prisma")) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        let scripts = leading(&json);
        plain_client.then_some(Self { program, manifest, scripts, by_itself: major < 7, development })
    }

    /// Whether a text of a shell makes the client, by one of the scripts or by itself.
    fn makes(&self, text: &str) -> bool {
        let text = text.replace(['\\', '\n'], " ");
        let lower = text.split_whitespace().collect::<Vec<_>>().join(" ");
        lower.contains("prisma") && MAKES.iter().any(|word| lower.contains(word))
            || words(&lower).any(|word| self.scripts.contains(word))
    }

    /// How a stage has the packages of a directory; `None` where it has none there.
    fn left(&self, stage: &Snapshot, directory: &Path, depth: usize) -> Option<Left> {
        if depth > MAX_DEPTH {
            return Some(Left::Made);
        }
        let packages = directory.join("node_modules");
        let taken = stage.taken.iter().filter_map(|taken| self.brought(taken, &packages, depth));
        let installed = stage.runs.iter().filter_map(|run| self.installed(stage, run, directory));
        let found = taken.chain(installed).min()?;
        let open = |run: &Run| {
            let text = run.command.assumed();
            OPEN.iter().any(|word| text.contains(word)) || self.makes(&text)
        };
        // Those of this machine are copied along, unless they are left out.
        let copied = stage.layers.iter().any(|layer| {
            let below = packages.strip_prefix(&layer.target).ok();
            layer.directory && below.is_some_and(|below| !layer.leaves_out(&layer.host.join(below).join("x")))
        });
        match stage.runs.iter().any(open) {
            true => Some(Left::Made),
            false if copied => Some(found.min(Left::Perhaps)),
            false => Some(found),
        }
    }

    /// How the packages are that a `COPY` brings.
    fn brought(&self, taken: &Taken, packages: &Path, depth: usize) -> Option<Left> {
        if taken.to.starts_with(packages) && taken.to != packages {
            return Some(Left::Made);
        }
        let rest = packages.strip_prefix(&taken.to).ok()?;
        let names = |source: &String| source.contains("node_modules") || source.ends_with('*');
        let inner = match &taken.from {
            Whence::Context(_) => return None,
            Whence::Elsewhere => return taken.sources.iter().any(names).then_some(Left::Made),
            Whence::Stage(inner) => inner,
        };
        let of = |source: &String| {
            if source.contains(['*', '?', '[', '$', Text::HOLE]) {
                return names(source).then_some(Left::Made);
            }
            let root = clean(&Path::new("/").join(source));
            let below = taken.into.then(|| rest.strip_prefix(root.file_name()?).ok()).flatten();
            let places = [Some(root.join(rest)), below.map(|below| root.join(below))];
            let places =
                places.into_iter().flatten().filter(|place| place.file_name() == packages.file_name());
            places.filter_map(|place| self.left(inner, place.parent()?, depth + 1)).min()
        };
        taken.sources.iter().filter_map(of).min()
    }

    /// How a command leaves the packages that it installs in a directory.
    fn installed(&self, stage: &Snapshot, run: &Run, directory: &Path) -> Option<Left> {
        let tree = ImageTree::new(stage.layers.clone());
        let machine = Machine { files: &tree, below: &tree, ..*self.program.machine };
        let launches = called::builds(&machine, std::slice::from_ref(run));
        let here = launches.iter().filter(|(launch, _)| launch.directory == directory);
        here.filter_map(|(launch, _)| self.by(stage, launch, run.command.span())).min()
    }

    /// The same of one command.
    fn by(&self, stage: &Snapshot, launch: &Launch, at: Span) -> Option<Left> {
        let told =
            |word: &str| launch.words.iter().any(|it| it == word || it.starts_with(&format!("{word}=")));
        let verb = launch.words.get(1).map_or("", String::as_str);
        let installs = match launch.name() {
            "npm" => matches!(verb, "ci" | "i" | "install" | "clean-install"),
            "yarn" => verb.is_empty() || verb.starts_with('-') || verb == "install",
            "pnpm" => matches!(verb, "i" | "install"),
            _ => return None,
        };
        let elsewhere = ["-g", "--global", "--location", "--prefix", "-C", "--cwd", "--dir"];
        if !installs || elsewhere.iter().any(|word| told(word)) {
            return None;
        }
        if told("--ignore-scripts") {
            return Some(Left::Bare);
        }
        if INSTALLED.iter().any(|name| self.scripts.contains(*name)) {
            return Some(Left::Made);
        }
        if !self.by_itself {
            return Some(Left::Bare);
        }
        // It makes the client where it has the command and the schema.
        let before = stage.layers.iter().filter(|layer| layer.span.start() < at.start()).cloned().collect();
        let before = ImageTree::new(before);
        let files = self.program.machine.sources.files();
        let schema = SCHEMAS.iter().any(|name| before.file(files, &launch.directory.join(name)).is_some());
        // npm counts it among what is not only for development, since the client wants it beside itself.
        let without = launch.name() == "yarn" && told("--production") && self.development != Some(false);
        let command = self.development.is_some() && !without;
        Some(if schema && command { Left::Made } else { Left::Bare })
    }
}

/// Whether a mount lies over the packages of a directory: they may have been made there before.
fn is_mounted(program: &Program<'_>, directory: &Path) -> bool {
    let packages = directory.join("node_modules");
    let mut volumes = program.service.volumes.iter();
    volumes.any(|mount| packages.starts_with(clean(Path::new(&mount.target))))
}

/// The words of a command that may be the names of scripts.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "-_:.".contains(c))).filter(|word| !word.is_empty())
}

/// The scripts of a manifest that lead to the command, by whatever way.
fn leading(json: &Value) -> HashSet<String> {
    let all: Vec<(String, String)> = json
        .get("scripts")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_string())))
        .collect();
    let direct = |text: &str| {
        text.contains("prisma") && MAKES.iter().any(|word| text.contains(word)) || text.contains(".sh")
    };
    let mut found: HashSet<String> =
        all.iter().filter(|(_, text)| direct(text)).map(|(name, _)| name.clone()).collect();
    for _ in 0..=all.len() {
        let more: Vec<String> = all
            .iter()
            .filter(|(name, text)| {
                let calls = words(text).any(|word| found.contains(word));
                // `run-s db:*`
                let wild = text.contains('*') && !found.is_empty();
                let around = found.contains(&format!("pre{name}")) || found.contains(&format!("post{name}"));
                (calls || wild || around) && !found.contains(name)
            })
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_lead_to_the_command() {
        let json = serde_json::json!({"scripts": {
            "db:generate": "prisma generate", "build": "npm run db:generate && tsc", "prestart": "yarn db:generate",
            "start": "node dist/main.js", "dev": "tsx watch src/main.ts", "db:migrate": "prisma migrate deploy",
        }});
        let mut found: Vec<String> = leading(&json).into_iter().collect();
        found.sort();
        assert_eq!(found, ["build", "db:generate", "prestart", "start"]);
    }
}
