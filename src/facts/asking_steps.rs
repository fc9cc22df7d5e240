//! Steps of builds that ask a database which is a service of the project: Compose builds images before anything runs, and no service is
//! reached from there.

use std::collections::HashSet;

use super::archived::place;
use super::build_programs::needed;
use super::environment::EffectiveEnvironment;
use super::probe;
use super::reach::Target;
use super::service::ServiceFacts;
use crate::programs::dockerfile::Step;
use crate::source::{Span, Text};

/// A step at which a build stops.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The command.
    pub command: String,
    /// Where.
    pub at: Span,
    /// The service that it asks.
    pub database: String,
    /// The test by which it asks, if that is it.
    pub test: Option<Span>,
}

/// Programs, the words that they are told first, and what else tells them apart.
const ASKS: [(&[&str], &[&str]); 17] = [
    (&["python", "python3"], &["manage.py migrate", "manage.py createsuperuser", "manage.py loaddata"]),
    (&["manage.py"], &["migrate", "createsuperuser", "loaddata"]),
    (&["django-admin"], &["migrate"]),
    (&["prisma"], &["migrate deploy", "migrate dev", "migrate reset", "db push", "db seed", "db pull"]),
    (&["alembic"], &["upgrade"]),
    (&["flask"], &["db upgrade", "db migrate"]),
    (&["rails", "rake"], &["db:migrate", "db:create", "db:setup", "db:prepare", "db:seed"]),
    (&["php"], &["artisan migrate", "artisan db:seed", "bin/console doctrine:migrations:migrate"]),
    (&["sequelize", "sequelize-cli"], &["db:migrate", "db:create", "db:seed:all"]),
    (&["knex"], &["migrate:latest", "seed:run"]),
    (&["typeorm"], &["migration:run", "schema:sync"]),
    (&["drizzle-kit"], &["migrate", "push"]),
    (&["diesel"], &["migration run", "setup", "database setup"]),
    (&["sqlx"], &["migrate run", "database create", "database setup"]),
    (&["mix"], &["ecto.migrate", "ecto.create", "ecto.setup"]),
    (&["dotnet"], &["ef database update"]),
    (&["aerich"], &["upgrade", "migrate"]),
];
/// What hands its arguments to a program.
const RUNNERS: [&str; 14] = [
    "npx", "yarn", "pnpm", "bunx", "bundle", "exec", "poetry", "uv", "pipenv", "run", "dlx", "bun", "cargo",
    "dotenv",
];
/// Protocols of databases.
const DATABASES: [&str; 5] = ["postgresql", "mysql", "mongodb", "mssql", "oracle"];
/// What a `RUN` has that starts a server of its own, looks whether something is there, or reaches one elsewhere.
const OPEN: [&str; 10] = [
    "if ",
    "command -v",
    "case ",
    "while ",
    "<<",
    "service ",
    "pg_ctl",
    "mysqld",
    "sqlite",
    "--mount=type=ssh",
];

/// The first step of each kind at which the build of a service stops.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Asking> {
    let Some(database) = database(service) else { return Vec::new() };
    let mut told = HashSet::new();
    let mut out = Vec::new();
    for stage in needed(service) {
        let own = stage.steps.get(stage.own..).unwrap_or_default();
        for text in own.iter().filter_map(|step| match step {
            Step::Run(text) => Some(text),
            _ => None,
        }) {
            let whole = text.assumed();
            if whole.trim_start().starts_with('[') || OPEN.iter().any(|word| whole.contains(word)) {
                continue;
            }
            let asks =
                probe::commands(text, &EffectiveEnvironment::default()).into_iter().find_map(|command| {
                    let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
                    Some(asked(&words)?).filter(|_| !command.has_alternative)
                });
            let Some((command, mark)) = asks else { continue };
            let at = place(text, &whole, &mark);
            if told.insert(at) {
                out.push(Asking { command, at, database: database.clone(), test: None });
            }
            break;
        }
    }
    out.extend(by_test(service, &database));
    out
}

/// The step that runs a test which starts the whole application, in whichever image.
fn by_test(service: &ServiceFacts<'_>, database: &str) -> Option<Asking> {
    let test = service.program.context_test?;
    let stages = &service.program.image.parsed.as_ref()?.stages;
    let mut runs = stages.iter().flat_map(|stage| &stage.steps).filter_map(|step| match step {
        Step::Run(text) => Some(text),
        _ => None,
    });
    runs.find_map(|text| {
        let whole = text.assumed();
        let open = OPEN.iter().any(|word| whole.contains(word));
        let mut commands =
            probe::commands(text, &EffectiveEnvironment::default()).into_iter().filter(|_| !open);
        let (command, mark) = commands.find_map(|command| {
            let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
            tests(&words).filter(|_| !command.has_alternative)
        })?;
        let at = place(text, &whole, &mark);
        Some(Asking { command, at, database: database.to_string(), test: Some(test) })
    })
}

/// The service of a database that a service dials, and that its build does not reach.
pub(super) fn database(service: &ServiceFacts<'_>) -> Option<String> {
    let networked = service.service.build.as_ref().is_none_or(|build| build.network.is_some());
    let database = service.dials.iter().find_map(|dial| {
        let asked = dial.protocols.iter().any(|protocol| DATABASES.contains(protocol));
        match dial.target {
            Some(Target::Sibling(name)) if asked => Some(name.to_string()),
            _ => None,
        }
    });
    // What falls back to a file while there are no variables is built.
    let files = ["sqlite", "SQLite"];
    database.filter(|_| !networked && service.program.scope.containing_any(&files).is_empty())
}

/// The command as far as it matters, and the word to point at, where it runs the tests of a program for the JVM: Maven's phases from `test`
/// on, Gradle's `build` (maven.apache.org, "Introduction to the Build Lifecycle"; docs.gradle.org, "The Java Plugin").
fn tests(words: &[String]) -> Option<(String, String)> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let goals: &[&str] = match name {
        "mvn" | "mvnw" => &["test", "package", "verify", "install", "deploy"],
        "gradle" | "gradlew" => &["test", "check", "build"],
        _ => return None,
    };
    // Profiles and files of settings may say anything.
    let open = |word: &String| {
        ["skip", "Skip", "-P", "-x", "--exclude-task", "-Dspring", "-s", "-I", "--init-script", "-am", "-pl"]
            .iter()
            .any(|sign| word.starts_with(sign))
            || word.contains("kip")
            || word.contains('$')
    };
    let goal = rest.iter().find(|word| goals.contains(&word.as_str()))?;
    (!rest.iter().any(open)).then(|| (format!("{name} {goal}"), goal.clone()))
}

/// The command as far as it matters, and the word to point at, where it asks a database.
pub(super) fn asked(words: &[String]) -> Option<(String, String)> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let start = words.iter().position(|word| {
        !(RUNNERS.contains(word) || word.starts_with('-') || word.contains('=') || *word == "sudo")
    })?;
    let words = words.get(start..)?;
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let plain: Vec<&str> = rest.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let bare = |word: &&str| word.trim_start_matches("./").to_string();
    let said: Vec<String> = plain.iter().map(bare).collect();
    let known =
        ASKS.iter().filter(|(programs, _)| programs.contains(&name)).flat_map(|(_, verbs)| verbs.iter());
    let verb = known.into_iter().find(|verb| {
        let parts: Vec<&str> = verb.split(' ').collect();
        said.get(..parts.len()).is_some_and(|told| told == parts)
    })?;
    let help =
        rest.iter().any(|word| matches!(*word, "--help" | "--version" | "--check" | "--plan" | "--sql"));
    (!help).then(|| (format!("{name} {verb}"), verb.rsplit(' ').next().unwrap_or(verb).to_string()))
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn commands_that_ask() {
        let asks = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_string).collect();
            asked(&words).map(|(command, _)| command)
        };
        for (line, command) in [
            ("python manage.py migrate --noinput", "python manage.py migrate"),
            ("npx prisma migrate deploy", "prisma migrate deploy"),
            ("RAILS_ENV=production bundle exec rails db:migrate", "rails db:migrate"),
            ("php artisan migrate --force", "php artisan migrate"),
            ("poetry run alembic upgrade head", "alembic upgrade"),
            ("./manage.py migrate", "manage.py migrate"),
        ] {
            assert_eq!(asks(line).as_deref(), Some(command), "{line}");
        }
        for line in [
            "python manage.py collectstatic",
            "npx prisma generate",
            "rails assets:precompile",
            "alembic --help",
        ] {
            assert_eq!(asks(line), None, "{line}");
        }
    }
}
