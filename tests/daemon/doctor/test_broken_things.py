"""The doctor at a local Amazon Connect in which things are broken one after another: each gets its right diagnosis."""

import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from agent.aws.contact_flow import FlowWishes, contact_flow
from agent.config import Configuration
from agent.daemon.doctor.findings import Finding, Severity, worst
from agent.emulator import Emulator, Fault, Rule, Settings, emulate
from agent.emulator.flow_language import read_document
from tests.daemon.doctor.patients import at, bad, visit

DENIED = {"fault": Fault.ERROR, "error": "AccessDeniedException", "status": 403}
Patient = tuple[Configuration, dict[str, Any]]
Break = Callable[[Emulator, Path], Patient]


def weather(**rule: Any) -> Break:
    """Calls are answered badly."""

    def broken(connect: Emulator, tmp_path: Path) -> Patient:
        connect.weather.set([Rule(**rule)])
        return at(connect.url, tmp_path), {}

    return broken


def flow(change: Callable[[dict[str, Any]], None]) -> Break:
    """The contact flow is wired wrongly."""

    def broken(connect: Emulator, tmp_path: Path) -> Patient:
        document = contact_flow(FlowWishes(lambda_arn="arn:lambda", queue_arn="arn:queue"))
        change({action["Identifier"]: action for action in document["Actions"]})
        connect.region.flows["mine"] = read_document(json.dumps(document))
        return at(connect.url, tmp_path), {"flow": "mine"}

    return broken


def waits_for_the_customer(actions: dict[str, Any]) -> None:
    del actions["bot"]["Parameters"]["Events"]


def wait_is_open(actions: dict[str, Any]) -> None:
    del actions["bot"]["Transitions"]["Conditions"][0]


def no_lambda(actions: dict[str, Any]) -> None:
    actions["welcome"]["Transitions"]["NextAction"] = "bot"
    actions["welcome"]["Transitions"]["Errors"] = []


def nothing_after(actions: dict[str, Any]) -> None:
    actions["bot"]["Transitions"]["Conditions"][0]["NextAction"] = "sorry"


def clock_off(connect: Emulator, tmp_path: Path) -> Patient:
    connect.region.leap(3_600)
    return at(connect.url, tmp_path), {}


def nobody_listens(connect: Emulator, tmp_path: Path) -> Patient:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return at(f"http://127.0.0.1:{one.getsockname()[1]}", tmp_path), {}


def foreign_store(connect: Emulator, tmp_path: Path) -> Patient:
    (tmp_path / "contacts.sqlite3").write_text("somebody's diary, " * 20)
    return at(connect.url, tmp_path), {}


def no_key(connect: Emulator, tmp_path: Path) -> Patient:
    return at(connect.url, tmp_path, store={"encryption_keys": ["env:NO_SUCH_KEY"]}), {}


def no_such_bot(connect: Emulator, tmp_path: Path) -> Patient:
    return at(connect.url, tmp_path, bot={"target": "ecco"}), {}


def too_fast(connect: Emulator, tmp_path: Path) -> Patient:
    return at(connect.url, tmp_path, pacing={"send_message": {"rate": 50, "burst": 60}}), {}


def no_websocket(connect: Emulator, tmp_path: Path) -> Patient:
    connect.weather.set(
        [Rule(fault=Fault.ERROR, operation="CreateParticipantConnection", error="ValidationException", after=1)]
    )
    return at(connect.url, tmp_path), {"try_chat": "no-bot"}


BROKEN: list[tuple[str, Break, str, str]] = [
    (
        "the credentials are refused",
        weather(fault=Fault.ERROR, error="UnrecognizedClientException", status=403),
        "credentials",
        "AWS refuses the credentials",
    ),
    ("IAM lacks CreateParticipant", weather(operation="CreateParticipant", **DENIED), "permissions", "connect:CreateP"),
    ("IAM lacks DescribeContact", weather(operation="DescribeContact", **DENIED), "permissions", "connect:DescribeC"),
    (
        "the instance is another region's",
        weather(operation="DescribeInstance", fault=Fault.ERROR, error="ResourceNotFoundException", status=404),
        "instance",
        "is not known in us-east-1",
    ),
    ("the clock is off", clock_off, "clock", "behind AWS's"),
    ("nobody listens", nobody_listens, "instance", "gives no answer"),
    ("the flow waits for the customer", flow(waits_for_the_customer), "flow", "does not wait for a bot"),
    ("the flow's Wait is open", flow(wait_is_open), "flow", "open branches"),
    ("the flow tells nobody", flow(no_lambda), "flow", "nobody was told"),
    ("nobody takes over", flow(nothing_after), "flow", "nobody takes over"),
    ("the store is a foreign file", foreign_store, "store", "cannot be used"),
    ("the key of the store is missing", no_key, "store", "cannot be used"),
    ("the bot does not exist", no_such_bot, "bot", "ecco cannot be served"),
    ("the rates are above the quota", too_fast, "quotas", "pacing.send_message"),
    ("a bot gets no websocket", no_websocket, "websocket", "no websocket"),
]


async def test_a_healthy_installation_is_told_so(connect: Emulator, tmp_path: Path) -> None:
    """Nothing to warn of; and the trial leaves no open chat behind."""
    findings = await visit(at(connect.url, tmp_path), try_chat="no-bot")
    assert bad(findings) == []
    assert [one.check for one in findings if one.severity is Severity.SKIPPED] == [
        "certificates",
        "queue",
        "queue-permissions",
    ]
    assert [chat.ended for chat in connect.region.chats()] == [True]


async def test_looking_changes_nothing(connect: Emulator, tmp_path: Path) -> None:
    """No chat, no participant, no file."""
    await visit(at(connect.url, tmp_path))
    assert connect.region.chats() == []
    assert not (tmp_path / "contacts.sqlite3").exists()


@pytest.mark.parametrize(("broken", "check", "what"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
async def test_each_broken_thing_gets_its_own_diagnosis(
    connect: Emulator, tmp_path: Path, broken: Break, check: str, what: str
) -> None:
    """That one check complains, with cause and remedy; what cannot be known then is skipped, with a reason."""
    settings, wishes = broken(connect, tmp_path)
    with anyio.fail_after(50):
        findings = await visit(settings, **wishes)
    assert bad(findings) == [check]
    (told,) = [one for one in findings if one.severity in (Severity.WARN, Severity.FAIL)]
    assert what in told.what
    assert told.cause
    assert told.remedy
    assert all(one.cause for one in findings if one.severity is Severity.SKIPPED)


async def test_an_untrusted_certificate_is_told_with_the_file_that_does_not_know_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with the authority's file all is well."""
    async with emulate(settings=Settings(secure=True)) as connect:
        settings = at(connect.url.replace("127.0.0.1", "localhost"), tmp_path)
        findings = await visit(settings)
        assert bad(findings)[0] == "certificates"
        assert "not trusted" in next(one for one in findings if one.check == "certificates").what
        monkeypatch.setenv("AWS_CA_BUNDLE", str(connect.certificate))
        findings = await visit(at(connect.url, tmp_path))
        told = next(one for one in findings if one.check == "certificates")
        assert bad(findings) in ([], ["certificates"])
        assert "trusted for" in told.what or "ends in" in told.what


async def test_a_name_without_an_address_skips_whatever_needs_it(
    connect: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cause, one complaint."""

    def lost(*_: object, **__: object) -> Awaitable[object]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(anyio, "getaddrinfo", lost)
    findings = await visit(at(connect.url, tmp_path))
    assert bad(findings) == ["dns"]
    assert _skipped(findings) >= {"credentials", "instance", "permissions", "flow", "websocket", "clock"}


def _skipped(findings: list[Finding]) -> set[str]:
    return {one.check for one in findings if one.severity is Severity.SKIPPED}


async def test_throttling_is_no_verdict(connect: Emulator, tmp_path: Path) -> None:
    """What could not be known now deserves attention, no more."""
    rule = Rule(fault=Fault.ERROR, operation="*Contact*", error="ThrottlingException", status=429)
    connect.weather.set([rule])
    findings = await visit(at(connect.url, tmp_path))
    assert worst(findings) is Severity.WARN
    assert "flow" in _skipped(findings)


async def test_without_an_instance_nobody_is_asked(connect: Emulator, tmp_path: Path) -> None:
    """And it says which setting is missing."""
    findings = await visit(at(connect.url, tmp_path, connect={"instance": None}))
    assert bad(findings) == []
    told = next(one for one in findings if one.check == "instance")
    assert "--instance" in told.remedy
    assert not [entry for entry in connect.timeline.entries() if entry.kind == "call"]
