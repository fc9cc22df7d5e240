//! Which extensions a program in PHP needs, and whether the official image that it runs has them: those bring only a few
//! ("PHP" on Docker Hub, "How to install more PHP extensions").

use super::ServiceFacts;
use super::dials::{By, Dial};
use crate::programs::dockerfile::Step;
use crate::programs::{Module, SinkKind, has_extension};
use crate::source::{Span, Text};

/// An extension that a program needs and its image does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The extension.
    pub extension: String,
    /// What PHP says without it.
    pub says: String,
    /// What needs it.
    pub place: Span,
    /// The image of PHP.
    pub base: String,
    /// Where that is named.
    pub image: Span,
    /// The command that installs it.
    pub install: String,
}

impl Lacking {
    fn new(
        (extension, says): (&str, &str),
        place: Span,
        (base, image): (&str, Span),
        install: String,
    ) -> Self {
        let (extension, says) = (extension.to_string(), says.to_string());
        Self { extension, says, place, base: base.to_string(), image, install }
    }
}

/// The extensions that `service` needs and lacks, each once.
#[must_use]
pub fn lacking(service: &ServiceFacts<'_>) -> Vec<Lacking> {
    let Some((base, image)) = official(service) else { return Vec::new() };
    let steps = steps(service);
    let mut found: Vec<Lacking> = Vec::new();
    for dial in &service.received {
        let By::Sink(module, sink) = dial.by else { continue };
        if !is_of_php(module) {
            continue;
        }
        let Some((extension, says)) = needed(service, dial, module) else { continue };
        if found.iter().all(|other| other.extension != extension) {
            let install = install(extension, base.contains("alpine"));
            let place = sink.callee.span;
            found.push(Lacking::new((extension, says), place, (&base, image), install));
        }
    }
    if let Some((extension, says)) = needed_by_command(service) {
        let (place, install) = (service.service.name.span, install(extension, false));
        found.push(Lacking::new((extension, says), place, (&base, image), install));
    }
    if found.iter().all(|other| other.extension != "mysqli")
        && let Some(place) = needed_by_wordpress(service, &base)
    {
        let says = "WordPress says that PHP is missing the MySQL extension";
        let install = install("mysqli", false);
        found.push(Lacking::new(("mysqli", says), place, (&base, image), install));
    }
    for demand in &service.program.php_demands {
        let extension = demand.extension.as_str();
        if found.iter().all(|other| other.extension != extension) {
            let says = match &demand.package {
                Some(package) => format!("Composer stops at `{package}`, which requires `ext-{extension}`"),
                None => format!("Composer stops, for `composer.json` requires `ext-{extension}`"),
            };
            let install = install(extension, base.contains("alpine"));
            found.push(Lacking::new((extension, &says), demand.at, (&base, image), install));
        }
    }
    // The commands of start scripts are among those of the program.
    let builds: Vec<String> =
        service.program.image.runs.iter().map(|run| without_usual(run.assumed())).collect();
    if found.is_empty() || may_bring_any(&builds) || installs_any(&steps) || copies_extensions(service) {
        return Vec::new();
    }
    found.retain_mut(|lacking| {
        if !steps.iter().any(|step| brings(step, &lacking.extension)) {
            return true;
        }
        // What PECL compiles is not loaded by itself.
        let rest: Vec<String> = steps.iter().map(|step| without_pecl(step)).collect();
        let idle = !rest.iter().any(|step| brings(step, &lacking.extension)) && !has_settings(service);
        lacking.install = format!("docker-php-ext-enable {}", lacking.extension);
        idle
    });
    found
}

/// The commands of a step but those that only compile extensions.
fn without_pecl(step: &str) -> String {
    let step = step.replace("\\\n", " ").replace("\\\r\n", " ");
    let commands = step.split(['&', ';', '|', '\n']);
    let others = commands.filter(|command| !command.contains("pecl install"));
    // `$PHPIZE_DEPS` and the like are no extensions.
    others.collect::<Vec<_>>().join("\n")
}

/// Whether something is copied or mounted to where PHP reads its settings.
fn has_settings(service: &ServiceFacts<'_>) -> bool {
    let of_php = |target: &str| {
        target.contains("/etc/php")
            || target.ends_with(".ini")
            || target.trim_end_matches('/') == "/usr/local/etc"
    };
    let mut mounts = service.service.volumes.iter().map(|mount| mount.target.as_str());
    let stages = service.program.image.parsed.iter().flat_map(|parsed| &parsed.stages);
    let mut copies = stages.flat_map(|stage| &stage.steps).filter_map(|step| match step {
        Step::Copy(copy) => Some(copy.destination.assumed()),
        _ => None,
    });
    mounts.any(of_php) || copies.any(|to| of_php(&to))
}

/// The official image of PHP that the service runs or builds on, and where it is named.
fn official(service: &ServiceFacts<'_>) -> Option<(String, Span)> {
    let image = &service.program.image;
    let base = image.base.as_ref()?;
    let built = service.service.build.is_some() || image.parsed.is_some();
    if image.problem.is_some() || image.assumed || built && image.parsed.is_none() {
        return None;
    }
    let name = base.value.as_str();
    let plain = name.strip_prefix("docker.io/").unwrap_or(name);
    let plain = plain.strip_prefix("library/").unwrap_or(plain);
    let known = plain.starts_with("php:") && !plain.contains(['$', Text::HOLE]) || plain == "php";
    known.then(|| (plain.to_string(), base.span))
}

fn is_of_php(module: &Module) -> bool {
    has_extension(&module.path, &["php", "phtml", "inc"])
        || module.path.ends_with("doctrine.yaml")
        || is_of_messenger(module)
}

/// Whether it is where Symfony's Messenger is told its transports.
fn is_of_messenger(module: &Module) -> bool {
    module.path.ends_with("messenger.yaml")
}

/// Whether it is one of the files of settings that Laravel makes its clients of.
fn is_of_laravel(module: &Module) -> bool {
    let folder = module.path.parent().and_then(std::path::Path::file_name);
    folder.is_some_and(|name| name == "config") && has_extension(&module.path, &["php"])
}

/// The extension that signals its workers: Laravel's Horizon stops without it.
fn needed_by_command(service: &ServiceFacts<'_>) -> Option<(&'static str, &'static str)> {
    let horizon = |words: &Vec<String>| {
        words
            .windows(2)
            .any(|pair| matches!(pair, [first, then] if first.ends_with("artisan") && then == "horizon"))
    };
    let started = service.program.commands.iter().any(horizon);
    started.then_some(("pcntl", "Horizon says `Call to undefined function pcntl_async_signals()`"))
}

/// Where WordPress is loaded, which speaks through `mysqli` alone, by what serves pages.
fn needed_by_wordpress(service: &ServiceFacts<'_>, base: &str) -> Option<Span> {
    const LOADS: &str = "wp-settings.php";
    let program = &service.program;
    let serves = |text: &str| text.contains("fpm") || text.contains("apache");
    let told = service.service.command.iter().flat_map(|command| &command.words).map(Text::assumed);
    let other = service.service.command.is_some() && !told.into_iter().any(|word| serves(&word));
    let scope = &program.scope;
    // A drop-in may take its place.
    if !serves(base) || other || !scope.containing("SQLITE_DB_DROPIN").is_empty() {
        return None;
    }
    scope.containing(LOADS).iter().find_map(|index| {
        let (_, source) = scope.get(*index)?;
        has_extension(&source.path, &["php"]).then_some(())?;
        let module = program.modules.iter().find(|module| module.path == source.path)?;
        let mut spans = module.imports.iter().map(|import| import.span);
        Some(spans.find(|span| !span.is_none()).unwrap_or(service.service.name.span))
    })
}

/// What the client needs, and what PHP says without it.
fn needed(
    service: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    module: &Module,
) -> Option<(&'static str, &'static str)> {
    const NO_CLASS: &str = "there is no class of that name";
    const NO_FUNCTION: &str = "there is no function of that name";
    const NO_DRIVER: &str = "PDO says `could not find driver`";
    let sink = dial.sink()?;
    let callee = sink.callee.value.rsplit(['\\', ':']).next().unwrap_or("");
    let scope = &service.program.scope;
    let source = scope.index_of(module).and_then(|index| scope.get(index));
    let holds = |words: &[&str]| {
        source.is_some_and(|(_, source)| source.glance(|text| words.iter().any(|word| text.contains(word))))
    };
    if is_of_messenger(module) {
        return match dial.endpoint.scheme_name()?.as_str() {
            "amqp" | "amqps" => Some(("amqp", "Messenger can't make its transport")),
            "redis" | "rediss" => Some(("redis", "Messenger can't make its transport")),
            _ => None,
        };
    }
    match sink.kind {
        SinkKind::MySql if callee.starts_with("mysqli_") => Some(("mysqli", NO_FUNCTION)),
        SinkKind::MySql if callee.starts_with("mysqli") => Some(("mysqli", NO_CLASS)),
        SinkKind::Postgres if matches!(callee, "pg_connect" | "pg_pconnect") => Some(("pgsql", NO_FUNCTION)),
        // WordPress and CodeIgniter speak through the other extension.
        SinkKind::Sql if callee == "DB_HOST" => Some(("mysqli", NO_CLASS)),
        SinkKind::Sql
            if holds(&["DBDriver", "dbdriver"]) && holds(&["'MySQLi'", "'mysqli'", "\"MySQLi\""]) =>
        {
            Some(("mysqli", NO_CLASS))
        }
        SinkKind::Sql if callee != "PDO" && holds(&["mysqli", "MySQLi", "Mysqli"]) => None,
        SinkKind::Sql => match dial.endpoint.scheme_name()?.as_str() {
            "mysql" | "mariadb" => Some(("pdo_mysql", NO_DRIVER)),
            "pgsql" | "postgres" | "postgresql" => Some(("pdo_pgsql", NO_DRIVER)),
            _ => None,
        },
        SinkKind::Redis if holds(&["new Redis(", "new \\Redis(", "new Redis;"]) && !holds(&["Predis"]) => {
            Some(("redis", NO_CLASS))
        }
        // Laravel's own client is the extension, unless it is told to take Predis.
        SinkKind::Redis if is_of_laravel(module) => {
            let predis = match service.environment.value("REDIS_CLIENT") {
                Some(client) => client.complete().is_none_or(|client| client != "phpredis"),
                None => scope.mentioning("'REDIS_CLIENT', 'phpredis'").is_empty(),
            };
            (!predis).then_some(("redis", NO_CLASS))
        }
        SinkKind::Memcached if holds(&["new Memcached(", "new \\Memcached("]) => {
            Some(("memcached", NO_CLASS))
        }
        SinkKind::Mongo if holds(&["MongoDB\\"]) => Some(("mongodb", NO_CLASS)),
        SinkKind::Kafka if holds(&["RdKafka\\"]) => Some(("rdkafka", NO_CLASS)),
        SinkKind::Amqp if holds(&["new AMQPConnection(", "new \\AMQPConnection("]) => {
            Some(("amqp", NO_CLASS))
        }
        SinkKind::Http if callee == "SoapClient" => Some(("soap", NO_CLASS)),
        _ => None,
    }
}

/// All that the build and the start of the container run.
fn steps(service: &ServiceFacts<'_>) -> Vec<String> {
    let program = &service.program;
    let builds = program.image.runs.iter().map(Text::assumed);
    let starts = program.command.iter().map(Text::assumed);
    let all = builds.chain(starts).chain(program.commands.iter().map(|words| words.join(" ")));
    all.map(without_usual).collect()
}

/// A command without the variables that name no extension: what extensions are compiled with, and how many at once.
fn without_usual(command: String) -> String {
    const USUAL: [&str; 8] = [
        "\"$(nproc)\"",
        "$(nproc)",
        "\"$(getconf _NPROCESSORS_ONLN)\"",
        "$(getconf _NPROCESSORS_ONLN)",
        "\"$PHPIZE_DEPS\"",
        "${PHPIZE_DEPS}",
        "$PHPIZE_DEPS",
        "`nproc`",
    ];
    USUAL.iter().fold(command, |command, usual| command.replace(usual, ""))
}

/// Whether a step installs extensions that a variable names.
fn installs_any(steps: &[String]) -> bool {
    let installs = |step: &String| step.contains("php-ext") || step.contains("pecl");
    steps.iter().any(|step| installs(step) && (step.contains(" $") || step.contains("\"$")))
}

/// Whether a step runs something that is not seen, and that may bring any extension.
fn may_bring_any(steps: &[String]) -> bool {
    steps.iter().any(|step| {
        let installs = step.contains("php-ext") || step.contains("php-extensions") || step.contains("pecl");
        let open = |word: &str| word.starts_with('$') || word.contains(Text::HOLE);
        let scripts = |word: &str| {
            let word = word.trim_matches(['"', '\'', ';', '&']);
            word.ends_with(".sh") && !word.contains("wait")
                || word.ends_with("/setup")
                || word.ends_with("/install")
        };
        step.contains("<<")
            || installs && (step.contains(" $") || step.contains("\"$") || step.contains("xargs"))
            || step.split_whitespace().any(|word| installs && open(word) || scripts(word))
    })
}

/// Whether a step installs the extension: its name stands there as a word, or in that of a package.
fn brings(step: &str, extension: &str) -> bool {
    let short = extension.trim_start_matches("pdo_");
    let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    step.split(word).any(|word| word == extension)
        || step.split_whitespace().any(|package| package.starts_with("php") && package.contains(short))
}

/// Whether something is copied or mounted to where PHP keeps its extensions.
fn copies_extensions(service: &ServiceFacts<'_>) -> bool {
    let of_php = |target: &str| {
        let target = target.trim_end_matches('/');
        matches!(target, "" | "/usr/local" | "/usr")
            || target.starts_with("/usr/local/lib")
            || target.starts_with("/usr/lib")
    };
    let mut mounts = service.service.volumes.iter().map(|mount| mount.target.as_str());
    let stages = service.program.image.parsed.iter().flat_map(|parsed| &parsed.stages);
    let mut copies = stages.flat_map(|stage| &stage.steps).filter_map(|step| match step {
        Step::Copy(copy) => Some(copy.destination.assumed()),
        _ => None,
    });
    mounts.any(of_php) || copies.any(|to| of_php(&to))
}

/// The command that installs an extension in an official image.
fn install(extension: &str, alpine: bool) -> String {
    // What compiles those that come with PHP, and the packages of Debian and Alpine that it needs for that.
    const OWN: [(&str, &str, &str); 19] = [
        ("bcmath", "", ""),
        ("bz2", "libbz2-dev", "bzip2-dev"),
        ("calendar", "", ""),
        ("exif", "", ""),
        ("gd", "libpng-dev", "libpng-dev"),
        ("gettext", "", "gettext-dev"),
        ("gmp", "libgmp-dev", "gmp-dev"),
        ("intl", "libicu-dev", "icu-dev"),
        ("ldap", "libldap-dev", "openldap-dev"),
        ("mysqli", "", ""),
        ("pcntl", "", ""),
        ("pdo_mysql", "", ""),
        ("pdo_pgsql", "libpq-dev", "libpq-dev"),
        ("pgsql", "libpq-dev", "libpq-dev"),
        ("soap", "libxml2-dev", "libxml2-dev"),
        ("sockets", "", "linux-headers"),
        ("sysvmsg", "", ""),
        ("xsl", "libxslt1-dev", "libxslt-dev"),
        ("zip", "libzip-dev", "libzip-dev"),
    ];
    match OWN.iter().find(|(name, ..)| *name == extension) {
        Some((_, debian, apk)) => match (alpine, if alpine { *apk } else { *debian }) {
            (_, "") => format!("docker-php-ext-install {extension}"),
            (true, package) => format!("apk add --no-cache {package} && docker-php-ext-install {extension}"),
            (false, package) => format!(
                "apt-get update && apt-get install -y --no-install-recommends {package} && docker-php-ext-install {extension}"
            ),
        },
        None => format!("pecl install {extension} && docker-php-ext-enable {extension}"),
    }
}
