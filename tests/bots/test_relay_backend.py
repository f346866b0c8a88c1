"""The relay's backend, against a real HTTP server in another process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.request import urlopen

import pytest

from bots.relay import opened
from bots.relay_backend import Backend, BackendFailed, Rules
from bots.relay_wire import Question, Reply, Shape

pytestmark = pytest.mark.processes
NUMBERS = iter(range(1_000))


def question(**fields: Any) -> Question:
    return Question(**{"conversation": "c", "key": f"key-{next(NUMBERS)}", "text": "hi", "customer": "Ann", **fields})


class Heard(list[str | None]):
    async def __call__(self, reply: Reply) -> None:
        self.append(reply.say)


@asynccontextmanager
async def backend(url: str, **rules: Any) -> AsyncIterator[Backend]:
    async with opened(Rules(**{"url": url, "secret": "swordfish", "patience": 20.0, **rules})) as found:
        yield found


def seen(server: str, key: str) -> list[dict[str, Any]]:
    with urlopen(f"{server}/seen") as answer:
        return [one for one in json.load(answer) if one["key"] == key]


async def test_it_asks_with_a_signature_that_the_other_side_checks_by_itself(server: str) -> None:
    """Everything of the question arrives, and the headers of the file."""
    asked = question(text="Grüße 😀", attributes={"tier": "gold"})
    heard = Heard()
    async with backend(f"{server}/echo", headers={"X-Token": "t"}) as found:
        await found.ask(asked, heard)
    assert heard == ["You said Grüße 😀."]
    (request,) = seen(server, asked.key)
    assert request["token"] == "t"
    assert request["body"] == {
        "conversation": "c",
        "key": asked.key,
        "text": "Grüße 😀",
        "customer": "Ann",
        "attributes": {"tier": "gold"},
    }


async def test_another_secret_is_refused(server: str) -> None:
    """And refusals are not asked again."""
    asked = question()
    async with backend(f"{server}/echo", secret="other") as found:
        with pytest.raises(BackendFailed, match="status 401"):
            await found.ask(asked, Heard())
    assert len(seen(server, asked.key)) == 1


async def test_no_secret_is_no_signature(server: str) -> None:
    """Which this backend refuses."""
    async with backend(f"{server}/echo", secret=None) as found:
        with pytest.raises(BackendFailed, match="status 401"):
            await found.ask(question(), Heard())


ANSWERS = [
    ("parts", ["one", "two", "three", None], 1),
    ("flaky", ["at last"], 3),
    ("half", ["one", "two"], 2),
    ("nothing", [], 1),
]


@pytest.mark.parametrize(("path", "told", "tries"), ANSWERS)
async def test_replies_come_in_order_and_once_each(server: str, path: str, told: list[str], tries: int) -> None:
    """As lines, as a list; after failures under the same key; a stream that broke off is gone on with."""
    asked, heard = question(), Heard()
    async with backend(f"{server}/{path}") as found:
        await found.ask(asked, heard)
    assert heard == told
    assert len(seen(server, asked.key)) == tries


FAILURES = [
    ("down", "status 500, after 3 tries", 3),
    ("later", "status 429, after 1 tries", 1),
    ("gone", "status 404", 1),
    ("elsewhere", "status 307", 1),
    ("page", r"rubbish \(JSONDecodeError\)", 1),
    ("numbers", r"rubbish \(no object\)", 1),
    ("mistyped", r"rubbish \(ValidationError\)", 1),
    ("endless", r"rubbish \(too long\)", 1),
    ("much", r"rubbish \(too long\)", 1),
]


@pytest.mark.parametrize(("path", "reason", "tries"), FAILURES)
async def test_whatever_is_wrong_has_one_name(server: str, path: str, reason: str, tries: int) -> None:
    """Only what may pass is tried again, and only while there is time."""
    asked = question()
    async with backend(f"{server}/{path}") as found:
        with pytest.raises(BackendFailed, match=reason):
            await found.ask(asked, Heard())
    assert len(seen(server, asked.key)) == tries


async def test_silence_ends_at_the_deadline(server: str) -> None:
    """Before the answer, and in the middle of it; what was told stays told."""
    async with backend(f"{server}/silent", deadline=0.3) as found:
        with pytest.raises(BackendFailed, match="silence"):
            await found.ask(question(), Heard())
    heard = Heard()
    async with backend(f"{server}/stuck", patience=0.3, tries=1) as found:
        with pytest.raises(BackendFailed, match="silence"):
            await found.ask(question(), heard)
    assert heard == ["one"]


async def test_nobody_there_is_a_failure(server: str) -> None:
    """A port that nobody listens on."""
    async with backend("http://127.0.0.1:1/", tries=2) as found:
        with pytest.raises(BackendFailed, match="ClientConnectorError, after 2 tries"):
            await found.ask(question(), Heard())


async def test_it_speaks_as_rasas_rest_channel_does(server: str) -> None:
    """Sender, message and metadata; texts, images and custom replies, streamed."""
    heard: list[Reply] = []

    async def hear(reply: Reply) -> None:
        heard.append(reply)

    async with backend(f"{server}/webhooks/rest/webhook?stream=true", shape=Shape.RASA) as found:
        await found.ask(question(), hear)
    assert [reply.say for reply in heard] == ["Hey Ann: hi", "https://example.com/a.png", None]
    assert heard[-1] == Reply(attributes={"topic": "x"}, hand_off=True)
