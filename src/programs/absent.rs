//! What a service takes from this machine and is not there: a folder to build in, files that are mounted.

use std::path::{Path, PathBuf};

use super::dockerfile::{self, Fault, FaultKind};
use super::lock_notes::{is_lost_lock, makes_lock};
use super::notes::{self, MAX_SCRIPT, is_in_script, is_script};
use super::service_files::ImageTree;
use crate::compose::{MountKind, Project, Service, nearest};
use crate::source::{Files, Kind, SourceMap, Span, clean, is_ignored, is_submodule, repository};

/// A path of this machine that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The path.
    pub path: PathBuf,
    /// The outermost part of it that is not there.
    pub missing: PathBuf,
    /// What lies in the folder in which that would lie.
    pub beside: Vec<String>,
    /// What is there instead and was probably meant: the same path counted from another folder.
    pub instead: Option<PathBuf>,
    /// Whether something of nearly the same name lies beside it.
    pub has_nearly: bool,
    /// Why it may be as it should.
    pub excuse: Option<Excuse>,
}

/// Why a path may not be there though nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// The repository's ignore files name it: it is made where the project runs.
    Ignored,
    /// It is a submodule, which a plain clone leaves out.
    Submodule,
    /// It is a submodule, and the notes tell to clone the repository without those.
    Untold,
    /// A script of the project names it, and probably makes it.
    Made,
    /// The compose files lie here without the project they belong to.
    Elsewhere,
}

/// A file that a container takes from this machine and that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentFile {
    /// The file.
    pub file: Absent,
    /// Where it is asked for.
    pub at: Span,
    /// Where it would be in the container.
    pub target: String,
    /// The secret or config that it is.
    pub object: Option<FileOf>,
    /// The folder of source code which the build of the image copied to that place.
    pub hides: Option<PathBuf>,
}

/// What a file of this machine is given as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOf {
    /// A top-level secret.
    Secret(String),
    /// A top-level config.
    Config(String),
}

impl Absent {
    /// The same of a file, which a script may write.
    fn of_file(sources: &SourceMap, project: &Project, path: &Path) -> Self {
        let absent = Self::of(sources, project, path, None);
        let made = |notes| is_named_by_script(sources.files(), project, &absent.path, notes);
        let excuse = match absent.excuse {
            None if made(false) => Some(Excuse::Made),
            // Settings that the repository leaves out, and of which it says nothing, nobody can make.
            Some(Excuse::Ignored) if is_settings(&absent.path) && !has_sample(&absent) && !made(true) => None,
            excuse => excuse,
        };
        Self { excuse, ..absent }
    }

    /// What is not there of a path that was asked for; `other` is where it would be, were it counted from another folder.
    #[must_use]
    pub fn of(sources: &SourceMap, project: &Project, path: &Path, other: Option<PathBuf>) -> Self {
        let files = sources.files();
        let path = clean(path);
        let there = |folder: &&Path| files.kind(folder).is_some();
        let folder = path.ancestors().skip(1).find(there).unwrap_or(Path::new("/")).to_path_buf();
        let below = path.strip_prefix(&folder).ok();
        let first = below.and_then(|below| below.components().next());
        let missing = first.map_or_else(|| path.clone(), |first| folder.join(first));
        let beside = files.list(&folder);
        // `/web`, where the folder lies beside the compose file.
        let rooted = path.strip_prefix("/").ok().filter(|_| folder == Path::new("/"));
        let rooted =
            rooted.map(|below| project.directory.join(below)).filter(|path| files.kind(path).is_some());
        // Blanks at the end of a name are part of it, though nobody means them.
        let blank = without_blanks(&path).filter(|path| files.kind(path).is_some());
        let has_nearly = blank.is_some() || has_nearly(files, &missing, &beside);
        let excuse = if rooted.is_some() {
            None
        } else if is_submodule(files, &path) {
            let told = |words: &[&str]| notes::is_told(files, project, words);
            let untold = told(&["git clone"]) && !told(&["submodule", "--recurs"]);
            Some(if untold { Excuse::Untold } else { Excuse::Submodule })
        } else if is_ignored(files, &path) && !is_lost_lock(files, project, &path) {
            Some(Excuse::Ignored)
        } else if !is_of_project(files, project, &folder, &beside) && !has_nearly {
            Some(Excuse::Elsewhere)
        } else {
            None
        };
        // A compose file that was moved into a folder still counts from where it was.
        let moved = || {
            let below = path.strip_prefix(&project.directory).ok()?;
            project
                .directory
                .ancestors()
                .skip(1)
                .take(2)
                .map(|above| above.join(below))
                .find(|path| files.kind(path).is_some())
        };
        let instead = other
            .map(|path| clean(&path))
            .filter(|path| files.kind(path).is_some())
            .or(blank)
            .or(rooted)
            .or_else(moved);
        Self { path, missing, beside, instead, has_nearly, excuse }
    }
}

/// The path without the blanks at its end, where there are some.
#[must_use]
pub fn without_blanks(path: &Path) -> Option<PathBuf> {
    let text = path.to_str()?;
    let trimmed = text.trim_end();
    (trimmed.len() < text.len()).then(|| PathBuf::from(trimmed))
}

/// Whether something of nearly the same name lies beside what is missing, which is meant: with another ending, or a slip.
fn has_nearly(files: &dyn Files, missing: &Path, beside: &[String]) -> bool {
    const LONG: usize = 5;
    let text =
        |part: Option<&std::ffi::OsStr>| part.and_then(std::ffi::OsStr::to_str).unwrap_or("").to_string();
    let (name, stem) = (text(missing.file_name()), text(missing.file_stem()));
    let same_kind = |other: &String| {
        files.kind(&missing.with_file_name(other)) == Some(Kind::Directory)
            || Path::new(other).extension().is_some() == missing.extension().is_some()
    };
    let mut alike = beside.iter().filter(|other| !other.starts_with('.') && same_kind(other));
    let twin = |other: &String| missing.extension().is_some() && text(Path::new(other).file_stem()) == stem;
    stem.len() >= LONG
        && alike.any(|other| twin(other) || nearest(&name, [other.as_str()]).is_some_and(|near| near != name))
}

/// Whether the folder, in which something is missed, holds the project the compose files belong to.
fn is_of_project(files: &dyn Files, project: &Project, folder: &Path, names: &[String]) -> bool {
    let root = repository(files, &project.directory);
    let within = folder.starts_with(&project.directory) || root.is_some_and(|root| folder.starts_with(root));
    // What a container takes from here, and is here, shows that it is the project.
    let taken = |path: &Path| {
        let mut mounts = project.services.values().flat_map(|service| &service.volumes);
        let objects = project.configs.values().chain(project.secrets.values());
        mounts.any(|mount| mount.path.as_deref().is_some_and(|host| clean(host) == path))
            || objects.filter_map(|object| object.file.as_ref()).any(|file| clean(&file.value) == path)
    };
    let belongs = |name: &String| {
        let path = folder.join(name);
        let lower = name.to_ascii_lowercase();
        let said_of_it =
            ["readme", "license", "changelog", "makefile"].iter().any(|word| lower.starts_with(word));
        let written = [".md", ".txt", ".yml", ".yaml", ".png", ".env", ".sample", ".example"];
        let beside = written.iter().any(|end| lower.ends_with(end)) && !taken(&path);
        !(name.starts_with('.')
            || said_of_it
            || beside
            || project.directory.starts_with(&path)
            || project.read.contains(&path))
    };
    within && names.iter().any(belongs)
}

/// Whether a path is one of settings, by its extension, and not of one machine's own; keys and certificates are made where a
/// project runs.
fn is_settings(path: &Path) -> bool {
    const OWN: [&str; 4] = ["local", "override", "private", "secret"];
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
    !OWN.iter().any(|word| name.contains(word))
        && crate::programs::has_extension(
            path,
            &["ini", "conf", "cfg", "toml", "yml", "yaml", "xml", "properties", "cnf", "sql"],
        )
}

/// Whether something beside the missing file begins like it: `grafana.ini.example`, `grafana.sample.ini`.
fn has_sample(absent: &Absent) -> bool {
    let stem = absent.missing.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let begins = |name: &str| name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['.', '-', '_']));
    // `composer.json` and `go.mod` are what a lock file is made from.
    let lock = absent.missing.extension().is_some_and(|ending| ending == "lock" || ending == "sum");
    // A file beside it is none of a folder that is not there: `requirements.txt` of `requirements`.
    let folder = absent.missing != absent.path;
    let alike = |name: &str| {
        let ending = Path::new(name).extension();
        let same = name.contains(stem) && ending == absent.missing.extension() || !lock && begins(name);
        same && !(folder && ending.is_some())
    };
    // A sample of variables is one of nothing else.
    let other = |name: &str| name.trim_start_matches(['.', '_']).starts_with("env");
    absent.beside.iter().any(|name| {
        let sample = || ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word));
        alike(name) || !other(name) && sample()
    })
}

/// Whether a sample of a file lies beside it, or a script, a note or a workflow of the project speaks of it.
#[must_use]
pub(super) fn is_promised(sources: &SourceMap, project: &Project, path: &Path) -> bool {
    let files = sources.files();
    let absent = Absent::of(sources, project, path, None);
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
    let root = repository(files, &project.directory).unwrap_or_else(|| project.directory.clone());
    let beside = |name: &String| is_script(name) || name.to_ascii_lowercase().ends_with(".md");
    let above = path.ancestors().skip(1).take(MAX_ABOVE).filter(|folder| folder.starts_with(&root));
    let mut folders: Vec<(PathBuf, bool)> = above.map(|folder| (folder.to_path_buf(), false)).collect();
    folders.push((root.join(".github/workflows"), true));
    folders.push((root.join("docs"), false));
    let mut texts = folders.iter().flat_map(|(folder, all)| {
        let names = files.list(folder).into_iter().filter(|name| *all || beside(name));
        names.map(|name| folder.join(name)).collect::<Vec<_>>()
    });
    let names_it = |file: PathBuf| {
        let bytes = files.read(&file, MAX_SCRIPT).unwrap_or_default();
        String::from_utf8_lossy(&bytes).contains(name)
    };
    has_sample(&absent)
        || is_named_by_script(files, project, path, true)
        || texts.by_ref().take(100).any(names_it)
}

/// Directories above a file whose notes may speak of it.
const MAX_ABOVE: usize = 4;

/// Whether a script or a note beside the compose file, or at the root of its repository, names the file.
fn is_named_by_script(files: &dyn Files, project: &Project, path: &Path, notes: bool) -> bool {
    let Some(wanted) = path.file_name().and_then(|name| name.to_str()) else { return false };
    is_in_script(files, project, notes, &|text| text.contains(wanted))
}

/// Whether a script or a note names a file, or the folder in which it would be, or there is a sample of it.
fn is_spoken_of(files: &dyn Files, project: &Project, absent: &Absent) -> bool {
    let folder = absent.path.parent().filter(|folder| *folder != project.directory);
    let named = |path: &Path| is_named_by_script(files, project, path, true);
    has_sample(absent) || named(&absent.path) || folder.is_some_and(named)
}

/// Whether a script or a note says to make a folder, and names this one.
fn is_made_by_script(files: &dyn Files, project: &Project, path: &Path) -> bool {
    const MAKES: [&str; 10] =
        ["mkdir", "chown", "chmod", "clone", "unzip", "tar ", "create", "init", "install", "download"];
    let Some(wanted) = path.file_name().and_then(|name| name.to_str()) else { return false };
    is_in_script(files, project, true, &|text| {
        text.lines().any(|line| line.contains(wanted) && MAKES.iter().any(|word| line.contains(word)))
    })
}

/// The files that the service's container takes from this machine and that are not there.
///
/// Of mounts only those that are files by their names on both sides: a folder that is missing is made, and may be
/// meant to be.
#[must_use]
pub fn files(sources: &SourceMap, project: &Project, service: &Service) -> Vec<AbsentFile> {
    let files = sources.files();
    let mut absent = Vec::new();
    for mount in service.volumes.iter().filter(|mount| mount.kind == MountKind::Bind) {
        let Some(path) = &mount.path else { continue };
        let named = without_blanks(path);
        let named = named.as_deref().unwrap_or(path);
        if is_file_by_name(named) && is_file_by_name(Path::new(&mount.target)) && is_own(files, project, path)
        {
            let file = Absent::of_file(sources, project, path);
            absent.push(AbsentFile {
                file,
                at: mount.origin.written,
                target: mount.target.clone(),
                object: None,
                hides: None,
            });
        }
    }
    let secrets =
        service.secrets.iter().map(|reference| (reference, &project.secrets, FileOf::Secret as fn(_) -> _));
    let configs =
        service.configs.iter().map(|reference| (reference, &project.configs, FileOf::Config as fn(_) -> _));
    for (reference, defined, object) in secrets.chain(configs) {
        let Some(path) = defined.get(&reference.source).and_then(|object| object.file.as_ref()) else {
            continue;
        };
        if is_own(files, project, &path.value) {
            let mut file = Absent::of_file(sources, project, &path.value);
            // A note that tells how the project is started, and not how its secrets are made, leaves those out.
            if file.excuse == Some(Excuse::Ignored)
                && project.is_described
                && !is_spoken_of(files, project, &file)
            {
                file.excuse = None;
            }
            absent.push(AbsentFile {
                file,
                at: path.span(),
                target: reference.target.clone(),
                object: Some(object(reference.source.clone())),
                hides: None,
            });
        }
    }
    absent
}

/// The folders of the project that the service mounts and that are not there: Docker makes them, and the container sees nothing
/// in their place. `image` is what the container would see.
#[must_use]
pub fn folders(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    image: &ImageTree,
) -> Vec<AbsentFile> {
    let files = sources.files();
    let mounts = service.volumes.iter().filter(|mount| mount.kind == MountKind::Bind);
    let found = mounts.filter_map(|mount| {
        let path = mount.path.as_ref()?;
        let folder = !is_file_by_name(path) && !is_file_by_name(Path::new(&mount.target));
        (folder && is_own(files, project, path)).then(|| {
            let mut file = Absent::of(sources, project, path, None);
            if file.excuse.is_none() && is_made_by_script(files, project, &file.path) {
                file.excuse = Some(Excuse::Made);
            }
            let target = mount.target.clone();
            let hides = image.of_build(files, Path::new(&target)).filter(|folder| has_code(files, folder));
            file.instead =
                file.instead.or_else(|| namesake(files, service, &file.missing, Path::new(&target)));
            AbsentFile { file, at: mount.origin.written, target, object: None, hides }
        })
    });
    found.collect()
}

/// A folder of code beside the one that is missing which is called as the place in the container, and which the service has
/// nowhere.
fn namesake(files: &dyn Files, service: &Service, missing: &Path, target: &Path) -> Option<PathBuf> {
    let meant = missing.with_file_name(target.file_name()?);
    let mut taken = service.volumes.iter().filter_map(|mount| mount.path.as_deref());
    (meant != *missing && has_code(files, &meant) && !taken.any(|path| clean(path).starts_with(&meant)))
        .then_some(meant)
}

/// Whether a folder holds source code, itself or in a folder of its own.
fn has_code(files: &dyn Files, folder: &Path) -> bool {
    const CODE: [&str; 17] = [
        "py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "vue", "svelte", "go", "rb", "php", "rs", "cs", "java",
        "kt", "ex",
    ];
    const MAX_NAMES: usize = 100;
    let names = |folder: &Path| {
        let all = files.list(folder).into_iter().take(MAX_NAMES);
        all.map(|name| folder.join(name)).collect::<Vec<PathBuf>>()
    };
    let own = names(folder);
    let is_code = |path: &PathBuf| crate::programs::has_extension(path, &CODE);
    own.iter().any(is_code) || own.iter().any(|inner| names(inner).iter().any(is_code))
}

/// Looks for what may make the sources that a build copies and that are not there: what a repository keeps, and neither leaves
/// out nor speaks of, nothing makes.
pub fn copied(sources: &SourceMap, project: &Project, dockerfile: Option<&Path>, faults: &mut [Fault]) {
    let files = sources.files();
    for fault in &mut *faults {
        if let FaultKind::Absent { source, kin: kin @ None, host, .. } = &mut fault.kind {
            *kin = of_another_context(files, dockerfile, source, host);
        }
    }
    // Where several are not there and nothing says that this is the whole repository, it may have been cut.
    let plain = |fault: &Fault| matches!(&fault.kind, FaultKind::Absent { kin: None, output: false, .. });
    if repository(files, &project.directory).is_none()
        && faults.iter().filter(|fault| plain(fault)).count() > 1
    {
        return;
    }
    for fault in faults {
        if let FaultKind::Absent { host, output: true, excused, .. } = &mut fault.kind
            && super::makerless::nothing_makes(files, project, host)
        {
            let absent = Absent::of(sources, project, host, None);
            *excused = absent.excuse.is_some() || is_named_by_script(files, project, host, true);
        }
        let FaultKind::Absent { host, output: false, excused, .. } = &mut fault.kind else { continue };
        let keeps = is_kept(host) || is_folder_by_name(host) && has_ignore_file(files, project);
        if keeps && is_own(files, project, host) {
            let absent = Absent::of(sources, project, host, None);
            // What the repository leaves out, and of which no word of it says how it is made, nobody has.
            let ignored = absent.excuse == Some(Excuse::Ignored) && makes_lock(host).is_none();
            *excused = absent.excuse.is_some() && !ignored
                || has_sample(&absent)
                || is_named_by_script(files, project, host, ignored || !is_kept(host));
        }
    }
}

/// Where a source lies that is written for another build context: for the folder of the Dockerfile, or for that above the one it is.
fn of_another_context(
    files: &dyn Files,
    written_in: Option<&Path>,
    source: &str,
    host: &Path,
) -> Option<String> {
    let relative = dockerfile::relative(source);
    let root = host.ancestors().nth(relative.components().count())?;
    let beside = written_in.and_then(Path::parent).map(|folder| folder.join(&relative));
    let mut parts = relative.components();
    let first = parts.next()?;
    let within = Some(parts.as_path()).filter(|rest| !rest.as_os_str().is_empty());
    let within = within.filter(|_| files.kind(&root.join(first)).is_none()).map(|rest| root.join(rest));
    let mut meant =
        beside.into_iter().chain(within).filter(|path| path != host && files.kind(path).is_some());
    meant.find_map(|path| Some(path.strip_prefix(root).ok()?.to_string_lossy().into_owned()))
}

/// Whether a file of this name is written by people, and kept: source, settings, manifests; not what is of one machine alone.
fn is_kept(path: &Path) -> bool {
    const NAMES: [&str; 7] =
        ["gemfile", "gemfile.lock", "procfile", "rakefile", "pipfile", "mvnw", "gradlew"];
    const KEPT: [&str; 23] = [
        "py", "js", "cjs", "mjs", "ts", "go", "mod", "rb", "ru", "php", "rs", "cs", "csproj", "sln", "java",
        "json", "lock", "sum", "txt", "sh", "html", "gradle", "kts",
    ];
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
    NAMES.contains(&name.as_str())
        || !name.starts_with(".env") && (is_settings(path) || crate::programs::has_extension(path, &KEPT))
}

fn is_folder_by_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    const MADE: [&str; 12] = [
        "bin",
        "out",
        "dist",
        "build",
        "target",
        "release",
        "vendor",
        "node_modules",
        "public",
        "certs",
        "ssl",
        "data",
    ];
    !name.is_empty() && !name.contains('.') && !MADE.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether the project says which files it leaves out.
fn has_ignore_file(files: &dyn Files, project: &Project) -> bool {
    let root = repository(files, &project.directory);
    let folders = [Some(project.directory.clone()), root];
    folders.iter().flatten().any(|folder| files.kind(&folder.join(".gitignore")).is_some())
}

/// Whether a path of the project, and not of the machine it runs on, is not there.
fn is_own(files: &dyn Files, project: &Project, path: &Path) -> bool {
    let path = clean(path);
    let root = repository(files, &project.directory);
    let within = path.starts_with(&project.directory) || root.is_some_and(|root| path.starts_with(root));
    within && files.kind(&path).is_none()
}

/// Whether the name says that it is a file: `nginx.conf`, but not `conf.d` or `data`.
fn is_file_by_name(path: &Path) -> bool {
    let Some(end) = path.extension().and_then(|end| end.to_str()) else { return false };
    let letters = end.chars().any(|c| c.is_ascii_alphabetic());
    letters
        && end.len() > 1
        && end.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !matches!(end, "sock")
}
