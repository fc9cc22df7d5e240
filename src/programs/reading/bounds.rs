//! How deep and how long a front end reads.

use super::parse::{GaveUp, give_up};

/// Source nests deeper than this only when it is generated or hostile.
const MAX_DEPTH: usize = 56;
/// Expressions and statements that are looked at in one file.
const MAX_WORK: usize = 1_500_000;

/// What is left of the depth and work that one file may take.
#[derive(Debug)]
pub struct Bounds {
    depth: usize,
    work: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { depth: 0, work: MAX_WORK }
    }
}

impl Bounds {
    /// Goes one level deeper; says no beyond the bounds. Every yes is followed by [`Bounds::up`].
    pub fn down(&mut self) -> bool {
        let goes = self.depth < MAX_DEPTH && self.work();
        self.depth += usize::from(goes);
        goes
    }

    /// Comes back from [`Bounds::down`].
    pub fn up(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Takes one step of work; says no when none is left.
    pub fn work(&mut self) -> bool {
        let left = self.work > 0;
        self.work = self.work.saturating_sub(1);
        if left && self.work == 0 {
            give_up(GaveUp::TooMuch);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::watched;
    use super::*;

    #[test]
    fn the_end_of_work_is_said() {
        let mut bounds = Bounds { depth: 0, work: 2 };
        assert_eq!(watched(|| (bounds.work(), bounds.down())), ((true, true), Some(GaveUp::TooMuch)));
        assert_eq!(watched(|| (bounds.work(), bounds.down())), ((false, false), None));
    }
}
