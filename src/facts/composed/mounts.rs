//! Routers of their own modules, which others mount: `app.use("/api", router)`, `app.include_router(router, prefix="/api")`.

use std::sync::LazyLock;

use regex::Regex;

use super::{File, MAX_DEPTH, Pages, arguments, closing, joined};

/// How a language writes pages and routers.
pub(super) struct Grammar {
    /// A page: the variable, and the path.
    route: LazyLock<Option<Regex>>,
    /// A variable that holds a router, and what stands between its brackets.
    router: LazyLock<Option<Regex>>,
    /// A variable that holds the server.
    root: LazyLock<Option<Regex>>,
    /// A call that mounts a router: the variable, and the name of the call.
    mount: LazyLock<Option<Regex>>,
    /// Which argument, or option, is the path before.
    options: &'static [&'static str],
    /// Whether the path of a mount stands in place of the router's own.
    replaces: bool,
}

fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

pub(super) static JAVASCRIPT: Grammar = Grammar {
    route: LazyLock::new(|| {
        compiled(r#"(\w+)\s*\.(?:get|post|put|delete|patch|all|head|route)\(\s*["'`]([^"'`]*)["'`]"#)
    }),
    router: LazyLock::new(|| {
        compiled(r"(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*(?:new\s+)?(?:\w+\.)?Router\(([^)]*)\)")
    }),
    root: LazyLock::new(|| {
        compiled(r"(\w+)\s*(?::\s*[\w.<>]+\s*)?=\s*(?:express\(\)|[fF]astify\(|new\s+Koa\(|new\s+Hono\()")
    }),
    mount: LazyLock::new(|| compiled(r"(\w+)\s*\.(?:use|route|register)\(")),
    options: &["prefix"],
    replaces: false,
};

pub(super) static PYTHON: Grammar = Grammar {
    route: LazyLock::new(|| {
        compiled(
            r#"@(\w+)\.(?:get|post|put|delete|patch|head|options|route|api_route)\(\s*(?:path\s*=\s*)?["']([^"']*)["']"#,
        )
    }),
    router: LazyLock::new(|| {
        compiled(r"(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:APIRouter|Blueprint)\(([^)]*)\)")
    }),
    root: LazyLock::new(|| compiled(r"(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:FastAPI|Flask|Quart)\(")),
    mount: LazyLock::new(|| compiled(r"(\w+)\.(?:include_router|register_blueprint)\(")),
    options: &["prefix", "url_prefix"],
    replaces: true,
};

/// A place where a router is mounted.
struct Mount<'a> {
    file: usize,
    /// The variable that it is mounted in.
    outer: String,
    /// What is mounted, as it is written.
    what: &'a str,
    /// What is put before.
    path: Option<String>,
}

/// The pages of a program.
pub(super) fn of(files: &[File<'_>], grammar: &Grammar) -> Pages {
    let mut pages = Pages::default();
    let mut mounts = Vec::new();
    for (file, source) in files.iter().enumerate() {
        mounts.extend(mounts_of(&mut pages, (file, &source.text), grammar));
    }
    let finder = Finder { files, grammar, mounts };
    for (file, source) in files.iter().enumerate() {
        let text = source.text.as_str();
        for router in grammar.router.iter().flat_map(|router| router.captures_iter(text)) {
            if let Some(path) = router.get(2).and_then(|inner| option(inner.as_str(), grammar.options)) {
                match path {
                    Some(path) => pages.prefix(&path),
                    None => pages.open = true,
                }
            }
        }
        for found in grammar.route.iter().flat_map(|route| route.captures_iter(text)) {
            let (Some(variable), Some(path)) = (found.get(1), found.get(2)) else { continue };
            let known = finder.before(file, variable.as_str(), 0);
            // What is no router has methods of that name, too.
            if known.is_empty() {
                continue;
            }
            pages.seen.insert((file, path.start()));
            for (before, whole) in known {
                pages.add(joined(&before, path.as_str()), whole);
            }
        }
    }
    pages
}

/// The value of an option: `Some(None)` where it is not written out.
fn option(inner: &str, names: &[&str]) -> Option<Option<String>> {
    let within = inner.trim().trim_start_matches('{').trim_end_matches('}');
    let all = arguments(inner);
    let all = all
        .iter()
        .copied()
        .chain(arguments(within))
        .flat_map(|one| arguments(one.trim_start_matches('{').trim_end_matches('}')));
    for one in all {
        let Some((name, value)) = one.split_once([':', '=']) else { continue };
        if !names.contains(&name.trim()) {
            continue;
        }
        return Some(quoted(value.trim()));
    }
    None
}

/// What stands in the quotes that a text is.
fn quoted(text: &str) -> Option<String> {
    let mark = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text.get(1..)?.strip_suffix(mark)?;
    (!inner.contains([mark, '$', '{'])).then(|| inner.to_string())
}

fn mounts_of<'a>(pages: &mut Pages, (file, text): (usize, &'a str), grammar: &Grammar) -> Vec<Mount<'a>> {
    let mut found = Vec::new();
    for mount in grammar.mount.iter().flat_map(|mount| mount.captures_iter(text)) {
        let (Some(whole), Some(outer)) = (mount.get(0), mount.get(1)) else { continue };
        let inner = text.get(whole.end()..closing(text, whole.end() - 1)).unwrap_or("");
        let all = arguments(inner);
        let Some(first) = all.first() else { continue };
        let path = quoted(first);
        let told = option(inner, grammar.options);
        let literal = first.starts_with(['"', '\'', '`']);
        if let Some(path) = path.as_ref() {
            let begin = inner.find(first).unwrap_or(0);
            pages.seen.insert((file, whole.end() + begin + 1));
            pages.prefix(path);
        }
        // `app.use(prefix, router)`, `prefix=settings.API`
        let plain = first.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let behind = all.get(1).is_some_and(|second| second.to_lowercase().contains("rout"));
        pages.open |= literal && path.is_none() || told == Some(None) || plain && behind && !grammar.replaces;
        if let Some(Some(told)) = &told {
            pages.prefix(told);
        }
        let whats = if literal { all.get(1..).unwrap_or_default() } else { all.as_slice() };
        for what in whats {
            let path = path.clone().or_else(|| told.clone().flatten());
            found.push(Mount { file, outer: outer.as_str().to_string(), what, path });
        }
    }
    found
}

struct Finder<'a> {
    files: &'a [File<'a>],
    grammar: &'a Grammar,
    mounts: Vec<Mount<'a>>,
}

impl Finder<'_> {
    /// What stands before the pages of a variable of a module, and whether that is all; nothing where it holds no router.
    fn before(&self, file: usize, variable: &str, depth: usize) -> Vec<(String, bool)> {
        let Some(text) = self.files.get(file).map(|file| file.text.as_str()) else { return Vec::new() };
        let named = |pattern: &LazyLock<Option<Regex>>| {
            let all = pattern.iter().flat_map(|pattern| pattern.captures_iter(text));
            all.filter(|found| found.get(1).is_some_and(|name| name.as_str() == variable))
                .map(|found| found.get(2).map_or(String::new(), |inner| inner.as_str().to_string()))
                .last()
        };
        if depth >= MAX_DEPTH {
            return vec![(String::new(), false)];
        }
        if let Some(inner) = named(&self.grammar.router) {
            let own = option(&inner, self.grammar.options).flatten().unwrap_or_default();
            let mut found = Vec::new();
            for mount in self.mounts.iter().filter(|mount| self.means(mount, file, variable)) {
                let above = self.before(mount.file, &mount.outer, depth + 1);
                let above = if above.is_empty() { vec![(String::new(), false)] } else { above };
                let blueprint = self.grammar.replaces && inner.contains("__name__");
                let path = match &mount.path {
                    Some(path) if blueprint => path.clone(),
                    Some(path) => joined(path, &own),
                    None => own.clone(),
                };
                found.extend(above.into_iter().map(|(before, whole)| (joined(&before, &path), whole)));
            }
            if found.is_empty() {
                found.push((own, false));
            }
            found.truncate(32);
            return found;
        }
        if named(&self.grammar.root).is_some() {
            // What a framework's plugin gets is a server of its own.
            return vec![(String::new(), true)];
        }
        match variable {
            "app" | "router" | "api" | "server" | "fastify" | "bp" | "blueprint" => {
                vec![(String::new(), false)]
            }
            _ => Vec::new(),
        }
    }

    /// Whether what is mounted is the router of this variable in this module.
    fn means(&self, mount: &Mount<'_>, file: usize, variable: &str) -> bool {
        let what = mount.what.trim();
        let name = what.split(['.', '(']).next().unwrap_or(what);
        if mount.file == file && what == variable {
            return true;
        }
        let (Some(outer), Some(own)) = (self.files.get(mount.file), self.files.get(file)) else {
            return false;
        };
        let stem = own.place.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        let folder = own
            .place
            .parent()
            .and_then(|folder| folder.file_name())
            .and_then(|name| name.to_str())
            .unwrap_or("");
        let stem = if matches!(stem, "index" | "__init__") { folder } else { stem };
        let is_it = |path: &str| {
            let last = path.rsplit(['/']).next().unwrap_or(path);
            let last = ["js", "ts", "mjs", "cjs"]
                .iter()
                .find_map(|end| last.strip_suffix(&format!(".{end}")))
                .unwrap_or(last);
            last == stem
        };
        // `require("./routes/health")` where it is mounted, or where its name comes from.
        if what.contains("require(") {
            return what.split(['"', '\'']).nth(1).is_some_and(is_it);
        }
        let word = format!(r"\b{}\b", regex::escape(name));
        let Ok(word) = Regex::new(&word) else { return false };
        outer.text.lines().filter(|line| word.is_match(line)).any(|line| {
            let line = line.trim();
            let imports =
                line.starts_with("import ") || line.contains("require(") || line.starts_with("from ");
            if !imports {
                return false;
            }
            let python =
                line.starts_with("from ") || line.starts_with("import ") && !line.contains(['"', '\'']);
            if !python {
                return line.split(['"', '\'', '`']).nth(1).is_some_and(is_it);
            }
            let module = line
                .trim_start_matches("from ")
                .trim_start_matches("import ")
                .split_whitespace()
                .next()
                .unwrap_or("");
            let last = module.rsplit('.').next().unwrap_or(module);
            let renamed = |from: &str| line.contains(&format!("{from} as {name}"));
            match what.rsplit_once('.') {
                // `from app.routers import health`, `import app.routers.health as health`
                Some((_, attribute)) => attribute == variable && (name == stem || renamed(stem)),
                // `from app.routers.health import router as health_router`
                None => last == stem && (name == variable || renamed(variable)),
            }
        })
    }
}
