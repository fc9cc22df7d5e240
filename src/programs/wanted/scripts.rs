//! Scripts that are run on a database: those that its image runs at first, and migrations.

use std::path::{Path, PathBuf};

use super::phrases::{Found, Phrase};
use crate::programs::first_scripts::DIRECTORY;
use crate::programs::{Program, has_extension, repository};
use crate::source::SourceMap;

/// Longer scripts are dumps, and more of them are not looked through.
const MAX_SCRIPT: u64 = 512 << 10;
const MAX_SCRIPTS: usize = 500;

/// The first place in the scripts that an image runs when its data is first made.
pub(super) fn of_first(sources: &SourceMap, program: &Program, phrases: &[Phrase]) -> Option<Found> {
    let layers = program.files.layers().iter().filter(|layer| layer.target.starts_with(DIRECTORY));
    let scripts = layers.filter(|_| !phrases.is_empty()).flat_map(|layer| match layer.directory {
        true => {
            let all = sources.files().list(&layer.host).into_iter().map(|name| layer.host.join(name));
            all.filter(|path| !layer.leaves_out(path)).collect()
        }
        false => vec![layer.host.clone()],
    });
    let scripts: Vec<PathBuf> = scripts.filter(|path| has_extension(path, &["sql", "sh"])).collect();
    first(sources, scripts.iter(), phrases)
}

/// The first place in the migrations below a folder.
pub(super) fn of_migrations(sources: &SourceMap, context: &Path, phrases: &[Phrase]) -> Option<Found> {
    const FOLDERS: [&str; 4] = ["migrat", "alembic", "prisma", "drizzle"];
    const WHOLE: [&str; 2] = ["schema.rb", "structure.sql"];
    if phrases.is_empty() {
        return None;
    }
    let walked = sources.walk(context);
    let runs = |path: &&PathBuf| {
        let Ok(inner) = path.strip_prefix(context) else { return false };
        let folders = inner.parent().into_iter().flat_map(Path::components);
        let mut folders = folders.filter_map(|part| Some(part.as_os_str().to_str()?.to_ascii_lowercase()));
        let within = folders.any(|folder| FOLDERS.iter().any(|known| folder.contains(known)));
        (within || WHOLE.contains(&repository::name_of(path)))
            && !repository::is_test(inner)
            && has_extension(path, &["sql", "py", "js", "ts", "rb", "go", "php", "exs", "java", "kt"])
    };
    first(sources, walked.files.iter().filter(runs), phrases)
}

fn first<'p>(
    sources: &SourceMap,
    scripts: impl Iterator<Item = &'p PathBuf>,
    phrases: &[Phrase],
) -> Option<Found> {
    scripts.take(MAX_SCRIPTS).find_map(|path| {
        let peeked = sources.peek(path, MAX_SCRIPT).ok()?;
        phrases.iter().any(|phrase| phrase.is_in(peeked.text())).then_some(())?;
        let file = sources.load(path).ok()?;
        phrases.iter().flat_map(|phrase| phrase.find(&file, true)).next()
    })
}
