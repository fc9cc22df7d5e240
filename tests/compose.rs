//! The loader against the real `docker compose config`: our own cases, and, where they are at hand,
//! a shared set of cases and a corpus of public files with recorded answers.
//!
//! `UPDATE=1` records what the real one (`DOCKWORTHY_ORACLE`, else `docker-compose` on the path) says
//! to our own cases. `DOCKWORTHY_SHARED` names the folder of the shared sets, else `../shared`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use dockworthy::compose::{ConfigOptions, LoadOptions, config};
use dockworthy::source::{Disk, Memory, SourceMap};
use serde_json::{Value, json};

const HOME: &str = "/home/someone";

/// A case: files, arguments, and what the real one says.
struct Case {
    name: String,
    folder: PathBuf,
    options: LoadOptions,
    config: ConfigOptions,
    /// Where standard input is read.
    stdin: bool,
    expected: Value,
}

/// What we say to a case.
struct Answer {
    problems: Vec<String>,
    model: Option<Value>,
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    let items = value[key].as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_string)).collect()
}

/// The case in a folder; `None` when its arguments ask for what we do not do.
fn case(folder: &Path) -> Option<Case> {
    let case = read_json(&folder.join("case.json"))?;
    let project = folder.join("proj");
    let mut options =
        LoadOptions { current_directory: project.join(case["cwd"].as_str()?), ..LoadOptions::default() };
    options.current_directory = dockworthy::source::clean(&options.current_directory);
    let mut config = ConfigOptions::default();
    let mut arguments = strings(&case, "args").into_iter();
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "-f" => options.files.push(next().into()),
            "-p" => options.project_name = Some(next()),
            "--profile" => options.profiles.push(next()),
            "--env-file" => options.env_files.push(next().into()),
            "--project-directory" => options.project_directory = Some(next().into()),
            "--all-resources" => config.all_resources = true,
            _ => return None,
        }
    }
    for argument in strings(&case, "cfg") {
        match argument.as_str() {
            "--no-normalize" => config.no_normalize = true,
            "--no-path-resolution" => config.no_path_resolution = true,
            "--no-consistency" => config.no_consistency = true,
            "--no-env-resolution" => config.no_env_resolution = true,
            flag if flag.starts_with('-') => return None,
            service => config.services.push(service.to_string()),
        }
    }
    options.environment = environment(&case, &options.current_directory);
    Some(Case {
        name: folder.file_name()?.to_string_lossy().into_owned(),
        stdin: options.files.iter().any(|file| file.as_os_str() == "-"),
        folder: project,
        options,
        config,
        expected: read_json(&folder.join("expected.json"))?,
    })
}

fn environment(case: &Value, directory: &Path) -> BTreeMap<String, String> {
    let given = case["env"].as_object().into_iter().flatten();
    let mut environment: BTreeMap<String, String> =
        given.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string())).collect();
    environment.entry("HOME".into()).or_insert_with(|| HOME.into());
    environment.entry("PWD".into()).or_insert_with(|| directory.to_string_lossy().into_owned());
    environment
}

fn answer(case: &Case) -> Answer {
    let sources = SourceMap::new(Disk);
    if case.stdin {
        let text = b"services:\n  a:\n    image: stdin\n".to_vec();
        sources.insert(Path::new("-"), text).expect("there is room for it");
    }
    match config(&sources, &case.options, &case.config) {
        Err(error) => Answer { problems: vec![error.to_string()], model: None },
        Ok(resolved) => {
            let refusals = resolved.project.problems.iter().filter(|problem| problem.refuses);
            let problems: Vec<String> =
                refusals.map(|it| format!("{}: {}", it.kind.rule(), it.message)).collect();
            let accepted = problems.is_empty();
            Answer { problems, model: accepted.then(|| place_names(&resolved.model, &case.folder)) }
        }
    }
}

/// The model with the names of folders as recorded answers have them.
fn place_names(model: &Value, folder: &Path) -> Value {
    let above = folder.parent().unwrap_or(folder).to_string_lossy();
    let folder = folder.to_string_lossy();
    let place = |text: &str| {
        let text = text.replace(folder.as_ref(), "$DIR").replace(HOME, "$HOME");
        text.replace(above.as_ref(), "$DIR/..")
    };
    each_string(model, &place)
}

fn each_string(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
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
fn differences(ours: &Value, theirs: &Value, path: &str, found: &mut Vec<String>) {
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

/// What is wrong with our answer to a case.
fn verdict(case: &Case) -> Vec<String> {
    let ours = answer(case);
    let refused = case.expected["rc"] != json!(0);
    if refused && ours.problems.is_empty() {
        return vec![format!("accepted, but: {}", case.expected["error"])];
    }
    if !refused && !ours.problems.is_empty() {
        return vec![format!("refused: {}", ours.problems.join(" | "))];
    }
    let mut found = Vec::new();
    if let Some(model) = &ours.model {
        let theirs = each_string(&case.expected["model"], &|text| text.replace("$$", "$"));
        differences(model, &theirs, "", &mut found);
    }
    found
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join("case.json").is_file()).collect();
    folders.sort();
    folders
}

/// Runs all cases below a folder; gives how many there are and what is wrong with whom.
fn run(folder: &Path) -> (usize, Vec<String>) {
    let cases: Vec<Case> = cases(folder).iter().filter_map(|folder| case(folder)).collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let found = verdict(case);
        if !found.is_empty() {
            wrong.push(format!("{}: {}", case.name, found.join("\n    ")));
        }
    }
    (cases.len(), wrong)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the shared sets. Where it is missing the test is skipped, but not on CI.
fn shared(set: &str) -> Option<PathBuf> {
    let shared =
        std::env::var_os("DOCKWORTHY_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let folder = shared.join(set);
    if folder.is_dir() {
        return Some(std::fs::canonicalize(&folder).unwrap_or(folder));
    }
    eprintln!("SKIPPED: {} is not there; DOCKWORTHY_SHARED can name it", folder.display());
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the shared sets must be there on CI");
    None
}

fn oracle() -> Option<PathBuf> {
    let program =
        std::env::var_os("DOCKWORTHY_ORACLE").map_or_else(|| "docker-compose".into(), PathBuf::from);
    Command::new(&program).arg("version").output().ok().filter(|it| it.status.success()).map(|_| program)
}

/// Asks the real one. It needs neither engine nor network for this.
fn record(oracle: &Path, folder: &Path) -> Value {
    let case = read_json(&folder.join("case.json")).expect("a case is JSON");
    let project = std::fs::canonicalize(folder.join("proj")).expect("a case has a project");
    let directory = dockworthy::source::clean(&project.join(case["cwd"].as_str().unwrap_or(".")));
    let output = Command::new("timeout")
        .args(["-s", "KILL", "20", "prlimit", "--as=4294967296"])
        .arg(oracle)
        .args(strings(&case, "args"))
        .args(["config", "--format", "json"])
        .args(strings(&case, "cfg"))
        .current_dir(&directory)
        .env_clear()
        .envs(environment(&case, &directory))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the oracle runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = said.replace(project.to_string_lossy().as_ref(), "$DIR");
    let warning = |line: &str| line.contains("level=warning");
    let error: Vec<&str> = said.lines().filter(|line| !warning(line)).collect();
    let accepted = output.status.success();
    let model: Option<Value> = accepted.then(|| serde_json::from_slice(&output.stdout).expect("JSON"));
    json!({
        "rc": i32::from(!accepted),
        "error": error.join("\n"),
        "warnings": said.lines().filter(|line| warning(line)).filter_map(message).collect::<Vec<_>>(),
        "model": model.map(|model| place_names(&model, &project)),
    })
}

/// The message of a log line.
fn message(line: &str) -> Option<String> {
    let quoted = line.split_once("msg=")?.1;
    serde_json::from_str(quoted).ok().or_else(|| Some(quoted.to_string()))
}

#[test]
fn own_cases_agree() {
    let folder = root().join("fixtures/compose");
    if std::env::var_os("UPDATE").is_some() {
        let oracle = oracle().expect("UPDATE=1 needs the real docker compose");
        for folder in cases(&folder) {
            let recorded = serde_json::to_string_pretty(&record(&oracle, &folder)).expect("JSON prints");
            std::fs::write(folder.join("expected.json"), recorded + "\n")
                .expect("the fixture can be written");
        }
    }
    let (count, wrong) = run(&folder);
    eprintln!("own cases: {} of {count} agree", count - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn shared_cases_agree() {
    let Some(folder) = shared("conformance/cases") else { return };
    let (count, wrong) = run(&folder);
    eprintln!("shared cases: {} of {count} agree", count - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn corpus_agrees() {
    let Some(folder) = shared("corpus") else { return };
    let labels = std::fs::read_to_string(folder.join("labels.tsv")).expect("the corpus has labels");
    let started = std::time::Instant::now();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in labels.lines().skip(1) {
        let mut fields = line.split('\t');
        let (Some(name), Some(refused)) = (fields.next(), fields.nth(2)) else { continue };
        let Ok(text) = std::fs::read(folder.join("compose").join(name)) else { continue };
        count += 1;
        let problems = alone(text);
        let theirs = fields.nth(1).unwrap_or_default();
        match (refused != "0", problems.is_empty()) {
            (true, true) => wrong.push(format!("{name}: accepted, but: {theirs}")),
            (false, false) => wrong.push(format!("{name}: refused: {}", problems.join(" | "))),
            _ => {}
        }
    }
    eprintln!("corpus: {} of {count} agree, in {:?}", count - wrong.len(), started.elapsed());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why a file is refused that stands alone in its folder.
fn alone(text: Vec<u8>) -> Vec<String> {
    let sources = SourceMap::new(Memory::new([("/x/compose.yaml", text)]));
    let environment = [("HOME", "/root"), ("PWD", "/x")].map(|(key, value)| (key.into(), value.into()));
    let options = LoadOptions {
        current_directory: "/x".into(),
        project_name: Some("x".into()),
        environment: environment.into(),
        ..LoadOptions::default()
    };
    match config(&sources, &options, &ConfigOptions::default()) {
        Err(error) => vec![error.to_string()],
        Ok(resolved) => {
            let refusals = resolved.project.problems.iter().filter(|problem| problem.refuses);
            refusals.map(|it| format!("{}: {}", it.kind.rule(), it.message)).collect()
        }
    }
}
