//! Which files services run, and what their images say: trees in memory, services made by hand.

use std::path::{Path, PathBuf};

use dockworthy::compose::{Build, Command, Located, Mount, MountKind, Project, Service};
use dockworthy::programs::{self, Program, Programs};
use dockworthy::source::{Memory, Origin, SourceMap, Span, Spanned, Text};

const ROOT: &str = "/p";

fn text(value: &str) -> Text {
    Text::known(value, Origin::default())
}

fn located(value: &str) -> Located<Text> {
    Located::new(text(value), Origin::default())
}

fn map(files: &[(&str, &str)]) -> SourceMap {
    SourceMap::new(Memory::new(files.iter().map(|(path, text)| (Path::new(ROOT).join(path), *text))))
}

fn service(name: &str) -> Service {
    Service { name: Spanned::new(name.to_string(), Span::NONE), active: true, ..Service::default() }
}

fn built(name: &str, context: &str) -> Service {
    let directory = Some(Path::new(ROOT).join(context));
    Service { build: Some(Build { directory, ..Build::default() }), ..service(name) }
}

fn image(name: &str, image: &str) -> Service {
    Service { image: Some(located(image)), ..service(name) }
}

fn words(line: &str) -> Option<Command> {
    Some(Command { words: line.split(' ').map(text).collect(), split: true, origin: Origin::default() })
}

fn exec(words: &[&str]) -> Option<Command> {
    Some(Command {
        words: words.iter().map(|word| text(word)).collect(),
        split: false,
        origin: Origin::default(),
    })
}

fn bind(path: &str, target: &str) -> Mount {
    Mount {
        kind: MountKind::Bind,
        path: Some(Path::new(ROOT).join(path)),
        target: target.to_string(),
        ..Mount::default()
    }
}

fn project(services: impl IntoIterator<Item = Service>) -> Project {
    let services = services.into_iter().map(|service| (service.name.value.clone(), service)).collect();
    Project { name: "p".to_string(), directory: PathBuf::from(ROOT), services, ..Project::default() }
}

fn run(files: &[(&str, &str)], services: impl IntoIterator<Item = Service>) -> Programs {
    programs::read(&map(files), &project(services))
}

fn one(files: &[(&str, &str)], service: Service) -> Program {
    let name = service.name.value.clone();
    run(files, [service]).of(&name).clone()
}

/// The places in the container of the files that the program holds.
fn places(program: &Program) -> Vec<String> {
    let mut places: Vec<String> =
        program.scope.iter().map(|(_, place, _)| place.to_string_lossy().into_owned()).collect();
    places.sort();
    places
}

/// The files of the project that the process loads.
fn loaded(program: &Program) -> Vec<String> {
    let mut paths: Vec<String> = program
        .modules
        .iter()
        .filter_map(|module| Some(module.path.strip_prefix(ROOT).ok()?.to_string_lossy().into_owned()))
        .collect();
    paths.sort();
    paths
}

fn variable(program: &Program, name: &str) -> Option<String> {
    program.image.env.get(name).and_then(|variable| variable.value.as_ref()).map(Text::assumed)
}

#[test]
fn a_build_copies_its_context() {
    let files = [
        (
            "Dockerfile",
            "FROM python:3.12\nWORKDIR /srv\nCOPY app ./app\nCOPY run.py conf/*.py ./\nCMD [\"python\", \"run.py\"]\n",
        ),
        ("app/db.py", ""),
        ("app/__init__.py", ""),
        ("conf/one.py", ""),
        ("conf/two.txt", ""),
        ("run.py", "import app.db\n"),
        ("unused.py", ""),
    ];
    let program = one(&files, built("api", ""));
    assert_eq!(places(&program), ["/srv/app/__init__.py", "/srv/app/db.py", "/srv/one.py", "/srv/run.py"]);
    assert_eq!(program.image.base.as_ref().map(|base| base.value.as_str()), Some("python:3.12"));
    assert_eq!(program.command.iter().map(Text::assumed).collect::<Vec<_>>(), ["python", "run.py"]);
    assert_eq!(program.image.notes, []);
}

#[test]
fn stages_are_followed() {
    let dockerfile = "ARG BASE=python:3.12\nFROM $BASE AS base\nENV A=1\nWORKDIR /app\n\
        FROM base AS build\nCOPY . .\n\
        FROM base\nCOPY --from=build /app/src /app/src\nCOPY --from=0 /nothing /x\nCMD python -m src.main\n";
    let files = [("Dockerfile", dockerfile), ("src/main.py", ""), ("other.py", "")];
    let program = one(&files, built("api", ""));
    assert_eq!(places(&program), ["/app/src/main.py"]);
    assert_eq!(variable(&program, "A").as_deref(), Some("1"));
    assert_eq!(program.image.base.as_ref().map(|base| base.value.as_str()), Some("python:3.12"));
}

#[test]
fn variables_are_expanded_as_docker_does() {
    let dockerfile = "FROM python:3.12\nARG PORT=80\nARG GIVEN\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi $abc world\n\
        ENV q=\"a b\" s='$abc' e=\\$abc d=${nope:-dflt} p=${PORT} g=${GIVEN}-x \\\n    # comment\n    last=1\n\
        ENV path=/x:$PATH\n";
    let mut service = built("api", "");
    if let Some(build) = &mut service.build {
        build.args.insert("GIVEN".into(), Located::new(Some(text("yes")), Origin::default()));
    }
    let program = one(&[("Dockerfile", dockerfile)], service);
    let value = |name| variable(&program, name).unwrap();
    assert_eq!(value("abc"), "bye");
    assert_eq!(value("def"), "hello");
    assert_eq!(value("ghi"), "bye world");
    assert_eq!(value("q"), "a b");
    assert_eq!(value("s"), "$abc");
    assert_eq!(value("e"), "$abc");
    assert_eq!(value("d"), "dflt");
    assert_eq!(value("p"), "80");
    assert_eq!(value("g"), "yes-x");
    assert_eq!(value("last"), "1");
    assert_eq!(value("path"), format!("/x:{}", Text::HOLE));
    assert_eq!(program.image.notes, []);
}

#[test]
fn values_know_where_they_stand() {
    let dockerfile = "FROM x\nENV HOST=db \\\n  URL=\"http://$HOST:80\"\nENV URL2=\"http://${HOST}/\"\n";
    let sources = map(&[("Dockerfile", dockerfile)]);
    let programs = programs::read(&sources, &project([built("api", "")]));
    let program = programs.of("api");
    let url = program.image.env["URL2"].value.clone().unwrap();
    let shown: Vec<_> = url
        .pieces()
        .iter()
        .map(|piece| (piece.text.clone(), sources.snippet(piece.origin.written)))
        .collect();
    let same = |text: &str| (text.to_string(), text.to_string());
    assert_eq!(shown, [same("http://"), same("db"), same("/")]);
    assert_eq!(sources.snippet(program.image.env["URL"].key), "URL");
    assert_eq!(sources.snippet(program.image.env["URL2"].origin.written), "URL2=\"http://${HOST}/\"");
}
