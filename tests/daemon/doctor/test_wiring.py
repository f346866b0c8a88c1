"""Contact flows read with a doctor's eye: what is wrong in them, and what to do."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from agent.aws.contact_flow import FlowWishes, contact_flow
from agent.daemon.doctor.findings import Finding, Severity
from agent.daemon.doctor.wiring import diagnose
from agent.emulator.flow import built_in_flows
from agent.emulator.flow_language import document

Actions = dict[str, dict[str, Any]]
GOOD = FlowWishes(lambda_arn="arn:lambda", queue_arn="arn:queue")


def diagnosed(change: Callable[[Actions], object], *, by_lambda: bool = True, **wishes: Any) -> list[Finding]:
    """What is found in the flow of `contact_flow` after a change."""
    flow = contact_flow(FlowWishes(lambda_arn="arn:lambda", queue_arn="arn:queue", **wishes))
    actions = {action["Identifier"]: action for action in flow["Actions"]}
    change(actions)
    flow["Actions"] = list(actions.values())
    flow["StartAction"] = "log" if "log" in actions else next(iter(actions))
    return diagnose("mine", json.dumps(flow), by_lambda=by_lambda)


def leads(action: str, to: str) -> Callable[[Actions], None]:
    """A change: everything behind `action` is `to`."""

    def change(actions: Actions) -> None:
        transitions = actions[action]["Transitions"]
        transitions["NextAction"] = to
        for one in [*transitions.get("Conditions", ()), *transitions.get("Errors", ())]:
            one["NextAction"] = to

    return change


def has(action: str, **parameters: Any) -> Callable[[Actions], None]:
    """A change: `action` has these parameters."""
    return lambda actions: actions[action]["Parameters"].update(parameters)


def begins_with_the_lambda(actions: Actions) -> None:
    for early in ("log", "recording", "welcome"):
        del actions[early]


def lex_first(actions: Actions) -> None:
    actions["lex"] = {
        "Identifier": "lex",
        "Type": "ConnectParticipantWithLexBot",
        "Transitions": {"NextAction": "offer"},
    }
    leads("welcome", "lex")(actions)


def without(action: str, branch: str) -> Callable[[Actions], None]:
    """A change: `action` lacks an error branch."""

    def change(actions: Actions) -> None:
        transitions = actions[action]["Transitions"]
        transitions["Errors"] = [one for one in transitions["Errors"] if one["ErrorType"] != branch]

    return change


@pytest.mark.parametrize(
    ("change", "severity", "what"),
    [
        (lambda actions: actions.pop("bot"), Severity.FAIL, "does not wait for a bot"),
        (has("bot", Events=["CustomerReturned"]), Severity.FAIL, "does not wait for a bot"),
        (leads("offer", "line"), Severity.FAIL, "never comes to its Wait block"),
        (leads("welcome", "bot"), Severity.FAIL, "nobody was told about"),
        (lex_first, Severity.WARN, "a Lex bot before"),
        (begins_with_the_lambda, Severity.FAIL, "begins with a Lambda block"),
        (has("offer", InvocationTimeLimitSeconds="9"), Severity.FAIL, "may take 9 s"),
        (without("bot", "ParticipantNotFound"), Severity.FAIL, "open branches"),
        (without("bot", "NoMatchingError"), Severity.FAIL, "open branches"),
        (has("bot", TimeLimitSeconds="299"), Severity.WARN, "ends after 299 s"),
        (leads("again", "line"), Severity.WARN, "gives a bot no time to come"),
        (leads("line", "sorry"), Severity.WARN, "nobody takes over"),
        (lambda actions: actions["line"].update(Type="UpdateContactEventHooks"), Severity.FAIL, "without a queue"),
        (has("line", QueueId="REPLACE-QUEUE-ARN"), Severity.FAIL, "still has placeholders"),
    ],
)
def test_each_mistake_is_found(change: Callable[[Actions], object], severity: Severity, what: str) -> None:
    """And nothing else is: one finding, with cause and remedy."""
    (finding,) = diagnosed(change)
    assert finding.severity is severity
    assert what in finding.what
    assert finding.cause
    assert finding.remedy


@pytest.mark.parametrize("text", ["{", "[]", '{"StartAction": "a"}', '{"StartAction": "a", "Actions": [{}]}', "null"])
def test_what_is_no_flow_is_said_to_be_none(text: str) -> None:
    """Whatever it is."""
    (finding,) = diagnose("mine", text)
    assert finding.severity is Severity.FAIL
    assert "cannot be read" in finding.what


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"hand_off": ("route", "human"), "bot": "shop"},
        {"idle_minutes": 5, "disconnect_minutes": 10, "come_within": 100, "wait": 604_800},
    ],
)
def test_the_flow_that_the_command_prints_is_good(wishes: dict[str, Any]) -> None:
    """Whatever is wished for."""
    (finding,) = diagnosed(lambda actions: None, **wishes)
    assert finding.severity is Severity.OK


def test_offers_by_event_need_no_lambda() -> None:
    """EventBridge tells of the contact by itself."""
    (finding,) = diagnosed(leads("welcome", "bot"), by_lambda=False)
    assert finding.severity is Severity.OK


def test_a_circle_of_blocks_is_read_once() -> None:
    """Reading a flow ends, however its blocks lead."""
    assert diagnosed(leads("sorry", "log"))


def test_the_built_in_flow_of_the_local_connect_is_good() -> None:
    """As it is described to whoever asks."""
    (finding,) = diagnose("default", document(built_in_flows()["default"]))
    assert finding.severity is Severity.OK
