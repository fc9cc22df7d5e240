//! The packages of NuGet whose extensions a program in C# calls, and that no project of its build refers to. The build stops at them.

use std::path::Path;

use super::loaders;
use super::{Missing, Program, Uninstalled};
use crate::programs::has_extension;
use crate::programs::service_files::is_aside;

/// How packages begin that are known to bring nothing else of this table.
const QUIET: [&str; 41] = [
    "microsoft.",
    "system.",
    "swashbuckle",
    "serilog",
    "mediatr",
    "automapper",
    "fluentvalidation",
    "npgsql",
    "pomelo",
    "mysql",
    "dapper",
    "stackexchange",
    "rabbitmq",
    "confluent",
    "mongodb",
    "polly",
    "newtonsoft",
    "opentelemetry",
    "aspnetcore.healthchecks",
    "grpc",
    "google.protobuf",
    "asp.versioning",
    "nlog",
    "hangfire",
    "prometheus-net",
    "xunit",
    "moq",
    "coverlet",
    "nunit",
    "bogus",
    "bcrypt",
    "jwt",
    "awssdk",
    "azure.",
    "minio",
    "elastic.",
    "nest",
    "mailkit",
    "scrutor",
    "masstransit",
    "mapster",
];

pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let builds = program.builds.iter().any(|(launch, _)| {
        launch.name() == "dotnet"
            && launch.words.get(1).is_some_and(|word| matches!(word.as_str(), "build" | "publish"))
    });
    let adds = program.builds.iter().any(|(launch, _)| {
        let says = |word: &str| launch.words.iter().any(|other| other == word);
        says("add") || says("new") || says("paket") || says("nuget")
    });
    if !builds || adds || !program.is_sure() {
        return Vec::new();
    }
    let machine = program.machine.of_build();
    let files = machine.sources.files();
    // Every project counts, and what is told to all of them.
    let mut manifest = None;
    let mut packages: Vec<String> = Vec::new();
    let folders: std::collections::BTreeSet<&Path> =
        program.scope.iter().flat_map(|(_, place, _)| place.ancestors().skip(1).take(8)).collect();
    for folder in folders {
        let names = [folder.join("Directory.Build.props"), folder.join("Directory.Build.targets")];
        let own = program.scope.within(folder).map(|(_, place)| place.to_path_buf());
        let own: Vec<_> = own.filter(|place| has_extension(place, &["csproj", "fsproj"])).collect();
        if names.iter().any(|name| machine.files.resolve(files, name).is_some()) {
            return Vec::new();
        }
        for place in own {
            let Some(file) = machine.load(&place) else { continue };
            if file.text.contains("<Import ") || file.text.contains("<Reference ") {
                return Vec::new();
            }
            let references = file.text.split("<PackageReference").skip(1);
            let named = references.filter_map(|rest| rest.split("Include=\"").nth(1)?.split('"').next());
            packages.extend(named.map(str::to_ascii_lowercase));
            manifest.get_or_insert(file.path.clone());
        }
    }
    let (Some(manifest), true) = (
        manifest,
        !packages.is_empty() && packages.iter().all(|name| QUIET.iter().any(|quiet| name.starts_with(quiet))),
    ) else {
        return Vec::new();
    };
    let mut out: Vec<Uninstalled> = Vec::new();
    for (place, source) in program.loaded.iter().filter_map(|index| program.scope.get(*index)) {
        if source.front_end.name() != "csharp" || is_aside(place) {
            continue;
        }
        for (word, brings) in &loaders::all().dotnet {
            let Some(package) =
                brings.first().filter(|package| out.iter().all(|one| one.package != **package))
            else {
                continue;
            };
            let there = brings
                .iter()
                .any(|part| packages.iter().any(|name| name.contains(&part.to_ascii_lowercase())));
            if there || !source.glance(|text| text.contains(word.as_str())) {
                continue;
            }
            let Ok(file) = program.machine.sources.load(&source.path) else { continue };
            // A method of its own is called alike.
            let defined = program.scope.containing(&format!("{} {word}", "IServiceCollection")).len();
            let Some(from) = file.text.find(word.as_str()).filter(|_| defined == 0) else { continue };
            let line = file.text.get(..from).and_then(|text| text.rsplit('\n').next()).unwrap_or("");
            if line.contains("//") || line.contains("static") {
                continue;
            }
            out.push(Uninstalled {
                import: word.trim_start_matches("using ").trim_matches(['(', '.', '<', ' ', ';']).to_string(),
                package: package.clone(),
                at: file.slice(from, from + word.trim_end_matches(['(', '<', ';']).len()),
                named: false,
                manifest: Some(manifest.clone()),
                lack: Missing::Unbuilt,
                sure: true,
                loader: None,
                similar: None,
            });
        }
    }
    out
}
