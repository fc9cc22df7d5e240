//! What the builder refuses in a Dockerfile, or does not find.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::copy::Context;
use super::{Copy, Stage, Step};
use crate::compose::nearest;
use crate::programs::official::is_nobodys;
use crate::source::{Files, Kind, Span, Text};

/// Something for which the build stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// Where.
    pub at: Span,
}

impl Fault {
    /// The source that is not there, and the one that is meant by it.
    pub(super) fn meant(&self) -> Option<(&str, String)> {
        match &self.kind {
            FaultKind::Absent { source, kin: Some(kin), .. } => {
                // A whole path where a folder above is called otherwise.
                let path = super::copy::relative(source).with_file_name(kin);
                let path = if kin.contains('/') { PathBuf::from(kin) } else { path };
                Some((source, path.to_string_lossy().into_owned()))
            }
            FaultKind::FromAbove { source, within } => Some((source, within.clone())),
            _ => None,
        }
    }

    /// The name of the stage that is meant by one that is not there: one of nearly that name, or the only one before.
    pub(super) fn stage<'a>(&'a self, earlier: &'a [Stage]) -> Option<&'a str> {
        let FaultKind::Stage { meant, .. } = &self.kind else { return None };
        let only = || match earlier {
            [only] => only.name.as_ref().map_or(Some("0"), |name| Some(name.value.as_str())),
            _ => None,
        };
        meant.as_deref().or_else(only)
    }
}

/// Why a build stops.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A command is told to build or run what the project does not have.
    Target {
        /// The command, as a person would say it.
        command: String,
        /// What is not there.
        what: String,
        /// What is meant, where that can be told.
        instead: Option<String>,
        /// Whether it is the container's own command.
        start: bool,
    },
    /// An instruction has an option that it does not know.
    Flag {
        /// The instruction.
        instruction: &'static str,
        /// The option, without its dashes.
        flag: String,
    },
    /// An instruction has an argument that nothing sets, and fails, or does another thing, without it.
    Blank {
        /// The argument.
        name: String,
        /// The instruction or command.
        what: String,
        /// Where it is declared without a value.
        declared: Option<Span>,
        /// Where it is declared, and does not count for the instruction.
        elsewhere: Option<Span>,
        /// An argument that is given, and that the file does not declare.
        given: Option<(String, Span)>,
        /// Whether it is sure to fail.
        sure: bool,
    },
    /// `COPY --from` or `FROM` names no stage before it.
    Stage {
        /// What it names.
        name: String,
        /// A stage that may be meant.
        meant: Option<String>,
        /// Whether it is a number, and can be no image.
        number: bool,
        /// Whether it is `FROM`.
        base: bool,
    },
    /// A source is hidden from the build by `.dockerignore`.
    Ignored(String),
    /// The source begins with the folder that the context is itself.
    FromAbove {
        /// The source as written.
        source: String,
        /// Where it lies in the context.
        within: String,
    },
    /// A source is not in the build context.
    Absent {
        /// The source.
        source: String,
        /// What is there in its place.
        kin: Option<String>,
        /// Whether it is what builds make.
        output: bool,
        /// Where it would lie on this machine.
        host: PathBuf,
        /// Whether something may make it before the build.
        excused: bool,
    },
    /// A source is not in the build context, and lies at that path below a folder above it.
    Outside {
        /// The source.
        source: String,
        /// That folder, counted from the context.
        above: String,
    },
    /// A source is what an earlier stage makes, and is not taken from that.
    Unfetched {
        /// The source.
        source: String,
        /// The stage, by its name or number.
        stage: String,
    },
    /// The build tool of the stage that is named puts its archives elsewhere.
    Elsewhere {
        /// The source.
        source: String,
        /// Where it puts them.
        made: &'static str,
    },
    /// A source is taken from a stage that does not make it.
    Unmade {
        /// The source.
        source: String,
        /// What it makes in its place.
        made: Option<String>,
    },
    /// The build tool makes two archives that the source names, which do not go into one file.
    Several {
        /// The source.
        source: String,
        /// The file.
        file: String,
        /// The other archive.
        other: &'static str,
    },
    /// A manifest that is built by names what lies outside of the build context.
    Beyond {
        /// The manifest.
        manifest: String,
        /// What it names.
        source: String,
        /// Whether that is its parent.
        parent: bool,
    },
    /// A file of requirements that is installed from names what is not in the image.
    Named {
        /// The command that installs.
        command: String,
        /// The file that names it.
        manifest: String,
        /// What it names.
        source: String,
        /// Whether it is a folder that is there, and holds no project.
        bare: bool,
        /// Whether the build context has it.
        there: bool,
    },
    /// A manifest that is installed from names a dependency in a way that the tool does not know.
    Protocol {
        /// The command that installs.
        command: String,
        /// The dependency.
        dependency: String,
        /// What stands there in place of a version.
        value: String,
    },
    /// A manifest that is installed from asks for a package of the same repository that is not in the image yet.
    Sibling {
        /// The command that installs.
        command: String,
        /// The package.
        dependency: String,
        /// The manifest.
        manifest: String,
        /// Its folder, counted from that of the workspace.
        folder: String,
        /// Whether the build context has it.
        within: bool,
    },
    /// A source that a bundler begins with, or one that this loads, imports a file of its own that is not there.
    Import {
        /// The bundler's command.
        command: String,
        /// What is imported, as written.
        import: String,
        /// What to write in its place.
        instead: Option<String>,
        /// Whether that is the same in other letters, small or capital.
        letters: bool,
    },
    /// A command of the build needs a file that is not in the image when it starts.
    Input {
        /// The command.
        command: String,
        /// The file.
        file: String,
        /// Whether the build context has it.
        there: bool,
        /// Whether it is a lock file.
        lock: bool,
        /// The line of the context's `.dockerignore` by which the build does not see it, though it is there.
        hidden: Option<usize>,
    },
    /// A project was not there when the packages of one that refers to it were restored, and is not restored now.
    Unrestored {
        /// The command that compiles them.
        command: String,
        /// The project that refers to it.
        manifest: String,
        /// The project.
        source: String,
    },
}

/// The folders that build tools make, and words of the commands that make them.
const OUTPUTS: [(&str, &[&str]); 4] = [
    ("target", &["mvn", "cargo build"]),
    ("build", &["gradle", "npm run build", "yarn build", "yarn run build", "pnpm build"]),
    ("dist", &["npm run build", "yarn build", "yarn run build", "pnpm build", "pnpm run build"]),
    (".next", &["npm run build", "yarn build", "yarn run build", "pnpm build"]),
];

/// Names of stages that are no images.
const STAGES: [&str; 10] = [
    "build",
    "builder",
    "build-stage",
    "builder-stage",
    "deps",
    "dependencies",
    "prod-deps",
    "install",
    "compile",
    "build-env",
];

/// Further names of stages that others are made from.
const BASES: [&str; 6] = ["base", "publish", "runtime", "development", "production", "runner"];

/// Files of which a project has one, whichever tool it uses.
const KINDS: [&[&str]; 3] = [
    &["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json", "bun.lockb", "bun.lock"],
    &["Pipfile", "requirements.txt", "pyproject.toml", "setup.py", "environment.yml"],
    &["build.gradle", "build.gradle.kts", "pom.xml"],
];

/// The options that an instruction knows.
pub(super) fn options_of(instruction: &str) -> &'static [&'static str] {
    match instruction {
        "COPY" => &["from", "chown", "chmod", "link", "parents", "exclude"],
        "ADD" => &["chown", "chmod", "link", "exclude", "keep-git-dir", "checksum", "unpack"],
        "FROM" => &["platform"],
        "RUN" => &["mount", "network", "security", "device"],
        _ => &["interval", "timeout", "start-period", "start-interval", "retries"],
    }
}

/// What is wrong with `COPY --from=name`, where that is no stage: it may be an image.
pub(super) fn no_stage(name: &str, stages: &[Stage], here: usize, at: Span) -> Option<Fault> {
    if name.contains(Text::HOLE) {
        return None;
    }
    let (earlier, later) = stages.split_at_checked(here)?;
    let number = name.parse::<usize>().is_ok();
    let (before, after) = (names(earlier), names(later));
    // `plan` for `planner`, which is no image of anybody's.
    let longer = |stage: &&&str| name.len() > 2 && stage.starts_with(name) && is_nobodys(name);
    let meant = nearest(name, before.iter().copied()).or_else(|| before.iter().find(longer).copied());
    let meant = meant.map(str::to_string);
    let plain = !name.contains(['/', ':', '.', '@', '$']) && !name.is_empty();
    let comes_later = after.contains(&name.to_lowercase().as_str());
    let lower = name.to_lowercase();
    let among = STAGES.contains(&lower.as_str()) || BASES.contains(&lower.as_str()) && !before.is_empty();
    let known = among || meant.is_some() || comes_later;
    let kind = FaultKind::Stage { name: name.to_string(), meant, number, base: false };
    (number || plain && known).then_some(Fault { kind, at })
}

/// What is wrong with `FROM name`, where that is neither a stage before it nor an image that anybody can pull. A file of one
/// stage may be made from an image of the machine's own.
pub(super) fn no_base(name: &str, stages: &[Stage], here: usize, at: Span) -> Option<Fault> {
    let (earlier, later) = stages.split_at_checked(here)?;
    let (before, after) = (names(earlier), names(later));
    let plain = !name.contains([Text::HOLE, ':', '@', '$']) && is_nobodys(name);
    let lower = name.to_lowercase();
    let meant = nearest(name, before.iter().copied()).map(str::to_string);
    let among = STAGES.contains(&lower.as_str()) || BASES.contains(&lower.as_str());
    let known = meant.is_some() || after.contains(&lower.as_str()) || among && !before.is_empty();
    let kind = FaultKind::Stage { name: name.to_string(), meant, number: false, base: true };
    (plain && known).then_some(Fault { kind, at })
}

fn names(stages: &[Stage]) -> Vec<&str> {
    stages.iter().filter_map(|stage| stage.name.as_ref().map(|name| name.value.as_str())).collect()
}

/// What a stage, which takes nothing from others, takes from the context though an earlier stage makes it and the context
/// does not have it: `COPY target/*.jar` without `--from`.
pub(super) fn not_fetched<'a>(
    files: &'a dyn Files,
    context: &'a Context,
    stage: &'a Stage,
    earlier: &'a [Stage],
) -> impl Iterator<Item = Fault> + 'a {
    let copies = stage.steps.iter().filter_map(|step| match step {
        Step::Copy(copy) => Some(copy),
        _ => None,
    });
    let base = stage.from.assumed().to_lowercase();
    let of_stage = earlier.iter().any(|other| other.name.as_ref().is_some_and(|name| name.value == base));
    let alone = !of_stage && copies.clone().all(|copy| copy.from.is_none());
    let made = move |source: &str| {
        let relative = super::copy::relative(source);
        let first = relative.components().next()?.as_os_str().to_str()?.to_string();
        let (_, commands) = OUTPUTS.iter().find(|(folder, _)| *folder == first)?;
        let makes = |stage: &&Stage| {
            stage.steps.iter().any(|step| match step {
                Step::Run(text) => commands.iter().any(|command| text.assumed().contains(command)),
                _ => false,
            })
        };
        let absent = files.kind(&context.root.join(&first)).is_none();
        let at = earlier.iter().position(|stage| makes(&stage)).filter(|_| absent)?;
        let name = earlier.get(at)?.name.as_ref().map(|name| name.value.clone());
        Some(name.unwrap_or_else(|| at.to_string()))
    };
    let sources = copies.filter(move |copy| alone && !copy.inline).flat_map(|copy| {
        copy.sources.iter().filter_map(move |source| Some((source.complete()?, copy.keyword)))
    });
    sources.filter_map(move |(source, at)| {
        let stage = made(&source)?;
        Some(Fault { kind: FaultKind::Unfetched { source, stage }, at })
    })
}

/// The context as it is meant where a source is hidden from the build.
pub(super) fn meant_context(absent: &[Fault], context: &Arc<Context>) -> Arc<Context> {
    let hidden = absent.iter().any(|fault| matches!(fault.kind, FaultKind::Ignored(_)));
    let whole = || Arc::new(Context { root: context.root.clone(), ..Context::default() });
    if hidden { whole() } else { context.clone() }
}

/// What is wrong with the sources that are taken from the build context.
pub(super) fn no_sources<'a>(
    files: &'a dyn Files,
    context: &'a Context,
    copy: &'a Copy,
    sources: &'a [String],
    destination: &'a str,
) -> impl Iterator<Item = Fault> + 'a {
    let fault = move |source: &String| {
        no_source(files, context, copy, (source, destination), &super::copy::relative(source))
    };
    sources.iter().filter_map(fault)
}

/// What is wrong with a source with wildcards. One that matches nothing is passed over where its folder is there; BuildKit stops
/// where that is not (`lstat /target: no such file or directory`).
fn no_matches(files: &dyn Files, context: &Context, source: &str, relative: &Path) -> Option<FaultKind> {
    let plain = |part: &std::path::Component<'_>| {
        part.as_os_str().to_str().is_some_and(|part| !super::copy::has_wildcard(part))
    };
    let folder: PathBuf = relative.components().take_while(plain).collect();
    let first = folder.components().next()?.as_os_str();
    if context.ignore.hides_all(&folder) {
        return Some(FaultKind::Ignored(source.to_string()));
    }
    let host = context.root.join(&folder);
    if files.kind(&host).is_some() {
        return None;
    }
    let output = OUTPUTS.iter().any(|(folder, _)| first == *folder);
    Some(FaultKind::Absent { source: source.to_string(), kin: None, output, host, excused: true })
}

/// The folder above a context, counted from there, below which a path leads to something: what is written for a build from there.
pub(super) fn above(files: &dyn Files, root: &Path, path: &Path) -> Option<String> {
    const UP: [&str; 3] = ["..", "../..", "../../.."];
    let first = path.components().next()?.as_os_str().to_str()?;
    let several = path.components().count() > 1;
    let plain = !first.starts_with('.') && files.kind(&root.join(first)).is_none();
    let found = root.ancestors().skip(1).zip(UP).find(|(folder, _)| {
        let kind = files.kind(&folder.join(path));
        kind.is_some() && (several || kind == Some(Kind::Directory))
    });
    found.filter(|_| plain).map(|(_, up)| up.to_string())
}

/// The path that is there and is only written in other letters, small or capital: the builder tells them apart. The name alone where
/// only that differs.
fn in_other_letters(files: &dyn Files, context: &Context, relative: &Path) -> Option<String> {
    let mut found = PathBuf::new();
    for part in relative.components() {
        let part = part.as_os_str().to_str()?;
        let there = files.list(&context.root.join(&found));
        let mut alike = there.iter().filter(|name| name.eq_ignore_ascii_case(part));
        let exact = there.iter().find(|name| *name == part);
        found.push(match exact {
            Some(exact) => exact,
            None => alike.next().filter(|_| alike.next().is_none())?,
        });
    }
    let shown = if found.parent() == relative.parent() { found.file_name()?.into() } else { found.clone() };
    (!context.ignore.hides_all(&found)).then(|| shown.to_string_lossy().into_owned())
}

fn no_source(
    files: &dyn Files,
    context: &Context,
    copy: &Copy,
    (source, destination): (&str, &str),
    relative: &Path,
) -> Option<Fault> {
    let name = relative.file_name()?.to_str()?;
    let open = |text: &str| text.contains(['$', '<']) || text.contains("://") || text.starts_with("git@");
    if open(source) || copy.inline || source.contains(Text::HOLE) {
        return None;
    }
    let at = copy.keyword;
    if super::copy::has_wildcard(source) {
        return no_matches(files, context, source, relative).map(|kind| Fault { kind, at });
    }
    if context.ignore.hides_all(relative) {
        return Some(Fault { kind: FaultKind::Ignored(source.to_string()), at });
    }
    let host = context.root.join(relative);
    if files.kind(&host).is_some() {
        return None;
    }
    // Written from the folder above, as when the project is built there.
    let folder = context.root.file_name().map(Path::new);
    let within = folder.and_then(|folder| relative.strip_prefix(folder).ok());
    let within = within.filter(|path| files.kind(&context.root.join(path)).is_some());
    if let Some(path) = within {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let within = path.to_string_lossy().into_owned();
        return Some(Fault { kind: FaultKind::FromAbove { source: source.to_string(), within }, at });
    }
    if let Some(above) = above(files, &context.root, relative) {
        return Some(Fault { kind: FaultKind::Outside { source: source.to_string(), above }, at });
    }
    let beside = host.parent().map(|directory| files.list(directory)).unwrap_or_default();
    let visible = |other: &&String| !other.starts_with('.') && other.as_str() != name;
    let same_kind = KINDS.iter().find(|kind| kind.contains(&name));
    let other = same_kind.and_then(|kind| kind.iter().find(|other| beside.iter().any(|file| file == *other)));
    let kin = other.map(|other| (*other).to_string()).or_else(|| {
        let long = name.len() > 5;
        let alike = beside.iter().filter(visible).filter(|_| long).map(String::as_str);
        let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_string());
        nearest(name, alike.filter(|other| ending(other) == ending(name))).map(str::to_string)
    });
    let kin = kin.or_else(|| in_other_letters(files, context, relative));
    let first = relative.components().next();
    let output = first.is_some_and(|first| OUTPUTS.iter().any(|(folder, _)| first.as_os_str() == *folder));
    // The folder that is called as it is to be called in the image.
    let kin = kin.or_else(|| {
        let namesake = Path::new(destination).file_name()?.to_str()?;
        let path = relative.with_file_name(namesake);
        let folder = files.kind(&context.root.join(&path)) == Some(Kind::Directory);
        let is_meant = folder && !output && !name.contains('.') && !context.ignore.hides_all(&path);
        is_meant.then(|| namesake.to_string())
    });
    Some(Fault {
        kind: FaultKind::Absent { source: source.to_string(), kin, output, host, excused: true },
        at,
    })
}
