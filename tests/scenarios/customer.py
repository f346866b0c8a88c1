"""The other side of one chat, and what can be seen of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.emulator import Emulator
from tests.scenarios.pulse import Pulse

TYPING = "application/vnd.amazonaws.connect.event.typing"


@dataclass
class Customer:
    """A customer, who talks to the service past all weather."""

    connect: Emulator
    pulse: Pulse
    contact_id: str
    participant_token: str
    token: str

    def says(self, text: str, content_type: str = "text/plain") -> str:
        """Says something; its item's id."""
        params = {"ContentType": content_type, "Content": text}
        return str(self.connect.call("SendMessage", params, bearer=self.token)["Id"])

    def types(self) -> None:
        self.connect.call("SendEvent", {"ContentType": TYPING}, bearer=self.token)

    def leaves(self) -> None:
        self.connect.call("DisconnectParticipant", {}, bearer=self.token)

    def bot_lines(self) -> list[str]:
        """What the bot has said, in the order of the transcript."""
        return [item["Content"] for item in self.messages() if item["ParticipantRole"] == "CUSTOM_BOT"]

    def system_lines(self) -> list[str]:
        """What the flow has said."""
        return [item["Content"] for item in self.messages() if item["ParticipantRole"] == "SYSTEM"]

    def messages(self) -> list[dict[str, Any]]:
        return [item for item in self.connect.transcript(self.contact_id) if item["Type"] == "MESSAGE"]

    def events(self) -> list[tuple[str, str | None]]:
        """The kept events, as what happened and to whom."""
        items = self.connect.transcript(self.contact_id)
        return [
            (item["ContentType"].rpartition("event.")[2], item.get("ParticipantRole"))
            for item in items
            if item["Type"] == "EVENT"
        ]

    def reason(self) -> str | None:
        """Why the contact ended, as its record says."""
        contact = self.connect.contact(self.contact_id)
        reason: str | None = contact["segments"][-1].get("reason")
        return reason

    async def sees(self, *lines: str) -> None:
        """The bot has said exactly `lines`, sooner or later."""
        await self.pulse.until(
            lambda: self.bot_lines() == list(lines), lambda: f"{self.bot_lines()} is not {list(lines)}"
        )
