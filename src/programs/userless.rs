//! The app of Django that has the project's users, and no migrations, where `migrate` is run at the start.
//!
//! The migrations of `django.contrib.admin` come after the first one of that app (docs.djangoproject.com, "Substituting a custom
//! User model"): without one Django says `Dependency on app with no migrations`, or makes a key to a table that is not there.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::dockerfile::Run;
use super::entry::{Machine, Started};
use super::notes::is_in_script;
use super::{ModuleIndex, Scope};
use crate::compose::Project;
use crate::source::{Span, is_ignored};

/// An app without migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Userless {
    /// What it is called.
    pub app: String,
    /// Where its migrations would be.
    pub folder: PathBuf,
    /// Where the settings say that it has the users.
    pub at: Span,
    /// Whether the repository leaves them out, and says how they are made.
    pub ignored: bool,
    /// Whether they are there, and the build of the image does not see them.
    pub hidden: bool,
}

static USERS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^AUTH_USER_MODEL\s*=\s*["'](\w+)\.(\w+)["']"#).ok());

/// The app that has the users, where its migrations are nowhere made.
pub(super) fn of(
    (machine, project): (&Machine<'_>, &Project),
    scope: &Scope,
    loaded: &[ModuleIndex],
    started: &Started,
    runs: &[Run],
) -> Option<Userless> {
    let sources = machine.sources;
    const MAKES: [&str; 2] = ["makemigrations", "--run-syncdb"];
    let runs_it = |name: &str| started.django_commands.iter().any(|command| command == name);
    let words = started.commands.iter().chain(started.calls.iter().map(|call| &call.launch));
    let made = words.flat_map(|launch| &launch.words).any(|word| MAKES.contains(&word.as_str()))
        || runs.iter().any(|run| MAKES.iter().any(|makes| run.command.assumed().contains(makes)))
        || started.scripts.iter().any(|script| {
            sources.load(&script.path).is_ok_and(|file| MAKES.iter().any(|makes| file.text.contains(makes)))
        });
    if !runs_it("migrate") || made {
        return None;
    }
    let (mut found, mut admin) = (Vec::new(), false);
    for source in loaded.iter().filter_map(|index| Some(scope.get(*index)?.1)) {
        if source.front_end.name() != "python" {
            continue;
        }
        let told = source.glance(|text| {
            admin |= text.contains("\"django.contrib.admin\"") || text.contains("'django.contrib.admin'");
            if text.contains("MIGRATION_MODULES") {
                return None;
            }
            let users = USERS.as_ref()?.captures(text)?;
            Some((
                users.get(1)?.as_str().to_string(),
                users.get(2)?.as_str().to_string(),
                users.get(1)?.start(),
            ))
        });
        found.extend(told.map(|told| (source, told)));
    }
    let [(settings, (app, class, at))] = found.as_slice() else { return None };
    let of_app = |place: &Path| {
        place.ends_with(format!("{app}/models.py")) || place.ends_with(format!("{app}/models/__init__.py"))
    };
    let mut models = scope.iter().filter(|(_, place, _)| of_app(place));
    let (_, place, model) = models.next().filter(|_| admin && models.next().is_none())?;
    let package =
        model.path.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == app.as_str()))?;
    let own = model.glance(|text| text.contains(&format!("class {class}(")));
    let files = sources.files();
    let named = sources.load(&package.join("apps.py")).is_ok_and(|file| file.text.contains("label ="));
    let folder = package.join("migrations");
    let mut all = files.list(&folder);
    all.retain(|name| name.ends_with(".py") && !name.starts_with("__"));
    let within =
        place.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == app.as_str()))?;
    let in_image = |name: &String| machine.files.file(files, &within.join("migrations").join(name)).is_some();
    let hidden = !all.is_empty() && !all.iter().any(in_image);
    if !own || named || !all.is_empty() && !hidden {
        return None;
    }
    let told = || is_in_script(files, project, true, &|text| MAKES.iter().any(|makes| text.contains(makes)));
    let file = settings.file();
    Some(Userless {
        app: app.clone(),
        at: file.slice(*at, at + app.len()),
        ignored: is_ignored(files, &folder.join("0001_initial.py")) && told(),
        hidden,
        folder,
    })
}
