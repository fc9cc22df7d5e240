//! Addresses that are written into the code of pages, of which a browser asks for something.

use std::path::Path;

use super::entry::Machine;
use super::has_extension;
use super::pages::runs_on_server;
use super::service_files::{Walks, is_aside};
use crate::source::{Origin, SourceFile, Spanned, Text};

/// Sources of pages that are looked into.
const MAX_FILES: usize = 600;
/// What is longer was not written by hand.
const MAX_SIZE: u64 = 256 << 10;
/// Addresses that are kept.
const MAX_KEPT: usize = 40;
/// How addresses begin.
const SCHEMES: [&str; 4] = ["http://", "https://", "ws://", "wss://"];
/// What asks an address of its argument.
const ASKS: [&str; 13] = [
    "fetch(",
    "axios(",
    "axios.get(",
    "axios.post(",
    "axios.put(",
    "axios.patch(",
    "axios.delete(",
    "axios.defaults.baseURL =",
    "baseURL:",
    "io(",
    "new WebSocket(",
    "new EventSource(",
    "$.get(",
];

/// What the code of pages asks.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Addresses: those that are handed to what asks, and constants that are, with a path behind them.
    pub addresses: Vec<Text>,
    /// Paths of the server that the pages come from.
    pub paths: Vec<Spanned<String>>,
}

/// Folders of sources that are none of pages.
const ASIDE: [&str; 10] = [
    "node_modules",
    "dist",
    "build",
    "mocks",
    "__mocks__",
    "__tests__",
    "cypress",
    "e2e",
    "scripts",
    "server",
];

/// What the sources below a directory, all of which are run in browsers, ask.
pub(super) fn of(machine: &Machine<'_>, directory: &Path) -> Asked {
    fn wanted(path: &Path) -> bool {
        let aside = |name: &str| {
            [".config.", ".test.", ".spec.", ".stories.", ".d.", ".prod.", ".min.", "environment."]
                .iter()
                .any(|word| name.contains(word))
        };
        has_extension(path, &["js", "jsx", "ts", "tsx", "mjs", "vue", "svelte", "html", "htm"])
            && !path.file_name().and_then(|name| name.to_str()).is_some_and(aside)
    }
    let holding = machine.below.sources(machine.sources, &Walks::default(), wanted);
    let inside = holding.files.into_iter().filter(|(place, _)| {
        let below = place.strip_prefix(directory).ok();
        below.is_some_and(|below| {
            !is_aside(below) && !below.iter().any(|part| ASIDE.iter().any(|name| part == *name))
        })
    });
    let mut texts = Vec::new();
    for (place, host) in inside.take(MAX_FILES) {
        let Ok(peeked) = machine.sources.peek(&host, MAX_SIZE) else { continue };
        let speaks = |text: &str| text.contains("://") || text.contains("fetch(") || text.contains("axios");
        if speaks(peeked.text())
            && !runs_on_server(&place)
            && let Ok(file) = machine.sources.keep(&host, peeked)
        {
            texts.push(file);
        }
    }
    let others: Vec<&str> = texts.iter().map(|file| file.text.as_ref()).collect();
    let mut found = Asked::default();
    // Where a client is told a base, its paths count from there.
    let based = others.iter().any(|text| text.contains("baseURL") || text.contains("<base "));
    for file in &texts {
        found.addresses.extend(addresses(file, &others));
        found.paths.extend(paths(file, based));
    }
    found.addresses.truncate(MAX_KEPT);
    found.paths.truncate(MAX_KEPT);
    found
}

/// The whole paths that a source asks the server of its pages for.
fn paths(file: &SourceFile, based: bool) -> Vec<Spanned<String>> {
    let text = file.text.as_ref();
    let calls = ["fetch(", "axios.get(", "axios.post(", "axios.put(", "axios.delete(", "axios.patch("];
    let calls = calls.iter().filter(|call| !based || **call == "fetch(");
    let mut found: Vec<usize> =
        calls.flat_map(|call| text.match_indices(*call).map(|(at, _)| at + call.len())).collect();
    found.sort_unstable();
    let of = |at: usize| -> Option<Spanned<String>> {
        let rest = text.get(at..)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let inside = rest.get(1..)?;
        let path = inside.get(..inside.find([quote, '?', '\n'])?)?;
        let plain = path.starts_with('/') && !path.starts_with("//") && path.len() > 1;
        let plain =
            plain && path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'));
        let line = text.get(..at)?.rsplit('\n').next()?;
        let file_of_own = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
        (plain && !file_of_own && !line.contains("//") && !is_in_comment(text.get(..at)?))
            .then(|| Spanned::new(path.to_string(), file.slice(at + 1, at + 1 + path.len())))
    };
    found.into_iter().filter_map(of).collect()
}

/// The addresses of a source that are asked for something. `others` are the texts in which its constants may be used.
fn addresses(file: &SourceFile, others: &[&str]) -> Vec<Text> {
    let text = file.text.as_ref();
    let starts = SCHEMES.iter().flat_map(|scheme| text.match_indices(scheme).map(|(at, _)| at));
    let of = |at: usize| -> Option<Text> {
        let before = text.get(..at)?;
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let rest = text.get(at..)?;
        let length = rest.find([quote, '$', '\n', '{'])?;
        let address = rest.get(..length)?;
        let head = before.get(..before.len() - 1)?;
        let line = head.rsplit('\n').next()?;
        if line.contains("//") || line.trim_start().starts_with('*') || is_in_comment(head) {
            return None;
        }
        let asked = ASKS.iter().any(|ask| head.trim_end().ends_with(ask));
        let whole = rest.as_bytes().get(length).is_some_and(|end| *end == quote as u8);
        let named =
            whole && constant(line, rest.get(length + 1..)?).is_some_and(|name| is_used(name, text, others));
        (asked || named).then(|| Text::known(address, Origin::at(file.slice(at, at + length))))
    };
    let mut found: Vec<usize> = starts.collect();
    found.sort_unstable();
    found.into_iter().filter_map(of).collect()
}

fn is_in_comment(before: &str) -> bool {
    before.rfind("/*").is_some_and(|open| before.rfind("*/").is_none_or(|close| close < open))
}

/// The name of a constant that is an address and nothing else: `const API = "…";`, with what stands before and behind the text.
fn constant<'t>(line: &'t str, after: &str) -> Option<&'t str> {
    let name = line.trim_end().strip_suffix('=')?.trim();
    let name = name.strip_prefix("export ").unwrap_or(name).strip_prefix("const ")?;
    let name = name.split(':').next()?.trim();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    let rest = after.trim_start_matches(';').trim_start_matches([' ', '\t', '\r']);
    (plain
        && (rest.is_empty() || rest.starts_with(['\n', '/']))
        && !rest.trim_start().starts_with(['|', '?', '+', '.']))
    .then_some(name)
}

/// Whether the constant begins an address that is asked for, here or where it is imported.
fn is_used(name: &str, own: &str, others: &[&str]) -> bool {
    let forms = [
        format!("`${{{name}}}/"),
        format!("({name} + "),
        format!("({name}+"),
        format!("baseURL: {name}"),
        format!("io({name}"),
    ];
    let asked = |text: &str| {
        forms.iter().any(|form| {
            text.match_indices(form.as_str()).any(|(at, _)| {
                let line = text.get(..at + form.len()).unwrap_or("").rsplit('\n').next().unwrap_or("");
                let calls = ASKS.iter().any(|ask| line.contains(ask))
                    || [".get(", ".post(", ".put(", ".delete(", ".patch("]
                        .iter()
                        .any(|call| line.contains(call));
                calls && !line.trim_start().starts_with("//")
            })
        })
    };
    let imports =
        |text: &str| text.lines().any(|line| line.trim_start().starts_with("import") && line.contains(name));
    asked(own) || own.contains("export") && others.iter().any(|other| imports(other) && asked(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn found(text: &str) -> Vec<String> {
        let map = SourceMap::new(Memory::new([("/a.jsx", text)]));
        let file = map.load(Path::new("/a.jsx")).unwrap();
        let texts = [file.text.as_ref(), "import { API_URL } from './a';\naxios.get(`${API_URL}/x`);\n"];
        addresses(&file, &texts).iter().map(Text::assumed).collect()
    }

    #[test]
    fn addresses_that_are_asked() {
        for text in [
            "fetch('http://api:8000/x').then(f);\n",
            "const r = await axios.get(`http://api:8000/x${id}`);\n",
            "export default axios.create({ baseURL: \"http://api:8000/x\" });\n",
            "const API = 'http://api:8000/x';\nconst get = () => fetch(`${API}/orders`);\n",
            "export const API_URL: string = 'http://api:8000/x'\n\nexport const A = 1\n",
        ] {
            assert_eq!(found(text), ["http://api:8000/x"], "{text}");
        }
        assert_eq!(found("const s = io('ws://api:3000');\n"), ["ws://api:3000"]);
    }

    #[test]
    fn addresses_that_only_may_be() {
        for text in [
            "// fetch('http://api:8000/x')\n",
            "/*\n fetch('http://api:8000/x')\n*/\n",
            "const API = import.meta.env.VITE_API || 'http://api:8000/x';\nfetch(`${API}/y`);\n",
            "const API = dev ? 'http://api:8000/x' : '/api';\nfetch(`${API}/y`);\n",
            "const API = 'http://api:8000/x';\nconsole.log(`${API}/y`);\n",
            "const link = <a href=\"http://api:8000/x\">x</a>;\n",
            "let API = 'http://api:8000/x';\nif (prod) API = '/api';\nfetch(`${API}/y`);\n",
            "export const TARGET = 'http://api:8000/x';\n",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
