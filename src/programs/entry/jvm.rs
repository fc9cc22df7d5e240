//! What starts programs on the JVM, and which module of the sources that is.
//!
//! What runs is an archive that a build tool made, here or on the machine before; its sources are a directory with
//! `src/main` in it. Everything in there counts, as frameworks find classes by themselves; nothing below `src/test`.

use std::path::{Path, PathBuf};

use super::{Launch, Launched, Machine, Started, Starter, Wanted};
use crate::programs::{ModuleIndex, Scope, spring};

/// All languages of the JVM.
const LANGUAGE: &str = "jvm";
/// The front ends whose sources they are.
const FRONT_ENDS: [&str; 3] = ["java", "kotlin", "spring"];

/// Java and Kotlin.
pub(super) struct Jvm;

impl Starter for Jvm {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, _machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        let started = match name {
            "java" => java(launch, out),
            // The start scripts of base images run what was copied beside them.
            "run-java.sh" | "catalina.sh" => true,
            "mvn" | "mvnw" => maven(launch, out),
            "gradle" | "gradlew" => gradle(launch, out),
            _ => return Launched::Other,
        };
        if started {
            out.language(LANGUAGE);
            out.language("spring");
        } else {
            out.foreign = true;
        }
        Launched::Started
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let modules = modules(scope);
        for module in &modules {
            for language in ["java", "kotlin"] {
                let root = module.join("src/main").join(language);
                if !scope.roots.contains(&root) {
                    scope.roots.push(root);
                }
            }
        }
        let known = started.languages.contains(&LANGUAGE);
        let alone = || scope.iter().all(|(.., source)| FRONT_ENDS.contains(&source.front_end.name()));
        if modules.is_empty() {
            return if known { plain(scope, started) } else { Vec::new() };
        }
        let found = match by_class(scope, started, &modules).or_else(|| made_of(started, &modules)) {
            Some(module) => module,
            // A command that is not understood may start something else.
            None if !known && !alone() => return Vec::new(),
            None => match built(started, &modules).or_else(|| only(scope, &modules)) {
                Some(module) => module,
                None => return Vec::new(),
            },
        };
        let main = found.join("src/main");
        let outside = |place: &Path| !modules.iter().any(|module| place.starts_with(module.join("src")));
        let own = |place: &Path, name: &str| {
            let beside =
                if spring::is_manifest(place) { spring::is_of(place, &found) } else { outside(place) };
            FRONT_ENDS.contains(&name) && (place.starts_with(&main) || name == "spring" && beside)
        };
        let all = scope.iter().filter(|(_, place, source)| own(place, source.front_end.name()));
        all.map(|(index, ..)| index).collect()
    }
}

/// `java -Dx=y -jar app.jar`, `java -cp … com.acme.Main`; says whether it runs a program.
fn java(launch: &Launch, out: &mut Started) -> bool {
    let mut words = launch.words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-jar" => {
                let Some(jar) = words.next() else { return false };
                out.made.push(launch.path(jar));
                return true;
            }
            "-cp" | "-classpath" | "--class-path" | "-p" | "--module-path" | "--add-opens"
            | "--add-modules" | "--add-exports" => {
                words.next();
            }
            "-m" | "--module" => return true,
            "-version" | "--version" | "-h" => return false,
            word if word.starts_with('-') || word.starts_with('@') => {}
            word if word.starts_with("org.springframework.boot.loader") => return true,
            class => {
                let (directory, names) = (launch.directory.clone(), vec![class.to_string()]);
                out.modules.push(Wanted { directory, names });
                return true;
            }
        }
    }
    false
}

/// `mvn spring-boot:run -pl module`
fn maven(launch: &Launch, out: &mut Started) -> bool {
    let runs = [
        "spring-boot:run",
        "quarkus:dev",
        "mn:run",
        "exec:java",
        "jetty:run",
        "tomcat7:run",
        "micronaut:run",
    ];
    let run = launch.words.iter().any(|word| runs.contains(&word.as_str()) || word.ends_with(":run"));
    out.made.extend(of_maven(launch));
    run
}

/// The directories that a call of Maven is about, as paths within them.
fn of_maven(launch: &Launch) -> Vec<PathBuf> {
    let value = |names: [&str; 2]| {
        let at = launch.words.iter().position(|word| names.contains(&word.as_str()));
        at.and_then(|at| launch.words.get(at + 1)).cloned()
    };
    let file = value(["-f", "--file"]).map(|file| launch.path(&file));
    let file = file.map(|file| if file.extension().is_some() { file.with_file_name("") } else { file });
    let directory = file.unwrap_or_else(|| launch.directory.clone());
    match value(["-pl", "--projects"]) {
        Some(projects) => {
            let names = projects.split(',').filter(|name| !name.starts_with('!'));
            names.map(|name| directory.join(name.rsplit(':').next().unwrap_or(name)).join("target")).collect()
        }
        None => vec![directory.join("target")],
    }
}

/// `gradle :module:bootRun`
fn gradle(launch: &Launch, out: &mut Started) -> bool {
    let runs = ["bootRun", "run", "quarkusDev", "bootTestRun", "runShadow"];
    let task = |word: &str| word.rsplit(':').next().is_some_and(|task| runs.contains(&task));
    let run = launch.words.iter().skip(1).any(|word| task(word));
    out.made.extend(of_gradle(launch));
    run
}

/// The directories that a call of Gradle is about, as paths within them.
fn of_gradle(launch: &Launch) -> Vec<PathBuf> {
    let at = launch.words.iter().position(|word| word == "-p" || word == "--project-dir");
    let directory = at.and_then(|at| launch.words.get(at + 1)).map(|directory| launch.path(directory));
    let directory = directory.unwrap_or_else(|| launch.directory.clone());
    let tasks = launch.words.iter().skip(1).filter(|word| !word.starts_with('-') && word.contains(':'));
    let mut found: Vec<PathBuf> = tasks
        .filter_map(|task| task.rsplit_once(':'))
        .map(|(module, _)| directory.join(module.trim_matches(':').replace(':', "/")).join("build"))
        .collect();
    if found.is_empty() {
        found.push(directory.join("build"));
    }
    found
}

/// The directories that have a `src/main`, in order.
fn modules(scope: &Scope) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for (_, place, source) in scope.iter() {
        if !FRONT_ENDS.contains(&source.front_end.name()) {
            continue;
        }
        let main = place.ancestors().find(|above| above.ends_with("src/main"));
        if let Some(module) = main.and_then(Path::parent).and_then(Path::parent)
            && found.last().is_none_or(|last| last != module)
            && !found.iter().any(|known| known == module)
        {
            found.push(module.to_path_buf());
        }
    }
    found
}

/// The module with the class that is started.
fn by_class(scope: &Scope, started: &Started, modules: &[PathBuf]) -> Option<PathBuf> {
    let classes = started.modules.iter().flat_map(|wanted| &wanted.names);
    let mut paths = classes.map(|class| class.strip_suffix("Kt").unwrap_or(class).replace('.', "/"));
    paths.find_map(|path| {
        let has = |module: &&PathBuf| {
            let java = module.join("src/main/java").join(format!("{path}.java"));
            let kotlin = module.join("src/main/kotlin").join(format!("{path}.kt"));
            scope.at(&java).or_else(|| scope.at(&kotlin)).is_some()
        };
        modules.iter().find(has).cloned()
    })
}

/// The module that the archive was made in, by its path or its name.
fn made_of(started: &Started, modules: &[PathBuf]) -> Option<PathBuf> {
    let within =
        |made: &PathBuf| made.ancestors().skip(1).find_map(|above| modules.iter().find(|it| *it == above));
    if let Some(module) = started.made.iter().find_map(within) {
        return Some(module.clone());
    }
    let named = started.made.iter().filter_map(|made| made.file_name()?.to_str()).find_map(|file| {
        let same = modules.iter().filter(|module| {
            let name = module.file_name().and_then(|name| name.to_str()).unwrap_or("");
            name.len() > 2 && file.starts_with(name)
        });
        same.max_by_key(|module| module.file_name().map_or(0, std::ffi::OsStr::len))
    });
    named.cloned()
}

/// The module that the build was told to make.
fn built(started: &Started, modules: &[PathBuf]) -> Option<PathBuf> {
    let mut told = started.builds.iter().rev().flat_map(|launch| {
        let name = launch.words.first().and_then(|word| word.rsplit('/').next()).unwrap_or("");
        match name {
            "mvn" | "mvnw" => of_maven(launch),
            "gradle" | "gradlew" => of_gradle(launch),
            _ => Vec::new(),
        }
    });
    told.find_map(|made| {
        let module = made.parent()?;
        let by_path = modules.iter().find(|known| *known == module);
        // `-pl :artifact` names a module wherever it lies.
        let by_name = || modules.iter().find(|known| known.file_name() == module.file_name());
        by_path.or_else(by_name).cloned()
    })
}

/// The one module, or the one with a configuration of its own.
fn only(scope: &Scope, modules: &[PathBuf]) -> Option<PathBuf> {
    if let [module] = modules {
        return Some(module.clone());
    }
    let configured = |module: &&PathBuf| {
        let resources = module.join("src/main/resources");
        let mut files = scope.within(&resources);
        files.next().is_some()
    };
    let mut found = modules.iter().filter(configured);
    let first = found.next()?;
    found.next().is_none().then(|| first.clone())
}

/// Sources that follow no build tool's layout: those beside and below the class that is started, else all.
fn plain(scope: &Scope, started: &Started) -> Vec<ModuleIndex> {
    let classes = started.modules.iter().flat_map(|wanted| &wanted.names);
    let paths: Vec<String> =
        classes.map(|class| class.strip_suffix("Kt").unwrap_or(class).replace('.', "/")).collect();
    let sources: Vec<_> = scope
        .iter()
        .filter(|(_, _, source)| FRONT_ENDS.contains(&source.front_end.name()))
        // Many packages are called `com.example`: only tests are left out.
        .filter(|(_, place, _)| !place.components().any(|part| part.as_os_str() == "test"))
        .collect();
    let is_main = |place: &Path| paths.iter().any(|path| place.with_extension("").ends_with(path));
    match sources.iter().find(|(_, place, _)| is_main(place)).and_then(|(_, place, _)| place.parent()) {
        Some(directory) => {
            let below = sources.iter().filter(|(_, place, _)| place.starts_with(directory));
            below.map(|(index, ..)| *index).collect()
        }
        None => sources
            .iter()
            .filter(|(.., source)| source.front_end.name() != "spring")
            .map(|(index, ..)| *index)
            .collect(),
    }
}
