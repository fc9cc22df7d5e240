//! What tools of Node make of a project, and what the container starts, where no build makes it: `node dist/index.js` without
//! `npm run build`, `next start` without `.next`, `serve build`.

use std::path::Path;

use super::{Workshop, tools};
use crate::compose::Project;
use crate::programs::entry::Launch;
use crate::source::Kind;

/// What says that a project is built at all.
const OF_BUILDS: [&str; 6] = ["\"build\"", "tsc", "next build", "vite", "react-scripts", "ng build"];

/// The folder that a server of Node wants to be built before it starts.
pub(super) fn wanted<'l>(workshop: &Workshop<'_>, launch: &'l Launch) -> Option<&'l str> {
    let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
    match (launch.name(), words.first()) {
        ("next", Some(&"start")) => {
            let settings = ["next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs"];
            let text = |name: &str| workshop.machine().text(&launch.directory.join(name));
            let moved = settings.into_iter().filter_map(text).any(|text| text.contains("distDir"));
            let here = words.iter().skip(1).all(|word| word.starts_with('-') || word.parse::<u16>().is_ok());
            (here && !moved).then_some(".next")
        }
        ("serve", _) => {
            const TAKES: [&str; 8] =
                ["-l", "--listen", "-p", "--port", "-c", "--config", "--ssl-cert", "--ssl-key"];
            let mut words = launch.words.iter().skip(1);
            while let Some(word) = words.next() {
                if TAKES.contains(&word.as_str()) {
                    words.next();
                } else if !word.starts_with('-') {
                    return tools::is_output(Path::new(word)).then_some(word.as_str());
                }
            }
            None
        }
        _ => None,
    }
}

/// Whether a project is to be built, no build of its image does so, and nobody is told to do it before.
pub(super) fn are_lacking(workshop: &Workshop<'_>, project: &Project, launch: &Launch, path: &Path) -> bool {
    if !matches!(launch.name(), "node" | "next" | "serve") || !tools::is_output(path) {
        return false;
    }
    let files = workshop.sources.files();
    let manifest = workshop.machine().load(&launch.directory.join("package.json"));
    let builds = manifest.is_some_and(|file| OF_BUILDS.iter().any(|word| file.text.contains(word)));
    let host = workshop.tree.place_for(files, path);
    // A folder that is there in part was built once.
    let begun = host.is_some_and(|host| {
        host.ancestors()
            .take_while(|place| tools::is_output(place))
            .any(|place| files.kind(place) == Some(Kind::Directory))
    });
    builds && !begun && project.builds_alone
}
