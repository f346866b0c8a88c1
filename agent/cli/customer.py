"""A customer of a local chat, over the real wire: credentials, websocket, messages, transcript.

It uses the same ports and the same protocol core as the bot's session, but none of its keeping of promises: who sits
at a terminal sees what happens. It knows no terminal.
"""

from collections.abc import AsyncGenerator, Callable

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from agent.errors import AccessDenied
from agent.ids import ItemId, Secret, client_token
from agent.ports import Connection
from agent.session.line import Line
from agent.session.surroundings import Ports
from agent.wire.content import ContentType
from agent.wire.items import Item
from agent.wire.timings import LinkTimings


class Customer:
    """One customer on one chat."""

    def __init__(self, token: Secret, *, ports: Ports, heard: Callable[[Item], None] = lambda item: None) -> None:
        """
        Args:
            token: StartChatContact's participant token.
            heard: called with every live item.
        """
        self._token = token
        self._ports = ports
        self._heard = heard
        self._connection: Connection | None = None
        self._sent = 0
        self._seen: ItemId | None = None

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Keeps a websocket until cancelled, or until the chat does not take the customer any more."""
        while True:
            try:
                self._connection = await self._ports.participant.create_participant_connection(self._token)
            except AccessDenied:
                return
            line = Line(self._connection, ports=self._ports, timings=LinkTimings(), heard=self._heard)
            try:
                await line.open()
                task_status.started()
                task_status = TASK_STATUS_IGNORED
                await line.gone()
            finally:
                line.close()
                with anyio.CancelScope(shield=True):
                    await line.gone()

    async def says(self, text: str) -> ItemId:
        """Sends a message; its id in the chat. Raises ConnectError."""
        self._sent += 1
        sent = await self._ports.participant.send_message(
            self._credentials,
            content=text,
            content_type=ContentType.PLAIN,
            client_token=client_token("customer", self._token.reveal(), self._sent),
        )
        return sent.id

    async def leaves(self) -> None:
        """Ends the chat from the customer's side; harmless when it is over. Raises ConnectError."""
        try:
            await self._ports.participant.disconnect_participant(
                self._credentials, client_token=client_token("customer leaves", self._token.reveal())
            )
        except AccessDenied:
            return

    async def news(self) -> AsyncGenerator[Item, None]:
        """What the transcript holds behind what it held last time. Raises ConnectError."""
        seen, token = self._seen, None
        while True:
            page = await self._ports.participant.get_transcript(
                self._credentials, start=None if token else seen, direction="FORWARD", next_token=token
            )
            for item in page.items:
                if item.id != seen:
                    self._seen = item.id
                    yield item
            if (token := page.next_token) is None:
                return

    @property
    def _credentials(self) -> Secret:
        assert self._connection is not None  # noqa: S101 - run was started first
        return self._connection.token
