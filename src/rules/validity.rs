//! What Docker Compose refuses, or warns about, while it loads a project.
//!
//! The loader finds these and keeps them in [`Project::problems`](crate::compose::Project); each
//! kind has a rule of its own, so that severity, suppression and pages work as for all else.

use super::{Context, Rule};
use crate::finding::{Applicability, Confidence, Finding, Fix, Problem, ProblemKind, Severity};

/// What a project seems to lack as long as its remote parts are not looked at.
const MAY_BE_REMOTE: [ProblemKind; 7] = [
    ProblemKind::UndefinedService,
    ProblemKind::UndefinedNetwork,
    ProblemKind::UndefinedVolume,
    ProblemKind::UndefinedSecret,
    ProblemKind::UndefinedConfig,
    ProblemKind::UndefinedModel,
    ProblemKind::NoImageOrBuild,
];

/// What only Swarm honours, and what Compose does anyway.
const AS_IT_IS: [&str; 2] = ["mode: replicated", "endpoint_mode: vip"];

/// What only Swarm honours, and without which the service runs as well.
const FOR_ROLLOUTS: [&str; 4] = ["mode: global", "placement", "rollback_config", "update_config"];

fn report(kind: ProblemKind, rule: &'static Rule, cx: &Context<'_>, out: &mut Vec<Finding>) {
    for problem in cx.project.problems.iter().filter(|problem| problem.kind == kind) {
        let swarm = (kind == ProblemKind::SwarmOnlyAttribute).then_some(problem.subject.as_deref()).flatten();
        if swarm.is_some_and(|subject| AS_IT_IS.contains(&subject)) {
            continue;
        }
        let mut finding = Finding {
            service: problem.service.clone(),
            also: problem.also.clone(),
            help: problem.help.clone(),
            ..rule.finding(problem.at, problem.message.clone())
        };
        if swarm.is_some_and(|subject| FOR_ROLLOUTS.contains(&subject)) {
            finding = finding.severity(Severity::Advice);
        }
        // Who starts the project makes it.
        let files = || cx.project.services.values().flat_map(|service| &service.env_files);
        let mut here = files().filter(|file| file.path.span() == problem.at);
        if kind == ProblemKind::EnvFileMissing
            && let Some(file) = here.clone().find(|file| file.documented)
        {
            let sample =
                file.sample.as_ref().and_then(|path| path.file_name()).and_then(|name| name.to_str());
            let sample = sample.filter(|name| !name.to_ascii_lowercase().starts_with("readme"));
            // Who has only the notes starts without it, and Compose refuses.
            let untold = file.untold && cx.project.services.values().any(|service| service.build.is_some());
            let help = match sample {
                Some(name) if untold => format!(
                    "nothing says to copy `{name}` to it before the first start: say so in the README, or mark the file `required: false`"
                ),
                Some(name) => format!("copy `{name}` to it before the first start"),
                None => "write it before the first start, as the README says".to_string(),
            };
            let severity = if untold { Severity::Warning } else { Severity::Advice };
            finding = finding.severity(severity).help(help);
        } else if kind == ProblemKind::EnvFileMissing && here.any(|file| file.left_out) {
            let help = "the repository leaves it out (`.gitignore`), and nothing says to write it: keep a sample beside it";
            finding = finding.severity(Severity::Warning).help(help);
        }
        // What another host sets cannot be seen from here.
        if cx.project.variant
            && matches!(kind, ProblemKind::UnsetInterpolation | ProblemKind::RequiredVariableMissing)
        {
            finding = finding.at_most(Confidence::Possible);
        }
        if is_documented(problem, cx) {
            finding = finding.at_most(Confidence::Possible);
        }
        // Nor what is fetched, and what of the project may lie there.
        let fetched = kind == ProblemKind::MissingFile && !problem.refuses;
        if fetched || MAY_BE_REMOTE.contains(&kind) && cx.project.remote().next().is_some() {
            finding = finding.at_most(Confidence::Possible);
        }
        finding = finding.evidence(problem.message.clone());
        out.push(match fix(problem, cx) {
            Some(fix) => finding.fix(fix),
            None => finding,
        });
    }
}

/// Whether it is only there because variables are not set that a sample of the `.env` names: who starts the project makes one.
fn is_documented(problem: &Problem, cx: &Context<'_>) -> bool {
    let documented =
        |problem: &Problem| problem.subject.as_ref().is_some_and(|name| cx.project.documented.contains(name));
    match problem.kind {
        ProblemKind::RequiredVariableMissing => documented(problem),
        ProblemKind::InvalidValue => {
            let unset = |other: &&Problem| {
                other.kind == ProblemKind::UnsetInterpolation && problem.at.contains(other.at)
            };
            let mut unset = cx.project.problems.iter().filter(unset).peekable();
            unset.peek().is_some() && unset.all(documented)
        }
        _ => false,
    }
}

/// What can be done without knowing what was meant, or by what is most like it.
fn fix(problem: &Problem, cx: &Context<'_>) -> Option<Fix> {
    match (problem.kind, problem.subject.as_deref(), problem.meant.as_deref()) {
        (ProblemKind::ObsoleteAttribute, Some(name), _) => Some(Fix {
            title: format!("remove `{name}`"),
            applicability: Applicability::Safe,
            edits: cx.edits.remove_entry(problem.at)?,
        }),
        (ProblemKind::UnknownAttribute, _, Some(meant)) => Some(Fix {
            title: format!("write `{meant}` in its place"),
            applicability: Applicability::Unsafe,
            edits: cx.edits.rename_key(problem.at, meant)?,
        }),
        _ => None,
    }
}

macro_rules! rules {
    ($($name:ident: $kind:ident => $page:literal,)*) => {
        $(
            #[doc = concat!("`", $page, "`")]
            pub static $name: Rule = Rule::new(
                $page,
                include_str!(concat!("../../rules/", $page, ".md")),
                |cx, out| report(ProblemKind::$kind, &$name, cx, out),
            );
        )*
    };
}

rules! {
    INVALID_YAML: InvalidYaml => "invalid-yaml",
    DUPLICATE_KEY: DuplicateKey => "duplicate-key",
    ALIAS_BOMB: AliasBomb => "alias-bomb",
    UNKNOWN_ATTRIBUTE: UnknownAttribute => "unknown-attribute",
    WRONG_TYPE: WrongType => "wrong-type",
    INVALID_VALUE: InvalidValue => "invalid-value",
    INVALID_INTERPOLATION: InvalidInterpolation => "invalid-interpolation",
    REQUIRED_VARIABLE_MISSING: RequiredVariableMissing => "required-variable-missing",
    MISSING_FILE: MissingFile => "missing-file",
    ENV_FILE_MISSING: EnvFileMissing => "env-file-missing",
    INVALID_ENV_FILE: InvalidEnvFile => "invalid-env-file",
    INCLUDE_CYCLE: IncludeCycle => "include-cycle",
    EXTENDS_CYCLE: ExtendsCycle => "extends-cycle",
    UNDEFINED_SERVICE: UndefinedService => "undefined-service",
    UNDEFINED_NETWORK: UndefinedNetwork => "undefined-network",
    UNDEFINED_VOLUME: UndefinedVolume => "undefined-volume",
    UNDEFINED_SECRET: UndefinedSecret => "undefined-secret",
    UNDEFINED_CONFIG: UndefinedConfig => "undefined-config",
    UNDEFINED_MODEL: UndefinedModel => "undefined-model",
    DEPENDENCY_CYCLE: DependencyCycle => "dependency-cycle",
    NO_IMAGE_OR_BUILD: NoImageOrBuild => "no-image-or-build",
    CONFLICTING_ATTRIBUTES: ConflictingAttributes => "conflicting-attributes",
    DUPLICATE_CONTAINER_NAME: DuplicateContainerName => "duplicate-container-name",
    DUPLICATE_MOUNT_TARGET: DuplicateMountTarget => "duplicate-mount-target",
    OBSOLETE_ATTRIBUTE: ObsoleteAttribute => "obsolete-attribute",
    SWARM_ONLY_ATTRIBUTE: SwarmOnlyAttribute => "swarm-only-attribute",
    AMBIGUOUS_PROJECT_FILE: AmbiguousProjectFile => "ambiguous-project-file",
    INVALID_PROJECT_NAME: InvalidProjectName => "invalid-project-name",
}
