//! The parts of what a client says to get into a server.

/// What a client says to get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The user.
    User,
    /// The password.
    Password,
    /// A password, where the client gives none.
    NoPassword,
    /// A password, where the client gives a blank one.
    BlankPassword,
    /// A password, where the server has none and refuses those who give one.
    Unasked,
    /// The database, or what a broker calls its virtual host.
    Database,
    /// The database that MongoDB looks the user up in.
    AuthSource,
    /// A token, of a server of measurements.
    Token,
    /// An organization.
    Organization,
    /// A bucket.
    Bucket,
}

impl Part {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Part::User => "user",
            Part::Password | Part::NoPassword | Part::BlankPassword | Part::Unasked => "password",
            Part::Database => "database",
            Part::AuthSource => "authentication database",
            Part::Token => "token",
            Part::Organization => "organization",
            Part::Bucket => "bucket",
        }
    }
}
