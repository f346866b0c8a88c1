"""One contact, whole: joins or rejoins, keeps the link, runs the turns, says goodbye."""

from enum import StrEnum

from agent.record import ContactRecord
from agent.session.conversation import Converser
from agent.session.surroundings import Ports, SessionSettings


class Ending(StrEnum):
    """How a session ended."""

    OVER = "over"
    RELEASED = "released"
    LOST = "lost"


class Session:
    """One contact, from the claimed record to the end."""

    def __init__(self, record: ContactRecord, bot: Converser, *, ports: Ports, settings: SessionSettings) -> None:
        """`record` has been claimed from ``ports.store`` by this process."""
        raise NotImplementedError

    async def run(self) -> Ending:
        """Runs until the chat is over (OVER), `drain` was called and the contact released (RELEASED), or another
        worker owns the contact (LOST). Raises JoinRefused when the contact cannot be joined; the record is then over.
        """
        raise NotImplementedError

    def drain(self) -> None:
        """Finish the running turn, release the contact without leaving the chat, and let `run` return."""
        raise NotImplementedError

    async def leave(self) -> None:
        """Finish the running turn, then leave the chat politely and let `run` return."""
        raise NotImplementedError
