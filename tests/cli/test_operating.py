"""doctor, iam and flow, as typed."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from agent.cli.app import app
from agent.cli.doctor import tell
from agent.cli.exits import Exit
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.doctor.wiring import diagnose
from tests.daemon.doctor.patients import INSTANCE_ID


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def invoke(*arguments: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


WARNING = warn("clock", "off", cause="no NTP", remedy="switch it on")
FAILURE = fail("dns", "lost", cause="misspelt", remedy="correct it")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([ok("dns", "well")], Exit.OK),
        ([ok("dns", "well"), skipped("queue", "none")], Exit.OK),
        ([WARNING, ok("dns", "well")], Exit.DOUBTFUL),
        ([FAILURE, WARNING], Exit.UNFIT),
    ],
)
def test_the_exit_code_says_the_worst(findings: list[Finding], code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs; in both forms of the output."""
    for as_json in (True, False):
        with pytest.raises(typer.Exit) as ended:
            tell(findings, as_json=as_json)
        assert ended.value.exit_code == code
    assert "dns" in capsys.readouterr().out


def test_people_read_what_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """One finding, three lines, and a sum."""
    with pytest.raises(typer.Exit):
        tell([FAILURE, WARNING, ok("bot", "well")], as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "fail    dns    lost",
        "               because: misspelt",
        "               do: correct it",
        "warn    clock  off",
        "               because: no NTP",
        "               do: switch it on",
        "ok      bot    well",
        "1 fail, 1 warn, 1 ok",
    ]


def test_the_doctor_says_that_nobody_listens() -> None:
    """Without any AWS, as a newcomer would begin."""
    code, output = invoke("doctor", "--endpoint-url", "http://127.0.0.1:1", "--instance", INSTANCE_ID, "--json")
    told = json.loads(output)
    assert (code, told["worst"]) == (Exit.UNFIT, "fail")
    (failed,) = [one for one in told["findings"] if one["severity"] == "fail"]
    assert failed["check"] == "instance"
    assert "chat-agent emulator" in failed["remedy"]


def test_the_doctor_looks_at_one_chat() -> None:
    """With the same words for a chat."""
    code, output = invoke(
        "doctor", "--endpoint-url", "http://127.0.0.1:1", "--instance", INSTANCE_ID, "--contact", "c-1", "--json"
    )
    checks = [one["check"] for one in json.loads(output)["findings"]]
    assert code == Exit.UNFIT
    assert checks == ["dns", "credentials", "store", "contact", "ownership", "turns", "transcript"]


def test_the_policy_is_json() -> None:
    """With the gaps that options fill."""
    code, output = invoke("iam", "--instance", INSTANCE_ID, "--region", "us-east-1", "--account", "123456789012")
    contact, *_ = json.loads(output)["Statement"]
    assert code == Exit.OK
    assert contact["Resource"] == f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE_ID}/contact/*"
    _, output = invoke("iam", "--queue-url", "https://sqs.eu-west-1.amazonaws.com/1/offers", "--store", "dynamodb")
    assert "arn:aws:sqs:eu-west-1:1:offers" in output
    assert "table/REPLACE-TABLE" in output
    _, output = invoke("iam", "--doctor")
    assert "connect:DescribeInstance" in output


def test_the_flow_is_one_that_the_doctor_finds_nothing_wrong_in() -> None:
    """Once its placeholders are filled; until then that is what is wrong."""
    code, output = invoke("flow")
    assert code == Exit.OK
    assert "placeholders" in diagnose("mine", output)[0].what
    options = ["--lambda-arn", "arn:l", "--queue-arn", "arn:q", "--idle-minutes", "5", "--hand-off", "route=human"]
    _, output = invoke("flow", *options, "--bot", "shop")
    (finding,) = diagnose("mine", output)
    assert finding.severity == "ok"
    assert json.loads(output)["Version"] == "2019-10-30"


@pytest.mark.parametrize("options", [["--hand-off", "route"], ["--wait", "0"], ["--come-within", "101"]])
def test_a_flow_that_cannot_be_is_a_wrong_argument(options: list[str]) -> None:
    """Said before anything is printed."""
    assert invoke("flow", *options)[0] == Exit.USAGE
