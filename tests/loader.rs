//! Properties of the loader: whatever the files hold, it answers, and its answers are about the text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/texts.rs"]
mod texts;

use std::path::Path;
use std::time::{Duration, Instant};

use dockworthy::compose::{ConfigOptions, LoadOptions, Resolved, config, load};
use dockworthy::source::{Memory, SourceMap};
use dockworthy::yaml;
use proptest::prelude::*;
use serde_json::Value as Json;
use texts::any_text;

/// Longer than any of these takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn map(files: &[(&str, &str)]) -> SourceMap {
    SourceMap::new(Memory::new(files.iter().map(|(path, text)| (format!("/p/{path}"), (*text).to_string()))))
}

fn options(files: &[&str]) -> LoadOptions {
    LoadOptions {
        current_directory: "/p".into(),
        files: files.iter().map(|file| Path::new("/p").join(file)).collect(),
        project_name: Some("p".into()),
        ..LoadOptions::default()
    }
}

fn resolved(sources: &SourceMap, files: &[&str]) -> Option<Resolved> {
    let asked = ConfigOptions { origins: true, yaml: true, ..ConfigOptions::default() };
    config(sources, &options(files), &asked).ok()
}

fn accepted(resolved: &Resolved) -> bool {
    !resolved.project.problems.iter().any(|problem| problem.refuses)
}

fn at<'j>(model: &'j Json, path: &[String]) -> Option<&'j Json> {
    path.iter().try_fold(model, |json, step| match json {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        json => json.get(step),
    })
}

/// A project that Compose accepts, with texts put into it as they are.
fn project(image: &str, value: &str, label: &str) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    format!(
        "services:\n  a:\n    image: {}\n    environment:\n      K: {}\n      L: plain text\n    labels: [{}]\n  \
         b:\n    extends: a\n    hostname: 'it''s'\n    user: >-\n      folded\n      text\n",
        quoted(image),
        quoted(value),
        quoted(&format!("l={label}"))
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Neither as the file, nor over or under another, nor included, extended or read as an env file.
    #[test]
    fn no_text_breaks_the_loader(text in any_text(), other in any_text()) {
        let start = Instant::now();
        let user = "include: [b.yaml]\nservices:\n  x:\n    extends: {file: a.yaml, service: web}\n    env_file: [b.yaml]\n";
        let sources = map(&[("a.yaml", &text), ("b.yaml", &other), ("c.yaml", user), (".env", &other)]);
        for files in [&["a.yaml"][..], &["a.yaml", "b.yaml"], &["b.yaml", "a.yaml"], &["c.yaml"]] {
            let Ok(project) = load(&sources, &options(files)) else { continue };
            for problem in &project.problems {
                prop_assert!(!problem.message.is_empty());
                let owned = project.read.iter().filter_map(|path| sources.load(path).ok());
                let owned = owned.into_iter().any(|file| file.owns(problem.at));
                prop_assert!(problem.at.is_none() || owned, "{problem:?}");
            }
            drop(resolved(&sources, files));
        }
        prop_assert!(start.elapsed() < PATIENCE);
    }

    #[test]
    fn a_blank_override_changes_nothing(text in any_text(), blank in prop::sample::select(&["# nothing\n", "{}\n", "services: {}\n", "x-nothing:\n"][..])) {
        let sources = map(&[("a.yaml", &text), ("b.yaml", blank)]);
        let Some(alone) = resolved(&sources, &["a.yaml"]).filter(accepted) else { return Ok(()) };
        let both = resolved(&sources, &["a.yaml", "b.yaml"]).unwrap();
        prop_assert!(accepted(&both), "{:?}", both.project.problems);
        let mut model = both.model.clone();
        if let Json::Object(members) = &mut model {
            members.shift_remove("x-nothing");
        }
        prop_assert_eq!(&alone.model, &model);
    }

    /// What a file is merged over with is what it says already.
    #[test]
    fn a_file_over_itself_keeps_its_mappings(image in "[a-z]{1,8}", value in "[a-z ]{0,8}", label in "[a-z]{0,5}") {
        let text = project(&image, &value, &label);
        let sources = map(&[("a.yaml", &text)]);
        let alone = resolved(&sources, &["a.yaml"]).unwrap();
        let twice = resolved(&sources, &["a.yaml", "a.yaml"]).unwrap();
        prop_assert!(accepted(&alone) && accepted(&twice), "{:?}", twice.project.problems);
        prop_assert_eq!(alone.model, twice.model);
    }

    /// The text at a value's place, read as YAML, is the value.
    #[test]
    fn origins_are_where_values_are_written(
        image in "[a-z]{1,8}", value in "[^$\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}\u{fffe}\u{ffff}\u{feff}]{0,12}",
        label in "[a-zé=:# ]{0,8}"
    ) {
        let text = project(&image, &value, &label);
        let sources = map(&[("a.yaml", &text)]);
        let resolved = resolved(&sources, &["a.yaml"]).unwrap();
        prop_assert!(accepted(&resolved), "{:?}", resolved.project.problems);
        let file = sources.load(Path::new("/p/a.yaml")).unwrap();
        let mut looked_at = 0;
        for origin in &resolved.origins {
            let path: Vec<&str> = origin.path.iter().map(String::as_str).collect();
            let [_, _, attribute, ..] = path.as_slice() else { continue };
            if !matches!(*attribute, "image" | "environment" | "labels" | "hostname" | "user") {
                continue;
            }
            looked_at += 1;
            let Some(Json::String(says)) = at(&resolved.model, &origin.path) else { continue };
            let snippet = file.snippet(origin.origin.written);
            // An entry stands there with its name.
            let snippet = snippet.strip_prefix("K: ").or(snippet.strip_prefix("L: ")).unwrap_or(snippet);
            let alone = map(&[("s.yaml", snippet)]);
            let stream = yaml::parse(&alone.load(Path::new("/p/s.yaml")).unwrap());
            let read = stream.documents.first().and_then(|document| document.as_scalar()).map(|it| it.text.clone());
            let read = read.unwrap_or_default();
            let read = if *attribute == "labels" { read.strip_prefix("l=").unwrap().to_string() } else { read };
            prop_assert_eq!(says, &read, "{:?} at {:?}", path, snippet);
        }
        prop_assert_eq!(looked_at, 10);
    }
}
