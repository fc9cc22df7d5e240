//! What the build scripts of packages of Node make: the folder that their bundler or compiler writes to.

use std::path::Path;

use serde_json::Value;

use super::workspaces::Verb;
use super::{Holds, Product, tools, typescript};
use crate::programs::entry::{Launch, Machine, workspaces};
use crate::programs::javascript::plain;
use crate::source::{Text, relative};

/// Scripts that lead to each other beyond this depth are not followed.
const MAX_DEPTH: usize = 6;

/// What a command of a build makes that runs a package's script, or a tool of Node.
pub(super) fn of(machine: &Machine<'_>, launch: &Launch) -> Option<Vec<Product>> {
    let name = launch.name();
    let words: Vec<&str> = launch.words.iter().map(String::as_str).collect();
    let directory = launch.directory.as_path();
    match name {
        "npm" | "pnpm" | "yarn" | "bun" if tools::is_harmless(launch) => {
            let scripts = ["postinstall", "prepare", "install", "preinstall"];
            let mut made = vec![Product::new(directory.join("node_modules"), Holds::Anything)];
            let hooks = scripts.iter().filter_map(|name| text_of(machine, directory, name));
            if hooks.into_iter().any(|hook| !is_of_tools(&hook)) {
                made.push(Product::new(directory, Holds::Unseen));
            }
            Some(made)
        }
        "npm" | "pnpm" | "yarn" | "bun" | "turbo" | "lerna" => run(machine, directory, &words, 0),
        "npx" | "bunx" => command(machine, directory, launch.words.get(1..)?, 0),
        _ => None,
    }
}

/// Whether a script of an installation only calls tools that make nothing but packages.
fn is_of_tools(script: &str) -> bool {
    const TOOLS: [&str; 8] =
        ["husky", "patch-package", "is-ci", "simple-git-hooks", "lefthook", "prisma", "npx", "echo"];
    let mut commands = script.split(['&', '|', ';']).map(str::trim).filter(|command| !command.is_empty());
    commands.all(|command| TOOLS.iter().any(|tool| command.split_whitespace().next() == Some(tool)))
}

/// What is made by the scripts that a manager of packages or a runner of their scripts is told to run.
fn run(machine: &Machine<'_>, directory: &Path, words: &[&str], depth: usize) -> Option<Vec<Product>> {
    let told = super::workspaces::told(directory, words)?;
    let (script, either) = match told.verb {
        Verb::Deploy(place) => return Some(vec![Product::new(place, Holds::Anything)]),
        Verb::Install => {
            return Some(vec![Product::new(told.directory.join("node_modules"), Holds::Anything)]);
        }
        Verb::Script(script) => (script, false),
        Verb::Either(script) => (script, true),
    };
    let within = |directory: &Path| {
        if either && text_of(machine, directory, &script).is_none() && !script.contains("build") {
            let words: Vec<String> =
                std::iter::once(&script).chain(&told.more).map(String::to_string).collect();
            return command(machine, directory, &words, depth);
        }
        script_of(machine, directory, &script, &told.more, depth)
    };
    if told.wanted.is_empty() && !told.every {
        return within(&told.directory);
    }
    let (all, chosen) = workspaces(machine, &told.directory, &told.wanted);
    if chosen.is_empty() && !told.every {
        return None;
    }
    let mut found = Vec::new();
    for package in all {
        if chosen.contains(&package) {
            found.extend(within(&package)?);
        } else if (told.every || told.needed) && text_of(machine, &package, &script).is_some() {
            // What others make lies with them.
            let made = within(&package);
            found.extend(made.unwrap_or_else(|| vec![Product::new(package, Holds::Unseen)]));
        }
    }
    Some(found)
}

pub(super) fn manifest(machine: &Machine<'_>, directory: &Path, name: &str) -> Option<Value> {
    serde_json::from_str(&plain(&machine.text(&directory.join(name))?)).ok()
}

pub(super) fn text_of(machine: &Machine<'_>, directory: &Path, script: &str) -> Option<String> {
    let manifest = manifest(machine, directory, "package.json")?;
    Some(manifest.get("scripts")?.get(script)?.as_str()?.to_string())
}

/// What a script of the package makes, with those around it; nothing where a command of it is not understood.
fn script_of(
    machine: &Machine<'_>,
    directory: &Path,
    name: &str,
    more: &[String],
    depth: usize,
) -> Option<Vec<Product>> {
    if depth > MAX_DEPTH {
        return None;
    }
    // One that is not there is meant to be the one that builds: that it is not there is told by itself.
    let main = text_of(machine, directory, name).or_else(|| text_of(machine, directory, "build"))?;
    let around = [
        text_of(machine, directory, &format!("pre{name}")),
        Some(std::iter::once(main).chain(more.iter().cloned()).collect::<Vec<_>>().join(" ")),
        text_of(machine, directory, &format!("post{name}")),
    ];
    let mut found = Vec::new();
    for text in around.iter().flatten() {
        if text.contains(['|', '$', '`', '(', '>', Text::HOLE]) {
            return None;
        }
        for part in text.split("&&").flat_map(|part| part.split(';')) {
            let words: Vec<String> =
                part.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_string()).collect();
            found.extend(command(machine, directory, &words, depth)?);
        }
    }
    Some(found)
}

/// What a command of a script makes.
fn command(machine: &Machine<'_>, directory: &Path, words: &[String], depth: usize) -> Option<Vec<Product>> {
    let set = |word: &&String| {
        word.contains('=') && !word.starts_with('-') || matches!(word.as_str(), "cross-env" | "npx" | "env")
    };
    let words: Vec<&str> = words.iter().skip_while(set).map(String::as_str).collect();
    let Some((tool, rest)) = words.split_first() else { return Some(Vec::new()) };
    let verb = rest.first().copied().unwrap_or("");
    let option = |names: &[&str]| {
        rest.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
            Some((name, value)) if names.contains(&name) => Some(value.to_string()),
            _ if names.contains(word) => rest.get(at + 1).map(|value| (*value).to_string()),
            _ => None,
        })
    };
    let folders = |names: &[&str]| {
        Some(names.iter().map(|name| Product::new(directory.join(name), Holds::Anything)).collect::<Vec<_>>())
    };
    match (*tool, verb) {
        ("npm" | "pnpm" | "yarn" | "bun" | "turbo" | "lerna", _) if !verb.is_empty() => {
            run(machine, directory, &words, depth + 1)
        }
        (
            "rimraf" | "rm" | "eslint" | "prettier" | "vue-tsc" | "tsc-alias" | "echo" | "del-cli"
            | "svelte-check",
            _,
        ) => Some(Vec::new()),
        ("prisma", "generate") => folders(&["node_modules"]),
        ("tsc", _) => {
            if rest.contains(&"--noEmit") {
                return Some(Vec::new());
            }
            if let Some(out) = option(&["--outDir"]) {
                return folders(&[&out]);
            }
            if rest.iter().any(|word| matches!(*word, "-b" | "--build"))
                && machine.has(&directory.join("vite.config.ts"))
            {
                return Some(Vec::new());
            }
            let file = option(&["-p", "--project"]).unwrap_or_else(|| "tsconfig.json".to_string());
            let settings = manifest(machine, directory, &file)?;
            let options = settings.get("compilerOptions")?;
            if options.get("noEmit").and_then(Value::as_bool) == Some(true) {
                return Some(Vec::new());
            }
            let out = options.get("outDir")?.as_str()?.to_string();
            let holds = typescript::compiled(machine, directory, Some(&settings), None);
            Some(vec![Product::new(directory.join(out), holds)])
        }
        ("vite", "build") => {
            if let Some(out) = option(&["--outDir"]) {
                return folders(&[&out]);
            }
            if meta_framework(machine, directory)
                || rest
                    .iter()
                    .any(|word| !word.starts_with('-') && *word != "build" && !word.contains("prod"))
            {
                return None;
            }
            let settings = ["ts", "js", "mjs", "mts", "cjs"]
                .map(|end| machine.text(&directory.join(format!("vite.config.{end}"))));
            let text = settings.into_iter().flatten().next();
            match text {
                Some(text) if text.contains("outDir") || text.contains("root:") => {
                    let (before, after) = text.split_once("outDir")?;
                    let value = after.trim_start().strip_prefix(':')?.trim_start();
                    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                    let out = value.get(1..)?.split(quote).next()?;
                    let plain =
                        !before.contains("root:") && !after.contains("outDir") && !after.contains("root:");
                    plain.then(|| folders(&[out]))?
                }
                Some(text) if text.contains("mergeConfig") => None,
                text => {
                    let text = text.as_deref().unwrap_or("");
                    let words =
                        ["rollupOptions", "build:", "plugin-", "ssg", "prerender", "copy", "publicDir"];
                    let own = text.replace("@vitejs/plugin-", "");
                    let known = !words.iter().any(|word| own.contains(word));
                    let flat = known.then(|| pages(machine, directory, &["assets"], "dist"));
                    flat.map_or_else(|| folders(&["dist"]), |product| Some(vec![product]))
                }
            }
        }
        ("react-scripts", "build") => Some(vec![pages(machine, directory, &["static"], "build")]),
        ("nest", "build") => {
            let settings = manifest(machine, directory, "tsconfig.json");
            let out = settings
                .as_ref()
                .and_then(|it| it.get("compilerOptions")?.get("outDir")?.as_str())
                .unwrap_or("./dist");
            let build = manifest(machine, directory, "tsconfig.build.json");
            let holds = typescript::compiled(machine, directory, settings.as_ref(), build.as_ref());
            Some(vec![Product::new(directory.join(out), holds)])
        }
        ("vue-cli-service", "build") => {
            let told =
                machine.text(&directory.join("vue.config.js")).is_some_and(|text| text.contains("outputDir"));
            if told { None } else { folders(&["dist"]) }
        }
        ("astro", "build") => {
            let names = ["astro.config.mjs", "astro.config.ts", "astro.config.js"];
            let told = names
                .iter()
                .filter_map(|name| machine.text(&directory.join(name)))
                .any(|text| text.contains("outDir"));
            if told { None } else { folders(&["dist", ".astro"]) }
        }
        ("next", "build") => {
            let names = ["next.config.js", "next.config.mjs", "next.config.ts"];
            let text = names.iter().find_map(|name| machine.text(&directory.join(name)));
            let text = text.as_deref().unwrap_or("");
            let others = ["distDir", "next-pwa", "serwist"].iter().any(|word| text.contains(word));
            if others || !text.contains("standalone") && is_shared(machine, directory, text) {
                return None;
            }
            let made = Product::new(
                directory.join(".next"),
                if text.contains("standalone") { Holds::Anything } else { Holds::AllBut("standalone") },
            );
            let exports = text.contains("'export'") || text.contains("\"export\"");
            let out = exports.then(|| Product::new(directory.join("out"), Holds::Anything));
            Some(std::iter::once(made).chain(out).collect())
        }
        ("nuxt" | "nuxi", "build" | "generate") => folders(&[".output", "dist", ".nuxt"]),
        ("ng", "build") => angular(machine, directory, option(&["--output-path"])),
        _ => None,
    }
}

/// Whether settings come from another file of the project, or from a package of its own.
fn is_shared(machine: &Machine<'_>, directory: &Path, text: &str) -> bool {
    let manifest = manifest(machine, directory, "package.json");
    let own = |name: &str| {
        let version = ["dependencies", "devDependencies"].iter().find_map(|group| {
            let listed = manifest.as_ref()?.get(*group)?.as_object()?;
            listed.iter().find(|(key, _)| name == *key || name.starts_with(&format!("{key}/")))
        });
        let local = |version: &str| version == "*" || version.starts_with("workspace:");
        version.and_then(|(_, version)| version.as_str()).is_some_and(local)
    };
    text.split("from ").skip(1).chain(text.split("require(").skip(1)).any(|rest| {
        let name =
            rest.trim_start().get(1..).and_then(|name| name.split(['"', '\'', '`']).next()).unwrap_or("");
        name.starts_with('.') || own(name)
    })
}

/// A folder of pages that a bundler writes, with the folders that it makes and those of files that it takes over.
fn pages(machine: &Machine<'_>, directory: &Path, own: &[&str], out: &str) -> Product {
    let files = machine.sources.files();
    let mut all: Vec<String> = own.iter().map(|name| (*name).to_string()).collect();
    for folder in ["public", "static", "src", "src/assets"] {
        let host = machine.files.resolve(files, &directory.join(folder));
        all.extend(host.map(|host| files.list(&host)).unwrap_or_default());
    }
    Product::new(directory.join(out), Holds::Pages(all))
}

/// Whether something that builds on Vite writes elsewhere.
fn meta_framework(machine: &Machine<'_>, directory: &Path) -> bool {
    const NAMES: [&str; 10] = [
        "@sveltejs/kit",
        "@remix-run",
        "@react-router/dev",
        "@tanstack/start",
        "@tanstack/react-start",
        "solid-start",
        "@solidjs/start",
        "vike",
        "laravel-vite-plugin",
        "@builder.io/qwik",
    ];
    let text = machine.text(&directory.join("package.json"));
    text.is_none_or(|text| NAMES.iter().any(|name| text.contains(name)))
}

/// The folders that the settings of Angular name: its newer builder puts what is for browsers into one of their own.
fn angular(machine: &Machine<'_>, directory: &Path, told: Option<String>) -> Option<Vec<Product>> {
    let mut found: Vec<Product> = Vec::new();
    let settings = manifest(machine, directory, "angular.json")?;
    for (name, project) in settings.get("projects")?.as_object()? {
        let Some(build) = project.get("architect").or_else(|| project.get("targets"))?.get("build") else {
            continue;
        };
        let builder = build.get("builder").and_then(Value::as_str).unwrap_or("");
        let options = build.get("options").into_iter();
        let variants = build.get("configurations").and_then(Value::as_object);
        let options = options.chain(variants.into_iter().flat_map(serde_json::Map::values));
        let mut paths: Vec<Value> =
            options.filter_map(|options| options.get("outputPath")).cloned().collect();
        match &told {
            Some(told) => paths = vec![Value::String(told.clone())],
            None if paths.is_empty() => paths.push(Value::String(format!("dist/{name}"))),
            None => {}
        }
        for path in &paths {
            let base = directory.join(path.as_str().or_else(|| path.get("base")?.as_str())?);
            let inner = path.get("browser").map_or(Some("browser"), Value::as_str)?;
            let application = builder.ends_with(":application");
            if application && !inner.is_empty() {
                found.push(Product::new(base.join(inner), Holds::Anything));
            }
            // The older one for browsers has no such folder.
            let flat = application && inner.is_empty() || builder == "@angular-devkit/build-angular:browser";
            // Pages in several languages lie in folders of their own.
            let lone = project.get("i18n").is_none() && build.pointer("/options/localize").is_none();
            let assets = build.pointer("/options/assets").map(Value::to_string).unwrap_or_default();
            let told = |text: &str| text.contains(&format!("/{name}")) || text.contains(&format!("\"{name}"));
            found.push(match flat {
                true if lone && !told(&assets) => {
                    let shown = relative(&base, directory);
                    pages(machine, directory, &["assets", "media", "src"], &shown.display().to_string())
                }
                true => Product::new(base, Holds::AllBut("browser")),
                false => Product::new(base, Holds::Anything),
            });
        }
    }
    Some(found)
}
