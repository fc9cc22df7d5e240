//! Which modules a Python file loads, and where they lie.

use std::path::{Path, PathBuf};

/// Names that make a library load the modules named in strings on the same line.
const LOADERS: [&str; 9] = [
    "DJANGO_SETTINGS_MODULE",
    "import_module(",
    "__import__(",
    "from_object(",
    "from_pyfile(",
    "autodiscover_tasks(",
    "include(",
    "include=",
    "uvicorn.run(",
];

/// The modules that the text imports, by a scan over its lines: `from a import b` gives `a` and `a.b`.
pub(super) fn scan(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = 0;
    let splits = text.contains("split_settings");
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start();
        if splits && line.contains(".py") && !trimmed.starts_with('#') {
            settings_files(line, &mut out);
        }
        if let Some(rest) = trimmed.strip_prefix("import ") {
            plain(rest, &mut out);
        } else if let Some(rest) = trimmed.strip_prefix("from ") {
            let offset = start + (line.len() - rest.len());
            from(text.get(offset..).unwrap_or(rest), rest, &mut out);
        } else if LOADERS.iter().any(|loader| line.contains(loader)) {
            named_in_strings(line, &mut out);
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|name| seen.insert(name.clone()));
    out
}

fn plain(rest: &str, out: &mut Vec<String>) {
    let code = rest.split(['#', ';', '\n', '\r']).next().unwrap_or("");
    for part in code.split(',') {
        if let Some(name) = part.split_whitespace().next().filter(|name| dotted(name)) {
            out.push(name.to_string());
        }
    }
}

/// `from MODULE import …`: `line` is the rest of the line, `text` the rest of the file.
fn from(text: &str, line: &str, out: &mut Vec<String>) {
    let Some((module, names)) = line.split_once("import") else { return };
    let module = module.trim();
    let relative = module.starts_with('.');
    if !(dotted(module.trim_start_matches('.')) || relative && module.chars().all(|c| c == '.')) {
        return;
    }
    out.push(module.to_string());
    let names = match names.trim_start().starts_with('(') {
        true => text.split_once('(').map_or("", |(_, rest)| rest.split(')').next().unwrap_or("")),
        false => names,
    };
    let dot = if module.ends_with('.') { "" } else { "." };
    for line in names.lines().take(400) {
        let code = line.split(['#', ';']).next().unwrap_or("");
        for part in code.split(',') {
            if let Some(name) = part.split_whitespace().next().filter(|name| dotted(name)) {
                out.push(format!("{module}{dot}{name}"));
            }
        }
    }
}

/// `include("components/common.py", …)` of django-split-settings: files beside this one.
fn settings_files(line: &str, out: &mut Vec<String>) {
    for part in line.split(['"', '\'']).skip(1).step_by(2).take(50) {
        let Some(file) = part.strip_suffix(".py") else { continue };
        let name = file.replace('/', ".");
        if dotted(&name) {
            out.push(format!(".{name}"));
        }
    }
}

fn named_in_strings(line: &str, out: &mut Vec<String>) {
    let django = line.contains("autodiscover_tasks(");
    let file = line.contains("from_pyfile(");
    for part in line.split(['"', '\'']).skip(1).step_by(2).take(50) {
        let name = part.split(':').next().unwrap_or("");
        let name = if file { name.strip_suffix(".py").unwrap_or(name) } else { name };
        if dotted(name) && name != "DJANGO_SETTINGS_MODULE" {
            out.push(name.to_string());
            // `"app.settings.Production"`: the module is what the class stands in.
            if let Some((module, last)) = name.rsplit_once('.')
                && last.starts_with(char::is_uppercase)
            {
                out.push(module.to_string());
            }
            if django {
                out.push(format!("{name}.tasks"));
            }
        }
    }
}

fn dotted(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| {
            !part.is_empty()
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !part.starts_with(|c: char| c.is_ascii_digit())
        })
}

/// Where a module may lie: as a file or a package, below the roots, then below the directories above the
/// importing file (the directory of the started script is a root, and so is what `PYTHONPATH` names).
pub(super) fn candidates(importer: &Path, module: &str, roots: &[PathBuf]) -> Vec<PathBuf> {
    let name = module.trim_start_matches('.');
    let dots = module.len() - name.len();
    let tail: PathBuf = name.split('.').filter(|part| !part.is_empty()).collect();
    let mut out = Vec::new();
    let mut below = |directory: &Path| {
        if name.is_empty() {
            out.push(directory.join("__init__.py"));
        } else {
            let path = directory.join(&tail);
            out.push(path.join("__init__.py"));
            out.push(path.with_file_name(format!(
                "{}.py",
                path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
            )));
        }
    };
    if dots > 0 {
        if let Some(directory) = importer.ancestors().nth(dots) {
            below(directory);
        }
        return out;
    }
    roots.iter().for_each(|root| below(root));
    importer.ancestors().skip(1).take(12).for_each(&mut below);
    out
}

/// The `__init__.py` of the packages above the file.
pub(super) fn packages_above(path: &Path) -> Vec<PathBuf> {
    path.ancestors()
        .skip(1)
        .take(12)
        .map(|directory| directory.join("__init__.py"))
        .filter(|p| p != path)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_scanned() {
        let text = "import os, app.config as c\nfrom . import db\nfrom ..core.settings import (\n    A,  # a\n    B as b,\n)\n\
                    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nx = 'import y'\n";
        assert_eq!(
            scan(text),
            [
                "os",
                "app.config",
                ".",
                ".db",
                "..core.settings",
                "..core.settings.A",
                "..core.settings.B",
                "shop.settings"
            ]
        );
    }

    #[test]
    fn relative_imports_start_from_the_package() {
        let found = candidates(Path::new("/app/shop/api/views.py"), "..db", &[]);
        assert_eq!(found, [Path::new("/app/shop/db/__init__.py"), Path::new("/app/shop/db.py")]);
        let found = candidates(Path::new("/app/shop/api/views.py"), ".", &[]);
        assert_eq!(found, [Path::new("/app/shop/api/__init__.py")]);
    }

    #[test]
    fn absolute_imports_start_from_the_roots_then_from_above() {
        let found = candidates(Path::new("/app/shop/views.py"), "shop.db", &[PathBuf::from("/srv")]);
        assert_eq!(found[1], Path::new("/srv/shop/db.py"));
        assert!(found.contains(&PathBuf::from("/app/shop/db.py")));
    }

    #[test]
    fn odd_text_is_no_import() {
        assert_eq!(scan("from here on, import nothing\nimport 3\nfrom  import x\n"), Vec::<String>::new());
    }
}
