"""Rehearsing: would this build of a bot take over the conversations that are open now?

Each saved journal is replayed against the bot, with a chat that says nothing to anybody, up to where its dialogs wait.
What does not come out there would have been a mismatch in front of a customer. It knows no store and no command.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.bot.journal import decode
from agent.clock import Clock, SystemClock
from agent.errors import BotError, ConfigurationError, ConversationOver, DialogError
from agent.ids import ContactId, ContactKey, InstanceId, ParticipantId
from agent.ports import Sent
from agent.record import ContactRecord, Timer
from agent.session.conversation import Contact, Trigger
from agent.wire.items import Item

if TYPE_CHECKING:
    from agent.bot.bot import Bot


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedJournal:
    """What is needed of one open conversation. It holds the customer's words: keep it as safe as the store."""

    contact: ContactKey
    journal: bytes = field(repr=False)
    state: bytes = field(default=b"", repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, record: ContactRecord) -> "SavedJournal":
        return cls(contact=record.key, journal=record.journal, state=record.state, attributes=record.attributes)

    def line(self) -> str:
        """One line of a journals file."""
        plain = {
            "instance": self.contact.instance_id,
            "contact": self.contact.contact_id,
            "journal": base64.b64encode(self.journal).decode(),
            "state": base64.b64encode(self.state).decode(),
            "attributes": dict(self.attributes),
        }
        return json.dumps(plain, separators=(",", ":"), ensure_ascii=False)


def read(lines: Iterable[str]) -> Iterator[SavedJournal]:
    """The journals of a file, one per line, empty lines left out.

    Raises:
        ConfigurationError: a line is none; the text says which.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _parsed(number, line)


def _parsed(number: int, line: str) -> SavedJournal:
    try:
        plain: Any = json.loads(line)
        return SavedJournal(
            contact=ContactKey(InstanceId(plain["instance"]), ContactId(plain["contact"])),
            journal=base64.b64decode(plain["journal"], validate=True),
            state=base64.b64decode(plain.get("state", ""), validate=True),
            attributes=dict(plain.get("attributes", {})),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"Line {number} is no saved journal ({type(error).__name__}).") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A conversation that this build would break.

    Attributes:
        handler: the dialog or handler, with its version.
        error: what would be raised, naming the place.
    """

    contact: ContactKey
    handler: str
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of it: how many conversations and waiting runs were replayed, and what breaks."""

    conversations: int
    runs: int
    findings: Sequence[Finding]


async def rehearse(bot: "Bot[Any, Any]", journals: Iterable[SavedJournal]) -> Rehearsal:
    """Replays `journals` against `bot`. Inside ``bot.lifespan()`` if its dialogs use dependencies outside of steps.

    Raises:
        RegistrationError: the bot cannot be served as written.
    """
    conversations = runs = 0
    findings: list[Finding] = []
    for saved in journals:
        conversations += 1
        for handler, error in await _one(bot, saved):
            runs += 1
            if error is not None:
                findings.append(Finding(contact=saved.contact, handler=handler, error=error))
    return Rehearsal(conversations=conversations, runs=runs, findings=tuple(findings))


async def _one(bot: "Bot[Any, Any]", saved: SavedJournal) -> list[tuple[str, Exception | None]]:
    try:
        names = [f"{run.handler} version {run.version}" for run in decode(saved.journal).runs if run.committed]
    except BotError as error:
        return [("the journal", error)]
    results: list[tuple[str, Exception | None]] = []
    for number, name in enumerate(names):
        turn = _Rehearsal(saved)
        talk = bot.converse(turn.contact)
        results.append((name, await talk.rehearse(turn, number)))
        await talk.aclose()
    return results


class _Rehearsal:
    """A turn in which nothing may happen: a replay that comes to an end needs nothing of it."""

    id = "rehearsal"
    trigger = Trigger.ITEMS
    items: Sequence[Item] = ()
    timer: Timer | None = None
    repeated = False
    over: type[ConversationOver] | None = None

    def __init__(self, saved: SavedJournal) -> None:
        self.state = saved.state
        self.journal = saved.journal
        self.timers: MutableMapping[str, Timer] = {}
        self.clock: Clock = SystemClock()
        self.contact = Contact(
            key=saved.contact,
            initial_contact_id=saved.contact.contact_id,
            participant_id=ParticipantId("rehearsal"),
            display_name="rehearsal",
            attributes=saved.attributes,
        )

    async def send(self, content: str, *, content_type: str) -> Sequence[Sent]:
        raise DialogError("it goes on and says something before it comes to where it waited")

    async def typing(self) -> None:
        """Nobody sees it."""

    async def checkpoint(self) -> None:
        raise DialogError("it goes on and takes a step before it comes to where it waited")

    async def set_attributes(self, attributes: Mapping[str, str]) -> None:
        raise DialogError("it goes on and writes attributes before it comes to where it waited")

    async def history(self) -> Sequence[Item]:
        return ()

    async def leave(self) -> None:
        raise DialogError("it goes on and leaves before it comes to where it waited")
