"""Weather by rules: seeded, recorded, and the same again for the same rules, seed and order within each chat.

Whether a rule strikes depends only on the seed, the rule's place, the chat's number and how often the rule could
have struck there: two chats never disturb each other's fate. Chats are numbered from the moment the rules were set, so
that the same story told again, in this emulator or in another one, meets the same weather. It must not know HTTP.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

from agent.emulator.contacts import Chat
from agent.emulator.desk import Desk
from agent.emulator.errors import STATUS, InvalidInput, ServiceError
from agent.emulator.faults import CallFault, SocketFault, Weather
from agent.emulator.participants import Participant
from agent.emulator.region import Region
from agent.emulator.weather_rules import DEFAULT_SEED, Fault, Point, Rule

Deliver = Callable[[str], None]
MOST_STRIKES = 10_000  # remembered for the record
HANG = 600.0
FORBIDDEN = '{"message":"Forbidden","connectionId":"weather=","requestId":"weather="}'


class ScriptedWeather(Weather):
    """The weather of a running emulator; calm until rules are set."""

    def __init__(self, region: Region) -> None:
        super().__init__(timers=region.timers, clock=region.clock, timeline=region.timeline)
        self._region = region
        self._desk = Desk(region)
        self.rules: list[Rule] = []
        self.seed = DEFAULT_SEED
        self.strikes: deque[dict[str, Any]] = deque(maxlen=MOST_STRIKES)
        self._since = 0  # chats that were there before the rules
        self._met: Counter[tuple[int, int | None]] = Counter()
        self._struck: Counter[tuple[int, int | None]] = Counter()
        self._held: dict[Deliver, str] = {}
        self._silent: set[Deliver] = set()

    # --- setting ---------------------------------------------------------------------------------------
    def set(self, rules: Sequence[Rule], *, seed: int | None = None) -> None:
        """From now on these rules, counted anew. Sockets that went silent stay silent."""
        self.rules = list(rules)
        self.seed = self.seed if seed is None else seed
        self._since = self._region.started
        self.calm = not rules and not self._silent and not self._held
        self._met.clear()
        self._struck.clear()
        self.strikes.clear()

    def clear(self) -> None:
        """The sun shines again."""
        self.set([])

    def record(self) -> dict[str, Any]:
        """Seed, rules, and every strike in order: enough to see, and (read by `read_weather`) to have the same again.

        A strike's chat counts from 1 those that began under these rules; 0, -1, ... are those before, newest first;
        None is a call about no chat that is known."""
        return {"seed": self.seed, "rules": [rule.record() for rule in self.rules], "strikes": list(self.strikes)}

    # --- what the server asks --------------------------------------------------------------------------
    def call(self, operation: str, contact_id: str | None, caller: str | None = None) -> CallFault | None:
        """The first rule that strikes decides; things that happen to the chat happen on the way."""
        chat = self._region.contacts.get(contact_id or "")
        person = self._region.people.get(caller or "")
        for rule in self._striking(Point.CALL, chat, person, operation):
            fault = _call_fault(rule) or self._befall(rule, chat)
            if fault is not None:
                return fault
        return None

    def upgrade(self, participant_id: str) -> SocketFault | None:
        """A refused upgrade."""
        return self._socket_fault(Point.UPGRADE, participant_id, "upgrade")

    def subscribe(self, participant_id: str) -> SocketFault | None:
        """A subscription that fails, or gets no answer."""
        return self._socket_fault(Point.SUBSCRIBE, participant_id, "subscribe")

    def heartbeat(self, participant_id: str, topic: str) -> SocketFault | None:
        """A heartbeat without answer, or a ping that reports failure."""
        return self._socket_fault(Point.HEARTBEAT, participant_id, topic)

    def frame(self, participant_id: str, text: str, deliver: Deliver) -> None:
        """Deliver, drop, delay, double, hold, cut short, or close."""
        if deliver in self._silent:
            return
        person = self._region.people.get(participant_id)
        is_item = text.endswith('"topic":"aws/chat"}')
        rules = self._striking(Point.FRAME, person.chat if person else None, person, "frame", is_item=is_item)
        rule = next(rules, None)
        if rule is None:
            deliver(text)
        elif person is not None:
            self._spoil(rule, person, text, deliver)
        held = self._held.pop(deliver, None) if rule is None or rule.fault is not Fault.REORDER else None
        if held is not None:
            deliver(held)

    def closed(self, deliver: Deliver) -> None:
        """A socket is gone: nothing is held for it any more."""
        self._held.pop(deliver, None)
        self._silent.discard(deliver)

    # --- deciding --------------------------------------------------------------------------------------
    def _striking(
        self, point: Point, chat: Chat | None, person: Participant | None, name: str, *, is_item: bool = True
    ) -> Iterator[Rule]:
        number = self._number(chat)
        met = []
        for place, rule in enumerate(self.rules):
            if _meant(rule, point, name) and _concerns(rule, chat, person) and (is_item or not rule.items_only):
                met.append((place, rule, self._met[place, number]))
                self._met[place, number] += 1
        for place, rule, occasion in met:
            if self._strikes(place, rule, number, occasion):
                self._note(place, rule, name, chat)
                yield rule

    def _number(self, chat: Chat | None) -> int | None:
        return None if chat is None else chat.number - self._since

    def _strikes(self, place: int, rule: Rule, chat: int | None, occasion: int) -> bool:
        if occasion < rule.after or (rule.times is not None and self._struck[place, chat] >= rule.times):
            return False
        if rule.chance < 1 and self._chance(place, chat, occasion) >= rule.chance:
            return False
        self._struck[place, chat] += 1
        return True

    def _chance(self, place: int, chat: int | None, occasion: int) -> float:
        digest = hashlib.blake2b(f"{self.seed}:{place}:{chat}:{occasion}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def _note(self, place: int, rule: Rule, name: str, chat: Chat | None) -> None:
        self.strikes.append({"rule": place, "fault": rule.fault.value, "at": name, "chat": self._number(chat)})
        contact_id = chat.contact_id if chat else None
        self._timeline.note("fault", rule.fault.value, contact_id=contact_id, payload={"at": name, "rule": place})

    # --- doing -----------------------------------------------------------------------------------------
    def _socket_fault(self, point: Point, participant_id: str, name: str) -> SocketFault | None:
        person = self._region.people.get(participant_id)
        rule = next(self._striking(point, person.chat if person else None, person, name), None)
        if rule is None:
            return None
        ignored = rule.fault in (Fault.IGNORE_SUBSCRIBE, Fault.IGNORE_HEARTBEAT)
        return SocketFault(ignore=ignored, fail=not ignored)

    def _spoil(self, rule: Rule, person: Participant, text: str, deliver: Deliver) -> None:
        match rule.fault:
            case Fault.DELAY:
                self._later(rule.seconds, partial(deliver, text))
            case Fault.DUPLICATE:
                deliver(text)
                deliver(text)
            case Fault.REORDER:
                self._hold(rule, text, deliver)
            case Fault.TRUNCATE:
                deliver(text[: rule.keep])
            case Fault.STALL:
                self._silent.add(deliver)
            case Fault.FORBIDDEN:
                deliver(FORBIDDEN)
                deliver(text)
            case Fault.CLOSE:
                self._close(person, deliver, rule.code)
            case _:  # dropped
                return

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.at(self._clock.time() + seconds, action)

    def _hold(self, rule: Rule, text: str, deliver: Deliver) -> None:
        before, self._held[deliver] = self._held.get(deliver), text
        if before is not None:
            deliver(before)
        self._later(rule.seconds, partial(self._release, deliver, text))

    def _release(self, deliver: Deliver, text: str) -> None:
        if self._held.get(deliver) == text:
            del self._held[deliver]
            deliver(text)

    def _close(self, person: Participant, deliver: Deliver, code: int) -> None:
        closing = [connection for connection in person.connections if connection.deliver == deliver]
        for connection in closing:
            connection.close(code)

    def _befall(self, rule: Rule, chat: Chat | None) -> CallFault | None:
        happen = partial(self._happen, rule, chat)
        if rule.when == "after":
            return CallFault(when="after", then=happen)
        happen()
        return None

    def _happen(self, rule: Rule, chat: Chat | None) -> None:
        if rule.fault is Fault.FORGET_CLIENT_TOKENS:
            self._region.forget_client_tokens()
        elif rule.fault is Fault.PACE:
            self._region.set_pace(rule.pace)
        elif chat is not None and not chat.ended:
            try:
                self._to_chat(rule, chat.contact_id)
            except (ServiceError, InvalidInput):  # it had happened already
                return

    def _to_chat(self, rule: Rule, contact_id: str) -> None:
        match rule.fault:
            case Fault.EXPIRE_TOKENS:
                self._desk.expire_tokens(contact_id)
            case Fault.AGENT_JOINS:
                self._desk.agent_joins(contact_id)
            case Fault.LEX_JOINS:
                self._desk.lex_joins(contact_id)
            case Fault.BOT_LEAVES:
                self._desk.bot_leaves(contact_id)
            case Fault.CUSTOMER_LEAVES:
                self._desk.customer_leaves(contact_id)
            case Fault.WAIT_FAILS:
                self._desk.wait_fails(contact_id)
            case Fault.CLOSE_SOCKETS:
                self._desk.close_sockets(contact_id, rule.code)
            case _:
                self._desk.stop(contact_id)


def _meant(rule: Rule, point: Point, name: str) -> bool:
    if rule.fault is Fault.FAIL_PING and name != "aws/ping":
        return False
    return rule.point is point and (point is not Point.CALL or rule.covers(name))


def _concerns(rule: Rule, chat: Chat | None, person: Participant | None) -> bool:
    if rule.contact is not None and (
        chat is None or rule.contact not in {segment.contact_id for segment in chat.segments}
    ):
        return False
    return rule.role is None or (person is not None and person.role.value == rule.role)


def _call_fault(rule: Rule) -> CallFault | None:
    when: Literal["before", "after"] = "after" if rule.when == "after" else "before"
    match rule.fault:
        case Fault.ERROR:
            status = rule.status or STATUS.get(rule.error, 500)
            return CallFault(when=when, error=rule.error, status=status)
        case Fault.CUT:
            return CallFault(when=when, hang_up=True)
        case Fault.SLOW:
            return CallFault(when=when, delay=rule.seconds)
        case Fault.TIMEOUT:
            return CallFault(when=when, delay=rule.seconds or HANG, hang_up=True)
        case _:
            return None
