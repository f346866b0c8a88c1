"""One Amazon Connect region in memory: all its chats, credentials, deadlines and listeners.

Pure state: whoever owns it drives time with `next_deadline` and `advance`. It must not know HTTP or sockets;
a simulation uses it as it is, thousands of times.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from agent.clock import Clock
from agent.emulator.clock import ScaledClock
from agent.emulator.contacts import Chat
from agent.emulator.credentials import Credentials
from agent.emulator.errors import not_found
from agent.emulator.faults import Weather
from agent.emulator.flow import FlowDefinition, built_in_flows
from agent.emulator.happenings import BotNoLongerWanted, BotWanted, Happening
from agent.emulator.ids import Mint, iso
from agent.emulator.quotas import Quotas
from agent.emulator.settings import Settings
from agent.emulator.timeline import Timeline
from agent.emulator.timers import Timers
from agent.emulator.workbench import Workbench

if TYPE_CHECKING:
    from agent.emulator.attachments import Attachment
    from agent.emulator.participants import Participant
    from agent.emulator.segments import Segment

MOST_ANSWERS = 100_000
Listener = Callable[[Happening], None]


class Region:
    """The state behind every operation. Every instance and flow id that is well formed exists."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        flows: Mapping[str, FlowDefinition] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = ScaledClock(clock)
        self.mint = Mint(random or Random(self.settings.seed))  # noqa: S311 - ids of a local emulator
        self.timers = Timers()
        self.timeline = Timeline(clock=self.clock, length=self.settings.timeline_length)
        self.weather: Weather = Weather(timers=self.timers, clock=self.clock, timeline=self.timeline)
        self.quotas = Quotas(settings=self.settings, clock=self.clock)
        self.credentials = Credentials(mint=self.mint, clock=self.clock, settings=self.settings)
        self.flows: dict[str, FlowDefinition] = {**built_in_flows(), **(flows or {})}
        self.contacts: dict[str, Chat] = {}
        self.people: WeakValueDictionary[str, Participant] = WeakValueDictionary()
        self.started = 0
        self.offers: dict[str, Chat] = {}
        self.uploads: dict[str, Attachment] = {}
        self.downloads: dict[str, tuple[Attachment, float]] = {}
        self.answers: OrderedDict[tuple[str, str, str], tuple[float, dict[str, object]]] = OrderedDict()
        self.listeners: list[Listener] = [self._keep_offers, self.timeline.happened]
        self.address = "http://127.0.0.1"
        self.workbench: Workbench | None = None
        self._retired: OrderedDict[str, Chat] = OrderedDict()

    iso = staticmethod(iso)

    # --- time ------------------------------------------------------------------------------------------
    def next_deadline(self) -> float | None:
        """When `advance` has work again, in seconds of `self.clock`; None while nothing is waiting."""
        return self.timers.next_deadline()

    def advance(self, now: float | None = None) -> None:
        """Run every deadline that has come (by `now`, or by the clock)."""
        self.timers.advance(self.clock.time() if now is None else now)

    def set_pace(self, pace: float) -> None:
        """Let `pace` seconds pass for each real one, from now on."""
        self.clock.set_pace(pace)
        self.timers.on_earlier()

    def leap(self, seconds: float) -> None:
        """Go `seconds` forward at once; deadlines in between run when the driver comes to them."""
        self.clock.advance(seconds)
        self.timers.on_earlier()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` that much later; for what needs no cancelling."""
        self.timers.at(self.clock.time() + seconds, action)

    # --- looking up ------------------------------------------------------------------------------------
    def chat(self, contact_id: str, instance_id: str | None = None) -> Chat:
        """The chat of any of its ContactIds. Raises ResourceNotFound, also for another instance's."""
        chat = self.contacts.get(contact_id)
        if chat is None or (instance_id is not None and chat.instance_id != instance_id):
            raise not_found("The contact was not found in this instance.")
        return chat

    def segment(self, contact_id: str) -> Segment:
        """The segment with this very ContactId."""
        chat = self.chat(contact_id)
        return next(segment for segment in chat.segments if segment.contact_id == contact_id)

    def chats(self) -> list[Chat]:
        """Every chat that is remembered, oldest first."""
        return list({id(chat): chat for chat in self.contacts.values()}.values())

    def active(self, instance_id: str) -> int:
        """How many chats of an instance have not ended."""
        return sum(1 for chat in self.chats() if chat.instance_id == instance_id and not chat.ended)

    def flow(self, flow_id: str) -> FlowDefinition:
        """The flow of this id, or of an ARN that ends in it; an unknown one behaves as ``default``."""
        name = flow_id.rsplit("/", 1)[-1]
        return self.flows.get(flow_id) or self.flows.get(name) or self.flows["default"]

    def remember(self, key: tuple[str, str, str], answer: dict[str, object]) -> None:
        """Keep the answer to a ClientToken for the window."""
        now = self.clock.time()
        self.answers[key] = (now + self.settings.client_token_window, answer)
        while self.answers and (next(iter(self.answers.values()))[0] <= now or len(self.answers) > MOST_ANSWERS):
            self.answers.popitem(last=False)

    def forget_client_tokens(self) -> None:
        """From now on a repeated ClientToken is a new call."""
        self.answers.clear()
        for chat in self.chats():
            for participant in chat.participants.values():
                participant.answers.clear()

    # --- telling ---------------------------------------------------------------------------------------
    def tell(self, happening: Happening) -> None:
        """Pass `happening` to every listener, at once and in order."""
        for listener in self.listeners:
            listener(happening)

    def _keep_offers(self, happening: Happening) -> None:
        if isinstance(happening, BotWanted):
            self.offers[happening.chat.initial_contact_id] = happening.chat
        elif isinstance(happening, BotNoLongerWanted):
            self.offers.pop(happening.chat.initial_contact_id, None)

    def retire(self, chat: Chat) -> None:
        """`chat` has ended: remember it a while, then forget the oldest."""
        self._retired[chat.initial_contact_id] = chat
        while len(self._retired) > self.settings.ended_chats_kept:
            _, oldest = self._retired.popitem(last=False)
            for segment in oldest.segments:
                self.contacts.pop(segment.contact_id, None)
            for attachment in oldest.attachments.values():
                self.uploads.pop(attachment.key, None)


def offer(chat: Chat) -> dict[str, object]:
    """What a flow's Lambda passes on about a chat that wants a bot."""
    return {
        "InstanceId": chat.instance_id,
        "ContactId": chat.contact_id,
        "InitialContactId": chat.initial_contact_id,
        "Attributes": dict(chat.attributes),
        "Channel": "CHAT",
        "ContactFlowId": chat.segment.flow_id,
    }
