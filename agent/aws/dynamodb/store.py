"""Contacts in one DynamoDB table, shared by workers on any number of machines.

A plain save is one conditional write of the contact's head, and so is the claim of a contact that nobody stored. What
an item looks like, how it is asked for and how long bodies are cut is each said in a file beside this one. It knows who
may claim, and nothing of a session.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from types import TracebackType

import anyio
from msgspec import structs

from agent.aws.dynamodb.calls import TableCalls
from agent.aws.dynamodb.heads import Heads
from agent.aws.dynamodb.leases import Leases
from agent.aws.dynamodb.listing import held_by
from agent.aws.dynamodb.opening import opened_table, require_fit
from agent.aws.dynamodb.parts import LONGEST_LIFE, cut, drop_all_parts, drop_parts, read_parts, write_parts
from agent.aws.dynamodb.rows import Head, new_mark
from agent.aws.dynamodb.settings import TableSettings
from agent.clock import Clock
from agent.errors import AlreadyOwned, StoreUnreachable, StoreUnusable
from agent.ids import ContactKey, WorkerId
from agent.record import ContactRecord, Phase
from agent.store.resting import fenced, lay_down, take_up
from agent.store.sealing import Sealer

_GRACE = 600.0  # seconds after which a dead worker's last write has long arrived, in the table and in its index
_CLOSING = 5.0


class DynamoDBStore:
    """A `ContactStore` in a table. Open it with `open`; it belongs to the event loop that did."""

    def __init__(
        self, calls: TableCalls, settings: TableSettings, *, clock: Clock, sealer: Sealer | None, stack: AsyncExitStack
    ) -> None:
        self._calls = calls
        self._settings = settings
        self._heads = Heads(calls)
        self._leases = Leases(calls, clock)
        self._sealer = sealer
        self._stack = stack
        self._written: dict[ContactKey, Head] = {}

    @classmethod
    async def open(cls, settings: TableSettings, *, clock: Clock, sealer: Sealer | None = None) -> "DynamoDBStore":
        """The store in an existing table. `clock` must be the wall clock; `sealer` encrypts what is written from now.

        Raises:
            ConfigurationError: no region, no credentials, or an endpoint outside AWS that no setting names.
            StoreUnusable: there is no such table, it has other keys, or a permission is missing.
            StoreUnreachable: DynamoDB does not answer.
        """
        async with AsyncExitStack() as stack:
            calls = await stack.enter_async_context(opened_table(settings))
            await require_fit(calls)
            kept = stack.pop_all()
        return cls(calls, settings, clock=clock, sealer=sealer, stack=kept)

    async def __aenter__(self) -> "DynamoDBStore":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        with anyio.move_on_after(_CLOSING, shield=True):
            await self._stack.aclose()

    # ---------------------------------------------------------------------------------------- contacts

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        await self._leases.introduce(owner)
        head = await self._laid_down(structs.replace(fresh, epoch=1), owner, version=1)
        while (in_the_way := await self._heads.create(head)) is not None:
            if claimed := await self._claim_stored(in_the_way.found, owner):
                return claimed
        self._remember(head)
        return take_up(fresh.encode(), fresh.key, epoch=1, owner=owner, sealer=None)

    async def _claim_stored(self, found: Head | None, owner: WorkerId) -> ContactRecord | None:
        """The contact claimed; None when it was forgotten meanwhile."""
        while found is not None:
            await self._refuse_if_owned(found, owner)
            if (whole := await self._whole(found)) is None:
                return None
            seen, record = whole
            if seen.version != found.version:
                found = seen  # somebody wrote meanwhile: is it still free?
                continue
            claimed = replace(seen, epoch=seen.epoch + 1, owner=owner, version=seen.version + 1, mark=new_mark())
            if (in_the_way := await self._heads.replace(seen, claimed)) is None:
                self._remember(claimed)
                return structs.replace(record, epoch=claimed.epoch, owner=owner)
            found = in_the_way.found
        return None

    async def load(self, key: ContactKey) -> ContactRecord | None:
        whole = await self._whole(await self._heads.read(key))
        return whole[1] if whole else None

    async def save(self, record: ContactRecord) -> None:
        if record.owner is None:
            raise fenced(record)
        await self._replace(record, record.owner)

    async def release(self, record: ContactRecord) -> None:
        await self._replace(record, None)

    async def forget(self, key: ContactKey) -> None:
        self._written.pop(key, None)
        await self._heads.delete(key)
        await drop_all_parts(self._calls, key)

    # ------------------------------------------------------------------------------- lists and leases

    async def claimable(
        self, owner: WorkerId, *, own: bool = True, limit: int = 100, after: ContactKey | None = None
    ) -> Sequence[ContactKey]:
        now = self._leases.now()
        dead = [lease.worker for lease in await self._leases.all() if not lease.alive(now) and lease.worker != owner]
        holders = [None, *dead, *([owner] if own else [])]
        return await held_by(self._calls, holders, limit=limit, after=after)

    async def live(self, *, limit: int = 100, after: ContactKey | None = None) -> Sequence[ContactKey]:
        workers = [lease.worker for lease in await self._leases.all()]
        return await held_by(self._calls, [None, *workers], limit=limit, after=after)

    async def heartbeat(self, owner: WorkerId, *, ttl: float) -> None:
        await self._leases.beat(owner, ttl=ttl)

    async def retire(self, owner: WorkerId) -> None:
        await self._leases.end(owner)

    async def workers(self) -> Sequence[WorkerId]:
        now = self._leases.now()
        return sorted(lease.worker for lease in await self._leases.all() if lease.alive(now))

    async def sweep(self, *, older_than: float) -> None:
        """Strikes off dead workers that hold nothing any more; contacts that are over expire by themselves."""
        now = self._leases.now()
        for lease in await self._leases.all():
            long_dead = not lease.alive(now) and abs(now - lease.beat) > _GRACE
            if long_dead and not await held_by(self._calls, [lease.worker], limit=1, after=None):
                await self._leases.strike(lease)

    # ------------------------------------------------------------------------------------------ inside

    async def _replace(self, record: ContactRecord, owner: WorkerId | None) -> None:
        before = self._written.get(record.key)
        if before is None or not _belongs(before, record):
            before = await self._heads.read(record.key)
        head = await self._laid_down(record, owner, version=0)
        while before is not None and _may_write(before, record, owner):
            head = replace(head, version=before.version + 1)
            in_the_way = await self._heads.replace(before, head)
            if in_the_way is None:
                self._remember(head)
                return await self._tidy(before)
            before = in_the_way.found
        self._written.pop(record.key, None)
        raise fenced(record)

    async def _laid_down(self, record: ContactRecord, owner: WorkerId | None, *, version: int) -> Head:
        """The head of `record`, its parts already written if it has any."""
        body, mark, now = lay_down(record, self._sealer), new_mark(), self._leases.now()
        over, pieces = record.phase is Phase.OVER, cut(body)
        litter = now + self._settings.keep_over + LONGEST_LIFE
        await write_parts(self._calls, record.key, mark, pieces, expires=litter)
        return Head(
            key=record.key,
            epoch=record.epoch,
            owner=owner,
            over=over,
            version=version,
            mark=mark,
            written_as=mark,
            body=b"" if pieces else body,
            parts=len(pieces),
            expires=now + self._settings.keep_over if over else None,
        )

    async def _tidy(self, before: Head) -> None:
        """The write is durable; parts that cannot be deleted now expire."""
        with suppress(StoreUnreachable):
            await drop_parts(self._calls, before.key, before.written_as, before.parts)

    async def _whole(self, head: Head | None) -> tuple[Head, ContactRecord] | None:
        """The record of `head`, or of the head that has replaced it meanwhile; None when the contact was forgotten."""
        while head is not None:
            body = await read_parts(self._calls, head) if head.parts else head.body
            if body is not None:
                return head, take_up(body, head.key, epoch=head.epoch, owner=head.owner, sealer=self._sealer)
            later = await self._heads.read(head.key)
            if later is not None and later.written_as == head.written_as:
                raise StoreUnusable(
                    f"Contact {head.key}: parts of its record are missing; restore them or forget the contact."
                )
            head = later
        return None

    async def _refuse_if_owned(self, head: Head, owner: WorkerId) -> None:
        if head.owner not in (None, owner) and head.owner is not None and await self._leases.alive(head.owner):
            raise AlreadyOwned(f"Contact {head.key}: {head.owner} owns it and is alive.")

    def _remember(self, head: Head) -> None:
        """What this handle wrote last, without its body: the next save needs no read."""
        if head.over or head.owner is None:
            self._written.pop(head.key, None)
        else:
            self._written[head.key] = replace(head, body=b"")


def _belongs(head: Head, record: ContactRecord) -> bool:
    return (head.epoch, head.owner) == (record.epoch, record.owner)


def _may_write(before: Head, record: ContactRecord, owner: WorkerId | None) -> bool:
    """A release may be repeated, a save needs its owner."""
    released = owner is None and before.owner is None
    return before.epoch == record.epoch and (released or before.owner == record.owner)
