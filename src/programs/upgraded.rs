//! The WebSockets that a server opens for its visitors: `new WebSocketServer({ server })`, `@app.websocket("/ws")`,
//! `websocket.Upgrader{}`. Those of Socket.IO and SignalR go on by other ways where an upgrade fails, and are left out.

use super::{ModuleIndex, Scope};
use crate::source::Span;

/// Front ends, and what their code says where it opens one.
const SIGNS: [(&str, &[&str]); 3] = [
    ("javascript", &["new WebSocketServer(", "new WebSocket.Server(", "new ws.Server(", "expressWs("]),
    ("python", &["@app.websocket(", "@router.websocket(", "@api.websocket(", "@sock.route("]),
    ("go", &["websocket.Upgrader{"]),
];

/// Where a program opens the first of them.
#[must_use]
pub(super) fn of(scope: &Scope, loaded: &[ModuleIndex]) -> Option<Span> {
    loaded.iter().filter_map(|index| scope.get(*index)).find_map(|(_, source)| {
        let language = source.front_end.name();
        let (_, signs) = SIGNS.iter().find(|(name, _)| *name == language)?;
        let text = source.text();
        signs.iter().find_map(|sign| {
            let at = text.find(sign)?;
            let line = text.get(..at)?.rsplit('\n').next()?;
            let remark = line.contains("//") || line.trim_start().starts_with(['#', '*']);
            // One on a port of its own may be asked there.
            let own_port = text.get(at..)?.lines().next()?.contains("port");
            (!remark && !own_port).then(|| source.file().slice(at, at + sign.len() - 1))
        })
    })
}
