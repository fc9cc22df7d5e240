//! Where anchors are used within each other's places: Compose refuses a document in which the same anchor is
//! used at a place and again below it, be it by alias or by merge key, and calls it a cycle
//! (compose-go, `loader/reset.go`).

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::source::Span;
use crate::yaml::Node;

/// The place that is being read, and the places at which each anchored node was used.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// The place and those around it, outermost first, each as a hash of its whole path.
    places: Vec<u64>,
    uses: HashMap<*const Node, Uses>,
}

#[derive(Debug, Default)]
struct Uses {
    /// Where it was used.
    at: HashMap<u64, Span>,
    /// The places around those.
    around: HashMap<u64, Span>,
    /// Uses that were told.
    told: HashSet<Span>,
}

impl Nesting {
    /// Goes one step down to an item. Compose writes its number like a key.
    pub fn item(&mut self, number: usize) {
        self.down(&number.to_string());
    }

    /// Goes one step down to a key.
    pub fn down(&mut self, step: &str) {
        let mut hasher = DefaultHasher::new();
        self.places.last().hash(&mut hasher);
        step.hash(&mut hasher);
        self.places.push(hasher.finish());
    }

    /// Comes back up.
    pub fn up(&mut self) {
        self.places.pop();
    }

    /// Notes that the node is used here. Gives the other use when one of the two places is within the other.
    pub fn used(&mut self, node: *const Node, at: Span) -> Option<Span> {
        let (here, around) = match self.places.split_last() {
            Some((here, around)) => (*here, around),
            None => (0, &[][..]),
        };
        let uses = self.uses.entry(node).or_default();
        let above = around.iter().rev().find_map(|place| uses.at.get(place));
        let other = above.or_else(|| uses.around.get(&here)).copied();
        uses.at.entry(here).or_insert(at);
        for place in around {
            uses.around.entry(*place).or_insert(at);
        }
        other.filter(|_| uses.told.insert(at))
    }
}
