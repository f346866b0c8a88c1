"""A contact flow in which a bot works, as JSON in Amazon Connect's flow language.

Prompt, offer by Lambda, Wait for the bot; a bot that comes a moment later is waited for in a loop; when it leaves, the
chat goes to a queue or ends. Pure: settings in, a document out. Whether a flow is good is judged elsewhere.
"""

from dataclasses import dataclass
from typing import Any

Action = dict[str, Any]
_BOT_LEFT = "BotParticipantDisconnected"
_TIMED_OUT = "WaitCompleted"
_COLUMN, _ROW, _PER_ROW = 260, 220, 5  # where the console's designer draws the blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowWishes:
    """What the flow is to be like. Durations are seconds unless they say otherwise.

    Attributes:
        lambda_arn: of the function that offers the contact.
        queue_arn: of the queue where people wait for an agent.
        welcome: what the customer reads first; a Lambda block may not come first [documented].
        parting: what is said when the queue is full or something fails.
        bot: which bot is asked for; the Lambda's parameter ``bot``.
        wait: how long a conversation may take, up to seven days [documented].
        come_within: how long a bot may take to come, up to a hundred.
        idle_minutes, disconnect_minutes: the customer's chat timers, 2-480 [documented], which the Lambda sets before
            the bot joins; None leaves them alone.
        hand_off: ``NAME=VALUE`` of a contact attribute: only with it the chat goes to the queue when the bot leaves,
            else it ends. None always transfers.
    """

    lambda_arn: str = "REPLACE-LAMBDA-ARN"
    queue_arn: str = "REPLACE-QUEUE-ARN"
    welcome: str = "Welcome."
    parting: str = "Sorry, nobody is here right now."
    bot: str | None = None
    wait: int = 86_400
    come_within: int = 20
    idle_minutes: int | None = None
    disconnect_minutes: int | None = None
    hand_off: tuple[str, str] | None = None


def contact_flow(wishes: FlowWishes) -> Action:
    """The flow's document."""
    after = "handed-off" if wishes.hand_off else "line"
    actions = [
        _action("log", "UpdateFlowLoggingBehavior", "recording", FlowLoggingBehavior="Enabled"),
        _action(
            "recording", "UpdateContactRecordingBehavior", "welcome", RecordingBehavior={"RecordedParticipants": []}
        ),
        _action("welcome", "MessageParticipant", "offer", errors={"NoMatchingError": "offer"}, Text=wishes.welcome),
        _action(
            "offer",
            "InvokeLambdaFunction",
            "bot",
            errors={"NoMatchingError": "line"},
            LambdaFunctionARN=wishes.lambda_arn,
            InvocationTimeLimitSeconds="8",
            ResponseValidation={"ResponseType": "STRING_MAP"},
            LambdaInvocationAttributes=_parameters(wishes),
        ),
        _action(
            "bot",
            "Wait",
            conditions={_BOT_LEFT: after, _TIMED_OUT: "line"},
            errors={"ParticipantNotFound": "again", "NoMatchingError": "line"},
            TimeLimitSeconds=str(wishes.wait),
            Events=[_BOT_LEFT],
        ),
        _action(
            "again",
            "Loop",
            conditions={"ContinueLooping": "moment", "DoneLooping": "line"},
            LoopCount=str(wishes.come_within),
        ),
        _action(
            "moment", "Wait", conditions={_TIMED_OUT: "bot"}, errors={"NoMatchingError": "bot"}, TimeLimitSeconds="1"
        ),
        *_hand_off(wishes),
        _action(
            "line",
            "UpdateContactTargetQueue",
            "transfer",
            errors={"NoMatchingError": "sorry"},
            QueueId=wishes.queue_arn,
        ),
        _action(
            "transfer",
            "TransferContactToQueue",
            "sorry",
            errors=dict.fromkeys(("QueueAtCapacity", "NoMatchingError"), "sorry"),
        ),
        _action("sorry", "MessageParticipant", "end", errors={"NoMatchingError": "end"}, Text=wishes.parting),
        _action("end", "DisconnectParticipant"),
    ]
    return {"Version": "2019-10-30", "StartAction": "log", "Metadata": _drawn(actions), "Actions": actions}


def _parameters(wishes: FlowWishes) -> dict[str, str]:
    named = {"bot": wishes.bot, "idleMinutes": wishes.idle_minutes, "disconnectMinutes": wishes.disconnect_minutes}
    return {name: str(value) for name, value in named.items() if value is not None}


def _hand_off(wishes: FlowWishes) -> list[Action]:
    if wishes.hand_off is None:
        return []
    name, value = wishes.hand_off
    compared = _action(
        "handed-off",
        "Compare",
        conditions={value: "line"},
        errors={"NoMatchingCondition": "end"},
        ComparisonValue=f"$.Attributes.{name}",
    )
    return [compared]


def _action(
    name: str,
    kind: str,
    onward: str | None = None,
    *,
    conditions: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    **parameters: Any,
) -> Action:
    """One action. Without `onward` the console writes where its last branch leads, so that is done here as well."""
    branches, failures = conditions or {}, errors or {}
    target = onward or next(reversed([*branches.values(), *failures.values()]), None)
    transitions: Action = {"NextAction": target} if target else {}
    if target:
        transitions["Conditions"] = [
            {"NextAction": to, "Condition": {"Operator": "Equals", "Operands": [operand]}}
            for operand, to in branches.items()
        ]
        transitions["Errors"] = [{"NextAction": to, "ErrorType": error} for error, to in failures.items()]
    return {"Identifier": name, "Type": kind, "Parameters": parameters, "Transitions": transitions}


def _drawn(actions: list[Action]) -> Action:
    places = {
        one["Identifier"]: {
            "position": {"x": 160 + _COLUMN * (number % _PER_ROW), "y": 40 + _ROW * (number // _PER_ROW)},
            "isFriendlyName": True,
        }
        for number, one in enumerate(actions)
    }
    return {"entryPointPosition": {"x": 20, "y": 40}, "ActionMetadata": places}
