//! Files that Node.js loads as another kind of module than they are written as.
//!
//! `"type"` of the nearest `package.json` decides for `.js`, the ending for `.mjs` and `.cjs`. Where the manifest says nothing,
//! Node.js from 22.7 and 20.19 on looks at the file itself (its documentation, "Modules: Packages", "Syntax detection").

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::{Launch, Way};
use super::has_extension;
use super::javascript::{kinds, plain, straight};
use super::uninstalled::Program;
use super::versions::Language;
use super::versions::images;
use super::versions::range::Version;
use crate::source::{SourceFile, Span, Spanned, Text};

/// A file of a program that is loaded as another kind of module than it is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongKind {
    /// What it says that the other kind does not know: `require`, `import`.
    pub used: Spanned<String>,
    /// Its place on this machine.
    pub path: PathBuf,
    /// Whether it is loaded as an ES module.
    pub as_module: bool,
    /// The manifest that decides, or says nothing; none where the file's ending decides.
    pub manifest: Option<PathBuf>,
    /// Where the manifest says the kind.
    pub said: Option<Span>,
}

/// Directories above a file in which its manifest is looked for.
const MAX_ABOVE: usize = 8;
/// Files of one program that are looked at.
const MAX_FILES: usize = 60;
/// Options of Node.js with which files are loaded as without them.
const PLAIN: [&str; 9] = [
    "--max-old-space-size",
    "--enable-source-maps",
    "--no-warnings",
    "--no-deprecation",
    "--trace-",
    "--inspect",
    "--env-file",
    "--watch",
    "--unhandled-rejections",
];
/// Words of a build that change the kind of a manifest, or make files anew in their place.
const CHANGES: [&str; 8] = ["pkg set", "type=module", "\"type\"", "sed -i", "babel", "swc", "esbuild", "tsc"];

/// How a file is loaded.
struct Loaded {
    as_module: bool,
    manifest: Option<PathBuf>,
    said: Option<Span>,
    /// Whether the manifest says nothing, so that newer versions look at the file.
    open: bool,
}

/// The first file of the program, from the one that is started along what is loaded whatever happens, that its Node.js stops at.
#[must_use]
pub(super) fn of(program: &Program<'_>) -> Option<WrongKind> {
    let image = program.image;
    let texts: Vec<String> = program.runs.iter().map(|run| run.command.assumed()).collect();
    if image.assumed || texts.iter().any(|text| CHANGES.iter().any(|word| text.contains(word))) {
        return None;
    }
    let calls = program.started.calls.iter().map(|call| &call.launch);
    let mut started = calls.filter(|launch| launch.way == Way::Surely).filter_map(script);
    started.find_map(|place| follow(program, place))
}

/// The file that a command runs with a Node.js that nothing is added to.
pub(super) fn script(launch: &Launch) -> Option<PathBuf> {
    let hooked =
        launch.env.get("NODE_OPTIONS").is_some_and(|it| !it.trim().starts_with("--max-old-space-size"));
    if !matches!(launch.name(), "node" | "nodejs") || hooked {
        return None;
    }
    let words = launch.words.get(1..)?;
    let at = words.iter().position(|word| !word.starts_with('-'))?;
    let plain = |word: &String| PLAIN.iter().any(|option| word.starts_with(option));
    let name = words.get(at).filter(|name| !name.contains(Text::HOLE) && !name.contains('$'))?;
    words.get(..at)?.iter().all(plain).then(|| launch.path(name))
}

fn follow(program: &Program<'_>, first: PathBuf) -> Option<WrongKind> {
    let mut seen: HashSet<PathBuf> = HashSet::new();
    let mut queue = vec![(first, false)];
    while let Some((named, exact)) = queue.pop().filter(|_| seen.len() < MAX_FILES) {
        let Some((place, file)) = found(program, &named, exact) else { continue };
        if !seen.insert(place.clone()) {
            continue;
        }
        let Some(loaded) = loaded(program, &place) else { continue };
        let Some(written) = kinds::of(&file) else { continue };
        let used = match loaded.as_module {
            true => written.common,
            false if !loaded.open || is_old(program) => written.module,
            false => None,
        };
        if let Some(used) = used {
            let Loaded { as_module, manifest, said, .. } = loaded;
            return Some(WrongKind { used, path: file.path.clone(), as_module, manifest, said });
        }
        let folder = place.parent().unwrap_or(Path::new("/"));
        let own =
            straight::of(&file).unwrap_or_default().into_iter().filter(|name| name.value.starts_with('.'));
        // The one that is named first is loaded first.
        let mut own: Vec<_> = own.map(|name| (folder.join(&name.value), loaded.as_module)).collect();
        own.reverse();
        queue.extend(own);
    }
    None
}

/// The file of this machine that is loaded by a path; CommonJS and the command may leave its ending out.
fn found(program: &Program<'_>, named: &Path, exact: bool) -> Option<(PathBuf, Arc<SourceFile>)> {
    let whole = crate::source::clean(named);
    let mut places = vec![whole.clone()];
    if !exact {
        let name = whole.file_name()?.to_str()?;
        places.push(whole.with_file_name(format!("{name}.js")));
        // Of a folder, its manifest may name another file.
        let manifest = program.machine.load(&whole.join("package.json"));
        if manifest.is_none_or(|manifest| !manifest.text.contains("\"main\"")) {
            places.push(whole.join("index.js"));
        }
    }
    let known = places.into_iter().filter(|place| has_extension(place, &["js", "mjs", "cjs"]));
    known.filter_map(|place| program.machine.load(&place).map(|file| (place, file))).next()
}

/// How the file at a place is loaded; nothing where no manifest is seen that decides it.
fn loaded(program: &Program<'_>, place: &Path) -> Option<Loaded> {
    let by_ending = |as_module| Some(Loaded { as_module, manifest: None, said: None, open: false });
    if has_extension(place, &["mjs"]) {
        return by_ending(true);
    }
    if has_extension(place, &["cjs"]) {
        return by_ending(false);
    }
    let mut above = place.ancestors().skip(1).take(MAX_ABOVE);
    let manifest = above.find_map(|folder| program.machine.load(&folder.join("package.json")))?;
    let json: serde_json::Value = serde_json::from_str(&plain(&manifest.text)).ok()?;
    let kind = json.get("type").and_then(|kind| kind.as_str());
    let said = kind.and_then(|kind| {
        let quoted = format!("\"{kind}\"");
        let mut keys = manifest.text.match_indices("\"type\"").map(|(at, _)| at);
        keys.find_map(|at| {
            let rest = manifest.text.get(at..)?;
            let value = rest.get("\"type\"".len()..)?.trim_start().strip_prefix(':')?.trim_start();
            let end = rest.len() - value.len() + quoted.len();
            value.starts_with(&quoted).then(|| manifest.slice(at, at + end))
        })
    });
    Some(Loaded {
        as_module: kind == Some("module"),
        manifest: Some(manifest.path.clone()),
        said,
        open: !matches!(kind, Some("module" | "commonjs")),
    })
}

/// Whether the Node.js of the image surely does not look at files itself.
fn is_old(program: &Program<'_>) -> bool {
    const SINCE: Version = Version { major: 20, minor: Some(19), patch: None };
    const SINCE_22: Version = Version { major: 22, minor: Some(7), patch: None };
    let known = program.image.base.as_ref().and_then(|base| images::version(&base.value));
    match known {
        Some((Language::Node, has)) => {
            has.is_before(SINCE) || (21..=22).contains(&has.major) && has.is_before(SINCE_22)
        }
        _ => false,
    }
}
