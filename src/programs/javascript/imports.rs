//! Which modules a file loads: a scan over its text, past comments.

use std::collections::HashSet;

use super::browser;

/// The modules that the text imports, as written, each once. What a directive hands to the browser loads nothing on
/// the server.
pub(super) fn scan(text: &str) -> Vec<String> {
    if browser::is_client(text) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut seen = HashSet::new();
    for (before, name) in strings(text) {
        if !is_specifier(name) {
            continue;
        }
        let name = match beside(before) {
            // A folder above is only told to something, unless it is loaded.
            true if is_above(name) && !loads(before) => continue,
            true => beside_file(name),
            false if names_module(before) => name.to_string(),
            false => continue,
        };
        if seen.insert(name.clone()) {
            out.push(name);
        }
    }
    out
}

/// Whether the text before a string makes it the name of a module.
fn names_module(before: &str) -> bool {
    let before = before.trim_end();
    if let Some(call) = before.strip_suffix('(') {
        let call = call.trim_end();
        return ["require", "import", "require.resolve", "fork", "Worker", "join", "resolve", "URL"]
            .iter()
            .any(|name| ends_with_word(call, name));
    }
    if !(ends_with_word(before, "from") || ends_with_word(before, "import")) {
        return false;
    }
    // `import type { A } from "x"` is gone when the program runs.
    let statement = ["import", "export"].iter().filter_map(|word| before.rfind(word)).max();
    let words = statement.and_then(|at| before.get(at..)).unwrap_or("");
    let mut words = words.split_whitespace().skip(1);
    !(words.next() == Some("type") && words.next().is_some_and(|next| next != "from" && next != ","))
}

/// Whether the text before a string makes it a path from the directory of the file: `__dirname + "/x"`.
fn beside(before: &str) -> bool {
    let before = before.trim_end();
    let rest = before.strip_suffix([',', '+']).unwrap_or("").trim_end();
    ["__dirname", "import.meta.dirname"].iter().any(|name| ends_with_word(rest, name))
}

/// Whether a path leads to a folder above alone: `../..`.
fn is_above(path: &str) -> bool {
    path.contains("..") && path.split('/').all(|part| matches!(part, "" | "." | ".."))
}

/// Whether the line before a string loads what it names.
fn loads(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or("");
    ["require(", "import(", "fork(", "Worker("].iter().any(|call| line.contains(call))
}

/// A path from the directory of the file as the name of a module.
pub(super) fn beside_file(path: &str) -> String {
    match path.trim_start_matches('/') {
        path if path.starts_with('.') => path.to_string(),
        path => format!("./{path}"),
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    let Some(before) = text.strip_suffix(word) else { return false };
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$')
}

fn is_specifier(name: &str) -> bool {
    !name.is_empty() && name.len() < 300 && !name.contains(['\n', ' ', '`', '{', '*', '\\'])
}

/// How much of the text before a string is looked at.
const BEFORE: usize = 2_000;

/// The strings of a text, each with some of the text before it; comments are passed over.
fn strings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'/' if bytes.get(at + 1) == Some(&b'/') => {
                    // `https://` within a text that was lost track of ends at the line, too.
                    at = find(bytes, at, b'\n');
                }
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    let end = text.get(at + 2..).and_then(|rest| rest.find("*/"));
                    at = end.map_or(bytes.len(), |end| at + 2 + end + 2);
                }
                b'"' | b'\'' | b'`' => {
                    let quote = *byte;
                    let start = at + 1;
                    let mut end = start;
                    while let Some(next) = bytes.get(end) {
                        match next {
                            b'\\' => end += 1,
                            b'\n' if quote != b'`' => break,
                            _ if *next == quote => break,
                            _ => {}
                        }
                        end += 1;
                    }
                    at = end + 1;
                    let from = floor(text, start.saturating_sub(1 + BEFORE));
                    let before = text.get(from..start - 1).unwrap_or("");
                    if let Some(inside) = text.get(start..end.min(bytes.len())) {
                        return Some((before, inside));
                    }
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// The nearest boundary between characters at or before a place.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> usize {
    bytes
        .get(from..)
        .and_then(|rest| rest.iter().position(|b| *b == wanted))
        .map_or(bytes.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use super::scan;

    #[test]
    fn imports_are_scanned() {
        let text = "#!/usr/bin/env node\nimport a, { b } from './a';\nimport type { T } from './types'\n\
                    import \"./side\";\nexport * from '../c'; export { d } from \"@/d\"\n\
                    const e = require('e'), f = require(\"./f\").default // require('./not')\n\
                    /* import './nor' */ const g = await import('./g.js'); const h = 'from'; it(\"from './x'\")\n\
                    import {\n  long,\n  list,\n} from 'lib'; new Worker(new URL('./w.ts', import.meta.url)); fork(path.join(__dirname, 'child.js')); require(__dirname + '/../up')\n";
        assert_eq!(
            scan(text),
            ["./a", "./side", "../c", "@/d", "e", "./f", "./g.js", "lib", "./w.ts", "./child.js", "../up"]
        );
    }

    #[test]
    fn folders_above_are_loaded_where_something_loads_them() {
        let text = "export default { outputFileTracingRoot: path.join(import.meta.dirname, '../../') };\n\
                    require(path.join(__dirname, '..'));\n";
        assert_eq!(scan(text), [".."]);
    }

    #[test]
    fn what_runs_in_the_browser_loads_nothing() {
        assert!(scan("// header\n'use client';\nimport api from './api'\n").is_empty());
    }

    #[test]
    fn odd_text_is_no_import() {
        assert!(scan("'").is_empty());
        assert!(scan("require('").is_empty());
        assert!(scan("é'\\").is_empty());
        assert!(scan("from ``").is_empty());
    }
}
