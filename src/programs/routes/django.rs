//! Routes of Django: what `include` puts before the paths of a module.

use super::graph::{Graph, Leaf, Mount};
use super::written::{arguments, literal, split};
use super::{Sources, pattern};

pattern!(ROOT, r#"\bROOT_URLCONF\s*=\s*["']([\w.]+)["']"#);
pattern!(PATH, r"\bpath\(");
pattern!(INCLUDE, r#"^include\(\s*\(?\s*["']([\w.]+)["']"#);
// What is computed, or puts paths together in ways of its own.
pattern!(
    OTHERS,
    r"\bre_path\(|\burl\(|i18n_patterns|\+=\s*router\.urls|FORCE_SCRIPT_NAME|MIDDLEWARE_CLASSES|\.path_info|request\.path\b"
);

/// The routes of the sources, which are of Python.
pub fn graph(sources: &Sources<'_>) -> Graph {
    let mut graph = Graph::default();
    let node = |file: usize| (file, String::new());
    for (file, code) in sources.codes() {
        graph.unclear |= OTHERS.iter().any(|search| search.is_match(code));
        for found in ROOT.iter().flat_map(|search| search.captures_iter(code)) {
            let root = found.get(1).and_then(|module| sources.resolve(file, module.as_str()));
            match root {
                Some(root) => drop(graph.roots.insert(node(root))),
                None => graph.unclear = true,
            }
        }
        if !code.contains("urlpatterns") {
            continue;
        }
        for found in PATH.iter().flat_map(|search| search.find_iter(code)) {
            let given = split(arguments(code, found.end() - 1));
            let (Some(first), Some(view)) = (given.first(), given.get(1)) else { continue };
            let Some(path) = literal(first) else {
                graph.unclear = true;
                continue;
            };
            let parent = node(file);
            if !view.starts_with("include(") {
                let below = view.contains(".urls");
                graph.leaves.push(Leaf { node: parent, path: path.to_string(), below });
                continue;
            }
            let module = INCLUDE.as_ref().and_then(|search| search.captures(view)).and_then(|it| it.get(1));
            let child = module.and_then(|module| sources.resolve(file, module.as_str()));
            match child {
                Some(child) => {
                    let prefix = Some(path.to_string());
                    graph.mounts.push(Mount { parent, child: node(child), prefix, replaces: false });
                }
                // A router, or what a package brings: anything below the path.
                None => graph.leaves.push(Leaf { node: parent, path: path.to_string(), below: true }),
            }
        }
    }
    graph
}
