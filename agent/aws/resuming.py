"""TLS sessions taken up again: a second handshake with a host costs a third of the first.

All sockets of a worker go to a few hosts, and a thousand chats come back at once. What resumes is a session that this
context opened with the same host, so its certificate was verified then; a server that does not know it any more gets
an ordinary handshake, with its certificate verified. It knows no websocket.
"""

import ssl
from asyncio import BaseTransport
from typing import Self


class ResumingContext(ssl.SSLContext):
    """A client's context that offers each host the session which `keep` was shown."""

    _sessions: dict[str, ssl.SSLSession]

    @classmethod
    def trusting(cls, ca_bundle: str) -> Self:
        """One that verifies host names, and certificates against the PEM file `ca_bundle`."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca_bundle)
        context._sessions = {}
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """What asyncio and uvloop call for a new connection; neither can name a session."""
        known = session or self._sessions.get(str(server_hostname))
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, known)

    def keep(self, transport: BaseTransport) -> None:
        """The next connections to the host of `transport` resume this one's session, unless it is a resumed one.

        So one session serves until the host refuses it: Python copies and decodes a session wherever it is touched,
        which for each connection would cost more than it saves. To be called when something was read: TLS 1.3 gives
        the ticket after the handshake.
        """
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        if not tls.session_reused and tls.session is not None:
            self._sessions[str(tls.server_hostname)] = tls.session
