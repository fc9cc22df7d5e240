//! What the readers of languages that have an order of their own do alike with their file, bounds and notes.

/// The methods of a reader that has a `file`, `bounds` and `notes`, within its `impl`.
macro_rules! handholds {
    ($t:lifetime) => {
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

        /// Whether more may be read.
        pub fn work_left(&mut self) -> bool {
            self.bounds.work()
        }

        /// Runs `go` without noting reads and sinks.
        pub fn silently<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> T {
            let recording = std::mem::replace(&mut self.notes.recording, false);
            let out = go(self);
            self.notes.recording = recording;
            out
        }
    };
}

pub(crate) use handholds;
