//! What the program is handed out with: versions, the npm package, the action and the job for GitLab, each tried as its
//! users will.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

#[path = "../build.rs"]
#[allow(dead_code)]
mod build;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;
use support::root;

const OURS: &str = env!("CARGO_BIN_EXE_dockworthy");
const BROKEN: &str = "services:\n  api:\n    image: example/api:1\n    depends_on: [db]\n";
const SOUND: &str = "services:\n  api:\n    image: example/api:1\n";

/// A file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A folder with such files.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The exit code of a program, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn there_is_one_version() {
    let version = env!("CARGO_PKG_VERSION");
    let (code, said, _) = run(Command::new(OURS).arg("--version"));
    assert_eq!(code, 0);
    let said = said.trim_end().strip_prefix("dockworthy ").unwrap();
    let commit = said.strip_prefix(version).unwrap();
    let (open, close) = (commit.strip_prefix(" ("), commit.strip_suffix(')'));
    assert!(commit.is_empty() || (open.is_some() && close.is_some()), "{said}");

    let package: serde_json::Value =
        serde_json::from_str(&text("packages/npm/dockworthy/package.json")).unwrap();
    assert_eq!(package["version"], version);
    assert!(package["optionalDependencies"].as_object().unwrap().values().all(|it| it == version));
    let manifest = text("Cargo.toml");
    assert!(manifest.contains(&format!("description = {}\n", package["description"])), "one description");
    let image = text("Dockerfile");
    assert!(image.contains(&format!("FROM rust:{}-", env!("CARGO_PKG_RUST_VERSION"))), "one toolchain");
}

#[test]
fn the_commit_is_read_as_git_reads_it() {
    let folder = tree(&[("file", "")]);
    let here = folder.path();
    let git = |folder: &Path, arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "").env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "user.name=Someone", "-c", "user.email=someone@example.com"]).args(arguments);
        let (code, out, err) = run(&mut command);
        assert_eq!(code, 0, "{arguments:?}: {err}");
        out.trim().to_string()
    };
    assert_eq!(build::of_checkout(here), None);
    git(here, &["init", "--quiet"]);
    assert_eq!(build::of_checkout(here), None, "nothing is committed");
    git(here, &["add", "."]);
    git(here, &["commit", "--quiet", "--message", "Start"]);
    let head = git(here, &["rev-parse", "HEAD"]);
    let found = |folder: &Path| build::of_checkout(folder).map(|it| it.trim().to_string());
    assert_eq!(found(here).as_deref(), Some(head.as_str()), "a branch");
    let worktree = here.join("worktree");
    git(here, &["worktree", "add", "--quiet", "-b", "other", worktree.to_str().unwrap()]);
    assert_eq!(found(&worktree).as_deref(), Some(head.as_str()), "a worktree");
    git(here, &["pack-refs", "--all"]);
    assert_eq!(found(here).as_deref(), Some(head.as_str()), "packed");
    assert_eq!(found(&worktree).as_deref(), Some(head.as_str()), "packed, in a worktree");
    git(here, &["checkout", "--quiet", "--detach"]);
    assert_eq!(found(here).as_deref(), Some(head.as_str()), "no branch");

    let package = tree(&[(".cargo_vcs_info.json", &format!("{{ \"git\": {{ \"sha1\": \"{head}\" }} }}"))]);
    assert_eq!(build::of_package(package.path()), Some(head.clone()));
    assert_eq!(build::short(&head), head.get(..10));
    assert_eq!(build::short("main; rm"), None);
}

/// Node, which runs the launcher; skipped aloud without it, required on CI.
fn node() -> Option<&'static str> {
    if Command::new("node").arg("--version").output().is_ok() {
        return Some("node");
    }
    support::skipped("node is not there");
    assert!(!support::oracle::on_ci(), "node must be there on CI");
    None
}

#[test]
fn the_npm_package_starts_the_binary_of_its_platform() {
    let Some(node) = node() else { return };
    let npm = root().join("packages/npm");
    let folder = tree(&[("broken/compose.yaml", BROKEN), ("sound/compose.yaml", SOUND)]);
    let modules = folder.path().join("node_modules");
    for file in ["package.json", "bin/dockworthy.js"] {
        let to = modules.join("dockworthy").join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(npm.join("dockworthy").join(file), to).unwrap();
    }
    let launch = |arguments: &[&str]| {
        let mut command = Command::new(node);
        command.arg(modules.join("dockworthy/bin/dockworthy.js")).args(arguments);
        run(command.current_dir(folder.path()).env_remove("DOCKWORTHY_BINARY"))
    };
    let here = run(Command::new(node).args(["-p", "process.platform + '-' + process.arch"])).1;
    let here = here.trim();

    let (code, _, err) = launch(&["--version"]);
    assert_eq!(code, 2);
    assert!(err.contains(&format!("the package @dockworthy/cli-{here} is not installed")), "{err}");

    let made = run(Command::new(node).arg(npm.join("platform.mjs")).args([here, OURS]).arg(&modules));
    assert_eq!(made.0, 0, "{}", made.2);
    assert_eq!(launch(&["--version"]), run(Command::new(OURS).arg("--version")));
    assert_eq!(launch(&["-q", "sound"]).0, 0);
    let (code, out, _) = launch(&["-q", "broken", "--format", "concise"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("broken/compose.yaml:"), "{out}");
    assert_eq!(launch(&["nowhere"]).0, 2);

    let (code, _, err) =
        run(Command::new(node).arg(npm.join("platform.mjs")).args(["plan9-mips", OURS]).arg(&modules));
    assert_eq!(code, 2);
    assert!(err.contains("linux-x64"), "{err}");
}

fn steps() -> Vec<Value> {
    let action: Value = serde_yaml::from_str(&text("action.yml")).unwrap();
    action["runs"]["steps"].as_sequence().unwrap().clone()
}

/// What the action runs to check, with these inputs, in this folder.
fn act(folder: &Path, inputs: &[(&str, &str)]) -> (i32, String, String) {
    let step = steps().into_iter().find(|step| step["name"] == "Check").expect("a step that checks");
    // The tool's folder as the steps before leave it.
    let bin = folder.join("temp/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let _ = std::fs::hard_link(OURS, bin.join("dockworthy"));
    if !bin.join("dockworthy").exists() {
        std::fs::copy(OURS, bin.join("dockworthy")).unwrap();
    }
    let mut command = Command::new("bash");
    // As GitHub starts it.
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]);
    command.current_dir(folder).env("ROOT", folder.join("temp")).env("REPORT", folder.join("report.sarif"));
    for (name, value) in [("PATHS", "."), ("ARGUMENTS", ""), ("SARIF", "false")].iter().chain(inputs) {
        command.env(name, value);
    }
    run(&mut command)
}

#[test]
fn the_action_annotates_and_fails() {
    let folder = tree(&[("broken one/compose.yaml", BROKEN), ("sound/compose.yaml", SOUND)]);
    let here = folder.path();
    let (code, out, err) = act(here, &[]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.lines().any(|line| line.starts_with("::error file=broken one/compose.yaml,line=")), "{out}");
    assert!(!here.join("report.sarif").exists());
    assert_eq!(act(here, &[("PATHS", "sound\n")]).0, 0);
    assert_eq!(act(here, &[("PATHS", "sound\nbroken one\n")]).0, 1);
    assert_eq!(act(here, &[("ARGUMENTS", "--fail-on\nnever\n")]).0, 0);
    assert_eq!(act(here, &[("PATHS", "nowhere"), ("SARIF", "true")]).0, 2);

    let (code, out, err) = act(here, &[("SARIF", "true"), ("ARGUMENTS", "--fail-on=error")]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("::error "), "{out}");
    let sarif: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(here.join("report.sarif")).unwrap()).unwrap();
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
}

#[test]
fn the_action_keeps_builds_by_their_source() {
    let step = steps().into_iter().find(|step| step["id"] == "source").expect("a step that names the source");
    let output = tree(&[("output", "")]);
    let output = output.path().join("output");
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]);
    let (code, _, err) = run(command.env("SOURCE", root()).env("GITHUB_OUTPUT", &output));
    assert_eq!(code, 0, "{err}");
    let said = std::fs::read_to_string(&output).unwrap();
    let hash = said.trim_end().strip_prefix("hash=").unwrap();
    assert!(hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{said}");
    assert!(text("action.yml").contains("${{ steps.source.outputs.hash }}"));
}

/// What an input says reaches a script as a variable, never as text of the script.
#[test]
fn no_script_of_the_action_is_put_together() {
    let mut scripts = 0;
    for script in steps().iter().filter_map(|step| step["run"].as_str()) {
        scripts += 1;
        assert!(!script.contains("${{"), "{script}");
    }
    assert!(scripts >= 3);
    let action: Value = serde_yaml::from_str(&text("action.yml")).unwrap();
    let page = text("docs/github.md");
    for name in action["inputs"].as_mapping().unwrap().keys().filter_map(Value::as_str) {
        assert!(page.contains(&format!("| `{name}` |")), "docs/github.md does not tell of {name}");
    }
}

#[test]
fn the_job_for_gitlab_reports_and_fails() {
    let template = text("docs/ci/dockworthy.gitlab-ci.yml");
    let (header, job) = template.split_once("\n---\n").unwrap();
    let job = job.replace("$[[ inputs.arguments ]]", "--fail-on=error");
    let job: Value = serde_yaml::from_str(&job).unwrap();
    let lines: Vec<&str> =
        job["dockworthy"]["script"].as_sequence().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let reports = job["dockworthy"]["artifacts"]["reports"].as_mapping().unwrap().clone();
    let path = std::env::join_paths(
        std::iter::once(PathBuf::from(OURS).parent().unwrap().to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    for (compose, expected) in [(BROKEN, 1), (SOUND, 0)] {
        let folder = tree(&[("compose.yaml", compose)]);
        let mut command = Command::new("sh");
        command.args(["-e", "-c", &lines.join("\n")]).current_dir(folder.path()).env("PATH", &path);
        let (code, out, err) = run(&mut command);
        assert_eq!(code, expected, "{out}{err}");
        let report = |kind: &str| {
            std::fs::read_to_string(folder.path().join(reports[kind].as_str().unwrap())).unwrap()
        };
        let issues: Vec<serde_json::Value> = serde_json::from_str(&report("codequality")).unwrap();
        assert_eq!(issues.is_empty(), expected == 0);
        assert!(report("junit").contains("<testsuites"));
    }
    let inputs: Value = serde_yaml::from_str(header).unwrap();
    let page = text("docs/gitlab.md");
    for name in inputs["spec"]["inputs"].as_mapping().unwrap().keys().filter_map(Value::as_str) {
        assert!(page.contains(&format!("| `{name}` |")), "docs/gitlab.md does not tell of {name}");
    }
}

/// What a build takes is in the package, and reaches the image's build.
#[test]
fn packages_hold_all_that_a_build_takes() {
    let mut command = Command::new(env!("CARGO"));
    let (code, out, err) =
        run(command.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root()));
    assert_eq!(code, 0, "{err}");
    let packed = |path: &str| out.lines().any(|line| line == path);
    for path in ["build.rs", "pyproject.toml", "Cargo.lock", "rules/wrong-port.md", "rules/data/images.yaml"]
    {
        assert!(packed(path), "{path} is not packed");
    }
    assert!(!out.lines().any(|line| line.starts_with("fixtures/") || line.starts_with("tests/")), "{out}");

    let shown: Vec<String> =
        text(".dockerignore").lines().map(|line| line.trim_end_matches('/').to_string()).collect();
    let image = text("Dockerfile");
    let copied =
        image.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|it| !it.starts_with("--from"));
    let mut count = 0;
    for path in copied.flat_map(|line| line.rsplit_once(' ').unwrap().0.split(' ')) {
        count += 1;
        assert!(
            root().join(path).exists() && shown.contains(&format!("!{path}")),
            "{path} is not there to copy"
        );
    }
    assert!(count >= 6 && image.contains("COPY rules ") && image.contains("COPY src "));
}
