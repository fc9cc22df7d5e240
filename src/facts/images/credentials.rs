//! The variables of an image that make its accounts.

use std::collections::HashMap;

use serde::Deserialize;

/// The variables that make an image's credentials, and what holds when they are not set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// The user's variable.
    pub user: Option<String>,
    /// Another name of it.
    pub or_user: Option<String>,
    /// The user when neither is set.
    pub default_user: Option<String>,
    /// The password's variable.
    pub password: Option<String>,
    /// Another name of it.
    pub or_password: Option<String>,
    /// The password when neither is set.
    pub default_password: Option<String>,
    /// The administrator's name.
    pub root_user: Option<String>,
    /// The administrator's password's variable.
    pub root_password: Option<String>,
    /// Another name of it.
    pub or_root_password: Option<String>,
    /// One variable with user and password: `user/password`.
    pub pair: Option<String>,
    /// Flags of the command that set the one password.
    pub flags: Vec<String>,
    /// The database's variable.
    pub database: Option<String>,
    /// Another name of it.
    pub or_database: Option<String>,
    /// The database when neither is set; `=NAME` is the value of that variable.
    pub default_database: Option<String>,
    /// Databases that are always there.
    pub databases: Vec<String>,
    /// The database that users belong to; others are made when they are used.
    pub users_in: Option<String>,
    /// Settings (`NAME=value`) with which any password is right.
    pub trust: Vec<String>,
    /// Whether there are always users of other names.
    pub more_users: bool,
    /// Whether users are told apart whatever the case of their letters.
    pub any_case: bool,
    /// Directories of configuration that may hold accounts.
    pub files: Vec<String>,
    /// The keys of its configuration that say the same as these variables.
    pub settings: HashMap<String, String>,
    /// Variables with which nothing is known of the accounts.
    pub unseen: Vec<String>,
    /// Words of the command with which nothing is known of them.
    pub told_by: Vec<String>,
    /// The variables of further keys that clients have to give: `token`, `organization`, `bucket`.
    pub keys: HashMap<String, String>,
}

impl Credentials {
    /// Whether a password is all that is asked for.
    #[must_use]
    pub fn has_no_users(&self) -> bool {
        let named = [&self.user, &self.default_user, &self.root_user, &self.pair];
        named.iter().all(|name| name.is_none()) && (self.password.is_some() || !self.flags.is_empty())
    }
}
