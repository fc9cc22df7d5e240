//! A project as Docker Compose understands it: typed, resolved, every value with its origin.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::Own;
use super::objects::{FileObject, Network, Volume};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, Span, Spanned, Text};

/// A value of the project and where it came from.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is written (the whole YAML value, quotes included) and how it came here.
    pub origin: Origin,
}

impl<T> Located<T> {
    /// `value` from `origin`.
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Where the value is written.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.origin.written
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A Compose project.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The normalised project name; blank when none could be made.
    pub name: String,
    /// The project directory: relative paths of the files resolve against it.
    pub directory: PathBuf,
    /// Whether it is meant for another host: [`LoadOptions::variant`](super::LoadOptions::variant).
    pub variant: bool,
    /// The compose files in the order they were merged, includes and extended files not among them.
    pub files: Vec<PathBuf>,
    /// Every file that took part: compose files, includes, extended files, env files.
    pub read: Vec<PathBuf>,
    /// All services, also those that no active profile selects.
    pub services: IndexMap<String, Service>,
    /// Top-level networks, `default` among them when a service uses it.
    pub networks: IndexMap<String, Network>,
    /// Top-level volumes.
    pub volumes: IndexMap<String, Volume>,
    /// Top-level secrets.
    pub secrets: IndexMap<String, FileObject>,
    /// Top-level configs.
    pub configs: IndexMap<String, FileObject>,
    /// Names of services that other compose files of the project directory define. Whether they are
    /// started together with this project can't be seen.
    pub elsewhere: BTreeSet<String>,
    /// The file from which its variables were taken in place of a `.env`, which was not there.
    pub sample: Option<PathBuf>,
    /// Where nothing says that a `.env` is to be made of that: what is wrong without one.
    pub untold: Option<Vec<Problem>>,
    /// Variables that a sample of the project's `.env` names (`.env.example`).
    pub documented: BTreeSet<String>,
    /// Those among them that no compose file names, where the sample stands for the `.env` and no service takes that whole.
    pub spare: BTreeSet<String>,
    /// The variables that are not set and of which a script or a note of the project speaks.
    pub mentioned: BTreeSet<String>,
    /// The names outside of the project of external networks and volumes that nothing of it makes or speaks of.
    pub never_made: BTreeSet<String>,
    /// Whether a note beside the project tells people to start it with Compose.
    pub told_to_start: bool,
    /// Whether scripts and notes beside the project say to run `composer install`.
    pub installs_by_hand: bool,
    /// Whether people are told to install the packages of Node on this machine before they start the containers.
    pub installs_first: bool,
    /// Whether they say to make databases by a command.
    pub makes_databases_by_hand: bool,
    /// Whether scripts or notes beside the project say how its images are built or brought.
    pub builds_images_by_hand: bool,
    /// Whether there is a note beside the project that says how it is started.
    pub is_described: bool,
    /// Whether a Dockerfile lies beside its files, or in a folder there, where something is not built: they do not lie here alone.
    pub has_sources: bool,
    /// Whether what builds make is nowhere said to be made on this machine first, though there is a text that tells how the
    /// project is started.
    pub builds_alone: bool,
    /// Names of files that scripts and notes beside the project hand to `--env-file`.
    pub handed: BTreeSet<String>,
    /// What the project says of itself.
    pub own: Own,
    /// The profiles that were asked for.
    pub profiles: Vec<String>,
    /// The variables interpolation sees: the host's environment over the env files, with origin
    /// ([`Span::NONE`] for the host's).
    pub environment: IndexMap<String, Text>,
    /// What Compose refuses or warns about.
    pub problems: Vec<Problem>,
}

impl Project {
    /// Whether nothing runs, because every service belongs to profiles and none was asked for: `docker compose up` says `no service
    /// selected`.
    #[must_use]
    pub fn needs_a_profile(&self) -> bool {
        self.profiles.iter().all(String::is_empty)
            && !self.services.is_empty()
            && self.active().next().is_none()
    }

    /// Whether the services of all profiles run.
    #[must_use]
    pub fn takes_every_profile(&self) -> bool {
        self.profiles.iter().any(|profile| profile == super::ALL_PROFILES)
    }

    /// The services that run: no profile, or an active one.
    pub fn active(&self) -> impl Iterator<Item = &Service> {
        self.services.values().filter(|service| service.active)
    }

    /// What `include` or `extends` take from elsewhere (a repository, a registry) and was not looked at. What the
    /// project lacks may be there.
    pub fn remote(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.kind == ProblemKind::MissingFile && !problem.refuses)
    }

    /// Whether Compose would refuse the project.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.refuses)
    }
}

/// A service.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// The name, at its key. With several files, the first file's key.
    pub name: Spanned<String>,
    /// The whole mapping of the service in the file that defines it first.
    pub origin: Origin,
    /// Whether a profile keeps it from running.
    pub active: bool,
    /// `profiles`
    pub profiles: Vec<Located<String>>,
    /// `image`
    pub image: Option<Located<Text>>,
    /// `build`
    pub build: Option<Build>,
    /// `command`, split into words
    pub command: Option<Command>,
    /// `entrypoint`, split into words
    pub entrypoint: Option<Command>,
    /// `environment`, merged; in the order Compose has it
    pub environment: Environment,
    /// `env_file`, in order, each with what it sets
    pub env_files: Vec<EnvFile>,
    /// The variables that other compose files of the folder, which do not stand alone, set for it where they are laid over.
    pub overlaid: BTreeSet<String>,
    /// `ports`
    pub ports: Vec<Port>,
    /// `expose`: first and last port
    pub expose: Vec<Located<(u16, u16)>>,
    /// `networks`, with the implied `default`
    pub networks: Vec<Attachment>,
    /// `network_mode`
    pub network_mode: Option<Located<NetworkMode>>,
    /// `depends_on`, and what `links`, `network_mode: service:` and the like imply
    pub depends_on: Vec<Dependency>,
    /// Where the key `depends_on` stands.
    pub depends_on_key: Span,
    /// `healthcheck`
    pub healthcheck: Option<Healthcheck>,
    /// `volumes` and `tmpfs`
    pub volumes: Vec<Mount>,
    /// `links`: service and alias
    pub links: Vec<Link>,
    /// `external_links`: the names by which containers of other projects are reached
    pub external_links: Vec<Located<String>>,
    /// `extra_hosts`: host and address
    pub extra_hosts: Vec<Located<(String, String)>>,
    /// `container_name`
    pub container_name: Option<Located<Text>>,
    /// `hostname`
    pub hostname: Option<Located<Text>>,
    /// `domainname`
    pub domainname: Option<Located<Text>>,
    /// Whether a small init is its first process, which starts the command.
    pub init: bool,
    /// `tty`, or `stdin_open`: a terminal or a pipe keeps what waits for words.
    pub interactive: bool,
    /// `pull_policy`
    pub pull_policy: Option<Located<Text>>,
    /// `restart`
    pub restart: Option<Located<Text>>,
    /// `deploy.restart_policy.condition`, which Compose takes over `restart`; blank where it is not said.
    pub restart_condition: Option<Located<String>>,
    /// `deploy.replicas` or `scale`
    pub replicas: Option<Located<i64>>,
    /// `working_dir`
    pub working_dir: Option<Located<Text>>,
    /// `user`
    pub user: Option<Located<Text>>,
    /// `labels`
    pub labels: IndexMap<String, Located<Text>>,
    /// `secrets`
    pub secrets: Vec<Located<FileReference>>,
    /// `configs`
    pub configs: Vec<Located<FileReference>>,
    /// `provider` is set: the service is no container.
    pub provider: Option<Span>,
    /// `platform`
    pub platform: Option<Located<Text>>,
}

/// `build`
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The whole `build` value.
    pub origin: Origin,
    /// `context` as written; `None` when it is left to its default `.`
    pub context: Option<Located<Text>>,
    /// The context on this machine; `None` for URLs and contexts that depend on unknown values.
    pub directory: Option<PathBuf>,
    /// `dockerfile`, relative to the context
    pub dockerfile: Option<Located<Text>>,
    /// `dockerfile_inline`
    pub dockerfile_inline: Option<Located<Text>>,
    /// `args`; `None` where the host's value is taken and there is none
    pub args: IndexMap<String, Located<Option<Text>>>,
    /// `target`
    pub target: Option<Located<Text>>,
    /// The names of `additional_contexts`, which `FROM` and `COPY --from` may use in place of a stage or an image.
    pub contexts: Vec<String>,
    /// `network`
    pub network: Option<Located<Text>>,
}

/// `command`, `entrypoint`: words, from either form.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The words as the container gets them. Interpolated by Compose, not by a shell.
    pub words: Vec<Text>,
    /// Whether it was one string that Compose split.
    pub split: bool,
    /// What Compose drops of that string: it ends at the first `;`, `&`, `|`, `<` or `>` outside of quotes.
    pub dropped: Option<Text>,
    /// The whole value.
    pub origin: Origin,
}

/// `environment`
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Where the key `environment` stands; `NONE` when the service has none.
    pub key: Span,
    /// The block (list or mapping) of the last file that has one.
    pub block: Span,
    /// How that block is written.
    pub form: EnvironmentForm,
    /// What is set, by name. `None`: named without a value, and the host has none.
    pub variables: IndexMap<String, Variable>,
}

/// How an `environment` block is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvironmentForm {
    /// There is no block.
    #[default]
    Absent,
    /// `- NAME=value`
    List,
    /// `NAME: value`
    Mapping,
}

/// A variable that `environment` or an env file sets.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Variable {
    /// Where the name is written.
    pub key: Span,
    /// The value; `None` when it is passed through from a host that has none.
    pub value: Option<Text>,
    /// The whole entry, and how it came here.
    pub origin: Origin,
}

/// An entry of `env_file`.
#[derive(Clone, Debug, Default)]
pub struct EnvFile {
    /// The path as written.
    pub path: Located<Text>,
    /// The file on this machine.
    pub file: PathBuf,
    /// `required`
    pub required: bool,
    /// Whether it was there.
    pub found: bool,
    /// The file that says what is to be written into it, where it was not: a sample, or a README.
    pub sample: Option<PathBuf>,
    /// Whether a sample or a README speaks of it, where it was not there.
    pub documented: bool,
    /// Whether there is a sample, and nothing says that the file is to be made of it.
    pub untold: bool,
    /// Whether the repository leaves it out, so that whoever starts the project has one of their own.
    pub left_out: bool,
    /// What it sets, in order; a later entry of one name wins.
    pub variables: IndexMap<String, Variable>,
}

impl EnvFile {
    /// Whether it can't be seen what it sets.
    #[must_use]
    pub const fn is_unseen(&self) -> bool {
        !self.found && self.sample.is_none()
    }
}

/// An entry of `ports`.
#[derive(Clone, Debug, Default)]
pub struct Port {
    /// Where it is written.
    pub origin: Origin,
    /// The address of the host it is bound to.
    pub host_ip: Option<String>,
    /// First and last port of the host; `None` when Docker chooses one.
    pub published: Option<(u16, u16)>,
    /// The port of the host as it is written.
    pub published_text: Text,
    /// First and last port of the container.
    pub target: (u16, u16),
    /// Where the port of the container is written.
    pub target_origin: Origin,
    /// `tcp`, `udp` or `sctp`
    pub protocol: String,
}

/// A service's place on a network.
#[derive(Clone, Debug, Default)]
pub struct Attachment {
    /// The network's key.
    pub network: Located<String>,
    /// Names it has there besides the service's.
    pub aliases: Vec<Located<String>>,
    /// `ipv4_address`, `ipv6_address`
    pub addresses: Vec<Located<String>>,
}

/// `network_mode`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NetworkMode {
    /// `none`
    None,
    /// `host`
    Host,
    /// `bridge`
    #[default]
    Bridge,
    /// `service:NAME`
    Service(String),
    /// `container:NAME`
    Container(String),
    /// Something else, a network driver's own word.
    Other(String),
}

/// When a dependency counts as ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `service_started`
    #[default]
    Started,
    /// `service_healthy`
    Healthy,
    /// `service_completed_successfully`
    Completed,
}

/// An entry of `depends_on`.
#[derive(Clone, Debug, Default)]
pub struct Dependency {
    /// The service waited for, at its key or list item.
    pub service: Located<String>,
    /// What is waited for; the span is the written condition, or `NONE` in the short form.
    pub condition: Spanned<Condition>,
    /// `required`
    pub required: bool,
    /// `restart`
    pub restart: bool,
    /// Not written, but implied by `links`, `volumes_from`, `network_mode: service:` …
    pub implied: bool,
}

/// `healthcheck`
#[derive(Clone, Debug, Default)]
pub struct Healthcheck {
    /// Where the key `healthcheck` stands.
    pub key: Span,
    /// The whole value.
    pub origin: Origin,
    /// `disable: true`, or a test of `NONE`
    pub disabled: bool,
    /// `test`; `None` when the image's own is kept
    pub test: Option<HealthTest>,
    /// `interval`
    pub interval: Option<Located<Duration>>,
    /// `timeout`
    pub timeout: Option<Located<Duration>>,
    /// `retries`
    pub retries: Option<Located<i64>>,
    /// `start_period`
    pub start_period: Option<Located<Duration>>,
    /// `start_interval`
    pub start_interval: Option<Located<Duration>>,
}

/// `healthcheck.test`
#[derive(Clone, Debug, Default)]
pub struct HealthTest {
    /// The whole value.
    pub origin: Origin,
    /// Whether a shell runs it (`CMD-SHELL`, or one string).
    pub shell: bool,
    /// The words after `CMD` or `CMD-SHELL`; one when it was a string.
    pub words: Vec<Located<Text>>,
}

/// A mount of a service (`volumes`, `tmpfs`).
#[derive(Clone, Debug, Default)]
pub struct Mount {
    /// Where it is written.
    pub origin: Origin,
    /// What is mounted.
    pub kind: MountKind,
    /// The volume's key, or the path as written; `None` for anonymous volumes and tmpfs.
    pub source: Option<String>,
    /// The path of a bind mount on this machine.
    pub path: Option<PathBuf>,
    /// Where it is in the container.
    pub target: String,
    /// Where that is written.
    pub target_origin: Origin,
    /// Whether the container can't write it.
    pub read_only: bool,
}

/// What a mount mounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MountKind {
    /// A named or anonymous volume.
    #[default]
    Volume,
    /// A path of the host.
    Bind,
    /// Memory.
    Tmpfs,
    /// `cluster`, `npipe`, `image`
    Other,
}

/// An entry of `links`.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Where it is written.
    pub origin: Origin,
    /// The service.
    pub service: String,
    /// The name it gets; the service's own when none is written.
    pub alias: String,
}

/// A service's use of a secret or config.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileReference {
    /// The key of the top-level secret or config.
    pub source: String,
    /// The path in the container.
    pub target: String,
}
