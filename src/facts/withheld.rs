//! What is dialled because a variable is not set, where the file of variables that may set it is not there.

use std::path::Path;

use super::Dial;
use super::environment::EffectiveEnvironment;
use crate::compose::Service;
use crate::finding::Confidence;
use crate::programs::Program;
use crate::source::Origin;

/// The variable that says which of several files of settings Django takes.
const OF_DJANGO: &str = "DJANGO_SETTINGS_MODULE";

/// Doubts dials of a service whose `env_file` is neither there nor known by a sample, as it is where a repository keeps those of
/// production out: a default of the program, a setting that a variable replaces, and what only some settings of Django
/// say, may be another there.
pub(super) fn doubt(
    dials: &mut [Dial<'_>],
    service: &Service,
    program: &Program,
    environment: &EffectiveEnvironment,
) {
    if !service.env_files.iter().any(|file| file.required && file.is_unseen()) {
        return;
    }
    let told = environment.get(OF_DJANGO).is_some();
    let mut reads = program.modules.iter().flat_map(|module| &module.reads);
    let open = !told && reads.any(|read| read.name.value == OF_DJANGO);
    for dial in dials.iter_mut().filter(|dial| is_open(dial) || open && of_settings(dial)) {
        dial.sureness = Confidence::Possible;
    }
}

/// Whether a part of the address is what holds while a variable is not set.
fn is_open(dial: &Dial<'_>) -> bool {
    let replaced = |origin: &Origin| origin.unset_read().is_some() || origin.setting().is_some();
    dial.endpoint.text.pieces().iter().any(|piece| replaced(&piece.origin))
}

/// Whether it stands in one of several files of settings.
fn of_settings(dial: &Dial<'_>) -> bool {
    let folder = dial.module().and_then(|module| module.path.parent()).and_then(Path::file_name);
    folder.and_then(|folder| folder.to_str()).is_some_and(|folder| folder.contains("settings"))
}
