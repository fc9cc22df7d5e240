//! Scripts that a container starts by their path, and that the system does not run.

use std::path::{Path, PathBuf};

use super::dockerfile::Layer;
use super::entry::{By, Launch, Machine, Started, Way};
use super::image::Image;
use super::surroundings::working_directory;
use crate::compose::Service;
use crate::source::{Files, Kind, Span, Text};

/// A script that can't be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrunnable {
    /// Its file on this machine.
    pub path: PathBuf,
    /// How it is started.
    pub written: String,
    /// Why it is not run.
    pub why: Why,
    /// Its first line.
    pub at: Span,
}

/// Why a script is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its first line ends with a carriage return, which becomes part of the interpreter's name.
    LineEnd,
    /// Its file may not be executed.
    Mode,
    /// The same, in this folder of scripts that the start of the image runs.
    Skipped(&'static str),
    /// It names no interpreter, and no shell is there that would take it for a script of its own.
    Plain,
    /// It is for another shell: this stands there.
    Dash(&'static str),
}

/// Words of a build that change modes.
const MODES: [&str; 5] = ["chmod", "install -m", "install -D", "umask", "--chmod"];
/// Words of a build that change line ends.
const LINE_ENDS: [&str; 6] = ["dos2unix", "\\r", "\\015", "x0D", "x0d", "fromdos"];

/// The first script that the container surely starts by its path and that is not run.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    (service, command): (&Service, &[Text]),
    started: &Started,
    image: &Image,
) -> Option<Unrunnable> {
    let found = by_modes(machine, started, image);
    let found = found.or_else(|| without_interpreter(machine, service, command, image));
    found.or_else(|| super::dashed::of(machine, started, image))
}

fn by_modes(machine: &Machine<'_>, started: &Started, image: &Image) -> Option<Unrunnable> {
    let files = machine.sources.files();
    let dockerfile = image.dockerfile.as_ref().and_then(|path| machine.sources.load(path).ok());
    let mended = |words: &[&str]| {
        dockerfile.as_ref().is_some_and(|file| words.iter().any(|word| file.text.contains(word)))
    };
    if mended(&LINE_ENDS) || image.assumed {
        return None;
    }
    let modes = !mended(&MODES);
    // The command may change it before.
    let changed = started.calls.iter().any(|call| call.launch.name() == "chmod");
    let told = dockerfile.as_ref().map_or("", |file| &file.text);
    let called = started.calls.iter().find_map(|call| {
        let launch = &call.launch;
        let first = launch.words.first().filter(|first| !first.contains('$'))?;
        if launch.way != Way::Surely || launch.by != By::Path {
            return None;
        }
        let place = machine.program(launch, first).filter(|place| is_first(first, place))?;
        let host = machine.files.file(files, &place)?;
        let file = machine.sources.load(&host).ok()?;
        let line = file.text.split('\n').next().filter(|line| line.starts_with("#!"))?;
        let why = if line.ends_with('\r') {
            Why::LineEnd
        } else if !changed
            && files.is_executable(&host) == Some(false)
            && tells_modes(files, &host)
            && (modes || call.script.is_none() && keeps_mode(machine, image, (told, &place)))
        {
            Why::Mode
        } else {
            return None;
        };
        let at = file.slice(0, line.trim_end().len());
        Some(Unrunnable { path: host, written: first.clone(), why, at })
    });
    called.or_else(|| of_folder(machine, image).filter(|_| modes))
}

/// The script without an interpreter that the container starts as it is: shells, and what starts programs as libc's `execvp` does,
/// take that for one of `sh`'s, and Docker says `exec format error`.
fn without_interpreter(
    machine: &Machine<'_>,
    service: &Service,
    command: &[Text],
    image: &Image,
) -> Option<Unrunnable> {
    // Official images without a start of their own, which would hand the command to a shell.
    const BARE: [&str; 8] = ["python", "ruby", "golang", "rust", "perl", "debian", "ubuntu", "alpine"];
    const ENDINGS: [&str; 7] = ["sh", "bash", "py", "rb", "js", "mjs", "pl"];
    let files = machine.sources.files();
    let first = command.first()?.complete()?;
    let launch = Launch {
        words: vec![first.clone()],
        directory: working_directory(service, image),
        ..Launch::default()
    };
    let place = launch.path(&first);
    let own = service.entrypoint.is_some() || image.entrypoint.is_some();
    let base = image.base.as_ref().map_or("", |base| base.value.as_str());
    let base = base.trim_start_matches("docker.io/").trim_start_matches("library/");
    let bare = base.split([':', '@']).next().is_some_and(|name| BARE.contains(&name));
    let named = place.extension().and_then(|end| end.to_str()).is_some_and(|end| ENDINGS.contains(&end));
    if service.init || image.assumed || !(own || bare) || !named || !first.contains('/') {
        return None;
    }
    let host = machine.files.file(files, &place)?;
    let dockerfile = image.dockerfile.as_ref().and_then(|path| machine.sources.load(path).ok());
    // A step may write the line.
    if dockerfile.is_some_and(|file| file.text.contains("#!")) {
        return None;
    }
    let file = machine.sources.load(&host).ok()?;
    let line =
        file.text.lines().next().filter(|line| !line.trim_start_matches('\u{feff}').starts_with("#!"))?;
    let says = file.text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let at = file.slice(0, line.trim_end().len().max(1).min(file.text.len()));
    says.then_some(Unrunnable { path: host, written: first, why: Why::Plain, at })
}

/// Whether the mode that the script has on this machine is what it has in the container, whatever the build does to others, or does
/// before: it is mounted, or copied after that.
fn keeps_mode(machine: &Machine<'_>, image: &Image, (told, place): (&str, &Path)) -> bool {
    let files = machine.sources.files();
    let mut layers = machine.files.layers().iter().rev();
    let covers = |layer: &&Layer| match place.strip_prefix(&layer.target) {
        Ok(below) if layer.directory => {
            layer.hides || files.kind(&layer.host.join(below)) == Some(Kind::File)
        }
        Ok(below) => below.as_os_str().is_empty(),
        Err(_) => false,
    };
    let Some(layer) = layers.find(covers) else { return false };
    if layer.hides {
        return true;
    }
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
    // What names other files leaves this one as it is.
    let all = ["-R", "--recursive", "*", "find ", "$", "xargs", name];
    let changes = |run: &&Text| {
        let run = run.assumed();
        MODES.iter().any(|word| run.contains(word)) && all.iter().any(|word| run.contains(word))
    };
    let last = image.runs.iter().filter(changes).map(|run| run.span().start()).max();
    layer.context.is_some()
        && !["--chmod", "install -m", "umask"].iter().any(|word| told.contains(word))
        && last.is_none_or(|last| last < layer.span.start())
}

/// Whether a command means the file at this place: by its path, or by a name that nothing of the image's own has before it.
fn is_first(name: &str, place: &std::path::Path) -> bool {
    name.contains('/')
        || OWN.iter().any(|own| place.parent().is_some_and(|folder| folder == std::path::Path::new(own)))
}

/// Folders at the front of `PATH`, whose files take the place of those of the image.
const OWN: [&str; 2] = ["/usr/local/sbin", "/usr/local/bin"];

/// Folders of scripts that the start of these images runs, as far as they may be executed.
const FOLDERS: [(&str, &[&str]); 3] = [
    ("/etc/my_init.d", &["baseimage", "passenger"]),
    ("/docker-entrypoint.d", &["nginx", "nginxinc/nginx-unprivileged"]),
    ("/etc/service", &["baseimage", "passenger"]),
];

/// The first script of such a folder that may not be executed.
fn of_folder(machine: &Machine<'_>, image: &Image) -> Option<Unrunnable> {
    let files = machine.sources.files();
    let base = image.reference()?.path;
    let is_of = |words: &[&str]| {
        words.iter().any(|word| base == *word || !word.starts_with("nginx") && base.contains(word))
    };
    FOLDERS.iter().filter(|(_, words)| is_of(words)).find_map(|(folder, _)| {
        machine.files.layers().iter().filter(|layer| !layer.outside).find_map(|layer| {
            let below = layer.target.strip_prefix(folder).ok()?;
            let hosts: Vec<PathBuf> = match layer.directory {
                true => files.list(&layer.host).into_iter().map(|name| layer.host.join(name)).collect(),
                false => vec![layer.host.clone()],
            };
            // Of a service, only its `run` is started.
            let runs = |host: &PathBuf| {
                let target = if layer.directory { host.file_name() } else { layer.target.file_name() };
                *folder != "/etc/service" && below.iter().count() < 2
                    || target.is_some_and(|name| name == "run")
            };
            let unable = |host: &&PathBuf| {
                runs(host) && files.is_executable(host) == Some(false) && tells_modes(files, host)
            };
            let host = hosts.iter().find(unable)?;
            let file = machine.sources.load(host).ok()?;
            let line = file.text.lines().next().filter(|line| line.starts_with("#!"))?;
            let name =
                if layer.directory { layer.target.join(host.file_name()?) } else { layer.target.clone() };
            let (written, at) = (name.display().to_string(), file.slice(0, line.trim_end().len()));
            Some(Unrunnable { path: host.clone(), written, why: Why::Skipped(folder), at })
        })
    })
}

/// Whether modes came along with the files: something beside the script, or above it, may be executed.
fn tells_modes(files: &dyn Files, script: &std::path::Path) -> bool {
    const MAX_ABOVE: usize = 4;
    const MAX_FILES: usize = 200;
    const BESIDE: [&str; 6] = ["", "bin", "scripts", "script", "docker", "tools"];
    script.ancestors().skip(1).take(MAX_ABOVE).any(|folder| {
        BESIDE.iter().any(|name| {
            let folder = if name.is_empty() { folder.to_path_buf() } else { folder.join(name) };
            files
                .list(&folder)
                .iter()
                .take(MAX_FILES)
                .any(|name| files.is_executable(&folder.join(name)) == Some(true))
        })
    })
}
