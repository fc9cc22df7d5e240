//! Routes of Koa, Hono and Fastify.

use super::graph::{Graph, Leaf, Mount, Node};
use super::written::{arguments, literal, split};
use super::{Sources, express, pattern};

pattern!(KOA, r"\b(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*new\s+Koa(?:<[^>]*>)?\(");
pattern!(ROUTER, r"\b(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*new\s+(?:Koa)?Router(?:<[^>]*>)?\(");
pattern!(
    HONO,
    r#"\b(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*new\s+(?:OpenAPI)?Hono(?:<[^()]*>)?\([^()]*\)(\.basePath\(\s*["'`]([^"'`]*)["'`]\s*\))?"#
);
pattern!(
    FASTIFY,
    r#"\b(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*(?:[Ff]astify|require\(\s*["']fastify["']\s*\))(?:<[^()]*>)?\("#
);
pattern!(
    LEAF,
    r#"\b(\w+)\s*\.(?:get|head|all|post|put|patch|delete|options)(?:<[^()]*>)?\(\s*["'`]([^"'`\n]*)["'`]"#
);
pattern!(ROUTE, r#"\b(\w+)\s*\.route\(\s*\{[^{}]*?\burl:\s*["'`]([^"'`\n]*)["'`]"#);
pattern!(USE, r"\b(\w+)\s*\.use\(");
pattern!(MOUNTED, r"\b(\w+)\s*\.route\(");
pattern!(REGISTER, r"\b(\w+)\s*\.register\(");
pattern!(PREFIX, r#"\bprefix:\s*(["'`][^"'`]*["'`]|[^,}\s]+)"#);
// What is chained, computed, brought from elsewhere, or answers by what it compares.
pattern!(
    OTHERS,
    r#"\)\s*\.(?:get|head|all|route|use|post)\(\s*["'`/A-Za-z]|\.(?:get|head|all)\(\s*(?:/|\[|["'`][^"'`\n]*["'`]\s*\+|`[^`]*\$\{|[A-Za-z_][\w.]*\s*(?:\+|,\s*(?:async|\(|function)))|autoload|readdir|glob\(|koa-mount|koa-static|koa-combine|combineRouters|fastify-plugin|rewriteUrl|\.prefix\(|\.mount\(|url:\s*[A-Za-z_`]|(?:ctx|c|req|request)\.(?:req\.|request\.)?(?:url|path)\s*={2,3}|\.use\(\s*(?:async\s+)?\(?\s*\w+\s*(?::\s*[\w.]+\s*)?\)?\s*=>"#
);

/// The routes of the sources, which are of JavaScript.
pub fn graph(sources: &Sources<'_>) -> Graph {
    let mut graph = Graph::default();
    for (file, code) in sources.codes() {
        let chained = code.replace(".use(router.allowedMethods", "");
        graph.unclear |= OTHERS.iter().any(|search| search.is_match(&without_middleware(&chained)));
        for search in [&KOA, &FASTIFY] {
            let all = search.iter().flat_map(|search| search.captures_iter(code));
            graph.roots.extend(all.filter_map(|it| Some((file, it.get(1)?.as_str().to_string()))));
        }
        for found in ROUTER.iter().flat_map(|search| search.captures_iter(code)) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
            let prefix = prefix(arguments(code, whole.end() - 1));
            graph.own.insert((file, name.as_str().to_string()), prefix);
        }
        for found in HONO.iter().flat_map(|search| search.captures_iter(code)) {
            let Some(name) = found.get(1) else { continue };
            let base = found.get(3).map_or(String::new(), |base| base.as_str().to_string());
            graph.own.insert((file, name.as_str().to_string()), Some(base));
        }
    }
    let defined = |graph: &Graph, node: &Node| graph.own.contains_key(node) || graph.roots.contains(node);
    for (file, code) in sources.codes() {
        let leaves = [&LEAF, &ROUTE].into_iter().flat_map(|search| search.iter());
        for found in leaves.flat_map(|search| search.captures_iter(code)) {
            let text = |at: usize| found.get(at).map_or("", |it| it.as_str());
            if !text(2).starts_with('/') {
                continue;
            }
            let named = (file, text(1).to_string());
            let node = if defined(&graph, &named) { named } else { plugin(file) };
            graph.leaves.push(Leaf { node, path: text(2).to_string(), below: text(2).contains('*') });
        }
        for (search, how) in [(&USE, How::Use), (&MOUNTED, How::Route), (&REGISTER, How::Register)] {
            for found in search.iter().flat_map(|search| search.captures_iter(code)) {
                let (Some(whole), Some(parent)) = (found.get(0), found.get(1)) else { continue };
                let named = (file, parent.as_str().to_string());
                let parent = if defined(&graph, &named) { named } else { plugin(file) };
                let given = split(arguments(code, whole.end() - 1));
                mount(sources, &mut graph, parent, &given, how);
            }
        }
    }
    // Servers that are mounted nowhere are those that are served.
    let children: Vec<Node> = graph.mounts.iter().map(|mount| mount.child.clone()).collect();
    let hono = |node: &&Node| {
        let made = sources.code(node.0).is_some_and(|code| code.contains("Hono"));
        made && !children.contains(node)
    };
    let served: Vec<Node> = graph.own.keys().filter(hono).cloned().collect();
    graph.roots.extend(served);
    graph
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Use,
    Route,
    Register,
}

/// What a file puts on the server that it is handed.
fn plugin(file: usize) -> Node {
    (file, "(plugin)".to_string())
}

/// The prefix that options name; `None` where it is computed.
fn prefix(options: &str) -> Option<String> {
    let Some(found) = PREFIX.as_ref().and_then(|search| search.captures(options)) else {
        return (!options.contains("...")).then(String::new);
    };
    found.get(1).and_then(|value| literal(value.as_str())).map(str::to_string)
}

fn mount(sources: &Sources<'_>, graph: &mut Graph, parent: Node, given: &[&str], how: How) {
    let path = given.first().and_then(|first| literal(first));
    let rest = given.iter().skip(usize::from(path.is_some()));
    match how {
        How::Route => {
            let Some(path) = path else { return };
            for argument in rest {
                let name = argument.trim();
                match child(sources, graph, parent.0, name) {
                    Some(child) => graph.mounts.push(Mount {
                        parent: parent.clone(),
                        child,
                        prefix: Some(path.to_string()),
                        replaces: false,
                    }),
                    None => graph.unclear = true,
                }
            }
        }
        How::Use => {
            for argument in rest {
                let routes = ["routes", "middleware"]
                    .iter()
                    .find_map(|word| argument.split_once(&format!(".{word}(")).map(|(name, _)| name.trim()));
                let Some(name) = routes else {
                    graph.unclear |= argument.to_ascii_lowercase().contains("rout")
                        && !argument.contains("allowedMethods");
                    continue;
                };
                match child(sources, graph, parent.0, name) {
                    Some(child) => graph.mounts.push(Mount {
                        parent: parent.clone(),
                        child,
                        prefix: Some(path.unwrap_or("").to_string()),
                        replaces: false,
                    }),
                    None => graph.unclear = true,
                }
            }
        }
        How::Register => {
            let Some(first) = given.first() else { return };
            let prefix = given.get(1).map_or(Some(String::new()), |options| prefix(options));
            let file = file_of(sources, parent.0, first);
            match file {
                Some(file) if file != parent.0 => {
                    let child = plugin(file);
                    graph.mounts.push(Mount { parent, child, prefix, replaces: false });
                }
                // A package, which brings no page of the program.
                None if first.contains("@fastify/") || is_package(sources, parent.0, first) => {}
                _ => graph.unclear = true,
            }
        }
    }
}

/// The router that a name of a file stands for: its own, or the one of the file that it comes from.
fn child(sources: &Sources<'_>, graph: &Graph, file: usize, name: &str) -> Option<Node> {
    let own = (file, name.to_string());
    if graph.own.contains_key(&own) {
        return Some(own);
    }
    let from = file_of(sources, file, name)?;
    let mut those = graph.own.keys().filter(|node| node.0 == from);
    let only = those.next()?.clone();
    those.next().is_none().then_some(only)
}

/// The file of the program that a name, or a `require`, of a file stands for.
fn file_of(sources: &Sources<'_>, file: usize, name: &str) -> Option<usize> {
    let module = module_of(sources, file, name)?;
    sources.resolve(file, &module)
}

fn is_package(sources: &Sources<'_>, file: usize, name: &str) -> bool {
    module_of(sources, file, name).is_some_and(|module| !module.starts_with(['.', '~', '#', '/']))
}

fn module_of(sources: &Sources<'_>, file: usize, name: &str) -> Option<String> {
    let called = ["require(", "import("].iter().find_map(|call| name.split_once(call));
    if let Some((_, rest)) = called {
        return rest.split(')').next().and_then(|text| literal(text.trim())).map(str::to_string);
    }
    let first = name.split('.').next().unwrap_or(name).trim();
    express::imported(sources.code(file)?).get(first).cloned()
}

/// A code without what Koa's users chain to their routes.
fn without_middleware(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    for line in code.lines() {
        match line.split_once(".allowedMethods(") {
            Some((before, _)) => out.push_str(before.rsplit_once(".use(").map_or("", |(before, _)| before)),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}
