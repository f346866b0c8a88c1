"""Amazon Connect's own flow language: a flow's JSON as DescribeContactFlow answers it, read and written.

Reading takes what a chat with a bot passes through; an action that does nothing to such a chat here is a block that
is passed. Writing is for flows that came from TOML. It must not know how a flow runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from agent.emulator.flow import LONGEST_WAIT, BadFlow, Block, FlowDefinition, checked

VERSION = "2019-10-30"
MOST_LOOPS = 100  # [documented]
BOT_LEFT = "BotParticipantDisconnected"
TIMED_OUT = "WaitCompleted"
ACCOUNT = "123456789012"
Action = dict[str, Any]


# ------------------------------------------------------------------------------------------ reading


def read_document(text: str, *, name: str = "flow") -> FlowDefinition:
    """The flow of a JSON document. Raises BadFlow with a sentence."""
    try:
        raw = json.loads(text)
        actions = {action["Identifier"]: action for action in raw["Actions"]}
        start = raw["StartAction"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadFlow(f"not a flow: it wants Version, StartAction and Actions ({error})") from error
    queue = next((_queue(action) for action in actions.values() if action["Type"] == "UpdateContactTargetQueue"), "")
    blocks = {identifier: _read(identifier, action, queue) for identifier, action in actions.items()}
    return checked(FlowDefinition(name=name, start=str(start), blocks=blocks, document=text))


def _read(identifier: str, action: Action, queue: str) -> Block:
    kind, parameters, transitions = action.get("Type"), action.get("Parameters") or {}, action.get("Transitions") or {}
    onward = transitions.get("NextAction")
    if kind == "MessageParticipant":
        return Block(type="prompt", text=str(parameters.get("Text", "")), next=onward)
    if kind == "UpdateContactAttributes":
        return Block(type="attributes", attributes=parameters.get("Attributes") or {}, next=onward)
    if kind == "InvokeLambdaFunction":
        return Block(type="offer", parameters=parameters.get("LambdaInvocationAttributes") or {}, next=onward)
    if kind == "Wait":
        return _wait(parameters, transitions)
    if kind == "Loop":
        return _loop(identifier, parameters, transitions)
    if kind == "TransferContactToQueue":
        return Block(type="queue", queue=queue or "BasicQueue")
    if kind in ("DisconnectParticipant", "EndFlowExecution"):
        return Block(type="disconnect")
    return _passed(identifier, transitions)


def _wait(parameters: Mapping[str, Any], transitions: Mapping[str, Any]) -> Block:
    seconds = parameters.get("TimeLimitSeconds", parameters.get("TimeoutSeconds", LONGEST_WAIT))
    conditions, errors = _conditions(transitions), _errors(transitions)
    found = {
        "disconnected": conditions.get(BOT_LEFT),
        "expired": conditions.get(TIMED_OUT),
        "not_found": errors.get("ParticipantNotFound"),
        "error": errors.get("NoMatchingError"),
    }
    try:
        timeout = float(seconds)
    except (TypeError, ValueError) as error:
        raise BadFlow("a Wait whose time is not written in the flow cannot be run here") from error
    return Block(
        type="wait",
        participant="bot" if BOT_LEFT in (parameters.get("Events") or ()) else "customer",
        timeout=timeout,
        next=transitions.get("NextAction"),
        on={branch: target for branch, target in found.items() if target},
    )


def _loop(identifier: str, parameters: Mapping[str, Any], transitions: Mapping[str, Any]) -> Block:
    conditions, count = _conditions(transitions), str(parameters.get("LoopCount", ""))
    if not count.isdecimal() or int(count) > MOST_LOOPS or set(conditions) != {"ContinueLooping", "DoneLooping"}:
        raise BadFlow(f"block {identifier}: a Loop counts to at most {MOST_LOOPS} and has ContinueLooping, DoneLooping")
    return Block(
        type="loop", count=int(count), next=conditions["ContinueLooping"], on={"done": conditions["DoneLooping"]}
    )


def _passed(identifier: str, transitions: Mapping[str, Any]) -> Block:
    """Whatever else: the first condition counts as met, as where a Lambda answered what was hoped for."""
    target = next(iter(_conditions(transitions).values()), transitions.get("NextAction"))
    if target is None:
        raise BadFlow(f"block {identifier}: leads nowhere")
    return Block(type="pass", next=target)


def _queue(action: Action) -> str:
    return str((action.get("Parameters") or {}).get("QueueId", "")).rsplit("/", 1)[-1]


def _conditions(transitions: Mapping[str, Any]) -> dict[str, str]:
    found = transitions.get("Conditions") or ()
    return {operand: one["NextAction"] for one in found for operand in one["Condition"]["Operands"]}


def _errors(transitions: Mapping[str, Any]) -> dict[str, str]:
    return {one["ErrorType"]: one["NextAction"] for one in transitions.get("Errors") or ()}


# ------------------------------------------------------------------------------------------ writing


def document(flow: FlowDefinition) -> str:
    """The flow as JSON: the very text that it was read from, or one that does the same."""
    if flow.document is not None:
        return flow.document
    actions = [action for name, block in flow.blocks.items() for action in _write(name, block)]
    return json.dumps({"Version": VERSION, "StartAction": flow.start, "Metadata": {}, "Actions": actions})


def _write(name: str, block: Block) -> list[Action]:
    onward = {"NextAction": block.next} if block.next else {}
    wrong = {**onward, "Errors": [{"ErrorType": "NoMatchingError", **onward}] if onward else []}
    if block.type == "prompt":
        return [_action(name, "MessageParticipant", {"Text": block.text}, wrong)]
    if block.type == "attributes":
        return [_action(name, "UpdateContactAttributes", {"Attributes": dict(block.attributes)}, wrong)]
    if block.type == "bot":
        return _write_bot(name, block)
    if block.type == "wait":
        return [_write_wait(name, block, block.on.get("not_found"))]
    if block.type == "queue":
        target = {"QueueId": f"arn:aws:connect:us-east-1:{ACCOUNT}:instance/local/queue/{block.queue}"}
        then = {"NextAction": f"{name}.transfer", "Errors": []}
        return [
            _action(name, "UpdateContactTargetQueue", target, then),
            _action(f"{name}.transfer", "TransferContactToQueue", {}, wrong),
        ]
    return [_action(name, "DisconnectParticipant", {}, {})]


def _write_bot(name: str, block: Block) -> list[Action]:
    """The offer by Lambda, the Wait, and for as long as a bot may take to come, tries in a loop."""
    pause = max(1, ceil(block.join_within / MOST_LOOPS))
    tries = min(MOST_LOOPS, ceil(block.join_within / pause))
    missing = block.on.get("not_found") or block.next
    function = {
        "LambdaFunctionARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:offer",
        "InvocationTimeLimitSeconds": "3",
        "LambdaInvocationAttributes": dict(block.parameters),
    }
    wait, again, moment = f"{name}.wait", f"{name}.again", f"{name}.moment"
    failed = [{"ErrorType": "NoMatchingError", "NextAction": missing}] if missing else []
    offer = _action(name, "InvokeLambdaFunction", function, {"NextAction": wait, "Errors": failed})
    if not tries:
        return [offer, _write_wait(wait, block, missing)]
    loop = _conditional({"ContinueLooping": moment, "DoneLooping": missing or block.on.get("error", wait)}, {})
    rest = _conditional({TIMED_OUT: wait}, {"NoMatchingError": wait})
    return [
        offer,
        _write_wait(wait, block, again),
        _action(again, "Loop", {"LoopCount": str(tries)}, loop),
        _action(moment, "Wait", {"TimeLimitSeconds": str(pause)}, rest),
    ]


def _write_wait(name: str, block: Block, missing: str | None) -> Action:
    parameters: Action = {"TimeLimitSeconds": str(int(min(block.timeout, LONGEST_WAIT)))}
    conditions = {TIMED_OUT: block.on.get("expired") or block.next}
    errors = {"NoMatchingError": block.on.get("error") or block.next}
    if block.type == "bot" or block.participant == "bot":
        parameters["Events"] = [BOT_LEFT]
        conditions[BOT_LEFT] = block.on.get("disconnected") or block.next
        errors["ParticipantNotFound"] = missing
    return _action(name, "Wait", parameters, _conditional(conditions, errors))


def _conditional(conditions: Mapping[str, str | None], errors: Mapping[str, str | None]) -> Action:
    return {
        "Conditions": [
            {"NextAction": target, "Condition": {"Operator": "Equals", "Operands": [operand]}}
            for operand, target in conditions.items()
            if target
        ],
        "Errors": [{"ErrorType": kind, "NextAction": target} for kind, target in errors.items() if target],
    }


def _action(name: str, kind: str, parameters: Mapping[str, Any], transitions: Mapping[str, Any]) -> Action:
    return {"Identifier": name, "Type": kind, "Parameters": dict(parameters), "Transitions": dict(transitions)}
