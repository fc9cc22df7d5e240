//! A command that is started in one folder of the container while the project lies in another: no `WORKDIR`, no `working_dir`.

use std::path::{Path, PathBuf};

use super::dockerfile::{Layer, Run};
use super::entry::{Launch, Way};
use super::unstarted::{Contents, argument, may_write};
use crate::compose::ImageReference;
use crate::source::{Kind, Span, Text, clean};

/// A command that does not find the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The command, as far as it says what it looks for.
    pub command: String,
    /// What it looks for where it is started.
    pub wants: String,
    /// Where it is started.
    pub directory: PathBuf,
    /// Where that lies.
    pub place: PathBuf,
    /// The command.
    pub at: Span,
    /// What puts it there.
    pub brought: Span,
}

/// Official images that have no project of their own.
const STOCK: [&str; 19] = [
    "node",
    "python",
    "pypy",
    "ruby",
    "elixir",
    "erlang",
    "golang",
    "rust",
    "php",
    "composer",
    "perl",
    "maven",
    "gradle",
    "openjdk",
    "eclipse-temurin",
    "debian",
    "ubuntu",
    "alpine",
    "buildpack-deps",
];

/// What makes a project in the folder in which it is called.
const INITS: [&str; 11] =
    [" init", " new ", "startproject", "create-", " . ", " .;", " .&", "cp ", "mv ", "ln -", "unzip"];

/// The first thing that the container surely does and that needs a file of the project, where that lies in another folder.
#[must_use]
pub(super) fn of(contents: &Contents<'_>, start: &Launch) -> Option<Misplaced> {
    let Contents { service, image, started, .. } = *contents;
    let base = ImageReference::parse(&image.base.as_ref()?.value)?;
    let vague = service.working_dir.as_ref().is_some_and(|folder| Text::has_hole(folder));
    if vague || contents.is_vague() || !STOCK.contains(&base.path) || !image.is_seen(service) {
        return None;
    }
    let own = started.calls.iter().filter(|call| call.script.is_none()).map(|call| &call.launch);
    own.chain(&started.commands).find_map(|launch| without(contents, launch, start))
}

/// The command, where it does not find what it looks for.
fn without(contents: &Contents<'_>, launch: &Launch, start: &Launch) -> Option<Misplaced> {
    let (files, tree) = (contents.files(), contents.tree);
    let (wants, word) = wanted(launch)?;
    let sought = launch.path(&wants);
    let made = |run: &Run| {
        let run = run.command.assumed();
        // What is fetched comes into a folder of its own, or is told to come here.
        let here = || INITS.iter().any(|word| run.contains(word)) || run.trim_end().ends_with(" .");
        run.contains(&wants) || if launch.directory == Path::new("/") { here() } else { may_write(&run) }
    };
    if contents.runs.iter().any(made) {
        return None;
    }
    let there = |folder: &Path| {
        let path = folder.join(&wants);
        contents.resolve(&path).is_some() || contents.is_copied_over(&path) || contents.is_mounted_over(&path)
    };
    if launch.way != Way::Surely
        || launch.directory != start.directory
        || launch.directory.ancestors().any(there)
        || tree.layers().iter().any(|layer| !layer.directory && layer.target == sought)
    {
        return None;
    }
    let brings = |layer: &&Layer| {
        let host = layer.host.join(&wants);
        layer.directory && files.kind(&host) == Some(Kind::File) && !layer.leaves_out(&host)
    };
    let layer = tree.layers().iter().rev().find(brings)?;
    let place = clean(&layer.target);
    // Another mount may stand in between.
    contents.resolve(&place.join(&wants))?;
    Some(Misplaced {
        command: launch.words.iter().take(3).cloned().collect::<Vec<_>>().join(" "),
        wants,
        directory: launch.directory.clone(),
        place,
        at: contents.said(&word),
        brought: layer.span,
    })
}

/// The file that a command looks for where it is started, and the word by which it is found in the text.
fn wanted(launch: &Launch) -> Option<(String, String)> {
    if let Some(file) = argument(&launch.words) {
        let relative = !file.starts_with(['/', '~']) && !file.starts_with("..");
        return relative.then(|| (file.trim_start_matches("./").to_string(), file.to_string()));
    }
    let (first, rest) = launch.words.split_first()?;
    let program = launch.name();
    let verb = rest.first().map_or("", String::as_str);
    let elsewhere = ["--prefix", "-C", "--cwd", "--dir", "--manifest-path", "--gemfile", "-f", "--rakefile"];
    if rest.iter().any(|word| elsewhere.iter().any(|option| word.starts_with(option))) {
        return None;
    }
    let file = match (program, verb) {
        ("npm" | "pnpm" | "yarn", "start" | "run" | "test" | "ci" | "dev") => "package.json",
        ("mix", verb) if verb.starts_with("phx.server") || verb.starts_with("ecto.") => "mix.exs",
        ("mix", "run" | "test" | "deps.get" | "compile") => "mix.exs",
        ("bundle", "exec" | "install" | "check") => "Gemfile",
        ("rake", _) => "Rakefile",
        ("rails", "server" | "s" | "db:migrate" | "db:prepare") => "bin/rails",
        ("cargo", "run" | "build" | "test" | "watch") => "Cargo.toml",
        ("go", "run" | "build") if rest.get(1).is_some_and(|word| word == "." || word.starts_with("./")) => {
            "go.mod"
        }
        ("go", "run") if rest.get(1).is_some_and(|word| plain(word, ".go")) => rest.get(1)?,
        ("mvn", _) => "pom.xml",
        ("composer", "install" | "run" | "start") => "composer.json",
        ("php", "artisan") => "artisan",
        ("php", "bin/console") => "bin/console",
        _ if first.starts_with("./") && plain(first, "") => {
            return Some((first.trim_start_matches("./").to_string(), first.clone()));
        }
        _ => return None,
    };
    Some((file.to_string(), program.to_string()))
}

/// Whether a word is a path as it stands, with this ending.
fn plain(word: &str, ending: &str) -> bool {
    word.ends_with(ending)
        && !word.starts_with(['/', '-'])
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_look_for() {
        let wants = |line: &str| {
            let words = line.split(' ').map(str::to_string).collect();
            wanted(&Launch { words, ..Launch::default() }).map(|(file, _)| file)
        };
        for (line, file) in [
            ("npm run dev", "package.json"),
            ("mix phx.server", "mix.exs"),
            ("bundle exec rake work", "Gemfile"),
            ("go run main.go", "main.go"),
            ("go run ./cmd/shop", "go.mod"),
            ("python manage.py migrate", "manage.py"),
            ("php artisan serve", "artisan"),
            ("./gradlew run", "gradlew"),
        ] {
            assert_eq!(wants(line).as_deref(), Some(file), "{line}");
        }
        for line in ["npm install -g pm2", "npm --prefix app start", "mix local.hex", "python /app/main.py"] {
            assert_eq!(wants(line), None, "{line}");
        }
    }
}
