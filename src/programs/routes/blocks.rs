//! Routes that blocks of code put together: Phoenix's scopes, Rails' namespaces and scopes, Laravel's groups.

use super::graph::{Graph, Leaf, joined};
use super::{Sources, pattern};

pattern!(
    SCOPE,
    r#"^(?:scope|namespace)\b\s*\(?\s*(?::(\w+)|["']([^"']*)["'])?[^\n]*?(?:\bpath:\s*["']([^"']*)["'])?"#
);
pattern!(SCOPED, r#"\bpath:\s*["']([^"']*)["']"#);
pattern!(
    PAGE,
    r#"^(get|head|match|post|put|patch|delete|live|resources|resource|options)\b\s*\(?\s*(?::(\w+)|["']([^"']*)["'])"#
);
pattern!(
    OPENS,
    r"(?:\bdo\b(?:\s*\|[^|]*\|)?\s*$)|^(?:if|unless|case|begin|def|defp|defmodule|module|class|cond|with|for)\b"
);
pattern!(LINED, r"\bdo:|\bthen\b.*\bend\b|\bend\b\s*$");

/// The routes of the sources, of Phoenix or of Rails.
pub fn graph(sources: &Sources<'_>) -> Graph {
    let mut graph = Graph::default();
    let root = (0, String::new());
    graph.roots.insert(root.clone());
    // Who looks at the path by himself may answer anything.
    const LOOKS: [&str; 6] =
        ["request_path", "path_info", "Plug.Router", "PATH_INFO", "Rack::", "middleware.use"];
    for (_, code) in sources.codes() {
        graph.unclear |= LOOKS.iter().any(|word| code.contains(word));
        if !["use Phoenix.Router", ", :router", "routes.draw"].iter().any(|word| code.contains(word)) {
            continue;
        }
        let mut around: Vec<String> = Vec::new();
        for line in code.lines().map(str::trim) {
            let opens = OPENS.as_ref().is_some_and(|search| search.is_match(line));
            let whole = LINED.as_ref().is_some_and(|search| search.is_match(line));
            if line == "end" || line.starts_with("end ") || line.starts_with("end)") {
                graph.unclear |= around.pop().is_none();
                continue;
            }
            let before = around.last().cloned().unwrap_or_default();
            graph.unclear |= line.starts_with("draw(") || line.starts_with("draw ");
            if let Some(path) = engine(line) {
                graph.unclear |= path.is_none();
                let path = joined(&before, path.unwrap_or_default());
                graph.leaves.push(Leaf { node: root.clone(), path, below: true });
                if opens_block(line) {
                    around.push(before);
                }
                continue;
            }
            if let Some(found) = PAGE.as_ref().and_then(|search| search.captures(line)) {
                let text = |at: usize| found.get(at).map(|it| it.as_str());
                let path = text(2).or(text(3)).unwrap_or("");
                // What is interpolated is anything.
                graph.unclear |= path.contains("#{");
                let below = matches!(text(1), Some("resources" | "resource" | "live")) || path.contains('*');
                let moved = matches!(text(1), Some("resources" | "resource")) && line.contains("path:");
                graph.unclear |= moved;
                let path = joined(&before, path.split(['(', '*']).next().unwrap_or(path));
                graph.leaves.push(Leaf { node: root.clone(), path, below });
                // What stands within resources is below them.
                if opens && !whole {
                    around.push(before);
                }
                continue;
            }
            if !opens || whole {
                continue;
            }
            match SCOPE.as_ref().and_then(|search| search.captures(line)) {
                Some(found) => {
                    let text = |at: usize| found.get(at).map(|it| it.as_str());
                    let said = SCOPED.as_ref().and_then(|search| search.captures(line));
                    let said = said.as_ref().and_then(|it| it.get(1)).map(|it| it.as_str());
                    let path = said.or(text(1)).or(text(2)).unwrap_or("");
                    // `scope ApiWeb do`, `scope module: :api do` put nothing before paths; a computed path may be any.
                    graph.unclear |=
                        path.contains(['#', '(']) || line.contains("path: @") || line.contains("host:");
                    around.push(joined(&before, path));
                }
                None => around.push(before),
            }
        }
        graph.unclear |= !around.is_empty();
    }
    graph
}

pattern!(MOUNTED, r#"^mount\b.*?(?:=>|\bat:)\s*["']/?([A-Za-z0-9_\-/.]+)["']"#);
pattern!(DEVISE, r"^devise_for\s*\(?\s*:(\w+)");

/// The path below which something answers that brings its routes; `None` within where that is not seen.
fn engine(line: &str) -> Option<Option<&str>> {
    let search = if line.starts_with("mount ") || line.starts_with("mount(") {
        &MOUNTED
    } else if line.starts_with("devise_for") {
        &DEVISE
    } else {
        return None;
    };
    let told = line.starts_with("devise_for") && line.contains("path");
    let found = search.as_ref().and_then(|search| search.captures(line)).and_then(|it| it.get(1));
    Some(found.map(|it| it.as_str()).filter(|_| !told))
}

fn opens_block(line: &str) -> bool {
    let opens = OPENS.as_ref().is_some_and(|search| search.is_match(line));
    opens && !LINED.as_ref().is_some_and(|search| search.is_match(line))
}

// Gems that bring pages which tell how the program is.
pattern!(
    HEALTH_GEMS,
    r#"(?m)^\s*gem\s*\(?\s*["'][\w-]*(?:health|okcomputer|easymon|pinglish|heartbeat|status|ping|kubernetes|probe|yabeda|prometheus)"#
);
pattern!(FIRST, r"^([a-z_]+[!?]?)(?:[\s(]|$)");

/// What may begin a line of Rails' routes whose pages are understood.
const UNDERSTOOD: [&str; 44] = [
    "get",
    "head",
    "match",
    "post",
    "put",
    "patch",
    "delete",
    "resources",
    "resource",
    "options",
    "root",
    "mount",
    "devise_for",
    "devise_scope",
    "devise",
    "authenticate",
    "authenticated",
    "unauthenticated",
    "constraints",
    "concern",
    "concerns",
    "defaults",
    "member",
    "collection",
    "namespace",
    "scope",
    "direct",
    "resolve",
    "controller",
    "end",
    "if",
    "unless",
    "else",
    "elsif",
    "require",
    "require_relative",
    "shallow",
    "use_doorkeeper",
    "nested",
    "new",
    "with_options",
    "do",
    "as",
    "to",
];

/// The routes of Rails, where all lines of them are understood and no gem brings pages of its own.
pub fn rails(sources: &Sources<'_>) -> Option<Graph> {
    let brings = |code: &str| HEALTH_GEMS.as_ref().is_none_or(|search| search.is_match(code));
    if sources.codes().any(|(_, code)| brings(code)) {
        return None;
    }
    let mut found = graph(sources);
    for (_, code) in sources.codes().filter(|(_, code)| code.contains("routes.draw")) {
        for line in code.lines().map(str::trim) {
            let first = FIRST.as_ref().and_then(|search| search.captures(line)).and_then(|it| it.get(1));
            let Some(first) = first.map(|it| it.as_str()) else { continue };
            let page = ["get", "head", "match", "post", "put", "patch", "delete", "options"].contains(&first);
            let read = || PAGE.as_ref().is_some_and(|search| search.is_match(line));
            found.unclear |= !UNDERSTOOD.contains(&first) || page && !read();
        }
    }
    Some(found)
}

pattern!(
    FACADE,
    r#"\bRoute::(?:get|any|match|view|post|options|resource|apiResource)\(\s*["']([^"'\n]*)["']"#
);
// Groups, and what else puts something before paths or takes it away.
pattern!(GROUPS, r"\bprefix\(|->group\(|apiPrefix|\bdomain\(|RouteServiceProvider|mapApiRoutes");

/// The routes of Laravel: those of `routes/api.php` stand below `/api` (laravel.com/docs/11.x/routing, "The Default Route Files").
pub fn laravel(sources: &Sources<'_>) -> Graph {
    let mut graph = Graph::default();
    let root = (0, String::new());
    graph.roots.insert(root.clone());
    for (at, code) in sources.codes() {
        graph.unclear |= GROUPS.iter().any(|search| search.is_match(code));
        let Some(place) = sources.place(at) else { continue };
        let before = match place.file_name().and_then(|name| name.to_str()) {
            _ if !code.contains("Route::") => continue,
            Some("api.php") => "api",
            Some("web.php") => "",
            _ => {
                graph.unclear = true;
                continue;
            }
        };
        for found in FACADE.iter().flat_map(|search| search.captures_iter(code)) {
            let path = found.get(1).map_or("", |path| path.as_str());
            graph.leaves.push(Leaf { node: root.clone(), path: joined(before, path), below: false });
        }
    }
    graph
}
