//! Gives the program its version, with the commit in release builds: `0.1.0 (1a2b3c4d5e)`.
//!
//! The commit is that of `DOCKWORTHY_COMMIT`, of the package, or of the checkout, in this order. Debug builds do without, so that a
//! commit does not make the next build of the library start from the beginning.

#![allow(clippy::print_stdout, reason = "that is how a build script speaks to cargo")]

use std::fs;
use std::path::{Path, PathBuf};

/// Enough to find the commit, short enough to read.
const DIGITS: usize = 10;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DOCKWORTHY_COMMIT");
    let of_cargo = |name: &str| std::env::var(name).unwrap_or_default();
    let version = of_cargo("CARGO_PKG_VERSION");
    let given = Some(of_cargo("DOCKWORTHY_COMMIT")).filter(|commit| !commit.is_empty());
    let folder = PathBuf::from(of_cargo("CARGO_MANIFEST_DIR"));
    let found = || match of_cargo("PROFILE").as_str() {
        "release" => of_package(&folder).or_else(|| of_checkout(&folder)),
        _ => None,
    };
    match given.or_else(found).as_deref().and_then(short) {
        Some(commit) => println!("cargo:rustc-env=DOCKWORTHY_VERSION={version} ({commit})"),
        None => println!("cargo:rustc-env=DOCKWORTHY_VERSION={version}"),
    }
}

/// The first digits; nothing where something else than a commit was read.
pub fn short(commit: &str) -> Option<&str> {
    let commit = commit.trim();
    let digits = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits && !commit.is_empty()).then(|| commit.get(..DIGITS).unwrap_or(commit))
}

/// What `cargo package` wrote down.
pub fn of_package(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join(".cargo_vcs_info.json")).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_string)
}

/// What is checked out, read as git reads it, for machines without git.
pub fn of_checkout(folder: &Path) -> Option<String> {
    let git = folder.join(".git");
    // Of a worktree or a submodule, `.git` is a file that says where the rest is.
    let git = match fs::read_to_string(&git) {
        Ok(text) => folder.join(text.strip_prefix("gitdir:")?.trim()),
        Err(_) => git,
    };
    let shared = match fs::read_to_string(git.join("commondir")) {
        Ok(text) => git.join(text.trim()),
        Err(_) => git.clone(),
    };
    let head = read(&git.join("HEAD"))?;
    let Some(name) = head.trim().strip_prefix("ref:").map(str::trim) else { return Some(head) };
    if let Some(commit) = read(&git.join(name)).or_else(|| read(&shared.join(name))) {
        return Some(commit);
    }
    let packed = read(&shared.join("packed-refs"))?;
    packed.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' ').map(str::to_string))
}

/// Reads a file of which another commit would change the text.
fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    println!("cargo:rerun-if-changed={}", path.display());
    Some(text)
}
