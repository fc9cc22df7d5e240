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
            if let Some(found) = PAGE.as_ref().and_then(|search| search.captures(line)) {
                let text = |at: usize| found.get(at).map(|it| it.as_str());
                let path = text(2).or(text(3)).unwrap_or("");
                // What is interpolated is anything.
                graph.unclear |= path.contains("#{");
                let below = matches!(text(1), Some("resources" | "resource" | "live")) || path.contains('*');
                let path = joined(&before, path.split('(').next().unwrap_or(path));
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
