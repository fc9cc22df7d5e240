//! What build tools leave behind, and what their manifests ask for: builds that stop although each instruction is right.

use std::path::{Path, PathBuf};

use super::copy::Context;
use super::{Copy, Fault, FaultKind, Stage, Step};
use crate::source::{Files, Kind, Span, Text, clean};

/// No manifest is longer.
const MAX_MANIFEST: u64 = 400_000;
/// Manifests of one folder beyond this number are not looked at.
const MAX_MANIFESTS: usize = 8;
/// Words of commands that may bring what the context does not have.
const FETCHES: [&str; 5] = ["git clone", "curl ", "wget ", "sed ", "svn "];
/// Words of commands that may move or take away what was made.
const MOVES: [&str; 6] = ["mv ", "cp ", "rm ", "find ", "-x jar", "ln "];

/// What stops the build of a stage, or of those before it.
pub(super) fn faults(files: &dyn Files, context: &Context, stages: &[Stage]) -> Vec<Fault> {
    let mut found = Vec::new();
    for (at, stage) in stages.iter().enumerate().filter(|(at, _)| is_built(stages, *at)) {
        let earlier = stages.get(..at).unwrap_or_default();
        found.extend(copies(stage).filter_map(|copy| of_output(files, context, copy, earlier)));
        found.extend(beyond(files, context, stage));
    }
    found
}

/// Whether the last stage needs this one, as far as one step goes.
fn is_built(stages: &[Stage], at: usize) -> bool {
    let Some(later) = stages.get(at + 1..).filter(|later| !later.is_empty()) else { return true };
    let name = stages.get(at).and_then(|stage| stage.name.as_ref()).map_or("", |name| name.value.as_str());
    let is = |text: &Text| {
        let text = text.assumed().to_lowercase();
        text == name && !name.is_empty() || text == at.to_string()
    };
    later.iter().any(|stage| is(&stage.from) || copies(stage).filter_map(|copy| copy.from.as_ref()).any(is))
}

fn copies(stage: &Stage) -> impl Iterator<Item = &Copy> {
    stage.steps.iter().filter_map(|step| match step {
        Step::Copy(copy) => Some(copy),
        _ => None,
    })
}

fn runs(stage: &Stage) -> impl Iterator<Item = &Text> {
    stage.steps.iter().filter_map(|step| match step {
        Step::Run(text) => Some(text),
        _ => None,
    })
}

/// Whether a command of the stage has one of the words.
fn run_with<'s>(stage: &'s Stage, words: &[&str]) -> Option<&'s Text> {
    runs(stage).find(|text| {
        let text = text.assumed();
        words.iter().any(|word| text.contains(word))
    })
}

/// A jar that is taken from where the stage's build tool puts none, or of which there are two.
fn of_output(files: &dyn Files, context: &Context, copy: &Copy, earlier: &[Stage]) -> Option<Fault> {
    let from = copy.from.as_ref()?.complete()?.to_lowercase();
    let named = |stage: &&Stage| stage.name.as_ref().is_some_and(|name| name.value == from);
    let stage = earlier.iter().rfind(named).or_else(|| earlier.get(from.parse::<usize>().ok()?))?;
    let [source] = copy.sources.as_slice() else { return None };
    let source = source.complete().filter(|source| source.ends_with(".jar"))?;
    let (gradle, maven) = (run_with(stage, &["gradle"]), run_with(stage, &["mvn"]));
    if run_with(stage, &MOVES).is_some() {
        return None;
    }
    let folder = |folder: &str| source.contains(&format!("{folder}/"));
    let elsewhere = match (gradle.is_some(), maven.is_some()) {
        (true, false) if folder("target") && !folder("build/libs") => Some("build/libs"),
        (false, true) if folder("build/libs") && !folder("target") => Some("target"),
        _ => None,
    };
    let at = copy.keyword;
    if let Some(made) = elsewhere {
        // Who sets another folder has said so in the manifest.
        let told = manifests(files, context, &source).iter().any(|text| {
            ["<directory>", "buildDir", "buildDirectory", "destinationDir"].iter().any(|it| text.contains(it))
        });
        return (!told).then_some(Fault { kind: FaultKind::Elsewhere { source, made }, at });
    }
    let file = copy.destination.complete().filter(|to| to.ends_with(".jar"))?;
    let pattern = source.rsplit('/').next().filter(|name| name.ends_with("*.jar"))?;
    let texts = manifests(files, context, &source);
    let says = |word: &str| texts.iter().any(|text| text.contains(word));
    let other = match (gradle, maven) {
        (Some(_), None) => {
            let all = runs(stage).map(Text::assumed).filter(|run| run.contains("gradle")).any(|run| {
                let mut words = run.split_whitespace();
                words.any(|word| matches!(word.rsplit(':').next(), Some("build" | "assemble")))
            });
            let boot = texts.iter().any(|text| makes_plain(text)) && !says("archiveClassifier");
            let off = texts.iter().any(|text| turns_off(text));
            (all && boot && !off).then_some("the plain one, `…-plain.jar`")?
        }
        (None, Some(_)) if pattern == "*.jar" && says("maven-shade-plugin") && !says("outputFile") => {
            "`original-….jar`"
        }
        (None, Some(_))
            if pattern == "*.jar" && says("jar-with-dependencies") && !says("appendAssemblyId") =>
        {
            "`…-jar-with-dependencies.jar`"
        }
        _ => return None,
    };
    Some(Fault { kind: FaultKind::Several { source, file, other }, at })
}

/// Whether a script of Gradle has the plugin of Spring Boot's that leaves the plain jar on: since 2.5.
fn makes_plain(text: &str) -> bool {
    ["org.springframework.boot", "spring-boot-gradle-plugin:"].iter().any(|name| {
        let named = text.match_indices(name).filter_map(|(at, name)| text.get(at + name.len()..));
        named.into_iter().any(|rest| {
            let line = rest.lines().next().unwrap_or("");
            let from = line.find(|c: char| c.is_ascii_digit()).and_then(|at| line.get(at..));
            let mut numbers = from.unwrap_or("").split('.').map_while(|part| part.parse::<u32>().ok());
            (numbers.next(), numbers.next()) >= (Some(2), Some(5))
        })
    })
}

/// Whether a script of Gradle turns a task off, as it does with the one that makes the plain jar.
fn turns_off(text: &str) -> bool {
    text.match_indices("enabled").any(|(at, word)| {
        let rest = text.get(at + word.len()..).unwrap_or("").trim_start();
        let rest = rest.trim_start_matches(['=', '.', '(']).trim_start();
        rest.starts_with("false") || rest.starts_with("set(false")
    })
}

/// The manifests of the module that makes the file, and of the whole.
fn manifests(files: &dyn Files, context: &Context, source: &str) -> Vec<String> {
    let above: Vec<&str> =
        source.split('/').take_while(|part| !matches!(*part, "build" | "target")).collect();
    let module = above.last().filter(|name| !name.is_empty()).map(|name| context.root.join(name));
    let folders = [Some(context.root.clone()), module];
    let names = ["build.gradle", "build.gradle.kts", "pom.xml"];
    let paths = folders.iter().flatten().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    paths.filter_map(|path| read(files, &path)).collect()
}

fn read(files: &dyn Files, path: &Path) -> Option<String> {
    (files.kind(path) == Some(Kind::File)).then_some(())?;
    String::from_utf8(files.read(path, MAX_MANIFEST).ok()?).ok()
}

/// A manifest of the context's root names what lies outside of the context.
fn beyond(files: &dyn Files, context: &Context, stage: &Stage) -> Option<Fault> {
    const TOOLS: [(&str, &[&str]); 5] = [
        ("pom.xml", &["mvn"]),
        ("go.mod", &["go build", "go mod download", "go install", "go run"]),
        ("Cargo.toml", &["cargo build", "cargo install", "cargo run"]),
        (".csproj", &["dotnet restore", "dotnet publish", "dotnet build"]),
        ("settings.gradle", &["gradle"]),
    ];
    // What other stages or the network bring may lie where it is looked for.
    if copies(stage).any(|copy| copy.from.is_some()) || run_with(stage, &FETCHES).is_some() {
        return None;
    }
    TOOLS.iter().find_map(|(ending, words)| {
        let run = run_with(stage, words)?;
        let all = files.list(&context.root).into_iter();
        let mut named = all
            .filter(|name| name.ends_with(ending) || *ending == "settings.gradle" && name.starts_with(ending))
            .take(MAX_MANIFESTS);
        named.find_map(|manifest| {
            let text = read(files, &context.root.join(&manifest))?;
            let source = match *ending {
                "pom.xml" => parent(files, context, &text),
                "go.mod" => replaced(files, context, &text),
                "Cargo.toml" => crates(files, context, &text),
                ".csproj" => projects(context, &text),
                _ => included(context, &text),
            }?;
            let parent = *ending == "pom.xml";
            let at = first_of(run);
            Some(Fault { kind: FaultKind::Beyond { manifest, source, parent }, at })
        })
    })
}

pub(super) fn first_of(run: &Text) -> Span {
    run.pieces().iter().map(|piece| piece.origin.written).find(|span| !span.is_none()).unwrap_or(run.span())
}

/// Whether a path of a manifest in the context's root leads out of the context.
fn leads_out(context: &Context, path: &str) -> Option<PathBuf> {
    let path = path.replace('\\', "/");
    let host = clean(&context.root.join(&path));
    (path.starts_with("..") && !host.starts_with(&context.root)).then_some(host)
}

/// The text between the first two marks, and what follows.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str)> {
    text.split_once(open)?.1.split_once(close)
}

/// The parent of a POM, where that is one of the project's own that lies above.
fn parent(files: &dyn Files, context: &Context, text: &str) -> Option<String> {
    let (parent, _) = between(text, "<parent>", "</parent>")?;
    let written = match between(parent, "<relativePath>", "</relativePath>") {
        Some((path, _)) => path.trim().to_string(),
        None if parent.contains("<relativePath/>") || parent.contains("<relativePath />") => return None,
        None => "../pom.xml".to_string(),
    };
    let mut host = leads_out(context, &written)?;
    if files.kind(&host) == Some(Kind::Directory) {
        host = host.join("pom.xml");
    }
    // One from a repository is only looked for there first.
    let (name, _) = between(parent, "<artifactId>", "</artifactId>")?;
    let above = read(files, &host)?;
    let own = match above.split_once("</parent>") {
        Some((_, rest)) => between(rest, "<artifactId>", "</artifactId>"),
        None => between(&above, "<artifactId>", "</artifactId>"),
    };
    own.is_some_and(|(own, _)| own.trim() == name.trim()).then_some(written)
}

/// `replace shop/shared => ../shared`
fn replaced(files: &dyn Files, context: &Context, text: &str) -> Option<String> {
    if files.kind(&context.root.join("vendor")).is_some()
        || files.kind(&context.root.join("go.work")).is_some()
    {
        return None;
    }
    let lines = || text.lines().map(|line| line.split("//").next().unwrap_or(line));
    // What nothing requires is not looked for.
    let required = |module: &str| {
        let mut others = lines().filter(|line| !line.contains("=>"));
        others.any(|line| line.split_whitespace().any(|word| word == module))
    };
    let mut replaced = lines().filter_map(|line| line.split_once("=>"));
    replaced.find_map(|(module, path)| {
        let module = module.trim().trim_start_matches("replace ").split_whitespace().next()?;
        let path = path.trim();
        (leads_out(context, path).is_some() && required(module)).then(|| path.to_string())
    })
}

/// `shared = { path = "../shared" }`, or what only the workspace above says.
fn crates(files: &dyn Files, context: &Context, text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut paths = lines().filter_map(|line| {
        let (before, rest) = line.split_once("path")?;
        let value = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        (before.is_empty() || before.ends_with([' ', '{', ','])).then(|| value.split('"').next())?
    });
    if let Some(path) = paths.find(|path| leads_out(context, path).is_some()) {
        return Some(path.to_string());
    }
    let inherits = lines().any(|line| line.contains("workspace = true"));
    let above = context.root.parent()?.join("Cargo.toml");
    let own = text.contains("[workspace");
    let whole = inherits && !own && read(files, &above)?.contains("[workspace");
    whole.then(|| "../Cargo.toml".to_string())
}

/// `<ProjectReference Include="..\Shared\Shared.csproj" />`
fn projects(context: &Context, text: &str) -> Option<String> {
    let mut rest = text;
    for _ in 0..100 {
        let (tag, after) = between(rest, "<ProjectReference", ">")?;
        if let Some((path, _)) = between(tag, "Include=\"", "\"").filter(|_| !tag.contains("Condition"))
            && leads_out(context, path).is_some()
        {
            return Some(path.to_string());
        }
        rest = after;
    }
    None
}

/// `includeBuild("../shared")`
fn included(context: &Context, text: &str) -> Option<String> {
    let mut calls = text.split("includeBuild").skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches(['(', ' ']);
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next()
    });
    calls.find(|path| leads_out(context, path).is_some()).map(str::to_string)
}
