//! Gems that run JavaScript as soon as they are loaded, in images that have nothing which does.
//!
//! Each of them requires `execjs`, which looks for a runtime when it is loaded itself and raises
//! `ExecJS::RuntimeUnavailable: Could not find a JavaScript runtime` where it finds none (`lib/execjs.rb`, `lib/execjs/runtimes.rb`).

use super::ruby::Bundle;
use super::{Missing, Program, Uninstalled};
use crate::programs::dockerfile::Step;
use crate::source::Text;

/// The gems, as far as `Bundler.require` loads them for what they are called.
const GEMS: [&str; 4] = ["uglifier", "terser", "autoprefixer-rails", "coffee-rails"];
/// Gems that bring a runtime, or take the place of `execjs`.
const RUNTIMES: [&str; 7] =
    ["mini_racer", "therubyracer", "therubyrhino", "duktape", "libv8-node", "nodejs-rails", "quickjs"];
/// What names a runtime, or brings one, in the words of a build.
const NAMES: [&str; 9] = ["node", "npm", "yarn", "pnpm", "nvm", "volta", "asdf", "mise", "duktape"];

/// The gem that cannot be loaded.
pub(super) fn of(program: &Program<'_>) -> Option<Uninstalled> {
    let bundle = Bundle::of(program)?;
    let base = &program.image.base.as_ref()?.value;
    let base = base.trim_start_matches("docker.io/").trim_start_matches("library/");
    let bare = base.split([':', '@']).next() == Some("ruby") && !base.contains("node");
    let lock = bundle.lock.as_ref()?;
    let has = |name: &str| {
        lock.text.lines().any(|line| {
            line.strip_prefix("    ").is_some_and(|rest| rest.split([' ', '(']).next() == Some(name))
        })
    };
    let starts = program
        .started
        .calls
        .iter()
        .any(|call| ["rails", "rake", "puma", "sidekiq", "unicorn"].contains(&call.launch.name()));
    if !bare || !starts || !has("execjs") || RUNTIMES.iter().any(|name| has(name)) || brings_runtime(program)
    {
        return None;
    }
    let application = program.machine.load(&bundle.root.join("config/application.rb"))?;
    if !application.text.lines().any(|line| line.trim_start().starts_with("Bundler.require")) {
        return None;
    }
    let file = program.machine.sources.load(&bundle.host).ok()?;
    let gem = bundle.gems.all.iter().find(|gem| {
        GEMS.contains(&gem.name.as_str())
            && gem.groups.is_empty()
            && has(&gem.name)
            && !["require", "platform", "install_if", "path", "git"]
                .iter()
                .any(|word| gem.rest.contains(word))
    })?;
    let quoted = [format!("'{}'", gem.name), format!("\"{}\"", gem.name)];
    let from = quoted.iter().find_map(|name| file.text.find(name.as_str()))? + 1;
    Some(Uninstalled {
        import: gem.name.clone(),
        package: "nodejs".to_string(),
        at: file.slice(from, from + gem.name.len()),
        named: false,
        loader: None,
        manifest: Some(bundle.host.clone()),
        lack: Missing::Runtime,
        sure: true,
        similar: None,
    })
}

/// Whether something in the build, or before the start, may bring a runtime, or says that none is wanted.
fn brings_runtime(program: &Program<'_>) -> bool {
    let names = |text: &str| {
        let text = text.to_ascii_lowercase();
        NAMES.iter().any(|name| text.contains(name))
            || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "bun" || word == "js")
    };
    let stages = program.image.parsed.iter().flat_map(|file| &file.stages);
    let by_step = stages.flat_map(|stage| &stage.steps).any(|step| match step {
        // Packages whose names a variable or a script has are not seen.
        Step::Run(run) => {
            let run = run.assumed();
            names(&run)
                || run.contains("<<")
                || run.contains(".sh")
                || run.contains("install") && run.contains('$')
        }
        Step::Copy(copy) => {
            let from = copy.from.as_ref().map(Text::assumed).unwrap_or_default();
            names(&from) || copy.sources.iter().any(|source| copy.from.is_some() && names(&source.assumed()))
        }
        _ => false,
    });
    let scripts = program.started.scripts.iter().filter_map(|it| program.machine.sources.load(&it.path).ok());
    by_step
        || program.start.env.contains_key("EXECJS_RUNTIME")
        || program.at_start().any(|launch| ["apt-get", "apk", "apt"].contains(&launch.name()))
        || scripts.into_iter().any(|file| file.text.contains("node"))
}
