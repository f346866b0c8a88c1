"""Getting onto the chat and staying on it: tokens, windows, refusals, and a process that dies."""

import pytest

from agent.emulator import Fault, Rule
from agent.emulator.participants import Role
from agent.errors import AccessDenied, BotPresent, JoinWindowMissed
from agent.ids import Secret, client_token
from agent.record import Phase
from agent.session.conversation import Trigger
from agent.session.session import Ending
from tests.scenarios.stage import HASTY, PATIENT_SOCKETS, ScriptedBot, Stage, key, stage

JOIN, CONNECT, SEND = "CreateParticipant", "CreateParticipantConnection", "SendMessage"


def _statuses(scene: Stage, operation: str) -> list[int | None]:
    return [call.status for call in scene.calls(operation)]


def _client_tokens(scene: Stage, operation: str) -> list[str]:
    return [call.payload["request"]["ClientToken"] for call in scene.calls(operation)]


async def test_a_403_while_reconnecting_means_that_the_chat_has_ended() -> None:
    """CreateParticipantConnection of an ended chat is forbidden; asking again would not help."""
    async with stage() as scene:
        customer = scene.customer()
        await scene.joins(customer, ScriptedBot())
        scene.loses_socket(customer)
        scene.connect.stop(customer.contact_id)
        assert await scene.ended() is Ending.OVER
        assert scene.why() == "ChatEnded"
        assert _statuses(scene, CONNECT) == [200, 403]
        assert scene.calls("DisconnectParticipant") == []


async def test_a_403_after_a_restart_means_that_the_chat_has_ended() -> None:
    """A stored participant whom the service no longer knows is given up, and its secret is forgotten."""
    async with stage() as scene:
        customer = scene.customer()
        await scene.crashes(await scene.joins(customer, ScriptedBot()))
        scene.connect.stop(customer.contact_id)
        await scene.joins(customer, ScriptedBot())
        assert await scene.ended() is Ending.OVER
        record = await scene.record(customer)
        assert (record.phase, record.participant) == (Phase.OVER, None)


async def test_the_participant_token_connects_and_the_connection_token_does_all_else() -> None:
    """One in the other's place is answered with 403; the bot never mixes them up."""
    async with stage() as scene:
        customer = scene.customer()
        await scene.joins(customer, ScriptedBot(greeting="Hello!"))
        await customer.sees("Hello!")
        participant = (await scene.record(customer)).participant
        assert participant is not None
        with pytest.raises(AccessDenied):
            await scene.aws.participant.send_message(
                participant.token, content="x", content_type="text/plain", client_token=client_token("story")
            )
        with pytest.raises(AccessDenied):
            await scene.aws.participant.create_participant_connection(Secret(customer.token))
        customer.says("hi")
        await customer.sees("Hello!", "hi")


async def test_a_throttled_connection_is_asked_for_again_and_one_call_serves_one_socket() -> None:
    """The rate is shared with every customer's widget: as few calls as sockets, and jittered delays after a 429."""
    async with stage() as scene:
        customer = scene.customer()
        scene.weather(Rule(fault=Fault.ERROR, operation=CONNECT, error="ThrottlingException", times=2))
        await scene.joins(customer, ScriptedBot())
        assert _statuses(scene, CONNECT) == [429, 429, 200]
        assert len(scene.reports("call.repeated")) == 2
        scene.loses_socket(customer)
        await scene.until(lambda: len(scene.reports("transcript.read")) == 2)
        assert _statuses(scene, CONNECT) == [429, 429, 200, 200]


async def test_a_token_is_replaced_before_it_expires() -> None:
    """A connection token lives a day and a chat may live a week; nobody notices the change."""
    async with stage(connection_token_lifetime=60.0, connection_token_renewal=59.9) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, link=HASTY)
        await scene.until(lambda: len(scene.reports("connection.renewed")) >= 2)
        customer.says("after a day")
        await customer.sees("after a day")
        assert scene.reports("link.lost") == []
        assert set(_statuses(scene, SEND)) == {200}


async def test_a_token_that_has_expired_unnoticed_costs_one_new_connection() -> None:
    """403 with an old token: one CreateParticipantConnection, and the same message again."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        scene.connect.expire_tokens(customer.contact_id, Role.CUSTOM_BOT)
        customer.says("hello")
        await customer.sees("hello")
        assert _statuses(scene, SEND) == [403, 200]
        assert _statuses(scene, CONNECT) == [200, 200]


async def test_the_newest_token_is_used_from_the_moment_it_is_there() -> None:
    """A new connection may retire the token before it: no call is made with an older one."""
    async with stage(revoke_older_tokens=True, connection_token_reuse=False, socket_lifetime=60.0) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, link=HASTY)
        for number in range(1, 4):
            await scene.until(lambda number=number: len(scene.reports("connection.renewed")) >= number)  # type: ignore[misc]
            customer.says(str(number))
        await customer.sees("1", "2", "3")
        assert scene.reports("link.lost") == []
        assert 403 not in _statuses(scene, CONNECT)


async def test_the_connection_follows_the_join_at_once() -> None:
    """Fifteen seconds are all there is: no call and no bot's code comes in between."""
    async with stage() as scene:
        customer = scene.customer()
        await scene.joins(customer, ScriptedBot())
        calls = [entry.name for entry in scene.connect.timeline.entries() if entry.kind == "call"]
        assert calls[:2] == [JOIN, CONNECT]


async def test_a_bot_that_missed_its_window_joins_anew() -> None:
    """Such a participant is lost for good; the next one has a ClientToken of its own."""
    async with stage() as scene:
        customer = scene.customer()
        scene.when("call", JOIN, lambda: scene.passes(16))
        await scene.joins(customer, ScriptedBot(greeting="Hello!"))
        await customer.sees("Hello!")
        assert _statuses(scene, CONNECT) == [404, 200]
        assert len(set(_client_tokens(scene, JOIN))) == 2
        assert customer.events().count(("participant.joined", "CUSTOM_BOT")) == 1


async def test_a_bot_that_always_misses_its_window_gives_up() -> None:
    """It says why, instead of joining for ever."""
    async with stage() as scene:
        customer = scene.customer()
        scene.when("call", JOIN, lambda: scene.passes(16), times=3)
        await scene.joins(customer, ScriptedBot())
        assert isinstance(await scene.ended(), JoinWindowMissed)


async def test_a_join_whose_answer_was_lost_is_repeated_as_the_same_join() -> None:
    """A flow's Lambda is retried, a connection breaks: the ClientToken makes it one participant."""
    async with stage() as scene:
        customer = scene.customer()
        scene.weather(Rule(fault=Fault.CUT, operation=JOIN, when="after", times=1))
        await scene.joins(customer, ScriptedBot(greeting="Hello!"))
        await customer.sees("Hello!")
        assert len(_client_tokens(scene, JOIN)) == 2
        assert len(set(_client_tokens(scene, JOIN))) == 1


async def test_a_process_that_died_before_it_stored_its_participant_makes_the_same_join_again() -> None:
    """The ClientToken is derived from contact and join, so that any process comes to the same one."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(greeting="Hello!")
        run = await scene.starts(customer, bot)
        scene.when("call", JOIN, run.life.cancel)
        await run.over.wait()
        assert (await scene.record(customer)).participant is None
        await scene.joins(customer, bot)
        await customer.sees("Hello!")
        assert len(set(_client_tokens(scene, JOIN))) == 1
        assert _statuses(scene, JOIN) == [200, 200]


async def test_a_contact_that_another_bot_holds_is_refused_once() -> None:
    """One custom participant per contact: a 409 is an answer, not a reason to try again."""
    async with stage() as scene:
        customer = scene.customer()
        await scene.aws.connect.create_participant(
            key(customer.contact_id), display_name="Another", client_token=client_token("another bot")
        )
        await scene.joins(customer, ScriptedBot())
        assert isinstance(await scene.ended(), BotPresent)
        assert _statuses(scene, JOIN) == [200, 409]


async def test_a_restarted_process_reconnects_and_never_joins_again() -> None:
    """Its predecessor's participant still holds the only place: the stored token leads back to it."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(greeting="Hello!")
        run = await scene.joins(customer, bot)
        await customer.sees("Hello!")
        await scene.until(lambda: len(scene.reports("turn.committed")) == 1)
        await scene.crashes(run)
        customer.says("while nobody listened")
        await scene.joins(customer, bot)
        await customer.sees("Hello!", "while nobody listened")
        assert len(scene.calls(JOIN)) == 1
        assert bot.triggers == [Trigger.JOINED, Trigger.ITEMS]


async def test_a_websocket_url_that_has_expired_is_replaced() -> None:
    """A URL must be dialled within 100 s; one that comes too late is refused, and a new one is asked for."""
    async with stage(**PATIENT_SOCKETS) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        scene.when("call", CONNECT, lambda: scene.passes(101))
        await scene.joins(customer, bot)
        customer.says("hello")
        await customer.sees("hello")
        assert [failed.fields["why"] for failed in scene.reports("link.failed")] == ["refused"]
        assert _statuses(scene, CONNECT) == [200, 200]
