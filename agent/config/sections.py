"""Every setting of an operator, validated, frozen, with its default and its meaning.

Pure words: nothing here reads a file or the environment, and nothing here knows who uses a setting. Durations are
seconds. Rates and bursts are those which Amazon Connect documents; the quotas of your instance may be higher.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from agent.config.references import SecretReference
from agent.errors import InvalidSetting
from agent.ids import InstanceId, instance_id


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,  # TOML has words for both; as a time, either would never come
    )


def _instance(value: object) -> InstanceId:
    try:
        return instance_id(str(value))
    except InvalidSetting as error:
        raise PydanticCustomError("instance", "{sentence}", {"sentence": str(error).partition(": ")[2]}) from error


def _web_address(value: object) -> str:
    if isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) > len("https://"):
        return value.rstrip("/")
    raise PydanticCustomError("address", "give an address like http://127.0.0.1:4510")


WebAddress = Annotated[str, BeforeValidator(_web_address)]


def _never(value: object) -> object:
    """TOML has no word for nothing."""
    return None if value == "never" else value


_ELSEWHERE = "{name} is in {region} by its ARN, and region says another; make them one"


def _arns(given: object) -> list[str]:
    listed = given if isinstance(given, list | tuple) else [given]
    return [one for one in listed if isinstance(one, str) and one.startswith("arn:") and one.count(":") >= 5]


class ConnectSection(_Section):
    """Which Amazon Connect, and under which name the bot appears on a chat."""

    instance: Annotated[InstanceId, BeforeValidator(_instance)] | None = None
    """The instance's id or ARN."""
    instances: tuple[Annotated[InstanceId, BeforeValidator(_instance)], ...] = ()
    """More instances whose contacts are served, of the same Region. With neither, contacts of every instance are."""
    region: str | None = Field(default=None, min_length=1)
    """The AWS Region; by default what the AWS credentials chain says."""
    endpoint_url: WebAddress | None = None
    """Another Amazon Connect than AWS's: the local one, or a VPC endpoint."""
    participant_endpoint_url: WebAddress | None = None
    """The same for the Participant Service; by default `endpoint_url`."""
    display_name: str | None = Field(default=None, min_length=1, max_length=256)
    """What the customer sees as the bot's name, 1-256 characters [documented]; by default the bot's own."""
    ingress: Literal["websocket", "streaming", "auto"] = "auto"
    """How chats are heard: by the participant's ``websocket``, by message ``streaming`` to SNS, or ``auto``: by the
    websocket, unless the instance turns out to give none."""
    websocket_instances: tuple[Annotated[InstanceId, BeforeValidator(_instance)], ...] = ()
    """Instances whose chats are heard by the websocket, whatever `ingress` says."""
    streaming_instances: tuple[Annotated[InstanceId, BeforeValidator(_instance)], ...] = ()
    """Instances whose chats are heard by message streaming, whatever `ingress` says."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_region(cls, given: object) -> object:
        region = given.get("region") if isinstance(given, dict) else None
        for name in ("instance", "instances", "websocket_instances", "streaming_instances"):
            for arn in _arns(given.get(name)) if isinstance(region, str) and isinstance(given, dict) else ():
                if arn.split(":")[3] != region:
                    raise PydanticCustomError("region", _ELSEWHERE, {"name": name, "region": arn.split(":")[3]})
        return given

    @model_validator(mode="after")
    def _heard_in_one_way(self) -> "ConnectSection":
        for both in sorted({*self.websocket_instances} & {*self.streaming_instances}):
            raise PydanticCustomError(
                "way",
                "{instance} is in websocket_instances and in streaming_instances; take it out of one",
                {"instance": both},
            )
        return self


class BotSection(_Section):
    """Which bot serves the chats."""

    target: str | None = Field(default=None, min_length=1)
    """``module:bot`` or an installed bot's name."""
    middleware: tuple[str, ...] = ()
    """Installed middleware, or ``module:function``, put around every turn of every bot; the first is the outermost."""


class RouteSection(_Section):
    """One rule: contacts that fit all that it names go to its bot."""

    bot: str = Field(min_length=1)
    """``module:bot`` or an installed bot's name."""
    attribute: str | None = Field(default=None, min_length=1)
    """A contact attribute that must be there."""
    value: str | None = None
    """What that attribute must be; by default anything."""
    flow: str | None = Field(default=None, min_length=1)
    """The contact flow's id or ARN."""
    queue: str | None = Field(default=None, min_length=1)
    """The queue's name, id or ARN."""
    instance: Annotated[InstanceId, BeforeValidator(_instance)] | None = None
    """The instance's id or ARN."""

    @model_validator(mode="after")
    def _says_something(self) -> "RouteSection":
        if self.value is not None and self.attribute is None:
            raise PydanticCustomError("rule", "value needs an attribute to be the value of")
        if self.attribute is self.flow is self.queue is self.instance is None:
            raise PydanticCustomError(
                "rule", "name an attribute, flow, queue or instance; what fits no rule goes to bot.target"
            )
        return self


class RoutingSection(_Section):
    """Which contacts go to other bots than `bot.target`."""

    rules: tuple[RouteSection, ...] = ()
    """Tried in their order; the first that fits decides, and what fits none goes to `bot.target`."""


class SourceSection(_Section):
    """Where offers of contacts come from."""

    kind: str | None = Field(default=None, min_length=1)
    """``sqs``, ``http``, ``local``, the name of an installed source, or ``module:source``."""
    url: WebAddress | None = None
    """``local``: the address of the local Amazon Connect; by default `connect.endpoint_url`."""
    queue_url: WebAddress | None = None
    """``sqs``: the queue's URL, which also says the Region and where SQS is."""
    wait: int = Field(default=20, ge=0, le=20)
    """``sqs``: how long one poll waits for a message; 20 is the longest [documented]."""
    visibility: int = Field(default=30, ge=5, le=43_200)
    """``sqs``: after how long the offers in hand of a worker that died come again. It is renewed meanwhile."""
    contact_events: tuple[str, ...] = ("INITIATED", "CONNECTED_TO_SYSTEM")
    """Which contact events of EventBridge offer a chat. As either may be lost, both do [inferred]."""
    not_initiated_by: tuple[str, ...] = ("TRANSFER", "QUEUE_TRANSFER", "DISCONNECT", "MONITOR")
    """Contact events of contacts that began in one of these ways offer nothing [inferred]."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """``http``: the address to listen on. Another than a loopback one needs a secret."""
    port: int = Field(default=8770, ge=0, le=65_535)
    """``http``: the port to listen on; 0 takes a free one."""
    secret: SecretReference | None = None
    """``http``: what callers must know, by reference; as a bearer token, or as the key of their signature."""
    patience: PositiveFloat = 8.0
    """``http``: how long a caller waits for its contact to be claimed before it is told to come again."""
    replay_window: PositiveInt = 300
    """``http``: how far the time in a signature may be off."""
    options: dict[str, str] = Field(default_factory=dict)
    """What an installed source is told."""


class SessionSection(_Section):
    """How one chat is kept."""

    text_limit: PositiveInt = Field(default=1_024, le=16_384)
    """The most characters of one text message; longer replies are split."""
    reorder_window: float = Field(default=0.05, ge=0)
    """How long a live message waits for one that was sent before it; 0 hands it over at once."""
    turn_timeout: PositiveFloat = 120.0
    """How long one turn may take before it is cancelled."""
    goodbye_timeout: PositiveFloat = 5.0
    """The bound of every farewell."""
    cleanup_timeout: PositiveFloat = 2.0
    """What a handler gets to clean up when the conversation ends under it, or its turn takes too long."""
    audit_interval: Annotated[
        PositiveFloat | None, BeforeValidator(_never, json_schema_input_type=PositiveFloat | Literal["never"])
    ] = None
    """How often transcript and inbox are compared, or ``"never"``."""
    merge_window: float = Field(default=1.0, ge=0)
    """How long a bot with ``turns="merge"`` waits for more after the customer's last message."""
    typing_patience: float = Field(default=12.0, ge=0)
    """How much longer it waits after the customer was seen typing."""
    merge_limit: float = Field(default=30.0, ge=0)
    """The longest that it waits in all."""
    typing_after: Annotated[
        NonNegativeFloat | None, BeforeValidator(_never, json_schema_input_type=NonNegativeFloat | Literal["never"])
    ] = 0.5
    """After how long a handler that still works is shown as typing, or ``"never"`` by itself."""
    typing_interval: PositiveFloat = 10.0
    """How often typing is shown anew."""
    max_waiting: PositiveInt = 100
    """The most messages of one chat that wait for a turn before reading from it stops."""
    read_receipts: bool = False
    """Whether the customer sees that the bot has read."""
    see_before_join: bool = True
    """Whether messages written before the bot joined are handed to it."""
    stream_reorder_window: float = Field(default=0.2, ge=0)
    """The same as `reorder_window` for chats that are heard by message streaming, which keeps no order [documented]."""
    stream_audit_interval: PositiveFloat = 300.0
    """How often transcript and inbox of such chats are compared: a stream has no heartbeat."""

    @model_validator(mode="after")
    def _waits_within_its_limit(self) -> "SessionSection":
        if self.merge_window > self.merge_limit:
            raise PydanticCustomError("limit", "merge_window is longer than merge_limit, the longest wait in all")
        return self


class StreamingSection(_Section):
    """The topic and the queue by which a worker hears chats that are streamed to it."""

    prefix: str = Field(default="chat-agent", pattern="^[A-Za-z0-9_-]{1,50}$")
    """How their names begin."""
    leftovers_after: float = Field(default=600.0, ge=60)
    """After how long without a sign of life the topic and queue of a dead worker are taken away by others."""
    endpoint_url: WebAddress | None = None
    """Another SNS and SQS than AWS's, such as moto's."""


def _state_file() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        return Path(state).expanduser() / "chat-agent" / "contacts.sqlite3"
    except RuntimeError:  # a container may run as a user without a home
        return Path("contacts.sqlite3")


class StoreSection(_Section):
    """Where contacts outlive a process."""

    kind: str = Field(default="sqlite", min_length=1)
    """``sqlite`` survives a crash, ``dynamodb`` is shared by machines; ``memory`` survives nothing, so the bot leaves
    its chats when the daemon stops. Or the name of an installed store, or ``module:store``."""
    path: Path = Field(default_factory=_state_file)
    """``sqlite``: the file."""
    table: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{3,255}$")
    """``dynamodb``: the table's name; ``chat-agent table create`` makes it."""
    region: str | None = Field(default=None, min_length=1)
    """``dynamodb``: its Region; by default `connect.region`, else what the AWS credentials chain says."""
    endpoint_url: WebAddress | None = None
    """``dynamodb``: another DynamoDB than AWS's: a local one, or a VPC endpoint."""
    patience: PositiveFloat = 5.0
    """``dynamodb``: how long one call is repeated while it is throttled, fails or gets no answer. Keep it well below
    `worker.lease`."""
    call_timeout: PositiveFloat = 2.0
    """``dynamodb``: how long one attempt may take."""
    keep_over: PositiveFloat = 7 * 86_400.0
    """How long the record of a contact that is over is kept, in every store: as long as its offer may come again."""
    options: dict[str, str] = Field(default_factory=dict)
    """What an installed store is told."""
    encryption_keys: tuple[SecretReference, ...] = ()
    """Keys that seal participant tokens at rest, by reference. The first seals, all unseal, so a new key is put
    first and the old one kept until no record needs it."""


class Quota(_Section):
    """A token bucket: `rate` calls a second, `burst` at once."""

    rate: PositiveFloat
    burst: float = Field(ge=1)


class PacingSection(_Section):
    """How much of Connect's quotas this deployment may use: customers and agents share them [documented].

    Control-plane operations count per account and Region, the others per instance [documented].
    """

    enabled: bool = True
    """False sends as fast as it can; for local work."""
    share: float = Field(default=1.0, gt=0, le=1)
    """The part of each quota that all workers together may use."""
    create_participant: Quota = Quota(rate=5, burst=8)
    create_participant_connection: Quota = Quota(rate=6, burst=9)
    send_message: Quota = Quota(rate=10, burst=15)
    send_event: Quota = Quota(rate=10, burst=15)
    get_transcript: Quota = Quota(rate=8, burst=12)
    disconnect_participant: Quota = Quota(rate=3, burst=5)
    describe_contact: Quota = Quota(rate=10, burst=15)
    update_contact_attributes: Quota = Quota(rate=10, burst=15)
    get_contact_attributes: Quota = Quota(rate=10, burst=15)
    update_participant_role_config: Quota = Quota(rate=5, burst=8)
    stop_contact: Quota = Quota(rate=10, burst=15)
    start_contact_streaming: Quota = Quota(rate=5, burst=8)
    stop_contact_streaming: Quota = Quota(rate=5, burst=8)


class WorkerSection(_Section):
    """How this process serves."""

    max_chats: PositiveInt = 500
    """Chats at once; further offers wait."""
    lease: float = Field(default=15.0, ge=1)
    """How long a silent worker counts as alive; it falls silent itself before that."""
    drain_deadline: float = Field(default=25.0, ge=0)
    """How long running turns may go on after a stop signal; then they are cut off and repeated elsewhere."""
    on_stop: Literal["auto", "release", "leave"] = "auto"
    """``release`` keeps the chats for another worker, ``leave`` says goodbye; ``auto`` leaves with a memory store."""
    crash_limit: PositiveInt = 5
    """How often one chat may crash in a row before this worker gives it up, for ten minutes."""
    rebalance_rate: float = Field(default=1.0, ge=0)
    """How many chats a second, from all workers together, move to a worker that joins; 0 moves none."""


class LoggingSection(_Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The quietest that is written: ``debug``, ``info``, ``warning`` or ``error``."""
    format: Literal["auto", "json", "human"] = "auto"
    """``auto`` is human in a terminal and JSON elsewhere."""
    show_error_text: bool = False
    """Show the text of foreign exceptions. They may quote a customer: for development only."""


class HealthSection(_Section):
    """What operators and their programs may look at: probes and metrics over HTTP, and when an alarm is due."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address to listen on. There is no login: name another one only where a network policy guards it."""
    port: int | None = Field(default=None, ge=0, le=65_535)
    """The port of ``/livez``, ``/readyz`` and ``/metrics``; 0 takes a free one, and without one nothing listens."""
    deaf_after: PositiveFloat = 30.0
    """How long a chat may be without a subscribed websocket before it counts as deaf."""
    deaf_share: float = Field(default=0.1, gt=0, le=1)
    """The part of all chats that must be deaf before the worker is not ready."""


def _control_directory() -> Path:
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "chat-agent"
    return _state_file().parent / "control"


class ControlSection(_Section):
    """The local socket by which an operator looks at live chats and orders about them."""

    enabled: bool = True
    """Whether there is one. Only this user and root may use it."""
    directory: Path = Field(default_factory=_control_directory)
    """Where the sockets of this machine's workers are: a directory of this user alone."""
    audit: Path = Field(default_factory=lambda: _state_file().parent / "audit.jsonl")
    """Where it is noted who ordered what; a file of JSON lines that only grows."""
    history: PositiveInt = Field(default=200, le=10_000)
    """How many happenings of each chat are remembered for ``chat-agent show``; of all chats together, 50,000."""


_OrNever = BeforeValidator(_never, json_schema_input_type=PositiveFloat | Literal["never"])
_CountOrNever = BeforeValidator(_never, json_schema_input_type=PositiveInt | Literal["never"])
_Line = Annotated[str, Field(max_length=1_024)]


class BotGuards(_Section):
    """What holds for one bot's chats instead."""

    line_after: Annotated[PositiveFloat | None, _OrNever] = None
    hand_off_after: Annotated[PositiveFloat | None, _OrNever] = None
    waiting_line: _Line = ""
    hand_off_line: _Line = ""


class GuardsSection(_Section):
    """Guard rails. When a chat runs into one, the bot says one sentence and hands it off; see ``docs/guards.md``."""

    max_turns: Annotated[PositiveInt | None, _CountOrNever] = 5_000
    """Turns of one chat, or ``"never"``."""
    max_messages: Annotated[PositiveInt | None, _CountOrNever] = 10_000
    """Messages that the bot sends in one chat, or ``"never"``."""
    max_bytes: Annotated[PositiveInt | None, _CountOrNever] = 10_000_000
    """The same in bytes, or ``"never"``."""
    ping_pong_turns: Annotated[PositiveInt | None, _CountOrNever] = 200
    """So many messages in a row, each sooner after the bot's than a human answers, are a machine's, or ``"never"``."""
    ping_pong_pause: PositiveFloat = 2.0
    """How soon that is."""
    line_after: Annotated[PositiveFloat | None, _OrNever] = None
    """After how long without a reply `waiting_line` is said, or ``"never"``."""
    hand_off_after: Annotated[PositiveFloat | None, _OrNever] = None
    """After how long without a reply the chat is handed off, or ``"never"``."""
    waiting_line: _Line = "I am still working on it."
    """What a customer hears who waits."""
    hand_off_line: _Line = "I am passing you on to a colleague."
    """What a customer hears whom a guard hands off; nothing when empty."""
    hand_off_attribute: str = Field(default="", max_length=127)
    """The contact attribute that tells the flow which guard it was; none when empty."""
    circuit_hand_off: bool = True
    """Whether a turn that meets an open `CircuitBreaker` hands the chat off."""
    bot_failures: Annotated[PositiveInt | None, _CountOrNever] = 20
    """So many failed turns of a bot, in all its chats, and it gets no more chats for a while, or ``"never"``."""
    bot_failures_within: PositiveFloat = 60.0
    """In how long."""
    bot_failing_share: float = Field(default=0.5, gt=0, le=1)
    """And the part of all its turns that must have failed."""
    bot_rest: PositiveFloat = 60.0
    """After how long it is tried with one chat."""
    memory_mb: Annotated[
        PositiveInt | Literal["auto"] | None,
        BeforeValidator(_never, json_schema_input_type=PositiveInt | Literal["auto", "never"]),
    ] = "auto"
    """From how many megabytes on no chats are taken on; ``"auto"``: 90 % of the container's limit, if it has one."""
    loop_lag: Annotated[PositiveFloat | None, _OrNever] = 2.0
    """How late the event loop may be, three seconds in a row, before no chats are taken on, or ``"never"``."""
    bots: dict[str, BotGuards] = Field(default_factory=dict)
    """What holds for a bot's chats instead, by its name: the reply times and the lines."""


class TracingSection(_Section):
    """Traces of turns, for OpenTelemetry; the exporter is set up by its own variables, ``OTEL_…``."""

    enabled: bool = False
    """Whether turns are traced; needs ``pip install connect-chat-agent[otel]``."""


class Configuration(BaseSettings):
    """All settings. `agent.config.load` reads them; built directly, it takes keyword arguments and defaults only."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix="CHAT_AGENT_",
        env_nested_delimiter="__",
    )

    connect: ConnectSection = Field(default_factory=ConnectSection)
    bot: BotSection = Field(default_factory=BotSection)
    routing: RoutingSection = Field(default_factory=RoutingSection)
    source: SourceSection = Field(default_factory=SourceSection)
    session: SessionSection = Field(default_factory=SessionSection)
    streaming: StreamingSection = Field(default_factory=StreamingSection)
    store: StoreSection = Field(default_factory=StoreSection)
    pacing: PacingSection = Field(default_factory=PacingSection)
    worker: WorkerSection = Field(default_factory=WorkerSection)
    logging: LoggingSection = Field(default_factory=LoggingSection)
    health: HealthSection = Field(default_factory=HealthSection)
    tracing: TracingSection = Field(default_factory=TracingSection)
    control: ControlSection = Field(default_factory=ControlSection)
    guards: GuardsSection = Field(default_factory=GuardsSection)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only: reading files and the environment is `load`'s, which also knows what came from where."""
        return (init_settings,)
