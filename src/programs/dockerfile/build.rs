//! The image that a build of a Dockerfile gives.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use super::copy::{self, Context, Expanded, From, Layer, Made};
use super::expand::{Lookup, expand};
use super::homes;
use super::run::Run;
use super::taken::{Snapshot, Taken};
use super::text::span_of;
use super::values::{exposed, healthcheck, set_by};
use super::{
    Assignment, CommandLine, Copy, Dockerfile, Fault, Note, Stage, Step, faults, folders, inputs, tools,
    unset,
};
use crate::compose::{Healthcheck, Located, Variable};
use crate::source::{Files, Origin, Spanned, Text, Via};

/// No real Dockerfile has more stages; the rest is left out.
const MAX_STAGES: usize = 200;
/// Nor does an image take more paths from its context.
const MAX_LAYERS: usize = 4_000;
const MAX_PORTS: usize = 4_000;
/// What is wrong with one stage.
const MAX_FAULTS: usize = 50;

/// Arguments that the builder itself sets to what is not known here.
const PLATFORM: &[&str] = &[
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETSTAGE",
];

/// What a service's `build` says.
pub struct Inputs<'a> {
    /// The files of the machine.
    pub files: &'a dyn Files,
    /// The context and its ignore file; `None` when it is not on this machine.
    pub context: Option<Arc<Context>>,
    /// `build.args`
    pub arguments: &'a IndexMap<String, Located<Option<Text>>>,
    /// `build.target`
    pub target: Option<&'a str>,
    /// The names of `build.additional_contexts`.
    pub contexts: &'a [String],
}

/// A built stage.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// The image that the first `FROM` of the chain names; `None` for `scratch`.
    pub base: Option<Spanned<String>>,
    /// The images that its stages are made from, those of the stages that it takes files from among them.
    pub pulled: Vec<Spanned<String>>,
    /// `ENV`
    pub env: IndexMap<String, Variable>,
    /// `EXPOSE`
    pub exposed: Vec<Spanned<u16>>,
    /// `HEALTHCHECK`; disabled for `NONE`
    pub healthcheck: Option<Healthcheck>,
    /// `ENTRYPOINT`
    pub entrypoint: Option<CommandLine>,
    /// `CMD`
    pub cmd: Option<CommandLine>,
    /// `SHELL`
    pub shell: Option<Vec<Text>>,
    /// `WORKDIR`; `/` at first
    pub working_directory: PathBuf,
    /// `USER`
    pub user: Option<Text>,
    /// `RUN`, in order
    pub runs: Vec<Run>,
    /// What was copied into it, later over earlier.
    pub layers: Vec<Layer>,
    /// What was copied into the stages that it takes files from: the sources of what was built there.
    pub upstream: Vec<Layer>,
    /// The `RUN`s of those stages: how it was built.
    pub upstream_runs: Vec<Run>,
    /// What was copied into it and the stages that it takes files from, and was made of sources before.
    pub made: Vec<Made>,
    /// What was copied from other stages: from where to where, whether or not it is a file of this machine.
    /// Those of the stages that it takes files from are among them.
    pub copied: Vec<(PathBuf, PathBuf)>,
    /// Whether it holds files that can't be seen: from URLs, here-documents, other images.
    pub(super) opaque: bool,
    /// What its `COPY`s take, in order.
    pub taken: Vec<Taken>,
    /// The folders that its instructions and commands make.
    pub(super) folders: Vec<PathBuf>,
    /// All of it as a stage, for what is in its image.
    pub whole: Arc<Snapshot>,
    /// The stages that files were taken from.
    taken_from: Vec<usize>,
    /// What could not be followed.
    pub notes: Vec<Note>,
    /// What the builder refuses or does not find.
    pub faults: Vec<Fault>,
    /// The arguments in scope, by name.
    arguments: IndexMap<String, Option<Text>>,
}

/// Builds the target, or the last stage. `None` when there is no such stage.
#[must_use]
pub fn build(dockerfile: &Dockerfile, inputs: &Inputs<'_>) -> Option<Built> {
    let mut builder = Builder { dockerfile, inputs, global: IndexMap::new(), built: Vec::new() };
    builder.global_arguments();
    let stages = dockerfile.stages.get(..MAX_STAGES).unwrap_or(&dockerfile.stages);
    let wanted = match inputs.target.filter(|target| !target.is_empty()) {
        Some(target) => find_stage(stages, target)?,
        None => stages.len().checked_sub(1)?,
    };
    for stage in stages.iter().take(wanted + 1) {
        let mut built = builder.stage(stage);
        built.whole = Arc::new(Snapshot::of(&built));
        builder.built.push(built);
    }
    let mut built = builder.built.pop()?;
    built.notes.splice(0..0, dockerfile.notes.iter().cloned());
    built.faults.splice(0..0, dockerfile.faults.iter().cloned());
    let all = stages.get(..=wanted).unwrap_or_default();
    if let (Some(context), Some((stage, earlier))) = (&inputs.context, all.split_last()) {
        built.faults.extend(faults::not_fetched(inputs.files, context, stage, earlier));
        built.faults.extend(tools::faults(inputs.files, context, all));
    }
    Some(built)
}

/// The stage of that name or number.
fn find_stage(stages: &[Stage], name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    let named = |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.value == lower);
    stages.iter().rposition(named).or_else(|| name.parse().ok().filter(|index: &usize| *index < stages.len()))
}

struct Builder<'a> {
    dockerfile: &'a Dockerfile,
    inputs: &'a Inputs<'a>,
    global: IndexMap<String, Option<Text>>,
    built: Vec<Built>,
}

impl Builder<'_> {
    fn global_arguments(&mut self) {
        for argument in &self.dockerfile.arguments {
            let global = &self.global;
            let scope = |name: &str| match global.get(name) {
                Some(Some(value)) => Lookup::Set(value.clone()),
                Some(None) => Lookup::Unset,
                None if PLATFORM.contains(&name) => Lookup::Hidden,
                None => Lookup::Unset,
            };
            let default = argument.value.as_ref().map(|value| expand(value, self.dockerfile.escape, &scope));
            let value = self.given(&argument.name).or(default);
            self.global.insert(argument.name.value.clone(), value);
        }
    }

    /// What `build.args` gives for the argument.
    fn given(&self, name: &str) -> Option<Text> {
        self.inputs.arguments.get(name)?.value.clone()
    }

    fn stage(&self, stage: &Stage) -> Built {
        let scope = |name: &str| match self.global.get(name) {
            Some(Some(value)) => Lookup::Set(value.clone()),
            Some(None) => Lookup::Unset,
            None if PLATFORM.contains(&name) => Lookup::Hidden,
            None => Lookup::Unset,
        };
        let from = expand(&stage.from, self.dockerfile.escape, &scope);
        let name = from.assumed();
        let earlier = self.dockerfile.stages.get(..self.built.len()).unwrap_or_default();
        // A base is an earlier stage by name only, never by number.
        let base = find_stage(earlier, &name).filter(|_| name.parse::<usize>().is_err());
        let fault = (base.is_none() && !self.inputs.contexts.contains(&name))
            .then(|| faults::no_base(&name, &self.dockerfile.stages, earlier.len(), stage.keyword))
            .flatten();
        // What else is wrong with the stage does not wait for the name of its base to be mended.
        let base = base.or_else(|| find_stage(earlier, fault.as_ref()?.stage(&[])?));
        let is_set = |name: &str| !matches!(scope(name), Lookup::Unset);
        let blank = |wanted: &str| self.declared().blank(wanted, false).filter(|_| !is_set(wanted));
        let fault = fault.or_else(|| unset::of_from(&stage.from, &name, blank, stage.keyword));
        let mut built = match base.and_then(|index| self.built.get(index)) {
            Some(base) => {
                let faults = base.faults.iter().cloned().chain(fault).collect();
                Built { arguments: IndexMap::new(), whole: Arc::default(), faults, ..base.clone() }
            }
            None => {
                let base = (name != "scratch").then(|| Spanned::new(name, span_of(&stage.from)));
                let home = base.as_ref().map(|base| homes::of(&base.value));
                Built {
                    pulled: base.iter().cloned().collect(),
                    faults: fault.into_iter().collect(),
                    base,
                    working_directory: home.unwrap_or_else(|| PathBuf::from("/")),
                    ..Built::default()
                }
            }
        };
        let mut cmd_of_this_stage = false;
        for step in &stage.steps {
            match step {
                Step::Cmd(_) => cmd_of_this_stage = true,
                // A base image's CMD belongs to the base image's ENTRYPOINT.
                Step::Entrypoint(_) if !cmd_of_this_stage => built.cmd = None,
                _ => {}
            }
            self.step(&mut built, step);
        }
        built
    }

    fn step(&self, built: &mut Built, step: &Step) {
        match step {
            Step::Arg(arguments) => self.arguments(built, arguments),
            Step::Env(variables) => self.variables(built, variables),
            Step::Copy(copy) => self.copy(built, copy),
            Step::WorkingDirectory(path) => {
                let path = self.expand(built, path).assumed();
                built.working_directory = copy::absolute(&built.working_directory, path.trim());
                built.folders.push(built.working_directory.clone());
            }
            Step::User(user) => built.user = Some(self.expand(built, user)),
            Step::Expose(ports) => {
                for port in ports.iter().take(MAX_PORTS.saturating_sub(built.exposed.len())) {
                    let port = self.expand(built, port);
                    built.exposed.extend(exposed(&port));
                }
            }
            Step::Entrypoint(command) => built.entrypoint = Some(command.clone()),
            Step::Cmd(command) => built.cmd = Some(command.clone()),
            Step::Shell(words) => built.shell = Some(words.clone()),
            Step::Healthcheck(health) => {
                let check = healthcheck(health, |text| self.expand(built, text));
                built.healthcheck = Some(check);
            }
            Step::Run(run) => {
                if let Some(context) =
                    self.inputs.context.as_ref().filter(|_| self.dockerfile.mounted.is_empty())
                {
                    built.faults.extend(inputs::absent(self.inputs.files, context, built, run));
                }
                built.faults.extend(unset::of_run(run, |name| self.blank(built, name)));
                let made = folders::made(&self.expand(built, run).assumed(), &built.working_directory);
                built.folders.extend(made);
                self.copies_of_run(built, run);
                let known =
                    built.env.iter().filter_map(|(name, variable)| Some((name, variable.value.as_ref()?)));
                let arguments =
                    built.arguments.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
                let variables = arguments
                    .chain(known)
                    .filter_map(|(name, value)| value.complete().map(|value| (name.clone(), value)));
                let variables = variables.collect();
                let directory = built.working_directory.clone();
                let base = built.base.clone();
                let brought = built.layers.len();
                built.runs.push(Run { command: run.clone(), directory, variables, base, brought });
            }
        }
    }

    fn declared(&self) -> unset::Declared<'_> {
        unset::Declared { dockerfile: self.dockerfile, inputs: self.inputs, before: self.built.len() }
    }

    /// An argument of which nothing is known but that it is empty.
    fn blank(&self, built: &Built, name: &str) -> Option<unset::Blank> {
        let set = built.env.contains_key(name) || matches!(built.arguments.get(name), Some(Some(_)));
        self.declared().blank(name, true).filter(|_| !set && !unset::of_image(name))
    }

    fn expand(&self, built: &Built, text: &Text) -> Text {
        let scope = |name: &str| {
            if let Some(variable) = built.env.get(name) {
                return variable.value.clone().map_or(Lookup::Unset, Lookup::Set);
            }
            match built.arguments.get(name) {
                Some(Some(value)) => Lookup::Set(value.clone()),
                Some(None) => Lookup::Unset,
                None if built.base.is_some() => Lookup::Hidden,
                None => Lookup::Unset,
            }
        };
        expand(text, self.dockerfile.escape, &scope)
    }

    fn arguments(&self, built: &mut Built, arguments: &[Assignment]) {
        for argument in arguments {
            let name = &argument.name.value;
            let default = argument.value.as_ref().map(|value| self.expand(built, value));
            let default = default.or_else(|| self.global.get(name).cloned().flatten());
            let value = self.given(name).or(default).or_else(|| {
                PLATFORM.contains(&name.as_str()).then(|| Text::unknown(Origin::at(argument.entry)))
            });
            built.arguments.insert(name.clone(), value);
        }
    }

    fn variables(&self, built: &mut Built, variables: &[Assignment]) {
        // All values of one instruction see the environment before it.
        let values: Vec<_> = variables
            .iter()
            .map(|variable| self.expand(built, variable.value.as_ref().unwrap_or(&Text::default())))
            .collect();
        for (variable, value) in variables.iter().zip(values) {
            let step = Via::ImageEnv(variable.entry);
            let set = Variable {
                key: variable.name.span,
                value: Some(set_by(&value, &step)),
                origin: Origin::at(variable.entry).via(step),
            };
            // The last of a name wins, and stands where it is written.
            built.env.shift_remove(&variable.name.value);
            built.env.insert(variable.name.value.clone(), set);
        }
    }

    fn copy(&self, built: &mut Built, copy: &Copy) {
        if built.layers.len() >= MAX_LAYERS {
            return;
        }
        if copy.inline {
            let message = "the text of a here-document is not followed".to_string();
            built.notes.push(Note { message, at: copy.keyword });
        }
        let words = |texts: &[Text]| -> Vec<String> {
            texts.iter().filter_map(|text| self.expand(built, text).complete()).collect()
        };
        let destination = self.expand(built, &copy.destination).assumed();
        let expanded = Expanded {
            written: copy,
            sources: words(&copy.sources),
            folder: folders::is_one(built, &destination),
            destination,
            exclude: words(&copy.exclude),
            working_directory: &built.working_directory,
        };
        let blank = copy.sources.iter().filter(|_| copy.from.is_none()).find_map(|source| {
            unset::of_source(source, &expanded.destination, |name| self.blank(built, name), copy.keyword)
        });
        built.faults.extend(blank);
        let remote = |source: &String| source.contains("://") || source.starts_with("git@");
        built.opaque |= copy.inline
            || copy.parents
            || expanded.sources.len() < copy.sources.len()
            || expanded.sources.iter().any(remote);
        let earlier = self.dockerfile.stages.get(..self.built.len()).unwrap_or_default();
        let mut taken = Taken::of(&expanded, self.inputs.context.as_ref());
        let (layers, notes) = match &copy.from {
            None => match &self.inputs.context {
                Some(context) => {
                    let absent: Vec<_> = faults::no_sources(
                        self.inputs.files,
                        context,
                        copy,
                        &expanded.sources,
                        &expanded.destination,
                    )
                    .collect();
                    // What is hidden or not there and is meant comes into the image, for all that follows.
                    let seen = faults::meant_context(&absent, context);
                    let from = From::Context(&seen);
                    built.made.extend(copy::made(self.inputs.files, &from, &expanded));
                    let mut meant = expanded.clone();
                    for fault in &absent {
                        let Some((source, path)) = fault.meant() else { continue };
                        meant
                            .sources
                            .iter_mut()
                            .filter(|it| *it == source)
                            .for_each(|it| it.clone_from(&path));
                    }
                    built.faults.extend(absent);
                    copy::layers(self.inputs.files, &from, &meant, &built.layers)
                }
                None => Default::default(),
            },
            Some(from) => {
                let name = self.expand(built, from).assumed();
                let mut index = find_stage(earlier, &name);
                if index.is_none() && !self.inputs.contexts.contains(&name) {
                    let (stages, here) = (&self.dockerfile.stages, earlier.len());
                    let fault = faults::no_stage(&name, stages, here, copy.keyword);
                    // The stage that is meant is taken from, for all that follows.
                    index = fault.as_ref().and_then(|fault| find_stage(earlier, fault.stage(earlier)?));
                    built.faults.extend(fault);
                }
                match index.and_then(|index| Some((index, self.built.get(index)?))) {
                    Some((index, stage)) => {
                        taken.is_from(&stage.whole);
                        let from = From::Stage(&stage.layers);
                        built.made.extend(copy::made(self.inputs.files, &from, &expanded));
                        let found = copy::layers(self.inputs.files, &from, &expanded, &built.layers);
                        built.copied.extend(copy::places(&expanded));
                        if !built.taken_from.contains(&index) {
                            built.taken_from.push(index);
                            built.faults.extend(stage.faults.iter().take(MAX_FAULTS).cloned());
                            let pulled = stage.pulled.iter().filter(|image| !built.pulled.contains(image));
                            let pulled: Vec<_> = pulled.cloned().collect();
                            built.pulled.extend(pulled);
                            let upstream = stage.upstream.iter().chain(&stage.layers).cloned();
                            let room = MAX_LAYERS.saturating_sub(built.upstream.len());
                            built.upstream.extend(upstream.take(room));
                            built.copied.extend(stage.copied.iter().take(MAX_LAYERS).cloned());
                            let runs = stage.upstream_runs.iter().chain(&stage.runs).cloned();
                            let room = MAX_LAYERS.saturating_sub(built.upstream_runs.len());
                            built.upstream_runs.extend(runs.take(room));
                            let room = MAX_LAYERS.saturating_sub(built.made.len());
                            built.made.extend(stage.made.iter().take(room).cloned());
                        }
                        found
                    }
                    None => {
                        // Of other images, tools are taken: no manifests lie where those are.
                        built.opaque |= !expanded.destination.starts_with("/usr")
                            && !expanded.destination.starts_with("/bin");
                        Default::default()
                    }
                }
            }
        };
        let room = MAX_LAYERS.saturating_sub(built.layers.len());
        built.layers.extend(layers.into_iter().take(room));
        built.notes.extend(notes);
        built.taken.push(taken);
    }

    /// Files that a `RUN` copies within the image: `RUN cp .env.example .env`. Only plain commands are
    /// understood.
    fn copies_of_run(&self, built: &mut Built, run: &Text) {
        let plain = run.assumed();
        for command in plain.split(['\n', ';', '&', '|']) {
            let mut words = command.split_whitespace().peekable();
            let branch = words.next_if(|word| matches!(*word, "then" | "do" | "else")).is_some();
            let verb = words.next();
            let paths: Vec<&str> = words.filter(|word| !word.starts_with('-')).collect();
            let (Some("cp" | "mv"), [sources @ .., destination]) = (verb, paths.as_slice()) else { continue };
            if sources.is_empty()
                || command.contains(['$', '"', '\'', '`'])
                || built.layers.len() >= MAX_LAYERS
            {
                continue;
            }
            let absolute = |path: &&str| copy::absolute(&built.working_directory, path);
            let written = Copy {
                keyword: span_of(run),
                from: None,
                sources: Vec::new(),
                inline: false,
                destination: Text::default(),
                exclude: Vec::new(),
                parents: false,
                add: false,
            };
            let expanded = Expanded {
                written: &written,
                sources: sources.iter().map(|path| absolute(path).to_string_lossy().into_owned()).collect(),
                folder: folders::is_one(built, destination),
                destination: (*destination).to_string(),
                exclude: Vec::new(),
                working_directory: &built.working_directory,
            };
            let from = From::Stage(&built.layers);
            // `[ -f .env ] || cp .env.example .env` leaves what is there.
            if branch || plain.contains("||") {
                let there = absolute(destination).to_string_lossy().into_owned();
                let destination = "/.there".to_string();
                let probe = Expanded { sources: vec![there], destination, folder: false, ..expanded.clone() };
                let (found, _) = copy::layers(self.inputs.files, &from, &probe, &built.layers);
                if !found.is_empty() {
                    continue;
                }
            }
            let (layers, _) = copy::layers(self.inputs.files, &from, &expanded, &built.layers);
            built.layers.extend(layers);
        }
    }
}
