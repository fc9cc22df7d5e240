//! Where the command of a container starts, and what it finds in its environment.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::dockerfile::homes;
use super::image::Image;
use crate::compose::Service;
use crate::source::clean;

/// The directory in which the container starts.
pub(super) fn working_directory(service: &Service, image: &Image) -> PathBuf {
    let own = service.working_dir.as_ref().map(|directory| directory.assumed());
    let directory = own.or_else(|| image.working_dir.clone()).unwrap_or_default();
    let home = image.base.as_ref().map(|base| homes::of(&base.value)).unwrap_or_default();
    clean(&Path::new("/").join(home).join(directory))
}

/// The environment of the container as plain text, for what start scripts decide by it.
pub(super) fn environment(service: &Service, image: &Image) -> HashMap<String, String> {
    let files = service.env_files.iter().flat_map(|file| &file.variables);
    let own = &service.environment.variables;
    let mut env = HashMap::new();
    for (name, variable) in image.env.iter().chain(files).chain(own) {
        match &variable.value {
            Some(value) => env.insert(name.clone(), value.assumed()),
            None => env.remove(name),
        };
    }
    env
}
