"""What came back, read no further than somebody asks."""

from collections.abc import Mapping

import httptools


class Answer:
    """An answer, read to its end. Its headers are read when they are asked for: mostly nobody does."""

    __slots__ = ("_heard", "content", "status")

    def __init__(self, status: int, content: bytes, *, heard: bytes) -> None:
        self.status = status
        self.content = content
        self._heard = heard

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case."""
        return _Headers(self._heard).found


class _Headers:
    """What the parser tells of headers; those of an interim answer make place for the real ones."""

    def __init__(self, heard: bytes) -> None:
        self.found: dict[str, str] = {}
        self._whole = False
        self._parser = httptools.HttpResponseParser(self)
        try:
            self._parser.feed_data(heard)
        finally:
            del self._parser  # it holds us, too

    def on_message_begin(self) -> None:
        if not self._whole:
            self.found = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._whole:
            self.found[name.decode("ascii").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._whole = self._whole or self._parser.get_status_code() >= 200
