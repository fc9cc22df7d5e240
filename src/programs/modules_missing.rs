//! The module of Python that a command starts and that is not where it looks for it, or does not have the name that is
//! asked of it.

use std::path::{Path, PathBuf};

use super::dockerfile::Run;
use super::entry::{By, Call, Launch, Machine, Way, is_dotted};
use super::module_forms::{Demand, Rest, demands, looks_elsewhere};
use super::python::straight;
use super::service_files::is_aside;
use super::unstarted::may_write;
use super::{Scope, flask_apps};
use crate::compose::nearest;
use crate::source::{Kind, Span};

/// A module that is started and is not there, or lacks a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentModule {
    /// The module as written.
    pub module: String,
    /// What starts it.
    pub program: String,
    /// The directory that it is looked for in.
    pub directory: PathBuf,
    /// What is wrong with it.
    pub lack: Lack,
    /// What to write for it.
    pub instead: Option<String>,
    /// The variable that names it, if no command does.
    pub variable: Option<String>,
    /// Where code names it; [`Span::NONE`] where none does.
    pub at: Span,
}

/// What a module that is started lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is not there; a file of its name, on this machine, lies elsewhere.
    Elsewhere(PathBuf),
    /// Its package, on this machine, is there and has no such module.
    Within(PathBuf),
    /// Nothing in its directory, on this machine, is called so.
    Nowhere(PathBuf),
    /// Its file, on this machine, has no such name.
    Name(PathBuf, String),
    /// Its file, on this machine, is not looked at: what starts it is called so, too, and loaded by then.
    Shadowed(PathBuf),
}

/// The first module that the container surely starts, that is not where it looks for it, and whose file lies elsewhere in the
/// container, or whose package is there without it.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    scope: &Scope,
    runs: &[Run],
    calls: &[Call],
) -> Option<(AbsentModule, Call)> {
    let sure = calls
        .iter()
        .filter(|call| call.launch.way == Way::Surely && matches!(call.launch.by, By::Path | By::Tool));
    sure.filter_map(|call| {
        let search = Search { machine, scope, runs, calls, launch: &call.launch };
        let found = demands(machine, &call.launch).into_iter().find_map(|demand| search.absent(&demand))?;
        Some((found, call.clone()))
    })
    .next()
}

/// The settings or URLs that a program of Django names in its environment or its code, and that are not there.
#[must_use]
pub(super) fn of_django(
    machine: &Machine<'_>,
    scope: &Scope,
    runs: &[Run],
    calls: &[Call],
) -> Option<(AbsentModule, Call)> {
    const SETTINGS: &str = "DJANGO_SETTINGS_MODULE";
    let named = |word: &str| scope.containing(word);
    let starts = |call: &&Call| {
        let name = call.launch.name();
        let moved =
            |word: &String| ["--chdir", "--pythonpath", "--app-dir"].iter().any(|it| word.starts_with(it));
        call.launch.way == Way::Surely
            && !looks_elsewhere(&call.launch)
            && !call.launch.words.iter().any(moved)
            && (["gunicorn", "uvicorn", "daphne", "celery"].contains(&name)
                || name.starts_with("python")
                    && call.launch.words.iter().any(|word| word.ends_with("manage.py")))
    };
    let call = calls.iter().find(starts)?;
    let search = Search { machine, scope, runs, calls, launch: &call.launch };
    let given = call.launch.env.get(SETTINGS);
    let mut found = [SETTINGS, "ROOT_URLCONF"]
        .into_iter()
        // Workers look at no URLs.
        .filter(|word| *word == SETTINGS || call.launch.name() != "celery")
        .flat_map(|word| named(word).iter().map(move |it| (word, *it)).collect::<Vec<_>>());
    found.find_map(|(word, index)| {
        let (_, source) = scope.get(index).filter(|(_, source)| source.front_end.name() == "python")?;
        let file = source.file();
        let (start, end) = string_after(&file.text, word)?;
        let text = file.text.get(start..end)?;
        let by_variable = given.filter(|_| word == SETTINGS);
        let module = by_variable.map_or(text, String::as_str);
        let demand = Demand {
            written: module.to_string(),
            module: module.to_string(),
            attribute: None,
            rest: Rest::Nothing,
            program: "Django".to_string(),
            directory: call.launch.directory.clone(),
            variable: by_variable.map(|_| SETTINGS.to_string()),
        };
        let absent = search.absent(&demand).filter(|absent| {
            // What code names may be made in ways that are not seen, unless it only has another name.
            !matches!(absent.lack, Lack::Nowhere(_)) && (by_variable.is_some() || absent.instead.is_some())
        })?;
        let at = if by_variable.is_some() { Span::NONE } else { file.slice(start, end) };
        Some((AbsentModule { at, ..absent }, call.clone()))
    })
}

/// What Flask is told, or looks for by itself, and that is not there.
#[must_use]
pub(super) fn of_flask(
    machine: &Machine<'_>,
    scope: &Scope,
    runs: &[Run],
    calls: &[Call],
) -> Option<(AbsentModule, Call)> {
    let told = of_configuration(machine, scope, runs, calls);
    told.or_else(|| flask_apps::of(machine, scope, runs, calls))
}

/// The configuration that a variable names to `app.config.from_object(…)` of Flask, and that is not there: `APP_SETTINGS=shop.config.Dev`.
fn of_configuration(
    machine: &Machine<'_>,
    scope: &Scope,
    runs: &[Run],
    calls: &[Call],
) -> Option<(AbsentModule, Call)> {
    let starts = |call: &&Call| {
        let name = call.launch.name();
        let starts = ["gunicorn", "uvicorn", "flask", "celery"].contains(&name) || name.starts_with("python");
        starts && call.launch.way == Way::Surely && !looks_elsewhere(&call.launch)
    };
    let call = calls.iter().find(starts)?;
    let search = Search { machine, scope, runs, calls, launch: &call.launch };
    // Two parts at least, the last one a class by its name.
    let named = |value: &str| {
        let last = value.rsplit_once('.').map(|(_, last)| last);
        is_dotted(value) && last.is_some_and(|last| last.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    let given: Vec<(&String, &String)> = call.launch.env.iter().filter(|(_, value)| named(value)).collect();
    scope.containing("from_object").iter().filter_map(|index| scope.get(*index)).find_map(|(_, source)| {
        let text = source.text();
        let asks = |variable: &str| {
            let read = |open: &str| {
                text.contains(&format!("{open}\"{variable}\""))
                    || text.contains(&format!("{open}'{variable}'"))
            };
            text.contains("config.from_object(")
                && ["getenv(", "environ[", "environ.get("].into_iter().any(read)
        };
        let by_variable = given.iter().find(|(variable, _)| asks(variable));
        let written = if by_variable.is_none() { literal_object(text) } else { None };
        let literal = written.and_then(|(start, end)| text.get(start..end)).filter(|value| named(value));
        let value = by_variable.map(|(_, value)| value.as_str()).or(literal)?;
        let demand = Demand {
            written: value.to_string(),
            module: value.to_string(),
            attribute: None,
            rest: Rest::Last,
            program: "Flask".to_string(),
            directory: call.launch.directory.clone(),
            variable: by_variable.map(|(variable, _)| (*variable).clone()),
        };
        let absent = search.absent(&demand)?;
        let at = literal.and(written).map_or(Span::NONE, |(start, end)| source.file().slice(start, end));
        (!matches!(absent.lack, Lack::Nowhere(_))).then(|| (AbsentModule { at, ..absent }, call.clone()))
    })
}

/// Where the one object stands that a file names to `app.config.from_object("shop.config.Dev")`, where no branch decides.
fn literal_object(text: &str) -> Option<(usize, usize)> {
    const CALL: &str = "config.from_object(";
    let mut places = text.match_indices(CALL);
    let (at, _) = places.next().filter(|_| places.next().is_none())?;
    let before = text.get(..at)?.trim_end_matches(|c| c != '\n').trim_end();
    let opens = before.lines().last().is_some_and(|line| line.trim_end().ends_with(':'));
    let of_function = before.lines().last().is_some_and(|line| line.trim_start().starts_with("def "));
    let rest = text.get(at + CALL.len()..)?;
    let inside = rest.strip_prefix(['"', '\''])?;
    let start = at + CALL.len() + 1;
    let end = start + inside.find(['"', '\''])?;
    (!opens || of_function).then_some((start, end))
}

/// Where the string stands that a name is given in the text: `setdefault("NAME", "shop.settings")`, `NAME = "shop.urls"`.
fn string_after(text: &str, word: &str) -> Option<(usize, usize)> {
    let mut places = text.match_indices(word).map(|(at, _)| at + word.len());
    places.find_map(|at| {
        let rest = text.get(at..)?.lines().next()?;
        let after = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix([',', '='])?.trim_start();
        let inside = after.strip_prefix(['"', '\''])?;
        let start = at + (rest.len() - inside.len());
        let end = start + inside.find(['"', '\''])?;
        text.get(start..end).is_some_and(is_dotted).then_some((start, end))
    })
}

/// What is known where a module is looked for.
pub(super) struct Search<'a> {
    pub(super) machine: &'a Machine<'a>,
    pub(super) scope: &'a Scope,
    pub(super) runs: &'a [Run],
    pub(super) calls: &'a [Call],
    pub(super) launch: &'a Launch,
}

impl Search<'_> {
    fn absent(&self, demand: &Demand) -> Option<AbsentModule> {
        let files = self.machine.sources.files();
        let directory = &demand.directory;
        let seen = match self.machine.files.resolve(files, directory) {
            // Of an empty directory nothing is seen.
            Some(root) => files.kind(&root) == Some(Kind::Directory) && files.list(&root).len() >= 2,
            None => self.host_of(directory).is_some(),
        };
        if !is_dotted(&demand.module) || !seen {
            return None;
        }
        let found = |lack: Lack, instead: Option<String>| AbsentModule {
            module: match &lack {
                Lack::Name(_, last) => {
                    demand.written.strip_suffix(&format!(".{last}")).unwrap_or(&demand.written).to_string()
                }
                _ => demand.written.clone(),
            },
            program: demand.program.clone(),
            directory: directory.clone(),
            lack,
            instead,
            variable: demand.variable.clone(),
            at: Span::NONE,
        };
        let path: PathBuf = demand.module.split('.').collect();
        let within = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let whole = self.module_at(&directory.join(&path));
        match (demand.rest, whole) {
            (Rest::Run, Some(place)) if place.ends_with("__init__.py") => {
                // A package is run by the module of that name in it.
                let main = place.with_file_name("__main__.py");
                let made = self.is_written(&main) || self.may_write();
                let package = self.machine.files.file(files, &place)?.parent()?.to_path_buf();
                (!self.is_there(&main) && !made).then(|| found(Lack::Within(package), None))
            }
            (Rest::Last, Some(place))
                if demand.program == "celery" && demand.module == "celery" && demand.attribute.is_none() =>
            {
                // What a module of that name takes in holds the application; another file may be meant.
                let instead = self.the_one_with_celery(demand).filter(|it| it != "celery");
                let host = self.machine.files.file(files, &place)?;
                Some(found(Lack::Shadowed(host), instead))
            }
            (Rest::Last, Some(place)) if demand.program == "celery" => {
                let host = self.without_celery(&place)?;
                let instead = self.the_one_with_celery(demand);
                Some(found(Lack::Name(host, "app".to_string()), instead))
            }
            (_, Some(place)) => {
                let name = demand.attribute.as_deref()?;
                let (host, instead) = self.lacks(&place, name)?;
                Some(found(
                    Lack::Name(host, name.to_string()),
                    instead.map(|it| format!("{}:{it}", demand.module)),
                ))
            }
            (Rest::Last, None) if within.is_some_and(|within| self.is_module(&directory.join(within))) => {
                let last = path.file_name()?.to_str()?;
                let place = self.module_at(&directory.join(within?))?;
                let (host, instead) = self.lacks(&place, last)?;
                let before = demand.module.rsplit_once('.').map_or("", |(before, _)| before);
                Some(found(Lack::Name(host, last.to_string()), instead.map(|it| format!("{before}.{it}"))))
            }
            _ => {
                let (lack, instead) = self.place(demand, &path)?;
                Some(found(lack, instead))
            }
        }
    }

    /// Where a module that is not there is, or should be.
    fn place(&self, demand: &Demand, path: &Path) -> Option<(Lack, Option<String>)> {
        let files = self.machine.sources.files();
        let name = path.file_name()?.to_str()?;
        let deep = path.components().count() > 1;
        let made = |path: &Path| self.is_written(path) || deep && self.may_write();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let last = demand.rest == Rest::Last;
        if made(path) || last && parent.is_some_and(made) {
            return None;
        }
        // The first part is the project's own: no package that is installed has the rest.
        let first = path.components().next()?;
        let package = demand.directory.join(first);
        if parent.is_some()
            && let Some(host) = self.machine.files.resolve(files, &package)
            && files.kind(&host) == Some(Kind::Directory)
            && self
                .scope
                .iter()
                .any(|(_, place, source)| place.starts_with(&package) && source.path.starts_with(&host))
        {
            return Some((Lack::Within(host), self.instead(demand, path)));
        }
        if demand.rest == Rest::Run {
            let meant = self.the_one_that_runs(demand).filter(|_| self.launch.by == By::Path)?;
            return Some((Lack::Nowhere(self.host_of(&demand.directory)?), Some(meant)));
        }
        if self.launch.by != By::Path {
            return None;
        }
        let file = Path::new(name).with_extension("py");
        // Below another root it may have been installed.
        let whole = path.with_extension("py");
        let installed = deep && self.scope.iter().any(|(_, place, _)| place.ends_with(&whole));
        // Flask is told a file of its own.
        if demand.variable.is_some() && demand.written.ends_with(".py") && !deep {
            return Some((Lack::Nowhere(self.host_of(&demand.directory)?), None));
        }
        let mut others = self.scope.iter().filter(|(_, place, _)| place.ends_with(&file) && !is_aside(place));
        let Some((_, place, source)) = others.next().filter(|_| !installed) else {
            let meant = self.near(demand).or_else(|| self.the_one_with(demand))?;
            return Some((Lack::Nowhere(self.host_of(&demand.directory)?), Some(meant)));
        };
        let instead = self.dotted(place, &demand.directory).filter(|_| others.next().is_none());
        Some((Lack::Elsewhere(source.path.clone()), instead))
    }

    /// The directory of this machine that stands there, or from which what is copied there, folder by folder, is taken.
    fn host_of(&self, directory: &Path) -> Option<PathBuf> {
        let whole = self.machine.files.resolve(self.machine.sources.files(), directory);
        whole.or_else(|| {
            let layers = self.machine.files.layers().iter();
            let mut within = layers.filter(|it| it.directory && it.target.parent() == Some(directory));
            Some(within.next()?.host.parent()?.to_path_buf())
        })
    }

    /// Whether the build makes files of which only it knows.
    fn may_write(&self) -> bool {
        self.runs.iter().any(|run| may_write(&run.command.assumed()))
    }

    /// Whether what the build or the container runs names the module's file, and so may write it.
    fn is_written(&self, path: &Path) -> bool {
        let file = path.with_extension("py");
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return true };
        let names = |place: &Path| self.machine.text(place).is_some_and(|text| text.contains(name));
        let generated = name.ends_with("_pb2.py") || name.ends_with("_pb2_grpc.py");
        generated
            || self.runs.iter().any(|run| run.command.assumed().contains(name))
            || self
                .calls
                .iter()
                .any(|call| call.launch.words.iter().any(|word| names(&call.launch.path(word))))
    }

    /// The name of the module at a place, as seen from a directory.
    pub(super) fn dotted(&self, place: &Path, directory: &Path) -> Option<String> {
        let below = place.strip_prefix(directory).ok()?.with_extension("");
        let below = if below.ends_with("__init__") { below.parent()?.to_path_buf() } else { below };
        let parts: Vec<String> =
            below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        Some(parts.join(".")).filter(|name| is_dotted(name))
    }

    /// The file at a place that lacks a name, on this machine, and what of its names is meant.
    fn lacks(&self, place: &Path, name: &str) -> Option<(PathBuf, Option<String>)> {
        let straight = self.straight(place)?;
        let submodule = place.ends_with("__init__.py") && self.is_module(&place.with_file_name(name));
        if straight.open || straight.names.contains(name) || submodule {
            return None;
        }
        let host = self.machine.files.file(self.machine.sources.files(), place)?;
        let text = self.machine.text(place)?;
        let usual = ["app", "application", "celery", "celery_app", "create_app", "make_app", "server", "api"];
        let defined = |it: &&&str| {
            text.lines()
                .any(|line| line.strip_prefix(**it).is_some_and(|rest| rest.trim_start().starts_with('=')))
        };
        let instead = usual.iter().find(defined).map(|it| (*it).to_string());
        let near = || nearest(name, straight.names.iter().map(String::as_str)).map(str::to_string);
        Some((host, instead.or_else(near)))
    }

    pub(super) fn straight(&self, place: &Path) -> Option<straight::Straight> {
        straight::of(&*self.machine.load(place)?)
    }

    /// The file of the module at a place.
    fn module_at(&self, place: &Path) -> Option<PathBuf> {
        [place.with_extension("py"), place.join("__init__.py")].into_iter().find(|it| self.is_there(it))
    }

    /// Whether there is a module, or a package without a file of its own, at a place.
    pub(super) fn is_module(&self, place: &Path) -> bool {
        self.module_at(place).is_some()
    }

    fn is_there(&self, place: &Path) -> bool {
        let files = self.machine.sources.files();
        let origins = self.machine.origins(place);
        origins.iter().any(|it| {
            self.machine.files.file(files, it).is_some() || self.machine.below.file(files, it).is_some()
        })
    }
}
