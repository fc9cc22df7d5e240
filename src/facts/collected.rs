//! The dials of a program as they are found, each address once.

use std::collections::HashMap;

use super::dials::Dial;
use crate::programs::SinkKind;
use crate::source::Span;

/// Dials, each address once.
#[derive(Default)]
pub(super) struct Collected<'a> {
    /// Those that count.
    pub dials: Vec<Dial<'a>>,
    /// Which dial has the host that is written at a place.
    hosts: HashMap<(Span, String), usize>,
}

impl<'a> Collected<'a> {
    /// Takes a dial in, unless one with the host written at the same place is there already. A client says more than
    /// a script that only waits for the port.
    pub fn add(&mut self, dial: Dial<'a>) {
        let Some(address) = dial.endpoint.address() else { return };
        let written = address.host.span();
        // A folded text is one place, whatever stands in it.
        let key = (written, address.host.assumed());
        let waits = |dial: &Dial<'_>| dial.sink().is_some_and(|sink| sink.kind == SinkKind::Tcp);
        match self.hosts.get(&key).and_then(|at| self.dials.get_mut(*at)) {
            Some(known) if waits(known) && dial.sink().is_some() && !waits(&dial) => *known = dial,
            Some(_) => {}
            None => {
                if !written.is_none() {
                    self.hosts.insert(key, self.dials.len());
                }
                self.dials.push(dial);
            }
        }
    }
}
