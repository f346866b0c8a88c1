"""What an operator can order: a word, a hand-off, a goodbye, a move, a drain, another try for a dead letter.

What is done in a chat goes through the chat's own session, between two turns; nothing here speaks to Amazon Connect
except to end a contact. Whoever orders is told what became of it, in stages where it takes a while.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from agent.daemon.child import Child, Goodbye
from agent.daemon.control.asks import AskClose, AskDrain, AskHandOff, AskLetter, AskMove, AskSay
from agent.daemon.control.looking import Looking, Tell, letter_of
from agent.daemon.control.protocol import Code
from agent.daemon.room import DRAINED
from agent.daemon.supervisor import Supervisor
from agent.daemon.worker import Worker
from agent.errors import ConnectError, ContactGone, ControlRefused
from agent.ids import ContactKey
from agent.ports import ContactStore, Operation
from agent.record import ContactRecord, Phase
from agent.session.orders import Drop, HandOff, Order, Retry, Say, Slip
from agent.session.retrying import retrying
from agent.session.surroundings import Ports

_AWAY = 4  # leases


class Ordering:
    """Carries out orders."""

    def __init__(self, worker: Worker, looking: Looking, ports: Ports) -> None:
        self._worker = worker
        self._looking = looking
        self._store: ContactStore = ports.store
        self._ports = ports

    # ---------------------------------------------------------------------------- within one chat

    async def say(self, ask: AskSay, tell: Tell) -> Mapping[str, Any]:
        """Says something in the bot's name."""
        return await self._ordered(ask.contact, Say(id=ask.id, text=ask.text), tell)

    async def hand_off(self, ask: AskHandOff, tell: Tell) -> Mapping[str, Any]:
        """Writes attributes, says a word, leaves."""
        order = HandOff(id=ask.id, attributes=ask.attributes, text=ask.text)
        return await self._ordered(ask.contact, order, tell)

    async def retry(self, ask: AskLetter, tell: Tell) -> Mapping[str, Any]:
        """Runs a dead letter's turn once more."""
        return await self._about_letter(ask, lambda letter: Retry(id=ask.id, letter=letter), tell)

    async def drop(self, ask: AskLetter, tell: Tell) -> Mapping[str, Any]:
        """Forgets a dead letter."""
        return await self._about_letter(ask, lambda letter: Drop(id=ask.id, letter=letter), tell)

    async def _about_letter(self, ask: AskLetter, order: Callable[[Any], Order], tell: Tell) -> Mapping[str, Any]:
        key, _ = await self._served(ask.contact)
        letter = letter_of(await self._store.load(key), ask.letter)
        return {**await self._ordered(ask.contact, order(letter.item_id), tell), "letter": letter.item_id}

    async def _ordered(self, name: str, order: Order, tell: Tell) -> Mapping[str, Any]:
        key, child = await self._served(name)
        slip = Slip(order=order)
        child.carry_out(slip)
        async with anyio.create_task_group() as group:
            group.start_soon(_tell_kept, slip, tell)
            await slip.settled.wait()
            group.cancel_scope.cancel()
        if slip.refusal:
            raise ControlRefused(Code.IN_DOUBT if slip.doubtful else Code.NOT_DONE, slip.refusal)
        contact = {"contact_id": key.contact_id, "instance_id": key.instance_id}
        return {**contact, "order": order.id, "sent": list(slip.sent), "passed_on": slip.passed_on}

    # -------------------------------------------------------------------------------- one whole chat

    async def close(self, ask: AskClose, tell: Tell) -> Mapping[str, Any]:
        """The bot leaves, in order; with `stop_contact` the chat ends for everybody."""
        key, child = await self._served(ask.contact)
        if ask.stop_contact:
            await self._stop_contact(key)
        child.go(Goodbye.LEAVE)
        await self._supervisor().gone(key)
        record = await self._store.load(key)
        return {**_named(key), "over": record.over if record else None, "stopped": ask.stop_contact}

    async def _stop_contact(self, key: ContactKey) -> None:
        try:
            await retrying(
                lambda: self._ports.connect.stop_contact(key),
                ports=self._ports,
                operation=Operation.STOP_CONTACT,
                instance=key.instance_id,
            )
        except ContactGone:
            return
        except ConnectError as error:
            raise ControlRefused(
                Code.NOT_DONE,
                f"Amazon Connect refused StopContact ({type(error).__name__}); the bot stays on the chat.",
            ) from error

    async def move(self, ask: AskMove, tell: Tell) -> Mapping[str, Any]:
        """Releases a chat, so that another worker takes it up."""
        key, _ = await self._served(ask.contact)
        others = [worker for worker in await self._store.workers() if worker != self._worker.id]
        if not others and not ask.force:
            raise ControlRefused(Code.NOT_DONE, "There is no other worker that could take it up; it stays here.")
        self._supervisor().move(key, away_for=_AWAY * self._worker.lease)
        await self._supervisor().gone(key)
        await tell({"released": True, "others": len(others)})
        return {**_named(key), "owner": await self._next_owner(key)}

    async def _next_owner(self, key: ContactKey) -> str | None:
        """Who has taken it up, as soon as somebody has; None when nobody did in time."""
        with anyio.move_on_after(_AWAY * self._worker.lease):
            while True:
                record = await self._store.load(key)
                if record and record.owner not in (None, self._worker.id):
                    return record.owner
                await anyio.sleep(0.5)
        return None

    # --------------------------------------------------------------------------------- all chats

    async def drain(self, ask: AskDrain, tell: Tell) -> Mapping[str, Any]:
        """Lets go of all chats and ends, or stays and takes none on."""
        if ask.undo:
            self._worker.room.reopen(DRAINED)
            return {"worker": self._worker.id, "chats": len(self._looking.finder.served()), "draining": False}
        chats = self._looking.finder.served()
        if not ask.stay:
            await tell({"worker": self._worker.id, "chats": len(chats)})
            self._worker.stop()
            await self._told_while_going(tell)
            return {"worker": self._worker.id, "chats": len(chats), "draining": True, "goodbye": self._worker.goodbye}
        self._worker.room.shut(DRAINED)
        self._let_go(chats)
        await self._told_while_going(tell)
        return {"worker": self._worker.id, "chats": len(chats), "draining": True, "goodbye": self._worker.goodbye}

    def _let_go(self, chats: list[ContactKey]) -> None:
        for key in chats:
            if self._worker.goodbye is Goodbye.RELEASE:
                self._supervisor().move(key, away_for=0)
            elif child := self._supervisor().child(key):
                child.go(Goodbye.LEAVE)

    async def _told_while_going(self, tell: Tell) -> None:
        while left := len(self._looking.finder.served()):
            await tell({"left": left})
            with anyio.move_on_after(1):
                await self._supervisor().idle()

    # -------------------------------------------------------------------------------- small things

    async def _served(self, name: str) -> tuple[ContactKey, Child]:
        key = await self._looking.finder.one(name, stored=True)
        child = self._supervisor().child(key)
        if child is None:
            where = _where(await self._store.load(key))
            raise ControlRefused(Code.NOT_DONE, f"Contact {key.contact_id} is not served here: {where}.")
        return key, child

    def _supervisor(self) -> Supervisor:
        if self._worker.supervisor is None:
            raise ControlRefused(Code.NOT_DONE, "This worker does not serve yet; try again in a moment.")
        return self._worker.supervisor


def _where(record: ContactRecord | None) -> str:
    if record is None:
        return "nothing is known of it any more"
    if record.phase is Phase.OVER:
        return f"it is over for the bot ({record.over})"
    return f"worker {record.owner} has it" if record.owner else "nobody has it now"


async def _tell_kept(slip: Slip, tell: Callable[[object], Awaitable[None]]) -> None:
    await slip.kept.wait()
    await tell({"kept": slip.order.id})


def _named(key: ContactKey) -> Mapping[str, Any]:
    return {"contact_id": key.contact_id, "instance_id": key.instance_id}
