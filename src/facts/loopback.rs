//! Dials of the container itself that are meant for a sibling, and why they go there.

use super::{Dial, Facts, ServiceFacts};
use crate::programs::Role;
use crate::source::{Span, Via};

/// A dial that goes to the container itself, where nothing answers, while a sibling is there that is meant.
pub struct Astray<'f, 'a> {
    /// Who dials.
    pub client: &'f ServiceFacts<'a>,
    /// The dial.
    pub dial: &'f Dial<'a>,
    /// The sibling that is probably meant.
    pub sibling: &'f ServiceFacts<'a>,
    /// Why it goes there.
    pub cause: Cause<'f>,
}

/// Where the loopback address of a dial is from. Each belongs to one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause<'f> {
    /// The program reads a variable that nothing sets, and falls back to it.
    Unset {
        /// The variable.
        variable: &'f str,
        /// The read.
        read: Span,
    },
    /// Nothing is said, and the library that is called here has this default.
    Library {
        /// The call, or the setting beside which it is missing.
        callee: Span,
        /// The variable that the library would take it from.
        variable: Option<&'f str>,
    },
    /// It is written in the source itself.
    Literal,
    /// A value that came to the process says so: a variable, a file of settings.
    Given,
}

impl<'f> Cause<'f> {
    /// Where the address of a dial is from.
    #[must_use]
    pub fn of(dial: &'f Dial<'_>) -> Self {
        let Some(origin) = dial.host_origin() else { return Self::Given };
        let library = origin.through.iter().find_map(|via| match via {
            Via::LibraryDefault(callee) => Some(*callee),
            _ => None,
        });
        let unset = origin.unset_read().map(|(variable, read)| (&**variable, read));
        match (library, unset) {
            (Some(callee), unset) => {
                let own = origin.setting().map(|(variable, span)| (&**variable, span));
                match unset.or(own) {
                    // A variable that the program reads itself is the nearer cause.
                    Some((variable, read)) if read != callee => Self::Unset { variable, read },
                    named => Self::Library { callee, variable: named.map(|(variable, _)| variable) },
                }
            }
            (None, Some((variable, read))) => Self::Unset { variable, read },
            (None, None) => match dial.sink_role() {
                Some(Role::Source)
                    if origin.through.iter().all(is_in_source) && dial.variable().is_none() =>
                {
                    Self::Literal
                }
                _ => Self::Given,
            },
        }
    }
}

/// Whether the step leads nowhere outside the program's source.
fn is_in_source(via: &Via) -> bool {
    !matches!(
        via,
        Via::Interpolation { .. }
            | Via::EnvFile(_)
            | Via::ImageEnv(_)
            | Via::Setting { .. }
            | Via::File(_)
            | Via::Flag(_)
    )
}

impl<'a> Facts<'a> {
    /// The dials of a service that go astray so, in the order of its dials.
    pub fn astray<'f>(&'f self, client: &'f ServiceFacts<'a>) -> impl Iterator<Item = Astray<'f, 'a>> {
        let loopback = client.dials.iter().filter(|dial| dial.is_loopback() && !dial.may_be_public());
        let unanswered = loopback.filter(|dial| !self.answers_on_loopback(client, dial));
        unanswered.filter_map(|dial| {
            let cause = Cause::of(dial);
            let meant = self.meant(client, dial).into_iter().next();
            let sibling = meant.or_else(|| self.meant_by_kind(client, dial, cause))?;
            Some(Astray { client, dial, sibling, cause })
        })
    }

    /// The dials of all services that go astray for such a cause, those of one mistake together.
    pub fn mistakes<'f>(
        &'f self,
        cause: impl Fn(&Astray<'f, 'a>) -> bool,
        same: impl Fn(&Astray<'f, 'a>, &Astray<'f, 'a>) -> bool,
    ) -> Vec<Vec<Astray<'f, 'a>>> {
        let mut found: Vec<Vec<Astray<'f, 'a>>> = Vec::new();
        for astray in self.active().flat_map(|client| self.astray(client)).filter(cause) {
            let of_one = found.iter_mut().find(|of_one| {
                let alike =
                    |other: &Astray<'f, 'a>| other.sibling.key == astray.sibling.key && same(other, &astray);
                of_one.iter().any(alike)
            });
            match of_one {
                Some(of_one) => of_one.push(astray),
                None => found.push(vec![astray]),
            }
        }
        found
    }

    /// The sibling that speaks something else that the client could be told to speak: what a library dials when
    /// nothing is said need not be what was installed, as Celery's broker.
    fn meant_by_kind(
        &self,
        client: &ServiceFacts<'a>,
        dial: &Dial<'a>,
        cause: Cause<'_>,
    ) -> Option<&ServiceFacts<'a>> {
        let by_library = |origin: &crate::source::Origin| {
            origin.through.iter().any(|via| matches!(via, Via::LibraryDefault(_)))
        };
        let unset = matches!(cause, Cause::Unset { .. }) && dial.host_origin().is_some_and(by_library);
        let sink = dial.sink().filter(|_| unset || matches!(cause, Cause::Library { .. }))?;
        let dial = Dial { protocols: super::clients::protocols(sink.kind), ..dial.clone() };
        self.meant(client, &dial).into_iter().next()
    }
}
