"""Simulated customers, in the process of the local Amazon Connect: they cost little, and time what Connect sees.

A latency is the time from when Connect has a customer's message to when it has the first message of the answer. They
know no worker.
"""

from collections.abc import Callable
from itertools import cycle
from time import monotonic

import anyio

from agent.cli.benching.figures import Tally
from agent.cli.benching.scenario import Line, Scenario
from agent.emulator import Emulator
from agent.emulator.contacts import Chat
from agent.emulator.happenings import Happening, ItemPublished
from agent.emulator.items import ENDED, JOINED, LEFT, Item
from agent.emulator.participants import Role


class Crowd:
    """All customers."""

    def __init__(self, connect: Emulator, scenario: Scenario, tally: Tally, *, greets: bool) -> None:
        """`greets`: the bot says something by itself when it joins; that is waited for, and is no answer."""
        self._connect = connect
        self._scenario = scenario
        self._tally = tally
        self._greets = greets
        self._visits: dict[str, _Visit] = {}
        self._met = 0
        self._changed = anyio.Event()
        self._go = anyio.Event()
        self._slot = 0.0
        self._ending = False
        self._talking = 0
        connect.region.listeners.append(self._heard)

    async def worker_is_there(self) -> None:
        """Returns when a chat that counts for nothing was joined: the worker has started, and knows the bot."""
        visit = self._visit(0)
        await visit.until(lambda: visit.joined or visit.over)
        self._leave(visit)

    async def meet(self, told: Callable[[int], None]) -> None:
        """Returns when every customer has met the bot, or given up; tells how many have."""
        while self._met < self._scenario.chats:
            await self._changed.wait()
            told(self._met)

    def begin(self) -> None:
        """The customers, who have met the bot, talk from now on."""
        self._slot = monotonic()
        self._go.set()

    async def finish(self) -> None:
        """Nothing more is said; returns when what was said is answered, or patience is at its end."""
        self._ending = True
        while self._talking:
            await self._changed.wait()

    async def customer(self, number: int) -> None:
        """One customer, until cancelled: a chat, and another one when the bot ends it."""
        first = True
        while True:
            visit = self._visit(number)
            there = await self._joined(visit)
            if first:
                first = False
                self._met += 1
                self._wake()
                await self._go.wait()
            if there:
                await self._talk(visit)
            self._leave(visit)

    def _visit(self, number: int) -> "_Visit":
        visit = _Visit()
        answer = self._connect.start_chat(name=f"Customer {number}", Attributes=self._scenario.attributes)
        self._visits[answer["ContactId"]] = visit
        visit.chat = self._connect.region.chat(answer["ContactId"])
        bearer = answer["ParticipantToken"]
        self._connect.call("CreateParticipantConnection", {"ConnectParticipant": True}, bearer=bearer)
        return visit

    async def _joined(self, visit: "_Visit") -> bool:
        began = monotonic()
        with anyio.move_on_after(self._scenario.patience):
            await visit.until(lambda: visit.joined or visit.over)
            if visit.joined:
                self._tally.joins.append(monotonic() - began)
            if self._greets:
                await visit.until(lambda: visit.messages > 0 or visit.over)
        self._tally.missed += not visit.joined
        return visit.joined

    async def _talk(self, visit: "_Visit") -> None:
        for line in cycle(self._scenario.lines):
            await self._slot_free()
            if visit.over:
                return
            if self._ending:
                await anyio.sleep_forever()
            self._talking += 1
            await self._say(visit, line)
            self._talking -= 1
            self._wake()
            await anyio.sleep(line.pause)

    async def _slot_free(self) -> None:
        """With a rate, messages are said in turn, each in a slot of its own."""
        if self._scenario.rate:
            self._slot = max(self._slot + 1 / self._scenario.rate, monotonic())
            await anyio.sleep(max(0.0, self._slot - monotonic()))

    async def _say(self, visit: "_Visit", line: Line) -> None:
        tally, before, began = self._tally, visit.messages, monotonic()
        tally.said += 1
        visit.first = None
        visit.chat.publish_message(visit.chat.customer, "text/plain", line.say)
        with anyio.move_on_after(self._scenario.patience):
            await visit.until(lambda: visit.messages >= before + line.answers or visit.over)
        got = visit.messages - before
        if visit.first is not None:
            tally.latencies.append(visit.first - began)
        tally.replies += got
        tally.left += visit.over and got < line.answers
        tally.unanswered += not visit.over and got < line.answers

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    def _leave(self, visit: "_Visit") -> None:
        self._visits.pop(visit.chat.initial_contact_id)
        if not visit.chat.ended:
            self._connect.customer_leaves(visit.chat.contact_id)

    def _heard(self, happening: Happening) -> None:
        if isinstance(happening, ItemPublished) and (visit := self._visits.get(happening.chat.initial_contact_id)):
            visit.heard(happening.item)


class _Visit:
    """One chat, as its customer sees it."""

    chat: Chat

    def __init__(self) -> None:
        self.joined = False
        self.over = False
        self.messages = 0
        self.first: float | None = None
        self._changed = anyio.Event()

    def heard(self, item: Item) -> None:
        kind, bots = item.get("ContentType"), item.get("ParticipantRole") == Role.CUSTOM_BOT
        if bots and item["Type"] == "MESSAGE":
            self.messages += 1
            self.first = self.first or monotonic()
        self.joined = self.joined or (bots and kind == JOINED)
        self.over = self.over or kind == ENDED or (bots and kind == LEFT)
        self._changed.set()
        self._changed = anyio.Event()

    async def until(self, condition: Callable[[], object]) -> None:
        while not condition():
            await self._changed.wait()
