//! The loader against the real `docker compose config`: our own cases, and, where they are at hand,
//! a shared set of cases and a corpus of public files with recorded answers.
//!
//! `UPDATE=1` records what the real one (`DOCKWORTHY_ORACLE`, else `docker-compose` on the path) says
//! to our own cases. `DOCKWORTHY_SHARED` names the folder of the shared sets, else `../shared`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::path::{Path, PathBuf};

use dockworthy::compose::{ConfigOptions, LoadOptions, config};
use dockworthy::source::{Disk, Memory, SourceMap};
use serde_json::{Value, json};
use support::oracle::{
    INPUT, cases, differences, each_string, environment, find, place_names, read_json, record, shared,
    strings,
};
use support::root;

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

/// The case in a folder.
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
            other => panic!("{}: {other}?", folder.display()),
        }
    }
    for argument in strings(&case, "cfg") {
        match argument.as_str() {
            "--no-normalize" => config.no_normalize = true,
            "--no-path-resolution" => config.no_path_resolution = true,
            "--no-consistency" => config.no_consistency = true,
            "--no-env-resolution" => config.no_env_resolution = true,
            "--no-interpolate" => options.no_interpolate = true,
            flag if flag.starts_with('-') => panic!("{}: {flag}?", folder.display()),
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

fn answer(case: &Case) -> Answer {
    let sources = SourceMap::new(Disk);
    if case.stdin {
        sources.insert(Path::new("-"), INPUT.as_bytes().to_vec()).expect("there is room for it");
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
        let theirs = match case.options.no_interpolate {
            true => case.expected["model"].clone(),
            false => each_string(&case.expected["model"], &|text| text.replace("$$", "$")),
        };
        differences(model, &theirs, "", &mut found);
    }
    found
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

#[test]
fn own_cases_agree() {
    let folder = root().join("fixtures/compose");
    if std::env::var_os("UPDATE").is_some() {
        let oracle = find().expect("UPDATE=1 needs the real docker compose");
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
    let strict = (ConfigOptions::default(), false);
    let lax = ConfigOptions { no_consistency: true, no_env_resolution: true, ..ConfigOptions::default() };
    let (mut count, mut wrong) = (0, Vec::new());
    for line in labels.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[name, _, _, strictly, laxly, ref first_error @ ..] = fields.as_slice() else {
            panic!("{line}");
        };
        let text = std::fs::read(folder.join("compose").join(name)).expect("the corpus has its files");
        count += 1;
        for (mode, refused, (config, verbatim)) in
            [("strict", strictly, strict.clone()), ("lax", laxly, (lax.clone(), true))]
        {
            let problems = alone(text.clone(), &config, verbatim);
            match (refused != "0", problems.is_empty()) {
                (true, true) => wrong.push(format!("{name} ({mode}): accepted, but: {first_error:?}")),
                (false, false) => wrong.push(format!("{name} ({mode}): refused: {}", problems.join(" | "))),
                _ => {}
            }
        }
    }
    eprintln!("corpus: {} files, {} wrong answers, in {:?}", count, wrong.len(), started.elapsed());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Why a file is refused that stands alone in its folder.
fn alone(text: Vec<u8>, options: &ConfigOptions, no_interpolate: bool) -> Vec<String> {
    let sources = SourceMap::new(Memory::new([("/x/compose.yaml", text)]));
    let environment = [("HOME", "/root"), ("PWD", "/x")].map(|(key, value)| (key.into(), value.into()));
    let load = LoadOptions {
        current_directory: "/x".into(),
        project_name: Some("x".into()),
        environment: environment.into(),
        no_interpolate,
        ..LoadOptions::default()
    };
    match config(&sources, &load, options) {
        Err(error) => vec![error.to_string()],
        Ok(resolved) => {
            let refusals = resolved.project.problems.iter().filter(|problem| problem.refuses);
            refusals.map(|it| format!("{}: {}", it.kind.rule(), it.message)).collect()
        }
    }
}
