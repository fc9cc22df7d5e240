//! What a command starts: JavaScript and TypeScript files, and the launchers of such programs.

use std::path::{Path, PathBuf};

use super::wrappers::after_options;
use super::{Launch, Launched, Machine, Started, Starter, node_entries, node_packages, node_tools};
use crate::programs::javascript::EXTENSIONS;
use crate::programs::{ModuleIndex, Scope, has_extension};
use crate::source::clean;

pub(super) const LANGUAGE: &str = "javascript";

/// Node and the other runtimes of JavaScript.
pub(super) struct Node;

/// Options of the runtimes that take the next word.
const TAKES: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--title",
    "-P",
    "--project",
    "--tsconfig",
    "--watch-path",
    "-O",
    "--compiler-options",
    "--transpiler",
    "-c",
    "--config",
    "--env-file",
    "--preload",
    "--cwd",
    "--max-old-space-size",
];

/// Programs that run a file as Node does.
const RUNTIMES: &[&str] = &[
    "node",
    "nodejs",
    "ts-node",
    "ts-node-esm",
    "ts-node-script",
    "ts-node-dev",
    "tsnd",
    "tsx",
    "babel-node",
    "swc-node",
    "vite-node",
    "node-dev",
    "esno",
    "esr",
    "jiti",
    "supervisor",
    "forever",
    "esmo",
    "sucrase-node",
];

/// What tests a program.
const TESTERS: &[&str] = &["jest", "vitest", "mocha", "ava", "tap", "cypress", "karma", "wdio", "newman"];

/// Servers of files, tools for people, and what shows them.
const FOREIGN: &[&str] = &[
    "http-server",
    "live-server",
    "lite-server",
    "local-web-server",
    "ws",
    "storybook",
    "start-storybook",
    "json-server",
    "mongo-express",
    "redis-commander",
    "n8n",
    "node-red",
    "ghost",
    "maildev",
    "verdaccio",
    "bull-board",
    "expo",
    "electron",
    "gatsby",
    "docusaurus",
    "hexo",
    "gulp",
    "grunt",
    "parcel",
    "ionic",
    "smee",
    "localtunnel",
    "ngrok",
    "stripe",
    "firebase",
    "wrangler",
    "serverless",
];

impl Starter for Node {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        let words = &launch.words;
        if RUNTIMES.contains(&name) {
            return runtime(machine, launch, out);
        }
        if TESTERS.contains(&name) {
            started(out);
            out.tests = true;
            return Launched::Started;
        }
        if FOREIGN.contains(&name) {
            out.foreign = true;
            return Launched::Started;
        }
        if let Some(next) = wrapped(name, launch, out) {
            return Launched::Next(next);
        }
        match name {
            "npm" | "yarn" | "pnpm" | "bun" | "npx" | "bunx" | "pnpx" | "turbo" | "lerna"
            | "concurrently" | "npm-run-all" | "run-p" | "run-s" | "nr" => {
                node_packages::launch(machine, name, launch, out)
            }
            "deno" => deno(launch, out),
            "nodemon" => node_tools::nodemon(machine, launch, out),
            "pm2" | "pm2-runtime" | "pm2-docker" => node_tools::pm2(machine, launch, out),
            "nest" => node_tools::nest(machine, launch, out),
            "nx" => node_tools::nx(launch, out),
            "next" => framework(launch, "next.config.js", out),
            "nuxt" | "nuxi" => framework(launch, "nuxt.config.ts", out),
            "astro" => framework(launch, "astro.config.mjs", out),
            "remix" | "remix-serve" | "react-router" | "react-router-serve" => {
                framework(launch, "remix.config.js", out)
            }
            "svelte-kit" => framework(launch, "svelte.config.js", out),
            "vite" => {
                let verb = words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str);
                if verb == Some("build") {
                    return Launched::Started;
                }
                framework(launch, "vite.config.ts", out)
            }
            "vue-cli-service" => {
                takes_dotenv(&launch.directory, ".env.development", out);
                page(launch, &["vue.config.js"], out)
            }
            "react-scripts" | "craco" | "react-app-rewired" => {
                takes_dotenv(&launch.directory, ".env.development", out);
                page(launch, &["package.json", "src/setupProxy.js"], out)
            }
            "webpack" | "webpack-dev-server" | "webpack-cli" => page(launch, &["webpack.config.js"], out),
            "ng" => node_tools::ng(machine, launch, out),
            "rsbuild" => page(launch, &["rsbuild.config.ts"], out),
            "strapi" => {
                started(out);
                out.files.push(launch.path("config/index"));
                Launched::Started
            }
            "prisma" => file(&launch.path("prisma/schema.prisma"), out),
            "typeorm" | "typeorm-ts-node-commonjs" | "typeorm-ts-node-esm" => {
                match option(words, &["-d", "--dataSource"]) {
                    Some(source) => file(&launch.path(&source), out),
                    None => file(&launch.path("src/data-source"), out),
                }
            }
            "knex" => {
                file(&launch.path(&option(words, &["--knexfile"]).unwrap_or_else(|| "knexfile".into())), out)
            }
            "sequelize" | "sequelize-cli" => {
                let given = option(words, &["--config"]).unwrap_or_else(|| "config/config".into());
                file(&launch.path(&given), out)
            }
            "drizzle-kit" => {
                let given = option(words, &["--config"]).unwrap_or_else(|| "drizzle.config".into());
                file(&launch.path(&given), out)
            }
            "mikro-orm" => file(&launch.path("src/mikro-orm.config"), out),
            "node-pg-migrate" | "db-migrate" | "migrate-mongo" | "graphile-migrate" => {
                started(out);
                Launched::Started
            }
            _ => match node_packages::binary(machine, launch, name) {
                Some(place) => file(&place, out),
                None => Launched::Other,
            },
        }
    }

    fn script(&self, place: &Path, first: &str) -> bool {
        let shebang = ["node", "bun", "deno", "tsx", "ts-node"].iter().any(|name| first.contains(name));
        has_extension(place, &EXTENSIONS) || first.starts_with("#!") && shebang
    }

    fn file(&self, place: &Path, _: &[String], out: &mut Started) {
        file(place, out);
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        node_entries::of(scope, started)
    }
}

/// Notes that a program is started; its client of a database may have been made from a schema.
pub(super) fn started(out: &mut Started) {
    out.language(LANGUAGE);
    out.language("prisma");
}

/// A file that is run.
pub(super) fn file(place: &Path, out: &mut Started) -> Launched {
    started(out);
    out.files.push(place.to_path_buf());
    Launched::Started
}

/// What an option is given: `-o value`, `--option value`, `--option=value`.
pub(super) fn option(words: &[String], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(at, word)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).cloned();
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then(|| value.to_string())
    })
}

/// `node -r dotenv/config --env-file=.env file.js …`
fn runtime(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    started(out);
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let (name, attached) =
            word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let value = attached.or_else(|| words.get(at + 1).map(String::as_str));
        match (name, value) {
            ("-e" | "--eval" | "-p" | "--print", _) => return Launched::Started,
            ("--test", _) => {
                out.tests = true;
                return Launched::Started;
            }
            ("--env-file" | "--env-file-if-exists", Some(file)) => out.dotenv.push(launch.path(file)),
            ("-r" | "--require" | "--import", Some("dotenv/config" | "dotenv/config.js")) => {
                let named = words.iter().find_map(|word| word.strip_prefix("dotenv_config_path="));
                let named = named.or(launch.env.get("DOTENV_CONFIG_PATH").map(String::as_str));
                out.dotenv.push(launch.path(named.unwrap_or(".env")));
            }
            ("-r" | "--require" | "--import", Some(module)) if module.starts_with('.') => {
                out.files.push(launch.path(module));
            }
            ("watch", _) => {}
            _ if !name.starts_with('-') => break,
            _ => {}
        }
        at += if attached.is_none() && TAKES.contains(&name) { 2 } else { 1 };
    }
    if let Some(name) = words.get(at).filter(|name| !name.contains(crate::source::Text::HOLE)) {
        // Of a directory its manifest says which file is run.
        let place = launch.path(name);
        let next = standalone(machine, &place).map(|folder| folder.join("next.config.js"));
        out.files.push(next.or_else(|| node_packages::main_of(machine, &place)).unwrap_or(place));
    }
    Launched::Started
}

/// Commands that start another one after their own words.
fn wrapped(name: &str, launch: &Launch, out: &mut Started) -> Option<Launch> {
    let words = &launch.words;
    match name {
        "cross-env" | "cross-env-shell" => {
            let mut inner = launch.clone();
            let mut at = 1;
            while let Some((name, value)) = words.get(at).and_then(|word| super::shell::assignment(word)) {
                inner.env.insert(name, value);
                at += 1;
            }
            let rest = words.get(at..).unwrap_or_default();
            Some(match rest {
                [text] if text.contains(' ') => inner.with(["sh".into(), "-c".into(), text.clone()]),
                rest => inner.with(rest.to_vec()),
            })
        }
        "dotenv" | "env-cmd" | "dotenvx" | "dotenv-flow" => {
            let mut inner = launch.clone();
            let mut file = None;
            let mut at = 1;
            while let Some(word) = words.get(at) {
                match word.as_str() {
                    "-e" | "-f" | "-c" | "-p" | "-v" => {
                        file = words.get(at + 1).filter(|_| matches!(word.as_str(), "-e" | "-f")).or(file);
                        at += 2;
                    }
                    "run" | "--" => at += 1,
                    word if word.starts_with('-') => at += 1,
                    _ => break,
                }
            }
            out.dotenv.push(launch.path(file.map_or(".env", String::as_str)));
            inner.words = words.get(at..)?.to_vec();
            (!inner.words.is_empty()).then_some(inner)
        }
        "tsc-watch" | "tsup" | "tsdown" => {
            let text = option(words, &["--onSuccess", "--on-success"])?;
            Some(launch.with(["sh".into(), "-c".into(), text]))
        }
        "c8" | "nyc" | "0x" | "clinic" | "infisical" | "wait-for-it" | "start-server-and-test" => {
            let at = after_options(words, 1, &["--reporter", "--env"])?;
            Some(launch.with(words.get(at..)?.to_vec()))
        }
        _ => None,
    }
}

/// `deno run --allow-net main.ts`, `deno task name`
fn deno(launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    started(out);
    if let Some(file) = option(words, &["--env-file", "--env"]).filter(|file| !file.is_empty()) {
        out.dotenv.push(launch.path(&file));
    }
    match words.get(1).map(String::as_str) {
        Some("run" | "serve") => {
            let name = words.iter().skip(2).find(|word| !word.starts_with('-'));
            if let Some(name) = name {
                out.files.push(launch.path(name));
            }
        }
        Some("test") => out.tests = true,
        Some(name) if has_extension(Path::new(name), &EXTENSIONS) => out.files.push(launch.path(name)),
        _ => {}
    }
    Launched::Started
}

/// The folder of the package of a repository that Next.js made a server of to stand alone: it lies below `.next/standalone` where its
/// package lies in the repository.
fn standalone(machine: &Machine<'_>, place: &Path) -> Option<PathBuf> {
    if machine.has(place) {
        return None;
    }
    machine.copied.iter().find_map(|(from, to)| {
        let package =
            clean(from).parent().filter(|_| from.ends_with(".next/standalone"))?.parent()?.to_path_buf();
        let within = place.strip_prefix(clean(to)).ok()?.parent()?;
        (!within.as_os_str().is_empty() && package.ends_with(within)).then_some(package)
    })
}

/// A framework's own server; `settings` is the file that says that a directory is a project of it.
fn framework(launch: &Launch, settings: &str, out: &mut Started) -> Launched {
    let words = &launch.words;
    let verb = words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str);
    if matches!(
        verb,
        Some("build" | "lint" | "prepare" | "generate" | "export" | "info" | "sync" | "check" | "typegen")
    ) {
        return Launched::Started;
    }
    started(out);
    let takes = ["-p", "--port", "-H", "--hostname", "--host", "-c", "--config", "--mode", "-m", "--cwd"];
    let directory = after_options(words, 2, &takes).and_then(|at| words.get(at));
    let directory = directory.filter(|word| !word.contains('.') || word.starts_with("./"));
    let directory = directory.map_or_else(|| launch.directory.clone(), |directory| launch.path(directory));
    let production = matches!(verb, Some("start" | "preview")) || settings.starts_with("remix");
    let mode = if production { ".env.production" } else { ".env.development" };
    takes_dotenv(&directory, mode, out);
    out.files.push(directory.join(settings));
    Launched::Started
}

/// The dotenv files that tools for pages take from a folder by themselves, the one that is asked first before the others.
/// What they set they leave to what the environment says.
fn takes_dotenv(directory: &Path, mode: &str, out: &mut Started) {
    let local = format!("{mode}.local");
    out.dotenv.extend([&local, ".env.local", mode, ".env"].map(|name| directory.join(name)));
}

/// A development server that gives pages to browsers: only its own settings are read here.
pub(super) fn page(launch: &Launch, settings: &[&str], out: &mut Started) -> Launched {
    let verb = launch.words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str);
    if matches!(verb, Some("build" | "test" | "lint")) {
        return Launched::Started;
    }
    started(out);
    out.foreign = true;
    out.files.extend(settings.iter().map(|name| launch.path(name)));
    Launched::Started
}
