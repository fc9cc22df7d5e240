//! The one port that a program's code opens, against what is only said of it.

use super::listeners::ListenerSource;
use super::service::ServiceFacts;

impl ServiceFacts<'_> {
    /// Whether all that its code opens is one port, which is known: what a Dockerfile says of another opens none.
    #[must_use]
    pub fn opens_only_one(&self) -> bool {
        let mut serves = self.program.modules.iter().flat_map(|module| &module.serves);
        let one = serves.next().is_some() && serves.next().is_none();
        // A file that is not there may say another.
        let said = self.program.absent_dotenv.is_empty() || self.environment.get("PORT").is_some();
        let by_code = self.image.is_none() && self.program.servers.is_empty() && !self.opens_unknown;
        one && said && by_code && self.program.entry_known
    }

    /// Whether only `EXPOSE` speaks of the port, and the program opens another.
    #[must_use]
    pub fn only_says(&self, port: u16) -> bool {
        let mut of = self.listeners.iter().filter(|listener| listener.covers(port)).peekable();
        of.peek().is_some()
            && of.all(|listener| matches!(listener.source, ListenerSource::Dockerfile(_)))
            && self.opens_only_one()
    }
}
