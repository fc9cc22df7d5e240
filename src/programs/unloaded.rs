//! The file of settings without which a program stops, where its container has none: a dotenv file, or one that it chooses.

use std::path::{Path, PathBuf};

use super::dotenv::{Asked, asked_for, bare, condition_of, is_made, left_out_by, names_in, sample_beside};
use super::ending::{self, stops_without};
use super::load::Container;
use super::unheld::named_nearly;
use super::unstarted::is_mounted_over;
use super::{ModuleIndex, Scope};
use super::{absent, constant_paths, unmigrated, unserved};
use crate::compose::{Project, Service, nearest};
use crate::source::{Files, Kind, SourceFile, Span, clean, is_ignored};

/// A file that a program loads when it starts, and cannot do without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloaded {
    /// Its place in the container.
    pub target: String,
    /// Where the program loads it.
    pub at: Span,
    /// The variable for want of which it looks for this file.
    pub chosen_by: Option<String>,
    /// Where it is a dotenv file that the program leaves out as it is started here: why, and what is in it.
    pub left_out: Option<LeftOut>,
    /// Where it is a dotenv file that whoever starts the project makes: the sample beside it.
    pub sample: Option<String>,
    /// What is there and was probably meant.
    pub meant: Option<String>,
    /// What becomes of a program without it.
    pub need: Need,
    /// Whether it would come from this machine, where it is not, and nothing of the project says to make it.
    pub unheard: bool,
}

impl Unloaded {
    /// A file that is missed at a place of the container, and of which no more is known.
    pub(super) fn new(target: String, at: Span) -> Self {
        Self {
            target,
            at,
            chosen_by: None,
            left_out: None,
            sample: None,
            meant: None,
            need: Need::Start,
            unheard: false,
        }
    }
}

/// What becomes of a program that does not find what it looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It stops at its start.
    Start,
    /// It fails when somebody asks for a page.
    Pages,
    /// It says that files which it would serve are not there.
    Served,
}

/// A dotenv file that a program loads only under a condition, which does not hold here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The variable by which that was decided.
    pub by: String,
    /// The names that it gives values.
    pub names: Vec<String>,
}

/// Directories above a file in which its manifest is looked for.
const MAX_ABOVE: usize = 8;

/// The file that one of these modules loads and stops without, where nothing could have put it into the container: the folder
/// comes from no other stage or volume, nor from a folder of this machine that may hold it when the project is started.
#[must_use]
pub(super) fn of(
    container: &Container<'_>,
    (project, service): (&Project, &Service),
    copied: &[(PathBuf, PathBuf)],
    scope: &Scope,
    modules: &[ModuleIndex],
) -> Vec<Unloaded> {
    let files = container.sources.files();
    let ends_at =
        |file: &SourceFile, at: Span| file.owns(at) && ending::ends(scope, modules, file, file.range(at));
    let tree = container.files;
    // The program itself is one file, wherever it is copied to.
    let is_started = |from: &PathBuf| {
        let mut programs = container.started.commands.iter().filter_map(|launch| launch.words.first());
        programs.any(|program| Path::new(program).file_name() == from.file_name())
    };
    let never_there = |path: &PathBuf| {
        let made = |host: PathBuf| {
            host.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".env"))
                || is_ignored(files, &host)
        };
        let by_stage = copied.iter().any(|(from, to)| path.starts_with(clean(to)) && !is_started(from));
        let host = tree.place_for(files, path);
        !by_stage && !is_mounted_over(container.sources, service, path) && !host.is_some_and(made)
    };
    let bare = bare(container.started, container.start);
    let sources = modules.iter().filter_map(|index| Some((*index, scope.get(*index)?)));
    let read = |language: &str| matches!(language, "go" | "rust" | "php" | "ruby" | "python" | "javascript");
    let written: Vec<_> = sources.filter(|(_, (_, source))| read(source.front_end.name())).collect();
    let mut unheard = None;
    let found = written.iter().find_map(|&(index, (code, source))| {
        let all = asked_for(source);
        let place = |asked: &Asked| asked.place(container.start, code);
        let dotenv = all.iter().find_map(|asked| {
            // It may be looked for in several folders.
            let mut places = all.iter().filter(|other| other.at == asked.at).filter_map(place);
            let decided =
                condition_of(source, asked).map(|_| is_made(scope, index, asked, &bare) == Some(true));
            // Rust's loader goes up from there.
            let upwards = source.front_end.name() == "rust";
            let nowhere = |path: PathBuf| {
                let above = path.ancestors().skip(2).filter(|_| upwards);
                let name = path.file_name().unwrap_or_default();
                let mut others = above.map(|folder| folder.join(name));
                tree.resolve(files, &path).is_none()
                    && others.all(|path| tree.resolve(files, &path).is_none())
            };
            let absent = places.all(nowhere);
            let path = place(asked)?;
            let none = !asked.name.contains("${") && absent && never_there(&path);
            let target = path.display().to_string();
            let stops = |file| match source.front_end.name() {
                "go" => {
                    ends_at(file, if is_told(file, asked.at) { read_at(file, asked.at) } else { asked.at })
                }
                language => fails_at(language, file, asked.at, decided),
            };
            // Who starts the project makes it; what Compose itself asks for is told there.
            let host = tree.place_for(files, &path).filter(|_| absent && !none);
            let told = |host: &PathBuf| service.env_files.iter().any(|file| file.file == *host);
            let sample = host.filter(|host| !told(host)).and_then(|host| sample_beside(files, &host));
            // Nor can anybody make what nothing speaks of.
            let host = tree.place_for(files, &path).filter(|host| absent && !none && !told(host));
            let silent = sample.is_none()
                && host.is_some_and(|host| {
                    let mounted = is_mounted_over(container.sources, service, &path);
                    !mounted && !absent::is_promised(container.sources, project, &host)
                });
            let lacks = none || (sample.is_some() || silent) && !asked.name.contains("${");
            let at = asked.at;
            (lacks && stops(source.file())).then_some(Unloaded {
                sample,
                unheard: silent,
                ..Unloaded::new(target, at)
            })
        });
        let chosen = || {
            source.module().loads.iter().filter(|load| !load.built_in).find_map(|load| {
                let lacks = container.lacks(scope, index, load)?;
                let target = lacks.places.first()?.display().to_string();
                let none = lacks.places.iter().all(never_there)
                    && (lacks.chosen_by.is_some()
                        || is_of_settings(&target)
                        || source.file().text.contains(READ));
                let meant = lacks.places.iter().find_map(|place| near(container, place));
                (none && ends_at(source.file(), read_at(source.file(), load.span))).then_some(Unloaded {
                    chosen_by: lacks.chosen_by,
                    meant,
                    ..Unloaded::new(target, load.span)
                })
            })
        };
        let migrations = || {
            let found = unmigrated::of(container, scope, (index, modules), &never_there);
            found.map(|(path, at)| Unloaded::new(path.display().to_string(), at))
        };
        // What lies beside the manifest is meant.
        let pages = || {
            needed(source.file()).into_iter().find_map(|(name, at)| {
                let path = clean(&container.start.directory.join(&name));
                let mut above = source.path.ancestors().skip(1);
                let root = above.find(|folder| files.kind(&folder.join("go.mod")).is_some());
                let built = root.is_some_and(|root| files.kind(&root.join(&name)).is_some());
                let absent = !Path::new(&name).is_absolute() && tree.resolve(files, &path).is_none();
                let none = absent && built && never_there(&path);
                none.then(|| Unloaded::new(path.display().to_string(), at))
            })
        };
        // The crate `config` puts the ending to the name by itself.
        let settings = || {
            settings_of_rust(source.file()).into_iter().find_map(|(name, at)| {
                let mut above = source.path.ancestors().skip(1);
                let root = above.find(|folder| files.kind(&folder.join("Cargo.toml")).is_some())?;
                let named = || ENDINGS.iter().map(|ending| format!("{name}{ending}"));
                let written = named().find(|name| files.kind(&root.join(name)).is_some())?;
                let lacks = |name: String| {
                    let path = clean(&container.start.directory.join(name));
                    tree.resolve(files, &path).is_none() && never_there(&path)
                };
                let target = clean(&container.start.directory.join(written)).display().to_string();
                named().all(lacks).then_some(Unloaded::new(target, at))
            })
        };
        let of = |language: &str| source.front_end.name() == language;
        let language = source.front_end.name();
        let opened = || {
            constant_paths::opened(language, source.file()).into_iter().find_map(|(name, at)| {
                let manifests = constant_paths::manifests(language);
                let mut above = source.path.ancestors().skip(1).take(MAX_ABOVE);
                let beside =
                    |folder: &&Path| manifests.iter().any(|it| files.kind(&folder.join(it)).is_some());
                let root = above.find(beside);
                let there = root.is_some_and(|root| files.kind(&root.join(&name)).is_some());
                // Of a folder of pages nobody has said that it is made.
                let makes = |text: &str| ["mkdir", "makedirs"].iter().any(|word| text.contains(word));
                let nowhere = root.is_some()
                    && constant_paths::is_of_pages(source.file(), at)
                    && !source.glance(makes)
                    && tree.resolve(files, &container.start.directory).is_some();
                let path = clean(&container.start.directory.join(&name));
                let absent = tree.resolve(files, &path).is_none() && never_there(&path);
                let slip = root.is_some_and(|root| is_slip(files, &root.join(&name)));
                ((there || nowhere || slip) && absent).then(|| Unloaded::new(path.display().to_string(), at))
            })
        };
        let read =
            || pages().or_else(migrations).filter(|_| of("go")).or_else(|| settings().filter(|_| of("rust")));
        if matches!(language, "python" | "javascript") {
            return opened();
        }
        // The script that a web server begins with, and a file of the project that lies elsewhere in the container.
        let required = || {
            let front = code.file_name().is_some_and(|name| name == "index.php");
            let all = super::php::required(source.file());
            all.into_iter().find_map(|(name, at)| {
                let path = clean(&code.parent()?.join(&name));
                let host = clean(&source.path.parent()?.join(&name));
                let there = front && files.kind(&host) == Some(Kind::File) && !is_ignored(files, &host);
                let there = there || is_slip(files, &host);
                let absent = tree.resolve(files, &path).is_none() && never_there(&path);
                let target = path.display().to_string();
                (there && absent).then_some(Unloaded::new(target, at))
            })
        };
        let dotenv = match dotenv {
            Some(found) if found.unheard => {
                unheard.get_or_insert(found);
                None
            }
            other => other,
        };
        dotenv
            .or_else(chosen)
            .or_else(read)
            .or_else(opened)
            .or_else(|| required().filter(|_| language == "php"))
    });
    let served = || {
        let of_go = written.iter().filter(|(_, (_, source))| source.front_end.name() == "go");
        of_go.into_iter().find_map(|(_, (_, source))| {
            unserved::told(source.file()).into_iter().find_map(|(name, at)| {
                let path = clean(&container.start.directory.join(&name));
                let lacks = tree.resolve(files, &path).is_none() && never_there(&path);
                let missing = Unloaded::new(path.display().to_string(), at);
                (unserved::is_kept(files, &source.path, &name) && lacks)
                    .then_some(Unloaded { need: Need::Served, ..missing })
            })
        })
    };
    let found = found.or_else(served);
    let made = |found: &Unloaded| found.sample.is_none();
    let lacks = found.as_ref().is_some_and(made);
    let found = if lacks { found } else { left_out(container, scope, modules).or(found) };
    found.into_iter().chain(unheard).collect()
}

/// The dotenv file, or the sample of one, that the program leaves out for what a variable says.
fn left_out(container: &Container<'_>, scope: &Scope, modules: &[ModuleIndex]) -> Option<Unloaded> {
    let bare = bare(container.started, container.start);
    modules.iter().find_map(|index| {
        let (place, source) = scope.get(*index)?;
        if source.module().dotenv_where.is_empty() {
            return None;
        }
        asked_for(source).iter().find_map(|asked| {
            let by = left_out_by(scope, *index, asked, &bare)?;
            let folders = asked.folders(container.start, place);
            let (path, names) =
                folders.iter().find_map(|folder| names_in(container, &folder.join(&asked.name)))?;
            let left_out = Some(LeftOut { by, names });
            Some(Unloaded { left_out, ..Unloaded::new(path, asked.at) })
        })
    })
}

/// Whether a file is not there, nor made by who starts the project, and one of nearly its name lies beside it.
fn is_slip(files: &dyn Files, host: &Path) -> bool {
    let nearly = || host.file_name().is_some_and(|name| named_nearly(files, host, name));
    files.kind(host).is_none() && !is_ignored(files, host) && nearly()
}

/// What the crate `config` looks for behind a name.
const ENDINGS: [&str; 6] = ["", ".toml", ".yaml", ".yml", ".json", ".ini"];

/// The names of the files that the crate `config` is told and that it cannot do without.
fn settings_of_rust(file: &SourceFile) -> Vec<(String, Span)> {
    const CALL: &str = "File::with_name(\"";
    let text = file.text.as_ref();
    let mut found = Vec::new();
    for (at, _) in text.match_indices(CALL).take(MAX_CALLS).filter(|_| text.contains("config")) {
        let from = at + CALL.len();
        let rest = text.get(from..).unwrap_or("");
        let Some((name, behind)) = rest.split_once('"') else { continue };
        let end = behind.find([';', '\n']).unwrap_or(behind.len());
        // What follows stands in the next line.
        let next = behind.get(end..).unwrap_or("").trim_start();
        let optional = behind.get(..end).is_some_and(|call| call.contains("required("))
            || next.starts_with(".required(");
        let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("");
        if !optional && !name.contains('{') && !line.contains("//") && !Path::new(name).is_absolute() {
            found.push((name.to_string(), file.slice(from, from + name.len())));
        }
    }
    found
}

/// The files and folders that a program in Go reads when it starts and ends without: templates that must parse, those of Gin,
/// migrations, each as far as its name is written out.
fn needed(file: &SourceFile) -> Vec<(String, Span)> {
    // Each with what must stand before it in the line, or none where the call itself ends the program.
    const CALLS: [(&str, Option<&str>); 9] = [
        ("ParseGlob(\"", Some("template.Must(")),
        ("ParseFiles(\"", Some("template.Must(")),
        ("template.ParseGlob(\"", Some("")),
        ("template.ParseFiles(\"", Some("")),
        ("LoadHTMLGlob(\"", None),
        ("LoadHTMLFiles(\"", None),
        ("migrate.New(\"file://", Some("")),
        ("migrate.NewWithDatabaseInstance(\"file://", Some("")),
        ("goose.Up(", Some("")),
    ];
    let text = file.text.as_ref();
    let mut found = Vec::new();
    for (call, within) in CALLS {
        let (sign, rest) = call.split_once('(').unwrap_or((call, ""));
        for (at, _) in text.match_indices(sign).take(MAX_CALLS) {
            let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("");
            // Arguments may stand in lines of their own.
            let Some(arguments) = text.get(at + sign.len()..).unwrap_or("").strip_prefix('(') else {
                continue;
            };
            let argument = match sign {
                "goose.Up" => arguments.split_once(',').map_or("", |(_, rest)| rest),
                _ => arguments,
            };
            let argument = argument.trim_start();
            let literal =
                argument.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(name, _)| name);
            let Some(name) = literal.and_then(|name| name.strip_prefix(rest.trim_start_matches('"'))) else {
                continue;
            };
            let from = text.len() - argument.len() + 1;
            let span = file.slice(from, from + literal.map_or(0, str::len));
            let ends = match within {
                None => true,
                Some("") => stops_without(file, file.slice(at, at + sign.len())),
                Some(around) => line.contains(around),
            };
            // Of a pattern the folder must be there.
            let name =
                name.split(['*', '?', '[']).next().map_or(name, |head| match head.len() == name.len() {
                    true => head,
                    false => head.rsplit_once('/').map_or("", |(folder, _)| folder),
                });
            let name = name.trim_start_matches("./").trim_end_matches('/');
            if ends && !line.trim_start().starts_with("//") && !name.is_empty() && !name.starts_with("..") {
                found.push((name.to_string(), span));
            }
        }
    }
    found
}

/// The name of what lies where the first part of a path that is not there would, and is meant: it differs by a slip, or it is
/// a folder that has the file.
fn near(container: &Container<'_>, place: &Path) -> Option<String> {
    let files = container.sources.files();
    let mut above = place.ancestors().skip(1);
    let (folder, host) = above.find_map(|folder| Some((folder, container.files.resolve(files, folder)?)))?;
    let rest = place.strip_prefix(folder).ok()?;
    let missing = rest.iter().next()?.to_str()?;
    let names = files.list(&host);
    let file = Path::new(place.file_name()?);
    let stem = file.file_stem()?;
    let is_it = |name: &String| Path::new(name).file_stem() == Some(stem) && name.as_str() != ".env";
    if rest.components().count() == 1 {
        let stems = names.iter().map(|name| name.split('.').next().unwrap_or(name));
        return nearest(missing, stems).map(str::to_string);
    }
    let slip = nearest(missing, names.iter().map(String::as_str)).map(str::to_string);
    slip.or_else(|| names.iter().find(|name| files.list(&host.join(name)).iter().any(is_it)).cloned())
}

/// The call in which viper reads.
const READ: &str = "ReadInConfig()";

/// Where a file of settings is read: viper is told of it in several calls, and reads in this one.
fn read_at(file: &SourceFile, at: Span) -> Span {
    file.text.find(READ).map_or(at, |from| file.slice(from, from + READ.len()))
}

/// Whether viper is only told of a file where it is named.
fn is_told(file: &SourceFile, at: Span) -> bool {
    let before = Some(at).filter(|at| file.owns(*at)).and_then(|at| file.text.get(..file.range(at).start));
    let before = before.unwrap_or("").trim_end_matches(['"', '`', '(', ' ']);
    before.ends_with("SetConfigName") || before.ends_with("SetConfigFile")
}

/// Calls of one kind that are looked at in a file.
const MAX_CALLS: usize = 20;

/// Whether a file is one of settings by its name; what programs open may be anything.
fn is_of_settings(target: &str) -> bool {
    let name = target.rsplit('/').next().unwrap_or(target).to_ascii_lowercase();
    [".yaml", ".yml", ".toml", ".ini"].iter().any(|ending| name.ends_with(ending)) || name.contains("conf")
}

/// Whether a call in one of the other languages ends the program where it fails, and nothing is asked before it but a
/// condition that is `decided`.
fn fails_at(language: &str, file: &SourceFile, at: Span, decided: Option<bool>) -> bool {
    if !file.owns(at) || decided == Some(false) {
        return false;
    }
    let whole = file.text.as_ref();
    let line = whole.get(..file.range(at).start).and_then(|text| text.rfind('\n')).map_or(0, |end| end + 1);
    let (before, rest) = (whole.get(..line).unwrap_or(""), whole.get(line..).unwrap_or(""));
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    match language {
        "rust" => {
            let statement = rest.split(';').next().unwrap_or("");
            let function = before.rfind("fn ").and_then(|at| before.get(at..)).unwrap_or(before);
            let depth = function.matches('{').count().saturating_sub(function.matches('}').count());
            let tagged = function.trim_end().ends_with(']');
            has(statement, &[".unwrap(", "expect(", "()?", ")?"])
                && !has(
                    statement,
                    &["if ", "match ", "let _", ".ok()", "unwrap_or", "is_ok", "is_err", ".or", "||", "{"],
                )
                && !statement.trim_start().starts_with("//")
                && depth == 1
                && !tagged
                && !has(function, &["return", "cfg!"])
        }
        "ruby" => rest.starts_with("Dotenv.load!") && !rest.lines().next().unwrap_or("").contains(" if "),
        _ => {
            let call = rest.split("->load(").next().unwrap_or("");
            let near = before.rsplit_once(['{', '}']).map_or(before, |(_, near)| near);
            let open = before.matches('{').count().saturating_sub(before.matches('}').count());
            // Its second version is made with a folder; so is Symfony's, with none.
            let made = has(call, &["new Dotenv\\Dotenv(", "new \\Dotenv\\Dotenv("])
                || has(call, &["new Dotenv("])
                    && has(before, &["use Dotenv\\Dotenv;", "use Symfony\\Component\\Dotenv\\Dotenv;"]);
            let calls = ["::createImmutable(", "::createMutable(", "::createUnsafeImmutable(", "::create("];
            rest.contains("->load(")
                && (has(call, &calls) || made)
                && open <= usize::from(decided.is_some())
                && !has(call, &["safeLoad", "{", "}", "try"])
                && !has(near, &["file_exists", "is_file", "is_readable", "return", "try"])
                && (decided.is_some() || !has(near, &["if (", "if("]) && !has(call, &["if ", "if("]))
                && call.lines().count() < 6
        }
    }
}
