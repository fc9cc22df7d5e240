//! From a project to the programs that its services run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use indexmap::IndexMap;

use super::dockerfile::{Built, FaultKind, Layer, Made, Run};
use super::entry::{self, Launch, Machine, Started};
use super::image::{self, Image, Images, Known};
use super::javascript::node_config;
use super::service_files::{Holding, ImageTree, Walks, is_aside};
use super::surroundings::{environment, working_directory};
use super::unstarted::Contents;
use super::{
    FRONT_ENDS, Module, ModuleIndex, Program, Scope, Skipped, Source, Sources, Start, absent, asked,
    built_before, called, collects, config_server, connectors, detached, dotenv, first_dials, first_scripts,
    first_tables, folders, front_end, hidden, jobs, launched, load, misplaced, module_kinds, mongo_sets,
    old_drivers, outdated_locks, own_image, pageless, pages, placed, products, python, refused_sql, required,
    roots, secrets, served_names, serverless, servers, sockets, sources, standalone, strange_settings,
    system_data, tables, unbuilt, undefined, unfound, unheld, uninstalled, unkeyed, unloaded, unlooked,
    unmounted, unowned, unpassed, unrunnable, unsaid, unstarted, userless, versions, wanted,
};
use crate::compose::{Project, Service};
use crate::source::{SourceFile, SourceMap, Span, Text};

/// The programs of a project's services.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    by_service: IndexMap<String, Program>,
}

impl Programs {
    /// The program of a service; an empty one for a name that is no service.
    #[must_use]
    pub fn of(&self, service: &str) -> &Program {
        static NOTHING: LazyLock<Program> = LazyLock::new(Program::default);
        self.by_service.get(service).unwrap_or(&NOTHING)
    }

    /// What services may run and could not be read, sorted, each once.
    #[must_use]
    pub fn skipped(&self) -> Vec<Skipped> {
        let mut skipped: Vec<Skipped> = self.iter().flat_map(Program::skipped).collect();
        skipped.sort();
        skipped.dedup();
        skipped
    }

    /// All programs, in the order of the project's services.
    pub fn iter(&self) -> impl Iterator<Item = &Program> {
        self.by_service.values()
    }
}

/// What the projects of one run share: the directories that were walked and the files that were parsed.
#[derive(Default)]
pub struct Shelf {
    walks: Walks,
    /// Walks for configuration files.
    configurations: Walks,
    read: Sources,
    commands: own_image::Commands,
    told: tables::Told,
    said: wanted::Said,
}

/// Reads what the services of a project run. Every file is read and parsed at most once, however
/// many services and projects run it.
#[must_use]
pub fn read(sources: &SourceMap, shelf: &Shelf, project: &Project) -> Programs {
    let run = Reading { sources, project, images: Images::default(), shelf, handed: OnceLock::new() };
    // One service after the other: the order in which files are read decides their spans.
    let programs =
        project.services.values().map(|service| (service.name.value.clone(), run.program(service)));
    let mut by_service: IndexMap<String, Program> = programs.collect();
    tables::look(sources, &shelf.told, project, &mut by_service);
    wanted::look(sources, &shelf.said, project, &mut by_service);
    Programs { by_service }
}

/// Whether the program that runs is one of an image that is built here; of one that is only seen to be, the image must name it.
fn own_command(service: &Service, image: &Image) -> bool {
    let alone = image.assumed && service.command.is_none() && service.entrypoint.is_none();
    image.parsed.is_some() && (service.build.is_some() && !image.assumed || alone)
}

struct Reading<'a> {
    sources: &'a SourceMap,
    project: &'a Project,
    images: Images,
    shelf: &'a Shelf,
    /// What a configuration server of the project hands out.
    handed: OnceLock<Vec<config_server::Handed>>,
}

impl Reading<'_> {
    fn program(&self, service: &Service) -> Program {
        let name = service.name.value.clone();
        if service.provider.is_some() {
            return Program { service: name, ..Program::default() };
        }
        let Known { mut image, built } =
            self.images.of(self.sources, &self.shelf.commands, self.project, service);
        let told = self.project.own.service_sources.get(&name);
        let as_it_is = built.is_none() && image.problem.is_none() && told.is_none();
        let Built { mut layers, mut upstream, runs, mut upstream_runs, made, mut copied, whole, .. } =
            built.unwrap_or_default();
        for before in built_before::of(self.sources, self.project, &whole) {
            upstream.push(before.layer);
            upstream_runs.push(before.run);
            copied.extend(before.copied);
        }
        products::look(self.sources, self.project, service, &mut image, &whole);
        let mut directory = working_directory(service, &image);
        if let Some(folder) = told {
            if directory == Path::new("/") {
                directory.push("app");
            }
            // What is seen to be there has the better say.
            let layer = Layer::mount(directory.clone(), folder.clone(), true, Span::NONE);
            layers.insert(0, Layer { hides: false, ..layer });
        }
        let mut files = ImageTree::new(layers);
        files.mount(self.sources.files(), self.project, service);
        let command = image::command(service, &image);
        let env = environment(service, &image);
        let start = Launch { directory, env, ..Launch::default() };
        let below = ImageTree::new(upstream.iter().cloned().chain(files.layers().iter().cloned()).collect());
        let written =
            entry::written::files(&[runs.as_slice(), &entry::written::by_command(&command, &start)].concat());
        let machine = Machine {
            sources: self.sources,
            files: &files,
            below: &below,
            copied: &copied,
            written: &written,
        };
        let (base, own_runs) = (image.base.as_ref().map(|base| base.value.as_str()), runs.clone());
        let runs = [upstream_runs, runs].concat();
        let mut started = entry::started(&machine, base, &command, &runs, &start);
        started.made.extend(made.iter().map(Made::place));
        started.copied.clone_from(&copied);
        let plain = base.filter(|_| as_it_is || copied.is_empty());
        started.only = plain.and_then(|base| entry::only_language(base, &runs));
        let builders = (self.project, &self.shelf.commands);
        let pages = pages::of(&machine, builders, &started, &command, base, &runs);
        let (mut scope, mut cut) = self.scope(&files, started.roots.clone());
        let mut entries = entry::entries(&mut scope, &started);
        let before = made.iter().filter_map(|made| made.sources(image.command_span));
        let upstream: Vec<Layer> = before.chain(upstream).collect();
        // The schema by which a start script migrates the database is not yet the program.
        let schema = |index: &ModuleIndex| {
            scope.get(*index).is_some_and(|(_, source)| source.front_end.name() == "prisma")
        };
        let only_schema = entries.iter().all(schema);
        // What runs was made in another stage, or on this machine: its sources say what it reads.
        if !upstream.is_empty() && (only_schema || entries.len() < started.files.len()) {
            let below = ImageTree::new(upstream.into_iter().chain(files.layers().iter().cloned()).collect());
            let (mut wide, wide_cut) = self.scope(&below, started.roots.clone());
            let found = entry::entries(&mut wide, &started);
            let some = !(found.is_empty() && started.languages.is_empty()) || scope.is_empty();
            if only_schema && some || found.len() > entries.len() {
                (scope, entries, cut) = (wide, found, wide_cut);
            }
        }
        let entries = entry::or_meant(entries, &mut scope, &started);
        let entry_known = !entries.is_empty() || started.tests;
        let loaded = loaded(&scope, &entries, &started, &start);
        // Joining looks at what was loaded, which several threads parse faster.
        drop(sources::modules_of(&scope, &loaded));
        let mut loaded = required::with_required(self.sources, &self.shelf.read, &files, &mut scope, loaded);
        let handed = || self.handed.get_or_init(|| config_server::files(self.sources, self.project)).clone();
        config_server::attach(self.sources, &self.shelf.read, &mut scope, &mut loaded, handed);
        let loaded = joined(&mut scope, loaded, &started, &start);
        scope.load(&loaded);
        let mut modules = sources::modules_of(&scope, &loaded);
        let carried = dotenv::carried(&files, &below, &copied, &mut started);
        let mut dotenv = dotenv::loaded(self.sources, &carried, &scope, &loaded, &started, &start);
        let mut absent_dotenv = Vec::new();
        if dotenv.is_empty() {
            absent_dotenv = dotenv::absent(self.sources, &carried, &scope, &loaded, &started, &start);
            let implied = dotenv::implied(self.sources, &carried, &started);
            let absent = [absent_dotenv.as_slice(), implied.as_slice()].concat();
            dotenv = dotenv::sampled(self.sources, self.project, &absent, (&started, &start));
            if !dotenv.is_empty() {
                absent_dotenv.clear();
            }
        }
        let container = load::Container {
            sources: self.sources,
            project: self.project,
            files: &files,
            read: &self.shelf.read,
            started: &started,
            start: &start,
            dotenv: load::environment(&start.env, &dotenv),
        };
        load::attach(&container, &mut scope, &loaded);
        let (configurations, doubted) =
            self.configurations(&files, &scope, &loaded, (&started, &own_runs), &start, &command);
        let has = |variable: &str| start.env.contains_key(variable);
        let unsaid = unsaid::of(&scope, &loaded, &started, &command, &has).filter(|_| entry_known);
        // The command of an image that is not known is what its own start gets to read.
        let appended = as_it_is && started.only.is_none() && service.entrypoint.is_none();
        let mut words: Vec<String> = started.commands.iter().flat_map(|it| it.words.clone()).collect();
        let scripts = started.scripts.iter().filter_map(|script| self.sources.load(&script.path).ok());
        words.extend(scripts.map(|script| script.text.to_string()));
        let built = own_runs.iter().map(|run| run.command.assumed());
        let bare = image.parsed.is_some()
            && !image.assumed
            && image.base.as_ref().is_some_and(|base| products::is_plain(&base.value));
        let base = image.base.iter().map(|name| name.value.clone());
        let base = base.chain(service.image.iter().map(|name| name.value.assumed()));
        let others: Vec<String> = words.iter().cloned().chain(built).chain(base).collect();
        let told = dotenv::told(&started, &dotenv);
        let servers = servers::of(&machine, &told, &command, &others, (appended, bare));
        let hidden = hidden::of(
            self.sources.files(),
            self.project,
            service,
            (&own_runs, &copied, &made),
            (&command, &start.directory),
            &words,
        );
        let contents = Contents {
            sources: self.sources,
            project: self.project,
            service,
            image: &image,
            tree: &files,
            runs: &own_runs,
            copied: &copied,
            command: &command,
            started: &started,
        };
        let unstarted = unstarted::of(&contents);
        let owner = (self.project, service);
        let told = own_command(service, &image)
            && !image.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Unmade { .. }));
        let made = (&command[..], &started.commands[..]);
        let unmade =
            || products::unmade(self.sources, owner, &whole, made, image.command_span).filter(|_| told);
        let unmade =
            unstarted::misnamed(&contents).or_else(unmade).or_else(|| unstarted::uncopied(&contents));
        let unheld = unheld::of(&machine, (self.project, service, &image), &whole, (&command, &started))
            .or_else(|| unmounted::of(self.sources, owner, &command));
        let run = if entry_known && image.parsed.is_some() { loaded.as_slice() } else { &[] };
        let mut unloaded = unloaded::of(&container, owner, &copied, &scope, run);
        unloaded.extend(system_data::of(&contents, &scope, run));
        let (context_test, set_need) =
            (super::spring::context_tests::of(&machine, &started), mongo_sets::of(&scope, run));
        let (unfound, unkeyed) = (unfound::of(&contents), unkeyed::of(&contents, &words));
        let served_names = served_names::of(&machine, &started);
        let sealed = super::sealed::of(&contents, &start.directory, &words);
        let unwritable = super::unwritable::of(&contents, &start.directory, &words);
        let unbundled = super::unbundled::of(&contents, &start.directory);
        let folderless = super::folderless::of(&contents, &scope, run, &start.directory);
        let sockets = sockets::of(&machine, &image, &command, &started);
        let unpassed = unpassed::of(&machine, service, &image, &start);
        let official = image.base.as_ref().is_some_and(|base| products::is_plain(&base.value));
        let detached = detached::of(&machine, (&own_runs, official), &started, &command);
        let builds = called::builds(&machine, &runs);
        let mut absences = called::of(&machine, &scope, (&runs, &own_runs), &started, &command);
        absences.programs.extend(standalone::of(&machine, (service, &image), &started, &command));
        let imports = uninstalled::Program {
            machine: &machine,
            scope: &scope,
            entries: &entries,
            loaded: &loaded,
            started: &started,
            start: &start,
            image: &image,
            service,
            whole: &whole,
            runs: &runs,
            own_runs: &own_runs,
            builds: &builds,
            command: &command,
            dotenv: &dotenv,
        };
        unloaded.extend(uninstalled::unlaid(&imports, service));
        let uninstalled = uninstalled::of(&imports);
        let bare = uninstalled::bare(&imports, (self.project, service), &uninstalled);
        let (drifted, floors) = (uninstalled::drifted(&imports), uninstalled::floors(&imports));
        let (astray, wrong_kind) = (uninstalled::astray(&imports), module_kinds::of(&imports));
        let (source_glob, php_demands) =
            (super::source_globs::of(&imports), super::php_demands::of(&imports));
        let upgrades = super::upgraded::of(&scope, &loaded);
        let own_origin_alone = uninstalled::takes_own_alone(&imports, &modules);
        let old_sqlalchemy = uninstalled::holds_old_sqlalchemy(&imports, &modules);
        let (left_out, keyless) = (uninstalled::left_out(&imports), uninstalled::keyless(&imports));
        absences.native = uninstalled::native(&imports);
        absences.unchecked = unstarted::unchecked(&contents, &start.directory);
        absences.misplaced = misplaced::of(&contents, &start);
        absences.unowned = unowned::of(&contents, &whole);
        absences.userless = userless::of((&machine, self.project), &scope, &loaded, &started, &runs);
        absences.serverless = serverless::of(&machine, &scope, &started);
        absences.first_dial = first_dials::of(self.sources, service, &image, &files);
        let unbuilt = unbuilt::of(&machine, &scope, (service, &image), (&own_runs, &runs));
        let unrunnable = unrunnable::of(&machine, (service, &command), &started, &image);
        let mut versions = versions::of(&machine, &runs, &started, image.base.as_ref());
        versions.extend(uninstalled::newer(&imports));
        image.faults.extend(products::untargeted(&machine, (service, &image), &command, &started));
        let (watched, supervised) = (started.is_watched(), started.is_supervised());
        modules.splice(0..0, started.scripts);
        modules.extend(asked::of(&scope, &loaded));
        modules.extend(launched::with(&started.commands, &start, &modules).map(Arc::new));
        modules.extend(configurations);
        modules.extend(connectors::of(self.sources, self.project, service));
        modules.extend(unsaid.map(Arc::new));
        let rootless = roots::of(self.sources, service, &image, &files, &copied, &modules);
        let unrewritten = roots::unrewritten(self.sources, service, &image, &files);
        let old_drivers = old_drivers::of(self.sources, &scope, &loaded, &below, image.base.as_ref());
        let pageless = pageless::of(self.sources, service, &image, &files, &whole, &modules);
        let loads = modules.iter().map(|it| &**it);
        let unrouted = super::unrouted::of(self.sources, service, &image, &files, &whole);
        let mut installed = python::requirements::of(&machine, &start.directory, &runs, loads);
        installed.retain(|name| !left_out.contains(name));
        Program {
            undefined: undefined::of(self.sources, &image, &files, &modules),
            outdated_locks: outdated_locks::of(&machine, &runs),
            strange_settings: strange_settings::of(self.sources, &image, &files, &modules),
            service: name,
            unlooked: unlooked::of(self.sources.files(), (service, &image), &command, &start),
            wrong_kind,
            lost_logs: collects::lost(self.sources, service, &files, (&image, &own_runs)),
            unread_folders: folders::of(self.sources, (service, &image), &files, &start, &words),
            refused_sql: refused_sql::of(self.sources, &image, &files, &command),
            missing_table: first_tables::of(self.sources, image.base.as_ref(), &files),
            image,
            installed,
            idle: started.idle,
            watched,
            supervised,
            modules,
            entry_known,
            scope,
            loaded,
            dotenv,
            absent_dotenv,
            absences,
            detached,
            set_need,
            context_test,
            versions,
            unrunnable,
            unbuilt,
            uninstalled,
            bare,
            drifted,
            floors,
            old_drivers,
            old_sqlalchemy,
            own_origin_alone,
            keyless,
            astray,
            sockets,
            unkeyed,
            sealed,
            unwritable,
            unbundled,
            folderless,
            served_names,
            rootless,
            unrewritten,
            pageless,
            unrouted,
            source_glob,
            upgrades,
            php_demands,
            unpassed,
            absent_files: absent::files(self.sources, self.project, service),
            absent_folders: absent::folders(self.sources, (self.project, service), &files),
            hidden,
            unstarted,
            unheld,
            lost_jobs: jobs::lost(&machine, service, (&own_runs, &copied), &started.calls),
            unmade,
            unfound,
            unloaded,
            doubted,
            command,
            servers,
            commands: started.commands.into_iter().map(|launch| launch.words).collect(),
            first_scripts: first_scripts::of(self.sources, &files),
            secrets: secrets::of(self.sources, &files),
            files,
            pages,
            cut,
            ..Program::default()
        }
    }

    fn configurations(
        &self,
        files: &ImageTree,
        scope: &Scope,
        loaded: &[ModuleIndex],
        (started, runs): (&Started, &[Run]),
        start: &Launch,
        command: &[Text],
    ) -> (Vec<Arc<Module>>, HashSet<PathBuf>) {
        let sources = loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source);
        let mut words: Vec<String> = command.iter().map(Text::assumed).collect();
        words.extend(start.env.values().cloned());
        words.extend(started.commands.iter().flat_map(|launch| launch.words.iter().cloned()));
        let scripts = started.scripts.iter().filter_map(|script| self.sources.load(&script.path).ok());
        words.extend(scripts.map(|script| script.text.to_string()));
        let known = placed::Started {
            directory: &start.directory,
            words: words.join("\n"),
            sources: sources.collect(),
        };
        let (mut found, doubted) =
            placed::of(self.sources, files, &self.shelf.configurations, &self.shelf.read, &known);
        // Of what a module imports, counts what the program makes of it.
        let imported: HashSet<&PathBuf> = known.sources.iter().map(|source| &source.path).collect();
        found.retain(|module| !imported.contains(&module.path) && !placed::is_edited(runs, &module.path));
        (found, doubted)
    }

    /// Every source file of the container in a known language.
    fn scope(&self, files: &ImageTree, roots: Vec<PathBuf>) -> (Scope, Vec<Skipped>) {
        let wanted = |path: &Path| is_source(path) || node_config::may_be_file(path);
        let Holding { files: found, cut } = files.sources(self.sources, &self.shelf.walks, wanted);
        let mut scope = Scope::new(roots);
        for (place, host) in &found {
            let settings = !is_source(place) && !is_source(host);
            if settings && !node_config::is_of_package(place, |manifest| found.contains_key(manifest)) {
                continue;
            }
            if let Some(source) = node_config::or(settings, &self.shelf.read, self.sources, (host, place)) {
                scope.insert(place.clone(), source);
            }
        }
        (scope, cut)
    }
}

fn is_source(path: &Path) -> bool {
    front_end(path).is_some_and(|front_end| front_end.is_source())
}

/// The modules that the process loads; all that may belong to it when the entry is not known.
fn loaded(scope: &Scope, entries: &[ModuleIndex], started: &Started, start: &Launch) -> Vec<ModuleIndex> {
    let all = |wanted: &dyn Fn(&Path, &Source) -> bool| -> Vec<ModuleIndex> {
        scope.iter().filter(|(_, place, source)| wanted(place, source)).map(|(index, ..)| index).collect()
    };
    // Names above the roots, such as that of the working directory, say nothing.
    let aside = |place: &Path| {
        let below = scope.roots.iter().filter_map(|root| place.strip_prefix(root).ok());
        is_aside(below.min_by_key(|path| path.components().count()).unwrap_or(place))
    };
    if !entries.is_empty() || started.tests {
        let mut entries = entries.to_vec();
        if started.tests {
            entries.extend(all(&|place, _| aside(place)));
        }
        return entry::follow_names(scope, &entries, &start.directory, &start.env, &started.django_commands);
    }
    // A program loads no sources of another language; what is not understood may be in any.
    let known = !started.unknown && (started.foreign || !started.languages.is_empty());
    let foreign = |source: &Source| {
        let name = source.front_end.name();
        known && !started.languages.contains(&name) || !started.can_run(name)
    };
    all(&|place, source| !aside(place) && !foreign(source))
}

/// What is loaded, with the configuration files of a kind that count only together as one module.
fn joined(
    scope: &mut Scope,
    mut loaded: Vec<ModuleIndex>,
    started: &Started,
    start: &Launch,
) -> Vec<ModuleIndex> {
    let commands = started.commands.iter().map(|launch| launch.words.as_slice()).collect();
    let start = Start { commands, directory: &start.directory, environment: &start.env };
    for front_end in FRONT_ENDS.iter().copied().filter(|front_end| front_end.joins()) {
        let of = |index: &ModuleIndex| scope.get(*index).map(|(_, source)| source.front_end);
        if !loaded.iter().filter_map(of).any(|other| front_end.joined_with(other.name())) {
            continue;
        }
        let module = front_end.join(scope, &loaded, &start);
        let name = front_end.name();
        loaded.retain(|index| of(index).is_none_or(|other| other.name() != name));
        let place = module.path.clone();
        let file = Arc::new(SourceFile::nothing(&place));
        let source = Arc::new(Source::made(file, front_end, module));
        loaded.push(scope.insert(place, source));
    }
    loaded
}
