//! Which packages of the project the binaries of its images were built from: Go and Rust.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

use std::path::Path;

use dockworthy::compose::{Build, Project, Service};
use dockworthy::programs::{self, Program, Shelf, front_end};
use dockworthy::source::{Memory, SourceFile, SourceMap, Span, Spanned};

const ROOT: &str = "/p";

const GO: &[(&str, &str)] = &[
    ("go.mod", "module example.org/shop\n\ngo 1.23\n"),
    ("main.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Getenv(\"ROOT\") }\n"),
    (
        "cmd/api/main.go",
        "package main\n\nimport \"example.org/shop/internal/db\"\n\nfunc main() { db.Open() }\n",
    ),
    ("cmd/api/routes.go", "package main\n\nimport \"os\"\n\nvar base = os.Getenv(\"BASE\")\n"),
    ("cmd/worker/main.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Getenv(\"QUEUE\") }\n"),
    ("internal/db/db.go", "package db\n\nimport \"os\"\n\nfunc Open() { os.Getenv(\"DB\") }\n"),
    ("internal/db/db_test.go", "package db\n\nimport \"os\"\n\nvar x = os.Getenv(\"TEST\")\n"),
    ("internal/db/db_windows.go", "package db\n\nimport \"os\"\n\nvar y = os.Getenv(\"WINDOWS\")\n"),
    ("Makefile", "BIN := out\nGO ?= go\nbuild: ## builds\n\t@$(GO) build -o $(BIN)/api ./cmd/api\n"),
    ("build.sh", "#!/bin/sh\nset -e\ngo build -o /out/api ./cmd/api\n"),
    (".air.toml", "[build]\ncmd = \"go build -o ./tmp/main ./cmd/api\"\nbin = \"./tmp/main\"\n"),
];

const API: [&str; 3] = ["/src/cmd/api/main.go", "/src/cmd/api/routes.go", "/src/internal/db/db.go"];

fn program(files: &[(&str, &str)], dockerfile: &str) -> Program {
    let all = files.iter().copied().chain([("Dockerfile", dockerfile)]);
    let map = SourceMap::new(Memory::new(all.map(|(path, text)| (Path::new(ROOT).join(path), text))));
    let build = Build { directory: Some(ROOT.into()), ..Build::default() };
    let service = Service {
        name: Spanned::new("api".to_string(), Span::NONE),
        active: true,
        build: Some(build),
        ..Service::default()
    };
    let services = [("api".to_string(), service)].into_iter().collect();
    let project = Project { directory: ROOT.into(), services, ..Project::default() };
    programs::read(&map, &Shelf::default(), &project).of("api").clone()
}

fn loaded(program: &Program) -> Vec<String> {
    let mut found: Vec<String> = program
        .loaded
        .iter()
        .filter_map(|index| Some(program.scope.get(*index)?.0.display().to_string()))
        .filter(|place| place.ends_with(".go") || place.ends_with(".rs"))
        .collect();
    found.sort();
    found
}

#[test]
fn go_binaries_are_built_from_packages() {
    let build = "FROM golang AS build\nWORKDIR /src\nCOPY . .\n";
    let cases = [
        (
            "RUN go build -o /out/api ./cmd/api",
            "COPY --from=build /out/api /bin/server\nCMD [\"/bin/server\", \"-v\"]",
        ),
        (
            "RUN go build -o /out/api cmd/api/main.go",
            "COPY --from=build /out/api /api\nENTRYPOINT [\"/api\"]",
        ),
        (
            "RUN CGO_ENABLED=0 GOOS=linux go build -ldflags '-s -w' -o /out/ ./cmd/...",
            "COPY --from=build /out /app\nCMD [\"/app/api\"]",
        ),
        (
            "RUN go build -o bin/ ./cmd/api ./cmd/worker",
            "COPY --from=build /src/bin/ /usr/local/bin/\nCMD [\"api\"]",
        ),
        ("RUN cd cmd/api && go build -o /go/bin/app", "COPY --from=build /go/bin/app /app\nCMD /app"),
        ("RUN go build -C cmd/api -o /go/bin/app .", "COPY --from=build /go/bin/app /\nCMD [\"./app\"]"),
        ("RUN go install ./cmd/api", "COPY --from=build /go/bin/api /go/bin/api\nCMD [\"/go/bin/api\"]"),
        ("RUN go install example.org/shop/cmd/api", "COPY --from=build /go/bin/api /\nCMD [\"/api\"]"),
        ("RUN make build", "COPY --from=build /src/out/api /srv/\nWORKDIR /srv\nCMD [\"./api\"]"),
        ("RUN ./build.sh", "COPY --from=build /out/api /x\nCMD [\"/x\"]"),
        ("RUN sh build.sh", "COPY --from=build /out/api /x\nCMD [\"/x\"]"),
        (
            "RUN go build -o app ./cmd/api",
            "COPY --from=build /src/app .\nCMD [\"sh\", \"-c\", \"exec ./app\"]",
        ),
        (
            "RUN --mount=type=cache,target=/cache go build -o /out/api ./cmd/api",
            "COPY --from=build --chmod=755 /out/api /usr/bin/shop\nENTRYPOINT [\"shop\"]",
        ),
        (
            "ARG CMD=api\nRUN go build -o /out/app ./cmd/${CMD}",
            "COPY --from=build /out/app /app\nENTRYPOINT [\"/app\"]",
        ),
    ];
    for (run, end) in cases {
        let program = program(GO, &format!("{build}{run}\nFROM alpine\n{end}\n"));
        assert!(program.entry_known, "{run}");
        assert_eq!(loaded(&program), API, "{run} … {end}");
    }
    let root = program(
        GO,
        &format!("{build}RUN go build\nFROM scratch\nCOPY --from=build /src/shop /shop\nCMD [\"/shop\"]\n"),
    );
    assert_eq!(loaded(&root), ["/src/main.go"]);
}

#[test]
fn go_programs_are_run_from_their_sources() {
    let commands = [
        "go run ./cmd/api",
        "go run cmd/api/main.go cmd/api/routes.go -v",
        "go run -race example.org/shop/cmd/api",
        "air -c .air.toml",
        "air",
        "CompileDaemon --build='go build -o api ./cmd/api' --command=./api",
        "reflex -r '\\.go$' -s -- go run ./cmd/api",
        "dlv debug ./cmd/api --headless --listen=:2345",
        "sh -c 'go build -o /srv/api ./cmd/api && /srv/api'",
    ];
    for command in commands {
        let dockerfile = format!("FROM golang\nWORKDIR /src\nCOPY . .\nCMD {command}\n");
        let program = program(GO, &dockerfile);
        assert!(program.entry_known, "{command}");
        assert_eq!(loaded(&program), API, "{command}");
    }
}

#[test]
fn a_workspace_of_go_modules_is_followed() {
    let files: &[(&str, &str)] = &[
        ("go.work", "go 1.23\n\nuse (\n\t./api\n\t./lib\n)\n"),
        ("api/go.mod", "module corp/api\n\nreplace corp/other => ../other\n"),
        (
            "api/main.go",
            "package main\n\nimport (\n\t\"corp/lib/conf\"\n\t\"corp/other\"\n)\n\nfunc main() { conf.Load(); other.X() }\n",
        ),
        ("lib/go.mod", "module corp/lib\n"),
        ("lib/conf/conf.go", "package conf\n\nimport \"os\"\n\nfunc Load() { os.Getenv(\"A\") }\n"),
        ("other/go.mod", "module corp/other\n"),
        ("other/x.go", "package other\n\nfunc X() {}\n"),
    ];
    let dockerfile = "FROM golang AS b\nWORKDIR /w\nCOPY . .\nRUN cd api && go build -o /api .\nFROM scratch\nCOPY --from=b /api /api\nCMD [\"/api\"]\n";
    assert_eq!(
        loaded(&program(files, dockerfile)),
        ["/w/api/main.go", "/w/lib/conf/conf.go", "/w/other/x.go"]
    );
}

const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
    (
        "crates/api/Cargo.toml",
        "[package]\nname = \"shop-api\"\n\n[dependencies]\nshop_core = { path = \"../core\" }\n",
    ),
    ("crates/api/src/main.rs", "mod routes;\n\nfn main() { shop_core::load(); }\n"),
    ("crates/api/src/routes.rs", "pub fn all() {}\n"),
    ("crates/core/Cargo.toml", "[package]\nname = \"shop-core\"\n"),
    ("crates/core/src/lib.rs", "pub mod db;\n#[cfg(test)]\nmod tests;\npub fn load() {}\n"),
    ("crates/core/src/db/mod.rs", "mod pool;\n"),
    ("crates/core/src/db/pool.rs", "pub fn pool() {}\n"),
    ("crates/core/src/tests.rs", "fn x() {}\n"),
    (
        "crates/jobs/Cargo.toml",
        "[package]\nname = \"jobs\"\n[[bin]]\nname = \"runner\"\npath = \"src/run.rs\"\n",
    ),
    ("crates/jobs/src/run.rs", "fn main() {}\n"),
    ("crates/jobs/src/bin/seed.rs", "fn main() {}\n"),
];

const RUST_API: [&str; 5] = [
    "/app/crates/api/src/main.rs",
    "/app/crates/api/src/routes.rs",
    "/app/crates/core/src/db/mod.rs",
    "/app/crates/core/src/db/pool.rs",
    "/app/crates/core/src/lib.rs",
];

#[test]
fn rust_binaries_are_built_from_crates() {
    let build = "FROM rust AS build\nWORKDIR /app\nCOPY . .\n";
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "RUN cargo build --release",
            "COPY --from=build /app/target/release/shop-api /usr/local/bin/\nCMD [\"shop-api\"]",
            &RUST_API,
        ),
        (
            "RUN cargo build --release -p shop-api --target x86_64-unknown-linux-musl",
            "COPY --from=build /app/target/x86_64-unknown-linux-musl/release/shop-api /server\nENTRYPOINT [\"/server\"]",
            &RUST_API,
        ),
        (
            "RUN cargo install --path crates/api",
            "COPY --from=build /usr/local/cargo/bin/shop-api /usr/local/bin/shop-api\nCMD [\"shop-api\"]",
            &RUST_API,
        ),
        (
            "RUN cargo build --release --bin shop-api && cp target/release/shop-api /out",
            "COPY --from=build /out /srv\nCMD [\"/srv\"]",
            &RUST_API,
        ),
        (
            "RUN cargo build --release",
            "COPY --from=build /app/target/release/runner /run\nCMD [\"/run\"]",
            &["/app/crates/jobs/src/run.rs"],
        ),
        (
            "RUN cargo build --release",
            "COPY --from=build /app/target/release/ /bins/\nCMD [\"/bins/seed\"]",
            &["/app/crates/jobs/src/bin/seed.rs"],
        ),
    ];
    for (run, end, expected) in cases {
        let program = program(RUST, &format!("{build}{run}\nFROM debian\n{end}\n"));
        assert!(program.entry_known, "{run} … {end}");
        assert_eq!(loaded(&program), *expected, "{run} … {end}");
    }
    for command in [
        "cargo run --bin shop-api",
        "cargo run --release -p shop-api -- serve",
        "cargo watch -q -x 'run -p shop-api'",
    ] {
        let program = program(RUST, &format!("FROM rust\nWORKDIR /app\nCOPY . .\nCMD {command}\n"));
        assert_eq!(loaded(&program), RUST_API, "{command}");
    }
}

/// What no program looks like must not panic, hang, or point outside of the text.
#[test]
fn odd_sources_are_survived() {
    let go = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/languages/go/config.go"))
        .unwrap();
    let rust =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/languages/rust/config.rs"))
            .unwrap();
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let mut texts = vec![
        (String::new(), "x.go"),
        ("\u{0}\u{1}\u{fffd}os.Getenv(\"".to_string(), "x.go"),
        (format!("package a\nvar x = {}", deep("f(", ")")), "x.go"),
        (format!("package a\nfunc f() {{ {} }}", deep("if a { ", " }")), "x.go"),
        (format!("package a\nfunc f() {{ x := \"\"; {} }}", "x = x + x; ".repeat(2_000)), "x.go"),
        (format!("package a\ntype A {}", deep("struct { A ", " }")), "x.go"),
        ("package a\ntype A struct { B }\ntype B struct { A }\nfunc New() A { return New() }\nvar a = b\nvar b = a\n".to_string(), "x.go"),
        ("package a\nimport \"github.com/kelseyhightower/envconfig\"\ntype A struct { A A; B *B }\ntype B struct { C A }\nfunc f() { envconfig.Process(\"\", &x) }".to_string(), "x.go"),
        (String::new(), "x.rs"),
        (format!("fn f() {{ let x = {}; }}", deep("f(", ")")), "x.rs"),
        (format!("fn f() {{ {} }}", deep("{ if a { ", " } }")), "x.rs"),
        (format!("fn f() {{ format!{}; }}", deep("(\"{}\", format!", ")")), "x.rs"),
        (format!("fn f() {{ let x = env::var(\"A\"); {} }}", "let x = x.or(x); ".repeat(2_000)), "x.rs"),
        ("use clap::Parser;\n#[derive(Parser, Deserialize)] struct A { a: A, b: Box<B> }\n#[derive(Deserialize)] struct B { a: A }\nfn x() { envy::from_env::<A>() }".to_string(), "x.rs"),
        ("fn a() -> u8 { b() } fn b() -> u8 { a() } static A: u8 = B; static B: u8 = A;".to_string(), "x.rs"),
    ];
    for (text, name) in [(&go, "x.go"), (&rust, "x.rs")] {
        for cut in (0..text.len()).step_by(97).filter(|cut| text.is_char_boundary(*cut)) {
            texts.push((text[..cut].to_string(), name));
            texts.push((text[cut..].to_string(), name));
        }
        texts.push((text.replace('\n', " "), name));
        texts.push((text.replace(['(', '"'], ""), name));
    }
    for (text, name) in texts {
        let path = Path::new(ROOT).join(name);
        let map = SourceMap::new(Memory::new([(path.clone(), text.as_str())]));
        let file: std::sync::Arc<SourceFile> = map.load(&path).expect("a file");
        let language = front_end(&path).expect("a language");
        let _ = language.imports(&file.text);
        let module = language.read(&file);
        let whole = file.slice(0, file.text.len());
        for read in &module.reads {
            assert!(whole.contains(read.span), "{name}: {}", read.name.value);
            let _ = read.expression.to_string();
        }
        for sink in &module.sinks {
            assert!(whole.contains(sink.span), "{name}: {}", sink.callee.value);
        }
    }
}
