//! A healthcheck that asks for a port, user or database other than its service has.

use super::healthcheck_interpolated_by_compose as interpolated;
use super::prelude::*;
use super::wait_fixes;
use super::wiring::{as_written, listened};
use super::{healthcheck_refused as refused, healthcheck_switched as switched};
use crate::compose::HealthTest;
use crate::facts::images::{Credentials, KnownImage};
use crate::facts::probe::Probe;
use crate::facts::{Effective, Namespace, advertised, health};

rule!("healthcheck-wrong-target", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let spoken = interpolated::places(cx);
    for facts in cx.facts.active() {
        if !matches!(cx.facts.reach.namespace(facts.key), Namespace::Service(owner) if owner == facts.key) {
            continue;
        }
        // What an unset variable of the host leaves out is not what was meant to be asked.
        let test = facts.health_test();
        if test.is_some_and(|test| test.words.iter().any(|word| has_gap(word))) {
            continue;
        }
        // One mistake: the rules about references and about arguments that are dropped say it.
        let replaced = |test: &HealthTest| {
            test.words.iter().flat_map(|word| references(word)).any(|span| spoken.contains(&span))
        };
        if test.is_some_and(|test| test.shell && test.words.len() > 1 || replaced(test)) {
            continue;
        }
        let probes = facts.probes();
        let greps = probes.iter().any(|probe| probe.program().is_some_and(|name| name == "grep"));
        let found = probes.iter().filter(|probe| !probe.has_alternative).find_map(|probe| {
            let asked = Asked { facts, probe, greps };
            if let Some(wrong) = switched::first(cx, facts, probe) {
                return Some(wrong);
            }
            match probe.program()?.as_str() {
                "pg_isready" | "psql" => asked.postgres(),
                "redis-cli" | "valkey-cli" | "keydb-cli" => asked.redis(),
                "mysqladmin" | "mariadb-admin" | "mysql" | "mariadb" => asked.mysql(),
                "curl" | "wget" => {
                    let web = asked.web().or_else(|| refused::actuator(facts, probe));
                    let web = web.or_else(|| refused::foreign(facts, probe));
                    web.or_else(|| refused::scheme(facts, probe)).or_else(|| refused::page(cx, facts, probe))
                }
                "sqlcmd" => refused::sql_server(facts, probe),
                "nc" => asked.netcat(),
                name if name.starts_with("kafka-") => asked.kafka(),
                _ => {
                    let port = probe.scripted_port().and_then(|port| asked.port(&port, "the service"));
                    port.or_else(|| refused::page(cx, facts, probe))
                }
            }
        });
        out.extend(found.map(|wrong| finding(cx, facts, wrong)));
    }
}

/// The places of the references in a text.
fn references(text: &Text) -> impl Iterator<Item = Span> {
    let steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
    steps.filter_map(|via| match via {
        Via::Interpolation { span, .. } => Some(*span),
        _ => None,
    })
}

/// Whether Compose put nothing in place of a reference.
fn has_gap(text: &Text) -> bool {
    let interpolated = |via: &Via| matches!(via, Via::Interpolation { .. });
    text.pieces().iter().any(|piece| piece.text.is_empty() && piece.origin.through.iter().any(interpolated))
}

/// What a check asks, and should ask.
pub struct Wrong {
    pub at: Span,
    /// The end of "the healthcheck of `db` …".
    pub says: String,
    pub here: String,
    pub also: Option<(Span, String)>,
    pub help: String,
    /// What to write at the place.
    pub right: Option<String>,
    pub severity: Severity,
    pub confidence: Confidence,
}

fn finding(cx: &Context<'_>, facts: &ServiceFacts<'_>, wrong: Wrong) -> Finding {
    let name = &facts.service.name.value;
    let test = facts.health_test().map_or(Span::NONE, |test| test.origin.written);
    // A text that came from elsewhere is wrong where it is referred to.
    let inside = test.contains(wrong.at) && !wrong.at.is_none();
    let finding = RULE
        .finding(if inside { wrong.at } else { test }, format!("the healthcheck of `{name}` {}", wrong.says))
        .service(name.clone())
        .here(wrong.here)
        .severity(wrong.severity)
        .at_most(wrong.confidence)
        .help(wrong.help)
        .evidence(wrong.right.clone().unwrap_or_default());
    let finding = match wrong.also {
        Some((span, text)) => finding.also(span, text),
        None => finding,
    };
    let own = facts.health_test().is_some_and(|test| wait_fixes::is_own(&test.origin));
    let right = wrong.right.filter(|_| inside && own);
    match right.and_then(|right| Some((cx.edits.replace_within(wrong.at, &right)?, right))) {
        Some((edits, right)) => finding.fix(Fix {
            title: format!("write `{right}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

struct Asked<'a> {
    facts: &'a ServiceFacts<'a>,
    probe: &'a Probe,
    greps: bool,
}

impl<'a> Asked<'a> {
    /// The image, if it is this entry's and nothing but its variables makes its users.
    fn image(&self, name: &str) -> Option<&'static KnownImage> {
        let image = self.facts.image.filter(|image| image.name == name)?;
        let made = |target: &str| {
            image.init.iter().any(|init| target == init || target.starts_with(&format!("{init}/")))
        };
        let scripts = self.facts.service.volumes.iter().any(|mount| made(&mount.target))
            || self.facts.service.configs.iter().any(|config| made(&config.target))
            || self.facts.service.build.is_some();
        (!scripts).then_some(image)
    }

    /// Whether it asks its own container.
    fn asks_itself(&self, host: Option<Text>) -> bool {
        host.is_none_or(|host| host.complete().is_some_and(|host| self.is_own(&host)))
    }

    fn is_own(&self, host: &str) -> bool {
        crate::programs::hosts::reaches_itself(host) || host == self.facts.key
    }

    /// A port that the service does not listen on.
    fn port(&self, port: &Text, server: &str) -> Option<Wrong> {
        self.number(port.complete()?.parse().ok()?, port.span(), server)
    }

    /// The same of a port that need not be written.
    fn number(&self, number: u16, at: Span, server: &str) -> Option<Wrong> {
        let says_nothing = |text: &Text| !text.has_hole();
        if self.facts.listens_on(number)
            || self.facts.may_listen_on(number)
            || !self.facts.program.command.iter().all(says_nothing)
        {
            return None;
        }
        let published = self.facts.published_as(number);
        let listens = self.facts.listeners.iter().find(|listener| self.facts.is_sure_of(listener.source));
        if listens.is_none() && published.is_none() {
            return None;
        }
        let right = match (published, listens) {
            (Some(entry), _) => Some(entry.target.0),
            (None, Some(listener)) => Some(listener.ports.0),
            (None, None) => None,
        };
        let also = published.map(|entry| (entry.origin.written, format!("{number} is a port of the host")));
        Some(Wrong {
            at,
            says: match published {
                Some(_) => format!(
                    "asks port {number}, by which only the host knows it: {server} listens on {} in the container, so it always fails",
                    listened(self.facts)
                ),
                None => format!(
                    "asks port {number}, but {server} listens on {}: it always fails",
                    listened(self.facts)
                ),
            },
            here: "nobody listens there".to_string(),
            also,
            help: right.map_or_else(String::new, |right| format!("write {right} for {number}")),
            right: right.map(|right| right.to_string()),
            severity: Severity::Warning,
            confidence: Confidence::Likely,
        })
    }

    /// What to write so that an option has the right value.
    fn option_to_write(&self, option: &str, asked: Option<&Text>, right: &str) -> String {
        match asked {
            Some(asked) => format!("write `{right}` for `{}`", as_written(asked)),
            None if self.probe.by_shell => format!("add `{option} {right}`"),
            None => format!("add `\"{option}\", \"{right}\"`"),
        }
    }

    fn postgres(&self) -> Option<Wrong> {
        let asks = |names: &[&str]| self.probe.option(names);
        if !self.asks_itself(asks(&["-h", "--host"])) {
            return None;
        }
        if let Some(wrong) = asks(&["-p", "--port"]).and_then(|port| self.port(&port, "PostgreSQL")) {
            return Some(wrong);
        }
        let image = self.image("postgres")?;
        let credentials = &image.credentials;
        // A role or database that is missing is told only where connections need no password.
        let set = |name: &str| self.facts.environment.value(name);
        if set("POSTGRES_INITDB_ARGS").is_some()
            || set("POSTGRES_USER_FILE").is_some()
            || set("POSTGRES_DB_FILE").is_some()
        {
            return None;
        }
        let own =
            |variable: &Option<String>| variable.as_ref().and_then(|name| self.facts.environment.get(name));
        // A blank one is not known: some variable of the host has no value here.
        let value = |one: &Effective| one.value()?.complete().filter(|value| !value.is_empty());
        let user = own(&credentials.user).map_or_else(|| credentials.default_user.clone(), value)?;
        let database = own(&credentials.database).map_or_else(|| Some(user.clone()), value)?;
        let asked_user = asks(&["-U", "--username"]);
        let asked_database = asks(&["-d", "--dbname"]);
        // A database may be a whole connection string.
        if asked_database.as_ref().is_some_and(|text| text.assumed().contains(['=', ':'])) {
            return None;
        }
        let ready = self.probe.program().is_some_and(|name| name == "pg_isready");
        let then = |what: &str, name: &str| match ready {
            true => format!(
                "it passes all the same, but PostgreSQL logs `FATAL: {what} \"{name}\" does not exist` at every check"
            ),
            false => format!("it always fails, {what} \"{name}\" does not exist"),
        };
        let effective = match &asked_user {
            Some(text) => text.complete()?,
            None => match set("PGUSER") {
                Some(text) => text.complete()?,
                // The name of the system's user.
                None if self.facts.service.user.is_none() => "root".to_string(),
                None => return None,
            },
        };
        let implied = |given: bool| if given { Severity::Warning } else { Severity::Advice };
        if effective.is_empty() {
            return None;
        }
        if effective != user {
            let made =
                own(&credentials.user).map(|one| (one.variable.key, format!("`{user}` is the only role")));
            let variable = credentials.user.as_deref().filter(|_| made.is_some() && self.probe.by_shell);
            let right = variable.map_or_else(|| user.clone(), |name| format!("$${name}"));
            return Some(Wrong {
                at: asked_user.as_ref().map_or(Span::NONE, Text::span),
                says: match asked_user.is_some() {
                    true => format!(
                        "asks as `{effective}`, but `{user}` is the role that it has: {}",
                        then("role", &effective)
                    ),
                    false => format!(
                        "names no role and so asks as `{effective}`, but `{user}` is the role that it has: {}",
                        then("role", &effective)
                    ),
                },
                here: format!("there is no role `{effective}`"),
                also: made,
                help: self.option_to_write("-U", asked_user.as_ref(), &right),
                right: asked_user.is_some().then_some(right),
                severity: implied(asked_user.is_some() || !ready),
                confidence: Confidence::Likely,
            });
        }
        let effective = match &asked_database {
            Some(text) => text.complete()?,
            None => set("PGDATABASE").map_or(Some(effective), Text::complete)?,
        };
        if effective == database
            || effective.is_empty()
            || matches!(effective.as_str(), "postgres" | "template1")
        {
            return None;
        }
        let made = own(&credentials.database)
            .map(|one| (one.variable.key, format!("makes the database `{database}`")));
        let variable = credentials.database.as_deref().filter(|_| made.is_some() && self.probe.by_shell);
        let right = variable.map_or_else(|| database.clone(), |name| format!("$${name}"));
        Some(Wrong {
            at: asked_database.as_ref().map_or(Span::NONE, Text::span),
            says: match asked_database.is_some() {
                true => format!(
                    "asks for the database `{effective}`, but `{database}` is the one that it has: {}",
                    then("database", &effective)
                ),
                false => format!(
                    "names no database and so asks for `{effective}`, but `{database}` is the one that it has: {}",
                    then("database", &effective)
                ),
            },
            here: format!("there is no database `{effective}`"),
            also: made,
            help: self.option_to_write("-d", asked_database.as_ref(), &right),
            right: asked_database.is_some().then_some(right),
            severity: implied(asked_database.is_some() || !ready),
            confidence: Confidence::Likely,
        })
    }

    /// A listener that the broker does not have.
    fn kafka(&self) -> Option<Wrong> {
        let server = self.probe.option(&["--bootstrap-server"])?;
        let whole = server.complete()?;
        let (host, port) = whole.rsplit_once(':')?;
        let number: u16 = port.parse().ok().filter(|_| self.is_own(host))?;
        let ports = advertised::ports_for_clients(self.facts).filter(|ports| !ports.contains(&number))?;
        let right = ports.first()?.to_string();
        Some(Wrong {
            at: server.slice(host.len() + 1, whole.len()).span(),
            says: format!("asks port {number}, but its listener for clients is on {right}: it always fails"),
            here: "no listener for clients".to_string(),
            also: None,
            help: format!("write {right} for {number}"),
            right: Some(right),
            severity: Severity::Warning,
            confidence: Confidence::Likely,
        })
    }

    fn redis(&self) -> Option<Wrong> {
        if !self.asks_itself(self.probe.option(&["-h"])) || self.probe.has("-u") || self.probe.has("-s") {
            return None;
        }
        if let Some(wrong) = self.probe.option(&["-p"]).and_then(|port| self.port(&port, "Redis")) {
            return Some(wrong);
        }
        // Without `-e`, an error that the server answers is no failure: only a look at the answer tells.
        if !self.greps {
            return None;
        }
        let credentials = &self.facts.image?.credentials;
        let wanted = health::flagged_password(self.facts, credentials)?;
        let given = self.probe.option(&["-a", "--pass"]);
        let authenticated = self.facts.environment.value("REDISCLI_AUTH");
        let fails = "it always fails";
        // A password is not repeated.
        let help = match health::is_reference(&wanted) {
            true => format!("write `-a \"{}\"`", as_written(&wanted)),
            false => "give `-a` the password that follows `--requirepass`".to_string(),
        };
        let also = Some((wanted.span(), "the password that the server wants".to_string()));
        match given.or_else(|| authenticated.cloned()) {
            None => Some(Wrong {
                at: self.probe.words.first().map_or(Span::NONE, Text::span),
                says: format!("gives no password, and the server wants one (`NOAUTH`): {fails}"),
                here: "without `-a`".to_string(),
                also,
                help,
                right: None,
                severity: Severity::Warning,
                confidence: Confidence::Likely,
            }),
            Some(given) => {
                let (one, other) = (given.complete()?, wanted.complete()?);
                let variable = one.contains('$') || other.contains('$');
                (one != other && !variable).then(|| Wrong {
                    at: given.span(),
                    says: format!("gives another password than the server wants: {fails}"),
                    here: "another password".to_string(),
                    also,
                    help,
                    right: None,
                    severity: Severity::Warning,
                    confidence: Confidence::Likely,
                })
            }
        }
    }

    /// A password in a word of its own (`-psecret`, `--password=secret`) that is not the one the server is made with.
    fn mysql_password(&self, credentials: &Credentials) -> Option<Wrong> {
        let given = self.probe.words.iter().find_map(|word| {
            let text = word.assumed();
            let short = || text.strip_prefix("-p").filter(|rest| !rest.is_empty() && !text.starts_with("--"));
            let rest = text.strip_prefix("--password=").or_else(short)?;
            Some(word.slice(text.len() - rest.len(), text.len()))
        })?;
        let said = given.complete().filter(|said| !said.contains('$'))?;
        let user = self.probe.option(&["-u", "--user"])?.complete()?;
        let set = |name: &Option<String>| self.facts.environment.get(name.as_ref()?);
        let (first, second) = match user == "root" {
            true => (set(&credentials.root_password), set(&credentials.or_root_password)),
            false => (set(&credentials.password), set(&credentials.or_password)),
        };
        let made = first.or(second)?;
        let password = made.value()?.complete().filter(|password| !password.is_empty())?;
        (password != said).then(|| Wrong {
            at: given.span(),
            says: format!("gives `{user}` another password than the server is made with: it always fails"),
            here: "the wrong password".to_string(),
            also: Some((made.variable.key, "the password that the server is made with".to_string())),
            help: "write the password that the server is made with".to_string(),
            right: None,
            severity: Severity::Warning,
            confidence: Confidence::Likely,
        })
    }

    fn mysql(&self) -> Option<Wrong> {
        let host = self.probe.option(&["-h", "--host"]);
        // Through the socket there is no port.
        let by_network = host.as_ref().is_some_and(|host| host.assumed() != "localhost");
        if !self.asks_itself(host) {
            return None;
        }
        if let Some(wrong) = self
            .probe
            .option(&["-P", "--port"])
            .filter(|_| by_network)
            .and_then(|port| self.port(&port, "the server"))
        {
            return Some(wrong);
        }
        // `ping` counts a refused login as an answer.
        if self.probe.words.iter().any(|word| word.assumed() == "ping") {
            return None;
        }
        let image = self.image("mysql").or_else(|| self.image("mariadb"))?;
        if let Some(wrong) = self.mysql_password(&image.credentials) {
            return Some(wrong);
        }
        let asked = self.probe.option(&["-u", "--user"])?;
        let name = asked.complete().filter(|name| !name.is_empty() && name != "root")?;
        let credentials = &image.credentials;
        let names = [&credentials.user, &credentials.or_user];
        let own = names.into_iter().flatten().find_map(|name| self.facts.environment.get(name));
        let user = match own {
            Some(own) => own.value()?.complete()?,
            None => "root".to_string(),
        };
        (user != name).then(|| Wrong {
            at: asked.span(),
            says: format!(
                "logs in as `{name}`, but there are only `root`{}: it always fails",
                if own.is_some() { format!(" and `{user}`") } else { String::new() }
            ),
            here: format!("there is no user `{name}`"),
            also: own.map(|own| (own.variable.key, format!("makes the user `{user}`"))),
            help: format!("write `-u {user}`, with its password"),
            right: None,
            severity: Severity::Warning,
            confidence: Confidence::Likely,
        })
    }

    fn web(&self) -> Option<Wrong> {
        let url = self.probe.words.iter().skip(1).find(|word| {
            let text = word.assumed();
            text.starts_with("http://")
                || text.starts_with("https://")
                || text.starts_with("localhost")
                || text.starts_with("127.0.0.1")
        })?;
        let text = url.assumed();
        let start = text.find("://").map_or(0, |at| at + 3);
        let rest = text.get(start..)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let address = rest.get(..end)?;
        // `[::1]` has no port either.
        let split =
            address.rsplit_once(':').filter(|(host, _)| !host.starts_with('[') || host.ends_with(']'));
        let Some((host, port)) = split else {
            let usual = if text.starts_with("https://") { 443 } else { 80 };
            let own = self.is_own(address);
            let wrong = own.then(|| {
                self.number(usual, url.slice(start, start + address.len()).span(), "the service")
            })??;
            let right = wrong.right.map(|right| format!("{address}:{right}"));
            let help =
                right.as_ref().map_or_else(String::new, |right| format!("write `{right}` for `{address}`"));
            return Some(Wrong { right, help, ..wrong });
        };
        if !self.is_own(host) || port.is_empty() {
            return None;
        }
        let from = start + host.len() + 1;
        self.port(&url.slice(from, from + port.len()), "the service")
    }

    fn netcat(&self) -> Option<Wrong> {
        let plain: Vec<&Text> =
            self.probe.words.iter().skip(1).filter(|word| !word.assumed().starts_with('-')).collect();
        let [.., host, port] = plain[..] else { return None };
        self.is_own(&host.complete()?).then(|| self.port(port, "the service"))?
    }
}
