"""Getting onto the chat, whatever Amazon Connect answers."""

import pytest
from msgspec.structs import replace

from agent.emulator.faults import CallFault
from agent.errors import (
    BotPresent,
    ContactEnded,
    HumanPresent,
    JoinRefused,
    JoinWindowMissed,
    UnknownContact,
)
from agent.ids import ContactId, ContactKey
from agent.record import ContactRecord, Phase
from agent.session.join import join_token
from agent.session.session import Ending
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import hall, virtual

pytestmark = pytest.mark.both_ways

BEFORE = CallFault(when="before", error="InternalServiceException", status=500)
AFTER = CallFault(when="after", error="InternalServiceException", status=500)
THROTTLED = CallFault(when="before", error="ThrottlingException", status=429)


@pytest.mark.by_websocket
@virtual
async def test_the_bot_joins_as_a_custom_bot_and_asks_for_socket_and_credentials() -> None:
    """Every field of the two requests has its home."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        (created,) = scene.calls.named("CreateParticipant")
        assert created["ParticipantDetails"] == {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}
        assert created["ContactId"] == scene.contact_id
        assert created["ClientToken"] == join_token(await scene.record())
        (connected,) = scene.calls.named("CreateParticipantConnection")
        assert connected["Type"] == ["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        assert connected["ConnectParticipant"] is True


@virtual
async def test_throttled_and_failed_joins_are_repeated_with_the_same_client_token() -> None:
    """A repeated join is the same join, even when an earlier try took effect."""
    async with hall() as scene:
        scene.weather.faults["CreateParticipant"] = [THROTTLED, BEFORE, AFTER, CallFault(when="after", hang_up=True)]
        bot = ScriptedBot(greeting="Hello!")
        await scene.session(bot)
        await scene.passes(60)
        tokens = {call["ClientToken"] for call in scene.calls.named("CreateParticipant")}
        assert len(scene.calls.named("CreateParticipant")) == 5
        assert len(tokens) == 1
        assert scene.lines() == ["Hello!"]


@virtual
async def test_the_token_is_stored_before_the_connection_is_made() -> None:
    """A process that dies in between must be able to reconnect: it may not create again."""
    async with hall() as scene:
        scene.weather.faults["CreateParticipantConnection"] = [CallFault(when="before", delay=5.0)]
        await scene.session(ScriptedBot())
        await scene.passes(1)
        record = await scene.record()
        assert record.phase is Phase.JOINED
        assert record.participant is not None


def test_a_later_join_has_a_token_of_its_own() -> None:
    """The same token would hand back a participant that is gone."""
    key = ContactKey("i", ContactId("c"))  # type: ignore[arg-type]
    record = ContactRecord(key=key, bot="b", display_name="d")
    assert join_token(record) == join_token(replace(record, epoch=9, owner=None))
    assert join_token(record) != join_token(replace(record, join=2))


@virtual
async def test_a_contact_that_ended_is_refused_and_its_record_is_over() -> None:
    """Never a retry loop."""
    async with hall() as scene:
        scene.desk.stop(scene.contact_id)
        await scene.joins(ScriptedBot())
        assert isinstance(scene.endings[0], ContactEnded)
        assert (await scene.record()).over == "ContactEnded"
        assert len(scene.calls.named("CreateParticipant")) == 1


@virtual
async def test_a_contact_with_an_agent_is_refused() -> None:
    """A custom participant cannot be added while an agent is present."""
    async with hall() as scene:
        scene.desk.agent_joins(scene.contact_id)
        await scene.joins(ScriptedBot())
        assert isinstance(scene.endings[0], HumanPresent)


@virtual
async def test_a_contact_with_another_bot_is_refused() -> None:
    """One custom participant per contact."""
    async with hall() as scene:
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "First"}
        params = {"InstanceId": scene.key().instance_id, "ContactId": scene.contact_id, "ParticipantDetails": details}
        token = scene.operations.call("CreateParticipant", params)["ParticipantCredentials"]["ParticipantToken"]
        scene.operations.call("CreateParticipantConnection", {"ConnectParticipant": True}, bearer=token)
        await scene.joins(ScriptedBot())
        assert isinstance(scene.endings[0], BotPresent)
        assert "another custom bot" in str(scene.endings[0])


@virtual
async def test_an_unknown_contact_is_refused() -> None:
    """The sentence says what to check."""
    async with hall() as scene:
        scene.contact_id = "0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11"
        await scene.joins(ScriptedBot())
        assert isinstance(scene.endings[0], UnknownContact)
        assert "region" in str(scene.endings[0])


@pytest.mark.parametrize("code", ["InvalidRequestException", "ServiceQuotaExceededException"])
def test_what_cannot_be_diagnosed_is_refused_with_its_code(code: str) -> None:
    """Which code means what is not documented: the contact is looked at, and what stays unclear is said as it is."""
    status = 402 if "Quota" in code else 400

    @virtual
    async def story() -> None:
        async with hall() as scene:
            scene.weather.faults["CreateParticipant"] = [CallFault(when="before", error=code, status=status)]
            scene.weather.faults["DescribeContact"] = [CallFault(when="before", hang_up=True)]
            await scene.joins(ScriptedBot())
            assert isinstance(scene.endings[0], JoinRefused)
            assert code in str(scene.endings[0])

    story()


@virtual
async def test_a_missed_join_window_is_a_new_join() -> None:
    """The 15 seconds passed while the process was down: the participant is dead, the next one has its own token."""
    async with hall() as scene:
        slow = CallFault(when="before", delay=20.0)
        scene.weather.faults["CreateParticipantConnection"] = [slow]
        bot = ScriptedBot(greeting="Hello!")
        await scene.session(bot)
        await scene.passes(60)
        assert (await scene.record()).join == 2
        assert scene.lines() == ["Hello!"]


@virtual
async def test_a_join_window_that_is_missed_again_and_again_is_given_up() -> None:
    """Bounded, with a name."""
    async with hall() as scene:
        slow = CallFault(when="before", delay=20.0)
        scene.weather.faults["CreateParticipantConnection"] = [slow] * 5
        await scene.session(ScriptedBot())
        await scene.passes(200)
        assert isinstance(scene.endings[0], JoinWindowMissed)


@virtual
async def test_a_stored_participant_reconnects_and_is_never_created_again() -> None:
    """Only one custom participant is allowed, and its token works for its lifetime."""
    async with hall() as scene:
        first = await scene.joins(ScriptedBot(greeting="Hello!"))
        first.drain()
        await scene.passes(5)
        await scene.joins(ScriptedBot(greeting="Hello!"))
        assert scene.endings == [Ending.RELEASED]
        assert len(scene.calls.named("CreateParticipant")) == 1
        assert len(scene.calls.named("CreateParticipantConnection")) == 2
        assert scene.lines() == ["Hello!"]


@virtual
async def test_a_participant_that_is_no_longer_welcome_is_over() -> None:
    """The chat ended while nobody watched."""
    async with hall() as scene:
        (await scene.joins(ScriptedBot())).drain()
        await scene.passes(5)
        scene.desk.stop(scene.contact_id)
        await scene.joins(ScriptedBot())
        assert scene.endings == [Ending.RELEASED, Ending.OVER]
        record = await scene.record()
        assert record.phase is Phase.OVER
        assert record.participant is None


@virtual
async def test_a_participant_that_spoke_and_is_known_no_more_is_not_joined_anew() -> None:
    """The customer has read it already: a second bot would begin in the middle of a chat that went on without it."""
    async with hall() as scene:
        (await scene.joins(ScriptedBot(greeting="Hello!"))).drain()
        await scene.passes(5)
        gone = CallFault(when="before", error="ResourceNotFoundException", status=404)
        scene.weather.faults["CreateParticipantConnection"] = [gone]
        await scene.joins(ScriptedBot(greeting="Hello!"))
        assert scene.endings == [Ending.RELEASED, Ending.OVER]
        assert len(scene.calls.named("CreateParticipant")) == 1
        assert scene.lines() == ["Hello!"]
