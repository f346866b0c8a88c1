"""A running emulator as a blocking test sees it: an address, and people who act on its chats.

It must not know any client.
"""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from anyio.from_thread import BlockingPortal

from agent.emulator import Emulator

Got = TypeVar("Got")
EVENT = "application/vnd.amazonaws.connect.event."
INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"


@dataclass(frozen=True, slots=True)
class Reply:
    """A raw HTTP answer."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amazon:
    """An emulator on a thread of its own."""

    emulator: Emulator
    portal: BlockingPortal

    @property
    def url(self) -> str:
        return self.emulator.url

    def do(self, verb: Callable[..., Got], *args: Any) -> Got:
        """Let the emulator's own thread do something, as with `do(amazon.emulator.agent_joins, contact_id)`."""
        return self.portal.call(verb, *args)

    def passes(self, seconds: float) -> None:
        """Time passes for the emulator."""
        self.do(self.emulator.region.leap, seconds)

    def ask(self, method: str, path: str, body: Any, **headers: str) -> Reply:
        """One request without any SDK; `body` is sent as JSON unless it is bytes."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        line = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            line.request(method, path, body=raw, headers=names)
            response = line.getresponse()
            content = response.read()
            got = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, got, json.loads(content) if content else {})
        finally:
            line.close()
