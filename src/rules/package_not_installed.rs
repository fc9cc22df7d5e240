//! A program imports a package that nothing installs.

use std::collections::HashSet;

use super::absent::shown;
use super::phrases;
use super::prelude::*;
use crate::facts::absent_programs;
use crate::facts::flyway::{self, Lacks};
use crate::facts::public_key;
use crate::facts::python_elsewhere::{self, Place};
use crate::programs::uninstalled::{Astray, COMMAND, Mislaid, Missing, TASK, Uninstalled};
use crate::programs::{Expr, Module, SinkKind, unregistered};
use crate::source::Text;

rule!("package-not-installed", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let services: Vec<_> = cx.facts.active().collect();
    let found: Vec<Vec<&Uninstalled>> = services.iter().map(|service| of(service)).collect();
    let all =
        || services.iter().zip(&found).flat_map(|(service, all)| all.iter().map(move |one| (*service, *one)));
    let mut seen = HashSet::new();
    let own = |service: &&ServiceFacts<'_>| Some(of_its_own(service, service.program.astray.as_ref()?));
    let drivers =
        services.iter().filter_map(|service| driver(service).or_else(|| driver_of_sqlalchemy(service)));
    let drivers = drivers.chain(services.iter().filter_map(|service| driver_of_go(service)));
    let drivers = drivers.chain(services.iter().filter_map(|service| elsewhere(service)));
    let drivers = drivers.chain(services.iter().filter_map(|service| of_flyway(service)));
    let drivers = drivers.chain(services.iter().filter_map(|service| seal(cx, service)));
    out.extend(services.iter().filter_map(own).chain(drivers));
    let mut manifests = HashSet::new();
    // A server of pages goes on, and fails at each request: what ends says more.
    let serves = |service: &&&ServiceFacts<'_>| service.program.bare.as_ref().is_some_and(|bare| bare.serves);
    let ends = services.iter().filter(|service| !serves(service));
    for service in ends.chain(services.iter().filter(serves)) {
        let manifest = service.program.bare.as_ref().map(|bare| &bare.manifest);
        out.extend(bare(cx, service).filter(|_| manifests.insert(manifest)));
    }
    for (service, one) in all() {
        // Where nothing at all is installed, that is one mistake.
        let key = |one: &Uninstalled| match (one.lack, &one.manifest) {
            (Missing::Nothing, manifest) => {
                (Span::NONE, manifest.as_ref().map(|it| it.display().to_string()))
            }
            _ => (one.at, Some(one.import.clone())),
        };
        let nothing = one.lack == Missing::Nothing && one.manifest.is_none();
        let own = if nothing { service.service.name.span } else { Span::NONE };
        if !seen.insert((own, key(one))) {
            continue;
        }
        let same = |(other, it): &(&ServiceFacts<'_>, &Uninstalled)| {
            key(it) == key(one) && (!nothing || other.key == service.key)
        };
        let mut names: Vec<&str> =
            all().filter(same).map(|(other, _)| other.service.name.value.as_str()).collect();
        names.dedup();
        let more = all().filter(same).filter(|(_, it)| it.import != one.import).map(|(_, it)| it);
        out.push(finding(cx, service, one, &names, &more.collect::<Vec<_>>()));
    }
}

/// What needs packages that nothing installs at all.
fn bare(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let bare = service.program.bare.as_ref()?;
    let name = &service.service.name;
    let (manifest, install, command) = (shown(cx, &bare.manifest), bare.install, &bare.command);
    let built = !bare.at.is_none();
    let own = service.service.command.as_ref().and_then(|command| command.words.first()).map(Text::span);
    let place = if built { bare.at } else { own.filter(|at| !at.is_none()).unwrap_or(name.span) };
    let message = match (built, bare.too_early) {
        (true, _) => format!(
            "the build of `{}` runs `{command}`, and nothing installs the packages of `{manifest}` before it",
            name.value
        ),
        (false, true) => format!(
            "`{}` runs `{command}` as soon as it is started, and ends: the packages of `{manifest}` are only installed in containers that run already",
            name.value
        ),
        (false, false) => {
            format!("`{}` runs `{command}`, and nothing installs the packages of `{manifest}`", name.value)
        }
    };
    let help = match (built, bare.too_early) {
        (true, _) => format!("write `RUN {install}` before it"),
        (false, true) => format!(
            "run `{install}` in the Dockerfile or before the command, or let `{}` restart",
            name.value
        ),
        (false, false) => format!("run `{install}` in the Dockerfile, or before the command"),
    };
    let finding =
        RULE.finding(place, message).service(name.value.clone()).here("needs the packages").help(help);
    let sure = if bare.told { Confidence::Possible } else { Confidence::Likely };
    Some(finding.at_most(sure).evidence(manifest))
}

/// The library by which Flyway, which Spring Boot starts by itself, knows the database.
fn of_flyway(service: &ServiceFacts<'_>) -> Option<Finding> {
    let Lacks { library, scheme, core, dial } = flyway::lacks(service)?;
    let name = &service.service.name.value;
    Some(
        RULE.finding(
            core,
            format!("`{name}` ends when it starts: without `{library}` Flyway says `Unsupported Database` of {scheme}"),
        )
        .service(name.clone())
        .here("the core alone")
        .also(dial, "the database that it is to migrate")
        .help(format!("add `org.flywaydb:{library}` beside it"))
        .at_most(Confidence::Likely)
        .evidence(library),
    )
}

/// Packages that lie in an environment which the program that is started does not look into.
fn elsewhere(service: &ServiceFacts<'_>) -> Option<Finding> {
    let found = python_elsewhere::of(service).filter(|found| !found.is_script)?;
    let (name, program) = (&service.service.name.value, &found.program);
    let place = match &found.place {
        Place::Environment(place) => place.clone(),
        Place::Folder(folder) | Place::Packages(folder) => format!("`{folder}`"),
    };
    Some(
        RULE.finding(
            found.at,
            format!("`{name}` starts the image's own `{program}`, and its packages are installed into {place}, where that does not look"),
        )
        .service(name.clone())
        .here("says `ModuleNotFoundError`")
        .also(found.by, "installed here")
        .help(found.instead)
        .at_most(Confidence::Likely)
        .evidence(program.clone()),
    )
}

/// What a framework imports by itself for what it is told to dial, in Python, and nothing installs.
fn driver(service: &ServiceFacts<'_>) -> Option<Finding> {
    const DRIVERS: [(&str, bool, &[&str]); 4] = [
        ("postgresql", true, &["psycopg2-binary", "psycopg2", "psycopg"]),
        ("mysql", true, &["mysqlclient", "pymysql", "mysql-connector-python"]),
        ("redis", false, &["redis"]),
        ("mongodb", false, &["pymongo"]),
    ];
    let installed = &service.program.installed;
    if installed.is_empty() || !service.program.entry_known {
        return None;
    }
    service.dials.iter().find_map(|dial| {
        let sink = dial.sink()?;
        let django = match sink.kind {
            SinkKind::DjangoDatabase => true,
            SinkKind::CeleryBroker | SinkKind::CeleryBackend => false,
            _ => return None,
        };
        let (protocol, _, packages) = DRIVERS.iter().find(|(protocol, of_django, _)| {
            *of_django == django && dial.protocols.contains(protocol)
        })?;
        let framework = if django { "django" } else { "celery" };
        let stems = ["psycopg", "pymysql", "mysql", "redis", "mongo"];
        let stem = stems.iter().find(|stem| packages.iter().any(|package| package.contains(**stem)))?;
        let there = installed.iter().any(|name| packages.contains(&name.as_str()) || name.contains(*stem));
        if there || !installed.contains(framework) || dial.protocols.len() > 1 {
            return None;
        }
        let (name, package) = (&service.service.name.value, packages.first()?);
        let title = if django { "Django" } else { "Celery" };
        let message = format!(
            "{title} of `{name}` is told to dial {protocol}, and nothing installs the package that it does that with"
        );
        let finding = RULE.finding(dial.place, message).service(name.clone()).here("dialled");
        Some(finding.help(format!("install `{package}`")).at_most(Confidence::Likely).evidence(*package))
    })
}

/// A module of the program's own that lies beside, and not where Python looks.
fn of_its_own(service: &ServiceFacts<'_>, astray: &Astray) -> Finding {
    let name = &service.service.name.value;
    let Astray { import, directory, instead, .. } = astray;
    let directory = directory.display();
    let (message, help) = match astray.why {
        Mislaid::Beside => (
            format!(
                "the program of `{name}` imports `{import}`, which Python does not find: it is `{instead}` from `{directory}` on, where it starts"
            ),
            format!("import `{instead}`, or from `.{import}`"),
        ),
        Mislaid::Within => (
            format!(
                "the program of `{name}` imports `{import}`, which Python does not find: from `{directory}` on, where it starts, it is `{instead}`"
            ),
            format!("import `{instead}`, or start it from a directory that holds the folder by that name"),
        ),
        Mislaid::Unpackaged => (
            format!(
                "the program of `{name}` imports `{import}`, and is in no package as it is started: Python says `attempted relative import with no known parent package`"
            ),
            format!(
                "import `{}` without the dot, or start it from the directory above by its name in the package (`python -m`)",
                if instead.is_empty() { "it" } else { instead }
            ),
        ),
        Mislaid::Beyond => (
            format!(
                "the program of `{name}` imports `{import}`, which leads above `{directory}`, where it starts: Python says `attempted relative import beyond top-level package`"
            ),
            format!("name it from `{directory}` on, or start the program from the directory above"),
        ),
    };
    RULE.finding(astray.at, message)
        .service(name.clone())
        .here("not found when the program starts")
        .help(help)
        .evidence(import.clone())
}

/// What SQLAlchemy imports for the scheme of a URL, and nothing installs: of no driver for that server is anything seen.
fn driver_of_sqlalchemy(service: &ServiceFacts<'_>) -> Option<Finding> {
    const DRIVERS: [(&str, &str); 10] = [
        ("postgresql", "psycopg2-binary"),
        ("postgresql+psycopg2", "psycopg2-binary"),
        ("postgresql+psycopg", "psycopg"),
        ("postgresql+asyncpg", "asyncpg"),
        ("mysql", "mysqlclient"),
        ("mysql+mysqldb", "mysqlclient"),
        ("mysql+pymysql", "pymysql"),
        ("mysql+aiomysql", "aiomysql"),
        ("mysql+asyncmy", "asyncmy"),
        ("mysql+mysqlconnector", "mysql-connector-python"),
    ];
    let installed = &service.program.installed;
    let has = |words: &[&str]| installed.iter().any(|name| words.iter().any(|word| name.contains(word)));
    // An image of one's own may bring more.
    let plain = service.program.image.base.as_ref().is_some_and(|base| {
        let name = base.value.split([':', '@']).next().unwrap_or("");
        ["python", "debian", "ubuntu", "alpine"].contains(&name) || name.ends_with("astral-sh/uv")
    });
    if !has(&["sqlalchemy", "sqlmodel"]) || !service.program.entry_known || !plain {
        return None;
    }
    service.dials.iter().find_map(|dial| {
        let sink = dial.sink()?;
        if !matches!(sink.kind, SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync) {
            return None;
        }
        let scheme = dial.endpoint.scheme_name()?;
        let (_, package) = DRIVERS.iter().find(|(known, _)| *known == scheme)?;
        // Another driver may be told by `creator`, or is another mistake.
        let any: &[&str] = match scheme.starts_with("mysql") {
            true => &["mysql", "asyncmy", "mariadb"],
            false => &["psycopg", "asyncpg", "pg8000", "postgres", "databases", "redshift", "cockroach"],
        };
        if has(any) {
            return None;
        }
        let name = &service.service.name.value;
        let message = format!(
            "SQLAlchemy of `{name}` is told to dial `{scheme}`, and nothing installs the package that it does that with"
        );
        let finding = RULE.finding(dial.place, message).service(name.clone()).here("dialled");
        Some(finding.help(format!("install `{package}`")).at_most(Confidence::Likely).evidence(*package))
    })
}

/// What drivers of MySQL in Python hand over the passwords of today's accounts with.
fn seal(cx: &Context<'_>, service: &ServiceFacts<'_>) -> Option<Finding> {
    let (dial, server) = service.dials.iter().find_map(|dial| {
        let server = cx.facts.service(dial.sibling()?)?;
        public_key::unsealed(service, dial, server).then_some((dial, server))
    })?;
    let (name, server) = (&service.service.name.value, &server.service.name);
    let finding = RULE
        .finding(
            dial.place,
            format!("`{name}` cannot log in to `{}`, whose accounts are of `caching_sha2_password`: its driver seals such passwords with `cryptography`, which nothing installs", server.value),
        )
        .service(name.clone())
        .here("logs in")
        .also(server.span, "makes accounts of today");
    Some(
        finding
            .help("install `cryptography` beside the driver")
            .at_most(Confidence::Likely)
            .evidence("cryptography"),
    )
}

/// The driver that a program of Go names, and that no package it is built with registers.
fn driver_of_go(service: &ServiceFacts<'_>) -> Option<Finding> {
    let told = |module: &Module, expr: &Expr| service.evaluate(module, expr).text()?.complete();
    let found = unregistered(service.program, &told)?;
    let name = &service.service.name.value;
    let (driver, package) = (&found.name, found.package);
    let finding = RULE
        .finding(
            found.at,
            format!("the program of `{name}` names the driver `{driver}`, and no package that it imports registers one of that name"),
        )
        .service(name.clone())
        .here("unknown driver")
        .help(match found.instead {
            Some(instead) => format!("write `{instead}`, which is the driver that it imports, or import `{package}`"),
            None => format!("write `import _ \"{package}\"`"),
        })
        .evidence(driver.clone());
    let sure = service.program.entry_known;
    Some(finding.at_most(if sure { Confidence::Likely } else { Confidence::Possible }))
}

/// What a service's program imports and nothing installs, without what another rule says of the programs that it calls.
fn of<'a>(service: &'a ServiceFacts<'_>) -> Vec<&'a Uninstalled> {
    let all = &service.program.uninstalled;
    // Where nothing is installed at all, that is said of the whole manifest.
    if all.is_empty() || service.program.bare.is_some() {
        return Vec::new();
    }
    let programs = absent_programs::of(service);
    let said = |one: &Uninstalled| {
        programs.iter().any(|absent| {
            let known = absent.called.known;
            known
                .python
                .iter()
                .chain(&known.node)
                .any(|package| package.split('[').next() == Some(&one.package))
        })
    };
    all.iter().filter(|one| !said(one)).collect()
}

fn finding(
    cx: &Context<'_>,
    service: &ServiceFacts<'_>,
    one: &Uninstalled,
    names: &[&str],
    more: &[&Uninstalled],
) -> Finding {
    let who = phrases::listed(names);
    let verb = match (one.named, names.len()) {
        (true, 1) => "names",
        (true, _) => "name",
        (false, 1) => "imports",
        (false, _) => "import",
    };
    let program = if names.len() == 1 { "program" } else { "programs" };
    let manifest = one.manifest.as_ref().map(|path| shown(cx, path));
    let (import, package) = (&one.import, &one.package);
    let what = format!("`{import}`");
    let (verb, what) = match one.loader {
        Some(COMMAND) => (if names.len() == 1 { "is run by" } else { "are run by" }, what),
        Some(TASK) => (if names.len() == 1 { "is told a command of" } else { "are told a command of" }, what),
        Some(loader) => (if names.len() == 1 { "has" } else { "have" }, format!("{loader} load {what}")),
        None => (verb, what),
    };
    let why = match (one.lack, &manifest) {
        (Missing::Development(_), Some(manifest)) => {
            format!("which `{manifest}` has for development only, and the build leaves that out")
        }
        (Missing::Runtime, _) => {
            "which wants a runtime of JavaScript, and its image has none: `Could not find a JavaScript runtime`".to_string()
        }
        (Missing::Ungenerated, _) => {
            "and nothing in its image generates the client: without that it throws `did not initialize yet`"
                .to_string()
        }
        (Missing::Unbuilt, Some(manifest)) => format!("which nothing that `{manifest}` refers to holds"),
        (Missing::Absent, _) => "a package of its own that is not there".to_string(),
        (Missing::File, _) => "a file of its own that is not there".to_string(),
        (Missing::Uncopied, Some(file)) => format!("and nothing copies `{file}` into its image"),
        (Missing::Ignored, Some(file)) => format!("and `.dockerignore` keeps `{file}` out of its image"),
        (Missing::LeftOut, Some(file)) => format!("and the repository leaves `{file}` out (`.gitignore`)"),
        (Missing::Class, _) => "a class of its own that is not there".to_string(),
        (Missing::Name, Some(file)) => format!("and `{file}` has no such name"),
        (Missing::Nothing, Some(manifest)) => {
            format!("which `{manifest}` names, and nothing installs that in its image")
        }
        (Missing::Nothing, None) => "and nothing installs packages in its image".to_string(),
        (_, Some(manifest)) => format!("which `{manifest}` does not install"),
        _ => "which nothing installs".to_string(),
    };
    let why = match &one.similar {
        Some(similar) if matches!(one.lack, Missing::File | Missing::Name | Missing::Class) => {
            format!("{why}: `{similar}` is")
        }
        Some(similar) => format!("{why}: `{similar}` is another package"),
        None => why,
    };
    let help = match (one.lack, &manifest) {
        (Missing::Development(_), Some(manifest)) if manifest.ends_with("Gemfile") => {
            format!("write `gem \"{package}\"` outside of groups, or install the group that it is in")
        }
        (Missing::Development(_), Some(manifest)) if manifest.ends_with("composer.json") => {
            format!("move `{package}` to `require`")
        }
        (Missing::Development(_), _) => format!("move `{package}` to `dependencies`"),
        (Missing::Runtime, _) => {
            "install `nodejs` in the Dockerfile before the gems are used, or add `gem \"mini_racer\"`".to_string()
        }
        (Missing::Ungenerated, _) => {
            "write `RUN npx prisma generate` in the Dockerfile, after the schema is copied and where the packages are that the container has".to_string()
        }
        (Missing::Unbuilt, Some(manifest)) if manifest.ends_with("go.mod") => {
            format!("run `go get {package}`, which adds its module to `{manifest}`")
        }
        (Missing::Unbuilt, Some(manifest)) => format!("add `{package}` to `{manifest}`"),
        (Missing::File | Missing::Name | Missing::Class, _) => match &one.similar {
            Some(similar) => format!("write `{similar}`"),
            None => "name one that is there, or add it".to_string(),
        },
        (Missing::Uncopied, Some(file)) => format!("copy `{file}`, too, or the whole folder: `COPY . .`"),
        (Missing::Ignored, Some(file)) => {
            format!("take the pattern that matches `{file}` out of `.dockerignore`")
        }
        (Missing::LeftOut, Some(file)) => {
            format!("keep a sample of `{file}` beside it, or say in the README how it is written")
        }
        (Missing::Absent, _) => "name one that is there, or copy it before it is built".to_string(),
        (Missing::Nothing, Some(manifest)) if manifest.ends_with(".txt") => {
            "install it in the Dockerfile: `RUN pip install -r requirements.txt`".to_string()
        }
        (Missing::Nothing, Some(manifest)) if manifest.ends_with(".json") => {
            "install it in the Dockerfile: `RUN npm install`".to_string()
        }
        (Missing::Nothing, Some(_)) => "install it in the Dockerfile".to_string(),
        (_, Some(manifest)) => format!("add `{package}` to `{manifest}`"),
        (Missing::Nothing, None) => {
            format!("install `{package}` in the Dockerfile, and what else the program imports")
        }
        _ => format!("write `RUN pip install {package}` in the Dockerfile"),
    };
    let finding = RULE
        .finding(one.at, format!("the {program} of {who} {verb} {what}, {why}"))
        .service(service.service.name.value.clone())
        .here(match one.lack {
            Missing::Ungenerated => "a stub that throws",
            Missing::Unbuilt | Missing::Absent => "the build stops here",
            // A build in Go stops at it, a program in Python when it starts.
            Missing::Uncopied | Missing::Ignored => "not in its image",
            _ => "not there when the program starts",
        })
        .help(help)
        .evidence(package.clone());
    let finding = more.iter().take(5).fold(finding, |finding, other| {
        finding.also(other.at, format!("`{}` is not there either", other.import))
    });
    let finding = if one.sure { finding } else { finding.at_most(Confidence::Possible) };
    match one.lack {
        Missing::Development(install) => finding.also(install, "leaves out what is for development"),
        // Whoever wrote the project has it.
        Missing::LeftOut => finding.severity(Severity::Warning),
        _ => finding,
    }
}
