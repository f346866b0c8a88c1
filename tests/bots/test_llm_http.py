"""The model over HTTP: a local server that speaks OpenAI's protocol, well or badly."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import RegistrationError
from agent.emulator import emulate
from bots.llm_model import ModelThinker
from bots.llm_pieces import Kind, Piece, Question, Spent
from bots.llm_provider import opened
from bots.llm_settings import Llm
from tests.bots.listening import sayings
from tests.bots.llm_models import SETTINGS
from tests.bots.openai_stub import serving

QUESTION = Question(history=[], text="Which colours?", said="", left=Spent(tokens=10_000, cost=1.0))
FAST: dict[str, Any] = {"settings": {"max_retries": 0}, "attributes": {"topic": "?"}}


async def answered(url: str, name: str, **settings: Any) -> list[Piece]:
    """All pieces of the answer of the model called `name`."""
    return [piece for step in await stepped(url, name, **settings) for piece in step]


async def stepped(url: str, name: str, **settings: Any) -> list[list[Piece]]:
    """The same, as they come: what comes together is durable together."""
    llm = Llm.model_validate(SETTINGS | FAST | {"model": f"openai:{name}", "base_url": url} | settings)

    async def ask() -> Question:
        return QUESTION

    steps: list[list[Piece]] = []
    async with ModelThinker(llm, opened(llm)).open() as thinker, thinker.answer(ask) as coming:
        while not steps or not steps[-1][-1].last:
            steps.append(await coming.next())
    return steps


def plain(pieces: list[Piece]) -> list[tuple[Kind, str]]:
    return [(piece.kind, piece.text) for piece in pieces]


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub is on this machine; no other server is named anywhere here."""
    monkeypatch.setattr("pydantic_ai.models.ALLOW_MODEL_REQUESTS", True)
    monkeypatch.setenv("OPENAI_API_KEY", "the-real-one")


async def test_an_answer_comes_in_pieces_with_what_it_cost() -> None:
    """As the server counts; a server of one's own does not get the key that is OpenAI's."""
    async with serving() as (url, stub):
        pieces = await answered(url, "whole", price={"input": 1e6, "output": 1e6})
        assert plain(pieces) == [(Kind.SAY, "We have red ones."), (Kind.SAY, "And blue ones."), (Kind.DONE, "")]
        spent = sum((piece.spent for piece in pieces), Spent())
        assert (spent.tokens, spent.cost) == (12, 12.0)
        assert stub.keys == ["Bearer none"]
        assert stub.asked[0]["messages"][0]["content"].startswith("Sell shoes.")
        assert stub.asked[0]["messages"][1] == {"role": "user", "content": "Which colours?"}


async def test_the_end_comes_together_with_the_last_words() -> None:
    """So no crash lies between them, after which a whole answer would be gone on with."""
    async with serving() as (url, _):
        steps = await stepped(url, "whole")
        assert [[piece.kind for piece in step] for step in steps] == [[Kind.SAY], [Kind.SAY, Kind.DONE]]


async def test_its_key_is_found_by_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not shown."""
    monkeypatch.setenv("SHOE_KEY", "swordfish")
    async with serving() as (url, stub):
        await answered(url, "whole", api_key="env:SHOE_KEY")
        assert stub.keys == ["Bearer swordfish"]


async def test_tools_go_over_the_wire() -> None:
    """The wish first, then the answer; without the server's count ours is taken."""
    async with serving() as (url, stub):
        pieces = await answered(url, "noting")
        assert [piece.kind for piece in pieces] == [Kind.WRITE, Kind.SAY, Kind.SAY, Kind.DONE]
        assert len(stub.asked) == 2
        assert pieces[0].spent.tokens > 0


@pytest.mark.parametrize(
    ("name", "before", "why"),
    [
        ("half", ["We have red ones."], {"down"}),
        ("unfinished", ["We have red ones."], {"down"}),
        ("down", [], {"http 500"}),
        ("busy", [], {"http 429"}),
        ("rubbish", [], {"down", "rubbish"}),
        ("page", [], {"down", "rubbish"}),
        ("silent", [], {"silence"}),
        ("unknown-tool", [], {"loop", "rubbish"}),
    ],
)
async def test_a_server_that_misbehaves_is_a_failure(name: str, before: list[str], why: set[str]) -> None:
    """Half an answer is one, too; nothing of what the server says about it comes out."""
    async with serving() as (url, _):
        *said, last = plain(await answered(url, name, patience=2.0 if name == "silent" else 30.0))
        assert [text for _, text in said] == before
        assert last[0] is Kind.FAILED
        assert last[1] in why


async def test_a_loop_of_tools_ends() -> None:
    """After as many requests as the file allows."""
    async with serving() as (url, stub):
        *wishes, last = plain(await answered(url, "loop", requests=3))
        assert {kind for kind, _ in wishes} == {Kind.WRITE}
        assert last == (Kind.FAILED, "loop")
        assert len(stub.asked) == 3


async def test_a_refusal_is_one() -> None:
    """By its finish reason, also in the middle of an answer."""
    async with serving() as (url, _):
        assert plain(await answered(url, "refusing")) == [(Kind.REFUSED, "")]
        assert plain(await answered(url, "filtered")) == [(Kind.SAY, "We have red ones."), (Kind.REFUSED, "")]


async def test_a_busy_server_is_asked_again() -> None:
    """By the provider's own client."""
    async with serving() as (url, stub):
        assert plain(await answered(url, "busy-once", settings={"max_retries": 2}))[-1] == (Kind.DONE, "")
        assert len(stub.asked) == 2


@pytest.mark.parametrize(
    ("model", "told"),
    [("opnai:gpt", "Unknown model"), ("anthropic:claude", "anthropic"), ("openai:gpt-5", "OPENAI_API_KEY")],
)
def test_a_model_that_cannot_be_used_is_told(model: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is unknown, its package is missing, its key is."""
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(RegistrationError, match=f"model '{model}' cannot be used: .*{told}"):
        opened(Llm.model_validate(SETTINGS | {"model": model}))


def test_bedrock_is_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the credentials of AWS's own chain."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    model = opened(Llm.model_validate(SETTINGS | {"model": "bedrock:amazon.nova-lite-v1:0"}))
    assert model.model_name == "amazon.nova-lite-v1:0"


def test_a_key_of_another_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given by reference, where the provider takes one."""
    monkeypatch.setenv("SHOE_KEY", "swordfish")
    assert opened(Llm.model_validate(SETTINGS | {"model": "deepseek:chat", "api_key": "env:SHOE_KEY"})).system


@pytest.fixture
def stub_process() -> Iterator[str]:
    """The stub in a process of its own."""
    command = [sys.executable, str(Path(__file__).parent / "openai_stub.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.mark.processes
async def test_the_daemon_serves_it(stub_process: str, serve: Callable[[str, str], None], tmp_path: Path) -> None:
    """By its name, set up by its file, over real sockets to the end."""
    (tmp_path / "llm.toml").write_text(
        f'model = "openai:whole"\nbase_url = "{stub_process}"\ninstructions = "Sell shoes."\nshortest = 1\n'
    )
    async with emulate() as connect:
        started = connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        answer: Any = connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        token = answer["ConnectionCredentials"]["ConnectionToken"]
        serve("llm", connect.url)
        connect.call("SendMessage", {"ContentType": "text/plain", "Content": "hi"}, bearer=token)
        assert await sayings(connect, started["ContactId"], 2) == ["We have red ones.", "And blue ones."]
