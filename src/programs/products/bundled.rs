//! What bundlers of pages do not find: a file of the project's own that a source imports, and that is not there, or only in other
//! letters, small or capital. The disks of macOS and Windows do not tell these apart, and those of images do.
//!
//! Vite begins with the scripts of `index.html`, Create React App with `src/index`, Next.js with its pages.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Workshop, wanted};
use crate::compose::nearest;
use crate::programs::dockerfile::{Fault, FaultKind, Snapshot, Whence};
use crate::programs::entry::{self, Machine};
use crate::programs::service_files::{Walks, is_aside};
use crate::programs::{has_extension, javascript};
use crate::source::{Kind, SourceFile, SourceMap, Span, Spanned, clean, is_ignored, is_submodule};

/// Sources that are followed.
const MAX_FILES: usize = 800;
/// Imports of one source that are looked at.
const MAX_IMPORTS: usize = 200;
/// What may stand between `import` and the path.
const MAX_CLAUSE: usize = 2000;
/// Commands of scripts that make no sources.
const MAKES_NONE: [&str; 11] = [
    "tsc",
    "vue-tsc",
    "vite",
    "react-scripts",
    "next",
    "eslint",
    "rimraf",
    "rm",
    "prettier",
    "stylelint",
    "echo",
];
/// Parts of names of files that something makes.
const MADE: [&str; 10] =
    ["gen", "_pb", "graphql", "manifest", "version", "local", "config", "wasm", "locale", "env"];
/// The files of Next.js' `app/` that it begins with.
const OF_APP: [&str; 7] = ["page", "layout", "route", "loading", "error", "template", "not-found"];

/// A bundler at work.
struct Bundler<'a> {
    workshop: &'a Workshop<'a>,
    machine: Machine<'a>,
    directory: PathBuf,
    /// Whether something else that runs may make sources.
    open: bool,
}

/// What an import leads to.
enum Found {
    Next(PathBuf),
    Letters(String),
    Nothing(Option<String>),
    Unknown,
}

/// The first file that a bundler of the stage does not find.
pub(super) fn of(sources: &SourceMap, stage: &Snapshot) -> Option<Fault> {
    if !wanted::is_seen(stage) {
        return None;
    }
    let workshop = Workshop::new(sources, stage);
    let machine = workshop.machine();
    let makes = |text: &str| {
        ["generate", "codegen", "protoc", "swagger", "openapi"].iter().any(|word| text.contains(word))
    };
    let made = stage.runs.iter().any(|run| makes(&run.command.assumed()));
    let brought = stage.taken.iter().any(|taken| !matches!(taken.from, Whence::Context(_)));
    stage.runs.iter().find_map(|run| {
        let tools: Vec<wanted::Tool> = entry::built_by(&machine, run)
            .iter()
            .flat_map(|launch| wanted::started(&machine, launch))
            .collect();
        let other = tools.iter().any(|tool| {
            let name = tool.words.first().map_or("", String::as_str);
            !MAKES_NONE.contains(&name)
        });
        tools.iter().find_map(|tool| {
            let (command, _) = wanted::wants(&machine, tool)?;
            let bundler = Bundler {
                workshop: &workshop,
                machine: workshop.machine(),
                directory: tool.directory.clone(),
                open: made || other || brought,
            };
            let entries = match command {
                "vite build" => bundler.scripts(),
                "react-scripts build" => bundler.named("src/index"),
                "next build" => bundler.pages(),
                _ => return None,
            };
            bundler.walk(entries, command)
        })
    })
}

impl Bundler<'_> {
    /// The scripts that the first page of Vite loads.
    fn scripts(&self) -> Vec<PathBuf> {
        let Some(page) = self.machine.text(&self.directory.join("index.html")) else { return Vec::new() };
        let tags = page.split("<script").skip(1).filter_map(|tag| tag.split('>').next());
        let paths = tags.filter(|tag| tag.contains("module")).filter_map(|tag| {
            let rest = tag.split_once("src=")?.1.strip_prefix(['"', '\''])?;
            let path = rest.split(['"', '\'', '?']).next()?;
            let path = path.strip_prefix("./").or_else(|| path.strip_prefix('/')).unwrap_or(path);
            (!path.contains(':')).then(|| self.directory.join(path))
        });
        paths.collect()
    }

    /// The source of this name.
    fn named(&self, name: &str) -> Vec<PathBuf> {
        let mut all = Vec::new();
        javascript::files(&self.directory.join(name), &mut all);
        let files = self.workshop.sources.files();
        all.into_iter().find(|place| self.workshop.tree.file(files, place).is_some()).into_iter().collect()
    }

    /// The files that Next.js makes pages and routes of.
    fn pages(&self) -> Vec<PathBuf> {
        fn wanted(path: &Path) -> bool {
            has_extension(path, &["js", "jsx", "ts", "tsx"])
                && !path.iter().any(|part| part == "node_modules")
        }
        let holding = self.machine.below.sources(self.workshop.sources, &Walks::default(), wanted);
        let is_page = |place: &PathBuf| {
            let Ok(below) = place.strip_prefix(&self.directory) else { return false };
            let below = below.strip_prefix("src").unwrap_or(below);
            let stem = place.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            match below.iter().next().and_then(|first| first.to_str()) {
                Some("app") => OF_APP.contains(&stem) && !below.iter().any(|part| is_private(part.to_str())),
                Some("pages") => !is_aside(below),
                _ => false,
            }
        };
        holding.files.into_keys().filter(is_page).collect()
    }

    fn walk(&self, entries: Vec<PathBuf>, command: &str) -> Option<Fault> {
        let files = self.workshop.sources.files();
        let (mut seen, mut queue) = (HashSet::new(), entries);
        let mut nothing = Vec::new();
        while let Some(place) = queue.pop() {
            let source = has_extension(&place, &["js", "jsx", "ts", "tsx", "mjs", "vue", "svelte"]);
            if !source || seen.len() > MAX_FILES || !seen.insert(place.clone()) {
                continue;
            }
            let host = self.workshop.tree.file(files, &place);
            let Some(file) = host.and_then(|host| self.workshop.sources.load(&host).ok()) else { continue };
            for import in imports(&file) {
                let fault = |instead: Option<String>, letters: bool| {
                    let (command, import) = (command.to_string(), import.clone());
                    let kind = FaultKind::Import { command, import: import.value, instead, letters };
                    Fault { kind, at: import.span }
                };
                match self.find(&place, &import.value) {
                    Found::Next(next) => queue.push(next),
                    Found::Letters(other) => return Some(fault(Some(other), true)),
                    Found::Nothing(near) => nothing.push(fault(near, false)),
                    Found::Unknown => {}
                }
            }
        }
        // Where more are not there, the tree is only a part of one, or something makes them.
        let [fault] = <[Fault; 1]>::try_from(nothing).ok().filter(|_| seen.len() <= MAX_FILES)?;
        Some(fault)
    }

    /// What an import of the source at a place leads to.
    fn find(&self, place: &Path, import: &str) -> Found {
        let name = import.split('?').next().unwrap_or(import);
        let relative = name.starts_with("./") || name.starts_with("../");
        let roots: Vec<PathBuf> = match name.strip_prefix("@/").or_else(|| name.strip_prefix("~/")) {
            _ if name.contains(['!', '*', '$', '#']) => return Found::Unknown,
            _ if relative => place.parent().map(|folder| clean(&folder.join(name))).into_iter().collect(),
            // No package is called so.
            Some(rest) => ["src", "", "app"].map(|root| self.directory.join(root).join(rest)).to_vec(),
            None => return Found::Unknown,
        };
        let whole = |target: &PathBuf| {
            let mut all = vec![target.clone()];
            javascript::files(target, &mut all);
            all.extend(["vue", "svelte", "d.ts"].map(|end| {
                let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                target.with_file_name(format!("{name}.{end}"))
            }));
            all
        };
        let found: Vec<PathBuf> = roots.iter().flat_map(whole).filter(|path| self.is_exact(path)).collect();
        let files = self.workshop.sources.files();
        if !found.is_empty() {
            let of_file = found.into_iter().find(|path| self.workshop.tree.file(files, path).is_some());
            return of_file.map_or(Found::Unknown, Found::Next);
        }
        if let Some(below) = roots.iter().find_map(|target| self.in_other_letters(target)) {
            return Found::Letters(respelt(name, &below));
        }
        match roots.as_slice() {
            [target] if relative && !self.open => self.nothing(target, name),
            _ => Found::Unknown,
        }
    }

    /// Whether a path is there in just these letters: the disk of this machine may not tell.
    fn is_exact(&self, path: &Path) -> bool {
        let files = self.workshop.sources.files();
        let Some(host) = self.workshop.tree.resolve(files, path) else { return false };
        let depth = path.strip_prefix(&self.directory).map_or(1, |below| below.iter().count());
        host.ancestors().take(depth).all(|part| {
            let (Some(above), Some(name)) = (part.parent(), part.file_name()) else { return true };
            self.workshop.sources.list(above).iter().any(|other| name == other.as_str())
        })
    }

    /// The path below the bundler's folder that differs from the target in its letters alone, without the ending that it does not name.
    fn in_other_letters(&self, target: &Path) -> Option<PathBuf> {
        let files = self.workshop.sources.files();
        let (mut place, mut spelt) = (self.directory.clone(), PathBuf::new());
        let below = target.strip_prefix(&self.directory).ok()?;
        let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap_or_default()).collect();
        let (last, folders) = parts.split_last()?;
        let list = |place: &Path| {
            let host = self.workshop.tree.resolve(files, place)?;
            Some((self.workshop.sources.list(&host), host))
        };
        for part in folders {
            let (names, host) = list(&place)?;
            let is_folder = |name: &&String| files.kind(&host.join(name)) == Some(Kind::Directory);
            let same = names.iter().filter(is_folder).find(|name| name.as_str() == *part);
            let alike = || names.iter().filter(is_folder).find(|name| name.eq_ignore_ascii_case(part));
            let name = same.or_else(alike)?;
            place.push(name);
            spelt.push(name);
        }
        let (names, _) = list(&place)?;
        let is_alike = |name: &str| name.eq_ignore_ascii_case(last);
        let found = names.iter().find_map(|name| {
            let there = |name: &str| self.workshop.tree.resolve(files, &place.join(name)).is_some();
            if is_alike(name) && there(name) {
                return Some(name.as_str());
            }
            let (stem, end) = name.rsplit_once('.')?;
            let known = javascript::EXTENSIONS.contains(&end) || end == "json";
            (known && is_alike(stem) && there(name)).then_some(stem)
        })?;
        spelt.push(found);
        (spelt != below).then_some(spelt)
    }

    /// An import of which nothing is there in any letters.
    fn nothing(&self, target: &Path, name: &str) -> Found {
        let files = self.workshop.sources.files();
        let tree = &self.workshop.tree;
        let lower = name.to_ascii_lowercase();
        let stem = target.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder = target.parent().and_then(|folder| tree.resolve(files, folder));
        let (Some(host), Some(folder)) = (tree.place_for(files, target), folder) else {
            return Found::Unknown;
        };
        let names = self.workshop.sources.list(&folder);
        let ends = ["", ".js", ".jsx", ".ts", ".tsx", ".json", ".css", ".vue", ".svelte"];
        let here = |end: &&str| PathBuf::from(format!("{}{end}", host.display()));
        let kept_away =
            ends.iter().any(|end| is_ignored(files, &here(end)) || files.kind(&here(end)).is_some());
        let made = MADE.iter().any(|word| lower.contains(word));
        let named = self.workshop.stage.runs.iter().any(|run| run.command.assumed().contains(stem));
        let own = host.parent() == Some(folder.as_path());
        if !own || kept_away || made || named || is_submodule(files, &host) {
            return Found::Unknown;
        }
        let whole = Path::new(name).extension().is_some();
        let last = if whole { target.file_name().and_then(|name| name.to_str()) } else { Some(stem) };
        let others =
            names.iter().filter(|name| has_extension(Path::new(name), &javascript::EXTENSIONS) || whole);
        let others = others.map(|name| match whole {
            true => name.as_str(),
            false => name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem),
        });
        let near = last.and_then(|last| nearest(last, others));
        let before = name.rsplit_once('/').map_or("", |(before, _)| before);
        // An empty folder may be filled by something.
        if near.is_none() && names.len() < 2 {
            return Found::Unknown;
        }
        Found::Nothing(near.map(|near| format!("{before}/{near}")))
    }
}

/// Whether a part of a path is one that Next.js leaves aside.
fn is_private(part: Option<&str>) -> bool {
    part.is_none_or(|part| part.starts_with('_'))
}

/// An import with the letters of a path that it leads to.
fn respelt(import: &str, below: &Path) -> String {
    let names: Vec<&str> = below.iter().filter_map(|part| part.to_str()).collect();
    let mut parts: Vec<&str> = import.split('/').collect();
    for (part, name) in parts.iter_mut().rev().zip(names.iter().rev()) {
        if part.eq_ignore_ascii_case(name) {
            *part = name;
        }
    }
    parts.join("/")
}

/// What a source surely imports when it is bundled.
fn imports(file: &SourceFile) -> Vec<Spanned<String>> {
    let text = file.text.as_ref();
    let typed = has_extension(&file.path, &["ts", "tsx"]) || text.contains("lang=\"ts\"");
    let begins = |word: &str| -> Vec<usize> {
        let at = text.match_indices(word).map(|(at, _)| at);
        at.filter(|at| text.get(..*at).is_some_and(|before| is_margin(file, before))).collect()
    };
    let mut found: Vec<(usize, usize)> = Vec::new();
    for at in begins("import ").into_iter().chain(begins("export ")) {
        let Some(rest) = text.get(at..) else { continue };
        let Some(quote) = rest.find(['"', '\'']).filter(|quote| *quote < MAX_CLAUSE) else { continue };
        let Some(clause) = rest.get(6..quote).map(str::trim) else { continue };
        let plain = !clause.contains(['=', ';', '(', '`', ':', '<', '/']);
        let is_import = rest.starts_with("import ");
        let from = clause.strip_suffix("from").map(str::trim);
        let counts = match from {
            None => is_import && clause.is_empty(),
            Some(names) if names.starts_with("type ") => false,
            // What is only a type, or never used, is left out of what is compiled.
            Some(names) if is_import && typed => {
                rest.get(quote..).is_some_and(|after| names_of(names).any(|name| is_value(after, name)))
            }
            Some(_) => true,
        };
        if plain && counts {
            found.extend(path_at(text, at + quote));
        }
    }
    for (at, call) in text.match_indices("import(") {
        let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        // A type, or a comment.
        let aside =
            line.contains("//") || line.contains("typeof ") || line.trim_end().ends_with([':', '<', '|']);
        let caught = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or("").contains(".catch(");
        if !aside && !caught && !line.trim_start().starts_with('*') {
            found.extend(path_at(text, at + call.len()));
        }
    }
    let spans = found.into_iter().filter(|(start, _)| {
        let before = text.get(..*start).unwrap_or_default();
        let open = before.rfind("/*").is_some_and(|open| before.rfind("*/").is_none_or(|close| close < open));
        !open && before.matches('`').count().is_multiple_of(2)
    });
    let named = spans.filter_map(|(start, end)| {
        Some(Spanned::new(text.get(start..end)?.to_string(), file.slice(start, end)))
    });
    named.take(MAX_IMPORTS).filter(|import| import.span != Span::NONE).collect()
}

/// Whether a statement of a module begins here.
fn is_margin(file: &SourceFile, before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.is_empty() || has_extension(&file.path, &["vue", "svelte"]) && line.trim().is_empty()
}

/// Where the path stands that a quote opens.
fn path_at(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = rest.get(1..)?;
    let length = inside.find([quote, '\n'])?;
    Some((at + 1, at + 1 + length))
}

/// The names that a clause of an import binds.
fn names_of(clause: &str) -> impl Iterator<Item = &str> {
    clause.split(['{', '}', ',']).map(str::trim).filter(|part| !part.starts_with("type ")).filter_map(
        |part| {
            let name = part.rsplit(" as ").next()?.trim();
            (!name.is_empty()).then_some(name)
        },
    )
}

/// Whether a name is surely used as a value: `<Name`, `Name(`, `Name.use(`.
fn is_value(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.' | '"' | '\'');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        let tag = before.strip_suffix('<');
        match tag {
            Some(before) => {
                !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    && after.starts_with([' ', '\n', '\r', '/', '>'])
            }
            None => !before.ends_with(word) && after.starts_with(['(']) && !before.ends_with("typeof "),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn of(name: &str, text: &str) -> Vec<String> {
        let map = SourceMap::new(Memory::new([(name, text)]));
        let file = map.load(Path::new(name)).unwrap();
        imports(&file).into_iter().map(|import| import.value).collect()
    }

    #[test]
    fn what_is_imported() {
        let text = "import React from 'react';\nimport {\n  a,\n  b as c,\n} from \"./many\";\nimport './page.css';\nexport * from './all';\n// import './not';\n/*\nimport './nor';\n*/\nconst Late = lazy(() => import('./Late'));\nexport const x = 'y';\n";
        assert_eq!(of("/a.jsx", text), ["react", "./many", "./page.css", "./all", "./Late"]);
    }

    #[test]
    fn types_are_left_out() {
        let text = "import type A from './a';\nimport { B, type C } from './b';\nimport D from './d';\nimport { e } from './e';\nconst b: B = null;\nconst s = useState<D>();\nexport default () => <div>{e()}</div>;\n";
        assert_eq!(of("/a.tsx", text), ["./e"]);
        assert_eq!(of("/a.tsx", "import D from './d';\nexport default () => <D x={1} />;\n"), ["./d"]);
    }

    #[test]
    fn imports_in_other_letters() {
        assert_eq!(respelt("./components/Header", Path::new("src/components/header")), "./components/header");
        assert_eq!(respelt("@/lib/DB", Path::new("src/lib/db")), "@/lib/db");
        assert_eq!(respelt("../Shared/x", Path::new("src/shared/x")), "../shared/x");
    }
}
