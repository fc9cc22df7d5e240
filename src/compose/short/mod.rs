//! The short forms: texts that Compose takes apart. Each parser is for one form, knows nothing of
//! YAML, and says at which bytes of the text each part stands.

pub mod bytes;
pub mod duration;
pub mod mount;
pub mod number;
pub mod port;
pub mod words;

/// Why a text can't be read, in the words of a message that names the text before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

impl Unreadable {
    /// The reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
