"""One chat: its participants, its segments, its transcript, and what everybody sees of each change.

Pure state: no await, no socket, no HTTP; time is read from the emulator's clock. A `Chat` is everything under
one InitialContactId; a contact, in Connect's word, is one `Segment` of it. This module must not know which
API call or control verb asked for a change, nor how a frame travels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.emulator import items
from agent.emulator.happenings import ContactChanged, ItemPublished
from agent.emulator.participants import Participant, Presence, Role
from agent.emulator.segments import Segment
from agent.emulator.transcript import Transcript

if TYPE_CHECKING:
    from agent.emulator.attachments import Attachment
    from agent.emulator.flow import FlowRun
    from agent.emulator.region import Region
    from agent.emulator.role_timers import RoleTimers
    from agent.emulator.streaming import Stream
    from agent.emulator.timers import Timer

SHY_EVENTS = frozenset({items.IDLE, items.RETURNED, items.AUTODISCONNECTION})


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Chat:
    """A chat from StartChatContact to chat.ended and, for the records, after."""

    region: Region
    number: int
    instance_id: str
    segments: list[Segment]
    content_types: frozenset[str]
    attributes: dict[str, str]
    expires: float
    customer: Participant = field(init=False)
    system: Participant | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    transcript: Transcript = field(default_factory=Transcript)
    past: list[items.Item] = field(default_factory=list)
    continued_from: str | None = None
    ended: bool = False
    agent_exits_with_customer: bool = False
    related_contact_id: str | None = None
    customer_id: str | None = None
    segment_attributes: dict[str, object] = field(default_factory=dict)
    flow: FlowRun = field(init=False)
    role_timers: RoleTimers = field(init=False)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    timers: list[Timer] = field(default_factory=list)
    bots_joined: int = 0
    last_moment: int = 0

    @property
    def initial_contact_id(self) -> str:
        """The ContactId of the first segment, constant through all transfers."""
        return self.segments[0].contact_id

    @property
    def segment(self) -> Segment:
        """The segment the chat is in now."""
        return self.segments[-1]

    @property
    def contact_id(self) -> str:
        """The ContactId of the current segment."""
        return self.segments[-1].contact_id

    # --- who is here -----------------------------------------------------------------------------------
    def present(self, *roles: Role) -> list[Participant]:
        """Participants who have joined and not left, of these roles (of any, when none is named)."""
        return [p for p in self.participants.values() if p.here and (not roles or p.role in roles)]

    def bot(self) -> Participant | None:
        """The one custom participant that is here or on its way."""
        bots = (p for p in self.participants.values() if p.role is Role.CUSTOM_BOT)
        return next((bot for bot in bots if not bot.gone and not bot.late), None)

    def admit(self, role: Role, name: str) -> Participant:
        """A new participant, invited: it has an id and not yet joined."""
        participant = Participant(
            id=self.region.mint.uuid(), role=role, name=name, chat=self, created=self.region.clock.time()
        )
        self.participants[participant.id] = participant
        self.region.people[participant.id] = participant
        return participant

    def join(self, participant: Participant) -> None:
        """`participant` is here from now on; everybody is told. Harmless when it is here already."""
        if participant.presence is not Presence.INVITED:
            return
        participant.presence = Presence.HERE
        participant.join_index = len(self.transcript)
        self.publish_event(items.JOINED, participant)

    def leave(self, participant: Participant) -> None:
        """`participant` is gone for good: told to all, its tokens dead, its sockets out of the chat.

        A customer's sockets stay in it: ChatJS waits there for chat.ended, and closes them itself [client code].
        """
        if participant.gone:
            return
        settings, was_here = self.region.settings, participant.here
        listens_on = participant is self.customer
        if was_here and not settings.left_reaches_leaver and not listens_on:
            self._detach(participant, settings.removed_close_code)
        if was_here:
            self.publish_event(items.LEFT, participant)
        if not listens_on:
            self._detach(participant, settings.removed_close_code)
        self._forget(participant)

    def _forget(self, participant: Participant) -> None:
        participant.presence = Presence.GONE
        participant.answers.clear()
        self.region.credentials.forget(participant)

    def _detach(self, participant: Participant, close_code: int | None) -> None:
        for connection in list(participant.connections):
            connection.subscribed = False
            if close_code is not None:
                connection.close(close_code)

    # --- items -----------------------------------------------------------------------------------------
    def moment(self) -> int:
        """The next AbsoluteTime in milliseconds: strictly increasing within a chat."""
        self.last_moment = max(self.region.clock.milliseconds(), self.last_moment + 1)
        return self.last_moment

    def publish_message(self, sender: Participant, content_type: str, content: str) -> items.Item:
        """A message of `sender`: kept, and pushed to every subscribed socket."""
        return self._publish("MESSAGE", content_type, sender, content, kept=True)

    def say_as_system(self, text: str, content_type: str = "text/plain") -> items.Item:
        """A flow's prompt: a message of the SYSTEM_MESSAGE participant [live]."""
        if self.system is None:
            self.system = self.admit(Role.SYSTEM, "SYSTEM_MESSAGE")
        return self.publish_message(self.system, content_type, text)

    def publish_event(self, content_type: str, sender: Participant | None, content: str | None = None) -> items.Item:
        """An event; the transcript keeps only those kinds that Connect keeps [documented]."""
        return self._publish("EVENT", content_type, sender, content, kept=content_type in items.KEPT_EVENTS)

    def _publish(
        self, kind: str, content_type: str, sender: Participant | None, content: str | None, *, kept: bool
    ) -> items.Item:
        moment = self.moment()
        item: items.Item = {"AbsoluteTime": self.region.iso(moment)}
        if content is not None:
            item["Content"] = content
        item["ContentType"] = content_type
        item["Id"] = self.region.mint.item_id(moment)
        item["Type"] = kind
        if sender is not None:
            item["ParticipantId"] = sender.id
            item["DisplayName"] = sender.name
            item["ParticipantRole"] = sender.role.value
        item["InitialContactId"] = self.segments[0].contact_id
        item["ContactId"] = self.segments[-1].contact_id
        self.publish(item, sender, kept=kept)
        return item

    def publish(self, item: items.Item, sender: Participant | None, *, kept: bool) -> None:
        """Push `item` to all subscribed sockets: encoded once, however many there are."""
        if kept:
            self.transcript.append(item)
        text = items.encode(item)
        self.push(items.frame(text), item, sender)
        self.region.tell(ItemPublished(chat=self, item=item, text=text, sender=sender))

    def push(self, frame: str, item: items.Item, sender: Participant | None) -> None:
        """Deliver a frame to every participant who may see the item."""
        kind = item.get("ContentType")
        for participant in self.participants.values():
            if not participant.connections or not self._sees(participant, kind, sender):
                continue
            for connection in tuple(participant.connections):
                if connection.subscribed:
                    connection.send(frame)

    def _sees(self, participant: Participant, kind: object, sender: Participant | None) -> bool:
        settings = self.region.settings
        if participant is sender:
            return settings.echo
        if kind == items.TYPING:
            return settings.typing_relayed
        shy = participant.role is Role.CUSTOM_BOT and not settings.idle_events_reach_bots
        return not (shy and kind in SHY_EVENTS)

    # --- segments and the end --------------------------------------------------------------------------
    def open_segment(self, method: str, flow_id: str) -> Segment:
        """Close the current segment and begin the next, under a new ContactId [documented]."""
        moment = self.region.clock.milliseconds()
        previous = self.segment
        segment = Segment(
            contact_id=self.region.mint.uuid(),
            previous=previous.contact_id,
            method=method,
            initiated=moment,
            flow_id=flow_id,
            connected=moment,
        )
        self._close_segment(previous, "CONTACT_FLOW_DISCONNECT" if previous.reason is None else previous.reason)
        self.segments.append(segment)
        self.region.contacts[segment.contact_id] = self
        self.changed("INITIATED")
        return segment

    def _close_segment(self, segment: Segment, reason: str) -> None:
        segment.disconnected = segment.updated = self.region.clock.milliseconds()
        segment.reason = reason
        for change in ("DISCONNECTED", "COMPLETED"):
            self.region.tell(ContactChanged(chat=self, segment=segment, change=change))

    def changed(self, change: str) -> None:
        """Tell a contact event about the current segment."""
        self.segment.updated = self.region.clock.milliseconds()
        self.region.tell(ContactChanged(chat=self, segment=self.segment, change=change))

    def end(self, reason: str) -> None:
        """The chat is over for everyone: chat.ended, tokens dead, `reason` on the contact record."""
        if self.ended:
            return
        self.ended = True
        self.publish_event(items.ENDED, None)
        self.flow.stop()
        self.role_timers.stop()
        for timer in self.timers:
            timer.cancel()
        for participant in self.participants.values():
            self._detach(participant, self.region.settings.ended_close_code)
            self._forget(participant)
        self._close_segment(self.segment, reason)
        self.region.retire(self)
