//! Routes of Express.

use std::collections::HashMap;

use super::graph::{Graph, Leaf, Mount, Node};
use super::written::{arguments, literal, split};
use super::{Sources, pattern};

pattern!(APP, r#"\b(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*(?:express|require\(\s*["']express["']\s*\))\(\)"#);
pattern!(TYPED, r"\b(\w+)\??\s*:\s*(?:express\.)?(?:Application|Express)\b");
pattern!(ROUTER, r"\b(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*(?:new\s+)?(?:express\.)?Router\(");
pattern!(
    LEAF,
    r#"\b(\w+)\s*\.(?:get|head|all|post|put|patch|delete|options|route)\(\s*["'`]([^"'`\n]*)["'`]"#
);
pattern!(
    OTHERS,
    r#"(?:app|router|server|Router|routes)\s*\.(?:get|head|all|use|route)\(\s*(?:/|\[|["'`][^"'`\n]*["'`]\s*\+|`[^`]*\$\{|[A-Za-z_]\w*(?:\.\w+)*\s*(?:\+|,\s*(?:async|\(|function)))|routing-controllers|express-file-routing|tsoa|RegisterRoutes|createServer\(\s*(?:async|function|\()|(?:req|request)\.(?:url|path|originalUrl)\s*={2,3}"#
);
pattern!(USE, r"\b(\w+)\s*\.use\(");
pattern!(REQUIRED, r#"\b(?:const|let|var)\s+(\w+)\s*=\s*require\(\s*["']([^"']+)["']\s*\)(\.\w+)?"#);
pattern!(TAKEN, r#"\b(?:const|let|var)\s*\{([^}]*)\}\s*=\s*require\(\s*["']([^"']+)["']\s*\)"#);
pattern!(
    IMPORT,
    r#"\bimport\s+(?:(\w+)\s*,?\s*)?(?:\*\s+as\s+(\w+)\s*)?(?:\{([^}]*)\}\s*)?from\s+["']([^"']+)["']"#
);
pattern!(INLINE, r#"^require\(\s*["']([^"']+)["']\s*\)(?:\.\w+)?$"#);

/// The routes of the sources, which are of JavaScript.
pub fn graph(sources: &Sources<'_>) -> Graph {
    let mut graph = Graph::default();
    for (file, code) in sources.codes() {
        graph.unclear |= OTHERS.iter().any(|search| search.is_match(code));
        for search in [&APP, &TYPED] {
            let all = search.iter().flat_map(|search| search.captures_iter(code));
            graph.roots.extend(all.filter_map(|it| Some((file, it.get(1)?.as_str().to_string()))));
        }
        let routers = ROUTER.iter().flat_map(|search| search.captures_iter(code));
        let routers =
            routers.filter_map(|it| Some(((file, it.get(1)?.as_str().to_string()), Some(String::new()))));
        graph.own.extend(routers);
    }
    let mut used = Vec::new();
    for (file, code) in sources.codes() {
        let handed = (file, "app".to_string());
        if !graph.own.contains_key(&handed) {
            graph.roots.insert(handed);
        }
        for found in LEAF.iter().flat_map(|search| search.captures_iter(code)) {
            let text = |at: usize| found.get(at).map_or("", |it| it.as_str());
            if text(2).starts_with('/') {
                let node = (file, text(1).to_string());
                graph.leaves.push(Leaf { node, path: text(2).to_string(), below: false });
            }
        }
        for found in USE.iter().flat_map(|search| search.captures_iter(code)) {
            let (Some(whole), Some(parent)) = (found.get(0), found.get(1)) else { continue };
            used.push(((file, parent.as_str().to_string()), arguments(code, whole.end() - 1)));
        }
    }
    for (parent, given) in used {
        let given = split(given);
        let prefix = given.first().and_then(|first| literal(first));
        let path = prefix.unwrap_or("").to_string();
        // What is not known by its name is no router, or answers for all below its path.
        let mut mounted = false;
        for argument in given.iter().skip(usize::from(prefix.is_some())) {
            match children(sources, &graph, parent.0, argument) {
                Some(children) => {
                    for child in children {
                        mounted = true;
                        let (parent, prefix) = (parent.clone(), Some(path.clone()));
                        graph.mounts.push(Mount { parent, child, prefix, replaces: false });
                    }
                }
                None => graph.unclear = true,
            }
        }
        if prefix.is_some() && !mounted {
            graph.leaves.push(Leaf { node: parent, path, below: true });
        }
    }
    graph
}

/// The routers that an argument may be, none where it is something else; `None` where that is not known.
fn children(sources: &Sources<'_>, graph: &Graph, file: usize, argument: &str) -> Option<Vec<Node>> {
    let of_file =
        |at: usize| -> Vec<Node> { graph.own.keys().filter(|node| node.0 == at).cloned().collect() };
    let of_module = |module: &str| {
        if !module.starts_with('.') {
            // A package, or a path that the compiler maps.
            return (!module.starts_with(['@', '~', '#']) || !module.contains("rout")).then(Vec::new);
        }
        let at = sources.resolve(file, module)?;
        let own = of_file(at);
        // An index may hand on what others make.
        let hands_on = own.is_empty() && sources.code(at).is_some_and(|code| code.contains("outer"));
        (!hands_on).then_some(own)
    };
    let called = argument.split_once('(').map(|(name, _)| name.trim());
    if let Some(module) = INLINE.as_ref()?.captures(argument).and_then(|it| it.get(1)) {
        return of_module(module.as_str());
    }
    let name = called.unwrap_or(argument);
    let first = name.split('.').next().unwrap_or(name).trim();
    if first.is_empty() || !first.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
        // A handler that is written there: it is asked elsewhere whether it answers.
        return Some(Vec::new());
    }
    let direct = (file, name.to_string());
    if graph.own.contains_key(&direct) && called.is_none() {
        return Some(vec![direct]);
    }
    if let Some(module) = imported(sources.code(file)?).get(first) {
        return of_module(module);
    }
    // A function or a value of this file.
    let local = ["express", "cors", "helmet", "morgan", "async", "function"];
    let handler = sources.code(file)?.contains(&format!("function {first}"));
    let says = name.to_ascii_lowercase();
    (local.contains(&first) || handler && !says.contains("rout") || !says.contains("rout")).then(Vec::new)
}

/// The modules that names of a file come from.
pub fn imported(code: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for it in REQUIRED.iter().flat_map(|search| search.captures_iter(code)) {
        if let (Some(name), Some(module)) = (it.get(1), it.get(2)) {
            found.insert(name.as_str().to_string(), module.as_str().to_string());
        }
    }
    let mut several = |list: &str, module: &str| {
        for item in list.split(',') {
            let name = item.rsplit([':', ' ']).find(|it| !it.trim().is_empty()).unwrap_or("").trim();
            found.insert(name.to_string(), module.to_string());
        }
    };
    for it in TAKEN.iter().flat_map(|search| search.captures_iter(code)) {
        if let (Some(list), Some(module)) = (it.get(1), it.get(2)) {
            several(list.as_str().trim(), module.as_str());
        }
    }
    for it in IMPORT.iter().flat_map(|search| search.captures_iter(code)) {
        let Some(module) = it.get(4) else { continue };
        for at in [1, 2, 3] {
            several(it.get(at).map_or("", |it| it.as_str()).trim(), module.as_str());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications() {
        let is = |code: &str| APP.iter().any(|search| search.is_match(code));
        assert!(is("const app = express()"));
        assert!(is("const app: Express = express()"));
        assert!(is("var app = require('express')();"));
        assert!(is("const app = require( \"express\" )()"));
        assert!(!is("const express = require('express')"));
        assert!(!is("const io = require('socket.io')()"));
    }
}
