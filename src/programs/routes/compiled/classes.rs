//! Classes whose pages have the path of the class before them: `@RequestMapping("/api")`, `[Route("api/[controller]")]`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Pages, Sources, joined};

/// A class of Java or Kotlin, with what stands before it.
static CLASS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^((?:\s*@[^\n]*\n)*)[ \t]*(?:(?:public|open|final|abstract|data|internal|sealed)\s+)*class\s+(\w+)").ok()
});
/// A page of Spring's, or the path of a class.
static MAPPING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"@(Get|Post|Put|Delete|Patch|Request)Mapping\b(?:\(([^)]*)\))?"#).ok());
/// A text in quotes.
static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#""([^"]*)""#).ok());
/// The path below which Spring Boot serves all that it does.
static BELOW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\s*(?:server\.servlet\.|spring\.webflux\.|spring\.mvc\.servlet\.)?(?:context-path|contextPath|base-path|path)\s*[:=]\s*(\S+)"#).ok()
});
/// A class of C#, with the attributes before it.
static CONTROLLER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^((?:\s*\[[^\n]*\]\s*\n)*)[ \t]*(?:(?:public|internal|sealed|abstract|partial)\s+)*class\s+(\w+)").ok()
});
/// A page of C#, or the path of a class.
static ATTRIBUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?:\[|,\s*)(HttpGet|HttpPost|HttpPut|HttpDelete|HttpPatch|Route)(?:\(\s*(?:"([^"]*)")?[^)]*\))?"#,
    )
    .ok()
});

/// The paths of a mapping: none where they are not written out, one blank where there is nothing to write.
fn paths(arguments: Option<&str>) -> Vec<(String, usize)> {
    let Some(arguments) = arguments.filter(|text| !text.trim().is_empty()) else {
        return vec![(String::new(), 0)];
    };
    // What is accepted or made, and which method, is no path.
    let own = arguments.split(['}']).next().unwrap_or(arguments);
    let named = ["produces", "consumes", "method", "headers", "params", "name"];
    let mut found = Vec::new();
    for quoted in QUOTED.iter().flat_map(|quoted| quoted.captures_iter(own)) {
        let (Some(whole), Some(path)) = (quoted.get(0), quoted.get(1)) else { continue };
        let before = own.get(..whole.start()).unwrap_or("");
        let key = before.rsplit_once('=').map(|(key, _)| key.rsplit([',', '(']).next().unwrap_or("").trim());
        if key.is_none_or(|key| !named.contains(&key)) {
            found.push((path.as_str().to_string(), path.start()));
        }
    }
    let only_others = found.is_empty() && named.iter().any(|name| arguments.contains(name));
    if only_others { vec![(String::new(), 0)] } else { found }
}

/// Where a class and its annotations begin and end, and the paths that they put before those of its methods.
type Class = (usize, usize, Vec<(String, usize)>);

/// The pages of a program of Spring's.
pub(super) fn of_spring(sources: &Sources<'_>, files: &[&str]) -> Pages {
    const ELSEWHERE: [&str; 6] =
        ["addPathPrefix", "PathMatchConfigurer", "RouterFunction", "coRouter", "router {", "JerseyConfig"];
    // What else is put before all paths is looked at elsewhere.
    let below = sources
        .say(&["properties", "yml", "yaml"], |text| BELOW.as_ref().is_none_or(|below| below.is_match(text)));
    let open = below || files.iter().any(|text| ELSEWHERE.iter().any(|word| text.contains(word)));
    let mut pages = Pages { open, ..Pages::default() };
    for (file, text) in files.iter().copied().enumerate() {
        let classes: Vec<Class> = CLASS
            .iter()
            .flat_map(|class| class.captures_iter(text))
            .filter_map(|found| {
                let (whole, before) = (found.get(0)?, found.get(1)?);
                let mapping = MAPPING.as_ref()?.captures(before.as_str());
                let own = mapping.map_or_else(
                    || vec![(String::new(), 0)],
                    |mapping| paths(mapping.get(2).map(|it| it.as_str())),
                );
                Some((whole.start(), whole.end(), own))
            })
            .collect();
        for mapping in MAPPING.iter().flat_map(|mapping| mapping.captures_iter(text)) {
            let Some(whole) = mapping.get(0) else { continue };
            let arguments = mapping.get(2);
            let own = paths(arguments.map(|it| it.as_str()));
            for (path, at) in &own {
                if !path.is_empty() {
                    pages.seen.insert((file, arguments.map_or(0, |it| it.start()) + at));
                }
            }
            if classes.iter().any(|(start, end, _)| (*start..*end).contains(&whole.start())) {
                continue;
            }
            let class = classes.iter().rev().find(|(_, end, _)| *end <= whole.start());
            let above = class.map_or_else(|| vec![(String::new(), 0)], |(.., paths)| paths.clone());
            // A constant is a path that is not seen.
            pages.open |= own.is_empty() || above.is_empty();
            for (before, _) in &above {
                for (path, _) in &own {
                    pages.add(joined(before, path), true);
                }
            }
        }
    }
    pages
}

/// Adds the pages of controllers of C#.
pub(super) fn add_csharp(files: &[&str], pages: &mut Pages) {
    for (file, text) in files.iter().copied().enumerate() {
        let mut classes: Vec<(usize, usize, String, Vec<String>)> = Vec::new();
        for found in CONTROLLER.iter().flat_map(|class| class.captures_iter(text)) {
            let (Some(whole), Some(before), Some(name)) = (found.get(0), found.get(1), found.get(2)) else {
                continue;
            };
            let routes = ATTRIBUTE.iter().flat_map(|attribute| attribute.captures_iter(before.as_str()));
            let routes = routes.filter_map(|route| Some(route.get(2)?.as_str().to_string())).collect();
            let plain = name.as_str().trim_end_matches("Controller").to_string();
            classes.push((whole.start(), whole.end(), plain, routes));
        }
        for found in ATTRIBUTE.iter().flat_map(|attribute| attribute.captures_iter(text)) {
            let Some(whole) = found.get(0) else { continue };
            if let Some(path) = found.get(2) {
                pages.seen.insert((file, path.start()));
            }
            if classes.iter().any(|(start, end, ..)| (*start..*end).contains(&whole.start())) {
                continue;
            }
            let Some((.., name, routes)) = classes.iter().rev().find(|(_, end, ..)| *end <= whole.start())
            else {
                continue;
            };
            let written = |path: &str| path.replace("[controller]", name).replace("[action]", "*");
            let own = found.get(2).map_or("", |path| path.as_str());
            if let Some(own) = own.strip_prefix("~/").or_else(|| own.strip_prefix('/')) {
                pages.add(joined("", &written(own)), true);
                continue;
            }
            for before in routes {
                pages.add(joined(&written(before), &written(own)), true);
            }
            if routes.is_empty() {
                pages.add(joined("", &written(own)), false);
            }
        }
    }
}
