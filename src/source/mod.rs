//! Files and positions. Knows nothing of YAML, and is the only module that touches the disk.

mod files;
mod map;
mod origin;
mod span;
mod surgery;
mod text;

pub use files::{Disk, Files, Kind, MAX_WALK, Memory, ReadError, clean};
pub use map::{MAX_FILE, Position, SourceFile, SourceMap};
pub use origin::{Origin, Via};
pub use span::{Span, Spanned};
pub use text::{Certainty, Piece, Text};
