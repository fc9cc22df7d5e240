//! Patterns of files that TypeORM loads by itself, and that name sources of TypeScript where the compiled program is run:
//! `entities: ['src/**/*.entity.ts']`.
//!
//! What such a pattern finds is loaded with `require` (typeorm.io, "Data Source Options"): Node.js stops at the first
//! `import` or decorator of it. What lies beside the compiled code ends with `.js`.

use std::path::{Path, PathBuf};

use super::has_extension;
use super::module_kinds::script;
use super::uninstalled::Program;
use crate::programs::entry::{Launch, Way};
use crate::source::{SourceFile, Spanned, clean};

/// A pattern of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceGlob {
    /// It, as written.
    pub pattern: Spanned<String>,
    /// A file that it finds, in the container; none where it finds nothing.
    pub finds: Option<PathBuf>,
}

/// What makes one file of a program, or runs its sources.
const OTHERWISE: [&str; 9] =
    ["webpack", "esbuild", "tsup", "rollup", "ncc", "ts-node dist", "swc-node", "@vercel", "tsc-alias && cp"];
/// What compiles each file by itself.
const COMPILES: [&str; 2] = ["tsc", "nest build"];

/// The first pattern of entities that goes wrong where the compiled program is started with Node.js alone.
#[must_use]
pub(super) fn of(program: &Program<'_>) -> Option<SourceGlob> {
    if program.image.assumed || program.is_mounted() {
        return None;
    }
    let launch = started(program)?;
    let mut loaded = program.loaded.iter().filter_map(|index| program.scope.get(*index));
    loaded.find_map(|(_, source)| {
        let typed = source.front_end.name() == "javascript" && has_extension(&source.path, &["ts", "mts"]);
        let makes = ["new DataSource(", "TypeOrmModule.forRoot", "createConnection("];
        if !typed || !makes.iter().any(|word| source.text().contains(word)) {
            return None;
        }
        let file = program.machine.sources.load(&source.path).ok()?;
        let items = items(&file, "entities:")?;
        let sources: Vec<&Item> = items.iter().filter(|item| item.is_of_sources()).collect();
        let first = sources.first()?;
        let finds = sources.iter().find_map(|item| finds(program, launch, item));
        // What finds nothing does no harm beside what finds all.
        let alone = sources.len() == items.len() && !file.text.contains("autoLoadEntities");
        (finds.is_some() || alone).then(|| SourceGlob { pattern: first.pattern.clone(), finds })
    })
}

/// The start of a program that a compiler of TypeScript made.
fn started<'p>(program: &'p Program<'_>) -> Option<&'p Launch> {
    let mut calls = program.started.calls.iter().map(|call| &call.launch);
    let launch = calls.find(|launch| launch.way == Way::Surely && script(launch).is_some())?;
    let place = script(launch)?;
    let folder = place.ancestors().skip(1).take(6);
    let manifest =
        folder.into_iter().find_map(|folder| program.machine.text(&folder.join("package.json")))?;
    let compiled = COMPILES.iter().any(|word| manifest.contains(word))
        && !OTHERWISE.iter().any(|word| manifest.contains(word));
    let compiled = compiled && program.machine.text(&place).is_none() && manifest.contains("\"typeorm\"");
    let names = ["dist", "build", "out", "lib"];
    let below = place.iter().any(|part| names.iter().any(|name| part == *name));
    (compiled && below).then_some(launch)
}

/// One of what a list names.
struct Item {
    /// The expression.
    text: String,
    /// Its last string.
    pattern: Spanned<String>,
}

impl Item {
    fn is_of_sources(&self) -> bool {
        let pattern = &self.pattern.value;
        pattern.ends_with(".ts")
            && !pattern.ends_with(".d.ts")
            && pattern.contains('*')
            && !self.text.contains(".js")
            && !self.text.contains(['?', '$', '|'])
    }
}

/// The items of the one list that stands behind a key; nothing where there are several, or one is spread.
fn items(file: &SourceFile, key: &str) -> Option<Vec<Item>> {
    let text = file.text.as_ref();
    let mut places = text.match_indices(key).map(|(at, _)| at + key.len());
    let at = places.next().filter(|_| places.next().is_none())?;
    let line = text.get(..at)?.rsplit('\n').next()?;
    let rest = text.get(at..)?;
    let open =
        at + rest.find('[').filter(|open| rest.get(..*open).is_some_and(|it| it.trim().is_empty()))? + 1;
    let inside = text.get(open..)?.split(']').next()?;
    if line.contains("//") || inside.contains("//") || inside.contains("...") {
        return None;
    }
    let mut found = Vec::new();
    let (mut from, mut quote, mut depth, mut string) = (0, None, 0usize, None);
    for (here, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some((c, here)),
            (Some((open, start)), c) if c == open => (quote, string) = (None, Some((start + 1, here))),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                let item = inside.get(from..here)?.trim();
                let (start, end) = string.take().unwrap_or((here, here));
                if !item.is_empty() {
                    let pattern = inside.get(start..end)?.to_string();
                    let pattern = Spanned::new(pattern, file.slice(open + start, open + end));
                    found.push(Item { text: item.to_string(), pattern });
                }
                from = here + 1;
            }
            _ => {}
        }
    }
    Some(found)
}

/// A file of the container that a pattern finds, which counts from where the program is started.
fn finds(program: &Program<'_>, launch: &Launch, item: &Item) -> Option<PathBuf> {
    let pattern = &item.pattern.value;
    let whole = item.text.trim_matches(['"', '\'']) == pattern;
    let (before, after) = pattern.split_once('*').filter(|_| whole && !pattern.starts_with('/'))?;
    let folder = clean(&launch.directory.join(before.rsplit_once('/').map_or("", |(folder, _)| folder)));
    let end = after.rsplit('*').next().unwrap_or(after).trim_start_matches('/');
    let fits = |place: &Path| {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        place.starts_with(&folder) && name.ends_with(end) && has_extension(place, &["ts"])
    };
    program.scope.iter().map(|(_, place, _)| place).find(|place| fits(place)).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn of(text: &str) -> Option<Vec<(String, bool)>> {
        let map = SourceMap::new(Memory::new([("/a.ts", text)]));
        let file = map.load(Path::new("/a.ts")).unwrap();
        let items = items(&file, "entities:")?;
        Some(items.into_iter().map(|item| (item.pattern.value.clone(), item.is_of_sources())).collect())
    }

    #[test]
    fn patterns_of_sources() {
        let one = |pattern: &str, sure: bool| Some(vec![(pattern.to_string(), sure)]);
        assert_eq!(of("entities: ['src/**/*.entity.ts'],"), one("src/**/*.entity.ts", true));
        assert_eq!(of("entities: [__dirname + '/**/*.entity.ts']"), one("/**/*.entity.ts", true));
        assert_eq!(of("entities: [join(__dirname, '**', '*.entity.ts')]"), one("*.entity.ts", true));
        assert_eq!(of("entities: ['dist/**/*.js']"), one("dist/**/*.js", false));
        assert_eq!(
            of("entities: [__dirname + '/**/*.entity{.ts,.js}']"),
            one("/**/*.entity{.ts,.js}", false)
        );
        assert_eq!(of("entities: [dev ? 'src/**/*.ts' : 'dist/**/*.js']"), one("dist/**/*.js", false));
        assert_eq!(of("entities: [User, Order]").map(|items| items.len()), Some(2));
        assert_eq!(of("// entities: ['src/**/*.ts']"), None);
    }
}
