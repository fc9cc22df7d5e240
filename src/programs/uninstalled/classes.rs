//! Classes of the program's own that builds and settings name on the JVM, and that no source gives: `com.shop.MainKt.module` beside
//! `Application.kt`.

use std::path::{Path, PathBuf};

use super::{Missing, Program, Uninstalled};

/// What a main class is named after, in scripts and manifests.
const KEYS: [&str; 6] =
    ["mainClass", "mainClassName", "Main-Class", "<start-class>", "exec.mainClass", "mainClass.set"];
/// Where modules of Ktor and main classes are named.
const FILES: [&str; 7] = [
    "src/main/resources/application.yaml",
    "src/main/resources/application.yml",
    "src/main/resources/application.conf",
    "src/main/resources/META-INF/MANIFEST.MF",
    "build.gradle.kts",
    "build.gradle",
    "pom.xml",
];

/// A source of the program.
struct Own {
    package: String,
    stem: String,
    text: std::sync::Arc<str>,
}

impl Own {
    /// Whether it gives a class of this name.
    fn gives(&self, class: &str) -> bool {
        let mut stem = self.stem.chars();
        let upper: String =
            stem.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(stem).collect();
        let declared = ["class ", "object ", "interface ", "record ", "enum "].iter().any(|word| {
            self.text.match_indices(&format!("{word}{class}")).any(|(at, whole)| {
                !self
                    .text
                    .get(at + whole.len()..)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()))
            })
        });
        format!("{upper}Kt") == class && self.text.contains("fun ") && !self.text.contains("@file:JvmName")
            || declared
            || self.text.contains(&format!("JvmName(\"{class}\")"))
    }

    /// The class of its functions.
    fn class_of_file(&self) -> String {
        let mut stem = self.stem.chars();
        let upper: String =
            stem.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(stem).collect();
        if self.package.is_empty() { format!("{upper}Kt") } else { format!("{}.{upper}Kt", self.package) }
    }
}

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let of_jvm =
        |place: &Path| ["kt", "java"].iter().any(|end| place.extension().is_some_and(|it| it == *end));
    let sources: Vec<_> = program
        .scope
        .iter()
        .filter(|(_, place, _)| of_jvm(place) && place.to_string_lossy().contains("/src/main/"))
        .collect();
    let mut roots: Vec<PathBuf> = Vec::new();
    for (_, _, source) in &sources {
        let root = source
            .path
            .ancestors()
            .find(|above| above.ends_with("src/main"))
            .and_then(|it| it.ancestors().nth(2));
        roots.extend(root.filter(|root| !roots.iter().any(|known| known == root)).map(Path::to_path_buf));
    }
    // What several parts of a build name for each other is not told apart.
    let [root] = roots.as_slice() else { return Vec::new() };
    let own: Vec<Own> = sources
        .iter()
        .filter_map(|(_, place, source)| {
            let file = program.machine.sources.load(&source.path).ok()?;
            let line = file.text.lines().find_map(|line| line.strip_prefix("package "));
            Some(Own {
                package: line.unwrap_or("").trim().trim_end_matches(';').to_string(),
                stem: place.file_stem()?.to_str()?.to_string(),
                text: file.text.clone(),
            })
        })
        .collect();
    let mut out: Vec<Uninstalled> = Vec::new();
    for name in FILES {
        let Ok(file) = program.machine.sources.load(&root.join(name)) else { continue };
        for (class, function, at) in
            named(&file.text, name.ends_with("yaml") || name.ends_with("yml") || name.ends_with("conf"))
        {
            let (package, last) = class.rsplit_once('.').unwrap_or(("", class));
            if own.iter().any(|one| one.package == package && one.gives(last)) {
                continue;
            }
            let of_own = own.iter().any(|one| one.package == package || one.gives(last));
            let meant = function.unwrap_or("main");
            let defines = |one: &&Own| {
                ["fun ", "fun Application."].iter().any(|word| one.text.contains(&format!("{word}{meant}(")))
                    && !one.text.contains("@file:JvmName")
            };
            let starts = |one: &&Own| {
                one.text.contains("static void main(") || one.text.contains("@SpringBootApplication")
            };
            let moved = own.iter().find(|one| one.gives(last)).map(|one| format!("{}.{last}", one.package));
            let java = || {
                let found = own.iter().find(starts).filter(|_| function.is_none())?;
                Some(format!("{}.{}", found.package, found.stem))
            };
            let instead = moved
                .or_else(|| own.iter().find(defines).map(Own::class_of_file))
                .or_else(java)
                .filter(|instead| of_own && instead != class);
            let Some(instead) = instead else { continue };
            out.push(Uninstalled {
                import: class.to_string(),
                package: class.to_string(),
                at: file.slice(at, at + class.len()),
                named: true,
                manifest: None,
                lack: Missing::Class,
                sure: true,
                loader: None,
                similar: Some(instead),
            });
        }
    }
    out.dedup_by(|a, b| a.import == b.import);
    out
}

/// The classes that a file names as what is started, each with the function of a module and where it stands.
fn named(text: &str, settings: bool) -> Vec<(&str, Option<&str>, usize)> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let from = start;
        start += line.len();
        let trimmed = line.trim_start();
        if trimmed.starts_with(['#', '*']) || trimmed.starts_with("//") || trimmed.starts_with("<!--") {
            continue;
        }
        let key = KEYS.iter().filter_map(|key| line.find(key).map(|at| at + key.len())).max();
        let Some(skip) = (if settings { Some(0) } else { key }) else { continue };
        let mut at = skip;
        let parts = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_'));
        for word in line.get(skip..).unwrap_or("").split(parts) {
            let place = at;
            at += word.len() + 1;
            let (class, function) = match word.rsplit_once('.') {
                Some((class, function)) if settings && class.ends_with("Kt") => (class, Some(function)),
                _ if settings => continue,
                _ => (word, None),
            };
            let last = class.rsplit('.').next().unwrap_or(class);
            let is_class = class.contains('.') && last.starts_with(|c: char| c.is_ascii_uppercase());
            if is_class && !line.contains('$') {
                out.push((class, function, from + place));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn classes_that_are_named() {
        let classes = |text: &'static str, settings: bool| {
            named(text, settings)
                .into_iter()
                .map(|(class, function, at)| {
                    assert!(text.get(at..).unwrap().starts_with(class));
                    (class, function)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(
            classes("  modules = [ com.shop.MainKt.module ]\n", true),
            [("com.shop.MainKt", Some("module"))]
        );
        assert_eq!(
            classes("application {\n    mainClass.set(\"com.shop.AppKt\")\n", false),
            [("com.shop.AppKt", None)]
        );
        assert_eq!(classes("<mainClass>com.shop.Main</mainClass>", false), [("com.shop.Main", None)]);
        assert!(classes("// mainClass = 'com.shop.Main'\nmainClass = \"$group.Main\"\n", false).is_empty());
    }
}
