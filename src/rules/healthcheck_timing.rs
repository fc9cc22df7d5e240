//! Times of a healthcheck that keep services from starting, or do not say what they seem to.

use std::time::Duration;

use super::prelude::*;
use super::wait_fixes;
use crate::compose::edits::Value;
use crate::compose::{Healthcheck, Located};
use crate::facts::readiness;

rule!("healthcheck-timing", check);

/// What Docker takes where nothing is said.
const INTERVAL: Duration = Duration::from_secs(30);
const RETRIES: u32 = 3;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for facts in cx.facts.active() {
        let Some(health) = facts.service.healthcheck.as_ref().filter(|health| !health.disabled) else {
            continue;
        };
        let timing = Timing { facts, health };
        let found = timing.no_start_period().or_else(|| timing.too_short(cx)).or_else(|| timing.late(cx));
        out.extend(found.into_iter().chain(timing.zeros()).map(|found| timing.finding(cx, found)));
    }
}

struct Timing<'a> {
    facts: &'a ServiceFacts<'a>,
    health: &'a Healthcheck,
}

struct Found {
    at: Span,
    message: String,
    here: String,
    /// What to set, in the healthcheck.
    set: (&'static str, String),
    severity: Severity,
    confidence: Confidence,
    also: Option<(Span, String)>,
}

impl Timing<'_> {
    fn finding(&self, cx: &Context<'_>, found: Found) -> Finding {
        let name = &self.facts.service.name.value;
        let (key, value) = found.set;
        let finding = RULE
            .finding(found.at, found.message)
            .service(name.clone())
            .here(found.here)
            .severity(found.severity)
            .at_most(found.confidence)
            .help(format!("in the `healthcheck` of `{name}` write `{key}: {value}`"))
            .evidence(key);
        let finding = match found.also {
            Some((span, text)) => finding.also(span, text),
            None => finding,
        };
        let block = &self.health.origin;
        let edits = || cx.edits.set_entry(block.written, key, &Value::Bare(value.clone()));
        match wait_fixes::is_own(block).then(edits).flatten() {
            Some(edits) => finding.fix(Fix {
                title: format!("set `{key}` to `{value}`"),
                applicability: Applicability::Unsafe,
                edits,
            }),
            None => finding,
        }
    }

    fn name(&self) -> &str {
        &self.facts.service.name.value
    }

    fn start_period(&self) -> Duration {
        self.health.start_period.as_ref().map_or(Duration::ZERO, |period| period.value)
    }

    fn interval(&self) -> Duration {
        self.health.interval.as_ref().map(|it| it.value).filter(|it| !it.is_zero()).unwrap_or(INTERVAL)
    }

    /// The first service that waits until this one is healthy, and where it says so.
    fn waiting<'c>(&self, cx: &'c Context<'_>) -> Option<(&'c str, Span)> {
        cx.facts.active().find_map(|client| {
            let wait = readiness::dependency(client, self.name())?;
            (wait.condition.value == Condition::Healthy)
                .then_some((client.service.name.value.as_str(), wait.condition.span))
        })
    }

    /// Compose refuses to create a container with `start_interval` alone.
    fn no_start_period(&self) -> Option<Found> {
        let interval = self.health.start_interval.as_ref().filter(|_| self.health.start_period.is_none())?;
        let name = self.name();
        Some(Found {
            at: interval.span(),
            message: format!(
                "`{name}` has a `start_interval` without a `start_period`: `docker compose up` refuses it"
            ),
            here: "only counts within a `start_period`".to_string(),
            set: ("start_period", self.suited()),
            severity: Severity::Error,
            confidence: Confidence::Certain,
            also: None,
        })
    }

    /// The start period that suits the image.
    fn suited(&self) -> String {
        shown(wait_fixes::first_start(self.facts).unwrap_or(INTERVAL))
    }

    /// It counts as unhealthy before a slow starter can be up, and Compose gives up on those that wait.
    fn too_short(&self, cx: &Context<'_>) -> Option<Found> {
        // What the image's own check says of times is not known.
        self.health.test.as_ref()?;
        let need = wait_fixes::first_start(self.facts)?;
        let (client, at) = self.waiting(cx)?;
        let retries = self.health.retries.as_ref().map_or(0, |retries| retries.value);
        let retries = u32::try_from(retries).ok().filter(|retries| *retries > 0).unwrap_or(RETRIES);
        let interval = self.interval();
        let budget = self.start_period().saturating_add(interval.saturating_mul(retries));
        // What it may take is taken generously: only a third of it is surely short.
        if budget.saturating_mul(3) >= need {
            return None;
        }
        let name = self.name();
        let title = self.facts.image.map_or("the server", |image| image.title.as_str());
        let times = if retries == 1 {
            "one check has".to_string()
        } else {
            format!("{retries} checks, {} apart, have", shown(interval))
        };
        Some(Found {
            at: self.health.key,
            message: format!(
                "`{name}` counts as unhealthy {} after its start, when {times} failed, and Compose then gives up on \
                 `{client}`; the first start of {title} may take longer",
                shown(budget)
            ),
            here: format!("gives up after {}", shown(budget)),
            set: ("start_period", shown(need)),
            severity: Severity::Warning,
            confidence: Confidence::Likely,
            also: Some((at, format!("`{client}` waits for it here"))),
        })
    }

    /// Whoever waits starts a long interval later: the first check comes at its end.
    fn late(&self, cx: &Context<'_>) -> Option<Found> {
        let interval = self.health.interval.as_ref().filter(|it| it.value >= Duration::from_secs(60))?;
        let (client, at) = self.waiting(cx).filter(|_| self.start_period().is_zero())?;
        let name = self.name();
        Some(Found {
            at: interval.span(),
            message: format!(
                "`{client}` starts {} after `{name}` at the earliest: without a `start_period` the first check comes \
                 after one `interval`",
                shown(interval.value)
            ),
            here: "also passes before the first check".to_string(),
            set: ("start_period", self.suited()),
            severity: Severity::Advice,
            confidence: Confidence::Certain,
            also: Some((at, format!("`{client}` waits for it here"))),
        })
    }

    /// Docker takes a zero for "not said".
    fn zeros(&self) -> Vec<Found> {
        let zero = |time: &Option<Located<Duration>>| {
            time.as_ref().filter(|it| it.value.is_zero()).map(Located::span)
        };
        let retries = self.health.retries.as_ref().filter(|it| it.value == 0).map(Located::span);
        let all = [
            ("interval", zero(&self.health.interval), "30s"),
            ("timeout", zero(&self.health.timeout), "30s"),
            ("retries", retries, "3"),
        ];
        let found = all.into_iter().filter_map(|(key, at, usual)| {
            let name = self.name();
            Some(Found {
                at: at?,
                message: format!(
                    "`{key}` of zero in the healthcheck of `{name}` means the default, {usual}, not none"
                ),
                here: format!("means {usual}"),
                set: (key, if key == "retries" { "1" } else { usual }.to_string()),
                severity: Severity::Advice,
                confidence: Confidence::Certain,
                also: None,
            })
        });
        found.collect()
    }
}

/// A duration as Compose files write it.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration.subsec_millis() > 0 {
        return format!("{}ms", duration.as_millis());
    }
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, seconds) if minutes > 2 => format!("{minutes}m{seconds}s"),
        (0, ..) => format!("{seconds}s"),
        (hours, 0, 0) => format!("{hours}h"),
        (hours, minutes, _) => format!("{hours}h{minutes}m"),
    }
}
