//! Files that a run makes.

use std::io::Write as _;
use std::path::Path;

use super::{Disk, Files as _, Kind, WriteError};

/// Puts a file there, or other bytes into the one that is there, all or nothing. Pipes and devices are written to,
/// and so is what `/dev/stdout` and the likes of it lead to: that was opened by somebody else.
///
/// # Errors
/// [`WriteError`]; a folder stays what it is.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let opened = ["/dev", "/proc"].iter().any(|top| path.starts_with(top));
    match Disk.kind(path) {
        Some(Kind::File) if !opened => return Disk.write(path, bytes),
        Some(Kind::File | Kind::Other) => {
            let written = std::fs::OpenOptions::new()
                .append(true)
                .open(path)
                .and_then(|mut file| file.write_all(bytes));
            return written.map_err(|error| WriteError::Io(error.to_string().to_lowercase()));
        }
        Some(Kind::Directory) => return Err(WriteError::NotRegular),
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
