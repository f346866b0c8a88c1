"""Every choice of the emulator in one value: what Amazon Connect leaves open is a named field here.

Each field says where its default comes from: *documented* by AWS, seen in *client code* or *live*, or
*inferred*. This module only names choices; it must not act on any of them.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this Amazon Connect behaves. All durations are in seconds of the emulator's (scalable) clock."""

    # --- the place -------------------------------------------------------------------------------------
    account_id: str = "123456789012"
    region_name: str = "us-east-1"
    public_host: str | None = None
    """Host, and port if it has one, of websocket and attachment URLs; by default the literal address and port that
    the server listens on, because ChatJS accepts ``ws://`` only for ``127.0.0.1:PORT`` [client code]."""
    secure: bool = False
    """Speak https and wss with a self-made certificate; some clients insist on it [client code]."""
    seed: int | None = None
    """Seed of all ids and tokens; None takes them from the operating system."""
    validate_answers: bool = False
    """Check each answer against AWS's service model too; for tests."""
    enforce_quotas: bool = False
    """Token buckets with Connect's documented rates; off for local development, on to meet throttling."""
    quota_scale: float = 1.0
    """Multiplies every rate and burst of the quotas."""

    # --- joining ---------------------------------------------------------------------------------------
    join_window: float = 15.0
    """A bot must create its connection this soon after CreateParticipant [documented]."""
    join_window_error: str = "ResourceNotFoundException"
    """What a bot that came too late is told [documented; its status 404 is inferred]."""
    late_bot_frees_place: bool = True
    """A bot that missed the window no longer counts as the contact's one custom participant [inferred]."""
    second_bot_error: str = "ConflictException"
    """CreateParticipant while another custom participant is there [inferred]."""
    another_bot_later: bool = True
    """A second bot may join after the first one left: the limit is "at a time", not "ever" [inferred]."""
    occupied_error: str = "ConflictException"
    """CreateParticipant while an agent or a Lex bot is present [inferred]."""
    ended_error: str = "ConflictException"
    """CreateParticipant on a contact that has ended [inferred]."""
    bot_before_flow: bool = True
    """A bot may be created before the customer has connected and the flow runs [inferred]."""
    before_flow_error: str = "ConflictException"
    """What CreateParticipant answers then, if it may not [inferred]."""
    bot_joins_at: Literal["connection", "connect-participant"] = "connection"
    """A bot counts as joined at its first CreateParticipantConnection, or only with ConnectParticipant=true
    or a subscribed websocket [inferred]."""
    bot_may_use_websocket: bool = True
    """A CUSTOM_BOT gets a websocket when it asks for one [documented by the service model; never seen live]."""
    bot_websocket_refusal: Literal["error", "omit", "upgrade"] = "error"
    """How it is told that it gets none: by an error, by an answer without Websocket, or when it dials the URL
    [inferred]."""
    bot_websocket_error: str = "ValidationException"
    """The error of `bot_websocket_refusal` [inferred]."""
    customer_connect_within: float = 300.0
    """A customer who has not connected this long after StartChatContact loses the chat [documented]."""
    connect_participant_needs_streaming: bool = False
    """ConnectParticipant=true connects a customer only while message streaming is on [inferred]."""

    # --- tokens and connections ------------------------------------------------------------------------
    participant_token_lifetime: float = 86_400.0
    """`Expiry` shown by CreateParticipant [inferred]; the token works for the participant's life [documented]."""
    enforce_participant_token_expiry: bool = False
    """Refuse a participant token after that `Expiry` [inferred: no]."""
    connection_token_lifetime: float = 86_400.0
    """Life of a connection token [documented]."""
    connection_token_reuse: bool = True
    """A repeated CreateParticipantConnection hands out the token that is still good [inferred]."""
    connection_token_renewal: float = 300.0
    """A token this near its end is not handed out again [inferred]."""
    revoke_older_tokens: bool = False
    """A new connection token ends the older ones of that participant [inferred: no]."""
    socket_connect_within: float = 100.0
    """A websocket URL must be dialled this soon [documented]."""
    socket_lifetime: float = 3_600.0
    """From the call to `ConnectionExpiry`, when the server closes the socket [live; closing inferred]."""
    closes_at_lifetime: bool = True
    """The server closes a socket at its `ConnectionExpiry` [inferred]; False: it lives on."""
    gone_error: str = "AccessDeniedException"
    """What a token of somebody who left, was removed or whose chat has ended is told [live for
    CreateParticipantConnection after the end; inferred for all else]."""
    answers_only_asked: bool = True
    """CreateParticipantConnection answers the types that were asked for [inferred]; False: always both."""
    socket_url_reusable: bool = True
    """The same URL may be dialled again after a successful upgrade [inferred]."""
    sockets_per_participant: int = 5
    """Open websockets of one participant [documented]."""
    sixth_socket: Literal["refuse", "close-oldest"] = "refuse"
    """What happens at one more: the call and the upgrade are refused, or the oldest is closed [inferred]."""
    sixth_socket_error: str = "ThrottlingException"
    """How CreateParticipantConnection refuses it [inferred]."""
    socket_idle_timeout: float | None = 600.0
    """No frame either way for this long closes the socket, as API Gateway does [inferred]; None: never."""
    frame_limit: int = 32_768
    """Bytes of one frame from a client; more closes with `too_big_close_code` [inferred: API Gateway]."""
    payload_limit: int = 131_072
    """Bytes of one message from a client [inferred: API Gateway]."""
    send_buffer_limit: int = 262_144
    """Bytes waiting for a reader that does not read; beyond, its socket is cut off [inferred]."""
    lifetime_close_code: int = 1001
    """Close code at the end of a socket's lifetime and when it idles out [inferred]."""
    too_big_close_code: int = 1009
    """Close code for a frame or payload over the limit [inferred: API Gateway]."""
    binary_close_code: int = 1003
    """Close code for a binary frame [inferred: API Gateway]."""
    ended_close_code: int | None = None
    """Close code when the chat has ended; None leaves closing to the client [inferred]."""
    removed_close_code: int | None = None
    """Close code for a participant who left or was removed; None leaves closing to the client [inferred]."""

    # --- what is delivered -----------------------------------------------------------------------------
    echo: bool = True
    """Senders receive their own items back [client code]."""
    typing_relayed: bool = True
    """Typing goes to the other participants, bots included [inferred]."""
    left_reaches_leaver: bool = True
    """A bot or agent that leaves or is removed still receives its own participant.left [inferred]; a customer always
    does, and then chat.ended [client code]."""
    chat_ended_delay: float = 0.0
    """Between the customer's participant.left and chat.ended; 0.178 s was seen once [live]."""
    zero_results_is_default: bool = True
    """GetTranscript's MaxResults 0 means the default of 10 [inferred]; False: an empty page."""
    typing_resets_timers: bool = False
    """Typing counts as a sign of life for the chat timers [inferred: no]."""
    idle_events_reach_bots: bool = True
    """participant.idle, .returned and .autodisconnection go to bots as well [documented: to all]."""

    # --- messages --------------------------------------------------------------------------------------
    text_limit: int = 16_384
    """Bytes of UTF-8 of one message of any type [documented, newest source]."""
    strict_text_limit: int | None = None
    """Characters of text/plain and text/markdown; 1024 is the older documented limit [documented]."""
    unsupported_content_error: str = "ValidationException"
    """A content type which the contact does not support [inferred]."""
    bot_may_send_interactive: bool = True
    """A CUSTOM_BOT may send ...message.interactive with SendMessage if the contact supports it [inferred]."""
    default_content_types: tuple[str, ...] = ("text/plain",)
    """What a contact supports when StartChatContact does not say [inferred]."""
    receipts_limit: int = 2
    """With more active participants than this, receipts answer 409 [documented]."""

    # --- transcript ------------------------------------------------------------------------------------
    bot_transcript: Literal["all", "segment", "since-join"] = "all"
    """How much of the transcript a CUSTOM_BOT reads [inferred]."""
    start_position_included: bool = True
    """The item that StartPosition names is itself in the page [inferred]."""
    next_token_lifetime: float | None = None
    """A NextToken works this long; None: always [inferred]."""

    # --- contact ---------------------------------------------------------------------------------------
    participants_per_chat: int = 6
    """Everybody on one chat [documented]."""
    concurrent_chats: int | None = None
    """Active chats of one instance, 500 at AWS [documented]; None: no limit."""
    client_token_window: float = 604_800.0
    """A repeated ClientToken means the same call for this long [inferred]."""
    removed_on_transfer: bool = True
    """A transfer to a new segment removes the custom participant [inferred]."""
    ended_chats_kept: int = 1_000
    """Chats remembered after their end, oldest forgotten first; an emulator's choice."""
    attachments_per_chat: int = 35
    """Files of one chat [documented]."""
    attachment_limit: int = 20_971_520
    """Bytes of one file [documented]."""
    attachment_scan: Literal["approve", "reject", "off"] = "off"
    """Scanning shows IN_PROGRESS first and the verdict after it; off shows APPROVED at once [client code]."""
    attachment_url_lifetime: float = 900.0
    """Life of an upload URL [inferred]."""
    streaming_endpoints: int = 2
    """Message streams of one contact [documented]."""

    # --- the server ------------------------------------------------------------------------------------
    body_limit: int = 1_048_576
    """Bytes of a request's body that are read; more is a validation error; an emulator's choice."""
    request_within: float = 120.0
    """Real seconds that a connection may be idle and a request's body may take to arrive; an emulator's choice."""
    timeline_length: int = 5_000
    """Entries that the inspector can look back on; an emulator's choice."""
