//! The version of Java that Maven and Gradle compile for, against the JDK that does it and the one that runs what comes of it:
//! <https://maven.apache.org/plugins/maven-compiler-plugin/examples/set-compiler-release.html>,
//! <https://docs.gradle.org/current/userguide/compatibility.html>, <https://docs.gradle.org/current/userguide/toolchains.html>,
//! <https://docs.spring.io/spring-boot/system-requirements.html>.

use std::path::PathBuf;
use std::sync::Arc;

use super::range::Version;
use super::{Asked, Language, Place, WrongVersion, images};
use crate::programs::dockerfile::Run;
use crate::programs::entry::{self, Launch, Machine, Started};
use crate::source::{SourceFile, Span, Spanned};

/// The newest JDK that versions of Gradle run on.
const GRADLE: [((u32, u32), u32); 17] = [
    ((2, 0), 8),
    ((4, 3), 9),
    ((4, 7), 10),
    ((5, 0), 11),
    ((5, 4), 12),
    ((6, 0), 13),
    ((6, 3), 14),
    ((6, 7), 15),
    ((7, 0), 16),
    ((7, 3), 17),
    ((7, 5), 18),
    ((7, 6), 19),
    ((8, 3), 20),
    ((8, 5), 21),
    ((8, 8), 22),
    ((8, 10), 23),
    ((8, 14), 24),
];

/// Where a version of Java is written, and which.
struct Level {
    version: u32,
    at: (usize, usize),
    /// Whether a JDK of just this version is looked for, and not fetched.
    exact: bool,
    /// Whether Spring Boot's own classes need it.
    boot: bool,
}

pub(super) fn asked(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let (file, level) = compiled(place.machine, launch)?;
    let has = place.has.major;
    if builds_with(launch) == Some(Tool::Gradle)
        && let Some(asked) = wrapper(place, launch)
    {
        return Some(asked);
    }
    if has >= level.version && (!level.exact || has == level.version) {
        return None;
    }
    let version = level.version;
    let says = match level {
        Level { exact: true, .. } => {
            format!("Cannot find a Java installation matching: {{languageVersion={version}}}")
        }
        Level { boot: true, .. } => {
            format!("class file has wrong version 61.0, should be {}.0", 44 + has)
        }
        _ => format!("error: release version {version} not supported"),
    };
    let mut asked = place.asks(&file, level.at, &version.to_string(), says);
    if level.boot {
        asked.asked = "17, which Spring Boot 3 needs".to_string();
    }
    asked.instead = tagged(&place.image.value, has, version);
    Some(asked)
}

/// What a build compiled for a newer Java than the one that starts it.
pub(super) fn of_runtime(
    machine: &Machine<'_>,
    runs: &[Run],
    started: &Started,
    image: &Spanned<String>,
    has: Version,
) -> Option<WrongVersion> {
    let (Language::Java, _) = images::version(&image.value)? else { return None };
    started.commands.iter().find(|launch| launch.name() == "java")?;
    let builds = runs.iter().filter(|run| run.base.as_ref().is_some_and(|base| base.span != image.span));
    let mut built = builds.flat_map(|run| entry::built_by(machine, run).into_iter().map(move |it| (it, run)));
    let (launch, run) = built.rfind(|(launch, _)| builds_with(launch).is_some())?;
    let builder = run.base.as_ref()?;
    let jdk = images::version(&builder.value).map(|(_, version)| version.major);
    // An image that only the JDK is named of.
    let least = jdk.or_else(|| images::at_least(&builder.value));
    let wrong = |version: u32, asked: String, manifest: Span, path: PathBuf| WrongVersion {
        language: Language::Java,
        asked,
        has: has.major.to_string(),
        image: image.clone(),
        manifest,
        path,
        tool: "java".to_string(),
        says: format!(
            "UnsupportedClassVersionError: … class file version {}.0, this version of the Java Runtime only recognizes class \
             file versions up to {}.0",
            44 + version,
            44 + has.major
        ),
        at: Span::NONE,
        instead: tagged(&image.value, has.major, version),
        newest: false,
        written: None,
    };
    let level = made_for(machine, &launch);
    if let Some((file, level)) = &level
        && level.version > has.major
        // What the JDK of the build refuses is another matter.
        && jdk.is_none_or(|jdk| level.version <= jdk || level.exact)
    {
        let at = file.slice(level.at.0, level.at.1);
        return Some(wrong(level.version, level.version.to_string(), at, file.path.clone()));
    }
    if let Some(needed) = by_library(machine, &launch).filter(|needed| needed.java > has.major) {
        let asked = format!("{}, which {} needs", needed.java, needed.title);
        return Some(wrong(needed.java, asked, needed.at, needed.path));
    }
    // Gradle compiles for the JDK that it runs on, where nothing says otherwise.
    let least = least.filter(|least| *least > has.major)?;
    let plain =
        level.is_none() && builds_with(&launch) == Some(Tool::Gradle) && speaks_of_none(machine, &launch)?;
    plain.then(|| {
        let asked = match jdk {
            Some(_) => format!("{least}, for which the JDK of `{}` compiles", builder.value),
            None => format!("{least} at least, for which the JDK of `{}` compiles", builder.value),
        };
        wrong(least, asked, builder.span, PathBuf::from("Dockerfile"))
    })
}

/// What a build compiles for, with a JDK that it may fetch.
fn made_for(machine: &Machine<'_>, launch: &Launch) -> Option<(Arc<SourceFile>, Level)> {
    if builds_with(launch)? == Tool::Maven {
        return compiled(machine, launch);
    }
    let file = script(machine, launch)?;
    let level = of_script(&file.text, false)?;
    Some((file, level))
}

/// The build script of Gradle.
fn script(machine: &Machine<'_>, launch: &Launch) -> Option<Arc<SourceFile>> {
    let names = ["build.gradle.kts", "build.gradle"];
    let folders = ["", "app", "server", "backend"];
    let all = folders.iter().flat_map(|folder| names.iter().map(move |name| (folder, name)));
    all.map(|(folder, name)| launch.path(format!("{folder}/{name}").trim_start_matches('/')))
        .find_map(|path| machine.load(&path))
}

/// Whether no script of the build says what it compiles for.
fn speaks_of_none(machine: &Machine<'_>, launch: &Launch) -> Option<bool> {
    const WORDS: [&str; 8] = [
        "oolchain",
        "Compatibility",
        "jvmTarget",
        "JavaVersion",
        "languageVersion",
        "options.release",
        "buildSrc",
        "subprojects",
    ];
    let file = script(machine, launch)?;
    let settings = ["settings.gradle", "settings.gradle.kts", "gradle.properties"];
    let others = settings.iter().filter_map(|name| machine.text(&launch.path(name)));
    // Conventions of one's own are not read.
    let convention = machine.has(&launch.path("buildSrc")) || machine.has(&launch.path("build-logic"));
    let said = others
        .chain([file.text.clone()])
        .any(|text| WORDS.iter().any(|word| text.contains(word)) || text.contains("includeBuild"));
    Some(!convention && !said)
}

/// A framework whose classes need a version of Java.
struct Needed {
    /// The version.
    java: u32,
    /// The framework.
    title: &'static str,
    /// Where its own version is written.
    at: Span,
    path: PathBuf,
}

/// The version of Java that the classes of a framework need, where it is written, and the framework.
fn by_library(machine: &Machine<'_>, launch: &Launch) -> Option<Needed> {
    // What stands before a version, from which one on, the Java it needs, and its name.
    const NEEDS: [(&str, u32, u32, &str); 6] = [
        ("org.springframework.boot", 3, 17, "Spring Boot 3"),
        ("io.ktor.plugin", 3, 11, "Ktor 3"),
        ("ktor_version", 3, 11, "Ktor 3"),
        ("io.micronaut.application", 4, 17, "Micronaut 4"),
        ("quarkusPlatformVersion", 3, 17, "Quarkus 3"),
        ("springBootVersion", 3, 17, "Spring Boot 3"),
    ];
    if builds_with(launch)? != Tool::Gradle {
        return None;
    }
    let properties = machine.load(&launch.path("gradle.properties"));
    let files = script(machine, launch).into_iter().chain(properties);
    files.into_iter().find_map(|file| {
        let found = NEEDS.iter().find_map(|(word, since, java, title)| {
            let mut start = 0;
            file.text.split_inclusive('\n').find_map(|line| {
                let from = start;
                start += line.len();
                let rest = line.split_once(word)?.1;
                let at = rest.find(|c: char| c.is_ascii_digit())?;
                let plain = rest.get(..at)?.chars().all(|c| " \t='\"()versionby".contains(c));
                let version = Version::at_start_of(rest.get(at..)?).filter(|_| plain)?;
                let at = from + line.len() - rest.len() + at;
                let end = rest
                    .get(at + rest.len() - from - line.len()..)?
                    .find(|c: char| !c.is_ascii_digit() && c != '.')?;
                (version.major >= *since).then_some((*java, (at, at + end), *title))
            })
        });
        found.map(|(java, (start, end), title)| Needed {
            path: file.path.clone(),
            at: file.slice(start, end),
            java,
            title,
        })
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Maven,
    Gradle,
}

/// The tool that compiles, if this does.
fn builds_with(launch: &Launch) -> Option<Tool> {
    let tool = match launch.name() {
        "mvn" | "mvnw" => Tool::Maven,
        "gradle" | "gradlew" => Tool::Gradle,
        _ => return None,
    };
    let goals = [
        "package",
        "install",
        "verify",
        "compile",
        "deploy",
        "test",
        "run",
        "build",
        "assemble",
        "Jar",
        "jar",
        "bootRun",
        "installDist",
    ];
    let told = launch
        .words
        .iter()
        .any(|word| word.starts_with("-Djava.version") || word.starts_with("-Dmaven.compiler"));
    let compiles = launch.words.iter().skip(1).any(|word| goals.iter().any(|goal| word.ends_with(goal)));
    (compiles && !told).then_some(tool)
}

/// What a build compiles for.
fn compiled(machine: &Machine<'_>, launch: &Launch) -> Option<(Arc<SourceFile>, Level)> {
    match builds_with(launch)? {
        Tool::Maven => {
            let option = launch.words.iter().position(|word| word == "-f" || word == "--file");
            let named = option.and_then(|at| launch.words.get(at + 1));
            let path = launch.path(named.map_or("pom.xml", String::as_str));
            let file = machine.load(&path)?;
            if let Some(level) = of_pom(&file.text) {
                return Some((file, level));
            }
            let above = path.parent()?.parent()?.join("pom.xml");
            let file = machine.load(&above).filter(|_| file.text.contains("<parent>"))?;
            let level = of_pom(&file.text)?;
            Some((file, level))
        }
        Tool::Gradle => {
            let names = ["build.gradle.kts", "build.gradle"];
            let file = names.iter().find_map(|name| machine.load(&launch.path(name)))?;
            let resolver = ["settings.gradle", "settings.gradle.kts"]
                .iter()
                .filter_map(|name| machine.text(&launch.path(name)))
                .any(|text| text.contains("foojay") || text.contains("toolchainManagement"));
            let fetches = resolver || gradle(machine, launch).is_none_or(|(major, _)| major < 8);
            let level = of_script(&file.text, fetches)?;
            Some((file, level))
        }
    }
}

/// The text with its comments blanked out.
fn uncommented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        let end = after.find("-->").map_or(after.len(), |end| end + 3);
        let (comment, next) = after.split_at(end);
        out.extend(std::iter::repeat_n(' ', comment.len() + 4));
        rest = next;
    }
    out.push_str(rest);
    out
}

fn of_pom(text: &str) -> Option<Level> {
    let text = uncommented(text);
    let text = text.as_str();
    let boot = "<artifactId>spring-boot-starter-parent</artifactId>";
    let parent = text.find(boot).and_then(|at| {
        element(text.get(at..)?, "version").map(|(word, (from, to))| (word, (at + from, at + to)))
    });
    let spring = parent.is_some();
    let used = spring || text.contains("${java.version}");
    let keys = ["maven.compiler.release", "maven.compiler.target", "maven.compiler.source", "java.version"];
    let mut found = keys.iter().filter(|key| used || **key != "java.version").filter_map(|key| {
        let (word, at) = element(text, key)?;
        let version = word.strip_prefix("1.").unwrap_or(word).parse().ok()?;
        Some(Level { version, at, exact: false, boot: false })
    });
    let level = found.next();
    let by_boot = parent.and_then(|(word, at)| {
        (Version::at_start_of(word)?.major >= 3).then_some(Level {
            version: 17,
            at,
            exact: false,
            boot: true,
        })
    });
    match (level, by_boot) {
        (Some(level), Some(boot)) if level.version < boot.version => Some(boot),
        (Some(level), _) => Some(level),
        (None, boot) => boot,
    }
}

/// The text of the first element of that name, and where it stands.
fn element<'t>(text: &'t str, name: &str) -> Option<(&'t str, (usize, usize))> {
    let open = format!("<{name}>");
    let from = text.find(&open)? + open.len();
    let length = text.get(from..)?.find('<')?;
    Some((text.get(from..from + length)?.trim(), (from, from + length)))
}

fn of_script(text: &str, fetches: bool) -> Option<Level> {
    let number = |from: usize| {
        let rest = text.get(from..)?;
        let skip = rest.find(|c: char| c.is_ascii_digit())?;
        let before = rest.get(..skip)?;
        let plain = before.trim_matches(|c: char| " =('\".".contains(c) || c.is_whitespace());
        if before.contains('\n')
            || !matches!(plain, "" | "JavaVersion.VERSION_" | "JvmTarget.JVM_" | "set(JavaVersion.VERSION_")
        {
            return None;
        }
        let digits = rest.get(skip..)?;
        let digits = digits.strip_prefix("1.").or_else(|| digits.strip_prefix("1_")).unwrap_or(digits);
        let start = from + (rest.len() - digits.len()).max(skip);
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        Some((digits.get(..length)?.parse::<u32>().ok()?, (start, start + length)))
    };
    let after = |word: &str| {
        let mut all = text.match_indices(word).map(|(at, word)| (at, at + word.len()));
        all.find_map(|(at, end)| {
            let line = text.get(..at)?.rsplit('\n').next()?;
            if line.trim_start().starts_with("//") { None } else { number(end) }
        })
    };
    let toolchains = ["JavaLanguageVersion.of(", "jvmToolchain("];
    if let Some((version, at)) = toolchains.iter().find_map(|word| after(word)) {
        return Some(Level { version, at, exact: !fetches, boot: false }).filter(|_| !fetches);
    }
    let levels = ["targetCompatibility", "sourceCompatibility", "jvmTarget"];
    let (version, at) = levels.iter().find_map(|word| after(word))?;
    Some(Level { version, at, exact: false, boot: false })
}

/// The version of Gradle that a command runs, where the project's wrapper says it.
fn gradle(machine: &Machine<'_>, launch: &Launch) -> Option<(u32, u32)> {
    let (text, at) = distribution(machine, launch)?;
    let version = Version::at_start_of(text.text.get(at.0..at.1)?)?;
    Some((version.major, version.minor.unwrap_or(0)))
}

fn distribution(machine: &Machine<'_>, launch: &Launch) -> Option<(Arc<SourceFile>, (usize, usize))> {
    if launch.name() != "gradlew" {
        return None;
    }
    let file = machine.load(&launch.path("gradle/wrapper/gradle-wrapper.properties"))?;
    let from = file.text.find("/gradle-")? + "/gradle-".len();
    let rest = file.text.get(from..)?;
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some((file, (from, from + length)))
}

/// A wrapper whose Gradle does not run on the JDK.
fn wrapper(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let (file, at) = distribution(place.machine, launch)?;
    let version = gradle(place.machine, launch)?;
    let (_, most) = GRADLE.iter().rev().find(|(since, _)| *since <= version)?;
    if place.has.major <= *most || version >= (9, 0) {
        return None;
    }
    let written = file.text.get(at.0..at.1)?;
    let says = format!("Unsupported class file major version {}", 44 + place.has.major);
    let mut asked = place.asks(&file, at, &format!("{most} at most, for Gradle {written}"), says);
    asked.instead = tagged(&place.image.value, place.has.major, *most);
    Some(asked)
}

/// The image with another version of Java in its tag.
fn tagged(image: &str, has: u32, version: u32) -> Option<String> {
    let (name, tag) = image.rsplit_once(':')?;
    let plain = |c: char| !c.is_ascii_digit() && c != '.';
    let at = tag.rfind(&has.to_string())?;
    let around = tag.get(..at)?.chars().next_back().is_none_or(plain);
    let end = at + has.to_string().len();
    (around && tag.get(end..)?.chars().next().is_none_or(plain))
        .then(|| format!("{name}:{}{version}{}", tag.get(..at).unwrap_or(""), tag.get(end..).unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let pom = |text: &str| of_pom(text).map(|level| level.version);
        let script = |text: &str| of_script(text, false).map(|level| level.version);
        assert_eq!(pom("<maven.compiler.source>1.8</maven.compiler.source>"), Some(8));
        assert_eq!(pom("<java.version>21</java.version>"), None);
        assert_eq!(pom("<java.version>21</java.version> ${java.version}"), Some(21));
        let boot =
            "<parent><artifactId>spring-boot-starter-parent</artifactId><version>3.2.0</version></parent>";
        assert_eq!(pom(&format!("{boot}<java.version>11</java.version>")), Some(17));
        assert_eq!(pom(&format!("{boot}<!-- <java.version>25</java.version> -->")), Some(17));
        assert_eq!(script("sourceCompatibility = '17'"), Some(17));
        assert_eq!(script("sourceCompatibility = JavaVersion.VERSION_1_8"), Some(8));
        assert_eq!(script("java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }"), Some(21));
        assert_eq!(script("targetCompatibility = project.level // 17"), None);
    }

    #[test]
    fn tags() {
        assert_eq!(tagged("gradle:7.6-jdk11", 11, 17).as_deref(), Some("gradle:7.6-jdk17"));
        assert_eq!(tagged("maven:3.8-openjdk-8-slim", 8, 17).as_deref(), Some("maven:3.8-openjdk-17-slim"));
        assert_eq!(tagged("eclipse-temurin:11-jre", 11, 17).as_deref(), Some("eclipse-temurin:17-jre"));
    }
}
