//! Packages of Python that were compiled in one stage and are copied into another without the libraries that they load.

use super::{Package, Unbuilt, table};
use crate::compose::{ImageReference, Service};
use crate::programs::dockerfile::{Copy, Run, Step};
use crate::programs::entry::{self, Launch, Machine};
use crate::programs::image::Image;
use crate::programs::python::requirements;
use crate::programs::versions::range::{Dialect, Version, highest};

/// What the names of folders have in which packages lie.
const PACKAGES: [&str; 7] =
    ["site-packages", "venv", "/usr/local", "/root/.local", "/install", "wheels", "dist-packages"];

/// What the last stage copies from another and that does not find its library there.
#[must_use]
pub(in crate::programs) fn of(
    machine: &Machine<'_>,
    service: &Service,
    image: &Image,
    (own, all): (&[Run], &[Run]),
) -> Vec<Unbuilt> {
    let machine = machine.of_build();
    let whole = service.build.as_ref().is_some_and(|build| build.target.is_none());
    let stage = image.parsed.as_ref().and_then(|parsed| parsed.stages.last()).filter(|_| whole);
    let (Some(stage), Some(base)) = (stage, &image.base) else { return Vec::new() };
    let small = ImageReference::parse(&base.value).is_some_and(|parsed| {
        parsed.path == "python"
            && parsed.tag.is_some_and(|tag| tag.contains("slim") || tag.contains("alpine"))
    });
    let copies: Vec<&Copy> = stage
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Copy(copy) if copy.from.is_some() => Some(copy),
            _ => None,
        })
        .collect();
    let source = |copy: &Copy| copy.sources.iter().map(|source| source.assumed()).collect::<Vec<_>>();
    let packages =
        |copy: &&&Copy| source(copy).iter().any(|from| PACKAGES.iter().any(|part| from.contains(part)));
    // Libraries that are copied, too, may be any.
    let libraries = |copy: &&Copy| {
        source(copy).iter().any(|from| {
            let from = from.trim_end_matches('/');
            let systemic = from.starts_with("/usr/lib") || from.starts_with("/lib") || from.is_empty();
            systemic || from == "/usr" || from.contains(".so")
        })
    };
    let Some(copied) = copies.iter().find(packages).filter(|_| small && !copies.iter().any(libraries)) else {
        return Vec::new();
    };
    let opens = |text: &str| {
        let installs = ["apt", "apk"].iter().any(|tool| text.contains(tool));
        ["curl", "wget", ".sh", "dpkg", "xargs"].iter().any(|word| text.contains(word))
            || installs && text.replace("/lists/*", "").contains(['$', '*'])
    };
    let texts: Vec<String> = own.iter().map(|run| run.command.assumed()).collect();
    if texts.iter().any(|text| opens(text)) {
        return Vec::new();
    }
    let is_own = |run: &&Run| own.iter().any(|other| other.command.span() == run.command.span());
    let builder: Vec<Launch> =
        all.iter().filter(|run| !is_own(run)).flat_map(|run| entry::built_by(&machine, run)).collect();
    let Some(installed) = requirements::installed(&machine, builder.iter()) else { return Vec::new() };
    let parts = |c: char| c.is_whitespace() || "=;&|\\".contains(c);
    let has = |package: &String| texts.iter().any(|text| text.split(parts).any(|word| word == package));
    let lacking = |known: &&Package| {
        let Some(declared) = installed.direct.get(&known.package) else { return false };
        let first = known.from.as_deref().and_then(Version::at_start_of).map(Version::first);
        let newest = highest(&declared.value, Dialect::Python);
        let old = first.is_some_and(|first| newest.is_some() && newest < Some(first));
        !old && known.loads.as_ref().is_some_and(|library| !library.r#in.iter().any(has))
    };
    let found = table().python.iter().filter(lacking).filter_map(|known| {
        let library = known.loads.as_ref()?;
        let alpine = base.value.contains("alpine");
        let fits = |name: &&String| alpine != (name.ends_with(|c: char| c.is_ascii_digit()));
        let package = library.r#in.iter().filter(|name| !name.ends_with("-dev")).find(fits)?;
        Some(Unbuilt {
            what: format!("`{}`", known.package),
            at: copied.keyword,
            run: crate::source::Span::NONE,
            image: base.clone(),
            later: false,
            asks: false,
            gone: false,
            old: false,
            nowhere: None,
            unlinked: true,
            left_out: false,
            says: format!(
                "ImportError: {}: cannot open shared object file: No such file or directory",
                library.library
            ),
            instead: format!("install `{package}` in the last stage, too"),
        })
    });
    found.collect()
}
