//! Which findings speak of which dial: by the service and by the places where the dial's parts are written.

use crate::facts::{By, Dial, ServiceFacts};
use crate::finding::{Finding, Severity};
use crate::source::{Span, Text};

/// The findings of the group `wiring` that speak of each of the client's dials.
///
/// A finding belongs to the dials at its primary place. One whose primary place belongs to none, as that of a
/// network that is missing, belongs to those that its labels point at; so does one at a variable that no program is
/// seen to read, where a label points at a dial of a program: that is the one that goes astray.
#[must_use]
pub fn joined<'f>(client: &ServiceFacts<'_>, findings: &[&'f Finding]) -> Vec<Vec<&'f Finding>> {
    let places: Vec<Vec<Span>> = client.dials.iter().map(|dial| places(client, dial)).collect();
    let mut joined: Vec<Vec<&Finding>> = vec![Vec::new(); client.dials.len()];
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        let at_primary = |dial: &[Span]| dial.iter().any(|place| touch(*place, finding.at));
        let at_label = |dial: &[Span]| dial.iter().any(|place| labels(finding).any(|label| label == *place));
        let primary: Vec<usize> = indices(&places, at_primary);
        let is_set_only =
            |index: &usize| client.dials.get(*index).is_some_and(|dial| matches!(dial.by, By::Variable(_)));
        let found = if primary.is_empty() {
            indices(&places, at_label)
        } else if primary.iter().all(is_set_only) {
            let mut read =
                indices(&places, |dial| labels(finding).any(|label| dial.iter().any(|it| touch(*it, label))));
            read.retain(|index| !is_set_only(index));
            if read.is_empty() { primary } else { read }
        } else {
            primary
        };
        for index in found {
            if let Some(of_dial) = joined.get_mut(index) {
                of_dial.push(finding);
            }
        }
    }
    joined
}

fn labels(finding: &Finding) -> impl Iterator<Item = Span> {
    finding.also.iter().map(|label| label.span)
}

fn indices(places: &[Vec<Span>], wanted: impl Fn(&[Span]) -> bool) -> Vec<usize> {
    places.iter().enumerate().filter(|(_, places)| wanted(places)).map(|(index, _)| index).collect()
}

/// Whether one place lies within the other.
fn touch(a: Span, b: Span) -> bool {
    !a.is_none() && !b.is_none() && (a.contains(b) || b.contains(a))
}

/// Where the dial's hosts and ports are written, and what stands for it where they are not.
fn places(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Vec<Span> {
    let addresses = dial.endpoint.hosts.iter();
    let written = addresses.flat_map(|address| [Some(&address.host), address.port.as_ref()]);
    let mut places: Vec<Span> = written.flatten().map(Text::span).collect();
    places.extend(dial.endpoint.text.pieces().iter().map(|piece| piece.origin.written));
    places.push(dial.place);
    match dial.by {
        By::Sink(_, sink) => places.push(sink.callee.span),
        By::Read(_, read) => places.push(read.span),
        By::Variable(_) => {}
    }
    let set = dial.variable().and_then(|name| client.environment.get(name));
    places.extend(set.map(|set| set.variable.key));
    places.retain(|place| !place.is_none());
    places.sort_by_key(|place| (place.lo, place.hi));
    places.dedup();
    places
}
