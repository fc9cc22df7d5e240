//! Files that programs write, or make anew, in folders that their containers do not have: nothing makes the folder, and git keeps no
//! empty one. What opens a file makes no folders (docs.python.org, `open`, `logging.FileHandler`, `sqlite3.connect`; nodejs.org,
//! `fs.createWriteStream`; Multer's README, "DiskStorage").

use std::path::{Path, PathBuf};

use super::notes::is_in_script;
use super::unstarted::Contents;
use super::{ModuleIndex, Scope};
use crate::source::{SourceFile, Span, clean};

/// Calls of one kind that are looked at in a file.
const MAX_CALLS: usize = 20;
/// What makes folders, or asks whether they are there, anywhere in a program.
const MAKES: [&str; 9] = [
    "mkdir",
    "makedirs",
    "ensureDir",
    "mkdirp",
    "outputFile",
    "create_dir",
    "exists(",
    "existsSync",
    "isdir(",
];
/// Folders that every system has.
const OF_SYSTEM: [&str; 12] =
    ["/tmp", "/var", "/etc", "/usr", "/home", "/root", "/dev", "/run", "/opt", "/srv", "/mnt", "/proc"];

/// A file that is opened for writing, by the text of its call up to the name.
struct Opens {
    language: &'static str,
    call: &'static str,
    /// What has to stand behind the name: how it is opened.
    modes: &'static [&'static str],
    /// Whether it is only opened when somebody asks for it.
    late: bool,
    /// What has to stand in the lines before, where the name is that of the folder.
    of_folder: Option<&'static str>,
    /// What the program gets.
    says: &'static str,
}

const PYTHON: &str = "FileNotFoundError: [Errno 2] No such file or directory";
const SQLITE: &str = "sqlite3.OperationalError: unable to open database file";
const NODE: &str = "ENOENT: no such file or directory";
const WRITES: [&str; 6] = ["\"w", "'w", "\"a", "'a", "\"x", "'x"];

const fn opens(language: &'static str, call: &'static str, late: bool, says: &'static str) -> Opens {
    Opens { language, call, modes: &[], late, of_folder: None, says }
}

const OPENS: [Opens; 11] = [
    opens("python", "FileHandler(", false, PYTHON),
    opens("python", "FileHandler(filename=", false, PYTHON),
    opens("python", "basicConfig(filename=", false, PYTHON),
    Opens { modes: &WRITES, ..opens("python", "open(", true, PYTHON) },
    opens("python", "sqlite3.connect(", true, SQLITE),
    opens("python", "create_engine(\"sqlite:///", true, SQLITE),
    opens("python", "create_engine('sqlite:///", true, SQLITE),
    opens("javascript", "fs.createWriteStream(", true, NODE),
    opens("javascript", "fs.writeFileSync(", true, NODE),
    Opens { of_folder: Some("destination"), ..opens("javascript", "cb(null, ", true, NODE) },
    Opens { of_folder: Some("destination"), ..opens("javascript", "cb(null,", true, NODE) },
];

/// How far before a call stands what makes it one of a folder.
const BEFORE: usize = 160;

/// A file that is written into a folder that the container does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folderless {
    /// The folder.
    pub folder: String,
    /// The file, as the program names it.
    pub name: String,
    /// Where it does.
    pub at: Span,
    /// Whether the program starts, and fails where it writes.
    pub late: bool,
    /// What it gets.
    pub says: &'static str,
}

/// The first such file of the modules that are loaded, in an image that is built here; `directory` is where the program starts.
#[must_use]
pub(super) fn of(
    contents: &Contents<'_>,
    scope: &Scope,
    loaded: &[ModuleIndex],
    directory: &Path,
) -> Option<Folderless> {
    let Contents { image, service, sources, project, started, .. } = *contents;
    if !image.is_built(service) || contents.is_vague() || started.unknown {
        return None;
    }
    let read: Vec<_> =
        loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source).collect();
    let makes = |text: &str| MAKES.iter().any(|word| text.contains(word));
    let commands = started.commands.iter().chain(started.calls.iter().map(|call| &call.launch));
    let by_command =
        commands.into_iter().any(|launch| launch.words.iter().any(|word| word.contains("mkdir")));
    if by_command || contents.command.iter().any(|text| makes(&text.assumed())) {
        return None;
    }
    let lacks = |name: &str| {
        let folder = match name.strip_suffix('/') {
            Some(folder) => Path::new(folder),
            None => Path::new(name).parent().filter(|folder| !folder.as_os_str().is_empty())?,
        };
        let place = clean(&directory.join(folder));
        let first = PathBuf::from_iter(place.components().take(2));
        let known =
            !OF_SYSTEM.iter().any(|folder| first == Path::new(folder)) || place.starts_with(directory);
        let below = |target: &str| Path::new(target).starts_with(&place);
        let mounted = service.volumes.iter().any(|mount| below(&mount.target));
        let named = folder.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let told = || {
            let says = |text: &str| text.contains("mkdir") && text.contains(named);
            is_in_script(sources.files(), project, true, &says)
        };
        let absent = known
            && place != Path::new("/")
            && contents.resolve(&place).is_none()
            && !mounted
            && !contents.tree.layers().iter().any(|layer| layer.target.starts_with(&place))
            && !contents.may_hold(&place)
            && image.working_dir.as_deref().is_none_or(|own| !Path::new(own).starts_with(&place));
        (absent && !told()).then_some(place)
    };
    let logs =
        read.iter().filter(|source| source.front_end.name() == "python" && source.glance(has_handlers));
    let logs = logs.flat_map(|source| of_handlers(source.file()));
    let logs = logs.into_iter().find_map(|(name, at)| {
        let folder = lacks(&name)?.display().to_string();
        Some(Folderless { folder, name, at, late: false, says: PYTHON })
    });
    let asked = read.iter().flat_map(|source| {
        let all = OPENS.iter().filter(|opens| opens.language == source.front_end.name());
        all.filter(|opens| source.glance(|text| text.contains(opens.call)))
            .flat_map(|opens| opened(opens, source.file()).into_iter().map(move |found| (opens, found)))
    });
    let found = logs.or_else(|| {
        asked.into_iter().find_map(|(opens, (name, at))| {
            let folder = lacks(&name)?.display().to_string();
            Some(Folderless { folder, name, at, late: opens.late, says: opens.says })
        })
    })?;
    // Somewhere it may make what it needs.
    (!read.iter().any(|source| source.glance(makes))).then_some(found)
}

/// Whether a text describes handlers of logs that write files: the `LOGGING` of Django, what `logging.config.dictConfig` is given.
fn has_handlers(text: &str) -> bool {
    text.contains("FileHandler") && FILES.iter().any(|key| text.contains(key))
}

/// The keys of the file of such a handler.
const FILES: [&str; 2] = ["\"filename\":", "'filename':"];

/// The files of such handlers, as they are named from the folder of the project: by one text, or by several below `BASE_DIR`.
fn of_handlers(file: &SourceFile) -> Vec<(String, Span)> {
    let text = file.text.as_ref();
    let mut found = Vec::new();
    for key in FILES {
        for (at, _) in text.match_indices(key).take(MAX_CALLS) {
            let before = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
            let from = at + key.len();
            let line = text.get(from..).and_then(|rest| rest.split('\n').next()).unwrap_or("");
            let value = line.trim().trim_end_matches(',');
            let plain = value.starts_with(['"', '\'']);
            let below = ["BASE_DIR", "os.path.join(BASE_DIR", "str(BASE_DIR", "Path(BASE_DIR"];
            if before.contains('#') || !plain && !below.iter().any(|start| value.starts_with(start)) {
                continue;
            }
            let quote = |c: char| matches!(c, '"' | '\'');
            let parts: Vec<&str> = value.split(quote).skip(1).step_by(2).collect();
            let name = parts.iter().map(|part| part.trim_matches('/')).collect::<Vec<_>>().join("/");
            let absolute = plain && value.get(1..).is_some_and(|rest| rest.starts_with('/'));
            let name = if absolute { format!("/{name}") } else { name };
            if is_plain(&name) {
                let start = from + line.find(value).unwrap_or(0);
                found.push((name, file.slice(start, start + value.len())));
            }
        }
    }
    found
}

/// The names that a file opens in this way, each where it stands.
fn opened(opens: &Opens, file: &SourceFile) -> Vec<(String, Span)> {
    let text = file.text.as_ref();
    let mut found = Vec::new();
    for (at, _) in text.match_indices(opens.call).take(MAX_CALLS) {
        let before = text.get(..at).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        let joined =
            opens.call == "open(" && line.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let comment = line.trim_start().starts_with(['#', '/', '*']);
        let from = at + opens.call.len();
        let Some(rest) = text.get(from..).filter(|_| !joined && !comment) else { continue };
        // The name is all of a text, or what stands behind the scheme of a URL.
        let within_text = opens.call.chars().find(|c| matches!(c, '"' | '\''));
        let begins = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = within_text.or(begins) else { continue };
        let skipped = usize::from(within_text.is_none());
        let Some((name, behind)) = rest.get(skipped..).and_then(|rest| rest.split_once(quote)) else {
            continue;
        };
        let own = behind.split('\n').next().unwrap_or("");
        let mode = opens.modes.is_empty() || opens.modes.iter().any(|mode| own.contains(mode));
        // A handler that opens its file later does so when it is used.
        let delayed = own.contains("delay=True");
        let span = file.slice(from + skipped, from + skipped + name.len());
        match opens.of_folder {
            None if mode && !delayed && is_plain(name) => found.push((name.to_string(), span)),
            Some(word) if within(before, BEFORE).contains(word) => {
                // What is put behind it is the name of a file.
                let name = format!("{}/", name.trim_end_matches('/'));
                found.extend(is_plain(&name).then_some((name, span)));
            }
            _ => {}
        }
    }
    found
}

/// The end of a text, of this length at most.
fn within(text: &str, length: usize) -> &str {
    let mut from = text.len().saturating_sub(length);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..).unwrap_or("")
}

/// Whether a name is a path that is written out, in a folder of its own.
fn is_plain(name: &str) -> bool {
    let odd = ['{', '}', '$', '%', '\\', '*', '\n', ' ', ':', '<', '?', '~'];
    name.trim_start_matches("./").contains('/') && !name.contains(odd) && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    #[test]
    fn names_that_are_written() {
        let text = "h = logging.FileHandler('logs/app.log')\nr = RotatingFileHandler(\"out/r.log\", maxBytes=1)\n\
            d = FileHandler('later/a.log', delay=True)\nf = open('data/x.json', 'w')\ng = open('data/y.json')\n\
            w = reopen('a/b', 'w')\n# open('c/d', 'w')\nlogging.basicConfig(filename='plain.log')\n\
            c = sqlite3.connect('db/a.sqlite')\ne = create_engine('sqlite:////data/b.db')\no = open(f'{x}/y', 'w')\n";
        let map = SourceMap::new(Memory::new([("/file", text)]));
        let file = map.load(Path::new("/file")).unwrap();
        let python = OPENS.iter().filter(|opens| opens.language == "python");
        let names: Vec<String> =
            python.flat_map(|opens| opened(opens, &file)).map(|(name, _)| name).collect();
        assert_eq!(names, ["logs/app.log", "out/r.log", "data/x.json", "db/a.sqlite", "/data/b.db"]);
        let text = "const s = multer.diskStorage({\n  destination: (q, f, cb) => cb(null, './uploads'),\n  filename: (q, f, cb) => cb(null, f.name),\n});\n\
            fs.createWriteStream('logs/access.log', { flags: 'a' });\n";
        let map = SourceMap::new(Memory::new([("/file", text)]));
        let file = map.load(Path::new("/file")).unwrap();
        let node = OPENS.iter().filter(|opens| opens.language == "javascript");
        let names: Vec<String> = node.flat_map(|opens| opened(opens, &file)).map(|(name, _)| name).collect();
        assert_eq!(names, ["logs/access.log", "./uploads/"]);
        let text = "LOGGING = {\n 'handlers': {\n  'a': {'class': 'logging.FileHandler',\n   'filename': BASE_DIR / 'logs' / 'shop.log',\n  },\n\
            'b': {\n \"filename\": os.path.join(BASE_DIR, \"out/b.log\"),\n 'filename': NAME,\n # 'filename': 'no/c.log',\n";
        let map = SourceMap::new(Memory::new([("/file", text)]));
        let file = map.load(Path::new("/file")).unwrap();
        let names: Vec<String> = of_handlers(&file).into_iter().map(|(name, _)| name).collect();
        assert!(has_handlers(text));
        assert_eq!(names, ["out/b.log", "logs/shop.log"]);
    }
}
