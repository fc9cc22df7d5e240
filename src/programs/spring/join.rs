//! All configuration files of a process as one module.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::defaults::{self, Around};
use super::describe::{Properties, Property, describe, fixed, property};
use super::handed::handed;
use super::hocon;
use super::imports::{Import, imports};
use super::keys::canonical;
use super::manifests::Built;
use super::order::{self, Rank};
use super::overrides::Overrides;
use super::profiles::{self, Framework, Profiles};
use super::resources::{RESOURCES, Resources};
use super::settings::{self, Setting};
use super::{ALL, LOCAL, PLACE, appenders, as_property, drivers, needed, quarkus, serves, xml};
use crate::programs::{Expr, Module, ModuleIndex, Read, Scope, Sink, SinkKind, Start, hosts};
use crate::source::{SourceFile, Span, Spanned};

/// What a file says by itself, document by document. The documents are kept under names of their own, for
/// [`join`] to put them together.
pub(super) fn alone(file: &SourceFile) -> Module {
    let documents = settings::documents(file);
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    for (at, document) in documents.iter().enumerate() {
        let mut properties = Properties::new();
        document.iter().for_each(|setting| lay_over(&mut properties, property(setting)));
        let (reads, sinks, _) = describe(&properties, &HashMap::new(), &|_| false);
        module.reads.extend(reads);
        module.sinks.extend(sinks);
        let fields = document.iter().map(|setting| (setting.key.clone(), Expr::Text(setting.value.clone())));
        module.names.insert(format!("document {at}"), Expr::Record(fields.collect()));
    }
    module
}

/// A document of a file, and when it counts.
pub(super) struct Document {
    pub settings: Vec<Setting>,
    /// Settings whose values are made in another way than by placeholders.
    pub made: Vec<Property>,
    /// The file: its place in the order, and the profile in its name.
    pub rank: Rank,
    pub profile: Option<String>,
    pub place: PathBuf,
}

impl Document {
    /// The profiles that the document itself is for.
    pub(super) fn activation(&self) -> Option<String> {
        let keys =
            ["spring.config.activate.on-profile", "spring.config.activate.onProfile", "spring.profiles"];
        let named = |setting: &&Setting| {
            let key = setting.key.value.split('[').next().unwrap_or("");
            keys.contains(&key)
        };
        let all: Vec<&str> =
            self.settings.iter().filter(named).map(|setting| setting.value.value.as_str()).collect();
        (!all.is_empty()).then(|| all.join(","))
    }

    /// Whether it counts under these profiles; `None` when that cannot be known.
    pub(super) fn counts(&self, active: &Profiles) -> Option<bool> {
        let by_name = match &self.profile {
            Some(profile) => active.as_ref().map(|active| active.contains(profile)),
            None => Some(true),
        };
        let platform = "spring.config.activate.on-cloud-platform";
        if self.settings.iter().any(|setting| setting.key.value == platform && setting.value.value != "none")
        {
            return Some(false);
        }
        let by_itself = self.activation().map_or(Some(true), |profiles| profiles::chosen(&profiles, active));
        match (by_name, by_itself) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

/// The settings of a process that is started so, with everything that lies over the files.
pub(super) fn join(scope: &Scope, loaded: &[ModuleIndex], start: &Start<'_>) -> Module {
    let told = Overrides::of(start);
    let mut documents = documents(scope, loaded, start.directory, &told);
    let framework = profiles::framework(documents.iter().flat_map(|document| &document.settings));
    let mut out = Joined {
        properties: Properties::new(),
        module: Module::default(),
        open: false,
        files: false,
        server: false,
        unaddressed: None,
        handed: false,
        imports: false,
        elsewhere: None,
        fixed: framework == Framework::Spring && is_ktor(&documents),
        off: start.environment.get("SPRING_CLOUD_CONFIG_ENABLED").is_some_and(|value| value == "false"),
        resources: Resources::of(scope, loaded),
    };
    // What classes take in lies below all other files.
    for setting in out.resources.taken_in() {
        lay_over(&mut out.properties, property(&setting));
    }
    // Files of another name are read in their place, and not seen.
    let named = ["SPRING_CONFIG_NAME", "spring.config.name"];
    let named = named.iter().any(|name| start.environment.contains_key(*name))
        || told.told("spring.config.name").is_some()
        || documents.is_empty() && says_another_name(scope, loaded);
    if named || of_several_programs(&documents) {
        // Which of them is run is not known, so nothing is.
        documents.clear();
        out.unread();
    }
    let base: Vec<&Setting> = documents
        .iter()
        .filter(|document| document.profile.is_none() && document.activation().is_none())
        .flat_map(|document| &document.settings)
        .collect();
    if let Some(given) = told.told("spring.config.import").or_else(|| {
        let named = ["SPRING_CONFIG_IMPORT", "spring.config.import"];
        named.iter().find_map(|name| start.environment.get(*name).cloned())
    }) {
        out.told(&given);
    }
    let active = profiles::active(framework, &told, start, &base);
    order_by_profile(&mut documents, &active);
    for document in &documents {
        if let Some(counts) = document.counts(&active).filter(|counts| *counts) {
            out.document(document, &active, counts, start);
        } else if document.counts(&active).is_none() {
            out.document(document, &active, false, start);
        }
    }
    for (name, value) in told.properties() {
        let written = value.unwrap_or_else(|| Spanned::new(String::new(), Span::NONE));
        let known = out.properties.get(&canonical(&name.value)).map(|property| property.key.clone());
        let value = match written.value.is_empty() {
            true => Expr::Opaque(Span::NONE),
            false => super::placeholders::expression(&written),
        };
        lay_over(&mut out.properties, Property { key: known.unwrap_or(name), written, value: value.share() });
    }
    let name = out.application(start);
    for document in handed(scope, loaded, &name, &active) {
        if let Some(counts) = document.counts(&active).filter(|counts| *counts) {
            out.document(&document, &active, counts, start);
            out.handed = true;
        }
    }
    let mut built = Built::default();
    let mut databases = Vec::new();
    for (place, source) in loaded.iter().filter_map(|index| scope.get(*index)) {
        if source.front_end.joins() {
            built.add(source.full());
            let dials = xml::is_configuration(place) || appenders::is_configuration(place);
            databases.extend(dials.then(|| source.full().sinks.clone()));
        }
    }
    built.settle();
    out.module.refused = profiles::refused(&documents, &active, framework, &built);
    let mut served = Module::default();
    serves::note(&mut served, framework, &out.properties, &built, out.is_open());
    for property in defaults::told(&out.properties, start) {
        lay_over(&mut out.properties, property);
    }
    let mut module = out.finish(&Around { scope, loaded, start, built: &built }, framework);
    module.sinks.extend(served.sinks);
    module.sinks.extend(databases.into_iter().flatten());
    module.serves = served.serves;
    module
}

/// The documents of the files that the process looks for, lower ones first.
fn documents(scope: &Scope, loaded: &[ModuleIndex], directory: &Path, told: &Overrides) -> Vec<Document> {
    let mut found = Vec::new();
    for (place, source) in loaded.iter().filter_map(|index| scope.get(*index)) {
        if !source.front_end.joins() {
            continue;
        }
        let Some(name) = place.file_name().and_then(|name| name.to_str()).and_then(order::named) else {
            continue;
        };
        let Some(rank) = order::rank(place, directory, told) else { continue };
        for document in source.full().names.values() {
            let Expr::Record(fields) = document else { continue };
            let setting = |(key, value): &(Spanned<String>, Expr)| match value {
                Expr::Text(value) => Some(Setting { key: key.clone(), value: value.clone() }),
                _ => None,
            };
            let settings = fields.iter().filter_map(setting).collect();
            let made = fields.iter().filter_map(hocon::property).collect();
            let profile = name.profile.map(str::to_string);
            found.push(Document { settings, made, rank, profile, place: place.to_path_buf() });
        }
    }
    // `.properties` win over YAML in the same place.
    let properties = |document: &Document| document.place.extension().is_some_and(|it| it == "properties");
    found.sort_by_key(|document| (document.rank, properties(document)));
    found
}

/// Files for a profile lie over all others, those of a later profile over those of an earlier one.
fn order_by_profile(documents: &mut [Document], active: &Profiles) {
    let position = |profile: &Option<String>| {
        let profile = profile.as_ref()?;
        let place = active.as_ref().and_then(|active| active.iter().position(|one| one == profile));
        Some(place.unwrap_or(usize::MAX))
    };
    documents.sort_by_key(|document| (document.rank != Rank::Bootstrap, position(&document.profile)));
}

/// Whether a program without a file of the usual name tells Spring another.
fn says_another_name(scope: &Scope, loaded: &[ModuleIndex]) -> bool {
    let mut sources = loaded.iter().filter_map(|index| scope.get(*index));
    sources.any(|(_, source)| source.glance(|text| text.contains("\"spring.config.name\"")))
}

/// Whether the files are from the resources of more than one program.
fn of_several_programs(documents: &[Document]) -> bool {
    let mut roots = documents.iter().filter_map(|document| order::resources_of(&document.place));
    roots.next().is_some_and(|first| roots.any(|other| other != first))
}

/// Whether the settings are those of a program of Ktor.
fn is_ktor(documents: &[Document]) -> bool {
    let keys = || documents.iter().flat_map(|it| &it.settings).map(|setting| setting.key.value.as_str());
    keys().any(|key| key.starts_with("ktor.")) && !keys().any(|key| key.starts_with("spring."))
}

/// A setting over those that are there: of a list, the whole.
fn lay_over(properties: &mut Properties, property: Property) {
    let name = canonical(&property.key.value);
    match name.split_once('[') {
        Some((list, "0]")) => {
            let before = format!("{list}[");
            properties.retain(|known, _| !known.starts_with(&before) && known != list);
        }
        None => {
            let item = format!("{name}[0]");
            if properties.contains_key(&item) {
                let before = format!("{name}[");
                properties.retain(|known, _| !known.starts_with(&before));
            }
        }
        Some(_) => {}
    }
    properties.insert(name, property);
}

struct Joined<'a> {
    properties: Properties,
    module: Module,
    /// Whether there may be settings that are not seen.
    open: bool,
    /// Whether those may be in files.
    files: bool,
    /// Whether a configuration server may replace any setting.
    server: bool,
    /// Where one is asked for without an address.
    unaddressed: Option<Span>,
    /// Whether what is imported is said from outside.
    imports: bool,
    /// Where Quarkus is told the address of its database for profiles that are not active.
    elsewhere: Option<Span>,
    /// Whether no variable replaces a setting by its name.
    fixed: bool,
    /// Whether the environment switches the configuration server off.
    off: bool,
    /// Whether a configuration server is seen to hand settings out, so that all of them are seen.
    handed: bool,
    /// The other files that may be imported.
    resources: Resources<'a>,
}

impl Joined<'_> {
    /// Lays a document over what is there; one that may count or not leaves its settings unknown.
    fn document(&mut self, document: &Document, active: &Profiles, counts: bool, start: &Start<'_>) {
        for setting in &document.settings {
            let Some(setting) = quarkus::for_profile(setting, active) else {
                self.elsewhere = quarkus::address_elsewhere(setting).or(self.elsewhere);
                continue;
            };
            if setting.key.value.starts_with("spring.config.import") {
                self.import(&setting, start);
                continue;
            }
            let mut property = if self.fixed { fixed(&setting) } else { property(&setting) };
            let sealed = setting.value.value.starts_with("{cipher}");
            if !counts || sealed {
                property.value = Expr::Opaque(setting.value.span);
            }
            lay_over(&mut self.properties, property);
        }
        for property in &document.made {
            hocon::note(&property.value, &mut self.module);
            lay_over(&mut self.properties, property.clone());
        }
    }

    /// What the command line or the environment says is imported: it counts in place of the files' own.
    fn told(&mut self, given: &str) {
        self.imports = true;
        for import in imports(&Spanned::new(given.to_string(), Span::NONE)) {
            match import {
                Import::Dotenv(path) => self.module.dotenv.push(path),
                Import::Server { .. } => self.server = true,
                Import::Store => self.open = true,
                Import::File(name) => self.file(&name),
                Import::Other => self.unread(),
            }
        }
    }

    /// Files that are not read may hold anything.
    fn unread(&mut self) {
        self.open = true;
        self.files = true;
    }

    fn import(&mut self, setting: &Setting, start: &Start<'_>) {
        if self.imports {
            return;
        }
        for import in imports(&setting.value) {
            match import {
                Import::Dotenv(path) => self.module.dotenv.push(path),
                Import::Server { address, optional } => {
                    // Of one that may be missing, nothing comes from the container itself.
                    let nobody = |address: &Spanned<String>| {
                        hosts::is_loopback(hosts::of_address(&profiles::resolved(&address.value, start)))
                    };
                    self.server = !(optional && address.as_ref().is_some_and(nobody));
                    // The last that is named counts.
                    self.module.sinks.clear();
                    let bare = address.is_none() && !optional;
                    self.unaddressed = bare.then_some(setting.value.span);
                    if let Some(address) = address {
                        let target = super::placeholders::expression(&address);
                        let callee = Spanned::new(setting.key.value.clone(), setting.key.span);
                        let span = callee.span;
                        let said =
                            || (Spanned::new(needed::OPTIONAL.to_string(), span), Expr::Bool(true, span));
                        let arguments = optional.then(said).into_iter().collect();
                        self.module.sinks.push(Sink {
                            kind: SinkKind::Http,
                            target,
                            arguments,
                            callee,
                            span,
                        });
                    }
                }
                Import::Store => self.open = true,
                Import::File(name) => self.file(&name),
                Import::Other => self.unread(),
            }
        }
    }

    /// Lays a file that is imported over what is there. One that says for whom it counts is not followed.
    fn file(&mut self, name: &str) {
        let Some(documents) = self.resources.file(name) else { return self.unread() };
        let further = |setting: &Setting| {
            ["spring.config.", "spring.profiles"].iter().any(|start| setting.key.value.starts_with(start))
        };
        if documents.iter().flatten().any(further) {
            return self.unread();
        }
        for setting in documents.iter().flatten() {
            lay_over(&mut self.properties, property(setting));
        }
    }

    /// Whether something that is not seen may replace settings.
    fn is_open(&self) -> bool {
        let asked = self.server || self.properties.contains_key("spring.cloud.config.uri");
        self.open || asked && !self.handed
    }

    /// The name by which the program asks for its settings.
    fn application(&self, start: &Start<'_>) -> String {
        let told = start.environment.get("SPRING_APPLICATION_NAME").cloned();
        let written = || {
            let name = self.properties.get("spring.application.name")?;
            Some(profiles::resolved(&name.written.value, start))
        };
        told.or_else(written).unwrap_or_else(|| "application".to_string())
    }

    fn finish(mut self, around: &Around<'_>, framework: Framework) -> Module {
        if around.forgets() {
            self.properties.retain(|name, _| !defaults::is_renamed(name));
        }
        let off = self.properties.get("spring.cloud.config.enabled");
        let off = self.off || off.is_some_and(|property| property.written.value == "false");
        let named = self.properties.contains_key("spring.cloud.config.uri");
        if (self.server || named) && !off && !self.handed {
            self.open = true;
            for (name, property) in &mut self.properties {
                if !name.starts_with("spring.cloud.config.") && !property.key.span.is_none() {
                    property.value = replaceable(&property.value, property.written.span);
                }
            }
        }
        let asked = around.asked();
        // Quarkus looks at all of its own settings when it starts.
        let needed = |name: &str| {
            asked.contains(name) || framework == Framework::Quarkus && name.starts_with("quarkus.")
        };
        let (reads, mut sinks, pools) = describe(&self.properties, around.start.environment, &needed);
        let migrates = self.properties.get("spring.flyway.enabled").is_none();
        drivers::note(&mut sinks, around.built, migrates);
        if !around.mentions("DataSourceAutoConfiguration") {
            needed::open(&mut sinks, around.built);
        }
        self.module.pools = pools;
        self.module.path = PathBuf::from(PLACE);
        self.module.reads.extend(reads);
        if off {
            self.module.sinks.clear();
        } else {
            let server = self.unaddressed.and_then(|at| needed::server(&self.properties, around, at));
            self.module.sinks.extend(server);
        }
        sinks.retain(|sink| !needed::is_idle(sink, around.built));
        // A decoder of its own need not ask who issued a token.
        if sinks.iter().any(needed::is_issuer) && around.mentions("JwtDecoder") {
            sinks.retain(|sink| !needed::is_issuer(sink));
        }
        self.module.sinks.extend(sinks);
        needed::note(&self.properties, &mut self.module.sinks);
        if !self.open {
            self.module.sinks.extend(defaults::clients(&self.properties, around));
            self.module.reads.extend(defaults::database(&self.properties, around));
            self.module
                .reads
                .extend(self.elsewhere.and_then(|at| quarkus::database(&self.properties, around, at)));
        }
        self.needed(around.scope, around.loaded);
        self.module.names.insert(RESOURCES.to_string(), self.resources.record());
        let fields = self
            .properties
            .iter()
            .map(|(name, property)| (Spanned::new(name.clone(), property.key.span), property.value.clone()));
        let all = Expr::Record(fields.collect());
        let open = |all: Expr, open: bool| match open {
            true => Expr::Merge(vec![all, Expr::Opaque(Span::NONE)]),
            false => all,
        };
        self.module.names.insert(LOCAL.to_string(), open(all.clone(), self.files));
        let all = open(all, self.open);
        self.module.names.insert(ALL.to_string(), all);
        self.module
    }

    /// Of the properties that the program's sources need, those that nothing sets: their variables are needed.
    fn needed(&mut self, scope: &Scope, loaded: &[ModuleIndex]) {
        if self.open {
            return;
        }
        let sources = loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source);
        for source in sources.filter(|source| !source.front_end.joins()) {
            for read in &source.module().reads {
                let Some((name, missing)) = as_property(&read.expression) else { continue };
                if missing.required && !self.properties.contains_key(name) {
                    let expression = Expr::Read(Box::new(missing.clone()));
                    self.module.reads.push(Read { expression, required: true, ..read.clone() });
                }
            }
        }
    }
}

/// A setting that something unseen may replace: only what the environment says is sure.
fn replaceable(value: &Expr, written: Span) -> Expr {
    match value.peel() {
        Expr::Setting(setting) => {
            let mut setting = setting.clone();
            setting.default = Some(Expr::Opaque(written));
            Expr::Setting(setting).share()
        }
        _ => Expr::Opaque(written),
    }
}
