//! What values of instructions stand for: ports, durations, texts that come by `ENV`.

use std::time::Duration;

use super::Health;
use super::text::span_of;
use crate::compose::{HealthTest, Healthcheck, Located};
use crate::source::{Origin, Span, Spanned, Text, Via};

/// The widest range of ports that `EXPOSE` is unrolled to.
const MAX_PORT_RANGE: u16 = 256;

/// The value with the step on every piece that did not come by an earlier `ENV`.
pub(super) fn set_by(value: &Text, step: &Via) -> Text {
    let pieces = value.pieces().iter().cloned().map(|mut piece| {
        if !piece.origin.through.iter().any(|via| matches!(via, Via::ImageEnv(_))) {
            piece.origin.through.push(step.clone());
        }
        Text::from_piece(piece)
    });
    Text::concat(pieces)
}

/// `8000`, `8000/tcp`, `8000-8010`
pub(super) fn exposed(port: &Text) -> Vec<Spanned<u16>> {
    let at = span_of(port);
    let plain = port.assumed();
    let mut ports = Vec::new();
    for word in plain.split_whitespace() {
        let number = word.split('/').next().unwrap_or(word);
        let (first, last) = number.split_once('-').unwrap_or((number, number));
        if let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) {
            let last = last.min(first.saturating_add(MAX_PORT_RANGE));
            ports.extend((first..=last).map(|port| Spanned::new(port, at)));
        }
    }
    ports
}

/// A duration as Go writes it: `30s`, `1m30s`, `500ms`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0_f64;
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let factor = match &after[..unit] {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        rest = &after[unit..];
    }
    (!text.trim().is_empty()).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

/// `HEALTHCHECK`
pub(super) fn healthcheck(health: &Health, expand: impl Fn(&Text) -> Text) -> Healthcheck {
    let located = |text: &Text| Located::new(text.clone(), Origin::at(span_of(text)));
    let duration = |name: &str| {
        let (_, value) = health.options.iter().find(|(given, _)| given == name)?;
        let value = expand(value);
        Some(Located::new(duration(&value.complete()?)?, Origin::at(span_of(&value))))
    };
    let retries = health.options.iter().find(|(name, _)| name == "retries");
    Healthcheck {
        key: health.keyword,
        origin: Origin::at(health.keyword.to(health.test.as_ref().map_or(Span::NONE, |test| test.span))),
        disabled: health.test.is_none(),
        test: health.test.as_ref().map(|test| HealthTest {
            origin: Origin::at(test.span),
            shell: test.shell,
            words: test.words.iter().map(located).collect(),
        }),
        interval: duration("interval"),
        timeout: duration("timeout"),
        retries: retries.and_then(|(_, value)| {
            let number = value.complete()?.parse().ok()?;
            Some(Located::new(number, Origin::at(span_of(value))))
        }),
        start_period: duration("start-period"),
        start_interval: duration("start-interval"),
    }
}
