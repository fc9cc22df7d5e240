//! Which module of Python is meant by a command that asks for one that is not there.

use std::path::{Path, PathBuf};

use super::dockerfile::Run;
use super::module_forms::{Demand, Rest};
use super::modules_missing::Search;
use super::service_files::is_aside;
use super::uninstalled::is_standard;
use crate::compose::nearest;

/// Whether what stands behind a name gives it a value.
fn is_assignment(rest: &str) -> bool {
    rest.trim_start().strip_prefix('=').is_some_and(|value| !value.starts_with('='))
}

impl Search<'_> {
    /// The file of a module that has no application of Celery, neither itself nor in a module of that name below it.
    pub(super) fn without_celery(&self, place: &Path) -> Option<PathBuf> {
        let straight = self.straight(place)?;
        let usual = ["app", "celery"].iter().any(|name| straight.names.contains(*name));
        let package = place.ends_with("__init__.py");
        let below = package && self.is_module(&place.with_file_name("celery"));
        let text = self.machine.text(place)?;
        // Any name may hold it.
        let may = text.to_ascii_lowercase().contains("celery")
            || text.contains("import *")
            || text.contains("make_");
        let imports = !package && text.contains("import ");
        if straight.open || usual || below || may || imports && text.contains("app") {
            return None;
        }
        self.machine.files.file(self.machine.sources.files(), place)
    }

    /// The one module, other than the one that is asked for, that makes an application of Celery.
    pub(super) fn the_one_with_celery(&self, demand: &Demand) -> Option<String> {
        let makes = |place: &Path| {
            self.machine.text(place).is_some_and(|text| text.lines().any(|line| line.contains("= Celery(")))
        };
        let mut found = self
            .scope
            .iter()
            .filter(|(_, place, source)| source.front_end.name() == "python" && !is_aside(place))
            .filter(|(_, place, _)| makes(place))
            .filter_map(|(_, place, _)| self.dotted(place, &demand.directory));
        let one = found.next().filter(|_| found.next().is_none())?;
        Some(one.strip_suffix(".celery").unwrap_or(&one).to_string())
    }

    /// The one module of the directory that makes what is asked for by its name, of one that no package is called like.
    pub(super) fn the_one_with(&self, demand: &Demand) -> Option<String> {
        let (module, name) = match (&demand.attribute, demand.rest) {
            (Some(name), _) => (demand.module.as_str(), name.as_str()),
            // Celery looks into a package for its application.
            (None, Rest::Last) if demand.program == "celery" => {
                demand.module.rsplit_once('.').unwrap_or((demand.module.as_str(), ""))
            }
            (None, Rest::Last) => demand.module.rsplit_once('.')?,
            _ => return None,
        };
        let any = name.is_empty();
        let installs = |run: &Run| run.command.assumed().contains(module);
        let listed = ["requirements.txt", "pyproject.toml", "Pipfile", "setup.py"].iter().any(|file| {
            let text = self.machine.text(&demand.directory.join(file));
            text.is_some_and(|text| text.contains(module))
        });
        if module.contains('.') || self.runs.iter().any(installs) || listed {
            return None;
        }
        let makes = |place: &Path| {
            let text = self.machine.text(place);
            text.is_some_and(|text| {
                let made = |line: &str| match any {
                    true => line.contains("= Celery("),
                    false => line.strip_prefix(name).is_some_and(is_assignment),
                };
                text.lines().any(made)
            })
        };
        let mut found = self
            .scope
            .iter()
            .filter(|(_, place, source)| source.front_end.name() == "python" && !is_aside(place))
            .filter(|(_, place, _)| makes(place))
            .filter_map(|(_, place, _)| self.dotted(place, &demand.directory));
        let one = found.next().filter(|_| found.next().is_none())?;
        Some(match (any, &demand.attribute) {
            (true, _) => one.strip_suffix(".celery").unwrap_or(&one).to_string(),
            (false, Some(_)) => format!("{one}:{name}"),
            (false, None) => format!("{one}.{name}"),
        })
    }

    /// The same with the first part as something in the directory is called that is nearly called so.
    pub(super) fn near(&self, demand: &Demand) -> Option<String> {
        let (first, rest) = match demand.module.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (demand.module.as_str(), None),
        };
        let all: Vec<String> = self
            .scope
            .iter()
            .filter(|(_, place, source)| source.front_end.name() == "python" && !is_aside(place))
            .filter_map(|(_, place, _)| self.dotted(place, &demand.directory))
            .filter_map(|name| name.split('.').next().map(str::to_string))
            .collect();
        let near = nearest(first, all.iter().map(String::as_str));
        let near = near.filter(|near| *near != first && first.len() > 3)?;
        Some(rest.map_or_else(|| near.to_string(), |rest| format!("{near}.{rest}")))
    }

    /// The one module in place of the one that is not there: of the same name, with the name that is asked of it, or nearly
    /// called so.
    pub(super) fn instead(&self, demand: &Demand, path: &Path) -> Option<String> {
        let last = path.file_name()?.to_str()?;
        let all: Vec<(String, &Path)> = self
            .scope
            .iter()
            .filter(|(_, place, source)| source.front_end.name() == "python" && !is_aside(place))
            .filter_map(|(_, place, _)| Some((self.dotted(place, &demand.directory)?, place)))
            .collect();
        let same = |name: &&(String, &Path)| name.0.rsplit('.').next() == Some(last);
        let mut found: Vec<String> = all.iter().filter(same).map(|(name, _)| name.clone()).collect();
        if found.is_empty() && demand.rest == Rest::Last {
            let has = |place: &Path| self.straight(place).is_some_and(|it| it.names.contains(last));
            let makes = |place: &Path| {
                self.machine.text(place).is_some_and(|text| text.contains(&format!("{last} = ")))
            };
            let with = all.iter().filter(|(_, place)| makes(place) && has(place));
            found = with.map(|(name, _)| format!("{name}.{last}")).collect();
        }
        match found.as_slice() {
            [one] => Some(one.clone()),
            [] => nearest(&demand.module, all.iter().map(|(name, _)| name.as_str())).map(str::to_string),
            _ => None,
        }
    }

    /// The one package of the directory that `python -m` can run, where nothing that is installed is called like the one that is asked
    /// for.
    pub(super) fn the_one_that_runs(&self, demand: &Demand) -> Option<String> {
        let module = demand.module.as_str();
        if module.contains('.') || is_standard(module) || self.is_installed(demand, module) {
            return None;
        }
        let mut found = self
            .scope
            .iter()
            .filter(|(_, place, _)| place.ends_with("__main__.py") && !is_aside(place))
            .filter_map(|(_, place, _)| self.dotted(place.parent()?, &demand.directory));
        let one = found.next().filter(|_| found.next().is_none())?;
        (!one.contains('.')).then_some(one)
    }

    /// Whether the build or a manifest of the directory names a package so.
    fn is_installed(&self, demand: &Demand, module: &str) -> bool {
        let dashed = module.replace('_', "-");
        let named = |text: &str| text.contains(module) || text.contains(&dashed);
        let installs = |run: &Run| {
            let text = run.command.assumed();
            named(&text) || ["git+", " -e ", "pip install ."].iter().any(|word| text.contains(word))
        };
        let listed = ["requirements.txt", "pyproject.toml", "Pipfile", "setup.py"].iter().any(|file| {
            let text = self.machine.text(&demand.directory.join(file));
            text.is_some_and(|text| named(&text))
        });
        listed || self.runs.iter().any(installs)
    }
}
