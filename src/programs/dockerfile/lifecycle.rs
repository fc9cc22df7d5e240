//! What the scripts that npm, pnpm, yarn and Composer run while they install packages need of a project: `postinstall` and `prepare` run when
//! the manifest is there, and often before the rest is copied (npm documentation, "scripts", "Life Cycle Operation Order").

use std::path::Path;

use super::named::There;
use super::{Fault, FaultKind, brings};
use crate::programs::install_hooks;
use crate::programs::plain_commands::{Then, commands};
use crate::source::{Span, clean};

/// No manifest is longer.
const MAX_FILE: u64 = 400_000;
/// Where Prisma looks for its schema.
const SCHEMAS: [&str; 2] = ["prisma/schema.prisma", "schema.prisma"];
/// Tools that a script may call before, and that make nothing which others of them need.
const HARMLESS: [&str; 8] =
    ["husky", "patch-package", "rimraf", "is-ci", "simple-git-hooks", "lefthook", "echo", "nuxt"];

/// The first file that a script of an installation needs and that is not in the image by then.
pub(super) fn absent(there: &There<'_>, name: &str, words: &[&str], at: Span) -> Option<Fault> {
    let hooks = install_hooks::of(name, words)?;
    let host = there.tree.file(there.files, &there.directory.join("package.json"))?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let script = |name: &str| manifest.get("scripts")?.get(name)?.as_str();
    hooks.iter().find_map(|hook| {
        let body = script(hook)?;
        // One that only runs another is that one.
        let inner = ["npm run ", "yarn run ", "pnpm run ", "yarn ", "pnpm "];
        let inner = inner.iter().find_map(|run| script(body.trim().strip_prefix(run)?)).unwrap_or(body);
        let (command, file) = needed(there, inner, &manifest)?;
        let verb = words.first().copied().unwrap_or("install");
        let command = format!("{name} {verb}`, whose `{hook}` runs `{command}");
        let there = (there.in_context)(&file);
        Some(Fault { kind: FaultKind::Input { command, file, there, lock: false, hidden: None }, at })
    })
}

/// The first file that a script of an installation by Composer needs and that is not in the image by then: Laravel's own calls `artisan`
/// (getcomposer.org, "Scripts", "Command Events").
pub(super) fn absent_of_composer(there: &There<'_>, words: &[&str], at: Span) -> Option<Fault> {
    let mut plain = words.iter().filter(|word| !word.starts_with('-'));
    let events = match plain.next().copied()? {
        "install" | "i" => ["pre-install-cmd", "post-install-cmd", "post-autoload-dump"],
        "update" | "u" => ["pre-update-cmd", "post-update-cmd", "post-autoload-dump"],
        _ => return None,
    };
    let told = |option: &str| words.contains(&option);
    let elsewhere = words.iter().any(|word| word.starts_with("--working-dir") || word.starts_with("-d"));
    if told("--no-scripts") || elsewhere {
        return None;
    }
    let host = there.tree.file(there.files, &there.directory.join("composer.json"))?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let events =
        events.into_iter().filter(|event| !(told("--no-autoloader") && *event == "post-autoload-dump"));
    events.into_iter().find_map(|event| {
        let body = manifest.get("scripts")?.get(event)?;
        let lines = body.as_array().map_or_else(|| vec![body], |all| all.iter().collect());
        let mut commands = lines.into_iter().filter_map(|line| line.as_str()?.strip_prefix("@php "));
        let (command, file) = commands.find_map(|command| {
            let file = command.split_whitespace().next()?;
            let place = clean(&there.directory.join(file));
            let plain = !file.starts_with('-') && !file.contains(['$', '*', '%']) && !file.starts_with('/');
            let lacks = there.tree.resolve(there.files, &place).is_none() && !(there.open)(&place);
            (plain && lacks).then_some((command, file))
        })?;
        let said: Vec<&str> = command.split_whitespace().take(2).collect();
        let verb = words.iter().find(|word| !word.starts_with('-'))?;
        let command = format!("composer {verb}`, whose `{event}` runs `php {}", said.join(" "));
        let there = (there.in_context)(file);
        Some(Fault {
            kind: FaultKind::Input { command, file: file.to_string(), there, lock: false, hidden: None },
            at,
        })
    })
}

/// The command of a script that needs a file which is not there, and that file. Nothing where a command before it may bring one.
fn needed(there: &There<'_>, script: &str, manifest: &serde_json::Value) -> Option<(String, String)> {
    let lacks = |file: &str| {
        let place = clean(&there.directory.join(file));
        !file.contains(['$', '*', '%'])
            && !file.starts_with('/')
            && there.tree.resolve(there.files, &place).is_none()
            && !(there.open)(&place)
    };
    for command in commands(script) {
        if command.then == Then::Or || command.then == Then::Pipe || !command.writes.is_empty() {
            return None;
        }
        let words = brings::words_of(&command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let words = match words.as_slice() {
            ["npx" | "pnpx" | "bunx", rest @ ..] | ["pnpm" | "yarn", "exec", rest @ ..] => rest,
            all => all,
        };
        let file = match words {
            ["prisma", "generate", rest @ ..] => {
                let told = rest.iter().position(|word| *word == "--schema").and_then(|at| rest.get(at + 1));
                let told =
                    told.copied().or_else(|| rest.iter().find_map(|word| word.strip_prefix("--schema=")));
                let own = manifest.get("prisma").and_then(|own| own.get("schema")?.as_str());
                match told.or(own) {
                    Some(file) => lacks(file).then(|| file.to_string()),
                    None => schema(there, &lacks),
                }
            }
            ["node" | "sh" | "bash", file, ..] if is_path(file) => {
                let named = [(*file).to_string(), format!("{file}.js"), format!("{file}/index.js")];
                named.iter().all(|file| lacks(file)).then(|| (*file).to_string())
            }
            ["tsc"] => lacks("tsconfig.json").then(|| "tsconfig.json".to_string()),
            [first, ..] if HARMLESS.contains(first) => None,
            _ => return None,
        };
        if let Some(file) = file {
            return Some((words.join(" "), file));
        }
    }
    None
}

/// The schema that Prisma misses, where it looks for none but these.
fn schema(there: &There<'_>, lacks: &dyn Fn(&str) -> bool) -> Option<String> {
    let settings = ["prisma.config.ts", "prisma.config.js", "prisma.config.mjs", ".config/prisma.ts"];
    let elsewhere = settings.iter().any(|file| (there.in_context)(file) || !lacks(file));
    let missed = !elsewhere && SCHEMAS.iter().all(|file| lacks(file)) && lacks("prisma/schema");
    // The one that the project has is meant.
    let meant = SCHEMAS.into_iter().find(|file| (there.in_context)(file)).filter(|_| missed)?;
    Some(meant.to_string())
}

/// Whether a word is the path of a file of the project.
fn is_path(word: &str) -> bool {
    let ends = ["js", "cjs", "mjs", "sh"];
    let path = Path::new(word);
    !word.starts_with('-') && path.extension().is_some_and(|end| ends.iter().any(|known| end == *known))
}
