//! How many connections the clients of a program open at most, and how many a database takes.

use super::dials::{By, Dial};
use super::images::KnownConnections;
use super::service::ServiceFacts;
use crate::programs::{Module, Pool, Term};
use crate::source::{Span, Text};

/// The limit that a database has.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// `max_connections`
    pub most: u64,
    /// How many of them are kept for administrators.
    pub reserved: u64,
    /// Where it is said; nothing for the image's default, and for what the project says of itself.
    pub place: Span,
    /// Whether the project says it of itself.
    pub told: bool,
    /// What is known of the image.
    pub known: &'static KnownConnections,
}

/// A term of the size of a pool, as its program is run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The number.
    pub number: u64,
    /// Where it is written; nothing for the library's default.
    pub place: Span,
}

impl<'a> ServiceFacts<'a> {
    /// What is known of the connections of the client that a dial is of.
    #[must_use]
    pub fn pool(&self, dial: &Dial<'a>) -> Option<&'a Pool> {
        let By::Sink(module, sink) = dial.by else { return None };
        module.pool_of(sink)
    }

    /// The terms of how many connections the client of a dial opens at most in one process; `None` when that is
    /// not limited, or not known.
    #[must_use]
    pub fn pool_size(&self, dial: &Dial<'a>) -> Option<Vec<Size>> {
        let By::Sink(module, _) = dial.by else { return None };
        let caps: Vec<Option<Size>> =
            self.caps().map(|(module, term)| self.size(module, dial, term)).collect();
        // A limit that is set apart from the client may be that of any; the smallest is sure.
        if !caps.is_empty() {
            let caps: Option<Vec<Size>> = caps.into_iter().collect();
            return Some(vec![caps?.into_iter().min_by_key(|size| size.number)?]);
        }
        let most = &self.pool(dial)?.most;
        let terms: Option<Vec<Size>> = most.iter().map(|term| self.size(module, dial, term)).collect();
        // A pool of size 0 has no limit, for all that are known.
        terms.filter(|terms| terms.first().is_some_and(|first| first.number > 0))
    }

    fn caps(&self) -> impl Iterator<Item = (&'a Module, &'a Term)> {
        let modules = self.program.modules.iter();
        modules.flat_map(|module| {
            let caps = module.pools.iter().filter(|pool| pool.of.is_none());
            caps.flat_map(|pool| &pool.most).map(move |term| (&**module, term))
        })
    }

    fn size(&self, module: &Module, dial: &Dial<'a>, term: &Term) -> Option<Size> {
        let number = |text: &Text| text.complete()?.trim().parse().ok();
        let parameters = &dial.endpoint.parameters;
        if let Some((_, text)) = parameters.iter().find(|(name, _)| term.parameters.contains(name)) {
            return Some(Size { number: number(text)?, place: text.span() });
        }
        let value = self.evaluate(module, &term.value);
        let text = value.text()?;
        Some(Size { number: number(text)?, place: term.place })
    }

    /// How many connections it takes as a database: what its configuration says as far as it is seen, else what is
    /// `told` of it, else the default of its image. `None` when nothing of that is known.
    #[must_use]
    pub fn connection_limit(&self, told: Option<u64>) -> Option<Limit> {
        let seen = self.seen_limit();
        let Some(most) = told.filter(|_| seen.is_none_or(|limit| limit.place.is_none())) else { return seen };
        let known = self.image?.connections.as_ref()?;
        Some(Limit { most, reserved: known.reserved, place: Span::NONE, told: true, known })
    }

    fn seen_limit(&self) -> Option<Limit> {
        let known = self.image?.connections.as_ref()?;
        let path = crate::compose::ImageReference::parse(&self.reference()?)?.path.to_string();
        if !known.images.contains(&path) {
            return None;
        }
        let limit = |most, place| Limit { most, reserved: known.reserved, place, told: false, known };
        for text in &self.program.command {
            let word = text.assumed().replace('-', "_");
            if let Some((_, rest)) = word.split_once("max_connections") {
                let rest = rest.trim_start_matches(['=', ' ']);
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                return Some(limit(digits.parse().ok()?, text.span()));
            }
            // A file that is named may say anything.
            if word.contains("config_file") || word.contains("defaults_") {
                return None;
            }
        }
        let set = known.variable.as_ref().and_then(|name| self.environment.value(name));
        if let Some(text) = set {
            return Some(limit(text.complete()?.trim().parse().ok()?, text.span()));
        }
        let targets = self.service.volumes.iter().map(|mount| &mount.target);
        let files = self.service.configs.iter().map(|config| &config.value.target);
        let configured = targets.chain(files).any(|target| {
            target.ends_with(".conf")
                || target.ends_with(".cnf")
                || target.contains("/conf")
                || target.starts_with("/etc/")
        });
        (!configured && self.service.build.is_none()).then(|| limit(known.default, Span::NONE))
    }

    /// Whether the user of a dial to it is its administrator.
    #[must_use]
    pub fn is_administrator(&self, dial: &Dial<'_>) -> bool {
        let name = || {
            let image = self.image?;
            let name = image.connections.as_ref()?.administrator.as_ref()?;
            match name.strip_prefix('=') {
                Some(variable) => match self.environment.value(variable) {
                    Some(set) => set.complete(),
                    None => image.credentials.default_user.clone(),
                },
                None => Some(name.clone()),
            }
        };
        let user = dial.endpoint.user.as_ref().and_then(Text::complete);
        user.is_some() && user == name()
    }

    fn reference(&self) -> Option<String> {
        match (&self.service.build, &self.service.image) {
            (None, Some(image)) => Some(image.assumed()),
            _ => Some(self.program.image.base.as_ref()?.value.clone()),
        }
    }
}
