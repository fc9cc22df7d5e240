//! The folders from which a program in Go serves files, `http.FileServer(http.Dir("./static"))`, as far as their names are written out:
//! where one is not there, every file of it is answered with 404.

use std::path::Path;

use crate::source::{Files, Kind, SourceFile, Span, is_ignored};

/// Calls that are told a folder, and whether a path of requests stands before that.
const CALLS: [(&str, bool); 2] = [("http.Dir(", false), (".Static(", true)];
/// Calls of one kind that are looked at in a file.
const MAX_CALLS: usize = 20;
/// What asks whether a folder is there, or makes it; and what puts files into the program.
const ASKS: [&str; 5] = ["os.Stat", "IsNotExist", "MkdirAll", "os.Mkdir", "go:embed"];

/// The folders that a source serves, each where it stands.
pub(super) fn told(file: &SourceFile) -> Vec<(String, Span)> {
    let text = file.text.as_ref();
    let mut found = Vec::new();
    if ASKS.iter().any(|word| text.contains(word)) {
        return found;
    }
    for (call, second) in CALLS {
        for (at, _) in text.match_indices(call).take(MAX_CALLS) {
            let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("");
            let Some(rest) = text.get(at + call.len()..) else { continue };
            let rest = rest.split('\n').next().unwrap_or("");
            let argument = if second { rest.split_once(',').map_or("", |(_, rest)| rest) } else { rest };
            let argument = argument.trim_start();
            let literal = argument.strip_prefix('"').and_then(|inside| inside.split_once('"'));
            let Some((name, behind)) = literal.filter(|_| !line.contains("//")) else { continue };
            let from = at + call.len() + (rest.len() - argument.len()) + 1;
            let plain = name.trim_start_matches("./").trim_end_matches('/');
            let inside =
                !plain.is_empty() && !plain.starts_with(['.', '/']) && !plain.contains(['$', '%', ':']);
            if inside && behind.trim_start().starts_with([')', ',']) {
                found.push((plain.to_string(), file.slice(from, from + name.len())));
            }
        }
    }
    found
}

/// Whether the folder lies beside the manifest of the program, and is no product of a build.
pub(super) fn is_kept(files: &dyn Files, source: &Path, name: &str) -> bool {
    let mut above = source.ancestors().skip(1);
    let root = above.find(|folder| files.kind(&folder.join("go.mod")).is_some());
    root.is_some_and(|root| {
        let host = root.join(name);
        files.kind(&host) == Some(Kind::Directory) && !is_ignored(files, &host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    #[test]
    fn folders_that_are_served() {
        let names = |text: &str| {
            let map = SourceMap::new(Memory::new([("/main.go", text)]));
            let file = map.load(Path::new("/main.go")).unwrap();
            told(&file).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names("\thttp.Handle(\"/\", http.FileServer(http.Dir(\"./static/\")))\n"), ["static"]);
        assert_eq!(names("\trouter.Static(\"/assets\", \"web/assets\")\n"), ["web/assets"]);
        for text in [
            "\thttp.FileServer(http.Dir(*dir))\n",
            "\t// http.Dir(\"static\")\n",
            "\thttp.Dir(\"/srv/static\")\n",
            "\tif _, err := os.Stat(\"static\"); err == nil {\n\t\thttp.Dir(\"static\")\n\t}\n",
            "\thttp.Dir(\"static\" + name)\n",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
    }
}
