//! The code that stands in pages of Vue and Astro: what of it runs on the server.

use std::path::Path;

use crate::programs::has_extension;

/// The extensions of such files.
pub(super) const SECTIONED: [&str; 2] = ["vue", "astro"];
/// Calls of Nuxt by which a page asks for its data before it is shown.
const ASKS: [&str; 4] = ["useFetch(", "useLazyFetch(", "useAsyncData(", "useFetch<"];

/// Whether the file is made of sections.
pub(super) fn is_sectioned(path: &Path) -> bool {
    has_extension(path, &SECTIONED)
}

/// Whether a text of one language among others can hold what a server runs, if it is such a file at all.
pub(super) fn concerns(text: &str) -> Option<bool> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("---") {
        return Some(frontmatter(text).is_some_and(|(from, to)| {
            text.get(from..to)
                .is_some_and(|code| ["fetch(", "env.", "import "].iter().any(|sign| code.contains(sign)))
        }));
    }
    let pages = start.starts_with("<script") || start.starts_with("<template") || start.starts_with("<!--");
    pages.then(|| asks(text))
}

/// Whether a page asks for data on the server.
pub(super) fn asks(text: &str) -> bool {
    ASKS.iter().any(|call| text.contains(call)) && !text.contains("@vueuse/core")
}

/// The text with blanks for all that is no code of the server.
pub(super) fn code_of(path: &Path, text: &str) -> String {
    let kept: Vec<(usize, usize)> = match has_extension(path, &["astro"]) {
        true => frontmatter(text).into_iter().collect(),
        false => scripts(text),
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (from, to) in kept {
        blank(text.get(at..from).unwrap_or(""), &mut out);
        out.push_str(text.get(from..to).unwrap_or(""));
        at = to;
    }
    blank(text.get(at..).unwrap_or(""), &mut out);
    out
}

fn blank(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// What stands between the lines `---` at the start.
fn frontmatter(text: &str) -> Option<(usize, usize)> {
    let open = text.find("---")?;
    if !text.get(..open)?.trim_start_matches('\u{feff}').trim().is_empty() {
        return None;
    }
    let from = open + 3;
    let close = text.get(from..)?.find("\n---")?;
    Some((from, from + close))
}

/// What stands within `<script>`.
fn scripts(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find("<script")) {
        let tag = at + open;
        let Some(from) = text.get(tag..).and_then(|rest| rest.find('>')).map(|end| tag + end + 1) else {
            break;
        };
        let Some(length) = text.get(from..).and_then(|rest| rest.find("</script")) else { break };
        out.push((from, from + length));
        at = from + length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_its_place() {
        let text = "<template>é</template>\n<script setup lang=\"ts\">\nconst a = 1\n</script>\n";
        let code = code_of(Path::new("a.vue"), text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.find("const a"), text.find("const a"));
        assert_eq!(code.trim(), "const a = 1");
        let text = "---\nconst a = 1\n---\n<script>b()</script>";
        assert_eq!(code_of(Path::new("a.astro"), text).trim(), "const a = 1");
        for odd in ["", "---", "---\n", "<script", "<script>", "<script></scrip"] {
            assert_eq!(code_of(Path::new("a.vue"), odd).len(), odd.len());
            assert_eq!(code_of(Path::new("a.astro"), odd).len(), odd.len());
            let _ = concerns(odd);
        }
    }

    #[test]
    fn only_what_asks_on_the_server_concerns() {
        assert_eq!(concerns("const a = 1"), None);
        assert_eq!(concerns("<template/><script>fetch('/x')</script>"), Some(false));
        assert_eq!(concerns("<script setup>const { data } = await useFetch('/x')</script>"), Some(true));
        assert_eq!(concerns("---\nconst a = await fetch('/x')\n---\n"), Some(true));
    }
}
