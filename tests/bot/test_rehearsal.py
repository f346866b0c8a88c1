"""Rehearsals: a new build against the journals of the conversations that are open now."""

from collections.abc import Awaitable, Callable

import pytest

from agent import Bot, Chat
from agent.bot.rehearsal import SavedJournal, read, rehearse
from agent.errors import ConfigurationError
from agent.testing import chatting
from agent.testing.person import Customer

Body = Callable[[Chat], Awaitable[None]]


async def place() -> int:
    return 7


async def order(chat: Chat) -> None:
    await chat.say("Hello.")
    await chat.ask("Which size?", int)
    await chat.step(place)
    await chat.ask("Which colour?")
    await chat.say("done")


async def reordered(chat: Chat) -> None:
    await chat.ask("Which colour?")
    await chat.ask("Which size?", int)


async def without_the_step(chat: Chat) -> None:
    await chat.ask("Which size?", int)
    await chat.ask("Which colour?")


async def reworded(chat: Chat) -> None:
    await chat.say("Good day.", "How are you?")
    await chat.ask("Which size?", int)
    await chat.step(place)
    await chat.ask("Which colour?")
    await chat.leave()


def bot_of(body: Body) -> Bot:
    bot = Bot("orders")
    bot.dialog("order")(body)
    return bot


async def journal_of(customer: Customer) -> str:
    record = await customer._worker.record()
    assert record is not None
    return SavedJournal.of(record).line()


async def saved() -> list[str]:
    """A chat after each of its questions, as lines of a file."""
    lines = []
    async with chatting(bot_of(order)) as customer:
        await customer.waits(1)
        lines.append(await journal_of(customer))
        for text, question in (("order", "Which size?"), ("42", "Which colour?")):
            await customer.says(text)
            await customer.sees(question)
            await customer.waits(1)
            lines.append(await journal_of(customer))
    return ["", *lines]


@pytest.mark.parametrize("body", [order, reworded])
async def test_a_build_that_fits_breaks_nothing(body: Body) -> None:
    """Words may change; every open conversation is counted."""
    result = await rehearse(bot_of(body), read(await saved()))
    assert (result.conversations, result.runs, result.findings) == (3, 2, ())


async def test_a_build_that_does_not_fit_is_named_with_dialog_and_place() -> None:
    """For each conversation: which dialog, what was expected and what came."""
    result = await rehearse(bot_of(reordered), read(await saved()))
    assert len(result.findings) == 2
    assert {finding.handler for finding in result.findings} == {"dialog:order version 1"}
    line = reordered.__code__.co_firstlineno + 1
    assert all(f"test_rehearsal.py:{line}" in str(finding.error) for finding in result.findings)


async def test_only_conversations_that_have_come_that_far_break() -> None:
    """A change behind where a customer stands does not matter to him."""
    result = await rehearse(bot_of(without_the_step), read(await saved()))
    (finding,) = result.findings
    assert "expected step place" in str(finding.error)


async def test_a_dialog_that_is_gone_is_a_finding() -> None:
    """As is a version."""
    bot = Bot("orders")
    bot.dialog("buy")(order)
    assert len((await rehearse(bot, read(await saved()))).findings) == 2


async def test_nothing_is_said_and_no_step_is_taken() -> None:
    """A rehearsal has no effects: code that would go on is a finding."""

    async def eager(chat: Chat) -> None:
        await chat.ask("Which size?", int)
        await chat.step(place)
        await chat.say("done")

    result = await rehearse(bot_of(eager), read(await saved()))
    assert len(result.findings) == 1


@pytest.mark.parametrize("line", ["x", "{}", "[]", '{"instance":"a","contact":"b","journal":"%"}'])
def test_a_file_that_is_none_is_refused_with_its_line(line: str) -> None:
    """The operator's mistake, in one sentence."""
    with pytest.raises(ConfigurationError, match="Line 2 is no saved journal"):
        list(read(["", line]))


async def test_an_unreadable_journal_is_a_finding() -> None:
    """One bad record does not end the rehearsal."""
    line = '{"instance":"a","contact":"b","journal":"AAAA"}'
    result = await rehearse(bot_of(order), read([line, *await saved()]))
    assert (result.conversations, len(result.findings)) == (4, 1)
