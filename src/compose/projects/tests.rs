use super::*;
use crate::source::Memory;

const WEB: &str = "services:\n  web:\n    image: nginx\n";
const PART: &str = "services:\n  web:\n    ports: [80]\n";

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let memory = Memory::new(files.iter().map(|(path, text)| (format!("/r/{path}"), *text)));
    let search = find(&SourceMap::new(memory), Path::new("/r"));
    let show = |path: &Path| path.strip_prefix("/r").unwrap_or(path).display().to_string();
    let project = |found: &Found| {
        let files: Vec<_> = found.files.iter().map(|file| show(file)).collect();
        format!("{}:{}", show(&found.directory), files.join("+"))
    };
    search.found.iter().map(project).collect()
}

#[test]
fn a_standard_file_is_left_to_compose() {
    assert_eq!(found(&[("compose.yaml", WEB), ("compose.override.yml", PART)]), [":"]);
    assert_eq!(found(&[("a/docker-compose.yml", WEB), ("b/compose.yml", WEB)]), ["a:", "b:"]);
    assert_eq!(found(&[("compose.yaml", WEB), ("docker-compose.yml", WEB)]), [":"]);
}

#[test]
fn variants_stand_alone_or_over_their_base() {
    assert_eq!(
        found(&[
            ("docker-compose.yml", WEB),
            ("docker-compose.prod.yml", WEB),
            ("docker-compose.dev.yml", PART)
        ]),
        [":", ":docker-compose.prod.yml", ":docker-compose.yml+docker-compose.dev.yml"]
            .map(|project| project.to_string())
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(found(&[("docker-compose.dev.yml", PART)]), [":docker-compose.dev.yml"]);
    assert_eq!(
        found(&[
            ("a.docker-compose.yml", WEB),
            ("b.docker-compose.yml", WEB),
            ("b.docker-compose.x.yml", PART)
        ]),
        [":a.docker-compose.yml", ":b.docker-compose.yml", ":b.docker-compose.yml+b.docker-compose.x.yml"]
    );
}

#[test]
fn variants_that_lack_what_their_services_wait_for_stand_over_their_base() {
    let base = "services:\n  api:\n    image: api\n    depends_on: [db]\n  db:\n    image: postgres\n";
    let build = "services:\n  api:\n    build: .\n";
    let both = "services:\n  api:\n    build: .\n  db:\n    image: postgres\n";
    let other = "services:\n  api:\n    build: .\n    depends_on: [store]\n  store:\n    image: postgres\n";
    let only = "services:\n  db:\n    image: postgres\n";
    for (variant, expected) in [
        (build, ":docker-compose.yml+docker-compose-dev.yml"),
        (both, ":docker-compose-dev.yml"),
        (other, ":docker-compose-dev.yml"),
        (only, ":docker-compose-dev.yml"),
    ] {
        let found = found(&[("docker-compose.yml", base), ("docker-compose-dev.yml", variant)]);
        assert!(found.contains(&expected.to_string()), "{found:?}");
    }
}

#[test]
fn parts_of_projects_are_none() {
    let main = "include:\n  - parts/compose.yaml\n  - path: [x/compose.db.yaml]\nservices: {}\n";
    assert_eq!(
        found(&[("compose.yaml", main), ("parts/compose.yaml", WEB), ("x/compose.db.yaml", WEB)]),
        [":"]
    );
    let loops = "include: [../b/compose.yaml]\n";
    assert_eq!(
        found(&[("a/compose.yaml", loops), ("b/compose.yaml", "include: [../a/compose.yaml]\n")]),
        ["a:"]
    );
}

#[test]
fn files_of_other_tools_are_passed() {
    assert!(found(&[(".github/workflows/compose.yml", "on: push\njobs: {}\n")]).is_empty());
    assert!(found(&[("roles/x/tasks/compose.yml", "- name: x\n  services: y\n")]).is_empty());
    assert!(found(&[("node_modules/x/compose.yml", WEB)]).is_empty());
    assert!(found(&[("config/services.yaml", "services:\n  App\\X:\n    autowire: true\n")]).is_empty());
}

#[test]
fn without_a_telling_name_the_content_tells() {
    assert_eq!(found(&[("docker/stack.yml", WEB), ("values.yaml", "a: 1\n")]), ["docker:docker/stack.yml"]);
    assert_eq!(found(&[("docker/stack.yml", WEB), ("compose.yaml", WEB)]), [":"]);
}

#[test]
fn one_file_takes_its_base_when_it_must() {
    let memory =
        Memory::new([("/r/compose.yaml", WEB), ("/r/compose.dev.yaml", PART), ("/r/compose.ci.yaml", WEB)]);
    let sources = SourceMap::new(memory);
    let files = |path: &str| of_file(&sources, Path::new(path)).files;
    assert_eq!(
        files("/r/compose.dev.yaml"),
        [Path::new("/r/compose.yaml"), Path::new("/r/compose.dev.yaml")]
    );
    assert_eq!(files("/r/compose.ci.yaml"), [Path::new("/r/compose.ci.yaml")]);
    assert_eq!(files("/r/compose.yaml"), [Path::new("/r/compose.yaml")]);
}

#[test]
fn the_selection_of_an_env_file_decides_for_its_folder() {
    let env = "COMPOSE_FILE=docker/stack.yml\n";
    assert_eq!(found(&[(".env", env), ("docker/stack.yml", WEB)]), [":"]);
    let env = "# x\nexport COMPOSE_FILE=\"docker-compose.prod.yml:sub/compose.yml\"\n";
    assert_eq!(
        found(&[
            (".env", env),
            ("docker-compose.yml", WEB),
            ("docker-compose.prod.yml", WEB),
            ("sub/compose.yml", WEB),
            ("other/compose.yml", WEB)
        ]),
        [":", "other:"]
    );
}

#[test]
fn a_variant_of_a_variant_stands_over_it() {
    let files = [
        ("docker-compose.yml", WEB),
        ("docker-compose-test.yml", WEB),
        ("docker-compose-test.ci.yml", PART),
        ("docker-compose-test.ci.local.yml", PART),
    ];
    assert_eq!(
        found(&files),
        [
            ":",
            ":docker-compose-test.yml",
            ":docker-compose-test.yml+docker-compose-test.ci.yml",
            ":docker-compose-test.yml+docker-compose-test.ci.yml+docker-compose-test.ci.local.yml",
        ]
    );
}

#[test]
fn sets_that_notes_start_are_projects() {
    let over = "services:\n  web:\n    environment: {A: b}\n";
    let sets = |notes: &[(&str, &str)]| {
        let files = [("compose.yaml", WEB), ("compose.override.yaml", over), ("compose.prod.yaml", WEB)];
        let more: Vec<String> = found(&[&files, notes].concat());
        let before = found(&files);
        more.into_iter().filter(|project| !before.contains(project)).collect::<Vec<_>>()
    };
    assert_eq!(sets(&[("Makefile", "up:\n\tdocker compose -f compose.yaml up -d\n")]), [":compose.yaml"]);
    assert_eq!(
        sets(&[("README.md", "    docker compose -f compose.yaml \\\n      -f compose.prod.yaml up\n")]),
        [":compose.yaml+compose.prod.yaml"]
    );
    assert_eq!(sets(&[(".env.example", "COMPOSE_FILE=compose.yaml\n")]), [":compose.yaml"]);
    assert_eq!(sets(&[("scripts/up.sh", "cd .. && docker-compose -f compose.yaml up\n")]), [":compose.yaml"]);
    for (path, text) in [
        ("README.md", "docker compose up\n"),
        ("README.md", "docker compose -f compose.yaml -f compose.override.yaml up\n"),
        ("README.md", "docker compose -f compose.prod.yaml up\n"),
        ("README.md", "docker compose -f compose.other.yaml up\n"),
        ("README.md", "docker compose -f compose.yaml up web\n"),
        ("Makefile", "check:\n\tdocker compose -f compose.yaml config\n"),
        ("notes.txt", "docker compose -f compose.yaml up\n"),
    ] {
        assert!(sets(&[(path, text)]).is_empty(), "{text}");
    }
}

#[test]
fn who_starts_a_variant_says_what_it_is_laid_over() {
    let files = [
        ("compose.yaml", WEB),
        ("compose.prod.yaml", WEB),
        ("deploy.sh", "docker compose -f compose.yaml -f compose.prod.yaml up -d\n"),
    ];
    assert_eq!(found(&files), [":", ":compose.yaml+compose.prod.yaml"]);
}
