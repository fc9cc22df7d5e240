//! `TargetFramework` and `global.json`, against the SDK that builds and the runtime that runs:
//! <https://learn.microsoft.com/dotnet/core/tools/sdk-errors/netsdk1045>,
//! <https://learn.microsoft.com/dotnet/core/versions/selection>, <https://learn.microsoft.com/dotnet/core/tools/global-json>.

use std::path::Path;
use std::sync::Arc;

use super::range::Version;
use super::{Asked, Language, Place, WrongVersion};
use crate::compose::ImageReference;
use crate::programs::dockerfile::Run;
use crate::programs::entry::{self, Launch, Machine, Started};
use crate::source::{Kind, SourceFile, Span, Spanned};

/// The feature band of each SDK that is kept up no more, or has its last one: `8.0` is 8.0.4xx.
const BANDS: [(u32, u32); 3] = [(6, 4), (7, 4), (8, 4)];

pub(super) fn asked(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    if launch.name() != "dotnet" || !ImageReference::parse(&place.image.value)?.path.ends_with("sdk") {
        return None;
    }
    let verb = launch.words.iter().skip(1).find(|word| !word.starts_with('-'))?;
    if !matches!(verb.as_str(), "restore" | "build" | "publish" | "run" | "watch" | "test") {
        return None;
    }
    pinned(place, launch).or_else(|| targeted(place, launch))
}

/// A project for a framework that the SDK is too old for.
fn targeted(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let project = project(place.machine, launch)?;
    let (version, at) = target(&project.text)?;
    let says = format!("NETSDK1045: The current .NET SDK does not support targeting .NET {version}");
    let mut asked = place.asks(&project, at, &version.to_string(), says);
    asked.instead = tagged(&place.image.value, version);
    place.has.is_before(version).then_some(asked)
}

/// The SDK that `global.json` names.
fn pinned(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let (_, file) = place.manifest(launch, "global.json")?;
    let json: serde_json::Value = serde_json::from_str(&file.text).ok()?;
    let sdk = json.get("sdk")?;
    let text = sdk.get("version")?.as_str()?;
    let version = Version::at_start_of(text)?;
    let policy = sdk.get("rollForward").and_then(|policy| policy.as_str()).unwrap_or("latestPatch");
    let refused = match policy.to_ascii_lowercase().as_str() {
        "major" | "latestmajor" => place.has.is_before(version),
        "patch" | "latestpatch" => {
            let band = version.patch.map(|patch| patch / 100);
            let has = BANDS.iter().find(|(major, _)| *major == place.has.major).map(|(_, band)| *band);
            place.has.major != version.major
                || place.has.patch.is_none() && band.zip(has).is_some_and(|(band, has)| band != has)
        }
        _ => place.has.major != version.major,
    };
    let from = file.text.find(text)?;
    let mut asked = place.asks(
        &file,
        (from, from + text.len()),
        &format!("SDK {text}"),
        "A compatible .NET SDK was not found".to_string(),
    );
    asked.instead = (place.has.major != version.major)
        .then(|| tagged(&place.image.value, version))
        .flatten()
        .or_else(|| Some("\"rollForward\": \"latestMajor\"".to_string()));
    refused.then_some(asked)
}

/// The program, where its framework is not the one of the image that it runs in.
pub(super) fn of_runtime(
    machine: &Machine<'_>,
    runs: &[Run],
    started: &Started,
    image: &Spanned<String>,
    has: Version,
) -> Option<WrongVersion> {
    let parsed = ImageReference::parse(&image.value)?;
    let plain = parsed.path == "dotnet/runtime";
    if !plain && parsed.path != "dotnet/aspnet" {
        return None;
    }
    let runs_it = |launch: &&Launch| {
        launch.name() == "dotnet" && launch.words.get(1).is_some_and(|word| word.ends_with(".dll"))
    };
    let start = started.commands.iter().find(runs_it)?;
    let assembly = Path::new(start.words.get(1)?).file_stem()?;
    let launches = runs.iter().flat_map(|run| entry::built_by(machine, run));
    let published = launches.filter(|launch| {
        launch.name() == "dotnet" && launch.words.iter().any(|word| word == "publish" || word == "build")
    });
    let known: Vec<(Launch, Arc<SourceFile>)> =
        published.filter_map(|launch| Some((launch.clone(), project(machine, &launch)?))).collect();
    let (launch, project) = known.iter().find(|(_, project)| project.path.file_stem() == Some(assembly))?;
    let alone = |text: &str| text.contains("self-contained") || text.contains("SelfContained");
    if launch.words.iter().any(|word| alone(word)) || alone(&project.text) || rolls(start, &project.text) {
        return None;
    }
    let (version, at) = target(&project.text)?;
    let web = ["Microsoft.NET.Sdk.Web", "Include=\"Microsoft.AspNetCore.App\""];
    let web = web.iter().find_map(|word| Some((project.text.find(word)?, word.len())));
    let (asked, has, at, instead) = match web {
        Some((from, length)) if plain => (
            "with ASP.NET Core".to_string(),
            "the runtime alone".to_string(),
            (from, from + length),
            Some(image.value.replace("dotnet/runtime", "dotnet/aspnet")),
        ),
        _ if version.major != has.major => {
            (version.to_string(), has.to_string(), at, tagged(&image.value, version))
        }
        _ => return None,
    };
    Some(WrongVersion {
        language: Language::DotNet,
        asked,
        has,
        image: image.clone(),
        manifest: project.slice(at.0, at.1),
        path: project.path.clone(),
        tool: format!("dotnet {}", start.words.get(1)?),
        says: "You must install or update .NET to run this application".to_string(),
        at: Span::NONE,
        instead,
        newest: false,
        written: None,
    })
}

/// Whether a program may run on a newer framework.
fn rolls(start: &Launch, project: &str) -> bool {
    project.contains("RollForward")
        || start.env.contains_key("DOTNET_ROLL_FORWARD")
        || start.words.iter().any(|word| word.starts_with("--roll-forward"))
}

/// The project that a command of `dotnet` names or finds.
fn project(machine: &Machine<'_>, launch: &Launch) -> Option<Arc<SourceFile>> {
    let words = launch.words.iter().skip(2);
    let named = words.clone().find(|word| word.ends_with(".csproj") || word.ends_with(".fsproj"));
    if let Some(named) = named {
        return machine.load(&launch.path(named));
    }
    if launch.words.iter().any(|word| word.ends_with(".sln") || word.ends_with(".slnx")) {
        return None;
    }
    let files = machine.sources.files();
    let folder = |path: &Path| {
        let host = machine.files.resolve(files, path)?;
        (files.kind(&host) == Some(Kind::Directory)).then_some(host)
    };
    let mut words = words.filter(|word| !word.starts_with('-'));
    let named = words.find_map(|word| folder(&launch.path(word)).map(|_| launch.path(word)));
    let directory = named.unwrap_or_else(|| launch.directory.clone());
    let host = folder(&directory)?;
    let mut found = files.list(&host).into_iter().filter(|name| name.ends_with(".csproj"));
    let only = found.next().filter(|_| found.next().is_none())?;
    machine.load(&directory.join(only))
}

/// `<TargetFramework>net8.0</TargetFramework>`
fn target(text: &str) -> Option<(Version, (usize, usize))> {
    const OPEN: &str = "<TargetFramework>";
    let from = text.find(OPEN)? + OPEN.len();
    let rest = text.get(from..)?;
    let written = rest.get(..rest.find('<')?)?;
    let number = written.trim().strip_prefix("net").filter(|number| number.contains('.'))?;
    Some((Version::at_start_of(number)?, (from, from + written.len())))
}

/// The image with another version in its tag.
fn tagged(image: &str, version: Version) -> Option<String> {
    let (name, _) = image.rsplit_once(':')?;
    Some(format!("{name}:{}.{}", version.major, version.minor.unwrap_or(0)))
}
