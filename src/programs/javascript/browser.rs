//! Which code runs in a browser: addresses that it dials are not the container's.

use std::path::Path;

use crate::programs::{SinkKind, has_extension};

/// Packages that only code of pages imports.
const OF_PAGES: [&str; 13] = [
    "react-dom/client",
    "@angular/core",
    "@angular/common/http",
    "vue",
    "vue-router",
    "pinia",
    "vuex",
    "svelte",
    "svelte/store",
    "solid-js",
    "preact",
    "react-native",
    "react-router-dom",
];

/// Signs of code that reacts to what somebody does on a page.
const INTERACTIVE: [&str; 13] = [
    "useState(",
    "useState<",
    "useEffect(",
    "useReducer(",
    "useCallback(",
    "useQuery(",
    "useMutation(",
    "useSWR(",
    "createRoot(",
    "ReactDOM.",
    "window.location",
    "document.getElementById",
    "localStorage.",
];

/// Functions that frameworks call on the server, also in the file of a page.
const ON_THE_SERVER: [&str; 20] = [
    "getServerSideProps",
    "getStaticProps",
    "getStaticPaths",
    "getInitialProps",
    "generateMetadata",
    "generateStaticParams",
    "loader",
    "action",
    "load",
    "handler",
    "middleware",
    "register",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "sitemap",
];

/// Functions that only run on the server, whatever the file is.
const NEVER_IN_BROWSERS: [&str; 9] = [
    "getServerSideProps",
    "generateMetadata",
    "generateStaticParams",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
];

/// Files that a framework runs on the server alone, where they are not handed to the browser: pages, layouts and routes of
/// Next.js' `app/`, endpoints of its `pages/api/`, SvelteKit's and Nuxt's servers.
pub(super) fn is_of_server(path: &Path, text: &str) -> bool {
    let names: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let Some((file, folders)) = names.split_last() else { return false };
    let stem = file.split('.').next().unwrap_or(file);
    let within = |folder: &str| folders.contains(&folder);
    let pair = |first: &str, second: &str| folders.windows(2).any(|pair| pair == [first, second]);
    let page = matches!(stem, "page" | "layout" | "route" | "template" | "default") && within("app");
    let server = file.contains(".server.") || *file == "+server.ts" || *file == "+server.js";
    let next = pair("pages", "api") || stem == "middleware" && text.contains("next/server");
    let nuxt = pair("server", "api") || pair("server", "routes");
    !is_client(text) && (page || server || next || nuxt)
}

/// Whether a function only runs on the server.
pub(super) fn is_server_function(name: &str) -> bool {
    NEVER_IN_BROWSERS.contains(&name)
}

/// Where the code of a file runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Browser,
    /// In both: only functions that frameworks call on the server are not for the browser.
    Both,
}

/// Where the code that is being read runs.
#[derive(Debug)]
pub(super) struct Browser {
    side: Side,
    /// Whether the code being read runs in a browser.
    pub now: bool,
}

impl Browser {
    /// What the path and text of a file tell.
    pub fn of(path: &Path, text: &str) -> Self {
        let imported = |name: &str| {
            text.match_indices(name).any(|(at, _)| {
                let quote = |c: Option<char>| matches!(c, Some('"' | '\''));
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                quote(before) && quote(text.get(at + name.len()..).and_then(|after| after.chars().next()))
            })
        };
        let side = if has_directive(text, "use server") || has_extension(path, &["astro"]) {
            Side::Server
        } else if has_extension(path, &["vue"])
            || is_client(text)
            || text.contains("import.meta.env.VITE_")
            || OF_PAGES.iter().any(|name| imported(name))
        {
            Side::Browser
        } else if INTERACTIVE.iter().any(|sign| text.contains(sign)) && shows_pages(path, text) {
            Side::Both
        } else {
            Side::Server
        };
        Self { side, now: side != Side::Server }
    }

    /// Whether a function runs in a browser, in code that does (`now`) or does not.
    pub fn within(&self, name: Option<&str>, asynchronous: bool, body: &str) -> bool {
        if self.side != Side::Both {
            return self.now;
        }
        let named = |name: &str| {
            let component = name.starts_with(|c: char| c.is_uppercase());
            ON_THE_SERVER.contains(&name) || component && asynchronous
        };
        let server = name.is_some_and(named) || has_directive(body.trim_start_matches('{'), "use server");
        !server && self.now
    }

    /// Whether a client of this kind is one that browsers make, too.
    pub fn may_make(kind: SinkKind) -> bool {
        matches!(kind, SinkKind::Http | SinkKind::Elasticsearch | SinkKind::Grpc | SinkKind::Mqtt)
    }
}

fn shows_pages(path: &Path, text: &str) -> bool {
    has_extension(path, &["tsx", "jsx"]) || text.contains("'react'") || text.contains("\"react\"")
}

/// Whether the whole file is handed to the browser.
pub(super) fn is_client(text: &str) -> bool {
    has_directive(text, "use client")
}

/// Whether the first statement is this directive.
fn has_directive(text: &str, directive: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches('\u{feff}').trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        } else {
            break;
        }
    }
    let inside = rest.strip_prefix(['"', '\'']).unwrap_or("");
    inside.strip_prefix(directive).is_some_and(|rest| rest.starts_with(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides() {
        let side = |path: &str, text: &str| Browser::of(Path::new(path), text).side;
        assert_eq!(side("a.tsx", "/* x */ 'use client'\nfetch('/')"), Side::Browser);
        assert_eq!(side("a.ts", "import { ref } from 'vue'"), Side::Browser);
        assert_eq!(side("a.ts", "const useState = 1"), Side::Server);
        assert_eq!(side("a.tsx", "const [a] = useState(1)"), Side::Both);
        assert_eq!(side("a.tsx", "export default async function Page() {}"), Side::Server);
    }

    #[test]
    fn functions_of_a_page() {
        let page = Browser::of(Path::new("a.tsx"), "useEffect(() => {})");
        assert!(page.within(Some("Page"), false, "{}"));
        assert!(!page.within(Some("getServerSideProps"), true, "{}"));
        assert!(!page.within(Some("save"), true, "{ 'use server'; }"));
    }
}
