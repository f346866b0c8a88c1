"""Why a bot is silent in one chat: each reason is found, and no customer's word is shown."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.doctor.checks import OF_A_CHAT
from agent.daemon.doctor.findings import Finding, Severity
from agent.daemon.doctor.silence import contact
from agent.emulator import INSTANCE_ID, Emulator, Fault, Rule
from agent.ids import ContactId, ContactKey, ItemId, ParticipantId, Secret, WorkerId
from agent.record import ContactRecord, Cursor, DeadLetter, Participant, Phase
from agent.store.sqlite import SQLiteStore
from tests.daemon.doctor.patients import Told, answered, at, bad, found, visit

SECRET = "my card is 4111"
ME = WorkerId("worker-1")


class Chat:
    """A chat on the local Amazon Connect, and what the store remembers of it."""

    def __init__(self, connect: Emulator, tmp_path: Path, *, arrived: bool = True) -> None:
        self.connect = connect
        self.settings = at(connect.url, tmp_path)
        started = connect.start_chat(connected=arrived)
        self.contact_id = ContactId(started["ContactId"])
        self._customer = started["ParticipantToken"]
        self.record = ContactRecord(key=ContactKey(INSTANCE_ID, self.contact_id), bot="echo", display_name="Robot")

    def join(self) -> "Chat":
        """A bot is on it."""
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Robot"}
        params = {"InstanceId": INSTANCE_ID, "ContactId": self.contact_id, "ParticipantDetails": details}
        made: Any = self.connect.call("CreateParticipant", params)
        token = made["ParticipantCredentials"]["ParticipantToken"]
        self.connect.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, bearer=token)
        participant = Participant(participant_id=ParticipantId(made["ParticipantId"]), token=Secret(token))
        self.record = replace(self.record, phase=Phase.JOINED, participant=participant)
        return self

    def says(self, text: str) -> tuple[str, str]:
        """The customer says something; its position."""
        asked = {"Type": ["CONNECTION_CREDENTIALS"]}
        answer: Any = self.connect.call("CreateParticipantConnection", asked, bearer=self._customer)
        token = answer["ConnectionCredentials"]["ConnectionToken"]
        sent: Any = self.connect.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=token)
        return sent["AbsoluteTime"], sent["Id"]

    async def remembered(self, *, alive: bool = True, released: bool = False, **changes: Any) -> None:
        """The store holds the record, with these changes."""
        async with await SQLiteStore.open(self.settings.store.path, clock=SystemClock()) as store:
            await store.heartbeat(ME, ttl=600)
            claimed = await store.claim(self.record, owner=ME)
            await store.save(replace(claimed, **changes))
            if released:
                await store.release(replace(claimed, **changes))
            if not alive:
                await store.retire(ME)

    async def examined(self, **wishes: Any) -> list[Finding]:
        """The doctor's findings; never a customer's word in them."""
        findings = await visit(self.settings, checks=OF_A_CHAT, contact=self.contact_id, **wishes)
        assert SECRET not in f"{findings}"
        return findings


def of(findings: list[Finding], check: str) -> Finding:
    """The first finding of a check."""
    return next(one for one in findings if one.check == check)


async def test_a_chat_in_order_is_told_so(connect: Emulator, tmp_path: Path) -> None:
    """Open, owned by a live worker, nothing failed, the last message handled."""
    chat = Chat(connect, tmp_path).join()
    position = chat.says(SECRET)
    await chat.remembered(cursor=Cursor(handled=(position,)))
    findings = await chat.examined(read_transcript=True)
    assert bad(findings) == []
    assert f"CUSTOMER message of {len(SECRET)} characters" in of(findings, "transcript").what


async def test_the_transcript_is_read_only_when_asked_for(connect: Emulator, tmp_path: Path) -> None:
    """Because the bot's participant connects once more for it."""
    chat = Chat(connect, tmp_path).join()
    await chat.remembered()
    calls = len(connect.timeline.entries())
    findings = await chat.examined()
    assert of(findings, "transcript").severity is Severity.SKIPPED
    assert {one.name for one in connect.timeline.entries()[calls:] if one.kind == "call"} <= {
        "DescribeInstance",
        "DescribeContact",
    }


async def test_an_ended_chat(connect: Emulator, tmp_path: Path) -> None:
    """With the reason; the rest has no sense then."""
    chat = Chat(connect, tmp_path).join()
    connect.call("StopContact", {"InstanceId": INSTANCE_ID, "ContactId": chat.contact_id})
    await chat.remembered()
    findings = await chat.examined()
    assert bad(findings) == ["contact"]
    assert "reason API" in of(findings, "contact").cause


async def test_an_agent_on_the_chat(connect: Emulator, tmp_path: Path) -> None:
    """A bot never talks over a human."""
    chat = Chat(connect, tmp_path).join()
    connect.agent_joins(chat.contact_id, "Eve")
    findings = await chat.examined()
    assert bad(findings) == ["contact"]
    assert "agent" in of(findings, "contact").what


async def test_a_customer_who_has_not_come(connect: Emulator, tmp_path: Path) -> None:
    """The flow has not begun."""
    findings = await Chat(connect, tmp_path, arrived=False).examined()
    assert bad(findings) == ["contact"]
    assert "not connected yet" in of(findings, "contact").what


async def test_an_unknown_contact(connect: Emulator, tmp_path: Path) -> None:
    """Of another instance, or mistyped."""
    chat = Chat(connect, tmp_path)
    chat.contact_id = ContactId("nobody")
    findings = await chat.examined()
    assert "does not know" in of(findings, "contact").what


async def test_what_is_no_chat() -> None:
    """A call, or a task."""
    told = Told(replies={"DescribeContact": answered(Contact={"Channel": "VOICE"})})
    (finding,) = await found(contact, told, contact=ContactId("c"))
    assert finding.cause == "its channel is VOICE"
    (finding,) = await found(contact, told, Configuration(), contact=ContactId("c"))
    assert finding.severity is Severity.SKIPPED


async def test_a_chat_that_no_worker_took(connect: Emulator, tmp_path: Path) -> None:
    """The offer went astray; with or without a store."""
    chat = Chat(connect, tmp_path)
    assert "no worker has taken" in of(await chat.examined(), "ownership").what
    async with await SQLiteStore.open(chat.settings.store.path, clock=SystemClock()):
        pass
    assert "no worker has taken" in of(await chat.examined(), "ownership").what


@pytest.mark.parametrize(
    ("how", "what", "remedy"),
    [
        ({"alive": False}, "worker is dead", "No worker is alive"),
        ({"released": True}, "nobody owns", "1 workers are alive"),
        ({"participant": None}, "has not joined", "contact.*"),
        ({"phase": Phase.OVER, "over": "HandedOff"}, "done with this chat", "chat-agent join"),
    ],
)
async def test_whose_the_chat_is(
    connect: Emulator, tmp_path: Path, how: dict[str, Any], what: str, remedy: str
) -> None:
    """A dead worker, none, one that has not joined, one that is done with it."""
    chat = Chat(connect, tmp_path).join()
    await chat.remembered(**how)
    told = of(await chat.examined(), "ownership")
    assert what in told.what
    assert remedy in told.remedy


async def test_turns_that_failed_for_good(connect: Emulator, tmp_path: Path) -> None:
    """Which error, never which words."""
    chat = Chat(connect, tmp_path).join()
    letter = DeadLetter(item_id=ItemId("i-1"), error="ValueError", at="2026-11-05T10:15:20.241Z")
    await chat.remembered(dead_letters=(letter,))
    findings = await chat.examined()
    assert bad(findings) == ["turns"]
    assert "ValueError" in of(findings, "turns").cause


async def test_a_message_that_was_not_handled(connect: Emulator, tmp_path: Path) -> None:
    """It stands in the transcript, behind the cursor."""
    chat = Chat(connect, tmp_path).join()
    await chat.remembered()
    chat.says(SECRET)
    findings = await chat.examined(read_transcript=True)
    assert bad(findings) == ["transcript"]


async def test_another_bot_on_the_chat(connect: Emulator, tmp_path: Path) -> None:
    """Seen by what it said."""
    chat = Chat(connect, tmp_path).join()
    mine = chat.record.participant
    assert mine is not None
    await chat.remembered(participant=replace(mine, participant_id=ParticipantId("another")))
    findings = await chat.examined(read_transcript=True)
    assert "another custom bot" in of(findings, "transcript").what


async def test_a_bot_that_was_removed(connect: Emulator, tmp_path: Path) -> None:
    """Its token is refused."""
    chat = Chat(connect, tmp_path).join()
    await chat.remembered(participant=Participant(participant_id=ParticipantId("p"), token=Secret("gone")))
    findings = await chat.examined(read_transcript=True)
    assert "no longer on the chat" in of(findings, "transcript").what


async def test_a_transcript_that_cannot_be_read_now(connect: Emulator, tmp_path: Path) -> None:
    """No verdict."""
    chat = Chat(connect, tmp_path).join()
    await chat.remembered()
    connect.weather.set([Rule(fault=Fault.ERROR, operation="GetTranscript", error="ThrottlingException", status=429)])
    findings = await chat.examined(read_transcript=True)
    assert of(findings, "transcript").severity is Severity.SKIPPED


async def test_an_instance_that_does_not_tell(connect: Emulator, tmp_path: Path) -> None:
    """What the store knows is told all the same."""
    chat = Chat(connect, tmp_path).join()
    await chat.remembered()
    rule = Rule(fault=Fault.ERROR, operation="DescribeContact", error="AccessDeniedException", status=403)
    connect.weather.set([rule])
    findings = await chat.examined()
    assert bad(findings) == ["contact"]
    assert of(findings, "ownership").severity is Severity.OK
