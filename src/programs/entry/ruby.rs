//! What starts Ruby: Rails, rack servers, workers, and plain scripts.

use std::path::Path;

use super::{Launch, Launched, Machine, Started, Starter};
use crate::programs::service_files::is_aside;
use crate::programs::{ModuleIndex, Scope, Source, has_extension};
use crate::source::Text;

pub(super) const LANGUAGE: &str = "ruby";
/// The configuration files that Rails loads.
const SETTINGS: &str = "rails";
/// Scripts by which a whole application is run.
const OF_AN_APPLICATION: [&str; 11] = [
    "rails",
    "rake",
    "sidekiq",
    "puma",
    "jobs",
    "good_job",
    "delayed_job",
    "resque",
    "hanami",
    "karafka",
    "thrust",
];

/// Ruby.
pub(super) struct Ruby;

impl Starter for Ruby {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        let words = &launch.words;
        match name {
            "bundle" | "bundler" => return bundle(launch, out),
            "thrust" => return Launched::Next(launch.with(words.iter().skip(1).cloned())),
            "rails" | "rake" | "good_job" | "delayed_job" | "jobs" | "hanami" | "karafka" | "racecar"
            | "anycable" | "skylight" | "passenger" | "spring" | "sneakers" | "resque"
            | "resque-scheduler" | "que" | "backburner" | "rpush" => whole(machine, launch, out),
            "sidekiq" | "shoryuken" | "sidekiqswarm" => worker(machine, launch, out),
            "puma" | "unicorn" | "unicorn_rails" | "rackup" | "thin" | "falcon" | "iodine" | "rerun"
            | "shotgun" => {
                rack(machine, launch, out);
            }
            "clockwork" => match words.iter().skip(1).find(|word| word.ends_with(".rb")) {
                Some(file) => script(machine, &launch.path(file), launch, out),
                None => whole(machine, launch, out),
            },
            "jekyll" | "irb" | "pry" => {
                out.language(LANGUAGE);
                out.foreign = true;
            }
            "ruby" | "jruby" => return interpreter(machine, launch, out),
            _ => return Launched::Other,
        }
        Launched::Started
    }

    fn script(&self, place: &Path, first: &str) -> bool {
        // Those of an application are known by their names.
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let ruby = first.starts_with("#!") && first.contains("ruby");
        has_extension(place, &["rb"]) || ruby && !OF_AN_APPLICATION.contains(&name)
    }

    fn file(&self, place: &Path, _arguments: &[String], out: &mut Started) {
        out.language(LANGUAGE);
        if let Some(directory) = place.parent() {
            out.root(directory);
        }
        out.files.push(place.to_path_buf());
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        if !started.languages.contains(&LANGUAGE) {
            return Vec::new();
        }
        let environment = environment(started);
        let mut found = Vec::new();
        for place in &started.files {
            let of_ruby = |index: &ModuleIndex| {
                scope.get(*index).is_some_and(|(_, source)| source.front_end.name() == LANGUAGE)
            };
            match scope.at(place).filter(of_ruby) {
                Some(index) => {
                    found.push(index);
                    // A script that loads the application's environment runs all of it.
                    let loads =
                        scope.get(index).is_some_and(|(_, source)| source.text().contains("environment"));
                    let root = place.ancestors().skip(1).take(3).find(|root| is_rails(scope, root));
                    if let Some(root) = root.filter(|_| loads) {
                        found.extend(application(scope, root, environment.as_deref()));
                    } else if let Some(directory) = place.parent() {
                        found.extend(settings(scope, directory));
                    }
                }
                None if !has_extension(place, &["rb", "ru", "php", "py"]) => {
                    found.extend(application(scope, place, environment.as_deref()));
                }
                None => {}
            }
        }
        found
    }
}

/// The environment of Rails that is started; `None` when it is not known.
fn environment(started: &Started) -> Option<String> {
    let mut launches = started.commands.iter().rev();
    let named = launches.find_map(|launch| {
        let of = |name: &str| launch.env.get(name).filter(|value| !value.is_empty()).cloned();
        of("RAILS_ENV").or_else(|| of("RACK_ENV"))
    });
    let name = named.unwrap_or_else(|| "development".to_string());
    (!name.contains(Text::HOLE)).then_some(name)
}

fn is_rails(scope: &Scope, root: &Path) -> bool {
    scope.at(&root.join("config/application.rb")).is_some()
        || scope.at(&root.join("config/environment.rb")).is_some()
}

/// Every source of the application below a directory: of Rails what it loads by itself.
fn application(scope: &Scope, root: &Path, environment: Option<&str>) -> Vec<ModuleIndex> {
    let rails = is_rails(scope, root);
    let mut found = Vec::new();
    for (index, place, source) in scope.iter() {
        let Ok(below) = place.strip_prefix(root) else { continue };
        if !matches!(source.front_end.name(), LANGUAGE | SETTINGS) || is_aside(below) {
            continue;
        }
        if !rails || loaded_by_rails(below, environment) {
            found.push(index);
        }
    }
    let cable = found.iter().filter_map(|index| scope.get(*index)).any(|(_, source)| uses_cable(source));
    found.retain(|index| {
        cable
            || scope
                .get(*index)
                .is_none_or(|(place, _)| place.file_name().is_none_or(|name| name != "cable.yml"))
    });
    found
}

/// Whether Rails loads the file at this place below its root.
fn loaded_by_rails(place: &Path, environment: Option<&str>) -> bool {
    let mut parts = place.iter().filter_map(|part| part.to_str());
    match parts.next() {
        Some("config") => {
            if let (Some("environments"), Some(file)) = (parts.next(), parts.next()) {
                return environment.is_none_or(|name| file.strip_suffix(".rb") == Some(name));
            }
            !place.ends_with("config/deploy.rb")
        }
        Some("lib") => !place.starts_with("lib/tasks") && !place.starts_with("lib/templates"),
        Some("app" | "packs" | "engines" | "components" | "packages" | "modules") => true,
        Some(file) => parts.next().is_none() && file.ends_with(".ru"),
        None => false,
    }
}

/// Whether the source sends or receives over Action Cable, which is what reads `cable.yml`.
fn uses_cable(source: &Source) -> bool {
    let words =
        ["ActionCable.server", "broadcast_", "broadcasts", "stream_from", "stream_for", "turbo_stream_from"];
    source.glance(|text| words.iter().any(|word| text.contains(word)))
}

/// The configuration files that libraries read from beside a script.
fn settings(scope: &Scope, directory: &Path) -> Vec<ModuleIndex> {
    let all = scope.iter().filter(|(_, place, source)| {
        source.front_end.name() == SETTINGS
            && (place.parent() == Some(directory) || place.parent() == Some(&directory.join("config")))
    });
    all.map(|(index, ..)| index).collect()
}

/// `bundle exec command`
fn bundle(launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    match words.get(1).map(String::as_str) {
        Some("exec") => {
            let at = super::wrappers::after_options(words, 2, &["--gemfile"]).unwrap_or(words.len());
            Launched::Next(launch.with(words.iter().skip(at).cloned()))
        }
        // Installing gems starts nothing.
        Some("install" | "check" | "config" | "update" | "clean" | "binstubs" | "package" | "lock")
        | None => Launched::Started,
        Some(_) => {
            out.unknown = true;
            Launched::Started
        }
    }
}

/// The whole application around the working directory.
fn whole(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    out.language(LANGUAGE);
    let root = launch.directory.clone();
    out.root(&root);
    dotenv(machine, &root, launch, out);
    out.files.push(root);
}

fn script(machine: &Machine<'_>, place: &Path, launch: &Launch, out: &mut Started) {
    out.language(LANGUAGE);
    out.root(&launch.directory);
    if let Some(directory) = place.parent() {
        out.root(directory);
    }
    dotenv(machine, &launch.directory, launch, out);
    out.files.push(place.to_path_buf());
}

/// `puma -C config/puma.rb`, `rackup config.ru`
fn rack(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    let words = launch.words.get(1..).unwrap_or_default();
    let given = words.iter().find(|word| word.ends_with(".ru")).map(|word| launch.path(word));
    let usual = launch.path("config.ru");
    let rails = ["config/application.rb", "config/environment.rb"];
    if rails.iter().any(|file| machine.has(&launch.path(file))) {
        return whole(machine, launch, out);
    }
    match given.or_else(|| Some(usual).filter(|place| machine.has(place))) {
        Some(place) => script(machine, &place, launch, out),
        None => whole(machine, launch, out),
    }
}

/// `sidekiq -r ./worker.rb`
fn worker(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    let words = &launch.words;
    let at = words.iter().position(|word| matches!(word.as_str(), "-r" | "--require"));
    let file = at.and_then(|at| words.get(at + 1)).or_else(|| {
        let attached = words.iter().find(|word| word.starts_with("-r") && word.ends_with(".rb"));
        attached.filter(|word| word.len() > 2)
    });
    match file {
        Some(file) if file.trim_start_matches("-r") != "." && file.contains(['.', '/']) => {
            let place = launch.path(file.trim_start_matches("-r"));
            match has_extension(&place, &["rb"]) {
                true => script(machine, &place, launch, out),
                false => whole(machine, &Launch { directory: place, ..launch.clone() }, out),
            }
        }
        _ => whole(machine, launch, out),
    }
}

/// `ruby file.rb`
fn interpreter(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let mut words = launch.words.iter().enumerate().skip(1);
    while let Some((at, word)) = words.next() {
        match word.as_str() {
            "-I" | "-r" | "-C" | "-E" | "-W" | "-x" => drop(words.next()),
            "-e" => {
                out.language(LANGUAGE);
                out.unknown = true;
                return Launched::Started;
            }
            // A program that is looked for: `ruby -S rails server`.
            "-S" => return Launched::Next(launch.with(launch.words.iter().skip(at + 1).cloned())),
            "--" => {}
            option if option.starts_with('-') => {}
            file => {
                let name = file.rsplit('/').next().unwrap_or(file);
                match OF_AN_APPLICATION.contains(&name) {
                    true => whole(machine, launch, out),
                    false => script(machine, &launch.path(file), launch, out),
                }
                return Launched::Started;
            }
        }
    }
    out.language(LANGUAGE);
    out.unknown = true;
    Launched::Started
}

/// The dotenv files that `dotenv-rails` loads where the Gemfile has it for the environment, those that win first.
fn dotenv(machine: &Machine<'_>, root: &Path, launch: &Launch, out: &mut Started) {
    let Some(gemfile) = machine.text(&root.join("Gemfile")) else { return };
    let of = |name: &str| launch.env.get(name).filter(|value| !value.is_empty());
    let name = of("RAILS_ENV").or_else(|| of("RACK_ENV")).map_or("development", String::as_str);
    if !has_gem(&gemfile, "dotenv-rails", name) {
        return;
    }
    for file in [format!(".env.{name}.local"), ".env.local".into(), format!(".env.{name}"), ".env".into()] {
        if !(file == ".env.local" && name == "test") {
            out.dotenv.push(root.join(file));
        }
    }
}

/// Whether a Gemfile has the gem in the environment: `group :development, :test do`, `gem "x", group: :development`.
fn has_gem(gemfile: &str, gem: &str, environment: &str) -> bool {
    let symbol = format!(":{environment}");
    let mut groups: Vec<bool> = Vec::new();
    for line in gemfile.lines().map(str::trim) {
        if line.starts_with("group ") && line.ends_with("do") {
            groups.push(line.contains(&symbol));
        } else if line.ends_with(" do") {
            groups.push(true);
        } else if line == "end" {
            groups.pop();
        } else if line.starts_with("gem ")
            && line.contains(&format!("{gem}\"")) | line.contains(&format!("{gem}'"))
        {
            let inline = !line.contains("group") || line.contains(&symbol);
            return inline && groups.iter().all(|active| *active);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gems_of_a_group() {
        let gemfile = "gem 'rails'\ngroup :development, :test do\n  gem 'dotenv-rails'\nend\n";
        assert!(has_gem(gemfile, "dotenv-rails", "development"));
        assert!(!has_gem(gemfile, "dotenv-rails", "production"));
        assert!(has_gem("gem \"dotenv-rails\", \"~> 3\"\n", "dotenv-rails", "production"));
    }

    #[test]
    fn what_rails_loads() {
        let loaded = |place: &str| loaded_by_rails(Path::new(place), Some("production"));
        assert!(loaded("config/environments/production.rb") && !loaded("config/environments/test.rb"));
        assert!(loaded("app/jobs/send.rb") && loaded("config.ru") && loaded("config/database.yml"));
        assert!(!loaded("Rakefile") && !loaded("db/seeds.rb") && !loaded("bin/rails"));
    }
}
