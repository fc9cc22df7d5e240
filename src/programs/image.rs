//! The image that a service runs: built here, or named.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;

use super::absent::Absent;
use super::dockerfile::{self, Body, Built, Context, Dockerfile, Fault, FaultKind, Inputs, Limits, Note};
use super::dockerignore::DockerIgnore;
use super::{meant, own_image};
use crate::compose::{Build, Healthcheck, ImageReference, Project, Service, Variable, nearest};
use crate::source::{Kind, Origin, ReadError, SourceMap, Span, Spanned, Text};

/// What is known of the image that a service runs.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// The Dockerfile it is built from, if it is built here and could be read.
    pub dockerfile: Option<PathBuf>,
    /// That Dockerfile as written, also when it is written in the compose file.
    pub parsed: Option<Arc<Dockerfile>>,
    /// Why it can't be built, if that can be seen.
    pub problem: Option<BuildProblem>,
    /// The image of the last stage's base, or the service's own `image`.
    pub base: Option<Spanned<String>>,
    /// The images that must be pulled for it: the bases of all stages of its build, or the service's own `image`.
    pub pulled: Vec<Spanned<String>>,
    /// `ENV`, in order of writing, the last of a name wins.
    pub env: IndexMap<String, Variable>,
    /// `EXPOSE`
    pub exposed: Vec<Spanned<u16>>,
    /// Whether there is a `HEALTHCHECK` other than `NONE`.
    pub healthcheck: Option<Span>,
    /// `HEALTHCHECK`, also `NONE` (then it is disabled).
    pub health: Option<Healthcheck>,
    /// `ENTRYPOINT`, then `CMD`: what it runs when the service replaces neither.
    pub command: Vec<Text>,
    /// `ENTRYPOINT` as words; the shell form has its shell in front.
    pub entrypoint: Option<Vec<Text>>,
    /// `CMD` as words; the shell form has its shell in front.
    pub cmd: Option<Vec<Text>>,
    /// Where the command stands: `CMD`, else `ENTRYPOINT`.
    pub command_span: Span,
    /// `WORKDIR`
    pub working_dir: Option<String>,
    /// `USER`
    pub user: Option<Text>,
    /// `RUN`, unexpanded.
    pub runs: Vec<Text>,
    /// What could not be read or followed.
    pub notes: Vec<Note>,
    /// What the build stops for.
    pub faults: Vec<Fault>,
    /// Whether the service only names the image, and the repository shows how it is made: what runs may be another
    /// version of that.
    pub assumed: bool,
}

impl Image {
    /// The name of the image whose programs are in the container: the service's own, or the one its Dockerfile builds on. What is not
    /// known of it stands in it as a [hole](Text::HOLE).
    #[must_use]
    pub fn reference(&self) -> Option<ImageReference<'_>> {
        ImageReference::parse(&self.base.as_ref()?.value)
    }

    /// Whether the service builds it, and all of its Dockerfile is seen.
    #[must_use]
    pub fn is_built(&self, service: &Service) -> bool {
        service.build.is_some() && self.parsed.is_some() && self.problem.is_none() && !self.assumed
    }

    /// Whether it is seen what the image is: one that is built, or one that the service names.
    #[must_use]
    pub fn is_seen(&self, service: &Service) -> bool {
        self.is_built(service) || service.build.is_none() && self.problem.is_none() && !self.assumed
    }
}

/// Why an image can't be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildProblem {
    /// The context is no directory of this machine.
    NoContext(Absent),
    /// The Dockerfile is not there.
    NoDockerfile(Absent),
    /// The Dockerfile can't be read.
    Unreadable(PathBuf, ReadError),
    /// The Dockerfile has no stage of that name.
    NoStage(String),
    /// The context is a URL, or depends on what is not known; nothing can be said.
    Remote,
}

type Parsed = Result<Arc<Dockerfile>, ReadError>;

/// The Dockerfiles of a run, each read once.
#[derive(Default)]
pub struct Images {
    dockerfiles: Mutex<HashMap<PathBuf, Parsed>>,
    contexts: Mutex<HashMap<(PathBuf, PathBuf), Arc<Context>>>,
    made_here: OnceLock<HashMap<String, String>>,
    commands: OnceLock<Vec<own_image::Command>>,
}

/// What is known of a service's image, and what its files are.
pub(super) struct Known {
    pub image: Image,
    pub built: Option<Built>,
}

impl Images {
    /// The image of a service: its own build, the build of another service whose image has the
    /// same name, or just the name.
    pub(super) fn of(
        &self,
        sources: &SourceMap,
        commands: &own_image::Commands,
        project: &Project,
        service: &Service,
    ) -> Known {
        let shared = || {
            let name = service.image.as_ref()?.complete()?;
            let made = self.made_here.get_or_init(|| made_here(project)).get(&name)?;
            project.services.get(made)?.build.as_ref()
        };
        let build = service.build.as_ref().or_else(shared);
        let Some(build) = build else {
            if let Some(known) = self.assumed(sources, commands, project, service) {
                return known;
            }
            let base = service.image.as_ref().map(|image| Spanned::new(image.assumed(), image.span()));
            let pulled = base.iter().cloned().collect();
            return Known { image: Image { base, pulled, ..Image::default() }, built: None };
        };
        let mut image = Image::default();
        let mut built = self.build(sources, project, build, &mut image);
        if let Some(built) = &mut built {
            // A note or a script of the project says how the argument is given.
            built.faults.retain(|fault| match &fault.kind {
                FaultKind::Blank { name, .. } => !commands.give(sources.files(), project, name),
                _ => true,
            });
            describe(&mut image, built);
            image.pulled = built.pulled.clone();
        }
        Known { image, built }
    }

    /// The image as this repository makes it, where the service only names it.
    fn assumed(
        &self,
        sources: &SourceMap,
        known: &own_image::Commands,
        project: &Project,
        service: &Service,
    ) -> Option<Known> {
        let files = sources.files();
        let commands = self.commands.get_or_init(|| known.of(files, project));
        let build = own_image::build_of(files, project, service, commands)?;
        let mut image = Image { assumed: true, ..Image::default() };
        let built = self.build(sources, project, &build, &mut image)?;
        describe(&mut image, &built);
        image.pulled =
            service.image.iter().map(|image| Spanned::new(image.assumed(), image.span())).collect();
        Some(Known { image, built: Some(built) })
    }

    fn build(
        &self,
        sources: &SourceMap,
        project: &Project,
        build: &Build,
        image: &mut Image,
    ) -> Option<Built> {
        let mut context = build.directory.as_deref();
        let instead;
        if let Some(directory) = context
            && sources.files().kind(directory) != Some(Kind::Directory)
        {
            let absent = Absent::of(sources, project, directory, None);
            instead = meant::context(sources.files(), project, &absent);
            image.problem = Some(BuildProblem::NoContext(absent));
            context = Some(instead.as_deref()?);
        }
        let (parsed, context) = if let Some(inline) = &build.dockerfile_inline {
            let parsed = dockerfile::parse(None, &Body::inline(inline), Limits::default());
            (Arc::new(parsed), context.map(|root| self.context(sources, root, None)))
        } else {
            let Some(root) = context else {
                image.problem = Some(BuildProblem::Remote);
                return None;
            };
            let name =
                build.dockerfile.as_ref().map_or_else(|| "Dockerfile".to_string(), |name| name.assumed());
            let path = crate::source::clean(&root.join(name));
            let (path, parsed) = match self.dockerfile(sources, &path) {
                // The builder tries the other spelling of the default name (buildx, `handleLowercaseDockerfile`).
                Err(ReadError::NotFound) if path.file_name().is_some_and(|name| name == "Dockerfile") => {
                    let lower = path.with_file_name("dockerfile");
                    let parsed = self.dockerfile(sources, &lower);
                    if parsed.is_ok() { (lower, parsed) } else { (path, Err(ReadError::NotFound)) }
                }
                parsed => (path, parsed),
            };
            match parsed {
                Ok(parsed) => (parsed, Some(self.context(sources, root, Some(&path)))),
                Err(ReadError::NotFound) => {
                    let written = build.dockerfile.as_ref().and_then(|name| name.complete());
                    let beside = written.map(|name| project.directory.join(name));
                    let absent = Absent::of(sources, project, &path, beside);
                    image.problem.get_or_insert(BuildProblem::NoDockerfile(absent));
                    let path = meant::dockerfile(sources.files(), root, &path)?;
                    let parsed = self.dockerfile(sources, &path).ok()?;
                    (parsed, Some(self.context(sources, root, Some(&path))))
                }
                Err(error) => {
                    image.problem = Some(BuildProblem::Unreadable(path, error));
                    return None;
                }
            }
        };
        image.dockerfile = parsed.path.clone();
        image.parsed = Some(parsed.clone());
        let target = build.target.as_ref().map(|target| target.assumed());
        let inputs = Inputs {
            files: sources.files(),
            context,
            arguments: &build.args,
            target: target.as_deref(),
            contexts: &build.contexts,
        };
        if let Some(built) = dockerfile::build(&parsed, &inputs) {
            return Some(built);
        }
        image.notes = parsed.notes.clone();
        let target = target.as_deref().filter(|_| !parsed.stages.is_empty())?;
        image.problem = Some(BuildProblem::NoStage(target.to_string()));
        // What else is wrong with the stage that is meant does not wait for its name to be mended.
        let names = parsed.stages.iter().filter_map(|stage| stage.name.as_ref());
        let meant = nearest(target, names.map(|name| name.value.as_str()));
        dockerfile::build(&parsed, &Inputs { target: meant, ..inputs })
    }

    fn dockerfile(&self, sources: &SourceMap, path: &Path) -> Parsed {
        let known = self.dockerfiles.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(parsed) = known {
            return parsed;
        }
        let parsed = sources.load(path).map(|file| {
            if file.invalid_utf8.is_some() && file.text.contains('\0') {
                let message = "the Dockerfile is not text".to_string();
                let note = Note { message, at: file.span().start() };
                let path = Some(path.to_path_buf());
                return Arc::new(Dockerfile { path, notes: vec![note], ..Dockerfile::default() });
            }
            Arc::new(dockerfile::parse(Some(path.to_path_buf()), &Body::of_file(&file), Limits::default()))
        });
        let mut dockerfiles = self.dockerfiles.lock().unwrap_or_else(PoisonError::into_inner);
        dockerfiles.entry(path.to_path_buf()).or_insert(parsed).clone()
    }

    /// The context with the ignore file that Docker takes: the Dockerfile's own, else the context's.
    fn context(&self, sources: &SourceMap, root: &Path, dockerfile: Option<&Path>) -> Arc<Context> {
        let own = dockerfile.map(|path| {
            let mut name = path.as_os_str().to_os_string();
            name.push(".dockerignore");
            PathBuf::from(name)
        });
        let own = own.filter(|path| sources.files().kind(path) == Some(Kind::File));
        let file = own.unwrap_or_else(|| root.join(".dockerignore"));
        let key = (root.to_path_buf(), file.clone());
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let text = sources.load(&file).map(|file| file.text.clone()).unwrap_or_else(|_| "".into());
            Arc::new(Context { root: root.to_path_buf(), ignore: DockerIgnore::parse(&text) })
        };
        contexts.entry(key).or_insert_with(make).clone()
    }
}

/// The services that are built, by the name of the image that each makes; the first of a name counts.
fn made_here(project: &Project) -> HashMap<String, String> {
    let mut made = HashMap::new();
    for service in project.services.values().filter(|service| service.build.is_some()) {
        let image = service.image.as_ref().and_then(|image| image.complete());
        // Without a name of its own, Compose names the image after project and service.
        let image = image.unwrap_or_else(|| format!("{}-{}", project.name, service.name.value));
        made.entry(image).or_insert_with(|| service.name.value.clone());
    }
    made
}

fn describe(image: &mut Image, built: &Built) {
    image.base = built.base.clone();
    image.env = built.env.clone();
    image.exposed = built.exposed.clone();
    image.healthcheck = built.healthcheck.as_ref().filter(|health| !health.disabled).map(|health| health.key);
    image.health = built.healthcheck.clone();
    image.entrypoint = built.entrypoint.as_ref().map(|line| dockerfile::words(line, built.shell.as_deref()));
    image.cmd = built.cmd.as_ref().map(|line| dockerfile::words(line, built.shell.as_deref()));
    image.command = image.entrypoint.iter().chain(&image.cmd).flatten().cloned().collect();
    image.command_span =
        built.cmd.as_ref().or(built.entrypoint.as_ref()).map_or(Span::NONE, |line| line.span);
    image.working_dir = Some(built.working_directory.to_string_lossy().into_owned());
    image.user = built.user.clone();
    image.runs = built.runs.iter().map(|run| run.command.clone()).collect();
    image.notes = built.notes.clone();
    image.faults = built.faults.clone();
}

/// What the container runs: the service's words over the image's, as Compose puts them together.
pub(super) fn command(service: &Service, image: &Image) -> Vec<Text> {
    let mut words = given(service, image);
    if service.entrypoint.is_none() && is_told_to_airflow(image, words.first()) {
        words.insert(0, Text::known("airflow", Origin::default()));
    }
    // What a list takes for one word, and a person for several, is told, and does not hide what comes after it.
    match words.split_first() {
        Some((first, rest)) if is_line(&first.assumed()) => {
            let line = first.assumed();
            let mut words = Vec::new();
            let mut at = 0;
            for word in line.split(' ') {
                words.extend((!word.is_empty()).then(|| first.slice(at, at + word.len())));
                at += word.len() + 1;
            }
            words.extend(rest.iter().cloned());
            words
        }
        _ => words,
    }
}

/// Whether the entry point of Airflow's image, which puts `airflow` before all but these, gets the command (its documentation,
/// "Entrypoint": "Executing commands").
fn is_told_to_airflow(image: &Image, first: Option<&Text>) -> bool {
    let base = image.base.as_ref().and_then(|base| ImageReference::parse(&base.value));
    let own = |word: &Text| matches!(word.assumed().as_str(), "airflow" | "bash" | "python" | "/entrypoint");
    image.entrypoint.is_none()
        && base.is_some_and(|base| base.path == "apache/airflow")
        && first.is_some_and(|word| !own(word) && !word.assumed().contains('/'))
}

/// Whether the word that should be a program's name is a whole command: `npm start`.
pub fn is_line(word: &str) -> bool {
    let Some((program, rest)) = word.split_once(' ') else { return false };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "./_-".contains(c);
    let begins = program.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '.' | '/'));
    begins
        && program.chars().all(plain)
        && !rest.trim().is_empty()
        && !word.contains(['\'', '"', '$', '&', '|', ';', '>', '<', '`', '\n', Text::HOLE])
}

fn given(service: &Service, image: &Image) -> Vec<Text> {
    let command = service.command.as_ref().map(|command| command.words.clone());
    match &service.entrypoint {
        Some(entrypoint) => {
            let mut words = entrypoint.words.clone();
            words.extend(command.unwrap_or_default());
            words
        }
        None => {
            let mut words = image.entrypoint.clone().unwrap_or_default();
            words.extend(command.or_else(|| image.cmd.clone()).unwrap_or_default());
            words
        }
    }
}
