//! What the readers of all languages do alike with their file, bounds, notes and names.

/// The methods of a reader that has a `file` and `bounds`, within its `impl`; those that are named after the lifetime
/// come with it where the reader needs them, and want its `notes` or `names`.
macro_rules! handholds {
    ($t:lifetime $(, $more:ident)*) => {
        /// The text of a node.
        pub fn text(&self, node: tree_sitter::Node<'_>) -> &$t str {
            self.file.text.get(node.byte_range()).unwrap_or("")
        }

        /// The place of a node.
        pub fn span(&self, node: tree_sitter::Node<'_>) -> $crate::source::Span {
            self.file.slice(node.start_byte(), node.end_byte())
        }

        /// Text and place of a node.
        pub fn spanned(&self, node: tree_sitter::Node<'_>) -> $crate::source::Spanned<String> {
            $crate::source::Spanned::new(self.text(node).to_string(), self.span(node))
        }

        /// Runs `go` one level deeper; `None` beyond the bounds.
        pub fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> Option<T> {
            if !self.bounds.down() {
                return None;
            }
            let out = go(self);
            self.bounds.up();
            Some(out)
        }

        $($crate::programs::reading::handholds!(@ $more);)*
    };
    (@ work_left) => {
        /// Whether more may be read.
        pub fn work_left(&mut self) -> bool {
            self.bounds.work()
        }
    };
    (@ silently) => {
        /// Runs `go` without noting reads, sinks and remarks.
        pub fn silently<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> T {
            let recording = std::mem::replace(&mut self.notes.recording, false);
            let out = go(self);
            self.notes.recording = recording;
            out
        }
    };
    (@ branch) => {
        /// Reads a branch under a condition and takes its names back; `go` says whether it leaves the code around.
        pub fn branch(
            &mut self,
            condition: Option<$crate::programs::Condition>,
            go: impl FnOnce(&mut Self) -> bool,
        ) -> $crate::programs::reading::Branch {
            let mark = self.names.enter(condition);
            let leaves = go(self);
            self.names.leave(mark, leaves)
        }
    };
}

pub(crate) use handholds;
