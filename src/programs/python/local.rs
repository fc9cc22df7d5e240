//! What files of requirements name of the file system: other files, projects, archives.

use std::path::{Path, PathBuf};

use crate::programs::entry::Machine;
use crate::source::clean;

/// What a line of a file of requirements names of the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::programs) enum Local {
    /// Another such file, or one of constraints, by its path from the file that names it.
    File(String),
    /// A project, by its path from where the command runs.
    Project(String),
    /// An archive, by its path from where the command runs.
    Archive(String),
}

/// What a line names of the file system, if it does. What stands under a condition, or is filled in, is not looked at.
pub(in crate::programs) fn named_by(line: &str) -> Option<Local> {
    let line = line.trim();
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    if line.starts_with('#') || line.contains(['$', ';', '*']) {
        return None;
    }
    let option = |names: &[&str]| {
        names.iter().find_map(|name| {
            let rest = line.strip_prefix(name)?;
            let apart = rest.starts_with([' ', '=', '\t']) || name.len() == 2;
            apart.then(|| rest.trim_start_matches(['=', ' ', '\t'])).filter(|rest| !rest.is_empty())
        })
    };
    if let Some(file) = option(&["--requirement", "--constraint", "-r", "-c"]) {
        return (!file.contains("://")).then(|| Local::File(file.to_string()));
    }
    let editable = option(&["--editable", "-e"]);
    if editable.is_none() && line.starts_with('-') {
        return None;
    }
    let named = editable.unwrap_or(line);
    let named = named.split_once(" @ ").map_or(named, |(_, target)| target.trim());
    let path = match named.strip_prefix("file:") {
        Some(rest) => rest.strip_prefix("//localhost").or_else(|| rest.strip_prefix("//")).unwrap_or(rest),
        None if named.contains("://") || named.contains("git+") => return None,
        None if named.starts_with(['.', '/']) => named,
        None => editable?,
    };
    let path = path.split(['#', '[']).next().unwrap_or(path).trim_end_matches('/');
    let path = if path.is_empty() { "/" } else { path };
    let archive = [".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2"].iter().any(|end| path.ends_with(end));
    let path = path.to_string();
    Some(if archive { Local::Archive(path) } else { Local::Project(path) })
}

/// Whether a line names what lies nowhere but on somebody's machine: it installs nothing.
pub(super) fn is_astray(machine: &Machine<'_>, line: &str) -> bool {
    let Some(Local::Project(path) | Local::Archive(path)) = named_by(line) else { return false };
    let place: PathBuf = clean(Path::new(&path));
    let files = machine.sources.files();
    let near = |layers: &[crate::programs::dockerfile::Layer]| {
        layers.iter().any(|layer| layer.target.starts_with(&place))
    };
    place.is_absolute()
        && machine.below.resolve(files, &place).is_none()
        && !near(machine.below.layers())
        && !machine.copied.iter().any(|(_, to)| place.starts_with(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_name_files() {
        let file = |path: &str| Some(Local::File(path.to_string()));
        let project = |path: &str| Some(Local::Project(path.to_string()));
        let archive = |path: &str| Some(Local::Archive(path.to_string()));
        for (line, expected) in [
            ("-r base.txt", file("base.txt")),
            ("-rbase.txt", file("base.txt")),
            ("--requirement=../base.txt # all", file("../base.txt")),
            ("-c constraints.txt", file("constraints.txt")),
            ("-e .", project(".")),
            ("-e .[dev]", project(".")),
            ("-e ./shared#egg=shared", project("./shared")),
            ("-e file:///home/me/shop", project("/home/me/shop")),
            (
                "shop @ file:///home/me/shop-1.0-py3-none-any.whl",
                archive("/home/me/shop-1.0-py3-none-any.whl"),
            ),
            ("./wheels/shop.tar.gz", archive("./wheels/shop.tar.gz")),
            ("-e git+https://github.com/shop/shop.git#egg=shop", None),
            ("shop @ https://example.com/shop.whl", None),
            ("flask==3.0.0", None),
            ("-i https://example.com/simple", None),
            ("--extra-index-url https://example.com", None),
            ("./local ; sys_platform == 'win32'", None),
            ("-e ${SHOP}", None),
            ("# -r base.txt", None),
        ] {
            assert_eq!(named_by(line), expected, "{line}");
        }
    }
}
