//! Which scripts of which packages the managers of Node, and the runners of monorepos, are told to run: `npm run build -w web`,
//! `pnpm --filter web build`, `yarn workspace web build`, `turbo run build --filter=web`.

use std::path::{Path, PathBuf};

use crate::source::clean;

/// What a command of a manager, or a runner, asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Where it runs.
    pub directory: PathBuf,
    /// The packages that are named.
    pub wanted: Vec<String>,
    /// Whether it runs in all packages.
    pub every: bool,
    /// Whether those that they depend on are built before.
    pub needed: bool,
    /// The verb: a script's name, or what else it does.
    pub verb: Verb,
    /// What is handed to it.
    pub more: Vec<String>,
}

/// What is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Verb {
    /// Packages are installed.
    #[default]
    Install,
    /// A script is run.
    Script(String),
    /// A script is run, or a command of a package where there is none of that name.
    Either(String),
    /// A package is put there with what it needs.
    Deploy(PathBuf),
}

/// Options that are followed by a word and change nothing.
const TAKES: [&str; 6] =
    ["--loglevel", "--registry", "--network-timeout", "--cache", "--userconfig", "--concurrency"];

/// Options that change nothing, or only how something is said.
const PLAIN: [&str; 19] = [
    "--if-present",
    "--silent",
    "-s",
    "--no-cache",
    "--force",
    "--verbose",
    "--include-workspace-root",
    "--stream",
    "--parallel",
    "--color",
    "--no-color",
    "--no-daemon",
    "--no-update-notifier",
    "--workspace-root",
    "--no-progress",
    "--sort",
    "--topological",
    "--bun",
    "--summarize",
];

/// What the words ask for; nothing where an option is not known.
pub(super) fn told(directory: &Path, words: &[&str]) -> Option<Told> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let runner = matches!(name, "turbo" | "lerna");
    let mut told = Told { directory: directory.to_path_buf(), ..Told::default() };
    let mut plain: Vec<&str> = Vec::new();
    let mut rest = rest.iter().copied().peekable();
    while let Some(word) = rest.next() {
        // What stands behind the script of these is handed to it.
        let passes = matches!(name, "yarn" | "pnpm" | "bun") && script(name, &plain, false).is_some();
        if word == "--" || passes && word.starts_with('-') && !is_where(word) {
            told.more.extend((word != "--").then(|| word.to_string()));
            told.more.extend(rest.by_ref().map(str::to_string));
            break;
        }
        if !word.starts_with('-') {
            plain.push(word);
            continue;
        }
        let (option, value) = word.split_once('=').map_or((word, None), |(o, value)| (o, Some(value)));
        let takes = |value: Option<&str>, rest: &mut dyn Iterator<Item = &str>| {
            value.map(str::to_string).or_else(|| rest.next().map(str::to_string))
        };
        match option {
            "--prefix" | "-C" | "--dir" | "--cwd" => {
                told.directory = clean(&told.directory.join(takes(value, &mut rest)?));
            }
            "-w" if name == "pnpm" => {}
            "-w" | "--workspace" | "--filter" | "-F" | "--scope" => {
                told.wanted.push(takes(value, &mut rest)?.trim_matches(['"', '\'']).to_string());
            }
            "--workspaces" | "-ws" | "-r" | "--recursive" => told.every = true,
            _ if value.is_none() && TAKES.contains(&option) => drop(rest.next()?),
            _ if PLAIN.contains(&option) || TAKES.contains(&option) => {}
            "-A" | "--all" | "-p" | "-t" | "-v" if plain.first() == Some(&"workspaces") => {}
            "--prod" | "-P" | "--legacy" | "--production" if plain.first() == Some(&"deploy") => {}
            _ if matches!(plain.first(), Some(&("install" | "i" | "ci"))) => {}
            _ => return None,
        }
    }
    match plain.as_slice() {
        ["workspaces", rest @ ..] if name == "yarn" => {
            told.every = true;
            plain = rest.iter().copied().filter(|word| *word != "foreach").collect();
        }
        ["workspace", package, rest @ ..] if name == "yarn" => {
            told.wanted.push((*package).to_string());
            plain = rest.to_vec();
        }
        _ => {}
    }
    // pnpm understands `-r` and a filter to be the same as a filter.
    told.every &= told.wanted.is_empty();
    told.every |= runner && told.wanted.is_empty();
    told.needed = name == "turbo" || told.wanted.iter().any(|name| name.ends_with("..."));
    if let (Some("deploy"), "pnpm") = (plain.first().copied(), name) {
        let [_, place] = plain.as_slice() else { return None };
        told.verb = Verb::Deploy(clean(&told.directory.join(place)));
        return Some(told);
    }
    told.verb = script(name, &plain, runner)?;
    // Of a runner's scripts all are run, of a manager's one.
    let run = usize::from(matches!(plain.first(), Some(&("run" | "run-script"))));
    let more = plain.get(run + 1..).unwrap_or_default();
    if runner && !more.is_empty() {
        return None;
    }
    told.more.splice(0..0, more.iter().map(|word| (*word).to_string()));
    Some(told)
}

/// Whether an option says where something runs, and belongs to the manager behind the script's name as well.
fn is_where(option: &str) -> bool {
    ["--filter", "--cwd"].iter().any(|known| option.split('=').next() == Some(known))
}

/// The verb that the words mean which are no options.
fn script(name: &str, plain: &[&str], runner: bool) -> Option<Verb> {
    match plain {
        ["run" | "run-script", script, ..] => Some(Verb::Script((*script).to_string())),
        ["install" | "i" | "ci", ..] if !runner => Some(Verb::Install),
        [script] if runner && *script != "prune" => Some(Verb::Script((*script).to_string())),
        ["add" | "remove" | "exec" | "dlx" | "workspace" | "workspaces" | "run" | "deploy" | "x", ..] => None,
        [script, ..] if matches!(name, "yarn" | "pnpm") => Some(Verb::Either((*script).to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_managers_and_runners_are_told() {
        let of = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            told(Path::new("/app"), &words)
        };
        let build = |wanted: &str| {
            Some(Told {
                directory: "/app".into(),
                wanted: vec![wanted.to_string()],
                verb: Verb::Script("build".to_string()),
                ..Told::default()
            })
        };
        for text in
            ["npm run build --workspace=web", "npm run build -w web", "npm -w web run build --if-present"]
        {
            assert_eq!(of(text), build("web"), "{text}");
        }
        for text in
            ["pnpm --filter web run build", "yarn workspace web run build", "bun run --filter web build"]
        {
            assert_eq!(of(text), build("web"), "{text}");
        }
        for text in ["pnpm --filter web build", "yarn workspace web build", "pnpm -F web build"] {
            let told = of(text).unwrap_or_default();
            assert_eq!((told.wanted, told.verb), (vec!["web".to_string()], Verb::Either("build".into())));
        }
        let turbo = of("turbo run build --filter=web...").unwrap_or_default();
        assert!(turbo.needed && !turbo.every && turbo.verb == Verb::Script("build".into()));
        assert!(of("turbo build").is_some_and(|told| told.every && told.needed));
        assert!(of("npm run build --workspaces --if-present").is_some_and(|told| told.every));
        assert!(of("yarn workspaces foreach -A run build").is_some_and(|told| told.every));
        assert!(of("npm --prefix web run build").is_some_and(|told| told.directory == Path::new("/app/web")));
        assert!(of("yarn build --mode production").is_some_and(|told| told.more.len() == 2));
        let deploy = of("pnpm --filter=api deploy --prod /prod/api").unwrap_or_default();
        assert_eq!(deploy.verb, Verb::Deploy("/prod/api".into()));
        for text in ["npm run build --odd", "turbo run build lint", "turbo prune web --docker", "npm init"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
