"""The sockets in the wall: what the session needs from the outside world, as protocols.

`agent.aws`, `agent.store` and the test doubles fit them; `agent.session` knows nothing else. Every call may be
cancelled at any await; a cancelled call that sends leaves its effect unknown, which its ClientToken makes safe to
repeat. No port retries: who calls decides, by `ConnectError.retryable` and `effect_unknown`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from agent.ids import ClientToken, ContactId, ContactKey, InstanceId, ItemId, ParticipantId, Secret, WorkerId
from agent.record import ContactRecord
from agent.wire.items import Item


class Operation(StrEnum):
    """The rate-limited operations, as the service model spells them."""

    CREATE_PARTICIPANT = "CreateParticipant"
    CREATE_PARTICIPANT_CONNECTION = "CreateParticipantConnection"
    SEND_MESSAGE = "SendMessage"
    SEND_EVENT = "SendEvent"
    GET_TRANSCRIPT = "GetTranscript"
    DISCONNECT_PARTICIPANT = "DisconnectParticipant"
    DESCRIBE_CONTACT = "DescribeContact"
    UPDATE_CONTACT_ATTRIBUTES = "UpdateContactAttributes"
    GET_CONTACT_ATTRIBUTES = "GetContactAttributes"
    UPDATE_PARTICIPANT_ROLE_CONFIG = "UpdateParticipantRoleConfig"
    STOP_CONTACT = "StopContact"
    START_CONTACT_STREAMING = "StartContactStreaming"
    STOP_CONTACT_STREAMING = "StopContactStreaming"


# ------------------------------------------------------------------------------------ control plane


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedParticipant:
    """CreateParticipant's answer. `token` works for the participant's lifetime [documented]."""

    participant_id: ParticipantId
    token: Secret
    expiry: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDescription:
    """What DescribeContact says, as far as it matters here."""

    contact_id: ContactId
    initial_contact_id: ContactId
    channel: str
    ended: bool
    agent_connected: bool
    disconnect_reason: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


class ConnectPort(Protocol):
    """The control plane of Amazon Connect. Every method raises `ConnectError`."""

    async def create_participant(
        self, key: ContactKey, *, display_name: str, client_token: ClientToken
    ) -> CreatedParticipant: ...

    async def describe_contact(self, key: ContactKey) -> ContactDescription: ...

    async def update_contact_attributes(
        self, instance_id: InstanceId, initial_contact_id: ContactId, attributes: Mapping[str, str]
    ) -> None: ...

    async def get_contact_attributes(
        self, instance_id: InstanceId, initial_contact_id: ContactId
    ) -> Mapping[str, str]: ...

    async def stop_contact(self, key: ContactKey) -> None: ...

    async def start_contact_streaming(self, key: ContactKey, *, topic: str, client_token: ClientToken) -> str:
        """Begins to publish the contact's items to an SNS topic; the StreamingId. At most two topics [documented]."""
        ...

    async def stop_contact_streaming(self, key: ContactKey, streaming_id: str) -> None:
        """Ends a stream; ResourceNotFound when there is none [inferred]."""
        ...


# ------------------------------------------------------------------------------ participant operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """CreateParticipantConnection's answer when credentials alone were asked for: a one-day token [documented]."""

    token: Secret
    token_expiry: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Access):
    """CreateParticipantConnection's answer: a one-hour socket as well [documented, live]."""

    url: Secret
    url_expiry: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """SendMessage's or SendEvent's answer."""

    id: ItemId
    absolute_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptPage:
    """One page of GetTranscript; `next_token` is None on the last."""

    items: Sequence[Item]
    initial_contact_id: ContactId | None = None
    next_token: str | None = field(default=None, repr=False)


class ParticipantPort(Protocol):
    """The Participant Service. Every method raises `ConnectError`."""

    async def create_participant_connection(self, participant_token: Secret) -> Connection:
        """Asks for WEBSOCKET and CONNECTION_CREDENTIALS with ConnectParticipant=true."""
        ...

    async def create_participant_access(self, participant_token: Secret) -> Access:
        """Asks for CONNECTION_CREDENTIALS alone with ConnectParticipant=true: the documented recipe."""
        ...

    async def send_message(self, token: Secret, *, content: str, content_type: str, client_token: ClientToken) -> Sent:
        """Says `content`. Cancelled while the call is under way, it brings it to its end and returns what it was:
        the cancellation comes at the next await, so that who is cancelled knows what was said."""
        ...

    async def send_event(
        self, token: Secret, *, content_type: str, content: str | None = None, client_token: ClientToken
    ) -> Sent: ...

    async def get_transcript(
        self,
        token: Secret,
        *,
        start: ItemId | None = None,
        direction: Literal["FORWARD", "BACKWARD"] = "BACKWARD",
        next_token: str | None = None,
        max_results: int = 100,
    ) -> TranscriptPage:
        """One page, sorted ASCENDING. `start` is an Id; whether it is itself included is not documented."""
        ...

    async def disconnect_participant(self, token: Secret, *, client_token: ClientToken) -> None: ...


# ------------------------------------------------------------------------------------------ websocket


class Socket(Protocol):
    """One open participant websocket. Neither call waits, blocks or raises."""

    def send(self, *texts: str) -> None:
        """Sends text frames. Once the socket is closing nothing happens: `lost` tells."""
        ...

    def close(self) -> None:
        """Says goodbye with close code 1000; `lost` comes in bounded time. May be repeated."""
        ...


class Hearer(Protocol):
    """Who is told what happens on a socket, as it happens: nothing is queued. No call may block or raise."""

    def opened(self, socket: Socket) -> None:
        """The upgrade succeeded; frames may come from now on."""
        ...

    def heard(self, frame: str | bytes) -> None:
        """The next frame, text as str and binary as bytes."""
        ...

    def lost(self, code: int) -> None:
        """The socket is gone, by whoever's doing; told once for each that was opened. 1006 when no close code came."""
        ...


class SocketPort(Protocol):
    """Opens participant websockets."""

    async def connect(self, url: Secret, hearer: Hearer) -> None:
        """Opens a socket: `hearer` has been told so when it returns. Cancelled, it leaves none open.

        Raises SocketRefused when the upgrade is refused or nobody answers.
        """
        ...


# ------------------------------------------------------------------------------------------- streaming


class StreamPort(Protocol):
    """Where message streaming reaches this worker: one SNS topic for all of its chats."""

    async def topic(self) -> str:
        """The topic's ARN; it is made when it is first needed.

        Raises StreamingError while it cannot be made.
        """
        ...

    def listen(
        self, key: ContactKey, *, heard: Callable[[Item], None], doubtful: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """While open, `heard` is called with each item of the contact that arrives: at least once, in any order.

        `doubtful` is called when items may have been lost. Neither may block or raise.
        """
        ...


# --------------------------------------------------------------------------------- offers of contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A contact that waits for a bot. May be repeated, late or wrong: who takes it checks."""

    key: ContactKey
    initial_contact_id: ContactId | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)
    channel: str = "CHAT"
    flow_id: str | None = None
    queue: str | None = None
    queue_name: str | None = None
    bot: str | None = None


class Declined(StrEnum):
    """Why a worker does not take an offer that may be good for another."""

    FULL = "full"
    RESTING = "resting"
    NOT_OURS = "not_ours"


class ContactSource(Protocol):
    """Where offers come from."""

    def offers(self) -> AbstractAsyncContextManager[AsyncIterator["Claimable"]]:
        """A stream of offers while the context is open. It mends its own connection and never ends by itself."""
        ...


class Claimable(Protocol):
    """An offer in hand. `done` or `decline` is called once; without either it comes again."""

    offer: Offer

    async def done(self) -> None:
        """The contact is durably claimed, or never can be."""
        ...

    async def decline(self, why: Declined) -> bool:
        """This worker does not take it: when it is full another may have it at once; when the bot rests here it is
        offered again after a while, longer each time; what is not its own at all waits for whoever it is meant for.

        Returns whether the source will offer it again; if not, only this worker can still take it.
        """
        ...


# ---------------------------------------------------------------------------------------------- queue


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    """A message in hand: hidden from others until its visibility lapses.

    Attributes:
        receipt: what `QueuePort` takes to delete or hide it.
        receives: how often it was handed out, this time included.
    """

    message_id: str
    receipt: str = field(repr=False)
    body: str = field(repr=False)
    receives: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """What a queue says of itself: its name, and after how many receives a message is put aside (None: never)."""

    name: str
    put_aside_after: int | None = None


class QueuePort(Protocol):
    """One queue. Every method raises QueueRefused or QueueUnreachable."""

    async def look(self) -> QueueFacts: ...

    async def receive(self, *, limit: int, wait: int, hide: int) -> Sequence[QueueMessage]:
        """At most `limit` (10) messages, hidden for `hide` seconds; waits up to `wait` (20) seconds for the first.

        Cancelled, messages that were on their way stay hidden for that time.
        """
        ...

    async def delete(self, receipts: Sequence[str]) -> None:
        """Deletes messages, any number; a stale receipt is passed over."""
        ...

    async def hide(self, receipts: Sequence[str], *, seconds: int) -> None:
        """Hides messages for `seconds` from now, any number; 0 shows them to everybody. Passes over stale receipts."""
        ...


# ------------------------------------------------------------------------------------------ mailboxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An SNS topic and the queue that hears it: what message streaming of one worker goes through."""

    topic: str
    queue: QueuePort


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMailbox:
    """A mailbox of anybody's. `seen` is when (seconds since the epoch) its worker last said that it lives."""

    name: str
    worker: WorkerId | None
    seen: float | None


class MailboxPort(Protocol):
    """Makes mailboxes, finds them and takes them away. Every method raises StreamingError and may be repeated."""

    async def open(self, name: str, *, worker: WorkerId, born: float) -> Mailbox:
        """The mailbox of that name, made if there is none: only Amazon Connect may publish to its topic, and only its
        topic may write to its queue. `born` is when the worker began, always the same.
        """
        ...

    async def mark(self, name: str, *, now: float) -> None:
        """Its worker lives."""
        ...

    async def names(self, prefix: str) -> Sequence[str]:
        """The mailboxes whose names begin so, at most a thousand."""
        ...

    async def look(self, name: str) -> FoundMailbox | None:
        """What is written on it; None when it is gone."""
        ...

    async def remove(self, name: str) -> None:
        """Takes topic and queue away, whatever of them is there."""
        ...


# ---------------------------------------------------------------------------------------------- store


class ContactStore(Protocol):
    """Where contacts outlive a process. Every write carries the epoch; a stale one raises `Fenced`.

    All methods raise StoreUnreachable (repeatable: each is idempotent) and StoreUnusable (nothing was changed).

    A call that was cancelled or found the store unreachable may or may not have taken place, but it takes effect
    before any later call of the same session, or never: an older save never lies over a newer one.

    A worker is alive while its lease is; one that never beat its heart is dead. Beat before the first claim.
    """

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        """Makes `owner` the owner of the contact and returns the stored record.

        A contact that is not stored yet is stored as `fresh` with epoch 1; a stored one keeps its content, also when
        it is over, and gets epoch + 1 when it is released or its owner is dead or is `owner` itself. Claiming what
        one already owns fences one's own earlier session off: that is how a restarted worker goes on at once.

        Raises AlreadyOwned when a live worker other than `owner` has it. A record that cannot be read raises
        StoreUnusable and stays as it is, owner and epoch too.
        """
        ...

    async def load(self, key: ContactKey) -> ContactRecord | None:
        """The record as last written, whoever owns it."""
        ...

    async def save(self, record: ContactRecord) -> None:
        """Replaces the record; durable when it returns.

        Raises Fenced unless the stored epoch and owner are the record's: after another claim, a release or `forget`.
        A lapsed lease alone does not fence: only a claim does.
        """
        ...

    async def release(self, record: ContactRecord) -> None:
        """Saves the record without an owner, so that any worker may claim it. Raises Fenced as `save` does, but may
        be repeated until somebody claims."""
        ...

    async def claimable(
        self, owner: WorkerId, *, own: bool = True, limit: int = 100, after: ContactKey | None = None
    ) -> Sequence[ContactKey]:
        """Live contacts (not over) that `owner` may claim now: released ones, its own, those of dead workers.

        The first `limit` in the order of their keys, beginning behind `after`; fewer are the last ones. A contact that
        cannot be claimed never hides the others. `owner`'s own are among them while it serves them, too; without `own`
        they are left out, so that looking again and again costs by what was left behind and not by what is served.
        """
        ...

    async def live(self, *, limit: int = 100, after: ContactKey | None = None) -> Sequence[ContactKey]:
        """Every contact that is not over, whoever owns it; pages as `claimable` does."""
        ...

    async def heartbeat(self, owner: WorkerId, *, ttl: float) -> None:
        """Keeps `owner`'s one lease row alive for `ttl` seconds from now.

        "Now" is at the latest the moment of the call: who fences itself counts `ttl` from before it called. The store
        measures with the wall clock, which may jump: a lease from further in the future than its `ttl` is dead.
        """
        ...

    async def retire(self, owner: WorkerId) -> None:
        """Ends `owner`'s lease: whatever it still owns may be claimed at once."""
        ...

    async def workers(self) -> Sequence[WorkerId]:
        """The workers whose lease is alive, sorted."""
        ...

    async def forget(self, key: ContactKey) -> None:
        """Erases the contact, whoever owns it; nothing happens when it is not stored.

        A repeated offer then looks like a new contact: keep what is over until no offer can come again.
        """
        ...

    async def sweep(self, *, older_than: float) -> None:
        """Erases contacts that are over and were last written more than `older_than` seconds ago.

        A store that lets them expire by itself may do nothing.
        """
        ...

    async def aclose(self) -> None:
        """Lets go of what the store holds, in bounded time, also under cancellation. May be repeated."""
        ...


# --------------------------------------------------------------------------------------------- pacing


class Pacer(Protocol):
    """The quota budget of an instance, shared by all chats of this process and divided among the workers."""

    async def admit(self, operation: Operation, instance_id: InstanceId, *, urgent: bool = False) -> None:
        """Waits, first come first served within each urgency, until the call fits the budget."""
        ...

    def spare(self, operation: Operation, instance_id: InstanceId) -> bool:
        """Takes a place if one is free and nobody waits; typing and receipts are dropped when it says False."""
        ...

    def throttled(self, operation: Operation, instance_id: InstanceId) -> None:
        """Amazon Connect answered 429: the rate is lowered for a while."""
        ...
