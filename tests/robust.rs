//! Trees as no one wants them, through the real binary: whatever lies among the sources, the run comes to its end,
//! says what it could not read, and finds what there is to find.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const COMPOSE: &str =
    "services:\n  app:\n    build: .\n    command: ./start\n  db:\n    image: postgres:16\n";
const DOCKERFILE: &str = "FROM python:3.12\nWORKDIR /app\nCOPY . .\n";
/// A source in which something is wrong.
const WRONG: &str =
    "import os, asyncpg\nasyncpg.connect(os.getenv('DATABASE_URL', 'postgres://localhost:5432/x'))\n";
/// The same mistake with another variable: what services make alike is told once.
const OTHER: &str =
    "import os, asyncpg\nasyncpg.connect(os.getenv('OTHER_URL', 'postgres://localhost:5432/x'))\n";

fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let project = [("compose.yaml", COMPOSE), ("Dockerfile", DOCKERFILE), ("zz/wrong.py", WRONG)];
    let project = project.iter().map(|(path, text)| (*path, text.as_bytes()));
    for (path, bytes) in project.chain(files.iter().copied()) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
    command.args(arguments).args(["--select", "unset-variable-loopback-default"]);
    let started = Instant::now();
    let Output { status, stdout, stderr } = command.current_dir(folder).env_clear().output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(started.elapsed() < Duration::from_secs(60), "took {:?}", started.elapsed());
    assert_eq!(status.code(), Some(1), "{status}\n{out}{err}");
    (out, err)
}

/// Sources that a run must not fall over, and what it says of them.
fn bad_sources() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let utf_16: Vec<u8> =
        "\u{feff}import os\nx = os.getenv('A')\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let nested = (0..700).fold(String::new(), |all, n| all + &" ".repeat(n) + "if f'{os.environ}':\n");
    vec![
        ("binary.py", b"\x7fELF\0\0environ".to_vec(), "is not text"),
        ("huge.py", b"os.getenv('A') # 20 MB\n".repeat(900_000), "is larger than 4 MiB"),
        ("nested.py", nested.into_bytes(), "is nested as no program is"),
        ("utf16.py", utf_16, "is UTF-16 text"),
    ]
}

#[test]
fn what_cannot_be_read_is_said() {
    let bad = bad_sources();
    let files: Vec<(&str, &[u8])> = bad.iter().map(|(path, bytes, _)| (*path, bytes.as_slice())).collect();
    let folder = tree(&files);
    let (out, err) = run(folder.path(), &["--verbose", "--format", "concise"]);
    assert!(out.starts_with("zz/wrong.py:2:"), "{out}");
    let said: Vec<&str> = err.lines().filter(|line| line.starts_with("skipped: ")).collect();
    let expected: Vec<String> = bad.iter().map(|(path, _, why)| format!("skipped: {path}: {why}")).collect();
    assert_eq!(said, expected);
    assert!(err.contains("4 sources skipped (--verbose)"), "{err}");

    let (out, _) = run(folder.path(), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let skipped: Vec<_> =
        json["skipped"].as_array().unwrap().iter().map(|item| item["file"].as_str().unwrap()).collect();
    assert_eq!(skipped, bad.iter().map(|(path, ..)| *path).collect::<Vec<_>>());
    assert_eq!(json["skipped"][1]["reason"], "is larger than 4 MiB");
}

#[test]
fn odd_sources_are_read_as_far_as_they_go() {
    let minified = "a=os.getenv('A');b=[1,{'x':a}];".repeat(130_000);
    let half = &OTHER[..OTHER.len() - 12];
    let files: Vec<(&str, &[u8])> = vec![
        ("empty.py", b""),
        ("half.py", half.as_bytes()),
        ("latin.py", b"# caf\xe9\nimport os\nx = os.getenv('LATIN', '\xff\xfe')\n"),
        ("minified.py", minified.as_bytes()),
        ("nul.py", b"import os\nos.getenv('A')\n"),
        ("quotes.py", b"x = f'{f\"{f'''{os.environ"),
    ];
    let folder = tree(&files);
    let (out, _) = run(folder.path(), &["--format", "concise", "--verbose"]);
    assert!(out.contains("zz/wrong.py:2:"), "{out}");
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_left_alone() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tree(&[("closed.py", OTHER.as_bytes()), ("shut/in.py", OTHER.as_bytes())]);
    let path = |name: &str| folder.path().join(name);
    symlink(folder.path(), path("again")).unwrap();
    symlink("around.py", path("around.py")).unwrap();
    symlink("/dev/zero", path("zero.py")).unwrap();
    symlink("nowhere.py", path("dangling.py")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe.py")).status().unwrap().success());
    let close = |name: &str, mode| {
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    close("closed.py", 0);
    close("shut", 0);
    let (out, err) = run(folder.path(), &["--format", "concise", "--verbose"]);
    assert!(out.contains("zz/wrong.py:2:"), "{out}");
    // The superuser reads it all the same.
    let readable = std::fs::read(path("closed.py")).is_ok();
    assert_eq!(err.contains("skipped: closed.py: can't be read: permission denied"), !readable, "{err}");
    close("shut", 0o755);
}

#[test]
fn files_may_change_while_they_are_read() {
    let folder = tree(&[]);
    let busy = folder.path().join("busy");
    std::fs::create_dir(&busy).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let text = OTHER.repeat(50);
            let mut round = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let path = busy.join(format!("f{}.py", round % 40));
                if round % 3 == 0 {
                    let _ = std::fs::remove_file(&path);
                } else {
                    let _ = std::fs::write(&path, &text[..round * 37 % text.len()]);
                }
                round += 1;
            }
        });
        let looked = std::panic::catch_unwind(|| {
            for _ in 0..10 {
                let (out, _) = run(folder.path(), &["--format", "concise"]);
                assert!(out.contains("zz/wrong.py:2:"), "{out}");
            }
        });
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        looked.unwrap();
    });
}
