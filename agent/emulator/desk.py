"""What people and the service itself do to a chat, without any API call: the agent desk and more.

Each verb takes a ContactId of the chat and raises `ServiceError` for an unknown one. It must not know HTTP.
"""

from __future__ import annotations

from agent.emulator import items, presence
from agent.emulator.contacts import Chat
from agent.emulator.errors import InvalidInput
from agent.emulator.participants import Participant, Role
from agent.emulator.region import Region


class Desk:
    """Verbs on the chats of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def note(self, verb: str, contact_id: str) -> None:
        """Write into the timeline that somebody asked for this."""
        self._region.timeline.note("control", verb, contact_id=contact_id)

    def agent_joins(self, contact_id: str, name: str = "Agent") -> str:
        """A human agent takes the contact; a custom bot is removed. Returns the agent's participant id."""
        return presence.agent_joined(self._region.chat(contact_id), name).id

    def agent_leaves(self, contact_id: str, participant_id: str | None = None) -> None:
        """A human agent leaves; without an id, the one who came first."""
        presence.agent_left(self._agent(contact_id, participant_id))

    def agent_says(
        self, contact_id: str, text: str, content_type: str = "text/plain", participant_id: str | None = None
    ) -> str:
        """A message of the human agent. Returns its item id."""
        agent = self._agent(contact_id, participant_id)
        agent.chat.role_timers.heard(agent)
        return str(agent.chat.publish_message(agent, content_type, text)["Id"])

    def agent_types(self, contact_id: str) -> None:
        """The human agent is typing."""
        agent = self._agent(contact_id, None)
        agent.chat.publish_event(items.TYPING, agent)

    def lex_joins(self, contact_id: str) -> str:
        """A Lex bot takes the contact; a custom bot is removed. Returns its participant id."""
        return presence.lex_joined(self._region.chat(contact_id)).id

    def lex_says(self, contact_id: str, text: str, content_type: str = "text/plain") -> str:
        """A message of the Lex bot, which joins if need be. Returns its item id."""
        chat = self._region.chat(contact_id)
        known = next((p for p in chat.present(Role.SYSTEM) if p.name == "BOT"), None)
        lex = known or presence.lex_joined(chat)
        return str(chat.publish_message(lex, content_type, text)["Id"])

    def lex_leaves(self, contact_id: str) -> None:
        """The Lex bot is done."""
        chat = self._region.chat(contact_id)
        for lex in chat.present(Role.SYSTEM):
            if lex.name == "BOT":
                chat.leave(lex)

    def bot_leaves(self, contact_id: str) -> None:
        """The service disconnects the custom bot."""
        bot = self._region.chat(contact_id).bot()
        if bot is not None:
            presence.bot_left(bot)

    def wait_fails(self, contact_id: str) -> None:
        """The block in which the flow waits takes its Error branch. Raises InvalidInput where it waits in none."""
        chat = self._region.chat(contact_id)
        if chat.ended or chat.flow.block is None:
            raise InvalidInput("The flow waits in no block.")
        chat.flow.branch("error")

    def customer_leaves(self, contact_id: str) -> None:
        """The customer ends the chat."""
        chat = self._region.chat(contact_id)
        if not chat.ended:
            presence.customer_left(chat)

    def stop(self, contact_id: str, reason: str = "API") -> None:
        """The chat is over, for this reason. Harmless when it is over already."""
        self._region.chat(contact_id).end(reason)

    def expire_tokens(self, contact_id: str, role: Role | None = None) -> None:
        """All connection tokens of the chat's participants (of one role) stop working now."""
        for participant in self._region.chat(contact_id).participants.values():
            if role is None or participant.role is role:
                self._region.credentials.expire_connections(participant)

    def close_sockets(self, contact_id: str, code: int = 1001, role: Role | None = None) -> int:
        """Close the websockets of the chat's participants (of one role). Returns how many."""
        closed = 0
        for participant in self._region.chat(contact_id).participants.values():
            for connection in list(participant.connections):
                if role is None or participant.role is role:
                    connection.close(code)
                    closed += 1
        return closed

    def transfer(self, contact_id: str, *, queue: str = "BasicQueue") -> str:
        """Transfer to a queue: a new segment under a new ContactId, which is returned [documented]."""
        chat = self._region.chat(contact_id)
        if chat.ended:
            raise InvalidInput("The contact has ended.")
        return presence.transferred(chat, queue).contact_id

    def forget_client_tokens(self) -> None:
        """A repeated ClientToken is a new call from now on."""
        self._region.forget_client_tokens()

    def _agent(self, contact_id: str, participant_id: str | None) -> Participant:
        chat: Chat = self._region.chat(contact_id)
        agents = chat.present(Role.AGENT, Role.SUPERVISOR)
        found = next((a for a in agents if participant_id in (None, a.id)), None)
        if found is None:
            raise InvalidInput("There is no such agent on the contact.")
        return found
