//! Files that a run makes.

use std::io::Write as _;
use std::path::Path;

use super::{Disk, Files as _, Kind, WriteError};

/// Puts a file there, or other bytes into the one that is there, all or nothing.
///
/// # Errors
/// [`WriteError`]; what is no regular file stays what it is.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    match Disk.kind(path) {
        Some(Kind::File) => return Disk.write(path, bytes),
        Some(_) => return Err(WriteError::NotRegular),
        None => {}
    }
    let name = path.file_name().ok_or(WriteError::NotRegular)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let make = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    make().map_err(|error: std::io::Error| {
        // What was begun is of no use to anyone; that it can't be removed is not the news.
        let _ = std::fs::remove_file(&beside);
        WriteError::Io(error.to_string().to_lowercase())
    })
}
