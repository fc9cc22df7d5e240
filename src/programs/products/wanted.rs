//! What the tools of Node that a build starts want to find: the page that Vite begins with, the settings of TypeScript's
//! compiler, the folder of Next.js' pages, the settings that a bundler is told.

use std::path::{Path, PathBuf};

use super::node::text_of;
use super::workspaces::{Told, Verb, told};
use super::{Is, Workshop, tools};
use crate::programs::dockerfile::{Fault, FaultKind, Snapshot, Whence};
use crate::programs::entry::{self, Launch, Machine, workspaces};
use crate::programs::has_extension;
use crate::source::{Files, Kind, SourceMap, Span, Text, clean};

/// Scripts that lead to each other beyond this depth are not followed.
const MAX_DEPTH: usize = 6;

/// A tool that is started in a build.
pub(super) struct Tool {
    /// Where.
    pub directory: PathBuf,
    /// Its command.
    pub words: Vec<String>,
}

/// The first thing that a tool wants, which the stage does not have when it is started.
pub(super) fn of(sources: &SourceMap, stage: &Snapshot) -> Option<Fault> {
    if !is_seen(stage) {
        return None;
    }
    let workshop = Workshop::new(sources, stage);
    let machine = workshop.machine();
    stage.runs.iter().find_map(|run| {
        entry::built_by(&machine, run).into_iter().find_map(|launch| {
            started(&machine, &launch).iter().find_map(|tool| {
                let (command, wanted) = wants(&machine, tool)?;
                let lacks = !wanted.is_empty() && wanted.iter().all(|place| is_absent(&workshop, place));
                lacks
                    .then(|| fault(sources.files(), stage, command, &tool.directory, &wanted, &run.command))?
            })
        })
    })
}

/// Whether all that a stage's files come from is seen: what is mounted for a command, or unpacked, may bring others.
pub(super) fn is_seen(stage: &Snapshot) -> bool {
    let plain = stage.base.as_deref().is_some_and(tools::is_plain);
    let mut texts = stage.runs.iter().map(|run| run.command.assumed());
    plain && !texts.any(|text| text.contains("--mount=type=bind") || text.contains("<<"))
}

/// The tools that a command of a build starts, by way of scripts.
pub(super) fn started(machine: &Machine<'_>, launch: &Launch) -> Vec<Tool> {
    let mut found = Vec::new();
    leaves(machine, &launch.directory, &launch.words, 0, &mut found);
    found
}

fn leaves(machine: &Machine<'_>, directory: &Path, words: &[String], depth: usize, out: &mut Vec<Tool>) {
    let set = |word: &&String| {
        word.contains('=') && !word.starts_with('-')
            || matches!(word.as_str(), "cross-env" | "npx" | "env" | "bunx")
    };
    let words: Vec<&str> = words.iter().skip_while(set).map(String::as_str).collect();
    let Some(first) = words.first().filter(|_| depth < MAX_DEPTH) else { return };
    if !matches!(*first, "npm" | "pnpm" | "yarn" | "bun" | "turbo" | "lerna") {
        let words = words.iter().map(|word| (*word).to_string()).collect();
        return out.push(Tool { directory: directory.to_path_buf(), words });
    }
    let Some(Told { directory, wanted, every, verb: Verb::Script(script) | Verb::Either(script), .. }) =
        told(directory, &words)
    else {
        return;
    };
    let places = match wanted.is_empty() && !every {
        true => vec![directory],
        false => {
            let (all, chosen) = workspaces(machine, &directory, &wanted);
            if every { all } else { chosen }
        }
    };
    for place in places {
        let names = [format!("pre{script}"), script.clone(), format!("post{script}")];
        for text in names.iter().filter_map(|name| text_of(machine, &place, name)) {
            if text.contains(['|', '$', '`', '(', '>', Text::HOLE]) {
                return;
            }
            for part in text.split("&&").flat_map(|part| part.split(';')) {
                let words: Vec<String> =
                    part.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_string()).collect();
                leaves(machine, &place, &words, depth + 1, out);
            }
        }
    }
}

/// What a tool wants, any of it, and the tool as a person would say it.
pub(super) fn wants(machine: &Machine<'_>, tool: &Tool) -> Option<(&'static str, Vec<PathBuf>)> {
    let words: Vec<&str> = tool.words.iter().map(String::as_str).collect();
    let (name, rest) = words.split_first()?;
    let verb = rest.first().copied().unwrap_or("");
    let told =
        |options: &[&str]| rest.iter().any(|word| options.contains(&word.split('=').next().unwrap_or(word)));
    let of = |names: &[&str]| names.iter().map(|name| tool.directory.join(name)).collect();
    let settings = |names: &[&str]| {
        names.iter().find_map(|name| machine.text(&tool.directory.join(name))).unwrap_or_default()
    };
    match (*name, verb) {
        ("webpack" | "rollup" | "vite", _) if let Some(file) = told_file(rest) => {
            let title = match *name {
                "webpack" => "webpack",
                "rollup" => "rollup",
                _ => "vite build",
            };
            (verb == "build" || *name != "vite").then(|| (title, of(&[file])))
        }
        ("vite", "build") => {
            const OTHERS: [&str; 10] = [
                "root",
                "input",
                "lib:",
                "lib =",
                "ssr",
                "laravel",
                "sveltekit",
                "reactRouter",
                "remix",
                "mergeConfig",
            ];
            let text = settings(&["vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts"]);
            let package = machine.text(&tool.directory.join("package.json")).unwrap_or_default();
            let other = ["@sveltejs/kit", "tanstack", "solid-start", "vike", "qwik", "@crxjs", "vitepress"];
            let plain = !OTHERS.iter().any(|word| text.contains(word))
                && !other.iter().any(|name| package.contains(name))
                && rest.iter().skip(1).all(|word| word.starts_with("--"))
                && !told(&["--config", "-c", "--ssr", "--app"]);
            plain.then(|| ("vite build", of(&["index.html"])))
        }
        ("next", "build") if rest.iter().skip(1).all(|word| word.starts_with("--")) => {
            let text = settings(&["next.config.js", "next.config.mjs", "next.config.ts"]);
            let plain = !text.contains("pageExtensions");
            plain.then(|| ("next build", of(&["app", "pages", "src/app", "src/pages"])))
        }
        ("nest", "build") if rest.len() == 1 => {
            let text = settings(&["nest-cli.json", ".nest-cli.json"]);
            let plain = !["tsConfigPath", "projects", "swc", "webpack", "rspack"]
                .iter()
                .any(|word| text.contains(word));
            plain.then(|| ("nest build", of(&["tsconfig.build.json", "tsconfig.json"])))
        }
        ("tsc", _) => {
            let file = rest.iter().position(|word| matches!(*word, "-p" | "--project"));
            match file {
                Some(at) => {
                    let file = rest.get(at + 1).filter(|file| file.ends_with(".json"))?;
                    Some(("tsc", of(&[file])))
                }
                None => {
                    let plain = rest
                        .iter()
                        .all(|word| word.starts_with('-') && !matches!(*word, "--init" | "--version" | "-v"));
                    plain.then(|| {
                        let above = tool.directory.ancestors().take(4);
                        ("tsc", above.map(|folder| folder.join("tsconfig.json")).collect())
                    })
                }
            }
        }
        ("react-scripts", "build") => Some(("react-scripts build", of(&["public/index.html"]))),
        ("ng", "build") => Some(("ng build", of(&["angular.json", ".angular.json", "workspace.json"]))),
        ("prisma", "generate") if !told(&["--schema", "--config"]) => {
            let package = machine.text(&tool.directory.join("package.json")).unwrap_or_default();
            let plain = !package.contains("\"schema\"");
            plain.then(|| {
                let names = ["prisma/schema.prisma", "schema.prisma", "prisma/schema", "prisma.config.ts"];
                ("prisma generate", of(&names))
            })
        }
        _ => None,
    }
}

/// The file of settings that a bundler is told: `--config webpack.prod.js`.
fn told_file<'w>(words: &[&'w str]) -> Option<&'w str> {
    let options = ["--config", "-c"];
    let by_equals = |word: &&'w str| word.split_once('=').filter(|(name, _)| options.contains(name));
    let at = words.iter().position(|word| options.contains(word));
    let behind = at.and_then(|at| words.get(at + 1)).copied();
    let file = behind.or_else(|| words.iter().find_map(by_equals).map(|(_, file)| file))?;
    has_extension(Path::new(file), &["js", "cjs", "mjs", "ts", "mts", "cts"]).then_some(file)
}

/// Whether the stage surely does not have a file, or a folder, of the project.
fn is_absent(workshop: &Workshop<'_>, place: &Path) -> bool {
    let (files, place) = (workshop.sources.files(), clean(place));
    let near = |other: &Path| other.starts_with(&place);
    let brought = workshop
        .stage
        .taken
        .iter()
        .any(|taken| !matches!(workshop.brings(taken, &place, 0), Is::Absent(_)) && is_open(taken));
    let made = workshop.launches.iter().any(|launch| tools::may_move(launch, &place))
        || workshop.stage.runs.iter().any(|run| {
            let text = run.command.assumed();
            let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
            text.contains(name) || tools::writes(&text, &place) || text.contains(" init")
        });
    workshop.tree.resolve(files, &place).is_none()
        && !workshop.stage.layers.iter().any(|layer| near(&layer.target))
        && !brought
        && !made
}

/// Whether what a `COPY` takes is not a file of this machine, which is seen.
const fn is_open(taken: &crate::programs::dockerfile::Taken) -> bool {
    !matches!(taken.from, Whence::Context(_))
}

fn fault(
    files: &dyn Files,
    stage: &Snapshot,
    command: &str,
    directory: &Path,
    wanted: &[PathBuf],
    run: &Text,
) -> Option<Fault> {
    let hosts = |place: &PathBuf| {
        // Where it would lie in a context, were its folder copied as a whole.
        let contexts = stage.taken.iter().filter_map(|taken| match &taken.from {
            Whence::Context(context) => Some((context.clone(), taken.to.clone())),
            _ => None,
        });
        let layered = stage.layers.iter().filter(|layer| layer.directory).filter_map(|layer| {
            let context = layer.context.clone()?;
            Some((layer.host.join(place.strip_prefix(&layer.target).ok()?), context))
        });
        let by_root = contexts
            .filter_map(|(context, to)| Some((context.root.join(place.strip_prefix(&to).ok()?), context)));
        let found: Vec<_> = layered.chain(by_root).collect();
        found.into_iter().find(|(host, _)| files.kind(host).is_some())
    };
    let found = wanted.iter().find_map(|place| Some((place, hosts(place)?)));
    // What nobody has may be made in a way that is not seen.
    let (place, (host, context)) = found?;
    let hidden = host.strip_prefix(&context.root).ok().and_then(|path| context.ignore.ignored_by(path));
    let file = place.strip_prefix(directory).unwrap_or(place).display().to_string();
    let folder = files.kind(&host) == Some(Kind::Directory);
    let file = if folder { format!("{file}/") } else { file };
    let command = command.to_string();
    let at = run.pieces().iter().map(|piece| piece.origin.written).find(|span| !span.is_none());
    let at = at.unwrap_or_else(|| run.span());
    let there = hidden.is_none();
    (at != Span::NONE)
        .then_some(Fault { kind: FaultKind::Input { command, file, there, lock: false, hidden }, at })
}
