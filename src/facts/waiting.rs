//! Programs that wait by themselves until what they dial is ready.

use super::ServiceFacts;
use super::clients::protocols;
use super::dials::By;
use super::requests::looks_first;
use crate::programs::{Module, Role, Sink, SinkKind};

impl ServiceFacts<'_> {
    /// When Docker starts it again, if something is said of that.
    pub(super) fn restart_policy(&self) -> Option<String> {
        let deployed = self.service.restart_condition.as_ref().map(|condition| condition.value.clone());
        deployed.or_else(|| {
            let own = self.service.restart.as_ref().map(|policy| policy.assumed());
            own.filter(|policy| !policy.is_empty())
        })
    }

    /// Whether Docker starts it again when it fails.
    #[must_use]
    pub fn restarts(&self) -> bool {
        self.restart_policy().is_some_and(|policy| !matches!(policy.as_str(), "no" | "none"))
    }

    /// Whether its start script waits until this sibling answers, or its program tries again until then.
    #[must_use]
    pub fn waits_for(&self, sibling: &str) -> bool {
        self.received.iter().filter(|dial| dial.sibling() == Some(sibling)).any(|dial| match dial.by {
            By::Sink(module, sink) => {
                module.role == Role::Script && sink.kind == SinkKind::Tcp || self.tries_again(module, sink)
            }
            _ => false,
        }) || self.waits_by_command(sibling)
            || self.waits_in_a_loop(sibling)
            || self.is_told_to_wait(sibling)
    }

    /// Whether a script does something with it again and again until that works: something that names it, by a variable or not, or
    /// what a database is asked first.
    fn waits_in_a_loop(&self, sibling: &str) -> bool {
        const DATABASES: [&str; 5] = ["postgresql", "mysql", "mssql", "oracle", "mongodb"];
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let names = |text: &str| text.split(|c| !of_name(c)).any(|name| name == sibling);
        let by_variable = |word: &str| {
            let mut variables = word.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            variables.any(|name| {
                let value = self.environment.value(name).map(crate::source::Text::assumed);
                value.is_some_and(|value| names(&value))
            })
        };
        let database = || {
            let mut dials = self.dials.iter().filter(|dial| dial.sibling() == Some(sibling));
            dials.any(|dial| {
                dial.protocols.is_empty() || dial.protocols.iter().any(|spoken| DATABASES.contains(spoken))
            })
        };
        let scripts = self.program.modules.iter().filter(|module| module.role == Role::Script);
        let mut loops = scripts.flat_map(|module| &module.attempts);
        loops.any(|attempts| {
            attempts.calls.iter().any(|word| names(word) || by_variable(word))
                || attempts.calls.iter().any(|word| looks_first(word)) && database()
        })
    }

    /// Whether `WAIT_HOSTS` names it for docker-compose-wait, which the container runs.
    fn is_told_to_wait(&self, sibling: &str) -> bool {
        let Some(hosts) = self.environment.value("WAIT_HOSTS").map(crate::source::Text::assumed) else {
            return false;
        };
        let named = hosts.split(',').any(|host| host.trim().split(':').next() == Some(sibling));
        let waits = |word: &str| matches!(word.rsplit('/').next(), Some("wait" | "docker-compose-wait"));
        let command = self.program.command.iter().map(crate::source::Text::assumed);
        let told = self.program.commands.iter().flatten().cloned();
        named && command.chain(told).any(|text| text.split([' ', ';', '&', '\n']).any(waits))
    }

    /// Whether a command of the program's own waits for it, by its name: `manage.py wait_for_db`, `wait_for_redis.py`.
    fn waits_by_command(&self, sibling: &str) -> bool {
        const WAITED: [(&[&str], &[&str]); 4] = [
            (&["db", "database", "postgres", "pg", "mysql"], &["postgresql", "mysql", "mongodb"]),
            (&["redis", "cache"], &["redis"]),
            (&["rabbit", "broker", "amqp"], &["amqp"]),
            (&["kafka", "broker"], &["kafka"]),
        ];
        let words = self.program.commands.iter().flatten();
        let mut waited = words.filter_map(|word| {
            let name = word.rsplit('/').next()?.replace('-', "_");
            Some(name.strip_prefix("wait_for_")?.to_string())
        });
        waited.any(|what| {
            what.starts_with(sibling)
                || WAITED.iter().filter(|(names, _)| names.iter().any(|name| what.starts_with(name))).any(
                    |(_, protocols)| {
                        let mut dials = self.dials.iter().filter(|dial| dial.sibling() == Some(sibling));
                        dials.any(|dial| dial.protocols.iter().any(|spoken| protocols.contains(spoken)))
                    },
                )
        })
    }

    /// Whether its command or its variables tell it to try again: `flyway -connectRetries=60 migrate`.
    #[must_use]
    pub fn is_told_to_retry(&self) -> bool {
        let mut words = self.program.command.iter().map(crate::source::Text::assumed);
        let flagged = words.any(|word| {
            let retries = word.split("connectRetries=").nth(1);
            retries.is_some_and(|count| !count.starts_with('0'))
        });
        let set = self.environment.value("FLYWAY_CONNECT_RETRIES").and_then(crate::source::Text::complete);
        flagged || set.is_some_and(|count| count != "0")
    }

    /// Whether the client is made in code that tries again, or by a function that such code calls, or beside code
    /// that tries to connect.
    fn tries_again(&self, module: &Module, sink: &Sink) -> bool {
        let connects = |call: &String| {
            let call = call.to_ascii_lowercase();
            ["connect", "ping", "wait_for", "wait_until"].iter().any(|word| call.contains(word))
        };
        if self.program.modules.iter().all(|module| module.attempts.is_empty()) {
            return false;
        }
        let reaches = first_calls(sink);
        let reaches = |attempts: &crate::programs::Attempts| {
            attempts.calls.iter().any(|call| reaches.contains(&call.as_str()))
        };
        if self.program.modules.iter().flat_map(|other| &other.attempts).any(reaches) {
            return true;
        }
        let around: Vec<&str> = module
            .functions
            .iter()
            .filter(|function| function.span.contains(sink.span))
            .map(|function| function.value.as_str())
            .collect();
        let mut here = module.attempts.iter();
        here.any(|attempts| attempts.span.contains(sink.span) || attempts.calls.iter().any(connects))
            || self
                .program
                .modules
                .iter()
                .flat_map(|other| &other.attempts)
                .any(|attempts| attempts.calls.iter().any(|call| around.contains(&call.as_str())))
    }

    /// Whether its program tries again until it reaches a server of this kind.
    #[must_use]
    pub fn retries(&self, target: &ServiceFacts<'_>) -> bool {
        // Kafka's images wait for ZooKeeper by themselves.
        if self.speaks("kafka") && target.speaks("zookeeper") {
            return true;
        }
        // Of PHP's clients of Kafka there is one, and its library tries again by itself.
        let of_php = |(module, sink): (&Module, &Sink)| {
            sink.kind == SinkKind::Kafka && crate::programs::has_extension(&module.path, &["php"])
        };
        let modules = self.program.modules.iter();
        let mut all = modules.flat_map(|module| module.sinks.iter().map(move |sink| (&**module, sink)));
        if target.speaks("kafka") && all.any(of_php) {
            return true;
        }
        let sinks = self
            .program
            .modules
            .iter()
            .flat_map(|module| module.sinks.iter().map(move |sink| (module, sink)));
        // Drivers of MongoDB look for a server for half a minute before they give up (Server Selection specification).
        if target.speaks("mongodb") && sinks.clone().any(|(_, sink)| sink.kind == SinkKind::Mongo) {
            return true;
        }
        let mut of_kind =
            sinks.filter(|(_, sink)| protocols(sink.kind).iter().any(|protocol| target.speaks(protocol)));
        of_kind.any(|(module, sink)| self.tries_again(module, sink))
    }
}

/// The calls with which programs first reach the server through a client that is made without asking it.
fn first_calls(sink: &Sink) -> &'static [&'static str] {
    match sink.callee.value.rsplit(['.', ':']).next().unwrap_or_default() {
        "Sequelize" => &["authenticate", "sync"],
        "PrismaClient" => &["$connect", "$queryRaw", "$queryRawUnsafe"],
        "DataSource" => &["initialize"],
        "knex" => &["raw"],
        "create_engine" | "create_async_engine" => &["create_all"],
        "UseNpgsql" | "UseSqlServer" | "UseMySql" | "UseMySQL" => {
            &["Migrate", "MigrateAsync", "EnsureCreated", "EnsureCreatedAsync", "CanConnect"]
        }
        _ => &[],
    }
}
