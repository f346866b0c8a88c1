"""The kit's one door, and every verb in a test in which it must fail."""

import asyncio
import time
from datetime import datetime, timedelta, timezone

import anyio
import pytest
import uvloop

from agent import Bot, Chat, Choice, Message, testing
from agent.errors import RegistrationError
from agent.testing import Customer, EverybodyWaits, chatting, run_virtually
from agent.testing.network import NetworkForbidden


async def place_order(size: int, when: str) -> str:
    return f"#{size}-{when}"


def shoes() -> Bot:
    bot = Bot("shoes", turns="merge")

    @bot.on_join
    async def greet(chat: Chat) -> None:
        await chat.say("Hi! Ask me anything, or type *order*.")

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    @bot.dialog("order", version=1)
    async def order(chat: Chat) -> None:
        size = await chat.ask("Which size?", int, check=lambda n: 30 < n < 50, tries=3)
        when = await chat.choose("When?", [Choice("today"), Choice("tomorrow")])
        ref = await chat.step(place_order, size, when)
        await chat.say(f"Done: {ref}")

    return bot


async def test_an_order_survives_the_death_of_its_worker() -> None:
    """The page a newcomer reads first: ten lines, no network, virtual time."""
    async with chatting(shoes()) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.says("42")
        await customer.kill_worker()
        await customer.picks("today")
        await customer.sees("Done: #42-today")
        assert customer.heard[1:] == ["Which size?", "When?\n1. today\n2. tomorrow", "Done: #42-today"]


async def test_hours_pass_in_an_instant() -> None:
    """`waits` moves virtual time; the loop's own time goes on afterwards."""
    before = time.monotonic()
    async with chatting(shoes()) as customer:
        await customer.waits("2h")
        await customer.says("still here")
        await customer.sees("still here")
    assert time.monotonic() - before < 60
    await anyio.sleep(0.001)


async def test_what_is_not_said_is_not_seen() -> None:
    """`sees` fails with the conversation, the expectation beside what came instead."""
    async with chatting(shoes()) as customer:
        await customer.sees("Hi!")
        await customer.says("hello")
        with pytest.raises(AssertionError, match=r"(?s)expected 'goodbye'.*bot +hello +<── expected 'goodbye'"):
            await customer.sees("goodbye")


async def test_what_was_seen_is_behind() -> None:
    """`sees` looks only at what came after the last thing seen."""
    async with chatting(shoes()) as customer:
        await customer.sees("Hi!")
        with pytest.raises(AssertionError, match="'Hi!'"):
            await customer.sees("Hi!", within="5s")


async def test_a_patience_of_its_own() -> None:
    """`within` bounds the waiting."""
    bot = Bot("slow")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await anyio.sleep(30)
        await chat.say("done")

    async with chatting(bot) as customer:
        await customer.says("x")
        with pytest.raises(AssertionError, match="'done'"):
            await customer.sees("done", within="10s")
        await customer.sees("done")


async def test_another_menu_is_not_the_menu() -> None:
    """`sees_menu` compares entries and order."""
    async with chatting(shoes()) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.says("42")
        with pytest.raises(AssertionError, match="a menu of 'tomorrow', 'today'"):
            await customer.sees_menu("tomorrow", "today")
        assert await customer.sees_menu("today", "tomorrow")


async def test_a_plain_message_is_no_menu() -> None:
    """`sees_menu` without entries still wants a menu."""
    async with chatting(shoes()) as customer:
        with pytest.raises(AssertionError, match="expected a menu"):
            await customer.sees_menu()


async def test_only_what_the_menu_shows_can_be_picked() -> None:
    """`picks` fails when no menu has the entry."""
    async with chatting(shoes()) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.says("42")
        await customer.sees_menu("today", "tomorrow")
        with pytest.raises(AssertionError, match="a menu with 'yesterday'"):
            await customer.picks("yesterday")


async def test_silence_is_broken_by_an_answer() -> None:
    """`hears_nothing` fails as soon as the bot speaks."""
    async with chatting(shoes()) as customer:
        await customer.hears_nothing()
        await customer.says("hello")
        with pytest.raises(AssertionError, match=r"bot +hello +<── expected nothing"):
            await customer.hears_nothing()


async def test_typing_makes_merge_wait() -> None:
    """`types` reaches the bot's side: what is still being written belongs to the burst."""
    async with chatting(shoes()) as customer:
        await customer.sees("Hi!")
        await customer.says("one")
        await customer.types()
        await customer.waits(3)
        await customer.says("two")
        await customer.sees("one\ntwo")


async def test_nothing_is_said_to_a_customer_who_left() -> None:
    """`leaves` ends the chat; verbs of the customer are refused from then on."""
    async with chatting(shoes()) as customer:
        await customer.leaves()
        with pytest.raises(Exception, match=r"(?i)access|denied"):
            await customer.says("hello?")


async def test_an_agent_silences_the_bot() -> None:
    """`agent_joins` takes the chat from the bot."""
    async with chatting(shoes()) as customer:
        await customer.sees("Hi!")
        await customer.agent_joins()
        await customer.says("hello?")
        await customer.hears_nothing("1h")
        with pytest.raises(AssertionError):
            await customer.sees("hello?")


async def test_leaving_waits_for_the_bot_to_go() -> None:
    """`leaves` fails when the bot does not let go."""
    bot = shoes()

    @bot.on_leave
    async def never(chat: Chat) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(600)

    async with chatting(bot) as customer:
        with pytest.raises(AssertionError, match="expected the bot to be gone"):
            await customer.leaves()


async def test_what_the_bot_raised_stands_in_the_failure() -> None:
    """The author sees the exception of the handler, not only a missing answer."""
    bot = Bot("broken")

    @bot.on_message()
    async def fail(chat: Chat, message: Message) -> None:
        raise LookupError("no such shoe")

    async with chatting(bot) as customer:
        await customer.says("x")
        with pytest.raises(AssertionError, match=r"(?s)The bot raised:.*no such shoe"):
            await customer.sees("answer")
        assert isinstance(customer.errors[0], LookupError)


async def test_what_the_test_raises_comes_out_as_it_is() -> None:
    """No exception group between an author and an assertion."""
    with pytest.raises(ZeroDivisionError):
        async with chatting(shoes()):
            raise ZeroDivisionError


async def test_the_network_is_forbidden() -> None:
    """A bot under test that reaches for the network fails by name; it is allowed on demand, and afterwards."""
    bot = Bot("online")

    @bot.on_message()
    async def reach(chat: Chat, message: Message) -> None:
        await asyncio.open_connection("127.0.0.1", 9)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert isinstance(customer.errors[0], NetworkForbidden)
    with pytest.raises(OSError, match=r"(?i)connect"):
        await asyncio.open_connection("127.0.0.1", 9)


async def test_a_customer_has_attributes() -> None:
    """What the flow knows reaches the bot, and what the bot writes can be seen."""
    bot = Bot("attributes")

    @bot.on_message()
    async def tell(chat: Chat, message: Message) -> None:
        await chat.say(chat.contact.attributes["tier"])
        await chat.set_attributes({"topic": "shoes"})

    async with chatting(bot, attributes={"tier": "gold"}) as customer:
        await customer.says("x")
        await customer.sees("gold")
        await customer.waits(1)
        assert customer.attributes["topic"] == "shoes"


async def test_waiting_for_nothing_is_an_error() -> None:
    """In virtual time a test that waits for ever fails instead of hanging."""

    def forever() -> None:
        async def wait() -> None:
            async with chatting(shoes()) as customer:
                await customer.agent_joins()
                await anyio.Event().wait()

        anyio.run(wait)

    with pytest.raises(EverybodyWaits):
        await anyio.to_thread.run_sync(forever)


def test_the_names_of_the_kit_are_there() -> None:
    """What is documented can be imported."""
    assert Customer.__name__ == "Customer"
    assert testing.customer is chatting
    assert all(hasattr(testing, name) for name in testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'chating'"):
        _ = testing.chating


async def test_a_loop_that_is_virtual_already_is_left_as_it_is() -> None:
    """Inside `run_virtually`, chats share its time."""

    async def chat() -> float:
        async with chatting(shoes()) as customer:
            await customer.waits("1h")
        return anyio.current_time()

    assert await anyio.to_thread.run_sync(lambda: run_virtually(chat())) >= 3600


async def test_chats_may_be_nested() -> None:
    """Two customers in one test, in one virtual time."""
    async with chatting(shoes()) as one, chatting(shoes()) as other:
        await one.says("a")
        await other.says("b")
        await one.sees("a")
        await other.sees("b")
        await one.waits("1h")
        await other.hears_nothing()


async def test_a_loop_of_another_make_is_refused_by_name() -> None:
    """uvloop's time cannot be bent."""

    async def chat() -> None:
        async with chatting(shoes()):
            pass

    def on_uvloop() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(chat())

    with pytest.raises(RuntimeError, match="asyncio's own selector loop, not Loop"):
        await anyio.to_thread.run_sync(on_uvloop)


async def test_a_bot_that_contradicts_itself_fails_before_the_chat() -> None:
    """As it would in production."""
    bot = Bot("twice")
    bot.on_message("a")(_hears)
    bot.on_message("a")(_hears)
    with pytest.raises(RegistrationError):
        async with chatting(bot):
            pass


async def _hears(chat: Chat, message: Message) -> None: ...


async def test_a_chat_begins_when_the_test_says() -> None:
    """For the bot as for the transcript; without a time zone nobody knows when that is."""
    bot = Bot("clock")

    @bot.on_message()
    async def tell(chat: Chat, message: Message) -> None:
        await chat.say(chat.now().isoformat(timespec="hours"))

    start = datetime(2031, 5, 4, 9, tzinfo=timezone(timedelta(hours=2)))
    async with chatting(bot, start=start) as customer:
        await customer.waits("3h")
        await customer.says("What time is it?")
        await customer.sees("2031-05-04T10+00:00")
    with pytest.raises(ValueError, match="needs a time zone"):
        async with chatting(bot, start=start.replace(tzinfo=None)):
            raise AssertionError
