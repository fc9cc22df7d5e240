//! Steps of builds in which Django loads its settings, and those stop: a variable that they need is set for the container alone,
//! and `collectstatic` without a folder to collect in.

use std::path::Path;

use super::archived::place;
use super::build_programs::needed;
use super::environment::EffectiveEnvironment;
use super::probe;
use super::service::ServiceFacts;
use super::variables::{self, Fallback};
use crate::programs::dockerfile::Step;
use crate::source::{Span, Text};

/// A step at which a build stops.
#[derive(Clone, Debug)]
pub struct Unsettled {
    /// The command.
    pub command: String,
    /// Where.
    pub at: Span,
    /// The variable that the settings need, and where they read it; none where they say nothing of a folder for static files.
    pub variable: Option<(String, Span)>,
}

/// Commands of Django's that use its settings, and that people run in builds.
const COMMANDS: [&str; 6] =
    ["collectstatic", "check", "migrate", "makemigrations", "compress", "createcachetable"];
/// Words of settings by which static files go somewhere else.
const STORED: [&str; 4] = ["STATIC_ROOT", "S3", "storages.backends", "STATICFILES_STORAGE"];

/// The variable that says which settings Django takes.
const OF_DJANGO: &str = "DJANGO_SETTINGS_MODULE";

/// Whether a file of settings is one that Django takes whoever starts it: the only one, or what others begin with. Of several,
/// `manage.py` often names another than the server does.
fn is_taken_by_all(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let within = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "settings");
    stem == "settings" || within && ["__init__", "base", "common"].contains(&stem)
}

/// The first step at which the build of a service stops.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Option<Unsettled> {
    let program = service.program;
    // The container may take other settings than the build does.
    if service.environment.get(OF_DJANGO).is_some() {
        return None;
    }
    let in_settings = |span: Span| service.file_at(span).is_some_and(is_taken_by_all);
    // A file that the settings load by themselves may have it.
    let loads = !program.dotenv.is_empty() || !program.absent_dotenv.is_empty();
    for stage in needed(service) {
        let own = stage.steps.get(stage.own..).unwrap_or_default();
        for (at, step) in own.iter().enumerate() {
            let Step::Run(text) = step else { continue };
            let whole = text.assumed();
            let Some(command) = command(text, &whole) else { continue };
            let set = |name: &str| {
                whole.contains(name)
                    || stage.steps.iter().take(stage.own + at).any(|step| match step {
                        Step::Arg(all) | Step::Env(all) => all.iter().any(|one| one.name.value == name),
                        Step::Run(text) => text.assumed().contains(name),
                        _ => false,
                    })
            };
            let seen = variables::of(service);
            let lacking = seen.iter().filter(|seen| !loads && !set(&seen.name)).find_map(|seen| {
                let mut readers = seen.readers.iter();
                let reader = readers.find(|reader| {
                    let needs = reader.required && reader.run && reader.at_start && reader.also.is_empty();
                    needs && reader.fallback == Fallback::Required && in_settings(reader.read.span)
                })?;
                Some((seen.name.clone(), reader.read.span))
            });
            let word = command.split(' ').next_back().unwrap_or_default();
            let folderless = word == "collectstatic" && program.scope.containing_any(&STORED).is_empty();
            if lacking.is_some() || folderless {
                let at = place(text, &whole, word);
                return Some(Unsettled { at, command, variable: lacking });
            }
        }
    }
    None
}

/// The command of Django's that a step runs, whose failure ends the build, and which takes the settings that the server takes.
fn command(text: &Text, whole: &str) -> Option<String> {
    const OTHERWISE: [&str; 5] = ["--settings", OF_DJANGO, "--mount", "<<", "if "];
    if OTHERWISE.iter().any(|word| whole.contains(word)) {
        return None;
    }
    probe::commands(text, &EffectiveEnvironment::default()).into_iter().find_map(|command| {
        let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
        let at = words.iter().position(|word| word.ends_with("manage.py"))?;
        let verb = words.get(at + 1).filter(|verb| COMMANDS.contains(&verb.as_str()))?;
        let ends = !command.has_alternative && !words.iter().any(|word| word.contains('='));
        ends.then(|| format!("manage.py {verb}"))
    })
}
