"""What an operator can see: lists, one chat's story, what happens now, dead letters. Nothing here changes anything.

No token and no customer's words are in what is shown: names, numbers, times and types of errors.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from agent.clock import Clock, timestamp
from agent.daemon.control.asks import AboutContact, AboutLetter, Ask, Find, Paged, Tail
from agent.daemon.control.finding import Finder
from agent.daemon.control.protocol import Code
from agent.daemon.control.timeline import Entry, Timeline
from agent.daemon.worker import Worker
from agent.errors import ControlRefused
from agent.ids import ContactId, ContactKey, InstanceId
from agent.ports import ContactStore
from agent.record import ContactRecord, DeadLetter

Tell = Callable[[object], Awaitable[None]]
_MOST_UNTOLD = 1_000
_CONTACTS_IN_A_PAGE = 100


class Looking:
    """Answers questions."""

    def __init__(self, worker: Worker, timeline: Timeline, store: ContactStore, clock: Clock) -> None:
        self.finder = Finder(worker, timeline, store)
        self._worker = worker
        self._timeline = timeline
        self._store = store
        self._clock = clock

    # ----------------------------------------------------------------------------------------- lists

    async def ps(self, ask: Paged, tell: Tell) -> Mapping[str, Any]:
        """The chats that are served here."""
        keys = [key for key in self.finder.served() if str(key) > ask.after]
        page = keys[: ask.limit]
        return {
            "worker": self._worker.id,
            "now": timestamp(self._clock.now()),
            "not_taking": self._not_taking(),
            "places": self._worker.room.places,
            "chats": [self._chat(key) for key in page],
            "next": str(page[-1]) if len(keys) > len(page) else None,
        }

    def _not_taking(self) -> str:
        """Why it takes no chats on; "" when it does."""
        room, stopping = self._worker.room, self._worker.stopping
        return ", ".join(sorted({*room.shut_by, *(["full"] * room.full), *(["stopping"] * stopping)}))

    def _chat(self, key: ContactKey) -> Mapping[str, Any]:
        story = self._timeline.story(key)
        child = self._worker.supervisor and self._worker.supervisor.child(key)
        known = {"contact_id": key.contact_id, "instance_id": key.instance_id, "waiting": child.waiting if child else 0}
        if story is None:
            return known
        return {
            **known,
            "bot": story.bot,
            "state": story.state.value,
            "since": timestamp(story.since),
            "last_at": timestamp(story.last_at),
            "turns": story.turns,
            "sends": story.sends,
            "failures": story.failures,
        }

    async def find(self, ask: Find, tell: Tell) -> Mapping[str, Any]:
        """Which contacts an operator may mean."""
        served = set(self.finder.served())
        found = await self.finder.matches(ask.contact, stored=ask.stored)
        return {"contacts": [{"contact": str(key), "served": key in served} for key in found]}

    # ------------------------------------------------------------------------------------- one chat

    async def show(self, ask: AboutContact, tell: Tell) -> Mapping[str, Any]:
        """What is known of one chat, and what happened in it lately."""
        key = await self.finder.one(ask.contact, stored=True)
        story, record = self._timeline.story(key), await self._store.load(key)
        return {
            "worker": self._worker.id,
            "served": key in self.finder.served(),
            "chat": self._chat(key),
            "record": _shown(record) if record else None,
            "timeline": [entry.plain() for entry in story.entries] if story else [],
        }

    async def tail(self, ask: Tail, tell: Tell) -> Mapping[str, Any]:
        """What happens from now on, until whoever asked goes away."""
        only = await self.finder.one(ask.contact) if ask.contact else None
        send, receive = anyio.create_memory_object_stream[tuple[ContactKey | None, Entry]](_MOST_UNTOLD)

        def listen(key: ContactKey | None, entry: Entry) -> None:
            if only in (None, key):
                try:
                    send.send_nowait((key, entry))
                except anyio.WouldBlock:  # whoever looks on is slower than what happens: that must hurt nobody else
                    return

        async with send, receive:
            with self._timeline.heard_by(listen):
                await tell({"worker": self._worker.id})
                async for key, entry in receive:
                    contact = {"contact_id": key.contact_id, "instance_id": key.instance_id} if key else {}
                    await tell({**contact, **entry.plain()})
        return {}

    # --------------------------------------------------------------------------------- dead letters

    async def letters(self, ask: Paged, tell: Tell) -> Mapping[str, Any]:
        """The dead letters of a hundred stored chats that are not over, whoever serves them."""
        after = key_of(ask.after) if ask.after else None
        keys = await self._store.live(limit=_CONTACTS_IN_A_PAGE, after=after)
        found: list[Mapping[str, Any]] = []
        for key in keys:
            record = await self._store.load(key)
            found += [_letter(record, letter) for letter in record.dead_letters] if record else []
        return {"letters": found, "next": str(keys[-1]) if len(keys) == _CONTACTS_IN_A_PAGE else None}

    async def letter(self, ask: AboutLetter, tell: Tell) -> Mapping[str, Any]:
        """One dead letter, and what happened in its turn as far as it is remembered."""
        key = await self.finder.one(ask.contact, stored=True)
        record, story = await self._store.load(key), self._timeline.story(key)
        letter = letter_of(record, ask.letter)
        name = letter.item_id
        entries = [entry.plain() for entry in story.entries if entry.turn == name] if story else []
        return {**(_letter(record, letter) if record else {}), "timeline": entries}

    async def hello(self, ask: Ask, tell: Tell) -> Mapping[str, Any]:
        """Who answers here."""
        return {"worker": self._worker.id}


def key_of(name: str) -> ContactKey:
    """The contact of that whole name."""
    instance, _, contact = name.partition("/")
    return ContactKey(InstanceId(instance), ContactId(contact))


def letter_of(record: ContactRecord | None, name: str) -> DeadLetter:
    """The one dead letter whose name begins with `name`.

    Raises:
        ControlRefused: there is none, or several.
    """
    letters = record.dead_letters if record else ()
    found = [letter for letter in letters if letter.item_id.startswith(name)]
    exact = [letter for letter in found if letter.item_id == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise ControlRefused(Code.UNKNOWN, f"This chat has no dead letter {name}; see 'chat-agent dlq ls'.")
    raise ControlRefused(Code.AMBIGUOUS, f"{name} may be one of {len(found)} dead letters; give more of it.")


def _letter(record: ContactRecord, letter: DeadLetter) -> Mapping[str, Any]:
    return {
        "contact_id": record.key.contact_id,
        "instance_id": record.key.instance_id,
        "bot": record.bot,
        "letter": letter.item_id,
        "items": list(letter.items),
        "error": letter.error,
        "at": letter.at,
        "owner": record.owner,
    }


def _shown(record: ContactRecord) -> Mapping[str, Any]:
    """What of a record an operator may see: how much there is, never what."""
    return {
        "bot": record.bot,
        "phase": record.phase.value,
        "over": record.over,
        "owner": record.owner,
        "epoch": record.epoch,
        "join": record.join,
        "turns": record.handled_turns,
        "state_bytes": len(record.state),
        "journal_bytes": len(record.journal),
        "timers": [{"name": timer.name, "due": timer.due, "begun": timer.begun} for timer in record.timers],
        "dead_letters": len(record.dead_letters),
        "attributes": len(record.attributes),
    }
