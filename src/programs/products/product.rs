//! What a command of a build makes: where, and what is known of what is there.

use std::path::{Path, PathBuf};

use crate::source::clean;

/// What a command of a build makes.
#[derive(Clone, Debug)]
pub(super) struct Product {
    /// Where.
    pub place: PathBuf,
    /// What is known of what is there.
    pub holds: Holds,
}

/// What is known of a place that a command of a build writes to.
#[derive(Clone, Debug)]
pub(super) enum Holds {
    /// It is one file.
    Itself,
    /// It is a folder, or perhaps one: anything may be in it.
    Anything,
    /// A folder whose makers are not followed: anything may be in it, and nothing of it is known.
    Unseen,
    /// A folder in which programs lie at these places and, of their kind, nothing else.
    Programs(Vec<PathBuf>),
    /// A folder in which programs have these names; which, where they are known.
    Binaries(Option<Vec<String>>),
    /// A folder in whose folder archives have names that begin like these, and these ends.
    Archives(&'static str, Vec<(String, String)>),
    /// A folder of programs for .NET of these names.
    Assemblies(Vec<String>),
    /// A folder of pages: of folders only these are at its top, and files.
    Pages(Vec<String>),
    /// A folder in which this one is not.
    AllBut(&'static str),
    /// A folder of what the compiler of TypeScript makes of sources, which would lie at these places if it is laid out as they are;
    /// from which folder on it is, where that is sure; and whether something copies other files to it.
    Compiled(Vec<PathBuf>, Option<Layout>, bool),
    /// A folder of releases, by environment; whether something may be laid over them.
    Releases(Vec<PathBuf>, bool),
}

/// From where on what is compiled is laid out as its sources are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// From their `src`.
    Source,
    /// From the folder of the settings: `src` is kept.
    Root,
}

impl Product {
    pub fn new(place: impl AsRef<Path>, holds: Holds) -> Self {
        Self { place: clean(place.as_ref()), holds }
    }

    /// Whether the path is that of a program that is made.
    pub fn is_program(&self, path: &Path) -> bool {
        match &self.holds {
            Holds::Itself => self.place == path,
            Holds::Programs(all) => {
                path.strip_prefix(&self.place).is_ok_and(|rest| all.iter().any(|own| own == rest))
            }
            Holds::Binaries(Some(all)) => {
                path.strip_prefix(&self.place).is_ok_and(|rest| all.iter().any(|own| Path::new(own) == rest))
            }
            Holds::Archives(..) => {
                crate::programs::has_extension(path, &["jar", "war", "ear"]) && path.starts_with(&self.place)
            }
            _ => false,
        }
    }

    /// Whether the path is in what is made; `None` where the product says nothing of it.
    pub fn has(&self, path: &Path) -> Option<bool> {
        if self.place.starts_with(path) {
            return Some(true);
        }
        let rest = path.strip_prefix(&self.place).ok()?;
        let name = rest.file_name()?.to_str()?;
        let depth = rest.components().count();
        // What is not of the kind may be there, too.
        Some(match &self.holds {
            Holds::Itself => return None,
            Holds::Anything | Holds::Unseen => true,
            Holds::Programs(all) => {
                let folder = rest.parent()?.file_name();
                let alike = folder.is_some_and(|folder| folder == "release" || folder == "debug");
                let other = !alike || !matches!(depth, 2 | 3) || name.contains('.');
                other || all.iter().any(|program| program.starts_with(rest))
            }
            Holds::Archives(folder, all) => {
                let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
                let alike = matches!(ending, "jar" | "war" | "ear") && rest.parent()? == Path::new(folder);
                let wild = stem.find(['*', '?', '[']);
                let begin = wild.and_then(|at| stem.get(..at)).unwrap_or(stem);
                let begin = begin.trim_start_matches("original-");
                // What follows a classifier is open; a version does not.
                let end = stem.rfind(['*', '?', ']']).and_then(|at| stem.get(at + 1..)).unwrap_or("");
                let version = end.contains("SNAPSHOT") || end.contains(|c: char| c.is_ascii_digit());
                let is = |(base, own): &(String, String)| {
                    let more = begin.starts_with(base.as_str()) || wild.is_some() && base.starts_with(begin);
                    own == ending && more && (!version || base.contains(end))
                };
                !alike || all.iter().any(is)
            }
            Holds::Binaries(all) => {
                let other = depth != 1
                    || name.contains(['.', '*', '?', '[', '$'])
                    || name.starts_with("cargo")
                    || name.starts_with("rust");
                other || all.as_ref().is_none_or(|all| all.iter().any(|own| own == name))
            }
            Holds::Assemblies(all) => {
                let program = name.strip_suffix(".dll").or_else(|| name.strip_suffix(".exe"));
                program.is_none_or(|program| all.iter().any(|own| own == program))
            }
            Holds::AllBut(folder) => !rest.starts_with(folder),
            Holds::Pages(folders) => {
                let first = rest.iter().next()?.to_str()?;
                first.contains(['.', '*', '?', '[', '$']) || folders.iter().any(|folder| folder == first)
            }
            Holds::Compiled(_, _, copies) if is_asset(name) => *copies,
            Holds::Compiled(all, layout, _) => {
                let inner = rest.strip_prefix("src").ok().filter(|_| *layout == Some(Layout::Source));
                let lies = |place: &Path| all.iter().any(|own| own == &place.with_extension("js"));
                let outer = (*layout == Some(Layout::Root)).then(|| Path::new("src").join(rest));
                if outer.is_some_and(|outer| name.ends_with(".js") && lies(&outer) && !lies(rest)) {
                    return Some(false);
                }
                if inner.is_some_and(|inner| name.ends_with(".js") && lies(inner) && !lies(rest)) {
                    return Some(false);
                }
                let script = [".js", ".mjs", ".cjs"].iter().find_map(|end| name.strip_suffix(end));
                let is = |stem| all.iter().any(|own| own.file_stem().is_some_and(|own| own == stem));
                script.is_none_or(is)
            }
            Holds::Releases(all, more) => {
                let second = rest.components().nth(1).is_some_and(|part| part.as_os_str() == "rel");
                let is = |release: &PathBuf| match rest.strip_prefix(release) {
                    Ok(within) if within.starts_with("bin") && depth > 4 => {
                        *more || Some(name) == release.file_name().and_then(|own| own.to_str())
                    }
                    within => within.is_ok() || release.starts_with(rest),
                };
                all.iter().any(is) || !second || depth < 3
            }
        })
    }

    /// Whether what else runs in the build may put the path beside what is made.
    pub fn is_shared(&self, path: &Path) -> bool {
        let asset = || path.file_name().and_then(|name| name.to_str()).is_some_and(is_asset);
        matches!(self.holds, Holds::Binaries(_)) || matches!(self.holds, Holds::Compiled(..)) && asset()
    }

    /// What is made, as paths to write in place of this one.
    pub fn paths(&self, wanted: &Path) -> Vec<PathBuf> {
        match &self.holds {
            Holds::Unseen => Vec::new(),
            Holds::Itself | Holds::Anything | Holds::Pages(_) | Holds::AllBut(_) => vec![self.place.clone()],
            Holds::Programs(all) | Holds::Releases(all, _) => {
                all.iter().map(|it| self.place.join(it)).collect()
            }
            Holds::Binaries(all) => all.iter().flatten().map(|it| self.place.join(it)).collect(),
            Holds::Archives(folder, all) => {
                let folder = self.place.join(folder);
                all.iter().map(|(base, end)| folder.join(format!("{base}.{end}"))).collect()
            }
            Holds::Compiled(all, ..) => {
                let usual = |path: &&PathBuf| {
                    let stem = path.file_stem().and_then(|stem| stem.to_str());
                    path.file_stem() == wanted.file_stem()
                        || stem.is_some_and(|stem| ["index", "main", "server", "app"].contains(&stem))
                };
                all.iter().filter(usual).map(|it| self.place.join(it)).collect()
            }
            Holds::Assemblies(all) => all.iter().map(|it| self.place.join(format!("{it}.dll"))).collect(),
        }
    }
}

/// Whether a file is one that programs open and that no compiler of TypeScript takes in.
fn is_asset(name: &str) -> bool {
    const ENDINGS: [&str; 15] = [
        "graphql",
        "gql",
        "proto",
        "hbs",
        "handlebars",
        "ejs",
        "pug",
        "mustache",
        "liquid",
        "html",
        "sql",
        "yaml",
        "yml",
        "txt",
        "pem",
    ];
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}
