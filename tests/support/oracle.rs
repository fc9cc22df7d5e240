//! The real `docker-compose`: where it is, what it says, and how answers are compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The home folder of whoever calls.
pub const HOME: &str = "/home/someone";
/// What is read from standard input where `-` is a file.
pub const INPUT: &str = "services:\n  a:\n    image: stdin\n";

/// A folder of the shared sets. `DOCKWORTHY_SHARED` names where they are, else `../shared`. Where the
/// folder is missing the test is skipped, but not on CI.
pub fn shared(set: &str) -> Option<PathBuf> {
    let shared =
        std::env::var_os("DOCKWORTHY_SHARED").map_or_else(|| super::root().join("../shared"), PathBuf::from);
    let folder = shared.join(set);
    if folder.is_dir() {
        return Some(std::fs::canonicalize(&folder).unwrap_or(folder));
    }
    super::skipped(format_args!("{} is not there; DOCKWORTHY_SHARED can name it", folder.display()));
    assert!(!on_ci(), "the shared sets must be there on CI");
    None
}

/// Whether this runs where nothing may be left out.
pub fn on_ci() -> bool {
    std::env::var("CI").as_deref() == Ok("true")
}

/// The program of `DOCKWORTHY_ORACLE`, else `docker-compose` on the path.
pub fn find() -> Option<PathBuf> {
    let program =
        std::env::var_os("DOCKWORTHY_ORACLE").map_or_else(|| "docker-compose".into(), PathBuf::from);
    let version = Command::new(&program).args(["version", "--short"]).output().ok();
    let version =
        version.filter(|it| it.status.success()).map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    if version.as_deref().map(str::trim) == Some("5.6.1") {
        return Some(program);
    }
    super::skipped(format_args!(
        "{} is not docker-compose 5.6.1 ({}); DOCKWORTHY_ORACLE can name it",
        program.display(),
        version.as_deref().map_or("not there", str::trim)
    ));
    assert!(!on_ci(), "the real docker-compose must be there on CI");
    None
}

/// What a program said.
pub struct Said {
    /// Whether it ended well.
    pub accepts: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a program in a folder with an environment of its own, bounded in time and memory.
pub fn run(program: &Path, folder: &Path, arguments: &[String], env: &BTreeMap<String, String>) -> Said {
    let input = arguments.iter().any(|argument| argument == "-");
    let mut command = Command::new("timeout");
    command
        .args(["-s", "KILL", "20", "prlimit", "--as=4294967296"])
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(env)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(if input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("timeout and prlimit are there");
    if let Some(mut stdin) = child.stdin.take() {
        use std::io::Write as _;
        // Who refuses its arguments does not read.
        let _ = stdin.write_all(INPUT.as_bytes());
    }
    let output = child.wait_with_output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { accepts: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Reads a file of JSON.
pub fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The strings of a list.
pub fn strings(value: &Value, key: &str) -> Vec<String> {
    let items = value[key].as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_string)).collect()
}

/// The environment of a case that is called in `directory`.
pub fn environment(case: &Value, directory: &Path) -> BTreeMap<String, String> {
    let given = case["env"].as_object().into_iter().flatten();
    let mut environment: BTreeMap<String, String> =
        given.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string())).collect();
    environment.entry("HOME".into()).or_insert_with(|| HOME.into());
    environment.entry("PWD".into()).or_insert_with(|| directory.to_string_lossy().into_owned());
    environment
}

/// The cases below a folder, by name.
pub fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join("case.json").is_file()).collect();
    folders.sort();
    folders
}

/// Every string of a value, changed.
pub fn each_string(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| each_string(item, change)).collect()),
        Value::Object(members) => {
            let changed = members.iter().map(|(key, member)| (key.clone(), each_string(member, change)));
            Value::Object(changed.collect())
        }
        other => other.clone(),
    }
}

/// What differs between two models, path by path.
pub fn differences(ours: &Value, theirs: &Value, path: &str, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(two)) => {
            for (key, value) in one {
                match two.get(key) {
                    Some(other) => differences(value, other, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key}: ours alone: {value}")),
                }
            }
            for (key, value) in two.iter().filter(|(key, _)| !one.contains_key(*key)) {
                found.push(format!("{path}.{key}: missing: {value}"));
            }
        }
        (Value::Number(one), Value::Number(two)) if one.as_f64() == two.as_f64() => {}
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: ours {ours}, theirs {theirs}")),
    }
}

/// The model with the names of folders as recorded answers have them.
pub fn place_names(model: &Value, folder: &Path) -> Value {
    let above = folder.parent().unwrap_or(folder).to_string_lossy();
    let folder = folder.to_string_lossy();
    let place = |text: &str| {
        let text = text.replace(folder.as_ref(), "$DIR").replace(HOME, "$HOME");
        text.replace(above.as_ref(), "$DIR/..")
    };
    each_string(model, &place)
}

/// Asks the real one. It needs neither engine nor network for this.
pub fn record(oracle: &Path, folder: &Path) -> Value {
    let case = read_json(&folder.join("case.json")).expect("a case is JSON");
    let project = std::fs::canonicalize(folder.join("proj")).expect("a case has a project");
    let directory = dockworthy::source::clean(&project.join(case["cwd"].as_str().unwrap_or(".")));
    let arguments: Vec<String> = strings(&case, "args")
        .into_iter()
        .chain(["config", "--format", "json"].map(str::to_string))
        .chain(strings(&case, "cfg"))
        .collect();
    let said = run(oracle, &directory, &arguments, &environment(&case, &directory));
    let err = said.err.replace(project.to_string_lossy().as_ref(), "$DIR");
    let warning = |line: &str| line.contains("level=warning");
    let error: Vec<&str> = err.lines().filter(|line| !warning(line)).collect();
    let accepted = said.accepts;
    let model: Option<Value> = accepted.then(|| serde_json::from_str(&said.out).expect("JSON"));
    json!({
        "rc": i32::from(!accepted),
        "error": error.join("\n"),
        "warnings": err.lines().filter(|line| warning(line)).filter_map(message).collect::<Vec<_>>(),
        "model": model.map(|model| place_names(&model, &project)),
    })
}

/// The message of a log line.
fn message(line: &str) -> Option<String> {
    let quoted = line.split_once("msg=")?.1;
    serde_json::from_str(quoted).ok().or_else(|| Some(quoted.to_string()))
}
