"""How many chats fit into this worker, and how many more do now. It knows no chat; whoever takes a place gives it back.

A source that holds contacts back from other workers looks here before it asks for more.
"""

import anyio

DRAINED = "drained"
"""Why an operator's drain lets nobody in."""


class Room:
    """The places for chats of one worker.

    Attributes:
        places: how many there are in all.
        taken: how many are taken.
        shut_bots: bots that get no chats for now.
        shut_by: why nobody is let in for now, though there may be places; empty when the door is open.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.taken = 0
        self.shut_by: set[str] = set()
        self.shut_bots: set[str] = set()
        self._changed = anyio.Event()

    @property
    def full(self) -> bool:
        """Whether all places are taken; a door that is shut makes none full."""
        return self.taken >= self.places

    @property
    def free(self) -> int:
        """How many chats may come in now."""
        return 0 if self.shut_by else self.places - self.taken

    def free_for(self, bot: str) -> int:
        """How many chats may come in now for that bot."""
        return 0 if bot in self.shut_bots else self.free

    def shut(self, why: str) -> None:
        """Lets nobody in until `reopen`; who is inside stays."""
        self.shut_by.add(why)

    def reopen(self, why: str) -> None:
        """This is no longer a reason to let nobody in."""
        self.shut_by.discard(why)
        self._tell()

    async def wait_free(self) -> None:
        """Returns when a place is free; another may take it meanwhile."""
        while self.free <= 0:
            await self._changed.wait()

    async def take(self) -> None:
        """Takes a place, when one is free. Cancelled, it has taken none."""
        await self.wait_free()
        self.taken += 1

    def take_now(self) -> bool:
        """Takes a place if one is free."""
        if self.free <= 0:
            return False
        self.taken += 1
        return True

    def resize(self, places: int) -> None:
        """So many places there are from now on; whoever has one keeps it, though there be more than places."""
        self.places = places
        self._changed.set()
        self._changed = anyio.Event()

    def give_back(self) -> None:
        """Frees a place."""
        self.taken -= 1
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
