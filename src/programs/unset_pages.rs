//! Addresses in the code of pages that begin with a variable of the build and nothing in its place: where that is not set, a bundler
//! leaves `undefined`, and a browser takes that for the name of a folder.

use std::path::Path;

use super::entry::Machine;
use super::has_extension;
use super::pages::{self, Convention};
use super::service_files::{Walks, is_aside};
use crate::source::{SourceFile, Span};

/// An address that begins with a variable.
#[derive(Clone, Debug)]
pub struct Unset {
    /// The variable.
    pub name: String,
    /// Where it is read.
    pub read: Span,
    /// Where the address begins, if that is elsewhere.
    pub used: Option<Span>,
    /// What follows the variable there.
    pub path: String,
}

/// Sources of pages that are looked into.
const MAX_FILES: usize = 600;
/// What is longer was not written by hand.
const MAX_SIZE: u64 = 256 << 10;
/// How bundlers' code reads variables.
const READS: [&str; 2] = ["import.meta.env.", "process.env."];
/// What asks for a page, in the line of its address.
const ASKS: [&str; 9] =
    ["fetch(", "axios", ".get(", ".post(", ".put(", ".patch(", ".delete(", "EventSource(", "request("];

/// A read of a variable in a source.
struct Read<'t> {
    name: &'t str,
    from: usize,
    end: usize,
}

/// The first such address of each variable, in the sources that the tools of these conventions bundle.
pub(super) fn of(machine: &Machine<'_>, directory: &Path, prefixes: &[&'static str]) -> Vec<Unset> {
    fn wanted(path: &Path) -> bool {
        let of_tools =
            |name: &str| name.contains(".config.") || name.contains(".test.") || name.contains(".spec.");
        has_extension(path, &["js", "jsx", "ts", "tsx", "mjs", "vue", "svelte"])
            && !path.iter().any(|part| part == "node_modules" || part == "dist" || part == "build")
            && !path.file_name().and_then(|name| name.to_str()).is_some_and(of_tools)
    }
    let taken = |name: &str| {
        pages::convention(name).is_some_and(|known: &Convention| {
            !known.on_servers && !known.at_start && !known.vague && prefixes.contains(&known.prefix.as_str())
        })
    };
    let holding = machine.below.sources(machine.sources, &Walks::default(), wanted);
    let inside =
        holding.files.into_iter().filter(|(place, _)| place.starts_with(directory) && !is_aside(place));
    let mut texts = Vec::new();
    for (place, host) in inside.take(MAX_FILES) {
        let Ok(peeked) = machine.sources.peek(&host, MAX_SIZE) else { continue };
        if prefixes.iter().any(|prefix| peeked.text().contains(prefix))
            && !pages::runs_on_server(&place)
            && let Ok(file) = machine.sources.keep(&host, peeked)
        {
            texts.push(file);
        }
    }
    // Settings of the tool may give it a value.
    let settings = ["vite.config.ts", "vite.config.js", "vite.config.mjs", "index.html", "craco.config.js"];
    let settings: Vec<std::sync::Arc<str>> =
        settings.iter().filter_map(|name| machine.text(&directory.join(name))).collect();
    let mut found: Vec<Unset> = Vec::new();
    for file in &texts {
        for read in reads(&file.text).filter(|read| taken(read.name)) {
            let name = read.name;
            let asked = texts.iter().any(|other| is_asked(&other.text, name));
            let given = settings.iter().any(|text| text.contains(name));
            if given || asked || found.iter().any(|known| known.name == name) {
                continue;
            }
            found.extend(address(file, &read));
        }
    }
    found
}

/// Where variables are read in a text.
fn reads(text: &str) -> impl Iterator<Item = Read<'_>> {
    READS.into_iter().flat_map(move |sign| {
        text.match_indices(sign).filter_map(move |(from, _)| {
            let rest = text.get(from + sign.len()..)?;
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let comment = text.get(..from)?.rsplit('\n').next()?.contains("//");
            let name = rest.get(..length).filter(|name| !name.is_empty() && !comment)?;
            Some(Read { name, from, end: from + sign.len() + length })
        })
    })
}

/// Whether some read of the variable has something in its place, or asks whether it is there.
fn is_asked(text: &str, name: &str) -> bool {
    reads(text).filter(|read| read.name == name).any(|read| {
        let (before, after) = (text.get(..read.from).unwrap_or(""), text.get(read.end..).unwrap_or(""));
        asks(before, after)
    }) || text.contains(&format!("'{name}'"))
        || text.contains(&format!("\"{name}\""))
}

/// Whether what stands around a name asks what it is.
fn asks(before: &str, after: &str) -> bool {
    let after = after.trim_start().trim_start_matches(')').trim_start();
    let before = before.trim_end();
    ["||", "??", "?", "&&", "=", "!"].iter().any(|word| after.starts_with(word))
        || ["!", "if (", "if(", "&&", "||", "??", "(typeof"].iter().any(|word| before.ends_with(word))
}

/// The address that begins with the variable, or with a constant that is nothing else.
fn address(file: &SourceFile, read: &Read<'_>) -> Option<Unset> {
    let text = file.text.as_ref();
    let place = file.slice(read.from, read.end);
    let unset = |path: &str, used: Option<Span>| Unset {
        name: read.name.to_string(),
        read: place,
        used,
        path: path.to_string(),
    };
    if let Some(path) = begins(text, read.from, read.end) {
        return Some(unset(path, None));
    }
    let before = text.get(..read.from)?.trim_end().strip_suffix('=')?.trim_end();
    let line = before.rsplit('\n').next()?;
    let name = line.trim_start().trim_start_matches("export ").strip_prefix("const ")?.trim();
    let name = name.split(':').next()?.trim();
    let rest = text.get(read.end..)?.trim_start_matches(" as string");
    let whole = rest.starts_with([';', '\n', '\r']);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if !whole || !plain || rest.trim_start_matches([';', '\n', '\r', ' ']).starts_with(['|', '?']) {
        return None;
    }
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let mut uses = text.match_indices(name).filter(|(at, _)| {
        let (before, after) = (text.get(..*at).unwrap_or(""), text.get(at + name.len()..).unwrap_or(""));
        *at != read.from && !before.ends_with(joins) && !after.starts_with(joins) || before.ends_with("${")
    });
    // A name that is asked for may stand for something else.
    let asked = uses.clone().any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or(""), text.get(at + name.len()..).unwrap_or(""));
        let declared = before.ends_with("const ");
        !declared && asks(before, after)
    });
    let (at, path) =
        uses.find_map(|(at, _)| Some((at, begins(text, at, at + name.len())?))).filter(|_| !asked)?;
    Some(unset(path, Some(file.slice(at, at + name.len()))))
}

/// What follows a name with which an address begins that is asked for: `${NAME}/orders`, `NAME + '/orders'`.
fn begins(text: &str, from: usize, end: usize) -> Option<&str> {
    let (before, after) = (text.get(..from)?, text.get(end..)?);
    let path = if before.ends_with("`${") {
        after.strip_prefix('}')?.split(['`', '$', '\n']).next()?
    } else {
        let rest = after.trim_start().strip_prefix('+')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        if before.trim_end().ends_with('+') {
            return None;
        }
        rest.get(1..)?.split([quote, '$', '\n']).next()?
    };
    let mut lines = before.rsplit('\n');
    let (line, above) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let asked = |line: &str| ASKS.iter().any(|word| line.contains(word));
    let whole = asked(line) || line.trim().trim_end_matches("`${").is_empty() && asked(above);
    (path.starts_with('/') && path.len() > 1 && whole && !line.contains("//")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn found(text: &str) -> Vec<String> {
        let map = SourceMap::new(Memory::new([("/a.jsx", text)]));
        let file = map.load(Path::new("/a.jsx")).unwrap();
        let all = reads(&file.text).filter(|read| !is_asked(&file.text, read.name));
        all.filter_map(|read| address(&file, &read)).map(|it| format!("{} {}", it.name, it.path)).collect()
    }

    #[test]
    fn addresses_that_begin_with_a_variable() {
        for text in [
            "fetch(`${import.meta.env.VITE_API}/orders/${id}`)\n",
            "const API = import.meta.env.VITE_API;\nconst get = () => fetch(`${API}/orders/`);\n",
            "export const API: string = import.meta.env.VITE_API as string;\naxios.get(API + '/orders/');\n",
            "axios.post(process.env.VITE_API + \"/orders/\", body)\n",
            "const API = import.meta.env.VITE_API\nconst r = await fetch(\n  `${API}/orders/`,\n  {});\n",
        ] {
            assert_eq!(found(text), ["VITE_API /orders/"], "{text}");
        }
    }

    #[test]
    fn what_has_something_in_its_place() {
        for text in [
            "const API = import.meta.env.VITE_API || '';\nfetch(`${API}/orders`);\n",
            "const API = import.meta.env.VITE_API\n  ?? '/api';\nfetch(`${API}/orders`);\n",
            "const API = import.meta.env.VITE_API;\nif (!API) throw new Error();\nfetch(`${API}/orders`);\n",
            "const API = import.meta.env.VITE_API;\nconst base = API ? API : '';\nfetch(`${API}/orders`);\n",
            "axios.create({ baseURL: import.meta.env.VITE_API });\n",
            "// fetch(`${import.meta.env.VITE_API}/orders`)\n",
            "const title = `${import.meta.env.VITE_TITLE}/x`;\n",
            "fetch(`https://${import.meta.env.VITE_HOST}/orders`)\n",
            "let API = import.meta.env.VITE_API;\nfetch(`${API}/orders`);\n",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
