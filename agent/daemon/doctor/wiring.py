"""Reads a contact flow and says whether a bot can work in it: the order of blocks, the Wait, and what comes after.

Pure: JSON in, findings out. It does not know where a flow comes from. The rules are those of Amazon Connect's
documentation unless a finding says otherwise.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.daemon.doctor.findings import Finding, fail, ok, warn

CHECK = "flow"
BOT_LEFT = "BotParticipantDisconnected"
TIMED_OUT = "WaitCompleted"
MISSING = "ParticipantNotFound"
OTHERWISE = "NoMatchingError"
PLACEHOLDER = "REPLACE-"
"""How a placeholder begins that still has to be filled in."""
SHORTEST_WAIT = 300
"""Seconds; a shorter Wait ends many conversations early. Advice, no rule of Connect's."""
LONGEST_LAMBDA = 8
Action = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """The actions of a flow by their identifier."""

    name: str
    start: str
    actions: Mapping[str, Action]

    def kind(self, identifier: str) -> str:
        """The action's type; empty when there is no such action."""
        return str(self.actions.get(identifier, {}).get("Type", ""))

    def parameters(self, identifier: str) -> Mapping[str, Any]:
        """The action's parameters."""
        return self.actions.get(identifier, {}).get("Parameters") or {}

    def branches(self, identifier: str) -> dict[str, str]:
        """Where each branch leads: operands of conditions, types of errors, and ``""`` for onward."""
        found = self.actions.get(identifier, {}).get("Transitions") or {}
        onward = {"": found["NextAction"]} if found.get("NextAction") else {}
        errors = {one["ErrorType"]: one["NextAction"] for one in found.get("Errors") or ()}
        conditions = {
            operand: one["NextAction"]
            for one in found.get("Conditions") or ()
            for operand in one["Condition"]["Operands"]
        }
        return onward | errors | conditions

    def reached(self, *starts: str, without: str = "") -> list[str]:
        """All actions on ways from `starts`, nearest first, on ways that do not pass an action of type `without`."""
        seen: list[str] = []
        waiting = [one for one in starts if one]
        while waiting:
            at = waiting.pop(0)
            if at in seen or at not in self.actions or (without and self.kind(at) == without):
                continue
            seen.append(at)
            waiting += self.branches(at).values()
        return seen

    def waits_for_bot(self) -> list[str]:
        """The Wait blocks with participant type Bot."""
        return [
            one
            for one in self.actions
            if self.kind(one) == "Wait" and BOT_LEFT in (self.parameters(one).get("Events") or ())
        ]


def read(name: str, text: str) -> Flow | Finding:
    """The flow, or what is wrong with its document."""
    try:
        raw = json.loads(text)
        flow = Flow(name, raw["StartAction"], {one["Identifier"]: one for one in raw["Actions"]})
        for identifier in flow.actions:
            flow.branches(identifier)
    except (ValueError, KeyError, TypeError):
        return fail(
            CHECK,
            f"flow {name} cannot be read",
            cause="its content is not Amazon Connect's flow language",
            remedy="Export the flow from the console again, or make one with 'chat-agent flow'.",
        )
    return flow


def diagnose(name: str, text: str, *, by_lambda: bool = True) -> list[Finding]:
    """What is wrong with the flow; one finding that all is well, if nothing is.

    Args:
        by_lambda: contacts are offered by the flow's Lambda block, not by EventBridge alone.
    """
    flow = read(name, text)
    if isinstance(flow, Finding):
        return [flow]
    waits = flow.waits_for_bot()
    findings = list(_placeholders(flow))
    if not waits:
        return [*findings, _no_wait(flow)]
    findings += [*_order(flow, waits, by_lambda=by_lambda), *_lambdas(flow)]
    for wait in waits:
        findings += [*_branches(flow, wait), *_patience(flow, wait), *_afterwards(flow, wait)]
    return findings or [ok(CHECK, f"flow {name} offers the chat, waits for the bot, and goes on after it")]


def _placeholders(flow: Flow) -> Iterator[Finding]:
    left = sorted(one for one in flow.actions if PLACEHOLDER in json.dumps(flow.actions[one]))
    if left:
        yield fail(
            CHECK,
            f"flow {flow.name} still has placeholders",
            cause=f"in {', '.join(left)}",
            remedy=f"Replace each text that begins with {PLACEHOLDER} by your own ARN or id.",
        )


def _no_wait(flow: Flow) -> Finding:
    other = any(flow.kind(one) == "Wait" for one in flow.actions)
    return fail(
        CHECK,
        f"flow {flow.name} does not wait for a bot",
        cause="its Wait block is for the customer (participant type Default)" if other else "it has no Wait block",
        remedy="Put a Wait block with participant type Bot behind the Lambda block; without it the flow runs on and "
        "the chat ends or goes to an agent under the bot.",
    )


def _order(flow: Flow, waits: list[str], *, by_lambda: bool) -> Iterator[Finding]:
    reached = flow.reached(flow.start)
    if not any(wait in reached for wait in waits):
        yield fail(
            CHECK,
            f"flow {flow.name} never comes to its Wait block",
            cause="no way leads there from the flow's start",
            remedy="Connect the block before it to the Wait block.",
        )
    elif by_lambda and any(wait in flow.reached(flow.start, without="InvokeLambdaFunction") for wait in waits):
        yield fail(
            CHECK,
            f"flow {flow.name} waits for a bot that nobody was told about",
            cause="a way leads to the Wait block without the Lambda block that offers the contact",
            remedy="Put the Lambda block before the Wait block on every way.",
        )
    lex = [one for one in reached if flow.kind(one) == "ConnectParticipantWithLexBot"]
    if lex and any(wait in flow.reached(*lex) for wait in waits):
        yield warn(
            CHECK,
            f"flow {flow.name} has a Lex bot before the Wait block",
            cause="a custom participant cannot join while a Lex bot is present",
            remedy="Make sure that the Lex block has ended on every way to the Wait block.",
        )


def _lambdas(flow: Flow) -> Iterator[Finding]:
    if flow.kind(flow.start) == "InvokeLambdaFunction":
        yield fail(
            CHECK,
            f"flow {flow.name} begins with a Lambda block",
            cause="the first block of an inbound flow may not be the one that brings a custom participant",
            remedy="Put a Play prompt block before it.",
        )
    for one in flow.actions:
        limit = str(flow.parameters(one).get("InvocationTimeLimitSeconds", "3"))
        if flow.kind(one) == "InvokeLambdaFunction" and limit.isdecimal() and int(limit) > LONGEST_LAMBDA:
            yield fail(
                CHECK,
                f"flow {flow.name}: Lambda block {one} may take {limit} s",
                cause=f"a synchronous Lambda block ends after {LONGEST_LAMBDA} s",
                remedy=f"Set its timeout to at most {LONGEST_LAMBDA} s; 3 s are enough to offer a contact.",
            )


def _branches(flow: Flow, wait: str) -> Iterator[Finding]:
    branches = flow.branches(wait)
    names = {
        BOT_LEFT: "Bot participant disconnected",
        TIMED_OUT: "Time expired",
        MISSING: "Participant not found",
        OTHERWISE: "Error",
    }
    lost = [shown for branch, shown in names.items() if branches.get(branch) not in flow.actions]
    if lost:
        yield fail(
            CHECK,
            f"flow {flow.name}: Wait block {wait} has open branches",
            cause=f"{', '.join(lost)} lead nowhere",
            remedy="Connect each branch to a block; a contact that takes an open one is lost.",
        )


def _patience(flow: Flow, wait: str) -> Iterator[Finding]:
    parameters, target = flow.parameters(wait), flow.branches(wait).get(MISSING, "")
    seconds = str(parameters.get("TimeLimitSeconds", parameters.get("TimeoutSeconds", "")))
    if seconds.isdecimal() and int(seconds) < SHORTEST_WAIT:
        yield warn(
            CHECK,
            f"flow {flow.name}: Wait block {wait} ends after {seconds} s",
            cause="the flow goes on in the middle of the conversation, and the bot stays on the chat",
            remedy="Give it the longest time that a conversation may take, up to 604800 s.",
        )
    if target and wait not in flow.reached(target):
        yield warn(
            CHECK,
            f"flow {flow.name}: Wait block {wait} gives a bot no time to come",
            cause="Participant not found does not lead back to it, and a bot that is offered the contact through a "
            "queue comes a moment after the Lambda block [inferred]",
            remedy="Lead Participant not found over a Loop and a short Wait back to the Wait block; "
            "'chat-agent flow' shows how.",
        )


def _afterwards(flow: Flow, wait: str) -> Iterator[Finding]:
    after = flow.branches(wait).get(BOT_LEFT, "")
    transfers = [one for one in flow.reached(after) if flow.kind(one) == "TransferContactToQueue"]
    if after in flow.actions and not transfers:
        yield warn(
            CHECK,
            f"flow {flow.name}: nobody takes over when the bot leaves",
            cause="Bot participant disconnected never leads to Transfer to queue",
            remedy="Lead it on to Set working queue and Transfer to queue, or a hand-off ends the chat.",
        )
    open_ways = flow.reached(flow.start, without="UpdateContactTargetQueue")
    if any(one in open_ways for one in transfers):
        yield fail(
            CHECK,
            f"flow {flow.name}: Transfer to queue without a queue",
            cause="a way leads there without Set working queue",
            remedy="Put Set working queue before Transfer to queue on every way.",
        )
