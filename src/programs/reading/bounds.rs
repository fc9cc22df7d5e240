//! How deep and how long a front end reads.

/// Source nests deeper than this only when it is generated or hostile.
const MAX_DEPTH: usize = 56;
/// Expressions and statements that are looked at in one file.
const MAX_WORK: usize = 3_000_000;

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
        if self.depth >= MAX_DEPTH || self.work == 0 {
            return false;
        }
        self.work -= 1;
        self.depth += 1;
        true
    }

    /// Comes back from [`Bounds::down`].
    pub fn up(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Takes one step of work; says no when none is left.
    pub fn work(&mut self) -> bool {
        self.work = self.work.saturating_sub(1);
        self.work > 0
    }
}
