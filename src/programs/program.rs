//! What a service runs, and what is known of it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::{
    AbsentDotenv, AbsentFile, Dotenv, FirstScripts, Hidden, Image, ImageTree, LostJob, LostLogs, Module,
    ModuleIndex, Scope, Server, Sockets, Unloaded, Unmade, Unstarted, Uses, called, folders, outdated_locks,
    pages, roots, strange_settings, unbuilt, undefined, unfound, unheld, uninstalled, unkeyed, unlooked,
    unpassed, unrunnable, versions,
};
use crate::source::Text;

/// A file that a service may run, or a directory of such files, of which nothing is known, or not all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file or directory on this machine.
    pub path: PathBuf,
    /// Why, to be read after its name.
    pub why: String,
}

/// What a service runs.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The service.
    pub service: String,
    /// Its image.
    pub image: Image,
    /// Whether it only starts a prompt, and so runs nothing until somebody comes.
    pub idle: bool,
    /// Whether it runs below a supervisor, which starts again what ends.
    pub supervised: bool,
    /// Whether it runs below a program that starts it anew when a source changes, and that stays when it ends: Docker sees no end.
    pub watched: bool,
    /// The modules that its process loads; shared with other services that load them too.
    pub modules: Vec<Arc<Module>>,
    /// Whether the entry module was found; otherwise `modules` are all of the image's.
    pub entry_known: bool,
    /// Every source of the image where the program sees it: what expressions are evaluated in.
    pub scope: Scope,
    /// The places in [`Program::scope`] of `modules`.
    pub loaded: Vec<ModuleIndex>,
    /// The dotenv files that the program loads itself, below the container's environment.
    pub dotenv: Vec<Dotenv>,
    /// Those that it asks for and that are not there, where it loads none.
    pub absent_dotenv: Vec<AbsentDotenv>,
    /// What its image's build made and mounts hide.
    pub hidden: Vec<Hidden>,
    /// The file that its command runs and that is not in the container.
    pub unstarted: Option<Unstarted>,
    /// What it is told to collect, and what lies nowhere.
    pub lost_logs: Vec<LostLogs>,
    /// What its jobs run and what lies elsewhere.
    pub lost_jobs: Vec<LostJob>,
    /// The program that its command starts and that its build makes by another name.
    pub unmade: Option<Unmade>,
    /// Whether its Django lets only pages of the name and port by which it is asked send something.
    pub own_origin_alone: bool,
    /// A test that its build may run and that starts the whole application, with its database.
    pub context_test: Option<crate::source::Span>,
    /// What of it only a replica set of MongoDB can do.
    pub set_need: Option<super::mongo_sets::SetNeed>,
    /// Its command, where that ends at once.
    pub detached: Option<super::detached::Detached>,
    /// What it and its build call and nothing is seen to bring.
    pub absences: called::Absences,
    /// What its build compiles without what that needs.
    pub unbuilt: Vec<unbuilt::Unbuilt>,
    /// The lock files that its build insists on and that lack what the manifest asks for.
    pub outdated_locks: Vec<outdated_locks::OutdatedLock>,
    /// A script that it starts and that the system does not run.
    pub unrunnable: Option<unrunnable::Unrunnable>,
    /// The manifests that ask for another version of their language than the image has.
    pub versions: Vec<versions::WrongVersion>,
    /// The packages that it imports and nothing installs.
    pub uninstalled: Vec<uninstalled::Uninstalled>,
    /// What it needs, or its build, and nothing installs at all.
    pub bare: Option<uninstalled::Bare>,
    /// The drivers that it has and that do not know how servers of today ask for passwords.
    pub old_drivers: Vec<super::old_drivers::OldDriver>,
    /// Those that do not run together as they are declared.
    pub drifted: Vec<uninstalled::Drifted>,
    /// What its packages ask of the servers that they speak to.
    pub floors: Vec<uninstalled::Floored>,
    /// A file that it loads as another kind of module than it is written as.
    pub wrong_kind: Option<super::module_kinds::WrongKind>,
    /// Whether its driver of MySQL lacks the package by which that hands over passwords of today's accounts.
    pub keyless: bool,
    /// Whether its requirements let no SQLAlchemy in from 2 on, which brought names that are asked for.
    pub old_sqlalchemy: bool,
    /// A module of its own that it imports by a name under which it is not found.
    pub astray: Option<uninstalled::Astray>,
    /// The file of settings that is mounted where its image does not look.
    pub unlooked: Option<unlooked::Unlooked>,
    /// The names under which its server for development lets itself be asked.
    pub served_names: Option<super::served_names::ServedNames>,
    /// What lacks its secret, where nothing of its container gives it that.
    pub sealed: Option<super::sealed::Sealed>,
    /// A folder that its workers write to and that belongs to root.
    pub unwritable: Option<super::unwritable::Unwritable>,
    /// A file that it writes into a folder that its container does not have.
    pub folderless: Option<super::folderless::Folderless>,
    /// A page that asks for bundles that nothing makes.
    pub unbundled: Option<super::unbundled::Unbundled>,
    /// A certificate or key that something names and that is not in the container.
    pub unkeyed: Option<unkeyed::Unkeyed>,
    /// Names that its settings refer to and do not define.
    pub undefined: Vec<undefined::Undefined>,
    /// What its program does not take in its settings.
    pub strange_settings: Option<strange_settings::Strange>,
    /// Folders that something is put into and that its image does not read.
    pub unread_folders: Vec<folders::UnreadFolder>,
    /// The folder whose files its web server gives out, and that is not in its container.
    pub rootless: Option<roots::Rootless>,
    /// The rules of rewriting that its Apache has no module for.
    pub unrewritten: Option<roots::Unrewritten>,
    /// The folder whose files its web server gives out, and that has no first page.
    pub pageless: Option<super::pageless::Pageless>,
    /// The extensions of PHP that Composer asks for in its build.
    pub php_demands: Vec<super::php_demands::Demand>,
    /// Where it opens a WebSocket for its visitors.
    pub upgrades: Option<crate::source::Span>,
    /// A pattern of sources that its compiled program loads.
    pub source_glob: Option<super::source_globs::SourceGlob>,
    /// A page that its nginx does not give out by its address.
    pub unrouted: Option<super::unrouted::Unrouted>,
    /// Its command, where its entry point does not run it.
    pub unpassed: Option<unpassed::Unpassed>,
    /// The settings file that its command names and that is not in the container.
    pub unfound: Option<unfound::Unfound>,
    /// What a command of it needs and its image does not hold.
    pub unheld: Option<unheld::Unheld>,
    /// The dotenv file without which it stops, and that its container does not have.
    pub unloaded: Vec<Unloaded>,
    /// The files of this machine that are mounted and are not there.
    pub absent_files: Vec<AbsentFile>,
    /// The folders of this machine that are mounted and are not there.
    pub absent_folders: Vec<AbsentFile>,
    /// The configuration files of which nothing shows that the program reads them.
    pub doubted: HashSet<PathBuf>,
    /// What the container runs: `entrypoint` and `command` of the service over those of the image.
    pub command: Vec<Text>,
    /// The commands that it comes to in the end, wrappers and shells taken off, word by word.
    pub commands: Vec<Vec<String>>,
    /// The servers that its commands start, as far as they are known.
    pub servers: Vec<Server>,
    /// The sockets in the file system that those are told to make.
    pub sockets: Sockets,
    /// The files of the container that come from this machine: copied by the build, or mounted.
    pub files: ImageTree,
    /// The scripts that a database's image runs when its data is first made, where all of them are seen.
    pub first_scripts: Option<FirstScripts>,
    /// Whether it is a database that holds nothing when it first starts, and is given nothing to begin with.
    pub starts_empty: bool,
    /// What it needs tables for, where nothing of its repository makes any.
    pub tableless: Option<super::tables::Tableless>,
    /// What it asks of servers and libraries that these do not have by themselves.
    pub wants: Vec<super::wanted::Wants>,
    /// What those say that their database does not take.
    pub refused_sql: Option<super::refused_sql::RefusedSql>,
    /// A table that those use before any makes it.
    pub missing_table: Option<super::first_tables::MissingTable>,
    /// What its secrets say, by their places in the container, where their files are seen.
    pub secrets: HashMap<PathBuf, String>,
    /// The packages of Python that it is installed with, where they are seen and a client looks for one by itself.
    pub installed: HashSet<String>,
    /// How the pages that it gives out come to the values of variables.
    pub pages: pages::Pages,
    /// The directories of which not all is looked at, because they hold too much.
    pub cut: Vec<Skipped>,
    pub(super) uses: OnceLock<Uses>,
}

impl Program {
    /// Which of what it reads it looks at, and which of its functions run.
    pub fn uses(&self) -> &Uses {
        self.uses.get_or_init(|| Uses::of(self))
    }

    /// What it may run and could not be read, up to now: sources are read when they are asked for.
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        let unread = self.scope.iter().filter_map(|(_, _, source)| {
            Some(Skipped { path: source.path.clone(), why: source.unread()?.to_string() })
        });
        unread.chain(self.cut.iter().cloned())
    }
}
