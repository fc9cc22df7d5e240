//! What Maven and Gradle make: archives named after what their manifests say.

use std::path::Path;

use super::{Holds, Product};
use crate::programs::entry::{Launch, Machine};
use crate::source::Text;

/// Options that change what archives are called.
const RENAMES: [&str; 6] = ["revision", "finalName", "version", "changelist", "sha1", "archive"];

/// Where the archives of a module would lie that a path speaks of, with their names, whichever tool makes them.
pub(super) fn beside(machine: &Machine<'_>, path: &Path) -> Vec<Product> {
    let folder = path.parent();
    let target = folder.filter(|folder| folder.ends_with("target")).and_then(Path::parent);
    let libs =
        folder.filter(|folder| folder.ends_with("build/libs")).and_then(Path::parent).and_then(Path::parent);
    let maven = target.and_then(|module| maven_module(machine, module));
    let gradle = libs.and_then(|module| gradle_module(machine, module));
    maven.into_iter().chain(gradle).collect()
}

/// `mvn package`: the archive of each module that is seen.
pub(super) fn of_maven(machine: &Machine<'_>, launch: &Launch) -> Option<Vec<Product>> {
    let words = &launch.words;
    let renames = |word: &String| {
        word.starts_with("-D") && RENAMES.iter().any(|name| word.contains(name))
            || word.contains("versions:set")
    };
    if words.iter().any(|word| word.contains(Text::HOLE) || renames(word)) {
        return None;
    }
    let file =
        words.iter().position(|word| word == "-f" || word == "--file").and_then(|at| words.get(at + 1));
    let root = match file {
        Some(file) if file.ends_with(".xml") => launch.path(file).parent()?.to_path_buf(),
        Some(folder) => launch.path(folder),
        None => launch.directory.clone(),
    };
    let text = machine.text(&root.join("pom.xml"))?;
    let modules = between(&text, "<modules>", "</modules>").map_or(Vec::new(), |modules| {
        modules.split("<module>").skip(1).filter_map(|rest| rest.split('<').next()).collect()
    });
    let places = std::iter::once(root.clone()).chain(modules.iter().map(|name| root.join(name.trim())));
    let made = places.map(|module| {
        maven_module(machine, &module).unwrap_or_else(|| Product::new(module.join("target"), Holds::Anything))
    });
    Some(made.collect())
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    Some(text.split_once(open)?.1.split_once(close)?.0)
}

/// The archives of one module of Maven.
fn maven_module(machine: &Machine<'_>, module: &Path) -> Option<Product> {
    let text = without_comments(&machine.text(&module.join("pom.xml"))?);
    let mut own = text.clone();
    let parent = between(&text, "<parent>", "</parent>").map(str::to_string);
    for section in
        ["parent", "dependencies", "dependencyManagement", "build", "profiles", "properties", "reporting"]
    {
        let (open, close) = (format!("<{section}>"), format!("</{section}>"));
        while let Some(at) = own.find(&open) {
            let end = own.get(at..)?.find(&close).map_or(own.len(), |end| at + end + close.len());
            own.replace_range(at..end, "");
        }
    }
    let element = |text: &str, name: &str| {
        between(text, &format!("<{name}>"), &format!("</{name}>")).map(|value| value.trim().to_string())
    };
    let artifact = element(&own, "artifactId")?;
    let version = element(&own, "version").or_else(|| element(parent.as_deref()?, "version"));
    let packaging = element(&own, "packaging").unwrap_or_else(|| "jar".to_string());
    let ending = match packaging.as_str() {
        "jar" | "war" | "ear" => packaging,
        "quarkus" => "jar".to_string(),
        _ => return None,
    };
    let property = |name: &str| match name {
        "project.artifactId" | "artifactId" | "pom.artifactId" => Some(artifact.clone()),
        "project.version" | "version" | "pom.version" => version.clone(),
        "project.name" => element(&own, "name"),
        other => element(&text, other),
    };
    let mut finals: Vec<String> = Vec::new();
    for name in ["finalName", "jarName", "outputFile", "warName"] {
        let open = format!("<{name}>");
        let values = text.split(open.as_str()).skip(1).filter_map(|rest| rest.split('<').next());
        finals.extend(values.map(|value| value.trim().rsplit('/').next().unwrap_or("").to_string()));
    }
    // A parent of the project may say it, too.
    let above = module.ancestors().skip(1).take(3).filter_map(|above| machine.text(&above.join("pom.xml")));
    if finals.is_empty() && above.into_iter().any(|text| text.contains("<finalName>")) {
        return None;
    }
    let plain = match &version {
        Some(version) => vec![format!("{artifact}-{version}")],
        None if finals.is_empty() => return None,
        None => Vec::new(),
    };
    // What else is called otherwise keeps the plain name beside it.
    let names: Option<Vec<String>> = finals
        .iter()
        .chain(&plain)
        .map(|name| filled(name.trim_end_matches(".jar").trim_end_matches(".war"), &property))
        .collect();
    let mut names = names?;
    // Only the build's own name replaces the plain one for sure.
    if text.matches("<finalName>").count() == 1
        && between(&text, "<build>", "</build>").is_some_and(|build| {
            let outside = build.split_once("<plugins>").map_or(build, |(before, _)| before);
            let after = build.rsplit_once("</plugins>").map_or("", |(_, after)| after);
            outside.contains("<finalName>") || after.contains("<finalName>")
        })
    {
        names.truncate(finals.len());
    }
    let all = names.into_iter().map(|name| (name, ending.clone())).collect();
    Some(Product::new(module.join("target"), Holds::Archives("", all)))
}

/// The text with its properties put in; nothing where one is not known.
fn filled(text: &str, property: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = text.to_string();
    for _ in 0..8 {
        let Some(at) = out.find("${") else { return Some(out) };
        let end = at + out.get(at..)?.find('}')?;
        let value = property(out.get(at + 2..end)?)?;
        out.replace_range(at..=end, &value);
    }
    None
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    out
}

/// `gradle build`, `./gradlew :api:bootJar`
pub(super) fn of_gradle(machine: &Machine<'_>, launch: &Launch) -> Option<Vec<Product>> {
    let words = &launch.words;
    let renames = |word: &String| word.starts_with("-P") || word.starts_with("-D");
    if words.iter().any(|word| word.contains(Text::HOLE) || renames(word)) {
        return None;
    }
    let file = words
        .iter()
        .position(|word| word == "-p" || word == "--project-dir")
        .and_then(|at| words.get(at + 1));
    let root = file.map_or_else(|| launch.directory.clone(), |folder| launch.path(folder));
    let settings = gradle_text(machine, &root, "settings.gradle").unwrap_or_default();
    let mut modules = vec![root.clone()];
    for line in settings.lines().filter(|line| line.trim_start().starts_with("include")) {
        let quoted = line.split(['"', '\'']).skip(1).step_by(2);
        modules.extend(quoted.map(|name| root.join(name.trim_start_matches(':').replace(':', "/"))));
    }
    let made = modules.into_iter().map(|module| {
        gradle_module(machine, &module).unwrap_or_else(|| Product::new(module.join("build"), Holds::Anything))
    });
    Some(made.collect())
}

fn gradle_text(machine: &Machine<'_>, folder: &Path, name: &str) -> Option<String> {
    let names = [name.to_string(), format!("{name}.kts")];
    names.iter().find_map(|name| machine.text(&folder.join(name))).map(|text| text.to_string())
}

/// The text in the first quotes after a name at the start of a line; `Err` where it is made otherwise.
fn assigned(text: &str, name: &str) -> Result<Option<String>, ()> {
    for line in text.lines() {
        let Some(rest) = line.trim_start().strip_prefix(name) else { continue };
        if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            continue;
        }
        let rest = rest.trim_start().trim_start_matches(['=', '(']).trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(())?;
        let value = rest.get(1..).and_then(|rest| rest.split(quote).next()).ok_or(())?;
        return if value.contains('$') { Err(()) } else { Ok(Some(value.to_string())) };
    }
    Ok(None)
}

/// What the only task that says so calls its archive, without its ending, and whether that is Spring Boot's: `bootJar { archiveFileName
/// = "shop.jar" }`.
fn renamed(text: &str) -> Option<(String, bool)> {
    const KEY: &str = "archiveFileName";
    let (before, rest) = text.split_once(KEY).filter(|_| text.matches("archive").count() == 1)?;
    let block = before.rsplit_once('{')?.0.trim_end().lines().next_back()?.to_string();
    let rest = rest.strip_prefix(".set").unwrap_or(rest).trim_start_matches([' ', '=', '(']);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = rest.get(1..)?.split(quote).next()?.strip_suffix(".jar").filter(|name| !name.contains('$'))?;
    let boot = block.contains("bootJar") || block.contains("BootJar");
    let jar = block.contains("jar") || block.contains("Jar>");
    (boot || jar).then(|| (name.to_string(), boot))
}

/// The archives of one module of Gradle.
fn gradle_module(machine: &Machine<'_>, module: &Path) -> Option<Product> {
    let own = gradle_text(machine, module, "build.gradle")?;
    let root = module.ancestors().take(4).find_map(|above| {
        gradle_text(machine, above, "settings.gradle").map(|text| (above.to_path_buf(), text))
    });
    let (root, settings) = root?;
    let whole = if root == module {
        String::new()
    } else {
        gradle_text(machine, &root, "build.gradle").unwrap_or_default()
    };
    let renamed = renamed(&own);
    let archived = if renamed.is_some() { "archiveBaseName" } else { "archive" };
    if whole.contains("archive") {
        return None;
    }
    let told = [
        archived,
        "libsDir",
        "baseName",
        "buildDir",
        "buildDirectory",
        "destinationDir",
        "shadowJar",
        "apply from",
    ];
    if told.iter().any(|word| own.contains(word) || whole.contains(word))
        || settings.contains("projectDir")
        || settings.contains(").name")
    {
        return None;
    }
    let name = if root == module {
        match assigned(&settings, "rootProject.name") {
            Ok(Some(name)) => name,
            _ => return None,
        }
    } else {
        module.file_name()?.to_str()?.to_string()
    };
    let properties = machine.text(&root.join("gradle.properties"));
    let of_file = properties.as_deref().and_then(|text| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find(|(key, _)| key.trim() == "version").map(|(_, value)| value.trim().to_string())
    });
    let version = match (assigned(&own, "version"), assigned(&whole, "version")) {
        (Err(()), _) | (Ok(None), Err(())) => return None,
        (Ok(Some(version)), _) | (Ok(None), Ok(Some(version))) => Some(version),
        (Ok(None), Ok(None)) => of_file,
    };
    let base = version.map_or_else(|| name.clone(), |version| format!("{name}-{version}"));
    let war = own.contains("id 'war'") || own.contains("id(\"war\")") || own.contains("`war`");
    let endings = if war { vec!["war", "jar"] } else { vec!["jar"] };
    let mut all: Vec<(String, String)> =
        endings.into_iter().map(|end| (base.clone(), end.to_string())).collect();
    if let Some((name, boot)) = renamed {
        // Spring Boot's own task makes one beside that of the plain one.
        if boot || !own.contains("org.springframework.boot") {
            all.clear();
        }
        all.push((format!("{base}-plain"), "jar".to_string()));
        all.insert(0, (name, "jar".to_string()));
    }
    Some(Product::new(module.join("build"), Holds::Archives("libs", all)))
}
