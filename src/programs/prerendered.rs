//! Pages of Next.js that `next build` renders, and that ask a server while they are rendered: components of the server in `app/`, and
//! `getStaticProps` in `pages/`. <https://nextjs.org/docs/app/guides/caching>

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::Machine;
use super::has_extension;
use super::service_files::{Walks, is_aside};
use crate::source::{SourceFile, Span};

/// Sources that are looked into.
const MAX_FILES: usize = 600;
/// What is longer was not written by hand.
const MAX_SIZE: u64 = 128 << 10;
/// What makes Next.js render a page when somebody asks for it: also where another file that a page may take in has it.
const DYNAMIC: [&str; 13] = [
    "revalidate = 0",
    "force-dynamic",
    "next/headers",
    "noStore",
    "no-store",
    "connection(",
    "getServerSession",
    "auth(",
    "draftMode",
    "searchParams",
    "currentUser(",
    "NEXT_PHASE",
    "revalidate: 0",
];
/// What else a page has that is not rendered by the build, or goes on where a server does not answer.
const OPEN: [&str; 8] = [
    "use client",
    "use cache",
    "dynamic =",
    "cache(",
    "try {",
    ".catch(",
    "Promise.allSettled",
    "process.env",
];
/// Settings of Next.js under which pages are rendered in another way.
const SETTINGS: [&str; 4] = ["cacheComponents", "dynamicIO", "ppr:", "useCache"];

/// A page that asks a database while the image is built.
#[derive(Clone, Debug)]
pub struct Prerendered {
    /// The file, from the folder of the program on.
    pub page: String,
    /// Where it asks.
    pub at: Span,
}

struct Page {
    place: PathBuf,
    file: Arc<SourceFile>,
}

/// The first page of the program in this folder that surely asks a database through Prisma when it is rendered by the build.
pub(super) fn of(machine: &Machine<'_>, directory: &Path) -> Option<Prerendered> {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &["js", "jsx", "ts", "tsx", "mjs"])
            && !path.iter().any(|part| part == "node_modules" || part == ".next")
    }
    let names = ["next.config.js", "next.config.mjs", "next.config.ts"];
    let settings = names.iter().filter_map(|name| machine.text(&directory.join(name)));
    if settings.into_iter().any(|text| SETTINGS.iter().any(|word| text.contains(word))) {
        return None;
    }
    let holding = machine.below.sources(machine.sources, &Walks::default(), wanted);
    if holding.files.len() > MAX_FILES || !holding.cut.is_empty() {
        return None;
    }
    let mut files = Vec::new();
    for (place, host) in holding.files {
        let Ok(below) = place.strip_prefix(directory) else { continue };
        if is_aside(below) {
            continue;
        }
        let peeked = machine.sources.peek(&host, MAX_SIZE).ok()?;
        let stem = place.file_stem()?.to_str()?;
        let apart = stem == "route" || stem == "middleware" || below.iter().any(|part| part == "api");
        if !apart && DYNAMIC.iter().any(|word| peeked.text().contains(word)) && stem != "page" {
            // Who takes it in is not followed.
            return None;
        }
        if ["prisma", "Prisma"].iter().any(|word| peeked.text().contains(word)) {
            files.push(Page { place: below.to_path_buf(), file: machine.sources.keep(&host, peeked).ok()? });
        }
    }
    let clients: Vec<String> = files.iter().filter_map(|page| client(&page.file.text)).collect();
    files.iter().filter(|page| is_page(page)).find_map(|page| {
        let at = clients.iter().find_map(|name| asks(&page.file, name))?;
        Some(Prerendered { page: page.place.display().to_string(), at })
    })
}

/// The name under which a file gives out a client of Prisma's.
fn client(text: &str) -> Option<String> {
    if !text.contains("new PrismaClient(") {
        return None;
    }
    let mut lines = text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("export ")?;
        let rest = rest.strip_prefix("const ").or_else(|| rest.strip_prefix("default "))?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty() && *name != "function" && *name != "async")
    });
    lines.next().map(str::to_string)
}

/// Whether a file is a page that the build renders: one of a fixed address, by nothing that is known when it is asked for alone.
fn is_page(page: &Page) -> bool {
    let text = page.file.text.as_ref();
    let below = page.place.strip_prefix("src").unwrap_or(&page.place);
    let open = page.place.to_str().is_none_or(|name| name.contains(['[', '@']));
    let stem = page.place.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let kind = match below.iter().next().and_then(|first| first.to_str()) {
        Some("app") => stem == "page",
        Some("pages") => text.contains("getStaticProps") && !stem.starts_with('_'),
        _ => false,
    };
    kind && !open && !DYNAMIC.iter().chain(&OPEN).any(|word| text.contains(word))
}

/// Where the component of a page, or `getStaticProps`, asks a client, whatever happens.
fn asks(file: &SourceFile, client: &str) -> Option<Span> {
    let text = file.text.as_ref();
    let imported = text.lines().any(|line| {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        line.starts_with("import ") && words.into_iter().any(|word| word == client)
    });
    let starts = ["export default async function", "export async function getStaticProps"];
    let from = starts.iter().find_map(|start| text.find(start)).filter(|_| imported)?;
    let body = text.get(from..)?;
    let sign = format!("await {client}.");
    let at = from + body.find(&sign)?;
    let before = text.get(from..at)?;
    // What stands within a block of its own may never run; the braces of parameters are closed.
    let depth = before.matches('{').count().checked_sub(before.matches('}').count())?;
    let goes_on =
        !["return", "throw", "=>", "if (", "redirect(", "notFound("].iter().any(|word| before.contains(word));
    (depth == 1 && goes_on).then(|| file.slice(at, at + sign.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn at(text: &str) -> Option<String> {
        let map = SourceMap::new(Memory::new([("/page.tsx", text)]));
        let file = map.load(Path::new("/page.tsx")).unwrap();
        asks(&file, "prisma").map(|span| file.snippet(span).to_string())
    }

    #[test]
    fn what_is_asked_whatever_happens() {
        let import = "import { prisma } from '@/lib/prisma';\n";
        let text = |body: &str| format!("{import}{body}");
        let some = Some("await prisma".to_string());
        assert_eq!(
            at(&text("export default async function Page() {\n  const a = await prisma.a.findMany();\n}\n")),
            some
        );
        assert_eq!(
            at(&text("export async function getStaticProps() {\n  return { props: { a: 1 } };\n}\n")),
            None
        );
        for body in [
            "export default async function Page() {\n  if (x) {\n    await prisma.a.findMany();\n  }\n}\n",
            "export default function Page() {\n  return null;\n}\nasync function save() {\n  await prisma.a.create({});\n}\n",
            "export default async function Page() {\n  async function save() {\n    'use server';\n    await prisma.a.create({});\n  }\n}\n",
        ] {
            assert_eq!(at(&text(body)), None, "{body}");
        }
        assert_eq!(at("export default async function Page() {\n  await prisma.a.findMany();\n}\n"), None);
    }

    #[test]
    fn clients_by_their_names() {
        let of = |text: &str| client(text);
        let shared = "const held = globalThis as any;\nexport const db = held.db ?? new PrismaClient();\n";
        assert_eq!(of(shared).as_deref(), Some("db"));
        assert_eq!(
            of("const prisma = new PrismaClient();\nexport default prisma;\n").as_deref(),
            Some("prisma")
        );
        assert_eq!(of("export const prisma = connect();\n"), None);
    }
}
