"""Every error of the project, in one tree, split by whose fault it is.

::

    ChatAgentError
    ├── ConfigurationError            the operator's: a setting, a TARGET, a file
    │   ├── InvalidSetting
    │   ├── TargetNotFound
    │   ├── TargetBroken
    │   └── PortInUse
    ├── SecretUnavailable             AWS, which keeps a secret, does not answer: try again later
    ├── BotError                      the bot author's
    │   ├── RegistrationError         a bot that cannot be served as written
    │   ├── InvalidMessage            a reply that Amazon Connect would not take
    │   │   └── ContentTypeRefused    this contact does not take this kind of message
    │   ├── StateError                stored state that no longer fits the bot's type
    │   ├── DialogError
    │   │   └── ReplayMismatch        the code no longer matches the journal
    │   ├── BudgetSpent               a chat's budget of messages is used up
    │   ├── CircuitOpen               a backend that failed too often is left alone for a while
    │   ├── TurnTimeout               a handler that did not end in its time
    │   └── HandlerQuit               a handler that would have ended more than its turn
    ├── ConnectError                  Amazon Connect's answer, or none
    │   ├── InvalidRequest            400
    │   ├── ServiceQuotaExceeded      402
    │   ├── AccessDenied              403
    │   ├── ResourceNotFound          404
    │   ├── Conflict                  409
    │   ├── ContactGone               410
    │   ├── Throttled                 429, retryable
    │   ├── ServerFault               5xx, retryable
    │   ├── Unreachable               no answer: retryable, the effect is unknown
    │   └── UnexpectedAnswer          an answer outside the service model
    ├── JoinRefused                   the contact cannot be joined, for good
    │   ├── NotAChat
    │   ├── UnknownContact
    │   ├── ContactEnded
    │   ├── HumanPresent
    │   ├── BotPresent
    │   ├── JoinForbidden
    │   └── JoinWindowMissed
    ├── SocketError                   the participant websocket
    │   ├── SocketRefused             the upgrade was refused
    │   └── SocketClosed
    ├── StreamingError                the worker's own topic and queue: SNS or SQS refused, or did not answer
    ├── QueueError                    the queue that contacts are offered on
    │   ├── QueueRefused              no such queue, or no permission
    │   └── QueueUnreachable          retryable
    ├── StoreError                    the contact store
    │   ├── Fenced                    another worker owns the contact now
    │   ├── AlreadyOwned
    │   ├── StoreUnreachable          retryable
    │   └── StoreUnusable             a foreign, newer, corrupt or undecipherable store or record
    ├── ControlError                  an operator's order, or the way to the worker
    │   ├── ControlRefused            the worker, or the command, says why not
    │   ├── NoWorker                  no worker of this machine can be asked
    │   └── WorkerLost                it went away before it answered
    └── ConversationOver              nothing more can be said to this customer
        ├── ChatEnded
        ├── CustomerLeft
        ├── HandedOff
        ├── HumanTookOver
        ├── RemovedFromChat
        └── OwnershipLost

    Outcomes, raised into a dialog and meant to be caught by it: NoAnswer, Cancelled, StepFailed (under BotOutcome)

Messages never hold a token or a customer's words. This module knows no other module.
"""

from __future__ import annotations


class ChatAgentError(Exception):
    """The root: ``except ChatAgentError`` catches what this project raises on purpose.

    What to do: catch one of its kinds; the message of each says what was wrong, where, and what to do.
    """


# ------------------------------------------------------------------------------------- the operator's


class ConfigurationError(ChatAgentError):
    """Something the operator set is wrong; the text says what, where and what to do.

    What to do: correct what the message names. ``chat-agent config show`` prints each setting and where it came
    from.
    """


class InvalidSetting(ConfigurationError):
    """One setting has a value it cannot have.

    What to do: give the setting a value that the message allows.

    Attributes:
        setting: the setting's name.
    """

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence}")
        self.setting = setting


class SecretUnavailable(ChatAgentError):
    """A secret that a setting refers to could not be fetched now; later it may be.

    What to do: check the network and the permission to read the secret, then start again.

    Attributes:
        setting: the setting's name.
    """

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence} Check the network, and try again.")
        self.setting = setting


class TargetNotFound(ConfigurationError):
    """No bot goes by this name; the text lists what exists and what is near.

    What to do: correct the name, or install the package that brings it; ``chat-agent bots`` lists what is
    installed.
    """


class TargetBroken(ConfigurationError):
    """The bot's module failed to import.

    What to do: mend the module at the line that is shown.

    Attributes:
        traceback: the traceback, shortened to the author's own code.
    """

    def __init__(self, sentence: str, traceback: str) -> None:
        super().__init__(sentence)
        self.traceback = traceback


class PortInUse(ConfigurationError):
    """Another program listens on the wanted port.

    What to do: end the other program, or choose another port; 0 takes a free one.
    """


# ------------------------------------------------------------------------------------ the bot author's


class BotError(ChatAgentError):
    """Something in a bot is wrong.

    What to do: correct the bot as the message says.
    """


class RegistrationError(BotError):
    """A handler, filter, dialog or router was registered in a way that cannot work.

    What to do: correct the registration that the message names; it is told before the bot serves.
    """


class InvalidMessage(BotError):
    """A reply breaks a limit of Amazon Connect; raised before anything is sent.

    What to do: shorten or correct the reply; the message names the limit.
    """


class ContentTypeRefused(InvalidMessage):
    """This contact does not take messages of this content type; say it in plain text.

    What to do: ``chat.show`` and ``chat.choose`` fall back to numbered text by themselves; else say it as plain
    text.
    """


class StateError(BotError):
    """Stored state does not fit the bot's state type, and no migration mended it.

    What to do: give the bot ``migrate=``, a function that turns what was stored into what fits.
    """


class DialogError(BotError):
    """A dialog was used in a way that cannot work.

    What to do: correct the dialog as the message says; the rules are in the page about dialogs.
    """


class ReplayMismatch(DialogError):
    """On replay the dialog's code asked for something else than its journal holds.

    What to do: register the old function under its old version beside the new one; ``chat-agent replay`` tells
    before a deployment.

    Attributes:
        expected: what the journal holds, with the place in the code that wrote it.
        came: what the code did instead, with its place.
    """

    def __init__(self, sentence: str, *, expected: str = "", came: str = "") -> None:
        super().__init__(sentence)
        self.expected = expected
        self.came = came


class BudgetSpent(BotError):
    """The operator's budget for this chat is used up; the chat is handed off.

    What to do: if the chat was a fair one raise ``guards.max_messages`` or ``guards.max_bytes``.
    """


class CircuitOpen(BotError):
    """A backend failed too often, so it is not called now; the text names the circuit.

    What to do: look at the backend; the circuit closes by itself when a call goes well again.
    """


class TurnTimeout(BotError):
    """A handler ran past its turn's deadline and was cancelled.

    What to do: give what the handler waits for a timeout of its own, or raise ``session.turn_timeout``.
    """


class HandlerQuit(BotError):
    """A handler let out what ends tasks or programs: SystemExit, or the CancelledError of something that it awaited.

    What to do: await what several chats share through ``asyncio.shield``, and do not exit within a handler.
    """


class BotOutcome(ChatAgentError):
    """An outcome of a question that a dialog may catch.

    What to do: catch the outcome where the question is asked, or let it end the dialog with a sentence.
    """


class NoAnswer(BotOutcome):
    """The customer gave no usable answer: the tries or the time ran out.

    What to do: catch it to hand off or to go another way; uncaught it ends the dialog with a sentence.
    """


class Cancelled(BotOutcome):
    """The customer said one of the cancel words.

    What to do: catch it to tidy up; uncaught it ends the dialog with a sentence.
    """


class StepFailed(BotOutcome):
    """A step raised, and would again on replay; the text names the step and the exception's type.

    What to do: catch it, and try again after a ``chat.sleep``, or say that it did not work; uncaught it is an
    apology.

    Attributes:
        step: the function's name.
        error: the name of the exception's type.
    """

    def __init__(self, step: str, error: str) -> None:
        super().__init__(f"step {step} failed with {error}")
        self.step = step
        self.error = error


# -------------------------------------------------------------------------- Amazon Connect's answers


class ConnectError(ChatAgentError):
    """An operation of Amazon Connect failed.

    Attributes:
        operation: the operation's name as the service model spells it.
        code: the error's name as AWS sent it (``""`` when there was no answer).
        status: the HTTP status, or None when there was no answer.
        request_id: AWS's request id, when known.
        retryable: the same call may succeed later, unchanged.
        effect_unknown: the call may have taken place although it failed.
    """

    remedy = "See the error code in the Amazon Connect API reference."
    retryable = False
    effect_unknown = False

    def __init__(
        self,
        operation: str,
        *,
        code: str = "",
        status: int | None = None,
        detail: str = "",
        request_id: str | None = None,
    ) -> None:
        named = f" ({code})" if code else ""
        why = f": {detail}" if detail else ""
        super().__init__(f"{operation} failed{named}{why.rstrip('.')}. {self.remedy}")
        self.operation = operation
        self.code = code
        self.status = status
        self.request_id = request_id


class InvalidRequest(ConnectError):
    """Amazon Connect answered 400: it does not take this request."""

    remedy = "The request is malformed for this contact; check instance id, contact id, channel and content type."


class ServiceQuotaExceeded(ConnectError):
    """Amazon Connect answered 402: a quota is used up."""

    remedy = "A quota of the instance is used up; ask AWS to raise it, or let chats end sooner."


class AccessDenied(ConnectError):
    """Amazon Connect answered 403: this token or this role may not do it."""

    remedy = (
        "For a participant call the chat is over or the token is of the wrong kind; "
        "for a control-plane call the IAM policy lacks this action on the instance."
    )


class ResourceNotFound(ConnectError):
    """Amazon Connect answered 404: it does not know the contact, the instance or the participant."""

    remedy = "Check that instance, contact and region belong together and that the contact is still known."


class Conflict(ConnectError):
    """Amazon Connect answered 409: the contact's state does not allow it."""

    remedy = "The contact's state does not allow this: it ended, or an agent or another bot is on it."


class ContactGone(ConnectError):
    """Amazon Connect answered 410: the contact has ended."""

    remedy = "The contact has already ended."


class Throttled(ConnectError):
    """Amazon Connect answered 429: too many calls of this operation."""

    remedy = "The instance's rate for this operation is used up; the call is repeated later, or raise the quota."
    retryable = True


class ServerFault(ConnectError):
    """Amazon Connect answered 5xx; whether the call took effect is not known."""

    remedy = "The fault is on Amazon Connect's side; the call is repeated."
    retryable = True
    effect_unknown = True


class Unreachable(ConnectError):
    """There was no answer; whether the call took effect is not known."""

    remedy = "Check network, DNS, proxy and the endpoint address; the call is repeated."
    retryable = True
    effect_unknown = True


class UnexpectedAnswer(ConnectError):
    """There was an answer that the service model does not know."""

    remedy = "The answer is outside the service model; check that the endpoint really is Amazon Connect."
    effect_unknown = True


# ------------------------------------------------------------------------------------------- joining


class JoinRefused(ChatAgentError):
    """The contact cannot be joined and never will be; not retried.

    What to do: nothing for this contact; if many are refused see the reason's own entry.
    """

    sentence = "The contact cannot be joined."

    def __init__(self, contact_id: str, detail: str = "") -> None:
        super().__init__(f"Contact {contact_id}: {self.sentence}{f' ({detail})' if detail else ''}")
        self.contact_id = contact_id


class NotAChat(JoinRefused):
    """The contact has another channel than chat.

    What to do: offer chats only: let the contact flow's Lambda, or the event rule, pass on no other channel.
    """

    sentence = "it is not a CHAT contact; a custom bot can only join chats."


class UnknownContact(JoinRefused):
    """The instance does not know the contact.

    What to do: check contact id, instance id and region; an old contact is forgotten.
    """

    sentence = "the instance does not know it; check contact id, instance id and region."


class ContactEnded(JoinRefused):
    """The contact has ended.

    What to do: nothing; the customer was faster. If it is frequent, offers wait too long in their queue.
    """

    sentence = "it has ended."


class HumanPresent(JoinRefused):
    """An agent, or a Lex bot, is on the contact; a custom bot can only join before them.

    What to do: let the contact flow offer the contact before it goes to a queue, and with no Lex bot before it.
    """

    sentence = "an agent or a Lex bot is on it; a custom bot can only join before them."


class BotPresent(JoinRefused):
    """Another bot is on the contact; Amazon Connect allows one.

    What to do: let only one bot be offered the contact.
    """

    sentence = "another custom bot, or a Lex bot, is on it; Amazon Connect allows one."


class JoinForbidden(JoinRefused):
    """The worker's role may not join contacts of this instance.

    What to do: allow the action; ``chat-agent iam`` prints the policy.
    """

    sentence = "access was denied; allow connect:CreateParticipant on <instance ARN>/contact/*."


class JoinWindowMissed(JoinRefused):
    """The connection was not made within 15 seconds of CreateParticipant.

    What to do: nothing once: it is joined anew. If it is frequent look at throttling, the network and the event
    loop's lag.
    """

    sentence = "the connection was not made within 15 seconds of CreateParticipant."


# ----------------------------------------------------------------------------------------- websocket


class SocketError(ChatAgentError):
    """The participant websocket failed.

    What to do: nothing at first: the link connects again by itself, and the transcript closes the gap.
    """


class SocketRefused(SocketError):
    """The websocket could not be opened.

    What to do: if it goes on look at proxy and firewall; ``chat-agent doctor --try-chat FLOW`` tells whether the
    instance gives a bot a websocket.

    Attributes:
        status: the HTTP status of the refused upgrade, None when there was no answer.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class SocketClosed(SocketError):
    """The websocket is closed.

    What to do: nothing: the link connects again by itself. If it is frequent look at proxies and NAT time-outs.

    Attributes:
        code: the close code, 1006 when none came.
    """

    def __init__(self, code: int = 1006) -> None:
        super().__init__(f"the websocket closed with code {code}")
        self.code = code


class StreamingError(ChatAgentError):
    """The topic and queue by which message streaming reaches this worker cannot be made or used.

    What to do: do as the message says: mostly a permission that ``chat-agent iam`` prints; what passes is tried
    again.

    Attributes:
        passing: whether it may pass by itself; otherwise somebody has to change something.
    """

    def __init__(self, sentence: str, *, passing: bool = True) -> None:
        super().__init__(sentence)
        self.passing = passing


# --------------------------------------------------------------------------------------------- queue


class QueueError(ChatAgentError):
    """The queue that contacts are offered on failed.

    What to do: see which of its kinds it is.
    """


class QueueRefused(QueueError):
    """The queue is not there or may not be used; the text says which permission is missing.

    What to do: check ``source.queue_url``, and allow what the message names; ``chat-agent doctor`` looks at the
    queue.
    """


class QueueUnreachable(QueueError):
    """The queue did not answer, or asks for patience; what was asked may or may not have taken place.

    What to do: nothing at first: it is asked again. If it goes on look at network, DNS and endpoint.
    """


# --------------------------------------------------------------------------------------------- store


class StoreError(ChatAgentError):
    """The contact store refused or failed.

    What to do: see which of its kinds it is.
    """


class Fenced(StoreError):
    """The record's epoch is newer than the writer's: another worker owns the contact.

    What to do: nothing: this session falls silent, the other worker goes on. If it is frequent look at leases and
    the machines' clocks.
    """


class AlreadyOwned(StoreError):
    """A live worker owns the contact.

    What to do: nothing while that worker lives; to have the chat elsewhere use ``chat-agent move``.
    """


class StoreUnreachable(StoreError):
    """The store did not answer; the write may or may not have taken place.

    What to do: look at the disk or the table; the write is repeated, and a lease that cannot be renewed makes the
    worker silent.
    """


class StoreUnusable(StoreError):
    """The store, or a record in it, cannot be used as it is; nothing was changed in it.

    What to do: do as the message says; the page about the store has a table of all of them.
    """


# ------------------------------------------------------------------------------------------ control


class ControlError(ChatAgentError):
    """An operator's order was not carried out.

    What to do: see which of its kinds it is.
    """


class ControlRefused(ControlError):
    """The answer is no.

    What to do: do as the message says; ``code`` is for programs.

    Attributes:
        code: why, for programs.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class NoWorker(ControlError):
    """No worker of this machine listens on a control socket that we may use.

    What to do: start a worker, or give the command the same user and ``control`` settings as the worker has.
    """


class WorkerLost(ControlError):
    """The worker went away before it had answered; what became of the order is not known.

    What to do: look whether it was done (``chat-agent show``); an order with an id may be given again with that id.
    """


# ------------------------------------------------------------------------------------ the fallen curtain


class ConversationOver(ChatAgentError):
    """Nothing more can be said to this customer; every verb that sends raises it from now on.

    What to do: nothing: a handler need not catch it. Catch it to tidy up in your own backend.
    """

    sentence = "The conversation is over; nothing more can be sent."

    def __init__(self) -> None:
        super().__init__(self.sentence)


class ChatEnded(ConversationOver):
    """The chat has ended.

    What to do: nothing; tidy up in your own backend if there is anything.
    """

    sentence = "The chat has ended; nothing more can be sent."


class CustomerLeft(ConversationOver):
    """The customer has left the chat.

    What to do: nothing; tidy up in your own backend if there is anything.
    """

    sentence = "The customer has left; nothing more can be sent."


class HandedOff(ConversationOver):
    """The bot has left, or handed off, this chat.

    What to do: say what has to be said before, or with, ``chat.hand_off``.
    """

    sentence = "The bot has left or handed off this chat; nothing more can be sent."


class HumanTookOver(ConversationOver):
    """An agent has joined the chat.

    What to do: nothing: the human goes on.
    """

    sentence = "An agent has joined the chat; the bot stays silent."


class RemovedFromChat(ConversationOver):
    """The bot is no longer on the chat: it was removed, or the chat has ended.

    What to do: nothing; if it is frequent look at the contact flow, which may end the chat or bring an agent.
    """

    sentence = "The bot is no longer on the chat: it was removed, or the chat has ended. Nothing more can be sent."


class OwnershipLost(ConversationOver):
    """Another worker owns this chat now.

    What to do: nothing: the other worker goes on where this one stood.
    """

    sentence = "Another worker owns this chat now; this one stays silent."
