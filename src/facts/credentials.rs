//! Who gets into a server: the accounts and databases that its image makes when its data is first made, and
//! what clients say when they come.

use super::accounts::{holds, holds_administrator, holds_of_cache};
use super::configured::{self, asks_everybody, besides, is_scripted, made_elsewhere};
use super::environment::EffectiveEnvironment;
use super::images::Credentials;
use super::makers::{has_old_data, made_by_hand, may_make_databases};
pub use super::parts::Part;
use super::said::{
    decoded, is_mongo_in_parts, logs_in_beside, password_in_file, refuses_passwords, same, settled,
    virtual_host,
};
use super::{By, Dial, ServiceFacts, keys};
use crate::compose::Project;
use crate::finding::Confidence;
use crate::programs::{Expr, FirstScripts, SinkKind};
use crate::source::{Certainty, Span, Spanned, Text};

/// A part that the server does not know as the client says it.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which.
    pub part: Part,
    /// What the client says.
    pub said: Text,
    /// What the server is made with.
    pub made: Made,
    /// What else the server knows of this kind.
    pub others: Vec<String>,
    /// How sure it is at most that this cannot work.
    pub confidence: Confidence,
}

/// What a server is made with, and where that is said.
#[derive(Clone, Debug)]
pub struct Made {
    /// The value; the image's own where no variable sets it.
    pub value: String,
    /// The variable that sets or would set it.
    pub variable: Option<String>,
    /// Where it is set; the name of the service where the image's own value holds.
    pub place: Span,
    /// Whether the image's own value holds.
    pub by_image: bool,
    /// Whether a variable of the host that is not set decides.
    pub depends: bool,
}

/// A user that can come in; the password is absent when it is not known.
struct Account {
    user: Made,
    password: Option<Made>,
}

/// Whether the client gets all that it is told at once: StackExchange.Redis' `cache:6379,password=…`, Go's struct.
fn says_all(dial: &Dial<'_>) -> bool {
    let By::Sink(module, sink) = dial.by else { return false };
    let connects = matches!(sink.callee.value.as_str(), "Connect" | "ConnectAsync" | "Configuration");
    let connects = connects && crate::programs::has_extension(&module.path, &["cs"]);
    sink.kind == SinkKind::Redis && (connects || sink.arguments.iter().any(|(name, _)| name.value == "all"))
}

/// What a variable says.
enum Said {
    /// This.
    Known(Made),
    /// Something that is not known.
    Unknown,
    /// Nothing.
    Nothing,
}

/// What `dial` of `client`, which reaches `server`, says that the server does not know. Nothing when it knows
/// all of it, and when something that is not seen may have made it.
#[must_use]
pub fn differences(
    project: &Project,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    server: &ServiceFacts<'_>,
) -> Vec<Difference> {
    let Some(image) = server.image else { return Vec::new() };
    let speaks = dial.protocols.iter().any(|protocol| server.speaks(protocol));
    if !speaks || made_elsewhere(server, image) {
        return Vec::new();
    }
    let scripted = is_scripted(server, image);
    let scripts = server.program.first_scripts.as_ref().filter(|_| !image.init.is_empty());
    let makes = Makes { server, of: &image.credentials };
    let mut found = Vec::new();
    if image.credentials.has_no_users() {
        found.extend(makes.password_alone(dial));
    } else if let Some(accounts) = makes.accounts() {
        found.extend(makes.user_or_password(dial, &accounts));
    }
    if found.is_empty() {
        found.extend(makes.authentication_database(dial));
    }
    found.extend(keys::differences(project, client, dial, server));
    // The path of a page names no database.
    if !dial.speaks_web() && found.iter().all(|difference| difference.part != Part::AuthSource) {
        found.extend(makes.database(dial));
    }
    // Scripts that are not seen make accounts and databases of their own; that of the image's variables keeps its password.
    if scripted {
        let plain = dial.protocols.iter().any(|protocol| matches!(*protocol, "postgresql" | "mysql"));
        found.retain(|difference| match difference.part {
            // Another account helps nobody who comes without one.
            Part::NoPassword => true,
            part => plain && part == Part::Password,
        });
    }
    found.retain(|difference| match difference.part {
        Part::NoPassword => true,
        Part::Database => !scripts.is_some_and(|scripts| scripts.may_make(&difference.said.assumed())),
        _ => !scripts.is_some_and(|scripts| {
            let user = dial.endpoint.user.as_ref().and_then(Text::complete);
            user.map_or(scripts.unnamed || !scripts.accounts.is_empty(), |user| scripts.may_touch(&user))
        }),
    });
    found.extend(scripts.and_then(|scripts| of_script(dial, server, scripts)));
    let old = has_old_data(project, server, image);
    let beside = || !image.credentials.has_no_users() && logs_in_beside(client, dial);
    let cache = image.credentials.has_no_users();
    let by_name = |words: &[&str]| {
        client
            .environment
            .iter()
            .any(|(name, _)| words.iter().any(|word| name.to_ascii_uppercase().contains(word)))
    };
    let search = server.image.is_some_and(|image| image.name == "elasticsearch");
    let told = || search && by_name(&["PASS", "TOKEN", "API_KEY", "APIKEY", "AUTH", "SECRET", "CRED"]);
    let holds_one = || told() || if cache { holds_of_cache(client) } else { holds(client, &["PASS"]) };
    found.retain(|difference| difference.part != Part::NoPassword || !holds_one() && !beside());
    for difference in &mut found {
        let makes_it = match difference.part {
            Part::Database => {
                // Images of others bring scripts that make theirs.
                let own = matches!(dial.by, By::Sink(..));
                let made = difference.made.value.is_empty() && (!own || made_by_hand(project));
                made || may_make_databases(client, dial) || project.makes_databases_by_hand
            }
            // Some programs make their own account with that of the administrator.
            Part::User => !image.credentials.has_no_users() && holds_administrator(client),
            // Who comes as the account that is made with the server has none that could make another.
            Part::Password => {
                !makes.comes_as_made(dial) && !image.credentials.has_no_users() && holds_administrator(client)
            }
            _ => false,
        };
        if old || makes_it {
            difference.confidence = Confidence::Possible;
        }
    }
    found
}

/// Another password than the one with which a script makes the user.
fn of_script(dial: &Dial<'_>, server: &ServiceFacts<'_>, scripts: &FirstScripts) -> Option<Difference> {
    let user = dial.endpoint.user.as_ref().and_then(settled)?;
    let (value, said) = (scripts.password_of(&user)?, dial.endpoint.password.as_ref()?);
    let Spanned { value, span } = value;
    let place = if span.is_none() { server.service.name.span } else { *span };
    let other = settled(said).is_some_and(|said| !said.is_empty()) && !same(said, value);
    let made = Made { value: value.clone(), variable: None, place, by_image: false, depends: false };
    other.then(|| Difference { others: vec![user], ..difference(Part::Password, said, made) })
}

struct Makes<'s, 'a> {
    server: &'s ServiceFacts<'a>,
    of: &'s Credentials,
}

impl Makes<'_, '_> {
    /// Whether a client comes as one of the accounts that the server is made with.
    fn comes_as_made(&self, dial: &Dial<'_>) -> bool {
        let Some(said) = &dial.endpoint.user else { return false };
        let made = matches!(self.user(), Said::Known(user) if same(said, &user.value));
        made || self.of.root_user.as_ref().is_some_and(|root| same(said, root))
    }

    fn environment(&self) -> &EffectiveEnvironment {
        &self.server.environment
    }

    /// What the first of these variables that is set says, else the image's own value.
    fn said(&self, names: [Option<&String>; 2], default: Option<&String>) -> Said {
        for name in names.into_iter().flatten() {
            let file = self.environment().get(&format!("{name}_FILE")).is_some();
            let Some(effective) = self.environment().get(name) else {
                if file {
                    let made = configured::in_secret(self.server.program, self.environment(), name);
                    return made.map_or(Said::Unknown, Said::Known);
                }
                let key = self.of.settings.get(name);
                if let Some(made) = key.and_then(|key| configured::setting(self.server.program, key)) {
                    return Said::Known(made);
                }
                continue;
            };
            let Some(text) = effective.value() else { return Said::Unknown };
            return match settled(text) {
                Some(value) if value.is_empty() => continue,
                Some(value) => Said::Known(Made {
                    value,
                    variable: Some(name.clone()),
                    place: effective.variable.key,
                    by_image: false,
                    depends: text.certainty() != Certainty::Known,
                }),
                None => Said::Unknown,
            };
        }
        match default {
            Some(default) => Said::Known(self.by_image(default, names.into_iter().flatten().next().cloned())),
            None => Said::Nothing,
        }
    }

    fn by_image(&self, value: &str, variable: Option<String>) -> Made {
        let place = self.server.service.name.span;
        Made { value: value.to_string(), variable, place, by_image: true, depends: false }
    }

    /// What the server makes from definitions that its configuration names.
    fn definitions(&self) -> Option<Option<configured::Definitions>> {
        let by_file = !self.of.settings.is_empty();
        by_file.then(|| configured::definitions(self.server.program))?
    }

    fn user(&self) -> Said {
        self.said([self.of.user.as_ref(), self.of.or_user.as_ref()], self.of.default_user.as_ref())
    }

    /// The accounts; `None` when not all of them are known.
    fn accounts(&self) -> Option<Vec<Account>> {
        if let Some(pair) = &self.of.pair {
            return self.pair(pair);
        }
        // What is made from definitions takes the place of the image's own account.
        if let Some(definitions) = self.definitions() {
            let users = definitions?.users.into_iter();
            let users: Vec<Account> = users.map(|(user, password)| Account { user, password }).collect();
            return (!users.is_empty()).then_some(users);
        }
        let mut accounts = Vec::new();
        let mut missing = None;
        let password = self.said(
            [self.of.password.as_ref(), self.of.or_password.as_ref()],
            self.of.default_password.as_ref(),
        );
        match self.user() {
            Said::Unknown => return None,
            Said::Known(user) => {
                let open = self.of.trust.iter().any(|setting| self.is_set(setting));
                // Of MySQL's own variables the one is nothing without the other.
                let alone =
                    self.of.root_user.is_some() && !user.by_image && matches!(password, Said::Nothing);
                let password = match password {
                    Said::Known(password) if !open => Some(password),
                    _ => None,
                };
                match alone {
                    true => missing = self.of.password.clone(),
                    false => accounts.push(Account { user, password }),
                }
            }
            Said::Nothing => {}
        }
        if let Some(root) = &self.of.root_user {
            let names = [self.of.root_password.as_ref(), self.of.or_root_password.as_ref()];
            let password = match self.said(names, None) {
                Said::Known(password) => Some(password),
                Said::Unknown | Said::Nothing => None,
            };
            accounts.push(Account { user: self.by_image(root, missing), password });
        }
        (!accounts.is_empty()).then_some(accounts)
    }

    /// `NEO4J_AUTH=neo4j/secret`
    fn pair(&self, variable: &String) -> Option<Vec<Account>> {
        let Said::Known(made) = self.said([Some(variable), None], None) else { return None };
        let (user, password) = made.value.split_once('/')?;
        let part = |value: &str| Made { value: value.to_string(), ..made.clone() };
        Some(vec![Account { user: part(user), password: Some(part(password)) }])
    }

    /// Whether the environment has `NAME=value`.
    fn is_set(&self, setting: &str) -> bool {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        self.environment().value(name).is_some_and(|text| value.is_empty() || text.assumed() == value)
    }

    /// The one password of a server that knows no users; `None` when it is not known.
    fn only_password(&self) -> Option<Said> {
        let flags = &self.of.flags;
        if flags.is_empty() {
            return Some(self.said([self.of.password.as_ref(), self.of.or_password.as_ref()], None));
        }
        let words = &self.server.program.command;
        for (at, word) in words.iter().enumerate() {
            let text = word.assumed();
            let Some(flag) = flags.iter().find(|flag| text.contains(flag.as_str())) else { continue };
            let value = if text == **flag {
                words.get(at + 1).cloned()
            } else {
                text.strip_prefix(flag.as_str())?.strip_prefix('=')?;
                Some(word.slice(flag.len() + 1, text.len()))
            };
            let value = value?;
            let made = Made {
                value: settled(&value)?,
                variable: None,
                place: value.span(),
                by_image: false,
                depends: value.certainty() != Certainty::Known,
            };
            // The container's shell puts its variables in.
            return (!made.value.contains('$')).then_some(Said::Known(made));
        }
        Some(match password_in_file(self.server) {
            Some((_, Expr::Text(text))) => Said::Known(Made {
                value: text.value.clone(),
                variable: None,
                place: text.span,
                by_image: false,
                depends: false,
            }),
            _ => Said::Nothing,
        })
    }

    /// Of a server without users, the password that the client gives or leaves out.
    fn password_alone(&self, dial: &Dial<'_>) -> Option<Difference> {
        let said = dial.endpoint.password.as_ref().or(dial.endpoint.user.as_ref());
        match (self.only_password()?, said) {
            (Said::Known(made), Some(said)) => {
                let value = settled(said)?;
                if value.is_empty() && dial.sink().is_some() && dial.endpoint.password.is_some() {
                    return Some(difference(Part::BlankPassword, said, made));
                }
                // A variable with the whole address, and nothing where the password stands: `redis://:@cache:6379`.
                if value.is_empty() && dial.endpoint.scheme.is_some() && dial.endpoint.password.is_some() {
                    return Some(difference(Part::NoPassword, said, made));
                }
                let users = dial.endpoint.user.as_ref().map(Text::assumed).unwrap_or_default();
                let default = matches!(users.as_str(), "" | "default") || dial.endpoint.password.is_none();
                (!value.is_empty() && default && !same(said, &made.value))
                    .then(|| difference(Part::Password, said, made))
            }
            (Said::Nothing, Some(said)) if refuses_passwords(self.server, dial) => {
                let value = settled(said)?;
                let none = matches!(value.to_ascii_lowercase().as_str(), "" | "null" | "none" | "false");
                (!none && dial.endpoint.password.is_some())
                    .then(|| difference(Part::Unasked, said, self.by_image("", None)))
            }
            (Said::Known(made), None)
                if dial.endpoint.scheme.is_some() || says_all(dial) || dial.by_image =>
            {
                let blank = Text::known("", crate::source::Origin::at(dial.place));
                Some(difference(Part::NoPassword, &blank, made))
            }
            _ => None,
        }
    }

    fn user_or_password(&self, dial: &Dial<'_>, accounts: &[Account]) -> Option<Difference> {
        if dial.endpoint.user.is_none() {
            return self.nobody(dial, accounts);
        }
        let filled = |user: &&Text| settled(user).is_some_and(|user| !user.is_empty());
        let user = dial.endpoint.user.as_ref().filter(filled)?;
        let alike =
            |made: &str| same(user, made) || self.of.any_case && user.assumed().eq_ignore_ascii_case(made);
        let account = accounts.iter().find(|account| alike(&account.user.value));
        if account.is_none() && self.of.more_users {
            return None;
        }
        let Some(account) = account else {
            let made = accounts.first()?.user.clone();
            let told = accounts.iter().filter(|account| !account.user.by_image);
            let others = besides(&made, told.map(|account| account.user.value.clone()));
            return Some(Difference { others, ..difference(Part::User, user, made) });
        };
        let said = dial.endpoint.password.as_ref()?;
        let made = account.password.as_ref()?;
        let value = settled(said)?;
        match value.is_empty() {
            // Who only reads a variable may take its password from elsewhere.
            true => dial.sink().map(|_| difference(Part::BlankPassword, said, made.clone())),
            false => (!same(said, &made.value)).then(|| difference(Part::Password, said, made.clone())),
        }
    }

    /// An address without a user, for a server that answers nobody else once it is made with one, as MongoDB. Clients of
    /// RabbitMQ then take the account that its image makes when nothing is said.
    fn nobody(&self, dial: &Dial<'_>, accounts: &[Account]) -> Option<Difference> {
        let named = dial.variable().is_some_and(|name| name.to_ascii_uppercase().contains("ELASTIC"));
        let meant = named || dial.protocols.contains(&"elasticsearch");
        let search = meant && asks_everybody(self.server);
        let account = accounts.first().filter(|account| !account.user.by_image || search)?;
        let usual = self.of.default_user.as_ref();
        let refused = search
            || self.of.users_in.is_some()
            || dial.protocols == ["amqp"] && usual != Some(&account.user.value);
        (refused && (dial.endpoint.scheme.is_some() || is_mongo_in_parts(dial))).then_some(())?;
        let made = account.password.clone()?;
        let blank = Text::known("", crate::source::Origin::at(dial.place));
        dial.endpoint.password.is_none().then(|| difference(Part::NoPassword, &blank, made))
    }

    /// MongoDB's root user is one of `admin`; a URL with another database and no `authSource` looks for it there.
    fn authentication_database(&self, dial: &Dial<'_>) -> Option<Difference> {
        let home = self.of.users_in.as_ref()?;
        let said = dial.endpoint.database.as_ref()?;
        dial.endpoint.user.as_ref().filter(|user| settled(user).is_some())?;
        let Said::Known(_) = self.user() else { return None };
        let database = settled(said)?;
        let names = |name: &str| name.to_ascii_lowercase().replace('_', "").contains("auth");
        let elsewhere = dial.endpoint.parameters.iter().any(|(name, _)| names(name))
            || dial.sink().is_some_and(|sink| sink.arguments.iter().any(|(name, _)| names(&name.value)));
        if database.is_empty() || database == *home || elsewhere || dial.endpoint.scheme.is_none() {
            return None;
        }
        Some(difference(Part::AuthSource, said, self.by_image(home, None)))
    }

    fn database(&self, dial: &Dial<'_>) -> Option<Difference> {
        if self.of.users_in.is_some() {
            return None;
        }
        // `amqp://broker:5672/` says no more than `amqp://broker:5672`.
        let none = |said: &Text| said.complete().is_some_and(|said| said.is_empty() || said == "/");
        let Some(said) = dial.endpoint.database.as_ref().filter(|said| !none(said)) else {
            return self.no_virtual_host(dial);
        };
        let said = &virtual_host(dial, said);
        let name = settled(said).filter(|name| !name.is_empty())?;
        if let Some(definitions) = self.definitions() {
            let hosts = definitions?.hosts;
            let known = |host: &Made| same(said, &host.value) || decoded(&name) == host.value;
            let made = hosts.first().filter(|_| !hosts.iter().any(known))?;
            let others = besides(made, hosts.iter().map(|host| host.value.clone()));
            return Some(Difference { others, ..difference(Part::Database, said, made.clone()) });
        }
        let own = match self.of.default_database.as_deref() {
            Some(default) if default.starts_with('=') => match self.user() {
                Said::Known(user) => Some(user.value),
                _ => return None,
            },
            default => default.map(str::to_string),
        };
        let names = [self.of.database.as_ref(), self.of.or_database.as_ref()];
        let made = match self.said(names, own.as_ref()) {
            Said::Known(made) => made,
            // MySQL makes no database that it is not told.
            Said::Nothing if self.of.root_user.is_some() => {
                self.by_image("", self.of.database.as_ref().cloned())
            }
            Said::Nothing | Said::Unknown => return None,
        };
        let there = self.of.databases.iter().any(|database| same(said, database));
        if there || same(said, &made.value) || decoded(&name) == made.value {
            return None;
        }
        Some(difference(Part::Database, said, made))
    }

    /// An address of RabbitMQ without a virtual host means `/`, which is not there once the image is told to make another.
    fn no_virtual_host(&self, dial: &Dial<'_>) -> Option<Difference> {
        let whole = dial.endpoint.scheme_name().is_some_and(|scheme| scheme.starts_with("amqp"));
        if self.definitions().is_some() {
            return None;
        }
        let usual = self.of.default_database.as_deref() == Some("/") && dial.protocols == ["amqp"] && whole;
        let Said::Known(made) = self.said([self.of.database.as_ref(), None], None) else { return None };
        // Clients may say it beside the address.
        let login = |name: &str| matches!(name, "username" | "password");
        let beside =
            dial.sink().is_none_or(|sink| !sink.arguments.iter().all(|(name, _)| login(&name.value)));
        let said = Text::known("/", crate::source::Origin::default());
        (usual && !beside && made.value != "/").then(|| difference(Part::Database, &said, made))
    }
}

fn difference(part: Part, said: &Text, made: Made) -> Difference {
    Difference { part, said: said.clone(), made, others: Vec::new(), confidence: Confidence::Likely }
}
