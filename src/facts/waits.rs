//! What a service does about siblings that are not ready yet: it waits, it tries again, or it never asks.

use super::{By, Dial, ServiceFacts};
use crate::programs::{Module, Role, Sink, SinkKind};

impl ServiceFacts<'_> {
    /// Whether it only runs commands of Django that look at the databases, and at nothing else that its settings name.
    fn only_migrates(&self) -> bool {
        const COMMANDS: [&str; 8] = [
            "migrate",
            "makemigrations",
            "showmigrations",
            "collectstatic",
            "flush",
            "loaddata",
            "createsuperuser",
            "check",
        ];
        let commands = &self.program.commands;
        let migrates = |words: &Vec<String>| {
            let at = words.iter().position(|word| word.ends_with("manage.py") || word == "django-admin");
            let command = at.and_then(|at| words.get(at + 1));
            command.is_some_and(|word| COMMANDS.contains(&word.as_str()) || word.starts_with("wait_for"))
        };
        !commands.is_empty() && commands.iter().all(migrates)
    }

    /// Whether the program, which is known, holds the address in settings that several programs share, and never
    /// looks at it.
    #[must_use]
    pub fn only_holds(&self, dial: &Dial<'_>) -> bool {
        let databases = ["postgresql", "mysql", "mssql", "oracle", "mongodb"];
        if self.only_migrates() && !dial.protocols.iter().any(|spoken| databases.contains(spoken)) {
            return true;
        }
        let By::Variable(name) = &dial.by else { return false };
        // What a framework looks up is looked at by nobody else.
        let modules = self.program.modules.iter().filter(|module| module.settings.is_empty());
        let mut reading =
            modules.flat_map(|module| &module.reads).filter(|read| read.name.value == *name).peekable();
        let uses = self.program.uses();
        self.program.entry_known && reading.peek().is_some() && reading.all(|read| !uses.looks_at(read))
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

    /// Whether the client is made in code that tries again, or by a function that such code calls, or beside code
    /// that tries to connect.
    fn tries_again(&self, module: &Module, sink: &Sink) -> bool {
        let connects = |call: &String| {
            let call = call.to_ascii_lowercase();
            ["connect", "ping", "wait_for", "wait_until"].iter().any(|word| call.contains(word))
        };
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
}
