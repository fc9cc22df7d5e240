//! What rules about files that are not there say alike.

use std::path::Path;

use super::prelude::*;
use crate::compose::nearest;
use crate::programs::{Absent, Excuse, without_blanks};
use crate::source::relative;

/// A path as seen from the project directory.
pub fn shown(cx: &Context<'_>, path: &Path) -> String {
    relative(path, &cx.project.directory).display().to_string()
}

/// A name beside the missing one that was probably meant: it differs in case, or by a slip.
pub fn meant(absent: &Absent) -> Option<&str> {
    let name = absent.missing.file_name()?.to_str()?;
    let names = || absent.beside.iter().map(String::as_str).filter(|beside| *beside != name);
    names().find(|beside| beside.eq_ignore_ascii_case(name)).or_else(|| nearest(name, names()))
}

/// How sure it is that something which only the image leaves out is not there: what is built here is here.
pub fn left_out(absent: &Absent) -> Confidence {
    let excused = absent.excuse.is_some_and(|excuse| excuse != Excuse::Elsewhere) && absent.instead.is_none();
    if excused { Confidence::Possible } else { Confidence::Likely }
}

/// Adds to a finding how sure it is and what can be done.
pub fn explained(cx: &Context<'_>, finding: Finding, absent: &Absent, otherwise: &str) -> Finding {
    let finding = match absent.excuse {
        Some(Excuse::Untold) => finding.severity(Severity::Warning),
        Some(_) => finding.at_most(Confidence::Possible),
        None => finding,
    };
    let finding = finding.evidence(shown(cx, &absent.path));
    match (absent.excuse, meant(absent)) {
        (Some(Excuse::Submodule), _) => finding
            .help("it is a submodule, which a plain clone leaves out: run `git submodule update --init --recursive`"),
        (Some(Excuse::Untold), _) => finding
            .help("it is a submodule, which a plain clone leaves out: tell in the README to clone with `--recurse-submodules`"),
        (Some(Excuse::Ignored), _) => {
            finding.help("the repository leaves it out (`.gitignore`): make it before the project is started")
        }
        (Some(Excuse::Made), _) => finding.help("a script of the project names it: run that first"),
        _ if absent.instead.is_some() && absent.instead == without_blanks(&absent.path) => {
            finding.help("the blank at its end belongs to its name: take that out")
        }
        _ if absent.instead.is_some() => {
            let path = absent.instead.as_deref().map(|path| shown(cx, path)).unwrap_or_default();
            finding.help(format!("`{path}` is there: {otherwise}"))
        }
        (_, Some(meant)) => {
            let path = absent.missing.with_file_name(meant);
            let rest = absent.path.strip_prefix(&absent.missing).ok().filter(|rest| !rest.as_os_str().is_empty());
            let path = rest.map_or_else(|| path.clone(), |rest| path.join(rest));
            finding.help(format!("did you mean `{}`?", shown(cx, &path)))
        }
        _ => finding.help(otherwise.to_string()),
    }
}
