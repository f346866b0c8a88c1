"""Bytes into messages and back: plain text frames are read and written here, everything else by the websockets library.

Nearly all that a server sends is one unfragmented text frame, complete in what the kernel gave: reading it takes a
slice. The library gets every other frame, one at a time so that the order is kept, and all that comes once the
connection is closing: fragments, control frames, limits and errors are its business alone. It knows no transport and
no handshake.
"""

import os
from collections.abc import Callable, Iterator

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol, State
from websockets.utils import apply_mask

_PLAIN = 0x81
"""The first byte of a text frame that is the whole message."""
_MASKED = 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_MASKS_AT_ONCE = 256


class Framing:
    """The messages in a stream of bytes; `heard` is called with each, text as str and binary as bytes."""

    __slots__ = ("_head", "_heard", "_library", "_limit", "_owed", "_parts", "_text")

    def __init__(self, library: Protocol, heard: Callable[[str | bytes], None]) -> None:
        self._library = library
        self._heard = heard
        self._limit = library.max_message_size or 0
        self._head = b""  # the beginning of a frame whose length is not known yet
        self._owed = 0  # bytes to come of a frame that the library has begun to read
        self._parts: list[bytes | bytearray | memoryview] = []
        self._text = True

    def receive(self, chunk: bytes) -> bool:
        """These bytes came. Whether the library may have something to send."""
        if self._head:
            chunk, self._head = self._head + chunk, b""
        at, end, asked = 0, len(chunk), False
        while at < end:
            after = self._plain(chunk, at, end) if not self._owed else 0
            if not after:
                if (after := self._other(chunk, at, end)) == 0:
                    self._head = chunk[at:]
                    return asked
                asked = True
            at = after
        return asked or self._library.state is not State.OPEN

    def _plain(self, chunk: bytes, at: int, end: int) -> int:
        """Reads the plain text frame that begins at `at`; where it ends, or 0 when there is none."""
        if chunk[at] != _PLAIN or end - at < 4:
            return 0
        begin, length = at + 2, chunk[at + 1]
        if length == _TWO_BYTES:
            begin, length = at + 4, chunk[at + 2] << 8 | chunk[at + 3]
        elif length > _TWO_BYTES:
            return 0
        after = begin + length
        library = self._library
        if after > end or length > self._limit or library.current_size is not None or library.state is not State.OPEN:
            return 0
        self._tell(chunk[begin:after], text=True)
        return after

    def _other(self, chunk: bytes, at: int, end: int) -> int:
        """Hands on to the library; up to where, or 0 when it cannot be told yet where the frame ends."""
        library = self._library
        if library.state is not State.OPEN:
            after = end
        elif self._owed:
            after = min(at + self._owed, end)
            self._owed -= after - at
        else:
            size = _size(chunk, at, end)
            if size == 0:
                return 0
            after = min(at + size, end)
            self._owed = at + size - after
        library.receive_data(chunk[at:after])
        self._collect()
        return after

    def _collect(self) -> None:
        for event in self._library.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._take(event)

    def _take(self, frame: Frame) -> None:
        """A message, or a part of one: the library keeps them in order and within their bound."""
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        self._parts.append(frame.data)
        if frame.fin:
            whole, self._parts = b"".join(self._parts), []
            self._tell(whole, text=self._text)

    def _tell(self, message: bytes, *, text: bool) -> None:
        if not text:
            return self._heard(message)
        try:
            decoded = message.decode()
        except UnicodeDecodeError:
            if self._library.state is State.OPEN:
                self._library.fail(CloseCode.INVALID_DATA)
            return None
        return self._heard(decoded)


def _size(chunk: bytes, at: int, end: int) -> int:
    """How long the frame at `at` is, header included; 0 when too little of it is there to tell."""
    if end - at < 2:
        return 0
    length = chunk[at + 1]
    if length & _MASKED:
        return 2  # a server's never is: the library ends it here
    if length < _TWO_BYTES:
        return 2 + length
    width = 2 if length == _TWO_BYTES else 8
    if end - at < 2 + width:
        return 0
    return 2 + width + int.from_bytes(chunk[at + 2 : at + 2 + width], "big")


def text_frame(payload: bytes) -> bytes:
    """The frame in which a client sends `payload`, masked as the standard wants it (RFC 6455, 5.3)."""
    mask, length = next(_MASKS), len(payload)
    if length < _TWO_BYTES:
        size = (_MASKED | length).to_bytes(1, "big")
    elif length < 1 << 16:
        size = (_MASKED | _TWO_BYTES).to_bytes(1, "big") + length.to_bytes(2, "big")
    else:
        size = (_MASKED | _EIGHT_BYTES).to_bytes(1, "big") + length.to_bytes(8, "big")
    return b"".join((b"\x81", size, mask, apply_mask(payload, mask)))


def _masks() -> Iterator[bytes]:
    """Nobody can guess them; asking the system for each would cost more than the rest of a frame."""
    while True:
        drawn = os.urandom(4 * _MASKS_AT_ONCE)
        for at in range(0, len(drawn), 4):
            yield drawn[at : at + 4]


_MASKS = _masks()
