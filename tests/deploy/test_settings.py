"""Every setting in a deployment file exists, and the systemd unit and the contact flow are good."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from agent.aws.contact_flow import FlowWishes
from agent.aws.contact_flow import contact_flow as made
from agent.config import Configuration, load
from agent.daemon.doctor.findings import Severity
from agent.daemon.doctor.wiring import PLACEHOLDER, diagnose
from agent.emulator import load_flow
from tests.deploy.places import DEPLOY, compose, contact_flow, manifests, template, variables

UNIT = (DEPLOY / "chat-agent.service").read_text(encoding="utf-8")
SETTING = re.compile(r"CHAT_AGENT_([A-Z]+)__([A-Z_]+)")


def test_every_variable_names_a_setting() -> None:
    """In the image, in Compose, on Fargate."""
    found = {name for tree in (compose(), template("ecs.yaml")) for name, _ in variables(tree)}
    found |= {match[0] for match in SETTING.finditer((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))}
    assert len(found) > 5
    for name in found:
        matched = SETTING.fullmatch(name)
        assert matched, name
        section = Configuration.model_fields[matched[1].lower()].annotation
        assert matched[2].lower() in section.model_fields, name  # type: ignore[union-attr]


def test_the_workers_of_the_laptop_cluster_can_be_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Their environment is read as the daemon reads it."""
    monkeypatch.chdir(tmp_path)
    for name, value in variables(compose()):
        monkeypatch.setenv(name, value)
    settings = load().settings
    assert (settings.source.kind, settings.store.kind) == ("sqs", "dynamodb")


def test_the_settings_file_of_kubernetes_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once its placeholders are filled."""
    text = manifests()["ConfigMap"]["data"]["chat-agent.toml"]
    assert tomllib.loads(text)
    file = tmp_path / "chat-agent.toml"
    file.write_text(text.replace("REPLACE-INSTANCE", "11111111-2222-4333-8444-555555555555"), encoding="utf-8")
    settings = load(file=file).settings
    assert (settings.source.kind, settings.store.table, settings.health.port) == ("sqs", "chat-agent", 8080)


def test_the_contact_flow_is_what_the_command_prints() -> None:
    """With its placeholders, which are all that is wrong with it; the local Amazon Connect can run it."""
    assert json.loads(contact_flow()) == made(FlowWishes())
    (finding,) = diagnose("contact-flow", contact_flow())
    assert "placeholders" in finding.what
    (finding,) = diagnose("contact-flow", contact_flow().replace(PLACEHOLDER, ""))
    assert finding.severity is Severity.OK
    assert load_flow(DEPLOY / "contact-flow.json").start == "log"


@pytest.mark.processes
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with a program that exists in the daemon's place."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is missing; not tried.")
    unit = tmp_path / "chat-agent.service"
    unit.write_text(UNIT.replace("/opt/chat-agent/bin/chat-agent", "/bin/true"), encoding="utf-8")
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert "chat-agent.service" not in done.stderr, done.stderr
    assert done.returncode == 0


def test_the_unit_drains_notifies_and_has_no_rights() -> None:
    """Time to stop, a word when ready, nothing to gain."""
    settings = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line and not line.startswith("#"))
    assert settings["Type"] == "notify"
    assert int(settings["TimeoutStopSec"]) > Configuration().worker.drain_deadline
    assert settings["CapabilityBoundingSet"] == ""
    assert (settings["DynamicUser"], settings["ProtectSystem"], settings["NoNewPrivileges"]) == ("yes", "strict", "yes")
