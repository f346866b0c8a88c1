"""What the operator may set about the way to AWS. Pure data; nothing here opens or resolves anything."""

from dataclasses import dataclass, field

from agent.ids import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """How Amazon Connect is reached. Durations are seconds; None leaves the choice to botocore's own chain.

    Attributes:
        region: the instance's region; taken from the environment or profile when None.
        profile: a profile of the shared AWS configuration.
        endpoint_url: one address for both services, such as a local Amazon Connect's.
        connect_endpoint_url: the control plane's address; wins over `endpoint_url`.
        participant_endpoint_url: the Participant Service's address; wins over `endpoint_url`.
        ca_bundle: a file of trusted certificates, for HTTPS and for websockets alike.
        proxy_url: one proxy for everything; None reads HTTPS_PROXY and its siblings. Loopback is never proxied. May
            hold a password, so it is a secret.
        max_connections: the most calls to one service at once; more wait in line. Connections are opened as they are
            needed: where a call takes 40 ms, 64 of them would be all that 1,600 calls a second leave room for.
        connect_timeout: for one TCP and TLS handshake.
        read_timeout: for silence within an answer.
        call_timeout: for a whole call, once it has left the line.
        keepalive: how long an idle connection is kept for the next call.
        validate_participant_calls: makes participant calls through botocore's whole client, which checks each
            request against the service model; otherwise they go a short way of a third of the cost, because this
            package's own types leave nothing to find there.
        user_agent: sent as it is; a fixed text, because composing botocore's costs a sixth of a call.
    """

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    connect_endpoint_url: str | None = None
    participant_endpoint_url: str | None = None
    ca_bundle: str | None = None
    proxy_url: Secret | None = None
    max_connections: int = 256
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    call_timeout: float = 30.0
    keepalive: float = 20.0
    validate_participant_calls: bool = False
    user_agent: str = "connect-chat-agent"

    @property
    def connect_endpoint(self) -> str | None:
        return self.connect_endpoint_url or self.endpoint_url

    @property
    def participant_endpoint(self) -> str | None:
        return self.participant_endpoint_url or self.endpoint_url


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSettings:
    """How participant websockets are opened. Durations are seconds.

    Attributes:
        allowed_hosts: hosts outside AWS that a websocket URL may name; ``ws://`` is taken from these only.
        ca_bundle: a file of trusted certificates; botocore's own when None.
        proxy_url: the proxy; None reads the environment. Loopback is never proxied.
        open_timeout: for TCP, TLS and upgrade together.
        close_timeout: for the farewell; afterwards the connection is cut.
        max_frame_bytes: a bigger message closes the websocket with code 1009. Amazon Connect's are at most 128 KB
            [inferred], so this is only the bound that keeps memory safe.
        user_agent: sent as it is.
    """

    allowed_hosts: frozenset[str] = field(default_factory=frozenset)
    ca_bundle: str | None = None
    proxy_url: Secret | None = None
    open_timeout: float = 10.0
    close_timeout: float = 2.0
    max_frame_bytes: int = 2 * 1024 * 1024
    user_agent: str = "connect-chat-agent"
