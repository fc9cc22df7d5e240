//! Routes of NestJS: the prefix of all, the path of a controller, the path of its method.

use super::graph::{Graph, Leaf, joined};
use super::written::{arguments, literal, split};
use super::{Sources, pattern};

pattern!(CONTROLLER, r"@Controller\(");
pattern!(METHOD, r"@(?:Get|Head|All|Post|Put|Patch|Delete|Options)\(");
pattern!(DIRECT, r#"\.(get|use|all)\(\s*["'`](/[^"'`\n]*)["'`]"#);
// Versions that are written in another way than `v1`.
pattern!(STRANGE, r"enableVersioning\(\s*\{[^}]*prefix");
pattern!(PREFIX, r"\.setGlobalPrefix\(");
// What else brings pages or moves them.
pattern!(
    OTHERS,
    r"RouterModule|@Crud\(|createController|ServeStatic|useStaticAssets|lightship|getInstance\(\)\.(?:use|all)|PrometheusModule|forRoutes\(\s*\{"
);

/// The routes of the sources.
pub fn graph(sources: &Sources<'_>) -> Graph {
    let mut graph = Graph::default();
    let root = (0, String::new());
    graph.roots.insert(root.clone());
    let mut prefixes = vec![];
    let mut leaves = vec![];
    let mut versioned = false;
    for (_, code) in sources.codes() {
        graph.unclear |= OTHERS.iter().any(|search| search.is_match(code));
        graph.unclear |= STRANGE.iter().any(|search| search.is_match(code));
        versioned |= code.contains("enableVersioning") || code.contains("@Version(");
        for found in PREFIX.iter().flat_map(|search| search.find_iter(code)) {
            let given = split(arguments(code, found.end() - 1));
            match given.first().and_then(|first| literal(first)) {
                Some(prefix) => prefixes.push(prefix.to_string()),
                None => graph.unclear = true,
            }
            // Those that are left out.
            if given.len() > 1 {
                prefixes.push(String::new());
            }
        }
        let controllers: Vec<_> = CONTROLLER.iter().flat_map(|search| search.find_iter(code)).collect();
        for (at, controller) in controllers.iter().enumerate() {
            let given = arguments(code, controller.end() - 1).trim();
            let Some(bases) = paths(given) else {
                graph.unclear = true;
                continue;
            };
            let end = controllers.get(at + 1).map_or(code.len(), |next| next.start());
            let methods = METHOD.iter().flat_map(|search| search.find_iter(code));
            for method in methods.filter(|it| it.start() > controller.start() && it.start() < end) {
                let Some(methods) = paths(arguments(code, method.end() - 1).trim()) else {
                    graph.unclear = true;
                    continue;
                };
                leaves.extend(bases.iter().flat_map(|base| methods.iter().map(|it| joined(base, it))));
            }
        }
        // Pages of the server below it.
        for found in DIRECT.iter().flat_map(|search| search.captures_iter(code)) {
            let text = |at: usize| found.get(at).map_or("", |it| it.as_str());
            let (path, below) = (text(2).to_string(), text(1) == "use");
            graph.leaves.push(Leaf { node: root.clone(), path, below });
        }
    }
    if prefixes.is_empty() {
        prefixes.push(String::new());
    }
    let versions: &[&str] = if versioned { &["v1", "v2", "v3", "v4"] } else { &[] };
    for prefix in prefixes {
        for path in &leaves {
            // `files/*path` answers for all below it.
            let below = path.find(['*', '(']);
            let path = below.and_then(|at| path.get(..at)).unwrap_or(path).trim_end_matches('/');
            let below = below.is_some();
            graph.leaves.push(Leaf { node: root.clone(), path: joined(&prefix, path), below });
            for version in versions {
                let path = joined(&prefix, &joined(version, path));
                graph.leaves.push(Leaf { node: root.clone(), path, below });
            }
        }
    }
    graph
}

/// The paths that a decorator is given.
fn paths(given: &str) -> Option<Vec<String>> {
    if given.is_empty() {
        return Some(vec![String::new()]);
    }
    if let Some(inner) = given.strip_prefix('{') {
        let inner = inner.trim_end_matches(',').trim().strip_suffix('}')?;
        let path =
            split(inner).into_iter().find_map(|one| one.strip_prefix("path")?.trim().strip_prefix(':'));
        return path.map_or_else(|| Some(vec![String::new()]), |path| paths(path.trim()));
    }
    let list = given.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let items = list.map_or_else(|| split(given).into_iter().take(1).collect(), split);
    items.into_iter().map(|item| literal(item).map(str::to_string)).collect()
}
