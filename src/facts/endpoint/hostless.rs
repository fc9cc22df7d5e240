//! Addresses that name no host: clients take the container itself.

use super::{Address, Endpoint};
use crate::source::Text;

/// Parameters that say the host, or that there is none.
const ELSEWHERE: [&str; 7] =
    ["host", "hostaddr", "unix_socket", "unix_sock", "socket", "service", "virtual_host"];

impl Endpoint {
    /// Gives a URL that is known whole and names no host (`redis://`, `amqp://guest@//`, `postgresql:///shop`) the one that clients
    /// take then: their own machine. What is put together of several pieces may lack one of them.
    pub(in crate::facts) fn take_own_host(&mut self) {
        let elsewhere =
            self.parameters.iter().any(|(name, _)| ELSEWHERE.contains(&name.to_ascii_lowercase().as_str()));
        let whole = self.text.complete().is_some() && self.text.pieces().len() == 1;
        if !self.hosts.is_empty() || elsewhere || !whole {
            return;
        }
        if let Some(origin) = self.text.origin().cloned() {
            self.hosts.push(Address { host: Text::known("localhost", origin), port: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Origin, Span};

    fn shown(raw: &str) -> Option<String> {
        let length = u32::try_from(raw.len()).unwrap();
        let mut url = Endpoint::from_url(&Text::known(raw, Origin::at(Span::new(9, 9 + length)))).unwrap();
        if raw.starts_with("postgresql") {
            url.take_own_host();
        }
        (!url.hosts.is_empty()).then(|| url.shown())
    }

    #[test]
    fn clients_take_their_own_machine() {
        for raw in ["redis://", "redis:///0", "redis://?db=1"] {
            assert_eq!(shown(raw).as_deref(), Some("localhost:6379"), "{raw}");
        }
        assert_eq!(shown("amqp://guest:guest@//").as_deref(), Some("localhost:5672"));
        assert_eq!(shown("postgresql:///shop").as_deref(), Some("localhost:5432"));
        for raw in ["postgresql:///shop?host=/cloudsql/shop", "redis+socket:///run/redis.sock", "mongodb://"]
        {
            assert_eq!(shown(raw), None, "{raw}");
        }
    }
}
