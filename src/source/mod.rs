//! Files and positions. Knows nothing of YAML, and is the only module that touches the disk.

mod files;
mod kept;
mod map;
mod memory;
mod origin;
mod output;
mod overlay;
mod span;
mod surgery;
mod text;
mod walks;

pub use files::{Disk, Files, Kind, MAX_WALK, ReadError, Walked, WriteError, clean, relative};
pub use kept::{is_ignored, is_submodule, repository};
pub use map::{MAX_FILE, Peeked, Position, SourceFile, SourceMap};
pub use memory::Memory;
pub use origin::{Origin, Via};
pub use output::put;
pub use overlay::Overlay;
pub use span::{Span, Spanned};
pub use text::{Certainty, Piece, Text};
