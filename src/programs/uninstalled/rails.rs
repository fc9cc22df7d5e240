//! What Rails asks of its image and of gems beside it when it starts, and does not get.
//!
//! Its own initializers look for zones of time, in the system or in a gem (`active_support/railtie.rb`); up to 7.0 it uses `Logger`
//! and leaves it to `concurrent-ruby` to load that, which does so no more from 1.3.5 on (<https://github.com/rails/rails/issues/54260>).

use std::path::Path;

use super::ruby::Bundle;
use super::{Drifted, Native, Program, native};
use crate::compose::ImageReference;
use crate::programs::dockerfile::Step;
use crate::programs::entry::Way;
use crate::programs::system_data::ZONES;
use crate::programs::unstarted::is_mounted_over;
use crate::programs::versions::range::{Dialect, Full, Version, highest};
use crate::source::{SourceFile, Span, Spanned};

/// The versions that leave `Logger` to others: from the first on, before the second.
const TRUSTING: (Full, Full) = ((6, 0, 0), (7, 0, 9));
/// The first version of `concurrent-ruby` that does not load it.
const BARE: Full = (1, 3, 5);
/// What may be loaded before Rails and loads no `Logger`.
const QUIET: [&str; 4] = ["bundler/setup", "bundler", "rubygems", "bootsnap/setup"];
/// The files that are run before Rails is loaded.
const FIRST: [&str; 5] =
    ["bin/rails", "Rakefile", "config/boot.rb", "config/application.rb", "config/environment.rb"];

/// The zones of time, where the image is one of Ruby on Alpine and nothing brings them.
pub(super) fn zoneless(program: &Program<'_>) -> Option<Native> {
    let image = program.image.base.as_ref()?;
    let parsed = ImageReference::parse(&image.value)?;
    if parsed.path != "ruby" || !parsed.tag.is_some_and(|tag| tag.contains("alpine")) {
        return None;
    }
    let bundle = started(program, &["rails", "rake", "puma", "rackup", "unicorn", "sidekiq"])?;
    let brings = |text: &str| {
        // The server of PostgreSQL needs the same package.
        let server = |word: &str| {
            word.strip_prefix("postgresql")
                .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '='))
        };
        text.contains("tzdata") || text.contains("zoneinfo") || text.split_whitespace().any(server)
    };
    let copied = program.image.parsed.iter().flat_map(|file| &file.stages).flat_map(|stage| &stage.steps);
    let mut copied = copied.filter_map(|step| match step {
        Step::Copy(copy) => Some(copy),
        _ => None,
    });
    let mounted = is_mounted_over(program.machine.sources, program.service, Path::new(ZONES));
    if mounted
        || native::is_open(program)
        || program.runs.iter().any(|run| brings(&run.command.assumed()))
        || program.started.calls.iter().any(|call| call.launch.words.iter().any(|word| brings(word)))
        || copied
            .any(|copy| copy.sources.iter().chain([&copy.destination]).any(|text| brings(&text.assumed())))
    {
        return None;
    }
    // The gem that Rails writes there is for systems that have no zones at all.
    let elsewhere = |rest: &str| {
        let named = rest.split_once("platform").map(|(_, named)| named);
        named.is_some_and(|named| {
            named.contains(']')
                && !["ruby", "mri"].iter().any(|own| {
                    named.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.starts_with(own))
                })
        })
    };
    let mut named = bundle.gems.all.iter().filter(|gem| gem.name == "tzinfo-data");
    let brought = bundle.lock.is_some() && bundle.brings("tzinfo-data");
    if named.any(|gem| !elsewhere(&gem.rest)) || brought {
        return None;
    }
    let file = program.machine.sources.load(&bundle.host).ok()?;
    Some(Native {
        import: "rails".to_string(),
        at: named_at(&file)?,
        lacks: "the zones of time of its system",
        runs: false,
        early: true,
        image: image.clone(),
        says: "TZInfo::DataSourceNotFound: tzinfo-data is not present",
        install: "`tzdata`, or let the `Gemfile` have `gem \"tzinfo-data\"` for all platforms",
    })
}

/// A Rails before 7.1 with a `concurrent-ruby` that does not load `Logger` for it.
pub(super) fn loggerless(program: &Program<'_>) -> Option<Drifted> {
    let bundle = started(program, &["rails", "rake"])?;
    let root = &bundle.root;
    let asks = |name: &str| bundle.gems.all.iter().any(|gem| gem.name == name);
    let told = |(name, value): (&String, &String)| name == "RUBYOPT" && value.contains("logger");
    if asks("logger") || program.start.env.iter().any(told) {
        return None;
    }
    let (declared, at) = match &bundle.lock {
        Some(lock) => {
            let (version, _) = locked(lock, "rails")?;
            let (other, at) = locked(lock, "concurrent-ruby")?;
            let is_bare = Version::at_start_of(other)?.first() >= BARE;
            let trusts = is_trusting(Version::at_start_of(version)?.first());
            (is_bare && trusts).then(|| (format!("concurrent-ruby {other}"), at))?
        }
        None => {
            let rails = bundle.gems.all.iter().find(|gem| gem.name == "rails")?;
            let others = ["git", "path:", "branch", "if ", "ENV"];
            let plain = !others.iter().any(|word| rails.rest.contains(word));
            let said: Vec<&str> = rails.rest.split(['"', '\'']).skip(1).step_by(2).collect();
            let newest = highest(said.first().filter(|_| plain && said.len() == 1)?, Dialect::Pessimistic)?;
            let file = program.machine.sources.load(&bundle.host).ok()?;
            let held = asks("concurrent-ruby") || !is_trusting(newest);
            (!held).then(|| Some((format!("rails {}", said.first()?), named_at(&file)?)))??
        }
    };
    let silent = FIRST
        .iter()
        .all(|name| program.machine.load(&root.join(name)).is_none_or(|file| loads_nothing_else(&file.text)));
    silent.then(|| Drifted {
        package: Some(Spanned::new(declared, at)),
        with: Some("concurrent-ruby 1.3.5".to_string()),
        used: Spanned::new("rails".to_string(), Span::NONE),
        refused: false,
        written: false,
        late: false,
        why: Some("Rails before 7.1 uses `Logger`, which `concurrent-ruby` does not load for it from 1.3.5 on"),
        image: None,
        says: "uninitialized constant ActiveSupport::LoggerThreadSafeLevel::Logger (NameError)".to_string(),
        instead: "write `gem \"concurrent-ruby\", \"1.3.4\"` in the `Gemfile`, or `require \"logger\"` at the top of `config/boot.rb`",
    })
}

fn is_trusting(version: Full) -> bool {
    TRUSTING.0 <= version && version < TRUSTING.1
}

/// The gems of a program of Rails that one of these commands surely starts.
fn started(program: &Program<'_>, commands: &[&str]) -> Option<Bundle> {
    let starts = program
        .started
        .calls
        .iter()
        .any(|call| call.launch.way != Way::Perhaps && commands.contains(&call.launch.name()));
    let bundle = Bundle::of(program).filter(|_| starts)?;
    let mut gems = bundle.gems.all.iter();
    let rails = gems.any(|gem| gem.name == "rails" && gem.groups.is_empty());
    let own = program.machine.load(&bundle.root.join("config/application.rb")).is_some();
    (rails && own).then_some(bundle)
}

/// Where a `Gemfile` names Rails.
fn named_at(file: &SourceFile) -> Option<Span> {
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let said = line.split(" #").next().unwrap_or(line).trim();
        if ["gem \"rails\"", "gem 'rails'", "gem(\"rails\"", "gem('rails'"]
            .iter()
            .any(|it| said.starts_with(it))
        {
            return Some(file.slice(start, start + said.len()));
        }
    }
    None
}

/// The version of a gem in a lock file, and its entry.
fn locked<'f>(file: &'f SourceFile, name: &str) -> Option<(&'f str, Span)> {
    let sign = format!("\n    {name} (");
    let at = file.text.find(&sign)?;
    let rest = file.text.get(at + sign.len()..)?;
    let version = rest.split(')').next()?;
    Some((version, file.slice(at + 5, at + sign.len() + version.len() + 1)))
}

/// Whether a file that runs before Rails loads nothing before it that may bring `Logger`.
fn loads_nothing_else(text: &str) -> bool {
    if text.contains("spring") || text.contains("logger\"") || text.contains("logger'") {
        return false;
    }
    let requires = text.lines().map(str::trim_start).filter(|line| line.starts_with("require "));
    let named = requires.filter_map(|line| line.split(['"', '\'']).nth(1));
    let mut before = named.take_while(|name| *name != "rails" && !name.starts_with("rails/"));
    before.all(|name| QUIET.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_before() {
        assert!(loads_nothing_else("require_relative \"boot\"\nrequire \"rails/all\"\nrequire \"csv\"\n"));
        assert!(loads_nothing_else("require \"bundler/setup\"\nrequire \"bootsnap/setup\" # faster\n"));
        assert!(!loads_nothing_else("require \"bundler/setup\"\nrequire \"logger\"\n"));
        assert!(!loads_nothing_else("require 'csv'\nrequire 'rails'\n"));
        assert!(!loads_nothing_else("load File.expand_path(\"spring\", __dir__)\n"));
    }

    #[test]
    fn versions_that_trust() {
        assert!(is_trusting((6, 1, 7)) && is_trusting((7, 0, 8)));
        assert!(!is_trusting((5, 2, 8)) && !is_trusting((7, 0, 10)) && !is_trusting((7, 1, 0)));
    }
}
