//! What a repository keeps of a folder, and what it leaves to others to make.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::GitignoreBuilder;

use super::{Files, clean};

/// Ignore files larger than this are none that a person wrote.
const MAX_IGNORE_FILE: u64 = 1 << 20;

/// The root of the repository that the folder is, or lies in, where one can be seen.
#[must_use]
pub fn repository(files: &dyn Files, folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| files.kind(&folder.join(".git")).is_some()).map(Path::to_path_buf)
}

/// Whether the `.gitignore` files above the path leave it out: it is made where the project runs.
///
/// As git does it, the nearest file that speaks of the path has the say; files above the repository have none.
#[must_use]
pub fn is_ignored(files: &dyn Files, path: &Path) -> bool {
    let path = clean(path);
    let root = path.parent().and_then(|folder| repository(files, folder));
    for folder in path.ancestors().skip(1) {
        let Ok(below) = path.strip_prefix(folder) else { continue };
        let file = folder.join(".gitignore");
        if let Ok(bytes) = files.read(&file, MAX_IGNORE_FILE) {
            let mut builder = GitignoreBuilder::new("");
            for line in String::from_utf8_lossy(&bytes).lines() {
                // A line that is no pattern leaves nothing out.
                let _ = builder.add_line(None, line);
            }
            let said = builder.build().ok();
            let said = said.map(|rules| match rules.matched_path_or_any_parents(below, false) {
                // What is only left out as a folder (`data/`) may be one.
                Match::None => rules.matched_path_or_any_parents(below, true).map(|_| ()),
                said => said.map(|_| ()),
            });
            match said {
                Some(Match::Ignore(())) => return true,
                Some(Match::Whitelist(())) => return false,
                _ => {}
            }
        }
        if root.as_deref() == Some(folder) {
            break;
        }
    }
    false
}

/// Whether the path is, or lies in, a submodule of the repository, which a plain clone leaves empty.
#[must_use]
pub fn is_submodule(files: &dyn Files, path: &Path) -> bool {
    let path = clean(path);
    path.ancestors().skip(1).any(|folder| {
        let Ok(bytes) = files.read(&folder.join(".gitmodules"), MAX_IGNORE_FILE) else { return false };
        let text = String::from_utf8_lossy(&bytes);
        let paths = text.lines().filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == "path").then_some(value.trim())
        });
        paths.into_iter().any(|below| !below.is_empty() && path.starts_with(clean(&folder.join(below))))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::*;

    fn tree() -> Memory {
        Memory::new([
            ("/repo/.git/HEAD", ""),
            ("/repo/.gitignore", "build/\n*.key\n!public.key\n/secrets\n"),
            ("/repo/web/.gitignore", "local.conf\n"),
            ("/.gitignore", "everything\n"),
            ("/repo/.gitmodules", "[submodule \"theme\"]\n\tpath = web/theme\n\turl = ../theme\n"),
        ])
    }

    #[test]
    fn what_is_left_out() {
        let files = tree();
        let ignored = |path: &str| is_ignored(&files, Path::new(path));
        for path in [
            "/repo/build",
            "/repo/build/app.jar",
            "/repo/tls/a.key",
            "/repo/secrets/x",
            "/repo/web/local.conf",
            "/repo/web/../secrets",
        ] {
            assert!(ignored(path), "{path}");
        }
        for path in
            ["/repo/public.key", "/repo/local.conf", "/repo/web/secrets", "/repo/everything", "/other/a.key"]
        {
            assert!(!ignored(path), "{path}");
        }
    }

    #[test]
    fn submodules() {
        let files = tree();
        assert!(is_submodule(&files, Path::new("/repo/web/theme")));
        assert!(is_submodule(&files, Path::new("/repo/web/theme/Dockerfile")));
        assert!(!is_submodule(&files, Path::new("/repo/web/themes")));
    }
}
