//! Which fields hold what was read into variables first.

use std::collections::{HashMap, HashSet};

use crate::programs::walk::children;
use crate::programs::{Expr, Read};
use crate::source::Span;

/// Parts of one value that are looked at.
const MAX_PARTS: usize = 300;

/// Where variables of functions go that hold reads: into fields of the program's structs, or elsewhere.
#[derive(Debug, Default)]
pub struct Holders {
    fields: HashMap<Span, HashSet<String>>,
    elsewhere: HashSet<Span>,
    /// The reads in variables that are used to make another, innermost last.
    passed_on: Vec<Vec<Span>>,
}

impl Holders {
    /// A variable of this value becomes the value, or a part of it, of a field.
    pub fn in_field(&mut self, value: &Expr, field: &str) {
        for read in reads_in(value) {
            self.fields.entry(read).or_default().insert(field.to_string());
        }
    }

    /// A variable of this value is used otherwise.
    pub fn used(&mut self, value: &Expr) {
        let reads = reads_in(value);
        match self.passed_on.last_mut() {
            Some(passed) => passed.extend(reads),
            None => self.elsewhere.extend(reads),
        }
    }

    /// Begins the value of a variable: what is used in it is looked at by whoever looks at the variable.
    pub fn begin(&mut self) {
        self.passed_on.push(Vec::new());
    }

    /// Ends it: what did not become a part of the value was used for something else.
    pub fn end(&mut self, made: &[Expr]) {
        let Some(passed) = self.passed_on.pop() else { return };
        let kept: HashSet<Span> = made.iter().flat_map(reads_in).collect();
        self.elsewhere.extend(passed.into_iter().filter(|read| !kept.contains(read)));
    }

    /// Says of the reads which field holds them, where it is one alone.
    pub fn tell(&self, reads: &mut [Read]) {
        for read in reads.iter_mut().filter(|read| read.held.is_none()) {
            let fields = self.fields.get(&read.span).filter(|_| !self.elsewhere.contains(&read.span));
            if let Some(fields) = fields.filter(|fields| fields.len() == 1) {
                read.held = fields.iter().next().cloned();
            }
        }
    }
}

/// The places of the reads, and of the calls that may be some, in a value.
fn reads_in(value: &Expr) -> Vec<Span> {
    let mut queue = vec![value];
    let mut found = Vec::new();
    for _ in 0..MAX_PARTS {
        let Some(expr) = queue.pop() else { break };
        match expr {
            Expr::Read(read) => found.push(read.span),
            Expr::Call(call) => found.push(call.span),
            _ => {}
        }
        queue.extend(children(expr));
    }
    found
}
