"""What a message offers: our own form, the event of a contact flow's Lambda, a contact event; bare or wrapped by SNS.

Reading is total: whatever comes is an offer, something to pass over with a reason, or unreadable with a sentence that
quotes nothing of it. Pure: no await, no clock, and nothing here knows how the message came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from agent.errors import InvalidSetting
from agent.ids import ContactId, ContactKey, InstanceId, instance_id
from agent.ports import Offer
from agent.telemetry import Happening, Level
from agent.wire.forgiving import decode_json, whole

CONTACT_EVENT = "Amazon Connect Contact Event"
_LONGEST_ID = 256  # [documented]
_DEEPEST_WRAPPING = 3
_UNSET = "1970-01-01"  # how a contact event may show a moment that has not come [documented]
_INSTANCE_TAG = "aws:connect:instanceId"
Tree: TypeAlias = Mapping[str, Any]


class Reason(StrEnum):
    """Why a message that is understood offers nothing."""

    OTHER_CHANNEL = "other_channel"
    ENDED = "ended"
    OTHER_EVENT = "other_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Understood, and nothing to do."""

    reason: Reason
    key: ContactKey | None = None

    def told(self, *, source: str) -> Happening:
        """What the log says."""
        fields = {"reason": self.reason.value, "source": source}
        return Happening(name="offer.skipped", level=Level.DEBUG, contact=self.key, fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Not understood. `why` holds nothing of the message."""

    why: str

    def told(self, *, source: str, level: Level = Level.WARNING, **fields: str | int) -> Happening:
        """What the log says."""
        return Happening(name="offer.unreadable", level=level, fields={"why": self.why, "source": source, **fields})


Reading: TypeAlias = Offer | Skipped | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """Which contact events offer a contact.

    Attributes:
        events: their types. INITIATED comes before the flow runs, CONNECTED_TO_SYSTEM about a second later
            [documented sample]; as either may be lost, both offer [inferred].
        not_by: initiation methods of contacts that a bot has had before, or that people made [inferred].
    """

    events: frozenset[str] = frozenset({"INITIATED", "CONNECTED_TO_SYSTEM"})
    not_by: frozenset[str] = frozenset({"TRANSFER", "QUEUE_TRANSFER", "DISCONNECT", "MONITOR"})


_USUAL = Triggers()


class _Wrong(Exception):
    """What is wrong with a message; never leaves this module."""


def read(message: str | bytes, triggers: Triggers = _USUAL) -> Reading:
    """What `message` offers. Never raises."""
    try:
        return _read(_decoded(message), triggers, _DEEPEST_WRAPPING)
    except _Wrong as wrong:
        return Unreadable(why=str(wrong))


def parse_offer(raw: Any) -> Offer:
    """The offer in `raw`, which is of our own form: what a contact flow's Lambda may pass on.

    Raises:
        InvalidSetting: it names no contact of an instance.
    """
    try:
        return _own(_tree(raw))
    except _Wrong as wrong:
        raise InvalidSetting("offer", str(wrong)) from None


def _decoded(message: str | bytes) -> object:
    try:
        return decode_json(message if isinstance(message, str) else message.decode("utf-8"))
    except UnicodeDecodeError:
        raise _Wrong("it is no UTF-8 text.") from None
    except ValueError:
        raise _Wrong("it is no JSON.") from None


def _tree(raw: object) -> Tree:
    if not isinstance(raw, Mapping):
        raise _Wrong("it is no JSON object.")
    return raw


def _read(raw: object, triggers: Triggers, depth: int) -> Reading:
    tree = _tree(raw)
    if "TopicArn" in tree and "Type" in tree:
        return _unwrapped(tree, triggers, depth)
    if tree.get("detail-type") is not None or tree.get("source") == "aws.connect":
        return _contact_event(tree, triggers)
    if tree.get("Name") == "ContactFlowEvent" or "Details" in tree:
        return _chat(_flow_event(tree))
    return _chat(_own(tree))


def _chat(offer: Offer) -> Offer | Skipped:
    return offer if offer.channel == "CHAT" else Skipped(reason=Reason.OTHER_CHANNEL, key=offer.key)


def _unwrapped(tree: Tree, triggers: Triggers, depth: int) -> Reading:
    """SNS wraps what was published, unless raw delivery is switched on [documented]."""
    if tree["Type"] != "Notification":
        return Skipped(reason=Reason.OTHER_EVENT)
    if depth == 0 or not isinstance(tree.get("Message"), str):
        raise _Wrong("it is an SNS notification without a message that offers a contact.")
    return _read(_decoded(tree["Message"]), triggers, depth - 1)


# -------------------------------------------------------------------------------------- three forms


def _own(tree: Tree) -> Offer:
    if not isinstance(tree.get("ContactId"), str):
        raise _Wrong("it has no ContactId; a flow passes on InstanceId and ContactId.")
    queue = tree.get("Queue")
    return Offer(
        key=ContactKey(_instance(tree.get("InstanceId") or tree.get("InstanceARN")), _contact(tree["ContactId"])),
        initial_contact_id=_initial(tree.get("InitialContactId")),
        attributes=_attributes(tree.get("Attributes")),
        channel=_text(tree.get("Channel")) or "CHAT",
        flow_id=_text(tree.get("ContactFlowId")),
        queue=_text(queue) or _member(queue, "ARN"),
        queue_name=_text(queue) or _member(queue, "Name"),
        bot=_text(tree.get("Bot")),
    )


def _flow_event(tree: Tree) -> Offer:
    """The event of a flow's Lambda block [live]. Its parameter ``bot`` names the bot, as an offer's ``Bot`` does."""
    details = _section(tree, "Details", "a contact flow's event")
    contact = _section(details, "ContactData", "a contact flow's event")
    parameters = details.get("Parameters")
    tagged = _member(contact.get("Tags"), _INSTANCE_TAG)
    instance = {"InstanceId": contact.get("InstanceARN") or tagged}
    return _own({**contact, **instance, "Bot": _member(parameters, "bot") or _member(parameters, "Bot")})


def _contact_event(tree: Tree, triggers: Triggers) -> Offer | Skipped:
    """A contact event of EventBridge [documented]."""
    if tree.get("detail-type") != CONTACT_EVENT:
        return Skipped(reason=Reason.OTHER_EVENT)
    detail = _section(tree, "detail", "a contact event")
    kind, channel = _either(detail, "eventType"), _either(detail, "channel")
    if not isinstance(kind, str) or not isinstance(channel, str):
        raise _Wrong("it is a contact event without its type or channel.")
    offer = _of_event(detail, channel)
    if reason := _why_not(detail, kind, channel, triggers):
        return Skipped(reason=reason, key=offer.key)
    return offer


def _why_not(detail: Tree, kind: str, channel: str, triggers: Triggers) -> Reason | None:
    if channel != "CHAT":
        return Reason.OTHER_CHANNEL
    ended = _text(_either(detail, "disconnectTimestamp"))
    if kind in ("DISCONNECTED", "COMPLETED") or (ended and not ended.startswith(_UNSET)):
        return Reason.ENDED
    wanted = kind in triggers.events and _either(detail, "initiationMethod") not in triggers.not_by
    return None if wanted else Reason.OTHER_EVENT


def _of_event(detail: Tree, channel: str) -> Offer:
    tagged = _member(_either(detail, "tags"), _INSTANCE_TAG)
    return Offer(
        key=ContactKey(_instance(_either(detail, "instanceArn") or tagged), _contact(_either(detail, "contactId"))),
        initial_contact_id=_initial(_either(detail, "initialContactId")),
        channel=channel,
        queue=_member(_either(detail, "queueInfo"), "queueArn"),
    )


# -------------------------------------------------------------------------------------------- parts


def _section(tree: Tree, name: str, of: str) -> Tree:
    if not isinstance(tree.get(name), Mapping):
        raise _Wrong(f"it is {of} without {name}.")
    found: Tree = tree[name]
    return found


def _either(detail: Tree, name: str) -> object:
    """Keys are camelCase; some of AWS's samples have them in PascalCase [documented]."""
    return detail.get(name, detail.get(name[0].upper() + name[1:]))


def _instance(raw: object) -> InstanceId:
    try:
        return instance_id(raw if isinstance(raw, str) else "")
    except InvalidSetting:
        raise _Wrong("it names no instance by id or ARN.") from None


def _contact(raw: object) -> ContactId:
    if isinstance(raw, str) and 1 <= len(raw) <= _LONGEST_ID and raw.isprintable() and not raw.isspace():
        return ContactId(raw)
    raise _Wrong(f"its contact id is none of 1 to {_LONGEST_ID} printable characters.")


def _initial(raw: object) -> ContactId | None:
    try:
        return _contact(raw)
    except _Wrong:
        return None


def _attributes(raw: object) -> dict[str, str]:
    """Attributes are texts [documented]; numbers and truth values are taken for what they are written as."""
    if not isinstance(raw, Mapping):
        return {}
    written = {str(key): _written(value) for key, value in raw.items()}
    return {whole(key): whole(value) for key, value in written.items() if value is not None}


def _written(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _member(raw: object, name: str) -> str | None:
    return _text(raw.get(name)) if isinstance(raw, Mapping) else None
