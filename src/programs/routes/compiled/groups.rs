//! Groups that variables hold: `api := r.Group("/api")`, `var api = app.MapGroup("/api");`.

use std::sync::LazyLock;

use regex::Regex;

use super::super::written::{closing, split};
use super::{MAX_DEPTH, Pages, joined};

/// How a language writes pages and groups.
pub(super) struct Grammar {
    /// A page: the variable, and the path.
    route: LazyLock<Option<Regex>>,
    /// A variable that holds a group: its name, that of the one it is a group of, and the path.
    group: LazyLock<Option<Regex>>,
    /// A call that puts a path before the pages within its brackets, or names one that it puts before them.
    within: LazyLock<Option<Regex>>,
    /// The same without the path written out.
    open: LazyLock<Option<Regex>>,
    /// A variable that holds the server.
    root: LazyLock<Option<Regex>>,
    /// A function: its name, and its parameters.
    function: LazyLock<Option<Regex>>,
    /// Whether a function is called as a method of its first parameter.
    extends: bool,
}

fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

pub(super) static GO: Grammar = Grammar {
    route: LazyLock::new(|| {
        compiled(
            r#"(\w+(?:\.\w+)*)\.(?:GET|Get|POST|Post|HEAD|Head|Any|ANY|All|Handle|HandleFunc|Method|MethodFunc|Match|Add)\(\s*(?:"[A-Z]+"\s*,\s*|http\.Method\w+\s*,\s*)?"(?:[A-Z]+ )?([^"]*)""#,
        )
    }),
    group: LazyLock::new(|| {
        compiled(r#"(\w+(?:\.\w+)*)\s*:?=\s*(\w+(?:\.\w+)*)\.(?:Group|PathPrefix)\(\s*"([^"]*)""#)
    }),
    within: LazyLock::new(|| {
        compiled(r#"(\w+(?:\.\w+)*)\.(?:Group|PathPrefix|Route|Mount|StripPrefix)\(\s*"([^"]*)""#)
    }),
    open: LazyLock::new(|| {
        compiled(
            r#"\.(?:Group|PathPrefix|Mount|StripPrefix)\(\s*(?:[^"\sf)]|f[^u])|\.Route\(\s*[a-zA-Z]+[.\w]*\s*,\s*func"#,
        )
    }),
    root: LazyLock::new(|| {
        compiled(
            r"(\w+(?:\.\w+)*)\s*(?::=|=|:)\s*(?:gin\.(?:Default|New)|echo\.New|fiber\.New|chi\.New(?:Router|Mux)|mux\.NewRouter|http\.NewServeMux|httprouter\.New)\(",
        )
    }),
    function: LazyLock::new(|| compiled(r"(?m)^func\s+(?:\([^)]*\)\s*)?(\w+)\(([^)]*)\)")),
    extends: false,
};

pub(super) static CSHARP: Grammar = Grammar {
    route: LazyLock::new(|| {
        compiled(
            r#"(\w+(?:\.\w+)*)\s*\.Map(?:Get|Post|Put|Delete|Patch|Methods|HealthChecks)?\(\s*"([^"]*)""#,
        )
    }),
    group: LazyLock::new(|| compiled(r#"(\w+)\s*=\s*(\w+(?:\.\w+)*)\s*\.MapGroup\(\s*"([^"]*)""#)),
    within: LazyLock::new(|| compiled(r#"(\w+(?:\.\w+)*)\s*\.(?:MapGroup|Map)\(\s*"([^"]*)""#)),
    open: LazyLock::new(|| {
        compiled(
            r#"\.MapGroup\(\s*[^"\s)]|UsePathBase|MapControllerRoute|MapDefaultControllerRoute|FastEndpoints|MapCarter"#,
        )
    }),
    root: LazyLock::new(|| compiled(r"(\w+)\s*=\s*\w+\.Build\(\)")),
    function: LazyLock::new(|| compiled(r"(?m)static\s+[\w<>]+\s+(\w+)\(([^)]*)\)")),
    extends: true,
};

/// The pages of a program.
pub(super) fn of(files: &[&str], grammar: &Grammar) -> Pages {
    let mut pages = Pages::default();
    let finder = Finder { files, grammar };
    for (file, text) in files.iter().copied().enumerate() {
        pages.open |= grammar.open.as_ref().is_some_and(|open| open.is_match(text));
        for found in grammar.within.iter().flat_map(|within| within.captures_iter(text)) {
            let Some(path) = found.get(2) else { continue };
            pages.prefix(path.as_str());
            pages.seen.insert((file, path.start()));
        }
        for found in grammar.route.iter().flat_map(|route| route.captures_iter(text)) {
            let (Some(whole), Some(variable), Some(path)) = (found.get(0), found.get(1), found.get(2)) else {
                continue;
            };
            pages.seen.insert((file, path.start()));
            for (before, is_whole) in finder.before(file, whole.start(), variable.as_str(), 0) {
                pages.add(joined(&before, path.as_str()), is_whole);
            }
        }
    }
    pages
}

struct Finder<'a> {
    files: &'a [&'a str],
    grammar: &'a Grammar,
}

impl Finder<'_> {
    /// What stands before the pages of a variable at this place, and whether that is all.
    fn before(&self, file: usize, at: usize, variable: &str, depth: usize) -> Vec<(String, bool)> {
        let unknown = || vec![(String::new(), false)];
        let Some(text) = self.files.get(file).copied().filter(|_| depth < MAX_DEPTH) else {
            return unknown();
        };
        // The innermost call whose brackets it stands in, which gives it the variable.
        let around =
            self.grammar.within.iter().flat_map(|within| within.captures_iter(text)).filter_map(|found| {
                let (whole, outer, path) = (found.get(0)?, found.get(1)?, found.get(2)?);
                let open = whole.start() + whole.as_str().find('(')?;
                let inner = text.get(path.end()..closing(text, open))?;
                let gives =
                    inner.contains(&format!("func({variable} ")) || inner.contains(&format!("{variable} =>"));
                (open < at && at < closing(text, open) && gives).then_some((
                    whole.start(),
                    outer.as_str(),
                    path.as_str(),
                ))
            });
        if let Some((start, outer, path)) = around.last() {
            return self.after(file, start, outer, path, depth);
        }
        let begin = self.function_at(text, at);
        let from = begin.as_ref().map_or(0, |(from, ..)| *from);
        let last = |pattern: &LazyLock<Option<Regex>>| {
            let all = pattern.iter().flat_map(|pattern| pattern.captures_iter(text));
            let own = all.filter(|found| found.get(1).is_some_and(|name| name.as_str() == variable));
            own.filter(|found| found.get(0).is_some_and(|whole| whole.start() >= from && whole.start() < at))
                .last()
        };
        if let Some(found) = last(&self.grammar.group) {
            let start = found.get(0).map_or(0, |whole| whole.start());
            let (Some(outer), Some(path)) = (found.get(2), found.get(3)) else { return unknown() };
            return self.after(file, start, outer.as_str(), path.as_str(), depth);
        }
        if last(&self.grammar.root).is_some() {
            return self.mounted(begin.as_ref().map(|(_, name, _)| name.as_str()), depth);
        }
        // A field, which is set elsewhere.
        if let Some((_, field)) = variable.rsplit_once('.') {
            return self.field(field, depth);
        }
        let Some((_, name, parameters)) = begin else { return unknown() };
        let place = parameters.iter().position(|parameter| {
            let mut words = parameter.split_whitespace();
            match self.grammar.extends {
                true => words.next_back() == Some(variable),
                false => words.next() == Some(variable),
            }
        });
        place.map_or_else(unknown, |place| self.called(&name, place, depth))
    }

    /// What stands before a group, and the path of that.
    fn after(&self, file: usize, at: usize, outer: &str, path: &str, depth: usize) -> Vec<(String, bool)> {
        let above = self.before(file, at, outer, depth + 1);
        above.into_iter().map(|(before, whole)| (joined(&before, path), whole)).collect()
    }

    /// The function around this place: where it begins, its name and its parameters.
    fn function_at(&self, text: &str, at: usize) -> Option<(usize, String, Vec<String>)> {
        let all = self.grammar.function.as_ref()?.captures_iter(text);
        let found = all.take_while(|found| found.get(0).is_some_and(|whole| whole.start() < at)).last()?;
        let parameters = split(found.get(2)?.as_str()).into_iter().map(str::to_string).collect();
        Some((found.get(0)?.start(), found.get(1)?.as_str().to_string(), parameters))
    }

    /// Where else a function is named: the file, the place, and what stands between its brackets.
    fn calls(&self, name: &str) -> Vec<(usize, usize, &str)> {
        let Some(call) = compiled(&format!(r"\b{name}\(")) else { return Vec::new() };
        let mut found = Vec::new();
        for (file, text) in self.files.iter().copied().enumerate() {
            for one in call.find_iter(text) {
                let line =
                    text.get(..one.start()).and_then(|before| before.lines().next_back()).unwrap_or("");
                if line.trim_start().starts_with("func ") || line.contains("static ") {
                    continue;
                }
                let inner = text.get(one.end()..closing(text, one.end() - 1)).unwrap_or("");
                found.push((file, one.start(), inner));
            }
        }
        found
    }

    /// What stands before the pages of a function's parameter, by all who call it.
    fn called(&self, name: &str, place: usize, depth: usize) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        for (file, at, inner) in self.calls(name) {
            let Some(text) = self.files.get(file).copied() else { continue };
            let given = match self.grammar.extends {
                true => text
                    .get(..at)
                    .unwrap_or("")
                    .trim_end()
                    .trim_end_matches('.')
                    .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or(""),
                false => split(inner).get(place).copied().unwrap_or(""),
            };
            let group = self.grammar.within.as_ref().and_then(|within| within.captures(given));
            match group.as_ref().map(|found| (found.get(1), found.get(2))) {
                Some((Some(outer), Some(path))) => {
                    found.extend(self.after(file, at, outer.as_str(), path.as_str(), depth))
                }
                _ => found.extend(self.before(file, at, given, depth + 1)),
            }
        }
        if found.is_empty() { vec![(String::new(), false)] } else { found }
    }

    /// What stands before the pages of a server that a function makes: it may be mounted in another.
    fn mounted(&self, function: Option<&str>, depth: usize) -> Vec<(String, bool)> {
        let mounts = |text: &str| text.contains(".Mount(") || text.contains("StripPrefix(");
        if !self.files.iter().any(|file| mounts(file)) {
            return vec![(String::new(), true)];
        }
        let mut found = Vec::new();
        for (file, at, _) in function.map(|name| self.calls(name)).unwrap_or_default() {
            let Some(text) = self.files.get(file).copied() else { continue };
            let line = text.get(..at).and_then(|before| before.lines().next_back()).unwrap_or("");
            let mount = self.grammar.within.as_ref().and_then(|within| within.captures_iter(line).last());
            match mount.as_ref().map(|found| (found.get(1), found.get(2))) {
                Some((Some(outer), Some(path))) => {
                    found.extend(self.after(file, at, outer.as_str(), path.as_str(), depth))
                }
                _ => found.push((String::new(), false)),
            }
        }
        match function {
            Some("main") => vec![(String::new(), true)],
            _ if found.is_empty() => vec![(String::new(), false)],
            _ => found,
        }
    }

    /// What stands before the pages of a field, where it is the server in all that is set.
    fn field(&self, field: &str, depth: usize) -> Vec<(String, bool)> {
        let is = |name: &str| name.rsplit('.').next() == Some(field);
        let mut found = Vec::new();
        for (file, text) in self.files.iter().copied().enumerate() {
            for group in self.grammar.group.iter().flat_map(|group| group.captures_iter(text)) {
                let (Some(whole), Some(name), Some(outer), Some(path)) =
                    (group.get(0), group.get(1), group.get(2), group.get(3))
                else {
                    continue;
                };
                if is(name.as_str()) {
                    found.extend(self.after(file, whole.start(), outer.as_str(), path.as_str(), depth));
                }
            }
            let roots = self.grammar.root.iter().flat_map(|root| root.captures_iter(text));
            let own = roots.filter(|root| root.get(1).is_some_and(|name| is(name.as_str()))).count();
            found.extend((0..own.min(1)).map(|_| (String::new(), true)));
        }
        if found.is_empty() { vec![(String::new(), false)] } else { found }
    }
}
