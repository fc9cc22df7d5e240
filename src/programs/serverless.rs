//! A release of a Phoenix application that is started without its web server.
//!
//! A release's endpoint serves only with `server: true` (hexdocs.pm/phoenix, "Deploying with Releases"): what `phx.new` makes sets that
//! where `PHX_SERVER` is set, which `bin/server` does and `bin/shop start` does not.

use super::Scope;
use super::entry::{Machine, Started, Way, releases};
use crate::source::Kind;

/// A release that is started without its web server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serverless {
    /// Whether the variable turns it on; where not, nothing does.
    pub by_variable: bool,
}

/// The variable.
pub const VARIABLE: &str = "PHX_SERVER";

/// How many lines below the question the answer stands.
const NEAR: usize = 4;

/// Whether the command starts a release whose endpoint only the variable, or nothing, makes serve.
pub(super) fn of(machine: &Machine<'_>, scope: &Scope, started: &Started) -> Option<Serverless> {
    let starts = |word: &String| matches!(word.as_str(), "start" | "start_iex" | "daemon" | "foreground");
    let launch = started.commands.iter().find(|launch| {
        let by_release = launch.words.first().is_some_and(|first| first.contains("bin/"));
        by_release && launch.way == Way::Surely && launch.words.get(1).is_some_and(starts)
    })?;
    if launch.env.contains_key(VARIABLE) || !started.builds.iter().any(releases) {
        return None;
    }
    let (mut phoenix, mut asked, mut open) = (false, false, false);
    for (_, place, source) in scope.iter().filter(|(_, _, source)| source.front_end.name() == "elixir") {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let settings = place.parent().and_then(|folder| folder.file_name()).is_some_and(|it| it == "config");
        if settings && matches!(name, "dev.exs" | "test.exs") {
            continue;
        }
        // What the release's own scripts set is seen by them alone.
        let scripts = ["rel/env.sh.eex", "rel/env.sh"].map(|script| source.path.with_file_name(script));
        open |= name == "mix.exs"
            && scripts.iter().any(|script| machine.sources.files().kind(script) == Some(Kind::File));
        source.glance(|text| {
            let mut last: Option<usize> = None;
            for (number, line) in text.lines().enumerate() {
                let code = line.split('#').next().unwrap_or("");
                phoenix |= code.contains("{:phoenix,");
                open |= code.contains("serve_endpoints");
                if code.contains(VARIABLE) {
                    last = Some(number);
                    asked = true;
                    open |= !settings;
                }
                // Of what is no configuration, only a call with it could be one of the endpoint's.
                let word = |(at, _)| {
                    !code
                        .get(..at)
                        .is_some_and(|it: &str| it.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
                };
                let serves =
                    code.match_indices("server: ").any(word) && (settings || code.contains("Endpoint"));
                open |= serves && last.is_none_or(|asked| number - asked > NEAR);
            }
        });
    }
    (phoenix && !open).then_some(Serverless { by_variable: asked })
}
