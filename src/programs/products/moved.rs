//! What a command of a build copies, or moves, and that nothing makes: `cp target/*.jar app.jar` beside Gradle.

use std::path::Path;

use super::{Holds, Is, Product, Workshop, tools};
use crate::programs::dockerfile::{Fault, FaultKind};
use crate::programs::entry;
use crate::source::{Kind, Text, clean};

/// What the commands of a stage copy and no command before them makes.
pub(super) fn faults(workshop: &Workshop<'_>) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut before = 0;
    for run in &workshop.stage.runs {
        let launches = entry::built_by(&workshop.machine(), run);
        let text = run.command.assumed();
        // What may fail, or is asked for, is no mistake.
        let asks = ["||", "2>", "if ", "for ", "while ", "case ", "set +e", "shopt", "[ "];
        let plain = !asks.iter().any(|word| text.contains(word));
        for launch in &launches {
            before += 1;
            if !plain || !matches!(launch.name(), "cp" | "mv") {
                continue;
            }
            let words = launch.words.get(1..).unwrap_or_default();
            let places: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
            let Some((_, sources)) = places.split_last() else { continue };
            let earlier = workshop.before(before - 1);
            for source in sources {
                if source.contains([Text::HOLE, '$', '{', '~']) {
                    continue;
                }
                let path = clean(&launch.path(source));
                let Some(made) = lacking(&earlier, &path) else { continue };
                let at = text.find(source.as_str());
                let at = at.map(|at| run.command.slice(at, at + source.len()).span());
                let at = at.filter(|at| !at.is_none()).unwrap_or_else(|| run.command.span());
                found.push(Fault { kind: FaultKind::Unmade { source: source.to_string(), made }, at });
            }
        }
    }
    found
}

/// What is made in place of a path that nothing puts there.
#[allow(clippy::option_option)]
fn lacking(workshop: &Workshop<'_>, path: &Path) -> Option<Option<String>> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
    let archive = matches!(ending, "jar" | "war" | "ear");
    if !archive && (!ending.is_empty() || !tools::is_output(path)) {
        return None;
    }
    let (products, _) = workshop.products();
    if products.is_empty() {
        return None;
    }
    let wild = path.to_str().is_none_or(|text| text.contains(['*', '?', '[']));
    if wild {
        return archive.then(|| elsewhere(workshop, &products, path))?;
    }
    let Is::Absent(others) = workshop.has(path, 0) else { return None };
    Some(super::best(path, &others))
}

/// The folder of the build tool's archives, where a pattern looks for them in that of the other.
#[allow(clippy::option_option)]
fn elsewhere(workshop: &Workshop<'_>, products: &[Product], path: &Path) -> Option<Option<String>> {
    let files = workshop.sources.files();
    let folder = path.parent()?;
    let other = |product: &&Product| {
        let own = product.place.file_name()?.to_str()?;
        let module = product.place.parent()?;
        let theirs = match own {
            "build" => module.join("target"),
            "target" => module.join("build/libs"),
            _ => return None,
        };
        (theirs == folder)
            .then(|| if own == "build" { product.place.join("libs") } else { product.place.clone() })
    };
    let made = products.iter().find_map(|product| other(&product))?;
    let there =
        workshop.tree.resolve(files, folder).is_some_and(|it| files.kind(&it) == Some(Kind::Directory))
            || products.iter().any(|product| product.has(path) == Some(true))
            || workshop.launches.iter().any(|launch| tools::may_move(launch, path));
    let told = products.iter().any(|product| match &product.holds {
        Holds::Anything => product.place.parent().is_some_and(|module| {
            // A script may say that the folder is another.
            let names = ["build.gradle", "build.gradle.kts", "pom.xml"];
            let texts = names.iter().filter_map(|name| workshop.machine().text(&module.join(name)));
            let words = [
                "libsDir",
                "buildDir",
                "destinationDir",
                "outputDirectory",
                "<directory>",
                "\"target",
                "'target",
            ];
            texts.into_iter().any(|text| words.iter().any(|word| text.contains(word)))
        }),
        _ => false,
    });
    let name = path.file_name()?;
    (!there && !told).then(|| Some(made.join(name).display().to_string()))
}
