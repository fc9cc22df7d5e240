//! What Go's standard library takes from the system, in images that hold next to nothing: zones of time and certificates.

use std::path::Path;

use super::dockerfile::Step;
use super::ending;
use super::unloaded::Unloaded;
use super::unstarted::Contents;
use super::{ModuleIndex, Scope};

/// Where such things lie (`time/zoneinfo_unix.go`, `crypto/x509/root_linux.go`).
pub const ZONES: &str = "/usr/share/zoneinfo";
/// The file with the certificates of those who sign them.
pub const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A kind of such data.
struct Data {
    /// Images without it.
    lacking: &'static [&'static str],
    /// Calls that need it, up to the text which they are given.
    calls: &'static [&'static str],
    /// Words in sources and commands of the build by which the program has it all the same.
    brought: &'static [&'static str],
    /// A variable that says where it is.
    variable: &'static str,
}

const ALL: [Data; 2] = [
    Data {
        lacking: &["alpine", "scratch", "busybox"],
        calls: &["time.LoadLocation(\""],
        brought: &["tzdata", "zoneinfo"],
        variable: "ZONEINFO",
    },
    Data {
        lacking: &["scratch", "busybox"],
        calls: &["http.Get(\"https://", "http.Post(\"https://", "http.Head(\"https://"],
        brought: &["ca-certificates", "x509roots", "certifi", "RootCAs", "InsecureSkipVerify", "/etc/ssl"],
        variable: "SSL_CERT_FILE",
    },
];

/// The first call that ends the program for want of each.
pub(super) fn of(contents: &Contents<'_>, scope: &Scope, loaded: &[ModuleIndex]) -> Vec<Unloaded> {
    let image = contents.image;
    let Some(parsed) = image.parsed.as_ref().filter(|_| !image.assumed) else { return Vec::new() };
    let bare = parsed.stages.last().is_some_and(|stage| stage.from.assumed() == "scratch");
    let base = match image.reference() {
        Some(reference) => reference.path,
        None if bare => "scratch",
        None => return Vec::new(),
    };
    let set = |name: &str| {
        image.env.contains_key(name) || contents.service.environment.variables.contains_key(name)
    };
    let steps = || image.parsed.iter().flat_map(|file| &file.stages).flat_map(|stage| &stage.steps);
    let sources = || {
        let all = loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source);
        all.filter(|source| source.front_end.name() == "go")
    };
    let found = ALL.iter().filter(|data| data.lacking.contains(&base) && !set(data.variable));
    let found = found.filter_map(|data| {
        let says = |text: &str| data.brought.iter().any(|word| text.contains(word));
        let by_build = steps().any(|step| match step {
            Step::Run(text) => says(&text.assumed()),
            Step::Copy(copy) => {
                copy.sources.iter().chain([&copy.destination]).any(|text| says(&text.assumed()))
            }
            _ => false,
        });
        if by_build || sources().any(|source| source.glance(says)) {
            return None;
        }
        sources().find_map(|source| {
            let file = source.file();
            let text: &str = &file.text;
            let calls = data.calls.iter().flat_map(|call| text.match_indices(call));
            calls.into_iter().find_map(|(at, call)| {
                let name = text.get(at + call.len()..)?.split('"').next()?;
                let target = match call.starts_with("time") {
                    true => Some(format!("{ZONES}/{name}")).filter(|_| name.contains('/')),
                    false => Some(CERTIFICATES.to_string()),
                }?;
                let path = Path::new(&target);
                let there = contents.resolve(path).is_some()
                    || contents.is_copied_over(path)
                    || contents.is_mounted_over(path);
                let range = at..at + call.len();
                let ends = ending::ends(scope, loaded, file, range.clone());
                (ends && !there).then(|| Unloaded::new(target, file.slice(range.start, range.end)))
            })
        })
    });
    found.collect()
}
