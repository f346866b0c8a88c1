"""A simulated cluster whose bot holds dialogs, and whose later build asks in another order: a rolling upgrade that
meets dialogs under way, with the policy for that drawn from the seed.

Everything else is as in any story of a cluster. A chat may come to a worker of the older build again.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from random import Random
from typing import Any

import anyio

from tests.simulation.cluster import Cluster
from tests.simulation.dialogs import Policy, Reading, build, reading
from tests.simulation.replicas import Replica
from tests.simulation.world import Chat, Outcome
from tests.unseen import heeding


class UpgradedCluster(Cluster):
    """Built from a seed. What is lost alone and only found by an audit is answered out of order, which would change
    what a dialog is told; so nothing is."""

    traced = False

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.policy = Random(f"policy {seed}").choice(tuple(Policy))

    def _served_by(self, one: Replica) -> tuple[Any, AbstractAsyncContextManager[object]]:
        bot = build(one.version, self.policy, self.bot.name)
        bot.report_to(self._hear)
        return bot, bot.lifespan()

    async def _befall(self) -> None:
        """An upgrade in any case, unless nothing befalls anybody."""
        async with anyio.create_task_group() as group:
            group.start_soon(super()._befall)
            await anyio.sleep(self.random.random() * self.random.choice((5.0, 40.0)))
            await self._upgrade()

    async def _upgrade(self) -> None:
        for one in [each for each in self.replicas if each.healthy]:
            await self._strike("upgrade", one)
            await anyio.sleep(self.random.random() * 20)

    async def _cut(self, some: Sequence[Replica]) -> None:
        """Shorter than any turn that fails of it: an apology ends a dialog."""
        for each in some:
            each.line.cut_for(self.random.choice((1.0, 10.0)))

    async def _talk(self, chat: Chat) -> None:
        for number in range(1, self.random.choice((2, 5, 9, 14)) + 1):
            await anyio.sleep(self.random.random() * self.random.choice((0.0, 1.0, 5.0, 15.0, 30.0)))
            if self.region.chat(chat.contact_id).ended:
                return
            content = {"ContentType": "text/plain", "Content": str(number)}
            chat.said.append(self.operations.call("SendMessage", content, bearer=chat.token)["Id"])

    async def _handled(self, chat: Chat) -> set[str]:
        record = await self._stored(chat)
        everything = record is not None and record.over is not None
        return set(chat.said if everything else chat.said[: max(0, self._read(chat).read)])

    def _read(self, chat: Chat) -> Reading:
        builds, row = {each.version for each in self.replicas}, self.store._rows.get(self._key(chat))
        changes = row.record.epoch - 1 if row else 0
        return reading(self._lines(chat), range(1, len(chat.said) + 1), builds, self.policy, changes=changes)

    def _lines(self, chat: Chat) -> list[str]:
        items = self.region.chat(chat.contact_id).transcript.items
        return [
            item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and item.get("Content")
        ]

    async def _outcome(self, end: str, in_calm: bool, stuck: list[str]) -> Outcome:
        outcome = await super()._outcome(end, in_calm, stuck)
        for chat in self.chats:
            outcome.more += self._told_wrong(chat, outcome)
        outcome.struck[f"dialogs under way, {self.policy.value}"] = sum(map(self._changed, self.chats))
        return outcome

    def _changed(self, chat: Chat) -> bool:
        """Whether a dialog of one build was gone on with by another."""
        lines = self._lines(chat)
        return any(line.startswith(("restarted", "handed")) or line.endswith("v1 b2") for line in lines)

    def _told_wrong(self, chat: Chat, outcome: Outcome) -> Iterator[str]:
        """The lines of each chat are what the policy says, for all numbers, once and in order."""
        found, lines = self._read(chat), self._lines(chat)
        if found.read < 0 or (outcome.ended_in_calm and found.half):
            yield f"{chat.contact_id} was told {lines}, which is not {self.policy.value}"


async def cluster_story(seed: int) -> Outcome:
    """One seed's story of a cluster; in two of five the bot holds dialogs."""
    kind = UpgradedCluster if Random(f"kind {seed}").random() < 0.4 else Cluster
    return await heeding(kind(seed).run())
