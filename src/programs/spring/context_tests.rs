//! Tests that start a whole application of Spring Boot, with its own settings: `@SpringBootTest` (docs.spring.io/spring-boot, "Testing Spring
//! Boot Applications"). Where such an application opens a pool of connections when it starts, the test needs the database.

use std::path::{Path, PathBuf};

use crate::programs::entry::{Machine, Started};
use crate::source::{Kind, Span};

/// What says that a test starts the application.
const STARTS: &str = "@SpringBootTest";
/// What gives a test other settings, or a database of its own.
const TOLD: [&str; 12] = [
    "Testcontainers",
    "@ServiceConnection",
    "@TestPropertySource",
    "@ActiveProfiles",
    "@AutoConfigureTestDatabase",
    "@DynamicPropertySource",
    "@Disabled",
    "@Ignore",
    "@EnabledIf",
    "@Import",
    "@SpringBootTest(",
    "EmbeddedPostgres",
];
/// What opens connections when the application starts.
const OPENS: [&str; 5] = [
    "spring-boot-starter-data-jpa",
    "spring-boot-starter-jdbc",
    "spring-boot-starter-data-jdbc",
    "flyway-core",
    "liquibase-core",
];
/// What brings a database for tests, or leaves the tests out.
const SPARES: [&str; 9] = [
    "h2database",
    "com.h2",
    "hsqldb",
    "derby",
    "testcontainers",
    "skipTests",
    "maven.test.skip",
    "embedded",
    "<testFailureIgnore>",
];
/// Manifests of what builds.
const MANIFESTS: [&str; 3] = ["pom.xml", "build.gradle", "build.gradle.kts"];
/// Where tests lie.
const TESTS: [&str; 2] = ["src/test/java", "src/test/kotlin"];
const MAX_FOLDERS: usize = 60;

/// The first such test of what the build of an image compiles, where nothing spares it the database.
pub(in crate::programs) fn of(machine: &Machine<'_>, started: &Started) -> Option<Span> {
    let files = machine.sources.files();
    let mut folders: Vec<&PathBuf> = started.builds.iter().map(|launch| &launch.directory).collect();
    folders.sort();
    folders.dedup();
    folders.into_iter().find_map(|folder| {
        let inside = |name: &str| machine.below.file(files, &folder.join(name));
        let manifest = MANIFESTS.iter().find_map(|name| inside(name))?;
        let manifest = machine.sources.load(&manifest).ok()?;
        let opens = OPENS.iter().any(|word| manifest.text.contains(word));
        if !opens || SPARES.iter().any(|word| manifest.text.contains(word)) {
            return None;
        }
        let host = |path: &str| machine.below.resolve(files, &folder.join(path));
        // Settings of their own.
        if host("src/test/resources")
            .is_some_and(|folder| files.list(&folder).iter().any(|name| name.starts_with("application")))
        {
            return None;
        }
        TESTS.iter().filter_map(|path| host(path)).find_map(|folder| first(machine, &folder))
    })
}

fn first(machine: &Machine<'_>, folder: &Path) -> Option<Span> {
    let files = machine.sources.files();
    let mut left = vec![folder.to_path_buf()];
    let mut seen = 0;
    let mut found = None;
    while let Some(folder) = left.pop() {
        seen += 1;
        if seen > MAX_FOLDERS {
            return None;
        }
        for name in files.list(&folder) {
            let path = folder.join(&name);
            if files.kind(&path) == Some(Kind::Directory) {
                left.push(path);
                continue;
            }
            if !name.ends_with(".java") && !name.ends_with(".kt") {
                continue;
            }
            let Ok(file) = machine.sources.load(&path) else { continue };
            let Some(at) = file.text.find(STARTS) else { continue };
            let told = TOLD.iter().any(|word| file.text.contains(word));
            if !told && file.text.contains("@Test") && found.is_none() {
                found = Some(file.slice(at, at + STARTS.len()));
            }
        }
    }
    found
}
