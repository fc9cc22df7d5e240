//! A compose file, or any other file, on standard input.

use std::path::{Path, PathBuf};

use super::projects::ProjectFlags;
use super::{Failed, take_input};
use crate::source::{SourceMap, clean};

/// What a run is asked to check once it is known what `-` stands for.
pub struct Input {
    /// The flags.
    pub project: ProjectFlags,
    /// The paths.
    pub paths: Vec<PathBuf>,
}

/// Where `-` is among the paths or files, it is standard input: a compose file without a name, or the text of the file
/// `name`, whatever that holds on disk. A name that is none of a compose file's stands for that file in the other
/// paths' projects.
pub fn take(
    sources: &SourceMap,
    here: &Path,
    project: &ProjectFlags,
    paths: &[PathBuf],
    name: Option<&Path>,
) -> Result<Input, Failed> {
    let is_dash = |path: &PathBuf| path.as_os_str() == "-";
    let mut input = Input { project: project.clone(), paths: paths.to_vec() };
    let dashes = paths.iter().chain(&project.files).filter(|path| is_dash(path)).count();
    match (dashes, name) {
        (0, None) => return Ok(input),
        (0, Some(_)) => {
            let message =
                "--stdin-filename names the text on standard input: write `-` where the file would stand";
            return Err(Failed::Asked(message.to_string()));
        }
        (1, _) => {}
        _ => return Err(Failed::Asked("standard input can stand for one file only".to_string())),
    }
    let Some(name) = name else {
        if paths.iter().any(is_dash) {
            if paths.len() > 1 {
                let message =
                    "`-` and other paths exclude each other, unless --stdin-filename says what it is";
                return Err(Failed::Asked(message.to_string()));
            }
            // A project of one file, as with `-f -`.
            input.paths.clear();
            input.project.files = vec![PathBuf::from("-")];
        }
        return Ok(input);
    };
    let path = clean(&here.join(name));
    take_input(sources, &path)?;
    for file in input.project.files.iter_mut().filter(|path| is_dash(path)) {
        file.clone_from(&path);
    }
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    match is_yaml {
        true => input.paths.iter_mut().filter(|path| is_dash(path)).for_each(|file| file.clone_from(&path)),
        false => input.paths.retain(|path| !is_dash(path)),
    }
    Ok(input)
}
