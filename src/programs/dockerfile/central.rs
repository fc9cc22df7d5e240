//! What projects of .NET take from files above them, which `dotnet restore` needs: the versions of their packages
//! (`Directory.Packages.props`), and the framework that they are made for (`Directory.Build.props`).
//!
//! Without versions restoring stops from the SDK 10 on (`NU1015`); older ones warn and take the lowest (`NU1604`), and stop where
//! warnings are errors: https://learn.microsoft.com/dotnet/core/compatibility/sdk/10.0/nu1015-packagereference-version. Without a
//! framework it always stops (`NETSDK1013`).

use std::path::{Path, PathBuf};

use super::copy::Context;
use super::named::There;
use super::referred::{attribute, beside, members, read};
use super::{Built, FaultKind};
use crate::programs::has_extension;
use crate::programs::versions::images;
use crate::programs::versions::range::Version;
use crate::source::Kind;

/// No file is longer.
const MAX_FILE: u64 = 400_000;
/// The first SDK that stops at a package without a version.
const STRICT: Version = Version { major: 10, minor: None, patch: None };

/// The first file above a project that this needs, that lies in the context, and that the image does not have.
pub(super) fn absent(
    there: &There<'_>,
    context: &Context,
    built: &Built,
    (first, command): (&Path, &str),
) -> Option<FaultKind> {
    let projects: Vec<PathBuf> = match has_extension(first, &["sln", "slnx"]) {
        true => {
            let (_, text) = read(there, first)?;
            members(&text).iter().map(|path| beside(first, path)).collect()
        }
        false => vec![first.to_path_buf()],
    };
    projects.iter().find_map(|project| {
        let (host, text) = read(there, project)?;
        let lacking = |name: &str, says: &str| lacking(there, context, (project, &host), name, says);
        let (file, hidden) = if !text.contains("<TargetFramework") && text.contains("Sdk=\"Microsoft.NET") {
            lacking("Directory.Build.props", "<TargetFramework")?
        } else if is_versionless(&text) && (is_strict(built) || has_strict_warnings(&text)) {
            lacking("Directory.Packages.props", "ManagePackageVersionsCentrally>true")
                .or_else(|| lacking("Directory.Packages.props", "<PackageVersion "))?
        } else {
            return None;
        };
        let (command, there) = (command.to_string(), hidden.is_none());
        Some(FaultKind::Input { command, file, there, lock: false, hidden })
    })
}

/// The file of this name that lies above a project in the context and says so, where none lies above it in the image; with the
/// line of `.dockerignore` that hides it.
fn lacking(
    there: &There<'_>,
    context: &Context,
    (project, host): (&Path, &Path),
    name: &str,
    says: &str,
) -> Option<(String, Option<usize>)> {
    let folders = || project.ancestors().skip(1);
    if folders().any(|folder| {
        let place = folder.join(name);
        there.tree.file(there.files, &place).is_some() || (there.open)(&place)
    }) {
        return None;
    }
    let above = host.ancestors().skip(1).take_while(|folder| folder.starts_with(&context.root));
    let found =
        above.map(|folder| folder.join(name)).find(|path| there.files.kind(path) == Some(Kind::File))?;
    let text = String::from_utf8(there.files.read(&found, MAX_FILE).ok()?).ok()?;
    let path = found.strip_prefix(&context.root).ok()?;
    text.contains(says).then_some(())?;
    Some((path.to_str()?.to_string(), context.ignore.ignored_by(path)))
}

/// Whether a package is referred to without a version, which is no part of an SDK.
fn is_versionless(text: &str) -> bool {
    !text.contains("<!--")
        && !text.contains("<Import ")
        && text.split("<PackageReference ").skip(1).any(|rest| {
            let element = rest.split("/>").next().unwrap_or("");
            let element = element.split("</PackageReference>").next().unwrap_or("");
            attribute(element, "Include").is_some() && !element.contains("Version")
        })
}

fn has_strict_warnings(text: &str) -> bool {
    text.contains("<TreatWarningsAsErrors>true") && !text.contains("NU1604") && !text.contains("NoWarn")
}

fn is_strict(built: &Built) -> bool {
    let version = built.base.as_ref().and_then(|base| images::version(&base.value));
    version.is_some_and(|(language, version)| {
        language == images::Language::DotNet && version.first() >= STRICT.first()
    })
}
