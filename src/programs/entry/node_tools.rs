//! Tools that start programs of Node by settings of their own: nodemon, pm2, the command lines of NestJS and Nx.

use std::path::Path;

use super::wrappers::after_options;
use super::{Launch, Launched, Machine, Started, node, node_packages};
use crate::programs::has_extension;
use crate::programs::javascript::EXTENSIONS;

/// `nodemon --exec "ts-node" src/index.ts`
pub(super) fn nodemon(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    let takes = [
        "-x", "--exec", "-w", "--watch", "-e", "--ext", "-i", "--ignore", "-d", "--delay", "--config", "-r",
        "-s", "--signal",
    ];
    let rest = after_options(words, 1, &takes).and_then(|at| words.get(at..)).unwrap_or_default().to_vec();
    let settings = || {
        let text = machine.text(&launch.path("nodemon.json"))?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        value.get("exec")?.as_str().map(str::to_string)
    };
    let exec = node::option(words, &["-x", "--exec"]);
    if let Some(exec) = exec.clone().or_else(|| settings().filter(|_| rest.is_empty())) {
        let text = std::iter::once(exec).chain(rest).collect::<Vec<_>>().join(" ");
        return Launched::Next(launch.with(["sh".into(), "-c".into(), text]));
    }
    match rest.first() {
        Some(_) => Launched::Next(launch.with(std::iter::once("node".to_string()).chain(rest))),
        None => {
            let main = node_packages::main_of(machine, &launch.directory);
            node::file(&main.unwrap_or_else(|| launch.path("index.js")), out)
        }
    }
}

/// `pm2-runtime start ecosystem.config.js`, `pm2 start npm -- start`
pub(super) fn pm2(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    let takes = [
        "--name",
        "-n",
        "-i",
        "--instances",
        "--env",
        "--only",
        "--interpreter",
        "--cwd",
        "--max-memory-restart",
        "--log",
    ];
    let mut at = after_options(words, 1, &takes);
    if at.and_then(|at| words.get(at)).is_some_and(|word| word == "start") {
        at = after_options(words, at.unwrap_or(1) + 1, &takes);
    }
    let Some(name) = at.and_then(|at| words.get(at)) else {
        node::started(out);
        return Launched::Started;
    };
    let rest: Vec<String> =
        words.iter().skip(at.unwrap_or(0) + 1).filter(|word| *word != "--").cloned().collect();
    if matches!(name.as_str(), "npm" | "yarn" | "pnpm" | "bun" | "node") {
        return Launched::Next(launch.with(std::iter::once(name.clone()).chain(rest)));
    }
    let describes =
        [".config.js", ".config.cjs", ".json", ".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let Some(text) = machine.text(&launch.path(name)).filter(|_| describes) else {
        return node::file(&launch.path(name), out);
    };
    let only = node::option(words, &["--only"]);
    let commands = ecosystem(&text, only.as_deref());
    if commands.is_empty() {
        node::started(out);
        return Launched::Started;
    }
    Launched::Next(launch.with(["sh".into(), "-c".into(), commands.join("\n")]))
}

/// The commands of an ecosystem file, by its texts.
fn ecosystem(text: &str, only: Option<&str>) -> Vec<String> {
    let value = |part: &str, key: &str| {
        part.match_indices(key).find_map(|(at, _)| {
            let rest =
                part.get(at + key.len()..)?.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
            let rest = rest.trim_start().trim_start_matches('[').trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
            rest.get(1..)?.split(quote).next().map(str::to_string)
        })
    };
    // Each application is an object of its own.
    let parts: Vec<&str> = text.split('{').take(200).collect();
    let mut out = Vec::new();
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| part.contains("script")).take(50) {
        let Some(script) = value(part, "script") else { continue };
        if only.is_some_and(|only| {
            value(part, "name").is_some_and(|name| !only.split(',').any(|one| one == name))
        }) {
            continue;
        }
        let arguments = value(part, "args").unwrap_or_default();
        let directory = value(part, "cwd").map_or_else(String::new, |directory| format!("cd {directory}; "));
        let runs = match has_extension(Path::new(&script), &EXTENSIONS) {
            true => "node ",
            false => "",
        };
        // What stands before it in the same object: `env: { NODE_ENV: "production" }`.
        let before = part.trim_end().trim_end_matches(':').trim_end().trim_end_matches(['"', '\'']);
        let set = parts
            .get(at + 1)
            .filter(|_| before.ends_with("env"))
            .map_or_else(String::new, |set| assignments(set));
        out.push(format!("{directory}{set}{runs}{script} {arguments}"));
    }
    out
}

/// The variables of an object as a shell sets them before a command; only texts and numbers.
fn assignments(object: &str) -> String {
    let end = object.find('}').unwrap_or(object.len());
    let mut out = String::new();
    for pair in object.get(..end).unwrap_or("").split(',').take(50) {
        let Some((name, value)) = pair.split_once(':') else { continue };
        let plain = |text: &str| text.trim().trim_matches(['"', '\'', '`']).to_string();
        let (name, value) = (plain(name), plain(value));
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@');
        if super::shell::assignment(&format!("{name}=")).is_some() && value.chars().all(safe) {
            out.push_str(&format!("{name}={value} "));
        }
    }
    out
}

/// `nest start api --watch`
pub(super) fn nest(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    if words.get(1).is_none_or(|verb| verb != "start") {
        return Launched::Started;
    }
    let name = words.iter().skip(2).find(|word| !word.starts_with('-'));
    let text = machine.text(&launch.path("nest-cli.json"));
    let settings =
        text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()).unwrap_or_default();
    let project = name.and_then(|name| settings.get("projects")?.get(name));
    let get = |key: &str, default: &str| {
        let value = project.and_then(|project| project.get(key)).or_else(|| settings.get(key));
        value.and_then(|value| value.as_str()).unwrap_or(default).to_string()
    };
    let place = launch.path(&get("sourceRoot", "src")).join(get("entryFile", "main"));
    node::file(&place, out)
}

/// `nx serve api`
pub(super) fn nx(launch: &Launch, out: &mut Started) -> Launched {
    node::started(out);
    let words: Vec<&String> = launch.words.iter().skip(1).filter(|word| !word.starts_with('-')).collect();
    let name = match words.as_slice() {
        [verb, target, ..] if *verb == "run" => target.split(':').next(),
        [_, name, ..] => Some(name.as_str()),
        _ => None,
    };
    for folder in ["apps", "packages"] {
        out.files.extend(name.map(|name| launch.path(&format!("{folder}/{name}/src/main"))));
    }
    Launched::Started
}

/// `ng serve --proxy-config proxy.conf.json`; `angular.json` may name that file, too.
pub(super) fn ng(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let settings = || {
        let text = machine.text(&launch.path("angular.json"))?;
        let (_, rest) = text.split_once("\"proxyConfig\"")?;
        rest.split('"').nth(1).map(str::to_string)
    };
    let named = node::option(&launch.words, &["--proxy-config"]).or_else(settings);
    node::page(launch, &[named.as_deref().unwrap_or("proxy.conf.js")], out)
}
