//! The configuration files that the programs of a container read from where they lie.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use globset::Glob;
use rayon::prelude::*;

use super::dockerfile::Run;
use super::proxies::{nginx, nginx_headers};
use super::service_files::{ImageTree, Walks};
use super::{FRONT_ENDS, FrontEnd, Module, Role, Source, Sources, front_end};
use crate::source::{Kind, SourceMap, clean};

/// A container that holds more configuration files than this is cut short.
const MAX_FILES: usize = 400;

/// The main file of nginx.
const NGINX: &str = "/etc/nginx/nginx.conf";

/// Directories of containers whose files are configuration.
pub(super) const FOLDERS: &[&str] = &[
    "/etc",
    "/usr/local/etc",
    "/usr/local/apache2/conf",
    "/config",
    "/conf",
    "/traefik",
    "/opt",
    "/rules",
    "/dynamic",
    "/dynamic_conf",
    "/dynamic-conf",
    "/configurations",
    "/usr/share/logstash",
    "/usr/share/kibana/config",
    "/usr/share/filebeat",
    "/usr/share/metricbeat",
    "/usr/share/data-prepper",
    "/mosquitto/config",
    "/vault/config",
    "/consul/config",
    "/bitnami/nginx/conf",
    "/connectors",
];

/// Those that hold nothing else.
const OWN_FOLDERS: &[&str] = &[
    "/etc",
    "/usr/local/etc",
    "/usr/local/apache2/conf",
    "/usr/share/logstash/pipeline",
    "/usr/share/logstash/config",
    "/usr/share/kibana/config",
    "/usr/share/data-prepper",
    "/mosquitto/config",
    "/vault/config",
];

/// The main files of public images, in whatever folder they are mounted with: what lies there is that image's.
const MAIN: &[&str] = &[
    "configuration.yml",
    "configuration.yaml",
    "config.yml",
    "config.yaml",
    "config.toml",
    "homeserver.yaml",
    "app.ini",
    "flows.json",
];

/// Where programs look for a file of their own, below the directory they start in.
const USUAL: &[&str] = &[
    "config",
    "config/config",
    "config/default",
    "config/production",
    "conf/config",
    "settings",
    "config/base",
    "config/app",
    "config/application",
    "config/settings",
    "configs/app",
    "configs/application",
    "configs/default",
    "configuration/base",
    "configuration/default",
    "configuration/config",
    "settings/base",
    "settings/default",
    "configs/config",
];
const EXTENSIONS: &[&str] = &["toml", "yaml", "yml", "json", "ini", "conf", "properties"];

/// The settings that frameworks of Go look for by themselves, by a word of their import path.
const OF_FRAMEWORKS: &[(&str, &[&str])] = &[
    ("/beego", &["conf/app.conf"]),
    (
        "gogf/gf",
        &[
            "manifest/config/config.yaml",
            "manifest/config/config.toml",
            "config/config.yaml",
            "config/config.toml",
            "config.yaml",
            "config.toml",
        ],
    ),
];

/// The extensions of files that sources are searched for, and how many names are taken from them.
const NAMED: &[&str] = &[".yaml", ".yml", ".toml", ".ini", ".cfg"];
const MAX_NAMED: usize = 60;

/// What is known of the start of a program, to tell which files it reads.
pub(super) struct Started<'a> {
    /// Where it starts.
    pub directory: &'a Path,
    /// The words of its command, the values of its environment, the scripts that lead to it.
    pub words: String,
    /// Its sources.
    pub sources: Vec<&'a Arc<Source>>,
}

impl Started<'_> {
    /// Whether the container holds sources of the project, other than settings of its frameworks.
    fn holds_programs(&self) -> bool {
        let settings = |name: &str| matches!(name, "spring" | "appsettings");
        let language = |source: &&Arc<Source>| front_end(&source.path);
        self.sources.iter().filter_map(language).any(|language| !settings(language.name()))
    }
}

/// How many ways there are to speak of a file.
const PATTERNS: usize = 6;

/// Names of files that hold for every environment.
const GENERAL: &[&str] = &["base", "default", "config", "app", "application", "settings", "conf", "common"];

/// Which of some file names the start or the sources of a program speak of.
struct Spoken<'a> {
    started: &'a Started<'a>,
    names: Vec<String>,
    /// The names that sources hold, found in one go when somebody asks: most sources are not kept.
    in_sources: OnceCell<HashSet<String>>,
}

impl Spoken<'_> {
    fn of(&self, place: &Path) -> bool {
        let Some(name) = place.file_name().and_then(|name| name.to_str()) else { return false };
        self.started.words.contains(name) || self.in_sources.get_or_init(|| self.search()).contains(name)
    }

    fn search(&self) -> HashSet<String> {
        // Libraries that find the extension themselves are told the name without it.
        let patterns = self.names.iter().flat_map(|name| {
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            let last = match GENERAL.contains(&stem) {
                true => format!(", \"{stem}\")"),
                false => name.clone(),
            };
            [
                name.clone(),
                format!("with_name(\"{stem}\""),
                format!("/{stem}\")"),
                format!("ConfigName(\"{stem}\""),
                format!("config_name=\"{stem}\""),
                last,
            ]
        });
        let Ok(search) = AhoCorasick::new(patterns) else { return HashSet::new() };
        let within = |text: &str| -> HashSet<usize> {
            search.find_overlapping_iter(text).map(|found| found.pattern().as_usize() / PATTERNS).collect()
        };
        let found: HashSet<usize> =
            self.started.sources.par_iter().flat_map_iter(|source| source.glance(within)).collect();
        found.into_iter().filter_map(|at| self.names.get(at).cloned()).collect()
    }
}

/// Whether a command of the build edits the file where it lies (`sed -i s/a/b/ settings.yml`): what it says then is not seen.
pub(super) fn is_edited(runs: &[Run], file: &Path) -> bool {
    const EDITORS: [&str; 4] = ["sed -i", "sed --in-place", "perl -pi", "yq -i"];
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return false };
    runs.iter().map(|run| run.command.assumed()).any(|text| {
        let named = |word: &str| {
            let word = word.trim_matches(['"', '\'', ';']).rsplit('/').next().unwrap_or("");
            word.contains('.') && Glob::new(word).is_ok_and(|glob| glob.compile_matcher().is_match(name))
        };
        EDITORS.iter().any(|editor| text.contains(editor)) && text.split_whitespace().any(named)
    })
}

/// The configurations of a container, and the files of those of which nothing shows that they are read.
pub(super) fn of(
    sources: &SourceMap,
    files: &ImageTree,
    walks: &Walks,
    read: &Sources,
    started: &Started<'_>,
) -> (Vec<Arc<Module>>, HashSet<PathBuf>) {
    let (mut modules, mut doubted) = (Vec::new(), HashSet::new());
    let mut seen = HashSet::new();
    let frameworks = of_frameworks(started);
    let candidates = candidates(sources, files, walks, started, &frameworks);
    let names = candidates.iter().filter_map(|found| found.place.file_name()?.to_str());
    let names: HashSet<String> = names.map(str::to_string).collect();
    let spoken = Spoken { started, names: names.into_iter().collect(), in_sources: OnceCell::new() };
    let included = included(sources, read, &candidates);
    let nginx = |found: &Found| {
        let named = included.iter().any(|pattern| nginx::includes(pattern, &found.place));
        named.then(|| by_name("nginx"))?
    };
    let migrations = of_migrations(sources, files, started);
    let migrations = migrations.and_then(|host| read.get_as(sources, &host, by_name("config")?));
    modules.extend(migrations.map(|source| source.module().clone()));
    let nginx_folder = Path::new("/etc/nginx");
    let nginx_replaced = candidates.iter().any(|found| found.place == Path::new(NGINX));
    for found in candidates.into_iter().take(MAX_FILES) {
        let language = nginx(&found).or_else(|| language(&found, &spoken)).or_else(|| plain(&found, started));
        let Some(language) = language else { continue };
        if !seen.insert(found.host.clone()) {
            continue;
        }
        let Some(source) = read.get_as(sources, &found.host, language) else { continue };
        let mut module = source.module().clone();
        if let Some(refused) = nginx::misplaced(&module, &found.place)
            .filter(|_| !nginx_replaced || found.place == Path::new(NGINX))
            // `nginx -c FILE`, or another folder for what is made of templates (`NGINX_ENVSUBST_OUTPUT_DIR`).
            .filter(|_| {
                !started.words.lines().map(Path::new).any(|it| it == found.place || it == nginx_folder)
            })
        {
            Arc::make_mut(&mut module).refused.push(refused);
        }
        // Settings that dial nothing may say where a server listens.
        let says = [Module::ITSELF, Module::PASSWORD, nginx_headers::FOR_ALL]
            .iter()
            .any(|name| module.names.contains_key(*name));
        if module.is_blank() && !says {
            continue;
        }
        let own = || frameworks.iter().any(|name| found.place == clean(&started.directory.join(name)));
        let alone = || !found.mounted && !own() && (!spoken.of(&found.place) || is_pattern(&found.place));
        if module.role == Role::Settings && alone() {
            doubted.insert(module.path.clone());
        }
        modules.push(module);
    }
    (modules, doubted)
}

/// A file of the container.
struct Found {
    place: PathBuf,
    host: PathBuf,
    /// Whether it was mounted for its own sake.
    mounted: bool,
}

fn candidates(
    sources: &SourceMap,
    files: &ImageTree,
    walks: &Walks,
    started: &Started<'_>,
    frameworks: &[&str],
) -> Vec<Found> {
    let mut found: HashMap<PathBuf, Found> = HashMap::new();
    let mut order = Vec::new();
    let mut add = |place: PathBuf, host: PathBuf, mounted: bool| {
        order.push(place.clone());
        // The same file may be met twice.
        let known = found.get(&place).is_some_and(|known| known.mounted && known.host == host);
        let mounted = mounted || known;
        found.insert(place.clone(), Found { place, host, mounted });
    };
    // What is copied into an image that holds nothing else of the project is that image's as well.
    let bare = !started.holds_programs();
    let own = |target: &Path, hides: bool| hides || bare && !is_of_pages(target);
    for layer in files.layers() {
        if !layer.directory {
            if sources.files().kind(&layer.host) == Some(Kind::File) {
                add(layer.target.clone(), layer.host.clone(), own(&layer.target, layer.hides));
            }
        } else if !layer.outside && FOLDERS.iter().any(|folder| layer.target.starts_with(folder)) {
            for host in walks.below(sources, &layer.host, is_configuration).files.iter() {
                let Ok(below) = host.strip_prefix(&layer.host) else { continue };
                if !layer.leaves_out(host) {
                    // Of a folder of servers' own, a daemon reads what lies there; of others, who knows.
                    let read = own(&layer.target, layer.hides)
                        && OWN_FOLDERS.iter().any(|folder| layer.target.starts_with(folder));
                    add(layer.target.join(below), host.clone(), read);
                }
            }
        }
    }
    // Of a folder that is mounted into an image that holds no program of the project, its main file.
    for layer in files.layers().iter().filter(|layer| layer.directory && layer.hides && !layer.outside) {
        // Node-RED's flows stand beside its own settings, which are a program.
        for name in MAIN.iter().filter(|name| **name == "flows.json" || !started.holds_programs()) {
            let host = layer.host.join(name);
            if sources.files().kind(&host) == Some(Kind::File) {
                add(layer.target.join(name), host, true);
            }
        }
    }
    let usual =
        USUAL.iter().flat_map(|name| EXTENSIONS.iter().map(move |extension| format!("{name}.{extension}")));
    let named = started.words.split(|c: char| c.is_whitespace() || "=\"',;:".contains(c));
    let named =
        named.filter(|word| word.contains('.') && is_configuration(Path::new(word))).map(str::to_string);
    let by_sources = named_in_sources(started);
    let frameworks = frameworks.iter().map(|name| (*name).to_string());
    for name in usual.chain(named).chain(by_sources).chain(frameworks).take(MAX_FILES) {
        let place = clean(&started.directory.join(name));
        if let Some(host) = files.file(sources.files(), &place) {
            add(place, host, false);
        }
    }
    let mut unique = HashSet::new();
    order.retain(|place| unique.insert(place.clone()));
    order.into_iter().filter_map(|place| found.remove(&place)).collect()
}

/// The settings that the frameworks look for which a program's start file imports.
fn of_frameworks(started: &Started<'_>) -> Vec<&'static str> {
    let starts = started.sources.iter().filter(|source| source.path.ends_with("main.go"));
    let imported = |word: &str| starts.clone().any(|source| source.glance(|text| text.contains(word)));
    let found = OF_FRAMEWORKS.iter().filter(|(word, _)| imported(word));
    found.flat_map(|(_, names)| names.iter().copied()).collect()
}

/// The settings of Alembic, where migrations are run and take the address from there: the script that runs them may
/// make the engine otherwise.
fn of_migrations(sources: &SourceMap, files: &ImageTree, started: &Started<'_>) -> Option<PathBuf> {
    const OTHERWISE: [&str; 5] = [
        "set_main_option",
        "set_section_option",
        "sqlalchemy.url\"] =",
        "sqlalchemy.url'] =",
        "create_engine(",
    ];
    started.words.contains("alembic").then_some(())?;
    let mut scripts = started.sources.iter().filter(|source| source.path.ends_with("env.py"));
    let script = scripts.find(|source| source.glance(|text| text.contains("engine_from_config(")))?;
    let otherwise = |text: &str| {
        OTHERWISE.iter().any(|word| text.contains(word)) || text.replace("url=url", "").contains("url=")
    };
    if script.glance(otherwise) {
        return None;
    }
    files.file(sources.files(), &clean(&started.directory.join("alembic.ini")))
}

/// The configuration files that Python's sources name: `open("conf/settings.yaml")`, `BASE / "conf" / "settings.yaml"`.
fn named_in_sources(started: &Started<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let of_python = started.sources.iter().filter(|source| source.front_end.name() == "python");
    for source in of_python.filter(|source| source.concerned()) {
        let room = MAX_NAMED.saturating_sub(found.len());
        found.extend(source.named_files(named_in_text).iter().take(room).cloned());
    }
    found
}

fn named_in_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if found.len() >= MAX_NAMED || !NAMED.iter().any(|extension| line.contains(extension)) {
            continue;
        }
        let parts: Vec<&str> = line.split(['"', '\'']).skip(1).step_by(2).collect();
        let Some((last, before)) = parts.split_last().filter(|(last, _)| is_settings(last)) else {
            continue;
        };
        let folders = before
            .iter()
            .filter(|part| part.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)));
        let whole: Vec<&str> = folders.copied().chain([*last]).collect();
        found.extend([(*last).to_string(), whole.join("/")]);
    }
    found
}

/// Whether the text is the path of a file that a program may keep its settings in.
fn is_settings(text: &str) -> bool {
    const WORDS: [&str; 8] = ["conf", "setting", "database", "db", "secret", "param", "app", "default"];
    let name = text.rsplit('/').next().unwrap_or(text);
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let known = NAMED.iter().any(|known| known.strip_prefix('.') == Some(extension));
    known && !text.contains(['{', '*', ' ']) && WORDS.iter().any(|word| stem.contains(word))
}

/// The language that the file is read in: by the place where a server looks for it, or by its name where a
/// command speaks of it.
fn language(found: &Found, spoken: &Spoken<'_>) -> Option<&'static dyn FrontEnd> {
    let configurations = || FRONT_ENDS.iter().copied().filter(|language| !language.is_source());
    if let Some(language) = configurations().find(|language| language.reads_at(&found.place)) {
        return Some(language);
    }
    let by_name = [&found.host, &found.place].into_iter().find_map(|path| front_end(path));
    // What a command names as settings is some, whatever it ends with.
    let Some(by_name) = by_name else {
        let settings = super::has_extension(&found.place, &["config", "logstash", "pipeline"]);
        return self::by_name("config").filter(|_| settings && found.mounted && spoken.of(&found.place));
    };
    match by_name.name() {
        "config" => Some(by_name),
        "shell" => None,
        // A proxy's configuration elsewhere is a proxy's only where it is told to read it.
        _ => (!by_name.is_source() && spoken.of(&found.place)).then_some(by_name),
    }
}

/// What nginx is told to include by the files that it reads in any case: where it does not look by itself.
fn included(sources: &SourceMap, read: &Sources, candidates: &[Found]) -> Vec<String> {
    let Some(nginx) = by_name("nginx") else { return Vec::new() };
    let main = candidates.iter().take(MAX_FILES).filter(|found| nginx.reads_at(&found.place));
    let modules = main.filter_map(|found| read.get_as(sources, &found.host, nginx));
    modules.flat_map(|source| source.module().imports.clone()).map(|import| import.value).collect()
}

fn by_name(name: &str) -> Option<&'static dyn FrontEnd> {
    FRONT_ENDS.iter().copied().find(|language| language.name() == name)
}

/// The language of any program's settings, for a file that looks like another's (`application.yml`), where it is
/// mounted into a public image: of that one nothing else is known.
fn plain(found: &Found, started: &Started<'_>) -> Option<&'static dyn FrontEnd> {
    let by_name = front_end(&found.host)?;
    let settings = matches!(by_name.name(), "spring" | "appsettings");
    let alone = found.mounted && !started.holds_programs() && settings;
    alone.then(|| self::by_name("config"))?
}

/// Whether a file lies among those that a start script chooses from and copies elsewhere.
fn is_pattern(place: &Path) -> bool {
    const FOLDERS: [&str; 6] = ["default", "defaults", "examples", "samples", "templates", "skel"];
    let named = |name: &str| FOLDERS.iter().any(|folder| folder.eq_ignore_ascii_case(name));
    let folders = place.parent().into_iter().flat_map(Path::components);
    folders.filter_map(|part| part.as_os_str().to_str()).any(named)
}

/// Whether browsers get what lies there.
fn is_of_pages(place: &Path) -> bool {
    place
        .iter()
        .any(|folder| matches!(folder.to_str(), Some("html" | "www" | "public" | "htdocs" | "static")))
}

fn is_configuration(path: &Path) -> bool {
    let extension = path.extension().is_some();
    front_end(path).is_some_and(|language| !language.is_source() && language.name() != "shell")
        // `sites-enabled/default`, `Caddyfile`
        || !extension
        // `templates/default.conf.template`
        || super::has_extension(path, &["template"])
}
