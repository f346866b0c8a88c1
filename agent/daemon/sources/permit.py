"""Who may offer contacts over HTTP: whoever shows the secret, or signs with it and says when.

Pure: the moment comes in. An offer is safe to repeat, so a signature that is caught and sent again within its time does
no harm. It knows no HTTP but header names.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.ids import Secret

TIMESTAMP = "Chat-Agent-Timestamp"
SIGNATURE = "Chat-Agent-Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What callers must know.

    Attributes:
        secret: None lets everybody on this machine in, but no page in a browser, as any site could send one here.
        window: how far the time in a signature may be off, in seconds.
    """

    secret: Secret | None = None
    window: int = 300

    def refusal(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """Why the caller is not let in; None when it is. `headers` are looked up as they are written here."""
        if self.secret is None:
            return "a page in a browser needs the secret; set source.secret." if "Origin" in headers else None
        if SIGNATURE in headers:
            return self._of_signature(self.secret, headers, body, now)
        kind, _, shown = headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return f"show the secret as 'Authorization: Bearer …', or sign with {TIMESTAMP} and {SIGNATURE}."
        return None if _same(shown.strip(), self.secret.reveal()) else "the secret is not the right one."

    def _of_signature(self, secret: Secret, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        written = headers.get(TIMESTAMP, "")
        if not (written.isascii() and written.isdecimal() and len(written) <= 12):
            return f"{TIMESTAMP} is no number of seconds since 1970."
        if abs(now.timestamp() - int(written)) > self.window:
            return f"{TIMESTAMP} is more than {self.window} seconds off; check both clocks."
        wanted = signature(secret, timestamp=int(written), body=body)
        return None if _same(headers[SIGNATURE], wanted) else f"{SIGNATURE} does not fit the body, time and secret."


def signature(secret: Secret, *, timestamp: int, body: bytes) -> str:
    """The signature's header: ``v1=`` and the HMAC-SHA256 of version, time and body, joined by colons."""
    signed = b":".join([b"v1", str(timestamp).encode(), body])
    return f"v1={hmac.digest(secret.reveal().encode(), signed, 'sha256').hex()}"


def _same(shown: str, wanted: str) -> bool:
    """In a time that tells nothing."""
    return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), wanted.encode())
