"""A simulated life in which operators give orders all the time, to workers that crash: what is said is kept to.

An order that was done or kept stands in the transcript once; one that was refused, never; one that is in doubt is given
again under its name, and stands there once at most whatever comes.
"""

from dataclasses import dataclass

import anyio

from agent.session.orders import Say, Slip
from agent.session.session import Session
from tests.simulation.world import Chat, Outcome, World
from tests.unseen import heeding

ORDER = "order "


@dataclass(kw_only=True)
class Given:
    """One order, and all that its giver was told."""

    chat: Chat
    text: str
    slips: list[Slip]

    @property
    def sure(self) -> bool:
        """Whether it must be done unless the conversation ends before."""
        return any(slip.kept.is_set() or (slip.settled.is_set() and not slip.refusal) for slip in self.slips)

    @property
    def open(self) -> bool:
        """Whether one of its slips leaves it in doubt."""
        return any(slip.doubtful or not slip.settled.is_set() for slip in self.slips)


class OrderedWorld(World):
    """A world with operators."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.given: list[Given] = []

    async def run(self) -> Outcome:
        outcome = await super().run()
        outcome.more += [sentence for given in self.given for sentence in self._violations(given, outcome)]
        return outcome

    async def _talk(self, chat: Chat) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._operate, chat)
            await super()._talk(chat)

    async def _operate(self, chat: Chat) -> None:
        for number in range(self.random.choice((1, 3))):
            await anyio.sleep(self.random.uniform(0, 20))
            text = f"{ORDER}{chat.contact_id} {number}"
            given = Given(chat=chat, text=text, slips=[])
            self.given.append(given)
            for _ in range(self.random.choice((1, 2))):
                await self._give(given, number)

    async def _give(self, given: Given, number: int) -> None:
        session = self._session(given.chat)
        if session is None:
            return
        slip = Slip(order=Say(id=f"order-{number}", text=given.text))
        given.slips.append(slip)
        session.carry_out(slip)
        with anyio.move_on_after(60):
            await slip.settled.wait()

    def _session(self, chat: Chat) -> Session | None:
        mine = (one for one in self._sessions if one._record.key.contact_id == chat.contact_id)
        return next(mine, None)

    def _violations(self, given: Given, outcome: Outcome) -> list[str]:
        items = outcome.region.chat(given.chat.contact_id).transcript.items
        times = sum(item.get("Content") == given.text for item in items)
        if times > 1:
            return [f"an order was carried out {times} times"]
        if given.sure and not times and outcome.ended_in_calm:
            return ["an order that was kept was not carried out"]
        if times and not given.sure and not given.open:
            return ["an order that was refused was carried out"]
        return []


async def ordered_story(seed: int) -> Outcome:
    """One seed's story with operators."""
    return await heeding(OrderedWorld(seed).run())
