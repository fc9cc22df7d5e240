//! What a rule says: findings, their labels and fixes; and what goes wrong while loading.

use serde::Serialize;

use crate::source::Span;

/// What happens if a finding is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It is worse than it need be.
    Advice,
    /// It breaks under an ordinary condition: cold start, second run, Linux host, documented `.env`.
    Warning,
    /// It does not start or cannot work.
    Error,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Rests on something that can't be seen from here; shown only when asked for.
    Possible,
    /// A known image or convention is involved, or a default that the host may override.
    Likely,
    /// Follows from the files.
    Certain,
}

/// A place that belongs to a finding, and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there, in a few words.
    pub text: String,
}

/// Whether a fix may be applied without a person looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Cannot change the meaning wrongly.
    Safe,
    /// Changes what happens when the project runs.
    Unsafe,
}

/// One replacement of bytes. An empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

/// A change that would end a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: "set `X` to `y` for `api`".
    pub title: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// The edits, disjoint.
    pub edits: Vec<Edit>,
}

/// One thing that deserves a person's attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// What happens if it is ignored.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The service it is about.
    pub service: Option<String>,
    /// The fact: lower case start, no final stop, names in backticks.
    pub message: String,
    /// Where the wrong text is written.
    pub at: Span,
    /// What to say at that place in a picture of the source; the message says the whole.
    pub label: Option<String>,
    /// The other places of the story.
    pub also: Vec<Label>,
    /// What to do, with the concrete value to write.
    pub help: Option<String>,
    /// A change that ends it.
    pub fix: Option<Fix>,
    /// What makes this finding this finding (names, values), for baselines; never the message or the line.
    pub evidence: Vec<String>,
    /// The other services of which the same is true at the same place, where a report tells it once.
    pub alike: Vec<String>,
}

impl Finding {
    /// Names the service.
    #[must_use]
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Says what stands at the primary place.
    #[must_use]
    pub fn here(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    /// Adds a related place. A place that stands in no file is left out.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        if !span.is_none() {
            self.also.push(Label { span, text: text.into() });
        }
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Lowers the confidence to at most this.
    #[must_use]
    pub fn at_most(mut self, confidence: Confidence) -> Self {
        self.confidence = self.confidence.min(confidence);
        self
    }

    /// Sets the severity where it differs from the rule's own.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds to the finding's identity.
    #[must_use]
    pub fn evidence(mut self, text: impl Into<String>) -> Self {
        self.evidence.push(text.into());
        self
    }

    /// Offers a change.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// Something that Compose refuses or warns about while it loads a project. Loading goes on; the
/// rule of that name reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which rule reports it.
    pub kind: ProblemKind,
    /// Whether `docker compose config` refuses the project for it.
    pub refuses: bool,
    /// The service it is about, if it is about one.
    pub service: Option<String>,
    /// The attribute in whose value it is, by its keys (`services`, `api`, `image`), where that matters.
    pub path: Vec<String>,
    /// The name it is about: a variable, a service, a key.
    pub subject: Option<String>,
    /// The fact, in the style of [`Finding::message`].
    pub message: String,
    /// The offending key or value.
    pub at: Span,
    /// Related places.
    pub also: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The name that was probably meant in place of the one at this place.
    pub meant: Option<String>,
}

impl Problem {
    /// A problem for which Compose refuses the project.
    pub fn refusal(kind: ProblemKind, at: Span, message: impl Into<String>) -> Self {
        Self {
            kind,
            refuses: true,
            service: None,
            path: Vec::new(),
            subject: None,
            message: message.into(),
            at,
            also: Vec::new(),
            help: None,
            meant: None,
        }
    }

    /// A problem that Compose lives with.
    pub fn warning(kind: ProblemKind, at: Span, message: impl Into<String>) -> Self {
        Self { refuses: false, ..Self::refusal(kind, at, message) }
    }

    /// Adds a related place. A place that stands in no file is left out.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        if !span.is_none() {
            self.also.push(Label { span, text: text.into() });
        }
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Names the service.
    #[must_use]
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Names what it is about.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

macro_rules! problem_kinds {
    ($($(#[$doc:meta])* $variant:ident => $rule:literal,)*) => {
        /// The rules that report what goes wrong while a project is loaded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $($(#[$doc])* $variant,)*
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[ProblemKind] = &[$(ProblemKind::$variant,)*];

            /// The name of the rule that reports this kind.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self {
                    $(ProblemKind::$variant => $rule,)*
                }
            }
        }
    };
}

problem_kinds! {
    /// The text is no YAML, or not the YAML that Compose reads.
    InvalidYaml => "invalid-yaml",
    /// A key stands twice in one mapping.
    DuplicateKey => "duplicate-key",
    /// Aliases expand to more nodes than any project has.
    AliasBomb => "alias-bomb",
    /// A key that Compose does not know.
    UnknownAttribute => "unknown-attribute",
    /// A value of another type than Compose wants there.
    WrongType => "wrong-type",
    /// A value of the right type that Compose can't read (port, duration, size, condition …).
    InvalidValue => "invalid-value",
    /// A `${…}` that Compose can't read.
    InvalidInterpolation => "invalid-interpolation",
    /// A `${X:?}` whose variable is not set.
    RequiredVariableMissing => "required-variable-missing",
    /// A reference to a host variable that nothing sets and that has no default.
    UnsetInterpolation => "unset-interpolation",
    /// One list or env file sets a variable twice, to different values.
    DuplicateVariable => "duplicate-variable",
    /// A scalar that arrives as another text than it is written.
    SurprisingScalar => "surprising-scalar",
    /// A file that an `include`, `extends`, `label_file`, `--env-file` … names and that is not there.
    MissingFile => "missing-file",
    /// A required file of `env_file` that is not there.
    EnvFileMissing => "env-file-missing",
    /// A line of an env file that Compose can't read.
    InvalidEnvFile => "invalid-env-file",
    /// `include` leads back to itself.
    IncludeCycle => "include-cycle",
    /// `extends` leads back to itself.
    ExtendsCycle => "extends-cycle",
    /// A service that is not defined, or not active, where one is needed.
    UndefinedService => "undefined-service",
    /// A network that is not defined.
    UndefinedNetwork => "undefined-network",
    /// A volume that is not defined.
    UndefinedVolume => "undefined-volume",
    /// A secret that is not defined.
    UndefinedSecret => "undefined-secret",
    /// A config that is not defined.
    UndefinedConfig => "undefined-config",
    /// A model that is not defined.
    UndefinedModel => "undefined-model",
    /// Services that wait for each other.
    DependencyCycle => "dependency-cycle",
    /// A service without image, build and provider.
    NoImageOrBuild => "no-image-or-build",
    /// Attributes that exclude each other.
    ConflictingAttributes => "conflicting-attributes",
    /// Two services with one container name.
    DuplicateContainerName => "duplicate-container-name",
    /// Two mounts at one place of a container.
    DuplicateMountTarget => "duplicate-mount-target",
    /// An attribute that Compose ignores and warns about.
    ObsoleteAttribute => "obsolete-attribute",
    /// An attribute that only Swarm honours.
    SwarmOnlyAttribute => "swarm-only-attribute",
    /// Several files that could each be the project's.
    AmbiguousProjectFile => "ambiguous-project-file",
    /// No project name can be made.
    InvalidProjectName => "invalid-project-name",
}
