//! `pom.xml` and `build.gradle`: which libraries a program is built with, for what those dial when no setting says.

use std::path::Path;

use crate::programs::{Expr, Module};
use crate::source::{SourceFile, Spanned};

/// The name under which a module of a manifest holds its libraries.
const LIBRARIES: &str = "libraries";
/// The name under which it holds the version of Spring Boot.
const BOOT: &str = "boot";
/// The name under which it holds the aliases of a version catalog.
const ALIASES: &str = "aliases";
/// The name under which it says that others may bring libraries, too.
const OPEN: &str = "open";
/// The file of a version catalog.
const VERSIONS: &str = "libs.versions.toml";
/// How build scripts name what a version catalog has.
const CATALOG: &str = "libs.";
/// Manifests above this size are data.
const MAX_SIZE: usize = 1 << 20;
/// No program has more.
const MAX_LIBRARIES: usize = 2_000;

/// Whether the file says what a program is built with.
pub fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| ["pom.xml", "build.gradle", "build.gradle.kts", VERSIONS].contains(&name))
}

/// Whether a manifest counts for the module in this directory; the version catalog lies above all modules of a build.
#[must_use]
pub fn is_of(manifest: &Path, module: &Path) -> bool {
    let within = manifest.parent();
    within == Some(module)
        || manifest.ends_with(VERSIONS)
            && within.and_then(Path::parent).is_some_and(|root| module.starts_with(root))
}

/// The libraries of a manifest as names of a module.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    if file.text.len() > MAX_SIZE {
        return module;
    }
    if file.path.ends_with(VERSIONS) {
        let (libraries, boot) = of_catalog(file);
        module.names.insert(ALIASES.to_string(), Expr::Record(libraries));
        module.names.extend(boot.map(|version| (BOOT.to_string(), version)));
        return module;
    }
    let xml = file.path.extension().is_some_and(|extension| extension == "xml");
    let found = if xml { of_maven(&file.text) } else { of_gradle(&file.text) };
    let text = |(from, to): (usize, usize)| {
        let value = file.text.get(from..to).unwrap_or_default().to_string();
        Expr::Text(Spanned::new(value, file.slice(from, to)))
    };
    module.names.extend(found.boot.map(|place| (BOOT.to_string(), text(place))));
    let libraries = found.libraries.into_iter().take(MAX_LIBRARIES).map(text).collect();
    module.names.insert(LIBRARIES.to_string(), Expr::List(libraries));
    if found.open {
        module.names.insert(OPEN.to_string(), Expr::Bool(true, file.slice(0, 0)));
    }
    module
}

/// Where a manifest names the libraries that run with the program, and the version of Spring Boot.
#[derive(Debug, Default)]
struct Found {
    libraries: Vec<(usize, usize)>,
    boot: Option<(usize, usize)>,
    /// Whether something may bring libraries that are not seen.
    open: bool,
}

fn of_maven(text: &str) -> Found {
    let mut found = Found::default();
    // Comments and what only says versions keep their length.
    let text = blanked(text, "<!--", "-->");
    let managed = blanked(&text, "<dependencyManagement>", "</dependencyManagement>");
    let managed = blanked(&managed, "<profiles>", "</profiles>");
    let plain = blanked(&managed, "<plugins>", "</plugins>");
    for (from, to) in elements(&plain, 0, plain.len(), "dependency") {
        let value = |name: &str| elements(&plain, from, to, name).next();
        let is = |name: &str, word: &str| {
            value(name).is_some_and(|(from, to)| plain.get(from..to).is_some_and(|it| it.trim() == word))
        };
        if !is("scope", "test") && !is("scope", "provided") {
            found.libraries.extend(value("artifactId"));
        }
    }
    let parent = elements(&text, 0, text.len(), "parent").next();
    let of_parent = parent.filter(|(from, to)| {
        text.get(*from..*to).is_some_and(|it| it.contains(">spring-boot-starter-parent<"))
    });
    found.boot = of_parent.and_then(|(from, to)| elements(&text, from, to, "version").next());
    let profiles = text.find("<profiles>").and_then(|at| text.get(at..));
    found.open = parent.is_some() && of_parent.is_none()
        || text.contains("<scope>provided</scope>")
        || profiles.is_some_and(|profiles| profiles.contains("<dependency>"));
    found.boot = found.boot.or_else(|| {
        let bom = elements(&text, 0, text.len(), "dependency").find(|(from, to)| {
            text.get(*from..*to).is_some_and(|it| it.contains(">spring-boot-dependencies<"))
        })?;
        elements(&text, bom.0, bom.1, "version").next()
    });
    found
}

/// Where `name: 'artifact'` of a dependency names its library.
fn named(code: &str) -> Option<(usize, usize)> {
    let at = code.find("group").and(code.find("name"))? + "name".len();
    let rest = code.get(at..)?.trim_start_matches([' ', ':', '=']);
    let mark = rest.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
    let open = code.len() - rest.len() + 1;
    let close = open + code.get(open..)?.find(mark)?;
    Some((open, close))
}

/// Where the contents of the elements of that name stand.
fn elements<'t>(
    text: &'t str,
    from: usize,
    to: usize,
    name: &str,
) -> impl Iterator<Item = (usize, usize)> + 't {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let mut at = from;
    std::iter::from_fn(move || {
        let open = at + text.get(at..to)?.find(&start)? + start.len();
        let close = open + text.get(open..to)?.find(&end)?;
        at = close + end.len();
        Some((open, close))
    })
}

/// The text with everything between two marks blank, at the same length.
pub(super) fn blanked(text: &str, start: &str, end: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.find(start).and_then(|at| rest.split_at_checked(at)) {
        let length = after.find(end).map_or(after.len(), |at| at + end.len());
        let (inside, behind) = after.split_at_checked(length).unwrap_or((after, ""));
        out.push_str(before);
        out.extend(std::iter::repeat_n(' ', inside.len()));
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn of_gradle(text: &str) -> Found {
    const RUNS: [&str; 5] = ["implementation", "api", "runtimeOnly", "compile", "runtime"];
    // What brings libraries that no line of this file names.
    const OPEN: [&str; 12] = [
        "project(",
        "projects.",
        "apply from",
        "apply(from",
        "buildSrc",
        "convention",
        ".bundles.",
        "fileTree",
        "files(",
        "subprojects",
        "allprojects",
        "add(\"",
    ];
    let mut found = Found::default();
    let plain = blanked(text, "/*", "*/");
    found.open = OPEN.iter().any(|word| plain.contains(word));
    let mut at = 0;
    for line in plain.split_inclusive('\n') {
        let (start, code) = (at, line.trim_start());
        at += line.len();
        let from = start + (line.len() - code.len());
        let word = code.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        // Its libraries stand in the lines below.
        found.open |= RUNS.contains(&word) && code.trim_end().ends_with('(');
        let quoted = || {
            let open = code.find(['"', '\''])? + 1;
            let mark = code.get(open - 1..open)?;
            let close = open + code.get(open..)?.find(mark)?;
            Some((open, close))
        };
        if RUNS.contains(&word)
            && let Some((open, close)) = catalogued(code).or_else(|| named(code))
        {
            found.libraries.push((from + open, from + close));
        } else if RUNS.contains(&word)
            && let Some((open, close)) = quoted()
            && let Some(library) = code.get(open..close)
        {
            // `group:artifact:version`
            let (group, rest) = library.split_once(':').unwrap_or(("", library));
            let skip = library.len() - rest.len();
            let artifact = rest.split(':').next().unwrap_or(rest);
            if !group.is_empty() {
                let begin = from + open + skip;
                found.libraries.push((begin, begin + artifact.len()));
            }
            // Another may stand behind it.
            found.open |= code.get(close..).is_some_and(|rest| rest.matches(':').count() > 1);
        } else if word == "id"
            && code.contains("org.springframework.boot")
            && let Some((open, close)) = code.rfind("version").and_then(|version| {
                let open = version + code.get(version..)?.find(['"', '\''])? + 1;
                let mark = code.get(open - 1..open)?;
                Some((open, open + code.get(open..)?.find(mark)?))
            })
        {
            found.boot = Some((from + open, from + close));
        }
    }
    found
}

/// The alias of a version catalog that a line names: `implementation(libs.spring.boot.starter.data.redis)`.
fn catalogued(code: &str) -> Option<(usize, usize)> {
    let open = code.find("libs.")?;
    let before = code.get(..open)?.chars().next_back()?;
    let rest = code.get(open..)?;
    let length = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '_')).unwrap_or(rest.len());
    (matches!(before, '(' | ' ' | '\t') && length > CATALOG.len()).then_some((open, open + length))
}

/// The aliases of `gradle/libs.versions.toml`, with the libraries that they stand for, and the version of Spring Boot.
fn of_catalog(file: &SourceFile) -> (Vec<(Spanned<String>, Expr)>, Option<Expr>) {
    let (mut found, mut boot) = (Vec::new(), None);
    let (mut section, mut at) = ("", 0);
    for line in file.text.split_inclusive('\n').take(MAX_LIBRARIES) {
        let start = at;
        at += line.len();
        let code = line.trim();
        if code.starts_with('[') {
            section = code;
            continue;
        }
        let Some((alias, value)) = code.split_once('=') else { continue };
        if section == "[versions]" && alias.to_ascii_lowercase().contains("boot") {
            let version = value.trim().trim_matches('"').to_string();
            boot = Some(Expr::Text(Spanned::new(version, file.slice(start, start + line.trim_end().len()))));
        }
        if section != "[libraries]" {
            continue;
        }
        let Some(artifact) = artifact_of(value) else { continue };
        let written = line.find(artifact).unwrap_or_default();
        let span = file.slice(start + written, start + written + artifact.len());
        let alias = Spanned::new(plain_alias(alias.trim()), span);
        found.push((alias, Expr::Text(Spanned::new(artifact.to_string(), span))));
    }
    (found, boot)
}

/// The artifact in `{ module = "group:artifact", … }`, `{ group = "…", name = "artifact" }` or `"group:artifact:1.0"`.
fn artifact_of(value: &str) -> Option<&str> {
    let of_key = |key: &str| {
        let rest = value.get(value.find(key)? + key.len()..)?.trim_start().strip_prefix('=')?;
        rest.trim_start().strip_prefix('"')?.split('"').next()
    };
    let within = |text: &'_ str| text.split(':').nth(1).map(str::len);
    let module = of_key("module").or_else(|| value.trim().strip_prefix('"')?.split('"').next());
    match module {
        Some(module) if within(module).is_some() => module.split(':').nth(1),
        _ => of_key("name"),
    }
    .filter(|artifact| !artifact.is_empty())
}

/// Gradle takes the separators of aliases for one another.
fn plain_alias(alias: &str) -> String {
    alias.replace(['.', '_'], "-")
}

/// What the manifests of a program say.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The libraries that run with it.
    pub libraries: Vec<Spanned<String>>,
    /// Whether something may bring libraries that are not seen.
    pub open: bool,
    /// The major version of Spring Boot.
    pub boot: Option<u32>,
    /// The whole version, where it is written out.
    pub version: Option<String>,
    /// The libraries that aliases stand for.
    aliases: Vec<(String, Spanned<String>)>,
}

impl Built {
    /// Takes in what [`read`] made of a manifest.
    pub fn add(&mut self, module: &Module) {
        if let Some(Expr::List(libraries)) = module.names.get(LIBRARIES) {
            let texts = libraries.iter().filter_map(|library| match library {
                Expr::Text(text) => Some(text.clone()),
                _ => None,
            });
            self.libraries.extend(texts);
        }
        self.open |= module.names.contains_key(OPEN);
        if let Some(Expr::Record(aliases)) = module.names.get(ALIASES) {
            let known = aliases.iter().filter_map(|(alias, library)| match library {
                Expr::Text(library) => Some((alias.value.clone(), library.clone())),
                _ => None,
            });
            self.aliases.extend(known);
        }
        if let Some(Expr::Text(version)) = module.names.get(BOOT) {
            let major = version.value.trim().split('.').next().and_then(|major| major.parse().ok());
            self.boot = self.boot.or(major);
            let version = Some(version.value.trim().to_string());
            self.version = self.version.take().or(version);
        }
    }

    /// Puts libraries in the place of the aliases of a version catalog; one that is not seen is mostly called like its
    /// library.
    pub fn settle(&mut self) {
        for library in &mut self.libraries {
            let Some(alias) = library.value.strip_prefix(CATALOG).map(plain_alias) else { continue };
            let known = self.aliases.iter().find(|(other, _)| *other == alias);
            library.value = known.map_or(alias, |(_, artifact)| artifact.value.clone());
        }
    }

    /// Whether it is known to be this version of Spring Boot, or a later one.
    pub fn is_since(&self, major: u32, minor: u32) -> bool {
        let Some(version) = &self.version else { return self.boot.is_some_and(|boot| boot > major) };
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
        let said = (numbers.next().flatten(), numbers.next().flatten());
        matches!(said, (Some(own), Some(below)) if (own, below) >= (major, minor))
    }

    /// Whether a library whose name has this word in it runs with the program.
    pub fn has(&self, word: &str) -> bool {
        self.libraries.iter().any(|library| library.value.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, found: &[(usize, usize)]) -> Vec<String> {
        found.iter().map(|(from, to)| text[*from..*to].to_string()).collect()
    }

    #[test]
    fn maven() {
        let text = "<project><parent><artifactId>spring-boot-starter-parent</artifactId><version>3.2.1</version>\
            </parent><dependencyManagement><dependencies><dependency><artifactId>x</artifactId></dependency>\
            </dependencies></dependencyManagement><dependencies><!-- <dependency><artifactId>c</artifactId>\
            </dependency> --><dependency><artifactId>a</artifactId></dependency><dependency><artifactId>b\
            </artifactId><scope>test</scope></dependency></dependencies></project>";
        let found = of_maven(text);
        assert_eq!(words(text, &found.libraries), ["a"]);
        assert_eq!(found.boot.map(|(from, to)| &text[from..to]), Some("3.2.1"));
    }

    #[test]
    fn gradle() {
        let text = "plugins {\n  id(\"org.springframework.boot\") version \"4.0.1\"\n}\ndependencies {\n  \
            implementation(\"g:a\")\n  // implementation 'g:n'\n  testImplementation 'g:t'\n  runtimeOnly 'g:b:1'\n  api(libs.spring.boot.starter.data.redis)\n}\n";
        let found = of_gradle(text);
        assert_eq!(words(text, &found.libraries), ["a", "b", "libs.spring.boot.starter.data.redis"]);
        assert_eq!(found.boot.map(|(from, to)| &text[from..to]), Some("4.0.1"));
    }

    #[test]
    fn catalog() {
        assert_eq!(artifact_of(" { module = \"g:a\", version.ref = \"v\" }"), Some("a"));
        assert_eq!(artifact_of(" { group = \"g\", name = \"a\" }"), Some("a"));
        assert_eq!(artifact_of(" \"g:a:1.0\""), Some("a"));
        assert_eq!(artifact_of(" { id = \"x\" }"), None);
    }
}
