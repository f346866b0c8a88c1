"""The relay bot, as dialogues with a backend that stands in, and once over real processes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from agent import RegistrationError
from agent.emulator import emulate
from agent.testing import chatting
from bots.declared import read
from bots.relay import Relay, RelayBot, build
from bots.relay_backend import BackendFailed, Tell
from bots.relay_wire import Question, Reply, Rubbish, Shape, replies
from tests.bots.listening import sayings


class Scripted:
    """A backend that answers by a script: texts to lists of replies, in which an exception fails."""

    def __init__(self, script: dict[str, list[Any]]) -> None:
        self.script = script
        self.asked: list[Question] = []

    async def ask(self, question: Question, tell: Tell) -> None:
        self.asked.append(question)
        for reply in self.script[question.text]:
            if isinstance(reply, Exception):
                raise reply
            await tell(Reply.model_validate(reply))


def relaying(script: dict[str, list[Any]], **settings: Any) -> tuple[RelayBot, Scripted]:
    scripted = Scripted(script)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Scripted]:
        yield scripted

    return build(Relay.model_validate({"url": "http://backend", **settings}), opened()), scripted


async def test_it_says_what_the_backend_answers() -> None:
    """Several replies, empty ones left out; only the attributes that the file names are told."""
    bot, backend = relaying(
        {"hi": [{"say": "one"}, {"say": " "}, {"say": "*two*", "markdown": True}]}, attributes=["a"]
    )
    async with chatting(bot, attributes={"a": "1", "b": "2"}, name="Ann") as customer:
        await customer.says("hi")
        await customer.sees("one")
        await customer.sees("*two*")
        assert len(customer.heard) == 2
        (question,) = backend.asked
        assert question.attributes == {"a": "1"}


async def test_it_greets_and_opens() -> None:
    """The opening is asked as if the customer had said it; each message has a key of its own."""
    script = {"/start": [{"say": "What is it about?"}], "hi": []}
    bot, backend = relaying(script, greeting="Hello.", opening="/start")
    async with chatting(bot) as customer:
        await customer.sees("Hello.")
        await customer.sees("What is it about?")
        await customer.says("hi", "hi")
        await customer.hears_nothing()
        keys = [question.key for question in backend.asked]
        assert len(keys) == len(set(keys)) == 3
        assert len({question.conversation for question in backend.asked}) == 1


async def test_buttons_send_their_payload() -> None:
    """Picked, numbered, or written in another case; what is none of them is sent as it is, and they are gone."""
    buttons = [{"title": "Yes", "payload": "/affirm"}, {"title": "No"}]
    script: dict[str, list[Any]] = {
        "hi": [{"say": "Sure?", "buttons": buttons}],
        "/affirm": [{"say": "Done."}],
        "2": [],
    }
    script |= {"No": [{"say": "Then not."}], "hm": [{"say": "What?"}], "yes": [{"say": "Yes what?"}]}
    bot, _ = relaying(script, interactive=True)
    async with chatting(bot) as customer:
        for answer, seen in (("YES!", "Done."), ("2", "Then not."), ("hm", "What?")):
            await customer.says("hi")
            await customer.sees_menu("Yes", "No")
            await customer.kill_worker()
            await customer.says(answer)
            await customer.sees(seen)
        await customer.says("yes")
        await customer.sees("Yes what?")


async def test_one_button_or_many_are_numbered_text() -> None:
    """No template takes them."""
    bot, _ = relaying(
        {"hi": [{"say": "Go on?", "buttons": [{"title": "Go", "payload": "go"}]}], "go": [{"say": "Gone."}]}
    )
    async with chatting(bot) as customer:
        await customer.says("hi")
        await customer.sees("Go on?\n1. Go")
        await customer.says("1")
        await customer.sees("Gone.")


async def test_a_failing_backend_costs_a_sentence() -> None:
    """The next message is asked anew."""
    bot, _ = relaying({"hi": [{"say": "one"}, BackendFailed("down")], "again": [{"say": "two"}]})
    async with chatting(bot) as customer:
        await customer.says("hi")
        await customer.sees("one")
        await customer.sees("Sorry, I cannot answer at the moment.")
        await customer.says("again")
        await customer.sees("two")
        assert not customer.errors


async def test_a_failing_backend_hands_off_if_the_file_says_so() -> None:
    """With attributes."""
    bot, _ = relaying(
        {"hi": [BackendFailed("down")]}, failed={"say": "A colleague goes on.", "attributes": {"why": "down"}}
    )
    async with chatting(bot) as customer:
        await customer.says("hi")
        await customer.sees("Sorry,")
        await customer.sees("A colleague goes on.")
        await customer.waits("1s")
        assert customer.attributes == {"why": "down"}


async def test_the_backend_writes_attributes_and_hands_off() -> None:
    """The file adds what is always said and written."""
    script = {"hi": [{"attributes": {"topic": "x"}}, {"say": "Bye.", "hand_off": True, "attributes": {"queue": "q"}}]}
    bot, _ = relaying(script, passed_on={"say": "One moment.", "attributes": {"by": "relay"}})
    async with chatting(bot) as customer:
        await customer.says("hi")
        await customer.sees("Bye.")
        await customer.sees("One moment.")
        await customer.waits("1s")
        assert customer.attributes == {"topic": "x", "queue": "q", "by": "relay"}


async def test_a_crash_in_the_middle_asks_again_under_the_same_key_and_says_nothing_twice() -> None:
    """What was said before the crash is recognised."""
    bot, backend = relaying({"hi": [{"say": "one"}, {"say": "two"}]})
    crashed = anyio.Event()
    whole = backend.ask

    async def ask(question: Question, tell: Tell) -> None:
        if not crashed.is_set():
            await tell(Reply(say="one"))
            crashed.set()
            backend.asked.append(question)
            await anyio.sleep_forever()
        await whole(question, tell)

    backend.ask = ask  # type: ignore[method-assign]
    async with chatting(bot) as customer:
        await customer.says("hi")
        await crashed.wait()
        await customer.kill_worker()
        await customer.sees("two")
        assert customer.heard == ["one", "two"]
        first, second = backend.asked
        assert first == second


def test_what_a_rasa_server_says_is_read() -> None:
    """Buttons, attachments; what is unknown is passed over."""
    said = b'[{"text": "?", "buttons": [{"title": "a", "payload": "/a", "type": "x"}]}, {"attachment": "http://x"}, {}]'
    first, second, third = replies(said, Shape.RASA)
    assert (first.buttons[0].payload, second.say, third) == ("/a", "http://x", Reply())


@pytest.mark.parametrize("said", [b"", b"{", b"1", b'{"buttons": [{"title": "a"}]}', b"[" * 100_000, b"\xff"])
def test_rubbish_is_rubbish(said: bytes) -> None:
    """Never anything else."""
    with pytest.raises(Rubbish):
        replies(said, Shape.PLAIN)


BROKEN = [
    ('url = "ftp://x"', "line 1: url: string should match pattern"),
    ('url = "http://x"\nsecret = "swordfish"', "line 2: secret: say where the secret is, env:NAME or file:/path"),
    ('url = "http://x"\nshape = "raza"', "line 2: shape: input should be 'plain' or 'rasa'"),
    ('url = "http://x"\n[headers]\nA = "b"', "line 3: headers.A: say where the secret is"),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """And never quotes a secret that is in the wrong place."""
    (tmp_path / "relay.toml").write_text(text)
    with pytest.raises(RegistrationError) as refused:
        read(tmp_path / "relay.toml", Relay)
    assert f"relay.toml, {told}" in str(refused.value)
    assert "swordfish" not in str(refused.value)


def test_a_secret_is_found_where_the_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment or in a file; elsewhere the bot says that it is missing."""
    monkeypatch.setenv("RELAY_SECRET", "a")
    (tmp_path / "token").write_text("b\n")
    found = {"url": "http://x", "secret": "env:RELAY_SECRET", "headers": {"X": f"file:{tmp_path / 'token'}"}}
    rules = Relay.model_validate(found).rules()
    assert (rules.secret, rules.headers) == ("a", {"X": "b"})
    assert "'a'" not in repr(rules)
    for missing in ("env:NOT_SET", "file:/nowhere"):
        with pytest.raises(RegistrationError, match=f"secret: {missing} is missing"):
            Relay.model_validate(found | {"secret": missing}).rules()


@pytest.mark.processes
async def test_it_serves_a_chat_with_a_backend_in_another_process(
    tmp_path: Path, server: str, serve: Callable[[str, str], None]
) -> None:
    """The daemon, the backend and the local Amazon Connect, each over real sockets."""
    (tmp_path / "secret").write_text("swordfish")
    (tmp_path / "relay.toml").write_text(f'url = "{server}/parts"\nsecret = "file:secret"\n')
    async with emulate() as connect:
        started = connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        answer: Any = connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        token = answer["ConnectionCredentials"]["ConnectionToken"]
        serve("bots.relay:bot", connect.url)
        connect.call("SendMessage", {"ContentType": "text/plain", "Content": "hi"}, bearer=token)
        assert await sayings(connect, started["ContactId"], 3) == ["one", "two", "three"]
