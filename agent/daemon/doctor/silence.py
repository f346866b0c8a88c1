"""Why a bot is silent in one chat: what the instance says of the contact, what the store does, what the transcript.

Nothing is claimed and nothing said. No customer's words are shown: of an item only its time, kind, role and length.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent import errors
from agent.aws.inquiry import Answered, Refused
from agent.aws.wiring import aws_ports
from agent.daemon.assembly import aws_settings
from agent.daemon.census import census
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.doctor.replies import told
from agent.daemon.stores import opened_store
from agent.errors import AccessDenied, ConfigurationError, ConnectError, ResourceNotFound, SecretUnavailable, StoreError
from agent.ids import ContactKey, Secret
from agent.record import ContactRecord, Phase
from agent.session.ledger import Ledger
from agent.wire.content import Role
from agent.wire.items import Item, Message

LAST = 10
"""How many items of the transcript are looked at."""
_BUSY = "Wait for the chat's end, or take over by hand; a bot must be there before an agent."


# ------------------------------------------------------------------------------------- the contact


async def contact(exam: Exam) -> Sequence[Finding]:
    """What the instance says of the contact."""
    if exam.settings.connect.instance is None:
        return [skipped("contact", "no instance is named", "Give --instance with the contact's instance.")]
    reply = await exam.ask(
        "connect", "DescribeContact", InstanceId=exam.settings.connect.instance, ContactId=exam.contact
    )
    if isinstance(reply, Answered):
        return [_state(reply.members.get("Contact") or {})]
    if isinstance(reply, Refused) and reply.missing:
        return [
            fail(
                "contact",
                "the instance does not know this contact",
                cause=told(reply),
                remedy="Compare contact id, instance and region; a transfer gives a chat a new contact id.",
            )
        ]
    return [
        warn(
            "contact",
            "the instance does not tell about it",
            cause=told(reply),
            remedy="See 'chat-agent doctor' without --contact; what follows is what the store knows.",
        )
    ]


def _state(about: Mapping[str, Any]) -> Finding:
    if about.get("Channel") != "CHAT":
        cause = f"its channel is {about.get('Channel')}"
        return fail("contact", "it is not a chat", cause=cause, remedy="A custom bot can only join chats.")
    if about.get("DisconnectTimestamp"):
        cause = f"reason {about.get('DisconnectReason') or 'unknown'}, at {_shown(about['DisconnectTimestamp'])}"
        return fail("contact", "the chat has ended", cause=cause, remedy="Nothing: nobody is there to be answered.")
    if (about.get("AgentInfo") or {}).get("ConnectedToAgentTimestamp"):
        cause = "an agent is connected, and a bot never talks over a human"
        return fail("contact", "an agent has the chat", cause=cause, remedy=_BUSY)
    if not about.get("ConnectedToSystemTimestamp"):
        return fail(
            "contact",
            "the customer is not connected yet",
            cause="the customer's client has not subscribed its connection, so the flow has not begun",
            remedy="Look into the chat widget: after five minutes without it the contact ends by itself.",
        )
    return ok("contact", "the chat is open, the customer came, and no agent is on it")


def _shown(moment: object) -> str:
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else str(moment)


# --------------------------------------------------------------------------------------- the store


async def ownership(exam: Exam) -> Sequence[Finding]:
    """Whose the contact is, and whether that worker is alive."""
    record, workers = await _remembered(exam)
    if record is None:
        return [
            fail(
                "ownership",
                "no worker has taken the chat",
                cause="the store does not know it: the offer has not come, or went to another store",
                remedy="Check the flow's Lambda block, the queue with its dead letters, and that workers run with "
                "this store and this instance ('chat-agent doctor').",
            )
        ]
    if record.phase is Phase.OVER:
        return [_over(record)]
    if record.owner is None:
        cause = "its worker let it go when it was drained, and no other has room or is alive"
        return [fail("ownership", "nobody owns the chat", cause=cause, remedy=_workers(workers))]
    if record.owner not in workers:
        cause = f"worker {record.owner} is not alive, and no other has taken the chat yet"
        return [fail("ownership", "the chat's worker is dead", cause=cause, remedy=_workers(workers))]
    if record.participant is None:
        return [
            fail(
                "ownership",
                f"worker {record.owner} has the chat and has not joined it",
                cause="CreateParticipant has not succeeded",
                remedy="See contact.* in its log, and the permissions in 'chat-agent doctor'.",
            )
        ]
    return [
        ok("ownership", f"worker {record.owner} is alive and has joined (epoch {record.epoch}, join {record.join})")
    ]


def _over(record: ContactRecord) -> Finding:
    reason = getattr(errors, record.over or "", None)
    sentence = str(getattr(reason, "sentence", record.over or "it was given up")).rstrip(".")
    return fail(
        "ownership",
        "the bot is done with this chat",
        cause=f"{record.over}: {sentence}",
        remedy="'chat-agent join CONTACT_ID' joins it once more, as a new participant.",
    )


def _workers(workers: Sequence[str]) -> str:
    if workers:
        return f"{len(workers)} workers are alive: see whether they are full or draining; one takes it up when it can."
    return "No worker is alive: start 'chat-agent run' with this store."


async def turns(exam: Exam) -> Sequence[Finding]:
    """Whether turns of this chat failed."""
    record, _ = await _remembered(exam)
    if record is None:
        return [skipped("turns", "there is no record of the chat")]
    if not record.dead_letters:
        return [ok("turns", f"{record.handled_turns} turns were committed, none failed for good")]
    last = record.dead_letters[-1]
    return [
        warn(
            "turns",
            f"{len(record.dead_letters)} turns failed for good",
            cause=f"the last with {last.error} at {last.at}, on item {last.item_id}",
            remedy="The bot's own code raised: see turn.failed in the log at that time.",
        )
    ]


async def _remembered(exam: Exam) -> tuple[ContactRecord | None, Sequence[str]]:
    """The record and the workers alive. A store that cannot be opened is the store check's finding."""
    section, instance = exam.settings.store, exam.settings.connect.instance
    if instance is None or exam.contact is None:
        return None, ()
    try:
        if section.kind == "sqlite" and not section.path.exists():
            return None, ()
        async with opened_store(section, exam.clock, aws_settings(exam.settings.connect)) as store:
            return await store.load(ContactKey(instance, exam.contact)), census(await store.workers()).workers
    except (ConfigurationError, SecretUnavailable, StoreError, OSError):
        return None, ()


# ---------------------------------------------------------------------------------- the transcript


async def transcript(exam: Exam) -> Sequence[Finding]:
    """The last items, and whether the customer's last one was handled."""
    record, _ = await _remembered(exam)
    if record is None or record.participant is None:
        return [skipped("transcript", "there is no participant of ours to read it as")]
    if not exam.read_transcript:
        return [
            skipped(
                "transcript",
                "reading it connects the bot's participant once more",
                "Ask for it with --read-transcript; no words are shown.",
            )
        ]
    try:
        items = await _read(exam, record.participant.token)
    except (AccessDenied, ResourceNotFound) as error:
        return [
            fail(
                "transcript",
                "the bot is no longer on the chat",
                cause=f"{error.operation} answers {error.code}: the chat is over, or an agent or Lex bot took over",
                remedy=_BUSY,
            )
        ]
    except ConnectError as error:
        return [skipped("transcript", str(error))]
    return [_strangers(record, items), _unheard(record, items)]


async def _read(exam: Exam, token: Secret) -> Sequence[Item]:
    async with aws_ports(aws_settings(exam.settings.connect)) as ports:
        connection = await ports.participant.create_participant_connection(token)
        return (await ports.participant.get_transcript(connection.token, max_results=LAST)).items


def _strangers(record: ContactRecord, items: Sequence[Item]) -> Finding:
    own = record.participant.participant_id if record.participant else None
    other = next(
        (one for one in items if one.sender.role == Role.CUSTOM_BOT and one.sender.participant_id != own), None
    )
    if other is None:
        return ok("transcript", "; ".join(_line(one) for one in items) or "it is empty")
    return fail(
        "transcript",
        "another custom bot is on this chat",
        cause=f"participant {other.sender.participant_id} spoke at {other.absolute_time}",
        remedy="Only one may be there: find the flow or program that brings it, and let only one offer the chat.",
    )


def _unheard(record: ContactRecord, items: Sequence[Item]) -> Finding:
    said = [one for one in items if isinstance(one, Message) and one.sender.role == Role.CUSTOMER]
    if not said:
        return ok("transcript", "the customer has said nothing lately")
    if said[-1].position in Ledger(record.cursor):
        return ok("transcript", f"the customer's last message, of {said[-1].absolute_time}, was handled")
    return fail(
        "transcript",
        f"the customer's last message, of {said[-1].absolute_time}, was not handled",
        cause="its turn runs, waits or is repeated; or the worker's websocket does not hear",
        remedy="See the worker's log for this contact: turn.*, link.*.",
    )


def _line(item: Item) -> str:
    kind = type(item).__name__.lower()
    size = f" of {len(item.text)} characters" if isinstance(item, Message) else ""
    return f"{item.absolute_time} {item.sender.role or 'nobody'} {kind}{size}"


SILENCE = (
    Check(name="contact", probe=contact, needs=("credentials",)),
    Check(name="ownership", probe=ownership, needs=("store", "contact")),
    Check(name="turns", probe=turns, needs=("store",)),
    Check(name="transcript", probe=transcript, needs=("ownership",)),
)
