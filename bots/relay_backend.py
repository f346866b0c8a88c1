"""A backend over HTTP: asks, tries again while there is time, and gives each reply as soon as its line has come.

One question has one deadline and one idempotency key, over all tries; replies that were given are not given again when
a later try repeats them. Whatever goes wrong ends as `BackendFailed` with a reason that holds nobody's words. It knows
no chat.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias, TypeVar

import aiohttp
import anyio

from bots.relay_wire import Question, Reply, Rubbish, Shape, replies, signature

T = TypeVar("T")
Tell: TypeAlias = Callable[[Reply], Awaitable[None]]

_LARGEST = 1_000_000
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
_FLEETING = {408, 425, 429, *range(500, 600)}


class BackendFailed(Exception):
    """There is no usable answer."""


class _Fleeting(Exception):
    """This try failed; another may not."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a backend is asked. Durations are seconds; `patience` is how long one try may be silent."""

    url: str
    shape: Shape = Shape.PLAIN
    deadline: float = 30.0
    patience: float = 10.0
    tries: int = 3
    secret: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Backend:
    """A backend, asked through an open `session`."""

    def __init__(self, rules: Rules, session: aiohttp.ClientSession, *, random: Random | None = None) -> None:
        self._rules = rules
        self._session = session
        self._random = random or Random()  # noqa: S311 - jitter

    async def ask(self, question: Question, tell: Tell) -> None:
        """Asks `question`; awaits `tell` with each reply, in order, as it comes.

        Raises:
            BackendFailed: no try gave a whole answer before the deadline; what was told stays told.
        """
        deadline = anyio.current_time() + self._rules.deadline
        told = 0

        async def tell_new(number: int, reply: Reply) -> None:
            nonlocal told
            if number > told:
                told = number
                await tell(reply)

        for number in range(1, self._rules.tries + 1):
            try:
                await self._try(question, deadline, tell_new)
            except _Fleeting as failure:
                await self._pause(number, failure, deadline)
            else:
                return

    async def _try(self, question: Question, deadline: float, tell: Callable[[int, Reply], Awaitable[None]]) -> None:
        number = 0
        async with aclosing(self._answer(question, deadline)) as answer:
            async for reply in answer:
                number += 1
                await tell(number, reply)

    async def _pause(self, number: int, failure: _Fleeting, deadline: float) -> None:
        pause = self._random.uniform(0.5, 1.0) * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)
        until = anyio.current_time() + max(pause, failure.after)
        if number == self._rules.tries or until >= deadline:
            raise BackendFailed(f"{failure}, after {number} tries") from None
        await anyio.sleep_until(until)

    async def _answer(self, question: Question, deadline: float) -> AsyncGenerator[Reply, None]:
        try:
            response = await self._within(deadline, self._post(question))
            async with response:
                _check(response)
                async with aclosing(self._lines(response, deadline)) as lines:
                    async for line in lines:
                        for reply in replies(line, self._rules.shape):
                            yield reply
        except (aiohttp.ClientError, OSError) as error:
            raise _Fleeting(type(error).__name__) from None
        except Rubbish as error:
            raise BackendFailed(f"rubbish ({error})") from None

    async def _lines(self, response: aiohttp.ClientResponse, deadline: float) -> AsyncGenerator[bytes, None]:
        """The JSON texts of the answer: the whole of an ``application/json``, else its lines."""
        whole, kept, size = response.content_type == "application/json", b"", 0
        while chunk := await self._within(deadline, response.content.readany()):
            if (size := size + len(chunk)) > _LARGEST:
                raise Rubbish("too long")
            *lines, kept = [kept + chunk] if whole else (kept + chunk).split(b"\n")
            for line in filter(bytes.strip, lines):
                yield line
        if kept.strip():
            yield kept

    async def _post(self, question: Question) -> aiohttp.ClientResponse:
        rules = self._rules
        body = question.body(rules.shape)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/x-ndjson, application/json",
            "Idempotency-Key": question.key,
            **rules.headers,
        }
        if rules.secret:
            now = int(time.time())
            headers["Chat-Agent-Timestamp"] = str(now)
            headers["Chat-Agent-Signature"] = signature(rules.secret, timestamp=now, key=question.key, body=body)
        return await self._session.post(rules.url, data=body, headers=headers, allow_redirects=False)

    async def _within(self, deadline: float, work: Awaitable[T]) -> T:
        until = min(deadline, anyio.current_time() + self._rules.patience)
        with anyio.CancelScope(deadline=until) as scope:
            return await work
        raise _Fleeting("silence") if scope.cancelled_caught else AssertionError


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status in _FLEETING:
        after = response.headers.get("Retry-After", "")
        raise _Fleeting(f"status {response.status}", float(after) if after.isdecimal() else 0.0)
    if not 200 <= response.status < 300:
        raise BackendFailed(f"status {response.status}")
