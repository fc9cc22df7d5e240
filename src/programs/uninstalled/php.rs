//! The packages that Laravel loads for what its settings say, and that `composer.json` does not have, or has for development
//! only.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::entry::{Call, Way};
use super::loaders::{self, Loader};
use super::{Missing, Program, Uninstalled};
use crate::source::{SourceFile, Span, Text};

/// Directories above the one that is started in which a manifest is looked for.
const MAX_ABOVE: usize = 3;
/// What factories of models take their data from.
const RUNTIME: &str = "autoload_runtime.php";
/// Bundles of Symfony that many load, and the packages that hold them.
const BUNDLES: [(&str, &str); 14] = [
    ("Symfony\\Bundle\\WebProfilerBundle\\WebProfilerBundle", "symfony/web-profiler-bundle"),
    ("Symfony\\Bundle\\TwigBundle\\TwigBundle", "symfony/twig-bundle"),
    ("Symfony\\Bundle\\MakerBundle\\MakerBundle", "symfony/maker-bundle"),
    ("Symfony\\Bundle\\DebugBundle\\DebugBundle", "symfony/debug-bundle"),
    ("Symfony\\Bundle\\MonologBundle\\MonologBundle", "symfony/monolog-bundle"),
    ("Symfony\\Bundle\\SecurityBundle\\SecurityBundle", "symfony/security-bundle"),
    ("Symfony\\WebpackEncoreBundle\\WebpackEncoreBundle", "symfony/webpack-encore-bundle"),
    ("Doctrine\\Bundle\\DoctrineBundle\\DoctrineBundle", "doctrine/doctrine-bundle"),
    ("Doctrine\\Bundle\\MigrationsBundle\\DoctrineMigrationsBundle", "doctrine/doctrine-migrations-bundle"),
    ("Doctrine\\Bundle\\FixturesBundle\\DoctrineFixturesBundle", "doctrine/doctrine-fixtures-bundle"),
    ("Nelmio\\CorsBundle\\NelmioCorsBundle", "nelmio/cors-bundle"),
    ("Nelmio\\Alice\\Bridge\\Symfony\\NelmioAliceBundle", "nelmio/alice"),
    (
        "Lexik\\Bundle\\JWTAuthenticationBundle\\LexikJWTAuthenticationBundle",
        "lexik/jwt-authentication-bundle",
    ),
    ("Hautelook\\AliceBundle\\HautelookAliceBundle", "hautelook/alice-bundle"),
];
const FAKER: &str = "fakerphp/faker";

/// What is known of Composer's packages.
struct Composer {
    root: PathBuf,
    manifest: Arc<SourceFile>,
    json: serde_json::Value,
    lock: Option<serde_json::Value>,
    /// What leaves out those for development.
    without: Option<Span>,
}

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let Some(composer) = composer(program) else { return Vec::new() };
    // Branches of start scripts choose between programs of PHP.
    let branches = program.started.calls.iter().any(|call| call.launch.way == Way::Perhaps);
    let sure = program.is_sure() && (!branches || program.entries.len() == 1);
    if !sure || program.may_install_more() {
        return Vec::new();
    }
    let mut out: Vec<Uninstalled> = Vec::new();
    for loader in &loaders::all().php {
        if let Some((word, at)) = said(program, &composer.root, loader)
            && let Some(packages) = loader.words.get(&word)
        {
            out.extend(composer.missing(program, packages, at, &loader.title));
        }
    }
    for loader in &loaders::all().php {
        for (word, packages) in &loader.words {
            if let Some(at) = called(program, &loader.calls, word)
                .filter(|_| out.iter().all(|one| Some(&one.import) != packages.first()))
            {
                out.extend(composer.missing(program, packages, at, &loader.title));
            }
        }
    }
    for call in &program.started.calls {
        let Some((command, packages)) = commanded(program, call) else { continue };
        if let Some(at) = super::ruby::place(program, call, command) {
            out.extend(composer.missing(program, packages, at, super::COMMAND));
        }
    }
    for file in ["public/index.php", "bin/console"] {
        let file = program.machine.load(&composer.root.join(file));
        let Some(file) = file.filter(|_| composer.is_whole()) else { continue };
        let Some(from) = file.text.find(RUNTIME) else { continue };
        let packages = ["symfony/runtime".to_string(), "symfony/symfony".into()];
        let at = file.slice(from, from + RUNTIME.len());
        out.extend(composer.missing(program, &packages, at, "the front controller"));
        break;
    }
    for (package, at) in bundles(program, &composer.root) {
        let found = composer.missing(program, &[package.to_string()], at, "the kernel of Symfony");
        // What other packages bring stands in the lock file alone.
        let sure = |one: &Uninstalled| composer.lock.is_some() || matches!(one.lack, Missing::Development(_));
        out.extend(found.filter(sure));
    }
    if let Some(at) = seeds(program, &composer.root) {
        let found = composer.missing(
            program,
            &[FAKER.to_string(), "fzaninotto/faker".into()],
            at,
            "the factories of Laravel",
        );
        out.extend(found.filter(|one| matches!(one.lack, Missing::Development(_))));
    }
    out
}

fn composer(program: &Program<'_>) -> Option<Composer> {
    let files = program.machine.sources.files();
    let roots = program.start.directory.ancestors().take(MAX_ABOVE);
    let root = roots.into_iter().find(|root| program.machine.has(&root.join("composer.json")))?;
    let there = |name: &str| program.machine.files.resolve(files, &root.join(name)).is_some();
    let of_symfony = ["bin/console", "config/bundles.php"].into_iter().any(there) && !there("artisan");
    if !(there("artisan") || of_symfony) || there("vendor") || there("auth.json") {
        return None;
    }
    let manifest = program.machine.load(&root.join("composer.json"))?;
    let lock = program.machine.load(&root.join("composer.lock"));
    let json: serde_json::Value = serde_json::from_str(&manifest.text).ok()?;
    // Packages of another repository, and plugins that merge manifests.
    if json.get("repositories").is_some() || manifest.text.contains("composer-merge-plugin") {
        return None;
    }
    let framework = if of_symfony { "symfony/framework-bundle" } else { "laravel/framework" };
    json.get("require")?.get(framework)?;
    Some(Composer {
        root: root.to_path_buf(),
        json,
        lock: lock.and_then(|lock| serde_json::from_str(&lock.text).ok()),
        without: without(program),
        manifest,
    })
}

/// The command that leaves out what is for development.
fn without(program: &Program<'_>) -> Option<Span> {
    let says = |launch: &super::Launch, verbs: &[&str]| {
        launch.words.iter().any(|word| word.ends_with("composer") || word.ends_with("composer.phar"))
            && launch.words.iter().any(|word| verbs.contains(&word.as_str()))
    };
    let verbs = ["install", "i", "update", "u"];
    if program.is_mounted() || program.at_start().any(|launch| says(launch, &verbs)) {
        return None;
    }
    let mut installs = program.builds.iter().filter(|(launch, _)| says(launch, &verbs));
    let left = |launch: &super::Launch| {
        launch.words.iter().any(|word| word == "--no-dev")
            || launch.env.get("COMPOSER_NO_DEV").is_some_and(|value| value == "1")
    };
    let (_, first) = installs.clone().next()?;
    installs.all(|(launch, _)| left(launch)).then_some(*first)
}

impl Composer {
    /// Whether all packages are seen: those that others bring stand in the lock file.
    fn is_whole(&self) -> bool {
        let plain = |name: &String| {
            ["php", "ext-", "symfony/", "doctrine/"].iter().any(|start| name.starts_with(start))
                && !["-pack", "/ux-", "stimulus"].iter().any(|word| name.contains(word))
        };
        let required = self.json.get("require").and_then(|all| all.as_object());
        self.lock.is_some() || required.is_some_and(|all| all.keys().all(plain))
    }

    fn missing(
        &self,
        program: &Program<'_>,
        packages: &[String],
        at: Span,
        loader: &'static str,
    ) -> Option<Uninstalled> {
        let package = packages.first()?;
        let named = |section: &str| {
            let section = self.json.get(section);
            packages.iter().any(|name| section.and_then(|all| all.get(name)).is_some())
        };
        let locked = |section: &str| {
            let all = self.lock.as_ref().and_then(|lock| lock.get(section)?.as_array());
            let mut names = all.into_iter().flatten().filter_map(|one| one.get("name")?.as_str());
            names.any(|name| packages.iter().any(|own| own == name))
        };
        let spoken = || packages.iter().any(|name| program.is_spoken_of(name));
        if named("require") || locked("packages") || spoken() {
            return None;
        }
        let lack = match named("require-dev") || locked("packages-dev") {
            true => Missing::Development(self.without?),
            false => Missing::Unnamed,
        };
        Some(Uninstalled {
            import: package.clone(),
            package: package.clone(),
            at,
            named: false,
            manifest: Some(self.manifest.path.clone()),
            lack,
            sure: true,
            loader: Some(loader),
            similar: None,
        })
    }
}

/// The word that a variable gives to a file of settings, and where that asks for it.
fn said(program: &Program<'_>, root: &Path, loader: &Loader) -> Option<(String, Span)> {
    let file = loader.files.iter().find_map(|name| program.machine.load(&root.join(name)))?;
    let found = loader.variables.iter().find_map(|name| {
        let asks = [format!("env('{name}'"), format!("env(\"{name}\"")];
        let (from, length) = asks.iter().find_map(|ask| Some((file.text.find(ask)?, ask.len())))?;
        let behind = file.text.get(from + length..)?;
        let default = behind.trim_start().strip_prefix(',').and_then(|rest| {
            let rest = rest.trim_start();
            rest.strip_prefix(['\'', '"'])?.split(['\'', '"']).next()
        });
        let by_file = program.dotenv.iter().find_map(|file| file.variables.get(name)?.value.as_ref());
        let by_file = by_file.map(Text::assumed);
        let value =
            program.start.env.get(name).cloned().or(by_file).or_else(|| default.map(str::to_string))?;
        (!value.contains([Text::HOLE, '$'])).then(|| (value, file.slice(from, from + length)))
    })?;
    // A client of Redis is only made where there is one.
    let redis = loader.variables.iter().any(|name| name == "REDIS_CLIENT");
    (!redis || program.start.env.contains_key("REDIS_HOST") || program.start.env.contains_key("REDIS_URL"))
        .then_some(found)
}

/// Where the application's code asks for a connection or disk of that name.
fn called(program: &Program<'_>, calls: &[String], word: &str) -> Option<Span> {
    let asks: Vec<String> = calls.iter().map(|call| format!("{call}('{word}')")).collect();
    program.scope.iter().find_map(|(_, place, source)| {
        let own =
            ["app", "routes"].iter().any(|folder| place.starts_with(program.start.directory.join(folder)));
        if !own || !source.glance(|text| asks.iter().any(|ask| text.contains(ask.as_str()))) {
            return None;
        }
        let file = program.machine.sources.load(&source.path).ok()?;
        let (from, length) = asks.iter().find_map(|ask| Some((file.text.find(ask.as_str())?, ask.len())))?;
        let line = file.text.get(..from)?.rsplit('\n').next()?.trim_start();
        (!line.starts_with(['/', '*', '#'])).then(|| file.slice(from, from + length))
    })
}

/// The command of `artisan` that a package brings, where the application has none of that name itself.
fn commanded<'c>(program: &Program<'_>, call: &'c Call) -> Option<(&'c str, &'static [String])> {
    let mut words = call.launch.words.iter().map(String::as_str);
    words.find(|word| word.rsplit('/').next() == Some("artisan"))?;
    let command = words.find(|word| !word.starts_with('-'))?;
    let packages = loaders::all().artisan.get(command)?;
    let own = program
        .scope
        .iter()
        .any(|(_, _, source)| source.glance(|text| text.contains(command) && text.contains("signature")));
    (call.launch.way == Way::Surely && !own).then_some((command, packages.as_slice()))
}

/// The packages of the bundles that Symfony's kernel loads in this environment, each with where `config/bundles.php` lists it.
fn bundles(program: &Program<'_>, root: &Path) -> Vec<(&'static str, Span)> {
    let Some(file) = program.machine.load(&root.join("config/bundles.php")) else { return Vec::new() };
    let by_file = program.dotenv.iter().find_map(|file| file.variables.get("APP_ENV")?.value.as_ref());
    let mode = program.start.env.get("APP_ENV").cloned().or_else(|| by_file.map(Text::assumed));
    let mut found = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let said = line.trim_start();
        let Some((class, modes)) = said.split_once("::class") else { continue };
        let on = |name: &str| {
            [format!("'{name}' => true"), format!("\"{name}\" => true")]
                .iter()
                .any(|it| modes.contains(it.as_str()))
        };
        let loaded = on("all") || mode.as_ref().is_some_and(|mode| on(mode));
        let known = BUNDLES.iter().find(|(bundle, _)| class.trim_start_matches('\\') == *bundle);
        if let Some((_, package)) = known.filter(|_| loaded && !modes.contains(": [") && modes.contains(']'))
        {
            let from = start + (line.len() - said.len());
            found.push((*package, file.slice(from, from + class.len())));
        }
    }
    found
}

/// Where a seeder that is run when the container starts makes models of a factory.
fn seeds(program: &Program<'_>, root: &Path) -> Option<Span> {
    let runs = program.started.calls.iter().any(|call| {
        let words = &call.launch.words;
        words.iter().any(|word| word.ends_with("artisan"))
            && words.iter().any(|word| matches!(word.as_str(), "db:seed" | "--seed"))
    });
    let file = program.machine.load(&root.join("database/seeders/DatabaseSeeder.php")).filter(|_| runs)?;
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let said = line.trim_start();
        if let Some(from) =
            line.find("::factory(").filter(|_| !said.starts_with("//") && !said.starts_with('*'))
        {
            return Some(file.slice(start + from, start + from + "::factory(".len()));
        }
    }
    None
}
