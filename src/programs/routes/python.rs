//! Routes of FastAPI and Flask.

use std::collections::HashMap;

use regex::Regex;

use super::graph::{Graph, Leaf, Mount, Node};
use super::written::{arguments, literal, split};
use super::{Sources, pattern};

pattern!(APP, r"\b(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:\w+\.)*(?:FastAPI|Flask)\(");
pattern!(TYPED, r"\b(\w+)\s*:\s*(?:\w+\.)*(?:FastAPI|Flask)\b");
pattern!(ROUTER, r"\b(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:\w+\.)*(?:APIRouter|Blueprint)\(");
pattern!(
    LEAF,
    r#"(@?)\s*\b(\w+)\.(?:get|post|put|delete|patch|head|options|api_route|route|add_api_route|add_route|add_url_rule)\(\s*(?:(?:path|rule)\s*=\s*)?([rf]?)["']([^"'\n]*)["']"#
);
// Pages whose paths are computed, and what else brings pages.
pattern!(
    OTHERS,
    r#"@\w+\.(?:get|head|api_route|route)\(\s*(?:[A-Za-z_]\w*\s*[,)+.\[]|f["']|["'][^"'\n]*["']\s*\+)|\.(?:add_api_route|add_route|add_url_rule)\(\s*(?:[A-Za-z_]\w*\s*[,)+.\[]|f["'])|add_resource\(|add_namespace\(|routes\s*=\s*\[|\bMount\(|routes\.append\(|DispatcherMiddleware|root_path|APPLICATION_ROOT|WSGIMiddleware|before_request|HealthCheck\(|fastapi_offline|FastAPICustom"#
);
pattern!(INCLUDED, r"\b(\w+)\.(include_router|register_blueprint|mount)\(");
pattern!(FROM, r"(?m)^\s*from\s+([\w.]+)\s+import\s+(\([^)]*\)|[^\n]+)");
pattern!(IMPORT, r"(?m)^\s*import\s+([\w.]+)(?:\s+as\s+(\w+))?");

/// What the names of a file are imported as: the module, and the name in it.
type Imports = Vec<HashMap<String, (String, Option<String>)>>;

/// The routes of the sources, which are of Python.
pub fn graph(sources: &Sources<'_>, is_set: &dyn Fn(&str) -> bool) -> Graph {
    let mut graph = Graph::default();
    let mut included = Vec::new();
    for (file, code) in sources.codes() {
        let all = |search: &'static std::sync::LazyLock<Option<Regex>>| {
            search.iter().flat_map(|search| search.captures_iter(code))
        };
        graph.unclear |= all(&OTHERS).next().is_some();
        for search in [&APP, &TYPED] {
            graph.roots.extend(all(search).filter_map(|it| Some((file, it.get(1)?.as_str().to_string()))));
        }
        for found in all(&ROUTER) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
            let given = arguments(code, whole.end() - 1);
            let prefix = keyword(given, &["prefix", "url_prefix"]);
            let prefix = prefix.map_or(Some(String::new()), |text| sources.value(text, is_set));
            graph.own.insert((file, name.as_str().to_string()), prefix);
        }
    }
    for (file, code) in sources.codes() {
        let defined = |name: &str| {
            let node = (file, name.to_string());
            graph.roots.contains(&node) || graph.own.contains_key(&node)
        };
        // What a function is handed to put pages on.
        let handed: Vec<String> =
            ["app", "application"].into_iter().filter(|name| !defined(name)).map(str::to_string).collect();
        graph.roots.extend(handed.into_iter().map(|name| (file, name)));
        for found in LEAF.iter().flat_map(|search| search.captures_iter(code)) {
            let text = |at: usize| found.get(at).map_or("", |it| it.as_str());
            let path = text(4);
            if path.starts_with('/') || path.is_empty() && text(1) == "@" {
                graph.leaves.push(Leaf {
                    node: (file, text(2).to_string()),
                    path: path.to_string(),
                    below: false,
                });
            }
        }
        for found in INCLUDED.iter().flat_map(|search| search.captures_iter(code)) {
            let (Some(whole), Some(parent), Some(how)) = (found.get(0), found.get(1), found.get(2)) else {
                continue;
            };
            included.push((file, parent.as_str(), how.as_str(), arguments(code, whole.end() - 1)));
        }
    }
    let imports = imports(sources);
    for (file, parent, how, given) in included {
        let parent: Node = (file, parent.to_string());
        let given = split(given);
        let Some(first) = given.first().copied() else { continue };
        if how == "mount" {
            let path = literal(first).map(str::to_string);
            let child = given.get(1).and_then(|child| node(sources, &imports, &graph, file, child, 4));
            match (path, child) {
                (Some(path), Some(child)) => {
                    graph.mounts.push(Mount { parent, child, prefix: Some(path), replaces: false });
                }
                (Some(path), None) => graph.leaves.push(Leaf { node: parent, path, below: true }),
                (None, _) => graph.unclear = true,
            }
            continue;
        }
        let said = given.iter().find_map(|one| keyword(one, &["prefix", "url_prefix"]));
        let prefix = said.map_or(Some(String::new()), |text| sources.value(text, is_set));
        let child = first.strip_prefix("router=").unwrap_or(first);
        match node(sources, &imports, &graph, file, child, 4) {
            Some(child) => {
                let replaces = how == "register_blueprint" && said.is_some();
                graph.mounts.push(Mount { parent, child, prefix, replaces });
            }
            None => graph.unclear = true,
        }
    }
    graph
}

/// What a named argument is.
fn keyword<'t>(arguments: &'t str, names: &[&str]) -> Option<&'t str> {
    split(arguments).into_iter().find_map(|one| {
        let (name, value) = one.split_once('=')?;
        names.contains(&name.trim()).then(|| value.trim())
    })
}

fn imports(sources: &Sources<'_>) -> Imports {
    let mut all: Imports = Vec::new();
    for (file, code) in sources.codes() {
        let mut names = HashMap::new();
        for found in FROM.iter().flat_map(|search| search.captures_iter(code)) {
            let (Some(module), Some(list)) = (found.get(1), found.get(2)) else { continue };
            for item in list.as_str().trim_matches(['(', ')']).split(',') {
                let mut words = item.split_whitespace();
                let Some(name) = words.next() else { continue };
                let bound = match (words.next(), words.next()) {
                    (Some("as"), Some(alias)) => alias,
                    _ => name,
                };
                let target = (module.as_str().to_string(), Some(name.to_string()));
                names.insert(bound.to_string(), target);
            }
        }
        for found in IMPORT.iter().flat_map(|search| search.captures_iter(code)) {
            let (Some(module), alias) = (found.get(1), found.get(2)) else { continue };
            let bound = alias.unwrap_or(module).as_str().to_string();
            names.insert(bound, (module.as_str().to_string(), None));
        }
        if all.len() <= file {
            all.resize(file + 1, HashMap::new());
        }
        if let Some(place) = all.get_mut(file) {
            *place = names;
        }
    }
    all
}

/// The router that an expression names.
fn node(
    sources: &Sources<'_>,
    imports: &Imports,
    graph: &Graph,
    file: usize,
    expression: &str,
    depth: usize,
) -> Option<Node> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let depth = depth.checked_sub(1).filter(|_| !expression.is_empty() && expression.chars().all(plain))?;
    let direct = (file, expression.to_string());
    if graph.own.contains_key(&direct) || graph.roots.contains(&direct) && !expression.contains('.') {
        return Some(direct);
    }
    let (first, rest) = match expression.rsplit_once('.') {
        Some((module, name)) => (module, Some(name)),
        None => (expression, None),
    };
    let names = imports.get(file)?;
    // The longest name that is bound counts: `import shop.orders` binds all of it.
    let Some((module, name)) = names.get(first) else {
        let (head, tail) = first.split_once('.')?;
        let (module, name) = names.get(head)?;
        let within = [Some(module.as_str()), name.as_deref(), Some(tail)];
        let module = within.into_iter().flatten().collect::<Vec<_>>().join(".");
        let file = sources.resolve(file, &module)?;
        return node(sources, imports, graph, file, rest?, depth);
    };
    let dotted = |module: &str, name: &str| match module.ends_with('.') {
        true => format!("{module}{name}"),
        false => format!("{module}.{name}"),
    };
    match (name, rest) {
        (Some(name), Some(rest)) => {
            let below = sources.resolve(file, &dotted(module, name));
            match below {
                Some(below) => node(sources, imports, graph, below, rest, depth),
                None => {
                    let at = sources.resolve(file, module)?;
                    node(sources, imports, graph, at, &format!("{name}.{rest}"), depth)
                }
            }
        }
        (Some(name), None) => node(sources, imports, graph, sources.resolve(file, module)?, name, depth),
        (None, Some(rest)) => node(sources, imports, graph, sources.resolve(file, module)?, rest, depth),
        (None, None) => None,
    }
}
