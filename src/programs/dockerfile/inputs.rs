//! What the tools of a build need when they are started: their manifests, lock files, and lists of packages.

use std::path::Path;

use super::copy::Context;
use super::{Built, Fault, FaultKind, Whence, brings, lifecycle, named, referred, siblings, sums, wrappers};
use crate::compose::ImageReference;
use crate::programs::plain_commands::{Command, Then, commands};
use crate::programs::service_files::ImageTree;
use crate::programs::unstarted::may_make;
use crate::source::{Files, Kind, Text, clean};

/// Images that hold no manifests, so that all of them must be copied.
const BARE: [&str; 24] = [
    "python",
    "node",
    "ruby",
    "php",
    "golang",
    "rust",
    "maven",
    "gradle",
    "openjdk",
    "eclipse-temurin",
    "amazoncorretto",
    "dotnet/sdk",
    "elixir",
    "hexpm/elixir",
    "composer",
    "debian",
    "ubuntu",
    "alpine",
    "oven/bun",
    "astral-sh/uv",
    "denoland/deno",
    "fedora",
    "rockylinux",
    "amazonlinux",
];

/// Words with which something begins of which not every command runs.
const BRANCHES: [&str; 11] = ["if", "for", "while", "until", "case", "[", "[[", "test", "{", "(", "!"];
/// Mounts that bring no files of a project.
const MOUNTS: [&str; 3] = ["--mount=type=cache", "--mount=type=secret", "--mount=type=ssh"];

/// What a command needs.
struct Need {
    /// The command as a person would say it.
    command: String,
    /// Any of these files.
    files: Vec<String>,
    /// Whether directories above do as well.
    above: bool,
    /// Whether it is a lock file that it insists on.
    lock: bool,
    /// Whether it is only missed where the project has it.
    own: bool,
}

/// The first file that a `RUN` needs and that is not there when it starts.
pub(super) fn absent(files: &dyn Files, context: &Context, built: &Built, run: &Text) -> Option<Fault> {
    let base = built.base.as_ref()?;
    let bare = ImageReference::parse(&base.value).is_some_and(|parsed| BARE.contains(&parsed.path));
    let plain = |text: String| MOUNTS.iter().fold(text, |text, mount| text.replace(mount, ""));
    let text = plain(run.assumed());
    let unclear = ["--mount", "<<", "()"].iter().any(|word| text.contains(word));
    if !bare || built.opaque || !built.faults.is_empty() || unclear || text.contains(Text::HOLE) {
        return None;
    }
    let tree = ImageTree::new(built.layers.clone());
    let before: String =
        built.runs.iter().map(|run| plain(run.command.assumed())).collect::<Vec<_>>().join("\n");
    let brought = |place: &Path| {
        let near = place.parent().unwrap_or(place);
        built.runs.iter().any(|run| {
            let text = plain(run.command.assumed());
            text.contains("<<") || brings::into(&text, &run.directory, near) || brings::names(&text, place)
        })
    };
    let mut directory = built.working_directory.clone();
    let all = commands(&text);
    let placed = brings::placed(&all, &directory);
    for (index, (command, words, _)) in placed.iter().enumerate() {
        if command
            .words
            .first()
            .is_some_and(|word| BRANCHES.contains(&word.text) || word.text.starts_with('('))
        {
            return None;
        }
        // What comes after it brings nothing to it.
        if brings::brings(command, words, &directory, &directory) {
            return None;
        }
        let before_it = placed.get(..index).unwrap_or_default();
        let brought =
            |place: &Path| brought(place) || brings::any(before_it, place.parent().unwrap_or(place));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some((first, words)) = words.split_first() else { continue };
        if *first == "cd" {
            let to = words.first().filter(|to| !to.contains('$'))?;
            directory = clean(&directory.join(to));
            continue;
        }
        if is_excused(&all, index) {
            continue;
        }
        let name = first.rsplit('/').next().unwrap_or(first);
        for need in needs(name, words, &format!("{before}\n{text}"), built) {
            if words.iter().any(|word| word.contains('$')) {
                return None;
            }
            let within = |file: &str| clean(&directory.join(file));
            let above = |file: &String| {
                let limit = if need.above { 5 } else { 1 };
                directory.ancestors().take(limit).any(|at| is_there(files, &tree, &at.join(file)))
            };
            if need
                .files
                .iter()
                .any(|file| above(file) || is_open(built, &within(file)) || brought(&within(file)))
            {
                continue;
            }
            // Its tool may have written it when it was started before.
            if need.lock && starts(&before, name) {
                continue;
            }
            // A lock file that is asked for where the manifest is not there either is not what is missing.
            let file = need.files.first()?.clone();
            let there = need.files.iter().any(|file| is_in_context(files, context, file));
            let hidden = need.files.iter().find_map(|file| hidden(files, built, context, file));
            if need.own && !there && hidden.is_none() && !wrappers::are_left_out(files, context, name, &file)
            {
                continue;
            }
            let kind = FaultKind::Input { command: need.command, file, there, lock: need.lock, hidden };
            return Some(Fault { kind, at: super::tools::first_of(run) });
        }
        let there = named::There {
            files,
            tree: &tree,
            directory: &directory,
            open: &|place| is_open(built, place) || brought(place),
            in_context: &|file| is_in_context(files, context, file),
        };
        let at = super::tools::first_of(run);
        let of_tool = match (name, words) {
            ("uv", ["sync", rest @ ..]) => {
                let without =
                    rest.iter().any(|word| word.starts_with("--no-install") || *word == "--package");
                Some((!without).then(|| named::of_project(&there, &directory, "uv sync", at)).flatten())
            }
            ("poetry", ["install", rest @ ..]) => {
                let without = rest.contains(&"--no-root");
                let new = !without && named::is_new_poetry(&format!("{before}\n{text}"), &base.value, built);
                Some(new.then(|| named::of_poetry(&there, &directory, at)).flatten())
            }
            ("composer", rest) => lifecycle::absent_of_composer(&there, rest, at).map(Some),
            ("dotnet", rest) => Some(referred::first(&there, (context, built), rest, at)),
            ("go", rest) => Some(sums::absent(&there, (context, built), (rest, &before, &text), at)),
            ("npm" | "pnpm" | "yarn", rest) => Some(siblings::of_node(&there, context, name, rest, at)),
            _ => None,
        };
        match of_tool {
            Some(Some(fault)) => return Some(fault),
            Some(None) => continue,
            None => {}
        }
        let pip = match (name, words) {
            ("pip" | "pip3", rest) | ("uv", ["pip", rest @ ..]) => rest,
            ("python" | "python3", ["-m", "pip", rest @ ..]) => rest,
            _ => continue,
        };
        let installs = pip.first() == Some(&"install");
        let own = || {
            let word = pip.iter().find(|word| **word == "." || word.starts_with(".["))?;
            named::of_project(&there, &directory, &format!("pip install {word}"), at)
        };
        let found = installs.then(|| named::absent(&there, pip, at).or_else(own)).flatten();
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Whether the build goes on when this command fails, or may not run it: `… || true`, `… | tee log`.
fn is_excused(all: &[Command<'_>], index: usize) -> bool {
    let is_end = |command: &&Command<'_>| command.then == Then::End;
    let before = all.get(..index).unwrap_or_default().iter().rev().take_while(|command| !is_end(command));
    let after = all.get(index..).unwrap_or_default();
    let to = after.iter().position(|command| is_end(&command)).unwrap_or(after.len());
    let piped = after.first().is_some_and(|command| command.then == Then::Pipe);
    piped || before.chain(after.iter().take(to)).any(|command| command.then == Then::Or)
}

/// Whether a tool is started by one of the commands.
fn starts(text: &str, tool: &str) -> bool {
    commands(text).iter().any(|command| {
        let words = brings::words_of(command);
        words.first().is_some_and(|word| word.rsplit('/').next() == Some(tool))
    })
}

/// Whether what other stages or images bring may lie at a place.
fn is_open(built: &Built, place: &Path) -> bool {
    let near = |to: &Path| to.starts_with(place) || place.starts_with(to);
    built.copied.iter().any(|(_, to)| place.starts_with(to))
        || built.taken.iter().any(|taken| near(&taken.to) && matches!(taken.from, Whence::Elsewhere))
}

/// Whether the file is in the image; `*.csproj` is any of that ending.
fn is_there(files: &dyn Files, tree: &ImageTree, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    match (name.strip_prefix('*'), path.parent()) {
        (Some(ending), Some(folder)) => {
            tree.resolve(files, folder)
                .is_some_and(|host| files.list(&host).iter().any(|name| name.ends_with(ending)))
                || tree.layers().iter().any(|layer| {
                    layer.target.parent() == Some(folder) && layer.target.to_string_lossy().ends_with(ending)
                })
        }
        _ => tree.file(files, path).is_some(),
    }
}

fn is_in_context(files: &dyn Files, context: &Context, file: &str) -> bool {
    let path = Path::new(file.trim_start_matches("./"));
    !file.starts_with('*')
        && path.is_relative()
        && files.kind(&context.root.join(path)).is_some()
        && !context.ignore.ignores(path)
}

/// The line of `.dockerignore` by which the build does not see a file that is there, where others of its folder are copied.
fn hidden(files: &dyn Files, built: &Built, context: &Context, file: &str) -> Option<usize> {
    let own = Path::new(file.trim_start_matches("./"));
    let sources = built.taken.iter().filter(|taken| matches!(taken.from, Whence::Context(_)));
    let sources = sources.flat_map(|taken| &taken.sources).map(|source| super::copy::relative(source));
    let folders = sources.flat_map(|source| [source.parent().map(Path::to_path_buf), Some(source.clone())]);
    std::iter::once(Some(Path::new("").to_path_buf())).chain(folders).flatten().find_map(|folder| {
        let path = folder.join(own);
        let is = own.is_relative() && files.kind(&context.root.join(&path)) == Some(Kind::File);
        context.ignore.ignored_by(&path).filter(|_| is)
    })
}

/// The file of the project that a command runs, compiles, or makes a program of, with the command: `go build cmd/main.go`,
/// `python manage.py collectstatic`, `chmod +x start.sh`.
fn script<'w>(name: &str, words: &[&'w str], all: &str) -> Option<(String, &'w str)> {
    const OWN: [&str; 8] = ["/usr", "/opt", "/etc", "/bin", "/sbin", "/lib", "/root", "/tmp"];
    let verb = words.first().copied().unwrap_or("");
    let file = match name {
        // What generates code may make a program, too.
        "go" if matches!(verb, "build" | "run") && !all.contains("generate") => {
            let mut files = words.iter().filter(|word| word.ends_with(".go"));
            files.next().filter(|_| files.next().is_none())
        }
        "python" | "python3" => words.first().filter(|word| word.ends_with(".py")),
        "node" => words.first().filter(|word| word.ends_with("js")),
        "sh" | "bash" => words.first().filter(|word| word.ends_with(".sh")),
        "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "javac" | "rustc" => {
            const SOURCES: [&str; 6] = [".c", ".cc", ".cpp", ".cxx", ".java", ".rs"];
            words.iter().find(|word| SOURCES.iter().any(|end| word.ends_with(end)))
        }
        "php" => words.first().filter(|word| **word == "artisan"),
        "chmod" => words.get(1).filter(|word| words.len() == 2 && word.ends_with(".sh")),
        _ => None,
    }?;
    let plain = !file.contains(['*', '?', '[', '$', '`', '{', '~'])
        && !OWN.iter().any(|folder| file.starts_with(folder))
        && !["node_modules", "vendor", "dist/", "build/"].iter().any(|made| file.contains(made));
    let shown = if matches!(name, "go" | "chmod") { format!("{name} {verb}") } else { name.to_string() };
    plain.then(|| (format!("{shown} {file}"), *file))
}

/// What a command needs, its manifest first.
fn needs(name: &str, words: &[&str], all: &str, built: &Built) -> Vec<Need> {
    let verb = words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or("");
    let has = |option: &str| words.contains(&option);
    // What is named by itself is not what the manifest names.
    let plain = words.iter().filter(|word| !word.starts_with('-')).count() <= 1;
    let of = |files: &[&str], above: bool, lock: bool| Need {
        command: if verb.is_empty() { name.to_string() } else { format!("{name} {verb}") },
        files: files.iter().map(|file| (*file).to_string()).collect(),
        above,
        lock,
        own: false,
    };
    let elsewhere = [
        "-f",
        "--file",
        "--prefix",
        "-C",
        "--cwd",
        "--dir",
        "-p",
        "--project",
        "--manifest-path",
        "-d",
        "--working-dir",
        "-g",
        "--global",
        "--location=global",
    ];
    let global = words.iter().any(|word| {
        elsewhere.iter().any(|option| word.split('=').next() == Some(option)) || word.contains("global")
    });
    let set = |name: &str| {
        let variable = built.env.get(name).and_then(|variable| variable.value.as_ref()).map(Text::assumed);
        variable.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
    };
    let mut out = Vec::new();
    let made = |file: &str| {
        let mut earlier = built.runs.iter().map(|run| run.command.assumed());
        earlier.any(|run| may_make(&run, Path::new(file)))
    };
    out.extend(
        script(name, words, all)
            .filter(|(_, file)| !made(file))
            .map(|(command, file)| Need { command, ..of(&[file], false, false) }),
    );
    match name {
        "pip" | "pip3" if verb == "install" => {
            // `pip install -e .[all]`
            let project = |word: &&&str| {
                let path = word.split('[').next().unwrap_or(word).trim_end_matches('/');
                path == "." || path.starts_with("./") && !path.contains('*') && !path.ends_with(".whl")
            };
            if let Some(word) = words.iter().find(project) {
                let path = word.split('[').next().unwrap_or(word).trim_end_matches('/');
                let files = ["pyproject.toml", "setup.py"].map(|name| match path {
                    "." => name.to_string(),
                    _ => format!("{path}/{name}"),
                });
                let command = format!("{name} install {word}");
                let archive = [".gz", ".zip", ".bz2"].iter().any(|end| path.ends_with(end));
                out.extend((!archive).then(|| Need {
                    command,
                    files: files.to_vec(),
                    ..of(&[], false, false)
                }));
            }
            let mut rest = words.iter();
            while let Some(word) = rest.next() {
                let file = match *word {
                    "-r" | "--requirement" => rest.next().copied(),
                    other => other
                        .strip_prefix("--requirement=")
                        .or_else(|| other.strip_prefix("-r").filter(|file| file.ends_with(".txt"))),
                };
                // `poetry export -o requirements.txt`
                let written = |file: &&str| {
                    ["-o ", "--output ", "--output=", "--output-file ", "--output-file="]
                        .iter()
                        .any(|option| all.contains(&format!("{option}{file}")))
                };
                let file = file.filter(|file| !written(file));
                if let Some(file) = file.filter(|file| !file.contains("://") && !file.starts_with('/')) {
                    out.push(Need {
                        command: format!("{name} install -r {file}"),
                        ..of(&[file], false, false)
                    });
                }
            }
        }
        "npm" if matches!(verb, "ci" | "clean-install") && plain && !global => {
            out.push(of(&["package.json"], false, false));
            out.push(of(&["package-lock.json", "npm-shrinkwrap.json"], true, true));
        }
        "npm" if matches!(verb, "install" | "i" | "run") && (plain || verb == "run") && !global => {
            out.push(of(&["package.json"], true, false));
        }
        "yarn" | "pnpm" if (verb == "install" || verb.is_empty() && name == "yarn") && plain && !global => {
            out.push(of(&["package.json"], true, false));
            if name == "pnpm" && has("--frozen-lockfile") {
                out.push(of(&["pnpm-lock.yaml"], true, true));
            }
        }
        "bundle" if verb == "install" && !global => {
            out.push(of(&["Gemfile"], true, false));
            let frozen =
                has("--deployment") || has("--frozen") || set("BUNDLE_DEPLOYMENT") || set("BUNDLE_FROZEN");
            let told = ["deployment true", "deployment 'true'", "frozen true", "deployment 1", "frozen 1"];
            if frozen || told.iter().any(|word| all.contains(word)) {
                out.push(of(&["Gemfile.lock"], true, true));
            }
        }
        "composer" if verb == "install" && !global => out.push(of(&["composer.json"], false, false)),
        "go" if matches!(verb, "build" | "mod")
            && !words.iter().any(|word| word.ends_with(".go"))
            && !set("GO111MODULE") =>
        {
            out.extend((verb == "build" || has("download")).then(|| of(&["go.mod"], true, false)));
        }
        "cargo" if matches!(verb, "build" | "fetch") && !global => {
            out.push(of(&["Cargo.toml"], true, false));
            if has("--locked") || has("--frozen") {
                out.push(of(&["Cargo.lock"], true, true));
            }
        }
        "mvn" if !verb.is_empty() && !global => out.push(of(&["pom.xml"], false, false)),
        "gradle" if !verb.is_empty() && !global => {
            out.push(of(
                &["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"],
                true,
                false,
            ));
        }
        "gradlew" | "mvnw" => {
            out.push(of(&[name], false, false));
            let read = wrappers::needs(name).iter().filter(|_| !all.contains(" wrapper"));
            out.extend(read.map(|file| Need { own: true, ..of(&[file], false, false) }));
        }
        "dotnet" if matches!(verb, "restore" | "publish" | "build") => {
            let named = words
                .iter()
                .find(|word| word.ends_with("proj") || word.ends_with(".sln") || word.ends_with(".slnx"));
            match named {
                Some(file) if !file.starts_with('/') => {
                    out.push(of(&[&file.replace('\\', "/")], false, false))
                }
                None if words.iter().filter(|word| !word.starts_with('-')).count() == 1
                    && !words.iter().any(|word| word.starts_with("-o") || word.starts_with("-c")) =>
                {
                    out.push(of(&["*.csproj", "*.sln", "*.slnx", "*.fsproj"], false, false));
                }
                _ => {}
            }
        }
        "mix" if matches!(verb, "deps.get" | "compile" | "release") => {
            out.push(of(&["mix.exs"], false, false))
        }
        "poetry" if matches!(verb, "install" | "sync") && !global => {
            out.push(of(&["pyproject.toml"], true, false))
        }
        "uv" if verb == "sync" && !global => {
            out.push(of(&["pyproject.toml"], true, false));
            if has("--frozen") || has("--locked") {
                out.push(of(&["uv.lock"], true, true));
            }
        }
        "pipenv" if matches!(verb, "install" | "sync") && plain => {
            out.push(of(&["Pipfile"], true, false));
            if has("--deploy") || verb == "sync" {
                out.push(of(&["Pipfile.lock"], true, true));
            }
        }
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(command: &str) -> Vec<String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let (name, words) = words.split_first().unwrap();
        needs(name, words, command, &Built::default())
            .into_iter()
            .filter_map(|need| need.files.into_iter().next())
            .collect()
    }

    #[test]
    fn what_commands_need() {
        for (command, expected) in [
            ("pip install --no-cache-dir -r requirements.txt", vec!["requirements.txt"]),
            ("pip install flask", vec![]),
            ("pip install --no-cache-dir -e .[all]", vec!["pyproject.toml"]),
            ("pip install ./shared", vec!["./shared/pyproject.toml"]),
            ("pip install ./dist/shop.whl ./shop.tar.gz", vec![]),
            ("npm ci --omit=dev", vec!["package.json", "package-lock.json"]),
            ("npm install -g pnpm", vec![]),
            ("npm install express", vec![]),
            ("yarn", vec!["package.json"]),
            ("pnpm install --frozen-lockfile", vec!["package.json", "pnpm-lock.yaml"]),
            ("bundle install --deployment", vec!["Gemfile", "Gemfile.lock"]),
            ("go build -o app ./cmd/app", vec!["go.mod"]),
            ("go build -o /shop main.go", vec!["main.go"]),
            ("go build main.go shop.go", vec![]),
            ("python manage.py collectstatic --noinput", vec!["manage.py"]),
            ("python -m build", vec![]),
            ("chmod +x start.sh", vec!["start.sh"]),
            ("chmod +x /usr/local/bin/start.sh", vec![]),
            ("mvn -f api/pom.xml package", vec![]),
            ("dotnet restore Shop/Shop.csproj", vec!["Shop/Shop.csproj"]),
            ("uv sync --frozen", vec!["pyproject.toml", "uv.lock"]),
        ] {
            assert_eq!(files(command), expected, "{command}");
        }
    }
}
