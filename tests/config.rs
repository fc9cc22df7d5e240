//! `dockworthy config` against what the real `docker compose config` said to our own cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const HOME: &str = "/home/someone";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose").join(name)
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn binary(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", HOME);
    command
}

fn said(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_string()).collect()
}

/// What is said to a case: with its own arguments before the word, and ours behind it.
fn run(name: &str, more: &[&str]) -> (i32, String, String) {
    let case = read(&fixture(name).join("case.json"));
    let mut arguments = strings(&case["args"]);
    arguments.push("config".to_string());
    arguments.extend(strings(&case["cfg"]));
    arguments.extend(more.iter().map(|it| (*it).to_string()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = fixture(name).join("proj").join(case["cwd"].as_str().unwrap());
    let mut command = binary(&folder, &arguments);
    for (variable, value) in case["env"].as_object().into_iter().flatten() {
        command.env(variable, value.as_str().unwrap());
    }
    said(&mut command)
}

/// The text as recorded answers have it: folders by name.
fn place_names(text: &str, name: &str) -> String {
    let (above, folder) = (fixture(name), fixture(name).join("proj"));
    let text = text.replace(folder.to_str().unwrap(), "$DIR").replace(HOME, "$HOME");
    text.replace(above.to_str().unwrap(), "$DIR/..")
}

/// Without what JSON shows of things that are not there.
fn without_blanks(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let blank = |key: &str, value: &Value| {
                let nothing = value.is_null() || value == &json!({});
                nothing
                    && matches!(key, "command" | "entrypoint" | "ipam" | "placement" | "resources" | "exec")
                    || key.starts_with("x-")
                    || key == "models"
            };
            let kept = members.iter().map(|(key, value)| (key, without_blanks(value)));
            kept.filter(|(key, value)| !blank(key, value)).map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(without_blanks).collect(),
        other => other.clone(),
    }
}

/// A recorded JSON model as YAML shows it: jobs have names, and the limits of devices small letters.
fn as_yaml(model: &Value) -> Value {
    let mut model = without_blanks(model);
    for (name, job) in model.get_mut("jobs").and_then(Value::as_object_mut).into_iter().flatten() {
        job["name"] = json!(name);
    }
    let mut text = model.to_string();
    for (capital, small) in
        [("\"Path\":", "\"path\":"), ("\"Rate\":", "\"rate\":"), ("\"Weight\":", "\"weight\":")]
    {
        text = text.replace(capital, small);
    }
    serde_json::from_str(&text).unwrap()
}

fn cases() -> Vec<String> {
    let folders = std::fs::read_dir(fixture("")).unwrap();
    let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| fixture(name).join("expected.json").exists()).collect();
    names.sort();
    names
}

#[test]
fn every_case_ends_as_the_real_one_ends() {
    let (mut accepted, mut refused) = (0, 0);
    for name in cases() {
        let case = read(&fixture(&name).join("case.json"));
        if strings(&case["args"]).contains(&"-".to_string()) {
            continue;
        }
        let expected = read(&fixture(&name).join("expected.json"));
        let (code, out, err) = run(&name, &["--format", "json"]);
        if expected["rc"] == 0 {
            accepted += 1;
            assert_eq!(code, 0, "{name}: {err}");
            let model: Value = serde_json::from_str(&place_names(&out, &name)).unwrap();
            assert_eq!(model, expected["model"], "{name}");
            let (_, out, _) = run(&name, &[]);
            let model: Value = serde_yaml::from_str(&place_names(&out, &name)).unwrap();
            assert_eq!(without_blanks(&model), as_yaml(&expected["model"]), "{name}");
        } else {
            refused += 1;
            assert_ne!(code, 0, "{name}: {out}");
            assert_eq!(out, "", "{name}");
            let named = err.lines().any(|line| line.contains(": error[")) || code == 2;
            assert!(named, "{name}: {err}");
        }
    }
    assert!(accepted > 20 && refused > 20, "{accepted} accepted, {refused} refused");
}

const PROJECT: &str = "\
name: shop
x-common: &common
  restart: 'no'
services:
  web:
    <<: *common
    x-team: front
    image: \"shop/web:${TAG:-1.2}\"
    command: [echo, $$HOME, 'yes']
    ports: ['8080:80']
    environment: {SECRET: \"${SECRET?tell it}\"}
    depends_on: [db]
    volumes: ['data:/data']
  db:
    build: db
    profiles: [store]
volumes:
  data:
  other:
";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), PROJECT).unwrap();
    folder
}

fn ask(folder: &Path, arguments: &str) -> (i32, String, String) {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    said(binary(folder, &arguments).env("SECRET", "a$b"))
}

#[test]
fn yaml_keeps_extensions_and_doubles_dollars() {
    let folder = project();
    let (code, out, err) = ask(folder.path(), "--profile store config");
    assert_eq!(code, 0, "{err}");
    for part in ["x-team: front", "x-common:", "restart: 'no'", "$$HOME", "SECRET: a$$b", "- 'yes'"] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(out.starts_with("name: shop\nservices:\n  db:\n    profiles:\n"), "{out}");
    assert!(!out.contains("entrypoint") && !out.contains("other:"), "{out}");
    let (_, out, _) = ask(folder.path(), "--all-resources config --profile store");
    assert!(out.contains("  other:\n    name: shop_other\n"), "{out}");
}

/// A date is a value of its own in YAML, and a text in JSON.
#[test]
fn dates_of_extensions_have_quotes_only_in_json() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose/extension-dates/proj");
    let (_, yaml, _) = ask(&folder, "config");
    for line in
        ["x-released: 2024-01-02T00:00:00Z\n", "- 2024-01-02T03:04:05Z\n", "- \"2024-01-02T03:04:05Z\"\n"]
    {
        assert!(yaml.contains(line), "{line} in {yaml}");
    }
    let (_, json, _) = ask(&folder, "config --format json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["x-released"], "2024-01-02T00:00:00Z");
}

#[test]
fn lists_are_one_name_a_line() {
    let folder = project();
    for (flag, expected) in [
        ("--services", "db\nweb\n"),
        ("--volumes", "data\n"),
        ("--networks", "default\n"),
        ("--profiles", "store\n"),
        ("--images", "shop-db\nshop/web:1.2\n"),
        ("--services db", "db\n"),
        ("--quiet", ""),
    ] {
        let (code, out, err) = ask(folder.path(), &format!("config --profile store {flag}"));
        assert_eq!((code, out.as_str()), (0, expected), "{flag}: {err}");
    }
    let (_, out, _) = ask(folder.path(), "config --variables");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1..], [vec!["SECRET", "true"], vec!["TAG", "false", "1.2"]], "{out}");
    let (_, out, _) = ask(folder.path(), "-p other config --environment --profile store");
    assert!(out.contains("COMPOSE_PROJECT_NAME=other\n") && out.contains("SECRET=a$b\n"), "{out}");
}

#[test]
fn what_is_refused_is_told_with_its_place() {
    let folder = project();
    let (code, out, err) = ask(folder.path(), "config");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("compose.yaml:12:") && err.contains(": error[undefined-service] "), "{err}");
    assert_eq!(ask(folder.path(), "config --no-consistency -q").0, 0);
    assert_eq!(ask(folder.path(), "config --no-such-flag").0, 2);
    assert_eq!(ask(folder.path(), "-f missing.yaml config").0, 2);
}

#[test]
fn references_can_be_left_as_they_are() {
    let folder = project();
    let (code, out, err) = said(&mut binary(folder.path(), &["config", "--no-interpolate"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("image: shop/web:${TAG:-1.2}\n") && out.contains("- $$HOME\n"), "{out}");
    assert!(out.contains("SECRET: ${SECRET?tell it}\n") && out.contains("published: \"8080\""), "{out}");
}

#[test]
fn standard_input_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary(folder.path(), &["-p", "p", "-f", "-", "config", "--images"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"services: {a: {image: given}}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"given\n".as_slice()));
}

#[test]
fn origins_stand_beside_the_values() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "compose.yaml",
        "x-e: &e {A: one}\nservices:\n  web:\n    image: nginx:${TAG}\n    environment: {<<: *e, B: \"${NOPE:-x}\"}\n    \
         command: [sh, -c, \"a\\nb\"]\n",
    );
    write("compose.override.yaml", "services:\n  web:\n    image: nginx:2\n    env_file: w.env\n");
    write("w.env", "# from a file\nC=$TAG\n");
    write(".env", "TAG=1\n");
    let (code, out, err) = said(&mut binary(folder.path(), &["config", "--origins"]));
    assert_eq!(code, 0, "{err}");
    for line in [
        "image: nginx:2  # compose.override.yaml:3, over compose.yaml:4",
        "A: one  # compose.yaml:1, merged at compose.yaml:5",
        "B: x  # compose.yaml:5, NOPE is not set",
        "C: \"1\"  # w.env:2, for the env_file at compose.override.yaml:4, TAG from .env:1",
        "- |-  # compose.yaml:6",
    ] {
        assert!(out.lines().any(|it| it.trim_start() == line), "{line}\n{out}");
    }
    // What is only implied is written nowhere.
    assert!(out.contains("default: null\n"), "{out}");
    // It is the same model to whoever reads it.
    let (_, plain, _) = said(&mut binary(folder.path(), &["config"]));
    let parse = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
    assert_eq!(parse(&out), parse(&plain));
    let (_, out, _) = said(&mut binary(folder.path(), &["config", "--origins", "--format", "json"]));
    let model: Value = serde_json::from_str(&out).unwrap();
    let origin = &model["x-origins"]["/services/web/image"];
    assert_eq!((&origin["file"], &origin["line"]), (&json!("compose.override.yaml"), &json!(3)));
    assert_eq!(origin["through"], json!(["over compose.yaml:4"]));
}
