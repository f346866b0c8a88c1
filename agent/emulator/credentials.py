"""Participant tokens, connection tokens and websocket tickets: who may do what, and for how long.

Two kinds of token, never mixed up [documented]: a participant token only opens connections, a connection
token does everything else. Pure: time is read from the injected clock. It must not know any rule of a chat.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from agent.emulator.clock import ScaledClock
from agent.emulator.errors import ServiceError, denied
from agent.emulator.ids import Mint
from agent.emulator.participants import Participant
from agent.emulator.settings import Settings

MOST_DEAD = 10_000
"""How many tokens of people who are gone are remembered."""


@dataclass(slots=True, kw_only=True, repr=False)
class ConnectionToken:
    """One connection token: every participant call but CreateParticipantConnection."""

    value: str
    participant: Participant
    expires: float


@dataclass(slots=True, kw_only=True, repr=False)
class Ticket:
    """One websocket URL: to be dialled before `dial_until`, and open until `open_until` at most."""

    key: str
    participant: Participant
    dial_until: float
    open_until: float
    used: bool = False


class Credentials:
    """All secrets of one emulator."""

    def __init__(self, *, mint: Mint, clock: ScaledClock, settings: Settings) -> None:
        self._mint = mint
        self._clock = clock
        self._settings = settings
        self._participants: dict[str, Participant] = {}
        self._connections: dict[str, ConnectionToken] = {}
        self._granted: dict[str, list[ConnectionToken]] = {}
        self._tickets: dict[str, Ticket] = {}
        self._issued: deque[Ticket] = deque()
        self._dead: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """How many websocket URLs are remembered."""
        return len(self._tickets)

    def admit(self, participant: Participant) -> None:
        """Give `participant` its participant token."""
        participant.token = self._mint.token()
        participant.token_expires = self._clock.time() + self._settings.participant_token_lifetime
        self._participants[participant.token] = participant

    def of_participant_token(self, token: str | None) -> Participant:
        """Whose participant token this is. Raises AccessDenied."""
        participant = self._participants.get(token or "")
        if participant is None:
            raise self._refusal(token)
        expired = self._clock.time() >= participant.token_expires
        if expired and self._settings.enforce_participant_token_expiry:
            raise denied()
        return participant

    def of_connection_token(self, token: str | None) -> Participant:
        """Whose connection token this is. Raises AccessDenied, also when it has expired."""
        grant = self._connections.get(token or "")
        if grant is None:
            raise self._refusal(token)
        if self._clock.time() >= grant.expires:
            del self._connections[grant.value]
            raise denied()
        return grant.participant

    def owner(self, token: str) -> Participant | None:
        """Whose token of either kind this is, expired or not; for records only."""
        grant = self._connections.get(token)
        return grant.participant if grant is not None else self._participants.get(token)

    def connect(self, participant: Participant) -> ConnectionToken:
        """The connection token to hand out now: the newest one while it is good, else a new one."""
        now, granted = self._clock.time(), self._granted.setdefault(participant.id, [])
        good = [token for token in granted if token.expires - now > self._settings.connection_token_renewal]
        if good and self._settings.connection_token_reuse:
            return good[-1]
        if self._settings.revoke_older_tokens:
            self.expire_connections(participant)
        lifetime = self._settings.connection_token_lifetime
        grant = ConnectionToken(value=self._mint.token(), participant=participant, expires=now + lifetime)
        self._connections[grant.value] = grant
        self._granted.setdefault(participant.id, []).append(grant)
        return grant

    def ticket(self, participant: Participant) -> Ticket:
        """A new websocket URL's secret."""
        now, settings = self._clock.time(), self._settings
        ticket = Ticket(
            key=self._mint.token(48),
            participant=participant,
            dial_until=now + settings.socket_connect_within,
            open_until=now + settings.socket_lifetime,
        )
        while self._issued and self._issued[0].dial_until < now:
            self._tickets.pop(self._issued.popleft().key, None)
        self._issued.append(ticket)
        self._tickets[ticket.key] = ticket
        return ticket

    def of_ticket(self, key: str) -> Ticket:
        """The ticket to dial with. Raises AccessDenied for an unknown, late or spent one."""
        ticket = self._tickets.get(key)
        if ticket is None or self._clock.time() >= ticket.dial_until or ticket.participant.gone:
            raise denied("Forbidden")
        if ticket.used and not self._settings.socket_url_reusable:
            raise denied("Forbidden")
        return ticket

    def expire_connections(self, participant: Participant) -> None:
        """All connection tokens of `participant` stop working now."""
        for grant in self._granted.pop(participant.id, []):
            self._connections.pop(grant.value, None)

    def forget(self, participant: Participant) -> None:
        """`participant` is gone for good: none of its secrets works any more."""
        self._participants.pop(participant.token, None)
        tokens = [participant.token, *(grant.value for grant in self._granted.get(participant.id, ()))]
        self._dead.update(dict.fromkeys(tokens))
        while len(self._dead) > MOST_DEAD:
            self._dead.popitem(last=False)
        self.expire_connections(participant)

    def _refusal(self, token: str | None) -> ServiceError:
        """The answer to a token that does not work: never issued, expired, or of somebody who is gone."""
        dead = token in self._dead
        return ServiceError(self._settings.gone_error, "Access denied") if dead else denied()
