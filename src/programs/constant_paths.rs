//! The files and folders that programs open by a relative path which is written out, and cannot do without, as far as a text
//! tells: what asks first whether they are there is left alone.

use crate::source::{SourceFile, Span};

/// Calls of one kind that are looked at in a file.
const MAX_CALLS: usize = 20;
/// How far the lines behind a call are looked at.
const AROUND: usize = 200;
/// What asks whether a file is there, or goes on without it.
const ASKS: [&str; 12] = [
    "exists",
    "is_file",
    "isfile",
    "IsNotExist",
    "ErrNotExist",
    "try",
    "except",
    "catch",
    "os.Stat",
    "statSync",
    "access",
    "rescue",
];

/// The calls of a language that open a file, and what must stand before each in its line.
fn calls(language: &str) -> &'static [&'static str] {
    match language {
        "go" => &["os.ReadFile(", "ioutil.ReadFile(", "os.Open(", "os.ReadDir("],
        "python" => &["open(", "StaticFiles(directory=", "Path("],
        "javascript" => &["readFileSync("],
        "rust" => &["read_to_string("],
        "ruby" => &["YAML.load_file(", "YAML.safe_load_file(", "File.read(", "set :database_file, "],
        _ => &[],
    }
}

/// Whether what stands at this place is a folder of pages, which people do not make by hand.
pub(super) fn is_of_pages(file: &SourceFile, at: Span) -> bool {
    let before = at.lo.checked_sub(file.slice(0, 0).lo).and_then(|at| file.text.get(..at as usize));
    before.is_some_and(|before| before.trim_end_matches(['"', '\'']).ends_with("StaticFiles(directory="))
}

/// The manifests beside which such files lie.
pub(super) fn manifests(language: &str) -> &'static [&'static str] {
    match language {
        "go" => &["go.mod"],
        "python" => &["requirements.txt", "pyproject.toml", "Pipfile", "setup.py"],
        "javascript" => &["package.json"],
        "rust" => &["Cargo.toml"],
        "ruby" => &["Gemfile"],
        _ => &[],
    }
}

/// The names that a file opens, each where it stands.
pub(super) fn opened(language: &str, file: &SourceFile) -> Vec<(String, Span)> {
    let text = file.text.as_ref();
    let mut found = Vec::new();
    for call in calls(language) {
        for (at, _) in text.match_indices(call).take(MAX_CALLS) {
            let from = at + call.len();
            let Some(rest) = text.get(from..) else { continue };
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((name, behind)) = rest.get(1..).and_then(|rest| rest.split_once(quote)) else {
                continue;
            };
            let line = text.get(..at).unwrap_or("").rsplit('\n').next().unwrap_or("");
            if is_plain(name) && needs(language, call, line, text.get(..at).unwrap_or(""), behind) {
                let span = file.slice(from + 1, from + 1 + name.len());
                found.push((name.trim_start_matches("./").trim_end_matches('/').to_string(), span));
            }
        }
    }
    found
}

/// Whether a name is a relative path that is written out.
fn is_plain(name: &str) -> bool {
    let odd = ['{', '}', '$', '%', '\\', '*', '\n', ' ', ':', '<'];
    let inside = !name.starts_with(['/', '~']) && !name.starts_with("..");
    !name.is_empty() && inside && !name.contains(odd) && !name.starts_with(".env")
}

/// Whether the call is reached whatever happens, or its failure is passed on, and the program only reads.
fn needs(language: &str, call: &str, line: &str, before: &str, behind: &str) -> bool {
    let mut end = AROUND.min(behind.len());
    while !behind.is_char_boundary(end) {
        end -= 1;
    }
    let behind = behind.get(..end).unwrap_or("");
    let own = behind.split('\n').next().unwrap_or("");
    let comment = line.trim_start().starts_with(['#', '/', '*']);
    // The word before the call is of another function.
    let joined =
        line.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' && language == "python");
    if comment || joined && call != "readFileSync(" {
        return false;
    }
    let asks = |text: &str| ASKS.iter().any(|word| text.contains(word));
    match language {
        "go" => {
            let behind = behind.split_once('}').map_or(behind, |(block, _)| block);
            let passes = ["return", "Fatal", "panic(", "os.Exit("].iter().any(|word| behind.contains(word));
            let function = before.rsplit("func ").next().unwrap_or("");
            behind.contains("!= nil") && passes && !asks(behind) && !asks(function) && !line.contains("if ")
        }
        "python" => {
            let top = !line.starts_with([' ', '\t']);
            let writes = ["\"w", "'w", "\"a", "'a", "\"x", "'x"].iter().any(|mode| own.contains(mode));
            let reads = call != "Path(" || own.starts_with(").read_") || own.starts_with(").open(");
            let checked = own.contains("check_dir") || asks(own);
            top && reads && !writes && !checked && !before.ends_with("try:\n")
        }
        "javascript" => !line.starts_with([' ', '\t', '}']) && !asks(line) && !asks(own),
        "ruby" => {
            let top = !line.starts_with([' ', '\t']) || call.starts_with("set ");
            top && !asks(line) && !asks(own) && !own.contains(" if ") && !own.contains(" unless ")
        }
        "rust" => {
            let statement = behind.split(';').next().unwrap_or("");
            let ends = [")?", ".unwrap(", "expect("].iter().any(|word| statement.contains(word));
            let goes_on =
                ["unwrap_or", ".ok()", "match", "is_ok"].iter().any(|word| statement.contains(word));
            ends && !goes_on && !["if ", "match ", "while "].iter().any(|word| line.contains(word))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn names(language: &str, text: &str) -> Vec<String> {
        let map = SourceMap::new(Memory::new([("/file", text)]));
        let file = map.load(std::path::Path::new("/file")).unwrap();
        opened(language, &file).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_cannot_be_done_without() {
        let go = "func a() error {\n\tsql, err := os.ReadFile(\"./migrations/1.sql\")\n\tif err != nil {\n\t\treturn err\n\t}\n}\n\
            func b() {\n\tb, err := os.ReadFile(\"x.yaml\")\n\tif os.IsNotExist(err) {\n\t}\n}\n";
        assert_eq!(names("go", go), ["migrations/1.sql"]);
        let python = "with open(\"config/a.yaml\") as file:\n    pass\napp.mount(\"/static\", StaticFiles(directory=\"static\"))\n\
            def late():\n    open(\"b.yaml\")\nout = open(\"log\", \"w\")\ntry:\n    x = open('c')\nexcept OSError:\n    pass\n";
        assert_eq!(names("python", python), ["config/a.yaml", "static"]);
        let node =
            "const key = fs.readFileSync('certs/key.pem');\nfunction x() {\n  fs.readFileSync('y');\n}\n";
        assert_eq!(names("javascript", node), ["certs/key.pem"]);
        let rust = "let text = std::fs::read_to_string(\"shop.toml\")?;\nlet other = fs::read_to_string(\"x\").unwrap_or_default();\n";
        assert_eq!(names("rust", rust), ["shop.toml"]);
        let ruby = "set :database_file, 'config/database.yml'\nA = YAML.load_file('a.yml') if File.exist?('a.yml')\n";
        assert_eq!(names("ruby", ruby), ["config/database.yml"]);
    }
}
