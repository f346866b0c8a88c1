"""No test passes whose bot has broken; what it met is told."""

import asyncio
from datetime import datetime

import anyio
import pytest

from agent import Bot, Chat
from agent.errors import ReplayMismatch
from agent.session.session import Session
from agent.testing import chatting
from agent.testing.worker import SessionBroke


@pytest.fixture(params=[asyncio.CancelledError, LookupError("no such thing")], ids=["cancelled", "error"])
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BaseException:
    """What every session ends by."""

    async def run(session: Session) -> None:
        await anyio.sleep(1)
        raise request.param

    monkeypatch.setattr(Session, "run", run)
    return request.param


@pytest.mark.usefixtures("broken")
async def test_a_session_that_breaks_fails_the_test() -> None:
    """Although the test expects nothing more; the customer's own expectations have been met until then."""
    went_on = []

    async def chat() -> None:
        async with chatting(Bot("any")) as customer:
            await customer.waits(2)
            went_on.append(True)

    with pytest.raises(SessionBroke, match=r"ended by (CancelledError|LookupError: no such thing)$"):
        await chat()
    assert went_on


@pytest.mark.usefixtures("broken")
async def test_what_the_test_expected_comes_first() -> None:
    """Its failure shows the conversation, and what ended the session."""
    with pytest.raises(AssertionError, match=r"(?s)expected 'never said'.*The bot raised:.*(CancelledError|Lookup)"):
        async with chatting(Bot("any")) as customer:
            await customer.sees("never said")
    with pytest.raises(pytest.fail.Exception, match="by hand"):
        async with chatting(Bot("any")):
            pytest.fail("by hand")


@pytest.mark.parametrize("shielded", [False, True])
async def test_whoever_cancels_the_test_is_not_the_bot(shielded: bool) -> None:
    """A timeout around the chat, or the end of the loop, breaks no session."""
    with anyio.move_on_after(1) as scope, anyio.CancelScope(shield=shielded):
        async with chatting(Bot("any")) as customer:
            await customer.waits(2)
    assert scope.cancelled_caught is not shielded


def _forgetful() -> Bot:
    bot = Bot("forgetful")

    @bot.dialog("order", version=1)
    async def order(chat: Chat) -> None:
        datetime.now()  # noqa: DTZ005 - the defect
        await chat.say(await chat.ask("Which size?"))

    return bot


async def test_a_dialog_that_cannot_be_replayed_says_why() -> None:
    """In the errors, once, and in the failure; the customer hears only that it starts over."""
    async with chatting(_forgetful()) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.kill_worker()
        await customer.says("42")
        with pytest.raises(AssertionError, match=r"(?s)The bot raised:.*It called datetime\.now\(\)"):
            await customer.sees("42")
        assert [type(error) for error in customer.errors] == [ReplayMismatch]


async def test_a_dialog_that_does_not_match_is_told_once() -> None:
    """Also where the bot is told to let it fail the turn."""
    bot = Bot("changed", on_mismatch="raise")
    questions = iter(["Which size?", "Which colour?"])

    @bot.dialog("order", version=1)
    async def order(chat: Chat) -> None:
        await chat.ask(next(questions))

    async with chatting(bot) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.kill_worker()
        await customer.says("42")
        await customer.waits(5)
        (error,) = customer.errors
        assert isinstance(error, ReplayMismatch)


async def test_each_customer_of_a_bot_sees_their_own_errors() -> None:
    """Though one bot tells them."""
    bot = _forgetful()
    async with chatting(bot) as one, chatting(bot) as other:
        await one.says("order")
        await one.sees("Which size?")
        await one.kill_worker()
        await one.says("42")
        await one.waits(5)
        assert len(one.errors) == 1
        assert not other.errors
