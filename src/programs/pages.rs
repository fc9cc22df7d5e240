//! How the pages that a service gives out come to the values of variables: a bundler puts them into the code when
//! the image is built, a development server when it starts. `rules/data/browsers.yaml`, typed, is what is known
//! of that.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::dockerfile::Run;
use super::entry::{Launch, Machine, Started};
use super::page_addresses;
use super::prerendered::{self, Prerendered};
use super::unset_pages::{self, Unset};
use super::{Module, Role, absent, has_extension, javascript, own_image};
use crate::compose::Project;
use crate::source::{Span, Text};

const TABLE: &str = include_str!("../../rules/data/browsers.yaml");

/// The dotenv files that bundlers read for what they build.
const DOTENV: [&str; 4] = [".env", ".env.production", ".env.local", ".env.production.local"];

/// Servers of pages, and where their images have them.
const SERVERS: [&str; 4] = ["nginx", "httpd", "httpd-foreground", "caddy"];
const ROOTS: [&str; 3] = ["/usr/share/nginx/html", "/usr/local/apache2/htdocs", "/usr/share/caddy"];

/// Scripts of a manifest that lead to each other.
const MAX_SCRIPTS: usize = 12;

/// Variables that a bundler puts into the code of pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// How their names start.
    pub prefix: String,
    /// The tool, for people.
    pub title: String,
    /// Whether what the container has counts, and not what the build had.
    #[serde(default)]
    pub at_start: bool,
    /// Whether other programs use such names, too.
    #[serde(default)]
    pub vague: bool,
    /// Whether the same code runs on the server, too.
    #[serde(default)]
    pub on_servers: bool,
    builds: Vec<String>,
    develops: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    conventions: Vec<Convention>,
    substitutes: Vec<String>,
    packages: Vec<String>,
    servers: Vec<String>,
    inside: Vec<String>,
    renders: Vec<String>,
    hosts: Vec<String>,
}

fn table() -> &'static Table {
    static BROWSERS: OnceLock<Table> = OnceLock::new();
    BROWSERS.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// The convention that a variable's name follows.
#[must_use]
pub fn convention(name: &str) -> Option<&'static Convention> {
    let starts = |row: &&Convention| name.len() > row.prefix.len() && name.starts_with(row.prefix.as_str());
    table().conventions.iter().find(starts)
}

/// Whether a text speaks of a program that runs a browser within the container.
#[must_use]
pub fn runs_browser(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    table().inside.iter().any(|word| text.contains(word.as_str()))
}

/// Whether a file of this name runs on the server, also in the code of pages: settings of development servers,
/// what frameworks keep for the server.
#[must_use]
pub fn runs_on_server(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let folder = path.iter().any(|part| part == "server");
    folder || table().servers.iter().any(|start| name.starts_with(start.as_str()))
}

/// How a service's pages come to the values of variables.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// The build of the image that makes a bundle, with what it knows.
    pub bundle: Option<Bundle>,
    /// Whether the code is bundled when the container starts.
    pub at_start: bool,
    /// The prefixes of the tools that bundle it then, as far as they are known.
    pub develops: Vec<&'static str>,
    /// Whether something may put values into a finished bundle.
    pub substitutes: bool,
    /// Whether a browser runs within the container.
    pub browses: bool,
    /// What the code of its pages asks, as it is written there, where all of it is run in browsers.
    pub asked: page_addresses::Asked,
    /// Whether all that runs in the container hands pages to browsers: the code is run there, and not here.
    pub only: bool,
}

/// A bundle that the build of an image makes.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The prefixes of the tools that make it; empty when that is not known.
    pub prefixes: Vec<&'static str>,
    /// The `RUN` that makes it.
    pub made_by: Span,
    /// The variables that it is made with.
    pub variables: HashSet<String>,
    /// Whether it may have others, of a file that is not here and is spoken of, or that a script hands to the build.
    pub open: bool,
    /// Whether a file that is not here would be a part of it.
    pub unsealed: bool,
    /// The addresses of its pages that begin with a variable.
    pub unset: Vec<Unset>,
    /// A page that asks a database when it is made.
    pub prerendered: Option<Prerendered>,
}

impl Pages {
    /// Whether a module is run in browsers alone.
    #[must_use]
    pub fn run(&self, module: &Module) -> bool {
        self.only
            && module.role == Role::Source
            && has_extension(&module.path, &javascript::EXTENSIONS)
            && !runs_on_server(&module.path)
    }

    /// Whether the tools that bundle the code are known, and none of them puts variables of this convention into it.
    #[must_use]
    pub fn leaves_out(&self, convention: &Convention) -> bool {
        let bundled = self.bundle.iter().flat_map(|bundle| &bundle.prefixes);
        let mut tools = bundled.chain(&self.develops).peekable();
        let unknown = self.bundle.as_ref().is_some_and(|bundle| bundle.prefixes.is_empty());
        !unknown && tools.peek().is_some() && tools.all(|prefix| *prefix != convention.prefix)
    }
}

impl Bundle {
    fn nothing() -> Self {
        Self {
            prefixes: Vec::new(),
            made_by: Span::NONE,
            variables: HashSet::new(),
            open: false,
            unsealed: false,
            unset: Vec::new(),
            prerendered: None,
        }
    }

    /// Whether its tool puts variables of this convention into it.
    #[must_use]
    pub fn takes(&self, convention: &Convention) -> bool {
        let known = self.prefixes.iter().any(|prefix| *prefix == convention.prefix);
        known || self.prefixes.is_empty() && !convention.vague
    }
}

/// Looks at the builds and the start of a service.
pub(super) fn of(
    machine: &Machine<'_>,
    (project, commands): (&Project, &own_image::Commands),
    started: &Started,
    command: &[Text],
    base: Option<&str>,
    runs: &[Run],
) -> Pages {
    let mut pages = Pages::default();
    let sources = machine.sources;
    let handed = |name: &str| commands.give(sources.files(), project, name);
    let promised = |host: &Path| absent::is_promised(sources, project, host);
    for launch in &started.builds {
        let texts = meant(machine, launch);
        let tools = |phrase: fn(&Convention) -> &Vec<String>| -> Vec<&'static str> {
            let says = |row: &&Convention| {
                texts.iter().any(|text| phrase(row).iter().any(|phrase| runs_phrase(text, phrase)))
            };
            table().conventions.iter().filter(says).map(|row| row.prefix.as_str()).collect()
        };
        let prefixes = tools(|row| &row.builds);
        let unknown = texts.len() < 2 && is_script(launch) && is_build(launch);
        if prefixes.is_empty() && !unknown {
            continue;
        }
        let bundle = pages.bundle.get_or_insert_with(Bundle::nothing);
        let words = launch.words.join(" ");
        let run = runs.iter().find(|run| run.command.assumed().contains(&words));
        bundle.made_by = run.map_or(bundle.made_by, |run| run.command.span());
        let unseen = DOTENV.iter().filter_map(|name| {
            machine.below.place_for(machine.sources.files(), &launch.directory.join(name))
        });
        let unseen: Vec<PathBuf> = unseen.collect();
        bundle.unsealed |= !unseen.is_empty();
        bundle.open |=
            prefixes.iter().any(|prefix| handed(prefix)) || unseen.iter().any(|host| promised(host));
        let known = |name: &str| runs.iter().any(|run| run.command.assumed().contains(name));
        let unset = unset_pages::of(machine, &launch.directory, &prefixes);
        bundle.unset.extend(unset.into_iter().filter(|unset| !known(&unset.name)));
        let renders = prefixes.contains(&"NEXT_PUBLIC_") && bundle.prerendered.is_none();
        if renders && !texts.iter().any(|text| text.contains("--experimental")) {
            bundle.prerendered = prerendered::of(machine, &launch.directory);
        }
        bundle.prefixes.extend(prefixes);
        bundle.variables.extend(launch.env.keys().cloned());
        bundle.variables.extend(dotenv(machine, &launch.directory));
    }
    let starts: Vec<String> = started.commands.iter().flat_map(|launch| meant(machine, launch)).collect();
    let whole: Vec<String> = command.iter().map(Text::assumed).collect();
    let whole = whole.join(" ");
    let develops = |text: &String| {
        let words = ["dev", "develop", "serve", "watch", "start:dev"];
        let rows = table().conventions.iter();
        let mut phrases = rows.flat_map(|row| row.develops.iter().chain(&row.builds));
        phrases.any(|phrase| runs_phrase(text, phrase))
            || text.split_whitespace().any(|word| words.contains(&word))
    };
    let rows = table().conventions.iter();
    let by_tool = rows.filter(|row| {
        let mut phrases = row.develops.iter().chain(&row.builds);
        phrases.any(|phrase| starts.iter().chain([&whole]).any(|text| runs_phrase(text, phrase)))
    });
    pages.develops = by_tool.map(|row| row.prefix.as_str()).collect();
    // An image by itself starts its server.
    let by_image = base
        .filter(|_| command.is_empty())
        .map_or("", |base| base.split([':', '@']).next().unwrap_or(base))
        .to_string();
    pages.only = hands_out(&pages, starts.iter().chain([&whole, &by_image]))
        && !started
            .commands
            .iter()
            .filter_map(|launch| manifest(machine, &launch.directory))
            .any(|text| renders(&text));
    pages.at_start = starts.iter().any(develops) || develops(&whole) || whole.contains("build");
    let scripts = started.scripts.iter().filter_map(|script| sources.load(&script.path).ok());
    let mut texts: Vec<String> = scripts.map(|script| script.text.to_string()).collect();
    texts.extend(starts.iter().cloned());
    texts.push(whole.clone());
    let puts = |text: &String| table().substitutes.iter().any(|word| text.contains(word.as_str()));
    // A script that is not seen may do anything; nginx' image runs those of a folder by itself.
    let unseen = whole.split_whitespace().any(|word| word.ends_with(".sh")) && started.scripts.is_empty();
    let own = machine.below.layers().iter().any(|layer| layer.target.starts_with("/docker-entrypoint.d"));
    let builds = started.builds.iter().filter(|launch| is_script(launch));
    let library = builds
        .filter_map(|launch| manifest(machine, &launch.directory))
        .any(|text| table().packages.iter().any(|name| text.contains(name.as_str())));
    pages.substitutes = unseen || own || library || texts.iter().any(puts);
    if pages.only {
        let mut folders: Vec<&PathBuf> = match pages.bundle.is_some() {
            true => started
                .builds
                .iter()
                .filter(|launch| is_script(launch) && is_build(launch))
                .map(|launch| &launch.directory)
                .collect(),
            false => started.commands.iter().map(|launch| &launch.directory).collect(),
        };
        folders.sort();
        folders.dedup();
        for folder in folders.into_iter().filter(|folder| folder.as_path() != Path::new("/")) {
            let asked = page_addresses::of(machine, folder);
            pages.asked.addresses.extend(asked.addresses);
            pages.asked.paths.extend(asked.paths);
        }
    }
    // What a web server hands out as it is, is run in browsers, too.
    let serves = |text: &String| SERVERS.iter().any(|name| segments(text).any(|words| begins(&words, name)));
    let plain = !pages.only && pages.bundle.is_none() && !starts.iter().any(|text| runs_programs(text));
    if plain && starts.iter().chain([&whole, &by_image]).any(serves) {
        let layers = machine.below.layers();
        let filled = |root: &&Path| {
            layers.iter().any(|layer| layer.target.starts_with(root) || root.starts_with(&layer.target))
        };
        for root in ROOTS.iter().map(Path::new).filter(filled) {
            let asked = page_addresses::of(machine, root);
            pages.asked.addresses.extend(asked.addresses);
            pages.asked.paths.extend(asked.paths);
        }
    }
    pages.browses = runs_browser(&whole) || base.is_some_and(runs_browser);
    pages
}

/// Whether commands only hand pages to browsers: a tool that bundles them when it starts, or what hands out a finished
/// bundle.
fn hands_out<'t>(pages: &Pages, texts: impl Iterator<Item = &'t String> + Clone) -> bool {
    let for_pages = |prefix: &&'static str| {
        table().conventions.iter().any(|row| row.prefix == **prefix && !row.on_servers && !row.vague)
    };
    let all = |prefixes: &[&'static str]| !prefixes.is_empty() && prefixes.iter().all(for_pages);
    let hosts =
        |text: &String| table().hosts.iter().any(|host| segments(text).any(|words| begins(&words, host)));
    let finished = pages.develops.is_empty()
        && pages.bundle.as_ref().is_some_and(|bundle| all(&bundle.prefixes))
        && texts.clone().any(hosts);
    (all(&pages.develops) || finished) && !texts.clone().any(|text| runs_programs(text))
}

/// Whether the manifest has a framework whose code runs on the server, too.
fn renders(manifest: &str) -> bool {
    table().renders.iter().any(|name| manifest.contains(&format!("\"{name}\"")))
}

/// The commands in a text, also those that are handed to another in quotes, without what stands before their names.
fn segments(text: &str) -> impl Iterator<Item = Vec<&str>> {
    const BEFORE: [&str; 8] = ["npx", "cross-env", "exec", "pnpm", "yarn", "bunx", "dlx", "-y"];
    text.split(['&', '|', ';', '\n', '"', '\'']).map(|segment| {
        let words = segment.split_whitespace();
        words
            .skip_while(|word| BEFORE.contains(word) || word.contains('=') && !word.starts_with('-'))
            .collect()
    })
}

fn begins(words: &[&str], phrase: &str) -> bool {
    let mut words = words.iter();
    phrase.split(' ').all(|part| words.next().is_some_and(|word| word.rsplit('/').next() == Some(part)))
}

/// Whether a command starts a program that is no bundler, as far as it can be told.
fn runs_programs(text: &str) -> bool {
    const PROGRAMS: [&str; 18] = [
        "node",
        "nodemon",
        "ts-node",
        "ts-node-dev",
        "tsx",
        "deno",
        "pm2",
        "pm2-runtime",
        "nest",
        "next",
        "nuxt",
        "python",
        "python3",
        "gunicorn",
        "uvicorn",
        "php",
        "java",
        "electron",
    ];
    text.contains("npm:")
        || segments(text).any(|words| PROGRAMS.iter().any(|program| begins(&words, program)))
}

/// What a launch comes to: itself, and the scripts of the nearest manifest that it runs.
fn meant(machine: &Machine<'_>, launch: &Launch) -> Vec<String> {
    let mut texts = vec![launch.words.join(" ")];
    let text = is_script(launch).then(|| manifest(machine, &launch.directory)).flatten();
    let parsed = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let Some(manifest) = parsed else { return texts };
    let mut at = 0;
    while let Some(text) = texts.get(at).filter(|_| at < MAX_SCRIPTS).cloned() {
        at += 1;
        let scripts = manifest.get("scripts").and_then(serde_json::Value::as_object);
        for (name, script) in scripts.into_iter().flatten() {
            let runs = text.split_whitespace().any(|word| word == name);
            if let Some(script) =
                script.as_str().filter(|script| runs && texts.iter().all(|text| text != script))
            {
                texts.push(script.to_string());
            }
        }
    }
    texts
}

/// The nearest manifest at or above a directory.
fn manifest(machine: &Machine<'_>, directory: &Path) -> Option<Arc<str>> {
    directory.ancestors().take(16).find_map(|folder| {
        let host = machine.below.file(machine.sources.files(), &folder.join("package.json"))?;
        Some(machine.sources.load(&host).ok()?.text.clone())
    })
}

/// Whether a package manager runs a script.
fn is_script(launch: &Launch) -> bool {
    const MANAGERS: &[&str] = &["npm", "yarn", "pnpm", "bun", "npx", "turbo", "nx", "lerna", "corepack"];
    launch.words.first().is_some_and(|word| MANAGERS.contains(&word.rsplit('/').next().unwrap_or(word)))
}

fn is_build(launch: &Launch) -> bool {
    launch.words.iter().any(|word| word == "build" || word.starts_with("build:"))
}

/// Whether a command runs this: `vite build` in `tsc && vite build --mode production`. A tool alone is that tool
/// without a further word.
fn runs_phrase(text: &str, phrase: &str) -> bool {
    let commands = text.split(['&', '|', ';', '\n']);
    let mut words = commands.map(|command| command.split_whitespace().collect::<Vec<_>>());
    let wanted: Vec<&str> = phrase.split(' ').collect();
    words.any(|words| {
        let at = words.windows(wanted.len()).position(|window| window == wanted.as_slice());
        at.is_some_and(|at| wanted.len() > 1 || words.get(at + 1).is_none_or(|next| next.starts_with('-')))
    })
}

/// The names that the dotenv files beside the code set for a build.
fn dotenv(machine: &Machine<'_>, directory: &Path) -> Vec<String> {
    let hosts =
        DOTENV.iter().filter_map(|name| machine.below.file(machine.sources.files(), &directory.join(name)));
    let files = hosts.filter_map(|host| machine.sources.load(&host).ok());
    let mut found = Vec::new();
    for file in files {
        let lines = file.text.lines().filter_map(|line| line.split_once('='));
        found.extend(lines.map(|(name, _)| name.trim().trim_start_matches("export ").trim().to_string()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        for row in &table.conventions {
            assert!(row.prefix.ends_with('_'), "{}", row.prefix);
            assert!(!row.builds.is_empty() && !row.develops.is_empty(), "{}", row.prefix);
            let hidden = table.conventions.iter().take_while(|other| other.prefix != row.prefix);
            assert!(hidden.into_iter().all(|other| !row.prefix.starts_with(&other.prefix)), "{}", row.prefix);
        }
        assert_eq!(convention("VITE_API_URL").map(|row| row.title.as_str()), Some("Vite"));
        assert!(convention("VITE_").is_none() && convention("API_URL").is_none());
    }

    #[test]
    fn phrases() {
        assert!(runs_phrase("tsc -b && vite build", "vite build"));
        assert!(runs_phrase("vite --host", "vite"));
        assert!(!runs_phrase("vite preview --port 80", "vite"));
        assert!(!runs_phrase("vite build", "vite"));
        assert!(!runs_phrase("next start", "next dev"));
    }
}
