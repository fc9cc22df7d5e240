//! Scripts that a container starts by their path, and that the system does not run.

use std::path::PathBuf;

use super::entry::{By, Machine, Started, Way};
use super::image::Image;
use crate::source::{Files, Span};

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
}

/// Words of a build that change modes or line ends.
const MENDS: [&str; 6] = ["chmod", "dos2unix", "\\r", "install -m", "install -D", "umask"];

/// The first script that the container surely starts by its path and that is not run.
#[must_use]
pub(super) fn of(machine: &Machine<'_>, started: &Started, image: &Image) -> Option<Unrunnable> {
    let files = machine.sources.files();
    let dockerfile = image.dockerfile.as_ref().and_then(|path| machine.sources.load(path).ok());
    let mended = |text: &str| MENDS.iter().any(|word| text.contains(word));
    if dockerfile.is_some_and(|file| mended(&file.text)) || image.assumed {
        return None;
    }
    started.calls.iter().find_map(|call| {
        let launch = &call.launch;
        let first = launch.words.first().filter(|first| first.contains('/') && !first.contains('$'))?;
        if launch.way != Way::Surely || launch.by != By::Path {
            return None;
        }
        let host = machine.files.file(files, &machine.program(launch, first)?)?;
        let file = machine.sources.load(&host).ok()?;
        let line = file.text.split('\n').next().filter(|line| line.starts_with("#!"))?;
        let why = if line.ends_with('\r') {
            Why::LineEnd
        } else if files.is_executable(&host) == Some(false) && tells_modes(files, &host) {
            Why::Mode
        } else {
            return None;
        };
        let at = file.slice(0, line.trim_end().len());
        Some(Unrunnable { path: host, written: first.clone(), why, at })
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
