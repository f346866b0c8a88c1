"""Who is there: the live workers, and what some of them tell the others about themselves.

All that workers share is the store's leases. A worker that gives its chats away, that came to take some, or that hears
nothing, holds a second lease whose name says so; a store needs to know nothing of it. Which of the workers should take
up a contact is agreed upon without a word: each ranks all of them for the contact, in the same way, so that two rarely
reach for one and a newcomer is preferred for its fair part. It knows no chat and no session.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from agent.ids import ContactKey, WorkerId


class Notice(StrEnum):
    """What a worker tells the others: that its chats need new owners, that it has room for some of theirs, or that it
    does not hear its own."""

    LEAVING = "leaving"
    JOINING = "joining"
    DEAF = "deaf"

    def of(self, worker: WorkerId) -> WorkerId:
        """The name of the second lease."""
        return WorkerId(f"{self.value}:{worker}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The live workers at one moment, and those of them that leave, have just come, or are deaf."""

    workers: tuple[WorkerId, ...] = ()
    leaving: frozenset[WorkerId] = frozenset()
    joining: frozenset[WorkerId] = frozenset()
    deaf: frozenset[WorkerId] = frozenset()

    @property
    def staying(self) -> tuple[WorkerId, ...]:
        """Who goes on serving."""
        return tuple(worker for worker in self.workers if worker not in self.leaving)

    @property
    def hearing(self) -> frozenset[WorkerId]:
        """Who of them hears its chats."""
        return frozenset(self.staying) - self.deaf

    def preferred(self, key: ContactKey) -> WorkerId | None:
        """The worker that should take up the contact: another worker's coming or going moves few contacts only."""
        return max(self.hearing or self.staying, key=lambda worker: _rank(worker, key), default=None)


def census(names: Iterable[WorkerId]) -> Census:
    """What the live leases `names` tell; a notice without its worker's own lease counts for nothing."""
    told: dict[Notice | None, set[WorkerId]] = {None: set(), **{notice: set() for notice in Notice}}
    for name in names:
        notice, worker = _read(name)
        told[notice].add(worker)
    alive = told[None]
    return Census(
        workers=tuple(sorted(alive)),
        leaving=frozenset(told[Notice.LEAVING] & alive),
        joining=frozenset(told[Notice.JOINING] & alive),
        deaf=frozenset(told[Notice.DEAF] & alive),
    )


def worker_of(name: WorkerId) -> WorkerId:
    """Whose lease `name` is."""
    return _read(name)[1]


def _read(name: WorkerId) -> tuple[Notice | None, WorkerId]:
    word, colon, worker = name.partition(":")
    if colon and word in set(Notice):
        return Notice(word), WorkerId(worker)
    return None, name


def _rank(worker: WorkerId, key: ContactKey) -> bytes:
    return blake2b(f"{worker} {key.instance_id} {key.contact_id}".encode(), digest_size=8).digest()
