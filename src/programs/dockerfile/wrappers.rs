//! What the scripts read that fetch Maven and Gradle.

use super::copy::Context;
use crate::source::{Files, is_ignored};

/// The files without which such a script stops, by its name: which version to fetch and from where, and of Gradle what does that.
/// Maven's fetches its own archive.
pub(super) fn needs(name: &str) -> &'static [&'static str] {
    match name {
        "mvnw" => &[".mvn/wrapper/maven-wrapper.properties"],
        "gradlew" => &["gradle/wrapper/gradle-wrapper.properties", "gradle/wrapper/gradle-wrapper.jar"],
        _ => &[],
    }
}

/// Whether a file of theirs is not there since the repository leaves it out, beside the script: `*.jar` in `.gitignore`.
pub(super) fn are_left_out(files: &dyn Files, context: &Context, name: &str, file: &str) -> bool {
    needs(name).contains(&file)
        && files.kind(&context.root.join(name)).is_some()
        && is_ignored(files, &context.root.join(file))
}
