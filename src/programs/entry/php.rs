//! What starts PHP: web servers that serve what lies in the image, framework commands, and plain scripts.

use std::path::{Path, PathBuf};

use super::{Launch, Launched, Machine, Started, Starter};
use crate::programs::service_files::is_aside;
use crate::programs::{ModuleIndex, Scope, has_extension};

const LANGUAGE: &str = "php";
/// The front ends whose files a framework loads without an import: its code, and its configuration.
const FRONT_ENDS: [&str; 2] = ["php", "symfony"];
/// Scripts that run a whole application.
const CONSOLES: [&str; 4] = ["artisan", "bin/console", "spark", "bin/cake"];

/// Folders that applications have in a repository of several things.
const FOLDERS: [&str; 8] = ["app", "src", "backend", "api", "symfony", "laravel", "html", "www"];

/// PHP.
pub(super) struct Php;

impl Starter for Php {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        match name {
            "docker-php-entrypoint" if launch.words.len() > 1 => {
                return Launched::Next(launch.with(launch.words.iter().skip(1).cloned()));
            }
            "apache2-foreground"
            | "apachectl"
            | "apache2ctl"
            | "frankenphp"
            | "rr"
            | "roadrunner"
            | "unitd"
            | "php-cgi"
            | "lsphp"
            | "symfony"
            | "heroku-php-apache2"
            | "heroku-php-nginx"
            | "artisan"
            | "docker-php-entrypoint"
            | "console"
            | "spark"
            | "cake" => whole(machine, launch, out),
            _ if is_fpm(name) => whole(machine, launch, out),
            "composer" => return composer(machine, launch, out),
            _ if is_php(name) => interpreter(machine, launch, out),
            _ => return Launched::Other,
        }
        Launched::Started
    }

    fn base(&self, base: &str) -> Option<&'static [&'static str]> {
        let (name, tag) = base.rsplit_once(':').unwrap_or((base, ""));
        let name = name.rsplit('/').next().unwrap_or(name);
        match name {
            "php" | "wordpress" | "php-fpm" if tag.contains("fpm") || name == "php-fpm" => Some(&["php-fpm"]),
            "php" if tag.contains("apache") => Some(&["apache2-foreground"]),
            "php-apache" | "wordpress" => Some(&["apache2-foreground"]),
            "frankenphp" => Some(&["frankenphp"]),
            // A web server stands before the workers.
            "php-nginx" | "nginx-php-fpm" | "webdevops-php-nginx" => Some(&["heroku-php-nginx"]),
            _ => None,
        }
    }

    fn script(&self, place: &Path, first: &str) -> bool {
        has_extension(place, &["php"]) || first.starts_with("#!") && first.contains("php")
    }

    fn file(&self, place: &Path, _arguments: &[String], out: &mut Started) {
        out.language(LANGUAGE);
        if let Some(directory) = place.parent() {
            out.root(directory);
        }
        out.files.push(place.to_path_buf());
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let mut found = Vec::new();
        for place in &started.files {
            let of_php = |index: &ModuleIndex| {
                scope.get(*index).is_some_and(|(_, source)| source.front_end.name() == LANGUAGE)
            };
            if let Some(index) = scope.at(place).filter(of_php) {
                found.push(index);
            } else if !has_extension(place, &["php"]) && started.languages.contains(&LANGUAGE) {
                found.extend(below(scope, place));
            }
        }
        found
    }
}

/// Every source of the application below a directory.
fn below(scope: &Scope, directory: &Path) -> Vec<ModuleIndex> {
    let all = scope.iter().filter(|(_, place, source)| {
        let inside = place.strip_prefix(directory);
        FRONT_ENDS.contains(&source.front_end.name()) && inside.is_ok_and(|path| !is_aside(path))
    });
    all.map(|(index, ..)| index).collect()
}

fn is_php(name: &str) -> bool {
    let rest = name.strip_prefix("php").unwrap_or("-");
    rest.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn is_fpm(name: &str) -> bool {
    name.strip_prefix("php-fpm").is_some_and(is_version)
        || name.strip_prefix("php").and_then(|rest| rest.strip_suffix("-fpm")).is_some_and(is_version)
}

fn is_version(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// The whole application around the working directory; a server serves any of its files, from wherever its
/// configuration says.
fn whole(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    out.language(LANGUAGE);
    let root = application(machine, launch);
    out.root(&root);
    dotenv(machine, &root, launch, out);
    out.files.push(root);
}

/// Where the application lies: the working directory, or where images put it when they do not say.
fn application(machine: &Machine<'_>, launch: &Launch) -> PathBuf {
    let marks = ["artisan", "composer.json", "index.php", "public/index.php", "bin/console", "spark"];
    let usual = ["/var/www/html", "/var/www", "/app", "/srv/app", "/usr/share/nginx/html", "/var/www/app"];
    let own = std::iter::once(launch.directory.clone());
    let mut places = own.chain(usual.iter().map(PathBuf::from));
    let marked = places.find(|place| marks.iter().any(|mark| machine.has(&place.join(mark))));
    // A repository with the application in a folder of its own.
    let below = || {
        let mut folders = FOLDERS.iter().map(|folder| launch.directory.join(folder));
        folders.find(|place| CONSOLES.iter().any(|console| machine.has(&place.join(console))))
    };
    let marked = marked.or_else(below);
    // A document root below the application.
    let above = |place: PathBuf| match place.file_name().is_some_and(|name| name == "public") {
        true => place.parent().map_or(place.clone(), Path::to_path_buf),
        false => place,
    };
    marked.map(above).unwrap_or_else(|| PathBuf::from("/"))
}

fn is_symfony(machine: &Machine<'_>, root: &Path) -> bool {
    let requires = || {
        let manifest = machine.text(&root.join("composer.json"));
        manifest.is_some_and(|text| text.contains("\"symfony/framework-bundle\""))
    };
    machine.has(&root.join("bin/console")) || machine.has(&root.join("symfony.lock")) || requires()
}

/// The dotenv files that the frameworks load themselves, those that win first.
fn dotenv(machine: &Machine<'_>, root: &Path, launch: &Launch, out: &mut Started) {
    let name = launch.env.get("APP_ENV").map(String::as_str).filter(|name| !name.is_empty());
    if machine.has(&root.join("artisan")) {
        // Laravel takes one file: that of the environment where there is one.
        let own = name.map(|name| root.join(format!(".env.{name}"))).filter(|file| machine.has(file));
        out.dotenv.push(own.unwrap_or_else(|| root.join(".env")));
    } else if is_symfony(machine, root) {
        let name = name.unwrap_or("dev");
        for file in [format!(".env.{name}.local"), format!(".env.{name}"), ".env.local".into(), ".env".into()]
        {
            if !(file == ".env.local" && name == "test") {
                out.dotenv.push(root.join(file));
            }
        }
    } else if machine.has(&root.join("spark")) {
        out.dotenv.push(root.join(".env"));
    }
}

/// Whether a router script of `php -S` answers all requests by itself: with `return false` the file that is asked for is served
/// (PHP manual, "Built-in web server").
fn is_router_of_all(machine: &Machine<'_>, script: &Path) -> bool {
    machine.text(script).is_some_and(|text| !text.contains("return false"))
}

/// `php file.php`, `php artisan …`, `php -S host:port -t public`
fn interpreter(machine: &Machine<'_>, launch: &Launch, out: &mut Started) {
    let mut words = launch.words.iter().skip(1);
    let mut serves = false;
    while let Some(word) = words.next() {
        match word.as_str() {
            "-S" => {
                serves = true;
                words.next();
            }
            "-d" | "-c" | "-t" | "-z" | "--define" => {
                words.next();
            }
            "-r" => {
                out.language(LANGUAGE);
                out.unknown = true;
                return;
            }
            "-f" | "--" => {}
            option if option.starts_with('-') => {}
            file => {
                let place = launch.path(file);
                let console = CONSOLES.iter().any(|console| place.ends_with(console));
                if console {
                    // The console lies in the application's directory, or in its `bin`.
                    let up = usize::from(place.parent().is_some_and(|above| above.ends_with("bin")));
                    let root = place.ancestors().nth(1 + up).unwrap_or(&launch.directory).to_path_buf();
                    return whole(machine, &Launch { directory: root, ..launch.clone() }, out);
                } else if serves && !is_router_of_all(machine, &place) {
                    return whole(machine, launch, out);
                }
                out.language(LANGUAGE);
                out.root(&launch.directory);
                if let Some(directory) = place.parent() {
                    out.root(directory);
                }
                out.files.push(place);
                return;
            }
        }
    }
    whole(machine, launch, out);
}

/// What Composer is told to do that runs nothing of the application.
const VERBS: [&str; 7] =
    ["install", "update", "dump-autoload", "dumpautoload", "require", "clear-cache", "create-project"];

/// Whether an image is Composer's, which puts its own name before what it is told.
pub(super) fn is_composer(base: &str) -> bool {
    let name = base.split([':', '@']).next().unwrap_or(base);
    matches!(name.rsplit('/').next().unwrap_or(name), "composer")
}

/// Whether Composer is told to do that.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

/// `composer run start`: the command that `composer.json` gives the script.
fn composer(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let mut words = launch.words.iter().skip(1).filter(|word| !word.starts_with('-'));
    let verb = words.next().map_or("", String::as_str);
    let script = match verb {
        "run" | "run-script" | "exec" => words.next().map_or("", String::as_str),
        "" => {
            out.foreign = true;
            return Launched::Started;
        }
        verb if is_verb(verb) => {
            // It looks at the application's files and runs none of them.
            out.foreign = true;
            return Launched::Started;
        }
        script => script,
    };
    let manifest = machine.text(&launch.path("composer.json"));
    let command = manifest.and_then(|text| {
        let scripts = text.split_once("\"scripts\"")?.1;
        let rest =
            scripts.split_once(&format!("\"{script}\""))?.1.trim_start().strip_prefix(':')?.trim_start();
        let rest = rest.strip_prefix('[').unwrap_or(rest).trim_start();
        Some(rest.strip_prefix('"')?.split('"').next()?.replace("@php ", "php "))
    });
    match command {
        Some(command) => Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), command])),
        None => {
            whole(machine, launch, out);
            Launched::Started
        }
    }
}
