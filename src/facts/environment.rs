//! The environment a service's process finds when it starts, with the origin of every value.

use indexmap::IndexMap;

use super::arguments::Arguments;
use crate::compose::{Service, Variable};
use crate::programs::{Dotenv, Value};
use crate::source::{Origin, Span, Spanned, Text};

/// Where a variable of a container's environment is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A dotenv file that the program loads itself.
    Dotenv,
    /// `ENV` of the image.
    Image,
    /// A file that `env_file` names.
    EnvFile,
    /// `environment`.
    Environment,
    /// The script that the container starts with.
    Script,
}

/// A variable as the process finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// The winning value; `None` when it is passed through from a host that has none, so that the
    /// process does not find it at all.
    pub variable: Variable,
    /// Which layer it is from.
    pub layer: Layer,
    /// What it hides: the entries of this name in the layers below, lowest first.
    pub hides: Vec<(Layer, Span)>,
}

impl Effective {
    /// The value, if the process finds one.
    #[must_use]
    pub fn value(&self) -> Option<&Text> {
        self.variable.value.as_ref()
    }
}

/// What a process finds in its environment.
#[derive(Clone, Debug, Default)]
pub struct EffectiveEnvironment {
    variables: IndexMap<String, Effective>,
    /// What any other variable may be set to, when some are set in ways that can't be seen.
    unseen: Option<Variable>,
    /// What its program is started with.
    arguments: Option<Arguments>,
}

impl EffectiveEnvironment {
    /// Puts the layers together as Docker does: `environment` over `env_file` over the image's `ENV`
    /// (Compose documentation, "Environment variables precedence"). A name that `environment`
    /// passes through from a host that has none hides the lower layers.
    #[must_use]
    pub fn of(service: &Service, image: &IndexMap<String, Variable>) -> Self {
        let mut environment = Self::default();
        for (name, variable) in image {
            environment.set(name, variable, Layer::Image);
        }
        for (name, variable) in service.env_files.iter().flat_map(|file| &file.variables) {
            environment.set(name, variable, Layer::EnvFile);
        }
        for (name, variable) in &service.environment.variables {
            environment.set(name, variable, Layer::Environment);
        }
        environment
    }

    /// Puts the dotenv files that the program loads itself beneath: they fill what the container's
    /// environment leaves unset, the first of them first, unless the program lets them override it
    /// (python-dotenv, `load_dotenv`).
    pub fn beneath<'d>(&mut self, dotenv: impl IntoIterator<Item = &'d Dotenv>) {
        for file in dotenv {
            for (name, variable) in &file.variables {
                if file.overrides || self.value(name).is_none() {
                    self.set(name, variable, Layer::Dotenv);
                } else if let Some(known) = self.variables.get_mut(name) {
                    // The first that fills in is the lowest that counts; what comes later lies below it.
                    known.hides.insert(0, (Layer::Dotenv, variable.key));
                }
            }
        }
    }

    /// Puts the names beneath that a `RUN` of the image writes into a dotenv file (`echo NAME=x >> .env`):
    /// they are set when the program starts, to what is not known here.
    pub fn beneath_runs(&mut self, runs: &[Text]) {
        let writes_dotenv = |run: &&Text| {
            let text = run.assumed();
            text.contains(".env") && (text.contains('>') || text.contains("tee "))
        };
        for run in runs.iter().filter(writes_dotenv) {
            let origin = Origin::at(run.span());
            for name in assigned(&run.assumed()).filter(|name| self.value(name).is_none()).collect::<Vec<_>>()
            {
                let value = Some(Text::unknown(origin.clone()));
                let variable = Variable { key: run.span(), value, origin: origin.clone() };
                self.set(&name, &variable, Layer::Dotenv);
            }
        }
    }

    /// Sets what a start script sets for the programs that it starts. What it takes away is gone, and what is
    /// not known is set to something unknown.
    pub fn export(&mut self, name: &Spanned<String>, value: &Value) {
        let origin = Origin::at(name.span);
        let passed_on = |text: &Text| {
            self.value(&name.value)
                .is_some_and(|known| known.span() == text.span() && known.assumed() == text.assumed())
        };
        let value = match value {
            // `export NAME`, `NAME="${NAME:-default}"` where it is set: it is what it was.
            Value::Text(text) | Value::Number(text) if passed_on(text) => return,
            Value::Null(_) if self.value(&name.value).is_none() => return,
            Value::Null(_) => None,
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            _ => Some(Text::unknown(origin.clone())),
        };
        let variable = Variable { key: name.span, value, origin };
        self.set(&name.value, &variable, Layer::Script);
    }

    /// Notes the commands that the process is started with.
    pub fn start_with(&mut self, arguments: Option<Arguments>) {
        self.arguments = arguments;
    }

    /// What its program is started with, where that is known.
    #[must_use]
    pub const fn arguments(&self) -> Option<&Arguments> {
        self.arguments.as_ref()
    }

    /// Notes that any variable may be set.
    pub fn open(&mut self) {
        self.unseen = Some(Variable {
            key: Span::NONE,
            value: Some(Text::unknown(Origin::default())),
            origin: Origin::default(),
        });
    }

    /// What a variable that is not set to be seen may be.
    #[must_use]
    pub const fn unseen(&self) -> Option<&Variable> {
        self.unseen.as_ref()
    }

    /// The same environment, but for this variable.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut rest = self.clone();
        rest.variables.shift_remove(name);
        rest
    }

    fn set(&mut self, name: &str, variable: &Variable, layer: Layer) {
        let entry = Effective { variable: variable.clone(), layer, hides: Vec::new() };
        match self.variables.get_mut(name) {
            Some(known) => {
                let mut hides = std::mem::take(&mut known.hides);
                hides.push((known.layer, known.variable.key));
                *known = Effective { hides, ..entry };
            }
            None => {
                self.variables.insert(name.to_string(), entry);
            }
        }
    }

    /// The variable of this name, case as written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Effective> {
        self.variables.get(name)
    }

    /// The value the process finds under this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Text> {
        self.get(name)?.value()
    }

    /// All variables, lowest layer first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Effective)> {
        self.variables.iter().map(|(name, effective)| (name.as_str(), effective))
    }
}

/// The names that stand before a `=` in a command.
fn assigned(command: &str) -> impl Iterator<Item = String> + '_ {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    command.match_indices('=').filter_map(move |(at, _)| {
        let before = &command[..at];
        let start = before.rfind(|c| !is_part(c)).map_or(0, |cut| cut + 1);
        let name = before.get(start..)?;
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then(|| name.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{EnvFile, Environment};
    use crate::source::Origin;

    fn variable(text: &str, at: u32) -> Variable {
        let span = Span::new(at, at + 1);
        Variable { key: span, value: Some(Text::known(text, Origin::at(span))), origin: Origin::at(span) }
    }

    #[test]
    fn environment_beats_env_files_beat_the_image() {
        let file = |at| EnvFile {
            variables: [("A".to_string(), variable("file", at))].into(),
            ..EnvFile::default()
        };
        let mut service = Service { env_files: vec![file(2), file(3)], ..Service::default() };
        let image = [("A".to_string(), variable("image", 1))].into();
        let found = EffectiveEnvironment::of(&service, &image);
        let a = found.get("A").unwrap();
        assert_eq!((a.layer, a.variable.key.lo, a.hides.len()), (Layer::EnvFile, 3, 2));

        service.environment = Environment {
            variables: [("A".to_string(), Variable { value: None, ..variable("", 4) })].into(),
            ..Environment::default()
        };
        let found = EffectiveEnvironment::of(&service, &image);
        assert_eq!(found.value("A"), None);
        assert_eq!(found.get("A").unwrap().layer, Layer::Environment);
    }

    #[test]
    fn dotenv_files_fill_what_is_not_set() {
        let image = [("A".to_string(), variable("image", 1))].into();
        let file = |at, overrides| Dotenv {
            overrides,
            variables: ["A", "B"].map(|name| (name.to_string(), variable("file", at))).into(),
            ..Dotenv::default()
        };
        let mut found = EffectiveEnvironment::of(&Service::default(), &image);
        found.beneath(&[file(2, false), file(3, false)]);
        assert_eq!(found.get("A").unwrap().layer, Layer::Image);
        assert_eq!(found.get("B").unwrap().variable.key.lo, 2);
        found.beneath(&[file(4, true)]);
        assert_eq!(found.get("A").unwrap().layer, Layer::Dotenv);
    }
}
