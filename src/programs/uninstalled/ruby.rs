//! The gems that a program in Ruby loads, or is run by, and that its `Gemfile` does not have, or has for development only.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::gemfile::{self, Gem, Gems};
use super::loaders::{self, Loader};
use super::{Missing, Program, Uninstalled, table};
use crate::programs::ModuleIndex;
use crate::programs::entry::{Call, Way};
use crate::source::{SourceFile, Span, Spanned, Text};

/// Directories above the one that is started in which a `Gemfile` is looked for.
const MAX_ABOVE: usize = 3;
/// Modules of a program that are looked at.
const MAX_MODULES: usize = 500;

/// Gems that serve what `rails server` starts.
const SERVERS: [&str; 8] = ["puma", "thin", "unicorn", "falcon", "webrick", "passenger", "iodine", "agoo"];

/// What of gems is known.
pub(super) struct Bundle {
    /// The directory of its `Gemfile`, in the container.
    pub root: PathBuf,
    /// The `Gemfile`, on this machine.
    pub host: PathBuf,
    pub gems: Gems,
    pub lock: Option<Arc<SourceFile>>,
    /// The groups that are left out, and what says so.
    without: Vec<(String, Span)>,
}

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let Some(bundle) = Bundle::of(program) else { return Vec::new() };
    // Whatever else is started: what a command names is seen.
    let sure = program.is_sure();
    if program.may_install_more() {
        return Vec::new();
    }
    let mut out: Vec<Uninstalled> = Vec::new();
    let mut add = |found: Option<Uninstalled>| {
        let found = found.filter(|one| out.iter().all(|known| known.import != one.import));
        out.extend(found);
    };
    for call in &program.started.calls {
        if call.launch.way == Way::Perhaps {
            continue;
        }
        let name = call.launch.name();
        if let Some(packages) = loaders::all().commands.get(name)
            && let Some(at) = place(program, call, name)
        {
            add(bundle.missing(program, packages, at, Some(super::COMMAND)));
        }
        if let Some((task, packages)) = task_of(program, &bundle, call)
            && let Some(at) = place(program, call, task)
        {
            add(bundle.missing(program, packages, at, Some(super::TASK)));
        }
        let serves =
            name == "rails" && call.launch.words.iter().skip(1).any(|word| word == "s" || word == "server");
        if serves
            && SERVERS
                .iter()
                .all(|gem| !bundle.brings(gem) && bundle.gems.all.iter().all(|it| it.name != *gem))
            && is_of_three(program)
            && let Some(at) = place(program, call, name)
        {
            add(bundle.missing(program, &["puma".to_string()], at, Some(super::COMMAND)));
        }
    }
    if !sure {
        return out;
    }
    for loader in &loaders::all().ruby {
        if let Some((word, at)) = said(program, &bundle.root, loader)
            && let Some(packages) = loader.words.get(&word)
        {
            add(bundle.missing(program, packages, at, Some(&loader.title)));
        }
    }
    for import in required(program) {
        let name = import.value.split('/').next().unwrap_or_default();
        let whole = import.value.replace('/', "-");
        let dev = bundle.gems.all.iter().find(|gem| gem.name == whole || gem.name == name);
        if let Some(gem) = dev {
            add(bundle.missing(program, std::slice::from_ref(&gem.name), import.span, None));
        } else if let Some(row) = table::ruby().of(name)
            && !row.is_among(bundle.gems.all.iter().map(|gem| gem.name.as_str()))
        {
            add(bundle.missing(program, &[row.package()], import.span, None));
        }
    }
    for (gem, at) in initialized(program, &bundle) {
        add(bundle.missing(program, &[gem], at, None));
    }
    out
}

/// The task of Rake that a command runs and that gems bring, where the application has none of that name itself.
fn task_of<'c>(
    program: &Program<'_>,
    bundle: &Bundle,
    call: &'c Call,
) -> Option<(&'c str, &'static [String])> {
    let words = &call.launch.words;
    let of_rake = ["rails", "rake"].contains(&call.launch.name());
    let task = words
        .iter()
        .skip(1)
        .map(String::as_str)
        .find(|word| !word.starts_with('-') && !word.contains('='))?;
    let packages = loaders::all().tasks.get(task).filter(|_| of_rake)?;
    let files = program.machine.sources.files();
    let folder = program.machine.files.resolve(files, &bundle.root.join("lib/tasks"));
    let own = folder
        .iter()
        .flat_map(|folder| files.list(folder).iter().map(|name| folder.join(name)).collect::<Vec<_>>());
    let says = |place: PathBuf| {
        let file = program.machine.sources.load(&place);
        file.is_ok_and(|file| task.split(':').all(|part| file.text.contains(part)))
    };
    (!own.into_iter().any(says)).then_some((task, packages.as_slice()))
}

/// Whether the image has Ruby 3 or later, which brings no server of its own.
fn is_of_three(program: &Program<'_>) -> bool {
    let base = program.image.base.as_ref().map(|base| base.value.as_str());
    let tag = base.and_then(|base| base.rsplit('/').next()?.strip_prefix("ruby:"));
    tag.is_some_and(|tag| tag.starts_with(['3', '4']) || tag == "latest" || tag.starts_with("slim"))
}

/// The gems whose own constants are used while Rails starts, of those that may not be there.
fn initialized(program: &Program<'_>, bundle: &Bundle) -> Vec<(String, Span)> {
    let known = loaders::all()
        .commands
        .keys()
        .chain(loaders::all().ruby.iter().flat_map(|it| it.words.values().flatten()));
    let grouped = bundle.gems.all.iter().filter(|gem| !gem.groups.is_empty()).map(|gem| &gem.name);
    let absent = known.filter(|name| bundle.gems.all.iter().all(|gem| gem.name != **name));
    let constants: Vec<(&String, String)> =
        grouped.chain(absent).map(|name| (name, constant(name))).collect();
    let mut out = Vec::new();
    for (place, source) in program.loaded.iter().filter_map(|index| program.scope.get(*index)) {
        let within = place.parent().is_some_and(|folder| folder.ends_with("config/initializers"));
        if !within
            || !source.glance(|text| constants.iter().any(|(_, constant)| text.contains(constant.as_str())))
        {
            continue;
        }
        let Ok(file) = program.machine.sources.load(&source.path) else { continue };
        // What asks first, or loads by itself, is content without it.
        if ["defined?", "require ", "Rails.env", "rescue"].iter().any(|word| file.text.contains(word)) {
            continue;
        }
        for (gem, constant) in &constants {
            let mut at = 0;
            for line in file.text.split_inclusive('\n') {
                let start = at;
                at += line.len();
                let used = line.strip_prefix(constant.as_str()).map(|_| 0).or_else(|| {
                    let from = line.find(&format!(" {constant}"))? + 1;
                    (line.starts_with("Rails.") && line.contains(" do")).then_some(from)
                });
                let ends = |from: usize| {
                    let next = line.get(from + constant.len()..).and_then(|rest| rest.chars().next());
                    !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
                };
                if let Some(from) = used.filter(|from| ends(*from)) {
                    out.push(((*gem).clone(), file.slice(start + from, start + from + constant.len())));
                    break;
                }
            }
        }
    }
    out
}

/// The constant that a gem is called after: `rack-cors` has `Rack::Cors`.
fn constant(gem: &str) -> String {
    let camel = |word: &str| {
        let mut parts = word.chars();
        parts.next().map(|first| first.to_ascii_uppercase().to_string() + parts.as_str()).unwrap_or_default()
    };
    let parts = gem.split('-').map(|part| part.split('_').map(camel).collect::<String>());
    parts.collect::<Vec<_>>().join("::")
}

/// Where a command is called.
pub(super) fn place(program: &Program<'_>, call: &Call, name: &str) -> Option<Span> {
    // What a script hands on to stands in the command.
    if let Some(script) = &call.script
        && let Ok(file) = program.machine.sources.load(script)
        && let Some(from) = file.text.find(name)
    {
        return Some(file.slice(from, from + name.len()));
    }
    let spans = program.command.iter().filter(|text| text.assumed().contains(name)).map(Text::span);
    spans.chain([program.image.command_span]).find(|at| !at.is_none())
}

impl Bundle {
    pub(super) fn of(program: &Program<'_>) -> Option<Self> {
        let elsewhere = program.start.env.contains_key("BUNDLE_GEMFILE")
            || program.builds.iter().any(|(launch, _)| launch.env.contains_key("BUNDLE_GEMFILE"));
        let mut above = program.start.directory.ancestors().take(MAX_ABOVE).filter(|_| !elsewhere);
        let (root, file) = above
            .find_map(|root| Some((root.to_path_buf(), program.machine.load(&root.join("Gemfile"))?)))?;
        let gems = gemfile::read(&file);
        let lock = program.machine.load(&root.join("Gemfile.lock"));
        (!gems.open && !gems.all.is_empty()).then(|| Self {
            host: file.path.clone(),
            without: gemfile::without(program),
            root,
            gems,
            lock,
        })
    }

    /// The first of these gems, where none of them is installed.
    fn missing(
        &self,
        program: &Program<'_>,
        packages: &[String],
        at: Span,
        loader: Option<&'static str>,
    ) -> Option<Uninstalled> {
        let package = packages.first()?;
        let named: Vec<&Gem> = self.gems.all.iter().filter(|gem| packages.contains(&gem.name)).collect();
        let left_out = |gem: &&Gem| {
            let mut groups = gem.groups.iter();
            let found = |group: &String| self.without.iter().find(|(other, _)| other == group);
            let first = groups.next().and_then(found)?;
            groups.all(|group| found(group).is_some()).then_some(first.1)
        };
        let lack = if named.is_empty() {
            let brought = packages.iter().any(|name| self.brings(name));
            (!brought && !packages.iter().any(|name| program.is_spoken_of(name)))
                .then_some(Missing::Unnamed)?
        } else {
            let spans: Option<Vec<Span>> = named.iter().map(left_out).collect();
            let brought =
                self.lock.as_ref().is_some_and(|lock| packages.iter().any(|name| depends(&lock.text, name)));
            Missing::Development(*spans?.first().filter(|_| !brought)?)
        };
        Some(Uninstalled {
            import: package.clone(),
            package: package.clone(),
            at,
            named: false,
            manifest: Some(self.host.clone()),
            lack,
            sure: true,
            loader,
            similar: None,
        })
    }

    /// Whether another gem brings it, or may.
    pub(super) fn brings(&self, name: &str) -> bool {
        if let Some(lock) = &self.lock {
            return gemfile::is_brought(&lock.text, name);
        }
        let brings = |gem: &Gem| match gem.name.as_str() {
            // The seventh takes another client.
            "sidekiq" => {
                name == "redis" && ["1", "2", "3", "4", "5", "6"].iter().any(|old| is_of(&gem.rest, old))
            }
            "rails" | "railties" if name == "rails" => true,
            own => own.contains(name) && own != "redis-client",
        };
        self.gems.all.iter().any(brings)
    }
}

/// Whether a gem is held to a major version: `, "~> 6.5"`.
fn is_of(rest: &str, major: &str) -> bool {
    let text = rest.split(['"', '\'']).nth(1).unwrap_or("");
    let version = text.trim_start_matches(['~', '>', '<', '=', ' ']);
    version.split('.').next() == Some(major)
}

/// Whether a lock file says that another gem needs it.
fn depends(lock: &str, name: &str) -> bool {
    let mut lines = lock.lines().filter_map(|line| line.strip_prefix("      "));
    lines.any(|line| line.split([' ', '(']).next() == Some(name))
}

/// The word that a file of settings says for the environment that is started, and its place.
fn said(program: &Program<'_>, root: &Path, loader: &Loader) -> Option<(String, Span)> {
    let of = |name: &str| program.start.env.get(name).filter(|value| !value.is_empty());
    let environment = of("RAILS_ENV").or_else(|| of("RACK_ENV")).map_or("development", String::as_str);
    for name in &loader.files {
        let Some(file) = program.machine.load(&root.join(name.replace("{env}", environment))) else {
            continue;
        };
        let found = match name.ends_with(".yml") {
            true => of_section(&file, environment, &loader.key),
            false => of_code(&file, &loader.key),
        };
        match found {
            // A URL says another one than the file.
            Some(_) if loader.key == "adapter" && name.contains("database") && by_url(program).is_some() => {
                return by_url(program).map(|word| (word, found.map_or(Span::NONE, |(_, at)| at)));
            }
            Some(found) => return Some(found),
            None => {}
        }
    }
    None
}

/// The adapter that `DATABASE_URL` names.
fn by_url(program: &Program<'_>) -> Option<String> {
    let scheme = program.start.env.get("DATABASE_URL")?.split("://").next()?;
    Some(if scheme == "postgres" { "postgresql".to_string() } else { scheme.to_string() })
}

/// What a key says in the section of an environment, or in the one that is merged into it.
fn of_section(file: &SourceFile, environment: &str, key: &str) -> Option<(String, Span)> {
    let mut sections: Vec<(&str, &str)> = Vec::new();
    let mut found: Vec<(usize, String, Span)> = Vec::new();
    let mut merges: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let said = line.trim();
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            let (name, rest) = said.split_once(':').unwrap_or((said, ""));
            sections
                .push((name, rest.trim().trim_start_matches('&').split_whitespace().next().unwrap_or("")));
            continue;
        }
        let section = sections.len().checked_sub(1)?;
        let Some((name, value)) = said.split_once(':') else { continue };
        let value = value.split(" #").next().unwrap_or(value).trim();
        if name == "<<" {
            merges.push((section, value.trim_start_matches('*')));
        } else if name == key {
            let from = start + line.find(value).unwrap_or(0);
            let plain = value.trim_matches(['"', '\'']);
            found.push((section, plain.to_string(), file.slice(from, from + value.len())));
        }
    }
    let own = sections.iter().position(|(name, _)| *name == environment)?;
    let of = |section: usize| found.iter().find(|(at, ..)| *at == section);
    let merged = || {
        let (_, anchor) = merges.iter().find(|(at, _)| *at == own)?;
        of(sections.iter().position(|(_, other)| other == anchor)?)
    };
    of(own).or_else(merged).map(|(_, word, at)| (word.clone(), *at))
}

/// The symbol that a key is set to, in a line of its own: `config.cache_store = :redis_cache_store, { … }`.
fn of_code(file: &SourceFile, key: &str) -> Option<(String, Span)> {
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(rest) = line.trim_start().strip_prefix(key) else { continue };
        let Some(rest) = rest.trim_start().strip_prefix('=') else { continue };
        let word = rest.trim_start().strip_prefix(':')?;
        let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(word.len());
        let from = start + (line.len() - word.len());
        // A condition behind it decides.
        let decided = word.contains(" if ") || word.contains(" unless ");
        let word = word.get(..end).filter(|_| !decided)?;
        return Some((word.to_string(), file.slice(from, from + end)));
    }
    None
}

/// What the program surely loads when it starts: in lines of their own, without anything around them.
fn required(program: &Program<'_>) -> Vec<Spanned<String>> {
    let scope = program.scope;
    let of_rails = |place: &Path| {
        ["boot.rb", "application.rb", "environment.rb"]
            .iter()
            .any(|name| place.ends_with(Path::new("config").join(name)))
    };
    let rails =
        program.loaded.iter().any(|index| scope.get(*index).is_some_and(|(place, _)| of_rails(place)));
    let mut queue: Vec<ModuleIndex> = if rails {
        let loaded = program.loaded.iter().copied();
        loaded.filter(|index| scope.get(*index).is_some_and(|(place, _)| of_rails(place))).collect()
    } else {
        let named = |index: &ModuleIndex| {
            scope.get(*index).is_some_and(|(place, _)| program.started.files.iter().any(|file| file == place))
        };
        program.entries.iter().copied().filter(named).collect()
    };
    let mut seen: HashSet<ModuleIndex> = HashSet::new();
    let mut out = Vec::new();
    while let Some(index) = queue.pop() {
        if !seen.insert(index) || seen.len() > MAX_MODULES {
            continue;
        }
        let Some((_, source)) = scope.get(index).filter(|(_, source)| source.front_end.name() == "ruby")
        else {
            continue;
        };
        let Ok(file) = program.machine.sources.load(&source.path) else { continue };
        let mut at = 0;
        for line in file.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let relative = line.starts_with("require_relative ");
            if !relative && !line.starts_with("require \"") && !line.starts_with("require '") {
                continue;
            }
            let said = line.trim_end();
            let Some(name) = said.split(['"', '\'']).nth(1).filter(|_| !said.contains(" if ")) else {
                continue;
            };
            let from = start + said.find(name).unwrap_or(0);
            let module =
                if relative { format!("./{}", name.trim_start_matches("./")) } else { name.to_string() };
            let own = scope.resolve(index, &module);
            queue.extend(own);
            if own.is_none() && !relative && !program.is_own(name.split('/').next().unwrap_or(name)) {
                out.push(Spanned::new(name.to_string(), file.slice(from, from + name.len())));
            }
        }
    }
    out
}
