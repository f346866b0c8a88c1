"""Ids, tokens and instants in Connect's shape, all from one injected source of chance.

The same seed and the same times give the same ids. This module must not know what an id names.
"""

import base64
from datetime import UTC, datetime
from random import Random
from uuid import UUID


def iso(milliseconds: int) -> str:
    """Milliseconds since 1970 the way Connect writes a moment: ISO 8601, milliseconds, ``Z``."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_whole_second(seconds)}.{rest:03d}Z"


_seen_second: tuple[int, str] = (0, "1970-01-01T00:00:00")


def _whole_second(seconds: int) -> str:
    global _seen_second
    known, text = _seen_second
    if known != seconds:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _seen_second = (seconds, text)
    return text


class Mint:
    """Makes ids and tokens that look like Connect's."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def uuid(self) -> str:
        """A random id: contacts, participants, requests."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def item_id(self, milliseconds: int) -> str:
        """A time-ordered id (UUID version 7), as transcript items carry since 2026 [live]."""
        chance = self._random.getrandbits(74)
        number = (milliseconds & 0xFFFFFFFFFFFF) << 80
        number |= 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | (chance & 0x3FFFFFFFFFFFFFFF)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def token(self, length: int = 96) -> str:
        """An opaque secret of AWS's look: base64 of random bytes behind a constant beginning."""
        return "QVFJREFI" + base64.urlsafe_b64encode(self._random.randbytes(length)).decode().rstrip("=")
