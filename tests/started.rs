//! What commands start of .NET solutions and Mix projects: trees in memory.

#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::path::{Path, PathBuf};

use dockworthy::compose::{Build, Command, Project, Service};
use dockworthy::programs::{self, Program, Shelf};
use dockworthy::source::{Memory, Origin, SourceMap, Span, Spanned, Text};

const ROOT: &str = "/p";

/// The program of a service that is built from these files, with this command instead of the image's.
fn program(files: &[(&str, &str)], command: &str) -> Program {
    let sources =
        SourceMap::new(Memory::new(files.iter().map(|(path, text)| (Path::new(ROOT).join(path), *text))));
    let word = |word: &str| Text::known(word, Origin::default());
    let command = (!command.is_empty()).then(|| Command {
        words: command.split(' ').map(word).collect(),
        split: true,
        dropped: None,
        origin: Origin::default(),
    });
    let service = Service {
        name: Spanned::new("api".to_string(), Span::NONE),
        active: true,
        command,
        build: Some(Build { directory: Some(PathBuf::from(ROOT)), ..Build::default() }),
        ..Service::default()
    };
    let project = Project {
        name: "p".to_string(),
        directory: PathBuf::from(ROOT),
        services: [("api".to_string(), service)].into_iter().collect(),
        ..Project::default()
    };
    programs::read(&sources, &Shelf::default(), &project).of("api").clone()
}

/// The sources that the process loads, below the root, but for the projects themselves.
fn loaded(program: &Program) -> Vec<String> {
    let paths = program.modules.iter().filter_map(|module| module.path.strip_prefix(ROOT).ok());
    let mut paths: Vec<String> = paths
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|path| !path.ends_with(".csproj") && !path.ends_with("mix.exs"))
        .collect();
    paths.sort();
    paths
}

const SOLUTION: &[(&str, &str)] = &[
    (
        "src/Api/Api.csproj",
        "<Project><ItemGroup><ProjectReference Include=\"..\\Core\\Core.csproj\" /></ItemGroup></Project>",
    ),
    ("src/Api/Program.cs", "Environment.GetEnvironmentVariable(\"A\");"),
    ("src/Api/appsettings.json", "{\"A\": \"x\"}"),
    ("src/Api/obj/Made.cs", "class Made {}"),
    ("src/Core/Core.csproj", "<Project />"),
    ("src/Core/Db.cs", "class Db {}"),
    (
        "src/Jobs/Jobs.csproj",
        "<Project><PropertyGroup><AssemblyName>shop-jobs</AssemblyName></PropertyGroup></Project>",
    ),
    ("src/Jobs/Program.cs", "class Jobs {}"),
    ("src/Api.Tests/Api.Tests.csproj", "<Project><ProjectReference Include='../Api/Api.csproj'/></Project>"),
    ("src/Api.Tests/Tests.cs", "class Tests {}"),
];

const API: &[&str] = &["src/Api/Program.cs", "src/Api/appsettings.json", "src/Core/Db.cs"];
const JOBS: &[&str] = &["src/Jobs/Program.cs"];

fn solution(dockerfile: &str, command: &str) -> Vec<String> {
    let files: Vec<_> = SOLUTION.iter().copied().chain([("Dockerfile", dockerfile)]).collect();
    loaded(&program(&files, command))
}

#[test]
fn published_programs_are_found_by_their_names() {
    let built = |publish: &str, entry: &str| {
        format!(
            "FROM mcr.microsoft.com/dotnet/sdk:9.0 AS build\nWORKDIR /src\nCOPY . .\nRUN {publish}\n\
             FROM mcr.microsoft.com/dotnet/aspnet:9.0\nWORKDIR /app\nCOPY --from=build /out .\nENTRYPOINT {entry}\n"
        )
    };
    let api = "dotnet publish src/Api/Api.csproj -c Release -o /out";
    assert_eq!(solution(&built(api, "[\"dotnet\", \"Api.dll\"]"), ""), API);
    assert_eq!(solution(&built(api, "dotnet /app/Api.dll"), ""), API);
    assert_eq!(solution(&built(api, "[\"./Api\"]"), ""), API);
    // By the assembly's name, and by what was published when the name says nothing.
    assert_eq!(
        solution(&built("dotnet publish src/Jobs -o /out", "[\"dotnet\", \"shop-jobs.dll\"]"), ""),
        JOBS
    );
    assert_eq!(solution(&built("dotnet publish src/Jobs -o /out", "[\"dotnet\", \"main.dll\"]"), ""), JOBS);
    let directory = "cd src/Jobs && dotnet publish -o /out";
    assert_eq!(solution(&built(directory, "[\"dotnet\", \"main.dll\"]"), ""), JOBS);
    // A program of the base image is none of the solution's.
    assert!(solution(&built(api, "[\"nginx\", \"-g\", \"daemon off;\"]"), "").is_empty());
}

#[test]
fn projects_are_run_where_they_lie() {
    let image = "FROM mcr.microsoft.com/dotnet/sdk:9.0\nWORKDIR /app\nCOPY . .\n";
    for command in [
        "dotnet run --project src/Api",
        "dotnet run --project src/Api/Api.csproj --no-launch-profile",
        "dotnet watch --project src/Api run",
        "dotnet watch run --project=src/Api",
    ] {
        assert_eq!(solution(image, command), API, "{command}");
    }
    let inside = "FROM mcr.microsoft.com/dotnet/sdk:9.0\nCOPY . /app/\nWORKDIR /app/src/Jobs\n";
    assert_eq!(solution(inside, "dotnet run"), JOBS);
    let tests = solution(image, "dotnet test src/Api.Tests");
    assert!(!tests.contains(&"src/Jobs/Program.cs".to_string()), "{tests:?}");
}

const MIX: &[(&str, &str)] = &[
    ("mix.exs", ""),
    ("config/config.exs", "import Config\n"),
    ("config/dev.exs", "import Config\n"),
    ("config/prod.exs", "import Config\n"),
    ("config/test.exs", "import Config\n"),
    ("config/runtime.exs", "import Config\n"),
    ("lib/shop/repo.ex", ""),
    ("priv/repo/seeds.exs", ""),
    ("test/shop_test.exs", ""),
];

fn mix(dockerfile: &str, command: &str) -> Vec<String> {
    let files: Vec<_> = MIX.iter().copied().chain([("Dockerfile", dockerfile)]).collect();
    loaded(&program(&files, command))
}

#[test]
fn releases_are_those_of_production() {
    let release = ["config/config.exs", "config/prod.exs", "config/runtime.exs", "lib/shop/repo.ex"];
    let image = |command: &str| {
        format!(
            "FROM elixir:1.18 AS build\nENV MIX_ENV=prod\nWORKDIR /b\nCOPY . .\nRUN mix release\n\
             FROM debian:12\nWORKDIR /app\nCOPY --from=build /b/_build/prod/rel/shop ./\nCMD {command}\n"
        )
    };
    for command in [
        "[\"/app/bin/server\"]",
        "[\"bin/shop\", \"start\"]",
        "/app/bin/shop eval Shop.Release.migrate && /app/bin/shop start",
    ] {
        assert_eq!(mix(&image(command), ""), release, "{command}");
    }
    let mixed = "FROM elixir:1.18\nWORKDIR /app\nCOPY . .\n";
    let development = ["config/config.exs", "config/dev.exs", "config/runtime.exs", "lib/shop/repo.ex"];
    assert_eq!(mix(mixed, "mix phx.server"), development);
    assert_eq!(mix(mixed, "iex -S mix phx.server"), development);
    assert_eq!(mix(&format!("{mixed}ENV MIX_ENV=prod\n"), "mix run --no-halt"), release);
}

/// Files that a program could not have.
#[test]
fn hostile_sources_are_survived() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let texts = [
        String::new(),
        "\u{0}\u{1}\u{fffd}PK\u{3}".repeat(1_000),
        deep("(", ")"),
        deep("{", "}"),
        deep("a(", ")"),
        deep("x => ", "y"),
        deep("class A { ", "}"),
        deep("$\"{", "}\""),
        deep("if (Environment.GetEnvironmentVariable(\"A\") == null) ", ";"),
        format!("var x = {};", "Environment.GetEnvironmentVariable(\"A\") + ".repeat(5_000)),
        format!("var x = {}1;", "a ?? ".repeat(5_000)),
        format!("services{};", ".AddX(o => o.UseNpgsql(c[\"A:B\"]))".repeat(5_000)),
        format!("class A {{ {} }}", "public string X { get; set; } = \"localhost\"; ".repeat(5_000)),
        deep("if System.get_env(\"A\") do ", " end"),
        deep("System.get_env(\"A\") |> f(", ")"),
        deep("[a: ", "]"),
        format!("x = {}1", "System.get_env(\"A\") || ".repeat(5_000)),
        deep("defmodule A do ", " end"),
        "config :a, b: \"#{".to_string(),
        "class A { string x = \"".to_string(),
        deep("{\"ConnectionStrings\": ", "}"),
    ];
    for text in &texts {
        let name = |name: &'static str| (name, text.as_str());
        let files = [
            name("Program.cs"),
            name("appsettings.json"),
            name("lib/a.ex"),
            name("config/config.exs"),
            name("A.csproj"),
            ("mix.exs", ""),
            ("Dockerfile", "FROM x\nWORKDIR /app\nCOPY . .\n"),
        ];
        let _ = program(&files, "dotnet run");
        let _ = program(&files, "mix run");
    }
}
